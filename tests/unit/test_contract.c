/* test_contract.c - looking up contracts, codes and topics. Expected values stand in
 * sdk/contracts.tbl. Owned by the tests. */
#include "test_main.h"

#include <check.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(contracts_are_found_by_number_and_by_name)
{
    const njord_contract *bar = njord_contract_named("OHLCVBar");
    ck_assert_ptr_eq(bar, njord_contract_of(NJORD_EV_BAR));
    ck_assert_uint_eq(bar->type, 7);
    ck_assert_uint_eq(bar->n_fields, 13);
    ck_assert_ptr_null(njord_contract_named("ohlcvbar"));
    ck_assert_ptr_null(njord_contract_named(""));
    ck_assert_ptr_null(njord_contract_of(0));
    ck_assert_ptr_null(njord_contract_of(NJORD_EV_COUNT));
    ck_assert_ptr_null(njord_contract_of(UINT32_MAX));
}
END_TEST

START_TEST(order_flow_is_strict_and_nothing_else)
{
    for (uint32_t t = 1; t < NJORD_EV_COUNT; t++) {
        const njord_contract *c = njord_contract_of(t);
        int strict = t == NJORD_EV_INTENT || t == NJORD_EV_CANCEL || t == NJORD_EV_ORDER_EVENT ||
                     t == NJORD_EV_BROKER_ORDER_REQ;
        ck_assert_ptr_nonnull(c);
        ck_assert_msg((int)c->strict == strict, "%s", c->name);
    }
}
END_TEST

START_TEST(codes_have_one_text_each)
{
    const njord_code *status = njord_codes_of(NJORD_EV_BROKER_ORDER_UPDATE, "status");
    ck_assert_str_eq(njord_code_text(status, NJORD_STATUS_PARTIALLY_FILLED), "partially_filled");
    ck_assert_uint_eq(njord_code_of(status, "canceled", 8), NJORD_STATUS_CANCELED);
    ck_assert_uint_eq(njord_code_of(status, "cancel", 6), NJORD_NONE_U8);
    ck_assert_uint_eq(njord_code_of(status, "canceledx", 9), NJORD_NONE_U8);
    ck_assert_uint_eq(njord_code_of(status, "", 0), NJORD_NONE_U8);
    ck_assert_uint_eq(njord_code_of(status, "new\0", 4), NJORD_NONE_U8);
    ck_assert_ptr_null(njord_code_text(status, 0));
    ck_assert_ptr_null(njord_code_text(status, NJORD_NONE_U8));
    ck_assert_ptr_null(njord_code_text(NULL, 1));
    ck_assert_ptr_null(njord_codes_of(NJORD_EV_TRADE, "status"));
    ck_assert_ptr_null(njord_codes_of(NJORD_EV_TRADE, "price"));
    ck_assert_ptr_null(njord_codes_of(999, "side"));
}
END_TEST

static const struct {
    const char *name;
    uint32_t type;
    const char *journal;
} topics[] = {
    {"md.trades.ATOM/USDT", NJORD_EV_TRADE, "md.trades.{SYM}"},
    {"md.trades.BRK.B/USD", NJORD_EV_TRADE, "md.trades.{SYM}"},
    {"md.ohlcv.1m.ATOM/USDT", NJORD_EV_BAR, "ohlcv.{tf}.{SYM}"},
    {"md.ohlcv.4h.A.B/C.D", NJORD_EV_BAR, "ohlcv.{tf}.{SYM}"},
    {"strat.cancel", NJORD_EV_CANCEL, "orders"},
    {"orders.cancel", NJORD_EV_CANCEL, "orders"},
    {"broker.balances", NJORD_EV_BALANCE_SNAPSHOT, ""},
    {"sig.trendline_break_v1", NJORD_EV_SIGNAL, ""},
    {"host.plugins", NJORD_EV_PLUGIN_EVENT, "host.plugins"},
};

