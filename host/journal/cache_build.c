/* cache_build.c - a segment out of its source, in memory that does not grow with it.
 *
 * Blocks of whole lines go through the scanner into a builder, which is emptied into the writer
 * every SPILL_ROWS rows. When nothing takes the segment, the same is done again with all rows of
 * the range kept in memory. A source that changes while it is read is read again. */
#include "journal/cache_impl.h"

#include "journal/scan.h"
#include "journal/segment_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <njord/lines.h>
#include <string.h>

#define SPILL_ROWS                                                                                 \
    262144u     /* rows held before they are put aside: some 30 MB with their doubling             \
                 */
#define TRIES 3 /* of a source that changes under the reader */

struct build {
    struct nj_cache *cache;
    const struct nj_cache_source *source;
    uint64_t from, lines_before;
    int fd;                       /* of the source */
    struct nj_cache_aside *aside; /* its hash being worked out */
    struct nj_columns_builder *rows;
    struct nj_segment_writer *writer; /* NULL: all stays in memory */
    struct nj_columns view;
    struct nj_segment_head head;
    uint64_t lines, bad, end; /* read, refused, where the last whole line ended */
    bool cache_failed;        /* the error is the cache's, not the source's */
};

/* A line longer than lines are: counted, or the error. */
static int too_long(struct build *b, uint64_t number, struct nj_error *err)
{
    b->bad++;
    return b->cache->options.skip_bad
               ? 0
               : nj_error_set(err, NJ_ERR_INPUT, "%.240s:%llu: longer than %u bytes",
                              b->source->path, (unsigned long long)number, NJORD_LINE_MAX);
}

/* "line N: why" of the scanner as "FILE:N: why". */
static int name_line(const struct build *b, int rc, struct nj_error *err)
{
    char text[NJ_ERROR_TEXT];
    bool line = err && strncmp(err->text, "line ", 5) == 0;

    if (!err)
        return rc;
    memcpy(text, err->text + (line ? 5 : 0), sizeof text - (line ? 5 : 0));
    return nj_error_set(err, rc, "%.240s:%s%.240s", b->source->path, line ? "" : " ", text);
}

static int scan_block(struct build *b, struct nj_scan *scan, const njord_block *block,
                      struct nj_error *err)
{
    size_t used;

    if (block->torn && b->source->live)
        return 0; /* the end of data: whoever writes it has not ended it */
    b->lines += block->n_lines;
    b->end = block->end;
    if (block->too_long)
        return too_long(b, block->number, err);
    int rc =
        nj_scan_lines(scan, block->text, block->len, block->torn != 0, block->number, &used, err);
    if (rc != 0)
        return name_line(b, rc, err);
    if (used != block->len)
        return nj_error_set(err, NJ_ERR_INTERNAL, "%s: the scanner left %zu of %zu bytes",
                            b->source->path, block->len - used, block->len);
    nj_columns_view(b->rows, &b->view);
    if (!b->writer || b->view.n < SPILL_ROWS)
        return 0;
    rc = nj_segment_spill(b->writer, &b->view, err);
    b->cache_failed = rc != 0 && rc != NJ_ERR_INPUT;
    nj_columns_clear_rows(b->rows);
    nj_columns_view(b->rows, &b->view);
    return rc;
}

/* Everything from b->from on, into b->view and what was put aside. */
static int read_rows(struct build *b, struct nj_error *err)
{
    char why[NJ_ERROR_TEXT];
    const char *path = b->source->path;
    struct nj_scan scan = {.into = b->rows, .skip_bad = b->cache->options.skip_bad};
    njord_block block;
    int rc = 0, got = 0;
    njord_lines *lines = njord_lines_open(path, why, sizeof why);

    if (!lines)
        return nj_error_set(err, NJ_ERR_IO, "%s", why);
    if (b->from > 0 && njord_lines_seek(lines, b->from, b->lines_before) != 0) {
        rc = nj_error_set(err, NJ_ERR_LOST, "%s", njord_lines_error(lines));
        goto done;
    }
    while (rc == 0 && (got = njord_lines_block(lines, &block)) > 0)
        rc = scan_block(b, &scan, &block, err);
    if (rc == 0 && got < 0)
        rc = nj_error_set(err, NJ_ERR_IO, "%s", njord_lines_error(lines));
    b->bad += scan.bad;
done:
    njord_lines_close(lines);
    return rc;
}

/* Is the open source the listed one, and as it was when `before` was taken (NULL: not asked)? What
 * a live one got behind its end meanwhile does not matter. */
static int still_there(const struct build *b, const struct nj_segment_head *before,
                       struct nj_segment_head *now, struct stat *st, struct nj_error *err)
{
    const struct nj_platform *pf = b->cache->pf;
    struct stat named;

