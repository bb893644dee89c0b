/* The shipped strategies as built, against orders computed by tests/golden/strategies/recompute.py
 * from the rules in words: prices in, orders out, equal in place, side and quantity. Over real data
 * the orders are computed when the test runs. */
#include "test_main.h"

#include <check.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <njord/mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *env_or(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && value[0] ? value : otherwise;
}

/* The entry of a built strategy; the library stays open until the test ends. */
static const njord_plugin_entry *entry_of(const char *strategy)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/plugins/strategies/%s.so", env_or("top_builddir", "."),
                   strategy);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(handle != NULL, "%s", dlerror());
    const njord_plugin_entry *entry = dlsym(handle, "njord_entry");
    ck_assert_ptr_nonnull(entry);
    return entry;
}

/* ---- A golden file ---- */

struct golden {
    json_t *head;
    json_t **rows; /* prices, and behind each the orders that it causes */
    size_t n;
};

static void golden_read(struct golden *g, const char *path)
{
    char line[1024];
    size_t cap = 0;
    FILE *in = fopen(path, "r");
    ck_assert_msg(in != NULL, "%s: cannot be opened", path);
    memset(g, 0, sizeof *g);
    while (fgets(line, sizeof line, in)) {
        json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        ck_assert_msg(row != NULL, "%s: a line that is no JSON: %s", path, line);
        if (!g->head) {
            g->head = row;
            continue;
        }
        if (g->n == cap) {
            cap = cap * 2 + 64;
            g->rows = realloc(g->rows, cap * sizeof *g->rows);
            ck_assert_ptr_nonnull(g->rows);
        }
        g->rows[g->n++] = row;
    }
    (void)fclose(in);
    ck_assert_msg(g->n > 0, "%s: no prices", path);
}

static void golden_free(struct golden *g)
{
    for (size_t i = 0; i < g->n; i++)
        json_decref(g->rows[i]);
    free(g->rows);
    json_decref(g->head);
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    ck_assert_msg(text != NULL, "a line without '%s'", key);
    return text;
}

static double number_of(const json_t *row, const char *key)
{
    ck_assert_msg(json_is_number(json_object_get(row, key)), "a line without '%s'", key);
    return json_number_value(json_object_get(row, key));
}

static njord_mock *host_for(const struct golden *g)
{
    const char *name;
    json_t *value;
    size_t i;
    njord_mock *mock = njord_mock_new("golden");
    ck_assert_ptr_nonnull(mock);
    double step = strtod(text_of(g->head, "step"), NULL);
    json_array_foreach(json_object_get(g->head, "symbols"), i, value)
        ck_assert_int_eq(njord_mock_symbol(mock, json_string_value(value), 1e-8, step), NJORD_OK);
    json_object_foreach(json_object_get(g->head, "params"), name, value)
        ck_assert_int_eq(njord_mock_param(mock, name, json_string_value(value)), NJORD_OK);
    njord_mock_auto_fill(mock, 1);
    return mock;
}

static int show_price(njord_mock *mock, int bars, int64_t at, const char *symbol, double price)
{
    int64_t ts = INT64_C(1700000000000000000) + at * INT64_C(60000000000);
    return bars ? njord_mock_bar(mock, symbol, "1m", ts, price, price, price, price, 1.0)
                : njord_mock_trade(mock, symbol, price, 1.0, ts);
}

/* Plays the prices and compares each order. reload_every: saves the state, and goes on in a new
 * instance with it, after each so many prices (0: never). */
