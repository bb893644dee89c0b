#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASK_BYTES       (8u << 20)
#define INTERRUPTED_MAX 1000 /* in a row, of one read or write */

int nj_path_join(char *out, size_t cap, const char *dir, const char *name, struct nj_error *err)
{
    int len = name[0] == '/' || dir[0] == '\0' ? snprintf(out, cap, "%s", name)
                                               : snprintf(out, cap, "%s/%s", dir, name);
    if (len < 0 || (size_t)len >= cap)
        return nj_error_set(err, NJ_ERR_LIMIT, "path '%s/%s': longer than %zu bytes", dir, name,
                            cap - 1);
    return 0;
}

int nj_mkdirs(const char *path, mode_t mode, struct nj_error *err)
{
    char part[NJ_PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part)
        return nj_error_set(err, NJ_ERR_LIMIT, "folder '%s': expected a path of 1 to %zu bytes",
                            path, sizeof part - 1);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        char kept = part[i];
        part[i] = '\0';
        if (mkdir(part, mode) != 0 && errno != EEXIST)
            return nj_error_errno(err, errno, "folder '%s': cannot be made", part);
        part[i] = kept;
    }
    struct stat st;
    if (stat(path, &st) != 0)
        return nj_error_errno(err, errno, "folder '%s'", path);
    if (!S_ISDIR(st.st_mode))
        return nj_error_set(err, NJ_ERR_EXISTS, "'%s' is a file, expected a folder", path);
    return 0;
}

