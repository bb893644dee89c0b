/* test_quality.c - what validation finds in bars: each rule one below its threshold, at it and one
 * above, on series made by hand. Owned by the tests. */
#include "market/quality.h"

#include "test_main.h"

#include <math.h>

#define MINUTE INT64_C(60000000000)
#define START  INT64_C(1618951140000000000) /* 2021-04-20T20:39:00Z: a whole minute */

static struct nj_quality *quality;
static struct nj_finding found[64];
static size_t n_found;
static int64_t at; /* ts_open of the next bar */

static void take(void *ctx, const struct nj_finding *finding)
{
    (void)ctx;
    ck_assert_uint_lt(n_found, 64);
    found[n_found++] = *finding;
}

static struct nj_quality_options usual(void)
{
    return (struct nj_quality_options){.length_ns = MINUTE,
                                       .return_max = NJ_QUALITY_RETURN,
                                       .z_max = NJ_QUALITY_Z,
                                       .volume_times = NJ_QUALITY_VOLUME_TIMES,
                                       .window = NJ_QUALITY_WINDOW,
                                       .flat_bars = NJ_QUALITY_FLAT_BARS,
                                       .each = take};
}

static void begin(struct nj_quality_options options)
{
    struct nj_error err = {0};
    n_found = 0;
    at = START;
    ck_assert_int_eq(nj_quality_new(&quality, &options, &err), 0);
}

static void end(void)
{
    nj_quality_finish(quality);
    nj_quality_free(quality);
    quality = NULL;
}

static njord_bar bar_at(int64_t ts, double open, double high, double low, double close,
                        double volume)
{
    njord_bar bar;
    njord_event_init(&bar, NJORD_EV_BAR);
    bar.ts_open = ts;
    bar.ts_close = ts + MINUTE;
    bar.ev.ts_ns = bar.ts_close;
    bar.open = open;
    bar.high = high;
    bar.low = low;
    bar.close = close;
    bar.volume = volume;
    return bar;
}

static void give(njord_bar bar)
{
    nj_quality_bar(quality, &bar);
}

/* The next minute's bar, flat in itself. */
static void close_at(double close, double volume)
{
    give(bar_at(at, close, close, close, close, volume));
    at += MINUTE;
}

/* Closes 100, 101, 100, 101, …: median return and its deviation follow by hand. */
static void saw(int n)
{
    for (int i = 0; i < n; i++)
        close_at(i % 2 ? 101 : 100, 10);
}

static void expect_none(void)
{
    ck_assert_msg(n_found == 0, "found %s", n_found ? nj_quality_rules[found[0].kind].key : "");
}

static void expect_one(enum nj_quality_kind kind)
{
    ck_assert_uint_eq(n_found, 1);
    ck_assert_msg(found[0].kind == kind, "found %s, expected %s",
                  nj_quality_rules[found[0].kind].key, nj_quality_rules[kind].key);
}

START_TEST(bars_in_order_without_holes_are_fine)
{
    begin(usual());
    saw(300);
    end();
    expect_none();
}
END_TEST

START_TEST(a_gap_goes_from_the_first_missing_bar_to_the_next_one)
{
    begin(usual());
    close_at(100, 1);
    at += 3 * MINUTE;
    close_at(100, 1);
    end();
    expect_one(NJ_QUALITY_GAP);
    ck_assert_int_eq(found[0].from_ns, START + MINUTE);
    ck_assert_int_eq(found[0].to_ns, START + 4 * MINUTE);
    ck_assert_uint_eq(found[0].count, 3);
    ck_assert_uint_eq(found[0].row, 2);
}
END_TEST

START_TEST(one_missing_bar_is_a_gap_none_is_not)
{
    begin(usual());
    close_at(100, 1);
    close_at(100, 1);
    at += MINUTE;
    close_at(100, 1);
    end();
    expect_one(NJ_QUALITY_GAP);
    ck_assert_uint_eq(found[0].count, 1);
}
END_TEST

