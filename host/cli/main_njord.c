/* main_njord.c - njord: everything that a person does by hand, one verb each. */
#include "cli/cli.h"
#include "config/value.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef NJORD_VERSION
#define NJORD_VERSION "0"
#endif

const struct nj_verb nj_verbs[] = {
    {"backtest", "a strategy over stored bars or trades, and what came of it", "", 0, 0,
     NJ_OPT_CONFIG | NJ_OPT_PLUGINS | NJ_OPT_JOURNAL_DIR | NJ_OPT_SYMBOL | NJ_OPT_TIMEFRAME |
         NJ_OPT_START | NJ_OPT_END | NJ_OPT_SKIP_BAD | NJ_OPT_JSON,
     "The plugin is the one that runs live. The result, the equity curve and the report go to\n"
     "var/backtest; same data and parameters, same bytes. --compare-live var/log/njord: does a\n"
     "backtest over what a host recorded order, decide and fill as the host did?\n",
     "njord backtest --strategy ma_cross --symbol ATOM/USDT --start 2021-04-21 --end 2021-05-19",
     nj_verb_backtest, NULL},
    {"compare", "results side by side, and whether chance would do as much", "[RESULT.json...]", 0,
     INT_MAX, NJ_OPT_CONFIG | NJ_OPT_OUTPUT | NJ_OPT_JSON,
     "Curves from a common 100,000, metrics with the best marked, the spans in which curves are\n"
     "apart, a paired t-test and a block bootstrap of daily returns: the first result against "
     "each\n"
     "other. --output writes the figures as CSV, --curves the curves.\n",
     "njord compare --results a.json --results b.json --output compared.csv", nj_verb_compare,
     NULL},
    {"compress", "old journals to gzip; no line is ever at risk", "", 0, 0,
     NJ_OPT_CONFIG | NJ_OPT_JOURNAL_DIR | NJ_OPT_OLDER_THAN | NJ_OPT_JSON,
     "Each file is packed, read back and compared byte for byte before it goes. A journal without "
     "a\n"
     "date gets that of its last line; files of a running host that are still written, and\n"
     "app.ndjson, are left alone. An existing file is never replaced.\n",
     "njord compress --older-than 24h", nj_verb_compress, NULL},
    {"ctl", "asks a running host, or tells it what to do", "COMMAND", 1, 2, 0, "Commands:\n",
     "njord ctl reload", NULL, nj_ctl_verbs},
    {"data", "market data: what is there, history in and out, a check of it", "COMMAND", 1, 2, 0,
     "Commands:\n", "njord data list", NULL, nj_data_verbs},
    {"kill", "the kill switch: no order leaves while it is tripped", "COMMAND", 1, 1, 0,
     "Commands:\n", "njord kill trip --reason \"odd fills\"", NULL, nj_kill_verbs},
    {"metrics", "what any equity curve comes to", "CURVE", 1, 1, NJ_OPT_CONFIG | NJ_OPT_JSON,
     "CURVE is a file of [ts_ns, equity] a line, CSV with the header ts_ns,equity (times in s, "
     "ms,\n"
     "us or ns, found out by their size), a result of njord backtest, or - for standard input.\n"
     "Trade figures are over the changes between points. Definitions: doc/metrics.md.\n",
     "njord metrics var/backtest/equity_ma_cross_ATOMUSDT.ndjson --initial 10000", nj_verb_metrics,
     NULL},
    {"ohlcv", "bars from recorded trades, into dated journals", "", 0, 0,
     NJ_OPT_CONFIG | NJ_OPT_JSON | NJ_OPT_SYMBOL | NJ_OPT_FROM | NJ_OPT_TIMEFRAMES |
         NJ_OPT_NO_FILL | NJ_OPT_MAX_GAP | NJ_OPT_OUTPUT | NJ_OPT_JOURNAL_DIR | NJ_OPT_REPLACE |
         NJ_OPT_SKIP_BAD,
     "The bars that a host would have made: exact to the last digit, buckets without trades "
     "filled\n"
     "with the last close, those with missing trade ids left out. The last bar comes too, "
     "partial.\n"
     "FILE is a trade journal, a raw capture, CSV or an exchange's dump, plain or gzip; DIR a\n"
     "folder of journals. Both folders default to the journals'. A bar that is there already is\n"
     "not written twice, a partial one gives way to the whole; one that is stored with other\n"
     "values is refused, or replaced with --replace. Not while a host writes there.\n",
     "njord ohlcv --symbol BTC/USDT --from capture.txt.gz --timeframes 1m,5m,1h", nj_verb_ohlcv,
     NULL},
    {"plugin", "plugins: a new project, a check, what is there", "COMMAND", 1, 66, 0, "Commands:\n",
     "njord plugin new strategy my_first", NULL, nj_plugin_verbs},
    {"publish", "events from standard input, one JSON object a line, onto the bus", "TOPIC", 1, 1,
     NJ_OPT_CONFIG | NJ_OPT_CONTROL | NJ_OPT_BUS | NJ_OPT_JSON,
     "Each line is checked against the topic's contract; one that does not fit is told by its\n"
     "number and left out, and the exit code is 1. Topics md.* and strat.* only; refused while\n"
     "app.env is live.\n",
     "njord publish md.trades.ATOM/USDT < trades.ndjson", nj_verb_publish, NULL},
    {"replay", "journals back onto the bus, at any speed", "", 0, 0,
     NJ_OPT_CONFIG | NJ_OPT_CONTROL | NJ_OPT_BUS | NJ_OPT_JSON | NJ_OPT_SYMBOL | NJ_OPT_TIMEFRAME |
         NJ_OPT_START | NJ_OPT_END | NJ_OPT_JOURNAL_DIR | NJ_OPT_SPEED | NJ_OPT_SKIP_BAD,
     "Trades and bars of one or more symbols enter a running host (or Redis) in the order in "
     "which\n"
     "they were recorded, on the topics of live data. --timeframe trades names the trades. Speed "
     "1x\n"
     "when none is given. SIGUSR1 pauses and goes on, so do Ctrl-Z and fg; paused time does not\n"
     "count. The journals are only read; a host that would write into the same ones is refused,\n"
     "and so is one whose app.env is live.\n",
     "njord replay --symbol ATOM/USDT --timeframe 1m --start 2021-04-25 --end 2021-04-25 "
     "--speed max",
     nj_verb_replay, NULL},
    {"report", "result files as one page that can be sent to somebody", "RESULT.json...", 1,
     INT_MAX, NJ_OPT_CONFIG | NJ_OPT_OUTPUT,
     "One result makes its report; several are laid over each other and compared. The page is one\n"
     "HTML file that needs nothing else and fetches nothing; same results, same bytes.\n",
     "njord report var/backtest/ma_cross_ATOMUSDT.json -o report.html", nj_verb_report, NULL},
    {"sweep", "a strategy over many sets of parameters, the best first", "", 0, 0,
     NJ_OPT_CONFIG | NJ_OPT_PLUGINS | NJ_OPT_JOURNAL_DIR | NJ_OPT_SYMBOL | NJ_OPT_TIMEFRAME |
         NJ_OPT_START | NJ_OPT_END | NJ_OPT_SKIP_BAD | NJ_OPT_JSON,
     "Every combination of the values is a backtest; the last --param runs fastest. Results go to\n"
     "FILE.partial as they come: the same command goes on where a killed sweep ended. Same bytes\n"
     "with any number of processes. A set that fails is a row with its error. A report, one HTML\n"
     "file, is made beside the CSV: what the best set is worth, maps of the parameters, all sets.\n"
     "With --walk-forward the sets are run anew in each train window, and the best of it over the\n"
     "test window behind it; the tests, one behind the other, are the result:\n"
     "  --walk-forward train=90d,test=30d,anchored\n",
     "njord sweep --strategy ma_cross --symbol ATOM/USDT --param fast=5..20:5 --param slow=30,60",
     nj_verb_sweep, NULL},
    {"tail", "events as they happen, one JSON object a line", "GLOB", 1, 1,
     NJ_OPT_CONFIG | NJ_OPT_CONTROL | NJ_OPT_BUS | NJ_OPT_COUNT,
     "GLOB chooses topics as Redis PSUBSCRIBE does: md.trades.*, or * for all.\n",
     "njord tail 'fills.*'", nj_verb_tail, NULL},
    {0}};

