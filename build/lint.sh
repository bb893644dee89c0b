#!/bin/sh
# make lint: format, include graph, house rules, functions that nothing uses, shell scripts, clang-tidy. Runs all of them and fails
# when one found something. LINT=quick leaves clang-tidy out; LINT=tidy runs it alone.
set -u

cd "${top_srcdir:-.}" || exit 2
. build/flags.sh
failed=0

step() {
    name=$1
    shift
    if "$@"; then
        echo "lint: $name: ok"
    else
        echo "lint: $name: findings above"
        failed=$((failed + 1))
    fi
}

shell_scripts() {
    find . -path ./.git -prune -o -name '*.sh' -type f ! -path './build-aux/*' ! -path '*/_inst/*' -print | sort
    [ ! -f .ci/run ] || echo .ci/run
}

check_shell() {
    command -v shellcheck >/dev/null 2>&1 || { echo "shellcheck not found: run ./autogen.sh"; return 1; }
    # shellcheck disable=SC2046
    shellcheck -x -S style $(shell_scripts)
}

# clang-tidy of the files in "$@" that share one set of flags.
tidy_some() {
    flags=$1
    shift
    # shellcheck disable=SC2086
    clang-tidy --quiet "$@" -- $flags 2>&1 | grep -v -E '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter'
    # grep's status says whether anything is left to read
    [ $? -eq 1 ]
}

# As many processes at once as there are processors. Unit tests are left out: Check's macros make
# them the larger half of the work, and what is found there is of the macros.
check_tidy() {
    command -v clang-tidy >/dev/null 2>&1 || { echo "clang-tidy not found: run ./autogen.sh"; return 1; }
    c_sources | grep -v "^tests/unit/" | xargs -r -n 4 -P "$(nproc)" sh build/lint.sh --tidy
}

if [ "${1-}" = --tidy ]; then
    shift
    for file; do
        tidy_some "$(flags_for "$file")" "$file" || failed=1
    done
    exit $failed
fi

case ${LINT:-full} in
full | quick)
    step format sh build/fmt.sh --check
    step layers "${PYTHON3:-python3}" build/check-layers.py .
    step rules "${PYTHON3:-python3}" build/check-rules.py .
    step unused "${PYTHON3:-python3}" build/check-unused.py .
    step shell check_shell
    ;;
tidy) ;;
*) echo "lint.sh: LINT: expected full, quick or tidy, found '$LINT'" >&2; exit 2 ;;
esac
[ "${LINT:-full}" = quick ] || step clang-tidy check_tidy
[ "$failed" -eq 0 ]
