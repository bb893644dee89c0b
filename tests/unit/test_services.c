/* The egress under load: once the halt file is there no order is placed, 10,000 times over with
 * NJORD_SOAK=1. The file comes at the worst of moments (between the decision and the egress) or
 * from another thread at any. */
#include "services/host.h"

#include "../support/host_rig.h"
#include "test_main.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rig {
    struct host_rig h;
    char halt[128];
    uint64_t countdown; /* orders until the file is made, 0: not by this thread */
    bool made;
    /* of the order that now passes the egress */
    bool there_before;
    uint64_t placed_before;
    uint64_t orders, after, violations;
    atomic_bool there, wanted, end;
};

static const char base_yaml[] =
    "app: {env: paper, clock: wall, state_dir: %1$s/state, control: %1$s/sock}\n"
    "logging: {level: error, journal_dir: %1$s/log, fsync: never}\n"
    "plugins: {dir: %1$s/plugins, watch: false}\n"
    "exchange: {venue: paper, symbols: [BTC/USDT]}\n"
    "journal: {topics: []}\n"
    "risk: {per_order_usd_cap: 1000000, daily_loss_usd_cap: 1000000000,\n"
    "       orders_per_min_cap: 1000000000, kill_switch_file: %1$s/halt}\n"
    "brokers: [{id: paper, plugin: paper, params: {cash: {USDT: 1000000000000}}}]\n"
    "feeds: [{id: market, plugin: simmarket, params: {duration: 36500d}}]\n";
static const char strategies_yaml[] =
    "strategies: [{id: busy, plugin: busy, symbols: [BTC/USDT], events: [\"md.trades.*\"],\n"
    "  params: {qty: 0.001}}]\n";

static void make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

/* Just before the broker's stage sees an accepted order. */
static void before_egress(void *ctx, const struct nj_message *m)
{
    struct rig *r = ctx;
    (void)m;
    if (r->countdown > 0 && --r->countdown == 0) {
        make_file(r->halt);
        r->made = true;
        atomic_store(&r->there, true);
    }
    r->there_before = atomic_load(&r->there);
    r->placed_before = r->h.host->broker.placed;
}

static void after_egress(void *ctx, const struct nj_message *m)
{
    struct rig *r = ctx;
    (void)m;
    r->orders++;
    if (!r->there_before)
        return;
    r->after++;
    r->violations += r->h.host->broker.placed != r->placed_before;
}

static void rig_open(struct rig *r)
{
    memset(r, 0, sizeof *r);
    rig_make(&r->h);
    rig_copy_plugin(&r->h, "plugins/feeds/simmarket.so");
    rig_copy_plugin(&r->h, "plugins/brokers/paper.so");
    struct nj_buf busy = rig_contents(rig_built("tests/plugins/busy.so"));
    char path[128];
    snprintf(path, sizeof path, "%s/plugins/strategies/busy.so", r->h.dir);
    rig_write(path, busy.data, busy.len, 0755);
    nj_buf_free(&busy);
    snprintf(r->halt, sizeof r->halt, "%s/halt", r->h.dir);
    rig_configure(&r->h, base_yaml, strategies_yaml);
    rig_start(&r->h);
    ck_assert_ptr_nonnull(
        nj_bus_subscribe(r->h.host->bus, "orders.accepted", NJ_STAGE_PRICES, before_egress, r));
    ck_assert_ptr_nonnull(
        nj_bus_subscribe(r->h.host->bus, "orders.accepted", NJ_STAGE_TAPS, after_egress, r));
}

static int trials(void)
{
    const char *soak = getenv("NJORD_SOAK");
    return soak && strcmp(soak, "1") == 0 ? 10000 : 300;
}

static void clear(struct rig *r)
{
    atomic_store(&r->there, false);
    ck_assert_int_eq(unlink(r->halt), 0);
    for (uint64_t until = r->orders + 3; r->orders < until;) /* orders leave again */
        rig_turn(&r->h);
}

START_TEST(no_order_leaves_once_the_file_was_made_between_decision_and_egress)
{
    struct rig r;
    rig_open(&r);
    for (int i = 0; i < trials(); i++) {
        uint64_t stopped = r.h.host->broker.stopped_at_egress;
        r.made = false;
        for (r.countdown = 1 + (uint64_t)(i % 7); !r.made;)
            rig_turn(&r.h);
        uint64_t placed = r.h.host->broker.placed;
        for (int k = 0; k < 3; k++)
            rig_turn(&r.h);
        ck_assert_uint_eq(r.h.host->broker.placed, placed);
        ck_assert_uint_gt(r.h.host->broker.stopped_at_egress, stopped);
        clear(&r);
    }
    ck_assert_uint_eq(r.violations, 0);
    printf("%d trials, %llu orders met the file at the egress, none left\n", trials(),
           (unsigned long long)r.after);
    rig_remove(&r.h);
}
END_TEST

static void *another_thread(void *ctx)
{
    struct rig *r = ctx;
    while (!atomic_load(&r->end)) {
        if (!atomic_load(&r->wanted))
            continue;
        atomic_store(&r->wanted, false);
        make_file(r->halt);
        atomic_store(&r->there, true); /* from here on, by anyone's clock, it is there */
    }
    return NULL;
}

START_TEST(no_order_leaves_once_another_thread_has_made_the_file)
{
    struct rig r;
    pthread_t thread;
    rig_open(&r);
    ck_assert_int_eq(pthread_create(&thread, NULL, another_thread, &r), 0);
    for (int i = 0; i < trials(); i++) {
        atomic_store(&r.wanted, true);
        while (!atomic_load(&r.there))
            rig_turn(&r.h);
        rig_turn(&r.h);
        uint64_t placed = r.h.host->broker.placed;
        rig_turn(&r.h);
        ck_assert_uint_eq(r.h.host->broker.placed, placed);
        clear(&r);
    }
    atomic_store(&r.end, true);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(r.violations, 0);
    rig_remove(&r.h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("services");
    TCase *tc = tcase_create("egress");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, no_order_leaves_once_the_file_was_made_between_decision_and_egress);
    tcase_add_test(tc, no_order_leaves_once_another_thread_has_made_the_file);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
