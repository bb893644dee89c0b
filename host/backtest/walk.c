#include "backtest/walk.h"

#include "backtest/sweep_file.h"
#include "backtest/sweep_identity.h"
#include "backtest/walk_file.h"
#include "backtest/walk_stitch.h"
#include "backtest/walk_worth.h"
#include "journal/names.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of a row of the partial file: the figure that decides, total_return_pct, the error. */
enum { KEY, RETURN, ERROR, COLUMNS };

/* What the workers must know of a test, in memory that they see. */
struct order {
    uint64_t set;
    double capital;
};

struct nj_walk {
    struct nj_walk_request q;
    struct nj_walk_fold *folds;
    size_t n;
    uint64_t n_sets, n_train; /* runs of train windows: fold by fold, set by set */
    uint64_t *left;           /* of each fold: sets that have not run yet */
    double *best;             /* of each fold: the key of its best, higher better */
    struct order *orders;     /* of each fold */
    struct nj_walk_desk *desk;
    struct nj_sweep_file *file;
    struct nj_buf row;
    size_t next;    /* the fold whose test comes next */
    double capital; /* that it begins with */
    uint64_t resumed, failed, done, runs;
    uint64_t first_failed; /* the item whose line `why` is */
    char why[NJ_SWEEP_WHY];
    struct nj_walk_stitched stitched;
    struct nj_walk_sums sums;
    struct nj_walk_worth worth;
    char curve[NJ_PATH_MAX];
};

/* ---- the folds ---- */

static int plan(const struct nj_bt_job *job, const struct nj_walk_spec *spec,
                struct nj_walk_window **windows, size_t *n, struct nj_error *err)
{
    const struct nj_bt_options *o = nj_bt_job_options(job);
    int64_t begin, end, length = nj_timeframe_ns(o->timeframe);
    *windows = NULL;
    int rc = nj_walk_spec_fits(spec, o->timeframe, length, err);
    if (rc != 0)
        return rc;
    nj_bt_job_span(job, &begin, &end);
    if (o->input == NJ_COLUMNS_TRADES) /* bars are made of them: no bar in two windows */
        begin -= begin % length;
    if (o->from_ns > begin) /* rows before it are warm-up */
        begin = o->from_ns;
    if (o->input == NJ_COLUMNS_TRADES && begin % length != 0)
        begin += length - begin % length;
    end = o->to_ns < end ? o->to_ns : end;
    return nj_walk_plan(spec, begin, end, windows, n, err);
}

int nj_walk_count(const struct nj_bt_job *job, const struct nj_walk_spec *spec, size_t *n,
                  struct nj_error *err)
{
    struct nj_walk_window *windows;
    int rc = plan(job, spec, &windows, n, err);
    free(windows);
    return rc;
}

static void say_why(struct nj_walk_fold *f, const char *why)
{
    if (!f->why[0])
        snprintf(f->why, sizeof f->why, "%.*s", (int)sizeof f->why - 1, why);
}

static int make_folds(struct nj_walk *w, struct nj_error *err)
{
    struct nj_walk_window *windows;
    int rc = plan(w->q.job, &w->q.spec, &windows, &w->n, err);
    w->n_sets = nj_space_sets(w->q.space);
    if (rc == 0 && w->n_sets > NJ_SPACE_SETS / w->n)
        rc = nj_error_set(err, NJ_ERR_LIMIT,
                          "walk-forward: %zu folds of %llu sets: at most %u runs: --samples draws "
                          "some of the sets",
                          w->n, (unsigned long long)w->n_sets, NJ_SPACE_SETS);
    w->n_train = w->n * w->n_sets;
    if (rc == 0) {
        w->folds = calloc(w->n, sizeof *w->folds);
        w->left = calloc(w->n, sizeof *w->left);
        w->best = calloc(w->n, sizeof *w->best);
        if (!w->folds || !w->left || !w->best)
            rc = nj_error_set(err, NJ_ERR_NOMEM, "walk-forward: out of memory");
    }
    for (size_t i = 0; rc == 0 && i < w->n; i++) {
        struct nj_walk_fold *f = &w->folds[i];
        f->window = windows[i];
        f->train_key = f->train_return = f->efficiency = NAN;
        f->train_rows = nj_bt_job_rows_within(w->q.job, windows[i].train_from, windows[i].train_to);
        f->test_rows = nj_bt_job_rows_within(w->q.job, windows[i].test_from, windows[i].test_to);
        if (f->train_rows == 0)
            say_why(f, "no rows in its train window");
        else if (f->test_rows == 0)
            say_why(f, "no rows in its test window");
        w->left[i] = f->why[0] ? 0 : w->n_sets;
        w->runs += f->why[0] ? 0 : w->n_sets + 1;
    }
    free(windows);
    return rc;
}

