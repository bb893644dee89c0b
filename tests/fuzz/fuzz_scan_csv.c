/* fuzz_scan_csv.c - bytes as a CSV file: the short way of the scanner takes and refuses the same
 * rows as the reader of all layouts, with the same words, and makes the same of them, bit for bit.
 * The first byte chooses the options. Owned by the tests. */
#include "journal/columns.h"
#include "journal/scan_csv.h"

#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void differ(const char *what)
{
    fprintf(stderr, "the two ways differ: %s\n", what);
    __builtin_trap();
}

/* What the first lines tell; false: nothing. */
static bool recognise(njord_recorded *recorded, const char *text, size_t len, uint8_t choice)
{
    static const char *const timeframes[] = {"1m", "1h", "1d", "1s"};
    char why[NJORD_RECORDED_WHY] = "";
    njord_recorded_options options = {.kind = choice & 1 ? NJORD_EV_BAR : NJORD_EV_TRADE,
                                      .symbol = "BTC/USDT",
                                      .venue = choice & 2 ? "csv" : NULL,
                                      .timeframe =
                                          choice & 1 ? timeframes[(choice >> 2) & 3] : NULL};
    if (njord_recorded_init(recorded, &options, why) != 0)
        return false;
    int known = 0;
    for (size_t at = 0, n = 0; at < len && n < NJORD_RECORDED_PROBE && known == 0; n++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line = end ? (size_t)(end - text) - at : len - at;
        known = njord_recorded_probe(recorded, text + at, line, why);
        at += line + 1;
    }
    return known >= 0 && njord_recorded_settle(recorded, why) == 0;
}

static int run(struct nj_scan_csv *scan, struct nj_columns *columns, const char *text, size_t len,
               struct nj_error *err)
{
    if (nj_columns_builder_new(
            &scan->into, scan->recorded->kind == NJORD_EV_BAR ? NJ_COLUMNS_BARS : NJ_COLUMNS_TRADES,
            NULL) != 0)
        exit(1);
    int rc = nj_scan_csv_lines(scan, "f", text, len, 1, err);
    nj_columns_view(scan->into, columns);
    return rc;
}

static void same(const struct nj_columns *a, const struct nj_columns *b)
{
    union {
        njord_event ev;
        njord_bar bar;
        njord_trade trade;
    } x, y;
    if (a->n != b->n)
        differ("how many rows");
    for (size_t i = 0; i < a->n; i++) {
        memset(&x, 0, sizeof x);
        memset(&y, 0, sizeof y);
        if (a->kind == NJ_COLUMNS_BARS) {
            nj_columns_bar(a, i, &x.bar);
            nj_columns_bar(b, i, &y.bar);
        } else {
            nj_columns_trade(a, i, &x.trade);
            nj_columns_trade(b, i, &y.trade);
        }
        if (memcmp(&x, &y, sizeof x) != 0)
            differ("a row");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    njord_recorded recorded;
    if (size < 1)
        return 0;
    char *text = malloc(size); /* reading past its end is seen */
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    if (recognise(&recorded, text, size - 1, data[0]) && recorded.kind) {
        for (int skip = 0; skip < 2; skip++) {
            struct nj_scan_csv fast = {.recorded = &recorded, .skip_bad = skip},
                               slow = {.recorded = &recorded, .skip_bad = skip, .slowly = true};
            struct nj_columns a, b;
            struct nj_error e = {0}, f = {0};
            int rc = run(&fast, &a, text, size - 1, &e);
            if (run(&slow, &b, text, size - 1, &f) != rc || strcmp(e.text, f.text) != 0)
                differ("the error");
            same(&a, &b);
            if (fast.bad != slow.bad || fast.lines != slow.lines)
                differ("what was counted");
            nj_columns_builder_free(fast.into);
            nj_columns_builder_free(slow.into);
        }
    }
    free(text);
    return 0;
}
