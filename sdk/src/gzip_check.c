#include "gzip_check.h"

#include <stdlib.h>
#include <string.h>

#define SEAM  18u /* a trailer, and the ten bytes that open every member */
#define FIRST 16u /* candidates that there is room for at first: a file of one member has none */
#define SLICE 16u /* bytes that the CRC takes in at once */

struct trailer {
    uint32_t crc, length;
};

struct gzip_check {
    /* [k][b]: the CRC-32 of byte b with k zero bytes behind it */
    uint32_t table[SLICE][256];
    uint32_t crc;    /* of the member now being unpacked, in its running form */
    uint64_t length; /* bytes of it so far */
    size_t n_kept;   /* last packed bytes of before, in front of the new ones */
    uint8_t packed[SEAM - 1u + GZIP_CHECK_BLOCK];
    struct trailer *waiting; /* a ring */
    size_t first_waiting, n_waiting, cap_waiting;
};

struct gzip_check *gzip_check_new(void)
{
    struct gzip_check *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->cap_waiting = FIRST;
    c->waiting = malloc(FIRST * sizeof *c->waiting);
    if (!c->waiting) {
        free(c);
        return NULL;
    }
    for (uint32_t i = 0; i < 256; i++) { /* RFC 1952, 8 */
        uint32_t r = i;
        for (int k = 0; k < 8; k++)
            r = r & 1u ? 0xedb88320u ^ (r >> 1) : r >> 1;
        c->table[0][i] = r;
    }
    for (uint32_t k = 1; k < SLICE; k++) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t r = c->table[k - 1][i];
            c->table[k][i] = c->table[0][r & 0xffu] ^ (r >> 8);
        }
    }
    c->crc = 0xffffffffu;
    return c;
}

void gzip_check_free(struct gzip_check *c)
{
    if (!c)
        return;
    free(c->waiting);
    free(c);
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

static int grow(struct gzip_check *c)
{
    size_t cap = c->cap_waiting * 2 < GZIP_CHECK_MAX ? c->cap_waiting * 2 : GZIP_CHECK_MAX;
    struct trailer *grown = malloc(cap * sizeof *grown);

    if (!grown)
        return -1;
    for (size_t i = 0; i < c->n_waiting; i++)
        grown[i] = c->waiting[(c->first_waiting + i) % c->cap_waiting];
    free(c->waiting);
    c->waiting = grown;
    c->cap_waiting = cap;
    c->first_waiting = 0;
    return 0;
}

/* An empty member changes neither CRC nor length: it need not be found. */
static int wait_for(struct gzip_check *c, uint32_t crc, uint32_t length)
{
    size_t at;

    if ((length == 0 && crc == 0) || c->n_waiting == GZIP_CHECK_MAX)
        return 0;
    if (c->n_waiting == c->cap_waiting && grow(c) < 0)
        return -1;
    at = (c->first_waiting + c->n_waiting++) % c->cap_waiting;
    c->waiting[at].crc = crc;
    c->waiting[at].length = length;
    return 0;
}

int gzip_check_packed(struct gzip_check *c, const uint8_t *data, size_t len)
{
    size_t n = c->n_kept + len;
    size_t at = 8;

    memcpy(c->packed + c->n_kept, data, len);
    while (at + 10 <= n) {
        const uint8_t *head = memchr(c->packed + at, 0x1f, n - 9 - at);
        if (!head)
            break;
        if (is_head(head) && wait_for(c, little_endian(head - 8), little_endian(head - 4)) < 0)
            return -1;
        at = (size_t)(head - c->packed) + 1;
    }
    c->n_kept = n < SEAM - 1u ? n : SEAM - 1u;
    memmove(c->packed, c->packed + n - c->n_kept, c->n_kept);
    return 0;
}

/* The CRC of four bytes with `zeros` bytes behind them. */
static uint32_t slice(const struct gzip_check *c, uint32_t word, unsigned zeros)
{
    return c->table[zeros + 3][word & 0xffu] ^ c->table[zeros + 2][word >> 8 & 0xffu] ^
           c->table[zeros + 1][word >> 16 & 0xffu] ^ c->table[zeros][word >> 24];
}

/* Slicing: Kounavis and Berry, "A systematic approach to building high performance software-based
 * CRC generators", 2005. */
static void run_crc(struct gzip_check *c, const uint8_t *data, size_t len)
{
    uint32_t crc = c->crc;

    c->length += len;
    for (; len >= SLICE; data += SLICE, len -= SLICE)
        crc = slice(c, crc ^ little_endian(data), 12) ^ slice(c, little_endian(data + 4), 8) ^
              slice(c, little_endian(data + 8), 4) ^ slice(c, little_endian(data + 12), 0);
    for (size_t i = 0; i < len; i++)
        crc = c->table[0][(crc ^ data[i]) & 0xffu] ^ (crc >> 8);
    c->crc = crc;
}

/* When the first candidate's length is reached it is a boundary or none: either way it is done. */
static int settle_first(struct gzip_check *c)
{
    const struct trailer *t = &c->waiting[c->first_waiting];

    if (c->n_waiting == 0 || c->length == 0 || t->length != (uint32_t)c->length)
        return 0;
    if (t->crc == ~c->crc) {
        c->crc = 0xffffffffu;
        c->length = 0;
    }
    c->first_waiting = (c->first_waiting + 1) % c->cap_waiting;
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
