#include "faulty_platform.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const struct nj_platform *real(void)
{
    return nj_platform_system();
}

/* Counts a call; returns the fault that is to happen, or NULL. */
static const struct faulty_arm *fault(struct faulty_platform *f, enum faulty_op op)
{
    uint64_t call = ++f->calls[op];
    for (size_t i = 0; i < 2; i++) {
        const struct faulty_arm *arm = &f->arms[i];
        if (arm->op == op && arm->at > 0 && (arm->forever ? call >= arm->at : call == arm->at)) {
            *(i == 0 ? &f->failed : &f->failed_also) += 1;
            if (arm->kind == FAULTY_DEATH)
                raise(SIGKILL);
            return arm;
        }
    }
    return NULL;
}

static int fail_with(const struct faulty_arm *arm)
{
    static const int numbers[FAULTY_KINDS] = {EIO, ENOSPC, EINTR, EIO, EOPNOTSUPP};
    errno = arm->kind < FAULTY_KINDS ? numbers[arm->kind] : EIO;
    return -1;
}

static int64_t f_realtime_ns(void *ctx)
{
    struct faulty_platform *f = ctx;
    return f->clock_ns ? f->clock_ns : real()->realtime_ns(NULL);
}

static int64_t f_monotonic_ns(void *ctx)
{
    struct faulty_platform *f = ctx;
    return f->clock_ns ? f->clock_ns : real()->monotonic_ns(NULL);
}

static int f_random_bytes(void *ctx, void *out, size_t len)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_RANDOM);
    return arm ? fail_with(arm) : real()->random_bytes(NULL, out, len);
}

static int f_open(void *ctx, const char *path, int flags, mode_t mode)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_OPEN);
    if (arm)
        return fail_with(arm);
    int fd = real()->open(NULL, path, flags, mode);
    f->open_fds += fd >= 0;
    return fd;
}

static ssize_t f_write(void *ctx, int fd, const void *data, size_t len)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_WRITE);
    if (!arm)
        return real()->write(NULL, fd, data, len);
    return arm->kind == FAULTY_SHORT ? real()->write(NULL, fd, data, len / 2) : fail_with(arm);
}

static ssize_t f_writev(void *ctx, int fd, const struct iovec *iov, int n)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_WRITE);
    if (!arm)
        return real()->writev(NULL, fd, iov, n);
    return arm->kind == FAULTY_SHORT && n > 0
               ? real()->write(NULL, fd, iov[0].iov_base, iov[0].iov_len / 2)
               : fail_with(arm);
}

static ssize_t f_pread(void *ctx, int fd, void *data, size_t len, off_t at)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_PREAD);
    if (!arm)
        return real()->pread(NULL, fd, data, len, at);
    return arm->kind == FAULTY_SHORT ? real()->pread(NULL, fd, data, (len + 1) / 2, at)
                                     : fail_with(arm);
}

static int f_fsync(void *ctx, int fd)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_FSYNC);
    return arm ? fail_with(arm) : real()->fsync(NULL, fd);
}

static int f_ftruncate(void *ctx, int fd, off_t len)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_FTRUNCATE);
    return arm ? fail_with(arm) : real()->ftruncate(NULL, fd, len);
}

static int f_fstat(void *ctx, int fd, struct stat *out)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_FSTAT);
    return arm ? fail_with(arm) : real()->fstat(NULL, fd, out);
}

static int f_close(void *ctx, int fd)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_CLOSE);
    f->open_fds--;
    int rc = real()->close(NULL, fd); /* a close that reports an error has closed all the same */
    return arm ? fail_with(arm) : rc;
}

static int f_rename(void *ctx, const char *from, const char *to)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_RENAME);
    return arm ? fail_with(arm) : real()->rename(NULL, from, to);
}

static int f_rename_new(void *ctx, const char *from, const char *to)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_RENAME_NEW);
    return arm ? fail_with(arm) : real()->rename_new(NULL, from, to);
}

static int f_link(void *ctx, const char *from, const char *to)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_LINK);
    return arm ? fail_with(arm) : real()->link(NULL, from, to);
}

static int f_unlink(void *ctx, const char *path)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_UNLINK);
    return arm ? fail_with(arm) : real()->unlink(NULL, path);
}

static int f_fsync_dir(void *ctx, const char *path)
{
    struct faulty_platform *f = ctx;
    const struct faulty_arm *arm = fault(f, FAULTY_FSYNC_DIR);
    return arm ? fail_with(arm) : real()->fsync_dir(NULL, path);
}

static void *f_alloc(void *ctx, size_t len)
{
    struct faulty_platform *f = ctx;
    if (fault(f, FAULTY_ALLOC)) {
        errno = ENOMEM;
        return NULL;
    }
    void *data = real()->alloc(NULL, len);
    f->allocated += data != NULL;
    return data;
}

static void f_release(void *ctx, void *data)
{
    struct faulty_platform *f = ctx;
    f->allocated -= data != NULL;
    real()->release(NULL, data);
}

void faulty_init(struct faulty_platform *f)
{
    *f = (struct faulty_platform){
        .platform = {f, f_realtime_ns, f_monotonic_ns, f_random_bytes, f_open, f_write, f_writev,
                     f_pread, f_fsync, f_ftruncate, f_fstat, f_close, f_rename, f_rename_new,
                     f_link, f_unlink, f_fsync_dir, f_alloc, f_release}};
}

void faulty_arm(struct faulty_platform *f, enum faulty_op op, enum faulty_kind kind, uint64_t n,
                bool forever)
{
    memset(f->calls, 0, sizeof f->calls);
    f->failed = f->failed_also = 0;
    f->arms[0] = (struct faulty_arm){op, kind, n, forever};
    f->arms[1] = (struct faulty_arm){0};
}

void faulty_also(struct faulty_platform *f, enum faulty_op op, enum faulty_kind kind, uint64_t n,
                 bool forever)
{
    f->arms[1] = (struct faulty_arm){op, kind, f->calls[op] + n, forever};
}

void faulty_heal(struct faulty_platform *f)
{
    f->arms[0].at = f->arms[1].at = 0;
}

const char *faulty_op_name(enum faulty_op op)
{
    static const char *const names[FAULTY_OPS] = {
        "open",   "write",      "pread", "fsync",  "ftruncate", "fstat", "close",
        "rename", "rename_new", "link",  "unlink", "fsync_dir", "alloc", "random"};
    return names[op];
}

const char *faulty_kind_name(enum faulty_kind kind)
{
    static const char *const names[FAULTY_KINDS] = {"EIO", "ENOSPC", "EINTR", "short count",
                                                    "EOPNOTSUPP"};
    return kind < FAULTY_KINDS ? names[kind] : "death";
}
