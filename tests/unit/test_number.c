/* test_number.c - numbers and times as text. The oracle for doubles is the rule itself, by snprintf
 * and strtod; for times, dates from a calendar and from `date -u`. NUMBER_ROUNDS in the environment
 * sets how many random doubles are tried. Owned by the tests. */
#include "test_codec_random.h"
#include "test_main.h"

#include <check.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>

/* The shortest of %.15g, %.16g, %.17g that reads back. */
static void by_the_rule(double v, char *text, size_t cap)
{
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(text, cap, "%.*g", precision, v);
        if (strtod(text, NULL) == v)
            return;
    }
}

static void same_as_the_rule(double v)
{
    char text[NJORD_NUMBER_SIZE + 1], expected[64];
    double back = 0;
    text[NJORD_NUMBER_SIZE] = '#';
    size_t len = njord_format_f64(v, text);
    by_the_rule(v, expected, sizeof expected);
    /* plain ifs: Check writes a record for each assertion that holds */
    if (strcmp(text, expected) != 0 || len != strlen(text) || text[NJORD_NUMBER_SIZE] != '#')
        ck_abort_msg("%a: '%s', by the rule '%s'", v, text, expected);
    if (njord_parse_f64(text, len, &back) != len || memcmp(&back, &v, sizeof v) != 0)
        ck_abort_msg("'%s' read back as %a, was %a", text, back, v);
}

