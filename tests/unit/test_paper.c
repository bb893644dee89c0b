/* The paper broker as built: each answer with figures worked out by hand from SEMANTICS' fill
 * model. */
#include "test_main.h"

#include <check.h>
#include <dlfcn.h>
#include <math.h>
#include <njord/mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATOM "ATOM/USDT"
#define BUY  NJORD_SIDE_BUY
#define SELL NJORD_SIDE_SELL
#define GTC  NJORD_NONE_U8

static njord_mock *mock;
static const njord_plugin_entry *entry;
static int64_t clock_ns;

static void open_plugin(void)
{
    char path[4096];
    const char *top = getenv("top_builddir");
    (void)snprintf(path, sizeof path, "%s/plugins/brokers/paper.so", top ? top : ".");
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(handle != NULL, "%s", dlerror());
    entry = dlsym(handle, "njord_entry");
    ck_assert_ptr_nonnull(entry);
}

/* A broker with these parameters ("name=value", NULL ends), ATOM/USDT with tick 0.001 and step
 * 0.01. */
static void start(const char *const *settings)
{
    open_plugin();
    mock = njord_mock_new("paper");
    ck_assert_ptr_nonnull(mock);
    ck_assert_int_eq(njord_mock_symbol(mock, ATOM, 0.001, 0.01), NJORD_OK);
    ck_assert_int_eq(njord_mock_symbol(mock, "ETH/BTC", 0.00001, 0.0001), NJORD_OK);
    for (; settings && *settings; settings += 2)
        ck_assert_int_eq(njord_mock_param(mock, settings[0], settings[1]), NJORD_OK);
    ck_assert_msg(njord_mock_create(mock, entry) == NJORD_OK, "%s", njord_mock_error(mock));
    clock_ns = 1000;
}

static void start_plain(void)
{
    start(NULL);
}

static void stop(void)
{
    njord_mock_free(mock);
}

static void trade(double price, double qty)
{
    ck_assert_int_eq(njord_mock_trade(mock, ATOM, price, qty, ++clock_ns), NJORD_OK);
}

static void market(const char *id, uint8_t side, double qty)
{
    ck_assert_int_eq(
        njord_mock_place(mock, id, ATOM, side, NJORD_TYPE_MARKET, GTC, qty, (double)NAN), NJORD_OK);
}

static void limit(const char *id, uint8_t side, uint8_t tif, double qty, double price)
{
    ck_assert_int_eq(njord_mock_place(mock, id, ATOM, side, NJORD_TYPE_LIMIT, tif, qty, price),
                     NJORD_OK);
}

/* The place and kind of each output so far: "ack new fill filled BASE QUOTE" and so on. */
static const char *story(void)
{
    static char text[4096];
    text[0] = '\0';
    for (size_t i = 0; i < njord_mock_count(mock, 0); i++) {
        static const char *const names[] = {"",         "new",      "partially_filled", "filled",
                                            "canceled", "rejected", "expired"};
        const njord_event *event = njord_mock_output(mock, 0, i);
        const void *e = event;
        const char *word = "?";
        if (event->type == NJORD_EV_BROKER_ORDER_ACK)
            word = "ack";
        if (event->type == NJORD_EV_BROKER_FILL)
            word = "fill";
        if (event->type == NJORD_EV_BROKER_ORDER_UPDATE)
            word = names[((const njord_broker_order_update *)e)->status];
        if (event->type == NJORD_EV_BALANCE_SNAPSHOT)
            word = ((const njord_balance_snapshot *)e)->asset;
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", word);
    }
    return text;
}

/* The last balance told of an asset; NaN free: none. */
static njord_balance_snapshot balance(const char *asset)
{
    njord_balance_snapshot found;
    memset(&found, 0, sizeof found);
    found.free = (double)NAN;
    for (size_t i = 0; i < njord_mock_count(mock, NJORD_EV_BALANCE_SNAPSHOT); i++) {
        const void *e = njord_mock_output(mock, NJORD_EV_BALANCE_SNAPSHOT, i);
        if (strcmp(((const njord_balance_snapshot *)e)->asset, asset) == 0)
            found = *(const njord_balance_snapshot *)e;
    }
    return found;
}

