/*
 * test_ledger.c - positions, money and fees: by hand, and against exact fractions
 * (tests/golden/trade/ledger.py).
 */
#include "ledger_make.h"

static void expect(const char *strategy, double qty, double avg, double realized, double fees)
{
    const struct nj_position *p = atom(strategy);
    ck_assert_double_eq(nj_position_qty(p), qty);
    ck_assert_double_eq_tol(p->avg_price, avg, 1e-12);
    ck_assert_double_eq_tol(p->realized_pnl, realized, 1e-12);
    ck_assert_double_eq_tol(p->fees_paid, fees, 1e-12);
}

/* ---- first in, first out ---- */

START_TEST(long_position_averages_its_lots)
{
    fill("s", BUY, 1, 10, 0);
    expect("s", 1, 10, 0, 0);
    fill("s", BUY, 3, 12, 0);
    expect("s", 4, 11.5, 0, 0); /* (10 + 36) / 4 */
    ck_assert_uint_eq(atom("s")->n_open, 2);
    ck_assert_uint_eq(atom("s")->n_fills, 2);
}
END_TEST

START_TEST(partial_close_takes_the_oldest_lot_first)
{
    fill("s", BUY, 2, 10, 0.2);
    fill("s", BUY, 2, 14, 0.4);
    struct nj_closing c = fill("s", SELL, 3, 15, 0.3);
    ck_assert_int_eq(c.lots, 30);
    ck_assert_double_eq_tol(c.realized_pnl, 11, 1e-12); /* 2 * 5 + 1 * 1 */
    ck_assert_double_eq_tol(c.fees, 0.7, 1e-12);        /* 0.3 own, 0.2, half of 0.4 */
    expect("s", 1, 14, 11, 0.9);
    ck_assert_uint_eq(atom("s")->n_open, 1);
    ck_assert_double_eq_tol(atom("s")->open[atom("s")->first_open].fee_quote, 0.2, 1e-12);
}
END_TEST

START_TEST(short_position_gains_when_bought_back_lower)
{
    fill("s", SELL, 4, 20, 0);
    expect("s", -4, 20, 0, 0);
    struct nj_closing c = fill("s", BUY, 1, 15, 0);
    ck_assert_double_eq(c.realized_pnl, 5);
    expect("s", -3, 20, 5, 0);
    c = fill("s", BUY, 3, 22, 0);
    ck_assert_double_eq(c.realized_pnl, -6);
    expect("s", 0, 0, -1, 0);
}
END_TEST

START_TEST(fill_through_zero_closes_then_opens_with_the_fee_pro_rata)
{
    fill("s", BUY, 2, 10, 0);
    struct nj_closing c = fill("s", SELL, 5, 12, 0.5);
    ck_assert_int_eq(c.lots, 20);
    ck_assert_double_eq(c.realized_pnl, 4);
    ck_assert_double_eq_tol(c.fees, 0.2, 1e-15); /* 2 of 5 */
    expect("s", -3, 12, 4, 0.5);
    ck_assert_double_eq_tol(atom("s")->open[0].fee_quote, 0.3, 1e-15);
    c = fill("s", BUY, 4, 11, 0.4);
    ck_assert_int_eq(c.lots, 30);
    ck_assert_double_eq(c.realized_pnl, 3);
    ck_assert_double_eq_tol(c.fees, 0.6, 1e-15); /* 3 of 4 of 0.4, and the entry's 0.3 */
    expect("s", 1, 11, 7, 0.9);
}
END_TEST

START_TEST(opening_fill_closes_nothing)
{
    struct nj_closing c = fill("s", BUY, 2, 10, 0.5);
    ck_assert_int_eq(c.lots, 0);
    ck_assert_double_eq(c.realized_pnl, 0);
    ck_assert_double_eq(c.fees, 0);
}
END_TEST

