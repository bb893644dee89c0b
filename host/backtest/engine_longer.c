/* engine_longer.c - longer bars made of the bars that a run walks, for a strategy whose `events`
 * asks for them.
 *
 * Buckets are aligned to the UTC clock. A bucket that ends with a row is shown at that instant,
 * behind the instant's rows, shortest timeframe first; one whose last rows are missing is shown
 * when the next row of its symbol comes, ahead of it, marked partial, as is one that began before
 * the rows did or that has a hole. The bucket that the data ends in is not shown. Volumes are
 * summed as decimals (market/exact.h). */
#include "backtest/engine_impl.h"
#include "journal/names.h"
#include "market/exact.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nj_bt_longer {
    njord_bar bar;   /* as far as it has come */
    uint64_t n_rows; /* 0: no bucket is open */
    bool partial;    /* a row was */
    struct nj_exact volume, quote, taker;
    char topic[64];
};

static int by_length(const void *a, const void *b)
{
    const struct nj_bt_frame *x = a, *y = b;
    return (x->length_ns > y->length_ns) - (x->length_ns < y->length_ns);
}

/* Adds a timeframe that the rows can make and that the globs ask of a symbol. */
static void note_frame(struct nj_bt *bt, const char *timeframe)
{
    int64_t length_ns = nj_timeframe_ns(timeframe);
    bool asked = false;
    if (length_ns <= bt->length_ns || length_ns % bt->length_ns != 0)
        return;
    for (uint32_t i = 0; i < bt->n_frames; i++)
        if (bt->frames[i].length_ns == length_ns)
            return;
    for (uint32_t i = 0; i < bt->n_symbols && !asked; i++) {
        char topic[64];
        snprintf(topic, sizeof topic, "md.ohlcv.%s.%s", timeframe, bt->symbols[i].pristine.symbol);
        asked = nj_bt_wanted(bt, topic, false);
    }
    if (asked) {
        struct nj_bt_frame *f = &bt->frames[bt->n_frames++];
        f->length_ns = length_ns;
        snprintf(f->timeframe, sizeof f->timeframe, "%s", timeframe);
    }
}

int nj_bt_longer_init(struct nj_bt *bt)
{
    const struct nj_bt_options *o = bt->o;
    uint32_t n_config = o->config ? o->config->ohlcv.n_timeframes : 0;
    if (!o->event_globs || o->input != NJ_COLUMNS_BARS)
        return 0;
    bt->frames = calloc(n_config + o->n_event_globs + 1u, sizeof *bt->frames);
    if (!bt->frames)
        return nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
    for (uint32_t i = 0; i < n_config; i++)
        note_frame(bt, o->config->ohlcv.timeframes[i]);
    for (uint32_t i = 0; i < o->n_event_globs; i++) { /* named in full */
        char timeframe[NJORD_TIMEFRAME_SIZE];
        const char *at = o->event_globs[i];
        if (strncmp(at, "md.ohlcv.", 9) != 0)
            continue;
        size_t len = strcspn(at + 9, ".");
        if (len > 0 && len < sizeof timeframe) {
            memcpy(timeframe, at + 9, len);
            timeframe[len] = '\0';
            note_frame(bt, timeframe);
        }
    }
    qsort(bt->frames, bt->n_frames, sizeof *bt->frames, by_length);
    for (uint32_t i = 0; i < bt->n_symbols && bt->n_frames > 0; i++) {
        struct nj_bt_symbol *s = &bt->symbols[i];
        s->longer = calloc(bt->n_frames, sizeof *s->longer);
        if (!s->longer)
            return nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
        for (uint32_t k = 0; k < bt->n_frames; k++)
            snprintf(s->longer[k].topic, sizeof s->longer[k].topic, "md.ohlcv.%s.%s",
                     bt->frames[k].timeframe, s->pristine.symbol);
    }
    return 0;
}

void nj_bt_longer_free(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    for (uint32_t k = 0; s->longer && k < bt->n_frames; k++) {
        nj_exact_free(&s->longer[k].volume);
        nj_exact_free(&s->longer[k].quote);
        nj_exact_free(&s->longer[k].taker);
    }
    free(s->longer);
}

static int64_t bucket_of(int64_t ts, int64_t length_ns)
{
    int64_t rest = ts % length_ns;
    return ts - (rest < 0 ? rest + length_ns : rest);
}

