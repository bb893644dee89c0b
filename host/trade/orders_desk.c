/* The record of orders by handle: what orders.c does by name, without a text looked up. */
#include "trade/orders.h"
#include "trade/orders_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int nj_orders_desk(struct nj_orders *o, const char *strategy_id, struct nj_instrument *instrument,
                   struct nj_order_desk *out)
{
    struct nj_order_strategy *s = nj_orders_strategy(o, strategy_id);
    _Static_assert(sizeof out->groups / sizeof out->groups[0] == NJ_OF_KINDS, "a group a kind");
    *out = (struct nj_order_desk){.strategy = s, .instrument = instrument};
    if (!s)
        return NJ_ERR_NOMEM;
    out->groups[NJ_OF_ALL] = &o->all;
    out->groups[NJ_OF_STRATEGY] = &s->group;
    out->groups[NJ_OF_SYMBOL] = nj_orders_symbol_group(o, instrument->symbol_id);
    out->groups[NJ_OF_PAIR] = nj_orders_pair_group(o, s, instrument);
    nj_instrument_pin(instrument);
    return out->groups[NJ_OF_SYMBOL] && out->groups[NJ_OF_PAIR] ? 0 : NJ_ERR_NOMEM;
}

void nj_orders_own_ids(struct nj_orders *o)
{
    o->own_ids = true;
    o->keep_ended = 4;
}

struct nj_order *nj_orders_enter(struct nj_orders *o, const struct nj_order_desk *desk,
                                 const njord_intent *in)
{
    int64_t lots;
    if (!(in->qty > 0) || !nj_lots_down(desk->instrument, in->qty, &lots))
        lots = 0; /* risk will say what is wrong with it */
    struct nj_order_entry *e = o->pool;
    if (!nj_orders_fit(o, in->side, lots))
        return NULL;
    if (e)
        o->pool = e->next_ended;
    else if (!(e = malloc(sizeof *e)))
        return NULL;
    memset(e, 0, sizeof *e);
    memcpy(e->groups, desk->groups, sizeof e->groups);
    memcpy(e->order.intent_id, in->intent_id, sizeof e->order.intent_id);
    memcpy(e->order.strategy_id, desk->strategy->id, sizeof e->order.strategy_id);
    e->order.instrument = desk->instrument;
    e->order.reference_price = NAN;
    e->strategy = desk->strategy;
    e->expected = -1;
    nj_orders_admit(o, e, in, lots);
    return &e->order;
}

/* The order is an entry's first member. */
static struct nj_order_entry *of(struct nj_order *order)
{
    return (struct nj_order_entry *)order;
}

bool nj_orders_name(struct nj_orders *o, struct nj_order *order)
{
    struct nj_order_entry *e = of(order);
    e->named = e->named || nj_map_put(&o->by_id, order->intent_id, e);
    return e->named;
}

struct nj_order *nj_orders_open_of(const struct nj_orders *o, const char *intent_id)
{
    struct nj_order_entry *e = nj_map_get(&o->by_id, intent_id);
    if (e)
        return nj_order_open(&e->order) ? &e->order : NULL;
    /* those without a name are the newest: they are still on their way */
    for (e = o->all.tail; e && !e->named; e = e->prev[NJ_OF_ALL])
        if (strcmp(e->order.intent_id, intent_id) == 0)
            return &e->order;
    return NULL;
}

void nj_order_let_through(struct nj_order *order, int64_t lots, double limit_price,
                          double reference_price)
{
    struct nj_order_entry *e = of(order);
    nj_orders_uncount(e);
    order->stage = NJ_ORDER_SENT;
    order->lots = lots;
    order->limit_price = limit_price;
    order->reference_price = reference_price;
    nj_orders_count(e);
}

void nj_order_refuse(struct nj_orders *o, struct nj_order *order, const char *reason)
{
    nj_order_end(o, order, NJ_ORDER_REFUSED, reason);
}

void nj_order_fill(struct nj_orders *o, struct nj_order *order, int64_t lots, double price)
{
    struct nj_order_entry *e = of(order);
    bool open = nj_order_open(order);
    if (open)
        nj_orders_uncount(e);
    order->filled_lots += lots;
    e->value = nj_sum_plus(e->value, nj_sum_product((double)lots, price));
    order->avg_price = nj_sum_value(nj_sum_over(e->value, (double)order->filled_lots));
    bool full = order->filled_lots == order->lots;
    if (!open) {
        if (full) /* the end that the venue told came before its last fill */
            order->stage = NJ_ORDER_FILLED;
    } else if (full || (e->expected >= 0 && order->filled_lots >= e->expected)) {
        nj_orders_leave(o, e, full ? NJ_ORDER_FILLED : e->end);
    } else {
        nj_orders_count(e);
    }
}

void nj_order_end(struct nj_orders *o, struct nj_order *order, enum nj_order_stage stage,
                  const char *reason)
{
    nj_orders_take_reason(of(order), reason, sizeof order->reason);
    nj_orders_end(o, of(order), stage);
}

void nj_order_desk_working(const struct nj_order_desk *desk, int64_t *buys, int64_t *sells,
                           double *bound_cash)
{
    *buys = desk->groups[NJ_OF_PAIR]->buys;
    *sells = desk->groups[NJ_OF_PAIR]->sells;
    *bound_cash = nj_sum_value(desk->strategy->bound);
}
