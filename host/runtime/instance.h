/* instance.h - one configured plugin at work: its state, its host table, and how it is called.
 *
 * Created from a module and checked parameters; called only through the functions below, which set
 * the role, count errors and keep a misbehaving plugin from hurting others: an event is shown as a
 * private copy. What the plugin asks of the host goes through the njord_host table here to `ops`,
 * which the services supply: this layer knows no order and no position. Owned by the service of its
 * kind. A worker process will stand behind the same functions. */
#ifndef NJ_RUNTIME_INSTANCE_H
#define NJ_RUNTIME_INSTANCE_H

#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "runtime/module.h"
#include "runtime/watchdog.h"

#include <njord/abi.h>

struct nj_instance;

/* What instances ask for. Each gets `ctx` and the instance; statuses are njord_status. */
struct nj_instance_ops {
    void *ctx;
    struct nj_call_word *calls; /* for the watchdog; NULL: nobody looks */
    void *probe; /* of those who try a plugin and collect its outputs; NULL in the host */
    int64_t (*now_ns)(void *ctx);
    void (*log)(void *ctx, struct nj_instance *i, int32_t level, const char *text);
    njord_status (*position)(void *ctx, struct nj_instance *i, const char *symbol,
                             njord_holding *out);
    double (*working)(void *ctx, struct nj_instance *i, const char *symbol);
    double (*last_price)(void *ctx, struct nj_instance *i, const char *symbol);
    njord_status (*instrument)(void *ctx, struct nj_instance *i, const char *symbol,
                               njord_instrument *out);
    double (*capital)(void *ctx, struct nj_instance *i);
    double (*cash)(void *ctx, struct nj_instance *i);
    uint32_t (*open_orders)(void *ctx, struct nj_instance *i, const char *symbol,
                            njord_open_order *out, uint32_t cap);
    njord_status (*book)(void *ctx, struct nj_instance *i, const char *symbol,
                         const njord_book **out);
    njord_status (*submit)(void *ctx, struct nj_instance *i, const njord_order *order,
                           char *intent_id);
    njord_status (*cancel)(void *ctx, struct nj_instance *i, const char *intent_id);
    njord_status (*publish)(void *ctx, struct nj_instance *i, const char *topic,
                            const njord_event *event);
    njord_status (*timer_set)(void *ctx, struct nj_instance *i, uint32_t timer, int64_t due_ns,
                              int64_t period_ns);
    njord_status (*timer_cancel)(void *ctx, struct nj_instance *i, uint32_t timer);
    int32_t (*halted)(void *ctx, struct nj_instance *i);
    int32_t (*warming)(void *ctx, struct nj_instance *i);
    /* brokers' answers */
    njord_status (*ack)(void *ctx, struct nj_instance *i, const njord_broker_order_ack *ack);
    njord_status (*update)(void *ctx, struct nj_instance *i,
                           const njord_broker_order_update *update);
    njord_status (*fill)(void *ctx, struct nj_instance *i, const njord_broker_fill *fill);
    njord_status (*balance)(void *ctx, struct nj_instance *i,
                            const njord_balance_snapshot *balance);
    njord_status (*broker_error)(void *ctx, struct nj_instance *i, const njord_order_ref *ref,
                                 uint32_t cls, int32_t code, const char *text,
                                 int64_t retry_after_ns);
    /* feeds */
    njord_status (*speed)(void *ctx, struct nj_instance *i, double times);
    /* descriptors */
    njord_status (*watch)(void *ctx, struct nj_instance *i, int32_t fd, uint32_t events);
    /* an order of an instance that is shown the past again: not sent; NULL: nobody asks */
    void (*withheld)(void *ctx, struct nj_instance *i, const njord_order *order);
    /* a callback returned an error (already counted): logged, published, and whether the instance
     * is now to be disabled */
    void (*failed)(void *ctx, struct nj_instance *i, const char *callback, njord_status status,
                   const char *why, bool disable);
    /* the position's quantity alone, asked with each event; NULL: `position` is asked */
    double (*held)(void *ctx, struct nj_instance *i, const char *symbol);
};

enum nj_instance_phase {
    NJ_INSTANCE_CREATED, /* create (and load) done, start not yet */
    NJ_INSTANCE_RUNNING,
    NJ_INSTANCE_QUIESCED,
    NJ_INSTANCE_DISABLED, /* errors, or an operator */
    NJ_INSTANCE_ENDED
};

enum nj_role { NJ_ROLE_NONE, NJ_ROLE_LOOP, NJ_ROLE_CONTROL };

