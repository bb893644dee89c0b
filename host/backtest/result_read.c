/* result_read.c - a result file read back: strictly, every member looked at. */
#include "backtest/result.h"

#include "base/fs.h"
#include "trade/instruments.h"

#include <jansson.h>
#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)2 << 30)

/* What reading needs to say what is wrong, and where. */
struct reading {
    const char *name;
    struct nj_error *err;
    int rc;
};

static void wrong(struct reading *in, const char *key, const char *expected)
{
    if (in->rc == 0)
        in->rc = nj_error_set(in->err, NJ_ERR_INPUT, "result '%s': '%s': expected %s", in->name,
                              key, expected);
}

static const json_t *member(struct reading *in, const json_t *from, const char *key, bool right,
                            const json_t *v, const char *expected)
{
    (void)from;
    if (v && right)
        return v;
    wrong(in, key, expected);
    return NULL;
}

static void get_text(struct reading *in, const json_t *from, const char *key, char *out, size_t cap)
{
    const json_t *v = json_object_get(from, key);
    v = member(in, from, key, json_is_string(v) && json_string_length(v) < cap, v, "a short text");
    if (v)
        memcpy(out, json_string_value(v), json_string_length(v) + 1);
}

static void get_real(struct reading *in, const json_t *from, const char *key, bool nullable,
                     double *out)
{
    const json_t *v = json_object_get(from, key);
    *out = NAN;
    v = member(in, from, key, json_is_number(v) || (nullable && json_is_null(v)), v, "a number");
    if (v && json_is_number(v))
        *out = json_number_value(v);
}

static void get_int(struct reading *in, const json_t *from, const char *key, int64_t *out)
{
    const json_t *v = json_object_get(from, key);
    v = member(in, from, key, json_is_integer(v), v, "a whole number");
    *out = v ? json_integer_value(v) : 0;
}

static void get_uint(struct reading *in, const json_t *from, const char *key, uint64_t *out)
{
    int64_t v;
    get_int(in, from, key, &v);
    if (v < 0)
        wrong(in, key, "0 or more");
    *out = v < 0 ? 0 : (uint64_t)v;
}

static void get_bool(struct reading *in, const json_t *from, const char *key, bool *out)
{
    const json_t *v = json_object_get(from, key);
    v = member(in, from, key, json_is_boolean(v), v, "true or false");
    *out = json_is_true(v);
}

static const json_t *get_list(struct reading *in, const json_t *from, const char *key)
{
    const json_t *v = json_object_get(from, key);
    return member(in, from, key, json_is_array(v), v, "a list");
}

static const json_t *get_map(struct reading *in, const json_t *from, const char *key)
{
    const json_t *v = json_object_get(from, key);
    return member(in, from, key, json_is_object(v), v, "an object");
}

static void *room(struct reading *in, size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    if (!p && in->rc == 0)
        in->rc = nj_error_set(in->err, NJ_ERR_NOMEM, "result '%s': out of memory", in->name);
    return p;
}

/* ---- the parts ---- */

static void read_map(struct reading *in, json_t *map, struct nj_result_param *p)
{
    const char *name;
    json_t *v;
    struct nj_buf joined = {0};
    p->map = room(in, json_object_size(map), sizeof *p->map);
    nj_buf_puts(&joined, "");
    json_object_foreach(map, name, v)
    {
        const char *text = json_string_value(v);
        if (!p->map || !text) {
            wrong(in, p->name ? p->name : "params", "a map of texts");
            break;
        }
        nj_buf_printf(&joined, "%s%s=%s", p->n_map ? "," : "", name, text);
        struct nj_result_pair *pair = &p->map[p->n_map++];
        pair->name = strdup(name);
        pair->value = strdup(text);
        if (!pair->name || !pair->value)
            wrong(in, name, "memory");
    }
    p->value = strdup(joined.data ? joined.data : "");
    nj_buf_free(&joined);
}

static void read_params(struct reading *in, const json_t *config, struct nj_result *r)
{
    json_t *params = (json_t *)get_map(in, config, "params"), *v;
    const char *name;
    if (!params)
        return;
    r->params = room(in, json_object_size(params), sizeof *r->params);
    json_object_foreach(params, name, v)
    {
        if (!r->params || !(json_is_string(v) || json_is_object(v))) {
            wrong(in, name, "a parameter as text, or a map of texts");
            return;
        }
        struct nj_result_param *p = &r->params[r->n_params++];
        p->name = strdup(name);
        if (json_is_object(v))
            read_map(in, v, p);
        else
            p->value = strdup(json_string_value(v));
        if (!p->name || !p->value)
            wrong(in, name, "memory");
    }
}

