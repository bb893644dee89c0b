#include "bus/fifo.h"

#include <stdlib.h>

#define CHUNK_BYTES 65536u

static struct nj_fifo_chunk *chunk_new(struct nj_fifo *fifo, size_t need)
{
    struct nj_fifo_chunk *chunk = fifo->spare;
    if (chunk && chunk->cap >= need) {
        fifo->spare = NULL;
    } else {
        size_t cap = need > CHUNK_BYTES ? need : CHUNK_BYTES;
        chunk = malloc(sizeof *chunk + cap);
        if (!chunk)
            return NULL;
        chunk->cap = cap;
    }
    chunk->next = NULL;
    chunk->head = chunk->tail = 0;
    return chunk;
}

bool nj_fifo_grow(struct nj_fifo *fifo, size_t need)
{
    struct nj_fifo_chunk *chunk = chunk_new(fifo, need);
    if (!chunk)
        return false;
    if (fifo->last)
        fifo->last->next = chunk;
    else
        fifo->first = chunk;
    fifo->last = chunk;
    return true;
}

void nj_fifo_drop(struct nj_fifo *fifo)
{
    struct nj_fifo_chunk *chunk = fifo->first;
    fifo->first = chunk->next;
    if (!fifo->spare && chunk->cap == CHUNK_BYTES)
        fifo->spare = chunk;
    else
        free(chunk);
}

void *nj_fifo_next(const struct nj_fifo *fifo, struct nj_fifo_cursor *cursor)
{
    if (!cursor->chunk) {
        cursor->chunk = fifo->first;
        cursor->at = fifo->first ? fifo->first->head : 0;
    }
    while (cursor->chunk && cursor->at == cursor->chunk->tail) {
        if (!cursor->chunk->next)
            return NULL;
        cursor->chunk = cursor->chunk->next;
        cursor->at = cursor->chunk->head;
    }
    if (!cursor->chunk)
        return NULL;
    uint64_t *record = ((struct nj_fifo_chunk *)cursor->chunk)->data + cursor->at / 8;
    cursor->at += nj_fifo_bytes((size_t)record[0]);
    return record + 1;
}

void nj_fifo_free(struct nj_fifo *fifo)
{
    while (fifo->first) {
        struct nj_fifo_chunk *next = fifo->first->next;
        free(fifo->first);
        fifo->first = next;
    }
    free(fifo->spare);
    *fifo = (struct nj_fifo){0};
}