const struct nj_cli_option *nj_verb_own(const struct nj_verb *verb)
{
    static const struct {
        int (*run)(struct nj_cli *cli);
        const struct nj_cli_option *options;
    } owns[] = {{nj_verb_compare, nj_compare_options},
                {nj_verb_backtest, nj_backtest_options},
                {nj_verb_metrics, nj_metrics_options},
                {nj_verb_sweep, nj_sweep_options}};
    for (size_t i = 0; i < sizeof owns / sizeof owns[0]; i++)
        if (owns[i].run == verb->run)
            return owns[i].options;
    return NULL;
}

static void print_overview(FILE *to)
{
    fputs("usage: njord VERB [arguments] [options]\n\n"
          "What a person does by hand with Njord; njord-host is the daemon.\n\nVerbs:\n",
          to);
    for (const struct nj_verb *v = nj_verbs; v->name; v++)
        fprintf(to, "  %-8s  %s\n", v->name, v->line);
    fputs("\nnjord VERB --help tells more of each; njord --version prints the version.\n\n"
          "Example:\n  njord ctl status\n",
          to);
}

static const struct nj_verb *find(const struct nj_verb *verbs, const char *name)
{
    for (; verbs->name; verbs++)
        if (strcmp(verbs->name, name) == 0)
            return verbs;
    return NULL;
}

