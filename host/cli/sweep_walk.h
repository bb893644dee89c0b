/* sweep_walk.h - njord sweep --walk-forward: its option, and what is printed of it. Used by
 * verb_sweep.c alone. */
#ifndef NJ_CLI_SWEEP_WALK_H
#define NJ_CLI_SWEEP_WALK_H

#include "backtest/walk.h"
#include "cli/cli.h"

#define NJ_SWEEP_WALK_OUTPUT "var/backtest/walk_forward.csv"

/* texts: what --walk-forward was given, top: what --top was; none of the one, NULL: nothing. False:
 * told. */
bool nj_sweep_walk_options(const struct nj_cli *cli, const struct nj_cli_list *texts,
                           const char *top, struct nj_walk_spec *out);
/* The page of it: where it goes; NULL: nowhere, since it is not built in (missing: why) or not
 * wanted. */
struct nj_sweep_walk_page {
    const char *path, *missing;
    const char *const *wheres; /* constraints, as they were given */
    size_t n_wheres;
};
/* Runs it with a progress bar and prints what came of it. request->progress is filled here. */
int nj_sweep_walk(const struct nj_cli *cli, struct nj_walk_request *request,
                  const struct nj_sweep_walk_page *page, struct nj_error *err);

#endif
