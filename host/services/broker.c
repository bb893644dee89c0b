#include "services/broker.h"

#include "services/host.h"
#include "services/snapshot.h"

#include <njord/codec.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which broker ---- */

static const struct nj_instance_config *entry(const struct nj_config *config, const char *id,
                                              const char *plugin)
{
    for (uint32_t i = 0; i < config->n_brokers; i++)
        if (config->brokers[i].enabled && (!id || strcmp(config->brokers[i].id, id) == 0) &&
            (!plugin || strcmp(config->brokers[i].plugin, plugin) == 0))
            return &config->brokers[i];
    return NULL;
}

int nj_broker_service_choose(struct nj_host *host, struct nj_error *err)
{
    const struct nj_config *config = host->config;
    struct nj_broker_service *s = &host->broker;
    const struct nj_instance_config *venue = entry(config, config->exchange.venue, NULL);
    if (config->app.env == NJ_ENV_PAPER) {
        const struct nj_instance_config *paper =
            venue && strcmp(venue->plugin, "paper") == 0 ? venue : entry(config, NULL, "paper");
        if (!paper)
            return nj_error_set(
                err, NJ_ERR_CONFIG,
                "app.env is paper: expected an entry of brokers with plugin 'paper'");
        venue = paper;
    }
    if (!venue)
        return nj_error_set(err, NJ_ERR_CONFIG,
                            "exchange.venue: '%s' names no enabled entry of brokers",
                            config->exchange.venue);
    bool paper = strcmp(venue->plugin, "paper") == 0;
    const char *enabled = getenv("NJORD_ENABLE_LIVE");
    s->dry_run =
        !paper && (config->app.env == NJ_ENV_DEV ||
                   (config->app.env == NJ_ENV_LIVE && (!enabled || strcmp(enabled, "1") != 0)));
    if (snprintf(s->venue, sizeof s->venue, "%s", venue->id) >= (int)sizeof s->venue)
        return nj_error_set(
            err, NJ_ERR_CONFIG,
            "brokers: the id '%s' is longer than %zu characters, which a venue's name may have",
            venue->id, sizeof s->venue - 1);
    if (s->dry_run)
        nj_log(
            host->log, NJ_WARN, "broker", "dry_run", NJ_TEXT("venue", s->venue),
            NJ_TEXT("detail", config->app.env == NJ_ENV_DEV
                                  ? "app.env is dev: orders are echoed on broker.echo and not sent"
                                  : "NJORD_ENABLE_LIVE=1 is not set: orders are echoed on "
                                    "broker.echo and not sent"));
    if (nj_slots_find(&host->brokers, venue->id) == NULL &&
        !nj_slots_add(&host->brokers, host, venue))
        return nj_error_set(err, NJ_ERR_NOMEM, "broker '%s': out of memory", venue->id);
    s->slot = nj_slots_find(&host->brokers, venue->id);
    return 0;
}

/* ---- out ---- */

/* An answer: of the event now worked off, or one that comes by itself. */
static njord_status pass_on(struct nj_host *host, const char *topic, njord_event *event)
{
    struct nj_error err = {0};
    if (nj_bus_delivering(host->bus))
        return nj_flow_emit(&host->flow, topic, event, &err) == 0 ? NJORD_OK : NJORD_E_BUSY;
    /* an input, whose line is written when it enters */
    return nj_bus_publish(host->bus, topic, event, NULL, &err) == 0 ? NJORD_OK : NJORD_E_LIMIT;
}

/* An order that ends here, without the broker: its update tells why. */
static void end_order(struct nj_host *host, const char *intent_id, uint8_t status,
                      const char *reason)
{
    njord_broker_order_update update;
    const struct nj_order *order = nj_order_find(host->core.orders, intent_id);
    njord_event_init(&update, NJORD_EV_BROKER_ORDER_UPDATE);
    update.ev.ts_ns = nj_host_now(host);
    snprintf(update.client_order_id, sizeof update.client_order_id, "%s", intent_id);
    update.status = status;
    update.filled_qty = order ? nj_lots_qty(order->instrument, order->filled_lots) : 0;
    if (order)
        memcpy(update.symbol, order->instrument->symbol, sizeof update.symbol);
    snprintf(update.reason, sizeof update.reason, "%s", reason);
    pass_on(host, "broker.orders", &update.ev);
}

