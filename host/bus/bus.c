#include "bus/bus.h"

#include "base/map.h"
#include "bus/fifo.h"

#include <stdlib.h>
#include <string.h>

#define MAX_QUEUED ((size_t)256 << 20)

struct nj_subscription {
    char *glob;
    enum nj_stage stage;
    nj_bus_handler handler; /* NULL: ended while an event was being delivered */
    void *ctx;
    struct nj_subscription *next; /* by stage, then by order of subscription */
};

struct topic {
    char *name;
    uint32_t type;    /* of the contract that it carries */
    uint64_t version; /* of the subscriptions that `to` was made from */
    uint32_t busy;    /* deliveries that walk `to` right now */
    struct nj_subscription **to;
    uint32_t n_to;
    uint32_t symbol_at;             /* where its events' symbol stands, 0: they have none */
    uint32_t symbol_id;             /* of the symbol below */
    char symbol[NJORD_SYMBOL_SIZE]; /* named last: mostly all events of a topic are about one */
};

/* What waits in a queue: this, then the event. */
struct record {
    struct topic *topic;
    const njord_envelope *envelope; /* behind the event; NULL: our own */
};

struct nj_encoded {
    char *json[2]; /* without and with "contract" */
    size_t json_len[2], json_cap[2];
};

struct nj_bus {
    struct nj_bus_options options;
    struct nj_map topics;
    struct topic *latest; /* the topic last published on: mostly the next one too */
    struct nj_subscription *subscriptions, *ended;
    uint64_t version;
    struct nj_fifo inputs, emissions;
    bool delivering;
    int64_t now_ns;
    uint64_t input_seq;
    struct nj_encoded encoded[2]; /* of the input, and of the emission now delivered */
    struct nj_bus_stats stats;
};

int nj_bus_new(struct nj_bus **out, const struct nj_bus_options *options, struct nj_error *err)
{
    struct nj_bus *bus = calloc(1, sizeof *bus);
    *out = bus;
    if (!bus)
        return nj_error_set(err, NJ_ERR_NOMEM, "bus: out of memory");
    bus->options = *options;
    if (bus->options.max_queued == 0)
        bus->options.max_queued = MAX_QUEUED;
    bus->now_ns = INT64_MIN;
    return 0;
}

static void topic_free(void *value)
{
    struct topic *t = value;
    free(t->name);
    free(t->to);
    free(t);
}

static void free_subscriptions(struct nj_subscription *s)
{
    while (s) {
        struct nj_subscription *next = s->next;
        free(s->glob);
        free(s);
        s = next;
    }
}

void nj_bus_free(struct nj_bus *bus)
{
    if (!bus)
        return;
    nj_map_free(&bus->topics, topic_free);
    free_subscriptions(bus->subscriptions);
    free_subscriptions(bus->ended);
    nj_fifo_free(&bus->inputs);
    nj_fifo_free(&bus->emissions);
    for (int i = 0; i < 2; i++) {
        free(bus->encoded[i].json[0]);
        free(bus->encoded[i].json[1]);
    }
    free(bus);
}

/* ---- topics and subscriptions ---- */

static struct topic *topic_get(struct nj_bus *bus, const char *name, struct nj_error *err)
{
    if (bus->latest && strcmp(bus->latest->name, name) == 0)
        return bus->latest;
    struct topic *t = nj_map_get(&bus->topics, name);
    if (t)
        return bus->latest = t;
    const njord_topic *kind = njord_topic_of(name);
    if (!kind) {
        nj_error_set(err, NJ_ERR_INPUT, "topic '%s': no such topic; doc/contracts.md lists them",
                     name);
        return NULL;
    }
    t = calloc(1, sizeof *t);
    if (t && (t->name = strdup(name)) && nj_map_put(&bus->topics, name, t)) {
        t->type = kind->type;
        t->symbol_at = njord_contracts[kind->type].symbol_at;
        t->version = UINT64_MAX;
        bus->stats.topics++;
        return t;
    }
    if (t)
        free(t->name);
    free(t);
    nj_error_set(err, NJ_ERR_NOMEM, "topic '%s': out of memory", name);
    return NULL;
}

/* Who gets events of this topic: globs are matched once, and again after subscriptions have
 * changed. While a delivery walks the list it stays as it is. */
