/* verb_compare.c - njord compare: results side by side, where they part, whether chance would do.
 */
#include "backtest/compare.h"
#include "base/fs.h"
#include "cli/data.h"
#include "cli/table.h"

#include <errno.h>
#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACROSS 6u  /* results in one table on paper */
#define SPANS  10u /* listed of a pair on paper */
#define NAME   256u

struct args {
    struct nj_cli_list results;
    const char *threshold, *seed, *curves;
};

const struct nj_cli_option nj_compare_options[] = {
    {"results", "RESULT", offsetof(struct args, results), true, false,
     "a result file; may stand several times, more may follow bare"},
    {"threshold", "X", offsetof(struct args, threshold), false, false,
     "curves further apart than this part (default: 0.1)"},
    {"seed", "N", offsetof(struct args, seed), false, false, "of the bootstrap (default: 1)"},
    {"curves", "FILE", offsetof(struct args, curves), false, false,
     "the curves from 100,000, as CSV"},
    {0}};

/* All that is compared; of n results the first has no comparison. */
struct compared {
    const char **paths;
    char (*names)[NAME];
    struct nj_result *results;
    const struct nj_result **list; /* of pointers to them */
    struct nj_comparison *with;    /* with[i]: the first against results[i] */
    size_t n;
    double threshold;
    uint64_t seed;
};

/* ---- reading ---- */

/* "ma_cross_ATOMUSDT" of its path; the whole path when two would have one name. */
static void name_all(struct compared *c)
{
    bool twice = false;
    for (size_t i = 0; i < c->n; i++) {
        const char *slash = strrchr(c->paths[i], '/'), *base = slash ? slash + 1 : c->paths[i];
        size_t len = strlen(base);
        if (len > 5 && strcmp(base + len - 5, ".json") == 0)
            len -= 5;
        snprintf(c->names[i], NAME, "%.*s", (int)(len < NAME ? len : NAME - 1), base);
        for (size_t k = 0; k < i; k++)
            twice = twice || strcmp(c->names[k], c->names[i]) == 0;
    }
    for (size_t i = 0; twice && i < c->n; i++)
        snprintf(c->names[i], NAME, "%s", c->paths[i]);
}

static bool make_room(struct compared *c, size_t n)
{
    c->paths = calloc(n + 1, sizeof *c->paths);
    c->names = calloc(n + 1, sizeof *c->names);
    c->results = calloc(n + 1, sizeof *c->results);
    c->list = calloc(n + 1, sizeof *c->list);
    c->with = calloc(n + 1, sizeof *c->with);
    return c->paths && c->names && c->results && c->list && c->with;
}

static void free_all(struct compared *c)
{
    for (size_t i = 0; c->results && i < c->n; i++)
        nj_result_free(&c->results[i]);
    for (size_t i = 0; c->with && i < c->n; i++)
        nj_comparison_free(&c->with[i]);
    free(c->paths);
    free(c->names);
    free(c->results);
    free((void *)c->list);
    free(c->with);
}

static int load_all(struct compared *c, struct nj_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < c->n && rc == 0; i++) {
        struct nj_result *r = &c->results[i];
        c->list[i] = r;
        rc = nj_result_load(r, c->paths[i], err);
        if (rc == 0 && !(r->capital > 0 && isfinite(r->capital)))
            rc = nj_error_set(err, NJ_ERR_INPUT, "result '%s': 'initial_capital': expected above 0",
                              c->paths[i]);
        else if (rc == 0 && r->outcome.n_curve == 0)
            rc = nj_error_set(err, NJ_ERR_INPUT, "result '%s': 'equity_curve': no point in it",
                              c->paths[i]);
        if (rc == 0 && i > 0)
            rc = nj_compare(&c->results[0], r, c->threshold, c->seed, &c->with[i], err);
    }
    return rc;
}

static double last_of(const struct nj_result *r)
{
    return nj_compare_rebased(r, r->outcome.n_curve - 1);
}

/* ---- JSON ---- */

