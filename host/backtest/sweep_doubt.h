/* sweep_doubt.h - what a sweep's best set is worth, seen that it is the best of many: the deflated
 * Sharpe ratio and the probability of backtest overfitting, each with a sentence. Used by sweep.c;
 * pure but for what sweep_keep.h maps. */
#ifndef NJ_BACKTEST_SWEEP_DOUBT_H
#define NJ_BACKTEST_SWEEP_DOUBT_H

#include "backtest/overfit.h"
#include "backtest/sweep_keep.h"
#include "base/buf.h"

struct nj_sweep_doubt {
    struct nj_deflated deflated; /* of the best; NaN: none */
    double luck_annual;          /* the Sharpe ratio a year that luck alone would give */
    struct nj_pbo pbo;           /* NaN: none */
    uint64_t of_sets;            /* sets that it is from */
    uint64_t days;               /* of returns; 0: none are kept */
    bool drawn;                  /* not all sets: the best, and some drawn by the seed */
    uint64_t seed;
};

/* Sharpe ratios a year of all sets that ran, one after the other. */
struct nj_sweep_spread {
    uint64_t n;
    double mean, squares; /* of deviations from the mean (B. P. Welford, 1962) */
};
void nj_sweep_spread_add(struct nj_sweep_spread *spread, double sharpe);

/* best: NULL when its returns are not kept. sets: those kept, rising. NJ_ERR_NOMEM. */
int nj_sweep_doubt(const struct nj_sweep_keep *keep, const double *best, const uint64_t *sets,
                   uint64_t n_sets, const struct nj_sweep_spread *spread, double periods_per_year,
                   double risk_free, struct nj_sweep_doubt *out, struct nj_error *err);
/* Two lines for a person. */
void nj_sweep_doubt_text(const struct nj_sweep_doubt *doubt, struct nj_buf *out);

#endif
