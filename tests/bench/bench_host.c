/* bench_host.c - what the host costs: an event to one subscriber, a trade through strategy, risk
 * and paper broker to its fill, and the pause of a hot reload. Beside each its floor, measured in
 * the same run. Medians of RUNS runs; nothing here passes or fails. */
#include "../support/host_rig.h"
#include "services/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS    7
#define EVENTS  1000000
#define ORDERS  20000
#define RELOADS 25

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *values, size_t n, double q)
{
    qsort(values, n, sizeof *values, by_value);
    return values[(size_t)((double)(n - 1) * q)];
}

/* ---- publish to one subscriber ---- */

static volatile double sink;

static void take(void *ctx, const struct nj_message *m)
{
    double *sum = ctx;
    *sum += ((const njord_trade *)m->event)->price;
}

static uint64_t next_seq(void *ctx)
{
    return ++*(uint64_t *)ctx;
}

static int64_t input_time(void *ctx, const njord_event *event)
{
    (void)ctx;
    return event->ts_ns;
}

static uint32_t symbol_id(void *ctx, const char *symbol)
{
    (void)ctx;
    return symbol[0] == 'B' ? 0 : NJORD_NO_SYMBOL;
}

static void bench_bus(void)
{
    double floors[RUNS], ours[RUNS], sum = 0;
    uint64_t seq = 0;
    struct nj_bus *bus;
    struct nj_error err;
    struct nj_bus_options options = {&seq, next_seq, input_time, symbol_id, NULL, 0};
    njord_trade trade;
    if (nj_bus_new(&bus, &options, &err) != 0 ||
        !nj_bus_subscribe(bus, "md.trades.*", NJ_STAGE_STRATEGIES, take, &sum))
        exit(1);
    njord_event_init(&trade, NJORD_EV_TRADE);
    snprintf(trade.symbol, sizeof trade.symbol, "BTC/USDT");
    trade.price = trade.qty = 1;
    trade.ev.ts_ns = 1;
    struct nj_message message = {.event = &trade.ev};
    void (*volatile handler)(void *, const struct nj_message *) = take;
    for (int run = 0; run < RUNS; run++) {
        double start = now_ns();
        for (int i = 0; i < EVENTS; i++)
            handler(&sum, &message);
        floors[run] = (now_ns() - start) / EVENTS;
        start = now_ns();
        for (int i = 0; i < EVENTS; i++) {
            nj_bus_publish(bus, "md.trades.BTC/USDT", &trade.ev, NULL, &err);
            nj_bus_step(bus);
        }
        ours[run] = (now_ns() - start) / EVENTS;
    }
    sink = sum;
    nj_bus_free(bus);
    double floor = quantile(floors, RUNS, 0.5), our = quantile(ours, RUNS, 0.5);
    printf("publish to one subscriber, end to end   %8.1f ns   indirect call %5.1f ns   ratio "
           "%5.1f   (to reach: 25 ns)\n",
           our, floor, our / floor);
}

/* ---- a host ---- */

static const char base_yaml[] =
    "app: {env: paper, clock: wall, state_dir: %1$s/state, control: %1$s/sock}\n"
    "logging: {level: error, journal_dir: %1$s/log, fsync: never}\n"
    "plugins: {dir: %1$s/plugins, watch: false, state_every: 1000000000}\n"
    "exchange: {venue: paper, symbols: [BTC/USDT]}\n"
    "journal: {topics: []}\n"
    "services: [strategies, risk, broker, journal]\n"
    "risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 100000000, orders_per_min_cap: "
    "1000000000}\n"
    "brokers: [{id: paper, plugin: paper, params: {cash: {USDT: 1000000000}}}]\n";

static const char *strategy; /* name of the plugin under tests/plugins */

static void start(struct host_rig *rig)
{
    char to[128], yaml[256], from[64];
    rig_make(rig);
    rig_copy_plugin(rig, "plugins/brokers/paper.so");
    snprintf(from, sizeof from, "tests/plugins/%s.so", strategy);
    struct nj_buf file = rig_contents(rig_built(from));
    snprintf(to, sizeof to, "%s/plugins/strategies/%s.so", rig->dir, strategy);
    rig_write(to, file.data, file.len, 0755);
    nj_buf_free(&file);
    snprintf(
        yaml, sizeof yaml,
        "strategies: [{id: one, plugin: %s, symbols: [BTC/USDT], events: [\"md.trades.*\"]}]\n",
        strategy);
    rig_configure(rig, base_yaml, yaml);
    rig_start(rig);
    rig_turn(rig);
}

