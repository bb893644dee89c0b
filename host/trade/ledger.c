#include "trade/ledger.h"

#include "trade/ledger_impl.h"

#include <inttypes.h>
#include <njord/contract.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide;

/* No amount of one fill is larger, so that no sum of fills is ever infinite. */
#define MONEY_MAX 1e200

struct nj_ledger *nj_ledger_new(struct nj_instruments *instruments)
{
    struct nj_ledger *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->instruments = instruments;
    nj_idset_init(&l->fill_ids, NJ_LEDGER_FILL_IDS);
    return l;
}

void nj_ledger_free(struct nj_ledger *l)
{
    if (!l)
        return;
    for (uint32_t i = 0; i < l->n_entries; i++) {
        free(l->entries[i]->pos.open);
        free(l->entries[i]);
    }
    for (uint32_t i = 0; i < l->n_strategies; i++)
        free(l->strategies[i]);
    free(l->entries);
    free(l->strategies);
    free(l->slots);
    free(l->accounts);
    free(l->used);
    nj_map_free(&l->by_id, NULL);
    nj_idset_free(&l->fill_ids);
    free(l);
}

/* ---- finding and making ----------------------------------------------------------------------
 */

/* Room for one more in an array of `size` bytes an item. */
static bool grow(void **items, uint32_t count, uint32_t *cap, size_t size)
{
    if (count < *cap)
        return true;
    uint32_t bigger = *cap ? *cap * 2 : 16;
    void *now = realloc(*items, bigger * size);
    if (!now)
        return false;
    *items = now;
    *cap = bigger;
    return true;
}

struct nj_ledger_strategy *nj_ledger_strategy_get(struct nj_ledger *l, const char *id)
{
    struct nj_ledger_strategy *s = nj_map_get(&l->by_id, id);
    if (s)
        return s;
    if (!grow((void **)&l->strategies, l->n_strategies, &l->cap_strategies, sizeof s))
        return NULL;
    s = calloc(1, sizeof *s);
    if (!s || !nj_map_put(&l->by_id, id, s)) {
        free(s);
        return NULL;
    }
    memcpy(s->id, id, strlen(id) + 1);
    s->capital = NAN;
    s->last = &s->first;
    l->strategies[l->n_strategies++] = s;
    return s;
}

static uint32_t slot_of(const struct nj_ledger *l, const struct nj_ledger_strategy *s,
                        uint32_t symbol_id)
{
    uint64_t key = ((uint64_t)(uintptr_t)s >> 4) * UINT64_C(0x9e3779b97f4a7c15) + symbol_id;
    uint32_t mask = l->n_slots - 1;
    uint32_t at = (uint32_t)((key * UINT64_C(0xff51afd7ed558ccd)) >> 33) & mask;
    for (; l->slots[at]; at = (at + 1) & mask) {
        const struct nj_ledger_entry *e = l->entries[l->slots[at] - 1];
        if (e->pos.instrument->symbol_id == symbol_id && e->strategy == s)
            break;
    }
    return at;
}

static struct nj_ledger_entry *find(const struct nj_ledger *l, const char *strategy_id,
                                    const struct nj_instrument *instrument)
{
    const struct nj_ledger_strategy *s = nj_map_get(&l->by_id, strategy_id);
    if (!s || !instrument || l->n_slots == 0)
        return NULL;
    uint32_t at = slot_of(l, s, instrument->symbol_id);
    return l->slots[at] ? l->entries[l->slots[at] - 1] : NULL;
}

const struct nj_position *nj_ledger_find(const struct nj_ledger *l, const char *strategy_id,
                                         const struct nj_instrument *instrument)
{
    const struct nj_ledger_entry *e = find(l, strategy_id, instrument);
    return e ? &e->pos : NULL;
}

static bool spread_slots(struct nj_ledger *l)
{
    if ((l->n_entries + 1) * UINT64_C(2) <= l->n_slots)
        return true;
    uint32_t n = l->n_slots ? l->n_slots * 2 : 64, *slots = calloc(n, sizeof *slots);
    if (!slots)
        return false;
    free(l->slots);
    l->slots = slots;
    l->n_slots = n;
    for (uint32_t i = 0; i < l->n_entries; i++) {
        const struct nj_ledger_entry *e = l->entries[i];
        slots[slot_of(l, e->strategy, e->pos.instrument->symbol_id)] = i + 1;
    }
    return true;
}

