#include "backtest/walk_report.h"

#include "backtest/report_impl.h"
#include "config/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_NS INT64_C(1000000)

/* A page under way. */
struct view {
    const struct nj_walk_page *page;
    const struct nj_walk *walk;
    const struct nj_space *space;
    enum nj_metric sort;
    struct nj_result tests; /* `about` with the stitched tests as its outcome; owns nothing */
    struct nj_space_set *set;
};

static void put_count(struct nj_buf *out, uint64_t n)
{
    nj_report_money(out, (double)n, 0, false);
}

static void put_span(struct nj_buf *out, int64_t ns)
{
    nj_value_put_duration(out, ns);
}

/* ---- the head ---- */

static void put_head(struct nj_buf *out, const struct view *v)
{
    const struct nj_walk_spec *spec = &v->page->request->spec;
    size_t folds = nj_walk_folds(v->walk);
    nj_report_open(out, "walk-forward report");
    nj_report_text(out, v->tests.strategy_id);
    nj_buf_puts(out, " <span>on ");
    nj_report_text(out, v->tests.symbol);
    nj_buf_puts(out, "</span></h1>\n<p class=\"sub\">");
    put_count(out, folds);
    nj_buf_puts(out, folds == 1 ? " fold of " : " folds of ");
    put_count(out, nj_space_sets(v->space));
    nj_buf_puts(out, nj_space_sets(v->space) == 1 ? " set" : " sets");
    nj_buf_puts(out, ": train ");
    put_span(out, spec->train_ns);
    nj_buf_puts(out, spec->anchored ? " and growing, test " : ", test ");
    put_span(out, spec->test_ns);
    nj_buf_puts(out, ", chosen by ");
    nj_report_text(out, nj_metric_infos[v->sort].title);
    nj_buf_puts(out, " \xc2\xb7 out of sample ");
    nj_report_terms(out, &v->tests);
    nj_report_close_head(out);
}

static void put_card(struct nj_buf *out, const struct view *v, enum nj_metric m)
{
    double value = v->tests.metrics.value[m];
    nj_report_card(out, nj_metric_infos[m].title, nj_report_mood(m, value));
    nj_report_metric(out, m, value, true);
    nj_buf_puts(out, "</p><p class=\"note\">");
}

static void put_rate(struct nj_buf *out, double rate)
{
    nj_report_metric(out, NJ_METRIC_TOTAL_RETURN_PCT, rate, true);
}

static void put_cards(struct nj_buf *out, const struct view *v)
{
    const struct nj_walk_worth *w = nj_walk_worth(v->walk);
    const double *m = v->tests.metrics.value;
    uint64_t chosen = 0;
    nj_buf_puts(out, "<section class=\"cards\" aria-label=\"Headline figures\">\n");
    put_card(out, v, NJ_METRIC_TOTAL_RETURN_PCT);
    nj_buf_printf(out, "%llu of %llu tests with a gain</p></div>\n",
                  (unsigned long long)w->profitable, (unsigned long long)w->tested);
    nj_report_card(out, "Efficiency",
                   !isfinite(w->efficiency)  ? ""
                   : w->efficiency >= 0.5    ? "pos"
                   : !(w->efficiency >= 0.0) ? "neg"
                                             : "");
    if (isfinite(w->efficiency))
        nj_report_money(out, w->efficiency, 2, false);
    else
        nj_buf_puts(out, "n/a");
    nj_buf_puts(out, "</p><p class=\"note\">");
    put_rate(out, w->test_rate);
    nj_buf_puts(out, " a year, in train windows ");
    put_rate(out, w->train_rate);
    nj_buf_puts(out, "</p></div>\n");
    put_card(out, v, NJ_METRIC_SHARPE_RATIO);
    nj_buf_puts(out, "Sortino ");
    nj_report_metric(out, NJ_METRIC_SORTINO_RATIO, m[NJ_METRIC_SORTINO_RATIO], false);
    nj_buf_puts(out, "</p></div>\n");
    put_card(out, v, NJ_METRIC_MAX_DRAWDOWN_PCT);
    nj_buf_puts(out, "longest ");
    nj_report_metric(out, NJ_METRIC_MAX_DRAWDOWN_DURATION_DAYS,
                     m[NJ_METRIC_MAX_DRAWDOWN_DURATION_DAYS], false);
    nj_buf_puts(out, "</p></div>\n");
    nj_report_card(out, "Final equity", "");
    nj_report_money(out, v->tests.outcome.final_equity, 2, false);
    nj_buf_puts(out, "</p><p class=\"note\">");
    nj_report_text(out, nj_report_quote(&v->tests));
    nj_buf_puts(out, ", from ");
    nj_report_money(out, v->tests.capital, 2, false);
    nj_buf_puts(out, "</p></div>\n");
    put_card(out, v, NJ_METRIC_NUM_TRADES);
    nj_buf_puts(out, "win rate ");
    nj_report_metric(out, NJ_METRIC_VAR_95_PCT, m[NJ_METRIC_WIN_RATE] * 100, false);
    nj_buf_puts(out, "</p></div>\n");
    for (size_t i = 0; i < nj_walk_folds(v->walk); i++)
        chosen += nj_walk_fold(v->walk, i)->chosen;
    nj_report_card(out, "Sets chosen", "");
    put_count(out, w->n_sets);
    nj_buf_printf(out, "</p><p class=\"note\">different, in %llu choices</p></div>\n",
                  (unsigned long long)chosen);
    nj_buf_puts(out, "</section>\n");
}

