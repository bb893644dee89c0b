#!/bin/sh
# make demo-reload: a strategy is changed, built and reloaded with kill -HUP while it trades, and carries on with its state.
# Everything it writes is under var/demo-reload, which is emptied first.
# What is waited for is expanded each time that it is looked at.
# shellcheck disable=SC2016
set -eu

src=${top_srcdir:-.}
build=${top_builddir:-.}
out=var/demo-reload
cc=${CC:-cc}

say() { printf '\n%s\n' "$*"; }
fail() { echo "demo-reload: $*" >&2; exit 1; }

rm -rf "$out"
mkdir -p "$out/config" "$out/plugins/feeds" "$out/plugins/brokers" "$out/plugins/strategies"
cp "$build/plugins/feeds/simmarket.so" "$out/plugins/feeds/"
cp "$build/plugins/brokers/paper.so" "$out/plugins/brokers/"
sed -e 's|var/demo/|var/demo-reload/|' -e 's|^      duration: 24h|&\n      speed: 7200|' "$src/config/demo/base.yaml" > "$out/config/base.yaml"
cp "$src/config/demo/strategies.yaml" "$out/config/"

# the strategies as a plugin author has them: a C file each, built against the SDK
compile() {
    # -Wl,-z,defs: a symbol that is missing is found here and not when the host loads it
    $cc -std=c11 -O2 -ffp-contract=off -fPIC -fvisibility=hidden -shared -I"$src/sdk" -I"$build/sdk" "$out/$1.c" \
        "$build/sdk/libnjord-sdk.a" -lm -o "$out/$1.so.new"
    mv "$out/$1.so.new" "$out/plugins/strategies/$1.so"
}
for name in trendline_break rsi_tema_bb; do
    cp "$src/plugins/strategies/$name/$name.c" "$out/$name.c"
    compile $name
done

say "1. njord-host trades a simulated day at 7,200 times its speed: 12 seconds"
"$build/njord-host" --config "$out/config" --plugins "$out/plugins" > "$out/host.txt" 2>&1 &
host=$!
trap 'kill $host 2> /dev/null || true' EXIT INT TERM

orders() { grep -c '"contract":"OrderIntent"' "$out/log/orders.ndjson" 2> /dev/null || true; }
wait_for() { # condition, seconds
    tries=$(($2 * 20))
    until eval "$1"; do
        kill -0 $host 2> /dev/null || fail "njord-host ended: $(cat "$out/host.txt")"
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "waited $2 s for: $1"
        sleep 0.05
    done
}
wait_for '[ "$(orders)" -ge 5 ] 2> /dev/null' 60
echo "   $(orders) intents so far, by trendline_break 1.0.0"

say "2. the strategy is changed: version 1.1.0 trades half the size"
sed -e 's/"1\.0\.0"/"1.1.0"/' -e '/_market(/s/s->qty/s->qty \/ 2/g' "$out/trendline_break.c" > "$out/changed.c"
diff "$out/trendline_break.c" "$out/changed.c" | sed -n 's/^[<>]/   &/p'
mv "$out/changed.c" "$out/trendline_break.c"
compile trendline_break

say "3. kill -HUP $host"
kill -HUP $host
wait_for 'grep -q "\"event\":\"reloaded\"" "$out/log/host.plugins.ndjson"' 30
grep '"event":"reloaded"' "$out/log/host.plugins.ndjson" | sed 's/^/   /'
seq=$(sed -n 's/.*"event":"reloaded".*at seq \([0-9]*\).*/\1/p' "$out/log/host.plugins.ndjson" | head -n 1)
intents() { # those of one strategy before (b) or after (a) the hand-over
    grep '"contract":"OrderIntent"' "$out/log/orders.ndjson" | grep trendline_btc |
        awk -F'"seq":' -v at="$seq" -v which="$1" '{ if ((($2 + 0) > at) == (which == "a")) print }'
}
wait_for '[ -n "$(intents a)" ]' 60

say "4. the new version trades on, with the old one's 500 prices in its window; the last intent before and the first after:"
intents b | tail -n 1 | sed 's/^/   /'
intents a | head -n 1 | sed 's/^/   /'
kill -TERM $host
wait $host || fail "njord-host ended with exit code $?: $(cat "$out/host.txt")"
trap - EXIT INT TERM

cat <<TXT

What to look at:
  $out/log/host.plugins.ndjson    what was loaded and reloaded, with hash and sequence number
  $out/log/orders.ndjson          every order, before and after
  $out/trendline_break.c          change it again and try it yourself:
    $build/njord-host --config $out/config --plugins $out/plugins
TXT
