/* control_act.c - requests that change the host: reload, enable, disable, cancel, flatten, stop.
 *
 * What touches trading runs as an input of its own, so that it has a number in the one sequence and
 * is worked off to the end before the answer is made. Each is logged with the caller's uid and
 * process. */
#include "services/control_impl.h"
#include "services/reload.h"
#include "services/snapshot.h"

#include <stdio.h>
#include <string.h>

/* ---- as an input ---- */

/* Runs fn as an input and hands its lines to the kernel, so that the answer tells of nothing that a
 * crash could take back. */
static bool enter(struct nj_caller *caller, void (*fn)(void *ctx, uint64_t seq), void *ctx)
{
    struct nj_host *host = caller->host;
    struct nj_error err = {0};
    if (nj_restart_behind(host)) {
        nj_caller_refuse(caller, NJ_BEHIND_TEXT);
        return false;
    }
    nj_restart_intervened(host, "an operator");
    int64_t now = host->config->app.clock == NJ_CLOCK_EVENTS
                      ? host->last_ns
                      : host->platform->realtime_ns(host->platform->ctx);
    if (now > host->last_ns)
        host->last_ns = now;
    if (nj_bus_delivering(host->bus) || nj_bus_enter(host->bus, now, fn, ctx, &err) != 0) {
        nj_caller_refuse(caller, "the host cannot take this now%s%s", err.code ? ": " : "",
                         err.text);
        return false;
    }
    nj_flow_flush(&host->flow);
    return true;
}

/* ---- slots by id ---- */

static struct nj_slot *find_slot(struct nj_host *host, const char *id)
{
    struct nj_slot *slot = nj_slots_find(&host->strategies, id);
    if (!slot)
        slot = nj_slots_find(&host->feeds, id);
    return slot ? slot : nj_slots_find(&host->brokers, id);
}

static const struct nj_instance_config *find_config(const struct nj_host *host, const char *id)
{
    const struct nj_config *c = host->config;
    const struct nj_instance_config *const lists[] = {c->strategies, c->feeds, c->brokers};
    const uint32_t counts[] = {c->n_strategies, c->n_feeds, c->n_brokers};
    for (size_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < counts[k]; i++)
            if (strcmp(lists[k][i].id, id) == 0)
                return &lists[k][i];
    return NULL;
}

/* The slot that enable and disable speak of; NULL after the refusal was written. */
static struct nj_slot *slot_for(struct nj_caller *caller, const char *verb, const char *id)
{
    struct nj_host *host = caller->host;
    struct nj_slot *slot = find_slot(host, id);
    if (!slot && find_config(host, id))
        nj_caller_refuse(caller,
                         "%s '%.64s': the configuration disables it; set 'enabled: true' there and "
                         "reload",
                         verb, id);
    else if (!slot)
        nj_caller_refuse(caller, "%s '%.64s': no plugin of that id; njord ctl plugins lists them",
                         verb, id);
    else if (nj_reload_under_way(host))
        nj_caller_refuse(caller, "%s '%s': a reload is under way; try again", verb, id);
    else if (slot->kind == NJORD_KIND_BROKER)
        nj_caller_refuse(caller,
                         "%s '%s': a broker stays while the host runs; njord kill trip stops "
                         "orders, njord kill clear lets them go on",
                         verb, id);
    else
        return slot;
    return NULL;
}

/* ---- disable ---- */

struct disabling {
    struct nj_slot *slot;
    char detail[128];
    char save_error[256];
};

static void save_slot(struct nj_slot *slot, char *why, size_t cap)
{
    struct nj_error err = {0};
    int rc = nj_instance_quiesce(slot->instance, &err);
    if (rc == 0)
        rc = nj_snapshot_save(slot, &err);
    if (rc == 0)
        return;
    snprintf(why, cap, "%.*s", (int)cap - 1, err.text);
    nj_log(slot->host->log, NJ_ERROR, "control", "state_not_saved", NJ_TEXT("id", slot->id),
           NJ_TEXT("error", err.text));
}

