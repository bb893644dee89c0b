/* ohlcv_impl.h - the aggregator's inside: what its three files share (symbols and trades in
 * ohlcv.c, buckets and what ends them in ohlcv_bucket.c, times without trades in ohlcv_span.c). */
#ifndef NJ_MARKET_OHLCV_IMPL_H
#define NJ_MARKET_OHLCV_IMPL_H

#include "base/map.h"
#include "market/exact.h"
#include "market/ohlcv.h"

#define NJ_OHLCV_MINUTE INT64_C(60000000000)
#define NJ_OHLCV_TS_MAX                                                                            \
    (INT64_MAX - INT64_C(172800000000000)) /* its bucket's end and the next one's are still times  \
                                            */

struct nj_ohlcv_timeframe {
    char name[NJORD_TIMEFRAME_SIZE];
    int64_t length;
    bool wanted; /* false: 1m, kept for the longer ones alone */
};

/* The bucket of one symbol and timeframe that is open. */
struct nj_ohlcv_bucket {
    int64_t open_ns, end_ns;
    int64_t trades; /* 0: nothing stands below */
    double open, high, low, close;
    struct nj_exact volume, quote, taker;
    bool sides_known;
    double last;      /* close of the last bucket that had trades, NaN: none */
    uint64_t filled;  /* in a row, up to now */
    int64_t given_ns; /* end of the last bucket that an earlier run handed out */
};

/* A stretch of time in which trades may be missing, both ends within. */
struct nj_ohlcv_span {
    int64_t from, to; /* to INT64_MAX: it lasts */
};

struct nj_ohlcv_symbol {
    char name[NJORD_SYMBOL_SIZE];
    uint32_t id;
    bool started;
    bool unproven;               /* primed, and no trade of this run so far */
    int64_t from_ns;             /* a trade in [from_ns, to_ns) */
    int64_t to_ns;               /* belongs to the open bucket of each timeframe; the next end */
    int64_t whole_from;          /* its trades are wholly known from here on */
    int64_t last_ns;             /* the latest trade's time */
    struct nj_ohlcv_span *spans; /* in order */
    uint32_t n_spans, cap_spans;
    struct nj_ohlcv_bucket *buckets; /* by timeframe */
};

struct nj_ohlcv {
    struct nj_ohlcv_timeframe *frames; /* shortest first */
    uint32_t n_frames;
    uint32_t n_direct; /* the first of them are made of trades, the others of the last of these */
    bool gap_fill;
    uint64_t max_gap;
    nj_ohlcv_bar_fn bar;
    void *ctx;
    bool quiet;                     /* priming */
    struct nj_ohlcv_symbol **all;   /* by id, then as they came */
    struct nj_map names;            /* name to symbol */
    struct nj_ohlcv_symbol *latest; /* the one last asked for */
    uint32_t n_symbols, cap_symbols;
    struct nj_ohlcv_stats stats;
};

struct nj_ohlcv_symbol *nj_ohlcv_symbol_find(struct nj_ohlcv *ohlcv, const char *name);
/* NULL: out of memory. */
struct nj_ohlcv_symbol *nj_ohlcv_symbol_get(struct nj_ohlcv *ohlcv, const char *name, uint32_t id);
int nj_ohlcv_no_memory(const char *symbol, struct nj_error *err);

/* Opens the buckets of a symbol's first trade. */
void nj_ohlcv_start(const struct nj_ohlcv *ohlcv, struct nj_ohlcv_symbol *symbol, int64_t ts_ns);
/* Ends what ends by until_ns, in the order of the ends, shortest timeframe first. False: out of
 * memory. */
bool nj_ohlcv_close_until(struct nj_ohlcv *ohlcv, struct nj_ohlcv_symbol *symbol, int64_t until_ns);

/* The span that touches the bucket, NULL: none. */
const struct nj_ohlcv_span *nj_ohlcv_touched(const struct nj_ohlcv_symbol *symbol,
                                             const struct nj_ohlcv_bucket *bucket);
/* Forgets the spans that end before all open buckets. */
void nj_ohlcv_drop_spans(const struct nj_ohlcv *ohlcv, struct nj_ohlcv_symbol *symbol);
/* The source is back: a span that lasts ends here. */
void nj_ohlcv_back(struct nj_ohlcv_symbol *symbol, int64_t ts_ns);

#endif
