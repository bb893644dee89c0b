/* The loader: what is read of a plugin's file before its code runs, whatever the file holds, and
 * how a library comes and goes: a private copy a generation, trust, libraries that cannot be
 * unloaded, plugins of older and newer minor versions. Runs under valgrind too. */
#include "runtime/elf_stamp.h"
#include "runtime/module.h"

#include "../support/folder.h"
#include "test_main.h"

#include <dirent.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[256];

static void set_up(void)
{
    folder_make(dir, "loader");
}

static void tear_down(void)
{
    folder_remove(dir);
}

static const char *built(const char *name)
{
    static char path[512];
    const char *top = getenv("top_builddir");
    snprintf(path, sizeof path, "%s/tests/plugins/%s.so", top ? top : ".", name);
    return path;
}

static struct nj_buf contents(const char *path)
{
    struct nj_buf buf = {0};
    struct nj_error err;
    ck_assert_msg(nj_read_file(path, 1 << 26, &buf, &err) == 0, "%s", err.text);
    return buf;
}

/* A fixture copied into the test's folder: its path. */
static const char *put(const char *name, mode_t mode)
{
    static char path[600];
    char file[128];
    struct nj_buf bytes = contents(built(name));
    snprintf(file, sizeof file, "%s.so", name);
    folder_write(dir, file, bytes.data, bytes.len);
    nj_buf_free(&bytes);
    snprintf(path, sizeof path, "%s/%s", dir, file);
    ck_assert_int_eq(chmod(path, mode), 0);
    return path;
}

static int load(struct nj_module **out, const char *path, uint32_t generation, enum nj_trust trust,
                struct nj_error *err)
{
    struct nj_plugin_file file;
    struct nj_module_spec spec = {NJORD_KIND_STRATEGY, path, dir, generation, trust, NULL};
    int rc = nj_plugin_file_read(&file, path, trust, err);
    if (rc != 0)
        return rc;
    rc = nj_module_load(out, &file, &spec, err);
    nj_plugin_file_free(&file);
    return rc;
}

/* Private copies in the folder: their names have a generation and a hash. */
static int copies(void)
{
    int n = 0;
    DIR *d = opendir(dir);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));) {
        unsigned generation;
        char hash[17];
        const char *dot = strchr(e->d_name, '.');
        n += dot && sscanf(dot, ".%u.%16[0-9a-f].so", &generation, hash) == 2;
    }
    closedir(d);
    return n;
}

/* ---- the file, before any of its code runs ---- */

/* Reads exactly these bytes, in a block of their own so that one too many is seen. Returns whether
 * it was taken; a refusal says why. */
static bool reads(const void *data, size_t len)
{
    struct nj_error err = {0};
    njord_stamp stamp;
    char *copy = malloc(len ? len : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, len);
    int rc = nj_elf_stamp(copy, len, &stamp, &err);
    if (rc == 0)
        rc = nj_stamp_check(&stamp, &err);
    if (rc != 0) {
        ck_assert_uint_ge(strlen(err.text), strlen("is empty"));
        ck_assert_ptr_null(strchr(err.text, '\n'));
    }
    char name[48];
    struct nj_error other = {0};
    (void)nj_elf_foreign_export(copy, len, name, sizeof name, &other);
    free(copy);
    return rc == 0;
}

START_TEST(a_plugin_cut_at_every_512_bytes_is_refused)
{
    struct nj_buf file = contents(built("counter_v1"));
    ck_assert(reads(file.data, file.len));
    for (size_t len = 0; len < file.len; len += 512)
        ck_assert_msg(!reads(file.data, len), "taken, cut at %zu of %zu bytes", len, file.len);
    for (size_t len = 0; len < 128; len++)
        ck_assert(!reads(file.data, len));
    ck_assert(!reads(file.data, file.len - 1));
    nj_buf_free(&file);
}
END_TEST

