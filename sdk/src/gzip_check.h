/* gzip_check.h - is what was unpacked from a gzip file what was packed into it?
 *
 * libarchive unpacks but skips the trailers of RFC 1952 (CRC-32 and length), and does not say where
 * one member of a file ends and the next begins. So both sides are watched: each place in the
 * packed bytes that looks like a trailer followed by a member's head is a candidate; when the
 * unpacked bytes reach the first candidate's length, their running CRC-32 tells whether it was one.
 * The last eight bytes of the file must be the last member's trailer. Damage is never let through
 * (but with the 2^-32 of CRC-32 itself); a false candidate, one in 10^11 bytes, can only raise a
 * false alarm, and only in a file of several members. Pure: no I/O; bounded memory. */
#ifndef NJORD_GZIP_CHECK_H
#define NJORD_GZIP_CHECK_H

#include <stddef.h>
#include <stdint.h>

#define GZIP_CHECK_BLOCK 16384u /* packed bytes that may be given at once */
/* Candidates that may be waiting: libarchive holds up to 64 KiB that it has unpacked, of as many
 * members with a byte each, and a block has room for 780 more. Empty members are never waiting. */
#define GZIP_CHECK_MAX   67000u

struct gzip_check;

/* NULL: out of memory. free takes NULL. */
struct gzip_check *gzip_check_new(void);
void gzip_check_free(struct gzip_check *check);

/* The next packed bytes, at most GZIP_CHECK_BLOCK, before anything that is unpacked from them. 0,
 * or -1: out of memory. */
int gzip_check_packed(struct gzip_check *check, const uint8_t *data, size_t len);

/* The next unpacked bytes. */
void gzip_check_unpacked(struct gzip_check *check, const uint8_t *data, size_t len);

/* After the last of both: 0, or -1: length or CRC-32 is not the trailer's. */
int gzip_check_end(struct gzip_check *check);

#endif
