/* test_fs.c - files and folders: a replaced file is the old one or the new one whatever fails, and
 * a lock names who has it. */
#include "../support/faulty_platform.h"
#include "base/fs.h"
#include "temp_folder.h"
#include "test_main.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void set_up(void)
{
    folder_make(temp_folder, "fs");
}

static char *temp_read(const char *name)
{
    size_t len;
    char *text = folder_read(temp_folder, name, &len);
    ck_assert_ptr_nonnull(text);
    return text;
}

static struct nj_error err;

START_TEST(paths_are_joined_unless_the_name_is_absolute)
{
    char out[16];
    ck_assert_int_eq(nj_path_join(out, sizeof out, "a/b", "c", &err), 0);
    ck_assert_str_eq(out, "a/b/c");
    nj_path_join(out, sizeof out, "a", "/c", &err);
    ck_assert_str_eq(out, "/c");
    nj_path_join(out, sizeof out, "", "c", &err);
    ck_assert_str_eq(out, "c");
    ck_assert_int_eq(nj_path_join(out, sizeof out, "12345678", "123456", &err), 0);
    ck_assert_int_eq(nj_path_join(out, sizeof out, "12345678", "1234567", &err), NJ_ERR_LIMIT);
    ck_assert_str_eq(err.text, "path '12345678/1234567': longer than 15 bytes");
}
END_TEST

START_TEST(folders_are_made_with_their_parents)
{
    struct stat st;
    ck_assert_int_eq(nj_mkdirs(temp_path("a/b/c"), 0700, &err), 0);
    ck_assert_int_eq(nj_mkdirs(temp_path("a/b/c"), 0700, &err), 0);
    ck_assert_int_eq(stat(temp_path("a/b/c"), &st), 0);
    ck_assert(S_ISDIR(st.st_mode));
    ck_assert_int_eq(nj_mkdirs_for(temp_path("x/y/file"), 0700, &err), 0);
    ck_assert_int_eq(stat(temp_path("x/y"), &st), 0);
    ck_assert_int_ne(stat(temp_path("x/y/file"), &st), 0);
    ck_assert_int_eq(nj_mkdirs_for("file", 0700, &err), 0);
}
END_TEST

START_TEST(a_file_where_a_folder_should_be_is_told)
{
    temp_write("file", "");
    ck_assert_int_eq(nj_mkdirs(temp_path("file"), 0700, &err), NJ_ERR_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.text, "/file' is a file, expected a folder"));
    ck_assert_int_eq(nj_mkdirs(temp_path("file/x"), 0700, &err), NJ_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "Not a directory"));
    ck_assert_int_eq(nj_mkdirs("", 0700, &err), NJ_ERR_LIMIT);
}
END_TEST

START_TEST(a_whole_file_is_read_or_why_not_is_told)
{
    struct nj_buf bytes = {0};
    temp_write("five", "12345");
    ck_assert_int_eq(nj_read_file(temp_path("five"), 5, &bytes, &err), 0);
    ck_assert_str_eq(bytes.data, "12345");
    ck_assert_int_eq(nj_read_file(temp_path("five"), 5, &bytes, &err), NJ_ERR_LIMIT);
    nj_buf_clear(&bytes);
    ck_assert_int_eq(nj_read_file(temp_path("five"), 4, &bytes, &err), NJ_ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.text, "larger than 4 bytes"));
    ck_assert_int_eq(nj_read_file(temp_path("none"), 5, &bytes, &err), NJ_ERR_NOT_FOUND);
    ck_assert_int_eq(nj_read_file(temp_folder, 5, &bytes, &err), NJ_ERR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "is not a regular file"));
    ck_assert_int_eq(mkfifo(temp_path("pipe"), 0600), 0); /* must not wait for a writer */
    ck_assert_int_eq(nj_read_file(temp_path("pipe"), 5, &bytes, &err), NJ_ERR_INPUT);
    nj_buf_free(&bytes);
}
END_TEST