/* 0.1 + 0.2 - 0.3 is 5.6e-17 in doubles. */
START_TEST(fills_that_sum_to_nothing_leave_nothing)
{
    fill("s", BUY, 0.1, 10, 0);
    fill("s", BUY, 0.2, 11, 0);
    fill("s", SELL, 0.3, 12, 0);
    const struct nj_position *p = atom("s");
    ck_assert_int_eq(p->lots, 0);
    ck_assert_double_eq(nj_position_qty(p), 0);
    ck_assert_double_eq(p->avg_price, 0);
    ck_assert_double_eq(nj_position_unrealized(p, 99), 0);
    ck_assert_double_eq(nj_position_unrealized(p, NAN), 0);
    ck_assert_uint_eq(p->n_open, 0);
    njord_position_snapshot s;
    nj_ledger_snapshot(ledger, "*", "ATOM/USDT", 99, 7, &s);
    ck_assert_double_eq(s.qty, 0);
    ck_assert_double_eq(s.unrealized_pnl, 0);
}
END_TEST

START_TEST(thousand_turns_keep_every_cent)
{
    for (int n = 0; n < 1000; n++) {
        fill("s", BUY, 0.1, 10.1, 0.001);
        fill("s", SELL, 0.1, 10.2, 0.001);
    }
    expect("s", 0, 0, 10, 2); /* 1,000 times 0.1 * 0.1 */
    ck_assert_double_eq(atom("s")->fees_paid, 2);
}
END_TEST

START_TEST(equal_prices_average_to_that_price_exactly)
{
    for (int n = 1; n <= 300; n++)
        fill("s", BUY, 0.1 * n, 61837.63, 0);
    ck_assert_double_eq(atom("s")->avg_price, 61837.63);
    ck_assert_double_eq(nj_position_unrealized(atom("s"), 61837.63), 0);
}
END_TEST

/* ---- cash and fees ---- */

START_TEST(cash_is_capital_and_sales_minus_purchases_and_fees)
{
    ck_assert(isnan(nj_ledger_cash(ledger, "s")));
    ck_assert(isnan(nj_ledger_capital(ledger, "s")));
    ck_assert_int_eq(nj_ledger_set_capital(ledger, "s", 1000), 0);
    fill("s", BUY, 2, 10, 0.02);
    ck_assert_double_eq_tol(nj_ledger_cash(ledger, "s"), 979.98, 1e-12);
    fill("s", SELL, 1, 12, 0.012);
    ck_assert_double_eq_tol(nj_ledger_cash(ledger, "s"), 991.968, 1e-12);
    ck_assert_int_eq(nj_ledger_set_capital(ledger, "s", 1500), 0);
    ck_assert_double_eq_tol(nj_ledger_cash(ledger, "s"), 1491.968, 1e-12);
    ck_assert_double_eq(nj_ledger_capital(ledger, "s"), 1500);
    ck_assert_int_eq(nj_ledger_set_capital(ledger, "s", NAN), NJ_ERR_INPUT);
    ck_assert_int_eq(nj_ledger_set_capital(ledger, "", 1), NJ_ERR_INPUT);
}
END_TEST

START_TEST(rebate_adds_to_cash_and_lowers_fees)
{
    nj_ledger_set_capital(ledger, "s", 100);
    fill("s", BUY, 1, 10, -0.01);
    ck_assert_double_eq_tol(nj_ledger_cash(ledger, "s"), 90.01, 1e-12);
    expect("s", 1, 10, 0, -0.01);
}
END_TEST

