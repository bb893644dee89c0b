#include "backtest/report_impl.h"

#include <math.h>
#include <njord/codec.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef NJORD_VERSION
#define NJORD_VERSION "0"
#endif

#define DAY_NS 86400e9

const char *nj_report_missing(void)
{
    return nj_report_assets.charts
               ? NULL
               : "uPlot was not there when njord was configured: npm and its registry bring it, a "
                 "release holds it";
}

/* ---- texts and figures ---- */

void nj_report_text(struct nj_buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '&':
            nj_buf_puts(out, "&amp;");
            break;
        case '<':
            nj_buf_puts(out, "&lt;");
            break;
        case '>':
            nj_buf_puts(out, "&gt;");
            break;
        case '"':
            nj_buf_puts(out, "&quot;");
            break;
        case '\'':
            nj_buf_puts(out, "&#39;");
            break;
        default:
            nj_buf_putc(out, (unsigned char)*p < 0x20 || *p == 0x7f ? ' ' : *p);
        }
    }
}

/* Text as a part of a format: nj_report_text() of what the format makes (at most 511 bytes). */
__attribute__((format(printf, 2, 3))) static void put_textf(struct nj_buf *out, const char *fmt,
                                                            ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    nj_report_text(out, text);
}

void nj_report_money(struct nj_buf *out, double v, int digits, bool sign)
{
    char text[400];
    int len = snprintf(text, sizeof text, "%.*f", digits, fabs(v));
    int whole = digits > 0 ? len - digits - 1 : len;
    bool zero = strspn(text, "0.") == (size_t)len;
    if (zero ? sign : v < 0 || sign)
        nj_buf_puts(out, zero ? "" : v < 0 ? "\xe2\x88\x92" : "+");
    for (int i = 0; i < len; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            nj_buf_putc(out, ',');
        nj_buf_putc(out, text[i]);
    }
}

void nj_report_metric(struct nj_buf *out, enum nj_metric metric, double value, bool sign)
{
    const char *unit = nj_metric_infos[metric].unit;
    if (!isfinite(value)) {
        nj_buf_puts(out, "n/a");
    } else if (metric == NJ_METRIC_NUM_TRADES) {
        nj_report_money(out, value, 0, false);
    } else if (strcmp(unit, "%") == 0) {
        nj_report_money(out, value, 2, sign);
        nj_buf_puts(out, "\xc2\xa0%");
    } else if (strcmp(unit, "days") == 0) {
        nj_report_money(out, value, 1, false);
        nj_buf_puts(out, "\xc2\xa0"
                         "days");
    } else if (strcmp(unit, "quote") == 0) {
        nj_report_money(out, value,
                        value == 0 || fabs(value) >= 1 ? 2
                        : fabs(value) >= 0.01          ? 4
                                                       : 8,
                        sign);
    } else {
        nj_report_money(out, value, metric == NJ_METRIC_WIN_RATE ? 3 : 2, false);
    }
}

void nj_report_time(struct nj_buf *out, int64_t ts_ns, bool day_only)
{
    char text[40] = "";
    njord_format_time(ts_ns, 0, text, sizeof text);
    nj_buf_add(out, text, strnlen(text, 10));
    if (!day_only && strlen(text) >= 19) {
        nj_buf_putc(out, ' ');
        nj_buf_add(out, text + 11, 8);
    }
}

const char *nj_report_mood(enum nj_metric metric, double value)
{
    double even = metric == NJ_METRIC_PROFIT_FACTOR ? 1 : 0;
    switch (metric) {
    case NJ_METRIC_TOTAL_RETURN_PCT:
    case NJ_METRIC_ANNUAL_RETURN_PCT:
    case NJ_METRIC_SHARPE_RATIO:
    case NJ_METRIC_SORTINO_RATIO:
    case NJ_METRIC_CALMAR_RATIO:
    case NJ_METRIC_EXPECTANCY:
    case NJ_METRIC_PROFIT_FACTOR:
        return value > even ? "pos" : value < even ? "neg" : "";
    default:
        return "";
    }
}

const char *nj_report_quote(const struct nj_result *r)
{
    const char *last = strrchr(r->symbol, '/');
    return last ? last + 1 : "";
}

/* ---- the head of a run ---- */

static double buy_and_hold(const struct nj_result *r)
{
    const struct nj_result_line *b = &r->benchmark;
    return b->n ? (b->value[b->n - 1] / r->capital - 1) * 100 : (double)NAN;
}

static void open_card(struct nj_buf *out, const char *title, const char *mood)
{
    nj_buf_printf(out, "<div class=\"card\"><h3>%s</h3><p class=\"value %s\">", title, mood);
}

