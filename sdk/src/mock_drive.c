/* mock_drive.c - events into the mock host's plugin, and what becomes of the orders that it sends.
 */
#include "mock_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Positions here go by average price; the real host's lots are first in, first out. */
static void apply_fill(struct mock_symbol *s, double signed_qty, double price, double fee)
{
    double before = s->qty, after = before + signed_qty;
    s->fees += fee;
    if (before * signed_qty >= 0.0) {
        s->avg_price = after != 0.0 ? (before * s->avg_price + signed_qty * price) / after : 0.0;
    } else {
        double closed = fabs(signed_qty) < fabs(before) ? fabs(signed_qty) : fabs(before);
        s->realized += closed * (price - s->avg_price) * (before > 0.0 ? 1.0 : -1.0);
        if (before * after < 0.0)
            s->avg_price = price;
        else if (after == 0.0)
            s->avg_price = 0.0;
    }
    s->qty = after;
}

static uint32_t symbol_id(const njord_mock *mock, const char *symbol)
{
    for (uint32_t i = 0; i < mock->n_symbols; i++)
        if (strcmp(mock->symbols[i]->name, symbol) == 0)
            return i;
    return NJORD_NO_SYMBOL;
}

/* To the callback of its type; UNSUPPORTED: there is none. */
static njord_status to_strategy(struct mock_instance *in, const char *topic,
                                const njord_event *event)
{
    const njord_strategy_iface *f = &in->iface.strategy;
    const void *e = event;
#define TO(CALL)                                                                                   \
    if (f->CALL)                                                                                   \
        return f->CALL(in->self, e);                                                               \
    break
    switch (event->type) {
    case NJORD_EV_TRADE:
        TO(on_trade);
    case NJORD_EV_BOOK:
        TO(on_book);
    case NJORD_EV_TICKER:
        TO(on_ticker);
    case NJORD_EV_BAR:
        TO(on_bar);
    case NJORD_EV_FILL:
        TO(on_fill);
    case NJORD_EV_POSITION_SNAPSHOT:
        TO(on_position);
    case NJORD_EV_DECISION:
        TO(on_decision);
    case NJORD_EV_BROKER_ORDER_UPDATE:
        TO(on_order);
    case NJORD_EV_FEED_STATUS:
        TO(on_status);
    default:
        break;
    }
#undef TO
    return f->on_event ? f->on_event(in->self, topic, event) : NJORD_E_UNSUPPORTED;
}

static njord_status to_broker(struct mock_instance *in, const njord_event *event)
{
    const njord_broker_iface *f = &in->iface.broker;
    const void *e = event;
    switch (event->type) {
    case NJORD_EV_TRADE:
        return f->on_trade ? f->on_trade(in->self, e) : NJORD_E_UNSUPPORTED;
    case NJORD_EV_BOOK:
        return f->on_book ? f->on_book(in->self, e) : NJORD_E_UNSUPPORTED;
    case NJORD_EV_TICKER:
        return f->on_ticker ? f->on_ticker(in->self, e) : NJORD_E_UNSUPPORTED;
    case NJORD_EV_BAR:
        return f->on_bar ? f->on_bar(in->self, e) : NJORD_E_UNSUPPORTED;
    case NJORD_EV_INSTRUMENT:
        return f->on_instrument ? f->on_instrument(in->self, e) : NJORD_E_UNSUPPORTED;
    default:
        return NJORD_E_UNSUPPORTED;
    }
}

