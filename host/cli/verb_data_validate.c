/* verb_data_validate.c - njord data validate: what is wrong with a series, as a report. */
#include "cli/data.h"
#include "cli/range.h"
#include "cli/table.h"

#include "config/value.h"
#include "journal/names.h"
#include "journal/reader.h"
#include "market/quality.h"
#include "research/inventory.h"

#include <inttypes.h>
#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_MAX  1000u /* findings of a kind that are listed; all are counted */
#define SHOWN_MAX 20u   /* of them for a person */

struct validation {
    struct nj_cli *cli;
    struct nj_data_choice choice;
    struct nj_range range;
    struct nj_quality_options limits;
    struct nj_quality_stats stats;
    char symbol[NJORD_SYMBOL_SIZE]; /* as the rows say */
    uint64_t bad_lines;
    struct kept {
        struct nj_finding *findings;
        size_t n, cap;
    } kept[NJ_QUALITY_KINDS];
    bool no_memory;
};

static void keep(void *ctx, const struct nj_finding *finding)
{
    struct validation *v = ctx;
    struct kept *kept = &v->kept[finding->kind];
    if (kept->n == KEPT_MAX)
        return;
    if (kept->n == kept->cap) {
        size_t cap = kept->cap ? 4 * kept->cap : 16;
        struct nj_finding *more = realloc(kept->findings, cap * sizeof *more);
        if (!more) {
            v->no_memory = true;
            return;
        }
        kept->findings = more;
        kept->cap = cap;
    }
    kept->findings[kept->n++] = *finding;
}

/* ---- options --------------------------------------------------------------------------------- */

static int take_real(struct nj_cli *cli, const char *option, const char *text, double *out)
{
    double v;
    if (!text)
        return 0;
    if (!nj_value_real(text, &v) || v < 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--%s': expected a number >= 0, found '%.40s'",
                            option, text);
    *out = v;
    return 0;
}

static int take_count(struct nj_cli *cli, const char *option, const char *text, int64_t low,
                      uint32_t *out)
{
    int64_t v;
    if (!text)
        return 0;
    if (!nj_value_int(text, &v) || v < low || v > (int64_t)NJ_QUALITY_WINDOW_MAX)
        return nj_cli_error(cli, NJ_EXIT_USAGE,
                            "'--%s': expected an integer from %" PRId64 " to %u, found '%.40s'",
                            option, low, NJ_QUALITY_WINDOW_MAX, text);
    *out = (uint32_t)v;
    return 0;
}

