/* rolling.h - the last n numbers, in order of size: median and deviations of a moving window.
 *
 * A ring of the values as they came and the same values sorted; a step costs a binary search and a
 * move of at most n doubles. Finite numbers only. Pure; owned by whoever made it. */
#ifndef NJ_MARKET_ROLLING_H
#define NJ_MARKET_ROLLING_H

#include <stdbool.h>
#include <stddef.h>

struct nj_rolling {
    double *ring, *sorted; /* size each */
    size_t size, n, next;
};

/* False: out of memory. */
bool nj_rolling_init(struct nj_rolling *rolling, size_t size);
void nj_rolling_free(struct nj_rolling *rolling);
/* Adds one, the oldest goes when the window is full. */
void nj_rolling_add(struct nj_rolling *rolling, double v);
/* Mean of the two in the middle when n is even. n > 0. */
double nj_rolling_median(const struct nj_rolling *rolling);
/* Of |v - center|: the median, and the 90th percentile (nearest rank: the ceil(0.9 n)-th). n > 0.
 */
void nj_rolling_deviations(const struct nj_rolling *rolling, double center, double *median,
                           double *p90);

#endif
