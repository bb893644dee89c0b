/* What a strategy sees of the history that it is shown: which bars, in which order, at which time
 * and prices; and what of it nobody else sees. Literal bars, counted by hand. */
#include "../support/host_rig.h"
#include "test_main.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MINUTE 60000000000

static const char base_yaml[] =
    "app: {env: paper, clock: events, state_dir: %1$s/state, control: %1$s/sock}\n"
    "logging: {level: info, journal_dir: %1$s/log, fsync: never}\n"
    "plugins: {dir: %1$s/plugins, watch: false}\n"
    "exchange: {venue: paper, symbols: [ATOM/USDT, BTC/USDT]}\n"
    "journal: {topics: []}\n"
    "services: [strategies, risk, broker, journal]\n";
static const char strategies_yaml[] =
    "strategies:\n"
    "  - {id: h, plugin: historian, events: [\"md.*\"], warmup: {timeframe: 1m, bars: 3}}\n";

struct seen {
    double close, behind_ns, atom, btc, flag, warming, refused;
};

struct rig {
    struct host_rig h;
    struct seen seen[32];
    int n;
};

static void on_signal(void *ctx, const struct nj_message *m)
{
    struct rig *r = ctx;
    const njord_signal *signal = (const njord_signal *)m->event;
    ck_assert_int_lt(r->n, 32);
    struct seen *s = &r->seen[r->n++];
#define TAKE(key) .key = njord_real(m->event, signal->values, #key)
    *s = (struct seen){TAKE(close), TAKE(behind_ns), TAKE(atom),   TAKE(btc),
                       TAKE(flag),  TAKE(warming),   TAKE(refused)};
}

/* "close@minute" of each bar. */
static void put_bars(const struct rig *r, const char *symbol, const char *file, const char *bars)
{
    char path[160], line[512];
    struct nj_buf text = {0};
    int used, minute;
    double close;
    for (; sscanf(bars, " %lf@%d%n", &close, &minute, &used) == 2; bars += used) {
        snprintf(line, sizeof line,
                 "{\"symbol\":\"%s\",\"timeframe\":\"1m\",\"ts_open\":%lld,\"ts_close\":%lld,"
                 "\"open\":%g,\"high\":%g,\"low\":%g,\"close\":%g,\"volume\":1}\n",
                 symbol, (long long)minute * MINUTE, (long long)(minute + 1) * MINUTE, close, close,
                 close, close);
        nj_buf_puts(&text, line);
    }
    snprintf(path, sizeof path, "%s/log/%s", r->h.dir, file);
    rig_write(path, text.data, text.len, 0644);
    nj_buf_free(&text);
}

static void open_rig(struct rig *r)
{
    char to[160];
    memset(r, 0, sizeof *r);
    rig_make(&r->h);
    rig_copy_plugin(&r->h, "plugins/brokers/paper.so");
    struct nj_buf file = rig_contents(rig_built("tests/plugins/historian.so"));
    snprintf(to, sizeof to, "%s/plugins/strategies/historian.so", r->h.dir);
    rig_write(to, file.data, file.len, 0755);
    nj_buf_free(&file);
    rig_configure(&r->h, base_yaml, strategies_yaml);
}

static void run(struct rig *r)
{
    r->n = 0;
    rig_start(&r->h);
    ck_assert_ptr_nonnull(nj_bus_subscribe(r->h.host->bus, "sig.*", NJ_STAGE_TAPS, on_signal, r));
}

static void live_bar(struct rig *r, const char *symbol, int minute, double close)
{
    njord_bar bar;
    struct nj_error err;
    char topic[64];
    njord_event_init(&bar, NJORD_EV_BAR);
    snprintf(bar.symbol, sizeof bar.symbol, "%s", symbol);
    snprintf(bar.timeframe, sizeof bar.timeframe, "1m");
    bar.ts_open = minute * MINUTE;
    bar.ev.ts_ns = bar.ts_close = (minute + 1) * MINUTE;
    bar.open = bar.high = bar.low = bar.close = close;
    bar.volume = 1;
    snprintf(topic, sizeof topic, "md.ohlcv.1m.%s", symbol);
    ck_assert_int_eq(nj_bus_publish(r->h.host->bus, topic, &bar.ev, NULL, &err), 0);
}

