/* flipper.c - sends an order with every trade: buys one, sells one. For benchmarks and for tests
 * that need a steady flow of orders. */
#include <njord/strategy.h>

struct flipper {
    int64_t orders;
};

static njord_status on_trade(struct flipper *s, const njord_host *host, const njord_trade *trade)
{
    return s->orders++ % 2 ? njord_sell_market(host, trade->symbol, 1)
                           : njord_buy_market(host, trade->symbol, 1);
}

NJORD_STRATEGY(flipper, "1.0.0", "sends an order with every trade", NULL, .on_trade = on_trade);