/* Has risk let exactly this order through? The record says so, not the sender. */
static bool is_allowed(const struct nj_host *host, const char *intent_id)
{
    const struct nj_order *order = nj_order_find(host->core.orders, intent_id);
    return order && order->stage == NJ_ORDER_ACCEPTED;
}

static void request_of(const njord_order_event *order, njord_broker_order_req *req, size_t room)
{
    njord_event_init(req, NJORD_EV_BROKER_ORDER_REQ);
    memcpy(req->symbol, order->symbol, sizeof req->symbol);
    memcpy(req->client_order_id, order->intent_id, sizeof req->client_order_id);
    req->side = order->side;
    req->type = order->type;
    req->tif = order->tif;
    req->qty = order->qty;
    req->limit_price = order->limit_price;
    if (order->meta.count > 0)
        njord_tail_put(&req->ev, room, &req->meta, njord_tail_items(&order->ev, order->meta),
                       order->meta.count, sizeof(njord_text_pair));
}

static void on_accepted(void *ctx, const struct nj_message *m)
{
    struct nj_host *host = ctx;
    struct nj_broker_service *s = &host->broker;
    const njord_order_event *order = (const njord_order_event *)m->event;
    union {
        njord_broker_order_req event;
        char room[sizeof(njord_broker_order_req) + NJORD_MAX_META * sizeof(njord_text_pair)];
    } req;
    struct nj_error err = {0};

    if (!is_allowed(host, order->intent_id)) {
        nj_log(host->log, NJ_ERROR, "broker", "not_allowed", NJ_TEXT("intent_id", order->intent_id),
               NJ_TEXT("detail", "an order without an allowed decision on record is not obeyed"));
        return;
    }
    request_of(order, &req.event, sizeof req);
    if (s->dry_run) {
        if (nj_flow_commit(&host->flow, &req.event.ev, &err) != 0) {
            end_order(host, order->intent_id, NJORD_STATUS_REJECTED, "journal_failed");
            return;
        }
        nj_orders_sent(host->core.orders, order->intent_id);
        nj_bus_publish(host->bus, "broker.echo", &req.event.ev, NULL, &err);
        end_order(host, order->intent_id, NJORD_STATUS_CANCELED, "dry_run");
        return;
    }
    if (!s->slot || !s->slot->instance || s->slot->state != NJ_SLOT_RUNNING) {
        end_order(host, order->intent_id, NJORD_STATUS_REJECTED, "broker_not_running");
        return;
    }
    /* the egress: the line first, then the switch, then the order */
    if (nj_flow_commit(&host->flow, &req.event.ev, &err) != 0) {
        end_order(host, order->intent_id, NJORD_STATUS_REJECTED, "journal_failed");
        return;
    }
    nj_orders_sent(host->core.orders, order->intent_id);
    nj_flow_also(&host->flow, "broker.orders", &req.event.ev, true, &err);
    if (nj_kill_check(&host->kill, host->platform->monotonic_ns(host->platform->ctx))) {
        nj_restart_intervened(host, "the kill switch");
        s->stopped_at_egress++;
        end_order(host, order->intent_id, NJORD_STATUS_REJECTED, "halted");
        return;
    }
    s->placed++;
    njord_status status = nj_instance_place(s->slot->instance, &req.event);
    if (status == NJORD_OK)
        return;
    nj_log(host->log, NJ_WARN, "broker", "order_refused", NJ_TEXT("intent_id", order->intent_id),
           NJ_INT("status", status), NJ_TEXT("why", s->slot->instance->why));
    end_order(host, order->intent_id, NJORD_STATUS_REJECTED,
              s->slot->instance->why[0] ? "broker_refused" : "broker_error");
}

static njord_order_ref ref_of(const struct nj_order *order)
{
    njord_order_ref ref = {.size = sizeof ref};
    memcpy(ref.symbol, order->instrument->symbol, sizeof ref.symbol);
    memcpy(ref.client_order_id, order->intent_id, sizeof ref.client_order_id);
    memcpy(ref.exchange_order_id, order->exchange_order_id, sizeof ref.exchange_order_id);
    return ref;
}

