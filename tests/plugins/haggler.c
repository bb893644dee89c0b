/* haggler.c - tries every kind of order: limits that rest, ladders, IOC and FOK, orders taken back
 * in the same breath or when a timer says they are too old, orders that rules must refuse, answers
 * to fills, decisions and updates. What it does follows from what it is shown, and from nothing
 * else. */
#include <njord/strategy.h>

#define KEPT 8 /* resting orders with a date of expiry */

struct haggler {
    int64_t trades, fills, updates, refused, timers, bars, statuses;
    char kept[KEPT][NJORD_INTENT_ID_SIZE];
};

static const njord_param params[] = {
    NJORD_REAL("qty", 0.01, 0.0, 1e12, "units of each order", 0),
    NJORD_INT("every", 7, 1, 1000000, "trades between two wishes", 0),
    NJORD_DURATION("expiry", INT64_C(20000000000), 1000000, INT64_C(86400000000000),
                   "how long a dated order rests", 0),
    NJORD_BOOL("rude", 0, "also what no rule lets through", 0), NJORD_PARAM_END};

/* What cannot be taken now is no error of the strategy. */
static njord_status calm(njord_status status)
{
    return status == NJORD_E_LIMIT || status == NJORD_E_NOT_FOUND || status == NJORD_E_ARG
               ? NJORD_OK
               : status;
}

static njord_status send(const njord_host *host, uint8_t side, const char *symbol, double qty,
                         double limit, uint8_t tif)
{
    njord_order order = njord_order_of(side, NJORD_TYPE_LIMIT, symbol, qty, limit);
    order.tif = tif;
    return calm(njord_send(host, &order, NULL));
}

/* A limit order that a timer takes back. */
static njord_status dated(struct haggler *s, const njord_host *host, uint8_t side,
                          const char *symbol, double qty, double limit)
{
    uint32_t at = (uint32_t)(s->trades / 7 % KEPT);
    njord_order order = njord_order_of(side, NJORD_TYPE_LIMIT, symbol, qty, limit);
    njord_status status = njord_send(host, &order, s->kept[at]);
    if (status != NJORD_OK)
        return calm(status);
    return host->timer_set(host, at, host->now_ns(host) + njord_param_duration(host, "expiry"), 0);
}

static njord_status ladder(const njord_host *host, const char *symbol, double qty, double price)
{
    njord_status status = NJORD_OK;
    for (int i = 1; i <= 3 && status == NJORD_OK; i++) {
        status = calm(njord_buy_limit(host, symbol, qty, price * (1 - 0.0002 * i), NULL));
        if (status == NJORD_OK)
            status = calm(njord_sell_limit(host, symbol, qty * 2, price * (1 + 0.0002 * i), NULL));
    }
    return status;
}

/* A reference price and words beside a market order. */
static njord_status annotated(const njord_host *host, const char *symbol, double qty, double price)
{
    static const njord_text_pair pairs[] = {{"why", "because"}, {"mood", "\"good\" \xc3\xbc"}};
    njord_order order = njord_order_of(NJORD_SIDE_SELL, NJORD_TYPE_MARKET, symbol, qty, price);
    order.meta = pairs;
    order.meta_count = 2;
    return calm(njord_send(host, &order, NULL));
}

static njord_status rude(const struct haggler *s, const njord_host *host, const char *symbol,
                         double qty, double price)
{
    const char *const *symbols = NULL;
    uint32_t n = (uint32_t)host->symbols(host, &symbols);
    if (s->trades == 1) /* of a market that has not traded yet */
        return calm(
            njord_sell_market(host, symbols[strcmp(symbols[n - 1], symbol) == 0 ? 0 : n - 1], qty));
    switch (s->trades / 7 % 9) {
    case 0:
        return calm(njord_buy_market(host, symbol, qty * 1e-6));
    case 1:
        return calm(njord_buy_market(host, symbol, qty * 1e5));
    case 2:
        return calm(njord_buy_market(host, "DOGE/USDT", qty));
    case 3:
        return calm(njord_buy_market(host, symbol, 1e200));
    case 4: /* far beyond the last price */
        return calm(njord_buy_limit(host, symbol, qty, price * 1.2, NULL));
    case 5:
        return calm(njord_buy_market(host, symbol, qty * 300));
    case 6: /* the same twice */
        if (calm(njord_buy_limit(host, symbol, qty, price * 0.9, NULL)) != NJORD_OK)
            return NJORD_E_FAIL;
        return calm(njord_buy_limit(host, symbol, qty, price * 0.9, NULL));
    case 7: /* of a market whose last trade may be long ago */
        return calm(njord_sell_market(host, symbols[n - 1], qty));
    default:
        return calm(njord_sell_market(host, symbol, qty * 4));
    }
}

