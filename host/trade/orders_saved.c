/* The record of orders as part of a saved state, and back.
 *
 * A row an order, its members in a fixed order: open ones as they stand in their list, then ended
 * ones, oldest first. Sums over open orders are counted anew, but for the cash that a strategy's
 * buys bind: what summing it in another order would round is kept. */
#include "trade/orders.h"
#include "trade/orders_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char subject[] = "saved record of orders";

/* ---- save ---- */

static void put_row(njord_state_out *out, const struct nj_order_entry *e)
{
    const struct nj_order *o = &e->order;
    njord_state_begin_list(out, NULL);
    njord_state_put_text(out, NULL, o->intent_id);
    njord_state_put_text(out, NULL, o->exchange_order_id);
    njord_state_put_text(out, NULL, o->strategy_id);
    njord_state_put_text(out, NULL, o->instrument->symbol);
    njord_state_put_f64(out, NULL, o->instrument->lot_grid.unit);
    njord_state_put_i64(out, NULL, o->side);
    njord_state_put_i64(out, NULL, o->type);
    njord_state_put_i64(out, NULL, o->tif);
    njord_state_put_i64(out, NULL, o->stage);
    njord_state_put_i64(out, NULL, o->lots);
    njord_state_put_i64(out, NULL, o->filled_lots);
    njord_state_put_f64(out, NULL, o->limit_price);
    njord_state_put_f64(out, NULL, o->reference_price);
    njord_state_put_i64(out, NULL, o->ts_ns);
    njord_state_put_i64(out, NULL, (int64_t)o->seq);
    njord_state_put_text(out, NULL, o->reason);
    njord_state_put_bool(out, NULL, o->cancel_wanted);
    njord_state_put_i64(out, NULL, (int64_t)e->number);
    njord_state_put_i64(out, NULL, e->expected);
    njord_state_put_i64(out, NULL, e->end);
    njord_state_put_f64(out, NULL, e->value.hi);
    njord_state_put_f64(out, NULL, e->value.lo);
    njord_state_begin_list(out, NULL);
    for (uint32_t i = 0; i < e->n_trades; i++)
        njord_state_put_i64(out, NULL, (int64_t)e->trades[i]);
    njord_state_end(out);
    njord_state_end(out);
}

int nj_orders_save(const struct nj_orders *o, njord_state_out *out)
{
    const struct nj_map_entry *entry;
    struct nj_buf seen = {0};
    size_t at = 0;
    njord_state_begin_list(out, "orders");
    for (const struct nj_order_entry *e = o->all.head; e; e = e->next[NJ_OF_ALL])
        put_row(out, e);
    for (const struct nj_order_entry *e = o->oldest_ended; e; e = e->next_ended)
        put_row(out, e);
    njord_state_end(out);
    njord_state_begin_list(out, "bound");
    while ((entry = nj_map_next(&o->by_strategy, &at))) {
        const struct nj_order_strategy *s = entry->value;
        if (s->bound.hi == 0 && s->bound.lo == 0)
            continue;
        njord_state_begin_list(out, NULL);
        njord_state_put_text(out, NULL, s->id);
        njord_state_put_f64(out, NULL, s->bound.hi);
        njord_state_put_f64(out, NULL, s->bound.lo);
        njord_state_end(out);
    }
    njord_state_end(out);
    njord_state_begin_list(out, "floors");
    for (at = 0; (entry = nj_map_next(&o->floors, &at));) {
        const struct nj_order_floor *floor = entry->value;
        njord_state_begin_list(out, NULL);
        njord_state_put_text(out, NULL, entry->key);
        njord_state_put_i64(out, NULL, (int64_t)floor->seq);
        njord_state_put_i64(out, NULL, (int64_t)floor->n);
        njord_state_end(out);
    }
    njord_state_end(out);
    njord_state_put_i64(out, "number", (int64_t)o->next_number);
    bool whole = nj_idset_put(&o->seen, &seen);
    njord_state_put_bytes(out, "seen", seen.data, seen.len);
    nj_buf_free(&seen);
    return whole && out->status == NJORD_OK ? 0 : NJ_ERR_NOMEM;
}

