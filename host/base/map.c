#include "base/map.h"

#include <stdlib.h>
#include <string.h>

uint64_t nj_hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037ull;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211ull;
    return hash;
}

/* The slot that holds `key`, or the empty one where it would go. Slots are a power of two and never
 * full. */
static size_t slot_of(const struct nj_map *map, const char *key, uint64_t hash)
{
    size_t mask = map->n_slots - 1, at = (size_t)hash & mask;
    for (;; at = (at + 1) & mask) {
        if (map->slots[at] == 0)
            return at;
        const struct nj_map_entry *e = &map->entries[map->slots[at] - 1];
        if (e->key && e->hash == hash && strcmp(e->key, key) == 0)
            return at;
    }
}

/* Makes room for one more entry: drops the removed ones and spreads the slots anew. */
static bool rebuild(struct nj_map *map)
{
    size_t n_slots = 16;
    while (n_slots < (map->n_live + 1) * 3)
        n_slots *= 2;
    size_t cap = n_slots / 2;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    struct nj_map_entry *entries = malloc(cap * sizeof *entries);
    if (!slots || !entries) {
        free(slots);
        free(entries);
        return false;
    }
    size_t n = 0;
    for (size_t i = 0; i < map->n_entries; i++)
        if (map->entries[i].key)
            entries[n++] = map->entries[i];
    free(map->slots);
    free(map->entries);
    map->entries = entries;
    map->slots = slots;
    map->n_entries = map->n_live = n;
    map->cap_entries = cap;
    map->n_slots = n_slots;
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)entries[i].hash & (n_slots - 1);
        while (slots[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = (uint32_t)(i + 1);
    }
    return true;
}

void *nj_map_get(const struct nj_map *map, const char *key)
{
    if (map->n_slots == 0)
        return NULL;
    size_t at = slot_of(map, key, nj_hash_text(key));
    return map->slots[at] ? map->entries[map->slots[at] - 1].value : NULL;
}

bool nj_map_put(struct nj_map *map, const char *key, void *value)
{
    uint64_t hash = nj_hash_text(key);
    if (map->n_slots > 0) {
        size_t at = slot_of(map, key, hash);
        if (map->slots[at]) {
            map->entries[map->slots[at] - 1].value = value;
            return true;
        }
    }
    if (map->n_entries == map->cap_entries && !rebuild(map))
        return false;
    char *copy = strdup(key);
    if (!copy)
        return false;
    map->slots[slot_of(map, key, hash)] = (uint32_t)(map->n_entries + 1);
    map->entries[map->n_entries++] = (struct nj_map_entry){copy, hash, value};
    map->n_live++;
    return true;
}

void *nj_map_remove(struct nj_map *map, const char *key)
{
    if (map->n_slots == 0)
        return NULL;
    size_t at = slot_of(map, key, nj_hash_text(key));
    if (map->slots[at] == 0)
        return NULL;
    struct nj_map_entry *e = &map->entries[map->slots[at] - 1];
    void *value = e->value;
    free(e->key); /* the slot stays taken: later keys of its run are still found through it */
    e->key = NULL;
    e->value = NULL;
    map->n_live--;
    return value;
}

size_t nj_map_count(const struct nj_map *map)
{
    return map->n_live;
}

const struct nj_map_entry *nj_map_next(const struct nj_map *map, size_t *at)
{
    while (*at < map->n_entries) {
        const struct nj_map_entry *e = &map->entries[(*at)++];
        if (e->key)
            return e;
    }
    return NULL;
}

void nj_map_free(struct nj_map *map, void (*free_value)(void *value))
{
    for (size_t i = 0; i < map->n_entries; i++) {
        if (map->entries[i].key && free_value)
            free_value(map->entries[i].value);
        free(map->entries[i].key);
    }
    free(map->entries);
    free(map->slots);
    *map = (struct nj_map){0};
}
