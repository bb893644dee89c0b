#include "research/existing.h"

#include "journal/journal.h"
#include "journal/scan.h"

#include <njord/lines.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

union event {
    njord_event ev;
    njord_bar bar;
    njord_trade trade;
};

static int path_of(const struct nj_existing *existing, const struct nj_journal_file *file,
                   char out[NJ_PATH_MAX], struct nj_error *err)
{
    char name[NJ_STEM_SIZE + 48];
    int rc = nj_journal_name_make(file, name, sizeof name, err);
    return rc ? rc : nj_path_join(out, NJ_PATH_MAX, existing->dir, name, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef int (*line_fn)(void *ctx, const union event *event, const char *line, size_t len,
                       struct nj_error *err);

/* Each line of a journal's file; an unterminated last one of a live file is not there. */
static int read_file(const struct nj_existing *existing, const struct nj_existing_file *file,
                     uint64_t max_lines, line_fn each, void *ctx, struct nj_error *err)
{
    char path[NJ_PATH_MAX], why[256];
    njord_line line;
    union event event;
    int rc = path_of(existing, &file->file, path, err), more;
    if (rc != 0)
        return rc;
    njord_lines *lines = njord_lines_open(path, why, sizeof why);
    if (!lines)
        return nj_error_set(err, NJ_ERR_IO, "%s", why);
    while (rc == 0 && (more = njord_lines_next(lines, &line)) != 0) {
        if (more < 0) {
            rc = nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(lines));
            break;
        }
        if ((line.torn && file->file.day == NJ_DAY_LIVE) || line.number > max_lines)
            break;
        if (line.too_long)
            rc = nj_error_set(err, NJ_ERR_INPUT, "%s:%llu: longer than %u bytes", path,
                              (unsigned long long)line.number, NJORD_LINE_MAX);
        else if ((rc = nj_scan_event(existing->type, line.text, line.len, &event, err)) != 0)
            nj_error_context(err, "%s:%llu", path, (unsigned long long)line.number);
        else if (strcmp(njord_event_symbol(&event.ev), existing->symbol) != 0)
            rc = nj_error_set(err, NJ_ERR_INPUT,
                              "%s:%llu: holds '%s', whose journal has the same name as that of "
                              "'%s'; choose another folder",
                              path, (unsigned long long)line.number, njord_event_symbol(&event.ev),
                              existing->symbol);
        else
            rc = each(ctx, &event, line.text, line.len, err);
    }
    njord_lines_close(lines);
    return rc;
}

static int64_t time_of(const union event *event)
{
    return event->ev.type == NJORD_EV_BAR ? event->bar.ts_open : event->ev.ts_ns;
}

static int note_day(void *ctx, const union event *event, const char *line, size_t len,
                    struct nj_error *err)
{
    struct nj_existing_file *file = ctx;
    int32_t day = nj_day_of(time_of(event));
    (void)line;
    (void)len;
    (void)err;
    file->first_day = day < file->first_day ? day : file->first_day;
    file->last_day = day > file->last_day ? day : file->last_day;
    return 0;
}

/* ---- which files ----------------------------------------------------------------------------- */

static bool is_staged(const struct nj_stage *stage, int32_t from, int32_t to)
{
    size_t low = 0, high = stage->n_days;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (stage->days[mid].day < from)
            low = mid + 1;
        else
            high = mid;
    }
    return low < stage->n_days && stage->days[low].day <= to;
}

/* How many lines of file i must be looked at to know whether it holds rows of the stage's days: all
 * when a staged day lies from the day before its own (rows that came late) to the day of the next
 * file (it may go on until there); else the first, which tells whether it begins long before. */
static uint64_t lines_to_read(const struct nj_existing *existing, size_t i, size_t n,
                              const struct nj_stage *stage)
{
    int32_t day = existing->files[i].file.day, next = INT32_MAX;
    if (day == NJ_DAY_LIVE)
        return UINT64_MAX;
    for (size_t k = i + 1; k < n && next == INT32_MAX; k++)
        if (existing->files[k].file.day > day && existing->files[k].file.day != NJ_DAY_LIVE)
            next = existing->files[k].file.day;
    if (is_staged(stage, day - 1, next))
        return UINT64_MAX;
    return day > stage->days[0].day ? 1 : 0;
}

/* The days that a file's rows are of, as far as they matter here. */
static int measure(struct nj_existing *existing, struct nj_existing_file *file, uint64_t lines,
                   const struct nj_platform *platform, bool repair, struct nj_error *err)
{
    bool live = file->file.day == NJ_DAY_LIVE;
    char path[NJ_PATH_MAX];
    int rc = 0;
    file->first_day = live ? INT32_MAX : file->file.day;
    file->last_day = live ? INT32_MIN : file->file.day;
    if (live && repair) {
        uint64_t cut;
        rc = path_of(existing, &file->file, path, err);
        if (rc == 0)
            rc = nj_journal_repair(platform, path, &cut, err);
    }
    if (rc == 0 && lines > 0)
        rc = read_file(existing, file, lines, note_day, file, err);
    file->several = live || file->first_day != file->last_day;
    return rc;
}

