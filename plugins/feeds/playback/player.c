#include "player.h"

#include <njord/codec.h>
#include <njord/lines.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_LINES 10 /* bad lines of a file that are told in full */
#define MAX_FILES  4096

struct file {
    char *path;
    njord_recorded how; /* layout AUTO: the file is empty */
};

struct player {
    struct player_options options;
    struct file *files;
    size_t n_files;
    struct njord_lines *lines; /* of files[at.file], NULL between files */
    struct player_position at;
    int ended;
    char error[512];
};

static void __attribute__((format(printf, 3, 4)))
tell(const struct player *p, int level, const char *format, ...)
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

static int add_file(struct player *p, const char *text, size_t len, char *why, size_t why_cap)
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

static int list_files(struct player *p, char *why, size_t why_cap)
{
    const char *text = p->options.files;
    size_t most = 1;

    for (const char *c = text; *c; c++)
        most += *c == ',' || *c == '\n';
    p->files = calloc(most < MAX_FILES ? most : MAX_FILES, sizeof *p->files);
    if (!p->files) {
        snprintf(why, why_cap, "out of memory");
        return -1;
    }
    for (;;) {
        size_t len = strcspn(text, ",\n");
        if (add_file(p, text, len, why, why_cap) < 0)
            return -1;
        if (text[len] == '\0')
            break;
        text += len + 1;
    }
    if (p->n_files == 0) {
        snprintf(why, why_cap, "'files' names no file: give at least one path");
        return -1;
    }
    return 0;
}

struct player *player_new(const struct player_options *options, char *why, size_t why_cap)
{
    struct player *p = calloc(1, sizeof *p);

    if (!p) {
        snprintf(why, why_cap, "out of memory");
        return NULL;
    }
    p->options = *options;
    p->at.last_ts_ns = NJORD_NONE_I64;
    if (list_files(p, why, why_cap) < 0)
        goto fail;
    for (size_t i = 0; i < p->n_files; i++) {
        if (njord_recorded_recognise(&p->files[i].how, &p->options.recorded, p->files[i].path, why,
                                     why_cap) != 0)
            goto fail;
        if (p->files[i].how.layout == NJORD_LAYOUT_AUTO)
            tell(p, NJORD_LOG_WARN, "file '%s': empty, there is nothing to play in it",
                 p->files[i].path);
    }
    return p;
fail:
    player_free(p);
    return NULL;
}

void player_free(struct player *p)
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

static int is_wanted(const struct player *p, const char *symbol)
{
    for (uint64_t i = 0; i < p->options.recorded.n_symbols; i++) {
        if (strcmp(p->options.recorded.symbols[i], symbol) == 0)
            return 1;
    }
    return p->options.recorded.n_symbols == 0;
}

static int end_with(struct player *p, const char *text)
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
static int bad_line(struct player *p, const struct njord_line *line, const char *why)
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

static int parse(struct player *p, const njord_line *line, njord_recorded_line *out, char *why)
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

/* Counts a trade that is to be played, and tells the first that is out of order. */
static void count_trade(struct player *p, const struct njord_line *line, const njord_event *event)
{
    if (p->at.last_ts_ns != NJORD_NONE_I64 && event->ts_ns < p->at.last_ts_ns) {
        p->at.counts.out_of_order++;
        if (p->at.file_counts.out_of_order++ == 0)
            tell(p, NJORD_LOG_WARN,
                 "%s:%llu: trade is %.3f s older than one before it: played in the file's order, "
                 "others like it are counted",
                 p->files[p->at.file].path, (unsigned long long)line->number,
                 (double)(p->at.last_ts_ns - event->ts_ns) * 1e-9);
    } else {
        p->at.last_ts_ns = event->ts_ns;
    }
    p->at.counts.trades++;
    p->at.file_counts.trades++;
}

static void file_done(struct player *p)
{
    const struct player_counts *c = &p->at.file_counts;

    tell(p, c->bad || c->left_out || c->out_of_order ? NJORD_LOG_WARN : NJORD_LOG_INFO,
         "file '%s': %llu trades played, %llu bad lines skipped, %llu trades out of order, %llu of "
         "other symbols left out, "
         "%llu other lines",
         p->files[p->at.file].path, (unsigned long long)c->trades, (unsigned long long)c->bad,
         (unsigned long long)c->out_of_order, (unsigned long long)c->left_out,
         (unsigned long long)c->other);
    njord_lines_close(p->lines);
    p->lines = NULL;
    p->at.file++;
    p->at.offset = p->at.line = 0;
    memset(&p->at.file_counts, 0, sizeof p->at.file_counts);
}

static int open_file(struct player *p)
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
static int is_torn(struct player *p, const struct njord_line *line, const char *why)
{
    if (!line->torn)
        return 0;
    tell(p, NJORD_LOG_WARN, "%s:%llu: last line is cut off, not played: %s",
         p->files[p->at.file].path, (unsigned long long)line->number, why);
    return 1;
}

int player_next(struct player *p, njord_recorded_line *out)
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
        p->at.offset = line.end;
        p->at.line = line.number;
        switch (parse(p, &line, out, why)) {
        case NJORD_RECORDED_EVENT:
            if (is_wanted(p, njord_event_symbol(&out->of.ev))) {
                count_trade(p, &line, &out->of.ev);
                return 1;
            }
            p->at.counts.left_out++;
            if (p->at.file_counts.left_out++ == 0)
                tell(p, NJORD_LOG_WARN,
                     "%s:%llu: '%s' is not among the feed's symbols: its trades are left out",
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

const char *player_error(const struct player *p)
{
    return p->error;
}

const struct player_counts *player_counts(const struct player *p)
{
    return &p->at.counts;
}

/* ---- saving and going on
 * ------------------------------------------------------------------------------------------------
 */

void player_tell(const struct player *p, struct player_position *out)
{
    *out = p->at;
    if (p->ended)
        out->file = p->n_files;
}

const char *player_path(const struct player *p, uint64_t index)
{
    return index < p->n_files ? p->files[index].path : NULL;
}

int player_seek(struct player *p, const struct player_position *at, const char *path, char *why,
                size_t why_cap)
{
    uint64_t file =
        at->file < p->n_files && strcmp(p->files[at->file].path, path) == 0 ? at->file : 0;

    if (path[0] == '\0') {
        p->at = *at;
        if (p->at.file > p->n_files) /* files that were added behind are still to be played */
            p->at.file = p->n_files;
        return 0;
    }
    while (file < p->n_files && strcmp(p->files[file].path, path) != 0)
        file++;
    if (file == p->n_files) {
        snprintf(why, why_cap,
                 "file '%s' was being played and is not in 'files' any more: name it again, or "
                 "give the feed another id to start "
                 "anew",
                 path);
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
