#include "backtest/sweep_report_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEW_TRADES 30
/* Above and below what a figure is taken for good or bad news; doc/research.md says so. */
#define SURE       0.95 /* deflated Sharpe ratio */
#define UNSURE     0.5
#define HOLDS      0.1 /* probability of overfitting */
#define OVERFIT    0.4
#define PLATEAU    0.7 /* share that neighbours keep of the best set's lead */
#define PEAK       0.3

typedef unsigned long long ull;

static enum nj_metric sort_of(const struct nj_sweep_view *v)
{
    return v->page->sort;
}

static void put_count(struct nj_buf *out, uint64_t n)
{
    nj_report_money(out, (double)n, 0, false);
}

static void put_share(struct nj_buf *out, double share)
{
    nj_buf_printf(out, "%.0f\xc2\xa0%%", share * 100);
}

/* ---- what the best is worth ---- */

/* A figure, what it is taken for, and a sentence; the last is markup. */
struct light {
    const char *title, *mood, *word; /* good, fair, bad or none */
    struct nj_buf value, text;
};

enum { DEFLATED, OVERFITTING, BESIDE, LIGHTS };

static void judge_deflated(const struct nj_sweep_view *v, struct light *l)
{
    const struct nj_sweep_doubt *d = v->page->doubt;
    const struct nj_deflated *f = &d->deflated;
    *l = (struct light){.title = "Deflated Sharpe ratio", .mood = "none", .word = "not known"};
    if (f->trials < 2 || !isfinite(f->confidence)) {
        nj_buf_puts(&l->value, "n/a");
        nj_buf_puts(&l->text, f->trials < 2 ? "There was one set, and nothing to choose from."
                                            : "The best set has no daily returns to judge it by.");
        return;
    }
    l->mood = f->confidence >= SURE ? "good" : f->confidence >= UNSURE ? "fair" : "bad";
    l->word = f->confidence >= SURE     ? "hardly luck"
              : f->confidence >= UNSURE ? "may be luck"
                                        : "luck does as well";
    nj_buf_printf(&l->value, "%.2f", f->confidence);
    nj_buf_puts(&l->text, "Of ");
    put_count(&l->text, f->trials);
    nj_buf_puts(&l->text, " sets without any skill, the best would have a Sharpe ratio of ");
    nj_report_money(&l->text, d->luck_annual, 2, false);
    nj_buf_puts(&l->text, " by luck alone; the best here has ");
    nj_report_metric(&l->text, NJ_METRIC_SHARPE_RATIO, v->best.value[NJ_METRIC_SHARPE_RATIO],
                     false);
    nj_buf_puts(&l->text,
                ". How sure one may be that it is more than luck, given how long the run is: ");
    put_share(&l->text, f->confidence);
    nj_buf_puts(&l->text, ". Take 95\xc2\xa0% or more for skill.");
}

static void judge_overfitting(const struct nj_sweep_view *v, struct light *l)
{
    const struct nj_sweep_doubt *d = v->page->doubt;
    double p = d->pbo.probability;
    *l = (struct light){.title = "Probability of overfitting", .mood = "none", .word = "not known"};
    if (d->of_sets < 2 || !isfinite(p)) {
        nj_buf_puts(&l->value, "n/a");
        if (d->of_sets < 2)
            nj_buf_puts(&l->text, "It takes the daily returns of two sets.");
        else
            nj_buf_printf(&l->text, "%llu daily returns are too few; it takes %u.", (ull)d->days,
                          4 * NJ_PBO_BLOCK_MIN);
        return;
    }
    bool loses = d->pbo.loss > 0.5;
    l->mood = loses || p >= OVERFIT ? "bad" : p > HOLDS ? "fair" : "good";
    l->word = p >= OVERFIT ? "overfit"
              : loses      ? "loses money"
              : p > HOLDS  ? "holds up in part"
                           : "holds up";
    nj_buf_printf(&l->value, "%.2f", p);
    nj_buf_puts(&l->text, "The days were split into two halves in ");
    put_count(&l->text, d->pbo.splits);
    nj_buf_puts(&l->text, " ways. In ");
    put_share(&l->text, p);
    nj_buf_puts(&l->text, " of them the set that was best in one half was among the worse half of "
                          "all sets in the other, and in ");
    put_share(&l->text, d->pbo.loss);
    nj_buf_puts(&l->text, " it lost money there. Choosing blindly gives 50\xc2\xa0%.");
    if (d->drawn)
        nj_buf_printf(&l->text, " (Over %llu sets: the best %u, and %u drawn by seed %llu.)",
                      (ull)d->of_sets, NJ_SWEEP_BEST, NJ_SWEEP_BEST, (ull)d->seed);
}

