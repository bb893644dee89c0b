/* A trial as it goes on: events shown, orders decided and filled, timers fired. */
#include "runtime/trial.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_NS      1735689600000000000 /* 2025-01-01T00:00:00Z */
#define RESTS_NS      600000000000        /* a limit order is cancelled after ten minutes */
#define TIMERS_A_STEP 16

bool nj_trial_init(struct nj_trial *t)
{
    *t = (struct nj_trial){0};
    nj_trial_ops_init(t);
    t->market.now_ns = START_NS;
    t->market.random = 1;
    t->market.price[0] = 5;
    t->market.price[1] = 60000;
    t->room = malloc(NJ_TRIAL_ROOM);
    return t->room != NULL;
}

void nj_trial_free(struct nj_trial *t)
{
    nj_buf_free(&t->outputs);
    free(t->room);
    t->room = NULL;
}

/* ---- the host's part ---- */

static void show(struct nj_trial *t, const char *topic, njord_event *event, int64_t ts_ns)
{
    event->seq = ++t->market.seq;
    event->ts_ns = ts_ns;
    event->ts_recv_ns = t->market.now_ns;
    uint32_t at = nj_trial_symbol_at(njord_event_symbol(event));
    event->symbol_id = at < NJ_TRIAL_SYMBOLS ? at : NJORD_NO_SYMBOL;
    nj_instance_event(t->instance, topic, event);
}

static void show_update(struct nj_trial *t, const struct nj_trial_order *o, uint8_t status,
                        double filled, double price)
{
    njord_broker_order_update u;
    njord_event_init(&u, NJORD_EV_BROKER_ORDER_UPDATE);
    memcpy(u.client_order_id, o->id, sizeof u.client_order_id);
    snprintf(u.exchange_order_id, sizeof u.exchange_order_id, "x-%s", o->id);
    snprintf(u.symbol, sizeof u.symbol, "%s", nj_trial_symbols[o->symbol]);
    u.status = status;
    u.filled_qty = filled;
    u.avg_price = filled > 0 ? price : NAN;
    show(t, "broker.orders", &u.ev, t->market.now_ns);
}

static void decide(struct nj_trial *t, const struct nj_trial_order *o)
{
    njord_decision d;
    njord_event_init(&d, NJORD_EV_DECISION);
    memcpy(d.intent_id, o->id, sizeof d.intent_id);
    snprintf(d.strategy_id, sizeof d.strategy_id, "%s", t->instance->id);
    d.allowed = 1;
    snprintf(d.reason, sizeof d.reason, "ok");
    show(t, "risk.decisions", &d.ev, t->market.now_ns);
    show_update(t, o, NJORD_STATUS_NEW, 0, 0);
}

static void fill_order(struct nj_trial *t, const struct nj_trial_order *o)
{
    double price = t->market.price[o->symbol];
    t->market.position[o->symbol] += o->side == NJORD_SIDE_BUY ? o->qty : -o->qty;
    show_update(t, o, NJORD_STATUS_FILLED, o->qty, price);
    njord_fill f;
    njord_event_init(&f, NJORD_EV_FILL);
    snprintf(f.fill_id, sizeof f.fill_id, "check-%s-1", o->id);
    snprintf(f.order_id, sizeof f.order_id, "x-%s", o->id);
    memcpy(f.intent_id, o->id, sizeof f.intent_id);
    snprintf(f.strategy_id, sizeof f.strategy_id, "%s", t->instance->id);
    snprintf(f.symbol, sizeof f.symbol, "%s", nj_trial_symbols[o->symbol]);
    f.side = o->side;
    f.qty = o->qty;
    f.price = price;
    f.fee = price * o->qty * 0.001;
    show(t, "fills.new", &f.ev, t->market.now_ns);
    njord_position_snapshot p;
    njord_event_init(&p, NJORD_EV_POSITION_SNAPSHOT);
    snprintf(p.strategy_id, sizeof p.strategy_id, "%s", t->instance->id);
    snprintf(p.symbol, sizeof p.symbol, "%s", nj_trial_symbols[o->symbol]);
    p.qty = t->market.position[o->symbol];
    p.avg_price = p.qty != 0 ? price : 0;
    p.realized_pnl = 0;
    p.fees_paid = 0;
    show(t, "positions.snapshot", &p.ev, t->market.now_ns);
}

