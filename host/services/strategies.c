#include "services/strategies.h"

#include "services/host.h"
#include "services/past.h"
#include "services/snapshot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- events to a strategy ---- */

static bool wants_symbol(const struct nj_slot *slot, uint32_t symbol_id)
{
    return symbol_id == NJORD_NO_SYMBOL || (symbol_id < slot->n_wants && slot->wants[symbol_id]);
}

/* Is this event of the order flow the slot's own? */
static bool is_own(const struct nj_slot *slot, const njord_event *event)
{
    if (event->type == NJORD_EV_BROKER_ORDER_UPDATE) {
        const struct nj_order *order = nj_order_find(
            slot->host->core.orders, ((const njord_broker_order_update *)event)->client_order_id);
        return order && strcmp(order->strategy_id, slot->id) == 0;
    }
    return strcmp(njord_event_strategy(event), slot->id) == 0;
}

/* What a probe or a roll-back needs of the past: the last few events, and those since a new version
 * took over. */
static void remember(struct nj_slot *slot, const char *topic, const njord_event *event)
{
    if (nj_record_push(&slot->recent, topic, event) && ++slot->n_recent > NJ_SLOT_RECENT) {
        nj_fifo_release(&slot->recent);
        slot->n_recent--;
    }
    if (!slot->previous)
        return;
    if (slot->n_since < NJ_PROBATION_EVENTS && nj_record_push(&slot->since, topic, event))
        slot->n_since++;
    else
        slot->probation_ends_ns = 0; /* served */
}

void nj_strategy_show(struct nj_slot *slot, const char *topic, const njord_event *event)
{
    if (event->seq == slot->last_seq || !slot->instance)
        return;
    slot->last_seq = event->seq;
    remember(slot, topic, event);
    slot->host->past = slot->warming ? slot : NULL;
    nj_instance_event(slot->instance, topic, event);
    slot->host->past = NULL;
}

static void on_market(void *ctx, const struct nj_message *m)
{
    struct nj_slot *slot = ctx;
    if (wants_symbol(slot, m->event->symbol_id))
        nj_strategy_show(slot, m->topic, m->event);
}

static void on_own(void *ctx, const struct nj_message *m)
{
    struct nj_slot *slot = ctx;
    if (is_own(slot, m->event))
        nj_strategy_show(slot, m->topic, m->event);
}

/* A glob of `events` that is subscribed to. */
static bool is_market(const char *glob)
{
    return strncmp(glob, "md.", 3) == 0 || strchr("*?[", glob[0]);
}

bool nj_strategy_wants(const struct nj_slot *slot, const char *topic, const njord_event *event,
                       bool own)
{
    if (own)
        return is_own(slot, event);
    bool wanted = strncmp(topic, "md.status.", 10) == 0;
    for (uint32_t i = 0; i < slot->config->n_events && !wanted; i++)
        wanted =
            is_market(slot->config->events[i]) && njord_glob_match(slot->config->events[i], topic);
    return wanted && wants_symbol(slot, event->symbol_id);
}

/* ---- subscriptions ---- */

static int add_subscription(struct nj_slot *slot, const char *glob, nj_bus_handler handler,
                            struct nj_error *err)
{
    struct nj_subscription *s =
        nj_bus_subscribe(slot->host->bus, glob, NJ_STAGE_STRATEGIES, handler, slot);
    if (!s)
        return nj_error_set(err, NJ_ERR_NOMEM, "strategy '%s': out of memory", slot->id);
    slot->subscriptions[slot->n_subscriptions++] = s;
    return 0;
}

static int note_symbols(struct nj_slot *slot, struct nj_error *err)
{
    struct nj_host *host = slot->host;
    char **symbols =
        slot->config->n_symbols ? slot->config->symbols : host->config->exchange.symbols;
    uint32_t n =
        slot->config->n_symbols ? slot->config->n_symbols : host->config->exchange.n_symbols;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = nj_core_symbol_id(&host->core, symbols[i]);
        if (id == NJORD_NO_SYMBOL)
            return nj_error_set(err, NJ_ERR_CONFIG, "strategy '%s': '%s' is no BASE/QUOTE symbol",
                                slot->id, symbols[i]);
        if (id >= slot->n_wants) {
            uint32_t room = (id + 64) & ~63u;
            uint8_t *wants = realloc(slot->wants, room);
            if (!wants)
                return nj_error_set(err, NJ_ERR_NOMEM, "strategy '%s': out of memory", slot->id);
            memset(wants + slot->n_wants, 0, room - slot->n_wants);
            slot->wants = wants;
            slot->n_wants = room;
        }
        slot->wants[id] = 1;
    }
    return 0;
}

