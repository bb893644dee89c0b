/* The Redis link against a real redis-server: what two hosts tell each other, once and in order,
 * also when Redis dies in between. */
#include "../support/faulty_platform.h"
#include "../support/redis_host.h"
#include "../support/redis_server.h"
#include "test_main.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct redis_server server;
static struct ev_loop *loop;
static struct redis_host a, b;
static struct redis_host *const both[] = {&a, &b, NULL};
static struct redis_host *const only_b[] = {&b, NULL};
static redisContext *cli;
static struct nj_error err;

static void setup(void)
{
    memset(&server, 0, sizeof server);
    redis_server_start(&server, NULL);
    loop = ev_loop_new(EVFLAG_AUTO);
    redis_host_init(&a, loop, "aaaaaaaaaaaa", server.socket);
    redis_host_init(&b, loop, "bbbbbbbbbbbb", server.socket);
    cli = redisConnectUnix(server.socket);
    ck_assert(cli && !cli->err);
    err = (struct nj_error){0};
}

static void teardown(void)
{
    if (a.link)
        redis_host_close(&a);
    if (b.link)
        redis_host_close(&b);
    if (cli)
        redisFree(cli);
    ev_loop_destroy(loop);
    redis_server_end(&server);
}

static void open_both(void)
{
    ck_assert_msg(redis_host_open(&a, 5000, &err) == 0, "%s", err.text);
    ck_assert_msg(redis_host_open(&b, 5000, &err) == 0, "%s", err.text);
}

/* Runs a command and expects no error; the integer of its answer, else 0. */
static long long run(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(cli, format, args);
    va_end(args);
    ck_assert_msg(reply && reply->type != REDIS_REPLY_ERROR, "%s: %s", format,
                  reply ? reply->str : cli->errstr);
    long long n = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    freeReplyObject(reply);
    return n;
}

/* b has heard exactly the numbers first..last, in this order. */
static void expect_heard(const struct redis_host *h, long first, long last)
{
    ck_assert_uint_eq(h->heard, (size_t)(last - first + 1));
    for (size_t i = 0; i < h->heard; i++)
        ck_assert_int_eq(h->ids[i], first + (long)i);
}

static struct nj_redis_stats stats_of(const struct redis_host *h)
{
    struct nj_redis_stats s;
    nj_redis_stats(h->link, &s);
    return s;
}

START_TEST(an_event_reaches_the_other_host_and_not_its_sender)
{
    open_both();
    redis_host_trade(&a, 1);
    redis_host_intent(&a, 2);
    ck_assert(redis_host_until(both, b.heard == 2 && stats_of(&a).own_dropped == 2, 5));
    ck_assert_str_eq(b.topics[0], "md.trades.ATOM/USDT"); /* sent at once, before the transaction */
    ck_assert_str_eq(b.topics[1], "strat.intent");
    ck_assert_uint_eq(a.heard, 0);
    ck_assert_int_eq(run("XLEN njord:s:strat.intent"), 1);
    ck_assert_int_eq(run("EXISTS njord:s:md.trades.ATOM/USDT"), 0);
    ck_assert_uint_eq(stats_of(&a).unanswered_bytes, 0);
    ck_assert_uint_eq(stats_of(&b).gaps, 0);
}
END_TEST

START_TEST(thousands_of_events_arrive_once_and_in_order)
{
    open_both();
    for (long i = 1; i <= 10000; i++)
        redis_host_intent(&a, i);
    ck_assert(redis_host_until(both, b.heard >= 10000, 20));
    expect_heard(&b, 1, 10000);
    /* the second's look into the stream finds nothing new */
    ck_assert(redis_host_until(both, stats_of(&b).seen_dropped >= 10000, 10));
    expect_heard(&b, 1, 10000);
}
END_TEST

