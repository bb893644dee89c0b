/* test_reader.c - journals read back: chains of files, plain and gzip, live and rotated, merged,
 * cut and damaged. Lines are written here by hand. Owned by the tests. */
#include "reader_run.h"

START_TEST(live_journal_gives_its_events_with_place_and_text)
{
    trade("ATOM/USDT", 1, 11);
    trade("ATOM/USDT", 2, 12);
    written(ATOM ".ndjson");
    open_one(ATOM);
    next_is(1);
    next_is(2);
    char path[512];
    snprintf(path, sizeof path, "%s/" ATOM ".ndjson", dir);
    ck_assert_str_eq(got.path, path);
    ck_assert_uint_eq(got.line, 2);
    ck_assert_str_eq(got.stem, ATOM);
    ck_assert_uint_eq(got.event->seq, 12);
    static const char want[] =
        "{\"symbol\":\"ATOM/USDT\",\"price\":1.5,\"qty\":2,\"ts_ns\":2,\"seq\":12}";
    ck_assert_uint_eq(got.text_len, strlen(want));
    ck_assert_mem_eq(got.text, want, strlen(want));
    ends();
    struct nj_reader_stats stats;
    nj_reader_stats(reader, &stats);
    ck_assert_uint_eq(stats.events, 2);
    ck_assert_uint_eq(stats.lines, 2);
    ck_assert_uint_eq(stats.files, 1);
    ck_assert_uint_eq(stats.bytes, 124);
}
END_TEST

START_TEST(chain_is_read_by_day_then_part_then_live)
{
    trade("ATOM/USDT", D2 + 1, 0);
    written(ATOM ".20250102.2.ndjson");
    trade("ATOM/USDT", D2 + 2, 0);
    packed(ATOM ".20250102.10.ndjson.gz");
    trade("ATOM/USDT", D2, 0);
    packed(ATOM ".20250102.ndjson.gz");
    trade("ATOM/USDT", D3, 0);
    written(ATOM ".ndjson");
    trade("ATOM/USDT", D1, 0);
    written(ATOM ".20250101.ndjson");
    line("not for us\n");
    written(ATOM ".20250101.ndjson.torn");
    line("not for us\n");
    written(ATOM ".20250101.ndjson.gz.tmp");
    trade("ATOMX/USDT", D1, 0);
    written("md.trades.ATOMXUSDT.ndjson");
    open_one(ATOM);
    next_is(D1);
    next_is(D2);
    next_is(D2 + 1);
    next_is(D2 + 2);
    next_is(D3);
    ends();
}
END_TEST

START_TEST(file_that_is_there_plain_and_packed_counts_once)
{
    trade("ATOM/USDT", D1, 0);
    written(ATOM ".20250101.ndjson");
    trade("ATOM/USDT", D1 + 5, 0); /* what an interrupted compression left is not looked at */
    packed(ATOM ".20250101.ndjson.gz");
    open_one(ATOM);
    next_is(D1);
    ends();
}
END_TEST

START_TEST(journals_are_merged_by_time_and_ties_go_by_the_order_given)
{
    trade("ATOM/USDT", 10, 3);
    trade("ATOM/USDT", 30, 5);
    written(ATOM ".ndjson");
    trade("BTC/USDT", 10, 1);
    trade("BTC/USDT", 10, 2);
    trade("BTC/USDT", 20, 6);
    written(BTC ".ndjson");
    trade("ETH/USDT", 5, 4);
    trade("ETH/USDT", 30, 7);
    written(ETH ".ndjson");
    const char *stems[] = {ETH, BTC, "md.trades.NONEUSDT", ATOM};
    struct nj_reader_options o = all_of(stems, 4);
    static const uint64_t by_time[] = {4, 1, 2, 3, 6, 7, 5};
    opened(&o);
    for (size_t i = 0; i < 7; i++) {
        ck_assert_int_eq(nj_reader_next(reader, &got, &err), 1);
        ck_assert_uint_eq(got.event->seq, by_time[i]);
        ck_assert_str_eq(got.stem, stems[got.stem_index]);
    }
    ends();
    o.order = NJ_READ_BY_SEQ;
    opened(&o);
    for (uint64_t i = 1; i <= 7; i++) {
        ck_assert_int_eq(nj_reader_next(reader, &got, &err), 1);
        ck_assert_uint_eq(got.event->seq, i);
    }
    ends();
}
END_TEST