/* Shows a copy of an event, with what a host adds to it; notices when the plugin wrote into it. */
static njord_status show(njord_mock *mock, const char *topic, const njord_event *event)
{
    struct mock_instance *in = mock->instance;
    njord_event *shown = malloc(event->size), *before = malloc(event->size);
    njord_status status = NJORD_E_NOMEM;
    if (!shown || !before)
        goto done;
    memcpy(shown, event, event->size);
    shown->seq = mock->seq;
    shown->ts_recv_ns = mock->now;
    shown->symbol_id = symbol_id(mock, njord_event_symbol(event));
    if (mock->warming)
        shown->flags |= NJORD_EF_WARMUP;
    memcpy(before, shown, event->size);
    in->why[0] = '\0';
    status =
        in->plugin.kind == NJORD_KIND_BROKER ? to_broker(in, shown) : to_strategy(in, topic, shown);
    if (memcmp(before, shown, event->size) != 0)
        mock->scribbles++;
    if (status == NJORD_E_UNSUPPORTED)
        status = NJORD_OK;
    if (status != NJORD_OK && in->why[0] == '\0')
        (void)mock_fail(mock, status, "'%s': a callback returned %d", mock->id, status);
done:
    free(shown);
    free(before);
    return status;
}

/* ---- Orders
 * ---------------------------------------------------------------------------------------------------------
 */

static njord_status show_update(njord_mock *mock, const struct mock_order *order, uint8_t status,
                                const char *reason)
{
    njord_broker_order_update update;
    njord_event_init(&update, NJORD_EV_BROKER_ORDER_UPDATE);
    update.ev.ts_ns = mock->now;
    memcpy(update.client_order_id, order->open.intent_id, sizeof order->open.intent_id);
    memcpy(update.symbol, order->open.symbol, sizeof order->open.symbol);
    update.status = status;
    update.filled_qty = order->open.filled_qty;
    if (order->open.filled_qty > 0.0)
        update.avg_price = order->paid / order->open.filled_qty;
    (void)snprintf(update.reason, sizeof update.reason, "%s", reason);
    return show(mock, "broker.orders", &update.ev);
}

static njord_status fill_order(njord_mock *mock, struct mock_order *order, double qty, double price,
                               double fee)
{
    struct mock_order filled;
    struct mock_symbol *s = mock_find(mock, order->open.symbol);
    njord_fill fill;
    njord_position_snapshot position;
    njord_status first = NJORD_OK, status;
    double sign = order->open.side == NJORD_SIDE_BUY ? 1.0 : -1.0;
    order->open.filled_qty += qty;
    order->paid += qty * price;
    int whole = order->open.filled_qty >= order->open.qty;
    order->open.status = whole ? NJORD_STATUS_FILLED : NJORD_STATUS_PARTIALLY_FILLED;
    filled = *order;
    if (whole)
        mock_drop_order(mock, order);
    apply_fill(s, sign * qty, price, fee);
    mock->cash -= sign * qty * price + fee;

    first = show_update(mock, &filled, filled.open.status, "");

    njord_event_init(&fill, NJORD_EV_FILL);
    fill.ev.ts_ns = mock->now;
    fill.qty = qty;
    fill.price = price;
    fill.fee = fee;
    (void)snprintf(fill.fill_id, sizeof fill.fill_id, "mock-fill-%llu",
                   (unsigned long long)++mock->next_fill);
    memcpy(fill.order_id, filled.open.intent_id, sizeof filled.open.intent_id);
    memcpy(fill.intent_id, filled.open.intent_id, sizeof filled.open.intent_id);
    memcpy(fill.strategy_id, mock->id, sizeof mock->id);
    memcpy(fill.symbol, s->name, sizeof s->name);
    memcpy(fill.fee_asset, s->rules.quote, sizeof s->rules.quote);
    fill.side = filled.open.side;
    fill.liquidity =
        filled.open.type == NJORD_TYPE_MARKET ? NJORD_LIQUIDITY_TAKER : NJORD_LIQUIDITY_MAKER;
    status = show(mock, "fills.new", &fill.ev);
    first = first == NJORD_OK ? status : first;

    njord_event_init(&position, NJORD_EV_POSITION_SNAPSHOT);
    position.ev.ts_ns = mock->now;
    position.qty = s->qty;
    position.avg_price = s->avg_price;
    position.realized_pnl = s->realized;
    position.unrealized_pnl = s->qty != 0.0 ? s->qty * (s->last - s->avg_price) : 0.0;
    position.fees_paid = s->fees;
    memcpy(position.strategy_id, mock->id, sizeof mock->id);
    memcpy(position.symbol, s->name, sizeof s->name);
    status = show(mock, "positions.snapshot", &position.ev);
    return first == NJORD_OK ? status : first;
}

