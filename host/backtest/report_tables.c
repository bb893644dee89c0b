/* report_tables.c - a report's tables: months, metrics, fills, configuration. */
#include "backtest/report_impl.h"

#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- months ---- */

/* Steps of colour: -5 to 5, a step as soon as the return reaches it. */
static int heat_of(double pct)
{
    static const double steps[] = {0.005, 1, 3, 6, 12};
    int heat = 0;
    while (heat < 5 && fabs(pct) >= steps[heat])
        heat++;
    return pct < 0 ? -heat : heat;
}

static void put_return(struct nj_buf *out, double ret, const char *more)
{
    int heat = heat_of(ret * 100);
    nj_buf_printf(out, "<td class=\"%s%d%s\">", heat < 0 ? "h-" : "h", abs(heat), more);
    nj_report_money(out, ret * 100, fabs(ret) < 9.995 ? 2 : 0, false);
    nj_buf_puts(out, "</td>");
}

void nj_report_months_table(const struct nj_month *months, size_t n, struct nj_buf *out)
{
    static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (n == 0) {
        nj_buf_puts(out, "<p class=\"none\">no point of the curve</p>\n");
        return;
    }
    nj_buf_puts(out, "<div class=\"scroll\"><table class=\"heat\"><thead><tr><th></th>");
    for (int m = 0; m < 12; m++)
        nj_buf_printf(out, "<th>%s</th>", names[m]);
    nj_buf_puts(out, "<th>Year</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n;) {
        int32_t year = months[i].year;
        double grown = 1;
        nj_buf_printf(out, "<tr><th>%d</th>", year);
        for (int m = 1; m <= 12; m++) {
            if (i < n && months[i].year == year && months[i].month == m) {
                grown *= 1 + months[i].ret;
                put_return(out, months[i++].ret, "");
            } else {
                nj_buf_puts(out, "<td></td>");
            }
        }
        put_return(out, grown - 1, " year");
        nj_buf_puts(out, "</tr>\n");
    }
    nj_buf_puts(out, "</tbody></table></div>\n");
}

/* ---- metrics ---- */

static const struct {
    const char *title;
    enum nj_metric first, last;
} groups[] = {{"Return and risk", NJ_METRIC_TOTAL_RETURN_PCT, NJ_METRIC_AVG_DRAWDOWN_PCT},
              {"Trades", NJ_METRIC_NUM_TRADES, NJ_METRIC_EXPECTANCY},
              {"Activity and tails", NJ_METRIC_EXPOSURE_PCT, NJ_METRIC_TAIL_RATIO}};

/* A metric's title with its definition on hover; quote: what stands behind money, "" nothing. */
static void metric_name(struct nj_buf *out, enum nj_metric m, const char *quote)
{
    const struct nj_metric_info *info = &nj_metric_infos[m];
    nj_buf_puts(out, "<span class=\"def\" tabindex=\"0\" data-name=\"");
    nj_report_text(out, info->name);
    nj_buf_puts(out, "\" data-def=\"");
    nj_report_text(out, info->formula);
    if (info->source[0]) {
        nj_buf_puts(out, ". ");
        nj_report_text(out, info->source);
    }
    nj_buf_puts(out, "\">");
    nj_report_text(out, info->title);
    nj_buf_puts(out, "</span>");
    if (strcmp(info->unit, "quote") == 0 && quote[0]) {
        nj_buf_puts(out, " <small>");
        nj_report_text(out, quote);
        nj_buf_puts(out, "</small>");
    }
}

static void put_value(struct nj_buf *out, enum nj_metric m, double v, const char *more)
{
    nj_buf_printf(out, "<td class=\"num %s%s\">", nj_report_mood(m, v), more);
    nj_report_metric(out, m, v,
                     m == NJ_METRIC_TOTAL_RETURN_PCT || m == NJ_METRIC_ANNUAL_RETURN_PCT);
    nj_buf_puts(out, "</td>");
}

