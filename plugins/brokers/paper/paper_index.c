/* paper_index.c - finding an item of an array by its name, which stands at its start. */
#include "paper_impl.h"

/* FNV-1a (Fowler, Noll, Vo) */
static size_t hash(const char *name)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    return (size_t)(h ^ (h >> 32));
}

/* The slot where a name is, or where it would go. */
static size_t slot_of(const struct paper_index *index, const void *items, size_t size,
                      const char *name)
{
    size_t at = hash(name) & (index->n - 1);
    while (index->slots[at] != 0 &&
           strcmp((const char *)items + (index->slots[at] - 1) * size, name) != 0)
        at = (at + 1) & (index->n - 1);
    return at;
}

int64_t paper_index_find(const struct paper_index *index, const void *items, size_t size,
                         const char *name)
{
    return index->n ? (int64_t)index->slots[slot_of(index, items, size, name)] - 1 : -1;
}

static void enter(struct paper_index *index, const void *items, size_t size, size_t at)
{
    index->slots[slot_of(index, items, size, (const char *)items + at * size)] = (uint32_t)(at + 1);
}

njord_status paper_index_all(struct paper_index *index, const void *items, size_t size, size_t n)
{
    size_t room = 64;
    while (room < 4 * n)
        room *= 2;
    if (room != index->n) {
        uint32_t *slots = realloc(index->slots, room * sizeof *slots);
        if (!slots)
            return NJORD_E_NOMEM;
        index->slots = slots;
        index->n = room;
    }
    memset(index->slots, 0, index->n * sizeof *index->slots);
    for (size_t i = 0; i < n; i++)
        enter(index, items, size, i);
    return NJORD_OK;
}

int64_t paper_index_append(struct paper_index *index, void *items, size_t size, size_t name_size,
                           size_t *n, const char *name)
{
    char *all;
    if (*n >= UINT32_MAX / 8 || strlen(name) >= name_size)
        return -1;
    memcpy(&all, items, sizeof all);
    if ((*n & (*n - 1)) == 0) { /* 0 or a power of two: as many are allocated */
        all = realloc(all, (*n ? *n * 2 : 1) * size);
        if (!all)
            return -1;
        memcpy(items, &all, sizeof all);
    }
    memset(all + *n * size, 0, size);
    memcpy(all + *n * size, name, strlen(name) + 1);
    if (2 * (*n + 1) > index->n && paper_index_all(index, all, size, *n) != NJORD_OK)
        return -1;
    enter(index, all, size, *n);
    return (int64_t)(*n)++;
}
