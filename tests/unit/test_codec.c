/* test_codec.c - single events to and from msgpack and JSON: the bytes, what is taken, what is
 * refused and in which words. Expected bytes are worked out by hand from the msgpack specification.
 * Owned by the tests. */
#include "test_main.h"

#include <check.h>
#include <njord/codec.h>
#include <stdlib.h>
#include <string.h>

/* A decoder's output that is large enough for these tests. */
static union {
    njord_event event;
    njord_trade trade;
    njord_bar bar;
    njord_depth depth;
    njord_intent intent;
    uint64_t align[4096];
} out;
static njord_decode_error err;

static int from_json(uint32_t type, const char *text)
{
    memset(&err, 0, sizeof err);
    int rc = njord_decode_json(type, text, strlen(text), &out, sizeof out, NULL, &err);
    if (rc == 0) {
        char why[200];
        ck_assert_msg(njord_event_check(&out.event, sizeof out, why, sizeof why) == 0, "%s", why);
    }
    return rc;
}

static void refused(uint32_t type, const char *text, const char *why)
{
    ck_assert_int_eq(from_json(type, text), NJORD_E_ARG);
    ck_assert_str_eq(err.text, why);
}

/* Takes every other spelling of the same, and writes the one. */
static void rewritten(uint32_t type, const char *text, const char *expected)
{
    char line[8192];
    size_t len;
    ck_assert_msg(from_json(type, text) == 0, "%s: %s", text, err.text);
    ck_assert_int_eq(njord_encode_json(&out.event, NULL, line, sizeof line, &len), 0);
    line[len] = '\0';
    ck_assert_str_eq(line, expected);
}

#define TRADE "{\"symbol\":\"ATOM/USDT\",\"price\":4.5,\"qty\":10,\"ts_ns\":1"

START_TEST(trade_is_written_in_the_tables_order_with_the_fewest_digits)
{
    njord_trade t;
    char line[512];
    size_t len;
    njord_event_init(&t, NJORD_EV_TRADE);
    memcpy(t.symbol, "ATOM/USDT", 10);
    memcpy(t.venue, "binanceus", 10);
    memcpy(t.trade_id, "123", 4);
    t.price = 0.1 + 0.2;
    t.qty = 3;
    t.side = NJORD_SIDE_SELL;
    t.ev.ts_ns = 1700000000123456789;
    t.ev.seq = 42;
    t.ev.ts_recv_ns = 1700000000123999999;
    ck_assert_int_eq(njord_encode_json(&t.ev, NULL, line, sizeof line, &len), 0);
    line[len] = '\0';
    ck_assert_str_eq(
        line,
        "{\"symbol\":\"ATOM/USDT\",\"price\":0.30000000000000004,\"qty\":3,\"side\":\"sell\","
        "\"ts_ns\":1700000000123456789,\"trade_id\":\"123\",\"venue\":\"binanceus\",\"seq\":42,"
        "\"ts_recv_ns\":1700000000123999999}");
}
END_TEST

START_TEST(absent_members_are_left_out_and_come_back_absent)
{
    rewritten(NJORD_EV_TRADE, TRADE "}", TRADE "}");
    ck_assert_uint_eq(out.trade.side, NJORD_NONE_U8);
    ck_assert_str_eq(out.trade.venue, "");
    ck_assert(out.event.ts_recv_ns == NJORD_NONE_I64);
    ck_assert_uint_eq(out.event.seq, 0);
    ck_assert_uint_eq(out.event.symbol_id, NJORD_NO_SYMBOL);
    ck_assert_uint_eq(out.event.size, sizeof(njord_trade));
}
END_TEST

START_TEST(json_takes_any_order_whitespace_and_escapes)
{
    rewritten(NJORD_EV_TRADE,
              " \t{ \"ts_ns\" : 1 ,\r\n\"qty\":1e1,\"pr\\u0069ce\":4.50, "
              "\"symbol\":\"\\u0041TOM\\/USDT\" } \n",
              TRADE "}");
    rewritten(NJORD_EV_TRADE, TRADE ",\"side\":null,\"venue\":null}", TRADE "}");
    rewritten(NJORD_EV_TRADE, TRADE ",\"venue\":\"\\ud83d\\ude00\\u00e9\\n\"}",
              TRADE ",\"venue\":\"\xf0\x9f\x98\x80\xc3\xa9\\n\"}");
}
END_TEST

START_TEST(unknown_members_are_skipped_in_a_lenient_contract)
{
    rewritten(NJORD_EV_TRADE,
              TRADE ",\"new\":{\"a\":[1,2,{\"b\":null}],\"c\":\"}\"},\"more\":-1.5e-9}", TRADE "}");
}
END_TEST

START_TEST(unknown_members_are_malformed_in_a_strict_contract)
{
    refused(NJORD_EV_CANCEL, "{\"intent_id\":\"a\",\"stop_price\":1}",
            "OrderCancel at byte 17: unknown key 'stop_price': extensions go into 'meta'");
}
END_TEST