START_TEST(the_same_open_time_twice_is_a_duplicate_an_older_one_disorder)
{
    struct nj_quality_stats stats;
    begin(usual());
    close_at(100, 1);
    close_at(100, 1);
    give(bar_at(START + MINUTE, 100, 100, 100, 100, 1));
    give(bar_at(START, 100, 100, 100, 100, 1));
    close_at(100, 1); /* goes on where it was: no gap */
    nj_quality_stats(quality, &stats);
    end();
    ck_assert_uint_eq(n_found, 2);
    ck_assert_int_eq(found[0].kind, NJ_QUALITY_DUPLICATE);
    ck_assert_int_eq(found[0].to_ns, START + MINUTE);
    ck_assert_int_eq(found[1].kind, NJ_QUALITY_DISORDER);
    ck_assert_int_eq(found[1].from_ns, START + MINUTE);
    ck_assert_int_eq(found[1].to_ns, START);
    ck_assert_uint_eq(stats.rows, 5);
    ck_assert_int_eq(stats.first_ns, START);
    ck_assert_int_eq(stats.last_ns, START + 2 * MINUTE);
}
END_TEST

START_TEST(high_equal_to_low_passes_below_it_does_not)
{
    begin(usual());
    give(bar_at(START, 100, 100, 100, 100, 1));
    expect_none();
    give(bar_at(START + MINUTE, 100, 99.99, 100, 100, 1));
    end();
    expect_one(NJ_QUALITY_HIGH_BELOW_LOW);
    ck_assert_double_eq(found[0].value, 99.99);
    ck_assert_double_eq(found[0].limit, 100);
}
END_TEST

START_TEST(open_and_close_may_touch_high_and_low_not_pass_them)
{
    begin(usual());
    give(bar_at(START, 99, 101, 99, 101, 1));
    expect_none();
    give(bar_at(START + MINUTE, 100, 101, 99, 101.01, 1));
    expect_one(NJ_QUALITY_OUTSIDE);
    ck_assert_double_eq(found[0].value, 101.01);
    n_found = 0;
    give(bar_at(START + 2 * MINUTE, 98.99, 101, 99, 100, 1));
    end();
    expect_one(NJ_QUALITY_OUTSIDE);
    ck_assert_double_eq(found[0].value, 98.99);
}
END_TEST

START_TEST(a_price_must_be_above_zero)
{
    struct nj_quality_options options = usual();
    options.return_max = 0;
    begin(options);
    give(bar_at(START, 1e-8, 1e-8, 1e-8, 1e-8, 1));
    expect_none();
    give(bar_at(START + MINUTE, 0, 1e-8, 0, 1e-8, 1));
    expect_one(NJ_QUALITY_PRICE);
    n_found = 0;
    give(bar_at(START + 2 * MINUTE, 1, 1, -1, 1, 1));
    end();
    expect_one(NJ_QUALITY_PRICE);
    ck_assert_double_eq(found[0].value, -1);
}
END_TEST

START_TEST(a_volume_of_zero_passes_below_it_does_not)
{
    begin(usual());
    close_at(100, 0);
    expect_none();
    close_at(100, -1e-8);
    end();
    expect_one(NJ_QUALITY_VOLUME);
}
END_TEST

START_TEST(nan_and_infinity_are_findings)
{
    struct nj_quality_stats stats;
    begin(usual());
    close_at(100, 1);
    close_at((double)NAN, (double)NAN);
    close_at((double)INFINITY, (double)INFINITY);
    close_at(100, 1);
    nj_quality_stats(quality, &stats);
    end();
    ck_assert_uint_eq(stats.counts[NJ_QUALITY_PRICE], 2);
    ck_assert_uint_eq(stats.counts[NJ_QUALITY_VOLUME], 2);
    ck_assert_uint_eq(stats.counts[NJ_QUALITY_RETURN_SPIKE], 0);
}
END_TEST

START_TEST(open_time_must_stand_on_the_grid)
{
    begin(usual());
    give(bar_at(START + 1, 100, 100, 100, 100, 1));
    end();
    expect_one(NJ_QUALITY_MISALIGNED);
}
END_TEST

