/*
 * test_match.c - the fill model, rule by rule, with values worked out by hand.
 */
#include "test_main.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <njord/match.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE    ((double)NAN)
#define UNBOUND INT64_MAX

static njord_match_order order(const char *id, unsigned side, unsigned type, double limit,
                               int64_t lots)
{
    njord_match_order o = {.user = 7,
                           .lots = lots,
                           .limit_price = limit,
                           .side = (uint8_t)side,
                           .type = (uint8_t)type,
                           .tif = NJORD_TIF_GTC};
    snprintf(o.id, sizeof o.id, "%s", id);
    return o;
}

static njord_match_order buy_limit(const char *id, double limit, int64_t lots)
{
    return order(id, NJORD_SIDE_BUY, NJORD_TYPE_LIMIT, limit, lots);
}

static njord_match_order sell_limit(const char *id, double limit, int64_t lots)
{
    return order(id, NJORD_SIDE_SELL, NJORD_TYPE_LIMIT, limit, lots);
}

static njord_match_order market(unsigned side, double limit)
{
    return order("m", side, NJORD_TYPE_MARKET, limit, 5);
}

static void expect_fill(njord_match_verdict v, double price)
{
    ck_assert_int_eq(v.action, NJORD_MATCH_FILL);
    ck_assert_uint_eq(v.liquidity, NJORD_LIQUIDITY_TAKER);
    ck_assert_double_eq(v.price, price);
}

/* ---- lots ---- */

START_TEST(three_lots_of_a_tenth_are_0_3)
{
    int64_t lots = 0;
    ck_assert_double_eq(njord_lots_to_qty(3, 0.1), 0.3);
    ck_assert_double_eq(njord_lots_to_qty(-7, 0.01), -0.07);
    ck_assert_double_eq(njord_lots_to_qty(123456789, 1e-8), 1.23456789);
    ck_assert_double_eq(njord_lots_to_qty(3, 0.3), 0.9);
    ck_assert_double_eq(njord_lots_to_qty(7, 0.025), 0.175);
    ck_assert_double_eq(njord_lots_to_qty(7, 5.0), 35.0);
    ck_assert_double_eq(njord_lots_to_qty(0, 0.1), 0.0);
    /* What adding doubles gives (0.1 + 0.2) is still three lots. */
    ck_assert_int_eq(njord_qty_to_lots(0.1 + 0.2, 0.1, &lots), NJORD_OK);
    ck_assert_int_eq(lots, 3);
    ck_assert_int_eq(njord_qty_to_lots(-1.23456789, 1e-8, &lots), NJORD_OK);
    ck_assert_int_eq(lots, -123456789);
    ck_assert_int_eq(njord_qty_to_lots(0.9, 0.3, &lots), NJORD_OK);
    ck_assert_int_eq(lots, 3);
}
END_TEST

START_TEST(lots_come_back_from_every_decimal)
{
    const double steps[] = {1e-8, 1e-5, 0.001, 0.01, 0.1, 0.25, 0.5, 1.0, 10.0, 0.3};
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++)
        for (int64_t n = 1; n < 4000000000000; n = n * 3 + 1) {
            int64_t lots = 0;
            ck_assert_int_eq(njord_qty_to_lots(njord_lots_to_qty(n, steps[s]), steps[s], &lots),
                             NJORD_OK);
            ck_assert_int_eq(lots, n);
        }
}
END_TEST

START_TEST(lots_print_as_the_decimal)
{
    /* strtod is the independent one: it reads the decimal text to the nearest double. */
    for (int64_t n = 0; n < 100000; n += 7) {
        char text[32];
        snprintf(text, sizeof text, "%lld.%03lld", (long long)(n / 1000), (long long)(n % 1000));
        ck_assert_double_eq(njord_lots_to_qty(n, 0.001), strtod(text, NULL));
    }
}
END_TEST

