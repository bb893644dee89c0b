/* fuzz_scan.c - bytes as NDJSON lines of bars or trades: the scanner takes and refuses the same
 * lines as njord_decode_json() and makes the same of them, bit for bit, a line at a time and as
 * columns. The first byte chooses the contract. Owned by the tests. */
#include "journal/columns.h"
#include "journal/names.h"
#include "journal/scan.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

union any {
    njord_event ev;
    njord_bar bar;
    njord_trade trade;
};

static void differ(const char *what, const char *line, size_t len)
{
    fprintf(stderr, "scanner and codec differ (%s): %.*s\n", what, (int)len, line);
    __builtin_trap();
}

/* One line both ways; true: it is an event, *out. */
static bool both(uint32_t type, const char *line, size_t len, union any *out)
{
    union any scanned;
    size_t size = type == NJORD_EV_BAR ? sizeof(njord_bar) : sizeof(njord_trade);
    memset(out, 0, sizeof *out);
    memset(&scanned, 0, sizeof scanned);
    bool taken = njord_decode_json(type, line, len, out, sizeof *out, NULL, NULL) == 0;
    if (taken != (nj_scan_event(type, line, len, &scanned, NULL) == 0))
        differ(taken ? "refused" : "taken", line, len);
    if (taken && memcmp(&scanned, out, size) != 0)
        differ("another event", line, len);
    return taken;
}

/* What a builder of columns asks besides: one symbol, one timeframe, the length that it names. */
static bool fits(const union any *event, const union any *first)
{
    if (event->ev.type == NJORD_EV_TRADE)
        return !first || strcmp(first->trade.symbol, event->trade.symbol) == 0;
    int64_t length = nj_timeframe_ns(event->bar.timeframe), close;
    return length > 0 && !__builtin_add_overflow(event->bar.ts_open, length, &close) &&
           close == event->bar.ts_close &&
           (!first || (strcmp(first->bar.symbol, event->bar.symbol) == 0 &&
                       strcmp(first->bar.timeframe, event->bar.timeframe) == 0));
}

static void row_is(const struct nj_columns *columns, size_t i, const union any *event,
                   const char *line, size_t len)
{
    union any row;
    memset(&row, 0, sizeof row);
    if (i >= columns->n)
        differ("row missing", line, len);
    if (event->ev.type == NJORD_EV_BAR)
        nj_columns_bar(columns, i, &row.bar);
    else
        nj_columns_trade(columns, i, &row.trade);
    if (memcmp(&row, event, event->ev.size) != 0)
        differ("another row", line, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nj_columns_builder *b;
    struct nj_columns columns;
    union any event, first;
    size_t used, rows = 0, bad = 0;
    if (size < 1)
        return 0;
    uint32_t type = data[0] % 2 ? NJORD_EV_BAR : NJORD_EV_TRADE;
    if (nj_columns_builder_new(&b, type == NJORD_EV_BAR ? NJ_COLUMNS_BARS : NJ_COLUMNS_TRADES,
                               NULL) != 0)
        return 0;
    struct nj_scan scan = {.into = b, .skip_bad = true};
    const char *text = (const char *)data + 1;
    size_t len = size - 1;
    if (nj_scan_lines(&scan, text, len, true, 1, &used, NULL) != 0 || used != len)
        differ("not read to its end", text, len);
    nj_columns_view(b, &columns);
    for (size_t at = 0; at < len;) {
        const char *line = text + at, *end = memchr(line, '\n', len - at);
        size_t n = end ? (size_t)(end - line) : len - at;
        char *copy = malloc(n ? n : 1); /* reading past the line is seen */
        if (!copy)
            break;
        memcpy(copy, line, n);
        if (both(type, copy, n, &event) && fits(&event, rows ? &first : NULL)) {
            if (rows == 0)
                first = event;
            row_is(&columns, rows++, &event, copy, n);
        } else {
            bad++;
        }
        free(copy);
        at += n + 1;
    }
    if (columns.n != rows || scan.bad != bad || scan.lines != rows + bad)
        differ("rows counted", text, len);
    nj_columns_builder_free(b);
    return 0;
}