void nj_report_metrics_table(const struct nj_result *r, struct nj_buf *out)
{
    nj_buf_puts(out, "<div class=\"groups\">\n");
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        nj_buf_printf(out, "<table class=\"metrics\"><caption>%s</caption><tbody>\n",
                      groups[g].title);
        for (int m = (int)groups[g].first; m <= (int)groups[g].last; m++) {
            nj_buf_puts(out, "<tr><th>");
            metric_name(out, (enum nj_metric)m, nj_report_quote(r));
            nj_buf_puts(out, "</th>");
            put_value(out, (enum nj_metric)m, r->metrics.value[m], "");
            nj_buf_puts(out, "</tr>\n");
        }
        nj_buf_puts(out, "</tbody></table>\n");
    }
    nj_buf_puts(out, "</div>\n");
}

/* Is this run's value the best there is, and not everybody's? */
static bool is_best(const struct nj_result *results, size_t n, enum nj_metric m, size_t i)
{
    double better = nj_metric_infos[m].better, mine = results[i].metrics.value[m];
    bool differs = false;
    if (better == 0 || !isfinite(mine))
        return false;
    for (size_t k = 0; k < n; k++) {
        double other = results[k].metrics.value[m];
        if (isfinite(other) && other * better > mine * better)
            return false;
        differs = differs || other != mine;
    }
    return differs;
}

static void put_names(const char *const *names, size_t n, const char *first, struct nj_buf *out)
{
    nj_buf_printf(out, "<div class=\"scroll\"><table class=\"compared\"><thead><tr><th>%s</th>",
                  first);
    for (size_t i = 0; i < n; i++) {
        nj_buf_printf(out, "<th class=\"num\"><i class=\"swatch s%zu\"></i>", i);
        nj_report_text(out, names[i]);
        nj_buf_puts(out, "</th>");
    }
    nj_buf_puts(out, "</tr></thead><tbody>\n");
}

void nj_report_metrics_compared(const struct nj_result *results, const char *const *names, size_t n,
                                struct nj_buf *out)
{
    put_names(names, n, "Metric", out);
    for (int m = 0; m < NJ_METRIC_COUNT; m++) {
        nj_buf_puts(out, "<tr><th>");
        metric_name(out, (enum nj_metric)m, "");
        nj_buf_puts(out, "</th>");
        for (size_t i = 0; i < n; i++)
            put_value(out, (enum nj_metric)m, results[i].metrics.value[m],
                      is_best(results, n, (enum nj_metric)m, i) ? " best" : "");
        nj_buf_puts(out, "</tr>\n");
    }
    nj_buf_puts(out, "</tbody></table></div>\n");
}

/* ---- fills ---- */

static void put_real(struct nj_buf *out, double v)
{
    char text[NJORD_NUMBER_SIZE];
    char shorter[40];
    snprintf(shorter, sizeof shorter, "%.10g", v);
    njord_format_f64(strtod(shorter, NULL), text);
    nj_buf_puts(out, text);
}

