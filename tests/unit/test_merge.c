/* test_merge.c - recorded series as one: who comes first, bars that stand there twice, and the
 * order in which a host delivered. Orders were worked out by hand; that of the random market is the
 * one it was made in. Owned by the tests. */
#include "test_main.h"

#include <njord/merge.h>
#include <stdio.h>
#include <string.h>

#define MOST 4000
#define S    INT64_C(1000000000)

struct list {
    njord_replayed items[MOST];
    size_t n, at;
    int fails; /* after the last */
};

static int next_of(void *ctx, njord_replayed *out)
{
    struct list *l = ctx;
    if (l->at == l->n)
        return l->fails ? -7 : 0;
    *out = l->items[l->at++];
    out->mark[0] = l->at - 1;
    return 1;
}

static void add_trade(struct list *l, const char *symbol, double price, int64_t ts, int64_t recv,
                      uint64_t seq)
{
    njord_replayed *r = &l->items[l->n++];
    njord_event_init(&r->of, NJORD_EV_TRADE);
    snprintf(r->of.trade.symbol, sizeof r->of.trade.symbol, "%s", symbol);
    r->of.trade.price = price;
    r->of.ev.ts_ns = ts;
    r->of.ev.ts_recv_ns = recv;
    r->seq = seq;
}

static void add_bar(struct list *l, const char *symbol, const char *timeframe, double close,
                    int64_t ts_open, int64_t recv, uint64_t seq)
{
    njord_replayed *r = &l->items[l->n++];
    njord_event_init(&r->of, NJORD_EV_BAR);
    snprintf(r->of.bar.symbol, sizeof r->of.bar.symbol, "%s", symbol);
    snprintf(r->of.bar.timeframe, sizeof r->of.bar.timeframe, "%s", timeframe);
    r->of.bar.close = close;
    r->of.bar.ts_open = ts_open;
    r->of.bar.ts_close = r->of.ev.ts_ns = ts_open + njord_timeframe_ns(timeframe);
    r->of.ev.ts_recv_ns = recv;
    r->seq = seq;
}

static struct list a, b, c, d;

static void reset(void)
{
    a.n = a.at = b.n = b.at = c.n = c.at = d.n = d.at = 0;
    a.fails = b.fails = c.fails = d.fails = 0;
}

static njord_merge *merge_of(uint32_t n, int series)
{
    struct list *lists[] = {&a, &b, &c, &d};
    njord_merge_source sources[4] = {{0}};
    for (uint32_t i = 0; i < n; i++)
        sources[i] = (njord_merge_source){lists[i], next_of, (uint64_t)series};
    njord_merge *m = njord_merge_new(sources, n);
    ck_assert_ptr_nonnull(m);
    return m;
}

/* What comes out, as the prices and closes in order. */
static void comes_out(njord_merge *m, const char *expected)
{
    char text[1024] = "";
    njord_replayed r;
    size_t used = 0;
    while (njord_merge_next(m, &r, NULL) == 1)
        used += (size_t)snprintf(text + used, sizeof text - used, "%g ",
                                 r.of.ev.type == NJORD_EV_BAR ? r.of.bar.close : r.of.trade.price);
    ck_assert_str_eq(text, expected);
    njord_merge_free(m);
}

#define NONE NJORD_NONE_I64

START_TEST(within_one_instant_bars_come_from_the_shortest_up_then_trades)
{
    add_trade(&a, "A/B", 1, 300 * S, NONE, 0);
    add_bar(&b, "A/B", "5m", 2, 0, NONE, 0);
    add_bar(&c, "X/B", "1m", 3, 240 * S, NONE, 0);
    add_bar(&d, "A/B", "1m", 4, 240 * S, NONE, 0);
    comes_out(merge_of(4, 1), "3 4 2 1 "); /* equal ones in the order of their sources */
}
END_TEST

START_TEST(bar_comes_when_it_closes_and_not_when_it_opens)
{
    add_bar(&a, "A/B", "1m", 10, 0, NONE, 0);
    add_trade(&b, "A/B", 1, 1 * S, NONE, 0);
    add_trade(&b, "A/B", 2, 59 * S, NONE, 0);
    add_trade(&b, "A/B", 3, 61 * S, NONE, 0);
    comes_out(merge_of(2, 1), "1 2 10 3 ");
}
END_TEST

