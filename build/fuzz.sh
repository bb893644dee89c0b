#!/bin/sh
# make fuzz: builds the fuzzers with clang, libFuzzer, AddressSanitizer and UBSan in fuzz-build/ and
# runs each for FUZZ_SECONDS (10 unless told) from its seeds. FUZZ="NAME..." runs only fuzz_NAME.
# What a run finds new is kept in fuzz-build/corpus/, a crash in fuzz-build/crashes/; fails on a crash.
set -eu

top_srcdir=${top_srcdir:?run by make fuzz}
work=${top_builddir:?run by make fuzz}/fuzz-build
seconds=${FUZZ_SECONDS:-10}
command -v clang >/dev/null 2>&1 || { echo "fuzz: clang not found: run ./autogen.sh" >&2; exit 1; }

# configure refuses a tree whose source folder is configured itself: the fuzzers then are built from
# a copy of the sources.
source=$top_srcdir
mkdir -p "$work"
if [ -f "$top_srcdir/config.status" ]; then
    source=$work/src
    mkdir -p "$source"
    (cd "$top_srcdir" && tar cf - configure configure.ac aclocal.m4 Makefile.am Makefile.in build-aux m4 \
        build sdk host plugins tests doc config autogen.sh) | (cd "$source" && tar xf -)
    find "$source" \( -name '*.o' -o -name '*.a' -o -name '*.so' \) -type f -delete
fi
cd "$work"
[ -f config.status ] ||
    "$source/configure" -q CC=clang CFLAGS='-g -O1' --enable-fuzz --enable-asan --enable-ubsan
list=$(make -s print-fuzzers)
if [ -z "$list" ]; then
    echo "fuzz: no fuzzer in this tree"
    exit 0
fi
# shellcheck disable=SC2086
make -s -j"$(nproc)" $list

failed=0
for program in $list; do
    name=${program##*/fuzz_}
    case " ${FUZZ:-$name} " in *" $name "*) ;; *) continue ;; esac
    mkdir -p "corpus/$name" crashes
    seeds=$top_srcdir/tests/fuzz/corpus/$name
    dict=$top_srcdir/tests/fuzz/$name.dict
    set -- "corpus/$name"
    [ ! -d "$seeds" ] || set -- "$@" "$seeds"
    [ ! -f "$dict" ] || set -- "-dict=$dict" "$@"
    log=$name.log
    # What broke it before is tried first: it is clean when that is.
    for known in "crashes/$name-"*; do
        [ -f "$known" ] || continue
        if "./$program" -runs=1 -timeout=10 "$known" >"$log" 2>&1; then
            rm -f "$known"
        else
            failed=$((failed + 1))
            tail -n 30 "$log"
            echo "fuzz: $name: still fails on $work/$known"
        fi
    done
    if "./$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -artifact_prefix="crashes/$name-" -print_final_stats=1 "$@" >"$log" 2>&1; then
        echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, clean"
    else
        failed=$((failed + 1))
        tail -n 30 "$log"
        echo "fuzz: $name: FAILED, see $work/$log"
    fi
done
[ "$failed" -eq 0 ]
