/* busy.c - an order with each trade: market orders, buys and sells in turn, or limit orders that
 * rest far from the market until `most` of them are open. It shows what it does as a signal. */
#include <njord/strategy.h>

struct busy {
    int64_t trades;
    double qty;
};

static const njord_param params[] = {
    NJORD_REAL("qty", 1.0, 0.0, 1e12, "units of each order", NJORD_PARAM_LIVE),
    NJORD_ENUM("how", "market", "market|resting|idle", "the orders it sends"),
    NJORD_INT("most", 3, 1, 1000, "resting orders at a time"), NJORD_PARAM_END};

static njord_status create(struct busy *s, const njord_host *host)
{
    s->qty = njord_param_real(host, "qty");
    return NJORD_OK;
}

static njord_status reconfigure(struct busy *s, const njord_host *host, const char *name)
{
    (void)name;
    s->qty = njord_param_real(host, "qty");
    return NJORD_OK;
}

static njord_status save(const struct busy *s, njord_state_out *out)
{
    njord_state_put_i64(out, "trades", s->trades);
    return NJORD_OK;
}

static njord_status load(struct busy *s, njord_state_in *in, uint32_t version)
{
    (void)version;
    s->trades = njord_state_get_i64(in, "trades", 0);
    return NJORD_OK;
}

static njord_status on_trade(struct busy *s, const njord_host *host, const njord_trade *trade)
{
    int64_t how = njord_param_int(host, "how");
    int64_t working = (int64_t)(njord_working(host, trade->symbol) / s->qty + 0.5);
    s->trades++;
    (void)njord_publish_signal(host, "busy", {"trades", (double)s->trades}, {"qty", s->qty});
    if (how == 0)
        return s->trades % 2 ? njord_buy_market(host, trade->symbol, s->qty)
                             : njord_sell_market(host, trade->symbol, s->qty);
    if (how == 1 && working < njord_param_int(host, "most"))
        return njord_buy_limit(host, trade->symbol, s->qty, trade->price / 2, NULL);
    return NJORD_OK;
}

NJORD_STRATEGY(busy, "1.0.0", "an order with each trade", params, .create = create,
               .reconfigure = reconfigure, .save = save, .load = load, .on_trade = on_trade);
