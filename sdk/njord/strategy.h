/* njord/strategy.h - what one writes a strategy against.
 *
 *     struct ma_cross { njord_sma fast, slow; double qty; };
 *
 *     static njord_status on_bar(struct ma_cross *s, const njord_host *host, const njord_bar *bar)
 * { ... }
 *
 *     NJORD_STRATEGY(ma_cross, "1.0.0", "long while the fast average is above the slow one",
 * params, .per_symbol = 1, .create = create, .destroy = destroy, .save = save, .load = load,
 * .on_bar = on_bar);
 *
 * Everything happens in callbacks [loop]; orders are queued and what comes of them arrives in later
 * callbacks. A strategy keeps no idea of its own position: after a refusal, a reload or a roll-back
 * that idea would be wrong. It asks njord_position() and njord_working(), or says what it wants
 * with njord_target(). */
#ifndef NJORD_STRATEGY_H
#define NJORD_STRATEGY_H

#include <njord/indicators.h>
#include <njord/plugin.h>

#ifdef __cplusplus
#include <initializer_list>
extern "C" {
#endif

/* ---- Orders [loop]
 * --------------------------------------------------------------------------------------------------
 *
 * All return OK when the order was queued; a refusal arrives in on_decision. Nonsense (a quantity
 * or limit that is not a number > 0, an empty or overlong symbol) is NJORD_E_ARG with a sentence
 * for the log, and nothing is queued. */

static inline njord_order njord_order_of(uint8_t side, uint8_t type, const char *symbol, double qty,
                                         double limit_price)
{
    njord_order order;
    memset(&order, 0, sizeof order);
    order.size = (uint32_t)sizeof order;
    order.side = side;
    order.type = type;
    order.tif = NJORD_NONE_U8;
    order.qty = qty;
    order.limit_price = limit_price;
    (void)njord_copy_text(order.symbol, sizeof order.symbol, symbol);
    return order;
}

/* Checks and submits any order. intent_id: room for NJORD_INTENT_ID_SIZE, or NULL. */
static inline njord_status njord_send(const njord_host *host, const njord_order *order,
                                      char *intent_id)
{
    if (order->symbol[0] == '\0')
        return njord_fail(host, NJORD_E_ARG, "order without a symbol, or with one over %u bytes",
                          NJORD_SYMBOL_SIZE - 1u);
    if (!isfinite(order->qty) || order->qty <= 0.0)
        return njord_fail(host, NJORD_E_ARG, "order for '%s': quantity must be > 0, found %g",
                          order->symbol, order->qty);
    if (order->type == NJORD_TYPE_LIMIT &&
        (!isfinite(order->limit_price) || order->limit_price <= 0.0))
        return njord_fail(host, NJORD_E_ARG, "order for '%s': limit price must be > 0, found %g",
                          order->symbol, order->limit_price);
    return host->submit(host, order, intent_id);
}

/* qty in units of the base asset, > 0. */
static inline njord_status njord_buy_market(const njord_host *host, const char *symbol, double qty)
{
    njord_order order = njord_order_of(NJORD_SIDE_BUY, NJORD_TYPE_MARKET, symbol, qty, (double)NAN);
    return njord_send(host, &order, NULL);
}

static inline njord_status njord_sell_market(const njord_host *host, const char *symbol, double qty)
{
    njord_order order =
        njord_order_of(NJORD_SIDE_SELL, NJORD_TYPE_MARKET, symbol, qty, (double)NAN);
    return njord_send(host, &order, NULL);
}

/* Good till cancelled; limit in the quote asset. intent_id: room for NJORD_INTENT_ID_SIZE, or NULL;
 * what njord_cancel_order takes. */
static inline njord_status njord_buy_limit(const njord_host *host, const char *symbol, double qty,
                                           double limit, char *intent_id)
{
    njord_order order = njord_order_of(NJORD_SIDE_BUY, NJORD_TYPE_LIMIT, symbol, qty, limit);
    return njord_send(host, &order, intent_id);
}

static inline njord_status njord_sell_limit(const njord_host *host, const char *symbol, double qty,
                                            double limit, char *intent_id)
{
    njord_order order = njord_order_of(NJORD_SIDE_SELL, NJORD_TYPE_LIMIT, symbol, qty, limit);
    return njord_send(host, &order, intent_id);
}

static inline njord_status njord_cancel_order(const njord_host *host, const char *intent_id)
{
    return host->cancel(host, intent_id);
}

/* Asks to cancel all own open orders of a symbol, or (NULL) of all. The first error, after all were
 * tried. */
static inline njord_status njord_cancel_all(const njord_host *host, const char *symbol)
{
    njord_open_order few[8];
    njord_open_order *orders = few, *many = NULL;
    njord_status result = NJORD_OK;
    few[0].size = (uint32_t)sizeof few[0];
    uint32_t n = host->open_orders(host, symbol, few, 8);
    if (n > 8) {
        many = (njord_open_order *)calloc(n, sizeof *many);
        if (!many)
            return NJORD_E_NOMEM;
        many[0].size = (uint32_t)sizeof *many;
        uint32_t found = host->open_orders(host, symbol, many, n);
        n = found < n ? found : n;
        orders = many;
    }
    for (uint32_t i = 0; i < n; i++) {
        njord_status status = host->cancel(host, orders[i].intent_id);
        if (result == NJORD_OK)
            result = status;
    }
    free(many);
    return result;
}

/* ---- Where one stands [any]
 * ----------------------------------------------------------------------------------------- */

/* Own position in units of the base asset, short is negative, 0 when it never traded. */
static inline double njord_position(const njord_host *host, const char *symbol)
{
    njord_holding holding; /* no more than its quantity is asked for */
    holding.size = (uint32_t)offsetof(njord_holding, avg_price);
    holding.qty = 0.0;
    return host->position(host, symbol, &holding) == NJORD_OK ? holding.qty : 0.0;
}

/* Signed quantity of own orders that may still fill, sent or on the way. */
static inline double njord_working(const njord_host *host, const char *symbol)
{
    return host->working(host, symbol);
}

/* The symbol's step alone, as njord_instrument_of() has it. */
static inline double njord_step_(const njord_host *host, const char *symbol)
{
    njord_instrument rules; /* no more than its tick and step are asked for */
    rules.ev.size = (uint32_t)offsetof(njord_instrument, min_qty);
    rules.tick = rules.step = 0.0;
    return host->instrument(host, symbol, &rules) == NJORD_OK && rules.tick > 0.0 &&
                   rules.step > 0.0
               ? rules.step
               : 1e-8;
}

/* [loop] Brings the position to `qty` (signed): sends the difference between it and position +
 * working as a market order, rounded to the nearest multiple of the step; sends nothing when the
 * difference is at most half a step. Said again with each event it does no harm: what is on its way
 * counts. */
static inline njord_status njord_target(const njord_host *host, const char *symbol, double qty)
{
    double difference = qty - njord_position(host, symbol) - njord_working(host, symbol);
    if (!isfinite(difference))
        return njord_fail(host, NJORD_E_ARG, "target for '%s' must be finite, found %g", symbol,
                          qty);
    if (difference == 0.0) /* nearly always: the rules need not be asked for */
        return NJORD_OK;
    double step = njord_step_(host, symbol);
    double steps = fabs(difference) / step;
    if (steps <= 0.5)
        return NJORD_OK;
    double amount = fabs(difference);
    if (steps < 0x1p52) {
        /* A step of 0.1 is not a double but 1 / step is whole: dividing gives 0.3 where 3 * 0.1
         * gives 0.30000000000000004. */
        double per_unit = floor(1.0 / step + 0.5);
        double count = floor(steps + 0.5);
        amount = fabs(per_unit * step - 1.0) < 1e-12 ? count / per_unit : count * step;
    }
    return difference > 0.0 ? njord_buy_market(host, symbol, amount)
                            : njord_sell_market(host, symbol, amount);
}

/* ---- Indicators in saved state [control]
 * ----------------------------------------------------------------------------
 *
 * njord_sma_save(&s->fast, out, "fast") writes an indicator under a key; njord_sma_load(&s->fast,
 * in, "fast") puts it back into one that create has made, which then goes on bit for bit. A key
 * that is missing, or was saved with other parameters (another period), leaves it as it is: it
 * fills anew. Likewise for each kind of <njord/indicators.h>. */

#define NJORD_INDICATOR_STATE_(KIND)                                                               \
    static inline void njord_##KIND##_save(const njord_##KIND *indicator, njord_state_out *out,    \
                                           const char *key)                                        \
    {                                                                                              \
        size_t n = njord_##KIND##_state(indicator, NULL, 0);                                       \
        double *room = (double *)malloc((n + 1) * sizeof *room);                                   \
        if (room && njord_##KIND##_state(indicator, room, n) == n)                                 \
            (void)njord_state_put_f64_array(out, key, room, n);                                    \
        else if (out->status == NJORD_OK)                                                          \
            out->status = NJORD_E_NOMEM;                                                           \
        free(room);                                                                                \
    }                                                                                              \
    static inline void njord_##KIND##_load(njord_##KIND *indicator, njord_state_in *in,            \
                                           const char *key)                                        \
    {                                                                                              \
        size_t n = njord_state_length(in, key);                                                    \
        double *room = n > 0 ? (double *)malloc(n * sizeof *room) : NULL;                          \
        if (room && njord_state_get_f64_array(in, key, room, n) == n)                              \
            (void)njord_##KIND##_restore(indicator, room, n);                                      \
        free(room);                                                                                \
    }

