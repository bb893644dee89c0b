/* njord/abi.h - the plugin ABI, version 1: the frozen part.
 *
 * A plugin is a shared object that exports one constant, `njord_entry`, and links no host symbol:
 * every service comes through the `njord_host` it is given. This header (with njord/events.h, the
 * contracts as plain structs) is all that the two sides share. It is append-only within major
 * version 1: members are added at the end of a struct whose first member tells its size, and
 * nothing that stands here changes its meaning.
 *
 * Authors include <njord/strategy.h>, <njord/broker.h>, <njord/feed.h> or <njord/allocator.h>
 * instead; those write the tables below for them.
 *
 * Roles. Each function says who calls it:
 * - [loop]: while an event, a timer or an answer of this instance is being handled; never two at
 *   once per instance
 * - [control]: create, start, quiesce, resume, save, load, reconfigure, destroy: the loop of this
 *   instance is at rest
 * - [any]: both of them
 *
 * Roles are not threads. A plugin starts no threads unless its flags say so.
 *
 * Ownership. Nothing allocated on one side is freed on the other. Pointers passed to a call are
 * valid until that call returns; who keeps something copies it. The host copies every struct it is
 * given by that struct's own size.
 */
#ifndef NJORD_ABI_H
#define NJORD_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NJORD_ABI_MAGIC 0x44524a4eu /* the bytes "NJRD" in the file */
#define NJORD_ABI_MAJOR 1u          /* must match */
#define NJORD_ABI_MINOR 0u          /* any loads */

/* Sizes of text members, with the closing NUL. Longer text is refused, never cut. */
#define NJORD_SYMBOL_SIZE     32u
#define NJORD_ID_SIZE         48u /* strategy and plugin instance: ^[a-z0-9_]{1,47}$ */
#define NJORD_INTENT_ID_SIZE  40u /* ^[A-Za-z0-9_-]{1,36}$ */
#define NJORD_REF_SIZE        64u /* order, trade and fill ids of a venue */
#define NJORD_ASSET_SIZE      16u /* assets and venues */
#define NJORD_TIMEFRAME_SIZE  8u
#define NJORD_REASON_SIZE     64u
#define NJORD_META_KEY_SIZE   24u
#define NJORD_META_VALUE_SIZE 64u

/* Bounds of variable parts. */
#define NJORD_MAX_LEVELS 5000u /* a side of a book */
#define NJORD_MAX_META   16u   /* pairs */
#define NJORD_MAX_TEXT   4096u /* bytes of a text in a tail */

/* Absent: what an optional member holds when the sender said nothing. Never on the wire. See
 * njord_is_set(). */
#define NJORD_NONE_I64 INT64_MIN
#define NJORD_NONE_U8  255u
/* an absent f64 is a NaN, an absent text is "" */

/* Result of a call: 0 or a negative code. Codes are never reused. */
typedef int32_t njord_status;
#define NJORD_OK            0
#define NJORD_E_FAIL        (-1) /* see the sentence given to njord_host.fail */
#define NJORD_E_NOMEM       (-2)
#define NJORD_E_ARG         (-3)  /* an argument is out of its range */
#define NJORD_E_AGAIN       (-4)  /* nothing now; ask again later */
#define NJORD_E_UNSUPPORTED (-5)  /* this side does not do that */
#define NJORD_E_STATE       (-6)  /* saved state cannot be read */
#define NJORD_E_LIMIT       (-7)  /* a bound was reached */
#define NJORD_E_BUSY        (-8)  /* not in this phase: stopping, quiesced, not started */
#define NJORD_E_NOT_FOUND   (-9)  /* unknown symbol, order, parameter, timer */
#define NJORD_E_END         (-10) /* no more data will come */

/* njord_plugin.flags */
#define NJORD_F_DETERMINISTIC 1u /* same events, same outputs: njord plugin check runs it twice */
#define NJORD_F_INPROC_OK     2u /* may run in the host's own process */
#define NJORD_F_NEEDS_NETWORK 4u /* opens sockets */
#define NJORD_F_OWN_THREADS   8u /* starts threads and joins them in destroy */

/* Log levels. */
#define NJORD_LOG_DEBUG 0
#define NJORD_LOG_INFO  1
#define NJORD_LOG_WARN  2
#define NJORD_LOG_ERROR 3

