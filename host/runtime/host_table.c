#include "runtime/host_table.h"

#include "runtime/instance.h"

#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <string.h>

static struct nj_instance *of(const njord_host *host)
{
    return host->priv;
}

/* A version that is shown the past again has its outputs withheld: it is told OK, the host's record
 * knows what really became of them. */
#define WITHHELD 1

/* Outputs are taken inside a callback only, and not from a version that is not the running one. */
static njord_status may_emit(struct nj_instance *i, const char *what)
{
    if (i->role == NJ_ROLE_LOOP && i->withheld)
        return WITHHELD;
    if (i->role == NJ_ROLE_LOOP && !i->muted)
        return NJORD_OK;
    i->outputs_refused++;
    if (i->role != NJ_ROLE_LOOP) {
        char text[96];
        snprintf(text, sizeof text, "%s was called outside a callback of the loop: refused", what);
        i->ops->log(i->ops->ctx, i, NJORD_LOG_WARN, text);
    }
    return NJORD_E_BUSY;
}

static njord_status refused(njord_status status)
{
    return status == WITHHELD ? NJORD_OK : status;
}

static int64_t now_ns(const njord_host *host)
{
    return of(host)->ops->now_ns(of(host)->ops->ctx);
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

/* xoshiro256** (Blackman and Vigna, 2018) */
static uint64_t random64(const njord_host *host)
{
    uint64_t *s = of(host)->random, out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return out;
}

static void log_text(const njord_host *host, int32_t level, const char *text)
{
    if (text)
        of(host)->ops->log(of(host)->ops->ctx, of(host), level, text);
}

static njord_status fail(const njord_host *host, njord_status code, const char *why)
{
    struct nj_instance *i = of(host);
    snprintf(i->why, sizeof i->why, "%s", why ? why : "");
    for (char *c = i->why; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    return code < 0 ? code : NJORD_E_FAIL;
}

static const char *id(const njord_host *host)
{
    return of(host)->id;
}

static uint32_t symbols(const njord_host *host, const char *const **out)
{
    *out = (const char *const *)of(host)->symbols;
    return of(host)->n_symbols;
}

/* Hands a struct out by the size that the caller set. */
static njord_status give(void *out, const void *from, size_t size)
{
    uint32_t wants;
    memcpy(&wants, out, sizeof wants);
    if (wants < 8)
        return NJORD_E_ARG;
    memcpy(out, from, wants < size ? wants : size);
    memcpy(out, &wants, sizeof wants);
    return NJORD_OK;
}

static njord_status param(const njord_host *host, const char *name, njord_value *out)
{
    struct nj_instance *i = of(host);
    if (!name || !out)
        return NJORD_E_ARG;
    for (uint32_t k = 0; k < i->n_values; k++)
        if (strcmp(i->module->params[k].name, name) == 0)
            return give(out, &i->values[k], sizeof i->values[k]);
    return NJORD_E_NOT_FOUND;
}

static njord_status whole_position(struct nj_instance *i, const char *symbol, njord_holding *out)
{
    uint32_t wants = out->size; /* what is beyond it need not be worked out */
    njord_holding holding = {.size = wants < sizeof holding ? wants : (uint32_t)sizeof holding};
    njord_status status = i->ops->position(i->ops->ctx, i, symbol, &holding);
    return status == NJORD_OK ? give(out, &holding, sizeof holding) : status;
}

static njord_status position(const njord_host *host, const char *symbol, njord_holding *out)
{
    struct nj_instance *i = of(host);
    const struct nj_instance_ops *ops = i->ops;
    if (!symbol || !out)
        return NJORD_E_ARG;
    if (out->size != offsetof(njord_holding, avg_price) || !ops->held)
        return whole_position(i, symbol, out);
    out->qty = ops->held(ops->ctx, i, symbol); /* njord_position(): asked with each event */
    return NJORD_OK;
}

static double working(const njord_host *host, const char *symbol)
{
    return symbol ? of(host)->ops->working(of(host)->ops->ctx, of(host), symbol) : 0;
}

static double last_price(const njord_host *host, const char *symbol)
{
    return symbol ? of(host)->ops->last_price(of(host)->ops->ctx, of(host), symbol) : (double)NAN;
}

static njord_status instrument(const njord_host *host, const char *symbol, njord_instrument *out)
{
    if (!symbol || !out)
        return NJORD_E_ARG;
    njord_instrument mine;
    njord_status status = of(host)->ops->instrument(of(host)->ops->ctx, of(host), symbol, &mine);
    return status == NJORD_OK ? give(out, &mine, sizeof mine) : status;
}

static double capital(const njord_host *host)
{
    return of(host)->ops->capital(of(host)->ops->ctx, of(host));
}

static double cash(const njord_host *host)
{
    return of(host)->ops->cash(of(host)->ops->ctx, of(host));
}

static uint32_t open_orders(const njord_host *host, const char *symbol, njord_open_order *out,
                            uint32_t cap)
{
    if (cap > 0 && (!out || out->size < sizeof *out))
        cap = 0;
    return of(host)->ops->open_orders(of(host)->ops->ctx, of(host), symbol, out, cap);
}

static njord_status book(const njord_host *host, const char *symbol, const njord_book **out)
{
    return symbol && out ? of(host)->ops->book(of(host)->ops->ctx, of(host), symbol, out)
                         : NJORD_E_ARG;
}

/* Has it all that an order needs, and as it should be? Its size is that of this version. */
static bool order_ok(const njord_order *o)
{
    return memchr(o->symbol, '\0', sizeof o->symbol) && o->meta_count <= NJORD_MAX_META &&
           (o->meta_count == 0 || o->meta) && isfinite(o->qty) && o->qty > 0 &&
           !isinf(o->limit_price) && !(o->limit_price < 0) &&
           (o->side == NJORD_SIDE_BUY || o->side == NJORD_SIDE_SELL) &&
           (o->type == NJORD_TYPE_MARKET || o->type == NJORD_TYPE_LIMIT) &&
           (o->type != NJORD_TYPE_LIMIT || o->limit_price > 0) &&
           (o->tif <= NJORD_TIF_FOK || o->tif == NJORD_NONE_U8);
}

/* A strategy's order as this version has it: itself, or, where it is of another size or leaves
 * members at 0, brought into `mine`. NULL: it is no order. */
static const njord_order *take_order(const njord_order *order, njord_order *mine)
{
    if (!order || order->size < offsetof(njord_order, meta))
        return NULL;
    if (order->size != sizeof *mine || order->tif == 0 || order->limit_price == 0) {
        *mine = (njord_order){0};
        memcpy(mine, order, order->size < sizeof *mine ? order->size : sizeof *mine);
        mine->size = sizeof *mine;
        if (mine->tif == 0)
            mine->tif = NJORD_NONE_U8;
        if (mine->limit_price == 0 && mine->type == NJORD_TYPE_MARKET)
            mine->limit_price = NAN;
        order = mine;
    }
    return order_ok(order) ? order : NULL;
}

static njord_status submit(const njord_host *host, const njord_order *order, char *intent_id)
{
    struct nj_instance *i = of(host);
    njord_order mine;
    njord_status emit = may_emit(i, "submit");
    if (emit < 0)
        return emit;
    if (i->kind != NJORD_KIND_STRATEGY)
        return NJORD_E_UNSUPPORTED;
    const njord_order *taken = take_order(order, &mine);
    if (!taken)
        return NJORD_E_ARG;
    if (emit != WITHHELD)
        return i->ops->submit(i->ops->ctx, i, taken, intent_id);
    if (intent_id)
        intent_id[0] = '\0';
    if (i->ops->withheld)
        i->ops->withheld(i->ops->ctx, i, taken);
    return NJORD_OK;
}

static njord_status cancel(const njord_host *host, const char *intent_id)
{
    struct nj_instance *i = of(host);
    njord_status status = may_emit(i, "cancel");
    if (status != NJORD_OK)
        return refused(status);
    if (i->kind != NJORD_KIND_STRATEGY)
        return NJORD_E_UNSUPPORTED;
    if (!intent_id || strnlen(intent_id, NJORD_INTENT_ID_SIZE) == NJORD_INTENT_ID_SIZE)
        return NJORD_E_ARG;
    return i->ops->cancel(i->ops->ctx, i, intent_id);
}

/* Which topics a kind may publish on. */
static bool may_publish(const struct nj_instance *i, const char *topic)
{
    if (i->kind == NJORD_KIND_FEED)
        return strncmp(topic, "md.", 3) == 0;
    if (i->kind == NJORD_KIND_BROKER)
        return strncmp(topic, "md.instrument.", 14) == 0;
    return i->kind == NJORD_KIND_STRATEGY && strncmp(topic, "sig.", 4) == 0 &&
           strcmp(topic + 4, i->id) == 0;
}

static njord_status publish(const njord_host *host, const char *topic, const njord_event *event)
{
    struct nj_instance *i = of(host);
    njord_status status = may_emit(i, "publish");
    if (status != NJORD_OK)
        return refused(status);
    if (!topic || !event || !may_publish(i, topic))
        return NJORD_E_ARG;
    char why[160];
    status = njord_event_check(event, event->size, why, sizeof why);
    return status == NJORD_OK ? i->ops->publish(i->ops->ctx, i, topic, event)
                              : fail(host, status, why);
}

static njord_status timer_set(const njord_host *host, uint32_t timer, int64_t due_ns,
                              int64_t period_ns)
{
    if (period_ns < 0)
        return NJORD_E_ARG;
    if (of(host)->withheld)
        return NJORD_OK;
    return of(host)->ops->timer_set(of(host)->ops->ctx, of(host), timer, due_ns, period_ns);
}

static njord_status timer_cancel(const njord_host *host, uint32_t timer)
{
    if (of(host)->withheld)
        return NJORD_OK;
    return of(host)->ops->timer_cancel(of(host)->ops->ctx, of(host), timer);
}

static int32_t halted(const njord_host *host)
{
    return of(host)->ops->halted(of(host)->ops->ctx, of(host));
}

static int32_t warming(const njord_host *host)
{
    return of(host)->ops->warming(of(host)->ops->ctx, of(host));
}

/* ---- extensions ---- */

/* A broker's answers: each is checked as an event from outside. A broker may answer from any
 * callback of its loop. */
#define ANSWER(name, type)                                                                         \
    static njord_status name(const njord_host *host, const type *answer)                           \
    {                                                                                              \
        struct nj_instance *i = of(host);                                                          \
        char why[160];                                                                             \
        njord_status status = may_emit(i, #name);                                                  \
        if (status != NJORD_OK)                                                                    \
            return refused(status);                                                                \
        if (!answer || answer->ev.size < sizeof *answer)                                           \
            return NJORD_E_ARG;                                                                    \
        status = njord_event_check(&answer->ev, answer->ev.size, why, sizeof why);                 \
        return status == NJORD_OK ? i->ops->name(i->ops->ctx, i, answer)                           \
                                  : fail(host, status, why);                                       \
    }

ANSWER(ack, njord_broker_order_ack)
ANSWER(update, njord_broker_order_update)
ANSWER(fill, njord_broker_fill)
ANSWER(balance, njord_balance_snapshot)

static njord_status broker_error(const njord_host *host, const njord_order_ref *ref, uint32_t cls,
                                 int32_t code, const char *text, int64_t retry_after_ns)
{
    struct nj_instance *i = of(host);
    njord_status status = may_emit(i, "error");
    if (status != NJORD_OK)
        return refused(status);
    if (cls < NJORD_BROKER_REJECTED || cls > NJORD_BROKER_NETWORK)
        return NJORD_E_ARG;
    return i->ops->broker_error(i->ops->ctx, i, ref, cls, code, text ? text : "", retry_after_ns);
}

static njord_status speed(const njord_host *host, double times)
{
    if (!isfinite(times) || times < 0)
        return NJORD_E_ARG;
    return of(host)->ops->speed(of(host)->ops->ctx, of(host), times);
}

static njord_status watch(const njord_host *host, int32_t fd, uint32_t events)
{
    if (fd < 0 || events > (NJORD_LOOP_READ | NJORD_LOOP_WRITE))
        return NJORD_E_ARG;
    return of(host)->ops->watch(of(host)->ops->ctx, of(host), fd, events);
}

static const void *extension(const njord_host *host, const char *name)
{
    static const njord_broker_host broker = {sizeof broker, 0,       ack,         update,
                                             fill,          balance, broker_error};
    static const njord_feed_host feed = {sizeof feed, 0, speed};
    static const njord_loop_host loop = {sizeof loop, 0, watch};
    uint32_t kind = of(host)->kind;
    if (!name)
        return NULL;
    if (kind == NJORD_KIND_BROKER && strcmp(name, NJORD_EXT_BROKER) == 0)
        return &broker;
    if (kind == NJORD_KIND_FEED && strcmp(name, NJORD_EXT_FEED) == 0)
        return &feed;
    if ((kind == NJORD_KIND_BROKER || kind == NJORD_KIND_FEED) && strcmp(name, NJORD_EXT_LOOP) == 0)
        return &loop;
    return NULL;
}

void nj_host_table_init(njord_host *host, struct nj_instance *instance)
{
    *host = (njord_host){sizeof *host,
                         NJORD_ABI_MAJOR,
                         NJORD_ABI_MINOR,
                         instance,
                         now_ns,
                         random64,
                         log_text,
                         fail,
                         id,
                         symbols,
                         param,
                         position,
                         working,
                         last_price,
                         instrument,
                         capital,
                         cash,
                         open_orders,
                         book,
                         submit,
                         cancel,
                         publish,
                         timer_set,
                         timer_cancel,
                         halted,
                         warming,
                         extension};
}
