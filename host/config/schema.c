#include "config/schema.h"

#include "base/log.h"
#include "base/timeframe.h"
#include "config/config.h"
#include "config/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ----------------------------------------------------------------------------------- */

static size_t span(const char *text, const char *others)
{
    size_t n = 0;
    while ((text[n] >= 'A' && text[n] <= 'Z') || (text[n] >= 'a' && text[n] <= 'z') ||
           (text[n] >= '0' && text[n] <= '9') || (text[n] && strchr(others, text[n])))
        n++;
    return n;
}

/* ^[a-z0-9_]{1,47}$ */
static bool is_id(const char *text)
{
    size_t n = 0;
    while ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= '0' && text[n] <= '9') ||
           text[n] == '_')
        n++;
    return n >= 1 && n < NJORD_ID_SIZE && text[n] == '\0';
}

static size_t asset_span(const char *text)
{
    size_t n = 0;
    while ((text[n] >= 'A' && text[n] <= 'Z') || (text[n] >= '0' && text[n] <= '9'))
        n++;
    return n;
}

static bool is_asset(const char *text)
{
    size_t n = asset_span(text);
    return n >= 1 && n < NJORD_ASSET_SIZE && text[n] == '\0';
}

bool nj_is_symbol(const char *text)
{
    size_t n = asset_span(text);
    return n >= 1 && n < NJORD_ASSET_SIZE && text[n] == '/' && is_asset(text + n + 1);
}

/* 1m, 4h, 1d: ^[1-9][0-9]{0,3}[smhdw]$ */
static bool is_timeframe(const char *text)
{
    size_t n = 0;
    while (text[n] >= '0' && text[n] <= '9')
        n++;
    return n >= 1 && n <= 4 && text[0] != '0' && text[n] != '\0' && strchr("smhdw", text[n]) &&
           text[n + 1] == '\0';
}

static bool is_bar_timeframe(const char *text)
{
    return nj_bar_length(text) > 0;
}

static bool is_name(const char *text)
{
    return text[0] != '\0' && text[span(text, "_-.")] == '\0';
}

static bool is_utc(const char *text)
{
    return strcmp(text, "UTC") == 0;
}

static bool is_plugins_dir(const char *text)
{
    return !strchr(text, '$') || strcmp(text, "$libdir/njord/plugins") == 0;
}

static bool is_number_up_to(const char *text, size_t len, long max)
{
    char digits[8];
    if (len == 0 || len > 5 || strspn(text, "0123456789") < len)
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    return strtol(digits, NULL, 10) <= max;
}

/* inproc:, redis://[user:password@]host[:port][/db] or redis+unix:///path[?db=n], as the bus takes
 * them. */
static bool is_bus_url(const char *text)
{
    if (strcmp(text, "inproc:") == 0)
        return true;
    if (strncmp(text, "redis+unix://", 13) == 0) {
        const char *path = text + 13, *query = strstr(path, "?db=");
        size_t len = query ? (size_t)(query - path) : strlen(path);
        return path[0] == '/' && len < 128 &&
               (!query || is_number_up_to(query + 4, strlen(query + 4), 65535));
    }
    if (strncmp(text, "redis://", 8) != 0)
        return false;
    const char *host = text + 8, *end = host + strcspn(host, "/");
    const char *at = memchr(host, '@', (size_t)(end - host));
    if (at) {
        const char *colon = memchr(host, ':', (size_t)(at - host));
        if (!colon || colon - host >= 64 || at == colon + 1 || at - colon > 128)
            return false;
        host = at + 1;
    }
    const char *colon = memchr(host, ':', (size_t)(end - host));
    size_t len = (size_t)((colon ? colon : end) - host);
    if (len == 0 || len >= 128)
        return false;
    if (colon && (!is_number_up_to(colon + 1, (size_t)(end - colon - 1), 65535) ||
                  strspn(colon + 1, "0") == (size_t)(end - colon - 1)))
        return false;
    return end[0] == '\0' || end[1] == '\0' || is_number_up_to(end + 1, strlen(end + 1), 65535);
}

/* ---- words ----------------------------------------------------------------------------------- */

