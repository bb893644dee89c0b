/*
 * test_indicators.c - each indicator against values worked out by hand, and what holds for all of
 * them.
 */
#include "test_indicators_any.h"
#include "test_main.h"

#include <check.h>
#include <float.h>
#include <stdlib.h>

#define NEAR(got, want) ck_assert_double_eq_tol(got, want, 1e-13)

static int bits_differ(double a, double b)
{
    uint64_t x;
    uint64_t y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x != y;
}

/* ---- by hand ---- */

START_TEST(sma_is_the_mean_of_the_last_three)
{
    njord_sma s;
    ck_assert_int_eq(njord_sma_init(&s, 3), NJORD_OK);
    ck_assert_double_nan(njord_sma_push(&s, 1.0));
    ck_assert_double_nan(njord_sma_push(&s, 2.0));
    ck_assert(!njord_sma_ready(&s));
    ck_assert_double_nan(njord_sma_value(&s));
    ck_assert_double_eq(njord_sma_push(&s, 6.0), 3.0);
    ck_assert(njord_sma_ready(&s));
    ck_assert_double_eq(njord_sma_push(&s, 4.0), 4.0);
    ck_assert_double_eq(njord_sma_push(&s, -4.0), 2.0);
    ck_assert_double_eq(njord_sma_value(&s), 2.0);
    njord_sma_free(&s);
}
END_TEST

START_TEST(ema_starts_at_the_mean_of_its_first_three_then_moves_half_way)
{
    /* n = 3: k = 1/2. Seed (2 + 4 + 9) / 3 = 5, then 5 + (7 - 5)/2 = 6, then 6 + (2 - 6)/2 = 4. */
    njord_ema s;
    ck_assert_int_eq(njord_ema_init(&s, 3), NJORD_OK);
    ck_assert_double_nan(njord_ema_push(&s, 2.0));
    ck_assert_double_nan(njord_ema_push(&s, 4.0));
    ck_assert_double_eq(njord_ema_push(&s, 9.0), 5.0);
    ck_assert_double_eq(njord_ema_push(&s, 7.0), 6.0);
    ck_assert_double_eq(njord_ema_push(&s, 2.0), 4.0);
    njord_ema_free(&s);
}
END_TEST

START_TEST(tema_seeds_each_stage_by_the_mean_of_its_own_first)
{
    /*
     * n = 3, k = 1/2, prices 3 6 9 12 15 18 24:
     * e1 from the third: 6 9 12 15 19.5; e2 from the fifth: (6+9+12)/3 = 9, 12, 15.75;
     * e3 from the seventh: (9 + 12 + 15.75)/3 = 12.25; 3 (19.5 - 15.75) + 12.25 = 23.5.
     */
    const double x[7] = {3, 6, 9, 12, 15, 18, 24};
    njord_tema s;
    ck_assert_int_eq(njord_tema_init(&s, 3), NJORD_OK);
    for (int i = 0; i < 6; i++)
        ck_assert_double_nan(njord_tema_push(&s, x[i]));
    ck_assert_double_eq(njord_tema_push(&s, x[6]), 23.5);
    /* 30: e1 24.75, e2 20.25, e3 16.25; 3 x 4.5 + 16.25 = 29.75. */
    ck_assert_double_eq(njord_tema_push(&s, 30.0), 29.75);
    njord_tema_free(&s);
}
END_TEST

START_TEST(rsi_follows_wilders_smoothing)
{
    /*
     * n = 2, prices 10 12 11: rises 2 0, falls 0 1: G 1, L 0.5, RSI 100/1.5 = 66.67.
     * Then 14: G (1 + 3)/2 = 2, L 0.25: 200/2.25 = 88.89. Then 13: G 1, L 0.625: 100/1.625.
     */
    njord_rsi s;
    ck_assert_int_eq(njord_rsi_init(&s, 2), NJORD_OK);
    ck_assert_double_nan(njord_rsi_push(&s, 10.0));
    ck_assert_double_nan(njord_rsi_push(&s, 12.0));
    NEAR(njord_rsi_push(&s, 11.0), 100.0 / 1.5);
    NEAR(njord_rsi_push(&s, 14.0), 200.0 / 2.25);
    NEAR(njord_rsi_push(&s, 13.0), 100.0 / 1.625);
    njord_rsi_free(&s);
}
END_TEST

