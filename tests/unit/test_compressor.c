/* test_compressor.c - the thread beside the loop: everything that is handed to it is synced and
 * closed, what is due is compressed, and it ends at once when it is told. */
#include "../support/folder.h"
#include "base/platform.h"
#include "journal/compressor.h"
#include "journal/journal.h"
#include "test_main.h"

#include <fcntl.h>
#include <njord/contract.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY1 INT64_C(1735689600000000000)
#define DAY  INT64_C(86400000000000)

static char dir[256];
static struct nj_error err;
static struct nj_compressor_options options;
static struct nj_compressor *c;

static void set_up(void)
{
    folder_make(dir, "compressor");
    memset(&err, 0, sizeof err);
    options = (struct nj_compressor_options){
        .platform = nj_platform_system(), .dir = dir, .compress = true};
}

static void tear_down(void)
{
    folder_remove(dir);
}

static char *path_of(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static bool is_there(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static void start(void)
{
    ck_assert_msg(nj_compressor_start(&c, &options, &err) == 0, "%s", err.text);
}

/* Until the thread has done `files`; a broken one lets the test's time run out. */
static void wait_for(uint64_t files)
{
    struct nj_compress_stats stats;
    do {
        poll(NULL, 0, 1);
        nj_compressor_stats(c, &stats);
    } while (stats.files < files);
    ck_assert_uint_eq(stats.files, files);
    ck_assert_uint_eq(stats.failed, 0);
}

START_TEST(what_an_earlier_life_left_is_compressed_at_start)
{
    folder_write(dir, "a.20250101.ndjson", "{}\n", 3);
    folder_write(dir, "a.ndjson", "{}\n", 3);
    start();
    wait_for(1);
    ck_assert(is_there("a.20250101.ndjson.gz") && !is_there("a.20250101.ndjson"));
    ck_assert(is_there("a.ndjson"));
    nj_compressor_stop(c, false, NULL);
}
END_TEST

START_TEST(what_is_handed_over_is_closed_and_compressed)
{
    start();
    folder_write(dir, "a.20250101.ndjson", "{}\n", 3);
    int fd = open(path_of("a.20250101.ndjson"), O_RDWR);
    struct stat taken, now;
    ck_assert_int_eq(fstat(fd, &taken), 0);
    nj_compressor_take(c, path_of("a.20250101.ndjson"), fd);
    wait_for(1);
    /* closed; its thread may have the number for something else already */
    ck_assert(fstat(fd, &now) != 0 || now.st_ino != taken.st_ino || now.st_dev != taken.st_dev);
    ck_assert(is_there("a.20250101.ndjson.gz"));
    nj_compressor_stop(c, false, NULL);
}
END_TEST

START_TEST(young_files_wait_and_old_ones_do_not)
{
    struct timespec old[2] = {{1700000000, 0}, {1700000000, 0}};
    options.compress_after_ns = DAY;
    folder_write(dir, "young.20250101.ndjson", "{}\n", 3);
    folder_write(dir, "old.20250101.ndjson", "{}\n", 3);
    ck_assert_int_eq(utimensat(AT_FDCWD, path_of("old.20250101.ndjson"), old, 0), 0);
    start();
    nj_compressor_take(c, path_of("young.20250101.ndjson"), -1);
    nj_compressor_stop(c, true, NULL);
    ck_assert(is_there("old.20250101.ndjson.gz") && is_there("young.20250101.ndjson"));
}
END_TEST

START_TEST(without_compression_it_only_closes)
{
    options.compress = false;
    start();
    folder_write(dir, "a.20250101.ndjson", "{}\n", 3);
    int fd = open(path_of("a.20250101.ndjson"), O_RDWR);
    nj_compressor_take(c, path_of("a.20250101.ndjson"), fd);
    nj_compressor_stop(c, true, NULL);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    ck_assert(is_there("a.20250101.ndjson"));
}
END_TEST

START_TEST(drained_it_has_done_all_that_is_due)
{
    start();
    for (int i = 0; i < 200; i++) {
        char name[64];
        snprintf(name, sizeof name, "a.20250101.%d.ndjson", i + 1);
        folder_write(dir, name, "{}\n", 3);
        nj_compressor_take(c, path_of(name), -1);
    }
    nj_compressor_stop(c, true, NULL);
    for (int i = 0; i < 200; i++) {
        char name[64];
        snprintf(name, sizeof name, "a.20250101.%d.ndjson.gz", i + 1);
        ck_assert_msg(is_there(name), "%s", name);
    }
}
END_TEST

/* 40 MB take the better part of a second: it must be gone long before, and leave no trace. */
START_TEST(stopped_it_gives_up_the_file_in_hand)
{
    static char block[1 << 20];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof block; i++) {
        seed = seed * 1664525u + 1013904223u;
        block[i] = (char)('a' + (seed >> 24) % 26);
    }
    FILE *f = fopen(path_of("a.20250101.ndjson"), "w");
    for (int i = 0; i < 40; i++)
        ck_assert_uint_eq(fwrite(block, 1, sizeof block, f), sizeof block);
    fclose(f);
    start();
    while (!is_there(".a.20250101.ndjson.gz.tmp"))
        poll(NULL, 0, 1);
    const struct nj_platform *pf = options.platform;
    int64_t from = pf->monotonic_ns(pf->ctx);
    nj_compressor_stop(c, false, NULL);
    ck_assert_int_lt(pf->monotonic_ns(pf->ctx) - from, 300000000);
    ck_assert(is_there("a.20250101.ndjson"));
    ck_assert(!is_there(".a.20250101.ndjson.gz.tmp") && !is_there("a.20250101.ndjson.gz"));
}
END_TEST

START_TEST(a_set_that_rotates_feeds_it)
{
    struct nj_journals *js;
    start();
    struct nj_journals_options journals = {.platform = nj_platform_system(),
                                           .dir = dir,
                                           .fsync = NJ_JOURNAL_FSYNC_INTERVAL,
                                           .rotate_daily = true,
                                           .rotate_bytes = 20,
                                           .line_clock = true,
                                           .finished = nj_compressor_take,
                                           .finished_ctx = c};
    ck_assert_int_eq(nj_journals_open(&js, &journals, &err), 0);
    for (int i = 0; i < 300; i++)
        ck_assert_int_eq(
            nj_journals_append(js, "x", DAY1 + i * DAY / 10, "{\"a\":\"0123456\"}", 15, &err), 0);
    ck_assert_int_eq(nj_journals_close(js, &err), 0);
    nj_compressor_stop(c, true, NULL);
    struct nj_journal_files all;
    ck_assert_int_eq(nj_journal_list(dir, NULL, &all, &err), 0);
    ck_assert_uint_eq(all.n, 150); /* two lines a file */
    for (size_t i = 0; i + 1 < all.n; i++)
        ck_assert(all.files[i].gz);
    nj_journal_files_free(&all);
}
END_TEST

START_TEST(a_failure_is_kept_for_the_loop_to_tell)
{
    struct nj_compress_stats stats;
    folder_write(dir, "a.20250101.ndjson", "{}\n", 3);
    ck_assert_int_eq(mkdir(path_of(".a.20250101.ndjson.gz.tmp"), 0700), 0); /* in the way */
    start();
    do {
        poll(NULL, 0, 1);
        nj_compressor_stats(c, &stats);
    } while (stats.failed == 0);
    nj_compressor_stop(c, false, NULL);
    ck_assert(is_there("a.20250101.ndjson"));
    ck_assert_int_eq(rmdir(path_of(".a.20250101.ndjson.gz.tmp")), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compressor");
    TCase *t = tcase_create("compressor");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_an_earlier_life_left_is_compressed_at_start);
    tcase_add_test(t, what_is_handed_over_is_closed_and_compressed);
    tcase_add_test(t, young_files_wait_and_old_ones_do_not);
    tcase_add_test(t, without_compression_it_only_closes);
    tcase_add_test(t, drained_it_has_done_all_that_is_due);
    tcase_add_test(t, stopped_it_gives_up_the_file_in_hand);
    tcase_add_test(t, a_set_that_rotates_feeds_it);
    tcase_add_test(t, a_failure_is_kept_for_the_loop_to_tell);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
