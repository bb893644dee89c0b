/*
 * test_risk_rules.c - each rule under, at and over its limit, what passes and what does not, and
 * what the decision says; values by hand.
 */
#include "risk_make.h"

/* ---- accepted ---- */

START_TEST(accepted_order_leaves_rounded_with_reference_and_worth)
{
    njord_intent in = atoms_at(BUY, 1.27, 10.019);
    in.tif = NJORD_TIF_IOC;
    ck_assert_str_eq(check(in), "ok");
    ck_assert_double_eq(order->qty, 1.2);
    ck_assert_double_eq(order->limit_price, 10.01);
    ck_assert_str_eq(order->venue, "paper");
    ck_assert_str_eq(order->intent_id, in.intent_id);
    ck_assert_str_eq(order->symbol, "ATOM/USDT");
    ck_assert_uint_eq(order->side, BUY);
    ck_assert_uint_eq(order->type, NJORD_TYPE_LIMIT);
    ck_assert_uint_eq(order->tif, NJORD_TIF_IOC);
    ck_assert_int_eq(order->ev.ts_ns, NOON);
    ck_assert_double_eq(cap("reference_price"), 10);
    ck_assert_double_eq(cap("notional_usd"), 12);
    ck_assert_double_eq(cap("per_order_usd_cap"), 1e9);
    ck_assert_str_eq(check(atoms_at(SELL, 1, 10.011)), "ok");
    ck_assert_double_eq(order->limit_price, 10.02);
}
END_TEST

START_TEST(order_carries_the_meta_of_its_intent)
{
    _Alignas(8) char room[NJ_ORDER_MAX];
    njord_intent *in = (njord_intent *)room;
    njord_text_pair pairs[NJORD_MAX_META];
    memset(pairs, 0, sizeof pairs);
    for (unsigned n = 0; n < NJORD_MAX_META; n++) {
        snprintf(pairs[n].key, sizeof pairs[n].key, "key%u", n);
        memset(pairs[n].value, 'v', sizeof pairs[n].value - 1);
    }
    *in = atoms(BUY, 1);
    ck_assert_int_eq(
        njord_tail_put(&in->ev, sizeof room, &in->meta, pairs, NJORD_MAX_META, sizeof pairs[0]), 0);
    ck_assert_str_eq(check_flags(in, 0), "ok");
    ck_assert_uint_eq(order->meta.count, NJORD_MAX_META);
    ck_assert_uint_eq(strlen(njord_meta(&order->ev, order->meta, "key15")), 63);
    in->meta.offset = in->ev.size; /* a tail that lies outside */
    SET(in->intent_id, "other");
    bool ok = nj_risk_check(risk, &view, in, 0, "paper", decision, order);
    ck_assert(!ok);
    ck_assert_str_eq(decision->reason, "malformed");
}
END_TEST

/* ---- order of the rules ---- */

START_TEST(table_stands_in_the_order_that_is_promised)
{
    static const char *const codes[] = {"halted",
                                        "malformed",
                                        "unknown_symbol",
                                        "duplicate",
                                        "stale_intent",
                                        "warmup",
                                        "no_reference_price",
                                        "stale_price",
                                        "per_order_usd_cap",
                                        "price_collar_pct",
                                        "orders_per_min_cap",
                                        "max_open_orders",
                                        "max_position_usd",
                                        "allow_short",
                                        "daily_loss_usd_cap",
                                        "insufficient_cash",
                                        "below_min_qty",
                                        "below_min_notional",
                                        "above_max_qty"};
    size_t n;
    const struct nj_risk_rule_info *rules = nj_risk_rules(&n);
    ck_assert_uint_eq(n, sizeof codes / sizeof codes[0]);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(rules[i].code, codes[i]);
        bool passes = i >= 11 && i <= 15;
        ck_assert_int_eq(rules[i].reducing_passes, passes);
        ck_assert(rules[i].help[0] != '\0' && rules[i].scope[0] != '\0');
    }
}
END_TEST

