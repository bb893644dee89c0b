/* orders.h - the host's record of orders: each intent from the wish to its end.
 *
 * Pure book-keeping, fed with the order flow in seq order (by the services live, by the journal at
 * start, by the engine in a backtest). It answers: what is working, what is open, was this id seen,
 * which broker order is that. The host's record is the truth after a reload or a crash; plugins ask
 * it. */
#ifndef NJ_TRADE_ORDERS_H
#define NJ_TRADE_ORDERS_H

#include "base/err.h"
#include "trade/instruments.h"

#include <njord/state.h>
#include <stdbool.h>
#include <stdint.h>

/* Stages of an order: INTENT (not decided), ACCEPTED (risk let it through), SENT (given to the
 * broker), ACKED (the venue has it), then ended: REFUSED (by risk), FILLED, CANCELED, REJECTED,
 * EXPIRED. UNKNOWN: its fate is asked about. */
enum nj_order_stage {
    NJ_ORDER_INTENT,
    NJ_ORDER_ACCEPTED,
    NJ_ORDER_SENT,
    NJ_ORDER_ACKED,
    NJ_ORDER_UNKNOWN,
    NJ_ORDER_REFUSED,
    NJ_ORDER_FILLED,
    NJ_ORDER_CANCELED,
    NJ_ORDER_REJECTED,
    NJ_ORDER_EXPIRED
};

struct nj_order {
    char intent_id[NJORD_INTENT_ID_SIZE];
    char exchange_order_id[NJORD_REF_SIZE];
    char strategy_id[NJORD_ID_SIZE];
    const struct nj_instrument *instrument;
    uint8_t side, type, tif;
    enum nj_order_stage stage;
    int64_t lots, filled_lots; /* lots: as accepted once accepted */
    double limit_price;        /* NaN: none */
    double reference_price;    /* what risk valued it at, NaN before */
    double avg_price;          /* of the fills, 0 before */
    int64_t ts_ns;             /* of the intent */
    uint64_t seq;              /* of the intent */
    char reason[NJORD_REASON_SIZE];
    bool cancel_wanted;
};

struct nj_orders;

struct nj_orders *nj_orders_new(struct nj_instruments *instruments);
void nj_orders_free(struct nj_orders *orders);

/* clang-format off: the table below */
/* Each takes an event of the flow. An event about an order that is not known, or that cannot
 * follow, is counted and returns NJ_ERR_NOT_FOUND or NJ_ERR_INPUT; nothing changes then. An intent
 * id seen before, and a trade id that the order had: NJ_ERR_EXISTS. NJ_ERR_NOMEM, and NJ_ERR_LIMIT
 * when the working lots of a symbol would not fit 63 bits.
 *
 * Venues answer in any order. What each stage makes of what comes (-: cannot follow; =: late or
 * again, taken without a change of stage; an ended order keeps its stage, but takes an exchange id
 * that it lacked and a fill that it lacked):
 *
 *     comes    | INTENT   | ACCEPTED | SENT    | ACKED   | UNKNOWN | REFUSED | FILLED | other ends
 *   -----------+----------+----------+---------+---------+---------+---------+--------+-----------
 *   allowed    | ACCEPTED | =        | =       | =       | =       | -       | =      | =
 *   refused    | REFUSED  | REFUSED  | -       | -       | -       | =       | -      | -
 *   accepted   | ACCEPTED | =        | -       | -       | -       | -       | -      | -
 *   sent       | -        | SENT     | =       | -       | SENT    | -       | -      | -
 *   ack        | -        | ACKED    | ACKED   | =       | ACKED   | -       | =      | =
 *   new, part  | -        | ACKED    | ACKED   | =       | ACKED   | -       | =      | =
 *   unknown    | -        | UNKNOWN  | UNKNOWN | UNKNOWN | =       | -       | =      | =
 *   an end     | -        | the end, once the fills sum to its filled_qty (all four)  | - | = | =
 *   fill       | -        | FILLED when nothing is left, else = (all four) | - | - | =, FILLED
 *   cancel     | =        | =        | =       | =       | =       | -       | -      | -
 *
 * A refusal as `duplicate` of the same id (without duplicate_window_ms in its caps) is about the
 * second intent that came with it and changes nothing.
 *
 * An end that tells of more than the fills seen so far leaves the order open, with what is missing
 * as all that may still fill; a fill beyond the order's quantity cannot follow. */
/* clang-format on */
int nj_orders_intent(struct nj_orders *o, const njord_intent *intent);
int nj_orders_decision(struct nj_orders *o, const njord_decision *decision);
int nj_orders_accepted(struct nj_orders *o, const njord_order_event *order);
int nj_orders_sent(struct nj_orders *o, const char *intent_id);
int nj_orders_ack(struct nj_orders *o, const njord_broker_order_ack *ack);
int nj_orders_update(struct nj_orders *o, const njord_broker_order_update *update);
int nj_orders_fill(struct nj_orders *o, const njord_broker_fill *fill);
int nj_orders_cancel(struct nj_orders *o, const njord_cancel *cancel);
/* ---- by handle ---- */

/* The same without a text that is looked up or compared, for who makes each id itself and once, and
 * follows each order to its end: a backtest. What the functions by name check of foreign events is
 * the caller's to know here. */

