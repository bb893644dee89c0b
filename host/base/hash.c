#include "base/hash.h"

#include "base/err.h"

#include <openssl/evp.h>

int nj_sha256(const void *data, size_t len, uint8_t out[NJ_SHA256_SIZE])
{
    return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : NJ_ERR_INTERNAL;
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
