/* ohlcv_bucket.c - the buckets of a symbol: when they end, what becomes of them, what a longer one
 * is made of. Pure. */
#include "market/ohlcv_impl.h"

#include <math.h>
#include <njord/contract.h>
#include <string.h>

static void bucket_at(struct nj_ohlcv_bucket *b, int64_t open_ns, int64_t length)
{
    b->open_ns = open_ns;
    b->end_ns = open_ns + length;
    b->trades = 0;
    nj_exact_clear(&b->volume);
    nj_exact_clear(&b->quote);
    nj_exact_clear(&b->taker);
    b->sides_known = true;
}

static void set_reach(const struct nj_ohlcv *o, struct nj_ohlcv_symbol *s)
{
    s->from_ns = INT64_MIN;
    s->to_ns = INT64_MAX;
    for (uint32_t i = 0; i < o->n_direct; i++) {
        const struct nj_ohlcv_bucket *b = &s->buckets[i];
        s->from_ns = b->open_ns > s->from_ns ? b->open_ns : s->from_ns;
        s->to_ns = b->end_ns < s->to_ns ? b->end_ns : s->to_ns;
    }
}

void nj_ohlcv_start(const struct nj_ohlcv *o, struct nj_ohlcv_symbol *s, int64_t ts_ns)
{
    for (uint32_t i = 0; i < o->n_frames; i++)
        bucket_at(&s->buckets[i], ts_ns - ts_ns % o->frames[i].length, o->frames[i].length);
    if (s->whole_from > ts_ns) /* a trade of the same instant may have been missed */
        s->whole_from = ts_ns + 1;
    s->last_ns = ts_ns;
    s->started = true;
    set_reach(o, s);
}

static void hand_out(struct nj_ohlcv *o, const struct nj_ohlcv_symbol *s,
                     const struct nj_ohlcv_timeframe *f, const struct nj_ohlcv_bucket *b,
                     bool at_the_end)
{
    njord_bar bar;
    njord_event_init(&bar, NJORD_EV_BAR);
    memcpy(bar.symbol, s->name, sizeof bar.symbol);
    memcpy(bar.timeframe, f->name, sizeof bar.timeframe);
    bar.ev.symbol_id = s->id;
    bar.ev.ts_ns = bar.ts_close = b->end_ns;
    bar.ts_open = b->open_ns;
    bar.trades = b->trades;
    bar.partial = 0;
    if (b->trades > 0) {
        bar.open = b->open;
        bar.high = b->high;
        bar.low = b->low;
        bar.close = b->close;
        bar.volume = nj_exact_value(&b->volume, NJ_EXACT_QTY);
        bar.quote_volume = nj_exact_value(&b->quote, NJ_EXACT_QUOTE);
        if (b->sides_known)
            bar.taker_volume = nj_exact_value(&b->taker, NJ_EXACT_QTY);
        bar.partial = at_the_end || b->open_ns < s->whole_from;
    } else {
        bar.open = bar.high = bar.low = bar.close = b->last;
        bar.volume = bar.quote_volume = bar.taker_volume = 0;
        bar.ev.flags |= NJORD_EF_FILLED_GAP;
        o->stats.filled++;
    }
    if (bar.partial) {
        bar.ev.flags |= NJORD_EF_PARTIAL;
        o->stats.partial++;
    }
    o->stats.bars++;
    o->bar(o->ctx, &bar);
}

/* Adds a bucket's trades to a longer one's. */
static bool merge(struct nj_ohlcv_bucket *into, const struct nj_ohlcv_bucket *from)
{
    if (into->trades == 0) {
        into->open = from->open;
        into->high = from->high;
        into->low = from->low;
    }
    into->high = from->high > into->high ? from->high : into->high;
    into->low = from->low < into->low ? from->low : into->low;
    into->close = from->close;
    into->trades += from->trades;
    into->sides_known &= from->sides_known;
    return nj_exact_merge(&into->volume, NJ_EXACT_QTY, &from->volume) &&
           nj_exact_merge(&into->quote, NJ_EXACT_QUOTE, &from->quote) &&
           nj_exact_merge(&into->taker, NJ_EXACT_QTY, &from->taker);
}

/* The 1m bucket's trades go to the longer ones. */
static bool pass_on(const struct nj_ohlcv *o, struct nj_ohlcv_symbol *s)
{
    const struct nj_ohlcv_bucket *minute = &s->buckets[o->n_direct - 1];
    bool ok = true;
    for (uint32_t i = o->n_direct; i < o->n_frames; i++)
        ok &= merge(&s->buckets[i], minute);
    return ok;
}

/* Are buckets without trades handed out now? */
static bool fills(const struct nj_ohlcv *o, const struct nj_ohlcv_bucket *b)
{
    return o->gap_fill && !isnan(b->last) && (o->max_gap == 0 || b->filled < o->max_gap);
}

/* How many buckets without trades, this one the first, end by until_ns and are not handed out. */
static int64_t unseen(const struct nj_ohlcv *o, const struct nj_ohlcv_bucket *b,
                      const struct nj_ohlcv_span *gap, int64_t until_ns)
{
    int64_t to = gap && fills(o, b) && gap->to < until_ns ? gap->to : until_ns;
    int64_t n = (to - b->open_ns) / (b->end_ns - b->open_ns);
    return n > 0 ? n : 1;
}

