/* verb_data_import.c - njord data import: history from a file into the journals. */
#include "cli/data.h"

#include "research/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- options --------------------------------------------------------------------------------- */

/* The code of a name in one of the SDK's lists. */
static int code_named(struct nj_cli *cli, const char *option, const njord_code *codes,
                      const char *name, const char *expected, uint32_t *out)
{
    if (!name)
        return 0;
    uint8_t code = njord_code_of(codes, name, strlen(name));
    if (code == NJORD_NONE_U8 || code == 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--%s': expected %s, found '%.40s'", option,
                            expected, name);
    *out = code;
    return 0;
}

static int take_delimiter(struct nj_cli *cli, char *out)
{
    const char *text = cli->delimiter;
    if (!text)
        return 0;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        text = "\t";
    if (strlen(text) != 1)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "'--delimiter': expected one character, or tab, found '%.40s'", text);
    *out = text[0];
    return 0;
}

static int take_options(struct nj_cli *cli, struct nj_import_options *out)
{
    struct nj_data_choice choice;
    uint32_t layout = 0, unit = 0;
    char delimiter = '\0';
    int rc = nj_data_choose(cli, false, &choice);
    if (rc == 0)
        rc = code_named(cli, "layout", njord_layouts, cli->layout,
                        "csv, capture, ndjson, binance-klines, binance-trades or "
                        "binance-aggtrades",
                        &layout);
    if (rc == 0)
        rc = code_named(cli, "time-unit", njord_units, cli->time_unit, "s, ms, us or ns", &unit);
    if (rc == 0)
        rc = take_delimiter(cli, &delimiter);
    if (rc == 0 && cli->layout && cli->columns && strcmp(cli->layout, "csv") != 0)
        rc = nj_cli_error(cli, NJ_EXIT_USAGE, "'--layout' %s and '--columns': leave one",
                          cli->layout);
    if (rc == 0 && layout == NJORD_LAYOUT_COLUMNS && !cli->columns)
        rc = nj_cli_error(cli, NJ_EXIT_USAGE, "'--layout' columns: name them with '--columns'");
    if (rc != 0)
        return rc;
    *out = (struct nj_import_options){.platform = nj_platform_system(),
                                      .file = cli->args[0],
                                      .symbol = choice.symbol,
                                      .kind = choice.type,
                                      .timeframe = choice.timeframe,
                                      .layout = layout,
                                      .unit = unit,
                                      .columns = cli->columns,
                                      .delimiter = delimiter,
                                      .venue = cli->venue,
                                      .replace = cli->replace,
                                      .round = cli->round,
                                      .dry_run = cli->dry_run};
    if (choice.timeframe && !choice.type)
        out->kind = NJORD_EV_BAR;
    return 0;
}

/* ---- the report ------------------------------------------------------------------------------ */

static const char *layout_name(const struct nj_import_report *r)
{
    const char *name = njord_code_text(njord_layouts, r->layout);
    return name ? name : "csv";
}

static const char *unit_name(const struct nj_import_report *r)
{
    if (r->layout == NJORD_LAYOUT_CAPTURE)
        return "ms";
    if (r->layout == NJORD_LAYOUT_NDJSON)
        return "ns";
    return r->unit == NJORD_UNIT_AUTO ? "text" : njord_code_text(njord_units, r->unit);
}

