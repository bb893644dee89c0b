/* report_page.c - what every report is made of: texts and figures as markup, cards and panels, the
 * frame with its parts. */
#include "backtest/report_impl.h"

#include <math.h>
#include <njord/codec.h>
#include <stdarg.h>
#include <stdio.h>
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

/* ---- parts ---- */

void nj_report_open(struct nj_buf *out, const char *kind)
{
    nj_buf_printf(
        out, "<header class=\"top\"><div><p class=\"brand\">Njord <span>%s</span></p>\n<h1>", kind);
}

void nj_report_close_head(struct nj_buf *out)
{
    nj_buf_puts(out, "</p></div><button id=\"theme\" type=\"button\" title=\"Light or dark\" "
                     "aria-label=\"Light or dark\"><span></span></button></header>\n");
}

void nj_report_card(struct nj_buf *out, const char *title, const char *mood)
{
    nj_buf_printf(out, "<div class=\"card\"><h3>%s</h3><p class=\"value %s\">", title, mood);
}

void nj_report_chart(struct nj_buf *out, const char *id, const char *size, const char *title,
                     const char *about)
{
    nj_buf_printf(out,
                  "<section class=\"panel\" id=\"panel-%s\"><h2>%s <small>%s</small></h2>"
                  "<div class=\"chart %s\" id=\"%s\"></div></section>\n",
                  id, title, about, size, id);
}

void nj_report_panel(struct nj_buf *out, const char *id, const char *title, const char *about)
{
    nj_buf_printf(out, "<section class=\"panel\" id=\"panel-%s\"><h2>%s <small>%s</small></h2>\n",
                  id, title, about);
}

void nj_report_period(struct nj_buf *out, const struct nj_result *r)
{
    int64_t last = r->end_ts > r->start_ts ? r->end_ts - 1 : r->end_ts;
    nj_report_time(out, r->start_ts, true);
    nj_buf_puts(out, " \xe2\x86\x92 ");
    nj_report_time(out, last, true);
    nj_buf_printf(out, " (%.0f days)",
                  floor(((double)r->end_ts - (double)r->start_ts) / DAY_NS + 0.5));
}

void nj_report_terms(struct nj_buf *out, const struct nj_result *r)
{
    nj_report_period(out, r);
    put_textf(out,
              " \xc2\xb7 %s %s \xc2\xb7 fills at the %s \xc2\xb7 commission %.4g\xc2\xa0%% "
              "\xc2\xb7 slippage %.4g\xc2\xa0"
              "bps",
              r->timeframe, r->input, strcmp(r->fill, "close") == 0 ? "close" : "next open",
              r->commission_rate * 100, r->slippage_bps);
}

void nj_report_warnings(struct nj_buf *out, const struct nj_result *r, const char *title)
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

int nj_report_page(const struct nj_report_kind *kind, const struct nj_buf *title,
                   const struct nj_buf *body, const struct nj_buf *data, struct nj_buf *out,
                   struct nj_error *err)
{
    struct nj_buf licence = {0};
    nj_report_text(&licence, ""); /* so that it is a text */
    for (const char *p = nj_report_assets.licence; *p; p++)
        nj_buf_puts(&licence, *p == '<' ? "&lt;" : *p == '&' ? "&amp;" : (char[]){*p, '\0'});
    if (title->failed || body->failed || data->failed || licence.failed) {
        nj_buf_free(&licence);
        return nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
    }
    const struct part parts[] = {
        {"policy", kind->policy}, {"style", kind->style},    {"charts", nj_report_assets.charts},
        {"script", kind->script}, {"licence", licence.data}, {"version", NJORD_VERSION},
        {"title", title->data},   {"body", body->data},      {"data", data->data}};
    put_frame(out, parts, sizeof parts / sizeof parts[0]);
    nj_buf_free(&licence);
    return out->failed ? nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory") : 0;
}
