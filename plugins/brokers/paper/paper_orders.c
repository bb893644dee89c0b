/* paper_orders.c - the paper broker's record of orders: every open one and the latest ended ones,
 * by the client's id. */
#include "paper_impl.h"

int paper_order_open(const struct paper_order *order)
{
    return order->status == NJORD_STATUS_NEW || order->status == NJORD_STATUS_PARTIALLY_FILLED;
}

struct paper_order *paper_order_find(const struct paper *p, const char *id)
{
    int64_t at = paper_index_find(&p->order_index, p->orders, sizeof *p->orders, id);
    return at < 0 ? NULL : &p->orders[at];
}

/* Keeps the open orders and the newest PAPER_KEPT_ENDED of the others, when that makes much room.
 */
static njord_status forget_oldest(struct paper *p)
{
    size_t ended = 0, kept = 0;
    for (size_t i = 0; i < p->n_orders; i++)
        ended += !paper_order_open(&p->orders[i]);
    if (ended < PAPER_KEPT_ENDED + p->n_orders / 4)
        return NJORD_OK;
    for (size_t i = 0; i < p->n_orders; i++) {
        int open = paper_order_open(&p->orders[i]);
        if (open || ended <= PAPER_KEPT_ENDED)
            p->orders[kept++] = p->orders[i];
        ended -= !open;
    }
    p->n_orders = kept;
    return paper_index_all(&p->order_index, p->orders, sizeof *p->orders, kept);
}

struct paper_order *paper_order_add(struct paper *p, const struct paper_order *order)
{
    size_t n = p->n_orders;
    if (n >= 2u * PAPER_KEPT_ENDED && (n & (n - 1)) == 0 && forget_oldest(p) != NJORD_OK)
        return NULL;
    int64_t at = paper_index_append(&p->order_index, &p->orders, sizeof *p->orders,
                                    sizeof order->id, &p->n_orders, order->id);
    if (at < 0)
        return NULL;
    p->orders[at] = *order;
    return &p->orders[at];
}

void paper_orders_free(struct paper *p)
{
    free(p->orders);
    free(p->order_index.slots);
}