static bool touches(const struct nj_existing_file *file, const int32_t *days, size_t n)
{
    size_t low = 0, high = n;
    if (n == 0 || file->first_day > file->last_day)
        return false;
    if (file->file.day == NJ_DAY_LIVE && file->first_day <= days[n - 1])
        return true;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (days[mid] < file->first_day)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && days[low] <= file->last_day;
}

static int by_day(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Adds the days of a file; they stay sorted, twice does no harm. */
static int add_days(int32_t **days, size_t *n, const struct nj_existing_file *file,
                    struct nj_error *err)
{
    size_t more = (size_t)((int64_t)file->last_day - file->first_day) + 1;
    int32_t *grown = realloc(*days, (*n + more) * sizeof *grown);
    if (!grown)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory for %zu days", *n + more);
    *days = grown;
    for (size_t i = 0; i < more; i++)
        grown[(*n)++] = file->first_day + (int32_t)i;
    qsort(grown, *n, sizeof *grown, by_day);
    return 0;
}

/* Takes files until none that is left touches a day of those taken. */
static int take_files(struct nj_existing *existing, const struct nj_stage *stage,
                      struct nj_error *err)
{
    size_t n = stage->n_days;
    int32_t *days = calloc(n + 1, sizeof *days);
    int rc = days ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "out of memory for %zu days", n);
    for (size_t i = 0; days && i < n; i++)
        days[i] = stage->days[i].day;
    for (bool again = rc == 0; rc == 0 && again;) {
        again = false;
        for (size_t i = 0; rc == 0 && i < existing->n; i++) {
            struct nj_existing_file *file = &existing->files[i];
            if (file->taken || !touches(file, days, n))
                continue;
            file->taken = true;
            if (file->several) {
                rc = add_days(&days, &n, file, err);
                again = true;
            }
        }
    }
    free(days);
    return rc;
}

int nj_existing_find(struct nj_existing *existing, const char *dir, const char *stem, uint32_t type,
                     const char *symbol, const struct nj_stage *stage, bool repair,
                     struct nj_error *err)
{
    struct nj_journal_files listed = {0};
    struct nj_error lost = {0};
    *existing = (struct nj_existing){.dir = dir, .type = type, .symbol = symbol};
    if (stage->n_days == 0)
        return 0;
    int rc = nj_journal_list(dir, stem, &listed, &lost);
    if (rc == NJ_ERR_NOT_FOUND)
        return 0;
    if (rc != 0 && err)
        *err = lost;
    if (rc == 0 && listed.n > 0) {
        existing->files = calloc(listed.n, sizeof *existing->files);
        if (!existing->files)
            rc = nj_error_set(err, NJ_ERR_NOMEM, "out of memory for %zu files", listed.n);
    }
    for (size_t i = 0; rc == 0 && i < listed.n; i++)
        existing->files[i].file = listed.files[i];
    existing->n = rc == 0 ? listed.n : 0;
    for (size_t i = 0; rc == 0 && i < existing->n; i++)
        rc = measure(existing, &existing->files[i], lines_to_read(existing, i, existing->n, stage),
                     stage->platform, repair, err);
    nj_journal_files_free(&listed);
    if (rc == 0)
        rc = take_files(existing, stage, err);
    if (rc != 0)
        nj_existing_free(existing);
    return rc;
}

void nj_existing_free(struct nj_existing *existing)
{
    free(existing->files);
    existing->files = NULL;
    existing->n = 0;
}

/* ---- staging --------------------------------------------------------------------------------- */

struct staging {
    struct nj_stage *stage;
    const struct nj_existing_file *file;
};

static int stage_line(void *ctx, const union event *event, const char *line, size_t len,
                      struct nj_error *err)
{
    const struct staging *s = ctx;
    struct nj_stage_row row = {.ts_ns = time_of(event), .id = -1};
    /* a row that is none of the days that were asked about stays in its file */
    if (!s->file->several && nj_day_of(row.ts_ns) != s->file->file.day)
        row.ts_ns = nj_day_start_ns(s->file->file.day);
    return nj_stage_add(s->stage, NJ_STAGE_OLD, &row, line, len, err);
}

int nj_existing_stage(const struct nj_existing *existing, struct nj_stage *stage,
                      struct nj_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < existing->n; i++) {
        struct staging staging = {stage, &existing->files[i]};
        if (existing->files[i].taken)
            rc = read_file(existing, &existing->files[i], UINT64_MAX, stage_line, &staging, err);
    }
    return rc;
}
