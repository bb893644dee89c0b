/* test_cache_order.c - the rows of the column cache in their order: bars by time, each once, trades
 * as they were written; ranges; what is copied and what is not. */
#include "test_main.h"

#include "cache_make.h"

static struct nj_buf text;

static struct nj_cache_options bars(void)
{
    return options_of(BARS);
}

static struct nj_cache_options trades(void)
{
    return options_of(TRADES);
}

/* ---- order ---- */

START_TEST(the_same_bar_twice_is_the_later_seq_else_the_later_line)
{
    struct nj_cache_options o = bars();
    put_bar(&text, 1, 10, 0);
    put_bar(&text, 1, 11, 0);
    put_bar(&text, 2, 20, 8);
    put_bar(&text, 2, 21, 7);
    put_bar(&text, 3, 30, 9);
    put_bar(&text, 3, 31, 0);
    put_bar(&text, 4, 4, 10);
    put_file(BARS ".ndjson", &text);
    expect(&o, "1:11 2:20 3:30 | 4");
    ck_assert(seen.duplicates == 3 && seen.rows == 4);
}
END_TEST

START_TEST(bars_come_in_the_order_of_time)
{
    struct nj_cache_options o = bars();
    put_bar(&text, 1, 1, 0);
    put_bar(&text, 5, 5, 0);
    put_bar(&text, 3, 3, 0);
    put_bar(&text, 2, 2, 0);
    put_bar(&text, 8, 8, 0);
    put_file(BARS ".20210401.ndjson", &text);
    put_bar(&text, 4, 4, 0);
    put_bar(&text, 9, 9, 0);
    put_file(BARS ".20210402.ndjson", &text);
    expect(&o, "1 | 2 3 4 5 | 8 | 9");
    ck_assert_uint_eq(seen.duplicates, 0);
}
END_TEST

START_TEST(only_where_files_overlap_are_rows_copied)
{
    struct nj_cache_options o = bars();
    put_bars(&text, 10, 20);
    put_file(BARS ".20210401.ndjson", &text);
    for (int64_t m = 18; m < 25; m++)
        put_bar(&text, m, (double)m + 0.5, 0);
    put_file(BARS ".20210402.ndjson", &text);
    expect(&o,
           "10 11 12 13 14 15 16 17 | 18:18.5 19:19.5 | 20:20.5 21:21.5 22:22.5 23:23.5 24:24.5");
    ck_assert_uint_eq(seen.duplicates, 2);
}
END_TEST

START_TEST(a_file_within_another_is_merged_into_it)
{
    struct nj_cache_options o = bars();
    put_bar(&text, 1, 1, 0);
    put_bar(&text, 2, 2, 0);
    put_bar(&text, 9, 9, 0);
    put_file(BARS ".20210401.ndjson", &text);
    put_bar(&text, 4, 4, 0);
    put_bar(&text, 5, 5, 0);
    put_file(BARS ".20210402.ndjson", &text);
    expect(&o, "1 2 | 4 5 | 9");
}
END_TEST

START_TEST(merged_bars_keep_what_only_some_files_have)
{
    struct nj_cache_options o = bars();
    const struct nj_columns *p;
    put_bar(&text, 1, 1, 0);
    put_bar(&text, 3, 3, 0);
    put_file(BARS ".20210401.ndjson", &text);
    put_bar(&text, 2, 2, 77);
    put_bar(&text, 3, 3, 78);
    put_file(BARS ".20210402.ndjson", &text);
    struct nj_cache *c = must_open(&o);
    size_t n = nj_cache_pieces(c, &p);
    ck_assert_uint_eq(n, 2);
    ck_assert_ptr_null(p[0].seq);
    ck_assert(p[1].n == 2 && p[1].seq[0] == 77 && p[1].seq[1] == 78);
    nj_cache_close(c);
}
END_TEST

START_TEST(trades_come_as_they_were_written)
{
    struct nj_cache_options o = trades();
    put_trade(&text, 5, "1", NULL, 0);
    put_trade(&text, 3, "2", NULL, 0);
    put_trade(&text, 3, "3", NULL, 0);
    put_file(TRADES ".20210401.ndjson", &text);
    put_trade(&text, 1, "4", NULL, 0);
    put_file(TRADES ".ndjson", &text);
    expect(&o, "5 3 3 | 1");
    ck_assert(seen.first_ns == 5 && seen.last_ns == 1 && seen.duplicates == 0);
}
END_TEST

