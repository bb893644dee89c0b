/* instruments.h - what is known of each symbol, and quantities and prices as whole numbers of its
 * step and tick.
 *
 * Pure data: filled from the configuration, overridden by md.instrument events. Positions, lots and
 * volumes are int64 multiples of the step inside; doubles stand at the borders only. Once somebody
 * counts in lots the instrument is pinned: their unit then stays what it is, and a step that the
 * venue makes coarser is a multiple of it. Owned by the host's core. */
#ifndef NJ_TRADE_INSTRUMENTS_H
#define NJ_TRADE_INSTRUMENTS_H

#include "config/config.h"
#include "trade/decimal.h"

#include <njord/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_instrument {
    char symbol[NJORD_SYMBOL_SIZE];
    char base[NJORD_ASSET_SIZE], quote[NJORD_ASSET_SIZE];
    char file_name[NJORD_SYMBOL_SIZE]; /* the symbol without its slash: ATOMUSDT */
    double tick, step;
    double min_qty, max_qty, min_notional; /* NaN: none */
    uint32_t symbol_id;                    /* dense */
    struct nj_grid lot_grid, tick_grid; /* the unit of lots (the step, or a part of it), the tick */
    int64_t step_lots;                  /* lots in a step: 1 unless the step grew while pinned */
    bool pinned;
};

struct nj_instruments;

struct nj_instruments *nj_instruments_new(void); /* NULL: out of memory */
void nj_instruments_free(struct nj_instruments *all);

/* The instrument of a symbol, made with tick and step 1e-8 when it is new; NULL when the text is no
 * BASE/QUOTE symbol, or out of memory. The pointer stays valid while `all` lives. */
struct nj_instrument *nj_instrument_get(struct nj_instruments *all, const char *symbol);
/* The same without making it; NULL: never seen. */
const struct nj_instrument *nj_instrument_find(const struct nj_instruments *all,
                                               const char *symbol);
const struct nj_instrument *nj_instrument_by_id(const struct nj_instruments *all,
                                                uint32_t symbol_id);
uint32_t nj_instruments_count(const struct nj_instruments *all);
/* Takes over tick, step and bounds; an absent bound leaves what was known, 0 takes it away. False,
 * and nothing changed: a tick or step that is no positive finite number, a bound that is negative
 * or infinite, or, of a pinned instrument, a step that neither divides the lots' unit nor is a
 * multiple of it. (A finer step is used after the next start; until then orders keep the old,
 * coarser one.) */
bool nj_instrument_update(struct nj_instrument *i, const njord_instrument *from);
/* The same from an entry of `symbols:` in the configuration. */
bool nj_instrument_configure(struct nj_instrument *i, const struct nj_symbol_config *from);
/* From here on lots of it are counted: their unit stays. The ledger and the record of orders pin
 * what they hold. */
void nj_instrument_pin(struct nj_instrument *i);
/* The same when lots of `unit` were counted before (a saved state): that stays their unit where the
 * step is a multiple of it. What is pinned already stays as it is. */
void nj_instrument_pin_unit(struct nj_instrument *i, double unit);
void nj_instrument_event(const struct nj_instrument *i, njord_instrument *out);

/* Is it BASE/QUOTE: two parts of 1 to 15 of A-Z 0-9 . _ - ? */
bool nj_symbol_valid(const char *symbol);

/* Quantity to lots: the nearest, and down (towards zero) to a whole step, where a quantity within
 * 1e-9 of a lot stands on it. Saturates never: returns false when it is not finite or does not fit
 * 62 bits. */
bool nj_lots_nearest(const struct nj_instrument *i, double qty, int64_t *lots);
bool nj_lots_down(const struct nj_instrument *i, double qty, int64_t *lots);
/* Lots to the double nearest the decimal that they mean (3 of 0.1 is 0.3). */
double nj_lots_qty(const struct nj_instrument *i, int64_t lots);
/* Lots of a unit of before as lots of today's. _of: false when neither unit divides the other;
 * nj_lots_convert: false when they are not whole ones today, or too many. */
struct nj_lot_change {
    int64_t times, over;
};
bool nj_lot_change_of(const struct nj_instrument *i, double unit, struct nj_lot_change *out);
bool nj_lots_convert(struct nj_lot_change change, int64_t *lots);
/* A limit price to the tick on the safe side: a buy down, a sell up. A price within 1e-9 of a tick
 * counts as on it. */
double nj_tick_safe(const struct nj_instrument *i, double price, uint8_t side);

#endif
