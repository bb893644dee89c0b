/*
 * indicators_linreg.c - rolling least-squares line.
 *
 * The window is kept as in indicators_average.c, as differences d from an origin that is in the
 * window. Next to the plain sums stand sums of d times a distance in slots, made by adding the
 * plain sums up (so no product rounds): `older[i].far` counts from slot i on, `fresh.far` back from
 * the newest slot.
 */
#include "indicators_exact.h"

#include <stdlib.h>
#include <string.h>

int njord_linreg_init(njord_linreg *s, int64_t n)
{
    memset(s, 0, sizeof *s);
    if (n < 2 || !period_ok(n))
        return NJORD_E_ARG;
    size_t slots = (size_t)n;
    njord_line_sums *block = calloc(1, slots * (sizeof(njord_line_sums) + sizeof(double)));
    if (block == NULL)
        return NJORD_E_NOMEM;
    s->older = block;
    s->ring = (double *)(void *)(block + slots);
    s->n = (uint32_t)n;
    return NJORD_OK;
}

void njord_linreg_free(njord_linreg *s)
{
    if (s == NULL)
        return;
    free(s->older);
    memset(s, 0, sizeof *s);
}

void njord_linreg_reset(njord_linreg *s)
{
    s->count = 0;
    s->pos = 0;
    s->fresh = (njord_line_sums){{0.0, 0.0}, {0.0, 0.0}};
}

/* One slot further: what is summed already moves a step away, d stands at distance 0. */
static inline void line_add(njord_line_sums *m, double d)
{
    sum_add_sum(&m->far, &m->d);
    sum_add(&m->d, d);
}

/* Makes older[from .. n-1]. */
static void linreg_walk(njord_linreg *s, uint32_t from)
{
    njord_line_sums m = {{0.0, 0.0}, {0.0, 0.0}};
    for (uint32_t i = s->n; i-- > from;) {
        line_add(&m, s->ring[i] - s->origin);
        s->older[i] = m;
    }
}

static inline double linreg_eval(njord_linreg *s)
{
    if (s->count < s->n)
        return (double)NAN;
    const njord_line_sums *old = &s->older[s->pos];
    const njord_line_sums *new = &s->fresh;
    double n = (double)s->n;
    /*
     * With j = 0 .. n-1 from the oldest: sum j d = old.far + (n-1) new.d - new.far. So
     * 2 sum j d - (n-1) sum d = 2 (old.far - new.far) + (n-1) (new.d - old.d), and
     * slope = 6 (that) / (n (n^2 - 1)).
     */
    double far = (old->far.hi - new->far.hi) + (old->far.lo - new->far.lo);
    double tilt = (new->d.hi - old->d.hi) + (new->d.lo - old->d.lo);
    s->slope = 6.0 * (2.0 * far + (n - 1.0) * tilt) / (n * (n * n - 1.0));
    s->mean = sum_join(&old->d, &new->d) / n;
    s->level = s->origin + (s->mean + s->slope * (0.5 * (n - 1.0)));
    return s->level;
}

double njord_linreg_push(njord_linreg *s, double x)
{
    if (!usable(x) || s->n == 0)
        return njord_linreg_value(s);
    if (s->count == 0)
        s->origin = x;
    if (s->count < s->n)
        s->count++;
    s->ring[s->pos++] = x;
    if (s->pos < s->n) {
        line_add(&s->fresh, x - s->origin);
    } else {
        s->origin = x;
        linreg_walk(s, 0);
        s->fresh = (njord_line_sums){{0.0, 0.0}, {0.0, 0.0}};
        s->pos = 0;
    }
    return linreg_eval(s);
}

size_t njord_linreg_state(const njord_linreg *s, double *out, size_t cap)
{
    return njord_window_state(STATE_LINREG, s->n, s->count, s->pos, s->ring, out, cap);
}

int njord_linreg_restore(njord_linreg *s, const double *in, size_t len)
{
    uint32_t count;
    uint32_t pos;
    int rc = njord_window_check(STATE_LINREG, s->n, in, len, &count, &pos);
    if (rc != NJORD_OK)
        return rc;
    njord_linreg_reset(s);
    memcpy(s->ring, in + WINDOW_HEAD, s->n * sizeof(double));
    s->count = count;
    s->pos = pos;
    s->origin = s->ring[count == s->n ? s->n - 1 : 0];
    linreg_walk(s, pos);
    for (uint32_t i = 0; i < pos; i++)
        line_add(&s->fresh, s->ring[i] - s->origin);
    linreg_eval(s);
    return NJORD_OK;
}
