/*
 * test_ohlcv_service.c - bars on the bus: before the trade that closes them, by the exchange's
 * clock when a market is quiet, and the same over a restart. On a fake clock.
 */
#include "services/host.h"

#include "../support/folder.h"
#include "../support/host_rig.h"
#include "test_main.h"

#include <njord/codec.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SEC INT64_C(1000000000)
#define MIN (60 * SEC)
/* 2024-08-09 10:00:00 UTC */
#define TEN INT64_C(1723197600000000000)

static struct host_rig rig;
static struct nj_platform platform;
static int64_t now_ns;
static int64_t next_id;

/* What was delivered, in order: "T ATOM 3" a trade with its price, "B 1m ATOM 10:00". */
static char seen[65536], outside[65536];

static int64_t fake_now(void *ctx)
{
    (void)ctx;
    return now_ns;
}

static void note(char *where, const njord_event *event)
{
    size_t len = strlen(where);
    if (event->type == NJORD_EV_TRADE) {
        const njord_trade *t = (const njord_trade *)event;
        snprintf(where + len, sizeof seen - len, "T %.4s %g\n", t->symbol, t->price);
    } else if (event->type == NJORD_EV_BAR) {
        const njord_bar *b = (const njord_bar *)event;
        int64_t minute = (b->ts_open - TEN) / MIN;
        snprintf(where + len, sizeof seen - len, "B %s %.4s %lld %g%s%s\n", b->timeframe, b->symbol,
                 (long long)minute, b->volume, b->partial == 1 ? " partial" : "",
                 event->flags & NJORD_EF_FILLED_GAP ? " filled" : "");
    }
}

static void on_event(void *ctx, const struct nj_message *m)
{
    note(ctx, m->event);
}

static void start(void)
{
    rig_start(&rig);
    nj_restart_intervened(rig.host, "a test"); /* which feeds cannot bring again */
    while (nj_bus_step(rig.host->bus))         /* what the start announced */
        ;
    ck_assert_ptr_nonnull(
        nj_bus_subscribe(rig.host->bus, "md.*", NJ_STAGE_STRATEGIES, on_event, seen));
    ck_assert_ptr_nonnull(
        nj_bus_subscribe(rig.host->bus, "md.*", NJ_STAGE_LINK, on_event, outside));
}

static void open_with(const char *clock, const char *timeframes, const char *more)
{
    char base[2048];
    snprintf(base, sizeof base,
             "app: {env: paper, clock: %s, state_dir: %%1$s/state, control: %%1$s/sock}\n"
             "logging: {level: info, journal_dir: %%1$s/log, fsync: never}\n"
             "plugins: {dir: %%1$s/plugins, watch: false}\n"
             "services: [ohlcv, journal]\n"
             "exchange: {venue: paper, symbols: [ATOM/USDT, BTC/USDT]}\n"
             "ohlcv: {timeframes: [%s]%s}\n",
             clock, timeframes, more);
    rig_make(&rig);
    platform = *nj_platform_system();
    platform.realtime_ns = fake_now;
    rig.platform = &platform;
    now_ns = TEN;
    next_id = 1;
    seen[0] = outside[0] = '\0';
    rig_configure(&rig, base, "strategies: []\n");
    start();
}

static void tear_down(void)
{
    rig_remove(&rig);
}

static njord_trade trade_of(const char *symbol, int64_t ts_ns, double price, double qty)
{
    njord_trade t;
    njord_event_init(&t, NJORD_EV_TRADE);
    snprintf(t.symbol, sizeof t.symbol, "%s", symbol);
    snprintf(t.venue, sizeof t.venue, "v");
    snprintf(t.trade_id, sizeof t.trade_id, "%lld", (long long)next_id++);
    t.ev.ts_ns = ts_ns;
    t.price = price;
    t.qty = qty;
    t.side = NJORD_SIDE_BUY;
    return t;
}

