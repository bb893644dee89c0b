/* ohlcv_make.h - trades in, bars out: what the tests of the aggregator share. Owned by the tests.
 */
#ifndef TESTS_UNIT_OHLCV_MAKE_H
#define TESTS_UNIT_OHLCV_MAKE_H

#include "market/ohlcv.h"
#include "test_main.h"

#include <math.h>
#include <njord/codec.h>
#include <njord/contract.h>
#include <stdio.h>
#include <string.h>

#define SEC  INT64_C(1000000000)
#define MIN  (60 * SEC)
#define HOUR (60 * MIN)
/* 2024-08-09 10:00:00 UTC */
#define TEN  INT64_C(1723197600000000000)

static njord_bar *bars;
static size_t n_bars, cap_bars;
static struct nj_ohlcv *ohlcv;
static struct nj_error err;

static inline void keep(void *ctx, const njord_bar *bar)
{
    (void)ctx;
    if (n_bars == cap_bars) {
        cap_bars = cap_bars ? cap_bars * 2 : 64;
        bars = realloc(bars, cap_bars * sizeof *bars);
        ck_assert_ptr_nonnull(bars);
    }
    char why[192];
    ck_assert_msg(njord_event_check(&bar->ev, sizeof *bar, why, sizeof why) == 0, "%s", why);
    bars[n_bars++] = *bar;
}

static inline void open_with(bool gap_fill, uint64_t max_gap, const char *const *frames, uint32_t n)
{
    struct nj_ohlcv_options options = {frames, n, gap_fill, max_gap, keep, NULL};
    nj_ohlcv_free(ohlcv);
    n_bars = 0;
    ck_assert_msg(nj_ohlcv_new(&ohlcv, &options, &err) == 0, "%s", err.text);
}

#define OPEN(fill, cap, ...)                                                                       \
    do {                                                                                           \
        static const char *const f_[] = {__VA_ARGS__};                                             \
        open_with(fill, cap, f_, sizeof f_ / sizeof f_[0]);                                        \
    } while (0)

static inline void set_up(void)
{
    n_bars = 0;
    err = (struct nj_error){0};
}

static inline void tear_down(void)
{
    nj_ohlcv_free(ohlcv);
    free(bars);
    ohlcv = NULL;
    bars = NULL;
    n_bars = cap_bars = 0;
}

static inline njord_trade trade_of(const char *symbol, int64_t ts_ns, double price, double qty,
                                   unsigned side)
{
    njord_trade t;
    njord_event_init(&t, NJORD_EV_TRADE);
    snprintf(t.symbol, sizeof t.symbol, "%s", symbol);
    t.ev.ts_ns = ts_ns;
    t.price = price;
    t.qty = qty;
    t.side = (uint8_t)side;
    return t;
}

static inline enum nj_ohlcv_taken put_symbol(const char *symbol, uint32_t id, int64_t ts_ns,
                                             double price, double qty, unsigned side)
{
    enum nj_ohlcv_taken taken = NJ_OHLCV_TAKEN;
    njord_trade t = trade_of(symbol, ts_ns, price, qty, side);
    t.ev.symbol_id = id;
    ck_assert_msg(nj_ohlcv_trade(ohlcv, &t, &taken, &err) == 0, "%s", err.text);
    return taken;
}

static inline enum nj_ohlcv_taken put(int64_t ts_ns, double price, double qty)
{
    return put_symbol("ATOM/USDT", 0, ts_ns, price, qty, NJORD_SIDE_BUY);
}

static inline void prime(int64_t ts_ns, double price, double qty, int64_t whole_from)
{
    njord_trade t = trade_of("ATOM/USDT", ts_ns, price, qty, NJORD_SIDE_BUY);
    t.ev.symbol_id = 0;
    ck_assert_msg(nj_ohlcv_prime(ohlcv, &t, whole_from, &err) == 0, "%s", err.text);
}

static inline void advance(int64_t now_ns)
{
    ck_assert_msg(nj_ohlcv_advance(ohlcv, now_ns, &err) == 0, "%s", err.text);
}

static inline void finish(void)
{
    ck_assert_msg(nj_ohlcv_finish(ohlcv, &err) == 0, "%s", err.text);
}

static inline struct nj_ohlcv_stats stats(void)
{
    struct nj_ohlcv_stats s;
    nj_ohlcv_stats(ohlcv, &s);
    return s;
}

static inline void expect(size_t i, const char *timeframe, int64_t ts_open, double open,
                          double high, double low, double close, double volume, int64_t trades)
{
    ck_assert_uint_gt(n_bars, i);
    const njord_bar *b = &bars[i];
    ck_assert_str_eq(b->timeframe, timeframe);
    ck_assert_int_eq(b->ts_open, ts_open);
    ck_assert_int_eq(b->ts_close, b->ev.ts_ns);
    ck_assert_double_eq(b->open, open);
    ck_assert_double_eq(b->high, high);
    ck_assert_double_eq(b->low, low);
    ck_assert_double_eq(b->close, close);
    ck_assert_double_eq(b->volume, volume);
    ck_assert_int_eq(b->trades, trades);
}

static inline void expect_filled(size_t i, const char *timeframe, int64_t ts_open, double last)
{
    expect(i, timeframe, ts_open, last, last, last, last, 0, 0);
    ck_assert_double_eq(bars[i].quote_volume, 0);
    ck_assert_double_eq(bars[i].taker_volume, 0);
    ck_assert(bars[i].ev.flags & NJORD_EF_FILLED_GAP);
    ck_assert_uint_eq(bars[i].partial, 0);
}

static inline bool partial(size_t i)
{
    ck_assert_uint_gt(n_bars, i);
    ck_assert(!(bars[i].ev.flags & NJORD_EF_PARTIAL) == !bars[i].partial);
    return bars[i].partial == 1;
}

#endif
