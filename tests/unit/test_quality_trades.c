/* test_quality_trades.c - what validation finds in trades, and the moving window of its judgements.
 * Owned by the tests. */
#include "market/quality.h"
#include "market/rolling.h"

#include "test_main.h"

#include <stdio.h>

static struct nj_quality *quality;
static struct nj_finding found[16];
static size_t n_found;

static void take(void *ctx, const struct nj_finding *finding)
{
    (void)ctx;
    ck_assert_uint_lt(n_found, 16);
    found[n_found++] = *finding;
}

static void begin(void)
{
    const struct nj_quality_options options = {.window = 10, .each = take};
    struct nj_error err = {0};
    n_found = 0;
    ck_assert_int_eq(nj_quality_new(&quality, &options, &err), 0);
}

static void end(void)
{
    nj_quality_finish(quality);
    nj_quality_free(quality);
    quality = NULL;
}

static void trade_of(int64_t ts, const char *id, double price, double qty, const char *venue)
{
    njord_trade trade;
    struct nj_error err = {0};
    njord_event_init(&trade, NJORD_EV_TRADE);
    trade.ev.ts_ns = ts;
    trade.price = price;
    trade.qty = qty;
    snprintf(trade.trade_id, sizeof trade.trade_id, "%s", id);
    snprintf(trade.venue, sizeof trade.venue, "%s", venue);
    ck_assert_int_eq(nj_quality_trade(quality, &trade, &err), 0);
}

static void expect_none(void)
{
    ck_assert_msg(n_found == 0, "found %s", n_found ? nj_quality_rules[found[0].kind].key : "");
}

static void expect_one(enum nj_quality_kind kind)
{
    ck_assert_uint_eq(n_found, 1);
    ck_assert_int_eq(found[0].kind, kind);
}

/* ---- trades ---------------------------------------------------------------------------------- */

START_TEST(trade_ids_that_are_missing_are_a_gap)
{
    struct nj_quality_stats stats;
    begin();
    trade_of(1000, "10", 1, 1, "x");
    trade_of(1001, "11", 1, 1, "x");
    trade_of(1005, "15", 1, 1, "x");
    nj_quality_stats(quality, &stats);
    end();
    expect_one(NJ_QUALITY_ID_GAP);
    ck_assert_int_eq(found[0].from_id, 12);
    ck_assert_int_eq(found[0].to_id, 14);
    ck_assert_uint_eq(found[0].count, 3);
    ck_assert_int_eq(found[0].from_ns, 1001);
    ck_assert_int_eq(found[0].to_ns, 1005);
    ck_assert_uint_eq(stats.missing, 3);
}
END_TEST

START_TEST(a_trade_seen_before_is_a_duplicate_a_late_one_is_disorder)
{
    begin();
    trade_of(1000, "10", 1, 1, "x");
    trade_of(1000, "12", 1, 1, "x"); /* gap: 11 */
    trade_of(1000, "11", 1, 1, "x"); /* late */
    trade_of(1000, "10", 1, 1, "x");
    trade_of(1000, "11", 1, 1, "x");
    end();
    ck_assert_uint_eq(n_found, 4);
    ck_assert_int_eq(found[0].kind, NJ_QUALITY_ID_GAP);
    ck_assert_int_eq(found[1].kind, NJ_QUALITY_DISORDER);
    ck_assert_int_eq(found[2].kind, NJ_QUALITY_DUPLICATE);
    ck_assert_int_eq(found[3].kind, NJ_QUALITY_DUPLICATE);
}
END_TEST

START_TEST(ids_are_counted_by_venue)
{
    begin();
    trade_of(1000, "10", 1, 1, "x");
    trade_of(1000, "900", 1, 1, "y");
    trade_of(1001, "11", 1, 1, "x");
    trade_of(1001, "901", 1, 1, "y");
    end();
    expect_none();
}
END_TEST

START_TEST(equal_times_pass_an_earlier_one_is_disorder)
{
    begin();
    trade_of(1000, "", 1, 1, "");
    trade_of(1000, "", 1, 1, "");
    expect_none();
    trade_of(999, "", 1, 1, "");
    end();
    expect_one(NJ_QUALITY_DISORDER);
    ck_assert_int_eq(found[0].from_ns, 1000);
    ck_assert_int_eq(found[0].to_ns, 999);
}
END_TEST

