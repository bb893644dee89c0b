#include "journal/scan_line.h"

#include "journal/scan_number.h"

#include <njord/codec.h>
#include <njord/contract.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__

/* Every trick below reads a word's first byte as its lowest. Elsewhere the codec takes all lines.
 */
void scan_engine_init(struct scan_engine *e, uint32_t type)
{
    memset(e, 0, sizeof *e);
    e->type = type;
}

const char *scan_line(struct scan_engine *e, const char *p, const char *end)
{
    (void)e;
    (void)p;
    (void)end;
    return NULL;
}

#else

/* ---- fields ---------------------------------------------------------------------------------- */

enum field_kind {
    FIELD_F64,
    FIELD_I64,
    FIELD_SYMBOL,
    FIELD_TIMEFRAME,
    FIELD_VENUE,
    FIELD_ID,
    FIELD_SIDE,
    FIELD_BOOL,
    FIELD_CONTRACT,
    FIELD_SRC,
    FIELD_SRC_SEQ
};

struct field {
    char key[16];     /* with its quotes and colon, zeros behind */
    uint64_t mask[2]; /* of the bytes of key */
    uint32_t len;
    uint16_t kind;
    uint16_t offset; /* in the event */
};

#define LOW_MASK(n)   ((n) >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * ((n)&7))) - 1)
#define HIGH_MASK(n)  ((n) <= 8 ? 0 : (UINT64_C(1) << (8 * ((n)&7))) - 1)
#define KEY(name)     "\"" name "\":"
#define KEY_LEN(name) (sizeof KEY(name) - 1)
#define FIELD(name, kind, type, member)                                                            \
    {                                                                                              \
        KEY(name), {LOW_MASK(KEY_LEN(name)), HIGH_MASK(KEY_LEN(name))}, KEY_LEN(name), kind,       \
            offsetof(type, member)                                                                 \
    }
#define ENVELOPE(type)                                                                             \
    FIELD("seq", FIELD_I64, type, ev.seq), FIELD("ts_recv_ns", FIELD_I64, type, ev.ts_recv_ns),    \
        FIELD("contract", FIELD_CONTRACT, type, ev), FIELD("_src", FIELD_SRC, type, ev),           \
        FIELD("_seq", FIELD_SRC_SEQ, type, ev)

static const struct field bar_fields[] = {
    FIELD("symbol", FIELD_SYMBOL, njord_bar, symbol),
    FIELD("timeframe", FIELD_TIMEFRAME, njord_bar, timeframe),
    FIELD("ts_open", FIELD_I64, njord_bar, ts_open),
    FIELD("ts_close", FIELD_I64, njord_bar, ts_close),
    FIELD("open", FIELD_F64, njord_bar, open),
    FIELD("high", FIELD_F64, njord_bar, high),
    FIELD("low", FIELD_F64, njord_bar, low),
    FIELD("close", FIELD_F64, njord_bar, close),
    FIELD("volume", FIELD_F64, njord_bar, volume),
    FIELD("trades", FIELD_I64, njord_bar, trades),
    FIELD("quote_volume", FIELD_F64, njord_bar, quote_volume),
    FIELD("taker_volume", FIELD_F64, njord_bar, taker_volume),
    FIELD("partial", FIELD_BOOL, njord_bar, partial),
    ENVELOPE(njord_bar),
};
static const struct field trade_fields[] = {
    FIELD("symbol", FIELD_SYMBOL, njord_trade, symbol),
    FIELD("price", FIELD_F64, njord_trade, price),
    FIELD("qty", FIELD_F64, njord_trade, qty),
    FIELD("side", FIELD_SIDE, njord_trade, side),
    FIELD("ts_ns", FIELD_I64, njord_trade, ev.ts_ns),
    FIELD("trade_id", FIELD_ID, njord_trade, trade_id),
    FIELD("venue", FIELD_VENUE, njord_trade, venue),
    ENVELOPE(njord_trade),
};
#define BAR_REQUIRED   0x1ffu /* symbol to volume */
#define TRADE_REQUIRED 0x17u  /* symbol, price, qty, ts_ns */
#define TRADE_VENUE    0x40u

