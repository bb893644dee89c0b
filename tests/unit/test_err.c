/* test_err.c - errors for people: one line, never cut in the middle of memory, with the right code.
 */
#include "base/err.h"
#include "test_main.h"

#include <errno.h>
#include <string.h>

START_TEST(an_error_has_its_code_and_its_text)
{
    struct nj_error err = {0};
    ck_assert_int_eq(nj_error_set(&err, NJ_ERR_INPUT, "'%s': expected %d", "x", 5), NJ_ERR_INPUT);
    ck_assert_int_eq(err.code, NJ_ERR_INPUT);
    ck_assert_str_eq(err.text, "'x': expected 5");
    ck_assert_int_eq(nj_error_set(NULL, NJ_ERR_IO, "nobody reads this"), NJ_ERR_IO);
}
END_TEST

START_TEST(whatever_the_subject_holds_it_is_one_line)
{
    struct nj_error err = {0};
    nj_error_set(&err, NJ_ERR_INPUT, "'%s'", "a\nb\r\x1b[31mc");
    ck_assert_str_eq(err.text, "'a?b??[31mc'");
}
END_TEST

START_TEST(a_long_text_is_cut_at_its_end)
{
    struct nj_error err = {0};
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    nj_error_set(&err, NJ_ERR_INPUT, "%s", longer);
    ck_assert_uint_eq(strlen(err.text), NJ_ERROR_TEXT - 1);
    nj_error_context(&err, "%s", longer);
    ck_assert_uint_eq(strlen(err.text), 502); /* 250, ": ", 250 */
    nj_error_errno(&err, EIO, "%s", longer);
    ck_assert_uint_eq(strlen(err.text), NJ_ERROR_TEXT - 1);
}
END_TEST

START_TEST(numbers_of_the_system_become_codes)
{
    static const struct {
        int number, code;
        const char *text;
    } cases[] = {{ENOSPC, NJ_ERR_NO_SPACE, "'f': No space left on device"},
                 {EDQUOT, NJ_ERR_NO_SPACE, "'f': Disk quota exceeded"},
                 {EFBIG, NJ_ERR_NO_SPACE, "'f': File too large"},
                 {ENOMEM, NJ_ERR_NOMEM, "'f': Cannot allocate memory"},
                 {ENOENT, NJ_ERR_NOT_FOUND, "'f': No such file or directory"},
                 {EACCES, NJ_ERR_IO, "'f': Permission denied"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nj_error err = {0};
        ck_assert_int_eq(nj_error_errno(&err, cases[i].number, "'%s'", "f"), cases[i].code);
        ck_assert_str_eq(err.text, cases[i].text);
        ck_assert_int_eq(err.code, cases[i].code);
    }
}
END_TEST

START_TEST(a_caller_who_knows_more_puts_it_in_front)
{
    struct nj_error err = {0};
    nj_error_set(&err, NJ_ERR_PLUGIN, "create failed");
    ck_assert_int_eq(nj_error_context(&err, "strategy '%s'", "a"), NJ_ERR_PLUGIN);
    ck_assert_str_eq(err.text, "strategy 'a': create failed");
}
END_TEST

START_TEST(every_code_has_a_name)
{
    for (int code = NJ_OK; code >= NJ_ERR_NO_SPACE; code--)
        ck_assert_str_ne(nj_err_name(code), "unknown");
    ck_assert_str_eq(nj_err_name(NJ_ERR_NO_SPACE), "no_space");
    ck_assert_str_eq(nj_err_name(NJ_ERR_CONFIG), "config");
    ck_assert_str_eq(nj_err_name(NJ_ERR_NO_SPACE - 1), "unknown");
    ck_assert_str_eq(nj_err_name(1), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("err");
    TCase *tests = tcase_create("err");
    tcase_add_test(tests, an_error_has_its_code_and_its_text);
    tcase_add_test(tests, whatever_the_subject_holds_it_is_one_line);
    tcase_add_test(tests, a_long_text_is_cut_at_its_end);
    tcase_add_test(tests, numbers_of_the_system_become_codes);
    tcase_add_test(tests, a_caller_who_knows_more_puts_it_in_front);
    tcase_add_test(tests, every_code_has_a_name);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