/* ---- Events ---------------------------------------------------------------------------------- */

/* The head of every event. Events carry no pointers: memcpy of `size` bytes copies all of one.
 * Variable parts stand in a tail behind the fixed part and are reached by an njord_tail. */
typedef struct njord_event {
    uint32_t size; /* bytes, fixed part and tail; a multiple of 8 */
    uint16_t head; /* bytes of the fixed part that the sender knew: see NJORD_EVENT_HAS */
    uint16_t type; /* NJORD_EV_* */
    uint64_t seq;  /* the host's sequence number; 0 before the host gave one */
    int64_t ts_ns; /* the event's own time, ns since the Unix epoch, UTC (of a bar: ts_close) */
    int64_t ts_recv_ns; /* delivery time of this host; never goes back */
    uint32_t symbol_id; /* dense, stable for the life of an instance; NJORD_NO_SYMBOL for none */
    uint32_t flags;     /* NJORD_EF_* */
} njord_event;

#define NJORD_NO_SYMBOL UINT32_MAX

#define NJORD_EF_SNAPSHOT   1u  /* the whole state, not a change */
#define NJORD_EF_PARTIAL    2u  /* a bar whose first part was not seen */
#define NJORD_EF_FILLED_GAP 4u  /* a bar without trades, made from the last close */
#define NJORD_EF_WARMUP     8u  /* history shown before the start: orders are refused */
#define NJORD_EF_REPLAYED   16u /* shown again after a crash or a roll-back */

/* A variable part: `count` items that start `offset` bytes after the start of the event. count 0:
 * none. */
typedef struct njord_tail {
    uint32_t offset;
    uint32_t count;
} njord_tail;

/* Items of tails. */
typedef struct njord_level { /* of a book: absolute quantity at a price */
    double price;
    double qty;
} njord_level;

typedef struct njord_text_pair { /* of meta */
    char key[NJORD_META_KEY_SIZE];
    char value[NJORD_META_VALUE_SIZE];
} njord_text_pair;

typedef struct njord_real_pair { /* of caps, values, weights */
    char key[NJORD_ID_SIZE];
    double value;
} njord_real_pair;

/* Does the sender of event `e` (pointer to a contract's struct) know its member `f`? */
#define NJORD_EVENT_HAS(e, f)                                                                      \
    ((size_t)(e)->ev.head >= offsetof(__typeof__(*(e)), f) + sizeof((e)->f))

/* Does the other side's table `p` reach member `f`, and is it filled? (For function members.) */
#define NJORD_HAS(p, f)                                                                            \
    ((size_t)(p)->size >= offsetof(__typeof__(*(p)), f) + sizeof((p)->f) && (p)->f != 0)

#ifdef __cplusplus
}
#endif

#include "events.h" /* the contracts: generated from contracts.tbl */

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Parameters ------------------------------------------------------------------------------ */

#define NJORD_PARAM_BOOL     1u
#define NJORD_PARAM_INT      2u
#define NJORD_PARAM_REAL     3u
#define NJORD_PARAM_TEXT     4u
#define NJORD_PARAM_DURATION 5u /* ns; configured as 250ms, 10s, 5m, 24h, 7d */
#define NJORD_PARAM_ENUM     6u /* one of `choices` */
#define NJORD_PARAM_REAL_MAP 7u /* text keys, real values */

#define NJORD_PARAM_REQUIRED 1u /* no default */
#define NJORD_PARAM_LIVE     2u /* may change while running: reconfigure() is called */
#define NJORD_PARAM_SECRET   4u /* never printed */

/* One declared parameter. A table of them ends with one whose name is NULL. The host checks the
 * configuration against the table before it creates anything. */
typedef struct njord_param {
    uint32_t size; /* sizeof(njord_param), also of the closing one: the host steps by it */
    uint32_t type;
    uint32_t flags;
    uint32_t reserved;
    const char *name;                        /* ^[a-z][a-z0-9_]*$ */
    const char *help;                        /* one sentence */
    const char *default_text;                /* text, enum; a real map's as "key=value,…" */
    const char *choices;                     /* enum: "cancel|hold|flatten" */
    int64_t default_int, min_int, max_int;   /* bool, int, duration (ns) */
    double default_real, min_real, max_real; /* real; of a real map: the values' range */
} njord_param;

