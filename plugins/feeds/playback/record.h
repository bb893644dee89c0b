/* playback/record.h - what the parsers of all formats share: who is who, and what makes a trade
 * whole. Pure. */
#ifndef PLAYBACK_RECORD_H
#define PLAYBACK_RECORD_H

#include <njord/contract.h>

#define PLAY_WHY 200 /* bytes of a clause that says why a line is bad */

/* Given to every parser. */
struct play_names {
    const char *venue;          /* of trades that name none; "" leaves them without */
    const char *symbol;         /* of all trades; "": as the line says */
    const char *const *symbols; /* the instance's */
    uint32_t n_symbols;
};

/* What became of a line. */
#define PLAY_TRADE 1
#define PLAY_OTHER 0 /* whole, and nothing to play: another stream, an empty line */
#define PLAY_BAD   (-1)

/* Sets the symbol: names->symbol where given, else what `raw` names. 0 or -1 with a clause in
 * `why`. */
int play_set_symbol(njord_trade *trade, const struct play_names *names, const char *raw, size_t len,
                    char why[PLAY_WHY]);

/* The venue where the line named none, and the checks that hold for every trade: price and quantity
 * above 0, a time since 1970. PLAY_TRADE or PLAY_BAD. */
int play_finish(njord_trade *trade, const struct play_names *names, char why[PLAY_WHY]);

/* A decimal number that fills the whole text. 0 or -1 with a clause that names `what`. */
int play_number(const char *text, size_t len, const char *what, double *out, char why[PLAY_WHY]);

#endif
