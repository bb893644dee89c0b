/* Journals: what is appended, flushed, repaired, refused and read. */
#include "../support/faulty_platform.h"
#include "../support/folder.h"
#include "base/fs.h"
#include "journal/journal.h"
#include "journal/json_check.h"
#include "test_main.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[256];
static struct faulty_platform fp;
static struct nj_error err;

static void setup(void)
{
    folder_make(dir, "journal");
    faulty_init(&fp);
    err = (struct nj_error){0};
}

static void teardown(void)
{
    folder_remove(dir);
    ck_assert_int_eq(fp.open_fds, 0);
    ck_assert_int_eq(fp.allocated, 0);
}

static struct nj_journals *open_with(enum nj_journal_fsync fsync, uint32_t max_open,
                                     size_t max_pending)
{
    struct nj_journals *js;
    struct nj_journals_options options = {.platform = &fp.platform,
                                          .dir = dir,
                                          .fsync = fsync,
                                          .max_open = max_open,
                                          .max_pending = max_pending};
    ck_assert_msg(nj_journals_open(&js, &options, &err) == 0, "%s", err.text);
    return js;
}

static struct nj_journals *open_plain(void)
{
    return open_with(NJ_JOURNAL_FSYNC_NEVER, 0, 0);
}

static int append(struct nj_journals *js, const char *name, const char *line)
{
    return nj_journals_append(js, name, NJORD_NONE_I64, line, strlen(line), &err);
}

static int append_now(struct nj_journals *js, const char *name, const char *line)
{
    return nj_journals_append_now(js, name, NJORD_NONE_I64, line, strlen(line), &err);
}

static void expect_file(const char *name, const char *text)
{
    size_t len = 0;
    char *found = folder_read(dir, name, &len);
    ck_assert_msg(found != NULL, "no file '%s'", name);
    ck_assert_str_eq(found, text);
    ck_assert_uint_eq(len, strlen(text));
    free(found);
}

START_TEST(lines_wait_until_flushed)
{
    struct nj_journals *js = open_plain();
    ck_assert_int_eq(append(js, "md.trades.ATOMUSDT", "{\"a\":1}"), 0);
    ck_assert_int_eq(append(js, "md.trades.ATOMUSDT", "{\"a\":2}"), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_WRITE], 0);
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    expect_file("md.trades.ATOMUSDT.ndjson", "{\"a\":1}\n{\"a\":2}\n");
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(flush_makes_one_write_a_file)
{
    struct nj_journals *js = open_plain();
    for (int i = 0; i < 300; i++)
        ck_assert_int_eq(append(js, i % 3 ? "a" : "b", "{}"), 0);
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_WRITE], 2);
    ck_assert_int_eq(nj_journals_flush(js, &err), 0); /* nothing waits: nothing is called */
    ck_assert_uint_eq(fp.calls[FAULTY_WRITE], 2);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(append_now_is_in_the_kernel_with_what_waited_before_it)
{
    struct nj_journals *js = open_plain();
    ck_assert_int_eq(append(js, "orders", "{\"n\":1}"), 0);
    ck_assert_int_eq(append_now(js, "orders", "{\"n\":2}"), 0);
    expect_file("orders.ndjson", "{\"n\":1}\n{\"n\":2}\n");
    ck_assert_uint_eq(fp.calls[FAULTY_WRITE], 1);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 0);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
    expect_file("orders.ndjson", "{\"n\":1}\n{\"n\":2}\n");
}
END_TEST

