/*
 * indicators_window.c - rolling deviation, Bollinger bands, rolling minimum and maximum.
 *
 * Windows are kept as in indicators_average.c. The deviation sums squares of d = x - origin, where
 * the origin is itself in the window: the newest value when it was last walked, which is the last
 * of them to leave. So what cancels in mean d^2 - (mean d)^2 costs two bits of the variance for a
 * trend, and log2(n + 1) at the very worst, with an outlier as origin; never what the level of the
 * prices costs.
 */
#include "indicators_exact.h"

#include <stdlib.h>
#include <string.h>

/* ---- deviation ---- */

/* Below this the squares lose bits to underflow, and the window is scaled first. */
#define SQUARES_MIN 1e-250

int njord_rolling_dev_init(njord_rolling_dev *s, int64_t n)
{
    memset(s, 0, sizeof *s);
    if (!period_ok(n))
        return NJORD_E_ARG;
    size_t slots = (size_t)n;
    njord_moments *block = calloc(1, slots * (sizeof(njord_moments) + sizeof(double)));
    if (block == NULL)
        return NJORD_E_NOMEM;
    s->older = block;
    s->ring = (double *)(void *)(block + slots);
    s->n = (uint32_t)n;
    s->inverse = 1.0 / (double)n;
    return NJORD_OK;
}

void njord_rolling_dev_free(njord_rolling_dev *s)
{
    if (s == NULL)
        return;
    free(s->older);
    memset(s, 0, sizeof *s);
}

void njord_rolling_dev_reset(njord_rolling_dev *s)
{
    s->count = 0;
    s->pos = 0;
    s->run = 0;
    s->fresh = (njord_moments){{0.0, 0.0}, {0.0, 0.0}};
}

static inline void moments_add(njord_moments *m, double x, double origin)
{
    double d = x - origin;
    sum_add(&m->x, x);
    sum_add(&m->sq, d * d);
}

/* Makes older[from .. n-1]. */
static void dev_walk(njord_rolling_dev *s, uint32_t from)
{
    njord_moments m = {{0.0, 0.0}, {0.0, 0.0}};
    for (uint32_t i = s->n; i-- > from;) {
        moments_add(&m, s->ring[i], s->origin);
        s->older[i] = m;
    }
}

/* Differences so small that their squares underflow: scaled by a power of two, then in two passes.
 */
static double dev_tiny(const njord_rolling_dev *s)
{
    const njord_sum none = {0.0, 0.0};
    double n = (double)s->n;
    double most = 0.0;
    for (uint32_t i = 0; i < s->n; i++)
        most = fmax(most, fabs(s->ring[i] - s->origin));
    int exponent;
    frexp(most, &exponent);
    njord_sum sum = none;
    for (uint32_t i = 0; i < s->n; i++)
        sum_add(&sum, ldexp(s->ring[i] - s->origin, -exponent));
    double mean = sum_mean(&sum, &none, n, s->inverse).hi;
    njord_sum squares = none;
    for (uint32_t i = 0; i < s->n; i++) {
        double d = ldexp(s->ring[i] - s->origin, -exponent) - mean;
        sum_add(&squares, d * d);
    }
    return ldexp(sqrt((squares.hi + squares.lo) / n), exponent);
}

static inline double dev_eval(njord_rolling_dev *s)
{
    if (s->count < s->n)
        return (double)NAN;
    const njord_moments *old = &s->older[s->pos];
    const njord_moments *new = &s->fresh;
    double n = (double)s->n;
    s->mean = sum_mean(&old->x, &new->x, n, s->inverse);
    double squares = sum_join(&old->sq, &new->sq);
    if (s->run == s->n) {
        s->value = 0.0;
    } else if (squares < SQUARES_MIN) {
        s->value = dev_tiny(s);
    } else {
        double d = (s->mean.hi - s->origin) + s->mean.lo;
        double variance = squares / n - d * d;
        s->value = variance > 0.0 ? sqrt(variance) : 0.0;
    }
    return s->value;
}

