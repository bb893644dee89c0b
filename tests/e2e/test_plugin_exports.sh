#!/bin/sh
# Every plugin that is built here exports njord_entry and nothing else, has no symbol left open that
# the libraries it names do not give, and names only libraries that a plugin may lean on.
set -eu

: "${top_builddir:?run by make check}"
cd "$top_builddir"
count=0
rc=0
for plugin in plugins/*/*.so; do
    [ -f "$plugin" ] || continue
    count=$((count + 1))
    # Symbols that a sanitizer or coverage puts there begin with two underscores.
    exported=$(nm -D --defined-only "$plugin" | awk '$3 !~ /^(__|_init$|_fini$)/ { print $3 }' | sort | tr '\n' ' ')
    if [ "$exported" != 'njord_entry ' ]; then
        echo "'$plugin' exports: $exported"
        rc=1
    fi
    needed=$(readelf -d "$plugin" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
        grep -v -E '^(libc|libm|libarchive|libjansson|libgcc_s|ld-linux-.*|lib[aut]+b?san|libpthread)\.so' || true)
    if [ -n "$needed" ]; then
        echo "'$plugin' needs: $needed"
        rc=1
    fi
    if readelf -W -d "$plugin" | grep -q TEXTREL; then
        echo "'$plugin' has relocations in its code: something in it was built without -fPIC"
        rc=1
    fi
done
if [ "$count" -eq 0 ]; then
    echo "no plugin in this build"
    exit 77
fi
echo "$count plugins"
exit $rc
