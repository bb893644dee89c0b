/* cli.h - what the verbs of `njord` share: the table of verbs, the options, errors on one line.
 *
 * A verb is one row of a table: name, one line, arguments, which options it takes, an example, its
 * function. Help, option parsing and the man pages' test are made from the rows. One file a verb,
 * verb_NAME.c; exit codes are 0 done, 1 failed, 2 wrong usage. */
#ifndef NJ_CLI_CLI_H
#define NJ_CLI_CLI_H

#include "base/err.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NJ_EXIT_DONE = 0, NJ_EXIT_FAILED = 1, NJ_EXIT_USAGE = 2 };

/* Options, one bit each; the table in options.c has their names and help. */
#define NJ_OPT_CONFIG      (UINT64_C(1) << 0)
#define NJ_OPT_CONTROL     (UINT64_C(1) << 1)
#define NJ_OPT_PLUGINS     (UINT64_C(1) << 2)
#define NJ_OPT_BUS         (UINT64_C(1) << 3)
#define NJ_OPT_JSON        (UINT64_C(1) << 4)
#define NJ_OPT_FORCE       (UINT64_C(1) << 5)
#define NJ_OPT_REASON      (UINT64_C(1) << 6)
#define NJ_OPT_FILE        (UINT64_C(1) << 7)
#define NJ_OPT_COUNT       (UINT64_C(1) << 8)
#define NJ_OPT_DIR         (UINT64_C(1) << 9)
#define NJ_OPT_TEMPLATES   (UINT64_C(1) << 10)
#define NJ_OPT_HELP        (UINT64_C(1) << 11)
#define NJ_OPT_SYMBOL      (UINT64_C(1) << 12)
#define NJ_OPT_TIMEFRAME   (UINT64_C(1) << 13)
#define NJ_OPT_START       (UINT64_C(1) << 14)
#define NJ_OPT_END         (UINT64_C(1) << 15)
#define NJ_OPT_JOURNAL_DIR (UINT64_C(1) << 16)
#define NJ_OPT_SPEED       (UINT64_C(1) << 17)
#define NJ_OPT_OLDER_THAN  (UINT64_C(1) << 24)

#define NJ_OPT_FROM       (UINT64_C(1) << 26)
#define NJ_OPT_TIMEFRAMES (UINT64_C(1) << 27)
#define NJ_OPT_NO_FILL    (UINT64_C(1) << 28)
#define NJ_OPT_MAX_GAP    (UINT64_C(1) << 29)

#define NJ_OPT_KIND       (UINT64_C(1) << 30)
#define NJ_OPT_LAYOUT     (UINT64_C(1) << 31)
#define NJ_OPT_COLUMNS    (UINT64_C(1) << 32)
#define NJ_OPT_TIME_UNIT  (UINT64_C(1) << 33)
#define NJ_OPT_DELIMITER  (UINT64_C(1) << 34)
#define NJ_OPT_VENUE      (UINT64_C(1) << 35)
#define NJ_OPT_DRY_RUN    (UINT64_C(1) << 36)
#define NJ_OPT_REPLACE    (UINT64_C(1) << 37)
#define NJ_OPT_ROUND      (UINT64_C(1) << 38)
#define NJ_OPT_FORMAT     (UINT64_C(1) << 39)
#define NJ_OPT_OUTPUT     (UINT64_C(1) << 40)
#define NJ_OPT_MAX_RETURN (UINT64_C(1) << 41)
#define NJ_OPT_MAX_Z      (UINT64_C(1) << 42)
#define NJ_OPT_MAX_VOLUME (UINT64_C(1) << 43)
#define NJ_OPT_WINDOW     (UINT64_C(1) << 44)
#define NJ_OPT_FLAT       (UINT64_C(1) << 45)
#define NJ_OPT_SKIP_BAD   (UINT64_C(1) << 46)

/* An option that may stand several times: its values, in the order of the command line. */
#define NJ_CLI_LIST_MAX 256
struct nj_cli_list {
    const char *items[NJ_CLI_LIST_MAX];
    size_t n;
};

/* An option of one verb alone: its value goes into the verb's own struct, at `offset`. */
struct nj_cli_option {
    const char *name;     /* NULL ends a list of them */
    const char *argument; /* NULL: a switch (a bool); "[FILE]": may be left out (then "") */
    size_t offset;        /* of its const char *, bool, or, if several, struct nj_cli_list */
    bool several;
    bool pair; /* NAME=VALUE, also as two words: kept as NAME=VALUE */
    const char *help;
};
#define NJ_CLI_OWN 16384u /* bytes of a verb's own struct at most */