/* Points that a test can have at most. */
static size_t most_points(const struct nj_walk *w)
{
    const struct nj_bt_options *o = nj_bt_job_options(w->q.job);
    int64_t length = nj_timeframe_ns(o->timeframe);
    uint64_t most = 0;
    for (size_t i = 0; i < w->n; i++) {
        const struct nj_walk_fold *f = &w->folds[i];
        uint64_t n = o->input == NJ_COLUMNS_BARS
                         ? f->test_rows
                         : (uint64_t)((f->window.test_to - f->window.test_from) / length + 2);
        most = n > most ? n : most;
    }
    return (size_t)most;
}

/* ---- in a worker ---- */

static uint64_t item_of(void *ctx, uint64_t item, struct nj_bt_window *out)
{
    const struct nj_walk *w = ctx;
    const struct nj_bt_options *o = nj_bt_job_options(w->q.job);
    bool test = item >= w->n_train;
    size_t fold = (size_t)(test ? item - w->n_train : item / w->n_sets);
    const struct nj_walk_window *at = &w->folds[fold].window;
    *out = (struct nj_bt_window){.from_ns = test ? at->test_from : at->train_from,
                                 .to_ns = test ? at->test_to : at->train_to,
                                 .warmup = w->q.warm ? 0 : o->warmup,
                                 .warm_ns = INT64_MIN,
                                 .capital = test ? w->orders[fold].capital : o->capital};
    if (test && w->q.warm) {
        out->warmup = UINT64_MAX;
        out->warm_ns = at->train_from;
    }
    return test ? w->orders[fold].set : item % w->n_sets;
}

static int ran(void *ctx, uint64_t item, const struct nj_result *result, struct nj_error *err)
{
    const struct nj_walk *w = ctx;
    return item < w->n_train ? 0 : nj_walk_desk_put(w->desk, result, err);
}

/* ---- results ---- */

static void note_failed(struct nj_walk *w, uint64_t item, const char *why)
{
    if (w->failed++ == 0 || item < w->first_failed) {
        w->first_failed = item;
        snprintf(w->why, sizeof w->why, "%.*s", (int)sizeof w->why - 1, why[0] ? why : "failed");
    }
}

/* The result of a set in a train window, as it stands in the partial file. */
static void note_train(struct nj_walk *w, uint64_t item, const char *const *fields)
{
    struct nj_walk_fold *f = &w->folds[item / w->n_sets];
    uint64_t set = item % w->n_sets, *left = &w->left[item / w->n_sets];
    double *best = &w->best[item / w->n_sets];
    double value = nj_sweep_number(fields[KEY]);
    double key = nj_metric_infos[w->q.sort].better < 0 ? -value : value;
    *left -= *left > 0;
    w->done++;
    if (fields[ERROR][0]) {
        f->failed++;
        note_failed(w, item, fields[ERROR]);
    } else if (!isnan(key) && (!f->chosen || key > *best || (key == *best && set < f->set))) {
        f->chosen = true;
        f->set = set;
        f->train_key = value;
        f->train_return = nj_sweep_number(fields[RETURN]);
        *best = key;
    }
}

static int take_train(struct nj_walk *w, const struct nj_sweep_result *r, struct nj_error *err)
{
    const enum nj_metric metrics[] = {w->q.sort, NJ_METRIC_TOTAL_RETURN_PCT};
    char texts[2][NJORD_NUMBER_SIZE + 1];
    const char *fields[COLUMNS] = {texts[0], texts[1], ""};
    nj_buf_clear(&w->row);
    for (size_t i = 0; i < 2; i++) {
        double v = r->metrics.value[metrics[i]];
        size_t len = nj_metric_text(metrics[i], v, texts[i]);
        texts[i][r->failed || isnan(v) ? 0 : len] = '\0';
        nj_sweep_put_field(&w->row, i == 0, texts[i]);
    }
    if (r->failed)
        fields[ERROR] = r->why[0] ? r->why : "failed";
    nj_sweep_put_field(&w->row, false, fields[ERROR]);
    int rc = nj_sweep_file_add(w->file, r->set, &w->row, err);
    if (rc == 0)
        note_train(w, r->set, fields);
    return rc == 0 ? nj_sweep_file_sync(w->file, err) : rc;
}

