/* What the host does for every feed: doubles among the last 512 ids of a venue and symbol are
 * dropped, missing numbers are announced before the trade that shows them, ids that are no numbers
 * have no gaps. */
#include "services/host.h"

#include "../support/host_rig.h"
#include "test_main.h"

#include <stdio.h>
#include <string.h>

static struct rig {
    struct host_rig h;
    struct nj_instance *feed;
    char ids[4096][NJORD_REF_SIZE]; /* of the trades that came through */
    uint32_t n;
    njord_feed_status statuses[64];
    uint32_t at[64]; /* trades seen before it */
    uint32_t n_statuses;
} r;

static const char base_yaml[] =
    "app: {env: paper, clock: wall, state_dir: %1$s/state, control: %1$s/sock}\n"
    "logging: {level: error, journal_dir: %1$s/log, fsync: never}\n"
    "plugins: {dir: %1$s/plugins, watch: false}\n"
    "exchange: {venue: paper, symbols: [ATOM/USDT, BTC/USDT]}\n"
    "journal: {topics: []}\n"
    "feeds: [{id: market, plugin: simmarket}]\n";

static void on_trade(void *ctx, const struct nj_message *m)
{
    (void)ctx;
    ck_assert_uint_lt(r.n, 4096);
    memcpy(r.ids[r.n++], ((const njord_trade *)m->event)->trade_id, NJORD_REF_SIZE);
}

static void on_status(void *ctx, const struct nj_message *m)
{
    (void)ctx;
    ck_assert_uint_lt(r.n_statuses, 64);
    r.at[r.n_statuses] = r.n;
    memcpy(&r.statuses[r.n_statuses++], m->event, sizeof(njord_feed_status));
}

static void set_up(void)
{
    memset(&r, 0, sizeof r);
    rig_make(&r.h);
    rig_copy_plugin(&r.h, "plugins/feeds/simmarket.so");
    rig_copy_plugin(&r.h, "plugins/brokers/paper.so");
    rig_configure(&r.h, base_yaml, "strategies: []\n");
    rig_start(&r.h);
    while (nj_bus_step(r.h.host->bus)) /* what the start announced */
        ;
    r.feed = r.h.host->feeds.all[0]->instance;
    ck_assert_ptr_nonnull(
        nj_bus_subscribe(r.h.host->bus, "md.trades.*", NJ_STAGE_TAPS, on_trade, NULL));
    ck_assert_ptr_nonnull(
        nj_bus_subscribe(r.h.host->bus, "md.status.*", NJ_STAGE_TAPS, on_status, NULL));
}

static void tear_down(void)
{
    rig_remove(&r.h);
}

/* The feed publishes a trade; returns whether it came through. */
static bool give(const char *venue, const char *symbol, const char *id)
{
    njord_trade trade;
    char topic[64];
    uint32_t before = r.n;
    njord_event_init(&trade, NJORD_EV_TRADE);
    trade.ev.ts_ns = 1700000000000000000 + before;
    trade.price = 8;
    trade.qty = 1;
    snprintf(trade.symbol, sizeof trade.symbol, "%s", symbol);
    snprintf(trade.venue, sizeof trade.venue, "%s", venue);
    snprintf(trade.trade_id, sizeof trade.trade_id, "%s", id);
    snprintf(topic, sizeof topic, "md.trades.%s", symbol);
    ck_assert_int_eq(nj_feed_publish(r.h.host, r.feed, topic, &trade.ev), NJORD_OK);
    while (nj_bus_step(r.h.host->bus))
        ;
    return r.n == before + 1;
}

static bool give_number(const char *venue, int64_t id)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)id);
    return give(venue, "ATOM/USDT", text);
}

static uint32_t gaps(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r.n_statuses; i++)
        n += r.statuses[i].event == NJORD_FEED_EVENT_GAP;
    return n;
}

START_TEST(a_double_is_dropped_while_its_id_is_among_the_last_512_and_no_longer)
{
    for (int64_t i = 0; i < 512; i++)
        ck_assert(give_number("v", i));
    ck_assert(!give_number("v", 0)); /* the 512th last */
    ck_assert(!give_number("v", 511));
    ck_assert(give_number("v", 512)); /* 0 falls out */
    ck_assert(!give_number("v", 1));
    ck_assert(give_number("v", 0)); /* 1 falls out */
    ck_assert(give_number("v", 1)); /* 2 falls out */
    ck_assert(!give_number("v", 3));
    ck_assert_uint_eq(r.h.host->feeding.duplicates, 4);
    ck_assert_uint_eq(r.h.host->feeds.all[0]->duplicates, 4);
    ck_assert_uint_eq(gaps(), 0);
}
END_TEST