NJORD_INDICATOR_STATE_(sma)
NJORD_INDICATOR_STATE_(ema)
NJORD_INDICATOR_STATE_(tema)
NJORD_INDICATOR_STATE_(rsi)
NJORD_INDICATOR_STATE_(macd)
NJORD_INDICATOR_STATE_(bollinger)
NJORD_INDICATOR_STATE_(linreg)
NJORD_INDICATOR_STATE_(rolling_dev)
NJORD_INDICATOR_STATE_(rolling_min)
NJORD_INDICATOR_STATE_(rolling_max)

/* ---- Books
 * ----------------------------------------------------------------------------------------------------------
 */

/* A side of a book, best first; it lives as long as the event. */
typedef struct njord_levels {
    const njord_level *at;
    uint32_t count;
} njord_levels;

static inline njord_levels njord_bids(const njord_book *book)
{
    njord_levels side = {(const njord_level *)njord_tail_items(&book->ev, book->bids),
                         book->bids.count};
    return side;
}

static inline njord_levels njord_asks(const njord_book *book)
{
    njord_levels side = {(const njord_level *)njord_tail_items(&book->ev, book->asks),
                         book->asks.count};
    return side;
}

/* ---- Signals [loop]: figures for people and other programs, on sig.{strategy_id}
 * ------------------------------------ */