/* ---- load ---- */

static int wrong(struct nj_error *err, const char *what, const char *id)
{
    return nj_error_set(err, NJ_ERR_INPUT, "%s: %s '%s' is not whole", subject, what, id);
}

static bool take_trades(struct nj_order_entry *e, njord_state_in *row)
{
    njord_state_in list;
    size_t n = njord_state_in_list(row, NULL, &list);
    if (n == 0)
        return true;
    if (n > UINT32_MAX / sizeof *e->trades || !(e->trades = malloc(n * sizeof *e->trades)))
        return false;
    for (size_t i = 0; i < n; i++)
        e->trades[i] = (uint64_t)njord_state_get_i64(&list, NULL, 0);
    e->n_trades = e->cap_trades = (uint32_t)n;
    return true;
}

/* A number of a row that must be within 0 and max. */
static bool small(njord_state_in *row, int64_t max, int64_t *out)
{
    *out = njord_state_get_i64(row, NULL, -1);
    return *out >= 0 && *out <= max;
}

/* Can it be, with what it says of its lots? */
static bool follows(const struct nj_order_entry *e)
{
    const struct nj_order *o = &e->order;
    return o->lots >= 0 && o->filled_lots >= 0 && o->filled_lots <= o->lots && e->expected >= -1 &&
           e->expected <= o->lots && isfinite(e->value.hi) && isfinite(e->value.lo) &&
           (!nj_order_open(o) || e->expected < 0 || e->expected > o->filled_lots);
}

static int take_row(struct nj_orders *o, njord_state_in *row, struct nj_error *err)
{
    char id[NJORD_INTENT_ID_SIZE], exchange_id[NJORD_REF_SIZE], strategy[NJORD_ID_SIZE];
    char symbol[NJORD_SYMBOL_SIZE];
    int64_t side, type, tif, stage, end, lots, filled, expected;
    struct nj_lot_change change;
    njord_state_get_text(row, NULL, id, sizeof id);
    njord_state_get_text(row, NULL, exchange_id, sizeof exchange_id);
    njord_state_get_text(row, NULL, strategy, sizeof strategy);
    njord_state_get_text(row, NULL, symbol, sizeof symbol);
    double unit = njord_state_get_f64(row, NULL, 0);
    struct nj_instrument *i = nj_instrument_get(o->instruments, symbol);
    if (!id[0] || !strategy[0] || !i || nj_map_get(&o->by_id, id))
        return wrong(err, "order", id);
    nj_instrument_pin_unit(i, unit);
    if (!nj_lot_change_of(i, unit, &change))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "%s: '%s' is counted in steps of %g, and neither divides the other: "
                            "the step is now %g",
                            subject, symbol, unit, i->lot_grid.unit);
    if (!small(row, NJORD_SIDE_SELL, &side) || side < NJORD_SIDE_BUY ||
        !small(row, UINT8_MAX, &type) || !small(row, UINT8_MAX, &tif) ||
        !small(row, NJ_ORDER_EXPIRED, &stage) || !small(row, NJ_LOTS_MAX, &lots) ||
        !small(row, NJ_LOTS_MAX, &filled))
        return wrong(err, "order", id);
    struct nj_order_entry *e = nj_orders_entry_new(o, id, strategy, i);
    if (!e)
        return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", subject);
    memcpy(e->order.exchange_order_id, exchange_id, sizeof exchange_id);
    e->order.side = (uint8_t)side;
    e->order.type = (uint8_t)type;
    e->order.tif = (uint8_t)tif;
    e->order.stage = (enum nj_order_stage)stage;
    e->order.limit_price = njord_state_get_f64(row, NULL, NAN);
    e->order.reference_price = njord_state_get_f64(row, NULL, NAN);
    e->order.ts_ns = njord_state_get_i64(row, NULL, 0);
    e->order.seq = (uint64_t)njord_state_get_i64(row, NULL, 0);
    njord_state_get_text(row, NULL, e->order.reason, sizeof e->order.reason);
    e->order.cancel_wanted = njord_state_get_bool(row, NULL, 0) != 0;
    e->number = (uint64_t)njord_state_get_i64(row, NULL, 0);
    expected = njord_state_get_i64(row, NULL, -2);
    bool ok = small(row, NJ_ORDER_EXPIRED, &end);
    e->end = (enum nj_order_stage)end;
    e->value.hi = njord_state_get_f64(row, NULL, NAN);
    e->value.lo = njord_state_get_f64(row, NULL, NAN);
    ok = take_trades(e, row) && ok && nj_lots_convert(change, &lots) &&
         nj_lots_convert(change, &filled) && (expected == -1 || nj_lots_convert(change, &expected));
    e->order.lots = lots;
    e->order.filled_lots = filled;
    e->expected = expected;
    if (change.over != 1)
        e->value = nj_sum_over(e->value, (double)change.over);
    if (change.times != 1)
        e->value = nj_sum_times(e->value, (double)change.times);
    if (filled > 0)
        e->order.avg_price = nj_sum_value(nj_sum_over(e->value, (double)filled));
    bool open = nj_order_open(&e->order);
    if (!ok || !follows(e) || e->number == 0 || e->number > o->next_number ||
        (open && o->all.tail && o->all.tail->number >= e->number))
        return wrong(err, "order", id);
    if (open) {
        nj_orders_list_in(e);
        nj_orders_count(e);
    } else {
        nj_orders_list_ended(o, e);
    }
    return 0;
}