/* What exp and log had a part in: 12 digits, since the last ones differ between processors. */
static size_t rounded(double v, char out[NJORD_NUMBER_SIZE])
{
    return nj_metric_text(NJ_METRIC_ANNUAL_RETURN_PCT, v, out);
}

static void put_rounded(struct nj_json_out *json, const char *key, double v)
{
    char text[NJORD_NUMBER_SIZE];
    nj_put_raw(json, key, text, rounded(v, text));
}

static void put_results(struct nj_json_out *json, const struct compared *c)
{
    nj_put_open(json, "results", '[');
    for (size_t i = 0; i < c->n; i++) {
        const struct nj_result *r = &c->results[i];
        nj_put_open(json, NULL, '{');
        nj_put_text(json, "name", c->names[i]);
        nj_put_text(json, "strategy_id", r->strategy_id);
        nj_put_text(json, "symbol", r->symbol);
        nj_put_int(json, "start_ts", r->start_ts);
        nj_put_int(json, "end_ts", r->end_ts);
        nj_put_real(json, "initial_capital", r->capital);
        nj_put_real(json, "final_capital", r->outcome.final_equity);
        nj_put_real(json, "rebased_final", last_of(r));
        nj_put_close(json, '}');
    }
    nj_put_close(json, ']');
    nj_put_open(json, "metrics", '{');
    for (int m = 0; m < NJ_METRIC_COUNT; m++) {
        int best = nj_compare_best(c->list, c->n, (enum nj_metric)m);
        nj_put_open(json, nj_metric_infos[m].name, '{');
        nj_put_open(json, "values", '[');
        for (size_t i = 0; i < c->n; i++) {
            char text[NJORD_NUMBER_SIZE];
            size_t len = nj_metric_text((enum nj_metric)m, c->results[i].metrics.value[m], text);
            nj_put_raw(json, NULL, text, len);
        }
        nj_put_close(json, ']');
        if (best >= 0)
            nj_put_text(json, "best", c->names[best]);
        else
            nj_put_null(json, "best");
        nj_put_close(json, '}');
    }
    nj_put_close(json, '}');
}

static void put_partings(struct nj_json_out *json, const struct nj_comparison *with)
{
    nj_put_open(json, "divergence", '[');
    for (size_t i = 0; i < with->n_partings; i++) {
        const struct nj_parting *p = &with->partings[i];
        nj_put_open(json, NULL, '{');
        nj_put_int(json, "from_ts", p->from_ns);
        nj_put_int(json, "to_ts", p->to_ns);
        nj_put_real(json, "max_distance", p->worst);
        nj_put_int(json, "max_ts", p->worst_ns);
        nj_put_bool(json, "open", p->open);
        nj_put_close(json, '}');
    }
    nj_put_close(json, ']');
}

static void put_pairs(struct nj_json_out *json, const struct compared *c)
{
    nj_put_open(json, "pairs", '[');
    for (size_t i = 1; i < c->n; i++) {
        const struct nj_compare_test *t = &c->with[i].test;
        nj_put_open(json, NULL, '{');
        nj_put_text(json, "first", c->names[0]);
        nj_put_text(json, "other", c->names[i]);
        nj_put_uint(json, "days", t->days);
        nj_put_real(json, "mean_diff", t->mean_diff);
        nj_put_real(json, "t", t->t);
        put_rounded(json, "p_value", t->p_value);
        put_rounded(json, "confidence", t->confidence);
        nj_put_open(json, "bootstrap", '{');
        nj_put_real(json, "p_value", t->bootstrap_p);
        nj_put_real(json, "confidence", 1 - t->bootstrap_p);
        nj_put_real(json, "low", t->low);
        nj_put_real(json, "high", t->high);
        nj_put_uint(json, "block", t->block);
        nj_put_uint(json, "resamples", NJ_COMPARE_RESAMPLES);
        nj_put_uint(json, "seed", c->seed);
        nj_put_close(json, '}');
        put_partings(json, &c->with[i]);
        nj_put_close(json, '}');
    }
    nj_put_close(json, ']');
}