static int put_warnings(struct nj_buf *out, const struct view *v, struct nj_error *err)
{
    const struct nj_result *about = v->page->about;
    struct nj_result notes = {0};
    const char *why;
    uint64_t runs, failed = nj_walk_failed(v->walk, &runs, &why);
    size_t without = 0;
    int rc = 0;
    for (size_t i = 0; i < about->n_warnings && rc == 0; i++)
        rc = nj_result_warn(&notes, "%s", about->warnings[i]);
    if (rc == 0)
        rc = nj_walk_notes(v->walk, &notes);
    for (size_t i = 0; i < nj_walk_folds(v->walk); i++)
        without += !nj_walk_fold(v->walk, i)->tested;
    if (rc == 0 && failed > 0)
        rc = nj_result_warn(&notes, "%llu of %llu runs failed, the first: %s",
                            (unsigned long long)failed, (unsigned long long)runs, why);
    if (rc == 0 && without > 0)
        rc = nj_result_warn(&notes, "%zu of %zu folds have no test: the table says why", without,
                            nj_walk_folds(v->walk));
    if (rc == 0)
        nj_report_warnings(out, &notes, "Before you trust it");
    nj_result_free(&notes);
    return rc == 0 ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
}

/* ---- the folds ---- */

static void put_head_cell(struct nj_buf *out, const char *name)
{
    nj_buf_puts(out, "<th class=\"num\">");
    nj_report_text(out, name);
    nj_buf_puts(out, "</th>");
}

static void put_cell(struct nj_buf *out, enum nj_metric m, double value, bool mood)
{
    nj_buf_printf(out, "<td class=\"num %s\">", mood ? nj_report_mood(m, value) : "");
    nj_report_metric(out, m, value, mood);
    nj_buf_puts(out, "</td>");
}

static void put_time(struct nj_buf *out, int64_t ts_ns)
{
    nj_buf_puts(out, "<td>");
    nj_report_time(out, ts_ns, ts_ns % INT64_C(86400000000000) == 0);
    nj_buf_puts(out, "</td>");
}

/* For the script: ' name="1.5"', nothing for what does not exist. */
static void put_number(struct nj_buf *out, const char *name, double value)
{
    if (isfinite(value))
        nj_buf_printf(out, " data-%s=\"%.9g\"", name, value + 0.0);
}

