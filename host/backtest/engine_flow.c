/* engine_flow.c - the order flow of a run over trades, as a host with the paper broker works it
 * off.
 *
 * One queue: what is made gets its number then, and is delivered when its turn has come, first in
 * first out; who would act on it in a host acts on it here, in the same order and through the same
 * functions (risk rules, order record, fill rules, positions). So what is sent together is judged
 * before the first of it has filled, as live. */
#include "backtest/engine_impl.h"

#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Orders and cancels worked off in a row: a strategy that answers each fill with an order would go
 * on for ever. */
#define MAX_AT_ONCE 100000u

enum what { INTENT, DECISION, ORDER, ASKED, CANCEL, ACK, UPDATE, BROKER_FILL, FILL, POSITION, BAR };

/* What waits: this, then the event. */
struct record {
    uint32_t what, reserved;
    double before; /* of fills: the price without slippage */
};

/* ---- making ---- */

static const char *venue(const struct nj_bt *bt)
{
    return bt->o->live.venue ? bt->o->live.venue : NJ_BT_VENUE;
}

/* Numbers an event and tells who watches. */
static void stamp(struct nj_bt *bt, njord_event *event)
{
    const struct nj_bt_symbol *s = nj_bt_symbol_named(bt, njord_event_symbol(event));
    event->symbol_id = s ? s->instrument->symbol_id : NJORD_NO_SYMBOL;
    event->seq = nj_bt_next_seq(bt);
    event->ts_recv_ns = bt->now_ns;
    if (bt->o->flow && event->type != NJORD_EV_BAR)
        bt->o->flow(bt->o->flow_ctx, event);
}

static bool make(struct nj_bt *bt, enum what what, njord_event *event, double before)
{
    stamp(bt, event);
    struct record *r = nj_fifo_push(&bt->flow, sizeof *r + event->size);
    if (!r) {
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
        return false;
    }
    *r = (struct record){what, 0, before};
    memcpy(r + 1, event, event->size);
    return true;
}

njord_status nj_bt_flow_intent(struct nj_bt *bt, njord_intent *intent)
{
    bt->out->counts.intents++;
    if (!make(bt, INTENT, &intent->ev, NAN))
        return NJORD_E_NOMEM;
    int rc = nj_orders_intent(bt->orders, intent);
    if (rc == NJ_ERR_NOMEM)
        nj_bt_fail(bt, rc, "backtest: out of memory");
    return rc == 0 ? NJORD_OK : rc == NJ_ERR_LIMIT ? NJORD_E_LIMIT : NJORD_E_BUSY;
}

njord_status nj_bt_flow_cancel(struct nj_bt *bt, const struct nj_order *order)
{
    njord_cancel c;
    njord_event_init(&c, NJORD_EV_CANCEL);
    c.ev.ts_ns = bt->now_ns;
    memcpy(c.intent_id, order->intent_id, sizeof c.intent_id);
    memcpy(c.strategy_id, order->strategy_id, sizeof c.strategy_id);
    memcpy(c.reason, "strategy", sizeof "strategy");
    return make(bt, ASKED, &c.ev, NAN) ? NJORD_OK : NJORD_E_NOMEM;
}

void nj_bt_flow_bar(struct nj_bt *bt, njord_bar *bar)
{
    if (bt->o->live.bars_unheard) { /* they make the curve, and nobody else hears of them */
        nj_bt_deliver_bar(bt, bar);
        return;
    }
    make(bt, BAR, &bar->ev, NAN);
}

/* ---- the broker ---- */

static void put_ids(char *client, char *exchange, const char *id)
{
    snprintf(client, NJORD_INTENT_ID_SIZE, "%s", id);
    snprintf(exchange, NJORD_REF_SIZE, "paper-%s", id);
}

/* filled: how much of it, at `price`. */
static void tell_update(struct nj_bt *bt, const struct nj_order *order, uint8_t status,
                        const char *reason, bool acked, double filled, double price)
{
    njord_broker_order_update u = bt->blank.update;
    u.ev.ts_ns = bt->now_ns;
    put_ids(u.client_order_id, u.exchange_order_id, order->intent_id);
    if (!acked)
        memset(u.exchange_order_id, 0, sizeof u.exchange_order_id);
    memcpy(u.symbol, order->instrument->symbol, sizeof u.symbol);
    snprintf(u.reason, sizeof u.reason, "%s", reason);
    u.status = status;
    u.filled_qty = filled;
    if (filled > 0)
        u.avg_price = filled * price / filled;
    make(bt, UPDATE, &u.ev, NAN);
}

/* Of both assets: nobody takes them, but they are numbered. */
static void tell_balances(struct nj_bt *bt)
{
    nj_bt_next_seq(bt);
    nj_bt_next_seq(bt);
}

