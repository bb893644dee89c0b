/* cache.h - the column cache: journals of bars or trades as typed columns in memory-mapped files,
 * built once and shared by processes.
 *
 * One immutable segment a source file, beside the journals in .cache/, or in
 * $XDG_CACHE_HOME/njord (else ~/.cache/njord) when that folder cannot be written. A segment is
 * known by its source (device, inode, size, mtime_ns) and a hash of its first and last 64 KiB; the
 * full SHA-256 of the source, taken at build, is checked on demand. A live file that grew gets one
 * more segment for what is new, more than 16 are merged; a source that changed otherwise is built
 * again; segments whose source is gone are removed. Columns are 64-byte aligned; the format is
 * documented in doc/column-cache.md with version and endianness. Written to a temporary name and
 * renamed: two processes that build at once both end with a whole segment, and readers never see a
 * half one. A damaged segment is built anew, never believed. [any]. */
#ifndef NJ_JOURNAL_CACHE_H
#define NJ_JOURNAL_CACHE_H

#include "base/platform.h"
#include "journal/columns.h"

struct nj_cache_options {
    const struct nj_platform *platform;
    const char *dir;        /* of the journals */
    const char *stem;       /* "ohlcv.1m.ATOMUSDT", "md.trades.BTCUSDT" */
    int64_t from_ns, to_ns; /* own time; INT64_MIN, INT64_MAX: all */
    bool skip_bad;          /* bad lines are counted; else the first is the error */
    bool verify;            /* compare the sources' full hashes */
    bool no_write;          /* build in memory when there is no segment */
};

struct nj_cache;

struct nj_cache_info {
    uint64_t rows, bad, duplicates; /* of the series; duplicates: dropped for a later seq */
    uint32_t segments, built;       /* mapped; made by this call */
    int64_t first_ns, last_ns;      /* ts of the first and last row */
    char hash[65]; /* SHA-256 over kind, symbol, timeframe and every value of the series in order:
                      the same rows give the same text, however they lie in files */
};

/* The series of a journal: all its rows in range, in the order of ts (trades: of the journal), the
 * same ts_open of a bar once (the later seq, without seq the later line). NJ_ERR_NOT_FOUND: the
 * folder has no such journal. */
int nj_cache_open(struct nj_cache **out, const struct nj_cache_options *options,
                  struct nj_error *err);
void nj_cache_close(struct nj_cache *cache);
/* Its pieces in order, to be walked one after the other: views into the maps (or, where rows of
 * several files had to be merged, into memory of the cache). */
size_t nj_cache_pieces(const struct nj_cache *cache, const struct nj_columns **pieces);
/* hash is worked out on the first call. */
int nj_cache_info(struct nj_cache *cache, struct nj_cache_info *out, struct nj_error *err);

#endif
