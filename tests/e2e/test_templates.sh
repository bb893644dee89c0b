#!/bin/sh
# What `njord plugin new` gives works as it is: a project of each kind is made from sdk/templates, then built and tested with gcc
# and with clang, -Wall -Wextra -Werror, against this build's SDK; each exports njord_entry alone.
set -eu

: "${top_srcdir:?run by make check}" "${top_builddir:?run by make check}"
if [ -n "${NJORD_INSTRUMENT-}" ]; then
    echo "this build's SDK library needs the runtime of $NJORD_INSTRUMENT, which an author's link does not have"
    exit 77
fi
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CFLAGS CPPFLAGS LDFLAGS LIBS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "$*"
    exit 1
}

# The SDK as pkg-config would find it, but from the build tree.
cat >"$work/njord-sdk.pc" <<PC
plugindir=/lib/njord/plugins
Name: njord-sdk
Description: the SDK of a build tree
Version: 0
Libs: -L$top_builddir/sdk -lnjord-sdk -lm
Cflags: -I$top_srcdir/sdk
PC
export PKG_CONFIG_PATH="$work"

# NAME in a file's name and @NAME@ in its text; the ending .tmpl goes.
instantiate() {
    mkdir "$3"
    for file in "$top_srcdir/sdk/templates/$1"/*.tmpl; do
        to=$(basename "$file" .tmpl | sed "s/NAME/$2/")
        sed "s/@NAME@/$2/g" "$file" >"$3/$to"
    done
    ! grep -r '@NAME@' "$3" || fail "a placeholder is left in the project of a $1"
}

tried=0
for cc in gcc clang; do
    command -v "$cc" >/dev/null 2>&1 || { echo "note: no $cc here"; continue; }
    tried=$((tried + 1))
    for kind in strategy broker feed allocator; do
        name="my_$kind"
        project="$work/$cc-$kind"
        instantiate "$kind" "$name" "$project"
        make -C "$project" -s CC="$cc" CFLAGS="-O2 -g -Werror -Wpedantic" all test || fail "the $kind project fails with $cc"
        exported=$(nm -D --defined-only "$project/$name.so" | awk '{ print $3 }' | grep -v '^$' | sort | tr '\n' ' ')
        [ "$exported" = 'njord_entry ' ] || fail "the $kind plugin exports: $exported"
        make -C "$project" -s CC="$cc" DESTDIR="$work/root-$cc" install || fail "make install of the $kind project fails"
        [ -n "$(find "$work/root-$cc" -name "$name.so")" ] || fail "make install of the $kind project put nothing there"
        if [ -x "$top_builddir/njord" ] && "$top_builddir/njord" plugin check --help >/dev/null 2>&1; then
            "$top_builddir/njord" plugin check "$project/$name.so" || fail "njord plugin check refuses the $kind plugin"
        fi
        make -C "$project" -s clean
        [ ! -e "$project/$name.so" ] || fail "make clean of the $kind project leaves $name.so"
    done
done
# The headers serve C++ too.
for cc in g++ clang++; do
    command -v "$cc" >/dev/null 2>&1 || { echo "note: no $cc here"; continue; }
    instantiate strategy my_strategy "$work/$cc"
    "$cc" -x c++ -std=c++17 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror "-I$top_srcdir/sdk" \
        -fPIC -fvisibility=hidden -ffp-contract=off -c "$work/$cc/my_strategy.c" -o "$work/$cc/my_strategy.o" || fail "the strategy is no C++17 for $cc"
done
[ "$tried" -gt 0 ] || fail "neither gcc nor clang found"

# Without the SDK the Makefile says what is missing.
if PKG_CONFIG_PATH=/nonexistent PKG_CONFIG_LIBDIR=/nonexistent make -C "$project" -s >"$work/log" 2>&1; then
    fail "a project builds without the SDK"
fi
grep -q 'njord-sdk not found by pkg-config' "$work/log" || fail "without the SDK the Makefile does not say so"
echo "four kinds, $tried compilers"
