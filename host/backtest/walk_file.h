/* walk_file.h - what a walk-forward leaves on disk: a CSV with a row a fold, and the out-of-sample
 * curve beside it. Each is replaced as one step. Used by walk.c alone. */
#ifndef NJ_BACKTEST_WALK_FILE_H
#define NJ_BACKTEST_WALK_FILE_H

#include "backtest/walk.h"
#include "base/fs.h"

/* "dir/equity_NAME.ndjson" for "dir/NAME.csv". NJ_ERR_LIMIT: too long. */
int nj_walk_curve_name(const char *output, char out[NJ_PATH_MAX], struct nj_error *err);
/* The curve as njord backtest writes one. */
int nj_walk_write_curve(const struct nj_walk_request *request, const char *path,
                        const struct nj_walk_stitched *stitched, struct nj_error *err);
int nj_walk_write_folds(const struct nj_walk_request *request, const struct nj_walk_fold *folds,
                        size_t n, struct nj_error *err);

#endif
