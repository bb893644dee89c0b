#include "bus/redis_impl.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_S           1.0
#define NJ_REDIS_BACKOFF 0.1        /* s; doubles to 10 */
#define SILENT_NS        5000000000 /* own ping not heard: the session is dead */
#define STORE_EVERY_NS   100000000  /* between two writes of the ids */
#define UNANSWERED_MAX   ((size_t)64 << 20)

int64_t nj_redis_now(const struct nj_redis *r)
{
    return r->o.platform->monotonic_ns(r->o.platform->ctx);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void on_kill_key(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    (void)context;
    if (!r || !reply || !r->o.kill_value)
        return;
    if (reply->type == REDIS_REPLY_STRING)
        r->o.kill_value(r->o.ctx, reply->str);
    else if (reply->type == REDIS_REPLY_NIL)
        r->o.kill_value(r->o.ctx, NULL);
    else /* a list, no permission: not a value that lets trade */
        r->o.kill_value(r->o.ctx, "unreadable");
}

static void on_day_pnl(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    double usd = 0;
    (void)context;
    if (!r || !reply || !r->o.day_pnl)
        return;
    if (reply->type == REDIS_REPLY_STRING && reply->len > 0 &&
        njord_parse_f64(reply->str, (size_t)reply->len, &usd) == (size_t)reply->len) {
        r->odd_pnl = false;
    } else if (reply->type != REDIS_REPLY_NIL) {
        if (!r->odd_pnl)
            nj_log(r->o.log, NJ_WARN, "bus", "day_pnl_malformed", NJ_TEXT("key", NJ_REDIS_DAY_PNL),
                   NJ_TEXT("detail", "expected a number; the last one stands"));
        r->odd_pnl = true;
        return;
    }
    r->o.day_pnl(r->o.ctx, usd);
}

void nj_redis_ask_keys(struct nj_redis *r)
{
    if (!r->cmd.usable)
        return;
    if (r->o.kill_key)
        redisAsyncCommand(r->cmd.ac, on_kill_key, NULL, "GET %s", r->o.kill_key);
    if (r->o.day_pnl)
        redisAsyncCommand(r->cmd.ac, on_day_pnl, NULL, "GET " NJ_REDIS_DAY_PNL);
}

/* Writes the day's profit that is to stand there. */
static void send_day_pnl(struct nj_redis *r)
{
    if (!r->day_pnl[0] || r->session != NJ_SESSION_READY)
        return;
    /* gone at the end of the UTC day that it is about */
    int64_t now_s = r->o.platform->realtime_ns(r->o.platform->ctx) / 1000000000;
    long long midnight = (now_s / 86400 + 1) * 86400;
    redisAsyncCommand(r->cmd.ac, NULL, NULL, "SET " NJ_REDIS_DAY_PNL " %s", r->day_pnl);
    redisAsyncCommand(r->cmd.ac, NULL, NULL, "EXPIREAT " NJ_REDIS_DAY_PNL " %lld", midnight);
}

void nj_redis_put_day_pnl(struct nj_redis *r, double usd)
{
    if (!isfinite(usd))
        return;
    njord_format_f64(usd, r->day_pnl);
    send_day_pnl(r);
}

/* ---- the session's life ---------------------------------------------------------------------- */

void nj_redis_ready(struct nj_redis *r)
{
    r->session = NJ_SESSION_READY;
    r->ready_ns = r->echo_ns = nj_redis_now(r);
    if (!r->wary)
        r->backoff = NJ_REDIS_BACKOFF;
    ev_timer_stop(r->o.loop, &r->limit);
    nj_redis_in_read(r, true);
    send_day_pnl(r);
    nj_redis_out_send(r);
    nj_log(r->o.log, NJ_INFO, "bus", r->greeted ? "back" : "connected", NJ_TEXT("redis", r->where),
           NJ_INT("unanswered_bytes", r->out.bytes));
    if (r->greeted) {
        r->stats.reconnects++;
        if (r->o.announce)
            r->o.announce(r->o.ctx, NJORD_PLUGIN_EVENT_BUS_BACK,
                          "connected again; market data of the time between is missing");
    }
    r->greeted = true;
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
    struct nj_redis *r = timer->data;
    int64_t now = nj_redis_now(r);
    (void)loop;
    (void)revents;
    nj_redis_in_announce(r);
    nj_redis_out_forget(r);
    if (r->session != NJ_SESSION_READY)
        return;
    if (now - r->echo_ns > SILENT_NS) {
        nj_redis_lost(r, "no answer for %d s", (int)(SILENT_NS / 1000000000));
        return;
    }
    if (now - r->ready_ns > SILENT_NS) {
        r->wary = false;
        r->backoff = NJ_REDIS_BACKOFF;
    }
    redisAsyncCommand(r->cmd.ac, NULL, NULL, "PUBLISH njord:host:%s .", r->o.host_id);
    nj_redis_ask_keys(r);
    nj_redis_in_read(r, r->catching);
}

static void on_retry(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    nj_redis_connect(timer->data);
}

static void on_limit(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)revents;
    nj_redis_lost(timer->data, "no answer in time");
}

/* Before the loop polls: what this turn has queued goes out, what has ended is freed. */
static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int revents)
{
    struct nj_redis *r = prepare->data;
    (void)loop;
    (void)revents;
    if (r->give_up)
        nj_redis_disconnect(r);
    nj_redis_out_send(r);
    if (r->ids_changed && !nj_bus_pending(r->o.bus) &&
        nj_redis_now(r) - r->stored_ns > STORE_EVERY_NS)
        (void)nj_redis_ids_store(r);
}

/* ---- open and close -------------------------------------------------------------------------- */

