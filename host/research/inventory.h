/* inventory.h - what a folder of journals holds: bars and trades by symbol and timeframe.
 *
 * Every series is walked through the column cache, so that the second look is a look at maps.
 * Reads only (but for the cache). [any]. */
#ifndef NJ_RESEARCH_INVENTORY_H
#define NJ_RESEARCH_INVENTORY_H

#include "base/err.h"
#include "base/platform.h"
#include "journal/names.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_series {
    char stem[NJ_STEM_SIZE];
    char symbol[NJORD_SYMBOL_SIZE];       /* BASE/QUOTE; as in the file's name when no row says */
    char timeframe[NJORD_TIMEFRAME_SIZE]; /* "trades" for trades */
    uint32_t type;                        /* NJORD_EV_BAR, NJORD_EV_TRADE */
    uint64_t rows, duplicates, bad_lines;
    int64_t first_ns, last_ns; /* ts_open or ts_ns; NJORD_NONE_I64: no row */
    uint64_t holes, missing;   /* runs of missing bars, or of numeric trade ids; how many in all */
    uint64_t bytes, bytes_gz;  /* on disk: of plain and of compressed files */
    uint32_t files, files_gz;
    bool live;                 /* one of the plain files is not dated */
    char error[NJ_ERROR_TEXT]; /* why it cannot be read; "" */
};

struct nj_inventory {
    struct nj_series *series; /* by symbol, then trades, then the shortest timeframe */
    size_t n;
    bool import_left; /* an import was interrupted while it put files in place */
};

/* NJ_ERR_NOT_FOUND: no such folder. */
int nj_inventory_take(struct nj_inventory *out, const struct nj_platform *platform, const char *dir,
                      struct nj_error *err);
void nj_inventory_free(struct nj_inventory *inventory);

/* The topic whose journal holds events of a type: bars, trades, fills, positions. */
const njord_topic *nj_journal_topic(uint32_t type);

#endif