static const njord_broker_order_update *last_update(void)
{
    return njord_mock_update(mock, njord_mock_count(mock, NJORD_EV_BROKER_ORDER_UPDATE) - 1);
}

#define ck_near(a, b) ck_assert_double_eq_tol(a, b, 1e-9)

START_TEST(a_market_buy_fills_at_the_last_price_and_pays_the_taker_fee)
{
    trade(100.0, 5.0);
    market("o1", BUY, 2.0);
    ck_assert_str_eq(story(), "ack new fill filled ATOM USDT");
    const void *first = njord_mock_output(mock, NJORD_EV_BROKER_ORDER_ACK, 0);
    const njord_broker_order_ack *ack = first;
    ck_assert_str_eq(ack->client_order_id, "o1");
    ck_assert_str_eq(ack->exchange_order_id, "paper-o1");
    ck_assert_int_eq(ack->ev.ts_ns, clock_ns);
    const njord_broker_fill *fill = njord_mock_broker_fill(mock, 0);
    ck_assert_str_eq(fill->client_order_id, "o1");
    ck_assert_str_eq(fill->exchange_order_id, "paper-o1");
    ck_assert_str_eq(fill->symbol, ATOM);
    ck_assert_str_eq(fill->trade_id, "o1-1");
    ck_assert_str_eq(fill->fee_asset, "USDT");
    ck_assert_uint_eq(fill->side, BUY);
    ck_assert_uint_eq(fill->liquidity, NJORD_LIQUIDITY_TAKER);
    ck_assert_double_eq(fill->qty, 2.0);
    ck_assert_double_eq(fill->price, 100.0);
    ck_near(fill->fee, 0.2); /* 2 x 100 x 0.001 */
    ck_assert_double_eq(last_update()->filled_qty, 2.0);
    ck_assert_double_eq(last_update()->avg_price, 100.0);
    ck_near(balance("USDT").free, 9799.8); /* 10000 - 200 - 0.2 */
    ck_assert_double_eq(balance("ATOM").free, 2.0);
}
END_TEST

START_TEST(slippage_makes_buys_dearer_and_sells_cheaper)
{
    stop();
    start((const char *const[]){"slippage_bps", "5", "taker", "0", NULL});
    trade(100.0, 5.0);
    market("b", BUY, 2.0);
    market("s", SELL, 2.0);
    ck_near(njord_mock_broker_fill(mock, 0)->price, 100.05); /* 5 / 10000 of 100 */
    ck_near(njord_mock_broker_fill(mock, 1)->price, 99.95);
    ck_near(balance("USDT").free, 9999.8); /* 2 x 0.1 lost */
}
END_TEST

START_TEST(a_market_order_before_any_price_takes_its_reference_or_waits_for_the_first_trade)
{
    ck_assert_int_eq(njord_mock_place(mock, "ref", ATOM, BUY, NJORD_TYPE_MARKET, GTC, 1.0, 50.0),
                     NJORD_OK);
    ck_assert_double_eq(njord_mock_broker_fill(mock, 0)->price, 50.0);
    njord_mock_clear(mock);
    market("waits", BUY, 1.0);
    ck_assert_str_eq(story(), "ack new ATOM USDT");
    trade(60.0, 0.01);
    ck_assert_str_eq(story(), "ack new ATOM USDT fill filled ATOM USDT");
    ck_assert_double_eq(njord_mock_broker_fill(mock, 0)->price, 60.0);
    ck_assert_uint_eq(njord_mock_broker_fill(mock, 0)->liquidity, NJORD_LIQUIDITY_TAKER);
}
END_TEST

START_TEST(a_limit_at_or_above_the_last_price_buys_at_the_last_price)
{
    trade(100.0, 5.0);
    limit("o1", BUY, GTC, 1.0, 100.0);
    limit("o2", BUY, GTC, 1.0, 101.0);
    ck_assert_double_eq(njord_mock_broker_fill(mock, 0)->price, 100.0);
    ck_assert_double_eq(njord_mock_broker_fill(mock, 1)->price, 100.0);
    ck_assert_uint_eq(njord_mock_broker_fill(mock, 1)->liquidity, NJORD_LIQUIDITY_TAKER);
}
END_TEST