static void unsubscribe(struct nj_slot *slot)
{
    for (uint32_t i = 0; i < slot->n_subscriptions; i++)
        nj_bus_unsubscribe(slot->host->bus, slot->subscriptions[i]);
    free(slot->subscriptions);
    free(slot->wants);
    slot->subscriptions = NULL;
    slot->wants = NULL;
    slot->n_subscriptions = slot->n_wants = 0;
}

int nj_strategy_subscribe(struct nj_slot *slot, struct nj_error *err)
{
    static const char *const own[] = {"fills.new", "positions.snapshot", "risk.decisions",
                                      "broker.orders"};
    uint32_t n_own = sizeof own / sizeof own[0], n_events = slot->config->n_events;
    unsubscribe(slot);
    slot->subscriptions = calloc(n_own + n_events + 1, sizeof(struct nj_subscription *));
    int rc = slot->subscriptions
                 ? note_symbols(slot, err)
                 : nj_error_set(err, NJ_ERR_NOMEM, "strategy '%s': out of memory", slot->id);
    for (uint32_t i = 0; i < n_events && rc == 0; i++)
        if (is_market(slot->config->events[i]))
            rc = add_subscription(slot, slot->config->events[i], on_market, err);
    if (rc == 0)
        rc = add_subscription(slot, "md.status.*", on_market, err);
    for (uint32_t i = 0; i < n_own && rc == 0; i++)
        rc = add_subscription(slot, own[i], on_own, err);
    return rc;
}

/* ---- outputs ---- */

void nj_strategy_fund(struct nj_slot *slot)
{
    double capital = njord_is_set_f64(slot->config->capital) ? slot->config->capital
                                                             : nj_broker_service_cash(slot->host);
    if (njord_is_set_f64(capital))
        nj_ledger_set_capital(slot->host->core.ledger, slot->id, capital);
}

/* An intent as it goes out: into the record first, so that the strategy sees it as working from now
 * on. */
njord_status nj_strategy_send(struct nj_host *host, njord_intent *intent)
{
    struct nj_error err = {0};
    int rc = nj_bus_stamp(host->bus, &intent->ev, &err);
    if (rc == 0)
        rc = nj_orders_intent(host->core.orders, intent);
    if (rc == 0)
        rc = nj_flow_emit_stamped(&host->flow, "strat.intent", &intent->ev, &err);
    if (rc == 0)
        return NJORD_OK;
    njord_decision refused;
    njord_event_init(&refused, NJORD_EV_DECISION);
    memcpy(refused.intent_id, intent->intent_id, sizeof refused.intent_id);
    memcpy(refused.strategy_id, intent->strategy_id, sizeof refused.strategy_id);
    refused.allowed = 0;
    snprintf(refused.reason, sizeof refused.reason, "journal_failed");
    refused.ev.ts_ns = intent->ev.ts_ns;
    nj_orders_decision(host->core.orders, &refused);
    nj_log(host->log, NJ_ERROR, "strategies", "intent_not_sent",
           NJ_TEXT("strategy", intent->strategy_id), NJ_TEXT("intent_id", intent->intent_id),
           NJ_TEXT("error", err.text));
    return rc == NJ_ERR_LIMIT ? NJORD_E_LIMIT : NJORD_E_BUSY;
}

union intent_room {
    njord_intent intent;
    char room[sizeof(njord_intent) + NJORD_MAX_META * sizeof(njord_text_pair)];
};

njord_status nj_strategy_submit(void *ctx, struct nj_instance *instance, const njord_order *order,
                                char *intent_id)
{
    struct nj_host *host = ctx;
    union intent_room r;
    njord_event_init(&r.intent, NJORD_EV_INTENT);
    r.intent.ev.ts_ns = nj_host_now(host);
    if (nj_past_showing(host))
        nj_past_name_cause(instance);
    nj_intent_id(instance->id, nj_state_epoch(host->state), instance->cause_seq,
                 instance->ordinal++, r.intent.intent_id);
    snprintf(r.intent.strategy_id, sizeof r.intent.strategy_id, "%s", instance->id);
    snprintf(r.intent.symbol, sizeof r.intent.symbol, "%s", order->symbol);
    r.intent.side = order->side;
    r.intent.type = order->type;
    r.intent.tif = order->tif;
    r.intent.qty = order->qty;
    r.intent.limit_price = order->limit_price;
    if (order->meta_count > 0 &&
        njord_tail_put(&r.intent.ev, sizeof r, &r.intent.meta, order->meta,
                       (uint32_t)order->meta_count, sizeof *order->meta) != 0)
        return NJORD_E_ARG;
    char why[160];
    if (njord_event_check(&r.intent.ev, sizeof r, why, sizeof why) != 0)
        return NJORD_E_ARG;
    struct nj_slot *slot = instance->owner;
    if (slot && slot->warming && !nj_config_has_service(host->config, "risk"))
        return NJORD_E_BUSY; /* rules elsewhere do not know that it is history */
    if (slot && slot->previous)
        nj_orders_told_add(&slot->sent, order);
    if (intent_id)
        memcpy(intent_id, r.intent.intent_id, sizeof r.intent.intent_id);
    if (nj_past_showing(host))
        return nj_past_intent(instance, &r.intent);
    return nj_strategy_send(host, &r.intent);
}

