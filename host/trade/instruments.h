/* instruments.h - what is known of each symbol, and quantities and prices as whole numbers of its
 * step and tick.
 *
 * Pure data: filled from the configuration, overridden by md.instrument events. Positions, lots and
 * volumes are int64 multiples of the step inside; doubles stand at the borders only. Owned by the
 * host's core. */
#ifndef NJ_TRADE_INSTRUMENTS_H
#define NJ_TRADE_INSTRUMENTS_H

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
/* Takes over tick, step and minima; false when they are no positive finite numbers. */
bool nj_instrument_update(struct nj_instrument *i, const njord_instrument *from);
void nj_instrument_event(const struct nj_instrument *i, njord_instrument *out);

/* Is it BASE/QUOTE: two parts of 1 to 15 of A-Z 0-9 . _ - ? */
bool nj_symbol_valid(const char *symbol);

/* Quantity to whole steps: nearest, down (towards zero), and does it stand on the grid within 1e-9
 * of a step? Saturates never: returns false when it does not fit 62 bits. */
bool nj_lots_nearest(const struct nj_instrument *i, double qty, int64_t *lots);
bool nj_lots_down(const struct nj_instrument *i, double qty, int64_t *lots);
/* Whole steps to the double nearest the decimal that they mean (3 of 0.1 is 0.3). */
double nj_lots_qty(const struct nj_instrument *i, int64_t lots);
/* A limit price to the tick on the safe side: a buy down, a sell up. A price within 1e-9 of a tick
 * counts as on it. */
double nj_tick_safe(const struct nj_instrument *i, double price, uint8_t side);

#endif
