#include "backtest/run.h"

#include "backtest/benchmark.h"
#include "backtest/flow_journal.h"
#include "backtest/run_impl.h"
#include "base/fs.h"
#include "base/timeframe.h"
#include "journal/names.h"
#include "runtime/child.h"
#include "runtime/plugin_info.h"
#include "trade/instruments.h"

#include <math.h>
#include <njord/codec.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define NO_LIMIT_NS INT64_C(4000000000000000000)
#define LOOK_MS     100
#define LOOK_MAX_NS INT64_C(500000000) /* more, and it was this process that stood still */

/* Points of closes that a result keeps: shared by its symbols, but so many of each at least. */
#define PRICE_POINTS 4000u
#define PRICE_LEAST  100u

/* ---- parameters ---- */

static const struct nj_param_text *named(const struct nj_param_text *params, size_t n,
                                         const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(params[i].name, name) == 0)
            return &params[i];
    return NULL;
}

/* The entry's parameters, and over them those of the command line. Texts stay whose they are. */
static struct nj_param_text *over(const struct nj_bt_job *job, const struct nj_param_text *params,
                                  size_t n, size_t *n_out)
{
    size_t n_entry = job->entry ? job->entry->n_params : 0, k = 0;
    struct nj_param_text *out = calloc(n_entry + n + 1, sizeof *out);
    for (size_t i = 0; out && i < n_entry; i++)
        if (!named(params, n, job->entry->params[i].name))
            out[k++] = job->entry->params[i];
    for (size_t i = 0; out && i < n; i++)
        out[k++] = params[i];
    *n_out = k;
    return out;
}

/* ---- opening ---- */

static int choose_symbols(struct nj_bt_job *job, struct nj_error *err)
{
    const struct nj_bt_request *q = &job->request;
    const char *const *names = q->symbols;
    size_t n = q->n_symbols;
    if (n == 0 && job->entry && job->entry->n_symbols > 0) {
        names = (const char *const *)job->entry->symbols;
        n = job->entry->n_symbols;
    }
    if (n == 0)
        return nj_error_set(err, NJ_ERR_CONFIG, "no symbol: expected --symbol BASE/QUOTE");
    if (n > NJ_BT_SYMBOLS)
        return nj_error_set(err, NJ_ERR_LIMIT, "%zu symbols: at most %u", n, NJ_BT_SYMBOLS);
    if (q->csv && n != 1)
        return nj_error_set(err, NJ_ERR_CONFIG, "--csv reads one symbol: expected one --symbol");
    for (size_t i = 0; i < n; i++) {
        if (!nj_symbol_valid(names[i]))
            return nj_error_set(err, NJ_ERR_CONFIG, "'%s' is no BASE/QUOTE symbol", names[i]);
        snprintf(job->data.symbols[i], sizeof job->data.symbols[i], "%s", names[i]);
    }
    if (n + q->n_aside > NJ_BT_SYMBOLS)
        return nj_error_set(err, NJ_ERR_LIMIT, "%zu symbols and %zu beside them: at most %u", n,
                            q->n_aside, NJ_BT_SYMBOLS);
    for (size_t i = 0; i < q->n_aside; i++) {
        snprintf(job->data.symbols[n + i], sizeof job->data.symbols[n + i], "%s", q->aside[i]);
        job->data.series[n + i].aside = true;
    }
    job->data.n = (uint32_t)(n + q->n_aside);
    return 0;
}

