/* mock_host.c - the services that the mock host gives to its plugin: the table of njord/abi.h and
 * the extensions. */
#include "mock_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mock_instance *instance_of(const njord_host *host)
{
    return host->priv;
}

static struct njord_mock *mock_of(const njord_host *host)
{
    return instance_of(host)->mock;
}

/* Only the instance that runs may act; a new version that is being prepared may not. */
static int may_act(const njord_host *host)
{
    return mock_of(host)->instance == instance_of(host);
}

int mock_record(struct njord_mock *mock, const char *topic, const njord_event *event)
{
    struct mock_index *index;
    njord_event *copy = NULL;
    if (mock->n_outputs >= MOCK_MAX_OUTPUTS)
        return mock_fail(mock, NJORD_E_LIMIT, "more than %u outputs", MOCK_MAX_OUTPUTS);
    if (event->type == 0 || event->type >= NJORD_EV_COUNT ||
        strlen(topic) >= sizeof mock->outputs->topic)
        return mock_fail(mock, NJORD_E_ARG, "an event of no known type, or an overlong topic");
    index = &mock->by_type[event->type];
    if (mock_grow(&mock->outputs, &mock->cap_outputs, mock->n_outputs, sizeof *mock->outputs) !=
            NJORD_OK ||
        mock_grow(&index->at, &index->cap, index->count, sizeof *index->at) != NJORD_OK ||
        !(copy = malloc(event->size)))
        return mock_fail(mock, NJORD_E_NOMEM, "no memory for outputs");
    memcpy(copy, event, event->size);
    mock->outputs[mock->n_outputs].event = copy;
    memcpy(mock->outputs[mock->n_outputs].topic, topic, strlen(topic) + 1);
    index->at[index->count++] = (uint32_t)mock->n_outputs++;
    return NJORD_OK;
}

/* ---- [any]
 * ----------------------------------------------------------------------------------------------------------
 */

