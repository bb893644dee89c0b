/* verb_sweep.c - njord sweep: a strategy over many sets of parameters, the best of them first. */
#include "backtest/report.h"
#include "backtest/sweep.h"
#include "base/json_out.h"
#include "cli/backtest_args.h"
#include "cli/data.h"
#include "cli/sweep_page.h"
#include "cli/sweep_progress.h"
#include "cli/sweep_walk.h"
#include "cli/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_PARAMS 5u /* columns of a table; the CSV has them all */

struct args {
    struct nj_backtest_args run;
    const char *samples, *seed, *jobs, *sort, *top, *limit, *output, *report;
    struct nj_cli_list params, wheres, walks;
    bool restart, no_report;
};

#define TEXT(name, member, argument, help)                                                         \
    {                                                                                              \
        name, argument, offsetof(struct args, member), false, false, help                          \
    }

const struct nj_cli_option nj_sweep_options[] = {
    NJ_BACKTEST_OPTIONS,
    {"param", "NAME=VALUES", offsetof(struct args, params), true, true,
     "10,20,30 or 0.01..0.05:0.01 (both ends); may stand several times"},
    {"where", "CONDITION", offsetof(struct args, wheres), true, false,
     "only sets with it, as \"fast < slow\"; may stand several times"},
    TEXT("samples", samples, "N", "so many sets drawn at random, none twice (default: all)"),
    TEXT("seed", seed, "N", "of what is drawn (default: 1)"),
    TEXT("jobs", jobs, "N", "processes (default: one a core)"),
    TEXT("sort", sort, "METRIC", "the best by it first (default: sharpe_ratio)"),
    TEXT("top", top, "N", "rows shown (default: 20)"),
    {"walk-forward", "train=D,test=D...", offsetof(struct args, walks), true, false,
     "chooses anew in each fold, and tests behind it"},
    TEXT("set-limit", limit, "SECONDS", "a set that runs longer has failed (default: 600)"),
    {"restart", NULL, offsetof(struct args, restart), false, false,
     "throws away what a killed sweep left in FILE.partial"},
    TEXT("output", output, "FILE", "the CSV (default: var/backtest/sweep_results.csv)"),
    TEXT("report", report, "FILE", "the page's name (default: the CSV's, ending in .html)"),
    {"no-report", NULL, offsetof(struct args, no_report), false, false, "makes no page"},
    {0}};

struct choice {
    uint64_t samples, seed, jobs, top;
    double limit_s;
    enum nj_metric sort;
    struct nj_walk_spec walk; /* of --walk-forward */
};

/* ---- options ---- */

static bool whole(const struct nj_cli *cli, const char *name, const char *text, double low,
                  double high, uint64_t *out)
{
    double v = (double)*out;
    if (!nj_cli_real(cli, name, text, low, high, &v))
        return false;
    if (v != floor(v)) {
        nj_cli_error(cli, 0, "option '--%s': expected a whole number, found '%s'", name, text);
        return false;
    }
    *out = (uint64_t)v;
    return true;
}

static bool choose(const struct nj_cli *cli, const struct args *a, struct choice *out)
{
    *out = (struct choice){.seed = 1, .top = 20, .limit_s = 600, .sort = NJ_METRIC_SHARPE_RATIO};
    if (!whole(cli, "samples", a->samples, 1, NJ_SPACE_SETS, &out->samples) ||
        !whole(cli, "seed", a->seed, 0, 9007199254740992.0, &out->seed) ||
        !whole(cli, "jobs", a->jobs, 1, 256, &out->jobs) ||
        !whole(cli, "top", a->top, 0, 1e6, &out->top) ||
        !nj_cli_real(cli, "set-limit", a->limit, 0.001, 1e6, &out->limit_s))
        return false;
    int metric = a->sort ? nj_metric_named(a->sort) : (int)out->sort;
    if (metric < 0)
        nj_cli_error(cli, 0, "option '--sort': '%.64s' is no metric; doc/metrics.md lists them",
                     a->sort);
    out->sort = (enum nj_metric)metric;
    return metric >= 0 && nj_sweep_walk_options(cli, &a->walks, a->top, &out->walk);
}

/* NULL: told. */
static struct nj_space *space_of(const struct nj_cli *cli, const struct args *a,
                                 const struct choice *c)
{
    struct nj_error err = {0};
    struct nj_space *space = nj_space_new();
    int rc = space ? 0 : nj_error_set(&err, NJ_ERR_NOMEM, "out of memory");
    if (rc == 0 && a->params.n == 0)
        rc = nj_error_set(&err, NJ_ERR_INPUT, "expected --param NAME=VALUES; see %s --help",
                          cli->program);
    for (size_t i = 0; rc == 0 && i < a->params.n; i++)
        rc = nj_space_axis(space, a->params.items[i], &err);
    for (size_t i = 0; rc == 0 && i < a->wheres.n; i++)
        rc = nj_space_where(space, a->wheres.items[i], &err);
    if (rc == 0)
        rc = nj_space_choose(space, c->samples, c->seed, &err);
    if (rc == 0)
        return space;
    nj_cli_error(cli, 0, "%s", err.text);
    nj_space_free(space);
    return NULL;
}

