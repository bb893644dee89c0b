#include "runtime/instance.h"

#include "runtime/host_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- birth and death ---- */

static int iface_size(uint32_t kind)
{
    switch (kind) {
    case NJORD_KIND_STRATEGY:
        return sizeof(njord_strategy_iface);
    case NJORD_KIND_BROKER:
        return sizeof(njord_broker_iface);
    case NJORD_KIND_FEED:
        return sizeof(njord_feed_iface);
    default:
        return sizeof(njord_allocator_iface);
    }
}

/* splitmix64 over seed and id: the state of this instance's random numbers. */
static void seed_random(struct nj_instance *i, uint64_t seed)
{
    uint64_t x = seed ^ nj_hash_text(i->id);
    for (int k = 0; k < 4; k++) {
        uint64_t z = (x += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        i->random[k] = z ^ (z >> 31);
    }
}

static int copy_symbols(struct nj_instance *i, const char *const *symbols, uint32_t n)
{
    i->symbols = calloc(n + 1u, sizeof(char *));
    if (!i->symbols)
        return NJ_ERR_NOMEM;
    for (; i->n_symbols < n; i->n_symbols++)
        if (!(i->symbols[i->n_symbols] = strdup(symbols[i->n_symbols])))
            return NJ_ERR_NOMEM;
    return 0;
}

/* One line for a control call that failed: the plugin's own sentence, else its status. */
static int control_failed(struct nj_instance *i, const char *what, njord_status status,
                          struct nj_error *err)
{
    if (i->why[0])
        return nj_error_set(err, NJ_ERR_PLUGIN, "plugin '%s' of '%s': %s refused: %s",
                            i->module->name, i->id, what, i->why);
    return nj_error_set(err, NJ_ERR_PLUGIN, "plugin '%s' of '%s': %s failed with status %d",
                        i->module->name, i->id, what, status);
}

static inline void begin(struct nj_instance *i, enum nj_role role)
{
    i->role = role;
    i->why[0] = '\0';
    nj_call_begin(i->ops->calls, i->id);
}

static inline void end(struct nj_instance *i)
{
    i->role = NJ_ROLE_NONE;
    nj_call_end(i->ops->calls);
}

/* Is a callback there at all? (A strategy without any is refused.) */
static bool has_callback(const struct nj_instance *i)
{
    /* every interface is its size, a reserved word, then function pointers */
    const char *at = (const char *)&i->iface, *end = at + iface_size(i->kind);
    for (at += 8; at < end; at += sizeof(void (*)(void))) {
        void (*callback)(void);
        memcpy(&callback, at, sizeof callback);
        if (callback)
            return true;
    }
    return false;
}

int nj_instance_create(struct nj_instance **out, const struct nj_instance_spec *spec,
                       struct nj_error *err)
{
    *out = NULL;
    struct nj_instance *i = calloc(1, sizeof *i);
    if (!i) {
        nj_param_values_free(spec->values, spec->n_values);
        return nj_error_set(err, NJ_ERR_NOMEM, "instance '%s': out of memory", spec->id);
    }
    snprintf(i->id, sizeof i->id, "%s", spec->id);
    i->module = nj_module_ref(spec->module);
    i->kind = i->module->plugin.kind;
    i->ops = spec->ops;
    i->values = spec->values;
    i->n_values = spec->n_values;
    i->max_errors = spec->max_errors;
    i->owner = spec->owner;
    i->phase = NJ_INSTANCE_ENDED;
    seed_random(i, spec->seed);
    nj_host_table_init(&i->host, i);
    int rc = copy_symbols(i, spec->symbols, spec->n_symbols);
    if (rc != 0) {
        nj_error_set(err, rc, "instance '%s': out of memory", spec->id);
        goto fail;
    }
    rc = nj_module_iface(i->module, &i->iface, (uint32_t)iface_size(i->kind), err);
    if (rc == 0 && !has_callback(i))
        rc = nj_error_set(err, NJ_ERR_REFUSED,
                          "plugin '%s' of '%s': has no callback at all: it could never do anything",
                          i->module->name, i->id);
    if (rc != 0)
        goto fail;
    begin(i, NJ_ROLE_CONTROL);
    njord_status status = i->module->plugin.create(&i->host, &i->self);
    end(i);
    if (status != NJORD_OK) {
        i->self = NULL;
        rc = control_failed(i, "create", status, err);
        goto fail;
    }
    i->phase = NJ_INSTANCE_CREATED;
    *out = i;
    return 0;
fail:
    nj_instance_free(i);
    return rc;
}

void nj_instance_free(struct nj_instance *i)
{
    if (!i)
        return;
    if (i->phase != NJ_INSTANCE_ENDED) {
        i->muted = true;
        begin(i, NJ_ROLE_CONTROL);
        i->module->plugin.destroy(i->self);
        end(i);
    }
    nj_module_unref(i->module);
    nj_param_values_free(i->values, i->n_values);
    for (uint32_t k = 0; k < i->n_symbols; k++)
        free((char *)i->symbols[k]);
    free(i->symbols);
    free(i->scratch);
    free(i);
}

/* ---- control ---- */

/* A control call without arguments, where the plugin has it; then the instance goes from one phase
 * into another. Nothing happens to one that is in a third. */
static int change_phase(struct nj_instance *i, const char *what, njord_status (*call)(void *self),
                        enum nj_instance_phase from, enum nj_instance_phase to,
                        struct nj_error *err)
{
    njord_status status = NJORD_OK;
    if (i->phase != from)
        return 0;
    if (call) {
        begin(i, NJ_ROLE_CONTROL);
        status = call(i->self);
        end(i);
    }
    if (status != NJORD_OK)
        return control_failed(i, what, status, err);
    i->phase = to;
    return 0;
}

int nj_instance_start(struct nj_instance *i, struct nj_error *err)
{
    return change_phase(i, "start", i->module->plugin.start, NJ_INSTANCE_CREATED,
                        NJ_INSTANCE_RUNNING, err);
}

int nj_instance_quiesce(struct nj_instance *i, struct nj_error *err)
{
    return change_phase(i, "quiesce", i->module->plugin.quiesce, NJ_INSTANCE_RUNNING,
                        NJ_INSTANCE_QUIESCED, err);
}

int nj_instance_resume(struct nj_instance *i, struct nj_error *err)
{
    return change_phase(i, "resume", i->module->plugin.resume, NJ_INSTANCE_QUIESCED,
                        NJ_INSTANCE_RUNNING, err);
}

#define MAX_STATE ((size_t)64 << 20)

static njord_status write_state(void *ctx, const void *data, uint64_t len)
{
    struct nj_buf *out = ctx;
    if (len > MAX_STATE - out->len)
        return NJORD_E_LIMIT;
    return nj_buf_add(out, data, (size_t)len) ? NJORD_OK : NJORD_E_NOMEM;
}

int nj_instance_save(struct nj_instance *i, struct nj_buf *out, struct nj_error *err)
{
    const njord_plugin *p = &i->module->plugin;
    if (!p->save || p->state_version == 0)
        return nj_error_set(err, NJ_ERR_NOT_FOUND, "plugin '%s' of '%s': saves no state",
                            i->module->name, i->id);
    njord_writer writer = {sizeof writer, 0, out, write_state};
    begin(i, NJ_ROLE_CONTROL);
    njord_status status = p->save(i->self, &writer);
    end(i);
    return status == NJORD_OK ? 0 : control_failed(i, "save", status, err);
}

struct source {
    const char *data;
    size_t len;
};

static int64_t read_state(void *ctx, void *data, uint64_t cap)
{
    struct source *s = ctx;
    size_t n = cap < s->len ? (size_t)cap : s->len;
    memcpy(data, s->data, n);
    s->data += n;
    s->len -= n;
    return (int64_t)n;
}

int nj_instance_load(struct nj_instance *i, const void *data, size_t len, uint32_t version,
                     struct nj_error *err)
{
    const njord_plugin *p = &i->module->plugin;
    if (!p->load || p->state_version == 0)
        return nj_error_set(err, NJ_ERR_NOT_FOUND, "plugin '%s' of '%s': loads no state",
                            i->module->name, i->id);
    if (version < p->state_oldest || version > p->state_version)
        return nj_error_set(err, NJ_ERR_PLUGIN,
                            "plugin '%s' of '%s': saved state has version %u, it reads %u to %u",
                            i->module->name, i->id, version, p->state_oldest, p->state_version);
    struct source source = {data, len};
    njord_reader reader = {sizeof reader, 0, &source, read_state};
    begin(i, NJ_ROLE_CONTROL);
    njord_status status = p->load(i->self, &reader, version);
    end(i);
    return status == NJORD_OK ? 0 : control_failed(i, "load", status, err);
}

bool nj_value_equal(const njord_value *a, const njord_value *b)
{
    if (a->type != b->type || a->i != b->i || memcmp(&a->r, &b->r, sizeof a->r) != 0 ||
        a->count != b->count || !a->text != !b->text || (a->text && strcmp(a->text, b->text) != 0))
        return false;
    for (uint64_t k = 0; k < a->count; k++)
        if (strcmp(a->map[k].key, b->map[k].key) != 0 ||
            memcmp(&a->map[k].value, &b->map[k].value, sizeof(double)) != 0)
            return false;
    return true;
}

int nj_instance_reconfigure(struct nj_instance *i, njord_value *values, uint32_t n_values,
                            struct nj_error *err)
{
    njord_value *old = i->values;
    uint32_t n_old = i->n_values;
    i->values = values;
    i->n_values = n_values;
    njord_status status = NJORD_OK;
    uint32_t k = 0;
    for (; k < n_values && status == NJORD_OK; k++) {
        if (k < n_old && nj_value_equal(&values[k], &old[k]))
            continue;
        if (!i->module->plugin.reconfigure || !(i->module->params[k].flags & NJORD_PARAM_LIVE)) {
            status = NJORD_E_UNSUPPORTED;
            break;
        }
        begin(i, NJ_ROLE_CONTROL);
        status = i->module->plugin.reconfigure(i->self, i->module->params[k].name);
        end(i);
    }
    if (status == NJORD_OK) {
        nj_param_values_free(old, n_old);
        return 0;
    }
    int rc = control_failed(i, "reconfigure", status, err);
    i->values = old; /* roll back: what was told is told again with the old value */
    i->n_values = n_old;
    for (uint32_t back = 0; back < k && i->module->plugin.reconfigure; back++)
        if (!nj_value_equal(&values[back], &old[back])) {
            begin(i, NJ_ROLE_CONTROL);
            i->module->plugin.reconfigure(i->self, i->module->params[back].name);
            end(i);
        }
    nj_param_values_free(values, n_values);
    return rc;
}

/* ---- the loop's calls ---- */

static inline void enter(struct nj_instance *i, uint64_t cause)
{
    if (cause != i->cause_seq) {
        i->cause_seq = cause;
        i->ordinal = 0;
    }
    i->events++;
    begin(i, NJ_ROLE_LOOP);
}

/* Ends a call: an error is counted and told; past the bound the instance goes. */
static njord_status leave(struct nj_instance *i, const char *callback, njord_status status)
{
    end(i);
    if (status < 0 && status != NJORD_E_AGAIN && status != NJORD_E_END) {
        i->errors++;
        bool disable =
            i->max_errors > 0 && i->errors >= i->max_errors && i->phase == NJ_INSTANCE_RUNNING;
        if (disable)
            i->phase = NJ_INSTANCE_DISABLED;
        i->ops->failed(i->ops->ctx, i, callback, status, i->why, disable);
    }
    return status;
}

/* A private copy of an event: what the plugin does to it nobody else sees. NULL for want of memory.
 */
static void *private_copy(struct nj_instance *i, const njord_event *event)
{
    if (event->size > i->scratch_cap) {
        size_t cap = (size_t)event->size * 2 < 1024 ? 1024 : (size_t)event->size * 2;
        void *more = realloc(i->scratch, cap);
        if (!more)
            return NULL;
        i->scratch = more;
        i->scratch_cap = cap;
    }
    return memcpy(i->scratch, event, event->size);
}

/* Is there a callback for it? */
static bool hears(const struct nj_instance *i, uint32_t type)
{
    const njord_strategy_iface *s = &i->iface.strategy;
    if (nj_instance_takes(i, type))
        return true;
    return i->kind == NJORD_KIND_STRATEGY &&
           ((type == NJORD_EV_FILL && s->on_fill) ||
            (type == NJORD_EV_POSITION_SNAPSHOT && s->on_position) ||
            (type == NJORD_EV_DECISION && s->on_decision) ||
            (type == NJORD_EV_BROKER_ORDER_UPDATE && s->on_order));
}

/* Calls one callback when it is there. */
#define SHOW(table, callback, type)                                                                \
    if (i->iface.table.callback) {                                                                 \
        enter(i, event->seq);                                                                      \
        return leave(i, #callback, i->iface.table.callback(i->self, (const type *)event));         \
    }                                                                                              \
    break

static njord_status strategy_event(struct nj_instance *i, const char *topic,
                                   const njord_event *event)
{
    switch (event->type) {
    case NJORD_EV_TRADE:
        SHOW(strategy, on_trade, njord_trade);
    case NJORD_EV_BOOK:
        SHOW(strategy, on_book, njord_book);
    case NJORD_EV_TICKER:
        SHOW(strategy, on_ticker, njord_ticker);
    case NJORD_EV_BAR:
        SHOW(strategy, on_bar, njord_bar);
    case NJORD_EV_FILL:
        SHOW(strategy, on_fill, njord_fill);
    case NJORD_EV_POSITION_SNAPSHOT:
        SHOW(strategy, on_position, njord_position_snapshot);
    case NJORD_EV_DECISION:
        SHOW(strategy, on_decision, njord_decision);
    case NJORD_EV_BROKER_ORDER_UPDATE:
        SHOW(strategy, on_order, njord_broker_order_update);
    case NJORD_EV_FEED_STATUS:
        SHOW(strategy, on_status, njord_feed_status);
    default:
        break;
    }
    if (!i->iface.strategy.on_event)
        return NJORD_OK;
    enter(i, event->seq);
    return leave(i, "on_event", i->iface.strategy.on_event(i->self, topic, event));
}

static njord_status broker_event(struct nj_instance *i, const njord_event *event)
{
    switch (event->type) {
    case NJORD_EV_TRADE:
        SHOW(broker, on_trade, njord_trade);
    case NJORD_EV_BOOK:
        SHOW(broker, on_book, njord_book);
    case NJORD_EV_TICKER:
        SHOW(broker, on_ticker, njord_ticker);
    case NJORD_EV_BAR:
        SHOW(broker, on_bar, njord_bar);
    case NJORD_EV_INSTRUMENT:
        SHOW(broker, on_instrument, njord_instrument);
    default:
        break;
    }
    return NJORD_OK;
}

njord_status nj_instance_show(struct nj_instance *i, const char *topic, njord_event *event)
{
    if (i->phase != NJ_INSTANCE_RUNNING)
        return NJORD_E_BUSY;
    if (i->kind == NJORD_KIND_STRATEGY)
        return strategy_event(i, topic, event);
    return i->kind == NJORD_KIND_BROKER ? broker_event(i, event) : NJORD_OK;
}

njord_status nj_instance_bar(struct nj_instance *i, const njord_bar *bar)
{
    if (i->phase != NJ_INSTANCE_RUNNING)
        return NJORD_E_BUSY;
    enter(i, bar->ev.seq);
    njord_status status = i->iface.strategy.on_bar(i->self, bar);
    if (status < 0)
        return leave(i, "on_bar", status);
    end(i);
    return status;
}

njord_status nj_instance_event(struct nj_instance *i, const char *topic, const njord_event *event)
{
    if (i->phase != NJ_INSTANCE_RUNNING)
        return NJORD_E_BUSY;
    if (!hears(i, event->type))
        return NJORD_OK;
    njord_event *copy = private_copy(i, event);
    if (copy)
        return nj_instance_show(i, topic, copy);
    enter(i, event->seq);
    return leave(i, "the copy of an event", NJORD_E_NOMEM);
}

bool nj_instance_takes(const struct nj_instance *i, uint32_t type)
{
    const njord_strategy_iface *s = &i->iface.strategy;
    if (i->kind == NJORD_KIND_STRATEGY)
        return (type == NJORD_EV_TRADE && s->on_trade) || (type == NJORD_EV_BOOK && s->on_book) ||
               (type == NJORD_EV_TICKER && s->on_ticker) || (type == NJORD_EV_BAR && s->on_bar) ||
               (type == NJORD_EV_FEED_STATUS && s->on_status) || s->on_event;
    const njord_broker_iface *b = &i->iface.broker;
    if (i->kind == NJORD_KIND_BROKER)
        return (type == NJORD_EV_TRADE && b->on_trade) || (type == NJORD_EV_BOOK && b->on_book) ||
               (type == NJORD_EV_TICKER && b->on_ticker) || (type == NJORD_EV_BAR && b->on_bar) ||
               (type == NJORD_EV_INSTRUMENT && b->on_instrument);
    return false;
}

/* A callback of one of the kinds that have it. */
#define CALL(name, seq, callback, ...)                                                             \
    do {                                                                                           \
        if (i->phase != NJ_INSTANCE_RUNNING)                                                       \
            return NJORD_E_BUSY;                                                                   \
        if (!(callback))                                                                           \
            return NJORD_E_UNSUPPORTED;                                                            \
        enter(i, seq);                                                                             \
        return leave(i, name, (callback)(i->self, __VA_ARGS__));                                   \
    } while (0)

njord_status nj_instance_timer(struct nj_instance *i, uint64_t seq, uint32_t timer, int64_t due_ns)
{
    njord_status (*on_timer)(void *, uint32_t, int64_t) =
        i->kind == NJORD_KIND_STRATEGY ? i->iface.strategy.on_timer
        : i->kind == NJORD_KIND_BROKER ? i->iface.broker.on_timer
        : i->kind == NJORD_KIND_FEED   ? i->iface.feed.on_timer
                                       : NULL;
    CALL("on_timer", seq, on_timer, timer, due_ns);
}

njord_status nj_instance_descriptor(struct nj_instance *i, int32_t fd, uint32_t events)
{
    njord_status (*on_descriptor)(void *, int32_t, uint32_t) =
        i->kind == NJORD_KIND_BROKER ? i->iface.broker.on_descriptor
        : i->kind == NJORD_KIND_FEED ? i->iface.feed.on_descriptor
                                     : NULL;
    CALL("on_descriptor", i->cause_seq, on_descriptor, fd, events);
}

njord_status nj_instance_sync(struct nj_instance *i, uint64_t seq,
                              const njord_position_snapshot *positions, uint32_t n_positions,
                              const njord_open_order *orders, uint32_t n_orders)
{
    CALL("on_sync", seq, i->iface.strategy.on_sync, positions, n_positions, orders, n_orders);
}

njord_status nj_instance_place(struct nj_instance *i, const njord_broker_order_req *req)
{
    const njord_broker_order_req *copy = private_copy(i, &req->ev);
    if (!copy)
        return NJORD_E_NOMEM;
    if (i->phase != NJ_INSTANCE_RUNNING)
        return NJORD_E_BUSY;
    if (!i->iface.broker.place)
        return NJORD_E_UNSUPPORTED;
    enter(i, req->ev.seq);
    njord_status status = i->iface.broker.place(i->self, copy);
    end(i); /* an error is an answer: the order is rejected; the broker has not failed */
    return status;
}

njord_status nj_instance_cancel(struct nj_instance *i, const njord_order_ref *ref)
{
    CALL("cancel", i->cause_seq, i->iface.broker.cancel, ref);
}

njord_status nj_instance_query(struct nj_instance *i, const njord_order_ref *ref)
{
    CALL("query", i->cause_seq, i->iface.broker.query, ref);
}

njord_status nj_instance_next(struct nj_instance *i)
{
    if (i->phase != NJ_INSTANCE_RUNNING)
        return NJORD_E_BUSY;
    if (!i->iface.feed.next)
        return NJORD_E_UNSUPPORTED;
    enter(i, i->cause_seq);
    return leave(i, "next", i->iface.feed.next(i->self));
}

njord_status nj_instance_subscribe(struct nj_instance *i, const char *symbol, uint32_t what,
                                   bool on)
{
    CALL("subscribe", i->cause_seq, on ? i->iface.feed.subscribe : i->iface.feed.unsubscribe,
         symbol, what);
}