/* A parameter's value. Text and map belong to the host and live as long as the instance or until
 * reconfigure(). */
typedef struct njord_value {
    uint32_t size;
    uint32_t type;
    int64_t i; /* bool (0, 1), int, duration in ns, enum: index in `choices` */
    double r;  /* real; also set for an int */
    const char *text;
    const njord_real_pair *map;
    uint64_t count; /* pairs in map */
} njord_value;

/* ---- What the host tells and takes ----------------------------------------------------------- */

/* A position, FIFO accounting; money in the quote asset, before fees unless the name says so. */
typedef struct njord_holding {
    uint32_t size;
    uint32_t reserved;
    double qty;       /* units, short is negative */
    double avg_price; /* quantity-weighted mean of the open lots, 0 when flat */
    double realized_pnl;
    double unrealized_pnl; /* NaN while no price is known */
    double fees_paid;
} njord_holding;

/* What a strategy asks for. */
typedef struct njord_order {
    uint32_t size;
    uint8_t side; /* NJORD_SIDE_* */
    uint8_t type; /* NJORD_TYPE_* */
    uint8_t tif;  /* NJORD_TIF_*, NJORD_NONE_U8: good till cancelled */
    uint8_t reserved;
    double qty;         /* units of the base asset, > 0 */
    double limit_price; /* limit: the limit; market: a reference while no trade is known, or NaN */
    char symbol[NJORD_SYMBOL_SIZE];
    const njord_text_pair *meta; /* or NULL */
    uint64_t meta_count;         /* at most NJORD_MAX_META */
} njord_order;

/* An order of this instance that may still fill: sent, or on its way through risk. */
typedef struct njord_open_order {
    uint32_t size;
    uint8_t side;
    uint8_t type;
    uint8_t tif;
    uint8_t status; /* NJORD_STATUS_* */
    double qty;
    double filled_qty;
    double limit_price; /* NaN for a market order */
    int64_t ts_ns;      /* when it was submitted */
    char intent_id[NJORD_INTENT_ID_SIZE];
    char symbol[NJORD_SYMBOL_SIZE];
} njord_open_order;

/* Which order a broker is asked about. */
typedef struct njord_order_ref {
    uint32_t size;
    uint32_t reserved;
    char symbol[NJORD_SYMBOL_SIZE];
    char client_order_id[NJORD_INTENT_ID_SIZE];
    char exchange_order_id[NJORD_REF_SIZE]; /* "" while the venue gave none */
} njord_order_ref;

/* Saved state is a stream of bytes; <njord/state.h> writes and reads it as a keyed msgpack map. */
typedef struct njord_writer {
    uint32_t size;
    uint32_t reserved;
    void *ctx;
    /* [control] all or an error */
    njord_status (*write)(void *ctx, const void *data, uint64_t len);
} njord_writer;

typedef struct njord_reader {
    uint32_t size;
    uint32_t reserved;
    void *ctx;
    /* [control] bytes, 0 at the end, or a negative status */
    int64_t (*read)(void *ctx, void *data, uint64_t cap);
} njord_reader;

/* ---- The host, as an instance sees it -------------------------------------------------------- */

/* One per instance, valid from create() until destroy() has returned. Nothing is ever called back
 * from inside these: submit, cancel and publish queue, and what they cause is delivered after the
 * callback has returned. */
typedef struct njord_host njord_host;
struct njord_host {
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor;
    void *priv; /* the host's; not to be touched */

    /* [any] time of the event being handled, ns since the Unix epoch; constant during a call. The
     * only clock. */
    int64_t (*now_ns)(const njord_host *host);
    /* [loop] 64 random bits, seeded by app.seed and the instance's id; part of a snapshot. */
    uint64_t (*random)(const njord_host *host);
    /* [any] one line in the host's log under this instance's id. text: UTF-8, copied; control
     * characters are escaped. */
    void (*log)(const njord_host *host, int32_t level, const char *text);
    /* [any] says why the call now running will fail; returns `code` so that one can write return
     * host->fail(...). */
    njord_status (*fail)(const njord_host *host, njord_status code, const char *why);
    /* [any] this instance's id, the host's text. */
    const char *(*id)(const njord_host *host);
    /* [any] the instance's symbols in configured order; *out is the host's. Returns how many. */
    uint32_t (*symbols)(const njord_host *host, const char *const **out);
    /* [any] a parameter by name; out->size is set by the caller. NOT_FOUND: not declared. */
    njord_status (*param)(const njord_host *host, const char *name, njord_value *out);

