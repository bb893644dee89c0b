/* When a journal of the set is rotated: by the days of lines, by size, by the clock. */
#include "journal/journal_set.h"

#include "journal/names.h"
#include "journal/rotate.h"

#include <string.h>

#define ROTATE_AGAIN_NS 1000000000  /* between two tries of a rotation that failed */
#define IDLE_AFTER_NS   60000000000 /* midnight to the rotation of files without lines */
#define IDLE_WORK_NS    5000000     /* that nj_journals_idle() may take at once */

bool nj_jset_rotates(const struct nj_journals *js)
{
    return js->rotate_daily || js->rotate_bytes > 0;
}

static void tell_finished(struct nj_journals *js, const char *path, int fd, bool sync_it)
{
    const struct nj_platform *pf = js->platform;
    if (fd >= 0 && !(js->finished && sync_it)) {
        pf->close(pf->ctx, fd);
        fd = -1;
    }
    if (js->finished)
        js->finished(js->finished_ctx, path, fd);
}

/* For the name of a file none of whose lines has a time that is understood: the day of the one in
 * front of it, else of the clock. */
static int32_t day_of_unknown(const struct nj_journals *js, const struct nj_jfile *f)
{
    if (f->last_day != NJ_DAY_NONE)
        return f->last_day;
    if (js->line_clock && js->line_ns != INT64_MIN)
        return nj_day_of(js->line_ns);
    return nj_day_of(js->platform->realtime_ns(js->platform->ctx));
}

/* Everything that a rotation takes, up to the switch. */
static int rotate_now(struct nj_journals *js, struct nj_jfile *f, struct nj_error *err)
{
    char dated[NJ_PATH_MAX];
    bool always = js->fsync == NJ_JOURNAL_FSYNC_ALWAYS;
    bool later = js->fsync == NJ_JOURNAL_FSYNC_INTERVAL && js->finished;
    int fd = -1, rc = 0;
    if (f->len > 0) {
        rc = nj_jset_write_first(js, f, err);
        if (rc == 0)
            rc = nj_jset_write_file(js, f, always, err);
    }
    if (rc == 0)
        rc = nj_jset_open_file(js, f, err);
    if (rc != 0 || f->size == 0)
        return rc;
    int32_t day = f->day != NJ_DAY_NONE ? f->day : day_of_unknown(js, f);
    rc = nj_rotate_file(&js->env, f, day, js->fsync != NJ_JOURNAL_FSYNC_NEVER && !later, &fd, dated,
                        err);
    if (rc == NJ_ERR_NOT_FOUND) { /* taken away from outside: the next line makes a new one */
        nj_jset_close_file(js, f);
        f->known = false;
        return nj_jset_open_file(js, f, err);
    }
    if (f->fd < 0)
        nj_jset_close_file(js, f); /* out of the list of open ones */
    if (rc != 0)
        return rc;
    js->stats.rotations++;
    nj_log(js->log, NJ_DEBUG, "journal", "rotated", NJ_TEXT("path", dated));
    tell_finished(js, dated, fd, later);
    return 0;
}

/* Rotates a file. False: it goes on as it is, and is tried again later. */
static bool rotate(struct nj_journals *js, struct nj_jfile *f)
{
    struct nj_error why = {0};
    int64_t now = f->rotate_failed ? js->platform->monotonic_ns(js->platform->ctx) : 0;
    if (f->rotate_failed && now < f->retry_ns)
        return false;
    bool again = f->rotate_failed;
    if (rotate_now(js, f, &why) == 0) {
        f->rotate_failed = false;
        if (again)
            nj_log(js->log, NJ_INFO, "journal", "rotates_again", NJ_TEXT("path", f->path));
        return true;
    }
    js->stats.rotations_failed++;
    f->rotate_failed = true;
    f->retry_ns = js->platform->monotonic_ns(js->platform->ctx) + ROTATE_AGAIN_NS;
    if (!again)
        nj_log(js->log, NJ_ERROR, "journal", "not_rotated", NJ_TEXT("error", why.text),
               NJ_TEXT("detail", "lines go on into the old file; tried again each second"));
    return false;
}