START_TEST(a_resting_limit_fills_at_its_limit_as_maker_when_a_trade_reaches_it)
{
    stop();
    start((const char *const[]){"maker", "0.0005", NULL});
    trade(100.0, 5.0);
    limit("b", BUY, NJORD_TIF_GTC, 2.0, 99.0);
    limit("s", SELL, GTC, 1.0, 101.0);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 0);
    /* 2 x 99 x 1.0005 kept for the buy */
    ck_near(balance("USDT").locked, 198.099);
    ck_near(balance("USDT").free, 9801.901);
    trade(99.001, 5.0);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 0);
    trade(98.0, 0.01);
    const njord_broker_fill *fill = njord_mock_broker_fill(mock, 0);
    ck_assert_double_eq(fill->price, 99.0);
    ck_assert_double_eq(fill->qty, 2.0);
    ck_assert_uint_eq(fill->liquidity, NJORD_LIQUIDITY_MAKER);
    ck_near(fill->fee, 0.099);
    ck_assert_double_eq(balance("USDT").locked, 0.0);
    ck_assert_double_eq(balance("ATOM").free, 1.0); /* one is kept for the sell */
    ck_assert_double_eq(balance("ATOM").locked, 1.0);
    trade(101.5, 0.01);
    ck_assert_double_eq(njord_mock_broker_fill(mock, 1)->price, 101.0);
    /* 10000 - 198 - 0.099 + 101 - 0.0505 */
    ck_near(balance("USDT").free, 9902.8505);
}
END_TEST

START_TEST(ioc_and_fok_that_do_not_fill_at_once_expire)
{
    trade(100.0, 5.0);
    limit("ioc", BUY, NJORD_TIF_IOC, 1.0, 99.0);
    limit("fok", SELL, NJORD_TIF_FOK, 1.0, 101.0);
    ck_assert_str_eq(story(), "ack new expired ack new expired");
    limit("now", BUY, NJORD_TIF_FOK, 1.0, 100.5);
    ck_assert_uint_eq(last_update()->status, NJORD_STATUS_FILLED);
    trade(50.0, 100.0);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 1);
}
END_TEST

START_TEST(traded_fills_take_no_more_than_the_trade_had_best_price_first)
{
    stop();
    start((const char *const[]){"fills", "traded", "maker", "0", NULL});
    trade(100.0, 5.0);
    limit("low", BUY, GTC, 1.0, 98.0);
    limit("high", BUY, GTC, 1.0, 99.0);
    njord_mock_clear(mock);
    trade(97.0, 1.25);
    ck_assert_str_eq(story(), "fill filled fill partially_filled ATOM USDT");
    ck_assert_str_eq(njord_mock_broker_fill(mock, 0)->client_order_id, "high");
    ck_assert_double_eq(njord_mock_broker_fill(mock, 0)->price, 99.0);
    ck_assert_str_eq(njord_mock_broker_fill(mock, 1)->client_order_id, "low");
    ck_assert_double_eq(njord_mock_broker_fill(mock, 1)->qty, 0.25);
    trade(97.0, 0.5);
    trade(97.0, 0.009); /* less than a step: nothing */
    trade(97.0, 7.0);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 4);
    ck_assert_str_eq(njord_mock_broker_fill(mock, 2)->trade_id, "low-2");
    ck_assert_double_eq(njord_mock_broker_fill(mock, 2)->qty, 0.5);
    ck_assert_str_eq(njord_mock_broker_fill(mock, 3)->trade_id, "low-3");
    ck_assert_double_eq(njord_mock_broker_fill(mock, 3)->qty, 0.25);
    ck_assert_uint_eq(last_update()->status, NJORD_STATUS_FILLED);
    ck_assert_double_eq(last_update()->filled_qty, 1.0);
    ck_assert_double_eq(last_update()->avg_price, 98.0);
    ck_near(balance("USDT").free, 9803.0); /* 10000 - 99 - 98 */
}
END_TEST

