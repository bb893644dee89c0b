#include "backtest/sweep.h"

#include "backtest/sweep_file.h"
#include "backtest/sweep_identity.h"
#include "backtest/sweep_keep.h"
#include "backtest/sweep_work.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_NS  INT64_C(86400000000000)
#define COLUMNS (NJ_SPACE_AXES + NJ_METRIC_COUNT + 1u)

struct nj_sweep {
    struct nj_sweep_request q;
    struct nj_sweep_file *file;
    uint64_t resumed, failed;
    struct nj_buf row;
    struct nj_space_set *set;
    struct nj_sweep_keep *keep;
    struct nj_sweep_spread spread;
    struct nj_sweep_doubt doubt;
    unsigned char *wanted; /* a byte a set: its returns are, and have not been kept */
};

/* Is `metric` better when it is lower? Sorted so. */
static bool rising(enum nj_metric metric)
{
    return nj_metric_infos[metric].better < 0;
}

/* ---- columns: parameters, num_trades, the other metrics, error ---- */

/* The metric of column i behind the parameters. */
static enum nj_metric metric_at(uint32_t i)
{
    if (i == 0)
        return NJ_METRIC_NUM_TRADES;
    return (enum nj_metric)(i <= NJ_METRIC_NUM_TRADES ? i - 1 : i);
}

static uint32_t column_of(const struct nj_space *space, enum nj_metric metric)
{
    uint32_t i = 0;
    while (metric_at(i) != metric)
        i++;
    return nj_space_axes(space) + i;
}

static void put_heads(const struct nj_space *space, struct nj_buf *out)
{
    for (uint32_t i = 0; i < nj_space_axes(space); i++) {
        const char *name = nj_space_name(space, i);
        char own[NJ_SPACE_NAME + 8];
        bool taken = nj_metric_named(name) >= 0 || strcmp(name, "error") == 0;
        snprintf(own, sizeof own, "%s%s", taken ? "param." : "", name);
        nj_sweep_put_field(out, i == 0, own);
    }
    for (uint32_t i = 0; i < NJ_METRIC_COUNT; i++)
        nj_sweep_put_field(out, false, nj_metric_infos[metric_at(i)].name);
    nj_sweep_put_field(out, false, "error");
}

static void put_row(struct nj_sweep *s, const struct nj_sweep_result *r)
{
    nj_buf_clear(&s->row);
    nj_space_set(s->q.space, r->set, s->set);
    for (uint32_t i = 0; i < nj_space_axes(s->q.space); i++)
        nj_sweep_put_field(&s->row, i == 0, s->set->texts[i]);
    for (uint32_t i = 0; i < NJ_METRIC_COUNT; i++) {
        char text[NJORD_NUMBER_SIZE];
        size_t len = nj_metric_text(metric_at(i), r->metrics.value[metric_at(i)], text);
        bool null = r->failed || strcmp(text, "null") == 0;
        nj_buf_putc(&s->row, ',');
        nj_buf_add(&s->row, text, null ? 0 : len);
    }
    nj_sweep_put_field(&s->row, false, r->failed ? r->why[0] ? r->why : "failed" : "");
}

/* ---- the run ---- */

static bool is_done(void *ctx, uint64_t set)
{
    return nj_sweep_file_has(((struct nj_sweep *)ctx)->file, set);
}

/* The figure that sets are ranked by as the CSV has it, higher better. */
static double key_of(const struct nj_sweep *s, const struct nj_sweep_result *result)
{
    char text[NJORD_NUMBER_SIZE];
    nj_metric_text(s->q.sort, result->metrics.value[s->q.sort], text);
    double key = nj_sweep_number(text);
    return rising(s->q.sort) ? -key : key;
}

static int take_returns(void *ctx, const struct nj_sweep_result *result, struct nj_error *err)
{
    struct nj_sweep *s = ctx;
    (void)err;
    if (!result->failed)
        nj_sweep_keep_add(s->keep, result->set, key_of(s, result), result->returns,
                          result->n_returns);
    return 0;
}

static int take(void *ctx, const struct nj_sweep_result *result, struct nj_error *err)
{
    struct nj_sweep *s = ctx;
    take_returns(s, result, err);
    put_row(s, result);
    s->failed += result->failed;
    int rc = nj_sweep_file_add(s->file, result->set, &s->row, err);
    return rc == 0 ? nj_sweep_file_sync(s->file, err) : rc;
}

