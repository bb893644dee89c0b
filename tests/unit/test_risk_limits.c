/*
 * test_risk_limits.c - the rules about open orders, positions, money and the instrument, under, at
 * and over their limits; what reduces, what flattens, backtests and cancels; values by hand.
 */
#include "risk_make.h"

/* ---- counts and positions ---- */

START_TEST(strategy_may_have_as_many_open_orders_as_allowed)
{
    limits.max_open_orders = 3;
    set_limits();
    work(BUY, 1);
    work(BUY, 2);
    ck_assert_str_eq(check(atoms(BUY, 3)), "ok");
    work(BUY, 3);
    ck_assert_str_eq(check(atoms(BUY, 4)), "max_open_orders");
    ck_assert_double_eq(cap("max_open_orders"), 3);
    ck_assert_double_eq(cap("open_orders"), 4);
    njord_intent other = atoms(BUY, 4);
    SET(other.strategy_id, "t");
    ck_assert_str_eq(check(other), "ok");
    hold("s", BUY, 5, 10, 0);
    ck_assert_str_eq(check(atoms(SELL, 5)), "ok"); /* reduces */
    ck_assert_str_eq(check(atoms(SELL, 5.1)), "max_open_orders");
}
END_TEST

/* 100 USD at 10: position 4, working 3: 3 more is the limit. */
START_TEST(worst_position_may_be_worth_its_cap)
{
    limits.max_position_usd = 100;
    set_limits();
    hold("s", BUY, 4, 9, 0);
    work(BUY, 3);
    ck_assert_str_eq(check(atoms(BUY, 2.9)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 3)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 3.1)), "max_position_usd");
    ck_assert_double_eq(cap("max_position_usd"), 100);
    ck_assert_double_eq_tol(cap("position_usd"), 101, 1e-9);
    ck_assert_double_eq(cap("position_qty"), 4);
    /* the other side: 4 - 14 is the limit */
    ck_assert_str_eq(check(atoms(SELL, 13.9)), "ok");
    ck_assert_str_eq(check(atoms(SELL, 14)), "ok");
    ck_assert_str_eq(check(atoms(SELL, 14.1)), "max_position_usd");
    /* far over the limit, an order that reduces still passes */
    atom_price = 1000;
    ck_assert_str_eq(check(atoms(SELL, 4)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 0.1)), "max_position_usd");
}
END_TEST

START_TEST(sell_may_not_go_below_zero_where_shorts_are_not_allowed)
{
    limits.allow_short = NJ_NO;
    set_limits();
    ck_assert_str_eq(check(atoms(SELL, 0.1)), "allow_short");
    hold("s", BUY, 10, 10, 0);
    work(SELL, 6);
    ck_assert_str_eq(check(atoms(SELL, 3.9)), "ok");
    ck_assert_str_eq(check(atoms(SELL, 4)), "ok");
    ck_assert_str_eq(check(atoms(SELL, 4.1)), "allow_short");
    ck_assert_double_eq(cap("allow_short"), 0);
    ck_assert_double_eq(cap("position_qty"), 10);
    ck_assert_double_eq(cap("position_after"), -0.1);
    njord_intent other = atoms(SELL, 1);
    SET(other.strategy_id, "t"); /* another's position is not its own */
    ck_assert_str_eq(check(other), "allow_short");
    ck_assert_str_eq(check(atoms(BUY, 50)), "ok");
}
END_TEST

START_TEST(auto_allows_shorts_unless_live)
{
    limits.allow_short = NJ_AUTO;
    set_limits();
    ck_assert_str_eq(check(atoms(SELL, 1)), "ok");
    view.live = true;
    ck_assert_str_eq(check(atoms(SELL, 1)), "allow_short");
    limits.allow_short = NJ_YES;
    set_limits();
    ck_assert_str_eq(check(atoms(SELL, 1)), "ok");
}
END_TEST

/* ---- money ---- */

