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
feed_PROGRAMS =
strategydir = $(plugindir)/strategies
strategy_PROGRAMS = \
    plugins/strategies/buy_hold.so \
    plugins/strategies/ma_cross.so \
    plugins/strategies/rsi_tema_bb.so \
    plugins/strategies/trendline_break.so
brokerdir = $(plugindir)/brokers
broker_PROGRAMS =
allocatordir = $(plugindir)/allocators
allocator_PROGRAMS =

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
