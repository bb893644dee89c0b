/* test_engine.c - when each order fills in a backtest, at what price, and in which order the
 * strategy hears of things. Every number in the expected texts comes from the rules in
 * doc/semantics.md, worked out beside it. */
#include "engine_run.h"

/* ---- market orders ---- */

START_TEST(a_market_order_fills_at_the_close_of_its_bar)
{
    SCENE("b2 buy ATOM/USDT 2");
    s.options.commission_rate = 0.01;
    s.kinds = "SIDOUBFPC";
    four_bars(&s);
    s.rows[0].columns.n = 3;
    /* 2 at 102 cost 204, fee 2.04; then 1000 - 206.04 + 2 * 103 = 999.96 */
    run(&s, "bar ATO 1m 101@60 last 101 pos 0 work 0 worth 1000\n"
            "bar ATO 1m 102@120 last 102 pos 0 work 0 worth 1000\n"
            "intent buy ATO 2@120\nrisk ok@120\norder buy ATO 2@120\nnew@120\nbroker 102\n"
            "filled@120\nbuy ATO 2 at 102 fee 2.04@120\nfilled ATO 102@120 pos 2\n"
            "position 2 avg 102\n"
            "bar ATO 1m 103@180 last 103 pos 2 work 0 worth 999.96\n");
    curve_is(&s, "60=1000 120=997.96 180=999.96");
    ck_assert_uint_eq(s.outcome.curve_exposed[0], 0);
    ck_assert_uint_eq(s.outcome.curve_exposed[1], 1);
    scene_end(&s);
}
END_TEST

START_TEST(with_next_open_it_fills_at_the_open_of_the_next_bar_before_that_is_shown)
{
    SCENE("b1 buy ATOM/USDT 1;f1 sell ATOM/USDT 1");
    s.options.fill = NJ_BT_FILL_NEXT_OPEN;
    add_bar(&s, ATOM, 0, 100, 102, 99, 101);
    add_bar(&s, ATOM, 1, 103, 105, 102, 104); /* opens away from the close before */
    add_bar(&s, ATOM, 3, 110, 111, 109, 110); /* minute 2 is missing */
    /* The fill is at ts_open of the second bar, 60 s, before its on_bar at 120 s. What on_fill
     * sends meets the open of the bar after that, at 180 s: 110. Gain 7. */
    run(&s, "bar ATO 1m 101@60 last 101 pos 0 work 0 worth 1000\n"
            "intent buy ATO 1@60\nrisk ok@60\norder buy ATO 1@60\n"
            "new@60\nfilled@60\nbuy ATO 1 at 103 fee 0@60\nfilled ATO 103@60 pos 1\n"
            "intent sell ATO 1@60\nrisk ok@60\norder sell ATO 1@60\n"
            "bar ATO 1m 104@120 last 104 pos 1 work -1 worth 1001\n"
            "new@180\nfilled@180\nsell ATO 1 at 110 fee 0@180\nfilled ATO 110@180 pos 0\n"
            "bar ATO 1m 110@240 last 110 pos 0 work 0 worth 1007\n");
    curve_is(&s, "60=1000 120=1001 240=1007");
    ck_assert_uint_eq(s.outcome.n_trades, 1);
    ck_assert_double_eq(s.outcome.trades[0].pnl, 7);
    scene_end(&s);
}
END_TEST

START_TEST(slippage_is_against_market_orders_and_commission_is_on_the_price_after_it)
{
    SCENE("b1 buy ATOM/USDT 1;b2 sell ATOM/USDT 1;b2 lbuy ATOM/USDT 1 102.75");
    s.options.slippage_bps = 100;
    s.options.commission_rate = 0.1;
    s.kinds = "F";
    four_bars(&s);
    /* buy 101 * 1.01 = 102.01, fee 10.201; sell 102 * 0.99 = 100.98, fee 10.098; the limit fills
     * at its limit on the third bar (low 101.5) without slippage, fee 10.275 */
    run(&s, "buy ATO 1 at 102.01 fee 10.201@60\nsell ATO 1 at 100.98 fee 10.098@120\n"
            "buy ATO 1 at 102.75 fee 10.275@180\n");
    /* paid for slippage: 1.01 + 1.02 */
    ck_assert_double_eq_tol(s.outcome.slippage, 2.03, 1e-12);
    ck_assert_double_eq_tol(s.outcome.fees, 30.574, 1e-12);
    ck_assert_double_eq_tol(s.outcome.traded_notional, 102.01 + 100.98 + 102.75, 1e-12);
    /* one trade: 100.98 - 102.01 - 10.201 - 10.098 */
    ck_assert_uint_eq(s.outcome.n_trades, 1);
    ck_assert_double_eq_tol(s.outcome.trades[0].pnl, -21.329, 1e-12);
    scene_end(&s);
}
END_TEST

