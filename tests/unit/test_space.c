/* test_space.c - sets of parameters: values, ranges in exact decimals, every combination in order,
 * draws without repetition, constraints. Expected values are written out by hand. */
#include "backtest/space.h"
#include "backtest/where.h"
#include "test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct nj_error err;

/* All values of "k=VALUES" with blanks between; the error's text when there is one. */
static const char *values_of(const char *text)
{
    static char out[4096];
    struct nj_space *space = nj_space_new();
    size_t at = 0;
    err = (struct nj_error){0};
    out[0] = '\0';
    if (nj_space_axis(space, text, &err) != 0)
        snprintf(out, sizeof out, "%s", err.text);
    else
        for (uint64_t i = 0; i < nj_space_values(space, 0); i++) {
            char value[NJ_SPACE_TEXT];
            nj_space_value(space, 0, i, value);
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%s", i ? " " : "", value);
        }
    nj_space_free(space);
    return out;
}

START_TEST(a_list_is_its_texts)
{
    ck_assert_str_eq(values_of("k=10,20,30"), "10 20 30");
    ck_assert_str_eq(values_of("k=slow"), "slow");
    ck_assert_str_eq(values_of("k= a , b c "), "a b c");
    ck_assert_str_eq(values_of("k=1e3,true,x=y"), "1e3 true x=y");
    ck_assert_str_eq(values_of("k=../a,b..c"), "../a b..c");
}
END_TEST

START_TEST(a_range_has_both_ends_and_exact_decimals)
{
    ck_assert_str_eq(values_of("k=0.01..0.05:0.01"), "0.01 0.02 0.03 0.04 0.05");
    ck_assert_str_eq(values_of("k=0.1..0.7:0.2"), "0.1 0.3 0.5 0.7");
    ck_assert_str_eq(values_of("k=1..4"), "1 2 3 4");
    ck_assert_str_eq(values_of("k=10..30:10"), "10 20 30");
    ck_assert_str_eq(values_of("k=10..35:10"), "10 20 30");
    ck_assert_str_eq(values_of("k=0.5..2:0.5"), "0.5 1 1.5 2");
    ck_assert_str_eq(values_of("k=-0.1..0.1:0.1"), "-0.1 0 0.1");
    ck_assert_str_eq(values_of("k=3..1:-1"), "3 2 1");
    ck_assert_str_eq(values_of("k=7..7"), "7");
    ck_assert_str_eq(values_of("k=5,10..30:10,100"), "5 10 20 30 100");
    ck_assert_str_eq(values_of("k=0.999999999999999..1:0.000000000000001"), "0.999999999999999 1");
}
END_TEST

START_TEST(a_thousand_steps_do_not_drift)
{
    struct nj_space *space = nj_space_new();
    char value[NJ_SPACE_TEXT];
    ck_assert_int_eq(nj_space_axis(space, "k=0..100:0.1", &err), 0);
    ck_assert_uint_eq(nj_space_values(space, 0), 1001);
    nj_space_value(space, 0, 1000, value);
    ck_assert_str_eq(value, "100");
    nj_space_value(space, 0, 999, value);
    ck_assert_str_eq(value, "99.9");
    nj_space_free(space);
}
END_TEST

START_TEST(what_is_no_space_is_told)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"k", "expected NAME=VALUES"},
        {"=1", "expected NAME=VALUES"},
        {"k=", "a value is missing"},
        {"k=1,,2", "a value is missing"},
        {"k=1,2,1", "value '1' stands twice"},
        {"k=1..3,2", "value '2' stands twice"},
        {"k=0.1..0.5", "expected a step"},
        {"k=1..5:0", "its step does not lead"},
        {"k=5..1:1", "its step does not lead"},
        {"k=1..5:-1", "its step does not lead"},
        {"k=1..", "expected FROM..TO:STEP"},
        {"k=1..5:", "expected FROM..TO:STEP"},
        {"k=1..5:1:1", "expected FROM..TO:STEP"},
        {"k=1...5", "expected a step"},
        {"k=1e2..5e2:1e2", "expected FROM..TO:STEP"},
        {"k=1..2000000", "more than 1000000 values"},
        {"k=1..12345678901234567", "expected FROM..TO:STEP"},
        {"k=100000000000..100000000001:0.000000000000001", "too many digits"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(strstr(values_of(cases[i].text), cases[i].expected), "'%s': %s",
                      cases[i].text, values_of(cases[i].text));
    struct nj_space *space = nj_space_new();
    ck_assert_int_eq(nj_space_axis(space, "k=1", &err), 0);
    ck_assert_int_eq(nj_space_axis(space, "k=2", &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "'k' stands twice"));
    nj_space_free(space);
}
END_TEST

