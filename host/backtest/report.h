/* report.h - a result as a page that can be sent to somebody: one HTML file that needs nothing
 * else.
 *
 * Pure: a result in, text out; same result, same bytes (no date of making). Texts of a result
 * (parameters, warnings, ids) are whatever a file says and are escaped, as markup and as data. The
 * page fetches nothing and its policy forbids it: the charts (uPlot), the style and the scripts
 * stand in it and are named by their hashes. Curves are thinned (thin.h), so a page stays small.
 * Charts come from outside the tree at build time; a program built without them has no reports. */
#ifndef NJ_BACKTEST_REPORT_H
#define NJ_BACKTEST_REPORT_H

#include "backtest/result.h"

#define NJ_REPORT_RUNS   12u   /* that one comparison shows */
#define NJ_REPORT_POINTS 2000u /* of a curve at most */
#define NJ_REPORT_FILLS  1000u /* in the list */
#define NJ_REPORT_PRICES 6u    /* symbols whose price is drawn */

/* NULL: reports are built in; else what is missing, in one line. */
const char *nj_report_missing(void);

/* The page of one run, added to out. NJ_ERR_LIMIT: not built in; NJ_ERR_NOMEM. */
int nj_report_html(const struct nj_result *result, struct nj_buf *out, struct nj_error *err);
/* Several runs side by side: 2 to NJ_REPORT_RUNS, more is NJ_ERR_LIMIT. names: of each (a file's).
 */
int nj_report_compare(const struct nj_result *results, const char *const *names, size_t n,
                      struct nj_buf *out, struct nj_error *err);

#endif
