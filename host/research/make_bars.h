/* make_bars.h - bars from recorded trades, offline: the aggregator that serves a host, fed from a
 * file or a folder of journals, into dated journals.
 *
 * A folder's trades come through the column cache, a file's (any layout of njord/recorded.h, plain
 * or gzip) line by line. Doubles among the last ids of a venue are dropped; where ids are missing
 * the buckets touched are left out, as in a host. The last bucket comes too, partial. Each
 * timeframe is put in place as one step (deposit.h): what stands there already is not written
 * twice, a bar that is stored with other values is refused, or replaced; a partial one gives way to
 * the whole. Memory is bounded by a day of bars. [any]. */
#ifndef NJ_RESEARCH_MAKE_BARS_H
#define NJ_RESEARCH_MAKE_BARS_H

#include "base/err.h"
#include "base/platform.h"

#include <njord/abi.h>
#include <stdbool.h>
#include <stdint.h>

#define NJ_MAKE_BARS_MAX 32u /* timeframes at once */

struct nj_make_bars_options {
    const struct nj_platform *platform;
    const char *from;   /* a file, or a folder of journals */
    const char *symbol; /* with or without its slash */
    const char *const *timeframes;
    uint32_t n_timeframes;
    bool gap_fill, replace;
    bool skip_bad;      /* malformed lines of a folder are counted; else the first is the error */
    uint64_t max_gap;   /* bars filled in a row at most; 0: no cap */
    const char *output; /* folder of journals, made when missing */
    /* Told now and then how far it is: trades, bytes read (0: of a folder; UINT64_MAX: reading is
     * over). May be NULL. */
    void (*progress)(void *ctx, uint64_t rows, uint64_t bytes);
    void *ctx;
};

struct nj_made_bars {
    char timeframe[NJORD_TIMEFRAME_SIZE];
    uint64_t bars, filled, partial;
    uint64_t added, same, replaced;
    uint32_t days, days_written;
    int64_t first_ns, last_ns; /* ts_open; NJORD_NONE_I64: no bar */
};

struct nj_make_bars_report {
    char symbol[NJORD_SYMBOL_SIZE];
    uint64_t trades, late, doubles;
    uint64_t bad;           /* malformed lines passed over */
    uint64_t gaps, missing; /* in ids */
    uint64_t left_out;      /* bars of all timeframes */
    int64_t first_ns, last_ns;
    struct nj_made_bars made[NJ_MAKE_BARS_MAX]; /* in the order asked for */
    uint32_t n_made;
    bool finished_earlier; /* something that had been interrupted was ended first */
};

/* NJ_ERR_INPUT: options, a line or a trade that cannot be; NJ_ERR_NOT_FOUND: no trades;
 * NJ_ERR_EXISTS: stored with other values; NJ_ERR_BUSY: a host writes into the output. */
int nj_make_bars_run(const struct nj_make_bars_options *options, struct nj_make_bars_report *report,
                     struct nj_error *err);

#endif