static void put(const char *topic, const njord_event *event)
{
    ck_assert_int_eq(nj_bus_publish(rig.host->bus, topic, event, NULL, NULL), 0);
    while (nj_bus_step(rig.host->bus))
        ;
}

static void give(int64_t ts_ns, double price, double qty)
{
    njord_trade t = trade_of("ATOM/USDT", ts_ns, price, qty);
    put("md.trades.ATOM/USDT", &t.ev);
}

static void status(uint8_t what, int64_t ts_ns)
{
    njord_feed_status s;
    njord_event_init(&s, NJORD_EV_FEED_STATUS);
    snprintf(s.symbol, sizeof s.symbol, "ATOM/USDT");
    snprintf(s.venue, sizeof s.venue, "v");
    s.event = what;
    s.ev.ts_ns = ts_ns;
    put("md.status.ATOM/USDT", &s.ev);
}

static void turn_at(int64_t ns)
{
    now_ns = ns;
    nj_host_turn(rig.host);
}

static void expect(const char *text)
{
    ck_assert_msg(strcmp(seen, text) == 0, "found:\n%sexpected:\n%s", seen, text);
    seen[0] = '\0';
}

/* The lines of a journal without what every run has of its own. */
static char *journal(const char *name)
{
    char dir[128];
    size_t len, n = 0;
    snprintf(dir, sizeof dir, "%s/log", rig.dir);
    ck_assert_int_eq(nj_flow_flush(&rig.host->flow), 0);
    char *text = folder_read(dir, name, &len);
    if (!text)
        return NULL;
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        char *cut = strstr(line, ",\"seq\":");
        ck_assert_ptr_nonnull(cut);
        memmove(text + n, line, (size_t)(cut - line));
        n += (size_t)(cut - line);
        text[n++] = '\n';
    }
    text[n] = '\0';
    return text;
}

/* ---- order ---- */

START_TEST(bar_comes_before_the_trade_that_closes_it)
{
    open_with("wall", "1m", "");
    give(TEN, 1, 2);
    give(TEN + 1, 2, 3);
    give(TEN + MIN, 3, 1);
    ck_assert_str_eq(seen, outside); /* and so do others see it */
    expect("T ATOM 1\nT ATOM 2\nB 1m ATOM 0 5 partial\nT ATOM 3\n");
    char *bars = journal("ohlcv.1m.ATOMUSDT.ndjson");
    ck_assert_str_eq(bars, "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":"
                           "1723197600000000000,\"ts_close\":1723197660000000000,\"open\":1,"
                           "\"high\":2,\"low\":1,\"close\":2,\"volume\":5,\"trades\":2,"
                           "\"quote_volume\":8,\"taker_volume\":5,\"partial\":true\n");
    free(bars);
}
END_TEST

START_TEST(of_one_instant_the_shortest_timeframe_comes_first)
{
    open_with("wall", "5m, 1s, 1m", "");
    give(TEN + 5 * MIN - SEC, 1, 1);
    give(TEN + 5 * MIN, 2, 1);
    expect("T ATOM 1\nB 1s ATOM 4 1 partial\nB 1m ATOM 4 1 partial\nB 5m ATOM 0 1 partial\n"
           "T ATOM 2\n");
}
END_TEST

static void two_trades(void *ctx, uint64_t seq)
{
    (void)ctx, (void)seq;
    njord_trade t = trade_of("ATOM/USDT", TEN + MIN, 2, 1);
    struct nj_instance instance = {0};
    struct nj_slot slot = {.host = rig.host, .id = "a"};
    instance.owner = &slot;
    ck_assert_int_eq(nj_feed_publish(rig.host, &instance, "md.trades.ATOM/USDT", &t.ev), 0);
    t = trade_of("ATOM/USDT", TEN + 2 * MIN, 3, 1);
    ck_assert_int_eq(nj_feed_publish(rig.host, &instance, "md.trades.ATOM/USDT", &t.ev), 0);
    t = trade_of("ATOM/USDT", TEN + 2 * MIN, 4, 1);
    ck_assert_int_eq(nj_feed_publish(rig.host, &instance, "md.trades.ATOM/USDT", &t.ev), 0);
}

