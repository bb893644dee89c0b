#include "base/buf.h"

#include <njord/codec.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool nj_buf_reserve(struct nj_buf *buf, size_t more)
{
    if (buf->failed || more > SIZE_MAX / 2 - buf->len - 1) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->len + more + 1;
    if (need <= buf->cap)
        return true;
    size_t cap = buf->cap ? buf->cap : 64;
    while (cap < need)
        cap *= 2;
    char *data = realloc(buf->data, cap);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    buf->data[buf->len] = '\0';
    return true;
}

bool nj_buf_add(struct nj_buf *buf, const void *data, size_t len)
{
    if (!nj_buf_reserve(buf, len))
        return false;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool nj_buf_puts(struct nj_buf *buf, const char *text)
{
    return nj_buf_add(buf, text, strlen(text));
}

bool nj_buf_putc(struct nj_buf *buf, char c)
{
    return nj_buf_add(buf, &c, 1);
}

bool nj_buf_printf(struct nj_buf *buf, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    bool ok = len >= 0 && nj_buf_reserve(buf, (size_t)len);
    if (ok) {
        vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
        buf->len += (size_t)len;
    } else {
        buf->failed = true;
    }
    va_end(again);
    va_end(args);
    return ok;
}

bool nj_buf_json(struct nj_buf *buf, const char *text)
{
    size_t len = strlen(text), bound = 6 * len + 2;
    if (!nj_buf_reserve(buf, bound))
        return false;
    buf->len += njord_format_text(text, len, buf->data + buf->len, bound + 1);
    buf->data[buf->len] = '\0';
    return true;
}

void nj_buf_drop(struct nj_buf *buf, size_t len)
{
    if (len >= buf->len) {
        nj_buf_clear(buf);
        return;
    }
    memmove(buf->data, buf->data + len, buf->len - len + 1);
    buf->len -= len;
}

void nj_buf_clear(struct nj_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

void nj_buf_free(struct nj_buf *buf)
{
    free(buf->data);
    *buf = (struct nj_buf){0};
}
