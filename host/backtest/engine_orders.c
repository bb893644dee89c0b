/* engine_orders.c - an intent's way in a backtest: risk, the fill rules, the books, and what the
 * strategy hears of it.
 *
 * Over bars: an order at a time is taken to its end. Over trades engine_flow.c does it as a host.
 */
#include "backtest/engine_impl.h"

#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Orders and cancels worked off in a row: a strategy that answers each fill with an order would go
 * on for ever. */
#define MAX_AT_ONCE 100000u

/* ---- telling ---- */

/* An event of this run: the flow sees it first, then it is the plugin's to spoil. */
static void tell(struct nj_bt *bt, const char *topic, njord_event *event)
{
    event->seq = nj_bt_next_seq(bt);
    event->ts_recv_ns = bt->now_ns;
    if (bt->o->flow)
        bt->o->flow(bt->o->flow_ctx, event);
    nj_instance_show(bt->instance, topic, event);
}

static struct nj_order *order_of(const njord_match_order *m)
{
    return (struct nj_order *)(uintptr_t)m->user;
}

/* Tells where an order stands now. */
static void tell_update(struct nj_bt *bt, const struct nj_order *order, uint8_t status,
                        const char *reason)
{
    njord_broker_order_update u;
    if (!bt->hears_updates) {
        nj_bt_next_seq(bt);
        return;
    }
    u = bt->blank.update;
    u.ev.ts_ns = bt->now_ns;
    memcpy(u.client_order_id, order->intent_id, sizeof order->intent_id);
    nj_bt_venue_id(u.exchange_order_id, order->intent_id, strlen(order->intent_id));
    memcpy(u.symbol, order->instrument->symbol, sizeof u.symbol);
    snprintf(u.reason, sizeof u.reason, "%s", reason);
    u.status = status;
    u.filled_qty = nj_lots_qty(order->instrument, order->filled_lots);
    if (order->filled_lots > 0)
        u.avg_price = order->avg_price;
    tell(bt, "broker.orders", &u.ev);
}

/* An order ends unfilled, and that is told. */
static void finish(struct nj_bt *bt, struct nj_order *order, enum nj_order_stage stage,
                   uint8_t status, const char *reason)
{
    nj_order_end(bt->orders, order, stage, reason);
    bt->n_open--;
    tell_update(bt, order, status, reason);
}

/* ---- accounting ---- */

/* Lots that were bought above and below may come to nothing but for the last bits of their prices:
 * neither a win nor a loss. worth: of the lots closed, at the price of the fill. */
static double profit_of(const struct nj_closing *closing, double worth)
{
    double profit = closing->realized_pnl - closing->fees;
    return fabs(profit) < worth * 1e-13 ? 0 : profit;
}

static void keep_trade(struct nj_bt *bt, const struct nj_closing *closing, double worth)
{
    struct nj_closed *trades = nj_bt_grown(bt, bt->out->trades, bt->out->n_trades, &bt->cap_trades,
                                           sizeof *bt->out->trades);
    if (!trades)
        return;
    bt->out->trades = trades;
    trades[bt->out->n_trades++] = (struct nj_closed){bt->now_ns, profit_of(closing, worth)};
}

/* Can it be paid now? What reduces a position always can. */
static bool affordable(const struct nj_bt *bt, const struct nj_bt_symbol *s, uint8_t side,
                       int64_t lots, double qty, double price, double fee)
{
    const struct nj_position *p = s->position;
    if (!bt->o->cash_check || side != NJORD_SIDE_BUY || (p->lots < 0 && lots <= -p->lots))
        return true;
    return bt->cash >= qty * price + fee;
}

/* The venue's own event, for who watches the flow. */
static void flow_fill(struct nj_bt *bt, const njord_fill *f)
{
    njord_broker_fill b = bt->blank.broker_fill;
    size_t len = strlen(f->intent_id);
    b.ev.ts_ns = bt->now_ns;
    memcpy(b.client_order_id, f->intent_id, sizeof f->intent_id);
    memcpy(b.exchange_order_id, f->order_id, sizeof b.exchange_order_id);
    memcpy(b.symbol, f->symbol, sizeof b.symbol);
    memcpy(b.trade_id, f->intent_id, len);
    memcpy(b.trade_id + len, "-1", 3); /* fills are whole: an order has one */
    b.side = f->side;
    b.qty = f->qty;
    b.price = f->price;
    b.fee = f->fee;
    memcpy(b.fee_asset, f->fee_asset, sizeof b.fee_asset);
    b.liquidity = f->liquidity;
    bt->o->flow(bt->o->flow_ctx, &b.ev);
}

