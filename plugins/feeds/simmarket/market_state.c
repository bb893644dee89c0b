/* simmarket/market_state.c - the market's changing numbers as one table, for saving and going on.
 */
#include "market.h"
#include "model.h"

#include <math.h>
#include <stddef.h>

struct field {
    const char *name;
    size_t offset;
    int is_u64;
};

#define F64(owner, member)                                                                         \
    {                                                                                              \
#member, offsetof(struct owner, member), 0                                                 \
    }
#define U64(owner, member)                                                                         \
    {                                                                                              \
#member, offsetof(struct owner, member), 1                                                 \
    }
#define FACTOR(owner, factor)                                                                      \
    F64(owner, factor.value), F64(owner, factor.slow), F64(owner, factor.fast),                    \
        F64(owner, factor.garch), F64(owner, factor.pending)
#define RNG(owner)                                                                                 \
    U64(owner, rng.s[0]), U64(owner, rng.s[1]), U64(owner, rng.s[2]), U64(owner, rng.s[3])

static const struct field market_fields[] = {RNG(sim_market),
                                             FACTOR(sim_market, common),
                                             F64(sim_market, common_s),
                                             F64(sim_market, grid_s),
                                             U64(sim_market, burst.symbol),
                                             U64(sim_market, burst.left),
                                             U64(sim_market, burst.count),
                                             U64(sim_market, burst.is_sell),
                                             F64(sim_market, burst.ticks),
                                             F64(sim_market, burst.walk),
                                             F64(sim_market, burst.time_ms)};

static const struct field symbol_fields[] = {
    RNG(sim_symbol),           FACTOR(sim_symbol, own),    F64(sim_symbol, last_s),
    F64(sim_symbol, hazard),   F64(sim_symbol, excite[0]), F64(sim_symbol, excite[1]),
    F64(sim_symbol, kernel_s), F64(sim_symbol, regime),    F64(sim_symbol, quote),
    U64(sim_symbol, next_id)};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static int walk(const struct field *fields, size_t n, int64_t group, void *owner, sim_field_fn *fn,
                void *ctx)
{
    for (size_t i = 0; i < n; i++) {
        void *at = (char *)owner + fields[i].offset;
        int result = fields[i].is_u64 ? fn(ctx, group, fields[i].name, at, NULL)
                                      : fn(ctx, group, fields[i].name, NULL, at);
        if (result < 0)
            return result;
    }
    return 0;
}

int sim_market_fields(struct sim_market *m, sim_field_fn *fn, void *ctx)
{
    int result = walk(market_fields, COUNT(market_fields), -1, m, fn, ctx);

    for (uint32_t i = 0; result >= 0 && i < m->n_symbols; i++)
        result = walk(symbol_fields, COUNT(symbol_fields), (int64_t)i, &m->symbols[i], fn, ctx);
    return result;
}

static int rng_is_sane(const struct sim_rng *rng)
{
    return (rng->s[0] | rng->s[1] | rng->s[2] | rng->s[3]) != 0;
}

static int is_within(double x, double low, double high)
{
    return x >= low && x <= high; /* not of a NaN */
}

static int factor_is_sane(const struct sim_factor *f)
{
    return is_within(f->value, -1e6, 1e6) && is_within(f->slow, -20.0, 20.0) &&
           is_within(f->fast, -20.0, 20.0) && is_within(f->garch, 0.0, 1e3) &&
           is_within(f->pending, 0.0, 1e9);
}

/* Times lie within the running grid step, rates and prices are positive, the burst is a symbol's.
 */
static int is_sane(const struct sim_market *m)
{
    const struct sim_burst *b = &m->burst;
    double step = m->grid_s / SIM_GRID_S;

    if (!rng_is_sane(&m->rng) || !factor_is_sane(&m->common) ||
        !is_within(m->grid_s, SIM_GRID_S, 1e10) || step != (double)(int64_t)step ||
        !is_within(m->common_s, m->grid_s - SIM_GRID_S, m->grid_s) || b->symbol >= m->n_symbols ||
        b->left > b->count || b->count > SIM_MAX_BURST || b->is_sell > 1 ||
        !is_within(b->ticks, 0.0, 1e13) || !is_within(b->walk, -1e13, 1e13) ||
        !is_within(b->time_ms, 0.0, m->grid_s * 1000.0))
        return 0;
    for (uint32_t i = 0; i < m->n_symbols; i++) {
        const struct sim_symbol *s = &m->symbols[i];
        if (!rng_is_sane(&s->rng) || !factor_is_sane(&s->own) ||
            !is_within(s->last_s, m->grid_s - SIM_GRID_S, m->grid_s) ||
            !is_within(s->hazard, 0.0, 1e3) || !is_within(s->excite[0], 0.0, 1e12) ||
            !is_within(s->excite[1], 0.0, 1e12) || !is_within(s->kernel_s, s->last_s, 1e301) ||
            (s->regime != 1.0 && s->regime != -1.0) || !is_within(s->quote, 0.0, 1e13))
            return 0;
    }
    return 1;
}

int sim_market_settle(struct sim_market *m)
{
    if (!is_sane(m))
        return -1;
    sim_market_refresh(m);
    return 0;
}
