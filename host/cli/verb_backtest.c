/* verb_backtest.c - njord backtest: a strategy over stored bars or trades, and what came of it. */
#include "backtest/report.h"
#include "cli/backtest_args.h"
#include "cli/compare_live.h"
#include "cli/rerun.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct args {
    struct nj_backtest_args run;
    const char *output, *report, *rerun, *stall, *journal, *compare_live;
    struct nj_cli_list params;
    bool no_report, no_files, verify;
};

const struct nj_cli_option nj_backtest_options[] = {
    NJ_BACKTEST_OPTIONS,
    {"param", "NAME=VALUE", offsetof(struct args, params), true, true,
     "a parameter, over the entry's; may stand several times"},
    {"report", "FILE", offsetof(struct args, report), false, false,
     "the page's name (default: report_*.html beside the rest)"},
    {"no-report", NULL, offsetof(struct args, no_report), false, false, "makes no page"},
    {"no-files", NULL, offsetof(struct args, no_files), false, false,
     "prints the summary, writes nothing"},
    {"output", "DIR", offsetof(struct args, output), false, false,
     "where files go (default: var/backtest)"},
    {"verify", NULL, offsetof(struct args, verify), false, false,
     "runs over data cut at 200 of its orders too: the same ones must come"},
    {"stall-limit", "SECONDS", offsetof(struct args, stall), false, false,
     "ends a run that does no row for so long; 0: never (default: 60)"},
    {"rerun", "RESULT", offsetof(struct args, rerun), false, false,
     "runs a result file again: the same bytes, or what differs"},
    {"journal", "DIR", offsetof(struct args, journal), false, false,
     "writes the order flow there, as a host writes its journals"},
    {"compare-live", "DIR", offsetof(struct args, compare_live), false, false,
     "does what a host did that wrote these journals: identical, or what differs"},
    {0}};

static void free_params(struct nj_param_text *params, size_t n)
{
    for (size_t i = 0; params && i < n; i++) {
        free((char *)params[i].name);
        free((char *)params[i].text);
    }
    free(params);
}

static struct nj_param_text *params_of(const struct args *a)
{
    struct nj_param_text *out = calloc(a->params.n + 1, sizeof *out);
    for (size_t i = 0; out && i < a->params.n; i++) {
        const char *text = a->params.items[i], *equal = strchr(text, '=');
        out[i].name = strndup(text, (size_t)(equal - text));
        out[i].text = strdup(equal + 1);
        if (!out[i].name || !out[i].text) {
            free_params(out, a->params.n);
            return NULL;
        }
    }
    return out;
}

/* ---- files ---- */

/* "ma_cross_ATOMUSDT+BTCUSDT" */
static void name_of(const struct nj_bt_options *o, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "%s_", o->strategy_id);
    for (uint32_t i = 0; i < o->n_series && n < cap; i++) {
        if (i > 0)
            out[n++] = '+';
        for (const char *p = o->series[i].symbol; *p && n + 1 < cap; p++)
            if (*p != '/')
                out[n++] = *p;
    }
    out[n < cap ? n : cap - 1] = '\0';
}

static int print_file(const struct nj_cli *cli, const char *path)
{
    char part[65536];
    FILE *in = fopen(path, "rb");
    size_t n;
    if (!in)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "file '%s': %s", path, strerror(errno));
    while ((n = fread(part, 1, sizeof part, in)) > 0)
        fwrite(part, 1, n, stdout);
    bool lost = ferror(in) != 0;
    fclose(in);
    return lost ? nj_cli_error(cli, NJ_EXIT_FAILED, "file '%s': cannot be read", path)
                : NJ_EXIT_DONE;
}

static void show_progress(void *ctx, uint64_t rows)
{
    const struct nj_bt_job *job = ctx;
    uint64_t all = nj_bt_job_rows(job);
    if (all > 0 && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3.0f%% of %llu rows\r", (double)rows * 100 / (double)all,
                (unsigned long long)all);
}