START_TEST(market_data_of_another_program_is_taken_without_an_envelope)
{
    /* msgpack of python3-msgpack 1.0.3: {"symbol": "ATOM/USDT", "price": 10, "qty": 0.5,
     * "ts_ns": 1700000000000000001, "trade_id": "77", "future": {"a": [1, 2]}} */
    static const char python[] =
        "\x86\xa6\x73\x79\x6d\x62\x6f\x6c\xa9\x41\x54\x4f\x4d\x2f\x55\x53\x44\x54"
        "\xa5\x70\x72\x69\x63\x65\x0a\xa3\x71\x74\x79\xcb\x3f\xe0\x00\x00\x00\x00"
        "\x00\x00\xa5\x74\x73\x5f\x6e\x73\xcf\x17\x97\x9c\xfe\x36\x2a\x00\x01\xa8"
        "\x74\x72\x61\x64\x65\x5f\x69\x64\xa2\x37\x37\xa6\x66\x75\x74\x75\x72\x65"
        "\x81\xa1\x61\x92\x01\x02";
    open_both();
    run("PUBLISH md.trades.ATOM/USDT %b", python, sizeof python - 1);
    run("PUBLISH md.trades.ATOM/USDT %b", python, sizeof python - 1);
    ck_assert(redis_host_until(both, b.heard == 2 && a.heard == 2, 5));
    ck_assert_int_eq(b.ids[0], 77);
}
END_TEST

START_TEST(malformed_messages_are_dropped_and_counted)
{
    size_t len;
    open_both();
    run("PUBLISH md.trades.ATOM/USDT %b", "\xdd\xff\xff\xff\xff", (size_t)5);
    run("PUBLISH md.trades.ATOM/USDT nonsense");
    run("PUBLISH md.trades.ATOM/USDT %b", "", (size_t)0);
    run("PUBLISH md.unheard.of x");
    const void *trade = redis_trade_bytes(1, NULL, 0, &len); /* of ATOM/USDT */
    run("PUBLISH md.trades.BTC/USDT %b", trade, len);
    trade = redis_trade_bytes(1, "bad id!", 1, &len);
    run("PUBLISH md.trades.ATOM/USDT %b", trade, len);
    trade = redis_trade_bytes(1, "x", -1, &len);
    run("PUBLISH md.trades.ATOM/USDT %b", trade, len);
    run("XADD njord:s:strat.intent * f v");
    run("XADD njord:s:strat.intent * e nonsense");
    trade = redis_trade_bytes(9, "x", 1, &len);
    run("PUBLISH md.trades.ATOM/USDT %b", trade, len);
    ck_assert(redis_host_until(both, b.heard == 1 && stats_of(&b).malformed == 9, 5));
    expect_heard(&b, 9, 9);
    ck_assert(nj_redis_connected(b.link));
}
END_TEST

START_TEST(a_topic_that_two_globs_match_comes_once)
{
    static const char *const globs[] = {"md.trades.*", "md.*", "*"};
    size_t len;
    b.options.globs = globs;
    b.options.n_globs = 3;
    ck_assert_int_eq(redis_host_open(&b, 5000, &err), 0);
    for (long i = 1; i <= 3; i++) {
        const void *trade = redis_trade_bytes(i, i == 2 ? NULL : "x", i, &len);
        run("PUBLISH md.trades.ATOM/USDT %b", trade, len);
    }
    const void *last = redis_intent_bytes(4, NULL, 0, &len);
    run("PUBLISH strat.intent %b", last, len);
    ck_assert(redis_host_until(only_b, b.heard >= 4, 5));
    expect_heard(&b, 1, 4);
}
END_TEST

/* ---- gaps ------------------------------------------------------------------------------------ */

