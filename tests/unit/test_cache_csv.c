/* test_cache_csv.c - a CSV file in the column cache: read once, used while the file is the same,
 * never when it may be another. Bars of minute m have close 1,000,000 + m. Owned by the tests. */
#include "../support/folder.h"
#include "journal/cache_csv.h"
#include "test_main.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MINUTE INT64_C(60000000000)
#define BARS   120000 /* 40 bytes each: more than a file that is not worth a segment */

static char dir[256], home[256], path[300];
static struct nj_platform platform;
static struct nj_error err;

/* A clock that runs late: what is written now was written well before. */
static int64_t later(void *ctx)
{
    const struct nj_platform *pf = nj_platform_system();
    (void)ctx;
    return pf->realtime_ns(pf->ctx) + INT64_C(10000000000);
}

static void begin(void)
{
    folder_make(dir, "csv");
    folder_make(home, "home");
    setenv("XDG_CACHE_HOME", home, 1);
    snprintf(path, sizeof path, "%s/bars.csv", dir);
    platform = *nj_platform_system();
    platform.realtime_ns = later;
}

static void end(void)
{
    folder_remove(dir);
    folder_remove(home);
}

/* Bars 0 to n, whose closes are `add` more than their minutes. */
static void write_bars(int n, int add)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs("ts,open,high,low,close,volume\n", f);
    for (int i = 0; i < n; i++)
        fprintf(f, "%013" PRId64 ",100.25,100.50,100.00,1%06d,7.5\n",
                INT64_C(1600000020000) + INT64_C(60000) * i, i + add);
    ck_assert_int_eq(fclose(f), 0);
}

static struct nj_cache_csv_options options(void)
{
    return (struct nj_cache_csv_options){.platform = &platform,
                                         .path = path,
                                         .kind = NJ_COLUMNS_BARS,
                                         .symbol = "BTC/USDT",
                                         .timeframe = "1m",
                                         .from_ns = INT64_MIN,
                                         .to_ns = INT64_MAX};
}

/* Opens, keeps and closes it; is it what write_bars() wrote? Returns how many were built: 0, it
 * came from the cache. */
