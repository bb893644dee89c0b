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

/* Room for a record of `size` bytes, aligned to 8; NULL for want of memory. */
void *nj_fifo_push(struct nj_fifo *fifo, size_t size);
/* The oldest record, which stays valid until nj_fifo_release(); NULL: none. */
void *nj_fifo_peek(const struct nj_fifo *fifo, size_t *size);
/* Ends the oldest record. */
void nj_fifo_release(struct nj_fifo *fifo);
/* Walks the records without taking them: start with a zeroed cursor; NULL at the end. */
struct nj_fifo_cursor {
    const struct nj_fifo_chunk *chunk;
    size_t at;
};
void *nj_fifo_next(const struct nj_fifo *fifo, struct nj_fifo_cursor *cursor);
bool nj_fifo_empty(const struct nj_fifo *fifo);
void nj_fifo_free(struct nj_fifo *fifo);

#endif
