/* result.c - a result in memory: its end, its warnings, its summary, and the file that it becomes.
 */
#include "backtest/result.h"

#include "backtest/result_points.h"
#include "base/json_out.h"

#include <math.h>
#include <njord/codec.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POUR_POINTS 4096u   /* of a curve between two calls of a sink */
#define POUR_BYTES  131072u /* of the rest */

static void free_line(struct nj_result_line *line)
{
    free(line->ts_ns);
    free(line->value);
}

void nj_result_free(struct nj_result *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_params; i++) {
        for (size_t k = 0; k < r->params[i].n_map; k++) {
            free(r->params[i].map[k].name);
            free(r->params[i].map[k].value);
        }
        free(r->params[i].map);
        free(r->params[i].name);
        free(r->params[i].value);
    }
    for (size_t i = 0; i < r->n_events; i++)
        free(r->events[i]);
    for (size_t i = 0; i < r->n_timeframes; i++)
        free(r->timeframes[i]);
    free(r->events);
    free(r->timeframes);
    for (size_t i = 0; i < r->n_warnings; i++)
        free(r->warnings[i]);
    free(r->params);
    free(r->warnings);
    free(r->data);
    free(r->risk);
    free_line(&r->benchmark);
    for (size_t i = 0; i < r->n_prices; i++)
        free_line(&r->prices[i]);
    free(r->prices);
    nj_bt_outcome_free(&r->outcome);
    *r = (struct nj_result){0};
}

int nj_result_warn(struct nj_result *r, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    char **more = realloc(r->warnings, (r->n_warnings + 1) * sizeof(char *));
    if (!more)
        return NJ_ERR_NOMEM;
    r->warnings = more;
    more[r->n_warnings] = strdup(text);
    if (!more[r->n_warnings])
        return NJ_ERR_NOMEM;
    r->n_warnings++;
    return 0;
}

/* ---- the file ---- */

/* Without the sign of a zero: "-0" is read back as a whole number, which has none. */
static void put_real(struct nj_json_out *json, const char *key, double v)
{
    nj_put_real(json, key, v + 0.0);
}

static void put_metric(struct nj_json_out *json, const struct nj_result *r, enum nj_metric m)
{
    char text[NJORD_NUMBER_SIZE];
    size_t len = nj_metric_text(m, r->metrics.value[m], text);
    nj_put_raw(json, nj_metric_infos[m].name, text, len);
}

static void put_params(struct nj_json_out *json, const struct nj_result *r)
{
    for (size_t i = 0; i < r->n_params; i++) {
        const struct nj_result_param *p = &r->params[i];
        if (!p->map) {
            nj_put_text(json, p->name, p->value);
            continue;
        }
        nj_put_open(json, p->name, '{');
        for (size_t k = 0; k < p->n_map; k++)
            nj_put_text(json, p->map[k].name, p->map[k].value);
        nj_put_close(json, '}');
    }
}

static void put_texts(struct nj_json_out *json, const char *key, char *const *texts, size_t n)
{
    if (!texts) {
        nj_put_null(json, key);
        return;
    }
    nj_put_open(json, key, '[');
    for (size_t i = 0; i < n; i++)
        nj_put_text(json, NULL, texts[i]);
    nj_put_close(json, ']');
}