/* ---- limit orders ---- */

START_TEST(a_limit_rests_from_the_next_bar_on_and_fills_at_its_limit_when_touched)
{
    SCENE("b1 lbuy ATOM/USDT 1 99;b1 lbuy ATOM/USDT 1 98.9");
    s.kinds = "UF";
    add_bar(&s, ATOM, 0, 100, 101, 98, 100); /* low enough, but it is the bar of the order */
    add_bar(&s, ATOM, 1, 100, 101, 99.5, 100);
    add_bar(&s, ATOM, 2, 100, 101, 99, 100); /* touches 99, not 98.9 */
    run(&s, "new@60\nnew@60\nfilled@180\nbuy ATO 1 at 99 fee 0@180\n");
    ck_assert_uint_eq(s.outcome.counts.limit_fills_at_touch, 1);
    curve_is(&s, "60=1000 120=1000 180=1001");
    scene_end(&s);
}
END_TEST

START_TEST(a_limit_that_the_bar_gaps_through_fills_at_the_limit_or_at_the_open_as_asked)
{
    for (int at_open = 0; at_open <= 1; at_open++) {
        SCENE("b1 lbuy ATOM/USDT 1 99;b2 lsell ATOM/USDT 1 100");
        s.kinds = "F";
        s.options.limit_gap = at_open ? NJ_BT_GAP_OPEN : NJ_BT_GAP_LIMIT;
        add_bar(&s, ATOM, 0, 100, 101, 99.5, 100);
        add_bar(&s, ATOM, 1, 97, 98, 96, 97);     /* opens below the buy limit */
        add_bar(&s, ATOM, 2, 103, 104, 102, 103); /* opens above the sell limit */
        run(&s, at_open ? "buy ATO 1 at 97 fee 0@120\nsell ATO 1 at 103 fee 0@180\n"
                        : "buy ATO 1 at 99 fee 0@120\nsell ATO 1 at 100 fee 0@180\n");
        ck_assert_uint_eq(s.outcome.counts.limit_fills_at_touch, 0);
        scene_end(&s);
    }
}
END_TEST

START_TEST(a_sell_limit_fills_when_the_high_reaches_it)
{
    SCENE("b1 lsell ATOM/USDT 1 101.5;b1 lsell ATOM/USDT 1 102.6");
    s.kinds = "F";
    add_bar(&s, ATOM, 0, 100, 110, 99, 101);
    add_bar(&s, ATOM, 1, 101, 101.5, 100, 101);
    add_bar(&s, ATOM, 2, 101, 102.5, 100, 101);
    run(&s, "sell ATO 1 at 101.5 fee 0@120\n");
    scene_end(&s);
}
END_TEST

START_TEST(an_immediate_order_fills_at_the_close_if_it_can_and_ends_expired_if_not)
{
    SCENE("b1 lbuy ATOM/USDT 1 101 ioc;b1 lbuy ATOM/USDT 1 100.9 ioc;"
          "b2 lsell ATOM/USDT 1 102.1 fok;b2 lsell ATOM/USDT 1 102 fok");
    s.kinds = "UF";
    four_bars(&s);
    run(&s, "new@60\nfilled@60\nbuy ATO 1 at 101 fee 0@60\nnew@60\nexpired@60\n"
            "new@120\nexpired@120\nnew@120\nfilled@120\nsell ATO 1 at 102 fee 0@120\n");
    ck_assert_uint_eq(s.outcome.counts.expired, 2);
    scene_end(&s);
}
END_TEST

START_TEST(an_immediate_order_with_next_open_meets_the_open)
{
    SCENE("b1 lbuy ATOM/USDT 1 101 ioc;b1 lbuy ATOM/USDT 1 102 ioc");
    s.options.fill = NJ_BT_FILL_NEXT_OPEN;
    s.kinds = "UF";
    add_bar(&s, ATOM, 0, 100, 101, 99, 100);
    add_bar(&s, ATOM, 1, 101.5, 103, 100, 102);
    /* 101.5 is above the first limit; the second takes the open */
    run(&s, "new@60\nexpired@60\nnew@60\nfilled@60\nbuy ATO 1 at 101.5 fee 0@60\n");
    scene_end(&s);
}
END_TEST

