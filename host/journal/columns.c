#include "journal/columns.h"

#include "journal/columns_impl.h"
#include "journal/names.h"

#include <njord/codec.h>
#include <njord/contract.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROWS  1024u
#define FIRST_TEXTS 4096u

/* ---- views ----------------------------------------------------------------------------------- */

static void put_head(const struct nj_columns *c, size_t i, njord_event *ev)
{
    if (c->seq && c->seq[i] != NJORD_NONE_I64)
        ev->seq = (uint64_t)c->seq[i];
    if (c->ts_recv_ns)
        ev->ts_recv_ns = c->ts_recv_ns[i];
}

void nj_columns_bar(const struct nj_columns *c, size_t i, njord_bar *out)
{
    njord_event_init(out, NJORD_EV_BAR);
    put_head(c, i, &out->ev);
    memcpy(out->symbol, c->symbol, sizeof out->symbol);
    memcpy(out->timeframe, c->timeframe, sizeof out->timeframe);
    out->ts_open = c->ts[i];
    if (__builtin_add_overflow(c->ts[i], nj_timeframe_ns(c->timeframe), &out->ts_close))
        out->ts_close = INT64_MAX; /* of a damaged segment: no line has such a time */
    out->ev.ts_ns = out->ts_close;
    out->open = c->open[i];
    out->high = c->high[i];
    out->low = c->low[i];
    out->close = c->close[i];
    out->volume = c->volume[i];
    if (c->quote_volume)
        out->quote_volume = c->quote_volume[i];
    if (c->taker_volume)
        out->taker_volume = c->taker_volume[i];
    if (c->trades)
        out->trades = c->trades[i];
    if (c->partial)
        out->partial = c->partial[i];
    if (out->partial == 1)
        out->ev.flags |= NJORD_EF_PARTIAL;
}

static void put_id(const struct nj_columns *c, int64_t id, char out[NJORD_REF_SIZE])
{
    size_t place = (size_t)~id;
    if (id == NJORD_NONE_I64)
        return;
    if (id >= 0)
        njord_format_i64(id, out);
    else if (place < c->id_text_len)
        memcpy(out, c->id_text + place,
               strnlen(c->id_text + place, c->id_text_len - place < NJORD_REF_SIZE
                                               ? c->id_text_len - place
                                               : NJORD_REF_SIZE - 1));
}

void nj_columns_trade(const struct nj_columns *c, size_t i, njord_trade *out)
{
    njord_event_init(out, NJORD_EV_TRADE);
    put_head(c, i, &out->ev);
    memcpy(out->symbol, c->symbol, sizeof out->symbol);
    out->ev.ts_ns = c->ts[i];
    out->price = c->price[i];
    out->qty = c->qty[i];
    if (c->side)
        out->side = c->side[i];
    if (c->venue && c->venue[i] < c->n_venues)
        memcpy(out->venue, c->venues[c->venue[i]], sizeof out->venue);
    if (c->id)
        put_id(c, c->id[i], out->trade_id);
}

