/* test_rerun.c - a result goes through its file without a loss, and says enough to make the request
 * that it came of. The whole program: tests/e2e/test_rerun.py. */
#include "../support/result_text.h"
#include "backtest/rerun.h"
#include "test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text)
{
    char *out = strdup(text);
    ck_assert_ptr_nonnull(out);
    return out;
}

/* A result with everything in it that a request is made of. */
static void make(struct nj_result *r)
{
    *r = (struct nj_result){.version = "1.2.3",
                            .strategy_id = "mine",
                            .symbol = "ATOM/USDT",
                            .plugin = "weighs",
                            .plugin_version = "1.0.0",
                            .plugin_hash = "aa",
                            .input = "trades",
                            .timeframe = "5m",
                            .fill = "next-open",
                            .limit_gap = "open",
                            .start_ts = 100,
                            .end_ts = 200,
                            .capital = 1234.5,
                            .commission_rate = 0.002,
                            .slippage_bps = 3,
                            .periods_per_year = 252,
                            .risk_free = 0.01,
                            .maker_rate = 0.0005,
                            .taker_rate = NAN,
                            .warmup = 7,
                            .seed = 42,
                            .allow_short = true,
                            .cash_check = false};
    r->risk =
        copy("{\"per_order_usd_cap\":200,\"daily_loss_usd_cap\":50.5,\"orders_per_min_cap\":30,"
             "\"price_collar_pct\":0,\"max_position_usd\":0,\"max_open_orders\":4,"
             "\"duplicate_window_ms\":0,\"stale_price_ms\":0,\"max_intent_age_ms\":5000,"
             "\"usd_quotes\":[\"USD\",\"USDT\"]}");
    r->params = calloc(2, sizeof *r->params);
    r->params[0] = (struct nj_result_param){.name = copy("qty"), .value = copy("2")};
    r->params[1] = (struct nj_result_param){.name = copy("weights"), .value = copy("a=0.25,b=1")};
    r->params[1].map = calloc(2, sizeof *r->params[1].map);
    r->params[1].map[0] = (struct nj_result_pair){copy("a"), copy("0.25")};
    r->params[1].map[1] = (struct nj_result_pair){copy("b"), copy("1")};
    r->params[1].n_map = 2;
    r->n_params = 2;
    r->events = calloc(1, sizeof *r->events);
    r->events[r->n_events++] = copy("md.trades.*");
    r->timeframes = calloc(1, sizeof *r->timeframes);
    r->timeframes[r->n_timeframes++] = copy("15m");
    r->data = calloc(1, sizeof *r->data);
    r->data[r->n_data++] = (struct nj_result_data){.symbol = "ATOM/USDT",
                                                   .stem = "md.trades.ATOMUSDT",
                                                   .hash = "bb",
                                                   .first_ns = 100,
                                                   .last_ns = 199,
                                                   .rows = 3,
                                                   .tick = 0.001,
                                                   .step = 0.01,
                                                   .min_qty = NAN,
                                                   .max_qty = 5,
                                                   .min_notional = NAN};
}

static void write_text(const struct nj_result *r, struct nj_buf *out)
{
    struct nj_error err = {0};
    nj_buf_clear(out);
    ck_assert_msg(result_text(r, out, &err) == 0, "%s", err.text);
}

static void read_text(struct nj_result *r, const struct nj_buf *text)
{
    struct nj_error err = {0};
    ck_assert_msg(nj_result_read(r, "r", text->data, text->len, &err) == 0, "%s", err.text);
}

START_TEST(a_result_goes_through_its_file_without_a_loss)
{
    struct nj_result made, back;
    struct nj_buf first = {0}, second = {0};
    make(&made);
    write_text(&made, &first);
    ck_assert_ptr_nonnull(strstr(first.data, "\"weights\":{\"a\":\"0.25\",\"b\":\"1\"}"));
    read_text(&back, &first);
    ck_assert_str_eq(back.params[1].value, "a=0.25,b=1");
    write_text(&back, &second);
    ck_assert_uint_eq(first.len, second.len);
    ck_assert_int_eq(memcmp(first.data, second.data, first.len), 0);
    nj_result_free(&made);
    nj_result_free(&back);
    nj_buf_free(&first);
    nj_buf_free(&second);
}
END_TEST