static void turns(struct rig *r)
{
    for (int i = 0; i < 5; i++)
        rig_turn(&r->h);
}

static void told(const struct rig *r, int at, double close, double atom, double btc, bool history)
{
    const struct seen *s = &r->seen[at];
    ck_assert_msg(s->close == close && s->atom == atom && s->btc == btc,
                  "%d: close %g, ATOM %g, BTC %g", at, s->close, s->atom, s->btc);
    ck_assert(s->behind_ns == 0);
    ck_assert(s->flag == history && s->warming == history);
}

/* ATOM has a hole and a bar that stands twice, BTC one bar too few; bars of the live time and later
 * are no history. */
START_TEST(the_last_bars_are_shown_in_their_own_time_and_at_their_own_prices)
{
    struct rig r;
    open_rig(&r);
    put_bars(&r, "ATOM/USDT", "ohlcv.1m.ATOMUSDT.19700101.ndjson", "1@10 2@11 3@12");
    put_bars(&r, "ATOM/USDT", "ohlcv.1m.ATOMUSDT.ndjson", "8@17 4@17 5@19 6@20 7@21");
    put_bars(&r, "BTC/USDT", "ohlcv.1m.BTCUSDT.ndjson", "100@12 101@19 102@20");
    run(&r);
    live_bar(&r, "ATOM/USDT", 20, 6.5);
    turns(&r);
    ck_assert_int_eq(r.n, 6);
    told(&r, 0, 3, 3, 0, true); /* minute 12 */
    told(&r, 1, 100, 3, 100, true);
    told(&r, 2, 4, 4, 100, true); /* 17: as its later line says */
    told(&r, 3, 5, 5, 100, true); /* 19 */
    told(&r, 4, 101, 5, 101, true);
    told(&r, 5, 6.5, 6.5, 0, false);
    /* no timer fired: the one that was set with the first bar still waits for a feed's event */
    ck_assert_int_eq(nj_timers_next(&r.h.host->timers), 13 * MINUTE + 1);
    /* the host's own prices are those of the live bar alone */
    for (int i = 0; i < 5; i++) /* each order is refused before the next bar is shown */
        ck_assert(r.seen[i].refused == i);
    ck_assert(r.seen[5].refused == 5);
    ck_assert(nj_core_last_price(&r.h.host->core, "ATOM/USDT", NULL) == 6.5);
    ck_assert(isnan(nj_core_last_price(&r.h.host->core, "BTC/USDT", NULL)));
    ck_assert_int_eq(nj_host_now(r.h.host), 21 * MINUTE);
    rig_remove(&r.h);
}
END_TEST

START_TEST(no_order_of_the_history_leaves_and_each_stands_refused_in_the_journal)
{
    struct rig r;
    char path[160];
    open_rig(&r);
    put_bars(&r, "ATOM/USDT", "ohlcv.1m.ATOMUSDT.ndjson", "1@10 2@11 3@12 4@13");
    run(&r);
    live_bar(&r, "ATOM/USDT", 14, 5);
    turns(&r);
    ck_assert_int_eq(r.n, 4);
    ck_assert_uint_eq(r.h.host->broker.placed, 1);
    ck_assert_uint_eq(r.h.host->risk.refused, 3);
    ck_assert_uint_eq(r.h.host->core.odd_events, 0);
    snprintf(path, sizeof path, "%s/log/orders.ndjson", r.h.dir);
    struct nj_buf text = rig_contents(path);
    int refused = 0;
    for (const char *at = text.data; (at = strstr(at, "\"reason\":\"warmup\"")); at++)
        refused++;
    ck_assert_int_eq(refused, 3);
    nj_buf_free(&text);
    rig_remove(&r.h);
}
END_TEST

START_TEST(without_journals_the_first_event_comes_first)
{
    struct rig r;
    open_rig(&r);
    run(&r);
    live_bar(&r, "BTC/USDT", 14, 5);
    turns(&r);
    ck_assert_int_eq(r.n, 1);
    told(&r, 0, 5, 0, 5, false);
    rig_remove(&r.h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("warmup");
    TCase *tc = tcase_create("warmup");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_last_bars_are_shown_in_their_own_time_and_at_their_own_prices);
    tcase_add_test(tc, no_order_of_the_history_leaves_and_each_stands_refused_in_the_journal);
    tcase_add_test(tc, without_journals_the_first_event_comes_first);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
