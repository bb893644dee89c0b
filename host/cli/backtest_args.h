/* backtest_args.h - the options of a backtest, shared by the verbs that run some: backtest, sweep.
 *
 * A verb's own struct begins with struct nj_backtest_args, its table of options with
 * NJ_BACKTEST_OPTIONS. What --param and --output mean is the verb's. */
#ifndef NJ_CLI_BACKTEST_ARGS_H
#define NJ_CLI_BACKTEST_ARGS_H

#include "backtest/run.h"
#include "cli/cli.h"

#include <stddef.h>

struct nj_backtest_args {
    const char *strategy, *capital, *commission, *slippage, *input, *csv, *fill, *limit_gap,
        *warmup, *risk, *periods, *risk_free, *costs, *maker, *taker;
    bool no_cash_check, no_short;
};

#define NJ_BACKTEST_TEXT(name, member, argument, help)                                             \
    {                                                                                              \
        name, argument, offsetof(struct nj_backtest_args, member), false, false, help              \
    }
#define NJ_BACKTEST_SWITCH(name, member, help)                                                     \
    {                                                                                              \
        name, NULL, offsetof(struct nj_backtest_args, member), false, false, help                  \
    }
#define NJ_BACKTEST_OPTIONS                                                                        \
    NJ_BACKTEST_TEXT("strategy", strategy, "ID",                                                   \
                     "an id of strategies.yaml, a plugin's name, or its path"),                    \
        NJ_BACKTEST_TEXT("capital", capital, "X", "in the quote asset (default: 10000)"),          \
        NJ_BACKTEST_TEXT("commission", commission, "RATE",                                         \
                         "of the notional, each fill (default: 0.001)"),                           \
        NJ_BACKTEST_TEXT("slippage", slippage, "BPS",                                              \
                         "against market orders, basis points (default: 5)"),                      \
        NJ_BACKTEST_TEXT("maker", maker, "RATE",                                                   \
                         "of fills that rested (default: the commission)"),                        \
        NJ_BACKTEST_TEXT("taker", taker, "RATE", "of fills on arrival (default: the commission)"), \
        NJ_BACKTEST_TEXT("costs", costs, "ID",                                                     \
                         "maker, taker and slippage of that paper broker of base.yaml"),           \
        NJ_BACKTEST_TEXT("input", input, "bars|trades", "what the run walks (default: bars)"),     \
        NJ_BACKTEST_TEXT("csv", csv, "FILE", "reads this file instead of the journals"),           \
        NJ_BACKTEST_TEXT("fill", fill, "close|next-open",                                          \
                         "where market orders fill (default: close)"),                             \
        NJ_BACKTEST_TEXT("limit-gap", limit_gap, "limit|open",                                     \
                         "at which price a bar that opens beyond fills"),                          \
        NJ_BACKTEST_TEXT("warmup", warmup, "N",                                                    \
                         "bars (trades with --input trades) shown first, in no figure"),           \
        NJ_BACKTEST_TEXT("risk", risk, "[FILE]", "with the limits of base.yaml, or of FILE"),      \
        NJ_BACKTEST_SWITCH("no-cash-check", no_cash_check, "buys without asking for the cash"),    \
        NJ_BACKTEST_SWITCH("no-short", no_short, "no sale beyond what is held"),                   \
        NJ_BACKTEST_TEXT("periods-per-year", periods, "N", "of daily returns (default: 365)"),     \
        NJ_BACKTEST_TEXT("risk-free", risk_free, "RATE", "a year, as a fraction (default: 0)")

/* Fills a request from the options, all but its params. 0, or an exit code after the mistake was
 * told. *limits: what --risk read, to be freed behind the request's last use; NULL: none. */
int nj_backtest_request(struct nj_cli *cli, const struct nj_backtest_args *args,
                        struct nj_bt_request *out, struct nj_config **limits);
/* Wrong usage is told before anything is opened; what is not there is a failure. */
int nj_backtest_exit(int rc);

#endif
