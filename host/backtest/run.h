/* run.h - a backtest from what a person names to its result: which plugin, which data, in a child
 * of its own.
 *
 * A job is made once: strategy, parameters and plugin file resolved, the data mapped from the
 * column cache (or, of a CSV file that is not in it, read) in the caller's process. A run of it
 * happens in a forked child, which shares the pages; a plugin that crashes, or returns from no
 * callback for `stall_ns`, gives one line with the signal, the row and its time. The child writes
 * the files itself, under temporary names that the caller gives; what the caller needs to know
 * comes back small. Owned by the verb; one thread. */
#ifndef NJ_BACKTEST_RUN_H
#define NJ_BACKTEST_RUN_H

#include "backtest/result.h"
#include "base/platform.h"
#include "config/config.h"

#define NJ_BT_SYMBOLS 64u

struct nj_bt_request {
    const struct nj_platform *platform;
    const struct nj_config *config; /* strategies.yaml, symbols, the folders */
    struct nj_log *log;             /* may be NULL */
    const char *strategy;           /* id of strategies.yaml, else a plugin's name, else a path */
    const char *const *symbols;     /* NULL: the entry's, else exchange.symbols' first */
    size_t n_symbols;
    const char *plugins_dir, *journal_dir;
    bool skip_bad;   /* malformed lines of journals are counted; else the first is the error */
    const char *csv; /* reads one symbol's rows from this file; NULL: the journals */
    const char *timeframe; /* NULL: 1m */
    const char *input;     /* "bars", "trades"; NULL: bars, or what the plugin has callbacks for */
    int64_t from_ns, to_ns;
    double capital, commission_rate, slippage_bps, maker_rate, taker_rate;
    enum nj_bt_fill fill;
    enum nj_bt_gap limit_gap;
    uint64_t warmup;
    bool allow_short, cash_check;
    const struct nj_risk_config *risk; /* with --risk; NULL: none */
    double periods_per_year, risk_free;
    const struct nj_param_text *params; /* over the entry's */
    size_t n_params;
    int64_t stall_ns; /* a run whose rows stand still for so long is ended; 0: never */
    /* Instead of an entry of strategies.yaml, to run a result again: its plugin is looked for by
     * name, unless `strategy` is a path. NULL: as `strategy` says. */
    const struct nj_instance_config *entry;
    bool check_sources; /* the cache compares the full hashes of the journals' files */
    /* To do what a host did (live_request.h): its other markets, the rest of what it was, and the
     * strategy is shown what its entry's events name, nothing where they name nothing. */
    const char *const *aside;
    size_t n_aside;
    struct nj_bt_live live;
    bool as_live;
};

struct nj_bt_job;

/* One line in err: unknown strategy (with the nearest name), no data, a row that is bad. */
int nj_bt_job_open(struct nj_bt_job **out, const struct nj_bt_request *request,
                   struct nj_error *err);
void nj_bt_job_close(struct nj_bt_job *job);

const struct nj_bt_options *nj_bt_job_options(const struct nj_bt_job *job);
const struct nj_bt_request *nj_bt_job_request(const struct nj_bt_job *job);
/* SHA-256 of the plugin's file; what each series is (as many as the options have), without its
 * hash before nj_bt_job_hash(). */
const char *nj_bt_job_plugin_hash(const struct nj_bt_job *job);
const struct nj_result_data *nj_bt_job_data(const struct nj_bt_job *job);
/* Works out the hashes of the data: a pass over all rows. */
int nj_bt_job_hash(struct nj_bt_job *job, struct nj_error *err);
/* Rows that a run walks, and their range. */
uint64_t nj_bt_job_rows(const struct nj_bt_job *job);

/* What is run, as a result has it, and what its reader should know of the data: no outcome, no
 * metrics. The plugin goes by its file's name. NJ_ERR_NOMEM, NJ_ERR_LIMIT. */
int nj_bt_job_about(const struct nj_bt_job *job, struct nj_result *out, struct nj_error *err);

/* What comes back of a run. */
struct nj_bt_brief {
    struct nj_metrics metrics;
    double final_equity;
    uint64_t n_trades, n_fills, n_points, rows;
    char summary[16384]; /* what a person is shown */
};

