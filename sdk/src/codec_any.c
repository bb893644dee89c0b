/* codec_any.c - free-form members: msgpack maps and lists checked, made canonical, and written as
 * JSON. See codec_impl.h. */
#include "codec_impl.h"
#include "number_impl.h"
#include "text_impl.h"

#include <math.h>
#include <string.h>

/* One copy: from where, to where (out NULL: only checked). */
typedef struct copying {
    wire_cursor in;
    njord_span *out;
    njord_any_error *err;
} copying;

static int bad(const copying *c, const void *at, const char *why)
{
    c->err->at = at;
    c->err->why = why;
    return c->err->status = NJORD_E_ARG;
}

static int read_value(copying *c, wire_value *v)
{
    const void *at = c->in.at;
    int rc = njord_wire_read(&c->in, v);
    if (rc == WIRE_SHORT)
        return bad(c, at, "cut off");
    return rc == WIRE_BAD ? bad(c, at, "a byte that msgpack does not use") : 0;
}

static int put(const copying *c, const void *at, const unsigned char *data, size_t len)
{
    if (c->out == NULL)
        return 0;
    if ((size_t)(c->out->end - c->out->at) < len) {
        c->err->at = at;
        c->err->why = "no room for it";
        return c->err->status = NJORD_E_LIMIT;
    }
    memcpy(c->out->at, data, len);
    c->out->at += len;
    return 0;
}

/* A number for which JSON has one form only is one form here, too. */
unsigned char *njord_any_put_number(unsigned char *p, double v)
{
    int whole = v >= -9223372036854775808.0 && v < 9223372036854775808.0 && v == trunc(v);
    if (whole && !(v == 0.0 && signbit(v)))
        return wire_put_i64(p, (int64_t)v);
    return wire_put_f64(p, v);
}

static int copy_text(copying *c, const void *at, const wire_value *v)
{
    unsigned char header[WIRE_HEADER_SIZE];
    if (!njord_text_valid((const char *)v->data, v->count))
        return bad(c, at, "text is not valid UTF-8, or has a NUL in it");
    int rc = put(c, at, header, (size_t)(wire_put_str_header(header, v->count) - header));
    return rc != 0 ? rc : put(c, at, v->data, v->count);
}

static int copy_value(copying *c, unsigned depth);

