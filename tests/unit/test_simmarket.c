/* test_simmarket.c - the simulated market as a machine: the same twice, saved and gone on, on its
 * ticks and steps, in time order, within its bounds, fast. Its statistics are tested by
 * tests/e2e/test_market_stats.py. Owned by the tests. */
#include "market.h"
#include "test_main.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START 1736121600000000000 /* 2025-01-06T00:00:00Z */
#define DAY   86400000000000

static const struct sim_symbol_config three[] = {
    {"BTC/USDT", 60000, 0.01, 0.00001, 0.00001, 9000, 5},
    {"ETH/USDT", 3000, 0.01, 0.0001, 0, 0, 0},
    {"ATOM/USDT", 8, 0.001, 0.01, 0.05, 20000, 10},
};

static struct sim_config config_of(uint64_t seed, int64_t duration_ns)
{
    struct sim_config c = {.seed = seed,
                           .start_ns = START,
                           .duration_ns = duration_ns,
                           .trades_per_day = 20000,
                           .volatility = 0.6,
                           .correlation = 0.6,
                           .n_symbols = 3,
                           .symbols = three};
    return c;
}

static char why[200];

static struct sim_market *market_of(const struct sim_config *c)
{
    struct sim_market *m = sim_market_new(c, why, sizeof why);
    ck_assert_msg(m != NULL, "%s", why);
    return m;
}

static int same_trade(const struct sim_trade *a, const struct sim_trade *b)
{
    return a->ts_ns == b->ts_ns && a->ticks == b->ticks && a->steps == b->steps && a->id == b->id &&
           a->symbol == b->symbol && a->is_sell == b->is_sell &&
           memcmp(&a->price, &b->price, 8) == 0 && memcmp(&a->qty, &b->qty, 8) == 0;
}

START_TEST(same_seed_gives_the_same_trades_and_another_seed_others)
{
    struct sim_config c = config_of(7, DAY), d = config_of(8, DAY);
    struct sim_market *a = market_of(&c), *b = market_of(&c), *other = market_of(&d);
    struct sim_trade x, y, z;
    int differ = 0, got;
    do {
        got = sim_market_next(a, &x);
        ck_assert_int_eq(sim_market_next(b, &y), got);
        if (got)
            ck_assert(same_trade(&x, &y));
        differ += got && sim_market_next(other, &z) && !same_trade(&x, &z);
    } while (got);
    ck_assert_int_gt(differ, 30000);
    sim_market_free(a);
    sim_market_free(b);
    sim_market_free(other);
}
END_TEST

