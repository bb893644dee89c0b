/* The two connections of a session: made, greeted, given up. */
#include "bus/redis_impl.h"

#include <hiredis/adapters/libev.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GREETING_S 5.0 /* until a session must be ready */

struct nj_redis *nj_redis_of(const redisAsyncContext *ac)
{
    struct nj_redis_conn *conn = ac->data;
    return conn ? conn->redis : NULL;
}

void nj_redis_lost(struct nj_redis *r, const char *fmt, ...)
{
    if (r->session == NJ_SESSION_DOWN)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(r->why, sizeof r->why, fmt, args);
    va_end(args);
    bool was_ready = r->session == NJ_SESSION_READY;
    r->session = NJ_SESSION_DOWN;
    r->give_up = true;
    r->sub.usable = r->cmd.usable = false;
    r->inflight = 0;
    r->loose_bytes = 0;
    nj_redis_in_reset(r);
    ev_timer_stop(r->o.loop, &r->limit);
    if (r->closing)
        return;
    uint32_t random = 0;
    (void)r->o.platform->random_bytes(r->o.platform->ctx, &random, sizeof random);
    double delay = r->backoff * (0.5 + 0.5 * (double)random / (double)UINT32_MAX);
    r->backoff = r->backoff * 2 < 10.0 ? r->backoff * 2 : 10.0;
    ev_timer_stop(r->o.loop, &r->retry);
    ev_timer_set(&r->retry, delay, 0.);
    ev_timer_start(r->o.loop, &r->retry);
    nj_log(r->o.log, was_ready ? NJ_WARN : NJ_DEBUG, "bus", was_ready ? "lost" : "not_reached",
           NJ_TEXT("redis", r->where), NJ_TEXT("reason", r->why),
           NJ_INT("unanswered_bytes", r->out.bytes));
    if (was_ready && r->o.announce)
        r->o.announce(r->o.ctx, NJORD_PLUGIN_EVENT_BUS_LOST, r->why);
}

/* The reason of an error reply, or of an answer that will never come. */
static const char *reason_of(const redisAsyncContext *ac, const redisReply *reply)
{
    if (reply && reply->type == REDIS_REPLY_ERROR)
        return reply->str;
    return ac->errstr && ac->errstr[0] ? ac->errstr : "the connection is gone";
}

static bool is_error(const redisReply *reply)
{
    return !reply || reply->type == REDIS_REPLY_ERROR;
}

/* ---- greeting -------------------------------------------------------------------------------- */

static void on_message(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    (void)context;
    if (!r || !reply || reply->type != REDIS_REPLY_ARRAY || reply->elements < 3 ||
        reply->element[0]->type != REDIS_REPLY_STRING)
        return;
    const char *kind = reply->element[0]->str;
    redisReply **e = reply->element;
    if (strcmp(kind, "pmessage") == 0 && reply->elements == 4 && e[3]->type == REDIS_REPLY_STRING) {
        nj_redis_in_message(r, e[1]->str, e[2]->str, e[3]->str, (size_t)e[3]->len);
    } else if (strcmp(kind, "message") == 0) {
        if (strncmp(e[1]->str, "__redis__:", 10) == 0)
            nj_redis_ask_keys(r); /* the kill key has changed */
        else
            r->echo_ns = nj_redis_now(r);
    }
}

/* The last answer of the greeting: everything before it has been answered too. */
static void on_greeted(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    (void)context;
    if (!r || r->session != NJ_SESSION_CONNECTING)
        return;
    if (is_error(data)) {
        nj_redis_lost(r, "%s", reason_of(ac, data));
        return;
    }
    for (size_t i = 0; i < r->n_streams; i++)
        if (!r->streams[i].id[0])
            return; /* one of the streams was not answered for: said already */
    nj_redis_ready(r);
}

static void on_stream_end(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    if (!r)
        return;
    if (is_error(reply) || reply->type != REDIS_REPLY_ARRAY) {
        nj_redis_lost(r, "stream '%s': %s", ((struct nj_redis_stream *)context)->key,
                      reason_of(ac, reply));
        return;
    }
    const redisReply *entry = reply->elements > 0 ? reply->element[0] : NULL;
    bool whole = entry && entry->type == REDIS_REPLY_ARRAY && entry->elements == 2 &&
                 entry->element[0]->type == REDIS_REPLY_STRING;
    nj_redis_in_stream_end(r, context, whole ? entry->element[0]->str : "");
}

static void on_tracking(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    (void)context;
    if (r && data && is_error(data)) /* an old server: the GET each second remains */
        nj_log(r->o.log, NJ_WARN, "bus", "no_client_tracking", NJ_TEXT("redis", r->where),
               NJ_TEXT("reason", ((redisReply *)data)->str));
}

/* A server that died may have lost what it had answered for: its run_id tells it from before. */
static void on_info(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    char server[64] = "";
    (void)context;
    if (!r || !reply)
        return;
    const char *at = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, "run_id:") : NULL;
    if (at)
        snprintf(server, sizeof server, "%.*s", (int)strcspn(at + 7, "\r\n"), at + 7);
    nj_redis_out_restart(r, server);
}

/* All subscriptions stand: from here on nothing passes unseen, so the streams' ends may be asked.
 */