START_TEST(refusals_name_contract_member_and_offset)
{
    refused(NJORD_EV_TRADE, "{\"symbol\":\"ATOM/USDT\",\"price\":\"4.5\"}",
            "Trade.price at byte 30: expected f64, found str");
    refused(NJORD_EV_TRADE, TRADE ".0}", "Trade.ts_ns at byte 51: expected i64, found f64");
    refused(NJORD_EV_TRADE, TRADE ",\"price\":5}", "Trade.price at byte 53: this key stands twice");
    refused(NJORD_EV_TRADE, TRADE ",\"x\":5,\"x\":5}", "Trade at byte 59: key 'x' stands twice");
    refused(NJORD_EV_TRADE, TRADE "} {}", "Trade at byte 54: text behind the event");
    refused(NJORD_EV_TRADE, TRADE ",\"side\":\"hold\"}",
            "Trade.side at byte 60: unknown word 'hold'");
    refused(NJORD_EV_TRADE, "{\"symbol\":\"atom/usdt\"}",
            "Trade.symbol at byte 10: not a symbol like ATOM/USDT");
    refused(NJORD_EV_TRADE, "{\"symbol\":\"\"}", "Trade.symbol at byte 10: empty");
    refused(NJORD_EV_TRADE, "{\"price\":1}", "Trade.symbol at byte 11: missing");
    refused(NJORD_EV_TRADE, "{\"price\":1e400}",
            "Trade.price at byte 9: a number that no f64 can hold");
    refused(NJORD_EV_TRADE, "{\"price\":01}", "Trade.price at byte 9: expected f64, found number");
    refused(NJORD_EV_TRADE, "{\"price\":null}", "Trade.price at byte 9: expected f64, found null");
    refused(NJORD_EV_TRADE, "[]", "Trade at byte 0: expected map, found list");
    refused(NJORD_EV_TRADE, "", "Trade at byte 0: cut off, expected map");
    refused(NJORD_EV_TRADE, "{\"venue\":\"01234567890123456\"}",
            "Trade.venue at byte 9: longer than 15 bytes");
    refused(NJORD_EV_TRADE, "{\"venue\":\"a\\u0000\"}",
            "Trade.venue at byte 9: not valid UTF-8, or with a NUL in it");
    refused(NJORD_EV_TRADE, "{\"venue\":\"\xc0\x80\"}",
            "Trade.venue at byte 9: not valid UTF-8, or with a NUL in it");
    refused(NJORD_EV_TRADE, "{\"venue\":\"\\ud800\"}",
            "Trade.venue at byte 10: a broken escape in a text");
    refused(0, "{\"venue\":\"x\"}", "event at byte 0: it names no contract that there is");
}
END_TEST

START_TEST(the_event_may_name_its_contract)
{
    njord_envelope env;
    const char *line = TRADE ",\"contract\":\"Trade\",\"_src\":\"host-1\",\"_seq\":7}";
    ck_assert_int_eq(njord_decode_json(0, line, strlen(line), &out, sizeof out, &env, &err), 0);
    ck_assert_uint_eq(out.event.type, NJORD_EV_TRADE);
    ck_assert_uint_eq(env.contract, NJORD_EV_TRADE);
    ck_assert_str_eq(env.src, "host-1");
    ck_assert_int_eq(env.src_seq, 7);
    char back[512];
    size_t len;
    ck_assert_int_eq(njord_encode_json(&out.event, &env, back, sizeof back, &len), 0);
    back[len] = '\0';
    ck_assert_str_eq(back, line);
    refused(NJORD_EV_BAR, "{\"contract\":\"Trade\"}",
            "OHLCVBar.contract at byte 12: another contract");
}
END_TEST

START_TEST(msgpack_bytes_are_those_of_the_specification)
{
    static const unsigned char expected[] = "\x84"
                                            "\xa6symbol\xa3"
                                            "A/B"
                                            "\xa5price\xcb\x3f\xf8\0\0\0\0\0\0"
                                            "\xa3qty\xcb\x40\0\0\0\0\0\0\0"
                                            "\xa5ts_ns\xcd\x01\x00";
    njord_trade t;
    unsigned char bytes[256];
    size_t len;
    njord_event_init(&t, NJORD_EV_TRADE);
    memcpy(t.symbol, "A/B", 4);
    t.price = 1.5;
    t.qty = 2;
    t.ev.ts_ns = 256;
    ck_assert_int_eq(njord_encode_msgpack(&t.ev, NULL, bytes, sizeof bytes, &len), 0);
    ck_assert_uint_eq(len, sizeof expected - 1);
    ck_assert_mem_eq(bytes, expected, len);
    memset(&out, 0x5a, sizeof out);
    ck_assert_int_eq(njord_decode_msgpack(NJORD_EV_TRADE, bytes, len, &out, sizeof out, NULL, &err),
                     0);
    ck_assert(out.trade.price == 1.5 && out.trade.qty == 2 && out.event.ts_ns == 256);
    ck_assert_mem_eq(&out.trade.symbol, t.symbol, sizeof t.symbol);
    for (size_t cut = 0; cut < len; cut++) /* every shorter input is refused */
        ck_assert_int_eq(
            njord_decode_msgpack(NJORD_EV_TRADE, bytes, cut, &out, sizeof out, NULL, &err),
            NJORD_E_ARG);
    for (size_t cap = 0; cap < len; cap++) { /* every shorter buffer, too */
        size_t need = 0;
        ck_assert_int_eq(njord_encode_msgpack(&t.ev, NULL, bytes, cap, &need), NJORD_E_LIMIT);
        ck_assert_uint_ge(need, len);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("codec");
    TCase *tc = tcase_create("single events");
    tcase_add_test(tc, trade_is_written_in_the_tables_order_with_the_fewest_digits);
    tcase_add_test(tc, absent_members_are_left_out_and_come_back_absent);
    tcase_add_test(tc, json_takes_any_order_whitespace_and_escapes);
    tcase_add_test(tc, unknown_members_are_skipped_in_a_lenient_contract);
    tcase_add_test(tc, unknown_members_are_malformed_in_a_strict_contract);
    tcase_add_test(tc, refusals_name_contract_member_and_offset);
    tcase_add_test(tc, the_event_may_name_its_contract);
    tcase_add_test(tc, msgpack_bytes_are_those_of_the_specification);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
