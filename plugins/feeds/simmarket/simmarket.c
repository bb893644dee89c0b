/* simmarket.c - a feed that makes its trades itself: the shell between the host and market.c.
 *
 * One instance makes one market of all symbols that it is configured with; `next` publishes its
 * next trade. */
#include "market.h"

#include <njord/codec.h>
#include <njord/feed.h>

#define NS_PER_MS 1000000

struct simmarket {
    const njord_host *host;
    struct sim_market *market;
    struct sim_config config;
    const char *const *symbols;
    struct sim_symbol_config *rules; /* n_symbols */
    char venue[NJORD_ASSET_SIZE];
};

static const njord_param params[] = {
    NJORD_INT("seed", 1, 0, INT64_MAX, "the market that is drawn; 0: from the host's own seed"),
    NJORD_TEXT("start", "2025-01-06T00:00:00Z", "time of the market's first moment, UTC"),
    NJORD_DURATION("duration", NJORD_HOUR(24), NJORD_SECOND(1), NJORD_DAY(36500),
                   "how long it lasts"),
    NJORD_REAL("trades_per_day", 20000, 1, 1e9, "trades of each symbol on an average day"),
    NJORD_REAL("volatility", 0.6, 0, 10,
               "standard deviation of a year's log return, 0.6 is 60 per cent"),
    NJORD_REAL("correlation", 0.6, 0, 1, "of any two symbols' returns"),
    NJORD_REAL("speed", 0, 0, 1e9,
               "1: as fast as the market's own clock, 10: ten times that, 0: as fast as possible",
               NJORD_PARAM_LIVE),
    NJORD_TEXT("venue", "sim", "what the trades name as their venue"),
    NJORD_PARAM_END};

/* What a symbol looks like when the host knows no rules of it, by its base asset. */
static const struct {
    const char *base;
    double price, tick, step;
} looks[] = {{"BTC", 60000, 0.01, 0.00001}, {"ETH", 3000, 0.01, 0.0001}, {"BNB", 600, 0.01, 0.001},
             {"SOL", 150, 0.01, 0.001},     {"LTC", 80, 0.01, 0.001},    {"LINK", 15, 0.01, 0.01},
             {"ATOM", 8, 0.001, 0.01},      {"XRP", 0.5, 0.0001, 0.1},   {"ADA", 0.4, 0.0001, 0.1},
             {"DOGE", 0.1, 0.00001, 1},     {"", 100, 0.01, 0.001}};

#define UNKNOWN_UNIT 1e-8 /* tick and step of an instrument that nobody described */

static double set_or(double value, double otherwise)
{
    return njord_is_set_f64(value) && value > 0.0 ? value : otherwise;
}

static void look_of(const njord_host *host, const char *symbol, struct sim_symbol_config *out)
{
    njord_instrument rules = njord_instrument_of(host, symbol);
    size_t base = strcspn(symbol, "/");
    size_t i = 0;

    while (looks[i].base[0] &&
           (strlen(looks[i].base) != base || memcmp(looks[i].base, symbol, base) != 0))
        i++;
    out->name = symbol;
    out->price = looks[i].price;
    out->tick = rules.tick > UNKNOWN_UNIT ? rules.tick : looks[i].tick;
    out->step = rules.step > UNKNOWN_UNIT ? rules.step : looks[i].step;
    out->min_qty = set_or(rules.min_qty, 0.0);
    out->max_qty = set_or(rules.max_qty, 0.0);
    out->min_notional = set_or(rules.min_notional, 0.0);
    while (
        out->price <
        1000.0 *
            out->tick) /* a coarse tick that the host knows: a price that has room to move on it */
        out->price *= 10.0;
}

static njord_status set_speed(struct simmarket *s, const njord_host *host)
{
    double times = njord_param_real(host, "speed");
    njord_status status = njord_feed_speed(host, times);

    (void)s;
    return status == NJORD_E_UNSUPPORTED && times == 0.0 ? NJORD_OK : status;
}