START_TEST(order_lines_are_synced_when_live_with_the_folder_of_a_new_file)
{
    struct nj_journals *js;
    struct nj_journals_options options = {
        .platform = &fp.platform, .dir = dir, .order_fsync = true};
    ck_assert_int_eq(nj_journals_open(&js, &options, &err), 0);
    ck_assert_int_eq(append_now(js, "orders", "{\"n\":1}"), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 1);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC_DIR], 1);
    ck_assert_int_eq(append_now(js, "orders", "{\"n\":2}"), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 2);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC_DIR], 1);
    ck_assert_int_eq(append(js, "md", "{}"), 0); /* market data is not */
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 2);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(fsync_always_syncs_each_flush_and_interval_at_the_call)
{
    struct nj_journals *js = open_with(NJ_JOURNAL_FSYNC_ALWAYS, 0, 0);
    append(js, "a", "{}");
    append(js, "b", "{}");
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 2);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
    faulty_init(&fp);
    js = open_with(NJ_JOURNAL_FSYNC_INTERVAL, 0, 0);
    append(js, "a", "{}");
    append(js, "b", "{}");
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 0);
    ck_assert_int_eq(nj_journals_sync(js, &err), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 2);
    ck_assert_int_eq(nj_journals_sync(js, &err), 0); /* nothing new */
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 2);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(a_failed_sync_gives_the_descriptor_up_and_the_next_line_opens_anew)
{
    struct nj_journals *js = open_with(NJ_JOURNAL_FSYNC_INTERVAL, 0, 0);
    append(js, "a", "{\"n\":1}");
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    faulty_arm(&fp, FAULTY_FSYNC, FAULTY_EIO, 1, false);
    ck_assert_int_eq(nj_journals_sync(js, &err), NJ_ERR_IO);
    ck_assert_int_eq(fp.open_fds, 0);
    ck_assert_int_eq(append(js, "a", "{\"n\":2}"), 0);
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_OPEN], 1);
    struct nj_journal_stats stats;
    nj_journals_stats(js, &stats);
    ck_assert_uint_eq(stats.failures, 1);
    ck_assert_uint_eq(stats.open_files, 1);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
    expect_file("a.ndjson", "{\"n\":1}\n{\"n\":2}\n");
}
END_TEST

