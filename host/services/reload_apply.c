/* reload_apply.c - a group of changes put into force between two events: prepare, hand over,
 * commit, or roll back. */
#include "services/halt.h"
#include "services/reload_impl.h"
#include "services/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int nj_reload_module(struct nj_host *host, struct nj_reload_file *file, const char *run_dir,
                     struct nj_error *err)
{
    if (file->module)
        return 0;
    struct nj_module_spec spec = {
        file->kind, file->path, run_dir, host->generations + 1, host->config->plugins.trust,
        host->log};
    int rc = nj_module_load(&file->module, &file->file, &spec, err);
    if (rc == 0)
        host->generations++;
    return rc;
}

/* ---- prepare: everything that may take time or fail, while the old versions stay as they are ----
 */

/* Which version it is about, before the barrier: there every microsecond counts. */
static void describe(struct nj_change *c)
{
    const struct nj_module *m = c->fresh                       ? c->fresh->module
                                : c->slot && c->slot->instance ? c->slot->instance->module
                                                               : NULL;
    snprintf(c->what, sizeof c->what, "%s generation %u hash %.16s",
             c->kind == NJ_CHANGE_PARAMETERS ? "parameters" : "version", m ? m->generation : 0,
             m ? m->hash : "");
    snprintf(c->id, sizeof c->id, "%s", c->slot ? c->slot->id : c->entry->id);
}

static int prepare(struct nj_host *host, struct nj_group *g, struct nj_error *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < g->n_changes && rc == 0; i++) {
        struct nj_change *c = &g->changes[i];
        if (c->kind == NJ_CHANGE_ADD &&
            !(c->slot = nj_slots_add(&host->strategies, host, c->entry)))
            return nj_error_set(err, NJ_ERR_NOMEM, "reload: out of memory");
        if (c->file)
            rc = nj_reload_module(host, c->file, nj_state_run_dir(host->state), err);
        if (rc == 0 && c->file)
            rc = nj_slot_create(c->slot, g->config, c->entry, c->file->module, &host->ops,
                                &c->fresh, err);
        if (c->fresh)
            c->fresh->muted = true;
        describe(c);
    }
    return rc;
}

/* ---- the barrier: old versions rest, new ones take over their state ---- */

static int hand_over_one(struct nj_host *host, struct nj_change *c, struct nj_error *err)
{
    struct nj_instance *old = c->slot ? c->slot->instance : NULL;
    struct nj_buf state = {0};
    struct nj_saved saved = {0};
    int rc = 0;
    if (old && c->fresh) {
        rc = nj_instance_quiesce(old, err);
        if (rc == 0)
            rc = nj_instance_save(old, &state, err);
        saved.version = old->module->plugin.state_version;
        memcpy(c->fresh->random, old->random, sizeof old->random);
    } else if (c->fresh) { /* a slot that did not run: what it saved last */
        rc = nj_snapshot_load(c->slot, c->fresh, NULL, err);
    }
    if (rc == 0 && c->fresh && old)
        rc = nj_instance_load(c->fresh, state.data, state.len, saved.version, err);
    if (rc == NJ_ERR_NOT_FOUND) { /* one of the two keeps no state */
        if (old)
            nj_log(host->log, NJ_INFO, "reload", "starts_empty", NJ_TEXT("id", c->entry->id),
                   NJ_TEXT("detail", err->text));
        rc = 0;
        c->empty = true;
    }
    nj_buf_free(&state);
    if (rc == 0 && c->fresh)
        rc = nj_instance_start(c->fresh, err);
    if (rc == 0 && c->kind == NJ_CHANGE_PARAMETERS) {
        rc = nj_instance_reconfigure(old, c->values, c->n_values, err);
        c->values = NULL;
        c->n_values = 0;
        c->told = rc == 0;
    }
    return rc;
}

/* ---- commit: a line for each, then the pointers ----
 *
 * The line is in the kernel before anything that the new version causes is (host.plugins is the
 * first of journals), with the next line of the order flow or at the end of the turn: the write
 * itself, longer than all else here, is not waited for between two events. */

