/* fuzz_json.c - arbitrary bytes as JSON for the decoder of every contract. See fuzz_codec.h. */
#include "fuzz_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_one(1, data, size);
    return 0;
}
