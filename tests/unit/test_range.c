/* The span of time that --start and --end name. Epoch seconds were taken from date -u -d … +%s. */
#include "cli/range.h"

#include "test_main.h"

#include <string.h>

#define S INT64_C(1000000000)

static struct nj_range range(const char *start, const char *end)
{
    struct nj_error err = {0};
    struct nj_range r;
    ck_assert_msg(nj_range_parse(start, end, &r, &err) == 0, "%s", err.text);
    return r;
}

START_TEST(without_options_everything_is_in)
{
    struct nj_range r = range(NULL, NULL);
    ck_assert_int_eq(r.from_ns, INT64_MIN);
    ck_assert_int_eq(r.to_ns, INT64_MAX);
}
END_TEST

START_TEST(an_end_given_as_a_date_includes_that_day)
{
    struct nj_range r = range("2021-04-01", "2021-04-30");
    ck_assert_int_eq(r.from_ns, 1617235200 * S);
    ck_assert_int_eq(r.to_ns, 1619827200 * S); /* 2021-05-01 */
    r = range("2021-04-25", "2021-04-25");
    ck_assert_int_eq(r.to_ns - r.from_ns, 86400 * S);
    r = range(NULL, "2024-02-29");
    ck_assert_int_eq(r.to_ns, 1709251200 * S); /* 2024-03-01 */
}
END_TEST

START_TEST(a_time_is_exact_and_an_end_exclusive)
{
    struct nj_range r = range("2021-04-25T04:01:00Z", "2021-04-25T08:44:00.5Z");
    ck_assert_int_eq(r.from_ns, 1619323260 * S);
    ck_assert_int_eq(r.to_ns, 1619340240 * S + S / 2);
    r = range("2021-04-25", "2021-04-26T00:00:00Z"); /* midnight as a time: the day before */
    ck_assert_int_eq(r.to_ns - r.from_ns, 86400 * S);
}
END_TEST

START_TEST(the_last_day_that_ns_can_count_is_an_end)
{
    struct nj_range r = range(NULL, "2262-04-11");
    ck_assert_int_eq(r.to_ns, INT64_MAX);
}
END_TEST

static const char *const no_dates[] = {"",
                                       "2021",
                                       "2021-4-1",
                                       "2021-02-29",
                                       "2021-13-01",
                                       "01.04.2021",
                                       "2021-04-01T",
                                       "yesterday",
                                       "2021-04-01 00:00:00Z",
                                       "2300-01-01",
                                       "2021-04-01T00:00:00+02:00",
                                       "2021-04-01T00:00:00"};

START_TEST(what_is_no_date_is_refused_with_the_option)
{
    struct nj_error err = {0};
    struct nj_range r;
    const char *text = no_dates[_i];
    ck_assert_int_eq(nj_range_parse(text, NULL, &r, &err), NJ_ERR_INPUT);
    ck_assert_msg(strstr(err.text, "'--start'") && strstr(err.text, text), "%s", err.text);
    ck_assert_int_eq(nj_range_parse(NULL, text, &r, &err), NJ_ERR_INPUT);
    ck_assert_msg(strstr(err.text, "'--end'") != NULL, "%s", err.text);
}
END_TEST

START_TEST(an_end_before_the_start_is_refused)
{
    struct nj_error err = {0};
    struct nj_range r;
    ck_assert_int_eq(nj_range_parse("2021-04-02", "2021-04-01", &r, &err), NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "'--end' (2021-04-01) is not after '--start' (2021-04-02)");
    ck_assert_int_eq(nj_range_parse("2021-04-02", "2021-04-02T00:00:00Z", &r, &err), NJ_ERR_INPUT);
}
END_TEST

START_TEST(people_read_days_where_days_are_meant)
{
    char text[NJ_RANGE_TEXT];
    struct nj_range r = range("2021-04-01", "2021-04-30");
    ck_assert_str_eq(nj_range_text(&r, text, sizeof text), "2021-04-01 to 2021-04-30");
    r = range(NULL, NULL);
    ck_assert_str_eq(nj_range_text(&r, text, sizeof text), "the start to the end");
    r = range("2021-04-25T04:01:00Z", NULL);
    ck_assert_str_eq(nj_range_text(&r, text, sizeof text), "2021-04-25T04:01:00Z to the end");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("range");
    TCase *c = tcase_create("range");
    tcase_add_test(c, without_options_everything_is_in);
    tcase_add_test(c, an_end_given_as_a_date_includes_that_day);
    tcase_add_test(c, a_time_is_exact_and_an_end_exclusive);
    tcase_add_test(c, the_last_day_that_ns_can_count_is_an_end);
    tcase_add_loop_test(c, what_is_no_date_is_refused_with_the_option, 0,
                        (int)(sizeof no_dates / sizeof no_dates[0]));
    tcase_add_test(c, an_end_before_the_start_is_refused);
    tcase_add_test(c, people_read_days_where_days_are_meant);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
