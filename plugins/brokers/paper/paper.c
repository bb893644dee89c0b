/* paper.c - a broker that fills orders itself, at the prices it is shown, from a purse of its own.
 *
 * The fill model is <njord/match.h>: market orders at the last price with slippage, limits at the
 * last price on arrival (taker) or at their limit when a later trade reaches it (maker). An order
 * is answered with an ack, then `new`, then its fills and where it stands; what changed of the
 * balances follows. The same client id twice gets the same answer and is never a second order.
 * Where only bars are shown, a bar's close is the price. Short positions are allowed; money is not
 * lent: a buy that cannot be paid when it fills ends `rejected`, insufficient_cash. Everything
 * follows from its inputs: no clock, no chance. */
#include "paper_impl.h"

static const njord_param params[] = {
    NJORD_REAL_MAP("cash", "USDT=10000", 0.0, 1e15, "what the account opens with, by asset"),
    NJORD_REAL("maker", 0.001, -0.1, 0.1, "fee of fills that rested, as a share of the notional"),
    NJORD_REAL("taker", 0.001, -0.1, 0.1, "fee of fills on arrival, as a share of the notional"),
    NJORD_REAL("slippage_bps", 0.0, 0.0, 1000.0, "worse price of market orders, basis points"),
    NJORD_ENUM("fills", "full", "full|traded",
               "full: a resting order fills whole; traded: by no more than the trade's quantity"),
    NJORD_PARAM_END};

static njord_status create(struct paper *p, const njord_host *host)
{
    uint64_t n;
    const njord_real_pair *cash = njord_param_map(host, "cash", &n);
    p->answers = njord_broker_answers(host);
    if (!p->answers)
        return njord_fail(host, NJORD_E_UNSUPPORTED, "this host gives brokers no way to answer");
    p->maker = njord_param_real(host, "maker");
    p->taker = njord_param_real(host, "taker");
    p->slippage_bps = njord_param_real(host, "slippage_bps");
    p->traded_fills = strcmp(njord_param_text(host, "fills"), "traded") == 0;
    for (uint64_t i = 0; i < n; i++) {
        int64_t asset = paper_asset(p, cash[i].key);
        if (asset < 0)
            return njord_fail(host, NJORD_E_ARG, "'cash': asset '%s': expected 1 to %u characters",
                              cash[i].key, NJORD_ASSET_SIZE - 1u);
        paper_sum_add(&p->assets[asset].money, cash[i].value);
        p->assets[asset].used = 1;
    }
    return NJORD_OK;
}

static void destroy(struct paper *p)
{
    paper_account_free(p);
    paper_orders_free(p);
}

/* ---- Answers
 * --------------------------------------------------------------------------------------------------------
 */

/* Of a call that could not be queued: what happened here stands, and `query` tells it. */
static void told(const njord_host *host, const char *id, njord_status status)
{
    if (status != NJORD_OK)
        njord_log_error(host, "order '%s': the host took no answer (%d)", id, (int)status);
}

static void put_ids(char *client, char *exchange, const struct paper_order *o)
{
    memcpy(client, o->id, sizeof o->id);
    if (o->acked)
        (void)snprintf(exchange, NJORD_REF_SIZE, "paper-%s", o->id);
}

static njord_status tell_ack(struct paper *p, const njord_host *host, const struct paper_order *o)
{
    njord_broker_order_ack ack;
    njord_event_init(&ack, NJORD_EV_BROKER_ORDER_ACK);
    ack.ev.ts_ns = njord_now(host);
    put_ids(ack.client_order_id, ack.exchange_order_id, o);
    return p->answers->ack(host, &ack);
}

static void tell_update(struct paper *p, const njord_host *host, const struct paper_order *o)
{
    njord_broker_order_update update;
    njord_event_init(&update, NJORD_EV_BROKER_ORDER_UPDATE);
    update.ev.ts_ns = njord_now(host);
    put_ids(update.client_order_id, update.exchange_order_id, o);
    memcpy(update.symbol, o->symbol, sizeof o->symbol);
    memcpy(update.reason, o->reason, sizeof o->reason);
    update.status = o->status;
    update.filled_qty = o->filled_qty;
    if (o->filled_qty > 0.0)
        update.avg_price = o->paid / o->filled_qty;
    told(host, o->id, p->answers->update(host, &update));
}

