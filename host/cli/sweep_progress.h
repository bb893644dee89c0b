/* sweep_progress.h - the bar of a sweep: how many runs are done, how fast, and the time left. On
 * standard error, and on a terminal only. */
#ifndef NJ_CLI_SWEEP_PROGRESS_H
#define NJ_CLI_SWEEP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct nj_sweep_progress {
    bool on;
    int64_t began_ns;
    uint64_t n;       /* of all */
    const char *unit; /* "sets" */
};

void nj_sweep_progress_start(struct nj_sweep_progress *progress, uint64_t n, const char *unit);
/* ctx: a struct nj_sweep_progress. resumed: of done, those of an earlier process. */
void nj_sweep_progress_show(void *ctx, uint64_t done, uint64_t resumed, uint64_t failed);
/* Takes the line away again. */
void nj_sweep_progress_end(const struct nj_sweep_progress *progress);

#endif