static int take_options(struct validation *v)
{
    struct nj_cli *cli = v->cli;
    struct nj_error err = {0};
    v->limits = (struct nj_quality_options){.return_max = NJ_QUALITY_RETURN,
                                            .z_max = NJ_QUALITY_Z,
                                            .volume_times = NJ_QUALITY_VOLUME_TIMES,
                                            .window = NJ_QUALITY_WINDOW,
                                            .flat_bars = NJ_QUALITY_FLAT_BARS,
                                            .each = keep,
                                            .ctx = v};
    int rc = nj_data_choose(cli, false, &v->choice);
    if (rc == 0)
        rc = take_real(cli, "max-return", cli->max_return, &v->limits.return_max);
    if (rc == 0)
        rc = take_real(cli, "max-z", cli->max_z, &v->limits.z_max);
    if (rc == 0)
        rc = take_real(cli, "max-volume", cli->max_volume, &v->limits.volume_times);
    if (rc == 0)
        rc = take_count(cli, "window", cli->window, 1, &v->limits.window);
    if (rc == 0)
        rc = take_count(cli, "flat", cli->flat, 0, &v->limits.flat_bars);
    if (rc != 0)
        return rc;
    if (!v->choice.type && !v->choice.timeframe)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "'--timeframe' is missing: as 1m, or trades");
    if (nj_range_parse(cli->start, cli->end, &v->range, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "%s", err.text);
    if (!v->choice.type) {
        int64_t length = nj_timeframe_ns(v->choice.timeframe);
        v->choice.type = NJORD_EV_BAR;
        v->limits.length_ns = length;
        v->limits.origin_ns = length % (7 * NJ_DAY_NS) == 0 ? 4 * NJ_DAY_NS : 0; /* a Monday */
    }
    return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int read_rows(struct validation *v, const char *dir, const char *stem,
                     struct nj_quality *quality, struct nj_error *err)
{
    struct nj_reader_options options = {.dir = dir,
                                        .stems = &stem,
                                        .n_stems = 1,
                                        .from_ns = v->range.from_ns,
                                        .to_ns = v->range.to_ns,
                                        .skip_bad = true};
    struct nj_reader *reader = NULL;
    struct nj_reader_stats stats;
    struct nj_data_progress progress;
    struct nj_read read;
    uint64_t rows = 0;
    int rc = nj_reader_open(&reader, &options, err), more;
    if (rc != 0)
        return rc;
    nj_data_progress_start(&progress);
    while (rc == 0 && (more = nj_reader_next(reader, &read, err)) != 0) {
        const njord_event *event = read.event;
        if (more < 0)
            rc = more;
        else if (v->choice.type == NJORD_EV_BAR)
            nj_quality_bar(quality, (const njord_bar *)(const void *)event);
        else
            rc = nj_quality_trade(quality, (const njord_trade *)(const void *)event, err);
        if (more > 0 && v->symbol[0] == '\0')
            snprintf(v->symbol, sizeof v->symbol, "%s", njord_event_symbol(event));
        if (++rows % 65536 == 0) {
            nj_reader_stats(reader, &stats);
            nj_data_progress_tell(&progress, rows, stats.bytes);
        }
    }
    nj_data_progress_end(&progress);
    nj_reader_stats(reader, &stats);
    v->bad_lines = stats.bad;
    nj_reader_close(reader);
    return rc;
}

static int validate(struct validation *v, const char *dir, struct nj_error *err)
{
    struct nj_journal_files listed = {0};
    struct nj_quality *quality = NULL;
    char stem[NJ_STEM_SIZE];
    int rc = nj_stem_make(nj_journal_topic(v->choice.type),
                          v->choice.timeframe ? v->choice.timeframe : "", v->choice.symbol, stem,
                          sizeof stem, err);
    if (rc == 0)
        rc = nj_journal_list(dir, stem, &listed, err);
    if (rc == 0 && listed.n == 0)
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND,
                          "folder '%s': no journal '%s'; njord data list shows what is there", dir,
                          stem);
    nj_journal_files_free(&listed);
    if (rc == 0)
        rc = nj_quality_new(&quality, &v->limits, err);
    if (rc != 0)
        return rc;
    rc = read_rows(v, dir, stem, quality, err);
    nj_quality_finish(quality);
    nj_quality_stats(quality, &v->stats);
    nj_quality_free(quality);
    if (rc == 0 && v->stats.rows == 0 && v->bad_lines == 0) {
        char range[NJ_RANGE_TEXT];
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND, "journal '%s': no rows from %s", stem,
                          nj_range_text(&v->range, range, sizeof range));
    }
    if (rc == 0 && v->no_memory)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    return rc;
}

/* ---- the report ------------------------------------------------------------------------------ */

static bool applies(const struct validation *v, int kind)
{
    return v->choice.type == NJORD_EV_BAR ? nj_quality_rules[kind].bars
                                          : nj_quality_rules[kind].trades;
}

static void put_finding(struct nj_json_out *json, const struct nj_finding *f)
{
    nj_put_open(json, NULL, '{');
    nj_data_put_time(json, "from_ns", f->from_ns);
    nj_data_put_time(json, "to_ns", f->to_ns);
    nj_put_uint(json, "row", f->row);
    if (f->kind == NJ_QUALITY_GAP || f->kind == NJ_QUALITY_ID_GAP)
        nj_put_uint(json, "missing", f->count);
    else if (f->kind == NJ_QUALITY_FLAT)
        nj_put_uint(json, "bars", f->count);
    if (f->from_id != NJORD_NONE_I64) {
        nj_put_int(json, "from_id", f->from_id);
        nj_put_int(json, "to_id", f->to_id);
    }
    if (!isnan(f->value))
        nj_put_real(json, "value", f->value);
    if (!isnan(f->limit))
        nj_put_real(json, "limit", f->limit);
    nj_put_close(json, '}');
}