    /* [any] this strategy's own position in `symbol`; flat when it never traded. out->size is set
     * by the caller. */
    njord_status (*position)(const njord_host *host, const char *symbol, njord_holding *out);
    /* [any] signed quantity of own orders that may still fill, sent or on the way. */
    double (*working)(const njord_host *host, const char *symbol);
    /* [any] last trade, else the close of the latest bar, else NaN. */
    double (*last_price)(const njord_host *host, const char *symbol);
    /* [any] tick, step and minima of a symbol; out->ev.size is set by the caller. */
    njord_status (*instrument)(const njord_host *host, const char *symbol, njord_instrument *out);
    /* [any] capital given to this strategy and what is left of it in cash, in the quote asset. */
    double (*capital)(const njord_host *host);
    double (*cash)(const njord_host *host);
    /* [any] own open orders, oldest first, of one symbol or (NULL) of all: fills at most `cap`,
     * returns how many there are. out[0].size is set by the caller and is the step. */
    uint32_t (*open_orders)(const njord_host *host, const char *symbol, njord_open_order *out,
                            uint32_t cap);
    /* [loop] the latest book; the host's, until the call returns. NOT_FOUND: none was seen. */
    njord_status (*book)(const njord_host *host, const char *symbol, const njord_book **out);

    /* [loop] strategies: queue an order. OK means queued: a refusal arrives in on_decision.
     * intent_id: room for NJORD_INTENT_ID_SIZE, or NULL. */
    njord_status (*submit)(const njord_host *host, const njord_order *order, char *intent_id);
    /* [loop] strategies: ask to cancel an own order by its intent id. */
    njord_status (*cancel)(const njord_host *host, const char *intent_id);
    /* [loop] an event on a topic that this kind may publish: strategies Signal on sig.{id}, feeds
     * md.*. The host copies. */
    njord_status (*publish)(const njord_host *host, const char *topic, const njord_event *event);
    /* [any] a timer of this instance, by a number of its own choice: due at due_ns (an absolute
     * time; in the past means as soon as possible), then every period_ns (0: once). Setting it
     * again replaces it. Kept across reloads. */
    njord_status (*timer_set)(const njord_host *host, uint32_t timer, int64_t due_ns,
                              int64_t period_ns);
    njord_status (*timer_cancel)(const njord_host *host, uint32_t timer);

    /* [any] 1 while the kill switch is tripped or trading is stopped. */
    int32_t (*halted)(const njord_host *host);
    /* [any] 1 while history is shown: orders are refused as `warmup`. */
    int32_t (*warming)(const njord_host *host);
    /* [any] a table of further services by its name with revision ("njord.broker/1"), or NULL. */
    const void *(*extension)(const njord_host *host, const char *name);
};

/* Classes of a broker's error. */
#define NJORD_BROKER_REJECTED   1u /* the venue said no; nothing stands there */
#define NJORD_BROKER_UNKNOWN    2u /* not known: it is asked about before anything else is sent */
#define NJORD_BROKER_RATE_LIMIT 3u /* not sent; again after retry_after_ns */
#define NJORD_BROKER_AUTH       4u
#define NJORD_BROKER_NETWORK    5u /* not sent */

/* Extension "njord.broker/1": a broker's answers. Each is queued as an event of its own. */
typedef struct njord_broker_host {
    uint32_t size;
    uint32_t reserved;
    /* [loop] all of them */
    njord_status (*ack)(const njord_host *host, const njord_broker_order_ack *ack);
    njord_status (*update)(const njord_host *host, const njord_broker_order_update *update);
    njord_status (*fill)(const njord_host *host, const njord_broker_fill *fill);
    njord_status (*balance)(const njord_host *host, const njord_balance_snapshot *balance);
    /* ref: the order or NULL; cls: NJORD_BROKER_*; code, text: the venue's own. */
    njord_status (*error)(const njord_host *host, const njord_order_ref *ref, uint32_t cls,
                          int32_t code, const char *text, int64_t retry_after_ns);
} njord_broker_host;

