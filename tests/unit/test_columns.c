/* test_columns.c - rows of bars and trades as columns, and back. Owned by the tests. */
#include "journal/columns.h"
#include "test_main.h"

#include <check.h>
#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <string.h>

static struct nj_columns_builder *builder;
static struct nj_columns view;
static struct nj_error err;

static void begin(enum nj_columns_kind kind)
{
    ck_assert_int_eq(nj_columns_builder_new(&builder, kind, &err), 0);
}

static void end(void)
{
    nj_columns_builder_free(builder);
    builder = NULL;
}

static njord_bar bar_at(int64_t minute)
{
    njord_bar b;
    njord_event_init(&b, NJORD_EV_BAR);
    snprintf(b.symbol, sizeof b.symbol, "ATOM/USDT");
    snprintf(b.timeframe, sizeof b.timeframe, "1m");
    b.ts_open = minute * 60000000000;
    b.ts_close = b.ts_open + 60000000000;
    b.ev.ts_ns = b.ts_close;
    b.open = 9.5;
    b.high = 9.75;
    b.low = 9.25;
    b.close = (double)minute;
    b.volume = 100;
    return b;
}

static njord_trade trade_at(int64_t ts, const char *venue, const char *id)
{
    njord_trade t;
    njord_event_init(&t, NJORD_EV_TRADE);
    snprintf(t.symbol, sizeof t.symbol, "BTC/USDT");
    snprintf(t.venue, sizeof t.venue, "%s", venue);
    snprintf(t.trade_id, sizeof t.trade_id, "%s", id);
    t.ev.ts_ns = ts;
    t.price = 61800.01;
    t.qty = 0.5;
    return t;
}

static void add_bar(const njord_bar *bar)
{
    ck_assert_msg(nj_columns_add_bar(builder, bar, &err) == 0, "%s", err.text);
}

static void bar_is(size_t i, const njord_bar *want)
{
    njord_bar got;
    nj_columns_bar(&view, i, &got);
    ck_assert_mem_eq(&got, want, sizeof got);
}

START_TEST(bar_comes_back_whole)
{
    njord_bar plain = bar_at(1), full = bar_at(2);
    full.ev.seq = 77;
    full.ev.ts_recv_ns = 1234;
    full.trades = 5;
    full.quote_volume = 950.5;
    full.taker_volume = 40;
    full.partial = 1;
    full.ev.flags = NJORD_EF_PARTIAL;
    njord_bar not_partial = bar_at(3);
    not_partial.partial = 0;
    begin(NJ_COLUMNS_BARS);
    add_bar(&plain);
    add_bar(&full);
    add_bar(&not_partial);
    nj_columns_view(builder, &view);
    ck_assert_uint_eq(view.n, 3);
    bar_is(0, &plain);
    bar_is(1, &full);
    bar_is(2, &not_partial);
    end();
}
END_TEST

START_TEST(trade_comes_back_whole)
{
    njord_trade rows[] = {trade_at(1, "", ""), trade_at(2, "binance", "42"),
                          trade_at(3, "kraken", "TX-7"), trade_at(4, "binance", "007"),
                          trade_at(5, "", "TX-8")};
    size_t n = sizeof rows / sizeof rows[0];
    rows[1].side = NJORD_SIDE_BUY;
    rows[1].ev.seq = 9;
    rows[3].side = NJORD_SIDE_SELL;
    begin(NJ_COLUMNS_TRADES);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(nj_columns_add_trade(builder, &rows[i], &err), 0);
    nj_columns_view(builder, &view);
    ck_assert_uint_eq(view.n_venues, 2);
    ck_assert_int_eq(view.id[1], 42);
    for (size_t i = 0; i < n; i++) {
        njord_trade got;
        nj_columns_trade(&view, i, &got);
        ck_assert_mem_eq(&got, &rows[i], sizeof got);
    }
    end();
}
END_TEST

START_TEST(ten_thousand_rows_are_kept_in_order)
{
    begin(NJ_COLUMNS_BARS);
    for (int64_t i = 0; i < 10000; i++) {
        njord_bar b = bar_at(i);
        if (i == 5000)
            b.trades = 3; /* a column that comes into being late */
        add_bar(&b);
    }
    nj_columns_view(builder, &view);
    ck_assert_uint_eq(view.n, 10000);
    for (size_t i = 0; i < 10000; i++) {
        ck_assert_int_eq(view.ts[i], (int64_t)i * 60000000000);
        ck_assert_double_eq(view.close[i], (double)i);
        ck_assert_int_eq(view.trades[i], i == 5000 ? 3 : NJORD_NONE_I64);
    }
    end();
}
END_TEST

