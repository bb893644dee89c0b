/* sweep_page.h - where the page of a sweep goes, and writing it there. The verb's alone. */
#ifndef NJ_CLI_SWEEP_PAGE_H
#define NJ_CLI_SWEEP_PAGE_H

#include "backtest/sweep_report.h"
#include "cli/cli.h"

/* report: of --report, NULL: beside the CSV `output`, with .html for its .csv. out: "" when there
 * is to be none, for --no-report or because reports are not built in. 0, or an exit code after the
 * mistake was told. */
int nj_sweep_page_path(const struct nj_cli *cli, const char *report, bool no_report,
                       const char *output, char out[NJ_PATH_MAX]);
/* Makes the page of a sweep that ran and puts it at path as one step; page: what the command line
 * says of it, the rest is filled in. */
int nj_sweep_page_write(const char *path, const struct nj_bt_job *job, struct nj_sweep *sweep,
                        struct nj_sweep_page *page, struct nj_error *err);

#endif
