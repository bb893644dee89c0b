/* The in-process bus: one order for everything, stage by stage, nothing from inside publish, bytes
 * made once. */
#include "bus/bus.h"
#include "bus/fifo.h"
#include "test_main.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct nj_bus *bus;
static uint64_t next;
static int64_t clock_ns;
static char trace[4096];
static int flushes, flush_result;

static uint64_t next_seq(void *ctx)
{
    (void)ctx;
    return next ? next++ : 0;
}

static int64_t input_time(void *ctx, const njord_event *event)
{
    (void)ctx;
    return event->ts_ns > clock_ns ? (clock_ns = event->ts_ns) : clock_ns;
}

static int flush(void *ctx)
{
    (void)ctx;
    flushes++;
    return flush_result;
}

static void note(const char *fmt, const char *a, unsigned long long b)
{
    size_t at = strlen(trace);
    snprintf(trace + at, sizeof trace - at, fmt, a, b);
}

static void open_bus(void)
{
    struct nj_error err;
    struct nj_bus_options options = {NULL, next_seq, input_time, NULL, flush, 1 << 20};
    next = 1;
    clock_ns = 0;
    trace[0] = '\0';
    flushes = flush_result = 0;
    ck_assert_int_eq(nj_bus_new(&bus, &options, &err), 0);
}

static void close_bus(void)
{
    nj_bus_free(bus);
}

static njord_trade trade(const char *symbol, double price, int64_t ts_ns)
{
    njord_trade t;
    njord_event_init(&t, NJORD_EV_TRADE);
    snprintf(t.symbol, sizeof t.symbol, "%s", symbol);
    t.price = price;
    t.qty = 1;
    t.ev.ts_ns = ts_ns;
    return t;
}

static void publish(const char *symbol, double price, int64_t ts_ns)
{
    char topic[64];
    struct nj_error err = {0};
    njord_trade t = trade(symbol, price, ts_ns);
    snprintf(topic, sizeof topic, "md.trades.%s", symbol);
    ck_assert_msg(nj_bus_publish(bus, topic, &t.ev, NULL, &err) == 0, "%s", err.text);
}

static void on_event(void *ctx, const struct nj_message *m)
{
    note("%s%llu ", ctx, (unsigned long long)m->event->seq);
}

/* A handler that puts out a signal for each trade. */
static void on_trade_signal(void *ctx, const struct nj_message *m)
{
    njord_signal s;
    struct nj_error err = {0};
    uint64_t seq = 0;
    njord_event_init(&s, NJORD_EV_SIGNAL);
    snprintf(s.strategy_id, sizeof s.strategy_id, "x");
    snprintf(s.name, sizeof s.name, "n");
    s.ev.ts_ns = 1;
    note("%s%llu[", ctx, (unsigned long long)m->event->seq);
    ck_assert_int_eq(nj_bus_publish(bus, "sig.x", &s.ev, &seq, &err), 0);
    ck_assert(seq > m->event->seq);
    note("%s%llu] ", "", (unsigned long long)seq);
}

START_TEST(subscribers_are_called_stage_by_stage_whatever_order_they_came_in)
{
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, on_event, "s");
    nj_bus_subscribe(bus, "md.trades.*", NJ_STAGE_JOURNAL, on_event, "j");
    nj_bus_subscribe(bus, "md.trades.A/B", NJ_STAGE_STRATEGIES, on_event, "t");
    nj_bus_subscribe(bus, "*", NJ_STAGE_PRICES, on_event, "p");
    publish("A/B", 1, 10);
    ck_assert_str_eq(trace, ""); /* nothing is called from inside publish */
    ck_assert(nj_bus_step(bus));
    ck_assert_str_eq(trace, "j1 p1 s1 t1 ");
    ck_assert(!nj_bus_step(bus));
}
END_TEST

