#include "journal/cache_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define TRIES 8 /* of a folder whose files are renamed while it is read */

int nj_cache_grow(const struct nj_platform *pf, void **array, size_t n, size_t *cap, size_t size,
                  struct nj_error *err)
{
    if (n < *cap)
        return 0;
    size_t more = *cap ? 2 * *cap : 16;
    void *grown = pf->alloc(pf->ctx, more * size);
    if (!grown)
        return nj_error_set(err, NJ_ERR_NOMEM, "column cache: out of memory");
    if (n > 0)
        memcpy(grown, *array, n * size);
    pf->release(pf->ctx, *array);
    *array = grown;
    *cap = more;
    return 0;
}

/* ---- the segments of one source -------------------------------------------------------------- */

/* What is there of one source: segments that follow one another. */
struct chain {
    struct nj_segment *segments[NJ_CACHE_CHAIN + 1];
    char paths[NJ_CACHE_CHAIN + 1][NJ_PATH_MAX];
    size_t n;
};

static void chain_cut(struct nj_cache *cache, struct chain *chain, size_t n)
{
    while (chain->n > n)
        nj_segment_close(chain->segments[--chain->n], cache->pf);
}

static const struct nj_segment_head *chain_end(const struct chain *chain)
{
    return &chain->segments[chain->n - 1]->head;
}

/* Does a segment continue the chain, and may it be used here? */
static bool fits(const struct nj_cache *cache, const struct nj_cache_source *source,
                 const struct chain *chain, const struct nj_segment_head *h)
{
    static const uint8_t none[NJ_SHA256_SIZE];
    const struct nj_segment_head *before = chain->n > 0 ? chain_end(chain) : NULL;

    return h->kind == (uint32_t)cache->kind && h->source_dev == source->dev &&
           h->source_ino == source->ino && h->source_from == (before ? before->source_to : 0) &&
           (h->source_to > h->source_from || !before) &&
           memcmp(h->previous, before ? before->head_hash : none, sizeof h->previous) == 0 &&
           (cache->options.skip_bad || h->bad == 0);
}

/* Opens the next segment of the chain: of a live file the one that reaches furthest, in whichever
 * place it is. */
static bool chain_extend(struct nj_cache *cache, const struct nj_cache_source *source,
                         struct chain *chain)
{
    struct nj_segment *best = NULL;
    uint64_t from = chain->n > 0 ? chain_end(chain)->source_to : 0;

    for (size_t i = 0; i < cache->n_places && (source->live || !best); i++) {
        char path[NJ_PATH_MAX];
        struct nj_segment *s;
        if (nj_cache_path(&cache->places[i], source->name, from, path, sizeof path, NULL) != 0 ||
            nj_segment_open(&s, cache->pf, path, NULL) != 0)
            continue;
        if (!fits(cache, source, chain, &s->head) ||
            (best && best->head.source_to >= s->head.source_to)) {
            nj_segment_close(s, cache->pf);
            continue;
        }
        nj_segment_close(best, cache->pf);
        best = s;
        memcpy(chain->paths[chain->n], path, sizeof path);
    }
    if (best)
        chain->segments[chain->n++] = best;
    return best != NULL;
}

/* The segments of a source that hold; what is missing then is everything behind their end. */
static int chain_open(struct nj_cache *cache, const struct nj_cache_source *source,
                      struct chain *chain, enum nj_cache_verdict *verdict, struct nj_error *err)
{
    int rc = 0;

    *verdict = NJ_CACHE_CHANGED;
    chain->n = 0;
    while (chain->n < (source->live ? NJ_CACHE_CHAIN : 1) && chain_extend(cache, source, chain))
        ;
    if (chain->n == 0)
        return 0;
    rc = nj_cache_key_judge(cache->pf, source, chain_end(chain), verdict, err);
    for (size_t i = 0;
         rc == 0 && *verdict != NJ_CACHE_CHANGED && cache->options.verify && i < chain->n; i++) {
        bool same;
        rc = nj_cache_key_verify(cache->pf, source, &chain->segments[i]->head, &same, err);
        if (rc == 0 && (!same || nj_segment_verify(chain->segments[i], NULL) != 0))
            *verdict = NJ_CACHE_CHANGED;
    }
    if (rc != 0 || *verdict == NJ_CACHE_CHANGED)
        chain_cut(cache, chain, 0);
    return rc;
}

/* Where the next segment begins. A chain that is full loses its newest ones, down to the first that
 * is longer than all behind it: each row is merged a few times at most, however often a file grows.
 */
static size_t merge_from(const struct chain *chain, uint64_t now)
{
    size_t at = chain->n;
    if (at < NJ_CACHE_CHAIN)
        return at;
    uint64_t end = now;
    at--;
    while (at > 0) {
        const struct nj_segment_head *before = &chain->segments[at - 1]->head;
        const struct nj_segment_head *here = &chain->segments[at]->head;
        if (before->source_to - before->source_from > end - here->source_from)
            break;
        at--;
    }
    return at;
}