static int take_test(struct nj_walk *w, const struct nj_sweep_result *r, struct nj_error *err)
{
    struct nj_walk_fold *f = &w->folds[r->set - w->n_train];
    if (f != &w->folds[w->next]) /* a plugin has written there */
        return nj_error_set(err, NJ_ERR_INTERNAL, "walk-forward: a test came out of its turn");
    w->next++;
    w->done++;
    if (r->failed) {
        note_failed(w, r->set, r->why);
        say_why(f, r->why[0] ? r->why : "failed");
        return 0;
    }
    int rc = nj_walk_desk_take(w->desk, &w->sums, f, err);
    f->tested = rc == 0;
    f->test = r->metrics;
    f->capital = w->capital;
    f->efficiency = nj_walk_efficiency(f);
    w->capital = f->final_equity;
    return rc;
}

static int take(void *ctx, const struct nj_sweep_result *r, struct nj_error *err)
{
    struct nj_walk *w = ctx;
    return r->set < w->n_train ? take_train(w, r, err) : take_test(w, r, err);
}

/* Is the set of a train window not to be run, because it has, or never will? Tests always are: each
 * begins with what the one before it ended with, and their points are kept nowhere. */
static bool is_done(void *ctx, uint64_t item)
{
    const struct nj_walk *w = ctx;
    return item < w->n_train &&
           (w->folds[item / w->n_sets].why[0] || nj_sweep_file_has(w->file, item));
}

static uint64_t ready(void *ctx, bool *over)
{
    struct nj_walk *w = ctx;
    if (w->next >= w->n || w->left[w->next] > 0)
        return NJ_SWEEP_NONE;
    struct nj_walk_fold *f = &w->folds[w->next];
    uint64_t item = w->n_train + w->next;
    char why[NJ_SWEEP_WHY];
    if (!f->why[0] && !f->chosen) {
        snprintf(why, sizeof why, "no set has a %s in its train window",
                 nj_metric_infos[w->q.sort].name);
        say_why(f, f->failed == w->n_sets ? "every set failed in its train window" : why);
        w->done++;
    } else if (!f->why[0] && !(w->capital > 0)) {
        snprintf(why, sizeof why, "no capital is left: %.10g", w->capital);
        say_why(f, why);
        w->done++;
    }
    if (f->why[0]) {
        *over = true;
        w->next++;
        return item;
    }
    w->orders[w->next] = (struct order){f->set, w->capital};
    return item;
}

static void tick(void *ctx)
{
    struct nj_walk *w = ctx;
    if (w->q.progress)
        w->q.progress(w->q.progress_ctx, w->done, w->resumed, w->failed);
}

/* What an earlier process has run. */
static int read_back(struct nj_walk *w, struct nj_error *err)
{
    const char *fields[COLUMNS];
    int rc = 0;
    w->resumed = nj_sweep_file_count(w->file);
    for (uint64_t i = 0; rc == 0 && w->resumed > 0 && i < w->n_train; i++)
        if (nj_sweep_file_has(w->file, i)) {
            rc = nj_sweep_file_row(w->file, i, &w->row, fields, err);
            if (rc == 0)
                note_train(w, i, fields);
        }
    return rc;
}

/* ---- the run ---- */

static int open_file(struct nj_walk *w, struct nj_error *err)
{
    const struct nj_walk_spec *s = &w->q.spec;
    char hash[NJ_SHA256_HEX], more[256];
    struct nj_sweep_file_options file = {.platform = w->q.platform,
                                         .output = w->q.output,
                                         .hash = hash,
                                         .n_sets = w->n_train,
                                         .n_columns = COLUMNS,
                                         .key_column = KEY,
                                         .restart = w->q.restart};
    snprintf(more, sizeof more, "walk %lld %lld %lld %d %d %s", (long long)s->train_ns,
             (long long)s->test_ns, (long long)s->step_ns, s->anchored, w->q.warm,
             nj_metric_infos[w->q.sort].name);
    int rc = nj_sweep_identity(w->q.job, w->q.space, more, hash, err);
    return rc == 0 ? nj_sweep_file_open(&w->file, &file, err) : rc;
}

