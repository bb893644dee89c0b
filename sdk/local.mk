# What a plugin author gets: headers, the static library, the sources behind `njord plugin new`.

njordincludedir = $(includedir)/njord
njordinclude_HEADERS = \
    sdk/njord/abi.h \
    sdk/njord/allocator.h \
    sdk/njord/broker.h \
    sdk/njord/codec.h \
    sdk/njord/contract.h \
    sdk/njord/events.h \
    sdk/njord/feed.h \
    sdk/njord/indicators.h \
    sdk/njord/journal.h \
    sdk/njord/lines.h \
    sdk/njord/merge.h \
    sdk/njord/match.h \
    sdk/njord/mock.h \
    sdk/njord/plugin.h \
    sdk/njord/recorded.h \
    sdk/njord/state.h \
    sdk/njord/strategy.h

lib_LIBRARIES += sdk/libnjord-sdk.a
sdk_libnjord_sdk_a_CPPFLAGS = $(BASE_CPPFLAGS) $(MSGPACK_CFLAGS) $(ARCHIVE_CFLAGS)
# A pair of doubles packed into one store stalls the loads of the next value: indicators take twice the time.
sdk_libnjord_sdk_a_CFLAGS = $(AM_CFLAGS) -fno-tree-slp-vectorize
sdk_libnjord_sdk_a_SOURCES = \
    sdk/src/codec_any.c \
    sdk/src/codec_any_json.c \
    sdk/src/codec_impl.h \
    sdk/src/codec_json.c \
    sdk/src/codec_msgpack.c \
    sdk/src/codec_pack.c \
    sdk/src/codec_print.c \
    sdk/src/codec_sink.c \
    sdk/src/codec_text.c \
    sdk/src/codec_time.c \
    sdk/src/codec_wire.c \
    sdk/src/contract.c \
    sdk/src/contract_table.c \
    sdk/src/event.c \
    sdk/src/event_check.c \
    sdk/src/event_impl.h \
    sdk/src/glob.c \
    sdk/src/gzip_check.c \
    sdk/src/gzip_check.h \
    sdk/src/indicators_average.c \
    sdk/src/indicators_exact.h \
    sdk/src/indicators_linreg.c \
    sdk/src/indicators_rsi.c \
    sdk/src/indicators_state.c \
    sdk/src/indicators_window.c \
    sdk/src/journal_name.c \
    sdk/src/json_scan.c \
    sdk/src/json_scan.h \
    sdk/src/lines.c \
    sdk/src/match.c \
    sdk/src/match_book.c \
    sdk/src/merge.c \
    sdk/src/mock.c \
    sdk/src/mock_drive.c \
    sdk/src/mock_host.c \
    sdk/src/mock_impl.h \
    sdk/src/mock_param.c \
    sdk/src/msgpack_wire.h \
    sdk/src/number.c \
    sdk/src/number_impl.h \
    sdk/src/recorded.c \
    sdk/src/recorded_capture.c \
    sdk/src/recorded_csv.c \
    sdk/src/recorded_file.c \
    sdk/src/recorded_impl.h \
    sdk/src/recorded_pair.c \
    sdk/src/recorded_value.c \
    sdk/src/state_impl.h \
    sdk/src/state_in.c \
    sdk/src/state_out.c \
    sdk/src/text_impl.h
EXTRA_DIST += sdk/contracts.tbl sdk/templates/README

# Installed as $(datadir)/njord/templates/KIND/...
strategytemplatedir = $(njorddatadir)/templates/strategy
dist_strategytemplate_DATA = \
    sdk/templates/strategy/Makefile.tmpl \
    sdk/templates/strategy/NAME.c.tmpl \
    sdk/templates/strategy/README.md.tmpl \
    sdk/templates/strategy/test_NAME.c.tmpl
feedtemplatedir = $(njorddatadir)/templates/feed
dist_feedtemplate_DATA = \
    sdk/templates/feed/Makefile.tmpl \
    sdk/templates/feed/NAME.c.tmpl \
    sdk/templates/feed/README.md.tmpl \
    sdk/templates/feed/test_NAME.c.tmpl
brokertemplatedir = $(njorddatadir)/templates/broker
dist_brokertemplate_DATA = \
    sdk/templates/broker/Makefile.tmpl \
    sdk/templates/broker/NAME.c.tmpl \
    sdk/templates/broker/README.md.tmpl \
    sdk/templates/broker/test_NAME.c.tmpl
allocatortemplatedir = $(njorddatadir)/templates/allocator
dist_allocatortemplate_DATA = \
    sdk/templates/allocator/Makefile.tmpl \
    sdk/templates/allocator/NAME.c.tmpl \
    sdk/templates/allocator/README.md.tmpl \
    sdk/templates/allocator/test_NAME.c.tmpl
