/* number.c - numbers as text and back: integers, doubles in their shortest form, JSON's grammar.
 *
 * Owned by the codecs; pure functions [any] that read no locale, allocate nothing and never print
 * more than NJORD_NUMBER_SIZE bytes. The rule for a double is the shortest of %.15g, %.16g, %.17g
 * that reads back. Everything from 1e-6 up to 1e15 is done with exact integers instead of printf;
 * the slow rule stands at the end and both must agree to the byte. */
#include "number_impl.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 u128;

/* Powers of ten that a double holds exactly. */
static const double pow10_exact[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static const uint64_t pow10_u64[20] = {1u,
                                       10u,
                                       100u,
                                       1000u,
                                       10000u,
                                       100000u,
                                       1000000u,
                                       10000000u,
                                       100000000u,
                                       1000000000u,
                                       10000000000u,
                                       100000000000u,
                                       1000000000000u,
                                       10000000000000u,
                                       100000000000000u,
                                       1000000000000000u,
                                       10000000000000000u,
                                       100000000000000000u,
                                       1000000000000000000u,
                                       10000000000000000000u};

static const char digit_pairs[201] = "00010203040506070809101112131415161718192021222324"
                                     "25262728293031323334353637383940414243444546474849"
                                     "50515253545556575859606162636465666768697071727374"
                                     "75767778798081828384858687888990919293949596979899";

/* ---- integers -------------------------------------------------------------------------------- */

static unsigned count_digits(uint64_t v)
{
    /* 1233 / 4096 is a little over log10(2): the estimate is right or one too many */
    unsigned bits = 64u - (unsigned)__builtin_clzll(v | 1u);
    unsigned n = (bits * 1233u) >> 12;
    return n + (v >= pow10_u64[n] ? 1u : 0u) + (v == 0 ? 1u : 0u);
}

/* Exactly n digits, with leading zeros. */
static void write_digits(char *out, uint64_t v, unsigned n)
{
    while (n >= 2) {
        n -= 2;
        memcpy(out + n, digit_pairs + 2u * (v % 100u), 2);
        v /= 100u;
    }
    if (n > 0)
        out[0] = (char)('0' + v % 10u);
}

size_t njord_number_put_u64(uint64_t v, char *out)
{
    unsigned n = v == 0 ? 1u : count_digits(v);
    write_digits(out, v, n);
    out[n] = '\0';
    return n;
}

size_t njord_format_i64(int64_t v, char *out)
{
    if (v >= 0)
        return njord_number_put_u64((uint64_t)v, out);
    out[0] = '-';
    return 1u + njord_number_put_u64(0u - (uint64_t)v, out + 1);
}

size_t njord_parse_i64(const char *text, size_t len, int64_t *out)
{
    size_t i = 0;
    int negative = len > 0 && text[0] == '-';
    if (negative)
        i = 1;
    size_t first = i;
    uint64_t v = 0;
    for (; i < len && (unsigned char)(text[i] - '0') < 10u; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (i - first >= 18 && v > (UINT64_MAX - digit) / 10u) /* 18 digits always fit */
            return 0;
        v = v * 10u + digit;
    }
    if (i == first || (text[first] == '0' && i - first > 1))
        return 0;
    if (i < len && (text[i] == '.' || text[i] == 'e' || text[i] == 'E'))
        return 0;
    if (v > (uint64_t)INT64_MAX + (negative ? 1u : 0u))
        return 0;
    *out = negative ? (int64_t)(0u - v) : (int64_t)v;
    return i;
}

/* ---- doubles to text ------------------------------------------------------------------------- */

/* What printf's %g writes for the decimal `digits` (n significant digits, the first stands for
 * 10^exp10) with `precision`; trailing zeros go. Returns the length. */
static size_t put_general(char *out, uint64_t digits, int exp10, int precision)
{
    while (digits % 10000u == 0)
        digits /= 10000u;
    while (digits % 10u == 0)
        digits /= 10u;
    unsigned n = count_digits(digits);
    char *p = out;
    if (exp10 < -4 || exp10 >= precision) {
        write_digits(p + 1, digits, n); /* one to the right, to make room for the point */
        p[0] = p[1];
        p[1] = '.';
        p += n > 1 ? n + 1u : 1u;
        unsigned e = (unsigned)(exp10 < 0 ? -exp10 : exp10);
        *p++ = 'e';
        *p++ = exp10 < 0 ? '-' : '+';
        write_digits(p, e, 2);
        p += 2;
    } else if (exp10 < 0) {
        unsigned zeros = (unsigned)(-exp10 - 1);
        memcpy(p, "0.000", 5);
        p += 2u + zeros;
        write_digits(p, digits, n);
        p += n;
    } else {
        unsigned whole = (unsigned)exp10 + 1u;
        write_digits(p, digits, n);
        if (n > whole) {
            memmove(p + whole + 1, p + whole, n - whole);
            p[whole] = '.';
            p += n + 1u;
        } else {
            memset(p + n, '0', whole - n);
            p += whole;
        }
    }
    *p = '\0';
    return (size_t)(p - out);
}

/* The rule itself, for the numbers that nobody trades in: any finite v. */
static size_t format_slowly(double v, char *out)
{
    char text[48];
    for (int precision = 15; precision <= 17; precision++) {
        int n = snprintf(text, sizeof text, "%.*g", precision, v);
        if (n < 0)
            break;
        if (precision == 17 || strtod(text, NULL) == v)
            break;
    }
    /* a locale's decimal mark, of one or more bytes, becomes a point */
    size_t len = 0;
    int in_mark = 0;
    for (const char *p = text; *p != '\0' && len < NJORD_NUMBER_SIZE - 1u; p++) {
        int plain = (*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || *p == 'e';
        if (plain)
            out[len++] = *p;
        else if (!in_mark)
            out[len++] = '.';
        in_mark = !plain;
    }
    out[len] = '\0';
    return len;
}

/* The decimal exponent of a v in [1e-6, 1e15), right or (beside a power of ten) one off, which the
 * caller notices. */
static int decimal_exponent(double v)
{
    static const double low[6] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};
    if (v < 1.0) {
        int i = 5;
        while (i > 0 && v < low[i])
            i--;
        return i - 6;
    }
    return (int)count_digits((uint64_t)v) - 1;
}

size_t njord_format_f64(double v, char *out)
{
    char *p = out;
    if (!isfinite(v)) {
        out[0] = '\0';
        return 0;
    }
    double size = fabs(v);
    if (size < 1e15 && size == (double)(uint64_t)size) {
        if (signbit(v))
            *p++ = '-';
        return (size_t)(p - out) + njord_number_put_u64((uint64_t)size, p);
    }
    if (size < 1e-6 || size >= 1e15)
        return format_slowly(v, out);
    if (signbit(v))
        *p++ = '-';

    /* 15 digits: a decimal k / 10^s with k < 2^53 and 10^s exact reads back to the quotient, which
     * IEEE rounds correctly; and two decimals of 15 digits never share a double, so it is the one
     * that %.15g prints. v * 10^s is off by less than a quarter, so k is the only candidate. */
    int exp10 = decimal_exponent(size);
    int s = 14 - exp10;
    uint64_t k = (uint64_t)(size * pow10_exact[s] + 0.5);
    if ((double)k / pow10_exact[s] == size && k >= pow10_u64[14] && k < pow10_u64[15])
        return (size_t)(p - out) + put_general(p, k, exp10, 15);

    /* 16 and 17 digits: v = m / 2^shift exactly, so v * 10^s is a fraction of two 128-bit integers
     */
    uint64_t bits;
    memcpy(&bits, &size, sizeof bits);
    uint64_t m = (bits & 0xfffffffffffffu) | 0x10000000000000u;
    int shift = 1075 - (int)(bits >> 52);
    if (m == 0x10000000000000u) /* a power of two: the neighbour below is nearer */
        return format_slowly(v, out);
    for (int precision = 16; precision <= 17; precision++) {
        s = precision - 1 - exp10;
        u128 scale = s <= 19 ? (u128)pow10_u64[s] : (u128)pow10_u64[19] * pow10_u64[s - 19];
        u128 product = m * scale;
        u128 rest = product & (((u128)1 << shift) - 1u);
        u128 half = (u128)1 << (shift - 1);
        k = (uint64_t)(product >> shift);
        u128 error = rest;
        if (rest > half ||
            (rest == half && (k & 1u) != 0)) { /* as printf: to the nearest, ties to even */
            k++;
            error = ((u128)1 << shift) - rest;
        }
        if (k < pow10_u64[precision - 1] || k >= pow10_u64[precision] || 2u * error == scale)
            return format_slowly(v, out);
        /* nearer to v than half the distance to its neighbours: reads back */
        if (2u * error < scale)
            return (size_t)(p - out) + put_general(p, k, exp10, precision);
    }
    return format_slowly(v, out);
}

/* ---- text to doubles ------------------------------------------------------------------------- */

/* 2^e for the e that njord_parse_f64 meets (-190 to 190). */
static double pow2(int e)
{
    uint64_t bits = (uint64_t)(e + 1023) << 52;
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* m * 10^exp10 for m != 0 and |exp10| <= 19, correctly rounded: 64 bits of the exact quotient or
 * product and a sticky bit for the rest, rounded once by the conversion. */
static double scale_exactly(uint64_t m, int exp10)
{
    int lm = __builtin_clzll(m);
    if (exp10 < 0) {
        uint64_t d = pow10_u64[-exp10];
        int ld = __builtin_clzll(d);
        u128 num = (u128)(m << lm) << 63;
        uint64_t q = (uint64_t)(num / (d << ld));
        u128 back = (u128)q * (d << ld);
        return (double)(q | (back != num)) * pow2(ld - lm - 63);
    }
    u128 product = (u128)m * pow10_u64[exp10];
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    if (high == 0)
        return (double)low;
    int lh = __builtin_clzll(high);
    uint64_t top = lh == 0 ? high : (high << lh) | (low >> (64 - lh));
    uint64_t rest = lh == 0 ? low : low << lh;
    return (double)(top | (rest != 0)) * pow2(64 - lh);
}

/* More digits than a double ever needs to be rounded correctly (767 significant ones and one for
 * the rest). */
#define MAX_DIGITS 800u

/* strtod on digits and an exponent alone: no decimal point, so no locale has a say. */
static double parse_slowly(const char *text, size_t len, int64_t exp10)
{
    char copy[MAX_DIGITS + 32];
    size_t n = 0;
    int64_t dropped = 0;
    int rest = 0, after_point = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.') {
            after_point = 1;
            continue;
        }
        if (n == 0 && text[i] == '0') {
            if (after_point)
                exp10--;
            continue;
        }
        if (n < MAX_DIGITS) {
            copy[n++] = text[i];
            if (after_point)
                exp10--;
        } else {
            rest |= text[i] != '0';
            if (!after_point)
                dropped++;
        }
    }
    if (n == 0)
        return 0.0;
    exp10 += dropped;
    if (rest) { /* anything above is as good as the digits themselves */
        copy[n++] = '1';
        exp10--;
    }
    if (exp10 > 100000)
        exp10 = 100000;
    if (exp10 < -100000)
        exp10 = -100000;
    copy[n++] = 'e';
    n += njord_format_i64(exp10, copy + n);
    copy[n] = '\0';
    return strtod(copy, NULL);
}

