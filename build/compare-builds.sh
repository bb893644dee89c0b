#!/bin/sh
# compare-builds.sh - the same backtests by two builds of this tree, gcc's and clang's say: the same bytes.
#
#   sh build/compare-builds.sh SOURCE BUILD BUILD
#
# Every golden scenario with fills at the close and at the next open: once with one build's plugins in both hosts, when the result files
# must be equal to the byte; once each with its own plugins, when nothing but the plugin's hash may differ.
set -eu
source=$(cd "$1" && pwd)
first=$(cd "$2" && pwd)
second=$(cd "$3" && pwd)
where=$(mktemp -d)
trap 'rm -rf "$where"' EXIT
cd "$where"
mkdir config
printf 'app:\n  env: paper\n' >config/base.yaml

# run HOST PLUGINS FOLDER STRATEGY FILL [PARAM...]
run() {
    host=$1 plugins=$2 folder=$3 strategy=$4 fill=$5
    shift 5
    "$host/njord" backtest --strategy "$strategy" --symbol ATOM/USDT --csv "$source/tests/golden/backtest/sim_bars.csv.gz" \
        --fill "$fill" --config config --plugins "$plugins/plugins" --output "$folder" --no-report "$@" >/dev/null
}

compared=0
for fill in close next-open; do
    while read -r strategy params; do
        set --
        for param in $params; do
            set -- "$@" --param "$param"
        done
        run "$first" "$first" a "$strategy" "$fill" "$@"
        run "$second" "$first" b "$strategy" "$fill" "$@"
        run "$second" "$second" c "$strategy" "$fill" "$@"
        name=${strategy}_ATOMUSDT.json
        cmp "a/$name" "b/$name"
        for folder in a c; do
            sed 's/"sha256":"[0-9a-f]*"/"sha256":""/' "$folder/$name" >"$folder/$name.plain"
        done
        cmp "a/$name.plain" "c/$name.plain"
        cmp "a/equity_${strategy}_ATOMUSDT.ndjson" "c/equity_${strategy}_ATOMUSDT.ndjson"
        compared=$((compared + 1))
    done <<'SCENARIOS'
buy_hold qty=300
ma_cross qty=100
trendline_break qty=40 breakout_threshold=0.006
rsi_tema_bb qty=10
SCENARIOS
done
echo "$compared backtests by two builds: the same bytes"
