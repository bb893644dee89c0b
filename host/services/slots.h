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

enum nj_slot_state { NJ_SLOT_RUNNING, NJ_SLOT_DISABLED, NJ_SLOT_REFUSED };

struct nj_host;

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
    bool warming;
    bool sync_wanted; /* shown the record before its first event (on_sync) */

    /* a reload under way: events wait here from the barrier on */
    bool held;
    struct nj_fifo waiting;

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

/* Loads the plugin of a slot and makes its instance: find, read, load, parameters, create. Nothing
 * runs yet. The slot's symbols, else exchange.symbols. One line on failure; the slot is then as
 * before. */
int nj_slot_make(struct nj_slot *slot, struct nj_instance **out, struct nj_error *err);
/* Puts a made instance into the slot and starts it. */
int nj_slot_install(struct nj_slot *slot, struct nj_instance *instance, struct nj_error *err);

#endif