START_TEST(rsi_is_100_when_nothing_fell_0_when_nothing_rose_50_when_nothing_moved)
{
    njord_rsi s;
    ck_assert_int_eq(njord_rsi_init(&s, 2), NJORD_OK);
    njord_rsi_push(&s, 5.0);
    njord_rsi_push(&s, 5.0);
    ck_assert_double_eq(njord_rsi_push(&s, 5.0), 50.0);
    ck_assert_double_eq(njord_rsi_push(&s, 5.0), 50.0);
    ck_assert_double_eq(njord_rsi_push(&s, 6.0), 100.0);
    njord_rsi_reset(&s);
    njord_rsi_push(&s, 5.0);
    njord_rsi_push(&s, 4.0);
    ck_assert_double_eq(njord_rsi_push(&s, 3.0), 0.0);
    njord_rsi_free(&s);
}
END_TEST

START_TEST(rsi_keeps_its_value_through_a_million_unchanged_prices)
{
    /* In exact arithmetic both averages shrink alike; plain doubles reach 0 / 0 after 10,000. */
    njord_rsi s;
    ck_assert_int_eq(njord_rsi_init(&s, 2), NJORD_OK);
    njord_rsi_push(&s, 10.0);
    njord_rsi_push(&s, 12.0);
    double v = njord_rsi_push(&s, 11.0);
    for (int i = 0; i < 1000000; i++)
        ck_assert_double_eq(njord_rsi_push(&s, 11.0), v);
    /* What was before weighs nothing now. */
    ck_assert_double_eq(njord_rsi_push(&s, 12.0), 100.0);
    njord_rsi_free(&s);
}
END_TEST

START_TEST(rsi_after_three_unchanged_prices_weighs_the_past_by_an_eighth)
{
    /* n = 2: G 1, L 1/2 shrink to 1/8 and 1/16; a rise of 2: G (1/8 + 2)/2 = 17/16, L 1/32:
     * 3400/35. */
    njord_rsi s;
    ck_assert_int_eq(njord_rsi_init(&s, 2), NJORD_OK);
    njord_rsi_push(&s, 10.0);
    njord_rsi_push(&s, 12.0);
    njord_rsi_push(&s, 11.0);
    for (int i = 0; i < 3; i++)
        njord_rsi_push(&s, 11.0);
    NEAR(njord_rsi_push(&s, 13.0), 3400.0 / 35.0);
    njord_rsi_free(&s);
}
END_TEST

START_TEST(macd_line_comes_with_slow_and_signal_after)
{
    /*
     * 1, 3, 3: EMA(1) is the price; EMA(3) moves half way; signal EMA(3) moves half way.
     * prices 3 6 9 13 15 10: slow from the third: 6, 9.5, 12.25, 11.125; line 3, 3.5, 2.75, -1.125;
     * signal from the fifth: 9.25/3, then (9.25/3 - 1.125)/2.
     */
    njord_macd s;
    ck_assert_int_eq(njord_macd_init(&s, 1, 3, 3), NJORD_OK);
    ck_assert_double_nan(njord_macd_push(&s, 3.0));
    ck_assert_double_nan(njord_macd_push(&s, 6.0));
    ck_assert_double_eq(njord_macd_push(&s, 9.0), 3.0);
    ck_assert(!njord_macd_ready(&s));
    ck_assert_double_eq(njord_macd_value(&s), 3.0);
    ck_assert_double_nan(njord_macd_signal(&s));
    ck_assert_double_nan(njord_macd_histogram(&s));
    ck_assert_double_eq(njord_macd_push(&s, 13.0), 3.5);
    ck_assert_double_eq(njord_macd_push(&s, 15.0), 2.75);
    ck_assert(njord_macd_ready(&s));
    NEAR(njord_macd_signal(&s), 9.25 / 3.0);
    NEAR(njord_macd_histogram(&s), 2.75 - 9.25 / 3.0);
    ck_assert_double_eq(njord_macd_push(&s, 10.0), -1.125);
    NEAR(njord_macd_signal(&s), (9.25 / 3.0 - 1.125) / 2.0);
    njord_macd_free(&s);
}
END_TEST

