#include "record.h"

#include "pairs.h"

#include <njord/codec.h>
#include <stdio.h>
#include <string.h>

int play_set_symbol(njord_trade *trade, const struct play_names *names, const char *raw, size_t len,
                    char why[PLAY_WHY])
{
    if (names->symbol[0]) {
        raw = names->symbol;
        len = strlen(raw);
    }
    return play_pair(raw, len, names->symbols, names->n_symbols, trade->symbol, why, PLAY_WHY);
}

int play_finish(njord_trade *trade, const struct play_names *names, char why[PLAY_WHY])
{
    if (trade->venue[0] == '\0')
        snprintf(trade->venue, sizeof trade->venue, "%s", names->venue);
    if (!(trade->price > 0.0))
        snprintf(why, PLAY_WHY, "price must be > 0");
    else if (!(trade->qty > 0.0))
        snprintf(why, PLAY_WHY, "quantity must be > 0");
    else if (trade->ev.ts_ns < 0)
        snprintf(why, PLAY_WHY, "time is before 1970");
    else
        return PLAY_TRADE;
    return PLAY_BAD;
}

int play_number(const char *text, size_t len, const char *what, double *out, char why[PLAY_WHY])
{
    if (len > 0 && njord_parse_f64(text, len, out) == len)
        return 0;
    snprintf(why, PLAY_WHY, "%s: expected a number, found '%.*s'", what, (int)(len < 40 ? len : 40),
             text);
    return -1;
}
