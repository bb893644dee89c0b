/*
 * reader_rotation.c - a journal is read, again and again, while its writer rotates and packs it.
 *
 * A child writes numbered lines (trades; then acknowledgements, in the journal of orders) over
 * simulated days, cuts the journal every 4 KB and packs each finished file at once; the parent
 * reads the chain from its start, or from behind a number, by time or by seq, as fast as it can.
 * Every reading must give each number once, in order, without a gap, and at least up to what the
 * child had written when the reading began. 20,000 lines, 400,000 with NJORD_SOAK=1 in the
 * environment (make soak).
 */
#include "../support/folder.h"
#include "journal/compress.h"
#include "journal/journal.h"
#include "journal/reader.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define START   INT64_C(1735689600000000000) /* 2025-01-01 */
#define STEP    INT64_C(30000000000)         /* 2,880 lines a day */
#define AT_ONCE 16

static char dir[256];

/* Journals, and what a line of each has besides time and number. */
static const struct kind {
    const char *stem, *members;
} kinds[] = {{"md.trades.BTCUSDT", "\"symbol\":\"BTC/USDT\",\"price\":61800.5,\"qty\":0.25"},
             {"orders",
              "\"contract\":\"BrokerOrderAck\",\"client_order_id\":\"3f9a1c-s44w1s-mh4g1-0\","
              "\"exchange_order_id\":\"20481934\""}};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "reader_rotation: %s: %s (files in '%s')\n", what, why, dir);
    exit(1);
}

/* ---- the writer ------------------------------------------------------------------------------ */

static void pack(void *ctx, const char *path, int fd)
{
    struct nj_error err;
    (void)ctx;
    if (fd >= 0)
        close(fd);
    if (nj_compress_file(nj_platform_system(), path, NULL, &err) != 0)
        die("packing", err.text);
}

static void write_all(const struct kind *kind, uint64_t lines, _Atomic uint64_t *written)
{
    struct nj_journals_options options = {.platform = nj_platform_system(),
                                          .dir = dir,
                                          .fsync = NJ_JOURNAL_FSYNC_NEVER,
                                          .max_open = 4,
                                          .rotate_daily = true,
                                          .rotate_bytes = 4096,
                                          .line_clock = true,
                                          .finished = pack};
    struct nj_journals *journals;
    struct nj_error err;
    char line[256];
    if (nj_journals_open(&journals, &options, &err) != 0)
        die("open", err.text);
    for (uint64_t i = 1; i <= lines; i++) {
        int64_t ts = START + (int64_t)i * STEP;
        int n = snprintf(line, sizeof line, "{%s,\"ts_ns\":%lld,\"seq\":%llu}", kind->members,
                         (long long)ts, (unsigned long long)i);
        if (nj_journals_append(journals, kind->stem, ts, line, (size_t)n, &err) != 0)
            die("append", err.text);
        if (i % AT_ONCE != 0 && i != lines)
            continue;
        if (nj_journals_flush(journals, &err) != 0)
            die("flush", err.text);
        atomic_store(written, i);
    }
    if (nj_journals_close(journals, &err) != 0)
        die("close", err.text);
    exit(0);
}

/* ---- the reader ------------------------------------------------------------------------------ */

/* Reads what is behind `after`; how far it came. */
static uint64_t read_all(const struct kind *kind, uint64_t after, enum nj_reader_order order,
                         uint64_t *files)
{
    const char *stems[] = {kind->stem};
    struct nj_reader_options options = {.dir = dir,
                                        .stems = stems,
                                        .n_stems = 1,
                                        .from_ns = INT64_MIN,
                                        .to_ns = INT64_MAX,
                                        .after_seq = after,
                                        .order = order};
    struct nj_reader_stats stats;
    struct nj_reader *reader;
    struct nj_error err;
    struct nj_read got;
    uint64_t last = after;
    char why[128];
    int rc;
    if (nj_reader_open(&reader, &options, &err) != 0)
        die("reader", err.text);
    while ((rc = nj_reader_next(reader, &got, &err)) == 1) {
        if (got.event->seq != last + 1) {
            snprintf(why, sizeof why, "%llu after %llu", (unsigned long long)got.event->seq,
                     (unsigned long long)last);
            die(got.path, why);
        }
        last++;
    }
    if (rc != 0)
        die("reader", err.text);
    nj_reader_stats(reader, &stats);
    *files += stats.files;
    nj_reader_close(reader);
    return last;
}

static void one_kind(const struct kind *kind, uint64_t lines, _Atomic uint64_t *written)
{
    uint64_t readings = 0, files = 0;
    int status = 0;
    bool ended = false;
    folder_make(dir, "reader_rotation");
    atomic_store(written, 0);
    pid_t child = fork();
    if (child < 0)
        die("fork", "refused");
    if (child == 0)
        write_all(kind, lines, written);
    while (!ended) {
        ended = waitpid(child, &status, WNOHANG) == child; /* then once more */
        uint64_t least = atomic_load(written);
        uint64_t back = readings % 8 == 0 ? least : readings * 977 % 3000;
        uint64_t after = back < least ? least - back : 0;
        uint64_t came =
            read_all(kind, after, readings % 2 ? NJ_READ_BY_SEQ : NJ_READ_BY_TIME, &files);
        if (came < least)
            die("reader", "what was written before the reading is missing");
        readings++;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("writer", "did not end well");
    if (read_all(kind, 0, NJ_READ_BY_TIME, &files) != lines)
        die("reader", "lines are missing at the end");
    printf("%s: %llu lines, %llu readings of %llu files while they were rotated and packed\n",
           kind->stem, (unsigned long long)lines, (unsigned long long)readings,
           (unsigned long long)files);
    folder_remove(dir);
}

int main(void)
{
    const char *soak = getenv("NJORD_SOAK");
    uint64_t lines = soak && strcmp(soak, "1") == 0 ? 400000 : 20000;
    _Atomic uint64_t *written =
        mmap(NULL, sizeof *written, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (written == MAP_FAILED)
        die("mmap", "refused");
    setbuf(stdout, NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        one_kind(&kinds[i], lines, written);
    return 0;
}
