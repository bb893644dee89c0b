/* recorded_capture.c - a line of a raw capture of a venue's stream: `<local receive time, ns>
 * <frame as received>`. See recorded_impl.h.
 *
 * Frames are JSON as the Binance family of exchanges sends it, with or without the wrapper of a
 * combined stream. `trade` and `aggTrade` become trades (id `t` or `a`; `m`, the buyer was the
 * maker, means that the aggressor sold); every other stream, answer or snapshot is passed over. */
#include "json_scan.h"
#include "recorded_impl.h"

#include <string.h>

#define DEEPEST 16u

/* What a frame, or the map under `data`, says; `at` NULL: not there. */
struct value {
    const char *at;
    size_t len;
};
enum { K_STREAM, K_DATA, K_EVENT, K_SYMBOL, K_PRICE, K_QTY, K_TIME, K_ID, K_AGG, K_MAKER, N_KEYS };
static const char *const keys[N_KEYS] = {"stream", "data", "e", "s", "p", "q", "T", "t", "a", "m"};

int recorded_looks_capture(const char *line, size_t len)
{
    size_t i = 0;
    while (i < len && line[i] >= '0' && line[i] <= '9')
        i++;
    if (i == 0 || i == len || line[i] != ' ')
        return 0;
    while (i < len && line[i] == ' ')
        i++;
    return i < len && line[i] == '{';
}

static int is_trade_stream(const char *name, size_t len)
{
    const char *at = memrchr(name, '@', len);
    size_t kind = at ? len - (size_t)(at - name) : 0;
    return (kind == 6 && memcmp(at, "@trade", 6) == 0) ||
           (kind == 9 && memcmp(at, "@aggTrade", 9) == 0);
}

/* Most frames of a capture are of other streams and need not be parsed to know that: 1 when the
 * frame opens with the name of one that carries no trades. */
static int opens_as_other(const char *frame, size_t len)
{
    static const char opening[] = "{\"stream\":\"";
    const char *name = frame + sizeof opening - 1;
    if (len < sizeof opening || memcmp(frame, opening, sizeof opening - 1) != 0)
        return 0;
    const char *end = memchr(name, '"', len - (sizeof opening - 1));
    return end && !memchr(name, '\\', (size_t)(end - name)) &&
           !is_trade_stream(name, (size_t)(end - name));
}

static int no_json(const json_cursor *in, const char *line, const char *reason, char *why)
{
    return recorded_bad(why, "frame is no JSON: %s at byte %zu", reason, (size_t)(in->at - line));
}

static int key_of(const json_text *name)
{
    for (int k = 0; k < N_KEYS; k++)
        if (strlen(keys[k]) == name->raw_len && memcmp(keys[k], name->raw, name->raw_len) == 0)
            return k;
    return -1;
}

/* Reads a map's members that have a meaning here; the cursor stands at its brace and ends behind
 * it. 0 or -1. */
static int read_map(json_cursor *in, const char *line, struct value found[N_KEYS], char *why)
{
    const char *reason = "";
    memset(found, 0, N_KEYS * sizeof *found);
    if (!json_take(in, '{'))
        return no_json(in, line, "expected a map", why);
    if (json_take(in, '}'))
        return 0;
    do {
        json_text name;
        if (json_peek(in) != '"')
            return no_json(in, line, "expected a key", why);
        if (njord_json_text(in, &name, &reason) != 0)
            return no_json(in, line, reason, why);
        int key = key_of(&name);
        if (!json_take(in, ':'))
            return no_json(in, line, "expected ':'", why);
        (void)json_peek(in);
        const char *from = in->at;
        if (njord_json_skip(in, DEEPEST, &reason) != 0)
            return no_json(in, line, reason, why);
        if (key >= 0 && found[key].at)
            return recorded_bad(why, "frame is no JSON: duplicate object key '%s'", keys[key]);
        if (key >= 0)
            found[key] = (struct value){from, (size_t)(in->at - from)};
    } while (json_take(in, ','));
    return json_take(in, '}') ? 0 : no_json(in, line, "expected ',' or '}'", why);
}

/* A text without escapes: those of a venue have none. */
static int as_text(const struct value *v, njord_text_span *out)
{
    if (v->len < 2 || v->at[0] != '"' || memchr(v->at, '\\', v->len))
        return 0;
    *out = (njord_text_span){v->at + 1, v->len - 2};
    return 1;
}

static int as_int(const struct value *v, int64_t *out)
{
    return v->len > 0 && njord_parse_i64(v->at, v->len, out) == v->len;
}