/* Is the end of this bucket anybody's business? While priming only behind what is known to have
 * been handed out. */
static bool is_seen(const struct nj_ohlcv *o, const struct nj_ohlcv_timeframe *f,
                    const struct nj_ohlcv_bucket *b)
{
    return f->wanted && b->end_ns > b->given_ns && (!o->quiet || b->given_ns != INT64_MIN);
}

/* Ends the bucket of timeframe i and opens the next; of those that nobody will see all that end by
 * until_ns at once. */
static bool close_bucket(struct nj_ohlcv *o, struct nj_ohlcv_symbol *s, uint32_t i,
                         int64_t until_ns)
{
    const struct nj_ohlcv_timeframe *f = &o->frames[i];
    struct nj_ohlcv_bucket *b = &s->buckets[i];
    bool ok = true, seen = is_seen(o, f, b);
    const struct nj_ohlcv_span *gap = s->n_spans > 0 ? nj_ohlcv_touched(s, b) : NULL;
    int64_t n = 1;
    if (b->trades > 0) {
        if (i + 1 == o->n_direct && o->n_direct < o->n_frames)
            ok = pass_on(o, s);
        if (seen && !gap)
            hand_out(o, s, f, b, false);
        o->stats.left_out += seen && gap;
        b->last = b->close;
        b->filled = 0;
    } else if (gap || !fills(o, b)) {
        n = unseen(o, b, gap, until_ns);
        o->stats.left_out += seen && o->gap_fill ? (uint64_t)n : 0;
    } else {
        b->filled++;
        if (seen)
            hand_out(o, s, f, b, false);
    }
    bucket_at(b, b->open_ns + n * f->length, f->length);
    return ok;
}

/* Ends what ends by until_ns, in the order of the ends, shortest timeframe first. */
bool nj_ohlcv_close_until(struct nj_ohlcv *o, struct nj_ohlcv_symbol *s, int64_t until_ns)
{
    bool ok = true;
    for (;;) {
        uint32_t next = 0;
        for (uint32_t i = 1; i < o->n_frames; i++)
            if (s->buckets[i].end_ns < s->buckets[next].end_ns)
                next = i;
        if (s->buckets[next].end_ns > until_ns)
            break;
        ok &= close_bucket(o, s, next, until_ns);
    }
    if (s->n_spans > 0)
        nj_ohlcv_drop_spans(o, s);
    set_reach(o, s);
    return ok;
}

/* ---- the clock ---- */

static bool goes_by_clock(const struct nj_ohlcv_symbol *s)
{
    return s->started && !s->unproven;
}

int64_t nj_ohlcv_next_end(const struct nj_ohlcv *o)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < o->n_symbols; i++)
        if (goes_by_clock(o->all[i]) && o->all[i]->to_ns < next)
            next = o->all[i]->to_ns;
    return next;
}

int nj_ohlcv_advance(struct nj_ohlcv *o, int64_t now_ns, struct nj_error *err)
{
    bool ok = true;
    int64_t limit = now_ns < NJ_OHLCV_TS_MAX ? now_ns : NJ_OHLCV_TS_MAX;
    for (int64_t at; (at = nj_ohlcv_next_end(o)) <= limit;) {
        for (uint32_t i = 0; i < o->n_frames; i++)
            for (uint32_t k = 0; k < o->n_symbols; k++) {
                struct nj_ohlcv_symbol *s = o->all[k];
                if (goes_by_clock(s) && s->to_ns <= at && s->buckets[i].end_ns == at)
                    ok &= close_bucket(o, s, i, at);
            }
        for (uint32_t k = 0; k < o->n_symbols; k++)
            if (goes_by_clock(o->all[k]) && o->all[k]->to_ns <= at) {
                nj_ohlcv_drop_spans(o, o->all[k]);
                set_reach(o, o->all[k]);
            }
    }
    return ok ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "bars: out of memory");
}

int nj_ohlcv_finish(struct nj_ohlcv *o, struct nj_error *err)
{
    bool ok = true;
    for (uint32_t k = 0; k < o->n_symbols && o->n_direct < o->n_frames; k++)
        if (o->all[k]->started && o->all[k]->buckets[o->n_direct - 1].trades > 0)
            ok &= pass_on(o, o->all[k]);
    for (uint32_t i = 0; i < o->n_frames; i++)
        for (uint32_t k = 0; k < o->n_symbols; k++) {
            struct nj_ohlcv_symbol *s = o->all[k];
            struct nj_ohlcv_bucket *b = &s->buckets[i];
            bool seen = s->started && o->frames[i].wanted && b->trades > 0;
            if (seen && nj_ohlcv_touched(s, b))
                o->stats.left_out++;
            else if (seen && b->end_ns > b->given_ns)
                hand_out(o, s, &o->frames[i], b, true);
            bucket_at(b, b->open_ns, o->frames[i].length);
        }
    return ok ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "bars: out of memory");
}
