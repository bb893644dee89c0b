/* historian.c - shows as a signal what it was told with each bar: its close, the time, both
 * symbols' last prices, whether it is history; sets a timer with the first bar, and wants a unit
 * with each. */
#include <njord/strategy.h>

struct historian {
    int armed, refused;
};

static double or_zero(double v)
{
    return njord_is_set_f64(v) ? v : 0;
}

static njord_status on_bar(struct historian *s, const njord_host *host, const njord_bar *bar)
{
    if (!s->armed) {
        s->armed = 1;
        host->timer_set(host, 1, host->now_ns(host) + 1, 0);
    }
    njord_buy_market(host, bar->symbol, 1);
    return njord_publish_signal(host, "bar", {"close", bar->close},
                                {"behind_ns", (double)(bar->ts_close - host->now_ns(host))},
                                {"atom", or_zero(host->last_price(host, "ATOM/USDT"))},
                                {"btc", or_zero(host->last_price(host, "BTC/USDT"))},
                                {"flag", (bar->ev.flags & NJORD_EF_WARMUP) != 0},
                                {"warming", host->warming(host)}, {"refused", s->refused});
}

static njord_status on_decision(struct historian *s, const njord_host *host,
                                const njord_decision *d)
{
    (void)host;
    if (!d->allowed && host->warming(host))
        s->refused++;
    return NJORD_OK;
}

static njord_status on_timer(struct historian *s, const njord_host *host, uint32_t timer,
                             int64_t due_ns)
{
    (void)s, (void)host, (void)timer, (void)due_ns;
    return NJORD_OK;
}

NJORD_STRATEGY(historian, "1.0.0", "tells what it is told", NULL, .on_bar = on_bar,
               .on_decision = on_decision, .on_timer = on_timer);
