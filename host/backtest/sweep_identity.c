#include "backtest/sweep_identity.h"

#include "base/json_out.h"

#include <string.h>

#ifndef NJORD_VERSION
#define NJORD_VERSION "0"
#endif

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

int nj_sweep_identity(struct nj_bt_job *job, const struct nj_space *space, const char *more,
                      char out[NJ_SHA256_HEX], struct nj_error *err)
{
    uint8_t hash[NJ_SHA256_SIZE];
    uint64_t places[NJ_SPACE_AXES];
    char text[NJ_SPACE_TEXT];
    struct nj_buf inputs = {0};
    struct nj_json_out json = {&inputs, false};
    int rc = nj_bt_job_hash(job, err);
    if (rc != 0)
        return rc;
    struct nj_sha256 *sha = nj_sha256_new();
    nj_put_open(&json, NULL, '{');
    put_job(&json, job);
    nj_put_close(&json, '}');
    if (!sha || inputs.failed) {
        nj_sha256_free(sha);
        nj_buf_free(&inputs);
        return nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    }
    nj_sha256_add(sha, inputs.data, inputs.len);
    nj_sha256_add(sha, more, strlen(more));
    nj_buf_free(&inputs);
    for (uint32_t i = 0; i < nj_space_axes(space); i++) {
        const char *name = nj_space_name(space, i);
        nj_sha256_add(sha, name, strlen(name) + 1);
        for (uint64_t k = 0; k < nj_space_values(space, i); k++) {
            nj_space_value(space, i, k, text);
            nj_sha256_add(sha, text, strlen(text) + 1);
        }
    }
    for (uint64_t i = 0; i < nj_space_sets(space); i++) {
        nj_space_places(space, i, places);
        nj_sha256_add(sha, places, nj_space_axes(space) * sizeof *places);
    }
    rc = nj_sha256_end(sha, hash);
    nj_sha256_free(sha);
    if (rc != 0)
        return nj_error_set(err, rc, "sweep: SHA-256 cannot be computed");
    nj_hex(hash, sizeof hash, out);
    return 0;
}
