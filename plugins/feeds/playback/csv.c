#include "csv.h"

#include <njord/codec.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct span {
    const char *text;
    size_t len;
    int doubled; /* holds "" */
};

static const struct {
    const char *name;
    enum play_column column;
} column_names[] = {{"symbol", PLAY_COL_SYMBOL},
                    {"price", PLAY_COL_PRICE},
                    {"qty", PLAY_COL_QTY},
                    {"quantity", PLAY_COL_QTY},
                    {"size", PLAY_COL_QTY},
                    {"amount", PLAY_COL_QTY},
                    {"ts_ns", PLAY_COL_TS_NS},
                    {"ts", PLAY_COL_TS},
                    {"time", PLAY_COL_TS},
                    {"timestamp", PLAY_COL_TS},
                    {"ts_recv_ns", PLAY_COL_TS_RECV_NS},
                    {"side", PLAY_COL_SIDE},
                    {"trade_id", PLAY_COL_TRADE_ID},
                    {"id", PLAY_COL_TRADE_ID},
                    {"venue", PLAY_COL_VENUE},
                    {"is_buyer_maker", PLAY_COL_BUYER_MAKER},
                    {"isbuyermaker", PLAY_COL_BUYER_MAKER}};

static const int64_t unit_ns[] = {0, 1000000000, 1000000, 1000, 1};

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next field of line[*at..len), which ends at `delimiter` or the end: *at moves behind the
 * delimiter, to len + 1 after the last. 0, or -1: a quote that does not end, or text behind one. */
static int next_field(const char *line, size_t len, size_t *at, char delimiter, struct span *out)
{
    size_t i = *at, end;

    out->doubled = 0;
    while (i < len && line[i] != delimiter && is_blank(line[i]))
        i++;
    if (i < len && line[i] == '"') {
        size_t start = ++i;
        for (;; i++) {
            if (i >= len)
                return -1;
            if (line[i] != '"')
                continue;
            if (i + 1 < len && line[i + 1] == '"') {
                out->doubled = 1;
                i++;
                continue;
            }
            break;
        }
        out->text = line + start;
        out->len = i - start;
        i++;
        while (i < len && line[i] != delimiter && is_blank(line[i]))
            i++;
        if (i < len && line[i] != delimiter)
            return -1;
        *at = i + 1;
        return 0;
    }
    end = i;
    while (end < len && line[end] != delimiter)
        end++;
    *at = end + 1;
    out->text = line + i;
    while (end > i && is_blank(line[end - 1]))
        end--;
    out->len = end - i;
    return 0;
}

static int column_of(const struct span *name)
{
    for (size_t i = 0; i < sizeof column_names / sizeof column_names[0]; i++) {
        if (strlen(column_names[i].name) == name->len &&
            strncasecmp(column_names[i].name, name->text, name->len) == 0)
            return (int)column_names[i].column;
    }
    return -1;
}

/* Reads the header with one delimiter; returns how many of its names are known, -1: it cannot be
 * read so. */
static int read_header(struct play_csv *csv, const char *line, size_t len, char why[PLAY_WHY])
{
    int known = 0;
    size_t at = 0;

    csv->n_columns = 0;
    for (int i = 0; i < PLAY_N_COLUMNS; i++)
        csv->column[i] = -1;
    while (at <= len) {
        struct span name;
        int column;
        if (csv->n_columns == PLAY_CSV_MAX_COLUMNS ||
            next_field(line, len, &at, csv->delimiter, &name) < 0) {
            snprintf(why, PLAY_WHY,
                     "header cannot be read: a quote is left open, or more than %d columns",
                     PLAY_CSV_MAX_COLUMNS);
            return -1;
        }
        column = column_of(&name);
        if (column >= 0) {
            if (csv->column[column] >= 0) {
                snprintf(why, PLAY_WHY, "header: column '%.*s' means the same as an earlier one",
                         (int)name.len, name.text);
                return -1;
            }
            csv->column[column] = (int32_t)csv->n_columns;
            known++;
        }
        csv->n_columns++;
    }
    return known;
}

