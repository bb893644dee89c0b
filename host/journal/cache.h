/* cache.h - the column cache: journals of bars or trades as typed columns in memory-mapped files,
 * built once and shared by processes.
 *
 * One immutable segment a source file, beside the journals in .cache/, or in
 * $XDG_CACHE_HOME/njord (else ~/.cache/njord) when that folder cannot be written, or in memory. A
 * segment is known by its source (device, inode, size, mtime_ns) and a hash of its first and last
 * 64 KiB; the full SHA-256 of the source, taken at build, is checked on demand. A live file that
 * grew gets one more segment for what is new, more than 16 are merged; a source that changed
 * otherwise is built again; segments whose source is gone are removed. The format and the rules are
 * in doc/column-cache.md. Written to a temporary name and renamed: processes that build at once all
 * end with a whole segment, and readers never see a half one. A damaged segment is built anew,
 * never believed. Never changes a journal. [any]: a cache is used by one thread at a time. */
#ifndef NJ_JOURNAL_CACHE_H
#define NJ_JOURNAL_CACHE_H

#include "base/platform.h"
#include "journal/columns.h"

struct nj_cache_options {
    const struct nj_platform *platform; /* NULL: the machine itself */
    const char *dir;                    /* of the journals */
    const char *stem;                   /* "ohlcv.1m.ATOMUSDT", "md.trades.BTCUSDT" */
    int64_t from_ns, to_ns;             /* own time; INT64_MIN, INT64_MAX: all */
    bool skip_bad;                      /* bad lines are counted; else the first is the error */
    bool verify;                        /* compare the sources' full hashes */
    bool no_write;                      /* build in memory when there is no segment */
};

struct nj_cache;

struct nj_cache_info {
    uint64_t rows, duplicates; /* of the series; duplicates: dropped for a later seq or line */
    uint64_t bad;              /* lines refused, of all files of the journal */
    uint32_t segments, built;  /* mapped; made by this call, in memory too */
    int64_t first_ns, last_ns; /* ts of the first and last row; 0 without rows */
    char hash[65]; /* SHA-256 over kind, symbol, timeframe and every value of the series in order:
                      the same rows give the same text, however they lie in files */
};

/* The series of a journal: all its rows in range, in the order of ts (trades: of the journal, by
 * seq where each has one), the same ts_open of a bar once (the later seq; one without seq counts
 * less; among those the later line). The files are taken as they were at one moment, also while a
 * host writes and rotates them. When it returns 0, err->text is "" or the one line that says why
 * something was kept in memory only. NJ_ERR_NOT_FOUND: the folder has no such journal;
 * NJ_ERR_INPUT: no journal of bars or trades, a bad line (FILE:LINE), or rows that its name does
 * not say; NJ_ERR_LOST, NJ_ERR_BUSY: its files would not hold still. */
int nj_cache_open(struct nj_cache **out, const struct nj_cache_options *options,
                  struct nj_error *err);
void nj_cache_close(struct nj_cache *cache);
/* Its pieces in order, to be walked one after the other: views into the maps (or, where rows of
 * several files had to be merged, into memory of the cache). */
size_t nj_cache_pieces(const struct nj_cache *cache, const struct nj_columns **pieces);
/* Lines refused, of all files: nj_cache_info.bad, which costs no hash. */
uint64_t nj_cache_bad(const struct nj_cache *cache);
/* hash is worked out on the first call. */
int nj_cache_info(struct nj_cache *cache, struct nj_cache_info *out, struct nj_error *err);

#endif
