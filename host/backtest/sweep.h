/* sweep.h - a strategy over many sets of parameters: each set a backtest, the rows sorted into a
 * CSV.
 *
 * Runs in as many processes as asked for, the data mapped once; the CSV has the same bytes whatever
 * their number, and whether or not the sweep was killed in between and begun again. A set that
 * fails is a row with its error. Owned by the verb; one thread. */
#ifndef NJ_BACKTEST_SWEEP_H
#define NJ_BACKTEST_SWEEP_H

#include "backtest/run.h"
#include "backtest/space.h"
#include "backtest/sweep_doubt.h"

struct nj_sweep_request {
    const struct nj_platform *platform;
    struct nj_bt_job *job;
    const struct nj_space *space; /* its sets are chosen */
    uint32_t jobs;                /* processes; 0: one a core */
    int64_t limit_ns;             /* of one set */
    enum nj_metric sort;          /* the best first */
    const char *output;           /* the CSV */
    bool restart;                 /* what a killed sweep left is thrown away */
    uint64_t seed;                /* of the sets whose returns are kept, where there are many */
    /* About ten times a second; may be NULL. resumed: of done, those of an earlier process. */
    void (*progress)(void *ctx, uint64_t done, uint64_t resumed, uint64_t failed);
    void *progress_ctx;
};

struct nj_sweep;

/* A row of the CSV. Texts are the sweep's, until the next row is asked for. */
struct nj_sweep_row {
    uint64_t set;
    struct nj_metrics metrics; /* as the CSV has them */
    const char *error;         /* "": none */
};

/* Runs all sets and writes the CSV. NJ_ERR_CONFIG: a parameter is not the plugin's, or a value not
 * one of its; NJ_ERR_EXISTS, NJ_ERR_BUSY: sweep_file.h. */
int nj_sweep_run(struct nj_sweep **out, const struct nj_sweep_request *request,
                 struct nj_error *err);
void nj_sweep_free(struct nj_sweep *sweep);

/* What the best set is worth, seen that it is the best of many. */
const struct nj_sweep_doubt *nj_sweep_doubts(const struct nj_sweep *sweep);
uint64_t nj_sweep_failed(const struct nj_sweep *sweep); /* rows with an error */
/* The row at a rank, from 0, the best first. */
int nj_sweep_row(struct nj_sweep *sweep, uint64_t rank, struct nj_sweep_row *out,
                 struct nj_error *err);

#endif
