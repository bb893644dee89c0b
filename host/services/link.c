#include "services/link.h"

#include "bus/redis.h"
#include "services/host.h"

#include <string.h>

#define CONNECT_MS 3000

static void announce(void *ctx, uint8_t event, const char *detail)
{
    nj_host_announce(ctx, "host", NJORD_KIND_HOST, event, "", detail);
}

static void kill_value(void *ctx, const char *value)
{
    struct nj_host *host = ctx;
    host->kill.key_tripped = nj_kill_value(value);
    host->kill.key_heard_ns = host->platform->monotonic_ns(host->platform->ctx);
}

static void day_pnl(void *ctx, double usd)
{
    ((struct nj_host *)ctx)->risk.foreign_day_pnl = usd;
}

static const char bus_full[] = "bus_full";

static void full(void *ctx, bool is_full)
{
    struct nj_host *host = ctx;
    if (is_full && !host->kill.stopped) {
        host->kill.stopped = true;
        host->kill.stop_reason = bus_full;
        nj_log(host->log, NJ_ERROR, "bus", bus_full,
               NJ_TEXT("detail", "order flow waits for Redis up to its bound: trading is stopped, "
                                 "nothing is dropped"));
    } else if (!is_full && host->kill.stop_reason == bus_full) {
        host->kill.stopped = false;
        host->kill.stop_reason = "";
        nj_log(host->log, NJ_INFO, "bus", "bus_room",
               NJ_TEXT("detail", "Redis has taken what waited: trading goes on"));
    }
}

static int load_ids(void *ctx, struct nj_buf *out)
{
    struct nj_error err = {0};
    return nj_state_get(((struct nj_host *)ctx)->state, "redis.ids", out, &err);
}

static int store_ids(void *ctx, const void *data, size_t len)
{
    struct nj_error err = {0};
    return nj_state_put(((struct nj_host *)ctx)->state, "redis.ids", data, len, &err);
}

int nj_link_start(struct nj_host *host, struct nj_error *err)
{
    /* what this host takes from others; its own events come back and are dropped */
    static const char *const globs[] = {"md.*",     "strat.*",     "risk.decisions",
                                        "orders.*", "fills.new",   "positions.snapshot",
                                        "broker.*", "portfolio.*", "sig.*"};
    struct nj_redis_options options = {.loop = host->loop,
                                       .bus = host->bus,
                                       .log = host->log,
                                       .platform = host->platform,
                                       .host_id = nj_state_host_id(host->state),
                                       .globs = globs,
                                       .n_globs = sizeof globs / sizeof globs[0],
                                       .kill_key = host->config->risk.kill_switch_key,
                                       .ctx = host,
                                       .announce = announce,
                                       .kill_value = kill_value,
                                       .day_pnl = day_pnl,
                                       .full = full,
                                       .load_ids = load_ids,
                                       .store_ids = store_ids};
    int rc = nj_bus_url_parse(host->config->bus.url, &options.url, err);
    if (rc != 0 || options.url.kind == NJ_BUS_INPROC)
        return rc;
    if (host->config->risk.kill_switch_key[0] != '\0') {
        host->kill.key_heard_ns = host->platform->monotonic_ns(host->platform->ctx);
        host->kill.key_lost_ns = host->config->risk.kill_switch_lost_s * 1000000000;
    }
    return nj_redis_open(&host->redis, &options, CONNECT_MS, err);
}

void nj_link_stop(struct nj_host *host)
{
    if (host->redis)
        nj_redis_close(host->redis, (int)host->config->app.stop_timeout_ms);
    host->redis = NULL;
}

void nj_host_day_pnl(struct nj_host *host, double usd)
{
    if (host->redis && njord_is_set_f64(usd))
        nj_redis_put_day_pnl(host->redis, usd);
}
