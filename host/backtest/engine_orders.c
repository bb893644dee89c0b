/* engine_orders.c - an intent's way in a backtest: risk, the fill rules, the books, and what the
 * strategy hears of it.
 *
 * The same steps in the same order as a host with the paper broker takes them: decision, order,
 * updates, fills, positions. */
#include "backtest/engine_impl.h"

#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- telling ---- */

/* Two texts one behind the other, cut where there is no more room. */
static void join(char *out, size_t cap, const char *a, const char *b)
{
    size_t n = strnlen(a, cap - 1), m = strnlen(b, cap - 1 - n);
    memcpy(out, a, n);
    memcpy(out + n, b, m);
    out[n + m] = '\0';
}

/* An event of this run: the flow sees it first, then it is the plugin's to spoil. */
static void tell(struct nj_bt *bt, const char *topic, njord_event *event)
{
    event->seq = nj_bt_next_seq(bt);
    event->ts_recv_ns = bt->now_ns;
    if (bt->o->flow)
        bt->o->flow(bt->o->flow_ctx, event);
    nj_instance_show(bt->instance, topic, event);
}

static void tell_update(struct nj_bt *bt, const njord_match_order *m, const struct nj_bt_symbol *s,
                        uint8_t status, const char *reason)
{
    njord_broker_order_update u;
    const struct nj_order *order = nj_order_find(bt->orders, m->id);
    u = bt->blank.update;
    u.ev.ts_ns = bt->now_ns;
    memcpy(u.client_order_id, m->id, sizeof m->id);
    join(u.exchange_order_id, sizeof u.exchange_order_id, NJ_BT_VENUE "-", m->id);
    memcpy(u.symbol, s->instrument->symbol, sizeof u.symbol);
    join(u.reason, sizeof u.reason, reason, "");
    u.status = status;
    u.filled_qty = order ? nj_lots_qty(s->instrument, order->filled_lots) : 0;
    if (order && order->filled_lots > 0)
        u.avg_price = order->avg_price;
    nj_orders_update(bt->orders, &u);
    bt->n_open -= status != NJORD_STATUS_NEW;
    if (bt->hears_updates)
        tell(bt, "broker.orders", &u.ev);
    else
        nj_bt_next_seq(bt);
}

/* ---- accounting ---- */

static void *grown(struct nj_bt *bt, void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    size_t more = *cap ? 2 * *cap : 64;
    void *bigger = realloc(items, more * size);
    if (!bigger) {
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
        return NULL;
    }
    *cap = more;
    return bigger;
}

static void keep_fill(struct nj_bt *bt, const njord_fill *fill)
{
    njord_fill *fills =
        grown(bt, bt->out->fills, bt->out->n_fills, &bt->cap_fills, sizeof *bt->out->fills);
    if (!fills)
        return;
    bt->out->fills = fills;
    fills[bt->out->n_fills++] = *fill;
}

static void keep_trade(struct nj_bt *bt, const struct nj_closing *closing)
{
    struct nj_closed *trades =
        grown(bt, bt->out->trades, bt->out->n_trades, &bt->cap_trades, sizeof *bt->out->trades);
    if (!trades)
        return;
    bt->out->trades = trades;
    trades[bt->out->n_trades++] =
        (struct nj_closed){bt->now_ns, closing->realized_pnl - closing->fees};
}

static double no_price(void *ctx, const char *asset, const char *quote)
{
    (void)ctx, (void)asset, (void)quote;
    return NAN; /* fees are in the quote asset here */
}

/* Can it be paid now? What reduces a position always can. */
static bool affordable(const struct nj_bt *bt, const struct nj_bt_symbol *s, uint8_t side,
                       int64_t lots, double qty, double price, double fee)
{
    const struct nj_position *p = s->position;
    if (!bt->o->cash_check || side != NJORD_SIDE_BUY || (p && p->lots < 0 && lots <= -p->lots))
        return true;
    return bt->cash >= qty * price + fee;
}

/* Fills `lots` of an order; before: its price without slippage. False: it could not be paid, and
 * ended. `m->lots` is what is left after it. */
