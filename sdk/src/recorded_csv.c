/* recorded_csv.c - rows of text: a header, columns by name or by position, rows. See
 * recorded_impl.h. */
#include "recorded_impl.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Those that are tried, or the one that was asked for. */
static const char delimiters[] = {',', ';', '\t', '|'};

static size_t n_delimiters(const njord_recorded *r)
{
    return r->options.delimiter ? 1 : sizeof delimiters;
}

static char delimiter_at(const njord_recorded *r, size_t i)
{
    return r->options.delimiter ? (char)r->options.delimiter : delimiters[i];
}

/* What columns are called: the contracts' members and what exchanges, pandas and vendors of data
 * call them. A suffix _s, _ms, _us, _ns of a time says its unit. */
static const struct {
    const char *name;
    int column;
} names[] = {
    {"symbol", COL_SYMBOL},
    {"pair", COL_SYMBOL},
    {"ticker", COL_SYMBOL},
    {"price", COL_PRICE},
    {"qty", COL_QTY},
    {"quantity", COL_QTY},
    {"size", COL_QTY},
    {"amount", COL_QTY},
    {"ts_ns", COL_TS_NS},
    {"ts", COL_TS},
    {"time", COL_TS},
    {"timestamp", COL_TS},
    {"date", COL_TS},
    {"datetime", COL_TS},
    {"unix", COL_TS},
    {"transact_time", COL_TS},
    {"ts_open", COL_TS},
    {"open_time", COL_TS},
    {"opentime", COL_TS},
    {"open time", COL_TS},
    {"start_time", COL_TS},
    {"ts_recv_ns", COL_TS_RECV_NS},
    {"side", COL_SIDE},
    {"trade_id", COL_TRADE_ID},
    {"tradeid", COL_TRADE_ID},
    {"agg_trade_id", COL_TRADE_ID},
    {"id", COL_TRADE_ID},
    {"venue", COL_VENUE},
    {"exchange", COL_VENUE},
    {"is_buyer_maker", COL_BUYER_MAKER},
    {"isbuyermaker", COL_BUYER_MAKER},
    {"timeframe", COL_TIMEFRAME},
    {"interval", COL_TIMEFRAME},
    {"ts_close", COL_TS_CLOSE},
    {"close_time", COL_TS_CLOSE},
    {"closetime", COL_TS_CLOSE},
    {"close time", COL_TS_CLOSE},
    {"open", COL_OPEN},
    {"high", COL_HIGH},
    {"low", COL_LOW},
    {"close", COL_CLOSE},
    {"volume", COL_VOLUME},
    {"vol", COL_VOLUME},
    {"trades", COL_TRADES},
    {"count", COL_TRADES},
    {"num_trades", COL_TRADES},
    {"trade_count", COL_TRADES},
    {"tradecount", COL_TRADES},
    {"number_of_trades", COL_TRADES},
    {"number of trades", COL_TRADES},
    {"quote_volume", COL_QUOTE_VOLUME},
    {"quote_asset_volume", COL_QUOTE_VOLUME},
    {"quote asset volume", COL_QUOTE_VOLUME},
    {"taker_volume", COL_TAKER_VOLUME},
    {"taker_buy_volume", COL_TAKER_VOLUME},
    {"taker_buy_base", COL_TAKER_VOLUME},
    {"taker_buy_base_volume", COL_TAKER_VOLUME},
    {"taker_buy_base_asset_volume", COL_TAKER_VOLUME},
    {"taker buy base asset volume", COL_TAKER_VOLUME},
    {"partial", COL_PARTIAL},
};

_Static_assert((int)N_COLS <= (int)NJORD_RECORDED_MEMBERS, "a place for each column");

/* ---- fields ---------------------------------------------------------------------------------- */

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t skip_blank(const char *line, size_t len, size_t i, char delimiter)
{
    while (i < len && line[i] != delimiter && is_blank(line[i]))
        i++;
    return i;
}

