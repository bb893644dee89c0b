/* link.h - the host on a shared bus: Redis behind bus.url. [loop] only. */
#ifndef NJ_SERVICES_LINK_H
#define NJ_SERVICES_LINK_H

#include "base/err.h"

struct nj_host;

/* Joins the shared bus that bus.url names; nothing to do on inproc:. Fails with one line when it
 * cannot be reached. */
int nj_link_start(struct nj_host *host, struct nj_error *err);
void nj_link_stop(struct nj_host *host);

#endif