static void play(const struct golden *g, const char *name, int64_t reload_every)
{
    const njord_plugin_entry *entry = entry_of(text_of(g->head, "strategy"));
    njord_mock *mock = host_for(g);
    int bars = strcmp(text_of(g->head, "input"), "bars") == 0;
    int64_t at = -1;
    size_t seen = 0;
    ck_assert_msg(njord_mock_create(mock, entry) == NJORD_OK, "%s: %s", name,
                  njord_mock_error(mock));
    for (size_t i = 0; i < g->n; i++) {
        const json_t *row = g->rows[i];
        if (json_object_get(row, "at")) {
            const njord_intent *intent = njord_mock_intent(mock, seen++);
            int64_t expected = json_integer_value(json_object_get(row, "at"));
            uint8_t side =
                strcmp(text_of(row, "side"), "buy") == 0 ? NJORD_SIDE_BUY : NJORD_SIDE_SELL;
            ck_assert_int_eq(expected, at);
            ck_assert_msg(intent != NULL, "%s: price %lld caused no order", name, (long long)at);
            ck_assert_str_eq(intent->symbol, text_of(row, "symbol"));
            ck_assert_uint_eq(intent->side, side);
            ck_assert_uint_eq(intent->type, NJORD_TYPE_MARKET);
            ck_assert_double_eq(intent->qty, number_of(row, "qty"));
            continue;
        }
        ck_assert_msg(njord_mock_count(mock, NJORD_EV_INTENT) == seen,
                      "%s: price %lld caused an order that the rules do not", name, (long long)at);
        at++;
        if (reload_every > 0 && at % reload_every == reload_every - 1 && entry->plugin->save)
            ck_assert_msg(njord_mock_reload(mock, entry) == NJORD_OK, "%s: %s", name,
                          njord_mock_error(mock));
        ck_assert_msg(show_price(mock, bars, at, text_of(row, "symbol"), number_of(row, "price")) ==
                          NJORD_OK,
                      "%s: price %lld: %s", name, (long long)at, njord_mock_error(mock));
    }
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), seen);
    ck_assert_uint_eq(njord_mock_scribbles(mock), 0);
    njord_mock_free(mock);
}

/* Calls play for each golden file of a strategy; there must be `least` of them. */
static void play_all(int64_t reload_every, size_t least)
{
    char folder[4096], path[8192];
    size_t played = 0;
    (void)snprintf(folder, sizeof folder, "%s/tests/golden", env_or("top_srcdir", "."));
    DIR *dir = opendir(folder);
    ck_assert_msg(dir != NULL, "%s: cannot be opened", folder);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".jsonl") != 0)
            continue;
        struct golden g;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        golden_read(&g, path);
        if (json_object_get(g.head, "strategy")) {
            play(&g, entry->d_name, reload_every);
            played++;
        }
        golden_free(&g);
    }
    (void)closedir(dir);
    ck_assert_uint_ge(played, least);
}

START_TEST(each_golden_file_gives_the_orders_that_the_rules_do)
{
    play_all(0, 12);
}
END_TEST

START_TEST(a_reload_between_any_two_prices_changes_no_order)
{
    play_all(1, 12);
    play_all(7, 12);
}
END_TEST

/* ---- Real data: orders computed now ---- */

/* Runs recompute.py with these arguments into a temporary file; its path, to be unlinked. */
static void recompute(char *path, char *const *args)
{
    char script[4096];
    char *argv[16] = {NULL};
    int n = 2, status = 0;
    (void)snprintf(script, sizeof script, "%s/tests/golden/strategies/recompute.py",
                   env_or("top_srcdir", "."));
    argv[0] = (char *)(uintptr_t)env_or("PYTHON3", "python3");
    argv[1] = script;
    while (*args && n < 15)
        argv[n++] = *args++;
    int out = mkstemp(path);
    ck_assert_int_ge(out, 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (dup2(out, STDOUT_FILENO) >= 0)
            (void)execvp(argv[0], argv);
        _exit(127);
    }
    (void)close(out);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "recompute.py %s failed", argv[2]);
}

static char *data_file(char *path, size_t cap, const char *name)
{
    (void)snprintf(path, cap, "%s/%s", env_or("NJORD_TEST_DATA", "../shared/data"), name);
    if (access(path, R_OK) == 0)
        return path;
    printf("test_strategies: '%s' is not there: the orders over real prices are not compared\n",
           path);
    return NULL;
}

static void play_real(char *const *args)
{
    char path[] = "/tmp/njord-golden-XXXXXX";
    struct golden g;
    recompute(path, args);
    golden_read(&g, path);
    (void)unlink(path);
    play(&g, args[1], 997);
    golden_free(&g);
}

static char a_bars[] = "--bars", a_trades[] = "--trades";
static char trendline[] = "trendline_break", rsi[] = "rsi_tema_bb", ma[] = "ma_cross",
            hold[] = "buy_hold";

