/*
 * indicators_rsi.c - Wilder's relative strength index.
 *
 * An unchanged price multiplies both averages by 1 - 1/n and so leaves their ratio alone. That is
 * done by giving the next change more weight (`idle`) instead: a market that stands still for days
 * neither moves the index by rounding nor lets the averages sink into subnormal numbers.
 */
#include "indicators_exact.h"

#include <string.h>

/* Beyond this the next change outweighs all that was before by more than a double can show. */
#define IDLE_MAX 1e100

int njord_rsi_init(njord_rsi *s, int64_t n)
{
    memset(s, 0, sizeof *s);
    if (!period_ok(n))
        return NJORD_E_ARG;
    s->n = (uint32_t)n;
    s->k = 1.0 / (double)n;
    s->keep = ((double)n - 1.0) / (double)n;
    s->idle = 1.0;
    return NJORD_OK;
}

void njord_rsi_free(njord_rsi *s)
{
    if (s != NULL)
        memset(s, 0, sizeof *s);
}

void njord_rsi_reset(njord_rsi *s)
{
    s->count = 0;
    s->begun = 0;
    s->prev = 0.0;
    s->idle = 1.0;
    s->gain = (njord_sum){0.0, 0.0};
    s->loss = (njord_sum){0.0, 0.0};
}

static double rsi_eval(njord_rsi *s)
{
    if (!njord_rsi_ready(s))
        return (double)NAN;
    double gain = s->gain.hi + s->gain.lo;
    double loss = s->loss.hi + s->loss.lo;
    double both = gain + loss;
    s->value = both > 0.0 ? 100.0 * (gain / both) : 50.0;
    return s->value;
}

static void rsi_seed(njord_rsi *s, double gain, double loss)
{
    const njord_sum none = {0.0, 0.0};
    sum_add(&s->gain, gain);
    sum_add(&s->loss, loss);
    if (++s->count == s->n) {
        s->gain = sum_mean(&s->gain, &none, (double)s->n, s->k);
        s->loss = sum_mean(&s->loss, &none, (double)s->n, s->k);
    }
}

/* avg += (change - avg) / n, with what the addition rounds off carried in lo. */
static inline void wilder(njord_sum *avg, double change, double k, double keep)
{
    double err;
    avg->hi = two_sum(avg->hi, k * (change - avg->hi), &err);
    avg->lo = err + keep * avg->lo;
}

static void scale(njord_sum *avg, double by)
{
    avg->hi *= by;
    avg->lo *= by;
}

/* A side that is 1e-100 of the other is nothing: it would only sink into subnormal numbers. */
static inline void drop_dust(njord_sum *avg, const njord_sum *other)
{
    if (avg->hi < other->hi * 1e-100)
        *avg = (njord_sum){0.0, 0.0};
}

double njord_rsi_push(njord_rsi *s, double x)
{
    if (!usable(x) || s->n == 0)
        return njord_rsi_value(s);
    if (!s->begun) {
        s->begun = 1;
        s->prev = x;
        return (double)NAN;
    }
    double move = x - s->prev;
    double gain = move > 0.0 ? move : 0.0;
    double loss = move < 0.0 ? -move : 0.0;
    s->prev = x;
    if (s->count < s->n) {
        rsi_seed(s, gain, loss);
    } else if (s->n == 1) {
        s->gain.hi = gain;
        s->loss.hi = loss;
    } else if (move == 0.0) {
        s->idle = s->idle < IDLE_MAX ? s->idle / s->keep : IDLE_MAX;
    } else {
        if (s->idle != 1.0) {
            scale(&s->gain, 1.0 / s->idle);
            scale(&s->loss, 1.0 / s->idle);
            s->idle = 1.0;
        }
        wilder(&s->gain, gain, s->k, s->keep);
        wilder(&s->loss, loss, s->k, s->keep);
        drop_dust(&s->gain, &s->loss);
        drop_dust(&s->loss, &s->gain);
    }
    return rsi_eval(s);
}

#define RSI_STATE 10

size_t njord_rsi_state(const njord_rsi *s, double *out, size_t cap)
{
    if (s->n == 0)
        return 0;
    if (out == NULL || cap < RSI_STATE)
        return RSI_STATE;
    out[0] = (double)STATE_RSI;
    out[1] = (double)s->n;
    out[2] = (double)s->count;
    out[3] = (double)s->begun;
    out[4] = s->prev;
    out[5] = s->idle;
    out[6] = s->gain.hi;
    out[7] = s->gain.lo;
    out[8] = s->loss.hi;
    out[9] = s->loss.lo;
    return RSI_STATE;
}

/* An average or a sum of up to n changes, never below 0. */
static bool side_ok(double hi, double lo)
{
    return hi >= 0.0 && hi <= 2.0 * NJORD_INPUT_MAX * (double)NJORD_WINDOW_MAX && fabs(lo) <= hi;
}

int njord_rsi_restore(njord_rsi *s, const double *in, size_t len)
{
    uint32_t n;
    uint32_t count;
    uint32_t begun;
    if (s->n == 0 || in == NULL || len != RSI_STATE || in[0] != (double)STATE_RSI)
        return NJORD_E_STATE;
    if (!njord_state_uint(in[1], s->n, s->n, &n) || !njord_state_uint(in[2], 0, n, &count) ||
        !njord_state_uint(in[3], count > 0, 1, &begun))
        return NJORD_E_STATE;
    if (!usable(in[4]) || !(in[5] >= 1.0 && in[5] <= 2.0 * IDLE_MAX) || !side_ok(in[6], in[7]) ||
        !side_ok(in[8], in[9]))
        return NJORD_E_STATE;
    s->count = count;
    s->begun = begun;
    s->prev = in[4];
    s->idle = in[5];
    s->gain = (njord_sum){in[6], in[7]};
    s->loss = (njord_sum){in[8], in[9]};
    rsi_eval(s);
    return NJORD_OK;
}