static bool account_ready(struct nj_ledger *l, uint32_t symbol_id)
{
    if (symbol_id >= l->cap_accounts) {
        uint32_t cap = l->cap_accounts ? l->cap_accounts : 16;
        while (cap <= symbol_id)
            cap *= 2;
        struct nj_ledger_account *accounts = realloc(l->accounts, cap * sizeof *accounts);
        if (!accounts)
            return false;
        memset(accounts + l->cap_accounts, 0, (cap - l->cap_accounts) * sizeof *accounts);
        l->accounts = accounts;
        l->cap_accounts = cap;
    }
    if (l->accounts[symbol_id].used)
        return true;
    if (!grow((void **)&l->used, l->n_used, &l->cap_used, sizeof *l->used))
        return false;
    l->accounts[symbol_id].used = true;
    l->used[l->n_used++] = symbol_id;
    return true;
}

struct nj_ledger_entry *nj_ledger_entry_get(struct nj_ledger *l, const char *strategy_id,
                                            struct nj_instrument *instrument)
{
    struct nj_ledger_entry *e = find(l, strategy_id, instrument);
    if (e)
        return e;
    struct nj_ledger_strategy *s = nj_ledger_strategy_get(l, strategy_id);
    if (!s || !spread_slots(l) || !account_ready(l, instrument->symbol_id) ||
        !grow((void **)&l->entries, l->n_entries, &l->cap_entries, sizeof e))
        return NULL;
    e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    memcpy(e->pos.strategy_id, s->id, sizeof s->id);
    e->pos.instrument = instrument;
    e->strategy = s;
    l->slots[slot_of(l, s, instrument->symbol_id)] = l->n_entries + 1;
    l->entries[l->n_entries++] = e;
    *s->last = e;
    s->last = &e->next_of_strategy;
    nj_instrument_pin(instrument);
    return e;
}

/* ---- arithmetic ------------------------------------------------------------------------------
 */

struct nj_sum nj_ledger_lots_price(int64_t lots, double price)
{
    int64_t low = lots % (INT64_C(1) << 32);
    struct nj_sum s = nj_sum_product((double)(lots - low), price);
    return low ? nj_sum_plus(s, nj_sum_product((double)low, price)) : s;
}

struct nj_sum nj_ledger_money(const struct nj_instrument *i, struct nj_sum raw)
{
    const struct nj_grid *g = &i->lot_grid;
    if (g->den == 0)
        return nj_sum_times(raw, g->unit);
    if (g->num != 1)
        raw = nj_sum_times(raw, (double)g->num);
    return g->den == 1 ? raw : nj_sum_over(raw, (double)g->den);
}

void nj_ledger_show(struct nj_position *p)
{
    p->avg_price = p->lots ? nj_sum_value(nj_sum_over(p->cost, (double)p->lots)) : 0;
    p->realized_pnl = nj_sum_value(nj_ledger_money(p->instrument, p->realized));
    p->fees_paid = nj_sum_value(p->fees);
}

bool nj_ledger_reserve_lot(struct nj_position *p)
{
    if (p->first_open + p->n_open < p->cap_open)
        return true;
    if (p->first_open > p->cap_open / 2) { /* the front has been used up: move down */
        memmove(p->open, p->open + p->first_open, p->n_open * sizeof *p->open);
        p->first_open = 0;
        return true;
    }
    uint32_t cap = p->cap_open ? p->cap_open * 2 : 4;
    struct nj_lot *open = realloc(p->open, cap * sizeof *open);
    if (!open)
        return false;
    p->open = open;
    p->cap_open = cap;
    return true;
}

static int64_t size_of(int64_t lots)
{
    return lots < 0 ? -lots : lots;
}

/* Closes up to `lots` (signed, against the position) of the oldest open lots at `price`. Returns
 * what was closed, > 0, and adds what was gained and the entry fees of it. */
