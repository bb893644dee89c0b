#include "services/host.h"

#include "base/fs.h"
#include "journal/compressor.h"
#include "services/control.h"
#include "services/halt.h"
#include "services/link.h"
#include "services/past.h"
#include "services/reload.h"
#include "services/saving.h"
#include "services/stores.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_EVENTS 256
#define TURN_NS     200000

#define BUSY_NS 1000000000 /* by so much a host with events waiting is late to close bars */

#define TIMERS_IN_A_ROW 64

/* ---- time ---- */

static int64_t wall(const struct nj_host *host)
{
    return host->platform->realtime_ns(host->platform->ctx);
}

static int64_t monotonic(const struct nj_host *host)
{
    return host->platform->monotonic_ns(host->platform->ctx);
}

static bool by_events(const struct nj_host *host)
{
    return host->config->app.clock == NJ_CLOCK_EVENTS;
}

int64_t nj_host_now(const struct nj_host *host)
{
    if (nj_past_showing(host))
        return nj_past_now(host);
    int64_t now = nj_bus_now(host->bus);
    if (now != INT64_MIN)
        return now;
    if (!by_events(host))
        return wall(host);
    return host->last_ns != INT64_MIN ? host->last_ns : 0;
}

int nj_host_enter(struct nj_host *host, void (*fn)(void *ctx, uint64_t seq), void *ctx,
                  struct nj_error *err)
{
    int64_t now = by_events(host) ? host->last_ns : wall(host);
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
    int64_t time = host->step_ns != INT64_MIN ? host->step_ns : wall(host);
    if (by_events(host))
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
    host->timers.floor_ns = by_events(host) ? host->last_ns : INT64_MIN;
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
    int64_t now = wall(host);
    /* a timer that is always due again does not keep everything else from happening */
    if (!by_events(host) && host->timers_in_a_row < TIMERS_IN_A_ROW && fire_due(host, now)) {
        host->timers_in_a_row++;
        return true;
    }
    host->timers_in_a_row = 0;
    host->step_ns = now;
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
    if (by_events(host) && event_ns > host->restart.resume_ns && fire_due(host, event_ns))
        return true;
    nj_timers_release(&host->timers);
    nj_feeds_enter(host, slot);
    return true;
}

