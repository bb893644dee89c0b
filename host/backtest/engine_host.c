/* engine_host.c - what a plugin asks of its host, answered in a backtest. */
#include "backtest/engine_impl.h"

#include <math.h>
#include <njord/contract.h>
#include <njord/plugin.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t now_ns(void *ctx)
{
    return ((struct nj_bt *)ctx)->now_ns;
}

static void log_text(void *ctx, struct nj_instance *i, int32_t level, const char *text)
{
    struct nj_bt *bt = ctx;
    enum nj_level at = level <= NJORD_LOG_DEBUG  ? NJ_DEBUG
                       : level == NJORD_LOG_INFO ? NJ_INFO
                       : level == NJORD_LOG_WARN ? NJ_WARN
                                                 : NJ_ERROR;
    nj_log(bt->o->log, at, i->id, "plugin", NJ_TEXT("text", text));
}

static njord_status position(void *ctx, struct nj_instance *i, const char *symbol,
                             njord_holding *out)
{
    struct nj_bt *bt = ctx;
    const struct nj_bt_symbol *s = nj_bt_symbol_named(bt, symbol);
    (void)i;
    if (!s)
        return NJORD_OK; /* flat */
    const struct nj_position *p = s->position;
    out->qty = s->qty;
    out->avg_price = p->avg_price;
    out->realized_pnl = p->realized_pnl;
    out->unrealized_pnl = s->qty != 0 ? nj_position_unrealized(p, s->price) : 0;
    out->fees_paid = p->fees_paid;
    return NJORD_OK;
}

static double held(void *ctx, struct nj_instance *i, const char *symbol)
{
    const struct nj_bt_symbol *s = nj_bt_symbol_named(ctx, symbol);
    (void)i;
    return s ? s->qty : 0;
}

static double working(void *ctx, struct nj_instance *i, const char *symbol)
{
    struct nj_bt *bt = ctx;
    /* over trades the record alone knows how many are open */
    return bt->bars || bt->n_open > 0 ? nj_orders_working(bt->orders, i->id, symbol) : 0;
}

static double last_price(void *ctx, struct nj_instance *i, const char *symbol)
{
    const struct nj_bt_symbol *s = nj_bt_symbol_named(ctx, symbol);
    (void)i;
    return s ? s->price : (double)NAN;
}

static njord_status instrument(void *ctx, struct nj_instance *i, const char *symbol,
                               njord_instrument *out)
{
    struct nj_bt *bt = ctx;
    const struct nj_bt_symbol *s = nj_bt_symbol_named(bt, symbol);
    const struct nj_instrument *found = s ? NULL : nj_instrument_find(bt->instruments, symbol);
    (void)i;
    if (s)
        *out = s->rules;
    else if (found)
        nj_instrument_event(found, out);
    return s || found ? NJORD_OK : NJORD_E_NOT_FOUND;
}

static double capital(void *ctx, struct nj_instance *i)
{
    (void)i;
    return ((struct nj_bt *)ctx)->o->capital;
}

static double cash(void *ctx, struct nj_instance *i)
{
    (void)i;
    return ((struct nj_bt *)ctx)->cash;
}

static uint32_t open_orders(void *ctx, struct nj_instance *i, const char *symbol,
                            njord_open_order *out, uint32_t cap)
{
    struct nj_bt *bt = ctx;
    uint32_t n = 0;
    for (const struct nj_order *o = NULL; (o = nj_orders_next_open(bt->orders, o, i->id, symbol));
         n++)
        if (n < cap)
            nj_order_describe(o, &out[n]);
    return n;
}

static njord_status no_book(void *ctx, struct nj_instance *i, const char *symbol,
                            const njord_book **out)
{
    (void)ctx, (void)i, (void)symbol;
    *out = NULL;
    return NJORD_E_NOT_FOUND;
}

/* Room for a wish with an event of so many bytes behind it; NULL: no memory. */
static struct nj_bt_wish *wish(struct nj_bt *bt, enum nj_bt_action action, struct nj_bt_symbol *s,
                               size_t size)
{
    struct nj_bt_wish *w = nj_fifo_push(&bt->wishes, sizeof *w + size);
    if (!w) {
        nj_bt_fail(bt, NJ_ERR_NOMEM, "backtest: out of memory");
        return NULL;
    }
    *w = (struct nj_bt_wish){action, 0, s, NULL};
    return w;
}

/* Of a symbol that is not of the run: risk will refuse the order, and it is on record. */
static bool desk_of(struct nj_bt *bt, const struct nj_instance *i, const char *symbol,
                    struct nj_order_desk *out)
{
    struct nj_instrument *instrument = nj_instrument_get(bt->instruments, symbol);
    return instrument && nj_orders_desk(bt->orders, i->id, instrument, out) == 0;
}