START_TEST(trades_that_all_have_a_seq_come_by_it)
{
    struct nj_cache_options o = trades();
    const struct nj_columns *p;
    njord_trade t;
    put_trade(&text, 1, "one", "kraken", 4);
    put_trade(&text, 2, "2", "okx", 6);
    put_file(TRADES ".20210401.ndjson", &text);
    put_trade(&text, 3, "three", "okx", 5);
    put_trade(&text, 4, "", NULL, 7);
    put_file(TRADES ".ndjson", &text);
    expect(&o, "1 3 2 4");
    struct nj_cache *c = must_open(&o);
    ck_assert_uint_eq(nj_cache_pieces(c, &p), 1);
    static const char *const ids[] = {"one", "three", "2", ""};
    static const char *const venues[] = {"kraken", "okx", "okx", ""};
    for (size_t i = 0; i < 4; i++) {
        nj_columns_trade(p, i, &t);
        ck_assert_str_eq(t.trade_id, ids[i]);
        ck_assert_str_eq(t.venue, venues[i]);
    }
    nj_cache_close(c);
}
END_TEST

START_TEST(one_trade_without_seq_and_the_order_is_that_of_the_files)
{
    struct nj_cache_options o = trades();
    put_trade(&text, 1, "1", NULL, 4);
    put_trade(&text, 2, "2", NULL, 6);
    put_file(TRADES ".20210401.ndjson", &text);
    put_trade(&text, 3, "3", NULL, 5);
    put_trade(&text, 4, "4", NULL, 0);
    put_file(TRADES ".ndjson", &text);
    expect(&o, "1 2 | 3 4");
}
END_TEST

/* ---- ranges ---- */

START_TEST(a_range_begins_at_its_start_and_ends_before_its_end)
{
    struct nj_cache_options o = bars();
    put_bars(&text, 1, 5);
    put_file(BARS ".20210401.ndjson", &text);
    put_bars(&text, 5, 9);
    put_file(BARS ".20210402.ndjson", &text);
    static const struct {
        int64_t from, to;
        const char *rows;
    } rows[] = {{2 * MINUTE, 4 * MINUTE, "2 3"},   {2 * MINUTE + 1, 4 * MINUTE + 1, "3 4"},
                {4 * MINUTE, 6 * MINUTE, "4 | 5"}, {INT64_MIN, 2 * MINUTE, "1"},
                {8 * MINUTE, INT64_MAX, "8"},      {8 * MINUTE + 1, INT64_MAX, ""},
                {INT64_MIN, INT64_MIN, ""},        {3 * MINUTE, 3 * MINUTE, ""},
                {4 * MINUTE, 3 * MINUTE, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        o.from_ns = rows[i].from;
        o.to_ns = rows[i].to;
        expect(&o, rows[i].rows);
        o.no_write = true;
        expect(&o, rows[i].rows);
        o.no_write = false;
    }
}
END_TEST

START_TEST(a_range_of_trades_out_of_order_has_all_of_them_in_their_order)
{
    struct nj_cache_options o = trades();
    put_trade(&text, 1, "1", NULL, 0);
    put_trade(&text, 4, "2", NULL, 0);
    put_trade(&text, 2, "3", NULL, 0);
    put_trade(&text, 3, "4", NULL, 0);
    put_trade(&text, 5, "5", NULL, 0);
    put_trade(&text, 3, "6", NULL, 0);
    put_file(TRADES ".ndjson", &text);
    o.from_ns = 3;
    o.to_ns = 5;
    expect(&o, "4 3 3");
}
END_TEST

START_TEST(long_stretches_of_trades_out_of_order_are_not_copied)
{
    struct nj_cache_options o = trades();
    const struct nj_columns *p;
    put_trade(&text, 20000, "1", NULL, 0);
    for (int64_t t = 1; t <= 9000; t++)
        put_trade(&text, 10000 + t, "1", NULL, 0);
    put_trade(&text, 1, "1", NULL, 0);
    put_trade(&text, 19000, "1", NULL, 0);
    put_file(TRADES ".ndjson", &text);
    o.from_ns = 10000;
    o.to_ns = 20000;
    struct nj_cache *c = must_open(&o);
    ck_assert_uint_eq(nj_cache_pieces(c, &p), 2);
    ck_assert(p[0].n == 9000 && p[0].ts[0] == 10001 && p[0].ts[8999] == 19000);
    ck_assert(p[1].n == 1 && p[1].ts[0] == 19000);
    nj_cache_close(c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cache_order");
    TCase *c = tcase_create("cache_order");
    tcase_add_checked_fixture(c, make_folders, remove_folders);
    tcase_add_test(c, the_same_bar_twice_is_the_later_seq_else_the_later_line);
    tcase_add_test(c, bars_come_in_the_order_of_time);
    tcase_add_test(c, only_where_files_overlap_are_rows_copied);
    tcase_add_test(c, a_file_within_another_is_merged_into_it);
    tcase_add_test(c, merged_bars_keep_what_only_some_files_have);
    tcase_add_test(c, trades_come_as_they_were_written);
    tcase_add_test(c, trades_that_all_have_a_seq_come_by_it);
    tcase_add_test(c, one_trade_without_seq_and_the_order_is_that_of_the_files);
    tcase_add_test(c, a_range_begins_at_its_start_and_ends_before_its_end);
    tcase_add_test(c, a_range_of_trades_out_of_order_has_all_of_them_in_their_order);
    tcase_add_test(c, long_stretches_of_trades_out_of_order_are_not_copied);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
