#include "redis_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void abort_test(const char *what)
{
    fprintf(stderr, "redis_host: cannot %s\n", what);
    exit(99);
}

static uint64_t next_seq(void *ctx)
{
    return ++((struct redis_host *)ctx)->seq;
}

static int64_t input_time(void *ctx, const njord_event *event)
{
    (void)ctx;
    (void)event;
    return nj_platform_system()->realtime_ns(NULL);
}

static void on_event(void *ctx, const struct nj_message *m)
{
    struct redis_host *h = ctx;
    if (!m->envelope || h->heard == HOST_HEARD)
        return;
    snprintf(h->topics[h->heard], sizeof h->topics[0], "%s", m->topic);
    const char *id = m->event->type == NJORD_EV_INTENT ? ((const njord_intent *)m->event)->intent_id
                     : m->event->type == NJORD_EV_DECISION
                         ? ((const njord_decision *)m->event)->intent_id
                         : ((const njord_trade *)m->event)->trade_id;
    h->ids[h->heard++] = strtol(id, NULL, 10);
}

static void announce(void *ctx, uint8_t event, const char *detail)
{
    struct redis_host *h = ctx;
    h->lost += event == NJORD_PLUGIN_EVENT_BUS_LOST;
    h->back += event == NJORD_PLUGIN_EVENT_BUS_BACK;
    if (event == NJORD_PLUGIN_EVENT_BUS_GAP) {
        h->gaps++;
        snprintf(h->gap, sizeof h->gap, "%s", detail);
    }
}

static void kill_value(void *ctx, const char *value)
{
    struct redis_host *h = ctx;
    snprintf(h->kill, sizeof h->kill, "%s", value ? value : "-");
    h->kills++;
}

static void day_pnl(void *ctx, double usd)
{
    struct redis_host *h = ctx;
    h->pnl = usd;
    h->pnls++;
}

static void full(void *ctx, bool is_full)
{
    struct redis_host *h = ctx;
    h->full = is_full;
    h->fulls++;
}

static int load_ids(void *ctx, struct nj_buf *out)
{
    struct redis_host *h = ctx;
    if (h->ids_len == 0)
        return NJ_ERR_NOT_FOUND;
    return nj_buf_add(out, h->ids_document, h->ids_len) ? 0 : NJ_ERR_NOMEM;
}

static int store_ids(void *ctx, const void *data, size_t len)
{
    struct redis_host *h = ctx;
    if (len >= sizeof h->ids_document)
        return NJ_ERR_LIMIT;
    memcpy(h->ids_document, data, len);
    h->ids_document[len] = '\0';
    h->ids_len = len;
    return 0;
}

void redis_host_init(struct redis_host *h, struct ev_loop *loop, const char *id, const char *socket)
{
    static const char *const globs[] = {"md.*", "strat.*", "orders.*", "risk.*"};
    memset(h, 0, sizeof *h);
    h->loop = loop;
    h->platform = nj_platform_system();
    h->options = (struct nj_redis_options){.loop = loop,
                                           .platform = h->platform,
                                           .host_id = id,
                                           .globs = globs,
                                           .n_globs = 4,
                                           .kill_key = "njord:trading:halt",
                                           .ctx = h,
                                           .announce = announce,
                                           .kill_value = kill_value,
                                           .day_pnl = day_pnl,
                                           .full = full,
                                           .load_ids = load_ids,
                                           .store_ids = store_ids};
    h->options.url.kind = NJ_BUS_REDIS;
    h->options.url.unix_socket = true;
    snprintf(h->options.url.host, sizeof h->options.url.host, "%s", socket);
}

int redis_host_open(struct redis_host *h, int timeout_ms, struct nj_error *err)
{
    struct nj_bus_options bus = {.ctx = h, .next_seq = next_seq, .input_time = input_time};
    int rc = nj_bus_new(&h->bus, &bus, err);
    if (rc != 0)
        return rc;
    h->options.bus = h->bus;
    if (!nj_bus_subscribe(h->bus, "*", NJ_STAGE_TAPS, on_event, h))
        rc = NJ_ERR_NOMEM;
    if (rc == 0)
        rc = nj_redis_open(&h->link, &h->options, timeout_ms, err);
    if (rc != 0) {
        nj_bus_free(h->bus);
        h->bus = NULL;
    }
    return rc;
}

