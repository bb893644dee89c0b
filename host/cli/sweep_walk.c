#include "cli/sweep_walk.h"

#include "backtest/walk_report.h"
#include "base/fs.h"
#include "base/json_out.h"
#include "cli/data.h"
#include "cli/sweep_progress.h"
#include "cli/table.h"
#include "config/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_PARAMS 3u /* columns of the table; the CSV has them all */

struct shown {
    const struct nj_cli *cli;
    const struct nj_walk_request *q;
    const struct nj_walk *walk;
    const struct nj_sweep_walk_page *page;
};

bool nj_sweep_walk_options(const struct nj_cli *cli, const struct nj_cli_list *texts,
                           const char *top, struct nj_walk_spec *out)
{
    struct nj_error err = {0};
    if (texts->n == 0)
        return true;
    if (texts->n > 1) {
        nj_cli_error(cli, 0, "option '--walk-forward' stands more than once");
        return false;
    }
    if (nj_walk_spec_parse(texts->items[0], out, &err) != 0) {
        nj_cli_error(cli, 0, "%s", err.text);
        return false;
    }
    if (top) {
        nj_cli_error(cli, 0, "option '--top': with --walk-forward every fold is shown: leave it");
        return false;
    }
    return true;
}

/* ---- JSON ---- */

static void put_metrics(struct nj_json_out *json, const struct nj_metrics *m)
{
    nj_put_open(json, "metrics", '{');
    for (uint32_t i = 0; i < NJ_METRIC_COUNT; i++)
        nj_put_real(json, nj_metric_infos[i].name, m->value[i]);
    nj_put_close(json, '}');
}

static void put_params(const struct shown *s, struct nj_json_out *json, uint64_t number,
                       struct nj_space_set *set)
{
    nj_space_set(s->q->space, number, set);
    nj_put_open(json, "params", '{');
    for (uint32_t k = 0; k < nj_space_axes(s->q->space); k++)
        nj_put_text(json, nj_space_name(s->q->space, k), set->texts[k]);
    nj_put_close(json, '}');
}

static void put_fold(const struct shown *s, struct nj_json_out *json, size_t i,
                     struct nj_space_set *set)
{
    const struct nj_walk_fold *f = nj_walk_fold(s->walk, i);
    nj_put_open(json, NULL, '{');
    nj_put_uint(json, "fold", i + 1);
    nj_put_int(json, "train_start_ts", f->window.train_from);
    nj_put_int(json, "train_end_ts", f->window.train_to);
    nj_put_int(json, "test_start_ts", f->window.test_from);
    nj_put_int(json, "test_end_ts", f->window.test_to);
    nj_put_bool(json, "cut_short", f->window.cut);
    nj_put_uint(json, "train_rows", f->train_rows);
    nj_put_uint(json, "test_rows", f->test_rows);
    nj_put_uint(json, "sets_failed", f->failed);
    if (f->chosen) {
        put_params(s, json, f->set, set);
        nj_put_open(json, "train", '{');
        nj_put_real(json, nj_metric_infos[s->q->sort].name, f->train_key);
        if (s->q->sort != NJ_METRIC_TOTAL_RETURN_PCT)
            nj_put_real(json, "total_return_pct", f->train_return);
        nj_put_close(json, '}');
    }
    if (f->tested) {
        nj_put_real(json, "capital", f->capital);
        nj_put_real(json, "final_equity", f->final_equity);
        nj_put_real(json, "efficiency", f->efficiency);
        nj_put_uint(json, "open_positions", f->n_open);
        put_metrics(json, &f->test);
    }
    if (f->why[0])
        nj_put_text(json, "error", f->why);
    nj_put_close(json, '}');
}

