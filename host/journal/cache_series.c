/* cache_series.c - the segments of a journal as one series.
 *
 * Bars: each segment is cut into runs that rise strictly in time (and, between them, what does
 * not); where one run alone covers a time its rows are given out as they lie in the map, where
 * several do they are merged and the same ts_open is left once. Trades: as they were written; where
 * all have a seq, by it. Only the time columns' pages that decide are touched. */
#include "journal/cache_impl.h"

#include <stdlib.h>
#include <string.h>

#define VIEW_ROWS 4096u /* rows of trades in a row in range from which on they are not copied */

/* ---- rows in range ---- */

struct refs {
    struct nj_row_ref *at;
    size_t n, cap;
};

static int add_ref(struct nj_cache *cache, struct refs *refs, uint32_t segment, size_t row,
                   struct nj_error *err)
{
    const struct nj_columns *c = &cache->segments[segment]->columns;
    void *at = refs->at;
    int rc = nj_cache_grow(cache->pf, &at, refs->n, &refs->cap, sizeof *refs->at, err);
    refs->at = at;
    if (rc == 0)
        refs->at[refs->n++] = (struct nj_row_ref){.ts = c->ts[row],
                                                  .seq = c->seq ? c->seq[row] : NJORD_NONE_I64,
                                                  .row = row,
                                                  .segment = segment};
    return rc;
}

/* Of ts[from..to), which do not fall, the rows with low <= ts <= high. */
static void clip(const int64_t *ts, int64_t low, int64_t high, size_t *from, size_t *to)
{
    size_t a = *from, n = *to - *from;
    *from = a + nj_rows_from(ts + a, n, low);
    *to = high == INT64_MAX ? a + n : a + nj_rows_from(ts + a, n, high + 1);
    if (*from > *to)
        *from = *to;
}

