/* codec_json.c - events from JSON; the other way is codec_print.c. See njord/codec.h. One pass over
 * the text, keys in any order, nothing allocated. Pure [any]. */
#include "codec_impl.h"
#include "json_scan.h"
#include "text_impl.h"

#include <string.h>

#define MAX_KEY 256u /* bytes of a key */

static int broken(njord_sink *sink, const json_cursor *in, const char *why)
{
    return njord_sink_fail(sink, in->at, "%s", why);
}

static int expected(njord_sink *sink, json_cursor *in, const char *what)
{
    char c = json_peek(in);
    if (in->at == in->end)
        return njord_sink_fail(sink, in->at, "cut off, expected %s", what);
    return njord_sink_fail(sink, in->at, "expected %s, found %s", what, njord_json_name(c));
}

/* ---- single values --------------------------------------------------------------------------- */

static int read_f64(njord_sink *sink, json_cursor *in, double *out)
{
    (void)json_peek(in);
    size_t n = njord_parse_f64(in->at, (size_t)(in->end - in->at), out);
    if (n > 0) {
        in->at += n;
        return 0;
    }
    int whole;
    if (njord_json_number(in, &whole) > 0)
        return njord_sink_fail(sink, in->at, "a number that no f64 can hold");
    return expected(sink, in, "f64");
}

static int read_i64(njord_sink *sink, json_cursor *in, int64_t *out)
{
    (void)json_peek(in);
    size_t n = njord_parse_i64(in->at, (size_t)(in->end - in->at), out);
    if (n > 0) {
        in->at += n;
        return 0;
    }
    int whole;
    if (njord_json_number(in, &whole) > 0)
        return njord_sink_fail(sink, in->at,
                               whole ? "the integer is out of range" : "expected i64, found f64");
    return expected(sink, in, "i64");
}

/* A text of less than `size` bytes: *text is it, in the input or (escaped) in `room`. */
static int read_text(njord_sink *sink, json_cursor *in, char *room, size_t size, const char **text,
                     size_t *len)
{
    const char *why = "";
    json_text found;
    if (json_peek(in) != '"')
        return expected(sink, in, "str");
    const char *at = in->at;
    if (njord_json_text(in, &found, &why) != 0)
        return broken(sink, in, why);
    *text = found.raw;
    *len = found.len;
    if (found.len >= size)
        return njord_sink_fail(sink, at, "longer than %zu bytes", size - 1);
    if (found.escaped) {
        njord_json_unescape(&found, room);
        *text = room;
    }
    return 0;
}

/* The same into a fixed array. */
static int read_array(njord_sink *sink, json_cursor *in, char *out, size_t size, int may_be_empty)
{
    char room[NJORD_META_VALUE_SIZE];
    const char *text;
    size_t len;
    (void)json_peek(in);
    const char *at = in->at;
    int rc = read_text(sink, in, room, size, &text, &len);
    return rc != 0 ? rc : njord_sink_copy(sink, at, text, len, out, size, may_be_empty);
}

static int read_bool(njord_sink *sink, const njord_field *field, json_cursor *in)
{
    if (njord_json_word(in, "true"))
        return njord_sink_bool(sink, field, 1);
    if (njord_json_word(in, "false"))
        return njord_sink_bool(sink, field, 0);
    return expected(sink, in, "bool");
}

/* ---- lists and maps -------------------------------------------------------------------------- */

/* Opens a list or map. 0: an item follows; 1: it is empty; or the error. */
static int open_items(njord_sink *sink, json_cursor *in, char open, char close)
{
    if (!json_take(in, open))
        return expected(sink, in, open == '[' ? "list" : "map");
    return json_take(in, close);
}

/* Behind an item. 0: another follows; 1: that was the last; or the error. */
static int next_item(njord_sink *sink, json_cursor *in, char close)
{
    if (json_take(in, ','))
        return 0;
    return json_take(in, close) ? 1 : njord_sink_fail(sink, in->at, "expected ',' or '%c'", close);
}

static int read_colon(njord_sink *sink, json_cursor *in)
{
    return json_take(in, ':') ? 0 : broken(sink, in, "expected ':'");
}

static int read_levels(njord_sink *sink, const njord_field *field, json_cursor *in)
{
    uint32_t start = sink->event->size, count = 0;
    const char *begin = in->at;
    int done = open_items(sink, in, '[', ']');
    while (done == 0) {
        const char *at = in->at;
        if (count == NJORD_MAX_LEVELS)
            return njord_sink_fail(sink, at, "more than %u levels", NJORD_MAX_LEVELS);
        njord_level *level = njord_sink_room(sink, at, sizeof *level);
        if (level == NULL)
            return sink->status;
        if (!json_take(in, '['))
            return expected(sink, in, "[price, qty]");
        if (read_f64(sink, in, &level->price) != 0)
            return sink->status;
        if (!json_take(in, ','))
            return broken(sink, in, "expected [price, qty]");
        if (read_f64(sink, in, &level->qty) != 0)
            return sink->status;
        if (!json_take(in, ']'))
            return broken(sink, in, "expected [price, qty]");
        njord_sink_grown(sink, sizeof *level);
        count++;
        done = next_item(sink, in, ']');
    }
    return done < 0 ? done : njord_sink_tail(sink, field, begin, start, count);
}