double njord_rolling_dev_push(njord_rolling_dev *s, double x)
{
    if (!usable(x) || s->n == 0)
        return njord_rolling_dev_value(s);
    if (s->count == 0)
        s->origin = x;
    uint32_t last = (s->pos > 0 ? s->pos : s->n) - 1;
    if (s->run > 0 && s->ring[last] == x)
        s->run += s->run < s->n;
    else
        s->run = 1;
    if (s->count < s->n)
        s->count++;
    s->ring[s->pos++] = x;
    if (s->pos < s->n) {
        moments_add(&s->fresh, x, s->origin);
    } else {
        s->origin = x;
        dev_walk(s, 0);
        s->fresh = (njord_moments){{0.0, 0.0}, {0.0, 0.0}};
        s->pos = 0;
    }
    return dev_eval(s);
}

size_t njord_rolling_dev_state(const njord_rolling_dev *s, double *out, size_t cap)
{
    return njord_window_state(STATE_DEV, s->n, s->count, s->pos, s->ring, out, cap);
}

/* How many of the newest values are equal. */
static uint32_t dev_run(const njord_rolling_dev *s)
{
    uint32_t last = (s->pos > 0 ? s->pos : s->n) - 1;
    uint32_t run = 0;
    for (uint32_t at = last; run < s->count && s->ring[at] == s->ring[last]; run++)
        at = (at > 0 ? at : s->n) - 1;
    return run;
}

int njord_rolling_dev_restore(njord_rolling_dev *s, const double *in, size_t len)
{
    uint32_t count;
    uint32_t pos;
    int rc = njord_window_check(STATE_DEV, s->n, in, len, &count, &pos);
    if (rc != NJORD_OK)
        return rc;
    njord_rolling_dev_reset(s);
    memcpy(s->ring, in + WINDOW_HEAD, s->n * sizeof(double));
    s->count = count;
    s->pos = pos;
    s->origin = s->ring[count == s->n ? s->n - 1 : 0];
    dev_walk(s, pos);
    for (uint32_t i = 0; i < pos; i++)
        moments_add(&s->fresh, s->ring[i], s->origin);
    s->run = dev_run(s);
    dev_eval(s);
    return NJORD_OK;
}

/* ---- Bollinger bands ---- */

int njord_bollinger_init(njord_bollinger *s, int64_t n, double width)
{
    memset(s, 0, sizeof *s);
    if (!(width > 0.0 && width <= 1000.0))
        return NJORD_E_ARG;
    s->width = width;
    return njord_rolling_dev_init(&s->dev, n);
}

void njord_bollinger_free(njord_bollinger *s)
{
    if (s != NULL)
        njord_rolling_dev_free(&s->dev);
}

void njord_bollinger_reset(njord_bollinger *s)
{
    njord_rolling_dev_reset(&s->dev);
}

static void bollinger_eval(njord_bollinger *s)
{
    double away = s->width * s->dev.value;
    s->upper = s->dev.mean.hi + (s->dev.mean.lo + away);
    s->lower = s->dev.mean.hi + (s->dev.mean.lo - away);
}

double njord_bollinger_push(njord_bollinger *s, double x)
{
    njord_rolling_dev_push(&s->dev, x);
    if (!njord_rolling_dev_ready(&s->dev))
        return (double)NAN;
    bollinger_eval(s);
    return s->dev.mean.hi;
}

size_t njord_bollinger_state(const njord_bollinger *s, double *out, size_t cap)
{
    size_t part = njord_rolling_dev_state(&s->dev, NULL, 0);
    if (part == 0)
        return 0;
    if (out == NULL || cap < part + 2)
        return part + 2;
    out[0] = (double)STATE_BOLLINGER;
    out[1] = s->width;
    njord_rolling_dev_state(&s->dev, out + 2, part);
    return part + 2;
}

