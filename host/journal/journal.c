#include "journal/journal.h"

#include "base/fs.h"
#include "journal/journal_set.h"
#include "journal/names.h"
#include "journal/rotate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PENDING_DEFAULT ((size_t)64 << 20)
#define MAX_OPEN_DEFAULT    512u
#define SPILL               ((size_t)1 << 20) /* a file whose pending lines pass it is written early */
#define LINE_MAX_BYTES      ((size_t)1 << 20) /* what readers take */
#define LOCK_TRIES          10
#define LOCK_AGAIN_MS       50
#define PROBE_EVERY_NS      100000000 /* between two tries of a file that refused */

/* ---- the set of files ------------------------------------------------------------------------ */

static void unlink_open(struct nj_journals *js, struct nj_jfile *f)
{
    *(f->newer ? &f->newer->older : &js->newest) = f->older;
    *(f->older ? &f->older->newer : &js->oldest) = f->newer;
    f->newer = f->older = NULL;
}

static void link_newest(struct nj_journals *js, struct nj_jfile *f)
{
    f->newer = NULL;
    f->older = js->newest;
    *(js->newest ? &js->newest->newer : &js->oldest) = f;
    js->newest = f;
}

static bool is_linked(const struct nj_journals *js, const struct nj_jfile *f)
{
    return f->newer || js->newest == f;
}

/* Sets whether the last operation on a file failed, and says so when the set as a whole turns. */
static void set_bad(struct nj_journals *js, struct nj_jfile *f, bool bad,
                    const struct nj_error *why)
{
    if (bad)
        js->stats.failures++;
    if (f->bad == bad)
        return;
    f->bad = bad;
    js->n_bad += bad ? 1u : (uint32_t)-1;
    if (bad && js->n_bad == 1)
        nj_log(js->log, NJ_ERROR, "journal", "failed", NJ_TEXT("error", why->text),
               NJ_INT("pending_bytes", js->pending));
    if (!bad && js->n_bad == 0)
        nj_log(js->log, NJ_INFO, "journal", "recovered", NJ_TEXT("path", f->path),
               NJ_INT("pending_bytes", js->pending));
}

void nj_jset_close_file(struct nj_journals *js, struct nj_jfile *f)
{
    if (is_linked(js, f))
        unlink_open(js, f);
    nj_jfile_close(&js->env, f);
}

/* Syncs a file; one that fails is closed and counted. */
static int sync_file(struct nj_journals *js, struct nj_jfile *f, struct nj_error *err)
{
    struct nj_error why = {0};
    int rc = nj_jfile_sync(&js->env, f, &why);
    if (rc == 0)
        return 0;
    js->stats.failures++;
    nj_log(js->log, NJ_ERROR, "journal", "sync_failed", NJ_TEXT("error", why.text));
    nj_jset_close_file(js, f);
    if (err)
        *err = why;
    return rc;
}

/* Gives up the descriptor used longest ago. False: none is open. */
static bool evict(struct nj_journals *js)
{
    struct nj_jfile *f = js->oldest;
    if (!f)
        return false;
    if (f->len > 0)
        (void)nj_jset_write_file(js, f, false, NULL); /* else it keeps waiting in memory */
    if (js->fsync != NJ_JOURNAL_FSYNC_NEVER)
        (void)sync_file(js, f, NULL);
    nj_jset_close_file(js, f);
    if (f->len == 0) {
        js->platform->release(js->platform->ctx, f->pending);
        f->pending = NULL;
        f->cap = 0;
    }
    return true;
}

int nj_jset_open_file(struct nj_journals *js, struct nj_jfile *f, struct nj_error *err)
{
    if (f->fd >= 0) {
        if (js->newest != f) {
            unlink_open(js, f);
            link_newest(js, f);
        }
        return 0;
    }
    if (is_linked(js, f)) /* its descriptor was given up after a failed sync */
        unlink_open(js, f);
    while (js->stats.open_files >= js->max_open && evict(js))
        ;
    int rc = nj_jfile_open(&js->env, f, err);
    if (rc != 0 && (errno == EMFILE || errno == ENFILE) && evict(js))
        rc = nj_jfile_open(&js->env, f, err);
    if (rc == 0) {
        link_newest(js, f);
        if (nj_jset_rotates(js))
            nj_rotate_learn(&js->env, f);
    }
    return rc;
}