static int64_t close_lots(struct nj_position *p, int64_t lots, double price, struct nj_sum *gained,
                          double *entry_fees)
{
    int64_t left = size_of(lots), closed = 0;
    while (left > 0 && p->n_open > 0 && (p->open[p->first_open].lots < 0) != (lots < 0)) {
        struct nj_lot *lot = &p->open[p->first_open];
        int64_t whole = size_of(lot->lots), take = left < whole ? left : whole;
        int64_t part = lot->lots < 0 ? -take : take; /* of the position's sign */
        struct nj_sum entry = nj_ledger_lots_price(part, lot->price);
        *gained = nj_sum_plus(*gained, nj_sum_minus(nj_ledger_lots_price(part, price), entry));
        p->cost = nj_sum_minus(p->cost, entry);
        double fee =
            take == whole ? lot->fee_quote : lot->fee_quote * ((double)take / (double)whole);
        *entry_fees += fee;
        lot->fee_quote -= fee;
        lot->lots -= part;
        p->lots -= part;
        left -= take;
        closed += take;
        if (lot->lots == 0) {
            p->first_open++;
            p->n_open--;
        }
    }
    if (p->n_open == 0) {
        p->first_open = 0;
        p->cost = nj_sum_of(0);
    }
    return closed;
}

/* A fill with all that is worked out before anything changes. */
struct worked {
    int64_t net;        /* lots, signed, after a fee in the base asset */
    int64_t fee_credit; /* of the position afterwards */
    double fee_quote;   /* its value */
    bool unvalued;
    struct nj_sum cash; /* what it moves */
};

/* Lots that a fee in the base asset takes: whole ones, rounded up, less what earlier ones left. */
static bool base_fee_lots(const struct nj_instrument *i, double fee, int64_t credit, int64_t *lots,
                          int64_t *credit_after)
{
    int64_t whole, nearest;
    const struct nj_grid *g = &i->lot_grid;
    if (!nj_grid_count(g, fabs(fee), NJ_ROUND_DOWN, &whole) ||
        !nj_grid_count(g, fabs(fee), NJ_ROUND_NEAREST, &nearest))
        return false;
    double x = g->den ? fabs(fee) * (double)g->den / (double)g->num : fabs(fee) / g->unit;
    double part = x - (double)whole;
    wide nano = (wide)whole * NJ_NANO;
    if (nearest != whole || part > 1e-9 + x * 0x1p-51)
        nano += llround(part * NJ_NANO);
    wide need = (fee < 0 ? -nano : nano) - credit;
    wide take = need > 0 ? (need + NJ_NANO - 1) / NJ_NANO : -(-need / NJ_NANO);
    if (take > NJ_LOTS_MAX || take < -NJ_LOTS_MAX)
        return false;
    *lots = (int64_t)take;
    *credit_after = (int64_t)(take * NJ_NANO - need);
    return true;
}

static bool text_ok(const char *text, size_t size)
{
    return text[0] != '\0' && memchr(text, '\0', size) != NULL;
}