#define N_BAR       (sizeof bar_fields / sizeof bar_fields[0])
#define N_TRADE     (sizeof trade_fields / sizeof trade_fields[0])
_Static_assert(N_BAR == SCAN_FIELDS && N_TRADE <= SCAN_FIELDS, "room for what came behind what");

/* Which key may it be, by its first four bytes? They tell all keys of a contract apart, and the
 * factor sends each to a slot of its own. The key itself is compared afterwards. */
#define HASH4(word) ((uint32_t)((uint32_t)(word)*0xd5d8575du) >> 27)
#define SLOT(a, b, c, d)                                                                           \
    [HASH4((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)]
static const uint8_t bar_slots[32] = {
    SLOT('s', 'y', 'm', 'b') = 0,  SLOT('t', 'i', 'm', 'e') = 1,  SLOT('t', 's', '_', 'o') = 2,
    SLOT('t', 's', '_', 'c') = 3,  SLOT('o', 'p', 'e', 'n') = 4,  SLOT('h', 'i', 'g', 'h') = 5,
    SLOT('l', 'o', 'w', '"') = 6,  SLOT('c', 'l', 'o', 's') = 7,  SLOT('v', 'o', 'l', 'u') = 8,
    SLOT('t', 'r', 'a', 'd') = 9,  SLOT('q', 'u', 'o', 't') = 10, SLOT('t', 'a', 'k', 'e') = 11,
    SLOT('p', 'a', 'r', 't') = 12, SLOT('s', 'e', 'q', '"') = 13, SLOT('t', 's', '_', 'r') = 14,
    SLOT('c', 'o', 'n', 't') = 15, SLOT('_', 's', 'r', 'c') = 16, SLOT('_', 's', 'e', 'q') = 17};
static const uint8_t trade_slots[32] = {
    SLOT('s', 'y', 'm', 'b') = 0, SLOT('p', 'r', 'i', 'c') = 1,  SLOT('q', 't', 'y', '"') = 2,
    SLOT('s', 'i', 'd', 'e') = 3, SLOT('t', 's', '_', 'n') = 4,  SLOT('t', 'r', 'a', 'd') = 5,
    SLOT('v', 'e', 'n', 'u') = 6, SLOT('s', 'e', 'q', '"') = 7,  SLOT('t', 's', '_', 'r') = 8,
    SLOT('c', 'o', 'n', 't') = 9, SLOT('_', 's', 'r', 'c') = 10, SLOT('_', 's', 'e', 'q') = 11};

/* ---- bytes ---------------------------------------------------------------------------------- */

/* JSON's blanks but for '\n', which is a line's end. */
static inline const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\r')
        p++;
    return p;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* The plain text (ASCII, nothing escaped) between quotes at p, at most `max` bytes. Returns what
 * stands behind it, NULL: it is none. */
static inline const char *take_text(const char *p, size_t max, const char **text, size_t *len)
{
    if (*p != '"')
        return NULL;
    *text = ++p;
    for (size_t at = 0; at <= max; at += 8) {
        uint64_t w = scan_load8(p + at), quote = w ^ ('"' * SCAN_ONES),
                 slash = w ^ ('\\' * SCAN_ONES);
        /* borrows run upwards: the lowest hit is one */
        uint64_t hit = (((quote - SCAN_ONES) & ~quote) | ((slash - SCAN_ONES) & ~slash) |
                        (w - 0x20 * SCAN_ONES) | w) &
                       SCAN_TOPS;
        if (hit == 0)
            continue;
        at += (size_t)__builtin_ctzll(hit) / 8;
        *len = at;
        return p[at] == '"' && at <= max ? p + at + 1 : NULL;
    }
    return NULL;
}

/* Does it stand at p again? */
static inline bool is_known(const struct scan_known *known, const char *p)
{
    uint32_t at = 0;
    if (known->len == 0)
        return false;
    for (; at + 8 <= known->len; at += 8) {
        if (scan_load8(p + at) != scan_load8(known->text + at))
            return false;
    }
    unsigned left = known->len - at;
    return left == 0 || (scan_load8(p + at) ^ scan_load8(known->text + at)) << (64 - 8 * left) == 0;
}

/* text stands between quotes. */
static void learn(struct scan_known *known, const char *text, size_t len)
{
    memset(known, 0, sizeof *known);
    memcpy(known->text, text - 1, len + 2);
    known->len = (uint32_t)len + 2;
}

static bool is_symbol(const char *text, size_t len)
{
    const char *slash = memchr(text, '/', len);
    if (!slash || slash == text || slash + 1 == text + len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
              c == '-' || text + i == slash))
            return false;
    }
    return true;
}