static int fill_with_fee(unsigned side, double qty, double price, double fee, const char *asset,
                         nj_asset_price price_of)
{
    char id[32];
    struct nj_error err = {0};
    snprintf(id, sizeof id, "f%u", ++fills);
    njord_fill f = make_fill(id, "s", "ATOM/USDT", side, qty, price, fee);
    SET(f.fee_asset, asset);
    int rc = nj_ledger_fill(ledger, &f, price_of, NULL, NULL, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    return rc;
}

/* Step 0.1: a fee of 0.25 takes three lots, the half lot over pays for most of the next. */
START_TEST(fee_in_base_takes_whole_lots_and_keeps_what_is_over)
{
    nj_ledger_set_capital(ledger, "s", 10000);
    fill_with_fee(BUY, 250, 4, 0.25, "ATOM", NULL);
    expect("s", 249.7, 4, 0, 1);
    ck_assert_double_eq(nj_ledger_cash(ledger, "s"), 9000);
    ck_assert_int_eq(atom("s")->fee_credit, 500000000);
    fill_with_fee(BUY, 40, 4, 0.04, "ATOM", NULL);
    expect("s", 289.7, 4, 0, 1.16);
    ck_assert_int_eq(atom("s")->fee_credit, 100000000);
    fill_with_fee(BUY, 10, 4, 0.01, "ATOM", NULL);
    ck_assert_int_eq(atom("s")->fee_credit, 0);
    fill_with_fee(BUY, 10, 4, 0.01, "ATOM", NULL);
    expect("s", 309.6, 4, 0, 1.24);
    ck_assert_int_eq(atom("s")->fee_credit, 900000000);
}
END_TEST

/* What is sold to pay the fee gains or loses as any sale does: worth is conserved. */
START_TEST(fee_in_base_on_a_sale_sells_that_much_more)
{
    nj_ledger_set_capital(ledger, "s", 10000);
    fill_with_fee(BUY, 150, 10, 0, "USDT", NULL);
    fill_with_fee(SELL, 100, 12, 0.1, "ATOM", NULL);
    expect("s", 49.9, 10, 200.2, 1.2); /* 100.1 * 2; 0.1 * 12 */
    ck_assert_double_eq(nj_ledger_cash(ledger, "s"), 10000 - 1500 + 1200);
    /* cash + position at 12 = capital + realized - fees + unrealized */
    ck_assert_double_eq_tol(nj_ledger_cash(ledger, "s") + 49.9 * 12,
                            10000 + 200.2 - 1.2 + nj_position_unrealized(atom("s"), 12), 1e-9);
}
END_TEST

static double bnb_at_300(void *ctx, const char *asset, const char *quote)
{
    (void)ctx;
    return strcmp(asset, "BNB") == 0 && strcmp(quote, "USDT") == 0 ? 300 : NAN;
}

START_TEST(fee_in_a_third_asset_is_valued_at_its_price_else_counted)
{
    nj_ledger_set_capital(ledger, "s", 1000);
    fill_with_fee(BUY, 1, 10, 0.001, "BNB", bnb_at_300);
    expect("s", 1, 10, 0, 0.3);
    ck_assert_double_eq_tol(nj_ledger_cash(ledger, "s"), 989.7, 1e-12);
    ck_assert_uint_eq(nj_ledger_unvalued_fees(ledger), 0);
    fill_with_fee(BUY, 1, 10, 0.001, "XRP", bnb_at_300);
    fill_with_fee(BUY, 1, 10, 0.001, "BNB", NULL);
    fill_with_fee(BUY, 1, 10, 0, "XRP", NULL); /* nothing to value */
    expect("s", 4, 10, 0, 0.3);
    ck_assert_uint_eq(nj_ledger_unvalued_fees(ledger), 2);
}
END_TEST

/* ---- strategies and the account ---- */

START_TEST(account_is_the_sum_of_its_strategies)
{
    njord_position_snapshot s;
    fill("a", BUY, 3, 10, 0.3);
    fill("b", SELL, 1, 14, 0.1);
    nj_ledger_snapshot(ledger, "*", "ATOM/USDT", 12, 7, &s);
    ck_assert_str_eq(s.strategy_id, "*");
    ck_assert_str_eq(s.symbol, "ATOM/USDT");
    ck_assert_double_eq(s.qty, 2);
    ck_assert_double_eq(s.avg_price, 8);      /* (30 - 14) / 2 */
    ck_assert_double_eq(s.unrealized_pnl, 8); /* 3 * 2 + 1 * 2 */
    ck_assert_double_eq_tol(s.fees_paid, 0.4, 1e-15);
    ck_assert_int_eq(s.ev.ts_ns, 7);
    ck_assert_int_eq(njord_event_check(&s.ev, sizeof s, NULL, 0), 0);
    nj_ledger_snapshot(ledger, "a", "ATOM/USDT", NAN, 7, &s);
    ck_assert_double_eq(s.qty, 3);
    ck_assert(isnan(s.unrealized_pnl));
    fill("b", SELL, 2, 14, 0);
    nj_ledger_snapshot(ledger, "*", "ATOM/USDT", 12, 7, &s);
    ck_assert_double_eq(s.qty, 0);
    ck_assert_double_eq(s.avg_price, 0);
    ck_assert_double_eq(s.unrealized_pnl, 12); /* 3 * 2 + 3 * 2: hedged, not flat */
    nj_ledger_snapshot(ledger, "nobody", "BTC/USDT", 1, 7, &s);
    ck_assert_double_eq(s.qty, 0);
    ck_assert_double_eq(s.realized_pnl, 0);
    ck_assert_int_eq(njord_event_check(&s.ev, sizeof s, NULL, 0), 0);
}
END_TEST

START_TEST(strategies_do_not_see_each_other)
{
    fill("a", BUY, 3, 10, 0);
    ck_assert_ptr_null(nj_ledger_position(ledger, "b", "ATOM/USDT"));
    ck_assert_ptr_null(nj_ledger_position(ledger, "a", "BTC/USDT"));
    ck_assert_ptr_null(nj_ledger_position(ledger, "a", "NEW/USDT"));
    size_t at = 0;
    ck_assert_ptr_eq(nj_ledger_next(ledger, &at), atom("a"));
    ck_assert_ptr_null(nj_ledger_next(ledger, &at));
}
END_TEST

START_TEST(profit_is_of_all_strategies_and_counts_the_priceless_at_cost)
{
    struct nj_error err = {0};
    nj_ledger_set_capital(ledger, "s", 1000);
    fill("s", BUY, 2, 10, 0.02); /* + 4 */
    njord_fill f = make_fill("x1", "s", "BTC/USDT", BUY, 1, 60000, 3);
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    ck_assert_double_eq_tol(pnl_of(ledger, "ATOM/USDT"), 4 - 0.02, 1e-9);
    ck_assert_double_eq_tol(pnl_of(ledger, "BTC/USDT"), -3, 1e-9); /* no price: its fee alone */
    f = make_fill("x2", "t", "ETH/BTC", BUY, 1, 0.05, 0);
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    f = make_fill("x3", "s", "ETH/BTC", BUY, 2, 0.04, 0);
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    ck_assert_double_eq_tol(pnl_of(ledger, "ETH/BTC"), 0.05, 1e-12); /* in BTC: 0.01 + 2 x 0.02 */
    /* equity: cash 1000 - 20.02 - 60003, ATOM at 12, BTC at its average */
    f = make_fill("x4", "s", "ETH/BTC", SELL, 2, 0.04, 0);
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    ck_assert_double_eq_tol(nj_ledger_equity(ledger, "s", last_of, NULL), 1000 - 23.02 + 24, 1e-9);
    ck_assert(isnan(nj_ledger_equity(ledger, "t", last_of, NULL)));
}
END_TEST

/* ---- what cannot be ---- */

START_TEST(the_same_fill_counts_once)
{
    struct nj_error err = {0};
    njord_fill f = make_fill("paper-ATOMUSDT-1", "s", "ATOM/USDT", BUY, 1, 10, 0);
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    f.qty = 2;
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), NJ_ERR_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.text, "paper-ATOMUSDT-1"));
    expect("s", 1, 10, 0, 0);
    SET(f.fill_id, ""); /* whoever makes its own fills gives none */
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    expect("s", 5, 10, 0, 0);
}
END_TEST