static int copy_map(copying *c, uint32_t count, unsigned depth)
{
    uint64_t hashes[NJORD_MAX_ANY_KEYS];
    if (count > NJORD_MAX_ANY_KEYS)
        return bad(c, c->in.at, "a map of more than 256 keys");
    for (uint32_t i = 0; i < count; i++) {
        wire_value key;
        const void *at = c->in.at;
        int rc = read_value(c, &key);
        if (rc != 0)
            return rc;
        if (key.kind != WIRE_STR)
            return bad(c, at, "a key that is not a text");
        hashes[i] = njord_text_hash((const char *)key.data, key.count);
        if (njord_hash_among(hashes, i, hashes[i]))
            return bad(c, at, "a key stands twice");
        rc = copy_text(c, at, &key);
        if (rc == 0)
            rc = copy_value(c, depth);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int copy_value(copying *c, unsigned depth)
{
    unsigned char number[WIRE_NUMBER_SIZE], *end = number;
    const void *at = c->in.at;
    wire_value v;
    int rc = read_value(c, &v);
    if (rc != 0)
        return rc;
    switch (v.kind) {
    case WIRE_NIL:
        *end++ = 0xc0;
        break;
    case WIRE_BOOL:
        end = wire_put_bool(end, v.as.i != 0);
        break;
    case WIRE_INT:
        end = wire_put_i64(end, v.as.i);
        break;
    case WIRE_UINT:
        end = wire_put_u64(end, v.as.u);
        break;
    case WIRE_REAL:
        if (!isfinite(v.as.f))
            return bad(c, at, "a number that is not finite");
        end = njord_any_put_number(end, v.as.f);
        break;
    case WIRE_STR:
        return copy_text(c, at, &v);
    case WIRE_LIST:
    case WIRE_MAP:
        if (depth == NJORD_MAX_ANY_DEPTH)
            return bad(c, at, "maps and lists more than 8 deep");
        end = v.kind == WIRE_MAP ? wire_put_map_header(end, v.count)
                                 : wire_put_list_header(end, v.count);
        rc = put(c, at, number, (size_t)(end - number));
        if (rc != 0)
            return rc;
        if (v.kind == WIRE_MAP)
            return copy_map(c, v.count, depth + 1);
        for (uint32_t i = 0; i < v.count && rc == 0; i++)
            rc = copy_value(c, depth + 1);
        return rc;
    default:
        return bad(c, at, "bytes (bin or ext), which JSON does not have");
    }
    return put(c, at, number, (size_t)(end - number));
}

/* One map or list, nothing else. */
static int copy_whole(copying *c)
{
    wire_cursor peek = c->in;
    wire_value v;
    int rc = njord_wire_read(&peek, &v);
    if (rc == WIRE_OK && v.kind != WIRE_MAP && v.kind != WIRE_LIST)
        return bad(c, c->in.at, "expected map or list");
    return copy_value(c, 0);
}

int njord_any_copy(wire_cursor *in, njord_span *out, njord_any_error *err)
{
    copying c = {*in, out, err};
    int rc = copy_whole(&c);
    *in = c.in;
    return rc;
}

int njord_any_check(const void *data, size_t len, njord_any_error *err)
{
    const unsigned char *bytes = data;
    copying c = {{bytes, bytes + len}, NULL, err};
    int rc = copy_whole(&c);
    if (rc == 0 && c.in.at != c.in.end)
        return bad(&c, c.in.at, "bytes behind its end");
    return rc;
}

/* ---- to JSON: of a value that passed the check ----------------------------------------------- */

static int put_text(njord_span *out, const char *text, size_t len)
{
    if ((size_t)(out->end - out->at) < len)
        return NJORD_E_LIMIT;
    memcpy(out->at, text, len);
    out->at += len;
    return 0;
}

static int put_quoted(njord_span *out, const wire_value *v)
{
    size_t n = njord_format_text((const char *)v->data, v->count, (char *)out->at,
                                 (size_t)(out->end - out->at));
    out->at += n;
    return n == 0 ? NJORD_E_LIMIT : 0;
}

static int json_value(wire_cursor *in, njord_span *out, unsigned depth);

static int json_items(wire_cursor *in, njord_span *out, const wire_value *v, unsigned depth)
{
    int map = v->kind == WIRE_MAP;
    int rc = put_text(out, map ? "{" : "[", 1);
    for (uint32_t i = 0; i < v->count && rc == 0; i++) {
        if (i > 0)
            rc = put_text(out, ",", 1);
        if (rc == 0 && map) {
            wire_value key;
            if (njord_wire_read(in, &key) != WIRE_OK || key.kind != WIRE_STR)
                return NJORD_E_ARG;
            rc = put_quoted(out, &key);
            if (rc == 0)
                rc = put_text(out, ":", 1);
        }
        if (rc == 0)
            rc = json_value(in, out, depth + 1);
    }
    return rc != 0 ? rc : put_text(out, map ? "}" : "]", 1);
}

static int json_value(wire_cursor *in, njord_span *out, unsigned depth)
{
    char number[NJORD_NUMBER_SIZE];
    wire_value v;
    if (depth > NJORD_MAX_ANY_DEPTH || njord_wire_read(in, &v) != WIRE_OK)
        return NJORD_E_ARG;
    switch (v.kind) {
    case WIRE_NIL:
        return put_text(out, "null", 4);
    case WIRE_BOOL:
        return v.as.i != 0 ? put_text(out, "true", 4) : put_text(out, "false", 5);
    case WIRE_INT:
        return put_text(out, number, njord_format_i64(v.as.i, number));
    case WIRE_UINT:
        return put_text(out, number, njord_number_put_u64(v.as.u, number));
    case WIRE_REAL: {
        unsigned char packed[WIRE_NUMBER_SIZE];
        wire_cursor again = {packed, njord_any_put_number(packed, v.as.f)};
        wire_value whole;
        (void)njord_wire_read(
            &again, &whole); /* a whole number is written as the integer that it becomes */
        return put_text(out, number,
                        whole.kind == WIRE_INT ? njord_format_i64(whole.as.i, number)
                                               : njord_format_f64(v.as.f, number));
    }
    case WIRE_STR:
        return put_quoted(out, &v);
    case WIRE_LIST:
    case WIRE_MAP:
        return json_items(in, out, &v, depth);
    default:
        return NJORD_E_ARG;
    }
}

int njord_any_to_json(const void *data, size_t len, njord_span *out)
{
    wire_cursor in = {data, (const unsigned char *)data + len};
    return json_value(&in, out, 0);
}