static void read_texts(struct reading *in, const json_t *config, const char *key, char ***texts,
                       size_t *n)
{
    const json_t *list = json_object_get(config, key);
    if (json_is_null(list))
        return;
    list = get_list(in, config, key);
    *texts = room(in, json_array_size(list), sizeof **texts);
    for (size_t i = 0; *texts && in->rc == 0 && i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        (*texts)[i] = text ? strdup(text) : NULL;
        if (!(*texts)[i])
            wrong(in, key, "a list of texts");
        else
            ++*n;
    }
}

static void read_data(struct reading *in, const json_t *config, struct nj_result *r)
{
    const json_t *list = get_list(in, config, "data");
    r->data = room(in, json_array_size(list), sizeof *r->data);
    for (size_t i = 0; r->data && in->rc == 0 && i < json_array_size(list); i++) {
        const json_t *from = json_array_get(list, i);
        struct nj_result_data *d = &r->data[r->n_data++];
        get_text(in, from, "symbol", d->symbol, sizeof d->symbol);
        get_text(in, from, "journal", d->stem, sizeof d->stem);
        get_text(in, from, "sha256", d->hash, sizeof d->hash);
        get_int(in, from, "first_ns", &d->first_ns);
        get_int(in, from, "last_ns", &d->last_ns);
        get_uint(in, from, "rows", &d->rows);
        get_uint(in, from, "holes", &d->holes);
        if (json_object_get(from, "bad_lines"))
            get_uint(in, from, "bad_lines", &d->bad);
        get_real(in, from, "tick", false, &d->tick);
        get_real(in, from, "step", false, &d->step);
        get_real(in, from, "min_qty", true, &d->min_qty);
        get_real(in, from, "max_qty", true, &d->max_qty);
        get_real(in, from, "min_notional", true, &d->min_notional);
    }
}

static void read_config(struct reading *in, const json_t *root, struct nj_result *r)
{
    const json_t *config = get_map(in, root, "config");
    const json_t *plugin = config ? get_map(in, config, "plugin") : NULL;
    if (!plugin)
        return;
    get_text(in, config, "njord", r->version, sizeof r->version);
    get_text(in, plugin, "name", r->plugin, sizeof r->plugin);
    get_text(in, plugin, "version", r->plugin_version, sizeof r->plugin_version);
    get_text(in, plugin, "sha256", r->plugin_hash, sizeof r->plugin_hash);
    get_text(in, config, "input", r->input, sizeof r->input);
    get_text(in, config, "timeframe", r->timeframe, sizeof r->timeframe);
    get_text(in, config, "fill", r->fill, sizeof r->fill);
    get_text(in, config, "limit_gap", r->limit_gap, sizeof r->limit_gap);
    get_real(in, config, "commission_rate", false, &r->commission_rate);
    get_real(in, config, "maker_rate", true, &r->maker_rate);
    get_real(in, config, "taker_rate", true, &r->taker_rate);
    get_real(in, config, "slippage_bps", false, &r->slippage_bps);
    get_real(in, config, "periods_per_year", false, &r->periods_per_year);
    get_real(in, config, "risk_free", false, &r->risk_free);
    get_uint(in, config, "warmup", &r->warmup);
    get_uint(in, config, "seed", &r->seed);
    get_bool(in, config, "allow_short", &r->allow_short);
    get_bool(in, config, "cash_check", &r->cash_check);
    const json_t *risk = json_object_get(config, "risk");
    if (json_is_object(risk)) {
        r->risk = json_dumps(risk, JSON_COMPACT | JSON_REAL_PRECISION(17));
        if (!r->risk)
            wrong(in, "risk", "memory");
    } else if (!json_is_null(risk)) {
        wrong(in, "risk", "an object or null");
    }
    read_params(in, config, r);
    read_texts(in, config, "events", &r->events, &r->n_events);
    read_texts(in, config, "timeframes", &r->timeframes, &r->n_timeframes);
    read_data(in, config, r);
}

