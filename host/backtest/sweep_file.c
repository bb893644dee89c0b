#include "backtest/sweep_file.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define NONE    UINT64_MAX
#define LINE    65536u /* the longest row */
#define SYNC_NS INT64_C(1000000000)
#define COLUMNS 128u

struct ranked {
    double key;
    uint64_t set;
};

struct nj_sweep_file {
    struct nj_sweep_file_options o;
    char path[NJ_PATH_MAX], partial[NJ_PATH_MAX];
    int fd;
    uint64_t size;     /* of the partial file */
    uint64_t *offsets; /* of each set's row in it; NONE: not there */
    struct ranked *ranks;
    uint64_t n;
    int64_t synced_ns;
    bool dirty;
};

static int io_failed(struct nj_sweep_file *f, struct nj_error *err)
{
    return nj_error_errno(err, errno, "file '%s'", f->partial);
}

/* ---- opening ---- */

static int write_all(struct nj_sweep_file *f, int fd, const char *text, size_t len,
                     struct nj_error *err)
{
    const struct nj_platform *pf = f->o.platform;
    for (size_t at = 0; at < len;) {
        ssize_t n = pf->write(pf->ctx, fd, text + at, len - at);
        if (n > 0)
            at += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return io_failed(f, err);
    }
    return 0;
}

static size_t header_of(const struct nj_sweep_file *f, char *out, size_t cap)
{
    return (size_t)snprintf(out, cap, "njord sweep 1 %s %llu\n", f->o.hash,
                            (unsigned long long)f->o.n_sets);
}

