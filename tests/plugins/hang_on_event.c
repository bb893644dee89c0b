/* hang_on_event.c - an endless loop with the first trade. */
#include <njord/strategy.h>

struct hang_on_event {
    uint64_t trades;
};

static njord_status on_trade(struct hang_on_event *s, const njord_host *host,
                             const njord_trade *trade)
{
    const volatile uint64_t *trades = &s->trades;
    (void)host;
    (void)trade;
    s->trades++;
    while (*trades > 0)
        continue;
    return NJORD_OK;
}

NJORD_STRATEGY(hang_on_event, "1.0.0", "never returns", NULL, .on_trade = on_trade);
