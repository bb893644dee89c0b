# The runtime: one library that holds everything, two programs that are little more than their main.

noinst_LIBRARIES += host/libnjord.a
host_libnjord_a_SOURCES = \
    host/base/arena.c \
    host/base/arena.h \
    host/base/buf.c \
    host/base/buf.h \
    host/base/err.c \
    host/base/err.h \
    host/base/fs.c \
    host/base/fs.h \
    host/base/log.c \
    host/base/log.h \
    host/base/map.c \
    host/base/map.h \
    host/base/platform.c \
    host/base/platform.h \
    host/base/yaml.c \
    host/base/yaml.h \
    host/bus/bus.c \
    host/bus/bus.h \
    host/bus/fifo.c \
    host/bus/fifo.h \
    host/bus/redis.h \
    host/bus/url.c \
    host/config/check.c \
    host/config/compare.c \
    host/config/config.h \
    host/config/load.c \
    host/config/loader.h \
    host/config/params.c \
    host/config/reference.c \
    host/config/report.c \
    host/config/schema.c \
    host/config/schema.h \
    host/config/sections.c \
    host/config/value.c \
    host/config/value.h \
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
