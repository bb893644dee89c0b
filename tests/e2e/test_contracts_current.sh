#!/bin/sh
# What is made from sdk/contracts.tbl and kept in the tree is what the table gives today.
set -eu

: "${top_srcdir:?run by make check}"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"${PYTHON3:-python3}" "$top_srcdir/build/gen-contracts.py" "$top_srcdir/sdk/contracts.tbl" "$out"
rc=0
for file in sdk/njord/events.h sdk/src/contract_table.c doc/contracts.md; do
    if ! diff -u "$top_srcdir/$file" "$out/$file"; then
        echo "'$file' is not what sdk/contracts.tbl gives: run make contracts"
        rc=1
    fi
done
exit $rc
