/* core.h - what every service looks at: instruments, last prices, books, positions, the order
 * record.
 *
 * One per host. Kept up to date by the bus (stages PRICES and BOOKS) before anyone who decides sees
 * an event; the pure parts live in trade/. At start the record and the positions are rebuilt from
 * orders.ndjson. Owned by the host. [loop] only. */
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
    int64_t ts_ns; /* delivery time of the later of the two */
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

/* Takes over instruments of a (re)loaded configuration. */
int nj_core_configure(struct nj_core *core, const struct nj_config *config, struct nj_error *err);

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
/* Price of an asset in a quote asset (fees in a third asset). */
double nj_core_asset_price(const struct nj_core *core, const char *asset, const char *quote);

/* A broker's fill as our own: the FillEvent of its order. NJ_ERR_NOT_FOUND: no such order. */
int nj_core_fill_of(const struct nj_core *core, const njord_broker_fill *from, const char *venue,
                    njord_fill *out);

/* Fills that were lost between orders.ndjson and fills.{SYM}.ndjson when a host died: published
 * again by nj_core_publish_lost(), within an input. */
void nj_core_publish_lost(struct nj_core *core);

/* Rebuilds the order record and the positions from a journal folder's orders.ndjson. venue: of the
 * fills' ids. *last_seq: of its last line, 0: none. */
int nj_core_recover(struct nj_core *core, const char *journal_dir, const char *venue,
                    void (*each)(void *ctx, const njord_event *event), void *ctx,
                    uint64_t *last_seq, struct nj_error *err);

#endif
