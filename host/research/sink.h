/* sink.h - a file while it is being written: buffered, each error named with its path.
 *
 * Owned by whoever opened it. Bytes go to the kernel in blocks; after the first failure the rest is
 * dropped and nj_sink_close() returns that failure, so that many writes are checked once. With
 * standard output ("-") nothing is closed or synced. */
#ifndef NJ_RESEARCH_SINK_H
#define NJ_RESEARCH_SINK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_sink {
    const struct nj_platform *platform;
    char path[NJ_PATH_MAX];
    int fd;
    struct nj_buf buf;
    uint64_t bytes; /* given so far */
    struct nj_error failed;
};

/* flags: as open(2) besides O_WRONLY | O_CREAT: O_TRUNC, O_EXCL, O_APPEND. path "-": standard
 * output. */
int nj_sink_open(struct nj_sink *sink, const struct nj_platform *platform, const char *path,
                 int flags, mode_t mode, struct nj_error *err);
void nj_sink_add(struct nj_sink *sink, const void *data, size_t len);
/* Appends to sink->buf by yourself, then calls this: writes when enough waits. */
void nj_sink_step(struct nj_sink *sink);
/* Writes what waits, syncs where asked. The first failure so far. */
int nj_sink_flush(struct nj_sink *sink, bool sync, struct nj_error *err);
/* Writes the rest, syncs where asked, closes. The first failure of all. */
int nj_sink_close(struct nj_sink *sink, bool sync, struct nj_error *err);

#endif
