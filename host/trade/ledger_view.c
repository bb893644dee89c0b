/* What is asked of a ledger: cash, positions, snapshots, profit. Nothing here changes a position.
 */
#include "trade/ledger.h"
#include "trade/ledger_impl.h"

#include <njord/contract.h>
#include <string.h>

int nj_ledger_set_capital(struct nj_ledger *l, const char *strategy_id, double capital)
{
    size_t len = strlen(strategy_id);
    if (len == 0 || len >= NJORD_ID_SIZE || !isfinite(capital))
        return NJ_ERR_INPUT;
    struct nj_ledger_strategy *s = nj_ledger_strategy_get(l, strategy_id);
    if (!s)
        return NJ_ERR_NOMEM;
    s->capital = capital;
    return 0;
}

double nj_ledger_capital(const struct nj_ledger *l, const char *strategy_id)
{
    const struct nj_ledger_strategy *s = nj_map_get(&l->by_id, strategy_id);
    return s ? s->capital : NAN;
}

double nj_ledger_cash(const struct nj_ledger *l, const char *strategy_id)
{
    const struct nj_ledger_strategy *s = nj_map_get(&l->by_id, strategy_id);
    return s ? nj_sum_value(nj_sum_plus(s->moved, nj_sum_of(s->capital))) : NAN;
}

const struct nj_position *nj_ledger_position(const struct nj_ledger *l, const char *strategy_id,
                                             const char *symbol)
{
    const struct nj_instrument *i = nj_instrument_find(l->instruments, symbol);
    return i ? nj_ledger_find(l, strategy_id, i) : NULL;
}

const struct nj_position *nj_ledger_next(const struct nj_ledger *l, size_t *at)
{
    return *at < l->n_entries ? &l->entries[(*at)++]->pos : NULL;
}

double nj_position_qty(const struct nj_position *p)
{
    return p ? nj_lots_qty(p->instrument, p->lots) : 0;
}

static struct nj_sum unrealized(const struct nj_instrument *i, int64_t lots, struct nj_sum cost,
                                double price)
{
    return nj_ledger_money(i, nj_sum_minus(nj_ledger_lots_price(lots, price), cost));
}

double nj_position_unrealized(const struct nj_position *p, double price)
{
    if (!p || p->lots == 0)
        return 0;
    if (!isfinite(price))
        return NAN;
    return nj_sum_value(unrealized(p->instrument, p->lots, p->cost, price));
}

void nj_ledger_snapshot(const struct nj_ledger *l, const char *strategy_id, const char *symbol,
                        double price, int64_t ts_ns, njord_position_snapshot *out)
{
    njord_event_init(out, NJORD_EV_POSITION_SNAPSHOT);
    out->ev.ts_ns = ts_ns;
    memcpy(out->strategy_id, strategy_id, strnlen(strategy_id, sizeof out->strategy_id - 1));
    memcpy(out->symbol, symbol, strnlen(symbol, sizeof out->symbol - 1));
    out->qty = out->avg_price = out->realized_pnl = out->unrealized_pnl = out->fees_paid = 0;
    const struct nj_instrument *i = nj_instrument_find(l->instruments, symbol);
    if (!i)
        return;
    out->ev.symbol_id = i->symbol_id;
    if (strcmp(strategy_id, "*") != 0) {
        const struct nj_position *p = nj_ledger_find(l, strategy_id, i);
        if (!p)
            return;
        out->qty = nj_position_qty(p);
        out->avg_price = p->avg_price;
        out->realized_pnl = p->realized_pnl;
        out->unrealized_pnl = nj_position_unrealized(p, price);
        out->fees_paid = p->fees_paid;
        return;
    }
    if (i->symbol_id >= l->cap_accounts)
        return;
    const struct nj_ledger_account *a = &l->accounts[i->symbol_id];
    out->qty = nj_lots_qty(i, a->lots);
    out->avg_price = a->lots ? nj_sum_value(nj_sum_over(a->cost, (double)a->lots)) : 0;
    out->realized_pnl = nj_sum_value(nj_ledger_money(i, a->realized));
    if (a->n_open)
        out->unrealized_pnl =
            isfinite(price) ? nj_sum_value(unrealized(i, a->lots, a->cost, price)) : NAN;
    out->fees_paid = nj_sum_value(a->fees);
}

double nj_ledger_equity(const struct nj_ledger *l, const char *strategy_id, nj_price_fn last_price,
                        void *ctx)
{
    const struct nj_ledger_strategy *s = nj_map_get(&l->by_id, strategy_id);
    if (!s)
        return NAN;
    struct nj_sum sum = nj_sum_plus(s->moved, nj_sum_of(s->capital));
    for (const struct nj_ledger_entry *e = s->first; e; e = e->next_of_strategy) {
        const struct nj_position *p = &e->pos;
        if (p->lots == 0)
            continue;
        double price = last_price ? last_price(ctx, p->instrument->symbol) : NAN;
        struct nj_sum worth = isfinite(price) ? nj_ledger_lots_price(p->lots, price) : p->cost;
        sum = nj_sum_plus(sum, nj_ledger_money(p->instrument, worth));
    }
    return nj_sum_value(sum);
}

struct nj_sum nj_ledger_symbol_pnl(const struct nj_ledger *l, const struct nj_instrument *i,
                                   double price)
{
    if (i->symbol_id >= l->cap_accounts)
        return nj_sum_of(0);
    const struct nj_ledger_account *a = &l->accounts[i->symbol_id];
    struct nj_sum pnl = nj_sum_minus(nj_ledger_money(i, a->realized), a->fees);
    if (a->n_open && isfinite(price))
        pnl = nj_sum_plus(pnl, unrealized(i, a->lots, a->cost, price));
    return pnl;
}

const struct nj_instrument *nj_ledger_next_symbol(const struct nj_ledger *l, size_t *at)
{
    return *at < l->n_used ? nj_instrument_by_id(l->instruments, l->used[(*at)++]) : NULL;
}

bool nj_ledger_seen(const struct nj_ledger *ledger, const char *fill_id)
{
    return nj_idset_find(&ledger->fill_ids, nj_id_of(fill_id, strlen(fill_id))) != NULL;
}
