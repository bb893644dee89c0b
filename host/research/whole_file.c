#include "research/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define MODE 0640

/* The way to an open file that has no name. */
static const char *way_to(int fd, char out[40])
{
    snprintf(out, 40, "/proc/self/fd/%d", fd);
    return out;
}

/* What writers left that were ended: nobody holds the lock of "BASE.DIGITS.new". */
static void remove_left(const struct nj_whole_file *f)
{
    const char *base = strrchr(f->output, '/');
    base = base ? base + 1 : f->output;
    size_t len = strlen(base);
    DIR *dir = opendir(f->dir);
    for (const struct dirent *e; dir && (e = readdir(dir));) {
        const char *rest = e->d_name + len;
        struct stat st;
        if (strncmp(e->d_name, base, len) != 0 || rest[0] != '.' ||
            strspn(rest + 1, "0123456789") == 0 ||
            strcmp(rest + 1 + strspn(rest + 1, "0123456789"), ".new") != 0)
            continue;
        int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
            continue;
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlinkat(dirfd(dir), e->d_name, 0);
        close(fd);
    }
    if (dir)
        closedir(dir);
}

/* Without a name, if that is possible and it can get one. */
static bool open_nameless(struct nj_whole_file *f)
{
    char way[40];
    const struct nj_platform *pf = f->platform;
    int fd = pf->open(pf->ctx, f->dir, O_TMPFILE | O_WRONLY, MODE);
    if (fd >= 0 && access(way_to(fd, way), F_OK) != 0) {
        pf->close(pf->ctx, fd);
        fd = -1;
    }
    if (fd < 0)
        return false;
    *f->sink = (struct nj_sink){.platform = pf, .fd = fd};
    snprintf(f->sink->path, sizeof f->sink->path, "%s", f->output);
    return true;
}

int nj_whole_file_open(struct nj_whole_file *f, struct nj_sink *sink,
                       const struct nj_platform *platform, const char *output, bool force,
                       struct nj_error *err)
{
    struct stat st;
    *f = (struct nj_whole_file){.platform = platform, .sink = sink, .force = force};
    *sink = (struct nj_sink){.platform = platform, .fd = -1};
    int n = snprintf(f->temporary, sizeof f->temporary, "%s.%ld.new", output, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof f->temporary)
        return nj_error_set(err, NJ_ERR_LIMIT, "path '%s': too long", output);
    snprintf(f->output, sizeof f->output, "%s", output);
    snprintf(f->dir, sizeof f->dir, "%s", output);
    char *slash = strrchr(f->dir, '/');
    if (slash)
        slash[slash == f->dir] = '\0';
    else
        snprintf(f->dir, sizeof f->dir, ".");
    if (stat(output, &st) == 0 && !S_ISREG(st.st_mode))
        return nj_error_set(err, NJ_ERR_INPUT, "'%s': no regular file; - is standard output",
                            output);
    if (!force && access(output, F_OK) == 0)
        return nj_error_set(err, NJ_ERR_EXISTS, "file '%s': is there already; --force replaces it",
                            output);
    remove_left(f);
    f->named = !open_nameless(f);
    int rc = f->named ? nj_sink_open(sink, platform, f->temporary, O_TRUNC, MODE, err) : 0;
    if (rc == 0)
        flock(sink->fd, LOCK_EX | LOCK_NB); /* a file system without locks: its leavings stay */
    return rc;
}

static bool give_name(const struct nj_whole_file *f, const char *to)
{
    char way[40];
    return (f->named
                ? f->platform->link(f->platform->ctx, f->temporary, to)
                : linkat(AT_FDCWD, way_to(f->sink->fd, way), AT_FDCWD, to, AT_SYMLINK_FOLLOW)) == 0;
}

static int put_in_place(const struct nj_whole_file *f, struct nj_error *err)
{
    const struct nj_platform *pf = f->platform;
    bool done = false;
    if (!f->force) { /* a link never replaces a file that was made meanwhile */
        done = give_name(f, f->output);
        if (!done && errno == EEXIST)
            return nj_error_set(err, NJ_ERR_EXISTS,
                                "file '%s': is there already; --force replaces it", f->output);
        if (done && f->named)
            pf->unlink(pf->ctx, f->temporary);
    }
    if (!done && !f->named && !give_name(f, f->temporary))
        return nj_error_errno(err, errno, "file '%s': cannot be given its name", f->output);
    if (!done && pf->rename(pf->ctx, f->temporary, f->output) != 0)
        return nj_error_errno(err, errno, "file '%s': cannot be renamed to '%s'", f->temporary,
                              f->output);
    if (pf->fsync_dir(pf->ctx, f->dir) != 0)
        return nj_error_errno(err, errno, "folder '%s': cannot be synced", f->dir);
    return 0;
}

int nj_whole_file_close(struct nj_whole_file *f, int rc, struct nj_error *err)
{
    int written = nj_sink_flush(f->sink, true, rc == 0 || f->sink->failed.code ? err : NULL);
    rc = rc ? rc : written;
    if (rc == 0)
        rc = put_in_place(f, err);
    int closed = nj_sink_close(f->sink, false, rc == 0 ? err : NULL);
    if (rc != 0)
        f->platform->unlink(f->platform->ctx, f->temporary);
    return rc ? rc : closed;
}