static bool fill(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_match_order *m, int64_t lots,
                 double price, double before, uint8_t liquidity)
{
    const struct nj_order *order = nj_order_find(bt->orders, m->id);
    double qty = nj_lots_qty(s->instrument, lots);
    double rate = liquidity == NJORD_LIQUIDITY_MAKER ? bt->o->maker_rate : bt->o->taker_rate;
    double fee = njord_commission(qty, price, isfinite(rate) ? rate : bt->o->commission_rate);
    struct nj_closing closing;
    struct nj_error err = {0};
    njord_fill f;
    njord_broker_fill b;
    if (!order)
        return false;
    if (!affordable(bt, s, m->side, lots, qty, price, fee)) {
        tell_update(bt, m, s, NJORD_STATUS_REJECTED, "insufficient_cash");
        return false;
    }
    b = bt->blank.broker_fill;
    b.ev.ts_ns = bt->now_ns;
    memcpy(b.client_order_id, m->id, sizeof m->id);
    join(b.exchange_order_id, sizeof b.exchange_order_id, NJ_BT_VENUE "-", m->id);
    memcpy(b.symbol, s->instrument->symbol, sizeof b.symbol);
    join(b.trade_id, sizeof b.trade_id, m->id, "-1"); /* fills are whole: an order has one */
    b.side = m->side;
    b.qty = qty;
    b.price = price;
    b.fee = fee;
    memcpy(b.fee_asset, s->instrument->quote, sizeof b.fee_asset);
    b.liquidity = liquidity;
    f = bt->blank.fill;
    f.ev.ts_ns = bt->now_ns;
    join(f.fill_id, sizeof f.fill_id, s->fill_prefix, b.trade_id);
    memcpy(f.order_id, b.exchange_order_id, sizeof f.order_id);
    memcpy(f.intent_id, m->id, sizeof f.intent_id);
    memcpy(f.strategy_id, bt->instance->id, sizeof f.strategy_id);
    memcpy(f.symbol, b.symbol, sizeof f.symbol);
    f.side = m->side;
    f.qty = qty;
    f.price = price;
    f.fee = fee;
    memcpy(f.fee_asset, b.fee_asset, sizeof f.fee_asset);
    f.liquidity = liquidity;
    if (nj_ledger_fill(bt->ledger, &f, no_price, bt, &closing, &err) != 0) {
        nj_bt_fail(bt, err.code, "%s", err.text);
        return false;
    }
    nj_orders_fill(bt->orders, &b);
    if (bt->o->flow)
        bt->o->flow(bt->o->flow_ctx, &b.ev);
    if (!s->position)
        s->position = nj_ledger_position(bt->ledger, bt->o->strategy_id, s->instrument->symbol);
    s->qty = nj_position_qty(s->position);
    bt->cash = nj_ledger_cash(bt->ledger, bt->o->strategy_id);
    bt->held = false;
    for (uint32_t i = 0; i < bt->n_symbols; i++)
        bt->held = bt->held || bt->symbols[i].qty != 0;
    bt->fees = nj_sum_plus(bt->fees, nj_sum_of(fee));
    bt->notional = nj_sum_plus(bt->notional, nj_sum_product(qty, price));
    bt->slippage = nj_sum_plus(bt->slippage, nj_sum_of(qty * fabs(price - before)));
    bt->out->counts.fills++;
    if (closing.lots != 0)
        keep_trade(bt, &closing);
    if (m->lots == 0)
        tell_update(bt, m, s, NJORD_STATUS_FILLED, "");
    f.ev.seq = nj_bt_next_seq(bt);
    f.ev.ts_recv_ns = bt->now_ns;
    keep_fill(bt, &f);
    tell(bt, "fills.new", &f.ev);
    njord_position_snapshot snapshot;
    nj_ledger_snapshot(bt->ledger, bt->o->strategy_id, s->instrument->symbol, s->price, bt->now_ns,
                       &snapshot);
    tell(bt, "positions.snapshot", &snapshot.ev);
    if (bt->o->risk)
        nj_risk_mark(bt->risk, &bt->view, s->instrument->symbol);
    return true;
}

/* ---- arrival ---- */

static void rest(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_match_order *m)
{
    njord_status status = njord_match_book_place(&s->book, m);
    tell_update(bt, m, s, status == NJORD_OK ? NJORD_STATUS_NEW : NJORD_STATUS_REJECTED,
                status == NJORD_OK ? "" : "too_many_orders");
}

/* An order meets `price`: the close, the next open, or the last trade. */
static void arrive(struct nj_bt *bt, struct nj_bt_symbol *s, njord_match_order *m, double price)
{
    njord_match_verdict v = bt->o->input == NJ_COLUMNS_TRADES
                                ? njord_match_arrival(m, price, bt->o->slippage_bps)
                                : njord_match_arrival_bar(m, price, bt->o->slippage_bps);
    if (v.action == NJORD_MATCH_REST) {
        rest(bt, s, m);
        return;
    }
    tell_update(bt, m, s, NJORD_STATUS_NEW, "");
    if (v.action == NJORD_MATCH_EXPIRE) {
        bt->out->counts.expired++;
        tell_update(bt, m, s, NJORD_STATUS_EXPIRED, "");
        return;
    }
    int64_t lots = m->lots;
    m->lots = 0;
    fill(bt, s, m, lots, v.price, m->type == NJORD_TYPE_MARKET && price > 0 ? price : v.price,
         v.liquidity);
}

/* Waits for the next open: what the bar at hand can no longer serve. A limit good till cancelled
 * rests from the next bar on, whose open is part of it. */
static bool waits_for_open(const struct nj_bt *bt, const njord_match_order *m)
{
    return bt->o->fill == NJ_BT_FILL_NEXT_OPEN && bt->o->input == NJ_COLUMNS_BARS &&
           (m->type == NJORD_TYPE_MARKET || m->tif == NJORD_TIF_IOC || m->tif == NJORD_TIF_FOK);
}

