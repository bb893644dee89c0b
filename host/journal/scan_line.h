/* scan_line.h - one line of a bar or trade taken apart at the pace of memory: the inside of scan.c.
 *
 * Knows one flat object without escapes, known keys only. The key that came behind this one last
 * time is compared with what stands there, sixteen bytes at once, before a table is asked; numbers
 * are read eight digits at a time; symbol, timeframe and venue are compared with the last ones.
 * What it does not know it does not judge: the caller asks njord_decode_json(). Memory in, values
 * out. [any]. */
#ifndef NJ_JOURNAL_SCAN_LINE_H
#define NJ_JOURNAL_SCAN_LINE_H

#include "journal/columns_impl.h"

#include <njord/events.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes behind a line's '\n' that must be there to be read (they are never believed). */
#define SCAN_SLACK  64u
#define SCAN_FIELDS 18u

/* A text that is likely to come again, with its quotes, zeros behind it. */
struct scan_known {
    char text[56];
    uint32_t len; /* 0: none yet */
};

struct scan_engine {
    uint32_t type;             /* NJORD_EV_BAR, NJORD_EV_TRADE */
    uint8_t first;             /* the field that came first last time */
    uint8_t next[SCAN_FIELDS]; /* the one that came behind each */
    bool new_name;             /* symbol or timeframe changed; the caller takes it back */
    bool new_venue;            /* likewise */
    bool has_venue;            /* the line names one */
    struct scan_known symbol, timeframe, venue;
    struct nj_columns_id id; /* of the line, whose bytes it points to */
    union {
        njord_event ev;
        njord_bar bar;
        njord_trade trade; /* but for venue and trade_id, which stand above */
    } event;
};

void scan_engine_init(struct scan_engine *engine, uint32_t type);

/* Takes the line at p; it ends with '\n' before `end`, and SCAN_SLACK bytes behind `end` can be
 * read. Returns what stands behind its '\n', the event is then whole; NULL: not a line that it
 * knows how to read, the event is nobody's. */
const char *scan_line(struct scan_engine *engine, const char *p, const char *end);

#endif