static uint64_t rounds(uint64_t otherwise)
{
    const char *text = getenv("NUMBER_ROUNDS");
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

START_TEST(doubles_are_written_by_the_rule)
{
    dice d = {20251122};
    for (uint64_t n = rounds(500000); n > 0; n--)
        same_as_the_rule(random_f64(&d));
}
END_TEST

START_TEST(doubles_beside_powers_are_written_by_the_rule)
{
    for (int e = -30; e <= 30; e++)
        for (int ulp = -40; ulp <= 40; ulp++) {
            union {
                double f;
                int64_t i;
            } ten = {.f = strtod("1", NULL)}, two = {.f = ldexp(1.0, 2 * e)};
            char text[16];
            (void)snprintf(text, sizeof text, "1e%d", e);
            ten.f = strtod(text, NULL);
            ten.i += ulp;
            two.i += ulp;
            same_as_the_rule(ten.f);
            same_as_the_rule(two.f);
        }
    same_as_the_rule(5e-324);
    same_as_the_rule(1.7976931348623157e308);
    same_as_the_rule(2.2250738585072014e-308);
}
END_TEST

START_TEST(doubles_have_the_text_people_expect)
{
    static const struct {
        double v;
        const char *text;
    } cases[] = {{0, "0"},
                 {-0.0, "-0"},
                 {3, "3"},
                 {0.1, "0.1"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {61800.01, "61800.01"},
                 {1e15, "1e+15"},
                 {123456789012345, "123456789012345"},
                 {1e-5, "1e-05"},
                 {0.0001, "0.0001"},
                 {-2.5e-8, "-2.5e-08"},
                 {1e100, "1e+100"},
                 {9007199254740993.0, "9007199254740992"},
                 {1.0 / 3, "0.3333333333333333"},
                 {2.0 / 3, "0.6666666666666666"},
                 {5e-324, "4.94065645841247e-324"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[NJORD_NUMBER_SIZE];
        (void)njord_format_f64(cases[i].v, text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

/* What strtod makes of it; the text is known to be a JSON number. */
static void same_as_strtod(const char *text)
{
    double v = 0, expected;
    char *exact = strdup(text); /* without its NUL's neighbours: the length alone counts */
    ck_assert_ptr_nonnull(exact);
    expected = strtod(text, NULL);
    size_t used = njord_parse_f64(exact, strlen(text), &v);
    if (used != (isinf(expected) ? 0 : strlen(text)))
        ck_abort_msg("'%s': %zu bytes taken", text, used);
    if (used > 0 && memcmp(&v, &expected, sizeof v) != 0)
        ck_abort_msg("'%s': %a, strtod says %a", text, v, expected);
    free(exact);
}

START_TEST(any_decimal_is_read_as_strtod_reads_it)
{
    dice d = {4};
    for (uint64_t n = rounds(500000) / 2; n > 0; n--) {
        char text[80];
        size_t at = 0, whole = 1 + below(&d, 22), fraction = below(&d, 25);
        if (below(&d, 3) == 0)
            text[at++] = '-';
        if (below(&d, 3) == 0)
            text[at++] = '0';
        else
            for (size_t i = 0; i < whole; i++)
                text[at++] = (char)(i == 0 ? '1' + below(&d, 9) : '0' + below(&d, 10));
        if (fraction > 0)
            text[at++] = '.';
        for (size_t i = 0; i < fraction; i++)
            text[at++] = (char)('0' + (below(&d, 3) == 0 ? 0 : below(&d, 10)));
        text[at] = '\0';
        if (below(&d, 2) == 0)
            (void)snprintf(text + at, sizeof text - at, "%c%s%u", below(&d, 2) ? 'e' : 'E',
                           &"+\0-\0"[2 * below(&d, 2)],
                           below(&d, 8) == 0 ? below(&d, 400) : below(&d, 30));
        same_as_strtod(text);
    }
}
END_TEST

START_TEST(decimals_halfway_between_doubles_round_to_even)
{
    static const char *const cases[] = {"9007199254740993",
                                        "9007199254740995",
                                        "9007199254740993.0",
                                        "9007199254740992.99999999999999999",
                                        "9007199254740993.00000000000000001",
                                        "0.500000000000000055511151231257827",
                                        "1.00000000000000011102230246251565404236316680908203125",
                                        "1.00000000000000011102230246251565404236316680908203124",
                                        "1.00000000000000011102230246251565404236316680908203126",
                                        "2.4703282292062327208e-324",
                                        "2.4703282292062328e-324",
                                        "1.7976931348623158e308",
                                        "1.7976931348623159e308",
                                        "179769313486231570000e289",
                                        "4503599627370496.5",
                                        "4503599627370497.5",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "9999999999999999999",
                                        "99999999999999999999",
                                        "0.000000000000000000000000000000000000000000000000000001",
                                        "1e-400",
                                        "-1e-400",
                                        "0e999999999999",
                                        "-0",
                                        "-0.0",
                                        "0e-5",
                                        "123456789012345678901234567890e-25",
                                        "1e0000000000000000000000010"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        same_as_strtod(cases[i]);
    /* 1 + 2^-53, written out, with 1,000 zeros and then a digit: not halfway any more */
    char text[1200] = "1.00000000000000011102230246251565404236316680908203125";
    size_t n = strlen(text);
    memset(text + n, '0', 1000);
    same_as_strtod(text);
    text[n + 1000] = '1';
    same_as_strtod(text);
    memset(text, '9', 1100);
    same_as_strtod(text);
    memcpy(text + 1000, "e-990", 6);
    same_as_strtod(text);
}
END_TEST

START_TEST(what_json_does_not_call_a_number_is_none)
{
    static const char *const cases[] = {
        "",   "-",   "+1",  ".5",       "5.",        "5.e1", "01",    "-01",    "00",  "1e", "1e+",
        "e5", "nan", "inf", "Infinity", "-Infinity", " 1",   "1e309", "-1e309", "1.e", "--1"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double v;
        ck_assert_msg(njord_parse_f64(cases[i], strlen(cases[i]), &v) == 0, "'%s'", cases[i]);
    }
    double v;
    int64_t n;
    ck_assert_uint_eq(njord_parse_f64("1.25,", 5, &v), 4); /* the rest is the caller's */
    ck_assert_uint_eq(njord_parse_f64("0x10", 4, &v), 1);
    ck_assert_uint_eq(njord_parse_f64("12", 1, &v), 1);
    ck_assert(v == 1);
    ck_assert_uint_eq(njord_parse_i64("-9223372036854775808", 20, &n), 20);
    ck_assert(n == INT64_MIN);
    ck_assert_uint_eq(njord_parse_i64("9223372036854775807]", 20, &n), 19);
    ck_assert(n == INT64_MAX);
    static const char *const no_integers[] = {"9223372036854775808",
                                              "-9223372036854775809",
                                              "18446744073709551616",
                                              "99999999999999999999",
                                              "1.0",
                                              "1e3",
                                              "01",
                                              "",
                                              "-",
                                              "+1",
                                              "a"};
    for (size_t i = 0; i < sizeof no_integers / sizeof no_integers[0]; i++)
        ck_assert_msg(njord_parse_i64(no_integers[i], strlen(no_integers[i]), &n) == 0, "'%s'",
                      no_integers[i]);
}
END_TEST

START_TEST(integers_are_written_as_printf_writes_them)
{
    dice d = {5};
    for (uint64_t n = 200000; n > 0; n--) {
        char text[NJORD_NUMBER_SIZE], expected[32];
        int64_t v = n == 1 ? INT64_MIN : random_i64(&d), back;
        (void)snprintf(expected, sizeof expected, "%lld", (long long)v);
        if (njord_format_i64(v, text) != strlen(expected) || strcmp(text, expected) != 0)
            ck_abort_msg("'%s', printf says '%s'", text, expected);
        if (njord_parse_i64(text, strlen(text), &back) != strlen(text) || back != v)
            ck_abort_msg("'%s' did not come back", text);
    }
}
END_TEST

START_TEST(a_locale_with_a_decimal_comma_changes_nothing)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ps_AF.UTF-8"};
    char text[NJORD_NUMBER_SIZE];
    double v;
    size_t i = 0;
    while (i < sizeof names / sizeof names[0] && setlocale(LC_NUMERIC, names[i]) == NULL)
        i++;
    if (i == sizeof names / sizeof names[0])
        printf("skipped: no locale with a decimal comma is installed (tried %s and three more)\n",
               names[0]);
    (void)njord_format_f64(1.5e-300, text);
    ck_assert_str_eq(text, "1.5e-300");
    ck_assert_uint_eq(njord_parse_f64("1.25e-300", 9, &v), 9);
    ck_assert(v == 1.25e-300);
    (void)setlocale(LC_NUMERIC, "C");
}
END_TEST

START_TEST(times_are_utc_and_to_the_nanosecond)
{
    static const struct {
        const char *text;
        int64_t ns;
        int digits;
    } cases[] = {{"1970-01-01T00:00:00Z", 0, 0},
                 {"2023-11-14T22:13:20.123456789Z", 1700000000123456789, 9},
                 {"2000-02-29T23:59:59.999999Z", 951868799999999000, 6},
                 {"1969-12-31T23:59:59.999Z", -1000000, 3},
                 {"2100-03-01T00:00:00Z", 4107542400000000000, 0},
                 {"2262-04-11T23:47:16.854775807Z", INT64_MAX, 9},
                 {"1677-09-21T00:12:43.145224193Z", INT64_MIN + 1, 9}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns = 0;
        char text[32];
        ck_assert_msg(njord_parse_time(cases[i].text, strlen(cases[i].text), &ns) == 0, "%s",
                      cases[i].text);
        ck_assert_msg(ns == cases[i].ns, "%s: %lld", cases[i].text, (long long)ns);
        ck_assert_uint_eq(njord_format_time(cases[i].ns, cases[i].digits, text, sizeof text),
                          strlen(cases[i].text));
        ck_assert_str_eq(text, cases[i].text);
    }
    int64_t day;
    ck_assert_int_eq(njord_parse_time("2025-09-30", 10, &day), 0);
    ck_assert_int_eq(day, 1759190400000000000);
    ck_assert_uint_eq(njord_format_time(0, 0, (char[20]){0}, 20), 0);
}
END_TEST

START_TEST(what_is_no_time_is_refused)
{
    static const char *const cases[] = {"",
                                        "2025-9-30",
                                        "2025-02-29",
                                        "2025-13-01",
                                        "2025-00-10",
                                        "2025-01-32",
                                        "2025-01-01T",
                                        "2025-01-01T00:00Z",
                                        "2025-01-01T00:00:00",
                                        "2025-01-01T24:00:00Z",
                                        "2025-01-01T23:60:00Z",
                                        "2025-01-01T23:59:60Z",
                                        "2025-01-01T00:00:00.Z",
                                        "2025-01-01T00:00:00.1234567890Z",
                                        "2025-01-01T00:00:00.12a4Z",
                                        "2025-01-01 00:00:00Z",
                                        "2262-04-11T23:47:16.854775808Z",
                                        "1677-09-21T00:12:43.145224192Z",
                                        "9999-12-31",
                                        "0000-01-01",
                                        "2025-01-01T00:00:00+00:00",
                                        "1900-02-29"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns;
        ck_assert_msg(njord_parse_time(cases[i], strlen(cases[i]), &ns) == NJORD_E_ARG, "'%s'",
                      cases[i]);
    }
}
END_TEST

START_TEST(every_day_of_four_centuries_comes_back)
{
    /* 1800 to 2200, a day a step: dates follow one another as a calendar has them */
    int64_t ns, expected = -5364662400000000000; /* 1800-01-01 */
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int year = 1800; year < 2200; year++)
        for (int month = 0; month < 12; month++) {
            int leap = month == 1 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
            for (int day = 1; day <= lengths[month] + leap; day++, expected += 86400000000000) {
                char text[40], back[40];
                (void)snprintf(text, sizeof text, "%04d-%02d-%02dT12:34:56Z", year, month + 1, day);
                if (njord_parse_time(text, strlen(text), &ns) != 0 ||
                    ns != expected + 45296000000000)
                    ck_abort_msg("%s read as %lld", text, (long long)ns);
                (void)njord_format_time(ns, 0, back, sizeof back);
                if (strcmp(back, text) != 0)
                    ck_abort_msg("%s written as %s", text, back);
            }
        }
}
END_TEST

START_TEST(texts_are_json_strings)
{
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {
        {"", "\"\""},
        {"plain and long enough for words", "\"plain and long enough for words\""},
        {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
        {"\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"a\xffz", "\"a\xef\xbf\xbdz\""},
        {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t need = strlen(cases[i].json);
        for (size_t cap = 0; cap <= need + 8; cap++) {
            char *out = malloc(cap + 1);
            ck_assert_ptr_nonnull(out);
            size_t len = njord_format_text(cases[i].text, strlen(cases[i].text), out, cap);
            ck_assert_uint_eq(len, cap < need ? 0 : need);
            if (len > 0)
                ck_assert_mem_eq(out, cases[i].json, need);
            free(out);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("numbers");
    TCase *tc = tcase_create("text");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, doubles_are_written_by_the_rule);
    tcase_add_test(tc, doubles_beside_powers_are_written_by_the_rule);
    tcase_add_test(tc, doubles_have_the_text_people_expect);
    tcase_add_test(tc, any_decimal_is_read_as_strtod_reads_it);
    tcase_add_test(tc, decimals_halfway_between_doubles_round_to_even);
    tcase_add_test(tc, what_json_does_not_call_a_number_is_none);
    tcase_add_test(tc, integers_are_written_as_printf_writes_them);
    tcase_add_test(tc, a_locale_with_a_decimal_comma_changes_nothing);
    tcase_add_test(tc, times_are_utc_and_to_the_nanosecond);
    tcase_add_test(tc, what_is_no_time_is_refused);
    tcase_add_test(tc, every_day_of_four_centuries_comes_back);
    tcase_add_test(tc, texts_are_json_strings);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
