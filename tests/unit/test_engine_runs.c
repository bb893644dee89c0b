/* test_engine_runs.c - what a backtest refuses, what comes out of it, runs of trades, and longer
 * bars: worked out by hand from the rules in doc/semantics.md. */
#include "engine_run.h"

/* ---- refusals ---- */

START_TEST(a_buy_beyond_the_cash_is_refused_and_one_that_became_so_is_rejected_at_its_fill)
{
    SCENE("b1 buy ATOM/USDT 10;b2 buy ATOM/USDT 9.7");
    s.kinds = "DUF";
    s.options.fill = NJ_BT_FILL_NEXT_OPEN;
    add_bar(&s, ATOM, 0, 100, 101, 99, 101);  /* 10 * 101 > 1000 */
    add_bar(&s, ATOM, 1, 102, 103, 101, 102); /* 9.7 * 102 = 989.4 */
    add_bar(&s, ATOM, 2, 104, 105, 103, 104); /* 9.7 * 104 = 1008.8 */
    run(&s, "risk insufficient_cash@60\nrisk ok@120\nnew@120\n"
            "rejected insufficient_cash@120\n");
    ck_assert_uint_eq(s.outcome.counts.refused, 1);
    ck_assert_uint_eq(s.outcome.n_refusals, 1);
    ck_assert_str_eq(s.outcome.refusals[0].reason, "insufficient_cash");
    curve_is(&s, "60=1000 120=1000 180=1000");
    scene_end(&s);
}
END_TEST

START_TEST(without_the_cash_check_cash_goes_below_nothing)
{
    SCENE("b1 buy ATOM/USDT 20");
    s.kinds = "F";
    s.options.cash_check = false;
    four_bars(&s);
    run(&s, "buy ATO 20 at 101 fee 0@60\n");
    curve_is(&s, "60=1000 120=1020 180=1040 240=1060");
    scene_end(&s);
}
END_TEST

START_TEST(a_sale_beyond_what_is_held_is_refused_when_shorts_are_not_allowed)
{
    SCENE("b1 buy ATOM/USDT 2;b2 sell ATOM/USDT 3;b2 sell ATOM/USDT 2");
    s.kinds = "DF";
    s.options.allow_short = false;
    four_bars(&s);
    run(&s, "risk ok@60\nbuy ATO 2 at 101 fee 0@60\nrisk allow_short@120\nrisk ok@120\n"
            "sell ATO 2 at 102 fee 0@120\n");
    scene_end(&s);
}
END_TEST

START_TEST(a_short_pays_when_the_price_falls)
{
    SCENE("b1 sell ATOM/USDT 2;b2 buy ATOM/USDT 3");
    s.kinds = "FP";
    add_bar(&s, ATOM, 0, 100, 101, 99, 100);
    add_bar(&s, ATOM, 1, 100, 100, 90, 90);
    add_bar(&s, ATOM, 2, 90, 95, 90, 95);
    /* 2 * 10 gained; one is left long at 90 */
    run(&s, "sell ATO 2 at 100 fee 0@60\nposition -2 avg 100\n"
            "buy ATO 3 at 90 fee 0@120\nposition 1 avg 90\n");
    curve_is(&s, "60=1000 120=1020 180=1025");
    ck_assert_uint_eq(s.outcome.n_trades, 1);
    ck_assert_double_eq(s.outcome.trades[0].pnl, 20);
    scene_end(&s);
}
END_TEST

START_TEST(a_symbol_that_is_not_of_the_run_is_refused)
{
    SCENE("b1 buy BTC/USDT 1");
    s.kinds = "D";
    four_bars(&s);
    run(&s, "risk unknown_symbol@60\n");
    scene_end(&s);
}
END_TEST

