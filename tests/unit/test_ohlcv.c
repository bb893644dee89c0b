/*
 * test_ohlcv.c - trades to bars: what closes a bucket, what is late, filled, left out or partial.
 * By hand.
 */
#include "base/timeframe.h"
#include "ohlcv_make.h"

/* ---- timeframes ---- */

static void refused(const char *a, const char *b, const char *why)
{
    const char *frames[] = {a, b};
    struct nj_ohlcv_options options = {frames, b ? 2 : 1, true, 0, keep, NULL};
    struct nj_ohlcv *o;
    ck_assert_int_eq(nj_ohlcv_new(&o, &options, &err), NJ_ERR_INPUT);
    ck_assert_ptr_null(o);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
}

START_TEST(timeframes_that_cannot_be_are_refused_by_name)
{
    static const char *const bad[] = {"",     "m",
                                      "0m",   "1",
                                      "1M",   "1w",
                                      "2d",   "25h",
                                      "7s",   "8s",
                                      "7m",   "90s",
                                      "61s",  "-1m",
                                      "1.5m", "1 m",
                                      "1mm",  "5h",
                                      "9h",   "11m",
                                      "45m1", "99999999999999999999s"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char why[64];
        snprintf(why, sizeof why, "timeframe '%s'", bad[i]);
        refused(bad[i], NULL, why);
        ck_assert_int_eq(nj_bar_length(bad[i]), 0);
    }
    refused("1m", "1m", "name it once");
    refused("60s", "1m", "name it once");
    refused("1d", "24h", "name it once");
}
END_TEST

START_TEST(timeframes_have_their_lengths)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } good[] = {{"1s", 1},     {"4s", 4},      {"5s", 5},        {"30s", 30},   {"60s", 60},
                {"1m", 60},    {"3m", 180},    {"45m", 2700},    {"1h", 3600},  {"2h", 7200},
                {"4h", 14400}, {"12h", 43200}, {"1440m", 86400}, {"1d", 86400}, {"120s", 120}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_int_eq(nj_bar_length(good[i].name), good[i].seconds * SEC);
}
END_TEST

START_TEST(no_timeframe_at_all_is_refused)
{
    struct nj_ohlcv_options options = {NULL, 0, true, 0, keep, NULL};
    struct nj_ohlcv *o;
    ck_assert_int_eq(nj_ohlcv_new(&o, &options, &err), NJ_ERR_INPUT);
}
END_TEST

/* ---- one bucket ---- */

START_TEST(a_later_trade_closes_the_bucket_before_it)
{
    OPEN(true, 0, "1m");
    put(TEN, 10, 1);
    put(TEN + 1, 12, 2);
    put(TEN + 30 * SEC, 9, 3);
    put(TEN + MIN - 1, 11, 0.5);
    ck_assert_uint_eq(n_bars, 0);
    put(TEN + MIN, 20, 1);
    ck_assert_uint_eq(n_bars, 1);
    expect(0, "1m", TEN, 10, 12, 9, 11, 6.5, 4);
    ck_assert_int_eq(bars[0].ts_close, TEN + MIN);
    ck_assert_double_eq(bars[0].quote_volume, 10 + 24 + 27 + 5.5);
    ck_assert_double_eq(bars[0].taker_volume, 6.5);
    put(TEN + 2 * MIN, 21, 1);
    expect(1, "1m", TEN + MIN, 20, 20, 20, 20, 1, 1);
}
END_TEST

START_TEST(volumes_are_decimals_not_sums_of_doubles)
{
    OPEN(true, 0, "1m");
    for (int i = 0; i < 10; i++) /* as doubles: 0.9999999999999999 and 0.30000000000000004 */
        put(TEN + i, 0.1, 0.1);
    put(TEN + MIN, 0.1, 0.1);
    ck_assert_double_eq(bars[0].volume, 1);
    ck_assert_double_eq(bars[0].quote_volume, 0.1);
    ck_assert_double_eq(bars[0].taker_volume, 1);
}
END_TEST

