/* One file: packed, read back, named, and only then removed. See compress.h; whole folders are
 * compress_folder.c. */
#include "journal/compress.h"

#include "base/crc32.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define BLOCK           65536
#define TRAILER         8 /* CRC-32 and length, RFC 1952 */
#define INTERRUPTED_MAX 100
#define NAME_SIZE       (NJ_STEM_SIZE + 40)

/* One compression. */
struct work {
    const struct nj_platform *pf;
    const atomic_bool *stop; /* may be NULL */
    const char *path;        /* of the source */
    char dir[NJ_PATH_MAX];
    char temporary[NJ_PATH_MAX];
    struct nj_journal_file name; /* of the compressed file */
    char target[NJ_PATH_MAX];
    int source, packed; /* descriptors */
    struct stat was;    /* the source at first */
    off_t packed_at;    /* bytes written to it */
    int number;         /* errno of a call inside libarchive's callbacks */
    struct nj_crc32 crc;
    char *block, *other; /* BLOCK bytes each */
};

static bool stopped(const struct work *w)
{
    return w->stop && atomic_load_explicit(w->stop, memory_order_relaxed);
}

static int say_stopped(const struct work *w, struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_BUSY, "journal '%s': not compressed, stopping", w->path);
}

/* ---- packing --------------------------------------------------------------------------------- */

static la_ssize_t on_write(struct archive *a, void *ctx, const void *data, size_t len)
{
    struct work *w = ctx;
    const char *p = data;
    (void)a;
    int tries = 0;
    for (size_t left = len; left > 0;) {
        ssize_t n = w->pf->write(w->pf->ctx, w->packed, p, left);
        if (n < 0 && errno == EINTR && ++tries < INTERRUPTED_MAX)
            continue;
        if (n <= 0) {
            w->number = n < 0 ? errno : ENOSPC;
            return -1;
        }
        p += n;
        left -= (size_t)n;
        w->packed_at += n;
    }
    return (la_ssize_t)len;
}

static int pack_into(struct work *w, struct archive *a, struct archive_entry *entry,
                     struct nj_error *err)
{
    off_t at = 0;
    archive_entry_set_pathname(entry, "journal");
    archive_entry_set_filetype(entry, AE_IFREG);
    if (archive_write_set_format_raw(a) != ARCHIVE_OK ||
        archive_write_add_filter_gzip(a) != ARCHIVE_OK ||
        archive_write_set_filter_option(a, "gzip", "compression-level", "6") != ARCHIVE_OK ||
        archive_write_set_filter_option(a, "gzip", "timestamp", NULL) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
        archive_write_open2(a, w, NULL, on_write, NULL, NULL) != ARCHIVE_OK ||
        archive_write_header(a, entry) != ARCHIVE_OK)
        goto fail;
    for (;;) {
        if (stopped(w))
            return say_stopped(w, err);
        ssize_t n = nj_read_at(w->pf, w->source, w->block, BLOCK, at);
        if (n < 0)
            return nj_error_errno(err, errno, "journal '%s': cannot be read", w->path);
        if (n == 0)
            break;
        if (archive_write_data(a, w->block, (size_t)n) != n)
            goto fail;
        at += n;
    }
    if (archive_write_close(a) == ARCHIVE_OK)
        return 0;
fail:
    if (w->number != 0)
        return nj_error_errno(err, w->number, "file '%s': cannot be written", w->temporary);
    return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': cannot be compressed: %s", w->path,
                        archive_error_string(a) ? archive_error_string(a) : "out of memory");
}

static int pack(struct work *w, struct nj_error *err)
{
    struct archive *a = archive_write_new();
    struct archive_entry *entry = a ? archive_entry_new() : NULL;
    int rc = entry ? pack_into(w, a, entry, err)
                   : nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", w->path);
    archive_entry_free(entry);
    if (a)
        archive_write_free(a);
    if (rc == 0 && w->pf->fsync(w->pf->ctx, w->packed) != 0)
        rc = nj_error_errno(err, errno, "file '%s': cannot be synced", w->temporary);
    return rc;
}

