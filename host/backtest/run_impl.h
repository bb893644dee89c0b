/* run_impl.h - a job's inside, shared by the files of run.h. No other file includes it.
 *
 * run.c opens a job and runs it; run_plugin.c finds its plugin; run_window.c cuts its rows to a
 * window; run_describe.c says in a result what was run; run_files.c writes it; run_verify.c runs it
 * again over data cut short; live_compare.c holds it against what a host did. */
#ifndef NJ_BACKTEST_RUN_IMPL_H
#define NJ_BACKTEST_RUN_IMPL_H

#include "backtest/run.h"
#include "backtest/run_data.h"

#include <pthread.h>
#include <stdatomic.h>

/* What the child tells while it runs and when it is done: a page that both see. */
struct nj_bt_shared {
    _Atomic uint32_t walks; /* odd: the plugin has the word, rows must go on */
    int rc;                 /* 1: nothing was said */
    struct nj_error err;
    struct nj_bt_brief brief;
    struct nj_bt_verified verified;
    struct nj_bt_compared compared;
    /* The child's own, but for its counts, which the parent reads as they are counted. */
    struct nj_result result;
};

/* The series of a window: pieces of the job's, the first and last of them cut. */
struct nj_bt_cut {
    struct nj_bt_window window; /* that it is of */
    struct nj_bt_series series[NJ_BT_SYMBOLS];
    struct nj_columns *pieces[NJ_BT_SYMBOLS];
    uint64_t warmups[NJ_BT_SYMBOLS];
    uint32_t n; /* 0: none was made */
};

struct nj_bt_job {
    struct nj_bt_request request;
    char strategy_id[NJORD_ID_SIZE];
    char path[NJ_PATH_MAX];                 /* of the plugin */
    const struct nj_instance_config *entry; /* of strategies.yaml; NULL: named directly */
    struct nj_plugin_file file;
    char scratch[NJ_PATH_MAX];
    struct nj_module *module; /* in a child, or a caller of nj_bt_job_here() */
    uint32_t process;         /* which of many this is */
    struct nj_bt_data data;
    char timeframe[NJORD_TIMEFRAME_SIZE];
    struct nj_param_text *params; /* the entry's and over them the request's */
    size_t n_params;
    struct nj_bt_options options;
    struct nj_bt_shared *shared;
    struct nj_bt_cut cut; /* of the latest window: a sweep asks for one many times */
};

/* An id of strategies.yaml, else a plugin's name, else a path: fills entry, path and id. */
int nj_bt_job_find_plugin(struct nj_bt_job *job, struct nj_error *err);
/* The job's rows cut to a window, in job->cut. */
int nj_bt_job_cut(struct nj_bt_job *job, const struct nj_bt_window *window, struct nj_error *err);
void nj_bt_cut_free(struct nj_bt_cut *cut);
/* What was run, into its result; NJ_ERR_LIMIT: too many symbols. */
int nj_bt_job_describe(const struct nj_bt_job *job, const struct nj_param_text *params, size_t n,
                       struct nj_result *r);
/* What a reader of the figures should be told. */
int nj_bt_job_warn(const struct nj_bt_job *job, struct nj_result *r);

/* nj_bt_run() of the job's plugin, watched from outside when `out` is the shared one. */
int nj_bt_job_walk(struct nj_bt_job *job, struct nj_bt_options *options, struct nj_bt_outcome *out,
                   struct nj_error *err);
/* The hashes of the data, worked out on a thread of its own while the plugin walks the same rows.
 */
struct nj_bt_hashing {
    const struct nj_bt_job *job;
    pthread_t thread;
    bool beside; /* thread runs */
    int rc;
    struct nj_error err;
    char hash[NJ_BT_SYMBOLS][NJ_SHA256_HEX];
};
void nj_bt_hash_begin(struct nj_bt_hashing *hashing, const struct nj_bt_job *job);
/* Waits for them and puts them into the result. */
int nj_bt_hash_end(struct nj_bt_hashing *hashing, struct nj_result *r, struct nj_error *err);
/* Writes what paths (may be NULL) names. */
int nj_bt_files_write(const struct nj_bt_job *job, const struct nj_bt_paths *paths,
                      nj_bt_report_fn report, const struct nj_result *r, struct nj_error *err);

/* Runs fn(ctx) in a child that writes into job->shared; its rc, or one line on how it ended. */
int nj_bt_job_child(struct nj_bt_job *job, int (*fn)(void *ctx, int fd), void *ctx,
                    void (*progress)(void *ctx, uint64_t rows), void *progress_ctx,
                    struct nj_error *err);

#endif
