#include "services/halt.h"

#include "base/fs.h"
#include "services/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static void on_change(struct ev_loop *loop, struct ev_io *io, int revents)
{
    char events[4096] __attribute__((aligned(8)));
    (void)loop, (void)revents;
    while (read(io->fd, events, sizeof events) > 0) /* having woken is all: the turn looks */
        ;
}

/* The folder that a path stands in. */
static int folder_of(const char *path, char *out, size_t cap, struct nj_error *err)
{
    int len = snprintf(out, cap, "%s", path);
    if (len < 0 || (size_t)len >= cap)
        return nj_error_set(err, NJ_ERR_LIMIT, "halt file '%s': path too long", path);
    char *slash = strrchr(out, '/');
    if (!slash)
        snprintf(out, cap, ".");
    else
        slash[slash == out] = '\0';
    return 0;
}

static int open_watch(struct nj_host *host, struct nj_error *err)
{
    char dir[NJ_PATH_MAX];
    int rc = folder_of(host->kill.file, dir, sizeof dir, err);
    if (rc == 0)
        rc = nj_mkdirs(dir, 0755, err);
    if (rc != 0)
        return rc;
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return nj_error_errno(err, errno, "folder '%s' cannot be watched", dir);
    if (inotify_add_watch(fd, dir,
                          IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR) < 0) {
        nj_error_errno(err, errno, "folder '%s' cannot be watched", dir);
        close(fd);
        return err->code;
    }
    ev_io_init(&host->halt_io, on_change, fd, EV_READ);
    ev_io_start(host->loop, &host->halt_io);
    return 0;
}

void nj_halt_watch(struct nj_host *host)
{
    const struct nj_risk_config *risk = &host->config->risk;
    struct nj_killswitch *kill = &host->kill;
    struct nj_error err = {0};
    if (ev_is_active(&host->halt_io) && strcmp(kill->file, risk->kill_switch_file) == 0)
        goto times;
    nj_halt_close(host);
    if (strlen(risk->kill_switch_file) < sizeof kill->file)
        memcpy(kill->file, risk->kill_switch_file, strlen(risk->kill_switch_file) + 1);
    if (kill->file[0] != '\0' && open_watch(host, &err) != 0)
        nj_log(host->log, NJ_WARN, "risk", "halt_file_not_watched", NJ_TEXT("error", err.text),
               NJ_TEXT("detail", "it is looked up each second, and for each order"));
times:
    if (host->redis && risk->kill_switch_key[0] != '\0')
        kill->key_lost_ns = risk->kill_switch_lost_s * 1000000000;
}

void nj_halt_close(struct nj_host *host)
{
    if (!host->loop || !ev_is_active(&host->halt_io))
        return;
    ev_io_stop(host->loop, &host->halt_io);
    close(host->halt_io.fd);
}
