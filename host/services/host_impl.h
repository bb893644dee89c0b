/* host_impl.h - what the parts of a host share: its clocks, and the bus made for it.
 *
 * host.c opens, runs and ends it, host_turn.c lets one thing after another happen. [loop] only. */
#ifndef NJ_SERVICES_HOST_IMPL_H
#define NJ_SERVICES_HOST_IMPL_H

#include "services/host.h"

/* The machine's time, ns since 1970. */
static inline int64_t nj_host_wall(const struct nj_host *host)
{
    return host->platform->realtime_ns(host->platform->ctx);
}

static inline int64_t nj_host_monotonic(const struct nj_host *host)
{
    return host->platform->monotonic_ns(host->platform->ctx);
}

/* Does time go by the events, and not by the clock? */
static inline bool nj_host_by_events(const struct nj_host *host)
{
    return host->config->app.clock == NJ_CLOCK_EVENTS;
}

/* Makes the bus, which asks the host for numbers, times and flushes. */
int nj_host_make_bus(struct nj_host *host, struct nj_error *err);

#endif
