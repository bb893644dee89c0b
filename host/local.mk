# The runtime: one library that holds everything, two programs that are little more than their main.

noinst_LIBRARIES += host/libnjord.a
host_libnjord_a_SOURCES = \
    host/base/buf.c \
    host/base/buf.h \
    host/base/err.c \
    host/base/err.h \
    host/base/fs.c \
    host/base/fs.h \
    host/base/log.h \
    host/base/map.c \
    host/base/map.h \
    host/base/platform.c \
    host/base/platform.h \
    host/bus/bus.c \
    host/bus/bus.h \
    host/bus/fifo.c \
    host/bus/fifo.h \
    host/bus/redis.h \
    host/bus/url.c \
    host/config/config.h \
    host/journal/journal.h \
    host/journal/state.h \
    host/runtime/elf_stamp.c \
    host/runtime/elf_stamp.h \
    host/runtime/host_table.c \
    host/runtime/host_table.h \
    host/runtime/instance.c \
    host/runtime/instance.h \
    host/runtime/module.c \
    host/runtime/module.h \
    host/runtime/plugin_dir.c \
    host/runtime/plugin_file.c \
    host/trade/instruments.h \
    host/trade/killswitch.h \
    host/trade/ledger.h \
    host/trade/orders.h \
    host/trade/risk.h
