/* decimal.h - whole numbers of a decimal unit (a step, a tick) and exact questions about decimals
 * that are held as doubles.
 *
 * 0.1 is no double: 3 * 0.1 is not 0.3, and 3 * 1.1 is above 3.3. Here a unit is a fraction of two
 * whole numbers, so that three units of 0.1 are 3 / 10, and a product is compared with a limit as
 * the decimals that a person wrote. Pure functions; nothing is allocated. */
#ifndef NJ_TRADE_DECIMAL_H
#define NJ_TRADE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/* A unit as num / den, den a power of ten up to 10^15. den 0: the unit is no short decimal (a third
 * of something), and doubles must do. */
struct nj_grid {
    double unit;
    int64_t num, den;
};

/* The largest count of units that is taken: 62 bits. */
#define NJ_LOTS_MAX ((INT64_C(1) << 62) - 1)

/* unit > 0 and finite. */
struct nj_grid nj_grid_of(double unit);

enum nj_round { NJ_ROUND_NEAREST, NJ_ROUND_DOWN, NJ_ROUND_UP };

/* Units in `value`: the nearest count, or the one towards zero (DOWN) or away from zero (UP), where
 * a value within 1e-9 of a unit, or within what a double can tell apart, stands on the grid. False:
 * not finite, or past NJ_LOTS_MAX. */
bool nj_grid_count(const struct nj_grid *grid, double value, enum nj_round round, int64_t *count);

/* The double nearest to count * num / den: correctly rounded. */
double nj_grid_value(const struct nj_grid *grid, int64_t count);

/* Is one grid's unit a whole multiple of the other's? Then *factor = a / b. */
bool nj_grid_multiple(const struct nj_grid *a, const struct nj_grid *b, int64_t *factor);

/* |v| as its shortest decimal, m * 10^e: at most 17 digits, no zero at the end (0 is 0 * 10^0). */
struct nj_digits {
    uint64_t m;
    int e;
};
struct nj_digits nj_digits_of(double v);

/* Sign of a * b - c * d, where the doubles stand for the shortest decimals that read back to them:
 * 3 * 1.1 against 3.3 * 1 is 0. All finite. */
int nj_product_compare(double a, double b, double c, double d);

#endif
