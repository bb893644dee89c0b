/*
 * njord/indicators.h - technical indicators, one value at a time.
 *
 * Each indicator is a plain struct that its user embeds and owns. `init` allocates once, `push`
 * never does; `free` gives back and takes NULL. Any role may use an instance; two threads may not
 * share one. No indicator reads a clock, does I/O, or keeps state outside its struct.
 *
 * What holds for all of them:
 *   init     0, or NJORD_E_ARG (a parameter out of range) or NJORD_E_NOMEM; a failed init leaves an
 *            empty instance, on which every other function is safe and `push` returns NaN.
 *   push     takes the next value, returns the indicator with this value in (NaN until ready). A
 * value that is not finite, or beyond NJORD_INPUT_MAX in magnitude, is ignored: it changes nothing,
 * and the last result is returned. ready    1 once enough values were seen; value: the last result,
 * NaN before ready. reset    back to the state after init, memory kept. state    writes the whole
 * state as finite doubles and returns how many they are; writes nothing when `cap` is smaller (so a
 * call with NULL and 0 asks for the size). 0 for an empty instance. restore  puts such a state into
 * an instance made by init with the same parameters; it then goes on bit for bit as the saved one
 * would have. Anything else is NJORD_E_STATE and changes nothing.
 *
 * Sums are kept in twice the precision of a double and never by subtracting what has left the
 * window, so nothing drifts. Windows cost O(1) a value on average: once in n values the window is
 * walked (about 2 ns a slot). Only + - * / and sqrt are used: the same values give the same bits
 * with every compiler, as long as -ffast-math is off and -ffp-contract=off is on.
 */
#ifndef NJORD_INDICATORS_H
#define NJORD_INDICATORS_H

#include <math.h>
#include <njord/abi.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest window or period: 2^20 values (two years of minutes). Products with it stay exact. */
#define NJORD_WINDOW_MAX 1048576

/* Inputs beyond this are ignored like NaN: no price is that large, and every square stays finite.
 */
#define NJORD_INPUT_MAX 1e140

/* A sum in twice the working precision: hi + lo, unevaluated (Ogita, Rump, Oishi 2005, "Sum2"). */
typedef struct njord_sum {
    double hi;
    double lo;
} njord_sum;

/* ---- Simple moving average: the mean of the last n values, correct to the last bit or its
 * neighbour. ---- */

typedef struct njord_sma {
    uint32_t n;     /* window; 0: empty instance */
    uint32_t count; /* values seen, at most n */
    uint32_t pos;   /* next slot of ring */
    uint32_t wide;  /* 1: the window is summed from parts, since one running sum might round */
    double value;
    double inverse;   /* 1 / n */
    double low, high; /* a value above low, up to high, keeps the running sum exact */
    njord_sum total;  /* unless wide: the window's sum, exact */
    njord_sum fresh;  /* wide: sum of ring[0 .. pos-1], what came since the last walk */
    njord_sum *older; /* wide: older[i]: sum of ring[i .. n-1] as it was at that walk */
    double *ring;     /* the last n values, 0 where there is none; owned, one block with `older` */
} njord_sma;

/* n: 1 .. NJORD_WINDOW_MAX. Ready with the n-th value. */
int njord_sma_init(njord_sma *s, int64_t n);
void njord_sma_free(njord_sma *s);
void njord_sma_reset(njord_sma *s);
double njord_sma_push(njord_sma *s, double x);
size_t njord_sma_state(const njord_sma *s, double *out, size_t cap);
int njord_sma_restore(njord_sma *s, const double *in, size_t len);

static inline int njord_sma_ready(const njord_sma *s)
{
    return s->n > 0 && s->count == s->n;
}

static inline double njord_sma_value(const njord_sma *s)
{
    return njord_sma_ready(s) ? s->value : (double)NAN;
}

/* ---- Exponential moving average: e += 2/(n+1) (x - e), seeded by the mean of the first n values.
 * ---- */

typedef struct njord_ema {
    uint32_t n;
    uint32_t count; /* values seen, at most n */
    double k;       /* smoothing factor 2/(n+1) */
    double keep;    /* 1 - k */
    njord_sum e;    /* the average; while seeding, the sum of the values seen */
    double value;
} njord_ema;

/* n: 1 .. NJORD_WINDOW_MAX. Ready with the n-th value. */
int njord_ema_init(njord_ema *s, int64_t n);
void njord_ema_free(njord_ema *s);
void njord_ema_reset(njord_ema *s);
double njord_ema_push(njord_ema *s, double x);
size_t njord_ema_state(const njord_ema *s, double *out, size_t cap);
int njord_ema_restore(njord_ema *s, const double *in, size_t len);

