# The runtime: one library that holds everything, two programs that are little more than their main.

noinst_LIBRARIES += host/libnjord.a
host_libnjord_a_SOURCES =
