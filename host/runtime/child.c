#include "runtime/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SAID ((size_t)1 << 20)

/* Nothing of the parent but its memory: handlers, descriptors and the terminal stay behind. */
static void settle(int keep, pid_t parent)
{
    struct rlimit none = {0, 0};
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigset_t all;
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
    setrlimit(RLIMIT_CORE, &none);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2 && null >= 0; fd++)
        dup2(null, fd);
    long max = sysconf(_SC_OPEN_MAX);
    if (close_range(3, (unsigned)keep - 1, 0) != 0 || close_range((unsigned)keep + 1, ~0u, 0) != 0)
        for (int fd = 3; fd < max; fd++)
            if (fd != keep)
                close(fd);
}

int nj_child_start(struct nj_child *child, int (*fn)(void *ctx, int fd), void *ctx, int64_t now_ns,
                   int64_t limit_ns, struct nj_error *err)
{
    int ends[2];
    *child = (struct nj_child){.fd = -1, .deadline_ns = now_ns + limit_ns};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return nj_error_errno(err, errno, "a pipe for a child process cannot be made");
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        /* keep the pipe above the standard three, so that close_range has a lower part to close */
        int keep = fcntl(ends[1], F_DUPFD, 10);
        settle(keep, parent);
        _exit(keep < 0 ? 126 : fn(ctx, keep) & 127);
    }
    close(ends[1]);
    if (pid < 0) {
        int number = errno;
        close(ends[0]);
        return nj_error_errno(err, number, "a child process cannot be made");
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    child->pid = pid;
    child->fd = ends[0];
    return 0;
}

bool nj_child_ended(struct nj_child *child, int64_t now_ns)
{
    char part[4096];
    if (child->pid == 0)
        return true;
    for (ssize_t n; (n = read(child->fd, part, sizeof part)) > 0;)
        if (child->said.len < MAX_SAID)
            nj_buf_add(&child->said, part, (size_t)n);
    if (waitpid(child->pid, &child->status, WNOHANG) == 0) {
        if (now_ns < child->deadline_ns)
            return false;
        child->timed_out = true;
        kill(child->pid, SIGKILL);
        waitpid(child->pid, &child->status, 0);
    }
    for (ssize_t n; (n = read(child->fd, part, sizeof part)) > 0;)
        if (child->said.len < MAX_SAID)
            nj_buf_add(&child->said, part, (size_t)n);
    close(child->fd);
    child->fd = -1;
    child->pid = 0;
    return true;
}

void nj_child_wait(struct nj_child *child, int64_t (*clock)(void *ctx), void *ctx)
{
    int64_t now = clock(ctx);
    while (!nj_child_ended(child, now)) {
        struct pollfd p = {child->fd, POLLIN, 0};
        int64_t left_ms = (child->deadline_ns - now) / 1000000 + 1;
        /* the end of the pipe comes with the child's end; looked at every 50 ms in case something
         * of it lives on */
        poll(&p, 1, left_ms < 50 ? (int)left_ms : 50);
        now = clock(ctx);
    }
}

void nj_child_describe(const struct nj_child *child, char *out, size_t cap)
{
    if (child->timed_out)
        snprintf(out, cap, "hung: no answer within its time");
    else if (WIFSIGNALED(child->status))
        snprintf(out, cap, "signal %d (%s)", WTERMSIG(child->status),
                 sigdescr_np(WTERMSIG(child->status)));
    else if (WEXITSTATUS(child->status) != 0)
        snprintf(out, cap, "exit code %d", WEXITSTATUS(child->status));
    else
        snprintf(out, cap, "%s", "");
}

void nj_child_free(struct nj_child *child)
{
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, &child->status, 0);
        close(child->fd);
    }
    nj_buf_free(&child->said);
    *child = (struct nj_child){.fd = -1};
}