static const struct nj_choice envs[] = {
    {"dev", NJ_ENV_DEV, NULL}, {"paper", NJ_ENV_PAPER, NULL}, {"live", NJ_ENV_LIVE, NULL}, {0}};
static const struct nj_choice clocks[] = {
    {"wall", NJ_CLOCK_WALL, NULL}, {"events", NJ_CLOCK_EVENTS, NULL}, {0}};
static const struct nj_choice at_ends[] = {
    {"wait", NJ_AT_END_WAIT, NULL}, {"stop", NJ_AT_END_STOP, NULL}, {0}};
static const struct nj_choice levels[] = {{"debug", NJ_DEBUG, NULL},
                                          {"info", NJ_INFO, NULL},
                                          {"warn", NJ_WARN, NULL},
                                          {"error", NJ_ERROR, NULL},
                                          {0}};
static const struct nj_choice fsyncs[] = {{"never", NJ_FSYNC_NEVER, NULL},
                                          {"interval", NJ_FSYNC_INTERVAL, NULL},
                                          {"always", NJ_FSYNC_ALWAYS, NULL},
                                          {0}};
static const struct nj_choice isolations[] = {
    {"none", NJ_ISOLATION_NONE, NULL},
    {"process", NJ_ISOLATION_PROCESS, "is not supported by this version; use 'none'"},
    {0}};
static const struct nj_choice trusts[] = {{"owner", NJ_TRUST_OWNER, NULL},
                                          {"strict", NJ_TRUST_STRICT, NULL},
                                          {"off", NJ_TRUST_OFF, NULL},
                                          {0}};
static const struct nj_choice order_fates[] = {{"hold", NJ_ON_HOLD, NULL},
                                               {"cancel", NJ_ON_CANCEL, NULL},
                                               {"flatten", NJ_ON_FLATTEN, NULL},
                                               {0}};
static const struct nj_choice halts[] = {
    {"cancel", NJ_ON_CANCEL, NULL}, {"hold", NJ_ON_HOLD, NULL}, {0}};
static const struct nj_choice autos[] = {
    {"auto", NJ_AUTO, NULL}, {"true", NJ_YES, NULL}, {"false", NJ_NO, NULL}, {0}};
#define LATER "is not part of this version; take it out"
static const struct nj_choice services[] = {{"feeds", 0, NULL},
                                            {"ohlcv", 0, NULL},
                                            {"strategies", 0, NULL},
                                            {"risk", 0, NULL},
                                            {"broker", 0, NULL},
                                            {"journal", 0, NULL},
                                            {"portfolio", 0, LATER},
                                            {"metrics", 0, LATER},
                                            {"alerts", 0, LATER},
                                            {"audit", 0, LATER},
                                            {0}};

/* ---- keys ------------------------------------------------------------------------------------ */

#define HOST(member)   offsetof(struct nj_config, member)
#define ENTRY(member)  offsetof(struct nj_instance_config, member)
#define SYMBOL(member) offsetof(struct nj_symbol_config, member)
#define HOST_SIZE(m)   sizeof(((struct nj_config *)NULL)->m)
#define ENTRY_SIZE(m)  sizeof(((struct nj_instance_config *)NULL)->m)
#define ID_WORDS       "1 to 47 characters of a-z, 0-9 and _"
#define SYMBOLS_WORDS  "symbols as ATOM/USDT (capitals and digits, up to 15 on each side)"
#define PATH_WORDS     "a path of at most 1023 bytes"
#define ANY            INT64_MAX

/* A row of each type; the defaults are YAML. */
#define BOOL(n, def, where, h)                                                                     \
    {                                                                                              \
        .name = n, .type = NJ_KEY_BOOL, .fallback = def, .at = where, .help = h                    \
    }
#define INT(n, def, where, low, high, h)                                                           \
    {                                                                                              \
        .name = n, .type = NJ_KEY_INT, .fallback = def, .at = where, .min_i = low, .max_i = high,  \
        .help = h                                                                                  \
    }
#define REAL(n, def, where, low, high, over, h)                                                    \
    {                                                                                              \
        .name = n, .type = NJ_KEY_REAL, .fallback = def, .at = where, .min_r = low, .max_r = high, \
        .above = over, .help = h                                                                   \
    }