/* The next field of line[*at..len), which ends at `delimiter` or the end: *at moves behind the
 * delimiter, to len + 1 after the last. 0, or -1: a quote that does not end, or text behind one. */
static int next_field(const char *line, size_t len, size_t *at, char delimiter, recorded_field *out)
{
    size_t i = skip_blank(line, len, *at, delimiter), end;
    out->doubled = 0;
    out->there = 1;
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
        i = skip_blank(line, len, i + 1, delimiter);
        if (i < len && line[i] != delimiter)
            return -1;
        *at = i + 1;
        return 0;
    }
    const char *stop = memchr(line + i, delimiter, len - i);
    end = stop ? (size_t)(stop - line) : len;
    *at = end + 1;
    out->text = line + i;
    while (end > i && is_blank(line[end - 1]))
        end--;
    out->len = end - i;
    return 0;
}

/* Does a field begin like a number, or like a time? */
static int is_numeric(const recorded_field *f)
{
    size_t i = f->len > 0 && (f->text[0] == '-' || f->text[0] == '+');
    i += i < f->len && f->text[i] == '.';
    return i < f->len && f->text[i] >= '0' && f->text[i] <= '9';
}

static int is_word(const recorded_field *f, const char *word)
{
    return strlen(word) == f->len && strncasecmp(word, f->text, f->len) == 0;
}

/* ---- columns --------------------------------------------------------------------------------- */

/* "_ms" at the end of a name of `len` bytes: its unit, and the bytes before it. */
static uint32_t unit_suffix(const char *text, size_t *len)
{
    for (uint32_t u = NJORD_UNIT_S; u <= NJORD_UNIT_NS; u++) {
        const char *name = njord_code_text(njord_units, u);
        size_t n = strlen(name);
        if (*len > n + 1 && text[*len - n - 1] == '_' &&
            strncasecmp(text + *len - n, name, n) == 0) {
            *len -= n + 1;
            return u;
        }
    }
    return NJORD_UNIT_AUTO;
}

static int column_named(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].name) == len && strncasecmp(names[i].name, text, len) == 0)
            return names[i].column;
    }
    return -1;
}

/* The column of a name, -1: none; *unit: where the name says it. */
static int column_of(const char *text, size_t len, uint32_t *unit)
{
    int column = column_named(text, len);
    *unit = NJORD_UNIT_AUTO;
    if (column >= 0)
        return column;
    uint32_t said = unit_suffix(text, &len);
    column = said ? column_named(text, len) : -1;
    if (column != COL_TS && column != COL_TS_CLOSE)
        return -1;
    *unit = said;
    return column;
}

/* Takes a name as the next column. 1: known; 0: not; -1: told. */
static int add_column(njord_recorded *r, const char *text, size_t len, char *why)
{
    uint32_t unit;
    int column = column_of(text, len, &unit);
    if (r->n_columns == NJORD_RECORDED_COLUMNS) {
        (void)recorded_bad(why, "more than %u columns", NJORD_RECORDED_COLUMNS);
        return -1;
    }
    r->n_columns++;
    if (column < 0)
        return 0;
    if (r->column[column] >= 0) {
        (void)recorded_bad(why, "column '%.*s' means the same as an earlier one", recorded_cut(len),
                           text);
        return -1;
    }
    if (unit && column == COL_TS) {
        if (r->options.unit && r->options.unit != unit) {
            (void)recorded_bad(why, "column '%.*s' is in %s, not in %s", recorded_cut(len), text,
                               njord_code_text(njord_units, unit),
                               njord_code_text(njord_units, r->options.unit));
            return -1;
        }
        r->unit = unit;
    }
    r->column[column] = (int16_t)(r->n_columns - 1);
    return 1;
}

static void no_columns(njord_recorded *r)
{
    r->n_columns = 0;
    for (int i = 0; i < NJORD_RECORDED_MEMBERS; i++)
        r->column[i] = -1;
}