    if (pf->fstat(pf->ctx, b->fd, st) != 0)
        return nj_error_errno(err, errno, "file '%s'", b->source->path);
    if (stat(b->source->path, &named) != 0 || named.st_ino != st->st_ino ||
        named.st_dev != st->st_dev || (uint64_t)st->st_dev != b->source->dev ||
        (uint64_t)st->st_ino != b->source->ino)
        return nj_error_set(err, NJ_ERR_LOST, "file '%s': moved", b->source->path);
    nj_cache_key_stat(st, now);
    if (before && (b->source->live ? now->source_size < b->end
                                   : now->source_size != before->source_size ||
                                         now->source_mtime_ns != before->source_mtime_ns ||
                                         now->source_ctime_ns != before->source_ctime_ns))
        return nj_error_set(err, NJ_ERR_BUSY, "file '%s': changes while it is read",
                            b->source->path);
    return 0;
}

/* Where the source's last whole line ends, as it now stands; a guess for a live one, which may grow
 * before it is read. */
static uint64_t whole_lines(const struct build *b)
{
    const struct nj_platform *pf = b->cache->pf;
    uint64_t end = b->head.source_size;
    char tail[4096];

    if (!b->source->live || end < sizeof tail)
        return end;
    ssize_t n = pf->pread(pf->ctx, b->fd, tail, sizeof tail, (off_t)(end - sizeof tail));
    const char *last = n == (ssize_t)sizeof tail ? memrchr(tail, '\n', sizeof tail) : NULL;
    return last ? end - sizeof tail + (uint64_t)(last - tail) + 1 : 0;
}

/* The header's part that is of the source, when its rows are read. */
static int seal(struct build *b, const uint8_t *previous, struct nj_error *err)
{
    const struct nj_platform *pf = b->cache->pf;
    const char *path = b->source->path;
    struct nj_segment_head *h = &b->head, now;
    struct stat st;
    int rc = still_there(b, h, &now, &st, err);

    h->lines_before = b->lines_before;
    h->lines = b->lines;
    h->bad = b->bad;
    h->source_from = b->from;
    h->source_to = b->source->live ? b->end : h->source_size;
    if (previous)
        memcpy(h->previous, previous, sizeof h->previous);
    if (rc == 0 && b->writer)
        rc = nj_cache_key_edges(pf, b->fd, path, h, err);
    struct nj_cache_aside *aside = b->aside;
    b->aside = NULL;
    if (!nj_cache_aside_end(aside, h->source_from, h->source_to, h->source_hash) && rc == 0 &&
        b->writer)
        rc = nj_cache_key_hash(pf, b->fd, path, h->source_from, h->source_to, h->source_hash, err);
    h->built_ns = pf->realtime_ns(pf->ctx);
    return rc;
}

/* Does the file hold what its name says? */
static int fits_name(const struct build *b, const struct nj_segment_head *head,
                     struct nj_error *err)
{
    const struct nj_stem *what = &b->cache->what;
    char sym[NJORD_SYMBOL_SIZE] = {0};
    size_t n = 0;

    if (head->rows == 0)
        return 0;
    for (const char *c = head->symbol; *c; c++)
        if (*c != '/')
            sym[n++] = *c;
    if (strcmp(sym, what->sym) == 0 && strcmp(head->timeframe, what->timeframe) == 0)
        return 0;
    return nj_error_set(err, NJ_ERR_INPUT, "%s: holds '%s'%s%s, which its name does not say",
                        b->source->path, head->symbol, head->timeframe[0] ? " " : "",
                        head->timeframe);
}

static int keep_in_memory(struct build *b, struct nj_segment **out, struct nj_error *err)
{
    const struct nj_platform *pf = b->cache->pf;
    struct nj_segment *s = pf->alloc(pf->ctx, sizeof *s);

    if (!s)
        return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", b->source->path);
    memset(s, 0, sizeof *s);
    s->head = b->head;
    s->head.kind = (uint32_t)b->cache->kind;
    s->head.rows = b->view.n;
    memcpy(s->head.symbol, b->view.symbol, sizeof s->head.symbol);
    memcpy(s->head.timeframe, b->view.timeframe, sizeof s->head.timeframe);
    s->columns = b->view;
    nj_segment_survey(&s->columns, &s->head);
    bool wanted = s->head.max_ts >= b->cache->low && s->head.min_ts <= b->cache->high;
    if (wanted) {
        s->rows = b->rows;
        b->rows = NULL;
    } else { /* the header alone tells what the rest needs of it */
        s->columns = (struct nj_columns){.kind = b->cache->kind};
    }
    *out = s;
    return 0;
}

static int keep_in_file(struct build *b, struct nj_cache_pending *pending, struct nj_segment **out,
                        struct nj_error *err)
{
    int rc = nj_segment_write(b->writer, &b->view, &b->head, pending->fd, err);
    b->cache_failed = rc != 0 && rc != NJ_ERR_INPUT;
    if (rc != 0)
        return rc;
    rc = nj_segment_map(out, b->cache->pf, pending->fd, pending->from, err);
    b->cache_failed = rc != 0;
    return rc;
}

