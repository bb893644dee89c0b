/* stores.h - what a host keeps on disk: its state folder, its journals and the thread that finishes
 * them. Opened before all else and closed behind it. Owned by the host. [loop] only. */
#ifndef NJ_SERVICES_STORES_H
#define NJ_SERVICES_STORES_H

#include "base/err.h"

struct nj_host;

/* Opens the state and the journals as the configuration says. */
int nj_stores_open(struct nj_host *host, struct nj_error *err);
/* Closes the journals, ends the thread; on a clock of events it first compresses all that is due.
 * An error when lines could not be written any more; it is logged. */
int nj_stores_close_journals(struct nj_host *host);

#endif
