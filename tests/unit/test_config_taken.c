/* test_config_taken.c - what a configuration may say, and what it then means: defaults, entries,
 * numbers, durations, addresses, the command line. Owned by the tests. */
#include "bus/bus.h"
#include "config_load.h"
#include "test_main.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what is taken --------------------------------------------------------------------------- */

START_TEST(defaults_are_those_of_the_contracts_page)
{
    struct nj_config_report none = {0};
    struct nj_config *c = NULL;
    ck_assert_int_eq(nj_config_load(&c, NULL, NULL, &none), 0);
    ck_assert_uint_eq(none.n_errors + none.n_warnings, 0);
    ck_assert_str_eq(c->dir, "");
    ck_assert_str_eq(c->app.name, "njord");
    ck_assert_int_eq(c->app.env, NJ_ENV_DEV);
    ck_assert_int_eq(c->app.clock, NJ_CLOCK_WALL);
    ck_assert_int_eq(c->app.at_end, NJ_AT_END_WAIT);
    ck_assert_str_eq(c->app.state_dir, "var/lib/njord");
    ck_assert_str_eq(c->app.control, "var/run/njord.sock");
    ck_assert_int_eq(c->app.stop_timeout_ms, 5000);
    ck_assert_uint_eq(c->app.seed, 1);
    ck_assert_int_eq(c->logging.level, 1);
    ck_assert_str_eq(c->logging.journal_dir, "var/log/njord");
    ck_assert_int_eq(c->logging.fsync, NJ_FSYNC_INTERVAL);
    ck_assert_str_eq(c->bus.url, "inproc:");
    ck_assert_str_eq(c->plugins.dir, NJORD_PLUGINDIR);
    ck_assert(c->plugins.watch);
    ck_assert_int_eq(c->plugins.isolation, NJ_ISOLATION_NONE);
    ck_assert_int_eq(c->plugins.trust, NJ_TRUST_OWNER);
    ck_assert_int_eq(c->plugins.max_errors, 100);
    ck_assert_int_eq(c->plugins.watchdog_ms, 1000);
    ck_assert_int_eq(c->plugins.state_every, 10000);
    ck_assert_uint_eq(c->n_services, 6);
    ck_assert(nj_config_has_service(c, "feeds") && nj_config_has_service(c, "strategies") &&
              nj_config_has_service(c, "risk") && nj_config_has_service(c, "broker") &&
              nj_config_has_service(c, "journal") && nj_config_has_service(c, "ohlcv"));
    ck_assert_str_eq(c->exchange.venue, "paper");
    ck_assert_uint_eq(c->exchange.n_symbols, 1);
    ck_assert_str_eq(c->exchange.symbols[0], "ATOM/USDT");
    ck_assert_int_eq(c->exchange.book_depth, 50);
    ck_assert_uint_eq(c->n_feeds, 0);
    ck_assert_uint_eq(c->n_strategies, 0);
    ck_assert_uint_eq(c->n_symbols, 0);
    ck_assert_uint_eq(c->n_brokers, 1);
    ck_assert_uint_eq(c->brokers[0].kind, NJORD_KIND_BROKER);
    ck_assert_str_eq(c->brokers[0].id, "paper");
    ck_assert_str_eq(c->brokers[0].plugin, "paper");
    ck_assert(c->brokers[0].enabled);
    ck_assert_uint_eq(c->brokers[0].n_params, 5);
    ck_assert_str_eq(c->brokers[0].params[0].name, "cash");
    ck_assert_str_eq(c->brokers[0].params[0].map[0].name, "USDT");
    ck_assert_str_eq(c->brokers[0].params[0].map[0].text, "10000");
    ck_assert_str_eq(c->brokers[0].params[4].text, "full");
    ck_assert_uint_eq(c->ohlcv.n_timeframes, 4);
    ck_assert_str_eq(c->ohlcv.timeframes[2], "15m");
    ck_assert_int_eq(c->ohlcv.grace_ms, 2000);
    ck_assert(c->ohlcv.gap_fill);
    ck_assert(c->journal.rotate_daily && c->journal.compress);
    ck_assert_int_eq(c->journal.rotate_bytes, 100000000);
    ck_assert_int_eq(c->journal.compress_after_ns, INT64_C(86400000000000));
    ck_assert_int_eq(c->journal.max_open, 512);
    ck_assert_uint_eq(c->journal.n_topics, 2);
    ck_assert_str_eq(c->journal.topics[1], "md.ohlcv.*");
    ck_assert_double_eq(c->risk.per_order_usd_cap, 200.0);
    ck_assert_double_eq(c->risk.daily_loss_usd_cap, 50.0);
    ck_assert_double_eq(c->risk.orders_per_min_cap, 30.0);
    ck_assert_double_eq(c->risk.price_collar_pct, 0.0);
    ck_assert_double_eq(c->risk.max_position_usd, 0.0);
    ck_assert_int_eq(c->risk.max_open_orders, 0);
    ck_assert_int_eq(c->risk.duplicate_window_ms, 0);
    ck_assert_int_eq(c->risk.stale_price_ms, 0);
    ck_assert_int_eq(c->risk.max_intent_age_ms, 5000);
    ck_assert_int_eq(c->risk.allow_short, NJ_AUTO);
    ck_assert(c->risk.cash_check);
    ck_assert_int_eq(c->risk.on_halt, NJ_ON_CANCEL);
    ck_assert_uint_eq(c->risk.n_usd_quotes, 4);
    ck_assert_str_eq(c->risk.usd_quotes[3], "BUSD");
    ck_assert_str_eq(c->risk.kill_switch_file, "var/run/njord.halt");
    ck_assert_str_eq(c->risk.kill_switch_key, "njord:trading:halt");
    ck_assert_int_eq(c->risk.kill_switch_lost_s, 10);
    nj_config_free(c);
    nj_config_report_free(&none);
}
END_TEST

