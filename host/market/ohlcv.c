#include "base/timeframe.h"
#include "market/ohlcv_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- timeframes ---- */

static int by_length(const void *a, const void *b)
{
    int64_t x = ((const struct nj_ohlcv_timeframe *)a)->length,
            y = ((const struct nj_ohlcv_timeframe *)b)->length;
    return (x > y) - (x < y);
}

static int take_timeframes(struct nj_ohlcv *o, const struct nj_ohlcv_options *options,
                           struct nj_error *err)
{
    bool minute = false, longer = false;
    for (uint32_t i = 0; i < options->n_timeframes; i++) {
        const char *name = options->timeframes[i];
        struct nj_ohlcv_timeframe *f = &o->frames[o->n_frames];
        f->length = strlen(name) < sizeof f->name ? nj_bar_length(name) : 0;
        if (f->length == 0)
            return nj_error_set(err, NJ_ERR_INPUT,
                                "timeframe '%.32s': expected 1s to 1d, up to a minute a divisor of "
                                "one, above it whole minutes that divide a day, as 5s, 1m, 15m, 1h",
                                name);
        for (uint32_t k = 0; k < o->n_frames; k++)
            if (o->frames[k].length == f->length)
                return nj_error_set(err, NJ_ERR_INPUT,
                                    "timeframe '%s': as long as '%s'; name it once", name,
                                    o->frames[k].name);
        memcpy(f->name, name, strlen(name) + 1);
        f->wanted = true;
        minute |= f->length == NJ_OHLCV_MINUTE;
        longer |= f->length > NJ_OHLCV_MINUTE;
        o->n_frames++;
    }
    if (longer && !minute)
        o->frames[o->n_frames++] = (struct nj_ohlcv_timeframe){"1m", NJ_OHLCV_MINUTE, false};
    qsort(o->frames, o->n_frames, sizeof *o->frames, by_length);
    while (o->n_direct < o->n_frames && o->frames[o->n_direct].length <= NJ_OHLCV_MINUTE)
        o->n_direct++;
    return 0;
}

int nj_ohlcv_new(struct nj_ohlcv **out, const struct nj_ohlcv_options *options,
                 struct nj_error *err)
{
    *out = NULL;
    if (options->n_timeframes == 0)
        return nj_error_set(err, NJ_ERR_INPUT, "timeframes: name at least one");
    struct nj_ohlcv *o = calloc(1, sizeof *o);
    if (o)
        o->frames = calloc((size_t)options->n_timeframes + 1, sizeof *o->frames);
    if (!o || !o->frames) {
        nj_ohlcv_free(o);
        return nj_error_set(err, NJ_ERR_NOMEM, "bars: out of memory");
    }
    o->gap_fill = options->gap_fill;
    o->max_gap = options->max_gap;
    o->bar = options->bar;
    o->ctx = options->ctx;
    int rc = take_timeframes(o, options, err);
    if (rc != 0)
        nj_ohlcv_free(o);
    else
        *out = o;
    return rc;
}

static void symbol_free(const struct nj_ohlcv *o, struct nj_ohlcv_symbol *s)
{
    for (uint32_t i = 0; s->buckets && i < o->n_frames; i++) {
        nj_exact_free(&s->buckets[i].volume);
        nj_exact_free(&s->buckets[i].quote);
        nj_exact_free(&s->buckets[i].taker);
    }
    free(s->buckets);
    free(s->spans);
    free(s);
}

void nj_ohlcv_free(struct nj_ohlcv *o)
{
    if (!o)
        return;
    for (uint32_t i = 0; i < o->n_symbols; i++)
        symbol_free(o, o->all[i]);
    nj_map_free(&o->names, NULL);
    free(o->all);
    free(o->frames);
    free(o);
}

/* ---- symbols ---- */

struct nj_ohlcv_symbol *nj_ohlcv_symbol_find(struct nj_ohlcv *o, const char *name)
{
    if (o->latest && strcmp(o->latest->name, name) == 0)
        return o->latest;
    struct nj_ohlcv_symbol *s = nj_map_get(&o->names, name);
    if (s)
        o->latest = s;
    return s;
}

/* Nothing is known of the symbol. */
static void make_new(const struct nj_ohlcv *o, struct nj_ohlcv_symbol *s)
{
    s->started = s->unproven = false;
    s->whole_from = s->from_ns = s->to_ns = INT64_MAX;
    s->last_ns = INT64_MIN;
    s->n_spans = 0;
    for (uint32_t i = 0; i < o->n_frames; i++) {
        s->buckets[i].last = NAN;
        s->buckets[i].given_ns = INT64_MIN;
        s->buckets[i].filled = 0;
    }
}

/* Moves a symbol to where its id belongs: behind those of lower and equal ids. */
static void put_in_order(struct nj_ohlcv *o, struct nj_ohlcv_symbol *s, uint32_t id)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->n_symbols; i++)
        if (o->all[i] != s)
            o->all[n++] = o->all[i];
    for (; n > 0 && o->all[n - 1]->id > id; n--)
        o->all[n] = o->all[n - 1];
    o->all[n] = s;
    s->id = id;
}

