#include "backtest/run.h"

#include "backtest/benchmark.h"
#include "backtest/run_data.h"
#include "base/fs.h"
#include "base/json_out.h"
#include "config/value.h"
#include "journal/names.h"
#include "runtime/child.h"
#include "runtime/plugin_info.h"
#include "trade/instruments.h"

#include <math.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef NJORD_VERSION
#define NJORD_VERSION "0"
#endif

#define NO_LIMIT_NS INT64_C(4000000000000000000)

/* Points of closes that a result keeps: shared by its symbols, but so many of each at least. */
#define PRICE_POINTS 4000u
#define PRICE_LEAST  100u

/* What the child tells while it runs and when it is done: a page that both see. */
struct shared {
    _Atomic uint64_t rows;
    int rc; /* 1: nothing was said */
    struct nj_error err;
    struct nj_bt_brief brief;
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
    struct shared *shared;
};

/* ---- which plugin ---- */

struct names {
    const char **all;
    size_t n;
};

static void note_name(struct names *names, const char *name)
{
    const char **more = realloc(names->all, (names->n + 1) * sizeof *more);
    if (!more)
        return;
    names->all = more;
    more[names->n] = strdup(name);
    names->n += more[names->n] != NULL;
}

static void note_plugin(void *ctx, const char *path, const char *name, uint32_t kind)
{
    (void)path;
    if (kind == NJORD_KIND_STRATEGY || kind == 0)
        note_name(ctx, name);
}

static int unknown(const struct nj_bt_request *q, struct nj_error *err)
{
    struct names names = {0};
    struct nj_error ignored = {0};
    for (uint32_t i = 0; i < q->config->n_strategies; i++)
        note_name(&names, q->config->strategies[i].id);
    nj_plugin_scan(q->plugins_dir, note_plugin, &names, &ignored);
    const char *near = nj_value_nearest(q->strategy, names.all, names.n, sizeof(const char *));
    int rc = nj_error_set(err, NJ_ERR_NOT_FOUND,
                          "no strategy '%s' in strategies.yaml or '%s'%s%s%s: njord plugin list "
                          "shows what is there",
                          q->strategy, q->plugins_dir, near ? "; did you mean '" : "",
                          near ? near : "", near ? "'" : "");
    for (size_t i = 0; i < names.n; i++)
        free((char *)names.all[i]);
    free(names.all);
    return rc;
}