START_TEST(what_does_not_belong_is_refused_and_nothing_is_added)
{
    njord_bar b = bar_at(1), other = bar_at(2);
    njord_trade t = trade_at(1, "", "");
    begin(NJ_COLUMNS_BARS);
    add_bar(&b);
    snprintf(other.symbol, sizeof other.symbol, "BTC/USDT");
    ck_assert_int_eq(nj_columns_add_bar(builder, &other, &err), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "symbol 'BTC/USDT' among rows of 'ATOM/USDT'");
    other = bar_at(2);
    snprintf(other.timeframe, sizeof other.timeframe, "5m");
    ck_assert_int_eq(nj_columns_add_bar(builder, &other, &err), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "timeframe '5m' among bars of 1m");
    other = bar_at(2);
    other.ts_close--;
    ck_assert_int_eq(nj_columns_add_bar(builder, &other, &err), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_columns_add_trade(builder, &t, &err), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "a trade among bars");
    nj_columns_view(builder, &view);
    ck_assert_uint_eq(view.n, 1);
    end();
}
END_TEST

START_TEST(two_hundred_and_fifty_sixth_venue_is_refused)
{
    char venue[16];
    begin(NJ_COLUMNS_TRADES);
    for (int i = 0; i < 256; i++) {
        snprintf(venue, sizeof venue, "v%d", i);
        njord_trade t = trade_at(i, venue, "1");
        ck_assert_int_eq(nj_columns_add_trade(builder, &t, &err), i < 255 ? 0 : NJ_ERR_LIMIT);
    }
    ck_assert_str_eq(err.text, "trades of 'BTC/USDT': more than 255 venues in one journal");
    nj_columns_view(builder, &view);
    ck_assert_uint_eq(view.n, 255);
    ck_assert_str_eq(view.venues[view.venue[254]], "v254");
    end();
}
END_TEST

START_TEST(first_row_at_or_after_a_time_is_found)
{
    int64_t ts[] = {10, 20, 20, 30};
    struct nj_columns c = {.kind = NJ_COLUMNS_TRADES, .n = 4, .ts = ts};
    ck_assert_uint_eq(nj_columns_find(&c, INT64_MIN), 0);
    ck_assert_uint_eq(nj_columns_find(&c, 10), 0);
    ck_assert_uint_eq(nj_columns_find(&c, 11), 1);
    ck_assert_uint_eq(nj_columns_find(&c, 20), 1);
    ck_assert_uint_eq(nj_columns_find(&c, 21), 3);
    ck_assert_uint_eq(nj_columns_find(&c, 30), 3);
    ck_assert_uint_eq(nj_columns_find(&c, 31), 4);
    c.n = 0;
    ck_assert_uint_eq(nj_columns_find(&c, 0), 0);
}
END_TEST

START_TEST(cleared_builder_goes_on_with_what_it_was_of)
{
    njord_bar b = bar_at(1), next = bar_at(2), other = bar_at(3);
    begin(NJ_COLUMNS_BARS);
    b.trades = 7;
    add_bar(&b);
    nj_columns_clear_rows(builder);
    nj_columns_view(builder, &view);
    ck_assert_uint_eq(view.n, 0);
    snprintf(other.symbol, sizeof other.symbol, "BTC/USDT");
    ck_assert_int_eq(nj_columns_add_bar(builder, &other, &err), NJ_ERR_INPUT);
    add_bar(&next); /* without a count of trades, in a column that has room for one */
    nj_columns_view(builder, &view);
    ck_assert_uint_eq(view.n, 1);
    bar_is(0, &next);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("columns");
    TCase *t = tcase_create("columns");
    tcase_add_test(t, bar_comes_back_whole);
    tcase_add_test(t, trade_comes_back_whole);
    tcase_add_test(t, ten_thousand_rows_are_kept_in_order);
    tcase_add_test(t, what_does_not_belong_is_refused_and_nothing_is_added);
    tcase_add_test(t, two_hundred_and_fifty_sixth_venue_is_refused);
    tcase_add_test(t, first_row_at_or_after_a_time_is_found);
    tcase_add_test(t, cleared_builder_goes_on_with_what_it_was_of);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
