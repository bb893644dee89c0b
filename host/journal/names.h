/* names.h - the names of journal files, and what a folder holds of them.
 *
 * A journal ("stem", as "ohlcv.1m.ATOMUSDT" or "orders") is a chain of files: the dated ones
 * STEM.{YYYYMMDD}[.{n}].ndjson[.gz] in the order of day and n (a number: .10 after .9), then the
 * live one, STEM.ndjson. Where a dated file is there plain and compressed, the plain one counts
 * (its compression did not come to its end). Everything else in a folder (.torn, .lock, temporary
 * names, column caches, files of others) is passed over. The one place that knows these rules; all
 * who write, read, compress or list go through it. [any]. */
#ifndef NJ_JOURNAL_NAMES_H
#define NJ_JOURNAL_NAMES_H

#include "base/err.h"
#include "base/fs.h"

#include <njord/contract.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NJ_STEM_SIZE 208
#define NJ_DAY_LIVE  INT32_MAX /* the live file: after all days */
#define NJ_DAY_NS    INT64_C(86400000000000)

struct nj_journal_file {
    char stem[NJ_STEM_SIZE];
    int32_t day;   /* days since 1970-01-01, NJ_DAY_LIVE */
    uint32_t part; /* n, 0: the day's first file */
    bool gz;
    int64_t size, mtime_ns; /* of nj_journal_list() */
    uint64_t dev, ino;      /* likewise */
};

/* What a stem means: the topic whose events it holds (NULL: events of several contracts, each line
 * names its own: orders, broker.orders, portfolio), its timeframe ("" none) and the symbol as in
 * file names ("" none). */
struct nj_stem {
    const njord_topic *topic;
    char timeframe[8];
    char sym[NJORD_SYMBOL_SIZE];
};

/* False: no journal's file. Only stem, day, part, gz are set; nj_journal_name_make() gives the same
 * name back. */
bool nj_journal_name_parse(const char *file_name, struct nj_journal_file *out);
/* The file name (no folder). NJ_ERR_LIMIT: too long. */
int nj_journal_name_make(const struct nj_journal_file *file, char *out, size_t cap,
                         struct nj_error *err);
/* False: no topic has such a journal (app, a name of nobody). */
bool nj_stem_parse(const char *stem, struct nj_stem *out);
/* "ohlcv.1m.ATOMUSDT", "md.trades.ATOMUSDT": the stem of a topic's journal for a timeframe ("" when
 * it has none) and a symbol (with or without its slash). */
int nj_stem_make(const njord_topic *topic, const char *timeframe, const char *symbol, char *out,
                 size_t cap, struct nj_error *err);

/* Length of a timeframe ("1s" to "1d", any count of s, m, h, d, w) in ns; 0: it is none. */
int64_t nj_timeframe_ns(const char *timeframe);
/* Day of a time, floored; and its first ns (that of an int64's first day: INT64_MIN). */
int32_t nj_day_of(int64_t ts_ns);
int64_t nj_day_start_ns(int32_t day);

struct nj_journal_files {
    struct nj_journal_file *files; /* by stem, then day, then part */
    size_t n;
};
/* Lists the journals of a folder (regular files, links to them too). stem_glob: as the bus matches
 * topics; NULL: all. While a rotation is under way a live file may have its dated name already: it
 * is listed once, by that. NJ_ERR_NOT_FOUND: no such folder. nj_journal_files_free() takes what it
 * gave. */
int nj_journal_list(const char *dir, const char *stem_glob, struct nj_journal_files *out,
                    struct nj_error *err);
void nj_journal_files_free(struct nj_journal_files *files);

#endif