static int run_request(struct nj_cli *cli, const struct nj_bt_request *request)
{
    const struct args *a = (const struct args *)(const void *)cli->own;
    const char *dir = a->output ? a->output : "var/backtest";
    struct nj_bt_job *job;
    struct nj_bt_brief brief;
    struct nj_error err = {0};
    char name[512], result[1024], curve[1024], page[1024];
    int rc = nj_bt_job_open(&job, request, &err);
    if (rc != 0)
        return nj_cli_error(cli, nj_backtest_exit(rc), "%s", err.text);
    name_of(nj_bt_job_options(job), name, sizeof name);
    snprintf(result, sizeof result, "%s/%s.json", dir, name);
    snprintf(curve, sizeof curve, "%s/equity_%s.ndjson", dir, name);
    snprintf(page, sizeof page, "%s/report_%s.html", dir, name);
    struct nj_bt_paths paths = {.journals = a->journal};
    if (!a->no_files) {
        paths.result = result;
        paths.curve = curve;
    }
    if (!a->no_files && !a->no_report && !nj_report_missing())
        paths.report = a->report ? a->report : page;
    rc = nj_bt_job_run(job, NULL, 0, &paths, nj_report_html, show_progress, job, &brief, &err);
    struct nj_bt_verified verified = {0};
    if (rc == 0 && a->verify)
        rc = nj_bt_job_verify(job, NULL, NULL, &verified, &err);
    nj_bt_job_close(job);
    if (rc != 0)
        return nj_cli_error(cli, nj_backtest_exit(rc), "%s", err.text);
    if (verified.difference[0])
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", verified.difference);
    if (cli->json)
        return print_file(cli, result);
    fputs(brief.summary, stdout);
    if (a->verify)
        printf("Verified: the orders of %llu of %llu instants are the same over data cut there\n",
               (unsigned long long)verified.checked, (unsigned long long)verified.instants);
    if (!a->no_report && !a->no_files && nj_report_missing())
        printf("Report: not built in: %s\n", nj_report_missing());
    return NJ_EXIT_DONE;
}

int nj_verb_backtest(struct nj_cli *cli)
{
    const struct args *a = (const struct args *)(const void *)cli->own;
    struct nj_bt_request request;
    struct nj_config *limits = NULL;
    double stall_s = 60;
    _Static_assert(sizeof(struct args) <= NJ_CLI_OWN, "a verb's own struct");
    if (a->report && a->no_report)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "--report and --no-report exclude each other");
    if (a->report && nj_report_missing())
        return nj_cli_error(cli, NJ_EXIT_FAILED, "reports are not built in: %s",
                            nj_report_missing());
    if (a->no_files && (a->report || a->output || cli->json))
        return nj_cli_error(cli, NJ_EXIT_USAGE, "--no-files prints the summary alone: leave %s",
                            a->report   ? "--report"
                            : a->output ? "--output"
                                        : "--json");
    if (a->compare_live && (a->rerun || a->verify || a->params.n || a->output || a->report ||
                            a->no_report || a->no_files))
        return nj_cli_error(
            cli, NJ_EXIT_USAGE,
            "--compare-live takes all of it from the configuration, and writes no "
            "result: only --strategy ID, --journal, --plugins, --config, --json and "
            "--stall-limit are for it");
    if (a->rerun && (a->no_files || a->verify || a->journal || a->params.n || a->output ||
                     a->report || a->no_report))
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "--rerun takes all of it from the result, and writes nothing: only "
                            "--strategy PATH, --csv, --plugins, --config, --journal-dir and "
                            "--stall-limit are for it");
    if (!nj_cli_real(cli, "stall-limit", a->stall, 0, 1e6, &stall_s))
        return NJ_EXIT_USAGE;
    if (a->compare_live)
        return nj_backtest_compare_live(cli, a->compare_live, a->journal, &a->run, stall_s);
    if (a->rerun)
        return nj_backtest_rerun(cli, a->rerun, &a->run, stall_s);
    int rc = nj_backtest_request(cli, &a->run, &request, &limits);
    if (rc != 0)
        return rc;
    request.stall_ns = (int64_t)(stall_s * 1e9);
    struct nj_param_text *params = params_of(a);
    request.n_params = a->params.n;
    request.params = params;
    rc = params ? run_request(cli, &request) : nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
    free_params(params, a->params.n);
    nj_config_free(limits);
    return rc;
}