START_TEST(the_request_is_the_one_that_the_result_came_of)
{
    struct nj_result r;
    struct nj_rerun again;
    struct nj_error err = {0};
    struct nj_config *config = calloc(1, sizeof *config);
    struct nj_bt_request base = {.config = config, .plugins_dir = "p", .journal_dir = "j"};
    make(&r);
    ck_assert_msg(nj_rerun_init(&again, &r, &base, &err) == 0, "%s", err.text);
    const struct nj_bt_request *q = &again.request;
    ck_assert_str_eq(q->plugins_dir, "p");
    ck_assert_str_eq(q->entry->id, "mine");
    ck_assert_str_eq(q->entry->plugin, "weighs");
    ck_assert_str_eq(q->entry->events[0], "md.trades.*");
    ck_assert_str_eq(q->entry->params[0].text, "2");
    ck_assert_ptr_null(q->entry->params[1].text);
    ck_assert_uint_eq(q->entry->params[1].n_map, 2);
    ck_assert_str_eq(q->entry->params[1].map[0].text, "0.25");
    ck_assert_str_eq(q->symbols[0], "ATOM/USDT");
    ck_assert_uint_eq(q->n_symbols, 1);
    ck_assert_int_eq(q->from_ns, 100);
    ck_assert_int_eq(q->to_ns, 200);
    ck_assert_double_eq(q->capital, 1234.5);
    ck_assert_double_eq(q->commission_rate, 0.002);
    ck_assert_double_eq(q->slippage_bps, 3);
    ck_assert_double_eq(q->maker_rate, 0.0005);
    ck_assert(isnan(q->taker_rate));
    ck_assert_int_eq(q->fill, NJ_BT_FILL_NEXT_OPEN);
    ck_assert_int_eq(q->limit_gap, NJ_BT_GAP_OPEN);
    ck_assert_str_eq(q->input, "trades");
    ck_assert_str_eq(q->timeframe, "5m");
    ck_assert_uint_eq(q->warmup, 7);
    ck_assert(q->allow_short && !q->cash_check && q->check_sources);
    ck_assert_double_eq(q->periods_per_year, 252);
    ck_assert_double_eq(q->risk_free, 0.01);
    ck_assert_double_eq(q->risk->daily_loss_usd_cap, 50.5);
    ck_assert_int_eq(q->risk->max_open_orders, 4);
    ck_assert_uint_eq(q->risk->n_usd_quotes, 2);
    ck_assert_str_eq(q->risk->usd_quotes[1], "USDT");
    ck_assert_uint_eq(q->config->app.seed, 42);
    ck_assert_double_eq(q->config->symbols[0].step, 0.01);
    ck_assert(isnan(q->config->symbols[0].min_qty));
    ck_assert_str_eq(q->config->ohlcv.timeframes[0], "15m");
    nj_rerun_free(&again);
    nj_result_free(&r);
    free(config);
}
END_TEST

START_TEST(a_result_that_cannot_be_run_is_refused_in_one_line)
{
    struct nj_result r;
    struct nj_rerun again;
    struct nj_error err = {0};
    struct nj_config *config = calloc(1, sizeof *config);
    struct nj_bt_request base = {.config = config};
    make(&r);
    memcpy(r.fill, "never", sizeof "never");
    ck_assert_int_eq(nj_rerun_init(&again, &r, &base, &err), NJ_ERR_INPUT);
    memcpy(r.fill, "close", sizeof "close");
    free(r.risk);
    r.risk = copy("{\"per_order_usd_cap\":200}");
    ck_assert_int_eq(nj_rerun_init(&again, &r, &base, &err), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "'config.risk': a limit is missing");
    free(r.risk);
    r.risk = NULL;
    r.data[0].stem[0] = '\0';
    ck_assert_int_eq(nj_rerun_init(&again, &r, &base, &err), NJ_ERR_CONFIG);
    ck_assert_str_eq(err.text, "the run read a CSV file: expected --csv FILE");
    base.csv = "f.csv";
    ck_assert_int_eq(nj_rerun_init(&again, &r, &base, &err), 0);
    ck_assert_ptr_null(again.request.risk);
    nj_rerun_free(&again);
    nj_result_free(&r);
    free(config);
}
END_TEST

static void differ(struct nj_result *then, struct nj_result *now, const char *expected)
{
    struct nj_buf a = {0}, b = {0};
    char out[NJ_RERUN_TEXT];
    write_text(then, &a);
    write_text(now, &b);
    ck_assert_int_eq(nj_rerun_same(then, &a, now, &b, out), expected[0] == '\0');
    ck_assert_str_eq(out, expected);
    nj_buf_free(&a);
    nj_buf_free(&b);
}

START_TEST(what_differs_first_is_told)
{
    struct nj_result a, b;
    make(&a);
    make(&b);
    differ(&a, &b, "");
    b.metrics.value[NJ_METRIC_SKEW] = 0.5;
    differ(&a, &b, "bytes differ at 'metrics.skew': 0 then, 0.5 now");
    b.data[0].hash[0] = 'c';
    differ(&a, &b, "the data of 'ATOM/USDT' changed: sha256 bb... then, cb... now");
    b.data[0].rows = 4;
    differ(
        &a, &b,
        "the data of 'ATOM/USDT' changed: 3 rows from 100 to 199 ns then, 4 from 100 to 199 now");
    b.plugin_hash[0] = 'd';
    differ(&a, &b, "plugin 'weighs' changed: sha256 aa... (version 1.0.0) then, da... (1.0.0) now");
    b.version[0] = '2';
    differ(&a, &b, "njord differs: version 1.2.3 then, 2.2.3 now");
    nj_result_free(&a);
    nj_result_free(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rerun");
    TCase *c = tcase_create("rerun");
    tcase_add_test(c, a_result_goes_through_its_file_without_a_loss);
    tcase_add_test(c, the_request_is_the_one_that_the_result_came_of);
    tcase_add_test(c, a_result_that_cannot_be_run_is_refused_in_one_line);
    tcase_add_test(c, what_differs_first_is_told);
    suite_add_tcase(s, c);
    return run_suite(s);
}
