/* verb_backtest.c - njord backtest: a strategy over stored bars or trades, and what came of it. */
#include "backtest/run.h"
#include "cli/cli.h"
#include "cli/range.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct args {
    const char *strategy, *capital, *commission, *slippage, *input, *csv, *fill, *limit_gap,
        *warmup, *risk, *periods, *risk_free, *output;
    struct nj_cli_list params;
    bool no_cash_check, no_short;
};

#define TEXT(name, member, argument, help)                                                         \
    {                                                                                              \
        name, argument, offsetof(struct args, member), false, false, help                          \
    }
#define SWITCH(name, member, help)                                                                 \
    {                                                                                              \
        name, NULL, offsetof(struct args, member), false, false, help                              \
    }

const struct nj_cli_option nj_backtest_options[] = {
    TEXT("strategy", strategy, "ID", "an id of strategies.yaml, a plugin's name, or its path"),
    {"param", "NAME=VALUE", offsetof(struct args, params), true, true,
     "a parameter, over the entry's; may stand several times"},
    TEXT("capital", capital, "X", "in the quote asset (default: 10000)"),
    TEXT("commission", commission, "RATE", "of the notional, each fill (default: 0.001)"),
    TEXT("slippage", slippage, "BPS", "against market orders, basis points (default: 5)"),
    TEXT("input", input, "bars|trades", "what the run walks (default: bars)"),
    TEXT("csv", csv, "FILE", "reads this file instead of the journals"),
    TEXT("fill", fill, "close|next-open", "where market orders fill (default: close)"),
    TEXT("limit-gap", limit_gap, "limit|open", "at which price a bar that opens beyond fills"),
    TEXT("warmup", warmup, "N", "bars shown first, flagged, in no figure (default: 0)"),
    TEXT("risk", risk, "[FILE]", "with the limits of base.yaml, or of FILE"),
    SWITCH("no-cash-check", no_cash_check, "buys without asking for the cash"),
    SWITCH("no-short", no_short, "no sale beyond what is held"),
    TEXT("periods-per-year", periods, "N", "of daily returns (default: 365)"),
    TEXT("risk-free", risk_free, "RATE", "a year, as a fraction (default: 0)"),
    TEXT("output", output, "DIR", "where files go (default: var/backtest)"),
    {0}};

/* ---- values ---- */

static bool real(const struct nj_cli *cli, const char *name, const char *text, double low,
                 double high, double *out)
{
    char *end;
    if (!text)
        return true;
    errno = 0;
    double v = strtod(text, &end);
    if (*text && *end == '\0' && errno == 0 && isfinite(v) && v >= low && v <= high) {
        *out = v;
        return true;
    }
    nj_cli_error(cli, 0, "option '--%s': expected a number from %.10g to %.10g, found '%.64s'",
                 name, low, high, text);
    return false;
}

static bool choice(const struct nj_cli *cli, const char *name, const char *text, const char *first,
                   const char *second, int *out)
{
    if (!text || strcmp(text, first) == 0 || strcmp(text, second) == 0) {
        *out = text && strcmp(text, second) == 0;
        return true;
    }
    nj_cli_error(cli, 0, "option '--%s': expected %s or %s, found '%.64s'", name, first, second,
                 text);
    return false;
}

static struct nj_param_text *params_of(const struct args *a)
{
    struct nj_param_text *out = calloc(a->params.n + 1, sizeof *out);
    for (size_t i = 0; out && i < a->params.n; i++) {
        const char *text = a->params.items[i], *equal = strchr(text, '=');
        out[i].name = strndup(text, (size_t)(equal - text));
        out[i].text = strdup(equal + 1);
        if (!out[i].name || !out[i].text)
            return NULL; /* the program ends */
    }
    return out;
}

