/* import.h - history from a file of someone else's into dated journals, a file a day.
 *
 * Reads any layout of njord/recorded.h, plain or gzip, stages the rows by day beside the journals,
 * merges each day with what the folder holds of it (merge.h) and puts all days in place as one step
 * (commit.h). All or nothing: a bad line, a full disk, a row that is stored with other values leave
 * the folder as it was; killed at any instant, the folder holds every day old or new and whole, and
 * the next import ends what was begun. Holds the folder's lock, so no host writes meanwhile. Memory
 * is bounded by a day. [any]. */
#ifndef NJ_RESEARCH_IMPORT_H
#define NJ_RESEARCH_IMPORT_H

#include "base/err.h"
#include "base/fs.h"
#include "base/platform.h"
#include "journal/names.h"

#include <njord/recorded.h>
#include <stdbool.h>
#include <stdint.h>

struct nj_import_options {
    const struct nj_platform *platform;
    const char *file;        /* "-": standard input */
    const char *journal_dir; /* made when missing */
    const char *symbol;      /* BASE/QUOTE */
    uint32_t kind;           /* NJORD_EV_BAR, NJORD_EV_TRADE; 0: what the layout says */
    const char *timeframe;   /* of bars; NULL: what the file says or the first rows' spacing */
    uint32_t layout, unit;   /* NJORD_LAYOUT_*, NJORD_UNIT_*; 0: found out */
    const char *columns;     /* NULL: the layout's */
    char delimiter;          /* '\0': found out */
    const char *venue;       /* of trades that name none; NULL: none */
    bool replace, round, dry_run;
    /* Told now and then how far it is: rows read, bytes of the (unpacked) file. May be NULL. */
    void (*progress)(void *ctx, uint64_t rows, uint64_t bytes);
    void *ctx;
};

struct nj_import_report {
    uint32_t kind, layout, unit;
    bool header, layout_given, unit_given, timeframe_found;
    bool assumed; /* six bare columns were taken as ts,open,high,low,close,volume */
    char delimiter;
    char timeframe[NJORD_TIMEFRAME_SIZE];
    char symbol[NJORD_SYMBOL_SIZE];
    char stem[NJ_STEM_SIZE];
    uint64_t lines, rows;   /* of the file; rows of the symbol */
    uint64_t other_symbols; /* rows left out */
    uint64_t other_lines;   /* of a capture: of other streams */
    uint64_t unordered;     /* rows before the one before them */
    uint64_t unsound;       /* bars with impossible values */
    uint64_t rounded;       /* numbers taken though their digits are not kept (`round`) */
    uint64_t added, same, replaced, twice;
    uint32_t days, days_written;
    int64_t first_ns, last_ns; /* of the rows: ts_open or ts_ns */
    bool finished_earlier;     /* an import that had been interrupted was ended first */
};

/* NJ_ERR_INPUT: FILE:LINE and why, or options that do not fit; NJ_ERR_EXISTS: stored with other
 * values; NJ_ERR_BUSY: a host has the folder. */
int nj_import_run(const struct nj_import_options *options, struct nj_import_report *report,
                  struct nj_error *err);

#endif
