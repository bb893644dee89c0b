/* ohlcv_span.c - stretches of time in which trades may be missing: an outage of the feed, ids that
 * jumped. Kept per symbol while a bucket that they touch is open. Pure. */
#include "market/ohlcv_impl.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SPANS = 1024 };

static bool lasts(const struct nj_ohlcv_symbol *s)
{
    return s->n_spans > 0 && s->spans[s->n_spans - 1].to == INT64_MAX;
}

const struct nj_ohlcv_span *nj_ohlcv_touched(const struct nj_ohlcv_symbol *s,
                                             const struct nj_ohlcv_bucket *b)
{
    for (uint32_t i = 0; i < s->n_spans; i++)
        if (s->spans[i].from < b->end_ns && s->spans[i].to >= b->open_ns)
            return &s->spans[i];
    return NULL;
}

static bool add_span(struct nj_ohlcv_symbol *s, int64_t from, int64_t to)
{
    struct nj_ohlcv_span *last = s->n_spans ? &s->spans[s->n_spans - 1] : NULL;
    /* one that overlaps, and the one too many, widen the last: too much left out, nothing wrong */
    if (last && (from <= last->to || s->n_spans == MAX_SPANS)) {
        last->from = from < last->from ? from : last->from;
        last->to = to > last->to ? to : last->to;
        return true;
    }
    if (s->n_spans == s->cap_spans) {
        uint32_t cap = s->cap_spans ? s->cap_spans * 2 : 4;
        struct nj_ohlcv_span *spans = realloc(s->spans, cap * sizeof *spans);
        if (!spans)
            return false;
        s->spans = spans;
        s->cap_spans = cap;
    }
    s->spans[s->n_spans++] = (struct nj_ohlcv_span){from, to};
    return true;
}

void nj_ohlcv_drop_spans(const struct nj_ohlcv *o, struct nj_ohlcv_symbol *s)
{
    int64_t first = INT64_MAX;
    uint32_t gone = 0;
    for (uint32_t i = 0; i < o->n_frames; i++)
        first = s->buckets[i].open_ns < first ? s->buckets[i].open_ns : first;
    while (gone < s->n_spans && s->spans[gone].to < first)
        gone++;
    if (gone == 0)
        return;
    s->n_spans -= gone;
    memmove(s->spans, s->spans + gone, s->n_spans * sizeof *s->spans);
}

void nj_ohlcv_back(struct nj_ohlcv_symbol *s, int64_t ts_ns)
{
    if (!lasts(s))
        return;
    struct nj_ohlcv_span *last = &s->spans[s->n_spans - 1];
    last->to = ts_ns > last->from ? ts_ns : last->from;
}

int nj_ohlcv_broken(struct nj_ohlcv *o, const char *symbol, bool broken, int64_t at_ns,
                    struct nj_error *err)
{
    struct nj_ohlcv_symbol *s = nj_ohlcv_symbol_get(o, symbol, NJORD_NO_SYMBOL);
    if (!s)
        return nj_ohlcv_no_memory(symbol, err);
    if (!s->started) {
        s->whole_from = broken || at_ns > NJ_OHLCV_TS_MAX ? INT64_MAX : at_ns + 1;
        return 0;
    }
    if (broken)
        return lasts(s) || add_span(s, at_ns, INT64_MAX) ? 0 : nj_ohlcv_no_memory(symbol, err);
    nj_ohlcv_back(s, at_ns);
    return 0;
}

int nj_ohlcv_gap(struct nj_ohlcv *o, const char *symbol, int64_t at_ns, struct nj_error *err)
{
    struct nj_ohlcv_symbol *s = nj_ohlcv_symbol_find(o, symbol);
    if (!s || !s->started)
        return 0; /* what came before its first trade is not known anyway */
    bool lasting = lasts(s);
    int64_t to = at_ns > s->last_ns ? at_ns : s->last_ns;
    if (!add_span(s, s->last_ns, lasting ? INT64_MAX : to))
        return nj_ohlcv_no_memory(symbol, err);
    return 0;
}
