#!/bin/sh
# Codecs, validator, numbers and globs allocate nothing, open nothing and end nothing: their objects ask the C library for no such
# function. What they do ask for is listed here; a new name is a decision.
set -eu

lib=${top_builddir:?run by make check}/sdk/libnjord-sdk.a
command -v nm >/dev/null 2>&1 || { echo "skipped: nm is not installed"; exit 77; }
allowed=' memchr memcmp memcpy memmove memset snprintf strchr strcmp strcspn strlen strncmp strnlen strtod vsnprintf trunc '
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && ar x "$lib")
found=0
for object in "$work"/*codec_*.o "$work"/*contract*.o "$work"/*event*.o "$work"/*glob.o "$work"/*json_scan.o "$work"/*number.o; do
    [ -f "$object" ] || { echo "no object like '${object##*/}' in '$lib'"; exit 1; }
    found=$((found + 1))
    # what sanitizers, coverage and hardening put in stands apart by its two underscores
    for symbol in $(nm -u "$object" | awk '{ print $NF }' | grep -v -E '^(__|njord_|_GLOBAL_OFFSET_TABLE_)'); do
        case "$allowed" in
        *" $symbol "*) ;;
        *) echo "${object##*/} uses '$symbol'"; exit 1 ;;
        esac
    done
done
echo "$found objects use nothing but:$allowed"