static njord_status send_cancel(struct nj_host *host, const char *strategy_id,
                                const char *intent_id, const char *reason)
{
    njord_cancel cancel;
    struct nj_error err = {0};
    njord_event_init(&cancel, NJORD_EV_CANCEL);
    cancel.ev.ts_ns = nj_host_now(host);
    snprintf(cancel.intent_id, sizeof cancel.intent_id, "%s", intent_id);
    snprintf(cancel.strategy_id, sizeof cancel.strategy_id, "%s", strategy_id);
    snprintf(cancel.reason, sizeof cancel.reason, "%s", reason);
    return nj_flow_emit(&host->flow, "strat.cancel", &cancel.ev, &err) == 0 ? NJORD_OK
                                                                            : NJORD_E_BUSY;
}

njord_status nj_strategy_cancel(void *ctx, struct nj_instance *instance, const char *intent_id)
{
    struct nj_host *host = ctx;
    const struct nj_order *order = nj_order_find(host->core.orders, intent_id);
    if (!order || strcmp(order->strategy_id, instance->id) != 0 || !nj_order_open(order))
        return NJORD_E_NOT_FOUND;
    instance->ordinal++;
    if (nj_past_showing(host))
        return nj_past_cancel(instance, intent_id);
    return send_cancel(host, instance->id, intent_id, "strategy");
}

/* ---- what the host does in a strategy's name ---- */

/* What is left to close of a position, signed: its market orders that close it are on their way.
 * Resting orders do not count, whoever flattens has asked to cancel them. */
static double left_to_close(const struct nj_host *host, const char *strategy_id, const char *symbol)
{
    const struct nj_position *p = nj_ledger_position(host->core.ledger, strategy_id, symbol);
    if (!p || p->lots == 0)
        return 0;
    uint8_t closing = p->lots > 0 ? NJORD_SIDE_SELL : NJORD_SIDE_BUY;
    int64_t left = p->lots > 0 ? p->lots : -p->lots;
    for (const struct nj_order *o = NULL;
         (o = nj_orders_next_open(host->core.orders, o, strategy_id, symbol)) && left > 0;)
        if (o->type == NJORD_TYPE_MARKET && o->side == closing)
            left -= o->lots - o->filled_lots < left ? o->lots - o->filled_lots : left;
    return nj_lots_qty(p->instrument, p->lots > 0 ? left : -left);
}

int nj_strategy_flatten(struct nj_host *host, const char *strategy_id, const char *symbol,
                        struct nj_error *err)
{
    double left = left_to_close(host, strategy_id, symbol);
    if (left == 0)
        return nj_error_set(err, NJ_ERR_NOT_FOUND, "strategy '%s' is flat in '%s'", strategy_id,
                            symbol);
    njord_intent intent;
    njord_event_init(&intent, NJORD_EV_INTENT);
    intent.ev.ts_ns = nj_host_now(host);
    uint64_t cause = nj_bus_seq(host->bus);
    if (cause != host->flatten_cause) {
        host->flatten_cause = cause;
        host->flatten_ordinal = 1000; /* apart from the strategy's own outputs of the same cause */
    }
    nj_intent_id(strategy_id, nj_state_epoch(host->state), cause, host->flatten_ordinal++,
                 intent.intent_id);
    snprintf(intent.strategy_id, sizeof intent.strategy_id, "%s", strategy_id);
    snprintf(intent.symbol, sizeof intent.symbol, "%s", symbol);
    intent.side = left > 0 ? NJORD_SIDE_SELL : NJORD_SIDE_BUY;
    intent.type = NJORD_TYPE_MARKET;
    intent.qty = fabs(left);
    nj_risk_service_mark_flatten(host, intent.intent_id);
    return nj_strategy_send(host, &intent) == NJORD_OK
               ? 0
               : nj_error_set(err, NJ_ERR_BUSY,
                              "strategy '%s': the flattening order in '%s' was not sent",
                              strategy_id, symbol);
}

void nj_strategy_leave(struct nj_slot *slot, int on_event, const char *reason)
{
    struct nj_host *host = slot->host;
    if (on_event == NJ_ON_HOLD)
        return;
    const struct nj_order *next = nj_orders_next_open(host->core.orders, NULL, slot->id, NULL);
    while (next) {
        const struct nj_order *order = next;
        next = nj_orders_next_open(host->core.orders, order, slot->id, NULL);
        send_cancel(host, slot->id, order->intent_id, reason);
    }
    if (on_event != NJ_ON_FLATTEN)
        return;
    size_t at = 0;
    for (const struct nj_position *p; (p = nj_ledger_next(host->core.ledger, &at));)
        if (strcmp(p->strategy_id, slot->id) == 0 && p->lots != 0)
            nj_strategy_flatten(host, slot->id, p->instrument->symbol, NULL);
}

