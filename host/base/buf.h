/* buf.h - a growable run of bytes that always ends with a NUL behind its length.
 *
 * Owned by whoever declared it; nj_buf_free() ends it. Appending may fail for want of memory: the
 * buffer then holds what it held before and `failed` stays set, so that many appends may be made
 * and checked once. */
#ifndef NJ_BASE_BUF_H
#define NJ_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct nj_buf {
    char *data; /* NULL while empty */
    size_t len;
    size_t cap;
    bool failed;
};

/* Room for `more` further bytes; returns false for want of memory. */
bool nj_buf_reserve(struct nj_buf *buf, size_t more);
bool nj_buf_add(struct nj_buf *buf, const void *data, size_t len);
bool nj_buf_puts(struct nj_buf *buf, const char *text);
bool nj_buf_putc(struct nj_buf *buf, char c);
bool nj_buf_printf(struct nj_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text as a JSON string, with its quotes. */
bool nj_buf_json(struct nj_buf *buf, const char *text);
/* Removes `len` bytes from the front. */
void nj_buf_drop(struct nj_buf *buf, size_t len);
/* Empties it and keeps the memory. */
void nj_buf_clear(struct nj_buf *buf);
void nj_buf_free(struct nj_buf *buf);

#endif
