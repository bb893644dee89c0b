#include "journal/reader_chain.h"

#include "base/platform.h"
#include "journal/scan.h"

#include <errno.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define TRIES 64 /* of a folder that changes faster than its files are opened */
#define FRESH_NS                                                                                   \
    50000000 /* a folder's time stamp may stand still that long although it changes                \
              */

/* ---- the folder ------------------------------------------------------------------------------ */

static int64_t ns_of(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* When the folder last changed; 0: just now, or nobody knows. */
static int64_t folder_changed(const char *dir)
{
    struct stat st;
    int64_t now = nj_platform_system()->realtime_ns(NULL);
    if (stat(dir, &st) != 0 || now - ns_of(st.st_mtim) < FRESH_NS)
        return 0;
    return ns_of(st.st_mtim);
}

int nj_shelf_list(struct nj_shelf *shelf, struct nj_error *err)
{
    int64_t changed = folder_changed(shelf->dir); /* before: what changes from here on is seen */
    nj_journal_files_free(&shelf->files);
    shelf->changed_ns = changed;
    return nj_journal_list(shelf->dir, shelf->glob, &shelf->files, err);
}

static bool is_current(const struct nj_shelf *shelf)
{
    return shelf->changed_ns != 0 && folder_changed(shelf->dir) == shelf->changed_ns;
}

void nj_shelf_clear(struct nj_shelf *shelf)
{
    nj_journal_files_free(&shelf->files);
}

/* The files of a stem: *n of them from the one returned on. */
static const struct nj_journal_file *files_of(const struct nj_shelf *shelf, const char *stem,
                                              size_t *n)
{
    const struct nj_journal_file *files = shelf->files.files;
    size_t low = 0, left = shelf->files.n;
    *n = 0;
    while (left > 0) {
        size_t half = left / 2;
        if (strcmp(files[low + half].stem, stem) < 0) {
            low += half + 1;
            left -= half + 1;
        } else {
            left = half;
        }
    }
    while (low + *n < shelf->files.n && strcmp(files[low + *n].stem, stem) == 0)
        ++*n;
    return files + low;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Opens one; NJ_ERR_NOT_FOUND: it is gone. */
static int open_file(struct nj_chain *c, const struct nj_journal_file *file, struct nj_error *err)
{
    char name[NJ_STEM_SIZE + 64], why[NJ_ERROR_TEXT];
    int rc = nj_journal_name_make(file, name, sizeof name, err);
    if (rc < 0)
        return rc;
    size_t size = strlen(c->options->dir) + strlen(name) + 2;
    c->path = malloc(size);
    if (!c->path)
        return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", name);
    snprintf(c->path, size, "%s/%s", c->options->dir, name);
    c->lines = njord_lines_open(c->path, why, sizeof why);
    if (!c->lines) {
        rc = errno == ENOENT ? NJ_ERR_NOT_FOUND : NJ_ERR_IO;
        free(c->path);
        c->path = NULL;
        return nj_error_set(err, rc, "%s", why);
    }
    c->live = file->day == NJ_DAY_LIVE;
    c->begun = 0;
    return 0;
}

static void close_file(struct nj_chain *c)
{
    njord_lines_close(c->lines);
    free(c->path);
    c->lines = NULL;
    c->path = NULL;
}

static bool is_behind(const struct nj_chain *c, const struct nj_journal_file *file)
{
    if (!c->started)
        return true;
    return file->day != c->day ? file->day > c->day : file->part > c->part;
}

/* Nothing of a file is later than its day. And nothing is earlier than the day of the file before
 * it, but for what arrives a day late or more. */
static bool is_out_of_range(const struct nj_chain *c, const struct nj_journal_file *files, size_t i)
{
    if (files[i].day != NJ_DAY_LIVE && nj_day_start_ns(files[i].day + 1) <= c->options->from_ns)
        return true;
    return i > 0 && c->options->to_ns != INT64_MAX &&
           nj_day_start_ns(files[i - 1].day) >= c->options->to_ns;
}

/* The next file in range, NULL: no more. */
static const struct nj_journal_file *next_of(const struct nj_chain *c)
{
    size_t n;
    const struct nj_journal_file *files = files_of(c->shelf, c->stem, &n);
    for (size_t i = 0; i < n; i++) {
        if (is_behind(c, &files[i]) && !is_out_of_range(c, files, i))
            return &files[i];
    }
    return NULL;
}

/* Was what the shelf says of the live file still so when it was opened? A rotation gives it another
 * name first, and another file its name. */
static int live_is_next(const struct nj_chain *c, bool *yes, struct nj_error *err)
{
    const struct nj_journal_file *file;
    int rc = is_current(c->shelf) ? 0 : nj_shelf_list(c->shelf, err);
    file = rc == 0 ? next_of(c) : NULL;
    *yes = file && file->day == NJ_DAY_LIVE;
    return rc;
}

/* Opens the next file. 1, 0: no more, or the error. */
static int next_file(struct nj_chain *c, struct nj_error *err)
{
    for (int i = 0; i < TRIES; i++) {
        bool yes = true;
        const struct nj_journal_file *next = next_of(c);
        if (!next)
            return 0;
        struct nj_journal_file file = *next;
        int rc = open_file(c, &file, err);
        if (rc == NJ_ERR_NOT_FOUND) {
            rc = nj_shelf_list(c->shelf, err);
            if (rc < 0)
                return rc;
            continue;
        }
        if (rc == 0 && c->live)
            rc = live_is_next(c, &yes, err);
        if (rc < 0) {
            close_file(c);
            return rc;
        }
        if (!yes) {
            close_file(c);
            continue;
        }
        c->started = true;
        c->day = file.day;
        c->part = file.part;
        return 1;
    }
    return nj_error_set(err, NJ_ERR_BUSY,
                        "journal '%s/%s': its files change faster than they can be opened",
                        c->options->dir, c->stem);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* A line of an order's flow grows when it is decoded; a bar or trade does not. */
static int make_room(struct nj_chain *c, size_t need, struct nj_error *err)
{
    if (need <= c->event_cap)
        return 0;
    njord_event *grown = realloc(c->event, need);
    if (!grown)
        return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory for a line", c->stem);
    c->event = grown;
    c->event_cap = need;
    return 0;
}

/* The line as an event, 0; 1: malformed, why says how. */
static int decode(struct nj_chain *c, char *why, size_t why_cap, struct nj_error *err)
{
    const njord_line *line = &c->line;
    njord_decode_error bad;
    struct nj_error scanned;
    if (line->too_long) {
        snprintf(why, why_cap, "longer than %u bytes", NJORD_LINE_MAX);
        return 1;
    }
    if (line->len == 0) {
        snprintf(why, why_cap, "empty");
        return 1;
    }
    if (c->type == NJORD_EV_BAR || c->type == NJORD_EV_TRADE) {
        if (nj_scan_event(c->type, line->text, line->len, c->event, &scanned) == 0)
            return 0;
        snprintf(why, why_cap, "%.250s", scanned.text);
        return 1;
    }
    if (make_room(c, njord_decode_bound(line->len), err) < 0)
        return NJ_ERR_NOMEM;
    if (njord_decode_json(c->type, line->text, line->len, c->event, c->event_cap, NULL, &bad) == 0)
        return 0;
    snprintf(why, why_cap, "%s", bad.text);
    return 1;
}

/* An event without a time or number of its own stands where it was written. */
static void set_keys(struct nj_chain *c)
{
    int64_t time = c->event->ts_ns;
    if (c->event->type == NJORD_EV_BAR)
        time = ((const njord_bar *)(const void *)c->event)->ts_open;
    if (time == NJORD_NONE_I64)
        time = c->event->ts_recv_ns;
    if (time != NJORD_NONE_I64)
        c->time = time;
    if (c->event->seq != 0)
        c->seq = c->event->seq;
}

static bool is_wanted(const struct nj_chain *c)
{
    const struct nj_reader_options *o = c->options;
    if (c->event->seq <= o->after_seq && o->after_seq != 0)
        return false;
    return c->time >= o->from_ns && (c->time < o->to_ns || o->to_ns == INT64_MAX);
}

/* The next whole line of any file. 1, 0: no more, or the error. */
static int next_line(struct nj_chain *c, struct nj_reader_stats *stats, struct nj_error *err)
{
    for (;;) {
        if (c->ended)
            return 0;
        if (!c->lines) {
            int rc = next_file(c, err);
            c->ended = rc <= 0;
            if (rc <= 0)
                return rc;
            stats->files++;
        }
        int got = njord_lines_next(c->lines, &c->line);
        if (got < 0) {
            c->ended = true;
            return nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(c->lines));
        }
        if (got == 1 && !(c->line.torn && c->live)) {
            stats->lines++;
            stats->bytes += c->line.end - c->begun;
            c->begun = c->line.end;
            return 1;
        }
        c->ended = c->live;
        close_file(c);
    }
}

int nj_chain_next(struct nj_chain *c, struct nj_reader_stats *stats, struct nj_error *err)
{
    char why[256];
    for (;;) {
        int rc = next_line(c, stats, err);
        if (rc <= 0)
            return rc;
        rc = decode(c, why, sizeof why, err);
        if (rc < 0)
            return rc;
        if (rc == 1) {
            stats->bad++;
            if (c->options->skip_bad)
                continue;
            c->ended = true;
            return nj_error_set(err, NJ_ERR_INPUT, "%.240s:%llu: %s", c->path,
                                (unsigned long long)c->line.number, why);
        }
        set_keys(c);
        if (is_wanted(c))
            return 1;
    }
}

/* ---- where to start -------------------------------------------------------------------------- */

/* The seq of a file's first event, 0: it has none, or does not begin with a whole line. */
static int first_seq(struct nj_chain *c, const struct nj_journal_file *file, uint64_t *seq,
                     struct nj_error *err)
{
    char why[256];
    *seq = 0;
    int rc = open_file(c, file, err);
    if (rc < 0) /* gone, or damaged: reading tells, if it comes to that */
        return rc == NJ_ERR_NOMEM ? rc : 0;
    if (njord_lines_next(c->lines, &c->line) == 1) {
        rc = decode(c, why, sizeof why, err);
        if (rc == 0)
            *seq = c->event->seq;
    }
    close_file(c);
    return rc < 0 ? rc : 0;
}

/* Numbers rise along a chain: a file is behind us when the next one begins at or before the number
 * that is wanted. */
static int skip_older(struct nj_chain *c, struct nj_error *err)
{
    size_t n;
    const struct nj_journal_file *files = files_of(c->shelf, c->stem, &n);
    for (size_t i = n; i-- > 1;) {
        uint64_t seq;
        if (files[i].day == NJ_DAY_LIVE && !is_current(c->shelf))
            continue; /* it may be another one by now */
        int rc = first_seq(c, &files[i], &seq, err);
        if (rc < 0)
            return rc;
        if (seq != 0 && seq - 1 <= c->options->after_seq) {
            c->started = true;
            c->day = files[i - 1].day;
            c->part = files[i - 1].part;
            return 0;
        }
    }
    return 0;
}

int nj_chain_open(struct nj_chain *c, const struct nj_reader_options *options,
                  struct nj_shelf *shelf, const char *stem, struct nj_error *err)
{
    struct nj_journal_file live = {.day = NJ_DAY_LIVE};
    char name[NJ_STEM_SIZE + 64];
    struct nj_stem meaning;
    memset(c, 0, sizeof *c);
    c->options = options;
    c->shelf = shelf;
    c->stem = stem;
    c->time = INT64_MIN;
    if (strlen(stem) >= sizeof live.stem)
        return nj_error_set(err, NJ_ERR_INPUT, "journal '%.60s…': name too long", stem);
    snprintf(live.stem, sizeof live.stem, "%s", stem);
    int rc = nj_journal_name_make(&live, name, sizeof name, err);
    if (rc < 0)
        return rc;
    if (nj_stem_parse(stem, &meaning) && meaning.topic)
        c->type = meaning.topic->type;
    rc = make_room(
        c, sizeof(njord_bar) > sizeof(njord_trade) ? sizeof(njord_bar) : sizeof(njord_trade), err);
    if (rc == 0 && options->after_seq != 0)
        rc = skip_older(c, err);
    return rc;
}

void nj_chain_close(struct nj_chain *c)
{
    close_file(c);
    free(c->event);
    c->event = NULL;
}
