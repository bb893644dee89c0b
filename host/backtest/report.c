#include "backtest/report_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the head of a run ---- */

static double buy_and_hold(const struct nj_result *r)
{
    const struct nj_result_line *b = &r->benchmark;
    return b->n ? (b->value[b->n - 1] / r->capital - 1) * 100 : (double)NAN;
}

static void put_card(struct nj_buf *out, const struct nj_result *r, enum nj_metric m)
{
    nj_report_card(out, nj_metric_infos[m].title, nj_report_mood(m, r->metrics.value[m]));
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
    nj_report_card(out, "Final equity", "");
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
    nj_report_card(out, "Win rate", "");
    nj_report_metric(out, NJ_METRIC_VAR_95_PCT, m[NJ_METRIC_WIN_RATE] * 100, false);
    note_metric(out, r, "</p><p class=\"note\">of ", NJ_METRIC_NUM_TRADES, " trades");
    put_card(out, r, NJ_METRIC_PROFIT_FACTOR);
    note_metric(out, r, "a trade ", NJ_METRIC_EXPECTANCY, "");
    put_card(out, r, NJ_METRIC_ANNUAL_RETURN_PCT);
    note_metric(out, r, "volatility ", NJ_METRIC_VOLATILITY_ANNUAL_PCT, "");
    nj_report_card(out, "Exposure", "");
    nj_report_metric(out, NJ_METRIC_EXPOSURE_PCT, m[NJ_METRIC_EXPOSURE_PCT], false);
    note_metric(out, r, "</p><p class=\"note\">fees ", NJ_METRIC_FEES_PAID, "");
    nj_buf_puts(out, "</section>\n");
}

static void put_head(struct nj_buf *out, const struct nj_result *r)
{
    nj_report_open(out, "backtest report");
    nj_report_text(out, r->strategy_id);
    nj_buf_puts(out, " <span>on ");
    nj_report_text(out, r->symbol);
    nj_buf_puts(out, "</span></h1>\n<p class=\"sub\">");
    nj_report_terms(out, r);
    nj_report_close_head(out);
}

/* ---- panels ---- */

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
    nj_report_warnings(out, r, "Before you trust it");
    put_ranges(out);
    nj_report_chart(out, "equity", "tall", "Equity", "and the same capital in buy and hold");
    nj_report_chart(out, "drawdown", "low", "Drawdown", "per cent below the highest equity before");
    nj_report_panel(out, "months", "Monthly returns", "per cent");
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
    nj_report_chart(out, "histogram", "mid", "Returns of trades", "how many of each size");
    nj_report_chart(out, "sharpe", "mid", "Rolling Sharpe ratio", "30 days, from the 7th on");
    nj_buf_puts(out, "</div>\n");
    nj_report_chart(out, "exposure", "low", "Exposure", "per cent of the time with a position");
    nj_report_panel(out, "metrics", "Metrics", "point at a name for its definition");
    nj_report_metrics_table(r, out);
    nj_buf_puts(out, "</section>\n");
    nj_report_fills_table(r, out);
    nj_report_panel(out, "config", "Configuration", "all that is needed to run it again");
    nj_report_config_tables(r, out);
    nj_buf_puts(out, "</section>\n");
    free(months);
    return 0;
}

/* ---- several runs ---- */

static void put_body_compared(struct nj_buf *out, const struct nj_result *results,
                              const char *const *names, size_t n)
{
    nj_report_open(out, "comparison of backtests");
    nj_buf_printf(out, "%zu runs", n);
    nj_buf_puts(out, "</h1>\n<p class=\"sub\">");
    nj_report_period(out, &results[0]);
    nj_report_close_head(out);
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
        nj_report_period(out, &results[i]);
        nj_buf_puts(out, "</li>\n");
    }
    nj_buf_puts(out, "</ol></section>\n");
    put_ranges(out);
    nj_report_chart(out, "equity", "tall", "Return", "per cent of each run's initial capital");
    nj_report_chart(out, "drawdown", "low", "Drawdown", "per cent below the highest equity before");
    nj_report_panel(out, "metrics", "Metrics", "point at a name for its definition");
    nj_report_metrics_compared(results, names, n, out);
    nj_buf_puts(out, "</section>\n");
    nj_report_chart(out, "sharpe", "mid", "Rolling Sharpe ratio", "30 days, from the 7th on");
    nj_report_panel(out, "config", "Configuration", "rows in which the runs differ are marked");
    nj_report_config_compared(results, names, n, out);
    nj_buf_puts(out, "</section>\n");
    for (size_t i = 0; i < n; i++)
        nj_report_warnings(out, &results[i], names[i]);
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
        rc = nj_report_page(&nj_report_assets.run, &title, &body, &data, out, err);
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
        rc = nj_report_page(&nj_report_assets.run, &title, &body, &data, out, err);
    nj_buf_free(&title);
    nj_buf_free(&body);
    nj_buf_free(&data);
    return rc;
}
