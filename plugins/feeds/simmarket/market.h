/* simmarket/market.h - a market that looks like one, made from a seed: pure, no I/O, no clock, no
 * libm beyond sqrt.
 *
 * Arrivals. Orders of a symbol arrive as a self-exciting process (Hawkes 1971) with two exponential
 * kernels over a base rate that follows the hour of the day and the market's activity. Each order
 * trades one or several times within its millisecond, a long-tailed number, as one aggressive order
 * meets several resting ones. Prices. The efficient price of symbol i is p0 exp(s (sqrt(rho) C +
 * sqrt(1-rho) e_i)): C is common to all, e_i its own. Both have heavy-tailed increments, a variance
 * that is the product of two mean-reverting log-volatilities, a daily profile and a GARCH-like
 * response to their own surprises, and rare jumps. e_i moves with the clock and with its orders, so
 * that activity and volatility go together. Trades happen at the bid or ask of a sticky quote
 * around it, on the tick; aggressors come in runs; larger orders walk into the book and the next
 * order finds the quote back. The variances of all parts sum to the configured one.
 *
 * One owner, one role at a time. The same configuration gives the same trades to the bit wherever
 * doubles are IEEE 754 and -ffp-contract=off holds. Stepping never fails and never allocates. */
#ifndef SIMMARKET_MARKET_H
#define SIMMARKET_MARKET_H

#include <stddef.h>
#include <stdint.h>

#define SIM_MAX_SYMBOLS 4096u

struct sim_symbol_config {
    const char *name; /* the symbol's random numbers depend on it, not on its place in the list */
    double price;     /* at the start, > 0 */
    double tick;      /* a decimal number with at most 12 places */
    double step;      /* likewise */
    double min_qty;   /* 0: the step */
    double max_qty;   /* 0: none */
    double min_notional; /* 0: none */
};

struct sim_config {
    uint64_t seed;
    int64_t start_ns;      /* a multiple of 1 ms */
    int64_t duration_ns;   /* > 0 */
    double trades_per_day; /* of each symbol, on average */
    double volatility;     /* annual: standard deviation of log returns over 365 days, 0.6 is 60 per
                              cent */
    double correlation;    /* 0..1, of any two symbols' returns */
    uint32_t n_symbols;
    const struct sim_symbol_config *symbols;
};

struct sim_trade {
    int64_t ts_ns;    /* a multiple of 1 ms, never before an earlier trade's */
    int64_t ticks;    /* price in ticks, >= 1 */
    int64_t steps;    /* quantity in steps, >= 1 */
    uint64_t id;      /* one more than the symbol's last */
    double price;     /* the double nearest to the decimal number ticks x tick */
    double qty;       /* likewise steps x step */
    uint32_t symbol;  /* index in the configuration */
    uint32_t is_sell; /* the aggressor sold */
};

struct sim_market;

/* NULL: out of memory, or a value is out of its range; `why` (why_cap bytes) then has one clause.
 * The configuration is copied; names are not kept. */
struct sim_market *sim_market_new(const struct sim_config *config, char *why, size_t why_cap);
void sim_market_free(struct sim_market *market);

/* The next trade of all symbols by time. 1, or 0 when the duration is over. */
int sim_market_next(struct sim_market *market, struct sim_trade *out);

/* Everything that changes while it runs, as named numbers: what a saved state holds. group: -1 for
 * the market, else the symbol's index, in this order. Exactly one of `u64` and `f64` is set; both
 * point into the market. A negative return ends the walk and is returned. After a walk that wrote,
 * sim_market_settle() must be called. */
typedef int sim_field_fn(void *ctx, int64_t group, const char *name, uint64_t *u64, double *f64);
int sim_market_fields(struct sim_market *market, sim_field_fn *fn, void *ctx);

/* Checks values that came from outside and rebuilds what follows from them. 0, or -1: they cannot
 * be a market's. */
int sim_market_settle(struct sim_market *market);

#endif