size_t njord_parse_f64(const char *text, size_t len, double *out)
{
    const char *p = text, *end = text + len;
    int negative = p < end && *p == '-';
    if (negative)
        p++;
    const char *first = p;
    uint64_t m = 0;
    unsigned digits = 0; /* significant ones in m */
    int exact = 1;       /* m holds all of them */
    while (p < end && (unsigned char)(*p - '0') < 10u) {
        if (digits < 19) {
            m = m * 10u + (uint64_t)(*p - '0');
            digits += m != 0;
        } else
            exact = 0;
        p++;
    }
    if (p == first || (*first == '0' && p - first > 1))
        return 0;
    int64_t exp10 = 0;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        while (p < end && (unsigned char)(*p - '0') < 10u) {
            if (digits < 19) {
                m = m * 10u + (uint64_t)(*p - '0');
                digits += m != 0;
                exp10--;
            } else
                exact = 0;
            p++;
        }
        if (p == fraction)
            return 0;
    }
    const char *mantissa_end = p;
    int64_t power = 0;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        int minus = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        const char *power_first = p;
        while (p < end && (unsigned char)(*p - '0') < 10u) {
            if (power < 1000000000)
                power = power * 10 + (*p - '0');
            p++;
        }
        if (p == power_first)
            return 0;
        power = minus ? -power : power;
        exp10 += power;
    }
    double v;
    if (!exact)
        v = parse_slowly(first, (size_t)(mantissa_end - first), power);
    else if (m == 0)
        v = 0.0;
    else if (m <= ((uint64_t)1 << 53) && exp10 >= -22 && exp10 <= 22)
        v = exp10 < 0 ? (double)m / pow10_exact[-exp10] : (double)m * pow10_exact[exp10];
    else if (exp10 >= -19 && exp10 <= 19)
        v = scale_exactly(m, (int)exp10);
    else
        v = parse_slowly(first, (size_t)(mantissa_end - first), power);
    if (!isfinite(v))
        return 0;
    *out = negative ? -v : v;
    return (size_t)(p - text);
}
