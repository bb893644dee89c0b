/* A ledger as one JSON document, and back. */
#include "trade/json.h"
#include "trade/ledger_impl.h"

#include <njord/codec.h>
#include <stdlib.h>
#include <string.h>

static const char subject[] = "saved ledger";

static void put_key(struct nj_buf *out, const char *key)
{
    nj_buf_puts(out, ",\"");
    nj_buf_puts(out, key);
    nj_buf_puts(out, "\":");
}

static void save_position(const struct nj_position *p, struct nj_buf *out)
{
    nj_buf_puts(out, "{\"strategy_id\":");
    nj_buf_json(out, p->strategy_id);
    put_key(out, "symbol");
    nj_buf_json(out, p->instrument->symbol);
    put_key(out, "unit");
    nj_json_put_f64(out, p->instrument->lot_grid.unit);
    put_key(out, "lots");
    nj_json_put_i64(out, p->lots);
    put_key(out, "cost");
    nj_json_put_sum(out, p->cost);
    put_key(out, "realized");
    nj_json_put_sum(out, p->realized);
    put_key(out, "fees");
    nj_json_put_sum(out, p->fees);
    put_key(out, "fee_credit");
    nj_json_put_i64(out, p->fee_credit);
    put_key(out, "ts_ns");
    nj_json_put_i64(out, p->ts_ns);
    put_key(out, "n_fills");
    nj_json_put_i64(out, (int64_t)p->n_fills);
    put_key(out, "open");
    nj_buf_putc(out, '[');
    for (uint32_t i = 0; i < p->n_open; i++) {
        const struct nj_lot *lot = &p->open[p->first_open + i];
        nj_buf_puts(out, i ? ",[" : "[");
        nj_json_put_i64(out, lot->lots);
        nj_buf_putc(out, ',');
        nj_json_put_f64(out, lot->price);
        nj_buf_putc(out, ',');
        nj_json_put_f64(out, lot->fee_quote);
        nj_buf_putc(out, ',');
        nj_json_put_i64(out, lot->ts_ns);
        nj_buf_putc(out, ']');
    }
    nj_buf_puts(out, "]}");
}

static int save(const struct nj_ledger *l, struct nj_buf *out)
{
    nj_buf_puts(out, "{\"version\":1,\"strategies\":[");
    for (uint32_t i = 0; i < l->n_strategies; i++) {
        const struct nj_ledger_strategy *s = l->strategies[i];
        nj_buf_puts(out, i ? ",{\"id\":" : "{\"id\":");
        nj_buf_json(out, s->id);
        if (isfinite(s->capital)) {
            put_key(out, "capital");
            nj_json_put_f64(out, s->capital);
        }
        put_key(out, "moved");
        nj_json_put_sum(out, s->moved);
        nj_buf_putc(out, '}');
    }
    nj_buf_puts(out, "],\"positions\":[");
    for (uint32_t i = 0; i < l->n_entries; i++) {
        nj_buf_puts(out, i ? ",\n" : "\n");
        save_position(&l->entries[i]->pos, out);
    }
    nj_buf_puts(out, "],\"accounts\":[");
    for (uint32_t n = 0; n < l->n_used; n++) {
        const struct nj_ledger_account *a = &l->accounts[l->used[n]];
        const struct nj_instrument *i = nj_instrument_by_id(l->instruments, l->used[n]);
        nj_buf_puts(out, n ? ",{\"symbol\":" : "{\"symbol\":");
        nj_buf_json(out, i->symbol);
        put_key(out, "cost");
        nj_json_put_sum(out, a->cost);
        put_key(out, "unit");
        nj_json_put_f64(out, i->lot_grid.unit);
        put_key(out, "realized");
        nj_json_put_sum(out, a->realized);
        put_key(out, "fees");
        nj_json_put_sum(out, a->fees);
        nj_buf_putc(out, '}');
    }
    nj_buf_puts(out, "]");
    put_key(out, "unvalued_fees");
    nj_json_put_i64(out, (int64_t)l->unvalued_fees);
    nj_buf_puts(out, ",\"fill_ids\":[]}"); /* they are a part of their own */
    return out->failed ? NJ_ERR_NOMEM : 0;
}

int nj_ledger_save(const struct nj_ledger *l, struct nj_buf *out, struct nj_buf *ids)
{
    int rc = save(l, out);
    return rc != 0 || nj_idset_put(&l->fill_ids, ids) ? rc : NJ_ERR_NOMEM;
}

