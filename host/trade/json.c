#include "trade/json.h"

#include <math.h>
#include <njord/codec.h>
#include <string.h>

void nj_json_put_i64(struct nj_buf *out, int64_t v)
{
    char text[NJORD_NUMBER_SIZE];
    njord_format_i64(v, text);
    nj_buf_puts(out, text);
}

void nj_json_put_f64(struct nj_buf *out, double v)
{
    char text[NJORD_NUMBER_SIZE];
    njord_format_f64(v + 0.0, text);
    nj_buf_puts(out, text);
}

void nj_json_put_sum(struct nj_buf *out, struct nj_sum v)
{
    nj_buf_putc(out, '[');
    nj_json_put_f64(out, v.hi);
    nj_buf_putc(out, ',');
    nj_json_put_f64(out, v.lo);
    nj_buf_putc(out, ']');
}

static void put_hex(struct nj_buf *out, uint64_t v)
{
    char text[16];
    for (int i = 15; i >= 0; i--, v >>= 4)
        text[i] = "0123456789abcdef"[v & 15];
    nj_buf_add(out, text, sizeof text);
}

void nj_json_put_ids(struct nj_buf *out, const struct nj_idset *set, bool with_time)
{
    nj_buf_putc(out, '[');
    for (uint32_t n = 0; n < set->count; n++) {
        const struct nj_id *id = nj_idset_at(set, n);
        nj_buf_puts(out, n ? "," : "");
        nj_buf_puts(out, with_time ? "[\"" : "\"");
        put_hex(out, id->hi);
        put_hex(out, id->lo);
        nj_buf_putc(out, '"');
        if (with_time) {
            nj_buf_putc(out, ',');
            nj_json_put_i64(out, id->ts_ns);
            nj_buf_putc(out, ']');
        }
    }
    nj_buf_putc(out, ']');
}

json_t *nj_json_read(const char *text, size_t len, const char *what, struct nj_error *err)
{
    json_error_t where;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    int64_t version;
    if (!root) {
        nj_error_set(err, NJ_ERR_INPUT, "%s: line %d, byte %d: %s", what, where.line,
                     where.position, where.text);
        return NULL;
    }
    if (!json_is_object(root) || !nj_json_i64(root, "version", &version) || version != 1) {
        nj_error_set(err, NJ_ERR_INPUT, "%s: expected an object with \"version\": 1", what);
        json_decref(root);
        return NULL;
    }
    return root;
}

static bool i64_of(const json_t *v, int64_t *out)
{
    if (!json_is_integer(v))
        return false;
    *out = json_integer_value(v);
    return true;
}

static bool f64_of(const json_t *v, double *out)
{
    if (!json_is_number(v))
        return false;
    *out = json_number_value(v);
    return isfinite(*out);
}

bool nj_json_i64(const json_t *from, const char *key, int64_t *out)
{
    return i64_of(json_object_get(from, key), out);
}

bool nj_json_f64(const json_t *from, const char *key, double *out)
{
    return f64_of(json_object_get(from, key), out);
}

bool nj_json_sum(const json_t *from, const char *key, struct nj_sum *out)
{
    const json_t *v = json_object_get(from, key);
    return json_array_size(v) == 2 && f64_of(json_array_get(v, 0), &out->hi) &&
           f64_of(json_array_get(v, 1), &out->lo) && out->hi + out->lo == out->hi;
}

const char *nj_json_text(const json_t *from, const char *key, size_t size)
{
    const json_t *v = json_object_get(from, key);
    size_t len = json_string_length(v);
    return json_is_string(v) && len > 0 && len < size && strlen(json_string_value(v)) == len
               ? json_string_value(v)
               : NULL;
}

static bool hex64(const char *text, uint64_t *out)
{
    *out = 0;
    for (int i = 0; i < 16; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint64_t)digit;
    }
    return true;
}

int nj_json_ids(const json_t *from, struct nj_idset *set, bool with_time, const char *what,
                struct nj_error *err)
{
    if (!json_is_array(from) || json_array_size(from) > set->bound)
        return nj_error_set(err, NJ_ERR_INPUT, "%s: expected a list of at most %u ids", what,
                            (unsigned)set->bound);
    for (size_t n = 0; n < json_array_size(from); n++) {
        const json_t *item = json_array_get(from, n);
        const json_t *text = with_time ? json_array_get(item, 0) : item;
        struct nj_id id = {0, 0, 0};
        if (json_string_length(text) != 32 || !hex64(json_string_value(text), &id.hi) ||
            !hex64(json_string_value(text) + 16, &id.lo) ||
            (with_time && !i64_of(json_array_get(item, 1), &id.ts_ns)) || nj_idset_find(set, id))
            return nj_error_set(err, NJ_ERR_INPUT,
                                "%s: entry %zu: expected 32 hexadecimal digits, once", what, n);
        if (!nj_idset_add(set, id))
            return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", what);
    }
    return 0;
}
