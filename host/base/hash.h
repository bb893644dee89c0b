/* hash.h - SHA-256 of bytes (libcrypto) and bytes as hexadecimal text. Computes, and does nothing
 * else, so that pure logic may use it. */
#ifndef NJ_BASE_HASH_H
#define NJ_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define NJ_SHA256_SIZE 32
#define NJ_SHA256_HEX  65
/* 0, or NJ_ERR_INTERNAL when the library refuses. */
int nj_sha256(const void *data, size_t len, uint8_t out[NJ_SHA256_SIZE]);

/* The same of bytes that come in pieces. NULL: out of memory. */
struct nj_sha256;
struct nj_sha256 *nj_sha256_new(void);
void nj_sha256_free(struct nj_sha256 *sha);
/* What fails is told by nj_sha256_end(), so that many pieces may be added and checked once. */
void nj_sha256_add(struct nj_sha256 *sha, const void *data, size_t len);
/* The hash of what was added since the last end (or new); it then begins anew. */
int nj_sha256_end(struct nj_sha256 *sha, uint8_t out[NJ_SHA256_SIZE]);
void nj_hex(const uint8_t *data, size_t len, char *out /* 2 * len + 1 */);

#endif