START_TEST(taker_volume_is_what_buyers_took_and_absent_without_sides)
{
    OPEN(true, 0, "1m");
    put_symbol("A/B", 0, TEN, 1, 1.5, NJORD_SIDE_BUY);
    put_symbol("A/B", 0, TEN + 1, 1, 2, NJORD_SIDE_SELL);
    put_symbol("A/B", 0, TEN + MIN, 1, 1, NJORD_SIDE_BUY);
    put_symbol("A/B", 0, TEN + MIN + 1, 1, 1, NJORD_NONE_U8);
    put_symbol("A/B", 0, TEN + 2 * MIN, 1, 1, NJORD_SIDE_BUY);
    ck_assert_double_eq(bars[0].taker_volume, 1.5);
    ck_assert(isnan(bars[1].taker_volume));
    ck_assert_double_eq(bars[1].volume, 2);
    finish();
    ck_assert_double_eq(bars[2].taker_volume, 1);
}
END_TEST

START_TEST(the_first_bar_is_partial_the_next_is_not)
{
    OPEN(true, 0, "1m", "5m");
    put(TEN + 90 * SEC, 10, 1);
    put(TEN + 2 * MIN, 11, 1);
    put(TEN + 3 * MIN, 12, 1);
    put(TEN + 5 * MIN, 13, 1);
    put(TEN + 10 * MIN, 14, 1);
    expect(0, "1m", TEN + MIN, 10, 10, 10, 10, 1, 1);
    ck_assert(partial(0));
    ck_assert(!partial(1)); /* 10:02 */
    expect(4, "5m", TEN, 10, 12, 10, 12, 3, 3);
    ck_assert(partial(4));
    expect(10, "5m", TEN + 5 * MIN, 13, 13, 13, 13, 1, 1);
    ck_assert(!partial(10));
    ck_assert_uint_eq(stats().partial, 2);
}
END_TEST

START_TEST(first_trade_at_the_very_start_of_a_bucket_proves_nothing)
{
    OPEN(true, 0, "1m"); /* others of the same instant may have come before we listened */
    put(TEN, 10, 1);
    put(TEN + MIN, 10, 1);
    ck_assert(partial(0));
}
END_TEST

START_TEST(feed_that_was_up_before_the_bucket_makes_its_first_bar_whole)
{
    OPEN(true, 0, "1m", "1h");
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", false, TEN - 1, &err), 0);
    put(TEN, 10, 1);
    put(TEN + MIN, 10, 1);
    put(TEN + HOUR, 10, 1);
    ck_assert(!partial(0));
    ck_assert_str_eq(bars[n_bars - 1].timeframe, "1h");
    ck_assert(!partial(n_bars - 1));
    OPEN(true, 0, "1m");
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", false, TEN, &err), 0);
    put(TEN, 10, 1);
    put(TEN + MIN, 10, 1);
    ck_assert(partial(0)); /* up at the same instant */
    OPEN(true, 0, "1m");
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", false, TEN - 1, &err), 0);
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "ATOM/USDT", true, TEN - 1, &err), 0);
    put(TEN, 10, 1);
    put(TEN + MIN, 10, 1);
    ck_assert(partial(0)); /* and down again */
}
END_TEST

START_TEST(single_trade_makes_a_bar_of_one_price)
{
    OPEN(true, 0, "1h");
    put(TEN + 5, 7.25, 0.001);
    put(TEN + HOUR, 8, 1);
    expect(0, "1h", TEN, 7.25, 7.25, 7.25, 7.25, 0.001, 1);
}
END_TEST

/* ---- order ---- */

START_TEST(late_trade_is_counted_and_never_merged)
{
    OPEN(true, 0, "1m");
    put(TEN, 10, 1);
    put(TEN + MIN, 11, 1);
    ck_assert_int_eq(put(TEN + MIN - 1, 99, 5), NJ_OHLCV_LATE);
    put(TEN + 2 * MIN, 12, 1);
    expect(1, "1m", TEN + MIN, 11, 11, 11, 11, 1, 1);
    ck_assert_uint_eq(stats().late, 1);
    ck_assert_uint_eq(stats().trades, 4);
}
END_TEST