START_TEST(each_journal_keeps_the_order_in_which_it_was_written)
{
    trade("ATOM/USDT", 30, 1);
    trade("ATOM/USDT", 10, 2); /* late */
    trade("ATOM/USDT", 40, 3);
    written(ATOM ".ndjson");
    trade("BTC/USDT", 20, 4);
    trade("BTC/USDT", 35, 5);
    written(BTC ".ndjson");
    const char *stems[] = {ATOM, BTC};
    struct nj_reader_options o = all_of(stems, 2);
    opened(&o);
    next_is(20);
    next_is(30);
    next_is(10);
    next_is(35);
    next_is(40);
    ends();
}
END_TEST

START_TEST(imported_lines_without_seq_come_first_in_the_order_of_the_journals)
{
    trade("ATOM/USDT", 30, 0);
    trade("ATOM/USDT", 40, 0);
    trade("ATOM/USDT", 50, 8);
    written(ATOM ".ndjson");
    trade("BTC/USDT", 20, 0);
    trade("BTC/USDT", 60, 7);
    written(BTC ".ndjson");
    const char *stems[] = {ATOM, BTC};
    struct nj_reader_options o = all_of(stems, 2);
    o.order = NJ_READ_BY_SEQ;
    opened(&o);
    next_is(30);
    next_is(40);
    next_is(20);
    next_is(60);
    next_is(50);
    ends();
}
END_TEST

START_TEST(range_takes_its_start_and_not_its_end)
{
    for (int64_t i = 0; i < 6; i++)
        trade("ATOM/USDT", i, 0);
    written(ATOM ".ndjson");
    const char *stems[] = {ATOM};
    struct nj_reader_options o = all_of(stems, 1);
    o.from_ns = 2;
    o.to_ns = 4;
    opened(&o);
    next_is(2);
    next_is(3);
    ends();
}
END_TEST

/* A bar belongs where it opens: the one of 23:59 to its day. */
START_TEST(range_of_bars_goes_by_their_open)
{
    line("{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":1735775940000000000,"
         "\"ts_close\":1735776000000000000,\"open\":1,\"high\":1,\"low\":1,\"close\":1,"
         "\"volume\":1}\n"
         "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":1735776000000000000,"
         "\"ts_close\":1735776060000000000,\"open\":1,\"high\":1,\"low\":1,\"close\":1,"
         "\"volume\":1}\n");
    written("ohlcv.1m.ATOMUSDT.ndjson");
    const char *stems[] = {"ohlcv.1m.ATOMUSDT"};
    struct nj_reader_options o = all_of(stems, 1);
    o.to_ns = D2;
    opened(&o);
    next_is(D2); /* of a bar that is its close */
    ck_assert_int_eq(((const njord_bar *)(const void *)got.event)->ts_open, D2 - 60000000000);
    ends();
    o.from_ns = D2;
    o.to_ns = INT64_MAX;
    opened(&o);
    next_is(D2 + 60000000000);
    ends();
}
END_TEST

START_TEST(files_out_of_range_by_their_names_are_not_opened)
{
    line("not json\n");
    written(ATOM ".20241230.ndjson");
    trade("ATOM/USDT", D1 - DAY, 0); /* with size alone as a reason, a file goes over midnight */
    trade("ATOM/USDT", D1, 0);
    written(ATOM ".20241231.ndjson");
    trade("ATOM/USDT", D1 + 1, 0);
    written(ATOM ".20250101.ndjson");
    trade("ATOM/USDT", D2 - 1, 0); /* a late one */
    trade("ATOM/USDT", D2, 0);
    written(ATOM ".20250102.ndjson");
    line("not json\n");
    written(ATOM ".20250103.ndjson");
    line("not json\n");
    written(ATOM ".ndjson");
    const char *stems[] = {ATOM};
    struct nj_reader_options o = all_of(stems, 1);
    o.from_ns = D1;
    o.to_ns = D2;
    opened(&o);
    next_is(D1);
    next_is(D1 + 1);
    next_is(D2 - 1);
    ends();
}
END_TEST

