/* bus.h - the bus: events on topics, in one order.
 *
 * Whatever enters the host gets the next sequence number and a delivery time that never goes back,
 * and is worked off to the end before the next enters: its subscribers are called stage by stage
 * (journal first, strategies late); what they publish meanwhile is queued first in first out and
 * delivered when a stage is done, each again through all stages. Nothing is ever called from inside
 * nj_bus_publish(). A subscriber gets a pointer to the bus's own copy of the event, which it must
 * not change.
 *
 * The same struct goes to every subscriber in the process; a line of text is made once, the first
 * time that one asks for it (nj_message_json). Globs are resolved once per topic. A link (Redis)
 * sees each event when its line is in the kernel and before what it causes, and injects foreign
 * ones. Allocates only while topics and queues grow. [loop] only. */
#ifndef NJ_BUS_BUS_H
#define NJ_BUS_BUS_H

#include "base/err.h"

#include <njord/codec.h>
#include <njord/contract.h>
#include <stdbool.h>
#include <stdint.h>

/* Order in which the subscribers of one event are called; within a stage in order of subscription.
 */
enum nj_stage {
    NJ_STAGE_JOURNAL,    /* written down before anyone acts on it */
    NJ_STAGE_BARS,       /* trades to bars: a bar is delivered before the trade that closes it */
    NJ_STAGE_LINK,       /* seen outside: other hosts, `njord tail`; before what it causes is */
    NJ_STAGE_PRICES,     /* last prices, instruments */
    NJ_STAGE_BOOKS,      /* positions, order record */
    NJ_STAGE_BROKER,     /* resting orders; the broker's egress */
    NJ_STAGE_RISK,       /* intents to decisions and orders */
    NJ_STAGE_STRATEGIES, /* in configured order */
    NJ_STAGE_TAPS,       /* the summary of a run */
    NJ_STAGE_COUNT
};

struct nj_bus;
struct nj_subscription;

/* An event on its way. */
struct nj_message {
    const char *topic;
    const njord_event *event;       /* the bus's; valid until the handler returns */
    const njord_envelope *envelope; /* of a foreign event; NULL: our own */
    uint64_t input_seq;             /* of the input whose working-off this belongs to */
    struct nj_bus *bus;
    struct nj_encoded *encoded; /* the bus's: bytes made so far */
};

typedef void (*nj_bus_handler)(void *ctx, const struct nj_message *message);

struct nj_bus_options {
    void *ctx;
    /* The next sequence number; 0: none can be had: the event is refused. */
    uint64_t (*next_seq)(void *ctx);
    /* Delivery time for an input event (its own times may matter: clock events); must not go back.
     */
    int64_t (*input_time)(void *ctx, const njord_event *event);
    /* Dense id of a symbol; NJORD_NO_SYMBOL: none. */
    uint32_t (*symbol_id)(void *ctx, const char *symbol);
    /* Before the link stage and after each turn: what was journaled must be in the kernel.
     * Non-zero: the link does not see it. */
    int (*flush)(void *ctx);
    size_t max_queued; /* bytes that may wait; 0: 256 MiB */
};

int nj_bus_new(struct nj_bus **out, const struct nj_bus_options *options, struct nj_error *err);
void nj_bus_free(struct nj_bus *bus);

/* Queues a copy of the event: as an input when nothing is being delivered, else as an emission of
 * the event now worked off. seq and ts_recv_ns are stamped when it is taken (inputs: when they
 * enter; emissions: now). The event must pass njord_event_check() when it came
 * from outside. NJ_ERR_INPUT: no such topic or the wrong contract for it; NJ_ERR_LIMIT: the queue
 * is full; NJ_ERR_IO: no sequence number. *seq (may be NULL) is the number given, 0 for an input
 * that waits. */
int nj_bus_publish(struct nj_bus *bus, const char *topic, const njord_event *event, uint64_t *seq,
                   struct nj_error *err);
/* Stamps an event that will be emitted by nj_bus_emit(): for producers that must write it down
 * before they publish it. */
int nj_bus_stamp(struct nj_bus *bus, njord_event *event, struct nj_error *err);
/* Queues an event that nj_bus_stamp() has stamped. */
int nj_bus_emit(struct nj_bus *bus, const char *topic, const njord_event *event,
                struct nj_error *err);
/* A foreign event, with its envelope (NULL: one of our own): an input, also while another is being
 * delivered. */
int nj_bus_inject(struct nj_bus *bus, const char *topic, const njord_event *event,
                  const njord_envelope *envelope, struct nj_error *err);

/* Lets the next waiting input enter and works it off to the end. False: none waits. */
bool nj_bus_step(struct nj_bus *bus);
/* The input that enters next, as it was published; NULL: none waits. */
const njord_event *nj_bus_next(const struct nj_bus *bus);
/* Does an input wait? */
bool nj_bus_pending(const struct nj_bus *bus);
/* Is an event being delivered right now? */
bool nj_bus_delivering(const struct nj_bus *bus);
/* Runs `fn` as an input of its own (a timer, an operator's command): it gets a sequence number, and
 * what it publishes is worked off before the call returns. Must not be called while delivering.
 * event_time: ns, as input_time's. */
int nj_bus_enter(struct nj_bus *bus, int64_t event_time, void (*fn)(void *ctx, uint64_t seq),
                 void *ctx, struct nj_error *err);

/* Time and number of the input now worked off (or the last one). */
int64_t nj_bus_now(const struct nj_bus *bus);
uint64_t nj_bus_seq(const struct nj_bus *bus);

/* Subscribes to all topics that match `glob`. May be called while delivering: it then sees the next
 * event. NULL: out of memory. */
struct nj_subscription *nj_bus_subscribe(struct nj_bus *bus, const char *glob, enum nj_stage stage,
                                         nj_bus_handler handler, void *ctx);
/* Safe while delivering: the handler is not called again. */
void nj_bus_unsubscribe(struct nj_bus *bus, struct nj_subscription *subscription);

/* The event as a JSON line without newline, made once a message and shared; NULL: could not be
 * encoded. with_contract adds "contract" (two different texts are kept). */
const char *nj_message_json(const struct nj_message *message, bool with_contract, size_t *len);

struct nj_bus_stats {
    uint64_t inputs, emissions, delivered, refused, encoded;
    size_t queued_bytes, peak_bytes;
    uint32_t topics, subscriptions;
};
void nj_bus_stats(const struct nj_bus *bus, struct nj_bus_stats *out);

/* "inproc:" or "redis://host:port/db": which kind; NJ_ERR_INPUT with a clear line otherwise. */
enum nj_bus_kind { NJ_BUS_INPROC, NJ_BUS_REDIS };
struct nj_bus_url {
    enum nj_bus_kind kind;
    char host[128]; /* or a path for redis+unix:///path/db */
    bool unix_socket;
    uint16_t port;
    int db;
    char user[64], password[128];
};
int nj_bus_url_parse(const char *url, struct nj_bus_url *out, struct nj_error *err);

#endif