/* ---- reading back ---------------------------------------------------------------------------- */

/* A gzip file that is read. */
struct packed_in {
    const struct nj_platform *pf;
    int fd;
    off_t at;
    int number;
    char block[BLOCK];
};

static la_ssize_t on_read(struct archive *a, void *ctx, const void **data)
{
    struct packed_in *in = ctx;
    (void)a;
    ssize_t n = nj_read_at(in->pf, in->fd, in->block, sizeof in->block, in->at);
    if (n < 0) {
        in->number = errno;
        return -1;
    }
    in->at += n;
    *data = in->block;
    return n;
}

/* Compares what is unpacked with the source from its start. 1: it is the same; 0: it is not;
 * negative: err. */
static int compare_all(struct work *w, struct archive *a, uint32_t *crc, off_t *length,
                       struct nj_error *err)
{
    for (;;) {
        if (stopped(w))
            return say_stopped(w, err);
        la_ssize_t n = archive_read_data(a, w->block, BLOCK);
        if (n < 0)
            return 0;
        ssize_t m = nj_read_at(w->pf, w->source, w->other, n > 0 ? (size_t)n : 1, *length);
        if (m < 0)
            return nj_error_errno(err, errno, "journal '%s': cannot be read", w->path);
        if (m != n || memcmp(w->block, w->other, (size_t)n) != 0)
            return 0;
        if (n == 0)
            return 1;
        *crc = nj_crc32_add(&w->crc, *crc, w->block, (size_t)n);
        *length += n;
    }
}

static uint32_t word_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Does a gzip file hold the source, byte for byte, and does its trailer say so? libarchive does not
 * look at the trailer. 1, 0, negative as above. */
static int holds_source(struct work *w, int fd, const char *path, struct nj_error *err)
{
    const struct nj_platform *pf = w->pf;
    unsigned char trailer[TRAILER];
    uint32_t crc = 0;
    off_t length = 0;
    struct stat st;
    struct archive_entry *entry;
    if (pf->fstat(pf->ctx, fd, &st) != 0)
        return nj_error_errno(err, errno, "file '%s'", path);
    if (st.st_size < TRAILER)
        return 0;
    if (nj_read_at(pf, fd, trailer, TRAILER, st.st_size - TRAILER) != TRAILER)
        return nj_error_errno(err, errno, "file '%s': cannot be read", path);
    struct packed_in *in = pf->alloc(pf->ctx, sizeof *in);
    struct archive *a = in ? archive_read_new() : NULL;
    int rc;
    if (!a) {
        rc = nj_error_set(err, NJ_ERR_NOMEM, "file '%s': out of memory", path);
        goto done;
    }
    *in = (struct packed_in){.pf = pf, .fd = fd};
    if (archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
        archive_read_support_format_raw(a) != ARCHIVE_OK ||
        archive_read_support_format_empty(a) != ARCHIVE_OK) {
        rc = nj_error_set(err, NJ_ERR_NOMEM, "file '%s': out of memory", path);
        goto done;
    }
    rc = archive_read_open(a, in, NULL, on_read, NULL) == ARCHIVE_OK;
    if (rc == 1) {
        int head = archive_read_next_header(a, &entry);
        rc = head == ARCHIVE_OK    ? compare_all(w, a, &crc, &length, err)
             : head == ARCHIVE_EOF ? w->was.st_size == 0
                                   : 0;
    }
    if (rc == 0 && in->number != 0)
        rc = nj_error_errno(err, in->number, "file '%s': cannot be read", path);
    if (rc == 1)
        rc = word_at(trailer) == crc && word_at(trailer + 4) == (uint32_t)length;
done:
    if (a)
        archive_read_free(a);
    pf->release(pf->ctx, in);
    return rc;
}

/* ---- names ----------------------------------------------------------------------------------- */

static int join(const struct work *w, const char *name, char *out, struct nj_error *err)
{
    return nj_path_join(out, NJ_PATH_MAX, w->dir, name, err);
}

