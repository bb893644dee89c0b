/* load_segv.c - save works; load writes to an unmapped address. */
#include <njord/strategy.h>

struct load_segv {
    uint64_t trades;
};

static const volatile uintptr_t nowhere = 16;

static njord_status save(const struct load_segv *s, njord_state_out *out)
{
    njord_state_put_i64(out, "trades", (int64_t)s->trades);
    return NJORD_OK;
}

static njord_status load(struct load_segv *s, njord_state_in *in, uint32_t version)
{
    (void)s;
    *(volatile int64_t *)nowhere = njord_state_get_i64(in, "trades", version);
    return NJORD_OK;
}

static njord_status on_trade(struct load_segv *s, const njord_host *host, const njord_trade *trade)
{
    (void)host;
    (void)trade;
    s->trades++;
    return NJORD_OK;
}

NJORD_STRATEGY(load_segv, "1.0.0", "dies of its state", NULL, .save = save, .load = load,
               .on_trade = on_trade);