static bool topic_resolve(struct nj_bus *bus, struct topic *t)
{
    if (t->version == bus->version || t->busy)
        return true;
    uint32_t room = 0, n = 0;
    for (struct nj_subscription *s = bus->subscriptions; s; s = s->next)
        room += s->handler && njord_glob_match(s->glob, t->name);
    struct nj_subscription **to = room > 0 ? malloc(room * sizeof(struct nj_subscription *)) : NULL;
    if (room > 0 && !to)
        return false;
    for (struct nj_subscription *s = bus->subscriptions; s && n < room; s = s->next)
        if (s->handler && njord_glob_match(s->glob, t->name))
            to[n++] = s;
    free(t->to);
    t->to = to;
    t->n_to = n;
    t->version = bus->version;
    return true;
}

struct nj_subscription *nj_bus_subscribe(struct nj_bus *bus, const char *glob, enum nj_stage stage,
                                         nj_bus_handler handler, void *ctx)
{
    struct nj_subscription *s = calloc(1, sizeof *s);
    if (!s || !(s->glob = strdup(glob))) {
        free(s);
        return NULL;
    }
    s->stage = stage;
    s->handler = handler;
    s->ctx = ctx;
    struct nj_subscription **at = &bus->subscriptions;
    while (*at && (*at)->stage <= stage)
        at = &(*at)->next;
    s->next = *at;
    *at = s;
    bus->version++;
    bus->stats.subscriptions++;
    return s;
}

void nj_bus_unsubscribe(struct nj_bus *bus, struct nj_subscription *subscription)
{
    if (!subscription)
        return;
    for (struct nj_subscription **at = &bus->subscriptions; *at; at = &(*at)->next) {
        if (*at != subscription)
            continue;
        *at = subscription->next;
        break;
    }
    subscription->handler = NULL;
    subscription->next =
        bus->ended; /* topics may still point to it: freed when they have been resolved anew */
    bus->ended = subscription;
    bus->version++;
    bus->stats.subscriptions--;
}

/* Ended subscriptions go when no delivery is under way: every topic's list is made anew before. */
static void sweep(struct nj_bus *bus)
{
    if (!bus->ended || bus->delivering)
        return;
    size_t at = 0;
    for (const struct nj_map_entry *e; (e = nj_map_next(&bus->topics, &at));)
        if (!topic_resolve(bus, e->value))
            return; /* out of memory: they stay until the next time */
    free_subscriptions(bus->ended);
    bus->ended = NULL;
}

/* ---- queues ---- */

static int check(struct topic *t, const njord_event *event, struct nj_error *err)
{
    if (event->type != t->type)
        return nj_error_set(err, NJ_ERR_INPUT, "topic '%s': carries %s, got %s", t->name,
                            njord_contracts[t->type].name,
                            njord_contract_of(event->type) ? njord_contract_of(event->type)->name
                                                           : "an unknown event");
    return 0;
}

static int push(struct nj_bus *bus, struct nj_fifo *fifo, struct topic *t, const njord_event *event,
                const njord_envelope *envelope, njord_event **copy, struct nj_error *err)
{
    size_t waiting = bus->inputs.bytes + bus->emissions.bytes;
    if (waiting >= bus->options.max_queued || event->size > bus->options.max_queued - waiting)
        return nj_error_set(err, NJ_ERR_LIMIT, "bus: %zu bytes wait, no room for more on '%s'",
                            waiting, t->name);
    size_t whole = ((size_t)event->size + 7) & ~(size_t)7;
    struct record *r =
        nj_fifo_push(fifo, sizeof *r + whole + (envelope ? sizeof(njord_envelope) : 0));
    if (!r)
        return nj_error_set(err, NJ_ERR_NOMEM, "bus: out of memory on '%s'", t->name);
    r->topic = t;
    r->envelope = NULL;
    *copy = (njord_event *)(r + 1);
    memcpy(*copy, event, event->size);
    if (envelope)
        r->envelope = memcpy((char *)(r + 1) + whole, envelope, sizeof *envelope);
    waiting = bus->inputs.bytes + bus->emissions.bytes;
    if (waiting > bus->stats.peak_bytes)
        bus->stats.peak_bytes = waiting;
    return 0;
}

