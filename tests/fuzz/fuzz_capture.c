/* fuzz_capture.c - bytes as the recordings that playback reads: lines of captures and symbols; the
 * whole as a gzip file's two sides. What a reader calls a trade must be a whole event. The first
 * byte chooses. Owned by the tests. */
#include "gzip_check.h"

#include <njord/codec.h>
#include <njord/recorded.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_line(const njord_recorded *how, const char *line, size_t len)
{
    char why[NJORD_RECORDED_WHY];
    njord_recorded_line out;
    if (njord_recorded_read(how, line, len, &out, why) != NJORD_RECORDED_EVENT)
        return;
    if (njord_event_check(&out.of.ev, sizeof out.of, why, sizeof why) != 0 ||
        out.of.ev.type != NJORD_EV_TRADE || !(out.of.trade.price > 0) || !(out.of.trade.qty > 0) ||
        out.of.ev.ts_ns < 0) {
        fprintf(stderr, "a reader let through what is no trade: %s\n", why);
        __builtin_trap();
    }
}

static void one_symbol(const char *line, size_t len)
{
    static const char *const symbols[] = {"BTC/USDT", "PEPE/BUSD"};
    char symbol[NJORD_SYMBOL_SIZE], why[NJORD_RECORDED_WHY];
    if (njord_symbol_from_pair(line, len, symbols, 2, symbol, why) == 0 &&
        (!strchr(symbol, '/') || strlen(symbol) >= sizeof symbol))
        __builtin_trap();
}

static void as_gzip(const uint8_t *data, size_t size)
{
    struct gzip_check *check = gzip_check_new();
    if (!check)
        return;
    for (size_t at = 0;
         at < size;) { /* packed and unpacked bytes by turns, lengths from the data */
        size_t n = (size_t)data[at] * 16 + 1;
        n = n < size - at ? n : size - at;
        if (data[at] & 1)
            (void)gzip_check_packed(check, data + at, n);
        else
            gzip_check_unpacked(check, data + at, n);
        at += n;
    }
    (void)gzip_check_end(check);
    gzip_check_free(check);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const symbols[] = {"BTC/USDT", "PEPE/BUSD"};
    njord_recorded_options options = {.symbols = symbols, .n_symbols = 2, .venue = "binance"};
    char why[NJORD_RECORDED_WHY];
    njord_recorded how;
    if (size < 1)
        return 0;
    if (data[0] % 5 == 4) {
        as_gzip(data + 1, size - 1);
        return 0;
    }
    options.layout = data[0] % 5 == 2 ? NJORD_LAYOUT_NDJSON : NJORD_LAYOUT_CAPTURE;
    options.kind = NJORD_EV_TRADE;
    options.exact = data[0] / 5 % 2;
    if (njord_recorded_init(&how, &options, why) != 0)
        __builtin_trap();
    for (size_t at = 1; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end ? (size_t)(end - (data + at)) : size - at;
        /* a copy of its own, so that reading past a line is seen */
        char *line = malloc(len ? len : 1);
        if (!line)
            return 0;
        memcpy(line, data + at, len);
        if (data[0] % 5 == 3)
            one_symbol(line, len);
        else
            one_line(&how, line, len);
        free(line);
        at += len + 1;
    }
    return 0;
}
