/*
 * test_indicators_any.h - every indicator behind one table, so that a test can run through all of
 * them.
 *
 * For the tests of <njord/indicators.h> only. A label such as "macd(12,26,9).signal" names an
 * indicator, its parameters and which of its results is meant; without a name behind the dot, what
 * push returns.
 */
#ifndef NJORD_TEST_INDICATORS_ANY_H
#define NJORD_TEST_INDICATORS_ANY_H

#include <njord/indicators.h>
#include <stdio.h>
#include <string.h>

union any_state {
    njord_sma sma;
    njord_ema ema;
    njord_tema tema;
    njord_rsi rsi;
    njord_macd macd;
    njord_rolling_dev dev;
    njord_bollinger bollinger;
    njord_linreg linreg;
    njord_rolling_min min;
    njord_rolling_max max;
};

struct any_part {
    const char *name;
    double (*value)(const union any_state *);
};

struct any_kind {
    const char *name;
    int (*init)(union any_state *, const double *);
    void (*free)(union any_state *);
    void (*reset)(union any_state *);
    double (*push)(union any_state *, double);
    int (*ready)(const union any_state *);
    double (*value)(const union any_state *);
    size_t (*state)(const union any_state *, double *, size_t);
    int (*restore)(union any_state *, const double *, size_t);
    struct any_part parts[3];
    double usual[3];                         /* parameters for tests that take any */
    unsigned (*first)(const double *params); /* values until ready */
};

#define ANY_CALLS(KIND, MEMBER, ...)                                                               \
    static int any_##KIND##_init(union any_state *s, const double *p)                              \
    {                                                                                              \
        (void)p;                                                                                   \
        return njord_##KIND##_init(&s->MEMBER, __VA_ARGS__);                                       \
    }                                                                                              \
    static void any_##KIND##_free(union any_state *s)                                              \
    {                                                                                              \
        njord_##KIND##_free(s == NULL ? NULL : &s->MEMBER);                                        \
    }                                                                                              \
    static void any_##KIND##_reset(union any_state *s)                                             \
    {                                                                                              \
        njord_##KIND##_reset(&s->MEMBER);                                                          \
    }                                                                                              \
    static double any_##KIND##_push(union any_state *s, double x)                                  \
    {                                                                                              \
        return njord_##KIND##_push(&s->MEMBER, x);                                                 \
    }                                                                                              \
    static int any_##KIND##_ready(const union any_state *s)                                        \
    {                                                                                              \
        return njord_##KIND##_ready(&s->MEMBER);                                                   \
    }                                                                                              \
    static double any_##KIND##_value(const union any_state *s)                                     \
    {                                                                                              \
        return njord_##KIND##_value(&s->MEMBER);                                                   \
    }                                                                                              \
    static size_t any_##KIND##_state(const union any_state *s, double *out, size_t cap)            \
    {                                                                                              \
        return njord_##KIND##_state(&s->MEMBER, out, cap);                                         \
    }                                                                                              \
    static int any_##KIND##_restore(union any_state *s, const double *in, size_t len)              \
    {                                                                                              \
        return njord_##KIND##_restore(&s->MEMBER, in, len);                                        \
    }

#define ANY_PART(KIND, MEMBER, PART)                                                               \
    static double any_##KIND##_##PART(const union any_state *s)                                    \
    {                                                                                              \
        return njord_##KIND##_##PART(&s->MEMBER);                                                  \
    }

ANY_CALLS(sma, sma, (int64_t)p[0])
ANY_CALLS(ema, ema, (int64_t)p[0])
ANY_CALLS(tema, tema, (int64_t)p[0])
ANY_CALLS(rsi, rsi, (int64_t)p[0])
ANY_CALLS(macd, macd, (int64_t)p[0], (int64_t)p[1], (int64_t)p[2])
ANY_CALLS(rolling_dev, dev, (int64_t)p[0])
ANY_CALLS(bollinger, bollinger, (int64_t)p[0], p[1])
ANY_CALLS(linreg, linreg, (int64_t)p[0])
ANY_CALLS(rolling_min, min, (int64_t)p[0])
ANY_CALLS(rolling_max, max, (int64_t)p[0])
ANY_PART(macd, macd, signal)
ANY_PART(macd, macd, histogram)
ANY_PART(rolling_dev, dev, mean)
ANY_PART(bollinger, bollinger, upper)
ANY_PART(bollinger, bollinger, lower)
ANY_PART(bollinger, bollinger, deviation)
ANY_PART(linreg, linreg, slope)
ANY_PART(linreg, linreg, forecast)

static unsigned any_first_n(const double *p)
{
    return (unsigned)p[0];
}

static unsigned any_first_tema(const double *p)
{
    return 3 * (unsigned)p[0] - 2;
}

static unsigned any_first_rsi(const double *p)
{
    return (unsigned)p[0] + 1;
}

static unsigned any_first_macd(const double *p)
{
    return (unsigned)p[1] + (unsigned)p[2] - 1;
}

#define ANY_KIND(KIND)                                                                             \
    .init = any_##KIND##_init, .free = any_##KIND##_free, .reset = any_##KIND##_reset,             \
    .push = any_##KIND##_push, .ready = any_##KIND##_ready, .value = any_##KIND##_value,           \
    .state = any_##KIND##_state, .restore = any_##KIND##_restore

static const struct any_kind any_kinds[] = {
    {.name = "sma", ANY_KIND(sma), .usual = {7}, .first = any_first_n},
    {.name = "ema", ANY_KIND(ema), .usual = {7}, .first = any_first_n},
    {.name = "tema", ANY_KIND(tema), .usual = {5}, .first = any_first_tema},
    {.name = "rsi", ANY_KIND(rsi), .usual = {7}, .first = any_first_rsi},
    {.name = "macd",
     ANY_KIND(macd),
     .usual = {3, 6, 4},
     .first = any_first_macd,
     .parts = {{"signal", any_macd_signal}, {"histogram", any_macd_histogram}}},
    {.name = "dev",
     ANY_KIND(rolling_dev),
     .usual = {7},
     .first = any_first_n,
     .parts = {{"mean", any_rolling_dev_mean}}},
    {.name = "bollinger",
     ANY_KIND(bollinger),
     .usual = {7, 2.5},
     .first = any_first_n,
     .parts = {{"upper", any_bollinger_upper},
               {"lower", any_bollinger_lower},
               {"deviation", any_bollinger_deviation}}},
    {.name = "linreg",
     ANY_KIND(linreg),
     .usual = {7},
     .first = any_first_n,
     .parts = {{"slope", any_linreg_slope}, {"forecast", any_linreg_forecast}}},
    {.name = "rolling_min", ANY_KIND(rolling_min), .usual = {7}, .first = any_first_n},
    {.name = "rolling_max", ANY_KIND(rolling_max), .usual = {7}, .first = any_first_n},
};

#define ANY_KINDS ((int)(sizeof any_kinds / sizeof any_kinds[0]))

/* A series without pattern: a 64-bit xorshift (Marsaglia 2003), uniform in [0, 1). */
static inline double any_noise(uint64_t *seed)
{
    uint64_t x = *seed;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *seed = x;
    return (double)(x >> 11) / 9007199254740992.0;
}

#endif