static int is(const struct value *v, const char *word)
{
    return v->len == strlen(word) && memcmp(v->at, word, v->len) == 0;
}

static int trade_of(const njord_recorded *r, const struct value v[N_KEYS], int aggregated,
                    njord_recorded_line *out, char *why)
{
    njord_trade *trade = &out->of.trade;
    njord_text_span symbol, *price = &out->numbers[NJORD_TEXT_PRICE],
                            *qty = &out->numbers[NJORD_TEXT_QTY];
    int64_t at, id;
    if (!as_text(&v[K_SYMBOL], &symbol))
        return recorded_bad(why, "trade without its symbol 's'");
    if (!as_text(&v[K_PRICE], price) || !as_text(&v[K_QTY], qty))
        return recorded_bad(why, "trade without price 'p' and quantity 'q' as text");
    if (!as_int(&v[K_TIME], &at))
        return recorded_bad(why, "trade without its time 'T'");
    if (!as_int(&v[aggregated ? K_AGG : K_ID], &id) || id < 0)
        return recorded_bad(why, aggregated ? "aggregated trade without its id 'a'"
                                            : "trade without its id 't'");
    if (v[K_MAKER].at && !is(&v[K_MAKER], "true") && !is(&v[K_MAKER], "false"))
        return recorded_bad(why, "'m' is neither true nor false");
    if (recorded_symbol(r, symbol.text, symbol.len, trade->symbol, why) < 0 ||
        recorded_number(r, price->text, price->len, "price 'p'", &trade->price, why) < 0 ||
        recorded_number(r, qty->text, qty->len, "quantity 'q'", &trade->qty, why) < 0)
        return NJORD_RECORDED_BAD;
    /* milliseconds, of which nanoseconds in an int64 hold 9223372036854 (the year 2262);
     * microseconds where the stream was asked for them: 10^14 of those are the year 1973 */
    if (at < 0 || at >= 9000000000000000 || (at > 9223372036854 && at < 100000000000000))
        return recorded_bad(why, "time 'T' is out of range");
    trade->ev.ts_ns = at < 100000000000000 ? at * 1000000 : at * 1000;
    (void)njord_format_i64(id, trade->trade_id);
    if (v[K_MAKER].at)
        trade->side = is(&v[K_MAKER], "true") ? NJORD_SIDE_SELL : NJORD_SIDE_BUY;
    return recorded_trade_done(r, trade, why);
}

int recorded_capture(const njord_recorded *r, const char *line, size_t len,
                     njord_recorded_line *out, char *why)
{
    struct value v[N_KEYS];
    int64_t received;
    size_t used = njord_parse_i64(line, len, &received);
    if (used == 0 || used >= len || line[used] != ' ' || received < 0)
        return recorded_bad(why, "expected '<receive time in ns> <frame>'");
    while (used < len && line[used] == ' ')
        used++;
    if (opens_as_other(line + used, len - used))
        return NJORD_RECORDED_OTHER;
    json_cursor in = {line + used, line + len};
    if (json_peek(&in) == '[')
        return recorded_bad(why, "frame is no JSON object");
    if (read_map(&in, line, v, why) < 0)
        return NJORD_RECORDED_BAD;
    (void)json_peek(&in);
    if (in.at != in.end)
        return no_json(&in, line, "text behind it", why);
    int combined = v[K_STREAM].at != NULL;
    if (combined) {
        njord_text_span stream;
        struct value data = v[K_DATA];
        if (!as_text(&v[K_STREAM], &stream) || !data.at || *data.at != '{')
            return recorded_bad(why,
                                "combined frame without 'stream' as text and 'data' as object");
        if (!is_trade_stream(stream.text, stream.len))
            return NJORD_RECORDED_OTHER;
        in = (json_cursor){data.at, data.at + data.len};
        if (read_map(&in, line, v, why) < 0)
            return NJORD_RECORDED_BAD;
    }
    int aggregated = is(&v[K_EVENT], "\"aggTrade\"");
    if (!aggregated && !is(&v[K_EVENT], "\"trade\""))
        return combined ? recorded_bad(why, "frame of a trade stream whose 'e' is neither trade "
                                            "nor aggTrade")
                        : NJORD_RECORDED_OTHER;
    if (r->options.kind == NJORD_EV_BAR)
        return recorded_bad(why, "a trade where bars are read");
    njord_event_init(&out->of, NJORD_EV_TRADE);
    out->of.ev.ts_recv_ns = received;
    return trade_of(r, v, aggregated, out, why);
}
