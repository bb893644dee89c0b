#include "journal/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define INTERRUPTED_MAX 100         /* EINTR in a row before it counts as a failure */
#define KEEP_CAP        (64 * 1024) /* pending memory that a file keeps when nothing waits */

int nj_jfile_add(const struct nj_jfile_env *env, struct nj_jfile *f, const char *line, size_t len,
                 struct nj_error *err)
{
    if (f->len + len + 1 > f->cap) {
        const struct nj_platform *pf = env->platform;
        size_t cap = f->cap ? f->cap : 1024;
        while (cap < f->len + len + 1)
            cap *= 2;
        char *pending = pf->alloc(pf->ctx, cap);
        if (!pending)
            return nj_error_set(err, NJ_ERR_NOMEM,
                                "journal '%s': out of memory for a line of %zu bytes", f->path,
                                len);
        if (f->len > 0)
            memcpy(pending, f->pending, f->len);
        pf->release(pf->ctx, f->pending);
        f->pending = pending;
        f->cap = cap;
    }
    memcpy(f->pending + f->len, line, len);
    f->pending[f->len + len] = '\n';
    f->len += len + 1;
    return 0;
}

/* Takes the first `done` bytes out of what waits. */
static void drop_pending(const struct nj_jfile_env *env, struct nj_jfile *f, size_t done)
{
    if (done > 0 && done < f->len)
        memmove(f->pending, f->pending + done, f->len - done);
    f->len -= done;
    if (f->len == 0 && f->cap > KEEP_CAP) {
        env->platform->release(env->platform->ctx, f->pending);
        f->pending = NULL;
        f->cap = 0;
    }
}

static int truncate_to(const struct nj_platform *pf, int fd, off_t size)
{
    for (int i = 0; i < INTERRUPTED_MAX; i++)
        if (pf->ftruncate(pf->ctx, fd, size) == 0)
            return 0;
        else if (errno != EINTR)
            break;
    return -1;
}

/* Makes the cut that an earlier roll-back could not make. */
static int make_cut(const struct nj_jfile_env *env, struct nj_jfile *f, struct nj_error *err)
{
    if (f->cut_to == NJ_JOURNAL_NO_CUT)
        return 0;
    if (truncate_to(env->platform, f->fd, f->cut_to) != 0)
        return nj_error_errno(err, errno, "journal '%s': a torn write cannot be cut off", f->path);
    f->size = f->cut_to;
    f->cut_to = NJ_JOURNAL_NO_CUT;
    return 0;
}

/* Takes back what lies beyond `size`, now or before the next write. */
static void roll_back(const struct nj_jfile_env *env, struct nj_jfile *f, off_t size)
{
    f->size = size;
    f->cut_to = truncate_to(env->platform, f->fd, size) == 0 ? NJ_JOURNAL_NO_CUT : size;
}

int nj_jfile_open(const struct nj_jfile_env *env, struct nj_jfile *f, struct nj_error *err)
{
    const struct nj_platform *pf = env->platform;
    struct stat st;
    uint64_t cut = 0;
    int rc = 0, tries = 0;
    do
        f->fd = pf->open(pf->ctx, f->path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, 0640);
    while (f->fd < 0 && errno == EINTR && ++tries < INTERRUPTED_MAX);
    if (f->fd < 0)
        return nj_error_errno(err, errno, "journal '%s': cannot be opened", f->path);
    if (pf->fstat(pf->ctx, f->fd, &st) != 0) {
        rc = nj_error_errno(err, errno, "journal '%s'", f->path);
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        rc = nj_error_set(err, NJ_ERR_INPUT, "journal '%s': not a regular file, move it away",
                          f->path);
        goto fail;
    }
    if (f->cut_to != NJ_JOURNAL_NO_CUT &&
        (st.st_dev != f->dev || st.st_ino != f->ino || st.st_size <= f->cut_to))
        f->cut_to = NJ_JOURNAL_NO_CUT; /* another file by that name, or already cut */
    f->dev = st.st_dev;
    f->ino = st.st_ino;
    f->size = st.st_size;
    f->named = f->named || st.st_size == 0;
    rc = make_cut(env, f, err);
    if (rc == 0)
        rc = nj_journal_repair_fd(pf, f->fd, f->path, &f->size, &cut, err);
    if (rc != 0)
        goto fail;
    env->stats->open_files++;
    if (cut > 0) {
        env->stats->torn_tails++;
        env->stats->torn_bytes += cut;
        nj_log(env->log, NJ_WARN, "journal", "torn_tail", NJ_TEXT("path", f->path),
               NJ_INT("bytes", cut));
    }
    return 0;
fail:
    pf->close(pf->ctx, f->fd);
    f->fd = -1;
    return rc;
}

void nj_jfile_close(const struct nj_jfile_env *env, struct nj_jfile *f)
{
    if (f->fd < 0)
        return;
    env->platform->close(env->platform->ctx, f->fd);
    f->fd = -1;
    env->stats->open_files--;
}

/* One write of data[0..len), whole lines kept: *done is what stays in the file. A short write is
 * cut back to the end of its last whole line. Not NULL-safe; f is open and no cut is due. */
