/* segv_on_event.c - a write to an unmapped address with the first trade. */
#include <njord/strategy.h>

struct segv_on_event {
    uint64_t trades;
};

static const volatile uintptr_t nowhere = 16;

static njord_status on_trade(struct segv_on_event *s, const njord_host *host,
                             const njord_trade *trade)
{
    (void)host;
    (void)trade;
    *(volatile uint64_t *)nowhere = ++s->trades;
    return NJORD_OK;
}

NJORD_STRATEGY(segv_on_event, "1.0.0", "writes where nothing is", NULL, .on_trade = on_trade);
