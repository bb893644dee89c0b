/* reload_probe.c - a new version tried in a child, on a copy of everything, before it may touch the
 * host.
 *
 * The child is a fork: it has the running instances and their state to look at, and nobody else
 * sees what it does to them. */
#include "services/reload_impl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct job {
    struct nj_host *host;
    struct nj_group *group;
};

/* What a fresh instance puts out while it is tried: counted and hashed, sent nowhere. */
struct outputs {
    uint64_t n, hash;
};

static void mix(struct outputs *o, const void *data, size_t len)
{
    const unsigned char *at = data;
    o->n++;
    for (size_t i = 0; i < len; i++)
        o->hash = (o->hash ^ at[i]) * 1099511628211ull;
}

static struct outputs *outputs_of(const struct nj_instance *i)
{
    return i->ops->probe;
}

static njord_status submit(void *ctx, struct nj_instance *i, const njord_order *order,
                           char *intent_id)
{
    (void)ctx;
    mix(outputs_of(i), order, offsetof(njord_order, meta));
    if (intent_id)
        snprintf(intent_id, NJORD_INTENT_ID_SIZE, "probe-%u", i->ordinal);
    i->ordinal++;
    return NJORD_OK;
}

static njord_status cancel(void *ctx, struct nj_instance *i, const char *intent_id)
{
    (void)ctx;
    mix(outputs_of(i), intent_id, strlen(intent_id));
    return NJORD_OK;
}

static njord_status publish(void *ctx, struct nj_instance *i, const char *topic,
                            const njord_event *event)
{
    (void)ctx, (void)topic;
    mix(outputs_of(i), event, event->size);
    return NJORD_OK;
}

static njord_status timer_set(void *ctx, struct nj_instance *i, uint32_t timer, int64_t due_ns,
                              int64_t period_ns)
{
    int64_t what[] = {timer, due_ns, period_ns};
    (void)ctx;
    mix(outputs_of(i), what, sizeof what);
    return NJORD_OK;
}

static njord_status timer_cancel(void *ctx, struct nj_instance *i, uint32_t timer)
{
    (void)ctx;
    mix(outputs_of(i), &timer, sizeof timer);
    return NJORD_OK;
}

static njord_status watch(void *ctx, struct nj_instance *i, int32_t fd, uint32_t events)
{
    (void)ctx, (void)i, (void)fd, (void)events;
    return NJORD_OK;
}

static njord_status speed(void *ctx, struct nj_instance *i, double times)
{
    (void)ctx, (void)i, (void)times;
    return NJORD_OK;
}

static void log_text(void *ctx, struct nj_instance *i, int32_t level, const char *text)
{
    (void)ctx, (void)i, (void)level, (void)text;
}

static void failed(void *ctx, struct nj_instance *i, const char *callback, njord_status status,
                   const char *why, bool disable)
{
    (void)ctx, (void)i, (void)callback, (void)status, (void)why, (void)disable;
}

static void show_recent(struct nj_instance *fresh, const struct nj_fifo *recent)
{
    struct nj_fifo_cursor cursor = {0};
    for (char *record; (record = nj_fifo_next(recent, &cursor));)
        nj_instance_event(fresh, record, nj_record_event(record));
}

/* One fresh instance from the running one's state, shown the last events. */
static int run_once(struct job *job, struct nj_change *c, const struct nj_buf *state,
                    bool has_state, uint32_t version, struct outputs *o, struct nj_error *err)
{
    struct nj_host *host = job->host;
    struct nj_instance *fresh = NULL;
    struct nj_instance_ops ops = host->ops;
    ops.probe = o;
    ops.calls = NULL; /* the child has its own time limit */
    ops.submit = submit;
    ops.cancel = cancel;
    ops.publish = publish;
    ops.timer_set = timer_set;
    ops.timer_cancel = timer_cancel;
    ops.watch = watch;
    ops.speed = speed;
    ops.log = log_text;
    ops.failed = failed;
    *o = (struct outputs){0, 14695981039346656037ull};
    int rc =
        nj_slot_create(c->slot, job->group->config, c->entry, c->file->module, &ops, &fresh, err);
    if (rc == 0 && has_state && fresh->module->plugin.state_version > 0)
        rc = nj_instance_load(fresh, state->data, state->len, version, err);
    if (rc == 0)
        rc = nj_instance_start(fresh, err);
    if (rc == 0 && c->slot && c->slot->kind == NJORD_KIND_STRATEGY)
        show_recent(fresh, &c->slot->recent);
    if (rc == 0 && has_state && fresh->module->plugin.state_version > 0) {
        struct nj_buf again = {0};
        rc = nj_instance_save(fresh, &again, err);
        nj_buf_free(&again);
    }
    nj_instance_free(fresh);
    return rc;
}

static int try_change(struct job *job, struct nj_change *c, struct nj_error *err)
{
    struct nj_buf state = {0};
    bool has_state = false;
    uint32_t version = 0;
    struct outputs first, second;
    int rc = nj_reload_module(job->host, c->file, nj_state_run_dir(job->host->state), err);
    if (rc != 0)
        return rc;
    if (c->slot && c->slot->instance) {
        struct nj_error why = {0};
        version = c->slot->instance->module->plugin.state_version;
        has_state = nj_instance_save(c->slot->instance, &state, &why) == 0;
    }
    rc = run_once(job, c, &state, has_state, version, &first, err);
    if (rc == 0)
        rc = run_once(job, c, &state, has_state, version, &second, err);
    nj_buf_free(&state);
    if (rc == 0 && (c->file->module->plugin.flags & NJORD_F_DETERMINISTIC) &&
        (first.n != second.n || first.hash != second.hash))
        rc = nj_error_set(err, NJ_ERR_PLUGIN,
                          "plugin '%s' of '%s': says it is deterministic, but the same events gave "
                          "other outputs the second time",
                          c->file->module->name, c->entry->id);
    return rc;
}

static int child_main(void *ctx, int fd)
{
    struct job *job = ctx;
    struct nj_error err = {0};
    int rc = 0;
    for (uint32_t i = 0; i < job->group->n_changes && rc == 0; i++)
        if (job->group->changes[i].file)
            rc = try_change(job, &job->group->changes[i], &err);
    for (uint32_t i = 0; i < job->group->n_files; i++)
        nj_module_unref(job->group->files[i]->module); /* removes the private copy */
    if (rc != 0 && write(fd, err.text, strlen(err.text)) < 0)
        return 2;
    return rc != 0;
}

static void on_wake(struct ev_loop *loop, struct ev_io *io, int revents)
{
    (void)loop, (void)io, (void)revents; /* waking is all it does: nj_reload_turn looks */
}

static void on_tick(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
    (void)loop, (void)timer, (void)revents;
}

int nj_reload_probe(struct nj_reload *r, struct nj_group *group, struct nj_error *err)
{
    struct job job = {r->host, group};
    const struct nj_platform *pf = r->host->platform;
    int rc =
        nj_child_start(&r->probe, child_main, &job, pf->monotonic_ns(pf->ctx), NJ_PROBE_NS, err);
    if (rc != 0)
        return rc;
    r->probing = true;
    r->host->generations++; /* the child's copies had this number */
    ev_io_init(&r->probe_io, on_wake, r->probe.fd, EV_READ);
    ev_io_start(r->host->loop, &r->probe_io);
    ev_timer_init(&r->probe_timer, on_tick, 0.02, 0.02);
    ev_timer_start(r->host->loop, &r->probe_timer);
    return 0;
}
