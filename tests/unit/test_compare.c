/* test_compare.c - two curves by hand: who is better, where they part, whether chance would do it.
 */
#include "backtest/compare.h"
#include "backtest/student.h"
#include "test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY   INT64_C(86400000000000)
#define START (18628 * DAY) /* 2021-01-01 */

/* A result with a curve whose points are `step` apart, the first at START + step. */
static struct nj_result make(const double *equity, size_t n, int64_t step, double capital)
{
    struct nj_result r = {.capital = capital};
    r.outcome.curve_ts = calloc(n + 1, sizeof(int64_t));
    r.outcome.curve_equity = calloc(n + 1, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        r.outcome.curve_ts[i] = START + step * (int64_t)(i + 1);
        r.outcome.curve_equity[i] = equity[i];
    }
    r.outcome.n_curve = n;
    return r;
}

static struct nj_comparison compared(const struct nj_result *a, const struct nj_result *b,
                                     double threshold, uint64_t seed)
{
    struct nj_comparison c;
    struct nj_error err = {0};
    ck_assert_msg(nj_compare(a, b, threshold, seed, &c, &err) == 0, "%s", err.text);
    return c;
}

#define NEAR(found, expected) ck_assert_double_eq_tol(found, expected, 1e-13)

START_TEST(the_p_value_of_t_is_as_its_closed_forms_say)
{
    /* Abramowitz and Stegun 26.7.3 and 26.7.4: P(|T| < t) for 1 to 4 degrees of freedom */
    for (double t = 0.0625; t < 40; t *= 1.5) {
        double one = 2 / M_PI * atan(t), sine = t / sqrt(2 + t * t);
        double angle = atan(t / sqrt(3)), three = 2 / M_PI * (angle + sin(angle) * cos(angle));
        double a = atan(t / 2), four = sin(a) * (1 + cos(a) * cos(a) / 2);
        NEAR(nj_student_p(t, 1), 1 - one);
        NEAR(nj_student_p(t, 2), 1 - sine);
        NEAR(nj_student_p(-t, 3), 1 - three);
        NEAR(nj_student_p(t, 4), 1 - four);
    }
    ck_assert_double_eq(nj_student_p(0, 5), 1);
    ck_assert_double_eq(nj_student_p(1e200, 5), 0);
    ck_assert(isnan(nj_student_p(NAN, 5)));
    ck_assert(isnan(nj_student_p(1, 0)));
}
END_TEST

START_TEST(the_p_value_of_t_is_that_of_printed_tables)
{
    /* two-sided points of the 0.05 and 0.01 levels, any table of t: 10, 30 and 120 degrees */
    ck_assert_double_eq_tol(nj_student_p(2.228139, 10), 0.05, 1e-7);
    ck_assert_double_eq_tol(nj_student_p(3.169273, 10), 0.01, 1e-7);
    ck_assert_double_eq_tol(nj_student_p(2.042272, 30), 0.05, 1e-7);
    ck_assert_double_eq_tol(nj_student_p(2.749996, 30), 0.01, 1e-7);
    ck_assert_double_eq_tol(nj_student_p(1.979930, 120), 0.05, 1e-7);
    ck_assert_double_eq_tol(nj_student_p(1.959964, 1e9), 0.05, 1e-7); /* the normal's */
}
END_TEST

START_TEST(curves_are_compared_from_a_common_start)
{
    const double values[] = {50, 55};
    struct nj_result r = make(values, 2, DAY, 50);
    ck_assert_double_eq(nj_compare_rebased(&r, 0), 100000);
    ck_assert_double_eq_tol(nj_compare_rebased(&r, 1), 110000, 1e-9);
    nj_result_free(&r);
}
END_TEST

