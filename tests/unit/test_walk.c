/* test_walk.c - the folds of a walk-forward, its efficiency, and how steady its choices are.
 * Expected values are worked out by hand. */
#include "backtest/walk_folds.h"
#include "backtest/walk_worth.h"
#include "test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR INT64_C(3600000000000)
#define DAY  (24 * HOUR)

static struct nj_error err;

static struct nj_walk_spec spec_of(const char *text)
{
    struct nj_walk_spec spec;
    ck_assert_int_eq(nj_walk_spec_parse(text, &spec, &err), 0);
    return spec;
}

START_TEST(durations_in_every_unit)
{
    struct nj_walk_spec s = spec_of("train=2w,test=36h");
    ck_assert_int_eq(s.train_ns, 14 * DAY);
    ck_assert_int_eq(s.test_ns, 36 * HOUR);
    ck_assert_int_eq(s.step_ns, 36 * HOUR);
    ck_assert(!s.anchored);
    s = spec_of("anchored,step=1d,test=90m,train=3600s");
    ck_assert_int_eq(s.train_ns, HOUR);
    ck_assert_int_eq(s.test_ns, HOUR * 3 / 2);
    ck_assert_int_eq(s.step_ns, DAY);
    ck_assert(s.anchored);
}
END_TEST

START_TEST(what_is_no_spec_is_refused)
{
    static const char *const wrong[] = {"",
                                        "train=1d",
                                        "test=1d",
                                        "train=1d,test=0d",
                                        "train=1d,test=-1d",
                                        "train=1d,test=1e300d",
                                        "train=1d,test=99999999999999999w",
                                        "train=1d,test=106752d",
                                        "train=1d,test=1d,step=23h",
                                        "train=1d,test=1d,test=1d",
                                        "train=1d,test=1d,",
                                        "train=1d test=1d",
                                        "Train=1d,test=1d",
                                        "train=1d,test=1d,anchored=1"};
    struct nj_walk_spec s;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(nj_walk_spec_parse(wrong[i], &s, &err) == NJ_ERR_INPUT, "%s", wrong[i]);
}
END_TEST

START_TEST(windows_are_whole_bars)
{
    struct nj_walk_spec s = spec_of("train=1d,test=90m");
    ck_assert_int_eq(nj_walk_spec_fits(&s, "30m", HOUR / 2, &err), 0);
    ck_assert_int_eq(nj_walk_spec_fits(&s, "1h", HOUR, &err), NJ_ERR_CONFIG);
    ck_assert_str_eq(err.text, "walk-forward: 'test': expected whole bars of 1h, found 90m");
}
END_TEST

static void check_fold(const struct nj_walk_window *w, int64_t a, int64_t b, int64_t c, bool cut)
{
    ck_assert_int_eq(w->train_from, a * HOUR);
    ck_assert_int_eq(w->train_to, b * HOUR);
    ck_assert_int_eq(w->test_from, b * HOUR);
    ck_assert_int_eq(w->test_to, c * HOUR);
    ck_assert(w->cut == cut);
}

START_TEST(folds_roll_and_the_last_test_is_cut)
{
    struct nj_walk_spec s = spec_of("train=10h,test=4h");
    struct nj_walk_window *w;
    size_t n;
    ck_assert_int_eq(nj_walk_plan(&s, 100 * HOUR, 119 * HOUR, &w, &n, &err), 0);
    ck_assert_uint_eq(n, 3);
    check_fold(&w[0], 100, 110, 114, false);
    check_fold(&w[1], 104, 114, 118, false);
    check_fold(&w[2], 108, 118, 119, true);
    free(w);
    ck_assert_int_eq(nj_walk_plan(&s, 100 * HOUR, 118 * HOUR, &w, &n, &err), 0);
    ck_assert_uint_eq(n, 2); /* no time is left for a third test */
    free(w);
    ck_assert_int_eq(nj_walk_plan(&s, 100 * HOUR, 110 * HOUR + 1, &w, &n, &err), 0);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(w[0].test_to, 110 * HOUR + 1);
    free(w);
}
END_TEST

START_TEST(anchored_folds_grow_and_steps_leave_gaps)
{
    struct nj_walk_spec s = spec_of("train=10h,test=4h,step=6h,anchored");
    struct nj_walk_window *w;
    size_t n;
    ck_assert_int_eq(nj_walk_plan(&s, 100 * HOUR, 126 * HOUR, &w, &n, &err), 0);
    ck_assert_uint_eq(n, 3);
    check_fold(&w[0], 100, 110, 114, false);
    check_fold(&w[1], 100, 116, 120, false);
    check_fold(&w[2], 100, 122, 126, false);
    free(w);
}
END_TEST

START_TEST(too_little_and_too_much_are_told)
{
    struct nj_walk_spec s = spec_of("train=1d,test=1h");
    struct nj_walk_window *w;
    size_t n;
    ck_assert_int_eq(nj_walk_plan(&s, 0, DAY, &w, &n, &err), NJ_ERR_NOT_FOUND);
    ck_assert_str_eq(err.text, "walk-forward: the rows span 1d: too little for one train "
                               "window of 1d and a test behind it");
    ck_assert_int_eq(nj_walk_plan(&s, INT64_MAX, INT64_MIN, &w, &n, &err), NJ_ERR_NOT_FOUND);
    ck_assert_int_eq(nj_walk_plan(&s, 0, DAY + 10000 * HOUR, &w, &n, &err), 0);
    ck_assert_uint_eq(n, 10000);
    free(w);
    ck_assert_int_eq(nj_walk_plan(&s, 0, DAY + 10000 * HOUR + 1, &w, &n, &err), NJ_ERR_LIMIT);
    s = spec_of("train=5217w,test=5217w");
    ck_assert_int_eq(nj_walk_plan(&s, 0, INT64_MAX - 2 * DAY, &w, &n, &err), 0);
    ck_assert_uint_eq(n, 2);
    free(w);
}
END_TEST

