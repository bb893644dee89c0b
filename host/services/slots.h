/* slots.h - configured instances in their places: a slot stays while versions of its plugin come
 * and go.
 *
 * A slot is one entry of feeds, brokers or strategies: its configuration, the instance now running
 * (NULL: disabled or refused) and what the host keeps for it across reloads. Subscriptions and
 * timers belong to the slot, not to the instance. Owned by the host. */
#ifndef NJ_SERVICES_SLOTS_H
#define NJ_SERVICES_SLOTS_H

#include "bus/bus.h"
#include "bus/fifo.h"
#include "config/config.h"
#include "runtime/instance.h"
#include "services/warmup.h"

#define NJ_SLOT_RECENT      64u
#define NJ_PROBATION_EVENTS 10000u
#define NJ_PROBATION_NS     30000000000
#define NJ_PROBATION_ERRORS 3u

enum nj_slot_state { NJ_SLOT_RUNNING, NJ_SLOT_DISABLED, NJ_SLOT_REFUSED };

struct nj_host;

/* Orders that a version sent, as a count and a hash of what and in which order. */
struct nj_orders_told {
    uint64_t n, hash;
};
void nj_orders_told_add(struct nj_orders_told *told, const njord_order *order);

struct nj_slot {
    struct nj_host *host;
    char id[NJORD_ID_SIZE];
    uint32_t kind;
    const struct nj_instance_config *config; /* of the configuration in force */
    struct nj_instance *instance;
    enum nj_slot_state state;
    char detail[256];    /* why it is disabled or refused */
    uint32_t generation; /* versions run so far */

    struct nj_subscription **subscriptions;
    uint32_t n_subscriptions;
    uint64_t last_seq; /* globs may overlap: an event is shown once */
    uint8_t *wants;    /* strategies: by symbol_id, 1: in its symbols */
    uint32_t n_wants;
    bool warming; /* is being shown history */
    struct nj_warmup warmup;
    bool restored;         /* its plugin took a saved state at this start, */
    uint64_t restored_seq; /* which was saved at this seq */

    struct nj_fifo
        recent; /* the last NJ_SLOT_RECENT events shown, for the probe of a new version */
    uint32_t n_recent;

    /* probation of a new version: the old one rests here, with what was shown since */
    struct nj_instance *previous;
    struct nj_fifo since;
    uint32_t n_since;
    int64_t probation_ends_ns;            /* monotonic */
    struct nj_orders_told sent, replayed; /* by the new version; by the old one, shown the same */
    bool back_wanted;                     /* the new version misbehaves */

    /* feeds */
    bool ended;
    double speed;                          /* 0: as fast as the host works */
    struct nj_fifo ahead;                  /* what `next` has published and has not entered yet */
    int64_t first_event_ns, first_wall_ns; /* where pacing counts from */
    uint64_t entered, duplicates, gaps;
};

struct nj_slots {
    struct nj_slot **all; /* in configured order */
    uint32_t n;
};

struct nj_slot *nj_slots_find(const struct nj_slots *slots, const char *id);
/* Adds an empty slot at the end; NULL: out of memory. */
struct nj_slot *nj_slots_add(struct nj_slots *slots, struct nj_host *host,
                             const struct nj_instance_config *config);
/* Ends a slot: unsubscribes, cancels its timers, frees its instance. */
void nj_slot_free(struct nj_slot *slot);
void nj_slots_free(struct nj_slots *slots);
const char *nj_slot_state_text(const struct nj_slot *slot);
/* A warning in the log for each .so in plugins.dir that is no plugin: it is skipped, nobody can
 * name it. */
void nj_slots_warn_strays(const struct nj_host *host);

/* An event with its topic as a record of a queue, and back. False: out of memory. */
bool nj_record_push(struct nj_fifo *fifo, const char *topic, const njord_event *event);
njord_event *nj_record_event(char *record); /* the topic stands at record */

/* The plugin file of a slot's entry, in the given configuration. */
int nj_slot_find(const struct nj_config *config, const struct nj_instance_config *entry,
                 char path[NJ_PATH_MAX], struct nj_error *err);
/* An instance of `module` for an entry, with its parameters checked. */
int nj_slot_create(struct nj_slot *slot, const struct nj_config *config,
                   const struct nj_instance_config *entry, struct nj_module *module,
                   const struct nj_instance_ops *ops, struct nj_instance **out,
                   struct nj_error *err);
/* The older version goes for good: probation is over. */
void nj_slot_retire(struct nj_slot *slot);

/* Loads the plugin of a slot and makes its instance: find, read, load, parameters, create. Nothing
 * runs yet. The slot's symbols, else exchange.symbols. One line on failure; the slot is then as
 * before. */
int nj_slot_make(struct nj_slot *slot, struct nj_instance **out, struct nj_error *err);
/* Puts a made instance into the slot and starts it. */
int nj_slot_install(struct nj_slot *slot, struct nj_instance *instance, struct nj_error *err);

#endif
