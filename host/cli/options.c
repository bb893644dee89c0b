/* options.c - the options of all verbs in one table; parsing and help made from it. */
#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct row {
    uint64_t bit;
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: a switch */
    size_t offset;        /* of its const char *, bool or struct nj_cli_list in struct nj_cli */
    const char *help;
} rows[] = {
    {NJ_OPT_CONFIG, 'c', "config", "DIR", offsetof(struct nj_cli, config),
     "the configuration's folder (default: ./config, else the installed one)"},
    {NJ_OPT_CONTROL, 0, "control", "SOCKET", offsetof(struct nj_cli, control),
     "socket of the running host (default: app.control)"},
    {NJ_OPT_PLUGINS, 'p', "plugins", "DIR", offsetof(struct nj_cli, plugins),
     "where plugins are (default: plugins.dir)"},
    {NJ_OPT_BUS, 'b', "bus", "URL", offsetof(struct nj_cli, bus),
     "inproc: or redis://host:port/db (default: bus.url)"},
    {NJ_OPT_JSON, 0, "json", NULL, offsetof(struct nj_cli, json), "prints JSON, for programs"},
    {NJ_OPT_FORCE, 'f', "force", NULL, offsetof(struct nj_cli, force),
     "what is refused without: over an existing file, binaries that failed"},
    {NJ_OPT_REASON, 'r', "reason", "TEXT", offsetof(struct nj_cli, reason),
     "why, written into the file"},
    {NJ_OPT_FILE, 0, "file", "FILE", offsetof(struct nj_cli, file),
     "the switch's file; without a configuration and without Redis"},
    {NJ_OPT_COUNT, 'n', "count", "N", offsetof(struct nj_cli, count), "ends after N events"},
    {NJ_OPT_DIR, 'd', "dir", "DIR", offsetof(struct nj_cli, dir),
     "folder to make the project's folder in (default: here)"},
    {NJ_OPT_TEMPLATES, 0, "templates", "DIR", offsetof(struct nj_cli, templates),
     "where templates are (default: $NJORD_TEMPLATES, else the installed)"},
    {NJ_OPT_SYMBOL, 's', "symbol", "S", offsetof(struct nj_cli, symbols),
     "a symbol, BASE/QUOTE; may stand several times"},
    {NJ_OPT_TIMEFRAME, 't', "timeframe", "T", offsetof(struct nj_cli, timeframes),
     "1s to 1d, or trades; may stand several times"},
    {NJ_OPT_START, 0, "start", "DATE", offsetof(struct nj_cli, start),
     "YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, inclusive (default: all there is)"},
    {NJ_OPT_END, 0, "end", "DATE", offsetof(struct nj_cli, end),
     "likewise; a date includes that day, a time is exclusive"},
    {NJ_OPT_JOURNAL_DIR, 0, "journal-dir", "DIR", offsetof(struct nj_cli, journal_dir),
     "where journals are (default: logging.journal_dir)"},
    {NJ_OPT_SPEED, 0, "speed", "SPEED", offsetof(struct nj_cli, speed),
     "1x, 10x, 100x or any number of times, or max"},
    {NJ_OPT_FROM, 0, "from", "FILE|DIR", offsetof(struct nj_cli, from),
     "recorded trades: a file, or a folder of journals (default: the journals')"},
    {NJ_OPT_TIMEFRAMES, 0, "timeframes", "T,T,...", offsetof(struct nj_cli, timeframe_list),
     "1s to 1d, as 1m,5m,1h"},
    {NJ_OPT_NO_FILL, 0, "no-fill-gaps", NULL, offsetof(struct nj_cli, no_fill),
     "no bars where nothing traded"},
    {NJ_OPT_MAX_GAP, 0, "max-gap", "N", offsetof(struct nj_cli, max_gap),
     "bars without trades in a row that are filled (default 0: no cap)"},
    {NJ_OPT_KIND, 'k', "kind", "KIND", offsetof(struct nj_cli, kind),
     "bars or trades (of export also fills, positions)"},
    {NJ_OPT_LAYOUT, 0, "layout", "NAME", offsetof(struct nj_cli, layout),
     "csv, capture, ndjson, binance-klines, -trades, -aggtrades (else found out)"},
    {NJ_OPT_COLUMNS, 0, "columns", "A,B,...", offsetof(struct nj_cli, columns),
     "what the columns are: ts, the contract's fields, - to skip one"},
    {NJ_OPT_TIME_UNIT, 0, "time-unit", "UNIT", offsetof(struct nj_cli, time_unit),
     "of times that are numbers: s, ms, us or ns (default: by their size)"},
    {NJ_OPT_DELIMITER, 0, "delimiter", "C", offsetof(struct nj_cli, delimiter),
     "between columns: one character, or tab (default: found out)"},
    {NJ_OPT_VENUE, 0, "venue", "NAME", offsetof(struct nj_cli, venue),
     "of trades whose file names none"},
    {NJ_OPT_DRY_RUN, 0, "dry-run", NULL, offsetof(struct nj_cli, dry_run),
     "reads and checks everything, changes nothing"},
    {NJ_OPT_REPLACE, 0, "replace", NULL, offsetof(struct nj_cli, replace),
     "rows that are stored with other values are replaced"},
    {NJ_OPT_SKIP_BAD, 0, "skip-bad", NULL, offsetof(struct nj_cli, skip_bad),
     "passes over malformed lines and counts them"},
    {NJ_OPT_ROUND, 0, "round", NULL, offsetof(struct nj_cli, round),
     "numbers of more digits than a double keeps are rounded"},
    {NJ_OPT_FORMAT, 0, "format", "FORMAT", offsetof(struct nj_cli, format), "csv, ndjson or json"},
    {NJ_OPT_OUTPUT, 'o', "output", "FILE", offsetof(struct nj_cli, output),
     "where to: a file, - is standard output; of ohlcv a folder of journals"},
    {NJ_OPT_MAX_RETURN, 0, "max-return", "R", offsetof(struct nj_cli, max_return),
     "largest change of the close from bar to bar (default 0.1; 0: off)"},
    {NJ_OPT_MAX_Z, 0, "max-z", "Z", offsetof(struct nj_cli, max_z),
     "largest modified z-score of that change (default 15; 0: off)"},
    {NJ_OPT_MAX_VOLUME, 0, "max-volume", "N", offsetof(struct nj_cli, max_volume),
     "largest volume in medians (default 50; 0: off)"},
    {NJ_OPT_WINDOW, 0, "window", "N", offsetof(struct nj_cli, window),
     "bars before, for z-score and median volume (default 240)"},
    {NJ_OPT_FLAT, 0, "flat", "N", offsetof(struct nj_cli, flat),
     "bars with the same close that make a flat line (default 10; 0: off)"},
    {NJ_OPT_OLDER_THAN, 0, "older-than", "AGE", offsetof(struct nj_cli, older_than),
     "90s, 30m, 24h, 7d since the last write (default: journal.compress_after)"},
    {NJ_OPT_HELP, 'h', "help", NULL, offsetof(struct nj_cli, help), "prints this"},
};
/* Those that may stand several times, each into a list. */
static const uint64_t several = NJ_OPT_SYMBOL | NJ_OPT_TIMEFRAME;
#define N_ROWS ((int)(sizeof rows / sizeof rows[0]))