static int write_line(struct nj_host *host, const struct nj_change *c, struct nj_error *err)
{
    static const uint8_t events[] = {[NJ_CHANGE_ADD] = NJORD_PLUGIN_EVENT_LOADED,
                                     [NJ_CHANGE_REMOVE] = NJORD_PLUGIN_EVENT_UNLOADED,
                                     [NJ_CHANGE_VERSION] = NJORD_PLUGIN_EVENT_RELOADED,
                                     [NJ_CHANGE_PARAMETERS] = NJORD_PLUGIN_EVENT_RELOADED};
    njord_plugin_event e;
    njord_event_init(&e, NJORD_EV_PLUGIN_EVENT);
    e.ev.ts_ns = nj_host_now(host);
    e.kind = (uint8_t)(c->slot ? c->slot->kind : c->entry->kind);
    e.event = events[c->kind];
    memcpy(e.plugin_id, c->id, sizeof e.plugin_id);
    snprintf(e.detail, sizeof e.detail, "%s at seq %llu", c->what,
             (unsigned long long)nj_bus_seq(host->bus));
    const struct nj_instance *now = c->fresh ? c->fresh : c->slot ? c->slot->instance : NULL;
    snprintf(e.version, sizeof e.version, "%s", now ? now->module->plugin.version : "");
    int rc = nj_bus_stamp(host->bus, &e.ev, err);
    if (rc == 0)
        rc = nj_flow_also(&host->flow, "host.plugins", &e.ev, false, err);
    if (rc == 0) {
        e.ev.flags |= NJ_EVENT_WRITTEN;
        rc = nj_bus_emit(host->bus, "host.plugins", &e.ev, err);
    }
    return rc;
}

static void remove_slot(struct nj_host *host, struct nj_slot *slot)
{
    struct nj_error err = {0};
    nj_strategy_leave(slot, (int)slot->config->on_remove, "removed");
    if (slot->instance &&
        (nj_instance_quiesce(slot->instance, &err) != 0 || nj_snapshot_save(slot, &err) != 0))
        nj_log(host->log, NJ_ERROR, "reload", "state_not_saved", NJ_TEXT("id", slot->id),
               NJ_TEXT("error", err.text));
    for (uint32_t i = 0; i < host->strategies.n; i++)
        if (host->strategies.all[i] == slot) {
            memmove(&host->strategies.all[i], &host->strategies.all[i + 1],
                    (host->strategies.n - i - 1) * sizeof(struct nj_slot *));
            host->strategies.n--;
            break;
        }
    nj_slot_free(slot);
}

/* The new version takes the old one's place; the old one rests until probation is over. */
static void swap_in(struct nj_host *host, struct nj_change *c)
{
    struct nj_slot *slot = c->slot;
    slot->previous = slot->instance;
    slot->instance = c->fresh;
    slot->instance->owner = slot;
    slot->instance->muted = false;
    slot->instance->cause_seq = slot->previous ? slot->previous->cause_seq : 0;
    slot->instance->ordinal = slot->previous ? slot->previous->ordinal : 0;
    slot->probation_ends_ns = host->platform->monotonic_ns(host->platform->ctx) + NJ_PROBATION_NS;
    slot->state = NJ_SLOT_RUNNING;
    slot->detail[0] = '\0';
    slot->generation++;
    c->fresh = NULL;
    if (c->empty)
        nj_warmup_want(slot);
    if (slot->kind != NJORD_KIND_STRATEGY)
        nj_slot_retire(slot); /* a session lives once: no way back for feeds and brokers */
}

static bool by_config_order(struct nj_host *host, const struct nj_config *config)
{
    struct nj_slot **sorted = calloc(host->strategies.n + 1u, sizeof(struct nj_slot *));
    uint32_t n = 0;
    if (!sorted)
        return false;
    for (uint32_t i = 0; i < config->n_strategies; i++) {
        struct nj_slot *slot = nj_slots_find(&host->strategies, config->strategies[i].id);
        if (!slot)
            continue;
        sorted[n++] = slot;
        slot->config = &config->strategies[i];
    }
    memcpy(host->strategies.all, sorted, n * sizeof(struct nj_slot *));
    host->strategies.n = n;
    free(sorted);
    return true;
}