static void name_symbol(struct nj_bus *bus, njord_event *event, struct topic *t)
{
    const char *symbol =
        t ? (t->symbol_at ? (const char *)event + t->symbol_at : "") : njord_event_symbol(event);
    event->symbol_id = NJORD_NO_SYMBOL;
    if (symbol[0] == '\0' || !bus->options.symbol_id)
        return;
    if (t && strcmp(t->symbol, symbol) == 0) {
        event->symbol_id = t->symbol_id;
        return;
    }
    event->symbol_id = bus->options.symbol_id(bus->options.ctx, symbol);
    if (t && event->symbol_id != NJORD_NO_SYMBOL) {
        t->symbol_id = event->symbol_id;
        memcpy(t->symbol, symbol, sizeof t->symbol);
    }
}

static int stamp(struct nj_bus *bus, njord_event *event, struct topic *t, struct nj_error *err)
{
    uint64_t seq = bus->options.next_seq(bus->options.ctx);
    if (seq == 0)
        return nj_error_set(err, NJ_ERR_IO,
                            "bus: no sequence number can be reserved in the state folder");
    event->seq = seq;
    event->ts_recv_ns = bus->now_ns;
    name_symbol(bus, event, t);
    return 0;
}

int nj_bus_stamp(struct nj_bus *bus, njord_event *event, struct nj_error *err)
{
    return stamp(bus, event, NULL, err);
}

int nj_bus_emit(struct nj_bus *bus, const char *topic, const njord_event *event,
                struct nj_error *err)
{
    struct topic *t = topic_get(bus, topic, err);
    if (!t)
        return err ? err->code : NJ_ERR_INPUT;
    int rc = check(t, event, err);
    njord_event *copy;
    if (rc == 0)
        rc = push(bus, &bus->emissions, t, event, NULL, &copy, err);
    if (rc != 0)
        bus->stats.refused++;
    return rc;
}

int nj_bus_publish(struct nj_bus *bus, const char *topic, const njord_event *event, uint64_t *seq,
                   struct nj_error *err)
{
    struct nj_error mine;
    if (!err)
        err = &mine;
    if (seq)
        *seq = 0;
    struct topic *t = topic_get(bus, topic, err);
    int rc = t ? check(t, event, err) : err->code;
    njord_event *copy;
    if (rc == 0)
        rc =
            push(bus, bus->delivering ? &bus->emissions : &bus->inputs, t, event, NULL, &copy, err);
    if (rc == 0 && bus->delivering) {
        rc = stamp(bus, copy, t, err);
        if (rc != 0)
            copy->type = 0; /* it stands in the queue already: delivered to nobody */
        else if (seq)
            *seq = copy->seq;
    }
    if (rc != 0)
        bus->stats.refused++;
    return rc;
}

int nj_bus_inject(struct nj_bus *bus, const char *topic, const njord_event *event,
                  const njord_envelope *envelope, struct nj_error *err)
{
    struct nj_error mine;
    if (!err)
        err = &mine;
    struct topic *t = topic_get(bus, topic, err);
    int rc = t ? check(t, event, err) : err->code;
    njord_event *copy;
    if (rc == 0)
        rc = push(bus, &bus->inputs, t, event, envelope, &copy, err);
    if (rc != 0)
        bus->stats.refused++;
    return rc;
}

/* ---- delivery ---- */

static void drain(struct nj_bus *bus);

/* Calls the subscribers stage by stage. Of an input, what they emitted is worked off at the end of
 * each stage. */
static void deliver(struct nj_bus *bus, struct record *r, bool input)
{
    struct topic *t = r->topic;
    if (!topic_resolve(bus, t)) {
        bus->stats.refused++;
        return;
    }
    struct nj_encoded *encoded = &bus->encoded[input ? 0 : 1];
    encoded->json_len[0] = encoded->json_len[1] = 0;
    struct nj_message message = {
        t->name, (const njord_event *)(r + 1), r->envelope, bus->input_seq, bus, encoded};
    enum nj_stage stage = NJ_STAGE_JOURNAL;
    bool linked = true;
    t->busy++;
    for (uint32_t i = 0; i < t->n_to; i++) {
        struct nj_subscription *s = t->to[i];
        if (s->stage != stage) {
            stage = s->stage;
            if (input && !nj_fifo_empty(&bus->emissions))
                drain(bus);
            if (stage == NJ_STAGE_LINK && bus->options.flush)
                linked = bus->options.flush(bus->options.ctx) == 0;
        }
        if (s->handler && (stage != NJ_STAGE_LINK || linked)) {
            s->handler(s->ctx, &message);
            bus->stats.delivered++;
        }
    }
    t->busy--;
}