static void tell_balance(struct paper *p, const njord_host *host, uint32_t asset)
{
    njord_balance_snapshot balance;
    struct paper_asset *a = &p->assets[asset];
    double total = paper_total(p, asset), locked = paper_locked(p, asset);
    njord_event_init(&balance, NJORD_EV_BALANCE_SNAPSHOT);
    balance.ev.ts_ns = njord_now(host);
    balance.free = total - locked;
    balance.locked = locked;
    memcpy(balance.asset, a->name, sizeof a->name);
    a->used = 1;
    told(host, a->name, p->answers->balance(host, &balance));
}

/* After a change: what is locked by now, and both balances. */
static void tell_balances(struct paper *p, const njord_host *host, struct paper_market *m)
{
    paper_market_relock(p, m);
    tell_balance(p, host, m->base);
    tell_balance(p, host, m->quote);
}

static njord_status tell_error(struct paper *p, const njord_host *host, const njord_order_ref *ref,
                               const char *text)
{
    return p->answers->error(host, ref, NJORD_BROKER_REJECTED, 0, text, 0);
}

static void end_order(struct paper *p, const njord_host *host, struct paper_order *o,
                      uint8_t status, const char *reason)
{
    o->status = status;
    (void)njord_copy_text(o->reason, sizeof o->reason, reason);
    tell_update(p, host, o);
}

/* ---- Filling
 * --------------------------------------------------------------------------------------------------------
 */

/* Fills `lots` of an order and tells it; 0: it could not be paid, and ended. */
static int fill(struct paper *p, const njord_host *host, struct paper_market *m,
                struct paper_order *o, int64_t lots, double price, uint8_t liquidity)
{
    int buy = o->side == NJORD_SIDE_BUY;
    double qty = njord_lots_to_qty(lots, m->step);
    double fee =
        njord_commission(qty, price, liquidity == NJORD_LIQUIDITY_MAKER ? p->maker : p->taker);
    double flow = buy ? -(qty * price) - fee : qty * price - fee;
    int64_t held;
    if (__builtin_add_overflow(m->lots, buy ? lots : -lots, &held)) {
        end_order(p, host, o, NJORD_STATUS_REJECTED, "above_max_qty");
        return 0;
    }
    if (buy && paper_total(p, m->quote) + flow < 0.0) {
        end_order(p, host, o, NJORD_STATUS_REJECTED, "insufficient_cash");
        return 0;
    }
    m->lots = held;
    paper_sum_add(&p->assets[m->quote].money, flow);
    o->filled += lots;
    o->filled_qty = njord_lots_to_qty(o->filled, m->step);
    o->paid += qty * price;
    o->fills++;
    o->status = o->filled_qty >= o->qty ? NJORD_STATUS_FILLED : NJORD_STATUS_PARTIALLY_FILLED;

    njord_broker_fill event;
    njord_event_init(&event, NJORD_EV_BROKER_FILL);
    event.ev.ts_ns = njord_now(host);
    put_ids(event.client_order_id, event.exchange_order_id, o);
    memcpy(event.symbol, o->symbol, sizeof o->symbol);
    (void)snprintf(event.trade_id, sizeof event.trade_id, "%s-%u", o->id, (unsigned)o->fills);
    memcpy(event.fee_asset, p->assets[m->quote].name, sizeof event.fee_asset);
    event.side = o->side;
    event.liquidity = liquidity;
    event.qty = qty;
    event.price = price;
    event.fee = fee;
    told(host, o->id, p->answers->fill(host, &event));
    tell_update(p, host, o);
    return 1;
}

/* What a price does to the orders that rest. lots: how much of it there is. */
static njord_status meet(struct paper *p, const njord_host *host, struct paper_market *m,
                         double price, int64_t lots)
{
    njord_match_tick tick = njord_match_trade(price, lots, p->slippage_bps);
    njord_match_fill f;
    int any = 0;
    while (njord_match_book_next(&m->book, &tick, &f)) {
        struct paper_order *o = paper_order_find(p, f.order.id);
        if (!o) /* cannot be: what rests is on record */
            return njord_fail(host, NJORD_E_FAIL, "order '%s' rests without a record", f.order.id);
        any = 1;
        if (!fill(p, host, m, o, f.lots, f.price, f.liquidity)) {
            (void)njord_match_book_cancel(&m->book, f.order.id, NULL);
            if (tick.lots != INT64_MAX)
                tick.lots += f.lots; /* others may take it */
        }
    }
    if (any)
        tell_balances(p, host, m);
    return NJORD_OK;
}

