/* test_simmarket_plugin.c - the built simmarket.so on the mock host: what it publishes, and that a
 * saved market goes on to the byte. Owned by the tests. */
#include "test_main.h"

#include <check.h>
#include <dlfcn.h>
#include <math.h>
#include <njord/contract.h>
#include <njord/mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const njord_plugin_entry *entry;

static void open_plugin(void)
{
    const char *build = getenv("top_builddir");
    char path[4096];
    snprintf(path, sizeof path, "%s/plugins/feeds/simmarket.so", build ? build : ".");
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(handle != NULL, "%s", dlerror());
    entry = dlsym(handle, "njord_entry");
    ck_assert_ptr_nonnull(entry);
}

static njord_mock *mock_of(const char *seed)
{
    njord_mock *m = njord_mock_new("sim");
    ck_assert_int_eq(njord_mock_symbol(m, "BTC/USDT", 0.5, 0.001), 0); /* as the host knows it */
    ck_assert_int_eq(njord_mock_symbol(m, "ATOM/USDT", 0, 0), 0);      /* nothing is known */
    ck_assert_int_eq(njord_mock_param(m, "seed", seed), 0);
    ck_assert_int_eq(njord_mock_param(m, "duration", "1h"), 0);
    ck_assert_int_eq(njord_mock_param(m, "start", "2025-02-01T00:00:00Z"), 0);
    return m;
}

static njord_mock *created(const char *seed)
{
    njord_mock *m = mock_of(seed);
    ck_assert_msg(njord_mock_create(m, entry) == 0, "%s", njord_mock_error(m));
    return m;
}

static const njord_trade *trade(njord_mock *m, size_t i)
{
    const njord_event *e = njord_mock_output(m, NJORD_EV_TRADE, i);
    ck_assert_ptr_nonnull(e);
    return (const njord_trade *)(const void *)e;
}

static void is_multiple(double value, double unit)
{
    ck_assert_double_eq_tol(value / unit, round(value / unit), 1e-6);
}

START_TEST(trades_are_whole_events_on_their_topics_and_the_hosts_ticks)
{
    njord_mock *m = created("5");
    njord_status status;
    char why[200];
    size_t n = 0, btc = 0;
    while ((status = njord_mock_next(m)) == NJORD_OK)
        n++;
    ck_assert_int_eq(status, NJORD_E_END);
    ck_assert_uint_gt(n, 500);
    ck_assert_uint_eq(njord_mock_count(m, 0), n);
    for (size_t i = 0; i < n; i++) {
        const njord_trade *t = trade(m, i);
        char topic[64];
        ck_assert_msg(njord_event_check(&t->ev, sizeof *t, why, sizeof why) == 0, "%s", why);
        snprintf(topic, sizeof topic, "md.trades.%s", t->symbol);
        ck_assert_str_eq(njord_mock_topic(m, NJORD_EV_TRADE, i), topic);
        ck_assert_str_eq(t->venue, "sim");
        ck_assert(t->ev.ts_ns >= 1738368000000000000 && t->ev.ts_ns < 1738371600000000000);
        ck_assert(t->side == NJORD_SIDE_BUY || t->side == NJORD_SIDE_SELL);
        int is_btc = strcmp(t->symbol, "BTC/USDT") == 0;
        btc += (size_t)is_btc;
        is_multiple(t->price, is_btc ? 0.5 : 0.001);
        is_multiple(t->qty, is_btc ? 0.001 : 0.01);
    }
    ck_assert(btc > n / 5 && btc < n - n / 5);
    njord_mock_free(m);
}
END_TEST

static void same_from_here(njord_mock *a, njord_mock *b)
{
    for (;;) {
        njord_status status = njord_mock_next(a);
        ck_assert_int_eq(njord_mock_next(b), status);
        if (status != NJORD_OK)
            break;
        ck_assert_mem_eq(&trade(a, 0)->price, &trade(b, 0)->price,
                         sizeof(njord_trade) - sizeof(njord_event));
        ck_assert_int_eq(trade(a, 0)->ev.ts_ns, trade(b, 0)->ev.ts_ns);
        njord_mock_clear(a);
        njord_mock_clear(b);
    }
}