static njord_status make_market(struct simmarket *s, const njord_host *host)
{
    char why[200];

    sim_market_free(s->market);
    s->market = sim_market_new(&s->config, why, sizeof why);
    return s->market ? NJORD_OK : njord_fail(host, NJORD_E_ARG, "%s", why);
}

static njord_status create(struct simmarket *s, const njord_host *host)
{
    struct sim_config *c = &s->config;
    const char *start = njord_param_text(host, "start");

    s->host = host;
    c->n_symbols = host->symbols(host, &s->symbols);
    if (c->n_symbols == 0)
        return njord_fail(host, NJORD_E_ARG,
                          "no symbol is configured: name at least one under 'symbols'");
    s->rules = calloc(c->n_symbols, sizeof *s->rules);
    if (!s->rules)
        return NJORD_E_NOMEM;
    for (uint32_t i = 0; i < c->n_symbols; i++)
        look_of(host, s->symbols[i], &s->rules[i]);
    c->symbols = s->rules;
    c->seed = (uint64_t)njord_param_int(host, "seed");
    if (c->seed == 0)
        c->seed = host->random(host) | 1u;
    if (njord_parse_time(start, strlen(start), &c->start_ns) != NJORD_OK || c->start_ns < 0 ||
        c->start_ns % NS_PER_MS != 0)
        return njord_fail(host, NJORD_E_ARG,
                          "'start': expected YYYY-MM-DDThh:mm:ssZ since 1970, at most with "
                          "milliseconds, found '%.40s'",
                          start);
    c->duration_ns = njord_param_duration(host, "duration");
    c->trades_per_day = njord_param_real(host, "trades_per_day");
    c->volatility = njord_param_real(host, "volatility");
    c->correlation = njord_param_real(host, "correlation");
    if (njord_copy_text(s->venue, sizeof s->venue, njord_param_text(host, "venue")) != NJORD_OK)
        return njord_fail(host, NJORD_E_ARG, "'venue': longer than %zu characters",
                          sizeof s->venue - 1);
    return make_market(s, host);
}

static void destroy(struct simmarket *s)
{
    sim_market_free(s->market);
    free(s->rules);
}

static njord_status start(struct simmarket *s, const njord_host *host)
{
    return set_speed(s, host);
}

static njord_status reconfigure(struct simmarket *s, const njord_host *host, const char *name)
{
    return strcmp(name, "speed") == 0 ? set_speed(s, host) : NJORD_E_UNSUPPORTED;
}

/* All configured symbols are made anyway: a market's trades do not depend on who listens. */
static njord_status subscribe(struct simmarket *s, const njord_host *host, const char *symbol,
                              uint32_t what)
{
    (void)s;
    if (njord_symbol_index(host, symbol) < 0)
        return njord_fail(host, NJORD_E_NOT_FOUND, "'%s' is not simulated: name it under 'symbols'",
                          symbol);
    return what & NJORD_WANT_TRADES ? NJORD_OK : NJORD_E_UNSUPPORTED;
}

static njord_status next(struct simmarket *s, const njord_host *host)
{
    struct sim_trade made;
    njord_trade trade;

    if (!sim_market_next(s->market, &made))
        return NJORD_E_END;
    njord_event_init(&trade, NJORD_EV_TRADE);
    trade.ev.ts_ns = made.ts_ns;
    trade.price = made.price;
    trade.qty = made.qty;
    trade.side = made.is_sell ? NJORD_SIDE_SELL : NJORD_SIDE_BUY;
    njord_format_i64((int64_t)made.id, trade.trade_id);
    memcpy(trade.venue, s->venue, sizeof trade.venue);
    if (njord_copy_text(trade.symbol, sizeof trade.symbol, s->symbols[made.symbol]) != NJORD_OK)
        return NJORD_E_ARG;
    return njord_publish(host, &trade.ev);
}

/* ---- state: the market's changing numbers, and what it was made from ----------------------------
 */

struct state_walk {
    const struct simmarket *s;
    njord_state_out *out;
    njord_state_in *in;   /* the state */
    njord_state_in list;  /* its symbols */
    njord_state_in entry; /* the symbol at hand */
    int64_t group;
};