START_TEST(bars_of_the_warm_up_are_flagged_their_orders_refused_and_no_point_is_kept)
{
    SCENE("b2 buy ATOM/USDT 1;b3 buy ATOM/USDT 1");
    s.kinds = "SDF";
    s.options.warmup = 2;
    four_bars(&s);
    run(&s, "bar ATO 1m 101@60 warm last 101 pos 0 work 0 worth 1000\n"
            "bar ATO 1m 102@120 warm last 102 pos 0 work 0 worth 1000\n"
            "risk warmup@120\n"
            "bar ATO 1m 103@180 last 103 pos 0 work 0 worth 1000\n"
            "risk ok@180\nbuy ATO 1 at 103 fee 0@180\nfilled ATO 103@180 pos 1\n"
            "bar ATO 1m 104@240 last 104 pos 1 work 0 worth 1001\n");
    curve_is(&s, "180=1000 240=1001");
    scene_end(&s);
}
END_TEST

START_TEST(an_instant_counts_when_one_of_its_bars_is_past_the_warm_up)
{
    SCENE("");
    s.kinds = "S";
    s.options.warmup = 1;
    add_bar(&s, ATOM, 0, 1, 1, 1, 1);
    add_bar(&s, ATOM, 1, 1, 1, 1, 1);
    add_bar(&s, BTC, 1, 2, 2, 2, 2); /* its first */
    run(&s, "bar ATO 1m 1@60 warm last 1 pos 0 work 0 worth 1000\n"
            "bar ATO 1m 1@120 last 1 pos 0 work 0 worth 1000\n"
            "bar BTC 1m 2@120 warm last 2 pos 0 work 0 worth 1000\n");
    curve_is(&s, "120=1000");
    scene_end(&s);
}
END_TEST

/* ---- what comes out ---- */

START_TEST(trades_are_matched_first_in_first_out_with_fees_pro_rata)
{
    SCENE("b1 buy ATOM/USDT 2;b2 buy ATOM/USDT 2;b3 sell ATOM/USDT 3;b4 sell ATOM/USDT 0.5");
    s.options.commission_rate = 0.01;
    s.kinds = "";
    four_bars(&s);
    run(&s, "");
    /* bought 2 at 101 (fee 2.02) and 2 at 102 (fee 2.04). Sold 3 at 103 (fee 3.09): 2 * 2 + 1 * 1
     * = 5, less 3.09, 2.02 and half of 2.04: -1.13. Sold 0.5 at 104 (fee 0.52): 1 - 0.52 - 0.51 */
    ck_assert_uint_eq(s.outcome.n_trades, 2);
    ck_assert_double_eq_tol(s.outcome.trades[0].pnl, -1.13, 1e-12);
    ck_assert_double_eq_tol(s.outcome.trades[1].pnl, -0.03, 1e-12);
    /* half a unit stays, marked at 104 */
    ck_assert_uint_eq(s.outcome.n_open, 1);
    ck_assert_double_eq(s.outcome.open[0].qty, 0.5);
    ck_assert_double_eq(s.outcome.open[0].avg_price, 102);
    ck_assert_double_eq(s.outcome.open[0].unrealized_pnl, 1);
    /* cash 1000 - 202 - 2.02 - 204 - 2.04 + 309 - 3.09 + 52 - 0.52 = 947.33, and 52 */
    ck_assert_double_eq_tol(s.outcome.final_equity, 999.33, 1e-9);
    ck_assert_uint_eq(s.outcome.n_fills, 4);
    scene_end(&s);
}
END_TEST

START_TEST(a_run_of_rows_stops_before_its_end)
{
    SCENE("");
    s.kinds = "S";
    s.options.to_ns = ZERO + MINUTE;
    four_bars(&s);
    run(&s, "bar ATO 1m 101@60 last 101 pos 0 work 0 worth 1000\n");
    scene_end(&s);
}
END_TEST

