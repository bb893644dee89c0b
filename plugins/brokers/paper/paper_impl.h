/* paper_impl.h - what the parts of the paper broker share.
 *
 * paper.c: the broker's callbacks and its answers. paper_account.c: markets and money.
 * paper_orders.c: the record of orders. paper_state.c: save and load. paper_index.c: finding by
 * name. Quantities are whole steps of their market; money is summed in twice the precision of a
 * double. Nothing here costs more when there are more symbols. */
#ifndef PAPER_IMPL_H
#define PAPER_IMPL_H

#include <njord/broker.h>
#include <njord/match.h>

#define PAPER_MAX_RESTING 100000u /* orders of a market */
#define PAPER_MAX_MARKETS 100000u
#define PAPER_KEPT_ENDED  4096u /* orders that have ended and are still answered for */

struct paper;

/* Places in an array by name. */
struct paper_index {
    uint32_t *slots; /* open addressing: place + 1; 0: empty */
    size_t n;        /* a power of two, or 0 */
};

/* Neumaier's sum (1974): a million fills lose nothing. */
struct paper_sum {
    double hi, lo;
};

struct paper_asset {
    char name[NJORD_ASSET_SIZE];
    struct paper_sum money;  /* paid in, and what fills moved as a quote asset and as fees */
    struct paper_sum locked; /* what resting orders may take */
    uint32_t first_market;   /* + 1: of those that have it as base; 0: none */
    int used;                /* worth telling */
};

struct paper_market {
    char symbol[NJORD_SYMBOL_SIZE];
    double step;
    int64_t lots;                     /* bought minus sold, in steps */
    uint32_t base, quote;             /* places of assets */
    uint32_t next_of_base;            /* + 1: the next market with this base; 0: none */
    int traded;                       /* a trade was seen: bars no longer set the price */
    double locked_base, locked_quote; /* as added to the assets */
    njord_match_book book;
};

struct paper_order {
    char id[NJORD_INTENT_ID_SIZE]; /* the client's */
    char symbol[NJORD_SYMBOL_SIZE];
    char reason[NJORD_REASON_SIZE];
    double qty, filled_qty; /* as last told */
    double paid;            /* sum of price times quantity of its fills */
    double limit_price;
    int64_t filled; /* steps */
    uint32_t fills; /* how many: the last trade id */
    uint8_t side, type, tif;
    uint8_t status;
    uint8_t acked; /* it was taken; a refused order has no exchange id */
};

struct paper {
    const njord_broker_host *answers;
    double maker, taker, slippage_bps;
    int traded_fills; /* fills: traded */
    struct paper_asset *assets;
    size_t n_assets;
    struct paper_index asset_index;
    struct paper_market *markets;
    size_t n_markets;
    struct paper_index market_index;
    struct paper_order *orders; /* oldest first */
    size_t n_orders;
    struct paper_index order_index;
};

/* paper_index.c: `items` is an array of structs of `size` bytes that begin with their name. */

/* The place of a name, -1: it is not there. */
int64_t paper_index_find(const struct paper_index *index, const void *items, size_t size,
                         const char *name);
/* Indexes all of n items, with room for twice as many. NJORD_E_NOMEM: unchanged. */
njord_status paper_index_all(struct paper_index *index, const void *items, size_t size, size_t n);
/* Makes the array (items: its address) one item longer, zeroed and named; its place, -1: no memory,
 * or the name is too long. *n is the count. */
int64_t paper_index_append(struct paper_index *index, void *items, size_t size, size_t name_size,
                           size_t *n, const char *name);

/* paper_account.c */

void paper_sum_add(struct paper_sum *sum, double amount);
/* The place of an asset, made with nothing in it when it is new; -1: no memory, or no name. */
int64_t paper_asset(struct paper *p, const char *name);
/* What there is of an asset: money, and what was bought and not sold of it. */
double paper_total(const struct paper *p, uint32_t asset);
/* Of it, what resting orders may take: at most all of it. */
double paper_locked(const struct paper *p, uint32_t asset);
/* The market of a symbol, NULL: there is none. Pointers to markets live until a new one is made. */
struct paper_market *paper_market_find(const struct paper *p, const char *symbol);
/* Likewise, made when it is new; NULL: no memory, too many, or no BASE/QUOTE. */
struct paper_market *paper_market(struct paper *p, const char *symbol, double step);
/* Takes over a changed step when nothing rests and all that is held stands on the new grid. */
void paper_market_step(struct paper_market *m, double step);
/* To be called when the orders that rest in a market have changed. */
void paper_market_relock(struct paper *p, struct paper_market *m);
void paper_account_free(struct paper *p);

/* paper_orders.c */

/* Pointers to orders live until one is added. */
struct paper_order *paper_order_find(const struct paper *p, const char *id);
/* Records a copy; forgets the oldest ended ones in time. NULL: no memory. */
struct paper_order *paper_order_add(struct paper *p, const struct paper_order *order);
int paper_order_open(const struct paper_order *order);
void paper_orders_free(struct paper *p);

/* paper_state.c */
njord_status paper_save(const struct paper *p, njord_state_out *out);
njord_status paper_load(struct paper *p, njord_state_in *in, uint32_t version);

#endif