static int print_json(struct nj_cli *cli, const struct compared *c)
{
    struct nj_buf buf = {0};
    struct nj_json_out json = {&buf, false};
    nj_put_open(&json, NULL, '{');
    nj_put_real(&json, "rebased_to", NJ_COMPARE_BASE);
    nj_put_real(&json, "threshold", c->threshold);
    put_results(&json, c);
    put_pairs(&json, c);
    nj_put_close(&json, '}');
    return nj_data_print_json(cli, &buf, NJ_EXIT_DONE);
}

/* ---- CSV ---- */

static void csv_text(struct nj_buf *out, const char *text)
{
    bool quote = strpbrk(text, ",\"\r\n") != NULL;
    if (quote)
        nj_buf_putc(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            nj_buf_putc(out, '"');
        nj_buf_putc(out, *text);
    }
    if (quote)
        nj_buf_putc(out, '"');
}

static void csv_real(struct nj_buf *out, double v)
{
    char text[NJORD_NUMBER_SIZE];
    nj_buf_putc(out, ',');
    if (isfinite(v))
        nj_buf_add(out, text, njord_format_f64(v, text));
}

static void csv_head(struct nj_buf *out, const struct compared *c, const char *first)
{
    nj_buf_puts(out, first);
    for (size_t i = 0; i < c->n; i++) {
        nj_buf_putc(out, ',');
        csv_text(out, c->names[i]);
    }
}

/* A figure of the test of each against the first, whose own column stays empty. */
static void csv_test(struct nj_buf *out, const struct compared *c, const char *name, size_t at)
{
    nj_buf_printf(out, "%s,", name);
    for (size_t i = 1; i < c->n; i++) {
        const char *test = (const char *)&c->with[i].test + at;
        char text[NJORD_NUMBER_SIZE];
        double v;
        memcpy(&v, test, sizeof v);
        nj_buf_putc(out, ',');
        if (isfinite(v))
            nj_buf_add(out, text, rounded(v, text));
    }
    nj_buf_puts(out, ",\n");
}

static void csv_metrics(struct nj_buf *out, const struct compared *c)
{
    csv_head(out, c, "metric");
    nj_buf_puts(out, ",best\ninitial_capital");
    for (size_t i = 0; i < c->n; i++)
        csv_real(out, c->results[i].capital);
    nj_buf_puts(out, ",\nfinal_capital");
    for (size_t i = 0; i < c->n; i++)
        csv_real(out, c->results[i].outcome.final_equity);
    nj_buf_puts(out, ",\nrebased_final");
    for (size_t i = 0; i < c->n; i++)
        csv_real(out, last_of(&c->results[i]));
    nj_buf_puts(out, ",\n");
    for (int m = 0; m < NJ_METRIC_COUNT; m++) {
        int best = nj_compare_best(c->list, c->n, (enum nj_metric)m);
        nj_buf_puts(out, nj_metric_infos[m].name);
        for (size_t i = 0; i < c->n; i++) {
            char text[NJORD_NUMBER_SIZE];
            double v = c->results[i].metrics.value[m];
            nj_buf_putc(out, ',');
            if (isfinite(v))
                nj_buf_add(out, text, nj_metric_text((enum nj_metric)m, v, text));
        }
        nj_buf_putc(out, ',');
        csv_text(out, best >= 0 ? c->names[best] : "");
        nj_buf_putc(out, '\n');
    }
    csv_test(out, c, "mean_diff", offsetof(struct nj_compare_test, mean_diff));
    csv_test(out, c, "p_value", offsetof(struct nj_compare_test, p_value));
    csv_test(out, c, "confidence", offsetof(struct nj_compare_test, confidence));
    csv_test(out, c, "bootstrap_p_value", offsetof(struct nj_compare_test, bootstrap_p));
}

