/* nodelete.c - linked with -z nodelete: dlclose leaves it mapped. */
#include <njord/strategy.h>

struct nodelete {
    uint64_t trades;
};

static njord_status on_trade(struct nodelete *s, const njord_host *host, const njord_trade *trade)
{
    (void)host;
    (void)trade;
    s->trades++;
    return NJORD_OK;
}

NJORD_STRATEGY(nodelete, "1.0.0", "stays mapped", NULL, .on_trade = on_trade);