START_TEST(usual_macd_is_ready_with_the_34th_value)
{
    njord_macd s;
    ck_assert_int_eq(njord_macd_init(&s, 12, 26, 9), NJORD_OK);
    for (int i = 1; i <= 40; i++) {
        double line = njord_macd_push(&s, 1.0 + i);
        ck_assert_int_eq(isnan(line) != 0, i < 26);
        ck_assert_int_eq(njord_macd_ready(&s), i >= 34);
    }
    njord_macd_free(&s);
}
END_TEST

START_TEST(deviation_divides_by_n)
{
    /* 2 4 4 4 5 5 7 9: mean 5, squares 9+1+1+1+0+0+4+16 = 32, 32/8 = 4. */
    const double x[8] = {2, 4, 4, 4, 5, 5, 7, 9};
    njord_rolling_dev s;
    ck_assert_int_eq(njord_rolling_dev_init(&s, 8), NJORD_OK);
    for (int i = 0; i < 7; i++)
        ck_assert_double_nan(njord_rolling_dev_push(&s, x[i]));
    ck_assert_double_eq(njord_rolling_dev_push(&s, x[7]), 2.0);
    ck_assert_double_eq(njord_rolling_dev_mean(&s), 5.0);
    njord_rolling_dev_free(&s);
}
END_TEST

START_TEST(bollinger_bands_stand_two_deviations_from_the_mean)
{
    const double x[8] = {2, 4, 4, 4, 5, 5, 7, 9};
    njord_bollinger s;
    ck_assert_int_eq(njord_bollinger_init(&s, 8, 2.0), NJORD_OK);
    for (int i = 0; i < 8; i++)
        njord_bollinger_push(&s, x[i]);
    ck_assert_double_eq(njord_bollinger_value(&s), 5.0);
    ck_assert_double_eq(njord_bollinger_upper(&s), 9.0);
    ck_assert_double_eq(njord_bollinger_lower(&s), 1.0);
    ck_assert_double_eq(njord_bollinger_deviation(&s), 2.0);
    njord_bollinger_free(&s);
}
END_TEST

START_TEST(regression_of_four_points)
{
    /*
     * 1 2 2 4 at 0..3: sum y 9, sum xy 2+4+12 = 18; slope (4 x 18 - 6 x 9)/(4 x 14 - 36) = 0.9,
     * intercept (9 - 0.9 x 6)/4 = 0.9; at 3: 3.6, at 4: 4.5, at 0: 0.9.
     */
    njord_linreg s;
    ck_assert_int_eq(njord_linreg_init(&s, 4), NJORD_OK);
    njord_linreg_push(&s, 1.0);
    njord_linreg_push(&s, 2.0);
    ck_assert_double_nan(njord_linreg_push(&s, 2.0));
    ck_assert_double_nan(njord_linreg_forecast(&s));
    NEAR(njord_linreg_push(&s, 4.0), 3.6);
    NEAR(njord_linreg_slope(&s), 0.9);
    NEAR(njord_linreg_forecast(&s), 4.5);
    NEAR(njord_linreg_at(&s, -3.0), 0.9);
    njord_linreg_free(&s);
}
END_TEST

START_TEST(forecast_before_the_push_is_the_line_of_the_prices_before)
{
    /* What trendline_break asks: 10 12 14 point to 16, whatever then comes. */
    njord_linreg s;
    ck_assert_int_eq(njord_linreg_init(&s, 3), NJORD_OK);
    njord_linreg_push(&s, 10.0);
    njord_linreg_push(&s, 12.0);
    njord_linreg_push(&s, 14.0);
    ck_assert_double_eq(njord_linreg_forecast(&s), 16.0);
    njord_linreg_push(&s, 99.0);
    /* 12 14 99: mean 125/3, slope 87/2; at 3: 125/3 + 87. */
    NEAR(njord_linreg_forecast(&s), 125.0 / 3.0 + 87.0);
    njord_linreg_free(&s);
}
END_TEST