START_TEST(a_buy_that_cannot_be_paid_when_it_fills_ends_rejected)
{
    stop();
    start((const char *const[]){"cash", "USDT=100.1", NULL});
    trade(100.0, 5.0);
    market("exact", BUY, 1.0); /* 100 and a fee of 0.1: just enough */
    ck_assert_uint_eq(last_update()->status, NJORD_STATUS_FILLED);
    limit("poor", BUY, GTC, 0.01, 90.0);
    ck_assert_uint_eq(last_update()->status, NJORD_STATUS_NEW);
    trade(90.0, 1.0);
    ck_assert_uint_eq(last_update()->status, NJORD_STATUS_REJECTED);
    ck_assert_str_eq(last_update()->reason, "insufficient_cash");
    ck_assert_double_eq(last_update()->filled_qty, 0.0);
    market("poor2", BUY, 0.01);
    ck_assert_uint_eq(last_update()->status, NJORD_STATUS_REJECTED);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 1);
    ck_assert_int_eq(njord_mock_open_orders(mock, NULL), NJORD_OK);
    ck_assert_str_eq(last_update()->client_order_id, "poor2"); /* none is open */
    trade(80.0, 1.0);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 1);
}
END_TEST

START_TEST(an_order_that_could_be_paid_in_part_keeps_that_part_and_ends_rejected)
{
    stop();
    start((const char *const[]){"cash", "USDT=15", "fills", "traded", "maker", "0", NULL});
    trade(100.0, 5.0);
    limit("big", BUY, GTC, 10.0, 10.0);
    limit("small", BUY, GTC, 0.2, 9.0);
    njord_mock_clear(mock);
    trade(9.0, 1.0); /* ten units of money for one */
    trade(9.0, 1.0); /* another ten are not there: it ends, and the trade is left for the other */
    ck_assert_str_eq(story(), "fill partially_filled ATOM USDT rejected fill filled ATOM USDT");
    const njord_broker_order_update *rejected = njord_mock_update(mock, 1);
    ck_assert_str_eq(rejected->client_order_id, "big");
    ck_assert_double_eq(rejected->filled_qty, 1.0);
    ck_assert_double_eq(rejected->avg_price, 10.0);
    ck_assert_str_eq(njord_mock_broker_fill(mock, 1)->client_order_id, "small");
    ck_near(balance("USDT").free, 3.2); /* 15 - 10 - 1.8 */
}
END_TEST

START_TEST(the_same_client_id_twice_is_one_order_and_the_same_answer)
{
    trade(100.0, 5.0);
    market("o1", BUY, 2.0);
    njord_mock_clear(mock);
    market("o1", BUY, 2.0);
    ck_assert_str_eq(story(), "ack filled");
    ck_assert_str_eq(last_update()->exchange_order_id, "paper-o1");
    ck_assert_double_eq(last_update()->filled_qty, 2.0);
    /* also when what is asked differs, and for an order that rests or was refused */
    market("o1", SELL, 7.0);
    limit("o2", BUY, GTC, 1.0, 90.0);
    limit("o2", BUY, GTC, 1.0, 90.0);
    market("o3", BUY, 0.001);
    market("o3", BUY, 0.001);
    ck_assert_str_eq(story(), "ack filled ack filled ack new ATOM USDT ack new rejected rejected");
    njord_mock_clear(mock);
    trade(90.0, 1.0);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 1);
    ck_assert_int_eq(njord_mock_balances(mock), NJORD_OK);
    ck_assert_double_eq(balance("ATOM").free, 3.0);
}
END_TEST

