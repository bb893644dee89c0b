/*
 * test_exact.c - sums of decimals beside whole numbers that this file adds itself and C's own
 * strtod, over the whole range of doubles.
 */
#include "market/exact.h"
#include "test_main.h"
#include "trade/decimal.h"

#include <float.h>
#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef __int128 wide;

static struct nj_exact sum;

static void set_up(void)
{
    sum = (struct nj_exact){0};
}

static void tear_down(void)
{
    nj_exact_free(&sum);
}

static void add(double v)
{
    int64_t units;
    if (nj_exact_units(v, &units))
        ck_assert(nj_exact_add(&sum, NJ_EXACT_QTY, units));
    else
        ck_assert(nj_exact_add_f64(&sum, NJ_EXACT_QTY, v));
}

static double value(void)
{
    return nj_exact_value(&sum, NJ_EXACT_QTY);
}

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* "123e-12" as C reads it. */
static double read(wide n, int e)
{
    char text[80];
    size_t at = sizeof text - 1;
    bool minus = n < 0;
    text[at] = '\0';
    at -= 12;
    snprintf(text + at, 13, "e%d", e);
    if (n == 0)
        return 0;
    for (n = minus ? -n : n; n > 0; n /= 10)
        text[--at] = (char)('0' + (int)(n % 10));
    if (minus)
        text[--at] = '-';
    return strtod(text + at, NULL);
}

START_TEST(ten_tenths_are_one)
{
    for (int i = 0; i < 10; i++)
        add(0.1);
    ck_assert_double_eq(value(), 1);
}
END_TEST

START_TEST(nothing_is_lost_between_large_and_small)
{
    add(1e300);
    add(1e-300);
    ck_assert_double_eq(value(), 1e300);
    add(-1e300);
    ck_assert_double_eq(value(), 1e-300);
    add(-1e-300);
    ck_assert_double_eq(value(), 0);
    add(DBL_MAX);
    add(5e-324);
    add(-DBL_MAX);
    ck_assert_double_eq(value(), 5e-324);
}
END_TEST

START_TEST(the_nearest_double_and_ties_to_even)
{
    add(9007199254740992); /* 2^53 */
    add(1);
    ck_assert_double_eq(value(), 9007199254740992);
    add(0.0000000001); /* over the tie by what no unit holds */
    ck_assert_double_eq(value(), 9007199254740994);
    nj_exact_clear(&sum);
    add(9007199254740994);
    add(1);
    ck_assert_double_eq(value(), 9007199254740996);
    nj_exact_clear(&sum);
    ck_assert_double_eq(value(), 0);
}
END_TEST

START_TEST(beyond_the_largest_double_is_the_largest)
{
    add(DBL_MAX);
    add(DBL_MAX);
    ck_assert_double_eq(value(), DBL_MAX);
    for (int i = 0; i < 3; i++)
        add(-DBL_MAX);
    ck_assert_double_eq(value(), -DBL_MAX);
    nj_exact_clear(&sum);
    for (int i = 0; i < 1000; i++)
        ck_assert(nj_exact_add_product(&sum, NJ_EXACT_QTY, DBL_MAX, DBL_MAX));
    ck_assert_double_eq(value(), DBL_MAX);
    for (int i = 0; i < 1000; i++)
        ck_assert(nj_exact_add_product(&sum, NJ_EXACT_QTY, -DBL_MAX, DBL_MAX));
    ck_assert(nj_exact_add_product(&sum, NJ_EXACT_QTY, 5e-324, 1e300));
    ck_assert_double_eq(value(), 4.94065645841247e-24); /* %.15g of the least double */
}
END_TEST

START_TEST(units_that_outgrow_128_bits_go_on)
{
    wide most = ((wide)1 << 126) - 1; /* 85070591730234615865843651857942052863 */
    for (int i = 0; i < 8; i++)
        ck_assert(nj_exact_add(&sum, NJ_EXACT_QTY, most));
    ck_assert_double_eq(value(), 6.8056473384187692692674921486353642290e30);
    for (int i = 0; i < 7; i++)
        ck_assert(nj_exact_add(&sum, NJ_EXACT_QTY, -most));
    ck_assert_double_eq(value(), 8.5070591730234615865843651857942052863e29);
}
END_TEST

