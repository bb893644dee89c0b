# Plugins: NAME.so from KIND/NAME/NAME.c, in the build tree at plugins/KIND/NAME.so as `--plugins`
# wants it, installed in $(plugindir)/KIND. They see the SDK and nothing of the host. For a new one:
#
#     strategy_PROGRAMS += plugins/strategies/NAME.so
#     plugins_strategies_NAME_so_SOURCES = plugins/strategies/NAME/NAME.c
#     plugins_strategies_NAME_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
#     plugins_strategies_NAME_so_LDFLAGS = $(PLUGIN_LINKFLAGS)
#     plugins_strategies_NAME_so_LDADD = $(PLUGIN_LIBS)

PLUGIN_CPPFLAGS = $(BASE_CPPFLAGS)
PLUGIN_LINKFLAGS = -shared $(PLUGIN_DEFS) -Wl,--exclude-libs,ALL -Wl,--build-id=sha1
PLUGIN_LIBS = sdk/libnjord-sdk.a -lm

feeddir = $(plugindir)/feeds
feed_PROGRAMS = \
    plugins/feeds/playback.so \
    plugins/feeds/simmarket.so
strategydir = $(plugindir)/strategies
strategy_PROGRAMS = \
    plugins/strategies/buy_hold.so \
    plugins/strategies/ma_cross.so \
    plugins/strategies/rsi_tema_bb.so \
    plugins/strategies/trendline_break.so
brokerdir = $(plugindir)/brokers
broker_PROGRAMS = \
    plugins/brokers/paper.so
allocatordir = $(plugindir)/allocators
allocator_PROGRAMS = \
    plugins/allocators/target_weights.so

plugins_strategies_buy_hold_so_SOURCES = plugins/strategies/buy_hold/buy_hold.c
plugins_strategies_buy_hold_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_strategies_buy_hold_so_LDFLAGS = $(PLUGIN_LINKFLAGS)
plugins_strategies_buy_hold_so_LDADD = $(PLUGIN_LIBS)

plugins_strategies_ma_cross_so_SOURCES = plugins/strategies/ma_cross/ma_cross.c
plugins_strategies_ma_cross_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_strategies_ma_cross_so_LDFLAGS = $(PLUGIN_LINKFLAGS)
plugins_strategies_ma_cross_so_LDADD = $(PLUGIN_LIBS)

plugins_strategies_rsi_tema_bb_so_SOURCES = plugins/strategies/rsi_tema_bb/rsi_tema_bb.c
plugins_strategies_rsi_tema_bb_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_strategies_rsi_tema_bb_so_LDFLAGS = $(PLUGIN_LINKFLAGS)
plugins_strategies_rsi_tema_bb_so_LDADD = $(PLUGIN_LIBS)

plugins_strategies_trendline_break_so_SOURCES = plugins/strategies/trendline_break/trendline_break.c
plugins_strategies_trendline_break_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_strategies_trendline_break_so_LDFLAGS = $(PLUGIN_LINKFLAGS)
plugins_strategies_trendline_break_so_LDADD = $(PLUGIN_LIBS)

# The feeds' pure parts, each an archive that its tests link too.
noinst_LIBRARIES += plugins/feeds/libplayback.a plugins/feeds/libsimmarket.a

plugins_feeds_libplayback_a_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_feeds_libplayback_a_SOURCES = \
    plugins/feeds/playback/journals.c \
    plugins/feeds/playback/journals.h \
    plugins/feeds/playback/player.c \
    plugins/feeds/playback/player.h \
    plugins/feeds/playback/tape.c \
    plugins/feeds/playback/tape.h
plugins_feeds_playback_so_SOURCES = plugins/feeds/playback/playback.c
plugins_feeds_playback_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_feeds_playback_so_LDFLAGS = $(PLUGIN_LINKFLAGS)
plugins_feeds_playback_so_LDADD = plugins/feeds/libplayback.a $(PLUGIN_LIBS) $(ARCHIVE_LIBS)

plugins_feeds_libsimmarket_a_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_feeds_libsimmarket_a_SOURCES = \
    plugins/feeds/simmarket/calibration.h \
    plugins/feeds/simmarket/market.c \
    plugins/feeds/simmarket/market.h \
    plugins/feeds/simmarket/market_new.c \
    plugins/feeds/simmarket/market_state.c \
    plugins/feeds/simmarket/model.h \
    plugins/feeds/simmarket/rng.c \
    plugins/feeds/simmarket/rng.h
plugins_feeds_simmarket_so_SOURCES = plugins/feeds/simmarket/simmarket.c
plugins_feeds_simmarket_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_feeds_simmarket_so_LDFLAGS = $(PLUGIN_LINKFLAGS)
plugins_feeds_simmarket_so_LDADD = plugins/feeds/libsimmarket.a $(PLUGIN_LIBS)

plugins_brokers_paper_so_SOURCES = \
    plugins/brokers/paper/paper.c \
    plugins/brokers/paper/paper_account.c \
    plugins/brokers/paper/paper_impl.h \
    plugins/brokers/paper/paper_index.c \
    plugins/brokers/paper/paper_orders.c \
    plugins/brokers/paper/paper_state.c
plugins_brokers_paper_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_brokers_paper_so_LDFLAGS = $(PLUGIN_LINKFLAGS)
plugins_brokers_paper_so_LDADD = $(PLUGIN_LIBS)

plugins_allocators_target_weights_so_SOURCES = plugins/allocators/target_weights/target_weights.c
plugins_allocators_target_weights_so_CPPFLAGS = $(PLUGIN_CPPFLAGS)
plugins_allocators_target_weights_so_LDFLAGS = $(PLUGIN_LINKFLAGS)
plugins_allocators_target_weights_so_LDADD = $(PLUGIN_LIBS)
