/* rsi_tema_bb.c - buys what is oversold and turning up, sells what is overbought and turning down.
 *
 * All three with this price in: RSI under its limit, price under the lower Bollinger band and TEMA
 * above its last value buys; the mirror image sells; each once until it has been untrue again. A
 * trade's price and a bar's close count alike. */
#include <njord/strategy.h>

struct rsi_tema_bb { /* one a symbol */
    njord_rsi rsi;
    njord_tema tema;
    njord_bollinger bands;
    double oversold, overbought, qty;
    int64_t signal; /* at the last price: 1 buy, -1 sell, 0 neither */
};

static const njord_param params[] = {
    NJORD_INT("rsi_period", 14, 1, 10000, "changes in the relative strength index"),
    NJORD_INT("tema_period", 9, 1, 10000, "period of the triple exponential average"),
    NJORD_INT("bb_period", 20, 2, 10000, "prices in the Bollinger bands"),
    NJORD_REAL("bb_std", 2.0, 0.01, 100.0, "half width of the bands, in deviations"),
    NJORD_REAL("rsi_oversold", 30.0, 0.0, 100.0, "buys under this index"),
    NJORD_REAL("rsi_overbought", 70.0, 0.0, 100.0, "sells over this index"),
    NJORD_REAL("qty", 1.0, 1e-8, 1e12, "units traded at each signal"),
    NJORD_PARAM_END};

static njord_status create(struct rsi_tema_bb *s, const njord_host *host)
{
    s->oversold = njord_param_real(host, "rsi_oversold");
    s->overbought = njord_param_real(host, "rsi_overbought");
    s->qty = njord_param_real(host, "qty");
    njord_status status = njord_rsi_init(&s->rsi, njord_param_int(host, "rsi_period"));
    if (status == NJORD_OK)
        status = njord_tema_init(&s->tema, njord_param_int(host, "tema_period"));
    return status == NJORD_OK ? njord_bollinger_init(&s->bands, njord_param_int(host, "bb_period"),
                                                     njord_param_real(host, "bb_std"))
                              : status;
}

static void destroy(struct rsi_tema_bb *s)
{
    njord_rsi_free(&s->rsi);
    njord_tema_free(&s->tema);
    njord_bollinger_free(&s->bands);
}

static njord_status save(const struct rsi_tema_bb *s, njord_state_out *out)
{
    njord_rsi_save(&s->rsi, out, "rsi");
    njord_tema_save(&s->tema, out, "tema");
    njord_bollinger_save(&s->bands, out, "bands");
    njord_state_put_i64(out, "signal", s->signal);
    return NJORD_OK; /* what went wrong is in `out` */
}

static njord_status load(struct rsi_tema_bb *s, njord_state_in *in, uint32_t version)
{
    (void)version; /* there has been one only */
    njord_rsi_load(&s->rsi, in, "rsi");
    njord_tema_load(&s->tema, in, "tema");
    njord_bollinger_load(&s->bands, in, "bands");
    s->signal = njord_state_get_i64(in, "signal", 0);
    return NJORD_OK;
}

static njord_status on_price(struct rsi_tema_bb *s, const njord_host *host, const char *symbol,
                             double price)
{
    double before = njord_tema_value(&s->tema);     /* NaN, and every comparison with it untrue, */
    double tema = njord_tema_push(&s->tema, price); /* until there are enough prices */
    double rsi = njord_rsi_push(&s->rsi, price);
    njord_bollinger_push(&s->bands, price);
    int64_t signal = 0, last = s->signal;
    if (rsi < s->oversold && price < njord_bollinger_lower(&s->bands) && tema > before)
        signal = 1;
    else if (rsi > s->overbought && price > njord_bollinger_upper(&s->bands) && tema < before)
        signal = -1;
    s->signal = signal;
    if (signal == 0 || signal == last)
        return NJORD_OK;
    return signal > 0 ? njord_buy_market(host, symbol, s->qty)
                      : njord_sell_market(host, symbol, s->qty);
}

static njord_status on_trade(struct rsi_tema_bb *s, const njord_host *host,
                             const njord_trade *trade)
{
    return on_price(s, host, trade->symbol, trade->price);
}

static njord_status on_bar(struct rsi_tema_bb *s, const njord_host *host, const njord_bar *bar)
{
    return on_price(s, host, bar->symbol, bar->close);
}

NJORD_STRATEGY(rsi_tema_bb, "1.0.0", "fades extremes of RSI and Bollinger bands once TEMA turns",
               params, .per_symbol = 1, .create = create, .destroy = destroy, .save = save,
               .load = load, .on_trade = on_trade, .on_bar = on_bar);