START_TEST(events_after_a_seq_are_found_without_reading_what_is_before)
{
    trade("ATOM/USDT", 1, 10);
    line("not json\n");
    written(ATOM ".20250101.ndjson");
    trade("ATOM/USDT", 2, 20);
    trade("ATOM/USDT", 3, 25);
    packed(ATOM ".20250102.ndjson.gz");
    trade("ATOM/USDT", 4, 30);
    written(ATOM ".20250103.ndjson");
    written(ATOM ".ndjson"); /* empty */
    const char *stems[] = {ATOM};
    struct nj_reader_options o = all_of(stems, 1);
    for (o.after_seq = 19; o.after_seq <= 24; o.after_seq++) {
        opened(&o);
        if (o.after_seq == 19)
            next_is(2);
        next_is(3);
        next_is(4);
        ends();
    }
    o.after_seq = 29;
    opened(&o);
    next_is(4);
    ends();
    o.after_seq = 30;
    opened(&o);
    ends();
    o.after_seq = 15; /* may stand in the first file */
    opened(&o);
    fails(NJ_ERR_INPUT, ATOM ".20250101.ndjson", ":2: Trade at byte 0: expected map, found null");
}
END_TEST

/* The first line behind a cut was one of yesterday: its file is named so. */
START_TEST(file_that_begins_with_a_late_line_is_read_by_seq_when_it_was_written)
{
    trade("ATOM/USDT", D1, 10);
    written(ATOM ".20250101.ndjson");
    trade("ATOM/USDT", D2, 20);
    written(ATOM ".20250102.ndjson");
    trade("ATOM/USDT", D1 + 1, 30);
    written(ATOM ".20250101.1.ndjson");
    trade("ATOM/USDT", D2 + 1, 40);
    written(ATOM ".ndjson");
    const char *stems[] = {ATOM};
    struct nj_reader_options o = all_of(stems, 1);
    o.order = NJ_READ_BY_SEQ;
    opened(&o);
    next_is(D1);
    next_is(D2);
    next_is(D1 + 1);
    next_is(D2 + 1);
    ends();
    o.order = NJ_READ_BY_TIME;
    o.after_seq = 25;
    opened(&o);
    next_is(D1 + 1);
    next_is(D2 + 1);
    ends();
}
END_TEST

START_TEST(bad_line_ends_the_reading_with_file_line_and_reason)
{
    trade("ATOM/USDT", 1, 0);
    line("{\"symbol\":\"ATOM/USDT\",\"price\":\"1\",\"qty\":1,\"ts_ns\":2}\n");
    trade("ATOM/USDT", 3, 0);
    written(ATOM ".ndjson");
    open_one(ATOM);
    next_is(1);
    fails(NJ_ERR_INPUT, ATOM ".ndjson", ":2: Trade.price at byte 30: expected f64, found str");
}
END_TEST

START_TEST(bad_lines_are_counted_when_they_are_to_be_skipped)
{
    trade("ATOM/USDT", 1, 0);
    line("{\"symbol\":\"ATOM/USDT\"}\n\nx\n");
    trade("ATOM/USDT", 3, 0);
    written(ATOM ".ndjson");
    const char *stems[] = {ATOM};
    struct nj_reader_options o = all_of(stems, 1);
    struct nj_reader_stats stats;
    o.skip_bad = true;
    opened(&o);
    next_is(1);
    next_is(3);
    ends();
    nj_reader_stats(reader, &stats);
    ck_assert_uint_eq(stats.bad, 3);
    ck_assert_uint_eq(stats.lines, 5);
    ck_assert_uint_eq(stats.events, 2);
}
END_TEST

