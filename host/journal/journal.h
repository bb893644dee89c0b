/* journal.h - the journals: append-only NDJSON files that are the truth of a host.
 *
 * A set of files under one folder, which it locks; a file is opened when its first line comes, its
 * torn tail repaired first. Lines are gathered in memory and handed to the kernel by
 * nj_journals_flush(), which the host calls before anything that the lines tell of can be seen
 * outside the process, at the latest before the next poll; a line is never split over two writes'
 * success: a short write is rolled back by ftruncate. nj_journals_append_now() is for order flow:
 * the line is in the kernel when it returns 0.
 *
 * A file holds the lines of one UTC day, by the lines' own time (a late line goes into the file
 * that is live); finished ones get a dated name (names.h, rotate.h). Killed at any moment, no line
 * is lost or stands twice. Within a run, and of all but market data at all times, the order of
 * names is that in which lines were written: a file that begins with a late line is not dated
 * before the one in front of it.
 *
 * When the disk refuses, lines wait in memory within a bound and nj_journals_failed() says so:
 * trading stops and goes on when a flush has succeeded again. Never loses an acknowledged line,
 * never leaves a torn one in the middle. [loop] only. */
#ifndef NJ_JOURNAL_JOURNAL_H
#define NJ_JOURNAL_JOURNAL_H

#include "base/err.h"
#include "base/log.h"
#include "base/platform.h"

#include <njord/contract.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nj_journal_fsync {
    NJ_JOURNAL_FSYNC_NEVER,
    NJ_JOURNAL_FSYNC_INTERVAL,
    NJ_JOURNAL_FSYNC_ALWAYS
};

#define NJ_JOURNAL_FIRST 2u

struct nj_journals_options {
    const struct nj_platform *platform;
    struct nj_log *log; /* may be NULL */
    const char *dir;    /* made when missing */
    enum nj_journal_fsync fsync;
    bool order_fsync; /* append_now syncs whatever fsync says (app.env live) */
    uint32_t
        max_open; /* files open at once, least recently used closed (synced first unless NEVER) */
    /* Journals that reach the kernel before all others, in this order ("orders": what the others
     * tell of must stand in it); ended by NULL. */
    const char *first[NJ_JOURNAL_FIRST + 1];
    size_t max_pending; /* bytes that may wait while the disk refuses; default 64 MiB when 0 */
    /* rotation */
    bool rotate_daily;     /* a file has the lines of one UTC day */
    uint64_t rotate_bytes; /* a file that has grown to it ends before the next line; 0: never */
    bool line_clock; /* time is that of the lines, so that the same lines make the same files; else
                        nj_journals_idle() brings it */
    /* Told of each file that is finished. fd: its descriptor, to be synced and closed by the one
     * who is told (with interval only); -1: it is. NULL: the set does it. */
    void (*finished)(void *ctx, const char *path, int fd);
    void *finished_ctx;
};

struct nj_journals;

/* Opens the folder and takes its lock. NJ_ERR_BUSY: another host has it; read-only or full: one
 * clear line. */
int nj_journals_open(struct nj_journals **out, const struct nj_journals_options *options,
                     struct nj_error *err);
/* Flushes, syncs, closes. Returns the first error of that. */
int nj_journals_close(struct nj_journals *js, struct nj_error *err);

/* Adds a line (without its newline) to the file NAME.ndjson (name: "md.trades.ATOMUSDT"; only
 * [A-Za-z0-9._-], no leading dot, no date at its end). ts_ns: the line's own time
 * (nj_event_time()), NJORD_NONE_I64: it has none and belongs to the day of the file. The file is
 * rotated first when the line is of a later day, or the file is full; when that fails the line goes
 * into the old file. The line is copied. NJ_ERR_LIMIT: more than max_pending waits. */
int nj_journals_append(struct nj_journals *js, const char *name, int64_t ts_ns, const char *line,
                       size_t len, struct nj_error *err);
/* The same and into the kernel at once, with all that waits for that file. On failure the line is
 * not kept: whoever wanted to act on it must not. */
int nj_journals_append_now(struct nj_journals *js, const char *name, int64_t ts_ns,
                           const char *line, size_t len, struct nj_error *err);
/* The own time of an event, for append: ts_open of a bar, ts_fill_ns of a fill, else ts_ns;
 * NJORD_NONE_I64: it has none, or that of a clock of events that has not begun (0). */
int64_t nj_event_time(const njord_event *event);
/* Asked about each line before it is added: 1: it is not added and counts as written, 0: it is.
 * NULL: nobody is asked. (A run done again holds its lines against those that stand there.) */
typedef int (*nj_journal_filter)(void *ctx, const char *name, int64_t ts_ns, const char *line,
                                 size_t len);
void nj_journals_filter(struct nj_journals *js, nj_journal_filter filter, void *ctx);
/* Hands everything that waits to the kernel. On failure what could not be written keeps waiting. */
int nj_journals_flush(struct nj_journals *js, struct nj_error *err);
/* Syncs what was written since the last sync (fsync: interval calls it each second). A failed fsync
 * is final for that descriptor: the file is closed and counted, the next line opens it anew. */
int nj_journals_sync(struct nj_journals *js, struct nj_error *err);
/* Rotates the files of days that have been over for a minute at now_ns (the clock in force), those
 * too that no line comes for any more. A few at a time: called each second. */
void nj_journals_idle(struct nj_journals *js, int64_t now_ns);
/* Closes all files so that they are opened by name again (SIGUSR1). */
int nj_journals_reopen(struct nj_journals *js, struct nj_error *err);

bool nj_journals_failed(const struct nj_journals *js);
const char *nj_journals_dir(const struct nj_journals *js);

struct nj_journal_stats {
    uint64_t lines, bytes, flushes, syncs, short_writes, failures, torn_tails, torn_bytes;
    uint64_t rotations, rotations_failed;
    uint32_t open_files;
};
void nj_journals_stats(const struct nj_journals *js, struct nj_journal_stats *out);

/* Repairs the tail of one file, as opening for append does: cuts back to the last line that parses
 * as a JSON object, within the last 1 MiB (further back is NJ_ERR_INPUT), keeping what was cut in
 * PATH.torn. Returns bytes cut in *cut. */
int nj_journal_repair(const struct nj_platform *pf, const char *path, uint64_t *cut,
                      struct nj_error *err);

#endif