START_TEST(trades_that_a_feeds_timer_publishes_are_worked_off_one_by_one)
{
    open_with("wall", "1m", "");
    struct nj_error err = {0};
    give(TEN, 1, 1);
    ck_assert_int_eq(nj_host_enter(rig.host, two_trades, NULL, &err), 0);
    while (nj_bus_step(rig.host->bus))
        ;
    expect("T ATOM 1\nB 1m ATOM 0 1 partial\nT ATOM 2\nB 1m ATOM 1 1\nT ATOM 3\nT ATOM 4\n");
}
END_TEST

START_TEST(last_price_is_the_trades_and_as_old_as_the_trade)
{
    open_with("wall", "1m", "");
    int64_t ts;
    give(TEN, 1, 2);
    turn_at(TEN + MIN + 2 * SEC);
    ck_assert_double_eq(nj_core_last_price(&rig.host->core, "ATOM/USDT", &ts), 1);
    ck_assert_int_eq(ts, TEN);
    expect("T ATOM 1\nB 1m ATOM 0 2 partial\n");
}
END_TEST

/* ---- the clock ---- */

START_TEST(quiet_market_is_closed_by_the_exchanges_time_after_the_grace)
{
    open_with("wall", "1m", ""); /* grace 2 s */
    now_ns = TEN + 30 * SEC;
    give(TEN + 31 * SEC + 260000000, 1, 1); /* this clock is 1.26 s behind the exchange's */
    turn_at(TEN + MIN + 740000000 - 1);
    expect("T ATOM 1\n");
    turn_at(TEN + MIN + 740000000);
    expect("B 1m ATOM 0 1 partial\n");
    turn_at(TEN + 2 * MIN + 740000000 - 1);
    expect("");
    turn_at(TEN + 2 * MIN + 740000000);
    expect("B 1m ATOM 1 0 filled\n");
}
END_TEST

START_TEST(smallest_difference_of_the_last_minute_counts)
{
    open_with("wall", "1m", ", grace_ms: 0");
    now_ns = TEN + 10 * SEC;
    give(TEN + 7 * SEC, 1, 1); /* came 3 s late */
    now_ns = TEN + 50 * SEC;
    give(TEN + 49 * SEC, 2, 1); /* 1 s */
    turn_at(TEN + MIN + 3 * SEC - 1);
    expect("T ATOM 1\nT ATOM 2\n");
    turn_at(TEN + MIN + 3 * SEC);
    expect("B 1m ATOM 0 2 partial\n");
    now_ns = TEN + 90 * SEC;
    give(TEN + 89 * SEC, 3, 1); /* the one of 3 s is longer than a minute past */
    turn_at(TEN + 2 * MIN + SEC);
    expect("T ATOM 3\nB 1m ATOM 1 1\n");
}
END_TEST

START_TEST(host_that_waits_wakes_for_the_next_end)
{
    open_with("wall", "1m", "");
    now_ns = TEN + 30 * SEC;
    give(TEN + 30 * SEC, 1, 1);
    ck_assert_int_eq(nj_ohlcv_service_due(rig.host, now_ns), TEN + MIN + 2 * SEC);
    nj_host_turn(rig.host);
    ck_assert(ev_is_active(&rig.host->wake));
    njord_trade t = trade_of("BTC/USDT", TEN + 30 * SEC, 5, 1);
    put("md.trades.BTC/USDT", &t.ev);
    turn_at(TEN + 2 * MIN + 2 * SEC);
    seen[0] = '\0';
    turn_at(TEN + 3 * MIN + 2 * SEC);
    expect("B 1m ATOM 2 0 filled\nB 1m BTC/ 2 0 filled\n");
}
END_TEST

