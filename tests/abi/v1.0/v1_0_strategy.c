/* v1_0_strategy.c - holds `qty` while the price is above its average over `period` prices, nothing
 * otherwise.
 *
 * A place to start from: an indicator, parameters, state that survives a reload, and orders that
 * say what is wanted. */
#include <njord/strategy.h>

struct v1_0_strategy { /* one a symbol, because of .per_symbol */
    njord_sma average;
    double qty;
};

static const njord_param params[] = {
    NJORD_INT("period", 20, 1, 10000, "prices in the average"),
    NJORD_REAL("qty", 1.0, 1e-8, 1e12, "units held while the price is above", NJORD_PARAM_LIVE),
    NJORD_PARAM_END};

static njord_status create(struct v1_0_strategy *s, const njord_host *host)
{
    s->qty = njord_param_real(host, "qty");
    return njord_sma_init(&s->average, njord_param_int(host, "period"));
}

static void destroy(struct v1_0_strategy *s)
{
    njord_sma_free(&s->average);
}

/* Errors stick in `out` and `in`: there is no need to look at each. */
static njord_status save(const struct v1_0_strategy *s, njord_state_out *out)
{
    njord_sma_save(&s->average, out, "average");
    return NJORD_OK;
}

static njord_status load(struct v1_0_strategy *s, njord_state_in *in, uint32_t version)
{
    (void)version;
    njord_sma_load(&s->average, in, "average");
    return NJORD_OK;
}

/* A parameter that is NJORD_PARAM_LIVE has a new value. */
static njord_status reconfigure(struct v1_0_strategy *s, const njord_host *host, const char *name)
{
    (void)name;
    s->qty = njord_param_real(host, "qty");
    return NJORD_OK;
}

static njord_status on_trade(struct v1_0_strategy *s, const njord_host *host,
                             const njord_trade *trade)
{
    double average = njord_sma_push(&s->average, trade->price);
    if (!njord_sma_ready(&s->average))
        return NJORD_OK;
    return njord_target(host, trade->symbol, trade->price > average ? s->qty : 0.0);
}

NJORD_STRATEGY(v1_0_strategy, "1.0.0", "holds while the price is above its average", params,
               .per_symbol = 1, .create = create, .destroy = destroy, .save = save, .load = load,
               .reconfigure = reconfigure, .on_trade = on_trade);