#define ENUM(n, def, where, list, h)                                                               \
    {                                                                                              \
        .name = n, .type = NJ_KEY_ENUM, .fallback = def, .at = where, .choices = list, .help = h   \
    }
#define DURATION(n, def, where, low, high, h)                                                      \
    {                                                                                              \
        .name = n, .type = NJ_KEY_DURATION, .fallback = def, .at = where, .min_i = low,            \
        .max_i = high, .help = h                                                                   \
    }
#define TEXT(n, def, where, bytes, test, words, h)                                                 \
    {                                                                                              \
        .name = n, .type = NJ_KEY_TEXT, .fallback = def, .at = where, .size = bytes,               \
        .accepts = test, .expected = words, .help = h                                              \
    }
#define LIST(n, def, where, count, bytes, least, test, words, h)                                   \
    {                                                                                              \
        .name = n, .type = NJ_KEY_LIST, .fallback = def, .at = where, .count_at = count,           \
        .size = bytes, .min_items = least, .accepts = test, .expected = words, .help = h           \
    }
#define PATH(n, def, where, h) TEXT(n, def, where, NJ_PATH_SIZE, NULL, PATH_WORDS, h)
#define NJ_PATH_SIZE           1024

static const struct nj_key app_keys[] = {
    TEXT("name", "njord", HOST(app.name), HOST_SIZE(app.name), is_name,
         "1 to 47 letters, digits, _, - and .",
         "Name of this host on the bus and in its log; two hosts on one Redis need two names."),
    ENUM("env", "dev", HOST(app.env), envs,
         "dev trades on paper, or only echoes the orders when exchange.venue is no paper broker; "
         "paper always uses the paper broker; live sends orders to the venue, if "
         "NJORD_ENABLE_LIVE=1 "
         "is set in the environment too."),
    TEXT("timezone", "UTC", NJ_NOWHERE, 64, is_utc, "UTC (the only one)",
         "Zone of days and dates: UTC, always."),
    ENUM("clock", "wall", HOST(app.clock), clocks,
         "wall: the machine's clock; events: time is the events' own, for recorded and simulated "
         "data (never live)."),
    PATH("state_dir", "var/lib/njord", HOST(app.state_dir),
         "Folder of what must survive a restart: positions, saved states, locks."),
    TEXT("control", "var/run/njord.sock", HOST(app.control), HOST_SIZE(app.control), NULL,
         "a path of at most 107 bytes (the limit of a UNIX socket)",
         "UNIX socket that njord ctl speaks to; its owner alone may use it."),
    INT("stop_timeout_ms", "5000", HOST(app.stop_timeout_ms), 0, 3600000,
        "How long a stop waits for orders in flight, in milliseconds."),
    INT("seed", "1", HOST(app.seed), 0, ANY, "Seed of the random numbers that plugins get."),
    ENUM("at_end", "wait", HOST(app.at_end), at_ends,
         "What the host does when every feed has come to its end: wait for a signal, or stop."),
    {0}};

static const struct nj_key logging_keys[] = {
    ENUM("level", "info", HOST(logging.level), levels,
         "The least level that is logged. May change without a restart."),
    PATH("journal_dir", "var/log/njord", HOST(logging.journal_dir),
         "Folder of the journals and of app.ndjson; one host alone writes there."),
    ENUM("fsync", "interval", HOST(logging.fsync), fsyncs,
         "When journals are forced to the disk: never, each second (interval), or each line "
         "(always); order lines always are when app.env is live."),
    {0}};

static const struct nj_key bus_keys[] = {
    {.name = "url",
     .type = NJ_KEY_TEXT,
     .fallback = "\"inproc:\"",
     .at = HOST(bus.url),
     .size = HOST_SIZE(bus.url),
     .hidden = true,
     .accepts = is_bus_url,
     .expected = "inproc:, redis://[user:password@]host[:port][/db] or redis+unix:///path[?db=n]",
     .help = "Where events travel: inproc: within this host, Redis between hosts."},
    {0}};

