#include "services/reload.h"

#include "services/reload_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void nj_reload_say(struct nj_reload *r, const char *fmt, ...)
{
    char line[NJ_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    nj_buf_printf(&r->text, "%s\n", line);
    nj_log(r->host->log, NJ_INFO, "reload", "outcome", NJ_TEXT("detail", line));
}

void nj_reload_tell(struct nj_reload *r, const char *fmt, ...)
{
    char line[NJ_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    nj_buf_printf(&r->text, "%s\n", line);
}

int nj_reload_open(struct nj_host *host, struct nj_error *err)
{
    struct nj_reload *r = calloc(1, sizeof *r);
    if (!r)
        return nj_error_set(err, NJ_ERR_NOMEM, "reload: out of memory");
    r->host = host;
    r->inotify_fd = -1;
    r->probe.fd = -1;
    host->reload = r;
    return host->config->plugins.watch ? nj_reload_watch_open(r, err) : 0;
}

void nj_reload_close(struct nj_host *host)
{
    struct nj_reload *r = host->reload;
    if (!r)
        return;
    nj_reload_watch_close(r);
    if (r->probing) {
        ev_io_stop(host->loop, &r->probe_io);
        ev_timer_stop(host->loop, &r->probe_timer);
    }
    nj_child_free(&r->probe);
    nj_reload_drop_plan(r);
    nj_config_free(r->next);
    nj_buf_free(&r->text);
    nj_map_free(&r->bad, NULL);
    free(r);
    host->reload = NULL;
}

void nj_reload_request(struct nj_host *host, const struct nj_reload_waiter *waiter, bool forced)
{
    struct nj_reload *r = host->reload;
    if (!r) {
        if (waiter)
            waiter->done(waiter->ctx, NJ_ERR_BUSY, "the host is starting or stopping");
        return;
    }
    if (waiter && r->n_waiters == sizeof r->waiters / sizeof r->waiters[0]) {
        waiter->done(waiter->ctx, NJ_ERR_LIMIT, "too many callers wait for a reload");
        return;
    }
    if (waiter)
        r->waiters[r->n_waiters++] = *waiter;
    r->wanted = r->wants_config = true;
    r->forced |= forced;
}

bool nj_reload_under_way(const struct nj_host *host)
{
    return host->reload && (host->reload->under_way || host->reload->wanted);
}

static void finish(struct nj_reload *r)
{
    if (r->rc == 0 && r->n_done == 0 && r->text.len == 0)
        nj_buf_puts(&r->text, "unchanged: nothing to reload\n");
    if (r->rc == 0)
        r->host->stats.reloads++;
    if (r->n_done > 0)
        nj_log(r->host->log, NJ_INFO, "reload", "done", NJ_INT("changes", r->n_done),
               NJ_REAL("pause_us", (double)r->host->stats.last_pause_ns / 1000));
    nj_reload_drop_plan(r);
    nj_config_free(r->next);
    r->next = NULL;
    r->under_way = false;
    /* those who asked while it was under way wait for the next one */
    struct nj_reload_waiter told[16];
    uint32_t n = r->n_told;
    memcpy(told, r->waiters, n * sizeof told[0]);
    memmove(r->waiters, r->waiters + n, (r->n_waiters - n) * sizeof r->waiters[0]);
    r->n_waiters -= n;
    for (uint32_t i = 0; i < n; i++)
        told[i].done(told[i].ctx, r->rc, r->text.data ? r->text.data : "");
    nj_buf_clear(&r->text);
}

/* A changed configuration into r->next; all or none: a key that needs a restart refuses the whole.
 */
static int read_config(struct nj_reload *r)
{
    struct nj_host *host = r->host;
    struct nj_config_report report = {0};
    struct nj_buf restart = {0};
    int rc = nj_config_load(&r->next, host->config_path[0] ? host->config_path : NULL,
                            &host->overrides, &report);
    if (rc != 0) {
        const char *line =
            report.errors.data ? report.errors.data : "the configuration cannot be read\n";
        while (*line) {
            size_t len = strcspn(line, "\n");
            nj_reload_say(r, "refused configuration: %.*s", (int)len, line);
            line += len + (line[len] == '\n');
        }
    } else if (nj_config_needs_restart(host->config, r->next, &restart) > 0) {
        const char *line = restart.data;
        while (line && *line) {
            size_t len = strcspn(line, "\n");
            nj_reload_say(r, "refused configuration: needs restart: %.*s", (int)len, line);
            line += len + (line[len] == '\n');
        }
        rc = NJ_ERR_REFUSED;
    }
    nj_buf_free(&restart);
    nj_config_report_free(&report);
    return rc;
}

static void start(struct nj_reload *r)
{
    struct nj_error err = {0};
    bool config = r->wants_config;
    r->is_forced = r->forced;
    r->wanted = r->wants_config = r->forced = false;
    r->under_way = true;
    r->rc = 0;
    r->n_done = 0;
    r->n_told = r->n_waiters;
    nj_buf_clear(&r->text);
    if (config && (r->rc = read_config(r)) != 0)
        r->host->stats.reloads_refused++;
    if (r->rc == 0) {
        int rc =
            nj_reload_plan(r, &err); /* what it refuses of single files stands in r->rc already */
        if (rc != 0) {
            r->rc = rc;
            r->host->stats.reloads_refused++;
            nj_reload_say(r, "refused: %s", err.text);
            nj_reload_drop_plan(r); /* all or none: what was planned before it neither */
        }
    }
}

static void refuse_group(struct nj_reload *r, struct nj_group *g, int rc, const char *why)
{
    if (r->rc == 0)
        r->rc = rc;
    r->host->stats.reloads_refused++;
    nj_reload_say(r, "refused: %s", why);
    for (uint32_t i = 0; i < g->n_changes; i++) {
        const struct nj_change *c = &g->changes[i];
        const char *id = c->slot ? c->slot->id : c->entry->id;
        nj_host_announce(
            r->host, id, c->slot ? c->slot->kind : c->entry->kind,
            NJORD_PLUGIN_EVENT_RELOAD_REFUSED,
            c->slot && c->slot->instance ? c->slot->instance->module->plugin.version : "", why);
    }
    if (r->next &&
        g->config ==
            r->next) { /* its configuration is not in force: what else was planned on it neither */
        r->at = r->n_groups;
        nj_config_free(r->next);
        r->next = NULL;
    }
}

/* The verdict of the child on groups[at]. */
static void judge(struct nj_reload *r)
{
    struct nj_group *g = &r->groups[r->at];
    struct nj_error err = {0};
    char how[128];
    r->probing = false;
    ev_io_stop(r->host->loop, &r->probe_io);
    ev_timer_stop(r->host->loop, &r->probe_timer);
    nj_child_describe(&r->probe, how, sizeof how);
    r->at++;
    if (how[0] == '\0') {
        int rc = nj_reload_apply(r, g, &err);
        if (rc != 0)
            refuse_group(r, g, rc, err.text);
    } else if (r->probe.said.len > 0) {
        nj_error_set(&err, NJ_ERR_PLUGIN, "%s", r->probe.said.data);
        refuse_group(r, g, err.code, err.text);
    } else {
        nj_error_set(&err, NJ_ERR_PLUGIN, "plugin '%s': the new version died when it was tried: %s",
                     g->n_files ? g->files[0]->path : "", how);
        for (uint32_t i = 0; i < g->n_files; i++)
            nj_map_put(&r->bad, g->files[i]->file.hash, "crashed or hung when it was tried");
        refuse_group(r, g, err.code, err.text);
    }
    nj_child_free(&r->probe);
}

/* Probations that are over, or have failed. */
static void watch_probation(struct nj_reload *r)
{
    struct nj_host *host = r->host;
    int64_t now = 0;
    for (uint32_t i = 0; i < host->strategies.n; i++) {
        struct nj_slot *slot = host->strategies.all[i];
        if (!slot->previous)
            continue;
        if (now == 0)
            now = host->platform->monotonic_ns(host->platform->ctx);
        if (slot->back_wanted)
            nj_reload_go_back(r, slot);
        else if (now >= slot->probation_ends_ns)
            nj_slot_retire(slot);
    }
}

bool nj_reload_turn(struct nj_host *host)
{
    struct nj_reload *r = host->reload;
    struct nj_error err = {0};
    if (!r)
        return false;
    if (nj_restart_behind(host)) /* first what was, then what changes it */
        return false;
    watch_probation(r);
    if (!r->under_way && r->wanted && !host->stopping)
        start(r);
    if (!r->under_way)
        return false;
    if (r->probing) {
        if (!nj_child_ended(&r->probe, host->platform->monotonic_ns(host->platform->ctx)))
            return false;
        judge(r);
    }
    if (r->at == r->n_groups) {
        finish(r);
        return r->wanted;
    }
    if (nj_reload_probe(r, &r->groups[r->at], &err) != 0) {
        struct nj_group *g = &r->groups[r->at++];
        refuse_group(r, g, err.code, err.text);
        return true;
    }
    return false;
}
