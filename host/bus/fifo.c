#include "bus/fifo.h"

#include <stdlib.h>

#define CHUNK_BYTES 65536u

/* A record: its size in a word of its own, then its bytes. */
static size_t record_bytes(size_t size)
{
    return 8 + ((size + 7) & ~(size_t)7);
}

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

void *nj_fifo_push(struct nj_fifo *fifo, size_t size)
{
    size_t need = record_bytes(size);
    struct nj_fifo_chunk *chunk = fifo->last;
    if (!chunk || chunk->cap - chunk->tail < need) {
        chunk = chunk_new(fifo, need);
        if (!chunk)
            return NULL;
        if (fifo->last)
            fifo->last->next = chunk;
        else
            fifo->first = chunk;
        fifo->last = chunk;
    }
    uint64_t *record = chunk->data + chunk->tail / 8;
    record[0] = size;
    chunk->tail += need;
    fifo->bytes += need;
    return record + 1;
}

void *nj_fifo_peek(const struct nj_fifo *fifo, size_t *size)
{
    const struct nj_fifo_chunk *chunk = fifo->first;
    if (!chunk || chunk->head == chunk->tail)
        return NULL;
    uint64_t *record = ((struct nj_fifo_chunk *)chunk)->data + chunk->head / 8;
    if (size)
        *size = (size_t)record[0];
    return record + 1;
}

void nj_fifo_release(struct nj_fifo *fifo)
{
    struct nj_fifo_chunk *chunk = fifo->first;
    size_t need = record_bytes((size_t)chunk->data[chunk->head / 8]);
    chunk->head += need;
    fifo->bytes -= need;
    if (chunk->head < chunk->tail)
        return;
    if (!chunk->next) { /* the only one: start it again */
        chunk->head = chunk->tail = 0;
        return;
    }
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
    cursor->at += record_bytes((size_t)record[0]);
    return record + 1;
}

bool nj_fifo_empty(const struct nj_fifo *fifo)
{
    return fifo->bytes == 0;
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