int nj_ledger_load_ids(struct nj_ledger *l, const void *ids, size_t len, struct nj_error *err)
{
    return nj_idset_take(&l->fill_ids, ids, len, "saved ledger: fill_ids", err);
}

/* ---- load ------------------------------------------------------------------------------------
 */

static int load_strategy(struct nj_ledger *l, const json_t *from, struct nj_error *err)
{
    double capital = NAN;
    struct nj_sum moved;
    const char *id = nj_json_text(from, "id", NJORD_ID_SIZE);
    if (!id || nj_map_get(&l->by_id, id) || !nj_json_sum(from, "moved", &moved) ||
        (json_object_get(from, "capital") && !nj_json_f64(from, "capital", &capital)))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "%s: strategy '%s': expected an id, once, with capital and moved",
                            subject, id ? id : "");
    struct nj_ledger_strategy *s = nj_ledger_strategy_get(l, id);
    if (!s)
        return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", subject);
    s->capital = capital;
    s->moved = moved;
    return 0;
}

static int load_lot(struct nj_position *p, const json_t *from, struct nj_lot_change c, int64_t *sum)
{
    struct nj_lot lot;
    if (json_array_size(from) != 4 || !json_is_integer(json_array_get(from, 0)) ||
        !json_is_number(json_array_get(from, 1)) || !json_is_number(json_array_get(from, 2)) ||
        !json_is_integer(json_array_get(from, 3)))
        return NJ_ERR_INPUT;
    lot.lots = json_integer_value(json_array_get(from, 0));
    lot.price = json_number_value(json_array_get(from, 1));
    lot.fee_quote = json_number_value(json_array_get(from, 2));
    lot.ts_ns = json_integer_value(json_array_get(from, 3));
    if (!nj_lots_convert(c, &lot.lots) || lot.lots == 0 || (lot.lots < 0) != (p->lots < 0) ||
        !(lot.price > 0) || !isfinite(lot.price) || !isfinite(lot.fee_quote) ||
        __builtin_add_overflow(*sum, lot.lots, sum))
        return NJ_ERR_INPUT;
    if (!nj_ledger_reserve_lot(p))
        return NJ_ERR_NOMEM;
    p->open[p->first_open + p->n_open++] = lot;
    return 0;
}

/* Sums of lots x price follow the lots when their unit changes. */
static struct nj_sum rescale(struct nj_lot_change c, struct nj_sum raw)
{
    if (c.over != 1)
        raw = nj_sum_over(raw, (double)c.over);
    return c.times == 1 ? raw : nj_sum_times(raw, (double)c.times);
}

static int conversion_of(const struct nj_instrument *i, double unit, struct nj_lot_change *c,
                         struct nj_error *err)
{
    if (nj_lot_change_of(i, unit, c))
        return 0;
    return nj_error_set(err, NJ_ERR_INPUT,
                        "%s: '%s' is counted in steps of %g, and neither divides the other: the "
                        "step is now %g",
                        subject, i->symbol, unit, i->lot_grid.unit);
}

static int load_position(struct nj_ledger *l, const json_t *from, struct nj_error *err)
{
    const char *strategy = nj_json_text(from, "strategy_id", NJORD_ID_SIZE);
    const char *symbol = nj_json_text(from, "symbol", NJORD_SYMBOL_SIZE);
    struct nj_instrument *i = symbol ? nj_instrument_get(l->instruments, symbol) : NULL;
    const json_t *open = json_object_get(from, "open");
    struct nj_lot_change c;
    double unit;
    int64_t lots, credit, ts_ns, n_fills, sum = 0;
    struct nj_position p = {.instrument = i};
    int rc = 0;
    if (!strategy || !i || !nj_map_get(&l->by_id, strategy) || nj_ledger_find(l, strategy, i) ||
        !nj_json_f64(from, "unit", &unit) || unit <= 0 || !nj_json_i64(from, "lots", &lots) ||
        !nj_json_sum(from, "cost", &p.cost) || !nj_json_sum(from, "realized", &p.realized) ||
        !nj_json_sum(from, "fees", &p.fees) || !nj_json_i64(from, "fee_credit", &credit) ||
        credit < 0 || credit >= NJ_NANO || !nj_json_i64(from, "ts_ns", &ts_ns) ||
        !nj_json_i64(from, "n_fills", &n_fills) || n_fills < 0 || !json_is_array(open))
        goto bad;
    rc = conversion_of(i, unit, &c, err);
    if (rc != 0)
        return rc;
    if (!nj_lots_convert(c, &lots))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "%s: '%s' of '%s': %lld steps of %g are not whole ones of %g", subject,
                            symbol, strategy, (long long)lots, unit, i->lot_grid.unit);
    struct nj_ledger_entry *e = nj_ledger_entry_get(l, strategy, i);
    if (!e)
        return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", subject);
    e->pos.lots = lots;
    for (size_t n = 0; rc == 0 && n < json_array_size(open); n++)
        rc = load_lot(&e->pos, json_array_get(open, n), c, &sum);
    if (rc == NJ_ERR_NOMEM)
        return nj_error_set(err, rc, "%s: out of memory", subject);
    if (rc != 0 || sum != lots)
        goto bad;
    e->pos.cost = rescale(c, p.cost);
    e->pos.realized = rescale(c, p.realized);
    e->pos.fees = p.fees;
    credit = credit / c.over * c.times;
    e->pos.fee_credit = credit < NJ_NANO ? credit : NJ_NANO - 1;
    e->pos.ts_ns = ts_ns;
    e->pos.n_fills = (uint64_t)n_fills;
    nj_ledger_show(&e->pos);
    struct nj_ledger_account *a = &l->accounts[i->symbol_id];
    if (__builtin_add_overflow(a->lots, lots, &a->lots))
        goto bad;
    a->n_open += lots != 0;
    return 0;