static njord_status on_trade(struct haggler *s, const njord_host *host, const njord_trade *trade)
{
    double qty = njord_param_real(host, "qty"), price = trade->price;
    char id[NJORD_INTENT_ID_SIZE];
    njord_status status;
    if (++s->trades % njord_param_int(host, "every") != 0 && s->trades != 1)
        return NJORD_OK;
    if (njord_param_bool(host, "rude") && s->trades % 2 == 1)
        return rude(s, host, trade->symbol, qty, price);
    switch (s->trades / 7 % 12) {
    case 0: /* taken back in the same breath */
        status = njord_buy_limit(host, trade->symbol, qty, price * 0.9995, id);
        return calm(status == NJORD_OK ? njord_cancel_order(host, id) : status);
    case 1:
        return send(host, NJORD_SIDE_BUY, trade->symbol, qty, price * 0.999, NJORD_TIF_IOC);
    case 2:
        return send(host, NJORD_SIDE_BUY, trade->symbol, qty, price * 1.0001, NJORD_TIF_IOC);
    case 3:
        return send(host, NJORD_SIDE_SELL, trade->symbol, qty, price * 0.9999, NJORD_TIF_FOK);
    case 4:
        return send(host, NJORD_SIDE_SELL, trade->symbol, qty, price * 1.001, NJORD_TIF_FOK);
    case 5:
        return ladder(host, trade->symbol, qty, price);
    case 6:
        return dated(s, host, NJORD_SIDE_BUY, trade->symbol, qty, price * 0.9997);
    case 7:
        return dated(s, host, NJORD_SIDE_SELL, trade->symbol, qty, price * 1.0003);
    case 8:
        return annotated(host, trade->symbol, qty, price);
    case 9: /* a market order that is filled before the word to take it back can come */
        status = njord_buy_market(host, trade->symbol, qty);
        return calm(status == NJORD_OK ? njord_cancel_all(host, trade->symbol) : status);
    case 10:
        return calm(njord_cancel_all(host, NULL));
    default:
        return calm(njord_target(host, trade->symbol, 0));
    }
}

static njord_status on_bar(struct haggler *s, const njord_host *host, const njord_bar *bar)
{
    double qty = njord_param_real(host, "qty");
    return calm(++s->bars % 2 ? njord_target(host, bar->symbol, qty)
                              : njord_sell_limit(host, bar->symbol, qty, bar->close, NULL));
}

static njord_status on_fill(struct haggler *s, const njord_host *host, const njord_fill *fill)
{
    if (++s->fills % 4 != 0)
        return NJORD_OK;
    return calm(fill->side == NJORD_SIDE_BUY
                    ? njord_sell_limit(host, fill->symbol, fill->qty, fill->price * 1.0002, NULL)
                    : njord_buy_limit(host, fill->symbol, fill->qty, fill->price * 0.9998, NULL));
}

static njord_status on_order(struct haggler *s, const njord_host *host,
                             const njord_broker_order_update *update)
{
    if (update->status != NJORD_STATUS_EXPIRED || ++s->updates % 3 != 0)
        return NJORD_OK;
    return calm(njord_buy_market(host, update->symbol, njord_param_real(host, "qty")));
}

static njord_status on_decision(struct haggler *s, const njord_host *host,
                                const njord_decision *decision)
{
    if (decision->allowed || ++s->refused % 5 != 0)
        return NJORD_OK;
    return njord_publish_signal(host, "refused", {"cash", host->cash(host)});
}

static njord_status on_position(struct haggler *s, const njord_host *host,
                                const njord_position_snapshot *position)
{
    (void)s;
    return position->qty == 0 ? njord_publish_signal(host, "flat", {"pnl", position->realized_pnl})
                              : NJORD_OK;
}

static njord_status on_status(struct haggler *s, const njord_host *host,
                              const njord_feed_status *status)
{
    (void)host, (void)status;
    s->statuses++;
    return NJORD_OK;
}

static njord_status on_timer(struct haggler *s, const njord_host *host, uint32_t timer,
                             int64_t due_ns)
{
    if (timer >= KEPT) { /* of an instant that is there: after the next event */
        const char *const *symbols = NULL;
        host->symbols(host, &symbols);
        return calm(njord_target(host, symbols[0], njord_position(host, symbols[0]) / 2));
    }
    if (++s->timers % 3 == 0)
        host->timer_set(host, KEPT, due_ns, 0);
    return calm(njord_cancel_order(host, s->kept[timer]));
}

NJORD_STRATEGY(haggler, "1.0.0", "tries every kind of order", params, .on_trade = on_trade,
               .on_bar = on_bar, .on_fill = on_fill, .on_order = on_order,
               .on_decision = on_decision, .on_position = on_position, .on_status = on_status,
               .on_timer = on_timer);