/* Do the columns make a trade or a bar? Sets kind. 0 or -1. */
static int judge_columns(njord_recorded *r, char *why)
{
    static const struct {
        int column;
        const char *name;
    } of_bar[] = {{COL_OPEN, "open"},
                  {COL_HIGH, "high"},
                  {COL_LOW, "low"},
                  {COL_CLOSE, "close"},
                  {COL_VOLUME, "volume"}};
    const int16_t *c = r->column;
    uint32_t kind = r->options.kind;
    if (!kind)
        kind = c[COL_OPEN] >= 0 && c[COL_CLOSE] >= 0 ? NJORD_EV_BAR : NJORD_EV_TRADE;
    if (kind == NJORD_EV_BAR) {
        for (size_t i = 0; i < sizeof of_bar / sizeof of_bar[0]; i++)
            if (c[of_bar[i].column] < 0)
                return recorded_bad(why, "no column '%s'", of_bar[i].name);
    } else if (c[COL_PRICE] < 0 || c[COL_QTY] < 0) {
        return recorded_bad(why, "no column '%s'", c[COL_PRICE] < 0 ? "price" : "qty");
    }
    if (c[COL_TS] < 0 && c[COL_TS_NS] < 0)
        return recorded_bad(why, "no column '%s'",
                            kind == NJORD_EV_BAR ? "ts_open' or 'ts" : "ts_ns' or 'ts");
    if (c[COL_TS] >= 0 && c[COL_TS_NS] >= 0)
        return recorded_bad(why, "both 'ts_ns' and 'ts': which is the time? leave one");
    if (c[COL_TS_NS] >= 0) {
        if (r->options.unit && r->options.unit != NJORD_UNIT_NS)
            return recorded_bad(why, "column 'ts_ns' is in ns, not in %s",
                                njord_code_text(njord_units, r->options.unit));
        r->unit = NJORD_UNIT_NS;
    }
    r->kind = kind;
    return 0;
}

int recorded_columns(njord_recorded *r, const char *list, char *why)
{
    no_columns(r);
    for (const char *p = list;; p++) {
        size_t len = strcspn(p, ","), n = len;
        const char *name = p;
        while (n > 0 && is_blank(name[n - 1]))
            n--;
        while (n > 0 && is_blank(*name)) {
            name++;
            n--;
        }
        if (n == 1 && *name == '-') {
            if (add_column(r, "", 0, why) < 0)
                return -1;
        } else {
            int known = n > 0 ? add_column(r, name, n, why) : 0;
            if (known < 0)
                return -1;
            if (known == 0)
                return recorded_bad(why, "column '%.*s' is none; '-' skips one", recorded_cut(n),
                                    name);
        }
        p += len;
        if (*p == '\0')
            break;
    }
    r->n_least = r->n_columns;
    return judge_columns(r, why);
}

/* Reads the header with one delimiter; returns how many of its names are known, -1: it cannot be
 * read so. */
static int header_with(njord_recorded *r, const char *line, size_t len, char *why)
{
    int known = 0;
    size_t at = 0;
    no_columns(r);
    while (at <= len) {
        recorded_field name;
        if (next_field(line, len, &at, r->delimiter, &name) < 0)
            return recorded_bad(why, "a quote is left open or followed by text");
        int took = add_column(r, name.text, name.len, why);
        if (took < 0)
            return -1;
        known += took;
    }
    return known;
}

int recorded_header(njord_recorded *r, const char *line, size_t len, char *why)
{
    char clause[NJORD_RECORDED_WHY] = "expected names such as ts_ns,price,qty or "
                                      "ts_open,open,high,low,close,volume";
    njord_recorded found = *r;
    int best = 0;
    for (size_t i = 0; i < n_delimiters(r); i++) {
        njord_recorded trial = *r;
        trial.delimiter = delimiter_at(r, i);
        int known = header_with(&trial, line, len, why);
        if (known < 0 && memchr(line, trial.delimiter, len)) {
            memcpy(clause, why, sizeof clause);
            best = 0;
            break;
        }
        if (known > best) {
            best = known;
            found = trial;
        }
    }
    if (best > 0 && judge_columns(&found, clause) == 0) {
        found.layout = NJORD_LAYOUT_CSV;
        found.n_least = found.n_columns;
        *r = found;
        return 0;
    }
    return recorded_bad(why, "header: %.240s", clause);
}

