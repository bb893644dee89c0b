/* reload_watch.c - plugin folders watched: a reload is asked for when their files have changed and
 * are quiet again. */
#include "services/reload_impl.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIET_S 0.25

/* A figure that changes with any file's size, time or inode. */
static void look(void *ctx, const char *path, const char *name, uint32_t kind)
{
    uint64_t *sum = ctx;
    struct stat st;
    (void)name, (void)kind;
    if (stat(path, &st) != 0)
        return;
    uint64_t parts[] = {nj_hash_text(path), (uint64_t)st.st_size, (uint64_t)st.st_ino,
                        (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        *sum = (*sum ^ parts[i]) * 1099511628211ull;
}

static uint64_t figure(const struct nj_reload *r)
{
    uint64_t sum = 14695981039346656037ull;
    struct nj_error err;
    nj_plugin_scan(r->host->config->plugins.dir, look, &sum, &err);
    return sum;
}

static void on_quiet(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
    struct nj_reload *r = timer->data;
    (void)revents;
    uint64_t now = figure(r);
    if (now != r->seen) { /* still moving: the same twice is what we wait for */
        r->seen = now;
        ev_timer_again(loop, timer);
        return;
    }
    ev_timer_stop(loop, timer);
    r->wanted = true;
}

static void on_change(struct ev_loop *loop, struct ev_io *io, int revents)
{
    struct nj_reload *r = io->data;
    char events[4096] __attribute__((aligned(8)));
    (void)revents;
    while (read(io->fd, events, sizeof events) >
           0) /* what exactly happened does not matter: also an overflow means look again */
        ;
    r->seen = 0;
    ev_timer_again(loop, &r->quiet);
}

int nj_reload_watch_open(struct nj_reload *r, struct nj_error *err)
{
    const char *dir = r->host->config->plugins.dir;
    r->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (r->inotify_fd < 0)
        return nj_error_errno(err, errno, "plugins.watch: the plugin folder cannot be watched");
    uint32_t watched = 0;
    for (uint32_t kind = 0; kind <= NJORD_KIND_ALLOCATOR; kind++) {
        char path[NJ_PATH_MAX];
        if (nj_path_join(path, sizeof path, dir, nj_kind_folder(kind), err) == 0 &&
            inotify_add_watch(r->inotify_fd, kind == 0 ? dir : path,
                              IN_CLOSE_WRITE | IN_MOVED_TO) >= 0)
            watched++;
    }
    ev_io_init(&r->inotify_io, on_change, r->inotify_fd, EV_READ);
    r->inotify_io.data = r;
    ev_timer_init(&r->quiet, on_quiet, 0, QUIET_S);
    r->quiet.data = r;
    if (watched > 0)
        ev_io_start(r->host->loop, &r->inotify_io);
    else
        nj_log(r->host->log, NJ_WARN, "reload", "not_watched", NJ_TEXT("dir", dir));
    return 0;
}

void nj_reload_watch_close(struct nj_reload *r)
{
    if (r->inotify_fd < 0)
        return;
    ev_io_stop(r->host->loop, &r->inotify_io);
    ev_timer_stop(r->host->loop, &r->quiet);
    close(r->inotify_fd);
    r->inotify_fd = -1;
}
