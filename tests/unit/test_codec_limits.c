/* test_codec_limits.c - how much a decoder takes: counts, depths, lengths, twice the same key; and
 * the one form that free-form members have. Each bound is tried at itself and one above. Owned by
 * the tests. */
#include "test_main.h"

#include <check.h>
#include <njord/codec.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP (4u << 20)

static uint64_t *room;
static char *text; /* the input being written */
static size_t text_len;
static char *line;
static njord_decode_error err;

static void setup(void)
{
    room = malloc(CAP);
    text = malloc(CAP);
    line = malloc(CAP);
    ck_assert(room != NULL && text != NULL && line != NULL);
    text_len = 0;
}

static void teardown(void)
{
    free(room);
    free(text);
    free(line);
}

static njord_event *event(void)
{
    return (njord_event *)(void *)room;
}

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text + text_len, CAP - text_len, format, args);
    va_end(args);
    ck_assert(n >= 0 && (size_t)n < CAP - text_len);
    text_len += (size_t)n;
}

static void put_many(const char *item, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put("%s%s", i == 0 ? "" : ",", item);
}

static void put_pairs(const char *value, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put("%s\"k%u\":%s", i == 0 ? "" : ",", i, value);
}

/* Decodes what was put; when it is taken, its msgpack must be taken, too, and give the same. */
static int decode(uint32_t type)
{
    char why[200];
    size_t len = 0;
    memset(&err, 0, sizeof err);
    int rc =
        njord_decode_json(type, text, text_len, room, njord_decode_bound(text_len), NULL, &err);
    text_len = 0;
    if (rc != 0)
        return rc;
    ck_assert_msg(njord_event_check(event(), CAP, why, sizeof why) == 0, "%s", why);
    ck_assert_int_eq(njord_encode_msgpack(event(), NULL, line, CAP, &len), 0);
    ck_assert_msg(
        njord_decode_msgpack(type, line, len, room, njord_decode_bound(len), NULL, &err) == 0, "%s",
        err.text);
    return 0;
}

static void taken(uint32_t type)
{
    ck_assert_msg(decode(type) == 0, "%s", err.text);
}

static void refused(uint32_t type, const char *words)
{
    ck_assert_int_eq(decode(type), NJORD_E_ARG);
    ck_assert_msg(strstr(err.text, words) != NULL, "'%s', expected '%s' in it", err.text, words);
}

START_TEST(a_side_of_a_book_has_at_most_5000_levels)
{
    for (uint32_t n = NJORD_MAX_LEVELS; n <= NJORD_MAX_LEVELS + 1; n++) {
        put("{\"symbol\":\"A/B\",\"asks\":[],\"ts_ns\":1,\"bids\":[");
        put_many("[1,2]", n);
        put("]}");
        if (n == NJORD_MAX_LEVELS)
            taken(NJORD_EV_BOOK);
        else
            refused(NJORD_EV_BOOK, "more than 5000 levels");
    }
}
END_TEST

START_TEST(levels_are_pairs_of_numbers)
{
    static const char *const levels[] = {"[1]",       "[1,2,3]",  "[]",   "1",     "{}",
                                         "[1,\"2\"]", "[null,1]", "[1,2", "[1 2]", "[1,1e999]"};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        put("{\"symbol\":\"A/B\",\"bids\":[%s],\"asks\":[],\"ts_ns\":1}", levels[i]);
        ck_assert_msg(decode(NJORD_EV_BOOK) == NJORD_E_ARG, "%s", levels[i]);
    }
}
END_TEST

#define INTENT                                                                                     \
    "{\"intent_id\":\"a\",\"strategy_id\":\"s\",\"symbol\":\"A/"                                   \
    "B\",\"side\":\"buy\",\"type\":\"market\",\"qty\":1,\"ts_ns\":1"