START_TEST(a_strategy_is_taken_with_all_that_it_may_have)
{
    int rc = load("exchange: {symbols: [ATOM/USDT, ETH/USDT]}\n", "strategies:\n"
                                                                  "  - id: first\n"
                                                                  "    plugin: ma_cross\n"
                                                                  "    enabled: false\n"
                                                                  "    symbols: [ETH/USDT]\n"
                                                                  "    events: [md.trades.*]\n"
                                                                  "    capital: 2500.5\n"
                                                                  "    warmup:\n"
                                                                  "      timeframe: 1h\n"
                                                                  "      bars: 200\n"
                                                                  "    isolation: none\n"
                                                                  "    on_crash: flatten\n"
                                                                  "    on_remove: hold\n"
                                                                  "    params:\n"
                                                                  "      fast: 5\n"
                                                                  "      name: \"7\"\n"
                                                                  "  - id: second\n"
                                                                  "    plugin: ma_cross\n"
                                                                  "    events: [md.book.*]\n");
    ck_assert_msg(rc == 0, "%s", errors());
    ck_assert_str_eq(warnings(), "");
    ck_assert_uint_eq(config->n_strategies, 2);
    const struct nj_instance_config *a = &config->strategies[0], *b = &config->strategies[1];
    ck_assert_uint_eq(a->kind, NJORD_KIND_STRATEGY);
    ck_assert_str_eq(a->id, "first");
    ck_assert_str_eq(a->plugin, "ma_cross");
    ck_assert(!a->enabled);
    ck_assert_uint_eq(a->n_symbols, 1);
    ck_assert_str_eq(a->symbols[0], "ETH/USDT");
    ck_assert_str_eq(a->events[0], "md.trades.*");
    ck_assert_double_eq(a->capital, 2500.5);
    ck_assert_str_eq(a->warmup_timeframe, "1h");
    ck_assert_int_eq(a->warmup_bars, 200);
    ck_assert_int_eq(a->on_crash, NJ_ON_FLATTEN);
    ck_assert_int_eq(a->on_remove, NJ_ON_HOLD);
    ck_assert_uint_eq(a->n_params, 2);
    ck_assert(!a->params[0].quoted && a->params[1].quoted);
    ck_assert_str_eq(a->place.file, "strategies.yaml");
    ck_assert_uint_eq(a->place.line, 2);
    ck_assert_uint_eq(a->place.column, 5);
    ck_assert_uint_eq(a->params[0].place.line, 15);
    ck_assert_uint_eq(a->params[0].place.column, 13);
    ck_assert(b->enabled);
    ck_assert_uint_eq(b->n_symbols, 2); /* none given: all that is traded */
    ck_assert_str_eq(b->symbols[0], "ATOM/USDT");
    ck_assert(isnan(b->capital));
    ck_assert_int_eq(b->warmup_bars, 0);
    ck_assert_int_eq(b->on_crash, NJ_ON_HOLD);
    ck_assert_int_eq(b->on_remove, NJ_ON_CANCEL);
    end();
}
END_TEST

