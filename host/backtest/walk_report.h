/* walk_report.h - a walk-forward as a page that can be sent to somebody, in the manner of report.h:
 * one HTML file that needs nothing else.
 *
 * The tests, one behind the other, as a run has it (equity with the folds marked, drawdown, months,
 * metrics), and what is a walk-forward's own: train beside test in each fold, the folds, how steady
 * the parameters are, the efficiency. Pure; same walk-forward, same bytes. */
#ifndef NJ_BACKTEST_WALK_REPORT_H
#define NJ_BACKTEST_WALK_REPORT_H

#include "backtest/result.h"
#include "backtest/walk.h"

struct nj_walk_page {
    const struct nj_result *about; /* what was run, as a result has it; no outcome */
    const struct nj_walk *walk;
    const struct nj_walk_request *request;
    const char *const *wheres; /* constraints, as they were given */
    size_t n_wheres;
};

/* The page, added to out. NJ_ERR_LIMIT: not built in (nj_report_missing()); NJ_ERR_NOMEM. */
int nj_walk_report_html(const struct nj_walk_page *page, struct nj_buf *out, struct nj_error *err);

#endif
