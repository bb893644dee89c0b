#include "journal/scan_csv.h"

#include "journal/columns_impl.h"
#include "journal/scan_field.h"
#include "journal/scan_line.h"

#include <errno.h>
#include <njord/codec.h>
#include <njord/lines.h>
#include <stdio.h>
#include <string.h>

#define PAD 4096u /* lines up to here are copied where there is no slack behind them */

/* What is done with a column. */
enum what { SKIP, TIME, CLOSE_TIME, NUMBER, MAYBE_NUMBER, COUNT, ID, MAKER, SIDE, SLOW };

struct column {
    uint8_t what;
    uint8_t place;   /* of a number of a bar among the columns */
    uint16_t offset; /* of a number in the event */
};

/* A run over lines of one file. */
struct run {
    struct nj_scan_csv *scan;
    const char *path;
    uint64_t number; /* of the line in hand */
    bool fast;       /* rows of this file can be taken the short way */
    bool bars;
    bool plain; /* nothing but times and numbers that every bar has */
    bool known; /* a row has gone the long way: symbol, timeframe and venue of all are known */
    char delimiter;
    uint32_t n;
    struct column columns[NJORD_RECORDED_COLUMNS];
    int64_t unit_ns; /* of times that are numbers; 0: each tells by itself */
    char day[10];    /* the last date that stood before a time of day */
    int64_t day_ns;  /* when it began */
    uint8_t venue;   /* of trades: the last row's */
    union {
        njord_event ev;
        njord_bar bar;
        njord_trade trade;
    } row;
    struct nj_columns_id id;
};

/* ---- one line, the long way ------------------------------------------------------------------ */

/* A bad line: counted, or the end. */
static int refuse(struct run *r, const char *why, struct nj_error *err)
{
    r->scan->bad++;
    if (r->scan->skip_bad)
        return 0;
    return nj_error_set(err, NJ_ERR_INPUT, "%s:%llu: %s", r->path, (unsigned long long)r->number,
                        why);
}

