/* test_report.c - thinning, the figures that a report adds, escaping, and the size of a page;
 * expected values worked out by hand. The page in a browser: tests/e2e/test_report.py. */
#include "../support/result_text.h"
#include "backtest/benchmark.h"
#include "backtest/report.h"
#include "backtest/report_impl.h"
#include "backtest/thin.h"
#include "test_main.h"

#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY    INT64_C(86400000000000)
#define MINUTE INT64_C(60000000000)
#define START  (18628 * DAY) /* 2021-01-01 */

#define NEAR(found, expected) ck_assert_double_eq_tol(found, expected, 1e-12)

/* ---- thinning ---- */

START_TEST(thinning_keeps_the_ends_and_each_stretchs_extremes)
{
    /* ends 5 and 6; between them, in two stretches, 1 9 2 3 and 4 4 0 8 */
    static const double v[] = {5, 1, 9, 2, 3, 4, 4, 0, 8, 6};
    static const size_t expected[] = {0, 1, 2, 7, 8, 9};
    size_t kept[10];
    ck_assert_uint_eq(nj_thin(v, 10, 6, kept), 6);
    ck_assert_mem_eq(kept, expected, sizeof expected);
    ck_assert_uint_eq(nj_thin(v, 10, 10, kept), 10);
    for (size_t i = 0; i < 10; i++)
        ck_assert_uint_eq(kept[i], i);
    ck_assert_uint_eq(nj_thin(v, 1, 4, kept), 1);
    ck_assert_uint_eq(nj_thin(v, 0, 4, kept), 0);
}
END_TEST

START_TEST(thinning_a_flat_stretch_keeps_one_point_of_it)
{
    static const double v[] = {7, 7, 7, 7, 7, 7, 7, 7};
    static const size_t expected[] = {0, 1, 7};
    size_t kept[8];
    ck_assert_uint_eq(nj_thin(v, 8, 4, kept), 3);
    ck_assert_mem_eq(kept, expected, sizeof expected);
}
END_TEST

START_TEST(thinning_never_loses_a_spike_wherever_it_is)
{
    enum { N = 1000 };
    double v[N];
    size_t kept[100];
    for (size_t at = 0; at < N; at++) {
        bool found = false;
        for (size_t i = 0; i < N; i++)
            v[i] = (double)(i % 7);
        v[at] = at % 2 ? 100 : -100;
        size_t n = nj_thin(v, N, 100, kept);
        ck_assert_uint_le(n, 100);
        for (size_t i = 0; i < n; i++) {
            ck_assert(i == 0 || kept[i] > kept[i - 1]);
            found = found || kept[i] == at;
        }
        ck_assert_msg(found, "spike at %zu", at);
    }
}
END_TEST

/* ---- figures ---- */

START_TEST(a_month_is_its_last_equity_over_the_one_before)
{
    /* 31 January 24:00 belongs to January; February has no point; March 1 and 31. */
    static const int64_t ts[] = {START + MINUTE, START + 31 * DAY, START + 59 * DAY + 1,
                                 START + 90 * DAY};
    static const double equity[] = {110, 120, 60, 90};
    struct nj_curve curve = {ts, equity, 4};
    struct nj_month *months;
    struct nj_error err;
    size_t n;
    ck_assert_int_eq(nj_report_months(&curve, 100, &months, &n, &err), 0);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(months[0].year, 2021);
    ck_assert_int_eq(months[0].month, 1);
    NEAR(months[0].ret, 0.2);
    ck_assert_int_eq(months[1].month, 3);
    NEAR(months[1].ret, -0.25);
    free(months);
}
END_TEST