static void open_bucket(const struct nj_bt *bt, uint32_t k, struct nj_bt_longer *l,
                        const struct nj_bt_symbol *s, const njord_bar *row)
{
    const struct nj_bt_frame *f = &bt->frames[k];
    l->bar = s->pristine;
    memcpy(l->bar.timeframe, f->timeframe, sizeof l->bar.timeframe);
    l->bar.ts_open = bucket_of(row->ts_open, f->length_ns);
    l->bar.ts_close = l->bar.ev.ts_ns = l->bar.ts_open + f->length_ns;
    l->bar.open = row->open;
    l->bar.high = row->high;
    l->bar.low = row->low;
    l->bar.trades = 0;
    l->bar.volume = l->bar.quote_volume = l->bar.taker_volume = 0; /* until a row does not say */
    l->partial = false;
    nj_exact_clear(&l->volume);
    nj_exact_clear(&l->quote);
    nj_exact_clear(&l->taker);
}

static bool add_value(struct nj_exact *sum, int digits, double *shown, double value)
{
    if (isnan(*shown) || isnan(value)) {
        *shown = NAN;
        return true;
    }
    return nj_exact_add_f64(sum, digits, value);
}

void nj_bt_longer_take(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_bar *row)
{
    for (uint32_t k = 0; k < bt->n_frames; k++) {
        struct nj_bt_longer *l = &s->longer[k];
        if (l->n_rows++ == 0)
            open_bucket(bt, k, l, s, row);
        l->bar.high = fmax(l->bar.high, row->high);
        l->bar.low = fmin(l->bar.low, row->low);
        l->bar.close = row->close;
        l->partial = l->partial || row->partial == 1;
        if (l->bar.trades == NJORD_NONE_I64 || row->trades == NJORD_NONE_I64 ||
            __builtin_add_overflow(l->bar.trades, row->trades, &l->bar.trades))
            l->bar.trades = NJORD_NONE_I64;
        if (!add_value(&l->volume, NJ_EXACT_QTY, &l->bar.volume, row->volume) ||
            !add_value(&l->quote, NJ_EXACT_QUOTE, &l->bar.quote_volume, row->quote_volume) ||
            !add_value(&l->taker, NJ_EXACT_QTY, &l->bar.taker_volume, row->taker_volume))
            nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
    }
}

static void close_bucket(struct nj_bt *bt, uint32_t k, struct nj_bt_symbol *s)
{
    struct nj_bt_longer *l = &s->longer[k];
    njord_bar bar = l->bar;
    uint64_t whole = (uint64_t)(bt->frames[k].length_ns / bt->length_ns);
    if (!isnan(bar.volume))
        bar.volume = nj_exact_value(&l->volume, NJ_EXACT_QTY);
    if (!isnan(bar.quote_volume))
        bar.quote_volume = nj_exact_value(&l->quote, NJ_EXACT_QUOTE);
    if (!isnan(bar.taker_volume))
        bar.taker_volume = nj_exact_value(&l->taker, NJ_EXACT_QTY);
    if (l->partial || l->n_rows < whole) {
        bar.partial = 1;
        bar.ev.flags |= NJORD_EF_PARTIAL;
    }
    l->n_rows = 0;
    if (bt->rc == 0 && nj_bt_wanted(bt, l->topic, false))
        nj_bt_show_bar(bt, s, l->topic, &bar);
}

void nj_bt_longer_late(struct nj_bt *bt, int64_t close_ns)
{
    for (uint32_t k = 0; k < bt->n_frames; k++)
        for (uint32_t i = 0; i < bt->n_symbols; i++) {
            struct nj_bt_symbol *s = &bt->symbols[i];
            if (s->next_ns == close_ns && s->longer[k].n_rows > 0 &&
                close_ns > s->longer[k].bar.ts_close)
                close_bucket(bt, k, s);
        }
}

void nj_bt_longer_closed(struct nj_bt *bt, int64_t close_ns)
{
    for (uint32_t k = 0; k < bt->n_frames; k++)
        for (uint32_t i = 0; i < bt->n_symbols; i++) {
            struct nj_bt_symbol *s = &bt->symbols[i];
            if (s->longer[k].n_rows > 0 && s->longer[k].bar.ts_close == close_ns)
                close_bucket(bt, k, s);
        }
}
