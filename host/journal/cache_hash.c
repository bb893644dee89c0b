/* cache_hash.c - one name for a series of rows, however they lie in files.
 *
 * SHA-256 over: the text "njord series 1" and its NUL; kind (u32), symbol (32 bytes), timeframe (8)
 * and the number of rows (u64); then each column of the kind in the order of enum
 * nj_segment_section: its number (u32), 1 or 0 (u32: has any row a value?), and with 1 all values
 * in order. Numbers are little-endian, NaN is 0x7ff8000000000000, a venue is its place in the list
 * of venues by first appearance (u8), an id that is text is -1; behind the columns stand the venues
 * in that list and the texts in the order of rows, each with its NUL. A column that no row has a
 * value in counts as absent. */
#include "journal/cache_impl.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 8192u /* rows converted at a time */

struct hashing {
    const struct nj_columns *pieces;
    size_t n_pieces;
    struct nj_sha256 *sha;
    uint8_t venue[256]; /* of the piece at hand -> by first appearance */
    char venues[NJ_COLUMNS_VENUES][NJORD_ASSET_SIZE];
    uint32_t n_venues;
    bool too_many; /* venues, over all files */
    uint64_t block[BLOCK];
};

static void add_u32(struct hashing *h, uint32_t v)
{
    v = htole32(v);
    nj_sha256_add(h->sha, &v, sizeof v);
}

static void add_u64(struct hashing *h, uint64_t v)
{
    v = htole64(v);
    nj_sha256_add(h->sha, &v, sizeof v);
}

static bool is_real(enum nj_segment_section section)
{
    return section >= NJ_SECTION_OPEN && section <= NJ_SECTION_QTY &&
           section != NJ_SECTION_TRADES && section != NJ_SECTION_PARTIAL;
}

/* A value as it is hashed. */
static uint64_t canonical(enum nj_segment_section section, const void *data, size_t row)
{
    if (is_real(section)) {
        double v = ((const double *)data)[row];
        uint64_t bits;
        memcpy(&bits, &v, sizeof bits);
        return isnan(v) ? UINT64_C(0x7ff8000000000000) : bits;
    }
    int64_t v = ((const int64_t *)data)[row];
    return section == NJ_SECTION_ID && v < 0 && v != NJORD_NONE_I64 ? UINT64_MAX : (uint64_t)v;
}

static uint64_t none_of(enum nj_segment_section section)
{
    return is_real(section) ? UINT64_C(0x7ff8000000000000) : (uint64_t)NJORD_NONE_I64;
}

static bool any_value(const struct hashing *h, enum nj_segment_section section)
{
    for (size_t p = 0; p < h->n_pieces; p++) {
        const struct nj_columns *c = &h->pieces[p];
        const void *data = nj_section_data(c, section);
        for (size_t i = 0; data && i < c->n; i++)
            if (nj_section_width(section) == 1 ? ((const uint8_t *)data)[i] != NJORD_NONE_U8
                                               : canonical(section, data, i) != none_of(section))
                return true;
    }
    return false;
}

static void add_wide(struct hashing *h, enum nj_segment_section section, const struct nj_columns *c)
{
    const void *data = nj_section_data(c, section);
    for (size_t done = 0; done < c->n;) {
        size_t part = c->n - done < BLOCK ? c->n - done : BLOCK;
        for (size_t i = 0; i < part; i++)
            h->block[i] = htole64(data ? canonical(section, data, done + i) : none_of(section));
        nj_sha256_add(h->sha, h->block, part * sizeof h->block[0]);
        done += part;
    }
}

/* The number of a venue, by first appearance. */
static uint8_t venue_of(struct hashing *h, const struct nj_columns *c, uint8_t index)
{
    uint32_t i = 0;
    if (index >= c->n_venues)
        return NJORD_NONE_U8;
    if (h->venue[index] != NJORD_NONE_U8)
        return h->venue[index];
    while (i < h->n_venues && strcmp(h->venues[i], c->venues[index]) != 0)
        i++;
    if (i == NJ_COLUMNS_VENUES) {
        h->too_many = true;
        return NJORD_NONE_U8;
    }
    if (i == h->n_venues)
        memcpy(h->venues[h->n_venues++], c->venues[index], NJORD_ASSET_SIZE);
    return h->venue[index] = (uint8_t)i;
}