static void put_fold(struct nj_buf *out, const struct view *v, size_t i)
{
    static const enum nj_metric own[] = {NJ_METRIC_TOTAL_RETURN_PCT, NJ_METRIC_MAX_DRAWDOWN_PCT,
                                         NJ_METRIC_NUM_TRADES};
    const struct nj_walk_fold *f = nj_walk_fold(v->walk, i);
    const double none = NAN;
    nj_buf_printf(out, "<tr data-fold=\"%zu\" data-from=\"%lld\"", i + 1,
                  (long long)(f->window.test_from / MS_NS));
    put_number(out, "train", f->train_key);
    put_number(out, "test", f->tested ? f->test.value[v->sort] : none);
    nj_buf_printf(out, "><td class=\"num\">%zu</td>", i + 1);
    put_time(out, f->window.train_from);
    put_time(out, f->window.test_from);
    put_time(out, f->window.test_to);
    if (f->chosen)
        nj_space_set(v->space, f->set, v->set);
    for (uint32_t k = 0; k < nj_space_axes(v->space); k++) {
        nj_buf_puts(out, "<td class=\"num\">");
        nj_report_text(out, f->chosen ? v->set->texts[k] : "");
        nj_buf_puts(out, "</td>");
    }
    put_cell(out, v->sort, f->train_key, false);
    put_cell(out, v->sort, f->tested ? f->test.value[v->sort] : none, false);
    for (size_t k = 0; k < sizeof own / sizeof own[0]; k++)
        put_cell(out, own[k], f->tested ? f->test.value[own[k]] : none, k == 0);
    nj_buf_puts(out, "<td class=\"num\">");
    if (isfinite(f->efficiency))
        nj_report_money(out, f->efficiency, 2, false);
    else
        nj_buf_puts(out, "n/a");
    nj_buf_puts(out, "</td><td class=\"why\">");
    nj_report_text(out, f->why);
    nj_buf_puts(out, "</td></tr>\n");
}

static void put_folds(struct nj_buf *out, const struct view *v)
{
    const char *sort = nj_metric_infos[v->sort].title;
    nj_buf_puts(out, "<section class=\"panel\" id=\"panel-folds\"><h2>Folds <small>ends exclusive, "
                     "UTC; train and test: ");
    nj_report_text(out, sort);
    nj_buf_puts(out, "; what follows is of the test</small></h2>\n");
    nj_buf_puts(out, "<div class=\"scroll\"><table class=\"folds\" id=\"folds\"><thead><tr>"
                     "<th class=\"num\">Fold</th><th>Train from</th><th>Test from</th><th>To</th>");
    for (uint32_t k = 0; k < nj_space_axes(v->space); k++)
        put_head_cell(out, nj_space_name(v->space, k));
    nj_buf_puts(out, "<th class=\"num\">Train</th><th class=\"num\">Test</th>"
                     "<th class=\"num\">Return</th><th class=\"num\">Drawdown</th>"
                     "<th class=\"num\">Trades</th><th class=\"num\">Efficiency</th><th></th></tr>"
                     "</thead><tbody>\n");
    for (size_t i = 0; i < nj_walk_folds(v->walk); i++)
        put_fold(out, v, i);
    nj_buf_puts(out, "</tbody></table></div></section>\n");
}

static void put_steady(struct nj_buf *out, const struct view *v)
{
    uint64_t chosen = 0;
    for (size_t i = 0; i < nj_walk_folds(v->walk); i++)
        chosen += nj_walk_fold(v->walk, i)->chosen;
    nj_report_panel(out, "steady", "How steady the choices are",
                    "values that jump from fold to fold follow noise");
    nj_buf_puts(out, "<div class=\"scroll\"><table class=\"folds\" id=\"steady\"><thead><tr>"
                     "<th>Parameter</th><th class=\"num\">Values chosen</th><th class=\"num\">"
                     "Changes</th><th class=\"num\">Most often</th><th class=\"num\">Times</th>"
                     "</tr></thead><tbody>\n");
    for (uint32_t k = 0; k < nj_space_axes(v->space); k++) {
        struct nj_walk_steady steady;
        char value[NJ_SPACE_TEXT] = "";
        nj_walk_steady(v->walk, k, &steady);
        if (steady.times > 0)
            nj_space_value(v->space, k, steady.place, value);
        nj_buf_puts(out, "<tr><th>");
        nj_report_text(out, nj_space_name(v->space, k));
        nj_buf_printf(out,
                      "</th><td class=\"num\">%llu of %llu</td><td class=\"num\">%llu</td>"
                      "<td class=\"num\">",
                      (unsigned long long)steady.values,
                      (unsigned long long)nj_space_values(v->space, k),
                      (unsigned long long)steady.changes);
        nj_report_text(out, value);
        nj_buf_printf(out, "</td><td class=\"num\">%llu of %llu</td></tr>\n",
                      (unsigned long long)steady.times, (unsigned long long)chosen);
    }
    nj_buf_puts(out, "</tbody></table></div></section>\n");
}