static void put_card(struct nj_buf *out, const struct nj_result *r, enum nj_metric m)
{
    open_card(out, nj_metric_infos[m].title, nj_report_mood(m, r->metrics.value[m]));
    nj_report_metric(out, m, r->metrics.value[m], true);
    nj_buf_puts(out, "</p><p class=\"note\">");
}

static void note_metric(struct nj_buf *out, const struct nj_result *r, const char *before,
                        enum nj_metric m, const char *after)
{
    nj_buf_puts(out, before);
    nj_report_metric(out, m, r->metrics.value[m], m == NJ_METRIC_EXPECTANCY);
    nj_buf_printf(out, "%s</p></div>\n", after);
}

static void put_cards(struct nj_buf *out, const struct nj_result *r)
{
    const double *m = r->metrics.value;
    double hold = buy_and_hold(r);
    nj_buf_puts(out, "<section class=\"cards\" aria-label=\"Headline figures\">\n");
    put_card(out, r, NJ_METRIC_TOTAL_RETURN_PCT);
    nj_buf_puts(out, "buy and hold ");
    nj_report_metric(out, NJ_METRIC_TOTAL_RETURN_PCT, hold, true);
    nj_buf_puts(out, "</p></div>\n");
    open_card(out, "Final equity", "");
    nj_report_money(out, r->outcome.final_equity, 2, false);
    nj_buf_puts(out, "</p><p class=\"note\">");
    nj_report_text(out, nj_report_quote(r));
    nj_buf_puts(out, ", from ");
    nj_report_money(out, r->capital, 2, false);
    nj_buf_puts(out, "</p></div>\n");
    put_card(out, r, NJ_METRIC_SHARPE_RATIO);
    note_metric(out, r, "Sortino ", NJ_METRIC_SORTINO_RATIO, "");
    put_card(out, r, NJ_METRIC_MAX_DRAWDOWN_PCT);
    note_metric(out, r, "longest ", NJ_METRIC_MAX_DRAWDOWN_DURATION_DAYS, "");
    open_card(out, "Win rate", "");
    nj_report_metric(out, NJ_METRIC_VAR_95_PCT, m[NJ_METRIC_WIN_RATE] * 100, false);
    note_metric(out, r, "</p><p class=\"note\">of ", NJ_METRIC_NUM_TRADES, " trades");
    put_card(out, r, NJ_METRIC_PROFIT_FACTOR);
    note_metric(out, r, "a trade ", NJ_METRIC_EXPECTANCY, "");
    put_card(out, r, NJ_METRIC_ANNUAL_RETURN_PCT);
    note_metric(out, r, "volatility ", NJ_METRIC_VOLATILITY_ANNUAL_PCT, "");
    open_card(out, "Exposure", "");
    nj_report_metric(out, NJ_METRIC_EXPOSURE_PCT, m[NJ_METRIC_EXPOSURE_PCT], false);
    note_metric(out, r, "</p><p class=\"note\">fees ", NJ_METRIC_FEES_PAID, "");
    nj_buf_puts(out, "</section>\n");
}

static void put_period(struct nj_buf *out, const struct nj_result *r)
{
    int64_t last = r->end_ts > r->start_ts ? r->end_ts - 1 : r->end_ts;
    nj_report_time(out, r->start_ts, true);
    nj_buf_puts(out, " \xe2\x86\x92 ");
    nj_report_time(out, last, true);
    nj_buf_printf(out, " (%.0f days)",
                  floor(((double)r->end_ts - (double)r->start_ts) / DAY_NS + 0.5));
}

static void open_page(struct nj_buf *out, const char *kind)
{
    nj_buf_printf(
        out, "<header class=\"top\"><div><p class=\"brand\">Njord <span>%s</span></p>\n<h1>", kind);
}

static void close_head(struct nj_buf *out)
{
    nj_buf_puts(out, "</p></div><button id=\"theme\" type=\"button\" title=\"Light or dark\" "
                     "aria-label=\"Light or dark\"><span></span></button></header>\n");
}

static void put_head(struct nj_buf *out, const struct nj_result *r)
{
    open_page(out, "backtest report");
    nj_report_text(out, r->strategy_id);
    nj_buf_puts(out, " <span>on ");
    nj_report_text(out, r->symbol);
    nj_buf_puts(out, "</span></h1>\n<p class=\"sub\">");
    put_period(out, r);
    put_textf(out,
              " \xc2\xb7 %s %s \xc2\xb7 fills at the %s \xc2\xb7 commission %.4g\xc2\xa0%% "
              "\xc2\xb7 slippage %.4g\xc2\xa0"
              "bps",
              r->timeframe, r->input, strcmp(r->fill, "close") == 0 ? "close" : "next open",
              r->commission_rate * 100, r->slippage_bps);
    close_head(out);
}

