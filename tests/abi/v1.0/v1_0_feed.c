/* v1_0_feed.c - a feed of made trades: each symbol's price climbs from `low` to `high` in steps of
 * `step`, and begins again.
 *
 * A place to start from. `next` hands over one event a call, and the host sets the pace. A feed on
 * a network has no `next`: it watches its socket (njord_feed_watch) and publishes when something
 * comes. */
#include <njord/feed.h>

struct v1_0_feed {
    double low, high, step;
    int64_t count, made, every_ns, start_ns;
    char (*symbols)[NJORD_SYMBOL_SIZE]; /* subscribed */
    uint32_t n_symbols, turn;
    double *prices; /* a symbol each: the next one */
};

static const njord_param params[] = {
    NJORD_REAL("low", 100.0, 1e-8, 1e9, "first and lowest price"),
    NJORD_REAL("high", 110.0, 1e-8, 1e9, "highest price"),
    NJORD_REAL("step", 1.0, 1e-8, 1e9, "from one price to the next"),
    NJORD_INT("count", 1000, 1, 1000000000, "trades in all"),
    NJORD_DURATION("every", NJORD_MS(100), NJORD_MS(1), NJORD_DAY(1), "between two trades"),
    NJORD_PARAM_END};

static njord_status create(struct v1_0_feed *s, const njord_host *host)
{
    s->low = njord_param_real(host, "low");
    s->high = njord_param_real(host, "high");
    s->step = njord_param_real(host, "step");
    s->count = njord_param_int(host, "count");
    s->every_ns = njord_param_duration(host, "every");
    s->start_ns = njord_now(host);
    if (s->low > s->high)
        return njord_fail(host, NJORD_E_ARG, "'low' (%g) is above 'high' (%g)", s->low, s->high);
    return NJORD_OK;
}

static void destroy(struct v1_0_feed *s)
{
    free(s->symbols);
    free(s->prices);
}

static int64_t find(const struct v1_0_feed *s, const char *symbol)
{
    for (uint32_t i = 0; i < s->n_symbols; i++)
        if (strcmp(s->symbols[i], symbol) == 0)
            return (int64_t)i;
    return -1;
}

static njord_status subscribe(struct v1_0_feed *s, const njord_host *host, const char *symbol,
                              uint32_t what)
{
    if (!(what & NJORD_WANT_TRADES))
        return njord_fail(host, NJORD_E_UNSUPPORTED, "'%s': there are trades only", symbol);
    if (find(s, symbol) >= 0)
        return NJORD_OK;
    void *symbols = realloc(s->symbols, (s->n_symbols + 1) * sizeof *s->symbols);
    if (!symbols)
        return NJORD_E_NOMEM;
    s->symbols = (char(*)[NJORD_SYMBOL_SIZE])symbols;
    double *prices = (double *)realloc(s->prices, (s->n_symbols + 1) * sizeof *prices);
    if (!prices)
        return NJORD_E_NOMEM;
    s->prices = prices;
    if (njord_copy_text(s->symbols[s->n_symbols], NJORD_SYMBOL_SIZE, symbol) != NJORD_OK)
        return NJORD_E_ARG;
    s->prices[s->n_symbols++] = s->low;
    return NJORD_OK;
}

static njord_status unsubscribe(struct v1_0_feed *s, const njord_host *host, const char *symbol,
                                uint32_t what)
{
    int64_t at = find(s, symbol);
    (void)host;
    if (at < 0 || !(what & NJORD_WANT_TRADES))
        return NJORD_OK;
    s->n_symbols--;
    memmove(s->symbols[at], s->symbols[at + 1], (s->n_symbols - (size_t)at) * sizeof *s->symbols);
    memmove(&s->prices[at], &s->prices[at + 1], (s->n_symbols - (size_t)at) * sizeof *s->prices);
    return NJORD_OK;
}

/* The symbols in turn. */
static njord_status next(struct v1_0_feed *s, const njord_host *host)
{
    njord_trade trade;
    if (s->made == s->count)
        return NJORD_E_END;
    if (s->n_symbols == 0)
        return NJORD_E_AGAIN;
    uint32_t at = s->turn++ % s->n_symbols;
    njord_event_init(&trade, NJORD_EV_TRADE);
    trade.ev.ts_ns = s->start_ns + s->made * s->every_ns;
    memcpy(trade.symbol, s->symbols[at], sizeof trade.symbol);
    (void)snprintf(trade.trade_id, sizeof trade.trade_id, "%lld", (long long)s->made + 1);
    (void)njord_copy_text(trade.venue, sizeof trade.venue, "made");
    trade.price = s->prices[at];
    trade.qty = 1.0;
    trade.side = NJORD_SIDE_BUY;
    njord_status status = njord_publish(host, &trade.ev);
    if (status != NJORD_OK)
        return status;
    s->made++;
    s->prices[at] += s->step;
    if (s->prices[at] > s->high)
        s->prices[at] = s->low;
    return NJORD_OK;
}

NJORD_FEED(v1_0_feed, "1.0.0", "made trades whose price climbs and begins again", params,
           .create = create, .destroy = destroy, .subscribe = subscribe, .unsubscribe = unsubscribe,
           .next = next);