START_TEST(a_month_of_real_minute_bars_gives_the_orders_that_the_rules_do)
{
    char file[4096];
    char narrow[] = "bb_std=1.5", quick[] = "tema_period=5", thin[] = "breakout_threshold=0.005";
    if (!data_file(file, sizeof file, "bars/atomusdt-1m.csv.gz"))
        return;
    play_real((char *[]){a_bars, trendline, file, NULL});
    play_real((char *[]){a_bars, trendline, file, thin, NULL});
    play_real((char *[]){a_bars, rsi, file, NULL});
    play_real((char *[]){a_bars, rsi, file, narrow, quick, NULL});
    play_real((char *[]){a_bars, ma, file, NULL});
    play_real((char *[]){a_bars, hold, file, NULL});
}
END_TEST

START_TEST(ten_minutes_of_real_trades_give_the_orders_that_the_rules_do)
{
    char first[4096], second[4096];
    char thin[] = "breakout_threshold=0.0001", narrow[] = "bb_std=1.5", quick[] = "tema_period=5";
    if (!data_file(first, sizeof first, "trades/btcusdt-spot-20240808.txt.gz") ||
        !data_file(second, sizeof second, "trades/btcusdt-spot-20240809.txt.gz"))
        return;
    play_real((char *[]){a_trades, trendline, first, second, thin, NULL});
    play_real((char *[]){a_trades, rsi, first, second, narrow, quick, NULL});
}
END_TEST

/* ---- What golden files cannot show ---- */

static njord_mock *running(const char *strategy, const char *name, const char *value)
{
    njord_mock *mock = njord_mock_new("one");
    ck_assert_ptr_nonnull(mock);
    ck_assert_int_eq(njord_mock_symbol(mock, "ATOM/USDT", 0.0001, 0.01), NJORD_OK);
    if (name)
        ck_assert_int_eq(njord_mock_param(mock, name, value), NJORD_OK);
    ck_assert_msg(njord_mock_create(mock, entry_of(strategy)) == NJORD_OK, "%s",
                  njord_mock_error(mock));
    return mock;
}

START_TEST(buy_hold_wants_again_what_was_refused_and_not_what_is_on_its_way)
{
    njord_mock *mock = running("buy_hold", "qty", "0.5");
    njord_mock_refuse(mock, "insufficient_cash");
    ck_assert_int_eq(njord_mock_trade(mock, "ATOM/USDT", 12.0, 1.0, 1), NJORD_OK);
    ck_assert_int_eq(njord_mock_trade(mock, "ATOM/USDT", 12.0, 1.0, 2), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 2);
    njord_mock_refuse(mock, NULL);
    ck_assert_int_eq(njord_mock_trade(mock, "ATOM/USDT", 12.0, 1.0, 3), NJORD_OK);
    ck_assert_int_eq(njord_mock_trade(mock, "ATOM/USDT", 12.0, 1.0, 4), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 3);
    /* filled in part: the rest is still on its way */
    ck_assert_int_eq(njord_mock_fill(mock, njord_mock_intent(mock, 2)->intent_id, 0.2, 12.0, 0.0),
                     NJORD_OK);
    ck_assert_int_eq(njord_mock_trade(mock, "ATOM/USDT", 12.0, 1.0, 5), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 3);
    njord_mock_free(mock);
}
END_TEST

START_TEST(a_strategy_is_deaf_to_symbols_that_are_not_its_own)
{
    njord_mock *mock = running("buy_hold", NULL, NULL);
    ck_assert_int_eq(njord_mock_trade(mock, "BTC/USDT", 61800.0, 1.0, 1), NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 0);
    njord_mock_free(mock);
}
END_TEST

START_TEST(ma_cross_sells_all_that_is_held_and_never_goes_short)
{
    njord_mock *mock = running("ma_cross", "qty", "2");
    ck_assert_int_eq(njord_mock_set_position(mock, "ATOM/USDT", 3.25, 10.0), NJORD_OK);
    njord_mock_auto_fill(mock, 1);
    for (int i = 0; i < 40; i++)
        ck_assert_int_eq(njord_mock_bar(mock, "ATOM/USDT", "1m", i * INT64_C(60000000000), 50 - i,
                                        50 - i, 50 - i, 50 - i, 1.0),
                         NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 1);
    ck_assert_uint_eq(njord_mock_intent(mock, 0)->side, NJORD_SIDE_SELL);
    ck_assert_double_eq(njord_mock_intent(mock, 0)->qty, 3.25);
    ck_assert_double_eq(njord_mock_position(mock, "ATOM/USDT"), 0.0);
    njord_mock_free(mock);
}
END_TEST