static bool id_is_good(const char *id)
{
    size_t n = strlen(id);
    return n > 0 && n < NJORD_ID_SIZE && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

/* An id of strategies.yaml, else a plugin's name, else a path. */
static int find_plugin(struct nj_bt_job *job, struct nj_error *err)
{
    const struct nj_bt_request *q = &job->request;
    struct nj_error why = {0};
    job->entry = q->entry;
    for (uint32_t i = 0; i < q->config->n_strategies && !job->entry; i++)
        if (strcmp(q->config->strategies[i].id, q->strategy) == 0)
            job->entry = &q->config->strategies[i];
    const char *name = job->entry ? job->entry->plugin : q->strategy;
    if (q->entry && strchr(q->strategy, '/')) {
        snprintf(job->path, sizeof job->path, "%s", q->strategy);
        snprintf(job->strategy_id, sizeof job->strategy_id, "%s", q->entry->id);
        return 0;
    }
    const char *slash = strrchr(name, '/');
    if (slash && !job->entry) {
        char stem[NJ_PATH_MAX];
        snprintf(job->path, sizeof job->path, "%s", name);
        snprintf(stem, sizeof stem, "%s", slash + 1);
        size_t len = strlen(stem);
        if (len > 3 && strcmp(stem + len - 3, ".so") == 0)
            stem[len - 3] = '\0';
        if (!id_is_good(stem))
            return nj_error_set(err, NJ_ERR_CONFIG,
                                "strategy '%s': expected a file name of a-z, 0-9 and _, ending .so",
                                q->strategy);
        memcpy(job->strategy_id, stem, strlen(stem) + 1);
        return 0;
    }
    if (!id_is_good(name))
        return unknown(q, err);
    snprintf(job->strategy_id, sizeof job->strategy_id, "%s", job->entry ? job->entry->id : name);
    if (nj_plugin_find(q->plugins_dir, NJORD_KIND_STRATEGY, name, job->path, &why) == 0)
        return 0;
    return job->entry ? nj_error_set(err, why.code, "strategy '%s': %s", job->entry->id, why.text)
                      : unknown(q, err);
}

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
    job->data.n = (uint32_t)n;
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
    };
    if (job->entry && job->entry->n_events > 0) {
        job->options.event_globs = (const char *const *)job->entry->events;
        job->options.n_event_globs = job->entry->n_events;
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
    int rc = find_plugin(job, err);
    if (rc == 0)
        rc = choose_symbols(job, err);
    if (rc == 0)
        rc = nj_plugin_file_read(&job->file, job->path, request->config->plugins.trust, err);
    if (rc == 0) {
        job->params = over(job, request->params, request->n_params, &job->n_params);
        if (!job->params)
            rc = nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
    }
    if (rc == 0 && nj_timeframe_ns(job->timeframe) == 0)
        rc = nj_error_set(err, NJ_ERR_CONFIG, "timeframe '%s': expected 1s to 1d", job->timeframe);
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

const struct nj_result_data *nj_bt_job_data(const struct nj_bt_job *job)
{
    return job->data.info;
}

uint64_t nj_bt_job_rows(const struct nj_bt_job *job)
{
    return job->data.rows;
}

/* ---- the result ---- */

static char *risk_json(const struct nj_risk_config *risk)
{
    struct nj_buf text = {0};
    struct nj_json_out json = {&text, false};
    nj_put_open(&json, NULL, '{');
    nj_put_real(&json, "per_order_usd_cap", risk->per_order_usd_cap);
    nj_put_real(&json, "daily_loss_usd_cap", risk->daily_loss_usd_cap);
    nj_put_real(&json, "orders_per_min_cap", risk->orders_per_min_cap);
    nj_put_real(&json, "price_collar_pct", risk->price_collar_pct);
    nj_put_real(&json, "max_position_usd", risk->max_position_usd);
    nj_put_int(&json, "max_open_orders", risk->max_open_orders);
    nj_put_int(&json, "duplicate_window_ms", risk->duplicate_window_ms);
    nj_put_int(&json, "stale_price_ms", risk->stale_price_ms);
    nj_put_int(&json, "max_intent_age_ms", risk->max_intent_age_ms);
    nj_put_open(&json, "usd_quotes", '[');
    for (uint32_t i = 0; i < risk->n_usd_quotes; i++)
        nj_put_text(&json, NULL, risk->usd_quotes[i]);
    nj_put_close(&json, ']');
    nj_put_close(&json, '}');
    if (text.failed)
        nj_buf_free(&text);
    return text.data;
}

static int describe_map(const struct nj_param_text *from, struct nj_result_param *to)
{
    struct nj_buf joined = {0};
    int rc = 0;
    to->map = calloc(from->n_map + 1u, sizeof *to->map);
    nj_buf_puts(&joined, "");
    for (uint32_t k = 0; to->map && k < from->n_map && rc == 0; k++) {
        nj_buf_printf(&joined, "%s%s=%s", k ? "," : "", from->map[k].name, from->map[k].text);
        struct nj_result_pair *pair = &to->map[to->n_map++];
        pair->name = strdup(from->map[k].name);
        pair->value = strdup(from->map[k].text);
        rc = pair->name && pair->value ? 0 : NJ_ERR_NOMEM;
    }
    to->value = joined.failed ? NULL : strdup(joined.data);
    nj_buf_free(&joined);
    return to->map && to->value ? rc : NJ_ERR_NOMEM;
}

static int describe_params(const struct nj_param_text *params, size_t n, struct nj_result *r)
{
    int rc = 0;
    r->params = calloc(n + 1, sizeof *r->params);
    for (size_t i = 0; r->params && i < n && rc == 0; i++) {
        struct nj_result_param *to = &r->params[r->n_params++];
        to->name = strdup(params[i].name);
        if (params[i].text)
            to->value = strdup(params[i].text);
        else
            rc = describe_map(&params[i], to);
        if (!to->name || !to->value)
            rc = NJ_ERR_NOMEM;
    }
    return r->params ? rc : NJ_ERR_NOMEM;
}

static int copy_texts(char ***out, size_t *n_out, const char *const *texts, size_t n)
{
    *out = calloc(n + 1, sizeof **out);
    for (size_t i = 0; *out && i < n; i++) {
        (*out)[i] = strdup(texts[i]);
        if (!(*out)[i])
            return NJ_ERR_NOMEM;
        ++*n_out;
    }
    return *out ? 0 : NJ_ERR_NOMEM;
}

/* What else of the configuration the figures depend on: the instruments, the events shown. */
static int describe_market(const struct nj_bt_job *job, struct nj_result *r)
{
    const struct nj_bt_options *o = &job->options;
    const struct nj_config *config = job->request.config;
    for (size_t i = 0; i < r->n_data; i++) {
        struct nj_result_data *d = &r->data[i];
        d->tick = d->step = 1e-8;
        d->min_qty = d->max_qty = d->min_notional = NAN;
        for (uint32_t k = 0; k < config->n_symbols; k++) {
            const struct nj_symbol_config *s = &config->symbols[k];
            if (strcmp(s->symbol, d->symbol) != 0)
                continue;
            d->tick = s->tick;
            d->step = s->step;
            d->min_qty = s->min_qty;
            d->max_qty = s->max_qty;
            d->min_notional = s->min_notional;
        }
    }
    if (!o->event_globs)
        return 0;
    int rc = copy_texts(&r->events, &r->n_events, o->event_globs, o->n_event_globs);
    return rc != 0 ? rc
                   : copy_texts(&r->timeframes, &r->n_timeframes,
                                (const char *const *)config->ohlcv.timeframes,
                                config->ohlcv.n_timeframes);
}

/* What a reader of the figures should be told. */
static int warn(const struct nj_bt_job *job, struct nj_result *r)
{
    const struct nj_bt_outcome *o = &r->outcome;
    const double *m = r->metrics.value;
    const double day = 86400e9;
    uint64_t holes = 0;
    int rc = 0;
    for (size_t i = 0; i < r->n_data; i++)
        holes += r->data[i].holes;
    for (size_t i = 0; i < o->n_open && rc == 0; i++)
        rc = nj_result_warn(r, "%.8g %s is still held, marked at the last close", o->open[i].qty,
                            o->open[i].symbol);
    if (rc == 0 && o->n_trades < 30)
        rc = nj_result_warn(r, "%zu trades: too few to tell skill from luck (30 or more)",
                            o->n_trades);
    double span = (double)(r->end_ts - r->start_ts) / day;
    if (rc == 0 && span < 30)
        rc = nj_result_warn(r, "%.1f days: a short sample, yearly figures mean little", span);
    double won = 0;
    for (size_t i = 0; i < o->n_trades; i++)
        won += o->trades[i].pnl > 0 ? o->trades[i].pnl : 0;
    if (rc == 0 && o->n_trades > 1 && won > 0 && m[NJ_METRIC_LARGEST_WIN] > won / 2)
        rc = nj_result_warn(r, "one trade made %.0f%% of all profit",
                            m[NJ_METRIC_LARGEST_WIN] / won * 100);
    if (rc == 0 && o->counts.limit_fills_at_touch > 0)
        rc = nj_result_warn(r,
                            "%llu limit orders filled where the price only touched the limit: a "
                            "real queue may not have served them",
                            (unsigned long long)o->counts.limit_fills_at_touch);
    if (rc == 0 && holes > 0)
        rc = nj_result_warn(r, "%llu bars are missing in the data: njord data validate lists them",
                            (unsigned long long)holes);
    if (rc == 0 && r->warmup > 0)
        rc = nj_result_warn(r, "the first %llu bars were warm-up and are in no figure",
                            (unsigned long long)r->warmup);
    for (size_t i = 0; i < o->n_refusals && rc == 0; i++)
        rc = nj_result_warn(r, "%llu orders refused: %s", (unsigned long long)o->refusals[i].n,
                            o->refusals[i].reason);
    if (rc == 0 && o->counts.errors > 0)
        rc = nj_result_warn(r, "the plugin returned %llu errors, the last: %s",
                            (unsigned long long)o->counts.errors, o->failure);
    (void)job;
    return rc;
}

static int describe(const struct nj_bt_job *job, const struct nj_param_text *params, size_t n,
                    struct nj_result *r)
{
    const struct nj_bt_request *q = &job->request;
    const struct nj_bt_options *o = &job->options;
    size_t at = 0;
    snprintf(r->version, sizeof r->version, "%s", NJORD_VERSION);
    memcpy(r->strategy_id, job->strategy_id, sizeof r->strategy_id);
    for (uint32_t i = 0; i < job->data.n; i++)
        at += (size_t)snprintf(r->symbol + at, at < sizeof r->symbol ? sizeof r->symbol - at : 0,
                               "%s%s", i ? "," : "", job->data.symbols[i]);
    if (at >= sizeof r->symbol)
        return NJ_ERR_LIMIT;
    snprintf(r->plugin, sizeof r->plugin, "%s", job->module->name);
    snprintf(r->plugin_version, sizeof r->plugin_version, "%s", job->module->plugin.version);
    memcpy(r->plugin_hash, job->module->hash, sizeof r->plugin_hash);
    snprintf(r->input, sizeof r->input, "%s", o->input == NJ_COLUMNS_BARS ? "bars" : "trades");
    memcpy(r->timeframe, job->timeframe, sizeof r->timeframe);
    snprintf(r->fill, sizeof r->fill, "%s", o->fill == NJ_BT_FILL_CLOSE ? "close" : "next-open");
    snprintf(r->limit_gap, sizeof r->limit_gap, "%s",
             o->limit_gap == NJ_BT_GAP_LIMIT ? "limit" : "open");
    r->start_ts = q->from_ns != INT64_MIN ? q->from_ns : job->data.first_ns;
    r->end_ts = q->to_ns != INT64_MAX ? q->to_ns : job->data.last_ns;
    r->capital = o->capital;
    r->commission_rate = o->commission_rate;
    r->slippage_bps = o->slippage_bps;
    r->maker_rate = o->maker_rate;
    r->taker_rate = o->taker_rate;
    r->periods_per_year = q->periods_per_year;
    r->risk_free = q->risk_free;
    r->warmup = o->warmup;
    r->seed = o->seed;
    r->allow_short = o->allow_short;
    r->cash_check = o->cash_check;
    if (o->risk && !(r->risk = risk_json(o->risk)))
        return NJ_ERR_NOMEM;
    r->data = malloc((job->data.n + 1) * sizeof *r->data);
    if (!r->data)
        return NJ_ERR_NOMEM;
    memcpy(r->data, job->data.info, job->data.n * sizeof *r->data);
    r->n_data = job->data.n;
    int rc = describe_market(job, r);
    return rc != 0 ? rc : describe_params(params, n, r);
}

static bool tick(void *ctx, uint64_t rows)
{
    atomic_store_explicit(&((struct nj_bt_job *)ctx)->shared->rows, rows, memory_order_relaxed);
    return true;
}

void nj_bt_job_process(struct nj_bt_job *job, uint32_t number)
{
    job->process = number;
}

static int load(struct nj_bt_job *job, struct nj_error *err)
{
    struct nj_module_spec spec = {.kind = NJORD_KIND_STRATEGY,
                                  .path = job->path,
                                  .run_dir = job->scratch,
                                  .generation = job->process + 1,
                                  .trust = job->request.config->plugins.trust,
                                  .log = job->request.log};
    return job->module ? 0 : nj_module_load(&job->module, &job->file, &spec, err);
}

int nj_bt_job_check(struct nj_bt_job *job, const struct nj_param_text *params, size_t n_params,
                    struct nj_error *err)
{
    struct nj_config_report report = {0};
    njord_value *values = NULL;
    uint32_t n_values = 0;
    int rc = load(job, err);
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

int nj_bt_job_here(struct nj_bt_job *job, const struct nj_param_text *params, size_t n_params,
                   struct nj_result *out, struct nj_error *err)
{
    struct nj_param_text *merged = NULL;
    struct nj_bt_options options = job->options;
    int rc = 0;
    *out = (struct nj_result){0};
    if (params) {
        merged = over(job, params, n_params, &n_params);
        if (!merged)
            return nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory");
        options.params = merged;
        options.n_params = (uint32_t)n_params;
    }
    rc = load(job, err);
    options.module = job->module;
    options.progress = tick;
    options.progress_ctx = job;
    if (rc == 0)
        rc = nj_bt_run(&options, &out->outcome, err);
    if (rc == 0)
        rc = nj_bt_metrics(&options, &out->outcome, job->request.periods_per_year,
                           job->request.risk_free, &out->metrics, err);
    if (rc == 0) {
        rc = describe(job, options.params, options.n_params, out);
        if (rc == 0)
            rc = warn(job, out);
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

int nj_bt_job_prices(const struct nj_bt_job *job, struct nj_result *result, struct nj_error *err)
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

static int put_file(const struct nj_bt_job *job, const char *path, struct nj_buf *text,
                    struct nj_error *err)
{
    int rc = text->failed ? nj_error_set(err, NJ_ERR_NOMEM, "backtest: out of memory")
                          : nj_mkdirs_for(path, 0777, err);
    if (rc == 0)
        rc = nj_replace_file(job->request.platform, path, text->data ? text->data : "", text->len,
                             0666, err);
    nj_buf_free(text);
    return rc;
}

static int write_files(const struct run *run, const struct nj_result *r, struct nj_error *err)
{
    struct nj_buf text = {0};
    int rc = 0;
    if (run->paths && run->paths->result) {
        rc = nj_result_write(r, &text, err);
        if (rc == 0)
            rc = put_file(run->job, run->paths->result, &text, err);
    }
    if (rc == 0 && run->paths && run->paths->curve) {
        nj_result_curve(r, &text);
        rc = put_file(run->job, run->paths->curve, &text, err);
    }
    if (rc == 0 && run->paths && run->paths->report && run->report) {
        rc = run->report(r, &text, err);
        if (rc == 0)
            rc = put_file(run->job, run->paths->report, &text, err);
    }
    nj_buf_free(&text);
    return rc;
}

static int in_child(void *ctx, int fd)
{
    struct run *run = ctx;
    struct shared *s = run->job->shared;
    struct nj_result r;
    struct nj_buf text = {0};
    (void)fd;
    int rc = nj_bt_job_here(run->job, run->params, run->n_params, &r, &s->err);
    if (rc == 0) {
        s->brief.metrics = r.metrics;
        s->brief.final_equity = r.outcome.final_equity;
        s->brief.n_trades = r.outcome.n_trades;
        s->brief.n_fills = r.outcome.n_fills;
        s->brief.n_points = r.outcome.n_curve;
        s->brief.rows = r.outcome.counts.rows;
        nj_result_summary(&r, run->paths ? run->paths->curve : NULL,
                          run->paths && run->report ? run->paths->report : NULL, &text);
        snprintf(s->brief.summary, sizeof s->brief.summary, "%s", text.data ? text.data : "");
        nj_buf_free(&text);
        if (run->paths && (run->paths->result || run->paths->report))
            rc = nj_bt_job_prices(run->job, &r, &s->err);
        if (rc == 0)
            rc = write_files(run, &r, &s->err);
        nj_result_free(&r);
    }
    s->rc = rc;
    return 0;
}

static int64_t clock_ns(const struct nj_bt_job *job)
{
    return job->request.platform->monotonic_ns(job->request.platform->ctx);
}

int nj_bt_job_run(struct nj_bt_job *job, const struct nj_param_text *params, size_t n_params,
                  const struct nj_bt_paths *paths, nj_bt_report_fn report,
                  void (*progress)(void *ctx, uint64_t rows), void *progress_ctx,
                  struct nj_bt_brief *out, struct nj_error *err)
{
    struct run run = {job, params, n_params, paths, report};
    struct nj_child child;
    struct shared *s = job->shared;
    char how[160];
    atomic_store(&s->rows, 0);
    s->rc = 1;
    s->err = (struct nj_error){0};
    int64_t limit = job->request.limit_ns > 0 ? job->request.limit_ns : NO_LIMIT_NS;
    int rc = nj_child_start(&child, in_child, &run, clock_ns(job), limit, err);
    if (rc != 0)
        return rc;
    while (!nj_child_ended(&child, clock_ns(job))) {
        struct pollfd p = {child.fd, POLLIN, 0};
        poll(&p, 1, 100);
        if (progress)
            progress(progress_ctx, atomic_load_explicit(&s->rows, memory_order_relaxed));
    }
    nj_child_describe(&child, how, sizeof how);
    nj_child_free(&child);
    if (s->rc > 0)
        return nj_error_set(err, NJ_ERR_PLUGIN,
                            "strategy '%s' ended the run: %s, after row %llu of "
                            "%llu",
                            job->strategy_id, how[0] ? how : "exit",
                            (unsigned long long)atomic_load(&s->rows),
                            (unsigned long long)job->data.rows);
    if (s->rc != 0) {
        *err = s->err;
        return s->rc;
    }
    *out = s->brief;
    return 0;
}