START_TEST(each_order_is_checked_on_its_own)
{
    static const struct {
        const char *id;
        uint8_t side, type, tif;
        double qty, price;
        const char *reason;
    } bad[] = {
        {"side", 3, NJORD_TYPE_MARKET, GTC, 1.0, NAN, "malformed"},
        {"type", BUY, 3, GTC, 1.0, NAN, "malformed"},
        {"tif", BUY, NJORD_TYPE_LIMIT, 4, 1.0, 100.0, "malformed"},
        {"zero", BUY, NJORD_TYPE_MARKET, GTC, 0.0, NAN, "malformed"},
        {"minus", BUY, NJORD_TYPE_MARKET, GTC, -1.0, NAN, "malformed"},
        {"nan", BUY, NJORD_TYPE_MARKET, GTC, NAN, NAN, "malformed"},
        {"inf", BUY, NJORD_TYPE_MARKET, GTC, INFINITY, NAN, "malformed"},
        {"nolimit", BUY, NJORD_TYPE_LIMIT, GTC, 1.0, NAN, "malformed"},
        {"minuslimit", BUY, NJORD_TYPE_LIMIT, GTC, 1.0, -1.0, "malformed"},
        {"step", BUY, NJORD_TYPE_MARKET, GTC, 1.005, NAN, "off_step"},
        {"huge", BUY, NJORD_TYPE_MARKET, GTC, 1e300, NAN, "off_step"},
        {"tick", BUY, NJORD_TYPE_LIMIT, GTC, 1.0, 99.0005, "off_tick"},
        {"min", BUY, NJORD_TYPE_MARKET, GTC, 0.04, NAN, "below_min_qty"},
        {"max", BUY, NJORD_TYPE_MARKET, GTC, 50.01, NAN, "above_max_qty"},
        {"notional", BUY, NJORD_TYPE_LIMIT, GTC, 0.05, 99.0, "below_min_notional"},
    };
    njord_instrument rules;
    memset(&rules, 0, sizeof rules);
    rules.ev.size = rules.ev.head = (uint16_t)sizeof rules;
    rules.ev.type = NJORD_EV_INSTRUMENT;
    rules.ev.ts_ns = rules.ev.ts_recv_ns = NJORD_NONE_I64;
    rules.tick = 0.001;
    rules.step = 0.01;
    rules.min_qty = 0.05;
    rules.max_qty = 50.0;
    rules.min_notional = 5.0;
    memcpy(rules.symbol, ATOM, sizeof ATOM);
    memcpy(rules.base, "ATOM", 5);
    memcpy(rules.quote, "USDT", 5);
    ck_assert_msg(njord_mock_event(mock, "md.instrument." ATOM, &rules.ev) == NJORD_OK, "%s",
                  njord_mock_error(mock));
    trade(100.0, 5.0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        njord_mock_clear(mock);
        ck_assert_int_eq(njord_mock_place(mock, bad[i].id, ATOM, bad[i].side, bad[i].type,
                                          bad[i].tif, bad[i].qty, bad[i].price),
                         NJORD_OK);
        ck_assert_str_eq(story(), "rejected");
        ck_assert_str_eq(last_update()->reason, bad[i].reason);
        ck_assert_str_eq(last_update()->exchange_order_id, "");
    }
    market("at_min", BUY, 0.05); /* 0.05 x 100 is 5, the least notional too */
    market("at_max", BUY, 50.0);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 2);
    /* no symbol: nothing is sent, and place says so */
    ck_assert_int_eq(
        njord_mock_place(mock, "sym", "ATOMUSDT", BUY, NJORD_TYPE_MARKET, GTC, 1.0, NAN),
        NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_place(mock, "", ATOM, BUY, NJORD_TYPE_MARKET, GTC, 1.0, NAN),
                     NJORD_E_ARG);
}
END_TEST

START_TEST(a_cancel_ends_what_rests_and_is_an_error_for_anything_else)
{
    const njord_mock_broker_error *errors;
    trade(100.0, 5.0);
    limit("o1", BUY, GTC, 1.0, 90.0);
    njord_mock_clear(mock);
    ck_assert_int_eq(njord_mock_cancel(mock, ATOM, "o1"), NJORD_OK);
    ck_assert_str_eq(story(), "canceled ATOM USDT");
    ck_assert_double_eq(balance("USDT").locked, 0.0);
    trade(80.0, 5.0);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 0);
    ck_assert_int_eq(njord_mock_cancel(mock, ATOM, "o1"), NJORD_OK);
    ck_assert_int_eq(njord_mock_cancel(mock, ATOM, "never"), NJORD_OK);
    ck_assert_uint_eq(njord_mock_broker_errors(mock, &errors), 2);
    ck_assert_uint_eq(errors[0].cls, NJORD_BROKER_REJECTED);
    ck_assert_str_eq(errors[0].ref.client_order_id, "o1");
    ck_assert_str_eq(errors[0].text, "the order has ended already");
    ck_assert_str_eq(errors[1].text, "unknown order");
}
END_TEST