static void do_disable(void *ctx, uint64_t seq)
{
    struct disabling *d = ctx;
    struct nj_slot *slot = d->slot;
    char version[32] = "";
    (void)seq;
    if (slot->instance) {
        snprintf(version, sizeof version, "%.31s", slot->instance->module->plugin.version);
        if (slot->instance->phase == NJ_INSTANCE_RUNNING)
            save_slot(slot, d->save_error, sizeof d->save_error);
        if (slot->kind == NJORD_KIND_FEED)
            nj_descriptors_forget(slot->host, slot);
        nj_slot_retire(slot);
        nj_instance_free(slot->instance);
        slot->instance = NULL;
    }
    slot->state = NJ_SLOT_DISABLED;
    snprintf(slot->detail, sizeof slot->detail, "%s", d->detail);
    nj_host_announce(slot->host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_DISABLED, version,
                     d->detail);
}

void nj_control_disable(struct nj_caller *caller, const json_t *args)
{
    const char *id = json_string_value(json_object_get(args, "id"));
    struct disabling d = {.slot = slot_for(caller, "disable", id)};
    if (!d.slot)
        return;
    if (d.slot->state != NJ_SLOT_RUNNING) {
        nj_caller_refuse(caller, "disable '%s': it is %s already", id, nj_slot_state_text(d.slot));
        return;
    }
    snprintf(d.detail, sizeof d.detail, "by an operator, uid %u", caller->uid);
    if (!enter(caller, do_disable, &d))
        return;
    uint32_t open = nj_orders_count_open(caller->host->core.orders, id);
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_text(&json, "state", nj_slot_state_text(d.slot));
    nj_put_uint(&json, "open_orders", open);
    if (d.save_error[0])
        nj_put_text(&json, "state_not_saved", d.save_error);
    nj_caller_finish(caller, &json);
    nj_caller_log(caller, "disable", id, "done");
}

/* ---- enable ---- */

struct enabling {
    struct nj_slot *slot;
    struct nj_instance *instance; /* made, not yet installed */
    bool restored;
    int rc;
    struct nj_error err;
};

static int load_saved(struct enabling *e)
{
    int rc = nj_snapshot_load(e->slot, e->instance, NULL, &e->err);
    e->restored = rc == 0;
    return rc == NJ_ERR_NOT_FOUND ? 0 : rc;
}

static void do_enable(void *ctx, uint64_t seq)
{
    struct enabling *e = ctx;
    struct nj_slot *slot = e->slot;
    const njord_plugin *plugin = &e->instance->module->plugin;
    (void)seq;
    nj_slot_retire(slot);
    nj_instance_free(slot->instance); /* one that was disabled for its errors */
    slot->instance = NULL;
    e->rc = nj_slot_install(slot, e->instance, &e->err);
    e->instance = NULL; /* the slot's now, or gone */
    if (e->rc == 0 && slot->kind == NJORD_KIND_STRATEGY && slot->n_subscriptions == 0)
        e->rc = nj_strategy_subscribe(slot, &e->err);
    if (e->rc != 0) {
        slot->state = NJ_SLOT_REFUSED;
        snprintf(slot->detail, sizeof slot->detail, "%.255s", e->err.text);
        nj_host_announce(slot->host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_REFUSED, "",
                         e->err.text);
        return;
    }
    if (slot->kind == NJORD_KIND_FEED) {
        slot->ended = false;
        slot->first_event_ns = NJORD_NONE_I64;
        for (uint32_t i = 0; i < slot->instance->n_symbols; i++)
            nj_instance_subscribe(
                slot->instance, slot->instance->symbols[i],
                NJORD_WANT_TRADES | NJORD_WANT_DEPTH | NJORD_WANT_TICKER | NJORD_WANT_BARS, true);
    } else {
        if (!e->restored)
            nj_warmup_want(slot);
        nj_strategy_sync(slot);
    }
    nj_host_announce(slot->host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_ENABLED, plugin->version,
                     e->restored ? "with its saved state" : "without saved state");
}

void nj_control_enable(struct nj_caller *caller, const json_t *args)
{
    const char *id = json_string_value(json_object_get(args, "id"));
    struct enabling e = {.slot = slot_for(caller, "enable", id)};
    if (!e.slot)
        return;
    if (e.slot->state == NJ_SLOT_RUNNING) {
        nj_caller_refuse(caller, "enable '%s': it is running already", id);
        return;
    }
    e.rc = nj_slot_make(e.slot, &e.instance, &e.err);
    if (e.rc == 0 && (e.rc = load_saved(&e)) != 0)
        nj_error_context(&e.err, "its saved state was refused");
    bool entered = e.rc == 0 && enter(caller, do_enable, &e);
    nj_instance_free(e.instance);
    if (e.rc != 0)
        nj_caller_refuse(caller, "enable '%s': %s", id, e.err.text);
    if (!entered || e.rc != 0) {
        nj_caller_log(caller, "enable", id, e.rc != 0 ? e.err.text : "the host was busy");
        return;
    }
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_text(&json, "state", nj_slot_state_text(e.slot));
    nj_put_bool(&json, "restored", e.restored);
    nj_put_uint(&json, "generation", e.slot->generation);
    nj_caller_finish(caller, &json);
    nj_caller_log(caller, "enable", id, "done");
}