START_TEST(meta_has_at_most_16_short_pairs_each_key_once)
{
    for (uint32_t n = 16; n <= 17; n++) {
        put(INTENT ",\"meta\":{");
        put_pairs("\"v\"", n);
        put("}}");
        if (n == 16)
            taken(NJORD_EV_INTENT);
        else
            refused(NJORD_EV_INTENT, "more than 16 pairs");
    }
    put(INTENT ",\"meta\":{\"%023d\":\"%063d\"}}", 1, 2);
    taken(NJORD_EV_INTENT);
    put(INTENT ",\"meta\":{\"%024d\":\"v\"}}", 1);
    refused(NJORD_EV_INTENT, "longer than 23 bytes");
    put(INTENT ",\"meta\":{\"k\":\"%064d\"}}", 1);
    refused(NJORD_EV_INTENT, "longer than 63 bytes");
    put(INTENT ",\"meta\":{\"\":\"v\"}}");
    refused(NJORD_EV_INTENT, "empty");
    put(INTENT ",\"meta\":{\"k\":\"\",\"\\u006b\":\"\"}}");
    refused(NJORD_EV_INTENT, "key 'k' stands twice");
    put(INTENT ",\"meta\":{\"k\":1}}");
    refused(NJORD_EV_INTENT, "expected str, found number");
    put(INTENT ",\"meta\":[]}");
    refused(NJORD_EV_INTENT, "expected map, found list");
    put(INTENT ",\"meta\":null}");
    taken(NJORD_EV_INTENT);
}
END_TEST

START_TEST(maps_of_numbers_have_at_most_4096_pairs)
{
    for (uint32_t n = NJORD_MAX_REALS; n <= NJORD_MAX_REALS + 1; n++) {
        put("{\"strategy_id\":\"s\",\"name\":\"n\",\"ts_ns\":1,\"values\":{");
        put_pairs("0.5", n);
        put("}}");
        if (n == NJORD_MAX_REALS)
            taken(NJORD_EV_SIGNAL);
        else
            refused(NJORD_EV_SIGNAL, "more than 4096 pairs");
    }
    put("{\"strategy_id\":\"s\",\"name\":\"n\",\"ts_ns\":1,\"values\":{\"a\":1,\"b\":2,\"a\":3}}");
    refused(NJORD_EV_SIGNAL, "key 'a' stands twice");
    put("{\"strategy_id\":\"s\",\"name\":\"n\",\"ts_ns\":1,\"values\":{\"a\":null}}");
    refused(NJORD_EV_SIGNAL, "expected f64, found null");
}
END_TEST

START_TEST(a_plan_has_at_most_1024_orders_and_they_are_strict)
{
    for (uint32_t n = NJORD_MAX_INTENTS; n <= NJORD_MAX_INTENTS + 1; n++) {
        put("{\"portfolio_id\":\"p\",\"ts_ns\":1,\"expected_drift_reduction\":{},\"estimated_"
            "costs\":0,\"trades\":[");
        put_many(INTENT "}", n);
        put("]}");
        if (n == NJORD_MAX_INTENTS)
            taken(NJORD_EV_REBALANCE_PLAN);
        else
            refused(NJORD_EV_REBALANCE_PLAN, "more than 1024 orders");
    }
    put("{\"portfolio_id\":\"p\",\"trades\":[" INTENT ",\"stop\":1}]}");
    refused(NJORD_EV_REBALANCE_PLAN, "OrderIntent at byte");
    put("{\"portfolio_id\":\"p\",\"trades\":[{}]}");
    refused(NJORD_EV_REBALANCE_PLAN, "OrderIntent.intent_id at byte");
}
END_TEST

#define TRADE "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":1"