void nj_strategy_sync(struct nj_slot *slot)
{
    struct nj_host *host = slot->host;
    if (!slot->instance || !slot->instance->iface.strategy.on_sync)
        return;
    uint32_t n_positions = 0, n_orders = nj_orders_count_open(host->core.orders, slot->id), k = 0;
    size_t at = 0;
    for (const struct nj_position *p; (p = nj_ledger_next(host->core.ledger, &at));)
        n_positions += strcmp(p->strategy_id, slot->id) == 0;
    njord_position_snapshot *positions = calloc(n_positions + 1u, sizeof *positions);
    njord_open_order *orders = calloc(n_orders + 1u, sizeof *orders);
    if (positions && orders) {
        at = 0;
        for (const struct nj_position *p;
             (p = nj_ledger_next(host->core.ledger, &at)) && k < n_positions;)
            if (strcmp(p->strategy_id, slot->id) == 0)
                nj_ledger_snapshot(host->core.ledger, slot->id, p->instrument->symbol,
                                   nj_core_last_price(&host->core, p->instrument->symbol, NULL),
                                   nj_host_now(host), &positions[k++]);
        k = 0;
        for (const struct nj_order *o = NULL;
             k < n_orders && (o = nj_orders_next_open(host->core.orders, o, slot->id, NULL));)
            nj_order_describe(o, &orders[k++]);
        nj_instance_sync(slot->instance, nj_bus_seq(host->bus), positions, n_positions, orders,
                         n_orders);
    }
    free(positions);
    free(orders);
}

/* ---- start ---- */

/* The state that the plugin saved when the host last stopped, if it reads it. True: it did. */
static bool load_saved(struct nj_slot *slot, struct nj_instance *instance)
{
    struct nj_host *host = slot->host;
    uint64_t seq = 0;
    struct nj_error err = {0};
    if (nj_restart_from_nothing(host))
        return false;
    int rc = nj_snapshot_load(slot, instance, &seq, &err);
    slot->restored = rc == 0;
    slot->restored_seq = seq;
    if (rc == 0)
        nj_log(host->log, NJ_INFO, "strategies", "state_loaded", NJ_TEXT("strategy", slot->id),
               NJ_INT("seq", seq));
    else if (rc == NJ_ERR_NOT_FOUND && host->recovered)
        nj_log(host->log, NJ_INFO, "strategies", "starts_empty", NJ_TEXT("strategy", slot->id),
               NJ_TEXT("detail", "it has no saved state: nothing is shown to it again"));
    else if (rc != NJ_ERR_NOT_FOUND)
        nj_log(host->log, NJ_WARN, "strategies", "state_refused", NJ_TEXT("strategy", slot->id),
               NJ_TEXT("error", err.text), NJ_TEXT("detail", "it starts empty"));
    return rc == 0;
}

/* Makes, loads the saved state of, and installs one strategy. */
static int start_one(struct nj_slot *slot, struct nj_error *err)
{
    struct nj_host *host = slot->host;
    struct nj_instance *instance = NULL;
    int rc = nj_slot_make(slot, &instance, err);
    if (rc != 0)
        return rc;
    bool restored = load_saved(slot, instance);
    rc = nj_slot_install(slot, instance, err);
    if (rc == 0 && !restored)
        nj_warmup_want(slot);
    if (rc == 0)
        nj_host_announce(host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_LOADED,
                         instance->module->plugin.version, instance->module->plugin.summary);
    return rc;
}

int nj_strategies_start(struct nj_host *host, struct nj_error *err)
{
    for (uint32_t i = 0; i < host->config->n_strategies; i++) {
        const struct nj_instance_config *config = &host->config->strategies[i];
        if (!config->enabled)
            continue;
        struct nj_slot *slot = nj_slots_add(&host->strategies, host, config);
        if (!slot)
            return nj_error_set(err, NJ_ERR_NOMEM, "strategy '%s': out of memory", config->id);
        nj_strategy_fund(slot);
        int rc = nj_strategy_subscribe(slot, err);
        if (rc != 0)
            return rc;
        struct nj_error why = {0};
        if (start_one(slot, &why) != 0) {
            slot->state = NJ_SLOT_REFUSED;
            snprintf(slot->detail, sizeof slot->detail, "%.255s", why.text);
            nj_host_announce(host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_REFUSED, "", why.text);
        }
    }
    return 0;
}
