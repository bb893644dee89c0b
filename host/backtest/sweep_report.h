/* sweep_report.h - a sweep as a page that can be sent to somebody, in the manner of report.h: one
 * HTML file that needs nothing else.
 *
 * Pure but for the rows, which the caller hands out one by one; same sweep, same bytes. It says
 * what the best set is worth before it shows how good it looks, and holds every figure of up to
 * NJ_SWEEP_PAGE_SETS sets, packed; of more, the best and some drawn by the seed, and says so. */
#ifndef NJ_BACKTEST_SWEEP_REPORT_H
#define NJ_BACKTEST_SWEEP_REPORT_H

#include "backtest/result.h"
#include "backtest/sweep.h"

#define NJ_SWEEP_PAGE_SETS                                                                         \
    10000u                       /* with all their metrics; fewer where parameters have very many  \
                                  * values */
#define NJ_SWEEP_PAGE_BEST 1000u /* of more sets, those that are in it in any case */
#define NJ_SWEEP_PAGE_FINE 4000u /* sets up to which figures have 7 digits; 4 beyond */

struct nj_sweep_page {
    const struct nj_result *about; /* what was run, as a result has it; no outcome */
    const struct nj_space *space;  /* its sets are chosen */
    const char *const *wheres;     /* constraints, as they were given */
    size_t n_wheres;
    uint64_t samples; /* 0: all sets */
    uint64_t seed, failed;
    enum nj_metric sort;
    const struct nj_sweep_doubt *doubt;
    /* Row number `rank`, the best first; as nj_sweep_row(). */
    int (*row)(void *ctx, uint64_t rank, struct nj_sweep_row *out, struct nj_error *err);
    void *ctx;
};

/* The page, added to out. NJ_ERR_LIMIT: not built in (nj_report_missing()); NJ_ERR_NOMEM. */
int nj_sweep_report_html(const struct nj_sweep_page *page, struct nj_buf *out,
                         struct nj_error *err);

#endif