/* 1,000 of cash at 10, 50 bps of slippage, 1 per mille: 99.4 cost 998.9...; 99.5 cost 1000.97. */
START_TEST(buy_may_cost_the_cash)
{
    limits.cash_check = true;
    set_limits();
    nj_ledger_set_capital(ledger, "s", 1000);
    ck_assert_str_eq(check(atoms(BUY, 99.9)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 100)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 100.1)), "insufficient_cash");
    ck_assert_double_eq(cap("cash"), 1000);
    ck_assert_double_eq_tol(cap("cash_needed"), 1001, 1e-9);
    view.slippage_bps = 50;
    view.commission = 0.001;
    ck_assert_str_eq(check(atoms(BUY, 99.4)), "ok"); /* 994 * 1.005 * 1.001 = 999.96897 */
    ck_assert_str_eq(check(atoms(BUY, 99.5)), "insufficient_cash");
    ck_assert_double_eq_tol(cap("cash_needed"), 1000.974975, 1e-9);
}
END_TEST

START_TEST(working_buys_bind_cash)
{
    nj_ledger_set_capital(ledger, "s", 1000);
    work(BUY, 60);
    limits.cash_check = true;
    set_limits();
    ck_assert_str_eq(check(atoms(BUY, 40)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 40.1)), "insufficient_cash");
    ck_assert_double_eq(cap("working_buys"), 600);
    ck_assert_str_eq(check(atoms(SELL, 1)), "ok");
}
END_TEST

START_TEST(buying_back_a_short_needs_no_cash)
{
    limits.cash_check = true;
    set_limits();
    hold("s", SELL, 100, 10, 0);
    nj_ledger_set_capital(ledger, "s", -1000); /* cash 0 */
    ck_assert_double_eq(nj_ledger_cash(ledger, "s"), 0);
    ck_assert_str_eq(check(atoms(BUY, 100)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 100.1)), "insufficient_cash");
}
END_TEST

/* Equity 1,000: a short of 100 at 10 is the limit, counted with the working sells. */
START_TEST(short_may_be_worth_the_equity)
{
    limits.cash_check = true;
    set_limits();
    nj_ledger_set_capital(ledger, "s", 1000);
    ck_assert_str_eq(check(atoms(SELL, 100)), "ok");
    ck_assert_str_eq(check(atoms(SELL, 100.1)), "insufficient_cash");
    ck_assert_double_eq(cap("equity"), 1000);
    ck_assert_double_eq_tol(cap("short_value"), 1001, 1e-9);
    work(SELL, 30);
    ck_assert_str_eq(check(atoms(SELL, 70)), "ok");
    ck_assert_str_eq(check(atoms(SELL, 70.1)), "insufficient_cash");
    hold("s", BUY, 10, 10, 0); /* equity the same, 10 more to sell */
    ck_assert_str_eq(check(atoms(SELL, 80)), "ok");
    ck_assert_str_eq(check(atoms(SELL, 80.1)), "insufficient_cash");
}
END_TEST

START_TEST(strategy_whose_cash_nobody_named_has_none)
{
    limits.cash_check = true;
    set_limits();
    njord_intent in = atoms(BUY, 1);
    SET(in.strategy_id, "u");
    ck_assert_str_eq(check(in), "insufficient_cash");
    ck_assert_double_eq(cap("cash"), 0);
    in.side = SELL;
    ck_assert_str_eq(check(in), "insufficient_cash");
    limits.cash_check = false;
    set_limits();
    ck_assert_str_eq(check(in), "ok");
}
END_TEST

/* ---- the instrument ---- */

START_TEST(instruments_bounds_may_be_met)
{
    struct nj_instrument *i = nj_instrument_get(all, "ATOM/USDT");
    i->min_qty = 0.3;
    i->max_qty = 0.7;
    i->min_notional = 5;
    ck_assert_str_eq(check(atoms(BUY, 0.2)), "below_min_qty");
    ck_assert_double_eq(cap("min_qty"), 0.3);
    ck_assert_double_eq(cap("qty"), 0.2);
    ck_assert_str_eq(check(atoms(BUY, 0.3)), "below_min_notional");
    ck_assert_double_eq(cap("min_notional"), 5);
    ck_assert_double_eq(cap("notional"), 3);
    ck_assert_str_eq(check(atoms(BUY, 0.4)), "below_min_notional");
    ck_assert_str_eq(check(atoms(BUY, 0.5)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 0.6)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 0.7)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 0.8)), "above_max_qty");
    ck_assert_double_eq(cap("max_qty"), 0.7);
    ck_assert_double_eq(cap("qty"), 0.8);
    /* a limit order is worth its limit: 0.5 * 9.99 and 0.4 * 12.5 */
    ck_assert_str_eq(check(atoms_at(BUY, 0.5, 9.99)), "below_min_notional");
    ck_assert_str_eq(check(atoms_at(SELL, 0.4, 12.5)), "ok");
    ck_assert_str_eq(check(atoms_at(SELL, 0.4, 12.49)), "below_min_notional");
}
END_TEST

