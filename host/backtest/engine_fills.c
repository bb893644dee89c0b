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

int nj_bt_names(struct nj_bt *bt)
{
    bt->out->names = calloc(bt->n_symbols + 1u, sizeof *bt->out->names);
    if (!bt->out->names)
        return nj_error_set(bt->err, NJ_ERR_NOMEM, "backtest: out of memory");
    for (uint32_t i = 0; i < bt->n_symbols; i++) {
        struct nj_bt_names *names = &bt->out->names[i];
        const struct nj_instrument *instrument = bt->symbols[i].instrument;
        njord_fill *f = &names->pattern;
        njord_event_init(f, NJORD_EV_FILL);
        snprintf(f->strategy_id, sizeof f->strategy_id, "%s", bt->o->strategy_id);
        memcpy(f->symbol, instrument->symbol, sizeof f->symbol);
        memcpy(f->fee_asset, instrument->quote, sizeof f->fee_asset);
        bt->symbols[i].fill = *f;
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

const njord_fill *nj_bt_fill_at(const struct nj_bt_outcome *out, size_t i, njord_fill *room)
{
    if (out->fills)
        return &out->fills[i];
    const struct nj_bt_kept *kept = &out->kept[i];
    const struct nj_bt_names *names = &out->names[kept->series];
    *room = names->pattern;
    nj_bt_fill_ids(room, names->prefix, kept->intent_id);
    room->ev.seq = kept->seq;
    room->ev.ts_ns = room->ev.ts_recv_ns = kept->ts_ns;
    room->qty = kept->qty;
    room->price = kept->price;
    room->fee = kept->fee;
    room->side = kept->side;
    room->liquidity = kept->liquidity;
    return room;
}