/* Can the account pay for it? */
static bool affordable(const struct nj_bt *bt, const struct nj_bt_symbol *s, uint8_t side,
                       int64_t lots, double flow)
{
    if (side != NJORD_SIDE_BUY)
        return true;
    if (!bt->o->live.purse_known &&
        (!bt->o->cash_check || (s->position->lots < 0 && lots <= -s->position->lots)))
        return true;
    return !(nj_sum_value(bt->purse) + flow < 0);
}

static void broker_fills(struct nj_bt *bt, const struct nj_bt_symbol *s,
                         const struct nj_order *order, int64_t lots, double price, double before,
                         uint8_t liquidity)
{
    bool buy = order->side == NJORD_SIDE_BUY;
    double qty = nj_lots_qty(s->instrument, lots);
    double rate = liquidity == NJORD_LIQUIDITY_MAKER ? bt->o->maker_rate : bt->o->taker_rate;
    double fee = njord_commission(qty, price, isfinite(rate) ? rate : bt->o->commission_rate);
    double flow = buy ? -(qty * price) - fee : qty * price - fee;
    if (!affordable(bt, s, order->side, lots, flow)) {
        bt->out->counts.rejected++;
        tell_update(bt, order, NJORD_STATUS_REJECTED, "insufficient_cash", true, 0, 0);
        return;
    }
    bt->purse = nj_sum_plus(bt->purse, nj_sum_of(flow));
    njord_broker_fill f = bt->blank.broker_fill;
    f.ev.ts_ns = bt->now_ns;
    put_ids(f.client_order_id, f.exchange_order_id, order->intent_id);
    memcpy(f.symbol, s->instrument->symbol, sizeof f.symbol);
    snprintf(f.trade_id, sizeof f.trade_id, "%s-1", order->intent_id); /* fills are whole */
    memcpy(f.fee_asset, s->instrument->quote, sizeof f.fee_asset);
    f.side = order->side;
    f.liquidity = liquidity;
    f.qty = qty;
    f.price = price;
    f.fee = fee;
    make(bt, BROKER_FILL, &f.ev, before);
    tell_update(bt, order, NJORD_STATUS_FILLED, "", true, qty, price);
}

void nj_bt_flow_resting(struct nj_bt *bt, struct nj_bt_symbol *s, double price)
{
    if (s->book.waiting.count + s->book.buys.count + s->book.sells.count == 0)
        return;
    njord_match_tick tick = njord_match_trade(price, INT64_MAX, bt->o->slippage_bps);
    njord_match_fill f;
    bool any = false;
    while (bt->rc == 0 && njord_match_book_next(&s->book, &tick, &f)) {
        const struct nj_order *order = nj_order_find(bt->orders, f.order.id);
        any = true;
        if (order)
            broker_fills(bt, s, order, f.lots, f.price,
                         f.order.type == NJORD_TYPE_MARKET ? price : f.price, f.liquidity);
    }
    if (any)
        tell_balances(bt);
}

/* An order that was taken meets the last price. */
static void arrive(struct nj_bt *bt, struct nj_bt_symbol *s, const struct nj_order *order)
{
    njord_match_order m = {.lots = order->lots,
                           .limit_price = order->limit_price,
                           .side = order->side,
                           .type = order->type,
                           .tif = order->tif};
    memcpy(m.id, order->intent_id, sizeof m.id);
    njord_match_verdict v = njord_match_arrival(&m, s->price, bt->o->slippage_bps);
    if (v.action == NJORD_MATCH_FILL) {
        double before = v.price; /* limits are worse by nothing */
        if (m.type == NJORD_TYPE_MARKET)
            before = s->price > 0 ? s->price : m.limit_price;
        broker_fills(bt, s, order, m.lots, v.price, before, v.liquidity);
        tell_balances(bt);
    } else if (v.action == NJORD_MATCH_EXPIRE) {
        bt->out->counts.expired++;
        tell_update(bt, order, NJORD_STATUS_EXPIRED, "", true, 0, 0);
    } else if (njord_match_book_place(&s->book, &m) != NJORD_OK) {
        bt->out->counts.rejected++;
        tell_update(bt, order, NJORD_STATUS_REJECTED, "max_open_orders", true, 0, 0);
    } else {
        tell_balances(bt);
    }
}

/* What the instrument says against it, which the broker looks at once more; "": nothing. */
static const char *judge(const struct nj_bt *bt, const struct nj_bt_symbol *s,
                         const struct nj_order *order, double qty)
{
    bool limit = order->type == NJORD_TYPE_LIMIT;
    double price = limit || isnan(s->price) ? order->limit_price : s->price;
    if (!bt->o->risk) /* not a rule of a backtest */
        return "";
    return qty < s->instrument->min_qty                ? "below_min_qty"
           : qty > s->instrument->max_qty              ? "above_max_qty"
           : qty * price < s->instrument->min_notional ? "below_min_notional"
                                                       : "";
}

