/* moody.c - does not do the same when it is shown the same: its orders follow a number that each
 * process has of its own. moody_sync.c is the same with an on_sync. */
#include <njord/strategy.h>
#include <unistd.h>

#ifdef MOODY_SYNC
#define moody moody_sync
#endif

struct moody {
    int64_t trades;
};

static njord_status save(const struct moody *s, njord_state_out *out)
{
    return njord_state_put_i64(out, "trades", s->trades);
}

static njord_status load(struct moody *s, njord_state_in *in, uint32_t version)
{
    (void)version;
    s->trades = njord_state_get_i64(in, "trades", 0);
    return NJORD_OK;
}

static njord_status on_trade(struct moody *s, const njord_host *host, const njord_trade *trade)
{
    double qty = 0.001 * (double)(1 + getpid() % 1000);
    s->trades++;
    if (s->trades % 10 != 0)
        return NJORD_OK;
    return s->trades % 20 ? njord_buy_market(host, trade->symbol, qty)
                          : njord_sell_market(host, trade->symbol, qty);
}

#ifdef MOODY_SYNC
static njord_status on_sync(struct moody *s, const njord_host *host,
                            const njord_position_snapshot *positions, uint32_t n_positions,
                            const njord_open_order *orders, uint32_t n_orders)
{
    (void)s, (void)positions, (void)n_positions, (void)orders, (void)n_orders;
    return njord_publish_signal(host, "synced", {"positions", (double)n_positions});
}

NJORD_STRATEGY(moody_sync, "1.0.0", "never does the same twice, and asks", NULL, .save = save,
               .load = load, .on_trade = on_trade, .on_sync = on_sync);
#else
NJORD_STRATEGY(moody, "1.0.0", "never does the same twice", NULL, .save = save, .load = load,
               .on_trade = on_trade);
#endif