START_TEST(with_event_time_no_timer_closes_a_bar)
{
    open_with("events", "1m", "");
    give(TEN, 1, 1);
    turn_at(TEN + 1000 * MIN);
    expect("T ATOM 1\n");
    ck_assert_int_eq(nj_ohlcv_service_due(rig.host, now_ns), INT64_MAX);
    give(TEN + 2 * MIN, 2, 1);
    expect("B 1m ATOM 0 1 partial\nB 1m ATOM 1 0 filled\nT ATOM 2\n");
}
END_TEST

START_TEST(a_day_on_the_fake_clock_has_each_minute_once)
{
    open_with("wall", "1m, 1h", "");
    unsigned minutes = 0;
    for (int64_t s = 0; s <= 86400; s += 7) { /* a trade each 7 s but for one hour in three */
        now_ns = TEN + s * SEC + 400000000;   /* 0.4 s late */
        if (s / 3600 % 3 != 1)
            give(TEN + s * SEC, 1, 1);
        nj_host_turn(rig.host);
        for (char *p = seen; (p = strstr(p, "B 1m")); p++) {
            int minute;
            ck_assert_int_eq(sscanf(p, "B 1m ATOM %d ", &minute), 1);
            ck_assert_uint_eq((unsigned)minute, minutes);
            minutes++;
        }
        seen[0] = outside[0] = '\0';
    }
    ck_assert_uint_eq(minutes, 1439); /* the last one is within its grace */
}
END_TEST

START_TEST(trade_of_a_time_that_cannot_be_is_refused_with_one_line)
{
    open_with("wall", "1m", "");
    give(TEN, 1, 1);
    give(TEN + 86401 * SEC, 2, 1);
    give(TEN + 86400 * 10000 * SEC, 2, 1);
    give(TEN + 1, 3, 1);
    give(TEN + MIN, 4, 1);
    expect("T ATOM 1\nT ATOM 2\nT ATOM 2\nT ATOM 3\nB 1m ATOM 0 2 partial\nT ATOM 4\n");
    ck_assert_uint_eq(rig.host->ohlcv.refused, 2);
}
END_TEST

/* ---- the feed ---- */

START_TEST(feed_that_is_down_leaves_bars_out)
{
    open_with("events", "1m", "");
    status(NJORD_FEED_EVENT_UP, TEN - 1);
    give(TEN, 1, 1);
    status(NJORD_FEED_EVENT_DOWN, TEN + 90 * SEC);
    status(NJORD_FEED_EVENT_UP, TEN + 100 * SEC);
    give(TEN + 3 * MIN, 2, 1);
    expect("T ATOM 1\nB 1m ATOM 0 1\nB 1m ATOM 2 0 filled\nT ATOM 2\n");
    status(NJORD_FEED_EVENT_STALE, TEN + 5 * MIN);
    give(TEN + 6 * MIN, 3, 1);
    give(TEN + 7 * MIN, 4, 1);
    expect("B 1m ATOM 3 1\nB 1m ATOM 4 0 filled\nT ATOM 3\nT ATOM 4\n");
    status(NJORD_FEED_EVENT_GAP, TEN + 8 * MIN);
    give(TEN + 8 * MIN, 5, 1);
    give(TEN + 9 * MIN, 6, 1);
    expect("T ATOM 5\nT ATOM 6\n");
    size_t len;
    char dir[128];
    snprintf(dir, sizeof dir, "%s/log", rig.dir);
    char *log = folder_read(dir, "app.ndjson", &len);
    ck_assert_ptr_nonnull(strstr(log, "\"left_out\""));
    free(log);
}
END_TEST

/* ---- over a restart ---- */

static void restart(void)
{
    rig_stop(&rig);
    start();
}

