/* A folder of journals: what is old in it is compressed, live files that nobody writes any more are
 * dated first. See compress.h. */
#include "journal/compress.h"

#include "journal/journal.h"
#include "journal/rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LAST_LINE_MAX ((size_t)1 << 20) /* what readers take */

struct run {
    const struct nj_platform *pf;
    const char *dir;
    int64_t older_than_ns;
    void (*each)(void *ctx, const char *from, const char *to, uint64_t in, uint64_t out,
                 const struct nj_error *failed);
    void *ctx;
    struct nj_compress_stats *stats;
};

static int path_of(const struct run *r, const struct nj_journal_file *file, char *out,
                   struct nj_error *err)
{
    char name[NJ_STEM_SIZE + 40];
    int rc = nj_journal_name_make(file, name, sizeof name, err);
    return rc == 0 ? nj_path_join(out, NJ_PATH_MAX, r->dir, name, err) : rc;
}

static void tell_failed(struct run *r, const char *from, uint64_t size, const struct nj_error *why)
{
    r->stats->failed++;
    if (r->each)
        r->each(r->ctx, from, "", size, 0, why);
}

static void compress_one(struct run *r, const char *path, uint64_t size)
{
    struct nj_error why = {0};
    char packed[NJ_PATH_MAX];
    struct stat st;
    int rc = nj_compress_file(r->pf, path, packed, &why);
    if (rc == NJ_ERR_BUSY || rc == NJ_ERR_NOT_FOUND) { /* the host's own thread has it */
        r->stats->skipped++;
        return;
    }
    if (rc != 0) {
        tell_failed(r, path, size, &why);
        return;
    }
    uint64_t out = stat(packed, &st) == 0 ? (uint64_t)st.st_size : 0;
    r->stats->files++;
    r->stats->bytes_in += size;
    r->stats->bytes_out += out;
    if (r->each)
        r->each(r->ctx, path, packed, size, out, NULL);
}

/* ---- live files ------------------------------------------------------------------------------ */

/* The day of a file's last line; where its time is not known, of the last write. */
static int last_day(const struct run *r, const char *path, const struct nj_journal_file *live,
                    int32_t *day, struct nj_error *err)
{
    const struct nj_platform *pf = r->pf;
    size_t len = (size_t)live->size < LAST_LINE_MAX + 2 ? (size_t)live->size : LAST_LINE_MAX + 2;
    char *tail = pf->alloc(pf->ctx, len);
    int fd = tail ? pf->open(pf->ctx, path, O_RDONLY | O_NOFOLLOW, 0) : -1;
    int rc = 0;
    *day = nj_day_of(live->mtime_ns);
    if (!tail) {
        return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", path);
    } else if (fd < 0) {
        rc = nj_error_errno(err, errno, "journal '%s': cannot be opened", path);
    } else {
        ssize_t n = pf->pread(pf->ctx, fd, tail, len, live->size - (off_t)len);
        int64_t ts;
        if (n < 0) {
            rc = nj_error_errno(err, errno, "journal '%s': cannot be read", path);
        } else if (n > 1 && tail[n - 1] == '\n') {
            const char *before = memrchr(tail, '\n', (size_t)n - 1);
            const char *line = before ? before + 1 : tail;
            if (nj_line_time(pf, live->stem, line, (size_t)(tail + n - 1 - line), &ts))
                *day = nj_day_of(ts);
        }
        pf->close(pf->ctx, fd);
    }
    pf->release(pf->ctx, tail);
    return rc;
}

/* The next number of the day that no file has; of all but market data a day that is not before that
 * of the last one, so that names tell the order of writing. all: the folder. */
static void choose_place(const struct nj_journal_files *all, struct nj_journal_file *dated)
{
    bool in_order = nj_rotate_in_order(dated->stem);
    dated->part = 0;
    for (size_t i = 0; i < all->n; i++) { /* by day and number */
        const struct nj_journal_file *file = &all->files[i];
        if (file->day == NJ_DAY_LIVE || strcmp(file->stem, dated->stem) != 0)
            continue;
        if (in_order && file->day > dated->day) {
            dated->day = file->day;
            dated->part = 0;
        }
        if (file->day == dated->day && file->part >= dated->part)
            dated->part = file->part + 1;
    }
}

