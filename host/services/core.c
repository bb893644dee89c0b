#include "services/core.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- prices ---- */

static bool price_room(struct nj_core *core, uint32_t symbol_id)
{
    if (symbol_id < core->n_prices)
        return true;
    uint32_t n = core->n_prices ? core->n_prices * 2 : 64;
    while (n <= symbol_id)
        n *= 2;
    struct nj_price *prices = realloc(core->prices, n * sizeof *prices);
    if (!prices)
        return false;
    core->prices = prices;
    njord_book **books = realloc(core->books, n * sizeof(njord_book *));
    if (!books)
        return false;
    core->books = books;
    for (uint32_t i = core->n_prices; i < n; i++) {
        prices[i] = (struct nj_price){NAN, NAN, INT64_MIN};
        books[i] = NULL;
    }
    core->n_prices = n;
    return true;
}

uint32_t nj_core_symbol_id(struct nj_core *core, const char *symbol)
{
    const struct nj_instrument *i = nj_instrument_get(core->instruments, symbol);
    return i && price_room(core, i->symbol_id) ? i->symbol_id : NJORD_NO_SYMBOL;
}

double nj_core_last_price(const struct nj_core *core, const char *symbol, int64_t *ts_ns)
{
    const struct nj_instrument *i = nj_instrument_find(core->instruments, symbol);
    if (!i || i->symbol_id >= core->n_prices)
        return NAN;
    const struct nj_price *p = &core->prices[i->symbol_id];
    if (ts_ns)
        *ts_ns = p->ts_ns;
    return njord_is_set_f64(p->trade) ? p->trade : p->close;
}

void nj_core_set_price(struct nj_core *core, const char *symbol, double price, int64_t ts_ns)
{
    uint32_t id = nj_core_symbol_id(core, symbol);
    if (id == NJORD_NO_SYMBOL)
        return;
    core->prices[id].trade = price;
    core->prices[id].ts_ns = ts_ns;
}

void nj_core_forget_prices(struct nj_core *core)
{
    for (uint32_t i = 0; i < core->n_prices; i++)
        core->prices[i] = (struct nj_price){NAN, NAN, INT64_MIN};
}

/* Price of an asset in a quote asset (fees in a third asset). */
static double asset_price(const struct nj_core *core, const char *asset, const char *quote)
{
    char symbol[2 * NJORD_ASSET_SIZE + 2];
    if (strcmp(asset, quote) == 0)
        return 1;
    snprintf(symbol, sizeof symbol, "%s/%s", asset, quote);
    double price = nj_core_last_price(core, symbol, NULL);
    if (njord_is_set_f64(price))
        return price;
    snprintf(symbol, sizeof symbol, "%s/%s", quote, asset);
    return 1 / nj_core_last_price(core, symbol, NULL);
}

double nj_core_usd_of(const struct nj_core *core, const char *asset)
{
    const struct nj_risk_config *risk = &core->config->risk;
    for (uint32_t i = 0; i < risk->n_usd_quotes; i++)
        if (strcmp(risk->usd_quotes[i], asset) == 0)
            return 1;
    char symbol[2 * NJORD_ASSET_SIZE + 2];
    snprintf(symbol, sizeof symbol, "%s/USDT", asset);
    double price = nj_core_last_price(core, symbol, NULL);
    if (njord_is_set_f64(price))
        return price;
    snprintf(symbol, sizeof symbol, "%s/USD", asset);
    return nj_core_last_price(core, symbol, NULL);
}

static struct nj_price *price_of(struct nj_core *core, const njord_event *event)
{
    uint32_t id = event->symbol_id != NJORD_NO_SYMBOL
                      ? event->symbol_id
                      : nj_core_symbol_id(core, njord_event_symbol(event));
    return id != NJORD_NO_SYMBOL && price_room(core, id) ? &core->prices[id] : NULL;
}

static void on_trade(void *ctx, const struct nj_message *m)
{
    struct nj_price *p = price_of(ctx, m->event);
    if (p) {
        p->trade = ((const njord_trade *)m->event)->price;
        p->ts_ns = m->event->ts_recv_ns;
    }
}

static void on_bar(void *ctx, const struct nj_message *m)
{
    struct nj_price *p = price_of(ctx, m->event);
    if (!p)
        return;
    p->close = ((const njord_bar *)m->event)->close;
    if (!njord_is_set_f64(
            p->trade)) /* a bar says nothing newer than the trades that it is made of */
        p->ts_ns = m->event->ts_recv_ns;
}

static void on_book(void *ctx, const struct nj_message *m)
{
    struct nj_core *core = ctx;
    uint32_t id = m->event->symbol_id;
    if (id == NJORD_NO_SYMBOL || !price_room(core, id))
        return;
    njord_book *copy = malloc(m->event->size);
    if (!copy)
        return;
    memcpy(copy, m->event, m->event->size);
    free(core->books[id]);
    core->books[id] = copy;
}

