/* sweep_identity.h - a hash of all that decides the rows of a sweep: the run's inputs (data,
 * plugin, options, parameters, instruments, Njord's version), then every set of parameters.
 *
 * What a killed sweep left is gone on with only when the hash is the same. Used by sweep.c and
 * walk.c alone. */
#ifndef NJ_BACKTEST_SWEEP_IDENTITY_H
#define NJ_BACKTEST_SWEEP_IDENTITY_H

#include "backtest/run.h"
#include "backtest/space.h"
#include "base/hash.h"

/* more: what else decides them, "" for nothing. NJ_ERR_NOMEM. */
int nj_sweep_identity(struct nj_bt_job *job, const struct nj_space *space, const char *more,
                      char out[NJ_SHA256_HEX], struct nj_error *err);

#endif