START_TEST(quantity_under_a_step_is_below_the_minimum)
{
    ck_assert_str_eq(check(atoms(BUY, 0.09)), "below_min_qty");
    ck_assert_double_eq(cap("step"), 0.1);
    ck_assert_double_eq(cap("qty"), 0.09);
    ck_assert_str_eq(check(atoms(BUY, 0.1)), "ok");
}
END_TEST

/* ---- what reduces, what flattens, backtests, cancels ---- */

START_TEST(order_reduces_only_if_it_cannot_cross_zero_with_those_that_work)
{
    limits.max_position_usd = 0.001; /* refuses all that does not reduce */
    hold("s", BUY, 10, 10, 0);
    work(SELL, 6);
    set_limits();
    ck_assert_str_eq(check(atoms(SELL, 4)), "ok");
    ck_assert_str_eq(check(atoms(SELL, 4.1)), "max_position_usd");
    ck_assert_str_eq(check(atoms(BUY, 0.1)), "max_position_usd");
    hold("s", SELL, 20, 10, 0); /* now short 10 */
    ck_assert_str_eq(check(atoms(BUY, 10)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 10.1)), "max_position_usd");
    ck_assert_str_eq(check(atoms(SELL, 0.1)), "max_position_usd");
}
END_TEST

START_TEST(reducing_order_is_still_refused_by_the_other_rules)
{
    hold("s", BUY, 100, 10, 0);
    limits.per_order_usd_cap = 200;
    limits.price_collar_pct = 5;
    set_limits();
    ck_assert_str_eq(check(atoms(SELL, 20.1)), "per_order_usd_cap");
    ck_assert_str_eq(check(atoms_at(SELL, 1, 9)), "price_collar_pct");
    limits.orders_per_min_cap = 0;
    set_limits();
    ck_assert_str_eq(check(atoms(SELL, 1)), "orders_per_min_cap");
}
END_TEST

START_TEST(flattening_passes_all_but_halted_and_malformed)
{
    struct nj_instrument *i = nj_instrument_get(all, "ATOM/USDT");
    i->min_qty = 1000;
    limits.per_order_usd_cap = 1;
    limits.orders_per_min_cap = 0;
    limits.allow_short = NJ_NO;
    limits.cash_check = true;
    set_limits();
    view.day_pnl_floor = -2e9;
    atom_price = NAN;
    njord_intent in = atoms(SELL, 50);
    in.ev.ts_ns = 0;
    ck_assert_str_eq(check_flags(&in, NJ_RISK_FLATTEN), "ok");
    ck_assert_double_eq(order->qty, 50);
    ck_assert(isnan(cap("reference_price")));
    ck_assert_str_eq(check_flags(&in, NJ_RISK_FLATTEN | NJ_RISK_WARMUP), "ok");
    in.qty = 0.01; /* no step: nothing that could be sent */
    ck_assert_str_eq(check_flags(&in, NJ_RISK_FLATTEN), "malformed");
    in.qty = -1;
    ck_assert_str_eq(check_flags(&in, NJ_RISK_FLATTEN), "malformed");
    in.qty = 1;
    SET(in.symbol, "NEW/USDT");
    ck_assert_str_eq(check_flags(&in, NJ_RISK_FLATTEN), "malformed");
    view.halted = true;
    ck_assert_str_eq(check_flags(&in, NJ_RISK_FLATTEN), "halted");
}
END_TEST