static void greet_commands(struct nj_redis *r, long long sub_id)
{
    redisAsyncContext *ac = r->cmd.ac;
    redisAsyncCommand(ac, on_info, NULL, "INFO server");
    if (r->o.kill_key)
        redisAsyncCommand(ac, on_tracking, NULL, "CLIENT TRACKING ON REDIRECT %lld BCAST PREFIX %s",
                          sub_id, r->o.kill_key);
    for (size_t i = 0; i < r->n_streams; i++)
        redisAsyncCommand(ac, on_stream_end, &r->streams[i], "XREVRANGE %s + - COUNT 1",
                          r->streams[i].key);
    nj_redis_ask_keys(r);
    redisAsyncCommand(ac, on_greeted, NULL, "PING");
}

static void on_subscription(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    if (!r || !reply)
        return;
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
        reply->element[0]->type == REDIS_REPLY_STRING &&
        reply->element[2]->type == REDIS_REPLY_INTEGER) {
        if (r->unconfirmed > 0 && --r->unconfirmed == 0 && r->session == NJ_SESSION_CONNECTING)
            greet_commands(r, (long long)(intptr_t)context);
        return;
    }
    on_message(ac, data, context);
}

static void on_client_id(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    (void)context;
    if (!r)
        return;
    if (is_error(reply) || reply->type != REDIS_REPLY_INTEGER) {
        nj_redis_lost(r, "CLIENT ID: %s", reason_of(ac, reply));
        return;
    }
    void *id = (void *)(intptr_t)reply->integer;
    r->unconfirmed = 2 + r->o.n_globs;
    redisAsyncCommand(ac, on_subscription, id, "SUBSCRIBE __redis__:invalidate");
    redisAsyncCommand(ac, on_subscription, id, "SUBSCRIBE njord:host:%s", r->o.host_id);
    for (uint32_t i = 0; i < r->o.n_globs; i++)
        redisAsyncCommand(ac, on_subscription, id, "PSUBSCRIBE %s", r->o.globs[i]);
}

static void on_usable(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    struct nj_redis_conn *conn = ac->data;
    (void)context;
    if (!r)
        return;
    if (is_error(data)) {
        nj_redis_lost(r, "%s", reason_of(ac, data));
        return;
    }
    conn->usable = true;
    if (r->sub.usable && r->cmd.usable && r->session == NJ_SESSION_CONNECTING)
        redisAsyncCommand(r->sub.ac, on_client_id, NULL, "CLIENT ID");
}

static void on_login(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    if (!r || !is_error(data))
        return;
    r->refused = data != NULL;
    nj_redis_lost(r, "%s: %s", (const char *)context, reason_of(ac, data));
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct nj_redis_conn *conn = ac->data;
    if (!conn)
        return;
    struct nj_redis *r = conn->redis;
    if (status != REDIS_OK) {
        conn->ac = NULL; /* hiredis frees it after this */
        nj_redis_lost(r, "%s", reason_of(ac, NULL));
        return;
    }
    const struct nj_bus_url *url = &r->o.url;
    redisAsyncContext *own = conn->ac;
    if (url->password[0] && url->user[0])
        redisAsyncCommand(own, on_login, "AUTH", "AUTH %s %s", url->user, url->password);
    else if (url->password[0])
        redisAsyncCommand(own, on_login, "AUTH", "AUTH %s", url->password);
    if (url->db != 0)
        redisAsyncCommand(own, on_login, "SELECT", "SELECT %d", url->db);
    redisAsyncCommand(own, on_usable, NULL, "PING");
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    struct nj_redis_conn *conn = ac->data;
    (void)status;
    if (!conn)
        return;
    conn->ac = NULL; /* hiredis frees it after this */
    nj_redis_lost(conn->redis, "%s", reason_of(ac, NULL));
}

/* Starts one connection; false: the reason is in r->why through nj_redis_lost(). */
static bool start(struct nj_redis *r, struct nj_redis_conn *conn)
{
    const struct nj_bus_url *url = &r->o.url;
    redisAsyncContext *ac = url->unix_socket ? redisAsyncConnectUnix(url->host)
                                             : redisAsyncConnect(url->host, url->port);
    conn->redis = r;
    conn->usable = false;
    if (!ac || ac->err || redisLibevAttach(r->o.loop, ac) != REDIS_OK) {
        nj_redis_lost(r, "%s", ac ? reason_of(ac, NULL) : "out of memory");
        if (ac)
            redisAsyncFree(ac);
        return false;
    }
    conn->ac = ac;
    ac->data = conn;
    redisAsyncSetConnectCallback(ac, on_connect);
    redisAsyncSetDisconnectCallback(ac, on_disconnect);
    return true;
}

void nj_redis_connect(struct nj_redis *r)
{
    nj_redis_disconnect(r);
    r->session = NJ_SESSION_CONNECTING;
    r->unconfirmed = 0;
    ev_timer_stop(r->o.loop, &r->limit);
    ev_timer_set(&r->limit, GREETING_S, 0.);
    ev_timer_start(r->o.loop, &r->limit);
    if (start(r, &r->sub))
        start(r, &r->cmd);
}

void nj_redis_disconnect(struct nj_redis *r)
{
    struct nj_redis_conn *both[] = {&r->sub, &r->cmd};
    for (int i = 0; i < 2; i++) {
        redisAsyncContext *ac = both[i]->ac;
        both[i]->ac = NULL;
        both[i]->usable = false;
        if (ac) {
            ac->data = NULL; /* its callbacks find nobody */
            redisAsyncFree(ac);
        }
    }
    r->give_up = false;
}
