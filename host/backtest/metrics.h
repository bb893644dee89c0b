/* metrics.h - what an equity curve and its trades come to: one table of metrics, each with its
 * formula and where it comes from.
 *
 * Pure functions: same input, same bits. The table is what the report's tooltips, doc/metrics.md,
 * CSV columns and JSON members are made from. A figure that does not exist (no trades, no loss, no
 * drawdown, less than a day) is NaN here and null or n/a outside; nothing else is ever NaN or
 * infinite. Definitions, sampling and units: doc/metrics.md. */
#ifndef NJ_BACKTEST_METRICS_H
#define NJ_BACKTEST_METRICS_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which they are shown and written. */
enum nj_metric {
    NJ_METRIC_TOTAL_RETURN_PCT,
    NJ_METRIC_ANNUAL_RETURN_PCT,
    NJ_METRIC_SHARPE_RATIO,
    NJ_METRIC_SORTINO_RATIO,
    NJ_METRIC_CALMAR_RATIO,
    NJ_METRIC_VOLATILITY_ANNUAL_PCT,
    NJ_METRIC_MAX_DRAWDOWN_PCT,
    NJ_METRIC_MAX_DRAWDOWN_DURATION_DAYS,
    NJ_METRIC_AVG_DRAWDOWN_PCT,
    NJ_METRIC_NUM_TRADES,
    NJ_METRIC_WIN_RATE,
    NJ_METRIC_PROFIT_FACTOR,
    NJ_METRIC_AVG_WIN,
    NJ_METRIC_AVG_LOSS,
    NJ_METRIC_LARGEST_WIN,
    NJ_METRIC_LARGEST_LOSS,
    NJ_METRIC_EXPECTANCY,
    NJ_METRIC_EXPOSURE_PCT,
    NJ_METRIC_TURNOVER,
    NJ_METRIC_FEES_PAID,
    NJ_METRIC_SLIPPAGE_PAID,
    NJ_METRIC_SKEW,
    NJ_METRIC_KURTOSIS,
    NJ_METRIC_VAR_95_PCT,
    NJ_METRIC_CVAR_95_PCT,
    NJ_METRIC_TAIL_RATIO,
    NJ_METRIC_COUNT
};

struct nj_metric_info {
    const char *name;    /* "sharpe_ratio" */
    const char *title;   /* "Sharpe ratio" */
    const char *unit;    /* "%", "days", "quote", "" */
    const char *formula; /* one line, in doc/metrics.md and on hover */
    const char *source;  /* a paper or a book; "" for what needs none */
    bool rounded;        /* needs pow, exp or log: written to 12 significant digits */
    int better;          /* 1: higher is better, -1: lower, 0: neither */
};
extern const struct nj_metric_info nj_metric_infos[NJ_METRIC_COUNT];
/* -1: no such metric. */
int nj_metric_named(const char *name);

struct nj_curve {
    const int64_t *ts_ns; /* rising */
    const double *equity;
    size_t n;
};

/* A closing fill: the part of a fill that reduced a position, matched first in, first out. */
struct nj_closed {
    int64_t ts_ns;
    double pnl; /* net of its own fee and the entry lots' fees pro rata */
};

struct nj_metrics_input {
    struct nj_curve curve;
    double initial; /* capital before the first point; return and drawdown start from it */
    const struct nj_closed *trades; /* NULL with periods: the changes between points are taken */
    size_t n_trades;
    bool periods;            /* trade figures over the changes between points */
    double exposed;          /* share of points with an open position, 0 to 1; NaN: not known */
    double traded_notional;  /* sum of qty x price of all fills; NaN: not known */
    double fees, slippage;   /* paid, in the quote asset; NaN: not known */
    double periods_per_year; /* of daily returns: 365 */
    double risk_free;        /* a year, as a fraction */
};

struct nj_metrics {
    double value[NJ_METRIC_COUNT];
};

/* NJ_ERR_INPUT: times that do not rise, values that are not finite, initial not positive (with the
 * place); NJ_ERR_NOMEM. An empty curve gives 0 returns and nulls. */
int nj_metrics_of(const struct nj_metrics_input *input, struct nj_metrics *out,
                  struct nj_error *err);

/* The returns that Sharpe and its kin are made from (the curve's first point, then the last of each
 * UTC day that has one; fewer than 3 points: consecutive points). *returns: malloc'd, the caller's;
 * *days (may be NULL): the day of each return's end, likewise. *periods_per_year: P for them. */
int nj_daily_returns(const struct nj_curve *curve, double **returns, int32_t **days, size_t *n,
                     double *periods_per_year, struct nj_error *err);

/* A metric as it is written: shortest that reads back, or 12 significant digits where `rounded`;
 * "null" for NaN. NJORD_NUMBER_SIZE bytes. Returns the length. */
size_t nj_metric_text(enum nj_metric metric, double value, char *out);
/* doc/metrics.md, from the table. */
void nj_metrics_reference(struct nj_buf *out);

#endif