static int take_slowly(struct run *r, const char *line, size_t len, struct nj_error *err)
{
    njord_recorded_line event;
    char why[NJORD_RECORDED_WHY];
    struct nj_error own = {0};
    int rc = 0;
    r->scan->slow++;
    switch (njord_recorded_read(r->scan->recorded, line, len, &event, why)) {
    case NJORD_RECORDED_BAD:
        return refuse(r, why, err);
    case NJORD_RECORDED_OTHER:
        return 0;
    default:
        rc = event.of.ev.type == NJORD_EV_BAR
                 ? nj_columns_add_bar(r->scan->into, &event.of.bar, &own)
                 : nj_columns_add_trade(r->scan->into, &event.of.trade, &own);
    }
    if (rc == NJ_ERR_INPUT)
        return refuse(r, own.text, err);
    r->known = rc == 0;
    return rc == 0 ? 0
                   : nj_error_set(err, rc, "%s:%llu: %s", r->path, (unsigned long long)r->number,
                                  own.text);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

/* ---- what a file's columns are --------------------------------------------------------------- */

static struct column column_for(const njord_recorded *recorded, int member)
{
    switch (member) {
    case NJORD_MEMBER_SYMBOL: /* the caller's holds for all rows */
        return (struct column){SKIP, 0, 0};
    case NJORD_MEMBER_TS:
    case NJORD_MEMBER_TS_NS:
        return (struct column){TIME, 0, 0};
    default:
        break;
    }
    if (recorded->kind == NJORD_EV_BAR) {
        switch (member) {
        case NJORD_MEMBER_OPEN:
            return (struct column){NUMBER, COL_OPEN, offsetof(njord_bar, open)};
        case NJORD_MEMBER_HIGH:
            return (struct column){NUMBER, COL_HIGH, offsetof(njord_bar, high)};
        case NJORD_MEMBER_LOW:
            return (struct column){NUMBER, COL_LOW, offsetof(njord_bar, low)};
        case NJORD_MEMBER_CLOSE:
            return (struct column){NUMBER, COL_CLOSE, offsetof(njord_bar, close)};
        case NJORD_MEMBER_VOLUME:
            return (struct column){NUMBER, COL_VOLUME, offsetof(njord_bar, volume)};
        case NJORD_MEMBER_QUOTE_VOLUME:
            return (struct column){MAYBE_NUMBER, 0, offsetof(njord_bar, quote_volume)};
        case NJORD_MEMBER_TAKER_VOLUME:
            return (struct column){MAYBE_NUMBER, 0, offsetof(njord_bar, taker_volume)};
        case NJORD_MEMBER_TRADES:
            return (struct column){COUNT, 0, 0};
        case NJORD_MEMBER_TS_CLOSE:
            return (struct column){CLOSE_TIME, 0, 0};
        case NJORD_MEMBER_TS_RECV_NS:
        case NJORD_MEMBER_TIMEFRAME:
        case NJORD_MEMBER_PARTIAL:
            return (struct column){SLOW, 0, 0};
        default: /* a member of trades means nothing here */
            return (struct column){SKIP, 0, 0};
        }
    }
    switch (member) {
    case NJORD_MEMBER_PRICE:
        return (struct column){NUMBER, 0, offsetof(njord_trade, price)};
    case NJORD_MEMBER_QTY:
        return (struct column){NUMBER, 0, offsetof(njord_trade, qty)};
    case NJORD_MEMBER_TRADE_ID:
        return (struct column){ID, 0, 0};
    case NJORD_MEMBER_BUYER_MAKER:
        return (struct column){MAKER, 0, 0};
    case NJORD_MEMBER_SIDE:
        return (struct column){SIDE, 0, 0};
    case NJORD_MEMBER_TS_RECV_NS:
    case NJORD_MEMBER_VENUE:
        return (struct column){SLOW, 0, 0};
    default:
        return (struct column){SKIP, 0, 0};
    }
}

/* Can rows of this file be taken the short way, and how? */
static void plan(struct run *r)
{
    static const int64_t unit_ns[] = {[NJORD_UNIT_S] = 1000000000,
                                      [NJORD_UNIT_MS] = 1000000,
                                      [NJORD_UNIT_US] = 1000,
                                      [NJORD_UNIT_NS] = 1};
    const njord_recorded *recorded = r->scan->recorded;
    const int16_t *at = recorded->column;
    r->bars = recorded->kind == NJORD_EV_BAR;
    r->delimiter = recorded->delimiter;
    r->n = recorded->n_columns;
    r->fast = !r->scan->slowly && recorded->layout >= NJORD_LAYOUT_CSV &&
              recorded->delimiter != '\0' && strchr(",;\t|", recorded->delimiter) && r->n > 0 &&
              !recorded->options.exact && recorded->options.symbol[0] != '\0' &&
              recorded->unit < sizeof unit_ns / sizeof unit_ns[0] &&
              /* which of two would count is the long way's to say */
              !(at[NJORD_MEMBER_SIDE] >= 0 && at[NJORD_MEMBER_BUYER_MAKER] >= 0);
    if (!r->fast)
        return;
    r->unit_ns = unit_ns[recorded->unit];
    for (uint32_t i = 0; i < r->n; i++)
        r->columns[i] = (struct column){SKIP, 0, 0};
    for (int m = 0; m < NJORD_RECORDED_MEMBERS; m++) {
        if (at[m] < 0)
            continue;
        r->columns[at[m]] = column_for(recorded, m);
        if (r->columns[at[m]].what == SLOW)
            r->fast = false;
    }
    njord_event_init(&r->row, recorded->kind);
    r->plain = r->bars;
    for (uint32_t i = 0; i < r->n; i++)
        r->plain = r->plain && (r->columns[i].what == NUMBER || r->columns[i].what == TIME ||
                                r->columns[i].what == SKIP);
}

/* ---- one line, the short way ----------------------------------------------------------------- */

static inline bool two_digits(const char *p, int64_t below, int64_t *out)
{
    unsigned tens = (unsigned)(p[0] - '0'), ones = (unsigned)(p[1] - '0');
    *out = (int64_t)tens * 10 + ones;
    return tens < 10 && ones < 10 && *out < below;
}

/* YYYY-MM-DD and a time of day to the second, in UTC. */
static const char *take_date(struct run *r, const char *p, int64_t *out)
{
    int64_t hour, minute, second = 0;
    if (memcmp(p, r->day, sizeof r->day) != 0) {
        char text[] = "0000-00-00T00:00:00Z";
        int64_t ns;
        memcpy(text, p, sizeof r->day);
        if (memchr(p, '\n', sizeof r->day) || njord_parse_time(text, sizeof text - 1, &ns) != 0 ||
            ns < 0)
            return NULL;
        memcpy(r->day, p, sizeof r->day);
        r->day_ns = ns;
    }
    if ((p[10] != ' ' && p[10] != 'T') || !two_digits(p + 11, 24, &hour) || p[13] != ':' ||
        !two_digits(p + 14, 60, &minute))
        return NULL;
    p += 16;
    if (*p == ':') {
        if (!two_digits(p + 1, 60, &second))
            return NULL;
        p += 3;
        if (*p == 'Z')
            p++;
        else if (memcmp(p, "+00:00", 6) == 0)
            p += 6;
    }
    return __builtin_add_overflow(r->day_ns, ((hour * 60 + minute) * 60 + second) * 1000000000, out)
               ? NULL
               : p;
}

static inline const char *take_time(struct run *r, const char *p, int64_t *out)
{
    int64_t whole;
    const char *behind = scan_take_i64(p, &whole);
    if (!behind)
        return NULL;
    if (*behind == '-')
        return behind - p == 4 ? take_date(r, p, out) : NULL;
    if (r->unit_ns == 0 || __builtin_mul_overflow(whole, r->unit_ns, out))
        return NULL;
    return behind;
}

/* A field that nobody asks for; NULL: it is quoted, or has a byte that no line may have. */
static inline const char *skip_field(const char *p, char delimiter)
{
    const char *first = p;
    while (*p != delimiter && *p != '\n') {
        if (*p == '"' || *p == '\0')
            return NULL;
        p++;
    }
    return *p == '\n' && p > first && p[-1] == '\r' ? p - 1 : p;
}

static inline const char *take_side(struct run *r, const char *p)
{
    bool buy = (*p | 0x20) == 'b';
    if (!buy && (*p | 0x20) != 's')
        return NULL;
    r->row.trade.side = buy ? NJORD_SIDE_BUY : NJORD_SIDE_SELL;
    if (memcmp(p, buy ? "buy" : "sell", buy ? 3 : 4) == 0)
        return p + (buy ? 3 : 4);
    return p[1] == r->delimiter || p[1] == '\n' || p[1] == '\r' ? p + 1 : NULL;
}

static inline const char *take_maker(struct run *r, const char *p)
{
    bool maker = (*p | 0x20) == 't' || *p == '1';
    r->row.trade.side = maker ? NJORD_SIDE_SELL : NJORD_SIDE_BUY; /* the aggressor's */
    if (*p == '1' || *p == '0')
        return p + 1;
    if (memcmp(p, "true", 4) == 0 || memcmp(p, "True", 4) == 0)
        return p + 4;
    return memcmp(p, "false", 5) == 0 || memcmp(p, "False", 5) == 0 ? p + 5 : NULL;
}

static inline const char *take_field(struct run *r, const struct column *c, const char *p,
                                     const char *end, int64_t *ts, int64_t *close)
{
    const char *behind;
    double real;
    switch ((enum what)c->what) {
    case MAYBE_NUMBER:
        if (*p == r->delimiter || *p == '\n' || *p == '\r') {
            real = NAN;
            memcpy((char *)&r->row + c->offset, &real, sizeof real);
            return p;
        }
        __attribute__((fallthrough));
    case NUMBER:
        p = scan_take_f64(p, end, &real);
        memcpy((char *)&r->row + c->offset, &real, p ? sizeof real : 0);
        return p;
    case TIME:
        return take_time(r, p, ts);
    case CLOSE_TIME:
        return take_time(r, p, close);
    case COUNT:
        return scan_take_i64(p, &r->row.bar.trades);
    case ID:
        behind = scan_take_i64(p, &r->id.number);
        r->id.text = p;
        r->id.len = behind ? (size_t)(behind - p) : 0;
        return behind;
    case SIDE:
        return take_side(r, p);
    case MAKER:
        return take_maker(r, p);
    case SKIP:
        return skip_field(p, r->delimiter);
    case SLOW:
        break;
    }
    return NULL;
}

/* As recorded_bar_done() has it: exclusive, or the last of a unit within. */
static inline bool closes(int64_t length, int64_t ts, int64_t close, njord_bar *bar)
{
    int64_t gap;
    bar->ts_open = ts;
    if (__builtin_add_overflow(ts, length, &bar->ts_close))
        return false;
    bar->ev.ts_ns = bar->ts_close;
    if (close == NJORD_NONE_I64)
        return true;
    if (__builtin_sub_overflow(bar->ts_close, close, &gap))
        return false;
    return gap == 0 || gap == 1 || gap == 1000 || gap == 1000000 || gap == 1000000000;
}

/* Rows of a file with no columns but a time, numbers that every bar has, and what nobody asks for:
 * numbers go where they stay. Lines that end before `end`, SCAN_SLACK bytes behind which can be
 * read; `text`: from where on bytes can be read. Returns the first line that is another way's. */
static const char *take_plain_rows(struct run *r, const char *text, const char *p, const char *end)
{
    struct nj_columns_builder *into = r->scan->into;
    const uint32_t last = r->n - 1;
    const char delimiter = r->delimiter;
    const char *base = p;
    uint64_t mask = p < end ? scan_ends(base, delimiter) : 0;
    while (p < end && into->n < into->cap) {
        const size_t row = into->n;
        const char *field = p;
        int64_t ts = 0, close;
        for (uint32_t i = 0; i <= last; i++) {
            const struct column *c = &r->columns[i];
            while (mask == 0) {
                base += 64;
                mask = scan_ends(base, delimiter);
            }
            const char *stop = base + __builtin_ctzll(mask), *behind = stop, *read;
            mask &= mask - 1;
            if (*stop != (i == last ? '\n' : delimiter))
                return p;
            behind -= i == last && stop > field && stop[-1] == '\r';
            size_t len = (size_t)(behind - field);
            if (c->what == NUMBER) {
                double *out = &into->f64[c->place][row];
                if (len - 1 < 8 && behind - text >= 8 && scan_short_number(field, len, out))
                    read = behind;
                else
                    read = scan_take_f64(field, end, out);
            } else {
                read = c->what == TIME ? take_time(r, field, &ts) : skip_field(field, delimiter);
            }
            if (read != behind)
                return p;
            field = stop + 1;
        }
        if (__builtin_add_overflow(ts, into->length_ns, &close))
            return p;
        into->i64[COL_TS][row] = ts;
        into->n = row + 1;
        p = field;
        r->scan->lines++;
        r->number++;
    }
    return p;
}

/* The row at p, which ends with '\n' before `end`, SCAN_SLACK bytes behind which can be read. What
 * stands behind it, the row added; NULL: it is the long way's, or *rc. */
static inline const char *take_row(struct run *r, const char *p, const char *end, int *rc,
                                   struct nj_error *err)
{
    struct nj_columns_builder *into = r->scan->into;
    int64_t ts = 0, close = NJORD_NONE_I64;
    for (uint32_t i = 0;;) {
        p = take_field(r, &r->columns[i], p, end, &ts, &close);
        if (!p)
            return NULL;
        if (++i == r->n)
            break;
        if (*p++ != r->delimiter)
            return NULL;
    }
    p += *p == '\r';
    if (*p != '\n')
        return NULL;
    if (r->bars) {
        if (!closes(into->length_ns, ts, close, &r->row.bar))
            return NULL;
        *rc = nj_columns_push_bar(into, &r->row.bar, err);
    } else {
        if (!(r->row.trade.price > 0.0) || !(r->row.trade.qty > 0.0))
            return NULL;
        r->row.ev.ts_ns = ts;
        *rc = nj_columns_push_trade(into, &r->row.trade, r->venue, &r->id, err);
    }
    return p + 1;
}

/* Which number the one venue of all rows has. */
static void learn_venue(struct run *r)
{
    const struct nj_columns_builder *into = r->scan->into;
    if (r->known && !r->bars && into->u8[COL_VENUE])
        r->venue = into->u8[COL_VENUE][into->n - 1];
}

/* Lines that end before `end` with SCAN_SLACK bytes behind it. */
static int take_lines(struct run *r, const char *p, const char *end, struct nj_error *err)
{
    const char *text = p;
    int rc = 0;
    while (p < end && rc == 0) {
        const char *next = NULL;
        if (r->known && r->plain)
            p = take_plain_rows(r, text, p, end);
        if (p == end)
            break;
        if (r->known)
            next = take_row(r, p, end, &rc, err);
        if (!next) {
            next = memchr(p, '\n', (size_t)(end - p));
            rc = rc == 0 ? take_slowly(r, p, (size_t)(next - p), err) : rc;
            learn_venue(r);
            next++;
        }
        r->scan->lines++;
        r->number++;
        p = next;
    }
    return rc;
}

/* The lines that the short way may read, from text on; *stopped: where they end. */
static int take_most(struct run *r, const char *text, size_t len, const char **stopped,
                     struct nj_error *err)
{
    const char *slack_end = NULL;
    if (r->fast && len > SCAN_SLACK)
        slack_end = memrchr(text, '\n', len - SCAN_SLACK);
    *stopped = slack_end ? slack_end + 1 : text;
    return slack_end ? take_lines(r, text, slack_end + 1, err) : 0;
}

/* A line without slack behind it, or without its '\n'. */
static int take_last(struct run *r, const char *line, size_t len, struct nj_error *err)
{
    char room[PAD + SCAN_SLACK];
    if (r->fast && len < PAD) {
        memcpy(room, line, len);
        room[len] = '\n';
        memset(room + len + 1, 0, SCAN_SLACK);
        return take_lines(r, room, room + len + 1, err);
    }
    r->scan->lines++;
    int rc = take_slowly(r, line, len, err);
    r->number++;
    return rc;
}

#else

/* The short way reads a word's first byte as its lowest. Elsewhere all rows go the long way. */
static void plan(struct run *r)
{
    r->fast = false;
}

static int take_most(struct run *r, const char *text, size_t len, const char **stopped,
                     struct nj_error *err)
{
    (void)r;
    (void)len;
    (void)err;
    *stopped = text;
    return 0;
}

static int take_last(struct run *r, const char *line, size_t len, struct nj_error *err)
{
    r->scan->lines++;
    int rc = take_slowly(r, line, len, err);
    r->number++;
    return rc;
}

#endif

/* ---- runs of lines --------------------------------------------------------------------------- */

static void begin(struct run *r, struct nj_scan_csv *scan, const char *path, uint64_t number)
{
    memset(r, 0, sizeof *r);
    r->scan = scan;
    r->path = path;
    r->number = number;
    r->venue = NJORD_NONE_U8;
    r->id.number = NJORD_NONE_I64;
    plan(r);
}

int nj_scan_csv_lines(struct nj_scan_csv *scan, const char *path, const char *text, size_t len,
                      uint64_t number, struct nj_error *err)
{
    struct run r;
    const char *p = text, *end = text + len;
    begin(&r, scan, path, number);
    while (p < end && r.number <= scan->recorded->header_lines) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        p = stop ? stop + 1 : end;
        r.number++;
    }
    int rc = take_most(&r, p, (size_t)(end - p), &p, err);
    while (rc == 0 && p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        rc = take_last(&r, p, (size_t)((stop ? stop : end) - p), err);
        p = stop ? stop + 1 : end;
    }
    return rc;
}

int nj_scan_csv_file(struct nj_scan_csv *scan, const char *path, struct nj_error *err)
{
    char why[NJ_ERROR_TEXT];
    njord_block block;
    int rc = 0, got = 0;
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    if (!lines)
        return nj_error_set(err, errno == ENOENT ? NJ_ERR_NOT_FOUND : NJ_ERR_IO, "%s", why);
    while (rc == 0 && (got = njord_lines_block(lines, &block)) > 0) {
        if (block.too_long) {
            scan->lines++;
            scan->bad++;
            if (!scan->skip_bad)
                rc = nj_error_set(err, NJ_ERR_LIMIT, "%s:%llu: longer than %u bytes", path,
                                  (unsigned long long)block.number, NJORD_LINE_MAX);
        } else {
            rc = nj_scan_csv_lines(scan, path, block.text, block.len, block.number, err);
        }
        scan->bytes = block.end;
    }
    if (rc == 0 && got < 0)
        rc = nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(lines));
    njord_lines_close(lines);
    return rc;
}
