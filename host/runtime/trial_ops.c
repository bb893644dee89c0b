/* The host that a trial's instance sees: what it asks is answered from the made-up market, what it
 * puts out is written down. */
#include "runtime/trial.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OUTPUTS ((size_t)8 << 20)

const char *const nj_trial_symbols[NJ_TRIAL_SYMBOLS] = {"ATOM/USDT", "BTC/USDT"};

/* ---- outputs ---- */

void nj_trial_put_line(struct nj_trial *t, const char *text)
{
    t->n_outputs++;
    if (t->outputs.len < MAX_OUTPUTS)
        nj_buf_printf(&t->outputs, "%s\n", text);
}

static void put_event(struct nj_trial *t, const char *what, const njord_event *event)
{
    size_t cap = njord_encode_bound(event), len;
    char *text = malloc(cap);
    t->n_outputs++;
    if (text && njord_encode_json(event, NULL, text, cap, &len) == 0 &&
        t->outputs.len < MAX_OUTPUTS) {
        nj_buf_printf(&t->outputs, "%s ", what);
        nj_buf_add(&t->outputs, text, len);
        nj_buf_putc(&t->outputs, '\n');
    }
    free(text);
}

uint32_t nj_trial_symbol_at(const char *symbol)
{
    for (uint32_t i = 0; i < NJ_TRIAL_SYMBOLS; i++)
        if (strcmp(nj_trial_symbols[i], symbol) == 0)
            return i;
    return NJ_TRIAL_SYMBOLS;
}

static int64_t now_ns(void *ctx)
{
    return ((struct nj_trial *)ctx)->market.now_ns;
}

static void log_text(void *ctx, struct nj_instance *i, int32_t level, const char *text)
{
    (void)ctx, (void)i, (void)level, (void)text;
}

static njord_status position(void *ctx, struct nj_instance *i, const char *symbol,
                             njord_holding *out)
{
    struct nj_trial *t = ctx;
    uint32_t at = nj_trial_symbol_at(symbol);
    (void)i;
    if (at == NJ_TRIAL_SYMBOLS)
        return NJORD_OK;
    out->qty = t->market.position[at];
    out->avg_price = out->qty != 0 ? t->market.price[at] : 0;
    return NJORD_OK;
}

static double working(void *ctx, struct nj_instance *i, const char *symbol)
{
    struct nj_trial *t = ctx;
    double sum = 0;
    (void)i;
    for (uint32_t k = 0; k < t->market.n_orders; k++) {
        const struct nj_trial_order *o = &t->market.orders[k];
        if (strcmp(nj_trial_symbols[o->symbol], symbol) == 0)
            sum += o->side == NJORD_SIDE_BUY ? o->qty : -o->qty;
    }
    return sum;
}

static double last_price(void *ctx, struct nj_instance *i, const char *symbol)
{
    struct nj_trial *t = ctx;
    uint32_t at = nj_trial_symbol_at(symbol);
    (void)i;
    return at < NJ_TRIAL_SYMBOLS ? t->market.price[at] : NAN;
}

static njord_status instrument(void *ctx, struct nj_instance *i, const char *symbol,
                               njord_instrument *out)
{
    uint32_t at = nj_trial_symbol_at(symbol);
    (void)ctx, (void)i;
    if (at == NJ_TRIAL_SYMBOLS)
        return NJORD_E_NOT_FOUND;
    njord_event_init(out, NJORD_EV_INSTRUMENT);
    snprintf(out->symbol, sizeof out->symbol, "%s", symbol);
    snprintf(out->base, sizeof out->base, "%.*s", (int)strcspn(symbol, "/"), symbol);
    snprintf(out->quote, sizeof out->quote, "USDT");
    out->tick = 0.01;
    out->step = 0.001;
    return NJORD_OK;
}

static double capital(void *ctx, struct nj_instance *i)
{
    (void)ctx, (void)i;
    return 10000;
}

