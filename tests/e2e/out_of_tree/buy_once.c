/* buy_once.c - a plugin outside Njord's tree, written against the frozen ABI alone: asks for one
 * unit at the first trade, then keeps still. Built by test_out_of_tree.sh as its author would build
 * it. */
#include <njord/abi.h>
#include <stdlib.h>
#include <string.h>

struct buy_once {
    const njord_host *host;
    int done;
};

static njord_status on_trade(void *self, const njord_trade *trade)
{
    struct buy_once *s = self;
    njord_order order;
    if (s->done)
        return NJORD_OK;
    s->done = 1;
    memset(&order, 0, sizeof order);
    order.size = (uint32_t)sizeof order;
    order.side = NJORD_SIDE_BUY;
    order.type = NJORD_TYPE_MARKET;
    order.tif = NJORD_NONE_U8;
    order.qty = 1.0;
    order.limit_price = trade->price;
    memcpy(order.symbol, trade->symbol, sizeof order.symbol);
    return s->host->submit(s->host, &order, NULL);
}

static uint32_t iface(void *out, uint32_t size)
{
    njord_strategy_iface mine;
    memset(&mine, 0, sizeof mine);
    mine.size = (uint32_t)sizeof mine;
    mine.on_trade = on_trade;
    memcpy(out, &mine, size < sizeof mine ? size : sizeof mine);
    return (uint32_t)sizeof mine;
}

static njord_status create(const njord_host *host, void **self)
{
    struct buy_once *s = calloc(1, sizeof *s);
    if (!s)
        return NJORD_E_NOMEM;
    s->host = host;
    *self = s;
    return NJORD_OK;
}

static const njord_plugin plugin = {
    .size = (uint32_t)sizeof(njord_plugin),
    .kind = NJORD_KIND_STRATEGY,
    .flags = NJORD_F_DETERMINISTIC | NJORD_F_INPROC_OK,
    .name = "buy_once",
    .version = "1.0.0",
    .summary = "one unit at the first trade",
    .iface = iface,
    .create = create,
    .destroy = free,
};

const njord_plugin_entry njord_entry = {NJORD_STAMP, &plugin};