static int begin(struct nj_sweep_file *f, struct nj_error *err)
{
    const struct nj_platform *pf = f->o.platform;
    char header[160];
    size_t len = header_of(f, header, sizeof header);
    if (pf->ftruncate(pf->ctx, f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0)
        return io_failed(f, err);
    f->size = len;
    return write_all(f, f->fd, header, len, err);
}

/* One line of what is there: "SET,row". False: not what was written. */
static bool take_line(struct nj_sweep_file *f, const char *line, size_t len, uint64_t at)
{
    uint64_t set = 0;
    size_t i = 0;
    while (i < len && i < 9 && line[i] >= '0' && line[i] <= '9')
        set = set * 10 + (uint64_t)(line[i++] - '0');
    if (i == 0 || i >= len || line[i] != ',' || set >= f->o.n_sets || f->offsets[set] != NONE)
        return false;
    f->offsets[set] = at + i + 1;
    f->n++;
    return true;
}

/* Lines one after the other; what is behind the last whole one is cut off. */
static int read_back(struct nj_sweep_file *f, uint64_t at, struct nj_error *err)
{
    const struct nj_platform *pf = f->o.platform;
    char *block = malloc(LINE);
    size_t kept = 0;
    bool good = true;
    int rc = block ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    while (rc == 0 && good) {
        ssize_t n = pf->pread(pf->ctx, f->fd, block + kept, LINE - kept, (off_t)(at + kept));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = io_failed(f, err);
        if (n <= 0)
            break;
        kept += (size_t)n;
        char *from = block, *end;
        while (good && (end = memchr(from, '\n', kept - (size_t)(from - block)))) {
            good = take_line(f, from, (size_t)(end - from), at + (uint64_t)(from - block));
            from = good ? end + 1 : from;
        }
        size_t used = (size_t)(from - block);
        good = good && (used > 0 || kept < LINE);
        memmove(block, from, kept - used);
        at += used;
        kept -= used;
    }
    free(block);
    f->size = at;
    if (rc == 0 && (pf->ftruncate(pf->ctx, f->fd, (off_t)at) != 0 ||
                    lseek(f->fd, (off_t)at, SEEK_SET) != (off_t)at))
        rc = io_failed(f, err);
    return rc;
}

static int resume(struct nj_sweep_file *f, struct nj_error *err)
{
    const struct nj_platform *pf = f->o.platform;
    char expected[160], found[160] = "";
    size_t len = header_of(f, expected, sizeof expected);
    ssize_t n = pf->pread(pf->ctx, f->fd, found, sizeof found - 1, 0);
    if (n < 0)
        return io_failed(f, err);
    char *end = memchr(found, '\n', (size_t)n);
    if (n == 0 || f->o.restart || (!end && strncmp(expected, found, (size_t)n) == 0))
        return begin(f, err); /* empty, or killed within its first line */
    if ((size_t)n >= len && memcmp(found, expected, len) == 0)
        return read_back(f, len, err);
    return nj_error_set(err, NJ_ERR_EXISTS,
                        "file '%s': partial results of another sweep: its data, plugin, options or "
                        "parameters differ; --restart throws them away, --output writes elsewhere",
                        f->partial);
}

int nj_sweep_file_open(struct nj_sweep_file **out, const struct nj_sweep_file_options *options,
                       struct nj_error *err)
{
    const struct nj_platform *pf = options->platform;
    struct nj_sweep_file *f = calloc(1, sizeof *f);
    int rc = f ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    *out = NULL;
    if (rc != 0)
        return rc;
    f->o = *options;
    f->fd = -1;
    f->offsets = malloc(options->n_sets * sizeof *f->offsets);
    if (!f->offsets)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    for (uint64_t i = 0; rc == 0 && i < options->n_sets; i++)
        f->offsets[i] = NONE;
    if (rc == 0)
        rc = nj_replaceable(options->output, err);
    int len = snprintf(f->path, sizeof f->path, "%s", options->output);
    if (rc == 0 && (size_t)len + sizeof ".partial" > sizeof f->partial)
        rc = nj_error_set(err, NJ_ERR_LIMIT, "file '%.80s': its name is too long", options->output);
    if (rc == 0) {
        memcpy(f->partial, f->path, (size_t)len);
        memcpy(f->partial + len, ".partial", sizeof ".partial");
        rc = nj_mkdirs_for(f->path, 0777, err);
    }
    if (rc == 0 && (f->fd = pf->open(pf->ctx, f->partial, O_RDWR | O_CREAT, 0666)) < 0)
        rc = io_failed(f, err);
    if (rc == 0 && flock(f->fd, LOCK_EX | LOCK_NB) != 0)
        rc = errno == EWOULDBLOCK
                 ? nj_error_set(err, NJ_ERR_BUSY, "file '%s': another sweep is writing it",
                                f->partial)
                 : io_failed(f, err);
    if (rc == 0)
        rc = resume(f, err);
    if (rc != 0) {
        nj_sweep_file_close(f);
        return rc;
    }
    f->synced_ns = pf->monotonic_ns(pf->ctx);
    *out = f;
    return 0;
}

void nj_sweep_file_close(struct nj_sweep_file *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        f->o.platform->close(f->o.platform->ctx, f->fd);
    free(f->offsets);
    free(f->ranks);
    free(f);
}

/* ---- rows ---- */

bool nj_sweep_file_has(const struct nj_sweep_file *f, uint64_t set)
{
    return f->offsets[set] != NONE;
}

uint64_t nj_sweep_file_count(const struct nj_sweep_file *f)
{
    return f->n;
}

void nj_sweep_put_field(struct nj_buf *row, bool first, const char *text)
{
    if (!first)
        nj_buf_putc(row, ',');
    if (!strpbrk(text, ",\"\r\n")) {
        nj_buf_puts(row, text);
        return;
    }
    nj_buf_putc(row, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            nj_buf_putc(row, '"');
        nj_buf_putc(row, (unsigned char)*p < ' ' ? ' ' : *p);
    }
    nj_buf_putc(row, '"');
}

int nj_sweep_file_add(struct nj_sweep_file *f, uint64_t set, const struct nj_buf *row,
                      struct nj_error *err)
{
    struct nj_buf line = {0};
    nj_buf_printf(&line, "%llu,", (unsigned long long)set);
    uint64_t at = f->size + line.len;
    nj_buf_add(&line, row->data ? row->data : "", row->len);
    nj_buf_putc(&line, '\n');
    int rc = line.failed || row->failed ? nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory")
             : line.len >= LINE ? nj_error_set(err, NJ_ERR_LIMIT, "a row is longer than %u", LINE)
                                : write_all(f, f->fd, line.data, line.len, err);
    if (rc == 0) {
        f->offsets[set] = at;
        f->size += line.len;
        f->n++;
        f->dirty = true;
    }
    nj_buf_free(&line);
    return rc;
}

int nj_sweep_file_sync(struct nj_sweep_file *f, struct nj_error *err)
{
    const struct nj_platform *pf = f->o.platform;
    int64_t now = pf->monotonic_ns(pf->ctx);
    if (!f->dirty || now - f->synced_ns < SYNC_NS)
        return 0;
    f->synced_ns = now;
    f->dirty = false;
    return pf->fsync(pf->ctx, f->fd) == 0 ? 0 : io_failed(f, err);
}

/* The row's bytes, without the line end. */
static int raw_row(struct nj_sweep_file *f, uint64_t set, struct nj_buf *out, struct nj_error *err)
{
    const struct nj_platform *pf = f->o.platform;
    char *end = NULL;
    nj_buf_clear(out);
    while (!end) {
        if (out->len >= LINE || !nj_buf_reserve(out, 1024))
            return nj_error_set(err, NJ_ERR_INTERNAL, "file '%s': a row without an end",
                                f->partial);
        ssize_t n = pf->pread(pf->ctx, f->fd, out->data + out->len, 1024,
                              (off_t)(f->offsets[set] + out->len));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? io_failed(f, err)
                         : nj_error_set(err, NJ_ERR_INPUT, "file '%s': it was cut meanwhile",
                                        f->partial);
        end = memchr(out->data + out->len, '\n', (size_t)n);
        out->len += (size_t)n;
    }
    out->len = (size_t)(end - out->data);
    *end = '\0';
    return 0;
}

/* Splits and unquotes in place. Returns how many fields there are. */
static size_t split(char *row, const char **fields, size_t max)
{
    size_t n = 0;
    char *at = row;
    while (n < max) {
        char *to = at;
        fields[n++] = to;
        if (*at == '"') {
            for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
                at += *at == '"';
                *to++ = *at;
            }
            at += *at == '"';
        } else {
            at += strcspn(at, ",");
            to = at;
        }
        bool last = *at != ',';
        at++;
        *to = '\0';
        if (last)
            break;
    }
    return n;
}

