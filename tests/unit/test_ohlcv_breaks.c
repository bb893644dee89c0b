/*
 * test_ohlcv_breaks.c - bars when trades may be missing: outages of the feed, ids that jumped, the
 * time between two runs. By hand.
 */
#include "ohlcv_make.h"

/* ---- a feed that is not whole ---- */

START_TEST(buckets_in_which_the_feed_was_down_are_left_out)
{
    OPEN(true, 0, "1m", "5m");
    put(TEN, 10, 1);
    put(TEN + MIN, 11, 1);
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", true, TEN + 90 * SEC, &err), 0);
    advance(TEN + 3 * MIN);
    ck_assert_uint_eq(n_bars, 1); /* 10:00; not 10:01, which was cut, nor 10:02 */
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", false, TEN + 3 * MIN + 10 * SEC, &err), 0);
    put(TEN + 3 * MIN + 20 * SEC, 12, 1);
    put(TEN + 5 * MIN, 13, 1);
    ck_assert_uint_eq(n_bars, 2); /* not 10:03; 10:04 is filled; not the five minutes */
    expect_filled(1, "1m", TEN + 4 * MIN, 12);
    ck_assert_uint_eq(stats().left_out, 4);
    put(TEN + 10 * MIN, 14, 1);
    expect(n_bars - 1, "5m", TEN + 5 * MIN, 13, 13, 13, 13, 1, 1);
}
END_TEST

START_TEST(trade_shows_that_the_source_is_back)
{
    OPEN(true, 0, "1m");
    put(TEN, 10, 1);
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", true, TEN + MIN, &err), 0);
    put(TEN + 4 * MIN + 1, 12, 1);
    put(TEN + 6 * MIN, 13, 1);
    ck_assert_uint_eq(n_bars, 2);
    expect(0, "1m", TEN, 10, 10, 10, 10, 1, 1);
    expect_filled(1, "1m", TEN + 5 * MIN, 12);
    ck_assert_uint_eq(stats().left_out, 4); /* 10:01 to 10:04 */
}
END_TEST

START_TEST(missing_ids_leave_out_from_the_last_trade_to_the_next)
{
    OPEN(true, 0, "1m");
    put(TEN, 10, 1);
    put(TEN + MIN, 11, 1);
    ck_assert_int_eq(nj_ohlcv_gap(ohlcv, "ATOM/USDT", TEN + 3 * MIN, &err), 0);
    put(TEN + 3 * MIN, 12, 1);
    put(TEN + 4 * MIN, 13, 1);
    put(TEN + 5 * MIN, 14, 1);
    ck_assert_uint_eq(n_bars, 2); /* 10:00 and 10:04 */
    expect(1, "1m", TEN + 4 * MIN, 13, 13, 13, 13, 1, 1);
    ck_assert_uint_eq(stats().left_out, 3);
}
END_TEST

START_TEST(several_outages_are_each_remembered)
{
    OPEN(true, 0, "1m", "1h");
    put(TEN, 10, 1);
    for (int i = 2; i < 20; i += 4) { /* 10:02, 10:06, … 10:18 */
        ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", true, TEN + i * MIN, &err), 0);
        ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", false, TEN + i * MIN + 1, &err), 0);
    }
    put(TEN + 20 * MIN, 11, 1);
    ck_assert_uint_eq(n_bars, 15);
    ck_assert_uint_eq(stats().left_out, 5);
    for (size_t i = 0; i < n_bars; i++)
        ck_assert_int_ne((bars[i].ts_open - TEN) / MIN % 4, 2);
    put(TEN + 60 * MIN, 11, 1);
    ck_assert_str_ne(bars[n_bars - 1].timeframe, "1h");
}
END_TEST

START_TEST(thousands_of_outages_in_one_bucket_take_bounded_memory)
{
    OPEN(true, 0, "1d");
    put(TEN, 10, 1);
    for (int i = 1; i < 5000; i++) {
        ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", true, TEN + i * SEC, &err), 0);
        ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", false, TEN + i * SEC + 1, &err), 0);
    }
    put(TEN + 24 * HOUR, 11, 1);
    ck_assert_uint_eq(n_bars, 0);
    ck_assert_uint_eq(stats().left_out, 1);
}
END_TEST

START_TEST(an_outage_of_years_is_walked_at_once)
{
    OPEN(true, 0, "1s");
    put(TEN, 10, 1);
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", true, TEN + SEC, &err), 0);
    put(TEN + 100 * 365 * 24 * HOUR, 12, 1);
    ck_assert_uint_eq(n_bars, 1);
    ck_assert_uint_eq(stats().left_out, UINT64_C(100) * 365 * 86400 - 1);
}
END_TEST

/* ---- an earlier run ---- */

START_TEST(bucket_rebuilt_from_the_journal_is_whole)
{
    OPEN(true, 0, "1m", "5m");
    prime(TEN + 3 * MIN, 10, 1, TEN - 1);
    prime(TEN + 4 * MIN + 10 * SEC, 12, 1, TEN - 1);
    ck_assert_uint_eq(n_bars, 0); /* 10:03 was handed out by the run before */
    put(TEN + 4 * MIN + 20 * SEC, 11, 1);
    put(TEN + 5 * MIN, 13, 1);
    expect(0, "1m", TEN + 4 * MIN, 12, 12, 11, 11, 2, 2);
    expect(1, "5m", TEN, 10, 12, 10, 11, 3, 3);
    ck_assert(!partial(0));
    ck_assert(!partial(1));
    ck_assert_uint_eq(stats().trades, 2);
}
END_TEST