/* How many fields a line has with a delimiter; 0: it cannot be read so. */
static uint32_t count_fields(const char *line, size_t len, char delimiter)
{
    recorded_field field;
    uint32_t n = 0;
    for (size_t at = 0; at <= len && n <= NJORD_RECORDED_COLUMNS; n++)
        if (next_field(line, len, &at, delimiter, &field) < 0)
            return 0;
    return n;
}

int recorded_delimiter(njord_recorded *r, const char *line, size_t len, char *why)
{
    uint32_t most = 0;
    for (size_t i = 0; i < n_delimiters(r); i++) {
        uint32_t n = count_fields(line, len, delimiter_at(r, i));
        if (n >= r->n_least && n <= r->n_columns) {
            r->delimiter = delimiter_at(r, i);
            return 0;
        }
        most = n > most ? n : most;
    }
    return recorded_bad(why, "expected %u columns, found %u", r->n_columns, most);
}

int recorded_is_header(const njord_recorded *r, const char *line, size_t len)
{
    recorded_field field;
    for (size_t at = 0; at <= len;)
        if (next_field(line, len, &at, r->delimiter, &field) < 0 || is_numeric(&field))
            return 0;
    return 1;
}

/* ---- dumps ----------------------------------------------------------------------------------- */

static int is_truth(const recorded_field *f)
{
    return is_word(f, "true") || is_word(f, "false");
}

/* Digits of a time in ms or us of this century. */
static int is_stamp(const recorded_field *f)
{
    for (size_t i = 0; i < f->len; i++)
        if (f->text[i] < '0' || f->text[i] > '9')
            return 0;
    return f->len == 13 || f->len == 16;
}

