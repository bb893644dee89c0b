/* test_config_files.c - the folder of a configuration: what may be wrong with it, what the shipped
 * example says, and that the reference is the one made from the table. */
#include "base/fs.h"
#include "config_load.h"
#include "temp_folder.h"
#include "test_main.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void set_up(void)
{
    folder_make(temp_folder, "config");
}

static struct nj_config *from_folder;

static int load_path(const char *path)
{
    nj_config_report_free(&report);
    return nj_config_load(&from_folder, path, NULL, &report);
}

/* Loads the test's folder and expects one line, in which its path is written as FOLDER. */
static void expect_line(const char *path, const char *line)
{
    char want[800];
    const char *folder = strstr(line, "FOLDER");
    if (folder)
        snprintf(want, sizeof want, "%.*s%s%s\n", (int)(folder - line), line, temp_folder,
                 folder + 6);
    else
        snprintf(want, sizeof want, "%s\n", line);
    ck_assert_int_eq(load_path(path), NJ_ERR_CONFIG);
    ck_assert_ptr_null(from_folder);
    ck_assert_str_eq(errors(), want);
    end();
}

START_TEST(a_folder_and_its_base_yaml_are_the_same)
{
    static const char *const tails[] = {"", "/", "//", "/base.yaml"};
    char path[600], want[600];
    temp_write("base.yaml", "app: {name: x}\n");
    temp_write("strategies.yaml", "strategies: [{id: a, plugin: b, events: ['*']}]\n");
    snprintf(want, sizeof want, "%s/strategies.yaml", temp_folder);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s%s", temp_folder, tails[i]);
        ck_assert_msg(load_path(path) == 0, "%s", errors());
        ck_assert_str_eq(from_folder->app.name, "x");
        ck_assert_str_eq(from_folder->dir, temp_folder);
        ck_assert_uint_eq(from_folder->n_strategies, 1);
        ck_assert_str_eq(from_folder->strategies[0].place.file, want);
        nj_config_free(from_folder);
    }
    ck_assert_int_eq(chdir(temp_folder), 0);
    ck_assert_int_eq(load_path("base.yaml"), 0);
    ck_assert_str_eq(from_folder->dir, ".");
    nj_config_free(from_folder);
    end();
}
END_TEST

START_TEST(strategies_may_be_missing)
{
    temp_write("base.yaml", "app: {}\n");
    ck_assert_int_eq(load_path(temp_folder), 0);
    ck_assert_uint_eq(from_folder->n_strategies, 0);
    ck_assert_str_eq(warnings(), "");
    nj_config_free(from_folder);
    end();
}
END_TEST

START_TEST(a_missing_base_is_told)
{
    expect_line(temp_folder,
                "FOLDER/base.yaml: not found; a configuration folder holds a base.yaml");
}
END_TEST

START_TEST(a_missing_folder_is_told)
{
    expect_line(temp_path("none"), "FOLDER/none: No such file or directory; expected a folder that "
                                   "holds a base.yaml");
    expect_line("", "--config: expected a path of 1 to 991 bytes");
}
END_TEST

START_TEST(another_file_is_no_configuration)
{
    temp_write("my.yaml", "app: {}\n");
    expect_line(temp_path("my.yaml"), "FOLDER/my.yaml: expected a folder, or its base.yaml");
}
END_TEST

START_TEST(a_folder_in_place_of_a_file_is_told)
{
    ck_assert_int_eq(mkdir(temp_path("base.yaml"), 0700), 0);
    expect_line(temp_folder, "'FOLDER/base.yaml' is not a regular file");
}
END_TEST

START_TEST(an_unreadable_file_is_told)
{
    temp_write("base.yaml", "app: {}\n");
    if (geteuid() ==
        0) { /* root reads anything: a link that leads to itself is unreadable to all */
        ck_assert_int_eq(unlink(temp_path("base.yaml")), 0);
        ck_assert_int_eq(symlink("base.yaml", temp_path("base.yaml")), 0);
        expect_line(temp_folder, "file 'FOLDER/base.yaml': Too many levels of symbolic links");
    } else {
        ck_assert_int_eq(chmod(temp_path("base.yaml"), 0), 0);
        expect_line(temp_folder, "file 'FOLDER/base.yaml': Permission denied");
    }
}
END_TEST

START_TEST(files_that_this_version_cannot_use_are_never_ignored)
{
    static const struct {
        const char *name, *line;
    } files[] = {
        {"secrets.enc.yaml", "FOLDER/secrets.enc.yaml: encrypted secrets are not supported by this "
                             "version; move it away"},
        {"portfolio.yaml",
         "FOLDER/portfolio.yaml: portfolios are not part of this version; move it away"},
        {"alerts.yaml", "FOLDER/alerts.yaml: alerts are not part of this version; move it away"}};
    temp_write("base.yaml", "app: {}\n");
    temp_write(files[_i].name, "");
    expect_line(temp_folder, files[_i].line);
}
END_TEST

