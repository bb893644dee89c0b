/* map.h - text keys to pointers: a hash table with open addressing that keeps the order of
 * insertion.
 *
 * Keys are copied, values are the caller's. Iteration goes by insertion, so that output made from
 * it is the same every time. */
#ifndef NJ_BASE_MAP_H
#define NJ_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_map_entry {
    char *key; /* NULL: removed */
    uint64_t hash;
    void *value;
};

struct nj_map {
    struct nj_map_entry *entries; /* by insertion */
    uint32_t *slots;              /* index + 1 into entries, 0: empty */
    size_t n_entries, cap_entries, n_slots, n_live;
};

/* The value of a key, NULL: none. */
void *nj_map_get(const struct nj_map *map, const char *key);
/* Sets or replaces; false for want of memory. `value` must not be NULL. */
bool nj_map_put(struct nj_map *map, const char *key, void *value);
/* Takes a key out and returns its value, NULL: none. */
void *nj_map_remove(struct nj_map *map, const char *key);
size_t nj_map_count(const struct nj_map *map);
/* The next live entry at or after *at, which is moved behind it; NULL at the end. Start with *at =
 * 0. Removing the entry just returned is allowed, adding is not. */
const struct nj_map_entry *nj_map_next(const struct nj_map *map, size_t *at);
/* Ends it; `free_value` (may be NULL) is called on each value. */
void nj_map_free(struct nj_map *map, void (*free_value)(void *value));

/* FNV-1a of a text, for those who need a hash that is the same on every run. */
uint64_t nj_hash_text(const char *text);

#endif
