#include "market.h"

#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400.0

/* Share of a day's trades in each UTC hour, relative to the mean: quiet before Europe, highs at the
 * daily close (0 h), at Europe's opening and over the American morning. Between the middles of
 * hours it is interpolated. */
static const double profile[24] = {1.38, 0.97, 0.88, 0.86, 0.82, 0.76, 0.80, 0.86,
                                   1.00, 0.94, 0.90, 0.98, 1.10, 1.26, 1.45, 1.50,
                                   1.38, 1.14, 0.98, 0.90, 0.86, 0.80, 0.84, 0.90};

/* Volatility: standard deviations and half of a factor's memory in seconds. Hourly volatilities of
 * one-minute bars differ by a standard deviation of about 0.44 in the logarithm, daily ones by
 * 0.36. */
#define SLOW_SD   0.35
#define SLOW_S    86400.0
#define FAST_SD   0.30
#define FAST_S    1200.0
#define GARCH_S   1000.0
#define GARCH_MAX 30.0

/* Jumps: a day, of each source; |size| = JUMP_MIN (1 + exponential) in standard deviations of a
 * day. */
#define JUMPS_PER_DAY 0.3
#define JUMP_MIN      0.08
#define JUMP_ORDERS   30.0 /* orders that a jump brings by itself */

/* Share of an own move's variance that passes with the clock; the rest passes with the symbol's
 * orders. */
#define CLOCK_SHARE 0.6

/* Self-excitation: orders that one order brings by itself, and how soon (seconds). */
static const double kernel_orders[2] = {0.40, 0.30};
static const double kernel_s[2] = {0.05, 25.0};
#define ACTIVITY 0.5 /* base rates go with the common volatility to this power */

/* Orders: share with one trade only; tail exponent of the others; share of these that walk into the
 * book. */
#define SINGLE      0.68
#define BURST_TAIL  1.2
#define WALKING     0.46
/* Sides: chance that the regime turns with an order, and how far it rules. Autocorrelation of sides
 * at lag k: REGIME_PULL^2 (1 - 2 REGIME_TURN)^k. */
#define REGIME_TURN 0.05
#define REGIME_PULL 0.67
#define SURPRISE_WEIGHT                                                                            \
    0.3 /* correlation of an order's surprising part with the efficient price's move */
/* Spread and stickiness of the quote, in typical moves between two orders. */
#define SPREAD      0.5
#define STICKY      0.6
#define WALK        0.8
/* Sizes: the notional of the middle trade in the quote asset, and the spread of its logarithm. */
#define NOTIONAL    60.0
#define NOTIONAL_SD 2.0
#define SMALLEST                                                                                   \
    0.12 /* share of trades of the least size that a venue takes (here worth about LEAST_NOTIONAL) \
          */
#define LEAST_NOTIONAL 5.5
#define ROUND          0.25 /* share of round sizes: one significant digit */

static double profile_at(double day_s)
{
    double mean = 0.0;
    double x = day_s / 3600.0 - 0.5;
    int h;

    for (int i = 0; i < 24; i++)
        mean += profile[i];
    mean /= 24.0;
    if (x < 0.0)
        x += 24.0;
    h = (int)x;
    x -= (double)h;
    return (profile[h % 24] * (1.0 - x) + profile[(h + 1) % 24] * x) / mean;
}

static int heap_before(const struct sim_market *m, uint32_t a, uint32_t b)
{
    double ta = m->symbols[a].next_s, tb = m->symbols[b].next_s;
    return ta < tb || (ta == tb && a < b);
}

static void heap_sift(struct sim_market *m, uint32_t at)
{
    uint32_t moving = m->heap[at];

    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= m->n_symbols)
            break;
        if (child + 1 < m->n_symbols && heap_before(m, m->heap[child + 1], m->heap[child]))
            child++;
        if (!heap_before(m, m->heap[child], moving))
            break;
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = moving;
}

static void set_next(struct sim_symbol *s)
{
    double base = s->last_s + s->hazard / s->base;
    s->next_s = base < s->kernel_s ? base : s->kernel_s;
}

/* When the kernels, at rates `excite` at last_s, bring the next order: the survival of a decaying
 * rate l exp(-t/T) is exp(-l T (1 - exp(-t/T))), which may stay positive for ever (Dassios and Zhao
 * 2013, exact simulation). */
