/*
 * test_instruments.c - symbols, steps and ticks, with values worked out by hand.
 */
#include "test_main.h"
#include "trade/decimal.h"
#include "trade/instruments.h"

#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <float.h>
#include <math.h>
#include <njord/contract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct nj_instruments *all;

static void set_up(void)
{
    all = nj_instruments_new();
    ck_assert_ptr_nonnull(all);
}

static void tear_down(void)
{
    nj_instruments_free(all);
}

static njord_instrument rules(double tick, double step)
{
    njord_instrument r;
    njord_event_init(&r, NJORD_EV_INSTRUMENT);
    r.tick = tick;
    r.step = step;
    return r;
}

static struct nj_instrument *with(double tick, double step)
{
    struct nj_instrument *i = nj_instrument_get(all, "ATOM/USDT");
    njord_instrument r = rules(tick, step);
    ck_assert(nj_instrument_update(i, &r));
    return i;
}

/* ---- symbols ---- */

START_TEST(symbol_is_two_parts_of_1_to_15)
{
    ck_assert(nj_symbol_valid("ATOM/USDT"));
    ck_assert(nj_symbol_valid("1INCH/BTC"));
    ck_assert(nj_symbol_valid("A/B"));
    ck_assert(nj_symbol_valid("A.B_C-D/USD"));
    ck_assert(nj_symbol_valid("ABCDEFGHIJKLMNO/ABCDEFGHIJKLMNO"));
    static const char *const wrong[] = {"",
                                        "/",
                                        "A/",
                                        "/B",
                                        "AB",
                                        "A/B/C",
                                        "a/B",
                                        "A /B",
                                        "A/B ",
                                        "A//B",
                                        "A*/B",
                                        "A/\xc3\x84",
                                        "ABCDEFGHIJKLMNOP/B",
                                        "A/ABCDEFGHIJKLMNOP"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!nj_symbol_valid(wrong[i]), "'%s' passed", wrong[i]);
}
END_TEST

START_TEST(new_symbol_has_units_of_1e_8_and_dense_ids)
{
    struct nj_instrument *a = nj_instrument_get(all, "ATOM/USDT");
    struct nj_instrument *b = nj_instrument_get(all, "BTC/USD");
    ck_assert_str_eq(a->base, "ATOM");
    ck_assert_str_eq(a->quote, "USDT");
    ck_assert_str_eq(a->file_name, "ATOMUSDT");
    ck_assert_double_eq(a->tick, 1e-8);
    ck_assert_double_eq(a->step, 1e-8);
    ck_assert(isnan(a->min_qty) && isnan(a->max_qty) && isnan(a->min_notional));
    ck_assert_uint_eq(a->symbol_id, 0);
    ck_assert_uint_eq(b->symbol_id, 1);
    ck_assert_ptr_eq(nj_instrument_get(all, "ATOM/USDT"), a);
    ck_assert_ptr_eq(nj_instrument_find(all, "BTC/USD"), b);
    ck_assert_ptr_eq(nj_instrument_by_id(all, 1), b);
    ck_assert_ptr_null(nj_instrument_by_id(all, 2));
    ck_assert_ptr_null(nj_instrument_find(all, "ETH/USD"));
    ck_assert_ptr_null(nj_instrument_get(all, "eth/usd"));
    ck_assert_uint_eq(nj_instruments_count(all), 2);
}
END_TEST

START_TEST(pointers_stay_while_ten_thousand_symbols_come)
{
    struct nj_instrument *first = nj_instrument_get(all, "S0/USD");
    char name[NJORD_SYMBOL_SIZE];
    for (unsigned n = 1; n < 10000; n++) {
        snprintf(name, sizeof name, "S%u/USD", n);
        ck_assert_uint_eq(nj_instrument_get(all, name)->symbol_id, n);
    }
    ck_assert_ptr_eq(nj_instrument_get(all, "S0/USD"), first);
    ck_assert_str_eq(nj_instrument_by_id(all, 9999)->symbol, "S9999/USD");
}
END_TEST