/* Every bit of the ELF header, of the program and section headers, and of the table of symbols. */
START_TEST(a_flipped_bit_of_a_header_is_refused_or_does_no_harm)
{
    struct nj_buf file = contents(built("counter_v1"));
    Elf64_Ehdr eh;
    memcpy(&eh, file.data, sizeof eh);
    size_t from[] = {0, (size_t)eh.e_phoff, (size_t)eh.e_shoff, 0};
    size_t size[] = {sizeof eh, eh.e_phnum * sizeof(Elf64_Phdr), eh.e_shnum * sizeof(Elf64_Shdr),
                     0};
    for (size_t i = 0; i < eh.e_shnum; i++) {
        Elf64_Shdr sh;
        memcpy(&sh, file.data + eh.e_shoff + i * sizeof sh, sizeof sh);
        if (sh.sh_type == SHT_DYNSYM) {
            from[3] = (size_t)sh.sh_offset;
            size[3] = (size_t)sh.sh_size;
        }
    }
    ck_assert_uint_gt(size[3], 0);
    size_t refused = 0, taken = 0;
    njord_stamp stamp;
    struct nj_error err;
    for (size_t k = 0; k < 4; k++)
        for (size_t bit = 0; bit < 8 * size[k]; bit++) {
            file.data[from[k] + bit / 8] ^= (char)(1 << bit % 8);
            int rc = nj_elf_stamp(file.data, file.len, &stamp, &err);
            *(rc == 0 ? &taken : &refused) += 1;
            if (rc != 0)
                ck_assert_uint_ge(strlen(err.text), strlen("is empty"));
            file.data[from[k] + bit / 8] ^= (char)(1 << bit % 8);
        }
    ck_assert(reads(file.data, file.len));
    ck_assert_uint_gt(refused, 100); /* a magic number, a class, a machine, offsets past the end */
    printf("%zu flipped bits: %zu refused, %zu without effect on the stamp\n", refused + taken,
           refused, taken);
    nj_buf_free(&file);
}
END_TEST

