/* scan_number.h - numbers of a text taken apart eight digits at a time: what scan_line.c (NDJSON)
 * and scan_csv.c (CSV) share.
 *
 * Reads up to 24 bytes behind a number's first digit, whatever they are: the caller has SCAN_SLACK
 * bytes behind its text. A number is taken or left to njord/codec.h, whose grammar and values it
 * has: JSON's, doubles correctly rounded. For machines whose words begin with their lowest byte.
 * Pure [any]. */
#ifndef NJ_JOURNAL_SCAN_NUMBER_H
#define NJ_JOURNAL_SCAN_NUMBER_H

#include <njord/codec.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

/* ---- bytes ----------------------------------------------------------------------------------- */

#define SCAN_ONES  UINT64_C(0x0101010101010101)
#define SCAN_TOPS  UINT64_C(0x8080808080808080)
#define SCAN_EXACT (UINT64_C(1) << 53) /* up to here a double holds every integer */

static const double scan_powers[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
static const uint64_t scan_whole_powers[17] = {UINT64_C(1),
                                               UINT64_C(10),
                                               UINT64_C(100),
                                               UINT64_C(1000),
                                               UINT64_C(10000),
                                               UINT64_C(100000),
                                               UINT64_C(1000000),
                                               UINT64_C(10000000),
                                               UINT64_C(100000000),
                                               UINT64_C(1000000000),
                                               UINT64_C(10000000000),
                                               UINT64_C(100000000000),
                                               UINT64_C(1000000000000),
                                               UINT64_C(10000000000000),
                                               UINT64_C(100000000000000),
                                               UINT64_C(1000000000000000),
                                               UINT64_C(10000000000000000)};

static inline uint64_t scan_load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint32_t scan_load4(const char *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* The top bit of the first byte that is no digit, and of some behind it. `d`: a word with '0' taken
 * off (by exclusive or) each byte. */
static inline uint64_t scan_no_digits(uint64_t d)
{
    return ((d + UINT64_C(0x7676767676767676)) | d) & SCAN_TOPS;
}

/* The number whose eight digits are the bytes of d, the first the lowest: pairs, fours, all. */
static inline uint64_t scan_eight_digits(uint64_t d)
{
    d = d * 10 + (d >> 8);
    return (((d & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064)) +
            (((d >> 16) & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001))) >>
           32;
}

/* The first n < 8 of them. */
static inline uint64_t scan_few_digits(uint64_t d, unsigned n)
{
    return scan_eight_digits(d << (8 * (7 - n)) << 8);
}

/* Digits at p, at most sixteen; returns how many, 16 also when there are more. */
__attribute__((always_inline)) static inline unsigned scan_take_digits(const char *p, uint64_t *out)
{
    uint64_t d = scan_load8(p) ^ ('0' * SCAN_ONES), miss = scan_no_digits(d);
    if (miss != 0) {
        unsigned n = (unsigned)__builtin_ctzll(miss) / 8;
        *out = scan_few_digits(d, n);
        return n;
    }
    uint64_t front = scan_eight_digits(d);
    d = scan_load8(p + 8) ^ ('0' * SCAN_ONES);
    miss = scan_no_digits(d);
    if (miss != 0) {
        unsigned n = (unsigned)__builtin_ctzll(miss) / 8;
        *out = front * scan_whole_powers[n] + scan_few_digits(d, n);
        return 8 + n;
    }
    *out = front * scan_whole_powers[8] + scan_eight_digits(d);
    return 16;
}

/* An integer that is not negative. NULL: none, or one that is left to the codec. */
static inline const char *scan_take_i64(const char *p, int64_t *out)
{
    uint64_t v;
    unsigned n = scan_take_digits(p, &v);
    if (n == 0 || (*p == '0' && n > 1))
        return NULL;
    p += n;
    if (n == 16) {
        uint64_t d = scan_load8(p) ^ ('0' * SCAN_ONES), miss = scan_no_digits(d);
        n = miss == 0 ? 8 : (unsigned)__builtin_ctzll(miss) / 8;
        if (n > 3) /* nineteen digits are below 2^64 */
            return NULL;
        v = v * scan_whole_powers[n] + scan_few_digits(d, n);
        if (v > INT64_MAX)
            return NULL;
        p += n;
    }
    *out = (int64_t)v;
    return p;
}

/* Up to 2^53 over a power of ten that is a double: one division, which IEEE rounds correctly
 * (Clinger, 1990). All else is njord_parse_f64()'s. */
static inline const char *scan_take_f64(const char *p, const char *end, double *out)
{
    const char *first = p, *whole;
    uint64_t m, fraction;
    unsigned n, places = 0;
    p += *p == '-';
    whole = p;
    n = scan_take_digits(p, &m);
    p += n;
    if (n == 0 || (*whole == '0' && n > 1))
        return NULL;
    if (n == 16)
        goto slow;
    if (*p == '.') {
        places = scan_take_digits(p + 1, &fraction);
        if (places == 0)
            return NULL;
        p += 1 + places;
        if (places + n > 19 || places == 16)
            goto slow;
        m = m * scan_whole_powers[places] + fraction;
    }
    if (m > SCAN_EXACT || (*p | 0x20) == 'e')
        goto slow;
    *out = (double)(int64_t)m / scan_powers[places];
    if (*first == '-')
        *out = -*out;
    return p;
slow:
    n = (unsigned)njord_parse_f64(first, (size_t)(end - first), out);
    return n == 0 ? NULL : first + n;
}

#endif

#endif