/* ---- what is printed ---- */

struct report {
    const struct nj_cli *cli;
    const struct nj_bt_job *job;
    const struct nj_space *space;
    struct nj_sweep *sweep;
    const struct choice *choice;
    const char *output, *page; /* page: NULL: none */
};

static void put_metrics(struct nj_json_out *json, const struct nj_metrics *m)
{
    nj_put_open(json, "metrics", '{');
    for (uint32_t i = 0; i < NJ_METRIC_COUNT; i++)
        nj_put_real(json, nj_metric_infos[i].name, m->value[i]);
    nj_put_close(json, '}');
}

static void put_doubt(struct nj_json_out *json, const struct nj_sweep_doubt *d)
{
    nj_put_open(json, "overfitting", '{');
    nj_put_real(json, "deflated_sharpe_ratio", d->deflated.confidence);
    nj_put_real(json, "luck_sharpe_ratio", d->luck_annual);
    nj_put_uint(json, "trials", d->deflated.trials);
    nj_put_real(json, "pbo", d->pbo.probability);
    nj_put_real(json, "pbo_loss", d->pbo.loss);
    nj_put_uint(json, "pbo_blocks", d->pbo.blocks);
    nj_put_uint(json, "pbo_splits", d->pbo.splits);
    nj_put_uint(json, "pbo_days", d->pbo.days);
    nj_put_uint(json, "pbo_sets", d->of_sets);
    nj_put_close(json, '}');
}

static int print_json(const struct report *r, struct nj_error *err)
{
    struct nj_buf text = {0};
    struct nj_json_out json = {&text, false};
    struct nj_sweep_row row;
    struct nj_space_set *set = malloc(sizeof *set);
    uint64_t n = nj_space_sets(r->space), top = r->choice->top < n ? r->choice->top : n;
    int rc = set ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "strategy_id", nj_bt_job_options(r->job)->strategy_id);
    nj_put_open(&json, "symbols", '[');
    for (uint32_t i = 0; i < nj_bt_job_options(r->job)->n_series; i++)
        nj_put_text(&json, NULL, nj_bt_job_options(r->job)->series[i].symbol);
    nj_put_close(&json, ']');
    nj_put_uint(&json, "combinations", nj_space_grid(r->space));
    nj_put_uint(&json, "sets", n);
    nj_put_uint(&json, "failed", nj_sweep_failed(r->sweep));
    nj_put_text(&json, "sort", nj_metric_infos[r->choice->sort].name);
    nj_put_text(&json, "output", r->output);
    if (r->page)
        nj_put_text(&json, "report", r->page);
    nj_put_open(&json, "best", '[');
    for (uint64_t i = 0; rc == 0 && i < top; i++) {
        rc = nj_sweep_row(r->sweep, i, &row, err);
        if (rc != 0)
            break;
        nj_space_set(r->space, row.set, set);
        nj_put_open(&json, NULL, '{');
        nj_put_open(&json, "params", '{');
        for (uint32_t k = 0; k < nj_space_axes(r->space); k++)
            nj_put_text(&json, nj_space_name(r->space, k), set->texts[k]);
        nj_put_close(&json, '}');
        if (row.error[0])
            nj_put_text(&json, "error", row.error);
        else
            put_metrics(&json, &row.metrics);
        nj_put_close(&json, '}');
    }
    nj_put_close(&json, ']');
    put_doubt(&json, nj_sweep_doubts(r->sweep));
    nj_put_close(&json, '}');
    nj_buf_putc(&text, '\n');
    if (rc == 0 && text.failed)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    if (rc == 0)
        fwrite(text.data, 1, text.len, stdout);
    nj_buf_free(&text);
    free(set);
    return rc;
}

static const enum nj_metric shown[] = {NJ_METRIC_TOTAL_RETURN_PCT, NJ_METRIC_SHARPE_RATIO,
                                       NJ_METRIC_MAX_DRAWDOWN_PCT, NJ_METRIC_NUM_TRADES,
                                       NJ_METRIC_WIN_RATE,         NJ_METRIC_PROFIT_FACTOR};
#define N_SHOWN (sizeof shown / sizeof shown[0])

