/* trial.h - a plugin instance among made-up markets: events to try it with, and a host that answers
 * it as the real one would.
 *
 * Orders are allowed, market orders fill at the last price, limit orders rest and are cancelled
 * after a while; timers fire when they are due; everything that the instance puts out is written
 * down as text, so that two runs can be compared. The same steps give the same events every time.
 * For `njord plugin check`. No I/O, no clock. */
#ifndef NJ_RUNTIME_TRIAL_H
#define NJ_RUNTIME_TRIAL_H

#include "base/buf.h"
#include "runtime/instance.h"

#include <stdbool.h>
#include <stdint.h>

#define NJ_TRIAL_SYMBOLS 2u
#define NJ_TRIAL_ORDERS  1024u /* open at once; more at one event is a flood */
#define NJ_TRIAL_TIMERS  64u
#define NJ_TRIAL_ROOM    262144u /* bytes for an event: a book of 5,000 levels a side */

extern const char *const nj_trial_symbols[NJ_TRIAL_SYMBOLS];

struct nj_trial_order {
    char id[NJORD_INTENT_ID_SIZE];
    uint8_t side, type, tif;
    uint32_t symbol; /* index into nj_trial_symbols */
    double qty, limit_price;
    int64_t ts_ns;
    bool fresh;         /* not yet decided */
    bool cancel_wanted; /* by the plugin, or because it rested long enough */
};

struct nj_trial_timer {
    bool set;
    uint32_t id;
    int64_t due_ns, period_ns;
};

/* What the host would know. Plain data: a copy goes on from the same moment. */
struct nj_trial_market {
    int64_t now_ns;
    uint64_t seq, random, step, next_order;
    double price[NJ_TRIAL_SYMBOLS], position[NJ_TRIAL_SYMBOLS];
    struct nj_trial_order orders[NJ_TRIAL_ORDERS];
    uint32_t n_orders;
    struct nj_trial_timer timers[NJ_TRIAL_TIMERS];
};

struct nj_trial {
    struct nj_instance_ops ops; /* hand this to nj_instance_create; ctx is the trial */
    struct nj_instance *instance;
    struct nj_trial_market market;
    struct nj_buf outputs; /* one line each */
    uint64_t n_outputs, errors;
    uint64_t rejected; /* requests that a broker said no to */
    bool flooded;
    char first_error[256]; /* "on_trade returned -3: why" */
    uint64_t *room;        /* NJ_TRIAL_ROOM bytes for an event */
};

/* False: out of memory. */
bool nj_trial_init(struct nj_trial *trial);
void nj_trial_free(struct nj_trial *trial);

/* Shows the next `steps` ordinary events, or asks a feed for its next ones, a broker for orders, an
 * allocator for targets. Returns how many callbacks were called. */
uint64_t nj_trial_run(struct nj_trial *trial, uint32_t steps);
/* Shows every hostile event: extreme prices, zero quantities, texts of full length, doubles, times
 * that go back, huge and empty books, timers that nobody set. */
uint64_t nj_trial_hostile(struct nj_trial *trial);
/* on_sync with the market's positions and orders; with `empty` with none. */
njord_status nj_trial_sync(struct nj_trial *trial, bool empty);

/* trial_ops.c: fills in trial->ops. */
void nj_trial_ops_init(struct nj_trial *trial);
/* Index into nj_trial_symbols, NJ_TRIAL_SYMBOLS: none of them. */
uint32_t nj_trial_symbol_at(const char *symbol);
/* Writes a line of outputs down. */
void nj_trial_put_line(struct nj_trial *trial, const char *text);
/* An open order as a plugin is told of it, whose struct has `step` bytes. */
void nj_trial_describe(const struct nj_trial_order *order, njord_open_order *out, uint32_t step);
/* trial_events.c: the step's event in trial->room and its topic. */
const njord_event *nj_trial_ordinary(struct nj_trial *trial, char topic[96]);
/* The n-th hostile one; NULL: there are no more. */
const njord_event *nj_trial_hostile_event(struct nj_trial *trial, uint32_t n, char topic[96]);

#endif
