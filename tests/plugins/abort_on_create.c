/* abort_on_create.c - abort() in create. */
#include <njord/strategy.h>

struct abort_on_create {
    uint64_t trades;
};

static njord_status create(struct abort_on_create *s, const njord_host *host)
{
    (void)s;
    (void)host;
    abort();
}

static njord_status on_trade(struct abort_on_create *s, const njord_host *host,
                             const njord_trade *trade)
{
    (void)host;
    (void)trade;
    s->trades++;
    return NJORD_OK;
}

NJORD_STRATEGY(abort_on_create, "1.0.0", "aborts when it is made", NULL, .create = create,
               .on_trade = on_trade);
