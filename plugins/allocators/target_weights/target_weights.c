/* target_weights.c - each strategy gets its share of the capital, as portfolio.yaml says.
 *
 * Capital = total x target_weight, kept within min_capital and max_capital, then times
 * risk_multiplier. Bounds that are absent do not bind, an absent multiplier is 1. A strategy
 * without a weight, or with one outside 0..1, gets no opinion: it keeps what it has. */
#include <njord/allocator.h>

struct target_weights {
    double scale;
};

static const njord_param params[] = {NJORD_REAL("scale", 1.0, 0.0, 1.0,
                                                "share of the total capital that is given out",
                                                NJORD_PARAM_LIVE),
                                     NJORD_PARAM_END};

static njord_status create(struct target_weights *s, const njord_host *host)
{
    s->scale = njord_param_real(host, "scale");
    return NJORD_OK;
}

static njord_status reconfigure(struct target_weights *s, const njord_host *host, const char *name)
{
    (void)name; /* the only one there is */
    return create(s, host);
}

/* NaN: no opinion. Comparisons with an absent bound, a NaN, are untrue. */
static double capital_of(const njord_allocator_row *row, double total)
{
    double capital = total * row->target_weight;
    if (!(row->target_weight >= 0.0 && row->target_weight <= 1.0))
        return (double)NAN;
    if (capital > row->max_capital)
        capital = row->max_capital;
    if (capital < row->min_capital)
        capital = row->min_capital;
    return njord_is_set_f64(row->risk_multiplier) ? capital * row->risk_multiplier : capital;
}

static njord_status targets(struct target_weights *s, const njord_host *host, double total_capital,
                            const njord_allocator_row *rows, uint32_t n, double *out)
{
    if (!(total_capital >= 0.0) || !isfinite(total_capital))
        return njord_fail(host, NJORD_E_ARG, "total capital must be a number >= 0, found %g",
                          total_capital);
    for (uint32_t i = 0; i < n; i++)
        out[i] = capital_of(njord_row(rows, i), total_capital * s->scale);
    return NJORD_OK;
}

NJORD_ALLOCATOR(target_weights, "1.0.0", "gives each strategy its target weight of the capital",
                params, .create = create, .reconfigure = reconfigure, .targets = targets);
