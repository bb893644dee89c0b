/* ma_cross.c - long while the fast average of the closes is above the slow one, flat while it is
 * below.
 *
 * Decided on closed bars, once both averages are ready. It says what it wants to hold with each
 * bar; the SDK sends the difference to what it holds and has under way, so a refused order is
 * simply wanted again. */
#include <njord/strategy.h>

struct ma_cross { /* one a symbol */
    njord_sma fast, slow;
    double qty;
};

static const njord_param params[] = {NJORD_INT("fast", 10, 1, 10000, "bars in the fast average"),
                                     NJORD_INT("slow", 30, 2, 10000, "bars in the slow average"),
                                     NJORD_REAL("qty", 1.0, 1e-8, 1e12, "units held while long"),
                                     NJORD_PARAM_END};

/* How far apart the averages must be, in the quote asset: at a tie rounding would decide. */
static const double band = 1e-6;

static njord_status create(struct ma_cross *s, const njord_host *host)
{
    s->qty = njord_param_real(host, "qty");
    njord_status status = njord_sma_init(&s->fast, njord_param_int(host, "fast"));
    return status == NJORD_OK ? njord_sma_init(&s->slow, njord_param_int(host, "slow")) : status;
}

static void destroy(struct ma_cross *s)
{
    njord_sma_free(&s->fast);
    njord_sma_free(&s->slow);
}

static njord_status save(const struct ma_cross *s, njord_state_out *out)
{
    njord_sma_save(&s->fast, out, "fast");
    njord_sma_save(&s->slow, out, "slow");
    return NJORD_OK; /* what went wrong is in `out` */
}

static njord_status load(struct ma_cross *s, njord_state_in *in, uint32_t version)
{
    (void)version; /* there has been one only */
    njord_sma_load(&s->fast, in, "fast");
    njord_sma_load(&s->slow, in, "slow");
    return NJORD_OK;
}

static njord_status on_bar(struct ma_cross *s, const njord_host *host, const njord_bar *bar)
{
    double fast = njord_sma_push(&s->fast, bar->close);
    double slow = njord_sma_push(&s->slow, bar->close);
    if (!njord_sma_ready(&s->fast) || !njord_sma_ready(&s->slow))
        return NJORD_OK;
    if (fast - slow > band)
        return njord_target(host, bar->symbol, s->qty);
    if (fast - slow < -band)
        return njord_target(host, bar->symbol, 0.0);
    return NJORD_OK;
}

NJORD_STRATEGY(ma_cross, "1.0.0", "long while the fast average is above the slow one", params,
               .per_symbol = 1, .create = create, .destroy = destroy, .save = save, .load = load,
               .on_bar = on_bar);
