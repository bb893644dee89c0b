/* scribe.h - the journal service: writes what the bus carries into the journals that CONTRACTS
 * names.
 *
 * First of all stages, so that an event is written down before anyone acts on it. Market data as
 * journal.topics asks; decisions, fills, positions, broker updates and plugin events always.
 * orders.ndjson is the flow's, not its. [loop] only. */
#ifndef NJ_SERVICES_SCRIBE_H
#define NJ_SERVICES_SCRIBE_H

#include "services/core.h"
#include "services/flow.h"

struct nj_scribe {
    struct nj_flow *flow;
    struct nj_core *core;
    struct nj_bus *bus;
    struct nj_subscription **subscriptions;
    uint32_t n_subscriptions;
    uint64_t last_seq; /* globs may overlap: an event is written once */
};

int nj_scribe_start(struct nj_scribe *scribe, struct nj_flow *flow, struct nj_core *core,
                    struct nj_bus *bus, const struct nj_config *config, struct nj_error *err);
void nj_scribe_stop(struct nj_scribe *scribe);

#endif
