/* cache_gather.c - pieces of a series: views into segments, and rows copied together from several.
 */
#include "journal/cache_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct nj_columns *new_piece(struct nj_cache *cache, struct nj_error *err)
{
    void *pieces = cache->pieces;
    int rc = nj_cache_grow(cache->pf, &pieces, cache->n_pieces, &cache->cap_pieces,
                           sizeof *cache->pieces, err);
    cache->pieces = pieces;
    return rc == 0 ? &cache->pieces[cache->n_pieces] : NULL;
}

static void piece_done(struct nj_cache *cache, size_t rows)
{
    cache->n_pieces++;
    cache->rows += rows;
}

int nj_cache_view(struct nj_cache *cache, const struct nj_segment *segment, size_t from, size_t to,
                  struct nj_error *err)
{
    if (from >= to)
        return 0;
    struct nj_columns *piece = new_piece(cache, err);
    if (!piece)
        return NJ_ERR_NOMEM;
    *piece = segment->columns;
    piece->n = to - from;
    for (unsigned i = 0; i < NJ_SECTION_ID_TEXT; i++) {
        const char *data = nj_section_data(piece, i);
        if (data)
            nj_section_point(piece, i, data + from * nj_section_width(i));
    }
    piece_done(cache, piece->n);
    return 0;
}

/* ---- copies ---- */

struct gather {
    struct nj_cache *cache;
    const struct nj_row_ref *refs;
    size_t n;
    bool has[NJ_SECTIONS];
    uint8_t (*venue)[256]; /* per segment: its venue -> the piece's */
    bool *known;           /* per segment: its venues are in */
    struct nj_columns columns;
    size_t text_len;
    char *text; /* being filled */
};

/* The text of an id, NULL: the row has none or its place is not in the pool. */
static const char *id_text(const struct nj_columns *c, int64_t id)
{
    uint64_t place = ~(uint64_t)id;
    return id < 0 && id != NJORD_NONE_I64 && place < c->id_text_len ? c->id_text + place : NULL;
}

static int take_venues(struct gather *g, uint32_t segment, struct nj_error *err)
{
    const struct nj_columns *c = &g->cache->segments[segment]->columns;
    struct nj_columns *out = &g->columns;

    memset(g->venue[segment], (int)NJORD_NONE_U8, sizeof g->venue[segment]);
    for (uint32_t i = 0; i < c->n_venues; i++) {
        uint32_t j = 0;
        while (j < out->n_venues && strcmp(out->venues[j], c->venues[i]) != 0)
            j++;
        if (j == NJ_COLUMNS_VENUES)
            return nj_error_set(err, NJ_ERR_LIMIT, "journal '%s': more than %u venues",
                                g->cache->stem, NJ_COLUMNS_VENUES);
        if (j == out->n_venues)
            memcpy(out->venues[out->n_venues++], c->venues[i], NJORD_ASSET_SIZE);
        g->venue[segment][i] = (uint8_t)j;
    }
    return 0;
}

/* Which columns there will be, of which venues, and how long the ids are. */
static int measure(struct gather *g, struct nj_error *err)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct nj_row_ref *r = &g->refs[i];
        const struct nj_columns *c = &g->cache->segments[r->segment]->columns;
        if (!g->known[r->segment]) {
            int rc = take_venues(g, r->segment, err);
            if (rc != 0)
                return rc;
            g->known[r->segment] = true;
            for (unsigned s = 0; s < NJ_SECTION_ID_TEXT; s++)
                g->has[s] |= nj_section_of(s, c->kind) && nj_section_data(c, s) != NULL;
        }
        const char *text = c->id ? id_text(c, c->id[r->row]) : NULL;
        g->text_len += text ? strlen(text) + 1 : 0;
    }
    return 0;
}

static void copy_wide(struct gather *g, enum nj_segment_section section, int64_t *out)
{
    const double nan_value = (double)NAN;
    bool real = section == NJ_SECTION_QUOTE_VOLUME || section == NJ_SECTION_TAKER_VOLUME;
    int64_t none = NJORD_NONE_I64;
    if (real)
        memcpy(&none, &nan_value, sizeof none);
    for (size_t i = 0; i < g->n; i++) {
        const struct nj_columns *c = &g->cache->segments[g->refs[i].segment]->columns;
        const int64_t *data = nj_section_data(c, section);
        out[i] = data ? data[g->refs[i].row] : none;
        if (section != NJ_SECTION_ID || !data || out[i] >= 0)
            continue;
        const char *text = id_text(c, out[i]);
        size_t len = text ? strlen(text) + 1 : 0;
        out[i] = text ? ~(int64_t)g->text_len : NJORD_NONE_I64;
        if (text)
            memcpy(g->text + g->text_len, text, len);
        g->text_len += len;
    }
}

