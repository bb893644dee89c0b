/* overfit.h - how much of the best of many backtests is luck.
 *
 * The deflated Sharpe ratio: D. H. Bailey, M. López de Prado, "The Deflated Sharpe Ratio:
 * Correcting for Selection Bias, Backtest Overfitting and Non-Normality", Journal of Portfolio
 * Management 40 (2014). The probability of backtest overfitting by combinatorially symmetric
 * cross-validation: D. H. Bailey, J. M. Borwein, M. López de Prado, Q. J. Zhu, "The Probability of
 * Backtest Overfitting", Journal of Computational Finance 20 (2017). Pure functions; same input,
 * same bits. */
#ifndef NJ_BACKTEST_OVERFIT_H
#define NJ_BACKTEST_OVERFIT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* The standard normal distribution; p within 0 and 1. */
double nj_normal_cdf(double x);
double nj_normal_quantile(double p);

struct nj_deflated {
    double sharpe;     /* of the best, a period (not a year) */
    double skew;       /* of its returns */
    double kurtosis;   /* likewise; 3 for a normal distribution */
    uint64_t periods;  /* returns that these are from */
    uint64_t trials;   /* backtests that it is the best of */
    double variance;   /* of their Sharpe ratios, a period */
    double luck;       /* out: the Sharpe ratio that the best of so many without skill would have */
    double confidence; /* out: the deflated Sharpe ratio, 0 to 1 */
};

/* Fills luck and confidence; NaN where there is none: fewer than two trials or periods, or moments
 * that no distribution has. */
void nj_deflate(struct nj_deflated *d);
/* Sharpe, skew and kurtosis (moments over n; the deviation in Sharpe over n - 1) of returns, less
 * risk_free a period. A flat run has Sharpe 0. */
void nj_deflate_moments(const double *returns, size_t n, double risk_free, struct nj_deflated *d);

#define NJ_PBO_BLOCKS    16u
#define NJ_PBO_BLOCK_MIN 3u /* days of a block at least */

struct nj_pbo {
    double probability; /* of splits in which the best of one half was in the lower half of all
                         * sets in the other, 0 to 1 */
    double loss;        /* of splits in which it had a Sharpe ratio below 0 there, 0 to 1 */
    uint32_t blocks;
    uint64_t splits;
    size_t days; /* used: a whole number of blocks, the latest */
};

/* Blocks that so many days allow: 16, fewer (even) when there are few; 0: too few days. */
uint32_t nj_pbo_blocks(size_t days);
/* returns[set][day] of n_sets sets, two or more. Ties for the best: the first; in rank: the middle.
 * NJ_ERR_INPUT: too few days or sets; NJ_ERR_NOMEM. */
int nj_pbo(const double *const *returns, size_t n_sets, size_t days, double risk_free,
           struct nj_pbo *out, struct nj_error *err);

#endif