static void put_config(struct nj_json_out *json, const struct nj_result *r)
{
    nj_put_open(json, "config", '{');
    nj_put_text(json, "njord", r->version);
    nj_put_open(json, "plugin", '{');
    nj_put_text(json, "name", r->plugin);
    nj_put_text(json, "version", r->plugin_version);
    nj_put_text(json, "sha256", r->plugin_hash);
    nj_put_close(json, '}');
    nj_put_open(json, "params", '{');
    put_params(json, r);
    nj_put_close(json, '}');
    put_texts(json, "events", r->events, r->n_events);
    put_texts(json, "timeframes", r->timeframes, r->n_timeframes);
    nj_put_text(json, "input", r->input);
    nj_put_text(json, "timeframe", r->timeframe);
    nj_put_text(json, "fill", r->fill);
    nj_put_text(json, "limit_gap", r->limit_gap);
    put_real(json, "commission_rate", r->commission_rate);
    put_real(json, "maker_rate", r->maker_rate);
    put_real(json, "taker_rate", r->taker_rate);
    put_real(json, "slippage_bps", r->slippage_bps);
    put_real(json, "periods_per_year", r->periods_per_year);
    put_real(json, "risk_free", r->risk_free);
    nj_put_uint(json, "warmup", r->warmup);
    nj_put_uint(json, "seed", r->seed);
    nj_put_bool(json, "allow_short", r->allow_short);
    nj_put_bool(json, "cash_check", r->cash_check);
    if (r->risk)
        nj_put_raw(json, "risk", r->risk, strlen(r->risk));
    else
        nj_put_null(json, "risk");
    nj_put_open(json, "data", '[');
    for (size_t i = 0; i < r->n_data; i++) {
        const struct nj_result_data *d = &r->data[i];
        nj_put_open(json, NULL, '{');
        nj_put_text(json, "symbol", d->symbol);
        nj_put_text(json, "journal", d->stem);
        nj_put_text(json, "sha256", d->hash);
        nj_put_int(json, "first_ns", d->first_ns);
        nj_put_int(json, "last_ns", d->last_ns);
        nj_put_uint(json, "rows", d->rows);
        nj_put_uint(json, "holes", d->holes);
        if (d->bad > 0)
            nj_put_uint(json, "bad_lines", d->bad);
        put_real(json, "tick", d->tick);
        put_real(json, "step", d->step);
        put_real(json, "min_qty", d->min_qty);
        put_real(json, "max_qty", d->max_qty);
        put_real(json, "min_notional", d->min_notional);
        nj_put_close(json, '}');
    }
    nj_put_close(json, ']');
    nj_put_close(json, '}');
}

static void put_counts(struct nj_json_out *json, const struct nj_bt_outcome *o)
{
    const struct nj_bt_counts *c = &o->counts;
    nj_put_open(json, "counts", '{');
    nj_put_uint(json, "rows", c->rows);
    nj_put_uint(json, "intents", c->intents);
    nj_put_uint(json, "refused", c->refused);
    nj_put_uint(json, "orders", c->orders);
    nj_put_uint(json, "fills", c->fills);
    nj_put_uint(json, "expired", c->expired);
    nj_put_uint(json, "canceled", c->canceled);
    nj_put_uint(json, "rejected", c->rejected);
    nj_put_uint(json, "timers", c->timers);
    nj_put_uint(json, "errors", c->errors);
    nj_put_uint(json, "limit_fills_at_touch", c->limit_fills_at_touch);
    nj_put_close(json, '}');
    nj_put_open(json, "refusals", '{');
    for (size_t i = 0; i < o->n_refusals; i++)
        nj_put_uint(json, o->refusals[i].reason, o->refusals[i].n);
    nj_put_close(json, '}');
}

static int pour(struct nj_buf *buf, const struct nj_result_sink *sink, struct nj_error *err)
{
    int rc = 0;
    if (!buf || !sink || buf->len == 0)
        return 0;
    if (buf->failed)
        return nj_error_set(err, NJ_ERR_NOMEM, "result: out of memory");
    rc = sink->take(sink->ctx, buf->data, buf->len, err);
    nj_buf_clear(buf);
    return rc;
}

/* Not for little. */
static int pour_much(struct nj_buf *buf, const struct nj_result_sink *sink, struct nj_error *err)
{
    return buf->len < POUR_BYTES ? 0 : pour(buf, sink, err);
}

/* Events as lines of a journal have them. */
static int put_event(struct nj_json_out *json, struct nj_buf *line, const njord_event *event,
                     struct nj_error *err)
{
    size_t len;
    nj_buf_clear(line);
    if (!nj_buf_reserve(line, njord_encode_bound(event)))
        return nj_error_set(err, NJ_ERR_NOMEM, "result: out of memory");
    if (njord_encode_json(event, NULL, line->data, line->cap, &len) != 0)
        return nj_error_set(err, NJ_ERR_INTERNAL, "result: an event could not be encoded");
    nj_put_raw(json, NULL, line->data, len);
    return 0;
}

