/* test_scan_shapes.c - which lines the scanner takes: orders of keys, blanks, what is unusual, what
 * is refused. The codec says which lines are taken. Owned by the tests. */
#include "scan_run.h"

static void refused(uint32_t type, const char *line, const char *why)
{
    char expected[512];
    struct nj_scan s = {0};
    same_as_codec(type, line, strlen(line));
    const char *text = four_times(line);
    ck_assert_int_eq(
        scan(&s, type == NJORD_EV_BAR ? NJ_COLUMNS_BARS : NJ_COLUMNS_TRADES, text, strlen(text)),
        NJ_ERR_INPUT);
    snprintf(expected, sizeof expected, "line 1: %s", why);
    ck_assert_str_eq(err.text, expected);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

START_TEST(keys_come_in_any_order_that_changes_from_line_to_line)
{
    static const char *const parts[] = {"\"symbol\":\"BTC/USDT\"",
                                        "\"price\":61800.01",
                                        "\"qty\":0.00123",
                                        "\"side\":\"sell\"",
                                        "\"ts_ns\":1700000000123456789",
                                        "\"trade_id\":\"3519284412\"",
                                        "\"venue\":\"binanceus\"",
                                        "\"seq\":1048577",
                                        "\"ts_recv_ns\":1700000000125000000",
                                        "\"contract\":\"Trade\"",
                                        "\"_src\":\"host_a\"",
                                        "\"_seq\":17"};
    enum { N = sizeof parts / sizeof parts[0], LINES = 500 };
    char *text = malloc(LINES * 400);
    size_t n = 0;
    for (int line = 0; line < LINES; line++) {
        unsigned order[N];
        for (unsigned i = 0; i < N; i++) {
            unsigned j = (unsigned)(next_random() % (i + 1));
            order[i] = order[j];
            order[j] = i;
        }
        for (unsigned i = 0; i < N; i++)
            n += (size_t)snprintf(text + n, LINES * 400 - n, "%c%s", i == 0 ? 0x7b : 0x2c,
                                  parts[order[i]]);
        text[n++] = '}';
        text[n++] = '\n';
    }
    struct nj_scan s = {0};
    ck_assert_msg(scan(&s, NJ_COLUMNS_TRADES, text, n) == 0, "%s", err.text);
    ck_assert_uint_eq(view.n, LINES);
    ck_assert_uint_eq(s.slow, 0);
    for (size_t i = 0; i < LINES; i++) {
        njord_trade trade, want;
        nj_columns_trade(&view, i, &trade);
        ck_assert_int_eq(
            njord_decode_json(NJORD_EV_TRADE, TRADE, strlen(TRADE), &want, sizeof want, NULL, NULL),
            0);
        ck_assert_mem_eq(&trade, &want, sizeof want);
    }
    free(text);
    clean();
}
END_TEST

/* Written by Python: json.dumps(…), json.dumps(…, separators=(" , ", " : ")); and CRLF. */
START_TEST(blanks_between_tokens_and_at_the_end_are_taken)
{
    static const char *const lines[] = {
        "{\"symbol\": \"BTC/USDT\", \"price\": 61800.01, \"qty\": 0.00123, \"ts_ns\": 17}",
        "{\"symbol\" : \"BTC/USDT\" , \"price\" : 61800.01 , \"qty\" : 0.00123 , \"ts_ns\" : 17}",
        "{\"symbol\":\"BTC/USDT\",\"price\":61800.01,\"qty\":0.00123,\"ts_ns\":17}\r",
        "{\"symbol\":\"BTC/USDT\",\"price\":61800.01\t,\"qty\":0.00123\r,\"ts_ns\":17 } \t\r",
        " \t{ \"symbol\":\"BTC/USDT\",\"price\":61800.01,\"qty\":0.00123,\"ts_ns\":17}"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        same_as_codec(NJORD_EV_TRADE, lines[i], strlen(lines[i]));
        taken(NJ_COLUMNS_TRADES, four_times(lines[i]), 4);
        ck_assert_double_eq(view.price[0], 61800.01);
        ck_assert_int_eq(view.ts[3], 17);
        clean();
    }
}
END_TEST

START_TEST(what_the_fast_way_does_not_know_is_the_codec_s)
{
    static const char *const lines[] = {
        "{\"symbol\":\"BTC\\u002fUSDT\",\"price\":1,\"qty\":2,\"ts_ns\":3}",
        "{\"sym\\u0062ol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3,\"side\":null}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3,\"more\":{\"a\":[1,2,\"x\"]}}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3,\"priced\":7,\"pric\":8}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3,\"venue\":\"b\xc3\xb6rse\"}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3,\"_src\":\"\"}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3,\"_src\":\"h\xc3\xb6st\"}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":-3}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3,\"_seq\":-4}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3,\"seq\":0}",
        "{\"symbol\":\"BTC/USDT\",\"price\":1,\"qty\":2,\"ts_ns\":3,\"contract\":\"Trade\"}"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        njord_trade trade;
        same_as_codec(NJORD_EV_TRADE, lines[i], strlen(lines[i]));
        ck_assert_msg(nj_scan_event(NJORD_EV_TRADE, lines[i], strlen(lines[i]), &trade, &err) == 0,
                      "%s: %s", lines[i], err.text);
        ck_assert_double_eq(trade.price, 1);
        ck_assert_str_eq(trade.symbol, "BTC/USDT");
    }
}
END_TEST

