#include "market/exact.h"

#include "trade/decimal.h"

#include <float.h>
#include <math.h>
#include <njord/codec.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 uwide;

/* A decimal number of any length that doubles and their products reach: limbs of 18 digits, the
 * first one's last digit worth 10^-LOWEST. The smallest digit of a product is 10^-648, the largest
 * sum of 2^64 products below 10^637. Limbs may differ in sign until the number is read. */
enum { LIMB_DIGITS = 18, LOWEST = 648, LIMBS = 72 };
#define LIMB INT64_C(1000000000000000000)

struct nj_exact_long {
    int64_t limbs[LIMBS];
};

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

static uwide size_of(nj_i128 v)
{
    return v < 0 ? -(uwide)v : (uwide)v;
}

/* v / LIMB, without a division where it is 0: a division of 128 bits is what these sums take time
 * for. */
static uwide limbs_of(uwide v)
{
    return v < (uwide)LIMB ? 0 : v / (uint64_t)LIMB;
}

/* Adds sign * v at limb `at`, v below 2^64 times LIMB. */
static void add_at(struct nj_exact_long *n, int at, uwide v, int sign)
{
    int64_t carry = 0;
    for (; at < LIMBS && (v || carry); at++) {
        uwide rest = limbs_of(v);
        int64_t part = (int64_t)(v - rest * (uint64_t)LIMB);
        v = rest;
        int64_t limb = n->limbs[at] + (sign < 0 ? -part : part) + carry; /* below 3 limbs */
        carry = limb >= LIMB ? limb / LIMB : limb <= -LIMB ? limb / LIMB : 0;
        n->limbs[at] = limb - carry * LIMB;
    }
}

/* Adds m * 10^e. */
static void add_long(struct nj_exact_long *n, nj_i128 m, int e)
{
    int place = e + LOWEST, at = place / LIMB_DIGITS;
    uint64_t shift = pow10_u64[place % LIMB_DIGITS];
    uwide u = size_of(m);
    int sign = m < 0 ? -1 : 1;
    /* in parts, so that each times the shift stays below 2^128 */
    for (; u; at++) {
        uwide rest = limbs_of(u);
        add_at(n, at, (u - rest * (uint64_t)LIMB) * shift, sign);
        u = rest;
    }
}

static bool need_long(struct nj_exact *sum)
{
    if (!sum->more)
        sum->more = calloc(1, sizeof *sum->more);
    if (sum->more)
        sum->has_more = true;
    return sum->more != NULL;
}

bool nj_exact_spill(struct nj_exact *sum, int digits, nj_i128 units)
{
    if (!need_long(sum))
        return false;
    add_long(sum->more, sum->units, -digits);
    add_long(sum->more, units, -digits);
    sum->units = 0;
    return true;
}

/* Adds m * 10^e: as units where it is a whole number of them that fits. */
static bool add_decimal(struct nj_exact *sum, int digits, nj_i128 m, int e)
{
    int up = e + digits;
    if (m == 0)
        return true;
    if (up >= 0 && up <= 38) {
        nj_i128 units = m;
        bool fits = true;
        for (; up > 0 && fits; up--)
            fits = !__builtin_mul_overflow(units, 10, &units);
        if (fits)
            return nj_exact_add(sum, digits, units);
    }
    if (!need_long(sum))
        return false;
    add_long(sum->more, m, e);
    return true;
}

bool nj_exact_add_f64(struct nj_exact *sum, int digits, double v)
{
    struct nj_digits d = nj_digits_of(v);
    return add_decimal(sum, digits, v < 0 ? -(nj_i128)d.m : (nj_i128)d.m, d.e);
}

bool nj_exact_add_product(struct nj_exact *sum, int digits, double a, double b)
{
    struct nj_digits da = nj_digits_of(a), db = nj_digits_of(b);
    nj_i128 m = (nj_i128)da.m * (nj_i128)db.m; /* 17 and 17 digits */
    return add_decimal(sum, digits, (a < 0) != (b < 0) ? -m : m, da.e + db.e);
}

bool nj_exact_merge(struct nj_exact *sum, int digits, const struct nj_exact *other)
{
    if (!nj_exact_add(sum, digits, other->units))
        return false;
    if (!other->has_more)
        return true;
    if (!need_long(sum))
        return false;
    for (int i = 0; i < LIMBS; i++) {
        int64_t limb = other->more->limbs[i];
        if (limb)
            add_at(sum->more, i, (uwide)(limb < 0 ? -limb : limb), limb < 0 ? -1 : 1);
    }
    return true;
}

/* u / 10^digits, rounded once: a quotient of at least 65 bits with a sticky last one. */
static double quotient(uwide u, int digits)
{
    uint64_t high = (uint64_t)(u >> 64), low = (uint64_t)u;
    if (u == 0)
        return 0;
    int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll(low);
    uwide n = u << shift, den = pow10_u64[digits], q = n / den;
    if (q * den != n)
        q |= 1;
    return ldexp((double)q, -shift);
}

/* The digits of a long number as text, read as any number is. */
static double long_value(const struct nj_exact_long *from)
{
    struct nj_exact_long n = *from;
    char text[LIMBS * LIMB_DIGITS + 16];
    int top = LIMBS - 1, low = 0;
    while (top >= 0 && n.limbs[top] == 0)
        top--;
    if (top < 0)
        return 0;
    while (n.limbs[low] == 0)
        low++;
    int64_t sign = n.limbs[top] < 0 ? -1 : 1, borrow = 0;
    for (int i = low; i <= top; i++) { /* all limbs of one sign */
        n.limbs[i] = n.limbs[i] * sign - borrow;
        borrow = n.limbs[i] < 0;
        n.limbs[i] += borrow * LIMB;
    }
    size_t len = 0;
    for (int i = top; i >= low; i--)
        for (int d = LIMB_DIGITS - 1; d >= 0; d--) {
            char digit = (char)('0' + (uint64_t)n.limbs[i] / pow10_u64[d] % 10);
            if (len > 0 || digit != '0')
                text[len++] = digit;
        }
    text[len++] = 'e';
    len += njord_format_i64(low * LIMB_DIGITS - LOWEST, text + len);
    double v;
    if (njord_parse_f64(text, len, &v) != len)
        v = DBL_MAX;
    return sign < 0 ? -v : v;
}

double nj_exact_value(const struct nj_exact *sum, int digits)
{
    if (sum->has_more) {
        struct nj_exact_long total = *sum->more;
        add_long(&total, sum->units, -digits);
        return long_value(&total);
    }
    double v = quotient(size_of(sum->units), digits);
    return sum->units < 0 ? -v : v;
}

void nj_exact_clear(struct nj_exact *sum)
{
    sum->units = 0;
    if (sum->has_more)
        memset(sum->more, 0, sizeof *sum->more);
    sum->has_more = false;
}

void nj_exact_free(struct nj_exact *sum)
{
    free(sum->more);
    *sum = (struct nj_exact){0};
}
