/* earlybird.c - sets its timer and sends an order while it starts, before anything has come. */
#include <njord/strategy.h>

struct earlybird {
    int64_t beats;
};

static const char *first_symbol(const njord_host *host)
{
    const char *const *symbols = NULL;
    return host->symbols(host, &symbols) > 0 ? symbols[0] : "";
}

static njord_status start(struct earlybird *s, const njord_host *host)
{
    const int64_t beat = INT64_C(15000000000);
    njord_status status = njord_buy_limit(host, first_symbol(host), 0.01, 1000, NULL);
    (void)s;
    if (status != NJORD_OK && status != NJORD_E_BUSY)
        return status;
    return host->timer_set(host, 1, host->now_ns(host) + beat, beat);
}

static njord_status on_timer(struct earlybird *s, const njord_host *host, uint32_t timer,
                             int64_t due_ns)
{
    (void)timer, (void)due_ns;
    return njord_target(host, first_symbol(host), 0.01 * (double)(++s->beats % 3));
}

NJORD_STRATEGY(earlybird, "1.0.0", "is there before the market", NULL, .start = start,
               .on_timer = on_timer);