static int by_place(const struct nj_row_ref *a, const struct nj_row_ref *b)
{
    if (a->segment != b->segment)
        return a->segment < b->segment ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* ---- bars ---- */

struct run {
    uint32_t segment;
    bool messy; /* rows do not rise, or repeat */
    size_t from, to;
    int64_t min, max;
};

/* Where a run begins or, one after its last, ends. */
struct edge {
    int64_t at;
    uint32_t run;
    bool end;
};

static int by_time(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* The same ts_open: the later seq is the last, a row without seq before those with one, and without
 * seq the later line. A total order, so that it does not matter how rows are spread over files. */
static int by_worth(const void *a, const void *b)
{
    const struct nj_row_ref *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return by_place(x, y);
}

static void add_run(struct nj_cache *cache, struct run *runs, size_t *n, uint32_t segment,
                    size_t from, size_t to, bool messy)
{
    const int64_t *ts = cache->segments[segment]->columns.ts;
    struct run r = {.segment = segment, .messy = messy, .from = from, .to = to};

    if (from >= to)
        return;
    if (!messy) {
        clip(ts, cache->low, cache->high, &r.from, &r.to);
        if (r.from == r.to)
            return;
        r.min = ts[r.from];
        r.max = ts[r.to - 1];
    } else {
        bool any = false;
        for (size_t i = from; i < to; i++) {
            if (ts[i] < cache->low || ts[i] > cache->high)
                continue;
            r.min = !any || ts[i] < r.min ? ts[i] : r.min;
            r.max = !any || ts[i] > r.max ? ts[i] : r.max;
            any = true;
        }
        if (!any)
            return;
    }
    if (r.min <= r.max) /* a segment that lies about its order */
        runs[(*n)++] = r;
}

/* Rows of all runs with from <= ts <= to, merged. */
static int merge(struct nj_cache *cache, const struct run *runs, size_t n_runs, int64_t from,
                 int64_t to, struct nj_error *err)
{
    struct refs refs = {0};
    int rc = 0;
    size_t kept = 0;

    for (size_t i = 0; rc == 0 && i < n_runs; i++) {
        const struct run *r = &runs[i];
        const int64_t *ts = cache->segments[r->segment]->columns.ts;
        size_t a = r->from, b = r->to;
        if (r->max < from || r->min > to)
            continue;
        if (!r->messy)
            clip(ts, from, to, &a, &b);
        for (size_t row = a; rc == 0 && row < b; row++)
            if (ts[row] >= from && ts[row] <= to)
                rc = add_ref(cache, &refs, r->segment, row, err);
    }
    if (rc == 0 && refs.n > 0) {
        qsort(refs.at, refs.n, sizeof *refs.at, by_worth);
        for (size_t i = 0; i < refs.n; i++) {
            if (i + 1 < refs.n && refs.at[i + 1].ts == refs.at[i].ts)
                cache->duplicates++;
            else
                refs.at[kept++] = refs.at[i];
        }
        rc = nj_cache_gather(cache, refs.at, kept, err);
    }
    cache->pf->release(cache->pf->ctx, refs.at);
    return rc;
}

/* What covers a stretch of time. */
struct cover {
    size_t n;     /* runs, a messy one counts as two */
    uint64_t sum; /* of their indexes: with n 1 it is the run */
};

static int give_out(struct nj_cache *cache, const struct run *runs, size_t n_runs,
                    const struct cover *cover, int64_t from, int64_t to, struct nj_error *err)
{
    if (cover->n == 0)
        return 0;
    if (cover->n > 1)
        return merge(cache, runs, n_runs, from, to, err);
    const struct run *r = &runs[cover->sum];
    const struct nj_segment *s = cache->segments[r->segment];
    size_t a = r->from, b = r->to;
    clip(s->columns.ts, from, to, &a, &b);
    return nj_cache_view(cache, s, a, b, err);
}

/* Walks the edges in time; what lies between two changes of cover is given out. */
static int sweep(struct nj_cache *cache, const struct run *runs, size_t n_runs,
                 const struct edge *edges, size_t n_edges, struct nj_error *err)
{
    struct cover now = {0}, open = {0};
    int64_t since = INT64_MIN;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n_edges;) {
        int64_t at = edges[i].at;
        for (; i < n_edges && edges[i].at == at; i++) {
            size_t weight = runs[edges[i].run].messy ? 2 : 1;
            now.n = edges[i].end ? now.n - weight : now.n + weight;
            now.sum = edges[i].end ? now.sum - edges[i].run : now.sum + edges[i].run;
        }
        bool same = open.n > 1 ? now.n > 1 : open.n == now.n && open.sum == now.sum;
        if (same)
            continue;
        if (open.n > 0)
            rc = give_out(cache, runs, n_runs, &open, since, at - 1, err);
        open = now;
        since = at;
    }
    return rc == 0 ? give_out(cache, runs, n_runs, &open, since, INT64_MAX, err) : rc;
}

static int series_of_bars(struct nj_cache *cache, struct nj_error *err)
{
    const struct nj_platform *pf = cache->pf;
    size_t n_runs = 0, n_edges = 0;
    struct run *runs = pf->alloc(pf->ctx, (3 * cache->n_segments + 1) * sizeof *runs);
    struct edge *edges = pf->alloc(pf->ctx, (6 * cache->n_segments + 1) * sizeof *edges);
    int rc = 0;

    if (!runs || !edges) {
        rc = nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", cache->stem);
        goto done;
    }
    for (uint32_t i = 0; i < cache->n_segments; i++) {
        const struct nj_segment_head *h = &cache->segments[i]->head;
        size_t a = (size_t)h->mess_from, b = (size_t)h->mess_to, n = (size_t)h->rows;
        if (n == 0 || h->max_ts < cache->low || h->min_ts > cache->high)
            continue;
        add_run(cache, runs, &n_runs, i, 0, a, false);
        add_run(cache, runs, &n_runs, i, a, b, true);
        add_run(cache, runs, &n_runs, i, b, n, false);
    }
    for (uint32_t i = 0; i < n_runs; i++) {
        edges[n_edges++] = (struct edge){.at = runs[i].min, .run = i};
        if (runs[i].max < INT64_MAX)
            edges[n_edges++] = (struct edge){.at = runs[i].max + 1, .run = i, .end = true};
    }
    qsort(edges, n_edges, sizeof *edges, by_time);
    rc = sweep(cache, runs, n_runs, edges, n_edges, err);
done:
    pf->release(pf->ctx, runs);
    pf->release(pf->ctx, edges);
    return rc;
}

/* ---- trades ---- */

static int by_seq(const void *a, const void *b)
{
    const struct nj_row_ref *x = a, *y = b;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return by_place(x, y);
}

/* Does every trade have a seq, and do they not rise as they stand? */
static bool wants_sorting(const struct nj_cache *cache)
{
    bool rises = true;
    const struct nj_segment_head *before = NULL;

    for (size_t i = 0; i < cache->n_segments; i++) {
        const struct nj_segment_head *h = &cache->segments[i]->head;
        if (h->rows == 0)
            continue;
        if (!(h->flags & NJ_SEGMENT_SEQ_WHOLE))
            return false;
        rises = rises && (h->flags & NJ_SEGMENT_SEQ_RISES) &&
                (!before || before->last_seq < h->first_seq);
        before = h;
    }
    return !rises;
}

/* Rows in range of a segment whose times go to and fro: long stretches as views, the rest copied.
 */
static int scattered(struct nj_cache *cache, uint32_t segment, struct nj_error *err)
{
    const struct nj_segment *s = cache->segments[segment];
    const int64_t *ts = s->columns.ts;
    size_t n = s->columns.n;
    struct refs refs = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n;) {
        size_t from = i;
        while (i < n && ts[i] >= cache->low && ts[i] <= cache->high)
            i++;
        if (i - from >= VIEW_ROWS) {
            rc = nj_cache_gather(cache, refs.at, refs.n, err);
            refs.n = 0;
            if (rc == 0)
                rc = nj_cache_view(cache, s, from, i, err);
        } else {
            for (; rc == 0 && from < i; from++)
                rc = add_ref(cache, &refs, segment, from, err);
        }
        while (i < n && (ts[i] < cache->low || ts[i] > cache->high))
            i++;
    }
    if (rc == 0)
        rc = nj_cache_gather(cache, refs.at, refs.n, err);
    cache->pf->release(cache->pf->ctx, refs.at);
    return rc;
}