START_TEST(bad_lines_are_refused_with_number_and_reason)
{
    refused(NJORD_EV_TRADE, "", "empty");
    refused(NJORD_EV_TRADE, "{}", "Trade.symbol at byte 2: missing");
    refused(NJORD_EV_TRADE, "[]", "Trade at byte 0: expected map, found list");
    refused(NJORD_EV_TRADE, "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1}",
            "Trade.ts_ns at byte 34: missing");
    refused(NJORD_EV_TRADE, "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":1,\"price\":2}",
            "Trade.price at byte 44: this key stands twice");
    refused(NJORD_EV_TRADE, "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":1}x",
            "Trade at byte 44: text behind the event");
    refused(NJORD_EV_TRADE, "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":1",
            "Trade at byte 43: expected ',' or '}'");
    refused(NJORD_EV_TRADE, "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":1,}",
            "Trade at byte 44: expected a key, found no value");
    refused(NJORD_EV_TRADE, "{\"symbol\":\"ab\",\"price\":1,\"qty\":1,\"ts_ns\":1}",
            "Trade.symbol at byte 10: not a symbol like ATOM/USDT");
    refused(NJORD_EV_BAR, BAR ",\"partial\":1}",
            "OHLCVBar.partial at byte 174: expected bool, found number");
}
END_TEST

