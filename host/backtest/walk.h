/* walk.h - walk-forward: in each fold the best of many sets of parameters is chosen by its train
 * window alone, and run over the test window behind it; the tests, one behind the other, are the
 * out-of-sample result.
 *
 * A run of a train window is given no row of what comes behind it. A test's warm-up is rows before
 * its window. Its capital is the equity at the end of the test before it; a position that is open
 * there has been marked at the last close, and the next test begins flat. All (fold, set) pairs are
 * shared out among the processes over data that is mapped once. Same bytes whatever the number of
 * processes, and whether or not it was killed in between. Owned by the verb; one thread. */
#ifndef NJ_BACKTEST_WALK_H
#define NJ_BACKTEST_WALK_H

#include "backtest/run.h"
#include "backtest/space.h"
#include "backtest/sweep_work.h"
#include "backtest/walk_folds.h"

struct nj_walk_request {
    const struct nj_platform *platform;
    struct nj_bt_job *job;
    const struct nj_space *space; /* its sets are chosen */
    struct nj_walk_spec spec;
    bool warm; /* tests are warmed up with their whole train window; else by the job's warmup, as
                * train windows are */
    uint32_t jobs;    /* processes; 0: one a core */
    int64_t limit_ns; /* of one run */
    enum nj_metric sort;
    const char *output; /* the CSV, a row a fold; the curve goes beside it */
    bool restart;       /* what a killed one left is thrown away */
    /* About ten times a second; may be NULL. Runs of train and test windows. */
    void (*progress)(void *ctx, uint64_t done, uint64_t resumed, uint64_t failed);
    void *progress_ctx;
};

struct nj_walk_fold {
    struct nj_walk_window window;
    uint64_t train_rows, test_rows;
    uint64_t failed;     /* sets that failed in the train window */
    bool chosen;         /* and then: */
    uint64_t set;        /* the best there */
    double train_key;    /* its figure of the metric that decides */
    double train_return; /* its total_return_pct there */
    double efficiency;   /* of this fold alone (struct nj_walk_worth); NaN: none */
    bool tested;         /* and then: */
    struct nj_metrics test;
    double capital, final_equity;
    uint64_t n_fills;
    uint32_t n_open;    /* positions marked at the end of the test */
    size_t first_point; /* of its points in the stitched curve */
    size_t n_points;
    char why[NJ_SWEEP_WHY]; /* why there is no test; "" when there is */
};

/* The tests, one behind the other. */
struct nj_walk_stitched {
    int64_t *ts_ns;
    double *equity;
    uint8_t *exposed;
    size_t n;
    struct nj_closed *trades;
    size_t n_trades;
    uint64_t n_fills;
    double capital, final_equity;
    struct nj_metrics metrics; /* over all of it */
};

/* What it says of the strategy. Rates are per cent a year without compounding: the sum of the
 * windows' total returns over the sum of their lengths, times 365 days. Their quotient is the
 * walk-forward efficiency (R. Pardo, "The Evaluation and Optimization of Trading Strategies", 2nd
 * edition, 2008, chapter 11). */
struct nj_walk_worth {
    double train_rate, test_rate; /* of folds with a test; NaN: none */
    double efficiency;            /* NaN where the train windows made nothing */
    uint64_t tested, profitable;  /* folds with a test, and with a gain in it */
    uint64_t open;                /* positions marked at the ends of tests */
    uint64_t n_sets;              /* different sets that were chosen */
    uint64_t set, times;          /* the one chosen most often (the lowest), and how often */
};

/* How steady a parameter is from fold to fold. */
struct nj_walk_steady {
    uint64_t values;       /* different ones that were chosen */
    uint64_t changes;      /* folds that chose another one than the fold before them that chose */
    uint64_t place, times; /* the value chosen most often (the first of the axis), how often */
};

struct nj_walk;

/* Runs all and writes both files. NJ_ERR_CONFIG: a parameter is not the plugin's, a value not one
 * of its, windows that are no whole bars; NJ_ERR_NOT_FOUND: too few rows for a fold; NJ_ERR_EXISTS,
 * NJ_ERR_BUSY: sweep_file.h. */
int nj_walk_run(struct nj_walk **out, const struct nj_walk_request *request, struct nj_error *err);
void nj_walk_free(struct nj_walk *walk);

size_t nj_walk_folds(const struct nj_walk *walk);
const struct nj_walk_fold *nj_walk_fold(const struct nj_walk *walk, size_t i); /* from 0 */
const struct nj_walk_stitched *nj_walk_stitched(const struct nj_walk *walk);
const struct nj_walk_worth *nj_walk_worth(const struct nj_walk *walk);
void nj_walk_steady(const struct nj_walk *walk, uint32_t axis, struct nj_walk_steady *out);
/* Runs that failed, of all; the first one's line ("": none). */
uint64_t nj_walk_failed(const struct nj_walk *walk, uint64_t *runs, const char **why);
const char *nj_walk_curve_path(const struct nj_walk *walk);
/* What a reader of its figures should know, as warnings of a result. NJ_ERR_NOMEM. */
int nj_walk_notes(const struct nj_walk *walk, struct nj_result *into);
/* The folds of a job, without a run: *n, or the error that nj_walk_run() would give. */
int nj_walk_count(const struct nj_bt_job *job, const struct nj_walk_spec *spec, size_t *n,
                  struct nj_error *err);

#endif