START_TEST(quantity_off_the_grid_is_refused)
{
    int64_t lots = 99;
    ck_assert_int_eq(njord_qty_to_lots(0.25, 0.1, &lots), NJORD_E_ARG);
    ck_assert_int_eq(njord_qty_to_lots(0.3000001, 0.1, &lots), NJORD_E_ARG);
    ck_assert_int_eq(njord_qty_to_lots(NONE, 0.1, &lots), NJORD_E_ARG);
    ck_assert_int_eq(njord_qty_to_lots((double)INFINITY, 0.1, &lots), NJORD_E_ARG);
    ck_assert_int_eq(njord_qty_to_lots(1.0, 0.0, &lots), NJORD_E_ARG);
    ck_assert_int_eq(njord_qty_to_lots(1.0, -0.1, &lots), NJORD_E_ARG);
    ck_assert_int_eq(njord_qty_to_lots(1.0, NONE, &lots), NJORD_E_ARG);
    ck_assert_int_eq(njord_qty_to_lots(1e12, 1e-8, &lots), NJORD_E_LIMIT);
    ck_assert_int_eq(njord_qty_to_lots(-DBL_MAX, 1e-8, &lots), NJORD_E_LIMIT);
    ck_assert_int_eq(lots, 99);
}
END_TEST

/* ---- arrival ---- */

START_TEST(market_buy_pays_slippage_up_and_sell_down)
{
    njord_match_order buy = market(NJORD_SIDE_BUY, NONE);
    njord_match_order sell = market(NJORD_SIDE_SELL, NONE);
    expect_fill(njord_match_arrival(&buy, 100.0, 0.0), 100.0);
    /* 5 bps: 100 x 1.0005 and 100 x 0.9995. */
    expect_fill(njord_match_arrival(&buy, 100.0, 5.0), 100.0 * 1.0005);
    expect_fill(njord_match_arrival(&sell, 100.0, 5.0), 100.0 * 0.9995);
    ck_assert_double_eq_tol(njord_slippage_price(NJORD_SIDE_BUY, 100.0, 5.0), 100.05, 1e-12);
    ck_assert_double_eq_tol(njord_slippage_price(NJORD_SIDE_SELL, 100.0, 5.0), 99.95, 1e-12);
}
END_TEST

START_TEST(market_without_a_price_takes_its_limit_else_waits)
{
    njord_match_order priced = market(NJORD_SIDE_BUY, 80.0);
    njord_match_order bare = market(NJORD_SIDE_BUY, NONE);
    expect_fill(njord_match_arrival(&priced, NONE, 0.0), 80.0);
    expect_fill(njord_match_arrival(&priced, NONE, 10.0), 80.0 * 1.001);
    /* Once a price is known the limit of a market order says nothing. */
    expect_fill(njord_match_arrival(&priced, 90.0, 0.0), 90.0);
    ck_assert_int_eq(njord_match_arrival(&bare, NONE, 0.0).action, NJORD_MATCH_REST);
    ck_assert_int_eq(njord_match_arrival(&bare, 0.0, 0.0).action, NJORD_MATCH_REST);
    bare.tif = NJORD_TIF_IOC;
    ck_assert_int_eq(njord_match_arrival(&bare, NONE, 0.0).action, NJORD_MATCH_EXPIRE);
    bare.tif = NJORD_TIF_FOK;
    ck_assert_int_eq(njord_match_arrival(&bare, NONE, 0.0).action, NJORD_MATCH_EXPIRE);
    expect_fill(njord_match_arrival(&bare, 90.0, 0.0), 90.0);
}
END_TEST

START_TEST(marketable_limit_fills_at_last_without_slippage)
{
    njord_match_order buy = buy_limit("b", 100.0, 1);
    njord_match_order sell = sell_limit("s", 100.0, 1);
    expect_fill(njord_match_arrival(&buy, 99.0, 5.0), 99.0);
    expect_fill(njord_match_arrival(&buy, 100.0, 5.0), 100.0);
    ck_assert_int_eq(njord_match_arrival(&buy, 100.01, 5.0).action, NJORD_MATCH_REST);
    expect_fill(njord_match_arrival(&sell, 101.0, 5.0), 101.0);
    expect_fill(njord_match_arrival(&sell, 100.0, 5.0), 100.0);
    ck_assert_int_eq(njord_match_arrival(&sell, 99.99, 5.0).action, NJORD_MATCH_REST);
    ck_assert_int_eq(njord_match_arrival(&buy, NONE, 5.0).action, NJORD_MATCH_REST);
    ck_assert_int_eq(njord_match_arrival(&sell, NONE, 5.0).action, NJORD_MATCH_REST);
}
END_TEST