static void add_row(struct nj_table *table, const struct report *r, const struct nj_sweep_row *row,
                    const struct nj_space_set *set, bool extra)
{
    uint32_t n = nj_space_axes(r->space);
    for (uint32_t k = 0; k < n && k < SHOWN_PARAMS; k++)
        nj_table_add(table, set->texts[k]);
    for (size_t k = 0; k < N_SHOWN + extra; k++) {
        enum nj_metric metric = k < N_SHOWN ? shown[k] : r->choice->sort;
        double v = row->metrics.value[metric];
        char text[64];
        if (row->error[0])
            snprintf(text, sizeof text, "%s", k == 0 ? "failed" : "");
        else if (!isfinite(v))
            snprintf(text, sizeof text, "n/a");
        else
            snprintf(text, sizeof text, metric == NJ_METRIC_NUM_TRADES ? "%.0f" : "%.2f", v);
        nj_table_add_shade(table, text,
                           row->error[0]                    ? NJ_BAD
                           : k == 0 && isfinite(v) && v < 0 ? NJ_BAD
                           : k == 0 && isfinite(v) && v > 0 ? NJ_GOOD
                                                            : NJ_PLAIN);
    }
}

static int print_table(const struct report *r, struct nj_error *err)
{
    const char *heads[SHOWN_PARAMS + N_SHOWN + 2] = {0};
    char names[SHOWN_PARAMS][NJ_SPACE_NAME + 1], sorted[64];
    uint32_t n = nj_space_axes(r->space), at = 0;
    uint64_t sets = nj_space_sets(r->space), top = r->choice->top < sets ? r->choice->top : sets;
    struct nj_space_set *set = malloc(sizeof *set);
    struct nj_sweep_row row;
    struct nj_table table;
    bool extra = true;
    int rc = set ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    for (; at < n && at < SHOWN_PARAMS; at++) {
        snprintf(names[at], sizeof names[at], ">%s", nj_space_name(r->space, at));
        heads[at] = names[at];
    }
    static const char *const titles[N_SHOWN] = {">return %", ">sharpe",   ">drawdown %",
                                                ">trades",   ">win rate", ">profit f."};
    for (size_t k = 0; k < N_SHOWN; k++) {
        heads[at++] = titles[k];
        extra = extra && shown[k] != r->choice->sort;
    }
    if (extra) {
        snprintf(sorted, sizeof sorted, ">%s", nj_metric_infos[r->choice->sort].name);
        heads[at++] = sorted;
    }
    nj_table_init(&table, heads);
    for (uint64_t i = 0; rc == 0 && i < top; i++) {
        rc = nj_sweep_row(r->sweep, i, &row, err);
        if (rc != 0)
            break;
        nj_space_set(r->space, row.set, set);
        add_row(&table, r, &row, set, extra);
    }
    if (rc == 0 && top > 0) {
        printf("The best %llu of %llu by %s:\n", (unsigned long long)top, (unsigned long long)sets,
               nj_metric_infos[r->choice->sort].name);
        nj_table_print(&table, stdout, nj_cli_colour());
        if (n > SHOWN_PARAMS)
            printf("(%u more parameters stand in the file)\n", n - SHOWN_PARAMS);
    }
    nj_table_free(&table);
    free(set);
    return rc;
}

static int print_failed(const struct report *r, struct nj_error *err)
{
    uint64_t failed = nj_sweep_failed(r->sweep), n = nj_space_sets(r->space);
    struct nj_sweep_row row;
    if (failed == 0)
        return 0;
    int rc = nj_sweep_row(r->sweep, n - failed, &row, err); /* without a metric: the last */
    for (uint64_t i = n - failed; rc == 0 && !row.error[0] && i + 1 < n; i++)
        rc = nj_sweep_row(r->sweep, i + 1, &row, err);
    if (rc == 0)
        nj_cli_error(r->cli, 0, "%llu of %llu sets failed: %s", (unsigned long long)failed,
                     (unsigned long long)n, row.error);
    return rc;
}

static int print_all(const struct report *r, const struct args *a, struct nj_error *err)
{
    int rc = r->cli->json ? print_json(r, err) : print_table(r, err);
    if (rc == 0 && !r->cli->json) {
        struct nj_buf text = {0};
        nj_sweep_doubt_text(nj_sweep_doubts(r->sweep), &text);
        printf("\n%s\nResults saved to: %s\n", text.data ? text.data : "", r->output);
        nj_buf_free(&text);
        if (r->page)
            printf("Report saved to: %s\n", r->page);
        else if (!a->no_report)
            printf("Report: not built in: %s\n", nj_report_missing());
    }
    if (rc == 0)
        rc = print_failed(r, err);
    return rc;
}

