/*
 * bench_ohlcv.c - trades to bars of 1m, 5m, 15m and 1h in one pass, trades a second: the aggregator
 * alone, and with its load from the column cache of a journal.
 *
 * The floor is a plain loop over the same arrays that keeps open, high, low, close and sums doubles
 * in four timeframes, exact in nothing and with no way to be late: what physics sets. Each figure
 * is the median of RUNS runs, in turns; ratios are to the floor of the same run. A figure under its
 * bar is flagged; the exit code stays 0, because a busy machine is no error.
 */
#include "../support/folder.h"
#include "journal/cache.h"
#include "market/ohlcv.h"
#include "research/make_bars.h"

#include <math.h>
#include <njord/codec.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS   7
#define TRADES 2000000u
#define LOADED 1000000u
#define GOAL   15e6
#define START  INT64_C(1704067200000000000)

static int64_t ts[TRADES];
static double price[TRADES], qty[TRADES];
static uint8_t side[TRADES];
static njord_trade *events;
static const char *const frames[] = {"1m", "5m", "15m", "1h"};
static volatile double sink;
static uint64_t bars;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* About 60 trades a minute, cents and hundred-thousandths, as BTC/USDT has them. */
static void make_trades(void)
{
    uint64_t x = 88172645463325252u;
    int64_t cents = 6180000, at = START;
    for (size_t i = 0; i < TRADES; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        cents += (int64_t)(x % 21) - 10;
        at += (int64_t)(x >> 32) % 2000 * 1000000;
        ts[i] = at;
        price[i] = (double)cents / 100;
        qty[i] = (double)(1 + (x >> 20) % 200000) / 100000;
        side[i] = x & 1 ? NJORD_SIDE_BUY : NJORD_SIDE_SELL;
    }
}

static void make_events(void)
{
    events = calloc(TRADES, sizeof *events);
    for (size_t i = 0; events && i < TRADES; i++) {
        njord_trade *t = &events[i];
        njord_event_init(t, NJORD_EV_TRADE);
        memcpy(t->symbol, "BTC/USDT", 9);
        t->ev.symbol_id = 0;
        t->ev.ts_ns = ts[i];
        t->price = price[i];
        t->qty = qty[i];
        t->side = side[i];
    }
}

/* ---- what is measured ---- */

struct plain {
    int64_t end, length;
    double open, high, low, close, volume, quote, taker;
    int64_t n;
};

static void floor_loop(void)
{
    struct plain f[4] = {{.length = 60}, {.length = 300}, {.length = 900}, {.length = 3600}};
    for (int k = 0; k < 4; k++)
        f[k].length *= 1000000000;
    for (size_t i = 0; i < TRADES; i++) {
        if (ts[i] >= f[0].end) {
            for (int k = 0; k < 4; k++) {
                struct plain *b = &f[k];
                if (k > 0) {
                    b->high = fmax(b->high, f[0].high);
                    b->low = fmin(b->low, f[0].low);
                    b->close = f[0].close;
                    b->volume += f[0].volume;
                    b->quote += f[0].quote;
                    b->taker += f[0].taker;
                    b->n += f[0].n;
                }
                if (ts[i] >= b->end && k > 0) {
                    sink += b->close + b->volume;
                    *b = (struct plain){.end = ts[i] - ts[i] % b->length + b->length,
                                        .length = b->length,
                                        .open = price[i],
                                        .high = price[i],
                                        .low = price[i]};
                }
            }
            sink += f[0].close + f[0].volume;
            f[0] = (struct plain){.end = ts[i] - ts[i] % f[0].length + f[0].length,
                                  .length = f[0].length,
                                  .open = price[i],
                                  .high = price[i],
                                  .low = price[i]};
        }
        struct plain *b = &f[0];
        b->high = price[i] > b->high ? price[i] : b->high;
        b->low = price[i] < b->low ? price[i] : b->low;
        b->close = price[i];
        b->volume += qty[i];
        b->quote += price[i] * qty[i];
        b->taker += side[i] == NJORD_SIDE_BUY ? qty[i] : 0;
        b->n++;
    }
}

static void take_bar(void *ctx, const njord_bar *bar)
{
    (void)ctx;
    bars++;
    sink += bar->close;
}

static struct nj_ohlcv *open_aggregator(void)
{
    struct nj_ohlcv_options options = {frames, 4, true, 0, take_bar, NULL};
    struct nj_ohlcv *o = NULL;
    if (nj_ohlcv_new(&o, &options, NULL) != 0)
        exit(1);
    return o;
}

static void by_columns(void)
{
    struct nj_ohlcv *o = open_aggregator();
    struct nj_ohlcv_columns c = {"BTC/USDT", 0, TRADES, ts, price, qty, side};
    if (nj_ohlcv_trades(o, &c, NULL, NULL) != 0)
        exit(1);
    nj_ohlcv_free(o);
}

static void one_by_one(void)
{
    struct nj_ohlcv *o = open_aggregator();
    for (size_t i = 0; i < TRADES; i++)
        if (nj_ohlcv_trade(o, &events[i], NULL, NULL) != 0)
            exit(1);
    nj_ohlcv_free(o);
}

