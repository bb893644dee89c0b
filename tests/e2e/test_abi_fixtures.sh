#!/bin/sh
# Every plugin that was ever built against a released minor version still loads and works: `njord plugin check` of each.
set -u
src=${top_srcdir:-.}
build=${top_builddir:-.}

machine=$(uname -m)
if [ "$machine" != x86_64 ]; then
    echo "skipped: the kept plugins are built for x86_64, this machine is $machine"
    exit 77
fi
case ${NJORD_INSTRUMENT:-} in
*address*)
    # the SDK inside them is not instrumented: the host is, and that is what is tried
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_odr_violation=0
    export ASAN_OPTIONS
    ;;
esac
failed=0
kept=$(mktemp -d) || exit 1
trap 'rm -rf "$kept"' EXIT
for file in "$src"/tests/abi/*/*.so; do
    # a copy, owned by whoever runs the test: plugins.trust asks for that
    cp "$file" "$kept/" && chmod 755 "$kept/${file##*/}" || exit 1
    if "$build/njord" plugin check "$kept/${file##*/}" > "$kept/out" 2>&1; then
        echo "ok   $file"
    else
        echo "FAIL $file"
        cat "$kept/out"
        failed=1
    fi
done
exit $failed
