/* v1_0_broker.c - a broker that fills each order at once and whole, at the last price, without a
 * fee.
 *
 * A place to start from: what an order is answered with, and why the same client id must never
 * become a second order. A broker for a venue sends instead of filling, and answers when the venue
 * does. */
#include <njord/broker.h>

struct order {
    char id[NJORD_INTENT_ID_SIZE];
    char symbol[NJORD_SYMBOL_SIZE];
    double qty, price;
};

struct v1_0_broker {
    const njord_broker_host *answers;
    struct order *orders; /* all there were, oldest first */
    size_t count;
};

static njord_status create(struct v1_0_broker *s, const njord_host *host)
{
    s->answers = njord_broker_answers(host);
    if (!s->answers)
        return njord_fail(host, NJORD_E_UNSUPPORTED, "this host gives brokers no way to answer");
    return NJORD_OK;
}

static void destroy(struct v1_0_broker *s)
{
    free(s->orders);
}

static const struct order *find(const struct v1_0_broker *s, const char *id)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->orders[i].id, id) == 0)
            return &s->orders[i];
    return NULL;
}

static const struct order *remember(struct v1_0_broker *s, const char *id, const char *symbol,
                                    double qty, double price)
{
    struct order *orders = (struct order *)realloc(s->orders, (s->count + 1) * sizeof *orders);
    if (!orders)
        return NULL;
    s->orders = orders;
    struct order *o = &orders[s->count];
    memset(o, 0, sizeof *o);
    if (njord_copy_text(o->id, sizeof o->id, id) != NJORD_OK ||
        njord_copy_text(o->symbol, sizeof o->symbol, symbol) != NJORD_OK)
        return NULL;
    o->qty = qty;
    o->price = price;
    s->count++;
    return o;
}

static njord_status tell_update(struct v1_0_broker *s, const njord_host *host,
                                const struct order *o)
{
    njord_broker_order_update update;
    njord_event_init(&update, NJORD_EV_BROKER_ORDER_UPDATE);
    update.ev.ts_ns = njord_now(host);
    memcpy(update.client_order_id, o->id, sizeof o->id);
    memcpy(update.exchange_order_id, o->id, sizeof o->id);
    memcpy(update.symbol, o->symbol, sizeof o->symbol);
    update.status = NJORD_STATUS_FILLED;
    update.filled_qty = o->qty;
    update.avg_price = o->price;
    return s->answers->update(host, &update);
}

static njord_status place(struct v1_0_broker *s, const njord_host *host,
                          const njord_broker_order_req *req)
{
    const struct order *known = find(s, req->client_order_id);
    if (known) /* asked again: told again, and nothing else happens */
        return tell_update(s, host, known);

    /* An error returned here means that nothing was sent: the host takes the order as rejected. */
    double price = njord_last_price(host, req->symbol);
    const char *slash = strchr(req->symbol, '/');
    if (!isfinite(price) || !slash || !(req->qty > 0.0))
        return njord_fail(host, NJORD_E_ARG, "order '%s': no price of '%s' is known",
                          req->client_order_id, req->symbol);
    if (req->type == NJORD_TYPE_LIMIT &&
        (req->side == NJORD_SIDE_BUY ? price > req->limit_price : price < req->limit_price))
        return njord_fail(host, NJORD_E_UNSUPPORTED, "order '%s': limits do not rest here",
                          req->client_order_id);
    const struct order *o = remember(s, req->client_order_id, req->symbol, req->qty, price);
    if (!o)
        return NJORD_E_NOMEM;

    njord_broker_order_ack ack;
    njord_event_init(&ack, NJORD_EV_BROKER_ORDER_ACK);
    ack.ev.ts_ns = njord_now(host);
    memcpy(ack.client_order_id, o->id, sizeof o->id);
    memcpy(ack.exchange_order_id, o->id, sizeof o->id);
    njord_status status = s->answers->ack(host, &ack);
    if (status != NJORD_OK)
        return status;

    njord_broker_fill fill;
    njord_event_init(&fill, NJORD_EV_BROKER_FILL);
    fill.ev.ts_ns = njord_now(host);
    memcpy(fill.client_order_id, o->id, sizeof o->id);
    memcpy(fill.exchange_order_id, o->id, sizeof o->id);
    memcpy(fill.symbol, o->symbol, sizeof o->symbol);
    (void)snprintf(fill.trade_id, sizeof fill.trade_id, "%s-1",
                   o->id); /* unique for venue and symbol */
    (void)njord_copy_text(fill.fee_asset, sizeof fill.fee_asset, slash + 1);
    fill.side = req->side;
    fill.liquidity = NJORD_LIQUIDITY_TAKER;
    fill.qty = o->qty;
    fill.price = price;
    fill.fee = 0.0;
    status = s->answers->fill(host, &fill);
    return status == NJORD_OK ? tell_update(s, host, o) : status;
}

static njord_status cancel(struct v1_0_broker *s, const njord_host *host,
                           const njord_order_ref *ref)
{
    return s->answers->error(host, ref, NJORD_BROKER_REJECTED, 0, "the order has ended already", 0);
}

static njord_status query(struct v1_0_broker *s, const njord_host *host, const njord_order_ref *ref)
{
    const struct order *o = find(s, ref->client_order_id);
    return o ? tell_update(s, host, o)
             : s->answers->error(host, ref, NJORD_BROKER_REJECTED, 0, "unknown order", 0);
}

/* No order rests, so there is nothing to tell. */
static njord_status open_orders(struct v1_0_broker *s, const njord_host *host, const char *symbol)
{
    (void)s;
    (void)host;
    (void)symbol;
    return NJORD_OK;
}

static njord_status save(const struct v1_0_broker *s, njord_state_out *out)
{
    njord_state_begin_list(out, "orders");
    for (size_t i = 0; i < s->count; i++) {
        njord_state_begin_map(out, NULL);
        njord_state_put_text(out, "id", s->orders[i].id);
        njord_state_put_text(out, "symbol", s->orders[i].symbol);
        njord_state_put_f64(out, "qty", s->orders[i].qty);
        njord_state_put_f64(out, "price", s->orders[i].price);
        njord_state_end(out);
    }
    njord_state_end(out);
    return NJORD_OK; /* what went wrong is in `out` */
}

static njord_status load(struct v1_0_broker *s, njord_state_in *in, uint32_t version)
{
    njord_state_in list, one;
    (void)version;
    size_t n = njord_state_in_list(in, "orders", &list);
    for (size_t i = 0; i < n; i++) {
        char id[NJORD_INTENT_ID_SIZE], symbol[NJORD_SYMBOL_SIZE];
        njord_state_in_map(&list, NULL, &one);
        njord_state_get_text(&one, "id", id, sizeof id);
        njord_state_get_text(&one, "symbol", symbol, sizeof symbol);
        double qty = njord_state_get_f64(&one, "qty", (double)NAN);
        double price = njord_state_get_f64(&one, "price", (double)NAN);
        if (id[0] == '\0' || !isfinite(qty) || !isfinite(price))
            return NJORD_E_STATE;
        if (!remember(s, id, symbol, qty, price))
            return NJORD_E_NOMEM;
    }
    return NJORD_OK;
}

NJORD_BROKER(v1_0_broker, "1.0.0", "fills each order at once at the last price", NULL,
             .create = create, .destroy = destroy, .save = save, .load = load, .place = place,
             .cancel = cancel, .query = query, .open_orders = open_orders);