/* Where orders of a strategy in a symbol are entered: found once, good for the record's life. */
struct nj_order_desk {
    struct nj_order_strategy *strategy;
    struct nj_instrument *instrument;
    struct nj_order_group *groups[4];
};
/* NJ_ERR_NOMEM. */
int nj_orders_desk(struct nj_orders *o, const char *strategy_id, struct nj_instrument *instrument,
                   struct nj_order_desk *out);
/* Ended orders are let go at once but for a handful, and their ids are not remembered. Before the
 * first order. */
void nj_orders_own_ids(struct nj_orders *o);
/* Enters an intent; nj_order_find() does not know it until nj_orders_name(). NULL: out of memory,
 * or the working lots would not fit 63 bits. */
struct nj_order *nj_orders_enter(struct nj_orders *o, const struct nj_order_desk *desk,
                                 const njord_intent *intent);
/* From now on nj_order_find() knows it. False: out of memory. */
bool nj_orders_name(struct nj_orders *o, struct nj_order *order);
/* The open order of an id, named or not; NULL: none. */
struct nj_order *nj_orders_open_of(const struct nj_orders *o, const char *intent_id);
/* Risk has let it through with so many lots, and it was sent; or has refused it. */
void nj_order_let_through(struct nj_order *order, int64_t lots, double limit_price,
                          double reference_price);
void nj_order_refuse(struct nj_orders *o, struct nj_order *order, const char *reason);
/* A fill of `lots`, at most what is left; the last one ends it. */
void nj_order_fill(struct nj_orders *o, struct nj_order *order, int64_t lots, double price);
/* It ends as CANCELED, REJECTED or EXPIRED. */
void nj_order_end(struct nj_orders *o, struct nj_order *order, enum nj_order_stage stage,
                  const char *reason);
/* What open orders of a desk may still fill: those let through, and cash bound by its strategy. */
void nj_order_desk_working(const struct nj_order_desk *desk, int64_t *buys, int64_t *sells,
                           double *bound_cash);

/* NULL: never seen, or ended longer ago than the record keeps: the last NJ_ORDERS_ENDED ended ones.
 * The pointer is good until the next event is taken; an open order's while it is open. */
#define NJ_ORDERS_ENDED 10000u
const struct nj_order *nj_order_find(const struct nj_orders *o, const char *intent_id);
/* Was this id ever an intent here? Of orders that the record let go, ids of nj_intent_id()'s form
 * count as seen up to the highest (seq, n) of their strategy and epoch; others are remembered until
 * nj_orders_forget() is told that they are older than `keep_ns` before now_ns, at most
 * NJ_ORDERS_SEEN of them. */
#define NJ_ORDERS_SEEN (1u << 20)
bool nj_orders_seen(const struct nj_orders *o, const char *intent_id);
void nj_orders_forget(struct nj_orders *o, int64_t now_ns, int64_t keep_ns);

bool nj_order_open(const struct nj_order *order); /* may it still fill? */
/* Signed quantity that may still fill; strategy_id NULL: all strategies. */
double nj_orders_working(const struct nj_orders *o, const char *strategy_id, const char *symbol);
/* Worst cases for risk: sums of lots that open buys and open sells may still fill; strategy_id
 * NULL: all strategies. Intents that are not decided yet are not in them, nor in the two below:
 * each is judged against those before it, so the record must hear of an acceptance before the next
 * check. */
void nj_orders_working_sides(const struct nj_orders *o, const char *strategy_id, const char *symbol,
                             int64_t *buys, int64_t *sells);
/* Cash bound by open buys: sum of remaining qty x reference price. */
double nj_orders_bound_cash(const struct nj_orders *o, const char *strategy_id);
/* Open orders that risk has let through. */
uint32_t nj_orders_count_accepted(const struct nj_orders *o, const char *strategy_id);
/* Open orders, undecided ones too, oldest first; strategy_id and symbol may be NULL. NULL at the
 * end; start with NULL. `after` may have ended since it was returned. */
const struct nj_order *nj_orders_next_open(const struct nj_orders *o, const struct nj_order *after,
                                           const char *strategy_id, const char *symbol);
uint32_t nj_orders_count_open(const struct nj_orders *o, const char *strategy_id);
void nj_order_describe(const struct nj_order *order, njord_open_order *out);

/* The record under keys of an open map of a saved state, and back into a fresh one with equal sums
 * and lists. A step that has changed since is taken when all lots are whole in the new one. After
 * an error of loading the record is to be freed. */
int nj_orders_save(const struct nj_orders *o, njord_state_out *out);
int nj_orders_load(struct nj_orders *o, njord_state_in *in, struct nj_error *err);

/* Intent ids: {h}-{epoch}-{seq}-{n} in base 36 (0-9a-z, no leading zeros), h the first eight bytes
 * of SHA-256(strategy_id) as a big-endian number modulo 36^6, six characters with leading zeros.
 * The epoch counts modulo 36^7 (2,483 years), so that no id is longer than 36 characters. */
void nj_intent_id(const char *strategy_id, uint64_t epoch_s, uint64_t seq, uint32_t n,
                  char out[NJORD_INTENT_ID_SIZE]);
/* The same in two steps, for who makes many: what all ids of a strategy and epoch begin with. */
struct nj_intent_ids {
    char prefix[16]; /* "{h}-{epoch}-" */
    uint32_t len;
};
void nj_intent_ids_of(const char *strategy_id, uint64_t epoch_s, struct nj_intent_ids *out);
void nj_intent_id_make(const struct nj_intent_ids *ids, uint64_t seq, uint32_t n,
                       char out[NJORD_INTENT_ID_SIZE]);

#endif
