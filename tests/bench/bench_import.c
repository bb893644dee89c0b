/*
 * bench_import.c - rows a second that njord data import takes from CSV into dated journals, once
 * into an empty folder and once more over what is there then.
 *
 * Floor of the same run: a plain loop over the file's bytes that finds each field and parses each
 * number, and writes as many bytes as the journals have. 500,000 minute bars, 500,000 trades; the
 * median of RUNS runs.
 */
#include "../support/folder.h"
#include "base/fs.h"
#include "research/import.h"

#include <fcntl.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 500000
#define RUNS 3

static char folder[256], journals[300], file[300], scratch[300];
static uint64_t written; /* bytes of the journals */

static double now_s(void)
{
    return (double)nj_platform_system()->monotonic_ns(NULL) / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_import: %s\n", what);
    exit(1);
}

static void make_bars(FILE *out)
{
    uint32_t seed = 1;
    int price = 20000;
    fputs("ts,open,high,low,close,volume\n", out);
    for (int i = 0; i < ROWS; i++) {
        int open = price, high, low;
        seed = seed * 1664525u + 1013904223u;
        price += (int)(seed >> 24) % 61 - 30;
        price = price < 100 ? 100 : price;
        high = (open > price ? open : price) + (int)(seed >> 16) % 7;
        low = (open < price ? open : price) - (int)(seed >> 8) % 7;
        fprintf(out, "%d,%d.%02d,%d.%02d,%d.%02d,%d.%02d,%d.%03d\n", 1600000020 + 60 * i,
                open / 100, open % 100, high / 100, high % 100, low / 100, low % 100, price / 100,
                price % 100, (int)(seed >> 20), (int)(seed % 1000));
    }
}

static void make_trades(FILE *out)
{
    uint32_t seed = 1;
    int price = 6180001;
    for (int i = 0; i < ROWS; i++) {
        seed = seed * 1664525u + 1013904223u;
        price += (int)(seed >> 24) % 5 - 2;
        fprintf(out, "%d,%d.%02d000000,0.%05d000,%d.5,%lld,%s,True\n", i + 1, price / 100,
                price % 100, 1 + (int)(seed >> 16), price / 100,
                (long long)(INT64_C(1704067200000) + INT64_C(20) * i), seed & 1 ? "True" : "False");
    }
}

static void make(void (*rows)(FILE *))
{
    FILE *out = fopen(file, "w");
    if (!out)
        fail("the input cannot be written");
    rows(out);
    if (fclose(out) != 0)
        fail("the input cannot be written");
}

static double import(bool bars, bool empty)
{
    struct nj_import_options options = {.platform = nj_platform_system(),
                                        .file = file,
                                        .journal_dir = journals,
                                        .symbol = "BTC/USDT",
                                        .kind = bars ? NJORD_EV_BAR : NJORD_EV_TRADE};
    struct nj_import_report report;
    struct nj_error err;
    double start = now_s();
    if (nj_import_run(&options, &report, &err) != 0)
        fail(err.text);
    if (report.added != (empty ? ROWS : 0))
        fail("rows are missing");
    return ROWS / (now_s() - start);
}

static double plain(void)
{
    struct nj_buf buf = {0};
    struct nj_error err;
    double start = now_s(), sum = 0, v;
    char block[65536] = "";
    if (nj_read_file(file, (size_t)1 << 30, &buf, &err) != 0)
        fail(err.text);
    for (size_t at = 0; at < buf.len;) {
        const char *field = buf.data + at;
        size_t len = strcspn(field, ",\n");
        if (njord_parse_f64(field, len, &v) == len)
            sum += v;
        at += len + 1;
    }
    int fd = open(scratch, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (uint64_t left = written; fd >= 0 && left > 0;) {
        ssize_t n = write(fd, block, left < sizeof block ? (size_t)left : sizeof block);
        if (n <= 0)
            fail("the floor cannot be written");
        left -= (uint64_t)n;
    }
    if (fd < 0 || close(fd) != 0 || !(sum > 0))
        fail("the floor cannot be measured");
    nj_buf_free(&buf);
    return ROWS / (now_s() - start);
}

static void measure_bytes(void)
{
    struct nj_journal_files files;
    struct nj_error err;
    if (nj_journal_list(journals, NULL, &files, &err) != 0)
        fail(err.text);
    written = 0;
    for (size_t i = 0; i < files.n; i++)
        written += (uint64_t)files.files[i].size;
    nj_journal_files_free(&files);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void contest(const char *what, bool bars)
{
    double first[RUNS], again[RUNS], floor[RUNS];
    make(bars ? make_bars : make_trades);
    for (int i = 0; i < RUNS; i++) {
        folder_empty(journals);
        first[i] = import(bars, true);
        again[i] = import(bars, false);
        measure_bytes();
        floor[i] = plain();
    }
    qsort(first, RUNS, sizeof first[0], by_size);
    qsort(again, RUNS, sizeof again[0], by_size);
    qsort(floor, RUNS, sizeof floor[0], by_size);
    printf("%-8s into an empty folder %7.0f rows/s, once more %7.0f rows/s; fields, numbers and "
           "bytes alone %8.0f: %.1f times\n",
           what, first[RUNS / 2], again[RUNS / 2], floor[RUNS / 2],
           floor[RUNS / 2] / first[RUNS / 2]);
}

int main(void)
{
    struct nj_error err;
    folder_make(folder, "bench_import");
    snprintf(journals, sizeof journals, "%s/log", folder);
    snprintf(file, sizeof file, "%s/in.csv", folder);
    snprintf(scratch, sizeof scratch, "%s/out", folder);
    if (nj_mkdirs(journals, 0750, &err) != 0)
        fail(err.text);
    contest("bars", true);
    contest("trades", false);
    folder_remove(folder);
    return 0;
}