static int files_in_folder(void)
{
    int n = 0;
    DIR *dir = opendir(temp_folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

/* Each kind of call at each of its turns: the file is the old one and nothing is left behind, or it
 * is the new one. */
START_TEST(a_replaced_file_is_the_old_or_the_new_one_whichever_call_fails)
{
    static const enum faulty_op ops[] = {FAULTY_OPEN,  FAULTY_WRITE,  FAULTY_FSYNC,
                                         FAULTY_CLOSE, FAULTY_RENAME, FAULTY_FSYNC_DIR};
    struct faulty_platform f;
    int hit = 0;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        for (uint64_t n = 1; n < 20; n++) {
            faulty_init(&f);
            temp_write("f", "old");
            faulty_arm(&f, ops[i], (enum faulty_kind)_i, n, false);
            int rc = nj_replace_file(&f.platform, temp_path("f"), "newer", 5, 0600, &err);
            char *now = temp_read("f");
            bool is_new = rc == 0 || ops[i] == FAULTY_FSYNC_DIR; /* there the name has changed */
            ck_assert_str_eq(now, is_new ? "newer" : "old");
            ck_assert_int_eq(files_in_folder(), 1);
            ck_assert_int_eq(f.open_fds, 0);
            free(now);
            hit += f.failed > 0;
            if (f.failed == 0)
                break;
            if (_i != FAULTY_EINTR && _i != FAULTY_SHORT)
                ck_assert_int_lt(rc, 0);
        }
    ck_assert_int_ge(hit, 6);
}
END_TEST

START_TEST(a_write_that_is_interrupted_goes_on_but_not_for_ever)
{
    struct faulty_platform f;
    for (int forever = 0; forever < 2; forever++) {
        faulty_init(&f);
        temp_write("f", "old");
        faulty_arm(&f, FAULTY_WRITE, FAULTY_EINTR, 1, forever);
        int rc = nj_replace_file(&f.platform, temp_path("f"), "newer", 5, 0600, &err);
        ck_assert_int_eq(rc != 0, forever);
        ck_assert(!forever || strstr(err.text, "Interrupted system call"));
        char *now = temp_read("f");
        ck_assert_str_eq(now, forever ? "old" : "newer");
        free(now);
        ck_assert_int_eq(files_in_folder(), 1);
        ck_assert_int_eq(f.open_fds, 0);
    }
}
END_TEST

START_TEST(a_replaced_file_has_its_mode_and_length)
{
    struct stat st;
    temp_write("f", "a longer old text");
    ck_assert_int_eq(nj_replace_file(nj_platform_system(), temp_path("f"), "x", 1, 0600, &err), 0);
    ck_assert_int_eq(stat(temp_path("f"), &st), 0);
    ck_assert_int_eq(st.st_size, 1);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(nj_replace_file(nj_platform_system(), temp_path("no/f"), "x", 1, 0600, &err),
                     NJ_ERR_NOT_FOUND);
}
END_TEST

START_TEST(only_a_regular_file_is_replaced)
{
    struct stat found;
    const char *pipe = temp_path("pipe");
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    ck_assert_int_eq(nj_replace_file(nj_platform_system(), pipe, "x", 1, 0600, &err), NJ_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "it is a device, a pipe or a socket"));
    ck_assert(stat(pipe, &found) == 0 && S_ISFIFO(found.st_mode));
    ck_assert_int_eq(nj_replace_file(nj_platform_system(), temp_path("."), "x", 1, 0600, &err),
                     NJ_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "it is a folder"));
    ck_assert_int_eq(nj_replaceable("", &err), NJ_ERR_CONFIG);
    ck_assert_int_eq(nj_replaceable(temp_path("not there"), &err), 0);
}
END_TEST

START_TEST(a_busy_lock_names_the_process_that_has_it)
{
    int ready[2], done[2];
    char byte, want[64];
    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = nj_lock_file(temp_path("lock"), &err);
        ssize_t n = write(ready[1], fd >= 0 ? "y" : "n", 1);
        close(done[1]); /* so that the parent's death is seen as well */
        n += read(done[0], &byte, 1);
        _exit(n < 0);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    ck_assert_int_eq(nj_lock_file(temp_path("lock"), &err), NJ_ERR_BUSY);
    snprintf(want, sizeof want, "held by another host (pid %ld)", (long)child);
    ck_assert_ptr_nonnull(strstr(err.text, want));
    ck_assert_int_eq(write(done[1], "x", 1), 1);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    int fd = nj_lock_file(temp_path("lock"), &err); /* a dead process holds nothing */
    ck_assert_int_ge(fd, 0);
    char *text = temp_read("lock");
    ck_assert_int_eq((int)strtol(text, NULL, 10), getpid());
    free(text);
    close(fd);
}
END_TEST

START_TEST(a_lock_that_cannot_be_made_says_why)
{
    ck_assert_int_eq(nj_lock_file(temp_path("no/lock"), &err), NJ_ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "lock file '"));
}
END_TEST

START_TEST(sha_256_is_that_of_fips_180)
{
    uint8_t hash[NJ_SHA256_SIZE];
    char hex[NJ_SHA256_HEX];
    ck_assert_int_eq(nj_sha256("abc", 3, hash), 0); /* FIPS 180-2, appendix B.1 */
    nj_hex(hash, sizeof hash, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs");
    TCase *tests = tcase_create("fs");
    tcase_add_checked_fixture(tests, set_up, temp_folder_remove);
    tcase_add_test(tests, paths_are_joined_unless_the_name_is_absolute);
    tcase_add_test(tests, folders_are_made_with_their_parents);
    tcase_add_test(tests, a_file_where_a_folder_should_be_is_told);
    tcase_add_test(tests, a_whole_file_is_read_or_why_not_is_told);
    tcase_add_loop_test(tests, a_replaced_file_is_the_old_or_the_new_one_whichever_call_fails, 0,
                        2);
    tcase_add_test(tests, a_write_that_is_interrupted_goes_on_but_not_for_ever);
    tcase_add_test(tests, a_replaced_file_has_its_mode_and_length);
    tcase_add_test(tests, only_a_regular_file_is_replaced);
    tcase_add_test(tests, a_busy_lock_names_the_process_that_has_it);
    tcase_add_test(tests, a_lock_that_cannot_be_made_says_why);
    tcase_add_test(tests, sha_256_is_that_of_fips_180);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
