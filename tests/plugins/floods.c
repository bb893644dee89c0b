/* floods.c - 10,000 orders with each trade. */
#include <njord/strategy.h>

struct floods {
    uint64_t trades;
};

static njord_status on_trade(struct floods *s, const njord_host *host, const njord_trade *trade)
{
    for (int i = 0; i < 10000; i++) {
        njord_status status = njord_buy_limit(host, trade->symbol, 0.01, 1.0, NULL);
        if (status != NJORD_OK)
            return status;
    }
    s->trades++;
    return NJORD_OK;
}

NJORD_STRATEGY(floods, "1.0.0", "orders without end", NULL, .on_trade = on_trade);