START_TEST(unknown_members_are_bounded_in_number_and_depth)
{
    for (uint32_t n = 64; n <= 65; n++) {
        put(TRADE ",");
        put_pairs("{\"a\":1}", n);
        put("}");
        if (n == 64)
            taken(NJORD_EV_TRADE);
        else
            refused(NJORD_EV_TRADE, "more than 64 unknown keys");
    }
    put(TRADE ",\"x\":[[[[[[[[1]]]]]]]]}");
    taken(NJORD_EV_TRADE);
    put(TRADE ",\"x\":[[[[[[[[[1]]]]]]]]]}");
    refused(NJORD_EV_TRADE, "nest too deep");
    put(TRADE ",\"x\":");
    for (int i = 0; i < 100000; i++)
        put("[");
    refused(NJORD_EV_TRADE, "nest too deep");
    put(TRADE ",\"%0255d\":1}", 1);
    taken(NJORD_EV_TRADE);
    put(TRADE ",\"%0256d\":1}", 1);
    refused(NJORD_EV_TRADE, "longer than 255 bytes");
}
END_TEST

START_TEST(what_is_skipped_must_be_json_too)
{
    static const char *const values[] = {"",
                                         "tru",
                                         "nul",
                                         "01",
                                         "1.",
                                         "-",
                                         "+1",
                                         ".5",
                                         "'a'",
                                         "\"a",
                                         "\"\\x\"",
                                         "\"\t\"",
                                         "[1,]",
                                         "[,]",
                                         "[1 2]",
                                         "{\"a\"}",
                                         "{\"a\":}",
                                         "{a:1}",
                                         "{\"a\":1,}",
                                         "[1}",
                                         "{]",
                                         "NaN",
                                         "Infinity",
                                         "\"\\u12\"",
                                         "\"\\udc00\"",
                                         "\"\\ud800\\u0041\"",
                                         "1e"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        put(TRADE ",\"x\":%s}", values[i]);
        ck_assert_msg(decode(NJORD_EV_TRADE) == NJORD_E_ARG, "%s", values[i]);
    }
    static const char *const good[] = {"true",
                                       "false",
                                       "null",
                                       "0",
                                       "-0.5e+10",
                                       "1e999",
                                       "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
                                       "[]",
                                       "{}",
                                       "[ ]",
                                       "{ }",
                                       "[1,[2,{\"a\":[]}]]",
                                       "{\"a\":{},\"a\":[]}"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        put(TRADE ",\"x\": %s }", good[i]);
        taken(NJORD_EV_TRADE);
    }
}
END_TEST

START_TEST(a_text_of_a_venue_has_at_most_4096_bytes)
{
    for (int n = 4096; n <= 4097; n++) {
        put("{\"client_order_id\":\"a\",\"status\":\"new\",\"filled_qty\":0,\"ts_ns\":1,\"raw\":\"%"
            "0*d\"}",
            n, 1);
        if (n == 4096)
            taken(NJORD_EV_BROKER_ORDER_UPDATE);
        else
            refused(NJORD_EV_BROKER_ORDER_UPDATE, "longer than 4096 bytes");
    }
}
END_TEST

#define CONFIG                                                                                     \
    "{\"symbol\":\"A/"                                                                             \
    "B\",\"strategy_id\":\"s\",\"start_ts\":0,\"end_ts\":1,\"initial_capital\":1,\"commission_"    \
    "rate\":0,\"slippage_bps\":0,"                                                                 \
    "\"params\":"

/* What a free-form member is written as. */
static void written(const char *params, const char *expected)
{
    size_t len = 0;
    put(CONFIG "%s}", params);
    taken(NJORD_EV_BACKTEST_CONFIG); /* through msgpack and back */
    ck_assert_int_eq(njord_encode_json(event(), NULL, line, CAP, &len), 0);
    line[len] = '\0';
    const char *at = strstr(line, "\"params\":");
    ck_assert_ptr_nonnull(at);
    at += strlen("\"params\":");
    ck_assert_msg(strncmp(at, expected, strlen(expected)) == 0 && at[strlen(expected)] == '}',
                  "%s became %s", params, at);
}