static int take_bound(struct nj_orders *o, njord_state_in *row, struct nj_error *err)
{
    char id[NJORD_ID_SIZE];
    njord_state_get_text(row, NULL, id, sizeof id);
    double hi = njord_state_get_f64(row, NULL, NAN), lo = njord_state_get_f64(row, NULL, NAN);
    struct nj_order_strategy *s = nj_map_get(&o->by_strategy, id);
    if (!s || !isfinite(hi) || !isfinite(lo))
        return wrong(err, "cash bound by", id);
    s->bound = (struct nj_sum){hi, lo};
    return 0;
}

static int take_floor(struct nj_orders *o, njord_state_in *row, struct nj_error *err)
{
    char prefix[32];
    njord_state_get_text(row, NULL, prefix, sizeof prefix);
    struct nj_order_floor at = {(uint64_t)njord_state_get_i64(row, NULL, -1),
                                (uint64_t)njord_state_get_i64(row, NULL, -1)};
    if (!prefix[0] || (int64_t)at.seq < 0 || (int64_t)at.n < 0 || nj_map_get(&o->floors, prefix))
        return wrong(err, "mark of", prefix);
    struct nj_order_floor *floor = malloc(sizeof *floor);
    if (!floor || !nj_map_put(&o->floors, prefix, floor)) {
        free(floor);
        return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", subject);
    }
    *floor = at;
    return 0;
}

typedef int (*take_item)(struct nj_orders *o, njord_state_in *row, struct nj_error *err);

static int take_list(struct nj_orders *o, njord_state_in *in, const char *key, take_item take,
                     struct nj_error *err)
{
    njord_state_in list, row;
    int rc = 0;
    for (size_t n = njord_state_in_list(in, key, &list); rc == 0 && n > 0; n--) {
        njord_state_in_list(&list, NULL, &row);
        rc = take(o, &row, err);
    }
    return rc;
}

int nj_orders_load(struct nj_orders *o, njord_state_in *in, struct nj_error *err)
{
    size_t len;
    if (nj_map_count(&o->by_id) > 0)
        return nj_error_set(err, NJ_ERR_INTERNAL, "%s: loaded into one in use", subject);
    int64_t number = njord_state_get_i64(in, "number", -1);
    if (number < 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s: expected number, a count", subject);
    o->next_number = (uint64_t)number;
    int rc = take_list(o, in, "orders", take_row, err);
    if (rc == 0)
        rc = take_list(o, in, "bound", take_bound, err);
    if (rc == 0)
        rc = take_list(o, in, "floors", take_floor, err);
    const void *seen = njord_state_get_bytes(in, "seen", &len);
    if (rc == 0 && len > 0)
        rc = nj_idset_take(&o->seen, seen, len, "saved record of orders: seen", err);
    return rc;
}
