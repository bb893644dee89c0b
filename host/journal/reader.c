#include "journal/reader.h"

#include "journal/reader_chain.h"

#include <stdlib.h>
#include <string.h>

struct nj_reader {
    struct nj_reader_options options; /* with copies of what it points to */
    struct nj_shelf shelf;
    struct nj_chain *chains; /* one a stem */
    size_t *heap;            /* chains that have an event in hand, the next one first */
    size_t n_heap;
    bool begun;
    struct nj_reader_stats stats;
    struct nj_error failed; /* code 0: nothing did */
};

/* ---- the merge ------------------------------------------------------------------------------- */

/* Does chain a come before b? */
static bool before(const struct nj_reader *r, size_t a, size_t b)
{
    const struct nj_chain *x = &r->chains[a], *y = &r->chains[b];
    if (r->options.order == NJ_READ_BY_SEQ)
        return x->seq != y->seq ? x->seq < y->seq : a < b;
    return x->time != y->time ? x->time < y->time : a < b;
}

/* heap[at] may be later than its children: lets it sink. */
static void sink(struct nj_reader *r, size_t at)
{
    for (;;) {
        size_t least = at, left = 2 * at + 1;
        if (left < r->n_heap && before(r, r->heap[left], r->heap[least]))
            least = left;
        if (left + 1 < r->n_heap && before(r, r->heap[left + 1], r->heap[least]))
            least = left + 1;
        if (least == at)
            return;
        size_t chain = r->heap[at];
        r->heap[at] = r->heap[least];
        r->heap[least] = chain;
        at = least;
    }
}

/* The first event of each. */
static int begin(struct nj_reader *r, struct nj_error *err)
{
    for (size_t i = 0; i < r->options.n_stems; i++) {
        int rc = nj_chain_next(&r->chains[i], &r->stats, err);
        if (rc < 0)
            return rc;
        if (rc == 1)
            r->heap[r->n_heap++] = i;
    }
    for (size_t i = r->n_heap / 2; i-- > 0;)
        sink(r, i);
    return 0;
}

/* Behind the event that was given last. */
static int advance(struct nj_reader *r, struct nj_error *err)
{
    if (r->n_heap == 0)
        return 0;
    int rc = nj_chain_next(&r->chains[r->heap[0]], &r->stats, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        r->heap[0] = r->heap[--r->n_heap];
    sink(r, 0);
    return 0;
}

int nj_reader_next(struct nj_reader *r, struct nj_read *out, struct nj_error *err)
{
    struct nj_error why = {0};
    if (r->failed.code == 0) {
        int rc = r->begun ? advance(r, &why) : begin(r, &why);
        r->begun = true;
        if (rc < 0)
            r->failed = why;
    }
    if (r->failed.code != 0)
        return nj_error_set(err, r->failed.code, "%s", r->failed.text);
    if (r->n_heap == 0)
        return 0;
    const struct nj_chain *c = &r->chains[r->heap[0]];
    *out = (struct nj_read){.event = c->event,
                            .stem = c->stem,
                            .stem_index = r->heap[0],
                            .path = c->path,
                            .line = c->line.number,
                            .text = c->line.text,
                            .text_len = c->line.len};
    r->stats.events++;
    return 1;
}

void nj_reader_stats(const struct nj_reader *r, struct nj_reader_stats *out)
{
    *out = r->stats;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int out_of_memory(const char *dir, struct nj_error *err)
{
    return nj_error_set(err, NJ_ERR_NOMEM, "journals '%s': out of memory", dir);
}

/* The caller's texts need not outlive the call. */
static int copy_options(struct nj_reader *r, const struct nj_reader_options *given,
                        struct nj_error *err)
{
    size_t n = given->n_stems;
    const char **stems = calloc(n ? n : 1, sizeof *stems);
    r->options = *given;
    r->options.stems = stems;
    r->options.n_stems = 0;
    r->options.dir = strdup(given->dir);
    if (!stems || !r->options.dir)
        return out_of_memory(given->dir, err);
    for (; r->options.n_stems < n; r->options.n_stems++) {
        char *stem = strdup(given->stems[r->options.n_stems]);
        if (!stem)
            return out_of_memory(given->dir, err);
        stems[r->options.n_stems] = stem;
    }
    return 0;
}

int nj_reader_open(struct nj_reader **out, const struct nj_reader_options *options,
                   struct nj_error *err)
{
    struct nj_reader *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return out_of_memory(options->dir, err);
    int rc = copy_options(r, options, err);
    if (rc < 0)
        goto fail;
    size_t n = r->options.n_stems;
    r->chains = calloc(n ? n : 1, sizeof *r->chains);
    r->heap = calloc(n ? n : 1, sizeof *r->heap);
    if (!r->chains || !r->heap) {
        rc = out_of_memory(options->dir, err);
        goto fail;
    }
    r->shelf.dir = r->options.dir;
    r->shelf.glob = n == 1 ? r->options.stems[0] : NULL;
    rc = nj_shelf_list(&r->shelf, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = nj_chain_open(&r->chains[i], &r->options, &r->shelf, r->options.stems[i], err);
    if (rc < 0)
        goto fail;
    *out = r;
    return 0;
fail:
    nj_reader_close(r);
    return rc;
}

void nj_reader_close(struct nj_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; r->chains && i < r->options.n_stems; i++)
        nj_chain_close(&r->chains[i]);
    for (size_t i = 0; r->options.stems && i < r->options.n_stems; i++)
        free((void *)(uintptr_t)r->options.stems[i]);
    free((void *)(uintptr_t)r->options.stems);
    free((void *)(uintptr_t)r->options.dir);
    nj_shelf_clear(&r->shelf);
    free(r->chains);
    free(r->heap);
    free(r);
}