static void judge_neighbours(const struct nj_sweep_view *v, struct light *l)
{
    const struct nj_neighbours *near = &v->near;
    enum nj_metric m = sort_of(v);
    *l = (struct light){.title = "Its neighbours", .mood = "none", .word = "not known"};
    if (!v->ran || near->n == 0) {
        nj_buf_puts(&l->value, "n/a");
        nj_buf_puts(&l->text, "No other set that ran stands beside the best one.");
        return;
    }
    if (isfinite(near->share)) {
        bool loss = strcmp(nj_report_mood(m, v->best.value[m]), "neg") == 0;
        l->mood = loss                     ? "none"
                  : near->share >= PLATEAU ? "good"
                  : near->share >= PEAK    ? "fair"
                                           : "bad";
        l->word = near->share >= PLATEAU ? "a plateau"
                  : near->share >= PEAK  ? "a slope"
                                         : "a lonely peak";
    }
    nj_report_metric(&l->value, m, near->median, false);
    nj_buf_puts(&l->text, near->nearest ? "The " : "Of ");
    put_count(&l->text, near->n);
    nj_buf_puts(&l->text, near->nearest  ? " sets nearest to the best have a median "
                          : near->n == 1 ? " set one step off the best, "
                                         : " sets one step off the best, the median ");
    nj_report_text(&l->text, nj_metric_infos[m].title);
    nj_buf_puts(&l->text, near->nearest ? " of " : " is ");
    nj_report_metric(&l->text, m, near->median, false);
    nj_buf_puts(&l->text, " (from ");
    nj_report_metric(&l->text, m, near->worst, false);
    nj_buf_puts(&l->text, " to ");
    nj_report_metric(&l->text, m, near->best, false);
    nj_buf_puts(&l->text, "); the best set has ");
    nj_report_metric(&l->text, m, v->best.value[m], false);
    nj_buf_puts(&l->text, ", the median of all ");
    nj_report_metric(&l->text, m, v->middle, false);
    nj_buf_puts(&l->text, ". A plateau may last; a lonely peak is chance.");
}

static void put_worth(struct nj_buf *out, const struct light *lights)
{
    nj_report_panel(out, "worth", "What the best set is worth",
                    "the best of many looks good by luck alone");
    nj_buf_puts(out, "<ul class=\"lights\">\n");
    for (int i = 0; i < LIGHTS; i++) {
        nj_buf_printf(
            out, "<li class=\"%s\"><h3>%s <b>%s</b></h3><p class=\"word\">%s</p><p>%s</p></li>\n",
            lights[i].mood, lights[i].title, lights[i].value.data, lights[i].word,
            lights[i].text.data);
        out->failed = out->failed || lights[i].value.failed || lights[i].text.failed;
    }
    nj_buf_puts(out, "</ul></section>\n");
}

/* ---- the head ---- */

static void put_best(struct nj_buf *out, const struct nj_sweep_view *v)
{
    const struct nj_space *space = v->page->space;
    struct nj_space_set *set = malloc(sizeof *set);
    if (!set) {
        out->failed = true;
        return;
    }
    nj_space_set(space, v->best_set, set);
    nj_buf_printf(out, "<p class=\"chips\" id=\"best\"><b>%s</b>",
                  v->ran ? "The best set" : "No set has a figure; the first");
    for (uint32_t i = 0; i < nj_space_axes(space); i++) {
        nj_buf_puts(out, "<code>");
        nj_report_text(out, nj_space_name(space, i));
        nj_buf_puts(out, " = ");
        nj_report_text(out, set->texts[i]);
        nj_buf_puts(out, "</code>");
    }
    nj_buf_puts(out, "</p>\n");
    free(set);
}