START_TEST(extremes_leave_with_the_window)
{
    const double x[8] = {5, 3, 4, 6, 6, 2, 7, 8};
    const double low[8] = {0, 0, 3, 3, 4, 2, 2, 2};
    const double high[8] = {0, 0, 5, 6, 6, 6, 7, 8};
    njord_rolling_min lo;
    njord_rolling_max hi;
    ck_assert_int_eq(njord_rolling_min_init(&lo, 3), NJORD_OK);
    ck_assert_int_eq(njord_rolling_max_init(&hi, 3), NJORD_OK);
    for (int i = 0; i < 8; i++) {
        double a = njord_rolling_min_push(&lo, x[i]);
        double b = njord_rolling_max_push(&hi, x[i]);
        if (i >= 2) {
            ck_assert_double_eq(a, low[i]);
            ck_assert_double_eq(b, high[i]);
        } else {
            ck_assert_double_nan(a);
            ck_assert_double_nan(b);
        }
    }
    njord_rolling_min_free(&lo);
    njord_rolling_max_free(&hi);
}
END_TEST

START_TEST(rolling_mean_is_the_simple_average)
{
    njord_rolling_mean s;
    ck_assert_int_eq(njord_rolling_mean_init(&s, 2), NJORD_OK);
    njord_rolling_mean_push(&s, 1.0);
    ck_assert_double_eq(njord_rolling_mean_push(&s, 2.0), 1.5);
    double saved[8];
    ck_assert_uint_eq(njord_rolling_mean_state(&s, saved, 8), 6);
    njord_rolling_mean_reset(&s);
    ck_assert(!njord_rolling_mean_ready(&s));
    ck_assert_int_eq(njord_rolling_mean_restore(&s, saved, 6), NJORD_OK);
    ck_assert_double_eq(njord_rolling_mean_value(&s), 1.5);
    njord_rolling_mean_free(&s);
}
END_TEST

/* ---- what holds for all ---- */

START_TEST(nan_before_ready_and_ready_when_promised)
{
    const struct any_kind *k = &any_kinds[_i];
    union any_state s;
    uint64_t seed = 7;
    ck_assert_int_eq(k->init(&s, k->usual), NJORD_OK);
    for (unsigned i = 1; i <= 60; i++) {
        double v = k->push(&s, 50.0 + any_noise(&seed));
        ck_assert_msg(k->ready(&s) == (i >= k->first(k->usual)), "%s: value %u", k->name, i);
        if (k->ready(&s)) {
            ck_assert(isfinite(v));
            for (int j = 0; j < 3 && k->parts[j].name != NULL; j++)
                ck_assert(isfinite(k->parts[j].value(&s)));
        }
        ck_assert(!bits_differ(v, k->value(&s)) || (isnan(v) && isnan(k->value(&s))));
    }
    k->free(&s);
}
END_TEST

START_TEST(unusable_input_changes_nothing)
{
    const struct any_kind *k = &any_kinds[_i];
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1.1e140, -1e300};
    union any_state a;
    union any_state b;
    uint64_t seed = 11;
    ck_assert_int_eq(k->init(&a, k->usual), NJORD_OK);
    ck_assert_int_eq(k->init(&b, k->usual), NJORD_OK);
    for (unsigned i = 0; i < 80; i++) {
        double x = 20.0 + any_noise(&seed);
        double want = k->push(&a, x);
        k->push(&b, bad[i % 5]);
        double got = k->push(&b, x);
        ck_assert_msg((isnan(want) && isnan(got)) || !bits_differ(want, got), "%s", k->name);
        double again = k->push(&b, bad[(i + 1) % 5]);
        ck_assert((isnan(want) && isnan(again)) || !bits_differ(want, again));
    }
    k->free(&a);
    k->free(&b);
}
END_TEST