START_TEST(a_query_and_open_orders_tell_where_orders_stand)
{
    const njord_mock_broker_error *errors;
    trade(100.0, 5.0);
    limit("o1", BUY, GTC, 1.0, 90.0);
    limit("o2", BUY, GTC, 1.0, 91.0);
    market("o3", BUY, 1.0);
    njord_mock_clear(mock);
    ck_assert_int_eq(njord_mock_query(mock, ATOM, "o3"), NJORD_OK);
    ck_assert_int_eq(njord_mock_open_orders(mock, ATOM), NJORD_OK);
    ck_assert_int_eq(njord_mock_open_orders(mock, "ETH/BTC"), NJORD_OK);
    ck_assert_str_eq(story(), "filled new new");
    ck_assert_str_eq(njord_mock_update(mock, 1)->client_order_id, "o1");
    ck_assert_str_eq(njord_mock_update(mock, 2)->client_order_id, "o2");
    ck_assert_int_eq(njord_mock_query(mock, ATOM, "o4"), NJORD_OK);
    ck_assert_uint_eq(njord_mock_broker_errors(mock, &errors), 1);
}
END_TEST

START_TEST(where_only_bars_are_shown_their_close_is_the_price)
{
    market("waits", BUY, 1.0);
    ck_assert_int_eq(njord_mock_bar(mock, ATOM, "1m", 0, 12.0, 13.0, 9.0, 10.0, 5.0), NJORD_OK);
    ck_assert_double_eq(njord_mock_broker_fill(mock, 0)->price, 10.0);
    limit("rests", BUY, GTC, 1.0, 9.5);
    ck_assert_int_eq(njord_mock_bar(mock, ATOM, "1m", 60000000000, 10.0, 10.0, 9.0, 9.8, 5.0),
                     NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 1);
    clock_ns = 200000000000;
    trade(9.7, 1.0);
    /* from the first trade on a close moves nothing: it is older than the last trade */
    ck_assert_int_eq(njord_mock_bar(mock, ATOM, "1m", 240000000000, 9.7, 9.7, 9.0, 9.0, 5.0),
                     NJORD_OK);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 1);
    clock_ns = 400000000000;
    trade(9.5, 1.0);
    ck_assert_uint_eq(njord_mock_count(mock, NJORD_EV_BROKER_FILL), 2);
}
END_TEST

START_TEST(one_asset_may_be_quote_here_and_base_there)
{
    stop();
    start((const char *const[]){"cash", "USDT=1000,BTC=1", "taker", "0", NULL});
    ck_assert_int_eq(njord_mock_trade(mock, "ETH/BTC", 0.05, 1.0, ++clock_ns), NJORD_OK);
    ck_assert_int_eq(njord_mock_place(mock, "e", "ETH/BTC", BUY, NJORD_TYPE_MARKET, GTC, 4.0, NAN),
                     NJORD_OK);
    ck_near(balance("BTC").free, 0.8); /* 1 - 4 x 0.05 */
    ck_assert_double_eq(balance("ETH").free, 4.0);
    ck_assert_int_eq(njord_mock_balances(mock), NJORD_OK);
    ck_assert_double_eq(balance("USDT").free, 1000.0);
}
END_TEST

START_TEST(a_short_sale_leaves_a_negative_balance_of_the_base)
{
    trade(100.0, 5.0);
    market("s", SELL, 2.0);
    ck_assert_double_eq(balance("ATOM").free, -2.0);
    ck_near(balance("USDT").free, 10199.8); /* 10000 + 200 - 0.2 */
}
END_TEST

/* What happens after the middle of a day: orders that rest, partly filled, told again. */
static void second_half(void)
{
    trade(97.5, 0.75);
    market("m2", SELL, 0.5);
    limit("low", BUY, GTC, 1.0, 97.0); /* placed in the first half */
    ck_assert_int_eq(njord_mock_cancel(mock, ATOM, "far"), NJORD_OK);
    trade(96.0, 100.0);
    ck_assert_int_eq(njord_mock_balances(mock), NJORD_OK);
}

