/* sweep_keep.h - the daily returns of the sets of a sweep, for what is asked of the best
 * afterwards.
 *
 * All of up to 1,000 sets; of more, those of the best 500 so far and of 500 drawn by the seed. They
 * stand in a mapped file without a name beside the CSV: memory that the system may take back. Owned
 * by sweep.c. */
#ifndef NJ_BACKTEST_SWEEP_KEEP_H
#define NJ_BACKTEST_SWEEP_KEEP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NJ_SWEEP_KEPT 1000u
#define NJ_SWEEP_BEST (NJ_SWEEP_KEPT / 2)

struct nj_sweep_keep;

/* path: a file in whose folder it goes. room: days of a set at most. */
int nj_sweep_keep_new(struct nj_sweep_keep **out, const char *path, uint64_t n_sets, size_t room,
                      uint64_t seed, struct nj_error *err);
void nj_sweep_keep_free(struct nj_sweep_keep *keep);

/* key: higher is better; NaN: the worst. A set whose days are not as many as the first's is left
 * out. */
void nj_sweep_keep_add(struct nj_sweep_keep *keep, uint64_t set, double key, const double *returns,
                       size_t n);
/* Its returns, nj_sweep_keep_days() of them; NULL: not kept. */
const double *nj_sweep_keep_of(const struct nj_sweep_keep *keep, uint64_t set);
size_t nj_sweep_keep_days(const struct nj_sweep_keep *keep);
/* Kept whatever becomes of it? */
bool nj_sweep_keep_wants(const struct nj_sweep_keep *keep, uint64_t set);

#endif