static inline int njord_ema_ready(const njord_ema *s)
{
    return s->n > 0 && s->count == s->n;
}

static inline double njord_ema_value(const njord_ema *s)
{
    return njord_ema_ready(s) ? s->value : (double)NAN;
}

/*
 * ---- Triple exponential moving average: 3 e1 - 3 e2 + e3 (Mulloy 1994), where e2 is the EMA of e1
 * and e3 that of e2. Each stage begins when the one before it is ready, and is seeded by the mean
 * of its own first n. ----
 */

typedef struct njord_tema {
    njord_ema e1, e2, e3;
    double value;
} njord_tema;

/* n: 1 .. NJORD_WINDOW_MAX. Ready with value 3n - 2. */
int njord_tema_init(njord_tema *s, int64_t n);
void njord_tema_free(njord_tema *s);
void njord_tema_reset(njord_tema *s);
double njord_tema_push(njord_tema *s, double x);
size_t njord_tema_state(const njord_tema *s, double *out, size_t cap);
int njord_tema_restore(njord_tema *s, const double *in, size_t len);

static inline int njord_tema_ready(const njord_tema *s)
{
    return njord_ema_ready(&s->e3);
}

static inline double njord_tema_value(const njord_tema *s)
{
    return njord_tema_ready(s) ? s->value : (double)NAN;
}

/*
 * ---- Relative strength index (Wilder 1978): 100 G / (G + L). G and L are the averages of rises
 * and falls: the mean of the first n changes, then avg += (change - avg) / n. 100 when nothing
 * fell, 50 when nothing moved. ----
 */

typedef struct njord_rsi {
    uint32_t n;
    uint32_t count; /* changes seen, at most n */
    uint32_t begun; /* 1: prev holds a price */
    uint32_t unused;
    double prev;
    double k;    /* 1/n */
    double keep; /* 1 - 1/n */
    double idle; /* (1 - 1/n)^-m for the m unchanged prices since the last change, at most 1e100 */
    njord_sum gain; /* averages as they were at the last change; while seeding, sums */
    njord_sum loss;
    double value;
} njord_rsi;

/* n: 1 .. NJORD_WINDOW_MAX changes. Ready with value n + 1. */
int njord_rsi_init(njord_rsi *s, int64_t n);
void njord_rsi_free(njord_rsi *s);
void njord_rsi_reset(njord_rsi *s);
double njord_rsi_push(njord_rsi *s, double x);
size_t njord_rsi_state(const njord_rsi *s, double *out, size_t cap);
int njord_rsi_restore(njord_rsi *s, const double *in, size_t len);

static inline int njord_rsi_ready(const njord_rsi *s)
{
    return s->n > 0 && s->count == s->n;
}

static inline double njord_rsi_value(const njord_rsi *s)
{
    return njord_rsi_ready(s) ? s->value : (double)NAN;
}

/*
 * ---- Moving average convergence/divergence (Appel 1979): line = EMA(fast) - EMA(slow), signal =
 * EMA of the line, histogram = line - signal. All three EMAs are seeded as above. The line begins
 * with value `slow` (the 26th of the usual 12, 26, 9), signal and histogram with value slow +
 * signal - 1 (the 34th).
 * ----
 */

typedef struct njord_macd {
    njord_ema fast, slow, signal;
    double line;
} njord_macd;

/* 1 <= fast < slow <= NJORD_WINDOW_MAX, 1 <= signal <= NJORD_WINDOW_MAX. */
int njord_macd_init(njord_macd *s, int64_t fast, int64_t slow, int64_t signal);
void njord_macd_free(njord_macd *s);
void njord_macd_reset(njord_macd *s);
/* Returns the line, as soon as there is one: test `ready` before the signal is used. */
double njord_macd_push(njord_macd *s, double x);
size_t njord_macd_state(const njord_macd *s, double *out, size_t cap);
int njord_macd_restore(njord_macd *s, const double *in, size_t len);

/* 1 once line, signal and histogram all have values. */
static inline int njord_macd_ready(const njord_macd *s)
{
    return njord_ema_ready(&s->signal);
}

/* The line; NaN before value `slow`. */
static inline double njord_macd_value(const njord_macd *s)
{
    return njord_ema_ready(&s->slow) ? s->line : (double)NAN;
}

static inline double njord_macd_signal(const njord_macd *s)
{
    return njord_ema_value(&s->signal);
}

static inline double njord_macd_histogram(const njord_macd *s)
{
    return njord_macd_value(s) - njord_macd_signal(s);
}

