/* compress.h - finished journals to gzip, never at the risk of a line.
 *
 * Level 6, no time stamp or name in the header (same input, same bytes). Packed to a temporary
 * name, synced, inflated again and compared with the source byte for byte, renamed to a name that
 * was free (link semantics: never over an existing file), the folder synced, and only then the
 * source removed. Killed at any step, the next run finishes or begins again; leftovers of the
 * temporary kind are removed. A dated file that is there plain and compressed: where they are equal
 * the plain one goes, else it gets the next free .n. [any]: no state but the files. */
#ifndef NJ_JOURNAL_COMPRESS_H
#define NJ_JOURNAL_COMPRESS_H

#include "base/platform.h"
#include "journal/names.h"

#include <stdatomic.h>

struct nj_compress_stats {
    uint64_t files, bytes_in, bytes_out, skipped, failed; /* skipped: not old enough */
    uint64_t live_left; /* live files old enough, left alone because a host has the folder */
};

/* One dated file. The compressed one's path in out (NJ_PATH_MAX; may be NULL). NJ_ERR_BUSY: another
 * one compresses it, or its rotation has not come to its end: later. */
int nj_compress_file(const struct nj_platform *pf, const char *path, char *out,
                     struct nj_error *err);
/* The same, but given up (NJ_ERR_BUSY, nothing left behind) soon after *stop turns true. */
int nj_compress_file_until(const struct nj_platform *pf, const char *path, const atomic_bool *stop,
                           char *out, struct nj_error *err);
/* Removes a file of a folder if it is a compression's temporary one and nobody works on it. */
int nj_compress_tidy(const struct nj_platform *pf, const char *dir, const char *name,
                     struct nj_error *err);
/* All of a folder's; the first failure is told, the others are gone all the same. */
int nj_compress_tidy_folder(const struct nj_platform *pf, const char *dir, struct nj_error *err);
/* Everything in `dir` last written before older_than_ns (wall clock; age by mtime) and not being
 * written: dated files; live ones only when no host has the folder (its lock is taken meanwhile),
 * renamed first to the day of their last line. app.ndjson is left alone. each (may be NULL) is told
 * of every file as it is done; a failure is told, counted and does not end it. */
int nj_compress_folder(const struct nj_platform *pf, const char *dir, int64_t older_than_ns,
                       void (*each)(void *ctx, const char *from, const char *to, uint64_t in,
                                    uint64_t out, const struct nj_error *failed),
                       void *ctx, struct nj_compress_stats *stats, struct nj_error *err);

#endif
