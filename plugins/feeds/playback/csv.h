/* playback/csv.h - trades as rows of text under a header that names Trade's members.
 *
 * Fields are separated by comma, semicolon or tab, may stand in quotes; every name is known in any
 * case: symbol, price, qty (quantity, size, amount), ts_ns or ts (time, timestamp), ts_recv_ns,
 * side, trade_id (id), venue, is_buyer_maker. Other columns are passed over. Pure; a reader keeps
 * no more than what the header said. */
#ifndef PLAYBACK_CSV_H
#define PLAYBACK_CSV_H

#include "record.h"

enum play_column {
    PLAY_COL_SYMBOL,
    PLAY_COL_PRICE,
    PLAY_COL_QTY,
    PLAY_COL_TS_NS,
    PLAY_COL_TS,
    PLAY_COL_TS_RECV_NS,
    PLAY_COL_SIDE,
    PLAY_COL_TRADE_ID,
    PLAY_COL_VENUE,
    PLAY_COL_BUYER_MAKER,
    PLAY_N_COLUMNS
};

/* Units of the column `ts`; TEXT is found out by itself (ISO 8601). */
enum play_unit { PLAY_UNIT_AUTO, PLAY_UNIT_S, PLAY_UNIT_MS, PLAY_UNIT_US, PLAY_UNIT_NS };

struct play_csv {
    char delimiter;
    uint32_t n_columns;             /* of the header */
    int32_t column[PLAY_N_COLUMNS]; /* its place, -1: not there */
    enum play_unit unit;            /* AUTO until the first row with a number has told */
};

#define PLAY_CSV_MAX_COLUMNS 256

/* Reads a header. 0, or -1 and a clause in `why`: it names no price, quantity or time, or one of
 * them twice. */
int play_csv_header(struct play_csv *csv, enum play_unit unit, const char *line, size_t len,
                    char why[PLAY_WHY]);

/* Reads a row. PLAY_TRADE, PLAY_OTHER (an empty line), PLAY_BAD. */
int play_csv_row(struct play_csv *csv, const struct play_names *names, const char *line, size_t len,
                 njord_trade *out, char why[PLAY_WHY]);

#endif