/*
 * ---- Rolling population deviation: sqrt(sum (x - mean)^2 / n) over the last n values (value),
 * with their mean. Exactly 0 for a flat window. Sums are taken about a value of the window itself,
 * so nothing cancels however far the prices are from 0. ----
 */

/* Sums of x and of (x - origin)^2. */
typedef struct njord_moments {
    njord_sum x;
    njord_sum sq;
} njord_moments;

typedef struct njord_rolling_dev {
    uint32_t n;
    uint32_t count;
    uint32_t pos;
    uint32_t run; /* how many of the newest values are equal, at most n */
    double value; /* the deviation */
    njord_sum mean;
    double inverse;      /* 1 / n */
    double origin;       /* a value of the window, fixed between two walks */
    njord_moments fresh; /* as in njord_sma */
    njord_moments *older;
    double *ring;
} njord_rolling_dev;

/* n: 1 .. NJORD_WINDOW_MAX. Ready with the n-th value. push and value give the deviation. */
int njord_rolling_dev_init(njord_rolling_dev *s, int64_t n);
void njord_rolling_dev_free(njord_rolling_dev *s);
void njord_rolling_dev_reset(njord_rolling_dev *s);
double njord_rolling_dev_push(njord_rolling_dev *s, double x);
size_t njord_rolling_dev_state(const njord_rolling_dev *s, double *out, size_t cap);
int njord_rolling_dev_restore(njord_rolling_dev *s, const double *in, size_t len);

static inline int njord_rolling_dev_ready(const njord_rolling_dev *s)
{
    return s->n > 0 && s->count == s->n;
}

static inline double njord_rolling_dev_value(const njord_rolling_dev *s)
{
    return njord_rolling_dev_ready(s) ? s->value : (double)NAN;
}

static inline double njord_rolling_dev_mean(const njord_rolling_dev *s)
{
    return njord_rolling_dev_ready(s) ? s->mean.hi : (double)NAN;
}

/*
 * ---- Bollinger bands (Bollinger 2001): middle = SMA(n), upper and lower = middle +- width
 * deviations, population deviation. ----
 */

typedef struct njord_bollinger {
    njord_rolling_dev dev;
    double width;
    double upper;
    double lower;
} njord_bollinger;

/* n: 1 .. NJORD_WINDOW_MAX; width: deviations, > 0 and <= 1000 (the usual bands are 20 and 2.0). */
int njord_bollinger_init(njord_bollinger *s, int64_t n, double width);
void njord_bollinger_free(njord_bollinger *s);
void njord_bollinger_reset(njord_bollinger *s);
/* Returns the middle band. */
double njord_bollinger_push(njord_bollinger *s, double x);
size_t njord_bollinger_state(const njord_bollinger *s, double *out, size_t cap);
int njord_bollinger_restore(njord_bollinger *s, const double *in, size_t len);

static inline int njord_bollinger_ready(const njord_bollinger *s)
{
    return njord_rolling_dev_ready(&s->dev);
}

/* The middle band, equal to an njord_sma of the same n bit for bit. */
static inline double njord_bollinger_value(const njord_bollinger *s)
{
    return njord_rolling_dev_mean(&s->dev);
}

static inline double njord_bollinger_upper(const njord_bollinger *s)
{
    return njord_bollinger_ready(s) ? s->upper : (double)NAN;
}

static inline double njord_bollinger_lower(const njord_bollinger *s)
{
    return njord_bollinger_ready(s) ? s->lower : (double)NAN;
}

/* The deviation that the bands are made from, in units of price. */
static inline double njord_bollinger_deviation(const njord_bollinger *s)
{
    return njord_rolling_dev_value(&s->dev);
}

/*
 * ---- Linear regression: the least-squares line (Legendre 1805) over the last n values at
 * positions 0 .. n-1. value: the line at the newest; slope: per value; forecast: one step ahead.
 * "The line over the n prices before this one, taken at this one" is the forecast read before the
 * price is pushed. ----
 */

/* Sums of d = x - origin and of d times its distance from an end of the part summed. */
typedef struct njord_line_sums {
    njord_sum d;
    njord_sum far;
} njord_line_sums;

typedef struct njord_linreg {
    uint32_t n;
    uint32_t count;
    uint32_t pos;
    uint32_t unused;
    double level; /* the line at the newest value */
    double slope;
    double mean;            /* of d */
    double origin;          /* a value of the window, fixed between two walks */
    njord_line_sums fresh;  /* far: times (pos - 1 - slot), steps back from the newest */
    njord_line_sums *older; /* [i].far: times (slot - i), steps on from the oldest */
    double *ring;
} njord_linreg;