bool nj_host_turn(struct nj_host *host)
{
    int64_t start = monotonic(host), clock = wall(host), wait_ns = 0;
    bool more = true;
    host->stats.turns++;
    nj_broker_service_watch_halt(host);
    for (int n = 0; n < TURN_EVENTS && more && !host->restart.diverged; n++) {
        more = one(host, &wait_ns);
        if ((n & 15) == 15 && monotonic(host) - start > TURN_NS)
            break;
    }
    /* by the clock as it was before the last look for events: what had come by then is in */
    if (!host->stopping && nj_ohlcv_service_close_due(host, more ? clock - BUSY_NS : clock))
        more = true;
    nj_flow_flush(&host->flow);
    if (nj_restart_check(host))
        return false;
    nj_saving_turn(host);
    int64_t took = monotonic(host) - start;
    if (took > host->stats.worst_turn_ns)
        host->stats.worst_turn_ns = took;
    if (!more) {
        int64_t due = nj_timers_next(&host->timers);
        int64_t bars = nj_ohlcv_service_due(host, wall(host));
        due = bars < due ? bars : due;
        if (!by_events(host) && due != INT64_MAX) {
            int64_t until = due - wall(host);
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

/* ---- signals and the loop's own timers ---- */

static void on_wake(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
    (void)loop, (void)timer, (void)revents; /* waking is all it does */
}

static void on_second(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
    struct nj_host *host = timer->data;
    struct nj_error err = {0};
    (void)loop, (void)revents;
    if (host->config->logging.fsync != NJ_FSYNC_NEVER &&
        nj_journals_sync(host->journals, &err) != 0)
        nj_log(host->log, NJ_ERROR, "journal", "sync_failed", NJ_TEXT("error", err.text));
    nj_journals_idle(host->journals, wall(host));
    nj_compressor_report(host->compressor, host->log);
}

static void on_signal(struct ev_loop *loop, struct ev_signal *signal, int revents)
{
    struct nj_host *host = signal->data;
    (void)loop, (void)revents;
    if (signal->signum == SIGHUP)
        nj_reload_request(host, NULL, false);
    else if (signal->signum == SIGUSR1)
        host->logs_wanted = true;
    else
        nj_host_stop(host, signal->signum == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void start_watchers(struct nj_host *host)
{
    static const int numbers[] = {SIGHUP, SIGTERM, SIGINT, SIGUSR1};
    struct ev_signal *const signals[] = {&host->on_hup, &host->on_term, &host->on_int,
                                         &host->on_usr1};
    for (int i = 0; i < 4; i++) {
        ev_signal_init(signals[i], on_signal, numbers[i]);
        signals[i]->data = host;
        ev_signal_start(host->loop, signals[i]);
    }
    ev_timer_init(&host->wake, on_wake, 0, 0);
    ev_timer_init(&host->second, on_second, 1, 1);
    host->second.data = host;
    ev_timer_start(host->loop, &host->second);
}

static void stop_watchers(struct nj_host *host)
{
    struct ev_signal *const signals[] = {&host->on_hup, &host->on_term, &host->on_int,
                                         &host->on_usr1};
    for (int i = 0; i < 4; i++)
        ev_signal_stop(host->loop, signals[i]);
    ev_timer_stop(host->loop, &host->wake);
    ev_timer_stop(host->loop, &host->second);
}

static void reopen_logs(struct nj_host *host)
{
    struct nj_error err = {0};
    host->logs_wanted = false;
    if (nj_log_reopen(host->log, &err) != 0 || nj_journals_reopen(host->journals, &err) != 0)
        nj_log(host->log, NJ_ERROR, "host", "reopen_failed", NJ_TEXT("error", err.text));
    else
        nj_log(host->log, NJ_INFO, "host", "logs_reopened", NJ_TEXT("by", "SIGUSR1"));
}

/* ---- open ---- */

/* What a death tore off the end of the journal of orders is set aside before it is read. */
static int repair_orders(struct nj_host *host, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    uint64_t cut = 0;
    int rc =
        nj_path_join(path, sizeof path, host->config->logging.journal_dir, "orders.ndjson", err);
    if (rc == 0)
        rc = nj_journal_repair(host->platform, path, &cut, err);
    if (rc == 0 && cut > 0)
        nj_log(host->log, NJ_WARN, "journal", "torn_tail", NJ_TEXT("path", path),
               NJ_INT("bytes", cut));
    return rc == NJ_ERR_NOT_FOUND ? 0 : rc;
}

static int rebuild(struct nj_host *host, uint64_t *last_seq, struct nj_error *err)
{
    struct nj_recovery from = {.journal_dir = host->config->logging.journal_dir,
                               .venue = host->broker.venue,
                               .state = host->state,
                               .risk = host->risk.risk,
                               .each = nj_risk_service_replay,
                               .ctx = host};
    int rc = nj_core_recover(&host->core, &from, last_seq, err);
    nj_core_forget_prices(&host->core);
    host->flow.last_seq = host->books.journal_seq = *last_seq;
    host->rebuilt = rc == 0;
    return rc;
}

static int open_books(struct nj_host *host, struct nj_error *err)
{
    struct nj_bus_options options = {host, next_seq, input_time, symbol_id, flush, 0};
    uint64_t last_seq = 0;
    int rc = nj_core_init(&host->core, host->config, host->log, err);
    if (rc == 0)
        rc = nj_bus_new(&host->bus, &options, err);
    nj_kill_init(&host->kill, host->config->risk.kill_switch_file);
    if (rc == 0)
        rc = nj_restart_open(host, err);
    if (rc != 0)
        return rc;
    nj_flow_init(&host->flow, host->bus, host->journals, &host->kill, host->log);
    rc = nj_broker_service_choose(host, err);
    if (rc == 0 && nj_config_has_service(host->config, "risk"))
        rc = nj_risk_service_open(host, err);
    bool record = !nj_restart_from_nothing(host);
    if (rc == 0 && record)
        rc = repair_orders(host, err);
    if (rc == 0 && record)
        rc = rebuild(host, &last_seq, err);
    else
        host->rebuilt = rc == 0; /* there is nothing to rebuild */
    host->recovered = last_seq > 0;
    if (rc == 0 && host->recovered)
        nj_log(host->log, NJ_INFO, "host", "recovered", NJ_INT("last_seq", last_seq),
               NJ_INT("open_orders", nj_orders_count_open(host->core.orders, NULL)));
    if (rc == 0)
        rc = nj_core_attach(&host->core, host->bus, err);
    return rc == 0 ? nj_flow_attach(&host->flow, err) : rc;
}

static int open_services(struct nj_host *host, struct nj_error *err)
{
    const struct nj_config *config = host->config;
    int rc = 0;
    if (nj_config_has_service(config, "journal"))
        rc = nj_scribe_start(&host->scribe, &host->flow, &host->core, host->bus, config, err);
    if (rc == 0)
        rc = nj_link_start(host, err);
    if (rc == 0 && nj_config_has_service(config, "broker"))
        rc = nj_broker_service_start(host, err);
    if (rc == 0 && nj_config_has_service(config, "risk"))
        rc = nj_risk_service_start(host, err);
    if (rc == 0 && nj_config_has_service(config, "strategies"))
        rc = nj_strategies_start(host, err);
    if (rc == 0 && nj_config_has_service(config, "ohlcv"))
        rc = nj_ohlcv_service_start(host, err);
    if (rc == 0 && !nj_restart_from_nothing(host))
        nj_past_show(host);
    if (rc == 0 && nj_config_has_service(config, "feeds"))
        rc = nj_feeds_start(host, err);
    return rc;
}

static int start_watchdog(struct nj_host *host, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    int rc = nj_path_join(path, sizeof path, host->config->logging.journal_dir, "app.ndjson", err);
    return rc == 0 ? nj_watchdog_start(&host->watchdog, &host->calls,
                                       host->config->plugins.watchdog_ms, path, err)
                   : rc;
}

int nj_host_open(struct nj_host **out, const struct nj_host_options *options, struct nj_error *err)
{
    *out = NULL;
    struct nj_host *host = calloc(1, sizeof *host);
    if (!host) {
        nj_config_free(options->config);
        return nj_error_set(err, NJ_ERR_NOMEM, "host: out of memory");
    }
    host->platform = options->platform;
    host->log = options->log;
    host->config = options->config;
    host->overrides = options->overrides;
    host->last_ns = host->step_ns = INT64_MIN;
    snprintf(host->config_path, sizeof host->config_path, "%s",
             options->config_path ? options->config_path : "");
    nj_host_ops_init(&host->ops, host);
    host->started_ns = wall(host);
    host->saved_at_ns = monotonic(host);
    signal(SIGPIPE,
           SIG_IGN); /* a caller that went away, and a file at its size limit, are errors */
    signal(SIGXFSZ, SIG_IGN); /* of the call that met them */
    host->loop = ev_loop_new(EVFLAG_AUTO);
    int rc = host->loop ? nj_stores_open(host, err)
                        : nj_error_set(err, NJ_ERR_IO, "host: no event loop can be made");
    if (rc == 0)
        rc = open_books(host, err);
    if (rc == 0)
        rc = nj_control_open(host, err);
    if (rc == 0)
        rc = open_services(host, err);
    if (rc == 0) {
        nj_slots_warn_strays(host);
        nj_halt_watch(host);
    }
    if (rc == 0)
        rc = nj_reload_open(host, err);
    if (rc == 0)
        rc = start_watchdog(host, err);
    if (rc != 0) {
        nj_host_close(host);
        return rc;
    }
    start_watchers(host);
    *out = host;
    return 0;
}

/* ---- run ---- */

/* Before anything else enters: lost fills, orders left open, and what strategies hold, as an input
 * of its own. */
static void take_up(void *ctx, uint64_t seq)
{
    struct nj_host *host = ctx;
    (void)seq;
    nj_core_publish_lost(&host->core);
    if (nj_config_has_service(host->config, "broker"))
        nj_broker_service_reconcile(host);
    nj_past_finish(host);
    for (uint32_t i = 0; i < host->strategies.n; i++)
        if (host->recovered)
            nj_strategy_sync(host->strategies.all[i]);
}

/* Orders that left and were not answered yet. */
static bool in_flight(const struct nj_host *host)
{
    for (const struct nj_order *o = NULL;
         (o = nj_orders_next_open(host->core.orders, o, NULL, NULL));)
        if (o->stage <= NJ_ORDER_SENT)
            return true;
    return false;
}

void nj_host_stop(struct nj_host *host, const char *why)
{
    if (host->stopping)
        return;
    host->stopping = true;
    host->stop_deadline_ns = monotonic(host) + host->config->app.stop_timeout_ms * 1000000;
    nj_log(host->log, NJ_INFO, "host", "stopping", NJ_TEXT("by", why));
}

static bool done(struct nj_host *host, bool more)
{
    if (host->restart.diverged)
        return true;
    if (host->stopping)
        return (!more && !in_flight(host)) || monotonic(host) >= host->stop_deadline_ns;
    if (!more && host->config->app.at_end == NJ_AT_END_STOP && host->feeds.n > 0 &&
        nj_feeds_ended(host) && !nj_bus_pending(host->bus)) {
        if (nj_restart_check_end(host))
            return true;
        if (host->feeds_refused > 0)
            host->exit_code = 1; /* not all that was asked for was played */
        nj_host_stop(host, "end of all feeds");
    }
    return false;
}

int nj_host_run(struct nj_host *host)
{
    struct nj_error err = {0};
    if (nj_kill_check(&host->kill, monotonic(host)))
        nj_log(host->log, NJ_WARN, "risk", "kill_switch_tripped",
               NJ_TEXT("by", nj_kill_reason(&host->kill, monotonic(host))),
               NJ_TEXT("file", host->kill.file));
    nj_warmup_turn(host, false); /* what the record says comes behind what was before */
    if (nj_bus_enter(host->bus, nj_host_now(host), take_up, host, &err) != 0)
        nj_log(host->log, NJ_ERROR, "host", "not_taken_up", NJ_TEXT("error", err.text));
    nj_saving_now(host); /* the past is not shown twice */
    nj_log(host->log, NJ_INFO, "host", "running", NJ_INT("feeds", host->feeds.n),
           NJ_INT("strategies", host->strategies.n), NJ_TEXT("venue", host->broker.venue),
           NJ_TEXT("bus", host->redis ? "redis" : "inproc")); /* the url may hold a password */
    for (;;) {
        bool more = nj_host_turn(host);
        if (host->logs_wanted)
            reopen_logs(host);
        more |= nj_reload_turn(host);
        if (done(host, more))
            break;
        ev_run(host->loop, more || host->stopping ? EVRUN_NOWAIT : EVRUN_ONCE);
    }
    return host->exit_code;
}

/* ---- close ---- */

int nj_host_close(struct nj_host *host)
{
    if (!host)
        return 0;
    int rc = 0;
    nj_watchdog_stop(host->watchdog);
    host->watchdog = NULL;
    nj_reload_close(host);
    nj_control_close(host);
    if (host->bus) {
        if (!nj_restart_behind(host)) {
            nj_saving_states(host, true);
        }
        while (nj_bus_step(host->bus)) /* what was announced last */
            ;
        nj_saving_books(host);
        nj_risk_service_stop(host);
        nj_flow_flush(&host->flow);
        nj_link_stop(host);
        nj_descriptors_forget(host, NULL);
        nj_slots_free(&host->strategies);
        nj_slots_free(&host->feeds);
        nj_broker_service_stop(host);
        nj_slots_free(&host->brokers);
        nj_feeds_stop(host);
        nj_ohlcv_service_stop(host);
        nj_scribe_stop(&host->scribe);
    }
    rc = nj_stores_close_journals(host);
    nj_past_free(host);
    nj_restart_close(host);
    nj_flow_free(&host->flow);
    nj_core_free(&host->core);
    nj_bus_free(host->bus);
    nj_timers_free(&host->timers);
    nj_map_free(&host->flattening, NULL);
    if (host->state)
        nj_state_close(host->state);
    if (host->loop) {
        nj_halt_close(host);
        stop_watchers(host);
        ev_loop_destroy(host->loop);
    }
    nj_config_free((struct nj_config *)host->config);
    free(host);
    return rc;
}