START_TEST(each_refusal_says_what_it_expected_and_what_it_found)
{
    static const struct {
        const char *name, *says[3];
    } rows[] = {
        {"wrong_magic", {"magic", "", ""}},
        {"wrong_major", {"major", "1", "2"}},
        {"wrong_pointer_bits", {"pointer", "64", "32"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct nj_module *m = NULL;
        struct nj_error err = {0};
        const char *path = put(rows[i].name, 0755);
        ck_assert_int_ne(load(&m, path, 1, NJ_TRUST_OWNER, &err), 0);
        ck_assert_ptr_null(m);
        ck_assert_ptr_nonnull(strstr(err.text, path));
        for (size_t k = 0; k < 3; k++)
            ck_assert_msg(strstr(err.text, rows[i].says[k]), "%s: no '%s' in: %s", rows[i].name,
                          rows[i].says[k], err.text);
    }
    ck_assert_int_eq(copies(), 0);
}
END_TEST

START_TEST(what_is_no_plugin_is_refused_without_being_opened)
{
    static const char *const texts[] = {"", "no plugin\n", "\177ELF", "#!/bin/sh\nexit 1\n"};
    char path[600];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct nj_module *m = NULL;
        struct nj_error err = {0};
        folder_write(dir, "odd.so", texts[i], strlen(texts[i]));
        snprintf(path, sizeof path, "%s/odd.so", dir);
        ck_assert_int_ne(load(&m, path, 1, NJ_TRUST_OWNER, &err), 0);
        ck_assert_ptr_nonnull(strstr(err.text, path));
    }
    struct nj_module *m = NULL;
    struct nj_error err = {0};
    ck_assert_int_ne(load(&m, dir, 1, NJ_TRUST_OWNER, &err), 0); /* a folder */
    snprintf(path, sizeof path, "%s/none.so", dir);
    ck_assert_int_ne(load(&m, path, 1, NJ_TRUST_OWNER, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
    ck_assert_int_eq(copies(), 0);
}
END_TEST

START_TEST(a_library_that_lacks_a_symbol_is_refused_and_leaves_nothing)
{
    struct nj_module *m = NULL;
    struct nj_error err = {0};
    ck_assert_int_ne(load(&m, put("missing_symbol", 0755), 1, NJ_TRUST_OWNER, &err), 0);
    ck_assert_ptr_null(m);
    ck_assert_ptr_nonnull(strstr(err.text, "undefined symbol"));
    ck_assert_int_eq(copies(), 0);
}
END_TEST

/* ---- trust ---- */

START_TEST(a_file_that_everyone_may_write_is_refused_unless_nothing_is_asked)
{
    struct nj_module *m = NULL;
    struct nj_error err = {0};
    const char *path = put("counter_v1", 0777);
    ck_assert_int_ne(load(&m, path, 1, NJ_TRUST_OWNER, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "writ"));
    ck_assert_int_ne(load(&m, path, 1, NJ_TRUST_STRICT, &err), 0);
    ck_assert_msg(load(&m, path, 1, NJ_TRUST_OFF, &err) == 0, "%s", err.text);
    nj_module_unref(m);
}
END_TEST

START_TEST(strict_asks_the_same_of_each_folder_above)
{
    struct nj_module *m = NULL;
    struct nj_error err = {0};
    char open_to_all[300], path[600];
    snprintf(open_to_all, sizeof open_to_all, "%s/open", dir);
    ck_assert_int_eq(mkdir(open_to_all, 0755), 0);
    snprintf(path, sizeof path, "%s/open/counter_v1.so", dir);
    ck_assert_int_eq(rename(put("counter_v1", 0755), path), 0);
    ck_assert_int_eq(chmod(open_to_all, 0777), 0);
    ck_assert_msg(load(&m, path, 1, NJ_TRUST_OWNER, &err) == 0, "%s", err.text);
    nj_module_unref(m);
    ck_assert_int_ne(load(&m, path, 1, NJ_TRUST_STRICT, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "open"));
}
END_TEST

START_TEST(another_users_file_is_refused)
{
    struct nj_module *m = NULL;
    struct nj_error err = {0};
    const char *path = put("counter_v1", 0755);
    if (geteuid() != 0) {
        printf("skipped: only root can give a file away\n");
        return;
    }
    ck_assert_int_eq(chown(path, 65534, 65534), 0);
    ck_assert_int_ne(load(&m, path, 1, NJ_TRUST_OWNER, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "own"));
}
END_TEST

/* ---- coming and going ---- */

START_TEST(what_runs_is_a_private_copy_that_outlives_its_original)
{
    struct nj_module *m = NULL;
    struct nj_error err = {0};
    char path[600];
    struct stat st;
    snprintf(path, sizeof path, "%s", put("counter_v1", 0755));
    ck_assert_msg(load(&m, path, 7, NJ_TRUST_OWNER, &err) == 0, "%s", err.text);
    ck_assert_str_ne(m->copy, path);
    ck_assert_int_eq(stat(m->copy, &st), 0);
    ck_assert_uint_eq(st.st_mode & 077, 0);
    ck_assert_int_eq(copies(), 1);
    ck_assert_int_eq(truncate(path, 0), 0); /* would be a SIGBUS, were it mapped */
    ck_assert_int_eq(unlink(path), 0);
    njord_strategy_iface iface;
    ck_assert_int_eq(nj_module_iface(m, &iface, sizeof iface, &err), 0);
    ck_assert_ptr_nonnull(iface.on_trade);
    ck_assert_str_eq(m->name, "counter_v1");
    nj_module_unref(m);
}
END_TEST

START_TEST(generations_of_one_file_live_side_by_side)
{
    struct nj_module *m[20];
    struct nj_error err = {0};
    const char *path = put("counter_v1", 0755);
    for (uint32_t i = 0; i < 20; i++) {
        ck_assert_msg(load(&m[i], path, i + 1, NJ_TRUST_OWNER, &err) == 0, "%s", err.text);
        for (uint32_t k = 0; k < i; k++) /* dlopen finds an open library by name: never twice one */
            ck_assert_ptr_ne(m[i]->handle, m[k]->handle);
    }
    ck_assert_int_eq(copies(), 20);
    struct nj_module *again = nj_module_ref(m[0]);
    for (uint32_t i = 0; i < 20; i++)
        nj_module_unref(m[i]);
    if (!getenv("NJORD_KEEP_PLUGINS"))
        ck_assert_int_eq(copies(), 1);
    nj_module_unref(again);
    if (!getenv("NJORD_KEEP_PLUGINS"))
        ck_assert_int_eq(copies(), 0);
    nj_module_unref(NULL);
}
END_TEST

START_TEST(a_library_that_cannot_be_unloaded_is_counted_and_its_copy_kept)
{
    struct nj_module *m = NULL;
    struct nj_error err = {0};
    uint32_t before = nj_modules_pinned();
    if (getenv("NJORD_KEEP_PLUGINS")) {
        printf("skipped: NJORD_KEEP_PLUGINS keeps every library\n");
        return;
    }
    ck_assert_msg(load(&m, put("nodelete", 0755), 1, NJ_TRUST_OWNER, &err) == 0, "%s", err.text);
    nj_module_unref(m);
    ck_assert_uint_eq(nj_modules_pinned(), before + 1);
    ck_assert_int_eq(copies(), 1);
}
END_TEST

static uint32_t count_params(const struct nj_module *m)
{
    uint32_t n = 0;
    while (m->params[n].name)
        n++;
    return n;
}

START_TEST(a_plugin_of_an_older_minor_version_works_and_is_not_read_past_its_structs)
{
    struct nj_module *m = NULL;
    struct nj_error err = {0};
    njord_strategy_iface iface;
    ck_assert_msg(load(&m, put("older_struct", 0755), 1, NJ_TRUST_OWNER, &err) == 0, "%s",
                  err.text);
    ck_assert_ptr_null(m->plugin.extension); /* stands behind the end of its struct */
    ck_assert_uint_eq(m->plugin.size, sizeof(njord_plugin));
    ck_assert_uint_eq(count_params(m), 1);
    ck_assert_str_eq(m->params[0].name, "qty");
    ck_assert_int_eq(m->params[0].max_int, 10);
    ck_assert_int_eq(nj_module_iface(m, &iface, sizeof iface, &err), 0);
    ck_assert_ptr_nonnull(iface.on_trade);
    ck_assert_ptr_null(iface.on_timer); /* poison, were it taken */
    nj_module_unref(m);
}
END_TEST

START_TEST(a_plugin_of_a_newer_minor_version_works_as_far_as_this_host_knows)
{
    struct nj_module *m = NULL;
    struct nj_error err = {0};
    njord_strategy_iface iface;
    ck_assert_msg(load(&m, put("larger_struct", 0755), 1, NJ_TRUST_OWNER, &err) == 0, "%s",
                  err.text);
    ck_assert_uint_eq(m->plugin.size, sizeof(njord_plugin));
    ck_assert_int_eq(nj_module_iface(m, &iface, sizeof iface, &err), 0);
    ck_assert_uint_eq(iface.size, sizeof iface);
    ck_assert_ptr_nonnull(iface.on_trade);
    nj_module_unref(m);
}
END_TEST

START_TEST(a_plugin_of_another_kind_is_refused)
{
    struct nj_module *m = NULL;
    struct nj_plugin_file file;
    struct nj_error err = {0};
    const char *path = put("counter_v1", 0755);
    struct nj_module_spec spec = {NJORD_KIND_BROKER, path, dir, 1, NJ_TRUST_OWNER, NULL};
    ck_assert_int_eq(nj_plugin_file_read(&file, path, NJ_TRUST_OWNER, &err), 0);
    ck_assert_int_ne(nj_module_load(&m, &file, &spec, &err), 0);
    nj_plugin_file_free(&file);
    ck_assert_ptr_nonnull(strstr(err.text, "is a strategy, expected a broker"));
    ck_assert_int_eq(copies(), 0);
}
END_TEST

START_TEST(a_plugin_is_found_by_kind_and_name_alone)
{
    char path[NJ_PATH_MAX], sub[300], to[600];
    struct nj_error err = {0};
    snprintf(sub, sizeof sub, "%s/strategies", dir);
    ck_assert_int_eq(mkdir(sub, 0755), 0);
    snprintf(to, sizeof to, "%s/counter_v1.so", sub);
    ck_assert_int_eq(rename(put("counter_v1", 0755), to), 0);
    ck_assert_int_eq(nj_plugin_find(dir, NJORD_KIND_STRATEGY, "counter_v1", path, &err), 0);
    ck_assert_str_eq(path, to);
    ck_assert_int_ne(nj_plugin_find(dir, NJORD_KIND_FEED, "counter_v1", path, &err), 0);
    ck_assert_int_ne(nj_plugin_find(dir, NJORD_KIND_STRATEGY, "counter_v3", path, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "'counter_v3'"));
    ck_assert_ptr_nonnull(strstr(err.text, dir));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader");
    TCase *tc = tcase_create("loader");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_plugin_cut_at_every_512_bytes_is_refused);
    tcase_add_test(tc, a_flipped_bit_of_a_header_is_refused_or_does_no_harm);
    tcase_add_test(tc, each_refusal_says_what_it_expected_and_what_it_found);
    tcase_add_test(tc, what_is_no_plugin_is_refused_without_being_opened);
    tcase_add_test(tc, a_library_that_lacks_a_symbol_is_refused_and_leaves_nothing);
    tcase_add_test(tc, a_file_that_everyone_may_write_is_refused_unless_nothing_is_asked);
    tcase_add_test(tc, strict_asks_the_same_of_each_folder_above);
    tcase_add_test(tc, another_users_file_is_refused);
    tcase_add_test(tc, what_runs_is_a_private_copy_that_outlives_its_original);
    tcase_add_test(tc, generations_of_one_file_live_side_by_side);
    tcase_add_test(tc, a_library_that_cannot_be_unloaded_is_counted_and_its_copy_kept);
    tcase_add_test(tc, a_plugin_of_an_older_minor_version_works_and_is_not_read_past_its_structs);
    tcase_add_test(tc, a_plugin_of_a_newer_minor_version_works_as_far_as_this_host_knows);
    tcase_add_test(tc, a_plugin_of_another_kind_is_refused);
    tcase_add_test(tc, a_plugin_is_found_by_kind_and_name_alone);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