static int put_events(struct nj_json_out *json, const struct nj_result *r,
                      const struct nj_result_sink *sink, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct nj_buf line = {0};
    int rc = 0;
    nj_put_open(json, "open_positions", '[');
    for (size_t i = 0; i < o->n_open && rc == 0; i++)
        rc = put_event(json, &line, &o->open[i].ev, err);
    nj_put_close(json, ']');
    nj_put_open(json, "warnings", '[');
    for (size_t i = 0; i < r->n_warnings; i++)
        nj_put_text(json, NULL, r->warnings[i]);
    nj_put_close(json, ']');
    nj_put_open(json, "trades", '[');
    for (size_t i = 0; i < o->n_trades && rc == 0; i++) {
        nj_put_open(json, NULL, '[');
        nj_put_int(json, NULL, o->trades[i].ts_ns);
        put_real(json, NULL, o->trades[i].pnl);
        nj_put_close(json, ']');
        rc = pour_much(json->buf, sink, err);
    }
    nj_put_close(json, ']');
    nj_put_open(json, "fills", '[');
    for (size_t i = 0; i < o->n_fills && rc == 0; i++) {
        njord_fill room;
        rc = put_event(json, &line, &nj_bt_fill_at(o, i, &room)->ev, err);
        if (rc == 0)
            rc = pour_much(json->buf, sink, err);
    }
    nj_put_close(json, ']');
    nj_buf_free(&line);
    return rc;
}

static void put_points(struct nj_json_out *json, const char *key, const int64_t *ts,
                       const double *values, size_t n)
{
    struct nj_points points = {0};
    nj_put_open(json, key, '[');
    nj_points_add(&points, ts, values, 0, n, json->buf, NULL);
    nj_put_close(json, ']');
}

/* Texts that are being made, each with the sink that it goes to (NULL: stays in the buffer). */
struct pouring {
    struct nj_buf *file, *curve; /* NULL: not wanted */
    const struct nj_result_sink *to_file, *to_curve;
};

/* The curve into the result's list and into its own lines. */
static int put_curve(const struct nj_result *r, const struct pouring *p, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct nj_points points = {0};
    int rc = 0;
    for (size_t i = 0; i < o->n_curve && rc == 0;) {
        size_t to = o->n_curve - i < POUR_POINTS ? o->n_curve : i + POUR_POINTS;
        nj_points_add(&points, o->curve_ts, o->curve_equity, i, to, p->file, p->curve);
        rc = pour(p->file, p->to_file, err);
        if (rc == 0)
            rc = pour(p->curve, p->to_curve, err);
        i = to;
    }
    return rc;
}

static int write_to(const struct nj_result *r, const struct pouring *p, struct nj_error *err)
{
    struct nj_buf *out = p->file;
    struct nj_json_out json = {out, false};
    const struct nj_bt_outcome *o = &r->outcome;
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "strategy_id", r->strategy_id);
    nj_put_text(&json, "symbol", r->symbol);
    nj_put_int(&json, "start_ts", r->start_ts);
    nj_put_int(&json, "end_ts", r->end_ts);
    put_real(&json, "initial_capital", r->capital);
    put_real(&json, "final_capital", o->final_equity);
    put_metric(&json, r, NJ_METRIC_TOTAL_RETURN_PCT);
    put_metric(&json, r, NJ_METRIC_SHARPE_RATIO);
    put_metric(&json, r, NJ_METRIC_MAX_DRAWDOWN_PCT);
    nj_put_uint(&json, "num_trades", o->n_trades);
    put_metric(&json, r, NJ_METRIC_WIN_RATE);
    put_metric(&json, r, NJ_METRIC_PROFIT_FACTOR);
    nj_put_open(&json, "metrics", '{');
    for (int m = 0; m < NJ_METRIC_COUNT; m++)
        put_metric(&json, r, (enum nj_metric)m);
    nj_put_close(&json, '}');
    put_config(&json, r);
    put_counts(&json, o);
    int rc = put_events(&json, r, p->to_file, err);
    nj_put_open(&json, "equity_curve", '[');
    if (rc == 0)
        rc = put_curve(r, p, err);
    nj_put_close(&json, ']');
    put_points(&json, "benchmark", r->benchmark.ts_ns, r->benchmark.value, r->benchmark.n);
    nj_put_open(&json, "prices", '{');
    for (size_t i = 0; i < r->n_prices; i++)
        put_points(&json, r->prices[i].symbol, r->prices[i].ts_ns, r->prices[i].value,
                   r->prices[i].n);
    nj_put_close(&json, '}');
    nj_put_open(&json, "exposed", '['); /* runs of points: not held, held, not held, … */
    for (size_t i = 0, held = 0; i < o->n_curve; held = !held) {
        size_t from = i;
        while (i < o->n_curve && (o->curve_exposed[i] != 0) == (held != 0))
            i++;
        nj_put_uint(&json, NULL, i - from);
    }
    nj_put_close(&json, ']');
    nj_put_close(&json, '}');
    nj_buf_putc(out, '\n');
    if (rc == 0 && out->failed)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "result: out of memory");
    return rc;
}