START_TEST(nonsense_fill_is_refused_and_changes_nothing)
{
    static const double wrong[] = {0, -1, NAN, INFINITY, -INFINITY, 1e250};
    fill("s", BUY, 1, 10, 0);
    struct kept before = kept(ledger);
    njord_fill good = make_fill("n", "s", "ATOM/USDT", SELL, 1, 10, 0), f;
    for (int n = 0; n < 24; n++) {
        struct nj_error err = {0};
        f = good;
        if (n < 6)
            f.qty = wrong[n];
        else if (n < 12)
            f.price = wrong[n - 6];
        else if (n < 16)
            f.fee = wrong[n - 12 + 2];
        else if (n == 16)
            f.side = 3;
        else if (n == 17)
            f.qty = 0.15; /* between two steps */
        else if (n == 18)
            f.qty = 0.04; /* no step at all */
        else if (n == 19)
            SET(f.symbol, "atom");
        else if (n == 20)
            SET(f.strategy_id, "");
        else if (n == 21)
            SET(f.strategy_id, "*");
        else if (n == 22)
            f.qty = 4e17; /* 4e18 lots fit, 4e18 and -10 more do not matter: next is too much */
        else
            memset(f.symbol, 'A', sizeof f.symbol);
        if (n == 22) {
            f.side = BUY;
            f.price = 1e190;
        }
        int rc = nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err);
        ck_assert_msg(rc == NJ_ERR_INPUT, "case %d: %d", n, rc);
        ck_assert_msg(err.text[0] != '\0' && strchr(err.text, '\n') == NULL, "case %d", n);
    }
    struct kept after = kept(ledger);
    expect_same(&before, &after);
    forget(&before);
    forget(&after);
}
END_TEST