/* Fills a request from the options; false: told. */
static bool request_of(struct nj_cli *cli, const struct args *a, struct nj_bt_request *q)
{
    double warmup = 0;
    int fill, gap, input;
    struct nj_error err = {0};
    struct nj_range range;
    *q = (struct nj_bt_request){.platform = nj_platform_system(),
                                .config = nj_cli_config(cli),
                                .strategy = a->strategy,
                                .symbols = cli->symbols.items,
                                .n_symbols = cli->symbols.n,
                                .csv = a->csv,
                                .input = a->input,
                                .capital = 10000,
                                .commission_rate = 0.001,
                                .slippage_bps = 5,
                                .maker_rate = NAN,
                                .taker_rate = NAN,
                                .allow_short = !a->no_short,
                                .cash_check = !a->no_cash_check,
                                .periods_per_year = 365,
                                .n_params = a->params.n};
    if (!q->config || !(q->plugins_dir = nj_cli_plugins(cli)) ||
        !(q->journal_dir = nj_cli_journal_dir(cli)))
        return false;
    if (cli->timeframes.n > 1) {
        nj_cli_error(cli, 0, "option '--timeframe' stands more than once");
        return false;
    }
    q->timeframe = cli->timeframes.n ? cli->timeframes.items[0] : NULL;
    if (nj_range_parse(cli->start, cli->end, &range, &err) != 0) {
        nj_cli_error(cli, 0, "%s", err.text);
        return false;
    }
    q->from_ns = range.from_ns;
    q->to_ns = range.to_ns;
    q->params = params_of(a);
    if (!q->params || !real(cli, "capital", a->capital, 1e-9, 1e15, &q->capital) ||
        !real(cli, "commission", a->commission, -0.1, 0.5, &q->commission_rate) ||
        !real(cli, "slippage", a->slippage, 0, 5000, &q->slippage_bps) ||
        !real(cli, "warmup", a->warmup, 0, 1e9, &warmup) ||
        !real(cli, "periods-per-year", a->periods, 1e-9, 1e12, &q->periods_per_year) ||
        !real(cli, "risk-free", a->risk_free, -1, 10, &q->risk_free) ||
        !choice(cli, "fill", a->fill, "close", "next-open", &fill) ||
        !choice(cli, "limit-gap", a->limit_gap, "limit", "open", &gap) ||
        !choice(cli, "input", a->input, "bars", "trades", &input))
        return false;
    if (warmup != floor(warmup)) {
        nj_cli_error(cli, 0, "option '--warmup': expected a whole number, found '%s'", a->warmup);
        return false;
    }
    q->warmup = (uint64_t)warmup;
    q->fill = fill ? NJ_BT_FILL_NEXT_OPEN : NJ_BT_FILL_CLOSE;
    q->limit_gap = gap ? NJ_BT_GAP_OPEN : NJ_BT_GAP_LIMIT;
    return true;
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
    fclose(in);
    return NJ_EXIT_DONE;
}

static void show_progress(void *ctx, uint64_t rows)
{
    const struct nj_bt_job *job = ctx;
    uint64_t all = nj_bt_job_rows(job);
    if (all > 0 && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3.0f%% of %llu rows\r", (double)rows * 100 / (double)all,
                (unsigned long long)all);
}

/* Wrong usage is told before anything is opened; what is not there is a failure. */
static int exit_of(int rc)
{
    return rc == NJ_ERR_CONFIG ? NJ_EXIT_USAGE : NJ_EXIT_FAILED;
}

int nj_verb_backtest(struct nj_cli *cli)
{
    const struct args *a = (const struct args *)(const void *)cli->own;
    const char *dir = a->output ? a->output : "var/backtest";
    struct nj_bt_request request;
    struct nj_config *limits = NULL;
    struct nj_bt_job *job;
    struct nj_bt_brief brief;
    struct nj_error err = {0};
    char name[512], result[1024], curve[1024];
    _Static_assert(sizeof(struct args) <= NJ_CLI_OWN, "a verb's own struct");
    if (!a->strategy)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "expected --strategy ID; see %s --help",
                            cli->program);
    if (!request_of(cli, a, &request))
        return NJ_EXIT_USAGE;
    if (a->risk && a->risk[0]) {
        struct nj_config_report report = {0};
        if (nj_config_load(&limits, a->risk, NULL, &report) != 0)
            nj_cli_error(cli, 0, "%.*s", (int)strcspn(report.errors.data, "\n"),
                         report.errors.data);
        nj_config_report_free(&report);
        if (!limits)
            return NJ_EXIT_FAILED;
        request.risk = &limits->risk;
    } else if (a->risk) {
        request.risk = &request.config->risk;
    }
    int rc = nj_bt_job_open(&job, &request, &err);
    if (rc != 0) {
        nj_config_free(limits);
        return nj_cli_error(cli, exit_of(rc), "%s", err.text);
    }
    name_of(nj_bt_job_options(job), name, sizeof name);
    snprintf(result, sizeof result, "%s/%s.json", dir, name);
    snprintf(curve, sizeof curve, "%s/equity_%s.ndjson", dir, name);
    struct nj_bt_paths paths = {.result = result, .curve = curve};
    rc = nj_bt_job_run(job, NULL, 0, &paths, NULL, show_progress, job, &brief, &err);
    nj_bt_job_close(job);
    nj_config_free(limits);
    if (rc != 0)
        return nj_cli_error(cli, exit_of(rc), "%s", err.text);
    if (cli->json)
        return print_file(cli, result);
    fputs(brief.summary, stdout);
    return NJ_EXIT_DONE;
}