int nj_jset_write_file(struct nj_journals *js, struct nj_jfile *f, bool sync, struct nj_error *err)
{
    struct nj_error why = {0};
    size_t before = f->len;
    int rc = nj_jset_open_file(js, f, &why);
    if (rc != 0)
        f->refused = f->len;
    else
        rc = nj_jfile_write(&js->env, f, sync, &why);
    js->pending -= before - f->len;
    js->stats.flushes++;
    if (f->fd < 0 && is_linked(js, f))
        unlink_open(js, f);
    set_bad(js, f, rc != 0, &why);
    if (rc != 0 && err)
        *err = why;
    return rc;
}

static bool name_is_good(const char *name)
{
    char file[NJ_JOURNAL_NAME_MAX + 16];
    struct nj_journal_file parsed;
    if (strlen(name) > NJ_JOURNAL_NAME_MAX)
        return false;
    snprintf(file, sizeof file, "%s.ndjson", name);
    return nj_journal_name_parse(file, &parsed) && parsed.day == NJ_DAY_LIVE;
}

struct nj_jfile *nj_jset_file_of(struct nj_journals *js, const char *name, struct nj_error *err)
{
    struct nj_jfile *f = nj_map_get(&js->files, name);
    if (f)
        return f;
    if (!name_is_good(name)) {
        nj_error_set(err, NJ_ERR_INPUT,
                     "journal '%s': expected 1 to %d letters, digits, '.', '_', '-', no leading "
                     "dot, no date "
                     "at its end",
                     name, NJ_JOURNAL_NAME_MAX);
        return NULL;
    }
    f = js->platform->alloc(js->platform->ctx, sizeof *f);
    if (!f)
        goto no_memory;
    *f = (struct nj_jfile){.fd = -1,
                           .cut_to = NJ_JOURNAL_NO_CUT,
                           .in_order = nj_rotate_in_order(name),
                           .day = NJ_DAY_NONE,
                           .floor_day = NJ_DAY_NONE,
                           .last_day = NJ_DAY_NONE};
    if (snprintf(f->path, sizeof f->path, "%s/%s.ndjson", js->dir, name) >= (int)sizeof f->path) {
        nj_error_set(err, NJ_ERR_LIMIT, "journal '%s/%s': path too long", js->dir, name);
        goto fail;
    }
    if (nj_map_put(&js->files, name, f))
        return f;
no_memory:
    nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", name);
fail:
    js->platform->release(js->platform->ctx, f);
    return NULL;
}