START_TEST(reset_is_as_new)
{
    const struct any_kind *k = &any_kinds[_i];
    union any_state a;
    union any_state b;
    uint64_t seed = 3;
    ck_assert_int_eq(k->init(&a, k->usual), NJORD_OK);
    ck_assert_int_eq(k->init(&b, k->usual), NJORD_OK);
    for (unsigned used = 0; used < 40; used++) {
        for (unsigned i = 0; i < used; i++)
            k->push(&b, 1e6 * any_noise(&seed));
        k->reset(&b);
        k->reset(&a);
        ck_assert(!k->ready(&b));
        ck_assert_double_nan(k->value(&b));
        for (unsigned i = 0; i < 40; i++) {
            double x = any_noise(&seed);
            double va = k->push(&a, x);
            double vb = k->push(&b, x);
            ck_assert((isnan(va) && isnan(vb)) || !bits_differ(va, vb));
        }
    }
    k->free(&a);
    k->free(&b);
}
END_TEST

START_TEST(restored_instance_goes_on_bit_for_bit)
{
    const struct any_kind *k = &any_kinds[_i];
    uint64_t seed = 5;
    for (unsigned at = 0; at < 60; at++) {
        union any_state a;
        union any_state b;
        ck_assert_int_eq(k->init(&a, k->usual), NJORD_OK);
        ck_assert_int_eq(k->init(&b, k->usual), NJORD_OK);
        for (unsigned i = 0; i < at; i++)
            k->push(&a, floor(61800.0 + 40.0 * any_noise(&seed)) / 10.0);
        /* What b held before does not matter. */
        for (unsigned i = 0; i < at / 2; i++)
            k->push(&b, 1e9 * any_noise(&seed));
        double saved[64];
        size_t len = k->state(&a, NULL, 0);
        ck_assert_uint_gt(len, 0);
        ck_assert_uint_le(len, 64);
        ck_assert_uint_eq(k->state(&a, saved, 64), len);
        for (size_t i = 0; i < len; i++)
            ck_assert(isfinite(saved[i]));
        ck_assert_int_eq(k->restore(&b, saved, len), NJORD_OK);
        ck_assert_int_eq(k->ready(&a), k->ready(&b));
        for (unsigned i = 0; i < 60; i++) {
            double va = k->value(&a);
            double vb = k->value(&b);
            ck_assert_msg((isnan(va) && isnan(vb)) || !bits_differ(va, vb),
                          "%s saved after %u, then %u", k->name, at, i);
            for (int j = 0; j < 3 && k->parts[j].name != NULL; j++) {
                va = k->parts[j].value(&a);
                vb = k->parts[j].value(&b);
                ck_assert((isnan(va) && isnan(vb)) || !bits_differ(va, vb));
            }
            double x = floor(61800.0 + 40.0 * any_noise(&seed)) / 10.0;
            k->push(&a, x);
            k->push(&b, x);
        }
        k->free(&a);
        k->free(&b);
    }
}
END_TEST

START_TEST(foreign_or_broken_state_is_refused_and_changes_nothing)
{
    const struct any_kind *k = &any_kinds[_i];
    const double wrong[] = {(double)NAN, (double)INFINITY, -1.0, 0.5, 1e300};
    union any_state s;
    double saved[64];
    double before[64];
    double after[64];
    uint64_t seed = 9;
    ck_assert_int_eq(k->init(&s, k->usual), NJORD_OK);
    for (unsigned i = 0; i < 40; i++)
        k->push(&s, 100.0 + any_noise(&seed));
    size_t len = k->state(&s, saved, 64);
    for (unsigned i = 0; i < 3; i++)
        k->push(&s, 100.0 + any_noise(&seed));
    k->state(&s, before, 64);
    ck_assert_int_eq(k->restore(&s, NULL, len), NJORD_E_STATE);
    ck_assert_int_eq(k->restore(&s, saved, 0), NJORD_E_STATE);
    ck_assert_int_eq(k->restore(&s, saved, len - 1), NJORD_E_STATE);
    ck_assert_int_eq(k->restore(&s, saved, len + 1), NJORD_E_STATE);
    /* The tag, and what is behind it: the window (in bollinger the width), never half a number. */
    for (size_t at = 0; at < 2; at++) {
        for (size_t w = 0; w < 5; w++) {
            double keep = saved[at];
            saved[at] = wrong[w];
            ck_assert_int_eq(k->restore(&s, saved, len), NJORD_E_STATE);
            saved[at] = keep;
        }
    }
    for (size_t at = 0; at < len; at++) {
        double keep = saved[at];
        for (size_t w = 0; w < 5; w++) {
            if (isfinite(wrong[w]) && wrong[w] < 1e300)
                continue;
            saved[at] = wrong[w];
            ck_assert_msg(k->restore(&s, saved, len) == NJORD_E_STATE, "%s: number %zu", k->name,
                          at);
        }
        saved[at] = keep;
    }
    ck_assert_uint_eq(k->state(&s, after, 64), len);
    ck_assert_mem_eq(before, after, len * sizeof(double));
    k->free(&s);
}
END_TEST