static int measure(struct nj_walk *w, struct nj_error *err)
{
    const struct nj_bt_request *q = nj_bt_job_request(w->q.job);
    struct nj_walk_stitched *s = &w->stitched;
    size_t exposed = 0;
    for (size_t i = 0; i < s->n; i++)
        exposed += s->exposed[i];
    struct nj_metrics_input input = {.curve = {s->ts_ns, s->equity, s->n},
                                     .initial = s->capital,
                                     .trades = s->trades,
                                     .n_trades = s->n_trades,
                                     .exposed = s->n ? (double)exposed / (double)s->n : 0,
                                     .traded_notional = w->sums.notional,
                                     .fees = w->sums.fees,
                                     .slippage = w->sums.slippage,
                                     .periods_per_year = q->periods_per_year,
                                     .risk_free = q->risk_free};
    int rc = nj_metrics_of(&input, &s->metrics, err);
    return rc == 0 ? nj_walk_weigh(w->folds, w->n, &w->worth, err) : rc;
}

static int run(struct nj_walk *w, struct nj_error *err)
{
    struct nj_sweep_work work = {.platform = w->q.platform,
                                 .job = w->q.job,
                                 .space = w->q.space,
                                 .jobs = w->q.jobs,
                                 .limit_ns = w->q.limit_ns,
                                 .done = is_done,
                                 .take = take,
                                 .tick = tick,
                                 .item = item_of,
                                 .ready = ready,
                                 .ran = ran,
                                 .ctx = w};
    int rc = nj_walk_curve_name(w->q.output, w->curve, err);
    if (rc == 0)
        rc = make_folds(w, err);
    if (rc == 0)
        rc = nj_sweep_check(&work, err);
    if (rc != 0)
        return rc;
    work.n_items = w->n_train + w->n;
    work.n_free = w->n_train;
    w->capital = w->stitched.capital = w->stitched.final_equity =
        nj_bt_job_options(w->q.job)->capital;
    w->sums.to = &w->stitched;
    w->desk = nj_walk_desk_new(most_points(w));
    void *orders = mmap(NULL, w->n * sizeof *w->orders, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    w->orders = orders == MAP_FAILED ? NULL : orders;
    if (!w->desk || !w->orders)
        return nj_error_set(err, NJ_ERR_NOMEM, "walk-forward: out of memory");
    rc = open_file(w, err);
    if (rc == 0)
        rc = read_back(w, err);
    if (rc == 0)
        rc = nj_sweep_do(&work, err);
    if (rc == 0)
        rc = measure(w, err);
    if (rc == 0)
        rc = nj_walk_write_curve(&w->q, w->curve, &w->stitched, err);
    if (rc == 0)
        rc = nj_walk_write_folds(&w->q, w->folds, w->n, err);
    if (rc == 0)
        nj_sweep_file_drop(w->file);
    return rc;
}

int nj_walk_run(struct nj_walk **out, const struct nj_walk_request *request, struct nj_error *err)
{
    struct nj_walk *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w)
        return nj_error_set(err, NJ_ERR_NOMEM, "walk-forward: out of memory");
    w->q = *request;
    if (w->q.jobs == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        w->q.jobs = cores > 0 ? (uint32_t)cores : 1;
    }
    if (w->q.jobs > NJ_SWEEP_JOBS)
        w->q.jobs = NJ_SWEEP_JOBS;
    int rc = run(w, err);
    if (rc != 0) {
        nj_walk_free(w);
        return rc;
    }
    *out = w;
    return 0;
}

void nj_walk_free(struct nj_walk *w)
{
    if (!w)
        return;
    nj_sweep_file_close(w->file);
    nj_walk_desk_free(w->desk);
    if (w->orders)
        munmap(w->orders, w->n * sizeof *w->orders);
    nj_buf_free(&w->row);
    free(w->stitched.ts_ns);
    free(w->stitched.equity);
    free(w->stitched.exposed);
    free(w->stitched.trades);
    free(w->folds);
    free(w->left);
    free(w->best);
    free(w);
}

/* ---- what came of it ---- */

size_t nj_walk_folds(const struct nj_walk *w)
{
    return w->n;
}

const struct nj_walk_fold *nj_walk_fold(const struct nj_walk *w, size_t i)
{
    return &w->folds[i];
}

const struct nj_walk_stitched *nj_walk_stitched(const struct nj_walk *w)
{
    return &w->stitched;
}

const struct nj_walk_worth *nj_walk_worth(const struct nj_walk *w)
{
    return &w->worth;
}

void nj_walk_steady(const struct nj_walk *w, uint32_t axis, struct nj_walk_steady *out)
{
    nj_walk_steadiness(w->q.space, w->folds, w->n, axis, out);
}

uint64_t nj_walk_failed(const struct nj_walk *w, uint64_t *runs, const char **why)
{
    *runs = w->runs;
    *why = w->why;
    return w->failed;
}

const char *nj_walk_curve_path(const struct nj_walk *w)
{
    return w->curve;
}