static int print_json(struct validation *v, bool wrong)
{
    struct nj_buf buf = {0};
    struct nj_json_out json = {&buf, false};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "symbol", v->symbol[0] ? v->symbol : v->choice.symbol);
    nj_put_text(&json, "timeframe", v->choice.timeframe ? v->choice.timeframe : "trades");
    nj_put_uint(&json, "rows", v->stats.rows);
    nj_data_put_time(&json, "first_ns", v->stats.first_ns);
    nj_data_put_time(&json, "last_ns", v->stats.last_ns);
    nj_put_bool(&json, "wrong", wrong);
    nj_put_uint(&json, "findings", v->stats.found);
    nj_put_uint(&json, "missing", v->stats.missing);
    nj_put_uint(&json, "bad_lines", v->bad_lines);
    if (v->choice.type == NJORD_EV_BAR) {
        nj_put_open(&json, "limits", '{');
        nj_put_real(&json, "max_return", v->limits.return_max);
        nj_put_real(&json, "max_z", v->limits.z_max);
        nj_put_real(&json, "max_volume", v->limits.volume_times);
        nj_put_uint(&json, "window", v->limits.window);
        nj_put_uint(&json, "flat", v->limits.flat_bars);
        nj_put_close(&json, '}');
    }
    nj_put_open(&json, "counts", '{');
    for (int k = 0; k < NJ_QUALITY_KINDS; k++)
        if (applies(v, k))
            nj_put_uint(&json, nj_quality_rules[k].key, v->stats.counts[k]);
    nj_put_close(&json, '}');
    for (int k = 0; k < NJ_QUALITY_KINDS; k++) {
        if (!applies(v, k))
            continue;
        nj_put_open(&json, nj_quality_rules[k].key, '[');
        for (size_t i = 0; i < v->kept[k].n; i++)
            put_finding(&json, &v->kept[k].findings[i]);
        nj_put_close(&json, ']');
    }
    nj_put_close(&json, '}');
    return nj_data_print_json(v->cli, &buf, wrong ? NJ_EXIT_FAILED : NJ_EXIT_DONE);
}

/* What was found, in a person's units. */
static void say_value(const struct nj_finding *f, char *out, size_t cap)
{
    char count[NJ_DATA_TEXT], a[NJORD_NUMBER_SIZE], b[NJORD_NUMBER_SIZE];
    nj_data_count(f->count, count);
    switch (f->kind) {
    case NJ_QUALITY_GAP:
        snprintf(out, cap, "%s bars missing", count);
        break;
    case NJ_QUALITY_ID_GAP:
        snprintf(out, cap, "%s ids missing: %" PRId64 " to %" PRId64, count, f->from_id, f->to_id);
        break;
    case NJ_QUALITY_FLAT:
        snprintf(out, cap, "%s bars at %.10g", count, f->value);
        break;
    case NJ_QUALITY_RETURN_SPIKE:
        snprintf(out, cap, "%+.2f %%", f->value * 100);
        break;
    case NJ_QUALITY_Z_SPIKE:
        snprintf(out, cap, "z-score %.1f", f->value);
        break;
    case NJ_QUALITY_VOLUME_SPIKE:
        snprintf(out, cap, "%.1f times the median", f->value);
        break;
    case NJ_QUALITY_HIGH_BELOW_LOW:
        njord_format_f64(f->value, a);
        njord_format_f64(f->limit, b);
        snprintf(out, cap, "high %s, low %s", a, b);
        break;
    default:
        if (isnan(f->value))
            snprintf(out, cap, "row %" PRIu64, f->row);
        else
            snprintf(out, cap, "%.10g", f->value);
    }
}

