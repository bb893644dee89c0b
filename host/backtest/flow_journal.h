/* flow_journal.h - the order flow of a backtest as journals: the files, the lines and the order of
 * fields that a host writes (doc/contracts.md).
 *
 * orders.ndjson, risk.decisions.ndjson, broker.orders.ndjson, fills.SYM.ndjson,
 * positions.SYM.ndjson, each from the run's first event to its last. Fed by the engine's `flow` and
 * `delivered`. Never writes into a folder that has journals of orders: those are a host's, or of
 * another run. Owned by the runner; one thread. */
#ifndef NJ_BACKTEST_FLOW_JOURNAL_H
#define NJ_BACKTEST_FLOW_JOURNAL_H

#include "base/err.h"

#include <njord/abi.h>
#include <stdbool.h>

struct nj_flow_journal;

/* Makes the folder. in_turn: updates of orders stand in broker.orders.ndjson when they are
 * delivered (runs over trades), else when they are made. NJ_ERR_EXISTS: there are journals. */
int nj_flow_journal_open(struct nj_flow_journal **out, const char *dir, bool in_turn,
                         struct nj_error *err);
void nj_flow_journal_event(struct nj_flow_journal *journal, const njord_event *event);
void nj_flow_journal_delivered(struct nj_flow_journal *journal, const njord_event *event);
/* Ends the files; the first error that writing met. Takes NULL. */
int nj_flow_journal_close(struct nj_flow_journal *journal, struct nj_error *err);

#endif
