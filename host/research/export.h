/* export.h - what the journals hold, out again: CSV, NDJSON, JSON.
 *
 * Bars and trades go through the column cache (the same bar once, the later seq; in the order of
 * time), fills and positions line by line. CSV opens with the contract's field names; what is
 * absent is empty; a map is its JSON in quotes. A file gets its name when it is whole
 * (whole_file.h). Memory does not grow with the rows. [any]. */
#ifndef NJ_RESEARCH_EXPORT_H
#define NJ_RESEARCH_EXPORT_H

#include "base/err.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stdint.h>

enum nj_export_format { NJ_EXPORT_CSV, NJ_EXPORT_NDJSON, NJ_EXPORT_JSON };

struct nj_export_options {
    const struct nj_platform *platform;
    const char *journal_dir, *symbol; /* with or without its slash */
    uint32_t type;                    /* NJORD_EV_BAR, _TRADE, _FILL, _POSITION_SNAPSHOT */
    const char *timeframe;            /* of bars */
    int64_t from_ns, to_ns;
    enum nj_export_format format;
    const char *output; /* "-": standard output */
    bool force;         /* over a file that is there */
    bool skip_bad;      /* malformed lines are counted; else the first is the error */
    void (*progress)(void *ctx, uint64_t rows, uint64_t bytes); /* may be NULL */
    void *ctx;
};

struct nj_export_report {
    uint64_t rows, bytes, bad; /* bad: malformed lines passed over */
    int64_t first_ns, last_ns; /* own times; NJORD_NONE_I64: no row */
};

/* NJ_ERR_NOT_FOUND: no such journal; NJ_ERR_EXISTS: the file is there. No row in range is fine. */
int nj_export_run(const struct nj_export_options *options, struct nj_export_report *report,
                  struct nj_error *err);

#endif
