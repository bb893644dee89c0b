#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384

struct nj_arena_block {
    struct nj_arena_block *next;
    size_t used, cap;
    max_align_t data[];
};

void *nj_arena_take(struct nj_arena *arena, size_t len)
{
    const size_t unit = sizeof(max_align_t);
    if (len > SIZE_MAX / 2)
        return NULL;
    len = len == 0 ? unit : (len + unit - 1) / unit * unit;
    struct nj_arena_block *block = arena->blocks;
    if (!block || block->cap - block->used < len) {
        size_t cap = len > BLOCK_BYTES ? len : BLOCK_BYTES;
        block = malloc(sizeof *block + cap);
        if (!block)
            return NULL;
        *block = (struct nj_arena_block){arena->blocks, 0, cap};
        arena->blocks = block;
    }
    char *piece = (char *)block->data + block->used;
    block->used += len;
    memset(piece, 0, len);
    return piece;
}

void *nj_arena_take_array(struct nj_arena *arena, size_t n, size_t size)
{
    return size > 0 && n > SIZE_MAX / 2 / size ? NULL : nj_arena_take(arena, n * size);
}

char *nj_arena_text(struct nj_arena *arena, const char *text, size_t len)
{
    char *copy = len < SIZE_MAX / 2 ? nj_arena_take(arena, len + 1) : NULL;
    if (copy && len > 0)
        memcpy(copy, text, len);
    return copy;
}

void nj_arena_free(struct nj_arena *arena)
{
    while (arena->blocks) {
        struct nj_arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
}
