/* core.h - what every service looks at: instruments, last prices, books, positions, the order
 * record.
 *
 * One per host. Kept up to date by the bus (stages PRICES and BOOKS) before anyone who decides sees
 * an event; the pure parts live in trade/. At start the record and the positions are rebuilt from
 * the saved books and the journal of orders. Owned by the host. [loop] only. */
#ifndef NJ_SERVICES_CORE_H
#define NJ_SERVICES_CORE_H

#include "base/log.h"
#include "bus/bus.h"
#include "bus/fifo.h"
#include "config/config.h"
#include "trade/instruments.h"
#include "trade/ledger.h"
#include "trade/orders.h"

struct nj_price {
    double trade;  /* last trade, NaN: none */
    double close;  /* of the latest bar, NaN: none */
    int64_t ts_ns; /* delivery time of the last trade, while there is none of the bar */
};

struct nj_core {
    const struct nj_config *config;
    struct nj_log *log;
    struct nj_bus *bus;
    struct nj_instruments *instruments;
    struct nj_ledger *ledger;
    struct nj_orders *orders;
    struct nj_price *prices; /* by symbol_id */
    njord_book **books;      /* by symbol_id, NULL: none seen */
    uint32_t n_prices;
    struct nj_subscription *subscriptions[16];
    uint32_t n_subscriptions;
    struct nj_fifo
        unpublished;     /* fills that the journal of orders holds and the fills' journals lack */
    uint64_t odd_events; /* of the order flow: about unknown orders, or that could not follow */
};

int nj_core_init(struct nj_core *core, const struct nj_config *config, struct nj_log *log,
                 struct nj_error *err);
int nj_core_attach(struct nj_core *core, struct nj_bus *bus, struct nj_error *err);
void nj_core_free(struct nj_core *core);

/* Dense id of a symbol, made when new; NJORD_NO_SYMBOL: no symbol, or out of memory. */
uint32_t nj_core_symbol_id(struct nj_core *core, const char *symbol);

/* Last trade, while none is known the close of the latest bar, NaN: neither. ts_ns may be NULL. */
double nj_core_last_price(const struct nj_core *core, const char *symbol, int64_t *ts_ns);
/* A price seen at ts_ns, as a trade would set it; nj_core_forget_prices() takes all back: after a
 * rebuilding no price is known. */
void nj_core_set_price(struct nj_core *core, const char *symbol, double price, int64_t ts_ns);
void nj_core_forget_prices(struct nj_core *core);
/* One unit of an asset in USD: 1 for risk.usd_quotes, else its last trade against USDT or USD; NaN:
 * not known. */
double nj_core_usd_of(const struct nj_core *core, const char *asset);

/* A broker's fill as our own: the FillEvent of its order. NJ_ERR_NOT_FOUND: no such order. */
int nj_core_fill_of(const struct nj_core *core, const njord_broker_fill *from, const char *venue,
                    njord_fill *out);

/* Fills that were lost between orders.ndjson and fills.{SYM}.ndjson when a host died: published
 * again by nj_core_publish_lost(), within an input. */
void nj_core_publish_lost(struct nj_core *core);

/* A market event's price, as it comes over the bus. */
void nj_core_see(struct nj_core *core, const njord_event *event);
/* One event of the order flow into the record, or a fill into the positions; what cannot follow is
 * counted and told. The same function serves the bus and the rebuilding from the journal. */
int nj_core_take(struct nj_core *core, const njord_event *event);
/* An empty record, no positions, no prices: before a rebuilding begins anew. */
int nj_core_renew(struct nj_core *core, struct nj_error *err);

/* Rebuilds the record, the positions and the rules' state: the saved books (books.h), then what the
 * journal of orders says after them; without books, all of it. recover.c has the rest of the
 * story. each (may be NULL) hears of every event taken from the journal, in its order. *last_seq:
 * the journal's end, 0: there is none. One line when books and journal do not belong together. */
struct nj_risk;
struct nj_state;
struct nj_recovery {
    const char *journal_dir;
    const char *venue;      /* of the fills' ids */
    struct nj_state *state; /* where the books are saved; NULL: nowhere */
    struct nj_risk *risk;   /* a fresh one; NULL: no rules here */
    void (*each)(void *ctx, const njord_event *event);
    void *ctx;
    /* Who follows the past event by event (past.h) wants more: older books than the newest, to know
     * where the lines begin, to hear of each before it is taken, and to take the fills himself,
     * when they were told. All may be NULL or 0. */
    uint64_t books_at_most; /* books with a greater seq are not used; 0: the newest */
    int (*begin)(void *ctx, uint64_t books_seq, struct nj_error *err);
    void (*before)(void *ctx, const njord_event *event);
    bool leave_fills;
};
int nj_core_recover(struct nj_core *core, const struct nj_recovery *recovery, uint64_t *last_seq,
                    struct nj_error *err);

#endif
