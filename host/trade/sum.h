/* sum.h - sums of products that lose nothing a double could show: a value and what rounding took
 * from it.
 *
 * The arithmetic of two doubles as one number (T. J. Dekker, "A floating-point technique for
 * extending the available precision", 1971; D. E. Knuth's two-sum). About 32 digits: money summed
 * over a day in any order of magnitude comes out as the double nearest to the true sum. Depends on
 * IEEE rounding, so never compiled with -ffast-math. */
#ifndef NJ_TRADE_SUM_H
#define NJ_TRADE_SUM_H

#include <math.h>

struct nj_sum {
    double hi, lo;
};

static inline struct nj_sum nj_sum_two(double a, double b)
{
    double s = a + b, bb = s - a;
    return (struct nj_sum){s, (a - (s - bb)) + (b - bb)};
}

static inline struct nj_sum nj_sum_of(double v)
{
    return (struct nj_sum){v, 0};
}

static inline struct nj_sum nj_sum_plus(struct nj_sum a, struct nj_sum b)
{
    struct nj_sum s = nj_sum_two(a.hi, b.hi), t = nj_sum_two(a.lo, b.lo);
    s = nj_sum_two(s.hi, s.lo + t.hi);
    return nj_sum_two(s.hi, s.lo + t.lo);
}

static inline struct nj_sum nj_sum_minus(struct nj_sum a, struct nj_sum b)
{
    return nj_sum_plus(a, (struct nj_sum){-b.hi, -b.lo});
}

/* a * b without a loss. */
static inline struct nj_sum nj_sum_product(double a, double b)
{
    double p = a * b;
    return (struct nj_sum){p, fma(a, b, -p)};
}

static inline struct nj_sum nj_sum_times(struct nj_sum a, double b)
{
    struct nj_sum p = nj_sum_product(a.hi, b);
    return nj_sum_two(p.hi, p.lo + a.lo * b);
}

static inline struct nj_sum nj_sum_over(struct nj_sum a, double b)
{
    double q = a.hi / b;
    struct nj_sum rest = nj_sum_minus(a, nj_sum_product(q, b));
    return nj_sum_two(q, (rest.hi + rest.lo) / b);
}

static inline double nj_sum_value(struct nj_sum a)
{
    return a.hi + a.lo;
}

#endif
