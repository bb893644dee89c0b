#include "services/past_impl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool nj_past_showing(const struct nj_host *host)
{
    return host->shown_past && host->shown_past->showing;
}

int64_t nj_past_now(const struct nj_host *host)
{
    return host->shown_past->now_ns;
}

/* ---- outputs --------------------------------------------------------------------------------- */

static struct shown *shown_of(struct nj_past *p, const struct nj_slot *slot)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->all[i].slot == slot)
            return &p->all[i];
    return NULL;
}

static void diverge(struct shown *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void diverge(struct shown *s, const char *fmt, ...)
{
    va_list args;
    if (s->diverged)
        return;
    s->diverged = true;
    va_start(args, fmt);
    vsnprintf(s->why, sizeof s->why, fmt, args);
    va_end(args);
}

static void describe(const njord_intent *intent, char *out, size_t cap)
{
    char limit[32] = "";
    if (intent->type == NJORD_TYPE_LIMIT)
        snprintf(limit, sizeof limit, " at %.12g", intent->limit_price);
    snprintf(out, cap, "%s %.12g %s%s", intent->side == NJORD_SIDE_BUY ? "buy" : "sell",
             intent->qty, intent->symbol, limit);
}

static bool keep_unfinished(struct shown *s, const njord_event *event)
{
    void *room = nj_fifo_push(&s->unfinished, event->size);
    if (!room)
        return false;
    memcpy(room, event, event->size);
    return true;
}

void nj_past_name_cause(struct nj_instance *i)
{
    struct nj_slot *slot = i->owner;
    struct nj_past *p = slot->host->shown_past;
    struct shown *s = shown_of(p, slot);
    struct nj_error err = {0};
    if (i->cause_seq != 0 || !s)
        return;
    i->cause_seq = nj_told_next_cause(&s->told, p->before_seq, p->seq);
    if (i->cause_seq == 0) /* the record does not know it: a number that nothing else has */
        i->cause_seq = nj_state_next_seq(slot->host->state, &err);
}

njord_status nj_past_intent(struct nj_instance *i, const njord_intent *intent)
{
    struct nj_slot *slot = i->owner;
    struct nj_past *p = slot->host->shown_past;
    struct shown *s = shown_of(p, slot);
    const njord_intent *recorded = NULL;
    char made[96], stands[96];
    if (!s || s->diverged)
        return s ? NJORD_OK : NJORD_E_BUSY;
    switch (nj_told_intent(&s->told, i->cause_seq, i->ordinal - 1, intent, &recorded)) {
    case NJ_TOLD_SAME:
        nj_orders_intent(slot->host->core.orders, recorded);
        break;
    case NJ_TOLD_UNFINISHED:
        nj_orders_intent(slot->host->core.orders, intent);
        if (!keep_unfinished(s, &intent->ev))
            return NJORD_E_NOMEM;
        break;
    default:
        describe(intent, made, sizeof made);
        if (recorded)
            describe(recorded, stands, sizeof stands);
        diverge(s, "at seq %" PRIu64 " it would send %s, the record has %s", p->seq, made,
                recorded ? stands : "no order there");
        break;
    }
    return NJORD_OK;
}

njord_status nj_past_cancel(struct nj_instance *i, const char *intent_id)
{
    struct nj_slot *slot = i->owner;
    struct nj_past *p = slot->host->shown_past;
    struct shown *s = shown_of(p, slot);
    njord_cancel cancel;
    if (!s || s->diverged)
        return s ? NJORD_OK : NJORD_E_BUSY;
    /* what a timer does: its cause lies behind the event before */
    switch (nj_told_cancel(&s->told, i->cause_seq ? i->cause_seq : p->before_seq, intent_id)) {
    case NJ_TOLD_SAME:
        break;
    case NJ_TOLD_UNFINISHED:
        njord_event_init(&cancel, NJORD_EV_CANCEL);
        snprintf(cancel.intent_id, sizeof cancel.intent_id, "%s", intent_id);
        if (!keep_unfinished(s, &cancel.ev))
            return NJORD_E_NOMEM;
        break;
    default:
        diverge(s, "at seq %" PRIu64 " it would cancel '%s', the record does not", p->seq,
                intent_id);
        break;
    }
    return NJORD_OK;
}

/* ---- showing --------------------------------------------------------------------------------- */

static bool goes_along(const struct shown *s, uint64_t seq)
{
    return seq > s->from && s->slot->instance && s->slot->state == NJ_SLOT_RUNNING &&
           (!s->diverged || s->slot->instance->iface.strategy.on_sync);
}

/* All that the record has of a cause must have been made when it was handled. */
static void check_missing(struct shown *s, uint64_t cause)
{
    const njord_intent *missing;
    char text[96];
    if (s->diverged || !(missing = nj_told_missing(&s->told, cause)))
        return;
    describe(missing, text, sizeof text);
    diverge(s, "at seq %" PRIu64 " it sends nothing, the record has %s", cause, text);
}

static void show(struct shown *s, const char *topic, njord_event *event)
{
    s->events++;
    nj_strategy_show(s->slot, topic, event);
    check_missing(s, event->seq);
}

/* To each strategy that gets it, as its subscriptions would. */
static void show_all(struct nj_past *p, const char *topic, njord_event *event, bool own)
{
    event->flags |= NJORD_EF_REPLAYED;
    for (uint32_t i = 0; i < p->n; i++)
        if (goes_along(&p->all[i], event->seq) &&
            nj_strategy_wants(p->all[i].slot, topic, event, own))
            show(&p->all[i], topic, event);
}

struct whose {
    const struct nj_past *past;
    const struct nj_slot *only; /* NULL: all that go along */
};

static bool is_whose(void *ctx, const void *owner)
{
    const struct whose *w = ctx;
    for (uint32_t i = 0; i < w->past->n; i++)
        if (w->past->all[i].slot == owner)
            return (!w->only || w->only == owner) && goes_along(&w->past->all[i], w->past->seq);
    return false;
}

/* Fires the next timer that was due then. */
static bool fire(struct nj_past *p, int64_t now_ns, const struct nj_slot *only)
{
    struct whose whose = {p, only};
    struct nj_timer timer;
    if (!nj_timers_take_of(&p->host->timers, now_ns, is_whose, &whose, &timer))
        return false;
    struct nj_slot *slot = timer.owner;
    if (timer.due_ns > p->now_ns)
        p->now_ns = timer.due_ns;
    if (slot->instance) {
        slot->instance->cause_seq = UINT64_MAX; /* whichever was before */
        nj_instance_timer(slot->instance, 0, timer.id, timer.due_ns);
        check_missing(shown_of(p, slot), slot->instance->cause_seq);
    }
    return true;
}

/* Time goes on to an event's: timers due before it fire. */
static void go_to(struct nj_past *p, const njord_event *event)
{
    p->seq = event->seq;
    if (!njord_is_set_i64(event->ts_recv_ns))
        return;
    if (event->ts_recv_ns > p->now_ns) /* a new instant: what happens within one is one input's */
        while (fire(p, event->ts_recv_ns, NULL))
            ;
    if (event->ts_recv_ns > p->now_ns)
        p->now_ns = event->ts_recv_ns;
}

/* ---- the journals' events -------------------------------------------------------------------- */

static void see_price(struct nj_past *p, njord_event *event)
{
    uint32_t id = event->symbol_id;
    event->symbol_id = NJORD_NO_SYMBOL; /* the past core has numbers of its own */
    nj_core_see(&p->host->core, event);
    event->symbol_id = id;
}

static void show_market(struct nj_past *p, njord_event *event)
{
    char topic[160];
    if (njord_topic_name(NULL, event, topic, sizeof topic) == 0)
        show_all(p, topic, event, false);
}

/* Of an event that enters, each stage is worked off before the next: the bars that it closes, and
 * what resting orders it fills, come to strategies before it does. It waits for the first line that
 * its own handling made, or for the next that enters. */
static void show_pending(struct nj_past *p)
{
    njord_event *event = p->pending;
    if (!event)
        return;
    p->pending = NULL;
    if (!p->priced)
        see_price(p, event);
    show_market(p, event);
}

/* A bar that the pending trade has closed. */
static bool is_closed_by_pending(const struct nj_past *p, const njord_event *event)
{
    return p->pending && p->pending->type == NJORD_EV_TRADE && event->type == NJORD_EV_BAR &&
           event->ts_recv_ns == p->pending->ts_recv_ns &&
           strcmp(njord_event_symbol(event), njord_event_symbol(p->pending)) == 0;
}

static void show_event(struct nj_past *p, njord_event *event)
{
    bool flow = event->type == NJORD_EV_FILL || event->type == NJORD_EV_POSITION_SNAPSHOT;
    event->symbol_id = nj_core_symbol_id(&p->present, njord_event_symbol(event));
    if (is_closed_by_pending(p, event)) {
        see_price(p, event);
        show_market(p, event);
    } else if (!flow) {
        show_pending(p);
        go_to(p, event);
        p->pending = event;
        p->priced = false;
    } else {
        if (p->pending && event->ts_recv_ns > p->pending->ts_recv_ns)
            show_pending(p);
        go_to(p, event);
        if (event->type == NJORD_EV_FILL)
            nj_core_take(&p->host->core, event);
        show_all(p, event->type == NJORD_EV_FILL ? "fills.new" : "positions.snapshot", event, true);
    }
    p->before_seq = event->seq;
}

static void show_up_to(struct nj_past *p, uint64_t seq)
{
    for (; p->at < p->n_events && p->events[p->at]->seq < seq; p->at++)
        show_event(p, p->events[p->at]);
}

/* ---- along with the journal of orders -------------------------------------------------------- */

static int on_begin(void *ctx, uint64_t books_seq, struct nj_error *err)
{
    struct nj_past *p = ctx;
    for (uint32_t i = 0; i < p->host->strategies.n; i++)
        nj_strategy_fund(p->host->strategies.all[i]);
    p->before_seq = books_seq;
    return nj_past_load_events(p, books_seq, err);
}

/* The strategy shown whose output a line is; NULL: none's. */
static struct shown *made_by(struct nj_past *p, const njord_event *event)
{
    if (event->type != NJORD_EV_INTENT && event->type != NJORD_EV_CANCEL)
        return NULL;
    for (uint32_t i = 0; i < p->n; i++)
        if (strcmp(njord_event_strategy(event), p->all[i].slot->id) == 0)
            return p->all[i].diverged ? NULL : &p->all[i];
    return NULL;
}

/* Has the strategy not made this output of the record yet? */
static bool waits(const struct shown *s, const njord_event *event)
{
    uint64_t cause;
    uint32_t ordinal;
    if (event->type == NJORD_EV_CANCEL)
        return nj_told_cancel_waits(&s->told, event->seq);
    return nj_told_parse_id(((const njord_intent *)event)->intent_id, &cause, &ordinal) &&
           nj_told_next_cause(&s->told, cause - 1, cause + 1) == cause;
}

/* Is the line something that came after the strategies got the pending event? */
static bool is_behind_pending(struct nj_past *p, const njord_event *event, const struct shown *s)
{
    uint64_t cause;
    uint32_t ordinal;
    if (event->ts_recv_ns > p->pending->ts_recv_ns || (s && waits(s, event)))
        return true;
    return event->type == NJORD_EV_INTENT &&
           nj_told_parse_id(((const njord_intent *)event)->intent_id, &cause, &ordinal) &&
           cause == p->pending->seq;
}

/* The pending event fills an order that rested before it: the price is known, then. */
static void fill_by_pending(struct nj_past *p, const njord_event *event)
{
    const struct nj_order *order =
        nj_order_find(p->host->core.orders, ((const njord_broker_fill *)event)->client_order_id);
    if (p->priced || !order || order->seq > p->pending->seq)
        return;
    see_price(p, p->pending);
    p->priced = true;
}

/* Before a line is taken: what came before it; and when it is the output of a timer, that timer. */
static void on_before(void *ctx, const njord_event *event)
{
    struct nj_past *p = ctx;
    show_up_to(p, event->seq);
    struct shown *s = made_by(p, event);
    if (p->pending && is_behind_pending(p, event, s))
        show_pending(p);
    else if (p->pending && event->type == NJORD_EV_BROKER_FILL)
        fill_by_pending(p, event);
    p->seq = event->seq;
    while (s && waits(s, event) && fire(p, event->ts_recv_ns, s->slot))
        ;
    go_to(p, event);
}

static void on_each(void *ctx, const njord_event *event)
{
    struct nj_past *p = ctx;
    struct nj_orders *orders = p->host->core.orders;
    const char *id;
    const void *found;
    njord_event *copy;
    p->before_seq = event->seq;
    switch (event->type) {
    case NJORD_EV_INTENT: /* risk tells the record of its verdict before it is published */
        id = ((const njord_intent *)event)->intent_id;
        if ((found = nj_map_get(&p->decisions, id)))
            nj_orders_decision(orders, found);
        if ((found = nj_map_get(&p->accepted, id)))
            nj_orders_accepted(orders, found);
        break;
    case NJORD_EV_DECISION:
    case NJORD_EV_BROKER_ORDER_UPDATE:
        copy = nj_past_keep(p, event);
        if (!copy)
            break;
        copy->symbol_id = nj_core_symbol_id(&p->present, njord_event_symbol(copy));
        show_all(p, event->type == NJORD_EV_DECISION ? "risk.decisions" : "broker.orders", copy,
                 true);
        break;
    default:
        break;
    }
}

/* ---- who is shown, and the whole of it ------------------------------------------------------- */

/* A market topic that the strategy takes and the journal does not hold; NULL: none. */
static bool not_journaled(const struct nj_slot *slot, char *out, size_t cap)
{
    static const char *const timeframes[] = {"1s", "5s",  "15s", "30s", "1m", "3m",
                                             "5m", "15m", "30m", "1h",  "4h", "1d"};
    const struct nj_config *config = slot->host->config;
    const struct nj_instance *i = slot->instance;
    for (const njord_topic *t = njord_topics; t->pattern; t++) {
        const char *tf = strstr(t->pattern, "{timeframe}");
        if (strncmp(t->pattern, "md.", 3) != 0 || t->type == NJORD_EV_FEED_STATUS ||
            !nj_instance_takes(i, t->type))
            continue;
        for (uint32_t s = 0; s < i->n_symbols; s++)
            for (size_t k = 0; k < (tf ? sizeof timeframes / sizeof timeframes[0] : 1); k++) {
                const char *dot = strrchr(t->pattern, '.');
                int head = tf ? (int)(tf - t->pattern) : (int)(dot - t->pattern) + 1;
                if (snprintf(out, cap, "%.*s%s%s%s", head, t->pattern, tf ? timeframes[k] : "",
                             tf ? "." : "", i->symbols[s]) >= (int)cap)
                    continue; /* no topic is that long */
                bool wanted = false, held = false;
                for (uint32_t e = 0; e < slot->config->n_events; e++)
                    wanted |= njord_glob_match(slot->config->events[e], out);
                for (uint32_t e = 0; e < config->journal.n_topics; e++)
                    held |= njord_glob_match(config->journal.topics[e], out);
                if (wanted &&
                    (!held || t->journal[0] == '\0' || !nj_config_has_service(config, "journal")))
                    return true;
            }
    }
    return false;
}

static void gather(struct nj_past *p)
{
    struct nj_host *host = p->host;
    char topic[320];
    p->all = calloc(host->strategies.n + 1u, sizeof *p->all);
    for (uint32_t i = 0; p->all && i < host->strategies.n; i++) {
        struct nj_slot *slot = host->strategies.all[i];
        if (!slot->instance || slot->state != NJ_SLOT_RUNNING || !slot->restored)
            continue;
        if (not_journaled(slot, topic, sizeof topic)) {
            nj_log(host->log, NJ_WARN, "strategies", "past_not_shown",
                   NJ_TEXT("strategy", slot->id), NJ_TEXT("topic", topic),
                   NJ_TEXT("detail", "journal.topics does not hold it: the strategy goes on from "
                                     "its saved state and on_sync"));
            continue;
        }
        p->all[p->n++] = (struct shown){.slot = slot, .from = slot->restored_seq};
    }
}

static int follow(struct nj_past *p, struct nj_error *err)
{
    struct nj_host *host = p->host;
    uint64_t from = UINT64_MAX, last_seq;
    for (uint32_t i = 0; i < p->n; i++)
        from = p->all[i].from < from ? p->all[i].from : from;
    int rc = nj_past_load_orders(p, from, err);
    struct nj_recovery along = {.journal_dir = host->config->logging.journal_dir,
                                .venue = host->broker.venue,
                                .state = host->state,
                                .each = on_each,
                                .ctx = p,
                                .books_at_most = from,
                                .begin = on_begin,
                                .before = on_before,
                                .leave_fills = true};
    if (rc == 0)
        rc = nj_core_recover(&host->core, &along, &last_seq, err);
    if (rc == 0) {
        show_up_to(p, UINT64_MAX);
        show_pending(p);
    }
    return rc;
}

void nj_past_show(struct nj_host *host)
{
    struct nj_past *p = calloc(1, sizeof *p);
    struct nj_core past;
    struct nj_error err = {0};
    if (!p)
        return;
    host->shown_past = p;
    p->host = host;
    p->now_ns = INT64_MIN;
    gather(p);
    if (p->n == 0)
        return;
    int rc = nj_core_init(&past, host->config, host->log, &err);
    if (rc != 0)
        goto done;
    p->present = host->core;
    host->core = past;
    p->showing = host->kill.past = true;
    rc = follow(p, &err);
    p->showing = host->kill.past = false;
    past = host->core;
    host->core = p->present;
    nj_core_free(&past);
done:
    for (uint32_t i = 0; i < p->n; i++) {
        struct shown *s = &p->all[i];
        if (rc != 0)
            nj_log(host->log, NJ_WARN, "strategies", "past_not_shown",
                   NJ_TEXT("strategy", s->slot->id), NJ_INT("events", s->events),
                   NJ_TEXT("error", err.text),
                   NJ_TEXT("detail", "the strategy goes on from on_sync"));
        else if (s->events > 0)
            nj_log(host->log, NJ_INFO, "strategies", "past_shown", NJ_TEXT("strategy", s->slot->id),
                   NJ_INT("from_seq", s->from), NJ_INT("events", s->events));
    }
    nj_map_free(&p->decisions, NULL);
    nj_map_free(&p->accepted, NULL);
    nj_fifo_free(&p->room);
    free(p->events);
    p->events = NULL;
}

/* ---- taking up ------------------------------------------------------------------------------- */

static void tell_diverged(struct nj_host *host, struct shown *s)
{
    struct nj_slot *slot = s->slot;
    const char *version = slot->instance->module->plugin.version;
    bool goes_on = slot->instance->iface.strategy.on_sync != NULL;
    char detail[400];
    host->stats.diverged++;
    snprintf(detail, sizeof detail, "diverged: shown again what came after its saved state, %s; %s",
             s->why,
             goes_on ? "it goes on from on_sync"
                     : "it has no on_sync: look at its orders, then njord ctl enable it");
    nj_host_announce(host, slot->id, slot->kind,
                     goes_on ? NJORD_PLUGIN_EVENT_ERROR : NJORD_PLUGIN_EVENT_DISABLED, version,
                     detail);
    if (goes_on)
        return;
    slot->instance->phase = NJ_INSTANCE_DISABLED;
    slot->state = NJ_SLOT_DISABLED;
    snprintf(slot->detail, sizeof slot->detail, "%.255s", detail);
    nj_strategy_leave(slot, (int)slot->config->on_crash, "diverged");
}

static void send_unfinished(struct nj_host *host, struct shown *s)
{
    for (njord_event *event; (event = nj_fifo_peek(&s->unfinished, NULL));
         nj_fifo_release(&s->unfinished)) {
        if (s->slot->state != NJ_SLOT_RUNNING)
            continue;
        const char *id = event->type == NJORD_EV_INTENT ? ((njord_intent *)event)->intent_id
                                                        : ((njord_cancel *)event)->intent_id;
        njord_status status = event->type == NJORD_EV_INTENT
                                  ? nj_strategy_send(host, (njord_intent *)event)
                                  : nj_strategy_cancel(host, s->slot->instance, id);
        nj_log(host->log, NJ_INFO, "strategies", "unfinished_sent",
               NJ_TEXT("strategy", s->slot->id), NJ_TEXT("intent_id", id),
               NJ_INT("status", status));
    }
}

void nj_past_finish(struct nj_host *host)
{
    struct nj_past *p = host->shown_past;
    if (!p)
        return;
    for (uint32_t i = 0; i < p->n; i++) {
        struct shown *s = &p->all[i];
        if (s->slot->state == NJ_SLOT_DISABLED) { /* its errors, while it was shown the past */
            nj_host_announce(host, s->slot->id, s->slot->kind, NJORD_PLUGIN_EVENT_DISABLED,
                             s->slot->instance->module->plugin.version, s->slot->detail);
            nj_strategy_leave(s->slot, (int)s->slot->config->on_crash, "disabled");
        } else if (s->diverged) {
            tell_diverged(host, s);
        }
        send_unfinished(host, s);
    }
    nj_past_free(host);
}

void nj_past_free(struct nj_host *host)
{
    struct nj_past *p = host->shown_past;
    if (!p)
        return;
    for (uint32_t i = 0; i < p->n; i++) {
        nj_told_free(&p->all[i].told);
        nj_fifo_free(&p->all[i].unfinished);
    }
    free(p->all);
    free(p);
    host->shown_past = NULL;
}