/* One intent that breaks every rule; each cure uncovers the next. */
START_TEST(first_rule_that_refuses_names_the_refusal)
{
    struct nj_instrument *i = nj_instrument_get(all, "ATOM/USDT");
    njord_intent in = atoms_at(SELL, -1, 5);
    work(BUY, 1);
    i->min_qty = 200;
    i->min_notional = 5000;
    i->max_qty = 50;
    SET(in.strategy_id, "narrow");
    view.halted = true;
    view.day_pnl_floor = -2e9;
    view.usd_of = NULL;
    in.ev.ts_ns = NOON - 6 * SECOND;
    limits.per_order_usd_cap = 100;
    limits.price_collar_pct = 1;
    limits.orders_per_min_cap = 0;
    limits.max_open_orders = 1;
    limits.max_position_usd = 10;
    limits.allow_short = NJ_NO;
    limits.cash_check = true;
    limits.stale_price_ms = 1000;
    price_ts = NOON - 2 * SECOND;
    set_limits();
    njord_intent seen = make_intent("seen", "s", "ATOM/USDT", BUY, 1);
    ck_assert_int_eq(nj_orders_intent(orders, &seen), 0);
    njord_decision no;
    njord_event_init(&no, NJORD_EV_DECISION);
    SET(no.intent_id, "seen");
    ck_assert_int_eq(nj_orders_decision(orders, &no), 0);
    SET(in.intent_id, "seen");

    ck_assert_str_eq(check(in), "halted");
    view.halted = false;
    ck_assert_str_eq(check(in), "malformed");
    in.qty = 100;
    ck_assert_str_eq(check(in), "unknown_symbol");
    SET(in.strategy_id, "s");
    ck_assert_str_eq(check(in), "duplicate");
    SET(in.intent_id, "fresh");
    ck_assert_str_eq(check(in), "stale_intent");
    in.ev.ts_ns = NOON;
    in.ev.flags = NJORD_EF_WARMUP;
    ck_assert_str_eq(check(in), "warmup");
    in.ev.flags = 0;
    ck_assert_str_eq(check(in), "no_reference_price");
    view.usd_of = usd_of;
    ck_assert_str_eq(check(in), "stale_price");
    price_ts = NOON;
    ck_assert_str_eq(check(in), "per_order_usd_cap");
    limits.per_order_usd_cap = 1e9;
    set_limits();
    ck_assert_str_eq(check(in), "price_collar_pct");
    in.limit_price = 11;
    ck_assert_str_eq(check(in), "orders_per_min_cap");
    limits.orders_per_min_cap = 1e6;
    set_limits();
    ck_assert_str_eq(check(in), "max_open_orders");
    limits.max_open_orders = 0;
    set_limits();
    ck_assert_str_eq(check(in), "max_position_usd");
    limits.max_position_usd = 0;
    set_limits();
    ck_assert_str_eq(check(in), "allow_short");
    limits.allow_short = NJ_YES;
    set_limits();
    ck_assert_str_eq(check(in), "daily_loss_usd_cap");
    limits.daily_loss_usd_cap = 3e9;
    view.now_ns += DAY; /* the latch holds until then */
    in.ev.ts_ns = price_ts = view.now_ns;
    set_limits();
    nj_ledger_set_capital(ledger, "s", 0);
    ck_assert_str_eq(check(in), "insufficient_cash");
    nj_ledger_set_capital(ledger, "s", 1e6);
    ck_assert_str_eq(check(in), "below_min_qty");
    i->min_qty = 1;
    ck_assert_str_eq(check(in), "below_min_notional");
    i->min_notional = 10;
    ck_assert_str_eq(check(in), "above_max_qty");
    i->max_qty = 100;
    ck_assert_str_eq(check(in), "ok");
}
END_TEST

/* ---- may it be looked at ---- */