const char *nj_cli_option_name(uint64_t option)
{
    for (int i = 0; i < N_ROWS; i++)
        if (rows[i].bit == option)
            return rows[i].name;
    return "";
}

static int take(struct nj_cli *cli, const struct row *row)
{
    char *at = (char *)cli + row->offset;
    cli->given |= row->bit;
    if (row->bit & several) {
        struct nj_cli_list *list = (struct nj_cli_list *)(void *)at;
        if (list->n == NJ_CLI_LIST_MAX)
            return nj_cli_error(cli, -1, "option '--%s' stands more than %d times", row->name,
                                NJ_CLI_LIST_MAX);
        list->items[list->n++] = optarg;
    } else if (row->argument) {
        memcpy(at, &optarg, sizeof optarg);
    } else {
        *(bool *)at = true;
    }
    return 0;
}

/* NAME=VALUE, whose second half may be the next word. */
static int take_pair(struct nj_cli *cli, const struct nj_cli_option *o, int argc, char **argv,
                     const char **out)
{
    *out = optarg;
    if (!optarg || strchr(optarg, '='))
        return 0;
    if (optind >= argc || argv[optind][0] == '\0')
        return nj_cli_error(cli, -1, "option '--%s %s': expected NAME=VALUE", o->name, optarg);
    if (cli->n_joined == NJ_CLI_LIST_MAX)
        return nj_cli_error(cli, -1, "option '--%s' stands more than %d times", o->name,
                            NJ_CLI_LIST_MAX);
    if (asprintf(&cli->joined[cli->n_joined], "%s=%s", optarg, argv[optind++]) < 0)
        return nj_cli_error(cli, -1, "out of memory");
    *out = cli->joined[cli->n_joined++];
    return 0;
}