START_TEST(trades_are_in_time_order_on_tick_and_step_with_ids_in_a_row)
{
    struct sim_config c = config_of(3, 3 * DAY);
    struct sim_market *m = market_of(&c);
    struct sim_trade t;
    int64_t last = START;
    uint64_t ids[3] = {0};
    long n[3] = {0}, sells = 0, total = 0;
    while (sim_market_next(m, &t)) {
        ck_assert_int_ge(t.ts_ns, last);
        ck_assert_int_lt(t.ts_ns, START + 3 * DAY);
        ck_assert_int_eq(t.ts_ns % 1000000, 0);
        last = t.ts_ns;
        ck_assert_uint_lt(t.symbol, 3);
        const struct sim_symbol_config *s = &three[t.symbol];
        /* price and quantity are the doubles that their decimal text reads as */
        char text[64];
        snprintf(text, sizeof text, "%.*f", t.symbol == 2 ? 3 : 2, t.price);
        ck_assert_double_eq(strtod(text, NULL), t.price);
        snprintf(text, sizeof text, "%.*f", t.symbol == 0 ? 5 : t.symbol == 1 ? 4 : 2, t.qty);
        ck_assert_double_eq(strtod(text, NULL), t.qty);
        ck_assert_int_eq(llround(t.price / s->tick), t.ticks);
        ck_assert_int_eq(llround(t.qty / s->step), t.steps);
        ck_assert(t.qty > 0 && t.qty >= s->min_qty);
        ck_assert(s->max_qty == 0 || t.qty <= s->max_qty);
        ck_assert(t.price * t.qty >= s->min_notional);
        ck_assert(t.price > s->price / 3 && t.price < s->price * 3);
        if (ids[t.symbol])
            ck_assert_uint_eq(t.id, ids[t.symbol] + 1);
        ids[t.symbol] = t.id;
        n[t.symbol]++;
        sells += t.is_sell;
        total++;
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_gt(n[i], 30000);
    ck_assert_double_eq_tol((double)sells / (double)total, 0.5, 0.03);
    ck_assert_int_eq(sim_market_next(m, &t), 0);
    sim_market_free(m);
}
END_TEST

/* ---- saving ---- */

struct saved {
    uint64_t words[200];
    size_t n, at;
};

static int take(void *ctx, int64_t group, const char *name, uint64_t *u64, double *f64)
{
    struct saved *s = ctx;
    (void)group;
    ck_assert_uint_gt(strlen(name), 0);
    ck_assert_uint_lt(s->n, 200);
    memcpy(&s->words[s->n++], u64 ? (void *)u64 : (void *)f64, 8);
    return 0;
}

static int give(void *ctx, int64_t group, const char *name, uint64_t *u64, double *f64)
{
    struct saved *s = ctx;
    (void)group;
    (void)name;
    memcpy(u64 ? (void *)u64 : (void *)f64, &s->words[s->at++], 8);
    return 0;
}

START_TEST(market_goes_on_from_saved_numbers_as_if_never_stopped)
{
    struct sim_config c = config_of(11, DAY);
    for (int before = 0; before < 3000; before += 173) {
        struct saved s = {.n = 0};
        struct sim_trade x, y;
        struct sim_market *m = market_of(&c), *again = market_of(&c);
        for (int i = 0; i < before; i++)
            ck_assert_int_eq(sim_market_next(m, &x), 1);
        ck_assert_int_eq(sim_market_fields(m, take, &s), 0);
        ck_assert_int_eq(sim_market_fields(again, give, &s), 0);
        ck_assert_int_eq(sim_market_settle(again), 0);
        for (int i = 0; i < 5000; i++) {
            int got = sim_market_next(m, &x);
            ck_assert_int_eq(sim_market_next(again, &y), got);
            ck_assert_msg(!got || same_trade(&x, &y), "trade %d after %d", i, before);
        }
        sim_market_free(m);
        sim_market_free(again);
    }
}
END_TEST

START_TEST(saved_numbers_that_cannot_be_are_refused_and_never_crash)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, -1e300, 1e300};
    struct sim_config c = config_of(11, DAY);
    struct saved s = {.n = 0};
    struct sim_trade t;
    struct sim_market *m = market_of(&c);
    size_t refused = 0;
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(sim_market_next(m, &t), 1);
    ck_assert_int_eq(sim_market_fields(m, take, &s), 0);
    for (size_t i = 0; i < s.n; i++) {
        for (size_t k = 0; k < 5; k++) {
            struct saved damaged = s;
            memcpy(&damaged.words[i], &bad[k], 8);
            struct sim_market *other = market_of(&c);
            ck_assert_int_eq(sim_market_fields(other, give, &damaged), 0);
            if (sim_market_settle(other) < 0)
                refused++;
            else
                for (int n = 0; n < 1000 && sim_market_next(other, &t); n++)
                    ck_assert(t.ticks >= 1 && t.steps >= 1);
            sim_market_free(other);
        }
    }
    ck_assert_uint_gt(refused,
                      5 * 30); /* of words that are counters or random state any value will do */
    sim_market_free(m);
}
END_TEST

/* ---- bounds ---- */

static void refused(const struct sim_config *c, const char *expected)
{
    ck_assert_ptr_null(sim_market_new(c, why, sizeof why));
    ck_assert_ptr_nonnull(strstr(why, expected));
}

START_TEST(configuration_out_of_range_is_refused_in_words)
{
    struct sim_symbol_config s = three[0];
    struct sim_config c = config_of(1, DAY);
    c.n_symbols = 0;
    refused(&c, "expected 1 to 4096 symbols, found 0");
    c.n_symbols = 1;
    c.symbols = &s;
    s.tick = 0;
    refused(&c, "'BTC/USDT': tick and step must be decimal numbers");
    s.tick = 1.0 / 3.0;
    refused(&c, "'BTC/USDT': tick and step must be decimal numbers");
    s = three[0];
    s.price = 0.05;
    refused(&c, "'BTC/USDT': the price at the start must be 10 to 1e11 ticks");
    s.price = NAN;
    refused(&c, "'BTC/USDT': the price at the start must be 10 to 1e11 ticks");
    s = three[0];
    s.min_qty = 10000;
    refused(&c, "'BTC/USDT': min_qty, max_qty and min_notional do not fit together");
    s = three[0];
    c.duration_ns = 0;
    refused(&c, "a value is out of range");
    c = config_of(1, DAY);
    c.volatility = NAN;
    refused(&c, "a value is out of range");
    c = config_of(1, DAY);
    c.start_ns = INT64_MAX / 1000000 * 1000000;
    refused(&c, "a value is out of range");
}
END_TEST

