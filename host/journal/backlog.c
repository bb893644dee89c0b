#include "journal/backlog.h"

#include <njord/codec.h>
#include <njord/lines.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEAR 65536 /* bytes in which a line begins and ends, but for the longest */

enum { LISTINGS = 10, WHY_SIZE = 640 };

/* ---- the seq of a line ---- */

/* Steps back over `word` at the end of text[0..*len). */
static bool back_over(const char *text, size_t *len, const char *word)
{
    size_t n = strlen(word);
    if (*len < n || memcmp(text + *len - n, word, n) != 0)
        return false;
    *len -= n;
    return true;
}

/* Steps back over characters of a set; false: there is none. */
static bool back_over_any(const char *text, size_t *len, const char *set)
{
    size_t was = *len;
    while (*len > 0 && text[*len - 1] != '\0' && strchr(set, text[*len - 1]))
        --*len;
    return *len < was;
}

/* The host's own lines end with …"seq":N,"ts_recv_ns":N}, and ,"contract":"NAME" before the brace
 * where there are several. Read from the end, nothing that stands inside another value can be taken
 * for it: the last brace is the object's own. */
static bool own_form(const char *text, size_t len, uint64_t *seq)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char digits[] = "-0123456789";
    int64_t v;
    if (!back_over(text, &len, "}"))
        return false;
    if (back_over(text, &len, "\"") &&
        !(back_over_any(text, &len, letters) && back_over(text, &len, ",\"contract\":\"")))
        return false;
    if (!back_over_any(text, &len, digits) || !back_over(text, &len, ",\"ts_recv_ns\":"))
        return false;
    size_t end = len;
    if (!back_over_any(text, &len, digits))
        return false;
    size_t start = len;
    if (!back_over(text, &len, "\"seq\":") || len == 0 ||
        (text[len - 1] != ',' && text[len - 1] != '{') ||
        njord_parse_i64(text + start, end - start, &v) != end - start || v < 0)
        return false;
    *seq = (uint64_t)v;
    return true;
}

/* The seq that a journal line names, 0: none. */
static uint64_t line_seq(const char *text, size_t len)
{
    uint64_t seq;
    if (own_form(text, len, &seq))
        return seq;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    json_int_t v = json_integer_value(json_object_get(root, "seq"));
    json_decref(root);
    return v > 0 ? (uint64_t)v : 0;
}

/* ---- the files ---- */

/* The n-th file's name. */
static int put_name(const struct nj_backlog *c, size_t n, char *out, size_t cap,
                    struct nj_error *err)
{
    return nj_journal_name_make(&c->files.files[n], out, cap, err);
}

static int path_of(const struct nj_backlog *c, size_t n, char path[NJ_PATH_MAX],
                   struct nj_error *err)
{
    char name[NJ_STEM_SIZE + 32];
    int rc = put_name(c, n, name, sizeof name, err);
    return rc == 0 ? nj_path_join(path, NJ_PATH_MAX, c->dir, name, err) : rc;
}

static bool gone(const char *path)
{
    return access(path, F_OK) != 0 && errno == ENOENT;
}

/* NJ_ERR_NOT_FOUND: it has gone since the folder was listed. */
static int open_lines(const char *path, njord_lines **lines, struct nj_error *err)
{
    char why[WHY_SIZE];
    *lines = njord_lines_open(path, why, sizeof why);
    if (*lines)
        return 0;
    return nj_error_set(err, gone(path) ? NJ_ERR_NOT_FOUND : NJ_ERR_INPUT, "journal %s", why);
}

static int look_at_first(const struct nj_backlog *c, size_t n, uint64_t *first,
                         struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    njord_lines *lines = NULL;
    njord_line line;
    *first = 0;
    int rc = path_of(c, n, path, err);
    if (rc == 0)
        rc = open_lines(path, &lines, err);
    if (rc != 0)
        return rc;
    int got = njord_lines_next(lines, &line);
    if (got < 0)
        rc = nj_error_set(err, NJ_ERR_INPUT, "journal %s", njord_lines_error(lines));
    else if (got > 0 && !line.torn && !line.too_long)
        *first = line_seq(line.text, line.len);
    njord_lines_close(lines);
    return rc;
}