int play_csv_header(struct play_csv *csv, enum play_unit unit, const char *line, size_t len,
                    char why[PLAY_WHY])
{
    static const char delimiters[] = {',', ';', '\t'};
    int best = 0;
    struct play_csv found = {0};

    snprintf(why, PLAY_WHY, "no column of the header is known");
    for (size_t i = 0; i < sizeof delimiters; i++) {
        struct play_csv trial = {.delimiter = delimiters[i]};
        int known = read_header(&trial, line, len, why);
        if (known < 0 && memchr(line, delimiters[i], len))
            return -1;
        if (known > best) {
            best = known;
            found = trial;
        }
    }
    *csv = found;
    csv->unit = unit;
    if (best == 0) {
        snprintf(why, PLAY_WHY, "header: expected names such as ts_ns,price,qty");
        return -1;
    }
    if (csv->column[PLAY_COL_PRICE] < 0 || csv->column[PLAY_COL_QTY] < 0 ||
        (csv->column[PLAY_COL_TS] < 0 && csv->column[PLAY_COL_TS_NS] < 0)) {
        snprintf(why, PLAY_WHY, "header: no column '%s'",
                 csv->column[PLAY_COL_PRICE] < 0 ? "price"
                 : csv->column[PLAY_COL_QTY] < 0 ? "qty"
                                                 : "ts_ns' or 'ts");
        return -1;
    }
    if (csv->column[PLAY_COL_TS] >= 0 && csv->column[PLAY_COL_TS_NS] >= 0) {
        snprintf(why, PLAY_WHY,
                 "header: both 'ts_ns' and 'ts': which is the trade's time? leave one");
        return -1;
    }
    return 0;
}

static int bad_time(const struct span *f, char why[PLAY_WHY])
{
    snprintf(why, PLAY_WHY, "time: expected a number or YYYY-MM-DDThh:mm:ssZ, found '%.*s'",
             (int)(f->len < 40 ? f->len : 40), f->text);
    return -1;
}

/* An ISO 8601 time, also with a space for the T and without the Z. */
static int time_from_text(const struct span *f, int64_t *out, char why[PLAY_WHY])
{
    char text[48];
    size_t n = f->len;

    if (n > 40)
        return bad_time(f, why);
    memcpy(text, f->text, n);
    if (n > 10 && text[10] == ' ')
        text[10] = 'T';
    if (n > 10 && text[n - 1] != 'Z')
        text[n++] = 'Z';
    return njord_parse_time(text, n, out) == NJORD_OK ? 0 : bad_time(f, why);
}

/* A time as digits, with decimals where the unit is coarser than 1 ns (more than it has are cut).
 */
static int time_from_number(enum play_unit *unit, const struct span *f, int64_t *out,
                            char why[PLAY_WHY])
{
    size_t digits = 0;
    int64_t whole = 0, scale, ns;

    while (digits < f->len && f->text[digits] >= '0' && f->text[digits] <= '9')
        digits++;
    if (digits == 0 || digits > 19 || njord_parse_i64(f->text, digits, &whole) != digits)
        return bad_time(f, why);
    if (*unit == PLAY_UNIT_AUTO) /* 10^11 s, 10^14 ms and 10^17 us are the year 5138 */
        *unit = whole < 100000000000         ? PLAY_UNIT_S
                : whole < 100000000000000    ? PLAY_UNIT_MS
                : whole < 100000000000000000 ? PLAY_UNIT_US
                                             : PLAY_UNIT_NS;
    scale = unit_ns[*unit];
    if (__builtin_mul_overflow(whole, scale, &ns))
        return bad_time(f, why);
    if (digits < f->len) {
        if (f->text[digits] != '.' || digits + 1 == f->len)
            return bad_time(f, why);
        for (size_t i = digits + 1; i < f->len; i++) {
            if (f->text[i] < '0' || f->text[i] > '9')
                return bad_time(f, why);
            scale /= 10;
            if (__builtin_add_overflow(ns, scale * (f->text[i] - '0'), &ns))
                return bad_time(f, why);
        }
    }
    *out = ns;
    return 0;
}

static int is_word(const struct span *f, const char *word)
{
    return strlen(word) == f->len && strncasecmp(word, f->text, f->len) == 0;
}

static int set_side(njord_trade *out, const struct span *side, const struct span *maker,
                    char why[PLAY_WHY])
{
    if (side->len > 0) {
        if (is_word(side, "buy") || is_word(side, "b"))
            out->side = NJORD_SIDE_BUY;
        else if (is_word(side, "sell") || is_word(side, "s"))
            out->side = NJORD_SIDE_SELL;
        else {
            snprintf(why, PLAY_WHY, "side: expected buy or sell, found '%.*s'",
                     (int)(side->len < 40 ? side->len : 40), side->text);
            return -1;
        }
    } else if (maker->len > 0) {
        if (is_word(maker, "true") || is_word(maker, "1"))
            out->side = NJORD_SIDE_SELL;
        else if (is_word(maker, "false") || is_word(maker, "0"))
            out->side = NJORD_SIDE_BUY;
        else {
            snprintf(why, PLAY_WHY, "is_buyer_maker: expected true or false, found '%.*s'",
                     (int)(maker->len < 40 ? maker->len : 40), maker->text);
            return -1;
        }
    }
    return 0;
}

