/* sweep_view.c - the rows of a sweep read once, for its page: the figures of all sets that it
 * shows, the best and some drawn where they are many, what failed and by what. */
#include "backtest/sweep_report_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
}

/* 1 + the cause's place; NJ_SWEEP_CAUSES + 1 when there is no room for it; 0: out of memory. */
static uint8_t cause_of(struct nj_sweep_view *view, const struct nj_sweep_row *row)
{
    uint32_t i = 0;
    while (i < view->n_causes && strcmp(view->causes[i].text, row->error) != 0)
        i++;
    if (i == NJ_SWEEP_CAUSES) {
        view->other_causes++;
        return NJ_SWEEP_CAUSES + 1;
    }
    if (i == view->n_causes) {
        view->causes[i] = (struct nj_sweep_cause){strdup(row->error), 0, row->set};
        if (!view->causes[i].text)
            return 0;
        view->n_causes++;
    }
    view->causes[i].n++;
    if (row->set < view->causes[i].set)
        view->causes[i].set = row->set;
    return (uint8_t)(i + 1);
}

#define BYTES 868000u /* of figures and values, so that a page stays under a megabyte */

/* Bytes that so many sets take: their figures, ranks and errors, the place of each value, the
 * values that differ. */
static uint64_t bytes_of(const struct nj_sweep_view *view, uint64_t n,
                         const struct nj_packing *packing)
{
    const struct nj_space *space = view->page->space;
    uint64_t bytes = n * (NJ_METRIC_COUNT * packing->width + (view->page->failed > 0));
    bytes += n < view->n ? n * nj_sweep_code_width(view->n) : 0;
    for (uint32_t i = 0; i < nj_space_axes(space); i++) {
        uint64_t values = nj_space_values(space, i), shown = values < n ? values : n;
        char first[NJ_SPACE_TEXT], last[NJ_SPACE_TEXT];
        nj_space_value(space, i, 0, first);
        nj_space_value(space, i, values - 1, last);
        size_t len = strlen(first) > strlen(last) ? strlen(first) : strlen(last);
        bytes += n * nj_sweep_code_width(shown) + shown * (len + 3); /* quotes and a comma */
    }
    return bytes;
}

/* How many sets there is room for, and with how many digits. */
static void plan(struct nj_sweep_view *view)
{
    view->room = view->n < NJ_SWEEP_PAGE_SETS ? view->n : NJ_SWEEP_PAGE_SETS;
    view->packing = &nj_packing_fine;
    if (view->n <= NJ_SWEEP_PAGE_FINE && bytes_of(view, view->n, view->packing) <= BYTES)
        return;
    view->packing = &nj_packing_coarse;
    while (view->room > NJ_SWEEP_PAGE_BEST && bytes_of(view, view->room, view->packing) > BYTES)
        view->room -= view->room / 50;
    if (view->n > NJ_SWEEP_PAGE_BEST && view->room < NJ_SWEEP_PAGE_BEST)
        view->room = NJ_SWEEP_PAGE_BEST;
}

/* Is the row at a rank in the page? Of too many, the best, and of the rest as many as there is room
 * for, each as likely (D. E. Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S). */
static bool is_kept(const struct nj_sweep_view *view, uint64_t rank, uint64_t *random)
{
    uint64_t room = view->room;
    if (view->n <= room || rank < NJ_SWEEP_PAGE_BEST)
        return true;
    return nj_space_below(random, view->n - rank) < room - view->n_kept;
}

struct rows {
    uint64_t *sets; /* of all, by rank */
    double *keys;   /* NaN: none */
};

static int read_rows(struct nj_sweep_view *view, struct rows *all, struct nj_error *err)
{
    const struct nj_sweep_page *page = view->page;
    uint64_t random = page->seed;
    struct nj_sweep_row row;
    for (uint64_t rank = 0; rank < view->n; rank++) {
        uint8_t cause = 0;
        int rc = page->row(page->ctx, rank, &row, err);
        if (rc != 0)
            return rc;
        double key = row.error[0] ? (double)NAN : row.metrics.value[page->sort];
        all->sets[rank] = row.set;
        all->keys[rank] = key;
        view->with_figure += isfinite(key) ? 1 : 0;
        if (row.error[0] && (cause = cause_of(view, &row)) == 0)
            return no_memory(err);
        if (rank == 0) {
            view->ran = isfinite(key);
            view->best = row.metrics;
            view->best_set = row.set;
        }
        if (is_kept(view, rank, &random)) {
            view->kept_set[view->n_kept] = row.set;
            view->kept_rank[view->n_kept] = rank;
            view->kept_cause[view->n_kept] = cause;
            view->kept[view->n_kept++] = row.metrics;
        }
    }
    return 0;
}

/* What is said of all sets together. */
static int look_at(struct nj_sweep_view *view, const struct rows *all, struct nj_error *err)
{
    double *values = malloc((view->n + 1) * sizeof *values);
    if (!values)
        return no_memory(err);
    memcpy(values, all->keys, view->n * sizeof *values);
    view->middle = nj_sweep_median(values, view->n); /* those with a figure stand first now */
    nj_report_histogram(values, view->with_figure, &view->histogram);
    free(values);
    return view->ran ? nj_sweep_neighbours(
                           view->page->space, all->sets, all->keys, view->n, 0, view->middle,
                           nj_metric_infos[view->page->sort].better < 0 ? -1 : 1, &view->near, err)
                     : 0;
}

int nj_sweep_view_make(struct nj_sweep_view *out, const struct nj_sweep_page *page,
                       struct nj_error *err)
{
    uint64_t n = nj_space_sets(page->space), most = n < NJ_SWEEP_PAGE_SETS ? n : NJ_SWEEP_PAGE_SETS;
    struct rows all = {malloc((n + 1) * sizeof *all.sets), malloc((n + 1) * sizeof *all.keys)};
    *out = (struct nj_sweep_view){.page = page,
                                  .n = n,
                                  .middle = NAN,
                                  .near = {.median = NAN, .share = NAN},
                                  .kept_set = malloc((most + 1) * sizeof *out->kept_set),
                                  .kept_rank = malloc((most + 1) * sizeof *out->kept_rank),
                                  .kept_cause = malloc(most + 1),
                                  .kept = malloc((most + 1) * sizeof *out->kept)};
    int rc = all.sets && all.keys && out->kept_set && out->kept_rank && out->kept_cause && out->kept
                 ? 0
                 : no_memory(err);
    plan(out);
    if (rc == 0)
        rc = read_rows(out, &all, err);
    if (rc == 0)
        rc = look_at(out, &all, err);
    free(all.sets);
    free(all.keys);
    if (rc != 0)
        nj_sweep_view_free(out);
    return rc;
}

void nj_sweep_view_free(struct nj_sweep_view *view)
{
    if (!view)
        return;
    for (uint32_t i = 0; i < view->n_causes; i++)
        free(view->causes[i].text);
    free(view->kept_set);
    free(view->kept_rank);
    free(view->kept_cause);
    free(view->kept);
    *view = (struct nj_sweep_view){0};
}
