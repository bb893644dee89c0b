/* create_refuses.c - create returns an error, with a sentence. */
#include <njord/strategy.h>

struct create_refuses {
    uint64_t trades;
};

static njord_status create(struct create_refuses *s, const njord_host *host)
{
    (void)s;
    return njord_fail(host, NJORD_E_ARG, "not today");
}

static njord_status on_trade(struct create_refuses *s, const njord_host *host,
                             const njord_trade *trade)
{
    (void)host;
    (void)trade;
    s->trades++;
    return NJORD_OK;
}

NJORD_STRATEGY(create_refuses, "1.0.0", "does not want to be", NULL, .create = create,
               .on_trade = on_trade);