static void put_worth(const struct shown *s, struct nj_json_out *json, struct nj_space_set *set)
{
    const struct nj_walk_worth *worth = nj_walk_worth(s->walk);
    const struct nj_walk_stitched *t = nj_walk_stitched(s->walk);
    nj_put_open(json, "out_of_sample", '{');
    nj_put_real(json, "initial_capital", t->capital);
    nj_put_real(json, "final_capital", t->final_equity);
    nj_put_uint(json, "points", t->n);
    nj_put_uint(json, "fills", t->n_fills);
    nj_put_uint(json, "open_positions", worth->open);
    put_metrics(json, &t->metrics);
    nj_put_close(json, '}');
    nj_put_open(json, "efficiency", '{');
    nj_put_real(json, "train_rate_pct", worth->train_rate);
    nj_put_real(json, "test_rate_pct", worth->test_rate);
    nj_put_real(json, "efficiency", worth->efficiency);
    nj_put_uint(json, "folds_tested", worth->tested);
    nj_put_uint(json, "folds_profitable", worth->profitable);
    nj_put_close(json, '}');
    nj_put_open(json, "stability", '{');
    nj_put_uint(json, "sets_chosen", worth->n_sets);
    nj_put_uint(json, "most_chosen_times", worth->times);
    if (worth->times > 0)
        put_params(s, json, worth->set, set);
    nj_put_open(json, "parameters", '{');
    for (uint32_t k = 0; k < nj_space_axes(s->q->space); k++) {
        struct nj_walk_steady steady;
        char value[NJ_SPACE_TEXT];
        nj_walk_steady(s->walk, k, &steady);
        nj_space_value(s->q->space, k, steady.place, value);
        nj_put_open(json, nj_space_name(s->q->space, k), '{');
        nj_put_uint(json, "values", steady.values);
        nj_put_uint(json, "changes", steady.changes);
        nj_put_text(json, "most_chosen", steady.times ? value : "");
        nj_put_uint(json, "times", steady.times);
        nj_put_close(json, '}');
    }
    nj_put_close(json, '}');
    nj_put_close(json, '}');
}

static void put_spec(const struct nj_walk_spec *spec, struct nj_json_out *json)
{
    nj_put_open(json, "walk_forward", '{');
    nj_put_int(json, "train_ns", spec->train_ns);
    nj_put_int(json, "test_ns", spec->test_ns);
    nj_put_int(json, "step_ns", spec->step_ns);
    nj_put_bool(json, "anchored", spec->anchored);
    nj_put_close(json, '}');
}

static int print_json(const struct shown *s, struct nj_error *err)
{
    const struct nj_bt_options *o = nj_bt_job_options(s->q->job);
    struct nj_buf text = {0};
    struct nj_json_out json = {&text, false};
    struct nj_space_set *set = malloc(sizeof *set);
    const char *why;
    uint64_t runs, failed = nj_walk_failed(s->walk, &runs, &why);
    if (!set)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "strategy_id", o->strategy_id);
    nj_put_open(&json, "symbols", '[');
    for (uint32_t i = 0; i < o->n_series; i++)
        nj_put_text(&json, NULL, o->series[i].symbol);
    nj_put_close(&json, ']');
    put_spec(&s->q->spec, &json);
    nj_put_uint(&json, "combinations", nj_space_grid(s->q->space));
    nj_put_uint(&json, "sets", nj_space_sets(s->q->space));
    nj_put_uint(&json, "runs", runs);
    nj_put_uint(&json, "failed", failed);
    nj_put_text(&json, "sort", nj_metric_infos[s->q->sort].name);
    nj_put_text(&json, "output", s->q->output);
    nj_put_text(&json, "curve", nj_walk_curve_path(s->walk));
    if (s->page->path)
        nj_put_text(&json, "report", s->page->path);
    nj_put_open(&json, "folds", '[');
    for (size_t i = 0; i < nj_walk_folds(s->walk); i++)
        put_fold(s, &json, i, set);
    nj_put_close(&json, ']');
    put_worth(s, &json, set);
    struct nj_result notes = {0};
    int rc = nj_walk_notes(s->walk, &notes);
    nj_put_open(&json, "warnings", '[');
    for (size_t i = 0; i < notes.n_warnings; i++)
        nj_put_text(&json, NULL, notes.warnings[i]);
    nj_put_close(&json, ']');
    nj_result_free(&notes);
    nj_put_close(&json, '}');
    nj_buf_putc(&text, '\n');
    if (rc != 0 || text.failed)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    if (rc == 0)
        fwrite(text.data, 1, text.len, stdout);
    nj_buf_free(&text);
    free(set);
    return rc;
}

