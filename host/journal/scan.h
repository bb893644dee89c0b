/* scan.h - NDJSON lines of bars or trades into columns, at the pace of memory.
 *
 * Lines of the fixed shape (one flat object, keys in any order, no escapes in what we know) are
 * taken apart by a scanner of our own that checks as it goes: required members there and once,
 * types, forms, numbers finite and correctly rounded, UTF-8, nothing after the object. A line that
 * it does not know how to read (escapes, unknown keys, null, texts beyond ASCII) goes through
 * njord_decode_json(), which is strict where jansson is not; both accept and refuse the same lines
 * and give the same values: a fuzzer and tests hold them together. So an empty line is bad, a '\r'
 * before the line end is a blank. Columns ask besides for one symbol, one timeframe and the
 * ts_close that it means. Memory in, rows out. [any]. */
#ifndef NJ_JOURNAL_SCAN_H
#define NJ_JOURNAL_SCAN_H

#include "journal/columns.h"

struct nj_scan {
    struct nj_columns_builder *into;
    bool skip_bad; /* count a bad line and go on */
    /* out */
    uint64_t lines, bad, slow; /* read; refused; that took the slow way */
};

/* Reads whole lines of text[0..len) ('\n' ended; the last may lack it only when `last`). *used:
 * bytes of them. number: of the first line. A bad line is NJ_ERR_INPUT "line N: why" unless
 * skip_bad. */
int nj_scan_lines(struct nj_scan *scan, const char *text, size_t len, bool last, uint64_t number,
                  size_t *used, struct nj_error *err);
/* One line (without '\n') into an event: the scanner's way for those who want events. type:
 * NJORD_EV_BAR or NJORD_EV_TRADE; out: room for the struct. */
int nj_scan_event(uint32_t type, const char *line, size_t len, void *out, struct nj_error *err);

#endif
