/* metronome.c - trades by its timer and by chance, never by its prices alone: market and limit
 * orders, cancels, targets, from what the host tells of position, working orders and random
 * numbers. Whatever a restart does not give back exactly shows in its orders. */
#include <njord/strategy.h>

struct metronome {
    int64_t ticks, fills, refused, trades, bars;
    int32_t armed;
};

static const njord_param params[] = {NJORD_REAL("qty", 0.01, 0.0, 1e12, "units of each order", 0),
                                     NJORD_DURATION("every", INT64_C(30000000000), 1000000,
                                                    INT64_C(86400000000000), "between two ticks",
                                                    0),
                                     NJORD_PARAM_END};

static njord_status save(const struct metronome *s, njord_state_out *out)
{
    njord_state_put_i64(out, "ticks", s->ticks);
    njord_state_put_i64(out, "fills", s->fills);
    njord_state_put_i64(out, "refused", s->refused);
    njord_state_put_i64(out, "trades", s->trades);
    njord_state_put_i64(out, "bars", s->bars);
    return njord_state_put_bool(out, "armed", s->armed);
}

static njord_status load(struct metronome *s, njord_state_in *in, uint32_t version)
{
    (void)version;
    s->ticks = njord_state_get_i64(in, "ticks", 0);
    s->fills = njord_state_get_i64(in, "fills", 0);
    s->refused = njord_state_get_i64(in, "refused", 0);
    s->trades = njord_state_get_i64(in, "trades", 0);
    s->bars = njord_state_get_i64(in, "bars", 0);
    s->armed = njord_state_get_bool(in, "armed", 0);
    return NJORD_OK;
}

static njord_status on_trade(struct metronome *s, const njord_host *host, const njord_trade *trade)
{
    int64_t every = njord_param_duration(host, "every");
    /* a resting order that this very trade fills counts already, and so does a bar that it closes
     */
    if (++s->trades % 25 == 0)
        return njord_target(host, trade->symbol,
                            (double)(s->bars % 3 - 1) * njord_param_real(host, "qty") +
                                njord_position(host, trade->symbol) / 2);
    if (s->armed)
        return NJORD_OK;
    s->armed = 1;
    return host->timer_set(host, 1, host->now_ns(host) + every, every);
}

static njord_status on_bar(struct metronome *s, const njord_host *host, const njord_bar *bar)
{
    double before = host->last_price(host, bar->symbol), qty = njord_param_real(host, "qty");
    if (++s->bars % 4 == 0) /* rests where trades are about to be */
        return njord_buy_limit(host, bar->symbol, qty, before, NULL);
    if (s->bars % 4 == 2)
        return njord_sell_limit(host, bar->symbol, qty, before, NULL);
    return NJORD_OK;
}

static njord_status on_fill(struct metronome *s, const njord_host *host, const njord_fill *fill)
{
    /* an answer to one's own fill, from time to time */
    if (++s->fills % 5 == 0)
        return njord_target(host, fill->symbol, 0);
    return NJORD_OK;
}

static njord_status on_decision(struct metronome *s, const njord_host *host,
                                const njord_decision *decision)
{
    (void)host;
    s->refused += !decision->allowed;
    return NJORD_OK;
}

static njord_status on_timer(struct metronome *s, const njord_host *host, uint32_t timer,
                             int64_t due_ns)
{
    const char *const *symbols = NULL;
    const char *symbol = host->symbols(host, &symbols) > 0 ? symbols[0] : "";
    double price = host->last_price(host, symbol), qty = njord_param_real(host, "qty");
    uint64_t chance = host->random(host);
    njord_status status;
    (void)timer, (void)due_ns;
    s->ticks++;
    if (!njord_is_set_f64(price))
        return NJORD_OK;
    qty *= (double)(1 + (s->ticks + s->fills + s->refused) % 3);
    switch (chance % 6) {
    case 0:
        status = njord_target(host, symbol, njord_position(host, symbol) > 0 ? -qty : qty);
        break;
    case 1:
        status = njord_buy_limit(host, symbol, qty, price * 0.9995, NULL);
        break;
    case 2:
        status = njord_sell_limit(host, symbol, qty, price * 1.0005, NULL);
        break;
    case 3:
        status = njord_cancel_all(host, symbol);
        break;
    case 4: /* several at once */
        status = njord_buy_market(host, symbol, qty);
        if (status == NJORD_OK)
            status = njord_sell_limit(host, symbol, qty, price * 1.001, NULL);
        break;
    default:
        return njord_publish_signal(host, "tick", {"working", njord_working(host, symbol)});
    }
    return status == NJORD_E_LIMIT || status == NJORD_E_NOT_FOUND ? NJORD_OK : status;
}

NJORD_STRATEGY(metronome, "1.0.0", "trades by timer and by chance", params, .save = save,
               .load = load, .on_trade = on_trade, .on_bar = on_bar, .on_fill = on_fill,
               .on_decision = on_decision, .on_timer = on_timer);