/* ---- cancel and flatten ---- */

struct canceling {
    struct nj_host *host;
    const char *intent_id, *strategy_id; /* NULL: all */
    uint32_t asked, failed;
    struct nj_error err;
};

static void do_cancel(void *ctx, uint64_t seq)
{
    struct canceling *c = ctx;
    (void)seq;
    for (const struct nj_order *o = NULL;
         (o = nj_orders_next_open(c->host->core.orders, o, c->strategy_id, NULL));) {
        if (c->intent_id && strcmp(o->intent_id, c->intent_id) != 0)
            continue;
        njord_cancel cancel;
        njord_event_init(&cancel, NJORD_EV_CANCEL);
        cancel.ev.ts_ns = nj_host_now(c->host);
        snprintf(cancel.intent_id, sizeof cancel.intent_id, "%s", o->intent_id);
        snprintf(cancel.strategy_id, sizeof cancel.strategy_id, "%s", o->strategy_id);
        snprintf(cancel.reason, sizeof cancel.reason, "operator");
        if (nj_flow_emit(&c->host->flow, "strat.cancel", &cancel.ev, &c->err) == 0)
            c->asked++;
        else
            c->failed++;
    }
}

/* Is this the id of a strategy here: configured, or one that has traded? */
static bool is_strategy(const struct nj_host *host, const char *id)
{
    const struct nj_position *p;
    size_t at = 0;
    for (uint32_t i = 0; i < host->config->n_strategies; i++)
        if (strcmp(host->config->strategies[i].id, id) == 0)
            return true;
    while ((p = nj_ledger_next(host->core.ledger, &at)))
        if (strcmp(p->strategy_id, id) == 0)
            return true;
    return nj_orders_next_open(host->core.orders, NULL, id, NULL) != NULL;
}

static bool cancel_failed(struct nj_caller *caller, const char *verb, const char *what,
                          const struct canceling *c)
{
    if (c->failed == 0)
        return false;
    nj_caller_refuse(caller, "%s '%.64s': %u cancels sent, %u not: %s", verb, what, c->asked,
                     c->failed, c->err.text);
    nj_caller_log(caller, verb, what, c->err.text);
    return true;
}

void nj_control_cancel(struct nj_caller *caller, const json_t *args)
{
    const char *what = json_string_value(json_object_get(args, "what"));
    struct nj_host *host = caller->host;
    struct canceling c = {.host = host};
    const struct nj_order *order = nj_order_find(host->core.orders, what);
    if (order && !nj_order_open(order)) {
        nj_caller_refuse(caller, "cancel '%s': this order has ended already", what);
        return;
    }
    if (order)
        c.intent_id = what;
    else if (is_strategy(host, what))
        c.strategy_id = what;
    else if (strcmp(what, "all") != 0) {
        nj_caller_refuse(caller,
                         "cancel '%.64s': neither an open order nor a strategy; njord ctl orders "
                         "lists the orders",
                         what);
        return;
    }
    if (!enter(caller, do_cancel, &c) || cancel_failed(caller, "cancel", what, &c))
        return;
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_uint(&json, "asked", c.asked);
    nj_put_uint(&json, "open_orders", nj_orders_count_open(host->core.orders, c.strategy_id));
    nj_caller_finish(caller, &json);
    nj_caller_log(caller, "cancel", what, "done");
}

struct flattening {
    struct nj_host *host;
    const char *strategy_id;
    uint32_t sent, failed;
    struct nj_error err;
};

static void do_flatten(void *ctx, uint64_t seq)
{
    struct flattening *f = ctx;
    size_t at = 0;
    (void)seq;
    for (const struct nj_position *p; (p = nj_ledger_next(f->host->core.ledger, &at));) {
        if (strcmp(p->strategy_id, f->strategy_id) != 0 || p->lots == 0)
            continue;
        struct nj_error err = {0};
        int rc = nj_strategy_flatten(f->host, f->strategy_id, p->instrument->symbol, &err);
        if (rc == 0)
            f->sent++;
        else if (rc != NJ_ERR_NOT_FOUND) {
            f->failed++;
            f->err = err;
        }
    }
}

