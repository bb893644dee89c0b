/* What was run and what a reader should know of it, as a result says it. */
#include "backtest/run_impl.h"
#include "base/json_out.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef NJORD_VERSION
#define NJORD_VERSION "0"
#endif

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

/* Figures of an account that had nothing left are no prospect. */
static int warn_of_ruin(struct nj_result *r)
{
    const struct nj_bt_outcome *o = &r->outcome;
    char at[64];
    size_t i = 0;
    if (!(r->metrics.value[NJ_METRIC_MAX_DRAWDOWN_PCT] <= -100))
        return 0;
    while (i + 1 < o->n_curve && o->curve_equity[i] > 0)
        i++;
    njord_format_time(o->curve_ts[i], 0, at, sizeof at);
    return nj_result_warn(r,
                          "equity was %.2f at %s: all was lost, and the figures go on from there",
                          o->curve_equity[i], at);
}

static int warn_span(struct nj_result *r)
{
    double span = (double)(r->end_ts - r->start_ts) / 86400e9;
    return span < 30
               ? nj_result_warn(r, "%.1f days: a short sample, yearly figures mean little", span)
               : 0;
}

static int warn_rows(struct nj_result *r)
{
    uint64_t holes = 0, bad = 0, odd = 0;
    int rc = 0;
    for (size_t i = 0; i < r->n_data; i++) {
        holes += r->data[i].holes;
        bad += r->data[i].bad;
        odd += r->data[i].odd;
    }
    if (bad > 0)
        rc = nj_result_warn(r, "%llu lines of the data could not be read and were passed over",
                            (unsigned long long)bad);
    if (rc == 0 && odd > 0)
        rc = nj_result_warn(r, "%llu bars have impossible values: njord data validate lists them",
                            (unsigned long long)odd);
    if (rc == 0 && holes > 0)
        rc = nj_result_warn(r, "%llu bars are missing in the data: njord data validate lists them",
                            (unsigned long long)holes);
    if (rc == 0 && r->warmup > 0)
        rc = nj_result_warn(r, "the first %llu %s of each symbol were warm-up: in no figure",
                            (unsigned long long)r->warmup, r->input);
    return rc;
}

int nj_bt_job_warn(const struct nj_bt_job *job, struct nj_result *r)
{
    const struct nj_bt_outcome *o = &r->outcome;
    const double *m = r->metrics.value;
    int rc = warn_of_ruin(r);
    for (size_t i = 0; i < o->n_open && rc == 0; i++)
        rc = nj_result_warn(r, "%.8g %s is still held, marked at the last close", o->open[i].qty,
                            o->open[i].symbol);
    if (rc == 0 && o->n_trades < 30)
        rc = nj_result_warn(r, "%zu trades: too few to tell skill from luck (30 or more)",
                            o->n_trades);
    if (rc == 0)
        rc = warn_span(r);
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
    if (rc == 0)
        rc = warn_rows(r);
    for (size_t i = 0; i < o->n_refusals && rc == 0; i++)
        rc = nj_result_warn(r, "%llu orders refused: %s", (unsigned long long)o->refusals[i].n,
                            o->refusals[i].reason);
    if (rc == 0 && o->counts.rejected > 0)
        rc =
            nj_result_warn(r, "%llu orders rejected at their fill: there was no cash left for them",
                           (unsigned long long)o->counts.rejected);
    if (rc == 0 && o->counts.errors > 0)
        rc = nj_result_warn(r, "the plugin returned %llu errors, the last: %s",
                            (unsigned long long)o->counts.errors, o->failure);
    (void)job;
    return rc;
}

/* Outside the children nothing is loaded: the plugin goes by its file's name there. */
static void describe_plugin(const struct nj_bt_job *job, struct nj_result *r)
{
    if (job->module) {
        snprintf(r->plugin, sizeof r->plugin, "%s", job->module->name);
        snprintf(r->plugin_version, sizeof r->plugin_version, "%s", job->module->plugin.version);
    } else {
        const char *slash = strrchr(job->path, '/'), *name = slash ? slash + 1 : job->path;
        size_t len = strlen(name);
        len -= len > 3 && strcmp(name + len - 3, ".so") == 0 ? 3 : 0;
        snprintf(r->plugin, sizeof r->plugin, "%.*s", (int)(len < 63 ? len : 63), name);
    }
    memcpy(r->plugin_hash, nj_bt_job_plugin_hash(job), sizeof r->plugin_hash);
}

int nj_bt_job_describe(const struct nj_bt_job *job, const struct nj_param_text *params, size_t n,
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
    describe_plugin(job, r);
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

int nj_bt_job_about(const struct nj_bt_job *job, struct nj_result *out, struct nj_error *err)
{
    *out = (struct nj_result){0};
    int rc = nj_bt_job_describe(job, job->params, job->n_params, out);
    if (rc == 0)
        rc = warn_span(out);
    if (rc == 0)
        rc = warn_rows(out);
    if (rc != 0) {
        nj_result_free(out);
        nj_error_set(err, rc,
                     rc == NJ_ERR_LIMIT ? "more symbols than a result has room for"
                                        : "out of memory");
    }
    return rc;
}
