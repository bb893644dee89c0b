/* codec_wire.c - reading msgpack a value at a time. See msgpack_wire.h. */
#include "msgpack_wire.h"

static int need(const wire_cursor *in, const unsigned char *p, size_t n)
{
    return (size_t)(in->end - p) >= n;
}

/* A text, bin or ext whose `count` bytes start at p. */
static int take_bytes(wire_cursor *in, const unsigned char *p, wire_value *out)
{
    if (!need(in, p, out->count))
        return WIRE_SHORT;
    out->data = p;
    in->at = p + out->count;
    return WIRE_OK;
}

/* A map or list behind whose header stands p; each element takes `least` bytes or more. */
static int take_header(wire_cursor *in, const unsigned char *p, wire_value *out, uint64_t least)
{
    if ((uint64_t)(in->end - p) < out->count * least)
        return WIRE_SHORT;
    in->at = p;
    return WIRE_OK;
}

static int take_int(wire_cursor *in, const unsigned char *p, wire_value *out, int64_t v)
{
    out->kind = WIRE_INT;
    out->as.i = v;
    in->at = p;
    return WIRE_OK;
}

static int take_real(wire_cursor *in, const unsigned char *p, wire_value *out, double v)
{
    out->kind = WIRE_REAL;
    out->as.f = v;
    in->at = p;
    return WIRE_OK;
}

/* Values whose tag is 0xc0 to 0xdf; p stands behind it. */
static int read_tagged(wire_cursor *in, unsigned tag, const unsigned char *p, wire_value *out)
{
    /* bytes that follow the tag before any content */
    static const uint8_t extra[32] = {0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8,
                                      1, 2, 4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4};
    unsigned n = extra[tag - 0xc0u];
    if (!need(in, p, n))
        return WIRE_SHORT;
    uint32_t length = n == 1 ? p[0] : n == 2 ? wire_get16(p) : n == 4 ? wire_get32(p) : 0;
    switch (tag) {
    case 0xc0:
        out->kind = WIRE_NIL;
        in->at = p;
        return WIRE_OK;
    case 0xc2:
    case 0xc3:
        out->kind = WIRE_BOOL;
        out->as.i = tag == 0xc3;
        in->at = p;
        return WIRE_OK;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        out->kind = WIRE_BIN;
        out->count = length;
        return take_bytes(in, p + n, out);
    case 0xc7:
    case 0xc8:
    case 0xc9: /* one more byte: the type */
        out->kind = WIRE_EXT;
        out->count = length;
        return need(in, p + n, 1) ? take_bytes(in, p + n + 1, out) : WIRE_SHORT;
    case 0xca: {
        float v;
        memcpy(&v, &length, sizeof v);
        return take_real(in, p + n, out, (double)v);
    }
    case 0xcb: {
        uint64_t bits = wire_get64(p);
        double v;
        memcpy(&v, &bits, sizeof v);
        return take_real(in, p + n, out, v);
    }
    case 0xcc:
    case 0xcd:
    case 0xce:
        return take_int(in, p + n, out, length);
    case 0xcf: {
        uint64_t v = wire_get64(p);
        if (v <= INT64_MAX)
            return take_int(in, p + n, out, (int64_t)v);
        out->kind = WIRE_UINT;
        out->as.u = v;
        in->at = p + n;
        return WIRE_OK;
    }
    case 0xd0:
        return take_int(in, p + n, out, (int8_t)length);
    case 0xd1:
        return take_int(in, p + n, out, (int16_t)length);
    case 0xd2:
        return take_int(in, p + n, out, (int32_t)length);
    case 0xd3:
        return take_int(in, p + n, out, (int64_t)wire_get64(p));
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        out->kind = WIRE_EXT;
        out->count = 1u << (tag - 0xd4u);
        return need(in, p, 1) ? take_bytes(in, p + 1, out) : WIRE_SHORT;
    case 0xd9:
    case 0xda:
    case 0xdb:
        out->kind = WIRE_STR;
        out->count = length;
        return take_bytes(in, p + n, out);
    case 0xdc:
    case 0xdd:
        out->kind = WIRE_LIST;
        out->count = length;
        return take_header(in, p + n, out, 1);
    case 0xde:
    case 0xdf:
        out->kind = WIRE_MAP;
        out->count = length;
        return take_header(in, p + n, out, 2);
    default: /* 0xc1 */
        return WIRE_BAD;
    }
}

int njord_wire_read(wire_cursor *in, wire_value *out)
{
    const unsigned char *p = in->at;
    if (p >= in->end)
        return WIRE_SHORT;
    unsigned tag = *p++;
    if (tag < 0x80)
        return take_int(in, p, out, (int64_t)tag);
    if (tag >= 0xe0)
        return take_int(in, p, out, (int64_t)tag - 256);
    if (tag >= 0xc0)
        return read_tagged(in, tag, p, out);
    if (tag >= 0xa0) {
        out->kind = WIRE_STR;
        out->count = tag & 31u;
        return take_bytes(in, p, out);
    }
    out->count = tag & 15u;
    out->kind = tag >= 0x90 ? WIRE_LIST : WIRE_MAP;
    return take_header(in, p, out, tag >= 0x90 ? 1 : 2);
}

const char *njord_wire_name(uint32_t kind)
{
    static const char *const names[] = {"nil", "bool", "integer", "integer", "f64",
                                        "str", "bin",  "ext",     "list",    "map"};
    return kind < sizeof names / sizeof names[0] ? names[kind] : "nothing";
}

int njord_wire_skip(wire_cursor *in, unsigned depth)
{
    enum { DEEPEST = 32 };
    uint64_t left[DEEPEST + 1]; /* values still to come at each level */
    unsigned level = 0;
    wire_cursor at = *in;
    left[0] = 1;
    if (depth > DEEPEST)
        depth = DEEPEST;
    for (;;) {
        while (left[level] == 0) {
            if (level == 0) {
                *in = at;
                return WIRE_OK;
            }
            level--;
        }
        left[level]--;
        wire_value v;
        int rc = njord_wire_read(&at, &v);
        if (rc != WIRE_OK)
            return rc;
        if (v.kind == WIRE_LIST || v.kind == WIRE_MAP) {
            if (level == depth)
                return WIRE_DEEP;
            left[++level] = v.kind == WIRE_MAP ? 2u * (uint64_t)v.count : v.count;
        }
    }
}