static void put_head(struct nj_buf *out, const struct nj_sweep_view *v)
{
    const struct nj_result *r = v->page->about;
    uint64_t grid = nj_space_grid(v->page->space);
    nj_report_open(out, "sweep report");
    nj_report_text(out, r->strategy_id);
    nj_buf_puts(out, " <span>on ");
    nj_report_text(out, r->symbol);
    nj_buf_puts(out, "</span></h1>\n<p class=\"sub\">");
    put_count(out, v->n);
    nj_buf_puts(out, v->n == 1 ? " set" : " sets");
    if (grid != v->n) {
        nj_buf_puts(out, " of ");
        put_count(out, grid);
        nj_buf_puts(out, " combinations");
    }
    nj_buf_puts(out, " by ");
    nj_report_text(out, nj_metric_infos[sort_of(v)].title);
    nj_buf_puts(out, " \xc2\xb7 ");
    nj_report_terms(out, r);
    nj_report_close_head(out);
}

static void put_card(struct nj_buf *out, const struct nj_sweep_view *v, enum nj_metric m)
{
    double value = v->ran ? v->best.value[m] : (double)NAN;
    nj_report_card(out, nj_metric_infos[m].title, nj_report_mood(m, value));
    nj_report_metric(out, m, value, true);
    if (m == sort_of(v)) {
        nj_buf_puts(out, "</p><p class=\"note\">median of all ");
        nj_report_metric(out, m, v->middle, false);
    } else {
        nj_buf_puts(out, "</p><p class=\"note\">of the best set");
    }
    nj_buf_puts(out, "</p></div>\n");
}

static void put_cards(struct nj_buf *out, const struct nj_sweep_view *v, const struct light *lights)
{
    static const enum nj_metric heads[] = {NJ_METRIC_SHARPE_RATIO, NJ_METRIC_TOTAL_RETURN_PCT,
                                           NJ_METRIC_MAX_DRAWDOWN_PCT, NJ_METRIC_NUM_TRADES};
    nj_buf_puts(out, "<section class=\"cards\" aria-label=\"Headline figures\">\n");
    put_card(out, v, sort_of(v));
    for (size_t i = 0, shown = 1; i < sizeof heads / sizeof heads[0] && shown < 4; i++)
        if (heads[i] != sort_of(v)) {
            put_card(out, v, heads[i]);
            shown++;
        }
    nj_report_card(out, "Sets run", "");
    put_count(out, v->n - v->page->failed);
    nj_buf_puts(out, v->page->failed ? "</p><p class=\"note neg\">" : "</p><p class=\"note\">");
    put_count(out, v->page->failed);
    nj_buf_puts(out, " failed</p></div>\n");
    for (int i = 0; i < LIGHTS; i++) {
        nj_report_card(out, lights[i].title, "");
        nj_buf_printf(out, "%s</p><p class=\"note light %s\">%s</p></div>\n", lights[i].value.data,
                      lights[i].mood, lights[i].word);
    }
    nj_buf_puts(out, "</section>\n");
}

/* ---- what to know first ---- */

static int put_warnings(struct nj_buf *out, const struct nj_sweep_view *v, struct nj_error *err)
{
    const struct nj_sweep_page *page = v->page;
    struct nj_result notes = {0};
    int rc = 0;
    for (size_t i = 0; i < page->about->n_warnings && rc == 0; i++)
        rc = nj_result_warn(&notes, "%s", page->about->warnings[i]);
    if (rc == 0 && page->failed > 0)
        rc = nj_result_warn(&notes, "%llu of %llu sets failed: they are in no figure",
                            (ull)page->failed, (ull)v->n);
    if (rc == 0 && v->ran && v->best.value[NJ_METRIC_NUM_TRADES] < FEW_TRADES)
        rc =
            nj_result_warn(&notes, "the best set made %.0f trades: too few to tell skill from luck",
                           v->best.value[NJ_METRIC_NUM_TRADES]);
    if (rc == 0 && v->n_kept < v->n)
        rc = nj_result_warn(&notes,
                            "this page holds %llu of %llu sets: the best %u, and others drawn by "
                            "seed %llu; the CSV has all",
                            (ull)v->n_kept, (ull)v->n, NJ_SWEEP_PAGE_BEST, (ull)page->seed);
    if (rc == 0)
        nj_report_warnings(out, &notes, "Before you trust it");
    nj_result_free(&notes);
    return rc == 0 ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "report: out of memory");
}

/* ---- panels that the script fills ---- */