START_TEST(a_line_whose_sync_failed_is_taken_back)
{
    struct nj_journals *js = open_with(NJ_JOURNAL_FSYNC_ALWAYS, 0, 0);
    ck_assert_int_eq(append_now(js, "orders", "{\"n\":1}"), 0);
    faulty_arm(&fp, FAULTY_FSYNC, FAULTY_EIO, 1, false);
    ck_assert_int_eq(append_now(js, "orders", "{\"n\":2}"), NJ_ERR_IO);
    ck_assert(nj_journals_failed(js));
    ck_assert_int_eq(append_now(js, "orders", "{\"n\":3}"), 0);
    ck_assert(!nj_journals_failed(js));
    expect_file("orders.ndjson", "{\"n\":1}\n{\"n\":3}\n");
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(a_short_write_is_rolled_back_and_tried_again)
{
    struct nj_journals *js = open_plain();
    faulty_arm(&fp, FAULTY_WRITE, FAULTY_SHORT, 1, false);
    ck_assert_int_eq(append_now(js, "orders", "{\"n\":1}"), 0);
    expect_file("orders.ndjson", "{\"n\":1}\n");
    struct nj_journal_stats stats;
    nj_journals_stats(js, &stats);
    ck_assert_uint_eq(stats.short_writes, 1);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(a_full_disk_keeps_lines_waiting_and_trading_resumes_when_there_is_space)
{
    struct nj_journals *js = open_plain();
    append(js, "a", "{\"n\":1}");
    faulty_arm(&fp, FAULTY_WRITE, FAULTY_ENOSPC, 1, true);
    ck_assert_int_eq(nj_journals_flush(js, &err), NJ_ERR_NO_SPACE);
    ck_assert(nj_journals_failed(js));
    append(js, "a", "{\"n\":2}");
    ck_assert_int_eq(nj_journals_flush(js, &err), NJ_ERR_NO_SPACE);
    faulty_heal(&fp);
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    ck_assert(!nj_journals_failed(js));
    expect_file("a.ndjson", "{\"n\":1}\n{\"n\":2}\n");
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(a_refused_order_line_keeps_the_journals_failed_until_a_probe_goes_through)
{
    fp.clock_ns = 1000000000;
    struct nj_journals *js = open_plain();
    faulty_arm(&fp, FAULTY_WRITE, FAULTY_ENOSPC, 1, true);
    ck_assert_int_eq(append_now(js, "orders", "{\"n\":1}"), NJ_ERR_NO_SPACE);
    ck_assert_int_eq(nj_journals_flush(js, &err), 0); /* nothing waits, and yet: */
    ck_assert(nj_journals_failed(js));
    faulty_heal(&fp);
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    ck_assert(nj_journals_failed(js)); /* not tried again within 100 ms */
    fp.clock_ns += 100000000;
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    ck_assert(!nj_journals_failed(js));
    expect_file("orders.ndjson", ""); /* neither the line nor the probe */
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(more_than_the_bound_is_refused_and_room_comes_back)
{
    struct nj_journals *js = open_with(NJ_JOURNAL_FSYNC_NEVER, 0, 40);
    ck_assert_int_eq(append(js, "a", "{\"abcdefgh\":123456}"), 0); /* 19 + newline */
    ck_assert_int_eq(append(js, "a", "{\"abcdefgh\":123456}"), 0); /* 40: equal passes */
    faulty_arm(&fp, FAULTY_WRITE, FAULTY_ENOSPC, 1, true);
    ck_assert_int_eq(append(js, "b", "{}"), NJ_ERR_LIMIT);
    faulty_heal(&fp);
    ck_assert_int_eq(append(js, "b", "{}"), 0); /* flushes by itself */
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
    expect_file("b.ndjson", "{}\n");
}
END_TEST

START_TEST(a_second_opener_is_refused_with_the_pid)
{
    struct nj_journals *js = open_plain(), *second = NULL;
    struct nj_journals_options options = {.platform = &fp.platform, .dir = dir};
    char pid[32];
    snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
    ck_assert_int_eq(nj_journals_open(&second, &options, &err), NJ_ERR_BUSY);
    ck_assert_ptr_null(second);
    ck_assert_msg(strstr(err.text, pid) != NULL, "%s", err.text);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
    ck_assert_int_eq(nj_journals_open(&second, &options, &err), 0);
    ck_assert_int_eq(nj_journals_close(second, &err), 0);
}
END_TEST

START_TEST(a_file_in_the_folders_place_is_one_clear_line)
{
    struct nj_journals *js;
    char path[300];
    folder_write(dir, "taken", "x", 1);
    snprintf(path, sizeof path, "%s/taken", dir);
    struct nj_journals_options options = {.platform = &fp.platform, .dir = path};
    ck_assert_int_eq(nj_journals_open(&js, &options, &err), NJ_ERR_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.text, path));
}
END_TEST

START_TEST(names_that_could_leave_the_folder_are_refused)
{
    struct nj_journals *js = open_plain();
    static const char *const bad[] = {"",    ".",    ".hidden",  "../up", "a/b",
                                      "a b", "a\nb", "\xc3\xa9", "a:b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(append(js, bad[i], "{}"), NJ_ERR_INPUT);
    char name[300];
    memset(name, 'a', sizeof name);
    name[200] = '\0';
    ck_assert_int_eq(append(js, name, "{}"), 0);
    name[200] = 'a';
    name[201] = '\0';
    ck_assert_int_eq(append(js, name, "{}"), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(what_is_not_one_line_is_refused)
{
    struct nj_journals *js = open_plain();
    ck_assert_int_eq(append(js, "a", ""), NJ_ERR_INPUT);
    ck_assert_int_eq(append(js, "a", "{}\n{}"), NJ_ERR_INPUT);
    ck_assert_int_eq(append_now(js, "a", "{}\n"), NJ_ERR_INPUT);
    size_t len = (1u << 20) + 1;
    char *big = malloc(len);
    memset(big, ' ', len);
    ck_assert_int_eq(nj_journals_append(js, "a", NJORD_NONE_I64, big, len, &err), NJ_ERR_LIMIT);
    ck_assert_int_eq(nj_journals_append(js, "a", NJORD_NONE_I64, big, len - 1, &err), 0);
    free(big);
    ck_assert(!nj_journals_failed(js)); /* the caller's fault, not the disk's */
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(two_thousand_names_share_512_descriptors)
{
    struct nj_journals *js = open_plain();
    struct nj_journal_stats stats;
    char name[32], line[64];
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 2000; i++) {
            snprintf(name, sizeof name, "md.trades.S%dUSDT", i);
            snprintf(line, sizeof line, "{\"r\":%d,\"i\":%d}", round, i);
            ck_assert_int_eq(append(js, name, line), 0);
            if (i % 500 == 0)
                ck_assert_int_eq(nj_journals_flush(js, &err), 0);
            ck_assert_int_le(fp.open_fds, 512);
        }
    ck_assert_int_eq(nj_journals_flush(js, &err), 0);
    nj_journals_stats(js, &stats);
    ck_assert_uint_eq(stats.open_files, 512);
    ck_assert_uint_eq(stats.lines, 6000);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
    for (int i = 0; i < 2000; i++) {
        char file[64], text[128];
        snprintf(file, sizeof file, "md.trades.S%dUSDT.ndjson", i);
        snprintf(text, sizeof text, "{\"r\":0,\"i\":%d}\n{\"r\":1,\"i\":%d}\n{\"r\":2,\"i\":%d}\n",
                 i, i, i);
        expect_file(file, text);
    }
}
END_TEST

START_TEST(the_file_used_longest_ago_is_closed_first)
{
    struct nj_journals *js = open_with(NJ_JOURNAL_FSYNC_INTERVAL, 2, 0);
    ck_assert_int_eq(append_now(js, "a", "{}"), 0);
    ck_assert_int_eq(append_now(js, "b", "{}"), 0);
    ck_assert_int_eq(append_now(js, "a", "{}"), 0);
    ck_assert_int_eq(append_now(js, "c", "{}"), 0); /* b goes, synced first */
    ck_assert_uint_eq(fp.calls[FAULTY_FSYNC], 1);
    ck_assert_uint_eq(fp.calls[FAULTY_OPEN], 3);
    ck_assert_int_eq(append_now(js, "a", "{}"), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_OPEN], 3);
    ck_assert_int_eq(append_now(js, "b", "{}"), 0);
    ck_assert_uint_eq(fp.calls[FAULTY_OPEN], 4);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

START_TEST(reopen_follows_the_name_after_an_outside_rename)
{
    struct nj_journals *js = open_plain();
    char from[300], to[300];
    ck_assert_int_eq(append_now(js, "a", "{\"n\":1}"), 0);
    snprintf(from, sizeof from, "%s/a.ndjson", dir);
    snprintf(to, sizeof to, "%s/a.ndjson.1", dir);
    ck_assert_int_eq(rename(from, to), 0);
    ck_assert_int_eq(nj_journals_reopen(js, &err), 0);
    ck_assert_int_eq(append_now(js, "a", "{\"n\":2}"), 0);
    expect_file("a.ndjson.1", "{\"n\":1}\n");
    expect_file("a.ndjson", "{\"n\":2}\n");
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

/* ---- torn tails ------------------------------------------------------------------------------ */

static void torn_case(const char *before, size_t before_len, const char *good, const char *torn,
                      size_t torn_len)
{
    folder_empty(dir);
    folder_write(dir, "a.ndjson", before, before_len);
    struct nj_journals *js = open_plain();
    struct nj_journal_stats stats;
    ck_assert_msg(append_now(js, "a", "{\"new\":1}") == 0, "%s", err.text);
    nj_journals_stats(js, &stats);
    ck_assert_uint_eq(stats.torn_tails, torn_len > 0);
    ck_assert_uint_eq(stats.torn_bytes, torn_len);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
    char *text = malloc(strlen(good) + 32);
    snprintf(text, strlen(good) + 32, "%s{\"new\":1}\n", good);
    expect_file("a.ndjson", text);
    free(text);
    size_t len = 0;
    char *aside = folder_read(dir, "a.ndjson.torn", &len);
    ck_assert_uint_eq(len, torn_len);
    ck_assert(aside ? memcmp(aside, torn, torn_len) == 0 : torn_len == 0);
    free(aside);
}
#define TORN(good, torn) torn_case(good torn, sizeof(good torn) - 1, good, torn, sizeof(torn) - 1)

START_TEST(a_torn_tail_is_cut_and_kept_aside)
{
    TORN("{\"a\":1}\n{\"a\":2}\n", "");
    TORN("{\"a\":1}\n{\"a\":2}\n", "{\"a\":");
    TORN("{\"a\":1}\n", "{\"a\":2}"); /* whole but for its newline: never acknowledged */
    TORN("", "{\"a\"");
    TORN("{\"a\":1}\n", "\n");
    TORN("{\"a\":1}\n", "{\"a\":2\n");
    TORN("{\"a\":1}\n", "[1]\n");
    TORN("{\"a\":1}\n", "\0\0\0\0\0\0\0\0");
    TORN("{\"a\":1}\n", "{\"a\":2,\"b\":\"x\0\0\0\0\n\0\0");
    TORN("{\"a\":1}\n", "\x7f\x45LF\n\x01\x02\n\xff\xfe junk\n");
    TORN("{\"a\":1}\n", "{\"a\":\"\xff\"}\n");
}
END_TEST

START_TEST(a_tail_of_nuls_is_cut_within_one_mebibyte_and_an_error_beyond)
{
    static const char good[] = "{\"a\":1}\n";
    size_t head = sizeof good - 1, mib = 1u << 20;
    char *text = calloc(1, head + mib + 1);
    memcpy(text, good, head);
    torn_case(text, head + mib, good, text + head, mib);
    folder_empty(dir);
    folder_write(dir, "a.ndjson", text, head + mib + 1);
    struct nj_journals *js = open_plain();
    ck_assert_int_eq(append_now(js, "a", "{}"), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "a.ndjson"));
    ck_assert(nj_journals_failed(js));
    (void)nj_journals_close(js, &err);
    size_t len = 0;
    char *found = folder_read(dir, "a.ndjson", &len);
    ck_assert_uint_eq(len, head + mib + 1); /* not touched */
    free(found);
    free(text);
}
END_TEST

START_TEST(a_long_last_line_is_found_whole)
{
    size_t mib = 1u << 20;
    char *text = malloc(2 * mib);
    size_t len = 0;
    memcpy(text, "{\"k\":\"", 6);
    memset(text + 6, 'x', mib - 8);
    memcpy(text + mib - 2, "\"}", 2); /* a line of exactly 1 MiB */
    text[mib] = '\n';
    len = mib + 1;
    memset(text + len, '\0', 1000);
    folder_write(dir, "a.ndjson", text, len + 1000);
    uint64_t cut = 0;
    char path[300];
    snprintf(path, sizeof path, "%s/a.ndjson", dir);
    ck_assert_int_eq(nj_journal_repair(&fp.platform, path, &cut, &err), 0);
    ck_assert_uint_eq(cut, 1000);
    ck_assert_int_eq(nj_journal_repair(&fp.platform, path, &cut, &err), 0);
    ck_assert_uint_eq(cut, 0);
    free(text);
}
END_TEST

START_TEST(a_tail_that_cannot_be_kept_aside_is_not_cut)
{
    folder_write(dir, "a.ndjson", "{\"a\":1}\n{\"a", 11);
    struct nj_journals *js = open_plain();
    faulty_arm(&fp, FAULTY_WRITE, FAULTY_SHORT, 1, false);
    faulty_also(&fp, FAULTY_WRITE, FAULTY_ENOSPC, 2, true);
    ck_assert_int_eq(append_now(js, "a", "{}"), NJ_ERR_NO_SPACE);
    expect_file("a.ndjson", "{\"a\":1}\n{\"a");
    expect_file("a.ndjson.torn", "");
    faulty_heal(&fp);
    ck_assert_int_eq(append_now(js, "a", "{}"), 0);
    expect_file("a.ndjson", "{\"a\":1}\n{}\n");
    expect_file("a.ndjson.torn", "{\"a");
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
}
END_TEST

/* ---- reading --------------------------------------------------------------------------------- */

/* RFC 8259; the refused ones are what its grammar has no room for. */
START_TEST(an_object_is_one_by_the_grammar)
{
    static const char *const yes[] = {
        "{}",
        " { } ",
        "{\"\":0}",
        "{\"a\":[1,-0,0.5,1e9,1E-9,2.5e+3,true,false,null,\"x\",{},[]]}",
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}",
        "{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}",
        "{\"a\":{\"b\":{\"c\":[[[1]]]}},\"d\":2}"};
    static const char *const no[] = {"",
                                     "[]",
                                     "1",
                                     "\"a\"",
                                     "{",
                                     "}",
                                     "{}{}",
                                     "{} x",
                                     "{a:1}",
                                     "{\"a\"}",
                                     "{\"a\":}",
                                     "{\"a\":1,}",
                                     "{,}",
                                     "{\"a\":01}",
                                     "{\"a\":1.}",
                                     "{\"a\":.5}",
                                     "{\"a\":+1}",
                                     "{\"a\":1e}",
                                     "{\"a\":NaN}",
                                     "{\"a\":tru}",
                                     "{\"a\":[1,]}",
                                     "{\"a\":[1}",
                                     "{\"a\":[1}]",
                                     "{\"a\":\"x}",
                                     "{\"a\":\"\t\"}",
                                     "{\"a\":\"\\x\"}",
                                     "{\"a\":\"\\u12g4\"}",
                                     "{\"a\":\"\xc0\x80\"}",
                                     "{\"a\":\"\xed\xa0\x80\"}",
                                     "{\"a\":\"\xf5\x80\x80\x80\"}",
                                     "{\"a\":\"\x80\"}",
                                     "{\"a\":\"\xc3\"}",
                                     "{\"a\":--1}",
                                     "{\"a\":1 2}",
                                     "{\"a\" 1}",
                                     "{'a':1}",
                                     "{\"a\":1}}"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        ck_assert_msg(nj_json_is_object(yes[i], strlen(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        ck_assert_msg(!nj_json_is_object(no[i], strlen(no[i])), "%s", no[i]);
    ck_assert(!nj_json_is_object("{}\0", 3));
    char deep[512];
    for (int depth = 63; depth <= 64; depth++) { /* with the object: 64 pass, 65 do not */
        size_t n = (size_t)snprintf(deep, sizeof deep, "{\"a\":");
        memset(deep + n, '[', (size_t)depth);
        memset(deep + n + depth, ']', (size_t)depth);
        deep[n + 2 * (size_t)depth] = '}';
        ck_assert_int_eq(nj_json_is_object(deep, n + 2 * (size_t)depth + 1), depth == 63);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *t = tcase_create("journal");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, lines_wait_until_flushed);
    tcase_add_test(t, flush_makes_one_write_a_file);
    tcase_add_test(t, append_now_is_in_the_kernel_with_what_waited_before_it);
    tcase_add_test(t, order_lines_are_synced_when_live_with_the_folder_of_a_new_file);
    tcase_add_test(t, fsync_always_syncs_each_flush_and_interval_at_the_call);
    tcase_add_test(t, a_failed_sync_gives_the_descriptor_up_and_the_next_line_opens_anew);
    tcase_add_test(t, a_line_whose_sync_failed_is_taken_back);
    tcase_add_test(t, a_short_write_is_rolled_back_and_tried_again);
    tcase_add_test(t, a_full_disk_keeps_lines_waiting_and_trading_resumes_when_there_is_space);
    tcase_add_test(t, a_refused_order_line_keeps_the_journals_failed_until_a_probe_goes_through);
    tcase_add_test(t, more_than_the_bound_is_refused_and_room_comes_back);
    tcase_add_test(t, a_second_opener_is_refused_with_the_pid);
    tcase_add_test(t, a_file_in_the_folders_place_is_one_clear_line);
    tcase_add_test(t, names_that_could_leave_the_folder_are_refused);
    tcase_add_test(t, what_is_not_one_line_is_refused);
    tcase_add_test(t, two_thousand_names_share_512_descriptors);
    tcase_add_test(t, the_file_used_longest_ago_is_closed_first);
    tcase_add_test(t, reopen_follows_the_name_after_an_outside_rename);
    tcase_add_test(t, a_torn_tail_is_cut_and_kept_aside);
    tcase_add_test(t, a_tail_of_nuls_is_cut_within_one_mebibyte_and_an_error_beyond);
    tcase_add_test(t, a_long_last_line_is_found_whole);
    tcase_add_test(t, a_tail_that_cannot_be_kept_aside_is_not_cut);
    tcase_add_test(t, an_object_is_one_by_the_grammar);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