void redis_host_close(struct redis_host *h)
{
    nj_redis_close(h->link, 2000);
    nj_bus_free(h->bus);
    h->link = NULL;
    h->bus = NULL;
}

static void nothing(struct ev_loop *loop, ev_timer *timer, int revents)
{
    (void)loop;
    (void)timer;
    (void)revents;
}

void redis_host_turn(struct redis_host *const *hosts)
{
    ev_timer limit; /* so that a condition on time is looked at */
    ev_timer_init(&limit, nothing, 0.02, 0.);
    ev_timer_start(hosts[0]->loop, &limit);
    ev_run(hosts[0]->loop, EVRUN_ONCE);
    ev_timer_stop(hosts[0]->loop, &limit);
    for (int i = 0; hosts[i]; i++)
        while (hosts[i]->bus && nj_bus_step(hosts[i]->bus))
            ;
}

static void fill_intent(njord_intent *e, long id)
{
    njord_event_init(e, NJORD_EV_INTENT);
    snprintf(e->intent_id, sizeof e->intent_id, "%ld", id);
    snprintf(e->strategy_id, sizeof e->strategy_id, "s");
    snprintf(e->symbol, sizeof e->symbol, "ATOM/USDT");
    e->side = NJORD_SIDE_BUY;
    e->type = NJORD_TYPE_MARKET;
    e->qty = 1;
    e->ev.ts_ns = 1700000000000000000;
}

static void fill_trade(njord_trade *e, long id)
{
    njord_event_init(e, NJORD_EV_TRADE);
    snprintf(e->trade_id, sizeof e->trade_id, "%ld", id);
    snprintf(e->symbol, sizeof e->symbol, "ATOM/USDT");
    e->price = 10.5;
    e->qty = 2;
    e->ev.ts_ns = 1700000000000000000;
}

void redis_host_intent(struct redis_host *h, long id)
{
    njord_intent e;
    fill_intent(&e, id);
    if (nj_bus_publish(h->bus, "strat.intent", &e.ev, NULL, NULL) != 0)
        abort_test("publish");
    while (nj_bus_step(h->bus))
        ;
}

void redis_host_trade(struct redis_host *h, long id)
{
    njord_trade e;
    fill_trade(&e, id);
    if (nj_bus_publish(h->bus, "md.trades.ATOM/USDT", &e.ev, NULL, NULL) != 0)
        abort_test("publish");
    while (nj_bus_step(h->bus))
        ;
}

static const void *bytes_of(const njord_event *event, const char *src, int64_t src_seq, size_t *len)
{
    static char out[4096];
    njord_envelope envelope = {.src_seq = src_seq};
    if (src)
        snprintf(envelope.src, sizeof envelope.src, "%s", src);
    if (njord_encode_msgpack(event, src ? &envelope : NULL, out, sizeof out, len) != 0)
        abort_test("encode");
    return out;
}

const void *redis_intent_bytes(long id, const char *src, int64_t src_seq, size_t *len)
{
    njord_intent e;
    fill_intent(&e, id);
    return bytes_of(&e.ev, src, src_seq, len);
}

const void *redis_decision_bytes(long id, const char *src, int64_t src_seq, size_t *len)
{
    njord_decision e;
    njord_event_init(&e, NJORD_EV_DECISION);
    snprintf(e.intent_id, sizeof e.intent_id, "%ld", id);
    snprintf(e.strategy_id, sizeof e.strategy_id, "s");
    snprintf(e.reason, sizeof e.reason, "ok");
    e.allowed = 1;
    e.ev.ts_ns = 1700000000000000000;
    return bytes_of(&e.ev, src, src_seq, len);
}

const void *redis_trade_bytes(long id, const char *src, int64_t src_seq, size_t *len)
{
    njord_trade e;
    fill_trade(&e, id);
    return bytes_of(&e.ev, src, src_seq, len);
}
