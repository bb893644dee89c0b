/* test_trade_ids.c - the last 512 ids of a venue beside a plain list of them. */
#include "market/trade_ids.h"
#include "test_main.h"

#include <njord/abi.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct nj_trade_ids ids;

/* The plain list. */
static char list[NJ_TRADE_IDS][24];
static unsigned n_list;
static int64_t highest;

static void set_up(void)
{
    nj_trade_ids_init(&ids);
    n_list = 0;
    highest = NJORD_NONE_I64;
}

static void put(const char *id, int64_t number)
{
    int64_t from = 0, to = 0;
    enum nj_trade_id expected = NJ_TRADE_ID_NEW;
    for (unsigned i = 0; i < n_list; i++)
        if (strcmp(list[i], id) == 0)
            expected = NJ_TRADE_ID_DOUBLE;
    int64_t last = highest;
    if (expected == NJ_TRADE_ID_NEW) {
        if (n_list == NJ_TRADE_IDS)
            memmove(list, list + 1, --n_list * sizeof list[0]);
        snprintf(list[n_list++], sizeof list[0], "%s", id);
        if (number >= 0 && highest != NJORD_NONE_I64 && number - 1 > highest)
            expected = NJ_TRADE_ID_GAP;
        if (number > highest)
            highest = number;
    }
    ck_assert_int_eq(nj_trade_ids_take(&ids, id, &from, &to), expected);
    if (expected == NJ_TRADE_ID_GAP) {
        ck_assert_int_eq(from, last + 1);
        ck_assert_int_eq(to, number - 1);
    }
}

static void put_number(int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)number);
    put(text, number);
}

START_TEST(numbers_in_a_row_and_what_breaks_it)
{
    for (int64_t i = 100; i < 2000; i++)
        put_number(i);
    put_number(1999); /* a double of the row */
    put_number(1488); /* its oldest */
    put_number(1487); /* forgotten: new, and no gap */
    put_number(1488); /* which now pushed this one out */
    put_number(2000);
    put_number(2005); /* a gap */
    for (int64_t i = 2006; i < 3000; i++)
        put_number(i);
    put("a", -1);
    put("a", -1);
    for (int64_t i = 3000; i < 3600; i++)
        put_number(i);
    put("a", -1);
}
END_TEST

START_TEST(like_a_plain_list_whatever_comes)
{
    uint64_t x = 88172645463325252u + (uint64_t)_i;
    int64_t at = 1000;
    for (int i = 0; i < 20000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        unsigned what = (unsigned)(x >> 20) % (i / 5000 % 2 ? 2000 : 40);
        if (what == 0)
            at += (int64_t)(x % 5);
        else if (what == 1)
            put_number(at - (int64_t)(x % 700));
        else if (what == 2) {
            char text[24];
            snprintf(text, sizeof text, "x%u", (unsigned)(x % 50));
            put(text, -1);
        } else if (what == 3)
            put("007", -1); /* no number of JSON's */
        put_number(at++);
    }
}
END_TEST

START_TEST(the_ends_of_what_a_number_can_be)
{
    put_number(INT64_MAX);
    put_number(INT64_MAX);
    put_number(0);
    put("-1", -1);
    put("18446744073709551616", -1);
    int64_t from, to;
    ck_assert_int_eq(nj_trade_ids_take(&ids, "", &from, &to), NJ_TRADE_ID_NEW);
    ck_assert_int_eq(nj_trade_ids_take(&ids, "", &from, &to), NJ_TRADE_ID_NEW);
    ck_assert_int_eq(nj_trade_id_number("12"), 12);
    ck_assert_int_eq(nj_trade_id_number("12a"), NJORD_NONE_I64);
    ck_assert_int_eq(nj_trade_id_number(""), NJORD_NONE_I64);
    ck_assert_int_eq(nj_trade_id_number("-3"), NJORD_NONE_I64);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trade_ids");
    TCase *t = tcase_create("ids");
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, numbers_in_a_row_and_what_breaks_it);
    tcase_add_loop_test(t, like_a_plain_list_whatever_comes, 0, 8);
    tcase_add_test(t, the_ends_of_what_a_number_can_be);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
