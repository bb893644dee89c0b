#!/bin/sh
# The golden files of the strategies hold what the independent script computes from the rules, and it makes the same files again.
set -eu

: "${top_srcdir:?run by make check}"
script=$top_srcdir/tests/golden/strategies/recompute.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${PYTHON3:-python3}" "$script" --make "$work"
n=0
for made in "$work"/*.jsonl; do
    golden=$top_srcdir/tests/golden/${made##*/}
    cmp "$made" "$golden"
    "${PYTHON3:-python3}" "$script" --check "$golden"
    n=$((n + 1))
done
[ "$n" -ge 12 ] || { echo "$n files, expected 12 at least"; exit 1; }

# It would notice: one order more, one price changed.
first=$work/ma_cross_by_hand.jsonl
sed 's/"price":7}/"price":12.9}/' "$first" >"$work/changed"
if "${PYTHON3:-python3}" "$script" --check "$work/changed" 2>/dev/null; then
    echo "a changed price is not noticed"
    exit 1
fi
echo "$n golden files"
