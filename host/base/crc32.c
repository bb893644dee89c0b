#include "base/crc32.h"

void nj_crc32_init(struct nj_crc32 *crc)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t r = b;
        for (int bit = 0; bit < 8; bit++)
            r = (r >> 1) ^ (r & 1 ? 0xedb88320u : 0);
        crc->table[0][b] = r;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t b = 0; b < 256; b++) {
            uint32_t before = crc->table[k - 1][b];
            crc->table[k][b] = crc->table[0][before & 0xff] ^ (before >> 8);
        }
}

static uint32_t word_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Slicing by eight: Kounavis and Berry, "A systematic approach to building high performance
 * software-based CRC generators", 2005. */
uint32_t nj_crc32_add(const struct nj_crc32 *crc, uint32_t so_far, const void *data, size_t len)
{
    const uint32_t(*t)[256] = crc->table;
    const uint8_t *p = data;
    uint32_t r = ~so_far;
    for (; len >= 8; p += 8, len -= 8) {
        uint32_t low = r ^ word_at(p), high = word_at(p + 4);
        r = t[7][low & 0xff] ^ t[6][low >> 8 & 0xff] ^ t[5][low >> 16 & 0xff] ^ t[4][low >> 24] ^
            t[3][high & 0xff] ^ t[2][high >> 8 & 0xff] ^ t[1][high >> 16 & 0xff] ^ t[0][high >> 24];
    }
    for (; len > 0; p++, len--)
        r = t[0][(r ^ *p) & 0xff] ^ (r >> 8);
    return ~r;
}