START_TEST(out_of_order_within_the_open_bucket_is_taken_in_order_of_arrival)
{
    OPEN(true, 0, "1m");
    put(TEN + 10, 10, 1);
    ck_assert_int_eq(put(TEN + 5, 12, 1), NJ_OHLCV_TAKEN);
    put(TEN + MIN, 11, 1);
    expect(0, "1m", TEN, 10, 12, 10, 12, 2, 2);
}
END_TEST

START_TEST(late_for_the_second_is_still_part_of_the_minute)
{
    OPEN(true, 0, "1s", "1m");
    put(TEN, 10, 1);
    put(TEN + SEC, 11, 1);
    ck_assert_int_eq(put(TEN + SEC - 1, 99, 5), NJ_OHLCV_LATE);
    put(TEN + 2 * SEC, 12, 1);
    expect(1, "1s", TEN + SEC, 11, 11, 11, 11, 1, 1);
    put(TEN + MIN, 12, 1);
    ck_assert_str_eq(bars[n_bars - 1].timeframe, "1m");
    expect(n_bars - 1, "1m", TEN, 10, 99, 10, 12, 8, 4);
}
END_TEST

START_TEST(what_is_late_for_the_minute_is_late_for_what_is_made_of_minutes)
{
    OPEN(true, 0, "5m"); /* whether 1m is asked for changes nothing */
    put(TEN, 10, 1);
    put(TEN + MIN, 11, 1);
    ck_assert_int_eq(put(TEN + MIN - 1, 99, 5), NJ_OHLCV_LATE);
    put(TEN + 5 * MIN, 12, 1);
    ck_assert_uint_eq(n_bars, 1);
    expect(0, "5m", TEN, 10, 11, 10, 11, 2, 2);
}
END_TEST

START_TEST(bars_of_one_instant_come_shortest_first)
{
    OPEN(false, 0, "1h", "5s", "15m", "1m", "1s");
    put(TEN, 10, 1);
    put(TEN + HOUR - 1, 11, 1);
    put(TEN + HOUR, 12, 1);
    static const char *const order[] = {"1s", "5s", "1m", "15m", "1s", "5s", "1m", "15m", "1h"};
    ck_assert_uint_eq(n_bars, 9);
    for (size_t i = 0; i < 9; i++)
        ck_assert_str_eq(bars[i].timeframe, order[i]);
    for (size_t i = 1; i < 9; i++)
        ck_assert_int_ge(bars[i].ts_close, bars[i - 1].ts_close);
}
END_TEST

START_TEST(timeframes_that_do_not_divide_each_other_stand_side_by_side)
{
    OPEN(true, 0, "4s", "6s");
    for (int i = 0; i < 12; i++)
        put(TEN + i * SEC, i, 1);
    put(TEN + 12 * SEC, 12, 1);
    ck_assert_uint_eq(n_bars, 5);
    expect(0, "4s", TEN, 0, 3, 0, 3, 4, 4);
    expect(1, "6s", TEN, 0, 5, 0, 5, 6, 6);
    expect(2, "4s", TEN + 4 * SEC, 4, 7, 4, 7, 4, 4);
    expect(3, "4s", TEN + 8 * SEC, 8, 11, 8, 11, 4, 4);
    expect(4, "6s", TEN + 6 * SEC, 6, 11, 6, 11, 6, 6);
}
END_TEST

START_TEST(bar_belongs_to_the_day_it_opens_in)
{
    int64_t midnight = TEN + 14 * HOUR; /* 2024-08-10 00:00 */
    OPEN(true, 0, "1m", "1d");
    put(midnight - 1, 10, 1);
    put(midnight, 11, 1);
    expect(0, "1m", midnight - MIN, 10, 10, 10, 10, 1, 1);
    expect(1, "1d", midnight - 24 * HOUR, 10, 10, 10, 10, 1, 1);
    ck_assert_int_eq(bars[1].ts_close, midnight);
}
END_TEST

/* ---- buckets without trades ---- */

