/* paper_state.c - the paper broker's state by key: money, markets with the orders that rest in
 * them, and the record of orders.
 *
 * What was paid in by the `cash` parameter is part of the saved money: loading replaces it. */
#include "paper_impl.h"

static void save_order(const struct paper_order *o, njord_state_out *out)
{
    njord_state_begin_map(out, NULL);
    njord_state_put_text(out, "id", o->id);
    njord_state_put_text(out, "symbol", o->symbol);
    njord_state_put_text(out, "reason", o->reason);
    njord_state_put_f64(out, "qty", o->qty);
    njord_state_put_f64(out, "filled_qty", o->filled_qty);
    njord_state_put_f64(out, "paid", o->paid);
    njord_state_put_f64(out, "limit_price", o->limit_price);
    njord_state_put_i64(out, "filled", o->filled);
    njord_state_put_i64(out, "fills", o->fills);
    njord_state_put_i64(out, "side", o->side);
    njord_state_put_i64(out, "type", o->type);
    njord_state_put_i64(out, "tif", o->tif);
    njord_state_put_i64(out, "status", o->status);
    njord_state_put_bool(out, "acked", o->acked);
    njord_state_end(out);
}

static void save_market(const struct paper_market *m, njord_state_out *out)
{
    njord_state_begin_map(out, NULL);
    njord_state_put_text(out, "symbol", m->symbol);
    njord_state_put_f64(out, "step", m->step);
    njord_state_put_i64(out, "lots", m->lots);
    njord_state_put_bool(out, "traded", m->traded);
    njord_state_begin_list(out, "resting");
    for (size_t i = 0; i < njord_match_book_count(&m->book); i++) {
        const njord_match_order *o = njord_match_book_at(&m->book, i);
        njord_state_begin_map(out, NULL);
        njord_state_put_text(out, "id", o->id);
        njord_state_put_i64(out, "seq", (int64_t)o->seq);
        njord_state_put_i64(out, "lots", o->lots);
        njord_state_end(out);
    }
    njord_state_end(out);
    njord_state_end(out);
}

njord_status paper_save(const struct paper *p, njord_state_out *out)
{
    njord_state_begin_list(out, "assets");
    for (size_t i = 0; i < p->n_assets; i++) {
        njord_state_begin_map(out, NULL);
        njord_state_put_text(out, "name", p->assets[i].name);
        njord_state_put_f64(out, "hi", p->assets[i].money.hi);
        njord_state_put_f64(out, "lo", p->assets[i].money.lo);
        njord_state_put_bool(out, "used", p->assets[i].used);
        njord_state_end(out);
    }
    njord_state_end(out);
    njord_state_begin_list(out, "orders");
    for (size_t i = 0; i < p->n_orders; i++)
        save_order(&p->orders[i], out);
    njord_state_end(out);
    njord_state_begin_list(out, "markets");
    for (size_t i = 0; i < p->n_markets; i++)
        save_market(&p->markets[i], out);
    njord_state_end(out);
    return NJORD_OK; /* what went wrong is in `out` */
}

/* A small code; anything else is what no order can have, and is refused by whoever looks at it. */
static uint8_t get_code(njord_state_in *in, const char *key)
{
    int64_t v = njord_state_get_i64(in, key, -1);
    return v >= 0 && v <= UINT8_MAX ? (uint8_t)v : 0;
}

static njord_status load_order(struct paper *p, njord_state_in *in)
{
    struct paper_order o;
    memset(&o, 0, sizeof o);
    njord_state_get_text(in, "id", o.id, sizeof o.id);
    njord_state_get_text(in, "symbol", o.symbol, sizeof o.symbol);
    njord_state_get_text(in, "reason", o.reason, sizeof o.reason);
    o.qty = njord_state_get_f64(in, "qty", (double)NAN);
    o.filled_qty = njord_state_get_f64(in, "filled_qty", (double)NAN);
    o.paid = njord_state_get_f64(in, "paid", (double)NAN);
    o.limit_price = njord_state_get_f64(in, "limit_price", (double)NAN);
    o.filled = njord_state_get_i64(in, "filled", -1);
    int64_t fills = njord_state_get_i64(in, "fills", -1);
    o.side = get_code(in, "side");
    o.type = get_code(in, "type");
    o.tif = get_code(in, "tif");
    o.status = get_code(in, "status");
    o.acked = njord_state_get_bool(in, "acked", 0) != 0;
    if (o.id[0] == '\0' || fills < 0 || fills > UINT32_MAX || o.filled < 0 || !isfinite(o.paid) ||
        !isfinite(o.filled_qty) || (o.acked && !isfinite(o.qty)) || o.status < NJORD_STATUS_NEW ||
        o.status > NJORD_STATUS_EXPIRED || paper_order_find(p, o.id))
        return NJORD_E_STATE;
    o.fills = (uint32_t)fills;
    return paper_order_add(p, &o) ? NJORD_OK : NJORD_E_NOMEM;
}