START_TEST(a_misaligned_bar_in_the_next_bucket_is_no_gap)
{
    begin(usual());
    close_at(100, 1);
    give(bar_at(START + MINUTE + 30000000000, 100, 100, 100, 100, 1));
    give(bar_at(START + 2 * MINUTE, 100, 100, 100, 100, 1));
    end();
    expect_one(NJ_QUALITY_MISALIGNED);
}
END_TEST

START_TEST(weeks_are_counted_from_a_monday)
{
    struct nj_quality_options options = usual();
    const int64_t day = 1440 * MINUTE, monday = 4 * day; /* 1970-01-05 */
    options.length_ns = 7 * day;
    options.origin_ns = monday;
    begin(options);
    njord_bar bar = bar_at(monday + 21 * day, 1, 1, 1, 1, 1);
    bar.ts_close = bar.ts_open + 7 * day;
    give(bar);
    expect_none();
    bar.ts_open = 28 * day; /* a Thursday, three days later */
    bar.ts_close = bar.ts_open + 7 * day;
    give(bar);
    end();
    expect_one(NJ_QUALITY_MISALIGNED);
}
END_TEST

START_TEST(close_time_is_open_time_plus_length)
{
    begin(usual());
    njord_bar bar = bar_at(START, 100, 100, 100, 100, 1);
    bar.ts_close -= 1;
    give(bar);
    end();
    expect_one(NJ_QUALITY_WRONG_CLOSE);
    ck_assert_int_eq(found[0].to_ns, START + MINUTE - 1);
}
END_TEST

/* 64 and 72 and their ratio 1.125 are exact in binary: the limit itself can be met. */
START_TEST(a_return_equal_to_the_limit_passes_one_above_is_a_spike)
{
    struct nj_quality_options options = usual();
    options.return_max = 0.125;
    begin(options);
    close_at(64, 1);
    close_at(72, 1);
    expect_none();
    close_at(63, 1); /* - 0.125 */
    expect_none();
    close_at(nextafter(70.875, 100), 1); /* 63 * 1.125 and a hair */
    end();
    expect_one(NJ_QUALITY_RETURN_SPIKE);
    ck_assert_double_gt(found[0].value, 0.125);
    ck_assert_double_eq(found[0].limit, 0.125);
}
END_TEST

START_TEST(a_fall_over_a_gap_is_a_spike_by_return_too)
{
    begin(usual());
    close_at(100, 1);
    at += MINUTE;
    close_at(89.9, 1);
    end();
    ck_assert_uint_eq(n_found, 2);
    ck_assert_int_eq(found[0].kind, NJ_QUALITY_GAP);
    ck_assert_int_eq(found[1].kind, NJ_QUALITY_RETURN_SPIKE);
}
END_TEST

/* Window 4 with the returns 0.5, -0.25, 0.5, -0.25 (closes 64, 96, 72, 108, 81): median 0.125, each
 * 0.375 away: MAD 0.375. A return r has z = 0.6745 |r - 0.125| / 0.375; z = 4 x 0.6745 at
 * r = 1.625. */
START_TEST(the_modified_z_score_is_that_of_iglewicz_and_hoaglin)
{
    const double closes[] = {64, 96, 72, 108, 81};
    struct nj_quality_options options = usual();
    options.window = 4;
    options.return_max = 0;
    options.z_max = 1.5 / (0.375 / 0.6745); /* what the rule computes at the limit, in its order */
    begin(options);
    for (int i = 0; i < 5; i++)
        close_at(closes[i], 10);
    expect_none();
    close_at(81 * 2.625, 10);
    expect_none(); /* equal passes */
    end();

    begin(options);
    for (int i = 0; i < 5; i++)
        close_at(closes[i], 10);
    close_at(81 * 2.625 + 0.001, 10);
    end();
    expect_one(NJ_QUALITY_Z_SPIKE);
    ck_assert_double_eq_tol(found[0].value, 4 * 0.6745, 1e-4);
}
END_TEST