/* ---- the table ---- */

static const char *day(int64_t ts_ns, char out[NJ_DATA_TEXT])
{
    nj_data_time(ts_ns, out);
    if (ts_ns % INT64_C(86400000000000) == 0)
        out[10] = '\0';
    return out;
}

static void add_number(struct nj_table *table, enum nj_metric metric, double v, bool shade)
{
    char text[64];
    if (isfinite(v))
        snprintf(text, sizeof text, metric == NJ_METRIC_NUM_TRADES ? "%.0f" : "%.2f", v + 0.0);
    else
        snprintf(text, sizeof text, "n/a");
    nj_table_add_shade(table, text, shade && v < 0 ? NJ_BAD : shade && v > 0 ? NJ_GOOD : NJ_PLAIN);
}

static int print_table(const struct shown *s, struct nj_error *err)
{
    static const enum nj_metric tests[] = {NJ_METRIC_TOTAL_RETURN_PCT, NJ_METRIC_MAX_DRAWDOWN_PCT,
                                           NJ_METRIC_NUM_TRADES};
    const char *heads[NJ_TABLE_COLUMNS + 1] = {0};
    char names[SHOWN_PARAMS][NJ_SPACE_NAME + 1], train[64], test[64], text[NJ_DATA_TEXT];
    uint32_t n = nj_space_axes(s->q->space), at = 0;
    const char *sort = nj_metric_infos[s->q->sort].name;
    struct nj_space_set *set = malloc(sizeof *set);
    struct nj_table table;
    if (!set)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    heads[at++] = ">fold";
    heads[at++] = "train from";
    heads[at++] = "test from";
    heads[at++] = "to";
    for (uint32_t i = 0; i < n && i < SHOWN_PARAMS; i++) {
        snprintf(names[i], sizeof names[i], ">%s", nj_space_name(s->q->space, i));
        heads[at++] = names[i];
    }
    snprintf(train, sizeof train, ">train %s", sort);
    snprintf(test, sizeof test, ">test %s", sort);
    heads[at++] = train;
    heads[at++] = test;
    heads[at++] = ">return %";
    heads[at++] = ">drawdown %";
    heads[at++] = ">trades";
    nj_table_init(&table, heads);
    for (size_t i = 0; i < nj_walk_folds(s->walk); i++) {
        const struct nj_walk_fold *f = nj_walk_fold(s->walk, i);
        snprintf(text, sizeof text, "%zu", i + 1);
        nj_table_add(&table, text);
        nj_table_add(&table, day(f->window.train_from, text));
        nj_table_add(&table, day(f->window.test_from, text));
        nj_table_add(&table, day(f->window.test_to, text));
        if (f->chosen)
            nj_space_set(s->q->space, f->set, set);
        for (uint32_t k = 0; k < n && k < SHOWN_PARAMS; k++)
            nj_table_add(&table, f->chosen ? set->texts[k] : "-");
        add_number(&table, s->q->sort, f->train_key, false);
        add_number(&table, s->q->sort, f->tested ? f->test.value[s->q->sort] : (double)NAN, false);
        for (size_t k = 0; k < sizeof tests / sizeof tests[0]; k++)
            add_number(&table, tests[k], f->tested ? f->test.value[tests[k]] : (double)NAN, k == 0);
    }
    nj_table_print(&table, stdout, nj_cli_colour());
    nj_table_free(&table);
    free(set);
    if (n > SHOWN_PARAMS)
        printf("(%u more parameters stand in the file)\n", n - SHOWN_PARAMS);
    return 0;
}

/* ---- what it comes to ---- */

static void print_figure(const char *name, const char *format, double v)
{
    printf("%-16s", name);
    if (isfinite(v))
        printf(format, v + 0.0);
    else
        fputs("n/a", stdout);
    putchar('\n');
}