START_TEST(immediate_orders_fill_whole_or_expire)
{
    const uint8_t tifs[] = {NJORD_TIF_IOC, NJORD_TIF_FOK};
    for (int i = 0; i < 2; i++) {
        njord_match_order buy = buy_limit("b", 100.0, 1);
        njord_match_order sell = sell_limit("s", 100.0, 1);
        buy.tif = tifs[i];
        sell.tif = tifs[i];
        expect_fill(njord_match_arrival(&buy, 99.5, 0.0), 99.5);
        expect_fill(njord_match_arrival(&sell, 100.5, 0.0), 100.5);
        ck_assert_int_eq(njord_match_arrival(&buy, 100.5, 0.0).action, NJORD_MATCH_EXPIRE);
        ck_assert_int_eq(njord_match_arrival(&sell, 99.5, 0.0).action, NJORD_MATCH_EXPIRE);
        ck_assert_int_eq(njord_match_arrival(&buy, NONE, 0.0).action, NJORD_MATCH_EXPIRE);
    }
}
END_TEST

START_TEST(absent_time_in_force_is_good_till_cancelled)
{
    njord_match_order buy = buy_limit("b", 100.0, 1);
    buy.tif = NJORD_NONE_U8;
    ck_assert_int_eq(njord_match_order_check(&buy), NJORD_OK);
    ck_assert_int_eq(njord_match_arrival(&buy, 101.0, 0.0).action, NJORD_MATCH_REST);
}
END_TEST

START_TEST(on_bars_a_limit_rests_even_when_marketable)
{
    njord_match_order buy = buy_limit("b", 100.0, 1);
    njord_match_order m = market(NJORD_SIDE_SELL, NONE);
    ck_assert_int_eq(njord_match_arrival_bar(&buy, 99.0, 5.0).action, NJORD_MATCH_REST);
    expect_fill(njord_match_arrival_bar(&m, 200.0, 5.0), 200.0 * 0.9995);
    buy.tif = NJORD_TIF_IOC;
    expect_fill(njord_match_arrival_bar(&buy, 99.0, 5.0), 99.0);
    ck_assert_int_eq(njord_match_arrival_bar(&buy, 100.5, 5.0).action, NJORD_MATCH_EXPIRE);
    buy.tif = NJORD_TIF_FOK;
    expect_fill(njord_match_arrival_bar(&buy, 100.0, 5.0), 100.0);
}
END_TEST

START_TEST(commission_is_quantity_times_price_times_rate)
{
    ck_assert_double_eq(njord_commission(2.0, 50.0, 0.25), 25.0);
    ck_assert_double_eq_tol(njord_commission(0.5, 61800.0, 0.001), 30.9, 1e-12);
}
END_TEST

/* ---- resting ---- */

static void expect_rest(const njord_match_order *o, const njord_match_tick *t, double price)
{
    double got = 0.0;
    uint8_t liquidity = 0;
    if (isnan(price)) {
        ck_assert_int_eq(njord_match_resting(o, t, &got, &liquidity), 0);
        return;
    }
    ck_assert_int_eq(njord_match_resting(o, t, &got, &liquidity), 1);
    ck_assert_double_eq(got, price);
    ck_assert_uint_eq(liquidity, NJORD_LIQUIDITY_MAKER);
}

START_TEST(resting_limit_fills_at_its_limit_when_a_trade_reaches_it)
{
    njord_match_order buy = buy_limit("b", 100.0, 1);
    njord_match_order sell = sell_limit("s", 100.0, 1);
    njord_match_tick at = njord_match_trade(100.0, UNBOUND, 5.0);
    njord_match_tick below = njord_match_trade(97.0, UNBOUND, 5.0);
    njord_match_tick above = njord_match_trade(103.0, UNBOUND, 5.0);
    expect_rest(&buy, &at, 100.0);
    expect_rest(&buy, &below, 100.0);
    expect_rest(&buy, &above, NONE);
    expect_rest(&sell, &at, 100.0);
    expect_rest(&sell, &above, 100.0);
    expect_rest(&sell, &below, NONE);
}
END_TEST

START_TEST(resting_limit_fills_when_a_bar_reaches_it)
{
    njord_match_order buy = buy_limit("b", 100.0, 1);
    njord_match_order sell = sell_limit("s", 110.0, 1);
    njord_match_tick touch = njord_match_bar(105.0, 110.0, 100.0, 0.0, 0);
    njord_match_tick inside = njord_match_bar(105.0, 109.9, 100.1, 0.0, 0);
    expect_rest(&buy, &touch, 100.0);
    expect_rest(&sell, &touch, 110.0);
    expect_rest(&buy, &inside, NONE);
    expect_rest(&sell, &inside, NONE);
}
END_TEST