struct nj_ohlcv_symbol *nj_ohlcv_symbol_get(struct nj_ohlcv *o, const char *name, uint32_t id)
{
    struct nj_ohlcv_symbol *s = nj_ohlcv_symbol_find(o, name);
    if (s && (s->id == id || id == NJORD_NO_SYMBOL))
        return s;
    if (s) {
        put_in_order(o, s, id);
        return s;
    }
    if (o->n_symbols == o->cap_symbols) {
        uint32_t cap = o->cap_symbols ? o->cap_symbols * 2 : 16;
        struct nj_ohlcv_symbol **all = realloc(o->all, cap * sizeof(struct nj_ohlcv_symbol *));
        if (!all)
            return NULL;
        o->all = all;
        o->cap_symbols = cap;
    }
    s = calloc(1, sizeof *s);
    if (s)
        s->buckets = calloc(o->n_frames, sizeof *s->buckets);
    if (!s || !s->buckets || !nj_map_put(&o->names, name, s)) {
        if (s)
            symbol_free(o, s);
        return NULL;
    }
    snprintf(s->name, sizeof s->name, "%s", name);
    s->id = id;
    make_new(o, s);
    o->all[o->n_symbols++] = s;
    put_in_order(o, s, id);
    o->latest = s;
    return s;
}

int nj_ohlcv_no_memory(const char *symbol, struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "bars of '%s': out of memory", symbol);
}

/* ---- trades ---- */

struct taken_trade {
    int64_t ts_ns;
    double price, qty;
    uint8_t side;
};

/* The sums of a bucket; the fast way is whole units of 1e-8. */
static inline bool add_sums(struct nj_ohlcv_bucket *b, const struct taken_trade *t)
{
    int64_t price, qty;
    bool ok, buy = t->side == NJORD_SIDE_BUY;
    if (__builtin_expect(nj_exact_units(t->qty, &qty) && nj_exact_units(t->price, &price), 1)) {
        ok = nj_exact_add(&b->volume, NJ_EXACT_QTY, qty);
        ok &= nj_exact_add(&b->quote, NJ_EXACT_QUOTE, (nj_i128)price * qty);
        ok &= nj_exact_add(&b->taker, NJ_EXACT_QTY, buy ? qty : 0);
    } else {
        ok = nj_exact_add_f64(&b->volume, NJ_EXACT_QTY, t->qty) &&
             nj_exact_add_product(&b->quote, NJ_EXACT_QUOTE, t->price, t->qty) &&
             (!buy || nj_exact_add_f64(&b->taker, NJ_EXACT_QTY, t->qty));
    }
    return ok;
}

static inline bool add_trade(struct nj_ohlcv_bucket *b, const struct taken_trade *t)
{
    if (b->trades++ == 0) {
        b->open = b->high = b->low = t->price;
    } else {
        b->high = t->price > b->high ? t->price : b->high;
        b->low = t->price < b->low ? t->price : b->low;
    }
    b->close = t->price;
    b->sides_known &= t->side != NJORD_NONE_U8;
    return add_sums(b, t);
}

/* A trade that stands outside an open bucket: ends some, or is late for some. */
static bool take_across(struct nj_ohlcv *o, struct nj_ohlcv_symbol *s, const struct taken_trade *t,
                        bool *late)
{
    bool ok = true;
    if (!s->started)
        nj_ohlcv_start(o, s, t->ts_ns);
    if (t->ts_ns >= s->to_ns)
        ok = nj_ohlcv_close_until(o, s, t->ts_ns);
    for (uint32_t i = 0; i < o->n_direct; i++) {
        if (t->ts_ns >= s->buckets[i].open_ns)
            ok &= add_trade(&s->buckets[i], t);
        else
            *late = true;
    }
    return ok;
}

static inline bool take(struct nj_ohlcv *o, struct nj_ohlcv_symbol *s, const struct taken_trade *t,
                        bool *late)
{
    bool ok = true;
    if (__builtin_expect(t->ts_ns < s->from_ns || t->ts_ns >= s->to_ns, 0))
        ok = take_across(o, s, t, late);
    else
        for (uint32_t i = 0; i < o->n_direct; i++)
            ok &= add_trade(&s->buckets[i], t);
    if (t->ts_ns > s->last_ns)
        s->last_ns = t->ts_ns;
    o->stats.trades++;
    o->stats.late += *late;
    return ok;
}

static int refuse(const char *symbol, const struct taken_trade *t, struct nj_error *err)
{
    if (t->ts_ns < 0)
        return nj_error_set(err, NJ_ERR_INPUT, "trade of '%s': ts_ns %lld is before 1970", symbol,
                            (long long)t->ts_ns);
    if (t->ts_ns > NJ_OHLCV_TS_MAX)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "trade of '%s': ts_ns %lld is past 2262-04-09, the last day of bars",
                            symbol, (long long)t->ts_ns);
    return nj_error_set(err, NJ_ERR_INPUT,
                        "trade of '%s': price %g, qty %g: expected finite numbers and qty >= 0",
                        symbol, t->price, t->qty);
}

