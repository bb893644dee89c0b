/* What happens next in a host, and at what time: timers, inputs, the feeds' events, one turn of the
 * loop after another. */
#include "services/host_impl.h"
#include "services/past.h"
#include "services/saving.h"

#include <stdio.h>
#include <string.h>

#define TURN_EVENTS 256
#define TURN_NS     200000

#define BUSY_NS 1000000000 /* by so much a host with events waiting is late to close bars */

#define TIMERS_IN_A_ROW 64
#define TIMERS_AT_ONCE  1024

/* ---- time ---- */

int64_t nj_host_now(const struct nj_host *host)
{
    if (nj_past_showing(host))
        return nj_past_now(host);
    int64_t now = nj_bus_now(host->bus);
    if (now != INT64_MIN)
        return now;
    if (!nj_host_by_events(host))
        return nj_host_wall(host);
    return host->last_ns != INT64_MIN ? host->last_ns : 0;
}

/* The time that something gets which happens now, by the clock. While timers are due that have been
 * put off, it is ahead of theirs: they will fire behind it, also when it is shown again. */
static int64_t time_by_clock(const struct nj_host *host, int64_t now)
{
    int64_t due = nj_timers_next(&host->timers);
    return due <= now && due > host->last_ns ? due - 1 : now;
}

int nj_host_enter(struct nj_host *host, void (*fn)(void *ctx, uint64_t seq), void *ctx,
                  struct nj_error *err)
{
    int64_t now = nj_host_by_events(host) ? host->last_ns : time_by_clock(host, nj_host_wall(host));
    if (now > host->last_ns)
        host->last_ns = now;
    return nj_bus_enter(host->bus, host->last_ns, fn, ctx, err);
}

/* ---- what the bus asks ---- */

static uint64_t next_seq(void *ctx)
{
    struct nj_host *host = ctx;
    struct nj_error err = {0};
    uint64_t seq = nj_state_next_seq(host->state, &err);
    if (seq == 0)
        nj_log(host->log, NJ_ERROR, "host", "no_sequence", NJ_TEXT("error", err.text));
    else
        host->last_seq = seq;
    return seq;
}

static int64_t input_time(void *ctx, const njord_event *event)
{
    struct nj_host *host = ctx;
    int64_t time = host->step_ns != INT64_MIN ? host->step_ns : nj_host_wall(host);
    if (nj_host_by_events(host))
        time = njord_is_set_i64(event->ts_recv_ns) ? event->ts_recv_ns
               : njord_is_set_i64(event->ts_ns)    ? event->ts_ns
                                                   : host->last_ns;
    if (time > host->last_ns)
        host->last_ns = time;
    return host->last_ns;
}

static uint32_t symbol_id(void *ctx, const char *symbol)
{
    return nj_core_symbol_id(&((struct nj_host *)ctx)->core, symbol);
}

static int flush(void *ctx)
{
    return nj_flow_flush(&((struct nj_host *)ctx)->flow);
}

int nj_host_make_bus(struct nj_host *host, struct nj_error *err)
{
    struct nj_bus_options options = {host, next_seq, input_time, symbol_id, flush, 0};
    return nj_bus_new(&host->bus, &options, err);
}

/* ---- announcements ---- */

static const char *event_text(uint8_t event)
{
    const char *text = njord_code_text(njord_codes_of(NJORD_EV_PLUGIN_EVENT, "event"), event);
    return text ? text : "unknown";
}

void nj_host_announce(struct nj_host *host, const char *plugin_id, uint32_t kind, uint8_t event,
                      const char *version, const char *detail)
{
    njord_plugin_event e;
    struct nj_error err = {0};
    if (event == NJORD_PLUGIN_EVENT_RELOAD_REFUSED)
        nj_restart_intervened(host, "a reload");
    njord_event_init(&e, NJORD_EV_PLUGIN_EVENT);
    e.ev.ts_ns = nj_host_now(host);
    snprintf(e.plugin_id, sizeof e.plugin_id, "%s", plugin_id);
    e.kind = (uint8_t)kind;
    e.event = event;
    snprintf(e.version, sizeof e.version, "%s", version);
    snprintf(e.detail, sizeof e.detail, "%s", detail);
    nj_bus_publish(host->bus, "host.plugins", &e.ev, NULL, &err);
    enum nj_level level =
        event == NJORD_PLUGIN_EVENT_LOADED || event == NJORD_PLUGIN_EVENT_RELOADED ||
                event == NJORD_PLUGIN_EVENT_ENABLED || event == NJORD_PLUGIN_EVENT_UNLOADED ||
                event == NJORD_PLUGIN_EVENT_BUS_BACK
            ? NJ_INFO
            : NJ_WARN;
    nj_log(host->log, level, "plugins", event_text(event), NJ_TEXT("id", plugin_id),
           NJ_TEXT("version", version), NJ_TEXT("detail", detail));
}

/* ---- timers ---- */

struct firing {
    struct nj_host *host;
    struct nj_timer timer;
};