/* What becomes of orders, one change each: decided, filled, cancelled. */
static void work_orders(struct nj_trial *t)
{
    for (uint32_t k = 0; k < t->market.n_orders;) {
        struct nj_trial_order *at = &t->market.orders[k], o = *at;
        if (o.fresh) {
            at->fresh = false;
            decide(t, &o);
            continue;
        }
        bool fills = o.type == NJORD_TYPE_MARKET;
        bool ends = o.cancel_wanted || t->market.now_ns - o.ts_ns > RESTS_NS;
        if (!fills && !ends) {
            k++;
            continue;
        }
        memmove(at, at + 1, (t->market.n_orders - k - 1) * sizeof *at);
        t->market.n_orders--;
        if (fills)
            fill_order(t, &o);
        else
            show_update(t, &o, NJORD_STATUS_CANCELED, 0, 0);
    }
}

static void fire_timers(struct nj_trial *t)
{
    for (int n = 0; n < TIMERS_A_STEP; n++) {
        struct nj_trial_timer *due = NULL;
        for (uint32_t k = 0; k < NJ_TRIAL_TIMERS; k++) {
            struct nj_trial_timer *at = &t->market.timers[k];
            if (at->set && at->due_ns <= t->market.now_ns && (!due || at->due_ns < due->due_ns))
                due = at;
        }
        if (!due)
            return;
        struct nj_trial_timer fired = *due;
        if (fired.period_ns > 0)
            due->due_ns = t->market.now_ns + fired.period_ns;
        else
            due->set = false;
        nj_instance_timer(t->instance, ++t->market.seq, fired.id, fired.due_ns);
        work_orders(t);
    }
}

/* ---- the kinds ---- */

static void note_price(struct nj_trial *t, const njord_event *event)
{
    uint32_t at = nj_trial_symbol_at(njord_event_symbol(event));
    double price = event->type == NJORD_EV_TRADE ? ((const njord_trade *)event)->price
                   : event->type == NJORD_EV_BAR ? ((const njord_bar *)event)->close
                                                 : NAN;
    if (at < NJ_TRIAL_SYMBOLS && price > 0 && price < 1e9)
        t->market.price[at] = price;
}

static void show_market(struct nj_trial *t, const char *topic, const njord_event *event)
{
    note_price(t, event);
    show(t, topic, (njord_event *)t->room, event->ts_ns);
    work_orders(t);
}

/* Orders for a broker: placed, asked about, cancelled. */
static void use_broker(struct nj_trial *t, uint64_t step)
{
    struct nj_instance *i = t->instance;
    uint32_t at = (uint32_t)(step / 5 % NJ_TRIAL_SYMBOLS);
    njord_order_ref ref = {.size = sizeof ref};
    snprintf(ref.symbol, sizeof ref.symbol, "%s", nj_trial_symbols[at]);
    snprintf(ref.client_order_id, sizeof ref.client_order_id, "check-%llu",
             (unsigned long long)(step / 5));
    if (step % 5 == 0) {
        njord_broker_order_req req;
        njord_event_init(&req, NJORD_EV_BROKER_ORDER_REQ);
        memcpy(req.symbol, ref.symbol, sizeof req.symbol);
        memcpy(req.client_order_id, ref.client_order_id, sizeof req.client_order_id);
        req.ev.seq = ++t->market.seq;
        req.ev.ts_ns = req.ev.ts_recv_ns = t->market.now_ns;
        req.ev.symbol_id = at;
        req.side = step % 10 == 0 ? NJORD_SIDE_BUY : NJORD_SIDE_SELL;
        req.type = step % 15 == 0 ? NJORD_TYPE_LIMIT : NJORD_TYPE_MARKET;
        req.qty = at == 0 ? 1 : 0.001;
        req.limit_price = t->market.price[at] * (step % 30 == 0 ? 0.9 : 1.1);
        nj_instance_place(i, &req);
    } else if (step % 5 == 3) {
        nj_instance_query(i, &ref);
    } else if (step % 5 == 4) {
        nj_instance_cancel(i, &ref);
    }
}

static uint64_t run_feed(struct nj_trial *t, uint32_t steps)
{
    uint64_t called = 0;
    if (t->market.step++ == 0)
        for (uint32_t k = 0; k < NJ_TRIAL_SYMBOLS && t->instance->iface.feed.subscribe;
             k++, called++)
            nj_instance_subscribe(
                t->instance, nj_trial_symbols[k],
                NJORD_WANT_TRADES | NJORD_WANT_DEPTH | NJORD_WANT_TICKER | NJORD_WANT_BARS, true);
    for (uint32_t n = 0; n < steps && t->instance->iface.feed.next; n++) {
        njord_status status = nj_instance_next(t->instance);
        called++;
        if (status != NJORD_OK)
            break; /* no more, nothing now, or an error that was counted */
    }
    return called;
}

