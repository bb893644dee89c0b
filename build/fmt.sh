#!/bin/sh
# make fmt: formats every C file of the tree by .clang-format.
# `fmt.sh --check` changes nothing, names the files that differ with their first place, and fails then.
set -eu

cd "${top_srcdir:-.}"
command -v clang-format >/dev/null 2>&1 || { echo "clang-format not found: run ./autogen.sh" >&2; exit 1; }

# Templates of plugins stand under sdk/templates as C, so that what a user gets is formatted too.
c_files() {
    find sdk host plugins tests -name '*.[ch]' -type f -print0
}

if [ "${1-}" != --check ]; then
    c_files | xargs -0 -r clang-format -i
    exit 0
fi
findings=$(c_files | xargs -0 -r clang-format --dry-run -Werror 2>&1 | grep ': error:' || true)
[ -n "$findings" ] || exit 0
echo "$findings" | awk -F: '!seen[$1]++'
echo "not formatted: run make fmt"
exit 1
