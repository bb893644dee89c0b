/* crc32.h - the CRC-32 of gzip (RFC 1952, section 8; IEEE 802.3), eight bytes at a time.
 *
 * The tables are the caller's, made once by nj_crc32_init(): no global state. Pure [any]. */
#ifndef NJ_BASE_CRC32_H
#define NJ_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

struct nj_crc32 {
    uint32_t table[8][256]; /* [k][b]: of byte b with k zero bytes behind it */
};

void nj_crc32_init(struct nj_crc32 *crc);
/* The CRC of what `so_far` is the CRC of (0: nothing), and data. */
uint32_t nj_crc32_add(const struct nj_crc32 *crc, uint32_t so_far, const void *data, size_t len);

#endif