int njord_bollinger_restore(njord_bollinger *s, const double *in, size_t len)
{
    if (in == NULL || len < 2 || in[0] != (double)STATE_BOLLINGER || in[1] != s->width)
        return NJORD_E_STATE;
    int rc = njord_rolling_dev_restore(&s->dev, in + 2, len - 2);
    if (rc == NJORD_OK && njord_rolling_dev_ready(&s->dev))
        bollinger_eval(s);
    return rc;
}

/* ---- minimum and maximum ---- */

static inline double lesser(double a, double b)
{
    return a < b ? a : b;
}

int njord_rolling_min_init(njord_rolling_min *s, int64_t n)
{
    memset(s, 0, sizeof *s);
    if (!period_ok(n))
        return NJORD_E_ARG;
    size_t slots = (size_t)n;
    double *block = calloc(2 * slots, sizeof(double));
    if (block == NULL)
        return NJORD_E_NOMEM;
    s->older = block;
    s->ring = block + slots;
    s->fresh = (double)INFINITY;
    s->n = (uint32_t)n;
    return NJORD_OK;
}

void njord_rolling_min_free(njord_rolling_min *s)
{
    if (s == NULL)
        return;
    free(s->older);
    memset(s, 0, sizeof *s);
}

void njord_rolling_min_reset(njord_rolling_min *s)
{
    s->count = 0;
    s->pos = 0;
    s->fresh = (double)INFINITY;
}

static void min_walk(njord_rolling_min *s, uint32_t from)
{
    double least = (double)INFINITY;
    for (uint32_t i = s->n; i-- > from;) {
        least = lesser(least, s->ring[i]);
        s->older[i] = least;
    }
}

static double min_eval(njord_rolling_min *s)
{
    if (s->count < s->n)
        return (double)NAN;
    s->value = lesser(s->older[s->pos], s->fresh);
    return s->value;
}

double njord_rolling_min_push(njord_rolling_min *s, double x)
{
    if (!usable(x) || s->n == 0)
        return njord_rolling_min_value(s);
    if (s->count < s->n)
        s->count++;
    s->ring[s->pos++] = x;
    s->fresh = lesser(s->fresh, x);
    if (s->pos == s->n) {
        min_walk(s, 0);
        s->fresh = (double)INFINITY;
        s->pos = 0;
    }
    return min_eval(s);
}

size_t njord_rolling_min_state(const njord_rolling_min *s, double *out, size_t cap)
{
    return njord_window_state(STATE_MIN, s->n, s->count, s->pos, s->ring, out, cap);
}

int njord_rolling_min_restore(njord_rolling_min *s, const double *in, size_t len)
{
    uint32_t count;
    uint32_t pos;
    int rc = njord_window_check(STATE_MIN, s->n, in, len, &count, &pos);
    if (rc != NJORD_OK)
        return rc;
    njord_rolling_min_reset(s);
    memcpy(s->ring, in + WINDOW_HEAD, s->n * sizeof(double));
    s->count = count;
    s->pos = pos;
    min_walk(s, pos);
    for (uint32_t i = 0; i < pos; i++)
        s->fresh = lesser(s->fresh, s->ring[i]);
    min_eval(s);
    return NJORD_OK;
}

int njord_rolling_max_init(njord_rolling_max *s, int64_t n)
{
    return njord_rolling_min_init(&s->neg, n);
}

void njord_rolling_max_free(njord_rolling_max *s)
{
    if (s != NULL)
        njord_rolling_min_free(&s->neg);
}

void njord_rolling_max_reset(njord_rolling_max *s)
{
    njord_rolling_min_reset(&s->neg);
}

double njord_rolling_max_push(njord_rolling_max *s, double x)
{
    return -njord_rolling_min_push(&s->neg, -x);
}

size_t njord_rolling_max_state(const njord_rolling_max *s, double *out, size_t cap)
{
    return njord_rolling_min_state(&s->neg, out, cap);
}

int njord_rolling_max_restore(njord_rolling_max *s, const double *in, size_t len)
{
    return njord_rolling_min_restore(&s->neg, in, len);
}