/* What a fill changes in the figures of the run. */
static void account(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_fill *f, double before,
                    const struct nj_closing *closing)
{
    s->qty = nj_position_qty(s->position);
    bt->cash = nj_position_cash(s->position);
    bt->held = false;
    for (uint32_t i = 0; i < bt->n_symbols; i++)
        bt->held = bt->held || bt->symbols[i].qty != 0;
    bt->fees = nj_sum_plus(bt->fees, nj_sum_of(f->fee));
    bt->notional = nj_sum_plus(bt->notional, nj_sum_product(f->qty, f->price));
    bt->slippage = nj_sum_plus(bt->slippage, nj_sum_of(f->qty * fabs(f->price - before)));
    bt->out->counts.fills++;
    bt->out->n_fills++;
    if (closing->lots != 0)
        keep_trade(bt, closing, fabs(nj_lots_qty(s->instrument, closing->lots)) * f->price);
}

void nj_bt_account(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_fill *f, double before,
                   const struct nj_closing *closing)
{
    struct nj_bt_kept *kept = nj_bt_next_kept(bt);
    if (!kept)
        return;
    *kept = (struct nj_bt_kept){.ts_ns = f->ev.ts_ns,
                                .seq = f->ev.seq,
                                .qty = f->qty,
                                .price = f->price,
                                .fee = f->fee,
                                .series = (uint32_t)(s - bt->symbols),
                                .side = f->side,
                                .liquidity = f->liquidity};
    memcpy(kept->intent_id, f->intent_id, sizeof kept->intent_id);
    account(bt, s, f, before, closing);
}

/* What the strategy hears of a fill: where the order stands, the fill, the position. */
static void tell_fill(struct nj_bt *bt, const struct nj_bt_symbol *s, const struct nj_order *order,
                      struct nj_bt_kept *kept)
{
    tell_update(bt, order, NJORD_STATUS_FILLED, "");
    kept->seq = nj_bt_next_seq(bt);
    if (bt->hears_fills) {
        njord_fill own = s->fill; /* the plugin's to spoil */
        own.ev.seq = kept->seq;
        own.ev.ts_recv_ns = bt->now_ns;
        tell(bt, "fills.new", &own.ev);
    } else {
        nj_bt_next_seq(bt);
    }
    if (bt->hears_positions) {
        njord_position_snapshot snapshot;
        nj_ledger_snapshot(bt->ledger, bt->o->strategy_id, s->instrument->symbol, s->price,
                           bt->now_ns, &snapshot);
        tell(bt, "positions.snapshot", &snapshot.ev);
    } else {
        nj_bt_next_seq(bt);
    }
}

/* The books take it; false: they could not, and the run has failed. */
static bool book_fill(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_match_order *m,
                      struct nj_closing *closing)
{
    struct nj_error err = {0};
    if (nj_ledger_fill_position(bt->ledger, s->position, &s->fill, closing, &err) == 0)
        return true;
    nj_bt_fill_ids(&s->fill, bt->out->names[s - bt->symbols].prefix, m->id); /* for its line */
    nj_ledger_fill_position(bt->ledger, s->position, &s->fill, closing, &err);
    nj_bt_fail(bt, err.code, "%s", err.text);
    return false;
}

/* Fills an order whole; before: its price without slippage. One that cannot be paid ends: false. */
static bool fill(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_match_order *m, int64_t lots,
                 double price, double before, uint8_t liquidity)
{
    struct nj_order *order = order_of(m);
    double qty = nj_lots_qty(s->instrument, lots);
    double rate = liquidity == NJORD_LIQUIDITY_MAKER ? bt->o->maker_rate : bt->o->taker_rate;
    double fee = njord_commission(qty, price, isfinite(rate) ? rate : bt->o->commission_rate);
    struct nj_closing closing;
    njord_fill *f = &s->fill;
    if (!affordable(bt, s, m->side, lots, qty, price, fee)) {
        bt->out->counts.rejected++;
        finish(bt, order, NJ_ORDER_REJECTED, NJORD_STATUS_REJECTED, "insufficient_cash");
        return false;
    }
    struct nj_bt_kept *kept = nj_bt_next_kept(bt);
    if (!kept)
        return false;
    f->ev.ts_ns = bt->now_ns;
    f->side = m->side;
    f->liquidity = liquidity;
    f->qty = qty;
    f->price = price;
    f->fee = fee;
    if (bt->hears_fills)
        nj_bt_fill_ids(f, bt->out->names[s - bt->symbols].prefix, m->id);
    if (!book_fill(bt, s, m, &closing))
        return false;
    *kept = (struct nj_bt_kept){.ts_ns = bt->now_ns,
                                .qty = qty,
                                .price = price,
                                .fee = fee,
                                .series = (uint32_t)(s - bt->symbols),
                                .side = m->side,
                                .liquidity = liquidity};
    memcpy(kept->intent_id, m->id, sizeof kept->intent_id);
    nj_order_fill(bt->orders, order, lots, price);
    bt->n_open--;
    if (bt->o->flow)
        flow_fill(bt, f);
    account(bt, s, f, before, &closing);
    tell_fill(bt, s, order, kept);
    if (bt->o->risk)
        nj_risk_mark(bt->risk, &bt->view, s->instrument->symbol);
    return true;
}