START_TEST(a_name_belongs_to_one_topic)
{
    const njord_topic *topic = njord_topic_of(topics[_i].name);
    ck_assert_msg(topic != NULL, "%s", topics[_i].name);
    ck_assert_uint_eq(topic->type, topics[_i].type);
    ck_assert_str_eq(topic->journal, topics[_i].journal);
}
END_TEST

START_TEST(names_that_no_topic_has_belong_to_none)
{
    static const char *const names[] = {"",
                                        "md",
                                        "md.trades.",
                                        "md.trades",
                                        "md.trades.ATOM",
                                        "md.trades.atom/usdt",
                                        "md.trades.ATOM/USDT/X",
                                        "md.trades.../../etc/passwd",
                                        "md.ohlcv.1m.",
                                        "md.ohlcv..ATOM/USDT",
                                        "md.ohlcv.ATOM/USDT",
                                        "md.ohlcv.0m.ATOM/USDT",
                                        "md.ohlcv.1M.ATOM/USDT",
                                        "strat.intents",
                                        "sig.",
                                        "sig.UPPER",
                                        "sig.a/b",
                                        "host.plugins.x",
                                        "md.trades.ATOM/USDTXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_msg(njord_topic_of(names[i]) == NULL, "'%s'", names[i]);
}
END_TEST

START_TEST(an_event_names_its_topic)
{
    char name[64];
    njord_bar bar;
    njord_cancel cancel;
    njord_signal signal;
    njord_event_init(&bar, NJORD_EV_BAR);
    ck_assert_int_eq(njord_topic_name(NULL, &bar.ev, name, sizeof name),
                     NJORD_E_ARG); /* no symbol yet */
    (void)snprintf(bar.symbol, sizeof bar.symbol, "ATOM/USDT");
    (void)snprintf(bar.timeframe, sizeof bar.timeframe, "15m");
    ck_assert_int_eq(njord_topic_name(NULL, &bar.ev, name, sizeof name), 0);
    ck_assert_str_eq(name, "md.ohlcv.15m.ATOM/USDT");
    ck_assert_ptr_eq(njord_topic_of(name), njord_topic_of("md.ohlcv.1m.X/Y"));
    for (size_t cap = 0; cap < 23; cap++)
        ck_assert_int_eq(njord_topic_name(NULL, &bar.ev, name, cap), NJORD_E_LIMIT);
    ck_assert_int_eq(njord_topic_name(NULL, &bar.ev, name, 23), 0);

    njord_event_init(&cancel, NJORD_EV_CANCEL); /* two topics carry it */
    ck_assert_int_eq(njord_topic_name(NULL, &cancel.ev, name, sizeof name), NJORD_E_ARG);
    ck_assert_int_eq(
        njord_topic_name(njord_topic_of("orders.cancel"), &cancel.ev, name, sizeof name), 0);
    ck_assert_str_eq(name, "orders.cancel");
    ck_assert_int_eq(
        njord_topic_name(njord_topic_of("strat.intent"), &cancel.ev, name, sizeof name),
        NJORD_E_ARG);

    njord_event_init(&signal, NJORD_EV_SIGNAL);
    (void)snprintf(signal.strategy_id, sizeof signal.strategy_id, "s1");
    ck_assert_int_eq(njord_topic_name(NULL, &signal.ev, name, sizeof name), 0);
    ck_assert_str_eq(name, "sig.s1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("contracts");
    TCase *tc = tcase_create("tables");
    tcase_add_test(tc, contracts_are_found_by_number_and_by_name);
    tcase_add_test(tc, order_flow_is_strict_and_nothing_else);
    tcase_add_test(tc, codes_have_one_text_each);
    tcase_add_loop_test(tc, a_name_belongs_to_one_topic, 0,
                        (int)(sizeof topics / sizeof topics[0]));
    tcase_add_test(tc, names_that_no_topic_has_belong_to_none);
    tcase_add_test(tc, an_event_names_its_topic);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
