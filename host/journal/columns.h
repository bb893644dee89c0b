/* columns.h - bars or trades as columns: what the scanner makes, the cache maps and the backtester
 * walks.
 *
 * One struct for all of them: arrays of equal length n, one symbol, one timeframe. An optional
 * column that no row has is NULL; a row without a value has NaN, NJORD_NONE_I64 or NJORD_NONE_U8.
 * Rows stand in the order of their source. A builder owns growing arrays; a view owns nothing. */
#ifndef NJ_JOURNAL_COLUMNS_H
#define NJ_JOURNAL_COLUMNS_H

#include "base/err.h"
#include "base/hash.h"

#include <njord/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nj_columns_kind { NJ_COLUMNS_BARS = 1, NJ_COLUMNS_TRADES = 2 };

#define NJ_COLUMNS_VENUES 255u

struct nj_columns {
    enum nj_columns_kind kind;
    char symbol[NJORD_SYMBOL_SIZE];
    char timeframe[8]; /* bars */
    size_t n;
    const int64_t *ts;         /* ts_open of bars, ts_ns of trades */
    const int64_t *seq;        /* optional */
    const int64_t *ts_recv_ns; /* optional */
    /* bars */
    const double *open, *high, *low, *close, *volume;
    const double *quote_volume, *taker_volume; /* optional */
    const int64_t *trades;                     /* optional */
    const uint8_t *partial;                    /* optional; 1: partial */
    /* trades */
    const double *price, *qty;
    const uint8_t *side;  /* optional; NJORD_SIDE_*, NJORD_NONE_U8 */
    const uint8_t *venue; /* optional; index into venues, NJORD_NONE_U8 */
    const int64_t *id;    /* optional; the number that trade_id is, else ~(place in id_text), else
                             NJORD_NONE_I64 */
    const char *id_text;  /* NUL-ended texts, one behind the other; NULL: all ids are numbers */
    size_t id_text_len;
    char venues[NJ_COLUMNS_VENUES][NJORD_ASSET_SIZE];
    uint32_t n_venues;
};

/* Row i as an event, whole and stamped as it was written (PARTIAL in its flags). */
void nj_columns_bar(const struct nj_columns *columns, size_t i, njord_bar *out);
void nj_columns_trade(const struct nj_columns *columns, size_t i, njord_trade *out);
/* The first row at or after ts, when the rows are in the order of ts; n: none. */
size_t nj_columns_find(const struct nj_columns *columns, int64_t ts);

/* Rows first to last (exclusive) of it; out may be it. */
void nj_columns_slice(const struct nj_columns *columns, size_t first, size_t last,
                      struct nj_columns *out);
/* SHA-256 over kind, symbol, timeframe and every value of the pieces in order (cache_hash.c says
 * how): the same rows give the same text, however they lie in pieces. */
int nj_columns_hash(enum nj_columns_kind kind, const struct nj_columns *pieces, size_t n_pieces,
                    char out[NJ_SHA256_HEX], struct nj_error *err);

/* ---- making them ---- */

struct nj_columns_builder; /* owns arrays that grow */

int nj_columns_builder_new(struct nj_columns_builder **out, enum nj_columns_kind kind,
                           struct nj_error *err);
void nj_columns_builder_free(struct nj_columns_builder *builder);
/* Adds a row. The first gives symbol and timeframe; another one's is NJ_ERR_INPUT. Optional columns
 * come into being with the first row that has a value. */
int nj_columns_add_bar(struct nj_columns_builder *builder, const njord_bar *bar,
                       struct nj_error *err);
int nj_columns_add_trade(struct nj_columns_builder *builder, const njord_trade *trade,
                         struct nj_error *err);
/* What it holds; valid until the next row. */
void nj_columns_view(const struct nj_columns_builder *builder, struct nj_columns *out);
/* Forgets the rows, keeps the memory and what they were of: further ones are of this symbol and
 * timeframe, and venues keep their numbers. */
void nj_columns_clear_rows(struct nj_columns_builder *builder);

#endif