START_TEST(a_jump_of_market_data_is_counted_and_announced)
{
    static const int64_t seqs[] = {7, 8, 11, 12, 3, 4};
    size_t len;
    open_both();
    for (size_t i = 0; i < 6; i++) {
        const void *trade = redis_trade_bytes((long)i + 1, "x", seqs[i], &len);
        run("PUBLISH md.trades.ATOM/USDT %b", trade, len);
    }
    ck_assert(redis_host_until(both, b.heard == 6, 5)); /* 3 after 12: a source that began anew */
    expect_heard(&b, 1, 6);
    ck_assert_uint_eq(stats_of(&b).gaps, 1);
    ck_assert_uint_eq(stats_of(&b).missed, 2);
    ck_assert_int_eq(b.gaps, 1);
    ck_assert_ptr_nonnull(strstr(b.gap, "2 messages"));
    ck_assert_ptr_nonnull(strstr(b.gap, "md.trades.ATOM/USDT"));
}
END_TEST

static void add(long id, const char *src, int64_t seq, bool stream, bool publish)
{
    size_t len;
    const void *intent = redis_intent_bytes(id, src, seq, &len);
    if (stream)
        run("XADD njord:s:strat.intent * e %b", intent, len);
    if (publish)
        run("PUBLISH strat.intent %b", intent, len);
}

START_TEST(order_flow_that_pubsub_missed_comes_from_the_stream_in_order)
{
    open_both();
    add(1, "x", 1, true, true);
    ck_assert(redis_host_until(both, b.heard == 1, 5));
    add(2, "x", 2, true, false);
    add(3, "x", 3, true, false);
    add(4, "x", 4, true, true);
    add(5, "x", 5, true, true);
    ck_assert(redis_host_until(both, b.heard >= 5, 5));
    expect_heard(&b, 1, 5);
    ck_assert_uint_eq(stats_of(&b).gaps, 0);
    add(6, "x", 6, true, false); /* and without any later message, within the second */
    ck_assert(redis_host_until(both, b.heard >= 6, 5));
    expect_heard(&b, 1, 6);
}
END_TEST

START_TEST(order_flow_that_nobody_has_is_a_gap)
{
    open_both();
    add(1, "x", 1, true, true);
    add(4, "x", 4, true, true);
    add(5, "x", 5, false, true); /* never in the stream, and taken all the same */
    ck_assert(redis_host_until(both, b.heard >= 3, 5));
    ck_assert_int_eq(b.ids[1], 4);
    ck_assert_int_eq(b.ids[2], 5);
    ck_assert_uint_eq(stats_of(&b).gaps, 1);
    ck_assert_uint_eq(stats_of(&b).missed, 2);
}
END_TEST

START_TEST(order_flow_seen_before_is_dropped)
{
    open_both();
    for (int round = 0; round < 3; round++)
        for (long i = 1; i <= 4; i++)
            add(i, "x", i, true, true);
    add(5, "y", 1, true, true); /* another source counts by itself */
    ck_assert(redis_host_until(both, b.heard >= 5, 5));
    expect_heard(&b, 1, 5);
}
END_TEST

/* ---- restarts -------------------------------------------------------------------------------- */

START_TEST(a_first_start_takes_nothing_of_the_past)
{
    for (long i = 1; i <= 3; i++)
        add(i, "x", i, true, true);
    open_both();
    add(4, "x", 4, true, true);
    ck_assert(redis_host_until(both, b.heard >= 1, 5));
    expect_heard(&b, 4, 4);
}
END_TEST

START_TEST(a_restarted_host_reads_on_from_where_it_was)
{
    open_both();
    for (long i = 1; i <= 5; i++)
        redis_host_intent(&a, i);
    ck_assert(redis_host_until(both, b.heard == 5, 5));
    redis_host_close(&b);
    for (long i = 6; i <= 1300; i++)
        redis_host_intent(&a, i);
    struct redis_host *const only_a[] = {&a, NULL};
    ck_assert(redis_host_until(only_a, stats_of(&a).unanswered_bytes == 0, 5));
    ck_assert_int_eq(redis_host_open(&b, 5000, &err), 0);
    redis_host_intent(&a, 1301);
    ck_assert(redis_host_until(both, b.heard >= 1301, 5));
    expect_heard(&b, 1, 1301);
    ck_assert_uint_eq(stats_of(&b).gaps, 0);
}
END_TEST

