#include "services/risk.h"

#include "services/host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the rules look at ---- */

static bool symbol_allowed(void *ctx, const char *strategy_id, const char *symbol)
{
    const struct nj_host *host = ctx;
    const struct nj_config *config = host->config;
    bool traded = false;
    for (uint32_t i = 0; i < config->exchange.n_symbols && !traded; i++)
        traded = strcmp(config->exchange.symbols[i], symbol) == 0;
    if (!traded)
        return false;
    for (uint32_t i = 0; i < config->n_strategies; i++) {
        const struct nj_instance_config *s = &config->strategies[i];
        if (strcmp(s->id, strategy_id) != 0)
            continue;
        if (s->n_symbols == 0)
            return true;
        for (uint32_t k = 0; k < s->n_symbols; k++)
            if (strcmp(s->symbols[k], symbol) == 0)
                return true;
        return false;
    }
    return true; /* a strategy of another host, or an operator's order */
}

static double last_price(void *ctx, const char *symbol, int64_t *ts_ns)
{
    return nj_core_last_price(&((struct nj_host *)ctx)->core, symbol, ts_ns);
}

static double usd_of(void *ctx, const char *quote)
{
    return nj_core_usd_of(&((struct nj_host *)ctx)->core, quote);
}

static struct nj_risk_view view_of(struct nj_host *host, bool halted)
{
    return (struct nj_risk_view){.now_ns = nj_host_now(host),
                                 .halted = halted,
                                 .live = host->config->app.env == NJ_ENV_LIVE,
                                 .instruments = host->core.instruments,
                                 .ledger = host->core.ledger,
                                 .orders = host->core.orders,
                                 .ctx = host,
                                 .symbol_allowed = symbol_allowed,
                                 .last_price = last_price,
                                 .usd_of = usd_of,
                                 .slippage_bps = host->broker.slippage_bps,
                                 .commission = host->broker.commission,
                                 .marked = true, /* on_fill and on_price tell of every move */
                                 .day_pnl_floor = host->risk.foreign_day_pnl};
}

/* ---- intents and cancels ---- */

static bool is_halted(const struct nj_host *host)
{
    /* with clock: events a stop does not change what comes of the events that are in already */
    return (host->stopping && host->config->app.clock != NJ_CLOCK_EVENTS) ||
           nj_kill_tripped(&host->kill, host->platform->monotonic_ns(host->platform->ctx));
}

static void on_intent(void *ctx, const struct nj_message *m)
{
    struct nj_host *host = ctx;
    struct nj_risk_service *s = &host->risk;
    const njord_intent *intent = (const njord_intent *)m->event;
    union {
        njord_decision event;
        char room[NJ_DECISION_MAX];
    } decision;
    union {
        njord_order_event event;
        char room[NJ_ORDER_MAX];
    } order;
    struct nj_error err = {0};
    struct nj_risk_view view = view_of(host, is_halted(host));
    unsigned flags = m->envelope ? NJ_RISK_FOREIGN : 0;
    if (nj_map_remove(&host->flattening, intent->intent_id))
        flags |= NJ_RISK_FLATTEN;
    if (m->envelope && isnan(nj_ledger_capital(host->core.ledger, intent->strategy_id))) {
        /* a strategy of another host, which this configuration does not fund */
        double cash = nj_broker_service_cash(host);
        if (njord_is_set_f64(cash))
            nj_ledger_set_capital(host->core.ledger, intent->strategy_id, cash);
    }
    const struct nj_slot *slot = nj_slots_find(&host->strategies, intent->strategy_id);
    if (slot && slot->warming)
        flags |= NJ_RISK_WARMUP;
    bool allowed = nj_risk_check(s->risk, &view, intent, flags, host->broker.venue, &decision.event,
                                 &order.event);
    *(allowed ? &s->allowed : &s->refused) += 1;
    /* the record hears of it before the next intent is judged, which may wait behind this one */
    if (m->envelope || nj_order_find(host->core.orders, intent->intent_id)) {
        nj_orders_decision(host->core.orders, &decision.event);
        if (allowed)
            nj_orders_accepted(host->core.orders, &order.event);
    }
    if (nj_flow_emit(&host->flow, "risk.decisions", &decision.event.ev, &err) != 0 || !allowed)
        return;
    nj_flow_emit(&host->flow, "orders.accepted", &order.event.ev, &err);
}

