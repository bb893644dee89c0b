#!/bin/sh
# make soak: the tests of tests/soak at their full size (make check runs a part of it).
set -eu

cd "${top_builddir:-.}"
list=$("${MAKE:-make}" -s print-soak)
NJORD_SOAK=1 TEST_SECONDS="${TEST_SECONDS:-7200}" "${MAKE:-make}" check TESTS="$list"