START_TEST(rows_in_several_pieces_are_one_series)
{
    SCENE("");
    struct nj_columns pieces[3];
    s.kinds = "S";
    four_bars(&s);
    s.rows[0].columns.n = 3;
    nj_columns_slice(&s.rows[0].columns, 0, 1, &pieces[0]);
    nj_columns_slice(&s.rows[0].columns, 1, 1, &pieces[1]); /* empty */
    nj_columns_slice(&s.rows[0].columns, 1, 3, &pieces[2]);
    s.series[0].pieces = pieces;
    s.series[0].n_pieces = 3;
    run(&s, NULL);
    curve_is(&s, "60=1000 120=1000 180=1000");
    scene_end(&s);
}
END_TEST

START_TEST(the_same_run_twice_is_the_same_to_the_bit)
{
    static struct scene a, b;
    char text[] = "b1 buy ATOM/USDT 1;b2 sell ATOM/USDT 3;b3 lbuy ATOM/USDT 1 103";
    char same[] = "b1 buy ATOM/USDT 1;b2 sell ATOM/USDT 3;b3 lbuy ATOM/USDT 1 103";
    scene_init(&a, puppet(), text);
    scene_init(&b, puppet(), same);
    a.options.commission_rate = b.options.commission_rate = 0.001;
    a.options.slippage_bps = b.options.slippage_bps = 5;
    four_bars(&a);
    four_bars(&b);
    run(&a, NULL);
    run(&b, a.log);
    ck_assert_uint_eq(a.outcome.n_fills, 3);
    ck_assert_uint_eq(b.outcome.n_fills, 3);
    for (size_t i = 0; i < 3; i++) {
        njord_fill one, other;
        ck_assert_mem_eq(nj_bt_fill_at(&a.outcome, i, &one), nj_bt_fill_at(&b.outcome, i, &other),
                         sizeof one);
    }
    ck_assert_mem_eq(a.outcome.curve_equity, b.outcome.curve_equity, 4 * sizeof(double));
    scene_end(&a);
    scene_end(&b);
}
END_TEST

START_TEST(a_run_with_no_one_listening_gives_the_same_fills)
{
    static struct scene a, b;
    char text[] = "b1 buy ATOM/USDT 1;b2 sell ATOM/USDT 3;b3 lbuy ATOM/USDT 1 103";
    char same[] = "b1 buy ATOM/USDT 1;b2 sell ATOM/USDT 3;b3 lbuy ATOM/USDT 1 103";
    scene_init(&a, puppet(), text);
    scene_init(&b, puppet(), same);
    b.options.flow = NULL;
    four_bars(&a);
    four_bars(&b);
    run(&a, NULL);
    run(&b, "");
    ck_assert_uint_eq(a.outcome.n_fills, b.outcome.n_fills);
    for (size_t i = 0; i < a.outcome.n_fills; i++) {
        njord_fill one, other;
        ck_assert_mem_eq(nj_bt_fill_at(&a.outcome, i, &one), nj_bt_fill_at(&b.outcome, i, &other),
                         sizeof one);
    }
    scene_end(&a);
    scene_end(&b);
}
END_TEST

START_TEST(a_plugin_that_overwrites_what_it_is_shown_changes_nothing)
{
    static struct scene a, b;
    char text[] = "", same[] = "";
    scene_init(&a, module_named("tests/plugins/scribbler"), text);
    scene_init(&b, puppet(), same);
    a.options.n_params = 0;
    four_bars(&a);
    four_bars(&b);
    run(&a, "");
    run(&b, NULL);
    ck_assert_mem_eq(a.outcome.curve_equity, b.outcome.curve_equity, 4 * sizeof(double));
    ck_assert_double_eq(a.rows[0].close[3], 104);
    scene_end(&a);
    scene_end(&b);
}
END_TEST

/* ---- errors ---- */

