#include "journal/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

_Static_assert(sizeof(struct nj_segment_head) == NJ_SEGMENT_HEAD, "the header is one KiB");
_Static_assert(offsetof(struct nj_segment_head, head_hash) == NJ_SEGMENT_HEAD - NJ_SHA256_SIZE,
               "the header ends with its hash");
_Static_assert(offsetof(struct nj_segment_head, sections) == 384, "as documented");

/* One row a section: where the view has it, how wide it is, who has it. */
enum { IN_BARS = 1, IN_TRADES = 2, REQUIRED = 4 };
static const struct {
    size_t at;    /* of the pointer in struct nj_columns */
    size_t width; /* bytes a row */
    unsigned who;
} table[NJ_SECTIONS] = {
#define ROW(section, member, width, who)                                                           \
    [NJ_SECTION_##section] = {offsetof(struct nj_columns, member), width, who}
    ROW(TS, ts, 8, IN_BARS | IN_TRADES | REQUIRED),
    ROW(SEQ, seq, 8, IN_BARS | IN_TRADES),
    ROW(TS_RECV, ts_recv_ns, 8, IN_BARS | IN_TRADES),
    ROW(OPEN, open, 8, IN_BARS | REQUIRED),
    ROW(HIGH, high, 8, IN_BARS | REQUIRED),
    ROW(LOW, low, 8, IN_BARS | REQUIRED),
    ROW(CLOSE, close, 8, IN_BARS | REQUIRED),
    ROW(VOLUME, volume, 8, IN_BARS | REQUIRED),
    ROW(QUOTE_VOLUME, quote_volume, 8, IN_BARS),
    ROW(TAKER_VOLUME, taker_volume, 8, IN_BARS),
    ROW(TRADES, trades, 8, IN_BARS),
    ROW(PARTIAL, partial, 1, IN_BARS),
    ROW(PRICE, price, 8, IN_TRADES | REQUIRED),
    ROW(QTY, qty, 8, IN_TRADES | REQUIRED),
    ROW(SIDE, side, 1, IN_TRADES),
    ROW(VENUE, venue, 1, IN_TRADES),
    ROW(ID, id, 8, IN_TRADES),
    ROW(ID_TEXT, id_text, 0, IN_TRADES),
    ROW(VENUES, venues, 0, IN_TRADES),
#undef ROW
};

size_t nj_section_width(enum nj_segment_section section)
{
    return table[section].width;
}

bool nj_section_of(enum nj_segment_section section, enum nj_columns_kind kind)
{
    return (table[section].who & (kind == NJ_COLUMNS_BARS ? IN_BARS : IN_TRADES)) != 0;
}

/* Must a series that has such a section have it? */
static bool section_required(enum nj_segment_section section)
{
    return (table[section].who & REQUIRED) != 0;
}

const void *nj_section_data(const struct nj_columns *columns, enum nj_segment_section section)
{
    const void *data;
    memcpy(&data, (const char *)columns + table[section].at, sizeof data);
    return data;
}

void nj_section_point(struct nj_columns *columns, enum nj_segment_section section, const void *data)
{
    memcpy((char *)columns + table[section].at, &data, sizeof data);
}

/* ---- checking ---- */

static bool text_ends(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

/* The header on its own: everything but where its sections lie. */
static int check_head(const struct nj_segment_head *h, size_t len, struct nj_error *err)
{
    uint8_t hash[NJ_SHA256_SIZE];

    if (memcmp(h->magic, NJ_SEGMENT_MAGIC, sizeof h->magic) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "no segment of the column cache");
    if (h->endian != NJ_SEGMENT_ENDIAN)
        return nj_error_set(err, NJ_ERR_INPUT, "written on a machine of another byte order");
    if (h->version != NJ_SEGMENT_VERSION || h->head_size != NJ_SEGMENT_HEAD)
        return nj_error_set(err, NJ_ERR_INPUT, "of version %u, expected %u", h->version,
                            NJ_SEGMENT_VERSION);
    int rc = nj_sha256(h, offsetof(struct nj_segment_head, head_hash), hash);
    if (rc != 0)
        return nj_error_set(err, rc, "SHA-256 is not to be had");
    if (memcmp(hash, h->head_hash, sizeof hash) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "damaged: its header does not match its hash");
    if (h->file_size != len)
        return nj_error_set(err, NJ_ERR_INPUT, "damaged: %zu bytes, its header says %llu", len,
                            (unsigned long long)h->file_size);
    if ((h->kind != NJ_COLUMNS_BARS && h->kind != NJ_COLUMNS_TRADES) || h->rows > len / 8 ||
        h->n_venues > NJ_COLUMNS_VENUES || !text_ends(h->symbol, sizeof h->symbol) ||
        !text_ends(h->timeframe, sizeof h->timeframe) || h->mess_from > h->mess_to ||
        h->mess_to > h->rows || h->min_ts > h->max_ts || h->source_from > h->source_to)
        return nj_error_set(err, NJ_ERR_INPUT, "damaged: its header contradicts itself");
    return 0;
}

/* Sections stand one behind the other, aligned, inside the file, each as long as the rows say. */
static int check_sections(const struct nj_segment_head *h, struct nj_error *err)
{
    uint64_t end = NJ_SEGMENT_HEAD;

    for (unsigned i = 0; i < NJ_SECTIONS; i++) {
        const struct nj_segment_extent *x = &h->sections[i];
        bool there = x->offset != 0 || x->bytes != 0;
        bool wrong = there ? !nj_section_of(i, h->kind) || x->offset % NJ_SEGMENT_ALIGN != 0 ||
                                 x->offset < end || x->offset > h->file_size || x->bytes == 0 ||
                                 x->bytes > h->file_size - x->offset ||
                                 (table[i].width && x->bytes != h->rows * table[i].width)
                           : h->rows > 0 && section_required(i) && nj_section_of(i, h->kind);
        if (wrong)
            return nj_error_set(err, NJ_ERR_INPUT, "damaged: its section %u cannot be", i);
        if (there)
            end = x->offset + x->bytes;
    }
    uint64_t venues = h->sections[NJ_SECTION_VENUES].bytes;
    if (venues != (uint64_t)h->n_venues * NJORD_ASSET_SIZE ||
        (h->sections[NJ_SECTION_VENUE].bytes != 0) != (h->n_venues != 0) ||
        (h->sections[NJ_SECTION_ID_TEXT].bytes != 0 && h->sections[NJ_SECTION_ID].bytes == 0))
        return nj_error_set(err, NJ_ERR_INPUT, "damaged: its venues or ids cannot be");
    return 0;
}

int nj_segment_check(const void *data, size_t len, struct nj_segment_head *head,
                     struct nj_columns *columns, struct nj_error *err)
{
    const char *bytes = data;

    if (len < NJ_SEGMENT_HEAD)
        return nj_error_set(err, NJ_ERR_INPUT, "damaged: %zu bytes, shorter than its header", len);
    memcpy(head, data, sizeof *head);
    int rc = check_head(head, len, err);
    if (rc == 0)
        rc = check_sections(head, err);
    if (rc != 0)
        return rc;

    memset(columns, 0, sizeof *columns);
    columns->kind = (enum nj_columns_kind)head->kind;
    columns->n = (size_t)head->rows;
    memcpy(columns->symbol, head->symbol, sizeof columns->symbol);
    memcpy(columns->timeframe, head->timeframe, sizeof columns->timeframe);
    for (unsigned i = 0; i < NJ_SECTION_VENUES; i++)
        if (head->sections[i].bytes > 0)
            nj_section_point(columns, i, bytes + head->sections[i].offset);
    columns->id_text_len = (size_t)head->sections[NJ_SECTION_ID_TEXT].bytes;
    if (columns->id_text && columns->id_text[columns->id_text_len - 1] != '\0')
        return nj_error_set(err, NJ_ERR_INPUT, "damaged: its ids have no end");
    columns->n_venues = head->n_venues;
    if (head->n_venues > 0) /* 0: data may be shorter than the place of a section that is not */
        memcpy(columns->venues, bytes + head->sections[NJ_SECTION_VENUES].offset,
               (size_t)head->n_venues * NJORD_ASSET_SIZE);
    for (uint32_t i = 0; i < head->n_venues; i++)
        if (!text_ends(columns->venues[i], NJORD_ASSET_SIZE))
            return nj_error_set(err, NJ_ERR_INPUT, "damaged: its venue %u has no end", i);
    return 0;
}

/* ---- mapping ---- */

int nj_segment_map(struct nj_segment **out, const struct nj_platform *pf, int fd, const char *path,
                   struct nj_error *err)
{
    struct stat st;
    int rc = 0;
    struct nj_segment *s = pf->alloc(pf->ctx, sizeof *s);

    if (!s)
        return nj_error_set(err, NJ_ERR_NOMEM, "segment '%s': out of memory", path);
    memset(s, 0, sizeof *s);
    if (pf->fstat(pf->ctx, fd, &st) != 0) {
        rc = nj_error_errno(err, errno, "segment '%s'", path);
        goto fail;
    }
    if (!S_ISREG(st.st_mode) || st.st_size < (off_t)NJ_SEGMENT_HEAD) {
        rc = nj_error_set(err, NJ_ERR_INPUT, "segment '%s': no file of the column cache", path);
        goto fail;
    }
    /* The whole file is looked at before a page behind its header is: file_size must be its size.
     */
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        rc = nj_error_errno(err, errno, "segment '%s': cannot be mapped", path);
        goto fail;
    }
    s->map = map;
    s->map_size = (size_t)st.st_size;
    rc = nj_segment_check(s->map, s->map_size, &s->head, &s->columns, err);
    if (rc != 0) {
        if (err)
            nj_error_context(err, "segment '%s'", path);
        goto fail;
    }
    *out = s;
    return 0;
fail:
    nj_segment_close(s, pf);
    return rc;
}

int nj_segment_open(struct nj_segment **out, const struct nj_platform *pf, const char *path,
                    struct nj_error *err)
{
    /* not blocking: a pipe put there in its place must not hang us */
    int fd = pf->open(pf->ctx, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
    if (fd < 0)
        return nj_error_errno(err, errno, "segment '%s'", path);
    int rc = nj_segment_map(out, pf, fd, path, err);
    pf->close(pf->ctx, fd);
    return rc;
}

void nj_segment_close(struct nj_segment *segment, const struct nj_platform *pf)
{
    if (!segment)
        return;
    if (segment->map)
        munmap((void *)(uintptr_t)segment->map, segment->map_size);
    nj_columns_builder_free(segment->rows);
    pf->release(pf->ctx, segment);
}

int nj_segment_verify(const struct nj_segment *segment, struct nj_error *err)
{
    uint8_t hash[NJ_SHA256_SIZE];

    if (!segment->map)
        return 0;
    int rc = nj_sha256((const char *)segment->map + NJ_SEGMENT_HEAD,
                       segment->map_size - NJ_SEGMENT_HEAD, hash);
    if (rc != 0)
        return nj_error_set(err, rc, "SHA-256 is not to be had");
    if (memcmp(hash, segment->head.data_hash, sizeof hash) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "damaged: its columns do not match their hash");
    return 0;
}

/* ---- what the rows are like ---- */

size_t nj_rows_from(const int64_t *ts, size_t n, int64_t at)
{
    size_t low = 0;
    while (n > 0) {
        size_t half = n / 2;
        if (ts[low + half] < at) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

static void survey_ts(const int64_t *ts, size_t n, struct nj_segment_head *head)
{
    size_t first = n,
           last = 0; /* the first and the last row that is not later than the one before */
    int64_t min = ts[0], max = ts[0];
    bool falls = false;

    for (size_t i = 1; i < n; i++) {
        if (ts[i] > ts[i - 1]) {
            max = ts[i] > max ? ts[i] : max;
            continue;
        }
        falls |= ts[i] < ts[i - 1];
        min = ts[i] < min ? ts[i] : min;
        first = first == n ? i : first;
        last = i;
    }
    head->min_ts = min;
    head->max_ts = max;
    head->mess_from = head->mess_to = n;
    if (!falls)
        head->flags |= NJ_SEGMENT_TS_SORTED;
    if (first == n) {
        head->flags |= NJ_SEGMENT_TS_STRICT;
        return;
    }
    /* [0, first) and [last, n) rise strictly; what the rows between reach back or ahead to in them
     * belongs to the mess. */
    int64_t low = ts[last], high = ts[0];
    for (size_t i = first; i < last; i++)
        low = ts[i] < low ? ts[i] : low;
    for (size_t i = 0; i < last; i++)
        high = ts[i] > high ? ts[i] : high;
    head->mess_from = nj_rows_from(ts, first, low);
    head->mess_to = high == INT64_MAX ? n : last + nj_rows_from(ts + last, n - last, high + 1);
}

static void survey_seq(const int64_t *seq, size_t n, struct nj_segment_head *head)
{
    bool whole = seq[0] != NJORD_NONE_I64, rises = whole;

    for (size_t i = 1; i < n && whole; i++) {
        whole = seq[i] != NJORD_NONE_I64;
        rises = rises && seq[i] > seq[i - 1];
    }
    if (!whole)
        return;
    head->flags |= NJ_SEGMENT_SEQ_WHOLE;
    if (!rises)
        return;
    head->flags |= NJ_SEGMENT_SEQ_RISES;
    head->first_seq = seq[0];
    head->last_seq = seq[n - 1];
}

void nj_segment_survey(const struct nj_columns *columns, struct nj_segment_head *head)
{
    head->min_ts = head->max_ts = head->first_seq = head->last_seq = 0;
    head->mess_from = head->mess_to = columns->n;
    head->flags = 0;
    if (columns->n == 0)
        return;
    survey_ts(columns->ts, columns->n, head);
    if (columns->seq)
        survey_seq(columns->seq, columns->n, head);
}