/* A row for each instant at which any has a point; empty where a curve has none. */
static bool csv_curves(struct nj_buf *out, const struct compared *c)
{
    size_t *at = calloc(c->n, sizeof *at);
    csv_head(out, c, "ts_ns");
    nj_buf_putc(out, '\n');
    for (bool more = at != NULL; more;) {
        char text[NJORD_NUMBER_SIZE];
        int64_t ts = INT64_MAX;
        more = false;
        for (size_t i = 0; i < c->n; i++) {
            const struct nj_bt_outcome *o = &c->results[i].outcome;
            if (at[i] < o->n_curve && (!more || o->curve_ts[at[i]] < ts))
                ts = o->curve_ts[at[i]];
            more = more || at[i] < o->n_curve;
        }
        if (!more)
            break;
        nj_buf_add(out, text, njord_format_i64(ts, text));
        for (size_t i = 0; i < c->n; i++) {
            const struct nj_bt_outcome *o = &c->results[i].outcome;
            bool here = at[i] < o->n_curve && o->curve_ts[at[i]] == ts;
            csv_real(out, here ? nj_compare_rebased(&c->results[i], at[i]) : (double)NAN);
            at[i] += here;
        }
        nj_buf_putc(out, '\n');
    }
    bool done = at != NULL;
    free(at);
    return done;
}

static int write_file(struct nj_cli *cli, const char *path, struct nj_buf *text)
{
    struct nj_error err = {0};
    int code = NJ_EXIT_DONE;
    if (text->failed)
        code = nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
    else if (strcmp(path, "-") == 0)
        fwrite(text->data, 1, text->len, stdout);
    else if (nj_mkdirs_for(path, 0777, &err) != 0 ||
             nj_replace_file(nj_platform_system(), path, text->data, text->len, 0666, &err) != 0)
        code = nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    nj_buf_free(text);
    return code;
}

static int write_files(struct nj_cli *cli, const struct compared *c, const char *curves)
{
    struct nj_buf text = {0};
    int code = NJ_EXIT_DONE;
    if (cli->output) {
        csv_metrics(&text, c);
        code = write_file(cli, cli->output, &text);
    }
    if (curves && code == NJ_EXIT_DONE) {
        text.failed = !csv_curves(&text, c) || text.failed;
        code = write_file(cli, curves, &text);
    }
    return code;
}

/* ---- on paper ---- */

static void add_figure(struct nj_table *table, double v, int digits, bool best)
{
    char text[400];
    if (isfinite(v))
        snprintf(text, sizeof text, "%.*f%s", digits, v, best ? " *" : "  ");
    else
        snprintf(text, sizeof text, "n/a  ");
    nj_table_add_shade(table, text, best ? NJ_GOOD : NJ_PLAIN);
}

/* Results from..to, side by side. */
static void print_side(const struct compared *c, size_t from, size_t to)
{
    char heads[ACROSS][NAME + 4];
    const char *list[ACROSS + 2] = {"METRIC"};
    struct nj_table table;
    for (size_t i = from; i < to; i++) {
        snprintf(heads[i - from], sizeof heads[0], ">%s  ", c->names[i]);
        list[i - from + 1] = heads[i - from];
    }
    nj_table_init(&table, list);
    nj_table_add(&table, "From 100,000");
    for (size_t i = from; i < to; i++)
        add_figure(&table, last_of(&c->results[i]), 2, false);
    for (int m = 0; m < NJ_METRIC_COUNT; m++) {
        const struct nj_metric_info *info = &nj_metric_infos[m];
        int best = nj_compare_best(c->list, c->n, (enum nj_metric)m);
        char title[80];
        snprintf(title, sizeof title, "%s%s%s", info->title, info->unit[0] ? ", " : "", info->unit);
        nj_table_add(&table, title);
        for (size_t i = from; i < to; i++)
            add_figure(&table, c->results[i].metrics.value[m], m == NJ_METRIC_NUM_TRADES ? 0 : 4,
                       best == (int)i);
    }
    nj_table_print(&table, stdout, nj_cli_colour());
    nj_table_free(&table);
    putchar('\n');
}