START_TEST(errors_of_callbacks_are_counted_and_the_hundredth_ends_the_run)
{
    SCENE("b1 fail;b3 fail");
    s.kinds = "";
    four_bars(&s);
    run(&s, "");
    ck_assert_uint_eq(s.outcome.counts.errors, 2);
    ck_assert_str_eq(s.outcome.failure, "on_bar returned -1: told to fail");
    scene_end(&s);

    static struct scene many;
    char always[] = "b* fail";
    scene_init(&many, puppet(), always);
    many.kinds = "";
    for (int i = 0; i < MAX_ROWS; i++)
        add_bar(&many, ATOM, i, 1, 1, 1, 1);
    for (int i = 0; i < MAX_ROWS; i++)
        add_bar(&many, BTC, i, 1, 1, 1, 1);
    run_fails(&many, NJ_ERR_PLUGIN,
              "strategy 'puppet': 100 errors, the last: on_bar returned -1: told to fail");
    scene_end(&many);
}
END_TEST

START_TEST(a_strategy_that_answers_each_fill_with_an_order_is_ended)
{
    SCENE("b1 buy ATOM/USDT 1;f* buy ATOM/USDT 1");
    static char quiet[] = "quiet", one[] = "1";
    s.params[2] = (struct nj_param_text){.name = quiet, .text = one};
    s.options.n_params = 3;
    s.options.cash_check = false;
    s.options.flow = NULL;
    four_bars(&s);
    run_fails(&s, NJ_ERR_PLUGIN,
              "strategy 'puppet': more than 100000 orders at one instant: does each fill make it "
              "send another?");
    scene_end(&s);
}
END_TEST

START_TEST(what_cannot_be_run_is_told_in_one_line)
{
    SCENE("");
    four_bars(&s);
    s.options.timeframe = "7q";
    run_fails(&s, NJ_ERR_CONFIG, "timeframe '7q': expected 1s to 1d");
    s.options.timeframe = "1m";

    s.rows[0].ts[2] = s.rows[0].ts[0];
    run_fails(&s, NJ_ERR_INPUT,
              "symbol 'ATOM/USDT': row at 1600000200000000000 is not after the one ahead of it");
    s.rows[0].ts[2] = s.rows[0].ts[1];
    run_fails(&s, NJ_ERR_INPUT,
              "symbol 'ATOM/USDT': row at 1600000260000000000 is not after the one ahead of it");
    s.rows[0].ts[2] = s.rows[0].ts[1] + MINUTE;

    s.options.n_series = 2;
    s.series[1] = (struct nj_bt_series){"BTC/EUR", &s.rows[0].columns, 1, false};
    run_fails(&s, NJ_ERR_CONFIG,
              "symbols 'ATOM/USDT' and 'BTC/EUR': expected one quote asset a run");
    s.series[1].symbol = ATOM;
    run_fails(&s, NJ_ERR_CONFIG, "symbol 'ATOM/USDT' is named twice");
    s.series[1].symbol = "ATOM";
    run_fails(&s, NJ_ERR_CONFIG, "'ATOM' is no BASE/QUOTE symbol");
    s.options.n_series = 1;

    char wrong[] = "skript";
    s.params[0].name = wrong;
    int rc = nj_bt_run(&s.options, &s.outcome, &s.err);
    ck_assert_int_eq(rc, NJ_ERR_CONFIG);
    ck_assert_msg(strstr(s.err.text, "skript") && strstr(s.err.text, "script'"), "%s", s.err.text);
    scene_end(&s);
}
END_TEST

START_TEST(a_strategy_without_a_callback_for_the_rows_is_refused)
{
    SCENE("");
    nj_module_unref(s.options.module);
    s.options.module = module_named("tests/plugins/counter_v1"); /* on_trade alone */
    s.options.n_params = 0;
    four_bars(&s);
    run_fails(&s, NJ_ERR_CONFIG,
              "strategy 'puppet' has no callback for bars: expected --input trades");
    scene_end(&s);
}
END_TEST

/* ---- trades ---- */

