/*
 * test_killswitch.c - nothing leaves once the file is there, the key says so, or nobody can tell.
 */
#include "base/platform.h"
#include "test_main.h"
#include "trade/killswitch.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], file[128];
static struct nj_killswitch k;

static void set_up(void)
{
    snprintf(dir, sizeof dir, "/tmp/njord-kill-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/njord.halt", dir);
    nj_kill_init(&k, file);
}

static void tear_down(void)
{
    unlink(file);
    rmdir(file);
    rmdir(dir);
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

START_TEST(file_trips_by_being_there)
{
    ck_assert(!nj_kill_check(&k, 1));
    ck_assert_str_eq(nj_kill_reason(&k, 1), "");
    touch(file);
    ck_assert(!nj_kill_tripped(&k, 1)); /* not looked at yet */
    ck_assert(nj_kill_check(&k, 1));
    ck_assert(nj_kill_tripped(&k, 1));
    ck_assert_str_eq(nj_kill_reason(&k, 1), "file");
    unlink(file);
    ck_assert(nj_kill_tripped(&k, 1)); /* as last seen */
    ck_assert(!nj_kill_check(&k, 1));
}
END_TEST

START_TEST(anything_of_that_name_trips)
{
    ck_assert_int_eq(mkdir(file, 0700), 0);
    ck_assert(nj_kill_check(&k, 1));
    rmdir(file);
    ck_assert_int_eq(symlink("/nowhere/at/all", file), 0);
    ck_assert(nj_kill_check(&k, 1));
    unlink(file);
    ck_assert_int_eq(symlink(file, file), 0);
    ck_assert(nj_kill_check(&k, 1));
    unlink(file);
    touch(file);
    ck_assert_int_eq(chmod(file, 0), 0);
    ck_assert(nj_kill_check(&k, 1));
}
END_TEST

START_TEST(folder_that_is_not_there_holds_no_file)
{
    char deep[160];
    snprintf(deep, sizeof deep, "%s/none/njord.halt", dir);
    nj_kill_init(&k, deep);
    ck_assert(!nj_kill_check(&k, 1));
}
END_TEST

START_TEST(whatever_cannot_be_looked_up_trips)
{
    char deep[160], name[400];
    touch(file);
    snprintf(deep, sizeof deep, "%s/below", file); /* a file where a folder should be */
    nj_kill_init(&k, deep);
    ck_assert(nj_kill_check(&k, 1));
    ck_assert_str_eq(nj_kill_reason(&k, 1), "file");
    snprintf(name, sizeof name, "%s/%0300d", dir, 0); /* longer than any name */
    nj_kill_init(&k, name);
    ck_assert(nj_kill_check(&k, 1));
}
END_TEST

/* As somebody else than root, whom permissions do not stop. */
START_TEST(unreadable_folder_trips)
{
    ck_assert_int_eq(chmod(dir, 0), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
            _exit(2);
        _exit(nj_kill_check(&k, 1) ? 0 : 1);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(chmod(dir, 0700), 0);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(path_too_long_to_watch_lets_nothing_out)
{
    char path[2000];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    nj_kill_init(&k, path);
    ck_assert(nj_kill_tripped(&k, 1));
    ck_assert(nj_kill_check(&k, 1));
    ck_assert_str_eq(nj_kill_reason(&k, 1), "kill_switch_file");
}
END_TEST

START_TEST(no_file_configured_watches_none)
{
    nj_kill_init(&k, "");
    ck_assert(!nj_kill_check(&k, 1));
}
END_TEST

START_TEST(key_trips_by_anything_but_0_empty_and_absent)
{
    ck_assert(!nj_kill_value(NULL));
    ck_assert(!nj_kill_value(""));
    ck_assert(!nj_kill_value("0"));
    static const char *const tripped[] = {"1",  "2",  "00",    "0.0", " ",
                                          " 0", "0 ", "false", "no",  "-0"};
    for (size_t n = 0; n < sizeof tripped / sizeof tripped[0]; n++)
        ck_assert_msg(nj_kill_value(tripped[n]), "'%s'", tripped[n]);
    k.key_tripped = true;
    ck_assert(nj_kill_check(&k, 1));
    ck_assert_str_eq(nj_kill_reason(&k, 1), "key");
}
END_TEST

/* 10 s without an answer. */
START_TEST(key_that_is_lost_too_long_trips)
{
    const int64_t s = 1000000000;
    k.key_lost_ns = 10 * s;
    ck_assert(!nj_kill_tripped(&k, 1000 * s)); /* never heard: no key is watched */
    k.key_heard_ns = 5 * s;
    ck_assert(!nj_kill_tripped(&k, 15 * s - 1));
    ck_assert(nj_kill_tripped(&k, 15 * s));
    ck_assert_str_eq(nj_kill_reason(&k, 15 * s), "key_lost");
    k.key_heard_ns = 15 * s;
    ck_assert(!nj_kill_check(&k, 15 * s));
    k.key_lost_ns = 0;
    ck_assert(!nj_kill_tripped(&k, 1000 * s));
}
END_TEST

START_TEST(stopped_trading_says_why)
{
    k.stopped = true;
    k.stop_reason = "journal_failed";
    ck_assert(nj_kill_check(&k, 1));
    ck_assert_str_eq(nj_kill_reason(&k, 1), "journal_failed");
    k.stop_reason = NULL;
    ck_assert_str_eq(nj_kill_reason(&k, 1), "stopped");
}
END_TEST

START_TEST(tripping_makes_the_file_with_its_folders_and_clearing_removes_it)
{
    char deep[160], text[64] = "";
    struct nj_error err = {0};
    const struct nj_platform *pf = nj_platform_system();
    snprintf(deep, sizeof deep, "%s/a/b/njord.halt", dir);
    nj_kill_init(&k, deep);
    ck_assert_int_eq(nj_kill_trip_file(pf, deep, "by hand", &err), 0);
    ck_assert(nj_kill_check(&k, 1));
    FILE *in = fopen(deep, "r");
    ck_assert_ptr_nonnull(in);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, in));
    fclose(in);
    ck_assert_str_eq(text, "by hand\n");
    ck_assert_int_eq(nj_kill_trip_file(pf, deep, "again", &err), 0);
    ck_assert_int_eq(nj_kill_clear_file(pf, deep, &err), 0);
    ck_assert(!nj_kill_check(&k, 1));
    ck_assert_int_eq(nj_kill_clear_file(pf, deep, &err), 0); /* nothing to clear is clear */
    for (int n = 0; n < 2; n++) {
        *strrchr(deep, '/') = '\0';
        ck_assert_int_eq(rmdir(deep), 0);
    }
}
END_TEST

START_TEST(folder_in_place_of_the_file_is_tripped_and_not_cleared)
{
    struct nj_error err = {0};
    const struct nj_platform *pf = nj_platform_system();
    ck_assert_int_eq(mkdir(file, 0700), 0);
    ck_assert_int_eq(nj_kill_trip_file(pf, file, "why", &err), 0);
    ck_assert(nj_kill_check(&k, 1));
    ck_assert_int_lt(nj_kill_clear_file(pf, file, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, file));
    char temporary[160];
    snprintf(temporary, sizeof temporary, "%s.new", file);
    unlink(temporary);
}
END_TEST

/* A platform whose disk takes names but no bytes. */
static ssize_t no_space(void *ctx, int fd, const void *data, size_t len)
{
    (void)ctx, (void)fd, (void)data, (void)len;
    errno = ENOSPC;
    return -1;
}

START_TEST(full_disk_still_trips)
{
    struct nj_error err = {0};
    struct nj_platform full = *nj_platform_system();
    full.write = no_space;
    ck_assert_int_eq(nj_kill_trip_file(&full, file, "why", &err), 0);
    ck_assert(nj_kill_check(&k, 1));
    char temporary[160];
    snprintf(temporary, sizeof temporary, "%s.new", file);
    unlink(temporary);
}
END_TEST

START_TEST(file_that_cannot_be_made_is_an_error)
{
    struct nj_error err = {0};
    char below[160];
    touch(file);
    snprintf(below, sizeof below, "%s/below", file);
    ck_assert_int_lt(nj_kill_trip_file(nj_platform_system(), below, "why", &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, file));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kill switch");
    TCase *t = tcase_create("kill switch");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, file_trips_by_being_there);
    tcase_add_test(t, anything_of_that_name_trips);
    tcase_add_test(t, folder_that_is_not_there_holds_no_file);
    tcase_add_test(t, whatever_cannot_be_looked_up_trips);
    tcase_add_test(t, unreadable_folder_trips);
    tcase_add_test(t, path_too_long_to_watch_lets_nothing_out);
    tcase_add_test(t, no_file_configured_watches_none);
    tcase_add_test(t, key_trips_by_anything_but_0_empty_and_absent);
    tcase_add_test(t, key_that_is_lost_too_long_trips);
    tcase_add_test(t, stopped_trading_says_why);
    tcase_add_test(t, tripping_makes_the_file_with_its_folders_and_clearing_removes_it);
    tcase_add_test(t, folder_in_place_of_the_file_is_tripped_and_not_cleared);
    tcase_add_test(t, full_disk_still_trips);
    tcase_add_test(t, file_that_cannot_be_made_is_an_error);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