void nj_report_fills_table(const struct nj_result *r, struct nj_buf *out)
{
    const struct nj_bt_outcome *o = &r->outcome;
    size_t n = o->n_fills < NJ_REPORT_FILLS ? o->n_fills : NJ_REPORT_FILLS;
    bool symbols = strchr(r->symbol, ',') != NULL;
    nj_buf_puts(out, "<section class=\"panel\" id=\"panel-fills\"><h2>Fills <small>");
    if (n < o->n_fills)
        nj_buf_printf(out, "the first %zu of %zu", n, o->n_fills);
    else
        nj_buf_printf(out, "%zu", n);
    nj_buf_puts(out, ", times in UTC</small><input id=\"search\" type=\"search\" "
                     "placeholder=\"Search\" aria-label=\"Search the fills\"></h2>\n"
                     "<div class=\"scroll fills\"><table><thead><tr><th>Time</th>");
    nj_buf_printf(out,
                  "%s<th>Side</th><th class=\"num\">Quantity</th><th class=\"num\">Price</th>"
                  "<th class=\"num\">Fee</th><th>Order</th></tr></thead><tbody id=\"fills\">\n",
                  symbols ? "<th>Symbol</th>" : "");
    for (size_t i = 0; i < n; i++) {
        njord_fill room;
        const njord_fill *f = nj_bt_fill_at(o, i, &room);
        nj_buf_puts(out, "<tr><td>");
        nj_report_time(out, f->ev.ts_ns, false);
        nj_buf_puts(out, "</td>");
        if (symbols) {
            nj_buf_puts(out, "<td>");
            nj_report_text(out, f->symbol);
            nj_buf_puts(out, "</td>");
        }
        nj_buf_puts(out, f->side == NJORD_SIDE_BUY ? "<td class=\"buy\">buy"
                                                   : "<td class=\"sell\">sell");
        nj_buf_puts(out, "</td><td>");
        put_real(out, f->qty);
        nj_buf_puts(out, "</td><td>");
        put_real(out, f->price);
        nj_buf_puts(out, "</td><td>");
        put_real(out, isfinite(f->fee) ? f->fee : 0);
        nj_buf_puts(out, "</td><td>");
        nj_report_text(out, f->intent_id);
        nj_buf_puts(out, "</td></tr>\n");
    }
    nj_buf_puts(out, "</tbody></table></div></section>\n");
}

/* ---- configuration ---- */

enum {
    ROW_STRATEGY,
    ROW_PLUGIN,
    ROW_HASH,
    ROW_NJORD,
    ROW_SYMBOL,
    ROW_START,
    ROW_END,
    ROW_CAPITAL,
    ROW_INPUT,
    ROW_EVENTS,
    ROW_FILL,
    ROW_GAP,
    ROW_COMMISSION,
    ROW_SLIPPAGE,
    ROW_WARMUP,
    ROW_SHORT,
    ROW_CASH,
    ROW_RISK,
    ROW_PERIODS,
    ROW_FREE,
    ROW_SEED,
    ROW_ORDERS,
    ROWS
};

static const char *const row_names[ROWS] = {
    "Strategy",   "Plugin",        "Plugin's SHA-256",      "Njord",
    "Symbols",    "Start",         "End (exclusive)",       "Initial capital",
    "Input",      "Events",        "Market orders fill at", "Limit orders in a gap",
    "Commission", "Slippage, bps", "Warm-up rows",          "Short positions",
    "Cash check", "Risk limits",   "Periods a year",        "Risk-free rate",
    "Seed",       "Orders"};

/* The text of a row, as it is (not escaped). */
static void row_text(const struct nj_result *r, int row, struct nj_buf *out)
{
    const struct nj_bt_counts *c = &r->outcome.counts;
    switch (row) {
    case ROW_STRATEGY:
        nj_buf_puts(out, r->strategy_id);
        break;
    case ROW_PLUGIN:
        nj_buf_printf(out, "%s %s", r->plugin, r->plugin_version);
        break;
    case ROW_HASH:
        nj_buf_puts(out, r->plugin_hash);
        break;
    case ROW_NJORD:
        nj_buf_puts(out, r->version);
        break;
    case ROW_SYMBOL:
        nj_buf_puts(out, r->symbol);
        break;
    case ROW_START:
        nj_report_time(out, r->start_ts, false);
        break;
    case ROW_END:
        nj_report_time(out, r->end_ts, false);
        break;
    case ROW_CAPITAL:
        put_real(out, r->capital);
        break;
    case ROW_INPUT:
        nj_buf_printf(out, "%s %s", r->timeframe, r->input);
        break;
    case ROW_EVENTS:
        nj_buf_puts(out, r->events ? "" : "all that it takes");
        for (size_t i = 0; i < r->n_events; i++)
            nj_buf_printf(out, "%s%s", i ? ", " : "", r->events[i]);
        for (size_t i = 0; i < r->n_timeframes; i++)
            nj_buf_printf(out, "%s%s bars", i ? ", " : "; made for it: ", r->timeframes[i]);
        break;
    case ROW_FILL:
        nj_buf_puts(out, r->fill);
        break;
    case ROW_GAP:
        nj_buf_puts(out, r->limit_gap);
        break;
    case ROW_COMMISSION:
        put_real(out, r->commission_rate);
        if (isfinite(r->maker_rate) || isfinite(r->taker_rate))
            nj_buf_printf(out, " (maker %.10g, taker %.10g)",
                          isfinite(r->maker_rate) ? r->maker_rate : r->commission_rate,
                          isfinite(r->taker_rate) ? r->taker_rate : r->commission_rate);
        break;
    case ROW_SLIPPAGE:
        put_real(out, r->slippage_bps);
        break;
    case ROW_WARMUP:
        nj_buf_printf(out, "%llu", (unsigned long long)r->warmup);
        break;
    case ROW_SHORT:
        nj_buf_puts(out, r->allow_short ? "allowed" : "not allowed");
        break;
    case ROW_CASH:
        nj_buf_puts(out, r->cash_check ? "on" : "off");
        break;
    case ROW_RISK:
        nj_buf_puts(out, r->risk ? r->risk : "none");
        break;
    case ROW_PERIODS:
        put_real(out, r->periods_per_year);
        break;
    case ROW_FREE:
        put_real(out, r->risk_free);
        break;
    case ROW_SEED:
        nj_buf_printf(out, "%llu", (unsigned long long)r->seed);
        break;
    default:
        nj_buf_printf(out, "%llu sent, %llu refused, %llu accepted, %llu expired, %llu canceled",
                      (unsigned long long)c->intents, (unsigned long long)c->refused,
                      (unsigned long long)c->orders, (unsigned long long)c->expired,
                      (unsigned long long)c->canceled);
    }
}

