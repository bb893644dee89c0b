/* A host opened, run until it is told to stop, and ended. */
#include "services/host_impl.h"

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
    nj_journals_idle(host->journals, nj_host_wall(host));
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
    uint64_t last_seq = 0;
    int rc = nj_core_init(&host->core, host->config, host->log, err);
    if (rc == 0)
        rc = nj_host_make_bus(host, err);
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
    host->started_ns = nj_host_wall(host);
    host->saved_at_ns = nj_host_monotonic(host);
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
    host->stop_deadline_ns = nj_host_monotonic(host) + host->config->app.stop_timeout_ms * 1000000;
    nj_log(host->log, NJ_INFO, "host", "stopping", NJ_TEXT("by", why));
}

static bool done(struct nj_host *host, bool more)
{
    if (host->restart.diverged)
        return true;
    if (host->stopping)
        return (!more && !in_flight(host)) || nj_host_monotonic(host) >= host->stop_deadline_ns;
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
    if (nj_kill_check(&host->kill, nj_host_monotonic(host)))
        nj_log(host->log, NJ_WARN, "risk", "kill_switch_tripped",
               NJ_TEXT("by", nj_kill_reason(&host->kill, nj_host_monotonic(host))),
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