static void copy_narrow(struct gather *g, enum nj_segment_section section, uint8_t *out)
{
    for (size_t i = 0; i < g->n; i++) {
        uint32_t segment = g->refs[i].segment;
        const uint8_t *data = nj_section_data(&g->cache->segments[segment]->columns, section);
        out[i] = data ? data[g->refs[i].row] : NJORD_NONE_U8;
        if (section == NJ_SECTION_VENUE)
            out[i] = g->venue[segment][out[i]];
    }
}

static size_t aligned(size_t len)
{
    return (len + NJ_SEGMENT_ALIGN - 1) / NJ_SEGMENT_ALIGN * NJ_SEGMENT_ALIGN;
}

/* One block of memory for all columns, and the rows into it. */
static int copy_rows(struct gather *g, struct nj_error *err)
{
    struct nj_cache *cache = g->cache;
    size_t size = aligned(g->text_len), at = 0;
    void *blocks = cache->blocks;
    int rc = nj_cache_grow(cache->pf, &blocks, cache->n_blocks, &cache->cap_blocks,
                           sizeof *cache->blocks, err);
    cache->blocks = blocks;
    for (unsigned s = 0; s < NJ_SECTION_ID_TEXT; s++)
        size += g->has[s] ? aligned(g->n * nj_section_width(s)) : 0;
    char *block = rc == 0 ? cache->pf->alloc(cache->pf->ctx, size) : NULL;
    if (!block)
        return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory for %zu rows in order",
                            cache->stem, g->n);
    cache->blocks[cache->n_blocks++] = block;
    if (g->text_len > 0) {
        g->columns.id_text = g->text = block;
        g->columns.id_text_len = g->text_len;
        at = aligned(g->text_len);
    }
    g->text_len = 0;
    for (unsigned s = 0; s < NJ_SECTION_ID_TEXT; s++) {
        if (!g->has[s])
            continue;
        if (nj_section_width(s) == 8)
            copy_wide(g, s, (int64_t *)(void *)(block + at));
        else
            copy_narrow(g, s, (uint8_t *)block + at);
        nj_section_point(&g->columns, s, block + at);
        at += aligned(g->n * nj_section_width(s));
    }
    return 0;
}

int nj_cache_gather(struct nj_cache *cache, const struct nj_row_ref *refs, size_t n,
                    struct nj_error *err)
{
    const struct nj_platform *pf = cache->pf;
    struct gather *g = NULL;
    struct nj_columns *piece;
    int rc = 0;

    if (n == 0)
        return 0;
    g = pf->alloc(pf->ctx, sizeof *g);
    if (!g)
        return nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", cache->stem);
    memset(g, 0, sizeof *g);
    g->cache = cache;
    g->refs = refs;
    g->n = n;
    g->venue = pf->alloc(pf->ctx, cache->n_segments * sizeof *g->venue);
    g->known = pf->alloc(pf->ctx, cache->n_segments);
    if (!g->venue || !g->known) {
        rc = nj_error_set(err, NJ_ERR_NOMEM, "journal '%s': out of memory", cache->stem);
        goto done;
    }
    memset(g->known, 0, cache->n_segments);
    const struct nj_columns *first = &cache->segments[refs[0].segment]->columns;
    g->columns.kind = cache->kind;
    g->columns.n = n;
    memcpy(g->columns.symbol, first->symbol, sizeof first->symbol);
    memcpy(g->columns.timeframe, first->timeframe, sizeof first->timeframe);
    rc = measure(g, err);
    if (rc == 0)
        rc = copy_rows(g, err);
    if (rc == 0 && !(piece = new_piece(cache, err)))
        rc = NJ_ERR_NOMEM;
    if (rc == 0) {
        *piece = g->columns;
        piece_done(cache, n);
    }
done:
    pf->release(pf->ctx, g->venue);
    pf->release(pf->ctx, g->known);
    pf->release(pf->ctx, g);
    return rc;
}