/* Text that is kept as it is: printable, and no longer than its member. */
static int set_text(char *out, size_t cap, const struct span *f, const char *what,
                    char why[PLAY_WHY])
{
    if (f->len >= cap) {
        snprintf(why, PLAY_WHY, "%s: longer than %zu bytes", what, cap - 1);
        return -1;
    }
    for (size_t i = 0; i < f->len; i++) {
        if (f->text[i] <= ' ' || f->text[i] > '~' || f->doubled) {
            snprintf(why, PLAY_WHY, "%s: expected letters, digits and signs without a space", what);
            return -1;
        }
    }
    memcpy(out, f->text, f->len);
    out[f->len] = '\0';
    return 0;
}

int play_csv_row(struct play_csv *csv, const struct play_names *names, const char *line, size_t len,
                 njord_trade *out, char why[PLAY_WHY])
{
    struct span found[PLAY_N_COLUMNS] = {{0}};
    uint32_t n = 0;
    size_t at = 0;
    enum play_unit ns = PLAY_UNIT_NS;
    int64_t time;

    if (len == 0)
        return PLAY_OTHER;
    while (at <= len) {
        struct span field;
        if (next_field(line, len, &at, csv->delimiter, &field) < 0) {
            snprintf(why, PLAY_WHY, "column %u: a quote is left open or followed by text", n + 1);
            return PLAY_BAD;
        }
        for (int c = 0; c < PLAY_N_COLUMNS; c++) {
            if (csv->column[c] == (int32_t)n)
                found[c] = field;
        }
        n++;
    }
    if (n != csv->n_columns) {
        snprintf(why, PLAY_WHY, "expected %u columns as in the header, found %u", csv->n_columns,
                 n);
        return PLAY_BAD;
    }
    njord_event_init(out, NJORD_EV_TRADE);
    if (csv->column[PLAY_COL_SYMBOL] < 0 && !names->symbol[0]) {
        snprintf(why, PLAY_WHY,
                 "no symbol: the file has no such column, give the parameter 'symbol'");
        return PLAY_BAD;
    }
    if (play_set_symbol(out, names, found[PLAY_COL_SYMBOL].text, found[PLAY_COL_SYMBOL].len, why) <
            0 ||
        play_number(found[PLAY_COL_PRICE].text, found[PLAY_COL_PRICE].len, "price", &out->price,
                    why) < 0 ||
        play_number(found[PLAY_COL_QTY].text, found[PLAY_COL_QTY].len, "qty", &out->qty, why) < 0 ||
        set_side(out, &found[PLAY_COL_SIDE], &found[PLAY_COL_BUYER_MAKER], why) < 0)
        return PLAY_BAD;
    if (csv->column[PLAY_COL_TS_NS] >= 0) {
        if (time_from_number(&ns, &found[PLAY_COL_TS_NS], &time, why) < 0)
            return PLAY_BAD;
    } else {
        const struct span *f = &found[PLAY_COL_TS];
        int is_text = f->len >= 10 && f->text[4] == '-';
        if ((is_text ? time_from_text(f, &time, why)
                     : time_from_number(&csv->unit, f, &time, why)) < 0)
            return PLAY_BAD;
    }
    out->ev.ts_ns = time;
    if (csv->column[PLAY_COL_TS_RECV_NS] >= 0 && found[PLAY_COL_TS_RECV_NS].len > 0) {
        if (time_from_number(&ns, &found[PLAY_COL_TS_RECV_NS], &time, why) < 0)
            return PLAY_BAD;
        out->ev.ts_recv_ns = time;
    }
    if ((csv->column[PLAY_COL_TRADE_ID] >= 0 &&
         set_text(out->trade_id, sizeof out->trade_id, &found[PLAY_COL_TRADE_ID], "trade_id", why) <
             0) ||
        (csv->column[PLAY_COL_VENUE] >= 0 &&
         set_text(out->venue, sizeof out->venue, &found[PLAY_COL_VENUE], "venue", why) < 0))
        return PLAY_BAD;
    return play_finish(out, names, why);
}