START_TEST(buckets_without_trades_are_filled_with_the_last_close)
{
    OPEN(true, 0, "1m", "2m");
    put(TEN, 10, 1);
    put(TEN + 5, 12, 1);
    put(TEN + 4 * MIN, 20, 1);
    ck_assert_uint_eq(n_bars, 6);
    expect(0, "1m", TEN, 10, 12, 10, 12, 2, 2);
    expect_filled(1, "1m", TEN + MIN, 12);
    expect(2, "2m", TEN, 10, 12, 10, 12, 2, 2);
    expect_filled(3, "1m", TEN + 2 * MIN, 12);
    expect_filled(4, "1m", TEN + 3 * MIN, 12);
    expect_filled(5, "2m", TEN + 2 * MIN, 12);
    ck_assert_uint_eq(stats().filled, 4);
    ck_assert_uint_eq(stats().bars, 6);
}
END_TEST

START_TEST(without_filling_there_is_no_bar_for_no_trade)
{
    OPEN(false, 0, "1m");
    put(TEN, 10, 1);
    put(TEN + 400 * 24 * HOUR, 20, 1); /* and no time is spent on them */
    ck_assert_uint_eq(n_bars, 1);
    ck_assert_uint_eq(stats().left_out, 0);
}
END_TEST

START_TEST(filling_stops_at_its_cap_and_the_rest_is_counted)
{
    OPEN(true, 3, "1m");
    put(TEN, 10, 1);
    put(TEN + 10 * MIN, 20, 1); /* nine empty ones */
    ck_assert_uint_eq(n_bars, 4);
    expect_filled(3, "1m", TEN + 3 * MIN, 10);
    ck_assert_uint_eq(stats().left_out, 6);
    put(TEN + 12 * MIN, 21, 1); /* a new gap, a new count */
    expect_filled(5, "1m", TEN + 11 * MIN, 20);
}
END_TEST

START_TEST(a_jump_of_centuries_costs_nothing_with_a_cap)
{
    OPEN(true, 10, "1s", "1m", "1d");
    put(TEN, 10, 1);
    put(INT64_C(9223000000000000000), 11, 1);
    ck_assert_uint_eq(n_bars, 33);
    ck_assert_uint_eq(stats().filled, 30);
    ck_assert_int_eq(put(TEN + 20 * SEC, 1, 1), NJ_OHLCV_LATE);
}
END_TEST

/* ---- the clock ---- */

START_TEST(clock_closes_what_has_ended_and_fills_what_is_quiet)
{
    OPEN(true, 0, "1m", "5m");
    put(TEN + 3 * MIN, 10, 1);
    advance(TEN + 4 * MIN - 1);
    ck_assert_uint_eq(n_bars, 0);
    ck_assert_int_eq(nj_ohlcv_next_end(ohlcv), TEN + 4 * MIN);
    advance(TEN + 4 * MIN);
    expect(0, "1m", TEN + 3 * MIN, 10, 10, 10, 10, 1, 1);
    ck_assert_uint_eq(n_bars, 1);
    advance(TEN + 6 * MIN);
    expect_filled(1, "1m", TEN + 4 * MIN, 10);
    expect(2, "5m", TEN, 10, 10, 10, 10, 1, 1);
    expect_filled(3, "1m", TEN + 5 * MIN, 10);
    ck_assert_uint_eq(n_bars, 4);
    ck_assert_int_eq(put(TEN + 5 * MIN, 1, 1), NJ_OHLCV_LATE);
    ck_assert_int_eq(put(TEN + 6 * MIN, 1, 1), NJ_OHLCV_TAKEN);
}
END_TEST

START_TEST(clock_that_goes_back_changes_nothing)
{
    OPEN(true, 0, "1m");
    put(TEN, 10, 1);
    advance(TEN + MIN);
    advance(TEN);
    advance(INT64_MIN);
    ck_assert_uint_eq(n_bars, 1);
}
END_TEST