/* Trades at uneven times: in most minutes some, in some none. */
static int64_t time_of(int i)
{
    return TEN + (int64_t)i * 17 * SEC + (i / 20) * 150 * SEC;
}

static void run(int from, int to)
{
    for (int i = from; i < to; i++) {
        now_ns = time_of(i);
        next_id = 1000 + i;
        give(time_of(i), 10 + i % 7, 0.1 * (1 + i % 3));
    }
}

START_TEST(restart_within_a_bucket_gives_the_bars_of_an_uninterrupted_run)
{
    static const char *const names[] = {"ohlcv.1s.ATOMUSDT.ndjson", "ohlcv.1m.ATOMUSDT.ndjson",
                                        "ohlcv.5m.ATOMUSDT.ndjson", "ohlcv.1h.ATOMUSDT.ndjson"};
    char *whole[4];
    static const char *const clocks[] = {"wall", "events"};
    const char *clock = clocks[_i % 2];
    open_with(clock, "1s, 1m, 5m, 1h", "");
    run(0, 400);
    for (int i = 0; i < 4; i++)
        whole[i] = journal(names[i]);
    rig_remove(&rig);
    open_with(clock, "1s, 1m, 5m, 1h", "");
    int cuts[] = {0, 1 + _i, 20, 21, 100 + 13 * _i, 250, 251, 252, 400};
    for (size_t k = 1; k < sizeof cuts / sizeof cuts[0]; k++) {
        run(cuts[k - 1], cuts[k]);
        restart();
    }
    for (int i = 0; i < 4; i++) {
        char *cut = journal(names[i]);
        ck_assert_ptr_nonnull(whole[i]);
        ck_assert_msg(strcmp(whole[i], cut) == 0, "%s differs:\n%.1200s\n%.1200s", names[i],
                      whole[i], cut);
        free(cut);
        free(whole[i]);
    }
}
END_TEST

START_TEST(bar_whose_line_was_lost_with_the_host_comes_at_the_next_trade)
{
    char path[160];
    open_with("wall", "1m", "");
    run(0, 10); /* 10:00:00 to 10:02:33 */
    rig_stop(&rig);
    snprintf(path, sizeof path, "%s/log/ohlcv.1m.ATOMUSDT.ndjson", rig.dir);
    struct nj_buf bars = rig_contents(path);
    char *second = memchr(bars.data, '\n', bars.len);
    rig_write(path, bars.data, (size_t)(second - bars.data) + 1, 0644); /* 10:01's is gone */
    nj_buf_free(&bars);
    start();
    seen[0] = '\0';
    run(10, 11);
    expect("B 1m ATOM 1 0.8\nT ATOM 13\n");
}
END_TEST

START_TEST(ids_that_jumped_over_the_restart_leave_the_bucket_out)
{
    open_with("wall", "1m", "");
    run(0, 10);
    restart();
    seen[0] = '\0';
    run(11, 20); /* 10:03:07 to 10:05:23 */
    /* neither 10:02, where the last one was, nor 10:03 */
    expect("T ATOM 14\nT ATOM 15\nT ATOM 16\nT ATOM 10\nT ATOM 11\nT ATOM 12\nT ATOM 13\n"
           "B 1m ATOM 4 0.6\nT ATOM 14\nT ATOM 15\n");
}
END_TEST

START_TEST(trades_sent_once_more_after_the_restart_are_not_counted_twice)
{
    open_with("wall", "1m", "");
    run(0, 10);
    restart();
    seen[0] = '\0';
    run(5, 13); /* 10:01:25 to 10:03:24 */
    char *bars = journal("ohlcv.1m.ATOMUSDT.ndjson");
    int lines = 0;
    for (char *p = bars; (p = strchr(p, '\n')); p++)
        lines++;
    ck_assert_int_eq(lines, 3);
    ck_assert_ptr_nonnull(strstr(bars, "\"trades\":3,\"quote_volume\":7.1"));
    ck_assert_uint_eq(rig.host->ohlcv.seen, 5);
    free(bars);
}
END_TEST

