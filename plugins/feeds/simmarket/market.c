#include "market.h"

#include "calibration.h"
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
void sim_draw_kernels(struct sim_symbol *s)
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

/* What a factor's variance is made of in this grid step; `orders_per_s` move it on average. */
static void factor_rates(struct sim_factor *f, double shape, double orders_per_s)
{
    double diffusive = 1.0 - JUMPS_PER_DAY * JUMP_MIN * JUMP_MIN * 5.0; /* E (1 + X)^2 = 5 */

    f->level = sim_exp(f->slow + f->fast - LEVEL_VAR); /* its mean square is 1 */
    diffusive *= f->level * f->level / DAY_S;
    f->rate = CLOCK_SHARE * diffusive * shape;
    f->order = (1.0 - CLOCK_SHARE) * diffusive / orders_per_s;
}

void sim_market_refresh(struct sim_market *m)
{
    double mid_s = m->grid_s - SIM_GRID_S / 2.0;
    double day_s = (double)(m->start_ns / 1000000 % 86400000) / 1000.0 + mid_s;
    double shape, activity;

    day_s -= DAY_S * (double)(int64_t)(day_s / DAY_S);
    shape = profile_at(day_s < 0.0 ? day_s + DAY_S : day_s);
    activity = m->common.slow + m->common.fast;
    activity = sim_exp(ACTIVITY * activity - ACTIVITY * ACTIVITY * LEVEL_VAR / 2.0);
    /* Orders are many when the common level is high: E level^2 activity = exp(2 ACTIVITY
     * LEVEL_VAR). */
    factor_rates(&m->common, shape,
                 m->order_rate * (double)m->n_symbols * sim_exp(2.0 * ACTIVITY * LEVEL_VAR));
    for (uint32_t i = 0; i < m->n_symbols; i++) {
        struct sim_symbol *s = &m->symbols[i];
        factor_rates(&s->own, shape, m->order_rate);
        s->base = m->order_rate * (1.0 - kernel_orders[0] - kernel_orders[1]) * shape * activity;
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
    sim_draw_kernels(s);
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

/* The order of symbol `index` at `now`: prices move, the quote follows, the burst is laid out. */
static void place_order(struct sim_market *m, uint32_t index, double now)
{
    struct sim_symbol *s = &m->symbols[index];
    struct sim_burst *b = &m->burst;
    double side, surprise, move, z, ticks, typical, spread, bid;

    m->common.pending += m->common.rate * (now - m->common_s) + m->common.order;
    m->common_s = now;
    factor_move(&m->common, sim_rng_heavy(&m->rng), m->garch_common);
    s->own.pending += s->own.rate * (now - s->last_s) + s->own.order;
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
    spread = sim_whole(SPREAD * typical + 0.5);
    if (spread < 1.0)
        spread = 1.0;
    if (ticks - s->quote > STICKY * typical + 0.5 * spread ||
        s->quote - ticks > STICKY * typical + 0.5 * spread)
        s->quote = ticks;
    bid = s->quote > spread / 2.0 + 1.0 ? sim_whole(s->quote - spread / 2.0 + 0.5) : 1.0;

    b->symbol = index;
    b->is_sell = side < 0.0;
    b->ticks = b->is_sell ? bid : bid + spread;
    b->count = b->left = draw_burst(m, &s->rng);
    b->walk = 0.0;
    if (b->count > 1 && sim_rng_uniform(&s->rng) < WALKING)
        b->walk = side * (1.0 + sim_whole(WALK * typical * sim_rng_exponential(&s->rng)));
    b->time_ms = sim_whole(now * 1000.0);
}

static void schedule_after_order(struct sim_market *m, struct sim_symbol *s, double now)
{
    int from_base = now < s->kernel_s;

    advance_arrivals(s, now);
    if (from_base)
        s->hazard = sim_rng_exponential(&s->rng);
    for (int k = 0; k < 2; k++)
        s->excite[k] += kernel_orders[k] / kernel_s[k];
    sim_draw_kernels(s);
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
    steps = sim_whole(steps);
    if (u > 1.0 - ROUND && steps >= 10.0) {
        double unit = 1.0;
        while (steps >= 10.0 * unit)
            unit *= 10.0;
        steps = sim_whole(steps / unit + 0.5) * unit;
    }
    least = sim_whole(s->min_notional_steps / ticks);
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
        double walked = sim_whole((b->walk < 0.0 ? -b->walk : b->walk) * done * done);
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