/* Of 4 returns 3 are 0: median and MAD are 0, the 90th percentile of (0, 0, 0, 0.5) is 0.5. */
START_TEST(where_most_stand_still_the_90th_percentile_judges)
{
    const double closes[] = {64, 96, 96, 96, 96};
    struct nj_quality_options options = usual();
    options.window = 4;
    options.return_max = 0;
    options.z_max = 3.3;
    begin(options);
    for (int i = 0; i < 5; i++)
        close_at(closes[i], 10);
    expect_none();
    close_at(96 * 2.0, 10); /* r = 1: z = 1 / (1.253314 * 0.125) = 6.383 */
    expect_none();
    end();
    options.z_max = 3.28;
    begin(options);
    for (int i = 0; i < 5; i++)
        close_at(closes[i], 10);
    close_at(96 * 2.0, 10);
    end();
    expect_one(NJ_QUALITY_Z_SPIKE);
    ck_assert_double_eq_tol(found[0].value, 3.2898, 1e-9);
}
END_TEST

START_TEST(a_window_in_which_nothing_moved_judges_nothing)
{
    struct nj_quality_options options = usual();
    options.flat_bars = 0;
    options.return_max = 0;
    begin(options);
    for (int i = 0; i < 100; i++)
        close_at(100, 10);
    close_at(150, 10);
    end();
    expect_none();
}
END_TEST

/* 30 returns must stand before: 31 closes. */
START_TEST(fewer_than_thirty_returns_judge_nothing)
{
    struct nj_quality_options options = usual();
    options.return_max = 0;
    begin(options);
    saw(30); /* 29 returns */
    close_at(200, 10);
    end();
    expect_none();
    begin(options);
    saw(31); /* 30 returns */
    close_at(200, 10);
    end();
    expect_one(NJ_QUALITY_Z_SPIKE);
}
END_TEST

START_TEST(a_return_over_a_gap_is_not_judged_by_z_and_does_not_enter)
{
    struct nj_quality_options options = usual();
    options.return_max = 0;
    begin(options);
    saw(60);
    at += MINUTE;
    close_at(150, 10);
    end();
    expect_one(NJ_QUALITY_GAP);
}
END_TEST

START_TEST(nine_equal_closes_pass_ten_are_a_flat_line)
{
    begin(usual());
    close_at(99, 1);
    for (int i = 0; i < 9; i++)
        close_at(100, 1);
    close_at(101, 1);
    expect_none();
    for (int i = 0; i < 10; i++)
        close_at(102, 1);
    close_at(101, 1);
    end();
    expect_one(NJ_QUALITY_FLAT);
    ck_assert_uint_eq(found[0].count, 10);
    ck_assert_int_eq(found[0].from_ns, START + 11 * MINUTE);
    ck_assert_int_eq(found[0].to_ns, START + 21 * MINUTE);
    ck_assert_double_eq(found[0].value, 102);
    ck_assert_uint_eq(found[0].row, 12);
}
END_TEST

START_TEST(a_flat_line_that_reaches_the_end_is_told_at_the_end)
{
    begin(usual());
    for (int i = 0; i < 11; i++)
        close_at(100, 1);
    expect_none();
    end();
    expect_one(NJ_QUALITY_FLAT);
    ck_assert_uint_eq(found[0].count, 11);
}
END_TEST

START_TEST(a_gap_ends_a_flat_line)
{
    begin(usual());
    for (int i = 0; i < 6; i++)
        close_at(100, 1);
    at += MINUTE;
    for (int i = 0; i < 6; i++)
        close_at(100, 1);
    end();
    expect_one(NJ_QUALITY_GAP);
}
END_TEST

START_TEST(a_volume_equal_to_the_limit_passes_one_above_is_a_spike)
{
    begin(usual());
    saw(30);
    close_at(100, 500); /* 50 times the median, 10 */
    expect_none();
    close_at(101, 500.001);
    end();
    expect_one(NJ_QUALITY_VOLUME_SPIKE);
    ck_assert_double_eq_tol(found[0].value, 50.0001, 1e-9);
}
END_TEST

