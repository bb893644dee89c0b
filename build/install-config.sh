#!/bin/sh
# install-config.sh install|uninstall SOURCE TARGET INSTALL-COMMAND config/FILE...
#
# Installs the example configuration. A file that is there and differs is somebody's work: it stays,
# and ours is put beside it as FILE.new. Uninstalling takes away what is still as we put it.
set -eu

verb=$1 source=$2 target=$3 install=$4
shift 4
for file; do
    name=${file#config/}
    case $verb in
    install)
        mkdir -p "$(dirname -- "$target/$name")"
        to=$target/$name
        if [ -e "$to" ] && ! cmp -s "$source/$name" "$to"; then
            echo "kept '$to', which differs from ours: see '$to.new'"
            to=$to.new
        fi
        # shellcheck disable=SC2086
        $install "$source/$name" "$to"
        ;;
    uninstall)
        if cmp -s "$source/$name" "$target/$name"; then
            rm -f "$target/$name"
        fi
        rm -f "$target/$name.new"
        ;;
    *) echo "install-config.sh: expected install or uninstall, found '$verb'" >&2; exit 2 ;;
    esac
done
# Folders that are empty now; others stay.
if [ "$verb" = uninstall ] && [ -d "$target" ]; then
    find "$target" -depth -type d -empty -delete
fi