/* ---- configuration ---- */

static void put_row_of(struct nj_buf *out, const char *name, struct nj_buf *text)
{
    nj_report_row(out, name, text->data ? text->data : "");
    out->failed = out->failed || text->failed;
    nj_buf_clear(text);
}

static void put_space(struct nj_buf *out, const struct view *v)
{
    struct nj_buf text = {0};
    nj_report_table(out, "Parameters");
    for (uint32_t k = 0; k < nj_space_axes(v->space); k++) {
        uint64_t n = nj_space_values(v->space, k);
        char value[NJ_SPACE_TEXT];
        for (uint64_t i = 0; i < n; i++) {
            if (n > 12 && i == 5) {
                nj_buf_printf(&text, ", \xe2\x80\xa6 (%llu values)", (unsigned long long)n);
                i = n - 2;
            }
            nj_space_value(v->space, k, i, value);
            nj_buf_printf(&text, "%s%s", i ? ", " : "", value);
        }
        put_row_of(out, nj_space_name(v->space, k), &text);
    }
    for (size_t i = 0; i < v->page->n_wheres; i++)
        nj_report_row(out, "where", v->page->wheres[i]);
    for (size_t i = 0; i < v->tests.n_params; i++) {
        bool axis = false;
        for (uint32_t k = 0; k < nj_space_axes(v->space); k++)
            axis = axis || strcmp(nj_space_name(v->space, k), v->tests.params[i].name) == 0;
        if (!axis)
            nj_report_row(out, v->tests.params[i].name, v->tests.params[i].value);
    }
    nj_report_close_table(out);
    nj_buf_free(&text);
}

static void put_config(struct nj_buf *out, const struct view *v)
{
    const struct nj_walk_request *q = v->page->request;
    struct nj_buf text = {0};
    nj_report_panel(out, "config", "Configuration", "all that is needed to run it again");
    nj_buf_puts(out, "<div class=\"groups\">\n");
    nj_report_run_table(v->page->about, false, out);
    nj_buf_puts(out, "<div>");
    nj_report_table(out, "Walk-forward");
    put_span(&text, q->spec.train_ns);
    nj_buf_puts(&text, q->spec.anchored ? ", from the first row on (anchored)" : "");
    put_row_of(out, "train", &text);
    put_span(&text, q->spec.test_ns);
    put_row_of(out, "test", &text);
    put_span(&text, q->spec.step_ns);
    put_row_of(out, "step", &text);
    nj_report_row(out, "chosen by", nj_metric_infos[q->sort].name);
    nj_report_row(out, "warm-up of a test",
                  q->warm ? "all rows of its train window" : "as many rows as --warmup says");
    nj_buf_printf(&text, "%llu of %llu combinations", (unsigned long long)nj_space_sets(v->space),
                  (unsigned long long)nj_space_grid(v->space));
    put_row_of(out, "sets", &text);
    nj_report_close_table(out);
    put_space(out, v);
    nj_report_data_table(v->page->about, out);
    nj_buf_puts(out, "</div></div>\n</section>\n");
    nj_buf_free(&text);
}

/* ---- the page ---- */

