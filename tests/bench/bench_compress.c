/*
 * bench_compress.c - finished journals to gzip, and what a rotation takes.
 *
 * A journal of 48 MB of one-minute bars, as a host writes them: nj_compress_file() with all that it
 * promises (packed, synced, read back and compared, named, the source removed) beside the program
 * gzip -6 on the same bytes in the same run, which promises none of it; then gzip -6 and gzip -dc
 * and cmp after one another, which is the same work. A rotation is timed from the line that causes
 * it to the return of append, by policy, beside a line without one. Medians of RUNS.
 */
#include "../support/folder.h"
#include "base/platform.h"
#include "journal/compress.h"
#include "journal/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE      (48u << 20)
#define RUNS      3
#define ROTATIONS 400

static char dir[256];
static char *text;
static size_t text_len;

static double now_s(void)
{
    return (double)nj_platform_system()->monotonic_ns(NULL) / 1e9;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static char *path_of(const char *name)
{
    static char paths[16][512];
    static unsigned turn;
    char *path = paths[turn++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

/* Bars of a random walk in ticks of 0.001, volumes of three digits. */
static void make_text(void)
{
    uint64_t seed = 7, seq = 1;
    int64_t price = 20000, ts = INT64_C(1618951140000000000);
    text = malloc(SIZE + 1024);
    if (!text)
        die("memory");
    while (text_len < SIZE) {
        int64_t at[4];
        for (int i = 0; i < 4; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            price += (int64_t)(seed >> 58) - 31;
            at[i] = price;
        }
        int64_t high = at[0], low = at[0];
        for (int i = 1; i < 4; i++) {
            high = at[i] > high ? at[i] : high;
            low = at[i] < low ? at[i] : low;
        }
        text_len += (size_t)snprintf(
            text + text_len, 1024,
            "{\"symbol\":\"ATOM/USDT\",\"timeframe\":\"1m\",\"ts_open\":%lld,\"ts_close\":%lld,"
            "\"open\":%.3f,\"high\":%.3f,\"low\":%.3f,\"close\":%.3f,\"volume\":%.3f,\"trades\":%d,"
            "\"seq\":%llu,\"ts_recv_ns\":%lld}\n",
            (long long)ts, (long long)ts + 60000000000, (double)at[0] / 1e3, (double)high / 1e3,
            (double)low / 1e3, (double)at[3] / 1e3, (double)(seed >> 44) / 1e3,
            (int)(seed >> 50) % 400, (unsigned long long)seq++,
            (long long)ts + 60001234567 + (long long)(seed >> 36));
        ts += 60000000000;
    }
}

/* Runs a program with its standard output into a file (NULL: nowhere). */
static void run(const char *const *argv, const char *out)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        int fd = open(out ? out : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
            _exit(126);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        die(argv[0]);
}

static double gzip_alone(void)
{
    const char *const argv[] = {"gzip", "-6", "-c", path_of("plain"), NULL};
    folder_write(dir, "plain", text, text_len);
    double start = now_s();
    run(argv, path_of("plain.gz"));
    return now_s() - start;
}

static double gzip_and_back(void)
{
    const char *const pack[] = {"gzip", "-6", "-c", path_of("plain"), NULL};
    const char *const unpack[] = {"gzip", "-dc", path_of("plain.gz"), NULL};
    const char *const compare[] = {"cmp", path_of("plain"), path_of("again"), NULL};
    double start = now_s();
    run(pack, path_of("plain.gz"));
    run(unpack, path_of("again"));
    run(compare, NULL);
    return now_s() - start;
}

static double ours(void)
{
    struct nj_error err = {0};
    folder_empty(dir);
    folder_write(dir, "ohlcv.1m.ATOMUSDT.20210420.ndjson", text, text_len);
    double start = now_s();
    if (nj_compress_file(nj_platform_system(), path_of("ohlcv.1m.ATOMUSDT.20210420.ndjson"), NULL,
                         &err) != 0) {
        fprintf(stderr, "bench_compress: %s\n", err.text);
        exit(1);
    }
    return now_s() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, compare);
    return v[n / 2];
}

static void let_go(void *ctx, const char *path, int fd)
{
    (void)ctx, (void)path;
    if (fd >= 0)
        close(fd); /* a host's thread syncs it beside the loop */
}

/* Microseconds of an append that rotates, and of one that does not. */
static void rotation(const char *what, enum nj_journal_fsync fsync, bool handed_over)
{
    static double with[ROTATIONS], without[ROTATIONS];
    struct nj_journals *js;
    struct nj_error err = {0};
    struct nj_journals_options options = {.platform = nj_platform_system(),
                                          .dir = dir,
                                          .fsync = fsync,
                                          .rotate_daily = true,
                                          .line_clock = true,
                                          .finished = handed_over ? let_go : NULL};
    char line[200];
    memset(line, 'x', sizeof line);
    memcpy(line, "{\"a\":\"", 6);
    memcpy(line + 164, "\"}", 2);
    folder_empty(dir);
    int rc = nj_journals_open(&js, &options, &err);
    for (int i = 0; i < ROTATIONS && rc == 0; i++) {
        int64_t ts = INT64_C(1735689600000000000) + i * INT64_C(86400000000000);
        for (int k = 0; k < 2 && rc == 0; k++) {
            double start = now_s();
            rc = nj_journals_append_now(js, "md.trades.ATOMUSDT", ts + k, line, 166, &err);
            (k == 0 ? with : without)[i] = (now_s() - start) * 1e6;
        }
    }
    if (rc != 0 || nj_journals_close(js, &err) != 0) {
        fprintf(stderr, "bench_compress: %s\n", err.text);
        exit(1);
    }
    double a = median(with, ROTATIONS), b = median(without, ROTATIONS);
    printf("%-44s %10.1f us %10.1f us\n", what, a, b);
}

int main(void)
{
    double took[3][RUNS];
    make_text();
    setenv("TMPDIR", "/tmp", 0); /* where journals would be: on a disk */
    folder_make(dir, "bench");
    for (int i = 0; i < RUNS; i++) {
        took[0][i] = gzip_alone();
        took[1][i] = gzip_and_back();
        took[2][i] = ours();
    }
    static const char *const what[] = {"gzip -6", "gzip -6, gzip -dc, cmp",
                                       "njord: packed, read back, named"};
    double floors = 0;
    printf("%-34s %10s %10s\n", "", "MB/s", "/ gzip -6");
    for (int i = 0; i < 3; i++) {
        double rate = (double)text_len / 1e6 / median(took[i], RUNS);
        if (i == 0)
            floors = rate;
        printf("%-34s %10.1f %10.2f\n", what[i], rate, rate / floors);
    }
    printf("\n%-44s %13s %13s\n", "a line that ends a file, and one that does not", "rotates",
           "plain");
    rotation("fsync: never", NJ_JOURNAL_FSYNC_NEVER, false);
    rotation("fsync: interval, synced by the thread", NJ_JOURNAL_FSYNC_INTERVAL, true);
    rotation("fsync: always", NJ_JOURNAL_FSYNC_ALWAYS, false);
    folder_remove(dir);
    free(text);
    return 0;
}