static void put_maps(struct nj_buf *out, const struct nj_sweep_view *v)
{
    nj_buf_puts(out, "<noscript><p class=\"warnings\">The map, the charts and the table of sets "
                     "need JavaScript; the CSV has all sets.</p></noscript>\n");
    nj_report_panel(out, "map", "Map of the sets", "<span id=\"map-about\"></span>");
    nj_buf_puts(out, "<div class=\"controls\" id=\"map-controls\"></div>\n"
                     "<div class=\"scroll\"><table class=\"map\" id=\"map\"></table></div>\n"
                     "<div class=\"chart tall\" id=\"line\" hidden></div>\n"
                     "<div class=\"legend\" id=\"map-legend\"></div></section>\n");
    nj_buf_puts(out, "<section class=\"panel\" id=\"panel-histogram\"><h2>");
    nj_report_text(out, nj_metric_infos[sort_of(v)].title);
    nj_buf_puts(out, " of all sets <small>how many of each size");
    if (sort_of(v) == NJ_METRIC_SHARPE_RATIO && isfinite(v->page->doubt->luck_annual))
        nj_buf_puts(out, "; luck alone: what the best of as many sets without skill would have");
    nj_buf_puts(out, "</small></h2><div class=\"chart mid\" id=\"histogram\"></div></section>\n");
    nj_report_panel(out, "parallel", "Parameters and figures side by side",
                    "a line a set; drag along an axis to choose");
    nj_buf_puts(out, "<details class=\"choose\" id=\"choose\"><summary>Metrics shown</summary>"
                     "<div id=\"metrics\"></div></details>\n<div class=\"scroll\"><div "
                     "id=\"parallel\"></div></div></section>\n");
    nj_report_panel(out, "sets", "Sets", "<span id=\"sets-about\"></span>");
    nj_buf_puts(out,
                "<p class=\"tools\"><input id=\"search\" type=\"search\" placeholder=\"Search\" "
                "aria-label=\"Search the sets\"><button type=\"button\" id=\"clear\" hidden>"
                "Show all again</button></p>\n<div class=\"scroll sets\"><table "
                "id=\"sets\"></table></div></section>\n");
}

/* ---- failures, configuration ---- */

static void put_set(struct nj_buf *out, const struct nj_space *space, uint64_t number,
                    struct nj_space_set *set)
{
    nj_space_set(space, number, set);
    for (uint32_t k = 0; k < nj_space_axes(space); k++) {
        nj_buf_puts(out, k ? ", " : "");
        nj_report_text(out, nj_space_name(space, k));
        nj_buf_putc(out, '=');
        nj_report_text(out, set->texts[k]);
    }
}

static void put_failures(struct nj_buf *out, const struct nj_sweep_view *v)
{
    struct nj_space_set *set = malloc(sizeof *set);
    out->failed = out->failed || !set;
    if (v->n_causes > 0 && set) {
        nj_report_panel(out, "failures", "Failures", "what sets failed by, and the first of each");
        nj_buf_puts(out,
                    "<div class=\"scroll\"><table class=\"failures\"><thead><tr><th class=\"num\">"
                    "Sets</th><th>Error</th><th>The first</th></tr></thead><tbody>\n");
        for (uint32_t i = 0; i < v->n_causes; i++) {
            nj_buf_printf(out, "<tr><td class=\"num\">%llu</td><td>", (ull)v->causes[i].n);
            nj_report_text(out, v->causes[i].text);
            nj_buf_puts(out, "</td><td>");
            put_set(out, v->page->space, v->causes[i].set, set);
            nj_buf_puts(out, "</td></tr>\n");
        }
        if (v->other_causes > 0)
            nj_buf_printf(out,
                          "<tr><td class=\"num\">%llu</td><td>others: the CSV has them</td><td>"
                          "</td></tr>\n",
                          (ull)v->other_causes);
        nj_buf_puts(out, "</tbody></table></div></section>\n");
    }
    free(set);
}

#define VALUES_NAMED 12u

/* "5, 10, 20", or the ends of many. */
static void values_text(const struct nj_space *space, uint32_t axis, struct nj_buf *out)
{
    uint64_t n = nj_space_values(space, axis), shown = n <= VALUES_NAMED ? n : VALUES_NAMED - 2;
    char text[NJ_SPACE_TEXT];
    for (uint64_t i = 0; i < shown; i++) {
        nj_space_value(space, axis, i, text);
        nj_buf_printf(out, "%s%s", i ? ", " : "", text);
    }
    if (shown < n) {
        nj_space_value(space, axis, n - 1, text);
        nj_buf_printf(out, " \xe2\x80\xa6 %s (%llu values)", text, (ull)n);
    }
}