static njord_status on_trade(struct paper *p, const njord_host *host, const njord_trade *trade)
{
    struct paper_market *m = paper_market_find(p, trade->symbol);
    int64_t lots = INT64_MAX;
    if (!m)
        return NJORD_OK; /* nobody has ordered there */
    m->traded = 1;
    if (p->traded_fills) {
        double steps = floor(trade->qty / m->step * (1.0 + 1e-12) + 1e-9);
        lots = steps >= 0x1p62 ? INT64_MAX - 1 : steps > 0.0 ? (int64_t)steps : 0;
    }
    return meet(p, host, m, trade->price, lots);
}

static njord_status on_bar(struct paper *p, const njord_host *host, const njord_bar *bar)
{
    struct paper_market *m = paper_market_find(p, bar->symbol);
    return m && !m->traded ? meet(p, host, m, bar->close, INT64_MAX) : NJORD_OK;
}

/* ---- Orders
 * ---------------------------------------------------------------------------------------------------------
 */

/* Is a price a multiple of the tick, as far as doubles can tell? */
static int on_tick(double price, double tick)
{
    double n = price / tick;
    return fabs(n - floor(n + 0.5)) <= 1e-6 + n * 0x1p-50;
}

/* "", or why an order is not taken. */
static const char *judge(const struct paper_market *m, const njord_instrument *rules,
                         const njord_broker_order_req *req, double last, int64_t *lots)
{
    int limit = req->type == NJORD_TYPE_LIMIT;
    double price = limit ? req->limit_price : last == last ? last : req->limit_price;
    if ((req->side != NJORD_SIDE_BUY && req->side != NJORD_SIDE_SELL) ||
        (!limit && req->type != NJORD_TYPE_MARKET) ||
        (req->tif != NJORD_NONE_U8 && (req->tif < NJORD_TIF_GTC || req->tif > NJORD_TIF_FOK)) ||
        !isfinite(req->qty) || req->qty <= 0.0 ||
        (limit && !(req->limit_price > 0.0 && isfinite(req->limit_price))))
        return "malformed";
    if (njord_qty_to_lots(req->qty, m->step, lots) != NJORD_OK || *lots <= 0)
        return "off_step";
    if (limit && rules->tick > 0.0 && !on_tick(req->limit_price, rules->tick))
        return "off_tick";
    if (req->qty < rules->min_qty) /* untrue where there is none */
        return "below_min_qty";
    if (req->qty > rules->max_qty)
        return "above_max_qty";
    if (req->qty * price < rules->min_notional)
        return "below_min_notional";
    return "";
}

/* An order that was taken meets the last price. */
static void arrive(struct paper *p, const njord_host *host, struct paper_market *m,
                   struct paper_order *o, int64_t lots, double last)
{
    njord_match_order order;
    memset(&order, 0, sizeof order);
    memcpy(order.id, o->id, sizeof o->id);
    order.lots = lots;
    order.limit_price = o->limit_price;
    order.side = o->side;
    order.type = o->type;
    order.tif = o->tif;
    njord_match_verdict verdict = njord_match_arrival(&order, last, p->slippage_bps);
    if (verdict.action == NJORD_MATCH_FILL) {
        (void)fill(p, host, m, o, lots, verdict.price, verdict.liquidity);
        tell_balances(p, host, m);
    } else if (verdict.action == NJORD_MATCH_EXPIRE) {
        end_order(p, host, o, NJORD_STATUS_EXPIRED, "");
    } else if (njord_match_book_place(&m->book, &order) != NJORD_OK) {
        end_order(p, host, o, NJORD_STATUS_REJECTED, "max_open_orders");
    } else {
        tell_balances(p, host, m);
    }
}

