/* What a strategy is given back after the host was stopped and started: its state, its timers, its
 * random numbers. */
#include "../support/host_rig.h"
#include "test_main.h"

#include <stdio.h>
#include <string.h>

static const char base_yaml[] =
    "app: {env: paper, clock: wall, state_dir: %1$s/state, control: %1$s/sock}\n"
    "logging: {level: error, journal_dir: %1$s/log, fsync: never}\n"
    "plugins: {dir: %1$s/plugins, watch: false}\n"
    "exchange: {venue: paper, symbols: [BTC/USDT]}\n"
    "services: [strategies, risk, broker, journal]\n";
static const char strategies_yaml[] =
    "strategies: [{id: ticks, plugin: clockwork, events: [\"md.trades.*\"]}]\n";

struct seen {
    int ticks;
    double first, last; /* random numbers */
};

static void on_signal(void *ctx, const struct nj_message *m)
{
    struct seen *s = ctx;
    const njord_signal *signal = (const njord_signal *)m->event;
    ck_assert(njord_real(m->event, signal->values, "timer") == 7);
    s->last = njord_real(m->event, signal->values, "random");
    if (s->ticks++ == 0)
        s->first = s->last;
}

static void run(struct host_rig *rig, struct seen *s)
{
    *s = (struct seen){0};
    rig_start(rig);
    ck_assert_ptr_nonnull(nj_bus_subscribe(rig->host->bus, "sig.*", NJ_STAGE_TAPS, on_signal, s));
}

static void wait_for_ticks(struct host_rig *rig, const struct seen *s, int n)
{
    for (long turns = 0; s->ticks < n; turns++) {
        ck_assert_msg(turns < 100000000, "the timer does not fire");
        rig_turn(rig);
    }
}

START_TEST(timers_and_random_numbers_outlive_a_restart)
{
    struct host_rig rig;
    struct seen before, after;
    struct nj_error err;
    char to[128];
    rig_make(&rig);
    rig_copy_plugin(&rig, "plugins/brokers/paper.so");
    struct nj_buf file = rig_contents(rig_built("tests/plugins/clockwork.so"));
    snprintf(to, sizeof to, "%s/plugins/strategies/clockwork.so", rig.dir);
    rig_write(to, file.data, file.len, 0755);
    nj_buf_free(&file);
    rig_configure(&rig, base_yaml, strategies_yaml);

    run(&rig, &before);
    njord_trade trade;
    njord_event_init(&trade, NJORD_EV_TRADE);
    snprintf(trade.symbol, sizeof trade.symbol, "BTC/USDT");
    trade.price = trade.qty = 1;
    trade.ev.ts_ns = 1;
    ck_assert_int_eq(nj_bus_publish(rig.host->bus, "md.trades.BTC/USDT", &trade.ev, NULL, &err), 0);
    wait_for_ticks(&rig, &before, 5);
    nj_host_close(rig.host);
    nj_log_close(rig.log);

    run(&rig, &after); /* no trade comes: only the timer that was set before can fire */
    wait_for_ticks(&rig, &after, 3);
    ck_assert(after.first !=
              before.first); /* the numbers go on where they were, and do not begin again */
    ck_assert(after.first != before.last);
    rig_remove(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tc = tcase_create("snapshot");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, timers_and_random_numbers_outlive_a_restart);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