START_TEST(gap_through_a_limit_fills_at_the_limit_or_at_the_open_as_asked)
{
    njord_match_order buy = buy_limit("b", 100.0, 1);
    njord_match_order sell = sell_limit("s", 110.0, 1);
    njord_match_tick down = njord_match_bar(95.0, 99.0, 94.0, 0.0, 0);
    njord_match_tick up = njord_match_bar(115.0, 116.0, 112.0, 0.0, 0);
    expect_rest(&buy, &down, 100.0);
    expect_rest(&sell, &up, 110.0);
    down = njord_match_bar(95.0, 99.0, 94.0, 0.0, 1);
    up = njord_match_bar(115.0, 116.0, 112.0, 0.0, 1);
    expect_rest(&buy, &down, 95.0);
    expect_rest(&sell, &up, 115.0);
    /* Opened on the near side, reached later: the limit all the same. */
    down = njord_match_bar(101.0, 102.0, 94.0, 0.0, 1);
    expect_rest(&buy, &down, 100.0);
}
END_TEST

START_TEST(nonsense_price_fills_nothing)
{
    const double bad[] = {NONE, (double)INFINITY, -(double)INFINITY, 0.0, -5.0};
    njord_match_order buy = buy_limit("b", 100.0, 1);
    njord_match_order sell = sell_limit("s", 100.0, 1);
    for (int i = 0; i < 5; i++) {
        njord_match_tick t = njord_match_trade(bad[i], UNBOUND, 0.0);
        expect_rest(&buy, &t, NONE);
        expect_rest(&sell, &t, NONE);
    }
}
END_TEST

/* ---- the book ---- */

