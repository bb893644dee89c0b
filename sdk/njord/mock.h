/* njord/mock.h - a host for unit tests of plugins: one instance, no threads, no files, a clock that
 * the test sets.
 *
 * A test makes a mock, names symbols and parameters, creates the plugin's instance from its
 * `njord_entry`, shows it events, and looks at what it sent: every output is an event of its
 * contract, kept in order. Orders can be filled by hand, at the last price at once (auto fill), or
 * refused. What a call causes is delivered after it has returned, as in the real host.
 *
 * The mock is the test's. Texts and events that it returns live until the next njord_mock_clear()
 * or njord_mock_free(). Functions return 0 or a negative njord_status; njord_mock_error() then says
 * why in one line. It never sleeps and never reads a clock. */
#ifndef NJORD_MOCK_H
#define NJORD_MOCK_H

#include <njord/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct njord_mock njord_mock;

/* ---- Making one
 * -----------------------------------------------------------------------------------------------------
 */

/* An empty mock whose instance is called `id`. NULL: no memory. */
njord_mock *njord_mock_new(const char *id);
/* Destroys the instance too. Takes NULL. */
void njord_mock_free(njord_mock *mock);
const char *njord_mock_error(const njord_mock *mock);

/* Adds a symbol in configured order. tick and step as in Instrument; 0 for both: nothing is known
 * of it. */
int njord_mock_symbol(njord_mock *mock, const char *symbol, double tick, double step);
/* A parameter as it would stand in the configuration: "10", "0.5", "true", "250ms", "traded",
 * "USDT=10000,BTC=1". Checked when the instance is created; while one runs, only LIVE parameters
 * may change, and reconfigure is called. */
int njord_mock_param(njord_mock *mock, const char *name, const char *text);
/* capital() and cash(), quote asset; 10,000 each at first. */
void njord_mock_capital(njord_mock *mock, double capital, double cash);

/* Checks stamp, table and parameters, then creates and starts an instance. ARG: something of it is
 * wrong; else what the plugin returned, and its own sentence. */
int njord_mock_create(njord_mock *mock, const njord_plugin_entry *entry);
/* Likewise, with state (as njord_mock_save gave it) loaded in between. */
int njord_mock_create_from(njord_mock *mock, const njord_plugin_entry *entry, const void *state,
                           size_t len, uint32_t version);
/* Ends the instance; outputs, positions and orders stay. */
void njord_mock_destroy(njord_mock *mock);
/* Saves the instance: *state is malloc'd, the caller frees it. UNSUPPORTED: the plugin saves
 * nothing. */
int njord_mock_save(njord_mock *mock, void **state, size_t *len, uint32_t *version);
/* A hot reload: quiesce and save the running instance, create one of `entry` from that, start it,
 * destroy the old. Any failure: the old one is resumed and stays. */
int njord_mock_reload(njord_mock *mock, const njord_plugin_entry *entry);

/* ---- Time
 * -----------------------------------------------------------------------------------------------------------
 */

/* Moves the clock to ts_ns (never back), firing the timers due until then, each at its due time. */
int njord_mock_advance(njord_mock *mock, int64_t ts_ns);
int64_t njord_mock_now(const njord_mock *mock);

/* ---- Showing events: what the plugin's callback returned; OK where it has none
 * --------------------------------------- */

/* These first fire timers due up to ts_ns, then give the event a number. Last prices and books
 * follow them. */
int njord_mock_trade(njord_mock *mock, const char *symbol, double price, double qty, int64_t ts_ns);
/* timeframe: "1s" to "1d". Shown at ts_open_ns + its length. */
int njord_mock_bar(njord_mock *mock, const char *symbol, const char *timeframe, int64_t ts_open_ns,
                   double open, double high, double low, double close, double volume);
int njord_mock_book(njord_mock *mock, const char *symbol, const njord_level *bids, uint32_t n_bids,
                    const njord_level *asks, uint32_t n_asks, int64_t ts_ns);
/* Any event that passes njord_event_check(), to the callback of its type, else to on_event with
 * `topic`. */
int njord_mock_event(njord_mock *mock, const char *topic, const njord_event *event);
/* on_sync with the mock's positions and open orders. */
int njord_mock_sync(njord_mock *mock);
/* Marks what is shown from now on as WARMUP: orders are refused `warmup`. */
void njord_mock_warmup(njord_mock *mock, int on);
void njord_mock_halt(njord_mock *mock, int on);

/* ---- What becomes of orders (strategies)
 * ---------------------------------------------------------------------------- */