START_TEST(what_a_stage_puts_out_is_worked_off_before_the_next_stage_sees_the_input)
{
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_BROKER, on_trade_signal, "b");
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, on_trade_signal, "s");
    nj_bus_subscribe(bus, "sig.*", NJ_STAGE_JOURNAL, on_event, "j");
    publish("A/B", 1, 10);
    publish("A/B", 2, 11);
    while (nj_bus_step(bus))
        ;
    /* trade 1: the broker's signal 2 is delivered before the strategy sees trade 1; then signal 3;
     * then trade 4 */
    ck_assert_str_eq(trace, "b1[2] j2 s1[3] j3 b4[5] j5 s4[6] j6 ");
}
END_TEST

START_TEST(an_input_is_worked_off_to_the_end_before_the_next_enters)
{
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, on_trade_signal, "s");
    nj_bus_subscribe(bus, "sig.*", NJ_STAGE_STRATEGIES, on_event, "o");
    publish("A/B", 1, 10);
    publish("C/D", 2, 10);
    ck_assert(nj_bus_step(bus));
    ck_assert_str_eq(trace, "s1[2] o2 ");
    ck_assert(nj_bus_step(bus));
    ck_assert_str_eq(trace, "s1[2] o2 s3[4] o4 ");
}
END_TEST

static int64_t seen_time;
static void on_time(void *ctx, const struct nj_message *m)
{
    (void)ctx;
    seen_time = m->event->ts_recv_ns;
}

START_TEST(delivery_time_never_goes_back)
{
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, on_time, NULL);
    publish("A/B", 1, 100);
    publish("A/B", 1, 50);
    nj_bus_step(bus);
    ck_assert_int_eq(seen_time, 100);
    nj_bus_step(bus);
    ck_assert_int_eq(seen_time, 100);
    ck_assert_int_eq(nj_bus_now(bus), 100);
}
END_TEST

START_TEST(a_topic_that_does_not_exist_and_the_wrong_contract_are_refused_with_one_line)
{
    struct nj_error err = {0};
    njord_trade t = trade("A/B", 1, 1);
    ck_assert_int_eq(nj_bus_publish(bus, "md.nonsense", &t.ev, NULL, &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "'md.nonsense'"));
    ck_assert_int_eq(nj_bus_publish(bus, "strat.intent", &t.ev, NULL, &err), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "topic 'strat.intent': carries OrderIntent, got Trade");
    ck_assert(!nj_bus_pending(bus));
}
END_TEST

START_TEST(a_full_queue_refuses_and_loses_nothing_that_waits)
{
    struct nj_error err = {0};
    njord_trade t = trade("A/B", 1, 1);
    int n = 0;
    while (nj_bus_publish(bus, "md.trades.A/B", &t.ev, NULL, &err) == 0)
        n++;
    ck_assert_int_eq(err.code, NJ_ERR_LIMIT);
    ck_assert_int_gt(n, 100);
    int delivered = 0;
    while (nj_bus_step(bus))
        delivered++;
    ck_assert_int_eq(delivered, n);
    ck_assert_int_eq(nj_bus_publish(bus, "md.trades.A/B", &t.ev, NULL, &err), 0);
}
END_TEST

START_TEST(without_a_sequence_number_nothing_is_delivered)
{
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, on_event, "s");
    publish("A/B", 1, 1);
    next = 0;
    ck_assert(nj_bus_step(bus));
    ck_assert_str_eq(trace, "");
    struct nj_bus_stats stats;
    nj_bus_stats(bus, &stats);
    ck_assert_uint_eq(stats.refused, 1);
}
END_TEST

static struct nj_subscription *victim;
static void ends_other(void *ctx, const struct nj_message *m)
{
    on_event(ctx, m);
    nj_bus_unsubscribe(bus, victim);
    victim = NULL;
}

START_TEST(a_subscription_ended_while_its_event_is_delivered_is_not_called)
{
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_PRICES, ends_other, "e");
    victim = nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, on_event, "v");
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, on_event, "w");
    publish("A/B", 1, 1);
    nj_bus_step(bus);
    ck_assert_str_eq(trace, "e1 w1 ");
}
END_TEST

