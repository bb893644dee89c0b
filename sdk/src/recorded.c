/* recorded.c - which layout a recording has, and a line of any of them. See njord/recorded.h. */
#include "json_scan.h"
#include "recorded_impl.h"

#include <stdio.h>
#include <string.h>

const njord_code njord_layouts[] = {{NJORD_LAYOUT_AUTO, "auto"},
                                    {NJORD_LAYOUT_NDJSON, "ndjson"},
                                    {NJORD_LAYOUT_CAPTURE, "capture"},
                                    {NJORD_LAYOUT_CSV, "csv"},
                                    {NJORD_LAYOUT_COLUMNS, "columns"},
                                    {NJORD_LAYOUT_BINANCE_KLINES, "binance-klines"},
                                    {NJORD_LAYOUT_BINANCE_TRADES, "binance-trades"},
                                    {NJORD_LAYOUT_BINANCE_AGGTRADES, "binance-aggtrades"},
                                    {0, NULL}};

const njord_code njord_units[] = {{NJORD_UNIT_AUTO, "auto"}, {NJORD_UNIT_S, "s"},
                                  {NJORD_UNIT_MS, "ms"},     {NJORD_UNIT_US, "us"},
                                  {NJORD_UNIT_NS, "ns"},     {0, NULL}};

/* The columns of dumps, and how many must be there (those behind are in some of them). */
static const struct {
    uint32_t layout, kind, least;
    const char *columns;
} dumps[] = {
    {NJORD_LAYOUT_BINANCE_KLINES, NJORD_EV_BAR, 11,
     "ts_open,open,high,low,close,volume,ts_close,quote_volume,trades,taker_volume,-,-"},
    {NJORD_LAYOUT_BINANCE_TRADES, NJORD_EV_TRADE, 6, "trade_id,price,qty,-,ts,is_buyer_maker,-"},
    {NJORD_LAYOUT_BINANCE_AGGTRADES, NJORD_EV_TRADE, 7,
     "trade_id,price,qty,-,-,ts,is_buyer_maker,-"},
};

static int refuse(char *why, const char *text)
{
    (void)recorded_bad(why, "%.250s", text);
    return NJORD_E_ARG;
}

static int is_blank_line(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return 0;
    return 1;
}

/* ---- layouts --------------------------------------------------------------------------------- */