START_TEST(malformed_is_what_no_order_can_be)
{
    static const double wrong[] = {0, -1, NAN, INFINITY, -INFINITY};
    njord_intent good = atoms_at(BUY, 1, 10), in;
    for (size_t n = 0; n < 5; n++) {
        in = good;
        in.qty = wrong[n];
        ck_assert_str_eq(check(in), "malformed");
        in = good;
        in.limit_price = wrong[n];
        ck_assert_str_eq(check(in), "malformed");
        if (isnan(wrong[n]))
            continue;
        in.type = NJORD_TYPE_MARKET; /* a reference that cannot be is no reference */
        ck_assert_str_eq(check(in), "malformed");
    }
    static const char *const ids[] = {"",    "a.b",      "a:b",
                                      "a b", "\xc3\xa4", "1234567890123456789012345678901234567"};
    for (size_t n = 0; n < 6; n++) {
        in = good;
        SET(in.intent_id, ids[n]);
        ck_assert_str_eq(check(in), "malformed");
    }
    static const char *const strategies[] = {"", "A", "a-b", "*"};
    for (size_t n = 0; n < 4; n++) {
        in = good;
        SET(in.strategy_id, strategies[n]);
        ck_assert_str_eq(check(in), "malformed");
    }
    in = good;
    memset(in.intent_id, 'a', sizeof in.intent_id);
    ck_assert_str_eq(check(in), "malformed");
    in = good;
    memset(in.strategy_id, 'a', sizeof in.strategy_id);
    ck_assert_str_eq(check(in), "malformed");
    in = good;
    memset(in.symbol, 'A', sizeof in.symbol);
    ck_assert_str_eq(check(in), "malformed");
    in = good;
    SET(in.symbol, "ATOMUSDT");
    ck_assert_str_eq(check(in), "malformed");
    for (unsigned code = 0; code < 256; code++) {
        in = good;
        in.side = (uint8_t)code;
        ck_assert_int_eq(strcmp(check(in), "malformed") != 0, code == 1 || code == 2);
        in = atoms_at(BUY, 1, 10);
        in.type = (uint8_t)code;
        ck_assert_int_eq(strcmp(check(in), "malformed") != 0, code == 1 || code == 2);
        in = atoms_at(BUY, 1, 10);
        in.tif = (uint8_t)code;
        ck_assert_int_eq(strcmp(check(in), "malformed") != 0,
                         (code >= 1 && code <= 3) || code == NJORD_NONE_U8);
    }
    in = good;
    in.ev.ts_ns = NJORD_NONE_I64;
    ck_assert_str_eq(check(in), "malformed");
    in = good;
    in.qty = 1e18; /* past 62 bits of lots */
    ck_assert_str_eq(check(in), "malformed");
    in = good;
    in.limit_price = 0.004; /* under a tick: a buy at nothing */
    ck_assert_str_eq(check(in), "malformed");
    SET(good.intent_id, "123456789012345678901234567890123456");
    ck_assert_str_eq(check(good), "ok");
}
END_TEST

START_TEST(unknown_symbol_is_unknown_or_not_in_the_list)
{
    njord_intent in = atoms(BUY, 1);
    SET(in.symbol, "NEW/USDT");
    ck_assert_str_eq(check(in), "unknown_symbol");
    ck_assert_ptr_null(nj_instrument_find(all, "NEW/USDT")); /* and asking makes none */
    in = atoms(BUY, 1);
    SET(in.strategy_id, "narrow");
    ck_assert_str_eq(check(in), "unknown_symbol");
}
END_TEST

