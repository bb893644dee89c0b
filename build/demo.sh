#!/bin/sh
# make demo: two strategies on a simulated day of three symbols; with DATA="FILE…" on recorded trades instead.
# Everything it writes is under var/demo, which is emptied first.
set -eu

src=${top_srcdir:-.}
build=${top_builddir:-.}
out=var/demo

rm -rf "$out"
mkdir -p "$out/config"
cp "$src/config/demo/base.yaml" "$src/config/demo/strategies.yaml" "$out/config/"

if [ -n "${DATA:-}" ]; then
    files=
    for file in $DATA; do
        if [ ! -r "$file" ]; then
            echo "demo: DATA: '$file' cannot be read" >&2
            exit 1
        fi
        files="$files${files:+,}$file"
    done
    # the same configuration with the recording in place of the simulated market
    awk -v files="$files" '
        /^feeds:/ {
            print "feeds:\n  - id: recording\n    plugin: playback\n    params:\n      files: \"" files "\"\n"
            skip = 1
            next
        }
        /^[a-z]/ { skip = 0 }
        !skip
    ' "$src/config/demo/base.yaml" > "$out/config/base.yaml"
    # a recording of minutes moves less than a day: a finer band
    sed 's/breakout_threshold: .*/breakout_threshold: 0.0003/' "$src/config/demo/strategies.yaml" > "$out/config/strategies.yaml"
    echo "Njord demo: recorded trades of $DATA"
else
    echo "Njord demo: a simulated day of three symbols"
fi
echo

status=0
"$build/njord-host" --config "$out/config" --plugins "$build/plugins" --summary || status=$?
if [ "$status" -ne 0 ]; then
    echo "demo: njord-host ended with exit code $status; its log is $out/log/app.ndjson" >&2
    exit "$status"
fi

here=$build
if [ "$(cd "$build" && pwd)" = "$PWD" ]; then here=.; fi
templates=$src/sdk/templates
if [ "$(cd "$src" && pwd)" = "$PWD" ]; then templates=sdk/templates; fi
cat <<TXT

What to try next:
  less $out/log/orders.ndjson                every order from wish to fill, a line a step
  \$EDITOR $out/config/strategies.yaml        other parameters, then, from the start of the day:
  rm -rf $out/state $out/log; $here/njord-host --config $out/config --plugins $here/plugins --summary
  make demo-reload                           a strategy changed and reloaded while it trades
  $here/njord plugin new strategy my_first --templates $templates
                                             a strategy of your own
TXT
