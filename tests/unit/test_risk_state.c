/*
 * test_risk_state.c - what the rules remember: tokens, the day's loss, and both over a restart.
 */
#include "risk_make.h"

/* ---- tokens ---- */

static unsigned accepted_in_a_row(unsigned tries)
{
    unsigned n = 0;
    while (tries-- > 0)
        n += strcmp(check(atoms(BUY, 1)), "ok") == 0;
    return n;
}

START_TEST(bucket_starts_full_and_gives_its_cap)
{
    limits.orders_per_min_cap = 30;
    set_limits();
    ck_assert_uint_eq(accepted_in_a_row(29), 29);
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok"); /* the thirtieth */
    ck_assert_str_eq(check(atoms(BUY, 1)), "orders_per_min_cap");
    ck_assert_double_eq(cap("orders_per_min_cap"), 30);
    ck_assert_double_eq(cap("tokens"), 0);
}
END_TEST

/* 30 a minute: one every two seconds. */
START_TEST(bucket_refills_continuously)
{
    limits.orders_per_min_cap = 30;
    set_limits();
    ck_assert_uint_eq(accepted_in_a_row(40), 30);
    view.now_ns = NOON + 2 * SECOND - 1;
    ck_assert_str_eq(check(atoms(BUY, 1)), "orders_per_min_cap");
    ck_assert_double_eq_tol(cap("tokens"), 1, 1e-9);
    ck_assert_double_lt(cap("tokens"), 1);
    view.now_ns = NOON + 2 * SECOND;
    ck_assert_uint_eq(accepted_in_a_row(5), 1);
    view.now_ns = NOON + 12 * SECOND;
    ck_assert_uint_eq(accepted_in_a_row(9), 5);
    view.now_ns = NOON + 300 * SECOND; /* never more than full */
    ck_assert_uint_eq(accepted_in_a_row(99), 30);
}
END_TEST

/* 7 a minute is no whole number of ns a token; asking often must not lose parts of one. */
START_TEST(asking_often_loses_no_part_of_a_token)
{
    limits.orders_per_min_cap = 7;
    set_limits();
    ck_assert_uint_eq(accepted_in_a_row(7), 7);
    unsigned n = 0;
    for (int64_t ms = 1; ms <= 600000; ms += 7) {
        view.now_ns = NOON + ms * 1000000;
        n += strcmp(check(atoms(BUY, 1)), "ok") == 0;
    }
    ck_assert_uint_eq(n, 69); /* ten minutes: 70, the last a moment after the end */
    view.now_ns = NOON + 600 * SECOND;
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 1)), "orders_per_min_cap");
}
END_TEST

START_TEST(bucket_is_a_symbols_over_all_strategies)
{
    limits.orders_per_min_cap = 2;
    set_limits();
    njord_intent other = atoms(BUY, 1);
    SET(other.strategy_id, "t");
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    ck_assert_str_eq(check(other), "ok");
    ck_assert_str_eq(check(atoms(BUY, 1)), "orders_per_min_cap");
    njord_intent btc = atoms(BUY, 0.001);
    SET(btc.symbol, "BTC/USDT");
    ck_assert_str_eq(check(btc), "ok");
}
END_TEST

START_TEST(only_an_accepted_order_takes_a_token)
{
    limits.orders_per_min_cap = 1;
    limits.per_order_usd_cap = 100;
    set_limits();
    for (int n = 0; n < 10; n++)
        ck_assert_str_eq(check(atoms(BUY, 11)), "per_order_usd_cap");
    limits.max_position_usd = 50;
    set_limits();
    for (int n = 0; n < 10; n++)
        ck_assert_str_eq(check(atoms(BUY, 6)), "max_position_usd"); /* a later rule */
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    ck_assert_str_eq(check(atoms(BUY, 1)), "orders_per_min_cap");
}
END_TEST

