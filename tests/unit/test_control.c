/* The control socket by itself: its place in the file system, who is let in, what it leaves behind.
 * What requests do is told by the tests with a whole host. */
#include "services/control.h"

#include "../support/folder.h"
#include "services/host.h"
#include "test_main.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The least of a host that the socket needs: a loop, a configuration with a path. */
struct small {
    char dir[256];
    struct nj_config config;
    struct nj_host host;
};

static void setup(struct small *s, const char *name)
{
    memset(s, 0, sizeof *s);
    folder_make(s->dir, name);
    s->host.platform = nj_platform_system();
    s->host.config = &s->config;
    s->host.loop = ev_loop_new(EVFLAG_AUTO);
    ck_assert_ptr_nonnull(s->host.loop);
    ck_assert_int_lt(
        snprintf(s->config.app.control, sizeof s->config.app.control, "%s/run/n.sock", s->dir),
        (int)sizeof s->config.app.control);
}

static void teardown(struct small *s)
{
    nj_control_close(&s->host);
    ev_loop_destroy(s->host.loop);
    folder_remove(s->dir);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void turn(struct small *s)
{
    for (int i = 0; i < 8; i++)
        ev_run(s->host.loop, EVRUN_NOWAIT);
}

static int descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

START_TEST(socket_is_made_with_its_folders_and_for_its_owner_alone)
{
    struct small s;
    struct nj_error err = {0};
    struct stat st;
    setup(&s, "control");
    ck_assert_msg(nj_control_open(&s.host, &err) == 0, "%s", err.text);
    ck_assert_int_eq(lstat(s.config.app.control, &st), 0);
    ck_assert(S_ISSOCK(st.st_mode));
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    teardown(&s);
}
END_TEST

START_TEST(close_removes_the_socket_and_may_come_twice)
{
    struct small s;
    struct nj_error err = {0};
    setup(&s, "control");
    ck_assert_int_eq(nj_control_open(&s.host, &err), 0);
    nj_control_close(&s.host);
    ck_assert_int_eq(access(s.config.app.control, F_OK), -1);
    nj_control_close(&s.host);
    teardown(&s);
}
END_TEST

START_TEST(close_leaves_alone_what_another_has_put_in_its_place)
{
    struct small s;
    struct nj_error err = {0};
    setup(&s, "control");
    ck_assert_int_eq(nj_control_open(&s.host, &err), 0);
    unlink(s.config.app.control);
    FILE *file = fopen(s.config.app.control, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    nj_control_close(&s.host);
    ck_assert_int_eq(access(s.config.app.control, F_OK), 0);
    teardown(&s);
}
END_TEST

START_TEST(socket_of_a_dead_host_is_replaced)
{
    struct small s;
    struct nj_error err = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char dir[300];
    setup(&s, "control");
    snprintf(dir, sizeof dir, "%s/run", s.dir);
    ck_assert_int_eq(mkdir(dir, 0755), 0);
    memcpy(address.sun_path, s.config.app.control, sizeof address.sun_path);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    ck_assert_int_eq(connect_to(s.config.app.control), -1);
    ck_assert_msg(nj_control_open(&s.host, &err) == 0, "%s", err.text);
    int fd = connect_to(s.config.app.control);
    ck_assert_int_ge(fd, 0);
    close(fd);
    teardown(&s);
}
END_TEST

START_TEST(socket_of_a_living_host_is_refused_with_its_path)
{
    struct small s, second;
    struct nj_error err = {0};
    char expected[256];
    setup(&s, "control");
    setup(&second, "control2");
    ck_assert_int_eq(nj_control_open(&s.host, &err), 0);
    memcpy(second.config.app.control, s.config.app.control, sizeof s.config.app.control);
    ck_assert_int_eq(nj_control_open(&second.host, &err), NJ_ERR_BUSY);
    snprintf(expected, sizeof expected, "control socket '%s': another host listens there",
             s.config.app.control);
    ck_assert_str_eq(err.text, expected);
    ck_assert_ptr_null(second.host.control);
    int fd = connect_to(s.config.app.control);
    ck_assert_int_ge(fd, 0);
    close(fd);
    teardown(&second);
    teardown(&s);
}
END_TEST

START_TEST(anything_else_in_its_place_is_refused_and_kept)
{
    struct small s;
    struct nj_error err = {0};
    setup(&s, "control");
    ck_assert_int_eq(nj_control_open(&s.host, &err), 0);
    nj_control_close(&s.host);
    ck_assert_int_eq(mkdir(s.config.app.control, 0755), 0);
    ck_assert_int_eq(nj_control_open(&s.host, &err), NJ_ERR_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.text, "something else stands there"));
    ck_assert_int_eq(access(s.config.app.control, F_OK), 0);
    ck_assert_int_eq(rmdir(s.config.app.control), 0);
    teardown(&s);
}
END_TEST

START_TEST(path_must_fit_a_socket_address)
{
    struct small s;
    struct nj_error err = {0};
    setup(&s, "control");
    s.config.app.control[0] = '\0';
    ck_assert_int_eq(nj_control_open(&s.host, &err), NJ_ERR_CONFIG);
    memset(s.config.app.control, 'x', sizeof s.config.app.control - 1);
    s.config.app.control[sizeof s.config.app.control - 1] = '\0';
    ck_assert_uint_eq(strlen(s.config.app.control), 107); /* the longest that there can be */
    char here[256];
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    ck_assert_int_eq(chdir(s.dir), 0);
    ck_assert_msg(nj_control_open(&s.host, &err) == 0, "%s", err.text);
    nj_control_close(&s.host);
    ck_assert_int_eq(chdir(here), 0);
    teardown(&s);
}
END_TEST

START_TEST(requests_wait_until_the_host_has_started)
{
    struct small s;
    struct nj_error err = {0};
    char answer[256];
    static const char request[] = "{\"cmd\":\"status\"}\n";
    setup(&s, "control");
    ck_assert_int_eq(nj_control_open(&s.host, &err), 0);
    int fd = connect_to(s.config.app.control);
    ck_assert_int_eq(send(fd, request, sizeof request - 1, 0), (int)sizeof request - 1);
    turn(&s);
    ssize_t n = recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT);
    ck_assert_int_gt(n, 0);
    answer[n] = '\0';
    ck_assert_str_eq(answer, "{\"done\":true,\"ok\":false,\"error\":\"the host is still starting: "
                             "try again\"}\n");
    close(fd);
    turn(&s);
    teardown(&s);
}
END_TEST

