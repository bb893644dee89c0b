/* state_run.h - the private folder for copies of plugins, and what dead processes left in it.
 *
 * Copies are named ID.GENERATION.HASH.so (or, half made, with something behind it). One that a
 * living process still maps, a worker that outlived its host, is left alone; every other file with
 * such a name goes. Called by nj_state_open() under the lock of the state folder. */
#ifndef NJ_JOURNAL_STATE_RUN_H
#define NJ_JOURNAL_STATE_RUN_H

#include "base/err.h"
#include "base/platform.h"

/* Makes `dir` with mode 0700 and removes stale copies. NJ_ERR_REFUSED: it is no folder of this
 * user.
 */
int nj_run_dir_prepare(const struct nj_platform *pf, const char *dir, struct nj_error *err);

#endif