START_TEST(time_that_goes_back_gives_and_takes_nothing)
{
    limits.orders_per_min_cap = 1;
    set_limits();
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    view.now_ns = NOON + 59 * SECOND;
    ck_assert_str_eq(check(atoms(BUY, 1)), "orders_per_min_cap");
    view.now_ns = NOON - DAY;
    njord_intent in = atoms(BUY, 1);
    in.ev.ts_ns = NOON + 59 * SECOND;
    ck_assert_str_eq(check(in), "orders_per_min_cap");
    ck_assert_int_eq(decision->ev.ts_ns, NOON + 59 * SECOND);
    view.now_ns = NOON + 60 * SECOND;
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
}
END_TEST

START_TEST(flattening_takes_what_tokens_there_are)
{
    limits.orders_per_min_cap = 2;
    set_limits();
    hold("s", BUY, 9, 10, 0);
    for (int n = 0; n < 3; n++) {
        njord_intent in = atoms(SELL, 1);
        ck_assert_str_eq(check_flags(&in, NJ_RISK_FLATTEN), "ok");
    }
    ck_assert_str_eq(check(atoms(SELL, 1)), "orders_per_min_cap");
    view.now_ns += 30 * SECOND;
    ck_assert_str_eq(check(atoms(SELL, 1)), "ok");
}
END_TEST

START_TEST(caps_at_the_edge)
{
    limits.orders_per_min_cap = 0;
    set_limits();
    ck_assert_str_eq(check(atoms(BUY, 1)), "orders_per_min_cap");
    limits.orders_per_min_cap = 0.5; /* one every two minutes */
    set_limits();
    ck_assert_uint_eq(accepted_in_a_row(3), 1);
    view.now_ns += 120 * SECOND - 1;
    ck_assert_uint_eq(accepted_in_a_row(1), 0);
    view.now_ns += 1;
    ck_assert_uint_eq(accepted_in_a_row(3), 1);
    limits.orders_per_min_cap = 1e300;
    set_limits();
    view.now_ns += DAY;
    ck_assert_uint_eq(accepted_in_a_row(1000), 1000);
}
END_TEST

START_TEST(lowered_cap_holds_at_once)
{
    limits.orders_per_min_cap = 30;
    set_limits();
    ck_assert_uint_eq(accepted_in_a_row(1), 1);
    limits.orders_per_min_cap = 3;
    set_limits();
    ck_assert_uint_eq(accepted_in_a_row(9), 3);
}
END_TEST

/* ---- the day's loss ---- */

/* Long 10 from 10.00, fee 1: the price that makes the loss of 50 exactly is 5.10. */
static void lose_with(double price)
{
    limits.daily_loss_usd_cap = 50;
    set_limits();
    nj_risk_day(risk, &view); /* the day begins flat */
    hold("s", BUY, 10, 10, 1);
    atom_price = price;
}

START_TEST(loss_under_its_cap_passes)
{
    lose_with(5.11);
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    ck_assert_double_eq_tol(nj_risk_day(risk, &view), -49.9, 1e-9);
}
END_TEST

START_TEST(loss_of_its_cap_refuses)
{
    limits.daily_loss_usd_cap = 50;
    set_limits();
    nj_risk_day(risk, &view);
    hold("s", BUY, 10, 10, 0);
    atom_price = 5;
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
    ck_assert_double_eq(cap("daily_loss_usd_cap"), 50);
    ck_assert_double_eq(cap("day_loss_usd"), 50);
    ck_assert_str_eq(check(atoms(SELL, 10)), "ok"); /* reduces */
    ck_assert_str_eq(check(atoms(SELL, 10.1)), "daily_loss_usd_cap");
}
END_TEST

START_TEST(fees_count_as_loss)
{
    lose_with(5.09);
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
    ck_assert_double_eq_tol(cap("day_loss_usd"), 50.1, 1e-9);
}
END_TEST

START_TEST(loss_is_latched_until_the_next_utc_day)
{
    lose_with(5);
    nj_risk_day(risk, &view);
    atom_price = 20; /* all of it won back */
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
    ck_assert_double_eq(cap("day_loss_usd"), -99); /* + 100 less the fee */
    limits.daily_loss_usd_cap = 1e6;               /* a reload opens nothing */
    set_limits();
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
    view.now_ns = NOON + 43200 * SECOND - 1;
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
    view.now_ns = NOON + 43200 * SECOND;
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
}
END_TEST