/* The order leaves. */
static void place(struct nj_bt *bt, const njord_order_event *event)
{
    union {
        njord_broker_order_req event;
        char room[sizeof(njord_broker_order_req) + NJORD_MAX_META * sizeof(njord_text_pair)];
    } req;
    const struct nj_order *order = nj_order_find(bt->orders, event->intent_id);
    struct nj_bt_symbol *s = nj_bt_symbol_named(bt, event->symbol);
    if (!order || !s || order->stage != NJ_ORDER_ACCEPTED)
        return;
    njord_event_init(&req.event, NJORD_EV_BROKER_ORDER_REQ);
    memcpy(req.event.symbol, event->symbol, sizeof req.event.symbol);
    memcpy(req.event.client_order_id, event->intent_id, sizeof event->intent_id);
    req.event.side = event->side;
    req.event.type = event->type;
    req.event.tif = event->tif;
    req.event.qty = event->qty;
    req.event.limit_price = event->limit_price;
    if (event->meta.count > 0)
        njord_tail_put(&req.event.ev, sizeof req, &req.event.meta,
                       njord_tail_items(&event->ev, event->meta), event->meta.count,
                       sizeof(njord_text_pair));
    stamp(bt, &req.event.ev);
    nj_orders_sent(bt->orders, event->intent_id);
    bt->out->counts.orders++;
    const char *why = judge(bt, s, order, event->qty);
    if (why[0]) {
        bt->out->counts.rejected++;
        tell_update(bt, order, NJORD_STATUS_REJECTED, why, false, 0, 0);
        return;
    }
    njord_broker_order_ack ack;
    njord_event_init(&ack, NJORD_EV_BROKER_ORDER_ACK);
    ack.ev.ts_ns = bt->now_ns;
    put_ids(ack.client_order_id, ack.exchange_order_id, event->intent_id);
    make(bt, ACK, &ack.ev, NAN);
    tell_update(bt, order, NJORD_STATUS_NEW, "", true, 0, 0);
    arrive(bt, s, order);
}

/* The update of an order that a host ends in the broker's place. */
static void end_order(struct nj_bt *bt, const struct nj_order *order, uint8_t status,
                      const char *reason)
{
    njord_broker_order_update u = bt->blank.update;
    u.ev.ts_ns = bt->now_ns;
    memcpy(u.client_order_id, order->intent_id, sizeof order->intent_id);
    u.status = status;
    u.filled_qty = nj_lots_qty(order->instrument, order->filled_lots);
    memcpy(u.symbol, order->instrument->symbol, sizeof u.symbol);
    snprintf(u.reason, sizeof u.reason, "%s", reason);
    make(bt, UPDATE, &u.ev, NAN);
}

static void cancel(struct nj_bt *bt, const char *intent_id)
{
    const struct nj_order *order = nj_order_find(bt->orders, intent_id);
    struct nj_bt_symbol *s = order ? nj_bt_symbol_named(bt, order->instrument->symbol) : NULL;
    if (!order || !s || !nj_order_open(order))
        return; /* it has ended meanwhile */
    if (order->stage < NJ_ORDER_SENT) {
        end_order(bt, order, NJORD_STATUS_CANCELED, "canceled");
        return;
    }
    if (njord_match_book_cancel(&s->book, intent_id, NULL) != NJORD_OK) {
        end_order(bt, order, NJORD_STATUS_REJECTED, "rejected"); /* the broker has ended it */
        return;
    }
    bt->out->counts.canceled++;
    tell_update(bt, order, NJORD_STATUS_CANCELED, "", true, 0, 0);
    tell_balances(bt);
}

/* ---- risk ---- */

static void decide(struct nj_bt *bt, const njord_intent *intent)
{
    union {
        njord_decision event;
        char room[NJ_DECISION_MAX];
    } decision;
    union {
        njord_order_event event;
        char room[NJ_ORDER_MAX];
    } order;
    bt->view.now_ns = bt->now_ns;
    bool allowed = nj_risk_check(bt->risk, &bt->view, intent, bt->warming ? NJ_RISK_WARMUP : 0,
                                 venue(bt), &decision.event, &order.event);
    /* the record hears of it before the next intent is judged, which may wait behind this one */
    nj_orders_decision(bt->orders, &decision.event);
    if (allowed)
        nj_orders_accepted(bt->orders, &order.event);
    else
        nj_bt_count_refusal(bt, decision.event.reason);
    make(bt, DECISION, &decision.event.ev, NAN);
    if (allowed)
        make(bt, ORDER, &order.event.ev, NAN);
}

static void let_cancel(struct nj_bt *bt, const njord_cancel *asked)
{
    njord_cancel c = *asked;
    make(bt, CANCEL, &c.ev, NAN);
}