/* Train 10 days, test 5. */
static struct nj_walk_fold fold(uint64_t set, double train, double test, uint32_t open)
{
    struct nj_walk_fold f = {.window = {0, 10 * DAY, 10 * DAY, 15 * DAY, false},
                             .chosen = true,
                             .set = set,
                             .train_return = train,
                             .tested = true,
                             .n_open = open};
    f.test.value[NJ_METRIC_TOTAL_RETURN_PCT] = test;
    return f;
}

START_TEST(efficiency_is_rate_over_rate)
{
    struct nj_walk_fold folds[] = {fold(3, 10, 2, 1), fold(1, 20, -1, 0), fold(3, 0, 5, 2),
                                   fold(7, 8, 4, 0)};
    struct nj_walk_worth worth;
    folds[3].tested = false; /* its test failed: what it trained is not counted either */
    ck_assert_double_eq_tol(nj_walk_efficiency(&folds[0]), 0.4, 1e-12); /* 2/5 over 10/10 */
    ck_assert_double_eq_tol(nj_walk_efficiency(&folds[1]), -0.1, 1e-12);
    ck_assert(isnan(nj_walk_efficiency(&folds[2])) && isnan(nj_walk_efficiency(&folds[3])));
    ck_assert_int_eq(nj_walk_weigh(folds, 4, &worth, &err), 0);
    ck_assert_double_eq_tol(worth.train_rate, 30.0 / 30 * 365, 1e-9);
    ck_assert_double_eq_tol(worth.test_rate, 6.0 / 15 * 365, 1e-9);
    ck_assert_double_eq_tol(worth.efficiency, 0.4, 1e-12);
    ck_assert_uint_eq(worth.tested, 3);
    ck_assert_uint_eq(worth.profitable, 2);
    ck_assert_uint_eq(worth.open, 3);
    ck_assert_uint_eq(worth.n_sets, 3);
    ck_assert_uint_eq(worth.set, 3);
    ck_assert_uint_eq(worth.times, 2);
}
END_TEST

START_TEST(nothing_made_has_no_efficiency)
{
    struct nj_walk_fold folds[] = {fold(0, -10, 2, 0), fold(0, 10, 2, 0)};
    struct nj_walk_worth worth;
    ck_assert_int_eq(nj_walk_weigh(folds, 2, &worth, &err), 0);
    ck_assert(isnan(worth.efficiency));
    ck_assert_double_eq_tol(worth.train_rate, 0, 1e-12);
    folds[0].tested = folds[1].tested = folds[0].chosen = folds[1].chosen = false;
    ck_assert_int_eq(nj_walk_weigh(folds, 2, &worth, &err), 0);
    ck_assert(isnan(worth.efficiency) && isnan(worth.train_rate) && isnan(worth.test_rate));
    ck_assert_uint_eq(worth.n_sets, 0);
    ck_assert_uint_eq(worth.times, 0);
}
END_TEST

START_TEST(steadiness_counts_values_and_changes)
{
    struct nj_space *space = nj_space_new();
    struct nj_walk_steady steady;
    ck_assert_int_eq(nj_space_axis(space, "a=5,6,7", &err), 0);
    ck_assert_int_eq(nj_space_axis(space, "b=1,2", &err), 0);
    ck_assert_int_eq(nj_space_choose(space, 0, 1, &err), 0);
    /* sets in order: 5/1 5/2 6/1 6/2 7/1 7/2; a: 7 7 - 5 7, b: 2 1 - 1 2 */
    struct nj_walk_fold folds[] = {fold(5, 1, 1, 0), fold(4, 1, 1, 0), fold(0, 1, 1, 0),
                                   fold(0, 1, 1, 0), fold(5, 1, 1, 0)};
    folds[2].chosen = false;
    nj_walk_steadiness(space, folds, 5, 0, &steady);
    ck_assert_uint_eq(steady.values, 2);
    ck_assert_uint_eq(steady.changes, 2);
    ck_assert_uint_eq(steady.place, 2);
    ck_assert_uint_eq(steady.times, 3);
    nj_walk_steadiness(space, folds, 5, 1, &steady);
    ck_assert_uint_eq(steady.values, 2);
    ck_assert_uint_eq(steady.changes, 2);
    ck_assert_uint_eq(steady.place, 0); /* two each: the first of the axis */
    ck_assert_uint_eq(steady.times, 2);
    nj_space_free(space);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("walk");
    TCase *tc = tcase_create("walk");
    tcase_add_test(tc, durations_in_every_unit);
    tcase_add_test(tc, what_is_no_spec_is_refused);
    tcase_add_test(tc, windows_are_whole_bars);
    tcase_add_test(tc, folds_roll_and_the_last_test_is_cut);
    tcase_add_test(tc, anchored_folds_grow_and_steps_leave_gaps);
    tcase_add_test(tc, too_little_and_too_much_are_told);
    tcase_add_test(tc, efficiency_is_rate_over_rate);
    tcase_add_test(tc, nothing_made_has_no_efficiency);
    tcase_add_test(tc, steadiness_counts_values_and_changes);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