START_TEST(what_is_heard_live_waits_until_the_stream_has_been_read)
{
    open_both();
    add(1, "x", 1, true, true);
    ck_assert(redis_host_until(both, b.heard == 1, 5));
    redis_host_close(&b);
    for (long i = 2; i <= 3000; i++) /* more than one answer brings */
        add(i, "x", i, true, false);
    for (long i = 3001; i <= 3003; i++) /* a source that this host has never heard */
        add(i, "y", i - 3000, true, false);
    ck_assert_int_eq(redis_host_open(&b, 5000, &err), 0);
    add(3004, "y", 4, true, true); /* it comes by pub/sub long before 3001 to 3003 are read */
    ck_assert(redis_host_until(both, b.heard >= 3004, 10));
    expect_heard(&b, 1, 3004);
    ck_assert_uint_eq(stats_of(&b).gaps, 0);
}
END_TEST

/* Intents and decisions written by turns, in other streams, more of one than an answer brings. */
START_TEST(the_streams_are_read_in_the_order_in_which_they_were_written)
{
    size_t len;
    int64_t intents = 0, decisions = 0;
    open_both();
    redis_host_close(&b);
    for (long id = 1; id <= 1300; id++) {
        bool rare = id % 90 == 7; /* an intent a second, the decisions between */
        const void *bytes = rare ? redis_intent_bytes(id, "x", ++intents, &len)
                                 : redis_decision_bytes(id, "x", ++decisions, &len);
        run("XADD njord:s:%s %ld-0 e %b", rare ? "strat.intent" : "risk.decisions", id, bytes, len);
    }
    ck_assert_int_eq(redis_host_open(&b, 5000, &err), 0);
    ck_assert(redis_host_until(both, b.heard >= 1300, 10));
    expect_heard(&b, 1, 1300);
}
END_TEST

START_TEST(a_restarted_source_counts_anew_and_is_not_taken_for_seen)
{
    open_both();
    for (long i = 1; i <= 3; i++)
        redis_host_intent(&a, i);
    redis_host_trade(&a, 4);
    ck_assert(redis_host_until(both, b.heard == 4, 5));
    redis_host_close(&a);
    ck_assert_int_eq(redis_host_open(&a, 5000, &err), 0);
    redis_host_intent(&a, 5);
    redis_host_trade(&a, 6);
    ck_assert(redis_host_until(both, b.heard == 6, 5));
    ck_assert_uint_eq(stats_of(&b).gaps, 0);
}
END_TEST

START_TEST(damaged_ids_do_not_stop_a_host_or_silence_it)
{
    open_both();
    redis_host_intent(&a, 1);
    ck_assert(redis_host_until(both, b.heard == 1, 5));
    redis_host_close(&a);
    a.ids_len = (size_t)snprintf(a.ids_document, sizeof a.ids_document, "njord-redis 1\nrun x\n");
    ck_assert_int_eq(redis_host_open(&a, 5000, &err), 0);
    redis_host_intent(&a, 2);
    ck_assert(redis_host_until(both, b.heard == 2, 5));
}
END_TEST

START_TEST(cut_connections_come_back_and_nothing_of_order_flow_is_lost)
{
    open_both();
    for (long i = 1; i <= 2000; i++) {
        redis_host_intent(&a, i);
        if (i % 100 == 0) {
            if (i % 500 == 0) {
                run("CLIENT KILL TYPE normal SKIPME yes");
                run("CLIENT KILL TYPE pubsub");
            }
            redis_host_turn(both);
        }
    }
    ck_assert(redis_host_until(both, b.heard >= 2000 && b.back > 0, 20));
    expect_heard(&b, 1, 2000);
    ck_assert_int_ge(b.lost, 1);
    ck_assert_uint_eq(stats_of(&b).gaps, 0);
}
END_TEST