static void print_efficiency(const struct nj_walk_worth *w)
{
    printf("%-16s", "Efficiency:");
    if (isfinite(w->efficiency))
        printf("%.2f: %+.2f%% a year out of sample, %+.2f%% in the train windows; 0.5 or more is "
               "asked for\n",
               w->efficiency, w->test_rate, w->train_rate);
    else if (isfinite(w->train_rate))
        printf("n/a: %+.2f%% a year out of sample, %+.2f%% in the train windows: they made "
               "nothing\n",
               w->test_rate, w->train_rate);
    else
        puts("n/a: no test ran");
}

static void print_steady(const struct shown *s)
{
    const struct nj_walk_worth *worth = nj_walk_worth(s->walk);
    uint64_t chosen = 0;
    for (size_t i = 0; i < nj_walk_folds(s->walk); i++)
        chosen += nj_walk_fold(s->walk, i)->chosen;
    if (chosen == 0)
        return;
    struct nj_space_set *set = malloc(sizeof *set);
    printf("%-16s%llu different in %llu choices", "Sets:", (unsigned long long)worth->n_sets,
           (unsigned long long)chosen);
    if (set && worth->times > 1) {
        nj_space_set(s->q->space, worth->set, set);
        fputs(", most often", stdout);
        for (uint32_t k = 0; k < nj_space_axes(s->q->space); k++)
            printf(" %s=%s", nj_space_name(s->q->space, k), set->texts[k]);
        printf(" (%llu times)", (unsigned long long)worth->times);
    }
    putchar('\n');
    free(set);
    for (uint32_t k = 0; k < nj_space_axes(s->q->space); k++) {
        struct nj_walk_steady steady;
        char value[NJ_SPACE_TEXT];
        nj_walk_steady(s->walk, k, &steady);
        nj_space_value(s->q->space, k, steady.place, value);
        printf("%-16s%s: %llu value%s, changed %llu time%s, most often %s (%llu of %llu)\n",
               k == 0 ? "Parameters:" : "", nj_space_name(s->q->space, k),
               (unsigned long long)steady.values, steady.values == 1 ? "" : "s",
               (unsigned long long)steady.changes, steady.changes == 1 ? "" : "s", value,
               (unsigned long long)steady.times, (unsigned long long)chosen);
    }
}

static void print_notes(const struct shown *s)
{
    struct nj_result notes = {0};
    (void)nj_walk_notes(s->walk, &notes); /* out of memory: some are missing */
    for (size_t i = 0; i < notes.n_warnings; i++)
        printf("%-16s%s\n", "Note:", notes.warnings[i]);
    nj_result_free(&notes);
}

static void print_worth(const struct shown *s)
{
    const struct nj_walk_stitched *t = nj_walk_stitched(s->walk);
    const struct nj_walk_worth *worth = nj_walk_worth(s->walk);
    const double *m = t->metrics.value;
    printf("\nOut of sample, %llu tests one behind the other, %llu with a gain:\n",
           (unsigned long long)worth->tested, (unsigned long long)worth->profitable);
    print_figure("Initial:", "%.2f", t->capital);
    print_figure("Final:", "%.2f", t->final_equity);
    print_figure("Total Return:", "%+.2f%%", m[NJ_METRIC_TOTAL_RETURN_PCT]);
    print_figure("Sharpe Ratio:", "%.2f", m[NJ_METRIC_SHARPE_RATIO]);
    print_figure("Max Drawdown:", "%.2f%%", m[NJ_METRIC_MAX_DRAWDOWN_PCT]);
    print_figure("Trades:", "%.0f", m[NJ_METRIC_NUM_TRADES]);
    print_efficiency(worth);
    print_steady(s);
    print_notes(s);
    printf("\nFolds saved to: %s\nEquity curve saved to: %s\n", s->q->output,
           nj_walk_curve_path(s->walk));
    if (s->page->path)
        printf("Report saved to: %s\n", s->page->path);
    else if (s->page->missing)
        printf("Report: not built in: %s\n", s->page->missing);
}

