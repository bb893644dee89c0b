#include "base/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t sys_realtime_ns(void *ctx)
{
    (void)ctx;
    return clock_ns(CLOCK_REALTIME);
}

static int64_t sys_monotonic_ns(void *ctx)
{
    (void)ctx;
    return clock_ns(CLOCK_MONOTONIC);
}

static int sys_random_bytes(void *ctx, void *out, size_t len)
{
    (void)ctx;
    for (size_t have = 0; have < len;) {
        ssize_t n = getrandom((char *)out + have, len - have, 0);
        if (n < 0 && errno != EINTR)
            return -1;
        have += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int sys_open(void *ctx, const char *path, int flags, mode_t mode)
{
    (void)ctx;
    return open(path, flags | O_CLOEXEC, mode);
}

static ssize_t sys_write(void *ctx, int fd, const void *data, size_t len)
{
    (void)ctx;
    return write(fd, data, len);
}

static ssize_t sys_writev(void *ctx, int fd, const struct iovec *iov, int n)
{
    (void)ctx;
    return writev(fd, iov, n);
}

static ssize_t sys_pread(void *ctx, int fd, void *data, size_t len, off_t at)
{
    (void)ctx;
    return pread(fd, data, len, at);
}

static int sys_fsync(void *ctx, int fd)
{
    (void)ctx;
    return fdatasync(fd);
}

static int sys_ftruncate(void *ctx, int fd, off_t len)
{
    (void)ctx;
    return ftruncate(fd, len);
}

static int sys_fstat(void *ctx, int fd, struct stat *out)
{
    (void)ctx;
    return fstat(fd, out);
}

static int sys_close(void *ctx, int fd)
{
    (void)ctx;
    return close(fd);
}

static int sys_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return rename(from, to);
}

static int sys_rename_new(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

static int sys_link(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return link(from, to);
}

static int sys_unlink(void *ctx, const char *path)
{
    (void)ctx;
    return unlink(path);
}

static int sys_fsync_dir(void *ctx, const char *path)
{
    (void)ctx;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd), number = errno;
    close(fd);
    errno = number;
    return rc;
}

static void *sys_alloc(void *ctx, size_t len)
{
    (void)ctx;
    return malloc(len);
}

static void sys_release(void *ctx, void *data)
{
    (void)ctx;
    free(data);
}

const struct nj_platform *nj_platform_system(void)
{
    static const struct nj_platform system_platform = {
        NULL,       sys_realtime_ns, sys_monotonic_ns, sys_random_bytes, sys_open,
        sys_write,  sys_writev,      sys_pread,        sys_fsync,        sys_ftruncate,
        sys_fstat,  sys_close,       sys_rename,       sys_rename_new,   sys_link,
        sys_unlink, sys_fsync_dir,   sys_alloc,        sys_release};
    return &system_platform;
}