static void put_warnings(struct nj_buf *out, const struct nj_result *r, const char *title)
{
    if (r->n_warnings == 0)
        return;
    nj_buf_puts(out, "<section class=\"warnings\"><h2>");
    nj_report_text(out, title);
    nj_buf_puts(out, "</h2><ul>\n");
    for (size_t i = 0; i < r->n_warnings; i++) {
        nj_buf_puts(out, "<li>");
        nj_report_text(out, r->warnings[i]);
        nj_buf_puts(out, "</li>\n");
    }
    nj_buf_puts(out, "</ul></section>\n");
}

/* ---- panels ---- */

static void put_chart(struct nj_buf *out, const char *id, const char *size, const char *title,
                      const char *about)
{
    nj_buf_printf(out,
                  "<section class=\"panel\" id=\"panel-%s\"><h2>%s <small>%s</small></h2>"
                  "<div class=\"chart %s\" id=\"%s\"></div></section>\n",
                  id, title, about, size, id);
}

static void open_panel(struct nj_buf *out, const char *id, const char *title, const char *about)
{
    nj_buf_printf(out, "<section class=\"panel\" id=\"panel-%s\"><h2>%s <small>%s</small></h2>\n",
                  id, title, about);
}

static void put_ranges(struct nj_buf *out)
{
    nj_buf_puts(out, "<nav class=\"ranges\" id=\"ranges\" aria-label=\"Range of time\"></nav>\n"
                     "<noscript><p class=\"warnings\">The charts need JavaScript; all figures and "
                     "tables stand below.</p></noscript>\n");
}

static int put_body(struct nj_buf *out, const struct nj_result *r, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct nj_curve curve = {o->curve_ts, o->curve_equity, o->n_curve};
    struct nj_month *months;
    size_t n_months;
    int rc = nj_report_months(&curve, r->capital, &months, &n_months, err);
    if (rc != 0)
        return rc;
    put_head(out, r);
    put_cards(out, r);
    put_warnings(out, r, "Before you trust it");
    put_ranges(out);
    put_chart(out, "equity", "tall", "Equity", "and the same capital in buy and hold");
    put_chart(out, "drawdown", "low", "Drawdown", "per cent below the highest equity before");
    open_panel(out, "months", "Monthly returns", "per cent");
    nj_report_months_table(months, n_months, out);
    nj_buf_puts(out, "</section>\n");
    for (size_t i = 0; i < r->n_prices && i < NJ_REPORT_PRICES; i++) {
        char id[16];
        snprintf(id, sizeof id, "price%zu", i);
        nj_buf_printf(
            out, "<section class=\"panel\" id=\"panel-%s\"><h2>Trades on the price <small>", id);
        nj_report_text(out, r->prices[i].symbol);
        nj_buf_printf(out,
                      "<span class=\"thinned\"></span></small></h2><div class=\"chart tall\" "
                      "id=\"%s\"></div></section>\n",
                      id);
    }
    if (r->n_prices > NJ_REPORT_PRICES)
        nj_buf_printf(out, "<p class=\"more\">Prices of the first %u of %zu symbols.</p>\n",
                      NJ_REPORT_PRICES, r->n_prices);
    nj_buf_puts(out, "<div class=\"pair\">\n");
    put_chart(out, "histogram", "mid", "Returns of trades", "how many of each size");
    put_chart(out, "sharpe", "mid", "Rolling Sharpe ratio", "30 days, from the 7th on");
    nj_buf_puts(out, "</div>\n");
    put_chart(out, "exposure", "low", "Exposure", "per cent of the time with a position");
    open_panel(out, "metrics", "Metrics", "point at a name for its definition");
    nj_report_metrics_table(r, out);
    nj_buf_puts(out, "</section>\n");
    nj_report_fills_table(r, out);
    open_panel(out, "config", "Configuration", "all that is needed to run it again");
    nj_report_config_tables(r, out);
    nj_buf_puts(out, "</section>\n");
    free(months);
    return 0;
}

/* ---- several runs ---- */