START_TEST(months_know_the_calendar)
{
    /* day numbers: 1970-01-01 is 0, 2000-02-29 is 11016, 2100-03-01 is 47541 (date -ud, 2100 is no
     * leap year), 1969-12-31 is -1 */
    static const int64_t days[] = {-1, 0, 11016, 47541};
    static const int32_t expected[][2] = {{1969, 12}, {1970, 1}, {2000, 2}, {2100, 3}};
    for (size_t i = 0; i < 4; i++) {
        int64_t ts = days[i] * DAY + 1;
        double equity = 1;
        struct nj_curve curve = {&ts, &equity, 1};
        struct nj_month *months;
        struct nj_error err;
        size_t n;
        ck_assert_int_eq(nj_report_months(&curve, 1, &months, &n, &err), 0);
        ck_assert_int_eq(months[0].year, expected[i][0]);
        ck_assert_int_eq(months[0].month, expected[i][1]);
        free(months);
    }
}
END_TEST

static void set_fill(njord_fill *f, int64_t ts, const char *symbol, uint8_t side, double qty,
                     double price)
{
    njord_event_init(f, NJORD_EV_FILL);
    f->ev.ts_ns = ts;
    snprintf(f->symbol, sizeof f->symbol, "%s", symbol);
    snprintf(f->intent_id, sizeof f->intent_id, "i%lld", (long long)ts);
    snprintf(f->fill_id, sizeof f->fill_id, "paper-A-%lld", (long long)ts);
    snprintf(f->order_id, sizeof f->order_id, "o%lld", (long long)ts);
    snprintf(f->strategy_id, sizeof f->strategy_id, "s");
    f->side = side;
    f->qty = qty;
    f->price = price;
    f->fee = 0;
}

START_TEST(a_trades_return_is_its_profit_over_what_the_closed_lots_cost)
{
    njord_fill fills[6];
    set_fill(&fills[0], 1, "A/USDT", NJORD_SIDE_BUY, 2, 10);
    set_fill(&fills[1], 2, "A/USDT", NJORD_SIDE_BUY, 1, 13);
    set_fill(&fills[2], 3, "B/USDT", NJORD_SIDE_SELL, 4, 5); /* another's lots stay apart */
    set_fill(&fills[3], 4, "A/USDT", NJORD_SIDE_SELL, 2.5, 14);
    set_fill(&fills[4], 5, "A/USDT", NJORD_SIDE_SELL, 1.5, 12); /* closes 0.5, opens -1 */
    set_fill(&fills[5], 6, "A/USDT", NJORD_SIDE_BUY, 1, 9);
    struct nj_closed trades[] = {{4, 8.5}, {5, -0.5}, {6, 3}};
    struct nj_bt_outcome o = {.fills = fills, .n_fills = 6, .trades = trades, .n_trades = 3};
    struct nj_error err;
    double *r;
    bool matched;
    ck_assert_int_eq(nj_report_trade_returns(&o, &r, &matched, &err), 0);
    ck_assert(matched);
    NEAR(r[0], 8.5 / 26.5); /* 2 x 10 + 0.5 x 13 */
    NEAR(r[1], -0.5 / 6.5); /* 0.5 x 13 */
    NEAR(r[2], 3.0 / 12);   /* the short was sold for 12 */
    free(r);
    o.n_trades = 2;
    ck_assert_int_eq(nj_report_trade_returns(&o, &r, &matched, &err), 0);
    ck_assert(!matched);
    ck_assert_ptr_null(r);
}
END_TEST

START_TEST(lots_that_tenths_add_up_to_are_closed_by_their_sum)
{
    njord_fill fills[4];
    for (int i = 0; i < 3; i++)
        set_fill(&fills[i], i, "A/USDT", NJORD_SIDE_BUY, 0.1, 10);
    set_fill(&fills[3], 3, "A/USDT", NJORD_SIDE_SELL, 0.3, 11); /* 0.1 + 0.1 + 0.1 is not 0.3 */
    struct nj_closed trade = {3, 0.3};
    struct nj_bt_outcome o = {.fills = fills, .n_fills = 4, .trades = &trade, .n_trades = 1};
    struct nj_error err;
    double *r;
    bool matched;
    ck_assert_int_eq(nj_report_trade_returns(&o, &r, &matched, &err), 0);
    ck_assert(matched);
    NEAR(r[0], 0.1);
    free(r);
}
END_TEST