static int unknown(const struct nj_cli *cli, const struct nj_verb *verbs, const char *what,
                   const char *name)
{
    size_t n = 0;
    while (verbs[n].name)
        n++;
    const char *nearest = nj_value_nearest(name, &verbs->name, n, sizeof *verbs);
    if (nearest)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "unknown %s '%.64s', did you mean '%s'?", what,
                            name, nearest);
    return nj_cli_error(cli, NJ_EXIT_USAGE, "unknown %s '%.64s'; see %s --help", what, name,
                        cli->program);
}

static uint64_t options_of(const struct nj_verb *verb)
{
    uint64_t options = verb->options;
    for (const struct nj_verb *sub = verb->subs; sub && sub->name; sub++)
        options |= sub->options;
    return options;
}

/* Does the verb take what was given? */
static int check_usage(const struct nj_cli *cli, const struct nj_verb *verb)
{
    uint64_t foreign = cli->given & ~(verb->options | NJ_OPT_HELP);
    if (foreign)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "option '--%s' does not belong to it",
                            nj_cli_option_name(foreign & -foreign));
    if (cli->n_args < verb->min_args)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "expected %s %s; see %s --help", cli->program,
                            verb->arguments, cli->program);
    if (cli->n_args > verb->max_args)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "unexpected argument '%.64s'; see %s --help",
                            cli->args[verb->max_args], cli->program);
    return 0;
}

static int run_parsed(struct nj_cli *cli, const struct nj_verb *verb)
{
    if (verb->subs && cli->n_args > 0) {
        const struct nj_verb *sub = find(verb->subs, cli->args[0]);
        if (!sub)
            return unknown(cli, verb->subs, "command", cli->args[0]);
        snprintf(cli->full, sizeof cli->full, "%s %s", cli->program, sub->name);
        cli->program = cli->full;
        cli->args++;
        cli->n_args--;
        verb = sub;
    }
    if (cli->help) {
        nj_cli_help(cli->program, verb);
        return NJ_EXIT_DONE;
    }
    if (verb->subs)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "expected a command; see %s --help", cli->program);
    int rc = check_usage(cli, verb);
    if (rc == 0)
        rc = verb->run(cli);
    bool lost = ferror(stdout) != 0; /* what went out before the last piece */
    if ((fflush(stdout) != 0 || lost) && rc == 0)
        rc = nj_cli_error(cli, NJ_EXIT_FAILED, "standard output cannot be written");
    return rc;
}

static int run(const struct nj_verb *verb, int argc, char **argv)
{
    char name[32];
    struct nj_cli cli = {.program = name, .own_options = nj_verb_own(verb)};
    snprintf(name, sizeof name, "njord %s", verb->name);
    int rc = NJ_EXIT_USAGE;
    if (nj_cli_parse(&cli, argc, argv, options_of(verb)) >= 0)
        rc = run_parsed(&cli, verb);
    nj_cli_end(&cli);
    return rc;
}

int main(int argc, char **argv)
{
    struct nj_cli cli = {.program = "njord"};
    const char *word = argc > 1 ? argv[1] : NULL;
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is an error of the call that met it */
    if (!word) {
        print_overview(stderr);
        return NJ_EXIT_USAGE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        const struct nj_verb *verb = argc > 2 ? find(nj_verbs, argv[2]) : NULL;
        char program[32];
        if (argc > 2 && !verb)
            return unknown(&cli, nj_verbs, "verb", argv[2]);
        if (!verb) {
            print_overview(stdout);
            return NJ_EXIT_DONE;
        }
        snprintf(program, sizeof program, "njord %s", verb->name);
        nj_cli_help(program, verb);
        return NJ_EXIT_DONE;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        puts("njord " NJORD_VERSION);
        return NJ_EXIT_DONE;
    }
    const struct nj_verb *verb = find(nj_verbs, word);
    if (!verb)
        return unknown(&cli, nj_verbs, word[0] == '-' ? "option" : "verb", word);
    return run(verb, argc - 1, argv + 1);
}
