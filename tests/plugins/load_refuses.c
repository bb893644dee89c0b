/* load_refuses.c - save works; load returns an error. */
#include <njord/strategy.h>

struct load_refuses {
    uint64_t trades;
};

static njord_status save(const struct load_refuses *s, njord_state_out *out)
{
    njord_state_put_i64(out, "trades", (int64_t)s->trades);
    return NJORD_OK;
}

static njord_status load(struct load_refuses *s, njord_state_in *in, uint32_t version)
{
    (void)s;
    (void)in;
    (void)version;
    return NJORD_E_STATE;
}

static njord_status on_trade(struct load_refuses *s, const njord_host *host,
                             const njord_trade *trade)
{
    (void)host;
    (void)trade;
    s->trades++;
    return NJORD_OK;
}

NJORD_STRATEGY(load_refuses, "1.0.0", "reads no state", NULL, .save = save, .load = load,
               .on_trade = on_trade);
