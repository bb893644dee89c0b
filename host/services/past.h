/* past.h - what strategies are shown again after a restart: the events between the state that they
 * saved and the end of the record, in order, each with positions, orders and prices as they were.
 *
 * A second, past core is rebuilt from the saved books beside the host's own and takes its place
 * meanwhile; journals are read along with the journal of orders. Nothing that a strategy does then
 * leaves: its intents and cancels are held against those of the record (told.h). The same: dropped.
 * Beyond the record's end: sent when the host takes up its work. Others: it has `diverged`. Called
 * once, at start. [control], before the loop. */
#ifndef NJ_SERVICES_PAST_H
#define NJ_SERVICES_PAST_H

#include "base/err.h"

#include <njord/abi.h>
#include <njord/contract.h>
#include <stdbool.h>
#include <stdint.h>

struct nj_host;
struct nj_slot;
struct nj_instance;

/* Shows them; what cannot be shown is said in one line a strategy and left to on_sync. */
void nj_past_show(struct nj_host *host);
/* Within the first input: disables strategies that diverged and have no on_sync, sends what was on
 * its way. Before on_sync. */
void nj_past_finish(struct nj_host *host);
void nj_past_free(struct nj_host *host);

/* Is the past being shown? Time is then that of the event shown. */
bool nj_past_showing(const struct nj_host *host);
int64_t nj_past_now(const struct nj_host *host);

/* A strategy's outputs meanwhile. Before an intent gets its id: gives the instance the cause that
 * the record names for it, where the event (a timer) stands in no journal. */
void nj_past_name_cause(struct nj_instance *instance);
njord_status nj_past_intent(struct nj_instance *instance, const njord_intent *intent);
njord_status nj_past_cancel(struct nj_instance *instance, const char *intent_id);

#endif