static void tick(void *ctx)
{
    struct nj_sweep *s = ctx;
    if (s->q.progress)
        s->q.progress(s->q.progress_ctx, nj_sweep_file_count(s->file), s->resumed, s->failed);
}

/* Rows with an error among those of an earlier process. */
static int count_failed(struct nj_sweep *s, struct nj_error *err)
{
    const char *fields[COLUMNS];
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && s->resumed > 0 && i < nj_space_sets(s->q.space); i++)
        if (nj_sweep_file_has(s->file, i)) {
            rc = nj_sweep_file_row(s->file, i, &s->row, fields, err);
            s->failed += rc == 0 && fields[nj_space_axes(s->q.space) + NJ_METRIC_COUNT][0];
        }
    return rc;
}

/* ---- what the best is worth ---- */

/* Days that a set's returns may have, 0: the rows span less than two. */
static uint32_t returns_of(const struct nj_bt_job *job)
{
    const struct nj_result_data *data = nj_bt_job_data(job);
    int64_t first = data[0].first_ns, last = data[0].last_ns;
    for (uint32_t i = 1; i < nj_bt_job_options(job)->n_series; i++) {
        first = data[i].first_ns < first ? data[i].first_ns : first;
        last = data[i].last_ns > last ? data[i].last_ns : last;
    }
    int64_t days = last / DAY_NS - first / DAY_NS + 3;
    if (last - first < DAY_NS)
        return 0;
    return days < NJ_SWEEP_RETURNS ? (uint32_t)days : NJ_SWEEP_RETURNS;
}

static void note_sharpe(void *ctx, uint64_t set, const char *const *fields)
{
    struct nj_sweep *s = ctx;
    (void)set;
    nj_sweep_spread_add(&s->spread,
                        nj_sweep_number(fields[column_of(s->q.space, NJ_METRIC_SHARPE_RATIO)]));
}

static bool not_wanted(void *ctx, uint64_t set)
{
    return !((struct nj_sweep *)ctx)->wanted[set];
}

/* Of the best and of those drawn, the sets that ran and whose returns are kept: in sets (NULL: only
 * counted). What an earlier process has run is marked as wanted. */
static int gather(struct nj_sweep *s, uint64_t *sets, uint64_t *n, uint64_t *missing,
                  struct nj_error *err)
{
    uint64_t n_sets = nj_space_sets(s->q.space);
    int rc = 0;
    *n = *missing = 0;
    memset(s->wanted, 0, n_sets);
    for (uint64_t i = 0; i < n_sets && i < NJ_SWEEP_BEST; i++)
        s->wanted[nj_sweep_file_ranked(s->file, i)] = 1;
    for (uint64_t i = 0; rc == 0 && i < n_sets; i++) {
        if (!s->wanted[i] && !nj_sweep_keep_wants(s->keep, i))
            continue;
        s->wanted[i] = 0;
        if (nj_sweep_keep_of(s->keep, i)) {
            if (sets)
                sets[*n] = i;
            ++*n;
            continue;
        }
        const char *fields[COLUMNS];
        rc = nj_sweep_file_row(s->file, i, &s->row, fields, err);
        if (rc == 0 && !fields[nj_space_axes(s->q.space) + NJ_METRIC_COUNT][0]) {
            s->wanted[i] = 1;
            ++*missing;
        }
    }
    return rc;
}

/* Sets of an earlier process are run again for their returns: what is said then is what an
 * uninterrupted sweep says. */
static int judge(struct nj_sweep *s, struct nj_sweep_work *work, struct nj_error *err)
{
    const struct nj_bt_request *q = nj_bt_job_request(s->q.job);
    uint64_t n, missing, *sets = NULL;
    s->wanted = calloc(nj_space_sets(s->q.space), 1);
    int rc = s->wanted ? gather(s, NULL, &n, &missing, err)
                       : nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    if (rc == 0 && missing > 0 && s->resumed > 0 && work->returns > 0) {
        work->done = not_wanted;
        work->take = take_returns;
        rc = nj_sweep_do(work, err);
    }
    if (rc == 0 && !(sets = malloc((2 * NJ_SWEEP_KEPT + 1) * sizeof *sets)))
        rc = nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    if (rc == 0)
        rc = gather(s, sets, &n, &missing, err);
    if (rc == 0)
        rc = nj_sweep_doubt(s->keep, nj_sweep_keep_of(s->keep, nj_sweep_file_ranked(s->file, 0)),
                            sets, n, &s->spread, q->periods_per_year, q->risk_free, &s->doubt, err);
    s->doubt.drawn = nj_space_sets(s->q.space) > NJ_SWEEP_KEPT;
    s->doubt.seed = s->q.seed;
    free(sets);
    return rc;
}

