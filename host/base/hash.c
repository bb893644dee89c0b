#include "base/hash.h"

#include "base/err.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

int nj_sha256(const void *data, size_t len, uint8_t out[NJ_SHA256_SIZE])
{
    return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : NJ_ERR_INTERNAL;
}

struct nj_sha256 {
    EVP_MD_CTX *ctx;
    bool begun, failed;
};

struct nj_sha256 *nj_sha256_new(void)
{
    struct nj_sha256 *sha = calloc(1, sizeof *sha);
    if (sha && !(sha->ctx = EVP_MD_CTX_new())) {
        free(sha);
        return NULL;
    }
    return sha;
}

void nj_sha256_free(struct nj_sha256 *sha)
{
    if (!sha)
        return;
    EVP_MD_CTX_free(sha->ctx);
    free(sha);
}

void nj_sha256_add(struct nj_sha256 *sha, const void *data, size_t len)
{
    if (!sha->begun)
        sha->failed = EVP_DigestInit_ex(sha->ctx, EVP_sha256(), NULL) != 1;
    sha->begun = true;
    if (!sha->failed && len > 0)
        sha->failed = EVP_DigestUpdate(sha->ctx, data, len) != 1;
}

int nj_sha256_end(struct nj_sha256 *sha, uint8_t out[NJ_SHA256_SIZE])
{
    nj_sha256_add(sha, NULL, 0);
    sha->begun = false;
    return !sha->failed && EVP_DigestFinal_ex(sha->ctx, out, NULL) == 1 ? 0 : NJ_ERR_INTERNAL;
}

void nj_hex(const uint8_t *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * len] = '\0';
}