static int look(struct nj_backlog *c, const char *stem, uint64_t after_seq, struct nj_error *err)
{
    int rc = nj_journal_list(c->dir, stem, &c->files, err);
    if (rc == NJ_ERR_NOT_FOUND || (rc == 0 && c->files.n == 0))
        return 0;
    if (rc != 0)
        return rc;
    const struct nj_journal_file *newest = &c->files.files[c->files.n - 1];
    if (c->files.n > 1 && newest->ino == newest[-1].ino && newest->dev == newest[-1].dev)
        c->files.n--; /* it has its dated name, and its own still: a rotation under way */
    c->first = calloc(c->files.n, sizeof *c->first);
    if (!c->first)
        return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", stem);
    for (c->from = c->files.n; c->from > 0;) {
        c->from--;
        rc = look_at_first(c, c->from, &c->first[c->from], err);
        if (rc != 0 || (c->first[c->from] > 0 && c->first[c->from] <= after_seq))
            break;
    }
    return rc;
}

int nj_backlog_open(struct nj_backlog *c, const char *dir, const char *stem, uint64_t after_seq,
                    struct nj_error *err)
{
    int rc = 0;
    *c = (struct nj_backlog){0};
    if (snprintf(c->dir, sizeof c->dir, "%s", dir) >= (int)sizeof c->dir)
        return nj_error_set(err, NJ_ERR_LIMIT, "folder '%.60s…': path too long", dir);
    for (int n = 0; n < LISTINGS; n++) {
        nj_backlog_close(c);
        rc = look(c, stem, after_seq, err);
        if (rc != NJ_ERR_NOT_FOUND) /* else it was compressed meanwhile, under another name */
            break;
    }
    if (rc != 0)
        nj_backlog_close(c);
    return rc;
}

void nj_backlog_close(struct nj_backlog *c)
{
    nj_journal_files_free(&c->files);
    free(c->first);
    c->files = (struct nj_journal_files){0};
    c->first = NULL;
    c->from = 0;
}

/* ---- reading ---- */

struct reading {
    uint64_t after_seq;
    nj_backlog_fn each;
    void *ctx;
    uint64_t last_seq;
};