START_TEST(a_misnamed_file_is_a_warning)
{
    char want[400];
    temp_write("base.yaml", "app: {}\n");
    temp_write("strategies.yml", "");
    temp_write("README.md", "");
    temp_write(".hidden.yaml", "");
    ck_assert_int_eq(load_path(temp_folder), 0);
    snprintf(want, sizeof want,
             "%s/strategies.yml: not read; expected base.yaml and strategies.yaml\n", temp_folder);
    ck_assert_str_eq(warnings(), want);
    nj_config_free(from_folder);
    end();
}
END_TEST

START_TEST(both_files_are_named_as_they_were_given)
{
    char want[800];
    temp_write("base.yaml", "feeds: [{id: a, plugin: b}]\n");
    temp_write("strategies.yaml", "strategies: [{id: a, plugin: b, events: ['*']}]\n");
    ck_assert_int_eq(load_path(temp_folder), NJ_ERR_CONFIG);
    snprintf(want, sizeof want,
             "%s/strategies.yaml:1:19: 'id': 'a' is used twice, first at %s/base.yaml:1:14\n",
             temp_folder, temp_folder);
    ck_assert_str_eq(errors(), want);
    end();
}
END_TEST

/* ---- the shipped example --------------------------------------------------------------------- */

static const char *top_srcdir(void)
{
    const char *top = getenv("top_srcdir");
    return top ? top : ".";
}

static void read_shipped(const char *name, struct nj_buf *out)
{
    char path[1024];
    struct nj_error err;
    snprintf(path, sizeof path, "%s/%s", top_srcdir(), name);
    ck_assert_msg(nj_read_file(path, 1 << 24, out, &err) == 0, "%s", err.text);
}

static void never(void *ctx, uint32_t line, uint32_t column, const char *text)
{
    (void)ctx;
    ck_abort_msg("%u:%u: %s", line, column, text);
}

static bool same_tree(const struct nj_yaml_node *a, const struct nj_yaml_node *b)
{
    if (a->kind != b->kind || a->n != b->n || !a->key != !b->key ||
        (a->key && strcmp(a->key, b->key) != 0) || (a->text && strcmp(a->text, b->text) != 0))
        return false;
    const struct nj_yaml_node *x = a->first, *y = b->first;
    for (; x; x = x->next, y = y->next)
        if (!same_tree(x, y))
            return false;
    return true;
}

/* Does the line above `line` (1-based) of a text say something? */
static bool has_comment_above(const char *text, uint32_t line)
{
    const char *at = text;
    for (uint32_t i = 1; i + 1 < line; i++)
        at = strchr(at, '\n') + 1;
    at += strspn(at, " ");
    return line > 1 && at[0] == '#' && at[1] == ' ';
}

/* Does the value hold its default, in block style, below a comment? */
static void check_key(const char *text, const struct nj_yaml_node *node, const char *section,
                      const char *name, const char *fallback, uint32_t *last_line)
{
    struct nj_yaml *yaml = NULL;
    ck_assert_msg(node != NULL, "'%s.%s' is not in the shipped base.yaml", section, name);
    ck_assert_int_eq(nj_yaml_parse(&yaml, fallback, strlen(fallback), never, NULL), 0);
    struct nj_yaml_node plain = *yaml->root;
    plain.key = node->key;
    ck_assert_msg(same_tree(node, &plain), "'%s.%s': not the default %s", section, name, fallback);
    ck_assert_msg(node->key_line > *last_line,
                  "'%s.%s': on a line of its own, in the table's order", section, name);
    ck_assert_msg(has_comment_above(text, node->key_line), "'%s.%s': a comment above it", section,
                  name);
    if (node->n > 0)
        ck_assert_msg(node->line > node->key_line, "'%s.%s': in block style", section, name);
    *last_line = node->key_line;
    nj_yaml_free(yaml);
}

