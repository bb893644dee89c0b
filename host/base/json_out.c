#include "base/json_out.h"

#include <inttypes.h>
#include <math.h>
#include <njord/codec.h>

static void begin(struct nj_json_out *json, const char *key)
{
    if (json->comma)
        nj_buf_putc(json->buf, ',');
    if (key) {
        nj_buf_json(json->buf, key);
        nj_buf_putc(json->buf, ':');
    }
    json->comma = true;
}

void nj_put_open(struct nj_json_out *json, const char *key, char bracket)
{
    begin(json, key);
    nj_buf_putc(json->buf, bracket);
    json->comma = false;
}

void nj_put_close(struct nj_json_out *json, char bracket)
{
    nj_buf_putc(json->buf, bracket);
    json->comma = true;
}

void nj_put_text(struct nj_json_out *json, const char *key, const char *text)
{
    begin(json, key);
    nj_buf_json(json->buf, text ? text : "");
}

void nj_put_int(struct nj_json_out *json, const char *key, int64_t v)
{
    begin(json, key);
    nj_buf_printf(json->buf, "%" PRId64, v);
}

void nj_put_uint(struct nj_json_out *json, const char *key, uint64_t v)
{
    begin(json, key);
    nj_buf_printf(json->buf, "%" PRIu64, v);
}

void nj_put_real(struct nj_json_out *json, const char *key, double v)
{
    char text[NJORD_NUMBER_SIZE];
    if (!isfinite(v)) {
        nj_put_null(json, key);
        return;
    }
    begin(json, key);
    nj_buf_add(json->buf, text, njord_format_f64(v, text));
}

void nj_put_bool(struct nj_json_out *json, const char *key, bool v)
{
    begin(json, key);
    nj_buf_puts(json->buf, v ? "true" : "false");
}

void nj_put_null(struct nj_json_out *json, const char *key)
{
    begin(json, key);
    nj_buf_puts(json->buf, "null");
}

void nj_put_raw(struct nj_json_out *json, const char *key, const char *text, size_t len)
{
    begin(json, key);
    nj_buf_add(json->buf, text, len);
}