/* All entries are the new configuration's from here on; strategies are called in its order. */
static void adopt_config(struct nj_reload *r)
{
    struct nj_host *host = r->host;
    struct nj_error err = {0};
    const struct nj_config *old = host->config;
    by_config_order(host, r->next);
    for (uint32_t i = 0; i < r->next->n_feeds; i++) {
        struct nj_slot *slot = nj_slots_find(&host->feeds, r->next->feeds[i].id);
        if (slot)
            slot->config = &r->next->feeds[i];
    }
    for (uint32_t i = 0; i < r->next->n_brokers; i++) {
        struct nj_slot *slot = nj_slots_find(&host->brokers, r->next->brokers[i].id);
        if (slot)
            slot->config = &r->next->brokers[i];
    }
    host->config = r->next;
    host->core.config = r->next;
    r->next = NULL;
    nj_log_set_level(host->log, (enum nj_level)host->config->logging.level);
    nj_halt_watch(host);
    if (host->risk.risk && nj_risk_service_configure(host, &err) != 0)
        nj_log(host->log, NJ_ERROR, "reload", "risk_limits_kept", NJ_TEXT("error", err.text));
    for (uint32_t i = 0; i < host->strategies.n; i++) {
        nj_strategy_fund(host->strategies.all[i]);
        if (nj_strategy_subscribe(host->strategies.all[i], &err) != 0)
            nj_log(host->log, NJ_ERROR, "reload", "not_subscribed", NJ_TEXT("error", err.text));
    }
    nj_config_free((struct nj_config *)old);
}

static int commit(struct nj_reload *r, struct nj_group *g, struct nj_error *err)
{
    struct nj_host *host = r->host;
    for (uint32_t i = 0; i < g->n_changes; i++) {
        int rc = write_line(host, &g->changes[i], err);
        if (rc != 0)
            return rc;
    }
    /* nothing fails from here on */
    for (uint32_t i = 0; i < g->n_changes; i++) {
        struct nj_change *c = &g->changes[i];
        if (c->kind == NJ_CHANGE_REMOVE)
            remove_slot(host, c->slot);
        else if (c->fresh)
            swap_in(host, c);
        r->n_done++;
    }
    if (r->next && g->config == r->next)
        adopt_config(r);
    return 0;
}

/* ---- roll back: the old versions go on as if nothing had happened ---- */

static void roll_back(struct nj_host *host, struct nj_group *g)
{
    for (uint32_t i = 0; i < g->n_changes; i++) {
        struct nj_change *c = &g->changes[i];
        struct nj_error err = {0};
        nj_instance_free(c->fresh);
        c->fresh = NULL;
        if (c->kind == NJ_CHANGE_ADD && c->slot) {
            host->strategies.n--; /* added last, in this group */
            nj_slot_free(c->slot);
            c->slot = NULL;
        } else if (c->slot && c->slot->instance &&
                   nj_instance_resume(c->slot->instance, &err) != 0) {
            c->slot->state = NJ_SLOT_DISABLED;
            snprintf(c->slot->detail, sizeof c->slot->detail, "%.255s", err.text);
            nj_host_announce(host, c->slot->id, c->slot->kind, NJORD_PLUGIN_EVENT_DISABLED, "",
                             err.text);
        }
        if (c->told && c->slot && c->slot->instance) { /* told the old values again */
            struct nj_config_report report = {0};
            struct nj_module *m = c->slot->instance->module;
            njord_value *values;
            uint32_t n;
            if (nj_param_values(m->params, c->slot->config->params, c->slot->config->n_params,
                                c->slot->config->place, c->slot->id, &values, &n, &report) == 0)
                nj_instance_reconfigure(c->slot->instance, values, n, &err);
            nj_config_report_free(&report);
        }
    }
}

struct applying {
    struct nj_reload *r;
    struct nj_group *group;
    struct nj_error *err;
    int rc;
};

static void at_barrier(void *ctx, uint64_t seq)
{
    struct applying *a = ctx;
    struct nj_host *host = a->r->host;
    const struct nj_platform *pf = host->platform;
    int64_t start = pf->monotonic_ns(pf->ctx);
    (void)seq;
    for (uint32_t i = 0; i < a->group->n_changes && a->rc == 0; i++)
        a->rc = hand_over_one(host, &a->group->changes[i], a->err);
    if (a->rc == 0)
        a->rc = commit(a->r, a->group, a->err);
    if (a->rc != 0)
        roll_back(host, a->group);
    host->stats.last_pause_ns = pf->monotonic_ns(pf->ctx) - start;
    if (host->stats.last_pause_ns > host->stats.worst_pause_ns)
        host->stats.worst_pause_ns = host->stats.last_pause_ns;
}

