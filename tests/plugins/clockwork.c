/* clockwork.c - sets a periodic timer with the first trade of its life and never again; each time
 * shows a random number as a signal. */
#include <njord/strategy.h>

struct clockwork {
    int armed;
};

static njord_status save(const struct clockwork *s, njord_state_out *out)
{
    return njord_state_put_bool(out, "armed", s->armed);
}

static njord_status load(struct clockwork *s, njord_state_in *in, uint32_t version)
{
    (void)version;
    s->armed = njord_state_get_bool(in, "armed", 0);
    return NJORD_OK;
}

static njord_status on_trade(struct clockwork *s, const njord_host *host, const njord_trade *trade)
{
    (void)trade;
    if (s->armed)
        return NJORD_OK;
    s->armed = 1;
    return host->timer_set(host, 7, host->now_ns(host) + 1000000, 1000000);
}

static njord_status on_timer(struct clockwork *s, const njord_host *host, uint32_t timer,
                             int64_t due_ns)
{
    (void)s, (void)due_ns;
    return njord_publish_signal(host, "tick", {"timer", (double)timer},
                                {"random", (double)(host->random(host) >> 16)});
}

NJORD_STRATEGY(clockwork, "1.0.0", "ticks", NULL, .save = save, .load = load, .on_trade = on_trade,
               .on_timer = on_timer);