START_TEST(a_histogram_has_round_edges_and_counts_every_value)
{
    static const double v[] = {-3, -0.5, 0, 0.5, 0.9, 1, 26.9};
    struct nj_histogram h;
    nj_report_histogram(v, 7, &h); /* (26.9 + 3) / 30 is just below 1 */
    NEAR(h.width, 1);
    NEAR(h.low, -3);
    ck_assert_uint_eq(h.n, 30);
    ck_assert_uint_eq(h.count[0], 1);
    ck_assert_uint_eq(h.count[2], 1);
    ck_assert_uint_eq(h.count[3], 3);
    ck_assert_uint_eq(h.count[4], 1);
    ck_assert_uint_eq(h.count[29], 1);
    nj_report_histogram(v, 0, &h);
    ck_assert_uint_eq(h.n, 0);
    nj_report_histogram(v + 2, 1, &h); /* one value, 0 */
    ck_assert_uint_eq(h.n, 1);
    ck_assert_uint_eq(h.count[0], 1);
    static const double wide[] = {-1e18, 1e18};
    nj_report_histogram(wide, 2, &h);
    ck_assert_uint_le(h.n, NJ_HISTOGRAM_BINS);
    ck_assert_uint_eq(h.count[0] + h.count[h.n - 1], 2);
}
END_TEST

