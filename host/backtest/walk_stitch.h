/* walk_stitch.h - outcomes of tests on their way from a worker to one curve behind the other.
 *
 * A worker puts the points and trades of the test it ran into memory that the parent sees (one test
 * at a time: each begins with what the one before it ended with); the parent takes them to the end
 * of the stitched curve. Used by walk.c alone. */
#ifndef NJ_BACKTEST_WALK_STITCH_H
#define NJ_BACKTEST_WALK_STITCH_H

#include "backtest/result.h"
#include "backtest/walk.h"

struct nj_walk_desk; /* in memory that both see */

/* points: of the longest test at most. NULL: out of memory. Before the workers are forked. */
struct nj_walk_desk *nj_walk_desk_new(size_t points);
void nj_walk_desk_free(struct nj_walk_desk *desk);
/* In a worker. NJ_ERR_LIMIT: more points or trades than there is room for. */
int nj_walk_desk_put(struct nj_walk_desk *desk, const struct nj_result *result,
                     struct nj_error *err);

struct nj_walk_sums {
    struct nj_walk_stitched *to;
    size_t cap, cap_trades;
    double fees, slippage, notional;
};
/* Takes what lies there to the end of the curve and into the fold. NJ_ERR_NOMEM; NJ_ERR_INTERNAL:
 * it is not behind what is there (a plugin has written there). */
int nj_walk_desk_take(const struct nj_walk_desk *desk, struct nj_walk_sums *sums,
                      struct nj_walk_fold *fold, struct nj_error *err);

#endif
