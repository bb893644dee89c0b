# shellcheck shell=sh disable=SC2034
# flags.sh: how a C file of each folder is compiled, for the scripts that check without building.
# Sourced with the current folder at the top of the tree. Keep it beside Makefile.am and configure.ac.

BASE_FLAGS="-std=c11 -D_GNU_SOURCE -Isdk -ffp-contract=off -fPIC -fvisibility=hidden -pthread"
WARN_FLAGS="-Wall -Wextra -Wshadow -Wconversion -Werror"
LIB_FLAGS=$(pkg-config --cflags msgpack hiredis yaml-0.1 libarchive jansson libcrypto check)
HOST_FLAGS="-Ihost $LIB_FLAGS -DNJORD_VERSION=\"0\" -DNJORD_PLUGINDIR=\"/p\" -DNJORD_DATADIR=\"/d\" -DNJORD_CONFDIR=\"/c\""

# A test of a plugin's parts sees that plugin's own headers.
PART_FLAGS=$(find plugins -name '*.h' -type f | sed 's|/[^/]*$||' | sort -u | sed 's|^|-I|' | tr '\n' ' ')

# The flags for a file, from where it stands.
flags_for() {
    case $1 in
    sdk/* | plugins/* | tests/plugins/* | tests/fixtures/*) echo "$BASE_FLAGS" ;;
    tests/fuzz/fuzz_capture.c) echo "$BASE_FLAGS $HOST_FLAGS $PART_FLAGS -Isdk/src" ;;
    tests/*) echo "$BASE_FLAGS $HOST_FLAGS $PART_FLAGS" ;;
    *) echo "$BASE_FLAGS $HOST_FLAGS" ;;
    esac
}

# Every C source of the tree, one a line; templates of plugins are no C before they are filled in.
c_sources() {
    find sdk/src host plugins tests -name '*.c' -type f | sort
}