static const struct nj_key plugins_keys[] = {
    TEXT("dir", "$libdir/njord/plugins", HOST(plugins.dir), HOST_SIZE(plugins.dir), is_plugins_dir,
         PATH_WORDS ", or $libdir/njord/plugins",
         "Folder of the plugins, with sub-folders feeds, strategies, brokers and allocators; "
         "$libdir/njord/plugins is where they were installed."),
    BOOL(
        "watch", "true", HOST(plugins.watch),
        "Load a plugin anew when its file changes; otherwise only on SIGHUP and njord ctl reload."),
    ENUM("isolation", "none", HOST(plugins.isolation), isolations,
         "Where plugins run: none is within the host's own process, the only way in this version."),
    ENUM("trust", "owner", HOST(plugins.trust), trusts,
         "Whose plugin files are loaded: owner asks for a file of root or of the host's user that "
         "not everyone may write, strict asks the same of each folder above it (the default when "
         "app.env is live), off asks nothing."),
    INT("max_errors", "100", HOST(plugins.max_errors), 1, 1000000000,
        "Errors that an instance may return before it is disabled."),
    INT("watchdog_ms", "1000", HOST(plugins.watchdog_ms), 10, 3600000,
        "How long one call of a plugin may take before it counts as hung, in milliseconds."),
    INT("state_every", "10000", HOST(plugins.state_every), 1, 1000000000,
        "Events of an instance between two snapshots of its state."),
    {0}};

static const struct nj_key services_keys[] = {
    {.name = "services",
     .type = NJ_KEY_LIST,
     .fallback = "[feeds, ohlcv, strategies, risk, broker, journal]",
     .at = HOST(services),
     .count_at = HOST(n_services),
     .size = 32,
     .min_items = 1,
     .choices = services,
     .help = "The parts that this host runs; hosts on one Redis may share them out."},
    {0}};

static const struct nj_key exchange_keys[] = {
    TEXT("venue", "paper", HOST(exchange.venue), HOST_SIZE(exchange.venue), is_id,
         "the id of an entry of brokers, at most 15 characters", "Broker that orders go to."),
    LIST("symbols", "[ATOM/USDT]", HOST(exchange.symbols), HOST(exchange.n_symbols),
         NJORD_SYMBOL_SIZE, 1, nj_is_symbol, SYMBOLS_WORDS,
         "All that may be traded; one quote asset for all."),
    INT("book_depth", "50", HOST(exchange.book_depth), 1, NJORD_MAX_LEVELS,
        "Levels of a side of the books that the host keeps."),
    {0}};

#define NEEDED_TEXT(n, where, bytes, test, words, h)                                               \
    {                                                                                              \
        .name = n, .type = NJ_KEY_TEXT, .required = true, .at = where, .size = bytes,              \
        .accepts = test, .expected = words, .help = h                                              \
    }
#define ID_KEY                                                                                     \
    NEEDED_TEXT("id", ENTRY(id), ENTRY_SIZE(id), is_id, ID_WORDS,                                  \
                "Name of the instance, once among feeds, brokers and strategies.")
#define PLUGIN_KEYS                                                                                \
    NEEDED_TEXT("plugin", ENTRY(plugin), ENTRY_SIZE(plugin), is_id, ID_WORDS,                      \
                "Name of the shared object without .so."),                                         \
        BOOL("enabled", "true", ENTRY(enabled), "Whether it is loaded and run.")
#define ISOLATION_KEY                                                                              \
    ENUM("isolation", NULL, ENTRY(isolation), isolations, "Not given, it is plugins.isolation.")
#define SYMBOLS_KEY(h)                                                                             \
    LIST("symbols", "[]", ENTRY(symbols), ENTRY(n_symbols), NJORD_SYMBOL_SIZE, 0, nj_is_symbol,    \
         SYMBOLS_WORDS, h)
#define PARAMS_KEY                                                                                 \
    {                                                                                              \
        .name = "params", .type = NJ_KEY_PARAMS, .fallback = "{}", .at = ENTRY(params),            \
        .count_at = ENTRY(n_params),                                                               \
        .help = "Parameters, checked against those that the plugin declares (njord plugin info)."  \
    }

static const struct nj_key feeds_keys[] = {ID_KEY,
                                           PLUGIN_KEYS,
                                           SYMBOLS_KEY("What it is asked for; [] is all of "
                                                       "exchange.symbols."),
                                           ISOLATION_KEY,
                                           PARAMS_KEY,
                                           {0}};

