/* timer_storm.c - a timer that is due again as soon as it has fired, for ever. */
#include <njord/strategy.h>

struct timer_storm {
    uint64_t fired;
};

static njord_status on_trade(struct timer_storm *s, const njord_host *host,
                             const njord_trade *trade)
{
    (void)s;
    (void)trade;
    return host->timer_set(host, 1, 0, 0);
}

static njord_status on_timer(struct timer_storm *s, const njord_host *host, uint32_t timer,
                             int64_t due_ns)
{
    (void)due_ns;
    s->fired++;
    return host->timer_set(host, timer, 0, 0);
}

NJORD_STRATEGY(timer_storm, "1.0.0", "is always due", NULL, .on_trade = on_trade,
               .on_timer = on_timer);
