/* exact.h - sums of decimals that lose nothing: volumes and turnovers.
 *
 * A double here stands for the shortest decimal that reads back to it: 0.1 is a tenth. Sums are
 * kept as whole units of a power of ten in 128 bits (NJ_EXACT_QTY digits behind the point for
 * quantities, NJ_EXACT_QUOTE for price times quantity); a value that is no whole number of units,
 * or a sum that outgrows them, goes into a decimal number of any length that is made when it is
 * first needed. So the value that comes out is the double nearest to the true sum, in whatever
 * order and however often values were added. Pure; one owner, one thread. */
#ifndef NJ_MARKET_EXACT_H
#define NJ_MARKET_EXACT_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 nj_i128;

enum { NJ_EXACT_QTY = 8, NJ_EXACT_QUOTE = 16 };

struct nj_exact_long;

struct nj_exact {
    nj_i128 units;
    struct nj_exact_long *more; /* what units cannot hold; NULL: nothing so far */
    bool has_more;
};

/* v as a whole number of 1e-8, when that decimal is v's shortest: below 10^15 units two decimals
 * never share a double. False: use the functions that take doubles. */
static inline bool nj_exact_units(double v, int64_t *units)
{
    double scaled = v * 1e8;
    if (!(scaled < 1e15 && scaled > -1e15))
        return false;
    *units = (int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
    return (double)*units / 1e8 == v;
}

/* Adds a value, or a product, exactly. digits: of this sum's unit. False: out of memory. */
bool nj_exact_add_f64(struct nj_exact *sum, int digits, double v);
bool nj_exact_add_product(struct nj_exact *sum, int digits, double a, double b);
/* Adds units. */
bool nj_exact_spill(struct nj_exact *sum, int digits, nj_i128 units);
static inline bool nj_exact_add(struct nj_exact *sum, int digits, nj_i128 units)
{
    nj_i128 total;
    if (__builtin_expect(__builtin_add_overflow(sum->units, units, &total), 0))
        return nj_exact_spill(sum, digits, units);
    sum->units = total;
    return true;
}
/* Adds another sum of the same unit. */
bool nj_exact_merge(struct nj_exact *sum, int digits, const struct nj_exact *other);
/* The double nearest to the sum (ties to even); beyond the largest double: that one. */
double nj_exact_value(const struct nj_exact *sum, int digits);
/* Back to 0; keeps memory. */
void nj_exact_clear(struct nj_exact *sum);
void nj_exact_free(struct nj_exact *sum);

#endif
