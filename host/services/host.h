/* host.h - the runtime assembled: everything that one njord-host process owns, and its loop.
 *
 * Made from a configuration by nj_host_open(), run by nj_host_run() until it is told to stop, ended
 * by nj_host_close(). One thread; the libev loop waits, the bus orders. The services are the few
 * lines that connect pure functions to topics. */
#ifndef NJ_SERVICES_HOST_H
#define NJ_SERVICES_HOST_H

#include "base/log.h"
#include "base/platform.h"
#include "bus/bus.h"
#include "config/config.h"
#include "journal/journal.h"
#include "journal/state.h"
#include "runtime/instance.h"
#include "services/books.h"
#include "services/broker.h"
#include "services/core.h"
#include "services/descriptors.h"
#include "services/feeds.h"
#include "services/flow.h"
#include "services/ohlcv.h"
#include "services/restart.h"
#include "services/risk.h"
#include "services/scribe.h"
#include "services/slots.h"
#include "services/strategies.h"
#include "services/timers.h"
#include "trade/killswitch.h"

#include <ev.h>

struct nj_redis;
struct nj_past;
struct nj_control;
struct nj_reload;
struct nj_watchdog;
struct nj_compressor;
struct nj_descriptor;

struct nj_host_stats {
    uint64_t turns, timers_fired, reloads, reloads_refused, diverged;
    int64_t worst_turn_ns, last_pause_ns, worst_pause_ns;
};

struct nj_host {
    const struct nj_platform *platform;
    struct ev_loop *loop;
    struct nj_log *log;
    const struct nj_config *config; /* in force */
    char config_path[1024];         /* where it came from, "" for the defaults */
    struct nj_config_overrides overrides;
    struct nj_restart restart;
    struct nj_past *shown_past; /* what strategies are shown again, until work is taken up */
    struct nj_state *state;
    struct nj_journals *journals;
    struct nj_compressor *compressor; /* finishes their files beside the loop */
    struct nj_bus *bus;
    struct nj_redis *redis; /* NULL on inproc: */
    struct nj_core core;
    struct nj_killswitch kill;
    struct nj_flow flow;
    struct nj_scribe scribe;
    struct nj_ohlcv_service ohlcv;
    struct nj_timers timers;
    struct nj_instance_ops ops; /* what instances ask for */
    struct nj_slots feeds, brokers, strategies;
    struct nj_feeds feeding;
    struct nj_slot *pulling;    /* the feed whose `next` is being called */
    const struct nj_slot *past; /* the strategy that is being called with history */
    uint32_t warmups_due;
    uint32_t feeds_refused;
    struct nj_descriptor *descriptors;
    struct nj_risk_service risk;
    struct nj_broker_service broker;
    struct nj_control *control;
    struct nj_reload *reload;
    struct nj_call_word calls; /* which plugin is being called */
    struct nj_watchdog *watchdog;
    uint64_t saved_at_input; /* inputs when the plugins' states were last saved */
    int64_t saved_at_ns;     /* monotonic */
    struct nj_books books;   /* as last saved, or found at start; only once `rebuilt` */
    int64_t books_due_ns;    /* monotonic: not before that */
    uint64_t rotations;      /* of journals, as last seen */
    bool rebuilt;            /* what the journals say is known: books may be saved */
    ino_t orders_file;       /* the journal of orders that orders.chain knows as the live one */
    int64_t started_ns;      /* wall clock */
    int64_t step_ns;         /* wall clock when the step under way began; INT64_MIN: none */
    int64_t last_ns;         /* delivery time of the last input: never goes back */
    uint32_t generations;    /* of plugin files loaded so far */
    uint64_t flatten_cause;
    uint32_t flatten_ordinal;
    struct nj_map flattening; /* intent ids that the host made to flatten, until decided */
    uint64_t last_seq;        /* the highest number given so far */
    bool recovered;           /* the journals held an earlier run */
    bool firing;              /* a timer is being worked off */
    uint32_t timers_in_a_row; /* fired since something else happened */
    bool stopping;
    bool logs_wanted;         /* SIGUSR1 was seen */
    int64_t stop_deadline_ns; /* monotonic */
    int exit_code;
    struct nj_host_stats stats;
    struct ev_timer wake, second;
    struct ev_io halt_io; /* the halt file's folder */
    struct ev_signal on_hup, on_term, on_int, on_usr1;
};

struct nj_host_options {
    const struct nj_platform *platform;
    struct nj_log *log;
    struct nj_config *config; /* taken over */
    const char *config_path;  /* may be NULL */
    struct nj_config_overrides overrides;
};

/* Opens state, journals, bus; rebuilds what the journals say; loads and starts feeds, brokers and
 * strategies; opens the control socket. On failure one line in err and nothing left behind. */
int nj_host_open(struct nj_host **out, const struct nj_host_options *options, struct nj_error *err);
/* Runs until stopped (signal, control, end of all feeds with app.at_end: stop). Returns the
 * process's exit code. */
int nj_host_run(struct nj_host *host);
/* Asks it to stop: intents are refused from now on, orders in flight settle within
 * app.stop_timeout_ms. */
void nj_host_stop(struct nj_host *host, const char *why);
/* Saves what must be kept, closes all. An error when journal lines could not be written any more.
 */
int nj_host_close(struct nj_host *host);

/* One turn: due timers, waiting inputs, feeds: at most 256 events or 200 us; then the journals are
 * handed to the kernel. True: there is more to do now. */
bool nj_host_turn(struct nj_host *host);

/* Runs fn as an input of its own, at the time that the host's clock says now: what the host does by
 * itself between two events (the halt's cancels). NJ_ERR_*: it was not run. */
int nj_host_enter(struct nj_host *host, void (*fn)(void *ctx, uint64_t seq), void *ctx,
                  struct nj_error *err);

/* Event time: what an instance sees as now. */
int64_t nj_host_now(const struct nj_host *host);

/* Publishes a PluginEvent on host.plugins (and so into host.plugins.ndjson) and logs it. */
void nj_host_announce(struct nj_host *host, const char *plugin_id, uint32_t kind, uint8_t event,
                      const char *version, const char *detail);

/* The day's profit in USD after a fill: to njord:pnl:day on a shared bus. */
void nj_host_day_pnl(struct nj_host *host, double usd);

/* The ops table behind every instance (ops.c). */
void nj_host_ops_init(struct nj_instance_ops *ops, struct nj_host *host);

#endif