/* ok, or the first rule that refuses. */
static const char *judge(const njord_mock *mock, const njord_intent *intent)
{
    if (mock->halted)
        return "halted";
    if ((intent->side != NJORD_SIDE_BUY && intent->side != NJORD_SIDE_SELL) ||
        (intent->type != NJORD_TYPE_MARKET && intent->type != NJORD_TYPE_LIMIT) ||
        !isfinite(intent->qty) || intent->qty <= 0.0 ||
        (intent->type == NJORD_TYPE_LIMIT &&
         (!isfinite(intent->limit_price) || intent->limit_price <= 0.0)))
        return "malformed";
    if (!mock_find(mock, intent->symbol))
        return "unknown_symbol";
    if (mock->warming)
        return "warmup";
    return mock->refuse[0] ? mock->refuse : "ok";
}

static njord_status settle_intent(njord_mock *mock, const njord_intent *intent)
{
    njord_decision decision;
    const char *reason = judge(mock, intent);
    njord_event_init(&decision, NJORD_EV_DECISION);
    decision.ev.ts_ns = mock->now;
    memcpy(decision.intent_id, intent->intent_id, sizeof intent->intent_id);
    memcpy(decision.strategy_id, intent->strategy_id, sizeof intent->strategy_id);
    memcpy(decision.reason, reason, strlen(reason) + 1);
    decision.allowed = strcmp(reason, "ok") == 0;
    struct mock_order *order = mock_order(mock, intent->intent_id);
    if (!decision.allowed && order)
        mock_drop_order(mock, order);
    njord_status first = show(mock, "risk.decisions", &decision.ev);
    order = mock_order(mock, intent->intent_id);
    if (decision.allowed && order && mock->auto_fill && intent->type == NJORD_TYPE_MARKET) {
        double price = mock_find(mock, intent->symbol)->last;
        if (isfinite(price)) {
            njord_status status = fill_order(mock, order, order->open.qty, price, 0.0);
            first = first == NJORD_OK ? status : first;
        }
    }
    return first;
}

static njord_status settle_cancel(njord_mock *mock, const njord_cancel *cancel)
{
    struct mock_order *order = mock_order(mock, cancel->intent_id);
    if (!order)
        return NJORD_OK;
    struct mock_order ended = *order;
    mock_drop_order(mock, order);
    return show_update(mock, &ended, NJORD_STATUS_CANCELED, "");
}

/* Delivers what the plugin's outputs cause, first in first out, until nothing is left. */
static njord_status settle(njord_mock *mock)
{
    njord_status first = NJORD_OK;
    while (mock->settled < mock->n_outputs) {
        const void *event = mock->outputs[mock->settled++].event;
        uint32_t type = ((const njord_event *)event)->type;
        njord_status status = NJORD_OK;
        if (mock->instance->plugin.kind == NJORD_KIND_STRATEGY && type == NJORD_EV_INTENT)
            status = settle_intent(mock, event);
        if (mock->instance->plugin.kind == NJORD_KIND_STRATEGY && type == NJORD_EV_CANCEL)
            status = settle_cancel(mock, event);
        first = first == NJORD_OK ? status : first;
    }
    return first;
}

static int with_rest(njord_mock *mock, njord_status status)
{
    njord_status later = settle(mock);
    return status == NJORD_OK ? later : status;
}

static int no_instance(njord_mock *mock)
{
    return mock_fail(mock, NJORD_E_BUSY, "there is no instance: create one first");
}

