/* test_curve.c - equity curves as files have them: three shapes, and what is wrong with each told
 * by its line. */
#include "backtest/curve.h"
#include "test_main.h"

#include <math.h>
#include <string.h>

static struct nj_curve_file read_text(const char *text)
{
    struct nj_curve_file curve;
    struct nj_error err = {0};
    ck_assert_msg(nj_curve_read(&curve, "f", text, strlen(text), &err) == 0, "%s", err.text);
    return curve;
}

static void refuse(const char *text, const char *expected)
{
    struct nj_curve_file curve;
    struct nj_error err = {0};
    ck_assert_int_ne(nj_curve_read(&curve, "f", text, strlen(text), &err), 0);
    ck_assert_str_eq(err.text, expected);
    ck_assert_ptr_null(curve.ts_ns);
}

START_TEST(pairs_are_read_a_line)
{
    struct nj_curve_file c = read_text("[1, 100]\n [ 2,1.5e2 ]\r\n[3,-0.25]");
    ck_assert_uint_eq(c.n, 3);
    ck_assert_int_eq(c.ts_ns[1], 2);
    ck_assert_double_eq(c.equity[1], 150);
    ck_assert_double_eq(c.equity[2], -0.25);
    ck_assert(isnan(c.initial));
    ck_assert_ptr_null(c.unit);
    nj_curve_free(&c);
}
END_TEST

START_TEST(times_of_csv_are_told_by_their_size)
{
    static const struct {
        const char *text, *unit;
    } cases[] = {{"ts_ns,equity\n1704067260,1\n", "s"},
                 {"ts_ns,equity\n1704067260000,1\n", "ms"},
                 {"ts,equity\n1704067260000000,1\n", "us"},
                 {"ts,equity\n1704067260000000000,1\n", "ns"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nj_curve_file c = read_text(cases[i].text);
        ck_assert_int_eq(c.ts_ns[0], INT64_C(1704067260000000000));
        ck_assert_str_eq(c.unit, cases[i].unit);
        nj_curve_free(&c);
    }
    struct nj_curve_file c = read_text("ts_ms,equity\n5,1\n");
    ck_assert_int_eq(c.ts_ns[0], 5000000);
    ck_assert_ptr_null(c.unit);
    nj_curve_free(&c);
}
END_TEST

START_TEST(what_is_no_point_is_told_by_its_line)
{
    refuse("[1, 2]\n[2, x]\n", "f:2: expected [ts_ns, equity], found '[2, x]'");
    refuse("[1, 2]\n\n[2, 3]\n", "f:2: expected [ts_ns, equity], found ''");
    refuse("[1.5, 2]\n", "f:1: expected [ts_ns, equity], found '[1.5, 2]'");
    refuse("[1, 2] 3\n", "f:1: expected [ts_ns, equity], found '[1, 2] 3'");
    refuse("[1, 2, 3]\n", "f:1: expected [ts_ns, equity], found '[1, 2, 3]'");
    refuse("[1, 1e999]\n", "f:1: expected [ts_ns, equity], found '[1, 1e999]'");
    refuse("ts,equity\n1,NaN\n", "f:2: expected an equity as a finite number, found 'NaN'");
    refuse("ts,equity\n1.5,1\n", "f:2: expected a time as a whole number, found '1.5'");
    refuse("ts,equity\n1,2,3\n",
           "f:2: expected a time and an equity between which a comma stands, found '1,2,3'");
    refuse("ts,equity\n1,1\n99999999999999999,2\n",
           "f:3: expected a time in the unit of the first row, found '99999999999999999'");
    refuse("1,2\n",
           "f:1: expected [ts_ns, equity], a result file, or the CSV header ts_ns,equity, found "
           "'1,2'");
}
END_TEST

START_TEST(times_must_rise)
{
    refuse("[5, 1]\n[5, 2]\n",
           "f:2: time 5 ns is not after the one before: sort the lines, each time once");
    refuse("ts_s,equity\n2,1\n1,2\n",
           "f:3: time 1000000000 ns is not after the one before: sort the lines, each time once");
}
END_TEST

START_TEST(a_span_that_cannot_be_counted_is_refused)
{
    refuse("[-9223372036854775808, 1]\n[9223372036854775807, 2]\n",
           "f:2: time 9223372036854775807 ns is more than 292 years after the first");
}
END_TEST

START_TEST(a_file_without_a_point_is_refused)
{
    refuse("", "f: no point in it: expected [ts_ns, equity] a line");
    refuse(" \n\n", "f: no point in it: expected [ts_ns, equity] a line");
    refuse("ts_ns,equity\n", "f: no point in it: expected [ts_ns, equity] a line");
    refuse("{", "result 'f': byte 1: string or '}' expected near end of file");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("curve");
    TCase *c = tcase_create("curve");
    tcase_add_test(c, pairs_are_read_a_line);
    tcase_add_test(c, times_of_csv_are_told_by_their_size);
    tcase_add_test(c, what_is_no_point_is_told_by_its_line);
    tcase_add_test(c, times_must_rise);
    tcase_add_test(c, a_span_that_cannot_be_counted_is_refused);
    tcase_add_test(c, a_file_without_a_point_is_refused);
    suite_add_tcase(s, c);
    return run_suite(s);
}