/* The back-off doubles while Redis is away, not from one loss to the next: eight would be 25 s. */
START_TEST(a_host_that_only_listens_comes_back_at_once_each_time)
{
    ck_assert_int_eq(redis_host_open(&b, 5000, &err), 0);
    int64_t start = nj_platform_system()->monotonic_ns(NULL);
    for (int i = 1; i <= 8; i++) {
        run("CLIENT KILL TYPE pubsub");
        ck_assert(redis_host_until(only_b, b.lost == i && b.back == i, 10));
    }
    ck_assert_int_lt(nj_platform_system()->monotonic_ns(NULL) - start, 8000000000);
}
END_TEST

START_TEST(redis_killed_and_started_again_loses_and_doubles_nothing)
{
    long id = 0;
    open_both();
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 200; i++) {
            redis_host_intent(&a, ++id);
            if (i % 7 == 0)
                redis_host_turn(both);
        }
        redis_server_kill(&server);
        for (int i = 0; i < 200; i++) {
            redis_host_intent(&a, ++id);
            if (i % 50 == 0)
                redis_host_turn(both);
        }
        ck_assert(redis_host_until(both, a.lost == round + 1 && b.lost == round + 1, 10));
        redis_server_start(&server, NULL);
        ck_assert(redis_host_until(both, b.heard >= (size_t)id, 20));
        expect_heard(&b, 1, id);
    }
    ck_assert(redis_host_until(both, a.back == 5 && b.back == 5, 5));
    ck_assert_uint_eq(stats_of(&b).gaps, 0);
}
END_TEST

/* Two processes; Redis dies under them at moments that nobody chose. */
START_TEST(two_processes_lose_and_double_nothing_when_redis_dies)
{
    const long count = getenv("NJORD_SOAK") ? 43500 : 3000; /* 100 deaths, or 6 */
    int heard[2], go[2];
    ck_assert_int_eq(pipe(heard), 0);
    ck_assert_int_eq(pipe(go), 0);
    fflush(NULL);
    pid_t consumer = fork();
    if (consumer == 0) {
        ev_loop_fork(loop);
        if (redis_host_open(&b, 5000, &err) != 0 || write(go[1], "", 1) != 1)
            _exit(1);
        for (size_t told = 0;;) {
            redis_host_turn(only_b);
            for (; told < b.heard; told++)
                if (write(heard[1], &b.ids[told], sizeof b.ids[0]) != sizeof b.ids[0])
                    _exit(1);
        }
    }
    char c;
    ck_assert_int_eq(read(go[0], &c, 1), 1);
    pid_t producer = fork();
    if (producer == 0) {
        struct redis_host *const only_a[] = {&a, NULL};
        ev_loop_fork(loop);
        if (redis_host_open(&a, 5000, &err) != 0)
            _exit(1);
        for (long i = 1; i <= count; i++) {
            redis_host_intent(&a, i);
            if (i % 3 == 0)
                redis_host_turn(only_a);
        }
        for (;;)
            redis_host_turn(only_a);
    }
    close(heard[1]);
    long last = 0;
    for (long id, next_kill = 400; last < count; last = id) {
        ck_assert_int_eq(read(heard[0], &id, sizeof id), (int)sizeof id);
        ck_assert_int_eq(id, last + 1);
        if (id >= next_kill) {
            next_kill += 431;
            redis_server_kill(&server);
            redis_server_start(&server, NULL);
        }
    }
    kill(producer, SIGKILL);
    kill(consumer, SIGKILL);
    waitpid(producer, NULL, 0);
    waitpid(consumer, NULL, 0);
    close(heard[0]);
}
END_TEST

/* ---- bounds and refusals --------------------------------------------------------------------- */

