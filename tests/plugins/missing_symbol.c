/* missing_symbol.c - a function that no library has: dlopen with RTLD_NOW must fail. */
#include <njord/strategy.h>

struct missing_symbol {
    uint64_t trades;
};

extern void njord_no_such_function(void);

static njord_status on_trade(struct missing_symbol *s, const njord_host *host,
                             const njord_trade *trade)
{
    (void)host;
    (void)trade;
    s->trades++;
    njord_no_such_function();
    return NJORD_OK;
}

NJORD_STRATEGY(missing_symbol, "1.0.0", "calls what nobody has", NULL, .on_trade = on_trade);