#define NJORD_MAX_FIGURES 64u

typedef struct njord_figure {
    const char *key;
    double value;
} njord_figure;

/* text: a sentence or "". ARG: a value that is not finite, a key or name too long; LIMIT: too many
 * figures. */
static inline njord_status njord_signal_send(const njord_host *host, const char *name,
                                             const char *text, const njord_figure *figures,
                                             size_t count)
{
    struct {
        njord_signal signal;
        njord_real_pair room[NJORD_MAX_FIGURES];
    } event;
    njord_real_pair pairs[NJORD_MAX_FIGURES];
    char topic[8 + NJORD_ID_SIZE];
    const char *id = host->id(host);
    if (count > NJORD_MAX_FIGURES)
        return njord_fail(host, NJORD_E_LIMIT, "signal '%s': more than %u figures", name,
                          NJORD_MAX_FIGURES);
    memset(&event, 0, sizeof event);
    njord_event_init(&event.signal, NJORD_EV_SIGNAL);
    event.signal.ev.ts_ns = host->now_ns(host);
    if (njord_copy_text(event.signal.name, sizeof event.signal.name, name) != NJORD_OK ||
        njord_copy_text(event.signal.text, sizeof event.signal.text, text) != NJORD_OK ||
        njord_copy_text(event.signal.strategy_id, sizeof event.signal.strategy_id, id) != NJORD_OK)
        return njord_fail(host, NJORD_E_ARG, "signal '%.64s': its name or text is too long", name);
    memset(pairs, 0, sizeof pairs);
    for (size_t i = 0; i < count; i++) {
        pairs[i].value = figures[i].value;
        if (!isfinite(figures[i].value) ||
            njord_copy_text(pairs[i].key, sizeof pairs[i].key, figures[i].key) != NJORD_OK)
            return njord_fail(host, NJORD_E_ARG,
                              "signal '%s': figure '%.64s' is not finite, or its name is too long",
                              name, figures[i].key);
    }
    if (count > 0) {
        int put = njord_tail_put(&event.signal.ev, sizeof event, &event.signal.values, pairs,
                                 (uint32_t)count, sizeof pairs[0]);
        if (put != NJORD_OK)
            return put;
    }
    (void)snprintf(topic, sizeof topic, "sig.%s", id);
    return host->publish(host, topic, &event.signal.ev);
}