START_TEST(past_the_bound_trading_is_stopped_and_nothing_is_dropped)
{
    a.options.max_unanswered = 20000;
    open_both();
    redis_server_kill(&server);
    ck_assert(redis_host_until(both, a.lost == 1, 5));
    for (long i = 1; i <= 500; i++)
        redis_host_intent(&a, i);
    ck_assert(a.full);
    ck_assert_int_eq(a.fulls, 1);
    ck_assert_uint_gt(stats_of(&a).unanswered_bytes, 20000);
    redis_host_trade(&a, 1); /* market data does not wait */
    ck_assert_uint_eq(stats_of(&a).not_sent, 1);
    redis_server_start(&server, NULL);
    ck_assert(redis_host_until(both, b.heard >= 500 && !a.full, 20));
    expect_heard(&b, 1, 500);
    ck_assert_int_eq(a.fulls, 2);
    ck_assert_uint_eq(stats_of(&a).unanswered_bytes, 0);
}
END_TEST

START_TEST(order_flow_that_redis_refuses_waits_until_it_is_taken)
{
    open_both();
    run("CONFIG SET maxmemory 1"); /* -OOM for every write */
    for (long i = 1; i <= 50; i++)
        redis_host_intent(&a, i);
    ck_assert(redis_host_until(both, a.lost >= 1, 5));
    ck_assert_uint_eq(b.heard, 0);
    run("CONFIG SET maxmemory 0");
    ck_assert(redis_host_until(both, b.heard >= 50, 20));
    expect_heard(&b, 1, 50);
}
END_TEST

START_TEST(a_key_of_the_wrong_type_in_the_streams_place_stops_and_then_goes_on)
{
    open_both();
    run("SET njord:s:strat.intent x");
    redis_host_intent(&a, 1);
    ck_assert(redis_host_until(both, a.lost >= 1, 5));
    ck_assert_uint_gt(stats_of(&a).unanswered_bytes, 0);
    run("DEL njord:s:strat.intent");
    ck_assert(redis_host_until(both, b.heard >= 1 && stats_of(&a).unanswered_bytes == 0, 20));
    expect_heard(&b, 1, 1);
}
END_TEST

START_TEST(an_unreachable_redis_is_one_line_within_the_time)
{
    redis_server_kill(&server);
    int64_t start = nj_platform_system()->monotonic_ns(NULL);
    ck_assert_int_eq(redis_host_open(&a, 300, &err), NJ_ERR_LOST);
    int64_t took = nj_platform_system()->monotonic_ns(NULL) - start;
    ck_assert_int_lt(took, 3000000000);
    ck_assert_ptr_nonnull(strstr(err.text, server.socket));
    ck_assert_ptr_nonnull(strstr(err.text, "inproc:"));
    a.options.url = (struct nj_bus_url){.kind = NJ_BUS_REDIS, .host = "127.0.0.1", .port = 1};
    ck_assert_int_eq(redis_host_open(&a, 300, &err), NJ_ERR_LOST);
    ck_assert_msg(strstr(err.text, "127.0.0.1:1'") && strstr(err.text, "refused"), "%s", err.text);
}
END_TEST

START_TEST(a_password_and_a_database_are_used)
{
    static const char *const options[] = {"--requirepass", "secret", NULL};
    redisFree(cli);
    cli = NULL;
    redis_server_kill(&server);
    redis_server_start(&server, options);
    ck_assert_int_eq(redis_host_open(&a, 5000, &err), NJ_ERR_LOST);
    ck_assert_msg(strstr(err.text, "NOAUTH"), "%s", err.text);
    snprintf(a.options.url.password, sizeof a.options.url.password, "wrong");
    ck_assert_int_eq(redis_host_open(&a, 60000, &err), NJ_ERR_LOST); /* at once */
    ck_assert_msg(strstr(err.text, "WRONGPASS") && !strstr(err.text, "wrong"), "%s", err.text);
    for (int i = 0; i < 2; i++) {
        struct nj_bus_url *url = &both[i]->options.url;
        snprintf(url->password, sizeof url->password, "secret");
        snprintf(url->user, sizeof url->user, "%s", i ? "default" : "");
        url->db = 3;
    }
    open_both();
    redis_host_intent(&a, 1);
    ck_assert(redis_host_until(both, b.heard >= 1, 5));
    cli = redisConnectUnix(server.socket);
    run("AUTH secret");
    ck_assert_int_eq(run("EXISTS njord:s:strat.intent"), 0);
    run("SELECT 3");
    ck_assert_int_eq(run("EXISTS njord:s:strat.intent"), 1);
    a.options.url.db = 99;
    redis_host_close(&a);
    ck_assert_int_eq(redis_host_open(&a, 60000, &err), NJ_ERR_LOST);
    ck_assert_msg(strstr(err.text, "SELECT"), "%s", err.text);
}
END_TEST

