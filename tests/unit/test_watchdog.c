/* The watchdog: a call that does not come back ends the process with exit code 70 and one line;
 * time between calls, and calls however many, never do. */
#include "runtime/watchdog.h"

#include "test_main.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct nj_call_word word;

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Stays busy, within a call or between two. */
static void spend(int64_t ms)
{
    for (int64_t end = now_ms() + ms; now_ms() < end;)
        continue;
}

static struct nj_watchdog *start(int64_t limit_ms, const char *log)
{
    struct nj_watchdog *w;
    struct nj_error err = {0};
    ck_assert_msg(nj_watchdog_start(&w, &word, limit_ms, log, &err) == 0, "%s", err.text);
    return w;
}

/* A child that hangs inside a call, its standard error into `said`: how it ended. */
static int hang(int64_t limit_ms, const char *log, char *said, size_t cap)
{
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct nj_watchdog *w;
        struct nj_error err;
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (nj_watchdog_start(&w, &word, limit_ms, log, &err) != 0)
            _exit(1);
        nj_call_begin(&word, "quick");
        nj_call_end(&word);
        nj_call_begin(&word, "stuck_one");
        for (;;)
            pause();
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; n + 1 < cap && (got = read(ends[0], said + n, cap - 1 - n)) > 0;)
        n += (size_t)got;
    said[n] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

START_TEST(a_call_that_hangs_ends_the_process_with_exit_code_70_and_one_line)
{
    char said[1024];
    int status = hang(40, "", said, sizeof said);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 70);
    ck_assert_str_eq(said, "njord-host: plugin instance 'stuck_one' has not come back from a "
                           "callback within 40 ms: the host ends with exit code 70\n");
}
END_TEST

START_TEST(the_log_gets_a_line_too)
{
    char said[1024], log[] = "/tmp/njwdXXXXXX", text[1024];
    int fd = mkstemp(log);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(WEXITSTATUS(hang(40, log, said, sizeof said)), 70);
    ssize_t n = read(fd, text, sizeof text - 1);
    ck_assert_int_gt(n, 0);
    text[n] = '\0';
    ck_assert_ptr_nonnull(strstr(text, "\"level\":\"error\",\"event\":\"hung\""));
    ck_assert_ptr_nonnull(strstr(text, "\"id\":\"stuck_one\",\"limit_ms\":40}\n"));
    ck_assert_ptr_eq(strchr(text, '\n'), text + n - 1);
    close(fd);
    unlink(log);
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_keeps_nothing_from_ending)
{
    char said[1024];
    ck_assert_int_eq(WEXITSTATUS(hang(40, "/nowhere/at/all", said, sizeof said)), 70);
    ck_assert_ptr_nonnull(strstr(said, "'stuck_one'"));
}
END_TEST

START_TEST(idleness_is_no_hang)
{
    struct nj_watchdog *w = start(20, "");
    nj_call_begin(&word, "done");
    nj_call_end(&word);
    spend(150);
    nj_watchdog_stop(w);
}
END_TEST

START_TEST(many_calls_that_each_come_back_are_no_hang)
{
    struct nj_watchdog *w = start(50, "");
    for (int64_t end = now_ms() + 300; now_ms() < end;) {
        nj_call_begin(&word, "busy");
        nj_call_end(&word);
    }
    nj_watchdog_stop(w);
}
END_TEST

START_TEST(without_a_limit_there_is_no_thread)
{
    struct nj_watchdog *w = start(0, "");
    ck_assert_ptr_null(w);
    nj_watchdog_stop(w);
    nj_call_begin(NULL, "nobody");
    nj_call_end(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watchdog");
    TCase *tc = tcase_create("watchdog");
    tcase_add_test(tc, a_call_that_hangs_ends_the_process_with_exit_code_70_and_one_line);
    tcase_add_test(tc, the_log_gets_a_line_too);
    tcase_add_test(tc, a_log_that_cannot_be_opened_keeps_nothing_from_ending);
    tcase_add_test(tc, idleness_is_no_hang);
    tcase_add_test(tc, many_calls_that_each_come_back_are_no_hang);
    tcase_add_test(tc, without_a_limit_there_is_no_thread);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