/* ---- updates ---- */

START_TEST(update_takes_figures_over_and_keeps_absent_bounds)
{
    struct nj_instrument *i = nj_instrument_get(all, "ATOM/USDT");
    njord_instrument r = rules(0.001, 0.01);
    r.min_qty = 0.5;
    r.min_notional = 10;
    ck_assert(nj_instrument_update(i, &r));
    r = rules(0.002, 0.02);
    r.max_qty = 900;
    r.min_notional = 0; /* a venue's way to say none */
    ck_assert(nj_instrument_update(i, &r));
    ck_assert_double_eq(i->tick, 0.002);
    ck_assert_double_eq(i->step, 0.02);
    ck_assert_double_eq(i->min_qty, 0.5);
    ck_assert_double_eq(i->max_qty, 900);
    ck_assert(isnan(i->min_notional));
    njord_instrument out;
    nj_instrument_event(i, &out);
    ck_assert_str_eq(out.symbol, "ATOM/USDT");
    ck_assert_str_eq(out.base, "ATOM");
    ck_assert_str_eq(out.quote, "USDT");
    ck_assert_double_eq(out.step, 0.02);
    ck_assert_double_eq(out.max_qty, 900);
    ck_assert_int_eq(njord_event_check(&out.ev, sizeof out, NULL, 0), 0);
}
END_TEST

START_TEST(nonsense_update_changes_nothing)
{
    static const double wrong[] = {0, -0.01, NAN, INFINITY, -INFINITY};
    struct nj_instrument *i = with(0.01, 0.1);
    const struct nj_instrument before = *i;
    for (size_t n = 0; n < 5; n++) {
        njord_instrument r = rules(wrong[n], 0.1), s = rules(0.01, wrong[n]);
        ck_assert(!nj_instrument_update(i, &r));
        ck_assert(!nj_instrument_update(i, &s));
    }
    for (size_t n = 1; n < 5; n++) {
        if (isnan(wrong[n]))
            continue;
        njord_instrument a = rules(1, 1), b = a, c = a;
        a.min_qty = b.max_qty = c.min_notional = wrong[n];
        ck_assert(!nj_instrument_update(i, &a));
        ck_assert(!nj_instrument_update(i, &b));
        ck_assert(!nj_instrument_update(i, &c));
    }
    ck_assert_mem_eq(i, &before, sizeof before);
}
END_TEST

START_TEST(step_of_a_pinned_instrument_leaves_its_lots_alone)
{
    struct nj_instrument *i = with(0.01, 0.01);
    int64_t lots;
    nj_instrument_pin(i);
    njord_instrument coarser = rules(0.01, 0.05), finer = rules(0.02, 0.001),
                     other = rules(0.01, 0.007);
    ck_assert(nj_instrument_update(i, &coarser));
    ck_assert(nj_lots_nearest(i, 1.23, &lots));
    ck_assert_int_eq(lots, 123); /* lots still are hundredths */
    ck_assert(nj_lots_down(i, 1.23, &lots));
    ck_assert_int_eq(lots, 120); /* and orders whole steps: 1.20 */
    ck_assert_double_eq(nj_lots_qty(i, 120), 1.2);
    /* A finer one waits for the next start: its multiples hold the old step's. */
    ck_assert(nj_instrument_update(i, &finer));
    ck_assert_double_eq(i->step, 0.01);
    ck_assert_double_eq(i->tick, 0.02);
    ck_assert(nj_lots_down(i, 1.2349, &lots));
    ck_assert_int_eq(lots, 123);
    ck_assert(!nj_instrument_update(i, &other));
}
END_TEST

/* ---- quantities ---- */