START_TEST(a_reloaded_broker_carries_on_as_if_nothing_had_been)
{
    static const char *const settings[] = {"fills", "traded", "cash", "USDT=500", NULL};
    char without[4096];
    double cash = 0.0;
    for (int reload = 0; reload < 2; reload++) {
        stop();
        start(settings);
        trade(100.0, 5.0);
        market("m1", BUY, 1.0);
        limit("high", BUY, GTC, 1.0, 98.0);
        limit("low", BUY, GTC, 1.0, 97.0);
        limit("low2", BUY, GTC, 1.0, 97.0);
        limit("far", SELL, GTC, 1.0, 120.0);
        trade(97.9, 0.5);
        if (reload) { /* the parameter does not pay in again */
            ck_assert_msg(njord_mock_reload(mock, entry) == NJORD_OK, "%s", njord_mock_error(mock));
            njord_mock_clear(mock);
            second_half();
            ck_assert_str_eq(story(), without);
            ck_assert_double_eq(balance("USDT").free, cash);
            ck_assert_str_eq(njord_mock_broker_fill(mock, 0)->trade_id, "high-2");
        } else {
            njord_mock_clear(mock);
            second_half();
            memcpy(without, story(), strlen(story()) + 1);
            cash = balance("USDT").free;
        }
    }
    /* By hand, at a fee of 0.001: 500 - 100.1 = 399.9 for m1; high 0.5 + 0.5 at 98 = 98.098:
     * 301.802; then 97.5 is above 97; m2 sells 0.5 at 97.5 = 48.75 - 0.04875: 350.50325; low and
     * low2 at 97 = 97.097 each: 156.30925. */
    ck_near(cash, 156.30925);
}
END_TEST

START_TEST(damaged_state_is_refused)
{
    static const char *const bad[] = {
        "\xc1",
        "\x81\xa6orders\x91\x80",
        "\x81\xa6orders\xa1x",
        "\x81\xa7markets\x91\x80",
        ("\x81\xa6"
         "assets\x91\x80"),
    };
    static const size_t len[] = {1, 10, 10, 11, 10};
    njord_mock_destroy(mock);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(njord_mock_create_from(mock, entry, bad[i], len[i], 1) == NJORD_E_STATE,
                      "state %zu was taken", i);
}
END_TEST

START_TEST(state_with_any_byte_changed_is_refused_or_lived_with)
{
    static const unsigned char put[] = {0x00, 0x01, 0x7f, 0x80, 0x90, 0xc0, 0xcf, 0xff};
    void *state;
    size_t len, taken = 0;
    uint32_t version;
    trade(100.0, 5.0);
    market("m1", BUY, 1.0);
    limit("low", BUY, GTC, 1.0, 97.0);
    limit("high", SELL, GTC, 1.0, 120.0);
    ck_assert_int_eq(njord_mock_save(mock, &state, &len, &version), NJORD_OK);
    njord_mock_destroy(mock);
    unsigned char *bytes = state;
    for (size_t i = 0; i < len * sizeof put; i++) {
        unsigned char before = bytes[i / sizeof put];
        bytes[i / sizeof put] = put[i % sizeof put];
        if (njord_mock_create_from(mock, entry, state, len, version) == NJORD_OK) {
            taken++;
            (void)njord_mock_trade(mock, ATOM, 97.0, 5.0, ++clock_ns);
            (void)njord_mock_trade(mock, ATOM, 121.0, 5.0, ++clock_ns);
            (void)njord_mock_place(mock, "m2", ATOM, SELL, NJORD_TYPE_MARKET, GTC, 1.0, NAN);
            (void)njord_mock_balances(mock);
            void *again;
            size_t size;
            if (njord_mock_save(mock, &again, &size, &version) == NJORD_OK)
                free(again);
            njord_mock_destroy(mock);
        }
        njord_mock_clear(mock);
        bytes[i / sizeof put] = before;
    }
    ck_assert_uint_gt(taken, 0);
    for (size_t cut = 1; cut < len; cut++)
        ck_assert_int_ne(njord_mock_create_from(mock, entry, state, cut, version), NJORD_OK);
    free(state);
}
END_TEST

