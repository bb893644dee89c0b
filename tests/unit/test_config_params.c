/* test_config_params.c - parameters as written against what a plugin declares. */
#include "config_load.h"
#include "test_main.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#define P(...)                                                                                     \
    {                                                                                              \
        .size = sizeof(njord_param), __VA_ARGS__                                                   \
    }

static const njord_param table[] = {
    P(.type = NJORD_PARAM_INT, .name = "fast", .default_int = 10, .min_int = 1, .max_int = 100),
    P(.type = NJORD_PARAM_REAL, .name = "qty", .default_real = 1.5, .min_real = 0,
      .max_real = 1e12),
    P(.type = NJORD_PARAM_BOOL, .name = "both_sides", .default_int = 1),
    P(.type = NJORD_PARAM_TEXT, .name = "label", .default_text = "none"),
    P(.type = NJORD_PARAM_DURATION, .name = "every", .default_int = INT64_C(5000000000),
      .min_int = INT64_C(1000000), .max_int = INT64_C(60000000000)),
    P(.type = NJORD_PARAM_ENUM, .name = "mode", .default_text = "hold",
      .choices = "cancel|hold|flatten"),
    P(.type = NJORD_PARAM_REAL_MAP, .name = "weights", .default_text = "a=0.25,b=0.75",
      .min_real = 0, .max_real = 1),
    {.size = sizeof(njord_param)}};
enum { FAST, QTY, BOTH_SIDES, LABEL, EVERY, MODE, WEIGHTS, N_PARAMS };

static njord_value *values;
static uint32_t n_values;

/* Reads the params of a strategy written as flow, like "{fast: 5}". */
static int read_params(const njord_param *declared, const char *params)
{
    char text[2000];
    snprintf(text, sizeof text, "strategies:\n  - {id: s, plugin: p, events: ['*'], params: %s}\n",
             params);
    ck_assert_msg(load(NULL, text) == 0, "%s", errors());
    const struct nj_instance_config *s = &config->strategies[0];
    nj_param_values_free(values, n_values);
    return nj_param_values(declared, s->params, s->n_params, s->place, s->id, &values, &n_values,
                           &report);
}

static void drop(void)
{
    nj_param_values_free(values, n_values);
    values = NULL;
    n_values = 0;
    end();
}

START_TEST(what_is_not_given_has_its_declared_default)
{
    ck_assert_int_eq(read_params(table, "{}"), 0);
    ck_assert_uint_eq(n_values, N_PARAMS);
    for (uint32_t i = 0; i < n_values; i++) {
        ck_assert_uint_eq(values[i].size, sizeof(njord_value));
        ck_assert_uint_eq(values[i].type, table[i].type);
    }
    ck_assert_int_eq(values[FAST].i, 10);
    ck_assert_double_eq(values[FAST].r, 10.0);
    ck_assert_double_eq(values[QTY].r, 1.5);
    ck_assert_int_eq(values[BOTH_SIDES].i, 1);
    ck_assert_str_eq(values[LABEL].text, "none");
    ck_assert_int_eq(values[EVERY].i, INT64_C(5000000000));
    ck_assert_int_eq(values[MODE].i, 1);
    ck_assert_str_eq(values[MODE].text, "hold");
    ck_assert_uint_eq(values[WEIGHTS].count, 2);
    ck_assert_str_eq(values[WEIGHTS].map[1].key, "b");
    ck_assert_double_eq(values[WEIGHTS].map[1].value, 0.75);
    drop();
}
END_TEST

START_TEST(what_is_given_is_read_by_its_declared_type)
{
    ck_assert_int_eq(read_params(table,
                                 "{fast: 100, qty: 1e-3, both_sides: false, label: 12, "
                                 "every: 250ms, mode: 'cancel', weights: {x: 1, 'y z': .5}}"),
                     0);
    ck_assert_int_eq(values[FAST].i, 100);
    ck_assert_double_eq(values[QTY].r, 0.001);
    ck_assert_int_eq(values[BOTH_SIDES].i, 0);
    ck_assert_str_eq(values[LABEL].text, "12");
    ck_assert_int_eq(values[EVERY].i, 250000000);
    ck_assert_int_eq(values[MODE].i, 0);
    ck_assert_uint_eq(values[WEIGHTS].count, 2);
    ck_assert_str_eq(values[WEIGHTS].map[0].key, "x");
    ck_assert_double_eq(values[WEIGHTS].map[0].value, 1);
    ck_assert_str_eq(values[WEIGHTS].map[1].key, "y z");
    ck_assert_double_eq(values[WEIGHTS].map[1].value, 0.5);
    drop();
}
END_TEST

