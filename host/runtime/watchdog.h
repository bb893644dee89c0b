/* watchdog.h - notices a plugin that does not come back from a callback, in the host's own process.
 *
 * The loop notes which instance it is calling in a struct nj_call_word; a thread of its own looks
 * at that word. A call that takes longer than the limit cannot be ended from outside: the thread
 * says which instance hangs, on standard error and in the log file, and ends the process with exit
 * code 70, for a supervisor to restart. Judges time spent inside a call, never idleness. */
#ifndef NJ_RUNTIME_WATCHDOG_H
#define NJ_RUNTIME_WATCHDOG_H

#include "base/err.h"

#include <stdatomic.h>
#include <stdint.h>

#define NJ_EXIT_HUNG 70

/* Which call is under way: written by the loop, read by the watchdog. The release and acquire on
 * `calls` pair: the id that the watchdog prints is that of the call it has counted. */
struct nj_call_word {
    _Atomic(const char *) id; /* the instance's id while inside a call, else NULL */
    _Atomic(uint64_t) calls;  /* calls begun */
};

static inline void nj_call_begin(struct nj_call_word *word, const char *id)
{
    if (!word)
        return;
    atomic_store_explicit(&word->id, id, memory_order_relaxed);
    atomic_store_explicit(&word->calls,
                          atomic_load_explicit(&word->calls, memory_order_relaxed) + 1,
                          memory_order_release);
}

static inline void nj_call_end(struct nj_call_word *word)
{
    if (word)
        atomic_store_explicit(&word->id, NULL, memory_order_release);
}

struct nj_watchdog;

/* Starts the thread. limit_ms 0: none is started and *out is NULL. log_path: a line is appended
 * there, "" for none. */
int nj_watchdog_start(struct nj_watchdog **out, struct nj_call_word *word, int64_t limit_ms,
                      const char *log_path, struct nj_error *err);
void nj_watchdog_stop(struct nj_watchdog *watchdog);

#endif
