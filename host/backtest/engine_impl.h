/* engine_impl.h - a run's insides, shared by the engine's files: what stands where, and who does
 * what to it.
 *
 * engine.c makes a run and ends it; engine_rows.c walks the rows and the clock; engine_longer.c
 * makes longer bars of them; engine_orders.c takes an intent to its end; engine_host.c answers what
 * the plugin asks. Over trades engine_trades.c walks the rows, and engine_flow.c takes an intent to
 * its end. */
#ifndef NJ_BACKTEST_ENGINE_IMPL_H
#define NJ_BACKTEST_ENGINE_IMPL_H

#include "backtest/engine.h"
#include "bus/fifo.h"
#include "market/ohlcv.h"
#include "market/trade_ids.h"
#include "runtime/instance.h"
#include "trade/instruments.h"
#include "trade/ledger.h"
#include "trade/orders.h"
#include "trade/risk.h"

#include <njord/match.h>

#define NJ_BT_VENUE "paper"

/* Trades of one venue in a symbol. */
struct nj_bt_source {
    struct nj_bt_source *next;
    char venue[NJORD_ASSET_SIZE];
    struct nj_trade_ids ids;
};

/* A symbol of the run. */
struct nj_bt_symbol {
    const struct nj_bt_series *series;
    struct nj_instrument *instrument;
    njord_instrument rules;           /* of it: they do not change */
    size_t piece, row;                /* of the next row */
    const struct nj_columns *columns; /* that it stands in; NULL: ended */
    int64_t next_ns;     /* when it comes: ts_close of a bar, ts of a trade; INT64_MAX: ended */
    uint64_t shown;      /* rows so far */
    uint64_t warmup;     /* of them, those that are warm-up */
    double price;        /* last trade, else the latest close; NaN: none */
    int64_t price_ts_ns; /* when that was */
    double qty;          /* held now */
    struct nj_position *position;
    struct nj_order_desk desk;
    njord_fill fill;             /* of the latest: what does not differ from fill to fill stays */
    char topic[64];              /* of its rows */
    bool unwanted;               /* with trades: they are not what the strategy asks for */
    njord_bar pristine;          /* of bars: all that a row does not change */
    bool warming;                /* its latest row is warm-up */
    struct nj_bt_longer *longer; /* one a frame of the run; NULL: none */
    njord_match_book book;       /* resting orders */
    struct nj_bt_source *source; /* of trades: their ids so far; NULL: none yet */
    bool aside;                  /* a market that the strategy is not given */
    struct nj_fifo at_open;      /* njord_match_order: those that the next open fills */
    struct nj_fifo late; /* likewise: limits sent while a bar was under way, for the one after it */
};

struct nj_bt_timer {
    uint32_t id;
    int64_t due_ns, period_ns;
    uint64_t set; /* order of setting: equal dues fire in it */
    bool later;   /* set by a timer for an instant that is there: waits for the next event */
};

enum nj_bt_action { NJ_BT_NOTHING, NJ_BT_INTENT, NJ_BT_CANCEL };

/* A timeframe of longer bars that the rows are made into. */
struct nj_bt_frame {
    int64_t length_ns;
    char timeframe[NJORD_TIMEFRAME_SIZE];
};

/* What a callback asked for, until it is worked off: this, then the event. */
struct nj_bt_wish {
    enum nj_bt_action action;
    uint32_t reserved;
    struct nj_bt_symbol *symbol; /* NULL: not of the run */
    struct nj_order *order;
};

struct nj_bt {
    const struct nj_bt_options *o;
    struct nj_bt_outcome *out;
    struct nj_instance_ops ops;
    struct nj_instance *instance;
    struct nj_instruments *instruments;
    struct nj_ledger *ledger;
    struct nj_orders *orders;
    struct nj_risk *risk;
    struct nj_risk_view view;
    struct nj_bt_symbol *symbols;
    uint32_t n_symbols;
    int64_t length_ns; /* of the timeframe */
    int64_t now_ns;    /* what the plugin sees */
    int64_t opened_ns; /* opens of bars are done until then, inclusive */
    struct nj_intent_ids ids;
    struct { /* empty events, to begin with */
        njord_intent intent;
        njord_broker_order_update update;
        njord_broker_fill broker_fill;
    } blank;
    uint64_t seq;    /* of the latest event */
    uint32_t n_open; /* orders that may still fill */
    bool warming;    /* the row at hand is warm-up */
    bool held;       /* some symbol is not flat */
    double cash;     /* after the latest fill */
    struct nj_fifo wishes;
    struct nj_bt_frame *frames; /* with bars: shortest first */
    uint32_t n_frames;
    struct nj_ohlcv *bars; /* with trades: of the curve's points, and those asked for */
    bool bars_only;        /* with trades: the strategy takes no trade */
    bool point_due;        /* a bar of the timeframe has closed; its point comes when its instant */
    int64_t point_ns;      /* is over */
    struct nj_fifo flow;   /* with trades: what was made and is not delivered yet */
    struct nj_sum purse;   /* with trades: what the broker's account holds of the quote asset */
    bool firing;           /* with trades: a timer is being worked off */
    bool ending;           /* with trades: the rows are through */
    struct nj_bt_timer *timers;
    size_t n_timers, cap_timers;
    uint64_t timers_set;
    size_t cap_curve, cap_fills, cap_trades;
    struct nj_sum fees, slippage, notional;
    struct nj_bt_symbol *hand; /* whose bar is being shown, and where its name stands in it */
    const char *hand_text;     /* NULL: none is */
    bool has_on_bar;
    bool hears_updates, hears_decisions, hears_fills, hears_positions; /* someone does */
    struct nj_risk_known known; /* of the intent being decided */
    struct nj_error *err;       /* what ended the run */
    int rc;
};

