/* fifo.h - records in a queue whose addresses do not change: chunks that are filled, emptied and
 * used again.
 *
 * A record stays where it is until it is released, also while others are added. Owned by the bus.
 */
#ifndef NJ_BUS_FIFO_H
#define NJ_BUS_FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_fifo_chunk {
    struct nj_fifo_chunk *next;
    size_t cap, head, tail; /* bytes in `data`: taken from, put to */
    uint64_t data[];
};

struct nj_fifo {
    struct nj_fifo_chunk *first, *last, *spare;
    size_t bytes; /* that wait */
};

/* A record: its size in a word of its own, then its bytes. */
static inline size_t nj_fifo_bytes(size_t size)
{
    return 8 + ((size + 7) & ~(size_t)7);
}

/* Makes room behind the last chunk for a record of `need` bytes with its word. False: no memory. */
bool nj_fifo_grow(struct nj_fifo *fifo, size_t need);
/* Takes the first chunk, which is empty and not the only one, out of the queue. */
void nj_fifo_drop(struct nj_fifo *fifo);

/* Room for a record of `size` bytes, aligned to 8; NULL for want of memory. */
static inline void *nj_fifo_push(struct nj_fifo *fifo, size_t size)
{
    size_t need = nj_fifo_bytes(size);
    if (!fifo->last || fifo->last->cap - fifo->last->tail < need)
        if (!nj_fifo_grow(fifo, need))
            return NULL;
    uint64_t *record = fifo->last->data + fifo->last->tail / 8;
    record[0] = size;
    fifo->last->tail += need;
    fifo->bytes += need;
    return record + 1;
}

/* The oldest record, which stays valid until nj_fifo_release(); NULL: none. */
static inline void *nj_fifo_peek(const struct nj_fifo *fifo, size_t *size)
{
    struct nj_fifo_chunk *chunk = fifo->first;
    if (!chunk || chunk->head == chunk->tail)
        return NULL;
    uint64_t *record = chunk->data + chunk->head / 8;
    if (size)
        *size = (size_t)record[0];
    return record + 1;
}
/* Ends the oldest record. */
static inline void nj_fifo_release(struct nj_fifo *fifo)
{
    struct nj_fifo_chunk *chunk = fifo->first;
    size_t need = nj_fifo_bytes((size_t)chunk->data[chunk->head / 8]);
    chunk->head += need;
    fifo->bytes -= need;
    if (chunk->head < chunk->tail)
        return;
    if (chunk->next)
        nj_fifo_drop(fifo);
    else /* the only one: start it again */
        chunk->head = chunk->tail = 0;
}
/* Walks the records without taking them: start with a zeroed cursor; NULL at the end. */
struct nj_fifo_cursor {
    const struct nj_fifo_chunk *chunk;
    size_t at;
};
void *nj_fifo_next(const struct nj_fifo *fifo, struct nj_fifo_cursor *cursor);
static inline bool nj_fifo_empty(const struct nj_fifo *fifo)
{
    return fifo->bytes == 0;
}
void nj_fifo_free(struct nj_fifo *fifo);

#endif
