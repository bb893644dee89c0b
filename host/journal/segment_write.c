#include "journal/segment_write.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ASK_BYTES (8u << 20)
#define BUFFER    262144u /* bytes gathered before a write */

/* A piece in the scratch file. */
struct piece {
    uint64_t rows;
    uint64_t at[NJ_SECTIONS]; /* of its columns in the scratch file */
    bool has[NJ_SECTIONS];
    uint64_t text_len;    /* of its id_text */
    uint64_t text_before; /* of all id_texts before it */
    uint8_t venue[256];   /* its venue -> the segment's */
};

struct nj_segment_writer {
    const struct nj_platform *pf;
    enum nj_columns_kind kind;
    char dir[NJ_PATH_MAX];
    int scratch; /* -1: none yet */
    uint64_t scratch_len;
    struct piece *pieces;
    size_t n_pieces, cap_pieces;
    uint64_t rows, text_len;
    bool has[NJ_SECTIONS];
    char symbol[NJORD_SYMBOL_SIZE], timeframe[8];
    char venues[NJ_COLUMNS_VENUES][NJORD_ASSET_SIZE];
    uint32_t n_venues;
    /* the segment being written */
    struct nj_sha256 *sha;
    bool unhashed;
    int fd;
    uint64_t asked; /* bytes of the file that the disk was asked to take */
    uint64_t at;    /* bytes of the file so far, those in the buffer among them */
    size_t len;     /* in buffer */
    char buffer[BUFFER], block[BUFFER];
};

int nj_segment_writer_new(struct nj_segment_writer **out, const struct nj_platform *pf,
                          const char *scratch_dir, enum nj_columns_kind kind, struct nj_error *err)
{
    struct nj_segment_writer *w = pf->alloc(pf->ctx, sizeof *w);
    if (!w)
        return nj_error_set(err, NJ_ERR_NOMEM, "column cache: out of memory");
    memset(w, 0, sizeof *w);
    w->pf = pf;
    w->kind = kind;
    w->scratch = -1;
    snprintf(w->dir, sizeof w->dir, "%s", scratch_dir);
    *out = w;
    return 0;
}

void nj_segment_writer_unhashed(struct nj_segment_writer *writer)
{
    writer->unhashed = true;
}

void nj_segment_writer_free(struct nj_segment_writer *writer)
{
    if (!writer)
        return;
    const struct nj_platform *pf = writer->pf;
    if (writer->scratch >= 0)
        pf->close(pf->ctx, writer->scratch);
    nj_sha256_free(writer->sha);
    pf->release(pf->ctx, writer->pieces);
    pf->release(pf->ctx, writer);
}