static njord_match_book book_of(const njord_match_order *orders, size_t count)
{
    njord_match_book b;
    ck_assert_int_eq(njord_match_book_init(&b, 1000), NJORD_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(njord_match_book_place(&b, &orders[i]), NJORD_OK);
    return b;
}

static void expect_next(njord_match_book *b, njord_match_tick *t, const char *id, int64_t lots,
                        int64_t left, double price)
{
    njord_match_fill f;
    ck_assert_int_eq(njord_match_book_next(b, t, &f), 1);
    ck_assert_str_eq(f.order.id, id);
    ck_assert_int_eq(f.lots, lots);
    ck_assert_int_eq(f.order.lots, left);
    ck_assert_double_eq(f.price, price);
    ck_assert_uint_eq(f.order.user, 7);
    ck_assert_ptr_eq(left > 0 ? NULL : njord_match_book_find(b, id), NULL);
}

static void expect_no_more(njord_match_book *b, njord_match_tick *t)
{
    njord_match_fill f;
    ck_assert_int_eq(njord_match_book_next(b, t, &f), 0);
}

START_TEST(whole_fills_take_every_order_that_the_trade_reaches)
{
    const njord_match_order orders[] = {buy_limit("low", 98.0, 4), buy_limit("high", 101.0, 3),
                                        buy_limit("mid", 100.0, 2), sell_limit("far", 105.0, 9)};
    njord_match_book b = book_of(orders, 4);
    njord_match_tick t = njord_match_trade(99.0, UNBOUND, 0.0);
    expect_next(&b, &t, "high", 3, 0, 101.0);
    expect_next(&b, &t, "mid", 2, 0, 100.0);
    expect_no_more(&b, &t);
    ck_assert_uint_eq(njord_match_book_count(&b), 2);
    ck_assert_ptr_nonnull(njord_match_book_find(&b, "low"));
    njord_match_book_free(&b);
}
END_TEST

START_TEST(traded_quantity_is_shared_by_price_then_time)
{
    const njord_match_order orders[] = {buy_limit("second", 100.0, 4), buy_limit("third", 100.0, 4),
                                        buy_limit("first", 101.0, 4)};
    njord_match_book b = book_of(orders, 3);
    /* 7 traded: 4 to the best price, 3 of 4 to the earlier of the two equal ones. */
    njord_match_tick t = njord_match_trade(100.0, 7, 0.0);
    expect_next(&b, &t, "first", 4, 0, 101.0);
    expect_next(&b, &t, "second", 3, 1, 100.0);
    expect_no_more(&b, &t);
    ck_assert_int_eq(t.lots, 0);
    /* The part filled keeps its turn: 1 left, then the other. */
    t = njord_match_trade(99.0, 2, 0.0);
    expect_next(&b, &t, "second", 1, 0, 100.0);
    expect_next(&b, &t, "third", 1, 3, 100.0);
    expect_no_more(&b, &t);
    njord_match_book_free(&b);
}
END_TEST

START_TEST(sells_fill_lowest_first)
{
    const njord_match_order orders[] = {sell_limit("c", 103.0, 1), sell_limit("a", 101.0, 1),
                                        sell_limit("b", 102.0, 1)};
    njord_match_book b = book_of(orders, 3);
    njord_match_tick t = njord_match_trade(102.5, UNBOUND, 0.0);
    expect_next(&b, &t, "a", 1, 0, 101.0);
    expect_next(&b, &t, "b", 1, 0, 102.0);
    expect_no_more(&b, &t);
    njord_match_book_free(&b);
}
END_TEST

START_TEST(of_a_buy_and_a_sell_that_both_fill_the_earlier_goes_first)
{
    const njord_match_order orders[] = {buy_limit("b1", 100.0, 2), sell_limit("s2", 100.0, 2),
                                        buy_limit("b3", 100.0, 2)};
    njord_match_book b = book_of(orders, 3);
    njord_match_tick t = njord_match_trade(100.0, 5, 0.0);
    expect_next(&b, &t, "b1", 2, 0, 100.0);
    expect_next(&b, &t, "s2", 2, 0, 100.0);
    expect_next(&b, &t, "b3", 1, 1, 100.0);
    expect_no_more(&b, &t);
    njord_match_book_free(&b);
}
END_TEST

START_TEST(waiting_market_order_takes_the_first_price_whole_with_slippage)
{
    njord_match_order orders[] = {buy_limit("limit", 100.0, 4), market(NJORD_SIDE_BUY, NONE)};
    njord_match_book b = book_of(orders, 2);
    njord_match_tick t = njord_match_trade(100.0, 1, 10.0);
    njord_match_fill f;
    ck_assert_int_eq(njord_match_book_next(&b, &t, &f), 1);
    ck_assert_str_eq(f.order.id, "m");
    ck_assert_int_eq(f.lots, 5);
    ck_assert_double_eq(f.price, 100.0 * 1.001);
    ck_assert_uint_eq(f.liquidity, NJORD_LIQUIDITY_TAKER);
    /* It took nothing of the trade's one lot. */
    expect_next(&b, &t, "limit", 1, 3, 100.0);
    expect_no_more(&b, &t);
    njord_match_book_free(&b);
}
END_TEST

START_TEST(a_trade_of_less_than_a_lot_fills_nothing)
{
    const njord_match_order o = buy_limit("b", 100.0, 4);
    njord_match_book b = book_of(&o, 1);
    njord_match_tick t = njord_match_trade(99.0, 0, 0.0);
    expect_no_more(&b, &t);
    ck_assert_int_eq(njord_match_book_find(&b, "b")->lots, 4);
    njord_match_book_free(&b);
}
END_TEST

START_TEST(cancelled_order_is_gone_and_handed_back)
{
    const njord_match_order orders[] = {buy_limit("a", 100.0, 1), buy_limit("b", 100.0, 2),
                                        buy_limit("c", 100.0, 3)};
    njord_match_book b = book_of(orders, 3);
    njord_match_order out;
    ck_assert_int_eq(njord_match_book_cancel(&b, "b", &out), NJORD_OK);
    ck_assert_str_eq(out.id, "b");
    ck_assert_int_eq(out.lots, 2);
    ck_assert_int_eq(njord_match_book_cancel(&b, "b", NULL), NJORD_E_NOT_FOUND);
    njord_match_tick t = njord_match_trade(99.0, UNBOUND, 0.0);
    expect_next(&b, &t, "a", 1, 0, 100.0);
    expect_next(&b, &t, "c", 3, 0, 100.0);
    expect_no_more(&b, &t);
    ck_assert_int_eq(njord_match_book_cancel(&b, "a", NULL), NJORD_E_NOT_FOUND);
    njord_match_book_free(&b);
}
END_TEST

START_TEST(what_cannot_rest_is_refused)
{
    njord_match_book b;
    njord_match_order o;
    ck_assert_int_eq(njord_match_book_init(&b, 0), NJORD_E_ARG);
    ck_assert_int_eq(njord_match_book_init(&b, 2), NJORD_OK);
    o = buy_limit("a", 100.0, 1);
    o.tif = NJORD_TIF_IOC;
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_E_ARG);
    o.tif = NJORD_TIF_FOK;
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_E_ARG);
    o = buy_limit("a", 100.0, 0);
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_E_ARG);
    o = buy_limit("a", 100.0, -1);
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_E_ARG);
    o = buy_limit("", 100.0, 1);
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_E_ARG);
    o = buy_limit("a", 100.0, 1);
    memset(o.id, 'x', sizeof o.id);
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_E_ARG);
    const double bad[] = {NONE, (double)INFINITY, 0.0, -1.0};
    for (int i = 0; i < 4; i++) {
        o = buy_limit("a", bad[i], 1);
        ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_E_ARG);
    }
    for (unsigned code = 0; code < 256; code++) {
        o = buy_limit("a", 100.0, 1);
        o.side = (uint8_t)code;
        ck_assert_int_eq(njord_match_order_check(&o) == NJORD_OK, code == 1 || code == 2);
        o = buy_limit("a", 100.0, 1);
        o.type = (uint8_t)code;
        ck_assert_int_eq(njord_match_order_check(&o) == NJORD_OK, code == 1 || code == 2);
        o = buy_limit("a", 100.0, 1);
        o.tif = (uint8_t)code;
        ck_assert_int_eq(njord_match_order_check(&o) == NJORD_OK,
                         (code >= 1 && code <= 3) || code == 255);
    }
    ck_assert_uint_eq(njord_match_book_count(&b), 0);
    o = buy_limit("a", 100.0, 1);
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_OK);
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_E_ARG);
    o = sell_limit("b", 100.0, 1);
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_OK);
    o = sell_limit("c", 100.0, 1);
    ck_assert_int_eq(njord_match_book_place(&b, &o), NJORD_E_LIMIT);
    ck_assert_uint_eq(njord_match_book_count(&b), 2);
    ck_assert_ptr_null(njord_match_book_at(&b, 2));
    njord_match_book_free(&b);
    njord_match_book_free(NULL);
}
END_TEST

