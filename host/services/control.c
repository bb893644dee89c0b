#include "services/control.h"

#include "base/fs.h"
#include "services/control_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- who comes in ---- */

static bool welcome(struct nj_control *control, int fd, struct ucred *who)
{
    socklen_t len = sizeof *who;
    char line[160];
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, who, &len) != 0)
        return false;
    const char *why = who->uid != geteuid() && who->uid != 0
                          ? "only the owner of the host and root may speak to it"
                      : control->n_callers >= NJ_CONTROL_MAX_CALLERS
                          ? "too many callers at once: try again"
                          : NULL;
    if (!why)
        return true;
    int n = snprintf(line, sizeof line, "{\"done\":true,\"ok\":false,\"error\":\"%s\"}\n", why);
    send(fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    nj_log(control->host->log, NJ_WARN, "control", "caller_refused", NJ_TEXT("reason", why),
           NJ_INT("uid", who->uid), NJ_INT("pid", who->pid));
    return false;
}

static void let_in(struct nj_control *control, int fd)
{
    struct ucred who;
    if (!welcome(control, fd, &who) || !nj_caller_new(control, fd, &who))
        close(fd);
}

static void on_incoming(struct ev_loop *loop, struct ev_io *io, int revents)
{
    struct nj_control *control = io->data;
    (void)revents;
    for (int n = 0; n < 16; n++) {
        int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            let_in(control, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            nj_log(control->host->log, NJ_ERROR, "control", "no_descriptors",
                   NJ_TEXT("error", strerror(errno)),
                   NJ_TEXT("detail", "callers wait a second; raise the limit of open files"));
            ev_io_stop(loop, io);
            ev_timer_start(loop, &control->breathe);
        }
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static void on_breathe(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
    struct nj_control *control = timer->data;
    (void)revents;
    ev_io_start(loop, &control->incoming);
}

/* ---- the socket ---- */

/* Does someone listen at the path? 0: nobody does and the way is free. */
static int clear_way(const struct sockaddr_un *address, struct nj_error *err)
{
    const char *path = address->sun_path;
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? 0 : nj_error_errno(err, errno, "control socket '%s'", path);
    if (!S_ISSOCK(st.st_mode))
        return nj_error_set(err, NJ_ERR_EXISTS,
                            "control socket '%s': something else stands there; remove it or set "
                            "app.control",
                            path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return nj_error_errno(err, errno, "control socket '%s'", path);
    int failed = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(fd);
    if (failed == 0 || failed == EAGAIN || failed == EINPROGRESS)
        return nj_error_set(err, NJ_ERR_BUSY, "control socket '%s': another host listens there",
                            path);
    if (failed != ECONNREFUSED)
        return nj_error_errno(err, failed, "control socket '%s': who listens there", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return nj_error_errno(err, errno, "control socket '%s': removing the old one", path);
    return 0;
}

/* Between bind and listen nobody can connect: the mode is right from the first connection on. */
static int take_place(struct nj_control *control, struct nj_error *err)
{
    const char *path = control->address.sun_path;
    struct stat st;
    int rc = clear_way(&control->address, err);
    if (rc != 0)
        return rc;
    control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (control->fd < 0 ||
        bind(control->fd, (const struct sockaddr *)&control->address, sizeof control->address) != 0)
        return nj_error_errno(err, errno, "control socket '%s'", path);
    if (chmod(path, 0600) != 0 || lstat(path, &st) != 0 || listen(control->fd, 64) != 0) {
        rc = nj_error_errno(err, errno, "control socket '%s'", path);
        unlink(path);
        return rc;
    }
    control->dev = st.st_dev;
    control->ino = st.st_ino;
    return 0;
}

/* Looking and binding as one step among hosts: the folder is locked meanwhile. */
static int make_socket(struct nj_control *control, struct nj_error *err)
{
    const char *path = control->address.sun_path;
    char dir[sizeof control->address.sun_path + 1];
    int rc = nj_mkdirs_for(path, 0755, err);
    if (rc != 0)
        return nj_error_context(err, "control socket '%s'", path);
    const char *slash = strrchr(path, '/');
    snprintf(dir, sizeof dir, "%.*s",
             !slash          ? 1
             : slash == path ? 1
                             : (int)(slash - path),
             slash ? path : ".");
    int lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX) != 0)
        rc = nj_error_errno(err, errno, "control socket '%s': its folder", path);
    else
        rc = take_place(control, err);
    if (lock >= 0)
        close(lock);
    return rc;
}

int nj_control_open(struct nj_host *host, struct nj_error *err)
{
    const char *path = host->config->app.control;
    struct nj_control *control = calloc(1, sizeof *control);
    if (!control)
        return nj_error_set(err, NJ_ERR_NOMEM, "control socket: out of memory");
    control->host = host;
    control->fd = -1;
    control->address.sun_family = AF_UNIX;
    int rc;
    if (path[0] == '\0' || strlen(path) >= sizeof control->address.sun_path)
        rc =
            nj_error_set(err, NJ_ERR_CONFIG,
                         "control socket '%s': a path of 1 to %zu bytes is needed; set app.control",
                         path, sizeof control->address.sun_path - 1);
    else {
        memcpy(control->address.sun_path, path, strlen(path) + 1);
        rc = make_socket(control, err);
    }
    if (rc != 0) {
        if (control->fd >= 0)
            close(control->fd);
        free(control);
        return rc;
    }
    ev_io_init(&control->incoming, on_incoming, control->fd, EV_READ);
    ev_timer_init(&control->breathe, on_breathe, 1., 0.);
    control->incoming.data = control->breathe.data = control;
    ev_io_start(host->loop, &control->incoming);
    host->control = control;
    nj_log(host->log, NJ_INFO, "control", "listening", NJ_TEXT("socket", path));
    return 0;
}

void nj_control_close(struct nj_host *host)
{
    struct nj_control *control = host->control;
    struct stat st;
    if (!control)
        return;
    while (control->callers)
        nj_caller_end(control->callers);
    ev_io_stop(host->loop, &control->incoming);
    ev_timer_stop(host->loop, &control->breathe);
    if (lstat(control->address.sun_path, &st) == 0 && st.st_dev == control->dev &&
        st.st_ino == control->ino)
        unlink(control->address.sun_path);
    close(control->fd);
    free(control);
    host->control = NULL;
}
