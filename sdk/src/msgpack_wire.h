/* msgpack_wire.h - msgpack bytes: a bounded cursor that reads one value's header at a time, and the
 * writers of single values.
 *
 * Shared by the event codec, the free-form members and saved state. The reader looks at nothing
 * past its end, allocates nothing and refuses a header that claims more elements or bytes than are
 * left. Writers use the smallest form of an integer, a text, a map and a list; reals are always
 * float64. The caller has checked the room. */
#ifndef NJORD_MSGPACK_WIRE_H
#define NJORD_MSGPACK_WIRE_H

#include <stdint.h>
#include <string.h>

/* Kinds of values; names for people stand in njord_wire_name(). */
enum {
    WIRE_NIL,
    WIRE_BOOL,
    WIRE_INT,  /* .i */
    WIRE_UINT, /* .u, above INT64_MAX only */
    WIRE_REAL, /* .f */
    WIRE_STR,  /* .data, .count bytes; the cursor stands behind them, as with BIN and EXT */
    WIRE_BIN,
    WIRE_EXT,
    WIRE_LIST, /* .count values follow */
    WIRE_MAP   /* .count pairs follow */
};

typedef struct wire_value {
    uint32_t kind;
    uint32_t count;
    union {
        int64_t i;
        uint64_t u;
        double f;
    } as;
    const unsigned char *data;
} wire_value;

typedef struct wire_cursor {
    const unsigned char *at;
    const unsigned char *end;
} wire_cursor;

#define WIRE_OK    0
#define WIRE_SHORT (-1) /* the value or what it announces is longer than the input */
#define WIRE_BAD   (-2) /* the byte that msgpack does not use */

static inline uint16_t wire_get16(const unsigned char *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap16(v);
}

static inline uint32_t wire_get32(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}

static inline uint64_t wire_get64(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}

/* Reads one value, or the header of a map or list. On an error the cursor has not moved. */
int njord_wire_read(wire_cursor *in, wire_value *out);

/* The same, with the values that events are made of taken here. */
static inline int wire_read(wire_cursor *in, wire_value *out)
{
    const unsigned char *p = in->at;
    size_t left = (size_t)(in->end - p);
    if (left > 32) { /* room for any short text */
        if (*p >= 0xa0 && *p < 0xc0) {
            out->kind = WIRE_STR;
            out->count = *p & 31u;
            out->data = p + 1;
            in->at = p + 1 + out->count;
            return WIRE_OK;
        }
        if (*p == 0xcb) {
            uint64_t bits = wire_get64(p + 1);
            out->kind = WIRE_REAL;
            memcpy(&out->as.f, &bits, sizeof bits);
            in->at = p + 9;
            return WIRE_OK;
        }
    }
    return njord_wire_read(in, out);
}

/* "str", "bin" and so on. */
const char *njord_wire_name(uint32_t kind);

/* Skips one whole value, ext types too. depth: how many maps and lists may stand in one another.
 * WIRE_OK, an error above, or WIRE_DEEP. */
#define WIRE_DEEP (-3)
int njord_wire_skip(wire_cursor *in, unsigned depth);

/* ---- writers: they return the byte behind what they wrote ------------------------------------ */

#define WIRE_NUMBER_SIZE 9u /* bytes of a number at most */
#define WIRE_HEADER_SIZE 5u /* bytes of a header at most */

static inline unsigned char *wire_put16(unsigned char *p, unsigned tag, uint16_t v)
{
    v = __builtin_bswap16(v);
    *p = (unsigned char)tag;
    memcpy(p + 1, &v, sizeof v);
    return p + 3;
}

static inline unsigned char *wire_put32(unsigned char *p, unsigned tag, uint32_t v)
{
    v = __builtin_bswap32(v);
    *p = (unsigned char)tag;
    memcpy(p + 1, &v, sizeof v);
    return p + 5;
}

static inline unsigned char *wire_put64(unsigned char *p, unsigned tag, uint64_t v)
{
    v = __builtin_bswap64(v);
    *p = (unsigned char)tag;
    memcpy(p + 1, &v, sizeof v);
    return p + 9;
}

static inline unsigned char *wire_put_u64(unsigned char *p, uint64_t v)
{
    if (v < 0x80u) {
        *p = (unsigned char)v;
        return p + 1;
    }
    if (v <= 0xffu) {
        p[0] = 0xcc;
        p[1] = (unsigned char)v;
        return p + 2;
    }
    if (v <= 0xffffu)
        return wire_put16(p, 0xcd, (uint16_t)v);
    if (v <= 0xffffffffu)
        return wire_put32(p, 0xce, (uint32_t)v);
    return wire_put64(p, 0xcf, v);
}

static inline unsigned char *wire_put_i64(unsigned char *p, int64_t v)
{
    if (v >= 0)
        return wire_put_u64(p, (uint64_t)v);
    if (v >= -32) {
        *p = (unsigned char)v;
        return p + 1;
    }
    if (v >= INT8_MIN) {
        p[0] = 0xd0;
        p[1] = (unsigned char)v;
        return p + 2;
    }
    if (v >= INT16_MIN)
        return wire_put16(p, 0xd1, (uint16_t)v);
    if (v >= INT32_MIN)
        return wire_put32(p, 0xd2, (uint32_t)v);
    return wire_put64(p, 0xd3, (uint64_t)v);
}

static inline unsigned char *wire_put_f64(unsigned char *p, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return wire_put64(p, 0xcb, bits);
}

static inline unsigned char *wire_put_bool(unsigned char *p, int v)
{
    *p = v ? 0xc3 : 0xc2;
    return p + 1;
}

static inline unsigned char *wire_put_str_header(unsigned char *p, uint32_t len)
{
    if (len < 32) {
        *p = (unsigned char)(0xa0u | len);
        return p + 1;
    }
    if (len <= 0xff) {
        p[0] = 0xd9;
        p[1] = (unsigned char)len;
        return p + 2;
    }
    return len <= 0xffff ? wire_put16(p, 0xda, (uint16_t)len) : wire_put32(p, 0xdb, len);
}

static inline unsigned char *wire_put_str(unsigned char *p, const char *text, uint32_t len)
{
    p = wire_put_str_header(p, len);
    memcpy(p, text, len);
    return p + len;
}

static inline unsigned char *wire_put_bin_header(unsigned char *p, uint32_t len)
{
    if (len <= 0xff) {
        p[0] = 0xc4;
        p[1] = (unsigned char)len;
        return p + 2;
    }
    return len <= 0xffff ? wire_put16(p, 0xc5, (uint16_t)len) : wire_put32(p, 0xc6, len);
}

static inline unsigned char *wire_put_list_header(unsigned char *p, uint32_t count)
{
    if (count < 16) {
        *p = (unsigned char)(0x90u | count);
        return p + 1;
    }
    return count <= 0xffff ? wire_put16(p, 0xdc, (uint16_t)count) : wire_put32(p, 0xdd, count);
}

static inline unsigned char *wire_put_map_header(unsigned char *p, uint32_t count)
{
    if (count < 16) {
        *p = (unsigned char)(0x80u | count);
        return p + 1;
    }
    return count <= 0xffff ? wire_put16(p, 0xde, (uint16_t)count) : wire_put32(p, 0xdf, count);
}

#endif