/* Where a run's files go: NULL ones are not written. Replaced as one step each. */
struct nj_bt_paths {
    const char *result, *curve, *report;
    const char *journals; /* a folder for the order flow, as a host writes it */
};

/* Makes the report's page from a result; NULL: there is none. */
typedef int (*nj_bt_report_fn)(const struct nj_result *result, struct nj_buf *out,
                               struct nj_error *err);

/* Runs it in a child. NJ_ERR_PLUGIN: it crashed, hung or refused. params: instead of the job's (a
 * sweep); NULL: the job's. progress (may be NULL) is called about ten times a second. */
int nj_bt_job_run(struct nj_bt_job *job, const struct nj_param_text *params, size_t n_params,
                  const struct nj_bt_paths *paths, nj_bt_report_fn report,
                  void (*progress)(void *ctx, uint64_t rows), void *progress_ctx,
                  struct nj_bt_brief *out, struct nj_error *err);
/* For those who are a child already, and run many: which of the processes of this job it is, from
 * 0, never given twice, so that each has a private copy of the plugin. Before the first of the two
 * below. */
void nj_bt_job_process(struct nj_bt_job *job, uint32_t number);
/* Loads the plugin in this process and checks parameters against what it declares, without a run.
 * NJ_ERR_CONFIG: one line. */
int nj_bt_job_check(struct nj_bt_job *job, const struct nj_param_text *params, size_t n_params,
                    struct nj_error *err);
/* The same as nj_bt_job_run() in this process, for those who are a child already: the whole
 * result. */
int nj_bt_job_here(struct nj_bt_job *job, const struct nj_param_text *params, size_t n_params,
                   struct nj_result *out, struct nj_error *err);
/* Part of a job's rows as a run of its own, without a copy of them. */
struct nj_bt_window {
    int64_t from_ns, to_ns; /* rows with from <= ts < to count */
    /* Of each symbol, rows right before those are shown first, flagged as warm-up: so many, from
     * warm_ns on, as far as there are any. Rows of the window itself are never warm-up. */
    uint64_t warmup;
    int64_t warm_ns;
    double capital;
};
/* As nj_bt_job_here() over a window. The result holds metrics and outcome, and not what was run. */
int nj_bt_job_window(struct nj_bt_job *job, const struct nj_bt_window *window,
                     const struct nj_param_text *params, size_t n_params, struct nj_result *out,
                     struct nj_error *err);
/* Rows with from <= ts < to, of all symbols. */
uint64_t nj_bt_job_rows_within(const struct nj_bt_job *job, int64_t from_ns, int64_t to_ns);
/* When the first row comes, and the end of the last (exclusive). */
void nj_bt_job_span(const struct nj_bt_job *job, int64_t *first_ns, int64_t *end_ns);

/* What a comparison with the journal of orders of a host came to. */
struct nj_bt_compared {
    uint64_t intents, decisions, orders, fills; /* that are the same */
    char difference[1200];                      /* the first one found; "": none */
};
/* Runs it, and holds each line of the order flow against the next one of orders.ndjson in the
 * request's folder of journals: contract, ids, times, values; `seq` and `ts_recv_ns` alone are not
 * looked at. In a child, as nj_bt_job_run(); paths: `journals` of it alone is looked at, may be
 * NULL. A difference is no error. live_compare.c. */
int nj_bt_job_compare(struct nj_bt_job *job, const struct nj_bt_paths *paths,
                      void (*progress)(void *ctx, uint64_t rows), void *progress_ctx,
                      struct nj_bt_compared *out, struct nj_error *err);

/* What a check for a look into the future came to. */
#define NJ_BT_VERIFY 200u
struct nj_bt_verified {
    uint64_t intents, instants; /* of the whole run: orders wanted, and the times of that */
    uint64_t checked;     /* times that were looked at: NJ_BT_VERIFY, all when there are fewer */
    char difference[600]; /* the first one found; "": none */
};
/* Runs it over all rows, and again for each of up to NJ_BT_VERIFY instants (drawn by the seed) over
 * nothing but the rows that had come by then: the orders wanted until then must be the same. In a
 * child, as nj_bt_job_run(). A difference is no error. */
int nj_bt_job_verify(struct nj_bt_job *job, void (*progress)(void *ctx, uint64_t rows),
                     void *progress_ctx, struct nj_bt_verified *out, struct nj_error *err);

#endif
