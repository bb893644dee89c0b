/* warmup.h - history that a strategy is shown before its first event.
 *
 * A strategy with `warmup: {timeframe, bars}` that starts empty (at the host's start, when enabled,
 * added by a reload; not when it was given back a state) is shown the last bars of that timeframe
 * of each of its symbols, read from the journals of bars, in order of time and symbols. Through the
 * same on_bar, flagged WARMUP: `now` is the bar's close, the last price the last bar shown; the
 * host keeps its own clock and prices. Orders are refused `warmup` by the risk rules, no timer
 * fires.
 *
 * "Last" is up to now; with clock: events up to the next event, about which the feeds or the bus
 * are asked first: a bar that it brings is not history. Nothing is made from trades. [loop] only.
 */
#ifndef NJ_SERVICES_WARMUP_H
#define NJ_SERVICES_WARMUP_H

#include <stdbool.h>
#include <stdint.h>

struct nj_host;
struct nj_slot;

/* Of a slot that is being shown history. */
struct nj_warmup {
    bool due;       /* before its next event */
    int64_t now_ns; /* the close of the bar shown last */
    double *prices; /* by symbol_id, NaN: none yet */
    uint32_t n_prices;
};

/* The slot's instance has started empty: it is to be shown history before its next event, if its
 * configuration says so. */
void nj_warmup_want(struct nj_slot *slot);
/* Shows what is due, between two inputs; with `sync` what the record says is told afterwards.
 * False: nothing was due, or (clock: events) nothing tells the time yet. */
bool nj_warmup_turn(struct nj_host *host, bool sync);
/* Forgets the slot's part. */
void nj_warmup_free(struct nj_slot *slot);

/* While the slot is warming: the last price shown, NaN: none. */
double nj_warmup_price(const struct nj_slot *slot, uint32_t symbol_id);

#endif