/* By a whole field of NJORD_SYMBOL_SIZE bytes: nearly always that of the bar at hand. */
static struct nj_bt_symbol *symbol_of(struct nj_bt *bt, const char *field)
{
    return bt->hand && njord_same_symbol(field, bt->hand->pristine.symbol)
               ? bt->hand
               : nj_bt_symbol_named(bt, field);
}

/* The intent as its order says; the rest of it is blank. */
static njord_status write_intent(struct nj_bt *bt, struct nj_instance *i, const njord_order *order,
                                 size_t size, njord_intent *in)
{
    *in = bt->blank.intent;
    in->ev.ts_ns = bt->now_ns;
    in->ev.ts_recv_ns = bt->now_ns;
    in->side = order->side;
    in->type = order->type;
    in->tif = order->tif;
    in->qty = order->qty;
    in->limit_price = order->limit_price;
    memcpy(in->symbol, order->symbol, sizeof in->symbol);
    memcpy(in->strategy_id, i->id, sizeof in->strategy_id);
    nj_intent_id_make(&bt->ids, i->cause_seq, i->ordinal++, in->intent_id);
    if (order->meta_count == 0)
        return NJORD_OK;
    return njord_tail_put(&in->ev, size, &in->meta, order->meta, (uint32_t)order->meta_count,
                          sizeof *order->meta) == 0
               ? NJORD_OK
               : NJORD_E_ARG;
}

/* Over trades: into the queue that all of the flow goes through. */
static njord_status submit_flow(struct nj_bt *bt, struct nj_instance *i, const njord_order *order,
                                char *intent_id)
{
    union {
        njord_intent intent;
        char room[sizeof(njord_intent) + NJORD_MAX_META * sizeof(njord_text_pair)];
    } r;
    char why[160];
    njord_status status = write_intent(bt, i, order, sizeof r, &r.intent);
    if (status != NJORD_OK || njord_event_check(&r.intent.ev, sizeof r, why, sizeof why) != 0)
        return NJORD_E_ARG;
    if (intent_id)
        memcpy(intent_id, r.intent.intent_id, sizeof r.intent.intent_id);
    return nj_bt_flow_intent(bt, &r.intent);
}

static njord_status submit(void *ctx, struct nj_instance *i, const njord_order *order,
                           char *intent_id)
{
    struct nj_bt *bt = ctx;
    if (bt->bars)
        return submit_flow(bt, i, order, intent_id);
    size_t size = sizeof(njord_intent) + order->meta_count * sizeof *order->meta;
    struct nj_bt_symbol *s = symbol_of(bt, order->symbol);
    struct nj_bt_wish *w = wish(bt, NJ_BT_NOTHING, s, size);
    if (!w)
        return NJORD_E_NOMEM;
    njord_intent *in = (njord_intent *)(w + 1);
    njord_status status = write_intent(bt, i, order, size, in);
    if (status == NJORD_OK && (order->meta_count > 0 || !s)) {
        char why[160]; /* all else was looked at by the host's table, or is one of ours */
        if (njord_event_check(&in->ev, size, why, sizeof why) != 0)
            status = NJORD_E_ARG;
    }
    if (status != NJORD_OK)
        return status;
    in->ev.seq = nj_bt_next_seq(bt);
    bt->out->counts.intents++;
    struct nj_order_desk elsewhere;
    if (!s && !desk_of(bt, i, in->symbol, &elsewhere))
        return NJORD_E_ARG;
    w->order = nj_orders_enter(bt->orders, s ? &s->desk : &elsewhere, in);
    if (!w->order)
        return NJORD_E_NOMEM;
    w->action = NJ_BT_INTENT;
    bt->n_open++;
    if (bt->o->flow)
        bt->o->flow(bt->o->flow_ctx, &in->ev);
    if (intent_id)
        memcpy(intent_id, in->intent_id, sizeof in->intent_id);
    return NJORD_OK;
}

