#include "trade/idset.h"

#include <stdlib.h>

__extension__ typedef unsigned __int128 uwide;

enum { FIRST_CAP = 64 };

#define WIDE(hi, lo) (((uwide)(hi) << 64) | (uwide)(lo))

struct nj_id nj_id_more(struct nj_id seed, const void *data, size_t len)
{
    const unsigned char *at = data;
    const uwide prime = WIDE(UINT64_C(0x0000000001000000), UINT64_C(0x000000000000013b));
    uwide hash = WIDE(seed.hi, seed.lo);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uwide)at[i]) * prime;
    return (struct nj_id){(uint64_t)(hash >> 64), (uint64_t)hash, 0};
}

struct nj_id nj_id_of(const void *data, size_t len)
{
    const struct nj_id basis = {UINT64_C(0x6c62272e07bb0142), UINT64_C(0x62b821756295c58d), 0};
    return nj_id_more(basis, data, len);
}

void nj_idset_init(struct nj_idset *set, uint32_t bound)
{
    *set = (struct nj_idset){.bound = bound};
}

void nj_idset_free(struct nj_idset *set)
{
    free(set->ring);
    free(set->slots);
    *set = (struct nj_idset){.bound = set->bound};
}

static bool same(const struct nj_id *a, const struct nj_id *b)
{
    return a->hi == b->hi && a->lo == b->lo;
}

static uint32_t home_of(const struct nj_idset *set, const struct nj_id *id)
{
    uint64_t h = (id->hi ^ id->lo) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(h >> 32) & (set->cap * 2 - 1);
}

/* The slot of an id, or the empty one where it would go. */
static uint32_t slot_of(const struct nj_idset *set, const struct nj_id *id)
{
    uint32_t mask = set->cap * 2 - 1, at = home_of(set, id);
    while (set->slots[at] && !same(&set->ring[set->slots[at] - 1], id))
        at = (at + 1) & mask;
    return at;
}

const struct nj_id *nj_idset_find(const struct nj_idset *set, struct nj_id id)
{
    if (set->count == 0)
        return NULL;
    uint32_t at = slot_of(set, &id);
    return set->slots[at] ? &set->ring[set->slots[at] - 1] : NULL;
}

const struct nj_id *nj_idset_at(const struct nj_idset *set, uint32_t n)
{
    return n < set->count ? &set->ring[(set->first + n) & (set->cap - 1)] : NULL;
}

const struct nj_id *nj_idset_oldest(const struct nj_idset *set)
{
    return nj_idset_at(set, 0);
}

void nj_idset_drop_oldest(struct nj_idset *set)
{
    if (set->count == 0)
        return;
    uint32_t mask = set->cap * 2 - 1, hole = slot_of(set, &set->ring[set->first]);
    set->slots[hole] = 0;
    /* Those behind it move up, so that a search never meets a hole before its end. */
    for (uint32_t at = (hole + 1) & mask; set->slots[at]; at = (at + 1) & mask) {
        uint32_t home = home_of(set, &set->ring[set->slots[at] - 1]);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            set->slots[hole] = set->slots[at];
            set->slots[at] = 0;
            hole = at;
        }
    }
    set->first = (set->first + 1) & (set->cap - 1);
    set->count--;
}

static bool grow(struct nj_idset *set)
{
    uint32_t cap = set->cap ? set->cap * 2 : FIRST_CAP;
    struct nj_id *ring = malloc(cap * sizeof *ring);
    uint32_t *slots = calloc(cap * (size_t)2, sizeof *slots);
    if (cap > UINT32_C(1) << 30 || !ring || !slots) {
        free(ring);
        free(slots);
        return false;
    }
    struct nj_idset bigger = {ring, slots, 0, set->count, cap, set->bound};
    for (uint32_t n = 0; n < set->count; n++) {
        ring[n] = *nj_idset_at(set, n);
        slots[slot_of(&bigger, &ring[n])] = n + 1;
    }
    free(set->ring);
    free(set->slots);
    *set = bigger;
    return true;
}

bool nj_idset_add(struct nj_idset *set, struct nj_id id)
{
    if (set->count) {
        uint32_t at = slot_of(set, &id);
        if (set->slots[at]) {
            set->ring[set->slots[at] - 1].ts_ns = id.ts_ns;
            return true;
        }
    }
    if (set->count >= set->bound)
        nj_idset_drop_oldest(set);
    if (set->count == set->cap && !grow(set))
        return false;
    uint32_t place = (set->first + set->count) & (set->cap - 1);
    set->ring[place] = id;
    set->slots[slot_of(set, &id)] = place + 1;
    set->count++;
    return true;
}

/* ---- saved -----------------------------------------------------------------------------------
 */

enum { SAVED = 24 };

static void put64(unsigned char *out, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)(v >> 8 * i);
}

static uint64_t take64(const unsigned char *from)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v |= (uint64_t)from[i] << 8 * i;
    return v;
}

bool nj_idset_put(const struct nj_idset *set, struct nj_buf *out)
{
    if (!nj_buf_reserve(out, (size_t)set->count * SAVED))
        return false;
    for (uint32_t n = 0; n < set->count; n++) {
        const struct nj_id *id = nj_idset_at(set, n);
        unsigned char bytes[SAVED];
        put64(bytes, id->hi);
        put64(bytes + 8, id->lo);
        put64(bytes + 16, (uint64_t)id->ts_ns);
        nj_buf_add(out, bytes, SAVED);
    }
    return true;
}

int nj_idset_take(struct nj_idset *set, const void *data, size_t len, const char *what,
                  struct nj_error *err)
{
    const unsigned char *at = data;
    if (len % SAVED != 0 || len / SAVED > set->bound || set->count > 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s: expected at most %u ids of %d bytes", what,
                            (unsigned)set->bound, SAVED);
    for (size_t n = 0; n < len / SAVED; n++, at += SAVED) {
        struct nj_id id = {take64(at), take64(at + 8), (int64_t)take64(at + 16)};
        if (nj_idset_find(set, id))
            return nj_error_set(err, NJ_ERR_INPUT, "%s: entry %zu stands twice", what, n);
        if (!nj_idset_add(set, id))
            return nj_error_set(err, NJ_ERR_NOMEM, "%s: out of memory", what);
    }
    return 0;
}
