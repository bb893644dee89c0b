/* cache_key.c - is a source still the one that its segments were made of?
 *
 * Device, inode, size, mtime and ctime the same, and ctime well before the build: nothing can have
 * written to the file since (a write sets ctime, which no call can set back), and it is not even
 * opened. Where ctime differs or is as young as the build, so that a later write may carry the same
 * stamp, the first and the last 64 KiB are compared. */
#include "journal/cache_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define SETTLED_NS INT64_C(2000000000) /* file systems stamp in steps of up to 2 s */
#define BLOCK      262144u

static int64_t ns_of(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void nj_cache_key_stat(const struct stat *st, struct nj_segment_head *head)
{
    head->source_dev = (uint64_t)st->st_dev;
    head->source_ino = (uint64_t)st->st_ino;
    head->source_size = (uint64_t)st->st_size;
    head->source_mtime_ns = ns_of(st->st_mtim);
    head->source_ctime_ns = ns_of(st->st_ctim);
}

/* NJ_ERR_LOST: the file is shorter. */
static int read_whole(const struct nj_platform *pf, int fd, const char *path, char *data,
                      size_t len, uint64_t at, struct nj_error *err)
{
    ssize_t n = nj_read_at(pf, fd, data, len, (off_t)at);
    if (n < 0)
        return nj_error_errno(err, errno, "file '%s': cannot be read", path);
    if ((size_t)n < len)
        return nj_error_set(err, NJ_ERR_LOST, "file '%s': shorter than it was", path);
    return 0;
}

int nj_cache_key_hash(const struct nj_platform *pf, int fd, const char *path, uint64_t from,
                      uint64_t to, uint8_t out[NJ_SHA256_SIZE], struct nj_error *err)
{
    struct nj_sha256 *sha = nj_sha256_new();
    char *block = pf->alloc(pf->ctx, BLOCK);
    int rc = 0;

    if (!sha || !block)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "file '%s': out of memory", path);
    while (rc == 0 && from < to) {
        size_t part = to - from < BLOCK ? (size_t)(to - from) : BLOCK;
        rc = read_whole(pf, fd, path, block, part, from, err);
        if (rc == 0)
            nj_sha256_add(sha, block, part);
        from += part;
    }
    if (rc == 0 && nj_sha256_end(sha, out) != 0)
        rc = nj_error_set(err, NJ_ERR_INTERNAL, "SHA-256 is not to be had");
    pf->release(pf->ctx, block);
    nj_sha256_free(sha);
    return rc;
}

int nj_cache_key_edges(const struct nj_platform *pf, int fd, const char *path,
                       struct nj_segment_head *head, struct nj_error *err)
{
    uint64_t to = head->source_to, len = to < NJ_SEGMENT_EDGE ? to : NJ_SEGMENT_EDGE;
    int rc = nj_cache_key_hash(pf, fd, path, 0, len, head->source_head, err);

    if (rc == 0 && len == to)
        memcpy(head->source_tail, head->source_head, sizeof head->source_tail);
    else if (rc == 0)
        rc = nj_cache_key_hash(pf, fd, path, to - len, to, head->source_tail, err);
    return rc;
}

static int compare_edges(const struct nj_platform *pf, const struct nj_cache_source *source,
                         const struct nj_segment_head *head, bool *same, struct nj_error *err)
{
    struct nj_segment_head now = {.source_to = head->source_to};
    int fd = pf->open(pf->ctx, source->path, O_RDONLY | O_NONBLOCK, 0);

    *same = false;
    if (fd < 0)
        return errno == ENOENT ? nj_error_set(err, NJ_ERR_LOST, "file '%s': moved", source->path)
                               : nj_error_errno(err, errno, "file '%s'", source->path);
    int rc = nj_cache_key_edges(pf, fd, source->path, &now, err);
    pf->close(pf->ctx, fd);
    if (rc == NJ_ERR_LOST)
        return 0;
    if (rc == 0)
        *same = memcmp(now.source_head, head->source_head, sizeof now.source_head) == 0 &&
                memcmp(now.source_tail, head->source_tail, sizeof now.source_tail) == 0;
    return rc;
}

int nj_cache_key_judge(const struct nj_platform *pf, const struct nj_cache_source *source,
                       const struct nj_segment_head *head, enum nj_cache_verdict *out,
                       struct nj_error *err)
{
    struct nj_segment_head now;
    struct stat st;
    bool same;

    *out = NJ_CACHE_CHANGED;
    if (stat(source->path, &st) != 0)
        return errno == ENOENT ? nj_error_set(err, NJ_ERR_LOST, "file '%s': moved", source->path)
                               : nj_error_errno(err, errno, "file '%s'", source->path);
    memset(&now, 0, sizeof now);
    nj_cache_key_stat(&st, &now);
    if (now.source_dev != source->dev || now.source_ino != source->ino)
        return nj_error_set(err, NJ_ERR_LOST, "file '%s': moved", source->path);
    if (now.source_dev != head->source_dev || now.source_ino != head->source_ino)
        return 0;
    bool stands =
        now.source_size == head->source_size && now.source_mtime_ns == head->source_mtime_ns;
    if (stands && now.source_ctime_ns == head->source_ctime_ns &&
        head->built_ns - SETTLED_NS > head->source_ctime_ns) {
        *out = NJ_CACHE_CURRENT;
        return 0;
    }
    if (!stands && (!source->live || now.source_size < head->source_to))
        return 0;
    int rc = compare_edges(pf, source, head, &same, err);
    if (rc == 0 && same)
        *out = stands ? NJ_CACHE_CURRENT : NJ_CACHE_GREW;
    return rc;
}

int nj_cache_key_verify(const struct nj_platform *pf, const struct nj_cache_source *source,
                        const struct nj_segment_head *head, bool *same, struct nj_error *err)
{
    uint8_t hash[NJ_SHA256_SIZE];
    int fd = pf->open(pf->ctx, source->path, O_RDONLY | O_NONBLOCK, 0);

    *same = false;
    if (fd < 0)
        return errno == ENOENT ? nj_error_set(err, NJ_ERR_LOST, "file '%s': moved", source->path)
                               : nj_error_errno(err, errno, "file '%s'", source->path);
    int rc = nj_cache_key_hash(pf, fd, source->path, head->source_from, head->source_to, hash, err);
    pf->close(pf->ctx, fd);
    if (rc == NJ_ERR_LOST)
        return 0;
    *same = rc == 0 && memcmp(hash, head->source_hash, sizeof hash) == 0;
    return rc;
}
