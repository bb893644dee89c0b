#include "gzip_check.h"

#include <string.h>

void gzip_check_init(struct gzip_check *c)
{
    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i < 256; i++) { /* RFC 1952, 8 */
        uint32_t r = i;
        for (int k = 0; k < 8; k++)
            r = r & 1u ? 0xedb88320u ^ (r >> 1) : r >> 1;
        c->table[i] = r;
    }
    c->crc = 0xffffffffu;
}

static uint32_t little_endian(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Does a member open here? RFC 1952, 2.3: magic, deflate, no reserved flag, one of the three values
 * of XFL that are in use, a known system. */
static int is_head(const uint8_t *p)
{
    return p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 && (p[3] & 0xe0u) == 0 &&
           (p[8] == 0 || p[8] == 2 || p[8] == 4) && (p[9] <= 13 || p[9] == 255);
}

/* An empty member changes neither CRC nor length: it need not be found. */
static void wait_for(struct gzip_check *c, uint32_t crc, uint32_t length)
{
    size_t at;

    if ((length == 0 && crc == 0) || c->n_waiting == GZIP_CHECK_MAX)
        return;
    at = (c->first_waiting + c->n_waiting++) % GZIP_CHECK_MAX;
    c->waiting[at].crc = crc;
    c->waiting[at].length = length;
}

void gzip_check_packed(struct gzip_check *c, const uint8_t *data, size_t len)
{
    size_t n = c->n_kept + len;
    size_t at = 8;

    memcpy(c->packed + c->n_kept, data, len);
    while (at + 10 <= n) {
        const uint8_t *head = memchr(c->packed + at, 0x1f, n - 9 - at);
        if (!head)
            break;
        if (is_head(head))
            wait_for(c, little_endian(head - 8), little_endian(head - 4));
        at = (size_t)(head - c->packed) + 1;
    }
    c->n_kept = n < GZIP_CHECK_SEAM - 1u ? n : GZIP_CHECK_SEAM - 1u;
    memmove(c->packed, c->packed + n - c->n_kept, c->n_kept);
}

static void run_crc(struct gzip_check *c, const uint8_t *data, size_t len)
{
    uint32_t crc = c->crc;

    for (size_t i = 0; i < len; i++)
        crc = c->table[(crc ^ data[i]) & 0xffu] ^ (crc >> 8);
    c->crc = crc;
    c->length += len;
}

/* When the first candidate's length is reached it is a boundary or none: either way it is done. */
static int settle_first(struct gzip_check *c)
{
    const struct gzip_trailer *t = &c->waiting[c->first_waiting];

    if (c->n_waiting == 0 || c->length == 0 || t->length != (uint32_t)c->length)
        return 0;
    if (t->crc == ~c->crc) {
        c->crc = 0xffffffffu;
        c->length = 0;
    }
    c->first_waiting = (c->first_waiting + 1) % GZIP_CHECK_MAX;
    c->n_waiting--;
    return 1;
}

void gzip_check_unpacked(struct gzip_check *c, const uint8_t *data, size_t len)
{
    while (settle_first(c)) /* its head came after its last byte */
        ;
    while (len > 0) {
        size_t n = len;
        if (c->n_waiting > 0) {
            uint32_t left = c->waiting[c->first_waiting].length - (uint32_t)c->length;
            if (left > 0 && left < n)
                n = left;
        }
        run_crc(c, data, n);
        data += n;
        len -= n;
        while (settle_first(c))
            ;
    }
}

int gzip_check_end(struct gzip_check *c)
{
    const uint8_t *trailer = c->packed + c->n_kept - 8;

    while (settle_first(c))
        ;
    return c->n_kept >= 8 && little_endian(trailer) == ~c->crc &&
                   little_endian(trailer + 4) == (uint32_t)c->length
               ? 0
               : -1;
}
