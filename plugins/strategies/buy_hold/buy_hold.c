/* buy_hold.c - holds `qty` from the first price on: the yardstick for all others, and the smallest
 * strategy. */
#include <njord/strategy.h>

struct buy_hold { /* one a symbol */
    double qty;
};

static const njord_param params[] = {NJORD_REAL("qty", 1.0, 1e-8, 1e12, "units held"),
                                     NJORD_PARAM_END};

static njord_status create(struct buy_hold *s, const njord_host *host)
{
    s->qty = njord_param_real(host, "qty");
    return NJORD_OK;
}

static njord_status on_trade(struct buy_hold *s, const njord_host *host, const njord_trade *trade)
{
    return njord_target(host, trade->symbol, s->qty);
}

static njord_status on_bar(struct buy_hold *s, const njord_host *host, const njord_bar *bar)
{
    return njord_target(host, bar->symbol, s->qty);
}

/* It remembers nothing: what it holds is the host's to know. */
NJORD_STRATEGY(buy_hold, "1.0.0", "buys with the first price and holds", params, .per_symbol = 1,
               .create = create, .on_trade = on_trade, .on_bar = on_bar);