int njord_mock_fill(njord_mock *mock, const char *intent_id, double qty, double price, double fee)
{
    struct mock_order *order = mock_order(mock, intent_id);
    if (!mock->instance)
        return no_instance(mock);
    if (!order)
        return mock_fail(mock, NJORD_E_NOT_FOUND, "no open order '%.40s'", intent_id);
    if (!(qty > 0.0) || qty > order->open.qty - order->open.filled_qty || !(price > 0.0) ||
        !isfinite(fee))
        return mock_fail(mock, NJORD_E_ARG, "fill of '%s': quantity, price or fee out of range",
                         intent_id);
    return with_rest(mock, fill_order(mock, order, qty, price, fee));
}

void njord_mock_auto_fill(njord_mock *mock, int on)
{
    mock->auto_fill = on;
}

void njord_mock_warmup(njord_mock *mock, int on)
{
    mock->warming = on;
}

void njord_mock_halt(njord_mock *mock, int on)
{
    mock->halted = on;
}

void njord_mock_refuse(njord_mock *mock, const char *reason)
{
    (void)snprintf(mock->refuse, sizeof mock->refuse, "%s", reason ? reason : "");
}

int njord_mock_set_position(njord_mock *mock, const char *symbol, double qty, double avg_price)
{
    struct mock_symbol *s = mock_find(mock, symbol);
    if (!s)
        return mock_fail(mock, NJORD_E_NOT_FOUND, "symbol '%.31s' is not there: add it first",
                         symbol);
    s->qty = qty;
    s->avg_price = avg_price;
    return NJORD_OK;
}

double njord_mock_position(const njord_mock *mock, const char *symbol)
{
    const struct mock_symbol *s = mock_find(mock, symbol);
    return s ? s->qty : 0.0;
}

/* ---- Time
 * -----------------------------------------------------------------------------------------------------------
 */

/* The timer due first, at ts_ns at the latest; NULL: none. Equal times: by number. */
static struct mock_timer *due_timer(const njord_mock *mock, int64_t ts_ns)
{
    struct mock_timer *best = NULL;
    for (size_t i = 0; i < mock->n_timers; i++) {
        struct mock_timer *t = &mock->timers[i];
        if (t->due_ns <= ts_ns &&
            (!best || t->due_ns < best->due_ns || (t->due_ns == best->due_ns && t->id < best->id)))
            best = t;
    }
    return best;
}

static njord_status on_timer(struct mock_instance *in, uint32_t timer, int64_t due_ns)
{
    njord_status (*call)(void *, uint32_t, int64_t) = NULL;
    if (in->plugin.kind == NJORD_KIND_STRATEGY)
        call = in->iface.strategy.on_timer;
    if (in->plugin.kind == NJORD_KIND_BROKER)
        call = in->iface.broker.on_timer;
    if (in->plugin.kind == NJORD_KIND_FEED)
        call = in->iface.feed.on_timer;
    return call ? call(in->self, timer, due_ns) : NJORD_OK;
}

int njord_mock_advance(njord_mock *mock, int64_t ts_ns)
{
    njord_status first = NJORD_OK;
    struct mock_timer *timer;
    if (!mock->instance)
        return no_instance(mock);
    while ((timer = due_timer(mock, ts_ns)) != NULL) {
        struct mock_timer fired = *timer;
        if (fired.period_ns > 0)
            timer->due_ns += fired.period_ns;
        else
            *timer = mock->timers[--mock->n_timers];
        if (fired.due_ns > mock->now)
            mock->now = fired.due_ns;
        mock->seq++;
        njord_status status = with_rest(mock, on_timer(mock->instance, fired.id, fired.due_ns));
        first = first == NJORD_OK ? status : first;
    }
    if (ts_ns > mock->now)
        mock->now = ts_ns;
    return first;
}

/* ---- Events
 * ---------------------------------------------------------------------------------------------------------
 */