START_TEST(ids_that_are_no_numbers_are_compared_with_the_one_before)
{
    begin();
    trade_of(1000, "a7", 1, 1, "x");
    trade_of(1000, "a9", 1, 1, "x");
    expect_none();
    trade_of(1000, "a9", 1, 1, "x");
    end();
    expect_one(NJ_QUALITY_DUPLICATE);
}
END_TEST

START_TEST(a_jump_of_ids_beyond_the_memory_forgets_what_was_before)
{
    begin();
    trade_of(1000, "1", 1, 1, "x");
    trade_of(1000, "1000000", 1, 1, "x");
    trade_of(1000, "1", 1, 1, "x");
    end();
    ck_assert_uint_eq(n_found, 2);
    ck_assert_int_eq(found[1].kind, NJ_QUALITY_DISORDER);
    ck_assert_uint_eq(found[0].count, 999998);
}
END_TEST

START_TEST(price_and_quantity_of_a_trade_must_be_above_zero)
{
    begin();
    trade_of(1000, "1", 1e-8, 1e-8, "x");
    expect_none();
    trade_of(1000, "2", 0, 1, "x");
    trade_of(1000, "3", 1, 0, "x");
    end();
    ck_assert_uint_eq(n_found, 2);
    ck_assert_int_eq(found[0].kind, NJ_QUALITY_PRICE);
    ck_assert_int_eq(found[1].kind, NJ_QUALITY_QTY);
}
END_TEST

/* ---- the window ------------------------------------------------------------------------------ */

/* Of 11 values the 10th is the 90th percentile (0.9 x 11 = 9.9), of 10 the 9th, of 9 the 9th. */
START_TEST(percentiles_by_nearest_rank)
{
    double mad, p90;
    for (int n = 1; n <= 11; n++) {
        struct nj_rolling r;
        ck_assert(nj_rolling_init(&r, 11));
        for (int i = 0; i < n; i++)
            nj_rolling_add(&r, i);
        nj_rolling_deviations(&r, 0, &mad, &p90); /* 0 1 2 … n - 1 */
        ck_assert_double_eq(p90, n == 11 ? 9 : n == 10 ? 8 : n - 1);
        ck_assert_double_eq(mad, (n - 1) / 2.0);
        nj_rolling_free(&r);
    }
}
END_TEST

START_TEST(median_and_deviation_of_a_moving_window)
{
    struct nj_rolling r;
    double mad, p90;
    const double v[] = {5, 1, 4, 2, 3};
    ck_assert(nj_rolling_init(&r, 4));
    for (int i = 0; i < 3; i++)
        nj_rolling_add(&r, v[i]); /* 1 4 5 */
    ck_assert_double_eq(nj_rolling_median(&r), 4);
    nj_rolling_deviations(&r, 4, &mad, &p90); /* 0 1 3 */
    ck_assert_double_eq(mad, 1);
    ck_assert_double_eq(p90, 3);
    nj_rolling_add(&r, v[3]); /* 1 2 4 5 */
    ck_assert_double_eq(nj_rolling_median(&r), 3);
    nj_rolling_deviations(&r, 3, &mad, &p90); /* 1 1 2 2 */
    ck_assert_double_eq(mad, 1.5);
    ck_assert_double_eq(p90, 2);
    nj_rolling_add(&r, v[4]); /* 5 goes: 1 2 3 4 */
    ck_assert_double_eq(nj_rolling_median(&r), 2.5);
    nj_rolling_deviations(&r, 2.5, &mad, &p90); /* 0.5 0.5 1.5 1.5 */
    ck_assert_double_eq(mad, 1);
    ck_assert_double_eq(p90, 1.5);
    nj_rolling_free(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quality_trades");
    TCase *tc = tcase_create("trades");
    tcase_add_test(tc, trade_ids_that_are_missing_are_a_gap);
    tcase_add_test(tc, a_trade_seen_before_is_a_duplicate_a_late_one_is_disorder);
    tcase_add_test(tc, ids_are_counted_by_venue);
    tcase_add_test(tc, equal_times_pass_an_earlier_one_is_disorder);
    tcase_add_test(tc, ids_that_are_no_numbers_are_compared_with_the_one_before);
    tcase_add_test(tc, a_jump_of_ids_beyond_the_memory_forgets_what_was_before);
    tcase_add_test(tc, price_and_quantity_of_a_trade_must_be_above_zero);
    suite_add_tcase(suite, tc);
    tc = tcase_create("window");
    tcase_add_test(tc, median_and_deviation_of_a_moving_window);
    tcase_add_test(tc, percentiles_by_nearest_rank);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