int nj_jset_write_first(struct nj_journals *js, const struct nj_jfile *f, struct nj_error *err)
{
    for (size_t i = 0; i < NJ_JOURNAL_FIRST && js->first[i][0]; i++) {
        struct nj_jfile *first = nj_map_get(&js->files, js->first[i]);
        if (first && first == f)
            return 0;
        if (!first || first->len == 0)
            continue;
        int rc = nj_jset_write_file(js, first, js->fsync == NJ_JOURNAL_FSYNC_ALWAYS, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static void mark_dirty(struct nj_journals *js, struct nj_jfile *f)
{
    if (f->dirty)
        return;
    f->dirty = true;
    f->next_dirty = js->dirty;
    js->dirty = f;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Ends the set without a word about its lines. */
static void discard(struct nj_journals *js)
{
    const struct nj_platform *pf = js->platform;
    size_t at = 0;
    for (const struct nj_map_entry *e; (e = nj_map_next(&js->files, &at));) {
        struct nj_jfile *f = e->value;
        nj_jset_close_file(js, f);
        pf->release(pf->ctx, f->pending);
        pf->release(pf->ctx, f);
    }
    nj_map_free(&js->files, NULL);
    if (js->lock >= 0)
        close(js->lock);
    pf->release(pf->ctx, js);
}

int nj_journals_open(struct nj_journals **out, const struct nj_journals_options *options,
                     struct nj_error *err)
{
    const struct nj_platform *pf = options->platform;
    char path[NJ_PATH_MAX];
    int rc;
    *out = NULL;
    struct nj_journals *js = pf->alloc(pf->ctx, sizeof *js);
    if (!js)
        return nj_error_set(err, NJ_ERR_NOMEM, "journals '%s': out of memory", options->dir);
    *js = (struct nj_journals){
        .platform = pf,
        .log = options->log,
        .fsync = options->fsync,
        .order_fsync = options->order_fsync || options->fsync == NJ_JOURNAL_FSYNC_ALWAYS,
        .max_open = options->max_open ? options->max_open : MAX_OPEN_DEFAULT,
        .max_pending = options->max_pending ? options->max_pending : MAX_PENDING_DEFAULT,
        .rotate_daily = options->rotate_daily,
        .line_clock = options->line_clock,
        .rotate_bytes = options->rotate_bytes,
        .finished = options->finished,
        .finished_ctx = options->finished_ctx,
        .line_ns = INT64_MIN,
        .day_limit = INT32_MIN,
        .idle_day = INT32_MIN,
        .lock = -1,
    };
    js->env = (struct nj_jfile_env){pf, js->log, js->dir, &js->stats};
    for (size_t i = 0; i < NJ_JOURNAL_FIRST && options->first[i]; i++)
        snprintf(js->first[i], sizeof js->first[i], "%s", options->first[i]);
    rc = nj_path_join(js->dir, sizeof js->dir, "", options->dir, err);
    if (rc == 0)
        rc = nj_mkdirs(js->dir, 0750, err);
    if (rc == 0)
        rc = nj_path_join(path, sizeof path, js->dir, ".lock", err);
    if (rc == 0 && access(js->dir, W_OK | X_OK) != 0)
        rc = nj_error_errno(err, errno, "journal folder '%s': cannot be written", js->dir);
    if (rc == 0) {
        js->lock = nj_lock_file(path, err);
        for (int i = 0; js->lock == NJ_ERR_BUSY && i < LOCK_TRIES; i++) {
            poll(NULL, 0, LOCK_AGAIN_MS); /* njord compress has it for as long as renaming takes */
            js->lock = nj_lock_file(path, err);
        }
        rc = js->lock < 0 ? js->lock : 0;
    }
    if (rc == 0 && nj_jset_rotates(js))
        rc = nj_jset_take_stock(js, err);
    if (rc == 0)
        *out = js;
    else
        discard(js);
    return rc;
}

int nj_journals_close(struct nj_journals *js, struct nj_error *err)
{
    if (!js)
        return 0;
    struct nj_error lost = {0};
    int first = nj_journals_flush(js, &lost);
    if (js->pending > 0)
        nj_error_context(&lost, "%zu bytes of journal lines are lost", js->pending);
    if (first != 0 && err)
        *err = lost;
    if (js->fsync != NJ_JOURNAL_FSYNC_NEVER) {
        int rc = nj_journals_sync(js, first == 0 ? err : NULL);
        first = first ? first : rc;
    }
    discard(js);
    return first;
}

int nj_journals_reopen(struct nj_journals *js, struct nj_error *err)
{
    int rc = nj_journals_flush(js, err);
    if (js->fsync != NJ_JOURNAL_FSYNC_NEVER) {
        int synced = nj_journals_sync(js, rc == 0 ? err : NULL);
        rc = rc ? rc : synced;
    }
    while (js->oldest)
        nj_jset_close_file(js, js->oldest);
    size_t at = 0; /* another file may have the name by now */
    for (const struct nj_map_entry *e; (e = nj_map_next(&js->files, &at));)
        ((struct nj_jfile *)e->value)->known = false;
    return rc;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int check_line(const char *name, const char *line, size_t len, struct nj_error *err)
{
    if (len == 0 || memchr(line, '\n', len))
        return nj_error_set(err, NJ_ERR_INPUT,
                            "journal '%s': expected one line without a newline, found %zu bytes",
                            name, len);
    if (len > LINE_MAX_BYTES)
        return nj_error_set(err, NJ_ERR_LIMIT, "journal '%s': line of %zu bytes, at most %zu", name,
                            len, LINE_MAX_BYTES);
    return 0;
}

void nj_journals_filter(struct nj_journals *js, nj_journal_filter filter, void *ctx)
{
    js->filter = filter;
    js->filter_ctx = ctx;
}

/* Room for one more line of `len` bytes within the bound? */
static int check_room(struct nj_journals *js, const char *name, size_t len, struct nj_error *err)
{
    if (len < js->max_pending && js->pending <= js->max_pending - len - 1)
        return 0;
    if (len < js->max_pending && nj_journals_flush(js, NULL) == 0)
        return 0;
    js->stats.failures++;
    return nj_error_set(err, NJ_ERR_LIMIT,
                        "journal '%s': %zu bytes wait already (at most %zu); free the disk", name,
                        js->pending, js->max_pending);
}

int nj_journals_append(struct nj_journals *js, const char *name, int64_t ts_ns, const char *line,
                       size_t len, struct nj_error *err)
{
    struct nj_jfile *f = nj_jset_file_of(js, name, err);
    if (!f)
        return err ? err->code : NJ_ERR_INPUT;
    int rc = check_line(name, line, len, err);
    if (rc == 0 && js->filter && js->filter(js->filter_ctx, name, ts_ns, line, len) != 0)
        return 0;
    if (rc == 0)
        rc = check_room(js, name, len, err);
    if (rc == 0 && nj_jset_rotates(js))
        nj_jset_before_line(js, f, ts_ns);
    if (rc == 0)
        rc = nj_jfile_add(&js->env, f, line, len, err);
    if (rc != 0)
        return rc;
    js->pending += len + 1;
    js->stats.lines++;
    mark_dirty(js, f);
    if (f->len >= SPILL && !f->bad && nj_jset_write_first(js, f, NULL) == 0)
        (void)nj_jset_write_file(js, f, js->fsync == NJ_JOURNAL_FSYNC_ALWAYS,
                                 NULL); /* kept if refused */
    return 0;
}

int nj_journals_append_now(struct nj_journals *js, const char *name, int64_t ts_ns,
                           const char *line, size_t len, struct nj_error *err)
{
    struct nj_error why = {0};
    struct nj_jfile *f = nj_jset_file_of(js, name, &why);
    int rc = f ? check_line(name, line, len, &why) : why.code;
    if (rc == 0 && js->filter && js->filter(js->filter_ctx, name, ts_ns, line, len) != 0)
        return 0;
    if (rc == 0)
        rc = check_room(js, name, len, &why);
    if (rc == 0 && nj_jset_rotates(js))
        nj_jset_before_line(js, f, ts_ns);
    if (rc == 0) {
        rc = nj_jfile_add(&js->env, f, line, len, &why);
        if (rc != 0) { /* order flow that cannot be written down: a failure like any other */
            f->refused = len + 1;
            set_bad(js, f, true, &why);
        }
    }
    if (rc == 0) {
        js->pending += len + 1;
        rc = nj_jset_write_first(js, f, &why);
        if (rc == 0)
            rc = nj_jset_write_file(js, f, js->order_fsync, &why);
        if (rc == 0) {
            js->stats.lines++;
        } else { /* the line is the last that waits: take it back */
            f->len -= len + 1;
            js->pending -= len + 1;
            if (f->len > 0)
                mark_dirty(js, f);
        }
    }
    if (rc != 0 && err)
        *err = why;
    return rc;
}

/* Tries the files that refused and for which nothing waits, so that trading can go on. */
static void probe_bad(struct nj_journals *js)
{
    int64_t now = js->platform->monotonic_ns(js->platform->ctx);
    if (now < js->next_probe_ns)
        return;
    js->next_probe_ns = now + PROBE_EVERY_NS;
    size_t at = 0;
    for (const struct nj_map_entry *e; (e = nj_map_next(&js->files, &at));) {
        struct nj_jfile *f = e->value;
        struct nj_error why = {0};
        if (!f->bad || f->len > 0)
            continue;
        int rc = nj_jset_open_file(js, f, &why);
        if (rc == 0)
            rc = nj_jfile_probe(&js->env, f, js->order_fsync, &why);
        if (f->fd < 0 && is_linked(js, f))
            unlink_open(js, f);
        set_bad(js, f, rc != 0, &why);
    }
}

int nj_journals_flush(struct nj_journals *js, struct nj_error *err)
{
    int first = nj_jset_write_first(js, NULL, err);
    if (first != 0) {
        if (js->n_bad > 0)
            probe_bad(js);
        return first;
    }
    for (struct nj_jfile **link = &js->dirty; *link;) {
        struct nj_jfile *f = *link;
        int rc = f->len == 0 ? 0
                             : nj_jset_write_file(js, f, js->fsync == NJ_JOURNAL_FSYNC_ALWAYS,
                                                  first == 0 ? err : NULL);
        first = first ? first : rc;
        if (f->len > 0) {
            link = &f->next_dirty;
            continue;
        }
        *link = f->next_dirty;
        f->next_dirty = NULL;
        f->dirty = false;
    }
    if (js->n_bad > 0)
        probe_bad(js);
    return first;
}

int nj_journals_sync(struct nj_journals *js, struct nj_error *err)
{
    int first = 0;
    for (struct nj_jfile *f = js->newest, *older; f; f = older) {
        older = f->older;
        int rc = sync_file(js, f, first == 0 ? err : NULL);
        first = first ? first : rc;
    }
    return first;
}

bool nj_journals_failed(const struct nj_journals *js)
{
    return js->n_bad > 0;
}

const char *nj_journals_dir(const struct nj_journals *js)
{
    return js->dir;
}

void nj_journals_stats(const struct nj_journals *js, struct nj_journal_stats *out)
{
    *out = js->stats;
}
