/*
 * bench_journal.c - journal lines a second, beside what the kernel gives.
 *
 * Lines of 166 bytes (a trade's), as many as make 64 MiB, into one file and into 64 files in turn.
 * Floors of the same run: one write(2) a line, and a buffer of 64 KiB written when it is full.
 * Each figure is the median of RUNS runs.
 */
#include "../support/folder.h"
#include "base/platform.h"
#include "journal/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE  166
#define COUNT 400000
#define FILES 64
#define RUNS  5

static char dir[256], line[LINE + 1];
static char names[FILES][32];

static double now_s(void)
{
    return (double)nj_platform_system()->monotonic_ns(NULL) / 1e9;
}

static int open_plain(void)
{
    char path[300];
    snprintf(path, sizeof path, "%s/floor", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        perror(path);
        exit(1);
    }
    return fd;
}

static void put(int fd, const char *data, size_t len)
{
    if (write(fd, data, len) != (ssize_t)len) {
        perror("write");
        exit(1);
    }
}

static double write_a_line(void)
{
    int fd = open_plain();
    double start = now_s();
    line[LINE] = '\n';
    for (int i = 0; i < COUNT; i++)
        put(fd, line, LINE + 1);
    double took = now_s() - start;
    close(fd);
    return COUNT / took;
}

static double buffered(void)
{
    static char buffer[65536];
    int fd = open_plain();
    size_t len = 0;
    double start = now_s();
    line[LINE] = '\n';
    for (int i = 0; i < COUNT; i++) {
        if (len + LINE + 1 > sizeof buffer) {
            put(fd, buffer, len);
            len = 0;
        }
        memcpy(buffer + len, line, LINE + 1);
        len += LINE + 1;
    }
    put(fd, buffer, len);
    double took = now_s() - start;
    close(fd);
    return COUNT / took;
}

/* `every`: lines between two flushes, 0: each line by append_now. */
static double journal(int every, int files)
{
    struct nj_journals *js;
    struct nj_error err = {0};
    struct nj_journals_options options = {.platform = nj_platform_system(), .dir = dir};
    folder_empty(dir);
    int rc = nj_journals_open(&js, &options, &err);
    double start = now_s();
    for (int i = 0; rc == 0 && i < COUNT; i++) {
        const char *name = names[i % files];
        if (every == 0) {
            rc = nj_journals_append_now(js, name, NJORD_NONE_I64, line, LINE, &err);
            continue;
        }
        rc = nj_journals_append(js, name, NJORD_NONE_I64, line, LINE, &err);
        if (rc == 0 && i % every == every - 1)
            rc = nj_journals_flush(js, &err);
    }
    double took = now_s() - start;
    if (rc != 0 || nj_journals_close(js, &err) != 0) {
        fprintf(stderr, "bench_journal: %s\n", err.text);
        exit(1);
    }
    return COUNT / took;
}

static double journal_256(void)
{
    return journal(256, 1);
}

static double journal_256_64(void)
{
    return journal(256, FILES);
}

static double journal_1(void)
{
    return journal(1, 1);
}

static double journal_now(void)
{
    return journal(0, 1);
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
        double bar; /* lines a second */
    } rows[] = {
        {"write(2) a line", write_a_line, 0},
        {"64 KiB buffer", buffered, 0},
        {"journal, flush each 256 lines", journal_256, 1e6},
        {"journal, the same over 64 files", journal_256_64, 1e6},
        {"journal, flush each line", journal_1, 0},
        {"journal, append_now", journal_now, 0},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    double all[ROWS][RUNS];
    memset(line, 'x', LINE);
    memcpy(line, "{\"a\":\"", 6);
    memcpy(line + LINE - 2, "\"}", 2);
    for (int i = 0; i < FILES; i++)
        snprintf(names[i], sizeof names[i], "md.trades.S%dUSDT", i);
    setenv("TMPDIR", "/tmp", 0); /* where journals would be: on a disk */
    folder_make(dir, "bench");
    for (int run = 0; run < RUNS; run++)
        for (int i = 0; i < ROWS; i++)
            all[i][run] = rows[i].run();
    folder_remove(dir);
    printf("%-34s %12s %10s %10s\n", "", "M lines/s", "/ write", "/ buffer");
    double floor_write = 0, floor_buffer = 0;
    for (int i = 0; i < ROWS; i++) {
        qsort(all[i], RUNS, sizeof all[i][0], compare);
        double median = all[i][RUNS / 2];
        if (i == 0)
            floor_write = median;
        if (i <= 1)
            floor_buffer = median;
        printf("%-34s %12.2f %10.2f %10.2f%s\n", rows[i].what, median / 1e6, median / floor_write,
               median / floor_buffer, median < rows[i].bar ? "   under its bar of 1 M" : "");
    }
    return 0;
}
