/* Reading a journal from its start, a line at a time, in bounded memory. */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_LIMIT ((size_t)1 << 20)
#define CHUNK      ((size_t)64 << 10)

int nj_journal_read(const char *path, nj_line_fn each, void *ctx, struct nj_error *err)
{
    char *text = NULL;
    size_t have = 0, cap = LINE_LIMIT + CHUNK;
    uint64_t number = 0;
    int rc = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return nj_error_errno(err, errno, "journal '%s'", path);
    struct stat st;
    if (fstat(fd, &st) != 0) {
        rc = nj_error_errno(err, errno, "journal '%s'", path);
        goto done;
    }
    if (!S_ISREG(st.st_mode)) {
        rc = nj_error_set(err, NJ_ERR_INPUT, "journal '%s': not a regular file", path);
        goto done;
    }
    text = malloc(cap);
    if (!text) {
        rc = nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", path);
        goto done;
    }
    for (;;) {
        ssize_t n = read(fd, text + have, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = nj_error_errno(err, errno, "journal '%s': cannot be read", path);
            goto done;
        }
        if (n == 0) /* what is left has no newline: the end of data, not an error */
            goto done;
        size_t looked = have, start = 0;
        have += (size_t)n;
        for (char *newline; (newline = memchr(text + looked, '\n', have - looked));) {
            size_t end = (size_t)(newline - text);
            if (end - start > LINE_LIMIT)
                goto too_long;
            rc = each(ctx, text + start, end - start, ++number, err);
            if (rc != 0)
                goto done;
            start = looked = end + 1;
        }
        have -= start;
        memmove(text, text + start, have);
        if (have > LINE_LIMIT)
            goto too_long;
    }
too_long:
    rc = nj_error_set(err, NJ_ERR_INPUT, "%s:%llu: line longer than %zu bytes", path,
                      (unsigned long long)number + 1, LINE_LIMIT);
done:
    free(text);
    close(fd);
    return rc;
}
