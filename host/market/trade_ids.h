/* trade_ids.h - the last trade ids of one venue and symbol: doubles are found, and numbers that are
 * missing.
 *
 * The last NJ_TRADE_IDS ids are remembered, in whatever order they came; an id among them is a
 * double. Where ids are numbers, one that leaves out others behind the highest so far tells of a
 * gap. Pure; owned by whoever feeds trades (the feed service, the offline builder of bars). */
#ifndef NJ_MARKET_TRADE_IDS_H
#define NJ_MARKET_TRADE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#define NJ_TRADE_IDS 512u

struct nj_trade_ids {
    uint64_t ring[NJ_TRADE_IDS];      /* the last ones, oldest at `at` once it is full */
    uint64_t table[4 * NJ_TRADE_IDS]; /* the same, for looking up; 0: empty */
    uint32_t n, at;
    uint32_t run; /* of the newest: numbers that follow on each other, the last one the highest */
    int64_t last; /* highest number, NJORD_NONE_I64: no id was a number */
};

void nj_trade_ids_init(struct nj_trade_ids *ids);

enum nj_trade_id {
    NJ_TRADE_ID_NEW,
    NJ_TRADE_ID_GAP, /* new, and the numbers *from to *to are missing before it */
    NJ_TRADE_ID_DOUBLE
};

/* An id as text; "" is always new. */
enum nj_trade_id nj_trade_ids_take(struct nj_trade_ids *ids, const char *id, int64_t *from,
                                   int64_t *to);
/* An id that is a number, 0 or above. */
enum nj_trade_id nj_trade_ids_take_number(struct nj_trade_ids *ids, int64_t id, int64_t *from,
                                          int64_t *to);

/* The number that an id is, NJORD_NONE_I64: none. */
int64_t nj_trade_id_number(const char *id);

#endif
