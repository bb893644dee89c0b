/* test_scan.c - lines of bars and trades into columns: values, awkward numbers, rows that do not
 * belong together, pieces and files. The C library's strtod, or a figure written here, says what a
 * number is. Owned by the tests. */
#include "scan_run.h"

#include <math.h>
#include <njord/lines.h>

/* ---- values ---------------------------------------------------------------------------------- */

START_TEST(bar_becomes_a_row_with_all_its_members)
{
    taken(NJ_COLUMNS_BARS,
          BAR ",\"trades\":118,\"quote_volume\":11850.25,\"taker_volume\":600.125,"
              "\"partial\":true,\"seq\":1048577,\"ts_recv_ns\":1700000100000000123}\n",
          1);
    ck_assert_str_eq(view.symbol, "ATOM/USDT");
    ck_assert_str_eq(view.timeframe, "1m");
    ck_assert_int_eq(view.ts[0], 1700000040000000000);
    ck_assert_double_eq(view.open[0], 9.5);
    ck_assert_double_eq(view.high[0], 9.75);
    ck_assert_double_eq(view.low[0], 9.25);
    ck_assert_double_eq(view.close[0], 9.625);
    ck_assert_double_eq(view.volume[0], 1234.5);
    ck_assert_int_eq(view.trades[0], 118);
    ck_assert_double_eq(view.quote_volume[0], 11850.25);
    ck_assert_double_eq(view.taker_volume[0], 600.125);
    ck_assert_int_eq(view.partial[0], 1);
    ck_assert_int_eq(view.seq[0], 1048577);
    ck_assert_int_eq(view.ts_recv_ns[0], 1700000100000000123);
    clean();
}
END_TEST

START_TEST(trade_becomes_a_row_with_all_its_members)
{
    taken(NJ_COLUMNS_TRADES, TRADE "\n", 1);
    ck_assert_str_eq(view.symbol, "BTC/USDT");
    ck_assert_int_eq(view.ts[0], 1700000000123456789);
    ck_assert_double_eq(view.price[0], 61800.01);
    ck_assert_double_eq(view.qty[0], 0.00123);
    ck_assert_int_eq(view.side[0], NJORD_SIDE_SELL);
    ck_assert_int_eq(view.id[0], 3519284412);
    ck_assert_ptr_null(view.id_text);
    ck_assert_uint_eq(view.n_venues, 1);
    ck_assert_str_eq(view.venues[view.venue[0]], "binanceus");
    clean();
}
END_TEST

START_TEST(optional_columns_are_there_from_the_first_value_on)
{
    taken(NJ_COLUMNS_BARS, BAR "}\n" BAR "}\n" BAR ",\"trades\":5}\n" BAR "}\n", 4);
    ck_assert_ptr_null(view.quote_volume);
    ck_assert_ptr_null(view.partial);
    ck_assert_ptr_null(view.seq);
    ck_assert_int_eq(view.trades[1], NJORD_NONE_I64);
    ck_assert_int_eq(view.trades[2], 5);
    ck_assert_int_eq(view.trades[3], NJORD_NONE_I64);
    clean();
}
END_TEST

/* `text` as the price of a trade, alone and with much behind it, is what strtod makes of it. */
static void number_is_read(const char *number)
{
    char line[1024];
    double want = strtod(number, NULL);
    njord_trade trade;
    snprintf(line, sizeof line, "{\"symbol\":\"A/B\",\"price\":%s,\"qty\":1,\"ts_ns\":1}", number);
    ck_assert_msg(nj_scan_event(NJORD_EV_TRADE, line, strlen(line), &trade, &err) == 0, "%s: %s",
                  number, err.text);
    ck_assert_msg(memcmp(&trade.price, &want, sizeof want) == 0, "%s: %.17g", number, trade.price);
    taken(NJ_COLUMNS_TRADES, four_times(line), 4);
    for (int i = 0; i < 4; i++)
        ck_assert_msg(memcmp(&view.price[i], &want, sizeof want) == 0, "%s: %.17g", number,
                      view.price[i]);
    clean();
}