static void publish(struct host_rig *rig, int i)
{
    struct nj_error err;
    njord_trade trade;
    njord_event_init(&trade, NJORD_EV_TRADE);
    snprintf(trade.symbol, sizeof trade.symbol, "BTC/USDT");
    trade.price = 100 + i % 7;
    trade.qty = 1;
    trade.ev.ts_ns = i;
    if (nj_bus_publish(rig->host->bus, "md.trades.BTC/USDT", &trade.ev, NULL, &err) != 0)
        exit(1);
    nj_bus_step(rig->host->bus);
}

/* Trade in, intent, decision, order, line in the journal of orders, kill switch looked up, place,
 * fill, positions: one step. */
static void bench_flow(void)
{
    struct host_rig rig;
    double *ns = calloc(ORDERS, sizeof *ns), *plain = calloc(ORDERS, sizeof *plain);
    strategy = "flipper";
    start(&rig);
    for (int i = 0; i < ORDERS; i++) {
        double from = now_ns();
        publish(&rig, i);
        ns[i] = now_ns() - from;
        if (i % 64 == 0)
            nj_flow_flush(&rig.host->flow);
    }
    unsigned long long fills = (unsigned long long)rig.host->broker.fills;
    /* the floor of it: one write(2) of the lines of one order */
    char path[128], block[2048];
    memset(block, 'x', sizeof block);
    snprintf(path, sizeof path, "%s/floor", rig.dir);
    FILE *f = fopen(path, "we");
    for (int i = 0; f && i < ORDERS; i++) {
        double from = now_ns();
        if (fwrite(block, sizeof block, 1, f) != 1 || fflush(f) != 0)
            exit(1);
        plain[i] = now_ns() - from;
    }
    if (f)
        fclose(f);
    rig_remove(&rig);
    double p50 = quantile(ns, ORDERS, 0.5), p99 = quantile(ns, ORDERS, 0.99),
           floor = quantile(plain, ORDERS, 0.5);
    printf("trade to intent to decision to fill     %8.1f us   p99 %6.1f us   one write of 2 KiB "
           "%5.2f us   ratio %5.1f   (%llu fills)\n",
           p50 / 1000, p99 / 1000, floor / 1000, p50 / floor, fills);
    free(ns);
    free(plain);
}

static void done(void *ctx, int rc, const char *text)
{
    if (rc != 0)
        fprintf(stderr, "bench: %s", text);
    *(int *)ctx = rc != 0 ? -1 : 1;
}

static void bench_reload(void)
{
    struct host_rig rig;
    double pauses[RELOADS], whole[RELOADS];
    char to[128];
    strategy = "counter_v1";
    start(&rig);
    snprintf(to, sizeof to, "%s/plugins/strategies/counter_v1.so", rig.dir);
    struct nj_buf file = rig_contents(to);
    nj_buf_add(&file, "more", 4);
    for (int i = 0; i < RELOADS; i++) {
        int ended = 0;
        struct nj_reload_waiter waiter = {done, &ended};
        memcpy(file.data + file.len - sizeof i, &i, sizeof i);
        rig_replace(to, file.data, file.len, 0755);
        double from = now_ns();
        nj_reload_request(rig.host, &waiter, false);
        while (ended == 0) {
            publish(&rig, i);
            rig_turn(&rig);
        }
        whole[i] = now_ns() - from;
        pauses[i] = (double)rig.host->stats.last_pause_ns;
    }
    nj_buf_free(&file);
    rig_remove(&rig);
    printf("reload: pause between two events        %8.1f us   p99 %6.1f us   whole reload with "
           "its probe %.1f ms   (to reach: 10 us)\n",
           quantile(pauses, RELOADS, 0.5) / 1000, quantile(pauses, RELOADS, 0.99) / 1000,
           quantile(whole, RELOADS, 0.5) / 1e6);
}

int main(void)
{
    bench_bus();
    bench_flow();
    bench_reload();
    return 0;
}