START_TEST(another_venue_is_another_source)
{
    open_with("wall", "1m", "");
    run(0, 10);
    restart();
    seen[0] = '\0';
    for (int i = 0; i < 3; i++) {
        njord_trade t = trade_of("ATOM/USDT", TEN + (3 + i) * MIN, 5, 1);
        snprintf(t.venue, sizeof t.venue, "w");
        snprintf(t.trade_id, sizeof t.trade_id, "%d", 5 + i);
        now_ns = t.ev.ts_ns;
        put("md.trades.ATOM/USDT", &t.ev);
    }
    expect("T ATOM 5\nB 1m ATOM 3 1 partial\nT ATOM 5\nB 1m ATOM 4 1\nT ATOM 5\n");
}
END_TEST

START_TEST(recording_played_once_more_makes_its_bars_once_more)
{
    open_with("events", "1m", "");
    run(0, 10);
    static char first[sizeof seen];
    memcpy(first, seen, sizeof first);
    restart();
    seen[0] = '\0';
    run(0, 10);
    expect(first);
}
END_TEST

START_TEST(damaged_journal_costs_the_first_bars_and_says_so)
{
    char path[160];
    open_with("wall", "1m", "");
    run(0, 10);
    rig_stop(&rig);
    snprintf(path, sizeof path, "%s/log/md.trades.ATOMUSDT.ndjson", rig.dir);
    struct nj_buf trades = rig_contents(path);
    trades.data[3] = '#';
    rig_write(path, trades.data, trades.len, 0644);
    nj_buf_free(&trades);
    start();
    seen[0] = '\0';
    run(10, 15);
    expect("T ATOM 13\nB 1m ATOM 2 0.2 partial\nT ATOM 14\nT ATOM 15\nT ATOM 16\nT ATOM 10\n");
    snprintf(path, sizeof path, "%s/log", rig.dir);
    size_t len;
    char *log = folder_read(path, "app.ndjson", &len);
    ck_assert_ptr_nonnull(strstr(log, "md.trades.ATOMUSDT.ndjson:1: "));
    free(log);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ohlcv_service");
    TCase *t = tcase_create("bars");
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, bar_comes_before_the_trade_that_closes_it);
    tcase_add_test(t, of_one_instant_the_shortest_timeframe_comes_first);
    tcase_add_test(t, trades_that_a_feeds_timer_publishes_are_worked_off_one_by_one);
    tcase_add_test(t, last_price_is_the_trades_and_as_old_as_the_trade);
    tcase_add_test(t, quiet_market_is_closed_by_the_exchanges_time_after_the_grace);
    tcase_add_test(t, smallest_difference_of_the_last_minute_counts);
    tcase_add_test(t, host_that_waits_wakes_for_the_next_end);
    tcase_add_test(t, with_event_time_no_timer_closes_a_bar);
    tcase_add_test(t, a_day_on_the_fake_clock_has_each_minute_once);
    tcase_add_test(t, trade_of_a_time_that_cannot_be_is_refused_with_one_line);
    tcase_add_test(t, feed_that_is_down_leaves_bars_out);
    tcase_add_loop_test(t, restart_within_a_bucket_gives_the_bars_of_an_uninterrupted_run, 0, 6);
    tcase_add_test(t, bar_whose_line_was_lost_with_the_host_comes_at_the_next_trade);
    tcase_add_test(t, ids_that_jumped_over_the_restart_leave_the_bucket_out);
    tcase_add_test(t, trades_sent_once_more_after_the_restart_are_not_counted_twice);
    tcase_add_test(t, another_venue_is_another_source);
    tcase_add_test(t, recording_played_once_more_makes_its_bars_once_more);
    tcase_add_test(t, damaged_journal_costs_the_first_bars_and_says_so);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