static bool is_timeframe(const char *text, size_t len)
{
    if (len < 2 || text[0] < '1' || text[0] > '9' || !memchr("smhdw", text[len - 1], 5))
        return false;
    for (size_t i = 1; i + 1 < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return true;
}

/* A symbol or timeframe other than the last. */
static const char *new_name(struct scan_engine *e, const char *p, bool symbol)
{
    char *out = symbol ? e->event.bar.symbol : e->event.bar.timeframe;
    size_t size = symbol ? NJORD_SYMBOL_SIZE : NJORD_TIMEFRAME_SIZE, len;
    const char *text;
    if (symbol && e->type == NJORD_EV_TRADE)
        out = e->event.trade.symbol;
    p = take_text(p, size - 1, &text, &len);
    if (!p || !(symbol ? is_symbol(text, len) : is_timeframe(text, len)))
        return NULL;
    memset(out, 0, size);
    memcpy(out, text, len);
    learn(symbol ? &e->symbol : &e->timeframe, text, len);
    e->new_name = true;
    return p;
}

static const char *new_venue(struct scan_engine *e, const char *p)
{
    const char *text;
    size_t len;
    p = take_text(p, NJORD_ASSET_SIZE - 1, &text, &len);
    if (!p || len == 0)
        return NULL;
    learn(&e->venue, text, len);
    e->new_venue = true;
    return p;
}

static inline const char *take_id(struct scan_engine *e, const char *p)
{
    const char *end = *p == '"' ? scan_take_i64(p + 1, &e->id.number) : NULL;
    if (end && *end == '"') {
        e->id.text = p + 1;
        e->id.len = (size_t)(end - p - 1);
        return end + 1;
    }
    e->id.number = NJORD_NONE_I64;
    return take_text(p, NJORD_REF_SIZE - 1, &e->id.text, &e->id.len);
}

static inline const char *take_side(const char *p, uint8_t *out)
{
    uint64_t word = scan_load8(p);
    if ((word & LOW_MASK(5)) == (UINT64_C(0x2279756222))) { /* "buy" */
        *out = NJORD_SIDE_BUY;
        return p + 5;
    }
    *out = NJORD_SIDE_SELL;
    return (word & LOW_MASK(6)) == UINT64_C(0x226c6c657322) ? p + 6 : NULL; /* "sell" */
}

static inline const char *take_bool(const char *p, uint8_t *out)
{
    *out = scan_load4(p) == 0x65757274u; /* true */
    if (*out)
        return p + 4;
    return scan_load4(p) == 0x736c6166u && p[4] == 'e' ? p + 5 : NULL; /* fals */
}

/* The contract's own name. */
static const char *take_contract(uint32_t type, const char *p)
{
    const char *name = njord_contracts[type].name, *text;
    size_t len;
    p = take_text(p, 32, &text, &len);
    return p && strlen(name) == len && memcmp(name, text, len) == 0 ? p : NULL;
}

/* ---- lines ----------------------------------------------------------------------------------- */

void scan_engine_init(struct scan_engine *e, uint32_t type)
{
    uint32_t n = type == NJORD_EV_BAR ? (uint32_t)N_BAR : (uint32_t)N_TRADE;
    memset(e, 0, sizeof *e);
    e->type = type;
    for (uint32_t i = 0; i < n; i++) /* senders keep the table's order */
        e->next[i] = (uint8_t)((i + 1) % n);
    njord_event_init(&e->event, type);
    e->new_name = e->new_venue = true;
}

static inline bool is_key(const struct field *f, const char *p)
{
    return (((scan_load8(p) ^ scan_load8(f->key)) & f->mask[0]) |
            ((scan_load8(p + 8) ^ scan_load8(f->key + 8)) & f->mask[1])) == 0;
}

static inline const char *take_value(struct scan_engine *e, const struct field *f, const char *p,
                                     const char *end)
{
    char *at = (char *)&e->event + f->offset;
    const char *text;
    int64_t number;
    double real;
    size_t len;
    switch ((enum field_kind)f->kind) {
    case FIELD_F64:
        p = scan_take_f64(p, end, &real);
        memcpy(at, &real, p ? sizeof real : 0);
        return p;
    case FIELD_I64:
        p = scan_take_i64(p, &number);
        memcpy(at, &number, p ? sizeof number : 0);
        return p;
    case FIELD_SYMBOL:
        return is_known(&e->symbol, p) ? p + e->symbol.len : new_name(e, p, true);
    case FIELD_TIMEFRAME:
        return is_known(&e->timeframe, p) ? p + e->timeframe.len : new_name(e, p, false);
    case FIELD_VENUE:
        return is_known(&e->venue, p) ? p + e->venue.len : new_venue(e, p);
    case FIELD_ID:
        return take_id(e, p);
    case FIELD_SIDE:
        return take_side(p, (uint8_t *)at);
    case FIELD_BOOL:
        return take_bool(p, (uint8_t *)at);
    case FIELD_CONTRACT:
        return take_contract(e->type, p);
    case FIELD_SRC:
        return take_text(p, NJORD_ID_SIZE - 1, &text, &len);
    case FIELD_SRC_SEQ:
        return scan_take_i64(p, &number);
    }
    return NULL;
}

/* As njord_event_init() leaves what a line may lack. */
static inline void forget(struct scan_engine *e)
{
    e->event.ev.seq = 0;
    e->event.ev.ts_recv_ns = NJORD_NONE_I64;
    if (e->type == NJORD_EV_BAR) {
        e->event.bar.trades = NJORD_NONE_I64;
        e->event.bar.quote_volume = NAN;
        e->event.bar.taker_volume = NAN;
        e->event.bar.partial = NJORD_NONE_U8;
    } else {
        e->event.trade.side = NJORD_NONE_U8;
        e->id.number = NJORD_NONE_I64;
        e->id.len = 0;
    }
}

const char *scan_line(struct scan_engine *e, const char *p, const char *end)
{
    bool bar = e->type == NJORD_EV_BAR;
    const struct field *fields = bar ? bar_fields : trade_fields;
    const uint8_t *slots = bar ? bar_slots : trade_slots;
    uint8_t *guess = &e->first;
    uint32_t seen = 0, required = bar ? BAR_REQUIRED : TRADE_REQUIRED;
    forget(e);
    if (*p++ != '{')
        return NULL;
    for (;;) {
        const struct field *f = &fields[*guess];
        if (!is_key(f, p)) {
            p = skip_blanks(p);
            if (*p != '"')
                return NULL;
            *guess = slots[HASH4(scan_load4(p + 1))];
            f = &fields[*guess];
            if (!is_key(f, p))
                return NULL;
        }
        uint32_t bit = 1u << *guess;
        if (seen & bit)
            return NULL;
        seen |= bit;
        guess = &e->next[*guess];
        p += f->len;
        if ((unsigned char)*p <= ' ')
            p = skip_blanks(p);
        p = take_value(e, f, p, end);
        if (!p)
            return NULL;
        if (*p != ',') {
            p = skip_blanks(p);
            if (*p == '}')
                break;
            if (*p != ',')
                return NULL;
        }
        p++;
    }
    if (*++p != '\n') {
        p = skip_blanks(p);
        if (*p != '\n')
            return NULL;
    }
    if ((seen & required) != required)
        return NULL;
    if (bar) {
        e->event.ev.ts_ns = e->event.bar.ts_close;
        e->event.ev.flags = e->event.bar.partial == 1 ? NJORD_EF_PARTIAL : 0;
    } else {
        e->has_venue = (seen & TRADE_VENUE) != 0;
    }
    return p + 1;
}

#endif