START_TEST(torn_line_ends_a_live_journal_and_is_an_error_in_a_finished_one)
{
    trade("ATOM/USDT", 1, 0);
    line("{\"symbol\":\"ATOM/USDT\",\"pri");
    written(ATOM ".ndjson");
    open_one(ATOM);
    next_is(1);
    ends();
    removed(ATOM ".ndjson");
    trade("ATOM/USDT", 1, 0);
    line("{\"symbol\":\"ATOM/USDT\",\"pri");
    written(ATOM ".20250101.ndjson");
    open_one(ATOM);
    next_is(1);
    fails(NJ_ERR_INPUT, ATOM ".20250101.ndjson", ":2: Trade at byte 26: a text that does not end");
}
END_TEST

START_TEST(damaged_gzip_is_named)
{
    static char room[1 << 16];
    for (int64_t i = 0; i < 5; i++)
        trade("ATOM/USDT", i, 0);
    size_t n = gzip_pack(text, text_len, room, sizeof room);
    room[n - 5] ^= 4; /* the CRC-32 */
    folder_write(dir, ATOM ".20250101.ndjson.gz", room, n);
    open_one(ATOM);
    for (int64_t i = 0; i < 5; i++)
        next_is(i);
    char why[600];
    snprintf(why, sizeof why,
             "file '%s/" ATOM ".20250101.ndjson.gz': damaged: what was unpacked does not match its "
             "CRC-32 and length",
             dir);
    fails(NJ_ERR_IO, NULL, why);
    folder_write(dir, ATOM ".20250101.ndjson.gz", "", 0);
    open_one(ATOM);
    snprintf(why, sizeof why,
             "file '%s/" ATOM ".20250101.ndjson.gz': damaged: its name says gzip, its first bytes "
             "do not",
             dir);
    fails(NJ_ERR_IO, NULL, why);
}
END_TEST

START_TEST(journal_of_several_contracts_is_read_by_the_name_in_each_line)
{
    line("{\"contract\":\"OrderIntent\",\"intent_id\":\"a-1\",\"strategy_id\":\"s\",\"symbol\":"
         "\"ATOM/USDT\",\"side\":\"buy\",\"type\":\"market\",\"qty\":1,\"ts_ns\":5,\"seq\":1,"
         "\"meta\":{\"k\":\"v\"}}\n"
         "{\"contract\":\"RiskDecision\",\"intent_id\":\"a-1\",\"strategy_id\":\"s\",\"allowed\":"
         "true,\"reason\":\"ok\",\"caps\":{\"a\":1,\"b\":2},\"ts_ns\":6,\"seq\":2}\n"
         "{\"contract\":\"BrokerOrderReq\",\"symbol\":\"ATOM/USDT\",\"side\":\"buy\",\"type\":"
         "\"market\",\"qty\":1,\"client_order_id\":\"a-1\",\"seq\":3}\n"
         "{\"contract\":\"BrokerOrderAck\",\"client_order_id\":\"a-1\",\"exchange_order_id\":\"7\","
         "\"ts_ns\":7,\"seq\":4}\n"
         "{\"intent_id\":\"a-1\"}\n");
    written("orders.ndjson");
    static const uint32_t types[] = {NJORD_EV_INTENT, NJORD_EV_DECISION, NJORD_EV_BROKER_ORDER_REQ,
                                     NJORD_EV_BROKER_ORDER_ACK};
    open_one("orders");
    for (size_t i = 0; i < 4; i++) {
        ck_assert_msg(nj_reader_next(reader, &got, &err) == 1, "%s", err.text);
        ck_assert_uint_eq(got.event->type, types[i]);
        ck_assert_uint_eq(got.event->seq, i + 1);
    }
    fails(NJ_ERR_INPUT, "orders.ndjson", ":5: event at byte 0: it names no contract that there is");
}
END_TEST