START_TEST(awkward_numbers_are_read_to_the_last_bit)
{
    static const char *const numbers[] = {"0",
                                          "-0",
                                          "0.0",
                                          "-0.0",
                                          "1",
                                          "-1",
                                          "12345678",
                                          "123456789",
                                          "1234567812345678",
                                          "12345678123456781234567812345678",
                                          "0.1",
                                          "0.30000000000000004",
                                          "1e0",
                                          "1E5",
                                          "1e-5",
                                          "1.5e+3",
                                          "9007199254740992",
                                          "9007199254740993",
                                          "9007199254740992.5",
                                          "900719925474099.3",
                                          "0.9007199254740993",
                                          "4503599627370496.5",
                                          "4503599627370497.5",
                                          "1.7976931348623157e308",
                                          "2.2250738585072014e-308",
                                          "4.9406564584124654e-324",
                                          "2.47e-324",
                                          "1e-400",
                                          "61800.00000000001",
                                          "123456.12345678",
                                          "99999999.99999999",
                                          "99999999.999999999",
                                          "0.00000001",
                                          "0.000000000000001",
                                          "0.0000000000000001",
                                          "0.00000000000000000001",
                                          "1234567.123456789012",
                                          "1.00000000000000000000000000000000000001",
                                          "17.123456789012345"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        number_is_read(numbers[i]);
}
END_TEST

START_TEST(every_length_of_number_is_read_to_the_last_bit)
{
    char number[64];
    for (unsigned whole = 1; whole <= 20; whole++) {
        for (unsigned places = 0; places <= 20; places++) {
            for (int turn = 0; turn < 6; turn++) {
                unsigned n = 0;
                if (turn & 1)
                    number[n++] = '-';
                for (unsigned i = 0; i < whole; i++) {
                    bool nought = whole == 1 && turn < 2;
                    unsigned digit = (unsigned)(next_random() % 9 + 1);
                    number[n++] = (char)('0' + (nought ? 0 : turn == 5 ? 9 : digit));
                }
                if (places)
                    number[n++] = '.';
                for (unsigned i = 0; i < places; i++)
                    number[n++] = (char)('0' + (turn == 5 ? 9 : next_random() % 10));
                number[n] = '\0';
                number_is_read(number);
            }
        }
    }
}
END_TEST

START_TEST(shortest_texts_of_random_doubles_come_back)
{
    char number[NJORD_NUMBER_SIZE];
    for (int i = 0; i < 20000; i++) {
        double v = ldexp((double)(next_random() >> 11), (int)(next_random() % 80) - 80);
        njord_format_f64(v, number);
        number_is_read(number);
    }
}
END_TEST

START_TEST(integers_are_read_up_to_the_largest)
{
    static const char *const good[] = {"0",
                                       "7",
                                       "12345678",
                                       "123456789",
                                       "1234567812345678",
                                       "12345678123456781",
                                       "999999999999999999",
                                       "1700000000123456789",
                                       "9223372036854775807",
                                       "-1",
                                       "-9223372036854775807"};
    static const char *const bad[] = {"9223372036854775808",
                                      "-9223372036854775808",
                                      "12345678901234567890",
                                      "123456789012345678901234567",
                                      "1.0",
                                      "1e3",
                                      "01",
                                      "-",
                                      "",
                                      "+1",
                                      "1234567812345678.5"};
    char line[256];
    njord_trade trade;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(line, sizeof line, "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":%s}",
                 good[i]);
        same_as_codec(NJORD_EV_TRADE, line, strlen(line));
        ck_assert_int_eq(nj_scan_event(NJORD_EV_TRADE, line, strlen(line), &trade, &err), 0);
        ck_assert_int_eq(trade.ev.ts_ns, strtoll(good[i], NULL, 10));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(line, sizeof line, "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":%s}",
                 bad[i]);
        same_as_codec(NJORD_EV_TRADE, line, strlen(line));
        ck_assert_int_ne(nj_scan_event(NJORD_EV_TRADE, line, strlen(line), &trade, &err), 0);
    }
}
END_TEST

#define LONGEST_ID "123456789012345678901234567890123456789012345678901234567890123"

START_TEST(trade_ids_keep_their_text)
{
    static const char *const ids[] = {"0",
                                      "7",
                                      "007",
                                      "-7",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "12345678901234567890123",
                                      "a-1",
                                      "1 ",
                                      "tx\xc3\xa9",
                                      LONGEST_ID};
    char text[4096];
    size_t n = 0, count = sizeof ids / sizeof ids[0];
    for (size_t i = 0; i < count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":%zu,"
                              "\"trade_id\":\"%s\"}\n",
                              i, ids[i]);
    n += (size_t)snprintf(text + n, sizeof text - n,
                          "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":99}\n");
    taken(NJ_COLUMNS_TRADES, text, count + 1);
    for (size_t i = 0; i <= count; i++) {
        njord_trade trade;
        nj_columns_trade(&view, i, &trade);
        ck_assert_str_eq(trade.trade_id, i < count ? ids[i] : "");
    }
    ck_assert_int_eq(view.id[4], INT64_MAX);
    ck_assert_int_lt(view.id[5], 0);
    ck_assert_int_eq(view.id[count], NJORD_NONE_I64);
    clean();
}
END_TEST

START_TEST(venues_that_change_from_line_to_line_are_kept)
{
    taken(NJ_COLUMNS_TRADES,
          "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":1,\"venue\":\"one\"}\n"
          "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":2,\"venue\":\"two\"}\n"
          "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":3}\n"
          "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":4,\"venue\":\"two\"}\n"
          "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":5,\"venue\":\"\"}\n"
          "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":6,\"venue\":\"one\"}\n",
          6);
    ck_assert_uint_eq(view.n_venues, 2);
    static const char *const want[] = {"one", "two", "", "two", "", "one"};
    for (size_t i = 0; i < 6; i++) {
        njord_trade trade;
        nj_columns_trade(&view, i, &trade);
        ck_assert_str_eq(trade.venue, want[i]);
    }
    clean();
}
END_TEST