/* njord_publish_signal(host, "spread", { "z", z }, { "mean", mean }); */
#ifdef __cplusplus
}
static inline njord_status njord_signal_list(const njord_host *host, const char *name,
                                             std::initializer_list<njord_figure> figures)
{
    return njord_signal_send(host, name, "", figures.begin(), figures.size());
}
extern "C" {
#define njord_publish_signal(host, name, ...) njord_signal_list(host, name, {__VA_ARGS__})
#else
#define njord_publish_signal(host, name, ...)                                                      \
    njord_signal_send(host, name, "", (const njord_figure[]){__VA_ARGS__},                         \
                      sizeof((const njord_figure[]){__VA_ARGS__}) / sizeof(njord_figure))
#endif

/* ---- The entry
 * ------------------------------------------------------------------------------------------------------
 *
 * NAME: the author's `struct NAME`, and the plugin's name. VERSION, SUMMARY: text. PARAMS: a table
 * or NULL. Then what of the members below there is, by name, in this order where the file is C++.
 */

#define NJORD_STRATEGY_CALLS_(T)                                                                   \
    NJORD_CALLS_(T);                                                                               \
    njord_status (*on_trade)(T * self, const njord_host *host, const njord_trade *trade);          \
    njord_status (*on_book)(T * self, const njord_host *host, const njord_book *book);             \
    njord_status (*on_ticker)(T * self, const njord_host *host, const njord_ticker *ticker);       \
    njord_status (*on_bar)(T * self, const njord_host *host, const njord_bar *bar);                \
    njord_status (*on_fill)(T * self, const njord_host *host, const njord_fill *fill);             \
    njord_status (*on_position)(T * self, const njord_host *host,                                  \
                                const njord_position_snapshot *position);                          \
    njord_status (*on_decision)(T * self, const njord_host *host, const njord_decision *decision); \
    njord_status (*on_order)(T * self, const njord_host *host,                                     \
                             const njord_broker_order_update *update);                             \
    njord_status (*on_status)(T * self, const njord_host *host, const njord_feed_status *status);  \
    njord_status (*on_sync)(T * self, const njord_host *host,                                      \
                            const njord_position_snapshot *positions, uint32_t n_positions,        \
                            const njord_open_order *orders, uint32_t n_orders);                    \
    njord_status (*on_timer)(T * self, const njord_host *host, uint32_t timer, int64_t due_ns);    \
    njord_status (*on_event)(T * self, const njord_host *host, const char *topic,                  \
                             const njord_event *event)

#define NJORD_STRATEGY(NAME, VERSION, SUMMARY, PARAMS, ...)                                        \
    struct NAME##_calls_t_ {                                                                       \
        NJORD_STRATEGY_CALLS_(struct NAME);                                                        \
    };                                                                                             \
    NJORD_TABLE_(static const struct NAME##_calls_t_ NAME##_calls_ = {__VA_ARGS__})                \
    NJORD_INSTANCE_(NAME)                                                                          \
    NJORD_ON_(NAME, on_trade, njord_trade, event->symbol)                                          \
    NJORD_ON_(NAME, on_book, njord_book, event->symbol)                                            \
    NJORD_ON_(NAME, on_ticker, njord_ticker, event->symbol)                                        \
    NJORD_ON_(NAME, on_bar, njord_bar, event->symbol)                                              \
    NJORD_ON_(NAME, on_fill, njord_fill, event->symbol)                                            \
    NJORD_ON_(NAME, on_position, njord_position_snapshot, event->symbol)                           \
    NJORD_ON_(NAME, on_decision, njord_decision, "")                                               \
    NJORD_ON_(NAME, on_order, njord_broker_order_update, event->symbol)                            \
    NJORD_ON_(NAME, on_status, njord_feed_status, event->symbol)                                   \
    NJORD_ALL_(NAME, on_sync,                                                                      \
               (void *self, const njord_position_snapshot *positions, uint32_t n_positions,        \
                const njord_open_order *orders, uint32_t n_orders),                                \
               (s, i->host, positions, n_positions, orders, n_orders))                             \
    NJORD_ALL_(NAME, on_timer, (void *self, uint32_t timer, int64_t due_ns),                       \
               (s, i->host, timer, due_ns))                                                        \
    static njord_status NAME##_on_event_(void *self, const char *topic, const njord_event *event)  \
    {                                                                                              \
        struct NAME##_instance_ *i = (struct NAME##_instance_ *)self;                              \
        if (!NAME##_calls_.on_event)                                                               \
            return NJORD_E_UNSUPPORTED;                                                            \
        NJORD_EACH_(NAME,                                                                          \
                    njord_route_to(&i->route, NAME##_calls_.per_symbol != 0u, event->symbol_id,    \
                                   njord_event_symbol(event)),                                     \
                    NAME##_calls_.on_event(s, i->host, topic, event));                             \
    }                                                                                              \
    static uint32_t NAME##_iface_(void *out, uint32_t size)                                        \
    {                                                                                              \
        njord_strategy_iface iface;                                                                \
        memset(&iface, 0, sizeof iface);                                                           \
        iface.size = (uint32_t)sizeof iface;                                                       \
        NJORD_FILL_(NAME, on_trade);                                                               \
        NJORD_FILL_(NAME, on_book);                                                                \
        NJORD_FILL_(NAME, on_ticker);                                                              \
        NJORD_FILL_(NAME, on_bar);                                                                 \
        NJORD_FILL_(NAME, on_fill);                                                                \
        NJORD_FILL_(NAME, on_position);                                                            \
        NJORD_FILL_(NAME, on_decision);                                                            \
        NJORD_FILL_(NAME, on_order);                                                               \
        NJORD_FILL_(NAME, on_status);                                                              \
        NJORD_FILL_(NAME, on_sync);                                                                \
        NJORD_FILL_(NAME, on_timer);                                                               \
        NJORD_FILL_(NAME, on_event);                                                               \
        memcpy(out, &iface, size < sizeof iface ? size : sizeof iface);                            \
        return (uint32_t)sizeof iface;                                                             \
    }                                                                                              \
    NJORD_ENTRY_(NAME, NJORD_KIND_STRATEGY, VERSION, SUMMARY, PARAMS)

#ifdef __cplusplus
}
#endif
#endif
