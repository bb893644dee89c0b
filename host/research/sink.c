#include "research/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES 262144u

int nj_sink_open(struct nj_sink *sink, const struct nj_platform *platform, const char *path,
                 int flags, mode_t mode, struct nj_error *err)
{
    *sink = (struct nj_sink){.platform = platform, .fd = -1};
    if (strcmp(path, "-") == 0) {
        snprintf(sink->path, sizeof sink->path, "standard output");
        sink->fd = STDOUT_FILENO;
        return 0;
    }
    int rc = nj_path_join(sink->path, sizeof sink->path, "", path, err);
    if (rc != 0)
        return rc;
    sink->fd = platform->open(platform->ctx, sink->path, O_WRONLY | O_CREAT | flags, mode);
    if (sink->fd < 0)
        return nj_error_errno(err, errno, "file '%s': cannot be made", sink->path);
    return 0;
}

static void write_waiting(struct nj_sink *sink)
{
    const char *data = sink->buf.data;
    size_t len = sink->buf.len;
    if (sink->buf.failed && sink->failed.code == 0)
        nj_error_set(&sink->failed, NJ_ERR_NOMEM, "file '%s': out of memory", sink->path);
    while (len > 0 && sink->failed.code == 0) {
        ssize_t n = sink->platform->write(sink->platform->ctx, sink->fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            nj_error_errno(&sink->failed, n == 0 ? ENOSPC : errno, "file '%s': cannot be written",
                           sink->path);
            break;
        }
        data += n;
        len -= (size_t)n;
    }
    sink->bytes += sink->buf.len;
    nj_buf_clear(&sink->buf);
}

void nj_sink_step(struct nj_sink *sink)
{
    if (sink->buf.len >= BLOCK_BYTES || sink->buf.failed)
        write_waiting(sink);
}

void nj_sink_add(struct nj_sink *sink, const void *data, size_t len)
{
    nj_buf_add(&sink->buf, data, len);
    nj_sink_step(sink);
}

static bool is_file(const struct nj_sink *sink)
{
    return sink->fd >= 0 && sink->fd != STDOUT_FILENO;
}

int nj_sink_flush(struct nj_sink *sink, bool sync, struct nj_error *err)
{
    const struct nj_platform *pf = sink->platform;
    if (sink->fd >= 0)
        write_waiting(sink);
    if (is_file(sink) && sync && sink->failed.code == 0 && pf->fsync(pf->ctx, sink->fd) != 0)
        nj_error_errno(&sink->failed, errno, "file '%s': cannot be synced", sink->path);
    if (sink->failed.code != 0 && err)
        *err = sink->failed;
    return sink->failed.code;
}

int nj_sink_close(struct nj_sink *sink, bool sync, struct nj_error *err)
{
    const struct nj_platform *pf = sink->platform;
    nj_sink_flush(sink, sync, NULL);
    if (is_file(sink) && pf->close(pf->ctx, sink->fd) != 0 && sink->failed.code == 0)
        nj_error_errno(&sink->failed, errno, "file '%s': cannot be written", sink->path);
    sink->fd = -1;
    nj_buf_free(&sink->buf);
    if (sink->failed.code != 0 && err)
        *err = sink->failed;
    return sink->failed.code;
}