static void fire(void *ctx, uint64_t seq)
{
    struct firing *f = ctx;
    struct nj_slot *slot = f->timer.owner;
    f->host->stats.timers_fired++;
    if (slot->instance)
        nj_instance_timer(slot->instance, seq, f->timer.id, f->timer.due_ns);
}

/* Fires the next timer when it is due at or before `now`. */
static bool fire_due(struct nj_host *host, int64_t now)
{
    struct firing f = {.host = host};
    struct nj_error err = {0};
    /* with clock: events what is behind the last event's time is made up for in one step */
    host->timers.floor_ns = nj_host_by_events(host) ? host->last_ns : INT64_MIN;
    if (!nj_timers_take(&host->timers, now, &f.timer))
        return false;
    host->firing = true;
    if (f.timer.due_ns > host->last_ns)
        host->last_ns = f.timer.due_ns;
    if (nj_bus_enter(host->bus, f.timer.due_ns, fire, &f, &err) != 0)
        nj_log(host->log, NJ_ERROR, "host", "timer_lost", NJ_TEXT("error", err.text));
    host->firing = false;
    return true;
}

/* ---- the turn ---- */

/* Lets one thing happen: a due timer, a waiting input, the next event of a feed. False: nothing can
 * now. */
static bool one(struct nj_host *host, int64_t *wait_ns)
{
    struct nj_slot *slot;
    int64_t event_ns, wait = 0;
    if (host->warmups_due > 0 && nj_warmup_turn(host, true))
        return true;
    /* one look at the clock: a timer that is due when an event gets its time has fired before it */
    int64_t now = nj_host_wall(host);
    /* a timer that is always due again does not keep everything else from happening; those of one
     * instant are not torn apart for it, unless they are without end */
    uint32_t most =
        nj_timers_next(&host->timers) == host->last_ns ? TIMERS_AT_ONCE : TIMERS_IN_A_ROW;
    bool may_fire = host->timers_in_a_row < most;
    if (!nj_host_by_events(host) && may_fire && fire_due(host, now)) {
        host->timers_in_a_row++;
        return true;
    }
    host->timers_in_a_row = 0;
    host->step_ns = nj_host_by_events(host) ? now : time_by_clock(host, now);
    bool stepped = nj_bus_step(host->bus);
    host->step_ns = INT64_MIN;
    if (stepped)
        return true;
    if (host->stopping || !nj_feeds_peek(host, &slot, &event_ns, &wait))
        return false;
    if (wait > 0) {
        *wait_ns = wait;
        return false;
    }
    if (nj_host_by_events(host) && host->last_ns <= 0 && nj_restart_from_nothing(host))
        nj_timers_begin(&host->timers, event_ns); /* what was set at start: time begins here */
    /* an event that comes late gets the time that it is, and so do the timers before it: as they
     * will when what was recorded is played again */
    int64_t until = event_ns > host->last_ns ? event_ns : host->last_ns;
    if (nj_host_by_events(host) && event_ns > host->restart.resume_ns && fire_due(host, until))
        return true;
    nj_timers_release(&host->timers);
    nj_feeds_enter(host, slot);
    return true;
}

bool nj_host_turn(struct nj_host *host)
{
    int64_t start = nj_host_monotonic(host), clock = nj_host_wall(host), wait_ns = 0;
    bool more = true;
    host->stats.turns++;
    nj_broker_service_watch_halt(host);
    for (int n = 0; n < TURN_EVENTS && more && !host->restart.diverged; n++) {
        more = one(host, &wait_ns);
        /* what came before an order is there for whoever shows it again; by the events' clock all
         * is done again from its first event */
        if (host->flow.ahead && !nj_host_by_events(host))
            nj_flow_flush(&host->flow);
        if ((n & 15) == 15 && nj_host_monotonic(host) - start > TURN_NS)
            break;
    }
    /* by the clock as it was before the last look for events: what had come by then is in */
    if (more)
        clock -= BUSY_NS;
    if (!host->stopping && nj_ohlcv_service_close_due(
                               host, nj_host_by_events(host) ? clock : time_by_clock(host, clock)))
        more = true;
    nj_flow_flush(&host->flow);
    if (nj_restart_check(host))
        return false;
    nj_saving_turn(host);
    int64_t took = nj_host_monotonic(host) - start;
    if (took > host->stats.worst_turn_ns)
        host->stats.worst_turn_ns = took;
    if (!more) {
        int64_t due = nj_timers_next(&host->timers);
        int64_t bars = nj_ohlcv_service_due(host, nj_host_wall(host));
        due = bars < due ? bars : due;
        if (!nj_host_by_events(host) && due != INT64_MAX) {
            int64_t until = due - nj_host_wall(host);
            if (wait_ns == 0 || until < wait_ns)
                wait_ns = until > 0 ? until : 1;
        }
        ev_timer_stop(host->loop, &host->wake);
        if (wait_ns > 0) {
            ev_timer_set(&host->wake, (double)wait_ns / 1e9, 0);
            ev_timer_start(host->loop, &host->wake);
        }
    }
    return more;
}
