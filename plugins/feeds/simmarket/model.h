/* simmarket/model.h - the market's insides, shared by market_new.c (makes it), market.c (steps it)
 * and market_state.c (saves and restores it). */
#ifndef SIMMARKET_MODEL_H
#define SIMMARKET_MODEL_H

#include "market.h"
#include "rng.h"

#define SIM_GRID_S                                                                                 \
    10.0 /* volatility, profile and base rates are constant between multiples of this */
#define SIM_MAX_BURST 700 /* trades of one order at most */

/* A decimal unit mant / pow10: multiples of it become the nearest double by one division. */
struct sim_unit {
    double mant;
    double pow10;
};

/* One source of price moves; its value is in standard deviations of a day. */
struct sim_factor {
    double value;   /* sum of increments */
    double slow;    /* log-volatility, mean 0, hours to a day */
    double fast;    /* log-volatility, mean 0, minutes */
    double garch;   /* response to its own surprises, mean 1 */
    double pending; /* variance accrued since the last increment */
    double rate;    /* derived: variance a second, without garch */
    double order;   /* derived: variance that one order brings, likewise */
    double
        level; /* derived: standard deviation relative to the average, without profile and garch */
};

struct sim_symbol {
    struct sim_rng rng;
    struct sim_factor own;
    double last_s;    /* when it was last brought up to date */
    double hazard;    /* of the base rate, left until its next order */
    double excite[2]; /* rates of the two kernels at last_s, orders a second */
    double kernel_s;  /* next order that a kernel brings; may lie beyond any time */
    double regime;    /* +1, -1: the side that most aggressors take */
    double quote;     /* middle of the quote, in ticks */
    uint64_t next_id;
    double base;   /* derived: base rate now, orders a second */
    double next_s; /* derived: its next order */
    /* constants */
    struct sim_unit tick, step;
    double start_ticks;
    double min_notional_steps; /* min_notional / (tick x step): least ticks x steps */
    int64_t min_steps, max_steps;
    double notional_steps; /* the median trade's notional in ticks x steps */
    double order_sigma;    /* typical move between two orders, relative */
};

struct sim_burst { /* the order that is being worked off */
    uint64_t symbol;
    uint64_t left;  /* trades still to come */
    uint64_t count; /* trades in all */
    uint64_t is_sell;
    double ticks;   /* first price */
    double walk;    /* ticks from the first price to the last, signed */
    double time_ms; /* since the start */
};

struct sim_market {
    struct sim_rng rng; /* of the common factor */
    struct sim_factor common;
    double common_s; /* when it was last brought up to date */
    double grid_s;   /* the next grid point */
    struct sim_burst burst;
    /* constants */
    int64_t start_ns;
    double duration_s;
    double sigma_day, share_common, share_own;
    double order_rate; /* orders a second of each symbol, on average */
    double garch_own, garch_common;
    double burst_survival[SIM_MAX_BURST + 1]; /* [k]: share of orders with more than k trades */
    uint32_t n_symbols;
    uint32_t *heap; /* derived: symbols by (next_s, index) */
    struct sim_symbol *symbols;
};

/* Rounded down, for 0 <= x < 2^63. */
static inline double sim_whole(double x)
{
    return (double)(int64_t)x;
}

/* When the kernels, at their rates at last_s, bring the symbol's next order: sets kernel_s. */
void sim_draw_kernels(struct sim_symbol *symbol);

/* Variance rates, base rates and next times after the grid point or load; then the heap. */
void sim_market_refresh(struct sim_market *market);

#endif