static void draw_kernels(struct sim_symbol *s)
{
    s->kernel_s = 1e300;
    for (int k = 0; k < 2; k++) {
        double e = sim_rng_exponential(&s->rng);
        double d = 1.0 - e / (s->excite[k] * kernel_s[k] + 1e-300);
        if (d > 0.0) {
            double at = s->last_s - kernel_s[k] * sim_log(d);
            if (at < s->kernel_s)
                s->kernel_s = at;
        }
    }
}

/* Brings the arrival process to `now` (seconds since the start), which is not after its next order.
 */
static void advance_arrivals(struct sim_symbol *s, double now)
{
    double dt = now - s->last_s;

    if (dt <= 0.0)
        return;
    for (int k = 0; k < 2; k++)
        s->excite[k] *= sim_exp(-dt / kernel_s[k]);
    s->hazard -= s->base * dt;
    if (s->hazard < 0.0)
        s->hazard = 0.0;
    s->last_s = now;
}

static double factor_log_level(const struct sim_factor *f)
{
    return f->slow + f->fast -
           (SLOW_SD * SLOW_SD + FAST_SD * FAST_SD); /* mean square of its exp: 1 */
}

void sim_market_refresh(struct sim_market *m)
{
    double mid_s = m->grid_s - SIM_GRID_S / 2.0;
    double day_s = (double)(m->start_ns / 1000000 % 86400000) / 1000.0 + mid_s;
    double shape, common_sd, active;
    double diffusive = 1.0 - JUMPS_PER_DAY * JUMP_MIN * JUMP_MIN * 5.0; /* E (1 + X)^2 = 5 */

    day_s -= DAY_S * (double)(int64_t)(day_s / DAY_S);
    shape = profile_at(day_s < 0.0 ? day_s + DAY_S : day_s);
    common_sd = m->common.slow + m->common.fast;
    m->common.level = sim_exp(factor_log_level(&m->common));
    m->common.rate = diffusive * shape * m->common.level * m->common.level / DAY_S;
    active = sim_exp(ACTIVITY * common_sd -
                     ACTIVITY * ACTIVITY * (SLOW_SD * SLOW_SD + FAST_SD * FAST_SD) / 2.0);
    for (uint32_t i = 0; i < m->n_symbols; i++) {
        struct sim_symbol *s = &m->symbols[i];
        s->own.level = sim_exp(factor_log_level(&s->own));
        s->own.rate = CLOCK_SHARE * diffusive * shape * s->own.level * s->own.level / DAY_S;
        s->base = m->order_rate * (1.0 - kernel_orders[0] - kernel_orders[1]) * shape * active;
        set_next(s);
        m->heap[i] = i;
    }
    for (uint32_t i = m->n_symbols / 2; i-- > 0;)
        heap_sift(m, i);
}

static void factor_new_levels(struct sim_factor *f, struct sim_rng *rng)
{
    /* Exact steps of two Ornstein-Uhlenbeck processes; 1 - x stands for exp(-x) where x is 1e-2 or
     * less: the stationary variance comes out as configured either way, because the innovation is
     * made from the same factor. */
    double keep_slow = 1.0 - SIM_GRID_S / SLOW_S;
    double keep_fast = 1.0 - SIM_GRID_S / FAST_S;

    f->slow =
        keep_slow * f->slow + SLOW_SD * sqrt(1.0 - keep_slow * keep_slow) * sim_rng_normal(rng);
    f->fast =
        keep_fast * f->fast + FAST_SD * sqrt(1.0 - keep_fast * keep_fast) * sim_rng_normal(rng);
    f->garch += (1.0 - f->garch) * (SIM_GRID_S / GARCH_S);
}

/* A jump of one source in this grid step, 0 mostly. */
static double factor_jump(struct sim_factor *f, struct sim_rng *rng)
{
    double u = sim_rng_uniform(rng);
    double chance = JUMPS_PER_DAY * SIM_GRID_S / DAY_S;
    double size;

    if (u >= chance)
        return 0.0;
    size = JUMP_MIN * (1.0 + sim_rng_exponential(rng));
    if (u < chance / 2.0)
        size = -size;
    f->value += size;
    return size;
}

static void excite(struct sim_symbol *s)
{
    s->excite[1] += JUMP_ORDERS * (1.0 - kernel_orders[0] - kernel_orders[1]) / kernel_s[1];
    draw_kernels(s);
}