/* Of a quarter of them the quantity has twelve digits behind the point: the slow, exact way. */
static void with_long_digits(void)
{
    struct nj_ohlcv *o = open_aggregator();
    for (size_t i = 0; i < TRADES; i++) {
        njord_trade t = events[i];
        if (i % 4 == 0)
            t.qty = (double)(i % 1000 + 1) / 1e12;
        if (nj_ohlcv_trade(o, &t, NULL, NULL) != 0)
            exit(1);
    }
    nj_ohlcv_free(o);
}

/* ---- with load ---- */

static char folder[256];

static void write_journal(void)
{
    char line[512], path[320];
    size_t len;
    snprintf(path, sizeof path, "%s/md.trades.BTCUSDT.20240101.ndjson", folder);
    FILE *file = fopen(path, "we");
    for (size_t i = 0; file && i < LOADED; i++) {
        njord_trade t = events[i];
        snprintf(t.trade_id, sizeof t.trade_id, "%zu", 3735683259u + i);
        memcpy(t.venue, "binance", 8);
        t.ev.seq = 1048577 + i;
        t.ev.ts_recv_ns = t.ev.ts_ns + 1000000;
        if (njord_encode_json(&t.ev, NULL, line, sizeof line, &len) != 0)
            exit(1);
        line[len] = '\n';
        fwrite(line, 1, len + 1, file);
    }
    if (!file || fclose(file) != 0)
        exit(1);
}

static void make(const char *output)
{
    struct nj_make_bars_report report;
    struct nj_error err = {0};
    char out[320];
    snprintf(out, sizeof out, "%s/%s", folder, output);
    struct nj_make_bars_options options = {.platform = nj_platform_system(),
                                           .from = folder,
                                           .symbol = "BTC/USDT",
                                           .timeframes = frames,
                                           .n_timeframes = 4,
                                           .gap_fill = true,
                                           .output = out};
    if (nj_make_bars_run(&options, &report, &err) != 0) {
        fprintf(stderr, "bench_ohlcv: %s\n", err.text);
        exit(1);
    }
}

/* Load and aggregate, without writing the bars. */
static void load_and_make(void)
{
    struct nj_cache_options options = {.platform = nj_platform_system(),
                                       .dir = folder,
                                       .stem = "md.trades.BTCUSDT",
                                       .from_ns = INT64_MIN,
                                       .to_ns = INT64_MAX};
    struct nj_cache *cache;
    const struct nj_columns *pieces;
    if (nj_cache_open(&cache, &options, NULL) != 0)
        exit(1);
    struct nj_ohlcv *o = open_aggregator();
    for (size_t i = 0, n = nj_cache_pieces(cache, &pieces); i < n; i++) {
        struct nj_ohlcv_columns c = {
            "BTC/USDT",    0, pieces[i].n, pieces[i].ts, pieces[i].price, pieces[i].qty,
            pieces[i].side};
        if (nj_ohlcv_trades(o, &c, NULL, NULL) != 0)
            exit(1);
    }
    nj_ohlcv_free(o);
    nj_cache_close(cache);
}

static void from_lines(void)
{
    char path[320];
    snprintf(path, sizeof path, "%s/.cache", folder);
    folder_empty(path);
    load_and_make();
}

static unsigned made;
static void whole_way(void)
{
    char name[32];
    snprintf(name, sizeof name, "out%u", made++);
    make(name);
}

/* ---- the table ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
        unsigned trades;
        double goal;
    } rows[] = {
        {"plain loop, doubles (floor)", floor_loop, TRADES, 0},
        {"aggregator, columns", by_columns, TRADES, GOAL},
        {"aggregator, a trade at a time", one_by_one, TRADES, GOAL},
        {"  a quarter with 12 digits", with_long_digits, TRADES, 0},
        {"column cache to bars", load_and_make, LOADED, GOAL},
        {"NDJSON to cache to bars", from_lines, LOADED, 0},
        {"njord ohlcv: cache to journals", whole_way, LOADED, 0},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    double took[ROWS][RUNS], base = 0;
    folder_make(folder, "bench_ohlcv");
    make_trades();
    make_events();
    if (!events)
        return 1;
    write_journal();
    make("first"); /* builds the cache */
    for (int r = 0; r < RUNS; r++)
        for (int i = 0; i < ROWS; i++) {
            double from = now_s();
            rows[i].run();
            took[i][r] = now_s() - from;
        }
    printf("trades to bars of 1m, 5m, 15m, 1h\n");
    for (int i = 0; i < ROWS; i++) {
        qsort(took[i], RUNS, sizeof took[i][0], by_value);
        double rate = rows[i].trades / took[i][RUNS / 2];
        base = i == 0 ? rate : base;
        printf("  %-32s %8.1f M trades/s  %5.2f of the floor%s\n", rows[i].name, rate / 1e6,
               rate / base, rows[i].goal > 0 && rate < rows[i].goal ? "  UNDER ITS BAR" : "");
    }
    folder_remove(folder);
    free(events);
    return bars == 0;
}