START_TEST(day_counts_from_the_equity_at_midnight)
{
    lose_with(6); /* 41 lost today */
    ck_assert_double_eq(nj_risk_day(risk, &view), -41);
    view.now_ns += DAY;
    atom_price = 5; /* the first price of the new day: 10 lost in it */
    ck_assert_double_eq(nj_risk_day(risk, &view), -10);
    atom_price = 1.1;
    ck_assert_double_eq_tol(nj_risk_day(risk, &view), -49, 1e-9);
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    atom_price = 1;
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
}
END_TEST

START_TEST(loss_is_that_of_all_strategies)
{
    limits.daily_loss_usd_cap = 50;
    set_limits();
    nj_risk_day(risk, &view);
    hold("t", SELL, 10, 10, 0);
    hold("s", BUY, 4, 10, 0);
    atom_price = 18.5; /* t loses 85, s wins 34 */
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
    ck_assert_double_eq(cap("day_loss_usd"), 51);
}
END_TEST

START_TEST(lower_figure_of_another_program_counts)
{
    limits.daily_loss_usd_cap = 50;
    set_limits();
    view.day_pnl_floor = 7;
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    view.day_pnl_floor = -49.99;
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    view.day_pnl_floor = -50;
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
    ck_assert_double_eq(cap("day_loss_usd"), 50);
}
END_TEST

/* Random fills and prices in three symbols: marking what moved equals looking at everything. */
START_TEST(marking_what_moved_equals_looking_at_all)
{
    static const char *const symbols[] = {"ATOM/USDT", "BTC/USDT", "ATOM/BTC"};
    struct nj_risk *other = nj_risk_new(&limits);
    uint64_t state = 3;
    struct nj_error err = {0};
    for (unsigned n = 0; n < 5000; n++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned r = (unsigned)(state >> 33), which = r % 3;
        if (r % 2) {
            char id[16];
            snprintf(id, sizeof id, "m%u", n);
            njord_fill f =
                make_fill(id, r & 64 ? "s" : "t", symbols[which], r & 128 ? BUY : SELL,
                          (r >> 8) % 50 * 0.1 + 0.1, which == 0 ? atom_price : 1.5, 0.001);
            ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
        } else if (which == 0) {
            atom_price = 5 + (r >> 8) % 1000 * 0.01;
        } else {
            which = 1;
            btc_price = btc_usd = 50000 + (r >> 8) % 20000;
        }
        view.now_ns += 60 * SECOND;
        ck_assert_double_eq(nj_risk_mark(risk, &view, symbols[which]), nj_risk_day(other, &view));
    }
    ck_assert_double_ne(nj_risk_day(other, &view), 0);
    nj_risk_free(other);
}
END_TEST

START_TEST(check_trusts_marks_when_told_so)
{
    limits.daily_loss_usd_cap = 50;
    set_limits();
    view.marked = true;
    nj_risk_mark(risk, &view, "ATOM/USDT");
    hold("s", BUY, 10, 10, 0);
    nj_risk_mark(risk, &view, "ATOM/USDT");
    atom_price = 5;
    njord_intent btc = atoms(BUY, 0.001);
    SET(btc.symbol, "BTC/USDT");
    ck_assert_str_eq(check(btc), "ok"); /* nobody has told of ATOM's price */
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
}
END_TEST

START_TEST(quote_without_a_rate_leaves_the_last_figure)
{
    struct nj_error err = {0};
    limits.daily_loss_usd_cap = 50;
    set_limits();
    nj_risk_day(risk, &view);
    njord_fill f = make_fill("x", "s", "ATOM/BTC", BUY, 10, 0.0001, 0.0001);
    ck_assert_int_eq(nj_ledger_fill(ledger, &f, NULL, NULL, NULL, &err), 0);
    ck_assert_double_eq_tol(nj_risk_day(risk, &view), -6, 1e-9); /* the fee at 60,000 */
    btc_usd = NAN;
    ck_assert_double_eq_tol(nj_risk_day(risk, &view), -6, 1e-9);
}
END_TEST

