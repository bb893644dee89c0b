/*
 * reader_memory.c - a journal larger than anyone wants in memory is read in memory that stays flat.
 *
 * Writes a journal of trades (16 MB; 2 GB with NJORD_SOAK=1 in the environment) as three dated
 * files, one of them packed, and a live one; reads it beside a small one, merged by time and by
 * seq. After the first tenth of the events the resident memory may grow by 4 MB more (what the
 * packed file takes is among them), no further; every event must come, in order.
 */
#include "../support/folder.h"
#include "journal/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define LINE    160 /* bytes of a line, about */
#define FILES   4
#define START   INT64_C(1735689600000000000) /* 2025-01-01 */
#define DAY     INT64_C(86400000000000)
#define MOST_KB 4096

static char dir[256];

static void die(const char *what, const char *why)
{
    fprintf(stderr, "reader_memory: %s: %s\n", what, why);
    if (dir[0])
        folder_remove(dir);
    exit(1);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long resident_kb(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

/* Trade i of the big journal; the day's time goes on evenly. */
static int put_line(char *out, size_t cap, uint64_t i, uint64_t a_day)
{
    int64_t ts = START + (int64_t)(i / a_day) * DAY + (int64_t)(i % a_day) * (DAY / (int64_t)a_day);
    return snprintf(out, cap,
                    "{\"symbol\":\"BTC/USDT\",\"price\":%u.%02u,\"qty\":0.%05u,\"side\":\"%s\","
                    "\"ts_ns\":%lld,\"trade_id\":\"%llu\",\"venue\":\"binance\",\"seq\":%llu}\n",
                    (unsigned)(61000 + i % 977), (unsigned)(i % 100), (unsigned)(1 + i % 99998),
                    i % 3 ? "buy" : "sell", (long long)ts, 3735683259 + (unsigned long long)i,
                    1048577 + 2 * (unsigned long long)i);
}

static void write_plain(const char *path, uint64_t from, uint64_t to, uint64_t a_day)
{
    char line[256];
    FILE *f = fopen(path, "w");
    if (!f)
        die(path, "cannot be made");
    for (uint64_t i = from; i < to; i++)
        fwrite(line, 1, (size_t)put_line(line, sizeof line, i, a_day), f);
    if (fclose(f) != 0)
        die(path, "cannot be written");
}

static void write_packed(const char *path, uint64_t from, uint64_t to, uint64_t a_day)
{
    char line[256];
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    if (!a || !e || archive_write_add_filter_gzip(a) != ARCHIVE_OK ||
        archive_write_set_filter_option(a, "gzip", "compression-level", "1") != ARCHIVE_OK ||
        archive_write_set_format_raw(a) != ARCHIVE_OK ||
        archive_write_open_filename(a, path) != ARCHIVE_OK)
        die(path, "cannot be made");
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_pathname(e, "data");
    if (archive_write_header(a, e) != ARCHIVE_OK)
        die(path, "cannot be written");
    for (uint64_t i = from; i < to; i++) {
        size_t n = (size_t)put_line(line, sizeof line, i, a_day);
        if (archive_write_data(a, line, n) != (la_ssize_t)n)
            die(path, "cannot be written");
    }
    if (archive_write_close(a) != ARCHIVE_OK)
        die(path, "cannot be written");
    archive_entry_free(e);
    archive_write_free(a);
}

static void write_journals(uint64_t a_day)
{
    char path[512];
    for (unsigned day = 0; day < FILES; day++) {
        snprintf(path, sizeof path, "%s/md.trades.BTCUSDT.2025010%u.ndjson%s", dir, day + 1,
                 day == 1 ? ".gz" : "");
        if (day == FILES - 1)
            snprintf(path, sizeof path, "%s/md.trades.BTCUSDT.ndjson", dir);
        if (day == 1)
            write_packed(path, day * a_day, (day + 1) * a_day, a_day);
        else
            write_plain(path, day * a_day, (day + 1) * a_day, a_day);
    }
    snprintf(path, sizeof path, "%s/md.trades.ATOMUSDT.ndjson", dir);
    FILE *f = fopen(path, "w");
    if (!f)
        die(path, "cannot be made");
    for (int i = 0; i < 1000; i++)
        fprintf(f, "{\"symbol\":\"ATOM/USDT\",\"price\":9,\"qty\":1,\"ts_ns\":%lld,\"seq\":%d}\n",
                (long long)(START + i * (DAY * FILES / 1000)), 1048578 + 2 * i);
    if (fclose(f) != 0)
        die(path, "cannot be written");
}

static void read_journals(enum nj_reader_order order, uint64_t big)
{
    static const char *const stems[] = {"md.trades.ATOMUSDT", "md.trades.BTCUSDT"};
    struct nj_reader_options options = {.dir = dir,
                                        .stems = stems,
                                        .n_stems = 2,
                                        .from_ns = INT64_MIN,
                                        .to_ns = INT64_MAX,
                                        .order = order};
    struct nj_error err;
    struct nj_reader *reader;
    struct nj_read read;
    struct nj_reader_stats stats;
    uint64_t events = 0, seq = 0;
    int64_t time = INT64_MIN;
    long base = 0;
    int rc;
    double start = now_s();
    if (nj_reader_open(&reader, &options, &err) != 0)
        die("open", err.text);
    while ((rc = nj_reader_next(reader, &read, &err)) == 1) {
        if (order == NJ_READ_BY_TIME ? read.event->ts_ns < time : read.event->seq <= seq)
            die("read", "out of order");
        time = read.event->ts_ns;
        seq = read.event->seq;
        if (++events == big / 10)
            base = resident_kb();
    }
    if (rc < 0)
        die("read", err.text);
    if (events != big + 1000)
        die("read", "events are missing");
    nj_reader_stats(reader, &stats);
    nj_reader_close(reader);
    double took = now_s() - start;
    printf("%s: %.0f MB, %llu events, %.0f MB/s, %.2f M events/s, resident %ld kB + %ld kB\n",
           order == NJ_READ_BY_TIME ? "by time" : "by seq", (double)stats.bytes / 1e6,
           (unsigned long long)events, (double)stats.bytes / 1e6 / took,
           (double)events / 1e6 / took, base, resident_kb() - base);
    if (resident_kb() - base > MOST_KB)
        die("read", "memory grew with the journal");
}

int main(void)
{
    const char *soak = getenv("NJORD_SOAK");
    uint64_t bytes = soak && strcmp(soak, "1") == 0 ? UINT64_C(2) << 30 : UINT64_C(16) << 20;
    uint64_t a_day = bytes / FILES / LINE;
    if (bytes > UINT64_C(1) << 30 && !getenv("TMPDIR"))
        setenv("TMPDIR", "/tmp", 0); /* not into memory */
    folder_make(dir, "reader_memory");
    write_journals(a_day);
    read_journals(NJ_READ_BY_TIME, a_day * FILES);
    read_journals(NJ_READ_BY_SEQ, a_day * FILES);
    folder_remove(dir);
    return 0;
}
