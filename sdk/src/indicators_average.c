/*
 * indicators_average.c - simple, exponential and triple exponential averages, and MACD.
 *
 * A simple average keeps one running sum of two doubles. While the values of a window stay within a
 * factor of SPAN of each other, nothing is ever rounded: a value that leaves takes away exactly
 * what it brought. Other windows (an outlier, zeros, signs that change) are summed from parts. The
 * array is then filled from the front, again and again: `fresh` sums what was written since the
 * last walk, `older[i]` what was there before from slot i on; together they are the window, and no
 * sum has a value taken away from it. When the last slot is written the array is walked once, from
 * its end, to make `older`, and filling begins again. Either way the mean is that of the exact sum:
 * which one it was cannot be seen.
 */
#include "indicators_exact.h"

#include <stdlib.h>
#include <string.h>

/* ---- simple ---- */

int njord_sma_init(njord_sma *s, int64_t n)
{
    memset(s, 0, sizeof *s);
    if (!period_ok(n))
        return NJORD_E_ARG;
    size_t slots = (size_t)n;
    njord_sum *block = calloc(1, slots * (sizeof(njord_sum) + sizeof(double)));
    if (block == NULL)
        return NJORD_E_NOMEM;
    s->older = block;
    s->ring = (double *)(void *)(block + slots);
    s->n = (uint32_t)n;
    s->inverse = 1.0 / (double)n;
    return NJORD_OK;
}

void njord_sma_free(njord_sma *s)
{
    if (s == NULL)
        return;
    free(s->older);
    memset(s, 0, sizeof *s);
}

void njord_sma_reset(njord_sma *s)
{
    if (s->n > 0)
        memset(s->ring, 0, s->n * sizeof *s->ring);
    s->count = 0;
    s->pos = 0;
    s->wide = 0;
    s->low = s->high = 0.0;
    s->total = s->fresh = (njord_sum){0.0, 0.0};
}

/* How far apart the values of one running sum may be. The difference of two of them is a double
 * (Sterbenz 1974: neither is more than twice the other), and smaller than any sum. All are
 * multiples of the smallest's last bit: 54 bits for the largest, 21 more for NJORD_WINDOW_MAX of
 * them, and a window's additions leave at most 43 in the lower of two doubles. */
#define SPAN 1.9

/* Makes older[from .. n-1]. */
static void sma_walk(njord_sma *s, uint32_t from)
{
    njord_sum sum = {0.0, 0.0};
    for (uint32_t i = s->n; i-- > from;) {
        sum_add(&sum, s->ring[i]);
        s->older[i] = sum;
    }
}

/* Can one running sum hold the window, and x with it (0: no more than the window)? Then low and
 * high are set so that what comes may lie to both sides. */
static bool sma_fits(njord_sma *s, double x)
{
    double least = x > 0.0 ? x : HUGE_VAL;
    double most = x;
    s->low = s->high = 0.0; /* nothing is within */
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t at = s->pos > i ? s->pos - 1 - i : s->n + s->pos - 1 - i; /* the newest first */
        if (s->ring[at] < least)
            least = s->ring[at];
        if (s->ring[at] > most)
            most = s->ring[at];
    }
    if (!(least > 0x1p-900) || !(most < least * SPAN))
        return false;
    double slack = sqrt(SPAN / (most / least));
    s->low = least / slack;
    s->high = least * (most / least) * slack;
    return s->high <= s->low * 2.0;
}

/* The sum from parts, for the window as it stands. */
static void sma_part(njord_sma *s)
{
    s->wide = 1;
    s->low = s->high = 0.0; /* nothing is within */
    s->fresh = (njord_sum){0.0, 0.0};
    sma_walk(s, s->pos);
    for (uint32_t i = 0; i < s->pos; i++)
        sum_add(&s->fresh, s->ring[i]);
}

static inline double sma_eval(njord_sma *s)
{
    static const njord_sum none = {0.0, 0.0};
    if (s->count < s->n)
        return (double)NAN;
    s->value = s->wide ? sum_mean(&s->older[s->pos], &s->fresh, (double)s->n, s->inverse).hi
                       : sum_mean(&s->total, &none, (double)s->n, s->inverse).hi;
    return s->value;
}

static double sma_push_wide(njord_sma *s, double x)
{
    s->ring[s->pos++] = x;
    sum_add(&s->fresh, x);
    if (s->pos == s->n) {
        sma_walk(s, 0);
        s->fresh = (njord_sum){0.0, 0.0};
        s->pos = 0;
        if (sma_fits(s, 0.0)) {
            s->wide = 0;
            s->total = s->older[0];
        }
    }
    return sma_eval(s);
}

/* A value within the range. One addition stands between one value's sum and the next's. */
static inline double sma_push_narrow(njord_sma *s, double x)
{
    double err;
    double tail;
    double *slot = &s->ring[s->pos];
    double hi = fast_two_sum(s->total.hi, x - *slot, &err);
    double lo = s->total.lo + err;
    double top = fast_two_sum(hi, lo, &tail);
    *slot = x;
    s->total = (njord_sum){hi, lo};
    if (++s->pos == s->n) {
        s->pos = 0;
        s->total = (njord_sum){top, tail};
    }
    if (s->count < s->n)
        return (double)NAN;
    return s->value = sum_div(top, tail, (double)s->n, s->inverse).hi;
}