/* Last prices, books and rules as an event changes them. */
static int learn(njord_mock *mock, const njord_event *event)
{
    struct mock_symbol *s = mock_find(mock, njord_event_symbol(event));
    const void *e = event;
    if (!s)
        return NJORD_OK;
    if (event->type == NJORD_EV_TRADE)
        s->last = ((const njord_trade *)e)->price;
    if (event->type == NJORD_EV_BAR)
        s->last = ((const njord_bar *)e)->close;
    if (event->type == NJORD_EV_INSTRUMENT) {
        s->rules = *(const njord_instrument *)e;
        s->known = 1;
    }
    if (event->type == NJORD_EV_BOOK) {
        njord_book *copy = realloc(s->book, event->size);
        if (!copy)
            return mock_fail(mock, NJORD_E_NOMEM, "no memory for a book");
        memcpy(copy, event, event->size);
        s->book = copy;
    }
    return NJORD_OK;
}

int njord_mock_event(njord_mock *mock, const char *topic, const njord_event *event)
{
    char why[160];
    if (!mock->instance)
        return no_instance(mock);
    int status = njord_event_check(event, event->size, why, sizeof why);
    if (status != NJORD_OK)
        return mock_fail(mock, status, "an event that no host would show: %s", why);
    int64_t ts = njord_is_set_i64(event->ts_ns) ? event->ts_ns : mock->now;
    if ((status = njord_mock_advance(mock, ts)) != NJORD_OK ||
        (status = learn(mock, event)) != NJORD_OK)
        return status;
    mock->seq++;
    return with_rest(mock, show(mock, topic, event));
}

/* Symbol into an event's member. */
static int put_symbol(njord_mock *mock, char *out, const char *symbol)
{
    if (strlen(symbol) >= NJORD_SYMBOL_SIZE)
        return mock_fail(mock, NJORD_E_ARG, "symbol '%.31s...' is too long", symbol);
    memcpy(out, symbol, strlen(symbol) + 1);
    return NJORD_OK;
}

int njord_mock_trade(njord_mock *mock, const char *symbol, double price, double qty, int64_t ts_ns)
{
    njord_trade trade;
    char topic[16 + NJORD_SYMBOL_SIZE];
    njord_event_init(&trade, NJORD_EV_TRADE);
    if (put_symbol(mock, trade.symbol, symbol) != NJORD_OK)
        return NJORD_E_ARG;
    trade.ev.ts_ns = ts_ns;
    trade.price = price;
    trade.qty = qty;
    (void)snprintf(topic, sizeof topic, "md.trades.%s", symbol);
    return njord_mock_event(mock, topic, &trade.ev);
}

int njord_mock_bar(njord_mock *mock, const char *symbol, const char *timeframe, int64_t ts_open_ns,
                   double open, double high, double low, double close, double volume)
{
    njord_bar bar;
    char topic[32 + NJORD_SYMBOL_SIZE];
    int64_t length = njord_timeframe_ns(timeframe);
    njord_event_init(&bar, NJORD_EV_BAR);
    if (length == 0)
        return mock_fail(mock, NJORD_E_ARG, "timeframe '%.16s': expected 1s to 1d", timeframe);
    if (put_symbol(mock, bar.symbol, symbol) != NJORD_OK)
        return NJORD_E_ARG;
    memcpy(bar.timeframe, timeframe, strlen(timeframe) + 1);
    bar.ts_open = ts_open_ns;
    bar.ts_close = bar.ev.ts_ns = ts_open_ns + length;
    bar.open = open;
    bar.high = high;
    bar.low = low;
    bar.close = close;
    bar.volume = volume;
    (void)snprintf(topic, sizeof topic, "md.ohlcv.%s.%s", timeframe, symbol);
    return njord_mock_event(mock, topic, &bar.ev);
}