#define NJORD_EXT_BROKER "njord.broker/1"

/* Extension "njord.feed/1": how a feed with a `next` callback is paced. */
typedef struct njord_feed_host {
    uint32_t size;
    uint32_t reserved;
    /* [any] speed of the recording against the wall clock: 1 as recorded, 10 ten times as fast, 0
     * as fast as the host can work (the default). The host holds each event back until its time;
     * the feed just hands over the next one. */
    njord_status (*speed)(const njord_host *host, double times);
} njord_feed_host;

#define NJORD_EXT_FEED "njord.feed/1"

/* Extension "njord.loop/1": feeds and brokers that wait for descriptors. */
#define NJORD_LOOP_READ  1u
#define NJORD_LOOP_WRITE 2u
typedef struct njord_loop_host {
    uint32_t size;
    uint32_t reserved;
    /* [any] call on_descriptor of this instance when `fd` is ready for any of `events` (0: stop
     * watching it). The fd stays the plugin's. */
    njord_status (*watch)(const njord_host *host, int32_t fd, uint32_t events);
} njord_loop_host;

#define NJORD_EXT_LOOP "njord.loop/1"

/* ---- What a plugin gives, by kind ------------------------------------------------------------ */

/* A callback that is not filled is not called. All return OK or a negative status: an error is
 * logged, counted and published, and after plugins.max_errors of them the instance is disabled. */

typedef struct njord_strategy_iface { /* all [loop], one at least */
    uint32_t size;
    uint32_t reserved;
    njord_status (*on_trade)(void *self, const njord_trade *trade);
    njord_status (*on_book)(void *self, const njord_book *book);
    njord_status (*on_ticker)(void *self, const njord_ticker *ticker);
    njord_status (*on_bar)(void *self, const njord_bar *bar);
    njord_status (*on_fill)(void *self, const njord_fill *fill);
    njord_status (*on_position)(void *self, const njord_position_snapshot *position);
    njord_status (*on_decision)(void *self, const njord_decision *decision);
    njord_status (*on_order)(void *self, const njord_broker_order_update *update);
    njord_status (*on_status)(void *self, const njord_feed_status *status);
    /* after a restart or a roll-back: what the host's record says; the plugin's own idea gives way
     * to it */
    njord_status (*on_sync)(void *self, const njord_position_snapshot *positions,
                            uint32_t n_positions, const njord_open_order *orders,
                            uint32_t n_orders);
    njord_status (*on_timer)(void *self, uint32_t timer, int64_t due_ns);
    /* what no other takes */
    njord_status (*on_event)(void *self, const char *topic, const njord_event *event);
} njord_strategy_iface;

typedef struct njord_broker_iface { /* all [loop]; place and cancel must be there */
    uint32_t size;
    uint32_t reserved;
    /* An error returned means: nothing was sent, the order is rejected. OK: an answer follows
     * through the host. */
    njord_status (*place)(void *self, const njord_broker_order_req *req);
    njord_status (*cancel)(void *self, const njord_order_ref *ref);
    /* answers with update or error */
    njord_status (*query)(void *self, const njord_order_ref *ref);
    /* answers with updates; NULL: all */
    njord_status (*open_orders)(void *self, const char *symbol);
    /* answers with balances */
    njord_status (*balances)(void *self);
    njord_status (*start_stream)(void *self);
    njord_status (*on_trade)(void *self, const njord_trade *trade);
    njord_status (*on_book)(void *self, const njord_book *book);
    njord_status (*on_ticker)(void *self, const njord_ticker *ticker);
    njord_status (*on_bar)(void *self, const njord_bar *bar);
    njord_status (*on_instrument)(void *self, const njord_instrument *instrument);
    njord_status (*on_timer)(void *self, uint32_t timer, int64_t due_ns);
    njord_status (*on_descriptor)(void *self, int32_t fd, uint32_t events);
} njord_broker_iface;

/* What a feed is asked to publish for a symbol. */
#define NJORD_WANT_TRADES 1u
#define NJORD_WANT_DEPTH  2u
#define NJORD_WANT_TICKER 4u
#define NJORD_WANT_BARS   8u