void nj_result_curve(const struct nj_result *r, struct nj_buf *out)
{
    (void)put_curve(r, &(struct pouring){.curve = out}, NULL);
}

int nj_result_pour(const struct nj_result *r, const struct nj_result_sink *file,
                   const struct nj_result_sink *curve, struct nj_error *err)
{
    struct nj_buf text = {0}, lines = {0};
    struct pouring p = {file ? &text : NULL, curve ? &lines : NULL, file, curve};
    int rc = file ? write_to(r, &p, err) : put_curve(r, &p, err);
    if (rc == 0)
        rc = pour(p.file, file, err);
    nj_buf_free(&text);
    nj_buf_free(&lines);
    return rc;
}

/* ---- the summary ---- */

/* 12450.318 as 12,450.32. */
static void put_money(struct nj_buf *out, double v)
{
    char text[400];
    int len = snprintf(text, sizeof text, "%.2f", fabs(v));
    int whole = len - 3;
    nj_buf_puts(out, v < 0 && strspn(text, "0.") < (size_t)len ? "-$" : "$");
    for (int i = 0; i < len; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            nj_buf_putc(out, ',');
        nj_buf_putc(out, text[i]);
    }
    nj_buf_putc(out, '\n');
}

static void put_line(struct nj_buf *out, const char *name)
{
    nj_buf_printf(out, "%-16s", name);
}

static void put_ratio(struct nj_buf *out, const char *name, double v)
{
    put_line(out, name);
    if (isfinite(v))
        nj_buf_printf(out, "%.2f\n", v);
    else
        nj_buf_puts(out, "n/a\n");
}

static void put_date(struct nj_buf *out, int64_t ts_ns)
{
    char text[40];
    njord_format_time(ts_ns, 0, text, sizeof text);
    nj_buf_add(out, text, strlen(text) < 10 ? strlen(text) : 10);
}

void nj_result_summary(const struct nj_result *r, const char *curve_path, const char *report_path,
                       struct nj_buf *out)
{
    const double *m = r->metrics.value;
    const int64_t day = INT64_C(86400000000000);
    int64_t from = r->start_ts, last = r->end_ts > from ? r->end_ts - 1 : from;
    nj_buf_printf(out, "Backtest Results: %s on %s\n", r->strategy_id, r->symbol);
    nj_buf_puts(out, "═══════════════════════════════════════════════════\n");
    put_line(out, "Period:");
    put_date(out, from);
    nj_buf_puts(out, " → ");
    put_date(out, last);
    int64_t days = (r->end_ts - from + day / 2) / day;
    nj_buf_printf(out, " (%lld day%s)\n", (long long)days, days == 1 ? "" : "s");
    put_line(out, "Initial:");
    put_money(out, r->capital);
    put_line(out, "Final:");
    put_money(out, r->outcome.final_equity);
    put_line(out, "Total Return:");
    nj_buf_printf(out, "%+.2f%%\n", m[NJ_METRIC_TOTAL_RETURN_PCT] + 0.0);
    put_ratio(out, "Sharpe Ratio:", m[NJ_METRIC_SHARPE_RATIO]);
    put_line(out, "Max Drawdown:");
    nj_buf_printf(out, "%.2f%%\n", m[NJ_METRIC_MAX_DRAWDOWN_PCT]);
    put_line(out, "Trades:");
    if (isfinite(m[NJ_METRIC_WIN_RATE]))
        nj_buf_printf(out, "%zu (win rate: %.1f%%)\n", r->outcome.n_trades,
                      m[NJ_METRIC_WIN_RATE] * 100);
    else
        nj_buf_printf(out, "%zu (win rate: n/a)\n", r->outcome.n_trades);
    put_ratio(out, "Profit Factor:", m[NJ_METRIC_PROFIT_FACTOR]);
    for (size_t i = 0; i < r->n_warnings; i++)
        nj_buf_printf(out, "%s%-16s%s\n", i == 0 ? "\n" : "", "Note:", r->warnings[i]);
    if (curve_path)
        nj_buf_printf(out, "\nEquity curve saved to: %s\n", curve_path);
    if (report_path)
        nj_buf_printf(out, "%sReport saved to: %s\n", curve_path ? "" : "\n", report_path);
}
