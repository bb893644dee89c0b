#include "services/feeds.h"

#include "market/trade_ids.h"
#include "services/host.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- doubles and gaps ---- */

/* The last ids of one venue and symbol. */
struct ids {
    struct nj_trade_ids seen;
    bool told_up, restored; /* restored: from before a restart, and no trade has come since */
    char venue[NJORD_ASSET_SIZE], symbol[NJORD_SYMBOL_SIZE];
};

static struct ids *ids_of(struct nj_map *seen, const char *venue, const char *symbol)
{
    char key[NJORD_ASSET_SIZE + NJORD_SYMBOL_SIZE + 1];
    snprintf(key, sizeof key, "%s %s", venue, symbol);
    struct ids *ids = nj_map_get(seen, key);
    if (ids)
        return ids;
    ids = calloc(1, sizeof *ids);
    if (!ids || !nj_map_put(seen, key, ids)) {
        free(ids);
        return NULL;
    }
    nj_trade_ids_init(&ids->seen);
    snprintf(ids->venue, sizeof ids->venue, "%s", venue);
    snprintf(ids->symbol, sizeof ids->symbol, "%s", symbol);
    return ids;
}

static void publish_status(struct nj_host *host, const struct ids *ids, uint8_t event, int64_t from,
                           int64_t to, const njord_event *like)
{
    njord_feed_status status;
    char topic[64];
    struct nj_error err = {0};
    njord_event_init(&status, NJORD_EV_FEED_STATUS);
    snprintf(status.venue, sizeof status.venue, "%s", ids->venue[0] ? ids->venue : "unknown");
    snprintf(status.symbol, sizeof status.symbol, "%s", ids->symbol);
    status.event = event;
    status.from_id = from;
    status.to_id = to;
    status.ev.ts_ns = like ? like->ts_ns : nj_host_now(host);
    status.ev.ts_recv_ns = like ? like->ts_recv_ns : NJORD_NONE_I64;
    snprintf(topic, sizeof topic, "md.status.%s", status.symbol);
    nj_bus_inject(host->bus, topic, &status.ev, NULL, &err);
}

void nj_feeds_remember(struct nj_host *host, const njord_trade *trade)
{
    struct ids *ids = ids_of(&host->feeding.seen, trade->venue, trade->symbol);
    int64_t from, to;
    if (!ids || trade->trade_id[0] == '\0')
        return;
    nj_trade_ids_take(&ids->seen, trade->trade_id, &from, &to);
    ids->restored = true;
}

/* Doubles are dropped; a jump in the numbers is announced before the trade that shows it. */
static bool trade_is_new(struct nj_host *host, struct nj_slot *slot, const njord_trade *trade)
{
    struct nj_feeds *feeds = &host->feeding;
    struct ids *ids = ids_of(slot == feeds->replay ? &feeds->replayed : &feeds->seen, trade->venue,
                             trade->symbol);
    if (!ids)
        return true;
    if (!ids->told_up) {
        ids->told_up = true;
        publish_status(host, ids, NJORD_FEED_EVENT_UP, NJORD_NONE_I64, NJORD_NONE_I64, &trade->ev);
    }
    int64_t from, to;
    enum nj_trade_id id = nj_trade_ids_take(&ids->seen, trade->trade_id, &from, &to);
    if (id == NJ_TRADE_ID_DOUBLE) {
        slot->duplicates++;
        feeds->duplicates++;
    } else if (id == NJ_TRADE_ID_GAP) {
        slot->gaps++;
        feeds->gaps++;
        feeds->missing += (uint64_t)(to - from + 1);
        publish_status(host, ids, NJORD_FEED_EVENT_GAP, from, to, &trade->ev);
        nj_log(host->log, NJ_WARN, "feeds", "gap", NJ_TEXT("feed", slot->id),
               NJ_TEXT("symbol", trade->symbol), NJ_INT("from_id", from), NJ_INT("to_id", to));
    }
    if (id == NJ_TRADE_ID_NEW && ids->restored && nj_trade_id_number(trade->trade_id) < 0)
        /* nobody can tell what came while the host was down */
        publish_status(host, ids, NJORD_FEED_EVENT_GAP, NJORD_NONE_I64, NJORD_NONE_I64, &trade->ev);
    ids->restored = ids->restored && id == NJ_TRADE_ID_DOUBLE;
    return id != NJ_TRADE_ID_DOUBLE;
}

/* ---- events of feeds ---- */

