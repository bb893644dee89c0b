/*
 * bench_cache.c - what the column cache costs when it is built and when it is there.
 *
 * A year of minute bars (525,600 lines), as one file and as a file a day. Cold: no segment is
 * there; NDJSON to columns, written, synced and mapped. Warm: open, map, sum the closes, close.
 * Floors of the same run: read(2) of the journal's bytes; the sum over one mapped column of as many
 * doubles. Each figure is the median of RUNS runs.
 */
#include "../support/folder.h"
#include "../support/scan_file.h"
#include "base/buf.h"
#include "journal/cache.h"
#include "journal/scan.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DAYS    365
#define DAY     1440
#define ROWS    (DAYS * DAY)
#define RUNS    5
#define STEM    "ohlcv.1m.ATOMUSDT"
#define MINUTE  INT64_C(60000000000)
#define START   INT64_C(1609459200000000000) /* 2021-01-01 */
#define YEAR_MS 20.0                         /* a fifth of 0.1 s for five years */

static char top[256], one[300], many[300];
static size_t bytes;
static double sink;

static double now_s(void)
{
    return (double)nj_platform_system()->monotonic_ns(NULL) / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_cache: %s\n", what);
    exit(1);
}

static void put_bar(struct nj_buf *out, int64_t minute)
{
    int64_t ts = START + minute * MINUTE;
    double p = 20 + (double)(minute * 7919 % 10007) / 1000;
    nj_buf_printf(out,
                  "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":%" PRId64
                  ",\"ts_close\":%" PRId64
                  ",\"open\":%.3f,\"high\":%.3f,\"low\":%.3f,\"close\":%.3f,\"volume\":%.3f}\n",
                  ts, ts + MINUTE, p, p + 0.012, p - 0.011, p + 0.003,
                  100 + (double)(minute % 977) / 8);
}

static void make_journals(void)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct nj_buf all = {0}, day = {0};
    char name[64];
    int month = 0, left = lengths[0];

    for (int d = 0; d < DAYS; d++, left--) {
        if (left == 0)
            left = lengths[++month];
        nj_buf_clear(&day);
        for (int m = 0; m < DAY; m++)
            put_bar(&day, (int64_t)d * DAY + m);
        nj_buf_add(&all, day.data, day.len);
        snprintf(name, sizeof name, STEM ".2021%02d%02d.ndjson", month + 1,
                 lengths[month] - left + 1);
        folder_write(many, name, day.data, day.len);
    }
    if (all.failed || day.failed)
        die("out of memory");
    folder_write(one, STEM ".20211231.ndjson", all.data, all.len);
    bytes = all.len;
    nj_buf_free(&all);
    nj_buf_free(&day);
}

/* ---- floors ---- */

static double read_all(void)
{
    static char buffer[1 << 20];
    char path[400];
    snprintf(path, sizeof path, "%s/" STEM ".20211231.ndjson", one);
    double start = now_s();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;
    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        sink += buffer[(size_t)n - 1];
    close(fd);
    return now_s() - start;
}

static double sum_mapped(void)
{
    char path[400];
    snprintf(path, sizeof path, "%s/floor", top);
    double start = now_s();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    double *x = mmap(NULL, ROWS * sizeof *x, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (x == MAP_FAILED)
        die("mmap");
    for (size_t i = 0; i < ROWS; i++)
        sink += x[i];
    munmap(x, ROWS * sizeof *x);
    return now_s() - start;
}

/* ---- ours ---- */

static double scan_only(void)
{
    char path[400];
    struct nj_error err = {0};
    struct nj_scan scan = {0};
    snprintf(path, sizeof path, "%s/" STEM ".20211231.ndjson", one);
    double start = now_s();
    if (nj_columns_builder_new(&scan.into, NJ_COLUMNS_BARS, &err) != 0 ||
        scan_file(&scan, path, &err) != 0)
        die(err.text);
    nj_columns_builder_free(scan.into);
    return now_s() - start;
}

static double open_and_sum(const char *dir, uint32_t built)
{
    struct nj_cache_options o = {
        .dir = dir, .stem = STEM, .from_ns = INT64_MIN, .to_ns = INT64_MAX};
    const struct nj_columns *pieces;
    struct nj_cache *cache;
    struct nj_error err = {0};
    size_t rows = 0;
    double start = now_s();
    if (nj_cache_open(&cache, &o, &err) != 0)
        die(err.text);
    size_t n = nj_cache_pieces(cache, &pieces);
    for (size_t p = 0; p < n; p++) {
        for (size_t i = 0; i < pieces[p].n; i++)
            sink += pieces[p].close[i];
        rows += pieces[p].n;
    }
    struct nj_cache_info info = {0};
    double took = now_s() - start;
    if (nj_cache_info(cache, &info, &err) != 0 || info.built != built || rows != ROWS)
        die("built what should have been there, or the reverse");
    start = now_s();
    nj_cache_close(cache);
    return took + now_s() - start;
}

static void drop(const char *dir)
{
    char path[400];
    snprintf(path, sizeof path, "%s/.cache", dir);
    folder_remove(path);
}

static double cold_one(void)
{
    drop(one);
    return open_and_sum(one, 1);
}

static double warm_one(void)
{
    return open_and_sum(one, 0);
}

static double cold_many(void)
{
    drop(many);
    return open_and_sum(many, DAYS);
}

static double warm_many(void)
{
    return open_and_sum(many, 0);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static const struct {
        const char *what;
        double (*run)(void);
        int floor; /* the row it is compared with */
    } rows[] = {
        {"floor: read(2) of the journal", read_all, 0},
        {"floor: sum of a mapped column", sum_mapped, 1},
        {"scanner alone, one file", scan_only, 0},
        {"cold, one file", cold_one, 0},
        {"warm, one file", warm_one, 1},
        {"cold, a file a day", cold_many, 0},
        {"warm, a file a day", warm_many, 1},
    };
    enum { N = sizeof rows / sizeof rows[0] };
    double all[N][RUNS], median[N];

    setenv("TMPDIR", "/tmp", 0); /* where journals would be: on a disk */
    folder_make(top, "bench");
    snprintf(one, sizeof one, "%s/one", top);
    snprintf(many, sizeof many, "%s/many", top);
    if (mkdir(one, 0700) != 0 || mkdir(many, 0700) != 0)
        die("cannot make folders");
    make_journals();
    double *column = calloc(ROWS, sizeof *column);
    if (!column)
        die("out of memory");
    folder_write(top, "floor", column, ROWS * sizeof *column);
    free(column);
    sleep(3); /* files as old as journals are: see column-cache.md about ctime */
    for (int run = 0; run < RUNS; run++)
        for (int i = 0; i < N; i++)
            all[i][run] = rows[i].run();
    folder_remove(top);
    printf("%d bars, %.1f MB of NDJSON\n", ROWS, (double)bytes / 1e6);
    printf("%-32s %10s %10s %12s %8s\n", "", "ms", "MB/s", "M bars/s", "/ floor");
    for (int i = 0; i < N; i++) {
        qsort(all[i], RUNS, sizeof all[i][0], compare);
        median[i] = all[i][RUNS / 2];
        printf("%-32s %10.2f %10.0f %12.1f %8.2f%s\n", rows[i].what, median[i] * 1e3,
               (double)bytes / median[i] / 1e6, ROWS / median[i] / 1e6,
               median[i] / median[rows[i].floor],
               rows[i].run == warm_many && median[i] * 1e3 > YEAR_MS
                   ? "   over its bar of 20 ms a year"
                   : "");
    }
    return sink < 0 ? 1 : 0;
}
