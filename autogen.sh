#!/bin/sh
# autogen.sh: from a fresh clone to a configured tree.
#
# Installs the Debian packages of build/packages.txt that are missing (as root or through a sudo
# that asks no password; else prints the line to run and stops), makes configure, and runs it with
# the arguments given. When nothing is missing, apt is not called.
#
#   ./autogen.sh [--no-install] [--tests] [--no-configure] [configure's arguments...]
#
# --tests: with the packages that only some tests want, and that are large.
set -eu

srcdir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
install=yes
tests=no
configure=yes
while [ $# -gt 0 ]; do
    case $1 in
    --no-install) install=no ;;
    --tests) tests=yes ;;
    --no-configure) configure=no ;;
    --) shift; break ;;
    *) break ;;
    esac
    shift
done

# The packages of the list that are wanted here and that dpkg does not call installed, on one line.
missing_packages() {
    sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$srcdir/build/packages.txt" |
        while read -r package when command; do
            case $when in
            unless) ! command -v "$command" >/dev/null 2>&1 || continue ;;
            tests) [ "$tests" = yes ] || continue ;;
            esac
            status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) || status=
            [ "$status" = 'install ok installed' ] || printf ' %s' "$package"
        done
}

if [ "$install" = yes ]; then
    if command -v dpkg-query >/dev/null 2>&1; then
        missing=$(missing_packages)
    else
        missing=
        echo "autogen.sh: no dpkg here: the packages of build/packages.txt are taken as installed" >&2
    fi
    if [ -n "$missing" ]; then
        if [ "$(id -u)" = 0 ]; then
            as_root=
        elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
            as_root='sudo -n'
        else
            echo "autogen.sh: packages are missing and this user may not install them; run:" >&2
            echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
            exit 1
        fi
        echo "autogen.sh: installing$missing"
        # The words are split on purpose: a list of package names, and sudo with its option.
        # shellcheck disable=SC2086
        {
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
            $as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -q -y --no-install-recommends $missing
        }
    fi
fi

(cd "$srcdir" && autoreconf -fi)

if [ "$configure" = yes ]; then
    if [ "$(pwd)" = "$srcdir" ]; then
        ./configure "$@"
    else
        "$srcdir/configure" "$@"
    fi
fi
