/* njord/merge.h - several recorded series of trades and bars as one, in the order in which a host
 * delivered them.
 *
 * Each series stays in its own order (that of its file). Between series the delivery time decides:
 * ts_recv_ns where it was recorded, else the event's own (ts_close of a bar). Within one instant a
 * bar comes before the trade that closed it; what was recorded with a seq goes by that; the rest is
 * bars from the shortest timeframe up, then trades, each in the order of the sources. Of bars that
 * stand there twice (symbol, timeframe, ts_open) one behind the other the greater seq counts, the
 * later line when there is none; in a series a bar that is not younger than the last is left out.
 *
 * The same input gives the same sequence. No I/O, no clock; allocates when made. One user at a
 * time. */
#ifndef NJORD_MERGE_H
#define NJORD_MERGE_H

#include <njord/contract.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct njord_replayed {
    union {
        njord_event ev; /* its type says which */
        njord_trade trade;
        njord_bar bar;
    } of;
    uint64_t seq;     /* as recorded; 0: none */
    uint64_t mark[3]; /* the source's: where the event stands */
} njord_replayed;

typedef struct njord_merge_source {
    void *ctx;
    /* 1: *out is the next event; 0: no more; negative: failed, ends the source. */
    int (*next)(void *ctx, njord_replayed *out);
    uint64_t series; /* 1: of one symbol and one timeframe */
} njord_merge_source;

typedef struct njord_merge njord_merge;

typedef struct njord_merge_counts {
    uint64_t events;
    uint64_t doubles; /* bars that a later line replaced */
    uint64_t late;    /* bars left out, not younger than the last of their series */
} njord_merge_counts;

/* Copies the list. NULL: out of memory. */
njord_merge *njord_merge_new(const njord_merge_source *sources, uint32_t n);
void njord_merge_free(njord_merge *merge);

/* 1: *out is the next event, of source *from (may be NULL); 0: no more; negative: what a source
 * said (*from says which); the others go on. */
int njord_merge_next(njord_merge *merge, njord_replayed *out, uint32_t *from);
void njord_merge_count(const njord_merge *merge, njord_merge_counts *out);

/* ---- going on later ---- */

/* The first event of a source that was read and not given out: going on starts there. NULL: none
 * was read ahead. */
const njord_replayed *njord_merge_ahead(const njord_merge *merge, uint32_t source);
/* ts_open of the last bar that a series gave, INT64_MIN: none; and setting it before the first
 * njord_merge_next(). */
int64_t njord_merge_last(const njord_merge *merge, uint32_t source);
void njord_merge_resume(njord_merge *merge, uint32_t source, int64_t last_ts_open);

/* The time that decides: ts_recv_ns, else the event's own. */
static inline int64_t njord_delivery_ns(const njord_event *event)
{
    return event->ts_recv_ns != NJORD_NONE_I64 ? event->ts_recv_ns : event->ts_ns;
}

/* < 0: a comes first; > 0: b; 0: the order of their sources decides. */
int njord_replay_order(const njord_replayed *a, const njord_replayed *b);

#ifdef __cplusplus
}
#endif
#endif
