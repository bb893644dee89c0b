/* timers.h - timers of instances: due times in one heap, kept by the host so that they outlive a
 * reload.
 *
 * Pure of any clock: the loop asks for the next due time and takes what is due. Of equal due times
 * the earlier set fires first. */
#ifndef NJ_SERVICES_TIMERS_H
#define NJ_SERVICES_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_timer {
    void *owner; /* the slot of the instance */
    uint32_t id;
    int64_t due_ns, period_ns;
    uint64_t order;
    bool later; /* set by a timer for a time that has passed: behind all others until released */
};

struct nj_timers {
    struct nj_timer *heap; /* smallest (later, due, order) first */
    size_t n, cap, n_later;
    uint64_t next_order;
    int64_t floor_ns; /* periodic ones that are behind it are set on past it, in one step */
};

/* Sets or replaces; false for want of memory. */
bool nj_timers_set(struct nj_timers *timers, void *owner, uint32_t id, int64_t due_ns,
                   int64_t period_ns);
/* The same, but it is not due before nj_timers_release(): a timer that sets itself, or another, for
 * a time that is not to come would else keep the next event out for ever. */
bool nj_timers_set_later(struct nj_timers *timers, void *owner, uint32_t id, int64_t due_ns,
                         int64_t period_ns);
void nj_timers_release(struct nj_timers *timers);
bool nj_timers_cancel(struct nj_timers *timers, void *owner,
                      uint32_t id); /* false: there was none */
void nj_timers_cancel_all(struct nj_timers *timers, void *owner);
/* The next due time, INT64_MAX: none. */
int64_t nj_timers_next(const struct nj_timers *timers);
/* Takes the next timer when it is due at or before now_ns: once ones are removed, periodic ones set
 * on by whole periods past `due`. */
bool nj_timers_take(struct nj_timers *timers, int64_t now_ns, struct nj_timer *out);
/* The same for the first of those whose owner `mine` says yes to; looks through all when any is
 * due. */
bool nj_timers_take_of(struct nj_timers *timers, int64_t now_ns,
                       bool (*mine)(void *ctx, const void *owner), void *ctx, struct nj_timer *out);
/* Those set while the time was not known, and taken for 0, count from start_ns on: what is due
 * before it is due so much later. */
void nj_timers_begin(struct nj_timers *timers, int64_t start_ns);
/* Visits an owner's timers in no order of meaning (snapshots). */
bool nj_timers_of(const struct nj_timers *timers, const void *owner, size_t *at,
                  struct nj_timer *out);
void nj_timers_free(struct nj_timers *timers);

#endif