/* 1: each market order fills whole at the last price as soon as the callback has returned, without
 * a fee. */
void njord_mock_auto_fill(njord_mock *mock, int on);
/* Each order from now on is refused with this code; NULL: allowed again. */
void njord_mock_refuse(njord_mock *mock, const char *reason);
/* Fills an open order; fee in the quote asset. NOT_FOUND: no such order; ARG: more than is open. */
int njord_mock_fill(njord_mock *mock, const char *intent_id, double qty, double price, double fee);
/* Puts a position there, without any event. */
int njord_mock_set_position(njord_mock *mock, const char *symbol, double qty, double avg_price);
double njord_mock_position(const njord_mock *mock, const char *symbol);

/* ---- Brokers, feeds, allocators
 * -------------------------------------------------------------------------------------- */

/* tif: NJORD_TIF_* or NJORD_NONE_U8; limit: NaN for none. */
int njord_mock_place(njord_mock *mock, const char *client_order_id, const char *symbol,
                     uint8_t side, uint8_t type, uint8_t tif, double qty, double limit);
int njord_mock_cancel(njord_mock *mock, const char *symbol, const char *client_order_id);
int njord_mock_query(njord_mock *mock, const char *symbol, const char *client_order_id);
int njord_mock_open_orders(njord_mock *mock, const char *symbol);
int njord_mock_balances(njord_mock *mock);

int njord_mock_subscribe(njord_mock *mock, const char *symbol, uint32_t what);
int njord_mock_unsubscribe(njord_mock *mock, const char *symbol, uint32_t what);
int njord_mock_snapshot(njord_mock *mock, const char *symbol);
/* One call of `next`: OK, AGAIN or END. */
int njord_mock_next(njord_mock *mock);
int njord_mock_descriptor(njord_mock *mock, int32_t fd, uint32_t events);

int njord_mock_targets(njord_mock *mock, double total_capital, const njord_allocator_row *rows,
                       uint32_t n, double *out);

/* ---- What the plugin sent
 * ------------------------------------------------------------------------------------------- */

/* How many events of a type (NJORD_EV_INTENT, CANCEL, SIGNAL, TRADE, BROKER_FILL, …; 0: of all
 * types), and one of them by its place; NULL: there is none. */
size_t njord_mock_count(const njord_mock *mock, uint32_t type);
const njord_event *njord_mock_output(const njord_mock *mock, uint32_t type, size_t index);
/* Its topic; "strat.intent" and the like for orders, "" for a broker's answers. */
const char *njord_mock_topic(const njord_mock *mock, uint32_t type, size_t index);

static inline const njord_intent *njord_mock_intent(const njord_mock *mock, size_t index)
{
    return (const njord_intent *)(const void *)njord_mock_output(mock, NJORD_EV_INTENT, index);
}
static inline const njord_signal *njord_mock_signal(const njord_mock *mock, size_t index)
{
    return (const njord_signal *)(const void *)njord_mock_output(mock, NJORD_EV_SIGNAL, index);
}
static inline const njord_broker_fill *njord_mock_broker_fill(const njord_mock *mock, size_t index)
{
    return (const njord_broker_fill *)(const void *)njord_mock_output(mock, NJORD_EV_BROKER_FILL,
                                                                      index);
}
static inline const njord_broker_order_update *njord_mock_update(const njord_mock *mock,
                                                                 size_t index)
{
    return (const njord_broker_order_update *)(const void *)njord_mock_output(
        mock, NJORD_EV_BROKER_ORDER_UPDATE, index);
}

/* A broker's error() calls. */
typedef struct njord_mock_broker_error {
    njord_order_ref ref; /* empty: about no order */
    uint32_t cls;        /* NJORD_BROKER_* */
    int32_t code;
    int64_t retry_after_ns;
    char text[256];
} njord_mock_broker_error;

size_t njord_mock_broker_errors(const njord_mock *mock, const njord_mock_broker_error **out);

/* Log lines, oldest first; level may be NULL. */
size_t njord_mock_log_count(const njord_mock *mock);
const char *njord_mock_log(const njord_mock *mock, size_t index, int32_t *level);

/* Timers that are set. */
size_t njord_mock_timers(const njord_mock *mock);
/* Callbacks after which the event that was shown had other bytes than before: the plugin wrote into
 * it. */
uint64_t njord_mock_scribbles(const njord_mock *mock);
/* Forgets outputs, errors and log lines. */
void njord_mock_clear(njord_mock *mock);

#ifdef __cplusplus
}
#endif
#endif