size_t nj_columns_find(const struct nj_columns *c, int64_t ts)
{
    size_t low = 0, n = c->n;
    while (n > 0) {
        size_t half = n / 2;
        if (c->ts[low + half] < ts) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

/* ---- builders -------------------------------------------------------------------------------- */

static int out_of_memory(const struct nj_columns_builder *b, struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "%s of '%s': out of memory for more than %zu rows",
                        b->kind == NJ_COLUMNS_BARS ? "bars" : "trades", b->symbol, b->n);
}

int nj_columns_builder_new(struct nj_columns_builder **out, enum nj_columns_kind kind,
                           struct nj_error *err)
{
    struct nj_columns_builder *b = calloc(1, sizeof *b);
    *out = NULL;
    if (!b)
        return nj_error_set(err, NJ_ERR_NOMEM, "columns: out of memory");
    b->kind = kind;
    *out = b;
    return 0;
}

void nj_columns_builder_free(struct nj_columns_builder *b)
{
    if (!b)
        return;
    for (int i = 0; i < COL_I64S; i++)
        free(b->i64[i]);
    for (int i = 0; i < COL_F64S; i++)
        free(b->f64[i]);
    for (int i = 0; i < COL_U8S; i++)
        free(b->u8[i]);
    free(b->id_text);
    free(b);
}

/* Is the column there from the first row on? */
static bool is_required_f64(const struct nj_columns_builder *b, int column)
{
    return b->kind == NJ_COLUMNS_BARS ? column <= COL_VOLUME : column <= COL_QTY;
}

static void *sized(void *old, size_t rows, size_t size)
{
    return rows > SIZE_MAX / size ? NULL : realloc(old, rows * size);
}

/* A column that has grown is kept also when a later one cannot: cap says what all have. */
int nj_columns_grow(struct nj_columns_builder *b, struct nj_error *err)
{
    size_t cap = b->cap == 0 ? FIRST_ROWS : b->cap * 2;
    for (int i = 0; i < COL_I64S; i++) {
        if (!b->i64[i] && i != COL_TS)
            continue;
        int64_t *grown = sized(b->i64[i], cap, sizeof *grown);
        if (!grown)
            return out_of_memory(b, err);
        b->i64[i] = grown;
    }
    for (int i = 0; i < COL_F64S; i++) {
        if (!b->f64[i] && !is_required_f64(b, i))
            continue;
        double *grown = sized(b->f64[i], cap, sizeof *grown);
        if (!grown)
            return out_of_memory(b, err);
        b->f64[i] = grown;
    }
    for (int i = 0; i < COL_U8S; i++) {
        uint8_t *grown = b->u8[i] ? sized(b->u8[i], cap, sizeof *grown) : NULL;
        if (b->u8[i] && !grown)
            return out_of_memory(b, err);
        b->u8[i] = grown;
    }
    b->cap = cap;
    return 0;
}

int64_t *nj_columns_make_i64(struct nj_columns_builder *b, int column, struct nj_error *err)
{
    int64_t *made = sized(NULL, b->cap, sizeof *made);
    if (!made) {
        (void)out_of_memory(b, err);
        return NULL;
    }
    for (size_t i = 0; i < b->n; i++)
        made[i] = NJORD_NONE_I64;
    b->i64[column] = made;
    return made;
}

double *nj_columns_make_f64(struct nj_columns_builder *b, int column, struct nj_error *err)
{
    double *made = sized(NULL, b->cap, sizeof *made);
    if (!made) {
        (void)out_of_memory(b, err);
        return NULL;
    }
    for (size_t i = 0; i < b->n; i++)
        made[i] = NAN;
    b->f64[column] = made;
    return made;
}

uint8_t *nj_columns_make_u8(struct nj_columns_builder *b, int column, struct nj_error *err)
{
    uint8_t *made = sized(NULL, b->cap, sizeof *made);
    if (!made) {
        (void)out_of_memory(b, err);
        return NULL;
    }
    memset(made, NJORD_NONE_U8, b->n);
    b->u8[column] = made;
    return made;
}

int nj_columns_venue(struct nj_columns_builder *b, const char *venue, uint8_t *index,
                     struct nj_error *err)
{
    uint32_t i = 0;
    *index = NJORD_NONE_U8;
    if (venue[0] == '\0')
        return 0;
    while (i < b->n_venues && strncmp(b->venues[i], venue, NJORD_ASSET_SIZE) != 0)
        i++;
    if (i == NJ_COLUMNS_VENUES)
        return nj_error_set(err, NJ_ERR_LIMIT, "trades of '%s': more than %u venues in one journal",
                            b->symbol, NJ_COLUMNS_VENUES);
    if (i == b->n_venues) {
        memcpy(b->venues[i], venue, NJORD_ASSET_SIZE);
        b->n_venues++;
    }
    *index = (uint8_t)i;
    return 0;
}

int nj_columns_id_text(struct nj_columns_builder *b, const struct nj_columns_id *id, int64_t *value,
                       struct nj_error *err)
{
    if (b->id_cap - b->id_len <= id->len) {
        size_t cap = b->id_cap == 0 ? FIRST_TEXTS : b->id_cap * 2;
        char *grown = realloc(b->id_text, cap);
        if (!grown)
            return out_of_memory(b, err);
        b->id_text = grown;
        b->id_cap = cap;
    }
    *value = ~(int64_t)b->id_len;
    memcpy(b->id_text + b->id_len, id->text, id->len);
    b->id_text[b->id_len + id->len] = '\0';
    b->id_len += id->len + 1;
    return 0;
}

static int symbol_fits(struct nj_columns_builder *b, const char symbol[NJORD_SYMBOL_SIZE],
                       struct nj_error *err)
{
    if (b->symbol[0] == '\0')
        memcpy(b->symbol, symbol, sizeof b->symbol);
    else if (strncmp(b->symbol, symbol, sizeof b->symbol) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "symbol '%.*s' among rows of '%s'",
                            (int)sizeof b->symbol, symbol, b->symbol);
    return 0;
}

int nj_columns_bar_fits(struct nj_columns_builder *b, const njord_bar *bar, struct nj_error *err)
{
    int64_t length = b->length_ns;
    if (b->kind != NJ_COLUMNS_BARS)
        return nj_error_set(err, NJ_ERR_INPUT, "a bar among trades");
    if (b->timeframe[0] == '\0') {
        length = nj_timeframe_ns(bar->timeframe);
        if (length <= 0)
            return nj_error_set(err, NJ_ERR_INPUT, "timeframe '%.*s': has no length",
                                (int)sizeof bar->timeframe, bar->timeframe);
    } else if (strncmp(b->timeframe, bar->timeframe, sizeof b->timeframe) != 0) {
        return nj_error_set(err, NJ_ERR_INPUT, "timeframe '%.*s' among bars of %s",
                            (int)sizeof bar->timeframe, bar->timeframe, b->timeframe);
    }
    if ((uint64_t)bar->ts_close - (uint64_t)bar->ts_open != (uint64_t)length ||
        bar->ts_close < bar->ts_open)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "ts_close %lld is not ts_open %lld plus %.*s: correct the bar",
                            (long long)bar->ts_close, (long long)bar->ts_open,
                            (int)sizeof bar->timeframe, bar->timeframe);
    int rc = symbol_fits(b, bar->symbol, err);
    if (rc == 0 && b->timeframe[0] == '\0') {
        memcpy(b->timeframe, bar->timeframe, sizeof b->timeframe);
        b->length_ns = length;
    }
    return rc;
}