/* Everything that is constant over a grid step gets its next value. */
static void cross_grid(struct sim_market *m)
{
    double now = m->grid_s;
    double jump;

    m->common.pending += m->common.rate * (now - m->common_s);
    m->common_s = now;
    factor_new_levels(&m->common, &m->rng);
    jump = factor_jump(&m->common, &m->rng);
    for (uint32_t i = 0; i < m->n_symbols; i++) {
        struct sim_symbol *s = &m->symbols[i];
        s->own.pending += s->own.rate * (now - s->last_s);
        advance_arrivals(s, now);
        factor_new_levels(&s->own, &s->rng);
        if (factor_jump(&s->own, &s->rng) != 0.0 || jump != 0.0)
            excite(s);
    }
    m->grid_s = now + SIM_GRID_S;
    sim_market_refresh(m);
}

static void factor_move(struct sim_factor *f, double z, double response)
{
    f->value += sqrt(f->pending * f->garch) * z;
    f->pending = 0.0;
    f->garch += response * f->garch * (z * z - 1.0);
    if (f->garch > GARCH_MAX)
        f->garch = GARCH_MAX;
}

static uint64_t draw_burst(struct sim_market *m, struct sim_rng *rng)
{
    double u = sim_rng_uniform(rng);
    int low = 1, high = SIM_MAX_BURST;

    if (u >= m->burst_survival[1])
        return 1;
    while (low < high) { /* the smallest k with survival[k] <= u */
        int mid = (low + high) / 2;
        if (m->burst_survival[mid] <= u)
            high = mid;
        else
            low = mid + 1;
    }
    return (uint64_t)low;
}

/* Which way the aggressor goes (+1, -1), and how surprising that was (mean 0, variance 1). */
static double draw_side(struct sim_symbol *s, double *surprise)
{
    double follows = sim_rng_uniform(&s->rng) < 0.5 + REGIME_PULL / 2.0 ? 1.0 : -1.0;
    double side = follows * s->regime;

    *surprise = (side - REGIME_PULL * s->regime) / sqrt(1.0 - REGIME_PULL * REGIME_PULL);
    if (sim_rng_uniform(&s->rng) < REGIME_TURN)
        s->regime = -s->regime;
    return side;
}

static double whole(double x) /* rounded down, for 0 <= x < 2^52 */
{
    return (double)(int64_t)x;
}

/* The order of symbol `index` at `now`: prices move, the quote follows, the burst is laid out. */
static void place_order(struct sim_market *m, uint32_t index, double now)
{
    struct sim_symbol *s = &m->symbols[index];
    struct sim_burst *b = &m->burst;
    double side, surprise, move, z, ticks, typical, spread, bid;

    m->common.pending += m->common.rate * (now - m->common_s);
    m->common_s = now;
    factor_move(&m->common, sim_rng_heavy(&m->rng), m->garch_common);
    s->own.pending += s->own.rate * (now - s->last_s) +
                      (1.0 - CLOCK_SHARE) * s->own.level * s->own.level / (m->order_rate * DAY_S);
    side = draw_side(s, &surprise);
    z = sqrt(1.0 - SURPRISE_WEIGHT * SURPRISE_WEIGHT) * sim_rng_heavy(&s->rng) +
        SURPRISE_WEIGHT * surprise;
    factor_move(&s->own, z, m->garch_own);

    /* the last term keeps the price a martingale: E exp(x - var/2) = 1 */
    move = m->sigma_day * (m->share_common * m->common.value + m->share_own * s->own.value) -
           0.5 * m->sigma_day * m->sigma_day * (now / DAY_S);
    ticks = s->start_ticks * sim_exp(move);
    if (ticks > 1e12)
        ticks = 1e12;
    typical = s->order_sigma * ticks * sqrt(m->common.level * s->own.level);
    spread = whole(SPREAD * typical + 0.5);
    if (spread < 1.0)
        spread = 1.0;
    if (ticks - s->quote > STICKY * typical + 0.5 * spread ||
        s->quote - ticks > STICKY * typical + 0.5 * spread)
        s->quote = ticks;
    bid = s->quote > spread / 2.0 + 1.0 ? whole(s->quote - spread / 2.0 + 0.5) : 1.0;

    b->symbol = index;
    b->is_sell = side < 0.0;
    b->ticks = b->is_sell ? bid : bid + spread;
    b->count = b->left = draw_burst(m, &s->rng);
    b->walk = 0.0;
    if (b->count > 1 && sim_rng_uniform(&s->rng) < WALKING)
        b->walk = side * (1.0 + whole(WALK * typical * sim_rng_exponential(&s->rng)));
    b->time_ms = whole(now * 1000.0);
}