START_TEST(what_a_limit_fill_makes_the_strategy_send_gets_the_close_of_that_bar)
{
    SCENE("b1 lbuy ATOM/USDT 1 95;f1 sell ATOM/USDT 1");
    add_bar(&s, ATOM, 0, 100, 101, 99, 100);
    add_bar(&s, ATOM, 1, 99, 99, 85, 90);
    s.kinds = "F";
    /* at 120 s the price is 90: the close before, 100, is past */
    run(&s, "buy ATO 1 at 95 fee 0@120\nsell ATO 1 at 90 fee 0@120\n");
    curve_is(&s, "60=1000 120=995");
    scene_end(&s);
}
END_TEST

START_TEST(what_a_fill_in_one_symbol_rests_in_another_waits_for_that_ones_next_bar)
{
    SCENE("b2 lbuy ATOM/USDT 1 95;f1 lbuy BTC/USDT 1 48");
    s.kinds = "F";
    add_bar(&s, ATOM, 0, 100, 101, 99, 100);
    add_bar(&s, BTC, 0, 50, 51, 49, 50);
    add_bar(&s, ATOM, 1, 100, 101, 90, 100);
    add_bar(&s, BTC, 1, 50, 51, 40, 50); /* over when the order comes to be */
    add_bar(&s, ATOM, 2, 100, 101, 99, 100);
    add_bar(&s, BTC, 2, 50, 51, 47, 50);
    run(&s, "buy ATO 1 at 95 fee 0@120\nbuy BTC 1 at 48 fee 0@180\n");
    scene_end(&s);
}
END_TEST

/* ---- cancels ---- */

START_TEST(a_cancelled_order_fills_no_more)
{
    SCENE("b1 lbuy ATOM/USDT 1 90;b2 cancel 1;b3 cancel 1");
    s.kinds = "CUF";
    s.options.fill = NJ_BT_FILL_NEXT_OPEN;
    add_bar(&s, ATOM, 0, 100, 101, 99, 100);
    add_bar(&s, ATOM, 1, 100, 101, 99, 100);
    add_bar(&s, ATOM, 2, 100, 101, 80, 100);
    run(&s, "new@60\ncancel@120\ncanceled strategy@120\n"); /* the second one finds nothing open */
    ck_assert_uint_eq(s.outcome.counts.canceled, 1);
    ck_assert_uint_eq(s.outcome.counts.errors, 1);
    scene_end(&s);
}
END_TEST

START_TEST(an_order_that_waits_for_the_open_can_be_cancelled)
{
    SCENE("b1 buy ATOM/USDT 1;b1 cancel 1");
    s.kinds = "CUF";
    s.options.fill = NJ_BT_FILL_NEXT_OPEN;
    four_bars(&s);
    run(&s, "cancel@60\ncanceled strategy@60\n");
    scene_end(&s);
}
END_TEST

/* ---- several symbols, and timers ---- */

START_TEST(symbols_go_in_their_order_within_an_instant_and_share_one_point)
{
    SCENE("b1 buy BTC/USDT 1;b2 buy ATOM/USDT 1");
    s.kinds = "SF";
    add_bar(&s, BTC, 0, 50, 51, 49, 50);
    add_bar(&s, ATOM, 0, 100, 101, 99, 100);
    add_bar(&s, ATOM, 1, 100, 101, 99, 101); /* BTC has no bar here: marked at its last close */
    add_bar(&s, BTC, 2, 50, 61, 49, 60);
    add_bar(&s, ATOM, 2, 100, 101, 99, 103);
    run(&s, "bar BTC 1m 50@60 last 50 pos 0 work 0 worth 1000\n"
            "buy BTC 1 at 50 fee 0@60\nfilled BTC 50@60 pos 1\n"
            "bar ATO 1m 100@60 last 100 pos 0 work 0 worth 950\n"
            "buy ATO 1 at 100 fee 0@60\nfilled ATO 100@60 pos 1\n"
            "bar ATO 1m 101@120 last 101 pos 1 work 0 worth 951\n"
            "bar BTC 1m 60@180 last 60 pos 1 work 0 worth 910\n"
            "bar ATO 1m 103@180 last 103 pos 1 work 0 worth 953\n");
    curve_is(&s, "60=1000 120=1001 180=1013"); /* 850 + 50 + 101; 850 + 60 + 103 */
    scene_end(&s);
}
END_TEST

