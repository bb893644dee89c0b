/* recorded_impl.h - what the readers of the layouts share. See njord/recorded.h. Pure [any]. */
#ifndef NJORD_RECORDED_IMPL_H
#define NJORD_RECORDED_IMPL_H

#include <njord/codec.h>
#include <njord/recorded.h>

/* What a column can be, in short. */
enum {
    COL_SYMBOL = NJORD_MEMBER_SYMBOL,
    COL_PRICE = NJORD_MEMBER_PRICE,
    COL_QTY = NJORD_MEMBER_QTY,
    COL_TS_NS = NJORD_MEMBER_TS_NS,
    COL_TS = NJORD_MEMBER_TS,
    COL_TS_RECV_NS = NJORD_MEMBER_TS_RECV_NS,
    COL_SIDE = NJORD_MEMBER_SIDE,
    COL_TRADE_ID = NJORD_MEMBER_TRADE_ID,
    COL_VENUE = NJORD_MEMBER_VENUE,
    COL_BUYER_MAKER = NJORD_MEMBER_BUYER_MAKER,
    COL_TIMEFRAME = NJORD_MEMBER_TIMEFRAME,
    COL_TS_CLOSE = NJORD_MEMBER_TS_CLOSE,
    COL_OPEN = NJORD_MEMBER_OPEN,
    COL_HIGH = NJORD_MEMBER_HIGH,
    COL_LOW = NJORD_MEMBER_LOW,
    COL_CLOSE = NJORD_MEMBER_CLOSE,
    COL_VOLUME = NJORD_MEMBER_VOLUME,
    COL_TRADES = NJORD_MEMBER_TRADES,
    COL_QUOTE_VOLUME = NJORD_MEMBER_QUOTE_VOLUME,
    COL_TAKER_VOLUME = NJORD_MEMBER_TAKER_VOLUME,
    COL_PARTIAL = NJORD_MEMBER_PARTIAL,
    N_COLS
};

/* A field of a CSV line. */
typedef struct recorded_field {
    const char *text;
    size_t len;
    int doubled; /* holds "" */
    int there;
} recorded_field;

/* Writes the clause; returns NJORD_RECORDED_BAD. */
int recorded_bad(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* At most 40 bytes of a text, for a clause: "%.*s", recorded_cut(len), text. */
int recorded_cut(size_t len);

/* A decimal number that fills the whole text, kept digit by digit where that is asked. 0 or -1. */
int recorded_number(const njord_recorded *r, const char *text, size_t len, const char *what,
                    double *out, char *why);
/* A time as digits with decimals, or ISO 8601. *unit AUTO: the magnitude tells, and is written
 * there (not for a text). 0 or -1. */
int recorded_time(uint32_t *unit, const char *text, size_t len, int64_t *out_ns, char *why);
/* ns of a unit; 1 for AUTO. */
int64_t recorded_unit_ns(uint32_t unit);
/* The symbol that the options give, else what the line says. 0 or -1. */
int recorded_symbol(const njord_recorded *r, const char *raw, size_t len, char *out, char *why);

/* The venue where the line named none, and the checks that hold for every trade. NJORD_RECORDED_*.
 */
int recorded_trade_done(const njord_recorded *r, njord_trade *trade, char *why);
/* ts_close and own time of a bar whose ts_open and timeframe are known; `close`: what the line says
 * about it, NJORD_NONE_I64 for nothing. NJORD_RECORDED_*. */
int recorded_bar_done(const njord_recorded *r, njord_bar *bar, int64_t close, char *why);

/* ---- captures ---- */
int recorded_looks_capture(const char *line, size_t len);
int recorded_capture(const njord_recorded *r, const char *line, size_t len,
                     njord_recorded_line *out, char *why);

/* ---- CSV ---- */
/* A header that names columns. 0 or -1. */
int recorded_header(njord_recorded *r, const char *line, size_t len, char *why);
/* Columns by name, as the caller lists them or a dump has them. 0 or -1. */
int recorded_columns(njord_recorded *r, const char *names, char *why);
/* Finds the delimiter that makes a line of n_columns of it. 0 or -1. */
int recorded_delimiter(njord_recorded *r, const char *line, size_t len, char *why);
/* Does no field of the line begin like a number? */
int recorded_is_header(const njord_recorded *r, const char *line, size_t len);
/* Which dump without a header has lines like this one: a NJORD_LAYOUT_BINANCE_*, AUTO: none. */
uint32_t recorded_looks_dump(const njord_recorded *r, const char *line, size_t len);
/* *unit: as r->unit, but for what this line tells. NJORD_RECORDED_*. */
int recorded_row(const njord_recorded *r, uint32_t *unit, const char *line, size_t len,
                 njord_recorded_line *out, char *why);

#endif
