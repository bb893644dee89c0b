#include "tape.h"

#include <njord/abi.h>
#include <njord/lines.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOLD_LINES 10 /* bad lines of a file that are told in full */
#define MAX_FILES  100000
#define KEPT       8 /* events that a reader may be ahead and still go on where it was told */

struct file {
    char *path;
    njord_recorded how; /* layout AUTO: the file is empty */
};

struct tape {
    struct tape_options options;
    struct file *files;
    size_t n_files;
    struct njord_lines *lines; /* of files[at.file], NULL between files */
    struct tape_position at;
    struct tape_position before[KEPT]; /* the last events, a ring */
    uint64_t n_before;
    int of_journals;
    int ended;
    char error[512];
};

static void __attribute__((format(printf, 3, 4)))
tell(const struct tape *p, int level, const char *format, ...)
{
    char text[600];
    va_list args;

    if (!p->options.log)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    p->options.log(p->options.log_ctx, level, text);
}

/* ---- which files
 * ------------------------------------------------------------------------------------------------------
 */

static int add_file(struct tape *p, const char *text, size_t len, char *why, size_t why_cap)
{
    while (len > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
        len--;
    if (len == 0)
        return 0;
    if (p->n_files == MAX_FILES) {
        snprintf(why, why_cap, "'files': more than %d", MAX_FILES);
        return -1;
    }
    p->files[p->n_files].path = strndup(text, len);
    if (!p->files[p->n_files].path) {
        snprintf(why, why_cap, "out of memory");
        return -1;
    }
    p->n_files++;
    return 0;
}

static int make_room(struct tape *p, size_t most, char *why, size_t why_cap)
{
    p->files = calloc(most < MAX_FILES ? most : MAX_FILES, sizeof *p->files);
    if (!p->files)
        snprintf(why, why_cap, "out of memory");
    return p->files ? 0 : -1;
}

/* Files named in a text. */
static int list_files(struct tape *p, char *why, size_t why_cap)
{
    const char *text = p->options.files;
    size_t most = 1;

    for (const char *c = text; *c; c++)
        most += *c == ',' || *c == '\n';
    if (make_room(p, most, why, why_cap) < 0)
        return -1;
    for (;;) {
        size_t len = strcspn(text, ",\n");
        if (add_file(p, text, len, why, why_cap) < 0)
            return -1;
        if (text[len] == '\0')
            break;
        text += len + 1;
    }
    if (p->n_files == 0) {
        snprintf(why, why_cap, "'files' names no file: give files=PATH, or dir=FOLDER of journals");
        return -1;
    }
    return 0;
}

/* Journals, whose layout is known. */
static int list_journals(struct tape *p, char *why, size_t why_cap)
{
    char clause[NJORD_RECORDED_WHY];

    if (make_room(p, p->options.n_journals + 1, why, why_cap) < 0)
        return -1;
    for (size_t i = 0; i < p->options.n_journals; i++) {
        const char *path = p->options.journals[i];
        if (access(path, R_OK) != 0) {
            snprintf(why, why_cap, "file '%s': cannot be read", path);
            return -1;
        }
        if (add_file(p, path, strlen(path), why, why_cap) < 0)
            return -1;
        if (njord_recorded_init(&p->files[i].how, &p->options.recorded, clause) != 0) {
            snprintf(why, why_cap, "%s", clause);
            return -1;
        }
    }
    return 0;
}

struct tape *tape_new(const struct tape_options *options, char *why, size_t why_cap)
{
    struct tape *p = calloc(1, sizeof *p);

    if (!p) {
        snprintf(why, why_cap, "out of memory");
        return NULL;
    }
    p->options = *options;
    p->of_journals = options->journals != NULL;
    p->at.last_ts_ns = NJORD_NONE_I64;
    if ((p->of_journals ? list_journals(p, why, why_cap) : list_files(p, why, why_cap)) < 0)
        goto fail;
    for (size_t i = 0; i < p->n_files && !p->of_journals; i++) {
        if (njord_recorded_recognise(&p->files[i].how, &p->options.recorded, p->files[i].path, why,
                                     why_cap) != 0)
            goto fail;
        if (p->files[i].how.layout == NJORD_LAYOUT_AUTO)
            tell(p, NJORD_LOG_WARN, "file '%s': empty, there is nothing to play in it",
                 p->files[i].path);
    }
    p->options.journals = NULL; /* the caller's */
    return p;
fail:
    tape_free(p);
    return NULL;
}

void tape_free(struct tape *p)
{
    if (!p)
        return;
    njord_lines_close(p->lines);
    for (size_t i = 0; p->files && i < p->n_files; i++)
        free(p->files[i].path);
    free(p->files);
    free(p);
}

/* ---- playing
 * ----------------------------------------------------------------------------------------------------------
 */

static int in_range(const struct tape *p, const njord_event *event)
{
    int64_t ts = event->type == NJORD_EV_BAR ? ((const njord_bar *)(const void *)event)->ts_open
                                             : event->ts_ns;
    return ts >= p->options.from_ns && ts < p->options.to_ns;
}

static int is_wanted(const struct tape *p, const char *symbol)
{
    if (p->options.only)
        return strcmp(p->options.only, symbol) == 0;
    for (uint64_t i = 0; i < p->options.recorded.n_symbols; i++) {
        if (strcmp(p->options.recorded.symbols[i], symbol) == 0)
            return 1;
    }
    return p->options.recorded.n_symbols == 0;
}

static int end_with(struct tape *p, const char *text)
{
    snprintf(p->error, sizeof p->error, "%s", text);
    p->ended = 1;
    njord_lines_close(p->lines);
    p->lines = NULL;
    return -1;
}

static int is_told(uint64_t n)
{
    if (n <= TOLD_LINES)
        return 1;
    while (n % 10 == 0)
        n /= 10;
    return n == 1;
}

/* A bad line: 0 to go on, -1 when that is the end. */
static int bad_line(struct tape *p, const struct njord_line *line, const char *why)
{
    const struct file *f = &p->files[p->at.file];
    char text[512];

    p->at.counts.bad++;
    p->at.file_counts.bad++;
    snprintf(text, sizeof text, "%s:%llu: %s", f->path, (unsigned long long)line->number, why);
    if (p->options.stop_on_error)
        return end_with(p, text);
    if (is_told(p->at.file_counts.bad)) {
        if (p->at.file_counts.bad < TOLD_LINES)
            tell(p, NJORD_LOG_WARN, "%s: line skipped", text);
        else
            tell(p, NJORD_LOG_WARN, "%s: line skipped, %llu so far, not each is told from here on",
                 text, (unsigned long long)p->at.file_counts.bad);
    }
    return 0;
}

static int parse(struct tape *p, const njord_line *line, njord_recorded_line *out, char *why)
{
    const njord_recorded *how = &p->files[p->at.file].how;

    if (line->too_long) {
        snprintf(why, NJORD_RECORDED_WHY, "line is longer than %u bytes", NJORD_LINE_MAX);
        return NJORD_RECORDED_BAD;
    }
    if (line->torn && how->delimiter) {
        snprintf(why, NJORD_RECORDED_WHY,
                 "last line has no line end and may be cut off: end it if it is whole");
        return NJORD_RECORDED_BAD;
    }
    return njord_recorded_read(how, line->text, line->len, out, why);
}

/* Counts an event that is to be played, and tells the first that is out of order. */
static void count(struct tape *p, const struct njord_line *line, const njord_event *event)
{
    if (p->at.last_ts_ns != NJORD_NONE_I64 && event->ts_ns < p->at.last_ts_ns) {
        p->at.counts.out_of_order++;
        if (p->at.file_counts.out_of_order++ == 0)
            tell(p, NJORD_LOG_WARN,
                 "%s:%llu: %s is %.3f s older than one before it: played in the file's order, "
                 "others like it are counted",
                 p->files[p->at.file].path, (unsigned long long)line->number,
                 event->type == NJORD_EV_BAR ? "bar" : "trade",
                 (double)(p->at.last_ts_ns - event->ts_ns) * 1e-9);
    } else {
        p->at.last_ts_ns = event->ts_ns;
    }
    p->at.counts.events++;
    p->at.file_counts.events++;
}

static void file_done(struct tape *p)
{
    const struct tape_counts *c = &p->at.file_counts;
    const char *what = p->files[p->at.file].how.kind == NJORD_EV_BAR ? "bars" : "trades";

    tell(p, c->bad || c->left_out || c->out_of_order ? NJORD_LOG_WARN : NJORD_LOG_INFO,
         "file '%s': %llu %s played, %llu bad lines skipped, %llu out of order, %llu of "
         "other symbols left out, "
         "%llu other lines",
         p->files[p->at.file].path, (unsigned long long)c->events, what, (unsigned long long)c->bad,
         (unsigned long long)c->out_of_order, (unsigned long long)c->left_out,
         (unsigned long long)c->other);
    njord_lines_close(p->lines);
    p->lines = NULL;
    p->at.file++;
    p->at.offset = p->at.line = 0;
    memset(&p->at.file_counts, 0, sizeof p->at.file_counts);
}

static int open_file(struct tape *p)
{
    char why[512];
    struct file *f = &p->files[p->at.file];
    struct njord_line header;

    p->lines = njord_lines_open(f->path, why, sizeof why);
    if (!p->lines)
        return end_with(p, why);
    if (p->at.offset > 0)
        return 0;
    for (uint32_t i = 0; i < f->how.header_lines; i++) { /* read when the file was recognised */
        if (njord_lines_next(p->lines, &header) != 1) {
            snprintf(why, sizeof why, "file '%s': changed since the start: its header is gone",
                     f->path);
            return end_with(p, why);
        }
        p->at.offset = header.end;
        p->at.line = header.number;
    }
    return 0;
}

/* A torn last line that is no whole record is the end of data; 1 when this is one. */
static int is_torn(struct tape *p, const struct njord_line *line, const char *why)
{
    if (!line->torn)
        return 0;
    tell(p, NJORD_LOG_WARN, "%s:%llu: last line is cut off, not played: %s",
         p->files[p->at.file].path, (unsigned long long)line->number, why);
    return 1;
}

int tape_next(struct tape *p, njord_recorded_line *out)
{
    struct njord_line line;
    char why[NJORD_RECORDED_WHY];
    int got;

    while (!p->ended && p->at.file < p->n_files) {
        if (!p->lines && open_file(p) < 0)
            return -1;
        got = njord_lines_next(p->lines, &line);
        if (got < 0) {
            snprintf(p->error, sizeof p->error, "%s", njord_lines_error(p->lines));
            file_done(p);
            p->ended = 1;
            return -1;
        }
        if (got == 0) {
            file_done(p);
            continue;
        }
        struct tape_position start = p->at;
        p->at.offset = line.end;
        p->at.line = line.number;
        switch (parse(p, &line, out, why)) {
        case NJORD_RECORDED_EVENT:
            if (!in_range(p, &out->of.ev)) {
                p->at.counts.out_of_range++;
                break;
            }
            if (is_wanted(p, njord_event_symbol(&out->of.ev))) {
                p->before[p->n_before++ % KEPT] = start;
                count(p, &line, &out->of.ev);
                return 1;
            }
            p->at.counts.left_out++;
            if (p->at.file_counts.left_out++ == 0)
                tell(p, NJORD_LOG_WARN, "%s:%llu: '%s' is not among the feed's symbols: left out",
                     p->files[p->at.file].path, (unsigned long long)line.number,
                     njord_event_symbol(&out->of.ev));
            break;
        case NJORD_RECORDED_OTHER:
            p->at.counts.other++;
            p->at.file_counts.other++;
            break;
        default:
            if (!is_torn(p, &line, why) && bad_line(p, &line, why) < 0)
                return -1;
        }
    }
    return 0;
}

const char *tape_error(const struct tape *p)
{
    return p->error;
}

const struct tape_counts *tape_counts(const struct tape *p)
{
    return &p->at.counts;
}

/* ---- saving and going on
 * ------------------------------------------------------------------------------------------------
 */

void tape_tell(const struct tape *p, struct tape_position *out)
{
    *out = p->at;
    if (p->ended)
        out->file = p->n_files;
}

void tape_mark(const struct tape *p, uint64_t mark[3])
{
    const struct tape_position *last = &p->before[(p->n_before + KEPT - 1) % KEPT];
    mark[0] = last->file;
    mark[1] = last->offset;
    mark[2] = last->line;
}

void tape_tell_at(const struct tape *p, const uint64_t mark[3], struct tape_position *out)
{
    *out = p->at;
    for (size_t i = 0; i < KEPT && i < p->n_before; i++)
        if (p->before[i].file == mark[0] && p->before[i].offset == mark[1])
            *out = p->before[i];
    out->file = mark[0];
    out->offset = mark[1];
    out->line = mark[2];
}

const char *tape_path(const struct tape *p, uint64_t index)
{
    return index < p->n_files ? p->files[index].path : NULL;
}

/* The same file, compressed meanwhile or not. */
static int same_file(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    n -= n > 3 && strcmp(a + n - 3, ".gz") == 0 ? 3 : 0;
    m -= m > 3 && strcmp(b + m - 3, ".gz") == 0 ? 3 : 0;
    return n == m && memcmp(a, b, n) == 0;
}

int tape_seek(struct tape *p, const struct tape_position *at, const char *path, char *why,
              size_t why_cap)
{
    uint64_t file =
        at->file < p->n_files && same_file(p->files[at->file].path, path) ? at->file : 0;

    if (path[0] == '\0') {
        p->at = *at;
        if (p->at.file > p->n_files) /* files that were added behind are still to be played */
            p->at.file = p->n_files;
        return 0;
    }
    while (file < p->n_files && !same_file(p->files[file].path, path))
        file++;
    if (file == p->n_files) {
        snprintf(why, why_cap,
                 "file '%s' was being played and is not in '%s' any more: name it again, or give "
                 "the feed another id to start anew",
                 path, p->of_journals ? "dir" : "files");
        return -1;
    }
    p->at = *at;
    p->at.file = file;
    if (at->offset == 0)
        return 0;
    if (open_file(p) < 0) {
        snprintf(why, why_cap, "%s", p->error);
        return -1;
    }
    if (njord_lines_seek(p->lines, at->offset, at->line) < 0) {
        snprintf(why, why_cap, "%s", njord_lines_error(p->lines));
        return -1;
    }
    return 0;
}