/* "a=1 b=x; a=1 b=y; …" of all sets. */
static const char *sets_of(const struct nj_space *space)
{
    static char out[8192];
    static struct nj_space_set set;
    size_t at = 0;
    out[0] = '\0';
    for (uint64_t i = 0; i < nj_space_sets(space); i++) {
        nj_space_set(space, i, &set);
        at += (size_t)snprintf(out + at, sizeof out - at, "%s", i ? "; " : "");
        for (uint32_t k = 0; k < nj_space_axes(space); k++)
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%s=%s", k ? " " : "",
                                   set.params[k].name, set.params[k].text);
    }
    return out;
}

static struct nj_space *space_of(const char *a, const char *b, const char *where)
{
    struct nj_space *space = nj_space_new();
    ck_assert_int_eq(nj_space_axis(space, a, &err), 0);
    if (b)
        ck_assert_int_eq(nj_space_axis(space, b, &err), 0);
    if (where)
        ck_assert_msg(nj_space_where(space, where, &err) == 0, "%s", err.text);
    return space;
}

START_TEST(every_combination_the_last_axis_fastest)
{
    struct nj_space *space = space_of("a=1,2", "b=x,y,z", NULL);
    ck_assert_int_eq(nj_space_choose(space, 0, 1, &err), 0);
    ck_assert_uint_eq(nj_space_grid(space), 6);
    ck_assert_str_eq(sets_of(space), "a=1 b=x; a=1 b=y; a=1 b=z; a=2 b=x; a=2 b=y; a=2 b=z");
    nj_space_free(space);
}
END_TEST

START_TEST(a_constraint_leaves_some)
{
    struct nj_space *space = space_of("fast=1..3", "slow=2,3", "fast < slow");
    ck_assert_int_eq(nj_space_where(space, "fast + slow != 5", &err), 0);
    ck_assert_int_eq(nj_space_choose(space, 0, 1, &err), 0);
    ck_assert_uint_eq(nj_space_grid(space), 6);
    ck_assert_str_eq(sets_of(space), "fast=1 slow=2; fast=1 slow=3");
    nj_space_free(space);
    space = space_of("fast=1..3", NULL, "fast > 3");
    ck_assert_int_eq(nj_space_choose(space, 0, 1, &err), NJ_ERR_NOT_FOUND);
    nj_space_free(space);
}
END_TEST

START_TEST(a_draw_has_none_twice_and_is_the_seeds)
{
    char first[8192];
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct nj_space *space = space_of("a=1..10", "b=1..10", "a != b");
        ck_assert_int_eq(nj_space_choose(space, 20, seed, &err), 0);
        ck_assert_uint_eq(nj_space_sets(space), 20);
        uint64_t before = 0, places[NJ_SPACE_AXES];
        for (uint64_t i = 0; i < 20; i++) {
            nj_space_places(space, i, places);
            uint64_t at = places[0] * 10 + places[1];
            ck_assert(places[0] != places[1] && (i == 0 || at > before));
            before = at;
        }
        snprintf(first, sizeof first, "%s", sets_of(space));
        nj_space_free(space);
        space = space_of("a=1..10", "b=1..10", "a != b");
        ck_assert_int_eq(nj_space_choose(space, 20, seed, &err), 0);
        ck_assert_str_eq(sets_of(space), first);
        nj_space_free(space);
    }
}
END_TEST

START_TEST(each_set_is_drawn_as_often)
{
    /* 2 of 6, 6,000 times: each 2,000 times; five deviations are 5 * sqrt(6000 * 1/3 * 2/3) = 183
     */
    unsigned count[6] = {0};
    for (uint64_t seed = 0; seed < 6000; seed++) {
        struct nj_space *space = space_of("a=1..6", NULL, NULL);
        uint64_t places[NJ_SPACE_AXES];
        ck_assert_int_eq(nj_space_choose(space, 2, seed, &err), 0);
        for (uint64_t i = 0; i < 2; i++) {
            nj_space_places(space, i, places);
            count[places[0]]++;
        }
        nj_space_free(space);
    }
    for (int i = 0; i < 6; i++)
        ck_assert_msg(count[i] > 1817 && count[i] < 2183, "%d: %u", i, count[i]);
}
END_TEST

START_TEST(a_draw_of_more_than_there_is_takes_all)
{
    struct nj_space *space = space_of("a=1..3", NULL, NULL);
    ck_assert_int_eq(nj_space_choose(space, 100, 1, &err), 0);
    ck_assert_str_eq(sets_of(space), "a=1; a=2; a=3");
    nj_space_free(space);
}
END_TEST

