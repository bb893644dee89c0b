/* errors_always.c - an error returned from every trade. */
#include <njord/strategy.h>

struct errors_always {
    uint64_t trades;
};

static njord_status on_trade(struct errors_always *s, const njord_host *host,
                             const njord_trade *trade)
{
    return njord_fail(host, NJORD_E_FAIL, "trade %llu of '%s' was too much",
                      (unsigned long long)++s->trades, trade->symbol);
}

NJORD_STRATEGY(errors_always, "1.0.0", "fails with each trade", NULL, .on_trade = on_trade);