/* Both books fill alike, to the last lot, until nothing is left. */
static void expect_same_fills(njord_match_book *a, njord_match_book *b)
{
    for (int i = 0; i < 400; i++) {
        double price = 100.0 + (i % 13) - 6;
        njord_match_tick ta = njord_match_trade(price, 3 + i % 5, 5.0);
        njord_match_tick tb = ta;
        njord_match_fill fa;
        njord_match_fill fb;
        int more;
        do {
            more = njord_match_book_next(a, &ta, &fa);
            ck_assert_int_eq(njord_match_book_next(b, &tb, &fb), more);
            if (more)
                ck_assert_mem_eq(&fa, &fb, sizeof fa);
        } while (more);
    }
    ck_assert_uint_eq(njord_match_book_count(a), 0);
    ck_assert_uint_eq(njord_match_book_count(b), 0);
}

START_TEST(restored_book_fills_in_the_same_turn)
{
    njord_match_book a;
    njord_match_book b;
    njord_match_order saved[128];
    char id[40];
    ck_assert_int_eq(njord_match_book_init(&a, 200), NJORD_OK);
    ck_assert_int_eq(njord_match_book_init(&b, 200), NJORD_OK);
    for (int i = 0; i < 100; i++) {
        double limit = 95.0 + (i * 7) % 11;
        snprintf(id, sizeof id, "o%d", i);
        njord_match_order o = i % 2 ? buy_limit(id, limit, 1 + i % 4) : sell_limit(id, limit, 2);
        if (i % 25 == 3)
            o = order(id, NJORD_SIDE_SELL, NJORD_TYPE_MARKET, NONE, 6);
        ck_assert_int_eq(njord_match_book_place(&a, &o), NJORD_OK);
    }
    size_t count = njord_match_book_count(&a);
    for (size_t i = 0; i < count; i++)
        saved[count - 1 - i] = *njord_match_book_at(&a, i);
    njord_match_order gone = buy_limit("gone", 100.0, 1);
    ck_assert_int_eq(njord_match_book_place(&b, &gone), NJORD_OK);
    ck_assert_int_eq(njord_match_book_restore(&b, saved, count), NJORD_OK);
    ck_assert_ptr_null(njord_match_book_find(&b, "gone"));
    /* A new order stands behind the restored ones in both. */
    njord_match_order late = buy_limit("late", 105.0, 1);
    ck_assert_int_eq(njord_match_book_place(&a, &late), NJORD_OK);
    ck_assert_int_eq(njord_match_book_place(&b, &late), NJORD_OK);
    expect_same_fills(&a, &b);
    njord_match_book_free(&a);
    njord_match_book_free(&b);
}
END_TEST