int nj_columns_trade_fits(struct nj_columns_builder *b, const njord_trade *trade,
                          struct nj_error *err)
{
    if (b->kind != NJ_COLUMNS_TRADES)
        return nj_error_set(err, NJ_ERR_INPUT, "a trade among bars");
    return symbol_fits(b, trade->symbol, err);
}

int nj_columns_add_bar(struct nj_columns_builder *b, const njord_bar *bar, struct nj_error *err)
{
    int rc = nj_columns_bar_fits(b, bar, err);
    return rc < 0 ? rc : nj_columns_push_bar(b, bar, err);
}

/* Is the text what njord_format_i64() writes for a number that is not negative? */
static int64_t id_number(const char *text, size_t len)
{
    int64_t number;
    if (len == 0 || text[0] == '-' || njord_parse_i64(text, len, &number) != len)
        return NJORD_NONE_I64;
    return number;
}

int nj_columns_add_trade(struct nj_columns_builder *b, const njord_trade *trade,
                         struct nj_error *err)
{
    struct nj_columns_id id = {.text = trade->trade_id,
                               .len = strnlen(trade->trade_id, sizeof trade->trade_id)};
    uint8_t venue;
    int rc = nj_columns_trade_fits(b, trade, err);
    if (rc == 0)
        rc = nj_columns_venue(b, trade->venue, &venue, err);
    if (rc < 0)
        return rc;
    id.number = id_number(id.text, id.len);
    return nj_columns_push_trade(b, trade, venue, &id, err);
}

void nj_columns_view(const struct nj_columns_builder *b, struct nj_columns *out)
{
    bool bars = b->kind == NJ_COLUMNS_BARS;
    *out = (struct nj_columns){.kind = b->kind,
                               .n = b->n,
                               .ts = b->i64[COL_TS],
                               .seq = b->i64[COL_SEQ],
                               .ts_recv_ns = b->i64[COL_RECV]};
    memcpy(out->symbol, b->symbol, sizeof out->symbol);
    memcpy(out->timeframe, b->timeframe, sizeof out->timeframe);
    if (bars) {
        out->open = b->f64[COL_OPEN];
        out->high = b->f64[COL_HIGH];
        out->low = b->f64[COL_LOW];
        out->close = b->f64[COL_CLOSE];
        out->volume = b->f64[COL_VOLUME];
        out->quote_volume = b->f64[COL_QUOTE_VOLUME];
        out->taker_volume = b->f64[COL_TAKER_VOLUME];
        out->trades = b->i64[COL_TRADES];
        out->partial = b->u8[COL_PARTIAL];
        return;
    }
    out->price = b->f64[COL_PRICE];
    out->qty = b->f64[COL_QTY];
    out->side = b->u8[COL_SIDE];
    out->venue = b->u8[COL_VENUE];
    out->id = b->i64[COL_ID];
    out->id_text = b->id_len > 0 ? b->id_text : NULL;
    out->id_text_len = b->id_len;
    memcpy(out->venues, b->venues, b->n_venues * sizeof b->venues[0]);
    out->n_venues = b->n_venues;
}

void nj_columns_clear_rows(struct nj_columns_builder *b)
{
    b->n = 0;
    b->id_len = 0;
}

#define MOVE(member)                                                                               \
    if (out->member)                                                                               \
    out->member += first

void nj_columns_slice(const struct nj_columns *columns, size_t first, size_t last,
                      struct nj_columns *out)
{
    if (out != columns)
        *out = *columns;
    out->n = last > first ? last - first : 0;
    MOVE(ts);
    MOVE(seq);
    MOVE(ts_recv_ns);
    MOVE(open);
    MOVE(high);
    MOVE(low);
    MOVE(close);
    MOVE(volume);
    MOVE(quote_volume);
    MOVE(taker_volume);
    MOVE(trades);
    MOVE(partial);
    MOVE(price);
    MOVE(qty);
    MOVE(side);
    MOVE(venue);
    MOVE(id);
}