static uint32_t positions_left(const struct nj_host *host, const char *strategy_id)
{
    const struct nj_position *p;
    uint32_t n = 0;
    size_t at = 0;
    while ((p = nj_ledger_next(host->core.ledger, &at)))
        n += strcmp(p->strategy_id, strategy_id) == 0 && p->lots != 0;
    return n;
}

/* First its open orders go, worked off to the end, then what is left of its positions. */
void nj_control_flatten(struct nj_caller *caller, const json_t *args)
{
    const char *id = json_string_value(json_object_get(args, "strategy"));
    struct nj_host *host = caller->host;
    int64_t now = host->platform->monotonic_ns(host->platform->ctx);
    struct canceling c = {.host = host, .strategy_id = id};
    struct flattening f = {.host = host, .strategy_id = id};
    if (!is_strategy(host, id)) {
        nj_caller_refuse(caller,
                         "flatten '%.64s': no strategy of that id; njord ctl plugins lists "
                         "them",
                         id);
        return;
    }
    if (nj_kill_check(&host->kill, now)) {
        nj_caller_refuse(caller,
                         "flatten '%s': trading is halted (%s), its orders would be refused; njord "
                         "kill status tells more",
                         id, nj_kill_reason(&host->kill, now));
        return;
    }
    if (!enter(caller, do_cancel, &c) || cancel_failed(caller, "flatten", id, &c) ||
        !enter(caller, do_flatten, &f))
        return;
    if (f.failed > 0) {
        nj_caller_refuse(caller, "flatten '%s': %u orders sent, %u not: %s", id, f.sent, f.failed,
                         f.err.text);
        nj_caller_log(caller, "flatten", id, f.err.text);
        return;
    }
    const struct nj_slot *slot = nj_slots_find(&host->strategies, id);
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_uint(&json, "canceled", c.asked);
    nj_put_uint(&json, "sent", f.sent);
    nj_put_uint(&json, "positions_left", positions_left(host, id));
    nj_put_uint(&json, "open_orders", nj_orders_count_open(host->core.orders, id));
    nj_put_bool(&json, "running", slot && slot->state == NJ_SLOT_RUNNING);
    nj_caller_finish(caller, &json);
    nj_caller_log(caller, "flatten", id, "done");
}

/* ---- reload ---- */

static void reload_done(void *ctx, int rc, const char *text)
{
    struct nj_caller *caller = ctx;
    caller->waiting = false;
    struct nj_json_out json = nj_caller_verdict(caller, rc == 0);
    if (rc != 0)
        nj_put_text(&json, "error", "the reload was refused, what ran before runs on");
    nj_put_open(&json, "lines", '[');
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        char part[NJ_ERROR_TEXT];
        snprintf(part, sizeof part, "%.*s", (int)len, line);
        nj_put_text(&json, NULL, part);
        line += len + (line[len] == '\n');
    }
    nj_put_close(&json, ']');
    nj_caller_finish(caller, &json);
    nj_caller_log(caller, "reload", "", rc == 0 ? "done" : "refused");
    if (!caller->handling)
        nj_caller_go_on(caller);
}

void nj_control_reload(struct nj_caller *caller, const json_t *args)
{
    bool forced = json_is_true(json_object_get(args, "force"));
    nj_caller_log(caller, "reload", forced ? "forced" : "", "asked");
    caller->waiting = true;
    struct nj_reload_waiter waiter = {reload_done, caller};
    nj_reload_request(caller->host, &waiter, forced);
}

/* ---- stop ---- */

void nj_control_stop(struct nj_caller *caller, const json_t *args)
{
    char why[64];
    (void)args;
    snprintf(why, sizeof why, "njord ctl stop, uid %u, pid %d", caller->uid, caller->pid);
    nj_caller_log(caller, "stop", "", "asked");
    struct nj_json_out json = nj_caller_answer(caller);
    nj_put_int(&json, "timeout_ms", caller->host->config->app.stop_timeout_ms);
    nj_caller_finish(caller, &json);
    nj_host_stop(caller->host, why);
}
