/* njord/events.h - the contracts as plain structs; part of the ABI, included by njord/abi.h.
 *
 * made from sdk/contracts.tbl by build/gen-contracts.py:
 * change the table, then run `make contracts`.
 *
 * Each opens with njord_event. An event's own time stands there as ev.ts_ns.
 * Absent members: NaN, NJORD_NONE_I64, "", NJORD_NONE_U8 (enumerations and bools), a tail with
 * count 0. Bools are 0 and 1. */
/* clang-format off */
#ifndef NJORD_EVENTS_H
#define NJORD_EVENTS_H

#ifndef NJORD_ABI_H
#error "include <njord/abi.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Types of events. */
#define NJORD_EV_TRADE 1u
#define NJORD_EV_BOOK 2u
#define NJORD_EV_DEPTH 3u
#define NJORD_EV_FEED_STATUS 4u
#define NJORD_EV_INSTRUMENT 5u
#define NJORD_EV_TICKER 6u
#define NJORD_EV_BAR 7u
#define NJORD_EV_INTENT 8u
#define NJORD_EV_CANCEL 9u
#define NJORD_EV_DECISION 10u
#define NJORD_EV_ORDER_EVENT 11u
#define NJORD_EV_FILL 12u
#define NJORD_EV_POSITION_SNAPSHOT 13u
#define NJORD_EV_BROKER_ORDER_REQ 14u
#define NJORD_EV_BROKER_ORDER_ACK 15u
#define NJORD_EV_BROKER_ORDER_UPDATE 16u
#define NJORD_EV_BROKER_FILL 17u
#define NJORD_EV_BALANCE_SNAPSHOT 18u
#define NJORD_EV_STRATEGY_ALLOCATION 19u
#define NJORD_EV_PORTFOLIO_SNAPSHOT 20u
#define NJORD_EV_REBALANCE_PLAN 21u
#define NJORD_EV_BACKTEST_CONFIG 22u
#define NJORD_EV_BACKTEST_RESULT 23u
#define NJORD_EV_SIGNAL 24u
#define NJORD_EV_PLUGIN_EVENT 25u
#define NJORD_EV_COUNT 26u /* one more than the highest */

/* side */
#define NJORD_SIDE_BUY 1u
#define NJORD_SIDE_SELL 2u

/* type */
#define NJORD_TYPE_MARKET 1u
#define NJORD_TYPE_LIMIT 2u

/* tif */
#define NJORD_TIF_GTC 1u
#define NJORD_TIF_IOC 2u
#define NJORD_TIF_FOK 3u

/* liquidity */
#define NJORD_LIQUIDITY_MAKER 1u
#define NJORD_LIQUIDITY_TAKER 2u

/* status */
#define NJORD_STATUS_NEW 1u
#define NJORD_STATUS_PARTIALLY_FILLED 2u
#define NJORD_STATUS_FILLED 3u
#define NJORD_STATUS_CANCELED 4u
#define NJORD_STATUS_REJECTED 5u
#define NJORD_STATUS_EXPIRED 6u
#define NJORD_STATUS_UNKNOWN 7u

/* feed_event */
#define NJORD_FEED_EVENT_UP 1u
#define NJORD_FEED_EVENT_DOWN 2u
#define NJORD_FEED_EVENT_GAP 3u
#define NJORD_FEED_EVENT_STALE 4u
#define NJORD_FEED_EVENT_RESYNC 5u

/* kind */
#define NJORD_KIND_FEED 1u
#define NJORD_KIND_STRATEGY 2u
#define NJORD_KIND_BROKER 3u
#define NJORD_KIND_ALLOCATOR 4u
#define NJORD_KIND_HOST 5u