static int run(struct nj_sweep *s, struct nj_error *err)
{
    const struct nj_sweep_request *q = &s->q;
    char hash[NJ_SHA256_HEX];
    struct nj_sweep_work work = {.platform = q->platform,
                                 .job = q->job,
                                 .space = q->space,
                                 .jobs = q->jobs,
                                 .limit_ns = q->limit_ns,
                                 .returns = returns_of(q->job),
                                 .done = is_done,
                                 .take = take,
                                 .tick = tick,
                                 .ctx = s};
    struct nj_sweep_file_options file = {.platform = q->platform,
                                         .output = q->output,
                                         .hash = hash,
                                         .n_sets = nj_space_sets(q->space),
                                         .n_columns = nj_space_axes(q->space) + NJ_METRIC_COUNT + 1,
                                         .key_column = column_of(q->space, q->sort),
                                         .rising = rising(q->sort),
                                         .restart = q->restart};
    struct nj_buf heads = {0};
    int rc = nj_sweep_check(&work, err);
    if (rc == 0)
        rc = nj_sweep_identity(q->job, q->space, "", hash, err);
    if (rc == 0)
        rc = nj_sweep_file_open(&s->file, &file, err);
    if (rc != 0)
        return rc;
    s->resumed = nj_sweep_file_count(s->file);
    rc = count_failed(s, err);
    if (rc == 0)
        rc = nj_sweep_keep_new(&s->keep, q->output, nj_space_sets(q->space), work.returns, q->seed,
                               err);
    if (rc == 0)
        rc = nj_sweep_do(&work, err);
    if (rc == 0)
        rc = nj_sweep_file_rank(s->file, note_sharpe, s, err);
    if (rc == 0)
        rc = judge(s, &work, err);
    put_heads(q->space, &heads);
    if (rc == 0 && heads.failed)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    if (rc == 0)
        rc = nj_sweep_file_finish(s->file, heads.data, err);
    nj_buf_free(&heads);
    return rc;
}

int nj_sweep_run(struct nj_sweep **out, const struct nj_sweep_request *request,
                 struct nj_error *err)
{
    struct nj_sweep *s = calloc(1, sizeof *s);
    int rc = s && (s->set = malloc(sizeof *s->set))
                 ? 0
                 : nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    *out = NULL;
    if (rc == 0) {
        s->q = *request;
        if (s->q.jobs == 0) {
            long cores = sysconf(_SC_NPROCESSORS_ONLN);
            s->q.jobs = cores > 0 ? (uint32_t)cores : 1;
        }
        if (s->q.jobs > NJ_SWEEP_JOBS)
            s->q.jobs = NJ_SWEEP_JOBS;
        rc = run(s, err);
    }
    if (rc != 0) {
        nj_sweep_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

void nj_sweep_free(struct nj_sweep *s)
{
    if (!s)
        return;
    nj_sweep_file_close(s->file);
    nj_sweep_keep_free(s->keep);
    nj_buf_free(&s->row);
    free(s->wanted);
    free(s->set);
    free(s);
}

const struct nj_sweep_doubt *nj_sweep_doubts(const struct nj_sweep *s)
{
    return &s->doubt;
}

uint64_t nj_sweep_failed(const struct nj_sweep *s)
{
    return s->failed;
}

int nj_sweep_row(struct nj_sweep *s, uint64_t rank, struct nj_sweep_row *out, struct nj_error *err)
{
    const char *fields[COLUMNS];
    uint32_t n = nj_space_axes(s->q.space);
    *out = (struct nj_sweep_row){.set = nj_sweep_file_ranked(s->file, rank)};
    int rc = nj_sweep_file_row(s->file, out->set, &s->row, fields, err);
    if (rc != 0)
        return rc;
    for (uint32_t i = 0; i < NJ_METRIC_COUNT; i++)
        out->metrics.value[metric_at(i)] = nj_sweep_number(fields[n + i]);
    out->error = fields[n + NJ_METRIC_COUNT];
    return 0;
}