START_TEST(a_bar_is_shown_before_the_trade_that_closes_it_and_makes_the_point)
{
    SCENE("t2 buy ATOM/USDT 1");
    static const char *const globs[] = {"md.*"};
    s.kinds = "SF";
    s.options.event_globs = globs;
    s.options.n_event_globs = 1;
    add_trade(&s, ATOM, 5, 100);
    add_trade(&s, ATOM, 50, 102);
    add_trade(&s, ATOM, 65, 104);
    add_trade(&s, ATOM, 130, 110);
    /* The first bucket is partial: it began before the first trade was seen. The last is not
     * finished when the data ends: a point, and no event. */
    run(&s, "trade ATO 100@5 last 100\n"
            "trade ATO 102@50 last 102\n"
            "buy ATO 1 at 102 fee 0@50\nfilled ATO 102@50 pos 1\n"
            "bar ATO 1m 102@65 partial last 102 pos 1 work 0 worth 1000\n"
            "trade ATO 104@65 last 104\n"
            "bar ATO 1m 104@130 last 104 pos 1 work 0 worth 1002\n"
            "trade ATO 110@130 last 110\n");
    curve_is(&s, "60=1000 120=1002 180=1008");
    scene_end(&s);
}
END_TEST

START_TEST(the_warm_up_of_trades_counts_trades)
{
    SCENE("t1 buy ATOM/USDT 1;t3 buy ATOM/USDT 1");
    static const char *const globs[] = {"md.*"};
    s.kinds = "SDF";
    s.options.event_globs = globs;
    s.options.n_event_globs = 1;
    s.options.warmup = 2;
    add_trade(&s, ATOM, 5, 100);
    add_trade(&s, ATOM, 50, 102);
    add_trade(&s, ATOM, 65, 104);
    add_trade(&s, ATOM, 130, 110);
    /* the bar of the first minute is closed, and shown, by a trade that counts */
    run(&s, "trade ATO 100@5 warm last 100\nrisk warmup@5\n"
            "trade ATO 102@50 warm last 102\n"
            "bar ATO 1m 102@65 partial last 102 pos 0 work 0 worth 1000\n"
            "trade ATO 104@65 last 104\n"
            "risk ok@65\nbuy ATO 1 at 104 fee 0@65\nfilled ATO 104@65 pos 1\n"
            "bar ATO 1m 104@130 last 104 pos 1 work 0 worth 1000\n"
            "trade ATO 110@130 last 110\n");
    curve_is(&s, "60=1000 120=1000 180=1006");
    scene_end(&s);
}
END_TEST

START_TEST(a_run_of_nothing_but_warm_up_has_no_point)
{
    SCENE("");
    s.kinds = "F";
    s.options.warmup = 4;
    four_bars(&s);
    run(&s, "");
    curve_is(&s, "");
    scene_end(&s);
    struct scene t;
    scene_init(&t, module_named("tests/plugins/puppet"), (char[]){""});
    t.kinds = "F";
    t.options.warmup = 2;
    add_trade(&t, ATOM, 5, 100);
    add_trade(&t, ATOM, 65, 104);
    run(&t, "");
    curve_is(&t, "");
    scene_end(&t);
}
END_TEST

START_TEST(a_plugin_named_directly_gets_trades_alone_when_it_takes_them)
{
    SCENE("");
    s.kinds = "S";
    add_trade(&s, ATOM, 5, 100);
    add_trade(&s, ATOM, 65, 104);
    run(&s, "trade ATO 100@5 last 100\ntrade ATO 104@65 last 104\n");
    curve_is(&s, "60=1000 120=1000");
    scene_end(&s);
}
END_TEST

START_TEST(orders_meet_trades_as_at_the_paper_broker)
{
    SCENE("t1 lbuy ATOM/USDT 1 99;t1 lbuy ATOM/USDT 1 101;t3 lsell ATOM/USDT 1 120 ioc");
    s.kinds = "UF";
    s.options.maker_rate = 0;
    s.options.taker_rate = 0.1;
    add_trade(&s, ATOM, 1, 100);
    add_trade(&s, ATOM, 2, 99.5);
    add_trade(&s, ATOM, 3, 98);
    /* 101 is met at once at the last price, 100, as taker; 99 waits, and is made at its limit */
    run(&s, "new@1\nnew@1\nfilled@1\nbuy ATO 1 at 100 fee 10@1\n"
            "filled@3\nbuy ATO 1 at 99 fee 0@3\nnew@3\nexpired@3\n");
    scene_end(&s);
}
END_TEST

