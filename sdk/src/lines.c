/* lines.c - the file under <njord/lines.h>: a buffer that holds what is still to be given, filled
 * by read(2) or by libarchive, which gets its packed bytes through a callback so that gzip_check
 * sees both sides. Owned by its reader. Never knows what stands in a line. */
#include "gzip_check.h"

#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <njord/lines.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that are held at first (there may be thousands of files at once), and bytes that are read
 * at once for a reader of blocks. */
#define SMALL 65536u
#define BLOCK 262144u

struct njord_lines {
    int fd;
    char *path;
    struct archive *archive; /* NULL: plain text */
    struct gzip_check *check;
    uint8_t *packed; /* of GZIP_CHECK_BLOCK bytes */
    char *buf;       /* bytes start..end are still to be given */
    size_t start, end, cap;
    size_t scanned;  /* bytes after start that hold no line end */
    size_t least;    /* bytes that are made room for before a read */
    int discarding;  /* the front of the line at start was too long, and is gone */
    uint64_t offset; /* of start in the unpacked file */
    uint64_t number; /* of the last line given */
    int at_end;
    int read_errno;
    char error[640];
};

static int failed(struct njord_lines *l, const char *format, ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(l->error, sizeof l->error, "file '%.460s': %s", l->path, text);
    return -1;
}

const char *njord_lines_error(const njord_lines *l)
{
    return l->error;
}

static ssize_t read_some(struct njord_lines *l, void *out, size_t cap)
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
    struct njord_lines *l = ctx;
    ssize_t n = read_some(l, l->packed, GZIP_CHECK_BLOCK);

    if (n < 0) {
        archive_set_error(a, l->read_errno, "read failed");
        return -1;
    }
    if (gzip_check_packed(l->check, l->packed, (size_t)n) < 0) {
        archive_set_error(a, ENOMEM, "out of memory");
        return -1;
    }
    *out = l->packed;
    return n;
}

static int open_gzip(struct njord_lines *l)
{
    struct archive_entry *entry;

    l->check = gzip_check_new();
    l->packed = malloc(GZIP_CHECK_BLOCK);
    l->archive = archive_read_new();
    if (!l->check || !l->packed || !l->archive)
        return failed(l, "out of memory");
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

static int is_gzip_name(const char *path)
{
    size_t len = strlen(path);

    return len > 3 && memcmp(path + len - 3, ".gz", 3) == 0;
}

njord_lines *njord_lines_open(const char *path, char *why, size_t why_cap)
{
    struct njord_lines *l = calloc(1, sizeof *l);
    struct stat st;
    uint8_t magic[2];
    int missing = 0;

    if (!l) {
        snprintf(why, why_cap, "file '%s': out of memory", path);
        return NULL;
    }
    l->fd = -1;
    l->path = strdup(path);
    l->cap = SMALL;
    l->least = SMALL / 4;
    l->buf = malloc(l->cap);
    if (!l->path || !l->buf) {
        snprintf(why, why_cap, "file '%s': out of memory", path);
        njord_lines_close(l);
        return NULL;
    }
    l->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
                           O_NONBLOCK); /* a pipe without a writer must not hang */
    if (l->fd < 0) {
        missing = errno == ENOENT;
        failed(l, "%s", missing ? "no such file" : strerrordesc_np(errno));
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
    } else if (is_gzip_name(path)) {
        failed(l, "damaged: its name says gzip, its first bytes do not");
        goto fail;
    }
    return l;
fail:
    snprintf(why, why_cap, "%s", l->error);
    njord_lines_close(l);
    errno = missing ? ENOENT : EIO;
    return NULL;
}

void njord_lines_close(njord_lines *l)
{
    if (!l)
        return;
    if (l->archive)
        archive_read_free(l->archive);
    if (l->fd >= 0)
        close(l->fd);
    gzip_check_free(l->check);
    free(l->packed);
    free(l->buf);
    free(l->path);
    free(l);
}

/* Room for `least` bytes behind `end`. */
static int make_room(struct njord_lines *l)
{
    if (l->start > 0) { /* what is left is the front of a line: little */
        memmove(l->buf, l->buf + l->start, l->end - l->start);
        l->end -= l->start;
        l->start = 0;
    }
    while (l->cap - l->end < l->least) {
        char *grown = realloc(l->buf, l->cap * 2);
        if (!grown)
            return failed(l, "out of memory");
        l->buf = grown;
        l->cap *= 2;
    }
    return 0;
}

static int cannot_read(struct njord_lines *l)
{
    return failed(l, "cannot be read after line %llu: %s", (unsigned long long)l->number,
                  strerrordesc_np(l->read_errno));
}

/* More bytes behind `end`. 0 (at_end is set when there were none) or -1. */
static int fill(struct njord_lines *l)
{
    size_t room;
    ssize_t n;

    if (make_room(l) < 0)
        return -1;
    room = l->cap - l->end < BLOCK ? l->cap - l->end : BLOCK;
    if (l->archive) {
        n = archive_read_data(l->archive, l->buf + l->end, room);
        if (n < 0 && l->read_errno == 0)
            return failed(l, "damaged after line %llu: %s", (unsigned long long)l->number,
                          archive_error_string(l->archive));
        if (n < 0)
            return cannot_read(l);
        gzip_check_unpacked(l->check, (const uint8_t *)l->buf + l->end, (size_t)n);
        if (n == 0 && gzip_check_end(l->check) < 0)
            return failed(l, "damaged: what was unpacked does not match its CRC-32 and length");
    } else {
        n = read_some(l, l->buf + l->end, room);
        if (n < 0)
            return cannot_read(l);
    }
    if (n == 0)
        l->at_end = 1;
    l->end += (size_t)n;
    return 0;
}