/* A value out of the range, or one that is no number. */
static double sma_push_odd(njord_sma *s, double x)
{
    if (!usable(x) || s->n == 0)
        return njord_sma_value(s);
    bool full = s->count == s->n;
    if (!s->wide && (x <= 0.0 || !sma_fits(s, x)))
        sma_part(s);
    s->count += !full;
    return s->wide ? sma_push_wide(s, x) : sma_push_narrow(s, x);
}

double njord_sma_push(njord_sma *s, double x)
{
    if (!(x > s->low && x <= s->high))
        return sma_push_odd(s, x);
    s->count += s->count < s->n;
    return sma_push_narrow(s, x);
}

size_t njord_sma_state(const njord_sma *s, double *out, size_t cap)
{
    return njord_window_state(STATE_SMA, s->n, s->count, s->pos, s->ring, out, cap);
}

int njord_sma_restore(njord_sma *s, const double *in, size_t len)
{
    uint32_t count;
    uint32_t pos;
    int rc = njord_window_check(STATE_SMA, s->n, in, len, &count, &pos);
    if (rc != NJORD_OK)
        return rc;
    njord_sma_reset(s);
    memcpy(s->ring, in + WINDOW_HEAD, s->n * sizeof(double));
    s->count = count;
    s->pos = pos;
    sma_part(s);
    if (sma_fits(s, 0.0)) {
        s->wide = 0;
        s->total = pos > 0 ? s->fresh : s->older[0];
        if (pos > 0)
            sum_add_sum(&s->total, &s->older[pos]);
    }
    sma_eval(s);
    return NJORD_OK;
}

/* ---- exponential ---- */

int njord_ema_init(njord_ema *s, int64_t n)
{
    memset(s, 0, sizeof *s);
    if (!period_ok(n))
        return NJORD_E_ARG;
    s->n = (uint32_t)n;
    s->k = 2.0 / ((double)n + 1.0);
    s->keep = 1.0 - s->k;
    return NJORD_OK;
}

void njord_ema_free(njord_ema *s)
{
    if (s != NULL)
        memset(s, 0, sizeof *s);
}

void njord_ema_reset(njord_ema *s)
{
    s->count = 0;
    s->e = (njord_sum){0.0, 0.0};
}

/* One of the first n values, or any value when n is 1 (then the average is the value). */
static double ema_seed(njord_ema *s, double x)
{
    const njord_sum none = {0.0, 0.0};
    if (s->n <= 1) {
        s->count = s->n;
        s->e = (njord_sum){x, 0.0};
        s->value = x;
        return s->n == 1 ? x : (double)NAN;
    }
    sum_add(&s->e, x);
    if (++s->count < s->n)
        return (double)NAN;
    s->e = sum_mean(&s->e, &none, (double)s->n, 1.0 / (double)s->n);
    s->value = s->e.hi + s->e.lo;
    return s->value;
}

/* x is usable. */
static inline double ema_step(njord_ema *s, double x)
{
    double err;
    if (s->count < s->n || s->n <= 1)
        return ema_seed(s, x);
    /* hi runs the textbook recursion, lo carries what its additions rounded off, decayed alike. */
    s->e.hi = two_sum(s->e.hi, s->k * (x - s->e.hi), &err);
    s->e.lo = err + s->keep * s->e.lo;
    s->value = s->e.hi + s->e.lo;
    return s->value;
}

double njord_ema_push(njord_ema *s, double x)
{
    return usable(x) ? ema_step(s, x) : njord_ema_value(s);
}

#define EMA_STATE 5

size_t njord_ema_state(const njord_ema *s, double *out, size_t cap)
{
    if (s->n == 0)
        return 0;
    if (out == NULL || cap < EMA_STATE)
        return EMA_STATE;
    out[0] = (double)STATE_EMA;
    out[1] = (double)s->n;
    out[2] = (double)s->count;
    out[3] = s->e.hi;
    out[4] = s->e.lo;
    return EMA_STATE;
}

int njord_ema_restore(njord_ema *s, const double *in, size_t len)
{
    uint32_t n;
    uint32_t count;
    /* While seeding, hi is a sum of up to n values. */
    double most = NJORD_INPUT_MAX * (double)NJORD_WINDOW_MAX;
    if (s->n == 0 || in == NULL || len != EMA_STATE || in[0] != (double)STATE_EMA)
        return NJORD_E_STATE;
    if (!njord_state_uint(in[1], s->n, s->n, &n) || !njord_state_uint(in[2], 0, n, &count))
        return NJORD_E_STATE;
    if (!(fabs(in[3]) <= most) || !(fabs(in[4]) <= fabs(in[3])))
        return NJORD_E_STATE;
    s->count = count;
    s->e = (njord_sum){in[3], in[4]};
    s->value = s->e.hi + s->e.lo;
    return NJORD_OK;
}

/* ---- triple exponential ---- */