START_TEST(orders_sent_together_over_trades_are_all_judged_before_the_first_fills)
{
    SCENE("t1 buy ATOM/USDT 1;t1 sell ATOM/USDT 1");
    s.kinds = "IDOUBF";
    add_trade(&s, ATOM, 1, 100);
    run(&s, "intent buy ATO 1@1\nintent sell ATO 1@1\n"
            "risk ok@1\norder buy ATO 1@1\nrisk ok@1\norder sell ATO 1@1\n"
            "new@1\nbroker 100\nfilled@1\nnew@1\nbroker 100\nfilled@1\n"
            "buy ATO 1 at 100 fee 0@1\nsell ATO 1 at 100 fee 0@1\n");
    scene_end(&s);
}
END_TEST

START_TEST(a_cancel_behind_a_market_order_over_trades_comes_after_its_fill)
{
    SCENE("t1 buy ATOM/USDT 1;t1 cancel 1");
    s.kinds = "IDOUBFC";
    add_trade(&s, ATOM, 1, 100);
    run(&s, "intent buy ATO 1@1\ncancel@1\nrisk ok@1\norder buy ATO 1@1\ncancel@1\n"
            "new@1\nbroker 100\nfilled@1\nrejected rejected@1\nbuy ATO 1 at 100 fee 0@1\n");
    scene_end(&s);
}
END_TEST

START_TEST(maker_and_taker_rates_are_paid_apart_over_trades)
{
    SCENE("t1 buy ATOM/USDT 1;t1 lsell ATOM/USDT 1 102");
    s.kinds = "F";
    s.options.maker_rate = -0.0005;
    s.options.taker_rate = 0.002;
    add_trade(&s, ATOM, 1, 100);
    add_trade(&s, ATOM, 2, 103);
    run(&s, "buy ATO 1 at 100 fee 0.2@1\nsell ATO 1 at 102 fee -0.051@2\n");
    scene_end(&s);
}
END_TEST

START_TEST(trades_of_several_symbols_go_by_time)
{
    SCENE("");
    s.kinds = "S";
    add_trade(&s, BTC, 2, 50);
    add_trade(&s, BTC, 4, 51);
    add_trade(&s, ATOM, 1, 100);
    add_trade(&s, ATOM, 4, 101);
    run(&s, "trade ATO 100@1 last 100\ntrade BTC 50@2 last 50\ntrade BTC 51@4 last 51\n"
            "trade ATO 101@4 last 101\n");
    scene_end(&s);
}
END_TEST

/* ---- longer bars ---- */