static int work_out(const njord_fill *f, const struct nj_instrument *i, int64_t credit,
                    nj_asset_price price_of, void *ctx, struct worked *w, struct nj_error *err)
{
    int64_t lots;
    if (!isfinite(f->qty) || f->qty <= 0 || !(f->price <= MONEY_MAX) || f->price <= 0 ||
        !isfinite(f->fee) || (f->side != NJORD_SIDE_BUY && f->side != NJORD_SIDE_SELL))
        return nj_error_set(
            err, NJ_ERR_INPUT,
            "fill '%.127s' of '%s': expected a side, quantity and price above 0 and "
            "a finite fee, found side %u, %g at %g, fee %g",
            f->fill_id, i->symbol, (unsigned)f->side, f->qty, f->price, f->fee);
    if (!nj_lots_nearest(i, f->qty, &lots))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "fill '%.127s' of '%s': quantity %g does not fit 62 bits of %g",
                            f->fill_id, i->symbol, f->qty, i->lot_grid.unit);
    double qty = nj_lots_qty(i, lots);
    if (fabs(qty - f->qty) > i->lot_grid.unit * 1e-6 + f->qty * 0x1p-50)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "fill '%.127s': quantity %.17g is no multiple of %g, the step of '%s': "
                            "correct symbols in the configuration",
                            f->fill_id, f->qty, i->lot_grid.unit, i->symbol);
    int64_t signed_lots = f->side == NJORD_SIDE_BUY ? lots : -lots;
    *w = (struct worked){.net = signed_lots, .fee_credit = credit, .fee_quote = f->fee};
    w->cash = nj_ledger_money(i, nj_ledger_lots_price(-signed_lots, f->price));
    if (f->fee_asset[0] == '\0' || strcmp(f->fee_asset, i->quote) == 0) {
        w->cash = nj_sum_minus(w->cash, nj_sum_of(f->fee));
    } else if (strcmp(f->fee_asset, i->base) == 0) {
        int64_t fee_lots;
        w->fee_quote = f->fee * f->price;
        if (!base_fee_lots(i, f->fee, credit, &fee_lots, &w->fee_credit) ||
            __builtin_sub_overflow(signed_lots, fee_lots, &w->net))
            return nj_error_set(err, NJ_ERR_INPUT, "fill '%.127s' of '%s': fee %g is too large",
                                f->fill_id, i->symbol, f->fee);
    } else if (f->fee != 0) {
        double price = price_of ? price_of(ctx, f->fee_asset, i->quote) : NAN;
        w->unvalued = !isfinite(price) || price <= 0;
        w->fee_quote = w->unvalued ? 0 : f->fee * price;
        w->cash = nj_sum_minus(w->cash, nj_sum_of(w->fee_quote));
    }
    if (!(fabs(nj_sum_value(w->cash)) <= MONEY_MAX) || !(fabs(w->fee_quote) <= MONEY_MAX))
        return nj_error_set(err, NJ_ERR_INPUT, "fill '%.127s' of '%s': %g at %g is no amount",
                            f->fill_id, i->symbol, f->qty, f->price);
    return 0;
}

/* ---- fills -----------------------------------------------------------------------------------
 */

static void apply(struct nj_ledger *l, struct nj_ledger_entry *e, const njord_fill *f,
                  const struct worked *w, struct nj_closing *closing)
{
    struct nj_position *p = &e->pos;
    struct nj_ledger_account *a = &l->accounts[p->instrument->symbol_id];
    struct nj_ledger_strategy *s = e->strategy;
    struct nj_sum cost_before = p->cost, gained = nj_sum_of(0);
    bool was_open = p->lots != 0;
    int64_t total = size_of(w->net);
    double entry_fees = 0, own_fee = 0;
    int64_t closed = close_lots(p, w->net, f->price, &gained, &entry_fees);
    if (closed > 0)
        own_fee = closed == total ? w->fee_quote : w->fee_quote * ((double)closed / (double)total);
    int64_t opened = w->net < 0 ? w->net + closed : w->net - closed;
    if (opened != 0) {
        p->open[p->first_open + p->n_open++] =
            (struct nj_lot){opened, f->price, w->fee_quote - own_fee, f->ev.ts_ns};
        p->lots += opened;
        p->cost = nj_sum_plus(p->cost, nj_ledger_lots_price(opened, f->price));
    }
    p->realized = nj_sum_plus(p->realized, gained);
    p->fees = nj_sum_plus(p->fees, nj_sum_of(w->fee_quote));
    p->fee_credit = w->fee_credit;
    p->ts_ns = f->ev.ts_ns;
    p->n_fills++;
    nj_ledger_show(p);

    a->lots += w->net;
    a->n_open = a->n_open + (p->lots != 0) - was_open;
    a->cost = a->n_open ? nj_sum_plus(a->cost, nj_sum_minus(p->cost, cost_before)) : nj_sum_of(0);
    a->realized = nj_sum_plus(a->realized, gained);
    a->fees = nj_sum_plus(a->fees, nj_sum_of(w->fee_quote));
    s->moved = nj_sum_plus(s->moved, w->cash);
    l->unvalued_fees += w->unvalued;
    if (closing)
        *closing = (struct nj_closing){closed, nj_sum_value(nj_ledger_money(p->instrument, gained)),
                                       own_fee + entry_fees};
}

