/* risk_make.h - a small world for the tests of the risk rules: one account, prices that the test
 * sets, and one line a check. */
#ifndef NJ_TEST_RISK_MAKE_H
#define NJ_TEST_RISK_MAKE_H

#include "trade/risk.h"
#include "trade_make.h"

#include <njord/codec.h>

#define SECOND INT64_C(1000000000)
#define DAY    (86400 * SECOND)
#define NOON   (20000 * DAY + 43200 * SECOND)

static struct nj_instruments *all;
static struct nj_ledger *ledger;
static struct nj_orders *orders;
static struct nj_risk *risk;
static struct nj_risk_config limits;
static struct nj_risk_view view;
static double atom_price, btc_price, btc_usd;
static int64_t price_ts;
static unsigned checks, fills;
static _Alignas(8) char decision_room[NJ_DECISION_MAX], order_room[NJ_ORDER_MAX];
static njord_decision *const decision = (njord_decision *)decision_room;
static njord_order_event *const order = (njord_order_event *)order_room;

static inline double price_of(void *ctx, const char *symbol, int64_t *ts_ns)
{
    (void)ctx;
    *ts_ns = price_ts;
    return strcmp(symbol, "ATOM/USDT") == 0  ? atom_price
           : strcmp(symbol, "BTC/USDT") == 0 ? btc_price
           : strcmp(symbol, "ATOM/BTC") == 0 ? 0.0001
                                             : (double)NAN;
}

static inline double usd_of(void *ctx, const char *quote)
{
    (void)ctx;
    return strcmp(quote, "USDT") == 0 ? 1 : strcmp(quote, "BTC") == 0 ? btc_usd : (double)NAN;
}

static inline bool allowed(void *ctx, const char *strategy, const char *symbol)
{
    (void)ctx;
    return strcmp(strategy, "narrow") != 0 || strcmp(symbol, "BTC/USDT") == 0;
}

/* Everything off that can be off; noon; ATOM at 10, BTC at 60,000; 100,000 of cash. */
static inline void set_up(void)
{
    all = nj_instruments_new();
    make_symbol(all, "ATOM/USDT", 0.01, 0.1);
    make_symbol(all, "BTC/USDT", 0.01, 0.00001);
    make_symbol(all, "ATOM/BTC", 0.0000001, 0.1);
    ledger = nj_ledger_new(all);
    orders = nj_orders_new(all);
    nj_ledger_set_capital(ledger, "s", 100000);
    nj_ledger_set_capital(ledger, "t", 100000);
    limits = (struct nj_risk_config){.per_order_usd_cap = 1e9,
                                     .daily_loss_usd_cap = 1e9,
                                     .orders_per_min_cap = 1e6,
                                     .max_intent_age_ms = 5000,
                                     .allow_short = NJ_YES};
    risk = nj_risk_new(&limits);
    atom_price = 10;
    btc_price = btc_usd = 60000;
    price_ts = NOON;
    checks = fills = 0;
    view = (struct nj_risk_view){.now_ns = NOON,
                                 .instruments = all,
                                 .ledger = ledger,
                                 .orders = orders,
                                 .symbol_allowed = allowed,
                                 .last_price = price_of,
                                 .usd_of = usd_of,
                                 .day_pnl_floor = NAN};
    ck_assert(ledger && orders && risk);
}

static inline void tear_down(void)
{
    nj_risk_free(risk);
    nj_orders_free(orders);
    nj_ledger_free(ledger);
    nj_instruments_free(all);
}

static inline void set_limits(void)
{
    ck_assert_int_eq(nj_risk_set_limits(risk, &limits), 0);
}

/* A fresh intent for ATOM/USDT of strategy s, of this moment. */
static inline njord_intent atoms(unsigned side, double qty)
{
    char id[16];
    snprintf(id, sizeof id, "i%u", ++checks);
    njord_intent in = make_intent(id, "s", "ATOM/USDT", side, qty);
    in.ev.ts_ns = view.now_ns;
    return in;
}

static inline njord_intent atoms_at(unsigned side, double qty, double limit)
{
    njord_intent in = atoms(side, qty);
    in.type = NJORD_TYPE_LIMIT;
    in.limit_price = limit;
    return in;
}

/* The decision's reason; every decision and order is checked to be whole and writable. */
static inline const char *check_flags(const njord_intent *in, unsigned flags)
{
    char why[256] = "", text[4096];
    size_t len;
    bool ok = nj_risk_check(risk, &view, in, flags, "paper", decision, order);
    ck_assert_int_eq(ok, strcmp(decision->reason, "ok") == 0);
    ck_assert_int_eq(decision->allowed, ok);
    const njord_real_pair *caps = njord_tail_items(&decision->ev, decision->caps);
    for (uint32_t n = 0; n < decision->caps.count; n++)
        ck_assert_msg(isfinite(caps[n].value), "%s", caps[n].key);
    ck_assert_msg(njord_event_check(&decision->ev, NJ_DECISION_MAX, why, sizeof why) == 0, "%s",
                  why);
    ck_assert_int_eq(njord_encode_json(&decision->ev, NULL, text, sizeof text, &len), 0);
    if (ok)
        ck_assert_msg(njord_event_check(&order->ev, NJ_ORDER_MAX, why, sizeof why) == 0, "%s", why);
    return decision->reason;
}

static inline const char *check(njord_intent in)
{
    return check_flags(&in, 0);
}

/* A value of the last decision's caps, NaN: not there. */
static inline double cap(const char *key)
{
    return njord_real(&decision->ev, decision->caps, key);
}

/* An order that risk let through, into the record. */
static inline void work(unsigned side, double qty)
{
    njord_intent in = atoms(side, qty);
    ck_assert_int_eq(nj_orders_intent(orders, &in), 0);
    ck_assert_str_eq(check(in), "ok");
    ck_assert_int_eq(nj_orders_decision(orders, decision), 0);
    ck_assert_int_eq(nj_orders_accepted(orders, order), 0);
}

static inline void hold(const char *strategy, unsigned side, double qty, double price, double fee)
{
    char id[16];
    struct nj_error err = {0};
    snprintf(id, sizeof id, "f%u", ++fills);
    njord_fill f = make_fill(id, strategy, "ATOM/USDT", side, qty, price, fee);
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
}

#endif