static void read_counts(struct reading *in, const json_t *root, struct nj_bt_outcome *o)
{
    const json_t *counts = get_map(in, root, "counts");
    json_t *refusals = (json_t *)get_map(in, root, "refusals"), *n;
    struct nj_bt_counts *c = &o->counts;
    const char *reason;
    if (!counts || !refusals)
        return;
    get_uint(in, counts, "rows", &c->rows);
    get_uint(in, counts, "intents", &c->intents);
    get_uint(in, counts, "refused", &c->refused);
    get_uint(in, counts, "orders", &c->orders);
    get_uint(in, counts, "fills", &c->fills);
    get_uint(in, counts, "expired", &c->expired);
    get_uint(in, counts, "canceled", &c->canceled);
    get_uint(in, counts, "rejected", &c->rejected);
    get_uint(in, counts, "timers", &c->timers);
    get_uint(in, counts, "errors", &c->errors);
    get_uint(in, counts, "limit_fills_at_touch", &c->limit_fills_at_touch);
    o->refusals = room(in, json_object_size(refusals), sizeof *o->refusals);
    json_object_foreach(refusals, reason, n)
    {
        if (!o->refusals)
            return;
        struct nj_bt_refusals *r = &o->refusals[o->n_refusals++];
        snprintf(r->reason, sizeof r->reason, "%s", reason);
        r->n = (uint64_t)json_integer_value(n);
    }
}

static void read_event(struct reading *in, const char *key, uint32_t type, const json_t *from,
                       void *out, size_t size)
{
    char *text = json_dumps(from, JSON_COMPACT | JSON_REAL_PRECISION(17));
    njord_decode_error why = {0};
    size_t cap = text ? njord_decode_bound(strlen(text)) : 0;
    void *event = room(in, cap, 1);
    if (!text || !event || njord_decode_json(type, text, strlen(text), event, cap, NULL, &why) != 0)
        wrong(in, key, why.text[0] ? why.text : "an event");
    else
        memcpy(out, event, size);
    free(text);
    free(event);
}

static void read_events(struct reading *in, const json_t *root, struct nj_result *r)
{
    struct nj_bt_outcome *o = &r->outcome;
    const json_t *fills = get_list(in, root, "fills"), *open = get_list(in, root, "open_positions");
    const json_t *trades = get_list(in, root, "trades"), *notes = get_list(in, root, "warnings");
    o->fills = room(in, json_array_size(fills), sizeof *o->fills);
    o->open = room(in, json_array_size(open), sizeof *o->open);
    o->trades = room(in, json_array_size(trades), sizeof *o->trades);
    for (size_t i = 0; in->rc == 0 && i < json_array_size(fills); i++)
        read_event(in, "fills", NJORD_EV_FILL, json_array_get(fills, i), &o->fills[o->n_fills++],
                   sizeof *o->fills);
    for (size_t i = 0; in->rc == 0 && i < json_array_size(open); i++)
        read_event(in, "open_positions", NJORD_EV_POSITION_SNAPSHOT, json_array_get(open, i),
                   &o->open[o->n_open++], sizeof *o->open);
    for (size_t i = 0; in->rc == 0 && i < json_array_size(trades); i++) {
        const json_t *t = json_array_get(trades, i);
        if (json_array_size(t) != 2 || !json_is_integer(json_array_get(t, 0)) ||
            !json_is_number(json_array_get(t, 1)))
            wrong(in, "trades", "[ts_ns, profit] each");
        o->trades[o->n_trades++] = (struct nj_closed){json_integer_value(json_array_get(t, 0)),
                                                      json_number_value(json_array_get(t, 1))};
    }
    for (size_t i = 0; in->rc == 0 && i < json_array_size(notes); i++)
        if (!json_is_string(json_array_get(notes, i)) ||
            nj_result_warn(r, "%s", json_string_value(json_array_get(notes, i))) != 0)
            wrong(in, "warnings", "texts");
}

static void read_exposed(struct reading *in, const json_t *root, struct nj_bt_outcome *o)
{
    const json_t *runs = get_list(in, root, "exposed");
    size_t at = 0;
    for (size_t i = 0; in->rc == 0 && i < json_array_size(runs); i++) {
        json_int_t n = json_integer_value(json_array_get(runs, i));
        if (n < 0 || (uint64_t)n > o->n_curve - at) {
            wrong(in, "exposed", "runs that sum to the curve's points");
            return;
        }
        memset(o->curve_exposed + at, i % 2 ? 1 : 0, (size_t)n);
        at += (size_t)n;
    }
    if (at != o->n_curve)
        wrong(in, "exposed", "runs that sum to the curve's points");
}