/* Room for one more lot, and for the sums. */
static int room_for(struct nj_ledger *l, struct nj_ledger_entry *e, const njord_fill *f,
                    const struct worked *w, struct nj_error *err)
{
    int64_t lots, account_lots;
    if (!e || !nj_ledger_reserve_lot(&e->pos))
        return nj_error_set(err, NJ_ERR_NOMEM, "fill '%s': out of memory", f->fill_id);
    const struct nj_instrument *i = e->pos.instrument;
    if (__builtin_add_overflow(e->pos.lots, w->net, &lots) || size_of(lots) > NJ_LOTS_MAX ||
        __builtin_add_overflow(l->accounts[i->symbol_id].lots, w->net, &account_lots) ||
        size_of(account_lots) > NJ_LOTS_MAX)
        return nj_error_set(err, NJ_ERR_INPUT, "fill '%s': the position in '%s' would not fit",
                            f->fill_id, i->symbol);
    return 0;
}

int nj_ledger_fill(struct nj_ledger *l, const njord_fill *f, nj_asset_price price_of, void *ctx,
                   struct nj_closing *closing, struct nj_error *err)
{
    /* prepare: whatever can fail */
    if (!text_ok(f->strategy_id, sizeof f->strategy_id) || !text_ok(f->symbol, sizeof f->symbol) ||
        !memchr(f->fill_id, '\0', sizeof f->fill_id) ||
        !memchr(f->fee_asset, '\0', sizeof f->fee_asset) || strcmp(f->strategy_id, "*") == 0)
        return nj_error_set(err, NJ_ERR_INPUT, "fill: expected the ids of a strategy and a symbol");
    struct nj_id id = nj_id_of(f->fill_id, strlen(f->fill_id));
    if (f->fill_id[0] && nj_idset_find(&l->fill_ids, id))
        return nj_error_set(err, NJ_ERR_EXISTS, "fill '%s': taken already", f->fill_id);
    struct nj_instrument *i = nj_instrument_get(l->instruments, f->symbol);
    if (!i)
        return nj_error_set(err, NJ_ERR_INPUT, "fill '%s': '%s' is no BASE/QUOTE symbol",
                            f->fill_id, f->symbol);
    const struct nj_ledger_entry *before = find(l, f->strategy_id, i);
    struct worked w = {0};
    int rc = work_out(f, i, before ? before->pos.fee_credit : 0, price_of, ctx, &w, err);
    if (rc != 0)
        return rc;
    struct nj_ledger_entry *e = nj_ledger_entry_get(l, f->strategy_id, i);
    rc = room_for(l, e, f, &w, err);
    if (rc != 0)
        return rc;
    if (f->fill_id[0] && !nj_idset_add(&l->fill_ids, id))
        return nj_error_set(err, NJ_ERR_NOMEM, "fill '%s': out of memory", f->fill_id);
    /* commit */
    apply(l, e, f, &w, closing);
    return 0;
}

struct nj_position *nj_ledger_open_position(struct nj_ledger *l, const char *strategy_id,
                                            const char *symbol)
{
    struct nj_instrument *i = nj_instrument_get(l->instruments, symbol);
    struct nj_ledger_entry *e = i ? nj_ledger_entry_get(l, strategy_id, i) : NULL;
    return e ? &e->pos : NULL;
}

int nj_ledger_fill_position(struct nj_ledger *l, struct nj_position *position, const njord_fill *f,
                            struct nj_closing *closing, struct nj_error *err)
{
    struct nj_ledger_entry *e = (struct nj_ledger_entry *)position; /* its first member */
    struct worked w;
    int rc = work_out(f, position->instrument, position->fee_credit, NULL, NULL, &w, err);
    if (rc == 0)
        rc = room_for(l, e, f, &w, err);
    if (rc == 0)
        apply(l, e, f, &w, closing);
    return rc;
}

double nj_position_cash(const struct nj_position *position)
{
    const struct nj_ledger_strategy *s = ((const struct nj_ledger_entry *)position)->strategy;
    return nj_sum_value(nj_sum_plus(s->moved, nj_sum_of(s->capital)));
}

uint64_t nj_ledger_unvalued_fees(const struct nj_ledger *l)
{
    return l->unvalued_fees;
}