int nj_reload_apply(struct nj_reload *r, struct nj_group *group, struct nj_error *err)
{
    struct nj_host *host = r->host;
    nj_restart_intervened(host, "a reload");
    int rc = prepare(host, group, err);
    if (rc != 0) {
        roll_back(host, group);
        return rc;
    }
    for (uint32_t i = 0; i < group->n_changes; i++) /* at most two versions live */
        if (group->changes[i].slot && group->changes[i].fresh)
            nj_slot_retire(group->changes[i].slot);
    struct applying a = {r, group, err, 0};
    if (nj_journals_failed(host->journals)) {
        roll_back(host, group);
        return nj_error_set(
            err, NJ_ERR_NO_SPACE,
            "reload: the journals take no lines now: free the disk, then try again");
    }
    rc = nj_bus_enter(host->bus, nj_host_now(host), at_barrier, &a, err);
    if (rc == 0)
        rc = a.rc;
    static const char *const words[] = {"added", "removed", "reloaded", "reconfigured"};
    for (uint32_t i = 0; rc == 0 && i < group->n_changes; i++) {
        const struct nj_change *c = &group->changes[i];
        nj_reload_tell(r, "%s %s '%s': %s", words[c->kind],
                       nj_kind_text(c->entry ? c->entry->kind : NJORD_KIND_STRATEGY), c->id,
                       c->what);
    }
    return rc;
}

/* ---- back to the version before ---- */

struct going_back {
    struct nj_reload *r;
    struct nj_slot *slot;
};

static void go_back(void *ctx, uint64_t seq)
{
    struct going_back *b = ctx;
    struct nj_slot *slot = b->slot;
    struct nj_instance *bad = slot->instance, *old = slot->previous;
    struct nj_error err = {0};
    (void)seq;
    slot->previous = NULL;
    slot->instance = old;
    slot->back_wanted = false;
    int rc = nj_instance_resume(old, &err);
    old->withheld = true; /* what it would have sent since, the host's record knows better */
    for (char *record; rc == 0 && (record = nj_fifo_peek(&slot->since, NULL));
         nj_fifo_release(&slot->since)) {
        njord_event *event = nj_record_event(record);
        event->flags |= NJORD_EF_REPLAYED;
        nj_instance_event(old, record, event);
    }
    old->withheld = false;
    /* what the new version sent stands at the venue: a strategy that would have sent something
     * else, and cannot be told, must not go on */
    bool same = slot->sent.n == slot->replayed.n && slot->sent.hash == slot->replayed.hash;
    if (rc == 0 && !same && !old->iface.strategy.on_sync)
        rc =
            nj_error_set(&err, NJ_ERR_PLUGIN,
                         "the version before would have sent other orders (%llu, not %llu) and has "
                         "no on_sync: look at its orders, then njord ctl enable it",
                         (unsigned long long)slot->replayed.n, (unsigned long long)slot->sent.n);
    nj_slot_retire(slot);
    if (rc != 0) {
        old->phase = NJ_INSTANCE_DISABLED;
        snprintf(slot->detail, sizeof slot->detail, "%.255s", err.text);
    }
    slot->state = rc == 0 ? NJ_SLOT_RUNNING : NJ_SLOT_DISABLED;
    nj_host_announce(b->r->host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_ROLLED_BACK,
                     old->module->plugin.version,
                     rc == 0 ? "errors within the probation of the new version" : err.text);
    if (rc != 0)
        nj_host_announce(b->r->host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_DISABLED,
                         old->module->plugin.version, err.text);
    nj_instance_free(bad);
    if (rc == 0)
        nj_strategy_sync(slot);
}

void nj_reload_go_back(struct nj_reload *r, struct nj_slot *slot)
{
    struct nj_host *host = r->host;
    char hash[NJ_SHA256_HEX];
    memcpy(hash, slot->instance->module->hash, sizeof hash);
    nj_map_put(&r->bad, hash, "rolled back within its probation");
    for (uint32_t i = 0; i < host->strategies.n; i++) {
        struct nj_slot *other = host->strategies.all[i];
        struct going_back b = {r, other};
        struct nj_error err = {0};
        if (!other->previous || !other->instance ||
            strcmp(other->instance->module->hash, hash) != 0)
            continue;
        if (nj_bus_enter(host->bus, nj_host_now(host), go_back, &b, &err) != 0)
            nj_log(host->log, NJ_ERROR, "reload", "not_rolled_back", NJ_TEXT("id", other->id),
                   NJ_TEXT("error", err.text));
    }
}