static void print_head(const struct report *r)
{
    const struct nj_bt_options *o = nj_bt_job_options(r->job);
    char n[NJ_DATA_TEXT], grid[NJ_DATA_TEXT], rows[NJ_DATA_TEXT];
    printf("Sweep: %s on ", o->strategy_id);
    for (uint32_t i = 0; i < o->n_series; i++)
        printf("%s%s", i ? "," : "", o->series[i].symbol);
    printf(", %s sets", nj_data_count(nj_space_sets(r->space), n));
    if (nj_space_sets(r->space) != nj_space_grid(r->space))
        printf(" of %s combinations", nj_data_count(nj_space_grid(r->space), grid));
    printf(", %s rows each\n", nj_data_count(nj_bt_job_rows(r->job), rows));
    fflush(stdout);
}

static int write_page(const struct report *r, const struct args *a, struct nj_error *err)
{
    struct nj_sweep_page page = {.space = r->space,
                                 .wheres = a->wheres.items,
                                 .n_wheres = a->wheres.n,
                                 .samples = r->choice->samples,
                                 .seed = r->choice->seed,
                                 .sort = r->choice->sort};
    return nj_sweep_page_write(r->page, r->job, r->sweep, &page, err);
}

static int run(struct report *r, const struct args *a, struct nj_error *err)
{
    struct nj_sweep_progress progress;
    struct nj_sweep_request request = {.platform = nj_platform_system(),
                                       .job = (struct nj_bt_job *)r->job,
                                       .space = r->space,
                                       .jobs = (uint32_t)r->choice->jobs,
                                       .limit_ns = (int64_t)(r->choice->limit_s * 1e9),
                                       .sort = r->choice->sort,
                                       .output = r->output,
                                       .restart = a->restart,
                                       .seed = r->choice->seed,
                                       .progress = nj_sweep_progress_show,
                                       .progress_ctx = &progress};
    if (!r->cli->json)
        print_head(r);
    nj_sweep_progress_start(&progress, nj_space_sets(r->space), "sets");
    int rc = nj_sweep_run(&r->sweep, &request, err);
    nj_sweep_progress_end(&progress);
    if (rc == 0 && r->page)
        rc = write_page(r, a, err);
    if (rc == 0)
        rc = print_all(r, a, err);
    if (rc == 0 && nj_sweep_failed(r->sweep) == nj_space_sets(r->space))
        rc = NJ_ERR_PLUGIN; /* and its line was printed */
    nj_sweep_free(r->sweep);
    return rc;
}

static int run_walk(const struct report *r, const struct args *a, struct nj_error *err)
{
    struct nj_walk_request request = {.platform = nj_platform_system(),
                                      .job = (struct nj_bt_job *)r->job,
                                      .space = r->space,
                                      .spec = r->choice->walk,
                                      .warm = !a->run.warmup,
                                      .jobs = (uint32_t)r->choice->jobs,
                                      .limit_ns = (int64_t)(r->choice->limit_s * 1e9),
                                      .sort = r->choice->sort,
                                      .output = r->output,
                                      .restart = a->restart};
    struct nj_sweep_walk_page page = {.path = r->page,
                                      .missing = a->no_report ? NULL : nj_report_missing(),
                                      .wheres = a->wheres.items,
                                      .n_wheres = a->wheres.n};
    return nj_sweep_walk(r->cli, &request, &page, err);
}

int nj_verb_sweep(struct nj_cli *cli)
{
    const struct args *a = (const struct args *)(const void *)cli->own;
    struct nj_bt_request request;
    struct nj_config *limits = NULL;
    struct nj_bt_job *job = NULL;
    struct nj_error err = {0};
    struct choice choice;
    char page[NJ_PATH_MAX];
    _Static_assert(sizeof(struct args) <= NJ_CLI_OWN, "a verb's own struct");
    const char *output = a->output    ? a->output
                         : a->walks.n ? NJ_SWEEP_WALK_OUTPUT
                                      : "var/backtest/sweep_results.csv";
    int rc = nj_sweep_page_path(cli, a->report, a->no_report, output, page);
    if (rc == 0)
        rc = nj_backtest_request(cli, &a->run, &request, &limits);
    if (rc != 0)
        return rc;
    struct nj_space *space = choose(cli, a, &choice) ? space_of(cli, a, &choice) : NULL;
    if (!space) {
        nj_config_free(limits);
        return NJ_EXIT_USAGE;
    }
    rc = nj_bt_job_open(&job, &request, &err);
    if (rc == 0) {
        struct report report = {.cli = cli,
                                .job = job,
                                .space = space,
                                .choice = &choice,
                                .output = output,
                                .page = page[0] ? page : NULL};
        rc = a->walks.n ? run_walk(&report, a, &err) : run(&report, a, &err);
    }
    nj_bt_job_close(job);
    nj_space_free(space);
    nj_config_free(limits);
    if (rc != 0 && err.text[0])
        nj_cli_error(cli, 0, "%s", err.text);
    return rc == 0 ? NJ_EXIT_DONE : nj_backtest_exit(rc);
}