/* ---- arrival ---- */

/* From now on a cancel must find it. */
static bool name(struct nj_bt *bt, struct nj_order *order)
{
    if (nj_orders_name(bt->orders, order))
        return true;
    nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
    return false;
}

/* Is the symbol's next bar under way? A timer that fires between its open and its close sends what
 * the prices before it must not fill. */
static bool within_bar(const struct nj_bt *bt, const struct nj_bt_symbol *s)
{
    return s->columns && bt->now_ns < s->next_ns && bt->now_ns > s->next_ns - bt->length_ns;
}

/* True: it rests, from the next bar on. */
static bool rests(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_match_order *m)
{
    if (!within_bar(bt, s))
        return njord_match_book_place(&s->book, m) == NJORD_OK;
    njord_match_order *late = nj_fifo_push(&s->late, sizeof *m);
    if (late)
        *late = *m;
    else
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
    return late != NULL;
}

static void rest(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_match_order *m)
{
    struct nj_order *order = order_of(m);
    if (!name(bt, order))
        return;
    if (rests(bt, s, m)) {
        order->stage = NJ_ORDER_ACKED;
        tell_update(bt, order, NJORD_STATUS_NEW, "");
    } else {
        bt->out->counts.rejected++;
        finish(bt, order, NJ_ORDER_REJECTED, NJORD_STATUS_REJECTED, "too_many_orders");
    }
}

/* An order meets `price`: the close, or the next open. */
static void arrive(struct nj_bt *bt, struct nj_bt_symbol *s, njord_match_order *m, double price)
{
    njord_match_verdict v = njord_match_arrival_bar(m, price, bt->o->slippage_bps);
    if (v.action == NJORD_MATCH_REST) {
        rest(bt, s, m);
        return;
    }
    order_of(m)->stage = NJ_ORDER_ACKED;
    tell_update(bt, order_of(m), NJORD_STATUS_NEW, "");
    if (v.action == NJORD_MATCH_EXPIRE) {
        bt->out->counts.expired++;
        finish(bt, order_of(m), NJ_ORDER_EXPIRED, NJORD_STATUS_EXPIRED, "");
        return;
    }
    double before = v.price; /* limits are worse by nothing */
    if (m->type == NJORD_TYPE_MARKET)
        before = price > 0 ? price : m->limit_price;
    (void)fill(bt, s, m, m->lots, v.price, before, v.liquidity);
}

/* Waits for the next open: what the bar at hand can no longer serve. A limit good till cancelled
 * rests from the next bar on, whose open is part of it. */
static bool waits_for_open(const struct nj_bt *bt, const njord_match_order *m)
{
    return bt->o->fill == NJ_BT_FILL_NEXT_OPEN &&
           (m->type == NJORD_TYPE_MARKET || m->tif == NJORD_TIF_IOC || m->tif == NJORD_TIF_FOK);
}

static void place(struct nj_bt *bt, struct nj_bt_symbol *s, struct nj_order *order)
{
    njord_match_order m = {.user = (uint64_t)(uintptr_t)order,
                           .lots = order->lots,
                           .limit_price = order->limit_price,
                           .side = order->side,
                           .type = order->type,
                           .tif = order->tif};
    memcpy(m.id, order->intent_id, sizeof m.id);
    bt->out->counts.orders++;
    if (!waits_for_open(bt, &m)) {
        arrive(bt, s, &m, s->price);
        return;
    }
    njord_match_order *waiting = name(bt, order) ? nj_fifo_push(&s->at_open, sizeof m) : NULL;
    if (waiting)
        *waiting = m;
    else
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
}

/* ---- decisions ---- */

void nj_bt_count_refusal(struct nj_bt *bt, const char *reason)
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

/* What the rules look at, where the symbol is one of the run. */
static void look_up(struct nj_bt *bt, const struct nj_bt_symbol *s)
{
    struct nj_risk_known *k = &bt->known;
    bt->view.now_ns = bt->now_ns;
    bt->view.known = s ? k : NULL;
    if (!s)
        return;
    k->instrument = s->instrument;
    k->position = s->position;
    nj_order_desk_working(&s->desk, &k->buys, &k->sells, &k->bound_cash);
    k->cash = bt->cash;
    k->last = s->price;
    k->last_ts_ns = s->price_ts_ns;
}

