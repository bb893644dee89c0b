/* risk.h - the risk rules: pure functions in one table, asked in order for each intent.
 *
 * No clock and no I/O: time, prices, positions and the halt word come in through struct
 * nj_risk_view. The services and the backtester call the same nj_risk_check(). Each rule has a
 * stable code (the `reason` of a RiskDecision) and puts the limit and the values that it compared
 * into the decision's caps. doc/risk.md is made from the table.
 *
 * All rules look at the order as it would leave: quantity rounded down to the step, limit price to
 * the tick on the safe side. An order reduces a position when it stands against it and, together
 * with all working orders of its side in that symbol, cannot take it through zero. Equality is that
 * of the decimals that were written, not of their nearest doubles (decimal.h). */
#ifndef NJ_TRADE_RISK_H
#define NJ_TRADE_RISK_H

#include "base/buf.h"
#include "config/config.h"
#include "trade/instruments.h"
#include "trade/ledger.h"
#include "trade/orders.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_risk; /* limits, token buckets, duplicate windows, the day's loss */

/* What the rules would look up by name, for who has it at hand, of an intent that the caller made
 * itself out of an order that was looked at: its texts and figures are not looked at again. */
struct nj_risk_known {
    const struct nj_instrument *instrument; /* of a symbol that is allowed */
    const struct nj_position *position;     /* NULL: none */
    int64_t buys, sells;                    /* working lots of the strategy in the symbol */
    double cash, bound_cash;                /* the strategy's */
    double last;                            /* last price, NaN: none */
    int64_t last_ts_ns;
};

/* What the rules look at besides the intent. Functions may not change anything. */
struct nj_risk_view {
    int64_t now_ns;
    bool halted;   /* kill switch, or trading stopped */
    bool live;     /* app.env is live: allow_short auto means no */
    bool backtest; /* only malformed, unknown_symbol, warmup, no_reference_price, allow_short,
                      insufficient_cash, below_min_qty */
    const struct nj_instruments *instruments;
    const struct nj_ledger *ledger;
    const struct nj_orders *orders;
    void *ctx;
    const struct nj_risk_known *known; /* about the intent that is asked about; NULL: looked up */
    bool (*symbol_allowed)(void *ctx, const char *strategy_id,
                           const char *symbol); /* in exchange.symbols and the strategy's; NULL: any
                                                   symbol with an instrument */
    /* last trade, else close of the latest bar, NaN: none; *ts_ns when it was seen */
    double (*last_price)(void *ctx, const char *symbol, int64_t *ts_ns);
    double (*usd_of)(void *ctx, const char *quote); /* 1 for usd_quotes, else last trade against
                                                       USDT or USD; NaN: not known. Not asked in a
                                                       backtest */
    double slippage_bps, commission; /* the broker's, for insufficient_cash; 0 when not known */
    bool marked; /* nj_risk_mark() hears of every price and fill: a check need not look at all
                    positions anew */
    double
        day_pnl_floor; /* another program's figure (njord:pnl:day), NaN: none; the lower counts */
};

/* NULL: out of memory. The limits are copied. */
struct nj_risk *nj_risk_new(const struct nj_risk_config *limits);
void nj_risk_free(struct nj_risk *risk);
/* New limits by a reload; buckets and latches stay. */
int nj_risk_set_limits(struct nj_risk *risk, const struct nj_risk_config *limits);

enum {
    NJ_RISK_FLATTEN = 1 /* passes all but halted and malformed */,
    NJ_RISK_WARMUP = 2,
    NJ_RISK_FOREIGN = 4 /* not from this host: ids of 24 h */
};

/* A decision on `intent` into `decision` (room for NJ_DECISION_MAX bytes; its tail holds the caps)
 * and, when allowed, the order rounded to the instrument into `order` (room for NJ_ORDER_MAX). Only
 * an accepted order takes a token. Returns true: allowed. */
#define NJ_DECISION_MAX 2048u
#define NJ_ORDER_MAX    4096u
bool nj_risk_check(struct nj_risk *risk, const struct nj_risk_view *view,
                   const njord_intent *intent, unsigned flags, const char *venue,
                   njord_decision *decision, njord_order_event *order);
/* What came of it, as figures. */
struct nj_risk_answer {
    const char *reason; /* "ok", or the rule that refused */
    int64_t lots;       /* as it would leave, when allowed; so is the limit */
    double limit_price; /* NaN: none */
    double reference_price;
};
/* The same with an answer; decision and order may be NULL (both): the events are not made then. */
bool nj_risk_decide(struct nj_risk *risk, const struct nj_risk_view *view,
                    const njord_intent *intent, unsigned flags, const char *venue,
                    njord_decision *decision, njord_order_event *order,
                    struct nj_risk_answer *answer);
/* An order of the journal that this host let through before it was started again: takes its token.
 */
void nj_risk_replay(struct nj_risk *risk, const njord_order_event *order);
/* A decision of the journal likewise: one that refused for the day's loss says that it was latched,
 * by prices which the journal of orders does not hold. */
void nj_risk_replay_decision(struct nj_risk *risk, const njord_decision *decision);
/* Cancels pass all but `malformed`. */
bool nj_risk_check_cancel(const njord_cancel *cancel, njord_decision *decision);

/* Equity now into the day's loss; latched once the loss reaches its cap, until the next UTC day.
 * Called with each fill and each price that moves a position, and by nj_risk_check(). The day
 * starts with the equity of the last call before 00:00 UTC, the very first with what it finds. A
 * symbol without a price (after a restart) counts at the last one that was seen here; while an
 * asset has no rate to USD the last figure stands. Returns the day's pnl in USD. */
double nj_risk_day(struct nj_risk *risk, const struct nj_risk_view *view);
/* The same when only `symbol` has moved, by a fill or a price: its cost does not grow with the
 * number of symbols. The first call looks at all. */
double nj_risk_mark(struct nj_risk *risk, const struct nj_risk_view *view, const char *symbol);

/* State that outlives a restart (day, starting equity, latch, token buckets, duplicate window), as
 * JSON. */
int nj_risk_save(const struct nj_risk *risk, struct nj_buf *out);
/* As new: before loading again. */
void nj_risk_forget(struct nj_risk *risk);
int nj_risk_load(struct nj_risk *risk, const char *json, size_t len, struct nj_error *err);

/* The rules as a table, for the reference page and the tests. */
struct nj_risk_rule_info {
    const char *code;       /* "per_order_usd_cap" */
    const char *scope;      /* "order", "symbol, all strategies", … */
    bool reducing_passes;   /* an order that reduces the position passes */
    const char *config_key; /* "" when it has none */
    const char *help;
    const char *default_text; /* of the key, "" when it has none */
    const char *compares;     /* the keys of caps: limit, then the value */
    bool backtest;            /* asked in a backtest without --risk too */
};
const struct nj_risk_rule_info *nj_risk_rules(size_t *n);
void nj_risk_reference(struct nj_buf *out); /* doc/risk.md */

#endif
