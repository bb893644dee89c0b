/* redis.h - the bus over Redis: a link that joins hosts, and other languages, to the in-process
 * bus.
 *
 * Two connections on the host's libev loop (hiredis): one subscribes, one publishes. Every message
 * carries _src (host id) and _seq (per source and topic): an own one that comes back is dropped, a
 * jump is counted, logged and announced as bus_gap. Order-flow topics (strat.*, orders.*, risk.*,
 * fills.*, broker.*) are also XADDed to njord:s:<topic> in the same MULTI; after a reconnect or a
 * restart a consumer reads the stream from its last id and drops what it has seen. Redis lost: the
 * host keeps running, order flow waits within a bound (unanswered commands counted; then trading
 * stops and nothing is dropped), reconnects after 100 ms doubling to 10 s with jitter,
 * resubscribes, and says bus_lost and bus_back. What was answered within the last 30 s (64 MiB at
 * most) is sent again to a server that is another process than before: one that died may not have
 * handed it on. Who has seen it drops it. Also watches the kill key (client tracking and a
 * GET each second) and keeps njord:pnl:day. Owned by the host. [loop] only. */
#ifndef NJ_BUS_REDIS_H
#define NJ_BUS_REDIS_H

#include "base/log.h"
#include "bus/bus.h"

#include "base/buf.h"
#include "base/platform.h"
#include <ev.h>

struct nj_redis;

struct nj_redis_options {
    struct ev_loop *loop;
    struct nj_bus *bus;
    struct nj_log *log;
    const struct nj_platform *platform;
    struct nj_bus_url url;
    const char *host_id;      /* _src */
    const char *const *globs; /* topics this host wants from others */
    uint32_t n_globs;
    const char *kill_key;  /* NULL: not watched */
    size_t max_unanswered; /* bytes of order flow that may wait, 0: 64 MiB */
    void *ctx;
    /* text of PluginEvent.event of the host itself: NJORD_PLUGIN_EVENT_BUS_LOST, _BACK, _GAP;
     * detail in words */
    void (*announce)(void *ctx, uint8_t event, const char *detail);
    /* the key's value (NULL: absent), called on each change and each answer */
    void (*kill_value)(void *ctx, const char *value);
    /* another program's figure of the day's profit (absent: 0) */
    void (*day_pnl)(void *ctx, double usd);
    /* the bound was reached (true) or there is room again (false) */
    void (*full)(void *ctx, bool full);
    /* last stream ids, so that a restart reads on from there: loaded at open, stored after reading
     */
    int (*load_ids)(void *ctx, struct nj_buf *out);
    int (*store_ids)(void *ctx, const void *data, size_t len);
};

/* Connects; waits at most `timeout_ms` for the first connection and its subscriptions: NJ_ERR_LOST
 * with one clear line when Redis cannot be reached then. */
int nj_redis_open(struct nj_redis **out, const struct nj_redis_options *options, int timeout_ms,
                  struct nj_error *err);
/* Waits at most `timeout_ms` for unanswered order flow, then closes. */
void nj_redis_close(struct nj_redis *redis, int timeout_ms);
bool nj_redis_connected(const struct nj_redis *redis);
/* Writes njord:pnl:day. */
void nj_redis_put_day_pnl(struct nj_redis *redis, double usd);

struct nj_redis_stats {
    uint64_t sent, received, own_dropped, gaps, missed, reconnects, malformed, from_stream,
        seen_dropped, not_sent;
    size_t unanswered_bytes;
};
void nj_redis_stats(const struct nj_redis *redis, struct nj_redis_stats *out);

/* A connection without a loop, for programs: blocking, at most 2 s an answer, logged in and with
 * its database chosen; ended by redisFree(). NULL: it cannot be had, err says why. */
struct redisContext;
struct redisReply;
struct redisContext *nj_redis_dial(const struct nj_bus_url *url, struct nj_error *err);
/* What went wrong with a command on it (reply may be NULL): NJ_ERR_LOST, with the server's name. */
int nj_redis_failed(const struct redisContext *c, const struct redisReply *reply,
                    const struct nj_bus_url *url, struct nj_error *err);

/* One command and its answer, blocking with a time limit, for njord kill, tail and publish: the
 * kill key by name. */
int nj_redis_key_get(const struct nj_bus_url *url, const char *key, struct nj_buf *out,
                     bool *absent, struct nj_error *err);
int nj_redis_key_set(const struct nj_bus_url *url, const char *key,
                     const char *value /* NULL: DEL */, struct nj_error *err);

#endif