START_TEST(delivery_decides_where_it_was_recorded)
{
    add_trade(&a, "A/B", 1, 100, 205, 7); /* older at the exchange, later here */
    add_trade(&b, "C/D", 2, 110, 201, 6);
    comes_out(merge_of(2, 1), "2 1 ");
}
END_TEST

START_TEST(bar_comes_before_the_trade_that_closed_it_and_behind_those_in_it)
{
    /* one delivery time for all: a trade of the minute, the one that ends it, its bars, and a late
     * one, in the order of their numbers */
    add_trade(&a, "A/B", 1, 59 * S, 60 * S, 10);
    add_trade(&a, "A/B", 2, 60 * S, 60 * S, 11);
    add_trade(&a, "A/B", 3, 58 * S, 60 * S, 14);
    add_bar(&b, "A/B", "1m", 100, 0, 60 * S, 12);
    add_bar(&c, "A/B", "5m", 500, -240 * S, 60 * S, 13);
    add_trade(&d, "C/D", 4, 59 * S, 60 * S, 15);
    comes_out(merge_of(4, 1), "1 100 500 2 3 4 ");
}
END_TEST

START_TEST(series_keeps_its_own_order)
{
    add_trade(&a, "A/B", 1, 5, NONE, 0);
    add_trade(&a, "A/B", 2, 3, NONE, 0); /* older: stays behind the first */
    add_trade(&b, "C/D", 3, 4, NONE, 0);
    comes_out(merge_of(2, 1), "3 1 2 ");
}
END_TEST

START_TEST(of_a_bar_that_stands_there_twice_the_later_counts)
{
    add_bar(&a, "A/B", "1m", 1, 0, NONE, 5);
    add_bar(&a, "A/B", "1m", 2, 0, NONE, 9); /* the greater seq */
    add_bar(&a, "A/B", "1m", 3, 60 * S, NONE, 12);
    add_bar(&a, "A/B", "1m", 4, 60 * S, NONE, 11); /* the smaller: the one before counts */
    add_bar(&a, "A/B", "1m", 5, 120 * S, NONE, 0);
    add_bar(&a, "A/B", "1m", 6, 120 * S, NONE, 0);
    add_bar(&a, "A/B", "1m", 7, 120 * S, NONE, 0); /* no seq: the later line */
    add_bar(&a, "A/B", "5m", 8, 120 * S, NONE, 0); /* another timeframe is another bar */
    njord_merge_counts counts;
    njord_replayed r;
    njord_merge *m = merge_of(1, 0);
    const double closes[] = {2, 3, 7, 8};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(njord_merge_next(m, &r, NULL), 1);
        ck_assert_double_eq(r.of.bar.close, closes[i]);
    }
    ck_assert_int_eq(njord_merge_next(m, &r, NULL), 0);
    njord_merge_count(m, &counts);
    ck_assert_uint_eq(counts.events, 4);
    ck_assert_uint_eq(counts.doubles, 4);
    ck_assert_uint_eq(counts.late, 0);
    njord_merge_free(m);
}
END_TEST

START_TEST(bar_of_a_series_that_is_not_younger_than_the_last_is_left_out)
{
    add_bar(&a, "A/B", "1m", 1, 60 * S, NONE, 0);
    add_bar(&a, "A/B", "1m", 2, 120 * S, NONE, 0);
    add_bar(&a, "A/B", "1m", 3, 60 * S, NONE, 0);
    add_bar(&a, "A/B", "1m", 4, 0, NONE, 0);
    add_bar(&a, "A/B", "1m", 5, 180 * S, NONE, 0);
    comes_out(merge_of(1, 1), "1 2 5 ");
    a.at = 0;
    comes_out(merge_of(1, 0), "1 2 3 4 5 "); /* a file of anything stays as it is */
}
END_TEST

START_TEST(source_that_fails_is_told_behind_its_events_and_the_others_go_on)
{
    uint32_t from = 9;
    njord_replayed r;
    add_bar(&a, "A/B", "1m", 1, 0, NONE, 0);
    a.fails = 1;
    add_bar(&b, "C/D", "1m", 2, 60 * S, NONE, 0);
    njord_merge *m = merge_of(2, 1);
    ck_assert_int_eq(njord_merge_next(m, &r, &from), 1);
    ck_assert_double_eq(r.of.bar.close, 1);
    ck_assert_int_eq(njord_merge_next(m, &r, &from), -7);
    ck_assert_uint_eq(from, 0);
    ck_assert_int_eq(njord_merge_next(m, &r, &from), 1);
    ck_assert_double_eq(r.of.bar.close, 2);
    ck_assert_int_eq(njord_merge_next(m, &r, &from), 0);
    njord_merge_free(m);
}
END_TEST