struct nj_cli {
    const char *program; /* "njord ctl" */
    char full[64];       /* what it points to for a verb of a group */
    uint64_t given;      /* options that stood on the command line */
    const char *config, *control, *plugins, *bus, *reason, *file, *count, *dir, *templates;
    const char *kind, *layout, *columns, *time_unit, *delimiter, *venue, *format, *output;
    const char *from, *timeframe_list, *max_gap;
    const char *max_return, *max_z, *max_volume, *window, *flat;
    const char *start, *end, *journal_dir, *speed, *older_than;
    struct nj_cli_list symbols, timeframes;
    bool json, force, help;
    bool dry_run, replace, round, no_fill, skip_bad;
    char **args; /* arguments that are no options, behind the verb's own names */
    int n_args;
    struct nj_config *loaded;      /* by nj_cli_config() */
    char *joined[NJ_CLI_LIST_MAX]; /* NAME=VALUE that stood as two words */
    size_t n_joined;
    const struct nj_cli_option *own_options; /* of the verb; NULL: none */
    _Alignas(16) char own[NJ_CLI_OWN];       /* its struct, zero where nothing was given */
};

struct nj_verb {
    const char *name;
    const char *line;      /* what it does, in one line */
    const char *arguments; /* "TOPIC" */
    int min_args, max_args;
    uint64_t options;
    const char *details; /* further help, lines ended by \n; may be "" */
    const char *example;
    int (*run)(struct nj_cli *cli); /* returns an exit code */
    const struct nj_verb *subs;     /* a group: its verbs, ended by one without a name */
};

extern const struct nj_verb nj_verbs[];        /* main_njord.c; ended by one without a name */
extern const struct nj_verb nj_ctl_verbs[];    /* verb_ctl.c */
extern const struct nj_verb nj_data_verbs[];   /* verb_data.c */
extern const struct nj_verb nj_kill_verbs[];   /* verb_kill.c */
extern const struct nj_verb nj_plugin_verbs[]; /* verb_plugin.c */

extern const struct nj_cli_option nj_backtest_options[]; /* verb_backtest.c */
extern const struct nj_cli_option nj_compare_options[];  /* verb_compare.c */
extern const struct nj_cli_option nj_metrics_options[];  /* verb_metrics.c */
extern const struct nj_cli_option nj_sweep_options[];    /* verb_sweep.c */
/* Options of a verb alone, by its function (main_njord.c); NULL: none. */
const struct nj_cli_option *nj_verb_own(const struct nj_verb *verb);

int nj_verb_backtest(struct nj_cli *cli);
int nj_verb_compare(struct nj_cli *cli);
int nj_verb_compress(struct nj_cli *cli);
int nj_verb_metrics(struct nj_cli *cli);
int nj_verb_sweep(struct nj_cli *cli);
int nj_verb_tail(struct nj_cli *cli);
int nj_verb_ohlcv(struct nj_cli *cli);
int nj_verb_publish(struct nj_cli *cli);
int nj_verb_replay(struct nj_cli *cli);
int nj_verb_report(struct nj_cli *cli);
int nj_verb_plugin_new(struct nj_cli *cli);
int nj_verb_plugin_list(struct nj_cli *cli);
int nj_verb_plugin_info(struct nj_cli *cli);
int nj_verb_plugin_check(struct nj_cli *cli);

/* Parses options into cli and moves what is no option to the front: argv[0..return). -1 after
 * wrong usage was told. allowed: what the verb (a group: any of its verbs) takes. */
int nj_cli_parse(struct nj_cli *cli, int argc, char **argv, uint64_t allowed);
/* Ends what parsing and nj_cli_config() have made. */
void nj_cli_end(struct nj_cli *cli);
/* Prints help of a verb, or of a group. */
void nj_cli_help(const char *program, const struct nj_verb *verb);
/* "--force" for an option's bit. */
const char *nj_cli_option_name(uint64_t option);

/* One line on standard error: "njord ctl: …"; returns `code`. */
int nj_cli_error(const struct nj_cli *cli, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* An own option's number, low <= *out <= high; left as it is when text is NULL. False: told. */
bool nj_cli_real(const struct nj_cli *cli, const char *name, const char *text, double low,
                 double high, double *out);
/* The configuration of --config, else the default folder, else the defaults; read once. NULL after
 * its first problem was told. */
const struct nj_config *nj_cli_config(struct nj_cli *cli);
/* Where the host listens: --control, else app.control; NULL after the problem was told. */
const char *nj_cli_control(struct nj_cli *cli);
/* The bus: --bus, else bus.url; NULL likewise. */
const char *nj_cli_bus(struct nj_cli *cli);
/* Where journals are: --journal-dir, else logging.journal_dir; NULL likewise. */
const char *nj_cli_journal_dir(struct nj_cli *cli);
/* Where plugins are: --plugins, else plugins.dir; NULL likewise. */
const char *nj_cli_plugins(struct nj_cli *cli);
/* Is standard output a terminal that wants colour? */
bool nj_cli_colour(void);

#endif