/* plugin_event */
#define NJORD_PLUGIN_EVENT_LOADED 1u
#define NJORD_PLUGIN_EVENT_RELOADED 2u
#define NJORD_PLUGIN_EVENT_RELOAD_REFUSED 3u
#define NJORD_PLUGIN_EVENT_CRASHED 4u
#define NJORD_PLUGIN_EVENT_RESTARTED 5u
#define NJORD_PLUGIN_EVENT_DISABLED 6u
#define NJORD_PLUGIN_EVENT_ROLLED_BACK 7u
#define NJORD_PLUGIN_EVENT_REFUSED 8u
#define NJORD_PLUGIN_EVENT_ENABLED 9u
#define NJORD_PLUGIN_EVENT_HUNG 10u
#define NJORD_PLUGIN_EVENT_LAGGING 11u
#define NJORD_PLUGIN_EVENT_FLOODED 12u
#define NJORD_PLUGIN_EVENT_OVER_MEMORY 13u
#define NJORD_PLUGIN_EVENT_DENIED 14u
#define NJORD_PLUGIN_EVENT_DEAD_LETTER 15u
#define NJORD_PLUGIN_EVENT_PROTOCOL_ERROR 16u
#define NJORD_PLUGIN_EVENT_UNLOADED 17u
#define NJORD_PLUGIN_EVENT_BUS_LOST 18u
#define NJORD_PLUGIN_EVENT_BUS_BACK 19u
#define NJORD_PLUGIN_EVENT_BUS_GAP 20u
#define NJORD_PLUGIN_EVENT_JOURNAL_FAILED 21u
#define NJORD_PLUGIN_EVENT_ERROR 22u

/* Trade: a trade on a market */
typedef struct njord_trade {
    njord_event ev;
    double price;       /* in the quote asset */
    double qty;         /* in the base asset */
    char symbol[32];    /* BASE/QUOTE */
    char trade_id[64];  /* the venue's, unique for venue and symbol */
    char venue[16];     /* where it happened */
    uint8_t side;       /* the aggressor's; absent where the source does not say */
    uint8_t padding[7]; /* zero */
} njord_trade;

/* Book: the whole book, best levels; may be conflated */
typedef struct njord_book {
    njord_event ev;
    int64_t checksum; /* the venue's, where it sends one */
    njord_tail bids;  /* best first */
    njord_tail asks;  /* best first */
    char symbol[32];  /* BASE/QUOTE */
    char venue[16];   /* where it stands */
} njord_book;

/* Depth: changes of a book; never conflated */
typedef struct njord_depth {
    njord_event ev;
    int64_t first_id;   /* first update in it */
    int64_t last_id;    /* last update in it */
    njord_tail bids;    /* absolute quantities, 0 removes a level */
    njord_tail asks;    /* absolute quantities, 0 removes a level */
    char symbol[32];    /* BASE/QUOTE */
    char venue[16];     /* where it stands */
    uint8_t snapshot;   /* true: the whole book, false: a change */
    uint8_t padding[7]; /* zero */
} njord_depth;

/* FeedStatus: what became of a source of market data */
typedef struct njord_feed_status {
    njord_event ev;
    int64_t from_id;    /* first id that is missing */
    int64_t to_id;      /* last id that is missing */
    char venue[16];     /* the source */
    char symbol[32];    /* BASE/QUOTE */
    uint8_t event;      /* what happened */
    uint8_t padding[7]; /* zero */
} njord_feed_status;

/* Instrument: the trading rules of a symbol */
typedef struct njord_instrument {
    njord_event ev;
    double tick;         /* prices are multiples of it */
    double step;         /* quantities are multiples of it */
    double min_qty;      /* smallest quantity */
    double max_qty;      /* largest quantity */
    double min_notional; /* smallest price times quantity */
    char symbol[32];     /* BASE/QUOTE */
    char base[16];       /* the asset that is bought and sold */
    char quote[16];      /* the asset that prices are in */
    char status[16];     /* the venue's word for it */
} njord_instrument;

/* Ticker: the best prices of a symbol */
typedef struct njord_ticker {
    njord_event ev;
    double last;     /* last price */
    double bid;      /* best bid */
    double ask;      /* best ask */
    double volume;   /* in the base asset, over the venue's window */
    char symbol[32]; /* BASE/QUOTE */
    char venue[16];  /* where it stands */
} njord_ticker;

/* OHLCVBar: a bar: what traded in [ts_open, ts_close) */
typedef struct njord_bar {
    njord_event ev;
    int64_t ts_open;     /* start of the bucket */
    int64_t ts_close;    /* ts_open plus the timeframe's length */
    double open;         /* first price */
    double high;         /* highest price */
    double low;          /* lowest price */
    double close;        /* last price */
    double volume;       /* in the base asset */
    int64_t trades;      /* how many */
    double quote_volume; /* sum of price times quantity */
    double taker_volume; /* volume whose aggressor bought */
    char symbol[32];     /* BASE/QUOTE */
    char timeframe[8];   /* 1s to 1d */
    uint8_t partial;     /* true: its first part was not seen */
    uint8_t padding[7];  /* zero */
} njord_bar;

