/* test_yaml.c - the tree of a YAML document: shape, places, and what of YAML is refused. */
#include "base/buf.h"
#include "base/yaml.h"
#include "test_main.h"

#include <stdio.h>
#include <string.h>

static struct nj_buf told;

static void tell(void *ctx, uint32_t line, uint32_t column, const char *text)
{
    (void)ctx;
    nj_buf_printf(&told, "%u:%u: %s\n", line, column, text);
}

static int parse_bytes(struct nj_yaml **out, const char *data, size_t len)
{
    nj_buf_clear(&told);
    nj_buf_puts(&told, "");
    return nj_yaml_parse(out, data, len, tell, NULL);
}

static int parse(struct nj_yaml **out, const char *text)
{
    return parse_bytes(out, text, strlen(text));
}

static void at(const struct nj_yaml_node *node, uint32_t line, uint32_t column)
{
    ck_assert_ptr_nonnull(node);
    ck_assert_uint_eq(node->line, line);
    ck_assert_uint_eq(node->column, column);
}

START_TEST(every_key_and_value_knows_its_place)
{
    struct nj_yaml *yaml = NULL;
    ck_assert_int_eq(parse(&yaml, "# first\n"
                                  "app:\n"
                                  "  name: \"two words\" # why\n"
                                  "  list: [1, x]\n"
                                  "other:\n"
                                  "  - a\n"
                                  "  -  b: {c: 'd'}\n"),
                     0);
    const struct nj_yaml_node *root = yaml->root, *app = nj_yaml_get(root, "app");
    at(root, 2, 1);
    ck_assert_uint_eq(root->n, 2);
    at(app, 3, 3);
    ck_assert_uint_eq(app->key_line, 2);
    ck_assert_uint_eq(app->key_column, 1);
    const struct nj_yaml_node *name = nj_yaml_get(app, "name");
    at(name, 3, 9);
    ck_assert_str_eq(name->text, "two words");
    ck_assert(name->quoted);
    ck_assert_uint_eq(name->key_column, 3);
    const struct nj_yaml_node *list = nj_yaml_get(app, "list");
    ck_assert_int_eq(list->kind, NJ_YAML_LIST);
    at(list, 4, 9);
    at(list->first, 4, 10);
    at(list->first->next, 4, 13);
    ck_assert_ptr_null(list->first->next->next);
    ck_assert(!list->first->quoted);
    const struct nj_yaml_node *other = nj_yaml_get(root, "other");
    at(other, 6, 3);
    at(other->first, 6, 5);
    const struct nj_yaml_node *b = nj_yaml_get(other->first->next, "b");
    at(b, 7, 9);
    at(nj_yaml_get(b, "c"), 7, 13);
    ck_assert(nj_yaml_get(b, "c")->quoted);
    ck_assert_ptr_null(nj_yaml_get(b, "e"));
    ck_assert_ptr_null(nj_yaml_get(name, "e"));
    ck_assert_ptr_null(nj_yaml_get(NULL, "e"));
    nj_yaml_free(yaml);
}
END_TEST

START_TEST(columns_count_characters_and_a_byte_order_mark_is_none)
{
    struct nj_yaml *yaml = NULL;
    ck_assert_int_eq(parse(&yaml, "\xef\xbb\xbf{\xc3\xa4: 1, b: 2}\n"), 0);
    at(nj_yaml_get(yaml->root, "\xc3\xa4"), 1, 5);
    at(nj_yaml_get(yaml->root, "b"), 1, 11);
    nj_yaml_free(yaml);
}
END_TEST

START_TEST(an_empty_document_has_no_root)
{
    static const char *const texts[] = {"", "# only a comment\n", "\n\n", "---\n", "--- \n...\n"};
    for (size_t i = 0; i < 3; i++) {
        struct nj_yaml *yaml = NULL;
        ck_assert_int_eq(parse(&yaml, texts[i]), 0);
        ck_assert_ptr_null(yaml->root);
        nj_yaml_free(yaml);
    }
    for (size_t i = 3; i < sizeof texts / sizeof texts[0]; i++) { /* these hold one null */
        struct nj_yaml *yaml = NULL;
        ck_assert_int_eq(parse(&yaml, texts[i]), 0);
        ck_assert(nj_yaml_is_null(yaml->root));
        nj_yaml_free(yaml);
    }
}
END_TEST

START_TEST(null_is_plain_and_one_of_five_words)
{
    struct nj_yaml *yaml = NULL;
    ck_assert_int_eq(
        parse(&yaml, "- \n- ~\n- null\n- Null\n- NULL\n- 'null'\n- nULL\n- {}\n- ''\n"), 0);
    int i = 0;
    for (const struct nj_yaml_node *n = yaml->root->first; n; n = n->next, i++)
        ck_assert_int_eq(nj_yaml_is_null(n), i < 5);
    ck_assert_int_eq(i, 9);
    nj_yaml_free(yaml);
}
END_TEST