static int write_all(const struct nj_platform *pf, int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = pf->write(pf->ctx, fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* ---- pieces ---- */

static int find_venue(struct nj_segment_writer *w, const char *name, uint8_t *out,
                      struct nj_error *err)
{
    for (uint32_t i = 0; i < w->n_venues; i++)
        if (strcmp(w->venues[i], name) == 0) {
            *out = (uint8_t)i;
            return 0;
        }
    if (w->n_venues == NJ_COLUMNS_VENUES)
        return nj_error_set(err, NJ_ERR_INPUT, "more than %u venues", NJ_COLUMNS_VENUES);
    snprintf(w->venues[w->n_venues], NJORD_ASSET_SIZE, "%s", name);
    *out = (uint8_t)w->n_venues++;
    return 0;
}

/* What a piece adds to the whole: names, which columns there are, its venues' numbers. */
static int take_in(struct nj_segment_writer *w, const struct nj_columns *c, struct piece *p,
                   struct nj_error *err)
{
    memset(p, 0, sizeof *p);
    memset(p->venue, (int)NJORD_NONE_U8, sizeof p->venue);
    p->rows = c->n;
    if (c->n == 0)
        return 0;
    if (w->rows > 0 &&
        (strcmp(w->symbol, c->symbol) != 0 || strcmp(w->timeframe, c->timeframe) != 0))
        return nj_error_set(err, NJ_ERR_INPUT, "'%s%s%s' in a journal of '%s%s%s'", c->symbol,
                            c->timeframe[0] ? " " : "", c->timeframe, w->symbol,
                            w->timeframe[0] ? " " : "", w->timeframe);
    memcpy(w->symbol, c->symbol, sizeof w->symbol);
    memcpy(w->timeframe, c->timeframe, sizeof w->timeframe);
    for (unsigned i = 0; i < NJ_SECTION_VENUES; i++)
        p->has[i] = nj_section_of(i, w->kind) && nj_section_data(c, i) != NULL;
    p->has[NJ_SECTION_ID_TEXT] = p->has[NJ_SECTION_ID_TEXT] && c->id_text_len > 0;
    for (uint32_t i = 0; i < c->n_venues; i++) {
        int rc = find_venue(w, c->venues[i], &p->venue[i], err);
        if (rc != 0)
            return rc;
    }
    for (unsigned i = 0; i < NJ_SECTIONS; i++)
        w->has[i] |= p->has[i];
    p->text_before = w->text_len;
    p->text_len = p->has[NJ_SECTION_ID_TEXT] ? c->id_text_len : 0;
    w->text_len += p->text_len;
    w->rows += c->n;
    return 0;
}

static int open_scratch(struct nj_segment_writer *w, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    uint64_t number;

    if (w->pf->random_bytes(w->pf->ctx, &number, sizeof number) != 0)
        return nj_error_errno(err, errno, "random bytes");
    int len =
        snprintf(path, sizeof path, "%s/.scratch-%016llx", w->dir, (unsigned long long)number);
    if (len < 0 || (size_t)len >= sizeof path)
        return nj_error_set(err, NJ_ERR_LIMIT, "path '%s': too long", w->dir);
    w->scratch = w->pf->open(w->pf->ctx, path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (w->scratch < 0)
        return nj_error_errno(err, errno, "scratch file '%s'", path);
    /* gone already: another process took it for one left behind */
    if (w->pf->unlink(w->pf->ctx, path) != 0 && errno != ENOENT)
        return nj_error_errno(err, errno, "scratch file '%s': cannot be removed", path);
    return 0;
}

int nj_segment_spill(struct nj_segment_writer *w, const struct nj_columns *c, struct nj_error *err)
{
    if (c->n == 0)
        return 0;
    if (w->n_pieces == w->cap_pieces) {
        size_t cap = w->cap_pieces ? 2 * w->cap_pieces : 16;
        struct piece *grown = w->pf->alloc(w->pf->ctx, cap * sizeof *grown);
        if (!grown)
            return nj_error_set(err, NJ_ERR_NOMEM, "column cache: out of memory");
        if (w->n_pieces > 0)
            memcpy(grown, w->pieces, w->n_pieces * sizeof *grown);
        w->pf->release(w->pf->ctx, w->pieces);
        w->pieces = grown;
        w->cap_pieces = cap;
    }
    struct piece *p = &w->pieces[w->n_pieces];
    int rc = take_in(w, c, p, err);
    if (rc == 0 && w->scratch < 0)
        rc = open_scratch(w, err);
    if (rc != 0)
        return rc;
    for (unsigned i = 0; i < NJ_SECTION_VENUES; i++) {
        if (!p->has[i])
            continue;
        size_t len = nj_section_width(i) ? nj_section_width(i) * c->n : c->id_text_len;
        p->at[i] = w->scratch_len;
        if (write_all(w->pf, w->scratch, nj_section_data(c, i), len) != 0)
            return nj_error_errno(err, errno, "scratch file in '%s'", w->dir);
        w->scratch_len += len;
    }
    w->n_pieces++;
    return 0;
}

/* ---- the file ---- */

static int flush(struct nj_segment_writer *w, struct nj_error *err)
{
    if (!w->unhashed)
        nj_sha256_add(w->sha, w->buffer, w->len);
    if (write_all(w->pf, w->fd, w->buffer, w->len) != 0)
        return nj_error_errno(err, errno, "segment in '%s': cannot be written", w->dir);
    w->len = 0;
    if (w->at - w->asked >= ASK_BYTES) { /* so that the sync at the end has little to do */
        sync_file_range(w->fd, (off_t)w->asked, (off_t)(w->at - w->asked), SYNC_FILE_RANGE_WRITE);
        w->asked = w->at;
    }
    return 0;
}

static int put(struct nj_segment_writer *w, const char *data, size_t len, struct nj_error *err)
{
    while (len > 0) {
        if (w->len == sizeof w->buffer) {
            int rc = flush(w, err);
            if (rc != 0)
                return rc;
        }
        size_t part = sizeof w->buffer - w->len < len ? sizeof w->buffer - w->len : len;
        memcpy(w->buffer + w->len, data, part);
        w->len += part;
        w->at += part;
        data += part;
        len -= part;
    }
    return 0;
}

static int align(struct nj_segment_writer *w, struct nj_error *err)
{
    static const char zeros[NJ_SEGMENT_ALIGN];
    size_t over = (size_t)(w->at % NJ_SEGMENT_ALIGN);
    return over ? put(w, zeros, NJ_SEGMENT_ALIGN - over, err) : 0;
}

/* What a row without a value has in a section. */
static void fill_none(enum nj_segment_section section, char *block, size_t rows)
{
    const double nan_value = (double)NAN;
    const int64_t none = NJORD_NONE_I64;

    if (nj_section_width(section) == 1) {
        memset(block, (int)NJORD_NONE_U8, rows);
        return;
    }
    bool real = section == NJ_SECTION_QUOTE_VOLUME || section == NJ_SECTION_TAKER_VOLUME;
    for (size_t i = 0; i < rows; i++)
        memcpy(block + i * 8, real ? (const void *)&nan_value : (const void *)&none, 8);
}

/* Rows of a piece carry its own numbers of venues and places of ids: here they become the
 * segment's. `rows` of them stand in block. */
static void renumber(const struct piece *p, enum nj_segment_section section, char *block,
                     size_t rows)
{
    if (section == NJ_SECTION_VENUE) {
        for (size_t i = 0; i < rows; i++)
            block[i] = (char)p->venue[(uint8_t)block[i]];
    } else if (section == NJ_SECTION_ID && p->text_before > 0) {
        for (size_t i = 0; i < rows; i++) {
            int64_t id;
            memcpy(&id, block + i * 8, 8);
            if (id < 0 && id != NJORD_NONE_I64) {
                id -= (int64_t)p->text_before; /* ~(place + before) */
                memcpy(block + i * 8, &id, 8);
            }
        }
    }
}

static int read_scratch(struct nj_segment_writer *w, uint64_t at, size_t len, struct nj_error *err)
{
    ssize_t n = nj_read_at(w->pf, w->scratch, w->block, len, (off_t)at);
    if (n < (ssize_t)len)
        return nj_error_errno(err, n < 0 ? errno : EIO, "scratch file in '%s'", w->dir);
    return 0;
}

/* One section of one piece: from `data`, or from the scratch file when that is NULL. */
static int put_piece(struct nj_segment_writer *w, const struct piece *p,
                     enum nj_segment_section section, const char *data, struct nj_error *err)
{
    size_t width = nj_section_width(section);
    uint64_t left = width ? p->rows * width : p->text_len, done = 0;

    while (left > 0) {
        size_t part = left < sizeof w->block ? (size_t)left : sizeof w->block;
        int rc = 0;
        bool as_it_is = data && p->has[section] && section != NJ_SECTION_VENUE &&
                        section != NJ_SECTION_ID; /* those two are renumbered */
        if (as_it_is)
            rc = put(w, data + done, part, err);
        else if (!p->has[section] && width > 0)
            fill_none(section, w->block, part / width);
        else if (data)
            memcpy(w->block, data + done, part);
        else
            rc = read_scratch(w, p->at[section] + done, part, err);
        if (rc == 0 && p->has[section] && width > 0 && !as_it_is)
            renumber(p, section, w->block, part / width);
        if (rc == 0 && !as_it_is)
            rc = put(w, w->block, part, err);
        if (rc != 0)
            return rc;
        left -= part;
        done += part;
    }
    return 0;
}

static int put_section(struct nj_segment_writer *w, enum nj_segment_section section,
                       const struct piece *last, const struct nj_columns *view,
                       struct nj_segment_extent *extent, struct nj_error *err)
{
    int rc = align(w, err);
    extent->offset = w->at;
    if (section == NJ_SECTION_VENUES) {
        extent->bytes = (uint64_t)w->n_venues * NJORD_ASSET_SIZE;
        return rc ? rc : put(w, w->venues[0], (size_t)extent->bytes, err);
    }
    for (size_t i = 0; rc == 0 && i < w->n_pieces; i++)
        rc = put_piece(w, &w->pieces[i], section, NULL, err);
    if (rc == 0)
        rc = put_piece(w, last, section, nj_section_data(view, section), err);
    extent->bytes = w->at - extent->offset;
    return rc;
}

/* Looks at the rows as they now stand in the file. */
static int survey(struct nj_segment_writer *w, struct nj_segment_head *head, struct nj_error *err)
{
    struct nj_columns view = {.kind = w->kind, .n = (size_t)w->rows};
    void *map = NULL;

    if (w->rows > 0) {
        map = mmap(NULL, (size_t)w->at, PROT_READ, MAP_SHARED, w->fd, 0);
        if (map == MAP_FAILED)
            return nj_error_errno(err, errno, "segment in '%s': cannot be mapped", w->dir);
        for (unsigned i = NJ_SECTION_TS; i <= NJ_SECTION_SEQ; i++)
            if (head->sections[i].bytes > 0)
                nj_section_point(&view, i, (const char *)map + head->sections[i].offset);
    }
    nj_segment_survey(&view, head);
    if (map)
        munmap(map, (size_t)w->at);
    return 0;
}

static int put_head(struct nj_segment_writer *w, struct nj_segment_head *head, struct nj_error *err)
{
    int rc = w->unhashed ? 0 : nj_sha256_end(w->sha, head->data_hash);
    if (rc == 0)
        rc = nj_sha256(head, offsetof(struct nj_segment_head, head_hash), head->head_hash);
    if (rc != 0)
        return nj_error_set(err, rc, "SHA-256 is not to be had");
    if (lseek(w->fd, 0, SEEK_SET) != 0 ||
        write_all(w->pf, w->fd, (const char *)head, sizeof *head) != 0)
        return nj_error_errno(err, errno, "segment in '%s': cannot be written", w->dir);
    return 0;
}

int nj_segment_write(struct nj_segment_writer *w, const struct nj_columns *last,
                     struct nj_segment_head *head, int fd, struct nj_error *err)
{
    static const char blank[NJ_SEGMENT_HEAD];
    struct piece p;
    int rc = take_in(w, last, &p, err);

    w->fd = fd;
    w->at = NJ_SEGMENT_HEAD;
    w->asked = 0;
    w->len = 0;
    if (rc == 0 && !w->sha && !(w->sha = nj_sha256_new()))
        rc = nj_error_set(err, NJ_ERR_NOMEM, "column cache: out of memory");
    if (rc != 0)
        return rc;
    if (write_all(w->pf, fd, blank, sizeof blank) != 0)
        return nj_error_errno(err, errno, "segment in '%s': cannot be written", w->dir);

    memcpy(head->magic, NJ_SEGMENT_MAGIC, sizeof head->magic);
    head->version = NJ_SEGMENT_VERSION;
    head->endian = NJ_SEGMENT_ENDIAN;
    head->head_size = NJ_SEGMENT_HEAD;
    head->kind = (uint32_t)w->kind;
    head->rows = w->rows;
    head->n_venues = w->has[NJ_SECTION_VENUE] ? w->n_venues : 0;
    memcpy(head->symbol, w->symbol, sizeof head->symbol);
    memcpy(head->timeframe, w->timeframe, sizeof head->timeframe);
    memset(head->sections, 0, sizeof head->sections);
    memset(head->reserved, 0, sizeof head->reserved);
    w->has[NJ_SECTION_VENUE] = w->has[NJ_SECTION_VENUES] = head->n_venues > 0;
    for (unsigned i = 0; rc == 0 && i < NJ_SECTIONS; i++)
        if (w->has[i])
            rc = put_section(w, i, &p, last, &head->sections[i], err);
    if (rc == 0)
        rc = flush(w, err);
    head->file_size = w->at;
    if (rc == 0)
        rc = survey(w, head, err);
    return rc ? rc : put_head(w, head, err);
}
