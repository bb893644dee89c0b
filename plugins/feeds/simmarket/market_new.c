/* simmarket/market_new.c - a market at its first moment, from its configuration. */
#include "calibration.h"
#include "market.h"
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Writes `value` as mant / 10^places with at most 12 places. 0, or -1. */
static int decimal_unit(double value, struct sim_unit *out)
{
    double pow10 = 1.0;

    if (!(value > 0.0) || value > 1e9)
        return -1;
    for (int places = 0; places <= 12; places++, pow10 *= 10.0) {
        double mant;
        if (value * pow10 > 0x1p53) /* beyond it not every integer is a double */
            break;
        mant = sim_whole(value * pow10 + 0.5);
        if (mant >= 1.0 && mant / pow10 == value) {
            out->mant = mant;
            out->pow10 = pow10;
            return 0;
        }
    }
    return -1;
}

static uint64_t name_hash(const char *name) /* FNV-1a */
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 0x100000001b3u;
    return h;
}

static void factor_init(struct sim_factor *f, struct sim_rng *rng)
{
    f->slow = SLOW_SD * sim_rng_normal(rng);
    f->fast = FAST_SD * sim_rng_normal(rng);
    f->garch = 1.0;
}

static int symbol_init(struct sim_market *m, struct sim_symbol *s,
                       const struct sim_symbol_config *c, uint64_t seed, double orders_per_day,
                       char *why, size_t why_cap)
{
    double step;

    if (decimal_unit(c->tick, &s->tick) < 0 || decimal_unit(c->step, &s->step) < 0) {
        snprintf(why, why_cap,
                 "'%s': tick and step must be decimal numbers > 0 with at most 12 places", c->name);
        return -1;
    }
    s->start_ticks = c->price / c->tick;
    if (!(s->start_ticks >= 10.0) || s->start_ticks > 1e11) {
        snprintf(why, why_cap, "'%s': the price at the start must be 10 to 1e11 ticks", c->name);
        return -1;
    }
    step = c->step;
    if (!(c->min_qty >= 0.0) || !(c->max_qty >= 0.0) || !(c->min_notional >= 0.0) ||
        (c->max_qty > 0.0 && (c->max_qty < step || c->max_qty < c->min_qty)) ||
        c->min_qty / step > 1e15) {
        snprintf(why, why_cap, "'%s': min_qty, max_qty and min_notional do not fit together",
                 c->name);
        return -1;
    }
    s->min_steps = (int64_t)(c->min_qty / step + 0.5);
    if (s->min_steps < 1)
        s->min_steps = 1;
    s->max_steps = c->max_qty / step < 1e15 ? (int64_t)(c->max_qty / step + 1e-6) : 0;
    s->min_notional_steps = c->min_notional / (c->tick * step);
    s->notional_steps = NOTIONAL / (c->tick * step);
    s->order_sigma = m->sigma_day / sqrt(orders_per_day);
    seed ^= name_hash(c->name);
    sim_rng_seed(&s->rng, seed);
    factor_init(&s->own, &s->rng);
    s->hazard = sim_rng_exponential(&s->rng);
    /* as if the process had run before: each kernel at its mean rate */
    s->excite[0] = m->order_rate * kernel_orders[0];
    s->excite[1] = m->order_rate * kernel_orders[1];
    sim_draw_kernels(s);
    s->regime = sim_rng_uniform(&s->rng) < 0.5 ? 1.0 : -1.0;
    s->quote = s->start_ticks;
    s->next_id = 1000000 + sim_rng_next(&s->rng) % 4000000000u;
    return 0;
}

/* The response of garch to one surprise, so that all of a grid step's surprises together change it
 * as much at any rate. */
static double garch_response(double orders_per_s)
{
    double response = GARCH_RESPONSE / sqrt(orders_per_s * SIM_GRID_S);
    return response < GARCH_RESPONSE_MAX ? response : GARCH_RESPONSE_MAX;
}

struct sim_market *sim_market_new(const struct sim_config *c, char *why, size_t why_cap)
{
    struct sim_market *m = NULL;
    double mean_burst = 1.0;
    uint64_t seed = c->seed;

    if (c->n_symbols < 1 || c->n_symbols > SIM_MAX_SYMBOLS) {
        snprintf(why, why_cap, "expected 1 to %u symbols, found %u", SIM_MAX_SYMBOLS,
                 (unsigned)c->n_symbols);
        return NULL;
    }
    if (!(c->trades_per_day >= 1.0 && c->trades_per_day <= 1e9) ||
        !(c->volatility >= 0.0 && c->volatility <= 10.0) ||
        !(c->correlation >= 0.0 && c->correlation <= 1.0) || c->duration_ns <= 0 ||
        c->start_ns < 0 || c->start_ns % 1000000 != 0 || c->duration_ns > INT64_MAX - c->start_ns) {
        snprintf(
            why, why_cap,
            "a value is out of range: trades_per_day 1..1e9, volatility 0..10, correlation 0..1, "
            "duration > 0, start a whole millisecond since 1970");
        return NULL;
    }
    m = calloc(1, sizeof *m);
    if (!m)
        goto nomem;
    m->symbols = calloc(c->n_symbols, sizeof *m->symbols);
    m->heap = calloc(c->n_symbols, sizeof *m->heap);
    if (!m->symbols || !m->heap)
        goto nomem;
    m->n_symbols = c->n_symbols;
    m->start_ns = c->start_ns;
    m->duration_s = (double)c->duration_ns * 1e-9;
    m->sigma_day = c->volatility / sqrt(365.0);
    m->share_common = sqrt(c->correlation);
    m->share_own = sqrt(1.0 - c->correlation);
    m->burst_survival[0] = 1.0;
    for (int k = 1; k < SIM_MAX_BURST;
         k++) { /* P(more than k) = (1 - SINGLE) (2 / (k + 1))^BURST_TAIL */
        m->burst_survival[k] =
            (1.0 - SINGLE) * sim_exp(-BURST_TAIL * sim_log((double)(k + 1) / 2.0));
        mean_burst += m->burst_survival[k];
    }
    m->order_rate = c->trades_per_day / mean_burst / DAY_S;
    m->garch_own = garch_response(m->order_rate);
    m->garch_common = garch_response(m->order_rate * (double)m->n_symbols);
    sim_rng_seed(&m->rng, sim_splitmix(&seed));
    factor_init(&m->common, &m->rng);
    m->grid_s = SIM_GRID_S;
    for (uint32_t i = 0; i < m->n_symbols; i++) {
        if (symbol_init(m, &m->symbols[i], &c->symbols[i], seed, m->order_rate * DAY_S, why,
                        why_cap) < 0)
            goto fail;
    }
    sim_market_refresh(m);
    return m;
nomem:
    snprintf(why, why_cap, "out of memory");
fail:
    sim_market_free(m);
    return NULL;
}

void sim_market_free(struct sim_market *m)
{
    if (!m)
        return;
    free(m->symbols);
    free(m->heap);
    free(m);
}
