/* result.h - a result file: everything that a run was, enough to run it again and to notice when
 * that cannot be.
 *
 * One JSON object, a BacktestResult with its config, metrics, fills and curve: configuration and
 * parameters as given, the plugin's name, version and SHA-256, the data's hash and range (per
 * symbol), Njord's version. No wall-clock time, duration, host name or path in it: same inputs,
 * same bytes. Written as one step; read back strictly, errors with byte offset. */
#ifndef NJ_BACKTEST_RESULT_H
#define NJ_BACKTEST_RESULT_H

#include "backtest/engine.h"
#include "base/buf.h"

struct nj_result_data { /* of one symbol */
    char symbol[NJORD_SYMBOL_SIZE];
    char stem[208]; /* the journal it came from, "" for --csv */
    char hash[65];  /* of the rows: nj_cache_info.hash */
    int64_t first_ns, last_ns;
    uint64_t rows, holes, bad; /* bad: malformed lines of the journal passed over */
    uint64_t odd; /* bars whose high and low do not hold open and close, or of less than no volume;
                     in the warnings only */
    double tick, step, min_qty, max_qty, min_notional; /* of the instrument; NaN: no bound */
};

struct nj_result_pair {
    char *name, *value;
};

struct nj_result_param {
    char *name, *value; /* as written on the command line or in strategies.yaml; a map: a=1,b=2 */
    struct nj_result_pair *map; /* a map's entries; NULL: no map */
    size_t n_map;
};

/* A curve thinned to what a picture needs (thin.h). */
struct nj_result_line {
    char symbol[NJORD_SYMBOL_SIZE]; /* "" of the benchmark */
    int64_t *ts_ns;                 /* rising */
    double *value;
    size_t n;
};

struct nj_result {
    char version[32]; /* Njord's */
    char strategy_id[NJORD_ID_SIZE];
    char symbol[512]; /* joined by commas */
    char plugin[64], plugin_version[32], plugin_hash[65];
    char input[8], timeframe[8], fill[12], limit_gap[8];
    int64_t start_ts, end_ts; /* asked for, else of the data; the end is exclusive */
    double capital, commission_rate, slippage_bps, periods_per_year, risk_free;
    double maker_rate, taker_rate; /* NaN: commission_rate */
    uint64_t warmup, seed;
    bool allow_short, cash_check;
    char *risk; /* the limits of --risk as one JSON object, NULL without */
    struct nj_result_param *params;
    size_t n_params;
    char **events;     /* of the entry: what the strategy was shown; NULL: all it takes */
    char **timeframes; /* of longer bars that were made for them */
    size_t n_events, n_timeframes;
    struct nj_result_data *data;
    size_t n_data;
    char **warnings;
    size_t n_warnings;
    struct nj_metrics metrics;
    struct nj_bt_outcome outcome;
    struct nj_result_line benchmark; /* buy and hold of the same symbols (benchmark.h); n 0: none */
    struct nj_result_line *prices;   /* closes, a line a symbol */
    size_t n_prices;
};

/* A sentence about the run that its reader should know. NJ_ERR_NOMEM. */
int nj_result_warn(struct nj_result *result, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void nj_result_free(struct nj_result *result);
/* Reads one from text; name: for errors. */
int nj_result_read(struct nj_result *out, const char *name, const char *text, size_t len,
                   struct nj_error *err);
int nj_result_load(struct nj_result *out, const char *path, struct nj_error *err);
/* The summary that a person reads; curve_path and report_path (NULL: none) end it. */
void nj_result_summary(const struct nj_result *result, const char *curve_path,
                       const char *report_path, struct nj_buf *out);

/* The curve alone, [ts_ns, equity] a line. */
void nj_result_curve(const struct nj_result *result, struct nj_buf *out);

/* Where text goes as it is made. */
struct nj_result_sink {
    int (*take)(void *ctx, const char *data, size_t len, struct nj_error *err);
    void *ctx;
};
/* The result's file, and its curve alone, [ts_ns, equity] a line (either may be NULL: not wanted):
 * in pieces, so that they need not stand in memory, and each number of the curve made once for
 * both. Ends with the first error of a sink. */
int nj_result_pour(const struct nj_result *result, const struct nj_result_sink *file,
                   const struct nj_result_sink *curve, struct nj_error *err);

#endif