static int write_page(const struct shown *s, struct nj_error *err)
{
    struct nj_walk_page page = {
        .walk = s->walk, .request = s->q, .wheres = s->page->wheres, .n_wheres = s->page->n_wheres};
    struct nj_result about;
    struct nj_buf text = {0};
    int rc = nj_bt_job_about(s->q->job, &about, err);
    if (rc != 0)
        return rc;
    page.about = &about;
    rc = nj_walk_report_html(&page, &text, err);
    if (rc == 0)
        rc = nj_mkdirs_for(s->page->path, 0777, err);
    if (rc == 0)
        rc = nj_replace_file(s->q->platform, s->page->path, text.data, text.len, 0666, err);
    nj_buf_free(&text);
    nj_result_free(&about);
    return rc;
}

static void print_failed(const struct shown *s)
{
    const char *why;
    uint64_t runs, failed = nj_walk_failed(s->walk, &runs, &why);
    size_t n = nj_walk_folds(s->walk), without = 0, first = n;
    for (size_t i = 0; i < n; i++)
        if (!nj_walk_fold(s->walk, i)->tested) {
            first = first < n ? first : i;
            without++;
        }
    if (failed > 0)
        nj_cli_error(s->cli, 0, "%llu of %llu runs failed: %s", (unsigned long long)failed,
                     (unsigned long long)runs, why);
    if (without > 0)
        nj_cli_error(s->cli, 0, "%zu of %zu folds have no test: fold %zu: %s", without, n,
                     first + 1, nj_walk_fold(s->walk, first)->why);
}

static void print_head(const struct nj_walk_request *q, size_t folds)
{
    const struct nj_bt_options *o = nj_bt_job_options(q->job);
    char sets[NJ_DATA_TEXT], grid[NJ_DATA_TEXT], rows[NJ_DATA_TEXT];
    struct nj_buf text = {0};
    printf("Walk-forward: %s on ", o->strategy_id);
    for (uint32_t i = 0; i < o->n_series; i++)
        printf("%s%s", i ? "," : "", o->series[i].symbol);
    printf(", %zu fold%s of %s set%s", folds, folds == 1 ? "" : "s",
           nj_data_count(nj_space_sets(q->space), sets), nj_space_sets(q->space) == 1 ? "" : "s");
    if (nj_space_sets(q->space) != nj_space_grid(q->space))
        printf(" of %s combinations", nj_data_count(nj_space_grid(q->space), grid));
    nj_buf_puts(&text, ": train ");
    nj_value_put_duration(&text, q->spec.train_ns);
    nj_buf_puts(&text, q->spec.anchored ? " and growing, test " : ", test ");
    nj_value_put_duration(&text, q->spec.test_ns);
    nj_buf_puts(&text, ", step ");
    nj_value_put_duration(&text, q->spec.step_ns);
    printf("%s, %s rows, chosen by %s\n", text.data ? text.data : "",
           nj_data_count(nj_bt_job_rows(q->job), rows), nj_metric_infos[q->sort].name);
    nj_buf_free(&text);
    fflush(stdout);
}

int nj_sweep_walk(const struct nj_cli *cli, struct nj_walk_request *q,
                  const struct nj_sweep_walk_page *page, struct nj_error *err)
{
    struct nj_sweep_progress progress;
    struct nj_walk *walk = NULL;
    size_t folds;
    int rc = nj_walk_count(q->job, &q->spec, &folds, err);
    if (rc != 0)
        return rc;
    if (!cli->json)
        print_head(q, folds);
    q->progress = nj_sweep_progress_show;
    q->progress_ctx = &progress;
    nj_sweep_progress_start(&progress, folds * (nj_space_sets(q->space) + 1), "runs");
    rc = nj_walk_run(&walk, q, err);
    nj_sweep_progress_end(&progress);
    if (rc != 0)
        return rc;
    struct shown shown = {cli, q, walk, page};
    if (page->path)
        rc = write_page(&shown, err);
    if (rc == 0)
        rc = cli->json ? print_json(&shown, err) : print_table(&shown, err);
    if (rc == 0 && !cli->json)
        print_worth(&shown);
    if (rc == 0)
        print_failed(&shown);
    if (rc == 0 && nj_walk_worth(walk)->tested == 0)
        rc = NJ_ERR_PLUGIN; /* and its line was printed */
    nj_walk_free(walk);
    return rc;
}
