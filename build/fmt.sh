#!/bin/sh
# make fmt: formats every C file of the tree by .clang-format.
# `fmt.sh --check` changes nothing, names what differs, and fails then.
set -eu

cd "${top_srcdir:-.}"
mode=-i
[ "${1-}" != --check ] || mode='--dry-run -Werror'
# shellcheck disable=SC2086
find sdk host plugins tests -name '*.[ch]' -type f -print0 |
    xargs -0 -r clang-format $mode
