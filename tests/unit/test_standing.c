/* test_standing.c - a run's lines held against those that stand in a folder's journals. */
#include "journal/standing.h"

#include "test_main.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/njstandXXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    char command[128];
    static const char *const names[] = {"orders.ndjson",
                                        "orders.ndjson.torn",
                                        "orders.20240101.ndjson",
                                        "orders.20240102.ndjson.gz",
                                        "orders.20240102.1.ndjson",
                                        "md.trades.BTCUSDT.ndjson",
                                        "ohlcv.1m.BTCUSDT.ndjson",
                                        "app.ndjson",
                                        "notes.txt",
                                        "mine.ndjson"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(command, sizeof command, "%s/%s", dir, names[i]);
        unlink(command);
    }
    ck_assert_int_eq(rmdir(dir), 0);
}

static void put(const char *name, const void *data, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, len, f), len);
    ck_assert_int_eq(fclose(f), 0);
}

static void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

static void put_gzip(const char *name, const char *text)
{
    char out[512];
    size_t used = 0;
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    ck_assert_int_eq(archive_write_add_filter_gzip(a), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_set_format_raw(a), ARCHIVE_OK);
    archive_write_set_bytes_in_last_block(a, 1);
    ck_assert_int_eq(archive_write_open_memory(a, out, sizeof out, &used), ARCHIVE_OK);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_pathname(e, "data");
    ck_assert_int_eq(archive_write_header(a, e), ARCHIVE_OK);
    ck_assert_int_eq((int)archive_write_data(a, text, strlen(text)), (int)strlen(text));
    ck_assert_int_eq(archive_write_close(a), ARCHIVE_OK);
    archive_entry_free(e);
    archive_write_free(a);
    put(name, out, used);
}

static struct nj_standing *opened(void)
{
    struct nj_standing *s = NULL;
    struct nj_error err = {0};
    ck_assert_msg(nj_standing_open(&s, nj_platform_system(), NULL, dir, &err) == 0, "%s", err.text);
    return s;
}

static enum nj_standing_verdict hold(struct nj_standing *s, const char *stem, const char *line,
                                     struct nj_standing_place *where)
{
    enum nj_standing_verdict verdict;
    struct nj_error err = {0};
    int rc = nj_standing_compare(s, stem, line, strlen(line), &verdict, where, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    return verdict;
}

START_TEST(an_empty_folder_holds_nothing)
{
    struct nj_standing *s = opened();
    struct nj_standing_place where;
    ck_assert_uint_eq(nj_standing_left(s), 0);
    ck_assert_uint_eq(nj_standing_last_seq(s), 0);
    ck_assert(nj_standing_last_ns(s) == INT64_MIN);
    ck_assert(!nj_standing_next_left(s, &where));
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":1}", &where), NJ_STANDING_END);
    nj_standing_close(s);
    nj_standing_close(NULL);
}
END_TEST

START_TEST(a_chain_of_dated_compressed_and_live_files_is_one_journal)
{
    struct nj_standing_place where;
    put_text("orders.20240101.ndjson", "{\"seq\":1}\n{\"seq\":2}\n");
    put_gzip("orders.20240102.ndjson.gz", "{\"seq\":3}\n");
    put_text("orders.20240102.1.ndjson", "");
    put_text("orders.ndjson", "{\"seq\":9,\"ts_recv_ns\":70}\n");
    put_text("md.trades.BTCUSDT.ndjson", "{\"seq\":5,\"ts_recv_ns\":80}\n");
    put_text("app.ndjson", "{\"log\":1}\n");   /* the log is no journal */
    put_text("mine.ndjson", "{\"seq\":99}\n"); /* nor are files of others */
    put_text("notes.txt", "x");
    struct nj_standing *s = opened();
    ck_assert_uint_eq(nj_standing_left(s), 2);
    ck_assert_uint_eq(nj_standing_last_seq(s), 9);
    ck_assert_int_eq(nj_standing_last_ns(s), 80);
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":1}", &where), NJ_STANDING_SAME);
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":2}", &where), NJ_STANDING_SAME);
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":3}", &where), NJ_STANDING_SAME);
    ck_assert(nj_standing_next_left(s, &where));
    ck_assert_str_eq(where.text, "{\"seq\":5,\"ts_recv_ns\":80}"); /* of md.trades, by name first */
    ck_assert_int_eq(hold(s, "md.trades.BTCUSDT", "{\"seq\":5,\"ts_recv_ns\":80}", &where),
                     NJ_STANDING_SAME);
    ck_assert_int_eq(hold(s, "md.trades.BTCUSDT", "{\"seq\":8}", &where), NJ_STANDING_END);
    ck_assert_uint_eq(nj_standing_left(s), 1);
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":9,\"ts_recv_ns\":71}", &where), NJ_STANDING_OTHER);
    ck_assert_ptr_nonnull(strstr(where.file, "/orders.ndjson"));
    ck_assert_uint_eq(where.line, 1);
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":9,\"ts_recv_ns\":70}", &where), NJ_STANDING_SAME);
    ck_assert_uint_eq(nj_standing_left(s), 0);
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":10}", &where), NJ_STANDING_END);
    nj_standing_close(s);
}
END_TEST