static void decide(struct nj_bt *bt, const struct nj_bt_wish *w)
{
    const njord_intent *intent = (const njord_intent *)(w + 1);
    union {
        njord_decision event;
        char room[NJ_DECISION_MAX];
    } decision;
    union {
        njord_order_event event;
        char room[NJ_ORDER_MAX];
    } order;
    struct nj_risk_answer answer;
    bool told = bt->hears_decisions;
    look_up(bt, w->symbol);
    bool allowed =
        nj_risk_decide(bt->risk, &bt->view, intent, bt->warming ? NJ_RISK_WARMUP : 0, NJ_BT_VENUE,
                       told ? &decision.event : NULL, told ? &order.event : NULL, &answer);
    if (allowed) {
        nj_order_let_through(w->order, answer.lots, answer.limit_price, answer.reference_price);
    } else {
        nj_order_refuse(bt->orders, w->order, answer.reason);
        bt->n_open--;
        nj_bt_count_refusal(bt, answer.reason);
    }
    if (told)
        tell(bt, "risk.decisions", &decision.event.ev);
    else
        nj_bt_next_seq(bt);
    if (!allowed || !w->symbol)
        return;
    uint64_t seq = nj_bt_next_seq(bt);
    if (bt->o->flow) {
        order.event.ev.seq = seq;
        order.event.ev.ts_recv_ns = bt->now_ns;
        bt->o->flow(bt->o->flow_ctx, &order.event.ev);
    }
    place(bt, w->symbol, w->order);
}

/* ---- cancels ---- */

/* Takes an order out of those that wait for the next open, or for the bar after this one. */
static bool unwait(const struct nj_fifo *waiting, const struct nj_order *order)
{
    struct nj_fifo_cursor at = {0};
    for (njord_match_order *m; (m = nj_fifo_next(waiting, &at));)
        if (m->lots > 0 && order_of(m) == order) {
            m->lots = 0; /* passed over when its turn comes */
            return true;
        }
    return false;
}

static void cancel(struct nj_bt *bt, const njord_cancel *c)
{
    struct nj_order *order = nj_orders_open_of(bt->orders, c->intent_id);
    if (!order)
        return; /* it has ended meanwhile */
    struct nj_bt_symbol *s = nj_bt_symbol_named(bt, order->instrument->symbol);
    order->cancel_wanted = true;
    if (!s || (!unwait(&s->at_open, order) && !unwait(&s->late, order) &&
               njord_match_book_cancel(&s->book, c->intent_id, NULL) != NJORD_OK))
        return;
    bt->out->counts.canceled++;
    finish(bt, order, NJ_ORDER_CANCELED, NJORD_STATUS_CANCELED, c->reason);
}

/* ---- what the engine calls ---- */

void nj_bt_settle(struct nj_bt *bt)
{
    uint32_t n = 0;
    for (struct nj_bt_wish *w; bt->rc == 0 && (w = nj_fifo_peek(&bt->wishes, NULL));
         nj_fifo_release(&bt->wishes)) {
        if (++n > MAX_AT_ONCE) {
            nj_bt_fail(bt, NJ_ERR_PLUGIN,
                       "strategy '%s': more than %u orders at one instant: does each fill make it "
                       "send another?",
                       bt->instance->id, MAX_AT_ONCE);
            return;
        }
        if (w->action == NJ_BT_INTENT)
            decide(bt, w);
        else if (w->action == NJ_BT_CANCEL)
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
}

void nj_bt_rest_late(struct nj_bt *bt, struct nj_bt_symbol *s)
{
    for (njord_match_order *m; bt->rc == 0 && (m = nj_fifo_peek(&s->late, NULL));
         nj_fifo_release(&s->late))
        if (m->lots > 0 && njord_match_book_place(&s->book, m) != NJORD_OK) {
            bt->out->counts.rejected++;
            finish(bt, order_of(m), NJ_ORDER_REJECTED, NJORD_STATUS_REJECTED, "too_many_orders");
        }
}

void nj_bt_resting(struct nj_bt *bt, struct nj_bt_symbol *s, njord_match_tick tick)
{
    njord_match_fill filled;
    while (bt->rc == 0 && njord_match_book_next(&s->book, &tick, &filled)) {
        double before = filled.price;
        if (filled.order.type == NJORD_TYPE_MARKET)
            before = tick.open; /* it waited for a first price */
        bool touched = filled.order.type == NJORD_TYPE_LIMIT &&
                       (filled.order.side == NJORD_SIDE_BUY ? tick.low : tick.high) ==
                           filled.order.limit_price;
        if (fill(bt, s, &filled.order, filled.lots, filled.price, before, filled.liquidity))
            bt->out->counts.limit_fills_at_touch += touched;
    }
}