START_TEST(of_one_instant_timeframes_then_symbols_in_the_order_of_their_ids)
{
    OPEN(true, 0, "1m", "2m");
    put_symbol("C/D", 7, TEN, 1, 1, NJORD_SIDE_BUY);
    put_symbol("A/B", 3, TEN + 1, 2, 1, NJORD_SIDE_BUY);
    put_symbol("E/F", NJORD_NO_SYMBOL, TEN + 2, 3, 1, NJORD_SIDE_BUY);
    advance(TEN + 2 * MIN);
    static const char *const names[] = {"A/B", "C/D", "E/F", "A/B", "C/D",
                                        "E/F", "A/B", "C/D", "E/F"};
    static const char *const frames[] = {"1m", "1m", "1m", "1m", "1m", "1m", "2m", "2m", "2m"};
    ck_assert_uint_eq(n_bars, 9);
    for (size_t i = 0; i < 9; i++) {
        ck_assert_str_eq(bars[i].symbol, names[i]);
        ck_assert_str_eq(bars[i].timeframe, frames[i]);
        ck_assert_int_eq(bars[i].ts_close, i < 3 ? TEN + MIN : TEN + 2 * MIN);
    }
}
END_TEST

START_TEST(symbol_that_gets_its_id_later_takes_its_place)
{
    OPEN(true, 0, "1m");
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "A/B", false, TEN - 1, &err), 0);
    put_symbol("C/D", 7, TEN, 1, 1, NJORD_SIDE_BUY);
    put_symbol("A/B", 3, TEN, 1, 1, NJORD_SIDE_BUY);
    advance(TEN + MIN);
    ck_assert_str_eq(bars[0].symbol, "A/B");
    ck_assert_str_eq(bars[1].symbol, "C/D");
    ck_assert_uint_eq(stats().symbols, 2);
}
END_TEST

START_TEST(symbol_that_never_trades_has_no_bars)
{
    OPEN(true, 0, "1m");
    ck_assert_int_eq(nj_ohlcv_broken(ohlcv, "A/B", false, TEN, &err), 0);
    advance(TEN + HOUR);
    ck_assert_int_eq(nj_ohlcv_next_end(ohlcv), INT64_MAX);
    finish();
    ck_assert_uint_eq(n_bars, 0);
}
END_TEST

START_TEST(one_symbols_trade_closes_nothing_of_another)
{
    OPEN(true, 0, "1m");
    put_symbol("A/B", 0, TEN, 1, 1, NJORD_SIDE_BUY);
    put_symbol("C/D", 1, TEN + 30 * MIN, 1, 1, NJORD_SIDE_BUY);
    ck_assert_uint_eq(n_bars, 0);
    ck_assert_int_eq(put_symbol("A/B", 0, TEN + 1, 1, 1, NJORD_SIDE_BUY), NJ_OHLCV_TAKEN);
}
END_TEST

START_TEST(a_day_by_the_clock_does_not_drift)
{
    OPEN(true, 0, "1s", "1m", "1h");
    put(TEN, 10, 1);
    for (int64_t now = TEN; now <= TEN + 24 * HOUR; now += 250 * 1000000)
        advance(now - 200000000); /* a timer that is always 0.2 s late, four times a second */
    advance(TEN + 24 * HOUR);
    ck_assert_uint_eq(n_bars, 86400 + 1440 + 24);
    int64_t next[3] = {TEN, TEN, TEN};
    for (size_t i = 0; i < n_bars; i++) {
        int f = bars[i].timeframe[1] == 's' ? 0 : bars[i].timeframe[1] == 'm' ? 1 : 2;
        ck_assert_int_eq(bars[i].ts_open, next[f]);
        next[f] = bars[i].ts_close;
    }
}
END_TEST

/* ---- the end of a recording ---- */

START_TEST(at_the_end_the_open_buckets_come_too_and_are_partial)
{
    OPEN(true, 0, "1m", "5m", "1h");
    put(TEN, 10, 1);
    put(TEN + MIN, 11, 2);
    put(TEN + 2 * MIN + 1, 12, 4);
    finish();
    ck_assert_uint_eq(n_bars, 5);
    expect(2, "1m", TEN + 2 * MIN, 12, 12, 12, 12, 4, 1);
    expect(3, "5m", TEN, 10, 12, 10, 12, 7, 3);
    expect(4, "1h", TEN, 10, 12, 10, 12, 7, 3);
    for (size_t i = 2; i < 5; i++)
        ck_assert(partial(i));
    ck_assert(!partial(1));
    finish(); /* once */
    ck_assert_uint_eq(n_bars, 5);
}
END_TEST