START_TEST(extreme_configurations_stay_whole)
{
    static const double volatilities[] = {0, 0.01, 10};
    static const double rates[] = {1, 1000, 5e6};
    struct sim_symbol_config one = {"DOGE/USDT", 0.0001, 0.00001, 1, 0, 0, 0}; /* ten ticks */
    struct sim_trade t;
    for (size_t v = 0; v < 3; v++) {
        for (size_t r = 0; r < 3; r++) {
            struct sim_config c = {.seed = 5,
                                   .start_ns = START,
                                   .duration_ns = 30 * DAY,
                                   .trades_per_day = rates[r],
                                   .volatility = volatilities[v],
                                   .correlation = v == 0 ? 0.0 : 1.0,
                                   .n_symbols = 1,
                                   .symbols = &one};
            struct sim_market *m = market_of(&c);
            int64_t last = 0;
            for (int n = 0; n < 50000 && sim_market_next(m, &t); n++) {
                ck_assert(t.ticks >= 1 && t.steps >= 1 && t.ts_ns >= last);
                ck_assert(isfinite(t.price) && isfinite(t.qty) && t.price > 0);
                last = t.ts_ns;
            }
            sim_market_free(m);
        }
    }
}
END_TEST

START_TEST(a_symbol_does_not_depend_on_its_place_in_the_list)
{
    /* alone there is no other's order that moves the common factor: sizes and ids are its own */
    struct sim_symbol_config swapped[] = {three[1], three[0]};
    struct sim_config c = config_of(9, DAY / 24), d = config_of(9, DAY / 24);
    struct sim_trade x, y;
    uint64_t first_c = 0, first_d = 0;
    c.n_symbols = d.n_symbols = 2;
    d.symbols = swapped;
    struct sim_market *a = market_of(&c), *b = market_of(&d);
    while (sim_market_next(a, &x))
        first_c = first_c == 0 && x.symbol == 0 ? x.id : first_c;
    while (sim_market_next(b, &y))
        first_d = first_d == 0 && y.symbol == 1 ? y.id : first_d;
    ck_assert_uint_ne(first_c, 0);
    ck_assert_uint_eq(first_c, first_d);
    sim_market_free(a);
    sim_market_free(b);
}
END_TEST

START_TEST(hundred_symbols_are_merged_in_time_order)
{
    struct sim_symbol_config many[100];
    char names[100][24];
    struct sim_config c = config_of(2, DAY / 24);
    struct sim_trade t;
    int64_t last = 0;
    long n[100] = {0};
    for (int i = 0; i < 100; i++) {
        snprintf(names[i], sizeof names[i], "A%d/USDT", i);
        many[i] = (struct sim_symbol_config){names[i], 10, 0.001, 0.01, 0, 0, 0};
    }
    c.n_symbols = 100;
    c.symbols = many;
    struct sim_market *m = market_of(&c);
    while (sim_market_next(m, &t)) {
        ck_assert_int_ge(t.ts_ns, last);
        last = t.ts_ns;
        n[t.symbol]++;
    }
    for (int i = 0; i < 100; i++)
        ck_assert_int_gt(n[i], 50); /* about 1,100 in this hour */
    sim_market_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simmarket");
    TCase *t = tcase_create("market");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, same_seed_gives_the_same_trades_and_another_seed_others);
    tcase_add_test(t, trades_are_in_time_order_on_tick_and_step_with_ids_in_a_row);
    tcase_add_test(t, market_goes_on_from_saved_numbers_as_if_never_stopped);
    tcase_add_test(t, saved_numbers_that_cannot_be_are_refused_and_never_crash);
    tcase_add_test(t, configuration_out_of_range_is_refused_in_words);
    tcase_add_test(t, extreme_configurations_stay_whole);
    tcase_add_test(t, a_symbol_does_not_depend_on_its_place_in_the_list);
    tcase_add_test(t, hundred_symbols_are_merged_in_time_order);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