static void fill_options(struct nj_bt_job *job, enum nj_columns_kind kind)
{
    const struct nj_bt_request *q = &job->request;
    job->options = (struct nj_bt_options){
        .strategy_id = job->strategy_id,
        .params = job->params,
        .n_params = (uint32_t)job->n_params,
        .series = job->data.series,
        .n_series = job->data.n,
        .input = kind,
        .timeframe = job->timeframe,
        .from_ns = q->from_ns,
        .to_ns = q->to_ns,
        .capital = q->capital,
        .commission_rate = q->commission_rate,
        .slippage_bps = q->slippage_bps,
        .fill = q->fill,
        .limit_gap = q->limit_gap,
        .warmup = q->warmup,
        .allow_short = q->allow_short,
        .cash_check = q->cash_check,
        .risk = q->risk,
        .config = q->config,
        .seed = q->config->app.seed,
        .log = q->log,
        .maker_rate = q->maker_rate,
        .taker_rate = q->taker_rate,
        .live = q->live,
    };
    if (job->entry && job->entry->n_events > 0) {
        job->options.event_globs = (const char *const *)job->entry->events;
        job->options.n_event_globs = job->entry->n_events;
    } else if (q->as_live) {
        static const char *const none[] = {NULL};
        job->options.event_globs = none;
    }
}

