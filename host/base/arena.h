/* arena.h - memory that is taken piece by piece and given back all at once.
 *
 * For trees that live and die as a whole (a parsed file, a loaded configuration). Owned by whoever
 * declared it; nj_arena_free() ends it and every pointer it gave. Pieces are aligned for any type
 * and filled with zeros. */
#ifndef NJ_BASE_ARENA_H
#define NJ_BASE_ARENA_H

#include <stddef.h>

struct nj_arena {
    struct nj_arena_block *blocks; /* the newest first */
};

/* A piece of `len` bytes (0 gives a valid pointer too); NULL: out of memory. */
void *nj_arena_take(struct nj_arena *arena, size_t len);
/* `n` pieces of `size` bytes in one run. */
void *nj_arena_take_array(struct nj_arena *arena, size_t n, size_t size);
/* A copy of `len` bytes with a NUL behind them. */
char *nj_arena_text(struct nj_arena *arena, const char *text, size_t len);
void nj_arena_free(struct nj_arena *arena);

#endif