static int write_once(const struct nj_jfile_env *env, struct nj_jfile *f, const char *data,
                      size_t len, size_t *done, struct nj_error *err)
{
    const struct nj_platform *pf = env->platform;
    ssize_t n;
    int tries = 0;
    *done = 0;
    do
        n = pf->write(pf->ctx, f->fd, data, len);
    while (n < 0 && errno == EINTR && ++tries < INTERRUPTED_MAX);
    if (n < 0)
        return nj_error_errno(err, errno, "journal '%s': cannot be written", f->path);
    if ((size_t)n == len) {
        f->size += n;
        *done = len;
        return 0;
    }
    env->stats->short_writes++;
    const char *last = n > 0 ? memrchr(data, '\n', (size_t)n) : NULL;
    size_t kept = last ? (size_t)(last - data) + 1 : 0;
    struct stat st;
    off_t start = f->size; /* unless someone else changed the file meanwhile */
    if (pf->fstat(pf->ctx, f->fd, &st) == 0 && st.st_size >= n)
        start = st.st_size - n;
    roll_back(env, f, start + (off_t)kept);
    *done = kept;
    if (f->cut_to != NJ_JOURNAL_NO_CUT)
        return nj_error_errno(err, errno, "journal '%s': a short write cannot be cut off", f->path);
    return 0;
}

/* Writes all of data, in as many writes as a short one makes of it; *done as write_once(). */
static int write_lines(const struct nj_jfile_env *env, struct nj_jfile *f, const char *data,
                       size_t len, size_t *done, struct nj_error *err)
{
    int stalled = 0;
    *done = 0;
    while (*done < len) {
        size_t n;
        int rc = write_once(env, f, data + *done, len - *done, &n, err);
        *done += n;
        if (rc != 0)
            return rc;
        /* a full disk shows first as a short write without an error; the second says so */
        if (n == 0 && ++stalled > 1)
            return nj_error_errno(err, ENOSPC, "journal '%s': short write, rolled back", f->path);
    }
    return 0;
}

int nj_jfile_sync(const struct nj_jfile_env *env, struct nj_jfile *f, struct nj_error *err)
{
    const struct nj_platform *pf = env->platform;
    int rc, tries = 0;
    if (!f->unsynced || f->fd < 0)
        return 0;
    do
        rc = pf->fsync(pf->ctx, f->fd);
    while (rc != 0 && errno == EINTR && ++tries < INTERRUPTED_MAX);
    env->stats->syncs++;
    if (rc != 0) {
        /* the kernel may have dropped what it could not write: a second fsync would lie */
        rc = nj_error_errno(err, errno, "journal '%s': cannot be synced", f->path);
        f->unsynced = false;
        nj_jfile_close(env, f);
        return rc;
    }
    if (f->named && pf->fsync_dir(pf->ctx, env->dir) != 0)
        return nj_error_errno(err, errno, "folder '%s': cannot be synced", env->dir);
    f->named = false;
    f->unsynced = false;
    return 0;
}

/* Writes and, with `sync`, syncs data; on failure with `sync` nothing of it stays. */
static int write_synced(const struct nj_jfile_env *env, struct nj_jfile *f, const char *data,
                        size_t len, bool sync, size_t *done, struct nj_error *err)
{
    int rc = make_cut(env, f, err);
    *done = 0;
    if (rc != 0)
        return rc;
    off_t start = f->size;
    rc = write_lines(env, f, data, len, done, err);
    if (*done > 0)
        f->unsynced = true;
    if (!sync)
        return rc;
    if (rc == 0) {
        /* keep the descriptor's number for the roll-back: a failed sync gives it up */
        rc = nj_jfile_sync(env, f, err);
        if (rc == 0)
            return 0;
    }
    if (f->fd >= 0) {
        roll_back(env, f, start);
    } else { /* to be cut through the next descriptor */
        f->size = start;
        f->cut_to = start;
    }
    *done = 0;
    return rc;
}

int nj_jfile_write(const struct nj_jfile_env *env, struct nj_jfile *f, bool sync,
                   struct nj_error *err)
{
    size_t done, len = f->len;
    int rc = write_synced(env, f, f->pending, len, sync, &done, err);
    env->stats->bytes += done;
    if (rc != 0)
        f->refused = len - done;
    drop_pending(env, f, done);
    return rc;
}

int nj_jfile_probe(const struct nj_jfile_env *env, struct nj_jfile *f, bool sync,
                   struct nj_error *err)
{
    char blanks[4096];
    size_t done, len = f->refused < sizeof blanks ? f->refused : sizeof blanks;
    off_t start;
    int rc = make_cut(env, f, err);
    if (rc != 0)
        return rc;
    memset(blanks, ' ', len);
    start = f->size;
    rc = write_synced(env, f, blanks, len, sync, &done, err);
    if (rc == 0) {
        roll_back(env, f, start);
        if (f->cut_to != NJ_JOURNAL_NO_CUT)
            rc = nj_error_errno(err, errno, "journal '%s': cannot be cut", f->path);
    }
    return rc;
}
