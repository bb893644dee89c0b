#!/bin/sh
# A plugin's author has what `make install` puts there, and nothing of this tree: builds a plugin
# against it with a plain Makefile over pkg-config, with gcc and with clang, and with autoconf through
# NJORD_PLUGIN_INIT; each result exports njord_entry alone and passes `njord plugin check`.
set -eu

: "${top_srcdir:?run by make check}" "${top_builddir:?run by make check}"
if [ -n "${NJORD_INSTRUMENT-}" ]; then
    echo "this build's SDK library needs the runtime of $NJORD_INSTRUMENT, which an author's link does not have"
    exit 77
fi
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CFLAGS CPPFLAGS LDFLAGS LIBS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

fail() {
    echo "$*"
    exit 1
}

make -C "$top_builddir" -s install DESTDIR="$root" >"$work/install.log" 2>&1 || {
    cat "$work/install.log"
    fail "make install DESTDIR=... failed"
}
pc=$(find "$root" -name njord-sdk.pc)
macros=$(find "$root" -name njord.m4)
if [ -z "$pc" ] || [ -z "$macros" ]; then
    fail "njord-sdk.pc or njord.m4 was not installed"
fi
export PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_PATH="${pc%/*}"

# Everything that stands in sdk/njord is there, and nothing that names the source or build folder.
for header in "$top_srcdir"/sdk/njord/*.h; do
    found=$(find "$root" -path "*/include/njord/${header##*/}")
    [ -n "$found" ] || fail "'${header##*/}' is in sdk/njord and was not installed: add it to sdk/local.mk"
    cmp -s "$header" "$found" || fail "'$found' differs from the source"
done
! grep -l -e "$top_srcdir" -e "$top_builddir" "$pc" "$macros" || fail "an installed file names the build"

case " $(pkg-config --cflags njord-sdk) " in
*" -ffp-contract=off "*) ;;
*) fail "njord-sdk.pc: Cflags without -ffp-contract=off" ;;
esac
plugindir=$(pkg-config --variable=plugindir njord-sdk)
case $plugindir in
*/njord/plugins) ;;
*) fail "njord-sdk.pc: plugindir: expected .../njord/plugins, found '$plugindir'" ;;
esac
want=$(sed -n 's/^#define NJORD_ABI_M[AI][JN]OR  *\([0-9]*\).*/\1/p' "$top_srcdir/sdk/njord/abi.h" | paste -sd.)
abi=$(pkg-config --variable=abi njord-sdk)
[ "$abi" = "$want" ] || fail "njord-sdk.pc: abi: expected $want, found '$abi'"

check_plugin() {
    exported=$(nm -D --defined-only "$1" | awk '{ print $3 }' | grep -v '^$' | sort | tr '\n' ' ')
    [ "$exported" = 'njord_entry ' ] || fail "'$1' exports: $exported"
    if [ -x "$top_builddir/njord" ] && "$top_builddir/njord" plugin --help >/dev/null 2>&1; then
        "$top_builddir/njord" plugin check "$1" || fail "njord plugin check refuses '$1'"
    else
        echo "note: this build has no njord plugin check"
    fi
}

# 1. A plain Makefile.
mkdir "$work/plain"
cp "$top_srcdir/tests/e2e/out_of_tree/buy_once.c" "$work/plain/"
cat >"$work/plain/Makefile" <<'MAKEFILE'
CFLAGS = -O2 -g -Wall -Wextra -Wshadow -Wconversion -Werror
buy_once.so: buy_once.c
	$(CC) -std=c11 $(CFLAGS) $$(pkg-config --cflags njord-sdk) -shared -Wl,-z,defs -o $@ $< $$(pkg-config --libs njord-sdk)
MAKEFILE
tried=0
for cc in gcc clang; do
    command -v "$cc" >/dev/null 2>&1 || { echo "note: no $cc here"; continue; }
    rm -f "$work/plain/buy_once.so"
    make -C "$work/plain" -s CC="$cc" || fail "the plain Makefile fails with $cc"
    check_plugin "$work/plain/buy_once.so"
    tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || fail "neither gcc nor clang found"

# 2. Autoconf.
mkdir "$work/auto"
cp "$top_srcdir/tests/e2e/out_of_tree/buy_once.c" "$work/auto/"
cat >"$work/auto/configure.ac" <<'CONFIGURE'
AC_INIT([buy_once], [1.0.0])
AC_PROG_CC
NJORD_PLUGIN_INIT([NEEDED_ABI])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
CONFIGURE
cat >"$work/auto/Makefile.in" <<'MAKEFILE'
buy_once.so: buy_once.c
	@CC@ -std=c11 @CFLAGS@ @NJORD_CFLAGS@ @NJORD_LDFLAGS@ -o $@ $< @NJORD_LIBS@
print-plugindir:
	@echo @njord_plugindir@
MAKEFILE
autoconf_plugin() {
    sed -i "s/NJORD_PLUGIN_INIT.*/NJORD_PLUGIN_INIT([$1])/" "$work/auto/configure.ac"
    (cd "$work/auto" && rm -rf autom4te.cache configure aclocal.m4 &&
        aclocal -I "${macros%/*}" && autoconf && ./configure -q) >"$work/auto.log" 2>&1
}
autoconf_plugin "$abi" || { cat "$work/auto.log"; fail "NJORD_PLUGIN_INIT([$abi]) fails"; }
make -C "$work/auto" -s || fail "the autoconf project does not build"
check_plugin "$work/auto/buy_once.so"
[ "$(make -C "$work/auto" -s print-plugindir)" = "$plugindir" ] || fail "njord_plugindir differs from '$plugindir'"
if autoconf_plugin 99.0; then
    fail "NJORD_PLUGIN_INIT([99.0]) accepts ABI $abi"
fi
grep -q "plugin ABI $abi, '99.0' or later is needed" "$work/auto.log" || {
    cat "$work/auto.log"
    fail "NJORD_PLUGIN_INIT([99.0]) does not say what is needed"
}

# 3. What was installed goes away again.
make -C "$top_builddir" -s uninstall DESTDIR="$root" >"$work/uninstall.log" 2>&1 || {
    cat "$work/uninstall.log"
    fail "make uninstall failed"
}
left=$(find "$root" -type f)
[ -z "$left" ] || fail "left behind by make uninstall: $left"
echo "built $tried times with a plain Makefile and once with autoconf"
