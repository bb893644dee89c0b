/* verb_data_export.c - njord data export: what the journals hold, as CSV, NDJSON or JSON. */
#include "cli/data.h"
#include "cli/range.h"

#include "research/export.h"

#include <stdio.h>
#include <string.h>

static int take_format(struct nj_cli *cli, enum nj_export_format *out)
{
    static const char *const names[] = {"csv", "ndjson", "json"};
    if (!cli->format)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--format' is missing: csv, ndjson or json");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(cli->format, names[i]) == 0) {
            *out = (enum nj_export_format)i;
            return 0;
        }
    if (strcmp(cli->format, "parquet") == 0 || strcmp(cli->format, "hdf5") == 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "'--format' %s: not supported in this build; csv, ndjson and json are",
                            cli->format);
    return nj_cli_error(cli, NJ_EXIT_USAGE,
                        "'--format': expected csv, ndjson or json, found '%.40s'", cli->format);
}

static int print_report(struct nj_cli *cli, const struct nj_export_report *r)
{
    char a[NJ_DATA_TEXT], b[NJ_DATA_TEXT], c[NJ_DATA_TEXT];
    struct nj_buf buf = {0};
    struct nj_json_out json = {&buf, false};
    if (strcmp(cli->output, "-") == 0)
        return NJ_EXIT_DONE;
    if (!cli->json) {
        printf("%s: %s rows, %s to %s\n", cli->output, nj_data_count(r->rows, a),
               nj_data_time(r->first_ns, b), nj_data_time(r->last_ns, c));
        if (r->bad > 0)
            printf("%s malformed lines were passed over\n", nj_data_count(r->bad, a));
        return NJ_EXIT_DONE;
    }
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "output", cli->output);
    nj_put_uint(&json, "rows", r->rows);
    nj_put_uint(&json, "bytes", r->bytes);
    nj_put_uint(&json, "bad_lines", r->bad);
    nj_data_put_time(&json, "first_ns", r->first_ns);
    nj_data_put_time(&json, "last_ns", r->last_ns);
    nj_put_close(&json, '}');
    return nj_data_print_json(cli, &buf, NJ_EXIT_DONE);
}

int nj_verb_data_export(struct nj_cli *cli)
{
    struct nj_data_choice choice;
    struct nj_export_options options = {.platform = nj_platform_system()};
    struct nj_export_report report;
    struct nj_data_progress progress;
    struct nj_range range;
    struct nj_error err = {0};
    int rc = nj_data_choose(cli, true, &choice);
    if (rc == 0)
        rc = take_format(cli, &options.format);
    if (rc != 0)
        return rc;
    if (!cli->output)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "'--output' is missing: a file, or - for standard output");
    options.type = choice.type ? choice.type : NJORD_EV_BAR;
    if (options.type == NJORD_EV_BAR && !choice.timeframe)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--timeframe' is missing: which bars, as 1m?");
    if (nj_range_parse(cli->start, cli->end, &range, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "%s", err.text);
    options.journal_dir = nj_cli_journal_dir(cli);
    if (!options.journal_dir)
        return NJ_EXIT_FAILED;
    options.symbol = choice.symbol;
    options.timeframe = choice.timeframe ? choice.timeframe : "";
    options.from_ns = range.from_ns;
    options.to_ns = range.to_ns;
    options.output = cli->output;
    options.force = cli->force;
    options.skip_bad = cli->skip_bad;
    nj_data_progress_start(&progress);
    options.progress = nj_data_progress_tell;
    options.ctx = &progress;
    rc = nj_export_run(&options, &report, &err);
    nj_data_progress_end(&progress);
    if (rc == NJ_ERR_NOT_FOUND)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s; njord data list shows what is there",
                            err.text);
    if (rc != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    return print_report(cli, &report);
}
