/* order_history.h - a made-up history of orders as lines of the journal of orders: many at once, of
 * several strategies and symbols, refused, filled in parts, cancelled, answered late. The same
 * lines for the same seed; its own bookkeeping says only which order may do what next. Owned by
 * tests and benchmarks. */
#ifndef TESTS_SUPPORT_ORDER_HISTORY_H
#define TESTS_SUPPORT_ORDER_HISTORY_H

#include "base/buf.h"

#include <stdint.h>

struct order_history {
    struct nj_buf text; /* the lines with their ends */
    size_t *ends;       /* by line: bytes up to behind it */
    uint64_t *seqs;
    size_t n;
    char (*ids)[40]; /* intent ids */
    size_t n_ids;
};

/* A configuration that knows its symbols. */
extern const char order_history_yaml[];

/* At least n_lines of them. */
void order_history_make(struct order_history *h, uint64_t seed, size_t n_lines);
void order_history_free(struct order_history *h);

#endif
