#include "lines.h"

#include "gzip_check.h"

#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536u /* unpacked bytes that are read at once */

struct play_lines {
    int fd;
    char *path;
    struct archive *archive; /* NULL: plain text */
    struct gzip_check *check;
    uint8_t packed[GZIP_CHECK_BLOCK];
    char *buf; /* bytes start..end are still to be given */
    size_t start, end, cap;
    size_t scanned;  /* bytes after start that hold no line end */
    uint64_t offset; /* of start in the unpacked file */
    uint64_t number; /* of the last line given */
    int at_end;
    int read_errno;
    char error[256];
};

static int failed(struct play_lines *l, const char *format, ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(l->error, sizeof l->error, "file '%.80s': %s", l->path, text);
    return -1;
}

const char *play_lines_error(const struct play_lines *l)
{
    return l->error;
}

static ssize_t read_some(struct play_lines *l, void *out, size_t cap)
{
    ssize_t n;

    do
        n = read(l->fd, out, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        l->read_errno = errno;
    return n;
}

static la_ssize_t give_packed(struct archive *a, void *ctx, const void **out)
{
    struct play_lines *l = ctx;
    ssize_t n = read_some(l, l->packed, sizeof l->packed);

    if (n < 0) {
        archive_set_error(a, l->read_errno, "read failed");
        return -1;
    }
    gzip_check_packed(l->check, l->packed, (size_t)n);
    *out = l->packed;
    return n;
}

static int open_gzip(struct play_lines *l)
{
    struct archive_entry *entry;

    l->check = malloc(sizeof *l->check);
    l->archive = archive_read_new();
    if (!l->check || !l->archive)
        return failed(l, "out of memory");
    gzip_check_init(l->check);
    if (archive_read_support_filter_gzip(l->archive) != ARCHIVE_OK ||
        archive_read_support_format_raw(l->archive) != ARCHIVE_OK ||
        archive_read_support_format_empty(l->archive) != ARCHIVE_OK ||
        archive_read_open(l->archive, l, NULL, give_packed, NULL) != ARCHIVE_OK)
        return failed(l, "cannot be unpacked: %s", archive_error_string(l->archive));
    switch (archive_read_next_header(l->archive, &entry)) {
    case ARCHIVE_OK:
        return 0;
    case ARCHIVE_EOF: /* nothing was packed into it */
        l->at_end = 1;
        return gzip_check_end(l->check) < 0 ? failed(l, "damaged: its checksum does not match") : 0;
    default:
        return failed(l, "cannot be unpacked: %s", archive_error_string(l->archive));
    }
}

struct play_lines *play_lines_open(const char *path, char *why, size_t why_cap)
{
    struct play_lines *l = calloc(1, sizeof *l);
    struct stat st;
    uint8_t magic[2];

    if (!l) {
        snprintf(why, why_cap, "file '%s': out of memory", path);
        return NULL;
    }
    l->fd = -1;
    l->path = strdup(path);
    l->cap = 2 * BLOCK;
    l->buf = malloc(l->cap);
    if (!l->path || !l->buf) {
        snprintf(why, why_cap, "file '%s': out of memory", path);
        play_lines_close(l);
        return NULL;
    }
    l->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
                           O_NONBLOCK); /* a pipe without a writer must not hang */
    if (l->fd < 0) {
        failed(l, "%s", errno == ENOENT ? "no such file" : strerrordesc_np(errno));
        goto fail;
    }
    if (fstat(l->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        failed(l, "%s",
               S_ISDIR(st.st_mode) ? "is a directory: name the files in it" : "not a regular file");
        goto fail;
    }
    if (pread(l->fd, magic, 2, 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b) {
        if (open_gzip(l) < 0)
            goto fail;
    }
    return l;
fail:
    snprintf(why, why_cap, "%s", l->error);
    play_lines_close(l);
    return NULL;
}

void play_lines_close(struct play_lines *l)
{
    if (!l)
        return;
    if (l->archive)
        archive_read_free(l->archive);
    if (l->fd >= 0)
        close(l->fd);
    free(l->check);
    free(l->buf);
    free(l->path);
    free(l);
}

/* More bytes behind `end`. 0 (at_end is set when there were none) or -1. */
static int fill(struct play_lines *l)
{
    ssize_t n;

    if (l->start > 0) {
        memmove(l->buf, l->buf + l->start, l->end - l->start);
        l->end -= l->start;
        l->start = 0;
    }
    if (l->cap - l->end < BLOCK) {
        char *grown = realloc(l->buf, l->cap * 2);
        if (!grown)
            return failed(l, "out of memory");
        l->buf = grown;
        l->cap *= 2;
    }
    if (l->archive) {
        n = archive_read_data(l->archive, l->buf + l->end, BLOCK);
        if (n < 0)
            return failed(l, "damaged after line %llu: %s", (unsigned long long)l->number,
                          archive_error_string(l->archive));
        gzip_check_unpacked(l->check, (const uint8_t *)l->buf + l->end, (size_t)n);
        if (n == 0 && gzip_check_end(l->check) < 0)
            return failed(l, "damaged: what was unpacked does not match its CRC-32 and length");
    } else {
        n = read_some(l, l->buf + l->end, BLOCK);
        if (n < 0)
            return failed(l, "cannot be read after line %llu: %s", (unsigned long long)l->number,
                          strerrordesc_np(l->read_errno));
    }
    if (n == 0)
        l->at_end = 1;
    l->end += (size_t)n;
    return 0;
}

/* Drops `n` bytes from the front. */
static void drop(struct play_lines *l, size_t n)
{
    l->start += n;
    l->offset += n;
    l->scanned = 0;
}

int play_lines_next(struct play_lines *l, struct play_line *out)
{
    const char *end;
    size_t len;

    memset(out, 0, sizeof *out);
    if (l->error[0])
        return -1;
    for (;;) {
        end = memchr(l->buf + l->start + l->scanned, '\n', l->end - l->start - l->scanned);
        if (end || l->at_end)
            break;
        l->scanned = l->end - l->start;
        if (l->scanned > PLAY_LINE_MAX) {
            out->too_long = 1;
            drop(l, l->scanned);
        }
        if (fill(l) < 0)
            return -1;
    }
    len = end ? (size_t)(end - (l->buf + l->start)) : l->end - l->start;
    if (!end && len == 0 && !out->too_long)
        return 0;
    out->text = l->buf + l->start;
    out->len = len;
    if (len > PLAY_LINE_MAX)
        out->too_long = 1;
    if (out->too_long)
        out->len = 0;
    if (out->len > 0 && out->text[out->len - 1] == '\r')
        out->len--;
    if (l->offset == 0 && out->len >= 3 &&
        memcmp(out->text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        out->text += 3;
        out->len -= 3;
    }
    drop(l, len + (end != NULL));
    out->torn = !end;
    out->number = ++l->number;
    out->end = l->offset;
    return 1;
}

int play_lines_seek(struct play_lines *l, uint64_t offset, uint64_t number)
{
    char last = '\n';

    while (l->offset < offset) {
        size_t have = l->end - l->start;
        if (have == 0) {
            if (l->at_end)
                return failed(
                    l, "shorter than when it was last played: give its trades as a new file");
            if (fill(l) < 0)
                return -1;
            continue;
        }
        if (have > offset - l->offset)
            have = (size_t)(offset - l->offset);
        last = l->buf[l->start + have - 1];
        drop(l, have);
    }
    if (last != '\n')
        return failed(l, "not the file that was last played: no line ends at byte %llu",
                      (unsigned long long)offset);
    l->number = number;
    return 0;
}