START_TEST(a_rolling_sharpe_begins_with_the_seventh_day)
{
    int64_t ts[9];
    double equity[9];
    /* the first point, then eight ends of days: +10 %, 0, +10 %, 0, ... */
    for (int i = 0; i < 9; i++) {
        ts[i] = START + (i ? i * DAY : 1);
        equity[i] = i == 0 ? 100 : equity[i - 1] * (i % 2 ? 1.1 : 1);
    }
    struct nj_curve curve = {ts, equity, 9};
    struct nj_error err;
    int64_t *at;
    double *sharpe;
    size_t n;
    ck_assert_int_eq(nj_report_rolling_sharpe(&curve, 365, 0, &at, &sharpe, &n, &err), 0);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(at[0], START + 7 * DAY);
    ck_assert_int_eq(at[1], START + 8 * DAY);
    /* four of 0.1 and three of 0: mean 0.4/7, squares 4 (0.3/7)^2 + 3 (0.4/7)^2 = 0.12/7 */
    ck_assert_double_eq_tol(sharpe[0], 0.4 / 7 / sqrt(0.12 / 7 / 6) * sqrt(365), 1e-9);
    /* four each: mean 0.05, sd 0.05 sqrt(8/7) */
    ck_assert_double_eq_tol(sharpe[1], sqrt(7.0 / 8) * sqrt(365), 1e-9);
    free(at);
    free(sharpe);
    curve.n = 7;
    ck_assert_int_eq(nj_report_rolling_sharpe(&curve, 365, 0, &at, &sharpe, &n, &err), 0);
    ck_assert_uint_eq(n, 0);
    for (int i = 0; i < 9; i++)
        ts[i] = START + i * MINUTE + 1; /* one day: returns between points, nothing to roll over */
    curve.n = 9;
    ck_assert_int_eq(nj_report_rolling_sharpe(&curve, 365, 0, &at, &sharpe, &n, &err), 0);
    ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(drawdown_starts_from_the_capital)
{
    static const int64_t ts[] = {1, 2, 3, 4};
    static const double equity[] = {90, 120, 60, 150};
    struct nj_curve curve = {ts, equity, 4};
    double down[4];
    nj_report_drawdown(&curve, 100, down);
    NEAR(down[0], -10);
    NEAR(down[1], 0);
    NEAR(down[2], -50);
    NEAR(down[3], 0);
}
END_TEST

/* ---- the benchmark ---- */

START_TEST(buy_and_hold_splits_the_capital_and_waits_for_a_first_price)
{
    /* A from the first minute, B from the second, with a hole at the third */
    static const int64_t ts_a[] = {0, MINUTE, 2 * MINUTE, 3 * MINUTE},
                         ts_b[] = {MINUTE, 3 * MINUTE};
    static const double close_a[] = {10, 12, 9, 20}, close_b[] = {4, 2};
    struct nj_columns a = {.n = 4, .ts = ts_a, .close = close_a};
    struct nj_columns b[2] = {{.n = 1, .ts = ts_b, .close = close_b},
                              {.n = 1, .ts = ts_b + 1, .close = close_b + 1}};
    struct nj_bt_series series[] = {{"A/USDT", &a, 1, false}, {"B/USDT", b, 2, false}};
    int64_t times[] = {MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE};
    double equity[] = {100, 100, 100, 100};
    struct nj_result r = {.capital = 100,
                          .outcome = {.curve_ts = times, .curve_equity = equity, .n_curve = 4}};
    struct nj_error err;
    ck_assert_int_eq(nj_bt_benchmark(&r, series, 2, NJ_COLUMNS_BARS, MINUTE, 100, &err), 0);
    ck_assert_uint_eq(r.benchmark.n, 4);
    NEAR(r.benchmark.value[0], 100);      /* 50 in A, 50 in cash */
    NEAR(r.benchmark.value[1], 60 + 50);  /* A 12/10; B bought at 4 */
    NEAR(r.benchmark.value[2], 45 + 50);  /* A 9/10; B still 4 */
    NEAR(r.benchmark.value[3], 100 + 25); /* A 20/10; B 2/4 */
    ck_assert_uint_eq(r.n_prices, 2);
    ck_assert_str_eq(r.prices[1].symbol, "B/USDT");
    ck_assert_uint_eq(r.prices[1].n, 3);
    ck_assert_int_eq(r.prices[1].ts_ns[0], 2 * MINUTE);
    NEAR(r.prices[1].value[2], 2);
    r.outcome = (struct nj_bt_outcome){0};
    nj_result_free(&r);
}
END_TEST

START_TEST(with_trades_a_point_has_the_last_one_before_it)
{
    static const int64_t ts[] = {5, MINUTE - 1, MINUTE, MINUTE + 1};
    static const double price[] = {10, 11, 12, 13};
    struct nj_columns c = {.n = 4, .ts = ts, .price = price};
    struct nj_bt_series series = {"A/USDT", &c, 1, false};
    int64_t times[] = {MINUTE, 2 * MINUTE};
    double equity[] = {100, 100};
    struct nj_result r = {.capital = 110,
                          .outcome = {.curve_ts = times, .curve_equity = equity, .n_curve = 2}};
    struct nj_error err;
    ck_assert_int_eq(nj_bt_benchmark(&r, &series, 1, NJ_COLUMNS_TRADES, MINUTE, 100, &err), 0);
    NEAR(r.benchmark.value[0], 110);
    NEAR(r.benchmark.value[1], 130);
    r.outcome = (struct nj_bt_outcome){0};
    nj_result_free(&r);
}
END_TEST

/* ---- the page ---- */

/* A result of n minutes with fills each `every` of them. */
static void make_result(struct nj_result *r, size_t n, size_t every)
{
    *r = (struct nj_result){.start_ts = START,
                            .end_ts = START + (int64_t)n * MINUTE,
                            .capital = 10000,
                            .commission_rate = 0.001,
                            .slippage_bps = 5,
                            .maker_rate = NAN,
                            .taker_rate = NAN,
                            .periods_per_year = 365,
                            .version = "0.1.0",
                            .strategy_id = "s",
                            .symbol = "A/USDT",
                            .plugin = "s",
                            .plugin_version = "1",
                            .plugin_hash = "00",
                            .input = "bars",
                            .timeframe = "1m",
                            .fill = "close",
                            .limit_gap = "limit"};
    struct nj_bt_outcome *o = &r->outcome;
    o->curve_ts = malloc(n * sizeof *o->curve_ts);
    o->curve_equity = malloc(n * sizeof *o->curve_equity);
    o->curve_exposed = calloc(n, 1);
    o->fills = malloc((n / every + 1) * sizeof *o->fills);
    o->trades = malloc((n / every + 1) * sizeof *o->trades);
    r->prices = calloc(1, sizeof *r->prices);
    r->n_prices = 1;
    snprintf(r->prices[0].symbol, sizeof r->prices[0].symbol, "A/USDT");
    r->prices[0].ts_ns = malloc(n * sizeof(int64_t));
    r->prices[0].value = malloc(n * sizeof(double));
    uint32_t random = 1;
    double equity = 10000;
    for (size_t i = 0; i < n; i++) {
        random = random * 1664525u + 1013904223u;
        equity += ((double)(random >> 8) / 16777216 - 0.5) * 3.3333333;
        o->curve_ts[i] = START + (int64_t)(i + 1) * MINUTE;
        o->curve_equity[i] = equity;
        o->curve_exposed[i] = i / 100 % 2;
        r->prices[0].ts_ns[i] = o->curve_ts[i];
        r->prices[0].value[i] = equity / 77.7;
        if (i % every == every - 1) {
            bool sell = o->n_fills % 2;
            set_fill(&o->fills[o->n_fills++], o->curve_ts[i], "A/USDT",
                     sell ? NJORD_SIDE_SELL : NJORD_SIDE_BUY, 0.123456, equity / 77.7);
            if (sell)
                o->trades[o->n_trades++] = (struct nj_closed){o->curve_ts[i], equity / 7 - 1400};
        }
    }
    o->n_curve = r->prices[0].n = n;
    o->final_equity = equity;
    r->benchmark.ts_ns = malloc(n * sizeof(int64_t));
    r->benchmark.value = malloc(n * sizeof(double));
    memcpy(r->benchmark.ts_ns, o->curve_ts, n * sizeof(int64_t));
    memcpy(r->benchmark.value, o->curve_equity, n * sizeof(double));
    r->benchmark.n = n;
    for (int m = 0; m < NJ_METRIC_COUNT; m++)
        r->metrics.value[m] = m == 0 ? 1.5 : (double)NAN;
}

static void add_param(struct nj_result *r, const char *name, const char *value)
{
    r->params = realloc(r->params, (r->n_params + 1) * sizeof *r->params);
    r->params[r->n_params++] =
        (struct nj_result_param){.name = strdup(name), .value = strdup(value)};
}

static void page_of(const struct nj_result *r, struct nj_buf *page)
{
    struct nj_error err = {0};
    ck_assert_msg(nj_report_html(r, page, &err) == 0, "%s", err.text);
}

static bool told_missing(void)
{
    if (nj_report_missing())
        printf("not tested: %s\n", nj_report_missing());
    return nj_report_missing() != NULL;
}

START_TEST(hostile_texts_stay_texts)
{
    static const char evil[] = "</script><script>alert(1)</script><!--\"'&\x01";
    struct nj_result r;
    struct nj_buf page = {0};
    if (told_missing())
        return;
    make_result(&r, 50, 10);
    memcpy(r.strategy_id, "<b>id", 6);
    memcpy(r.symbol, "A/<i>USDT", 10);
    add_param(&r, evil, evil);
    ck_assert_int_eq(nj_result_warn(&r, "%s", evil), 0);
    snprintf(r.outcome.fills[0].intent_id, sizeof r.outcome.fills[0].intent_id, "<u>%s", "x");
    snprintf(r.prices[0].symbol, sizeof r.prices[0].symbol, "A/<i>USDT");
    page_of(&r, &page);
    ck_assert_ptr_null(strstr(page.data, "alert(1)<"));
    ck_assert_ptr_null(strstr(page.data, "<script>alert"));
    ck_assert_ptr_null(strstr(page.data, "<!--"));
    ck_assert_ptr_null(strstr(page.data, "<b>id"));
    ck_assert_ptr_null(strstr(page.data, "<i>USDT"));
    ck_assert_ptr_null(strstr(page.data, "<u>x"));
    ck_assert_ptr_null(strchr(page.data, '\x01'));
    ck_assert_ptr_nonnull(strstr(page.data, "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
                                            "&lt;!--&quot;&#39;&amp; "));
    ck_assert_ptr_nonnull(strstr(page.data, "\\u003ci\\u003eUSDT")); /* as data */
    nj_buf_free(&page);
    struct nj_result two[2] = {r, r};
    const char *const names[] = {evil, "b"};
    struct nj_error err = {0};
    ck_assert_int_eq(nj_report_compare(two, names, 2, &page, &err), 0);
    ck_assert_ptr_null(strstr(page.data, "<script>alert"));
    ck_assert_ptr_null(strstr(page.data, "<b>id"));
    nj_buf_free(&page);
    nj_result_free(&r);
}
END_TEST

START_TEST(a_hundred_thousand_bars_stay_under_500_kb_with_their_extremes)
{
    struct nj_result r;
    struct nj_buf page = {0}, again = {0};
    char lowest[40], highest[40];
    if (told_missing())
        return;
    make_result(&r, 100000, 10); /* 10,000 fills */
    r.outcome.curve_equity[43210] = 1234.5;
    r.outcome.curve_equity[77777] = 54321.25;
    page_of(&r, &page);
    page_of(&r, &again);
    ck_assert_uint_eq(page.len, again.len);
    ck_assert_mem_eq(page.data, again.data, page.len);
    printf("a page of 100,000 bars and 10,000 fills: %zu bytes\n", page.len);
    ck_assert_uint_lt(page.len, 500000);
    snprintf(lowest, sizeof lowest, ",%.9g,", r.outcome.curve_equity[43210]);
    snprintf(highest, sizeof highest, ",%.9g,", r.outcome.curve_equity[77777]);
    ck_assert_ptr_nonnull(strstr(page.data, lowest));
    ck_assert_ptr_nonnull(strstr(page.data, highest));
    ck_assert_ptr_nonnull(strstr(page.data, "the first 1000 of 10000"));
    nj_buf_free(&page);
    nj_buf_free(&again);
    nj_result_free(&r);
}
END_TEST

START_TEST(prices_that_are_not_drawn_are_told)
{
    struct nj_result r;
    struct nj_buf page = {0};
    struct nj_result_line *own, many[NJ_REPORT_PRICES + 1];
    if (told_missing())
        return;
    make_result(&r, 50, 10);
    own = r.prices;
    for (size_t i = 0; i <= NJ_REPORT_PRICES; i++)
        many[i] = own[0];
    r.prices = many;
    r.n_prices = NJ_REPORT_PRICES;
    page_of(&r, &page);
    ck_assert_ptr_null(strstr(page.data, "Prices of the first"));
    nj_buf_clear(&page);
    r.n_prices = NJ_REPORT_PRICES + 1;
    page_of(&r, &page);
    ck_assert_ptr_nonnull(strstr(page.data, "Prices of the first 6 of 7 symbols."));
    ck_assert_ptr_nonnull(strstr(page.data, "id=\"price5\""));
    ck_assert_ptr_null(strstr(page.data, "id=\"price6\""));
    r.prices = own;
    r.n_prices = 1;
    nj_buf_free(&page);
    nj_result_free(&r);
}
END_TEST

START_TEST(a_run_without_a_point_has_a_page)
{
    struct nj_result r;
    struct nj_buf page = {0};
    if (told_missing())
        return;
    make_result(&r, 1, 5);
    r.outcome.n_curve = r.benchmark.n = r.prices[0].n = 0;
    page_of(&r, &page);
    ck_assert_ptr_nonnull(strstr(page.data, "no point of the curve"));
    nj_buf_free(&page);
    nj_result_free(&r);
}
END_TEST

START_TEST(a_comparison_takes_two_to_twelve)
{
    struct nj_result r[NJ_REPORT_RUNS + 1];
    const char *names[NJ_REPORT_RUNS + 1];
    struct nj_buf page = {0};
    struct nj_error err = {0};
    if (told_missing())
        return;
    make_result(&r[0], 20000, 10);
    for (size_t i = 0; i <= NJ_REPORT_RUNS; i++) {
        r[i] = r[0];
        names[i] = "n";
    }
    ck_assert_int_eq(nj_report_compare(r, names, 1, &page, &err), NJ_ERR_LIMIT);
    ck_assert_int_eq(nj_report_compare(r, names, NJ_REPORT_RUNS + 1, &page, &err), NJ_ERR_LIMIT);
    ck_assert_int_eq(nj_report_compare(r, names, NJ_REPORT_RUNS, &page, &err), 0);
    ck_assert_uint_lt(page.len, 700000);
    nj_buf_free(&page);
    nj_result_free(&r[0]);
}
END_TEST

START_TEST(benchmark_and_prices_come_back_from_a_result_file)
{
    struct nj_result r, back;
    struct nj_buf text = {0}, again = {0};
    struct nj_error err = {0};
    make_result(&r, 40, 10);
    ck_assert_int_eq(result_text(&r, &text, &err), 0);
    ck_assert_msg(nj_result_read(&back, "r", text.data, text.len, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(back.benchmark.n, 40);
    ck_assert_mem_eq(back.benchmark.value, r.benchmark.value, 40 * sizeof(double));
    ck_assert_str_eq(back.prices[0].symbol, "A/USDT");
    ck_assert_mem_eq(back.prices[0].ts_ns, r.prices[0].ts_ns, 40 * sizeof(int64_t));
    ck_assert_int_eq(result_text(&back, &again, &err), 0);
    ck_assert_str_eq(text.data, again.data);
    nj_buf_free(&text);
    nj_buf_free(&again);
    nj_result_free(&r);
    nj_result_free(&back);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *t = tcase_create("report");
    tcase_add_test(t, thinning_keeps_the_ends_and_each_stretchs_extremes);
    tcase_add_test(t, thinning_a_flat_stretch_keeps_one_point_of_it);
    tcase_add_test(t, thinning_never_loses_a_spike_wherever_it_is);
    tcase_add_test(t, a_month_is_its_last_equity_over_the_one_before);
    tcase_add_test(t, months_know_the_calendar);
    tcase_add_test(t, a_trades_return_is_its_profit_over_what_the_closed_lots_cost);
    tcase_add_test(t, lots_that_tenths_add_up_to_are_closed_by_their_sum);
    tcase_add_test(t, a_histogram_has_round_edges_and_counts_every_value);
    tcase_add_test(t, a_rolling_sharpe_begins_with_the_seventh_day);
    tcase_add_test(t, drawdown_starts_from_the_capital);
    tcase_add_test(t, buy_and_hold_splits_the_capital_and_waits_for_a_first_price);
    tcase_add_test(t, with_trades_a_point_has_the_last_one_before_it);
    tcase_add_test(t, hostile_texts_stay_texts);
    tcase_add_test(t, a_hundred_thousand_bars_stay_under_500_kb_with_their_extremes);
    tcase_add_test(t, prices_that_are_not_drawn_are_told);
    tcase_add_test(t, a_run_without_a_point_has_a_page);
    tcase_add_test(t, a_comparison_takes_two_to_twelve);
    tcase_add_test(t, benchmark_and_prices_come_back_from_a_result_file);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