static int put_field(void *ctx, int64_t group, const char *name, uint64_t *u64, double *f64)
{
    struct state_walk *w = ctx;

    if (group != w->group) {
        if (w->group < 0)
            (void)njord_state_begin_list(w->out, "symbols");
        else
            (void)njord_state_end(w->out);
        (void)njord_state_begin_map(w->out, NULL);
        (void)njord_state_put_text(w->out, "symbol", w->s->symbols[group]);
        w->group = group;
    }
    return u64 ? njord_state_put_i64(w->out, name, (int64_t)*u64)
               : njord_state_put_f64(w->out, name, *f64);
}

static njord_status save(const struct simmarket *s, njord_state_out *out)
{
    struct state_walk w = {.s = s, .out = out, .group = -1};

    (void)njord_state_put_i64(out, "seed", (int64_t)s->config.seed);
    (void)njord_state_put_i64(out, "start_ns", s->config.start_ns);
    (void)njord_state_put_f64(out, "trades_per_day", s->config.trades_per_day);
    (void)njord_state_put_f64(out, "volatility", s->config.volatility);
    (void)njord_state_put_f64(out, "correlation", s->config.correlation);
    if (sim_market_fields(s->market, put_field, &w) < 0)
        return out->status;
    (void)njord_state_end(out);
    return njord_state_end(out);
}

/* A number that is missing is as bad as a wrong one: the market would go on as another. */
static int get_field(void *ctx, int64_t group, const char *name, uint64_t *u64, double *f64)
{
    struct state_walk *w = ctx;
    njord_state_in *from = group < 0 ? w->in : &w->entry;

    if (group != w->group) {
        char symbol[NJORD_SYMBOL_SIZE];
        if (group == 0 && njord_state_in_list(w->in, "symbols", &w->list) != w->s->config.n_symbols)
            return -1;
        (void)njord_state_in_map(&w->list, NULL, &w->entry);
        (void)njord_state_get_text(&w->entry, "symbol", symbol, sizeof symbol);
        if (strcmp(symbol, w->s->symbols[group]) != 0)
            return -1;
        w->group = group;
    }
    if (!njord_state_has(from, name))
        return -1;
    if (u64)
        *u64 = (uint64_t)njord_state_get_i64(from, name, 0);
    else
        *f64 = njord_state_get_f64(from, name, 0.0);
    return w->in->status == NJORD_OK ? 0 : -1;
}

static njord_status load(struct simmarket *s, njord_state_in *in, uint32_t version)
{
    struct state_walk w = {.s = s, .in = in, .group = -1};
    struct sim_config *c = &s->config;
    uint64_t seed = (uint64_t)njord_state_get_i64(in, "seed", 0);
    njord_status status;

    (void)version;
    if ((njord_param_int(s->host, "seed") != 0 && seed != c->seed) ||
        njord_state_get_i64(in, "start_ns", -1) != c->start_ns ||
        njord_state_get_f64(in, "trades_per_day", 0.0) != c->trades_per_day ||
        njord_state_get_f64(in, "volatility", -1.0) != c->volatility ||
        njord_state_get_f64(in, "correlation", -1.0) != c->correlation)
        return njord_fail(s->host, NJORD_E_STATE,
                          "saved with another seed, start, trades_per_day, volatility or "
                          "correlation: a market cannot go on as another one; give the feed "
                          "another id to start a new one");
    c->seed = seed;
    status = make_market(s, s->host);
    if (status != NJORD_OK)
        return status;
    if (sim_market_fields(s->market, get_field, &w) < 0 || sim_market_settle(s->market) < 0)
        return njord_fail(s->host, NJORD_E_STATE,
                          "saved state does not fit this market's symbols, or is damaged: give the "
                          "feed another id to start a new one");
    return NJORD_OK;
}

NJORD_FEED(simmarket, "1.0.0",
           "a seeded market that looks like one: trades of any number of symbols", params,
           .create = create, .destroy = destroy, .start = start, .save = save, .load = load,
           .reconfigure = reconfigure, .subscribe = subscribe, .next = next);