static void subscribes_more(void *ctx, const struct nj_message *m)
{
    on_event(ctx, m);
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, on_event, "n");
}

START_TEST(a_subscription_made_while_delivering_sees_the_next_event)
{
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_PRICES, subscribes_more, "a");
    publish("A/B", 1, 1);
    publish("A/B", 1, 1);
    nj_bus_step(bus);
    ck_assert_str_eq(trace, "a1 ");
    nj_bus_step(bus);
    ck_assert_str_eq(trace, "a1 a2 n2 ");
}
END_TEST

static const char *texts[4], *named[4];
static int n_texts;
static void wants_text(void *ctx, const struct nj_message *m)
{
    size_t len;
    (void)ctx;
    texts[n_texts] = nj_message_json(m, false, &len);
    named[n_texts++] = nj_message_json(m, true, &len);
}

START_TEST(text_is_made_once_and_shared)
{
    struct nj_bus_stats stats;
    n_texts = 0;
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_PRICES, wants_text, NULL);
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, wants_text, NULL);
    nj_bus_subscribe(bus, "md.trades.*", NJ_STAGE_TAPS, wants_text, NULL);
    publish("A/B", 0.1, 5);
    nj_bus_step(bus);
    ck_assert_int_eq(n_texts, 3);
    ck_assert_ptr_eq(named[0], named[1]);
    ck_assert_ptr_eq(named[1], named[2]);
    ck_assert_ptr_eq(texts[0], texts[1]);
    ck_assert_ptr_eq(texts[1], texts[2]);
    ck_assert_str_eq(
        texts[0],
        "{\"symbol\":\"A/B\",\"price\":0.1,\"qty\":1,\"ts_ns\":5,\"seq\":1,\"ts_recv_ns\":5}");
    nj_bus_stats(bus, &stats);
    ck_assert_uint_eq(stats.encoded, 2); /* once without "contract", once with it */
}
END_TEST

START_TEST(the_link_sees_an_event_only_when_the_journals_were_flushed)
{
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_LINK, on_event, "l");
    publish("A/B", 1, 1);
    nj_bus_step(bus);
    ck_assert_str_eq(trace, "l1 ");
    ck_assert_int_eq(flushes, 1);
    flush_result = -1;
    publish("A/B", 1, 1);
    nj_bus_step(bus);
    ck_assert_str_eq(trace, "l1 ");
}
END_TEST

static void enters(void *ctx, uint64_t seq)
{
    struct nj_error err = {0};
    note("%s%llu ", ctx, (unsigned long long)seq);
    ck_assert_int_eq(nj_bus_enter(bus, 1, enters, ctx, &err),
                     NJ_ERR_INTERNAL); /* not from inside */
    publish("A/B", 1, 1);              /* an emission now */
}

START_TEST(a_timer_is_an_input_with_a_number_of_its_own)
{
    struct nj_error err = {0};
    nj_bus_subscribe(bus, "md.*", NJ_STAGE_STRATEGIES, on_event, "s");
    ck_assert_int_eq(nj_bus_enter(bus, 77, enters, "t", &err), 0);
    ck_assert_str_eq(trace, "t1 s2 ");
    ck_assert_int_eq(nj_bus_now(bus), 77);
}
END_TEST

