/* test_metrics.c - metrics of curves small enough to work out by hand; a larger one is held against
 * an independent script by tests/e2e/test_metrics.py. */
#include "backtest/metrics.h"
#include "base/fs.h"
#include "test_main.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY    INT64_C(86400000000000)
#define START  (18628 * DAY) /* 2021-01-01 */
#define MINUTE INT64_C(60000000000)

static struct nj_metrics of(const int64_t *ts, const double *equity, size_t n, double initial,
                            const struct nj_closed *trades, size_t n_trades)
{
    struct nj_metrics m;
    struct nj_error err = {0};
    struct nj_metrics_input input = {.curve = {ts, equity, n},
                                     .initial = initial,
                                     .trades = trades,
                                     .n_trades = n_trades,
                                     .exposed = 0.5,
                                     .traded_notional = 400,
                                     .fees = 4,
                                     .slippage = 1,
                                     .periods_per_year = 365};
    ck_assert_msg(nj_metrics_of(&input, &m, &err) == 0, "%s", err.text);
    return m;
}

#define IS(m, which, expected)                                                                     \
    ck_assert_double_eq_tol((m).value[NJ_METRIC_##which], expected, 1e-12 * fmax(1, fabs(expected)))
#define IS_NULL(m, which) ck_assert(isnan((m).value[NJ_METRIC_##which]))

/* Ends of four days after a first point: 100, 110, 99, 99, 108.9: returns 10 %, -10 %, 0, 10 %. */
static const int64_t days[] = {START + 1, START + DAY, START + 2 * DAY, START + 3 * DAY,
                               START + 4 * DAY};
static const double values[] = {100, 110, 99, 99, 108.9};

START_TEST(returns_go_from_the_first_point_to_the_last_of_each_day)
{
    struct nj_metrics m = of(days, values, 5, 100, NULL, 0);
    /* mean 0.025; squares 0.005625 + 0.015625 + 0.000625 + 0.005625 = 0.0275; sd sqrt(0.0275/3) */
    double sd = sqrt(0.0275 / 3);
    IS(m, SHARPE_RATIO, 0.025 / sd * sqrt(365));
    IS(m, VOLATILITY_ANNUAL_PCT, sd * sqrt(365) * 100);
    IS(m, SORTINO_RATIO, 0.025 / sqrt(0.01 / 4) * sqrt(365));
    IS(m, TOTAL_RETURN_PCT, 8.9);
    IS(m, MAX_DRAWDOWN_PCT, -10.0);
    IS(m, AVG_DRAWDOWN_PCT, -10.0);
    IS(m, MAX_DRAWDOWN_DURATION_DAYS, 3.0); /* from the peak at the end of day 1 to the end */
    /* sorted -0.1, 0, 0.1, 0.1: the 5 % quantile at 0.15 is -0.085, the 95 % at 2.85 is 0.1 */
    IS(m, VAR_95_PCT, -8.5);
    IS(m, CVAR_95_PCT, -10.0);
    IS(m, TAIL_RATIO, 0.1 / 0.085);
    IS(m, EXPOSURE_PCT, 50.0);
    IS(m, TURNOVER, 400 / (516.9 / 5));
    IS(m, FEES_PAID, 4.0);
    IS(m, SLIPPAGE_PAID, 1.0);
    double elapsed = (double)(4 * DAY - 1) / (double)DAY;
    IS(m, ANNUAL_RETURN_PCT, (pow(1.089, 365 / elapsed) - 1) * 100);
    IS(m, CALMAR_RATIO, (pow(1.089, 365 / elapsed) - 1) * 100 / 10);
    /* cubes 0.075^3 - 0.125^3 - 0.025^3 + 0.075^3 over sd^3, times 4 / (3 * 2) */
    double cubes = 2 * pow(0.075, 3) - pow(0.125, 3) - pow(0.025, 3);
    IS(m, SKEW, 4.0 / 6 * cubes / pow(sd, 3));
    double fourths = 2 * pow(0.075, 4) + pow(0.125, 4) + pow(0.025, 4);
    IS(m, KURTOSIS, 4 * 5.0 / 6 * fourths / pow(sd, 4) - 3 * 9.0 / 2);
}
END_TEST

START_TEST(a_point_at_midnight_belongs_to_the_day_that_ends)
{
    const int64_t ts[] = {START, START + 1, START + DAY, START + DAY + 1, START + 2 * DAY};
    const double equity[] = {100, 90, 110, 95, 121};
    struct nj_curve curve = {ts, equity, 5};
    double *r, periods = 365;
    int32_t *ends;
    size_t n;
    struct nj_error err = {0};
    ck_assert_int_eq(nj_daily_returns(&curve, &r, &ends, &n, &periods, &err), 0);
    ck_assert_uint_eq(n, 2); /* 100 (the end of the day before), 110, 121 */
    ck_assert_double_eq_tol(r[0], 0.1, 1e-15);
    ck_assert_double_eq_tol(r[1], 0.1, 1e-15);
    ck_assert_int_eq(ends[0], 18628);
    ck_assert_int_eq(ends[1], 18629);
    ck_assert_double_eq(periods, 365);
    free(r);
    free(ends);
}
END_TEST

START_TEST(under_three_daily_points_the_returns_are_those_between_points)
{
    const int64_t ts[] = {START + MINUTE, START + 2 * MINUTE, START + 3 * MINUTE,
                          START + 5 * MINUTE};
    const double equity[] = {100, 101, 99.99, 102};
    struct nj_metrics m = of(ts, equity, 4, 100, NULL, 0);
    double r[] = {101 / 100.0 - 1, 99.99 / 101 - 1, 102 / 99.99 - 1};
    double mean = (r[0] + r[1] + r[2]) / 3, squares = 0;
    for (int i = 0; i < 3; i++)
        squares += (r[i] - mean) * (r[i] - mean);
    /* spacings 1, 1, 2 minutes: the median is a minute, 525,600 of them in a year */
    IS(m, SHARPE_RATIO, mean / sqrt(squares / 2) * sqrt(525600));
    IS_NULL(m, ANNUAL_RETURN_PCT); /* under one day */
    IS_NULL(m, CALMAR_RATIO);
    IS_NULL(m, KURTOSIS);
}
END_TEST

START_TEST(trades_win_lose_and_are_averaged)
{
    const struct nj_closed trades[] = {{1, 10}, {2, -4}, {3, 0}, {4, 20}, {5, -6}};
    struct nj_metrics m = of(days, values, 5, 100, trades, 5);
    IS(m, NUM_TRADES, 5.0);
    IS(m, WIN_RATE, 0.4);
    IS(m, PROFIT_FACTOR, 3.0);
    IS(m, AVG_WIN, 15.0);
    IS(m, AVG_LOSS, -5.0);
    IS(m, LARGEST_WIN, 20.0);
    IS(m, LARGEST_LOSS, -6.0);
    IS(m, EXPECTANCY, 4.0);
}
END_TEST

START_TEST(what_does_not_exist_is_null_and_a_flat_curve_is_zero)
{
    const double flat[] = {100, 100, 100, 100, 100};
    struct nj_metrics m = of(days, flat, 5, 100, NULL, 0);
    IS(m, SHARPE_RATIO, 0.0);
    IS(m, SORTINO_RATIO, 0.0);
    IS(m, VOLATILITY_ANNUAL_PCT, 0.0);
    IS(m, SKEW, 0.0);
    IS(m, KURTOSIS, 0.0);
    IS(m, MAX_DRAWDOWN_PCT, 0.0);
    IS(m, MAX_DRAWDOWN_DURATION_DAYS, 0.0);
    IS(m, AVG_DRAWDOWN_PCT, 0.0);
    IS(m, ANNUAL_RETURN_PCT, 0.0);
    IS(m, NUM_TRADES, 0.0);
    IS_NULL(m, CALMAR_RATIO);
    IS_NULL(m, WIN_RATE);
    IS_NULL(m, PROFIT_FACTOR);
    IS_NULL(m, AVG_WIN);
    IS_NULL(m, LARGEST_LOSS);
    IS_NULL(m, EXPECTANCY);
    IS_NULL(m, TAIL_RATIO);
    const struct nj_closed won = {1, 5};
    m = of(days, flat, 5, 100, &won, 1);
    IS_NULL(m, PROFIT_FACTOR);
    IS(m, WIN_RATE, 1.0);
    m = of(days, flat, 0, 100, NULL, 0); /* no point at all */
    IS(m, TOTAL_RETURN_PCT, 0.0);
    IS_NULL(m, VAR_95_PCT);
}
END_TEST

START_TEST(return_and_drawdown_start_from_the_initial_capital)
{
    struct nj_metrics m = of(days, values, 5, 200, NULL, 0);
    IS(m, TOTAL_RETURN_PCT, (108.9 / 200 - 1) * 100);
    IS(m, MAX_DRAWDOWN_PCT, (99.0 / 200 - 1) * 100);
    IS(m, AVG_DRAWDOWN_PCT, (99.0 / 200 - 1) * 100); /* one, never over */
}
END_TEST

START_TEST(two_drawdowns_are_averaged_and_the_longer_one_counts)
{
    const int64_t ts[] = {START,           START + 1 * DAY, START + 2 * DAY, START + 3 * DAY,
                          START + 4 * DAY, START + 5 * DAY, START + 6 * DAY};
    const double equity[] = {100, 90, 100, 120, 96, 110, 120};
    struct nj_metrics m = of(ts, equity, 7, 100, NULL, 0);
    IS(m, MAX_DRAWDOWN_PCT, -20.0);
    IS(m, AVG_DRAWDOWN_PCT, -15.0);
    IS(m, MAX_DRAWDOWN_DURATION_DAYS, 3.0);
}
END_TEST

START_TEST(what_is_no_curve_is_refused_with_its_place)
{
    int64_t ts[] = {START, START, START + DAY};
    double equity[] = {1, 2, 3};
    struct nj_metrics m;
    struct nj_error err = {0};
    struct nj_metrics_input input = {
        .curve = {ts, equity, 3}, .initial = 100, .periods_per_year = 365};
    ck_assert_int_eq(nj_metrics_of(&input, &m, &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "point 2"));
    ts[0] = START - 1;
    equity[2] = INFINITY;
    ck_assert_int_eq(nj_metrics_of(&input, &m, &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "point 3"));
    equity[2] = 3;
    input.initial = 0;
    ck_assert_int_eq(nj_metrics_of(&input, &m, &err), NJ_ERR_INPUT);
    input.initial = 100;
    input.periods_per_year = 0;
    ck_assert_int_eq(nj_metrics_of(&input, &m, &err), NJ_ERR_INPUT);
    input.periods_per_year = 365;
    input.risk_free = NAN;
    ck_assert_int_eq(nj_metrics_of(&input, &m, &err), NJ_ERR_INPUT);
    input.risk_free = 0;
    ts[0] = INT64_MIN;
    ts[2] = INT64_MAX;
    ck_assert_int_eq(nj_metrics_of(&input, &m, &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "292 years"));
}
END_TEST

START_TEST(equity_that_falls_through_nothing_is_still_told_in_numbers)
{
    const double lost[] = {100, 50, 0, -10, -20};
    struct nj_metrics m = of(days, lost, 5, 100, NULL, 0);
    IS(m, TOTAL_RETURN_PCT, -120.0);
    IS(m, MAX_DRAWDOWN_PCT, -120.0);
    IS(m, ANNUAL_RETURN_PCT, -100.0);
    for (int i = 0; i < NJ_METRIC_COUNT; i++)
        ck_assert(!isinf(m.value[i]));
}
END_TEST

START_TEST(metrics_are_written_as_numbers_or_null)
{
    char text[64];
    ck_assert_uint_eq(nj_metric_text(NJ_METRIC_SHARPE_RATIO, NAN, text), 4);
    ck_assert_str_eq(text, "null");
    nj_metric_text(NJ_METRIC_SHARPE_RATIO, 0.1, text);
    ck_assert_str_eq(text, "0.1");
    nj_metric_text(NJ_METRIC_ANNUAL_RETURN_PCT, 1.0 / 3, text);
    ck_assert_str_eq(text, "0.333333333333");
    ck_assert_int_eq(nj_metric_named("tail_ratio"), NJ_METRIC_TAIL_RATIO);
    ck_assert_int_eq(nj_metric_named("tail"), -1);
}
END_TEST

START_TEST(the_page_of_metrics_is_what_the_table_says)
{
    struct nj_buf made = {0}, kept = {0};
    struct nj_error err = {0};
    const char *top = getenv("top_srcdir");
    char path[1024];
    snprintf(path, sizeof path, "%s/doc/metrics.md", top ? top : ".");
    nj_metrics_reference(&made);
    ck_assert_msg(nj_read_file(path, 1 << 20, &kept, &err) == 0, "%s", err.text);
    ck_assert_msg(kept.len == made.len && memcmp(kept.data, made.data, made.len) == 0,
                  "doc/metrics.md is out of date: run make reference");
    nj_buf_free(&made);
    nj_buf_free(&kept);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("metrics");
    TCase *c = tcase_create("metrics");
    tcase_add_test(c, returns_go_from_the_first_point_to_the_last_of_each_day);
    tcase_add_test(c, a_point_at_midnight_belongs_to_the_day_that_ends);
    tcase_add_test(c, under_three_daily_points_the_returns_are_those_between_points);
    tcase_add_test(c, trades_win_lose_and_are_averaged);
    tcase_add_test(c, what_does_not_exist_is_null_and_a_flat_curve_is_zero);
    tcase_add_test(c, return_and_drawdown_start_from_the_initial_capital);
    tcase_add_test(c, two_drawdowns_are_averaged_and_the_longer_one_counts);
    tcase_add_test(c, what_is_no_curve_is_refused_with_its_place);
    tcase_add_test(c, equity_that_falls_through_nothing_is_still_told_in_numbers);
    tcase_add_test(c, metrics_are_written_as_numbers_or_null);
    tcase_add_test(c, the_page_of_metrics_is_what_the_table_says);
    suite_add_tcase(s, c);
    return run_suite(s);
}