int njord_mock_book(njord_mock *mock, const char *symbol, const njord_level *bids, uint32_t n_bids,
                    const njord_level *asks, uint32_t n_asks, int64_t ts_ns)
{
    char topic[16 + NJORD_SYMBOL_SIZE];
    if (n_bids > NJORD_MAX_LEVELS || n_asks > NJORD_MAX_LEVELS)
        return mock_fail(mock, NJORD_E_LIMIT, "a book has at most %u levels a side",
                         NJORD_MAX_LEVELS);
    size_t cap = sizeof(njord_book) + ((size_t)n_bids + n_asks) * sizeof(njord_level) + 64;
    njord_book *book = calloc(1, cap);
    if (!book)
        return mock_fail(mock, NJORD_E_NOMEM, "no memory for a book");
    njord_event_init(book, NJORD_EV_BOOK);
    book->ev.ts_ns = ts_ns;
    int status = put_symbol(mock, book->symbol, symbol);
    if (status == NJORD_OK)
        status = njord_tail_put(&book->ev, cap, &book->bids, bids, n_bids, sizeof *bids);
    if (status == NJORD_OK)
        status = njord_tail_put(&book->ev, cap, &book->asks, asks, n_asks, sizeof *asks);
    (void)snprintf(topic, sizeof topic, "md.book.%.31s", symbol);
    if (status == NJORD_OK)
        status = njord_mock_event(mock, topic, &book->ev);
    free(book);
    return status;
}

int njord_mock_sync(njord_mock *mock)
{
    struct mock_instance *in = mock->instance;
    if (!in)
        return no_instance(mock);
    if (in->plugin.kind != NJORD_KIND_STRATEGY || !in->iface.strategy.on_sync)
        return NJORD_OK;
    njord_position_snapshot *positions = calloc(mock->n_symbols + 1u, sizeof *positions);
    njord_open_order *orders = calloc(mock->n_orders + 1u, sizeof *orders);
    njord_status status = NJORD_E_NOMEM;
    if (!positions || !orders)
        goto done;
    for (uint32_t i = 0; i < mock->n_symbols; i++) {
        const struct mock_symbol *s = mock->symbols[i];
        njord_event_init(&positions[i], NJORD_EV_POSITION_SNAPSHOT);
        positions[i].ev.ts_ns = mock->now;
        positions[i].qty = s->qty;
        positions[i].avg_price = s->avg_price;
        positions[i].realized_pnl = s->realized;
        memcpy(positions[i].strategy_id, mock->id, sizeof mock->id);
        memcpy(positions[i].symbol, s->name, sizeof s->name);
    }
    for (uint32_t i = 0; i < mock->n_orders; i++)
        orders[i] = mock->orders[i].open;
    mock->seq++;
    status = with_rest(mock, in->iface.strategy.on_sync(in->self, positions, mock->n_symbols,
                                                        orders, mock->n_orders));
done:
    free(positions);
    free(orders);
    return status;
}

/* ---- Brokers, feeds, allocators
 * ------------------------------------------------------------------------------------- */

/* The instance when it is of that kind; NULL, and the error says so. */
static struct mock_instance *of_kind(njord_mock *mock, uint32_t kind)
{
    struct mock_instance *in = mock->instance;
    if (in && in->plugin.kind == kind) {
        in->why[0] = '\0';
        mock->seq++;
        return in;
    }
    (void)mock_fail(mock, NJORD_E_ARG, "there is no instance, or it is of another kind");
    return NULL;
}

int njord_mock_place(njord_mock *mock, const char *client_order_id, const char *symbol,
                     uint8_t side, uint8_t type, uint8_t tif, double qty, double limit)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_BROKER);
    njord_broker_order_req req;
    if (!in || strlen(client_order_id) >= sizeof req.client_order_id)
        return NJORD_E_ARG;
    njord_event_init(&req, NJORD_EV_BROKER_ORDER_REQ);
    if (put_symbol(mock, req.symbol, symbol) != NJORD_OK)
        return NJORD_E_ARG;
    memcpy(req.client_order_id, client_order_id, strlen(client_order_id) + 1);
    req.side = side;
    req.type = type;
    req.tif = tif;
    req.qty = qty;
    req.limit_price = limit;
    req.ev.symbol_id = symbol_id(mock, symbol);
    return in->iface.broker.place(in->self, &req);
}

