/* The repair of a journal's tail: what a crash, a power loss or a full disk left behind. */
#include "journal/journal_file.h"

#include "journal/json_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define MIB       ((off_t)1024 * 1024)
#define TAIL_MAX  MIB            /* furthest that a repair cuts back */
#define LINE_MAX_ MIB            /* longest line */
#define SMALL     ((off_t)65536) /* what is looked at first */

/* Where the last good line of text[0..len) ends, or -1: there is none. `whole`: text is the file
 * from its first byte; else text may begin inside a line, which then does not count. */
static off_t end_of_last_line(const char *text, size_t len, bool whole)
{
    for (size_t end = len; end > 0;) {
        const char *newline = memrchr(text, '\n', end);
        if (!newline)
            break;
        size_t stop = (size_t)(newline - text);
        const char *before = stop > 0 ? memrchr(text, '\n', stop) : NULL;
        if (!before && !whole)
            break;
        size_t start = before ? (size_t)(before - text) + 1 : 0;
        if (nj_json_is_object(text + start, stop - start))
            return (off_t)stop + 1;
        end = start;
    }
    return whole ? 0 : -1;
}

/* Adds bytes to PATH.torn; on failure that file is as it was. */
static int keep_aside(const struct nj_platform *pf, const char *path, const char *data, size_t len,
                      struct nj_error *err)
{
    char torn[NJ_PATH_MAX];
    struct stat st;
    int interrupted = 0;
    if (snprintf(torn, sizeof torn, "%s.torn", path) >= (int)sizeof torn)
        return nj_error_set(err, NJ_ERR_LIMIT, "path '%s': too long", path);
    int fd = pf->open(pf->ctx, torn, O_WRONLY | O_APPEND | O_CREAT, 0640);
    if (fd < 0)
        return nj_error_errno(err, errno, "file '%s': cannot be opened for a torn tail", torn);
    if (pf->fstat(pf->ctx, fd, &st) != 0)
        goto fail;
    while (len > 0) {
        ssize_t n = pf->write(pf->ctx, fd, data, len);
        if (n < 0 && errno == EINTR && ++interrupted < 100)
            continue;
        if (n <= 0) {
            int number = n < 0 ? errno : ENOSPC;
            (void)pf->ftruncate(pf->ctx, fd, st.st_size);
            errno = number;
            goto fail;
        }
        data += n;
        len -= (size_t)n;
    }
    if (pf->fsync(pf->ctx, fd) != 0)
        goto fail;
    pf->close(pf->ctx, fd);
    return 0;
fail:;
    int rc = nj_error_errno(err, errno, "file '%s': a torn tail cannot be kept there", torn);
    pf->close(pf->ctx, fd);
    return rc;
}

int nj_journal_repair_fd(const struct nj_platform *pf, int fd, const char *path, off_t *size,
                         uint64_t *cut, struct nj_error *err)
{
    const off_t windows[] = {SMALL, TAIL_MAX + LINE_MAX_ + 1};
    char *text = NULL;
    off_t keep = -1, window = 0;
    int rc = 0;
    *cut = 0;
    if (*size == 0)
        return 0;
    for (size_t i = 0; i < 2 && keep < 0; i++) {
        window = *size < windows[i] ? *size : windows[i];
        pf->release(pf->ctx, text);
        text = pf->alloc(pf->ctx, (size_t)window);
        if (!text)
            return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory for its tail",
                                path);
        ssize_t n = nj_read_at(pf, fd, text, (size_t)window, *size - window);
        if (n < window) {
            rc = nj_error_errno(err, errno, "journal '%s': cannot be read", path);
            goto done;
        }
        keep = end_of_last_line(text, (size_t)window, window == *size);
    }
    if (keep < 0 || window - keep > TAIL_MAX) {
        rc = nj_error_set(err, NJ_ERR_INPUT,
                          "journal '%s': no whole line in its last %lld bytes, move the file away "
                          "and keep it",
                          path, (long long)TAIL_MAX);
        goto done;
    }
    if (keep == window)
        goto done;
    rc = keep_aside(pf, path, text + keep, (size_t)(window - keep), err);
    if (rc != 0)
        goto done;
    off_t good = *size - window + keep;
    int interrupted = 0, cut_rc;
    do
        cut_rc = pf->ftruncate(pf->ctx, fd, good);
    while (cut_rc != 0 && errno == EINTR && ++interrupted < 100);
    if (cut_rc != 0) {
        rc = nj_error_errno(err, errno, "journal '%s': its torn tail cannot be cut off", path);
        goto done;
    }
    *cut = (uint64_t)(*size - good);
    *size = good;
done:
    pf->release(pf->ctx, text);
    return rc;
}

int nj_journal_repair(const struct nj_platform *pf, const char *path, uint64_t *cut,
                      struct nj_error *err)
{
    struct stat st;
    int rc;
    *cut = 0;
    int fd = pf->open(pf->ctx, path, O_RDWR | O_APPEND | O_NONBLOCK, 0);
    if (fd < 0)
        return nj_error_errno(err, errno, "journal '%s': cannot be opened", path);
    if (pf->fstat(pf->ctx, fd, &st) != 0) {
        rc = nj_error_errno(err, errno, "journal '%s'", path);
    } else if (!S_ISREG(st.st_mode)) {
        rc = nj_error_set(err, NJ_ERR_INPUT, "journal '%s': not a regular file", path);
    } else {
        off_t size = st.st_size;
        rc = nj_journal_repair_fd(pf, fd, path, &size, cut, err);
    }
    pf->close(pf->ctx, fd);
    return rc;
}
