/* fuzz_capture.c - bytes as the recordings that playback reads: every line through the parsers of
 * captures, CSV and symbols; the whole as a gzip file's two sides. What a parser calls a trade must
 * be a whole event. The first byte chooses. Owned by the tests. */
#include "capture.h"
#include "csv.h"
#include "gzip_check.h"
#include "pairs.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_whole(const njord_trade *trade)
{
    char why[256];
    if (njord_event_check(&trade->ev, sizeof *trade, why, sizeof why) != 0 || !(trade->price > 0) ||
        !(trade->qty > 0) || trade->ev.ts_ns < 0) {
        fprintf(stderr, "a parser let through what is no trade: %s\n", why);
        __builtin_trap();
    }
}

static void one_line(int format, struct play_csv *csv, int *has_header, const char *line,
                     size_t len)
{
    static const char *const symbols[] = {"BTC/USDT", "PEPE/BUSD"};
    const struct play_names names = {"binance", "", symbols, 2};
    const struct play_names renamed = {"", "ATOM/USDT", NULL, 0};
    char why[PLAY_WHY] = "";
    njord_trade trade;
    njord_decode_error error;
    char symbol[NJORD_SYMBOL_SIZE];
    int result = PLAY_OTHER;

    switch (format) {
    case 0:
        result = play_capture_line(&names, line, len, &trade, why);
        break;
    case 1:
        if (!*has_header)
            *has_header = play_csv_header(csv, PLAY_UNIT_AUTO, line, len, why) == 0 ? 1 : -1;
        else if (*has_header > 0)
            result = play_csv_row(csv, len % 2 ? &names : &renamed, line, len, &trade, why);
        break;
    case 2:
        if (njord_decode_json(NJORD_EV_TRADE, line, len, &trade, sizeof trade, NULL, &error) == 0)
            result = play_finish(&trade, &names, why);
        break;
    default:
        (void)play_capture_looks(line, len);
        if (play_pair(line, len, symbols, 2, symbol, why, sizeof why) == 0 &&
            (!strchr(symbol, '/') || strlen(symbol) >= sizeof symbol))
            __builtin_trap();
    }
    if (result == PLAY_TRADE)
        expect_whole(&trade);
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
    struct play_csv csv;
    int has_header = 0;
    if (size < 1)
        return 0;
    if (data[0] % 5 == 4) {
        as_gzip(data + 1, size - 1);
        return 0;
    }
    for (size_t at = 1; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end ? (size_t)(end - (data + at)) : size - at;
        /* a copy of its own, so that reading past a line is seen */
        char *line = malloc(len ? len : 1);
        if (!line)
            return 0;
        memcpy(line, data + at, len);
        one_line(data[0] % 5, &csv, &has_header, line, len);
        free(line);
        at += len + 1;
    }
    return 0;
}