START_TEST(free_form_members_have_one_form)
{
    written("{}", "{}");
    written("[]", "[]");
    written(" { \"a\" : [ 1 , -1.50 , true , false , null , \"x\" ] } ",
            "{\"a\":[1,-1.5,true,false,null,\"x\"]}");
    written("[3.0,3e2,-0,-0.0,0.1,1e15,1e18,1e19,1e-7]",
            "[3,300,-0,-0,0.1,1000000000000000,1000000000000000000,1e+19,1e-07]");
    written("[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615,"
            "18446744073709551616]",
            "[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615,1."
            "8446744073709552e+19]");
    written("{\"\":\"\",\"\\u00e9\\n\":\"\\ud83d\\ude00\"}",
            "{\"\":\"\",\"\xc3\xa9\\n\":\"\xf0\x9f\x98\x80\"}");
    /* headers of every length: 15, 16 and 70,000 items */
    char *items = malloc(300000);
    ck_assert_ptr_nonnull(items);
    static const int counts[] = {15, 16, 70000};
    for (int k = 0; k < 3; k++) {
        char *at = items;
        *at++ = '[';
        for (int i = 0; i < counts[k]; i++) {
            *at++ = (char)('0' + i % 10);
            *at++ = i + 1 == counts[k] ? ']' : ',';
        }
        *at = '\0';
        written(items, items);
    }
    free(items);
}
END_TEST

START_TEST(free_form_members_are_bounded)
{
    for (uint32_t n = NJORD_MAX_ANY_KEYS; n <= NJORD_MAX_ANY_KEYS + 1; n++) {
        put(CONFIG "{");
        put_pairs("1", n);
        put("}}");
        if (n == NJORD_MAX_ANY_KEYS)
            taken(NJORD_EV_BACKTEST_CONFIG);
        else
            refused(NJORD_EV_BACKTEST_CONFIG, "a map of more than 256 keys");
    }
    put(CONFIG "[[[[[[[[]]]]]]]]}");
    taken(NJORD_EV_BACKTEST_CONFIG);
    put(CONFIG "[[[[[[[[[]]]]]]]]]}");
    refused(NJORD_EV_BACKTEST_CONFIG, "more than 8 deep");
    put(CONFIG "{\"a\":1,\"b\":{\"c\":1,\"c\":2}}}");
    refused(NJORD_EV_BACKTEST_CONFIG, "a key stands twice");
    put(CONFIG "[\"a\\u0000\"]}");
    refused(NJORD_EV_BACKTEST_CONFIG, "NUL in it");
    put(CONFIG "[1e999]}");
    refused(NJORD_EV_BACKTEST_CONFIG, "no f64 can hold");
    put(CONFIG "5}");
    refused(NJORD_EV_BACKTEST_CONFIG, "expected map or list");
    put(CONFIG "[1");
    refused(NJORD_EV_BACKTEST_CONFIG, "expected ',' or ']'");
}
END_TEST

START_TEST(results_without_trades_or_losses_have_nulls)
{
    put("{\"strategy_id\":\"s\",\"symbol\":\"A/"
        "B\",\"start_ts\":0,\"end_ts\":1,\"initial_capital\":1,\"final_capital\":1,\"total_return_"
        "pct\":0,"
        "\"sharpe_ratio\":0,\"max_drawdown_pct\":0,\"num_trades\":0,\"win_rate\":null,\"profit_"
        "factor\":null,\"equity_curve\":[[1,2.5],[2,3]]}");
    taken(NJORD_EV_BACKTEST_RESULT);
    const njord_backtest_result *r = (const njord_backtest_result *)(const void *)room;
    ck_assert(!njord_is_set_f64(r->win_rate) && !njord_is_set_f64(r->profit_factor));
    const njord_point *curve = njord_tail_items(&r->ev, r->equity_curve);
    ck_assert_uint_eq(r->equity_curve.count, 2);
    ck_assert(curve[0].ts_ns == 1 && curve[0].value == 2.5 && curve[1].ts_ns == 2 &&
              curve[1].value == 3);
    ck_assert_uint_eq(r->metrics.count, 0);
    static const char *const points[] = {"[1]",      "[1.5,2]", "[1,null]",
                                         "[null,1]", "[1,2,3]", "[-9223372036854775808,1]"};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        put("{\"equity_curve\":[%s]}", points[i]);
        refused(NJORD_EV_BACKTEST_RESULT, "BacktestResult.equity_curve at byte");
    }
}
END_TEST