START_TEST(random_decimals_sum_as_whole_numbers_do)
{
    for (int digits = 4; digits <= 12; digits++)
        for (int round = 0; round < 50; round++) {
            wide total = 0;
            nj_exact_clear(&sum);
            for (int i = 0; i < 200; i++) {
                int64_t n = (int64_t)(next_random() % 100000000000000u) - 30000000000000;
                total += n;
                add(read(n, -digits));
            }
            ck_assert_double_eq(value(), read(total, -digits));
        }
}
END_TEST

START_TEST(random_products_sum_as_whole_numbers_do)
{
    for (int round = 0; round < 500; round++) {
        wide total = 0;
        nj_exact_clear(&sum);
        for (int i = 0; i < 100; i++) {
            int64_t p = (int64_t)(next_random() % 10000000000000u),
                    q = (int64_t)(next_random() % 1000000000000u);
            total += (wide)p * q;
            ck_assert(nj_exact_add_product(&sum, NJ_EXACT_QUOTE, read(p, -10), read(q, -10)));
        }
        ck_assert_double_eq(nj_exact_value(&sum, NJ_EXACT_QUOTE), read(total, -20));
    }
}
END_TEST

START_TEST(parts_merged_are_the_whole)
{
    struct nj_exact part = {0};
    wide total = 0;
    for (int i = 0; i < 300; i++) {
        int64_t n = (int64_t)(next_random() % 1000000000u) - 500000000;
        int digits = i % 2 ? 6 : 11;
        total += (wide)n * (digits == 6 ? 100000 : 1);
        ck_assert(nj_exact_add_f64(&part, NJ_EXACT_QTY, read(n, -digits)));
        if (i % 7 == 6) {
            ck_assert(nj_exact_merge(&sum, NJ_EXACT_QTY, &part));
            nj_exact_clear(&part);
        }
    }
    ck_assert(nj_exact_merge(&sum, NJ_EXACT_QTY, &part));
    nj_exact_free(&part);
    ck_assert_double_eq(value(), read(total, -11));
}
END_TEST

/* Any double: what the digits say reads back, and no text of 15 or 16 digits is left unused. */
START_TEST(digits_of_any_double_are_those_of_its_text)
{
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = next_random();
        double v;
        if (i % 3 == 0)
            v = (double)(int64_t)(bits % 1000000000000000u) / pow(10, (double)(i % 19));
        else
            memcpy(&v, &bits, sizeof v);
        if (!isfinite(v) || v == 0)
            continue;
        char text[NJORD_NUMBER_SIZE], digits[40];
        struct nj_digits d = nj_digits_of(v);
        snprintf(digits, sizeof digits, "%llue%d", (unsigned long long)d.m, d.e);
        ck_assert_msg(strtod(digits, NULL) == fabs(v), "%s is not %.17g", digits, v);
        ck_assert(d.m % 10 != 0);
        njord_format_f64(fabs(v), text);
        int n = 0; /* significant digits of the text, but for zeros at the end */
        int zeros = 0;
        for (const char *p = text; *p && *p != 'e'; p++)
            if (*p != '.' && (n > 0 || *p != '0')) {
                n++;
                zeros = *p == '0' ? zeros + 1 : 0;
            }
        char plain[24];
        ck_assert_int_eq(snprintf(plain, sizeof plain, "%llu", (unsigned long long)d.m), n - zeros);
    }
    ck_assert_uint_eq(nj_digits_of(0).m, 0);
    ck_assert_int_eq(nj_digits_of(-1200).e, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exact");
    TCase *t = tcase_create("sums");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, ten_tenths_are_one);
    tcase_add_test(t, nothing_is_lost_between_large_and_small);
    tcase_add_test(t, the_nearest_double_and_ties_to_even);
    tcase_add_test(t, beyond_the_largest_double_is_the_largest);
    tcase_add_test(t, units_that_outgrow_128_bits_go_on);
    tcase_add_test(t, random_decimals_sum_as_whole_numbers_do);
    tcase_add_test(t, random_products_sum_as_whole_numbers_do);
    tcase_add_test(t, parts_merged_are_the_whole);
    tcase_add_test(t, digits_of_any_double_are_those_of_its_text);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
