/* past_impl.h - what the parts of the past share: the strategies that it is shown to, and what is
 * shown. Included by past*.c alone. */
#ifndef NJ_SERVICES_PAST_IMPL_H
#define NJ_SERVICES_PAST_IMPL_H

#include "services/host.h"
#include "services/past.h"
#include "services/told.h"

/* A strategy that is shown the past. */
struct shown {
    struct nj_slot *slot;
    uint64_t from; /* the seq that its state was saved at */
    struct nj_told told;
    struct nj_fifo unfinished; /* intents and cancels to be sent */
    bool diverged;
    char why[256];
    uint64_t events;
};

struct nj_past {
    struct nj_host *host;
    struct nj_core present; /* while the past one stands in its place */
    struct shown *all;
    uint32_t n;
    bool showing;
    int64_t now_ns;
    uint64_t seq, before_seq; /* the line or event at hand, and the one before it */
    njord_event *pending;     /* a market event that has entered: strategies get it last of all */
    bool priced;              /* its price is known already */
    struct nj_fifo room;      /* the events of the journals, and the decisions of orders */
    njord_event **events;     /* by seq */
    size_t n_events, cap_events, at;
    struct nj_map decisions, accepted; /* by intent id, of the strategies shown */
};

/* A copy that stays while the past is shown; NULL: out of memory. */
njord_event *nj_past_keep(struct nj_past *p, const njord_event *event);
/* past_load.c: all events behind the books but those of the journal of orders itself (market data,
 * fills, positions) into p->events. */
int nj_past_load_events(struct nj_past *p, uint64_t after_seq, struct nj_error *err);
/* The outputs of the strategies shown, and what became of them, after a seq. */
int nj_past_load_orders(struct nj_past *p, uint64_t after_seq, struct nj_error *err);

#endif
