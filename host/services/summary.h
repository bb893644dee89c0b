/* summary.h - what a run did, for a person: a progress line while it runs and tables at its end.
 *
 * `njord-host --summary` prints it on standard output; the demo is made of it. Listens at stage
 * TAPS and changes nothing. [loop] only. */
#ifndef NJ_SERVICES_SUMMARY_H
#define NJ_SERVICES_SUMMARY_H

#include "base/err.h"

struct nj_host;
struct nj_summary;

/* Prints what was loaded and begins to listen. */
int nj_summary_open(struct nj_summary **out, struct nj_host *host, struct nj_error *err);
/* The tables: intents, refusals by reason, fills, positions, profit and loss, journals. Before
 * nj_host_close(). */
void nj_summary_print(struct nj_summary *summary);
void nj_summary_close(struct nj_summary *summary);

#endif