int njord_tema_init(njord_tema *s, int64_t n)
{
    memset(s, 0, sizeof *s);
    int rc = njord_ema_init(&s->e1, n);
    if (rc != NJORD_OK)
        return rc;
    s->e2 = s->e1;
    s->e3 = s->e1;
    return NJORD_OK;
}

void njord_tema_free(njord_tema *s)
{
    if (s != NULL)
        memset(s, 0, sizeof *s);
}

void njord_tema_reset(njord_tema *s)
{
    njord_ema_reset(&s->e1);
    njord_ema_reset(&s->e2);
    njord_ema_reset(&s->e3);
}

static double tema_eval(njord_tema *s)
{
    /* Differences first: they are small, so a flat series gives its own value exactly. */
    double high = s->e1.e.hi - s->e2.e.hi;
    double low = s->e1.e.lo - s->e2.e.lo;
    s->value = 3.0 * (high + low) + s->e3.value;
    return s->value;
}

double njord_tema_push(njord_tema *s, double x)
{
    if (!usable(x))
        return njord_tema_value(s);
    double v = ema_step(&s->e1, x);
    if (!njord_ema_ready(&s->e1))
        return (double)NAN;
    v = ema_step(&s->e2, v);
    if (!njord_ema_ready(&s->e2))
        return (double)NAN;
    ema_step(&s->e3, v);
    return njord_ema_ready(&s->e3) ? tema_eval(s) : (double)NAN;
}

/* The states of three averages, one after the other, behind their tag. */
static size_t three_state(enum state_tag tag, const njord_ema *const part[3], double *out,
                          size_t cap)
{
    size_t need = 1 + 3 * (size_t)EMA_STATE;
    if (part[0]->n == 0)
        return 0;
    if (out == NULL || cap < need)
        return need;
    out[0] = (double)tag;
    for (size_t i = 0; i < 3; i++)
        njord_ema_state(part[i], out + 1 + i * EMA_STATE, EMA_STATE);
    return need;
}

/* Restores into copies: none of the three changes unless all can. */
static int three_restore(enum state_tag tag, njord_ema *const part[3], const double *in, size_t len)
{
    njord_ema copy[3] = {*part[0], *part[1], *part[2]};
    if (part[0]->n == 0 || in == NULL || len != 1 + 3 * (size_t)EMA_STATE || in[0] != (double)tag)
        return NJORD_E_STATE;
    for (size_t i = 0; i < 3; i++) {
        int rc = njord_ema_restore(&copy[i], in + 1 + i * EMA_STATE, EMA_STATE);
        if (rc != NJORD_OK)
            return rc;
    }
    for (size_t i = 0; i < 3; i++)
        *part[i] = copy[i];
    return NJORD_OK;
}

size_t njord_tema_state(const njord_tema *s, double *out, size_t cap)
{
    const njord_ema *const part[3] = {&s->e1, &s->e2, &s->e3};
    return three_state(STATE_TEMA, part, out, cap);
}

int njord_tema_restore(njord_tema *s, const double *in, size_t len)
{
    njord_ema *const part[3] = {&s->e1, &s->e2, &s->e3};
    int rc = three_restore(STATE_TEMA, part, in, len);
    if (rc == NJORD_OK)
        tema_eval(s);
    return rc;
}

/* ---- MACD ---- */

int njord_macd_init(njord_macd *s, int64_t fast, int64_t slow, int64_t signal)
{
    memset(s, 0, sizeof *s);
    if (!period_ok(fast) || !period_ok(slow) || !period_ok(signal) || fast >= slow)
        return NJORD_E_ARG;
    njord_ema_init(&s->fast, fast);
    njord_ema_init(&s->slow, slow);
    njord_ema_init(&s->signal, signal);
    return NJORD_OK;
}

void njord_macd_free(njord_macd *s)
{
    if (s != NULL)
        memset(s, 0, sizeof *s);
}

void njord_macd_reset(njord_macd *s)
{
    njord_ema_reset(&s->fast);
    njord_ema_reset(&s->slow);
    njord_ema_reset(&s->signal);
}

static double macd_eval(njord_macd *s)
{
    s->line = (s->fast.e.hi - s->slow.e.hi) + (s->fast.e.lo - s->slow.e.lo);
    return s->line;
}

double njord_macd_push(njord_macd *s, double x)
{
    if (!usable(x))
        return njord_macd_value(s);
    ema_step(&s->fast, x);
    ema_step(&s->slow, x);
    if (!njord_ema_ready(&s->slow))
        return (double)NAN;
    ema_step(&s->signal, macd_eval(s));
    return s->line;
}

size_t njord_macd_state(const njord_macd *s, double *out, size_t cap)
{
    const njord_ema *const part[3] = {&s->fast, &s->slow, &s->signal};
    return three_state(STATE_MACD, part, out, cap);
}

int njord_macd_restore(njord_macd *s, const double *in, size_t len)
{
    njord_ema *const part[3] = {&s->fast, &s->slow, &s->signal};
    int rc = three_restore(STATE_MACD, part, in, len);
    if (rc == NJORD_OK)
        macd_eval(s);
    return rc;
}
