/* run_window.c - part of a job's rows as the series of a run: its pieces, the first and last of
 * them cut, so that nothing outside can be reached. No row is copied. */
#include "backtest/run_impl.h"

#include <stdlib.h>

/* A row's place: rows of all pieces counted on. */
static uint64_t find(const struct nj_bt_series *s, int64_t ts)
{
    uint64_t at = 0;
    for (size_t p = 0; p < s->n_pieces; p++) {
        size_t here = nj_columns_find(&s->pieces[p], ts);
        at += here;
        if (here < s->pieces[p].n)
            break;
    }
    return at;
}

void nj_bt_job_span(const struct nj_bt_job *job, int64_t *first_ns, int64_t *end_ns)
{
    *first_ns = job->data.first_ns;
    *end_ns = job->data.last_ns;
}

uint64_t nj_bt_job_rows_within(const struct nj_bt_job *job, int64_t from_ns, int64_t to_ns)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < job->data.n && to_ns > from_ns; i++)
        n += find(&job->data.series[i], to_ns) - find(&job->data.series[i], from_ns);
    return n;
}

void nj_bt_cut_free(struct nj_bt_cut *cut)
{
    for (uint32_t i = 0; i < cut->n; i++)
        free(cut->pieces[i]);
    cut->n = 0;
}

/* Rows first to last (exclusive) of a series. NULL: out of memory. */
static struct nj_columns *slice(const struct nj_bt_series *s, uint64_t first, uint64_t last,
                                size_t *n_out)
{
    uint64_t at = 0;
    size_t from = 0, n = 0;
    for (size_t p = 0; p < s->n_pieces; at += s->pieces[p++].n)
        if (at < last && at + s->pieces[p].n > first) {
            from = n++ == 0 ? p : from;
        }
    struct nj_columns *out = malloc((n + 1) * sizeof *out);
    *n_out = n;
    at = 0;
    for (size_t p = 0; p < from; p++)
        at += s->pieces[p].n;
    for (size_t k = 0; out && k < n; k++) {
        const struct nj_columns *c = &s->pieces[from + k];
        size_t low = first > at ? (size_t)(first - at) : 0;
        size_t high = last - at < c->n ? (size_t)(last - at) : c->n;
        nj_columns_slice(c, low, high, &out[k]);
        at += c->n;
    }
    return out;
}

static bool same(const struct nj_bt_window *a, const struct nj_bt_window *b)
{
    return a->from_ns == b->from_ns && a->to_ns == b->to_ns && a->warmup == b->warmup &&
           a->warm_ns == b->warm_ns;
}

int nj_bt_job_cut(struct nj_bt_job *job, const struct nj_bt_window *window, struct nj_error *err)
{
    struct nj_bt_cut *cut = &job->cut;
    if (cut->n > 0 && same(&cut->window, window))
        return 0;
    nj_bt_cut_free(cut);
    cut->window = *window;
    for (uint32_t i = 0; i < job->data.n; i++) {
        const struct nj_bt_series *s = &job->data.series[i];
        uint64_t from = find(s, window->from_ns), to = find(s, window->to_ns);
        uint64_t lead =
            from - find(s, window->warm_ns < window->from_ns ? window->warm_ns : window->from_ns);
        lead = lead < window->warmup ? lead : window->warmup;
        cut->series[i] = (struct nj_bt_series){.symbol = s->symbol};
        cut->warmups[i] = lead;
        cut->pieces[i] = slice(s, from - lead, to, &cut->series[i].n_pieces);
        if (!cut->pieces[i]) {
            nj_bt_cut_free(cut);
            return nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
        }
        cut->series[i].pieces = cut->pieces[i];
        cut->n = i + 1;
    }
    return 0;
}