/* ---- nonsense ---- */

static void nonsense(int64_t ts_ns, double price, double qty, const char *why)
{
    njord_trade t = trade_of("ATOM/USDT", ts_ns, price, qty, NJORD_SIDE_BUY);
    t.ev.symbol_id = 0;
    ck_assert_int_eq(nj_ohlcv_trade(ohlcv, &t, NULL, &err), NJ_ERR_INPUT);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
    ck_assert_int_eq(nj_ohlcv_prime(ohlcv, &t, 0, &err), NJ_ERR_INPUT);
}

START_TEST(times_and_numbers_that_cannot_be_are_refused)
{
    OPEN(true, 1, "1s", "1d");
    nonsense(-1, 1, 1, "before 1970");
    nonsense(INT64_MIN, 1, 1, "before 1970");
    nonsense(INT64_MAX, 1, 1, "past 2262-04-09");
    nonsense(TEN, NAN, 1, "finite");
    nonsense(TEN, INFINITY, 1, "finite");
    nonsense(TEN, 1, -1, "qty >= 0");
    nonsense(TEN, 1, NAN, "finite");
    ck_assert_uint_eq(stats().trades, 0);
    put(0, 1, 1); /* 1970-01-01 */
    put(INT64_MAX - 2 * 24 * HOUR, 1, 1);
    advance(INT64_MAX);
    finish();
    for (size_t i = 0; i < n_bars; i++)
        ck_assert_int_gt(bars[i].ts_close, bars[i].ts_open);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ohlcv");
    TCase *t = tcase_create("bars");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, timeframes_that_cannot_be_are_refused_by_name);
    tcase_add_test(t, timeframes_have_their_lengths);
    tcase_add_test(t, no_timeframe_at_all_is_refused);
    tcase_add_test(t, a_later_trade_closes_the_bucket_before_it);
    tcase_add_test(t, volumes_are_decimals_not_sums_of_doubles);
    tcase_add_test(t, taker_volume_is_what_buyers_took_and_absent_without_sides);
    tcase_add_test(t, the_first_bar_is_partial_the_next_is_not);
    tcase_add_test(t, first_trade_at_the_very_start_of_a_bucket_proves_nothing);
    tcase_add_test(t, feed_that_was_up_before_the_bucket_makes_its_first_bar_whole);
    tcase_add_test(t, single_trade_makes_a_bar_of_one_price);
    tcase_add_test(t, late_trade_is_counted_and_never_merged);
    tcase_add_test(t, out_of_order_within_the_open_bucket_is_taken_in_order_of_arrival);
    tcase_add_test(t, late_for_the_second_is_still_part_of_the_minute);
    tcase_add_test(t, what_is_late_for_the_minute_is_late_for_what_is_made_of_minutes);
    tcase_add_test(t, bars_of_one_instant_come_shortest_first);
    tcase_add_test(t, timeframes_that_do_not_divide_each_other_stand_side_by_side);
    tcase_add_test(t, bar_belongs_to_the_day_it_opens_in);
    tcase_add_test(t, buckets_without_trades_are_filled_with_the_last_close);
    tcase_add_test(t, without_filling_there_is_no_bar_for_no_trade);
    tcase_add_test(t, filling_stops_at_its_cap_and_the_rest_is_counted);
    tcase_add_test(t, a_jump_of_centuries_costs_nothing_with_a_cap);
    tcase_add_test(t, clock_closes_what_has_ended_and_fills_what_is_quiet);
    tcase_add_test(t, clock_that_goes_back_changes_nothing);
    tcase_add_test(t, of_one_instant_timeframes_then_symbols_in_the_order_of_their_ids);
    tcase_add_test(t, symbol_that_gets_its_id_later_takes_its_place);
    tcase_add_test(t, symbol_that_never_trades_has_no_bars);
    tcase_add_test(t, one_symbols_trade_closes_nothing_of_another);
    tcase_add_test(t, a_day_by_the_clock_does_not_drift);
    tcase_add_test(t, at_the_end_the_open_buckets_come_too_and_are_partial);
    tcase_add_test(t, times_and_numbers_that_cannot_be_are_refused);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