START_TEST(parameters_out_of_their_range_are_refused)
{
    static const char *const bad[][2] = {{"taker", "0.2"},  {"slippage_bps", "-1"},
                                         {"fills", "half"}, {"cash", "USDT=-1"},
                                         {"cash", "USDT"},  {"cash", "ANASSETWITHALONGNAME=1"},
                                         {"maker", "free"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        njord_mock *other = njord_mock_new("paper");
        ck_assert_ptr_nonnull(other);
        ck_assert_int_eq(njord_mock_param(other, bad[i][0], bad[i][1]), NJORD_OK);
        ck_assert_int_eq(njord_mock_create(other, entry), NJORD_E_ARG);
        ck_assert_ptr_nonnull(strstr(njord_mock_error(other), bad[i][0]));
        njord_mock_free(other);
    }
}
END_TEST

START_TEST(old_orders_are_forgotten_and_open_ones_never)
{
    char id[32];
    trade(100.0, 5.0);
    limit("keeper", BUY, GTC, 0.01, 1.0);
    for (int i = 0; i < 40000; i++) {
        (void)snprintf(id, sizeof id, "n%d", i);
        market(id, i % 2 ? SELL : BUY, 0.01);
        if (i % 1000 == 0)
            njord_mock_clear(mock);
    }
    njord_mock_clear(mock);
    market("n39999", SELL, 0.01); /* still known */
    ck_assert_str_eq(story(), "ack filled");
    njord_mock_clear(mock);
    ck_assert_int_eq(njord_mock_open_orders(mock, NULL), NJORD_OK);
    ck_assert_str_eq(last_update()->client_order_id, "keeper");
    void *state;
    size_t size;
    uint32_t version;
    ck_assert_int_eq(njord_mock_save(mock, &state, &size, &version), NJORD_OK);
    ck_assert_uint_lt(size, 16384 * 400);
    free(state);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("paper");
    TCase *tc = tcase_create("paper");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, start_plain, stop);
    tcase_add_test(tc, a_market_buy_fills_at_the_last_price_and_pays_the_taker_fee);
    tcase_add_test(tc, slippage_makes_buys_dearer_and_sells_cheaper);
    tcase_add_test(
        tc, a_market_order_before_any_price_takes_its_reference_or_waits_for_the_first_trade);
    tcase_add_test(tc, a_limit_at_or_above_the_last_price_buys_at_the_last_price);
    tcase_add_test(tc, a_resting_limit_fills_at_its_limit_as_maker_when_a_trade_reaches_it);
    tcase_add_test(tc, ioc_and_fok_that_do_not_fill_at_once_expire);
    tcase_add_test(tc, traded_fills_take_no_more_than_the_trade_had_best_price_first);
    tcase_add_test(tc, a_buy_that_cannot_be_paid_when_it_fills_ends_rejected);
    tcase_add_test(tc, an_order_that_could_be_paid_in_part_keeps_that_part_and_ends_rejected);
    tcase_add_test(tc, the_same_client_id_twice_is_one_order_and_the_same_answer);
    tcase_add_test(tc, each_order_is_checked_on_its_own);
    tcase_add_test(tc, a_cancel_ends_what_rests_and_is_an_error_for_anything_else);
    tcase_add_test(tc, a_query_and_open_orders_tell_where_orders_stand);
    tcase_add_test(tc, where_only_bars_are_shown_their_close_is_the_price);
    tcase_add_test(tc, one_asset_may_be_quote_here_and_base_there);
    tcase_add_test(tc, a_short_sale_leaves_a_negative_balance_of_the_base);
    tcase_add_test(tc, a_reloaded_broker_carries_on_as_if_nothing_had_been);
    tcase_add_test(tc, damaged_state_is_refused);
    tcase_add_test(tc, state_with_any_byte_changed_is_refused_or_lived_with);
    tcase_add_test(tc, parameters_out_of_their_range_are_refused);
    tcase_add_test(tc, old_orders_are_forgotten_and_open_ones_never);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
