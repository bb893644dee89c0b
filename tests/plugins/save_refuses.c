/* save_refuses.c - save returns an error; load would work. */
#include <njord/strategy.h>

struct save_refuses {
    uint64_t trades;
};

static njord_status save(const struct save_refuses *s, njord_state_out *out)
{
    (void)s;
    (void)out;
    return NJORD_E_FAIL;
}

static njord_status load(struct save_refuses *s, njord_state_in *in, uint32_t version)
{
    (void)version;
    s->trades = (uint64_t)njord_state_get_i64(in, "trades", 0);
    return NJORD_OK;
}

static njord_status on_trade(struct save_refuses *s, const njord_host *host,
                             const njord_trade *trade)
{
    (void)host;
    (void)trade;
    s->trades++;
    return NJORD_OK;
}

NJORD_STRATEGY(save_refuses, "1.0.0", "keeps its state to itself", NULL, .save = save, .load = load,
               .on_trade = on_trade);