static const struct nj_key brokers_keys[] = {
    NEEDED_TEXT("id", ENTRY(id), NJORD_ASSET_SIZE, is_id, "1 to 15 characters of a-z, 0-9 and _",
                "Name of the instance and of the venue in events, once among feeds, brokers and "
                "strategies."),
    PLUGIN_KEYS,
    ISOLATION_KEY,
    PARAMS_KEY,
    {0}};

static const struct nj_key symbols_keys[] = {
    REAL("tick", "1e-8", SYMBOL(tick), 0, HUGE_VAL, true, "Smallest step of a price."),
    REAL("step", "1e-8", SYMBOL(step), 0, HUGE_VAL, true, "Smallest step of a quantity."),
    REAL("min_qty", NULL, SYMBOL(min_qty), 0, HUGE_VAL, false, "Smallest quantity of an order."),
    REAL("max_qty", NULL, SYMBOL(max_qty), 0, HUGE_VAL, true, "Largest quantity of an order."),
    REAL("min_notional", NULL, SYMBOL(min_notional), 0, HUGE_VAL, false,
         "Smallest quantity times price of an order, in the quote asset."),
    {0}};

static const struct nj_key ohlcv_keys[] = {
    LIST("timeframes", "[1m, 5m, 15m, 1h]", HOST(ohlcv.timeframes), HOST(ohlcv.n_timeframes),
         NJORD_TIMEFRAME_SIZE, 1, is_bar_timeframe,
         "timeframes from 1s to 1d that divide a minute, or are whole minutes that divide a day",
         "Bars that are made from trades."),
    INT("grace_ms", "2000", HOST(ohlcv.grace_ms), 0, 3600000,
        "How long a bar stays open for late trades after its end, in milliseconds."),
    BOOL("gap_fill", "true", HOST(ohlcv.gap_fill),
         "Whether a bar without trades is made from the last close."),
    {0}};

static const struct nj_key journal_keys[] = {
    BOOL("rotate_daily", "true", HOST(journal.rotate_daily),
         "Begin new files at midnight UTC, by the time of the lines."),
    INT("rotate_bytes", "100000000", HOST(journal.rotate_bytes), 1024, 1000000000000,
        "Begin a new file past this size, in bytes."),
    BOOL("compress", "true", HOST(journal.compress), "Compress finished files."),
    DURATION("compress_after", "24h", HOST(journal.compress_after_ns), 0, ANY,
             "Age, by the last write, from which a finished file is compressed; 0s: at once."),
    INT("max_open", "512", HOST(journal.max_open), 4, 65536, "Journal files open at a time."),
    LIST("topics", "[\"md.trades.*\", \"md.ohlcv.*\"]", HOST(journal.topics),
         HOST(journal.n_topics), 128, 0, NULL, "topic patterns as \"md.trades.*\"",
         "Market data that is written down; the order flow always is."),
    {0}};