START_TEST(an_integer_is_taken_for_a_real_and_an_empty_map_for_a_map)
{
    ck_assert_int_eq(read_params(table, "{qty: 3, weights: {}, label: ''}"), 0);
    ck_assert_double_eq(values[QTY].r, 3);
    ck_assert_uint_eq(values[WEIGHTS].count, 0);
    ck_assert_str_eq(values[LABEL].text, "");
    drop();
}
END_TEST

#define AT "strategies.yaml:2:"
static const struct {
    const char *params, *line;
} bad[] = {
    {"{fast: 10.5}", AT "54: 'fast': expected an integer from 1 to 100, found \"10.5\""},
    {"{fast: abc}", AT "54: 'fast': expected an integer from 1 to 100, found \"abc\""},
    {"{fast: '10'}", AT "54: 'fast': expected an integer from 1 to 100, found text \"10\""},
    {"{fast: 0}", AT "54: 'fast': expected an integer from 1 to 100, found \"0\""},
    {"{fast: 101}", AT "54: 'fast': expected an integer from 1 to 100, found \"101\""},
    {"{fast: true}", AT "54: 'fast': expected an integer from 1 to 100, found \"true\""},
    {"{fast: {a: 1}}", AT "54: 'fast': expected an integer from 1 to 100, found a map"},
    {"{fast: 99999999999999999999}",
     AT "54: 'fast': expected an integer from 1 to 100, found \"99999999999999999999\""},
    {"{qty: abc}", AT "53: 'qty': expected a number from 0 to 1000000000000, found \"abc\""},
    {"{qty: -0.1}", AT "53: 'qty': expected a number from 0 to 1000000000000, found \"-0.1\""},
    {"{qty: .nan}", AT "53: 'qty': expected a number from 0 to 1000000000000, found \".nan\""},
    {"{qty: \"1\"}", AT "53: 'qty': expected a number from 0 to 1000000000000, found text \"1\""},
    {"{both_sides: yes}",
     AT "60: 'both_sides': expected true or false, found \"yes\" (write true)"},
    {"{both_sides: off}",
     AT "60: 'both_sides': expected true or false, found \"off\" (write false)"},
    {"{both_sides: 1}", AT "60: 'both_sides': expected true or false, found \"1\""},
    {"{label: {}}", AT "55: 'label': expected a text, found a map"},
    {"{every: 5}", AT "55: 'every': expected a duration from 1ms to 1m as 250ms, 10s, 5m, 24h, 7d, "
                      "found \"5\""},
    {"{every: 0s}",
     AT "55: 'every': expected a duration from 1ms to 1m as 250ms, 10s, 5m, 24h, 7d, "
        "found \"0s\""},
    {"{every: 61s}", AT "55: 'every': expected a duration from 1ms to 1m as 250ms, 10s, 5m, 24h, "
                        "7d, found \"61s\""},
    {"{mode: hol}", AT "54: 'mode': expected one of cancel, hold, flatten, found \"hol\""},
    {"{mode: hold|flatten}",
     AT "54: 'mode': expected one of cancel, hold, flatten, found \"hold|flatten\""},
    {"{mode: ''}", AT "54: 'mode': expected one of cancel, hold, flatten, found text \"\""},
    {"{weights: 1}", AT "57: 'weights': expected a map of a number from 0 to 1, found \"1\""},
    {"{weights: {a: 2}}", AT "61: 'weights.a': expected a number from 0 to 1, found \"2\""},
    {"{weights: {a: x}}", AT "61: 'weights.a': expected a number from 0 to 1, found \"x\""},
    {"{weights: {a: '1'}}", AT "61: 'weights.a': expected a number from 0 to 1, found text \"1\""},
    {"{weights: {'': 1}}", AT "62: 'weights': expected keys of 1 to 47 characters, found \"\""},
    {"{fats: 5}", AT "54: 'fats': unknown parameter of 's', did you mean 'fast'?"},
    {"{both_side: true}", AT "59: 'both_side': unknown parameter of 's', did you mean "
                             "'both_sides'?"},
    {"{nothing_like_it: 5}", AT "65: 'nothing_like_it': unknown parameter of 's'"},
};