START_TEST(the_window_moves_on_for_ever)
{
    for (int64_t i = 0; i < 3000; i++) {
        ck_assert(give_number("v", i));
        if (i >= 511)
            ck_assert(!give_number("v", i - 511));
    }
}
END_TEST

START_TEST(each_venue_and_each_symbol_has_ids_of_its_own)
{
    ck_assert(give("one", "ATOM/USDT", "7"));
    ck_assert(give("two", "ATOM/USDT", "7"));
    ck_assert(give("one", "BTC/USDT", "7"));
    ck_assert(!give("one", "ATOM/USDT", "7"));
    ck_assert(!give("two", "ATOM/USDT", "7"));
    ck_assert(!give("one", "BTC/USDT", "7"));
    ck_assert(give("two", "ATOM/USDT", "9")); /* a gap of that venue alone */
    ck_assert(give("one", "ATOM/USDT", "8"));
    ck_assert_uint_eq(gaps(), 1);
}
END_TEST

START_TEST(missing_numbers_are_announced_before_the_trade_that_shows_them)
{
    ck_assert(give_number("v", 10));
    ck_assert(give_number("v", 11));
    ck_assert(give_number("v", 15));
    ck_assert_uint_eq(r.n_statuses, 2);
    ck_assert_uint_eq(r.statuses[0].event, NJORD_FEED_EVENT_UP); /* with the first trade */
    ck_assert_uint_eq(r.at[0], 0);
    const njord_feed_status *gap = &r.statuses[1];
    ck_assert_uint_eq(gap->event, NJORD_FEED_EVENT_GAP);
    ck_assert_int_eq(gap->from_id, 12);
    ck_assert_int_eq(gap->to_id, 14);
    ck_assert_str_eq(gap->venue, "v");
    ck_assert_str_eq(gap->symbol, "ATOM/USDT");
    ck_assert_uint_eq(r.at[1], 2); /* after 11, before 15 */
    ck_assert_uint_eq(r.h.host->feeding.missing, 3);
}
END_TEST

START_TEST(late_numbers_are_let_in_and_are_no_gap)
{
    static const int64_t ids[] = {10, 13, 11, 12, 14, 9};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        ck_assert(give_number("v", ids[i]));
    ck_assert_uint_eq(gaps(), 1); /* 11 to 12, when 13 came */
    ck_assert_uint_eq(r.h.host->feeding.missing, 2);
}
END_TEST

START_TEST(ids_that_are_no_numbers_are_deduplicated_and_have_no_gaps)
{
    static const char *const ids[] = {
        "a-1", "a-5", "0x10", "12b", "-3", "1.5", "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        ck_assert(give("v", "ATOM/USDT", ids[i]));
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        ck_assert(!give("v", "ATOM/USDT", ids[i]));
    ck_assert_uint_eq(gaps(), 0);
    ck_assert(give("v", "ATOM/USDT", "9223372036854775807"));
    ck_assert(give("v", "ATOM/USDT", "1")); /* nothing wraps */
    ck_assert_uint_eq(gaps(), 0);
}
END_TEST

START_TEST(trades_without_an_id_all_come_through)
{
    for (int i = 0; i < 5; i++)
        ck_assert(give("v", "ATOM/USDT", ""));
    ck_assert_uint_eq(r.h.host->feeding.duplicates, 0);
}
END_TEST

START_TEST(an_event_on_the_wrong_topic_is_refused)
{
    njord_trade trade;
    njord_event_init(&trade, NJORD_EV_TRADE);
    ck_assert_int_eq(nj_feed_publish(r.h.host, r.feed, "md.depth.ATOM/USDT", &trade.ev),
                     NJORD_E_ARG);
    ck_assert_int_eq(nj_feed_publish(r.h.host, r.feed, "no.such.topic", &trade.ev), NJORD_E_ARG);
    ck_assert_uint_eq(r.n, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feeds");
    TCase *tc = tcase_create("feeds");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_double_is_dropped_while_its_id_is_among_the_last_512_and_no_longer);
    tcase_add_test(tc, the_window_moves_on_for_ever);
    tcase_add_test(tc, each_venue_and_each_symbol_has_ids_of_its_own);
    tcase_add_test(tc, missing_numbers_are_announced_before_the_trade_that_shows_them);
    tcase_add_test(tc, late_numbers_are_let_in_and_are_no_gap);
    tcase_add_test(tc, ids_that_are_no_numbers_are_deduplicated_and_have_no_gaps);
    tcase_add_test(tc, trades_without_an_id_all_come_through);
    tcase_add_test(tc, an_event_on_the_wrong_topic_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
