/* codec_any_json.c - free-form members from JSON: a map or list made into canonical msgpack. See
 * codec_impl.h. Pure [any]. */
#include "codec_impl.h"
#include "json_scan.h"
#include "text_impl.h"

#include <string.h>

typedef struct reading {
    json_cursor in;
    njord_span *out;
    njord_any_error *err;
} reading;

static int bad(const reading *r, const void *at, const char *why)
{
    r->err->at = at;
    r->err->why = why;
    return r->err->status = NJORD_E_ARG;
}

/* Room for n more bytes? */
static int room(const reading *r, size_t n)
{
    if ((size_t)(r->out->end - r->out->at) >= n)
        return 0;
    r->err->at = r->in.at;
    r->err->why = "no room for it";
    return r->err->status = NJORD_E_LIMIT;
}

/* A text; *hash tells it apart as a key. */
static int read_text(reading *r, uint64_t *hash)
{
    const char *why = "", *at = r->in.at;
    json_text text;
    if (njord_json_text(&r->in, &text, &why) != 0)
        return bad(r, r->in.at, why);
    if (text.len > UINT32_MAX)
        return bad(r, at, "a text that is too long");
    int rc = room(r, WIRE_HEADER_SIZE + text.len);
    if (rc != 0)
        return rc;
    char *to = (char *)wire_put_str_header(r->out->at, (uint32_t)text.len);
    if (text.escaped)
        njord_json_unescape(&text, to);
    else
        memcpy(to, text.raw, text.len);
    if (!njord_text_valid(to, text.len))
        return bad(r, at, "text is not valid UTF-8, or has a NUL in it");
    if (hash != NULL)
        *hash = njord_text_hash(to, text.len);
    r->out->at = (unsigned char *)to + text.len;
    return 0;
}

static int read_number(reading *r)
{
    int whole;
    const char *at = r->in.at;
    size_t n = njord_json_number(&r->in, &whole);
    if (n == 0)
        return bad(r, at, "expected a value");
    int rc = room(r, WIRE_NUMBER_SIZE);
    if (rc != 0)
        return rc;
    r->in.at += n;
    int64_t i;
    double v;
    if (whole && njord_parse_i64(at, n, &i) == n && !(i == 0 && *at == '-')) {
        r->out->at = wire_put_i64(r->out->at, i);
        return 0;
    }
    uint64_t u = 0;
    size_t k = 0;
    if (whole && *at != '-')
        while (k < n && !__builtin_mul_overflow(u, 10u, &u) &&
               !__builtin_add_overflow(u, (uint64_t)(at[k] - '0'), &u))
            k++;
    if (k == n) {
        r->out->at = wire_put_u64(r->out->at, u);
        return 0;
    }
    if (njord_parse_f64(at, n, &v) != n)
        return bad(r, at, "a number that no f64 can hold");
    r->out->at = njord_any_put_number(r->out->at, v);
    return 0;
}

static int read_value(reading *r, unsigned depth);

/* The items of a map or list, whose first byte is taken and whose header of one byte is left out at
 * `header`. */
static int read_items(reading *r, int map, unsigned depth, uint32_t *count)
{
    uint64_t hashes[NJORD_MAX_ANY_KEYS];
    char close = map ? '}' : ']';
    if (json_take(&r->in, close))
        return 0;
    for (;;) {
        int rc = 0;
        if (map) {
            if (*count == NJORD_MAX_ANY_KEYS)
                return bad(r, r->in.at, "a map of more than 256 keys");
            if (json_peek(&r->in) != '"')
                return bad(r, r->in.at, "expected a key");
            const char *at = r->in.at;
            rc = read_text(r, &hashes[*count]);
            if (rc == 0 && njord_hash_among(hashes, *count, hashes[*count]))
                return bad(r, at, "a key stands twice");
            if (rc == 0 && !json_take(&r->in, ':'))
                return bad(r, r->in.at, "expected ':'");
        }
        if (rc == 0)
            rc = read_value(r, depth);
        if (rc != 0)
            return rc;
        ++*count;
        if (json_take(&r->in, close))
            return 0;
        if (!json_take(&r->in, ','))
            return bad(r, r->in.at, map ? "expected ',' or '}'" : "expected ',' or ']'");
    }
}

static int read_nest(reading *r, int map, unsigned depth)
{
    unsigned char header[WIRE_HEADER_SIZE];
    uint32_t count = 0;
    if (depth == NJORD_MAX_ANY_DEPTH)
        return bad(r, r->in.at, "maps and lists more than 8 deep");
    int rc = room(r, 1);
    if (rc != 0)
        return rc;
    r->in.at++;
    size_t begin = 0;
    unsigned char *first = r->out->at++;
    rc = read_items(r, map, depth + 1, &count);
    if (rc != 0)
        return rc;
    size_t n =
        (size_t)((map ? wire_put_map_header(header, count) : wire_put_list_header(header, count)) -
                 header);
    begin = (size_t)(r->out->at - first) - 1; /* bytes of the items */
    rc = room(r, n - 1);
    if (rc != 0)
        return rc;
    if (n > 1)
        memmove(first + n, first + 1, begin);
    memcpy(first, header, n);
    r->out->at += n - 1;
    return 0;
}

static int read_value(reading *r, unsigned depth)
{
    char c = json_peek(&r->in);
    if (c == '"')
        return read_text(r, NULL);
    if (c == '{' || c == '[')
        return read_nest(r, c == '{', depth);
    if (c == '-' || (c >= '0' && c <= '9'))
        return read_number(r);
    int rc = room(r, 1);
    if (rc != 0)
        return rc;
    if (njord_json_word(&r->in, "true"))
        *r->out->at++ = 0xc3;
    else if (njord_json_word(&r->in, "false"))
        *r->out->at++ = 0xc2;
    else if (njord_json_word(&r->in, "null"))
        *r->out->at++ = 0xc0;
    else
        return bad(r, r->in.at, "expected a value");
    return 0;
}

int njord_any_from_json(json_cursor *in, njord_span *out, njord_any_error *err)
{
    reading r = {*in, out, err};
    char c = json_peek(&r.in);
    int rc = c == '{' || c == '[' ? read_value(&r, 0) : bad(&r, r.in.at, "expected map or list");
    *in = r.in;
    return rc;
}
