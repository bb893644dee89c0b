/* platform.h - the platform seam: clock, random bytes and files behind one small table.
 *
 * Everything in host/ that asks the system for time, randomness or a file that must not be lost
 * goes through a `const struct nj_platform *` that main hands down, so that a test can fail the
 * n-th call and a simulation can run a year in a minute. nj_platform_system() is the real one. The
 * calls behave as the system calls they are named after: they return -1 and set errno. */
#ifndef NJ_BASE_PLATFORM_H
#define NJ_BASE_PLATFORM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

struct nj_platform {
    void *ctx;
    int64_t (*realtime_ns)(void *ctx);  /* ns since the Unix epoch, UTC */
    int64_t (*monotonic_ns)(void *ctx); /* never goes back; its zero means nothing */
    int (*random_bytes)(void *ctx, void *out, size_t len);
    int (*open)(void *ctx, const char *path, int flags,
                mode_t mode); /* O_CLOEXEC is always added */
    ssize_t (*write)(void *ctx, int fd, const void *data, size_t len);
    ssize_t (*writev)(void *ctx, int fd, const struct iovec *iov, int n);
    ssize_t (*pread)(void *ctx, int fd, void *data, size_t len, off_t at);
    int (*fsync)(void *ctx, int fd); /* data and size: fdatasync */
    int (*ftruncate)(void *ctx, int fd, off_t len);
    int (*fstat)(void *ctx, int fd, struct stat *out);
    int (*close)(void *ctx, int fd);
    int (*rename)(void *ctx, const char *from, const char *to);
    int (*rename_new)(void *ctx, const char *from, const char *to); /* EEXIST, not over another;
                                                                       EINVAL: cannot promise it */
    int (*link)(void *ctx, const char *from, const char *to);
    int (*unlink)(void *ctx, const char *path);
    int (*fsync_dir)(void *ctx, const char *path); /* so that names made or changed in it last */
    void *(*alloc)(void *ctx,
                   size_t len); /* memory taken in journal, configuration, loader and codec paths */
    void (*release)(void *ctx, void *data);
};

/* The machine itself. */
const struct nj_platform *nj_platform_system(void);

#endif
