/* test_buf.c - the growable buffer: it always ends with a NUL, and remembers a failure. */
#include "base/buf.h"
#include "test_main.h"

#include <stdint.h>
#include <string.h>

START_TEST(appended_pieces_stand_one_behind_the_other)
{
    struct nj_buf buf = {0};
    ck_assert(nj_buf_puts(&buf, "ab"));
    ck_assert(nj_buf_putc(&buf, 'c'));
    ck_assert(nj_buf_printf(&buf, "%d-%s", 42, "x"));
    ck_assert(nj_buf_add(&buf, "\0z", 2));
    ck_assert_uint_eq(buf.len, 9);
    ck_assert_int_eq(memcmp(buf.data, "abc42-x\0z", 10), 0); /* with the NUL behind it */
    nj_buf_free(&buf);
    ck_assert_ptr_null(buf.data);
}
END_TEST

START_TEST(it_grows_over_any_size)
{
    struct nj_buf buf = {0};
    for (uint32_t i = 0; i < 100000; i++)
        ck_assert(nj_buf_add(&buf, &i, sizeof i));
    ck_assert_uint_eq(buf.len, 400000);
    for (uint32_t i = 0; i < 100000; i += 997) {
        uint32_t v;
        memcpy(&v, buf.data + i * sizeof v, sizeof v);
        ck_assert_uint_eq(v, i);
    }
    ck_assert_int_eq(buf.data[buf.len], '\0');
    nj_buf_free(&buf);
}
END_TEST

START_TEST(dropping_takes_from_the_front)
{
    struct nj_buf buf = {0};
    nj_buf_puts(&buf, "hello world");
    nj_buf_drop(&buf, 6);
    ck_assert_str_eq(buf.data, "world");
    nj_buf_drop(&buf, 0);
    ck_assert_str_eq(buf.data, "world");
    nj_buf_drop(&buf, 99);
    ck_assert_uint_eq(buf.len, 0);
    ck_assert_str_eq(buf.data, "");
    nj_buf_puts(&buf, "again");
    ck_assert_str_eq(buf.data, "again");
    nj_buf_free(&buf);
}
END_TEST

START_TEST(a_failure_stays_until_it_is_cleared_and_loses_nothing)
{
    struct nj_buf buf = {0};
    nj_buf_puts(&buf, "kept");
    ck_assert(!nj_buf_reserve(&buf, SIZE_MAX));
    ck_assert(buf.failed);
    ck_assert_str_eq(buf.data, "kept");
    ck_assert(!nj_buf_puts(&buf, "x"));
    ck_assert(!nj_buf_printf(&buf, "y"));
    ck_assert_str_eq(buf.data, "kept");
    nj_buf_clear(&buf);
    ck_assert(nj_buf_puts(&buf, "new"));
    ck_assert_str_eq(buf.data, "new");
    nj_buf_free(&buf);
}
END_TEST

START_TEST(json_text_is_escaped_as_rfc_8259_asks)
{
    struct nj_buf buf = {0};
    ck_assert(nj_buf_json(&buf, "a\"b\\c\n\t\x01\x7f\xc3\xa9"));
    ck_assert_str_eq(buf.data, "\"a\\\"b\\\\c\\n\\t\\u0001\x7f\xc3\xa9\"");
    nj_buf_clear(&buf);
    ck_assert(nj_buf_json(&buf, ""));
    ck_assert_str_eq(buf.data, "\"\"");
    nj_buf_free(&buf);
}
END_TEST

START_TEST(an_empty_buffer_may_be_cleared_and_freed)
{
    struct nj_buf buf = {0};
    nj_buf_clear(&buf);
    nj_buf_drop(&buf, 3);
    ck_assert(nj_buf_add(&buf, "", 0));
    ck_assert_str_eq(buf.data, "");
    nj_buf_free(&buf);
    nj_buf_free(&buf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    TCase *tests = tcase_create("buf");
    tcase_add_test(tests, appended_pieces_stand_one_behind_the_other);
    tcase_add_test(tests, it_grows_over_any_size);
    tcase_add_test(tests, dropping_takes_from_the_front);
    tcase_add_test(tests, a_failure_stays_until_it_is_cleared_and_loses_nothing);
    tcase_add_test(tests, json_text_is_escaped_as_rfc_8259_asks);
    tcase_add_test(tests, an_empty_buffer_may_be_cleared_and_freed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