static int take_own(struct nj_cli *cli, const struct nj_cli_option *o, int argc, char **argv)
{
    char *at = cli->own + o->offset;
    const char *text = optarg ? optarg : "";
    if (o->pair && take_pair(cli, o, argc, argv, &text) < 0)
        return -1;
    if (o->several) {
        struct nj_cli_list *list = (struct nj_cli_list *)(void *)at;
        if (list->n == NJ_CLI_LIST_MAX)
            return nj_cli_error(cli, -1, "option '--%s' stands more than %d times", o->name,
                                NJ_CLI_LIST_MAX);
        list->items[list->n++] = text;
    } else if (o->argument) {
        memcpy(at, &text, sizeof text);
    } else {
        *(bool *)at = true;
    }
    return 0;
}

#define OWN_MAX 64
#define OWN_AT  4096 /* getopt's values of own options, above all others */

int nj_cli_parse(struct nj_cli *cli, int argc, char **argv, uint64_t allowed)
{
    struct option longs[N_ROWS + OWN_MAX + 1];
    char shorts[2 * N_ROWS + 2] = ":";
    size_t n = 0, s = 1;
    allowed |= NJ_OPT_HELP;
    memset(longs, 0, sizeof longs);
    for (int i = 0; i < N_ROWS; i++) {
        if (!(rows[i].bit & allowed))
            continue;
        longs[n++] = (struct option){rows[i].name, rows[i].argument != NULL, NULL, 256 + i};
        if (rows[i].letter) {
            shorts[s++] = rows[i].letter;
            if (rows[i].argument)
                shorts[s++] = ':';
        }
    }
    for (int i = 0; cli->own_options && cli->own_options[i].name && i < OWN_MAX; i++) {
        const struct nj_cli_option *o = &cli->own_options[i];
        longs[n++] = (struct option){o->name,
                                     !o->argument            ? 0
                                     : o->argument[0] == '[' ? 2
                                                             : 1,
                                     NULL, OWN_AT + i};
    }
    shorts[s] = '\0';
    optind = 0; /* anew, with argv[0] as the name */
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        const struct row *row = NULL;
        if (c >= OWN_AT) {
            if (take_own(cli, &cli->own_options[c - OWN_AT], argc, argv) < 0)
                return -1;
            continue;
        }
        for (int i = 0; i < N_ROWS && !row; i++)
            if (c == 256 + i || (rows[i].letter && c == rows[i].letter))
                row = &rows[i];
        if (!row) {
            nj_cli_error(cli, 0,
                         c == ':' ? "option '%s' needs a value; see %s --help"
                                  : "unknown option '%s'; see %s --help",
                         argv[optind - 1], cli->program);
            return -1;
        }
        if (take(cli, row) < 0)
            return -1;
    }
    cli->args = argv + optind;
    cli->n_args = argc - optind;
    return cli->n_args;
}