START_TEST(records_of_a_queue_stay_where_they_are)
{
    struct nj_fifo fifo = {0};
    char *kept[3000];
    for (int i = 0; i < 3000; i++) {
        kept[i] = nj_fifo_push(&fifo, 100 + (size_t)i % 50);
        snprintf(kept[i], 100, "%d", i);
    }
    struct nj_fifo_cursor cursor = {0};
    for (int i = 0; i < 3000; i++)
        ck_assert_ptr_eq(nj_fifo_next(&fifo, &cursor), kept[i]);
    ck_assert_ptr_null(nj_fifo_next(&fifo, &cursor));
    for (int i = 0; i < 3000; i++) {
        size_t size;
        char *record = nj_fifo_peek(&fifo, &size);
        ck_assert_ptr_eq(record, kept[i]);
        ck_assert_int_eq(strtol(record, NULL, 10), i);
        ck_assert_uint_eq(size, 100 + (size_t)i % 50);
        nj_fifo_release(&fifo);
    }
    ck_assert(nj_fifo_empty(&fifo));
    char *large = nj_fifo_push(&fifo, 1 << 20); /* larger than a chunk */
    ck_assert_ptr_nonnull(large);
    nj_fifo_release(&fifo);
    nj_fifo_free(&fifo);
}
END_TEST

static void ck_url(const char *url, int rc, enum nj_bus_kind kind, const char *host, int port,
                   int db)
{
    struct nj_bus_url out;
    struct nj_error err = {0};
    ck_assert_msg(nj_bus_url_parse(url, &out, &err) == rc, "%s: %s", url, err.text);
    if (rc != 0)
        return;
    ck_assert_int_eq((int)out.kind, (int)kind);
    ck_assert_str_eq(out.host, host);
    ck_assert_int_eq(out.port, port);
    ck_assert_int_eq(out.db, db);
}

START_TEST(a_url_names_the_bus)
{
    ck_url("inproc:", 0, NJ_BUS_INPROC, "", 6379, 0);
    ck_url("redis://localhost", 0, NJ_BUS_REDIS, "localhost", 6379, 0);
    ck_url("redis://10.0.0.1:7000/3", 0, NJ_BUS_REDIS, "10.0.0.1", 7000, 3);
    ck_url("redis://user:pass@h:1/0", 0, NJ_BUS_REDIS, "h", 1, 0);
    ck_url("redis+unix:///run/r.sock?db=2", 0, NJ_BUS_REDIS, "/run/r.sock", 6379, 2);
    const char *const bad[] = {"",
                               "inproc",
                               "redis:",
                               "redis://",
                               "redis://h:",
                               "redis://h:0",
                               "redis://h:99999",
                               "redis://h/x",
                               "http://h",
                               "redis+unix://relative",
                               "redis://u@h"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_url(bad[i], NJ_ERR_INPUT, 0, "", 0, 0);
    struct nj_bus_url out;
    struct nj_error err = {0};
    nj_bus_url_parse("redis://user:hunter2@h:0", &out, &err);
    ck_assert_ptr_null(strstr(err.text, "hunter2"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bus");
    TCase *tc = tcase_create("bus");
    tcase_add_checked_fixture(tc, open_bus, close_bus);
    tcase_add_test(tc, subscribers_are_called_stage_by_stage_whatever_order_they_came_in);
    tcase_add_test(tc, what_a_stage_puts_out_is_worked_off_before_the_next_stage_sees_the_input);
    tcase_add_test(tc, an_input_is_worked_off_to_the_end_before_the_next_enters);
    tcase_add_test(tc, delivery_time_never_goes_back);
    tcase_add_test(tc,
                   a_topic_that_does_not_exist_and_the_wrong_contract_are_refused_with_one_line);
    tcase_add_test(tc, a_full_queue_refuses_and_loses_nothing_that_waits);
    tcase_add_test(tc, without_a_sequence_number_nothing_is_delivered);
    tcase_add_test(tc, a_subscription_ended_while_its_event_is_delivered_is_not_called);
    tcase_add_test(tc, a_subscription_made_while_delivering_sees_the_next_event);
    tcase_add_test(tc, text_is_made_once_and_shared);
    tcase_add_test(tc, the_link_sees_an_event_only_when_the_journals_were_flushed);
    tcase_add_test(tc, a_timer_is_an_input_with_a_number_of_its_own);
    tcase_add_test(tc, records_of_a_queue_stay_where_they_are);
    tcase_add_test(tc, a_url_names_the_bus);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