START_TEST(journal_that_begins_within_the_bucket_leaves_it_partial)
{
    OPEN(true, 0, "1m", "5m");
    prime(TEN + 4 * MIN + 10 * SEC, 12, 1, TEN + 2 * MIN + 1);
    put(TEN + 5 * MIN, 13, 1);
    ck_assert(!partial(0)); /* 10:04 */
    ck_assert(partial(1));  /* 10:00 to 10:05 */
}
END_TEST

START_TEST(nothing_is_closed_by_the_clock_until_it_is_known_what_was_missed)
{
    OPEN(true, 0, "1m");
    prime(TEN, 10, 1, TEN - 1);
    advance(TEN + 30 * MIN);
    ck_assert_uint_eq(n_bars, 0);
    put(TEN + 3 * MIN, 11, 1); /* nothing was: what follows on in ids */
    ck_assert_uint_eq(n_bars, 3);
    expect(0, "1m", TEN, 10, 10, 10, 10, 1, 1);
    expect_filled(2, "1m", TEN + 2 * MIN, 10);
    advance(TEN + 5 * MIN);
    ck_assert_uint_eq(n_bars, 5);
}
END_TEST

START_TEST(ids_that_jumped_over_a_restart_leave_out_what_they_touch)
{
    OPEN(true, 0, "1m");
    prime(TEN, 10, 1, TEN - 1);
    ck_assert_int_eq(nj_ohlcv_gap(ohlcv, "ATOM/USDT", TEN + 3 * MIN, &err), 0);
    put(TEN + 3 * MIN, 11, 1);
    put(TEN + 5 * MIN, 12, 1);
    ck_assert_uint_eq(n_bars, 1);
    expect_filled(0, "1m", TEN + 4 * MIN, 11);
    ck_assert_uint_eq(stats().left_out, 4);
}
END_TEST

static void handed_out(const char *symbol, const char *timeframe, int64_t ts_open)
{
    ck_assert_int_eq(nj_ohlcv_handed_out(ohlcv, symbol, timeframe, ts_open, &err), 0);
}

START_TEST(bars_of_the_run_before_are_not_handed_out_again)
{
    OPEN(true, 0, "1m", "5m");
    handed_out("ATOM/USDT", "1m", TEN + 2 * MIN); /* by its timer */
    handed_out("ATOM/USDT", "7m", TEN);
    handed_out("ATOM/USDT", "1m", INT64_MIN); /* no time of a bar */
    prime(TEN, 10, 1, TEN - 1);
    put(TEN + 5 * MIN, 11, 1);
    ck_assert_uint_eq(n_bars, 3);
    expect_filled(0, "1m", TEN + 3 * MIN, 10);
    expect_filled(1, "1m", TEN + 4 * MIN, 10);
    expect(2, "5m", TEN, 10, 10, 10, 10, 1, 1);
}
END_TEST

START_TEST(bars_that_the_run_before_died_over_are_handed_out)
{
    OPEN(true, 0, "1m", "5m");
    handed_out("ATOM/USDT", "1m",
               TEN); /* the trade of 10:02 reached the journal, its bar did not */
    prime(TEN, 10, 1, TEN - 1);
    prime(TEN + MIN, 11, 1, TEN - 1);
    prime(TEN + 2 * MIN, 12, 1, TEN - 1);
    ck_assert_uint_eq(n_bars, 1);
    expect(0, "1m", TEN + MIN, 11, 11, 11, 11, 1, 1);
    ck_assert(!partial(0));
}
END_TEST

START_TEST(forgotten_symbol_begins_anew)
{
    OPEN(true, 0, "1m");
    handed_out("ATOM/USDT", "1m", TEN + HOUR);
    prime(TEN + HOUR, 10, 1, TEN - 1);
    nj_ohlcv_forget(ohlcv, "ATOM/USDT");
    nj_ohlcv_forget(ohlcv, "NOT/THERE");
    ck_assert_int_eq(put(TEN, 1, 1), NJ_OHLCV_TAKEN);
    put(TEN + MIN, 2, 1);
    ck_assert_uint_eq(n_bars, 1);
    expect(0, "1m", TEN, 1, 1, 1, 1, 1, 1);
    ck_assert(partial(0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ohlcv_breaks");
    TCase *t = tcase_create("bars");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, buckets_in_which_the_feed_was_down_are_left_out);
    tcase_add_test(t, trade_shows_that_the_source_is_back);
    tcase_add_test(t, missing_ids_leave_out_from_the_last_trade_to_the_next);
    tcase_add_test(t, several_outages_are_each_remembered);
    tcase_add_test(t, thousands_of_outages_in_one_bucket_take_bounded_memory);
    tcase_add_test(t, an_outage_of_years_is_walked_at_once);
    tcase_add_test(t, bucket_rebuilt_from_the_journal_is_whole);
    tcase_add_test(t, journal_that_begins_within_the_bucket_leaves_it_partial);
    tcase_add_test(t, nothing_is_closed_by_the_clock_until_it_is_known_what_was_missed);
    tcase_add_test(t, ids_that_jumped_over_a_restart_leave_out_what_they_touch);
    tcase_add_test(t, bars_of_the_run_before_are_not_handed_out_again);
    tcase_add_test(t, bars_that_the_run_before_died_over_are_handed_out);
    tcase_add_test(t, forgotten_symbol_begins_anew);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
