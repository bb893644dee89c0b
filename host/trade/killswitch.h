/* killswitch.h - may an order leave: the halt file, asked about at the egress for each order, and
 * the halt word.
 *
 * The kill path allocates nothing and depends on nothing: one faccessat on a path that is known
 * from the start. The file trips by being there; of the Redis key, anything but "0", empty or
 * absent trips. Owned by the broker service. */
#ifndef NJ_TRADE_KILLSWITCH_H
#define NJ_TRADE_KILLSWITCH_H

#include "base/err.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_killswitch {
    char file[1024];
    bool file_tripped; /* as last seen */
    bool key_tripped;  /* the Redis key, as last heard */
    bool stopped; /* trading stopped by the host: journal failed, bus bound reached, shutdown */
    bool past;    /* what is done now was done before: nothing is looked up, nothing halts */
    const char *stop_reason; /* static text: "journal_failed", … */
    int64_t
        key_heard_ns;    /* monotonic time of the last answer about the key; 0: no key is watched */
    int64_t key_lost_ns; /* after so long without an answer every intent is refused; 0: no key is
                            watched */
};

void nj_kill_init(struct nj_killswitch *k, const char *file);
/* The check at the egress: looks the file up. True: nothing may leave. An error other than "not
 * there" trips. */
bool nj_kill_check(struct nj_killswitch *k, int64_t monotonic_ns);
/* The same without the look-up: the flags as last seen. */
bool nj_kill_tripped(const struct nj_killswitch *k, int64_t monotonic_ns);
/* Is this value of the Redis key tripped? "", "0" and absent (NULL) are not. */
bool nj_kill_value(const char *value);
/* Why: "file", "key", "key_lost", or the stop reason; "" while not tripped. */
const char *nj_kill_reason(const struct nj_killswitch *k, int64_t monotonic_ns);

/* Makes the file (with its folders, synced), removes it; for `njord kill` and the host. `why`
 * stands in it, for people. Tripping succeeds whenever the file is there afterwards, written or
 * not; clearing what is not there succeeds. */
int nj_kill_trip_file(const struct nj_platform *pf, const char *file, const char *why,
                      struct nj_error *err);
int nj_kill_clear_file(const struct nj_platform *pf, const char *file, struct nj_error *err);

#endif
