#!/bin/sh
# make type: every C file with gcc and clang, every warning an error; every public header alone, as
# C11, C17 and C++17; the frozen ABI also -Wpadded. Compiles in memory, writes nothing, builds nothing.
set -u

cd "${top_srcdir:-.}" || exit 2
. build/flags.sh
PEDANTIC="-Wall -Wextra -Wshadow -Wconversion -pedantic -Werror -Isdk -fsyntax-only"

# One header, alone, in three languages and with two compilers.
header_alone() {
    rc=0
    extra=
    # A part of a header says so, and is checked as that.
    ! grep -q '^#error "include <njord/' "$1" || return 0
    case ${1##*/} in abi.h) extra=-Wpadded ;; esac
    for words in 'gcc -xc -std=c11' 'gcc -xc -std=c17' 'g++ -xc++ -std=c++17' \
        'clang -xc -std=c11' 'clang -xc -std=c17' 'clang++ -xc++ -std=c++17'; do
        # A file that includes it and nothing else: a header given as the main file warns about pragma once.
        # shellcheck disable=SC2086
        text=$(echo "#include <njord/${1##*/}>" | $words $PEDANTIC $extra - 2>&1) || {
            echo "$text" | head -n 20
            echo "type: '$1' fails as $words"
            rc=1
        }
    done
    return $rc
}

# -fsyntax-only would skip the warnings that gcc finds while optimising.
source_twice() {
    rc=0
    for cc in gcc clang; do
        # shellcheck disable=SC2046,SC2086
        text=$($cc $(flags_for "$1") $WARN_FLAGS -O2 -c -o /dev/null "$1" 2>&1) || {
            echo "$text" | head -n 20
            echo "type: '$1' fails with $cc"
            rc=1
        }
    done
    return $rc
}

case ${1-} in
--headers)
    shift
    rc=0
    for file; do header_alone "$file" || rc=1; done
    exit $rc
    ;;
--sources)
    shift
    rc=0
    for file; do source_twice "$file" || rc=1; done
    exit $rc
    ;;
esac

for tool in gcc g++ clang clang++; do
    command -v "$tool" >/dev/null 2>&1 || { echo "type: '$tool' not found: run ./autogen.sh" >&2; exit 1; }
done
failed=0
find sdk/njord -name '*.h' | sort | xargs -r -n 2 -P "$(nproc)" sh build/type.sh --headers || failed=1
c_sources | xargs -r -n 4 -P "$(nproc)" sh build/type.sh --sources || failed=1
[ "$failed" -eq 0 ] && echo "type: $(find sdk/njord -name '*.h' | wc -l) headers, $(c_sources | wc -l) sources, two compilers: clean"
exit $failed
