/* test_told.c - the outputs of a strategy that is shown the past again, held against its record. */
#include "services/told.h"

#include "trade/orders.h"

#include "test_main.h"

#include <stdio.h>
#include <string.h>

static struct nj_told told;

static void setup(void)
{
    told = (struct nj_told){0};
}

static void teardown(void)
{
    nj_told_free(&told);
}

static njord_intent intent(uint64_t cause, uint32_t ordinal, double qty)
{
    njord_intent i;
    njord_event_init(&i, NJORD_EV_INTENT);
    nj_intent_id("mine", 1700000000, cause, ordinal, i.intent_id);
    snprintf(i.strategy_id, sizeof i.strategy_id, "mine");
    snprintf(i.symbol, sizeof i.symbol, "BTC/USDT");
    i.side = NJORD_SIDE_BUY;
    i.type = NJORD_TYPE_MARKET;
    i.qty = qty;
    return i;
}

static void stands(uint64_t cause, uint32_t ordinal, double qty)
{
    njord_intent i = intent(cause, ordinal, qty);
    ck_assert(nj_told_add_intent(&told, &i));
}

static void cancel_stands(uint64_t seq, const char *id)
{
    njord_cancel c;
    njord_event_init(&c, NJORD_EV_CANCEL);
    c.ev.seq = seq;
    snprintf(c.intent_id, sizeof c.intent_id, "%s", id);
    ck_assert(nj_told_add_cancel(&told, &c));
}

static enum nj_told_verdict makes(uint64_t cause, uint32_t ordinal, double qty)
{
    njord_intent i = intent(cause, ordinal, qty);
    return nj_told_intent(&told, cause, ordinal, &i, NULL);
}

START_TEST(ids_give_back_cause_and_place)
{
    char id[NJORD_INTENT_ID_SIZE];
    uint64_t cause;
    uint32_t ordinal;
    static const uint64_t causes[] = {1, 35, 36, 1048577, UINT64_C(1) << 62};
    for (size_t i = 0; i < 5; i++) {
        nj_intent_id("some strategy", 1700000000, causes[i], (uint32_t)i * 40, id);
        ck_assert_msg(nj_told_parse_id(id, &cause, &ordinal), "%s", id);
        ck_assert_uint_eq(cause, causes[i]);
        ck_assert_uint_eq(ordinal, (uint32_t)i * 40);
    }
    static const char *const others[] = {"",          "a-b-c",   "a-b-c-",
                                         "a-b-c-d-e", "a-b-C-d", "a--c-d",
                                         "a-b-c-d ",  "-b-c-d",  "a-b-zzzzzzzzzzzzzz-0"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_msg(!nj_told_parse_id(others[i], &cause, &ordinal), "'%s'", others[i]);
}
END_TEST

START_TEST(the_same_is_found_and_then_met)
{
    stands(20, 1, 2.0);
    stands(20, 0, 1.0);
    stands(10, 0, 3.0);
    nj_told_order(&told);
    ck_assert_uint_eq(nj_told_next_cause(&told, 0, 100), 10);
    ck_assert_int_eq(makes(10, 0, 3.0), NJ_TOLD_SAME);
    ck_assert_ptr_null(nj_told_missing(&told, 10));
    ck_assert_uint_eq(nj_told_next_cause(&told, 0, 100), 20);
    ck_assert_uint_eq(nj_told_next_cause(&told, 0, 20), 0);
    ck_assert_uint_eq(nj_told_next_cause(&told, 20, 100), 0);
    ck_assert_int_eq(makes(20, 0, 1.0), NJ_TOLD_SAME);
    ck_assert_ptr_nonnull(nj_told_missing(&told, 20));
    ck_assert_int_eq(makes(20, 1, 2.0), NJ_TOLD_SAME);
    ck_assert_ptr_null(nj_told_missing(&told, 20));
}
END_TEST

START_TEST(other_content_and_other_places_are_told_from_it)
{
    stands(10, 0, 1.0);
    stands(20, 0, 1.0);
    nj_told_order(&told);
    ck_assert_int_eq(makes(10, 0, 1.5), NJ_TOLD_OTHER);
    ck_assert_int_eq(makes(10, 1, 1.0), NJ_TOLD_OTHER); /* the record goes on without it */
    ck_assert_int_eq(makes(15, 0, 1.0), NJ_TOLD_OTHER);
    njord_intent limit = intent(20, 0, 1.0);
    limit.type = NJORD_TYPE_LIMIT;
    limit.limit_price = 5;
    ck_assert_int_eq(nj_told_intent(&told, 20, 0, &limit, NULL), NJ_TOLD_OTHER);
}
END_TEST

START_TEST(behind_the_record_it_is_unfinished)
{
    ck_assert_int_eq(makes(10, 0, 1.0), NJ_TOLD_UNFINISHED);
    stands(10, 0, 1.0);
    stands(30, NJ_TOLD_HOST_ORDINAL, 1.0); /* a flattening order is the host's, not its */
    nj_told_order(&told);
    ck_assert_int_eq(makes(10, 0, 1.0), NJ_TOLD_SAME);
    ck_assert_int_eq(makes(10, 1, 1.0), NJ_TOLD_UNFINISHED);
    ck_assert_int_eq(makes(11, 0, 1.0), NJ_TOLD_UNFINISHED);
    ck_assert_uint_eq(nj_told_next_cause(&told, 0, 100), 0);
    ck_assert_ptr_null(nj_told_missing(&told, 30));
}
END_TEST

START_TEST(a_cancel_stands_twice_and_counts_once)
{
    cancel_stands(12, "x");
    cancel_stands(13, "y");
    cancel_stands(14, "x"); /* as risk lets it through */
    cancel_stands(15, "y");
    nj_told_order(&told);
    ck_assert(nj_told_cancel_waits(&told, 12));
    ck_assert(!nj_told_cancel_waits(&told, 14));
    ck_assert(!nj_told_cancel_waits(&told, 11));
    ck_assert_int_eq(nj_told_cancel(&told, 11, "z"), NJ_TOLD_OTHER);
    ck_assert_int_eq(nj_told_cancel(&told, 11, "x"), NJ_TOLD_SAME);
    ck_assert(!nj_told_cancel_waits(&told, 12));
    ck_assert_int_eq(nj_told_cancel(&told, 11, "y"), NJ_TOLD_SAME);
    ck_assert_int_eq(nj_told_cancel(&told, 20, "x"), NJ_TOLD_UNFINISHED);
}
END_TEST

START_TEST(a_cancel_that_the_record_holds_later_keeps_an_intent_from_being_unfinished)
{
    cancel_stands(40, "x");
    nj_told_order(&told);
    ck_assert_int_eq(makes(30, 0, 1.0), NJ_TOLD_OTHER);
    ck_assert_int_eq(nj_told_cancel(&told, 35, "x"), NJ_TOLD_SAME);
    ck_assert_int_eq(makes(36, 0, 1.0), NJ_TOLD_UNFINISHED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("told");
    TCase *tc = tcase_create("told");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, ids_give_back_cause_and_place);
    tcase_add_test(tc, the_same_is_found_and_then_met);
    tcase_add_test(tc, other_content_and_other_places_are_told_from_it);
    tcase_add_test(tc, behind_the_record_it_is_unfinished);
    tcase_add_test(tc, a_cancel_stands_twice_and_counts_once);
    tcase_add_test(tc, a_cancel_that_the_record_holds_later_keeps_an_intent_from_being_unfinished);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