START_TEST(lots_are_the_decimals_that_they_mean)
{
    static const struct {
        double step;
        int64_t lots;
        double qty;
    } rows[] = {{0.1, 3, 0.3},
                {0.1, -7, -0.7},
                {0.01, 57, 0.57},
                {1e-5, 123456789, 1234.56789},
                {1e-8, 1, 1e-8},
                {1e-8, 29000000, 0.29},
                {0.05, 21, 1.05},
                {0.3, 3, 0.9},
                {0.25, 5, 1.25},
                {5, 7, 35},
                {1000, 12, 12000},
                {1e-15, 3, 3e-15},
                {1e-8, 100000000050000000, 1000000000.5},
                {1e-8, 4611686018427000000, 46116860184.27}};
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        struct nj_grid g = nj_grid_of(rows[n].step);
        int64_t lots = 0;
        ck_assert_double_eq(nj_grid_value(&g, rows[n].lots), rows[n].qty);
        ck_assert(nj_grid_count(&g, rows[n].qty, NJ_ROUND_NEAREST, &lots));
        if (llabs(rows[n].lots) < INT64_C(1) << 53)
            ck_assert_int_eq(lots, rows[n].lots);
        ck_assert_double_eq(nj_grid_value(&g, lots), rows[n].qty);
    }
}
END_TEST

/* Each quantity of a grid is the double that its decimal text reads as, up to 15 digits. */
START_TEST(lots_equal_the_text_of_their_decimal)
{
    static const int decimals[] = {0, 1, 2, 3, 5, 8};
    uint64_t state = 7;
    for (size_t d = 0; d < sizeof decimals / sizeof decimals[0]; d++) {
        char text[64];
        snprintf(text, sizeof text, "1e-%d", decimals[d]);
        struct nj_grid g = nj_grid_of(strtod(text, NULL));
        for (int n = 0; n < 20000; n++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            int64_t lots = (int64_t)((state >> 14) % 1000000000000000u), back;
            snprintf(text, sizeof text, "%llde-%d", (long long)lots, decimals[d]);
            double qty = strtod(text, NULL);
            ck_assert_double_eq(nj_grid_value(&g, lots), qty);
            ck_assert(nj_grid_count(&g, qty, NJ_ROUND_DOWN, &back));
            ck_assert_int_eq(back, lots);
            ck_assert(nj_grid_count(&g, qty, NJ_ROUND_UP, &back));
            ck_assert_int_eq(back, lots);
        }
    }
}
END_TEST

START_TEST(down_is_towards_zero_and_forgives_a_billionth)
{
    struct nj_instrument *i = with(0.01, 0.1);
    static const struct {
        double qty;
        int64_t down, nearest;
    } rows[] = {{0.3, 3, 3},
                {0.39, 3, 4},
                {0.35, 3, 4},
                {-0.39, -3, -4},
                {0.09, 0, 1},
                {0, 0, 0},
                {0.39999999999, 4, 4} /* 1e-10 of a step short */,
                {0.3999999, 3, 4} /* 1e-6 short */};
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        int64_t lots;
        ck_assert(nj_lots_down(i, rows[n].qty, &lots));
        ck_assert_int_eq(lots, rows[n].down);
        ck_assert(nj_lots_nearest(i, rows[n].qty, &lots));
        ck_assert_int_eq(lots, rows[n].nearest);
    }
}
END_TEST

START_TEST(what_does_not_fit_62_bits_is_refused)
{
    struct nj_instrument *i = with(0.01, 1);
    int64_t lots;
    ck_assert(nj_lots_nearest(i, 4611686018427387392.0, &lots)); /* the double below 2^62 */
    ck_assert_int_eq(lots, 4611686018427387392);
    ck_assert(!nj_lots_nearest(i, 4611686018427387904.0, &lots)); /* 2^62 */
    ck_assert(!nj_lots_down(i, -4611686018427387904.0, &lots));
    ck_assert(!nj_lots_down(i, 1e300, &lots));
    ck_assert(!nj_lots_down(i, NAN, &lots));
    ck_assert(!nj_lots_nearest(i, INFINITY, &lots));
    i = with(0.01, 1e-8);
    ck_assert(!nj_lots_nearest(i, 1e11, &lots));
    ck_assert(nj_lots_nearest(i, -4e10, &lots));
    ck_assert_int_eq(lots, -4000000000000000000);
}
END_TEST