/* The orders that rest: their terms are in the record. */
static njord_status load_resting(const struct paper *p, struct paper_market *m, njord_state_in *in)
{
    njord_state_in list, one;
    size_t n = njord_state_in_list(in, "resting", &list);
    njord_match_order *orders = calloc(n + 1, sizeof *orders);
    njord_status status = orders ? NJORD_OK : NJORD_E_NOMEM;
    for (size_t i = 0; status == NJORD_OK && i < n; i++) {
        njord_match_order *r = &orders[i];
        njord_state_in_map(&list, NULL, &one);
        njord_state_get_text(&one, "id", r->id, sizeof r->id);
        r->seq = (uint64_t)njord_state_get_i64(&one, "seq", 0);
        r->lots = njord_state_get_i64(&one, "lots", 0);
        const struct paper_order *o = paper_order_find(p, r->id);
        if (!o || !paper_order_open(o) || strcmp(o->symbol, m->symbol) != 0) {
            status = NJORD_E_STATE;
            break;
        }
        r->limit_price = o->limit_price;
        r->side = o->side;
        r->type = o->type;
        r->tif = o->tif;
    }
    if (status == NJORD_OK)
        status = njord_match_book_restore(&m->book, orders, n);
    free(orders);
    return status;
}

static njord_status load_market(struct paper *p, njord_state_in *in)
{
    char symbol[NJORD_SYMBOL_SIZE];
    double step = njord_state_get_f64(in, "step", 0.0);
    njord_state_get_text(in, "symbol", symbol, sizeof symbol);
    if (paper_market_find(p, symbol) || !(step > 0.0) || !isfinite(step))
        return NJORD_E_STATE;
    struct paper_market *m = paper_market(p, symbol, step);
    if (!m)
        return NJORD_E_STATE;
    m->lots = njord_state_get_i64(in, "lots", 0);
    m->traded = njord_state_get_bool(in, "traded", 0);
    njord_status status = load_resting(p, m, in);
    paper_market_relock(p, m);
    return status;
}

static njord_status load_asset(struct paper *p, njord_state_in *in)
{
    char name[NJORD_ASSET_SIZE];
    njord_state_get_text(in, "name", name, sizeof name);
    int64_t at = paper_asset(p, name);
    if (at < 0)
        return NJORD_E_STATE;
    struct paper_asset *asset = &p->assets[at];
    asset->money.hi = njord_state_get_f64(in, "hi", (double)NAN);
    asset->money.lo = njord_state_get_f64(in, "lo", (double)NAN);
    asset->used = njord_state_get_bool(in, "used", 1);
    return isfinite(asset->money.hi) && isfinite(asset->money.lo) ? NJORD_OK : NJORD_E_STATE;
}

njord_status paper_load(struct paper *p, njord_state_in *in, uint32_t version)
{
    njord_state_in list, one;
    njord_status status = NJORD_OK;
    (void)version; /* there has been one only */
    for (size_t i = 0; i < p->n_assets; i++)
        p->assets[i].money.hi = p->assets[i].money.lo = 0.0;
    size_t n = njord_state_in_list(in, "assets", &list);
    for (size_t i = 0; i < n && status == NJORD_OK; i++) {
        njord_state_in_map(&list, NULL, &one);
        status = load_asset(p, &one);
    }
    n = njord_state_in_list(in, "orders", &list);
    for (size_t i = 0; i < n && status == NJORD_OK; i++) {
        njord_state_in_map(&list, NULL, &one);
        status = load_order(p, &one);
    }
    n = njord_state_in_list(in, "markets", &list);
    for (size_t i = 0; i < n && status == NJORD_OK; i++) {
        njord_state_in_map(&list, NULL, &one);
        status = load_market(p, &one);
    }
    return status;
}