static const struct {
    const char *text, *line;
} refused[] = {
    {"a: &x 1\nb: *x\n", "1:4: anchor '&x': not supported, write the value out\n"},
    {"a: *x\n", "1:4: alias '*x': not supported, write the value out\n"},
    {"&m {a: 1}\n", "1:1: anchor '&m': not supported, write the value out\n"},
    {"a: !x 1\n", "1:4: tag '!x': not supported, quote a text instead\n"},
    {"!!map {a: 1}\n", "1:1: tag 'tag:yaml.org,2002:map': not supported, quote a text instead\n"},
    {"- !!seq [a]\n", "1:3: tag 'tag:yaml.org,2002:seq': not supported, quote a text instead\n"},
    {"a: 1\n---\nb: 2\n", "2:1: a second document, expected one\n"},
    {"a: \"x\\0y\"\n", "1:4: a text with a NUL in it\n"},
    {"? {a: b}\n: c\n", "1:3: expected a text as key, found a map\n"},
    {"a: b: c\n", "1:5: not YAML: mapping values are not allowed in this context\n"},
    {"a: 'x\n", "2:1: not YAML: found unexpected end of stream (while scanning a quoted scalar at "
                "line 1)\n"},
    {"a:\n\tb: 1\n",
     "2:1: not YAML: found character that cannot start any token (while scanning for "
     "the next token at line 2)\n"},
    {"a: \xc3(\n", "1:5: not YAML: invalid trailing UTF-8 octet\n"},
    {"ok: 1\na: \x02\n", "2:4: not YAML: control characters are not allowed\n"},
};

START_TEST(what_is_refused_is_told_with_its_place)
{
    struct nj_yaml *yaml = NULL;
    ck_assert_int_eq(parse(&yaml, refused[_i].text), NJ_ERR_INPUT);
    ck_assert_str_eq(told.data, refused[_i].line);
    ck_assert_ptr_null(yaml);
}
END_TEST

START_TEST(repeated_keys_are_told_with_both_places_and_the_first_one_stands)
{
    struct nj_yaml *yaml = NULL;
    ck_assert_int_eq(parse(&yaml, "a: 1\nb: {x: 1, x: {y: 2, y: 3}}\na: [2]\n'a': 3\n"),
                     NJ_ERR_INPUT);
    ck_assert_str_eq(told.data, "2:11: 'x': repeated key, first at line 2, column 5\n"
                                "2:21: 'y': repeated key, first at line 2, column 15\n"
                                "3:1: 'a': repeated key, first at line 1, column 1\n"
                                "4:1: 'a': repeated key, first at line 1, column 1\n");
    ck_assert_ptr_nonnull(yaml);
    ck_assert_uint_eq(yaml->root->n, 2);
    ck_assert_str_eq(nj_yaml_get(yaml->root, "a")->text, "1");
    nj_yaml_free(yaml);
}
END_TEST

START_TEST(nesting_has_a_bound)
{
    char text[200];
    struct nj_yaml *yaml = NULL;
    memset(text, '[', 32);
    memset(text + 32, ']', 32);
    text[64] = '\0';
    ck_assert_int_eq(parse(&yaml, text), 0);
    nj_yaml_free(yaml);
    memset(text, '[', 33);
    memset(text + 33, ']', 33);
    text[66] = '\0';
    ck_assert_int_eq(parse(&yaml, text), NJ_ERR_INPUT);
    ck_assert_str_eq(told.data, "1:33: more than 32 levels deep\n");
    ck_assert_ptr_null(yaml);
}
END_TEST

START_TEST(values_and_bytes_have_a_bound)
{
    struct nj_yaml *yaml = NULL;
    size_t len = 4 * (size_t)NJ_YAML_MAX_NODES;
    char *text = malloc(NJ_YAML_MAX_BYTES + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < NJ_YAML_MAX_NODES; i++)
        memcpy(text + 4 * i, "- a\n", 4);
    ck_assert_int_eq(parse_bytes(&yaml, text, len - 4), 0); /* the list itself is one of them */
    ck_assert_uint_eq(yaml->root->n, NJ_YAML_MAX_NODES - 1);
    nj_yaml_free(yaml);
    ck_assert_int_eq(parse_bytes(&yaml, text, len), NJ_ERR_INPUT);
    ck_assert_str_eq(told.data, "1000000:3: more than 1000000 values\n");
    memset(text, '#', NJ_YAML_MAX_BYTES + 1);
    ck_assert_int_eq(parse_bytes(&yaml, text, NJ_YAML_MAX_BYTES), 0);
    nj_yaml_free(yaml);
    ck_assert_int_eq(parse_bytes(&yaml, text, NJ_YAML_MAX_BYTES + 1), NJ_ERR_INPUT);
    ck_assert_str_eq(told.data, "0:0: larger than 16777216 bytes\n");
    free(text);
}
END_TEST

START_TEST(many_keys_of_one_map_are_no_burden)
{
    struct nj_buf text = {0};
    struct nj_yaml *yaml = NULL;
    for (int i = 0; i < 100000; i++)
        nj_buf_printf(&text, "key%d: %d\n", i, i);
    nj_buf_puts(&text, "key7: again\n");
    ck_assert_int_eq(parse_bytes(&yaml, text.data, text.len), NJ_ERR_INPUT);
    ck_assert_str_eq(told.data, "100001:1: 'key7': repeated key, first at line 8, column 1\n");
    nj_yaml_free(yaml);
    nj_buf_free(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tests = tcase_create("yaml");
    tcase_add_test(tests, every_key_and_value_knows_its_place);
    tcase_add_test(tests, columns_count_characters_and_a_byte_order_mark_is_none);
    tcase_add_test(tests, an_empty_document_has_no_root);
    tcase_add_test(tests, null_is_plain_and_one_of_five_words);
    tcase_add_loop_test(tests, what_is_refused_is_told_with_its_place, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(tests, repeated_keys_are_told_with_both_places_and_the_first_one_stands);
    tcase_add_test(tests, nesting_has_a_bound);
    tcase_add_test(tests, values_and_bytes_have_a_bound);
    tcase_add_test(tests, many_keys_of_one_map_are_no_burden);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
