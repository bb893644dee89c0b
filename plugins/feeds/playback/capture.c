#include "capture.h"

#include <jansson.h>
#include <njord/codec.h>
#include <stdio.h>
#include <string.h>

static int bad(char why[PLAY_WHY], const char *text)
{
    snprintf(why, PLAY_WHY, "%s", text);
    return PLAY_BAD;
}

int play_capture_looks(const char *line, size_t len)
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
    const char *end;

    if (len < sizeof opening || memcmp(frame, opening, sizeof opening - 1) != 0)
        return 0;
    end = memchr(name, '"', len - (sizeof opening - 1));
    return end && !memchr(name, '\\', (size_t)(end - name)) &&
           !is_trade_stream(name, (size_t)(end - name));
}

static int trade_of(const struct play_names *names, json_t *data, int aggregated, njord_trade *out,
                    char why[PLAY_WHY])
{
    json_t *symbol = json_object_get(data, "s"), *price = json_object_get(data, "p");
    json_t *qty = json_object_get(data, "q"), *time = json_object_get(data, "T");
    json_t *id = json_object_get(data, aggregated ? "a" : "t"), *maker = json_object_get(data, "m");
    json_int_t at;

    if (!json_is_string(symbol))
        return bad(why, "trade without its symbol 's'");
    if (!json_is_string(price) || !json_is_string(qty))
        return bad(why, "trade without price 'p' and quantity 'q' as text");
    if (!json_is_integer(time))
        return bad(why, "trade without its time 'T'");
    if (!json_is_integer(id) || json_integer_value(id) < 0)
        return bad(why,
                   aggregated ? "aggregated trade without its id 'a'" : "trade without its id 't'");
    if (maker && !json_is_boolean(maker))
        return bad(why, "'m' is neither true nor false");
    if (play_set_symbol(out, names, json_string_value(symbol), json_string_length(symbol), why) <
            0 ||
        play_number(json_string_value(price), json_string_length(price), "price 'p'", &out->price,
                    why) < 0 ||
        play_number(json_string_value(qty), json_string_length(qty), "quantity 'q'", &out->qty,
                    why) < 0)
        return PLAY_BAD;
    /* milliseconds, of which nanoseconds in an int64 hold 9223372036854 (the year 2262);
     * microseconds where the stream was asked for them: 10^14 of those are the year 1973 */
    at = json_integer_value(time);
    if (at < 0 || at >= 9000000000000000 || (at > 9223372036854 && at < 100000000000000))
        return bad(why, "time 'T' is out of range");
    out->ev.ts_ns = at < 100000000000000 ? at * 1000000 : at * 1000;
    njord_format_i64(json_integer_value(id), out->trade_id);
    if (maker)
        out->side = json_is_true(maker) ? NJORD_SIDE_SELL : NJORD_SIDE_BUY;
    return play_finish(out, names, why);
}

int play_capture_line(const struct play_names *names, const char *line, size_t len,
                      njord_trade *out, char why[PLAY_WHY])
{
    json_error_t error;
    json_t *root = NULL, *data, *kind, *stream;
    const char *event;
    int64_t received;
    size_t used;
    int result;

    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        len--;
    if (len == 0)
        return PLAY_OTHER;
    used = njord_parse_i64(line, len, &received);
    if (used == 0 || used >= len || line[used] != ' ' || received < 0)
        return bad(why, "expected '<receive time in ns> <frame>'");
    while (used < len && line[used] == ' ')
        used++;
    if (opens_as_other(line + used, len - used))
        return PLAY_OTHER;
    root = json_loadb(line + used, len - used, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        snprintf(why, PLAY_WHY, "frame is no JSON: %.120s at byte %d", error.text,
                 error.position + (int)used);
        return PLAY_BAD;
    }
    data = root;
    stream = json_object_get(root, "stream");
    if (stream) {
        if (!json_is_string(stream) || !json_is_object(json_object_get(root, "data"))) {
            result = bad(why, "combined frame without 'stream' as text and 'data' as object");
            goto done;
        }
        data = json_object_get(root, "data");
        if (!is_trade_stream(json_string_value(stream), json_string_length(stream))) {
            result = PLAY_OTHER;
            goto done;
        }
    }
    kind = json_object_get(data, "e");
    event = json_is_string(kind) ? json_string_value(kind) : "";
    if (!json_is_object(data)) {
        result = bad(why, "frame is no JSON object");
    } else if (strcmp(event, "trade") == 0 || strcmp(event, "aggTrade") == 0) {
        njord_event_init(out, NJORD_EV_TRADE);
        out->ev.ts_recv_ns = received;
        result = trade_of(names, data, event[0] == 'a', out, why);
    } else {
        result = stream
                     ? bad(why, "frame of a trade stream whose 'e' is neither trade nor aggTrade")
                     : PLAY_OTHER;
    }
done:
    json_decref(root);
    return result;
}