/* ---- fills ---- */

static void fill_of(struct nj_bt *bt, const njord_broker_fill *from, double before)
{
    const struct nj_order *order = nj_order_find(bt->orders, from->client_order_id);
    njord_fill f;
    if (!order)
        return;
    njord_event_init(&f, NJORD_EV_FILL);
    f.ev.ts_ns = from->ev.ts_ns;
    snprintf(f.fill_id, sizeof f.fill_id, "%s-%s-%s", venue(bt), order->instrument->file_name,
             from->trade_id);
    memcpy(f.order_id, from->exchange_order_id, sizeof f.order_id);
    memcpy(f.intent_id, order->intent_id, sizeof f.intent_id);
    memcpy(f.strategy_id, order->strategy_id, sizeof f.strategy_id);
    memcpy(f.symbol, order->instrument->symbol, sizeof f.symbol);
    f.side = from->side;
    f.qty = from->qty;
    f.price = from->price;
    f.fee = from->fee;
    memcpy(f.fee_asset, from->fee_asset, sizeof f.fee_asset);
    f.liquidity = from->liquidity;
    make(bt, FILL, &f.ev, before);
}

static void take_fill(struct nj_bt *bt, const njord_fill *f, double before)
{
    struct nj_bt_symbol *s = nj_bt_symbol_named(bt, f->symbol);
    const char *const owners[] = {f->strategy_id, "*"};
    struct nj_closing closing = {0};
    struct nj_error err = {0};
    if (nj_ledger_fill(bt->ledger, f, NULL, NULL, &closing, &err) != 0) {
        nj_bt_fail(bt, err.code, "%s", err.text);
        return;
    }
    nj_bt_account(bt, s, f, before, &closing);
    for (int i = 0; i < 2; i++) {
        njord_position_snapshot snapshot;
        nj_ledger_snapshot(bt->ledger, owners[i], f->symbol, s->price, f->ev.ts_ns, &snapshot);
        make(bt, POSITION, &snapshot.ev, NAN);
    }
    if (bt->o->risk) {
        bt->view.now_ns = bt->now_ns;
        nj_risk_mark(bt->risk, &bt->view, f->symbol);
    }
    nj_bt_show(bt, "fills.new", &f->ev);
}

/* ---- delivering ---- */

static void deliver(struct nj_bt *bt, const struct record *r, njord_event *event)
{
    union {
        njord_event *ev;
        njord_intent *intent;
        njord_order_event *order;
        njord_cancel *cancel;
        njord_broker_fill *broker_fill;
        njord_fill *fill;
        njord_bar *bar;
    } e = {event};
    if (bt->o->delivered)
        bt->o->delivered(bt->o->flow_ctx, event);
    switch ((enum what)r->what) {
    case INTENT:
        decide(bt, e.intent);
        break;
    case DECISION:
        nj_bt_show(bt, "risk.decisions", event);
        break;
    case ORDER:
        place(bt, e.order);
        break;
    case ASKED:
        let_cancel(bt, e.cancel);
        break;
    case CANCEL:
        nj_orders_cancel(bt->orders, e.cancel);
        cancel(bt, e.cancel->intent_id);
        break;
    case ACK:
        nj_orders_ack(bt->orders, (const njord_broker_order_ack *)event);
        break;
    case UPDATE:
        nj_orders_update(bt->orders, (const njord_broker_order_update *)event);
        nj_bt_show(bt, "broker.orders", event);
        break;
    case BROKER_FILL:
        nj_orders_fill(bt->orders, e.broker_fill);
        fill_of(bt, e.broker_fill, r->before);
        break;
    case FILL:
        take_fill(bt, e.fill, r->before);
        break;
    case POSITION:
        if (((const njord_position_snapshot *)event)->strategy_id[0] != '*')
            nj_bt_show(bt, "positions.snapshot", event);
        break;
    case BAR:
        if (bt->o->risk) {
            bt->view.now_ns = bt->now_ns;
            nj_risk_mark(bt->risk, &bt->view, e.bar->symbol);
        }
        nj_bt_deliver_bar(bt, e.bar);
        break;
    }
}

void nj_bt_flow_drain(struct nj_bt *bt)
{
    uint32_t n = 0;
    for (struct record *r; bt->rc == 0 && (r = nj_fifo_peek(&bt->flow, NULL));
         nj_fifo_release(&bt->flow)) {
        n += r->what == INTENT || r->what == ASKED;
        if (n > MAX_AT_ONCE)
            nj_bt_fail(bt, NJ_ERR_PLUGIN,
                       "strategy '%s': more than %u orders at one instant: does each fill make it "
                       "send another?",
                       bt->instance->id, MAX_AT_ONCE);
        else
            deliver(bt, r, (njord_event *)(r + 1));
    }
}
