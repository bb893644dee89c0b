/* sweep_figures.h - figures that a sweep's report shows and its CSV does not hold: what the sets
 * beside the best made, how the middling set did, and columns of numbers packed into few bytes.
 *
 * Pure functions. Definitions: doc/research.md, "The report of a sweep". */
#ifndef NJ_BACKTEST_SWEEP_FIGURES_H
#define NJ_BACKTEST_SWEEP_FIGURES_H

#include "backtest/space.h"
#include "base/buf.h"

#include <stdbool.h>

/* The middle of values that are not NaN (the mean of two in the middle); NaN: there is none. They
 * are put into another order. */
double nj_sweep_median(double *values, size_t n);

/* ---- what stands beside the best ---- */

#define NJ_NEAREST 8u

struct nj_neighbours {
    uint64_t n;         /* sets with a figure that were looked at */
    double median;      /* of their figures; NaN: n is 0 */
    double worst, best; /* likewise, as better says */
    bool nearest;       /* fewer than 3 stand one step off (none, where one axis has numbers): the 8
                         * nearest instead */
    double share;       /* (median - middle) / (best set's - middle): 1 a plateau, 0 a lonely peak;
                         * NaN: the best set is no better than the middle */
};

/* Neighbours of a set are those that differ from it by at most one value on every axis of numbers
 * (in their order) and by none on others. keys[i]: the figure of set sets[i], NaN: none; at: which
 * of the n is asked for. middle: the median of all. better: 1 or -1. Among those as near as the
 * eighth, the sets that come first. NJ_ERR_NOMEM. */
int nj_sweep_neighbours(const struct nj_space *space, const uint64_t *sets, const double *keys,
                        uint64_t n, uint64_t at, double middle, int better,
                        struct nj_neighbours *out, struct nj_error *err);

/* ---- columns ---- */

/* Digits of base 64, A-Z a-z 0-9 - _, the highest first. */
void nj_sweep_put_code(struct nj_buf *out, uint64_t code, uint32_t width);
/* Digits that codes below `n` take. */
uint32_t nj_sweep_code_width(uint64_t n);

/* How numbers are packed: `digits` significant decimal digits in `width` characters. */
struct nj_packing {
    uint32_t digits, width;
    int32_t span; /* powers of ten that are told apart; what lies below the lowest is 0 */
};
extern const struct nj_packing nj_packing_fine, nj_packing_coarse; /* 7 digits in 5, 4 in 3 */

/* The power of ten of the largest of the values as their digits are rounded (0 of 1.5, 3 of 9999.6
 * at 4 digits is 4); 0 when all are 0 or NaN. */
int32_t nj_packing_top(const struct nj_packing *packing, const double *values, size_t n);
/* The code of a number, `top` as above: all ones is NaN; else twice (0 for 0, else 1 + (power -
 * (top - span + 1)) x 9 x 10^(digits - 1) + (its digits as an integer) - 10^(digits - 1)), plus 1
 * if it is below 0. */
uint64_t nj_packing_code(const struct nj_packing *packing, int32_t top, double value);

#endif
