/* sweep_work.h - the processes of a sweep: each takes a set of parameters, runs it, takes the next.
 * What is run may also be items of the caller's: a set over a window of the data.
 *
 * The data is mapped once and shared; each process loads the plugin once. What is to do next is a
 * counter that all see; results come back through a ring a process, in memory that both see. A set
 * whose plugin crashes, or runs longer than its time, costs that set only: its process is replaced.
 * The caller gets one result a set, in the order in which they come. Used by sweep.c and walk.c
 * alone. */
#ifndef NJ_BACKTEST_SWEEP_WORK_H
#define NJ_BACKTEST_SWEEP_WORK_H

#include "backtest/run.h"
#include "backtest/space.h"

#define NJ_SWEEP_JOBS    256u
#define NJ_SWEEP_WHY     256u
#define NJ_SWEEP_RETURNS 20000u /* days that a set's returns are kept of, at most */

#define NJ_SWEEP_NONE UINT64_MAX

struct nj_sweep_result {
    uint64_t set; /* or the caller's item */
    bool failed;
    char why[NJ_SWEEP_WHY]; /* one line; "" unless it failed */
    struct nj_metrics metrics;
    uint32_t n_returns;    /* daily ones; 0: fewer than two days, or more than are kept */
    const double *returns; /* valid until the call returns */
};

struct nj_sweep_work {
    const struct nj_platform *platform;
    struct nj_bt_job *job;
    const struct nj_space *space;
    uint32_t jobs;
    int64_t limit_ns;                      /* of one set */
    uint32_t returns;                      /* room for so many a set; 0: not wanted */
    bool (*done)(void *ctx, uint64_t set); /* not to be run */
    int (*take)(void *ctx, const struct nj_sweep_result *result, struct nj_error *err);
    void (*tick)(void *ctx); /* about ten times a second */
    void *ctx;
    uint32_t started; /* processes of the job so far, here and before */
    /* Items instead of sets; NULL: none. In a worker: the set that an item is of, and its window.
     */
    uint64_t (*item)(void *ctx, uint64_t item, struct nj_bt_window *window);
    uint64_t n_items;
    uint64_t n_free; /* the first of them run in any order; each of the rest once it is ready */
    /* Of the rest, the one that may be run now, and before all others; NJ_SWEEP_NONE: none yet.
     * *over: it is passed over, and is done; asked again at once. */
    uint64_t (*ready)(void *ctx, bool *over);
    /* In a worker: an item ran. NJ_ERR_LIMIT: its outcome is more than can be kept; it failed. */
    int (*ran)(void *ctx, uint64_t item, const struct nj_result *result, struct nj_error *err);
};

/* Checks every value of every axis against what the plugin declares, in a process of its own.
 * NJ_ERR_CONFIG: the first that is wrong; NJ_ERR_PLUGIN: it crashed or hung while it was loaded. */
int nj_sweep_check(struct nj_sweep_work *work, struct nj_error *err);
/* Runs what is not done. Fails when `take` does, or when processes cannot be made. */
int nj_sweep_do(struct nj_sweep_work *work, struct nj_error *err);

#endif