START_TEST(symbols_have_their_own_steps_or_the_defaults)
{
    int rc =
        load("exchange: {symbols: [A/B, C/B]}\nsymbols:\n  A/B: {tick: 0.01, min_notional: 5}\n"
             "  C/B: {}\n",
             NULL);
    ck_assert_msg(rc == 0, "%s", errors());
    ck_assert_uint_eq(config->n_symbols, 2);
    ck_assert_double_eq(config->symbols[0].tick, 0.01);
    ck_assert_double_eq(config->symbols[0].step, 1e-8);
    ck_assert_double_eq(config->symbols[0].min_notional, 5);
    ck_assert(isnan(config->symbols[0].min_qty) && isnan(config->symbols[0].max_qty));
    ck_assert_double_eq(config->symbols[1].tick, 1e-8);
    end();
}
END_TEST

START_TEST(numbers_are_read_as_yaml_1_2_writes_them)
{
    static const struct {
        const char *text;
        double value;
    } numbers[] = {{"1", 1},     {"+1", 1},    {"007", 7},    {"1.", 1},
                   {".5", 0.5},  {"1e2", 100}, {"1E+2", 100}, {"12.5e-1", 1.25},
                   {"0.1", 0.1}, {"+.5e1", 5}, {"00.5", 0.5}, {"1e-300", 1e-300}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char base[100];
        snprintf(base, sizeof base, "risk: {per_order_usd_cap: %s}\n", numbers[i].text);
        ck_assert_msg(load(base, NULL) == 0, "%s", errors());
        ck_assert_msg(config->risk.per_order_usd_cap == numbers[i].value, "%s", numbers[i].text);
    }
    static const char *const no[] = {"1e",    "e1",  ".",   "+",  "-",
                                     "1.2.3", "1 2", "--1", "1f", "0x1p3"};
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        char base[100];
        snprintf(base, sizeof base, "risk: {per_order_usd_cap: %s}\n", no[i]);
        ck_assert_msg(load(base, NULL) == NJ_ERR_CONFIG, "%s", no[i]);
    }
    end();
}
END_TEST

START_TEST(durations_are_whole_numbers_with_a_unit)
{
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {{"250ms", 250000000},
                {"10s", 10000000000},
                {"5m", 300000000000},
                {"24h", 86400000000000},
                {"7d", 604800000000000},
                {"0s", 0},
                {"106751d", INT64_C(9223286400000000000)}};
    static const char *const no[] = {"",    "5",    "s",       "-5s",
                                     "+5s", "5 s",  "5us",     "5min",
                                     "5S",  "1e3s", "106752d", "99999999999999999999s"};
    int64_t ns = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert(nj_parse_duration(good[i].text, &ns));
        ck_assert_int_eq(ns, good[i].ns);
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        ck_assert_msg(!nj_parse_duration(no[i], &ns), "%s", no[i]);
}
END_TEST

START_TEST(live_asks_for_strict_trust_unless_told)
{
    ck_assert_int_eq(load("app: {env: live}\n", NULL), 0);
    ck_assert_int_eq(config->plugins.trust, NJ_TRUST_STRICT);
    ck_assert_int_eq(load("app: {env: live}\nplugins: {trust: owner}\n", NULL), 0);
    ck_assert_int_eq(config->plugins.trust, NJ_TRUST_OWNER);
    ck_assert_str_eq(warnings(),
                     "base.yaml:2:18: 'trust': 'strict' is advised with env 'live'; take "
                     "the key out to have it\n");
    end();
}
END_TEST