static int put_body(struct nj_buf *out, const struct view *v, struct nj_error *err)
{
    const struct nj_bt_outcome *o = &v->tests.outcome;
    struct nj_curve curve = {o->curve_ts, o->curve_equity, o->n_curve};
    const char *sort = nj_metric_infos[v->sort].title;
    struct nj_month *months;
    size_t n_months;
    int rc = nj_report_months(&curve, v->tests.capital, &months, &n_months, err);
    if (rc != 0)
        return rc;
    put_head(out, v);
    put_cards(out, v);
    rc = put_warnings(out, v, err);
    nj_buf_puts(out, "<nav class=\"ranges\" id=\"ranges\" aria-label=\"Range of time\"></nav>\n"
                     "<noscript><p class=\"warnings\">The charts need JavaScript; all figures and "
                     "tables stand below.</p></noscript>\n");
    nj_report_chart(out, "equity", "tall", "Equity out of sample",
                    "the tests one behind the other; lines where one begins");
    nj_report_chart(out, "drawdown", "low", "Drawdown", "per cent below the highest equity before");
    nj_buf_puts(out, "<section class=\"panel\" id=\"panel-train-test\"><h2>Train and test <small>");
    nj_report_text(out, sort);
    nj_buf_puts(out, " of the chosen set in each fold</small></h2><div class=\"chart mid\" "
                     "id=\"train-test\" data-metric=\"");
    nj_report_text(out, sort);
    nj_buf_puts(out, "\"></div></section>\n");
    put_folds(out, v);
    put_steady(out, v);
    nj_report_panel(out, "months", "Monthly returns", "per cent");
    nj_report_months_table(months, n_months, out);
    nj_buf_puts(out, "</section>\n<div class=\"pair\">\n");
    nj_report_chart(out, "histogram", "mid", "Results of trades", "how many of each size");
    nj_report_chart(out, "sharpe", "mid", "Rolling Sharpe ratio", "30 days, from the 7th on");
    nj_buf_puts(out, "</div>\n");
    nj_report_chart(out, "exposure", "low", "Exposure", "per cent of the time with a position");
    nj_report_panel(out, "metrics", "Metrics out of sample", "point at a name for its definition");
    nj_report_metrics_table(&v->tests, out);
    nj_buf_puts(out, "</section>\n");
    put_config(out, v);
    free(months);
    return rc;
}

/* `about` with the tests as what came of it; what it points to is not its own. */
static void make_tests(struct view *v)
{
    const struct nj_walk_stitched *s = nj_walk_stitched(v->walk);
    size_t n = nj_walk_folds(v->walk);
    v->tests = *v->page->about;
    v->tests.start_ts = nj_walk_fold(v->walk, 0)->window.test_from;
    v->tests.end_ts = nj_walk_fold(v->walk, n - 1)->window.test_to;
    v->tests.capital = s->capital;
    v->tests.metrics = s->metrics;
    v->tests.benchmark = (struct nj_result_line){0};
    v->tests.prices = NULL;
    v->tests.n_prices = 0;
    v->tests.outcome = (struct nj_bt_outcome){.curve_ts = s->ts_ns,
                                              .curve_equity = s->equity,
                                              .curve_exposed = s->exposed,
                                              .n_curve = s->n,
                                              .trades = s->trades,
                                              .n_trades = s->n_trades,
                                              .final_equity = s->final_equity};
}

int nj_walk_report_html(const struct nj_walk_page *page, struct nj_buf *out, struct nj_error *err)
{
    struct nj_buf title = {0}, body = {0}, data = {0};
    struct view v = {.page = page,
                     .walk = page->walk,
                     .space = page->request->space,
                     .sort = page->request->sort,
                     .set = malloc(sizeof *v.set)};
    int rc = v.set ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
    if (rc == 0 && nj_report_missing())
        rc = nj_error_set(err, NJ_ERR_LIMIT, "reports are not built in: %s", nj_report_missing());
    if (rc == 0) {
        make_tests(&v);
        nj_buf_puts(&title, "Walk-forward: ");
        nj_report_text(&title, v.tests.strategy_id);
        nj_buf_puts(&title, " on ");
        nj_report_text(&title, v.tests.symbol);
        rc = put_body(&body, &v, err);
    }
    if (rc == 0)
        rc = nj_report_data(&v.tests, &data, err);
    if (rc == 0)
        rc = nj_report_page(&nj_report_assets.run, &title, &body, &data, out, err);
    nj_buf_free(&title);
    nj_buf_free(&body);
    nj_buf_free(&data);
    free(v.set);
    return rc;
}