/* One reading of the source. With a pending file the rows go there. */
static int try_once(struct build *b, struct nj_cache_pending *pending, size_t place,
                    const uint8_t *previous, struct nj_segment **out, struct nj_error *err)
{
    struct nj_cache *cache = b->cache;
    struct nj_segment_head now;
    struct stat st;
    uint8_t unused[NJ_SHA256_SIZE];

    b->rows = NULL;
    b->writer = NULL;
    b->aside = NULL;
    b->lines = b->bad = 0;
    b->end = b->from;
    b->cache_failed = false;
    memset(&b->head, 0, sizeof b->head);
    *out = NULL;
    int rc = still_there(b, NULL, &b->head, &st, err);
    if (rc == 0)
        rc = nj_columns_builder_new(&b->rows, cache->kind, err);
    if (rc == 0 && pending) {
        rc = nj_segment_writer_new(&b->writer, cache->pf, cache->places[place].dir, cache->kind,
                                   err);
        b->cache_failed = rc != 0;
    }
    if (rc == 0) {
        nj_columns_view(b->rows, &b->view);
        if (b->writer)
            b->aside =
                nj_cache_aside_begin(cache->pf, b->fd, b->source->path, b->from, whole_lines(b));
        rc = read_rows(b, err);
        if (rc == NJ_ERR_IO && still_there(b, NULL, &now, &st, NULL) == NJ_ERR_LOST)
            rc = nj_error_set(err, NJ_ERR_LOST, "file '%s': moved", b->source->path);
    }
    if (rc == 0 && b->source->live && b->from > 0 && b->lines == 0)
        goto done; /* nothing new */
    if (rc == 0)
        rc = seal(b, previous, err);
    if (rc == 0)
        rc = pending ? keep_in_file(b, pending, out, err) : keep_in_memory(b, out, err);
    if (rc == 0)
        rc = fits_name(b, &(*out)->head, err);
    if (rc != 0) {
        nj_segment_close(*out, cache->pf);
        *out = NULL;
    }
done:
    nj_cache_aside_end(b->aside, 0, 0, unused);
    nj_segment_writer_free(b->writer);
    nj_columns_builder_free(b->rows);
    return rc;
}

/* Into a file; when the cache, not the source, is what fails, there will be none. */
static int build_file(struct build *b, const uint8_t *previous, struct nj_segment **out,
                      bool *in_memory, struct nj_error *err)
{
    struct nj_cache *cache = b->cache;
    struct nj_cache_pending pending;
    struct stat st;
    mode_t mode = cache->pf->fstat(cache->pf->ctx, b->fd, &st) == 0 ? st.st_mode & 0666 : 0600;
    int rc, place = nj_cache_create(cache, mode | 0600, &pending);

    *in_memory = place < 0;
    if (place < 0)
        return 0;
    rc = nj_cache_path(&cache->places[place], b->source->name, b->from, pending.to,
                       sizeof pending.to, err);
    if (rc == 0)
        rc = try_once(b, &pending, (size_t)place, previous, out, err);
    if (rc == 0 && *out) {
        nj_cache_keep(cache, &pending);
        return 0;
    }
    nj_cache_discard(cache, &pending);
    if (rc != 0 && b->cache_failed) {
        nj_cache_warn(cache, err);
        for (size_t i = 0; i < cache->n_places; i++)
            cache->places[i].refused = true;
        *in_memory = true;
        rc = 0;
    }
    return rc;
}

int nj_cache_build(struct nj_cache *cache, const struct nj_cache_source *source, uint64_t from,
                   uint64_t lines_before, const uint8_t *previous, struct nj_segment **out,
                   struct nj_error *err)
{
    const struct nj_platform *pf = cache->pf;
    struct build *b = pf->alloc(pf->ctx, sizeof *b); /* views are large */
    int rc = NJ_ERR_BUSY;

    *out = NULL;
    if (!b)
        return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", source->path);
    *b = (struct build){.cache = cache, .source = source, .from = from};
    b->lines_before = lines_before;
    b->fd = pf->open(pf->ctx, source->path, O_RDONLY | O_NONBLOCK, 0);
    if (b->fd < 0) {
        rc = errno == ENOENT ? nj_error_set(err, NJ_ERR_LOST, "file '%s': moved", source->path)
                             : nj_error_errno(err, errno, "file '%s'", source->path);
        goto done;
    }
    for (int i = 0; i < TRIES && rc == NJ_ERR_BUSY; i++) {
        bool in_memory = false;
        rc = build_file(b, previous, out, &in_memory, err);
        if (rc == 0 && in_memory)
            rc = try_once(b, NULL, 0, previous, out, err);
    }
    cache->built += rc == 0 && *out;
done:
    if (b->fd >= 0)
        pf->close(pf->ctx, b->fd);
    pf->release(pf->ctx, b);
    return rc;
}
