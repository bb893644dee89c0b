/* ledger_impl.h - what ledger.c and ledger_json.c share: the ledger's inside. No other file
 * includes it. */
#ifndef NJ_TRADE_LEDGER_IMPL_H
#define NJ_TRADE_LEDGER_IMPL_H

#include "base/map.h"
#include "trade/idset.h"
#include "trade/ledger.h"

#define NJ_NANO 1000000000

struct nj_ledger_strategy;

struct nj_ledger_entry {
    struct nj_position pos;
    struct nj_ledger_strategy *strategy;
    struct nj_ledger_entry *next_of_strategy;
};

struct nj_ledger_strategy {
    char id[NJORD_ID_SIZE];
    double capital;      /* NaN: never set */
    struct nj_sum moved; /* sales - purchases - fees paid from cash */
    struct nj_ledger_entry *first, **last;
};

/* All strategies' positions in one symbol. */
struct nj_ledger_account {
    int64_t lots;
    uint32_t n_open; /* positions that are not flat */
    bool used, loaded;
    struct nj_sum cost, realized, fees;
};

struct nj_ledger {
    struct nj_instruments *instruments;
    struct nj_map by_id; /* to struct nj_ledger_strategy */
    struct nj_ledger_strategy **strategies;
    uint32_t n_strategies, cap_strategies;
    struct nj_ledger_entry **entries; /* in the order in which they came to be */
    uint32_t n_entries, cap_entries;
    uint32_t *slots; /* (strategy, symbol) to entry + 1 */
    uint32_t n_slots;
    struct nj_ledger_account *accounts; /* by symbol_id */
    uint32_t cap_accounts;
    uint32_t *used; /* symbol ids of accounts, in the order in which they came to be */
    uint32_t n_used, cap_used;
    struct nj_idset fill_ids;
    uint64_t unvalued_fees;
};

/* NULL: out of memory. */
struct nj_ledger_strategy *nj_ledger_strategy_get(struct nj_ledger *l, const char *id);
struct nj_ledger_entry *nj_ledger_entry_get(struct nj_ledger *l, const char *strategy_id,
                                            struct nj_instrument *instrument);
/* NULL: never traded. */
const struct nj_position *nj_ledger_find(const struct nj_ledger *l, const char *strategy_id,
                                         const struct nj_instrument *instrument);
/* Room for one more open lot. */
bool nj_ledger_reserve_lot(struct nj_position *p);
/* Sum of lots x price as an amount of the quote asset. */
struct nj_sum nj_ledger_money(const struct nj_instrument *i, struct nj_sum raw);
struct nj_sum nj_ledger_lots_price(int64_t lots, double price);
/* The doubles that are shown, from the sums behind them. */
void nj_ledger_show(struct nj_position *p);

#endif