static const struct nj_key risk_keys[] = {
    REAL("per_order_usd_cap", "200.0", HOST(risk.per_order_usd_cap), 0, HUGE_VAL, true,
         "Largest quantity times reference price of an order, in USD."),
    REAL("daily_loss_usd_cap", "50.0", HOST(risk.daily_loss_usd_cap), 0, HUGE_VAL, true,
         "Loss since 00:00 UTC, net of fees, from which orders are refused until the next day, in "
         "USD."),
    REAL("orders_per_min_cap", "30", HOST(risk.orders_per_min_cap), 0, HUGE_VAL, true,
         "Orders a minute and symbol, all strategies together."),
    REAL("price_collar_pct", "0", HOST(risk.price_collar_pct), 0, HUGE_VAL, false,
         "How much worse than the last trade a limit may be, in per cent; 0 is off."),
    REAL("max_position_usd", "0", HOST(risk.max_position_usd), 0, HUGE_VAL, false,
         "Largest position of a strategy in a symbol with all working orders filled, in USD; 0 is "
         "off."),
    INT("max_open_orders", "0", HOST(risk.max_open_orders), 0, 1000000000,
        "Open orders of a strategy; 0 is off."),
    INT("duplicate_window_ms", "0", HOST(risk.duplicate_window_ms), 0, 86400000,
        "How long an order like an earlier one is refused, in milliseconds; 0 is off (the same id "
        "always is)."),
    INT("stale_price_ms", "0", HOST(risk.stale_price_ms), 0, 86400000,
        "Age of the last price from which orders are refused, in milliseconds; 0 is off."),
    ENUM("allow_short", "auto", HOST(risk.allow_short), autos,
         "Whether a position may be negative; auto is true on paper and false live."),
    BOOL("cash_check", "true", HOST(risk.cash_check),
         "Refuse what a strategy cannot pay from its cash."),
    INT("max_intent_age_ms", "5000", HOST(risk.max_intent_age_ms), 1, 86400000,
        "Age of an order intent from which it is refused, in milliseconds."),
    ENUM("on_halt", "cancel", HOST(risk.on_halt), halts,
         "What happens to open orders when the kill switch trips."),
    LIST("usd_quotes", "[USD, USDT, USDC, BUSD]", HOST(risk.usd_quotes), HOST(risk.n_usd_quotes),
         NJORD_ASSET_SIZE, 0, is_asset, "assets as USDT",
         "Quote assets that count as one US dollar."),
    PATH("kill_switch_file", "var/run/njord.halt", HOST(risk.kill_switch_file),
         "While this file is there, no order leaves."),
    TEXT("kill_switch_key", "\"njord:trading:halt\"", HOST(risk.kill_switch_key),
         HOST_SIZE(risk.kill_switch_key), NULL, "a key of at most 127 bytes",
         "While this Redis key says so, no order leaves."),
    INT("kill_switch_lost_s", "10", HOST(risk.kill_switch_lost_s), 0, 86400,
        "How long the key's last value stands after Redis is lost, in seconds; then all is "
        "refused."),
    {0}};

static const struct nj_key warmup_keys[] = {
    NEEDED_TEXT("timeframe", ENTRY(warmup_timeframe), ENTRY_SIZE(warmup_timeframe), is_timeframe,
                "a timeframe as 1m, 4h, 1d", "Bars of the history."),
    {.name = "bars",
     .type = NJ_KEY_INT,
     .required = true,
     .at = ENTRY(warmup_bars),
     .min_i = 1,
     .max_i = 100000,
     .help = "How many of them of each symbol: the last ones."},
    {0}};

static const struct nj_key strategies_keys[] = {
    ID_KEY,
    PLUGIN_KEYS,
    SYMBOLS_KEY("What it sees and may trade, out of exchange.symbols; [] is all of them."),
    LIST("events", "[]", ENTRY(events), ENTRY(n_events), 128, 0, NULL,
         "topic patterns as \"md.trades.*\"",
         "Topics that it gets, for its symbols; what concerns its own orders it always gets."),
    REAL("capital", NULL, ENTRY(capital), 0, HUGE_VAL, true,
         "Capital in the quote asset; not given, it is the broker account's cash."),
    {.name = "warmup",
     .type = NJ_KEY_MAP,
     .keys = warmup_keys,
     .help = "History that an instance without a saved state is shown before its first event, out "
             "of the journals of bars; orders are refused meanwhile."},
    ISOLATION_KEY,
    ENUM("on_crash", "hold", ENTRY(on_crash), order_fates,
         "What happens to its open orders when it fails for good: hold leaves them, cancel takes "
         "them back, flatten closes the position too."),
    ENUM("on_remove", "cancel", ENTRY(on_remove), order_fates,
         "Likewise when it is taken out of the configuration."),
    PARAMS_KEY,
    {0}};

