/* child.h - a function run in a forked child, with limits and a pipe for what it has to say.
 *
 * For code that may crash, hang or eat memory: a plugin's constructors and callbacks. The child
 * keeps no descriptor but the pipe (0, 1, 2 are /dev/null), default signal handlers, no core, and
 * dies with its parent. The parent never blocks: it polls. */
#ifndef NJ_RUNTIME_CHILD_H
#define NJ_RUNTIME_CHILD_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct nj_child {
    pid_t pid;           /* 0: none */
    int fd;              /* readable when it said something or ended; non-blocking */
    int64_t deadline_ns; /* CLOCK_MONOTONIC as the platform has it */
    struct nj_buf said;  /* what it wrote, at most 1 MiB */
    bool timed_out;
    int status; /* waitpid's, once ended */
};

/* Starts fn(ctx, fd) in a child that may run for `limit_ns` from now_ns on; it ends with fn's
 * result (0..125) as exit code. */
int nj_child_start(struct nj_child *child, int (*fn)(void *ctx, int fd), void *ctx, int64_t now_ns,
                   int64_t limit_ns, struct nj_error *err);
/* Reads what came; true once the child has ended (killed when its time is over). */
bool nj_child_ended(struct nj_child *child, int64_t now_ns);
/* Waits for that, polling the descriptor; now_ns from CLOCK_MONOTONIC through `clock`. */
void nj_child_wait(struct nj_child *child, int64_t (*clock)(void *ctx), void *ctx);
/* How it ended, in words: "exit code 3", "signal 11 (segmentation fault)", "hung: no answer within
 * 2000 ms". Empty for exit code 0. */
void nj_child_describe(const struct nj_child *child, char *out, size_t cap);
/* Kills it if it still runs, frees what it said. */
void nj_child_free(struct nj_child *child);

#endif