START_TEST(event_without_a_time_stands_where_it_was_written)
{
    line("{\"contract\":\"BrokerOrderAck\",\"client_order_id\":\"a\",\"exchange_order_id\":\"7\","
         "\"ts_ns\":20,\"seq\":1}\n"
         "{\"contract\":\"BrokerOrderReq\",\"symbol\":\"ATOM/USDT\",\"side\":\"buy\",\"type\":"
         "\"market\",\"qty\":1,\"client_order_id\":\"b\",\"seq\":2}\n"
         "{\"contract\":\"BrokerOrderAck\",\"client_order_id\":\"b\",\"exchange_order_id\":\"8\","
         "\"ts_ns\":40,\"seq\":4}\n");
    written("orders.ndjson");
    trade("ATOM/USDT", 30, 3);
    written(ATOM ".ndjson");
    const char *stems[] = {"orders", ATOM};
    struct nj_reader_options o = all_of(stems, 2);
    opened(&o);
    for (uint64_t i = 1; i <= 4; i++) {
        ck_assert_int_eq(nj_reader_next(reader, &got, &err), 1);
        ck_assert_uint_eq(got.event->seq, i);
    }
    ends();
    o.from_ns = 20;
    o.to_ns = 21;
    opened(&o);
    ck_assert_int_eq(nj_reader_next(reader, &got, &err), 1);
    ck_assert_int_eq(nj_reader_next(reader, &got, &err), 1);
    ck_assert_uint_eq(got.event->seq, 2);
    ends();
}
END_TEST

/* ---- bounds and nonsense --------------------------------------------------------------------- */

START_TEST(nonsense_is_refused_in_one_line)
{
    const char *stems[] = {"../etc/passwd"};
    struct nj_reader_options o = all_of(stems, 1);
    char expected[512];
    ck_assert_int_eq(nj_reader_open(&reader, &o, &err), NJ_ERR_INPUT);
    ck_assert_ptr_null(reader);
    ck_assert_ptr_nonnull(strstr(err.text, "journal '../etc/passwd'"));
    stems[0] = ATOM;
    o.dir = "/nonexistent/njord";
    ck_assert_int_eq(nj_reader_open(&reader, &o, &err), NJ_ERR_NOT_FOUND);
    snprintf(expected, sizeof expected,
             "journal folder '/nonexistent/njord': No such file or directory");
    ck_assert_str_eq(err.text, expected);
}
END_TEST

START_TEST(folder_or_journal_without_anything_gives_nothing)
{
    open_one(ATOM);
    ends();
    written(ATOM ".ndjson");
    open_one(ATOM);
    ends();
    struct nj_reader_options o = all_of(NULL, 0);
    opened(&o);
    ends();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reader");
    TCase *t = tcase_create("reader");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, live_journal_gives_its_events_with_place_and_text);
    tcase_add_test(t, chain_is_read_by_day_then_part_then_live);
    tcase_add_test(t, file_that_is_there_plain_and_packed_counts_once);
    tcase_add_test(t, journals_are_merged_by_time_and_ties_go_by_the_order_given);
    tcase_add_test(t, each_journal_keeps_the_order_in_which_it_was_written);
    tcase_add_test(t, imported_lines_without_seq_come_first_in_the_order_of_the_journals);
    tcase_add_test(t, range_takes_its_start_and_not_its_end);
    tcase_add_test(t, range_of_bars_goes_by_their_open);
    tcase_add_test(t, files_out_of_range_by_their_names_are_not_opened);
    tcase_add_test(t, events_after_a_seq_are_found_without_reading_what_is_before);
    tcase_add_test(t, file_that_begins_with_a_late_line_is_read_by_seq_when_it_was_written);
    tcase_add_test(t, bad_line_ends_the_reading_with_file_line_and_reason);
    tcase_add_test(t, bad_lines_are_counted_when_they_are_to_be_skipped);
    tcase_add_test(t, torn_line_ends_a_live_journal_and_is_an_error_in_a_finished_one);
    tcase_add_test(t, damaged_gzip_is_named);
    tcase_add_test(t, journal_of_several_contracts_is_read_by_the_name_in_each_line);
    tcase_add_test(t, event_without_a_time_stands_where_it_was_written);
    tcase_add_test(t, nonsense_is_refused_in_one_line);
    tcase_add_test(t, folder_or_journal_without_anything_gives_nothing);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