/* Asks the broker to cancel an open order of the record. */
static void cancel_order(struct nj_host *host, const char *intent_id, const char *reason)
{
    struct nj_broker_service *s = &host->broker;
    const struct nj_order *order = nj_order_find(host->core.orders, intent_id);
    if (!order || !nj_order_open(order))
        return;
    if (order->stage < NJ_ORDER_SENT) {
        end_order(host, intent_id, NJORD_STATUS_CANCELED, reason);
        return;
    }
    if (!s->slot || !s->slot->instance)
        return;
    njord_order_ref ref = ref_of(order);
    nj_instance_cancel(s->slot->instance, &ref);
}

static void refuse_late(struct nj_host *host, const struct nj_order *order)
{
    njord_decision d;
    struct nj_error err = {0};
    njord_event_init(&d, NJORD_EV_DECISION);
    d.ev.ts_ns = nj_host_now(host);
    memcpy(d.intent_id, order->intent_id, sizeof d.intent_id);
    memcpy(d.strategy_id, order->strategy_id, sizeof d.strategy_id);
    d.allowed = 0;
    snprintf(d.reason, sizeof d.reason, "stale_intent");
    nj_flow_emit(&host->flow, "risk.decisions", &d.ev, &err);
}

void nj_broker_service_reconcile(struct nj_host *host)
{
    struct nj_slot *slot = host->broker.slot;
    const struct nj_order *next = nj_orders_next_open(host->core.orders, NULL, NULL, NULL);
    while (next) {
        const struct nj_order *order = next;
        next = nj_orders_next_open(host->core.orders, order, NULL, NULL);
        nj_log(host->log, NJ_INFO, "broker", "order_left_open",
               NJ_TEXT("intent_id", order->intent_id), NJ_TEXT("strategy", order->strategy_id));
        if (order->stage == NJ_ORDER_INTENT) {
            refuse_late(host, order);
        } else if (order->stage == NJ_ORDER_ACCEPTED || host->broker.dry_run) {
            end_order(host, order->intent_id, NJORD_STATUS_CANCELED, "restart");
        } else if (slot && slot->instance) {
            njord_order_ref ref = ref_of(order);
            nj_instance_query(slot->instance, &ref);
        }
    }
}

static void on_cancel(void *ctx, const struct nj_message *m)
{
    const njord_cancel *cancel = (const njord_cancel *)m->event;
    cancel_order(ctx, cancel->intent_id, "canceled");
}

/* Market data to the broker: resting orders and books of its own. */
static void on_market(void *ctx, const struct nj_message *m)
{
    struct nj_host *host = ctx;
    struct nj_instance *instance = host->broker.slot ? host->broker.slot->instance : NULL;
    if (instance && !host->broker.dry_run && nj_instance_takes(instance, m->event->type))
        nj_instance_event(instance, m->topic, m->event);
}

static void cancel_all(void *ctx, uint64_t seq)
{
    struct nj_host *host = ctx;
    (void)seq;
    const struct nj_order *next = nj_orders_next_open(host->core.orders, NULL, NULL, NULL);
    while (next) {
        const struct nj_order *order = next;
        next = nj_orders_next_open(host->core.orders, order, NULL, NULL);
        cancel_order(host, order->intent_id, "halted");
    }
}

void nj_broker_service_watch_halt(struct nj_host *host)
{
    struct nj_broker_service *s = &host->broker;
    int64_t now = host->platform->monotonic_ns(host->platform->ctx);
    bool tripped = nj_kill_check(&host->kill, now);
    if (!tripped) {
        if (s->halted)
            nj_log(host->log, NJ_WARN, "risk", "kill_switch_cleared",
                   NJ_TEXT("detail", "orders may leave again"));
        s->halted = false;
        return;
    }
    nj_restart_intervened(host, "the kill switch");
    if (s->halted)
        return;
    s->halted = true;
    nj_log(host->log, NJ_ERROR, "risk", "kill_switch_tripped",
           NJ_TEXT("by", nj_kill_reason(&host->kill, now)), NJ_TEXT("file", host->kill.file));
    struct nj_error err = {0};
    if (host->config->risk.on_halt != NJ_ON_CANCEL ||
        !nj_config_has_service(host->config, "broker")) /* the host whose broker it is cancels */
        return;
    if (nj_host_enter(host, cancel_all, host, &err) != 0)
        nj_log(host->log, NJ_ERROR, "risk", "not_cancelled", NJ_TEXT("error", err.text));
}