START_TEST(a_grid_beyond_the_bound_is_drawn_from_only)
{
    struct nj_space *space = space_of("a=1..1000000", "b=1..1000000", "a < b");
    ck_assert_int_eq(nj_space_choose(space, 0, 1, &err), NJ_ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.text, "1000000000000 sets: at most 10000000"));
    ck_assert_int_eq(nj_space_choose(space, 1000, 1, &err), 0);
    ck_assert_uint_eq(nj_space_sets(space), 1000);
    uint64_t places[NJ_SPACE_AXES], before = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        nj_space_places(space, i, places);
        ck_assert(places[0] < places[1]);
        ck_assert(i == 0 || places[0] * 1000000 + places[1] > before);
        before = places[0] * 1000000 + places[1];
    }
    nj_space_free(space);
}
END_TEST

/* ---- constraints ---- */

static int place(void *ctx, const char *name, struct nj_error *why)
{
    (void)ctx;
    if (strlen(name) == 1 && name[0] >= 'a' && name[0] <= 'c')
        return name[0] - 'a';
    nj_error_set(why, NJ_ERR_INPUT, "no '%s'", name);
    return -1;
}

START_TEST(conditions_are_worked_out_as_c_does)
{
    static const double values[] = {2, 3, 0}; /* a, b, c */
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        {"a < b", true},
        {"b < a", false},
        {"a <= 2 && b >= 3", true},
        {"a == 2", true},
        {"a != 2", false},
        {"a + b * 2 == 8", true},
        {"(a + b) * 2 == 10", true},
        {"a - b - 1 == -2", true},
        {"12 / a / b == 2", true},
        {"-a < -1.5", true},
        {"a > 5 || b > 2 && c == 0", true},
        {"(a > 5 || b > 2) && c == 1", false},
        {"!c", true},
        {"!(a < b)", false},
        {"!a == c", true},
        {"a / c > 1", true},       /* infinity */
        {"c / c == c / c", false}, /* no number is equal to nothing */
        {"c / c != 1", false},
        {"a", true},
        {"c", false},
        {".5 < 1e0", true},
        {"  a<b  ", true},
    };
    struct nj_where where;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(nj_where_parse(&where, cases[i].text, place, NULL, &err) == 0, "%s",
                      err.text);
        ck_assert_msg(nj_where_holds(&where, values) == cases[i].holds, "%s", cases[i].text);
    }
}
END_TEST

START_TEST(a_bad_condition_names_its_place)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", "at 1: it ends too early"},
        {"a <", "at 4: it ends too early"},
        {"a < d", "at 5: no 'd'"},
        {"a < b < c", "at 7: two comparisons in a row"},
        {"(a < b", "at 7: expected ')'"},
        {"a b", "at 3: expected an operator"},
        {"a = b", "at 3: expected an operator"},
        {"a < 2x", "at 5: expected a number"},
        {"a < 1e999", "at 5: expected a number"},
        {"a & b", "at 3: expected an operator"},
        {"a < $", "at 5: expected a number, a name or '('"},
        {"a; b", "at 2: expected an operator"},
    };
    struct nj_where where;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(nj_where_parse(&where, cases[i].text, place, NULL, &err), NJ_ERR_INPUT);
        ck_assert_msg(strstr(err.text, cases[i].expected), "'%s': %s", cases[i].text, err.text);
    }
}
END_TEST

START_TEST(depth_and_length_are_bounded)
{
    struct nj_where where;
    char text[2048];
    memset(text, '(', 40);
    snprintf(text + 40, sizeof text - 40, "a");
    ck_assert_int_eq(nj_where_parse(&where, text, place, NULL, &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "nested too deeply"));
    size_t at = 0;
    for (int i = 0; i < 100; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "a+");
    snprintf(text + at, sizeof text - at, "a");
    ck_assert_int_eq(nj_where_parse(&where, text, place, NULL, &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "too long"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("space");
    TCase *tc = tcase_create("space");
    tcase_add_test(tc, a_list_is_its_texts);
    tcase_add_test(tc, a_range_has_both_ends_and_exact_decimals);
    tcase_add_test(tc, a_thousand_steps_do_not_drift);
    tcase_add_test(tc, what_is_no_space_is_told);
    tcase_add_test(tc, every_combination_the_last_axis_fastest);
    tcase_add_test(tc, a_constraint_leaves_some);
    tcase_add_test(tc, a_draw_has_none_twice_and_is_the_seeds);
    tcase_add_test(tc, each_set_is_drawn_as_often);
    tcase_add_test(tc, a_draw_of_more_than_there_is_takes_all);
    tcase_add_test(tc, a_grid_beyond_the_bound_is_drawn_from_only);
    tcase_add_test(tc, conditions_are_worked_out_as_c_does);
    tcase_add_test(tc, a_bad_condition_names_its_place);
    tcase_add_test(tc, depth_and_length_are_bounded);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