static uint64_t run_allocator(struct nj_trial *t, uint32_t steps)
{
    static const double returns[] = {0.01, -0.02, 0.005, 0, 0.03, -0.01};
    struct nj_instance *i = t->instance;
    njord_allocator_row rows[8];
    double out[8];
    uint64_t called = 0;
    if (!i->iface.allocator.targets)
        return 0;
    for (uint32_t n = 0; n < steps && n < 100; n++, called++) {
        uint32_t count = n % 9;
        for (uint32_t k = 0; k < count; k++) {
            rows[k] = (njord_allocator_row){.size = sizeof rows[k],
                                            .n_returns = n % 7,
                                            .target_weight = 1.0 / (k + 1),
                                            .min_capital = 0,
                                            .max_capital = 1000.0 * (k + 1),
                                            .risk_multiplier = 1,
                                            .capital = 500,
                                            .equity = 500.0 + n,
                                            .returns = returns};
            snprintf(rows[k].strategy_id, sizeof rows[k].strategy_id, "strategy_%u", k);
            out[k] = NAN;
        }
        i->role = NJ_ROLE_LOOP;
        i->why[0] = '\0';
        njord_status status = i->iface.allocator.targets(i->self, 50000, rows, count, out);
        i->role = NJ_ROLE_NONE;
        if (status < 0)
            t->ops.failed(t, i, "targets", status, i->why, false);
        for (uint32_t k = 0; k < count; k++) {
            char number[NJORD_NUMBER_SIZE] = "none";
            if (isinf(out[k]) || out[k] < 0)
                t->ops.failed(t, i, "targets", NJORD_OK, "a capital below 0 or infinite", false);
            if (isfinite(out[k]))
                njord_format_f64(out[k], number);
            nj_trial_put_line(t, number);
        }
    }
    return called;
}

uint64_t nj_trial_run(struct nj_trial *t, uint32_t steps)
{
    struct nj_instance *i = t->instance;
    uint64_t before = i->events;
    char topic[96];
    if (i->kind == NJORD_KIND_FEED)
        return run_feed(t, steps);
    if (i->kind == NJORD_KIND_ALLOCATOR)
        return run_allocator(t, steps);
    for (uint32_t n = 0; n < steps; n++) {
        const njord_event *event = nj_trial_ordinary(t, topic);
        fire_timers(t);
        show_market(t, topic, event);
        if (i->kind == NJORD_KIND_BROKER)
            use_broker(t, t->market.step);
    }
    return i->events - before;
}

uint64_t nj_trial_hostile(struct nj_trial *t)
{
    struct nj_instance *i = t->instance;
    const njord_event *event;
    uint64_t before = i->events;
    char topic[96];
    for (uint32_t n = 0; (event = nj_trial_hostile_event(t, n, topic)); n++)
        show_market(t, topic, event);
    static const uint32_t timers[] = {0, 1, 4711, UINT32_MAX};
    for (size_t k = 0; k < 4; k++)
        nj_instance_timer(i, ++t->market.seq, timers[k], k % 2 ? INT64_MAX : INT64_MIN + 1);
    if (i->kind == NJORD_KIND_BROKER) {
        njord_order_ref ref = {.size = sizeof ref};
        nj_instance_query(i, &ref); /* an order that nobody placed */
        nj_instance_cancel(i, &ref);
    }
    return i->events - before;
}

njord_status nj_trial_sync(struct nj_trial *t, bool empty)
{
    njord_position_snapshot positions[NJ_TRIAL_SYMBOLS];
    njord_open_order orders[NJ_TRIAL_SYMBOLS];
    for (uint32_t k = 0; k < NJ_TRIAL_SYMBOLS; k++) {
        struct nj_trial_order o = {.side = NJORD_SIDE_BUY,
                                   .type = NJORD_TYPE_LIMIT,
                                   .tif = NJORD_TIF_GTC,
                                   .symbol = k,
                                   .qty = 1,
                                   .limit_price = t->market.price[k] / 2,
                                   .ts_ns = t->market.now_ns};
        snprintf(o.id, sizeof o.id, "check-sync-%u", k);
        nj_trial_describe(&o, &orders[k], sizeof orders[k]);
        njord_event_init(&positions[k], NJORD_EV_POSITION_SNAPSHOT);
        snprintf(positions[k].strategy_id, sizeof positions[k].strategy_id, "%s", t->instance->id);
        snprintf(positions[k].symbol, sizeof positions[k].symbol, "%s", nj_trial_symbols[k]);
        positions[k].qty = t->market.position[k];
        positions[k].avg_price = t->market.price[k];
    }
    return nj_instance_sync(t->instance, ++t->market.seq, positions, empty ? 0 : NJ_TRIAL_SYMBOLS,
                            orders, empty ? 0 : NJ_TRIAL_SYMBOLS);
}