uint32_t recorded_looks_dump(const njord_recorded *r, const char *line, size_t len)
{
    enum { MOST = 12 };
    recorded_field f[MOST];
    size_t n = 0, numbers = 0;
    for (size_t at = 0; at <= len; n++) {
        if (n == MOST || next_field(line, len, &at, delimiter_at(r, 0), &f[n]) < 0)
            return NJORD_LAYOUT_AUTO;
        numbers += (size_t)is_numeric(&f[n]);
    }
    if (n == 12 && numbers == 12 && is_stamp(&f[0]) && is_stamp(&f[6]))
        return NJORD_LAYOUT_BINANCE_KLINES;
    /* the last column, is_best_match, is not in dumps of futures */
    if ((n == 7 || n == 6) && is_stamp(&f[4]) && is_truth(&f[5]) && numbers == 5)
        return NJORD_LAYOUT_BINANCE_TRADES;
    if ((n == 8 || n == 7) && is_stamp(&f[5]) && is_truth(&f[6]) && numbers == 6)
        return NJORD_LAYOUT_BINANCE_AGGTRADES;
    return NJORD_LAYOUT_AUTO;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int set_side(njord_trade *out, const recorded_field *side, const recorded_field *maker,
                    char *why)
{
    if (side->len > 0) {
        if (is_word(side, "buy") || is_word(side, "b"))
            out->side = NJORD_SIDE_BUY;
        else if (is_word(side, "sell") || is_word(side, "s"))
            out->side = NJORD_SIDE_SELL;
        else
            return recorded_bad(why, "side: expected buy or sell, found '%.*s'",
                                recorded_cut(side->len), side->text);
    } else if (maker->len > 0) {
        if (is_word(maker, "true") || is_word(maker, "1"))
            out->side = NJORD_SIDE_SELL; /* the buyer waited: the aggressor sold */
        else if (is_word(maker, "false") || is_word(maker, "0"))
            out->side = NJORD_SIDE_BUY;
        else
            return recorded_bad(why, "is_buyer_maker: expected true or false, found '%.*s'",
                                recorded_cut(maker->len), maker->text);
    }
    return 0;
}

/* Text that is kept as it is: printable, and no longer than its member. */
static int set_text(char *out, size_t cap, const recorded_field *f, const char *what, char *why)
{
    if (!f->there || f->len == 0)
        return 0;
    if (f->len >= cap)
        return recorded_bad(why, "%s: longer than %zu bytes", what, cap - 1);
    for (size_t i = 0; i < f->len; i++)
        if (f->text[i] <= ' ' || f->text[i] > '~' || f->doubled)
            return recorded_bad(why, "%s: expected letters, digits and signs without a space",
                                what);
    memcpy(out, f->text, f->len);
    out[f->len] = '\0';
    return 0;
}

/* A number and its text. An optional one that is empty is absent. */
static int set_number(const njord_recorded *r, const recorded_field *f, const char *what,
                      int optional, double *out, njord_text_span *span, char *why)
{
    if (optional && f->len == 0)
        return 0;
    if (recorded_number(r, f->text, f->len, what, out, why) < 0)
        return -1;
    *span = (njord_text_span){f->text, f->len};
    return 0;
}

static int trade_row(const njord_recorded *r, const recorded_field *f, int64_t ts,
                     njord_recorded_line *out, char *why)
{
    njord_trade *trade = &out->of.trade;
    if (set_number(r, &f[COL_PRICE], "price", 0, &trade->price, &out->numbers[NJORD_TEXT_PRICE],
                   why) < 0 ||
        set_number(r, &f[COL_QTY], "qty", 0, &trade->qty, &out->numbers[NJORD_TEXT_QTY], why) < 0 ||
        set_side(trade, &f[COL_SIDE], &f[COL_BUYER_MAKER], why) < 0 ||
        set_text(trade->trade_id, sizeof trade->trade_id, &f[COL_TRADE_ID], "trade_id", why) < 0 ||
        set_text(trade->venue, sizeof trade->venue, &f[COL_VENUE], "venue", why) < 0)
        return NJORD_RECORDED_BAD;
    trade->ev.ts_ns = ts;
    return recorded_trade_done(r, trade, why);
}

static int bar_row(const njord_recorded *r, uint32_t *unit, const recorded_field *f, int64_t ts,
                   njord_recorded_line *out, char *why)
{
    static const struct {
        const char *name;
        size_t offset;
        int column, text, optional;
    } numbers[] = {
        {"open", offsetof(njord_bar, open), COL_OPEN, NJORD_TEXT_OPEN, 0},
        {"high", offsetof(njord_bar, high), COL_HIGH, NJORD_TEXT_HIGH, 0},
        {"low", offsetof(njord_bar, low), COL_LOW, NJORD_TEXT_LOW, 0},
        {"close", offsetof(njord_bar, close), COL_CLOSE, NJORD_TEXT_CLOSE, 0},
        {"volume", offsetof(njord_bar, volume), COL_VOLUME, NJORD_TEXT_VOLUME, 0},
        {"quote_volume", offsetof(njord_bar, quote_volume), COL_QUOTE_VOLUME,
         NJORD_TEXT_QUOTE_VOLUME, 1},
        {"taker_volume", offsetof(njord_bar, taker_volume), COL_TAKER_VOLUME,
         NJORD_TEXT_TAKER_VOLUME, 1},
    };
    njord_bar *bar = &out->of.bar;
    int64_t close = NJORD_NONE_I64;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        double value;
        if (numbers[i].optional && f[numbers[i].column].len == 0)
            continue;
        if (set_number(r, &f[numbers[i].column], numbers[i].name, 0, &value,
                       &out->numbers[numbers[i].text], why) < 0)
            return NJORD_RECORDED_BAD;
        memcpy((char *)bar + numbers[i].offset, &value, sizeof value);
    }
    const recorded_field *count = &f[COL_TRADES], *partial = &f[COL_PARTIAL];
    if (count->len > 0 &&
        (njord_parse_i64(count->text, count->len, &bar->trades) != count->len || bar->trades < 0))
        return recorded_bad(why, "trades: expected how many, found '%.*s'",
                            recorded_cut(count->len), count->text);
    if (partial->len > 0) {
        int is = is_word(partial, "true") || is_word(partial, "1");
        if (!is && !is_word(partial, "false") && !is_word(partial, "0"))
            return recorded_bad(why, "partial: expected true or false, found '%.*s'",
                                recorded_cut(partial->len), partial->text);
        bar->partial = (uint8_t)is;
        bar->ev.flags |= is ? NJORD_EF_PARTIAL : 0;
    }
    if (set_text(bar->timeframe, sizeof bar->timeframe, &f[COL_TIMEFRAME], "timeframe", why) < 0 ||
        (f[COL_TS_CLOSE].len > 0 &&
         recorded_time(unit, f[COL_TS_CLOSE].text, f[COL_TS_CLOSE].len, &close, why) < 0))
        return NJORD_RECORDED_BAD;
    bar->ts_open = ts;
    return recorded_bar_done(r, bar, close, why);
}