START_TEST(same_id_is_a_duplicate_for_ever)
{
    njord_intent in = atoms(BUY, 1);
    in.ev.seq = 7;
    ck_assert_int_eq(nj_orders_intent(orders, &in), 0);
    ck_assert_str_eq(check(in), "ok"); /* the record holds this very intent, undecided */
    ck_assert_int_eq(nj_orders_decision(orders, decision), 0);
    view.now_ns += 3 * SECOND;
    ck_assert_str_eq(check(in), "duplicate");
    ck_assert_double_eq(cap("age_ms"), 3000);
    njord_intent twin = atoms(BUY, 1);
    twin.ev.seq = 8;
    ck_assert_int_eq(nj_orders_intent(orders, &twin), 0);
    twin.ev.seq = 9; /* another event with the id of one that waits */
    ck_assert_str_eq(check(twin), "duplicate");
    /* The refusal is the second one's: the order that has the id goes its way. */
    ck_assert_int_eq(nj_orders_decision(orders, decision), 0);
    ck_assert_int_eq(nj_order_find(orders, twin.intent_id)->stage, NJ_ORDER_INTENT);
    twin.ev.seq = 8;
    ck_assert_str_eq(check(twin), "ok");
    ck_assert_int_eq(nj_orders_decision(orders, decision), 0);
    twin.ev.seq = 10;
    ck_assert_str_eq(check(twin), "duplicate");
    ck_assert_int_eq(nj_orders_decision(orders, decision), 0);
    ck_assert_int_eq(nj_order_find(orders, twin.intent_id)->stage, NJ_ORDER_ACCEPTED);
}
END_TEST