START_TEST(an_order_about_another_symbol_gets_its_last_close)
{
    SCENE("b3 buy BTC/USDT 1;b4 buy BTC/USDT 1");
    s.kinds = "F";
    add_bar(&s, ATOM, 0, 100, 101, 99, 100);
    add_bar(&s, BTC, 0, 50, 51, 49, 50);
    add_bar(&s, ATOM, 1, 100, 101, 99, 101); /* third shown: BTC's bar of this instant closes too */
    add_bar(&s, BTC, 1, 50, 51, 49, 55);
    add_bar(&s, ATOM, 2, 100, 101, 99, 101);
    run(&s, "buy BTC 1 at 55 fee 0@120\nbuy BTC 1 at 55 fee 0@120\n");
    scene_end(&s);
}
END_TEST

START_TEST(timers_fire_before_the_first_event_at_or_after_they_are_due)
{
    SCENE("s1 timer 1 90 0;s1 timer 2 60 60;m2 stop 2;m3 buy ATOM/USDT 1;b2 timer 3 1 0;"
          "b1 timer 4 150 0");
    s.kinds = "SF";
    four_bars(&s);
    s.rows[0].columns.n = 3;
    /* 2 is due at 60, at the first bar's instant: before the bar. 1 at 90; it is the second, and
     * stops 2. 3 is set at 120 for a past time: before the next event, but after 4? no: what was
     * due first goes first */
    run(&s, "timer 2 due 60@60\n"
            "bar ATO 1m 101@60 last 101 pos 0 work 0 worth 1000\n"
            "timer 1 due 90@90\n"
            "bar ATO 1m 102@120 last 102 pos 0 work 0 worth 1000\n"
            "timer 3 due 1@120\n"
            "buy ATO 1 at 102 fee 0@120\nfilled ATO 102@120 pos 1\n"
            "timer 4 due 150@150\n"
            "bar ATO 1m 103@180 last 103 pos 1 work 0 worth 1001\n");
    ck_assert_uint_eq(s.outcome.counts.timers, 4);
    scene_end(&s);
}
END_TEST

START_TEST(a_periodic_timer_fires_for_each_period_that_the_rows_leave_out)
{
    SCENE("s1 timer 7 60 60");
    s.kinds = "S";
    add_bar(&s, ATOM, 0, 1, 1, 1, 1);
    add_bar(&s, ATOM, 2, 1, 1, 1, 1);
    run(&s, "timer 7 due 60@60\nbar ATO 1m 1@60 last 1 pos 0 work 0 worth 1000\n"
            "timer 7 due 120@120\ntimer 7 due 180@180\n"
            "bar ATO 1m 1@180 last 1 pos 0 work 0 worth 1000\n");
    scene_end(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine");
    TCase *tc = tcase_create("engine");
    if (!mkdtemp(engine_dir))
        return 1;
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_market_order_fills_at_the_close_of_its_bar);
    tcase_add_test(tc, with_next_open_it_fills_at_the_open_of_the_next_bar_before_that_is_shown);
    tcase_add_test(tc, slippage_is_against_market_orders_and_commission_is_on_the_price_after_it);
    tcase_add_test(tc, a_limit_rests_from_the_next_bar_on_and_fills_at_its_limit_when_touched);
    tcase_add_test(tc,
                   a_limit_that_the_bar_gaps_through_fills_at_the_limit_or_at_the_open_as_asked);
    tcase_add_test(tc, a_sell_limit_fills_when_the_high_reaches_it);
    tcase_add_test(tc, an_immediate_order_fills_at_the_close_if_it_can_and_ends_expired_if_not);
    tcase_add_test(tc, an_immediate_order_with_next_open_meets_the_open);
    tcase_add_test(tc, what_a_limit_fill_makes_the_strategy_send_gets_the_close_of_that_bar);
    tcase_add_test(tc, what_a_fill_in_one_symbol_rests_in_another_waits_for_that_ones_next_bar);
    tcase_add_test(tc, a_cancelled_order_fills_no_more);
    tcase_add_test(tc, an_order_that_waits_for_the_open_can_be_cancelled);
    tcase_add_test(tc, symbols_go_in_their_order_within_an_instant_and_share_one_point);
    tcase_add_test(tc, an_order_about_another_symbol_gets_its_last_close);
    tcase_add_test(tc, timers_fire_before_the_first_event_at_or_after_they_are_due);
    tcase_add_test(tc, a_periodic_timer_fires_for_each_period_that_the_rows_leave_out);
    suite_add_tcase(suite, tc);
    int rc = run_suite(suite);
    rmdir(engine_dir);
    return rc;
}