/* ---- in ---- */

njord_status nj_broker_ack(void *ctx, struct nj_instance *i, const njord_broker_order_ack *ack)
{
    njord_broker_order_ack mine = *ack;
    (void)i;
    return pass_on(ctx, "broker.acks", &mine.ev);
}

njord_status nj_broker_update(void *ctx, struct nj_instance *i,
                              const njord_broker_order_update *update)
{
    (void)i;
    njord_event *copy = malloc(update->ev.size);
    if (!copy)
        return NJORD_E_NOMEM;
    memcpy(copy, update, update->ev.size);
    njord_status status = pass_on(ctx, "broker.orders", copy);
    free(copy);
    return status;
}

njord_status nj_broker_fill(void *ctx, struct nj_instance *i, const njord_broker_fill *fill)
{
    njord_broker_fill mine = *fill;
    (void)i;
    return pass_on(ctx, "broker.fills", &mine.ev);
}

njord_status nj_broker_balance(void *ctx, struct nj_instance *i,
                               const njord_balance_snapshot *balance)
{
    struct nj_host *host = ctx;
    struct nj_error err = {0};
    (void)i;
    return nj_bus_publish(host->bus, "broker.balances", &balance->ev, NULL, &err) == 0
               ? NJORD_OK
               : NJORD_E_LIMIT;
}

njord_status nj_broker_error(void *ctx, struct nj_instance *i, const njord_order_ref *ref,
                             uint32_t cls, int32_t code, const char *text, int64_t retry_after_ns)
{
    static const char *const names[] = {"", "rejected", "unknown", "rate_limit", "auth", "network"};
    struct nj_host *host = ctx;
    nj_log(host->log, NJ_WARN, "broker", "broker_error", NJ_TEXT("broker", i->id),
           NJ_TEXT("class", names[cls]), NJ_INT("code", code), NJ_TEXT("text", text),
           NJ_TEXT("order", ref ? ref->client_order_id : ""),
           NJ_INT("retry_after_ns", retry_after_ns));
    if (!ref)
        return NJORD_OK;
    end_order(host, ref->client_order_id,
              cls == NJORD_BROKER_UNKNOWN ? NJORD_STATUS_UNKNOWN : NJORD_STATUS_REJECTED,
              names[cls]);
    if (cls == NJORD_BROKER_UNKNOWN && i->iface.broker.query)
        i->iface.broker.query(i->self, ref);
    return NJORD_OK;
}

static void on_broker_fill(void *ctx, const struct nj_message *m)
{
    struct nj_host *host = ctx;
    struct nj_broker_service *s = &host->broker;
    const njord_broker_fill *from = (const njord_broker_fill *)m->event;
    njord_fill fill;
    struct nj_error err = {0};
    if (m->envelope)
        return; /* another host's broker has made its FillEvent */
    if (nj_core_fill_of(&host->core, from, s->venue, &fill) != 0) {
        nj_log(host->log, NJ_ERROR, "broker", "fill_without_order",
               NJ_TEXT("client_order_id", from->client_order_id),
               NJ_TEXT("trade_id", from->trade_id));
        return;
    }
    if (nj_ledger_seen(host->core.ledger, fill.fill_id)) {
        s->doubles++;
        return;
    }
    s->fills++;
    nj_bus_publish(host->bus, "fills.new", &fill.ev, NULL, &err);
}

static void on_fill(void *ctx, const struct nj_message *m)
{
    struct nj_host *host = ctx;
    const njord_fill *fill = (const njord_fill *)m->event;
    if (m->envelope)
        return; /* the host whose broker it was tells of the position */
    double price = nj_core_last_price(&host->core, fill->symbol, NULL);
    const char *const owners[] = {fill->strategy_id, "*"};
    for (int i = 0; i < 2; i++) {
        njord_position_snapshot snapshot;
        struct nj_error err = {0};
        nj_ledger_snapshot(host->core.ledger, owners[i], fill->symbol, price, fill->ev.ts_ns,
                           &snapshot);
        nj_bus_publish(host->bus, "positions.snapshot", &snapshot.ev, NULL, &err);
    }
}

/* ---- life ---- */