bad:
    return nj_error_set(err, NJ_ERR_INPUT,
                        "%s: position of '%s' in '%s': expected each (strategy, symbol) once with "
                        "lots that are the sum of its open ones",
                        subject, strategy ? strategy : "", symbol ? symbol : "");
}

static int load_account(struct nj_ledger *l, const json_t *from, struct nj_error *err)
{
    const char *symbol = nj_json_text(from, "symbol", NJORD_SYMBOL_SIZE);
    const struct nj_instrument *i = symbol ? nj_instrument_find(l->instruments, symbol) : NULL;
    struct nj_ledger_account *a =
        i && i->symbol_id < l->cap_accounts ? &l->accounts[i->symbol_id] : NULL;
    struct nj_lot_change c;
    double unit;
    if (!a || !a->used || a->loaded || !nj_json_f64(from, "unit", &unit) || unit <= 0 ||
        !nj_json_sum(from, "cost", &a->cost) || !nj_json_sum(from, "realized", &a->realized) ||
        !nj_json_sum(from, "fees", &a->fees))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "%s: account of '%s': expected unit, cost, realized and fees of each "
                            "symbol with positions, once",
                            subject, symbol ? symbol : "");
    int rc = conversion_of(i, unit, &c, err);
    a->cost = rescale(c, a->cost);
    a->realized = rescale(c, a->realized);
    a->loaded = true;
    return rc;
}

typedef int (*load_item)(struct nj_ledger *l, const json_t *from, struct nj_error *err);

static int load_list(struct nj_ledger *l, const json_t *root, const char *key, load_item load,
                     struct nj_error *err)
{
    const json_t *list = json_object_get(root, key);
    if (!json_is_array(list))
        return nj_error_set(err, NJ_ERR_INPUT, "%s: expected a list of %s", subject, key);
    for (size_t n = 0; n < json_array_size(list); n++) {
        int rc = load(l, json_array_get(list, n), err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int nj_ledger_load(struct nj_ledger *l, const char *json, size_t len, struct nj_error *err)
{
    int64_t unvalued;
    int rc;
    json_t *root = nj_json_read(json, len, subject, err);
    if (!root)
        return NJ_ERR_INPUT;
    if (l->n_strategies > 0) {
        rc = nj_error_set(err, NJ_ERR_INTERNAL, "%s: loaded into one in use", subject);
        goto done;
    }
    rc = load_list(l, root, "strategies", load_strategy, err);
    if (rc == 0)
        rc = load_list(l, root, "positions", load_position, err);
    if (rc == 0)
        rc = load_list(l, root, "accounts", load_account, err);
    if (rc == 0 && json_array_size(json_object_get(root, "accounts")) != l->n_used)
        rc = nj_error_set(err, NJ_ERR_INPUT,
                          "%s: expected an account for each symbol with positions", subject);
    if (rc == 0 && (!nj_json_i64(root, "unvalued_fees", &unvalued) || unvalued < 0))
        rc = nj_error_set(err, NJ_ERR_INPUT, "%s: expected unvalued_fees, a count", subject);
    if (rc == 0)
        rc = nj_json_ids(json_object_get(root, "fill_ids"), &l->fill_ids, false,
                         "saved ledger: fill_ids", err);
    if (rc == 0)
        l->unvalued_fees = (uint64_t)unvalued;
done:
    json_decref(root);
    return rc;
}