START_TEST(backtest_asks_only_the_rules_that_hold_for_any_engine)
{
    struct nj_instrument *i = nj_instrument_get(all, "ATOM/USDT");
    i->min_notional = 1e6;
    i->max_qty = 0.1;
    view.backtest = true;
    view.halted = true;
    view.usd_of = NULL;
    view.day_pnl_floor = -2e9;
    limits.per_order_usd_cap = 1;
    limits.orders_per_min_cap = 0;
    limits.max_position_usd = 1;
    limits.stale_price_ms = 1;
    price_ts = 0;
    set_limits();
    njord_intent in = atoms(BUY, 1);
    in.ev.ts_ns = 0;
    ck_assert_str_eq(check(in), "ok");
    ck_assert_str_eq(check(in), "ok"); /* no duplicates, no tokens */
    ck_assert_str_eq(check_flags(&in, NJ_RISK_WARMUP), "warmup");
    ck_assert_str_eq(check(atoms(BUY, 0.01)), "below_min_qty");
    ck_assert_str_eq(check(atoms(BUY, -1)), "malformed");
    limits.allow_short = NJ_NO;
    limits.cash_check = true;
    set_limits();
    ck_assert_str_eq(check(atoms(SELL, 1)), "allow_short");
    ck_assert_str_eq(check(atoms(BUY, 10001)), "insufficient_cash");
    atom_price = NAN;
    ck_assert_str_eq(check(atoms(BUY, 1)), "no_reference_price");
    SET(in.strategy_id, "narrow");
    ck_assert_str_eq(check(in), "unknown_symbol");
}
END_TEST

START_TEST(cancel_passes_all_but_malformed)
{
    njord_cancel c;
    njord_event_init(&c, NJORD_EV_CANCEL);
    SET(c.intent_id, "a-1");
    SET(c.strategy_id, "s");
    c.ev.ts_ns = 5;
    ck_assert(nj_risk_check_cancel(&c, decision));
    ck_assert_str_eq(decision->reason, "ok");
    ck_assert_str_eq(decision->intent_id, "a-1");
    ck_assert_int_eq(njord_event_check(&decision->ev, NJ_DECISION_MAX, NULL, 0), 0);
    SET(c.intent_id, "a.1");
    ck_assert(!nj_risk_check_cancel(&c, decision));
    ck_assert_str_eq(decision->reason, "malformed");
    SET(c.intent_id, "a-1");
    SET(c.strategy_id, "S");
    ck_assert(!nj_risk_check_cancel(&c, decision));
}
END_TEST

START_TEST(halt_refuses_everything)
{
    view.halted = true;
    ck_assert_str_eq(check(atoms(BUY, 1)), "halted");
    hold("s", BUY, 1, 10, 0);
    ck_assert_str_eq(check(atoms(SELL, 1)), "halted");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("risk limits");
    TCase *t = tcase_create("risk limits");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, strategy_may_have_as_many_open_orders_as_allowed);
    tcase_add_test(t, worst_position_may_be_worth_its_cap);
    tcase_add_test(t, sell_may_not_go_below_zero_where_shorts_are_not_allowed);
    tcase_add_test(t, auto_allows_shorts_unless_live);
    tcase_add_test(t, buy_may_cost_the_cash);
    tcase_add_test(t, working_buys_bind_cash);
    tcase_add_test(t, buying_back_a_short_needs_no_cash);
    tcase_add_test(t, short_may_be_worth_the_equity);
    tcase_add_test(t, strategy_whose_cash_nobody_named_has_none);
    tcase_add_test(t, instruments_bounds_may_be_met);
    tcase_add_test(t, quantity_under_a_step_is_below_the_minimum);
    tcase_add_test(t, order_reduces_only_if_it_cannot_cross_zero_with_those_that_work);
    tcase_add_test(t, reducing_order_is_still_refused_by_the_other_rules);
    tcase_add_test(t, flattening_passes_all_but_halted_and_malformed);
    tcase_add_test(t, backtest_asks_only_the_rules_that_hold_for_any_engine);
    tcase_add_test(t, cancel_passes_all_but_malformed);
    tcase_add_test(t, halt_refuses_everything);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