static int take_segment(struct nj_cache *cache, struct nj_segment *segment, struct nj_error *err)
{
    int rc = nj_cache_grow(cache->pf, (void **)&cache->segments, cache->n_segments,
                           &cache->cap_segments, sizeof(struct nj_segment *), err);
    if (rc == 0)
        cache->segments[cache->n_segments++] = segment;
    return rc;
}

/* Every segment of a source into the cache, made where there is none. */
static int load_source(struct nj_cache *cache, const struct nj_cache_source *source,
                       struct chain *chain, struct nj_error *err)
{
    enum nj_cache_verdict verdict;
    struct nj_segment *made = NULL;
    int rc = chain_open(cache, source, chain, &verdict, err);

    if (rc == 0 && verdict == NJ_CACHE_GREW) {
        size_t keep =
            cache->options.no_write ? chain->n : merge_from(chain, chain_end(chain)->source_to);
        const struct nj_segment_head *end = keep > 0 ? &chain->segments[keep - 1]->head : NULL;
        rc = nj_cache_build(cache, source, end ? end->source_to : 0,
                            end ? end->lines_before + end->lines : 0, end ? end->head_hash : NULL,
                            &made, err);
        if (rc == 0 && made)
            chain_cut(cache, chain, keep);
    } else if (rc == 0 && verdict == NJ_CACHE_CHANGED) {
        rc = nj_cache_build(cache, source, 0, 0, NULL, &made, err);
    }
    if (rc != 0) {
        chain_cut(cache, chain, 0);
        return rc;
    }
    for (size_t i = 0; i < chain->n; i++)
        if (!nj_map_put(&cache->used, chain->paths[i], cache))
            rc = nj_error_set(err, NJ_ERR_NOMEM, "column cache: out of memory");
    if (made)
        chain->segments[chain->n++] = made;
    for (size_t i = 0; i < chain->n; i++) {
        if (rc == 0)
            rc = take_segment(cache, chain->segments[i], err);
        if (rc != 0)
            nj_segment_close(chain->segments[i], cache->pf);
    }
    return rc;
}

/* ---- the journal ----------------------------------------------------------------------------- */

static void drop_segments(struct nj_cache *cache)
{
    for (size_t i = 0; i < cache->n_segments; i++)
        nj_segment_close(cache->segments[i], cache->pf);
    cache->n_segments = 0;
    nj_map_free(&cache->used, NULL);
    memset(&cache->used, 0, sizeof cache->used);
}

static int list(const struct nj_cache *cache, struct nj_journal_files *out, struct nj_error *err)
{
    return nj_journal_list(cache->dir, cache->stem, out, err);
}

/* Are these the same files, by name and inode? */
static bool same_files(const struct nj_journal_files *a, const struct nj_journal_files *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        const struct nj_journal_file *x = &a->files[i], *y = &b->files[i];
        same = x->day == y->day && x->part == y->part && x->gz == y->gz && x->dev == y->dev &&
               x->ino == y->ino;
    }
    return same;
}

/* All sources as they were at one moment. NJ_ERR_LOST: files were renamed meanwhile. */
static int load_all(struct nj_cache *cache, struct nj_error *err)
{
    struct nj_journal_files files = {0}, again = {0};
    struct nj_cache_source source;
    struct chain *chain = NULL;
    int rc = list(cache, &files, err);

    if (rc != 0)
        return rc;
    if (files.n == 0) {
        rc = nj_error_set(err, NJ_ERR_NOT_FOUND, "folder '%s': no journal '%s'", cache->dir,
                          cache->stem);
        goto done;
    }
    chain = cache->pf->alloc(cache->pf->ctx, sizeof *chain);
    if (!chain)
        rc = nj_error_set(err, NJ_ERR_NOMEM, "column cache: out of memory");
    for (size_t i = 0; rc == 0 && i < files.n; i++) {
        const struct nj_journal_file *f = &files.files[i];
        memset(&source, 0, sizeof source);
        source.live = f->day == NJ_DAY_LIVE && !f->gz;
        source.dev = f->dev;
        source.ino = f->ino;
        rc = nj_journal_name_make(f, source.name, sizeof source.name, err);
        if (rc == 0)
            rc = nj_path_join(source.path, sizeof source.path, cache->dir, source.name, err);
        if (rc == 0)
            rc = load_source(cache, &source, chain, err);
    }
    if (rc == 0)
        rc = list(cache, &again, err);
    if (rc == 0 && !same_files(&files, &again))
        rc = nj_error_set(err, NJ_ERR_LOST, "folder '%s': its files change while they are read",
                          cache->dir);
done:
    cache->pf->release(cache->pf->ctx, chain);
    nj_journal_files_free(&files);
    nj_journal_files_free(&again);
    return rc;
}