static void on_cancel(void *ctx, const struct nj_message *m)
{
    struct nj_host *host = ctx;
    const njord_cancel *asked = (const njord_cancel *)m->event;
    struct nj_error err = {0};
    union {
        njord_decision event;
        char room[NJ_DECISION_MAX];
    } decision;
    if (!nj_risk_check_cancel(asked, &decision.event)) {
        decision.event.ev.ts_ns = nj_host_now(host);
        nj_flow_emit(&host->flow, "risk.decisions", &decision.event.ev, &err);
        return;
    }
    njord_cancel cancel = *asked;
    nj_flow_emit(&host->flow, "orders.cancel", &cancel.ev, &err);
}

/* The day's loss follows each fill and each trade of a symbol in which there is a position. */
static void on_fill(void *ctx, const struct nj_message *m)
{
    struct nj_host *host = ctx;
    struct nj_risk_view view = view_of(host, false);
    nj_host_day_pnl(host, nj_risk_mark(host->risk.risk, &view, njord_event_symbol(m->event)));
}

static void on_price(void *ctx, const struct nj_message *m)
{
    struct nj_host *host = ctx;
    struct nj_risk_view view = view_of(host, false);
    nj_risk_mark(host->risk.risk, &view, njord_event_symbol(m->event));
}

void nj_risk_service_mark_flatten(struct nj_host *host, const char *intent_id)
{
    nj_map_put(&host->flattening, intent_id, host);
}

/* ---- life ---- */

int nj_risk_service_open(struct nj_host *host, struct nj_error *err)
{
    struct nj_risk_service *s = &host->risk;
    s->foreign_day_pnl = NAN;
    s->risk = nj_risk_new(&host->config->risk);
    return s->risk ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "risk service: out of memory");
}

void nj_risk_service_replay(void *ctx, const njord_event *event)
{
    struct nj_host *host = ctx;
    struct nj_risk_service *s = &host->risk;
    if (!s->risk)
        return;
    if (event->type == NJORD_EV_ORDER_EVENT) {
        nj_risk_replay(s->risk, (const njord_order_event *)event);
    } else if (event->type == NJORD_EV_DECISION) {
        nj_risk_replay_decision(s->risk, (const njord_decision *)event);
    } else if (event->type == NJORD_EV_BROKER_FILL) {
        /* what it filled at is the price of that moment; the market's own are not in this journal
         */
        const njord_broker_fill *fill = (const njord_broker_fill *)event;
        struct nj_risk_view view = view_of(host, false);
        nj_core_set_price(&host->core, fill->symbol, fill->price, event->ts_recv_ns);
        view.now_ns = event->ts_recv_ns;
        nj_risk_mark(s->risk, &view, fill->symbol);
    }
}

int nj_risk_service_start(struct nj_host *host, struct nj_error *err)
{
    struct nj_risk_service *s = &host->risk;
    s->intents = nj_bus_subscribe(host->bus, "strat.intent", NJ_STAGE_RISK, on_intent, host);
    s->cancels = nj_bus_subscribe(host->bus, "strat.cancel", NJ_STAGE_RISK, on_cancel, host);
    s->fills = nj_bus_subscribe(host->bus, "fills.new", NJ_STAGE_RISK, on_fill, host);
    s->trades = nj_bus_subscribe(host->bus, "md.trades.*", NJ_STAGE_RISK, on_price, host);
    s->bars = nj_bus_subscribe(host->bus, "md.ohlcv.*", NJ_STAGE_RISK, on_price, host);
    if (!s->intents || !s->cancels || !s->fills || !s->trades || !s->bars)
        return nj_error_set(err, NJ_ERR_NOMEM, "risk service: out of memory");
    return 0;
}

int nj_risk_service_configure(struct nj_host *host, struct nj_error *err)
{
    return nj_risk_set_limits(host->risk.risk, &host->config->risk) == 0
               ? 0
               : nj_error_set(err, NJ_ERR_NOMEM, "risk service: out of memory");
}

void nj_risk_service_stop(struct nj_host *host)
{
    struct nj_risk_service *s = &host->risk;
    if (!s->risk)
        return;
    nj_bus_unsubscribe(host->bus, s->intents);
    nj_bus_unsubscribe(host->bus, s->cancels);
    nj_bus_unsubscribe(host->bus, s->fills);
    nj_bus_unsubscribe(host->bus, s->trades);
    nj_bus_unsubscribe(host->bus, s->bars);
    nj_risk_free(s->risk);
    *s = (struct nj_risk_service){0};
}