/* Takes a line apart into the members' fields. 0 or -1. */
static int take_fields(const njord_recorded *r, const char *line, size_t len, recorded_field *found,
                       char *why)
{
    int8_t member[NJORD_RECORDED_COLUMNS];
    uint32_t n = 0;
    memset(member, -1, r->n_columns);
    for (int c = 0; c < N_COLS; c++)
        if (r->column[c] >= 0)
            member[r->column[c]] = (int8_t)c;
    for (size_t at = 0; at <= len; n++) {
        recorded_field field;
        if (next_field(line, len, &at, r->delimiter, &field) < 0)
            return recorded_bad(why, "column %u: a quote is left open or followed by text", n + 1);
        if (n < r->n_columns && member[n] >= 0)
            found[member[n]] = field;
    }
    if (n < r->n_least || n > r->n_columns)
        return recorded_bad(why, "expected %u columns%s, found %u", r->n_columns,
                            r->layout == NJORD_LAYOUT_CSV ? " as in the header" : "", n);
    return 0;
}

int recorded_row(const njord_recorded *r, uint32_t *unit, const char *line, size_t len,
                 njord_recorded_line *out, char *why)
{
    recorded_field f[N_COLS];
    uint32_t ns = NJORD_UNIT_NS;
    int64_t ts;
    for (int c = 0; c < N_COLS; c++)
        f[c] = (recorded_field){"", 0, 0, 0};
    if (take_fields(r, line, len, f, why) < 0)
        return NJORD_RECORDED_BAD;
    njord_event_init(&out->of, r->kind);
    if (r->column[COL_SYMBOL] < 0 && !r->options.symbol[0])
        return recorded_bad(why, "no symbol: the file has no such column, name it");
    char *symbol = r->kind == NJORD_EV_BAR ? out->of.bar.symbol : out->of.trade.symbol;
    if (recorded_symbol(r, f[COL_SYMBOL].text, f[COL_SYMBOL].len, symbol, why) < 0)
        return NJORD_RECORDED_BAD;
    const recorded_field *time = f[COL_TS_NS].there ? &f[COL_TS_NS] : &f[COL_TS];
    if (recorded_time(unit, time->text, time->len, &ts, why) < 0)
        return NJORD_RECORDED_BAD;
    if (f[COL_TS_RECV_NS].len > 0 &&
        recorded_time(&ns, f[COL_TS_RECV_NS].text, f[COL_TS_RECV_NS].len, &out->of.ev.ts_recv_ns,
                      why) < 0)
        return NJORD_RECORDED_BAD;
    return r->kind == NJORD_EV_BAR ? bar_row(r, unit, f, ts, out, why)
                                   : trade_row(r, f, ts, out, why);
}