START_TEST(days_before_1970_are_days_too)
{
    view.now_ns = -1;
    nj_risk_day(risk, &view);
    hold("s", BUY, 10, 10, 1);
    ck_assert_double_eq(nj_risk_day(risk, &view), -1);
    view.now_ns = 0;
    ck_assert_double_eq(nj_risk_day(risk, &view), 0);
}
END_TEST

/* ---- saved and loaded ---- */

/* Saves, loads into a fresh state, compares the bytes, and goes on with the copy. */
static void restart(void)
{
    struct nj_buf saved = {0}, again = {0};
    struct nj_error err = {0};
    ck_assert_int_eq(nj_risk_save(risk, &saved), 0);
    struct nj_risk *copy = nj_risk_new(&limits);
    int rc = nj_risk_load(copy, saved.data, saved.len, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    ck_assert_int_eq(nj_risk_save(copy, &again), 0);
    ck_assert_str_eq(saved.data, again.data);
    nj_risk_free(risk);
    risk = copy;
    nj_buf_free(&saved);
    nj_buf_free(&again);
}

START_TEST(restart_keeps_tokens_window_loss_and_latch)
{
    limits.orders_per_min_cap = 7;
    limits.duplicate_window_ms = 60000;
    limits.daily_loss_usd_cap = 50;
    set_limits();
    for (int n = 1; n <= 7; n++)
        ck_assert_str_eq(check(atoms(BUY, n)), "ok");
    view.now_ns += SECOND;
    restart();
    ck_assert_str_eq(check(atoms(BUY, 8)), "orders_per_min_cap");
    ck_assert_double_eq_tol(cap("tokens"), 7.0 / 60, 1e-12);
    ck_assert_str_eq(check(atoms(BUY, 3)), "duplicate");
    hold("s", BUY, 10, 10, 0);
    atom_price = 7;
    ck_assert_double_eq(nj_risk_day(risk, &view), -30);
    restart();
    ck_assert_double_eq(nj_risk_day(risk, &view), -30);
    atom_price = 5;
    nj_risk_day(risk, &view);
    atom_price = 10;
    restart();
    view.now_ns += 60 * SECOND;
    ck_assert_str_eq(check(atoms(BUY, 9)), "daily_loss_usd_cap");
    view.now_ns += DAY;
    ck_assert_str_eq(check(atoms(BUY, 9)), "ok");
}
END_TEST

/* Until a price comes after a restart, the last one that was seen stands. */
/* The prices that reached the cap stand in no journal of orders; what was refused for them does. */
START_TEST(a_refusal_in_the_journal_latches_its_day_again)
{
    lose_with(5);
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
    decision->ev.ts_recv_ns = NOON;
    nj_risk_free(risk);
    risk = nj_risk_new(&limits);
    nj_risk_replay_decision(risk, decision);
    atom_price = 10; /* at which there is no such loss */
    ck_assert_str_eq(check(atoms(BUY, 1)), "daily_loss_usd_cap");
    view.now_ns = NOON + 43200 * SECOND; /* the next day */
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    nj_risk_replay_decision(risk, decision); /* an older one says nothing of this day */
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
}
END_TEST

START_TEST(restart_without_prices_does_not_move_the_day)
{
    nj_risk_day(risk, &view);
    hold("s", BUY, 10, 10, 0);
    atom_price = 6;
    ck_assert_double_eq(nj_risk_day(risk, &view), -40);
    restart();
    atom_price = NAN;
    ck_assert_double_eq(nj_risk_day(risk, &view), -40);
    atom_price = 6.5;
    ck_assert_double_eq(nj_risk_day(risk, &view), -35);
}
END_TEST

START_TEST(fresh_state_is_saved_and_loaded)
{
    restart();
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
}
END_TEST

START_TEST(state_in_use_takes_no_other)
{
    struct nj_buf saved = {0};
    struct nj_error err = {0};
    ck_assert_str_eq(check(atoms(BUY, 1)), "ok");
    ck_assert_int_eq(nj_risk_save(risk, &saved), 0);
    ck_assert_int_eq(nj_risk_load(risk, saved.data, saved.len, &err), NJ_ERR_INTERNAL);
    nj_buf_free(&saved);
}
END_TEST

START_TEST(broken_state_is_refused_with_one_line)
{
    static const char *const wrong[] = {
        "",
        "7",
        "{\"version\":1}",
        "{\"version\":1,\"version\":1}",
        "{\"version\":1,\"now_ns\":0,\"day\":0,\"day_start_usd\":1e999,\"last_usd\":0,"
        "\"latched\":false,\"symbols\":[],\"recent\":[]}",
        "{\"version\":1,\"now_ns\":0,\"day\":0,\"day_start_usd\":0,\"last_usd\":0,"
        "\"latched\":0,\"symbols\":[],\"recent\":[]}",
        "{\"version\":1,\"now_ns\":0,\"day\":0,\"day_start_usd\":0,\"last_usd\":0,"
        "\"latched\":false,\"symbols\":[{\"symbol\":\"A/B\",\"tokens\":-1,\"part\":0,\"ts_ns\":0}],"
        "\"recent\":[]}",
        "{\"version\":1,\"now_ns\":0,\"day\":0,\"day_start_usd\":0,\"last_usd\":0,"
        "\"latched\":false,\"symbols\":[{\"symbol\":\"a\",\"tokens\":1,\"part\":0,\"ts_ns\":0}],"
        "\"recent\":[]}",
        "{\"version\":1,\"now_ns\":0,\"day\":0,\"day_start_usd\":0,\"last_usd\":0,"
        "\"latched\":false,\"symbols\":[],\"recent\":[[\"00\",1]]}"};
    for (size_t n = 0; n < sizeof wrong / sizeof wrong[0]; n++) {
        struct nj_error err = {0};
        struct nj_risk *r = nj_risk_new(&limits);
        ck_assert_msg(nj_risk_load(r, wrong[n], strlen(wrong[n]), &err) == NJ_ERR_INPUT, "%s",
                      wrong[n]);
        ck_assert(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
        nj_risk_free(r);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("risk state");
    TCase *t = tcase_create("risk state");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, bucket_starts_full_and_gives_its_cap);
    tcase_add_test(t, bucket_refills_continuously);
    tcase_add_test(t, asking_often_loses_no_part_of_a_token);
    tcase_add_test(t, bucket_is_a_symbols_over_all_strategies);
    tcase_add_test(t, only_an_accepted_order_takes_a_token);
    tcase_add_test(t, time_that_goes_back_gives_and_takes_nothing);
    tcase_add_test(t, flattening_takes_what_tokens_there_are);
    tcase_add_test(t, caps_at_the_edge);
    tcase_add_test(t, lowered_cap_holds_at_once);
    tcase_add_test(t, loss_under_its_cap_passes);
    tcase_add_test(t, loss_of_its_cap_refuses);
    tcase_add_test(t, fees_count_as_loss);
    tcase_add_test(t, loss_is_latched_until_the_next_utc_day);
    tcase_add_test(t, day_counts_from_the_equity_at_midnight);
    tcase_add_test(t, loss_is_that_of_all_strategies);
    tcase_add_test(t, lower_figure_of_another_program_counts);
    tcase_add_test(t, marking_what_moved_equals_looking_at_all);
    tcase_add_test(t, check_trusts_marks_when_told_so);
    tcase_add_test(t, quote_without_a_rate_leaves_the_last_figure);
    tcase_add_test(t, days_before_1970_are_days_too);
    tcase_add_test(t, restart_keeps_tokens_window_loss_and_latch);
    tcase_add_test(t, a_refusal_in_the_journal_latches_its_day_again);
    tcase_add_test(t, restart_without_prices_does_not_move_the_day);
    tcase_add_test(t, fresh_state_is_saved_and_loaded);
    tcase_add_test(t, state_in_use_takes_no_other);
    tcase_add_test(t, broken_state_is_refused_with_one_line);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
