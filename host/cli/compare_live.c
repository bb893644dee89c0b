#include "cli/compare_live.h"

#include "backtest/live_request.h"
#include "cli/data.h"

#include <math.h>
#include <stdio.h>

const char *nj_backtest_foreign(const struct nj_cli *cli, const struct nj_backtest_args *a)
{
    const struct {
        const char *text, *name;
    } given[] = {{a->capital, "capital"},
                 {a->commission, "commission"},
                 {a->slippage, "slippage"},
                 {a->costs, "costs"},
                 {a->maker, "maker"},
                 {a->taker, "taker"},
                 {a->input, "input"},
                 {a->fill, "fill"},
                 {a->limit_gap, "limit-gap"},
                 {a->warmup, "warmup"},
                 {a->risk, "risk"},
                 {a->periods, "periods-per-year"},
                 {a->risk_free, "risk-free"},
                 {cli->start, "start"},
                 {cli->end, "end"},
                 {cli->symbols.n ? "" : NULL, "symbol"},
                 {cli->timeframes.n ? "" : NULL, "timeframe"},
                 {a->no_cash_check ? "" : NULL, "no-cash-check"},
                 {a->no_short ? "" : NULL, "no-short"}};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if (given[i].text)
            return given[i].name;
    return NULL;
}

static int print(struct nj_cli *cli, const struct nj_bt_compared *c)
{
    int code = c->difference[0] ? NJ_EXIT_FAILED : NJ_EXIT_DONE;
    if (cli->json) {
        struct nj_buf buf = {0};
        struct nj_json_out json = {&buf, false};
        nj_put_open(&json, NULL, '{');
        nj_put_bool(&json, "identical", code == NJ_EXIT_DONE);
        nj_put_int(&json, "intents", (int64_t)c->intents);
        nj_put_int(&json, "decisions", (int64_t)c->decisions);
        nj_put_int(&json, "orders", (int64_t)c->orders);
        nj_put_int(&json, "fills", (int64_t)c->fills);
        if (c->difference[0])
            nj_put_text(&json, "differs", c->difference);
        else
            nj_put_null(&json, "differs");
        nj_put_close(&json, '}');
        return nj_data_print_json(cli, &buf, code);
    }
    if (c->difference[0])
        return nj_cli_error(cli, code, "%s (the same until there: %llu intents, %llu fills)",
                            c->difference, (unsigned long long)c->intents,
                            (unsigned long long)c->fills);
    printf("identical: %llu intents, %llu decisions, %llu orders, %llu fills\n",
           (unsigned long long)c->intents, (unsigned long long)c->decisions,
           (unsigned long long)c->orders, (unsigned long long)c->fills);
    return code;
}

static int compare(struct nj_cli *cli, const struct nj_bt_request *request, const char *journal)
{
    struct nj_bt_job *job;
    struct nj_bt_compared compared;
    struct nj_bt_paths paths = {.journals = journal};
    struct nj_error err = {0};
    int rc = nj_bt_job_open(&job, request, &err);
    if (rc != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    rc = nj_bt_job_compare(job, &paths, NULL, NULL, &compared, &err);
    nj_bt_job_close(job);
    return rc != 0 ? nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text) : print(cli, &compared);
}

int nj_backtest_compare_live(struct nj_cli *cli, const char *dir, const char *journal,
                             const struct nj_backtest_args *args, double stall_s)
{
    struct nj_live_request live;
    struct nj_error err = {0};
    const char *odd = args->csv                         ? "csv"
                      : cli->given & NJ_OPT_JOURNAL_DIR ? "journal-dir"
                                                        : nj_backtest_foreign(cli, args);
    if (odd)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "--compare-live takes it from the configuration and its journals: --%s "
                            "is not for it",
                            odd);
    struct nj_bt_request base = {.platform = nj_platform_system(),
                                 .strategy = args->strategy,
                                 .journal_dir = dir,
                                 .stall_ns = (int64_t)(stall_s * 1e9),
                                 .skip_bad = cli->skip_bad};
    base.config = nj_cli_config(cli);
    if (!base.config || !(base.plugins_dir = nj_cli_plugins(cli)))
        return NJ_EXIT_FAILED;
    int rc = nj_live_request_init(&live, &base, &err);
    if (rc != 0)
        return nj_cli_error(cli, nj_backtest_exit(rc), "%s", err.text);
    int code = compare(cli, &live.request, journal);
    nj_live_request_free(&live);
    return code;
}