/* A list of [ts_ns, value], times rising: n of them were taken. */
static size_t read_points(struct reading *in, const char *key, const json_t *list, int64_t *ts,
                          double *values)
{
    size_t n = json_array_size(list);
    for (size_t i = 0; in->rc == 0 && i < n; i++) {
        const json_t *p = json_array_get(list, i);
        const json_t *at = json_array_get(p, 0), *value = json_array_get(p, 1);
        if (json_array_size(p) != 2 || !json_is_integer(at) || !json_is_number(value) ||
            (i > 0 && json_integer_value(at) <= ts[i - 1])) {
            wrong(in, key, "[ts_ns, value] each, times rising");
            return i;
        }
        ts[i] = json_integer_value(at);
        values[i] = json_number_value(value);
    }
    return n;
}

static void read_line(struct reading *in, const char *key, const json_t *list,
                      struct nj_result_line *line)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list))
        wrong(in, key, "a list");
    line->ts_ns = room(in, n, sizeof *line->ts_ns);
    line->value = room(in, n, sizeof *line->value);
    if (in->rc == 0)
        line->n = read_points(in, key, list, line->ts_ns, line->value);
}

/* Both may be missing: a result made by other hands has no prices. */
static void read_lines(struct reading *in, const json_t *root, struct nj_result *r)
{
    const json_t *benchmark = json_object_get(root, "benchmark"), *list;
    json_t *prices = json_object_get(root, "prices");
    const char *symbol;
    if (benchmark)
        read_line(in, "benchmark", benchmark, &r->benchmark);
    if (prices && !json_is_object(prices))
        wrong(in, "prices", "an object");
    r->prices = room(in, json_object_size(prices), sizeof *r->prices);
    json_object_foreach(prices, symbol, list)
    {
        if (in->rc != 0)
            return;
        struct nj_result_line *line = &r->prices[r->n_prices++];
        if (!nj_symbol_valid(symbol))
            wrong(in, "prices", "BASE/QUOTE symbols");
        else
            memcpy(line->symbol, symbol, strlen(symbol) + 1);
        read_line(in, "prices", list, line);
    }
}

static void read_curve(struct reading *in, const json_t *root, struct nj_bt_outcome *o)
{
    const json_t *curve = get_list(in, root, "equity_curve");
    size_t n = json_array_size(curve);
    o->curve_ts = room(in, n, sizeof *o->curve_ts);
    o->curve_equity = room(in, n, sizeof *o->curve_equity);
    o->curve_exposed = room(in, n, 1);
    if (in->rc == 0)
        o->n_curve = read_points(in, "equity_curve", curve, o->curve_ts, o->curve_equity);
    if (in->rc == 0)
        read_exposed(in, root, o);
}

static void read_all(struct reading *in, const json_t *root, struct nj_result *r)
{
    const json_t *metrics = get_map(in, root, "metrics");
    get_text(in, root, "strategy_id", r->strategy_id, sizeof r->strategy_id);
    get_text(in, root, "symbol", r->symbol, sizeof r->symbol);
    get_int(in, root, "start_ts", &r->start_ts);
    get_int(in, root, "end_ts", &r->end_ts);
    get_real(in, root, "initial_capital", false, &r->capital);
    get_real(in, root, "final_capital", false, &r->outcome.final_equity);
    for (int m = 0; metrics && m < NJ_METRIC_COUNT; m++)
        get_real(in, metrics, nj_metric_infos[m].name, true, &r->metrics.value[m]);
    read_config(in, root, r);
    read_counts(in, root, &r->outcome);
    read_events(in, root, r);
    read_curve(in, root, &r->outcome);
    read_lines(in, root, r);
    r->outcome.fees = r->metrics.value[NJ_METRIC_FEES_PAID];
    r->outcome.slippage = r->metrics.value[NJ_METRIC_SLIPPAGE_PAID];
}

int nj_result_read(struct nj_result *out, const char *name, const char *text, size_t len,
                   struct nj_error *err)
{
    struct reading in = {name, err, 0};
    json_error_t why;
    *out = (struct nj_result){0};
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return nj_error_set(err, NJ_ERR_INPUT, "result '%s': byte %d: %s", name, why.position,
                            why.text);
    if (!json_is_object(root))
        wrong(&in, "the file", "one JSON object");
    else
        read_all(&in, root, out);
    json_decref(root);
    if (in.rc != 0)
        nj_result_free(out);
    return in.rc;
}

int nj_result_load(struct nj_result *out, const char *path, struct nj_error *err)
{
    struct nj_buf text = {0};
    *out = (struct nj_result){0};
    int rc = nj_read_file(path, MAX_BYTES, &text, err);
    if (rc == 0)
        rc = nj_result_read(out, path, text.data ? text.data : "", text.len, err);
    nj_buf_free(&text);
    return rc;
}