static void put_body_compared(struct nj_buf *out, const struct nj_result *results,
                              const char *const *names, size_t n)
{
    open_page(out, "comparison of backtests");
    nj_buf_printf(out, "%zu runs", n);
    nj_buf_puts(out, "</h1>\n<p class=\"sub\">");
    put_period(out, &results[0]);
    close_head(out);
    nj_buf_puts(out,
                "<section class=\"panel\" id=\"panel-runs\"><h2>Runs</h2><ol class=\"runs\">\n");
    for (size_t i = 0; i < n; i++) {
        nj_buf_printf(out, "<li><i class=\"swatch s%zu\"></i><b>", i);
        nj_report_text(out, names[i]);
        nj_buf_puts(out, "</b> ");
        nj_report_text(out, results[i].strategy_id);
        nj_buf_puts(out, " on ");
        nj_report_text(out, results[i].symbol);
        nj_buf_puts(out, ", ");
        put_period(out, &results[i]);
        nj_buf_puts(out, "</li>\n");
    }
    nj_buf_puts(out, "</ol></section>\n");
    put_ranges(out);
    put_chart(out, "equity", "tall", "Return", "per cent of each run's initial capital");
    put_chart(out, "drawdown", "low", "Drawdown", "per cent below the highest equity before");
    open_panel(out, "metrics", "Metrics", "point at a name for its definition");
    nj_report_metrics_compared(results, names, n, out);
    nj_buf_puts(out, "</section>\n");
    put_chart(out, "sharpe", "mid", "Rolling Sharpe ratio", "30 days, from the 7th on");
    open_panel(out, "config", "Configuration", "rows in which the runs differ are marked");
    nj_report_config_compared(results, names, n, out);
    nj_buf_puts(out, "</section>\n");
    for (size_t i = 0; i < n; i++)
        put_warnings(out, &results[i], names[i]);
}

/* ---- the page ---- */

struct part {
    const char *name, *text;
};

/* The frame with its parts in their places; what stands in a part is not looked at again. */
static void put_frame(struct nj_buf *out, const struct part *parts, size_t n)
{
    const char *at = nj_report_assets.page, *mark;
    while ((mark = strstr(at, "{{"))) {
        const char *end = strstr(mark, "}}");
        size_t i = 0;
        nj_buf_add(out, at, (size_t)(mark - at));
        while (end && i < n &&
               (strlen(parts[i].name) != (size_t)(end - mark - 2) ||
                strncmp(parts[i].name, mark + 2, strlen(parts[i].name)) != 0))
            i++;
        if (end && i < n) {
            nj_buf_puts(out, parts[i].text);
            at = end + 2;
        } else {
            nj_buf_add(out, mark, 2);
            at = mark + 2;
        }
    }
    nj_buf_puts(out, at);
}

static int put_page(struct nj_buf *out, struct nj_buf *title, struct nj_buf *body,
                    struct nj_buf *data, struct nj_error *err)
{
    struct nj_buf licence = {0};
    nj_report_text(&licence, ""); /* so that it is a text */
    for (const char *p = nj_report_assets.licence; *p; p++)
        nj_buf_puts(&licence, *p == '<' ? "&lt;" : *p == '&' ? "&amp;" : (char[]){*p, '\0'});
    if (title->failed || body->failed || data->failed || licence.failed) {
        nj_buf_free(&licence);
        return nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
    }
    const struct part parts[] = {{"policy", nj_report_assets.policy},
                                 {"style", nj_report_assets.style},
                                 {"charts", nj_report_assets.charts},
                                 {"script", nj_report_assets.script},
                                 {"licence", licence.data},
                                 {"version", NJORD_VERSION},
                                 {"title", title->data},
                                 {"body", body->data},
                                 {"data", data->data}};
    put_frame(out, parts, sizeof parts / sizeof parts[0]);
    nj_buf_free(&licence);
    return out->failed ? nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory") : 0;
}

int nj_report_html(const struct nj_result *r, struct nj_buf *out, struct nj_error *err)
{
    struct nj_buf title = {0}, body = {0}, data = {0};
    if (nj_report_missing())
        return nj_error_set(err, NJ_ERR_LIMIT, "reports are not built in: %s", nj_report_missing());
    nj_report_text(&title, r->strategy_id);
    nj_buf_puts(&title, " on ");
    nj_report_text(&title, r->symbol);
    int rc = put_body(&body, r, err);
    if (rc == 0)
        rc = nj_report_data(r, &data, err);
    if (rc == 0)
        rc = put_page(out, &title, &body, &data, err);
    nj_buf_free(&title);
    nj_buf_free(&body);
    nj_buf_free(&data);
    return rc;
}

int nj_report_compare(const struct nj_result *results, const char *const *names, size_t n,
                      struct nj_buf *out, struct nj_error *err)
{
    struct nj_buf title = {0}, body = {0}, data = {0};
    if (nj_report_missing())
        return nj_error_set(err, NJ_ERR_LIMIT, "reports are not built in: %s", nj_report_missing());
    if (n < 2 || n > NJ_REPORT_RUNS)
        return nj_error_set(err, NJ_ERR_LIMIT, "%zu runs: a comparison shows 2 to %u", n,
                            NJ_REPORT_RUNS);
    nj_buf_printf(&title, "%zu backtests", n);
    put_body_compared(&body, results, names, n);
    int rc = nj_report_data_compared(results, names, n, &data, err);
    if (rc == 0)
        rc = put_page(out, &title, &body, &data, err);
    nj_buf_free(&title);
    nj_buf_free(&body);
    nj_buf_free(&data);
    return rc;
}