static const njord_value *value_of(const struct nj_instance *i, const char *name)
{
    for (uint32_t k = 0; k < i->n_values; k++)
        if (strcmp(i->module->params[k].name, name) == 0)
            return &i->values[k];
    return NULL;
}

/* Of a broker that does not run here (another host's, a dry run): what its entry says. */
static double configured_cash(const struct nj_instance_config *entry, const char *asset)
{
    for (uint32_t i = 0; i < entry->n_params; i++)
        for (uint32_t k = 0;
             strcmp(entry->params[i].name, "cash") == 0 && k < entry->params[i].n_map; k++) {
            const struct nj_param_text *row = &entry->params[i].map[k];
            double value;
            if (strcmp(row->name, asset) == 0 && row->text &&
                njord_parse_f64(row->text, strlen(row->text), &value) == strlen(row->text))
                return value;
        }
    return NAN;
}

double nj_broker_service_cash(const struct nj_host *host)
{
    const struct nj_slot *slot = host->broker.slot;
    const struct nj_instrument *i =
        host->config->exchange.n_symbols == 0
            ? NULL
            : nj_instrument_find(host->core.instruments, host->config->exchange.symbols[0]);
    if (i && slot && !slot->instance)
        return configured_cash(slot->config, i->quote);
    const njord_value *cash = i && slot ? value_of(slot->instance, "cash") : NULL;
    if (!cash || cash->type != NJORD_PARAM_REAL_MAP)
        return NAN;
    for (uint64_t k = 0; k < cash->count; k++)
        if (strcmp(cash->map[k].key, i->quote) == 0)
            return cash->map[k].value;
    return NAN;
}

static int start_plugin(struct nj_host *host, struct nj_slot *slot, struct nj_error *err)
{
    struct nj_broker_service *s = &host->broker;
    struct nj_instance *instance = NULL;
    int rc = nj_slot_make(slot, &instance, err);
    if (rc != 0)
        return rc;
    struct nj_error why = {0};
    rc = nj_restart_from_nothing(host) ? NJ_ERR_NOT_FOUND
                                       : nj_snapshot_load(slot, instance, NULL, &why);
    if (rc != 0 && rc != NJ_ERR_NOT_FOUND)
        nj_log(host->log, NJ_WARN, "broker", "state_refused", NJ_TEXT("broker", slot->id),
               NJ_TEXT("error", why.text));
    if ((rc = nj_slot_install(slot, instance, err)) != 0)
        return rc;
    const njord_value *taker = value_of(instance, "taker"),
                      *slippage = value_of(instance, "slippage_bps");
    s->commission = taker ? taker->r : 0;
    s->slippage_bps = slippage ? slippage->r : 0;
    nj_host_announce(host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_LOADED,
                     instance->module->plugin.version, instance->module->plugin.summary);
    return 0;
}

int nj_broker_service_start(struct nj_host *host, struct nj_error *err)
{
    static const struct {
        const char *glob;
        enum nj_stage stage;
        nj_bus_handler handler;
    } wants[] = {
        {"orders.accepted", NJ_STAGE_BROKER, on_accepted},
        {"orders.cancel", NJ_STAGE_BROKER, on_cancel},
        {"broker.fills", NJ_STAGE_BROKER, on_broker_fill},
        {"fills.new", NJ_STAGE_BROKER, on_fill},
        {"md.*", NJ_STAGE_BROKER, on_market},
    };
    struct nj_broker_service *s = &host->broker;
    int rc = s->dry_run ? 0 : start_plugin(host, s->slot, err);
    for (size_t i = 0; i < sizeof wants / sizeof wants[0] && rc == 0; i++) {
        s->subscriptions[i] =
            nj_bus_subscribe(host->bus, wants[i].glob, wants[i].stage, wants[i].handler, host);
        s->n_subscriptions += s->subscriptions[i] != NULL;
        rc = s->subscriptions[i] ? 0
                                 : nj_error_set(err, NJ_ERR_NOMEM, "broker service: out of memory");
    }
    return rc;
}

void nj_broker_service_stop(struct nj_host *host)
{
    struct nj_broker_service *s = &host->broker;
    for (uint32_t i = 0; i < s->n_subscriptions; i++)
        nj_bus_unsubscribe(host->bus, s->subscriptions[i]);
    *s = (struct nj_broker_service){0};
}