/* Takes the path apart: folder, name of the compressed file, temporary name. */
static int take_names(struct work *w, struct nj_error *err)
{
    char name[NAME_SIZE];
    const char *slash = strrchr(w->path, '/'), *base = slash ? slash + 1 : w->path;
    size_t dir_len = slash ? (size_t)(slash - w->path) : 0;
    if (!nj_journal_name_parse(base, &w->name) || w->name.day == NJ_DAY_LIVE || w->name.gz)
        return nj_error_set(err, NJ_ERR_INPUT,
                            "journal '%s': expected a dated one, STEM.YYYYMMDD.ndjson", w->path);
    if (dir_len >= sizeof w->dir)
        return nj_error_set(err, NJ_ERR_LIMIT, "path '%s': too long", w->path);
    snprintf(w->dir, sizeof w->dir, "%.*s", slash ? (int)(dir_len ? dir_len : 1) : 1,
             slash ? w->path : ".");
    w->name.gz = true;
    snprintf(name, sizeof name, ".%s.gz.tmp", base);
    return join(w, name, w->temporary, err);
}

/* Is it the file that is live still, under its second name? */
static bool is_live(const struct work *w)
{
    char name[NAME_SIZE], path[NJ_PATH_MAX];
    struct nj_journal_file live = w->name;
    struct stat st;
    live.day = NJ_DAY_LIVE;
    live.part = 0;
    live.gz = false;
    return nj_journal_name_make(&live, name, sizeof name, NULL) == 0 &&
           join(w, name, path, NULL) == 0 && lstat(path, &st) == 0 && st.st_dev == w->was.st_dev &&
           st.st_ino == w->was.st_ino;
}

