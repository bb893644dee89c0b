/* codec_msgpack.c - events from msgpack; the other way is codec_pack.c. See njord/codec.h. Reads
 * each byte once, believes no header, allocates nothing. Pure [any]. */
#include "codec_impl.h"

#include <string.h>

static int read_value(njord_sink *sink, wire_cursor *in, wire_value *v)
{
    const void *at = in->at;
    int rc = wire_read(in, v);
    if (rc == WIRE_OK)
        return 0;
    return njord_sink_fail(sink, at,
                           rc == WIRE_SHORT ? "cut off, or longer than the input"
                                            : "a byte that msgpack does not use");
}

static int expected(njord_sink *sink, const void *at, const char *what, const wire_value *found)
{
    return njord_sink_fail(sink, at, "expected %s, found %s", what, njord_wire_name(found->kind));
}

/* A real, or an integer that a double holds exactly. */
static int to_real(njord_sink *sink, const void *at, const wire_value *v, double *out)
{
    if (v->kind == WIRE_REAL) {
        *out = v->as.f;
        return 0;
    }
    if (v->kind == WIRE_INT) {
        *out = (double)v->as.i;
        /* 2^63 itself would not fit back into an int64 */
        if (*out < 9223372036854775808.0 && (int64_t)*out == v->as.i)
            return 0;
    } else if (v->kind == WIRE_UINT) {
        *out = (double)v->as.u;
        if (*out < 18446744073709551616.0 && (uint64_t)*out == v->as.u)
            return 0;
    } else
        return expected(sink, at, "f64", v);
    return njord_sink_fail(sink, at, "the integer has too many digits for f64");
}

static int read_real(njord_sink *sink, wire_cursor *in, double *out)
{
    wire_value v;
    const void *at = in->at;
    int rc = read_value(sink, in, &v);
    return rc != 0 ? rc : to_real(sink, at, &v, out);
}

/* A list of exactly two values, of a level or a point. */
static int read_pair_header(njord_sink *sink, wire_cursor *in, const char *what)
{
    wire_value v;
    const void *at = in->at;
    int rc = read_value(sink, in, &v);
    if (rc != 0)
        return rc;
    if (v.kind != WIRE_LIST || v.count != 2)
        return njord_sink_fail(sink, at, "expected %s", what);
    return 0;
}

static int read_levels(njord_sink *sink, const njord_field *field, wire_cursor *in, uint32_t count)
{
    uint32_t start = sink->event->size;
    if (count > NJORD_MAX_LEVELS)
        return njord_sink_fail(sink, in->at, "more than %u levels", NJORD_MAX_LEVELS);
    for (uint32_t i = 0; i < count; i++) {
        const void *at = in->at;
        njord_level level;
        njord_level *out = njord_sink_room(sink, at, sizeof level);
        if (out == NULL || read_pair_header(sink, in, "[price, qty]") != 0 ||
            read_real(sink, in, &level.price) != 0 || read_real(sink, in, &level.qty) != 0)
            return sink->status;
        if (!njord_is_finite(level.price) || !njord_is_finite(level.qty))
            return njord_sink_fail(sink, at, "not a finite number");
        *out = level;
        njord_sink_grown(sink, sizeof level);
    }
    return njord_sink_tail(sink, field, in->at, start, count);
}

static int read_curve(njord_sink *sink, const njord_field *field, wire_cursor *in, uint32_t count)
{
    uint32_t start = sink->event->size;
    for (uint32_t i = 0; i < count; i++) {
        const void *at = in->at;
        njord_point point;
        wire_value ts;
        njord_point *out = njord_sink_room(sink, at, sizeof point);
        if (out == NULL || read_pair_header(sink, in, "[ts_ns, value]") != 0 ||
            read_value(sink, in, &ts) != 0)
            return sink->status;
        if (ts.kind != WIRE_INT)
            return expected(sink, at, "i64 in [ts_ns, value]", &ts);
        point.ts_ns = ts.as.i;
        if (read_real(sink, in, &point.value) != 0)
            return sink->status;
        if (point.ts_ns == NJORD_NONE_I64 || !njord_is_finite(point.value))
            return njord_sink_fail(sink, at, "a point out of range");
        *out = point;
        njord_sink_grown(sink, sizeof point);
    }
    return njord_sink_tail(sink, field, in->at, start, count);
}

/* The text of a map's key or value. */
static int read_text(njord_sink *sink, wire_cursor *in, char *out, size_t size, int may_be_empty)
{
    const void *at = in->at;
    wire_value v;
    int rc = read_value(sink, in, &v);
    if (rc != 0)
        return rc;
    if (v.kind != WIRE_STR)
        return expected(sink, at, "str", &v);
    return njord_sink_copy(sink, at, (const char *)v.data, v.count, out, size, may_be_empty);
}

