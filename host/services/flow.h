/* flow.h - the order flow on its way: written to orders.ndjson before it is published.
 *
 * Whoever makes an event of the order flow (intent, decision, order, cancel, request, ack, update,
 * fill) hands it over here: it is stamped, its line is appended, then it is queued on the bus. When
 * the line cannot be written nothing is published, trading stops (kill switch's `stopped`, reason
 * journal_failed) and goes on when the journal takes lines again. Owned by the host. [loop] only.
 */
#ifndef NJ_SERVICES_FLOW_H
#define NJ_SERVICES_FLOW_H

#include "base/buf.h"
#include "bus/bus.h"
#include "journal/journal.h"
#include "trade/killswitch.h"

/* njord_event.flags, in this process only: its line stands in its journal already. */
#define NJ_EVENT_WRITTEN 0x80000000u

struct nj_flow {
    struct nj_bus *bus;
    struct nj_journals *journals;
    struct nj_killswitch *kill;
    struct nj_log *log;
    struct nj_buf line;
    struct nj_subscription *subscriptions[8];
    uint32_t n_subscriptions;
    uint64_t lines, failures;
    uint64_t last_seq; /* of the last line of the journal of orders */
    bool ahead;        /* it is in the kernel, other journals' lines from before it may not be */
};

void nj_flow_init(struct nj_flow *flow, struct nj_bus *bus, struct nj_journals *journals,
                  struct nj_killswitch *kill, struct nj_log *log);
/* Writes down what enters by itself (answers of a broker on the network, other hosts, an operator),
 * before anyone acts on it. */
int nj_flow_attach(struct nj_flow *flow, struct nj_error *err);
void nj_flow_free(struct nj_flow *flow);

/* Stamps, writes down, publishes on `topic`. */
int nj_flow_emit(struct nj_flow *flow, const char *topic, njord_event *event, struct nj_error *err);
/* The same for one that nj_bus_stamp() has stamped already. */
int nj_flow_emit_stamped(struct nj_flow *flow, const char *topic, const njord_event *event,
                         struct nj_error *err);
/* Stamps and writes down an event that has no topic (BrokerOrderReq), into the kernel at once with
 * all that waits before it. */
int nj_flow_commit(struct nj_flow *flow, njord_event *event, struct nj_error *err);
/* Hands all journals to the kernel: at each turn's end and before anything is seen outside. Starts
 * and ends journal_failed. Returns non-zero while lines wait. */
int nj_flow_flush(struct nj_flow *flow);

/* An event's line with its contract into `name`.ndjson, beside orders.ndjson. */
int nj_flow_also(struct nj_flow *flow, const char *name, const njord_event *event,
                 bool with_contract, struct nj_error *err);

#endif
