#include "research/import_input.h"

#include "market/quality.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BARE_BAR  "ts,open,high,low,close,volume"
#define TELL_EACH 65536u
#define PLAUSIBLE_NS                                                                               \
    INT64_C(100000000000000000) /* 1973: below it a magnitude tells the unit wrong */

/* ---- standard input -------------------------------------------------------------------------- */

/* Copies standard input to a file without a name and gives the path by which it can be opened. */
static int copy_stdin(struct nj_input *input, struct nj_error *err)
{
    char path[NJ_PATH_MAX], block[65536];
    const char *tmp = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe) */
    int rc = nj_path_join(path, sizeof path, tmp && *tmp ? tmp : "/tmp", "njord-stdin-XXXXXX", err);
    if (rc != 0)
        return rc;
    input->fd = mkostemp(path, O_CLOEXEC);
    if (input->fd < 0)
        return nj_error_errno(err, errno, "file '%s': cannot be made", path);
    unlink(path);
    for (;;) {
        ssize_t n = read(STDIN_FILENO, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nj_error_errno(err, errno, "standard input: cannot be read");
        if (n == 0)
            break;
        for (ssize_t at = 0; at < n;) {
            ssize_t put = write(input->fd, block + at, (size_t)(n - at));
            if (put < 0 && errno == EINTR)
                continue;
            if (put <= 0)
                return nj_error_errno(err, put < 0 ? errno : ENOSPC,
                                      "folder of '%s': standard input cannot be kept", path);
            at += put;
        }
    }
    snprintf(input->path, sizeof input->path, "/proc/self/fd/%d", input->fd);
    return 0;
}

/* What others say of the path, said of the name: "file '/proc/self/fd/5': …". */
static int named_error(const struct nj_input *input, const char *text, struct nj_error *err)
{
    const char *at = strstr(text, input->path);
    if (input->fd < 0 || !at)
        return nj_error_set(err, NJ_ERR_INPUT, "%s", text);
    at += strlen(input->path);
    return nj_error_set(err, NJ_ERR_INPUT, "%s%s", input->name, *at == '\'' ? at + 1 : at);
}

/* ---- what it is ------------------------------------------------------------------------------ */

