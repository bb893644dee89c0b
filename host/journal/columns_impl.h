/* columns_impl.h - the inside of a columns builder, for the scanner, which adds a row a line and
 * has no time for a call. Owned by columns.c; nobody else includes it but scan*.c. */
#ifndef NJ_JOURNAL_COLUMNS_IMPL_H
#define NJ_JOURNAL_COLUMNS_IMPL_H

#include "journal/columns.h"

#include <math.h>
#include <njord/events.h>

enum { COL_TS, COL_SEQ, COL_RECV, COL_TRADES, COL_ID, COL_I64S };
enum {
    COL_OPEN,
    COL_HIGH,
    COL_LOW,
    COL_CLOSE,
    COL_VOLUME,
    COL_QUOTE_VOLUME,
    COL_TAKER_VOLUME,
    COL_F64S,
    COL_PRICE = COL_OPEN,
    COL_QTY = COL_HIGH
};
enum { COL_PARTIAL, COL_VENUE, COL_U8S, COL_SIDE = COL_PARTIAL };

struct nj_columns_builder {
    enum nj_columns_kind kind;
    char symbol[NJORD_SYMBOL_SIZE]; /* "": no row yet */
    char timeframe[NJORD_TIMEFRAME_SIZE];
    int64_t length_ns; /* of timeframe */
    size_t n, cap;     /* rows; that the arrays below have room for */
    int64_t *i64[COL_I64S];
    double *f64[COL_F64S];
    uint8_t *u8[COL_U8S];
    char *id_text;
    size_t id_len, id_cap;
    char venues[NJ_COLUMNS_VENUES][NJORD_ASSET_SIZE];
    uint32_t n_venues;
};

/* A trade_id as the id column has it. */
struct nj_columns_id {
    int64_t number;   /* when it is one, NJORD_NONE_I64: see text */
    const char *text; /* not NUL-ended */
    size_t len;       /* 0: there is none */
};

/* Room for a row; and an optional column, made now with nothing in it (NULL: out of memory). */
int nj_columns_grow(struct nj_columns_builder *b, struct nj_error *err);
int64_t *nj_columns_make_i64(struct nj_columns_builder *b, int column, struct nj_error *err);
double *nj_columns_make_f64(struct nj_columns_builder *b, int column, struct nj_error *err);
uint8_t *nj_columns_make_u8(struct nj_columns_builder *b, int column, struct nj_error *err);
/* Index of a venue that is in the list from now on. */
int nj_columns_venue(struct nj_columns_builder *b, const char *venue, uint8_t *index,
                     struct nj_error *err);
/* The row's value for an id that is no number: its place among the texts, which has it from now on.
 */
int nj_columns_id_text(struct nj_columns_builder *b, const struct nj_columns_id *id, int64_t *value,
                       struct nj_error *err);
/* Does it belong to the rows there are (the first decides)? */
int nj_columns_bar_fits(struct nj_columns_builder *b, const njord_bar *bar, struct nj_error *err);
int nj_columns_trade_fits(struct nj_columns_builder *b, const njord_trade *trade,
                          struct nj_error *err);

static inline int nj_columns_put_i64(struct nj_columns_builder *b, int column, int64_t v,
                                     struct nj_error *err)
{
    int64_t *at = b->i64[column];
    if (!at) {
        if (v == NJORD_NONE_I64)
            return 0;
        at = nj_columns_make_i64(b, column, err);
        if (!at)
            return NJ_ERR_NOMEM;
    }
    at[b->n] = v;
    return 0;
}

static inline int nj_columns_put_f64(struct nj_columns_builder *b, int column, double v,
                                     struct nj_error *err)
{
    double *at = b->f64[column];
    if (!at) {
        if (isnan(v))
            return 0;
        at = nj_columns_make_f64(b, column, err);
        if (!at)
            return NJ_ERR_NOMEM;
    }
    at[b->n] = v;
    return 0;
}

static inline int nj_columns_put_u8(struct nj_columns_builder *b, int column, uint8_t v,
                                    struct nj_error *err)
{
    uint8_t *at = b->u8[column];
    if (!at) {
        if (v == NJORD_NONE_U8)
            return 0;
        at = nj_columns_make_u8(b, column, err);
        if (!at)
            return NJ_ERR_NOMEM;
    }
    at[b->n] = v;
    return 0;
}

static inline int nj_columns_put_head(struct nj_columns_builder *b, const njord_event *ev,
                                      struct nj_error *err)
{
    int64_t seq = ev->seq == 0 ? NJORD_NONE_I64 : (int64_t)ev->seq;
    if (b->n == b->cap && nj_columns_grow(b, err) < 0)
        return NJ_ERR_NOMEM;
    if (nj_columns_put_i64(b, COL_SEQ, seq, err) < 0)
        return NJ_ERR_NOMEM;
    return nj_columns_put_i64(b, COL_RECV, ev->ts_recv_ns, err);
}

/* A row of one that fits. The columns keep their length until all of it is in. */
static inline int nj_columns_push_bar(struct nj_columns_builder *b, const njord_bar *bar,
                                      struct nj_error *err)
{
    if (nj_columns_put_head(b, &bar->ev, err) < 0 ||
        nj_columns_put_i64(b, COL_TRADES, bar->trades, err) < 0 ||
        nj_columns_put_f64(b, COL_QUOTE_VOLUME, bar->quote_volume, err) < 0 ||
        nj_columns_put_f64(b, COL_TAKER_VOLUME, bar->taker_volume, err) < 0 ||
        nj_columns_put_u8(b, COL_PARTIAL, bar->partial, err) < 0)
        return NJ_ERR_NOMEM;
    b->i64[COL_TS][b->n] = bar->ts_open;
    b->f64[COL_OPEN][b->n] = bar->open;
    b->f64[COL_HIGH][b->n] = bar->high;
    b->f64[COL_LOW][b->n] = bar->low;
    b->f64[COL_CLOSE][b->n] = bar->close;
    b->f64[COL_VOLUME][b->n] = bar->volume;
    b->n++;
    return 0;
}

/* venue: index in the list, NJORD_NONE_U8. The trade's own venue and trade_id are not looked at. */
static inline int nj_columns_push_trade(struct nj_columns_builder *b, const njord_trade *trade,
                                        uint8_t venue, const struct nj_columns_id *id,
                                        struct nj_error *err)
{
    int64_t id_value = id->number;
    if (nj_columns_put_head(b, &trade->ev, err) < 0 ||
        nj_columns_put_u8(b, COL_SIDE, trade->side, err) < 0 ||
        nj_columns_put_u8(b, COL_VENUE, venue, err) < 0)
        return NJ_ERR_NOMEM;
    if (id->number == NJORD_NONE_I64 && id->len > 0 &&
        nj_columns_id_text(b, id, &id_value, err) < 0)
        return NJ_ERR_NOMEM;
    if (nj_columns_put_i64(b, COL_ID, id_value, err) < 0)
        return NJ_ERR_NOMEM;
    b->i64[COL_TS][b->n] = trade->ev.ts_ns;
    b->f64[COL_PRICE][b->n] = trade->price;
    b->f64[COL_QTY][b->n] = trade->qty;
    b->n++;
    return 0;
}

#endif