START_TEST(position_never_outgrows_62_bits)
{
    struct nj_error err = {0};
    make_symbol(all, "BIG/USDT", 1, 1);
    njord_fill f = make_fill("b1", "s", "BIG/USDT", BUY, 4e18, 1, 0);
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    SET(f.fill_id, "b2");
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), NJ_ERR_INPUT);
    SET(f.strategy_id, "t"); /* nor does the account */
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), NJ_ERR_INPUT);
    SET(f.strategy_id, "s");
    f.side = SELL;
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    ck_assert_int_eq(nj_ledger_position(ledger, "s", "BIG/USDT")->lots, 0);
}
END_TEST

/* ---- against exact fractions ---- */

static double bnb_price(void *ctx, const char *asset, const char *quote)
{
    (void)ctx;
    (void)quote;
    return strcmp(asset, "BNB") == 0 ? 300 : NAN;
}

/* Equal, or one of the two doubles beside: what is shown is a sum of twice the digits, rounded. */
static void near(double is, double should, double slack, const char *what, unsigned line)
{
    ck_assert_msg(fabs(is - should) <= fabs(should) * 0x1p-52 + slack,
                  "line %u: %s is %.17g, should be %.17g", line, what, is, should);
}

static void play(const char *path)
{
    char *text = read_source(path), *rest = NULL, id[16];
    njord_fill f;
    struct nj_closing c = {0};
    unsigned line = 0, checked = 0;
    nj_ledger_free(ledger);
    nj_instruments_free(all);
    all = nj_instruments_new();
    ledger = nj_ledger_new(all);
    for (char *at = strtok_r(text, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest)) {
        char strategy[48], symbol[32], side[8], asset[16];
        double v[9];
        long long lots;
        line++;
        if (sscanf(at, "symbol %31s %lf", symbol, &v[0]) == 2) {
            make_symbol(all, symbol, 1e-8, v[0]);
        } else if (sscanf(at, "capital %47s %lf", strategy, &v[0]) == 2) {
            ck_assert_int_eq(nj_ledger_set_capital(ledger, strategy, v[0]), 0);
        } else if (sscanf(at, "fill %47s %31s %7s %lf %lf %lf %15s", strategy, symbol, side, &v[0],
                          &v[1], &v[2], asset) == 7) {
            struct nj_error err = {0};
            snprintf(id, sizeof id, "%u", line);
            f = make_fill(id, strategy, symbol, side[0] == 'b' ? BUY : SELL, v[0], v[1], v[2]);
            SET(f.fee_asset, asset);
            int rc = nj_ledger_fill(ledger, &f, bnb_price, NULL, &c, &err);
            ck_assert_msg(rc == 0, "line %u: %s", line, err.text);
        } else {
            int n = sscanf(at, " = %lf %lf %lf %lf %lf | %lld %lf %lf | %lf", &v[0], &v[1], &v[2],
                           &v[3], &v[4], &lots, &v[5], &v[6], &v[7]);
            double account[4];
            ck_assert_msg(n == 9 && sscanf(strrchr(at, '|'), "| %lf %lf %lf %lf", &account[0],
                                           &account[1], &account[2], &account[3]) == 4,
                          "line %u", line);
            const struct nj_position *p = nj_ledger_position(ledger, strategy, symbol);
            njord_position_snapshot s;
            nj_ledger_snapshot(ledger, "*", symbol, NAN, 0, &s);
            ck_assert_msg(nj_position_qty(p) == v[0], "line %u: quantity", line);
            near(p->avg_price, v[1], 0, "average", line);
            near(p->realized_pnl, v[2], 0, "realized", line);
            near(p->fees_paid, v[3], 0, "fees", line);
            near(nj_ledger_cash(ledger, strategy), v[4], 0, "cash", line);
            ck_assert_int_eq(c.lots, lots);
            near(c.realized_pnl, v[5], 0, "gain", line);
            near(c.fees, v[6], fabs(v[6]) * 1e-13, "closing fees", line);
            ck_assert_msg(s.qty == account[0], "line %u: account", line);
            near(s.avg_price, account[1], 0, "account's average", line);
            near(s.realized_pnl, account[2], 0, "account's realized", line);
            near(nj_position_unrealized(p, f.price), account[3], 0, "unrealized", line);
            checked++;
        }
    }
    ck_assert_uint_ge(checked, 100);
    free(text);
    struct nj_instruments *instruments;
    struct nj_ledger *copy = reloaded(&instruments);
    nj_ledger_free(copy);
    nj_instruments_free(instruments);
}

