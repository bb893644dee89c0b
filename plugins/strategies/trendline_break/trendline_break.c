/* trendline_break.c - trades the break of a trend line.
 *
 * The line t is the least-squares line over the prices before this one, taken at this one. A price
 * above t (1 + breakout_threshold) buys, one below t (1 - breakout_threshold) sells; then nothing
 * until a price has been inside the band again. A trade's price and a bar's close count alike. */
#include <njord/strategy.h>

struct trendline_break { /* one a symbol */
    njord_linreg line;
    double threshold, qty;
    int broken; /* 1: outside the band since an order was sent */
};

static const njord_param params[] = {
    NJORD_INT("lookback_periods", 20, 2, 10000, "prices that the line is drawn through"),
    NJORD_REAL("breakout_threshold", 0.02, 0.0, 0.99,
               "half width of the band, as a share of the line"),
    NJORD_REAL("qty", 1.0, 1e-8, 1e12, "units traded at each break"), NJORD_PARAM_END};

static njord_status create(struct trendline_break *s, const njord_host *host)
{
    s->threshold = njord_param_real(host, "breakout_threshold");
    s->qty = njord_param_real(host, "qty");
    return njord_linreg_init(&s->line, njord_param_int(host, "lookback_periods"));
}

static void destroy(struct trendline_break *s)
{
    njord_linreg_free(&s->line);
}

static njord_status save(const struct trendline_break *s, njord_state_out *out)
{
    njord_linreg_save(&s->line, out, "line");
    njord_state_put_bool(out, "broken", s->broken);
    return NJORD_OK; /* what went wrong is in `out` */
}

static njord_status load(struct trendline_break *s, njord_state_in *in, uint32_t version)
{
    (void)version; /* there has been one only */
    njord_linreg_load(&s->line, in, "line");
    s->broken = njord_state_get_bool(in, "broken", 0);
    return NJORD_OK;
}

static njord_status on_price(struct trendline_break *s, const njord_host *host, const char *symbol,
                             double price)
{
    double line = njord_linreg_forecast(&s->line); /* NaN until there are enough prices */
    njord_linreg_push(&s->line, price);
    int above = price > line * (1.0 + s->threshold);
    int below = price < line * (1.0 - s->threshold);
    if (!above && !below) {
        s->broken = 0;
        return NJORD_OK;
    }
    if (s->broken)
        return NJORD_OK;
    s->broken = 1;
    return above ? njord_buy_market(host, symbol, s->qty) : njord_sell_market(host, symbol, s->qty);
}

static njord_status on_trade(struct trendline_break *s, const njord_host *host,
                             const njord_trade *trade)
{
    return on_price(s, host, trade->symbol, trade->price);
}

static njord_status on_bar(struct trendline_break *s, const njord_host *host, const njord_bar *bar)
{
    return on_price(s, host, bar->symbol, bar->close);
}

NJORD_STRATEGY(trendline_break, "1.0.0", "trades the break of a least-squares trend line", params,
               .per_symbol = 1, .create = create, .destroy = destroy, .save = save, .load = load,
               .on_trade = on_trade, .on_bar = on_bar);
