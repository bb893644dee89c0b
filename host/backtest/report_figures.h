/* report_figures.h - figures that a report draws and a result does not hold: returns of months and
 * of trades, a histogram, a Sharpe ratio that rolls.
 *
 * Pure functions; lists that they make are malloc'd and the caller's. Definitions: doc/research.md,
 * "The report". */
#ifndef NJ_BACKTEST_REPORT_FIGURES_H
#define NJ_BACKTEST_REPORT_FIGURES_H

#include "backtest/result.h"

struct nj_month {
    int32_t year, month; /* 1 to 12, UTC; a point at midnight belongs to the month that ends */
    double ret;          /* the month's last equity / the last one before it (first: initial) - 1 */
};

/* Months that have a point, in order. NJ_ERR_NOMEM. */
int nj_report_months(const struct nj_curve *curve, double initial, struct nj_month **out, size_t *n,
                     struct nj_error *err);

/* What each trade made of what its entry cost: profit / sum of |qty| x entry price of the lots that
 * it closed, first in first out, a symbol at a time. *out has outcome->n_trades values. *matched is
 * false, and *out NULL, when the fills do not give just these trades. NJ_ERR_NOMEM. */
int nj_report_trade_returns(const struct nj_bt_outcome *outcome, double **out, bool *matched,
                            struct nj_error *err);

#define NJ_HISTOGRAM_BINS 64u
struct nj_histogram {
    double low, width; /* bin i is low + i x width <= v < low + (i + 1) x width */
    size_t n;
    uint64_t count[NJ_HISTOGRAM_BINS];
};
/* Bins whose width is 1, 2 or 5 times a power of ten and whose edges are multiples of it (0 is
 * one), some 30 of them. n 0 without values, and when one is beyond +-1e290. */
void nj_report_histogram(const double *values, size_t n, struct nj_histogram *out);

#define NJ_ROLLING_DAYS  30u
#define NJ_ROLLING_LEAST 7u
/* The Sharpe ratio of the last 30 daily returns (of as many as there are, from the 7th on) at the
 * end of each day, defined as the metric is. *n 0 when the curve has fewer days. */
int nj_report_rolling_sharpe(const struct nj_curve *curve, double periods_per_year,
                             double risk_free, int64_t **ts_ns, double **values, size_t *n,
                             struct nj_error *err);

/* Per cent below the highest equity before, or initial; n values into out. */
void nj_report_drawdown(const struct nj_curve *curve, double initial, double *out);

#endif
