#include "cli/backtest_args.h"

#include "backtest/costs.h"
#include "cli/range.h"

#include <math.h>
#include <string.h>

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

/* Fees apart by maker and taker, or all that a broker of the configuration takes. */
static bool fill_costs(struct nj_cli *cli, const struct nj_backtest_args *a,
                       struct nj_bt_request *q)
{
    struct nj_bt_costs costs;
    struct nj_error err = {0};
    if (!nj_cli_real(cli, "maker", a->maker, -0.1, 0.5, &q->maker_rate) ||
        !nj_cli_real(cli, "taker", a->taker, -0.1, 0.5, &q->taker_rate))
        return false;
    if (!a->costs)
        return true;
    const char *also = a->commission ? "commission"
                       : a->slippage ? "slippage"
                       : a->maker    ? "maker"
                       : a->taker    ? "taker"
                                     : NULL;
    if (also) {
        nj_cli_error(cli, 0, "--costs %s says it already: --%s is not for it", a->costs, also);
        return false;
    }
    if (nj_bt_costs_read(q->config, q->plugins_dir, a->costs, &costs, &err) != 0) {
        nj_cli_error(cli, 0, "%s", err.text);
        return false;
    }
    q->commission_rate = q->taker_rate = costs.taker;
    q->maker_rate = costs.maker;
    q->slippage_bps = costs.slippage_bps;
    return true;
}

static bool fill(struct nj_cli *cli, const struct nj_backtest_args *a, struct nj_bt_request *q)
{
    double warmup = 0;
    int at, gap, input;
    struct nj_error err = {0};
    struct nj_range range;
    *q = (struct nj_bt_request){.platform = nj_platform_system(),
                                .config = nj_cli_config(cli),
                                .strategy = a->strategy,
                                .symbols = cli->symbols.items,
                                .n_symbols = cli->symbols.n,
                                .csv = a->csv,
                                .skip_bad = cli->skip_bad,
                                .input = a->input,
                                .capital = 10000,
                                .commission_rate = 0.001,
                                .slippage_bps = 5,
                                .maker_rate = NAN,
                                .taker_rate = NAN,
                                .allow_short = !a->no_short,
                                .cash_check = !a->no_cash_check,
                                .periods_per_year = 365};
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
    if (!nj_cli_real(cli, "capital", a->capital, 1e-9, 1e15, &q->capital) ||
        !nj_cli_real(cli, "commission", a->commission, -0.1, 0.5, &q->commission_rate) ||
        !nj_cli_real(cli, "slippage", a->slippage, 0, 5000, &q->slippage_bps) ||
        !nj_cli_real(cli, "warmup", a->warmup, 0, 1e9, &warmup) ||
        !nj_cli_real(cli, "periods-per-year", a->periods, 1e-9, 1e12, &q->periods_per_year) ||
        !nj_cli_real(cli, "risk-free", a->risk_free, -1, 10, &q->risk_free) ||
        !fill_costs(cli, a, q) || !choice(cli, "fill", a->fill, "close", "next-open", &at) ||
        !choice(cli, "limit-gap", a->limit_gap, "limit", "open", &gap) ||
        !choice(cli, "input", a->input, "bars", "trades", &input))
        return false;
    if (warmup != floor(warmup)) {
        nj_cli_error(cli, 0, "option '--warmup': expected a whole number, found '%s'", a->warmup);
        return false;
    }
    q->warmup = (uint64_t)warmup;
    q->fill = at ? NJ_BT_FILL_NEXT_OPEN : NJ_BT_FILL_CLOSE;
    q->limit_gap = gap ? NJ_BT_GAP_OPEN : NJ_BT_GAP_LIMIT;
    return true;
}

/* What the limits forbid outright. */
static void as_it_says(struct nj_bt_request *q)
{
    q->allow_short = q->allow_short && q->risk->allow_short != NJ_NO;
    q->cash_check = q->cash_check && q->risk->cash_check;
}

int nj_backtest_request(struct nj_cli *cli, const struct nj_backtest_args *args,
                        struct nj_bt_request *out, struct nj_config **limits)
{
    struct nj_config_report report = {0};
    *limits = NULL;
    if (!args->strategy)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "expected --strategy ID; see %s --help",
                            cli->program);
    if (!fill(cli, args, out))
        return NJ_EXIT_USAGE;
    if (!args->risk)
        return 0;
    out->risk = &out->config->risk;
    if (!args->risk[0]) {
        as_it_says(out);
        return 0;
    }
    if (nj_config_load(limits, args->risk, NULL, &report) != 0) {
        nj_cli_error(cli, 0, "%.*s", (int)strcspn(report.errors.data, "\n"), report.errors.data);
        *limits = NULL;
    }
    nj_config_report_free(&report);
    if (!*limits)
        return NJ_EXIT_FAILED;
    out->risk = &(*limits)->risk;
    as_it_says(out);
    return 0;
}

int nj_backtest_exit(int rc)
{
    return rc == NJ_ERR_CONFIG ? NJ_EXIT_USAGE : NJ_EXIT_FAILED;
}