static int prepare(struct nj_cache *cache, const struct nj_cache_options *o, struct nj_error *err)
{
    cache->pf = o->platform ? o->platform : nj_platform_system();
    cache->options = *o;
    cache->options.dir = cache->dir;
    cache->options.stem = cache->stem;
    if (snprintf(cache->dir, sizeof cache->dir, "%s", o->dir) >= (int)sizeof cache->dir)
        return nj_error_set(err, NJ_ERR_LIMIT, "folder '%s': too long", o->dir);
    if (!nj_stem_parse(o->stem, &cache->what) ||
        snprintf(cache->stem, sizeof cache->stem, "%s", o->stem) >= (int)sizeof cache->stem ||
        !cache->what.topic)
        return nj_error_set(err, NJ_ERR_INPUT, "'%s': no journal of bars or trades", o->stem);
    switch (cache->what.topic->type) {
    case NJORD_EV_BAR:
        cache->kind = NJ_COLUMNS_BARS;
        break;
    case NJORD_EV_TRADE:
        cache->kind = NJ_COLUMNS_TRADES;
        break;
    default:
        return nj_error_set(err, NJ_ERR_INPUT, "'%s': no journal of bars or trades", o->stem);
    }
    cache->low = o->from_ns;
    cache->high = o->to_ns == INT64_MAX ? INT64_MAX : o->to_ns - (o->to_ns > INT64_MIN);
    cache->nothing = o->to_ns == INT64_MIN || cache->low > cache->high;
    cache->pending = cache->pf->alloc(cache->pf->ctx, NJ_CACHE_PENDING * sizeof *cache->pending);
    if (!cache->pending)
        return nj_error_set(err, NJ_ERR_NOMEM, "column cache: out of memory");
    return nj_cache_places(cache, err);
}

int nj_cache_open(struct nj_cache **out, const struct nj_cache_options *options,
                  struct nj_error *err)
{
    const struct nj_platform *pf = options->platform ? options->platform : nj_platform_system();
    struct nj_cache *cache = pf->alloc(pf->ctx, sizeof *cache);
    struct nj_error own;
    int rc;

    *out = NULL;
    if (!err)
        err = &own;
    if (!cache)
        return nj_error_set(err, NJ_ERR_NOMEM, "column cache: out of memory");
    memset(cache, 0, sizeof *cache);
    rc = prepare(cache, options, err);
    if (rc != 0)
        goto fail;
    rc = NJ_ERR_LOST;
    for (int i = 0; i < TRIES && rc == NJ_ERR_LOST; i++) {
        drop_segments(cache);
        rc = load_all(cache, err);
        nj_cache_publish(cache);
    }
    if (rc == 0 || rc == NJ_ERR_NOT_FOUND)
        nj_cache_sweep(cache);
    for (size_t i = 0; i < cache->n_segments; i++)
        cache->bad += cache->segments[i]->head.bad;
    if (rc == 0)
        rc = nj_cache_series(cache, err);
    if (rc != 0)
        goto fail;
    err->code = 0;
    memcpy(err->text, cache->warning, sizeof err->text);
    *out = cache;
    return 0;
fail:
    nj_cache_close(cache);
    return rc;
}

void nj_cache_close(struct nj_cache *cache)
{
    if (!cache)
        return;
    const struct nj_platform *pf = cache->pf;
    drop_segments(cache);
    for (size_t i = 0; i < cache->n_blocks; i++)
        pf->release(pf->ctx, cache->blocks[i]);
    pf->release(pf->ctx, cache->blocks);
    pf->release(pf->ctx, cache->pieces);
    pf->release(pf->ctx, cache->segments);
    pf->release(pf->ctx, cache->pending);
    pf->release(pf->ctx, cache);
}

size_t nj_cache_pieces(const struct nj_cache *cache, const struct nj_columns **pieces)
{
    *pieces = cache->pieces;
    return cache->n_pieces;
}

uint64_t nj_cache_bad(const struct nj_cache *cache)
{
    return cache->bad;
}

int nj_cache_info(struct nj_cache *cache, struct nj_cache_info *out, struct nj_error *err)
{
    int rc = cache->hash[0] ? 0 : nj_cache_hash(cache, cache->hash, err);
    if (rc != 0)
        return rc;
    memset(out, 0, sizeof *out);
    out->rows = cache->rows;
    out->bad = cache->bad;
    out->duplicates = cache->duplicates;
    out->built = cache->built;
    for (size_t i = 0; i < cache->n_segments; i++)
        out->segments += cache->segments[i]->map != NULL;
    if (cache->n_pieces > 0) {
        const struct nj_columns *last = &cache->pieces[cache->n_pieces - 1];
        out->first_ns = cache->pieces[0].ts[0];
        out->last_ns = last->ts[last->n - 1];
    }
    memcpy(out->hash, cache->hash, sizeof out->hash);
    return 0;
}