static bool is_axis(const struct nj_space *space, const char *name)
{
    for (uint32_t i = 0; i < nj_space_axes(space); i++)
        if (strcmp(nj_space_name(space, i), name) == 0)
            return true;
    return false;
}

static void put_space(struct nj_buf *out, const struct nj_sweep_view *v)
{
    const struct nj_sweep_page *page = v->page;
    struct nj_buf text = {0};
    nj_report_table(out, "Parameters tried");
    for (uint32_t i = 0; i < nj_space_axes(page->space); i++) {
        nj_buf_clear(&text);
        values_text(page->space, i, &text);
        nj_report_row(out, nj_space_name(page->space, i), text.data ? text.data : "");
    }
    nj_report_close_table(out);
    nj_report_table(out, "Sets");
    for (size_t i = 0; i < page->n_wheres; i++)
        nj_report_row(out, "Only where", page->wheres[i]);
    nj_buf_clear(&text);
    if (page->samples > 0)
        nj_buf_printf(&text, "%llu of %llu, drawn by seed %llu", (ull)v->n,
                      (ull)nj_space_grid(page->space), (ull)page->seed);
    else
        nj_buf_printf(&text, "%llu of %llu combinations", (ull)v->n,
                      (ull)nj_space_grid(page->space));
    nj_report_row(out, "Chosen", text.data ? text.data : "");
    nj_report_row(out, "Sorted by", nj_metric_infos[page->sort].name);
    nj_buf_clear(&text);
    nj_buf_printf(&text, "%llu", (ull)page->seed);
    nj_report_row(out, "Seed of draws", text.data ? text.data : "");
    nj_report_close_table(out);
    out->failed = out->failed || text.failed;
    nj_buf_free(&text);
}

static void put_config(struct nj_buf *out, const struct nj_sweep_view *v)
{
    const struct nj_result *r = v->page->about;
    bool any = false;
    nj_report_panel(out, "config", "Configuration", "all that is needed to run it again");
    nj_buf_puts(out, "<div class=\"groups\">\n");
    nj_report_run_table(r, false, out);
    nj_buf_puts(out, "<div>");
    put_space(out, v);
    nj_report_table(out, "Other parameters");
    for (size_t i = 0; i < r->n_params; i++)
        if (!is_axis(v->page->space, r->params[i].name)) {
            nj_report_row(out, r->params[i].name, r->params[i].value);
            any = true;
        }
    if (!any)
        nj_report_row(out, "none given", "the plugin's defaults");
    nj_report_close_table(out);
    nj_report_data_table(r, out);
    nj_buf_puts(out, "</div></div>\n</section>\n");
}

/* ---- the page ---- */

static int put_body(struct nj_buf *out, const struct nj_sweep_view *v, struct nj_error *err)
{
    struct light lights[LIGHTS];
    judge_deflated(v, &lights[DEFLATED]);
    judge_overfitting(v, &lights[OVERFITTING]);
    judge_neighbours(v, &lights[BESIDE]);
    put_head(out, v);
    put_best(out, v);
    put_cards(out, v, lights);
    put_worth(out, lights);
    int rc = put_warnings(out, v, err);
    put_maps(out, v);
    put_failures(out, v);
    put_config(out, v);
    for (int i = 0; i < LIGHTS; i++) {
        nj_buf_free(&lights[i].value);
        nj_buf_free(&lights[i].text);
    }
    return rc;
}

int nj_sweep_report_html(const struct nj_sweep_page *page, struct nj_buf *out, struct nj_error *err)
{
    struct nj_buf title = {0}, body = {0}, data = {0};
    struct nj_sweep_view view;
    if (nj_report_missing())
        return nj_error_set(err, NJ_ERR_LIMIT, "reports are not built in: %s", nj_report_missing());
    int rc = nj_sweep_view_make(&view, page, err);
    if (rc != 0)
        return rc;
    nj_buf_puts(&title, "Sweep of ");
    nj_report_text(&title, page->about->strategy_id);
    nj_buf_puts(&title, " on ");
    nj_report_text(&title, page->about->symbol);
    rc = put_body(&body, &view, err);
    if (rc == 0)
        rc = nj_sweep_report_data(&view, &data, err);
    if (rc == 0)
        rc = nj_report_page(&nj_report_assets.sweep, &title, &body, &data, out, err);
    nj_sweep_view_free(&view);
    nj_buf_free(&title);
    nj_buf_free(&body);
    nj_buf_free(&data);
    return rc;
}