START_TEST(longer_bars_that_events_ask_for_are_made_of_the_rows)
{
    SCENE("b6 buy ATOM/USDT 1");
    static const char *const globs[] = {"md.ohlcv.5m.ATOM/USDT"};
    static char five[] = "5m", one[] = "1m", hour[] = "1h";
    static char *frames[] = {one, five, hour};
    static struct nj_config config;
    config.ohlcv.timeframes = frames;
    config.ohlcv.n_timeframes = 3;
    s.options.config = &config;
    s.options.event_globs = globs;
    s.options.n_event_globs = 1;
    s.kinds = "SF";
    for (int i = 0; i < 5; i++)
        add_bar(&s, ATOM, i, 10 + i, 20 + i, 5 + i, 11 + i);
    add_bar(&s, ATOM, 5, 15, 16, 14, 15);
    add_bar(&s, ATOM, 10, 30, 31, 29, 30); /* 6 to 9 are missing: the second bucket has one row */
    run(&s, "bar ATO 1m 11@60 last 11 pos 0 work 0 worth 1000\n"
            "bar ATO 1m 12@120 last 12 pos 0 work 0 worth 1000\n"
            "bar ATO 1m 13@180 last 13 pos 0 work 0 worth 1000\n"
            "bar ATO 1m 14@240 last 14 pos 0 work 0 worth 1000\n"
            "bar ATO 1m 15@300 last 15 pos 0 work 0 worth 1000\n"
            "bar ATO 5m 15@300 last 15 pos 0 work 0 worth 1000 from 10 high 24 low 5 vol 5\n"
            "buy ATO 1 at 15 fee 0@300\nfilled ATO 15@300 pos 1\n"
            "bar ATO 1m 15@360 last 15 pos 1 work 0 worth 1000\n"
            "bar ATO 5m 15@660 partial last 30 pos 1 work 0 worth 1000 from 15 high 16 low 14 "
            "vol 1\n"
            "bar ATO 1m 30@660 last 30 pos 1 work 0 worth 1015\n");
    scene_end(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_runs");
    TCase *tc = tcase_create("engine_runs");
    if (!mkdtemp(engine_dir))
        return 1;
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc,
                   a_buy_beyond_the_cash_is_refused_and_one_that_became_so_is_rejected_at_its_fill);
    tcase_add_test(tc, without_the_cash_check_cash_goes_below_nothing);
    tcase_add_test(tc, a_sale_beyond_what_is_held_is_refused_when_shorts_are_not_allowed);
    tcase_add_test(tc, a_short_pays_when_the_price_falls);
    tcase_add_test(tc, a_symbol_that_is_not_of_the_run_is_refused);
    tcase_add_test(tc, bars_of_the_warm_up_are_flagged_their_orders_refused_and_no_point_is_kept);
    tcase_add_test(tc, an_instant_counts_when_one_of_its_bars_is_past_the_warm_up);
    tcase_add_test(tc, the_warm_up_of_trades_counts_trades);
    tcase_add_test(tc, a_run_of_nothing_but_warm_up_has_no_point);
    tcase_add_test(tc, trades_are_matched_first_in_first_out_with_fees_pro_rata);
    tcase_add_test(tc, a_run_of_rows_stops_before_its_end);
    tcase_add_test(tc, rows_in_several_pieces_are_one_series);
    tcase_add_test(tc, the_same_run_twice_is_the_same_to_the_bit);
    tcase_add_test(tc, a_run_with_no_one_listening_gives_the_same_fills);
    tcase_add_test(tc, a_plugin_that_overwrites_what_it_is_shown_changes_nothing);
    tcase_add_test(tc, errors_of_callbacks_are_counted_and_the_hundredth_ends_the_run);
    tcase_add_test(tc, a_strategy_that_answers_each_fill_with_an_order_is_ended);
    tcase_add_test(tc, what_cannot_be_run_is_told_in_one_line);
    tcase_add_test(tc, a_strategy_without_a_callback_for_the_rows_is_refused);
    tcase_add_test(tc, a_bar_is_shown_before_the_trade_that_closes_it_and_makes_the_point);
    tcase_add_test(tc, a_plugin_named_directly_gets_trades_alone_when_it_takes_them);
    tcase_add_test(tc, orders_meet_trades_as_at_the_paper_broker);
    tcase_add_test(tc, trades_of_several_symbols_go_by_time);
    tcase_add_test(tc, longer_bars_that_events_ask_for_are_made_of_the_rows);
    tcase_add_test(tc, orders_sent_together_over_trades_are_all_judged_before_the_first_fills);
    tcase_add_test(tc, a_cancel_behind_a_market_order_over_trades_comes_after_its_fill);
    tcase_add_test(tc, maker_and_taker_rates_are_paid_apart_over_trades);
    suite_add_tcase(suite, tc);
    int rc = run_suite(suite);
    rmdir(engine_dir);
    return rc;
}