static void print_pair(const struct compared *c, size_t i)
{
    const struct nj_comparison *with = &c->with[i];
    const struct nj_compare_test *t = &with->test;
    char from[NJ_DATA_TEXT], to[NJ_DATA_TEXT], worst[NJ_DATA_TEXT];
    printf("%s against %s\n", c->names[0], c->names[i]);
    printf("  apart by more than %g%%: %zu time%s\n", c->threshold * 100, with->n_partings,
           with->n_partings == 1 ? "" : "s");
    for (size_t k = 0; k < with->n_partings && k < SPANS; k++) {
        const struct nj_parting *p = &with->partings[k];
        printf("    %s to %s%s, at most %.2f%% on %s\n", nj_data_time(p->from_ns, from),
               nj_data_time(p->to_ns, to), p->open ? " (the end)" : "", p->worst * 100,
               nj_data_time(p->worst_ns, worst));
    }
    if (with->n_partings > SPANS)
        printf("    and %zu more: --json has them all\n", with->n_partings - SPANS);
    if (!isfinite(t->p_value)) {
        printf("  daily returns: %zu common day%s, too few for a test\n\n", t->days,
               t->days == 1 ? "" : "s");
        return;
    }
    printf("  daily returns of %zu common days: mean difference %+.6f%%\n", t->days,
           t->mean_diff * 100);
    printf("    paired t-test: p %.4f, confidence %.2f%%\n", t->p_value, t->confidence * 100);
    printf("    bootstrap: p %.4f, 95%% of means from %+.6f%% to %+.6f%% (%u resamples, blocks of "
           "%zu days, seed %llu)\n\n",
           t->bootstrap_p, t->low * 100, t->high * 100, NJ_COMPARE_RESAMPLES, t->block,
           (unsigned long long)c->seed);
}

static void print_paper(const struct compared *c)
{
    for (size_t from = 0; from < c->n; from += ACROSS)
        print_side(c, from, c->n - from < ACROSS ? c->n : from + ACROSS);
    printf("* the best of all\n\n");
    for (size_t i = 1; i < c->n; i++)
        print_pair(c, i);
}

/* ---- the verb ---- */

static bool seed_of(struct nj_cli *cli, const char *text, uint64_t *out)
{
    int64_t v = 1;
    if (text && (njord_parse_i64(text, strlen(text), &v) != strlen(text) || v < 0)) {
        nj_cli_error(cli, 0, "option '--seed': expected a whole number from 0 on, found '%.64s'",
                     text);
        return false;
    }
    *out = (uint64_t)v;
    return true;
}

int nj_verb_compare(struct nj_cli *cli)
{
    const struct args *a = (const struct args *)(const void *)cli->own;
    size_t n = a->results.n + (size_t)cli->n_args;
    struct compared c = {.threshold = 0.1};
    struct nj_error err = {0};
    int code = NJ_EXIT_FAILED;
    _Static_assert(sizeof(struct args) <= NJ_CLI_OWN, "a verb's own struct");
    if (n < 2)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "expected two results or more: --results A.json --results B.json");
    if (!nj_cli_real(cli, "threshold", a->threshold, 0, 1e6, &c.threshold) ||
        !seed_of(cli, a->seed, &c.seed))
        return NJ_EXIT_USAGE;
    if (cli->json && ((cli->output && strcmp(cli->output, "-") == 0) ||
                      (a->curves && strcmp(a->curves, "-") == 0)))
        return nj_cli_error(cli, NJ_EXIT_USAGE, "--json and a CSV both on standard output");
    if (!make_room(&c, n)) {
        code = nj_cli_error(cli, code, "out of memory");
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        c.paths[i] = i < a->results.n ? a->results.items[i] : cli->args[i - a->results.n];
    c.n = n;
    name_all(&c);
    if (load_all(&c, &err) != 0) {
        code = nj_cli_error(cli, code, "%s", err.text);
        goto done;
    }
    code = write_files(cli, &c, a->curves);
    if (code == NJ_EXIT_DONE && cli->json)
        code = print_json(cli, &c);
    else if (code == NJ_EXIT_DONE && !(cli->output && strcmp(cli->output, "-") == 0) &&
             !(a->curves && strcmp(a->curves, "-") == 0))
        print_paper(&c);
done:
    free_all(&c);
    return code;
}