void nj_cli_end(struct nj_cli *cli)
{
    for (size_t i = 0; i < cli->n_joined; i++)
        free(cli->joined[i]);
    cli->n_joined = 0;
    nj_config_free(cli->loaded);
    cli->loaded = NULL;
}

static void print_options(uint64_t options, const struct nj_cli_option *own)
{
    puts("\nOptions:");
    for (; own && own->name; own++) {
        char names[64];
        snprintf(names, sizeof names, "    --%s%s%s", own->name,
                 !own->argument            ? ""
                 : own->argument[0] == '[' ? "[="
                                           : " ",
                 !own->argument            ? ""
                 : own->argument[0] == '[' ? own->argument + 1
                                           : own->argument);
        printf("  %-22s  %s\n", names, own->help);
    }
    for (int i = 0; i < N_ROWS; i++) {
        char names[64];
        if (!(rows[i].bit & (options | NJ_OPT_HELP)))
            continue;
        snprintf(names, sizeof names, "%c%c%s--%s%s%s", rows[i].letter ? '-' : ' ',
                 rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? ", " : "  ", rows[i].name,
                 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
        printf("  %-22s  %s\n", names, rows[i].help);
    }
}

void nj_cli_help(const char *program, const struct nj_verb *verb)
{
    printf("usage: %s%s%s%s\n\n%s\n", program, verb->arguments[0] ? " " : "", verb->arguments,
           " [options]", verb->line);
    if (verb->details[0])
        printf("\n%s", verb->details);
    uint64_t options = verb->options;
    if (verb->subs)
        puts("");
    for (const struct nj_verb *sub = verb->subs; sub && sub->name; sub++) {
        char usage[64];
        snprintf(usage, sizeof usage, "%s %s", sub->name, sub->arguments);
        printf("  %-30s  %s\n", usage, sub->line);
        options |= sub->options;
    }
    print_options(options, nj_verb_own(verb));
    printf("\nExample:\n  %s\n", verb->example);
}

int nj_cli_error(const struct nj_cli *cli, int code, const char *fmt, ...)
{
    va_list args;
    fflush(stdout);
    fprintf(stderr, "%s: ", cli->program);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    return code;
}

bool nj_cli_real(const struct nj_cli *cli, const char *name, const char *text, double low,
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

const struct nj_config *nj_cli_config(struct nj_cli *cli)
{
    struct nj_config_report report = {0};
    struct nj_config_overrides overrides = {.plugins_dir = cli->plugins, .bus_url = cli->bus};
    if (cli->loaded)
        return cli->loaded;
    const char *path = cli->config ? cli->config : nj_config_default_dir();
    if (nj_config_load(&cli->loaded, path, &overrides, &report) != 0) {
        const char *text = report.errors.data ? report.errors.data : "out of memory";
        nj_cli_error(cli, 0, "%.*s%s", (int)strcspn(text, "\n"), text,
                     report.n_errors > 1 ? " (and more: njord-host --check lists them)" : "");
        cli->loaded = NULL;
    }
    nj_config_report_free(&report);
    return cli->loaded;
}

const char *nj_cli_control(struct nj_cli *cli)
{
    if (cli->control)
        return cli->control;
    const struct nj_config *config = nj_cli_config(cli);
    return config ? config->app.control : NULL;
}

const char *nj_cli_bus(struct nj_cli *cli)
{
    if (cli->bus)
        return cli->bus;
    if (cli->control)
        return "inproc:"; /* a host was named */
    const struct nj_config *config = nj_cli_config(cli);
    return config ? config->bus.url : NULL;
}

const char *nj_cli_journal_dir(struct nj_cli *cli)
{
    if (cli->journal_dir)
        return cli->journal_dir;
    const struct nj_config *config = nj_cli_config(cli);
    return config ? config->logging.journal_dir : NULL;
}

const char *nj_cli_plugins(struct nj_cli *cli)
{
    if (cli->plugins)
        return cli->plugins;
    const struct nj_config *config = nj_cli_config(cli);
    return config ? config->plugins.dir : NULL;
}

bool nj_cli_colour(void)
{
    return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}
