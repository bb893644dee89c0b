/*
 * indicators_exact.h - what the indicators share: error-free transformations and the saved form of
 * a window.
 *
 * Internal to libnjord-sdk. The transformations need round-to-nearest doubles without excess
 * precision and without FMA contraction; they use + - * / alone. None is valid beyond
 * NJORD_INPUT_MAX.
 */
#ifndef NJORD_SRC_INDICATORS_EXACT_H
#define NJORD_SRC_INDICATORS_EXACT_H

#include <math.h>
#include <njord/indicators.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* First number of a saved state: the kind and the version of its layout. */
enum state_tag {
    STATE_SMA = 101,
    STATE_EMA = 201,
    STATE_TEMA = 301,
    STATE_RSI = 401,
    STATE_MACD = 501,
    STATE_DEV = 601,
    STATE_BOLLINGER = 701,
    STATE_LINREG = 801,
    STATE_MIN = 901
};

/* Numbers before the ring in the saved form of a window: tag, n, count, pos. */
#define WINDOW_HEAD 4

/* NaN and infinities compare false. */
static inline bool usable(double x)
{
    return fabs(x) <= NJORD_INPUT_MAX;
}

static inline bool period_ok(int64_t n)
{
    return n >= 1 && n <= NJORD_WINDOW_MAX;
}

/* a + b = result + *err exactly (Knuth 1969, TwoSum). */
static inline double two_sum(double a, double b, double *err)
{
    double s = a + b;
    double bb = s - a;
    *err = (a - (s - bb)) + (b - bb);
    return s;
}

/* As two_sum, for |a| >= |b| (Dekker 1971, Fast2Sum). */
static inline double fast_two_sum(double a, double b, double *err)
{
    double s = a + b;
    *err = b - (s - a);
    return s;
}

/* a = *hi + *lo: the first 26 bits, and the other 27. */
static inline void split(double a, double *hi, double *lo)
{
    uint64_t bits;
    memcpy(&bits, &a, sizeof bits);
    bits &= ~((UINT64_C(1) << 27) - 1);
    memcpy(hi, &bits, sizeof bits);
    *lo = a - *hi;
}

static inline void sum_add(njord_sum *s, double x)
{
    double err;
    s->hi = two_sum(s->hi, x, &err);
    s->lo += err;
}

/* s += t. */
static inline void sum_add_sum(njord_sum *s, const njord_sum *t)
{
    double err;
    s->hi = two_sum(s->hi, t->hi, &err);
    s->lo += err + t->lo;
}

/* a + b as one double. */
static inline double sum_join(const njord_sum *a, const njord_sum *b)
{
    return (a->hi + b->hi) + (a->lo + b->lo);
}

/*
 * (top + tail) / n for an integer n up to NJORD_WINDOW_MAX, |tail| at most half of top's last bit:
 * hi is the nearest double (or, next to a tie, its neighbour), lo what is missing. `inverse` is
 * 1 / n: the first quotient may be off in its last bits, the exact remainder puts it right.
 */
static inline njord_sum sum_div(double top, double tail, double n, double inverse)
{
    double q = top * inverse;
    double qh;
    double ql;
    split(q, &qh, &ql);
    /* 27 bits times 21: both products are exact, and so is the remainder. */
    double rest = ((top - qh * n) - ql * n) + tail;
    njord_sum m;
    m.hi = fast_two_sum(q, rest * inverse, &m.lo);
    return m;
}

/* (a + b) / n, likewise. */
static inline njord_sum sum_mean(const njord_sum *a, const njord_sum *b, double n, double inverse)
{
    double err;
    double tail;
    double hi = two_sum(a->hi, b->hi, &err);
    double top = fast_two_sum(hi, err + (a->lo + b->lo), &tail);
    return sum_div(top, tail, n, inverse);
}

/* True when v is an integer in lo .. hi; its value in *out. */
bool njord_state_uint(double v, uint32_t lo, uint32_t hi, uint32_t *out);

/* Writes tag, n, count, pos and the ring; see `state` in indicators.h. Slots never filled are 0. */
size_t njord_window_state(enum state_tag tag, uint32_t n, uint32_t count, uint32_t pos,
                          const double *ring, double *out, size_t cap);

/* Checks such an array for a window of n values (n > 0): sets count and pos, or answers
 * NJORD_E_STATE. */
int njord_window_check(enum state_tag tag, uint32_t n, const double *in, size_t len,
                       uint32_t *count, uint32_t *pos);

#endif