START_TEST(state_of_another_window_is_refused)
{
    const struct any_kind *k = &any_kinds[_i];
    double other[3] = {k->usual[0] + 1.0, k->usual[1], k->usual[2]};
    double saved[64];
    union any_state a;
    union any_state b;
    ck_assert_int_eq(k->init(&a, k->usual), NJORD_OK);
    ck_assert_int_eq(k->init(&b, other), NJORD_OK);
    size_t len = k->state(&a, saved, 64);
    ck_assert_int_eq(k->restore(&b, saved, len), NJORD_E_STATE);
    k->free(&a);
    k->free(&b);
}
END_TEST

START_TEST(state_writes_nothing_into_too_small_a_space)
{
    const struct any_kind *k = &any_kinds[_i];
    double space[64];
    union any_state s;
    ck_assert_int_eq(k->init(&s, k->usual), NJORD_OK);
    size_t len = k->state(&s, NULL, 0);
    for (int i = 0; i < 64; i++)
        space[i] = -7.0;
    ck_assert_uint_eq(k->state(&s, space, len - 1), len);
    for (int i = 0; i < 64; i++)
        ck_assert_double_eq(space[i], -7.0);
    ck_assert_uint_eq(k->state(&s, space, len), len);
    ck_assert_double_eq(space[len], -7.0);
    k->free(&s);
}
END_TEST

START_TEST(window_out_of_range_is_refused_and_leaves_an_empty_instance)
{
    const struct any_kind *k = &any_kinds[_i];
    const double bad[] = {0.0, -1.0, -9e15, NJORD_WINDOW_MAX + 1.0, 9e15};
    for (int i = 0; i < 5; i++) {
        double params[3] = {bad[i], k->usual[1], k->usual[2]};
        union any_state s;
        memset(&s, 0x5a, sizeof s);
        ck_assert_int_eq(k->init(&s, params), NJORD_E_ARG);
        ck_assert_double_nan(k->push(&s, 1.0));
        ck_assert_double_nan(k->push(&s, 2.0));
        ck_assert(!k->ready(&s));
        ck_assert_double_nan(k->value(&s));
        ck_assert_uint_eq(k->state(&s, NULL, 0), 0);
        double zero[8] = {0};
        ck_assert_int_eq(k->restore(&s, zero, 8), NJORD_E_STATE);
        k->reset(&s);
        k->free(&s);
        k->free(&s);
    }
    k->free(NULL);
}
END_TEST

START_TEST(parameters_that_make_no_sense_are_refused)
{
    njord_macd m;
    ck_assert_int_eq(njord_macd_init(&m, 26, 12, 9), NJORD_E_ARG);
    ck_assert_int_eq(njord_macd_init(&m, 12, 12, 9), NJORD_E_ARG);
    ck_assert_int_eq(njord_macd_init(&m, 12, 26, 0), NJORD_E_ARG);
    njord_linreg l;
    ck_assert_int_eq(njord_linreg_init(&l, 1), NJORD_E_ARG);
    njord_bollinger b;
    ck_assert_int_eq(njord_bollinger_init(&b, 20, 0.0), NJORD_E_ARG);
    ck_assert_int_eq(njord_bollinger_init(&b, 20, -2.0), NJORD_E_ARG);
    ck_assert_int_eq(njord_bollinger_init(&b, 20, 1001.0), NJORD_E_ARG);
    ck_assert_int_eq(njord_bollinger_init(&b, 20, (double)NAN), NJORD_E_ARG);
}
END_TEST