static void place(struct nj_bt *bt, const njord_order_event *order)
{
    struct nj_bt_symbol *s = nj_bt_symbol_named(bt, order->symbol);
    njord_match_order m = {0};
    if (!s || !nj_lots_nearest(s->instrument, order->qty, &m.lots))
        return; /* risk refuses such */
    memcpy(m.id, order->intent_id, sizeof m.id);
    m.limit_price = order->limit_price;
    m.side = order->side;
    m.type = order->type;
    m.tif = order->tif;
    bt->out->counts.orders++;
    nj_orders_sent(bt->orders, m.id);
    if (!waits_for_open(bt, &m)) {
        arrive(bt, s, &m, s->price);
        return;
    }
    njord_match_order *waiting = nj_fifo_push(&s->at_open, sizeof m);
    if (!waiting)
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
    else
        *waiting = m;
}

/* ---- decisions ---- */

static void count_refusal(struct nj_bt *bt, const char *reason)
{
    struct nj_bt_outcome *out = bt->out;
    size_t i = 0;
    out->counts.refused++;
    while (i < out->n_refusals && strcmp(out->refusals[i].reason, reason) != 0)
        i++;
    if (i == out->n_refusals) {
        struct nj_bt_refusals *more = realloc(out->refusals, (i + 1) * sizeof *more);
        if (!more) {
            nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
            return;
        }
        out->refusals = more;
        more[i] = (struct nj_bt_refusals){.n = 0};
        snprintf(more[i].reason, sizeof more[i].reason, "%s", reason);
        out->n_refusals++;
    }
    out->refusals[i].n++;
}

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
                                 NJ_BT_VENUE, &decision.event, &order.event);
    nj_orders_decision(bt->orders, &decision.event);
    if (!allowed) {
        bt->n_open--;
        count_refusal(bt, decision.event.reason);
    }
    tell(bt, "risk.decisions", &decision.event.ev);
    if (!allowed)
        return;
    nj_orders_accepted(bt->orders, &order.event);
    order.event.ev.seq = nj_bt_next_seq(bt);
    order.event.ev.ts_recv_ns = bt->now_ns;
    if (bt->o->flow)
        bt->o->flow(bt->o->flow_ctx, &order.event.ev);
    place(bt, &order.event);
}

/* ---- cancels ---- */

/* Takes an order out of those that wait for the next open. */
static bool unwait(struct nj_bt_symbol *s, const char *id, njord_match_order *out)
{
    struct nj_fifo_cursor at = {0};
    for (njord_match_order *m; (m = nj_fifo_next(&s->at_open, &at));)
        if (m->lots > 0 && strcmp(m->id, id) == 0) {
            *out = *m;
            m->lots = 0; /* passed over when its turn comes */
            return true;
        }
    return false;
}

static void cancel(struct nj_bt *bt, const njord_cancel *c)
{
    const struct nj_order *order = nj_order_find(bt->orders, c->intent_id);
    njord_match_order m;
    if (!order || !nj_order_open(order))
        return; /* it has ended meanwhile */
    struct nj_bt_symbol *s = nj_bt_symbol_named(bt, order->instrument->symbol);
    nj_orders_cancel(bt->orders, c);
    if (!s || (!unwait(s, c->intent_id, &m) &&
               njord_match_book_cancel(&s->book, c->intent_id, &m) != NJORD_OK))
        return;
    bt->out->counts.canceled++;
    tell_update(bt, &m, s, NJORD_STATUS_CANCELED, c->reason);
}

/* ---- what the engine calls ---- */

void nj_bt_settle(struct nj_bt *bt)
{
    for (struct nj_bt_wish *w; bt->rc == 0 && (w = nj_fifo_peek(&bt->wishes, NULL));
         nj_fifo_release(&bt->wishes)) {
        if (w->action == NJ_BT_INTENT)
            decide(bt, (const njord_intent *)(w + 1));
        else
            cancel(bt, (const njord_cancel *)(w + 1));
    }
}

void nj_bt_at_open(struct nj_bt *bt, struct nj_bt_symbol *s, double open)
{
    size_t n = 0;
    struct nj_fifo_cursor at = {0};
    while (nj_fifo_next(&s->at_open, &at))
        n++; /* orders that come meanwhile wait for the next one */
    while (n-- > 0 && bt->rc == 0) {
        njord_match_order m = *(njord_match_order *)nj_fifo_peek(&s->at_open, NULL);
        nj_fifo_release(&s->at_open);
        if (m.lots > 0)
            arrive(bt, s, &m, open);
    }
    nj_bt_settle(bt);
}

void nj_bt_resting(struct nj_bt *bt, struct nj_bt_symbol *s, njord_match_tick tick)
{
    njord_match_fill filled;
    while (bt->rc == 0 && njord_match_book_next(&s->book, &tick, &filled)) {
        double before = filled.price;
        if (filled.order.type == NJORD_TYPE_MARKET)
            before = tick.open; /* it waited for a first price */
        else if (bt->o->input == NJ_COLUMNS_BARS &&
                 (filled.order.side == NJORD_SIDE_BUY ? tick.low : tick.high) ==
                     filled.order.limit_price)
            bt->out->counts.limit_fills_at_touch++;
        fill(bt, s, &filled.order, filled.lots, filled.price, before, filled.liquidity);
    }
}