static void let_in(struct nj_host *host, struct nj_slot *slot, const char *topic,
                   const njord_event *event)
{
    struct nj_error err = {0};
    if (event->type == NJORD_EV_TRADE && !trade_is_new(host, slot, (const njord_trade *)event))
        return;
    slot->entered++;
    /* an input of its own even out of a timer: it is worked off to the end before the next one */
    if (nj_bus_inject(host->bus, topic, event, NULL, &err) != 0)
        nj_log(host->log, NJ_ERROR, "feeds", "event_refused", NJ_TEXT("feed", slot->id),
               NJ_TEXT("error", err.text));
}

njord_status nj_feed_publish(struct nj_host *host, struct nj_instance *instance, const char *topic,
                             const njord_event *event)
{
    struct nj_slot *slot = instance->owner;
    if (njord_topic_of(topic) == NULL || njord_topic_of(topic)->type != event->type)
        return NJORD_E_ARG;
    if (host->pulling == slot)
        return nj_record_push(&slot->ahead, topic, event) ? NJORD_OK : NJORD_E_NOMEM;
    let_in(host, slot, topic, event);
    return NJORD_OK;
}

njord_status nj_feed_speed(void *ctx, struct nj_instance *instance, double times)
{
    struct nj_slot *slot = instance->owner;
    (void)ctx;
    if (slot) {
        slot->speed = times;
        slot->first_event_ns = NJORD_NONE_I64;
    }
    return NJORD_OK;
}

/* The time by which feeds are merged and the event clock goes. */
static int64_t event_time(const njord_event *event)
{
    return njord_is_set_i64(event->ts_recv_ns) ? event->ts_recv_ns : event->ts_ns;
}

static void end_feed(struct nj_host *host, struct nj_slot *slot, const char *why)
{
    slot->ended = true;
    nj_log(host->log, NJ_INFO, "feeds", "ended", NJ_TEXT("feed", slot->id),
           NJ_INT("events", slot->entered), NJ_INT("duplicates", slot->duplicates),
           NJ_INT("gaps", slot->gaps), NJ_TEXT("detail", why));
}

/* Asks a feed for its next event until one waits ahead, or it has none. */
static bool pull(struct nj_host *host, struct nj_slot *slot)
{
    struct nj_instance *instance = slot->instance;
    if (!nj_fifo_empty(&slot->ahead))
        return true;
    if (!instance || slot->ended || !instance->iface.feed.next ||
        instance->phase != NJ_INSTANCE_RUNNING)
        return false;
    host->pulling = slot;
    njord_status status = nj_instance_next(instance);
    host->pulling = NULL;
    if (status == NJORD_E_END)
        end_feed(host, slot, "no more data");
    else if (status != NJORD_OK && status != NJORD_E_AGAIN)
        end_feed(host, slot, instance->why[0] ? instance->why : "its next callback failed");
    return !nj_fifo_empty(&slot->ahead);
}

/* How long until an event may enter: its distance from the first one, shrunk by the speed. */
static int64_t wait_for(struct nj_host *host, struct nj_slot *slot, int64_t event_ns)
{
    if (slot->speed <= 0 || nj_restart_behind(host) || event_ns <= host->restart.resume_ns)
        return 0;
    int64_t now = host->platform->monotonic_ns(host->platform->ctx);
    if (!njord_is_set_i64(slot->first_event_ns)) {
        slot->first_event_ns = event_ns;
        slot->first_wall_ns = now;
    }
    double after = (double)(event_ns - slot->first_event_ns) / slot->speed;
    double wait = (double)slot->first_wall_ns + after - (double)now;
    return wait > 0 ? (int64_t)wait + 1 : 0;
}

/* Takes a slot whose next event comes before that of *slot. */
static void earlier(struct nj_slot *s, struct nj_slot **slot, int64_t *event_ns)
{
    int64_t time = event_time(nj_record_event(nj_fifo_peek(&s->ahead, NULL)));
    if (*slot && time >= *event_ns)
        return;
    *slot = s;
    *event_ns = time;
}

bool nj_feeds_peek(struct nj_host *host, struct nj_slot **slot, int64_t *event_ns, int64_t *wait_ns)
{
    *slot = NULL;
    for (uint32_t i = 0; i < host->feeds.n; i++) {
        struct nj_slot *s = host->feeds.all[i];
        if (pull(host, s))
            earlier(s, slot, event_ns);
    }
    if (host->feeding.replay && !nj_fifo_empty(&host->feeding.replay->ahead))
        earlier(host->feeding.replay, slot, event_ns);
    if (*slot)
        *wait_ns = wait_for(host, *slot, *event_ns);
    return *slot != NULL;
}

