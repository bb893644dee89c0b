/* sweep_report_impl.h - a sweep as its page needs it, shared by the files of sweep_report.h.
 *
 * sweep_view.c reads the rows once and keeps what is shown; sweep_report.c makes the page,
 * sweep_report_data.c what its script draws. */
#ifndef NJ_BACKTEST_SWEEP_REPORT_IMPL_H
#define NJ_BACKTEST_SWEEP_REPORT_IMPL_H

#include "backtest/report_impl.h"
#include "backtest/sweep_figures.h"
#include "backtest/sweep_report.h"

#define NJ_SWEEP_CAUSES 50u /* texts of failures that are told apart */

/* What sets failed by. */
struct nj_sweep_cause {
    char *text;
    uint64_t n, set; /* how many, and the first of them */
};

struct nj_sweep_view {
    const struct nj_sweep_page *page;
    uint64_t n; /* sets */
    bool ran;   /* the first row has the figure that it is sorted by */
    struct nj_metrics best;
    uint64_t best_set;
    uint64_t with_figure; /* sets that have it */
    double middle;        /* their median; NaN: none */
    struct nj_neighbours near;
    struct nj_histogram histogram; /* of all of them */
    /* Rows in the page, in the order of ranks. */
    const struct nj_packing *packing; /* of their figures */
    uint64_t room;                    /* rows that fit */
    uint64_t n_kept, *kept_set, *kept_rank;
    struct nj_metrics *kept;
    uint8_t *kept_cause; /* 0: none; 1 + its place among the causes, NJ_SWEEP_CAUSES + 1: another */
    struct nj_sweep_cause causes[NJ_SWEEP_CAUSES];
    uint32_t n_causes;
    uint64_t other_causes; /* sets that failed by none of them */
};

int nj_sweep_view_make(struct nj_sweep_view *out, const struct nj_sweep_page *page,
                       struct nj_error *err);
void nj_sweep_view_free(struct nj_sweep_view *view);

/* One JSON object, fit to stand inside a script element. */
int nj_sweep_report_data(const struct nj_sweep_view *view, struct nj_buf *out,
                         struct nj_error *err);

#endif
