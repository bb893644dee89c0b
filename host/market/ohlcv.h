/* ohlcv.h - trades to bars: the aggregator, for any number of symbols and timeframes.
 *
 * Pure: fed with trades and with the exchange's time, it hands closed bars to a callback. Buckets
 * are aligned to the UTC clock, [open, close), by the trade's own time. Bars up to 1m come from
 * trades (where 1m is not asked for but a longer one is, it is kept all the same and not handed
 * out); longer ones are made of 1m bars. Weeks begin on Monday. Volumes are summed as whole decimal
 * units in 128 bits, quote volumes likewise, so that a bar is exact to the last digit whatever the
 * number of its trades.
 *
 * A trade in a later bucket closes the one before at once, and the bars that end are handed out
 * before the call returns, shortest timeframe first, symbols in the order of their ids: before the
 * trade itself is shown to anyone. A trade of a bucket that is closed is late: counted, never
 * merged. Buckets without a trade become filled bars (open = high = low = close = last close,
 * volume 0) while the feed is whole; one in which the feed was down or ids are missing is left out
 * and counted. The first bar of a run is partial unless the trades of its bucket were given by
 * nj_ohlcv_prime(). Rules: doc/semantics.md. Owned by the service, the offline builder or the
 * backtester; one thread. */
#ifndef NJ_MARKET_OHLCV_H
#define NJ_MARKET_OHLCV_H

#include "base/err.h"

#include <njord/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct nj_ohlcv;

/* A closed bar; event times and flags set (ts_ns is ts_close; PARTIAL). Must not call back in. */
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

enum nj_ohlcv_taken { NJ_OHLCV_TAKEN, NJ_OHLCV_LATE };

/* A trade, in the order of the bus. Hands out what it closes first. NJ_ERR_NOMEM. */
int nj_ohlcv_trade(struct nj_ohlcv *ohlcv, const njord_trade *trade, enum nj_ohlcv_taken *taken,
                   struct nj_error *err);
/* The same for a trade of before this run (from the journal, in its order): it opens or fills the
 * current bucket and its bar is then not partial; nothing is handed out for buckets that it
 * closes. `whole_from`: the journal is whole from here on for this symbol. */
int nj_ohlcv_prime(struct nj_ohlcv *ohlcv, const njord_trade *trade, int64_t whole_from,
                   struct nj_error *err);
/* The exchange's clock has reached now_ns: closes and hands out what ended by then. */
int nj_ohlcv_advance(struct nj_ohlcv *ohlcv, int64_t now_ns, struct nj_error *err);
/* The feed of a symbol lost its source, or ids are missing (broken true), or is whole again: the
 * buckets between are no longer filled, those touched are left out. */
int nj_ohlcv_broken(struct nj_ohlcv *ohlcv, const char *symbol, bool broken, int64_t at_ns,
                    struct nj_error *err);
/* Offline: hands out the open buckets as well, marked partial. */
int nj_ohlcv_finish(struct nj_ohlcv *ohlcv, struct nj_error *err);

struct nj_ohlcv_stats {
    uint64_t trades, late, bars, filled, left_out, partial;
    uint32_t symbols;
};
void nj_ohlcv_stats(const struct nj_ohlcv *ohlcv, struct nj_ohlcv_stats *out);

#endif
