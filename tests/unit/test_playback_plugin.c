/* test_playback_plugin.c - the built playback.so on the mock host: parameters, topics, saving,
 * ends. Owned by the tests. */
#include "test_main.h"

#include <check.h>
#include <dlfcn.h>
#include <njord/mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const njord_plugin_entry *entry;
static char file[] = "/tmp/njord-playback-plugin.XXXXXX";

static void write_file(void)
{
    const char *build = getenv("top_builddir");
    char path[4096];
    snprintf(path, sizeof path, "%s/plugins/feeds/playback.so", build ? build : ".");
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(handle != NULL, "%s", dlerror());
    entry = dlsym(handle, "njord_entry");
    ck_assert_ptr_nonnull(entry);
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    FILE *f = fdopen(fd, "w");
    fputs("ts_ns,price,qty,symbol,ts_recv_ns\n", f);
    for (int i = 1; i <= 5; i++)
        fprintf(f, "%d,%d,1,%s,%d\n", i * 10, i, i % 2 ? "ATOMUSDT" : "BTCUSDT", i * 10 + 1);
    fclose(f);
}

static void remove_file(void)
{
    unlink(file);
}

static njord_mock *mock_with(const char *files)
{
    njord_mock *m = njord_mock_new("tape");
    ck_assert_int_eq(njord_mock_symbol(m, "ATOM/USDT", 0.001, 0.01), 0);
    ck_assert_int_eq(njord_mock_symbol(m, "BTC/USDT", 0.01, 0.00001), 0);
    if (files)
        ck_assert_int_eq(njord_mock_param(m, "files", files), 0);
    return m;
}

static const njord_trade *trade(njord_mock *m, size_t i)
{
    const njord_event *e = njord_mock_output(m, NJORD_EV_TRADE, i);
    ck_assert_ptr_nonnull(e);
    return (const njord_trade *)(const void *)e;
}

START_TEST(trades_are_published_on_their_symbols_topic)
{
    njord_mock *m = mock_with(file);
    ck_assert_msg(njord_mock_create(m, entry) == 0, "%s", njord_mock_error(m));
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(njord_mock_next(m), NJORD_OK);
    ck_assert_int_eq(njord_mock_next(m), NJORD_E_END);
    ck_assert_int_eq(njord_mock_next(m), NJORD_E_END);
    ck_assert_uint_eq(njord_mock_count(m, 0), 5);
    ck_assert_str_eq(njord_mock_topic(m, NJORD_EV_TRADE, 0), "md.trades.ATOM/USDT");
    ck_assert_str_eq(njord_mock_topic(m, NJORD_EV_TRADE, 1), "md.trades.BTC/USDT");
    ck_assert_double_eq(trade(m, 4)->price, 5);
    ck_assert_int_eq(trade(m, 4)->ev.ts_recv_ns, 51);
    ck_assert_str_eq(trade(m, 4)->venue, "binance");
    njord_mock_free(m);
}
END_TEST

START_TEST(missing_file_fails_create_with_one_line)
{
    njord_mock *m = mock_with("/nowhere/trades.csv");
    ck_assert_int_ne(njord_mock_create(m, entry), 0);
    ck_assert_ptr_nonnull(strstr(njord_mock_error(m), "file '/nowhere/trades.csv': no such file"));
    njord_mock_free(m);
    m = mock_with(NULL);
    ck_assert_int_ne(njord_mock_create(m, entry), 0); /* neither files nor dir */
    ck_assert_ptr_nonnull(strstr(njord_mock_error(m), "names no file"));
    njord_mock_free(m);
}
END_TEST

