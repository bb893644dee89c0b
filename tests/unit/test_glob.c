/* test_glob.c - globs of topics. The expected answers are Redis' own (tests/e2e/test_glob_redis.py
 * asks a server for many more). Owned by the tests. */
#include "test_main.h"

#include <check.h>
#include <njord/contract.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *glob;
    const char *name;
    int match;
} cases[] = {
    {"md.trades.*", "md.trades.ATOM/USDT", 1},
    {"md.trades.*", "md.trades.", 1},
    {"md.trades.*", "md.trade", 0},
    {"md.*.ATOM/USDT", "md.ohlcv.1m.ATOM/USDT", 1},
    {"*", "a", 1},
    {"**", "a", 1},
    {"", "", 1},
    {"*", "", 0}, /* as Redis: an empty name matches the empty pattern only */
    {"", "a", 0},
    {"a?c", "abc", 1},
    {"a?c", "ac", 0},
    {"a*b*c", "aXbYbZc", 1},
    {"a*b*c", "aXbYbZ", 0},
    {"[abc]x", "bx", 1},
    {"[^abc]x", "bx", 0},
    {"[^abc]x", "dx", 1},
    {"[a-c]x", "bx", 1},
    {"[c-a]x", "bx", 1},
    {"[a-]", "a", 1},
    {"[a-]", "-", 0}, /* a range from a to ], which then does not end the class */
    {"[]a]", "a", 0},
    {"[^]", "a", 1},
    {"[^", "a", 1},
    {"[", "a", 0},
    {"[a", "a", 1},
    {"[\\]]", "]", 1},
    {"[\\]]", "\\", 0},
    {"\\*", "*", 1},
    {"\\*", "a", 0},
    {"\\", "\\", 1},
    {"a\\", "a\\", 1},
    {"*a", "aaaaab", 0},
    {"*[0-9]?", "ab12", 1},
    {"*.ATOM/*", "sig.x", 0},
};

START_TEST(answers_are_those_of_redis)
{
    ck_assert_msg(njord_glob_match(cases[_i].glob, cases[_i].name) == cases[_i].match, "'%s' '%s'",
                  cases[_i].glob, cases[_i].name);
}
END_TEST

START_TEST(many_stars_do_not_take_for_ever)
{
    /* exponential in Redis before 7.0.9 (CVE-2022-36021); here it must end within the test's time
     * limit */
    static char name[20001], glob[20001];
    memset(name, 'a', sizeof name - 1);
    for (size_t i = 0; i + 2 < sizeof glob; i += 2)
        memcpy(glob + i, "*a", 2);
    glob[sizeof glob - 2] = 'b';
    ck_assert_int_eq(njord_glob_match(glob, name), 0);
    memcpy(glob, "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", 35);
    ck_assert_int_eq(njord_glob_match(glob, name), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("globs");
    TCase *tc = tcase_create("match");
    tcase_add_loop_test(tc, answers_are_those_of_redis, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tc, many_stars_do_not_take_for_ever);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
