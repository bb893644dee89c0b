/* segv_on_create.c - a write to an unmapped address in create. */
#include <njord/strategy.h>

struct segv_on_create {
    uint64_t trades;
};

static const volatile uintptr_t nowhere = 16;

static njord_status create(struct segv_on_create *s, const njord_host *host)
{
    (void)host;
    *(volatile uint64_t *)nowhere = ++s->trades;
    return NJORD_OK;
}

static njord_status on_trade(struct segv_on_create *s, const njord_host *host,
                             const njord_trade *trade)
{
    (void)host;
    (void)trade;
    s->trades++;
    return NJORD_OK;
}

NJORD_STRATEGY(segv_on_create, "1.0.0", "writes where nothing is, when it is made", NULL,
               .create = create, .on_trade = on_trade);