static int64_t host_now(const njord_host *host)
{
    return mock_of(host)->now;
}

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t host_random(const njord_host *host)
{
    uint64_t z = (mock_of(host)->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void host_log(const njord_host *host, int32_t level, const char *text)
{
    struct njord_mock *mock = mock_of(host);
    char *copy = strdup(text);
    if (!copy ||
        mock_grow(&mock->lines, &mock->cap_lines, mock->n_lines, sizeof *mock->lines) != NJORD_OK) {
        free(copy);
        return;
    }
    mock->lines[mock->n_lines].level = level;
    mock->lines[mock->n_lines++].text = copy;
}

static njord_status host_fail(const njord_host *host, njord_status code, const char *why)
{
    struct mock_instance *in = instance_of(host);
    (void)snprintf(in->why, sizeof in->why, "%s", why);
    (void)mock_fail(in->mock, code, "'%s': %s", in->mock->id, why);
    return code;
}

static const char *host_id(const njord_host *host)
{
    return mock_of(host)->id;
}

static uint32_t host_symbols(const njord_host *host, const char *const **out)
{
    *out = mock_of(host)->symbol_names;
    return mock_of(host)->n_symbols;
}

static njord_status host_param(const njord_host *host, const char *name, njord_value *out)
{
    struct mock_instance *in = instance_of(host);
    for (size_t i = 0; i < in->n_values; i++)
        if (strcmp(mock_param_at(in, i)->name, name) == 0) {
            uint32_t size = out->size < sizeof *out ? out->size : (uint32_t)sizeof *out;
            memcpy(out, &in->values[i], size);
            out->size = size;
            return NJORD_OK;
        }
    return NJORD_E_NOT_FOUND;
}

static njord_status host_position(const njord_host *host, const char *symbol, njord_holding *out)
{
    const struct mock_symbol *s = mock_find(mock_of(host), symbol);
    njord_holding holding = {0};
    if (!s)
        return NJORD_E_NOT_FOUND;
    uint32_t size = out->size < sizeof holding ? out->size : (uint32_t)sizeof holding;
    holding.size = size;
    holding.qty = s->qty;
    holding.avg_price = s->avg_price;
    holding.realized_pnl = s->realized;
    holding.unrealized_pnl = s->qty != 0.0 ? s->qty * (s->last - s->avg_price) : 0.0;
    holding.fees_paid = s->fees;
    memcpy(out, &holding, size);
    return NJORD_OK;
}

static double host_working(const njord_host *host, const char *symbol)
{
    const struct njord_mock *mock = mock_of(host);
    double sum = 0.0;
    for (uint32_t i = 0; i < mock->n_orders; i++) {
        const njord_open_order *o = &mock->orders[i].open;
        if (strcmp(o->symbol, symbol) == 0)
            sum += (o->side == NJORD_SIDE_BUY ? 1.0 : -1.0) * (o->qty - o->filled_qty);
    }
    return sum;
}

static double host_last_price(const njord_host *host, const char *symbol)
{
    const struct mock_symbol *s = mock_find(mock_of(host), symbol);
    return s ? s->last : (double)NAN;
}

static njord_status host_instrument(const njord_host *host, const char *symbol,
                                    njord_instrument *out)
{
    const struct mock_symbol *s = mock_find(mock_of(host), symbol);
    if (!s || !s->known)
        return NJORD_E_NOT_FOUND;
    uint32_t size = out->ev.size < sizeof *out ? out->ev.size : (uint32_t)sizeof *out;
    memcpy(out, &s->rules, size);
    out->ev.size = size;
    return NJORD_OK;
}

static double host_capital(const njord_host *host)
{
    return mock_of(host)->capital;
}

static double host_cash(const njord_host *host)
{
    return mock_of(host)->cash;
}

static uint32_t host_open_orders(const njord_host *host, const char *symbol, njord_open_order *out,
                                 uint32_t cap)
{
    const struct njord_mock *mock = mock_of(host);
    uint32_t n = 0, step = cap > 0 ? out[0].size : 0;
    for (uint32_t i = 0; i < mock->n_orders; i++) {
        const njord_open_order *o = &mock->orders[i].open;
        if (symbol && strcmp(o->symbol, symbol) != 0)
            continue;
        if (n < cap) {
            uint32_t size = step < sizeof *o ? step : (uint32_t)sizeof *o;
            char *to = (char *)out + (size_t)n * step;
            memcpy(to, o, size);
            memcpy(to, &step, sizeof step);
        }
        n++;
    }
    return n;
}

static njord_status host_book(const njord_host *host, const char *symbol, const njord_book **out)
{
    const struct mock_symbol *s = mock_find(mock_of(host), symbol);
    if (!s || !s->book)
        return NJORD_E_NOT_FOUND;
    *out = s->book;
    return NJORD_OK;
}

static int32_t host_halted(const njord_host *host)
{
    return mock_of(host)->halted;
}

static int32_t host_warming(const njord_host *host)
{
    return mock_of(host)->warming;
}

/* ---- [loop]
 * ---------------------------------------------------------------------------------------------------------
 */

static njord_status host_submit(const njord_host *host, const njord_order *given, char *intent_id)
{
    struct njord_mock *mock = mock_of(host);
    struct {
        njord_intent intent;
        njord_text_pair meta[NJORD_MAX_META];
    } event;
    njord_order order;
    struct mock_order *kept;
    size_t cap = mock->cap_orders;
    if (!may_act(host))
        return NJORD_E_BUSY;
    memset(&order, 0, sizeof order);
    memcpy(&order, given, given->size < sizeof order ? given->size : sizeof order);
    if (!memchr(order.symbol, 0, sizeof order.symbol) || order.meta_count > NJORD_MAX_META)
        return host_fail(host, NJORD_E_ARG,
                         "submit: a symbol without an end, or too many pairs of meta");

    memset(&event, 0, sizeof event);
    njord_event_init(&event.intent, NJORD_EV_INTENT);
    event.intent.ev.ts_ns = mock->now;
    event.intent.ev.seq = mock->seq;
    (void)snprintf(event.intent.intent_id, sizeof event.intent.intent_id, "mock-%llu",
                   (unsigned long long)++mock->next_intent);
    memcpy(event.intent.strategy_id, mock->id, sizeof mock->id);
    memcpy(event.intent.symbol, order.symbol, sizeof order.symbol);
    event.intent.side = order.side;
    event.intent.type = order.type;
    event.intent.tif = order.tif;
    event.intent.qty = order.qty;
    event.intent.limit_price = order.limit_price;
    if (order.meta_count > 0 &&
        njord_tail_put(&event.intent.ev, sizeof event, &event.intent.meta, order.meta,
                       (uint32_t)order.meta_count, sizeof order.meta[0]) != NJORD_OK)
        return NJORD_E_ARG;
    if (mock_grow(&mock->orders, &cap, mock->n_orders, sizeof *mock->orders) != NJORD_OK)
        return NJORD_E_NOMEM;
    mock->cap_orders = (uint32_t)cap;
    int status = mock_record(mock, "strat.intent", &event.intent.ev);
    if (status != NJORD_OK)
        return status;

    kept = &mock->orders[mock->n_orders++];
    memset(kept, 0, sizeof *kept);
    kept->open.size = (uint32_t)sizeof kept->open;
    kept->open.side = order.side;
    kept->open.type = order.type;
    kept->open.tif = order.tif;
    kept->open.status = NJORD_STATUS_NEW;
    kept->open.qty = order.qty;
    kept->open.limit_price = order.type == NJORD_TYPE_LIMIT ? order.limit_price : (double)NAN;
    kept->open.ts_ns = mock->now;
    memcpy(kept->open.intent_id, event.intent.intent_id, sizeof kept->open.intent_id);
    memcpy(kept->open.symbol, order.symbol, sizeof order.symbol);
    if (intent_id)
        memcpy(intent_id, event.intent.intent_id, sizeof event.intent.intent_id);
    return NJORD_OK;
}

static njord_status host_cancel(const njord_host *host, const char *intent_id)
{
    struct njord_mock *mock = mock_of(host);
    njord_cancel event;
    if (!may_act(host))
        return NJORD_E_BUSY;
    if (strnlen(intent_id, NJORD_INTENT_ID_SIZE) >= NJORD_INTENT_ID_SIZE)
        return host_fail(host, NJORD_E_ARG, "cancel: an overlong intent id");
    if (!mock_order(mock, intent_id))
        return NJORD_E_NOT_FOUND;
    njord_event_init(&event, NJORD_EV_CANCEL);
    event.ev.ts_ns = mock->now;
    memcpy(event.intent_id, intent_id, strlen(intent_id) + 1);
    memcpy(event.strategy_id, mock->id, sizeof mock->id);
    return mock_record(mock, "strat.cancel", &event.ev);
}

static njord_status host_publish(const njord_host *host, const char *topic,
                                 const njord_event *event)
{
    struct mock_instance *in = instance_of(host);
    char why[160], own[8 + NJORD_ID_SIZE];
    if (!may_act(host))
        return NJORD_E_BUSY;
    if (njord_event_check(event, event->size, why, sizeof why) != NJORD_OK)
        return host_fail(host, NJORD_E_ARG, why);
    (void)snprintf(own, sizeof own, "sig.%s", in->mock->id);
    if (in->plugin.kind == NJORD_KIND_STRATEGY
            ? strcmp(topic, own) != 0 || event->type != NJORD_EV_SIGNAL
            : in->plugin.kind != NJORD_KIND_FEED || strncmp(topic, "md.", 3) != 0)
        return host_fail(host, NJORD_E_ARG,
                         "publish: this kind of plugin may not publish on that topic");
    return mock_record(in->mock, topic, event);
}

static njord_status host_timer_cancel(const njord_host *host, uint32_t timer)
{
    struct njord_mock *mock = mock_of(host);
    for (size_t i = 0; i < mock->n_timers; i++)
        if (mock->timers[i].id == timer) {
            mock->timers[i] = mock->timers[--mock->n_timers];
            return NJORD_OK;
        }
    return NJORD_E_NOT_FOUND;
}

static njord_status host_timer_set(const njord_host *host, uint32_t timer, int64_t due_ns,
                                   int64_t period_ns)
{
    struct njord_mock *mock = mock_of(host);
    if (period_ns < 0)
        return host_fail(host, NJORD_E_ARG, "timer_set: a period below 0");
    (void)host_timer_cancel(host, timer);
    if (mock_grow(&mock->timers, &mock->cap_timers, mock->n_timers, sizeof *mock->timers) !=
        NJORD_OK)
        return NJORD_E_NOMEM;
    struct mock_timer set = {timer, due_ns, period_ns};
    mock->timers[mock->n_timers++] = set;
    return NJORD_OK;
}

/* ---- Extensions
 * -----------------------------------------------------------------------------------------------------
 */

static njord_status answer(const njord_host *host, const njord_event *event)
{
    char why[160];
    if (!may_act(host))
        return NJORD_E_BUSY;
    if (njord_event_check(event, event->size, why, sizeof why) != NJORD_OK)
        return host_fail(host, NJORD_E_ARG, why);
    return mock_record(mock_of(host), "", event);
}

static njord_status broker_ack(const njord_host *host, const njord_broker_order_ack *ack)
{
    return answer(host, &ack->ev);
}

static njord_status broker_update(const njord_host *host, const njord_broker_order_update *update)
{
    return answer(host, &update->ev);
}

static njord_status broker_fill(const njord_host *host, const njord_broker_fill *fill)
{
    return answer(host, &fill->ev);
}

static njord_status broker_balance(const njord_host *host, const njord_balance_snapshot *balance)
{
    return answer(host, &balance->ev);
}

static njord_status broker_error(const njord_host *host, const njord_order_ref *ref, uint32_t cls,
                                 int32_t code, const char *text, int64_t retry_after_ns)
{
    struct njord_mock *mock = mock_of(host);
    if (!may_act(host))
        return NJORD_E_BUSY;
    if (mock_grow(&mock->errors, &mock->cap_errors, mock->n_errors, sizeof *mock->errors) !=
        NJORD_OK)
        return NJORD_E_NOMEM;
    njord_mock_broker_error *e = &mock->errors[mock->n_errors++];
    memset(e, 0, sizeof *e);
    if (ref)
        memcpy(&e->ref, ref, ref->size < sizeof e->ref ? ref->size : sizeof e->ref);
    e->cls = cls;
    e->code = code;
    e->retry_after_ns = retry_after_ns;
    (void)snprintf(e->text, sizeof e->text, "%s", text ? text : "");
    return NJORD_OK;
}

static njord_status feed_speed(const njord_host *host, double times)
{
    (void)host;
    return times >= 0.0 && isfinite(times) ? NJORD_OK : NJORD_E_ARG;
}

static njord_status loop_watch(const njord_host *host, int32_t fd, uint32_t events)
{
    (void)host;
    return fd >= 0 && events <= (NJORD_LOOP_READ | NJORD_LOOP_WRITE) ? NJORD_OK : NJORD_E_ARG;
}

static const void *host_extension(const njord_host *host, const char *name)
{
    static const njord_broker_host broker = {
        (uint32_t)sizeof broker, 0,           broker_ack, broker_update, broker_fill,
        broker_balance,          broker_error};
    static const njord_feed_host feed = {(uint32_t)sizeof feed, 0, feed_speed};
    static const njord_loop_host loop = {(uint32_t)sizeof loop, 0, loop_watch};
    uint32_t kind = instance_of(host)->plugin.kind;
    if (strcmp(name, NJORD_EXT_BROKER) == 0 && kind == NJORD_KIND_BROKER)
        return &broker;
    if (strcmp(name, NJORD_EXT_FEED) == 0 && kind == NJORD_KIND_FEED)
        return &feed;
    if (strcmp(name, NJORD_EXT_LOOP) == 0 && (kind == NJORD_KIND_FEED || kind == NJORD_KIND_BROKER))
        return &loop;
    return NULL;
}

void mock_host_init(struct mock_instance *in)
{
    const njord_host host = {(uint32_t)sizeof host,
                             NJORD_ABI_MAJOR,
                             NJORD_ABI_MINOR,
                             in,
                             host_now,
                             host_random,
                             host_log,
                             host_fail,
                             host_id,
                             host_symbols,
                             host_param,
                             host_position,
                             host_working,
                             host_last_price,
                             host_instrument,
                             host_capital,
                             host_cash,
                             host_open_orders,
                             host_book,
                             host_submit,
                             host_cancel,
                             host_publish,
                             host_timer_set,
                             host_timer_cancel,
                             host_halted,
                             host_warming,
                             host_extension};
    in->host = host;
}
