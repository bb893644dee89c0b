/* The allocator target_weights as built; figures by hand. */
#include "test_main.h"

#include <check.h>
#include <dlfcn.h>
#include <math.h>
#include <njord/mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static njord_mock *mock;

static void start(void)
{
    char path[4096];
    const char *top = getenv("top_builddir");
    (void)snprintf(path, sizeof path, "%s/plugins/allocators/target_weights.so", top ? top : ".");
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(handle != NULL, "%s", dlerror());
    const njord_plugin_entry *entry = dlsym(handle, "njord_entry");
    mock = njord_mock_new("alloc");
    ck_assert_ptr_nonnull(mock);
    ck_assert_msg(njord_mock_create(mock, entry) == NJORD_OK, "%s", njord_mock_error(mock));
}

static void stop(void)
{
    njord_mock_free(mock);
}

static njord_allocator_row row(double weight, double min, double max, double multiplier)
{
    njord_allocator_row r;
    memset(&r, 0, sizeof r);
    r.size = (uint32_t)sizeof r;
    r.target_weight = weight;
    r.min_capital = min;
    r.max_capital = max;
    r.risk_multiplier = multiplier;
    return r;
}

START_TEST(capital_is_the_weight_of_the_total_within_bounds_times_the_multiplier)
{
    double out[7];
    const njord_allocator_row rows[] = {
        row(0.4, NAN, NAN, NAN),       /* 20000 */
        row(0.4, NAN, 15000.0, NAN),   /* bound above */
        row(0.01, 1000.0, NAN, 1.0),   /* bound below */
        row(0.4, NAN, 15000.0, 0.5),   /* bound, then halved */
        row(0.0, NAN, NAN, 2.0),       /* nothing is an opinion */
        row(NAN, 1000.0, 2000.0, 1.0), /* no weight */
        row(1.5, NAN, NAN, NAN),       /* no weight either */
    };
    ck_assert_int_eq(njord_mock_targets(mock, 50000.0, rows, 7, out), NJORD_OK);
    ck_assert_double_eq(out[0], 20000.0);
    ck_assert_double_eq(out[1], 15000.0);
    ck_assert_double_eq(out[2], 1000.0);
    ck_assert_double_eq(out[3], 7500.0);
    ck_assert_double_eq(out[4], 0.0);
    ck_assert_double_nan(out[5]);
    ck_assert_double_nan(out[6]);
}
END_TEST

START_TEST(rows_of_a_later_host_are_longer_and_read_all_the_same)
{
    struct {
        njord_allocator_row known;
        double future[3];
    } rows[2];
    double out[2];
    memset(rows, 0, sizeof rows);
    for (int i = 0; i < 2; i++) {
        rows[i].known = row(0.25 * (i + 1), NAN, NAN, NAN);
        rows[i].known.size = (uint32_t)sizeof rows[i];
    }
    ck_assert_int_eq(njord_mock_targets(mock, 1000.0, &rows[0].known, 2, out), NJORD_OK);
    ck_assert_double_eq(out[0], 250.0);
    ck_assert_double_eq(out[1], 500.0);
}
END_TEST

START_TEST(the_share_given_out_may_change_while_it_runs)
{
    double out[1];
    const njord_allocator_row rows[] = {row(0.5, NAN, NAN, NAN)};
    ck_assert_msg(njord_mock_param(mock, "scale", "0.8") == NJORD_OK, "%s", njord_mock_error(mock));
    ck_assert_int_eq(njord_mock_targets(mock, 1000.0, rows, 1, out), NJORD_OK);
    ck_assert_double_eq(out[0], 400.0);
    ck_assert_int_eq(njord_mock_param(mock, "scale", "1.1"), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_targets(mock, 1000.0, rows, 1, out), NJORD_OK);
    ck_assert_double_eq(out[0], 400.0);
}
END_TEST

START_TEST(a_total_that_is_no_number_is_refused)
{
    double out[1] = {7.0};
    const njord_allocator_row rows[] = {row(0.5, NAN, NAN, NAN)};
    ck_assert_int_eq(njord_mock_targets(mock, NAN, rows, 1, out), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_targets(mock, -1.0, rows, 1, out), NJORD_E_ARG);
    ck_assert_int_eq(njord_mock_targets(mock, INFINITY, rows, 1, out), NJORD_E_ARG);
    ck_assert_double_eq(out[0], 7.0);
    ck_assert_int_eq(njord_mock_targets(mock, 1000.0, rows, 0, out), NJORD_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target_weights");
    TCase *tc = tcase_create("target_weights");
    tcase_add_checked_fixture(tc, start, stop);
    tcase_add_test(tc, capital_is_the_weight_of_the_total_within_bounds_times_the_multiplier);
    tcase_add_test(tc, rows_of_a_later_host_are_longer_and_read_all_the_same);
    tcase_add_test(tc, the_share_given_out_may_change_while_it_runs);
    tcase_add_test(tc, a_total_that_is_no_number_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