void nj_trial_describe(const struct nj_trial_order *o, njord_open_order *out, uint32_t step)
{
    njord_open_order mine = {.size = step,
                             .side = o->side,
                             .type = o->type,
                             .tif = o->tif,
                             .status = NJORD_STATUS_NEW,
                             .qty = o->qty,
                             .limit_price = o->limit_price,
                             .ts_ns = o->ts_ns};
    memcpy(mine.intent_id, o->id, sizeof mine.intent_id);
    snprintf(mine.symbol, sizeof mine.symbol, "%s", nj_trial_symbols[o->symbol]);
    memcpy(out, &mine, step < sizeof mine ? step : sizeof mine);
}

static uint32_t open_orders(void *ctx, struct nj_instance *i, const char *symbol,
                            njord_open_order *out, uint32_t cap)
{
    struct nj_trial *t = ctx;
    uint32_t n = 0, step = cap > 0 ? out->size : 0;
    (void)i;
    for (uint32_t k = 0; k < t->market.n_orders; k++) {
        const struct nj_trial_order *o = &t->market.orders[k];
        if (symbol && strcmp(nj_trial_symbols[o->symbol], symbol) != 0)
            continue;
        if (n < cap)
            nj_trial_describe(o, (njord_open_order *)((char *)out + (size_t)n * step), step);
        n++;
    }
    return n;
}

static njord_status book(void *ctx, struct nj_instance *i, const char *symbol,
                         const njord_book **out)
{
    (void)ctx, (void)i, (void)symbol, (void)out;
    return NJORD_E_NOT_FOUND;
}

static njord_status submit(void *ctx, struct nj_instance *i, const njord_order *order,
                           char *intent_id)
{
    struct nj_trial *t = ctx;
    char line[256], qty[NJORD_NUMBER_SIZE], limit[NJORD_NUMBER_SIZE] = "";
    uint32_t at = nj_trial_symbol_at(order->symbol);
    (void)i;
    if (t->market.n_orders == NJ_TRIAL_ORDERS) {
        t->flooded = true;
        return NJORD_E_LIMIT;
    }
    njord_format_f64(order->qty, qty);
    if (njord_is_set_f64(order->limit_price))
        njord_format_f64(order->limit_price, limit);
    snprintf(line, sizeof line, "submit %s %s %s %s %s",
             order->side == NJORD_SIDE_BUY ? "buy" : "sell",
             order->type == NJORD_TYPE_LIMIT ? "limit" : "market", qty, order->symbol, limit);
    nj_trial_put_line(t, line);
    struct nj_trial_order o = {.side = order->side,
                               .type = order->type,
                               .tif = order->tif,
                               .symbol = at,
                               .qty = order->qty,
                               .limit_price = order->limit_price,
                               .ts_ns = t->market.now_ns,
                               .fresh = true};
    snprintf(o.id, sizeof o.id, "check-%llu", (unsigned long long)t->market.next_order++);
    if (intent_id)
        memcpy(intent_id, o.id, sizeof o.id);
    if (at < NJ_TRIAL_SYMBOLS) /* another symbol's would be refused */
        t->market.orders[t->market.n_orders++] = o;
    return NJORD_OK;
}

static njord_status cancel(void *ctx, struct nj_instance *i, const char *intent_id)
{
    struct nj_trial *t = ctx;
    char line[80];
    (void)i;
    snprintf(line, sizeof line, "cancel %s", intent_id);
    nj_trial_put_line(t, line);
    for (uint32_t k = 0; k < t->market.n_orders; k++)
        if (strcmp(t->market.orders[k].id, intent_id) == 0) {
            t->market.orders[k].cancel_wanted = true;
            return NJORD_OK;
        }
    return NJORD_E_NOT_FOUND;
}

static njord_status publish(void *ctx, struct nj_instance *i, const char *topic,
                            const njord_event *event)
{
    (void)i;
    put_event(ctx, topic, event);
    return NJORD_OK;
}

