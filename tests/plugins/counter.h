/* counter.h - a strategy that counts trades, keeps the count in its state, and shows version and
 * count as a signal with each trade: what counter_v1.c and counter_v2.c have in common. */
#include <njord/strategy.h>

struct counter {
    int64_t trades;
};

static njord_status save(const struct counter *s, njord_state_out *out)
{
    njord_state_put_i64(out, "trades", s->trades);
    return NJORD_OK;
}

static njord_status load(struct counter *s, njord_state_in *in, uint32_t version)
{
    (void)version;
    s->trades = njord_state_get_i64(in, "trades", 0);
    return NJORD_OK;
}

static njord_status on_trade(struct counter *s, const njord_host *host, const njord_trade *trade)
{
    (void)trade;
    s->trades++;
    return njord_publish_signal(host, "count", {"version", COUNTER_VERSION},
                                {"count", (double)s->trades});
}
