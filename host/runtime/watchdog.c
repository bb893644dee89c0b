#include "runtime/watchdog.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <njord/codec.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct nj_watchdog {
    struct nj_call_word *word;
    int64_t limit_ms;
    int wake[2]; /* closing the second ends the thread */
    pthread_t thread;
    char log_path[NJ_PATH_MAX];
};

static void say(const struct nj_watchdog *w, const char *id)
{
    char line[512], ts[40];
    const struct nj_platform *pf = nj_platform_system();
    int len = snprintf(line, sizeof line,
                       "njord-host: plugin instance '%s' has not come back from a callback within "
                       "%lld ms: the host ends with exit code %d\n",
                       id, (long long)w->limit_ms, NJ_EXIT_HUNG);
    if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
        return;
    int fd = w->log_path[0] ? open(w->log_path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    if (njord_format_time(pf->realtime_ns(pf->ctx), 6, ts, sizeof ts) == 0)
        ts[0] = '\0';
    len = snprintf(line, sizeof line,
                   "{\"ts\":\"%s\",\"level\":\"error\",\"event\":\"hung\",\"component\":"
                   "\"watchdog\",\"id\":\"%s\",\"limit_ms\":%lld}\n",
                   ts, id, (long long)w->limit_ms);
    ssize_t written = len > 0 ? write(fd, line, (size_t)len) : 0;
    (void)written; /* nothing more can be done: the process ends */
}

static void *look(void *ctx)
{
    struct nj_watchdog *w = ctx;
    uint64_t seen = 0;
    int64_t quiet_ms = 0, step = w->limit_ms / 4 > 0 ? w->limit_ms / 4 : 1;
    struct pollfd p = {w->wake[0], POLLIN, 0};
    while (poll(&p, 1, (int)step) == 0) {
        uint64_t calls = atomic_load_explicit(&w->word->calls, memory_order_acquire);
        const char *id = atomic_load_explicit(&w->word->id, memory_order_acquire);
        quiet_ms = id && calls == seen ? quiet_ms + step : 0;
        seen = calls;
        if (quiet_ms > w->limit_ms) {
            say(w, id);
            _exit(NJ_EXIT_HUNG);
        }
    }
    return NULL;
}

int nj_watchdog_start(struct nj_watchdog **out, struct nj_call_word *word, int64_t limit_ms,
                      const char *log_path, struct nj_error *err)
{
    *out = NULL;
    if (limit_ms <= 0)
        return 0;
    struct nj_watchdog *w = calloc(1, sizeof *w);
    if (!w || pipe2(w->wake, O_CLOEXEC) != 0) {
        free(w);
        return nj_error_set(err, NJ_ERR_NOMEM, "watchdog: cannot be started");
    }
    w->word = word;
    w->limit_ms = limit_ms;
    snprintf(w->log_path, sizeof w->log_path, "%s", log_path);
    sigset_t all, before; /* signals are the loop's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int number = pthread_create(&w->thread, NULL, look, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number != 0) {
        close(w->wake[0]);
        close(w->wake[1]);
        free(w);
        return nj_error_errno(err, number, "watchdog: no thread can be made");
    }
    *out = w;
    return 0;
}

void nj_watchdog_stop(struct nj_watchdog *w)
{
    if (!w)
        return;
    close(w->wake[1]); /* the poll sees the hang-up */
    pthread_join(w->thread, NULL);
    close(w->wake[0]);
    free(w);
}
