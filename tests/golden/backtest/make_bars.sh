#!/bin/sh
# make_bars.sh - sim_bars.csv.gz: three days of the market simulator as one-minute bars.
#
#   sh make_bars.sh BUILD > sim_bars.csv.gz      BUILD: a folder in which Njord was built
set -eu
build=$(cd "$1" && pwd)
where=$(mktemp -d)
trap 'rm -rf "$where"' EXIT
cd "$where"
cat > base.yaml <<'YAML'
app: {clock: events, at_end: stop, env: paper}
services: [feeds, journal]
symbols:
  ATOM/USDT: {tick: 0.001, step: 0.01}
exchange:
  symbols: [ATOM/USDT]
feeds:
  - id: market
    plugin: simmarket
    params: {seed: 20250106, duration: 72h, trades_per_day: 20000, volatility: 1.2}
YAML
"$build/njord-host" --config . --plugins "$build/plugins" >&2
"$build/njord" ohlcv --config . --symbol ATOM/USDT --timeframes 1m >&2
"$build/njord" data export --config . --symbol ATOM/USDT --timeframe 1m --format csv --output - |
    cut -d, -f3,5-9 | gzip -9n
