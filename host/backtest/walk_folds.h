/* walk_folds.h - the folds of a walk-forward: windows to choose in, and the windows behind them to
 * test in.
 *
 * Fold k (from 0) trains on [t, t + train) and tests on [t + train, t + train + test), t = begin +
 * k * step; anchored, every train window begins at `begin`. A train window is always whole; the
 * last test window may be cut short by the end of the data, and is left out when no time is left
 * for it. Test windows never overlap. All times are ns since the epoch, ends exclusive. Pure. */
#ifndef NJ_BACKTEST_WALK_FOLDS_H
#define NJ_BACKTEST_WALK_FOLDS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NJ_WALK_FOLDS   10000u
#define NJ_WALK_LONGEST INT64_C(3155760000000000000) /* of a window: 100 years */

struct nj_walk_spec {
    int64_t train_ns, test_ns, step_ns; /* above 0; step_ns >= test_ns */
    bool anchored;
};

/* "train=90d,test=30d[,step=30d][,anchored]", durations in s, m, h, d, w (ms too). NJ_ERR_INPUT:
 * what is wrong with it. */
int nj_walk_spec_parse(const char *text, struct nj_walk_spec *out, struct nj_error *err);
/* The windows must be whole bars of the timeframe. NJ_ERR_CONFIG: the first that is not. */
int nj_walk_spec_fits(const struct nj_walk_spec *spec, const char *timeframe, int64_t length_ns,
                      struct nj_error *err);

struct nj_walk_window {
    int64_t train_from, train_to, test_from, test_to;
    bool cut; /* the test is shorter than asked for */
};

/* The folds that lie within [begin, end). *out: malloc'd, the caller's. NJ_ERR_NOT_FOUND: not even
 * one, the line says how much there is; NJ_ERR_LIMIT: more than NJ_WALK_FOLDS. */
int nj_walk_plan(const struct nj_walk_spec *spec, int64_t begin, int64_t end,
                 struct nj_walk_window **out, size_t *n, struct nj_error *err);

#endif