/* Reads [from, from + len) of a file; false: not all of it. */
static bool read_at(int fd, char *text, size_t len, off_t from)
{
    for (size_t have = 0; have < len;) {
        ssize_t n = pread(fd, text + have, len - have, from + (off_t)have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return true;
}

/* The first whole line that begins at `from` (> 0) or behind: where it begins and its seq. False:
 * there is none within NEAR bytes, or it names none. */
static bool line_at(int fd, char *text, off_t from, off_t size, off_t *begins, uint64_t *seq)
{
    off_t start = from - 1; /* a line end right before is a line that begins here */
    size_t len = size - start < NEAR ? (size_t)(size - start) : NEAR;
    if (!read_at(fd, text, len, start))
        return false;
    const char *line = memchr(text, '\n', len);
    const char *end = line ? memchr(line + 1, '\n', len - (size_t)(line + 1 - text)) : NULL;
    if (!end)
        return false;
    *begins = start + (line + 1 - text);
    *seq = line_seq(line + 1, (size_t)(end - line - 1));
    return *seq > 0;
}

/* A place in a plain file at which a line begins and before which all are known: by halving. What
 * cannot be told ends the search, and the lines from there on are looked at one by one. */
static uint64_t place_after(const char *path, uint64_t seq)
{
    off_t known = 0, begins = 0;
    char *text = malloc(NEAR);
    struct stat st;
    uint64_t at;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (text && fd >= 0 && fstat(fd, &st) == 0) {
        for (off_t end = st.st_size; end - known > NEAR;) {
            off_t middle = known + (end - known) / 2;
            if (!line_at(fd, text, middle, st.st_size, &begins, &at))
                break;
            if (at <= seq)
                known = begins;
            else
                end = middle;
        }
    }
    if (fd >= 0)
        close(fd);
    free(text);
    return (uint64_t)known;
}

uint64_t nj_backlog_last(const struct nj_backlog *c, size_t n)
{
    char path[NJ_PATH_MAX], *text = malloc(NEAR);
    struct stat st;
    uint64_t seq = 0;
    int fd = text && !c->files.files[n].gz && path_of(c, n, path, NULL) == 0
                 ? open(path, O_RDONLY | O_CLOEXEC)
                 : -1;
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0) {
        size_t len = st.st_size < NEAR ? (size_t)st.st_size : NEAR;
        const char *end =
            read_at(fd, text, len, st.st_size - (off_t)len) ? memrchr(text, '\n', len) : NULL;
        const char *before = end ? memrchr(text, '\n', (size_t)(end - text)) : NULL;
        const char *line = before ? before + 1 : text;
        if (end && (before || (off_t)len == st.st_size))
            seq = line_seq(line, (size_t)(end - line));
    }
    if (fd >= 0)
        close(fd);
    free(text);
    return seq;
}

static int read_file(struct reading *r, const char *path, bool live, uint64_t from,
                     struct nj_error *err)
{
    char at[NJ_BACKLOG_AT];
    njord_lines *lines = NULL;
    njord_line line;
    int rc = open_lines(path, &lines, err), got = 0;
    if (rc != 0)
        return rc;
    if (from > 0)
        got = njord_lines_seek(lines, from, 0);
    while (rc == 0 && got >= 0 && (got = njord_lines_next(lines, &line)) > 0) {
        struct nj_backlog_line out = {line.text, line.len, 0, path, from > 0 ? 0 : line.number,
                                      line.end};
        if (line.torn && live)
            break; /* the end of data */
        if (line.torn || line.too_long) {
            rc = nj_error_set(err, NJ_ERR_INPUT, "%s: %s", nj_backlog_at(&out, at),
                              line.torn ? "the last line has no end: the file was cut short"
                                        : "line longer than 1 MiB");
            break;
        }
        out.seq = line_seq(line.text, line.len);
        if (out.seq > r->last_seq)
            r->last_seq = out.seq;
        if (out.seq == 0 || out.seq > r->after_seq)
            rc = r->each(r->ctx, &out, err);
    }
    if (rc == 0 && got < 0)
        rc = nj_error_set(err, NJ_ERR_INPUT, "journal %s", njord_lines_error(lines));
    njord_lines_close(lines);
    return rc;
}

int nj_backlog_read(const struct nj_backlog *c, uint64_t after_seq, nj_backlog_fn each, void *ctx,
                    uint64_t *last_seq, struct nj_error *err)
{
    struct reading r = {after_seq, each, ctx, 0};
    char path[NJ_PATH_MAX];
    int rc = 0;
    for (size_t n = c->from; rc == 0 && n < c->files.n; n++) {
        const struct nj_journal_file *f = &c->files.files[n];
        bool gz = f->gz;
        rc = path_of(c, n, path, err);
        if (rc == 0 && !gz && f->day != NJ_DAY_LIVE && gone(path) &&
            strlen(path) + 4 < sizeof path) { /* it was compressed meanwhile */
            memcpy(path + strlen(path), ".gz", 4);
            gz = true;
        }
        if (rc == 0)
            rc = read_file(&r, path, f->day == NJ_DAY_LIVE,
                           gz || after_seq == 0 ? 0 : place_after(path, after_seq), err);
    }
    *last_seq = r.last_seq;
    return rc;
}

const char *nj_backlog_at(const struct nj_backlog_line *line, char out[NJ_BACKLOG_AT])
{
    uint64_t number = line->number, end = 0;
    char text[4096];
    int fd = number == 0 ? open(line->path, O_RDONLY | O_CLOEXEC) : -1;
    char last = '\n';
    for (ssize_t n; fd >= 0 && end < line->end && (n = read(fd, text, sizeof text)) > 0;)
        for (ssize_t i = 0; i < n && end < line->end; i++, end++)
            number += (last = text[i]) == '\n';
    number += last != '\n';
    if (fd >= 0)
        close(fd);
    snprintf(out, NJ_BACKLOG_AT, "%s:%llu", line->path, (unsigned long long)number);
    return out;
}