START_TEST(each_mistake_is_told_in_one_line)
{
    char want[300];
    snprintf(want, sizeof want, "%s\n", bad[_i].line);
    ck_assert_int_eq(read_params(table, bad[_i].params), NJ_ERR_CONFIG);
    ck_assert_str_eq(errors(), want);
    ck_assert_ptr_null(values);
    drop();
}
END_TEST

START_TEST(all_mistakes_are_told)
{
    ck_assert_int_eq(read_params(table, "{fast: x, slow: 3, qty: y}"), NJ_ERR_CONFIG);
    ck_assert_uint_eq(report.n_errors, 3);
    drop();
}
END_TEST

START_TEST(a_required_one_must_be_given)
{
    static const njord_param required[] = {
        P(.type = NJORD_PARAM_TEXT, .name = "file", .flags = NJORD_PARAM_REQUIRED),
        {.size = sizeof(njord_param)}};
    ck_assert_int_eq(read_params(required, "{}"), NJ_ERR_CONFIG);
    ck_assert_str_eq(errors(),
                     "strategies.yaml:2:5: 'file': missing in the params of 's', expected "
                     "a text\n");
    ck_assert_int_eq(read_params(required, "{file: x}"), 0);
    ck_assert_str_eq(values[0].text, "x");
    drop();
}
END_TEST

START_TEST(a_secret_is_never_printed)
{
    static const njord_param secret[] = {P(.type = NJORD_PARAM_INT, .name = "pin", .min_int = 0,
                                           .max_int = 9, .flags = NJORD_PARAM_SECRET),
                                         {.size = sizeof(njord_param)}};
    ck_assert_int_eq(read_params(secret, "{pin: geheim}"), NJ_ERR_CONFIG);
    ck_assert_str_eq(errors(),
                     AT "53: 'pin': expected an integer from 0 to 9, found another value\n");
    drop();
}
END_TEST

START_TEST(bounds_of_the_type_itself_are_not_told)
{
    static const njord_param open[] = {
        P(.type = NJORD_PARAM_INT, .name = "n", .min_int = INT64_MIN, .max_int = INT64_MAX),
        P(.type = NJORD_PARAM_REAL, .name = "x", .min_real = -DBL_MAX, .max_real = DBL_MAX),
        {.size = sizeof(njord_param)}};
    ck_assert_int_eq(read_params(open, "{n: a, x: b}"), NJ_ERR_CONFIG);
    ck_assert_str_eq(errors(), AT "51: 'n': expected an integer, found \"a\"\n" AT
                                  "57: 'x': expected a number, found \"b\"\n");
    drop();
}
END_TEST

START_TEST(a_plugin_without_parameters_takes_none)
{
    ck_assert_int_eq(read_params(NULL, "{}"), 0);
    ck_assert_uint_eq(n_values, 0);
    ck_assert_int_eq(read_params(NULL, "{a: 1}"), NJ_ERR_CONFIG);
    ck_assert_str_eq(errors(),
                     AT "51: 'a': unknown parameter of 's', whose plugin declares none\n");
    drop();
}
END_TEST

/* A later host's table has larger rows: it is stepped through by its own size. */
START_TEST(a_table_of_larger_rows_is_read)
{
    struct {
        njord_param p;
        char more[24];
    } rows[3] = {0};
    rows[0].p = table[FAST];
    rows[1].p = table[LABEL];
    for (int i = 0; i < 3; i++)
        rows[i].p.size = sizeof rows[0];
    ck_assert_int_eq(read_params(&rows[0].p, "{label: b, fast: 7}"), 0);
    ck_assert_uint_eq(n_values, 2);
    ck_assert_int_eq(values[0].i, 7);
    ck_assert_str_eq(values[1].text, "b");
    drop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_params");
    TCase *tests = tcase_create("config_params");
    tcase_add_test(tests, what_is_not_given_has_its_declared_default);
    tcase_add_test(tests, what_is_given_is_read_by_its_declared_type);
    tcase_add_test(tests, an_integer_is_taken_for_a_real_and_an_empty_map_for_a_map);
    tcase_add_loop_test(tests, each_mistake_is_told_in_one_line, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tests, all_mistakes_are_told);
    tcase_add_test(tests, a_required_one_must_be_given);
    tcase_add_test(tests, a_secret_is_never_printed);
    tcase_add_test(tests, bounds_of_the_type_itself_are_not_told);
    tcase_add_test(tests, a_plugin_without_parameters_takes_none);
    tcase_add_test(tests, a_table_of_larger_rows_is_read);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