struct nj_instance {
    char id[NJORD_ID_SIZE];
    uint32_t kind;
    struct nj_module *module;
    const struct nj_instance_ops *ops;
    njord_host host; /* what the plugin sees; host.priv is this */
    void *self;
    union {
        njord_strategy_iface strategy;
        njord_broker_iface broker;
        njord_feed_iface feed;
        njord_allocator_iface allocator;
    } iface;
    njord_value *values; /* parameters in the table's order */
    uint32_t n_values;
    const char **symbols;
    uint32_t n_symbols;
    enum nj_instance_phase phase;
    enum nj_role role;
    bool withheld; /* shown the past again: its outputs are taken, and go nowhere */
    bool muted; /* may be called, but outputs are refused with BUSY (new version before its commit)
                 */
    uint64_t random[4]; /* xoshiro256** */
    uint64_t cause_seq; /* of the event or timer now handled */
    uint32_t ordinal;   /* outputs of that cause so far */
    uint64_t events, errors, max_errors;
    uint64_t outputs_refused;
    char why[256]; /* the plugin's last sentence through host->fail */
    void *scratch; /* the private copy of the event being shown */
    size_t scratch_cap;
    void *owner; /* the service's */
};

struct nj_instance_spec {
    const char *id;
    struct nj_module *module; /* a reference is taken */
    const struct nj_instance_ops *ops;
    njord_value *values; /* taken over, also on failure */
    uint32_t n_values;
    const char *const *symbols; /* copied */
    uint32_t n_symbols;
    uint64_t seed; /* app.seed: mixed with the id */
    uint64_t max_errors;
    void *owner;
};

/* create(). On failure nothing is left behind and err holds one line with the plugin's own
 * sentence. */
int nj_instance_create(struct nj_instance **out, const struct nj_instance_spec *spec,
                       struct nj_error *err);
/* destroy(), and the module's reference given back. Takes NULL. */
void nj_instance_free(struct nj_instance *instance);

int nj_instance_start(struct nj_instance *instance, struct nj_error *err);
int nj_instance_quiesce(struct nj_instance *instance, struct nj_error *err);
int nj_instance_resume(struct nj_instance *instance, struct nj_error *err);
/* Appends what save() writes; NJ_ERR_NOT_FOUND: the plugin saves nothing. */
int nj_instance_save(struct nj_instance *instance, struct nj_buf *out, struct nj_error *err);
int nj_instance_load(struct nj_instance *instance, const void *data, size_t len, uint32_t version,
                     struct nj_error *err);
/* New values for LIVE parameters; reconfigure() for each that changed. `values` is taken over. */
int nj_instance_reconfigure(struct nj_instance *instance, njord_value *values, uint32_t n_values,
                            struct nj_error *err);

/* Are two parameter values the same? */
bool nj_value_equal(const njord_value *a, const njord_value *b);

/* Shows an event to the callback of its type, as a private copy; without one: on_event of a
 * strategy, else nothing. Returns the callback's status. Only while RUNNING; NJORD_E_BUSY else. */
njord_status nj_instance_event(struct nj_instance *instance, const char *topic,
                               const njord_event *event);
/* The same with a copy that is the plugin's to spoil: for who makes events for it alone. */
njord_status nj_instance_show(struct nj_instance *instance, const char *topic, njord_event *event);
/* The same of a bar, for a strategy that has on_bar: called for each row of a backtest. */
njord_status nj_instance_bar(struct nj_instance *instance, const njord_bar *bar);
/* Does a callback take events of this type? */
bool nj_instance_takes(const struct nj_instance *instance, uint32_t type);
njord_status nj_instance_timer(struct nj_instance *instance, uint64_t seq, uint32_t timer,
                               int64_t due_ns);
njord_status nj_instance_descriptor(struct nj_instance *instance, int32_t fd, uint32_t events);
/* Strategies: what the host's record says. */
njord_status nj_instance_sync(struct nj_instance *instance, uint64_t seq,
                              const njord_position_snapshot *positions, uint32_t n_positions,
                              const njord_open_order *orders, uint32_t n_orders);
/* Brokers. An error of place means that nothing was sent and the order is rejected: it is not
 * counted. */
njord_status nj_instance_place(struct nj_instance *instance, const njord_broker_order_req *req);
njord_status nj_instance_cancel(struct nj_instance *instance, const njord_order_ref *ref);
njord_status nj_instance_query(struct nj_instance *instance, const njord_order_ref *ref);
/* Feeds. */
njord_status nj_instance_next(struct nj_instance *instance);
njord_status nj_instance_subscribe(struct nj_instance *instance, const char *symbol, uint32_t what,
                                   bool on);

#endif