static int print_json(struct nj_cli *cli, const struct nj_import_report *r)
{
    struct nj_buf buf = {0};
    struct nj_json_out json = {&buf, false};
    char delimiter[2] = {r->delimiter, '\0'};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "symbol", r->symbol);
    nj_put_text(&json, "kind", r->kind == NJORD_EV_BAR ? "bars" : "trades");
    nj_put_text(&json, "timeframe", r->kind == NJORD_EV_BAR ? r->timeframe : "trades");
    nj_put_bool(&json, "timeframe_found", r->timeframe_found);
    nj_put_text(&json, "layout", layout_name(r));
    nj_put_bool(&json, "layout_found", !r->layout_given);
    nj_put_bool(&json, "header", r->header);
    if (r->delimiter)
        nj_put_text(&json, "delimiter", delimiter);
    nj_put_text(&json, "time_unit", unit_name(r));
    nj_put_bool(&json, "time_unit_found", !r->unit_given);
    nj_put_text(&json, "journal", r->stem);
    nj_put_bool(&json, "dry_run", cli->dry_run);
    nj_put_uint(&json, "lines", r->lines);
    nj_put_uint(&json, "rows", r->rows);
    nj_data_put_time(&json, "first_ns", r->first_ns);
    nj_data_put_time(&json, "last_ns", r->last_ns);
    nj_put_uint(&json, "added", r->added);
    nj_put_uint(&json, "already_there", r->same);
    nj_put_uint(&json, "replaced", r->replaced);
    nj_put_uint(&json, "twice_in_file", r->twice);
    nj_put_uint(&json, "out_of_order", r->unordered);
    nj_put_uint(&json, "other_symbols", r->other_symbols);
    nj_put_uint(&json, "other_lines", r->other_lines);
    nj_put_uint(&json, "impossible", r->unsound);
    nj_put_uint(&json, "rounded", r->rounded);
    nj_put_uint(&json, "days", r->days);
    nj_put_uint(&json, "days_written", r->days_written);
    nj_put_close(&json, '}');
    return nj_data_print_json(cli, &buf, NJ_EXIT_DONE);
}

static void print_how(const struct nj_import_report *r)
{
    char delimiter[16] = "";
    if (r->delimiter == '\t')
        snprintf(delimiter, sizeof delimiter, ", tabs");
    else if (r->delimiter)
        snprintf(delimiter, sizeof delimiter, ", '%c'", r->delimiter);
    printf("%-12s %s%s%s%s%s\n", "layout", layout_name(r),
           r->delimiter ? (r->header ? " with a header" : " without a header") : "", delimiter,
           r->layout_given ? "" : " (found)",
           r->assumed ? ", taken as ts,open,high,low,close,volume" : "");
    printf("%-12s %s%s\n", "times", unit_name(r), r->unit_given || !r->delimiter ? "" : " (found)");
    if (r->kind == NJORD_EV_BAR)
        printf("%-12s %s%s\n", "timeframe", r->timeframe, r->timeframe_found ? " (found)" : "");
}

static void print_report(const struct nj_cli *cli, const struct nj_import_report *r)
{
    char a[NJ_DATA_TEXT], b[NJ_DATA_TEXT], c[NJ_DATA_TEXT];
    print_how(r);
    printf("%-12s %s of %s, %s to %s\n", "rows", nj_data_count(r->rows, a), r->symbol,
           nj_data_time(r->first_ns, b), nj_data_time(r->last_ns, c));
    printf("%-12s %s%s\n", "added", nj_data_count(r->added, a),
           cli->dry_run ? " would be (dry run: nothing was changed)" : "");
    nj_data_note(r->same, "were there already");
    nj_data_note(r->replaced, cli->dry_run ? "would be replaced" : "replaced");
    nj_data_note(r->twice, "stood twice in the file");
    nj_data_note(r->unordered, "out of order in the file, put in order");
    nj_data_note(r->other_symbols, "of other symbols left out");
    nj_data_note(r->other_lines, "lines without a row left out");
    nj_data_note(r->rounded, "numbers rounded");
    nj_data_note(r->unsound, "with impossible values: njord data validate shows them");
    printf("%-12s %" PRIu32 " of %" PRIu32 " written: %s.{YYYYMMDD}.ndjson\n", "days",
           cli->dry_run ? 0 : r->days_written, r->days, r->stem);
}

int nj_verb_data_import(struct nj_cli *cli)
{
    struct nj_import_options options;
    struct nj_import_report report;
    struct nj_data_progress progress;
    struct nj_error err = {0};
    int rc = take_options(cli, &options);
    if (rc != 0)
        return rc;
    options.journal_dir = nj_cli_journal_dir(cli);
    if (!options.journal_dir)
        return NJ_EXIT_FAILED;
    nj_data_progress_start(&progress);
    options.progress = nj_data_progress_tell;
    options.ctx = &progress;
    rc = nj_import_run(&options, &report, &err);
    nj_data_progress_end(&progress);
    if (rc != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    if (report.finished_earlier && !cli->json)
        printf("%-12s an import that had been interrupted was ended\n", "first");
    if (cli->json)
        return print_json(cli, &report);
    print_report(cli, &report);
    return NJ_EXIT_DONE;
}