START_TEST(sequence_and_times_have_their_ranges)
{
    put(TRADE ",\"seq\":9223372036854775807,\"ts_recv_ns\":-1}");
    taken(NJORD_EV_TRADE);
    ck_assert(event()->seq == INT64_MAX && event()->ts_recv_ns == -1);
    put(TRADE ",\"seq\":0,\"ts_recv_ns\":null,\"_src\":null}"); /* as if they were not there */
    taken(NJORD_EV_TRADE);
    ck_assert(event()->seq == 0 && event()->ts_recv_ns == NJORD_NONE_I64);
    put(TRADE ",\"seq\":-1}");
    refused(NJORD_EV_TRADE, "Trade.seq at byte");
    put(TRADE ",\"ts_recv_ns\":-9223372036854775808}");
    refused(NJORD_EV_TRADE, "out of range");
    put("{\"ts_ns\":-9223372036854775808}");
    refused(NJORD_EV_TRADE, "out of range");
    put("{\"ts_ns\":9223372036854775808}");
    refused(NJORD_EV_TRADE, "out of range");
    put(TRADE ",\"seq\":1,\"seq\":1}");
    refused(NJORD_EV_TRADE, "twice");
    put(TRADE ",\"_src\":\"%048d\"}", 1);
    refused(NJORD_EV_TRADE, "longer than 47 bytes");
    put(TRADE ",\"contract\":\"Nothing\"}");
    refused(NJORD_EV_TRADE, "another contract");
}
END_TEST

START_TEST(bars_and_depth_say_in_their_flags_what_they_are)
{
    put("{\"symbol\":\"A/"
        "B\",\"timeframe\":\"1m\",\"ts_open\":0,\"ts_close\":60000000000,\"open\":1,\"high\":1,"
        "\"low\":1,\"close\":1,\"volume\":0,"
        "\"partial\":true}");
    taken(NJORD_EV_BAR);
    ck_assert_uint_eq(event()->flags, NJORD_EF_PARTIAL);
    ck_assert_int_eq(event()->ts_ns, 60000000000);
    put("{\"symbol\":\"A/B\",\"bids\":[],\"asks\":[],\"snapshot\":true,\"ts_ns\":7}");
    taken(NJORD_EV_DEPTH);
    ck_assert_uint_eq(event()->flags, NJORD_EF_SNAPSHOT);
    put("{\"symbol\":\"A/B\",\"bids\":[],\"asks\":[],\"snapshot\":1,\"ts_ns\":7}");
    refused(NJORD_EV_DEPTH, "expected bool, found number");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("codec limits");
    TCase *tc = tcase_create("bounds");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_side_of_a_book_has_at_most_5000_levels);
    tcase_add_test(tc, levels_are_pairs_of_numbers);
    tcase_add_test(tc, meta_has_at_most_16_short_pairs_each_key_once);
    tcase_add_test(tc, maps_of_numbers_have_at_most_4096_pairs);
    tcase_add_test(tc, a_plan_has_at_most_1024_orders_and_they_are_strict);
    tcase_add_test(tc, unknown_members_are_bounded_in_number_and_depth);
    tcase_add_test(tc, what_is_skipped_must_be_json_too);
    tcase_add_test(tc, a_text_of_a_venue_has_at_most_4096_bytes);
    tcase_add_test(tc, free_form_members_have_one_form);
    tcase_add_test(tc, free_form_members_are_bounded);
    tcase_add_test(tc, results_without_trades_or_losses_have_nulls);
    tcase_add_test(tc, sequence_and_times_have_their_ranges);
    tcase_add_test(tc, bars_and_depth_say_in_their_flags_what_they_are);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