static njord_status place(struct paper *p, const njord_host *host,
                          const njord_broker_order_req *req)
{
    struct paper_order made, *o = paper_order_find(p, req->client_order_id);
    if (o) { /* asked again: told again, and nothing else happens */
        njord_status status = o->acked ? tell_ack(p, host, o) : NJORD_OK;
        tell_update(p, host, o);
        return status;
    }
    njord_instrument rules = njord_instrument_of(host, req->symbol);
    struct paper_market *m = paper_market(p, req->symbol, rules.step);
    if (!m || req->client_order_id[0] == '\0')
        return njord_fail(
            host, NJORD_E_ARG,
            "order '%s': expected a client order id and a symbol BASE/QUOTE, found '%s'",
            req->client_order_id, req->symbol);
    double last = njord_last_price(host, req->symbol);
    int64_t lots = 0;
    paper_market_step(m, rules.step);
    const char *refusal = judge(m, &rules, req, last, &lots);

    memset(&made, 0, sizeof made);
    memcpy(made.id, req->client_order_id, sizeof made.id);
    memcpy(made.symbol, req->symbol, sizeof made.symbol);
    (void)njord_copy_text(made.reason, sizeof made.reason, refusal);
    made.qty = refusal[0] ? req->qty : njord_lots_to_qty(lots, m->step);
    made.limit_price = req->limit_price;
    made.side = req->side;
    made.type = req->type;
    made.tif = req->tif;
    made.status = refusal[0] ? NJORD_STATUS_REJECTED : NJORD_STATUS_NEW;
    made.acked = refusal[0] == '\0';
    if (made.acked) { /* a host that takes no ack has sent no order */
        njord_status status = tell_ack(p, host, &made);
        if (status != NJORD_OK)
            return status;
    }
    o = paper_order_add(p, &made);
    if (!o) {
        made.status = NJORD_STATUS_REJECTED;
        (void)njord_copy_text(made.reason, sizeof made.reason, "no_memory");
        tell_update(p, host, &made);
        return NJORD_OK;
    }
    tell_update(p, host, o);
    if (o->acked)
        arrive(p, host, m, o, lots, last);
    return NJORD_OK;
}

/* By the client's id, else by the one that was given here. */
static struct paper_order *order_of(const struct paper *p, const njord_order_ref *ref)
{
    const char *id = ref->client_order_id;
    if (id[0] == '\0' && strncmp(ref->exchange_order_id, "paper-", 6) == 0)
        id = ref->exchange_order_id + 6;
    return paper_order_find(p, id);
}

static njord_status cancel(struct paper *p, const njord_host *host, const njord_order_ref *ref)
{
    struct paper_order *o = order_of(p, ref);
    struct paper_market *m = o ? paper_market_find(p, o->symbol) : NULL;
    if (!m || njord_match_book_cancel(&m->book, o->id, NULL) != NJORD_OK)
        return tell_error(p, host, ref, o ? "the order has ended already" : "unknown order");
    end_order(p, host, o, NJORD_STATUS_CANCELED, "");
    tell_balances(p, host, m);
    return NJORD_OK;
}

static njord_status query(struct paper *p, const njord_host *host, const njord_order_ref *ref)
{
    struct paper_order *o = order_of(p, ref);
    if (!o)
        return tell_error(p, host, ref, "unknown order");
    tell_update(p, host, o);
    return NJORD_OK;
}

static njord_status open_orders(struct paper *p, const njord_host *host, const char *symbol)
{
    for (size_t i = 0; i < p->n_orders; i++)
        if (paper_order_open(&p->orders[i]) &&
            (!symbol || strcmp(p->orders[i].symbol, symbol) == 0))
            tell_update(p, host, &p->orders[i]);
    return NJORD_OK;
}

static njord_status balances(struct paper *p, const njord_host *host)
{
    for (uint32_t i = 0; i < p->n_assets; i++)
        if (p->assets[i].used)
            tell_balance(p, host, i);
    return NJORD_OK;
}

NJORD_BROKER(paper, "1.0.0", "fills orders itself at the prices it is shown", params,
             .create = create, .destroy = destroy, .save = paper_save, .load = paper_load,
             .place = place, .cancel = cancel, .query = query, .open_orders = open_orders,
             .balances = balances, .start_stream = balances, .on_trade = on_trade,
             .on_bar = on_bar);
