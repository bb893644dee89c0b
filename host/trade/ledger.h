/* ledger.h - positions by first-in-first-out lots, cash and fees, per (strategy, symbol); the
 * account is their sum.
 *
 * Pure: no clock, no I/O; the services and the backtester call the same functions. Quantities are
 * lots (instruments.h), money is summed in twice a double's digits (sum.h) and shown as doubles in
 * the quote asset. Fed with fills only: a ledger rebuilt from the fills equals the one that was.
 *
 * Rules: avg_price is the quantity-weighted mean of the open lots, 0 when flat; realized_pnl is
 * before fees. A fee in the quote asset is paid from cash. One in the base asset is base that was
 * sold at the fill price to pay it: the fill counts net of it, and a part of a lot is rounded up to
 * a whole one whose rest pays for later fees (fee_credit), so that no more is ever believed to be
 * there than is. One in a third asset is valued at that asset's last trade and paid from cash, else
 * counted as unvalued. A fill through zero is split into a closing and an opening part, the fee pro
 * rata; when the fills sum to nothing the position is exactly flat. */
#ifndef NJ_TRADE_LEDGER_H
#define NJ_TRADE_LEDGER_H

#include "base/buf.h"
#include "base/err.h"
#include "trade/instruments.h"
#include "trade/sum.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_lot {
    int64_t lots; /* signed */
    double price;
    double fee_quote; /* of the part still open */
    int64_t ts_ns;
};

struct nj_position {
    char strategy_id[NJORD_ID_SIZE];
    const struct nj_instrument *instrument;
    int64_t lots; /* signed */
    double avg_price, realized_pnl, fees_paid;
    int64_t ts_ns; /* of the last change */
    uint64_t n_fills;
    struct nj_lot *open; /* oldest first: open[first_open .. first_open + n_open) */
    uint32_t n_open, cap_open, first_open;
    int64_t
        fee_credit; /* billionths of a lot taken for fees in base and not used up: 0 to 10^9 - 1 */
    struct nj_sum cost, realized; /* sums of lots x price: of the open lots (signed), gained */
    struct nj_sum fees;           /* quote asset */
};

struct nj_closing {      /* what a fill closed, for trade statistics */
    int64_t lots;        /* lots closed, 0: none */
    double realized_pnl; /* before fees */
    double fees;         /* own fee of the closing part and the entry lots' fees pro rata */
};

struct nj_ledger;

struct nj_ledger *nj_ledger_new(struct nj_instruments *instruments);
void nj_ledger_free(struct nj_ledger *ledger);

/* Capital of a strategy in the quote asset: its cash starts with it. Setting it again moves cash by
 * the difference. */
int nj_ledger_set_capital(struct nj_ledger *ledger, const char *strategy_id, double capital);
double nj_ledger_capital(const struct nj_ledger *ledger, const char *strategy_id);
/* capital + sales - purchases - fees; NaN: no capital was ever set. */
double nj_ledger_cash(const struct nj_ledger *ledger, const char *strategy_id);

/* Price of an asset in the quote asset, for fees in a third asset; NaN: not known. */
typedef double (*nj_asset_price)(void *ctx, const char *asset, const char *quote);

/* Takes a fill. A fill_id that was among the last NJ_LEDGER_FILL_IDS changes nothing and returns
 * NJ_ERR_EXISTS ("" is for callers that make their fills themselves: never the same). closing may
 * be NULL. NJ_ERR_INPUT: a quantity or price that cannot be, or a quantity that is no multiple of
 * the step. Nothing has changed when it fails. */
#define NJ_LEDGER_FILL_IDS 131072u
int nj_ledger_fill(struct nj_ledger *ledger, const njord_fill *fill, nj_asset_price price_of,
                   void *ctx, struct nj_closing *closing, struct nj_error *err);

/* The same by handle: a position that the caller has opened, of fills that the caller made itself
 * with quantities of whole lots, in the quote asset's fee, each once. Its texts are not looked at,
 * its id is not remembered. */
struct nj_position *nj_ledger_open_position(struct nj_ledger *ledger, const char *strategy_id,
                                            const char *symbol); /* NULL: no memory, no symbol */
int nj_ledger_fill_position(struct nj_ledger *ledger, struct nj_position *position,
                            const njord_fill *fill, struct nj_closing *closing,
                            struct nj_error *err);
/* Cash of the position's strategy. */
double nj_position_cash(const struct nj_position *position);

/* Was this fill taken before? (Of the last NJ_LEDGER_FILL_IDS.) */
bool nj_ledger_seen(const struct nj_ledger *ledger, const char *fill_id);

/* NULL: never traded. */
const struct nj_position *nj_ledger_position(const struct nj_ledger *ledger,
                                             const char *strategy_id, const char *symbol);
/* All positions in the order in which they came to be; NULL at the end. Start with *at = 0. */
const struct nj_position *nj_ledger_next(const struct nj_ledger *ledger, size_t *at);

double nj_position_qty(const struct nj_position *p);
/* At `price`; NaN when price is NaN and the position is not flat. */
double nj_position_unrealized(const struct nj_position *p, double price);

/* A strategy's snapshot, and the account's ('*': sums; avg_price = sum of qty x avg_price / sum of
 * qty, 0 when that is 0). price: last price or NaN. */
void nj_ledger_snapshot(const struct nj_ledger *ledger, const char *strategy_id, const char *symbol,
                        double price, int64_t ts_ns, njord_position_snapshot *out);

typedef double (*nj_price_fn)(void *ctx, const char *what);
/* Cash and positions of a strategy in the quote asset, each at its last price, one without a price
 * at its average; NaN: no capital was ever set. */
double nj_ledger_equity(const struct nj_ledger *ledger, const char *strategy_id,
                        nj_price_fn last_price, void *ctx);

/* Realized minus fees plus unrealized of all strategies in one symbol, in its quote asset; without
 * a price (NaN) the unrealized part is 0. */
struct nj_sum nj_ledger_symbol_pnl(const struct nj_ledger *ledger, const struct nj_instrument *i,
                                   double price);
/* The symbols that were ever traded, in the order in which they came to be; NULL at the end. Start
 * with *at = 0. */
const struct nj_instrument *nj_ledger_next_symbol(const struct nj_ledger *ledger, size_t *at);

/* Fees in a third asset that had no price when they were paid, so far: counted nowhere else. */
uint64_t nj_ledger_unvalued_fees(const struct nj_ledger *ledger);

/* The whole ledger as a JSON document (lots included) and the ids of its fills as bytes, of a long
 * history most of it; and back into a fresh one, _load_ids after nj_ledger_load(): for state_dir
 * snapshots. What was loaded saves to the same bytes. A step that has changed since is taken when
 * all lots are whole in the new one. After an error the ledger is to be freed. */
int nj_ledger_save(const struct nj_ledger *ledger, struct nj_buf *out, struct nj_buf *ids);
int nj_ledger_load_ids(struct nj_ledger *ledger, const void *ids, size_t len, struct nj_error *err);
int nj_ledger_load(struct nj_ledger *ledger, const char *json, size_t len, struct nj_error *err);

#endif
