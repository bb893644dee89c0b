/* cache_csv.h - a CSV file's rows as a series of the column cache, for who reads such a file
 * directly.
 *
 * The folder of the file is its owner's: the segment lies in $XDG_CACHE_HOME/njord/csv (else
 * ~/.cache/njord/csv), named by the file's real path, symbol and timeframe. It is used while
 * device, inode, size, mtime and ctime are the file's and ctime was two seconds old when it was
 * read; a file of which less is certain is read again, and so is one that is asked for with other
 * rules (malformed lines counted or not). Rows just read stay in memory, ready for use, until
 * nj_cache_keep_csv() writes them: what becomes of that changes no row. Files below 4 MB are not
 * worth a segment. Those that nobody used for 30 days are removed by whoever writes the next. Never
 * changes a CSV file. [any]: a cache is used by one thread at a time, but for nj_cache_keep_csv().
 */
#ifndef NJ_JOURNAL_CACHE_CSV_H
#define NJ_JOURNAL_CACHE_CSV_H

#include "journal/cache.h"

struct nj_cache_csv_options {
    const struct nj_platform *platform; /* NULL: the machine itself */
    const char *path;
    enum nj_columns_kind kind;
    const char *symbol;     /* of all rows, whatever they say */
    const char *timeframe;  /* of all bars; not of trades */
    int64_t from_ns, to_ns; /* own time; INT64_MIN, INT64_MAX: all */
    bool skip_bad;          /* malformed lines are counted; else the first is the error */
    bool verify;            /* reads the file, whatever is kept of it */
};

/* The rows of the file in range; bars rise in time, trades do not fall: else NJ_ERR_INPUT, as for a
 * malformed line (FILE:LINE: why) and a file of which no line tells what it is. NJ_ERR_NOT_FOUND:
 * no such file; NJ_ERR_IO: damaged; NJ_ERR_BUSY: it changes while it is read. nj_cache_pieces(),
 * nj_cache_bad() and nj_cache_close() as for journals. */
int nj_cache_open_csv(struct nj_cache **out, const struct nj_cache_csv_options *options,
                      struct nj_error *err);
/* Writes what was read and is not in the cache yet, if anything. May run on a thread of its own
 * while others read the series' pieces; before nj_cache_close(). What fails costs the next reader
 * a reading. */
void nj_cache_keep_csv(struct nj_cache *cache);

#endif