static njord_status timer_set(void *ctx, struct nj_instance *i, uint32_t timer, int64_t due_ns,
                              int64_t period_ns)
{
    struct nj_trial *t = ctx;
    struct nj_trial_timer *free_one = NULL;
    (void)i;
    for (uint32_t k = 0; k < NJ_TRIAL_TIMERS; k++) {
        struct nj_trial_timer *at = &t->market.timers[k];
        if (at->set && at->id == timer) {
            free_one = at;
            break;
        }
        if (!at->set && !free_one)
            free_one = at;
    }
    if (!free_one)
        return NJORD_E_LIMIT;
    *free_one = (struct nj_trial_timer){true, timer, due_ns, period_ns};
    return NJORD_OK;
}

static njord_status timer_cancel(void *ctx, struct nj_instance *i, uint32_t timer)
{
    struct nj_trial *t = ctx;
    (void)i;
    for (uint32_t k = 0; k < NJ_TRIAL_TIMERS; k++)
        if (t->market.timers[k].set && t->market.timers[k].id == timer) {
            t->market.timers[k].set = false;
            return NJORD_OK;
        }
    return NJORD_E_NOT_FOUND;
}

static int32_t no(void *ctx, struct nj_instance *i)
{
    (void)ctx, (void)i;
    return 0;
}

#define ANSWER(name, type)                                                                         \
    static njord_status name(void *ctx, struct nj_instance *i, const type *answer)                 \
    {                                                                                              \
        (void)i;                                                                                   \
        put_event(ctx, #name, &answer->ev);                                                        \
        return NJORD_OK;                                                                           \
    }
ANSWER(ack, njord_broker_order_ack)
ANSWER(update, njord_broker_order_update)
ANSWER(fill, njord_broker_fill)
ANSWER(balance, njord_balance_snapshot)

static njord_status broker_error(void *ctx, struct nj_instance *i, const njord_order_ref *ref,
                                 uint32_t cls, int32_t code, const char *text,
                                 int64_t retry_after_ns)
{
    char line[256];
    (void)i;
    snprintf(line, sizeof line, "error %s class %u code %d %.100s %lld",
             ref ? ref->client_order_id : "", cls, code, text, (long long)retry_after_ns);
    nj_trial_put_line(ctx, line);
    return NJORD_OK;
}

static njord_status speed(void *ctx, struct nj_instance *i, double times)
{
    (void)ctx, (void)i, (void)times;
    return NJORD_OK;
}

static njord_status watch(void *ctx, struct nj_instance *i, int32_t fd, uint32_t events)
{
    (void)ctx, (void)i, (void)fd, (void)events;
    return NJORD_OK;
}

static void failed(void *ctx, struct nj_instance *i, const char *callback, njord_status status,
                   const char *why, bool disable)
{
    struct nj_trial *t = ctx;
    (void)disable;
    if (i->kind == NJORD_KIND_BROKER && strncmp(callback, "on_", 3) != 0) {
        t->rejected++; /* a broker may say no to an order */
        return;
    }
    if (t->errors++ == 0)
        snprintf(t->first_error, sizeof t->first_error, "%s returned %d%s%.180s", callback, status,
                 why[0] ? ": " : "", why);
}

void nj_trial_ops_init(struct nj_trial *t)
{
    t->ops = (struct nj_instance_ops){.ctx = t,
                                      .now_ns = now_ns,
                                      .log = log_text,
                                      .position = position,
                                      .working = working,
                                      .last_price = last_price,
                                      .instrument = instrument,
                                      .capital = capital,
                                      .cash = capital,
                                      .open_orders = open_orders,
                                      .book = book,
                                      .submit = submit,
                                      .cancel = cancel,
                                      .publish = publish,
                                      .timer_set = timer_set,
                                      .timer_cancel = timer_cancel,
                                      .halted = no,
                                      .warming = no,
                                      .ack = ack,
                                      .update = update,
                                      .fill = fill,
                                      .balance = balance,
                                      .broker_error = broker_error,
                                      .speed = speed,
                                      .watch = watch,
                                      .failed = failed};
}