START_TEST(a_database_of_redis_is_no_wall_between_hosts)
{
    static const struct {
        const char *url, *database;
    } rows[] = {{"inproc:", NULL},
                {"redis://h", NULL},
                {"redis://h/", NULL},
                {"redis://h:1/0", NULL},
                {"redis://h/3", "3"},
                {"redis://u:p@h:1/12", "12"},
                {"redis+unix:///r", NULL},
                {"redis+unix:///r?db=0", NULL},
                {"redis+unix:///r?db=2", "2"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char base[120], expected[240] = "";
        snprintf(base, sizeof base, "bus: {url: \"%s\"}\n", rows[i].url);
        if (rows[i].database)
            snprintf(expected, sizeof expected,
                     "base.yaml:1:12: 'url': database %s keeps keys and streams apart, but Redis "
                     "publishes to all its databases: hosts that must not hear each other need a "
                     "Redis each\n",
                     rows[i].database);
        ck_assert_int_eq(load(base, NULL), 0);
        ck_assert_str_eq(warnings(), expected);
    }
    end();
}
END_TEST

START_TEST(the_bus_takes_the_urls_that_are_taken_here)
{
    static const char *const urls[] = {"inproc:",
                                       "inproc",
                                       "redis://h",
                                       "redis://h/",
                                       "redis://h:6379/3",
                                       "redis://h:0",
                                       "redis://h:65536",
                                       "redis://:6379",
                                       "redis://",
                                       "redis://u:p@h",
                                       "redis://:p@h:1/0",
                                       "redis://u:@h",
                                       "redis://u@h",
                                       "redis://h/x",
                                       "redis://h:/1",
                                       "redis+unix:///run/r.sock",
                                       "redis+unix:///run/r.sock?db=2",
                                       "redis+unix:///run/r.sock?db=x",
                                       "redis+unix://run",
                                       "rediss://h",
                                       "redis://h/70000",
                                       "redis://h:000001"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        char base[120];
        struct nj_bus_url parsed;
        struct nj_error err;
        snprintf(base, sizeof base, "bus: {url: \"%s\"}\n", urls[i]);
        bool here = load(base, NULL) == 0, there = nj_bus_url_parse(urls[i], &parsed, &err) == 0;
        ck_assert_msg(here == there, "'%s': configuration %d, bus %d", urls[i], here, there);
    }
    end();
}
END_TEST

START_TEST(globs_that_match_a_topic_are_no_matter)
{
    static const char *const globs[] = {"*",
                                        "md.*",
                                        "md.trades.*",
                                        "md.trades.ATOM/USDT",
                                        "md.trades.ATOM*",
                                        "md.trades.DOGE/USDT",
                                        "md.ohlcv.1m.*",
                                        "md.ohlcv.*.ATOM/USDT",
                                        "md.ohlcv.[15]m.*",
                                        "sig.other",
                                        "fills.new",
                                        "host.plugins"};
    struct nj_buf text = {0};
    nj_buf_puts(&text, "strategies:\n  - {id: other, plugin: b, events: ['*']}\n"
                       "  - id: a\n    plugin: b\n    events:\n");
    for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++)
        nj_buf_printf(&text, "      - \"%s\"\n", globs[i]);
    /* DOGE/USDT is fed, if not traded */
    load("feeds: [{id: f, plugin: f, symbols: [DOGE/USDT]}]\n", text.data);
    ck_assert_str_eq(errors(), "");
    ck_assert_str_eq(warnings(), "");
    nj_buf_free(&text);
    end();
}
END_TEST

START_TEST(the_command_line_wins)
{
    struct nj_config_overrides o = {.plugins_dir = "/p",
                                    .bus_url = "redis://h:1/2",
                                    .services = "feeds,journal",
                                    .control = "/run/c.sock"};
    ck_assert_int_eq(load_with("plugins: {dir: /q}\nservices: [risk]\n", NULL, &o), 0);
    ck_assert_str_eq(config->plugins.dir, "/p");
    ck_assert_str_eq(config->bus.url, "redis://h:1/2");
    ck_assert_str_eq(config->app.control, "/run/c.sock");
    ck_assert_uint_eq(config->n_services, 2);
    ck_assert_str_eq(config->services[0], "feeds");
    ck_assert_str_eq(config->services[1], "journal");
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_taken");
    TCase *tests = tcase_create("config_taken");
    tcase_add_test(tests, defaults_are_those_of_the_contracts_page);
    tcase_add_test(tests, a_strategy_is_taken_with_all_that_it_may_have);
    tcase_add_test(tests, symbols_have_their_own_steps_or_the_defaults);
    tcase_add_test(tests, numbers_are_read_as_yaml_1_2_writes_them);
    tcase_add_test(tests, durations_are_whole_numbers_with_a_unit);
    tcase_add_test(tests, live_asks_for_strict_trust_unless_told);
    tcase_add_test(tests, a_database_of_redis_is_no_wall_between_hosts);
    tcase_add_test(tests, the_bus_takes_the_urls_that_are_taken_here);
    tcase_add_test(tests, globs_that_match_a_topic_are_no_matter);
    tcase_add_test(tests, the_command_line_wins);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