static int refuse_archive(const struct nj_input *input, struct nj_error *err)
{
    unsigned char head[4] = {0};
    int fd = open(input->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? 0 : pread(fd, head, sizeof head, 0);
    if (fd >= 0)
        close(fd);
    if (n == 4 && memcmp(head, "PK\3\4", 4) == 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s: a zip archive; unpack it first", input->name);
    return 0;
}

static int recognise(struct nj_input *input, const njord_recorded_options *how,
                     struct nj_error *err)
{
    char text[NJ_ERROR_TEXT];
    if (njord_recorded_recognise(&input->recorded, how, input->path, text, sizeof text) != 0)
        return named_error(input, text, err);
    return 0;
}

/* Layout, columns, unit, timeframe: as the options say, else by the first lines. */
static int find_out(struct nj_input *input, struct nj_error *err)
{
    const struct nj_import_options *o = input->options;
    struct nj_import_report *r = input->report;
    struct nj_error first = {0};
    njord_recorded_options how = {.layout = o->layout,
                                  .unit = o->unit,
                                  .kind = o->kind,
                                  .exact = !o->round,
                                  .columns = o->columns,
                                  .symbol = r->symbol,
                                  .venue = o->venue,
                                  .timeframe = o->timeframe,
                                  .symbols = input->symbols,
                                  .n_symbols = 1,
                                  .delimiter = (unsigned char)o->delimiter};
    int rc = recognise(input, &how, &first);
    bool bare = o->layout == NJORD_LAYOUT_AUTO && !o->columns && o->kind != NJORD_EV_TRADE;
    if (rc != 0 && bare) { /* six bare numbers are a bar wherever they come from */
        how.columns = BARE_BAR;
        how.kind = NJORD_EV_BAR;
        r->assumed = recognise(input, &how, NULL) == 0 && input->recorded.n_rows > 0;
        rc = r->assumed ? 0 : rc;
    }
    if (rc == 0 && njord_recorded_names_symbol(&input->recorded)) {
        how.symbol = NULL; /* rows of others are left out */
        rc = recognise(input, &how, &first);
    }
    if (rc != 0 && err)
        *err = first;
    if (rc == 0 && input->recorded.layout == NJORD_LAYOUT_AUTO)
        rc = nj_error_set(err, NJ_ERR_INPUT, "%s: is empty", input->name);
    return rc;
}

static int take_timeframe(struct nj_input *input, struct nj_error *err)
{
    const struct nj_import_options *o = input->options;
    struct nj_import_report *r = input->report;
    njord_recorded *rec = &input->recorded;
    input->length_ns = rec->timeframe_ns;
    if (rec->kind != NJORD_EV_BAR) {
        if (o->timeframe)
            return nj_error_set(err, NJ_ERR_INPUT, "trades have no timeframe: leave --timeframe");
        return 0;
    }
    snprintf(r->timeframe, sizeof r->timeframe, "%s", rec->timeframe);
    r->timeframe_found = !o->timeframe;
    return 0; /* one that the rows name is known with the first of them */
}

/* How the file shows itself: report members that a person is told. */
static void tell_how(const struct nj_input *input)
{
    const struct nj_import_options *o = input->options;
    struct nj_import_report *r = input->report;
    const njord_recorded *rec = &input->recorded;
    r->kind = rec->kind;
    r->layout = rec->layout;
    r->unit = rec->unit;
    r->layout_given = o->layout != NJORD_LAYOUT_AUTO || o->columns != NULL;
    r->unit_given = o->unit != NJORD_UNIT_AUTO;
    r->header = rec->header_lines > 0;
    r->delimiter = rec->delimiter;
}

static int find_symbol(struct nj_input *input, struct nj_error *err)
{
    char why[NJORD_RECORDED_WHY];
    const char *given = input->options->symbol;
    if (njord_symbol_from_pair(given, strlen(given), NULL, 0, input->report->symbol, why) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s", why);
    input->symbols[0] = input->report->symbol;
    return 0;
}

int nj_input_open(struct nj_input *input, const struct nj_import_options *options,
                  struct nj_import_report *report, struct nj_error *err)
{
    char why[NJ_ERROR_TEXT];
    bool is_stdin = strcmp(options->file, "-") == 0;
    *input =
        (struct nj_input){.options = options, .report = report, .fd = -1, .last_ns = INT64_MIN};
    int rc = find_symbol(input, err);
    if (rc == 0)
        rc = nj_path_join(input->path, sizeof input->path, "", options->file, err);
    snprintf(input->name, sizeof input->name, "%s", is_stdin ? "standard input" : input->path);
    if (rc == 0 && is_stdin)
        rc = copy_stdin(input, err);
    if (rc == 0)
        rc = refuse_archive(input, err);
    if (rc == 0)
        rc = find_out(input, err);
    if (rc == 0)
        rc = take_timeframe(input, err);
    if (rc != 0)
        return rc;
    tell_how(input);
    input->lines = njord_lines_open(input->path, why, sizeof why);
    if (!input->lines)
        return named_error(input, why, err);
    return 0;
}

void nj_input_close(struct nj_input *input)
{
    njord_lines_close(input->lines);
    input->lines = NULL;
    if (input->fd >= 0)
        close(input->fd);
    input->fd = -1;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int bad_line(const struct nj_input *input, uint64_t number, const char *why,
                    struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_INPUT, "%s:%" PRIu64 ": %s", input->name, number, why);
}

/* Weeks begin on a Monday: 1970-01-05. */
static int64_t origin_of(int64_t length_ns)
{
    return length_ns % (7 * NJ_DAY_NS) == 0 ? 4 * NJ_DAY_NS : 0;
}

static int check_bar(struct nj_input *input, const njord_bar *bar, uint64_t number,
                     struct nj_error *err)
{
    struct nj_import_report *r = input->report;
    if (!r->timeframe[0]) { /* the first row's column */
        snprintf(r->timeframe, sizeof r->timeframe, "%s", bar->timeframe);
        input->length_ns = nj_timeframe_ns(bar->timeframe);
    }
    if (strcmp(r->timeframe, bar->timeframe) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s:%" PRIu64 ": a bar of %s among bars of %s",
                            input->name, number, bar->timeframe, r->timeframe);
    if ((bar->ts_open - origin_of(input->length_ns)) % input->length_ns != 0) {
        char when[40];
        when[njord_format_time(bar->ts_open, 0, when, sizeof when - 1)] = '\0';
        return nj_error_set(
            err, NJ_ERR_INPUT, "%s:%" PRIu64 ": open time %s is not on the grid of %s%s",
            input->name, number, when, r->timeframe,
            r->timeframe_found ? ", found in the first rows; give --timeframe" : "");
    }
    r->unsound += !nj_quality_bar_sound(bar);
    return 0;
}

static void count_rounded(struct nj_input *input)
{
    const njord_recorded_line *row = &input->row;
    const njord_bar *bar = &row->of.bar;
    const njord_trade *trade = &row->of.trade;
    bool is_bar = row->of.ev.type == NJORD_EV_BAR;
    const double values[NJORD_TEXT_COUNT] = {
        [NJORD_TEXT_PRICE] = is_bar ? 0 : trade->price,
        [NJORD_TEXT_QTY] = is_bar ? 0 : trade->qty,
        [NJORD_TEXT_OPEN] = is_bar ? bar->open : 0,
        [NJORD_TEXT_HIGH] = is_bar ? bar->high : 0,
        [NJORD_TEXT_LOW] = is_bar ? bar->low : 0,
        [NJORD_TEXT_CLOSE] = is_bar ? bar->close : 0,
        [NJORD_TEXT_VOLUME] = is_bar ? bar->volume : 0,
        [NJORD_TEXT_QUOTE_VOLUME] = is_bar ? bar->quote_volume : 0,
        [NJORD_TEXT_TAKER_VOLUME] = is_bar ? bar->taker_volume : 0};
    for (int i = 0; i < NJORD_TEXT_COUNT; i++)
        if (row->numbers[i].text &&
            !njord_digits_kept(row->numbers[i].text, row->numbers[i].len, values[i]))
            input->report->rounded++;
}

/* A row of the symbol: checked, counted, made ours. */
static int take_row(struct nj_input *input, uint64_t number, struct nj_input_row *out,
                    struct nj_error *err)
{
    struct nj_import_report *r = input->report;
    union nj_input_event *event = (union nj_input_event *)(void *)&input->row.of;
    bool is_bar = event->ev.type == NJORD_EV_BAR;
    char why[256];
    int64_t ts = is_bar ? event->bar.ts_open : event->ev.ts_ns;
    if (!r->unit_given && r->unit > NJORD_UNIT_S && ts < PLAUSIBLE_NS) {
        snprintf(why, sizeof why, "a time that is not in %s as the first rows'; give --time-unit",
                 njord_code_text(njord_units, r->unit));
        return bad_line(input, number, why, err);
    }
    event->ev.seq = 0;
    event->ev.ts_recv_ns = NJORD_NONE_I64; /* the recording host's, not ours */
    if (njord_event_check(&event->ev, sizeof *event, why, sizeof why) != 0)
        return bad_line(input, number, why, err);
    int rc = is_bar ? check_bar(input, &event->bar, number, err) : 0;
    if (rc != 0)
        return rc;
    if (input->options->round)
        count_rounded(input);
    r->rows++;
    r->unordered += ts < input->last_ns;
    input->last_ns = ts;
    if (r->first_ns == NJORD_NONE_I64 || ts < r->first_ns)
        r->first_ns = ts;
    if (r->last_ns == NJORD_NONE_I64 || ts > r->last_ns)
        r->last_ns = ts;
    *out = (struct nj_input_row){event, ts, number};
    return 1;
}

int nj_input_next(struct nj_input *input, struct nj_input_row *out, struct nj_error *err)
{
    struct nj_import_report *r = input->report;
    char why[NJORD_RECORDED_WHY];
    njord_line line;
    int more;
    while ((more = njord_lines_next(input->lines, &line)) > 0) {
        r->lines = line.number;
        if (line.number % TELL_EACH == 0 && input->options->progress)
            input->options->progress(input->options->ctx, r->rows, line.end);
        if (line.number <= input->recorded.header_lines)
            continue;
        if (line.too_long)
            return bad_line(input, line.number, "longer than 1 MiB", err);
        int got = njord_recorded_read(&input->recorded, line.text, line.len, &input->row, why);
        if (got == NJORD_RECORDED_BAD)
            return bad_line(input, line.number, why, err);
        if (got == NJORD_RECORDED_OTHER) {
            r->other_lines++;
            continue;
        }
        if (strcmp(njord_event_symbol(&input->row.of.ev), r->symbol) != 0) {
            r->other_symbols++;
            continue;
        }
        return take_row(input, line.number, out, err);
    }
    return more < 0 ? named_error(input, njord_lines_error(input->lines), err) : 0;
}