START_TEST(the_same_lines_are_refused_as_by_the_codec)
{
    static const char *const values[] = {
        "",         "1.",
        ".5",       "01",
        "-",        "--1",
        "+1",       "1e",
        "1e+",      "1.e5",
        "0x10",     "1e400",
        "NaN",      "Infinity",
        "\"1\"",    "null",
        "true",     "[1]",
        "1 2",      "1,",
        "1.2.3",    "1_000",
        "\x31\x80", "00",
        "-01",      "123456789012345678901234567890123456789012345678901234567890e400"};
    static const char *const sides[] = {"\"buy", "\"bu\"", "\"buyx\"", "\"sellx\"",      "\"BUY\"",
                                        "\"\"",  "buy",    "1",        "\"sell\\u0020\""};
    static const char *const symbols[] = {"\"A/\"",
                                          "\"/B\"",
                                          "\"A/B/C\"",
                                          "\"a/b\"",
                                          "\"A B/C\"",
                                          "\"A/B",
                                          "A/B",
                                          "\"A\x01/B\"",
                                          "\"ABCDEFGHIJKLMNOPQ/ABCDEFGHIJKLMN\"",
                                          "\"A/B\\ud800\"",
                                          "\"A/B\xff\"",
                                          "\"\""};
    static const char *const frames[] = {"\"1m\"",  "\"0m\"",      "\"1x\"",       "\"m\"",
                                         "\"15\"",  "\"123456m\"", "\"1234567m\"", "\"1\\u0000\"",
                                         "\"1 m\"", "\"1m",        "\"1M\""};
    static const char *const bools[] = {"true", "false", "truex", "fals", "True", "1", "null"};
    char line[512];
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(line, sizeof line, "{\"symbol\":\"A/B\",\"price\":%s,\"qty\":1,\"ts_ns\":1}",
                 values[i]);
        same_as_codec(NJORD_EV_TRADE, line, strlen(line));
        snprintf(line, sizeof line, "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":%s}",
                 values[i]);
        same_as_codec(NJORD_EV_TRADE, line, strlen(line));
    }
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        snprintf(line, sizeof line,
                 "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"side\":%s,\"ts_ns\":1}", sides[i]);
        same_as_codec(NJORD_EV_TRADE, line, strlen(line));
    }
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        snprintf(line, sizeof line, "{\"symbol\":%s,\"price\":1,\"qty\":1,\"ts_ns\":1}",
                 symbols[i]);
        same_as_codec(NJORD_EV_TRADE, line, strlen(line));
    }
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        njord_bar bar;
        snprintf(line, sizeof line,
                 "{\"symbol\":\"A/B\",\"timeframe\":%s,\"ts_open\":0,\"ts_close\":60000000000,"
                 "\"open\":1,\"high\":1,\"low\":1,\"close\":1,\"volume\":1}",
                 frames[i]);
        bool good = i == 0 || i == 5; /* and one that ends with a NUL is none */
        ck_assert_msg((nj_scan_event(NJORD_EV_BAR, line, strlen(line), &bar, NULL) == 0) == good,
                      "%s", line);
        ck_assert_msg((njord_decode_json(NJORD_EV_BAR, line, strlen(line), &bar, sizeof bar, NULL,
                                         NULL) == 0) == good,
                      "%s", line);
    }
    for (size_t i = 0; i < sizeof bools / sizeof bools[0]; i++) {
        snprintf(line, sizeof line, "%s,\"partial\":%s}", BAR, bools[i]);
        same_as_codec(NJORD_EV_BAR, line, strlen(line));
    }
}
END_TEST

START_TEST(line_cut_at_every_byte_is_refused)
{
    for (size_t n = 0; n < strlen(TRADE); n++) {
        char *line = strndup(TRADE, n);
        njord_trade trade;
        same_as_codec(NJORD_EV_TRADE, line, n);
        ck_assert_int_ne(nj_scan_event(NJORD_EV_TRADE, line, n, &trade, NULL), 0);
        free(line);
    }
}
END_TEST

START_TEST(every_byte_replaced_is_judged_as_by_the_codec)
{
    static const char with[] = {'\0', ' ', '"', '\\', ',', ':',    '{',    '}',   '0',
                                '9',  '-', '.', 'e',  'x', '\x7f', '\x80', '\xff'};
    static const char bar[] =
        BAR ",\"trades\":118,\"quote_volume\":11850.25,\"partial\":true,\"seq\":1048577}";
    char line[512];
    for (size_t i = 0; i < strlen(TRADE); i++) {
        for (size_t k = 0; k < sizeof with; k++) {
            memcpy(line, TRADE, strlen(TRADE));
            line[i] = with[k];
            same_as_codec(NJORD_EV_TRADE, line, strlen(TRADE));
        }
    }
    for (size_t i = 0; i < strlen(bar); i++) {
        for (size_t k = 0; k < sizeof with; k++) {
            njord_bar event;
            memcpy(line, bar, strlen(bar));
            line[i] = with[k];
            int rc = njord_decode_json(NJORD_EV_BAR, line, strlen(bar), &event, sizeof event, NULL,
                                       NULL);
            ck_assert_msg((rc == 0) ==
                              (nj_scan_event(NJORD_EV_BAR, line, strlen(bar), &event, NULL) == 0),
                          "byte %zu: %.*s", i, (int)strlen(bar), line);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan_shapes");
    TCase *t = tcase_create("scan_shapes");
    tcase_add_test(t, keys_come_in_any_order_that_changes_from_line_to_line);
    tcase_add_test(t, blanks_between_tokens_and_at_the_end_are_taken);
    tcase_add_test(t, what_the_fast_way_does_not_know_is_the_codec_s);
    tcase_add_test(t, bad_lines_are_refused_with_number_and_reason);
    tcase_add_test(t, the_same_lines_are_refused_as_by_the_codec);
    tcase_add_test(t, line_cut_at_every_byte_is_refused);
    tcase_add_test(t, every_byte_replaced_is_judged_as_by_the_codec);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
