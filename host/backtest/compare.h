/* compare.h - results side by side: curves from a common 100,000, whose metrics are better, where
 * two of them part, and whether chance would do as much.
 *
 * The first result is the one that the others are held against; differences are first minus other.
 * Pure; the results are the caller's. Same input and seed, same bits, but for the p-value of t,
 * which needs exp and log: written to 12 significant digits. */
#ifndef NJ_BACKTEST_COMPARE_H
#define NJ_BACKTEST_COMPARE_H

#include "backtest/result.h"

#define NJ_COMPARE_BASE      100000.0
#define NJ_COMPARE_RESAMPLES 10000u

/* A curve in equity from NJ_COMPARE_BASE: equity / initial capital x base. */
double nj_compare_rebased(const struct nj_result *result, size_t point);

/* Which of n results has the best of a metric; -1: none (neither way is better, or no figure), -2:
 * all that have one have the same. */
int nj_compare_best(const struct nj_result *const *results, size_t n, enum nj_metric metric);

/* A span in which two rebased curves are further apart than the threshold: |a - b| / the larger of
 * |a| and |b|. Looked at where either has a point, once both have begun, until one has ended. */
struct nj_parting {
    int64_t from_ns, to_ns; /* first and last point of it */
    int64_t worst_ns;       /* where they were furthest apart */
    double worst;           /* and how far, > threshold */
    bool open;              /* it lasts until the end */
};

/* Two-sided tests of the mean of daily differences being 0. */
struct nj_compare_test {
    size_t days;        /* that both have */
    double mean_diff;   /* of daily returns, first - other; NaN without days */
    double t, p_value;  /* paired t-test; t is NaN where the differences are all the same */
    double confidence;  /* 1 - p_value */
    size_t block;       /* of the bootstrap, days: sqrt(days) rounded up */
    double bootstrap_p; /* share of resamples, centred, that are as far from 0 */
    double low, high;   /* 95 % of resampled means */
};

struct nj_comparison {
    struct nj_parting *partings;
    size_t n_partings;
    struct nj_compare_test test;
};

/* first against other. threshold >= 0. NJ_ERR_NOMEM; NJ_ERR_INPUT: a curve whose returns are no
 * numbers. Paired t-test: Student, The probable error of a mean, Biometrika 6 (1908). Bootstrap:
 * circular blocks of D. N. Politis, J. P. Romano, A circular block-resampling procedure for
 * stationary data (1992); the p-value counts the sample itself, (k + 1) / (n + 1). Under 2 common
 * days there is no test: NaN. */
int nj_compare(const struct nj_result *first, const struct nj_result *other, double threshold,
               uint64_t seed, struct nj_comparison *out, struct nj_error *err);
void nj_comparison_free(struct nj_comparison *comparison);

#endif