int nj_mkdirs_for(const char *path, mode_t mode, struct nj_error *err)
{
    char dir[NJ_PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    if ((size_t)(slash - path) >= sizeof dir)
        return nj_error_set(err, NJ_ERR_LIMIT, "path '%s': longer than %zu bytes", path,
                            sizeof dir - 1);
    memcpy(dir, path, (size_t)(slash - path));
    dir[slash - path] = '\0';
    return nj_mkdirs(dir, mode, err);
}

int nj_read_file(const char *path, size_t max, struct nj_buf *out, struct nj_error *err)
{
    struct stat st;
    int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return nj_error_errno(err, errno, "file '%s'", path);
    if (fstat(fd, &st) != 0) {
        rc = nj_error_errno(err, errno, "file '%s'", path);
        goto done;
    }
    if (!S_ISREG(st.st_mode)) {
        rc = nj_error_set(err, NJ_ERR_INPUT, "'%s' is not a regular file", path);
        goto done;
    }
    for (;;) {
        if (!nj_buf_reserve(out, 65536)) {
            rc = nj_error_set(err, NJ_ERR_NOMEM, "file '%s': out of memory", path);
            goto done;
        }
        ssize_t n = read(fd, out->data + out->len, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = nj_error_errno(err, errno, "file '%s': cannot be read", path);
            goto done;
        }
        if (n == 0)
            break;
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        if (out->len > max) {
            rc = nj_error_set(err, NJ_ERR_LIMIT, "file '%s': larger than %zu bytes", path, max);
            goto done;
        }
    }
done:
    close(fd);
    return rc;
}

ssize_t nj_read_at(const struct nj_platform *pf, int fd, void *out, size_t len, off_t at)
{
    size_t have = 0;
    for (int interrupted = 0; have < len;) {
        ssize_t n = pf->pread(pf->ctx, fd, (char *)out + have, len - have, at + (off_t)have);
        if (n < 0 && errno == EINTR && ++interrupted < INTERRUPTED_MAX)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        interrupted = 0;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

/* Signals may interrupt a write, but not for ever: who sends so many wants something else. */
static int write_all(const struct nj_platform *pf, int fd, const char *data, size_t len)
{
    for (int interrupted = 0; len > 0;) {
        ssize_t n = pf->write(pf->ctx, fd, data, len);
        if (n < 0 && errno == EINTR && ++interrupted < INTERRUPTED_MAX)
            continue;
        if (n < 0)
            return -1;
        interrupted = 0;
        if (n == 0) {
            errno = ENOSPC;
            return -1;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

int nj_replaceable(const char *path, struct nj_error *err)
{
    struct stat found;
    if (*path == '\0')
        return nj_error_set(err, NJ_ERR_CONFIG, "file '': expected a name");
    if (stat(path, &found) != 0 || S_ISREG(found.st_mode))
        return 0;
    return nj_error_set(err, NJ_ERR_IO, "file '%s': cannot be replaced: it is %s", path,
                        S_ISDIR(found.st_mode) ? "a folder" : "a device, a pipe or a socket");
}

void nj_replace_drop(struct nj_replacing *file)
{
    if (file->fd < 0)
        return;
    file->pf->close(file->pf->ctx, file->fd);
    file->pf->unlink(file->pf->ctx, file->temporary);
    file->fd = -1;
}

static int replace_failed(struct nj_replacing *file, struct nj_error *err)
{
    int rc = nj_error_errno(err, errno, "file '%s': cannot be replaced", file->path);
    nj_replace_drop(file);
    return rc;
}

int nj_replace_begin(struct nj_replacing *file, const struct nj_platform *pf, const char *path,
                     mode_t mode, struct nj_error *err)
{
    *file = (struct nj_replacing){.pf = pf, .fd = -1};
    int rc = nj_replaceable(path, err);
    if (rc != 0)
        return rc;
    int n = snprintf(file->temporary, sizeof file->temporary, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof file->temporary)
        return nj_error_set(err, NJ_ERR_LIMIT, "path '%s': too long", path);
    snprintf(file->path, sizeof file->path, "%s", path);
    file->fd = pf->open(pf->ctx, file->temporary, O_WRONLY | O_CREAT | O_TRUNC, mode);
    return file->fd < 0 ? replace_failed(file, err) : 0;
}

int nj_replace_add(struct nj_replacing *file, const void *data, size_t len, struct nj_error *err)
{
    if (write_all(file->pf, file->fd, data, len) != 0)
        return replace_failed(file, err);
    file->len += len;
    if (file->len - file->asked >= ASK_BYTES) { /* so that the sync at the end has little to do */
        sync_file_range(file->fd, (off_t)file->asked, (off_t)(file->len - file->asked),
                        SYNC_FILE_RANGE_WRITE);
        file->asked = file->len;
    }
    return 0;
}

int nj_replace_end(struct nj_replacing *file, struct nj_error *err)
{
    const struct nj_platform *pf = file->pf;
    char dir[NJ_PATH_MAX];
    snprintf(dir, sizeof dir, "%s", file->path);
    char *slash = strrchr(dir, '/');
    if (!slash)
        snprintf(dir, sizeof dir, ".");
    else
        slash[slash == dir] = '\0';

    /* prepare */
    if (pf->fsync(pf->ctx, file->fd) != 0)
        return replace_failed(file, err);
    int fd = file->fd, closed = pf->close(pf->ctx, fd);
    file->fd = -1;
    /* commit */
    if (closed != 0 || pf->rename(pf->ctx, file->temporary, file->path) != 0) { /* roll back */
        int rc = nj_error_errno(err, errno, "file '%s': cannot be replaced", file->path);
        pf->unlink(pf->ctx, file->temporary);
        return rc;
    }
    if (pf->fsync_dir(pf->ctx, dir) != 0)
        return nj_error_errno(err, errno, "folder '%s': cannot be synced", dir);
    return 0;
}

int nj_replace_file(const struct nj_platform *pf, const char *path, const void *data, size_t len,
                    mode_t mode, struct nj_error *err)
{
    struct nj_replacing file;
    int rc = nj_replace_begin(&file, pf, path, mode, err);
    if (rc == 0)
        rc = nj_replace_add(&file, data, len, err);
    return rc == 0 ? nj_replace_end(&file, err) : rc;
}

static bool unsupported(int number)
{
    return number == EPERM || number == EOPNOTSUPP || number == ENOSYS || number == EINVAL ||
           number == EMLINK;
}

int nj_link_new(const struct nj_platform *pf, const char *from, const char *to, bool *moved,
                struct nj_error *err)
{
    *moved = false;
    if (pf->link(pf->ctx, from, to) == 0)
        return 0;
    if (unsupported(errno)) {
        if (pf->rename_new(pf->ctx, from, to) == 0) {
            *moved = true;
            return 0;
        }
        if (unsupported(errno)) { /* the name is taken by a file of ours, which is then replaced */
            int fd = pf->open(pf->ctx, to, O_WRONLY | O_CREAT | O_EXCL, 0640);
            if (fd >= 0) {
                pf->close(pf->ctx, fd);
                if (pf->rename(pf->ctx, from, to) == 0) {
                    *moved = true;
                    return 0;
                }
                int number = errno;
                pf->unlink(pf->ctx, to);
                errno = number;
            }
        }
    }
    if (errno == EEXIST)
        return nj_error_set(err, NJ_ERR_EXISTS, "file '%s': is there already", to);
    return nj_error_errno(err, errno, "file '%s': cannot be named '%s'", from, to);
}

int nj_lock_file(const char *path, struct nj_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return nj_error_errno(err, errno, "lock file '%s'", path);
    char text[32];
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = pread(fd, text, sizeof text - 1, 0);
        text[n > 0 ? n : 0] = '\0';
        text[strcspn(text, "\n")] = '\0';
        close(fd);
        return nj_error_set(err, NJ_ERR_BUSY,
                            "'%s': held by another host (pid %s); stop it or choose another folder",
                            path, text[0] ? text : "unknown");
    }
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len) {
        int rc =
            nj_error_errno(err, errno ? errno : ENOSPC, "lock file '%s': cannot be written", path);
        close(fd);
        return rc;
    }
    return fd;
}