/* Was it there before the restart? Of the last instant the ids tell, where there are any. */
static bool is_passed(struct nj_host *host, const struct nj_slot *slot, const njord_event *event)
{
    if (slot == host->feeding.replay) /* it may be of any time */
        return false;
    int64_t time = event_time(event);
    if (time != host->restart.resume_ns || event->type != NJORD_EV_TRADE)
        return time <= host->restart.resume_ns;
    const njord_trade *trade = (const njord_trade *)event;
    const struct ids *ids = ids_of(&host->feeding.seen, trade->venue, trade->symbol);
    return trade->trade_id[0] == '\0' || !ids || ids->seen.n == 0;
}

void nj_feeds_enter(struct nj_host *host, struct nj_slot *slot)
{
    char *record = nj_fifo_peek(&slot->ahead, NULL);
    if (!record)
        return;
    const njord_event *event = nj_record_event(record);
    if (is_passed(host, slot, event)) {
        host->restart.passed_over++; /* it was there before the restart */
    } else {
        if (event_time(event) < host->last_ns)
            host->feeding.out_of_order++;
        let_in(host, slot, record, event);
    }
    nj_fifo_release(&slot->ahead);
}

/* ---- a recording from outside ---- */

int nj_feeds_replay_begin(struct nj_host *host, struct nj_error *err)
{
    struct nj_feeds *feeds = &host->feeding;
    if (!feeds->replay) {
        feeds->replay = calloc(1, sizeof *feeds->replay);
        if (!feeds->replay)
            return nj_error_set(err, NJ_ERR_NOMEM, "replay: out of memory");
        feeds->replay->host = host;
        feeds->replay->kind = NJORD_KIND_FEED;
        snprintf(feeds->replay->id, sizeof feeds->replay->id, "replay");
        feeds->replay->first_event_ns = NJORD_NONE_I64;
    }
    nj_map_free(&feeds->replayed, free);
    feeds->replayed = (struct nj_map){0};
    return 0;
}

int nj_feeds_replay(struct nj_host *host, const char *topic, const njord_event *event,
                    struct nj_error *err)
{
    if (nj_record_push(&host->feeding.replay->ahead, topic, event))
        return 0;
    return nj_error_set(err, NJ_ERR_NOMEM, "replay: out of memory");
}

size_t nj_feeds_replay_waiting(const struct nj_host *host)
{
    return host->feeding.replay ? host->feeding.replay->ahead.bytes : 0;
}

bool nj_feeds_ended(const struct nj_host *host)
{
    for (uint32_t i = 0; i < host->feeds.n; i++) {
        const struct nj_slot *slot = host->feeds.all[i];
        if (slot->state == NJ_SLOT_RUNNING && (!slot->ended || !nj_fifo_empty(&slot->ahead)))
            return false;
    }
    return true;
}

/* ---- life ---- */

static int start_one(struct nj_slot *slot, struct nj_error *err)
{
    struct nj_host *host = slot->host;
    struct nj_instance *instance = NULL;
    int rc = nj_slot_make(slot, &instance, err);
    if (rc == 0)
        rc = nj_slot_install(slot, instance, err);
    if (rc != 0)
        return rc;
    for (uint32_t i = 0; i < instance->n_symbols; i++)
        nj_instance_subscribe(
            instance, instance->symbols[i],
            NJORD_WANT_TRADES | NJORD_WANT_DEPTH | NJORD_WANT_TICKER | NJORD_WANT_BARS, true);
    nj_host_announce(host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_LOADED,
                     instance->module->plugin.version, instance->module->plugin.summary);
    return 0;
}

int nj_feeds_start(struct nj_host *host, struct nj_error *err)
{
    if (!nj_restart_from_nothing(host))
        nj_feeds_restore(host);
    for (uint32_t i = 0; i < host->config->n_feeds; i++) {
        const struct nj_instance_config *config = &host->config->feeds[i];
        if (!config->enabled)
            continue;
        struct nj_slot *slot = nj_slots_add(&host->feeds, host, config);
        if (!slot)
            return nj_error_set(err, NJ_ERR_NOMEM, "feed '%s': out of memory", config->id);
        slot->first_event_ns = NJORD_NONE_I64;
        struct nj_error why = {0};
        if (start_one(slot, &why) != 0) {
            snprintf(slot->detail, sizeof slot->detail, "%.255s", why.text);
            nj_host_announce(host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_REFUSED, "", why.text);
            host->feeds_refused++;
        }
    }
    return 0;
}

void nj_feeds_stop(struct nj_host *host)
{
    nj_map_free(&host->feeding.seen, free);
    nj_map_free(&host->feeding.replayed, free);
    if (host->feeding.replay)
        nj_fifo_free(&host->feeding.replay->ahead);
    free(host->feeding.replay);
    host->feeding = (struct nj_feeds){0};
}