static const char *const series[] = {"ledger_spot.txt", "ledger_lots.txt", "ledger_base_fees.txt",
                                     "ledger_fine.txt"};

START_TEST(random_fills_equal_exact_fractions)
{
    char path[128];
    snprintf(path, sizeof path, "tests/golden/trade/%s", series[_i]);
    play(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger");
    TCase *t = tcase_create("ledger");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, long_position_averages_its_lots);
    tcase_add_test(t, partial_close_takes_the_oldest_lot_first);
    tcase_add_test(t, short_position_gains_when_bought_back_lower);
    tcase_add_test(t, fill_through_zero_closes_then_opens_with_the_fee_pro_rata);
    tcase_add_test(t, opening_fill_closes_nothing);
    tcase_add_test(t, fills_that_sum_to_nothing_leave_nothing);
    tcase_add_test(t, thousand_turns_keep_every_cent);
    tcase_add_test(t, equal_prices_average_to_that_price_exactly);
    tcase_add_test(t, cash_is_capital_and_sales_minus_purchases_and_fees);
    tcase_add_test(t, rebate_adds_to_cash_and_lowers_fees);
    tcase_add_test(t, fee_in_base_takes_whole_lots_and_keeps_what_is_over);
    tcase_add_test(t, fee_in_base_on_a_sale_sells_that_much_more);
    tcase_add_test(t, fee_in_a_third_asset_is_valued_at_its_price_else_counted);
    tcase_add_test(t, account_is_the_sum_of_its_strategies);
    tcase_add_test(t, strategies_do_not_see_each_other);
    tcase_add_test(t, profit_is_of_all_strategies_and_counts_the_priceless_at_cost);
    tcase_add_test(t, the_same_fill_counts_once);
    tcase_add_test(t, nonsense_fill_is_refused_and_changes_nothing);
    tcase_add_test(t, position_never_outgrows_62_bits);
    tcase_add_loop_test(t, random_fills_equal_exact_fractions, 0, 4);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
