/* scan_field.h - fields of a CSV line found before they are read, so that reading one waits for no
 * other: scan_csv.c's way for plain rows.
 *
 * Eight bytes are looked at at once in ordinary registers. A short number is read backwards from
 * its end, its point taken out; what it cannot tell for certain it leaves to scan_number.h. For
 * machines whose words begin with their lowest byte. Pure [any]. */
#ifndef NJ_JOURNAL_SCAN_FIELD_H
#define NJ_JOURNAL_SCAN_FIELD_H

#include "journal/scan_number.h"

#include <stdbool.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

/* The top bit of each byte of w that is 0, and no other. */
static inline uint64_t scan_zero_bytes(uint64_t w)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    return ~(((w & low) + low) | w | low);
}

/* A bit for each of the 64 bytes at p that is the delimiter or a line's end. */
static inline uint64_t scan_ends(const char *p, char delimiter)
{
    const uint64_t delimiters = (uint64_t)(unsigned char)delimiter * SCAN_ONES;
    uint64_t mask = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t w = scan_load8(p + 8 * i);
        uint64_t hit = scan_zero_bytes(w ^ delimiters) | scan_zero_bytes(w ^ ('\n' * SCAN_ONES));
        /* the top bits of eight bytes side by side */
        mask |= ((hit >> 7) * UINT64_C(0x0102040810204080)) >> 56 << (8 * i);
    }
    return mask;
}

/* The number text[0..len), len 1 to 8, eight bytes before whose end can be read: digits, a point
 * among them or not. False: not that, or not JSON's grammar. */
static inline bool scan_short_number(const char *text, size_t len, double *out)
{
    const unsigned before = 8 - (unsigned)len; /* bytes of the word that are not its */
    const uint64_t own = ~UINT64_C(0) << (8 * before);
    uint64_t d = (scan_load8(text + len - 8) ^ ('0' * SCAN_ONES)) & own;
    uint64_t point = scan_zero_bytes(d ^ (('.' ^ '0') * SCAN_ONES));
    bool zero_first = ((d >> (8 * before)) & 0xff) == 0;
    unsigned places = 0;
    if (point != 0) {
        unsigned at = (unsigned)__builtin_ctzll(point) / 8;
        if (at == before || at == 7 || (zero_first && at != before + 1))
            return false;
        uint64_t front = d & ((UINT64_C(1) << (8 * at)) - 1);
        d = (front << 8) | (d & (~UINT64_C(0) << (8 * at) << 8));
        places = 7 - at;
    } else if (zero_first && len > 1) {
        return false;
    }
    if (scan_no_digits(d) != 0)
        return false;
    *out = (double)(int64_t)scan_eight_digits(d) / scan_powers[places];
    return true;
}

#endif

#endif
