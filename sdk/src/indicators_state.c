/*
 * indicators_state.c - the saved form of a window: its values in ring order and where the next one
 * goes.
 *
 * Sums are not saved: they are made again from the values, in the order in which they were made
 * first, so a restored instance holds the same bits and a forged state cannot hold sums that
 * contradict it.
 */
#include "indicators_exact.h"

bool njord_state_uint(double v, uint32_t lo, uint32_t hi, uint32_t *out)
{
    if (!(v >= (double)lo && v <= (double)hi) || v != floor(v))
        return false;
    *out = (uint32_t)v;
    return true;
}

size_t njord_window_state(enum state_tag tag, uint32_t n, uint32_t count, uint32_t pos,
                          const double *ring, double *out, size_t cap)
{
    if (n == 0)
        return 0;
    size_t need = WINDOW_HEAD + (size_t)n;
    if (out == NULL || cap < need)
        return need;
    out[0] = (double)tag;
    out[1] = (double)n;
    out[2] = (double)count;
    out[3] = (double)pos;
    for (size_t i = 0; i < n; i++)
        out[WINDOW_HEAD + i] = i < count ? ring[i] : 0.0;
    return need;
}

int njord_window_check(enum state_tag tag, uint32_t n, const double *in, size_t len,
                       uint32_t *count, uint32_t *pos)
{
    uint32_t saved_n;
    uint32_t c;
    uint32_t p;
    if (n == 0 || in == NULL || len != WINDOW_HEAD + (size_t)n)
        return NJORD_E_STATE;
    if (in[0] != (double)tag || !njord_state_uint(in[1], n, n, &saved_n))
        return NJORD_E_STATE;
    if (!njord_state_uint(in[2], 0, n, &c) || !njord_state_uint(in[3], 0, n - 1, &p))
        return NJORD_E_STATE;
    if (c < n && p != c)
        return NJORD_E_STATE;
    for (size_t i = 0; i < n; i++)
        if (!usable(in[WINDOW_HEAD + i]) || (i >= c && in[WINDOW_HEAD + i] != 0.0))
            return NJORD_E_STATE;
    *count = c;
    *pos = p;
    return NJORD_OK;
}