/* ---- keys ------------------------------------------------------------------------------------ */

START_TEST(the_kill_key_is_heard_at_once)
{
    open_both();
    ck_assert_str_eq(a.kill, "-");
    static const char *const values[] = {"1", "0", "", "stop"};
    for (size_t i = 0; i < 4; i++) {
        run("SET njord:trading:halt %s", values[i]);
        int64_t start = nj_platform_system()->monotonic_ns(NULL);
        ck_assert(
            redis_host_until(both, !strcmp(a.kill, values[i]) && !strcmp(b.kill, values[i]), 5));
        int64_t took = nj_platform_system()->monotonic_ns(NULL) - start;
        ck_assert_int_lt(took, 500000000); /* not by the GET of the second */
    }
    run("DEL njord:trading:halt");
    ck_assert(redis_host_until(both, !strcmp(a.kill, "-"), 5));
    run("SET njord:trading:halt 1");
    run("FLUSHALL");
    ck_assert(redis_host_until(both, !strcmp(a.kill, "-"), 5));
    run("RPUSH njord:trading:halt x"); /* not a value that lets trade */
    ck_assert(redis_host_until(both, !strcmp(a.kill, "unreadable"), 5));
}
END_TEST

START_TEST(the_kill_key_is_asked_each_second_as_a_net)
{
    open_both();
    int before = a.kills;
    ck_assert(redis_host_until(both, a.kills >= before + 2, 5));
}
END_TEST

START_TEST(the_kill_key_is_heard_again_after_a_reconnect)
{
    open_both();
    redis_server_kill(&server);
    ck_assert(redis_host_until(both, a.lost == 1, 5));
    redis_server_start(&server, NULL);
    redisFree(cli);
    cli = redisConnectUnix(server.socket);
    ck_assert(redis_host_until(both, a.back == 1 && b.back == 1, 10));
    run("SET njord:trading:halt 1");
    ck_assert(redis_host_until(both, !strcmp(a.kill, "1") && !strcmp(b.kill, "1"), 5));
}
END_TEST

START_TEST(the_days_profit_is_read_and_written_and_ends_with_the_day)
{
    run("SET njord:pnl:day -12.5");
    open_both();
    ck_assert(redis_host_until(both, a.pnls > 0, 5));
    ck_assert(a.pnl == -12.5);
    nj_redis_put_day_pnl(a.link, -20.25);
    ck_assert(redis_host_until(both, b.pnl == -20.25, 5));
    redisReply *reply = redisCommand(cli, "GET njord:pnl:day");
    ck_assert_str_eq(reply->str, "-20.25");
    freeReplyObject(reply);
    long long ttl = run("TTL njord:pnl:day");
    ck_assert_int_gt(ttl, -1);
    ck_assert_int_le(ttl, 86400);
    nj_redis_put_day_pnl(a.link, NAN);
    int before = b.pnls;
    run("SET njord:pnl:day abc"); /* the last one stands */
    run("EXPIRE njord:pnl:day 100");
    int kills = b.kills;
    ck_assert(redis_host_until(both, b.kills >= kills + 2, 5));
    ck_assert_int_eq(b.pnls, before);
    run("DEL njord:pnl:day");
    ck_assert(redis_host_until(both, b.pnls > before && b.pnl == 0, 5));
}
END_TEST