START_TEST(the_shipped_base_holds_every_key_with_its_default_and_a_comment)
{
    struct nj_buf text = {0};
    struct nj_yaml *yaml = NULL;
    uint32_t last_line = 0;
    read_shipped("config/base.yaml", &text);
    ck_assert_int_eq(nj_yaml_parse(&yaml, text.data, text.len, never, NULL), 0);
    for (const struct nj_section *s = nj_sections; s->name; s++) {
        if (strcmp(s->file, "base.yaml") != 0)
            continue;
        const struct nj_yaml_node *node = nj_yaml_get(yaml->root, s->name);
        if (s->type == NJ_SECTION_KEY) {
            check_key(text.data, node, s->name, s->name, s->keys->fallback, &last_line);
        } else if (s->type == NJ_SECTION_ENTRIES || s->type == NJ_SECTION_SYMBOLS) {
            check_key(text.data, node, s->name, s->name, s->fallback ? s->fallback : "{}",
                      &last_line);
        } else {
            ck_assert_msg(node != NULL, "'%s' is not in the shipped base.yaml", s->name);
            ck_assert_uint_eq(node->n, nj_key_count(s->keys));
            for (const struct nj_key *key = s->keys; key->name; key++)
                check_key(text.data, nj_yaml_get(node, key->name), s->name, key->name,
                          key->fallback, &last_line);
        }
    }
    nj_yaml_free(yaml);
    nj_buf_free(&text);
}
END_TEST

START_TEST(the_shipped_folder_loads_without_a_word)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/config", top_srcdir());
    ck_assert_msg(load_path(path) == 0, "%s", errors());
    ck_assert_str_eq(warnings(), "");
    ck_assert_uint_eq(from_folder->n_strategies, 2);
    ck_assert_str_eq(from_folder->strategies[0].id, "trendline_break_v1");
    ck_assert(from_folder->strategies[0].enabled);
    ck_assert_str_eq(from_folder->strategies[1].id, "rsi_tema_bb_v1");
    ck_assert(!from_folder->strategies[1].enabled);
    struct nj_config *defaults = NULL;
    struct nj_buf changes = {0};
    nj_buf_puts(&changes, "");
    ck_assert_int_eq(nj_config_load(&defaults, NULL, NULL, &report), 0);
    nj_config_needs_restart(defaults, from_folder, &changes);
    ck_assert_str_eq(changes.data, "");
    nj_buf_free(&changes);
    nj_config_free(defaults);
    nj_config_free(from_folder);
    end();
}
END_TEST

START_TEST(the_reference_in_the_tree_is_the_one_of_the_table)
{
    struct nj_buf made = {0}, kept = {0};
    nj_config_reference(&made);
    read_shipped("doc/configuration.md", &kept);
    ck_assert_msg(kept.len == made.len && memcmp(kept.data, made.data, made.len) == 0,
                  "doc/configuration.md is out of date: run make reference");
    nj_buf_clear(&made);
    nj_buf_clear(&kept);
    nj_config_manual(&made);
    read_shipped("doc/man/njord.yaml.5", &kept);
    ck_assert_msg(kept.len == made.len && memcmp(kept.data, made.data, made.len) == 0,
                  "doc/man/njord.yaml.5 is out of date: run make reference");
    nj_buf_free(&made);
    nj_buf_free(&kept);
}
END_TEST

START_TEST(every_row_of_the_table_is_whole)
{
    for (const struct nj_section *s = nj_sections; s->name; s++) {
        ck_assert_msg(s->help && s->help[strlen(s->help) - 1] == '.', "%s", s->name);
        for (const struct nj_key *k = s->keys; k->name; k++) {
            struct nj_buf what = {0};
            nj_key_expected(&what, k);
            ck_assert_msg(k->help && k->help[strlen(k->help) - 1] == '.', "%s.%s", s->name,
                          k->name);
            ck_assert_msg(what.len > 0, "%s.%s", s->name, k->name);
            ck_assert_msg(!k->required || !k->fallback, "%s.%s", s->name, k->name);
            nj_buf_free(&what);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_files");
    TCase *tests = tcase_create("folder"), *shipped = tcase_create("shipped");
    tcase_add_checked_fixture(tests, set_up, temp_folder_remove);
    tcase_add_test(tests, a_folder_and_its_base_yaml_are_the_same);
    tcase_add_test(tests, strategies_may_be_missing);
    tcase_add_test(tests, a_missing_base_is_told);
    tcase_add_test(tests, a_missing_folder_is_told);
    tcase_add_test(tests, another_file_is_no_configuration);
    tcase_add_test(tests, a_folder_in_place_of_a_file_is_told);
    tcase_add_test(tests, an_unreadable_file_is_told);
    tcase_add_loop_test(tests, files_that_this_version_cannot_use_are_never_ignored, 0, 3);
    tcase_add_test(tests, a_misnamed_file_is_a_warning);
    tcase_add_test(tests, both_files_are_named_as_they_were_given);
    tcase_add_test(shipped, the_shipped_base_holds_every_key_with_its_default_and_a_comment);
    tcase_add_test(shipped, the_shipped_folder_loads_without_a_word);
    tcase_add_test(shipped, the_reference_in_the_tree_is_the_one_of_the_table);
    tcase_add_test(shipped, every_row_of_the_table_is_whole);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, shipped);
    return run_suite(suite);
}
