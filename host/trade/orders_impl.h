/* orders_impl.h - what orders.c and orders_view.c share: the inside of the record of orders. No
 * other file includes it. */
#ifndef NJ_TRADE_ORDERS_IMPL_H
#define NJ_TRADE_ORDERS_IMPL_H

#include "base/map.h"
#include "trade/idset.h"
#include "trade/orders.h"
#include "trade/sum.h"

/* The lists that an open order stands in. */
enum nj_order_list_kind { NJ_OF_ALL, NJ_OF_STRATEGY, NJ_OF_SYMBOL, NJ_OF_PAIR, NJ_OF_KINDS };

struct nj_order_entry;

/* A group of open orders: all of them, a strategy's, a symbol's, a strategy's in a symbol. */
struct nj_order_group {
    struct nj_order_entry *head, *tail;
    uint32_t n_open, n_accepted;
    int64_t buys, sells;               /* lots that may still fill, let through by risk */
    int64_t wished_buys, wished_sells; /* not decided yet */
};

struct nj_order_strategy {
    char id[NJORD_ID_SIZE];
    struct nj_order_group group;
    struct nj_sum bound; /* cash bound by open buys */
};

struct nj_order_pair {
    const struct nj_order_strategy *strategy;
    const struct nj_instrument *instrument;
    struct nj_order_group group;
};

struct nj_order_entry {
    struct nj_order order;
    uint64_t number; /* lists are in its order */
    struct nj_order_strategy *strategy;
    struct nj_order_group *groups[NJ_OF_KINDS];
    struct nj_order_entry *next[NJ_OF_KINDS], *prev[NJ_OF_KINDS];
    bool listed, named; /* named: in by_id */
    int64_t counted;    /* lots in the groups' sums */
    bool counted_wish;  /* in the sums of those not decided */
    double bound;       /* in the strategy's */
    int64_t expected;   /* lots that the venue says were filled in the end; -1: it has not ended */
    enum nj_order_stage end;
    struct nj_sum value; /* sum of lots x price of the fills */
    uint64_t *trades;    /* hashes of trade ids */
    uint32_t n_trades, cap_trades;
    struct nj_order_entry *next_ended;
};

struct nj_orders {
    struct nj_instruments *instruments;
    struct nj_map by_id;       /* to struct nj_order_entry */
    struct nj_map by_strategy; /* to struct nj_order_strategy */
    struct nj_order_group all;
    struct nj_order_group **by_symbol; /* by symbol_id */
    uint32_t cap_symbols;
    struct nj_order_pair **pairs; /* hash of (strategy, symbol) */
    uint32_t n_pairs, cap_pairs;
    struct nj_order_entry *oldest_ended, *newest_ended;
    uint32_t n_ended, keep_ended;
    bool own_ids;                /* nothing is remembered of an order that was let go */
    struct nj_order_entry *pool; /* let go, to be used again: by next_ended */
    uint64_t next_number;
    struct nj_idset seen;
    struct nj_map floors; /* "{h}-{epoch}" to struct nj_order_floor */
};

/* Ids up to here of a strategy and epoch were seen. */
struct nj_order_floor {
    uint64_t seq, n;
};

/* NULL: none. */
struct nj_order_pair **nj_orders_pair_slot(const struct nj_orders *o,
                                           const struct nj_order_strategy *strategy,
                                           uint32_t symbol_id);
/* Remembers the id of an order that the record lets go. */
void nj_orders_seen_add(struct nj_orders *o, const char *intent_id, int64_t ts_ns);

/* For those who make entries besides an intent: a saved record. A new entry stands in no list;
 * NULL: out of memory. */
struct nj_order_entry *nj_orders_entry_new(struct nj_orders *o, const char *intent_id,
                                           const char *strategy_id, struct nj_instrument *i);
struct nj_order_strategy *nj_orders_strategy(struct nj_orders *o, const char *id);
void nj_orders_list_in(struct nj_order_entry *e);
/* A new entry takes its intent over and counts from here on. */
void nj_orders_admit(struct nj_orders *o, struct nj_order_entry *e, const njord_intent *in,
                     int64_t lots);
/* Takes an order out of the sums, and puts it in as it is now. */
void nj_orders_uncount(struct nj_order_entry *e);
void nj_orders_count(struct nj_order_entry *e);
/* Would `lots` more of a side fit every sum that counts an order? */
bool nj_orders_fit(const struct nj_orders *o, uint8_t side, int64_t lots);
/* Ends an order; nj_orders_leave(): one that is in no sum any more. */
void nj_orders_end(struct nj_orders *o, struct nj_order_entry *e, enum nj_order_stage stage);
void nj_orders_leave(struct nj_orders *o, struct nj_order_entry *e, enum nj_order_stage stage);
void nj_orders_take_reason(struct nj_order_entry *e, const char *reason, size_t size);
/* Made when it is not there; NULL: out of memory. */
struct nj_order_group *nj_orders_symbol_group(struct nj_orders *o, uint32_t symbol_id);
struct nj_order_group *nj_orders_pair_group(struct nj_orders *o,
                                            const struct nj_order_strategy *strategy,
                                            const struct nj_instrument *instrument);
void nj_orders_list_ended(struct nj_orders *o, struct nj_order_entry *e);

#endif