static int with_ref(njord_mock *mock, njord_status (*call)(void *, const njord_order_ref *),
                    const char *symbol, const char *client_order_id)
{
    njord_order_ref ref;
    memset(&ref, 0, sizeof ref);
    ref.size = (uint32_t)sizeof ref;
    if (strlen(client_order_id) >= sizeof ref.client_order_id ||
        put_symbol(mock, ref.symbol, symbol) != NJORD_OK)
        return NJORD_E_ARG;
    memcpy(ref.client_order_id, client_order_id, strlen(client_order_id) + 1);
    return call ? call(mock->instance->self, &ref) : NJORD_E_UNSUPPORTED;
}

int njord_mock_cancel(njord_mock *mock, const char *symbol, const char *client_order_id)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_BROKER);
    return in ? with_ref(mock, in->iface.broker.cancel, symbol, client_order_id) : NJORD_E_ARG;
}

int njord_mock_query(njord_mock *mock, const char *symbol, const char *client_order_id)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_BROKER);
    return in ? with_ref(mock, in->iface.broker.query, symbol, client_order_id) : NJORD_E_ARG;
}

int njord_mock_open_orders(njord_mock *mock, const char *symbol)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_BROKER);
    if (!in || !in->iface.broker.open_orders)
        return in ? NJORD_E_UNSUPPORTED : NJORD_E_ARG;
    return in->iface.broker.open_orders(in->self, symbol);
}

int njord_mock_balances(njord_mock *mock)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_BROKER);
    if (!in || !in->iface.broker.balances)
        return in ? NJORD_E_UNSUPPORTED : NJORD_E_ARG;
    return in->iface.broker.balances(in->self);
}

int njord_mock_subscribe(njord_mock *mock, const char *symbol, uint32_t what)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_FEED);
    if (!in || !in->iface.feed.subscribe)
        return in ? NJORD_E_UNSUPPORTED : NJORD_E_ARG;
    return in->iface.feed.subscribe(in->self, symbol, what);
}

int njord_mock_unsubscribe(njord_mock *mock, const char *symbol, uint32_t what)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_FEED);
    if (!in || !in->iface.feed.unsubscribe)
        return in ? NJORD_E_UNSUPPORTED : NJORD_E_ARG;
    return in->iface.feed.unsubscribe(in->self, symbol, what);
}

int njord_mock_snapshot(njord_mock *mock, const char *symbol)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_FEED);
    if (!in || !in->iface.feed.snapshot)
        return in ? NJORD_E_UNSUPPORTED : NJORD_E_ARG;
    return in->iface.feed.snapshot(in->self, symbol);
}

int njord_mock_next(njord_mock *mock)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_FEED);
    if (!in || !in->iface.feed.next)
        return in ? NJORD_E_UNSUPPORTED : NJORD_E_ARG;
    return in->iface.feed.next(in->self);
}

int njord_mock_descriptor(njord_mock *mock, int32_t fd, uint32_t events)
{
    struct mock_instance *in = mock->instance;
    if (in && in->plugin.kind == NJORD_KIND_FEED && in->iface.feed.on_descriptor)
        return in->iface.feed.on_descriptor(in->self, fd, events);
    if (in && in->plugin.kind == NJORD_KIND_BROKER && in->iface.broker.on_descriptor)
        return in->iface.broker.on_descriptor(in->self, fd, events);
    return NJORD_E_UNSUPPORTED;
}

int njord_mock_targets(njord_mock *mock, double total_capital, const njord_allocator_row *rows,
                       uint32_t n, double *out)
{
    struct mock_instance *in = of_kind(mock, NJORD_KIND_ALLOCATOR);
    return in ? in->iface.allocator.targets(in->self, total_capital, rows, n, out) : NJORD_E_ARG;
}