typedef struct njord_feed_iface { /* all [loop] */
    uint32_t size;
    uint32_t reserved;
    njord_status (*subscribe)(void *self, const char *symbol, uint32_t what);
    njord_status (*unsubscribe)(void *self, const char *symbol, uint32_t what);
    njord_status (*snapshot)(void *self, const char *symbol); /* whole books again, after a gap */
    /* Recorded and simulated data: publish the next event and return OK; AGAIN: nothing now; END:
     * no more. A feed on the network leaves it empty and publishes when something comes. */
    njord_status (*next)(void *self);
    njord_status (*on_timer)(void *self, uint32_t timer, int64_t due_ns);
    njord_status (*on_descriptor)(void *self, int32_t fd, uint32_t events);
} njord_feed_iface;

/* A strategy, as an allocator sees it; money in the quote asset. */
typedef struct njord_allocator_row {
    uint32_t size;
    uint32_t n_returns; /* daily returns that follow in `returns`, newest last, at most 400 */
    char strategy_id[NJORD_ID_SIZE];
    double target_weight; /* 0..1 */
    double min_capital;
    double max_capital;
    double risk_multiplier;
    double capital;
    double equity;
    const double *returns;
} njord_allocator_row;

typedef struct njord_allocator_iface { /* all [loop] */
    uint32_t size;
    uint32_t reserved;
    /* Capital a row into out[0..n-1]; NaN: no opinion, keep what it has. total_capital in the quote
     * asset. */
    njord_status (*targets)(void *self, double total_capital, const njord_allocator_row *rows,
                            uint32_t n, double *out);
} njord_allocator_iface;

/* ---- The plugin and its entry ---------------------------------------------------------------- */

typedef struct njord_plugin {
    uint32_t size;
    uint32_t kind;          /* NJORD_KIND_* */
    uint32_t flags;         /* NJORD_F_* */
    uint32_t state_version; /* of what save() writes; 0: nothing is saved */
    uint32_t state_oldest;  /* oldest version that load() still reads */
    uint32_t reserved;
    const char *name;          /* ^[a-z0-9_]{1,47}$ */
    const char *version;       /* "1.0.0", at most 31 characters */
    const char *summary;       /* one line */
    const njord_param *params; /* or NULL */
    /* [any] the callbacks of this kind: copies at most `size` bytes of its njord_KIND_iface into
     * `out` and returns the size that it knows. */
    uint32_t (*iface)(void *out, uint32_t size);
    /* [control] */
    njord_status (*create)(const njord_host *host, void **self);
    /* [control] after create and load */
    njord_status (*start)(void *self);
    /* [control] nothing is emitted after it */
    njord_status (*quiesce)(void *self);
    /* [control] undoes quiesce */
    njord_status (*resume)(void *self);
    /* [control] changes nothing; may be called twice */
    njord_status (*save)(void *self, const njord_writer *out);
    /* [control] into a fresh instance */
    njord_status (*load)(void *self, const njord_reader *in, uint32_t version);
    /* [control] a LIVE parameter has a new value */
    njord_status (*reconfigure)(void *self, const char *name);
    /* [control] */
    void (*destroy)(void *self);
    /* [any] or NULL */
    const void *(*extension)(const char *name);
} njord_plugin;

/* The first 24 bytes of the entry, the same for ever: read from the file before any code of the
 * plugin runs. */
typedef struct njord_stamp {
    uint32_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t entry_size;
    uint16_t pointer_bits;
    uint16_t event_head; /* sizeof(njord_event) */
    uint64_t reserved;
} njord_stamp;

typedef struct njord_plugin_entry {
    njord_stamp stamp;
    const njord_plugin *plugin;
} njord_plugin_entry;

#define NJORD_STAMP                                                                                \
    {                                                                                              \
        NJORD_ABI_MAGIC, NJORD_ABI_MAJOR, NJORD_ABI_MINOR, (uint32_t)sizeof(njord_plugin_entry),   \
            (uint16_t)(8u * sizeof(void *)), (uint16_t)sizeof(njord_event), 0                      \
    }

#define NJORD_EXPORT __attribute__((visibility("default")))

/* The one symbol that a plugin exports. */
extern NJORD_EXPORT const njord_plugin_entry njord_entry;

#ifdef __cplusplus
}
#endif
#endif
