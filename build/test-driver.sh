#!/bin/sh
# Runs one test for automake's parallel harness (its custom test driver protocol): one line a test,
# a time limit, and on the terminal the reason why a test was skipped (exit 77: the last line that it
# wrote) and the end of what a failed one wrote.
#
# TEST_SECONDS in the environment is the limit, 300 unless told: valgrind may need more.
set -u

limit=${TEST_SECONDS:-300}
name='' log='' trs='' color=no expect_failure=no hard_errors=yes
while [ $# -gt 0 ]; do
    case $1 in
    --test-name) name=$2 ;;
    --log-file) log=$2 ;;
    --trs-file) trs=$2 ;;
    --color-tests) color=$2 ;;
    --expect-failure) expect_failure=$2 ;;
    --enable-hard-errors) hard_errors=$2 ;;
    --) shift; break ;;
    --*) echo "test-driver.sh: unknown option '$1'" >&2; exit 2 ;;
    *) break ;;
    esac
    shift 2
done
if [ $# -eq 0 ] || [ -z "$name" ] || [ -z "$log" ] || [ -z "$trs" ]; then
    echo "test-driver.sh: expected --test-name, --log-file, --trs-file and a command" >&2
    exit 2
fi

begin=$(date +%s)
timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
code=$?
took=$(($(date +%s) - begin))

note=
case $code:$expect_failure in
0:no) result=PASS paint='0;32' again=no ;;
0:*) result=XPASS paint='0;31' again=yes note='passed, but is listed as a test that must fail' ;;
77:*)
    result=SKIP paint='1;34' again=no
    note=$(grep -v '^[[:space:]]*$' "$log" | tail -n 1)
    note="skipped because: ${note:-no reason given}"
    ;;
124:* | 137:*) result=FAIL paint='0;31' again=yes note="exit status $code: over $limit s (TEST_SECONDS), or killed" ;;
99:*) result=ERROR paint='0;35' again=yes note='the test says that it could not be set up' ;;
*:yes) result=XFAIL paint='1;32' again=no ;;
*) result=FAIL paint='0;31' again=yes note="exit status $code" ;;
esac
# A suite grows slow one test at a time: say which.
[ -n "$note" ] || [ "$took" -lt 10 ] || note="took $took s"
[ "$hard_errors" = yes ] || [ "$result" != ERROR ] || result=FAIL

[ "$again" = no ] || tail -n 25 "$log" | sed 's/^/    | /'
if [ "$color" = yes ]; then
    printf '\033[%sm%s\033[m: %s\n' "$paint" "$result" "$name"
else
    echo "$result: $name"
fi
[ -z "$note" ] || echo "      $note"

echo "$result $name (exit status: $code)" >>"$log"
{
    echo ":test-result: $result"
    echo ":global-test-result: $result"
    echo ":recheck: $again"
    echo ":copy-in-global-log: $again"
} >"$trs"
