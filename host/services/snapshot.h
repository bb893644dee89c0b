/* snapshot.h - what a slot is given back when it starts again: its plugin's saved state, and what
 * the host keeps for it.
 *
 * One document in the state folder (state/ID.SEQ): the plugin's bytes, its random state, its
 * timers. Positions, orders and prices are not in it: they are the journals'. Taken every
 * plugins.state_every events, at stop, when a strategy is removed or disabled. [control] only. */
#ifndef NJ_SERVICES_SNAPSHOT_H
#define NJ_SERVICES_SNAPSHOT_H

#include "base/err.h"
#include "runtime/instance.h"

struct nj_slot;

/* Takes one of the slot's instance. A plugin that saves nothing has its random state and timers
 * kept. */
int nj_snapshot_save(struct nj_slot *slot, struct nj_error *err);
/* Gives the newest to a fresh instance of the slot, before its start: state first, and only when
 * the plugin takes that the rest. NJ_ERR_NOT_FOUND: there is none, or it holds no state of the
 * plugin (timers and random numbers are given back all the same). *seq (may be NULL) is the number
 * of the last event it knows of. */
int nj_snapshot_load(struct nj_slot *slot, struct nj_instance *fresh, uint64_t *seq,
                     struct nj_error *err);

#endif