int nj_bt_job_open(struct nj_bt_job **out, const struct nj_bt_request *request,
                   struct nj_error *err)
{
    struct nj_bt_job *job = calloc(1, sizeof *job);
    enum nj_columns_kind kind = NJ_COLUMNS_BARS;
    *out = NULL;
    if (!job)
        return nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    job->request = *request;
    snprintf(job->timeframe, sizeof job->timeframe, "%s",
             request->timeframe ? request->timeframe : "1m");
    if (request->input && strcmp(request->input, "trades") == 0)
        kind = NJ_COLUMNS_TRADES;
    int rc = nj_bt_job_find_plugin(job, err);
    if (rc == 0)
        rc = choose_symbols(job, err);
    if (rc == 0)
        rc = nj_plugin_file_read(&job->file, job->path, request->config->plugins.trust, err);
    if (rc == 0) {
        job->params = over(job, request->params, request->n_params, &job->n_params);
        if (!job->params)
            rc = nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    }
    if (rc == 0 && nj_bar_length(job->timeframe) == 0)
        rc = nj_error_set(
            err, NJ_ERR_CONFIG,
            "timeframe '%s': expected 1s to 1d, up to a minute a divisor of one, above "
            "it whole minutes that divide a day, as 5s, 1m, 15m, 1h",
            job->timeframe);
    if (rc == 0)
        rc = nj_bt_data_open(&job->data, request, kind, job->timeframe, err);
    if (rc == 0)
        rc = nj_plugin_scratch(job->scratch, err);
    if (rc == 0) {
        job->shared = mmap(NULL, sizeof *job->shared, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (job->shared == MAP_FAILED) {
            job->shared = NULL;
            rc = nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
        }
    }
    if (rc != 0) {
        nj_bt_job_close(job);
        return rc;
    }
    fill_options(job, kind);
    *out = job;
    return 0;
}

void nj_bt_job_close(struct nj_bt_job *job)
{
    if (!job)
        return;
    nj_module_unref(job->module);
    nj_plugin_file_free(&job->file);
    if (job->scratch[0])
        nj_plugin_scratch_remove(job->scratch);
    if (job->shared)
        munmap(job->shared, sizeof *job->shared);
    nj_bt_cut_free(&job->cut);
    nj_bt_data_keep(&job->data);
    nj_bt_data_close(&job->data);
    free(job->params);
    free(job);
}

const struct nj_bt_options *nj_bt_job_options(const struct nj_bt_job *job)
{
    return &job->options;
}

const struct nj_bt_request *nj_bt_job_request(const struct nj_bt_job *job)
{
    return &job->request;
}

const char *nj_bt_job_plugin_hash(const struct nj_bt_job *job)
{
    return job->file.hash;
}

int nj_bt_job_hash(struct nj_bt_job *job, struct nj_error *err)
{
    char hash[NJ_BT_SYMBOLS][NJ_SHA256_HEX];
    if (job->data.info[0].hash[0] != '\0')
        return 0;
    int rc = nj_bt_data_hash(&job->data, job->options.input, hash, err);
    for (uint32_t i = 0; rc == 0 && i < job->data.n; i++)
        memcpy(job->data.info[i].hash, hash[i], sizeof job->data.info[i].hash);
    return rc;
}

const struct nj_result_data *nj_bt_job_data(const struct nj_bt_job *job)
{
    return job->data.info;
}

uint64_t nj_bt_job_rows(const struct nj_bt_job *job)
{
    return job->data.rows;
}

/* ---- a run ---- */

void nj_bt_job_process(struct nj_bt_job *job, uint32_t number)
{
    job->process = number;
}

/* The plugin into this process, once. */
static int load_plugin(struct nj_bt_job *job, struct nj_error *err)
{
    struct nj_module_spec spec = {.kind = NJORD_KIND_STRATEGY,
                                  .path = job->path,
                                  .run_dir = job->scratch,
                                  .generation = job->process + 1,
                                  .trust = job->request.config->plugins.trust,
                                  .log = job->request.log};
    return job->module ? 0 : nj_module_load(&job->module, &job->file, &spec, err);
}

int nj_bt_job_walk(struct nj_bt_job *job, struct nj_bt_options *options, struct nj_bt_outcome *out,
                   struct nj_error *err)
{
    atomic_fetch_add(&job->shared->walks, 1);
    int rc = load_plugin(job, err);
    options->module = job->module;
    if (rc == 0)
        rc = nj_bt_run(options, out, err);
    atomic_fetch_add(&job->shared->walks, 1);
    return rc;
}

int nj_bt_job_check(struct nj_bt_job *job, const struct nj_param_text *params, size_t n_params,
                    struct nj_error *err)
{
    struct nj_config_report report = {0};
    njord_value *values = NULL;
    uint32_t n_values = 0;
    int rc = load_plugin(job, err);
    if (rc != 0)
        return rc;
    struct nj_param_text *merged = over(job, params, n_params, &n_params);
    if (!merged)
        return nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    rc = nj_param_values(job->module->params, merged, (uint32_t)n_params, (struct nj_place){0},
                         job->strategy_id, &values, &n_values, &report);
    if (rc != 0)
        nj_error_set(err, rc, "%.*s",
                     report.errors.data ? (int)strcspn(report.errors.data, "\n") : 0,
                     report.errors.data ? report.errors.data : "");
    nj_config_report_free(&report);
    nj_param_values_free(values, n_values);
    free(merged);
    return rc;
}

/* Into out: metrics and outcome of a run of `options`, whose params are to be over the job's. */
static int run_here(struct nj_bt_job *job, struct nj_bt_options *options,
                    const struct nj_param_text *params, size_t n_params,
                    struct nj_param_text **merged, struct nj_result *out, struct nj_error *err)
{
    *out = (struct nj_result){0};
    *merged = NULL;
    if (params) {
        *merged = over(job, params, n_params, &n_params);
        if (!*merged)
            return nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
        options->params = *merged;
        options->n_params = (uint32_t)n_params;
    }
    int rc = nj_bt_job_walk(job, options, &out->outcome, err);
    if (rc == 0)
        rc = nj_bt_metrics(options, &out->outcome, job->request.periods_per_year,
                           job->request.risk_free, &out->metrics, err);
    return rc;
}

int nj_bt_job_here(struct nj_bt_job *job, const struct nj_param_text *params, size_t n_params,
                   struct nj_result *out, struct nj_error *err)
{
    struct nj_param_text *merged;
    struct nj_bt_options options = job->options;
    int rc = run_here(job, &options, params, n_params, &merged, out, err);
    if (rc == 0) {
        rc = nj_bt_job_describe(job, options.params, options.n_params, out);
        if (rc == 0)
            rc = nj_bt_job_warn(job, out);
        if (rc != 0)
            nj_error_set(err, rc,
                         rc == NJ_ERR_LIMIT ? "backtest: too many symbols for one result"
                                            : "backtest: out of memory");
    }
    free(merged);
    if (rc != 0)
        nj_result_free(out);
    return rc;
}

int nj_bt_job_window(struct nj_bt_job *job, const struct nj_bt_window *window,
                     const struct nj_param_text *params, size_t n_params, struct nj_result *out,
                     struct nj_error *err)
{
    struct nj_param_text *merged = NULL;
    struct nj_bt_options options = job->options;
    *out = (struct nj_result){0};
    int rc = nj_bt_job_cut(job, window, err);
    options.series = job->cut.series;
    options.from_ns = window->from_ns;
    options.to_ns = window->to_ns;
    options.warmups = job->cut.warmups;
    options.capital = window->capital;
    if (rc == 0)
        rc = run_here(job, &options, params, n_params, &merged, out, err);
    free(merged);
    if (rc != 0)
        nj_result_free(out);
    return rc;
}

/* Adds the benchmark and the prices to such a result: what its file and its report have and a sweep
 * does without. */
static int job_prices(const struct nj_bt_job *job, struct nj_result *result, struct nj_error *err)
{
    uint32_t n = job->data.n;
    size_t most = PRICE_POINTS / (n < 2 ? 2 : n);
    if (most < PRICE_LEAST)
        most = PRICE_LEAST;
    return nj_bt_benchmark(result, job->data.series, n, job->options.input,
                           nj_timeframe_ns(job->timeframe), most, err);
}

/* ---- the child ---- */

struct run {
    struct nj_bt_job *job;
    const struct nj_param_text *params;
    size_t n_params;
    const struct nj_bt_paths *paths;
    nj_bt_report_fn report;
};

static void on_flow(void *ctx, const njord_event *event)
{
    nj_flow_journal_event(ctx, event);
}

static void on_delivered(void *ctx, const njord_event *event)
{
    nj_flow_journal_delivered(ctx, event);
}

/* The run, with its order flow written down where that is asked for. */
static int run_it(struct run *run, struct nj_result *r, struct nj_error *err)
{
    struct nj_bt_options *o = &run->job->options;
    struct nj_flow_journal *journal = NULL;
    int rc = 0;
    if (run->paths && run->paths->journals) {
        rc = nj_flow_journal_open(&journal, run->paths->journals, o->input == NJ_COLUMNS_TRADES,
                                  err);
        o->flow = on_flow;
        o->delivered = on_delivered;
        o->flow_ctx = journal;
    }
    if (rc == 0)
        rc = nj_bt_job_here(run->job, run->params, run->n_params, r, err);
    int closed = nj_flow_journal_close(journal, rc == 0 ? err : NULL);
    if (rc == 0 && closed != 0)
        nj_result_free(r);
    return rc != 0 ? rc : closed;
}

static int in_child(void *ctx, int fd)
{
    struct run *run = ctx;
    struct nj_bt_shared *s = run->job->shared;
    struct nj_result *r = &s->result;
    struct nj_buf text = {0};
    struct nj_bt_hashing hashing = {0};
    bool files = run->paths && (run->paths->result || run->paths->report);
    (void)fd;
    if (files)
        nj_bt_hash_begin(&hashing, run->job);
    int rc = run_it(run, r, &s->err);
    if (rc == 0) {
        s->brief.metrics = r->metrics;
        s->brief.final_equity = r->outcome.final_equity;
        s->brief.n_trades = r->outcome.n_trades;
        s->brief.n_fills = r->outcome.n_fills;
        s->brief.n_points = r->outcome.n_curve;
        s->brief.rows = r->outcome.counts.rows;
        nj_result_summary(r, run->paths ? run->paths->curve : NULL,
                          run->paths && run->report ? run->paths->report : NULL, &text);
        snprintf(s->brief.summary, sizeof s->brief.summary, "%s", text.data ? text.data : "");
        nj_buf_free(&text);
        if (files)
            rc = job_prices(run->job, r, &s->err);
        if (rc == 0 && files)
            rc = nj_bt_hash_end(&hashing, r, &s->err);
        if (rc == 0)
            rc = nj_bt_files_write(run->job, run->paths, run->report, r, &s->err);
        nj_result_free(r);
    }
    s->rc = rc;
    return 0;
}

static void *keep_data(void *job)
{
    nj_bt_data_keep(&((struct nj_bt_job *)job)->data);
    return NULL;
}

static int64_t clock_ns(const struct nj_bt_job *job)
{
    return job->request.platform->monotonic_ns(job->request.platform->ctx);
}

/* What a run's rows have come to, and for how long they have stood still. */
struct watch {
    uint64_t rows;
    uint32_t walks;
    int64_t looked_ns, still_ns;
};

static bool stands_still(const struct nj_bt_job *job, struct watch *w)
{
    const struct nj_bt_shared *s = job->shared;
    uint64_t rows = __atomic_load_n(&s->result.outcome.counts.rows, __ATOMIC_RELAXED);
    uint32_t walks = atomic_load(&s->walks);
    int64_t now = clock_ns(job), passed = now - w->looked_ns;
    w->still_ns += passed < LOOK_MAX_NS ? passed : LOOK_MAX_NS;
    if (rows != w->rows || walks != w->walks || walks % 2 == 0)
        w->still_ns = 0;
    w->rows = rows;
    w->walks = walks;
    w->looked_ns = now;
    return job->request.stall_ns > 0 && w->still_ns >= job->request.stall_ns;
}

/* One line for a child that ended without a word. */
static int tell_end(const struct nj_bt_job *job, const char *how, struct nj_error *err)
{
    const struct nj_bt_counts *c = &job->shared->result.outcome.counts;
    char at[64] = "";
    if (c->rows > 0)
        njord_format_time(c->last_ts_ns, 0, at, sizeof at);
    return nj_error_set(err, NJ_ERR_PLUGIN,
                        "strategy '%s' ended the run: %s, at row %llu of %llu%s%s",
                        job->strategy_id, how[0] ? how : "exit code 0", (unsigned long long)c->rows,
                        (unsigned long long)job->data.rows, at[0] ? ", " : "", at);
}

int nj_bt_job_child(struct nj_bt_job *job, int (*fn)(void *ctx, int fd), void *ctx,
                    void (*progress)(void *ctx, uint64_t rows), void *progress_ctx,
                    struct nj_error *err)
{
    struct nj_child child;
    struct nj_bt_shared *s = job->shared;
    struct watch watch = {.looked_ns = clock_ns(job)};
    char how[160];
    memset(&s->result, 0, sizeof s->result);
    atomic_store(&s->walks, 0);
    s->rc = 1;
    s->err = (struct nj_error){0};
    int rc = nj_child_start(&child, fn, ctx, watch.looked_ns, NO_LIMIT_NS, err);
    if (rc != 0)
        return rc;
    /* what was read goes into the cache meanwhile; without a thread, at the end */
    pthread_t keeping;
    sigset_t all, old;
    sigfillset(&all); /* signals stay with the thread that is there for them */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool keeps = pthread_create(&keeping, NULL, keep_data, job) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    while (!nj_child_ended(&child, clock_ns(job))) {
        struct pollfd p = {child.fd, POLLIN, 0};
        if (poll(&p, 1, LOOK_MS) > 0 && !(p.revents & POLLIN))
            poll(NULL, 0, 1); /* it closes what it has on its way out, or the plugin did */
        if (stands_still(job, &watch))
            child.deadline_ns = 0;
        if (progress)
            progress(progress_ctx, watch.rows);
    }
    nj_child_describe(&child, how, sizeof how);
    if (child.timed_out)
        snprintf(how, sizeof how, "hung: no row done in %g s (--stall-limit)",
                 (double)job->request.stall_ns * 1e-9);
    nj_child_free(&child);
    if (keeps)
        pthread_join(keeping, NULL);
    if (s->rc > 0)
        return tell_end(job, how, err);
    if (s->rc != 0)
        *err = s->err;
    return s->rc;
}

int nj_bt_job_run(struct nj_bt_job *job, const struct nj_param_text *params, size_t n_params,
                  const struct nj_bt_paths *paths, nj_bt_report_fn report,
                  void (*progress)(void *ctx, uint64_t rows), void *progress_ctx,
                  struct nj_bt_brief *out, struct nj_error *err)
{
    struct run run = {job, params, n_params, paths, report};
    int rc = nj_bt_job_child(job, in_child, &run, progress, progress_ctx, err);
    if (rc == 0)
        *out = job->shared->brief;
    return rc;
}