START_TEST(the_best_of_a_metric_is_marked)
{
    struct nj_result r[3] = {{.capital = 1}, {.capital = 1}, {.capital = 1}};
    const struct nj_result *list[] = {&r[0], &r[1], &r[2]};
    r[1].metrics.value[NJ_METRIC_SHARPE_RATIO] = 2;
    ck_assert_int_eq(nj_compare_best(list, 3, NJ_METRIC_SHARPE_RATIO), 1);
    r[1].metrics.value[NJ_METRIC_FEES_PAID] = -1; /* lower is better */
    ck_assert_int_eq(nj_compare_best(list, 3, NJ_METRIC_FEES_PAID), 1);
    ck_assert_int_eq(nj_compare_best(list, 3, NJ_METRIC_SKEW), -1);         /* neither */
    ck_assert_int_eq(nj_compare_best(list, 3, NJ_METRIC_CALMAR_RATIO), -2); /* all the same */
    r[0].metrics.value[NJ_METRIC_WIN_RATE] = NAN;
    r[1].metrics.value[NJ_METRIC_WIN_RATE] = -1;
    ck_assert_int_eq(nj_compare_best(list, 3, NJ_METRIC_WIN_RATE), 2);
    for (int i = 0; i < 3; i++)
        r[i].metrics.value[NJ_METRIC_WIN_RATE] = NAN;
    ck_assert_int_eq(nj_compare_best(list, 3, NJ_METRIC_WIN_RATE), -1);
}
END_TEST

START_TEST(curves_part_where_they_are_further_apart_than_the_threshold)
{
    /* shares of the larger: 0, 0.1 (not beyond), 0.2, 0.25, 0, 0.5 */
    const double a[] = {100, 100, 100, 75, 80, 100}, b[] = {200, 180, 160, 200, 160, 100};
    struct nj_result x = make(a, 6, DAY, 100), y = make(b, 6, DAY, 200);
    struct nj_comparison c = compared(&x, &y, 0.1, 1);
    ck_assert_uint_eq(c.n_partings, 2);
    ck_assert_int_eq(c.partings[0].from_ns, START + 3 * DAY);
    ck_assert_int_eq(c.partings[0].to_ns, START + 4 * DAY);
    ck_assert_int_eq(c.partings[0].worst_ns, START + 4 * DAY);
    NEAR(c.partings[0].worst, 0.25);
    ck_assert(!c.partings[0].open);
    ck_assert_int_eq(c.partings[1].from_ns, START + 6 * DAY);
    NEAR(c.partings[1].worst, 0.5);
    ck_assert(c.partings[1].open);
    nj_comparison_free(&c);
    c = compared(&x, &y, 0.5, 1);
    ck_assert_uint_eq(c.n_partings, 0); /* equal to it is not beyond it */
    nj_comparison_free(&c);
    nj_result_free(&x);
    nj_result_free(&y);
}
END_TEST

START_TEST(a_curve_keeps_its_last_value_between_its_points)
{
    /* the second has a point each second day: 100 on day 2, 150 on day 4 */
    const double a[] = {100, 100, 100, 100, 100}, b[] = {100, 150};
    struct nj_result x = make(a, 5, DAY, 100), y = make(b, 2, 2 * DAY, 100);
    struct nj_comparison c = compared(&x, &y, 0.1, 1);
    ck_assert_uint_eq(c.n_partings, 1);
    ck_assert_int_eq(c.partings[0].from_ns, START + 4 * DAY);
    ck_assert_int_eq(c.partings[0].to_ns, START + 4 * DAY); /* then the second has ended */
    nj_comparison_free(&c);
    nj_result_free(&x);
    nj_result_free(&y);
}
END_TEST

START_TEST(the_paired_t_test_is_that_of_a_pencil)
{
    /* daily returns 0.1, 0.2, 0.1, 0 against none: differences of mean 0.1, squares 0.02 around it;
     * t = 0.1 / sqrt(0.02 / 3 / 4) = sqrt(6), p by the closed form for 3 degrees of freedom */
    const double a[] = {100, 110, 132, 145.2, 145.2}, b[] = {50, 50, 50, 50, 50};
    struct nj_result x = make(a, 5, DAY, 100), y = make(b, 5, DAY, 50);
    struct nj_comparison c = compared(&x, &y, 0.1, 1);
    double angle = atan(sqrt(6.0 / 3)), p = 1 - 2 / M_PI * (angle + sin(angle) * cos(angle));
    ck_assert_uint_eq(c.test.days, 4);
    NEAR(c.test.mean_diff, 0.1);
    ck_assert_double_eq_tol(c.test.t, sqrt(6), 1e-12);
    ck_assert_double_eq_tol(c.test.p_value, p, 1e-12);
    ck_assert_double_eq_tol(c.test.confidence, 1 - p, 1e-12);
    ck_assert_uint_eq(c.test.block, 2);
    nj_comparison_free(&c);
    c = compared(&y, &x, 0.1, 1);
    NEAR(c.test.mean_diff, -0.1);
    ck_assert_double_eq_tol(c.test.p_value, p, 1e-12);
    nj_comparison_free(&c);
    nj_result_free(&x);
    nj_result_free(&y);
}
END_TEST

