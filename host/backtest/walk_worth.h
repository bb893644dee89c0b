/* walk_worth.h - what a walk-forward says of its strategy: efficiency, and how steady the choices
 * are. Pure. Used by walk.c alone. */
#ifndef NJ_BACKTEST_WALK_WORTH_H
#define NJ_BACKTEST_WALK_WORTH_H

#include "backtest/walk.h"

/* Of a fold with a test; NaN where its train window made nothing. */
double nj_walk_efficiency(const struct nj_walk_fold *fold);
/* NJ_ERR_NOMEM. */
int nj_walk_weigh(const struct nj_walk_fold *folds, size_t n, struct nj_walk_worth *out,
                  struct nj_error *err);
void nj_walk_steadiness(const struct nj_space *space, const struct nj_walk_fold *folds, size_t n,
                        uint32_t axis, struct nj_walk_steady *out);

#endif