START_TEST(longest_window_works)
{
    njord_linreg s;
    ck_assert_int_eq(njord_linreg_init(&s, NJORD_WINDOW_MAX), NJORD_OK);
    double v = (double)NAN;
    for (int i = 0; i < NJORD_WINDOW_MAX + 10; i++)
        v = njord_linreg_push(&s, 1000.0 + 0.5 * i);
    double last = 1000.0 + 0.5 * (NJORD_WINDOW_MAX + 9);
    ck_assert_double_eq_tol(v, last, 1e-12 * last);
    ck_assert_double_eq_tol(njord_linreg_slope(&s), 0.5, 1e-12);
    njord_linreg_free(&s);
}
END_TEST

/* Multiples of 2^-24: a price that wanders, leaps, is 0, turns negative, and comes back. */
static int64_t leaping(uint64_t *seed, int64_t at, int64_t before)
{
    int64_t noise = (int64_t)(any_noise(seed) * 0x1p20);
    switch (at / 150 % 8) {
    case 1:
        return (INT64_C(100) << 24) * (at % 7 == 0 ? 90 : 1) + noise; /* outliers */
    case 3:
        return at % 3 == 0 ? 0 : (INT64_C(5) << 24) + noise;
    case 5:
        return noise - (1 << 19); /* both signs */
    case 6:
        return before + before / 16 + 1; /* a rise through many doublings */
    default:
        return (INT64_C(100) << 24) + noise; /* one range */
    }
}

START_TEST(sma_is_the_nearest_double_to_the_exact_mean_whatever_comes)
{
    const int64_t sizes[] = {1, 2, 3, 7, 30, 300};
    int64_t n = sizes[_i], window[300] = {0}, sum = 0, units = 0;
    uint64_t seed = 4711;
    njord_sma s, twin;
    double state[310];
    ck_assert_int_eq(njord_sma_init(&s, n), NJORD_OK);
    ck_assert_int_eq(njord_sma_init(&twin, n), NJORD_OK);
    for (int64_t at = 0; at < 5000; at++) {
        units = leaping(&seed, at, units > 0 && units < INT64_C(1) << 44 ? units : 1 << 10);
        sum += units - window[at % n];
        window[at % n] = units;
        double x = (double)units * 0x1p-24, mean = njord_sma_push(&s, x);
        if (at % 97 == 0) { /* one that is put back goes on alike */
            size_t len = njord_sma_state(&s, state, 310);
            ck_assert_int_eq(njord_sma_restore(&twin, state, len), NJORD_OK);
        } else {
            njord_sma_push(&twin, x);
        }
        if (at + 1 < n) {
            ck_assert(isnan(mean));
            continue;
        }
        ck_assert_mem_eq(&twin.value, &s.value, sizeof s.value);
        /* 53 bits times 9, and 62: both exact in a long double of 64 */
        long double off = fabsl((long double)mean * (long double)n - (long double)sum * 0x1p-24L);
        long double half = (long double)(nextafter(fabs(mean), HUGE_VAL) - fabs(mean)) / 2;
        ck_assert_msg(sum == 0 ? mean == 0 : off <= half * (long double)n * 1.0001L,
                      "n %ld at %ld: %.17g", (long)n, (long)at, mean);
    }
    njord_sma_free(&s);
    njord_sma_free(&twin);
}
END_TEST

START_TEST(flat_series_gives_its_own_value)
{
    const double levels[] = {0.1, 61800.01, 1e-300, 5e-324, 1.23456789e139, -7.3, 0.0};
    const struct any_kind *k = &any_kinds[_i];
    for (int level = 0; level < 7; level++) {
        double x = levels[level];
        double want = x;
        if (strcmp(k->name, "rsi") == 0)
            want = 50.0;
        if (strcmp(k->name, "macd") == 0 || strcmp(k->name, "dev") == 0)
            want = 0.0;
        union any_state s;
        ck_assert_int_eq(k->init(&s, k->usual), NJORD_OK);
        /* Something else first, for windows: nothing of it may stay behind. */
        if (k->first == any_first_n && strcmp(k->name, "ema") != 0)
            for (int i = 0; i < 25; i++)
                k->push(&s, 1e139 * (i % 3) - 0.1 * i);
        for (int i = 0; i < 50; i++) {
            double v = k->push(&s, x);
            if (i >= 25)
                ck_assert_msg(v == want, "%s of %g: %g", k->name, x, v);
        }
        if (strcmp(k->name, "bollinger") == 0)
            ck_assert(k->parts[0].value(&s) == x && k->parts[1].value(&s) == x);
        if (strcmp(k->name, "linreg") == 0)
            ck_assert(k->parts[0].value(&s) == 0.0 && k->parts[1].value(&s) == x);
        k->free(&s);
    }
}
END_TEST