START_TEST(step_that_is_no_short_decimal_works_in_doubles)
{
    struct nj_grid g = nj_grid_of(1.0 / 3.0);
    int64_t lots;
    ck_assert_int_eq(g.den, 0);
    ck_assert(nj_grid_count(&g, 2.0, NJ_ROUND_DOWN, &lots));
    ck_assert_int_eq(lots, 6);
    ck_assert_double_eq(nj_grid_value(&g, 6), 2.0);
    g = nj_grid_of(1e-300);
    ck_assert(nj_grid_count(&g, 5e-300, NJ_ROUND_DOWN, &lots));
    ck_assert_int_eq(lots, 5);
}
END_TEST

/* ---- prices ---- */

START_TEST(limit_goes_to_the_tick_on_the_safe_side)
{
    struct nj_instrument *i = with(0.05, 1);
    static const struct {
        double price;
        uint8_t side;
        double rounded;
    } rows[] = {{10.07, NJORD_SIDE_BUY, 10.05},     {10.07, NJORD_SIDE_SELL, 10.1},
                {10.05, NJORD_SIDE_BUY, 10.05},     {10.05, NJORD_SIDE_SELL, 10.05},
                {10.15, NJORD_SIDE_BUY, 10.15},     {10.15, NJORD_SIDE_SELL, 10.15},
                {0.04, NJORD_SIDE_BUY, 0},          {0.04, NJORD_SIDE_SELL, 0.05},
                {61800.12, NJORD_SIDE_BUY, 61800.1}};
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++)
        ck_assert_double_eq(nj_tick_safe(i, rows[n].price, rows[n].side), rows[n].rounded);
    /* within 1e-9 of a tick (5e-11): on it */
    ck_assert_double_eq(nj_tick_safe(i, 10.05 + 4e-11, NJORD_SIDE_SELL), 10.05);
    ck_assert_double_eq(nj_tick_safe(i, 10.05 - 4e-11, NJORD_SIDE_BUY), 10.05);
    ck_assert_double_eq(nj_tick_safe(i, 10.05 - 6e-11, NJORD_SIDE_BUY), 10.0);
    ck_assert(isnan(nj_tick_safe(i, NAN, NJORD_SIDE_BUY)));
    ck_assert_double_eq(nj_tick_safe(i, 1e300, NJORD_SIDE_BUY), 1e300);
}
END_TEST

/* ---- decimals ---- */

START_TEST(products_compare_as_the_decimals_written)
{
    ck_assert(3 * 1.1 > 3.3); /* what doubles say */
    ck_assert_int_eq(nj_product_compare(3, 1.1, 3.3, 1), 0);
    ck_assert_int_eq(nj_product_compare(3, 1.1, 3.2999999999999998, 1), 0); /* the same double */
    ck_assert_int_eq(nj_product_compare(3, 1.1000000000000003, 3.3, 1), 1);
    ck_assert_int_eq(nj_product_compare(3, 1.0999999999999999, 3.3, 1), -1);
    ck_assert_int_eq(nj_product_compare(0.1, 0.1, 0.01, 1), 0);
    ck_assert_int_eq(nj_product_compare(0.7, 100, 70, 1), 0);
    ck_assert_int_eq(nj_product_compare(-0.7, 100, -70, 1), 0);
    ck_assert_int_eq(nj_product_compare(-3, 1.1000000000000003, -3.3, 1), -1);
    ck_assert_int_eq(nj_product_compare(1e-8, 1e8, 1, 1), 0);
    ck_assert_int_eq(nj_product_compare(5.1, 100, 5, 102), 0);
    ck_assert_int_eq(nj_product_compare(1, 2, 3, 1), -1);
    ck_assert_int_eq(nj_product_compare(0, 1, 0, 5), 0);
    ck_assert_int_eq(nj_product_compare(1e300, 1, 1e299, 10), 0);
    ck_assert_int_eq(nj_product_compare(DBL_MAX, 1, 1, 1), 1);
    ck_assert_int_eq(
        nj_product_compare(1.2345678901234567, 9.8765432109876543, 12.193263113702178, 1),
        1); /* 12.19326311370217952261850... */
}
END_TEST