void nj_report_row(struct nj_buf *out, const char *name, const char *text)
{
    nj_buf_puts(out, "<tr><th>");
    nj_report_text(out, name);
    nj_buf_puts(out, "</th><td>");
    nj_report_text(out, text);
    nj_buf_puts(out, "</td></tr>\n");
}

void nj_report_table(struct nj_buf *out, const char *caption)
{
    nj_buf_printf(out, "<table class=\"config\"><caption>%s</caption><tbody>\n", caption);
}

void nj_report_close_table(struct nj_buf *out)
{
    nj_buf_puts(out, "</tbody></table>\n");
}

static void put_data_row(struct nj_buf *out, const struct nj_result_data *d)
{
    struct nj_buf text = {0};
    nj_buf_printf(&text, "%llu rows, ", (unsigned long long)d->rows);
    nj_report_time(&text, d->first_ns, false);
    nj_buf_puts(&text, " to ");
    nj_report_time(&text, d->last_ns, false);
    nj_buf_printf(&text, ", %llu missing, %s%sSHA-256 %s", (unsigned long long)d->holes, d->stem,
                  d->stem[0] ? ", " : "", d->hash);
    nj_report_row(out, d->symbol, text.data ? text.data : "");
    nj_buf_free(&text);
}

void nj_report_run_table(const struct nj_result *r, bool ran, struct nj_buf *out)
{
    struct nj_buf text = {0};
    nj_report_table(out, "Run");
    for (int row = 0; row < (ran ? ROWS : ROW_ORDERS); row++) {
        nj_buf_clear(&text);
        row_text(r, row, &text);
        nj_report_row(out, row_names[row], text.data ? text.data : "");
    }
    nj_report_close_table(out);
    out->failed = out->failed || text.failed;
    nj_buf_free(&text);
}

void nj_report_data_table(const struct nj_result *r, struct nj_buf *out)
{
    nj_report_table(out, "Data");
    for (size_t i = 0; i < r->n_data; i++)
        put_data_row(out, &r->data[i]);
    nj_report_close_table(out);
}

