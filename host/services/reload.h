/* reload.h - hot reload: plugins and configuration change while events flow, all or none, without
 * losing one.
 *
 * Written as prepare, commit, roll back (PLUGIN_ABI's steps 0 to 9). One reload at a time; later
 * triggers join it. Everything slow (copy, hash, probe in a child, dlopen, create) happens while
 * the old version works on; the barrier is the hand-over of saved state. */
#ifndef NJ_SERVICES_RELOAD_H
#define NJ_SERVICES_RELOAD_H

#include "base/err.h"

#include <stdbool.h>

struct nj_host;

/* Watches plugins.dir when plugins.watch says so. */
int nj_reload_open(struct nj_host *host, struct nj_error *err);
void nj_reload_close(struct nj_host *host);

/* Told of a reload's end: 0 or an NJ_ERR_*, and one line for a person. */
typedef void (*nj_reload_done)(void *ctx, int rc, const char *text);
struct nj_reload_waiter {
    nj_reload_done done;
    void *ctx;
};

/* Asks for a reload of configuration and changed plugins: at the next turn. `waiter` (may be NULL,
 * copied) is told how it ended. forced: also binaries that crashed before. */
void nj_reload_request(struct nj_host *host, const struct nj_reload_waiter *waiter, bool forced);
/* Is one under way, or asked for? What it planned must stay as it is: whoever would change slots
 * waits. */
bool nj_reload_under_way(const struct nj_host *host);
/* One step of a reload under way, between two events. True: there is more to do now. */
bool nj_reload_turn(struct nj_host *host);

#endif
