/* engine.h - one backtest: a strategy plugin over bars or trades, through the same risk functions,
 * order record, fill rules and accounting as live.
 *
 * A pure function of its inputs: same data, parameters and plugin, same outcome to the bit. The
 * plugin is called as a host calls it, one event at a time, and never gets a pointer beyond it.
 * Time is the events' own; timers fire before the first event at or after they are due. Order of
 * things within a bar (doc/semantics.md): fills of earlier orders (next open, resting limits),
 * timers, the bar to the strategy, what it sent through risk, fills at the close, on_fill, then one
 * equity point a distinct ts_close. Runs in the caller's process; the runner forks a child around
 * it. One run, one thread. */
#ifndef NJ_BACKTEST_ENGINE_H
#define NJ_BACKTEST_ENGINE_H

#include "backtest/metrics.h"
#include "base/log.h"
#include "config/config.h"
#include "journal/columns.h"
#include "runtime/module.h"

#include <njord/abi.h>
#include <stdbool.h>
#include <stdint.h>

enum nj_bt_fill { NJ_BT_FILL_CLOSE, NJ_BT_FILL_NEXT_OPEN };
enum nj_bt_gap { NJ_BT_GAP_LIMIT, NJ_BT_GAP_OPEN };

/* One symbol's rows in order, as the column cache gives them: bars of `timeframe`, or trades. */
struct nj_bt_series {
    const char *symbol;
    const struct nj_columns *pieces;
    size_t n_pieces;
    /* Trades of a market that the host watched and the strategy is not given: they move the clock,
     * the numbers and the prices. */
    bool aside;
};

/* How a host is set up beside the strategy, to do what it did (--input trades); the zeroes are a
 * backtest's. */
struct nj_bt_live {
    const char *venue;  /* the broker's id; NULL: paper */
    bool purse_known;   /* the broker's account held `purse` of the quote asset when it began; */
    double purse;       /* else the strategy's capital, looked at as cash_check says */
    uint64_t epoch_s;   /* of the intents' ids */
    bool bars_unheard;  /* it makes no bars */
    bool gaps_unfilled; /* ohlcv.gap_fill: false */
    bool no_time_yet;   /* at its start the time is 0, until the first trade tells it */
};

struct nj_bt_options {
    const char *strategy_id;
    struct nj_module *module;
    const struct nj_param_text *params; /* as written; the rest are the plugin's defaults */
    uint32_t n_params;
    struct nj_place params_place;      /* for what is wrong with them */
    const struct nj_bt_series *series; /* in the order of --symbol */
    uint32_t n_series;
    enum nj_columns_kind input;
    const char *timeframe;          /* of the bars; with trades: of the equity points */
    const char *const *event_globs; /* trades: what the strategy is shown; NULL: all it takes */
    uint32_t n_event_globs;
    int64_t from_ns; /* where the series begin, but for the warm-up; not looked at */
    int64_t to_ns;   /* rows with ts < to: a bar's ts is its open */
    double capital, commission_rate, slippage_bps;
    enum nj_bt_fill fill;
    enum nj_bt_gap limit_gap;
    uint64_t warmup; /* of each series: its first rows, bars or trades, shown flagged WARMUP */
    const uint64_t *warmups; /* the same, where it differs from series to series; NULL: warmup */
    bool allow_short, cash_check;
    const struct nj_risk_config *risk; /* the limits too; NULL: the rules of a backtest only */
    const struct nj_config *config;    /* instruments (symbols:), may be NULL */
    uint64_t seed;
    struct nj_log *log; /* what the plugin says; may be NULL */
    /* Paper's way (--input trades): maker and taker rates apart; NaN: commission_rate. */
    double maker_rate, taker_rate;
    struct nj_bt_live live;
    /* Everything of the order flow as it is made, for records and comparisons; may be NULL. The
     * event is valid until it returns. `delivered` (--input trades alone): once more when its turn
     * has come, before anyone acts on it. */
    void (*flow)(void *ctx, const njord_event *event);
    void (*delivered)(void *ctx, const njord_event *event);
    void *flow_ctx;
    /* Counts, for each series, the rows that the run has begun to work off; may be NULL. */
    uint64_t *begun;
};

/* `rows` and `last_ts_ns` are of the row at hand while a callback runs: the runner watches them. */
struct nj_bt_counts {
    uint64_t rows, intents, refused, orders, fills, expired, canceled, timers, errors;
    uint64_t rejected; /* let through; at the fill there was no cash for it, or too many rest */
    uint64_t limit_fills_at_touch; /* limit orders filled where the bar only touched the limit */
    int64_t first_ts_ns, last_ts_ns;
};

struct nj_bt_refusals { /* how often each rule refused */
    char reason[NJORD_REASON_SIZE];
    uint64_t n;
};

/* A fill as a run keeps it: what nj_bt_fill_at() makes the event of. */
struct nj_bt_kept {
    int64_t ts_ns;
    uint64_t seq;
    double qty, price, fee;
    uint32_t series;
    uint8_t side, liquidity;
    char intent_id[NJORD_INTENT_ID_SIZE];
};

struct nj_bt_names {                    /* of a series, in its fills */
    njord_fill pattern;                 /* what they all say */
    char prefix[NJORD_SYMBOL_SIZE + 8]; /* of fill ids: "paper-ATOMUSDT-" */
};

struct nj_bt_outcome {
    int64_t *curve_ts; /* one point a distinct ts_close */
    double *curve_equity;
    uint8_t *curve_exposed; /* 1: a position was open */
    size_t n_curve;
    njord_fill *fills; /* as a file has them; NULL: they are kept short, see nj_bt_fill_at() */
    struct nj_bt_kept *kept;
    size_t n_fills;
    struct nj_bt_names *names; /* one a series */
    struct nj_closed *trades;
    size_t n_trades;
    struct nj_bt_refusals *refusals;
    size_t n_refusals;
    njord_position_snapshot *open; /* positions that stay open, marked at the last close */
    size_t n_open;
    double final_equity, fees, slippage, traded_notional;
    struct nj_bt_counts counts;
    char failure[256]; /* the plugin's last error, "" */
};

/* NJ_ERR_CONFIG: no callback for the input, a parameter, a series out of order, two quote assets;
 * NJ_ERR_PLUGIN: create, start or max_errors callbacks failed. */
int nj_bt_run(const struct nj_bt_options *options, struct nj_bt_outcome *out, struct nj_error *err);
void nj_bt_outcome_free(struct nj_bt_outcome *outcome);
/* The i-th fill as an event: the outcome's, or written to `room`. */
const njord_fill *nj_bt_fill_at(const struct nj_bt_outcome *outcome, size_t i, njord_fill *room);
/* Metrics of an outcome. */
int nj_bt_metrics(const struct nj_bt_options *options, const struct nj_bt_outcome *outcome,
                  double periods_per_year, double risk_free, struct nj_metrics *out,
                  struct nj_error *err);

#endif
