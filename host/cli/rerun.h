/* rerun.h - njord backtest --rerun: a result run again in a temporary place, and compared. */
#ifndef NJ_CLI_RERUN_H
#define NJ_CLI_RERUN_H

#include "cli/backtest_args.h"

/* path: of the result. Of the options only where things are is taken: strategy (a plugin's path)
 * and csv. stall_s: a run whose rows stand still for so long is ended; 0: never. Prints "same", or
 * what differs first. Returns an exit code: 1 when it is not the same. */
int nj_backtest_rerun(struct nj_cli *cli, const char *path, const struct nj_backtest_args *args,
                      double stall_s);

#endif
