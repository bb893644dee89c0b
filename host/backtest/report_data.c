/* report_data.c - what a report's charts draw, as one JSON object in the page. */
#include "backtest/report_impl.h"
#include "backtest/thin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_NS        INT64_C(1000000)
#define HELD_BUCKETS 300u

static int no_memory(struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
}

/* Nine digits are more than a screen shows; zero has no sign. */
void nj_report_number(struct nj_json_out *json, const char *key, double v)
{
    char text[40];
    int len = snprintf(text, sizeof text, "%.9g", v == 0 ? 0.0 : v);
    if (isfinite(v))
        nj_put_raw(json, key, text, (size_t)len);
    else
        nj_put_null(json, key);
}

/* {"t":[first ms, then differences],"v":[...]} of the kept places (NULL: all n). */
static void put_points(struct nj_json_out *json, const char *key, const int64_t *ts,
                       const double *values, const size_t *kept, size_t n)
{
    int64_t before = 0;
    nj_put_open(json, key, '{');
    nj_put_open(json, "t", '[');
    for (size_t i = 0; i < n; i++) {
        int64_t t = ts[kept ? kept[i] : i] / MS_NS;
        nj_put_int(json, NULL, t - before);
        before = t;
    }
    nj_put_close(json, ']');
    nj_put_open(json, "v", '[');
    for (size_t i = 0; i < n; i++)
        nj_report_number(json, NULL, values[kept ? kept[i] : i]);
    nj_put_close(json, ']');
    nj_put_close(json, '}');
}

static int put_curve(struct nj_json_out *json, const char *key, const int64_t *ts,
                     const double *values, size_t n, size_t most, struct nj_error *err)
{
    size_t *kept = malloc((n < most ? n + 1 : most + 1) * sizeof *kept);
    if (!kept)
        return no_memory(err);
    size_t k = nj_thin(values, n, most, kept);
    put_points(json, key, ts, values, kept, k);
    free(kept);
    return 0;
}

static int put_drawdown(struct nj_json_out *json, const struct nj_result *r, size_t most,
                        struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct nj_curve curve = {o->curve_ts, o->curve_equity, o->n_curve};
    double *down = malloc((o->n_curve + 1) * sizeof *down);
    if (!down)
        return no_memory(err);
    nj_report_drawdown(&curve, r->capital, down);
    int rc = put_curve(json, "drawdown", o->curve_ts, down, o->n_curve, most, err);
    free(down);
    return rc;
}

/* Per cent of the points of a stretch at which something was held. */
static int put_exposure(struct nj_json_out *json, const struct nj_bt_outcome *o,
                        struct nj_error *err)
{
    size_t n = o->n_curve, buckets = n < HELD_BUCKETS ? n : HELD_BUCKETS;
    int64_t *ts = malloc((buckets + 1) * sizeof *ts);
    double *share = malloc((buckets + 1) * sizeof *share);
    if (!ts || !share) {
        free(ts);
        free(share);
        return no_memory(err);
    }
    for (size_t b = 0; b < buckets; b++) {
        size_t from = n / buckets * b + n % buckets * b / buckets, held = 0;
        size_t to = n / buckets * (b + 1) + n % buckets * (b + 1) / buckets;
        for (size_t i = from; i < to; i++)
            held += o->curve_exposed[i];
        ts[b] = o->curve_ts[from];
        share[b] = (double)held / (double)(to - from) * 100;
    }
    put_points(json, "exposure", ts, share, NULL, buckets);
    free(ts);
    free(share);
    return 0;
}

static int put_sharpe(struct nj_json_out *json, const struct nj_result *r, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct nj_curve curve = {o->curve_ts, o->curve_equity, o->n_curve};
    int64_t *ts;
    double *values;
    size_t n;
    int rc =
        nj_report_rolling_sharpe(&curve, r->periods_per_year, r->risk_free, &ts, &values, &n, err);
    if (rc == 0)
        rc = put_curve(json, "sharpe", ts, values, n, NJ_REPORT_POINTS, err);
    free(ts);
    free(values);
    return rc;
}

/* One side's fills of a symbol; *n: how many there were before thinning. */
static int put_marks(struct nj_json_out *json, const char *key, const struct nj_bt_outcome *o,
                     const char *symbol, uint8_t side, size_t most, size_t *n, struct nj_error *err)
{
    int64_t *ts = malloc((o->n_fills + 1) * sizeof *ts);
    double *price = malloc((o->n_fills + 1) * sizeof *price);
    int rc = ts && price ? 0 : no_memory(err);
    size_t k = 0;
    for (size_t i = 0; rc == 0 && i < o->n_fills; i++) {
        njord_fill room;
        const njord_fill *f = nj_bt_fill_at(o, i, &room);
        if (f->side != side || strcmp(f->symbol, symbol) != 0)
            continue;
        ts[k] = f->ev.ts_ns;
        price[k++] = f->price;
    }
    if (rc == 0)
        rc = put_curve(json, key, ts, price, k, most, err);
    free(ts);
    free(price);
    *n += k;
    return rc;
}

