#!/bin/sh
# fetch-assets.sh: the files of build/assets.txt from the npm registry, by npm itself, once.
#
#   fetch-assets.sh LIST DIR            makes DIR/PACKAGE/ for each line of LIST, unless it is there as listed
#   fetch-assets.sh --check LIST DIR    changes nothing: is everything there as listed?
#
# A tarball whose SHA-512 is not the listed one is refused. A package's folder holds `from.txt`, the line
# that it was made from, so that a changed line is noticed. Prints one line and exits 1 when something is
# missing: the build goes on without reports.
set -eu

check=no
if [ "${1-}" = --check ]; then
    check=yes
    shift
fi
[ $# -eq 2 ] || { echo "usage: fetch-assets.sh [--check] LIST DIR" >&2; exit 2; }
list=$1
dir=$2
work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

fail() {
    echo "$*"
    exit 1
}

fetch() { # PACKAGE VERSION SHA512 FILES...
    package=$1 version=$2 sha=$3
    shift 3
    command -v npm >/dev/null 2>&1 || fail "npm not found: install npm"
    work=$(mktemp -d)
    (cd "$work" && npm pack --silent --prefer-offline --fetch-retries=1 --fetch-timeout=30000 \
        "$package@$version" >name 2>error) ||
        fail "$package $version: npm pack failed: $(sed -n -e 's/^npm [a-z!A-Z]* *//' -e '/./{p;q;}' "$work/error")"
    tarball=$work/$(tail -n 1 "$work/name")
    [ -f "$tarball" ] || fail "$package $version: npm pack made no file"
    found=$(sha512sum "$tarball" | cut -d' ' -f1)
    [ "$found" = "$sha" ] || fail "$package $version: SHA-512 is $found, expected $sha"
    (cd "$work" && tar -xzf "$tarball")
    mkdir -p "$dir"
    rm -rf "$dir/$package.new"
    mkdir "$dir/$package.new"
    for file; do
        cp "$work/package/$file" "$dir/$package.new/" || fail "$package $version: no file '$file' in it"
    done
    printf '%s\n' "$line" >"$dir/$package.new/from.txt"
    rm -rf "${dir:?}/$package"
    mv "$dir/$package.new" "$dir/$package"
    rm -rf "$work"
    work=
}

# Not in a pipe, so that a failure ends the script.
while IFS= read -r line; do
    case $line in '' | \#*) continue ;; esac
    # shellcheck disable=SC2086
    set -- $line
    package=$1 version=$2 sha=$3
    shift 4 # and the licence's name
    [ "$(cat "$dir/$package/from.txt" 2>/dev/null)" != "$line" ] || continue
    [ "$check" = no ] || exit 1
    fetch "$package" "$version" "$sha" "$@" </dev/null
done <"$list"