static void free_options(struct nj_redis_options *o)
{
    for (uint32_t i = 0; o->globs && i < o->n_globs; i++)
        free((char *)(uintptr_t)o->globs[i]);
    free((char **)(uintptr_t)o->globs);
    free((char *)(uintptr_t)o->host_id);
    free((char *)(uintptr_t)o->kill_key);
}

/* The options with texts of our own. */
static bool copy_options(struct nj_redis_options *o, const struct nj_redis_options *from)
{
    *o = *from;
    o->host_id = strdup(from->host_id);
    o->kill_key = from->kill_key && from->kill_key[0] ? strdup(from->kill_key) : NULL;
    char **globs = calloc(from->n_globs + 1, sizeof *globs);
    o->globs = (const char *const *)(uintptr_t)globs;
    bool whole = o->host_id && globs && (o->kill_key || !from->kill_key || !from->kill_key[0]);
    for (uint32_t i = 0; globs && i < from->n_globs; i++)
        whole = (globs[i] = strdup(from->globs[i])) != NULL && whole;
    if (o->max_unanswered == 0)
        o->max_unanswered = UNANSWERED_MAX;
    return whole;
}

static void redis_free(struct nj_redis *r)
{
    r->closing = true;
    ev_timer_stop(r->o.loop, &r->retry);
    ev_timer_stop(r->o.loop, &r->tick);
    ev_timer_stop(r->o.loop, &r->limit);
    ev_prepare_stop(r->o.loop, &r->prepare);
    nj_redis_disconnect(r);
    nj_redis_out_free(r);
    nj_redis_in_free(r);
    free_options(&r->o);
    free(r);
}

static void wake(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)timer;
    (void)revents;
    ev_break(loop, EVBREAK_ONE);
}

/* Runs the loop until `done` says so or the time is over. */
static void run_until(struct nj_redis *r, bool (*done)(const struct nj_redis *r), int timeout_ms)
{
    int64_t deadline = nj_redis_now(r) + (int64_t)timeout_ms * 1000000;
    ev_timer timer;
    ev_timer_init(&timer, wake, timeout_ms / 1e3, 0.05);
    ev_timer_start(r->o.loop, &timer);
    while (!done(r) && nj_redis_now(r) < deadline)
        ev_run(r->o.loop, EVRUN_ONCE);
    ev_timer_stop(r->o.loop, &timer);
}

static bool is_decided(const struct nj_redis *r)
{
    return r->session == NJ_SESSION_READY || r->refused;
}

static bool is_answered(const struct nj_redis *r)
{
    return !r->out.head || r->session == NJ_SESSION_DOWN;
}

int nj_redis_open(struct nj_redis **out, const struct nj_redis_options *options, int timeout_ms,
                  struct nj_error *err)
{
    int rc;
    *out = NULL;
    struct nj_redis *r = calloc(1, sizeof *r);
    if (!r)
        return nj_error_set(err, NJ_ERR_NOMEM, "redis link: out of memory");
    r->backoff = NJ_REDIS_BACKOFF;
    ev_timer_init(&r->retry, on_retry, 0., 0.);
    ev_timer_init(&r->tick, on_tick, TICK_S, TICK_S);
    ev_timer_init(&r->limit, on_limit, 0., 0.);
    ev_prepare_init(&r->prepare, on_prepare);
    r->retry.data = r->tick.data = r->limit.data = r->prepare.data = r;
    if (!copy_options(&r->o, options)) {
        rc = nj_error_set(err, NJ_ERR_NOMEM, "redis link: out of memory");
        goto fail;
    }
    if (r->o.url.unix_socket)
        snprintf(r->where, sizeof r->where, "%s", r->o.url.host);
    else
        snprintf(r->where, sizeof r->where, "%s:%u", r->o.url.host, r->o.url.port);
    signal(SIGPIPE, SIG_IGN); /* hiredis writes to sockets that may be gone */
    rc = nj_redis_in_open(r, err);
    if (rc == 0)
        rc = nj_redis_out_open(r, err);
    if (rc != 0)
        goto fail;
    nj_redis_ids_load(r);
    if (nj_redis_ids_store(r) != 0) {
        rc = nj_error_set(err, NJ_ERR_IO, "redis link: the state folder cannot be written");
        goto fail;
    }
    ev_prepare_start(r->o.loop, &r->prepare);
    ev_timer_start(r->o.loop, &r->tick);
    nj_redis_connect(r);
    run_until(r, is_decided, timeout_ms);
    if (r->session != NJ_SESSION_READY) {
        rc = nj_error_set(err, NJ_ERR_LOST,
                          "redis '%s': %s; start it, or set bus.url to \"inproc:\"", r->where,
                          r->why[0] ? r->why : "no answer in time");
        goto fail;
    }
    *out = r;
    return 0;
fail:
    redis_free(r);
    return rc;
}

void nj_redis_close(struct nj_redis *r, int timeout_ms)
{
    if (!r)
        return;
    if (r->session == NJ_SESSION_READY && r->out.head) {
        nj_redis_out_send(r);
        run_until(r, is_answered, timeout_ms);
    }
    if (r->out.head)
        nj_log(r->o.log, NJ_ERROR, "bus", "order_flow_not_sent", NJ_INT("messages", r->out.count),
               NJ_TEXT("detail", "Redis has not answered; the journal has it"));
    if (r->ids_changed && !nj_bus_pending(r->o.bus))
        (void)nj_redis_ids_store(r);
    redis_free(r);
}

bool nj_redis_connected(const struct nj_redis *r)
{
    return r->session == NJ_SESSION_READY;
}

void nj_redis_stats(const struct nj_redis *r, struct nj_redis_stats *out)
{
    *out = r->stats;
    out->unanswered_bytes = r->out.bytes;
}