/* Takes the columns of a dump as the layout. 0 or NJORD_E_ARG. */
static int take_dump(njord_recorded *r, uint32_t layout, char *why)
{
    for (size_t i = 0; i < sizeof dumps / sizeof dumps[0]; i++) {
        if (dumps[i].layout != layout)
            continue;
        if (r->options.kind && r->options.kind != dumps[i].kind)
            return refuse(why, dumps[i].kind == NJORD_EV_BAR ? "these are bars, not trades"
                                                             : "these are trades, not bars");
        if (recorded_columns(r, dumps[i].columns, why) < 0)
            return NJORD_E_ARG;
        r->n_least = dumps[i].least;
        r->layout = layout;
        r->unit = r->options.unit;
        return 0;
    }
    return refuse(why, "no such layout");
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

int njord_recorded_init(njord_recorded *r, const njord_recorded_options *options, char *why)
{
    memset(r, 0, sizeof *r);
    r->options = *options;
    r->options.columns = text_of(options->columns);
    r->options.symbol = text_of(options->symbol);
    r->options.venue = text_of(options->venue);
    r->options.timeframe = text_of(options->timeframe);
    r->unit = options->unit;
    r->kind = options->kind;
    r->last_ts_ns = NJORD_NONE_I64;
    for (int i = 0; i < NJORD_RECORDED_MEMBERS; i++)
        r->column[i] = -1;
    if (options->layout > NJORD_LAYOUT_BINANCE_AGGTRADES || options->unit > NJORD_UNIT_NS)
        return refuse(why, "no such layout or unit");
    if (options->kind && options->kind != NJORD_EV_TRADE && options->kind != NJORD_EV_BAR)
        return refuse(why, "only trades and bars are read");
    uint32_t d = options->delimiter;
    if (d && (d > 126 || (d < ' ' && d != '\t') || d == '"' || d == '.' || d == '-' || d == '+' ||
              (d >= '0' && d <= '9') || (d >= 'A' && d <= 'Z') || (d >= 'a' && d <= 'z')))
        return refuse(why, "delimiter: expected one character such as , ; | or a tab");
    if (strlen(r->options.venue) >= NJORD_ASSET_SIZE) {
        (void)recorded_bad(why, "venue '%.40s': longer than %u characters", r->options.venue,
                           NJORD_ASSET_SIZE - 1);
        return NJORD_E_ARG;
    }
    if (r->options.timeframe[0]) {
        r->timeframe_ns = njord_timeframe_ns(r->options.timeframe);
        if (r->timeframe_ns == 0) {
            (void)recorded_bad(why, "timeframe '%.20s': expected one like 1m or 4h",
                               r->options.timeframe);
            return NJORD_E_ARG;
        }
        snprintf(r->timeframe, sizeof r->timeframe, "%s", r->options.timeframe);
    }
    r->layout = options->layout;
    if (r->options.columns[0]) {
        if (r->layout != NJORD_LAYOUT_AUTO && r->layout != NJORD_LAYOUT_CSV &&
            r->layout != NJORD_LAYOUT_COLUMNS)
            return refuse(why, "columns are named, and a layout too: leave one");
        r->layout = NJORD_LAYOUT_COLUMNS;
        return recorded_columns(r, r->options.columns, why) < 0 ? NJORD_E_ARG : 0;
    }
    if (r->layout == NJORD_LAYOUT_COLUMNS)
        return refuse(why, "layout 'columns': name the columns");
    return r->layout >= NJORD_LAYOUT_BINANCE_KLINES ? take_dump(r, r->layout, why) : 0;
}

/* ---- NDJSON ---------------------------------------------------------------------------------- */

/* The texts of the numbers of a line that was decoded, and whether they are kept. 0 or -1. */
static int json_numbers(const njord_recorded *r, const char *line, size_t len,
                        njord_recorded_line *out, char *why)
{
    static const char *const members[NJORD_TEXT_COUNT] = {
        "price", "qty", "open", "high", "low", "close", "volume", "quote_volume", "taker_volume"};
    json_cursor in = {line, line + len};
    const char *reason;
    int whole;
    if (!json_take(&in, '{'))
        return 0;
    while (json_peek(&in) == '"') {
        json_text name;
        if (njord_json_text(&in, &name, &reason) != 0 || !json_take(&in, ':'))
            return 0;
        (void)json_peek(&in);
        size_t n = njord_json_number(&in, &whole);
        for (size_t i = 0; n > 0 && i < NJORD_TEXT_COUNT; i++) {
            double value;
            if (strlen(members[i]) != name.raw_len ||
                memcmp(members[i], name.raw, name.raw_len) != 0)
                continue;
            out->numbers[i] = (njord_text_span){in.at, n};
            if (recorded_number(r, in.at, n, members[i], &value, why) < 0)
                return -1;
        }
        if (njord_json_skip(&in, NJORD_MAX_ANY_DEPTH, &reason) != 0 || !json_take(&in, ','))
            return 0;
    }
    return 0;
}

static int read_ndjson(const njord_recorded *r, uint32_t kind, const char *line, size_t len,
                       njord_recorded_line *out, char *why)
{
    char symbol[NJORD_SYMBOL_SIZE];
    njord_decode_error error = {0, ""};
    if (njord_decode_json(kind, line, len, &out->of, sizeof out->of, NULL, &error) != NJORD_OK)
        return recorded_bad(why, "%.190s", error.text);
    out->seq = out->of.ev.seq;
    out->of.ev.seq = 0;
    out->of.ev.flags &= NJORD_EF_PARTIAL;
    out->of.ev.symbol_id = NJORD_NO_SYMBOL;
    char *named = kind == NJORD_EV_BAR ? out->of.bar.symbol : out->of.trade.symbol;
    memcpy(symbol, named, sizeof symbol);
    if (r->options.symbol[0] && recorded_symbol(r, symbol, strlen(symbol), named, why) < 0)
        return NJORD_RECORDED_BAD;
    if (r->options.exact && json_numbers(r, line, len, out, why) < 0)
        return NJORD_RECORDED_BAD;
    return kind == NJORD_EV_BAR ? recorded_bar_done(r, &out->of.bar, out->of.bar.ts_close, why)
                                : recorded_trade_done(r, &out->of.trade, why);
}

/* ---- first lines ----------------------------------------------------------------------------- */

static int found_ndjson(njord_recorded *r, const char *line, size_t len, char *why)
{
    static const uint32_t kinds[] = {NJORD_EV_TRADE, NJORD_EV_BAR};
    char clause[NJORD_RECORDED_WHY];
    njord_recorded_line out;
    const char *bars = memmem(line, len, "\"ts_open\"", 9);
    why[0] = '\0';
    if (!r->hint)
        r->hint = r->options.kind ? r->options.kind : bars ? NJORD_EV_BAR : NJORD_EV_TRADE;
    for (size_t i = 0; i < 2; i++) {
        njord_decode_error error = {0, ""};
        if (r->options.kind && r->options.kind != kinds[i])
            continue;
        if (njord_decode_json(kinds[i], line, len, &out.of, sizeof out.of, NULL, &error) == 0) {
            r->layout = NJORD_LAYOUT_NDJSON;
            r->kind = kinds[i];
            return 1;
        }
        (void)recorded_bad(clause, "%.190s", error.text);
        if (!why[0] || (bars && kinds[i] == NJORD_EV_BAR))
            memcpy(why, clause, sizeof clause);
    }
    return 0;
}

/* Tells the timeframe's name where it is known by its length only. */
static void name_timeframe(njord_recorded *r, int64_t ns)
{
    static const struct {
        int64_t s;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t s = ns / 1000000000;
    for (size_t i = 0; i < 4 && s > 0 && ns % 1000000000 == 0; i++) {
        if (s % units[i].s == 0 && s / units[i].s < 1000) {
            snprintf(r->timeframe, sizeof r->timeframe, "%d%c", (int)(s / units[i].s),
                     units[i].letter);
            r->timeframe_ns = ns;
            return;
        }
    }
}

/* What ts_close, exclusive or inclusive, makes of a bar's length: whole minutes, else seconds. */
static int64_t length_of(int64_t span, int64_t unit)
{
    static const int64_t step[] = {60000000000, 1000000000};
    for (int i = 0; i < 2; i++) {
        if (span > 0 && span % step[i] == 0)
            return span;
        if (span > 0 && (span + unit) % step[i] == 0)
            return span + unit;
    }
    return 0;
}

/* A row of data among the first lines: unit of times and timeframe. 1: nothing more to be known. */
static int learn(njord_recorded *r, const char *line, size_t len, char *why)
{
    njord_recorded_line out;
    njord_recorded trial = *r;
    uint32_t unit = r->unit;
    int needs = r->kind == NJORD_EV_BAR && !r->timeframe[0] && r->column[COL_TIMEFRAME] < 0;
    if (needs) { /* any will do to read the row */
        snprintf(trial.timeframe, sizeof trial.timeframe, "1s");
        trial.column[COL_TS_CLOSE] = -1;
    }
    if (recorded_row(&trial, &unit, line, len, &out, why) != NJORD_RECORDED_EVENT)
        return 0;
    r->n_rows++;
    r->unit = unit;
    if (!needs)
        return 1;
    if (r->column[COL_TS_CLOSE] >= 0) { /* read once more, for its close as the open */
        trial.column[COL_TS] = r->column[COL_TS_CLOSE];
        trial.column[COL_TS_NS] = -1;
        int64_t open = out.of.bar.ts_open, ns = 0, step = recorded_unit_ns(unit);
        if (recorded_row(&trial, &unit, line, len, &out, why) != NJORD_RECORDED_EVENT)
            return 0;
        ns = length_of(out.of.bar.ts_open - open, step > 1000000 ? step : 1000000);
        if (ns == 0 && step < 1000000)
            ns = length_of(out.of.bar.ts_open - open, step);
        name_timeframe(r, ns);
        return r->timeframe[0] != '\0';
    }
    int64_t ts = out.of.bar.ts_open;
    if (r->last_ts_ns != NJORD_NONE_I64 && ts > r->last_ts_ns &&
        (r->step_ns == 0 || ts - r->last_ts_ns < r->step_ns))
        r->step_ns = ts - r->last_ts_ns;
    r->last_ts_ns = ts;
    return 0;
}

/* The first line of a CSV that is not empty: header or data. 1: all known, 0, NJORD_E_ARG. */
static int first_row(njord_recorded *r, const char *line, size_t len, char *why)
{
    if (r->layout == NJORD_LAYOUT_AUTO) {
        uint32_t dump = recorded_looks_dump(r, line, len);
        if (dump) {
            if (take_dump(r, dump, why) != 0)
                return NJORD_E_ARG;
        } else {
            if (recorded_header(r, line, len, why) < 0)
                return 0; /* perhaps a later line tells */
            r->header_lines = r->n_shown;
            return 0;
        }
    } else if (r->layout == NJORD_LAYOUT_CSV) {
        if (recorded_header(r, line, len, why) < 0)
            return NJORD_E_ARG;
        r->header_lines = r->n_shown;
        return 0;
    }
    if (recorded_delimiter(r, line, len, why) < 0)
        return NJORD_E_ARG;
    if (recorded_is_header(r, line, len)) {
        r->header_lines = r->n_shown;
        return 0;
    }
    return learn(r, line, len, why);
}

int njord_recorded_probe(njord_recorded *r, const char *line, size_t len, char *why)
{
    char clause[NJORD_RECORDED_WHY] = "";
    int known = 0;
    size_t start = 0;
    if (r->n_shown == 0)
        why[0] = '\0'; /* the first reason is kept for njord_recorded_settle() */
    r->n_shown++;
    if (is_blank_line(line, len) || memchr(line, '\0', len))
        return 0;
    while (line[start] == ' ' || line[start] == '\t')
        start++;
    if (r->layout == NJORD_LAYOUT_AUTO) {
        if (recorded_looks_capture(line, len)) {
            r->layout = NJORD_LAYOUT_CAPTURE;
            r->kind = NJORD_EV_TRADE;
            known = 1;
        } else if (line[start] == '{') {
            known = found_ndjson(r, line, len, clause);
        } else {
            known = first_row(r, line, len, clause);
        }
    } else if (r->layout == NJORD_LAYOUT_NDJSON) {
        known = found_ndjson(r, line, len, clause);
    } else if (r->layout == NJORD_LAYOUT_CAPTURE) {
        r->kind = NJORD_EV_TRADE;
        known = 1;
    } else if (r->delimiter == '\0') {
        known = first_row(r, line, len, clause);
    } else {
        known = learn(r, line, len, clause);
    }
    if (known < 0 || (known == 0 && clause[0] && !why[0]))
        memcpy(why, clause, sizeof clause);
    return known;
}

int njord_recorded_names_symbol(const njord_recorded *r)
{
    return r->layout == NJORD_LAYOUT_NDJSON || r->layout == NJORD_LAYOUT_CAPTURE ||
           r->column[COL_SYMBOL] >= 0;
}

int njord_recorded_settle(njord_recorded *r, char *why)
{
    if (r->hint && r->kind == 0) { /* objects, none of them whole: each will say why not */
        r->layout = NJORD_LAYOUT_NDJSON;
        r->kind = r->hint;
    }
    if (r->layout == NJORD_LAYOUT_AUTO && why[0])
        return NJORD_E_ARG;
    if (r->layout == NJORD_LAYOUT_NDJSON && r->kind == 0)
        r->layout = NJORD_LAYOUT_AUTO; /* nothing but empty lines */
    if (r->kind == NJORD_EV_BAR && !r->timeframe[0] && r->step_ns > 0)
        name_timeframe(r, r->step_ns);
    return 0;
}

int njord_recorded_read(const njord_recorded *r, const char *line, size_t len,
                        njord_recorded_line *out, char *why)
{
    uint32_t unit = r->unit;
    why[0] = '\0';
    out->seq = 0;
    memset(out->numbers, 0, sizeof out->numbers);
    if (memchr(line, '\0', len))
        return recorded_bad(why, "line holds a NUL byte");
    if (is_blank_line(line, len))
        return NJORD_RECORDED_OTHER;
    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\r'))
        len--;
    switch (r->layout) {
    case NJORD_LAYOUT_AUTO:
        return recorded_bad(why, "the file was empty");
    case NJORD_LAYOUT_NDJSON:
        return read_ndjson(r, r->kind, line, len, out, why);
    case NJORD_LAYOUT_CAPTURE:
        return recorded_capture(r, line, len, out, why);
    default:
        return recorded_row(r, &unit, line, len, out, why);
    }
}
