/* replay_outlet.h - where a replay goes: a running host through its control socket, or Redis.
 *
 * Events are sent in batches, several under way at once; nj_outlet_flush() hands over what was put
 * so far. Opening checks that the host may be replayed into: not live, and not one that would write
 * what it gets into the folder it comes from. Blocking; owned by the verb. */
#ifndef NJ_CLI_REPLAY_OUTLET_H
#define NJ_CLI_REPLAY_OUTLET_H

#include "cli/cli.h"

#include <njord/abi.h>

struct nj_outlet;

/* journal_dir: the folder that is read. topics: those that will be published, n of them.
 * NJ_ERR_INPUT: the bus's url; NJ_ERR_REFUSED; NJ_ERR_NOT_FOUND: no host. */
int nj_outlet_open(struct nj_outlet **out, struct nj_cli *cli, const char *journal_dir,
                   const char *const *topics, size_t n, struct nj_error *err);
void nj_outlet_close(struct nj_outlet *outlet);
int nj_outlet_put(struct nj_outlet *outlet, const char *topic, const njord_event *event,
                  struct nj_error *err);
int nj_outlet_flush(struct nj_outlet *outlet, struct nj_error *err);
/* Waits until the host has worked everything off (Redis: has taken it). */
int nj_outlet_finish(struct nj_outlet *outlet, struct nj_error *err);
/* Nobody has heard any of it (Redis only). */
bool nj_outlet_unheard(const struct nj_outlet *outlet);

#endif