/* n: 2 .. NJORD_WINDOW_MAX (one point has no line). Ready with the n-th value. */
int njord_linreg_init(njord_linreg *s, int64_t n);
void njord_linreg_free(njord_linreg *s);
void njord_linreg_reset(njord_linreg *s);
/* Returns the line at x's own point. */
double njord_linreg_push(njord_linreg *s, double x);
size_t njord_linreg_state(const njord_linreg *s, double *out, size_t cap);
int njord_linreg_restore(njord_linreg *s, const double *in, size_t len);

static inline int njord_linreg_ready(const njord_linreg *s)
{
    return s->n > 0 && s->count == s->n;
}

static inline double njord_linreg_value(const njord_linreg *s)
{
    return njord_linreg_ready(s) ? s->level : (double)NAN;
}

static inline double njord_linreg_slope(const njord_linreg *s)
{
    return njord_linreg_ready(s) ? s->slope : (double)NAN;
}

/* The line `steps` after the newest value (0: value, 1: forecast, 1 - n: at the oldest). */
static inline double njord_linreg_at(const njord_linreg *s, double steps)
{
    return njord_linreg_ready(s)
               ? s->origin + (s->mean + s->slope * (0.5 * ((double)s->n - 1.0) + steps))
               : (double)NAN;
}

static inline double njord_linreg_forecast(const njord_linreg *s)
{
    return njord_linreg_at(s, 1.0);
}

/* ---- Rolling minimum and maximum of the last n values. ---- */

typedef struct njord_rolling_min {
    uint32_t n;
    uint32_t count;
    uint32_t pos;
    uint32_t unused;
    double value;
    double fresh;  /* least of ring[0 .. pos-1] */
    double *older; /* older[i]: least of ring[i .. n-1] at the last walk */
    double *ring;
} njord_rolling_min;

/* n: 1 .. NJORD_WINDOW_MAX. Ready with the n-th value. */
int njord_rolling_min_init(njord_rolling_min *s, int64_t n);
void njord_rolling_min_free(njord_rolling_min *s);
void njord_rolling_min_reset(njord_rolling_min *s);
double njord_rolling_min_push(njord_rolling_min *s, double x);
size_t njord_rolling_min_state(const njord_rolling_min *s, double *out, size_t cap);
int njord_rolling_min_restore(njord_rolling_min *s, const double *in, size_t len);

static inline int njord_rolling_min_ready(const njord_rolling_min *s)
{
    return s->n > 0 && s->count == s->n;
}

static inline double njord_rolling_min_value(const njord_rolling_min *s)
{
    return njord_rolling_min_ready(s) ? s->value : (double)NAN;
}

/* The maximum is minus the minimum of the negated values. */
typedef struct njord_rolling_max {
    njord_rolling_min neg;
} njord_rolling_max;

int njord_rolling_max_init(njord_rolling_max *s, int64_t n);
void njord_rolling_max_free(njord_rolling_max *s);
void njord_rolling_max_reset(njord_rolling_max *s);
double njord_rolling_max_push(njord_rolling_max *s, double x);
size_t njord_rolling_max_state(const njord_rolling_max *s, double *out, size_t cap);
int njord_rolling_max_restore(njord_rolling_max *s, const double *in, size_t len);

static inline int njord_rolling_max_ready(const njord_rolling_max *s)
{
    return njord_rolling_min_ready(&s->neg);
}

static inline double njord_rolling_max_value(const njord_rolling_max *s)
{
    return -njord_rolling_min_value(&s->neg);
}

/* ---- Rolling mean: the simple moving average under its statistical name. ---- */

typedef njord_sma njord_rolling_mean;

static inline int njord_rolling_mean_init(njord_rolling_mean *s, int64_t n)
{
    return njord_sma_init(s, n);
}

static inline void njord_rolling_mean_free(njord_rolling_mean *s)
{
    njord_sma_free(s);
}

static inline void njord_rolling_mean_reset(njord_rolling_mean *s)
{
    njord_sma_reset(s);
}

static inline double njord_rolling_mean_push(njord_rolling_mean *s, double x)
{
    return njord_sma_push(s, x);
}

static inline int njord_rolling_mean_ready(const njord_rolling_mean *s)
{
    return njord_sma_ready(s);
}

static inline double njord_rolling_mean_value(const njord_rolling_mean *s)
{
    return njord_sma_value(s);
}

static inline size_t njord_rolling_mean_state(const njord_rolling_mean *s, double *out, size_t cap)
{
    return njord_sma_state(s, out, cap);
}

static inline int njord_rolling_mean_restore(njord_rolling_mean *s, const double *in, size_t len)
{
    return njord_sma_restore(s, in, len);
}

#ifdef __cplusplus
}
#endif

#endif