static int read_curve(njord_sink *sink, const njord_field *field, json_cursor *in)
{
    uint32_t start = sink->event->size, count = 0;
    const char *begin = in->at;
    int done = open_items(sink, in, '[', ']');
    while (done == 0) {
        const char *at = in->at;
        njord_point *point = njord_sink_room(sink, at, sizeof *point);
        if (point == NULL)
            return sink->status;
        if (!json_take(in, '['))
            return expected(sink, in, "[ts_ns, value]");
        if (read_i64(sink, in, &point->ts_ns) != 0)
            return sink->status;
        if (!json_take(in, ',') || point->ts_ns == NJORD_NONE_I64)
            return broken(sink, in, "expected [ts_ns, value]");
        if (read_f64(sink, in, &point->value) != 0)
            return sink->status;
        if (!json_take(in, ']'))
            return broken(sink, in, "expected [ts_ns, value]");
        njord_sink_grown(sink, sizeof *point);
        count++;
        done = next_item(sink, in, ']');
    }
    return done < 0 ? done : njord_sink_tail(sink, field, begin, start, count);
}

static int read_strmap(njord_sink *sink, const njord_field *field, json_cursor *in)
{
    uint32_t start = sink->event->size, count = 0;
    const char *begin = in->at;
    int done = open_items(sink, in, '{', '}');
    while (done == 0) {
        const char *at = in->at;
        if (count == NJORD_MAX_META)
            return njord_sink_fail(sink, at, "more than %u pairs", NJORD_MAX_META);
        njord_text_pair *pair = njord_sink_room(sink, at, sizeof *pair);
        if (pair == NULL || read_array(sink, in, pair->key, sizeof pair->key, 0) != 0 ||
            read_colon(sink, in) != 0 ||
            read_array(sink, in, pair->value, sizeof pair->value, 1) != 0 ||
            njord_sink_pair_is_new(sink, at, pair, start) != 0)
            return sink->status;
        njord_sink_grown(sink, sizeof *pair);
        count++;
        done = next_item(sink, in, '}');
    }
    return done < 0 ? done : njord_sink_tail(sink, field, begin, start, count);
}

static int read_realmap(njord_sink *sink, const njord_field *field, json_cursor *in)
{
    uint32_t start = sink->event->size, count = 0;
    const char *begin = in->at;
    njord_keys keys;
    njord_keys_init(&keys);
    int done = open_items(sink, in, '{', '}');
    while (done == 0) {
        const char *at = in->at;
        if (count == NJORD_MAX_REALS)
            return njord_sink_fail(sink, at, "more than %u pairs", NJORD_MAX_REALS);
        njord_real_pair *pair = njord_sink_room(sink, at, sizeof *pair);
        if (pair == NULL || read_array(sink, in, pair->key, sizeof pair->key, 0) != 0 ||
            read_colon(sink, in) != 0 || read_f64(sink, in, &pair->value) != 0 ||
            njord_sink_real_is_new(sink, at, pair, &keys) != 0)
            return sink->status;
        njord_sink_grown(sink, sizeof *pair);
        count++;
        done = next_item(sink, in, '}');
    }
    return done < 0 ? done : njord_sink_tail(sink, field, begin, start, count);
}

static int read_event(njord_sink *sink, json_cursor *in);

static int read_intents(njord_sink *sink, const njord_field *field, json_cursor *in)
{
    uint32_t start = sink->event->size, count = 0;
    const char *begin = in->at;
    int done = open_items(sink, in, '[', ']');
    while (done == 0) {
        njord_sink inner;
        if (count == NJORD_MAX_INTENTS)
            return njord_sink_fail(sink, in->at, "more than %u orders", NJORD_MAX_INTENTS);
        if (njord_sink_open_inner(&inner, sink, NJORD_EV_INTENT) != 0 ||
            read_event(&inner, in) != 0)
            return sink->status = inner.status;
        njord_sink_grown(sink, inner.event->size);
        count++;
        done = next_item(sink, in, ']');
    }
    return done < 0 ? done : njord_sink_tail(sink, field, begin, start, count);
}

static int read_any(njord_sink *sink, const njord_field *field, json_cursor *in)
{
    njord_any_error bad = {in->at, "", NJORD_E_ARG};
    unsigned char *first = (unsigned char *)sink->event + sink->event->size;
    njord_span out = {first, (unsigned char *)sink->event + sink->cap};
    const char *at = in->at;
    int rc = njord_any_from_json(in, &out, &bad);
    return njord_sink_any(sink, field, at, rc, &bad, (size_t)(out.at - first));
}

/* ---- members and events ---------------------------------------------------------------------- */

static int read_text_member(njord_sink *sink, const njord_field *field, json_cursor *in)
{
    char room[NJORD_MAX_TEXT + 1];
    const char *text;
    size_t len;
    (void)json_peek(in);
    const char *at = in->at;
    size_t size = field->kind == NJORD_FIELD_STR ? field->size : sizeof room;
    int rc = read_text(sink, in, room, size, &text, &len);
    return rc != 0 ? rc : njord_sink_text(sink, field, at, text, len);
}