/* ---- rows that do not belong together -------------------------------------------------------- */

START_TEST(another_symbol_or_timeframe_is_a_bad_line)
{
    struct nj_scan s = {0};
    static const char trades[] = "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":1}\n"
                                 "{\"symbol\":\"A/C\",\"price\":1,\"qty\":1,\"ts_ns\":2}\n"
                                 "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":3}\n";
    ck_assert_int_eq(scan(&s, NJ_COLUMNS_TRADES, trades, strlen(trades)), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "line 2: symbol 'A/C' among rows of 'A/B'");
    s = (struct nj_scan){.skip_bad = true};
    ck_assert_int_eq(scan(&s, NJ_COLUMNS_TRADES, trades, strlen(trades)), 0);
    ck_assert_uint_eq(s.lines, 3);
    ck_assert_uint_eq(s.bad, 1);
    ck_assert_uint_eq(view.n, 2);
    clean();
}
END_TEST

START_TEST(bar_of_another_length_than_its_timeframe_is_a_bad_line)
{
    struct nj_scan s = {0};
    static const char bars[] =
        BAR "}\n"
            "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":1700000100000000000,"
            "\"ts_close\":1700000160000000001,\"open\":1,\"high\":1,\"low\":1,\"close\":1,"
            "\"volume\":1}\n";
    ck_assert_int_eq(scan(&s, NJ_COLUMNS_BARS, bars, strlen(bars)), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "line 2: ts_close 1700000160000000001 is not ts_open "
                               "1700000100000000000 plus 1m: correct the bar");
    clean();
}
END_TEST

/* ---- pieces ------------------------------------------------------------------------ */

START_TEST(last_line_without_its_end_waits_unless_it_is_the_last)
{
    struct nj_scan s = {0};
    size_t used;
    nj_columns_builder_free(builder);
    ck_assert_int_eq(nj_columns_builder_new(&builder, NJ_COLUMNS_TRADES, &err), 0);
    s.into = builder;
    ck_assert_int_eq(
        nj_scan_lines(&s, TRADE "\n" TRADE, 2 * strlen(TRADE) + 1, false, 1, &used, &err), 0);
    ck_assert_uint_eq(used, strlen(TRADE) + 1);
    ck_assert_uint_eq(s.lines, 1);
    ck_assert_int_eq(nj_scan_lines(&s, TRADE, strlen(TRADE), true, 2, &used, &err), 0);
    ck_assert_uint_eq(used, strlen(TRADE));
    ck_assert_uint_eq(s.lines, 2);
    clean();
}
END_TEST

START_TEST(line_of_a_megabyte_is_taken_and_a_longer_one_refused)
{
    static const char head[] = "{\"symbol\":\"A/B\",\"price\":1,\"qty\":1,\"ts_ns\":1,\"more\":\"";
    size_t n = NJORD_LINE_MAX;
    char *line = malloc(n + 200);
    struct nj_scan s = {0};
    memset(line, 'x', n + 200);
    memcpy(line, head, strlen(head));
    memcpy(line + n - 2, "\"}\n", 3);
    ck_assert_msg(scan(&s, NJ_COLUMNS_TRADES, line, n + 1) == 0, "%s", err.text);
    ck_assert_uint_eq(view.n, 1);
    memcpy(line + n - 2, "xx", 2);
    memcpy(line + n - 1, "\"}\n", 3);
    ck_assert_int_eq(scan(&s, NJ_COLUMNS_TRADES, line, n + 2), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "line 1: longer than 1048576 bytes");
    free(line);
    clean();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *t = tcase_create("scan");
    tcase_add_test(t, bar_becomes_a_row_with_all_its_members);
    tcase_add_test(t, trade_becomes_a_row_with_all_its_members);
    tcase_add_test(t, optional_columns_are_there_from_the_first_value_on);
    tcase_add_test(t, awkward_numbers_are_read_to_the_last_bit);
    tcase_add_test(t, every_length_of_number_is_read_to_the_last_bit);
    tcase_add_test(t, shortest_texts_of_random_doubles_come_back);
    tcase_add_test(t, integers_are_read_up_to_the_largest);
    tcase_add_test(t, trade_ids_keep_their_text);
    tcase_add_test(t, venues_that_change_from_line_to_line_are_kept);
    tcase_add_test(t, another_symbol_or_timeframe_is_a_bad_line);
    tcase_add_test(t, bar_of_another_length_than_its_timeframe_is_a_bad_line);
    tcase_add_test(t, last_line_without_its_end_waits_unless_it_is_the_last);
    tcase_add_test(t, line_of_a_megabyte_is_taken_and_a_longer_one_refused);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