/* Window 1,000 ms: refused until 999 ms, passes from 1,000 ms on. */
START_TEST(equal_order_within_the_window_is_a_duplicate)
{
    limits.duplicate_window_ms = 1000;
    set_limits();
    ck_assert_str_eq(check(atoms_at(BUY, 1, 10)), "ok");
    view.now_ns = NOON + 999 * SECOND / 1000;
    ck_assert_str_eq(check(atoms_at(BUY, 1, 10)), "duplicate");
    ck_assert_double_eq(cap("duplicate_window_ms"), 1000);
    ck_assert_double_eq(cap("age_ms"), 999);
    ck_assert_str_eq(check(atoms_at(BUY, 1.09, 10.001)), "duplicate"); /* rounds to the same */
    njord_intent other = atoms_at(BUY, 1, 10);
    SET(other.strategy_id, "t");
    ck_assert_str_eq(check(other), "ok");
    ck_assert_str_eq(check(atoms_at(SELL, 1, 10)), "ok");
    ck_assert_str_eq(check(atoms_at(BUY, 1.1, 10)), "ok");
    ck_assert_str_eq(check(atoms_at(BUY, 1, 10.01)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    view.now_ns = NOON + SECOND;
    ck_assert_str_eq(check(atoms_at(BUY, 1, 10)), "ok");
    view.now_ns += SECOND - 1;
    njord_intent last = atoms_at(BUY, 1, 10);
    ck_assert_int_eq(nj_orders_intent(orders, &last), 0);
    ck_assert_str_eq(check(last), "duplicate"); /* of the second one */
    ck_assert_int_eq(nj_orders_decision(orders, decision), 0);
    ck_assert_int_eq(nj_order_find(orders, last.intent_id)->stage, NJ_ORDER_REFUSED);
}
END_TEST

START_TEST(refused_order_starts_no_window)
{
    limits.duplicate_window_ms = 1000;
    limits.per_order_usd_cap = 5;
    set_limits();
    ck_assert_str_eq(check(atoms(BUY, 1)), "per_order_usd_cap");
    limits.per_order_usd_cap = 50;
    set_limits();
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
}
END_TEST

START_TEST(intent_may_be_5000_ms_old)
{
    static const int64_t ages[] = {4999999999, 5000000000, 5000000001, -5000000000, -5000000001};
    static const char *const reasons[] = {"ok", "ok", "stale_intent", "ok", "stale_intent"};
    for (size_t n = 0; n < 5; n++) {
        njord_intent in = atoms(BUY, 1);
        in.ev.ts_ns = NOON - ages[n];
        ck_assert_str_eq(check(in), reasons[n]);
    }
    njord_intent in = atoms(BUY, 1);
    in.ev.ts_ns = NOON - 6 * SECOND;
    check(in);
    ck_assert_double_eq(cap("max_intent_age_ms"), 5000);
    ck_assert_double_eq(cap("age_ms"), 6000);
    in.ev.ts_ns = INT64_MIN + 1;
    ck_assert_str_eq(check(in), "stale_intent");
    in.ev.ts_ns = INT64_MAX;
    ck_assert_str_eq(check(in), "stale_intent");
}
END_TEST

START_TEST(warming_strategy_sends_nothing)
{
    njord_intent in = atoms(BUY, 1);
    ck_assert_str_eq(check_flags(&in, NJ_RISK_WARMUP), "warmup");
    ck_assert_str_eq(check(in), "ok");
}
END_TEST

/* ---- prices ---- */

START_TEST(reference_is_the_last_price_else_the_intents)
{
    atom_price = NAN;
    ck_assert_str_eq(check(atoms(BUY, 1)), "no_reference_price");
    njord_intent in = atoms(BUY, 2);
    in.limit_price = 11.5; /* a market order's: a reference only */
    ck_assert_str_eq(check(in), "ok");
    ck_assert_double_eq(cap("reference_price"), 11.5);
    ck_assert_double_eq(cap("notional_usd"), 23);
    ck_assert_str_eq(check(atoms_at(BUY, 2, 12)), "ok");
    ck_assert_double_eq(cap("reference_price"), 12);
    atom_price = 10;
    in = atoms(BUY, 2);
    in.limit_price = 11.5;
    ck_assert_str_eq(check(in), "ok");
    ck_assert_double_eq(cap("reference_price"), 10);
}
END_TEST

START_TEST(quote_without_a_dollar_price_is_no_reference)
{
    njord_intent in = atoms(BUY, 3);
    SET(in.symbol, "ATOM/BTC");
    ck_assert_str_eq(check(in), "ok");
    ck_assert_double_eq(cap("reference_price"), 0.0001);
    ck_assert_double_eq_tol(cap("notional_usd"), 18, 1e-12); /* 3 * 0.0001 * 60000 */
    btc_usd = NAN;
    SET(in.intent_id, "again");
    ck_assert_str_eq(check(in), "no_reference_price");
    ck_assert_double_eq(cap("reference_price"), 0.0001);
    btc_usd = 0;
    ck_assert_str_eq(check(in), "no_reference_price");
}
END_TEST

START_TEST(price_may_be_as_old_as_stale_price_ms)
{
    limits.stale_price_ms = 2000;
    set_limits();
    price_ts = NOON - 1999999999;
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    price_ts = NOON - 2000000000;
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    price_ts = NOON - 2001000000;
    ck_assert_str_eq(check(atoms(BUY, 1)), "stale_price");
    ck_assert_double_eq(cap("stale_price_ms"), 2000);
    ck_assert_double_eq(cap("price_age_ms"), 2001);
    atom_price = NAN; /* no last price at all: none that could be stale */
    ck_assert_str_eq(check(atoms_at(BUY, 1, 10)), "ok");
    limits.stale_price_ms = 0;
    set_limits();
    atom_price = 10;
    price_ts = 0;
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
}
END_TEST

START_TEST(order_may_be_worth_its_cap)
{
    limits.per_order_usd_cap = 200;
    set_limits();
    ck_assert_str_eq(check(atoms(BUY, 19.9)), "ok");
    ck_assert_double_eq(cap("notional_usd"), 199);
    ck_assert_str_eq(check(atoms(SELL, 20)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 20.09)), "ok"); /* leaves as 20.0 */
    ck_assert_str_eq(check(atoms(BUY, 20.1)), "per_order_usd_cap");
    ck_assert_double_eq(cap("per_order_usd_cap"), 200);
    ck_assert_double_eq(cap("notional_usd"), 201);
    ck_assert_double_eq(cap("reference_price"), 10);
    ck_assert_uint_eq(decision->caps.count, 3);
}
END_TEST

/* 3 at 1.1 is 3.3, though 3 * 1.1 is 3.3000000000000003 in doubles. */
START_TEST(equality_is_that_of_decimals)
{
    limits.per_order_usd_cap = 3.3;
    set_limits();
    atom_price = 1.1;
    ck_assert_str_eq(check(atoms(BUY, 3)), "ok");
    ck_assert_double_eq(cap("notional_usd"), 3.3);
    ck_assert_str_eq(check(atoms(BUY, 3.1)), "per_order_usd_cap");
    atom_price = 1.1000000000000003;
    ck_assert_str_eq(check(atoms(BUY, 3)), "per_order_usd_cap");
}
END_TEST

START_TEST(order_worth_more_than_any_number_is_refused_with_finite_figures)
{
    atom_price = 1e300;
    limits.per_order_usd_cap = 1e308;
    set_limits();
    ck_assert_str_eq(check(atoms(BUY, 1e12)), "per_order_usd_cap");
    ck_assert(isfinite(cap("notional_usd")));
    atom_price = INFINITY; /* no price */
    ck_assert_str_eq(check(atoms(BUY, 1)), "no_reference_price");
    atom_price = -1;
    ck_assert_str_eq(check(atoms(BUY, 1)), "no_reference_price");
}
END_TEST

/* Last 10, collar 5 per cent: buys to 10.50, sells from 9.50. */
START_TEST(limit_may_be_worse_than_last_by_the_collar)
{
    limits.price_collar_pct = 5;
    set_limits();
    ck_assert_str_eq(check(atoms_at(BUY, 1, 10.49)), "ok");
    ck_assert_str_eq(check(atoms_at(BUY, 1, 10.5)), "ok");
    ck_assert_str_eq(check(atoms_at(BUY, 1, 10.51)), "price_collar_pct");
    ck_assert_double_eq(cap("price_collar_pct"), 5);
    ck_assert_double_eq_tol(cap("worse_pct"), 5.1, 1e-9);
    ck_assert_double_eq(cap("limit_price"), 10.51);
    ck_assert_double_eq(cap("last_price"), 10);
    ck_assert_str_eq(check(atoms_at(SELL, 1, 9.51)), "ok");
    ck_assert_str_eq(check(atoms_at(SELL, 1, 9.5)), "ok");
    ck_assert_str_eq(check(atoms_at(SELL, 1, 9.49)), "price_collar_pct");
    ck_assert_double_eq_tol(cap("worse_pct"), 5.1, 1e-9);
    ck_assert_str_eq(check(atoms_at(BUY, 1, 10.509)), "ok"); /* leaves at 10.50 */
    ck_assert_str_eq(check(atoms_at(BUY, 1, 1)), "ok");      /* better than last */
    ck_assert_str_eq(check(atoms_at(SELL, 1, 100)), "ok");
    njord_intent market = atoms(BUY, 1);
    market.limit_price = 20; /* a reference, no limit */
    ck_assert_str_eq(check(market), "ok");
    atom_price = NAN;
    ck_assert_str_eq(check(atoms_at(BUY, 1, 99)), "ok");
}
END_TEST

/* ---- none above the cap ---- */

/* A million orders, most of them within a step or a tick of the cap: whole numbers say whether lots
 * (of 0.00001) times ticks (of 0.01) are above 200 (of 1e-7), and so must the rule. */
START_TEST(of_a_million_orders_none_above_the_cap_leaves_and_none_below_stays)
{
    uint64_t state = 5;
    unsigned passed = 0, refused = 0, equal = 0;
    const int64_t cap_units = 200 * INT64_C(10000000);
    limits.per_order_usd_cap = 200;
    set_limits();
    for (int n = 0; n < 1000000; n++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t r = state >> 20;
        int64_t ticks = (int64_t)(r % 10000000) + 1, lots;
        if (n % 4 == 0) { /* a divisor of the cap: equality is possible */
            static const int64_t divisors[] = {64,  128,  160,  200,   256,   320,   400,    512,
                                               625, 1000, 1250, 2500,  3125,  4000,  8192,   10000,
                                               25,  80,   5000, 15625, 62500, 78125, 100000, 12500};
            ticks = divisors[r % 24];
        }
        lots = cap_units / ticks + (int64_t)((r >> 24) % 5) - 2;
        if (n % 4 == 3)
            lots = (int64_t)((r >> 24) % 40000000) + 1;
        if (lots < 1)
            lots = 1;
        char text[48];
        snprintf(text, sizeof text, "%llde-5", (long long)lots);
        njord_intent in = make_intent("x", "s", "BTC/USDT", r & 1 ? BUY : SELL, strtod(text, NULL));
        in.ev.ts_ns = NOON;
        snprintf(text, sizeof text, "%llde-2", (long long)ticks);
        btc_price = strtod(text, NULL);
        bool ok = nj_risk_check(risk, &view, &in, 0, "paper", decision, order);
        bool above = (__extension__(__int128) lots * ticks) > cap_units;
        ck_assert_msg(ok == !above, "%lld steps of 0.00001 at %lld cents: %s", (long long)lots,
                      (long long)ticks, decision->reason);
        if (ok) {
            ck_assert_double_eq(order->qty, in.qty);
            ck_assert_double_le(cap("notional_usd"), 200.00000000000003);
        }
        passed += ok;
        refused += !ok;
        equal += lots * ticks == cap_units;
    }
    ck_assert_uint_gt(passed, 100000);
    ck_assert_uint_gt(refused, 100000);
    ck_assert_uint_gt(equal, 10000);
}
END_TEST

/* ---- the page ---- */

START_TEST(reference_page_in_the_tree_is_what_the_table_gives)
{
    struct nj_buf made = {0};
    char *kept = read_source("doc/risk.md");
    nj_risk_reference(&made);
    ck_assert_msg(strcmp(kept, made.data) == 0,
                  "doc/risk.md is not what the table of rules gives: run "
                  "NJORD_WRITE=doc/risk.md tests/unit/test_risk_rules at the top of the tree");
    free(kept);
    nj_buf_free(&made);
}
END_TEST

/* Writes the page anew, for whoever changed the table. */
static int write_page(const char *path)
{
    struct nj_buf made = {0};
    FILE *file = fopen(path, "wb");
    nj_risk_reference(&made);
    bool ok = file && fwrite(made.data, 1, made.len, file) == made.len;
    ok = file && fclose(file) == 0 && ok;
    nj_buf_free(&made);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void)
{
    const char *path = getenv("NJORD_WRITE");
    if (path)
        return write_page(path);
    Suite *suite = suite_create("risk rules");
    TCase *t = tcase_create("risk rules");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, accepted_order_leaves_rounded_with_reference_and_worth);
    tcase_add_test(t, order_carries_the_meta_of_its_intent);
    tcase_add_test(t, table_stands_in_the_order_that_is_promised);
    tcase_add_test(t, first_rule_that_refuses_names_the_refusal);
    tcase_add_test(t, malformed_is_what_no_order_can_be);
    tcase_add_test(t, unknown_symbol_is_unknown_or_not_in_the_list);
    tcase_add_test(t, same_id_is_a_duplicate_for_ever);
    tcase_add_test(t, equal_order_within_the_window_is_a_duplicate);
    tcase_add_test(t, refused_order_starts_no_window);
    tcase_add_test(t, intent_may_be_5000_ms_old);
    tcase_add_test(t, warming_strategy_sends_nothing);
    tcase_add_test(t, reference_is_the_last_price_else_the_intents);
    tcase_add_test(t, quote_without_a_dollar_price_is_no_reference);
    tcase_add_test(t, price_may_be_as_old_as_stale_price_ms);
    tcase_add_test(t, order_may_be_worth_its_cap);
    tcase_add_test(t, equality_is_that_of_decimals);
    tcase_add_test(t, order_worth_more_than_any_number_is_refused_with_finite_figures);
    tcase_add_test(t, limit_may_be_worse_than_last_by_the_collar);
    tcase_add_test(t, of_a_million_orders_none_above_the_cap_leaves_and_none_below_stays);
    tcase_add_test(t, reference_page_in_the_tree_is_what_the_table_gives);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