START_TEST(callers_leave_no_descriptor_behind)
{
    struct small s;
    struct nj_error err = {0};
    setup(&s, "control");
    int before = descriptors();
    ck_assert_int_eq(nj_control_open(&s.host, &err), 0);
    for (int round = 0; round < 100; round++) {
        int fds[20];
        for (int i = 0; i < 20; i++) {
            fds[i] = connect_to(s.config.app.control);
            ck_assert_int_ge(fds[i], 0);
            ck_assert_int_gt(send(fds[i], "{\"cmd\":\"x\"}\nhalf", 15, 0), 0);
        }
        turn(&s);
        for (int i = 0; i < 20; i++)
            close(fds[i]);
        turn(&s);
    }
    int open = connect_to(s.config.app.control); /* one that is there to the end */
    turn(&s);
    nj_control_close(&s.host);
    close(open);
    ck_assert_int_eq(descriptors(), before);
    teardown(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *all = tcase_create("socket");
    tcase_add_test(all, socket_is_made_with_its_folders_and_for_its_owner_alone);
    tcase_add_test(all, close_removes_the_socket_and_may_come_twice);
    tcase_add_test(all, close_leaves_alone_what_another_has_put_in_its_place);
    tcase_add_test(all, socket_of_a_dead_host_is_replaced);
    tcase_add_test(all, socket_of_a_living_host_is_refused_with_its_path);
    tcase_add_test(all, anything_else_in_its_place_is_refused_and_kept);
    tcase_add_test(all, path_must_fit_a_socket_address);
    tcase_add_test(all, requests_wait_until_the_host_has_started);
    tcase_add_test(all, callers_leave_no_descriptor_behind);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