static void drain(struct nj_bus *bus)
{
    for (struct record *r; (r = nj_fifo_peek(&bus->emissions, NULL));) {
        bus->stats.emissions++;
        if (((njord_event *)(r + 1))->type != 0)
            deliver(bus, r, false);
        nj_fifo_release(&bus->emissions);
    }
}

/* Gives an input its number and time. */
static int enter(struct nj_bus *bus, uint64_t *seq, int64_t time_ns)
{
    *seq = bus->options.next_seq(bus->options.ctx);
    if (*seq == 0)
        return NJ_ERR_IO;
    if (time_ns > bus->now_ns)
        bus->now_ns = time_ns;
    bus->input_seq = *seq;
    bus->stats.inputs++;
    bus->delivering = true;
    return 0;
}

static void leave(struct nj_bus *bus)
{
    drain(bus);
    bus->delivering = false;
    sweep(bus);
}

bool nj_bus_step(struct nj_bus *bus)
{
    struct record *r = nj_fifo_peek(&bus->inputs, NULL);
    if (!r || bus->delivering)
        return false;
    njord_event *event = (njord_event *)(r + 1);
    if (enter(bus, &event->seq, bus->options.input_time(bus->options.ctx, event)) == 0) {
        event->ts_recv_ns = bus->now_ns;
        name_symbol(bus, event, r->topic);
        deliver(bus, r, true);
        leave(bus);
    } else {
        bus->stats.refused++;
    }
    nj_fifo_release(&bus->inputs);
    return true;
}

int nj_bus_enter(struct nj_bus *bus, int64_t event_time, void (*fn)(void *ctx, uint64_t seq),
                 void *ctx, struct nj_error *err)
{
    uint64_t seq;
    if (bus->delivering)
        return nj_error_set(err, NJ_ERR_INTERNAL, "bus: entered while an event is being delivered");
    if (enter(bus, &seq, event_time) != 0)
        return nj_error_set(err, NJ_ERR_IO,
                            "bus: no sequence number can be reserved in the state folder");
    fn(ctx, seq);
    leave(bus);
    return 0;
}

const njord_event *nj_bus_next(const struct nj_bus *bus)
{
    const struct record *r = nj_fifo_peek(&bus->inputs, NULL);
    return r ? (const njord_event *)(r + 1) : NULL;
}

bool nj_bus_pending(const struct nj_bus *bus)
{
    return !nj_fifo_empty(&bus->inputs);
}

bool nj_bus_delivering(const struct nj_bus *bus)
{
    return bus->delivering;
}

int64_t nj_bus_now(const struct nj_bus *bus)
{
    return bus->now_ns;
}

uint64_t nj_bus_seq(const struct nj_bus *bus)
{
    return bus->input_seq;
}

/* ---- bytes ---- */

static bool grow(void **data, size_t *cap, size_t need)
{
    if (need <= *cap)
        return true;
    void *more = realloc(*data, need * 2);
    if (!more)
        return false;
    *data = more;
    *cap = need * 2;
    return true;
}

const char *nj_message_json(const struct nj_message *message, bool with_contract, size_t *len)
{
    struct nj_encoded *e = message->encoded;
    int which = with_contract;
    if (e->json_len[which] == 0) {
        njord_envelope envelope = {.contract = with_contract ? message->event->type : 0,
                                   .src_seq = NJORD_NONE_I64};
        void *data = e->json[which];
        bool room = grow(&data, &e->json_cap[which], njord_encode_bound(message->event) + 1);
        e->json[which] = data;
        if (!room || njord_encode_json(message->event, &envelope, e->json[which],
                                       e->json_cap[which], &e->json_len[which]) != 0) {
            e->json_len[which] = 0;
            return NULL;
        }
        e->json[which][e->json_len[which]] = '\0';
        message->bus->stats.encoded++;
    }
    *len = e->json_len[which];
    return e->json[which];
}

void nj_bus_stats(const struct nj_bus *bus, struct nj_bus_stats *out)
{
    *out = bus->stats;
    out->queued_bytes = bus->inputs.bytes + bus->emissions.bytes;
}