/* seed "0": the host's own; the saved one counts, not what the host would draw next. */
static void goes_on(const char *seed)
{
    void *state;
    size_t len;
    uint32_t version;
    for (int before = 0; before < 300; before += 37) {
        njord_mock *a = created(seed), *b = mock_of(seed);
        for (int i = 0; i < before; i++)
            ck_assert_int_eq(njord_mock_next(a), NJORD_OK);
        ck_assert_msg(njord_mock_save(a, &state, &len, &version) == 0, "%s", njord_mock_error(a));
        ck_assert_msg(njord_mock_create_from(b, entry, state, len, version) == 0, "%s",
                      njord_mock_error(b));
        free(state);
        njord_mock_clear(a);
        same_from_here(a, b);
        njord_mock_free(a);
        njord_mock_free(b);
    }
}

START_TEST(saved_market_goes_on_to_the_byte)
{
    goes_on("5");
    goes_on("0");
}
END_TEST

START_TEST(state_of_another_market_is_refused)
{
    void *state;
    size_t len;
    uint32_t version;
    njord_mock *a = created("5"), *b = mock_of("6");
    ck_assert_int_eq(njord_mock_save(a, &state, &len, &version), 0);
    ck_assert_int_eq(njord_mock_create_from(b, entry, state, len, version), NJORD_E_STATE);
    ck_assert_ptr_nonnull(strstr(njord_mock_error(b), "saved with another seed"));
    free(state);
    njord_mock_free(a);
    njord_mock_free(b);
}
END_TEST

START_TEST(damaged_state_never_crashes)
{
    void *state;
    size_t len;
    uint32_t version;
    njord_mock *a = created("5");
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(njord_mock_next(a), NJORD_OK);
    ck_assert_int_eq(njord_mock_save(a, &state, &len, &version), 0);
    for (size_t i = 0; i < len; i += 3) {
        unsigned char *bytes = state;
        njord_mock *b = mock_of("5");
        bytes[i] ^= 0x55;
        if (njord_mock_create_from(b, entry, state, len, version) == 0) {
            for (int n = 0; n < 50 && njord_mock_next(b) == NJORD_OK; n++)
                ;
        }
        bytes[i] ^= 0x55;
        njord_mock_free(b);
        b = mock_of("5");
        ck_assert_int_ne(njord_mock_create_from(b, entry, state, i, version), 0); /* cut off */
        njord_mock_free(b);
    }
    free(state);
    njord_mock_free(a);
}
END_TEST

START_TEST(nonsense_is_refused_with_one_line)
{
    njord_mock *m = njord_mock_new("sim");
    ck_assert_int_ne(njord_mock_create(m, entry), 0);
    ck_assert_ptr_nonnull(strstr(njord_mock_error(m), "no symbol is configured"));
    njord_mock_free(m);
    m = mock_of("1");
    ck_assert_int_eq(njord_mock_param(m, "start", "yesterday"), 0);
    ck_assert_int_ne(njord_mock_create(m, entry), 0);
    ck_assert_ptr_nonnull(strstr(njord_mock_error(m), "'start': expected YYYY-MM-DDThh:mm:ssZ"));
    njord_mock_free(m);
    m = mock_of("1");
    ck_assert_int_eq(njord_mock_create(m, entry), 0);
    ck_assert_int_eq(njord_mock_subscribe(m, "XRP/USDT", NJORD_WANT_TRADES), NJORD_E_NOT_FOUND);
    ck_assert_int_eq(njord_mock_subscribe(m, "ATOM/USDT", NJORD_WANT_TRADES), NJORD_OK);
    njord_mock_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simmarket_plugin");
    TCase *t = tcase_create("plugin");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, open_plugin, NULL);
    tcase_add_test(t, trades_are_whole_events_on_their_topics_and_the_hosts_ticks);
    tcase_add_test(t, saved_market_goes_on_to_the_byte);
    tcase_add_test(t, state_of_another_market_is_refused);
    tcase_add_test(t, damaged_state_never_crashes);
    tcase_add_test(t, nonsense_is_refused_with_one_line);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
