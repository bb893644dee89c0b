# njord.m4: configure a Njord plugin that is built out of the tree.
#
# NJORD_PLUGIN_INIT([MINIMAL-ABI])
#   Finds the SDK through pkg-config (njord-sdk) and stops with one line when it is not there or its
#   ABI is older than MINIMAL-ABI ("1.0"). Sets and substitutes:
#     NJORD_CFLAGS      for compiling a plugin
#     NJORD_LIBS        for linking it
#     NJORD_LDFLAGS     what makes the result a plugin
#     njord_plugindir   where the installed host looks for plugins; below it feeds, strategies,
#                       brokers, allocators
AC_DEFUN([NJORD_PLUGIN_INIT],
[AC_REQUIRE([AC_PROG_CC])dnl
AC_REQUIRE([PKG_PROG_PKG_CONFIG])dnl
PKG_CHECK_MODULES([NJORD], [njord-sdk], [],
  [AC_MSG_ERROR([njord-sdk not found by pkg-config: install Njord, or add its pkgconfig folder to PKG_CONFIG_PATH])])
PKG_CHECK_VAR([njord_plugindir], [njord-sdk], [plugindir])
m4_ifnblank([$1],
 [AC_MSG_CHECKING([for Njord plugin ABI >= $1])
  njord_abi=`$PKG_CONFIG --variable=abi njord-sdk`
  AS_VERSION_COMPARE([$njord_abi], [$1],
    [AC_MSG_RESULT([no, $njord_abi])
     AC_MSG_ERROR([the installed SDK has plugin ABI $njord_abi, '$1' or later is needed: install a newer Njord])])
  AC_MSG_RESULT([$njord_abi])])
NJORD_LDFLAGS="-shared -Wl,-z,defs -Wl,--exclude-libs,ALL"
AC_SUBST([NJORD_LDFLAGS])
])