/* Gives a live file the name of the day of its last line. */
static int date_one(struct run *r, const struct nj_journal_files *all, struct nj_journal_file *live,
                    char *path, struct nj_error *err)
{
    const struct nj_platform *pf = r->pf;
    struct nj_journal_file dated = *live;
    char from[NJ_PATH_MAX], gz[NJ_PATH_MAX];
    struct stat st;
    uint64_t cut;
    bool moved = false;
    int rc = path_of(r, live, from, err);
    if (rc == 0)
        rc = nj_journal_repair(pf, from, &cut, err); /* a death may have torn its end */
    if (rc == 0 && (live->size -= (int64_t)cut) == 0)
        rc = nj_error_set(err, NJ_ERR_INPUT, "journal '%s': has no whole line", from);
    if (rc == 0)
        rc = last_day(r, from, live, &dated.day, err);
    choose_place(all, &dated);
    for (;; dated.part++) {
        if (rc == 0) {
            dated.gz = true;
            rc = path_of(r, &dated, gz, err);
            dated.gz = false;
        }
        if (rc == 0)
            rc = path_of(r, &dated, path, err);
        if (rc != 0)
            return rc;
        if (lstat(gz, &st) == 0)
            continue;
        rc = nj_link_new(pf, from, path, &moved, err);
        if (rc != NJ_ERR_EXISTS)
            break;
        rc = 0;
    }
    if (rc == 0 && !moved && pf->unlink(pf->ctx, from) != 0) {
        rc = nj_error_errno(err, errno, "journal '%s': cannot be renamed", from);
        pf->unlink(pf->ctx, path);
    }
    if (rc == 0 && pf->fsync_dir(pf->ctx, r->dir) != 0)
        rc = nj_error_errno(err, errno, "folder '%s': cannot be synced", r->dir);
    return rc;
}

static bool is_old(const struct run *r, const struct nj_journal_file *file)
{
    return file->mtime_ns < r->older_than_ns;
}

static bool is_old_live(const struct run *r, const struct nj_journal_file *file)
{
    return file->day == NJ_DAY_LIVE && file->size > 0 && strcmp(file->stem, "app") != 0 &&
           is_old(r, file);
}

/* Has a death left it a live name too? */
static bool is_half_dated(const struct run *r, const struct nj_journal_file *file)
{
    struct nj_journal_file live = *file;
    char path[NJ_PATH_MAX];
    struct stat st;
    live.day = NJ_DAY_LIVE;
    live.part = 0;
    return !file->gz && file->day != NJ_DAY_LIVE && path_of(r, &live, path, NULL) == 0 &&
           lstat(path, &st) == 0 && st.st_dev == file->dev && st.st_ino == file->ino;
}

/* Dates the live files that are old, unless a host has the folder. Whoever starts one meanwhile
 * waits: the lock is held for as long as renaming takes. */
static int date_live(struct run *r, struct nj_journal_files *all, struct nj_error *err)
{
    char lock_path[NJ_PATH_MAX];
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        n += is_old_live(r, &all->files[i]) || is_half_dated(r, &all->files[i]);
    if (n == 0)
        return 0;
    int lock = nj_path_join(lock_path, sizeof lock_path, r->dir, ".lock", err);
    if (lock == 0)
        lock = nj_lock_file(lock_path, err);
    if (lock == NJ_ERR_BUSY) {
        r->stats->live_left = n;
        return 0;
    }
    if (lock < 0)
        return lock;
    nj_journal_files_free(all);
    int rc = nj_rotate_recover(r->pf, NULL, r->dir, all, err);
    for (size_t i = 0; i < all->n && rc == 0; i++) {
        struct nj_journal_file *file = &all->files[i];
        char path[NJ_PATH_MAX], from[NJ_PATH_MAX];
        struct nj_error why = {0};
        if (!is_old_live(r, file) || path_of(r, file, from, NULL) != 0)
            continue;
        if (date_one(r, all, file, path, &why) != 0) {
            tell_failed(r, from, (uint64_t)file->size, &why);
            continue;
        }
        struct nj_journal_file named; /* from now on it is that one */
        if (nj_journal_name_parse(strrchr(path, '/') + 1, &named)) {
            file->day = named.day;
            file->part = named.part;
        }
    }
    close(lock);
    return rc;
}

/* ---- all of it ------------------------------------------------------------------------------- */

int nj_compress_folder(const struct nj_platform *pf, const char *dir, int64_t older_than_ns,
                       void (*each)(void *ctx, const char *from, const char *to, uint64_t in,
                                    uint64_t out, const struct nj_error *failed),
                       void *ctx, struct nj_compress_stats *stats, struct nj_error *err)
{
    struct run r = {pf, dir, older_than_ns, each, ctx, stats};
    struct nj_journal_files all;
    *stats = (struct nj_compress_stats){0};
    int rc = nj_journal_list(dir, NULL, &all, err);
    if (rc == 0 && access(dir, W_OK | X_OK) != 0)
        rc = nj_error_errno(err, errno, "journal folder '%s': cannot be written", dir);
    struct nj_error left = {0};
    if (rc == 0 && nj_compress_tidy_folder(pf, dir, &left) != 0)
        tell_failed(&r, dir, 0, &left); /* a leftover does no harm */
    if (rc == 0)
        rc = date_live(&r, &all, err);
    for (size_t i = 0; i < all.n && rc == 0; i++) {
        const struct nj_journal_file *file = &all.files[i];
        char path[NJ_PATH_MAX];
        if (file->gz || file->day == NJ_DAY_LIVE)
            continue;
        if (!is_old(&r, file))
            stats->skipped++;
        else if (path_of(&r, file, path, NULL) == 0)
            compress_one(&r, path, (uint64_t)file->size);
    }
    nj_journal_files_free(&all);
    return rc;
}