static int put_prices(struct nj_json_out *json, const struct nj_result *r, struct nj_error *err)
{
    size_t charts = r->n_prices < NJ_REPORT_PRICES ? r->n_prices : NJ_REPORT_PRICES;
    size_t most = charts > 1 ? NJ_REPORT_POINTS / charts : NJ_REPORT_POINTS;
    int rc = 0;
    nj_put_open(json, "prices", '[');
    for (size_t i = 0; i < charts && rc == 0; i++) {
        const struct nj_result_line *line = &r->prices[i];
        size_t fills = 0;
        nj_put_open(json, NULL, '{');
        nj_put_text(json, "symbol", line->symbol);
        rc = put_curve(json, "close", line->ts_ns, line->value, line->n, most, err);
        if (rc == 0)
            rc = put_marks(json, "buys", &r->outcome, line->symbol, NJORD_SIDE_BUY, most / 2,
                           &fills, err);
        if (rc == 0)
            rc = put_marks(json, "sells", &r->outcome, line->symbol, NJORD_SIDE_SELL, most / 2,
                           &fills, err);
        nj_put_uint(json, "fills", fills);
        nj_put_close(json, '}');
    }
    nj_put_close(json, ']');
    return rc;
}

void nj_report_histogram_data(struct nj_json_out *json, const struct nj_histogram *h,
                              const char *unit)
{
    nj_put_open(json, "histogram", '{');
    nj_put_text(json, "unit", unit);
    nj_put_real(json, "low", h->low);
    nj_put_real(json, "width", h->width);
    nj_put_open(json, "count", '[');
    for (size_t i = 0; i < h->n; i++)
        nj_put_uint(json, NULL, h->count[i]);
    nj_put_close(json, ']');
    nj_put_close(json, '}');
}

static int put_histogram(struct nj_json_out *json, const struct nj_result *r, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct nj_histogram h;
    double *values;
    bool matched;
    int rc = nj_report_trade_returns(o, &values, &matched, err);
    if (rc != 0)
        return rc;
    if (!matched)
        values = malloc((o->n_trades + 1) * sizeof *values);
    if (!values)
        return no_memory(err);
    for (size_t i = 0; i < o->n_trades; i++)
        values[i] = matched ? values[i] * 100 : o->trades[i].pnl;
    nj_report_histogram(values, o->n_trades, &h);
    free(values);
    nj_report_histogram_data(json, &h, matched ? "%" : nj_report_quote(r));
    return 0;
}

/* JSON inside a script element: no text of it may look like the end of it. */
void nj_report_escaped(struct nj_buf *out, const struct nj_buf *json)
{
    size_t from = 0;
    for (size_t i = 0; i < json->len; i++) {
        char c = json->data[i];
        if (c != '<' && c != '>' && c != '&')
            continue;
        nj_buf_add(out, json->data + from, i - from);
        nj_buf_puts(out, c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : "\\u0026");
        from = i + 1;
    }
    nj_buf_add(out, json->data + from, json->len - from);
}

int nj_report_data(const struct nj_result *r, struct nj_buf *out, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct nj_buf text = {0};
    struct nj_json_out json = {&text, false};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "mode", "single");
    nj_put_text(&json, "quote", nj_report_quote(r));
    nj_put_real(&json, "capital", r->capital);
    int rc =
        put_curve(&json, "equity", o->curve_ts, o->curve_equity, o->n_curve, NJ_REPORT_POINTS, err);
    if (rc == 0)
        rc = put_curve(&json, "benchmark", r->benchmark.ts_ns, r->benchmark.value, r->benchmark.n,
                       NJ_REPORT_POINTS, err);
    if (rc == 0)
        rc = put_drawdown(&json, r, NJ_REPORT_POINTS, err);
    if (rc == 0)
        rc = put_exposure(&json, o, err);
    if (rc == 0)
        rc = put_sharpe(&json, r, err);
    if (rc == 0)
        rc = put_prices(&json, r, err);
    if (rc == 0)
        rc = put_histogram(&json, r, err);
    nj_put_close(&json, '}');
    if (rc == 0)
        nj_report_escaped(out, &text);
    if (rc == 0 && (text.failed || out->failed))
        rc = no_memory(err);
    nj_buf_free(&text);
    return rc;
}

int nj_report_data_compared(const struct nj_result *results, const char *const *names, size_t n,
                            struct nj_buf *out, struct nj_error *err)
{
    struct nj_buf text = {0};
    struct nj_json_out json = {&text, false};
    size_t most = n > 4 ? 4 * NJ_REPORT_POINTS / n : NJ_REPORT_POINTS;
    int rc = 0;
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "mode", "compare");
    nj_put_open(&json, "runs", '[');
    for (size_t i = 0; i < n && rc == 0; i++) {
        const struct nj_result *r = &results[i];
        nj_put_open(&json, NULL, '{');
        nj_put_text(&json, "name", names[i]);
        nj_put_real(&json, "capital", r->capital);
        rc = put_curve(&json, "equity", r->outcome.curve_ts, r->outcome.curve_equity,
                       r->outcome.n_curve, most, err);
        if (rc == 0)
            rc = put_drawdown(&json, r, most, err);
        if (rc == 0)
            rc = put_sharpe(&json, r, err);
        nj_put_close(&json, '}');
    }
    nj_put_close(&json, ']');
    nj_put_close(&json, '}');
    if (rc == 0)
        nj_report_escaped(out, &text);
    if (rc == 0 && (text.failed || out->failed))
        rc = no_memory(err);
    nj_buf_free(&text);
    return rc;
}