static void list_findings(const struct validation *v)
{
    static const char *const heads[] = {"WHAT", "FROM", "TO", ">VALUE", NULL};
    struct nj_table table;
    char text[NJ_DATA_TEXT], value[96];
    nj_table_init(&table, heads);
    for (int k = 0; k < NJ_QUALITY_KINDS; k++)
        for (size_t i = 0; i < v->kept[k].n && i < SHOWN_MAX; i++) {
            const struct nj_finding *f = &v->kept[k].findings[i];
            say_value(f, value, sizeof value);
            nj_table_add_shade(&table, nj_quality_rules[k].text,
                               nj_quality_rules[k].odd ? NJ_ODD : NJ_BAD);
            nj_table_add(&table, nj_data_time(f->from_ns, text));
            nj_table_add(&table, nj_data_time(f->to_ns, text));
            nj_table_add(&table, value);
        }
    nj_table_print(&table, stdout, nj_cli_colour());
    nj_table_free(&table);
}

static void print_counts(const struct validation *v)
{
    static const char *const heads[] = {"CHECK", ">FOUND", NULL};
    struct nj_table table;
    char text[NJ_DATA_TEXT];
    nj_table_init(&table, heads);
    for (int k = 0; k < NJ_QUALITY_KINDS; k++) {
        uint64_t n = v->stats.counts[k];
        if (!applies(v, k))
            continue;
        nj_table_add(&table, nj_quality_rules[k].text);
        nj_table_add_shade(&table, n ? nj_data_count(n, text) : "-",
                           !n                        ? NJ_FAINT
                           : nj_quality_rules[k].odd ? NJ_ODD
                                                     : NJ_BAD);
    }
    nj_table_add(&table, "lines that cannot be read");
    nj_table_add_shade(&table, v->bad_lines ? nj_data_count(v->bad_lines, text) : "-",
                       v->bad_lines ? NJ_BAD : NJ_FAINT);
    nj_table_print(&table, stdout, nj_cli_colour());
    nj_table_free(&table);
}

static void print_report(const struct validation *v, bool wrong)
{
    char a[NJ_DATA_TEXT], b[NJ_DATA_TEXT], c[NJ_DATA_TEXT];
    printf("%s %s: %s rows, %s to %s\n\n", v->symbol[0] ? v->symbol : v->choice.symbol,
           v->choice.timeframe ? v->choice.timeframe : "trades", nj_data_count(v->stats.rows, a),
           nj_data_time(v->stats.first_ns, b), nj_data_time(v->stats.last_ns, c));
    print_counts(v);
    if (v->stats.found > 0) {
        putchar('\n');
        list_findings(v);
    }
    bool cut = false;
    for (int k = 0; k < NJ_QUALITY_KINDS; k++)
        cut = cut || v->stats.counts[k] > SHOWN_MAX;
    if (cut)
        printf("(the first %u of each; --json lists %u)\n", SHOWN_MAX, KEPT_MAX);
    printf("\n%s\n", wrong ? "something is wrong: see above" : "nothing is wrong");
}

int nj_verb_data_validate(struct nj_cli *cli)
{
    struct validation v = {.cli = cli};
    struct nj_error err = {0};
    int code = take_options(&v);
    const char *dir = code == 0 ? nj_cli_journal_dir(cli) : NULL;
    if (!dir)
        return code ? code : NJ_EXIT_FAILED;
    if (validate(&v, dir, &err) != 0) {
        code = nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    } else {
        bool wrong = v.stats.found > 0 || v.bad_lines > 0;
        code = wrong ? NJ_EXIT_FAILED : NJ_EXIT_DONE;
        if (cli->json)
            code = print_json(&v, wrong);
        else
            print_report(&v, wrong);
    }
    for (int k = 0; k < NJ_QUALITY_KINDS; k++)
        free(v.kept[k].findings);
    return code;
}