static void on_instrument(void *ctx, const struct nj_message *m)
{
    struct nj_core *core = ctx;
    const njord_instrument *from = (const njord_instrument *)m->event;
    struct nj_instrument *i = nj_instrument_get(core->instruments, from->symbol);
    if (!i || !nj_instrument_update(i, from))
        nj_log(
            core->log, NJ_WARN, "core", "instrument_refused", NJ_TEXT("symbol", from->symbol),
            NJ_TEXT("detail",
                    "tick and step must be positive numbers that can express the open positions"));
}

void nj_core_see(struct nj_core *core, const njord_event *event)
{
    const struct nj_message m = {.event = event};
    if (event->type == NJORD_EV_TRADE)
        on_trade(core, &m);
    else if (event->type == NJORD_EV_BAR)
        on_bar(core, &m);
    else if (event->type == NJORD_EV_INSTRUMENT)
        on_instrument(core, &m);
}

/* ---- the order record and the positions ---- */

/* An event that the record cannot place is counted and told; our own intents are in it since
 * submit. */
static int noted(struct nj_core *core, int rc, const njord_event *event, const char *id)
{
    if (rc == 0 || rc == NJ_ERR_EXISTS)
        return rc;
    core->odd_events++;
    nj_log(core->log, NJ_WARN, "core", "odd_event",
           NJ_TEXT("contract", njord_contract_of(event->type)->name), NJ_TEXT("intent_id", id),
           NJ_TEXT("reason", nj_err_name(rc)));
    return rc;
}

int nj_core_fill_of(const struct nj_core *core, const njord_broker_fill *from, const char *venue,
                    njord_fill *out)
{
    const struct nj_order *order = nj_order_find(core->orders, from->client_order_id);
    if (!order)
        return NJ_ERR_NOT_FOUND;
    njord_event_init(out, NJORD_EV_FILL);
    out->ev.ts_ns = from->ev.ts_ns;
    snprintf(out->fill_id, sizeof out->fill_id, "%s-%s-%s", venue, order->instrument->file_name,
             from->trade_id);
    snprintf(out->order_id, sizeof out->order_id, "%s",
             from->exchange_order_id[0]    ? from->exchange_order_id
             : order->exchange_order_id[0] ? order->exchange_order_id
                                           : from->client_order_id);
    memcpy(out->intent_id, order->intent_id, sizeof out->intent_id);
    memcpy(out->strategy_id, order->strategy_id, sizeof out->strategy_id);
    memcpy(out->symbol, order->instrument->symbol, sizeof out->symbol);
    out->side = from->side;
    out->qty = from->qty;
    out->price = from->price;
    out->fee = from->fee;
    memcpy(out->fee_asset, from->fee_asset, sizeof out->fee_asset);
    out->liquidity = from->liquidity;
    return 0;
}

static double third_asset(void *ctx, const char *asset, const char *quote)
{
    return asset_price(ctx, asset, quote);
}

static int take(struct nj_core *core, const njord_event *event, const char **id)
{
    switch (event->type) {
    case NJORD_EV_INTENT:
        *id = ((const njord_intent *)event)->intent_id;
        return nj_orders_intent(core->orders, (const njord_intent *)event);
    case NJORD_EV_DECISION:
        *id = ((const njord_decision *)event)->intent_id;
        return nj_orders_decision(core->orders, (const njord_decision *)event);
    case NJORD_EV_ORDER_EVENT:
        *id = ((const njord_order_event *)event)->intent_id;
        return nj_orders_accepted(core->orders, (const njord_order_event *)event);
    case NJORD_EV_BROKER_ORDER_REQ:
        *id = ((const njord_broker_order_req *)event)->client_order_id;
        return nj_orders_sent(core->orders, *id);
    case NJORD_EV_CANCEL:
        *id = ((const njord_cancel *)event)->intent_id;
        return nj_orders_cancel(core->orders, (const njord_cancel *)event);
    case NJORD_EV_BROKER_ORDER_ACK:
        *id = ((const njord_broker_order_ack *)event)->client_order_id;
        return nj_orders_ack(core->orders, (const njord_broker_order_ack *)event);
    case NJORD_EV_BROKER_ORDER_UPDATE:
        *id = ((const njord_broker_order_update *)event)->client_order_id;
        return nj_orders_update(core->orders, (const njord_broker_order_update *)event);
    case NJORD_EV_BROKER_FILL:
        *id = ((const njord_broker_fill *)event)->client_order_id;
        return nj_orders_fill(core->orders, (const njord_broker_fill *)event);
    case NJORD_EV_FILL: {
        struct nj_error err = {0};
        *id = ((const njord_fill *)event)->intent_id;
        return nj_ledger_fill(core->ledger, (const njord_fill *)event, third_asset, core, NULL,
                              &err);
    }
    default:
        *id = "";
        return 0;
    }
}

int nj_core_take(struct nj_core *core, const njord_event *event)
{
    const char *id;
    int rc = take(core, event, &id);
    return noted(core, rc, event, id);
}