/* Drops `n` bytes from the front. */
static void drop(struct njord_lines *l, size_t n)
{
    l->start += n;
    l->offset += n;
    l->scanned = 0;
}

/* Reads until the line at `start` is whole, or the file at its end. 1: *end is its line end, NULL
 * when it has none; 0: no more lines; -1. What is longer than NJORD_LINE_MAX is dropped on the way,
 * `discarding` is set. */
static int first_line(struct njord_lines *l, const char **end)
{
    if (l->error[0])
        return -1;
    l->discarding = 0;
    for (;;) {
        *end = memchr(l->buf + l->start + l->scanned, '\n', l->end - l->start - l->scanned);
        if (*end || l->at_end)
            break;
        l->scanned = l->end - l->start;
        if (l->scanned > NJORD_LINE_MAX) {
            l->discarding = 1;
            drop(l, l->scanned);
        }
        if (fill(l) < 0)
            return -1;
    }
    if (!*end && l->start == l->end && !l->discarding)
        return 0;
    if ((*end ? (size_t)(*end - (l->buf + l->start)) : l->end - l->start) > NJORD_LINE_MAX)
        l->discarding = 1;
    return 1;
}

/* Is there a byte order mark at the start of the file? */
static size_t mark(const struct njord_lines *l, const char *text, size_t len)
{
    return l->offset == 0 && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

int njord_lines_next(njord_lines *l, njord_line *out)
{
    const char *end;
    size_t len;
    int got;

    memset(out, 0, sizeof *out);
    got = first_line(l, &end);
    if (got <= 0)
        return got;
    len = end ? (size_t)(end - (l->buf + l->start)) : l->end - l->start;
    out->text = l->buf + l->start;
    out->too_long = l->discarding;
    if (!out->too_long) {
        size_t skip = mark(l, out->text, len);
        out->text += skip;
        out->len = len - skip;
        if (out->len > 0 && out->text[out->len - 1] == '\r')
            out->len--;
    }
    drop(l, len + (end != NULL));
    out->torn = !end;
    out->number = ++l->number;
    out->end = l->offset;
    return 1;
}

/* How many '\n' are in text: eight bytes at a time. */
static uint64_t count_ends(const char *text, size_t len)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f), ends = UINT64_C(0x0a0a0a0a0a0a0a0a);
    uint64_t n = 0;

    while (len >= 8) {
        /* a byte of `sums` counts up to 255 of its place's ends */
        size_t words = len / 8 < 255 ? len / 8 : 255;
        uint64_t sums = 0;
        for (size_t i = 0; i < words; i++) {
            uint64_t word;
            memcpy(&word, text + 8 * i, 8);
            word ^= ends;
            sums += (~(((word & low) + low) | word | low)) >> 7;
        }
        n +=
            ((sums & UINT64_C(0x00ff00ff00ff00ff)) + ((sums >> 8) & UINT64_C(0x00ff00ff00ff00ff))) *
                UINT64_C(0x0001000100010001) >>
            48;
        text += 8 * words;
        len -= 8 * words;
    }
    while (len-- > 0)
        n += *text++ == '\n';
    return n;
}

int njord_lines_block(njord_lines *l, njord_block *out)
{
    const char *end;
    size_t len;
    int got;

    memset(out, 0, sizeof *out);
    l->least = BLOCK;
    got = first_line(l, &end);
    if (got <= 0)
        return got;
    out->number = l->number + 1;
    out->text = l->buf + l->start;
    if (!end || l->discarding) {
        len = end ? (size_t)(end + 1 - out->text) : l->end - l->start;
        out->n_lines = 1;
        out->torn = !end;
        out->too_long = l->discarding;
    } else {
        len = (size_t)((const char *)memrchr(end, '\n', (size_t)(l->buf + l->end - end)) + 1 -
                       out->text);
        out->n_lines = count_ends(out->text, len);
    }
    if (!out->too_long) {
        size_t skip = mark(l, out->text, len);
        out->text += skip;
        out->len = len - skip;
    }
    drop(l, len);
    l->number += out->n_lines;
    out->end = l->offset;
    return 1;
}

/* Plain text of which nothing was read yet: straight to the byte before `offset`, so that its line
 * end is looked at. */
static void leap(struct njord_lines *l, uint64_t offset)
{
    struct stat st;

    if (!l->archive && l->end == 0 && l->offset == 0 && !l->at_end && offset > 1 &&
        fstat(l->fd, &st) == 0 && offset <= (uint64_t)st.st_size &&
        lseek(l->fd, (off_t)(offset - 1), SEEK_SET) >= 0)
        l->offset = offset - 1;
}

int njord_lines_seek(njord_lines *l, uint64_t offset, uint64_t number)
{
    char last = '\n';

    leap(l, offset);
    while (l->offset < offset) {
        size_t have = l->end - l->start;
        if (have == 0) {
            if (l->at_end)
                return failed(l, "shorter than when it was last read: it is another file");
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
        return failed(l, "not the file that was last read: no line ends at byte %llu",
                      (unsigned long long)offset);
    l->number = number;
    return 0;
}