static njord_status cancel(void *ctx, struct nj_instance *i, const char *intent_id)
{
    struct nj_bt *bt = ctx;
    struct nj_order *order = nj_orders_open_of(bt->orders, intent_id);
    if (!order)
        return NJORD_E_NOT_FOUND;
    if (bt->bars) {
        i->ordinal++;
        return nj_bt_flow_cancel(bt, order);
    }
    struct nj_bt_wish *w = wish(bt, NJ_BT_CANCEL, NULL, sizeof(njord_cancel));
    if (!w)
        return NJORD_E_NOMEM;
    njord_cancel *c = (njord_cancel *)(w + 1);
    w->order = order;
    njord_event_init(c, NJORD_EV_CANCEL);
    c->ev.seq = nj_bt_next_seq(bt);
    c->ev.ts_ns = c->ev.ts_recv_ns = bt->now_ns;
    memcpy(c->intent_id, order->intent_id, sizeof c->intent_id);
    memcpy(c->strategy_id, i->id, sizeof c->strategy_id);
    memcpy(c->reason, "strategy", sizeof "strategy");
    i->ordinal++;
    if (bt->o->flow)
        bt->o->flow(bt->o->flow_ctx, &c->ev);
    return NJORD_OK;
}

/* Signals go nowhere in a backtest but to who watches the flow. */
static njord_status publish(void *ctx, struct nj_instance *i, const char *topic,
                            const njord_event *event)
{
    struct nj_bt *bt = ctx;
    if (strncmp(topic, "sig.", 4) != 0 || event->type != NJORD_EV_SIGNAL)
        return NJORD_E_ARG;
    if (bt->bars) { /* it takes its number and its place among the outputs, as in a host */
        i->ordinal++;
        nj_bt_next_seq(bt);
    }
    if (bt->o->flow)
        bt->o->flow(bt->o->flow_ctx, event);
    return NJORD_OK;
}

static njord_status timer_set(void *ctx, struct nj_instance *i, uint32_t timer, int64_t due_ns,
                              int64_t period_ns)
{
    struct nj_bt *bt = ctx;
    size_t at = 0;
    (void)i;
    if (period_ns < 0)
        return NJORD_E_ARG;
    while (at < bt->n_timers && bt->timers[at].id != timer)
        at++;
    if (at == bt->cap_timers) {
        size_t cap = bt->cap_timers ? 2 * bt->cap_timers : 8;
        struct nj_bt_timer *more = realloc(bt->timers, cap * sizeof *more);
        if (!more)
            return NJORD_E_NOMEM;
        bt->timers = more;
        bt->cap_timers = cap;
    }
    bt->timers[at] = (struct nj_bt_timer){timer, due_ns, period_ns, ++bt->timers_set,
                                          bt->firing && due_ns <= bt->now_ns};
    bt->n_timers += at == bt->n_timers;
    return NJORD_OK;
}

static njord_status timer_cancel(void *ctx, struct nj_instance *i, uint32_t timer)
{
    struct nj_bt *bt = ctx;
    (void)i;
    for (size_t at = 0; at < bt->n_timers; at++)
        if (bt->timers[at].id == timer) {
            bt->timers[at] = bt->timers[--bt->n_timers];
            return NJORD_OK;
        }
    return NJORD_E_NOT_FOUND;
}

static int32_t halted(void *ctx, struct nj_instance *i)
{
    (void)ctx, (void)i;
    return 0;
}

static int32_t warming(void *ctx, struct nj_instance *i)
{
    (void)i;
    return ((struct nj_bt *)ctx)->warming;
}

static void failed(void *ctx, struct nj_instance *i, const char *callback, njord_status status,
                   const char *why, bool disable)
{
    struct nj_bt *bt = ctx;
    bt->out->counts.errors++;
    if (bt->bars)
        nj_bt_next_seq(bt); /* of the word that a host gives of it */
    snprintf(bt->out->failure, sizeof bt->out->failure, "%s returned %d%s%s", callback, (int)status,
             why[0] ? ": " : "", why);
    nj_log(bt->o->log, NJ_WARN, i->id, "error_returned", NJ_TEXT("callback", callback),
           NJ_INT("status", status), NJ_TEXT("why", why));
    if (disable)
        nj_bt_fail(bt, NJ_ERR_PLUGIN, "strategy '%s': %llu errors, the last: %s", i->id,
                   (unsigned long long)bt->out->counts.errors, bt->out->failure);
}

void nj_bt_ops_init(struct nj_bt *bt)
{
    bt->ops = (struct nj_instance_ops){
        .ctx = bt,
        .now_ns = now_ns,
        .log = log_text,
        .position = position,
        .held = held,
        .working = working,
        .last_price = last_price,
        .instrument = instrument,
        .capital = capital,
        .cash = cash,
        .open_orders = open_orders,
        .book = no_book,
        .submit = submit,
        .cancel = cancel,
        .publish = publish,
        .timer_set = timer_set,
        .timer_cancel = timer_cancel,
        .halted = halted,
        .warming = warming,
        .failed = failed,
    };
}