START_TEST(middle_band_is_the_simple_average_bit_for_bit)
{
    njord_sma a;
    njord_bollinger b;
    uint64_t seed = 21;
    ck_assert_int_eq(njord_sma_init(&a, 20), NJORD_OK);
    ck_assert_int_eq(njord_bollinger_init(&b, 20, 2.0), NJORD_OK);
    for (int i = 0; i < 5000; i++) {
        double x = 61800.0 * any_noise(&seed);
        double va = njord_sma_push(&a, x);
        double vb = njord_bollinger_push(&b, x);
        ck_assert((isnan(va) && isnan(vb)) || !bits_differ(va, vb));
    }
    njord_sma_free(&a);
    njord_bollinger_free(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("indicators");
    TCase *hand = tcase_create("by hand");
    tcase_add_test(hand, sma_is_the_mean_of_the_last_three);
    tcase_add_test(hand, ema_starts_at_the_mean_of_its_first_three_then_moves_half_way);
    tcase_add_test(hand, tema_seeds_each_stage_by_the_mean_of_its_own_first);
    tcase_add_test(hand, rsi_follows_wilders_smoothing);
    tcase_add_test(hand, rsi_is_100_when_nothing_fell_0_when_nothing_rose_50_when_nothing_moved);
    tcase_add_test(hand, rsi_keeps_its_value_through_a_million_unchanged_prices);
    tcase_add_test(hand, rsi_after_three_unchanged_prices_weighs_the_past_by_an_eighth);
    tcase_add_test(hand, macd_line_comes_with_slow_and_signal_after);
    tcase_add_test(hand, usual_macd_is_ready_with_the_34th_value);
    tcase_add_test(hand, deviation_divides_by_n);
    tcase_add_test(hand, bollinger_bands_stand_two_deviations_from_the_mean);
    tcase_add_test(hand, regression_of_four_points);
    tcase_add_test(hand, forecast_before_the_push_is_the_line_of_the_prices_before);
    tcase_add_test(hand, extremes_leave_with_the_window);
    tcase_add_test(hand, rolling_mean_is_the_simple_average);
    suite_add_tcase(suite, hand);
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, nan_before_ready_and_ready_when_promised, 0, ANY_KINDS);
    tcase_add_loop_test(all, unusable_input_changes_nothing, 0, ANY_KINDS);
    tcase_add_loop_test(all, reset_is_as_new, 0, ANY_KINDS);
    tcase_add_loop_test(all, restored_instance_goes_on_bit_for_bit, 0, ANY_KINDS);
    tcase_add_loop_test(all, foreign_or_broken_state_is_refused_and_changes_nothing, 0, ANY_KINDS);
    tcase_add_loop_test(all, state_of_another_window_is_refused, 0, ANY_KINDS);
    tcase_add_loop_test(all, state_writes_nothing_into_too_small_a_space, 0, ANY_KINDS);
    tcase_add_loop_test(all, window_out_of_range_is_refused_and_leaves_an_empty_instance, 0,
                        ANY_KINDS);
    if (LDBL_MANT_DIG >= 64)
        tcase_add_loop_test(all, sma_is_the_nearest_double_to_the_exact_mean_whatever_comes, 0, 6);
    else
        printf("SKIP: sma against exact means: long double has %d bits here, 64 are needed\n",
               LDBL_MANT_DIG);
    tcase_add_loop_test(all, flat_series_gives_its_own_value, 0, ANY_KINDS);
    tcase_add_test(all, parameters_that_make_no_sense_are_refused);
    tcase_add_test(all, longest_window_works);
    tcase_add_test(all, middle_band_is_the_simple_average_bit_for_bit);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