START_TEST(parameters_out_of_their_range_are_refused_with_their_name)
{
    static const struct {
        const char *strategy, *name, *value;
    } bad[] = {{"ma_cross", "fast", "0"},
               {"ma_cross", "slow", "1"},
               {"ma_cross", "qty", "0"},
               {"ma_cross", "fast", "ten"},
               {"trendline_break", "lookback_periods", "1"},
               {"trendline_break", "breakout_threshold", "-0.01"},
               {"trendline_break", "qty", "-1"},
               {"rsi_tema_bb", "bb_std", "0"},
               {"rsi_tema_bb", "rsi_oversold", "101"},
               {"buy_hold", "qty", "1e400"},
               {"buy_hold", "amount", "1"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        njord_mock *mock = njord_mock_new("bad");
        ck_assert_ptr_nonnull(mock);
        ck_assert_int_eq(njord_mock_param(mock, bad[i].name, bad[i].value), NJORD_OK);
        ck_assert_int_eq(njord_mock_create(mock, entry_of(bad[i].strategy)), NJORD_E_ARG);
        ck_assert_ptr_nonnull(strstr(njord_mock_error(mock), bad[i].name));
        njord_mock_free(mock);
    }
}
END_TEST

START_TEST(state_of_another_period_is_left_aside_and_the_rest_taken)
{
    void *state;
    size_t len;
    uint32_t version;
    njord_mock *mock = running("trendline_break", "lookback_periods", "5");
    for (int i = 0; i < 9; i++)
        ck_assert_int_eq(njord_mock_trade(mock, "ATOM/USDT", 100.0, 1.0, i), NJORD_OK);
    ck_assert_int_eq(njord_mock_save(mock, &state, &len, &version), NJORD_OK);
    ck_assert_uint_eq(version, 1);
    njord_mock_destroy(mock);
    ck_assert_int_eq(njord_mock_param(mock, "lookback_periods", "6"), NJORD_OK);
    ck_assert_msg(njord_mock_create_from(mock, entry_of("trendline_break"), state, len, version) ==
                      NJORD_OK,
                  "%s", njord_mock_error(mock));
    /* six prices are needed before the first order: it began anew */
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(njord_mock_trade(mock, "ATOM/USDT", 150.0 + 50.0 * i, 1.0, 10 + i),
                         NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_INTENT), 0);
    free(state);
    njord_mock_free(mock);
}
END_TEST

START_TEST(state_that_is_none_is_refused)
{
    njord_mock *mock = running("ma_cross", NULL, NULL);
    njord_mock_destroy(mock);
    ck_assert_int_eq(njord_mock_create_from(mock, entry_of("ma_cross"), "\xc1rubbish", 8, 1),
                     NJORD_E_STATE);
    ck_assert_int_eq(njord_mock_create_from(mock, entry_of("ma_cross"), "\x80", 1, 2),
                     NJORD_E_STATE);
    /* an empty map is a state without anything in it */
    ck_assert_msg(njord_mock_create_from(mock, entry_of("ma_cross"), "\x80", 1, 1) == NJORD_OK,
                  "%s", njord_mock_error(mock));
    njord_mock_free(mock);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strategies");
    TCase *tc = tcase_create("strategies");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, each_golden_file_gives_the_orders_that_the_rules_do);
    tcase_add_test(tc, a_reload_between_any_two_prices_changes_no_order);
    tcase_add_test(tc, a_month_of_real_minute_bars_gives_the_orders_that_the_rules_do);
    tcase_add_test(tc, ten_minutes_of_real_trades_give_the_orders_that_the_rules_do);
    tcase_add_test(tc, buy_hold_wants_again_what_was_refused_and_not_what_is_on_its_way);
    tcase_add_test(tc, a_strategy_is_deaf_to_symbols_that_are_not_its_own);
    tcase_add_test(tc, ma_cross_sells_all_that_is_held_and_never_goes_short);
    tcase_add_test(tc, parameters_out_of_their_range_are_refused_with_their_name);
    tcase_add_test(tc, state_of_another_period_is_left_aside_and_the_rest_taken);
    tcase_add_test(tc, state_that_is_none_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
