/* ohlcv.h - trades to bars: the aggregator, for any number of symbols and timeframes.
 *
 * Pure: fed with trades and with the exchange's time, it hands closed bars to a callback. Buckets
 * are aligned to the UTC clock, [open, close), by the trade's own time. Bars up to 1m come from
 * trades (where 1m is not asked for but a longer one is, it is kept all the same and not handed
 * out); longer ones are made of 1m bars. Volumes are summed as decimals (market/exact.h), so that a
 * bar is exact to the last digit whatever the number of its trades.
 *
 * A trade in a later bucket closes the one before at once, and the bars that end are handed out
 * before the call returns, in the order of their end, shortest timeframe first: before the trade
 * itself is shown to anyone. A trade of a bucket that is closed is late: counted, never merged.
 * Buckets without a trade become filled bars (open = high = low = close = last close, volume 0)
 * while the feed is whole; one in which the feed was down or ids are missing is left out and
 * counted. A bar is partial when its bucket began before the symbol's trades were wholly known.
 * Rules: doc/semantics.md. Owned by the service, the offline builder or the backtester; one thread.
 */
#ifndef NJ_MARKET_OHLCV_H
#define NJ_MARKET_OHLCV_H

#include "base/err.h"

#include <njord/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_ohlcv;

/* A closed bar; event times and flags set (ts_ns is ts_close; PARTIAL, FILLED_GAP). Must not call
 * back in. */
typedef void (*nj_ohlcv_bar_fn)(void *ctx, const njord_bar *bar);

struct nj_ohlcv_options {
    const char *const *timeframes; /* "1s" to "1d", in any order, each once */
    uint32_t n_timeframes;
    bool gap_fill;
    uint64_t max_gap; /* bars filled in a row at most, the rest left out; 0: no cap */
    nj_ohlcv_bar_fn bar;
    void *ctx;
};

/* NJ_ERR_INPUT: a timeframe that is none, twice, over a day, under a minute and not a divisor of
 * one, or longer and not a whole number of minutes that divides a day: with the name. */
int nj_ohlcv_new(struct nj_ohlcv **out, const struct nj_ohlcv_options *options,
                 struct nj_error *err);
void nj_ohlcv_free(struct nj_ohlcv *ohlcv);

enum nj_ohlcv_taken {
    NJ_OHLCV_TAKEN,
    NJ_OHLCV_LATE /* for the bucket of at least one timeframe: not merged there */
};

/* A trade, in the order of the bus. Hands out what it closes first. NJ_ERR_INPUT: a time before
 * 1970 or in the last days that 64 bits of ns can say (April 2262), a price or quantity that is not
 * finite, a negative quantity: nothing was changed. NJ_ERR_NOMEM. */
int nj_ohlcv_trade(struct nj_ohlcv *ohlcv, const njord_trade *trade, enum nj_ohlcv_taken *taken,
                   struct nj_error *err);

/* Many trades of one symbol, as columns: the same as one by one. side: NULL, or NJORD_SIDE_* each.
 * On an error *n_taken of them were taken (may be NULL). */
struct nj_ohlcv_columns {
    const char *symbol;
    uint32_t symbol_id;
    size_t n;
    const int64_t *ts_ns;
    const double *price, *qty;
    const uint8_t *side;
};
int nj_ohlcv_trades(struct nj_ohlcv *ohlcv, const struct nj_ohlcv_columns *columns, size_t *n_taken,
                    struct nj_error *err);

/* A trade of before this run (from the journal, in its order): it opens or fills the current bucket
 * and its bar is then not partial. Nothing is handed out for the buckets that it closes, but for
 * those behind the last one that nj_ohlcv_handed_out() named: the run before died over them.
 * `whole_from`: the journal is whole from here on for this symbol. Until the symbol's first trade
 * of this run it is not known what was missed, and nj_ohlcv_advance() closes nothing of it: say
 * nj_ohlcv_gap() before that trade when something was. */
int nj_ohlcv_prime(struct nj_ohlcv *ohlcv, const njord_trade *trade, int64_t whole_from,
                   struct nj_error *err);
/* Before priming: the bar that opened at ts_open was handed out by the run before; it and those
 * before it are not handed out again. NJ_ERR_NOMEM. */
int nj_ohlcv_handed_out(struct nj_ohlcv *ohlcv, const char *symbol, const char *timeframe,
                        int64_t ts_open, struct nj_error *err);
/* Takes back all that is known of a symbol: its next trade is its first. */
void nj_ohlcv_forget(struct nj_ohlcv *ohlcv, const char *symbol);

/* The exchange's clock has reached now_ns: closes and hands out what ended by then, in the order of
 * the ends, shortest timeframe first, symbols by their ids (without one: as they came). */
int nj_ohlcv_advance(struct nj_ohlcv *ohlcv, int64_t now_ns, struct nj_error *err);
/* When the next bucket ends, INT64_MAX: none is open. */
int64_t nj_ohlcv_next_end(const struct nj_ohlcv *ohlcv);

/* The feed of a symbol lost its source at at_ns (broken true), or is whole again: the buckets
 * touched by the time between are left out. A trade shows that the source is back as well. For a
 * symbol without a trade so far, broken false says that its trades are wholly known from here on.
 */
int nj_ohlcv_broken(struct nj_ohlcv *ohlcv, const char *symbol, bool broken, int64_t at_ns,
                    struct nj_error *err);
/* Trades are missing between the symbol's last one and at_ns, both buckets included. */
int nj_ohlcv_gap(struct nj_ohlcv *ohlcv, const char *symbol, int64_t at_ns, struct nj_error *err);

/* Offline: hands out the open buckets as well, marked partial. */
int nj_ohlcv_finish(struct nj_ohlcv *ohlcv, struct nj_error *err);

struct nj_ohlcv_stats {
    uint64_t trades;   /* taken or late */
    uint64_t late;     /* not merged into the bucket of at least one timeframe */
    uint64_t bars;     /* handed out, with the next two */
    uint64_t filled;   /* of them without trades */
    uint64_t partial;  /* of them begun before the trades were known, or ended by the end */
    uint64_t left_out; /* buckets in which the feed was down or ids are missing, or past max_gap */
    uint32_t symbols;
};
void nj_ohlcv_stats(const struct nj_ohlcv *ohlcv, struct nj_ohlcv_stats *out);

#endif