void nj_report_config_tables(const struct nj_result *r, struct nj_buf *out)
{
    const struct nj_bt_outcome *o = &r->outcome;
    struct nj_buf text = {0};
    nj_buf_puts(out, "<div class=\"groups\">\n");
    nj_report_run_table(r, true, out);
    nj_buf_puts(out, "<div>");
    nj_report_table(out, "Parameters");
    for (size_t i = 0; i < r->n_params; i++)
        nj_report_row(out, r->params[i].name, r->params[i].value);
    if (r->n_params == 0)
        nj_report_row(out, "none given", "the plugin's defaults");
    nj_report_close_table(out);
    nj_report_data_table(r, out);
    if (o->n_open > 0) {
        nj_report_table(out, "Open at the end");
        for (size_t i = 0; i < o->n_open; i++) {
            nj_buf_clear(&text);
            nj_buf_printf(&text, "%.10g at %.10g on average, %+.10g not realized", o->open[i].qty,
                          o->open[i].avg_price, o->open[i].unrealized_pnl);
            nj_report_row(out, o->open[i].symbol, text.data ? text.data : "");
        }
        nj_report_close_table(out);
    }
    if (o->n_refusals > 0) {
        nj_report_table(out, "Refused orders");
        for (size_t i = 0; i < o->n_refusals; i++) {
            nj_buf_clear(&text);
            nj_buf_printf(&text, "%llu", (unsigned long long)o->refusals[i].n);
            nj_report_row(out, o->refusals[i].reason, text.data ? text.data : "");
        }
        nj_report_close_table(out);
    }
    nj_buf_puts(out, "</div></div>\n");
    out->failed = out->failed || text.failed;
    nj_buf_free(&text);
}

static const char *param_of(const struct nj_result *r, const char *name)
{
    for (size_t i = 0; i < r->n_params; i++)
        if (strcmp(r->params[i].name, name) == 0)
            return r->params[i].value;
    return "";
}

/* A row of all runs; texts: theirs. */
static void put_compared(struct nj_buf *out, const char *name, const struct nj_buf *texts, size_t n)
{
    bool differs = false;
    for (size_t i = 1; i < n; i++)
        differs = differs || strcmp(texts[i].data, texts[0].data) != 0;
    nj_buf_printf(out, "<tr%s><th>", differs ? " class=\"differs\"" : "");
    nj_report_text(out, name);
    nj_buf_puts(out, "</th>");
    for (size_t i = 0; i < n; i++) {
        nj_buf_puts(out, "<td class=\"num\">");
        nj_report_text(out, texts[i].data);
        nj_buf_puts(out, "</td>");
    }
    nj_buf_puts(out, "</tr>\n");
}

/* Has an earlier run, or an earlier row of this one, a parameter of that name? */
static bool named_before(const struct nj_result *results, size_t run, const char *name)
{
    for (size_t i = 0; i < run; i++)
        for (size_t k = 0; k < results[i].n_params; k++)
            if (strcmp(results[i].params[k].name, name) == 0)
                return true;
    return false;
}

void nj_report_config_compared(const struct nj_result *results, const char *const *names, size_t n,
                               struct nj_buf *out)
{
    struct nj_buf texts[NJ_REPORT_RUNS] = {{0}};
    put_names(names, n, "", out);
    for (size_t run = 0; run < n; run++) {
        for (size_t p = 0; p < results[run].n_params; p++) {
            const char *name = results[run].params[p].name;
            if (named_before(results, run, name))
                continue;
            for (size_t i = 0; i < n; i++) {
                nj_buf_clear(&texts[i]);
                nj_buf_puts(&texts[i], param_of(&results[i], name));
                nj_buf_putc(&texts[i], ' ');
                out->failed = out->failed || texts[i].failed;
            }
            if (!out->failed)
                put_compared(out, name, texts, n);
        }
    }
    for (int row = 0; row < ROWS && !out->failed; row++) {
        for (size_t i = 0; i < n; i++) {
            nj_buf_clear(&texts[i]);
            row_text(&results[i], row, &texts[i]);
            nj_buf_putc(&texts[i], ' ');
            out->failed = out->failed || texts[i].failed;
        }
        if (!out->failed)
            put_compared(out, row_names[row], texts, n);
    }
    for (size_t i = 0; i < n; i++)
        nj_buf_free(&texts[i]);
    nj_buf_puts(out, "</tbody></table></div>\n");
}
