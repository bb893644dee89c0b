/* compare_live.h - njord backtest --compare-live: what a host did, done again and compared.
 *
 * Owned by the verb. */
#ifndef NJ_CLI_COMPARE_LIVE_H
#define NJ_CLI_COMPARE_LIVE_H

#include "cli/backtest_args.h"

/* dir: the host's journals; journal: where the run's own go, NULL: nowhere; stall_s: a run that
 * stands still for so long is ended. An exit code. */
int nj_backtest_compare_live(struct nj_cli *cli, const char *dir, const char *journal,
                             const struct nj_backtest_args *args, double stall_s);

/* The first option given that a run takes from a result, or from a configuration; NULL: none. */
const char *nj_backtest_foreign(const struct nj_cli *cli, const struct nj_backtest_args *args);

#endif