START_TEST(broken_saved_book_is_refused_and_changes_nothing)
{
    const njord_match_order orders[] = {buy_limit("a", 100.0, 1), sell_limit("b", 101.0, 2)};
    njord_match_book b = book_of(orders, 2);
    njord_match_order bad[2];
    for (int i = 0; i < 6; i++) {
        bad[0] = *njord_match_book_at(&b, 0);
        bad[1] = *njord_match_book_at(&b, 1);
        if (i == 0)
            bad[1].seq = bad[0].seq;
        if (i == 1)
            memcpy(bad[1].id, bad[0].id, sizeof bad[1].id);
        if (i == 2)
            bad[1].lots = 0;
        if (i == 3)
            bad[1].tif = NJORD_TIF_IOC;
        if (i == 4)
            bad[1].seq = 0;
        if (i == 5)
            bad[1].limit_price = NONE;
        ck_assert_int_eq(njord_match_book_restore(&b, bad, 2), NJORD_E_STATE);
        ck_assert_uint_eq(njord_match_book_count(&b), 2);
    }
    ck_assert_int_eq(njord_match_book_restore(&b, NULL, 0), NJORD_OK);
    ck_assert_uint_eq(njord_match_book_count(&b), 0);
    njord_match_book_free(&b);
}
END_TEST

static TCase *one_order(void)
{
    TCase *t = tcase_create("one order");
    tcase_add_test(t, three_lots_of_a_tenth_are_0_3);
    tcase_add_test(t, lots_come_back_from_every_decimal);
    tcase_add_test(t, lots_print_as_the_decimal);
    tcase_add_test(t, quantity_off_the_grid_is_refused);
    tcase_add_test(t, market_buy_pays_slippage_up_and_sell_down);
    tcase_add_test(t, market_without_a_price_takes_its_limit_else_waits);
    tcase_add_test(t, marketable_limit_fills_at_last_without_slippage);
    tcase_add_test(t, immediate_orders_fill_whole_or_expire);
    tcase_add_test(t, absent_time_in_force_is_good_till_cancelled);
    tcase_add_test(t, on_bars_a_limit_rests_even_when_marketable);
    tcase_add_test(t, commission_is_quantity_times_price_times_rate);
    tcase_add_test(t, resting_limit_fills_at_its_limit_when_a_trade_reaches_it);
    tcase_add_test(t, resting_limit_fills_when_a_bar_reaches_it);
    tcase_add_test(t, gap_through_a_limit_fills_at_the_limit_or_at_the_open_as_asked);
    tcase_add_test(t, nonsense_price_fills_nothing);
    return t;
}

static TCase *book(void)
{
    TCase *t = tcase_create("book");
    tcase_add_test(t, whole_fills_take_every_order_that_the_trade_reaches);
    tcase_add_test(t, traded_quantity_is_shared_by_price_then_time);
    tcase_add_test(t, sells_fill_lowest_first);
    tcase_add_test(t, of_a_buy_and_a_sell_that_both_fill_the_earlier_goes_first);
    tcase_add_test(t, waiting_market_order_takes_the_first_price_whole_with_slippage);
    tcase_add_test(t, a_trade_of_less_than_a_lot_fills_nothing);
    tcase_add_test(t, cancelled_order_is_gone_and_handed_back);
    tcase_add_test(t, what_cannot_rest_is_refused);
    tcase_add_test(t, restored_book_fills_in_the_same_turn);
    tcase_add_test(t, broken_saved_book_is_refused_and_changes_nothing);
    return t;
}

int main(void)
{
    Suite *suite = suite_create("match");
    suite_add_tcase(suite, one_order());
    suite_add_tcase(suite, book());
    return run_suite(suite);
}