static int read_strmap(njord_sink *sink, const njord_field *field, wire_cursor *in, uint32_t count)
{
    uint32_t start = sink->event->size;
    if (count > NJORD_MAX_META)
        return njord_sink_fail(sink, in->at, "more than %u pairs", NJORD_MAX_META);
    for (uint32_t i = 0; i < count; i++) {
        const void *at = in->at;
        njord_text_pair *pair = njord_sink_room(sink, at, sizeof *pair);
        if (pair == NULL || read_text(sink, in, pair->key, sizeof pair->key, 0) != 0 ||
            read_text(sink, in, pair->value, sizeof pair->value, 1) != 0 ||
            njord_sink_pair_is_new(sink, at, pair, start) != 0)
            return sink->status;
        njord_sink_grown(sink, sizeof *pair);
    }
    return njord_sink_tail(sink, field, in->at, start, count);
}

static int read_realmap(njord_sink *sink, const njord_field *field, wire_cursor *in, uint32_t count)
{
    uint32_t start = sink->event->size;
    njord_keys keys;
    njord_keys_init(&keys);
    if (count > NJORD_MAX_REALS)
        return njord_sink_fail(sink, in->at, "more than %u pairs", NJORD_MAX_REALS);
    for (uint32_t i = 0; i < count; i++) {
        const void *at = in->at;
        njord_real_pair *pair = njord_sink_room(sink, at, sizeof *pair);
        if (pair == NULL || read_text(sink, in, pair->key, sizeof pair->key, 0) != 0 ||
            read_real(sink, in, &pair->value) != 0 ||
            njord_sink_real_is_new(sink, at, pair, &keys) != 0)
            return sink->status;
        njord_sink_grown(sink, sizeof *pair);
    }
    return njord_sink_tail(sink, field, in->at, start, count);
}

static int read_event(njord_sink *sink, wire_cursor *in);

static int read_intents(njord_sink *sink, const njord_field *field, wire_cursor *in, uint32_t count)
{
    uint32_t start = sink->event->size;
    if (count > NJORD_MAX_INTENTS)
        return njord_sink_fail(sink, in->at, "more than %u orders", NJORD_MAX_INTENTS);
    for (uint32_t i = 0; i < count; i++) {
        njord_sink inner;
        if (njord_sink_open_inner(&inner, sink, NJORD_EV_INTENT) != 0 ||
            read_event(&inner, in) != 0)
            return sink->status = inner.status;
        njord_sink_grown(sink, inner.event->size);
    }
    return njord_sink_tail(sink, field, in->at, start, count);
}

static int read_any(njord_sink *sink, const njord_field *field, wire_cursor *in)
{
    uint32_t start = sink->event->size;
    njord_any_error bad = {in->at, "", NJORD_E_ARG};
    unsigned char *first = (unsigned char *)sink->event + start;
    njord_span out = {first, (unsigned char *)sink->event + sink->cap};
    const void *at = in->at;
    int rc = njord_any_copy(in, &out, &bad);
    return njord_sink_any(sink, field, at, rc, &bad, (size_t)(out.at - first));
}

/* A list or map of this many items. */
static int read_many(njord_sink *sink, const njord_field *field, wire_cursor *in, uint32_t count)
{
    switch (field->kind) {
    case NJORD_FIELD_LEVELS:
        return read_levels(sink, field, in, count);
    case NJORD_FIELD_CURVE:
        return read_curve(sink, field, in, count);
    case NJORD_FIELD_STRMAP:
        return read_strmap(sink, field, in, count);
    case NJORD_FIELD_REALMAP:
        return read_realmap(sink, field, in, count);
    default:
        return read_intents(sink, field, in, count);
    }
}