static int open_source(struct work *w, struct nj_error *err)
{
    w->source = w->pf->open(w->pf->ctx, w->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (w->source < 0)
        return nj_error_errno(err, errno, "journal '%s': cannot be opened", w->path);
    if (w->pf->fstat(w->pf->ctx, w->source, &w->was) != 0)
        return nj_error_errno(err, errno, "journal '%s'", w->path);
    if (!S_ISREG(w->was.st_mode))
        return nj_error_set(err, NJ_ERR_INPUT, "journal '%s': not a regular file", w->path);
    if (is_live(w))
        return nj_error_set(err, NJ_ERR_BUSY,
                            "journal '%s': its rotation has not come to its end, left for later",
                            w->path);
    return 0;
}

/* Opens and locks a temporary file, so that two do not write it and nobody removes it under the one
 * who does. *fd -1 with 0: there is none (create false). NJ_ERR_BUSY: another one has it. */
static int open_temporary(const struct nj_platform *pf, const char *path, bool create, int *fd,
                          struct nj_error *err)
{
    struct stat mine, there;
    for (int i = 0; i < 10; i++) {
        *fd = pf->open(pf->ctx, path, O_RDWR | O_NOFOLLOW | (create ? O_CREAT : 0), 0640);
        if (*fd < 0 && !create && (errno == ENOENT || errno == EISDIR || errno == ELOOP))
            return 0; /* gone, or no file of ours */
        if (*fd < 0)
            return nj_error_errno(err, errno, "file '%s': cannot be made", path);
        if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
            pf->close(pf->ctx, *fd);
            *fd = -1;
            return nj_error_set(err, NJ_ERR_BUSY, "file '%s': another process writes it", path);
        }
        if (pf->fstat(pf->ctx, *fd, &mine) == 0 && lstat(path, &there) == 0 &&
            mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
            return 0;
        pf->close(pf->ctx, *fd); /* removed between the two calls */
        *fd = -1;
    }
    return nj_error_set(err, NJ_ERR_BUSY, "file '%s': cannot be locked", path);
}

/* The next number that no file of the day has, plain or compressed. */
static int next_free(struct work *w, struct nj_error *err)
{
    struct nj_journal_files all;
    int rc = nj_journal_list(w->dir, w->name.stem, &all, err);
    w->name.part++; /* what is in the way may be no file at all */
    for (size_t i = 0; i < all.n && rc == 0; i++)
        if (all.files[i].day == w->name.day && all.files[i].part >= w->name.part)
            w->name.part = all.files[i].part + 1;
    if (rc == 0 && w->name.part == 0) /* behind UINT32_MAX */
        rc = nj_error_set(err, NJ_ERR_LIMIT, "journal '%s': no number is free", w->path);
    nj_journal_files_free(&all);
    return rc;
}

/* Finds the name of the compressed file. 1: there is one that holds the source already. */
static int choose_target(struct work *w, struct nj_error *err)
{
    const struct nj_platform *pf = w->pf;
    char name[NAME_SIZE];
    struct stat st;
    for (;;) {
        int rc = nj_journal_name_make(&w->name, name, sizeof name, err);
        if (rc == 0)
            rc = join(w, name, w->target, err);
        if (rc != 0)
            return rc;
        if (lstat(w->target, &st) != 0 && errno == ENOENT)
            return 0;
        int fd = pf->open(pf->ctx, w->target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
        if (fd < 0 && errno == ENOENT)
            return 0;
        if (fd < 0)
            return nj_error_errno(err, errno, "file '%s': cannot be opened", w->target);
        rc = holds_source(w, fd, w->target, err);
        if (rc == 1 && pf->fsync(pf->ctx, fd) != 0) /* its maker may have died before */
            rc = nj_error_errno(err, errno, "file '%s': cannot be synced", w->target);
        pf->close(pf->ctx, fd);
        if (rc == 0)
            rc = next_free(w, err);
        else
            return rc;
        if (rc != 0)
            return rc;
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Packs, reads back and gives the file its name. */
static int make_packed(struct work *w, struct nj_error *err)
{
    const struct nj_platform *pf = w->pf;
    struct stat now;
    bool moved = false;
    int rc = 0;
    if (pf->ftruncate(pf->ctx, w->packed, 0) != 0)
        return nj_error_errno(err, errno, "file '%s': cannot be cut", w->temporary);
    rc = pack(w, err);
    if (rc != 0)
        return rc;
    rc = holds_source(w, w->packed, w->temporary, err);
    if (rc == 0)
        return nj_error_set(err, NJ_ERR_IO,
                            "file '%s': what was written does not read back, check the disk",
                            w->temporary);
    if (rc < 0)
        return rc;
    if (pf->fstat(pf->ctx, w->source, &now) != 0)
        return nj_error_errno(err, errno, "journal '%s'", w->path);
    if (now.st_size != w->was.st_size || now.st_mtim.tv_sec != w->was.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != w->was.st_mtim.tv_nsec)
        return nj_error_set(err, NJ_ERR_BUSY, "journal '%s': is being written, left for later",
                            w->path);
    /* as gzip does: who may read it and how old it is do not change */
    const struct timespec times[2] = {w->was.st_atim, w->was.st_mtim};
    (void)!fchmod(w->packed, w->was.st_mode & 07777);
    (void)!futimens(w->packed, times);
    while ((rc = nj_link_new(pf, w->temporary, w->target, &moved, err)) == NJ_ERR_EXISTS) {
        rc = choose_target(w, err);
        if (rc != 0)
            return rc < 0 ? rc : 0; /* another one was faster and made the same */
    }
    if (rc == 0 && moved)
        w->temporary[0] = '\0';
    return rc;
}

static int compress(struct work *w, struct nj_error *err)
{
    const struct nj_platform *pf = w->pf;
    int rc = take_names(w, err);
    if (rc == 0)
        rc = open_source(w, err);
    if (rc != 0)
        return rc;
    rc = open_temporary(pf, w->temporary, true, &w->packed, err);
    if (rc != 0) {
        w->temporary[0] = '\0'; /* not ours */
        return rc;
    }
    rc = choose_target(w, err);
    if (rc == 0)
        rc = make_packed(w, err);
    if (rc < 0)
        return rc;
    /* from here on the compressed file stands; only then does the source go */
    if (w->temporary[0]) {
        pf->unlink(pf->ctx, w->temporary);
        w->temporary[0] = '\0';
    }
    if (pf->fsync_dir(pf->ctx, w->dir) != 0)
        return nj_error_errno(err, errno, "folder '%s': cannot be synced", w->dir);
    if (pf->unlink(pf->ctx, w->path) != 0)
        return nj_error_errno(err, errno, "journal '%s': is compressed, cannot be removed",
                              w->path);
    if (pf->fsync_dir(pf->ctx, w->dir) != 0)
        return nj_error_errno(err, errno, "folder '%s': cannot be synced", w->dir);
    return 0;
}

int nj_compress_file_until(const struct nj_platform *pf, const char *path, const atomic_bool *stop,
                           char *out, struct nj_error *err)
{
    struct work *w = pf->alloc(pf->ctx, sizeof *w);
    char *blocks = w ? pf->alloc(pf->ctx, (size_t)2 * BLOCK) : NULL;
    if (!blocks) {
        pf->release(pf->ctx, w);
        return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", path);
    }
    memset(w, 0, sizeof *w);
    w->pf = pf;
    w->path = path;
    w->stop = stop;
    w->source = w->packed = -1;
    w->block = blocks;
    w->other = blocks + BLOCK;
    nj_crc32_init(&w->crc);
    int rc = compress(w, err);
    if (w->packed >= 0 && w->temporary[0])
        pf->unlink(pf->ctx, w->temporary);
    if (w->packed >= 0)
        pf->close(pf->ctx, w->packed);
    if (w->source >= 0)
        pf->close(pf->ctx, w->source);
    if (rc == 0 && out)
        snprintf(out, NJ_PATH_MAX, "%s", w->target);
    pf->release(pf->ctx, blocks);
    pf->release(pf->ctx, w);
    return rc;
}

int nj_compress_file(const struct nj_platform *pf, const char *path, char *out,
                     struct nj_error *err)
{
    return nj_compress_file_until(pf, path, NULL, out, err);
}

int nj_compress_tidy(const struct nj_platform *pf, const char *dir, const char *name,
                     struct nj_error *err)
{
    static const char end[] = ".gz.tmp";
    char dated[NAME_SIZE], path[NJ_PATH_MAX];
    struct nj_journal_file file;
    size_t len = strlen(name);
    int fd, rc;
    if (name[0] != '.' || len < sizeof end || len - sizeof end >= sizeof dated ||
        strcmp(name + len - (sizeof end - 1), end) != 0)
        return 0;
    snprintf(dated, sizeof dated, "%.*s", (int)(len - sizeof end), name + 1);
    if (!nj_journal_name_parse(dated, &file) || file.day == NJ_DAY_LIVE || file.gz)
        return 0;
    rc = nj_path_join(path, sizeof path, dir, name, err);
    if (rc == 0)
        rc = open_temporary(pf, path, false, &fd, err);
    if (rc == NJ_ERR_BUSY)
        return 0;
    if (rc != 0 || fd < 0)
        return rc;
    if (pf->unlink(pf->ctx, path) != 0)
        rc = nj_error_errno(err, errno, "file '%s': cannot be removed", path);
    pf->close(pf->ctx, fd);
    return rc;
}

int nj_compress_tidy_folder(const struct nj_platform *pf, const char *dir, struct nj_error *err)
{
    int rc = 0;
    DIR *folder = opendir(dir);
    if (!folder)
        return nj_error_errno(err, errno, "journal folder '%s'", dir);
    for (const struct dirent *e; (e = readdir(folder));) { /* NOLINT(concurrency-mt-unsafe) */
        struct nj_error why = {0};
        int one = nj_compress_tidy(pf, dir, e->d_name, &why);
        if (one != 0 && rc == 0)
            rc = nj_error_set(err, one, "%s", why.text);
    }
    closedir(folder);
    return rc;
}
