#!/bin/sh
# The test driver says what happened: passed, failed with the end of the output, skipped with the
# reason, out of time, could not be set up. Expected values: automake's manual, "Custom Test Drivers".
set -eu

: "${top_srcdir:?run by make check}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rc=0

# expect RESULT RECHECK TEXT SCRIPT [OPTIONS...]: what the driver writes to the .trs file, and on the terminal.
expect() {
    want=$1 again=$2 text=$3 script=$4
    shift 4
    printf '%s\n' "$script" >"$work/a_test"
    sh "$top_srcdir/build/test-driver.sh" --test-name a_test --log-file "$work/log" --trs-file "$work/trs" \
        --color-tests no "$@" -- sh "$work/a_test" >"$work/out" 2>&1 || {
        echo "the driver itself failed for '$script'"
        rc=1
    }
    result=$(sed -n 's/^:test-result: //p' "$work/trs")
    recheck=$(sed -n 's/^:recheck: //p' "$work/trs")
    if [ "$result" != "$want" ] || [ "$recheck" != "$again" ] || ! grep -q -e "$text" "$work/out"; then
        echo "'$script': expected $want, recheck $again, '$text'; found $result, recheck $recheck and:"
        sed 's/^/    /' "$work/out"
        rc=1
    fi
}

expect PASS no '^PASS: a_test$' 'exit 0'
expect FAIL yes '| the reason$' 'echo the reason; exit 1'
expect FAIL yes 'exit status 3' 'exit 3'
expect FAIL yes 'exit status 139' 'kill -SEGV $$'
expect SKIP no 'skipped because: no redis-server here$' 'echo first; echo no redis-server here; exit 77'
expect SKIP no 'skipped because: no reason given$' 'exit 77'
expect ERROR yes 'could not be set up' 'exit 99'
expect FAIL yes 'exit status 99\|FAIL' 'exit 99' --enable-hard-errors no
expect XFAIL no '^XFAIL: a_test$' 'exit 1' --expect-failure yes
expect XPASS yes 'must fail' 'exit 0' --expect-failure yes
TEST_SECONDS=1
export TEST_SECONDS
expect FAIL yes 'over 1 s' 'sleep 30'
grep -q 'FAIL a_test (exit status: 124)' "$work/log" || {
    echo "the log does not end with the result"
    rc=1
}
exit $rc
