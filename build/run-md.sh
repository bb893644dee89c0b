#!/bin/sh
# make run-md SYMBOL=ATOM/USDT VENUE=simmarket: a host with a feed, bars and the journal for one symbol. VENUE names a feed plugin.
# Market data goes to var/md/log; Ctrl-C stops it.
set -eu

build=${top_builddir:-.}
out=var/md
symbol=${SYMBOL:-ATOM/USDT}
venue=${VENUE:-simmarket}

if ! ls "$build/plugins/feeds/$venue.so" > /dev/null 2>&1; then
    echo "run-md: VENUE: no feed plugin '$venue'; there are: $(cd "$build/plugins/feeds" && echo ./*.so | sed 's|\./||g; s|\.so||g')" >&2
    exit 1
fi
case $symbol in
*/*) ;;
*) echo "run-md: SYMBOL: expected BASE/QUOTE, found '$symbol'" >&2; exit 1 ;;
esac

mkdir -p "$out/config"
cat > "$out/config/base.yaml" <<YAML
app:
  name: njord-md
  env: paper
  state_dir: $out/state
  control: $out/njord.sock
logging:
  level: info
  journal_dir: $out/log
services:
  - feeds
  - ohlcv
  - journal
exchange:
  venue: paper
  symbols:
    - $symbol
feeds:
  - id: md
    plugin: $venue
    symbols:
      - $symbol
    params:
      speed: 1
YAML
echo "journals: $out/log; stop with Ctrl-C"
exec "$build/njord-host" --config "$out/config" --plugins "$build/plugins" --summary