START_TEST(keys_are_read_and_written_without_a_loop)
{
    struct nj_buf out = {0};
    bool absent = false;
    const struct nj_bus_url *url = &a.options.url;
    ck_assert_int_eq(nj_redis_key_get(url, "k", &out, &absent, &err), 0);
    ck_assert(absent);
    ck_assert_int_eq(nj_redis_key_set(url, "k", "a b", &err), 0);
    ck_assert_int_eq(nj_redis_key_get(url, "k", &out, &absent, &err), 0);
    ck_assert(!absent);
    ck_assert_str_eq(out.data, "a b");
    ck_assert_int_eq(nj_redis_key_set(url, "k", NULL, &err), 0);
    ck_assert_int_eq(nj_redis_key_get(url, "k", &out, &absent, &err), 0);
    ck_assert(absent);
    run("RPUSH k x");
    ck_assert_int_eq(nj_redis_key_get(url, "k", &out, &absent, &err), NJ_ERR_LOST);
    ck_assert_ptr_nonnull(strstr(err.text, "WRONGTYPE"));
    nj_buf_free(&out);
    redis_server_kill(&server);
    ck_assert_int_eq(nj_redis_key_set(url, "k", "1", &err), NJ_ERR_LOST);
    ck_assert_ptr_nonnull(strstr(err.text, server.socket));
}
END_TEST

int main(void)
{
    if (!redis_server_found("test_redis"))
        return 77;
    Suite *suite = suite_create("redis");
    TCase *t = tcase_create("redis");
    tcase_set_timeout(t, getenv("NJORD_SOAK") ? 1800 : 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_event_reaches_the_other_host_and_not_its_sender);
    tcase_add_test(t, thousands_of_events_arrive_once_and_in_order);
    tcase_add_test(t, market_data_of_another_program_is_taken_without_an_envelope);
    tcase_add_test(t, malformed_messages_are_dropped_and_counted);
    tcase_add_test(t, a_topic_that_two_globs_match_comes_once);
    tcase_add_test(t, a_jump_of_market_data_is_counted_and_announced);
    tcase_add_test(t, order_flow_that_pubsub_missed_comes_from_the_stream_in_order);
    tcase_add_test(t, order_flow_that_nobody_has_is_a_gap);
    tcase_add_test(t, order_flow_seen_before_is_dropped);
    tcase_add_test(t, a_first_start_takes_nothing_of_the_past);
    tcase_add_test(t, a_restarted_host_reads_on_from_where_it_was);
    tcase_add_test(t, what_is_heard_live_waits_until_the_stream_has_been_read);
    tcase_add_test(t, the_streams_are_read_in_the_order_in_which_they_were_written);
    tcase_add_test(t, a_restarted_source_counts_anew_and_is_not_taken_for_seen);
    tcase_add_test(t, damaged_ids_do_not_stop_a_host_or_silence_it);
    tcase_add_test(t, cut_connections_come_back_and_nothing_of_order_flow_is_lost);
    tcase_add_test(t, a_host_that_only_listens_comes_back_at_once_each_time);
    tcase_add_test(t, redis_killed_and_started_again_loses_and_doubles_nothing);
    tcase_add_test(t, two_processes_lose_and_double_nothing_when_redis_dies);
    tcase_add_test(t, past_the_bound_trading_is_stopped_and_nothing_is_dropped);
    tcase_add_test(t, order_flow_that_redis_refuses_waits_until_it_is_taken);
    tcase_add_test(t, a_key_of_the_wrong_type_in_the_streams_place_stops_and_then_goes_on);
    tcase_add_test(t, an_unreachable_redis_is_one_line_within_the_time);
    tcase_add_test(t, a_password_and_a_database_are_used);
    tcase_add_test(t, the_kill_key_is_heard_at_once);
    tcase_add_test(t, the_kill_key_is_asked_each_second_as_a_net);
    tcase_add_test(t, the_kill_key_is_heard_again_after_a_reconnect);
    tcase_add_test(t, the_days_profit_is_read_and_written_and_ends_with_the_day);
    tcase_add_test(t, keys_are_read_and_written_without_a_loop);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