/* OrderIntent: what a strategy wants */
typedef struct njord_intent {
    njord_event ev;
    double qty;           /* in the base asset */
    double limit_price;   /* of a market order only a reference */
    njord_tail meta;      /* what the strategy wants to remember */
    char intent_id[40];   /* unique for ever; the venue's client order id */
    char strategy_id[48]; /* who wants it */
    char symbol[32];      /* BASE/QUOTE */
    uint8_t side;         /* buy or sell */
    uint8_t type;         /* market or limit */
    uint8_t tif;          /* absent: gtc */
    uint8_t padding[5];   /* zero */
} njord_intent;

/* OrderCancel: a wish to cancel an order */
typedef struct njord_cancel {
    njord_event ev;
    char intent_id[40];   /* the order's */
    char strategy_id[48]; /* whose it is */
    char reason[64];      /* why */
} njord_cancel;

/* RiskDecision: what the risk rules said of an intent */
typedef struct njord_decision {
    njord_event ev;
    njord_tail caps;      /* the limits and the values compared with them */
    char intent_id[40];   /* the intent's */
    char strategy_id[48]; /* whose it is */
    char reason[64];      /* ok, or the rule that refused */
    uint8_t allowed;      /* may it go on */
    uint8_t padding[7];   /* zero */
} njord_decision;

/* OrderEvent: an order that risk has let through, rounded to the instrument */
typedef struct njord_order_event {
    njord_event ev;
    double qty;           /* in the base asset */
    double limit_price;   /* of a market order only a reference */
    njord_tail meta;      /* the intent's */
    char intent_id[40];   /* the intent's */
    char strategy_id[48]; /* whose it is */
    char venue[16];       /* where it goes */
    char symbol[32];      /* BASE/QUOTE */
    uint8_t side;         /* buy or sell */
    uint8_t type;         /* market or limit */
    uint8_t tif;          /* absent: gtc */
    uint8_t padding[5];   /* zero */
} njord_order_event;

/* FillEvent: a fill of one of our orders */
typedef struct njord_fill {
    njord_event ev;
    double qty;           /* in the base asset */
    double price;         /* in the quote asset */
    double fee;           /* in fee_asset */
    njord_tail meta;      /* the intent's */
    char fill_id[128];    /* {venue}-{SYM}-{trade_id} */
    char order_id[64];    /* the venue's order id */
    char intent_id[40];   /* the order's intent */
    char strategy_id[48]; /* whose it is */
    char symbol[32];      /* BASE/QUOTE */
    char fee_asset[16];   /* absent: the quote asset */
    uint8_t side;         /* buy or sell */
    uint8_t liquidity;    /* maker or taker */
    uint8_t padding[6];   /* zero */
} njord_fill;

/* PositionSnapshot: a position after a change */
typedef struct njord_position_snapshot {
    njord_event ev;
    double qty;            /* short is negative */
    double avg_price;      /* quantity-weighted mean of the open lots, 0 when flat */
    double realized_pnl;   /* FIFO, before fees, in the quote asset */
    double unrealized_pnl; /* at the last price */
    double fees_paid;      /* in the quote asset */
    char strategy_id[48];  /* whose it is; * is the account */
    char symbol[32];       /* BASE/QUOTE */
} njord_position_snapshot;

/* BrokerOrderReq: an order on its way to a venue */
typedef struct njord_broker_order_req {
    njord_event ev;
    double qty;               /* in the base asset */
    double limit_price;       /* of a market order never sent to a venue */
    njord_tail meta;          /* the intent's */
    char symbol[32];          /* BASE/QUOTE */
    char client_order_id[40]; /* the intent id */
    uint8_t side;             /* buy or sell */
    uint8_t type;             /* market or limit */
    uint8_t tif;              /* absent: gtc */
    uint8_t padding[5];       /* zero */
} njord_broker_order_req;

/* BrokerOrderAck: the venue has the order */
typedef struct njord_broker_order_ack {
    njord_event ev;
    char client_order_id[40];   /* the intent id */
    char exchange_order_id[64]; /* the venue's */
} njord_broker_order_ack;

/* BrokerOrderUpdate: where an order stands */
typedef struct njord_broker_order_update {
    njord_event ev;
    double filled_qty;          /* in the base asset, all fills so far */
    double avg_price;           /* of the fills */
    njord_tail raw;             /* the venue's own text, journal only */
    char client_order_id[40];   /* the intent id */
    char exchange_order_id[64]; /* once the venue gave one */
    char symbol[32];            /* BASE/QUOTE */
    char reason[64];            /* why it ended */
    uint8_t status;             /* where it stands */
    uint8_t padding[7];         /* zero */
} njord_broker_order_update;

