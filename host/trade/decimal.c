#include "trade/decimal.h"

#include <math.h>
#include <njord/codec.h>
#include <stddef.h>

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;

enum { GRID_DIGITS = 15 };
#define EXACT_BELOW 9007199254740992.0    /* 2^53: integers below it are doubles */
#define SMALL_BELOW 1125899906842624.0    /* 2^50: a count that plain double arithmetic finds */
#define TOLERANCE   1e-9                  /* of a unit */
#define ROUNDING    4.440892098500626e-16 /* 2^-51: two operations and the value's own rounding */

struct nj_grid nj_grid_of(double unit)
{
    struct nj_grid grid = {unit, 0, 0};
    int64_t den = 1;
    for (int k = 0; k <= GRID_DIGITS; k++, den *= 10) {
        double num = nearbyint(unit * (double)den);
        if (num >= EXACT_BELOW)
            break;
        if (num >= 1 && num / (double)den == unit) {
            grid.num = (int64_t)num;
            grid.den = den;
            break;
        }
    }
    return grid;
}

/* The count for values whose quotient a double cannot hold to a fraction of a unit: value is m *
 * 2^e exactly, so the quotient is a division of whole numbers, rounded to nearest. */
static bool count_exactly(const struct nj_grid *grid, double value, int64_t *count)
{
    int e;
    int64_t m = (int64_t)ldexp(frexp(value, &e), 53);
    e -= 53;
    wide n = (wide)m * grid->den; /* 53 + 50 bits */
    bool minus = n < 0;
    uwide u = minus ? -(uwide)n : (uwide)n, divisor = (uwide)grid->num;
    for (; e > 0; e--) {
        if (u >> 126)
            return false;
        u <<= 1;
    }
    if (e < -64) /* cannot be: the quotient is at least 2^50, den at most 2^50 */
        return false;
    divisor <<= -e;
    uwide q = (u + divisor / 2) / divisor;
    if (q > (uwide)NJ_LOTS_MAX)
        return false;
    *count = minus ? -(int64_t)q : (int64_t)q;
    return true;
}

bool nj_grid_count(const struct nj_grid *grid, double value, enum nj_round round, int64_t *count)
{
    if (!isfinite(value))
        return false;
    double x = grid->den ? value * (double)grid->den / (double)grid->num : value / grid->unit;
    if (!(fabs(x) <= (double)NJ_LOTS_MAX))
        return false;
    if (fabs(x) >= SMALL_BELOW) { /* the grid is finer than the double: nothing to round */
        if (grid->den)
            return count_exactly(grid, value, count);
        *count = (int64_t)nearbyint(x);
        return *count <= NJ_LOTS_MAX && *count >= -NJ_LOTS_MAX;
    }
    double nearest = nearbyint(x);
    if (round != NJ_ROUND_NEAREST && fabs(x - nearest) > TOLERANCE + fabs(x) * ROUNDING)
        nearest = round == NJ_ROUND_DOWN ? trunc(x) : x < 0 ? floor(x) : ceil(x);
    *count = (int64_t)nearest;
    return true;
}

double nj_grid_value(const struct nj_grid *grid, int64_t count)
{
    int64_t n;
    if (grid->den == 0 || __builtin_mul_overflow(count, grid->num, &n))
        return (double)count * grid->unit;
    uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    if (size <= (uint64_t)EXACT_BELOW)
        return (double)n / (double)grid->den; /* two exact numbers, one rounding */
    /* 53 bits behind the point and a sticky bit below them: the conversion rounds once. */
    uwide u = (uwide)size << 53, den = (uwide)(uint64_t)grid->den, q = u / den;
    if (q * den != u)
        q |= 1;
    double v = ldexp((double)q, -53);
    return n < 0 ? -v : v;
}

bool nj_grid_multiple(const struct nj_grid *a, const struct nj_grid *b, int64_t *factor)
{
    if (a->den && b->den) {
        wide up = (wide)a->num * b->den, down = (wide)a->den * b->num;
        if (up % down != 0 || up / down > NJ_LOTS_MAX)
            return false;
        *factor = (int64_t)(up / down);
        return true;
    }
    double x = a->unit / b->unit;
    if (!(x >= 1 && x < SMALL_BELOW) || x != nearbyint(x))
        return false;
    *factor = (int64_t)x;
    return true;
}

/* ---- products of decimals --------------------------------------------------------------------
 */

/* Up to 15 digits without a text: k / 10^s with k < 10^15 and 10^s a double, which reads back, is
 * the shortest decimal, because no two decimals of 15 digits share a double. */
static bool short_digits(double v, struct nj_digits *out)
{
    static const double power[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int s = 22;
    while (s > 0 && v * power[s] >= 1e15)
        s--;
    if (!(v * power[s] < 1e15))
        return false;
    uint64_t k = (uint64_t)(v * power[s] + 0.5);
    if (k == 0 || (double)k / power[s] != v)
        return false;
    *out = (struct nj_digits){k, -s};
    return true;
}

static struct nj_digits without_zeros(struct nj_digits d)
{
    while (d.m && d.m % 10000 == 0) {
        d.m /= 10000;
        d.e += 4;
    }
    while (d.m && d.m % 10 == 0) {
        d.m /= 10;
        d.e++;
    }
    return d;
}

struct nj_digits nj_digits_of(double v)
{
    struct nj_digits found;
    if (short_digits(fabs(v), &found))
        return without_zeros(found);
    char text[NJORD_NUMBER_SIZE]; /* read off its text */
    size_t len = njord_format_f64(fabs(v), text);
    struct nj_digits d = {0, 0};
    bool fraction = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.') {
            fraction = true;
        } else if (text[i] == 'e' || text[i] == 'E') {
            int sign = 1, e = 0;
            for (i++; i < len; i++) {
                if (text[i] == '-')
                    sign = -1;
                else if (text[i] != '+')
                    e = e * 10 + (text[i] - '0');
            }
            d.e += sign * e;
        } else {
            d.m = d.m * 10 + (uint64_t)(text[i] - '0');
            d.e -= fraction;
        }
    }
    return without_zeros(d);
}

int nj_product_compare(double a, double b, double c, double d)
{
    double left = a * b, right = c * d, size = fmax(fabs(left), fabs(right));
    if (!(fabs(left - right) <= size * 1e-14) || size < 1e-290 || size > 1e290)
        return (left > right) - (left < right);
    /* So near that rounding may decide, and of one sign: as whole numbers of a power of ten. The
     * values being near, the one with the larger power grows to no more digits than the other has.
     */
    struct nj_digits da = nj_digits_of(a), db = nj_digits_of(b), dc = nj_digits_of(c),
                     dd = nj_digits_of(d);
    uwide l = (uwide)da.m * db.m, r = (uwide)dc.m * dd.m;
    int el = da.e + db.e, er = dc.e + dd.e;
    for (; el > er && l >> 124 == 0; el--)
        l *= 10;
    for (; er > el && r >> 124 == 0; er--)
        r *= 10;
    int sign = (l > r) - (l < r);
    return left < 0 ? -sign : sign;
}
