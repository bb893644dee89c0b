# What a plugin author gets: headers, the static library, the sources behind `njord plugin new`.

njordincludedir = $(includedir)/njord
njordinclude_HEADERS = \
    sdk/njord/abi.h \
    sdk/njord/codec.h \
    sdk/njord/contract.h \
    sdk/njord/events.h \
    sdk/njord/indicators.h

lib_LIBRARIES += sdk/libnjord-sdk.a
sdk_libnjord_sdk_a_CPPFLAGS = $(BASE_CPPFLAGS) $(MSGPACK_CFLAGS)
# A pair of doubles packed into one store stalls the loads of the next value: indicators take twice the time.
sdk_libnjord_sdk_a_CFLAGS = $(AM_CFLAGS) -fno-tree-slp-vectorize
sdk_libnjord_sdk_a_SOURCES = \
    sdk/src/contract_table.c \
    sdk/src/indicators_average.c \
    sdk/src/indicators_exact.h \
    sdk/src/indicators_linreg.c \
    sdk/src/indicators_rsi.c \
    sdk/src/indicators_state.c \
    sdk/src/indicators_window.c
EXTRA_DIST += sdk/contracts.tbl

# Installed as $(datadir)/njord/templates/KIND/...
strategytemplatedir = $(njorddatadir)/templates/strategy
dist_strategytemplate_DATA =
feedtemplatedir = $(njorddatadir)/templates/feed
dist_feedtemplate_DATA =
brokertemplatedir = $(njorddatadir)/templates/broker
dist_brokertemplate_DATA =
allocatortemplatedir = $(njorddatadir)/templates/allocator
dist_allocatortemplate_DATA =