static int read_member(njord_sink *sink, const njord_field *field, wire_cursor *in)
{
    const unsigned char *at = in->at;
    wire_value v;
    int rc = read_value(sink, in, &v);
    if (rc != 0)
        return rc;
    if (v.kind == WIRE_NIL && (field->flags & NJORD_FIELD_REQUIRED) == 0)
        return 0;
    switch (field->kind) {
    case NJORD_FIELD_I64:
        return v.kind == WIRE_INT ? njord_sink_i64(sink, field, at, v.as.i)
                                  : expected(sink, at, "i64", &v);
    case NJORD_FIELD_F64: {
        double real;
        rc = to_real(sink, at, &v, &real);
        return rc != 0 ? rc : njord_sink_f64(sink, field, at, real);
    }
    case NJORD_FIELD_BOOL:
        return v.kind == WIRE_BOOL ? njord_sink_bool(sink, field, v.as.i != 0)
                                   : expected(sink, at, "bool", &v);
    case NJORD_FIELD_STR:
    case NJORD_FIELD_ENUM:
    case NJORD_FIELD_TEXT:
        if (v.kind != WIRE_STR)
            return expected(sink, at, "str", &v);
        return njord_sink_text(sink, field, at, (const char *)v.data, v.count);
    case NJORD_FIELD_ANY:
        in->at = at;
        return read_any(sink, field, in);
    case NJORD_FIELD_STRMAP:
    case NJORD_FIELD_REALMAP:
        return v.kind == WIRE_MAP ? read_many(sink, field, in, v.count)
                                  : expected(sink, at, "map", &v);
    default:
        return v.kind == WIRE_LIST ? read_many(sink, field, in, v.count)
                                   : expected(sink, at, "list", &v);
    }
}

static int read_envelope(njord_sink *sink, uint32_t key, wire_cursor *in)
{
    const void *at = in->at;
    wire_value v;
    int text = key == KEY_CONTRACT || key == KEY_SRC;
    int rc = read_value(sink, in, &v);
    if (rc != 0 || v.kind == WIRE_NIL)
        return rc;
    if (v.kind != (text ? WIRE_STR : WIRE_INT))
        return expected(sink, at, text ? "str" : "i64", &v);
    return text ? njord_sink_env_text(sink, key, at, (const char *)v.data, v.count)
                : njord_sink_env_i64(sink, key, at, v.as.i);
}

static int skip_value(njord_sink *sink, wire_cursor *in)
{
    const void *at = in->at;
    int rc = njord_wire_skip(in, NJORD_MAX_SKIP_DEPTH);
    if (rc == WIRE_OK)
        return 0;
    return njord_sink_fail(sink, at,
                           rc == WIRE_SHORT  ? "cut off, or longer than the input"
                           : rc == WIRE_DEEP ? "an unknown member nests too deep"
                                             : "a byte that msgpack does not use");
}

/* One event; the cursor ends behind it. */
static int read_event(njord_sink *sink, wire_cursor *in)
{
    const void *at = in->at;
    wire_value v;
    int rc = read_value(sink, in, &v);
    if (rc != 0)
        return rc;
    if (v.kind != WIRE_MAP)
        return expected(sink, at, "map", &v);
    for (uint32_t left = v.count; left > 0; left--) {
        at = in->at;
        sink->name = "";
        rc = read_value(sink, in, &v);
        if (rc != 0)
            return rc;
        if (v.kind != WIRE_STR)
            return expected(sink, at, "str as a key", &v);
        uint32_t key = njord_sink_key(sink, at, (const char *)v.data, v.count);
        if (key == KEY_BAD)
            return sink->status;
        rc = key == KEY_UNKNOWN ? skip_value(sink, in)
             : key >= KEY_SEQ   ? read_envelope(sink, key, in)
                                : read_member(sink, &sink->contract->fields[key], in);
        if (rc != 0)
            return rc;
    }
    return njord_sink_close(sink, in->at);
}

/* The contract that the event names itself; 0: none that there is. */
static uint32_t named_contract(wire_cursor in)
{
    wire_value v, value;
    if (njord_wire_read(&in, &v) != WIRE_OK || v.kind != WIRE_MAP)
        return 0;
    for (uint32_t left = v.count; left > 0; left--) {
        wire_value key;
        if (njord_wire_read(&in, &key) != WIRE_OK || key.kind != WIRE_STR)
            return 0;
        if (key.count == 8 && memcmp(key.data, "contract", 8) == 0)
            return njord_wire_read(&in, &value) == WIRE_OK && value.kind == WIRE_STR
                       ? njord_contract_number((const char *)value.data, value.count)
                       : 0;
        if (njord_wire_skip(&in, NJORD_MAX_ANY_DEPTH + 2) != WIRE_OK)
            return 0;
    }
    return 0;
}

int njord_decode_msgpack(uint32_t type, const void *data, size_t len, void *out, size_t cap,
                         njord_envelope *env, njord_decode_error *err)
{
    njord_sink sink;
    wire_cursor in = {data, (const unsigned char *)data + len};
    njord_envelope_init(env);
    if (type == 0)
        type = named_contract(in);
    int rc = njord_sink_open(&sink, type, out, cap, env, data, err);
    if (rc == 0)
        rc = read_event(&sink, &in);
    if (rc == 0 && in.at != in.end) {
        sink.name = "";
        rc = njord_sink_fail(&sink, in.at, "bytes behind the event");
    }
    return rc;
}