/* engine.c */
void nj_bt_fail(struct nj_bt *bt, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* realloc() for what is written from end to end, the first `used` bytes kept: in large pages where
 * the system has them, since the kernel's work for each small one is half of the memory's cost. */
void *nj_bt_grow_array(void *items, size_t used, size_t bytes);
struct nj_bt_symbol *nj_bt_symbol_named(struct nj_bt *bt, const char *symbol);
/* A number for an event that the engine makes. */
static inline uint64_t nj_bt_next_seq(struct nj_bt *bt)
{
    return ++bt->seq;
}

/* engine_rows.c */
int nj_bt_rows_init(struct nj_bt *bt);
void nj_bt_walk(struct nj_bt *bt);
/* Shows a bar (the plugin's to spoil) and works off what it makes the strategy send. */
void nj_bt_show_bar(struct nj_bt *bt, struct nj_bt_symbol *s, const char *topic, njord_bar *bar);

void nj_bt_keep_point(struct nj_bt *bt, int64_t ts_ns);
void nj_bt_next_row(struct nj_bt *bt, struct nj_bt_symbol *s);

/* engine_trades.c */
int nj_bt_trades_init(struct nj_bt *bt);
/* Before the first row, once the strategy has started. */
void nj_bt_trades_begin(struct nj_bt *bt);
void nj_bt_trades_free(struct nj_bt_symbol *s);
struct nj_bt_symbol *nj_bt_earliest_trade(struct nj_bt *bt);
/* When the symbol's next row came. */
int64_t nj_bt_trade_time(const struct nj_bt_symbol *s);
void nj_bt_step_trade(struct nj_bt *bt, struct nj_bt_symbol *s);
/* The bucket that the data ends in: its point, and no event. */
void nj_bt_last_point(struct nj_bt *bt);
/* Do the run's globs ask for a topic of the market? Without globs: `otherwise`. */
bool nj_bt_wanted(const struct nj_bt *bt, const char *topic, bool otherwise);
/* A bar is delivered: its point of the curve, and the strategy sees it. */
void nj_bt_deliver_bar(struct nj_bt *bt, njord_bar *bar);
/* Shows an event, as a private copy. */
void nj_bt_show(struct nj_bt *bt, const char *topic, const njord_event *event);

/* engine_flow.c */
/* What the plugin asks for. */
njord_status nj_bt_flow_intent(struct nj_bt *bt, njord_intent *intent);
njord_status nj_bt_flow_cancel(struct nj_bt *bt, const struct nj_order *order);
/* Queues a bar that has closed. */
void nj_bt_flow_bar(struct nj_bt *bt, njord_bar *bar);
/* Resting orders meet a price. */
void nj_bt_flow_resting(struct nj_bt *bt, struct nj_bt_symbol *s, double price);
/* Delivers what waits, and what comes of it, to the end. */
void nj_bt_flow_drain(struct nj_bt *bt);

/* engine_longer.c */
/* Finds out which timeframes the globs ask for. */
int nj_bt_longer_init(struct nj_bt *bt);
void nj_bt_longer_free(struct nj_bt *bt, struct nj_bt_symbol *s);
/* Shows the buckets that ended before the rows of this instant began. */
void nj_bt_longer_late(struct nj_bt *bt, int64_t close_ns);
void nj_bt_longer_take(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_bar *row);
/* Shows those that end with this instant. */
void nj_bt_longer_closed(struct nj_bt *bt, int64_t close_ns);

/* engine_orders.c */
/* Works off what the plugin asked for, first in first out, to the end. */
void nj_bt_settle(struct nj_bt *bt);
/* A bar opens now: orders that waited for it fill at its open. What that makes the strategy send is
 * not worked off yet. */
void nj_bt_at_open(struct nj_bt *bt, struct nj_bt_symbol *s, double open);
/* Resting orders meet a bar or a trade; what that makes the strategy send is not worked off yet. */
void nj_bt_resting(struct nj_bt *bt, struct nj_bt_symbol *s, njord_match_tick tick);
/* The bar under way has closed: limits that were sent meanwhile rest from the next one on. */
void nj_bt_rest_late(struct nj_bt *bt, struct nj_bt_symbol *s);

/* engine_fills.c: a fill's way into the outcome, and out of it as an event. */
/* Where the next fill is kept; NULL: no memory, and the run has failed. */
struct nj_bt_kept *nj_bt_next_kept(struct nj_bt *bt);
/* The ids of a fill of the order `id`. */
void nj_bt_fill_ids(njord_fill *fill, const char *prefix, const char *id);
/* "paper-ID" into a text that holds any id. */
void nj_bt_venue_id(char *out, const char *id, size_t len);
/* What the fills of each symbol always say. */
int nj_bt_names(struct nj_bt *bt);
/* Room for one more item. */
void *nj_bt_grown(struct nj_bt *bt, void *items, size_t n, size_t *cap, size_t size);
/* Counts a refused order under its reason. */
void nj_bt_count_refusal(struct nj_bt *bt, const char *reason);
/* Keeps a fill, whose position has been changed, and what it changes in the figures of the run.
 * before: its price without slippage. */
void nj_bt_account(struct nj_bt *bt, struct nj_bt_symbol *s, const njord_fill *f, double before,
                   const struct nj_closing *closing);

/* engine_host.c */
void nj_bt_ops_init(struct nj_bt *bt);

#endif