/* Four differences 0.1, 0.2, 0.1, 0 in a circle, blocks of two: their sums are 0.3, 0.3, 0.1, 0.1,
 * so a resample of two blocks has the mean 0.15, 0.1, 0.1 or 0.05, a quarter of the time each. None
 * is 0.1 away from 0.1. */
START_TEST(blocks_run_over_the_end_and_the_sample_itself_counts)
{
    const double a[] = {100, 110, 132, 145.2, 145.2}, b[] = {50, 50, 50, 50, 50};
    struct nj_result x = make(a, 5, DAY, 100), y = make(b, 5, DAY, 50);
    struct nj_comparison c = compared(&x, &y, 0.1, 7);
    ck_assert_double_eq_tol(c.test.bootstrap_p, 1.0 / 10001, 1e-15);
    ck_assert_double_eq_tol(c.test.low, 0.05, 1e-12);
    ck_assert_double_eq_tol(c.test.high, 0.15, 1e-12);
    nj_comparison_free(&c);
    nj_result_free(&x);
    nj_result_free(&y);
}
END_TEST

START_TEST(the_bootstrap_gives_the_same_for_the_same_seed)
{
    double a[200], b[200];
    for (int i = 0; i < 200; i++) {
        a[i] = 1000 + (i * 7919) % 101;
        b[i] = 1000 + (i * 104729) % 97;
    }
    struct nj_result x = make(a, 200, DAY, 1000), y = make(b, 200, DAY, 1000);
    struct nj_comparison one = compared(&x, &y, 0.1, 1), two = compared(&x, &y, 0.1, 1),
                         other = compared(&x, &y, 0.1, 2);
    ck_assert_uint_eq(one.test.block, 15); /* 199 days */
    ck_assert_double_eq(one.test.bootstrap_p, two.test.bootstrap_p);
    ck_assert_double_eq(one.test.low, two.test.low);
    ck_assert(one.test.low != other.test.low);
    ck_assert(one.test.low < one.test.mean_diff && one.test.mean_diff < one.test.high);
    nj_comparison_free(&one);
    nj_comparison_free(&two);
    nj_comparison_free(&other);
    nj_result_free(&x);
    nj_result_free(&y);
}
END_TEST

START_TEST(what_is_the_same_is_no_difference_and_too_little_is_no_test)
{
    const double a[] = {100, 110, 105, 120};
    struct nj_result x = make(a, 4, DAY, 100), y = make(a, 4, DAY, 100);
    struct nj_comparison c = compared(&x, &y, 0, 1);
    ck_assert_uint_eq(c.n_partings, 0);
    ck_assert_double_eq(c.test.mean_diff, 0);
    ck_assert(isnan(c.test.t));
    ck_assert_double_eq(c.test.p_value, 1);
    ck_assert_double_eq(c.test.confidence, 0);
    ck_assert_double_eq(c.test.bootstrap_p, 1);
    nj_comparison_free(&c);
    nj_result_free(&y);
    y = make(a, 4, DAY / 100, 100); /* within a day: no daily returns */
    c = compared(&x, &y, 0.1, 1);
    ck_assert_uint_eq(c.test.days, 0);
    ck_assert(isnan(c.test.p_value));
    ck_assert(isnan(c.test.mean_diff));
    nj_comparison_free(&c);
    nj_result_free(&x);
    nj_result_free(&y);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("compare");
    TCase *c = tcase_create("compare");
    tcase_add_test(c, the_p_value_of_t_is_as_its_closed_forms_say);
    tcase_add_test(c, the_p_value_of_t_is_that_of_printed_tables);
    tcase_add_test(c, curves_are_compared_from_a_common_start);
    tcase_add_test(c, the_best_of_a_metric_is_marked);
    tcase_add_test(c, curves_part_where_they_are_further_apart_than_the_threshold);
    tcase_add_test(c, a_curve_keeps_its_last_value_between_its_points);
    tcase_add_test(c, the_paired_t_test_is_that_of_a_pencil);
    tcase_add_test(c, blocks_run_over_the_end_and_the_sample_itself_counts);
    tcase_add_test(c, the_bootstrap_gives_the_same_for_the_same_seed);
    tcase_add_test(c, what_is_the_same_is_no_difference_and_too_little_is_no_test);
    suite_add_tcase(s, c);
    return run_suite(s);
}