static uint32_t reads_with(const struct nj_cache_csv_options *o, size_t n, int add)
{
    struct nj_cache *cache;
    struct nj_cache_info info;
    const struct nj_columns *pieces;
    ck_assert_msg(nj_cache_open_csv(&cache, o, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(nj_cache_pieces(cache, &pieces), 1);
    ck_assert_uint_eq(pieces[0].n, n);
    ck_assert_str_eq(pieces[0].symbol, o->symbol);
    for (size_t i = 0; i < n; i += 997)
        ck_assert(pieces[0].close[i] == 1e6 + (double)i + add);
    nj_cache_keep_csv(cache);
    ck_assert(pieces[0].close[n - 1] == 1e6 + (double)(n - 1) + add); /* still there */
    ck_assert_int_eq(nj_cache_info(cache, &info, &err), 0);
    nj_cache_close(cache);
    return info.built;
}

static uint32_t reads(size_t n, int add)
{
    struct nj_cache_csv_options o = options();
    return reads_with(&o, n, add);
}

/* The one file of the cache, by name. */
static void segment(char *out, size_t cap)
{
    char folder[300];
    int n = 0;
    snprintf(folder, sizeof folder, "%s/njord/csv", home);
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') {
            snprintf(out, cap, "%s/%.200s", folder, e->d_name);
            n++;
        }
    closedir(d);
    ck_assert_int_eq(n, 1);
}

START_TEST(a_file_is_read_once)
{
    char at[600];
    struct stat st;
    write_bars(BARS, 0);
    ck_assert_uint_eq(reads(BARS, 0), 1);
    ck_assert_uint_eq(reads(BARS, 0), 0);
    segment(at, sizeof at);
    ck_assert_int_eq(stat(at, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    /* a range of it */
    struct nj_cache_csv_options o = options();
    struct nj_cache *cache;
    const struct nj_columns *pieces;
    o.from_ns = INT64_C(1600000020000000000) + 10 * MINUTE;
    o.to_ns = o.from_ns + 5 * MINUTE;
    ck_assert_int_eq(nj_cache_open_csv(&cache, &o, &err), 0);
    ck_assert_uint_eq(nj_cache_pieces(cache, &pieces), 1);
    ck_assert_uint_eq(pieces[0].n, 5);
    ck_assert(pieces[0].close[0] == 1e6 + 10);
    nj_cache_close(cache);
    o = options();
    o.verify = true; /* believes nothing but the file */
    ck_assert_uint_eq(reads_with(&o, BARS, 0), 1);
    ck_assert_uint_eq(reads(BARS, 0), 0);
}
END_TEST

START_TEST(a_file_that_changed_is_read_again)
{
    struct stat st;
    write_bars(BARS, 0);
    ck_assert_uint_eq(reads(BARS, 0), 1);
    ck_assert_int_eq(stat(path, &st), 0);
    write_bars(BARS, 1); /* as long as before */
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0); /* and, it says, as old */
    ck_assert_uint_eq(reads(BARS, 1), 1);
    ck_assert_uint_eq(reads(BARS, 1), 0);
    write_bars(BARS + 1, 1);
    ck_assert_uint_eq(reads(BARS + 1, 1), 1);
    /* another file under the name */
    char other[310];
    snprintf(other, sizeof other, "%s.old", path);
    ck_assert_int_eq(rename(path, other), 0);
    write_bars(BARS + 1, 2);
    ck_assert_uint_eq(reads(BARS + 1, 2), 1);
}
END_TEST

START_TEST(a_file_as_young_as_its_segment_is_read_again)
{
    platform = *nj_platform_system();
    write_bars(BARS, 0);
    ck_assert_uint_eq(reads(BARS, 0), 1);
    ck_assert_uint_eq(reads(BARS, 0), 1);
}
END_TEST

START_TEST(another_symbol_or_timeframe_is_another_series)
{
    struct nj_cache_csv_options o = options();
    write_bars(BARS, 0);
    ck_assert_uint_eq(reads(BARS, 0), 1);
    o.timeframe = "5s";
    ck_assert_uint_eq(reads_with(&o, BARS, 0), 1);
    o = options();
    o.symbol = "ETH/USDT";
    ck_assert_uint_eq(reads_with(&o, BARS, 0), 1);
    o.symbol = "ETHU/SDT"; /* of the same name */
    ck_assert_uint_eq(reads_with(&o, BARS, 0), 1);
    o.symbol = "ETH/USDT";
    ck_assert_uint_eq(reads_with(&o, BARS, 0), 1);
    ck_assert_uint_eq(reads(BARS, 0), 0);
}
END_TEST

START_TEST(a_damaged_segment_is_made_anew)
{
    char at[600];
    write_bars(BARS, 0);
    ck_assert_uint_eq(reads(BARS, 0), 1);
    segment(at, sizeof at);
    int fd = open(at, O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "x", 1, 40), 1); /* of the header */
    close(fd);
    ck_assert_uint_eq(reads(BARS, 0), 1);
    ck_assert_int_eq(truncate(at, 5000), 0);
    ck_assert_uint_eq(reads(BARS, 0), 1);
    ck_assert_uint_eq(reads(BARS, 0), 0);
}
END_TEST

START_TEST(bad_lines_count_only_for_who_counts_them)
{
    struct nj_cache_csv_options o = options();
    struct nj_cache *cache;
    write_bars(BARS, 0);
    FILE *f = fopen(path, "a");
    fputs("x,1,2,3,4,5\n", f);
    fclose(f);
    o.skip_bad = true;
    ck_assert_uint_eq(reads_with(&o, BARS, 0), 1);
    ck_assert_int_eq(nj_cache_open_csv(&cache, &o, &err), 0);
    ck_assert_uint_eq(nj_cache_bad(cache), 1);
    nj_cache_close(cache);
    char expected[500];
    o.skip_bad = false;
    ck_assert_int_eq(nj_cache_open_csv(&cache, &o, &err), NJ_ERR_INPUT);
    snprintf(expected, sizeof expected,
             "%s:%d: time: expected a number or YYYY-MM-DDThh:mm:ssZ, found 'x'", path, BARS + 2);
    ck_assert_str_eq(err.text, expected);
}
END_TEST

START_TEST(where_nothing_can_be_kept_rows_are_read_all_the_same)
{
    char file[300];
    write_bars(BARS, 0);
    snprintf(file, sizeof file, "%s/file", home);
    folder_write(home, "file", "", 0);
    setenv("XDG_CACHE_HOME", file, 1); /* no folder */
    ck_assert_uint_eq(reads(BARS, 0), 1);
    ck_assert_uint_eq(reads(BARS, 0), 1);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    ck_assert_uint_eq(reads(BARS, 0), 1);
}
END_TEST

START_TEST(a_small_file_leaves_nothing_behind)
{
    char at[300];
    write_bars(100, 0);
    ck_assert_uint_eq(reads(100, 0), 1);
    ck_assert_uint_eq(reads(100, 0), 1);
    snprintf(at, sizeof at, "%s/njord", home);
    ck_assert_int_ne(access(at, F_OK), 0);
}
END_TEST

START_TEST(rows_out_of_order_are_an_error)
{
    struct nj_cache_csv_options o = options();
    struct nj_cache *cache;
    char expected[500];
    static const char text[] = "ts,open,high,low,close,volume\n120000,1,1,1,1,1\n60000,1,1,1,1,1\n";
    folder_write(dir, "bars.csv", text, sizeof text - 1);
    ck_assert_int_eq(nj_cache_open_csv(&cache, &o, &err), NJ_ERR_INPUT);
    snprintf(expected, sizeof expected,
             "file '%s': row 2 is not after the one before: sort it, or njord data import it",
             path);
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_ne(nj_cache_open_csv(&cache, &o, &err), 0);
    snprintf(expected, sizeof expected, "file '%s': no such file", path);
    ck_assert_str_eq(err.text, expected);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cache_csv");
    TCase *t = tcase_create("cache_csv");
    tcase_add_checked_fixture(t, begin, end);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_file_is_read_once);
    tcase_add_test(t, a_file_that_changed_is_read_again);
    tcase_add_test(t, a_file_as_young_as_its_segment_is_read_again);
    tcase_add_test(t, another_symbol_or_timeframe_is_another_series);
    tcase_add_test(t, a_damaged_segment_is_made_anew);
    tcase_add_test(t, bad_lines_count_only_for_who_counts_them);
    tcase_add_test(t, where_nothing_can_be_kept_rows_are_read_all_the_same);
    tcase_add_test(t, a_small_file_leaves_nothing_behind);
    tcase_add_test(t, rows_out_of_order_are_an_error);
    suite_add_tcase(s, t);
    return run_suite(s);
}