START_TEST(another_line_is_told_with_its_file_and_number_and_stays_the_next)
{
    struct nj_standing_place where;
    put_text("orders.ndjson", "{\"seq\":1}\n{\"seq\":2}\n");
    struct nj_standing *s = opened();
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":1}", &where), NJ_STANDING_SAME);
    static const char *const others[] = {"{\"seq\":3}", "{\"seq\":2}}", "{\"seq\":2", "{", "x"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_int_eq(hold(s, "orders", others[i], &where), NJ_STANDING_OTHER);
        ck_assert_uint_eq(where.line, 2);
        ck_assert_str_eq(where.text, "{\"seq\":2}");
    }
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":2}", &where), NJ_STANDING_SAME);
    nj_standing_close(s);
}
END_TEST

START_TEST(lines_that_no_run_made_are_passed_over)
{
    struct nj_standing_place where;
    put_text("md.trades.BTCUSDT.ndjson", "{\"price\":1}\n{\"price\":2}\n{\"seq\":5}\n"
                                         "{\"price\":3}\n{\"seq\":6}\n{\"price\":4}\n");
    put_text("ohlcv.1m.BTCUSDT.ndjson", "{\"close\":1}\n");
    struct nj_standing *s = opened();
    ck_assert_uint_eq(nj_standing_left(s), 1);
    ck_assert_int_eq(hold(s, "md.trades.BTCUSDT", "{\"seq\":5}", &where), NJ_STANDING_SAME);
    ck_assert_int_eq(hold(s, "md.trades.BTCUSDT", "{\"seq\":7}", &where), NJ_STANDING_OTHER);
    ck_assert_uint_eq(where.line, 5);
    ck_assert_int_eq(hold(s, "md.trades.BTCUSDT", "{\"seq\":6}", &where), NJ_STANDING_SAME);
    ck_assert_uint_eq(nj_standing_left(s), 0);
    nj_standing_close(s);
}
END_TEST

START_TEST(what_is_broken_or_of_the_order_flow_is_never_passed_over)
{
    struct nj_standing_place where;
    put_text("md.trades.BTCUSDT.ndjson", "{\"price\":1\n{\"seq\":5}\n");
    put_text("orders.ndjson", "{\"price\":1}\n{\"seq\":6}\n");
    struct nj_standing *s = opened();
    ck_assert_uint_eq(nj_standing_left(s), 2);
    ck_assert_int_eq(hold(s, "md.trades.BTCUSDT", "{\"seq\":5}", &where), NJ_STANDING_OTHER);
    ck_assert_uint_eq(where.line, 1);
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":6}", &where), NJ_STANDING_OTHER);
    ck_assert_uint_eq(where.line, 1);
    nj_standing_close(s);
}
END_TEST

START_TEST(a_torn_tail_is_cut_first_and_counts_as_missing)
{
    struct nj_standing_place where;
    char path[128];
    struct stat st;
    put_text("orders.ndjson", "{\"seq\":1}\n{\"seq\":2");
    struct nj_standing *s = opened();
    snprintf(path, sizeof path, "%s/orders.ndjson", dir);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq((int)st.st_size, 10);
    ck_assert_uint_eq(nj_standing_last_seq(s), 1);
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":1}", &where), NJ_STANDING_SAME);
    ck_assert_uint_eq(nj_standing_left(s), 0);
    ck_assert_int_eq(hold(s, "orders", "{\"seq\":2}", &where), NJ_STANDING_END);
    nj_standing_close(s);
}
END_TEST

START_TEST(many_lines_go_through_a_small_window)
{
    struct nj_standing_place where;
    size_t len = 0, cap = (size_t)4 << 20;
    char *text = malloc(cap), line[128];
    ck_assert_ptr_nonnull(text);
    for (int i = 1; i <= 50000; i++)
        len += (size_t)snprintf(text + len, cap - len, "{\"seq\":%d,\"pad\":\"%.*s\"}\n", i, i % 41,
                                "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr");
    put("orders.ndjson", text, len);
    free(text);
    struct nj_standing *s = opened();
    ck_assert_uint_eq(nj_standing_last_seq(s), 50000);
    for (int i = 1; i <= 50000; i++) {
        snprintf(line, sizeof line, "{\"seq\":%d,\"pad\":\"%.*s\"}", i, i % 41,
                 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr");
        ck_assert_int_eq(hold(s, "orders", line, &where), NJ_STANDING_SAME);
        if (i == 25000) {
            ck_assert_int_eq(hold(s, "orders", "{}", &where), NJ_STANDING_OTHER);
            ck_assert_uint_eq(where.line, 25001);
        }
    }
    ck_assert_uint_eq(nj_standing_left(s), 0);
    nj_standing_close(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("standing");
    TCase *tc = tcase_create("standing");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_empty_folder_holds_nothing);
    tcase_add_test(tc, a_chain_of_dated_compressed_and_live_files_is_one_journal);
    tcase_add_test(tc, another_line_is_told_with_its_file_and_number_and_stays_the_next);
    tcase_add_test(tc, lines_that_no_run_made_are_passed_over);
    tcase_add_test(tc, what_is_broken_or_of_the_order_flow_is_never_passed_over);
    tcase_add_test(tc, a_torn_tail_is_cut_first_and_counts_as_missing);
    tcase_add_test(tc, many_lines_go_through_a_small_window);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