static void add_narrow(struct hashing *h, enum nj_segment_section section,
                       const struct nj_columns *c)
{
    const uint8_t *data = nj_section_data(c, section);
    uint8_t *block = (uint8_t *)h->block;
    memset(h->venue, (int)NJORD_NONE_U8, sizeof h->venue);
    for (size_t done = 0; done < c->n;) {
        size_t part = c->n - done < sizeof h->block ? c->n - done : sizeof h->block;
        for (size_t i = 0; i < part; i++) {
            block[i] = data ? data[done + i] : NJORD_NONE_U8;
            if (section == NJ_SECTION_VENUE)
                block[i] = venue_of(h, c, block[i]);
        }
        nj_sha256_add(h->sha, block, part);
        done += part;
    }
}

static void add_texts(struct hashing *h)
{
    for (uint32_t i = 0; i < h->n_venues; i++)
        nj_sha256_add(h->sha, h->venues[i], strlen(h->venues[i]) + 1);
    for (size_t p = 0; p < h->n_pieces; p++) {
        const struct nj_columns *c = &h->pieces[p];
        for (size_t i = 0; c->id && c->id_text && i < c->n; i++) {
            uint64_t place = ~(uint64_t)c->id[i];
            if (c->id[i] < 0 && c->id[i] != NJORD_NONE_I64 && place < c->id_text_len)
                nj_sha256_add(h->sha, c->id_text + place, strlen(c->id_text + place) + 1);
        }
    }
}

int nj_columns_hash(enum nj_columns_kind kind, const struct nj_columns *pieces, size_t n_pieces,
                    char out[NJ_SHA256_HEX], struct nj_error *err)
{
    static const char opening[] = "njord series 1";
    struct hashing *h = calloc(1, sizeof *h);
    struct nj_columns none = {.n = 0};
    const struct nj_columns *first = n_pieces > 0 ? &pieces[0] : &none;
    uint8_t hash[NJ_SHA256_SIZE];
    uint64_t rows = 0;
    int rc = 0;

    if (!h || !(h->sha = nj_sha256_new())) {
        free(h);
        return nj_error_set(err, NJ_ERR_NOMEM, "series: out of memory");
    }
    h->pieces = pieces;
    h->n_pieces = n_pieces;
    for (size_t p = 0; p < n_pieces; p++)
        rows += pieces[p].n;
    nj_sha256_add(h->sha, opening, sizeof opening);
    add_u32(h, (uint32_t)kind);
    nj_sha256_add(h->sha, first->symbol, sizeof first->symbol);
    nj_sha256_add(h->sha, first->timeframe, sizeof first->timeframe);
    add_u64(h, rows);
    for (unsigned s = 0; s < NJ_SECTION_ID_TEXT; s++) {
        if (!nj_section_of(s, kind))
            continue;
        bool any = any_value(h, s);
        add_u32(h, s);
        add_u32(h, any);
        for (size_t p = 0; any && p < n_pieces; p++) {
            if (nj_section_width(s) == 8)
                add_wide(h, s, &pieces[p]);
            else
                add_narrow(h, s, &pieces[p]);
        }
    }
    add_texts(h);
    if (h->too_many)
        rc = nj_error_set(err, NJ_ERR_LIMIT, "more than %u venues", NJ_COLUMNS_VENUES);
    else if (nj_sha256_end(h->sha, hash) != 0)
        rc = nj_error_set(err, NJ_ERR_INTERNAL, "SHA-256 is not to be had");
    else
        nj_hex(hash, sizeof hash, out);
    nj_sha256_free(h->sha);
    free(h);
    return rc;
}

int nj_cache_hash(struct nj_cache *cache, char out[NJ_SHA256_HEX], struct nj_error *err)
{
    int rc = nj_columns_hash(cache->kind, cache->pieces, cache->n_pieces, out, err);
    return rc == 0 ? 0 : nj_error_context(err, "journal '%s'", cache->stem);
}
