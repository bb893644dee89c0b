/* restart.h - how a host goes on where an earlier process of it ended.
 *
 * With clock: events a run is a function of configuration, plugins and feeds, so it is done again
 * from its first event, with the same sequence numbers, unpaced and without looking at anything
 * outside, until it is past what stands in the journals: each line that it makes is held against
 * the one that stands there; from the first new one on it appends. A line that differs ends the run
 * before anything is written (`diverged`). What came from outside (an operator, a network, another
 * host) cannot be made again: then, and always with clock: wall, the host goes on from the record:
 * positions and orders of the journals, saved states, on_sync. Owned by the host. [loop] only. */
#ifndef NJ_SERVICES_RESTART_H
#define NJ_SERVICES_RESTART_H

#include "base/err.h"
#include "bus/fifo.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_host;
struct nj_standing;

enum nj_restart_mode {
    NJ_RESTART_RECORD, /* goes on from the record, if there is one */
    NJ_RESTART_NEW,    /* the first process of a run that can be done again */
    NJ_RESTART_AGAIN   /* does it again */
};

struct nj_restart {
    enum nj_restart_mode mode;
    uint64_t first_seq;           /* of the run */
    struct nj_standing *standing; /* while behind */
    bool behind;                  /* what is done now was done before */
    bool diverged;                /* what is done now was not: nothing is written any more */
    bool intervened;              /* noted already, or nothing to note */
    char note_failed;             /* the note could not be written: said once */
    struct nj_fifo held;          /* new lines of journals that end before others do */
    size_t held_bytes;
    int64_t resume_ns;          /* feeds pass over what is older; INT64_MIN: nothing */
    uint64_t same, passed_over; /* lines found standing; events passed over */
};

/* What a caller is told who would take part meanwhile. */
#define NJ_BEHIND_TEXT                                                                             \
    "the host does a run again and has not come to its end yet: try again (njord ctl status)"

/* Finds out how this process goes on. After the stores were opened, before anything is rebuilt. */
int nj_restart_open(struct nj_host *host, struct nj_error *err);
void nj_restart_close(struct nj_host *host);

/* Does the run begin with nothing: no rebuilding, no saved state? */
bool nj_restart_from_nothing(const struct nj_host *host);
/* Is what happens now only done again? Nothing outside is looked at or told meanwhile. */
bool nj_restart_behind(const struct nj_host *host);
/* Something enters that the feeds did not bring: from now on the run cannot be done again. Called
 * before it takes effect. */
void nj_restart_intervened(struct nj_host *host, const char *what);
/* After a turn: has the run come past the record, or left it? True: it must end now. */
bool nj_restart_check(struct nj_host *host);
/* All feeds have ended: nothing may stand in the journals that the run did not make. */
bool nj_restart_check_end(struct nj_host *host);

#endif