/* ---- the captures ---- */

/* The whole text of a gzip file, or NULL when it is not there. */
static char *unzipped(const char *path)
{
    struct archive *a = archive_read_new();
    struct archive_entry *entry;
    char *text = NULL;
    size_t len = 0, cap = 0;
    archive_read_support_filter_gzip(a);
    archive_read_support_format_raw(a);
    if (archive_read_open_filename(a, path, 65536) == ARCHIVE_OK &&
        archive_read_next_header(a, &entry) == ARCHIVE_OK) {
        la_ssize_t n;
        do {
            if (cap - len < 65537) {
                cap = cap * 2 + 131072;
                text = realloc(text, cap);
                ck_assert_ptr_nonnull(text);
            }
            n = archive_read_data(a, text + len, 65536);
            ck_assert_int_ge(n, 0);
            len += (size_t)n;
        } while (n > 0);
        text[len] = '\0';
    }
    archive_read_free(a);
    return text;
}

/* Every price and quantity of the recorded trades stands on 0.01 and 0.00001, and comes back. */
START_TEST(quantities_of_the_captures_come_back)
{
    const char *dir = getenv("NJORD_TEST_DATA");
    static const char *const names[] = {"btcusdt-spot-20240808.txt.gz",
                                        "btcusdt-spot-20240809.txt.gz"};
    struct nj_instrument *i = with(0.01, 0.00001);
    unsigned seen = 0;
    for (size_t n = 0; n < 2; n++) {
        char path[1024], *text, *rest = NULL;
        snprintf(path, sizeof path, "%s/trades/%s", dir ? dir : "../shared/data", names[n]);
        text = unzipped(path);
        if (!text) {
            printf("'%s' is not there: nothing checked over the captures\n", path);
            return;
        }
        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            const char *p = strstr(line, "\"p\":\""), *q = strstr(line, "\"q\":\"");
            int64_t lots;
            if (!p || !q || !strstr(line, "\"e\":\"trade\""))
                continue;
            double price = strtod(p + 5, NULL), qty = strtod(q + 5, NULL);
            ck_assert(nj_lots_down(i, qty, &lots));
            ck_assert_double_eq(nj_lots_qty(i, lots), qty);
            ck_assert_double_eq(nj_tick_safe(i, price, NJORD_SIDE_BUY), price);
            ck_assert_double_eq(nj_tick_safe(i, price, NJORD_SIDE_SELL), price);
            seen++;
        }
        free(text);
    }
    ck_assert_uint_eq(seen, 19904);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("instruments");
    TCase *t = tcase_create("instruments");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, symbol_is_two_parts_of_1_to_15);
    tcase_add_test(t, new_symbol_has_units_of_1e_8_and_dense_ids);
    tcase_add_test(t, pointers_stay_while_ten_thousand_symbols_come);
    tcase_add_test(t, update_takes_figures_over_and_keeps_absent_bounds);
    tcase_add_test(t, nonsense_update_changes_nothing);
    tcase_add_test(t, step_of_a_pinned_instrument_leaves_its_lots_alone);
    tcase_add_test(t, lots_are_the_decimals_that_they_mean);
    tcase_add_test(t, lots_equal_the_text_of_their_decimal);
    tcase_add_test(t, down_is_towards_zero_and_forgives_a_billionth);
    tcase_add_test(t, what_does_not_fit_62_bits_is_refused);
    tcase_add_test(t, step_that_is_no_short_decimal_works_in_doubles);
    tcase_add_test(t, limit_goes_to_the_tick_on_the_safe_side);
    tcase_add_test(t, products_compare_as_the_decimals_written);
    tcase_add_test(t, quantities_of_the_captures_come_back);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
