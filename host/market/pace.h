/* pace.h - when the next event of a recording is due: as recorded, some times as fast, or at once.
 *
 * The first event is due when it is asked about; each later one its distance from the first, shrunk
 * by the speed. While paused nothing is due, and the time it takes does not count. An event older
 * than the first is due at once. Pure: the clock is the caller's. [any]. */
#ifndef NJ_MARKET_PACE_H
#define NJ_MARKET_PACE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_pace {
    double speed; /* times as fast; 0: as fast as possible */
    bool started, paused;
    int64_t first_event_ns, first_wall_ns, paused_at_ns;
    int64_t paused_ns; /* all pauses that have ended */
};

/* "1x", "10x", "0.5x" or "max". NJ_ERR_INPUT: none of them. */
int nj_pace_parse(const char *text, double *speed, struct nj_error *err);

void nj_pace_init(struct nj_pace *pace, double speed);
/* ns from now_ns (of a clock that never goes back) until an event is due; 0: now; INT64_MAX:
 * paused. */
int64_t nj_pace_wait(struct nj_pace *pace, int64_t event_ns, int64_t now_ns);
/* Pausing twice is pausing once. */
void nj_pace_pause(struct nj_pace *pace, int64_t now_ns);
void nj_pace_resume(struct nj_pace *pace, int64_t now_ns);
/* Wall time since the first event, without pauses; 0 before it. */
int64_t nj_pace_elapsed(const struct nj_pace *pace, int64_t now_ns);

#endif
