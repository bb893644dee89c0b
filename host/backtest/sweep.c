#include "backtest/sweep.h"

#include "backtest/sweep_file.h"
#include "backtest/sweep_keep.h"
#include "backtest/sweep_work.h"
#include "base/hash.h"
#include "base/json_out.h"

#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef NJORD_VERSION
#define NJORD_VERSION "0"
#endif

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

/* ---- what decides the rows ---- */

static void put_params(struct nj_json_out *json, const struct nj_bt_options *o)
{
    nj_put_open(json, "params", '{');
    for (uint32_t i = 0; i < o->n_params; i++) {
        const struct nj_param_text *p = &o->params[i];
        if (p->text) {
            nj_put_text(json, p->name, p->text);
            continue;
        }
        nj_put_open(json, p->name, '{');
        for (uint32_t k = 0; k < p->n_map; k++)
            nj_put_text(json, p->map[k].name, p->map[k].text);
        nj_put_close(json, '}');
    }
    nj_put_close(json, '}');
}

static void put_risk(struct nj_json_out *json, const struct nj_risk_config *risk)
{
    nj_put_open(json, "risk", '[');
    nj_put_real(json, NULL, risk->per_order_usd_cap);
    nj_put_real(json, NULL, risk->daily_loss_usd_cap);
    nj_put_real(json, NULL, risk->orders_per_min_cap);
    nj_put_real(json, NULL, risk->price_collar_pct);
    nj_put_real(json, NULL, risk->max_position_usd);
    nj_put_int(json, NULL, risk->max_open_orders);
    nj_put_int(json, NULL, risk->duplicate_window_ms);
    nj_put_int(json, NULL, risk->stale_price_ms);
    nj_put_int(json, NULL, risk->max_intent_age_ms);
    for (uint32_t i = 0; i < risk->n_usd_quotes; i++)
        nj_put_text(json, NULL, risk->usd_quotes[i]);
    nj_put_close(json, ']');
}

static void put_instruments(struct nj_json_out *json, const struct nj_config *config)
{
    nj_put_open(json, "instruments", '[');
    for (uint32_t i = 0; i < config->n_symbols; i++) {
        const struct nj_symbol_config *c = &config->symbols[i];
        nj_put_text(json, NULL, c->symbol);
        nj_put_real(json, NULL, c->tick);
        nj_put_real(json, NULL, c->step);
        nj_put_real(json, NULL, c->min_qty);
        nj_put_real(json, NULL, c->max_qty);
        nj_put_real(json, NULL, c->min_notional);
    }
    nj_put_close(json, ']');
}

static void put_job(struct nj_json_out *json, const struct nj_bt_job *job)
{
    const struct nj_bt_request *q = nj_bt_job_request(job);
    const struct nj_bt_options *o = nj_bt_job_options(job);
    nj_put_text(json, "version", NJORD_VERSION);
    nj_put_text(json, "strategy_id", o->strategy_id);
    nj_put_text(json, "plugin", nj_bt_job_plugin_hash(job));
    nj_put_int(json, "input", o->input);
    nj_put_text(json, "timeframe", o->timeframe);
    nj_put_int(json, "from_ns", o->from_ns);
    nj_put_int(json, "to_ns", o->to_ns);
    nj_put_real(json, "capital", o->capital);
    nj_put_real(json, "commission_rate", o->commission_rate);
    nj_put_real(json, "slippage_bps", o->slippage_bps);
    nj_put_real(json, "maker_rate", o->maker_rate);
    nj_put_real(json, "taker_rate", o->taker_rate);
    nj_put_int(json, "fill", o->fill);
    nj_put_int(json, "limit_gap", o->limit_gap);
    nj_put_uint(json, "warmup", o->warmup);
    nj_put_bool(json, "allow_short", o->allow_short);
    nj_put_bool(json, "cash_check", o->cash_check);
    nj_put_real(json, "periods_per_year", q->periods_per_year);
    nj_put_real(json, "risk_free", q->risk_free);
    nj_put_uint(json, "seed", o->seed);
    if (o->risk)
        put_risk(json, o->risk);
    nj_put_open(json, "events", '[');
    for (uint32_t i = 0; i < o->n_event_globs; i++)
        nj_put_text(json, NULL, o->event_globs[i]);
    nj_put_close(json, ']');
    put_params(json, o);
    nj_put_open(json, "data", '[');
    for (uint32_t i = 0; i < o->n_series; i++) {
        nj_put_text(json, NULL, o->series[i].symbol);
        nj_put_text(json, NULL, nj_bt_job_data(job)[i].hash);
    }
    nj_put_close(json, ']');
    put_instruments(json, q->config);
}

/* A hash of all that decides the rows: the run's inputs, then every set. */
static int identity(const struct nj_sweep *s, char out[NJ_SHA256_HEX], struct nj_error *err)
{
    uint8_t hash[NJ_SHA256_SIZE];
    uint64_t places[NJ_SPACE_AXES];
    char text[NJ_SPACE_TEXT];
    struct nj_buf job = {0};
    struct nj_json_out json = {&job, false};
    struct nj_sha256 *sha = nj_sha256_new();
    nj_put_open(&json, NULL, '{');
    put_job(&json, s->q.job);
    nj_put_close(&json, '}');
    if (!sha || job.failed) {
        nj_sha256_free(sha);
        nj_buf_free(&job);
        return nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    }
    nj_sha256_add(sha, job.data, job.len);
    nj_buf_free(&job);
    for (uint32_t i = 0; i < nj_space_axes(s->q.space); i++) {
        const char *name = nj_space_name(s->q.space, i);
        nj_sha256_add(sha, name, strlen(name) + 1);
        for (uint64_t k = 0; k < nj_space_values(s->q.space, i); k++) {
            nj_space_value(s->q.space, i, k, text);
            nj_sha256_add(sha, text, strlen(text) + 1);
        }
    }
    for (uint64_t i = 0; i < nj_space_sets(s->q.space); i++) {
        nj_space_places(s->q.space, i, places);
        nj_sha256_add(sha, places, nj_space_axes(s->q.space) * sizeof *places);
    }
    int rc = nj_sha256_end(sha, hash);
    nj_sha256_free(sha);
    if (rc != 0)
        return nj_error_set(err, rc, "sweep: SHA-256 cannot be computed");
    nj_hex(hash, sizeof hash, out);
    return 0;
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
        rc = identity(s, hash, err);
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