const struct nj_section nj_sections[] = {
    {"app", "base.yaml", NJ_SECTION_MAP, app_keys, NULL, 0, 0, 0, false, "The host itself."},
    {"logging", "base.yaml", NJ_SECTION_MAP, logging_keys, NULL, 0, 0, 0, false,
     "Log and journals."},
    {"bus", "base.yaml", NJ_SECTION_MAP, bus_keys, NULL, 0, 0, 0, false, "How events travel."},
    {"plugins", "base.yaml", NJ_SECTION_MAP, plugins_keys, NULL, 0, 0, 0, false,
     "Loading of plugins and watch over them."},
    {"services", "base.yaml", NJ_SECTION_KEY, services_keys, NULL, 0, 0, 0, false,
     "Parts of the host."},
    {"exchange", "base.yaml", NJ_SECTION_MAP, exchange_keys, NULL, 0, 0, 0, false,
     "What is traded, and where."},
    {"feeds", "base.yaml", NJ_SECTION_ENTRIES, feeds_keys, "[]", HOST(feeds), HOST(n_feeds),
     NJORD_KIND_FEED, false, "Sources of market data, a list."},
    {"brokers", "base.yaml", NJ_SECTION_ENTRIES, brokers_keys,
     "[{id: paper, plugin: paper, params: {cash: {USDT: 10000}, maker: 0.001, taker: 0.001, "
     "slippage_bps: 0, fills: full}}]",
     HOST(brokers), HOST(n_brokers), NJORD_KIND_BROKER, false, "Ways to a venue, a list."},
    {"symbols", "base.yaml", NJ_SECTION_SYMBOLS, symbols_keys, NULL, HOST(symbols), HOST(n_symbols),
     0, false,
     "What is known of a symbol: a map from symbol to these keys. The venue's own figures come "
     "before them."},
    {"ohlcv", "base.yaml", NJ_SECTION_MAP, ohlcv_keys, NULL, 0, 0, 0, false, "Bars."},
    {"journal", "base.yaml", NJ_SECTION_MAP, journal_keys, NULL, 0, 0, 0, false,
     "Files of the journals."},
    {"risk", "base.yaml", NJ_SECTION_MAP, risk_keys, NULL, 0, 0, 0, true,
     "Limits that every order must pass. May change without a restart."},
    {"strategies", "strategies.yaml", NJ_SECTION_ENTRIES, strategies_keys, "[]", HOST(strategies),
     HOST(n_strategies), NJORD_KIND_STRATEGY, true,
     "Strategies, a list. May change without a restart."},
    {0}};

size_t nj_key_count(const struct nj_key *keys)
{
    size_t n = 0;
    while (keys[n].name)
        n++;
    return n;
}

const struct nj_key *nj_key_find(const struct nj_key *keys, const char *name)
{
    for (; keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

const struct nj_section *nj_section_find(const char *file, const char *name)
{
    for (const struct nj_section *s = nj_sections; s->name; s++)
        if (strcmp(s->file, file) == 0 && strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

void nj_choices_put(struct nj_buf *out, const struct nj_choice *choices)
{
    const char *gap = "";
    for (; choices->text; choices++)
        if (!choices->refusal) {
            nj_buf_printf(out, "%s%s", gap, choices->text);
            gap = ", ";
        }
}

void nj_key_expected(struct nj_buf *out, const struct nj_key *key)
{
    switch (key->type) {
    case NJ_KEY_BOOL:
        nj_buf_puts(out, "true or false");
        return;
    case NJ_KEY_INT:
        nj_value_expect_int(out, key->min_i, key->max_i);
        return;
    case NJ_KEY_REAL:
        nj_value_expect_real(out, key->min_r, key->max_r, key->above);
        return;
    case NJ_KEY_TEXT:
        nj_buf_puts(out, key->expected);
        return;
    case NJ_KEY_ENUM:
        nj_buf_puts(out, "one of ");
        nj_choices_put(out, key->choices);
        return;
    case NJ_KEY_DURATION:
        nj_value_expect_duration(out, key->min_i, key->max_i);
        return;
    case NJ_KEY_LIST:
        nj_buf_puts(out, key->min_items > 0 ? "a list of one or more " : "a list of ");
        if (key->choices)
            nj_choices_put(out, key->choices);
        else
            nj_buf_puts(out, key->expected);
        return;
    case NJ_KEY_PARAMS:
        nj_buf_puts(out, "a map of parameters");
        return;
    case NJ_KEY_MAP:
        nj_buf_puts(out, "a map with ");
        for (const struct nj_key *k = key->keys; k->name; k++)
            nj_buf_printf(out, k == key->keys ? "%s" : " and %s", k->name);
        return;
    }
}