/* The day that a line counts for. One far ahead of the clock would end daily rotation for good. */
static int32_t day_of_line(struct nj_journals *js, int64_t ts_ns)
{
    if (ts_ns == NJORD_NONE_I64)
        return NJ_DAY_NONE;
    int32_t day = nj_day_of(ts_ns);
    if (!js->line_clock && day > js->day_limit) {
        js->day_limit = nj_day_of(js->platform->realtime_ns(js->platform->ctx)) + 1;
        if (day > js->day_limit)
            return NJ_DAY_NONE;
    }
    return day;
}

/* Is there a file whose day is over, and can it go? False: not all of it was done. */
static bool idle_one(struct nj_journals *js, struct nj_jfile *f, int32_t day)
{
    if (!f->known && nj_jset_open_file(js, f, NULL) != 0)
        return false;
    if (f->size + (off_t)f->len == 0 || f->day == NJ_DAY_NONE || f->day >= day)
        return true;
    return rotate(js, f);
}

/* One pass over the files, `work_ns` at most (0: whole). */
static void idle_pass(struct nj_journals *js, int32_t day, int64_t work_ns)
{
    const struct nj_platform *pf = js->platform;
    int64_t now = pf->monotonic_ns(pf->ctx), until = now + work_ns;
    if (day <= js->idle_day || now < js->idle_retry_ns)
        return;
    for (const struct nj_map_entry *e; (e = nj_map_next(&js->files, &js->idle_at));) {
        if (!idle_one(js, e->value, day))
            js->idle_failed = true;
        if (work_ns > 0 && pf->monotonic_ns(pf->ctx) > until)
            return;
    }
    if (js->idle_failed)
        js->idle_retry_ns = pf->monotonic_ns(pf->ctx) + ROTATE_AGAIN_NS;
    else
        js->idle_day = day;
    js->idle_at = 0;
    js->idle_failed = false;
}

static int32_t day_over(int64_t now_ns)
{
    return nj_day_of(now_ns < INT64_MIN + IDLE_AFTER_NS ? INT64_MIN : now_ns - IDLE_AFTER_NS);
}

void nj_journals_idle(struct nj_journals *js, int64_t now_ns)
{
    if (js->rotate_daily && !js->line_clock)
        idle_pass(js, day_over(now_ns), IDLE_WORK_NS);
}

void nj_jset_before_line(struct nj_journals *js, struct nj_jfile *f, int64_t ts_ns)
{
    int32_t day = js->rotate_daily ? day_of_line(js, ts_ns) : NJ_DAY_NONE;
    if (js->line_clock && js->rotate_daily && ts_ns != NJORD_NONE_I64 && ts_ns > js->line_ns) {
        js->line_ns = ts_ns;
        idle_pass(js, day_over(ts_ns), 0);
    }
    if (!f->known && nj_jset_open_file(js, f, NULL) != 0)
        return; /* what ails it will be said when the line is written */
    off_t size = f->size + (off_t)f->len;
    int32_t its = nj_rotate_day(f, ts_ns == NJORD_NONE_I64 ? NJ_DAY_NONE
                                   : js->rotate_daily      ? day
                                                           : nj_day_of(ts_ns));
    if (size > 0 && f->day == NJ_DAY_NONE)
        f->day = its;
    bool over = js->rotate_daily && day != NJ_DAY_NONE && f->day != NJ_DAY_NONE && day > f->day;
    bool full = js->rotate_bytes > 0 && (uint64_t)size >= js->rotate_bytes;
    if (size > 0 && (over || full) && rotate(js, f)) {
        size = f->size;
        its = nj_rotate_day(f, its);
    }
    if (size == 0)
        f->day = its;
}

int nj_jset_take_stock(struct nj_journals *js, struct nj_error *err)
{
    struct nj_journal_files all;
    int rc = nj_rotate_recover(js->platform, js->log, js->dir, &all, err);
    for (size_t i = 0; i < all.n && rc == 0; i++) {
        const struct nj_journal_file *file = &all.files[i];
        if (strcmp(file->stem, "app") == 0 || strlen(file->stem) > NJ_JOURNAL_NAME_MAX)
            continue;
        struct nj_jfile *f = nj_jset_file_of(js, file->stem, err);
        if (!f) {
            rc = err ? err->code : NJ_ERR_NOMEM;
        } else if (file->day != NJ_DAY_LIVE) { /* in the order of days and numbers */
            f->last_day = file->day;
            f->last_part = file->part;
        }
    }
    nj_journal_files_free(&all);
    return rc;
}
