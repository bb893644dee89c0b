/* verb_ohlcv.c - njord ohlcv: bars from recorded trades, offline, by the aggregator's own
 * functions.
 */
#include "cli/data.h"
#include "cli/table.h"

#include "base/platform.h"
#include "research/make_bars.h"

#include <inttypes.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- options --------------------------------------------------------------------------------- */

/* "1m,5m" into names; text is cut at its commas. */
static int take_timeframes(struct nj_cli *cli, char *text, const char **names, uint32_t *n)
{
    char *rest = text;
    for (char *name; (name = strsep(&rest, ","));) {
        if (*n == NJ_MAKE_BARS_MAX)
            return nj_cli_error(cli, NJ_EXIT_USAGE, "'--timeframes': at most %u at once",
                                NJ_MAKE_BARS_MAX);
        names[(*n)++] = name;
    }
    return 0;
}

static int take_max_gap(struct nj_cli *cli, uint64_t *out)
{
    int64_t n = 0;
    const char *text = cli->max_gap ? cli->max_gap : "0";
    if (njord_parse_i64(text, strlen(text), &n) != strlen(text) || n < 0)
        return nj_cli_error(
            cli, NJ_EXIT_USAGE,
            "'--max-gap': expected a whole number of bars, 0 or more, found '%.40s'", text);
    *out = (uint64_t)n;
    return 0;
}

static int take_options(struct nj_cli *cli, struct nj_make_bars_options *out)
{
    if (cli->symbols.n != 1)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--symbol' %s",
                            cli->symbols.n ? "may stand once here: bars are made of one symbol's "
                                             "trades"
                                           : "is missing: whose trades, as ATOM/USDT?");
    if (!cli->timeframe_list)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "'--timeframes' is missing: which bars, as "
                            "1m,5m,1h?");
    *out = (struct nj_make_bars_options){.platform = nj_platform_system(),
                                         .from = cli->from,
                                         .symbol = cli->symbols.items[0],
                                         .gap_fill = !cli->no_fill,
                                         .replace = cli->replace,
                                         .skip_bad = cli->skip_bad,
                                         .output = cli->output};
    return take_max_gap(cli, &out->max_gap);
}

/* ---- the report ------------------------------------------------------------------------------ */

static int print_json(struct nj_cli *cli, const struct nj_make_bars_options *o,
                      const struct nj_make_bars_report *r)
{
    struct nj_buf buf = {0};
    struct nj_json_out json = {&buf, false};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "symbol", r->symbol);
    nj_put_text(&json, "from", o->from);
    nj_put_text(&json, "output", o->output);
    nj_put_uint(&json, "trades", r->trades);
    nj_data_put_time(&json, "first_ns", r->first_ns);
    nj_data_put_time(&json, "last_ns", r->last_ns);
    nj_put_uint(&json, "late", r->late);
    nj_put_uint(&json, "doubles", r->doubles);
    nj_put_uint(&json, "bad_lines", r->bad);
    nj_put_uint(&json, "gaps", r->gaps);
    nj_put_uint(&json, "missing_ids", r->missing);
    nj_put_uint(&json, "bars_left_out", r->left_out);
    nj_put_open(&json, "timeframes", '[');
    for (uint32_t i = 0; i < r->n_made; i++) {
        const struct nj_made_bars *made = &r->made[i];
        nj_put_open(&json, NULL, '{');
        nj_put_text(&json, "timeframe", made->timeframe);
        nj_put_uint(&json, "bars", made->bars);
        nj_put_uint(&json, "filled", made->filled);
        nj_put_uint(&json, "partial", made->partial);
        nj_data_put_time(&json, "first_ns", made->first_ns);
        nj_data_put_time(&json, "last_ns", made->last_ns);
        nj_put_uint(&json, "added", made->added);
        nj_put_uint(&json, "already_there", made->same);
        nj_put_uint(&json, "replaced", made->replaced);
        nj_put_uint(&json, "days", made->days);
        nj_put_uint(&json, "days_written", made->days_written);
        nj_put_close(&json, '}');
    }
    nj_put_close(&json, ']');
    nj_put_close(&json, '}');
    return nj_data_print_json(cli, &buf, NJ_EXIT_DONE);
}

static void print_report(const struct nj_make_bars_options *o, const struct nj_make_bars_report *r)
{
    char a[NJ_DATA_TEXT], b[NJ_DATA_TEXT], c[NJ_DATA_TEXT];
    printf("%-12s %s of %s, %s to %s\n", "trades", nj_data_count(r->trades, a), r->symbol,
           nj_data_time(r->first_ns, b), nj_data_time(r->last_ns, c));
    nj_data_note(r->doubles, "stood twice and count once");
    nj_data_note(r->late, "late for their bar, not merged");
    nj_data_note(r->bad, "malformed lines passed over");
    if (r->gaps > 0)
        printf("%-12s %s ids missing in %s gaps: %s bars left out\n", "",
               nj_data_count(r->missing, a), nj_data_count(r->gaps, b),
               nj_data_count(r->left_out, c));
    else
        nj_data_note(r->left_out, "bars left out past --max-gap");
    for (uint32_t i = 0; i < r->n_made; i++) {
        const struct nj_made_bars *made = &r->made[i];
        printf("%-12s %s bars", made->timeframe, nj_data_count(made->bars, a));
        if (made->bars > 0)
            printf(" (%s filled, %s partial): %s added", nj_data_count(made->filled, a),
                   nj_data_count(made->partial, b), nj_data_count(made->added, c));
        if (made->same > 0)
            printf(", %s there already", nj_data_count(made->same, a));
        if (made->replaced > 0)
            printf(", %s replaced", nj_data_count(made->replaced, a));
        printf("\n");
    }
    printf("%-12s %s/\n", "journals", o->output);
}

int nj_verb_ohlcv(struct nj_cli *cli)
{
    struct nj_make_bars_options options = {0};
    struct nj_make_bars_report report;
    struct nj_data_progress progress;
    struct nj_error err = {0};
    const char *names[NJ_MAKE_BARS_MAX];
    int rc = take_options(cli, &options);
    if (rc != 0)
        return rc;
    char *text = strdup(cli->timeframe_list);
    if (!text)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
    options.timeframes = names;
    rc = take_timeframes(cli, text, names, &options.n_timeframes);
    const char *journals =
        rc == 0 && (!options.from || !options.output) ? nj_cli_journal_dir(cli) : "";
    if (rc == 0 && !journals)
        rc = NJ_EXIT_FAILED;
    options.from = options.from ? options.from : journals;
    options.output = options.output ? options.output : journals;
    if (rc != 0)
        goto end;
    nj_data_progress_start(&progress);
    options.progress = nj_data_progress_tell;
    options.ctx = &progress;
    rc = nj_make_bars_run(&options, &report, &err);
    nj_data_progress_end(&progress);
    if (rc != 0) {
        rc = nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
        goto end;
    }
    if (report.finished_earlier && !cli->json)
        printf("%-12s what had been interrupted was ended\n", "first");
    if (cli->json)
        rc = print_json(cli, &options, &report);
    else
        print_report(&options, &report);
end:
    free(text);
    return rc;
}