static int read_member(njord_sink *sink, const njord_field *field, json_cursor *in)
{
    char c = json_peek(in);
    const char *at = in->at;
    int rc;
    if (c == 'n' && (field->flags & NJORD_FIELD_REQUIRED) == 0 && njord_json_word(in, "null"))
        return 0;
    switch (field->kind) {
    case NJORD_FIELD_I64: {
        int64_t v;
        rc = read_i64(sink, in, &v);
        return rc != 0 ? rc : njord_sink_i64(sink, field, at, v);
    }
    case NJORD_FIELD_F64: {
        double v;
        rc = read_f64(sink, in, &v);
        return rc != 0 ? rc : njord_sink_f64(sink, field, at, v);
    }
    case NJORD_FIELD_BOOL:
        return read_bool(sink, field, in);
    case NJORD_FIELD_STR:
    case NJORD_FIELD_ENUM:
    case NJORD_FIELD_TEXT:
        return read_text_member(sink, field, in);
    case NJORD_FIELD_LEVELS:
        return read_levels(sink, field, in);
    case NJORD_FIELD_CURVE:
        return read_curve(sink, field, in);
    case NJORD_FIELD_STRMAP:
        return read_strmap(sink, field, in);
    case NJORD_FIELD_REALMAP:
        return read_realmap(sink, field, in);
    case NJORD_FIELD_INTENTS:
        return read_intents(sink, field, in);
    default:
        return read_any(sink, field, in);
    }
}

static int read_envelope(njord_sink *sink, uint32_t key, json_cursor *in)
{
    char room[NJORD_ID_SIZE];
    const char *text = NULL;
    size_t len = 0;
    int64_t v;
    if (json_peek(in) == 'n' && njord_json_word(in, "null"))
        return 0;
    const char *at = in->at;
    if (key == KEY_CONTRACT || key == KEY_SRC) {
        int rc = read_text(sink, in, room, sizeof room, &text, &len);
        return rc != 0 ? rc : njord_sink_env_text(sink, key, at, text, len);
    }
    int rc = read_i64(sink, in, &v);
    return rc != 0 ? rc : njord_sink_env_i64(sink, key, at, v);
}

static int skip_value(njord_sink *sink, json_cursor *in)
{
    const char *why = "";
    return njord_json_skip(in, NJORD_MAX_SKIP_DEPTH, &why) == 0 ? 0 : broken(sink, in, why);
}

static int read_pair(njord_sink *sink, json_cursor *in)
{
    char room[MAX_KEY];
    const char *name;
    size_t len;
    sink->name = "";
    if (json_peek(in) != '"')
        return expected(sink, in, "a key");
    const char *at = in->at;
    if (read_text(sink, in, room, sizeof room, &name, &len) != 0)
        return sink->status;
    uint32_t key = njord_sink_key(sink, at, name, len);
    if (key == KEY_BAD || read_colon(sink, in) != 0)
        return sink->status;
    if (key == KEY_UNKNOWN)
        return skip_value(sink, in);
    return key >= KEY_SEQ ? read_envelope(sink, key, in)
                          : read_member(sink, &sink->contract->fields[key], in);
}

/* One event; the cursor ends behind it. */
static int read_event(njord_sink *sink, json_cursor *in)
{
    int done = open_items(sink, in, '{', '}');
    while (done == 0) {
        int rc = read_pair(sink, in);
        if (rc != 0)
            return rc;
        sink->name = "";
        done = next_item(sink, in, '}');
    }
    return done < 0 ? done : njord_sink_close(sink, in->at);
}

/* The contract that the event names itself; 0: none that there is. */
static uint32_t named_contract(json_cursor in)
{
    json_text key, value;
    const char *why;
    if (!json_take(&in, '{'))
        return 0;
    do {
        if (json_peek(&in) != '"' || njord_json_text(&in, &key, &why) != 0 || !json_take(&in, ':'))
            return 0;
        if (key.raw_len == 8 && memcmp(key.raw, "contract", 8) == 0)
            return json_peek(&in) == '"' && njord_json_text(&in, &value, &why) == 0
                       ? njord_contract_number(value.raw, value.raw_len)
                       : 0;
    } while (njord_json_skip(&in, NJORD_MAX_ANY_DEPTH + 2, &why) == 0 && json_take(&in, ','));
    return 0;
}

int njord_decode_json(uint32_t type, const char *text, size_t len, void *out, size_t cap,
                      njord_envelope *env, njord_decode_error *err)
{
    njord_sink sink;
    json_cursor in = {text, text + len};
    njord_envelope_init(env);
    if (type == 0)
        type = named_contract(in);
    int rc = njord_sink_open(&sink, type, out, cap, env, text, err);
    if (rc == 0)
        rc = read_event(&sink, &in);
    if (rc == 0 && (json_peek(&in) != '\0' || in.at != in.end)) {
        sink.name = "";
        rc = njord_sink_fail(&sink, in.at, "text behind the event");
    }
    return rc;
}