/* BrokerFill: a fill as the venue tells it */
typedef struct njord_broker_fill {
    njord_event ev;
    double qty;                 /* in the base asset */
    double price;               /* in the quote asset */
    double fee;                 /* in fee_asset */
    char client_order_id[40];   /* the intent id */
    char exchange_order_id[64]; /* the venue's */
    char symbol[32];            /* BASE/QUOTE */
    char trade_id[64];          /* unique for venue and symbol */
    char fee_asset[16];         /* the asset it was taken in */
    uint8_t side;               /* buy or sell */
    uint8_t liquidity;          /* maker or taker */
    uint8_t padding[6];         /* zero */
} njord_broker_fill;

/* BalanceSnapshot: what the venue says of an asset */
typedef struct njord_balance_snapshot {
    njord_event ev;
    double free;    /* may be used */
    double locked;  /* in open orders */
    char asset[16]; /* which */
} njord_balance_snapshot;

/* StrategyAllocation: capital meant for a strategy */
typedef struct njord_strategy_allocation {
    njord_event ev;
    double target_weight;   /* 0 to 1 */
    double min_capital;     /* in the quote asset */
    double max_capital;     /* in the quote asset */
    double risk_multiplier; /* scales its sizes */
    char strategy_id[48];   /* which */
} njord_strategy_allocation;

/* PortfolioSnapshot: the portfolio at one time */
typedef struct njord_portfolio_snapshot {
    njord_event ev;
    double total_equity;             /* in the quote asset */
    njord_tail strategy_allocations; /* capital a strategy */
    njord_tail drift_from_target;    /* weight minus target weight */
    char portfolio_id[48];           /* which */
    uint8_t needs_rebalance;         /* true: past the threshold */
    uint8_t padding[7];              /* zero */
} njord_portfolio_snapshot;

/* RebalancePlan: orders that bring the portfolio back */
typedef struct njord_rebalance_plan {
    njord_event ev;
    double estimated_costs;              /* in the quote asset */
    njord_tail trades;                   /* the orders */
    njord_tail expected_drift_reduction; /* a strategy */
    char portfolio_id[48];               /* which */
} njord_rebalance_plan;

/* BacktestConfig: what a backtest was asked to do */
typedef struct njord_backtest_config {
    njord_event ev;
    int64_t start_ts;       /* inclusive */
    int64_t end_ts;         /* exclusive */
    double initial_capital; /* in the quote asset */
    double commission_rate; /* of the notional, each fill */
    double slippage_bps;    /* against the order, basis points */
    njord_tail params;      /* the strategy's parameters */
    char symbol[1024];      /* joined by commas when several */
    char strategy_id[48];   /* which */
    char timeframe[8];      /* 1s to 1d */
} njord_backtest_config;

/* BacktestResult: what came of it */
typedef struct njord_backtest_result {
    njord_event ev;
    int64_t start_ts;        /* inclusive */
    int64_t end_ts;          /* exclusive */
    double initial_capital;  /* in the quote asset */
    double final_capital;    /* in the quote asset */
    double total_return_pct; /* per cent */
    double sharpe_ratio;     /* annualised */
    double max_drawdown_pct; /* per cent, 0 or less */
    int64_t num_trades;      /* closing fills */
    double win_rate;         /* 0 to 1; null without trades */
    double profit_factor;    /* null without a loss */
    njord_tail equity_curve; /* [ts_ns, equity] a point */
    njord_tail metrics;      /* all the others */
    njord_tail config;       /* how it was run */
    njord_tail fills;        /* all of them */
    char strategy_id[48];    /* which */
    char symbol[1024];       /* joined by commas when several */
} njord_backtest_result;

/* Signal: whatever a strategy wants to show */
typedef struct njord_signal {
    njord_event ev;
    njord_tail values;    /* the figures */
    char strategy_id[48]; /* whose it is */
    char name[64];        /* what it shows */
    char text[256];       /* in words */
} njord_signal;

/* PluginEvent: what became of a plugin, or of the host */
typedef struct njord_plugin_event {
    njord_event ev;
    char plugin_id[48]; /* the instance's id */
    char version[32];   /* the plugin's */
    char detail[256];   /* in words */
    uint8_t kind;       /* what it is */
    uint8_t event;      /* what happened */
    uint8_t padding[6]; /* zero */
} njord_plugin_event;

#ifdef __cplusplus
}
#endif
#endif
