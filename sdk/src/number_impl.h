/* number_impl.h - what number.c shares with the codecs and does not offer to others. */
#ifndef NJORD_NUMBER_IMPL_H
#define NJORD_NUMBER_IMPL_H

#include <stddef.h>
#include <stdint.h>

/* An unsigned integer in decimal, NUL-ended; returns the length. out: 21 bytes at least. */
size_t njord_number_put_u64(uint64_t v, char *out);

#endif
