/* idset.h - a bounded memory of texts by their 128-bit hash, oldest out first.
 *
 * For ids that must take effect once: fills, orders, equal orders within a window. A text is kept
 * as its FNV-1a hash of 128 bits (Fowler, Noll, Vo), 32 bytes with its time, so a million of them
 * are cheap; two of 10^9 texts share a hash with a chance of 10^-21. Memory grows with use up to
 * the bound. Owned by the part that remembers. */
#ifndef NJ_TRADE_IDSET_H
#define NJ_TRADE_IDSET_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_id {
    uint64_t hi, lo;
    int64_t ts_ns; /* what the owner gave with it */
};

struct nj_idset {
    struct nj_id *ring; /* oldest at `first`, cap is a power of two */
    uint32_t *slots;    /* position in ring + 1, 0: empty; twice cap */
    uint32_t first, count, cap, bound;
};

/* The id of a text; of several parts, by giving the id so far as `seed`. */
struct nj_id nj_id_of(const void *data, size_t len);
struct nj_id nj_id_more(struct nj_id seed, const void *data, size_t len);

void nj_idset_init(struct nj_idset *set, uint32_t bound);
void nj_idset_free(struct nj_idset *set);
/* The remembered id, NULL: not there. Valid until the next change. */
const struct nj_id *nj_idset_find(const struct nj_idset *set, struct nj_id id);
/* Remembers it as the newest; the oldest goes when the bound is reached. An id that is there keeps
 * its place and takes the new time. False: out of memory. */
bool nj_idset_add(struct nj_idset *set, struct nj_id id);
/* The oldest, NULL: empty; and takes it out. */
const struct nj_id *nj_idset_oldest(const struct nj_idset *set);
void nj_idset_drop_oldest(struct nj_idset *set);
/* As bytes for a saved state (24 an id, little-endian, oldest first), and back into an empty set.
 * False: out of memory. NJ_ERR_INPUT: not such bytes, more than the bound, an id twice. */
bool nj_idset_put(const struct nj_idset *set, struct nj_buf *out);
int nj_idset_take(struct nj_idset *set, const void *data, size_t len, const char *what,
                  struct nj_error *err);
/* The n-th, oldest first. */
const struct nj_id *nj_idset_at(const struct nj_idset *set, uint32_t n);

#endif