static void schedule_after_order(struct sim_market *m, struct sim_symbol *s, double now)
{
    int from_base = now < s->kernel_s;

    advance_arrivals(s, now);
    if (from_base)
        s->hazard = sim_rng_exponential(&s->rng);
    for (int k = 0; k < 2; k++)
        s->excite[k] += kernel_orders[k] / kernel_s[k];
    draw_kernels(s);
    set_next(s);
    heap_sift(m, 0);
}

static int64_t draw_steps(struct sim_symbol *s, double ticks)
{
    double u = sim_rng_uniform(&s->rng);
    double size = sim_exp(NOTIONAL_SD * sim_rng_normal(&s->rng));
    double steps, least;

    if (u < SMALLEST)
        size = LEAST_NOTIONAL / NOTIONAL;
    steps = size * s->notional_steps / ticks + 0.5;
    if (steps > 1e15)
        steps = 1e15;
    steps = whole(steps);
    if (u > 1.0 - ROUND && steps >= 10.0) {
        double unit = 1.0;
        while (steps >= 10.0 * unit)
            unit *= 10.0;
        steps = whole(steps / unit + 0.5) * unit;
    }
    least = whole(s->min_notional_steps / ticks);
    if (steps < least + 1.0 && s->min_notional_steps > 0.0)
        steps = least + 1.0;
    if (steps < (double)s->min_steps)
        steps = (double)s->min_steps;
    if (s->max_steps > 0 && steps > (double)s->max_steps)
        steps = (double)s->max_steps;
    return (int64_t)steps;
}

int sim_market_next(struct sim_market *m, struct sim_trade *out)
{
    struct sim_burst *b = &m->burst;
    struct sim_symbol *s;
    double ticks;

    if (b->left == 0) {
        double now;
        while (now = m->symbols[m->heap[0]].next_s, now >= m->grid_s) {
            if (m->grid_s >= m->duration_s)
                return 0;
            cross_grid(m);
        }
        if (now >= m->duration_s)
            return 0;
        place_order(m, m->heap[0], now);
        schedule_after_order(m, &m->symbols[m->heap[0]], now);
    }
    s = &m->symbols[b->symbol];
    ticks = b->ticks;
    if (b->count > 1) {
        double done = (double)(b->count - b->left) / (double)(b->count - 1);
        double walked = whole((b->walk < 0.0 ? -b->walk : b->walk) * done * done);
        ticks += b->walk < 0.0 ? -walked : walked;
    }
    if (ticks < 1.0)
        ticks = 1.0;
    b->left--;
    out->ts_ns = m->start_ns + (int64_t)b->time_ms * 1000000;
    out->ticks = (int64_t)ticks;
    out->steps = draw_steps(s, ticks);
    out->id = s->next_id++;
    out->price = ticks * s->tick.mant / s->tick.pow10;
    out->qty = (double)out->steps * s->step.mant / s->step.pow10;
    out->symbol = (uint32_t)b->symbol;
    out->is_sell = (uint32_t)b->is_sell;
    return 1;
}

/* ---- making one
 * -----------------------------------------------------------------------------------------------------
 */

/* Writes `value` as mant / 10^places with at most 12 places. 0, or -1. */
static int decimal_unit(double value, struct sim_unit *out)
{
    double pow10 = 1.0;

    if (!(value > 0.0) || value > 1e9)
        return -1;
    for (int places = 0; places <= 12; places++, pow10 *= 10.0) {
        double mant = whole(value * pow10 + 0.5);
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
    draw_kernels(s);
    s->regime = sim_rng_uniform(&s->rng) < 0.5 ? 1.0 : -1.0;
    s->quote = s->start_ticks;
    s->next_id = 1000000 + sim_rng_next(&s->rng) % 4000000000u;
    return 0;
}

/* The response of garch to one surprise, so that all of a grid step's surprises together change it
 * as much at any rate. */
static double garch_response(double orders_per_s)
{
    double response = 0.04 / sqrt(orders_per_s * SIM_GRID_S);
    return response < 0.2 ? response : 0.2;
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