static inline bool good(const struct taken_trade *t)
{
    return (uint64_t)t->ts_ns <= (uint64_t)NJ_OHLCV_TS_MAX &&
           fabs(t->price) <= 1.7976931348623157e308 && t->qty >= 0 &&
           t->qty <= 1.7976931348623157e308;
}

/* What a trade of this run says besides: the source is back, nothing before it is doubtful. */
static void awake(struct nj_ohlcv_symbol *s, int64_t ts_ns)
{
    s->unproven = false;
    nj_ohlcv_back(s, ts_ns);
}

int nj_ohlcv_trade(struct nj_ohlcv *o, const njord_trade *trade, enum nj_ohlcv_taken *taken,
                   struct nj_error *err)
{
    struct taken_trade t = {trade->ev.ts_ns, trade->price, trade->qty, trade->side};
    bool late = false;
    if (!good(&t))
        return refuse(trade->symbol, &t, err);
    struct nj_ohlcv_symbol *s = nj_ohlcv_symbol_get(o, trade->symbol, trade->ev.symbol_id);
    if (!s)
        return nj_ohlcv_no_memory(trade->symbol, err);
    if (s->unproven || s->n_spans > 0)
        awake(s, t.ts_ns);
    bool ok = take(o, s, &t, &late);
    if (taken)
        *taken = late ? NJ_OHLCV_LATE : NJ_OHLCV_TAKEN;
    return ok ? 0 : nj_ohlcv_no_memory(trade->symbol, err);
}

int nj_ohlcv_trades(struct nj_ohlcv *o, const struct nj_ohlcv_columns *c, size_t *n_taken,
                    struct nj_error *err)
{
    struct nj_ohlcv_symbol *s = nj_ohlcv_symbol_get(o, c->symbol, c->symbol_id);
    if (n_taken)
        *n_taken = 0;
    if (!s)
        return nj_ohlcv_no_memory(c->symbol, err);
    for (size_t i = 0; i < c->n; i++) {
        struct taken_trade t = {c->ts_ns[i], c->price[i], c->qty[i],
                                c->side ? c->side[i] : (uint8_t)NJORD_NONE_U8};
        bool late = false;
        if (!good(&t))
            return refuse(c->symbol, &t, err);
        if (i == 0)
            awake(s, t.ts_ns);
        if (!take(o, s, &t, &late))
            return nj_ohlcv_no_memory(c->symbol, err);
        if (n_taken)
            *n_taken = i + 1;
    }
    return 0;
}

/* ---- an earlier run ---- */

int nj_ohlcv_prime(struct nj_ohlcv *o, const njord_trade *trade, int64_t whole_from,
                   struct nj_error *err)
{
    struct taken_trade t = {trade->ev.ts_ns, trade->price, trade->qty, trade->side};
    uint64_t trades = o->stats.trades, n_late = o->stats.late;
    bool late = false;
    if (!good(&t))
        return refuse(trade->symbol, &t, err);
    struct nj_ohlcv_symbol *s = nj_ohlcv_symbol_get(o, trade->symbol, trade->ev.symbol_id);
    if (!s)
        return nj_ohlcv_no_memory(trade->symbol, err);
    if (!s->started)
        s->whole_from = whole_from;
    o->quiet = true;
    bool ok = take(o, s, &t, &late);
    o->quiet = false;
    o->stats.trades = trades;
    o->stats.late = n_late;
    s->unproven = true;
    return ok ? 0 : nj_ohlcv_no_memory(trade->symbol, err);
}

int nj_ohlcv_handed_out(struct nj_ohlcv *o, const char *symbol, const char *timeframe,
                        int64_t ts_open, struct nj_error *err)
{
    struct nj_ohlcv_symbol *s = nj_ohlcv_symbol_get(o, symbol, NJORD_NO_SYMBOL);
    if (!s)
        return nj_ohlcv_no_memory(symbol, err);
    for (uint32_t i = 0; i < o->n_frames; i++)
        if (strcmp(o->frames[i].name, timeframe) == 0 && ts_open >= 0 && ts_open <= NJ_OHLCV_TS_MAX)
            s->buckets[i].given_ns = ts_open + o->frames[i].length;
    return 0;
}

void nj_ohlcv_forget(struct nj_ohlcv *o, const char *symbol)
{
    struct nj_ohlcv_symbol *s = nj_ohlcv_symbol_find(o, symbol);
    if (s)
        make_new(o, s);
}

void nj_ohlcv_stats(const struct nj_ohlcv *o, struct nj_ohlcv_stats *out)
{
    *out = o->stats;
    out->symbols = o->n_symbols;
}