/* Bars of a dump, named by the feed's symbol, on the topic of the aggregator. */
START_TEST(bars_are_published_on_the_aggregators_topics)
{
    FILE *f = fopen(file, "w");
    fputs("1622505600000,1,4,0.5,2,10,1622505659999,20,3,5,10,0\n"
          "1622505660000,2,4,1,3,11,1622505719999,30,4,5,10,0\n",
          f);
    fclose(f);
    njord_mock *m = mock_with(file);
    ck_assert_int_eq(njord_mock_param(m, "symbol", "BTC/USDT"), 0);
    ck_assert_msg(njord_mock_create(m, entry) == 0, "%s", njord_mock_error(m));
    ck_assert_int_eq(njord_mock_subscribe(m, "BTC/USDT", NJORD_WANT_BARS), NJORD_OK);
    ck_assert_int_eq(njord_mock_next(m), NJORD_OK);
    ck_assert_int_eq(njord_mock_next(m), NJORD_OK);
    ck_assert_int_eq(njord_mock_next(m), NJORD_E_END);
    ck_assert_str_eq(njord_mock_topic(m, NJORD_EV_BAR, 0), "md.ohlcv.1m.BTC/USDT");
    const njord_bar *bar = (const njord_bar *)(const void *)njord_mock_output(m, NJORD_EV_BAR, 1);
    ck_assert_ptr_nonnull(bar);
    ck_assert_int_eq(bar->ts_open, 1622505660000000000);
    ck_assert_double_eq(bar->close, 3);
    njord_mock_free(m);
}
END_TEST

START_TEST(reloaded_playback_goes_on_where_it_was)
{
    void *state;
    size_t len;
    uint32_t version;
    for (int before = 0; before <= 5; before++) {
        njord_mock *m = mock_with(file), *again = mock_with(file);
        ck_assert_int_eq(njord_mock_create(m, entry), 0);
        for (int i = 0; i < before; i++)
            ck_assert_int_eq(njord_mock_next(m), NJORD_OK);
        ck_assert_msg(njord_mock_save(m, &state, &len, &version) == 0, "%s", njord_mock_error(m));
        ck_assert_msg(njord_mock_create_from(again, entry, state, len, version) == 0, "%s",
                      njord_mock_error(again));
        free(state);
        for (int i = before; i < 5; i++) {
            ck_assert_int_eq(njord_mock_next(again), NJORD_OK);
            ck_assert_double_eq(trade(again, (size_t)(i - before))->price, i + 1);
        }
        ck_assert_int_eq(njord_mock_next(again), NJORD_E_END);
        njord_mock_free(m);
        njord_mock_free(again);
    }
}
END_TEST

START_TEST(subscribing_is_for_configured_symbols_and_trades)
{
    njord_mock *m = mock_with(file);
    ck_assert_int_eq(njord_mock_create(m, entry), 0);
    ck_assert_int_eq(njord_mock_subscribe(m, "BTC/USDT", NJORD_WANT_TRADES), NJORD_OK);
    ck_assert_int_eq(njord_mock_subscribe(m, "BTC/USDT", NJORD_WANT_DEPTH), NJORD_E_UNSUPPORTED);
    ck_assert_int_eq(njord_mock_subscribe(m, "XRP/USDT", NJORD_WANT_TRADES), NJORD_E_NOT_FOUND);
    njord_mock_free(m);
}
END_TEST

START_TEST(bad_line_that_is_to_stop_fails_once_and_then_ends)
{
    FILE *f = fopen(file, "a");
    fputs("60,6\n70,7,1,BTCUSDT,71\n", f);
    fclose(f);
    njord_mock *m = mock_with(file);
    ck_assert_int_eq(njord_mock_param(m, "on_error", "stop"), 0);
    ck_assert_int_eq(njord_mock_create(m, entry), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(njord_mock_next(m), NJORD_OK);
    ck_assert_int_eq(njord_mock_next(m), NJORD_E_FAIL);
    ck_assert_ptr_nonnull(
        strstr(njord_mock_error(m),
               ":7: expected 5 columns as in the header, found 2: played no further"));
    ck_assert_int_eq(njord_mock_next(m), NJORD_E_END);
    njord_mock_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playback_plugin");
    TCase *t = tcase_create("plugin");
    tcase_add_checked_fixture(t, write_file, remove_file);
    tcase_add_test(t, trades_are_published_on_their_symbols_topic);
    tcase_add_test(t, bars_are_published_on_the_aggregators_topics);
    tcase_add_test(t, missing_file_fails_create_with_one_line);
    tcase_add_test(t, reloaded_playback_goes_on_where_it_was);
    tcase_add_test(t, subscribing_is_for_configured_symbols_and_trades);
    tcase_add_test(t, bad_line_that_is_to_stop_fails_once_and_then_ends);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