START_TEST(no_source_and_empty_sources_give_nothing)
{
    comes_out(merge_of(0, 1), "");
    comes_out(merge_of(3, 1), "");
}
END_TEST

START_TEST(what_was_read_ahead_is_told_so_that_one_can_go_on)
{
    njord_replayed r;
    for (int i = 0; i < 5; i++)
        add_bar(&a, "A/B", "1m", i, i * 60 * S, NONE, 0);
    njord_merge *m = merge_of(1, 1);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(njord_merge_next(m, &r, NULL), 1);
    const njord_replayed *ahead = njord_merge_ahead(m, 0);
    ck_assert_ptr_nonnull(ahead);
    ck_assert_uint_eq(ahead->mark[0], 3);
    ck_assert_int_eq(njord_merge_last(m, 0), 120 * S);
    njord_merge_free(m);
    a.at = 0; /* from the start again: what was given is not given again */
    m = merge_of(1, 1);
    njord_merge_resume(m, 0, 120 * S);
    comes_out(m, "3 4 ");
}
END_TEST

static uint64_t state;

static uint32_t draw(uint32_t n) /* Numerical Recipes' 64-bit LCG */
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % n;
}

/* A host's day in small: two symbols' trades, several an instant, each closing the minute's bar
 * before it is shown, all numbered as they enter. What comes out is what was shown. */
START_TEST(random_market_comes_out_as_it_was_delivered)
{
    static double shown[2 * MOST];
    size_t n = 0;
    uint64_t seq = 0;
    int64_t now = 600 * S, open[2] = {600 * S, 600 * S}, own[2] = {0, 0};
    struct list *trades[] = {&a, &b}, *bars[] = {&c, &d};
    const char *symbols[] = {"A/B", "C/D"};
    njord_replayed r;
    state = (uint64_t)_i + 1;
    for (int i = 0; i < 1500; i++) {
        uint32_t s = draw(2);
        if (draw(3) == 0)
            now += draw(20) * S;
        int64_t ts = now + (int64_t)draw(3); /* the exchange's clock is a little ahead */
        own[s] = ts > own[s] ? ts : own[s];
        uint64_t number = ++seq;
        if (own[s] >= open[s] + 60 * S) { /* its bar is shown first */
            seq++;
            add_bar(bars[s], symbols[s], "1m", (double)seq, open[s], now, seq);
            shown[n++] = (double)seq;
            open[s] = own[s] / (60 * S) * (60 * S);
        }
        add_trade(trades[s], symbols[s], (double)number, own[s], now, number);
        shown[n++] = (double)number;
    }
    njord_merge *m = merge_of(4, 1);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(njord_merge_next(m, &r, NULL), 1);
        ck_assert_double_eq((double)r.seq, shown[i]);
    }
    ck_assert_int_eq(njord_merge_next(m, &r, NULL), 0);
    njord_merge_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("merge");
    TCase *t = tcase_create("merge");
    tcase_add_checked_fixture(t, reset, NULL);
    tcase_add_test(t, within_one_instant_bars_come_from_the_shortest_up_then_trades);
    tcase_add_test(t, bar_comes_when_it_closes_and_not_when_it_opens);
    tcase_add_test(t, delivery_decides_where_it_was_recorded);
    tcase_add_test(t, bar_comes_before_the_trade_that_closed_it_and_behind_those_in_it);
    tcase_add_test(t, series_keeps_its_own_order);
    tcase_add_test(t, of_a_bar_that_stands_there_twice_the_later_counts);
    tcase_add_test(t, bar_of_a_series_that_is_not_younger_than_the_last_is_left_out);
    tcase_add_test(t, source_that_fails_is_told_behind_its_events_and_the_others_go_on);
    tcase_add_test(t, no_source_and_empty_sources_give_nothing);
    tcase_add_test(t, what_was_read_ahead_is_told_so_that_one_can_go_on);
    tcase_add_loop_test(t, random_market_comes_out_as_it_was_delivered, 0, 20);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