static void on_flow(void *ctx, const struct nj_message *m)
{
    nj_core_take(ctx, m->event);
}

void nj_core_publish_lost(struct nj_core *core)
{
    for (njord_fill *fill; (fill = nj_fifo_peek(&core->unpublished, NULL));
         nj_fifo_release(&core->unpublished)) {
        struct nj_error err = {0};
        nj_log(core->log, NJ_WARN, "core", "fill_published_again",
               NJ_TEXT("fill_id", fill->fill_id));
        fill->ev.seq = 0;
        nj_bus_publish(core->bus, "fills.new", &fill->ev, NULL, &err);
    }
}

/* ---- life ---- */

/* Takes over instruments of a (re)loaded configuration. */
static int configure(struct nj_core *core, const struct nj_config *config, struct nj_error *err)
{
    core->config = config;
    for (uint32_t i = 0; i < config->exchange.n_symbols; i++)
        if (nj_core_symbol_id(core, config->exchange.symbols[i]) == NJORD_NO_SYMBOL)
            return nj_error_set(err, NJ_ERR_CONFIG,
                                "exchange.symbols: '%s' is no BASE/QUOTE symbol",
                                config->exchange.symbols[i]);
    for (uint32_t i = 0; i < config->n_symbols; i++) {
        const struct nj_symbol_config *s = &config->symbols[i];
        struct nj_instrument *instrument = nj_instrument_get(core->instruments, s->symbol);
        if (!instrument || !price_room(core, instrument->symbol_id))
            return nj_error_set(err, NJ_ERR_CONFIG, "symbols: '%s' is no BASE/QUOTE symbol",
                                s->symbol);
        if (!nj_instrument_configure(instrument, s))
            return nj_error_set(err, NJ_ERR_CONFIG,
                                "symbols: '%s': tick and step must be positive numbers", s->symbol);
    }
    return 0;
}

int nj_core_init(struct nj_core *core, const struct nj_config *config, struct nj_log *log,
                 struct nj_error *err)
{
    *core = (struct nj_core){.config = config, .log = log};
    core->instruments = nj_instruments_new();
    if (core->instruments)
        core->ledger = nj_ledger_new(core->instruments);
    if (core->ledger)
        core->orders = nj_orders_new(core->instruments);
    int rc = core->orders ? configure(core, config, err)
                          : nj_error_set(err, NJ_ERR_NOMEM, "core: out of memory");
    if (rc != 0)
        nj_core_free(core);
    return rc;
}

int nj_core_attach(struct nj_core *core, struct nj_bus *bus, struct nj_error *err)
{
    static const struct {
        const char *glob;
        enum nj_stage stage;
        nj_bus_handler handler;
    } wants[] = {
        {"md.trades.*", NJ_STAGE_PRICES, on_trade},
        {"md.ohlcv.*", NJ_STAGE_PRICES, on_bar},
        {"md.book.*", NJ_STAGE_PRICES, on_book},
        {"md.instrument.*", NJ_STAGE_PRICES, on_instrument},
        {"strat.intent", NJ_STAGE_BOOKS, on_flow},
        {"risk.decisions", NJ_STAGE_BOOKS, on_flow},
        {"orders.accepted", NJ_STAGE_BOOKS, on_flow},
        {"orders.cancel", NJ_STAGE_BOOKS, on_flow},
        {"broker.acks", NJ_STAGE_BOOKS, on_flow},
        {"broker.orders", NJ_STAGE_BOOKS, on_flow},
        {"broker.fills", NJ_STAGE_BOOKS, on_flow},
        {"fills.new", NJ_STAGE_BOOKS, on_flow},
    };
    core->bus = bus;
    for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++) {
        struct nj_subscription *s =
            nj_bus_subscribe(bus, wants[i].glob, wants[i].stage, wants[i].handler, core);
        if (!s)
            return nj_error_set(err, NJ_ERR_NOMEM, "core: out of memory");
        core->subscriptions[core->n_subscriptions++] = s;
    }
    return 0;
}

int nj_core_renew(struct nj_core *core, struct nj_error *err)
{
    nj_orders_free(core->orders);
    nj_ledger_free(core->ledger);
    core->ledger = nj_ledger_new(core->instruments);
    core->orders = nj_orders_new(core->instruments);
    nj_core_forget_prices(core);
    return core->ledger && core->orders ? 0
                                        : nj_error_set(err, NJ_ERR_NOMEM, "core: out of memory");
}

void nj_core_free(struct nj_core *core)
{
    for (uint32_t i = 0; i < core->n_subscriptions; i++)
        nj_bus_unsubscribe(core->bus, core->subscriptions[i]);
    core->n_subscriptions = 0;
    for (uint32_t i = 0; i < core->n_prices; i++)
        free(core->books[i]);
    nj_fifo_free(&core->unpublished);
    free(core->books);
    free(core->prices);
    nj_orders_free(core->orders);
    nj_ledger_free(core->ledger);
    nj_instruments_free(core->instruments);
    *core = (struct nj_core){0};
}
