/* engine_fills.c - the fills of a run: kept short while it runs, written out as events for those
 * who want them. */
#include "backtest/engine_impl.h"

#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void nj_bt_venue_id(char *out, const char *id, size_t len)
{
    memcpy(out, NJ_BT_VENUE "-", sizeof NJ_BT_VENUE);
    memcpy(out + sizeof NJ_BT_VENUE, id, len);
    out[sizeof NJ_BT_VENUE + len] = '\0';
}

void nj_bt_fill_ids(njord_fill *f, const char *prefix, const char *id)
{
    size_t len = strlen(id), before = strlen(prefix);
    memcpy(f->fill_id, prefix, before);
    memcpy(f->fill_id + before, id, len);
    memcpy(f->fill_id + before + len, "-1", 3); /* fills are whole: an order has one */
    nj_bt_venue_id(f->order_id, id, len);
    memcpy(f->intent_id, id, len + 1);
}

static void blank(njord_fill *f, const char *strategy_id, const char *symbol, const char *quote)
{
    njord_event_init(f, NJORD_EV_FILL);
    snprintf(f->strategy_id, sizeof f->strategy_id, "%s", strategy_id);
    snprintf(f->symbol, sizeof f->symbol, "%s", symbol);
    snprintf(f->fee_asset, sizeof f->fee_asset, "%s", quote);
}

void nj_bt_fill_blank(struct nj_bt_symbol *s, const char *strategy_id)
{
    blank(&s->fill, strategy_id, s->instrument->symbol, s->instrument->quote);
}

int nj_bt_names(struct nj_bt *bt)
{
    bt->out->names = calloc(bt->n_symbols + 1u, sizeof *bt->out->names);
    if (!bt->out->names)
        return nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
    for (uint32_t i = 0; i < bt->n_symbols; i++) {
        struct nj_bt_names *names = &bt->out->names[i];
        const struct nj_instrument *instrument = bt->symbols[i].instrument;
        memcpy(names->symbol, instrument->symbol, sizeof names->symbol);
        memcpy(names->quote, instrument->quote, sizeof names->quote);
        snprintf(names->prefix, sizeof names->prefix, NJ_BT_VENUE "-%s-", instrument->file_name);
    }
    return 0;
}

/* Past a megabyte it asks for much at once: what is not written to costs
 * nothing, what is moved is paid for twice. */
void *nj_bt_grown(struct nj_bt *bt, void *items, size_t n, size_t *cap, size_t size)
{
    const size_t large = ((size_t)64 << 20) / size;
    if (n < *cap)
        return items;
    size_t more = *cap ? 2 * *cap : 64;
    bool jump = more * size > (size_t)1 << 20 && more < large;
    void *bigger = nj_bt_grow_array(items, n * size, (jump ? large : more) * size);
    if (!bigger && jump) {
        jump = false;
        bigger = nj_bt_grow_array(items, n * size, more * size);
    }
    if (!bigger) {
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
        return NULL;
    }
    *cap = jump ? large : more;
    return bigger;
}

struct nj_bt_kept *nj_bt_next_kept(struct nj_bt *bt)
{
    struct nj_bt_outcome *out = bt->out;
    struct nj_bt_kept *kept =
        nj_bt_grown(bt, out->kept, out->n_fills, &bt->cap_fills, sizeof *out->kept);
    if (!kept)
        return NULL;
    out->kept = kept;
    return &kept[out->n_fills];
}

int nj_bt_outcome_fills(const char *strategy_id, struct nj_bt_outcome *out, struct nj_error *err)
{
    if (out->fills || out->n_fills == 0)
        return 0;
    out->fills = nj_bt_grow_array(NULL, 0, out->n_fills * sizeof *out->fills);
    if (!out->fills)
        return nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    njord_fill pattern;
    uint32_t of = UINT32_MAX;
    for (size_t i = 0; i < out->n_fills; i++) {
        const struct nj_bt_kept *kept = &out->kept[i];
        const struct nj_bt_names *names = &out->names[kept->series];
        njord_fill *f = &out->fills[i];
        if (kept->series != of)
            blank(&pattern, strategy_id, names->symbol, names->quote);
        of = kept->series;
        *f = pattern;
        nj_bt_fill_ids(f, names->prefix, kept->intent_id);
        f->ev.seq = kept->seq;
        f->ev.ts_ns = f->ev.ts_recv_ns = kept->ts_ns;
        f->qty = kept->qty;
        f->price = kept->price;
        f->fee = kept->fee;
        f->side = kept->side;
        f->liquidity = kept->liquidity;
    }
    free(out->kept);
    out->kept = NULL;
    return 0;
}