int nj_sweep_file_row(struct nj_sweep_file *f, uint64_t set, struct nj_buf *text,
                      const char **fields, struct nj_error *err)
{
    int rc = raw_row(f, set, text, err);
    if (rc == 0 && split(text->data, fields, f->o.n_columns) != f->o.n_columns)
        rc = nj_error_set(err, NJ_ERR_INPUT,
                          "file '%s': the row of set %llu is damaged: --restart begins anew",
                          f->partial, (unsigned long long)set);
    return rc;
}

double nj_sweep_number(const char *field)
{
    double v;
    size_t len = strlen(field);
    return len > 0 && njord_parse_f64(field, len, &v) == len ? v : NAN;
}

/* ---- the end ---- */

static int by_falling(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    bool no_x = isnan(x->key), no_y = isnan(y->key);
    if (no_x != no_y)
        return no_x ? 1 : -1;
    if (!no_x && x->key != y->key)
        return x->key > y->key ? -1 : 1;
    return (x->set > y->set) - (x->set < y->set);
}

int nj_sweep_file_rank(struct nj_sweep_file *f,
                       void (*each)(void *ctx, uint64_t set, const char *const *fields), void *ctx,
                       struct nj_error *err)
{
    const char *fields[COLUMNS];
    struct nj_buf text = {0};
    int rc = 0;
    f->ranks = malloc(f->o.n_sets * sizeof *f->ranks);
    if (!f->ranks || f->o.n_columns > COLUMNS)
        return nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    for (uint64_t i = 0; rc == 0 && i < f->o.n_sets; i++) {
        rc = nj_sweep_file_row(f, i, &text, fields, err);
        if (rc == 0) {
            double key = nj_sweep_number(fields[f->o.key_column]);
            f->ranks[i] = (struct ranked){f->o.rising ? -key : key, i};
            if (each)
                each(ctx, i, fields);
        }
    }
    nj_buf_free(&text);
    if (rc == 0)
        qsort(f->ranks, f->o.n_sets, sizeof *f->ranks, by_falling);
    return rc;
}

static int write_rows(struct nj_sweep_file *f, int fd, const char *heads, struct nj_error *err)
{
    struct nj_buf out = {0}, row = {0};
    int rc = 0;
    nj_buf_puts(&out, heads);
    nj_buf_puts(&out, "\r\n");
    for (uint64_t i = 0; rc == 0 && i < f->o.n_sets; i++) {
        rc = raw_row(f, f->ranks[i].set, &row, err);
        if (rc == 0) {
            nj_buf_add(&out, row.data, row.len);
            nj_buf_puts(&out, "\r\n");
        }
        if (rc == 0 && !out.failed && (out.len > 1u << 20 || i + 1 == f->o.n_sets)) {
            rc = write_all(f, fd, out.data, out.len, err);
            nj_buf_clear(&out);
        }
    }
    if (rc == 0 && out.failed)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    nj_buf_free(&out);
    nj_buf_free(&row);
    return rc;
}

int nj_sweep_file_finish(struct nj_sweep_file *f, const char *heads, struct nj_error *err)
{
    const struct nj_platform *pf = f->o.platform;
    char temporary[NJ_PATH_MAX + 8], folder[NJ_PATH_MAX];
    int rc = 0, fd = -1;
    snprintf(temporary, sizeof temporary, "%s.new", f->path);
    snprintf(folder, sizeof folder, "%s", f->path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    if (rc == 0 && (fd = pf->open(pf->ctx, temporary, O_WRONLY | O_CREAT | O_TRUNC, 0666)) < 0)
        rc = nj_error_errno(err, errno, "file '%s'", temporary);
    if (rc == 0)
        rc = write_rows(f, fd, heads, err);
    if (rc == 0 && pf->fsync(pf->ctx, fd) != 0)
        rc = nj_error_errno(err, errno, "file '%s'", temporary);
    if (fd >= 0 && pf->close(pf->ctx, fd) != 0 && rc == 0)
        rc = nj_error_errno(err, errno, "file '%s'", temporary);
    if (rc == 0 && pf->rename(pf->ctx, temporary, f->path) != 0)
        rc = nj_error_errno(err, errno, "file '%s'", f->path);
    if (rc == 0 && pf->fsync_dir(pf->ctx, slash ? folder : ".") != 0)
        rc = nj_error_errno(err, errno, "folder '%s'", slash ? folder : ".");
    if (rc != 0 && fd >= 0)
        pf->unlink(pf->ctx, temporary);
    if (rc == 0)
        nj_sweep_file_drop(f);
    return rc;
}

void nj_sweep_file_drop(struct nj_sweep_file *f)
{
    f->o.platform->unlink(f->o.platform->ctx, f->partial);
}

uint64_t nj_sweep_file_ranked(const struct nj_sweep_file *f, uint64_t rank)
{
    return f->ranks[rank].set;
}