static int sorted_by_seq(struct nj_cache *cache, struct nj_error *err)
{
    struct refs refs = {0};
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < cache->n_segments; i++) {
        const struct nj_columns *c = &cache->segments[i]->columns;
        for (size_t row = 0; rc == 0 && row < c->n; row++)
            if (c->ts[row] >= cache->low && c->ts[row] <= cache->high)
                rc = add_ref(cache, &refs, i, row, err);
    }
    if (rc == 0 && refs.n > 0) {
        qsort(refs.at, refs.n, sizeof *refs.at, by_seq);
        rc = nj_cache_gather(cache, refs.at, refs.n, err);
    }
    cache->pf->release(cache->pf->ctx, refs.at);
    return rc;
}

static int series_of_trades(struct nj_cache *cache, struct nj_error *err)
{
    int rc = 0;

    if (wants_sorting(cache))
        return sorted_by_seq(cache, err);
    for (uint32_t i = 0; rc == 0 && i < cache->n_segments; i++) {
        const struct nj_segment *s = cache->segments[i];
        size_t from = 0, to = s->columns.n;
        if (to == 0 || s->head.max_ts < cache->low || s->head.min_ts > cache->high)
            continue;
        bool whole = s->head.min_ts >= cache->low && s->head.max_ts <= cache->high;
        if (!whole && !(s->head.flags & NJ_SEGMENT_TS_SORTED)) {
            rc = scattered(cache, i, err);
            continue;
        }
        if (!whole)
            clip(s->columns.ts, cache->low, cache->high, &from, &to);
        rc = nj_cache_view(cache, s, from, to, err);
    }
    return rc;
}

/* ---- both ---- */

/* A journal is of one symbol: file names leave the slash out, so two could meet in one. */
static int one_symbol(const struct nj_cache *cache, struct nj_error *err)
{
    const struct nj_columns *first = NULL;

    for (size_t i = 0; i < cache->n_segments; i++) {
        const struct nj_columns *c = &cache->segments[i]->columns;
        if (c->n == 0)
            continue;
        if (first && strcmp(first->symbol, c->symbol) != 0)
            return nj_error_set(err, NJ_ERR_INPUT,
                                "journal '%s' in '%s': holds '%s' and '%s': part the files",
                                cache->stem, cache->dir, first->symbol, c->symbol);
        first = first ? first : c;
    }
    return 0;
}

int nj_cache_series(struct nj_cache *cache, struct nj_error *err)
{
    int rc = one_symbol(cache, err);
    if (rc != 0 || cache->nothing)
        return rc;
    return cache->kind == NJ_COLUMNS_BARS ? series_of_bars(cache, err)
                                          : series_of_trades(cache, err);
}