START_TEST(filled_bars_do_not_pull_the_median_volume_down)
{
    begin(usual());
    saw(30);
    for (int i = 0; i < 200; i++)
        close_at(i % 2 ? 101 : 100, 0);
    close_at(100, 400);
    end();
    expect_none();
}
END_TEST

START_TEST(a_rule_that_is_off_finds_nothing)
{
    struct nj_quality_options options = {.length_ns = MINUTE, .window = 10, .each = take};
    begin(options);
    saw(60);
    close_at(1000, 1e9);
    for (int i = 0; i < 30; i++)
        close_at(1000, 10);
    end();
    expect_none();
}
END_TEST

START_TEST(options_out_of_range_are_refused)
{
    struct nj_error err;
    struct nj_quality *q;
    struct nj_quality_options options = usual();
    options.return_max = (double)NAN;
    ck_assert_int_eq(nj_quality_new(&q, &options, &err), NJ_ERR_INPUT);
    options = usual();
    options.z_max = -1;
    ck_assert_int_eq(nj_quality_new(&q, &options, &err), NJ_ERR_INPUT);
    options = usual();
    options.window = 0;
    ck_assert_int_eq(nj_quality_new(&q, &options, &err), NJ_ERR_INPUT);
    options.window = NJ_QUALITY_WINDOW_MAX + 1;
    ck_assert_int_eq(nj_quality_new(&q, &options, &err), NJ_ERR_INPUT);
    ck_assert_ptr_null(q);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quality");
    TCase *tc = tcase_create("bars");
    tcase_add_test(tc, bars_in_order_without_holes_are_fine);
    tcase_add_test(tc, a_gap_goes_from_the_first_missing_bar_to_the_next_one);
    tcase_add_test(tc, one_missing_bar_is_a_gap_none_is_not);
    tcase_add_test(tc, the_same_open_time_twice_is_a_duplicate_an_older_one_disorder);
    tcase_add_test(tc, high_equal_to_low_passes_below_it_does_not);
    tcase_add_test(tc, open_and_close_may_touch_high_and_low_not_pass_them);
    tcase_add_test(tc, a_price_must_be_above_zero);
    tcase_add_test(tc, a_volume_of_zero_passes_below_it_does_not);
    tcase_add_test(tc, nan_and_infinity_are_findings);
    tcase_add_test(tc, open_time_must_stand_on_the_grid);
    tcase_add_test(tc, a_misaligned_bar_in_the_next_bucket_is_no_gap);
    tcase_add_test(tc, weeks_are_counted_from_a_monday);
    tcase_add_test(tc, close_time_is_open_time_plus_length);
    tcase_add_test(tc, a_return_equal_to_the_limit_passes_one_above_is_a_spike);
    tcase_add_test(tc, a_fall_over_a_gap_is_a_spike_by_return_too);
    tcase_add_test(tc, the_modified_z_score_is_that_of_iglewicz_and_hoaglin);
    tcase_add_test(tc, where_most_stand_still_the_90th_percentile_judges);
    tcase_add_test(tc, a_window_in_which_nothing_moved_judges_nothing);
    tcase_add_test(tc, fewer_than_thirty_returns_judge_nothing);
    tcase_add_test(tc, a_return_over_a_gap_is_not_judged_by_z_and_does_not_enter);
    tcase_add_test(tc, nine_equal_closes_pass_ten_are_a_flat_line);
    tcase_add_test(tc, a_flat_line_that_reaches_the_end_is_told_at_the_end);
    tcase_add_test(tc, a_gap_ends_a_flat_line);
    tcase_add_test(tc, a_volume_equal_to_the_limit_passes_one_above_is_a_spike);
    tcase_add_test(tc, filled_bars_do_not_pull_the_median_volume_down);
    tcase_add_test(tc, a_rule_that_is_off_finds_nothing);
    tcase_add_test(tc, options_out_of_range_are_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
