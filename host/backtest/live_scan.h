/* live_scan.h - may the journals of a host be compared with a backtest? Looks at who took part.
 *
 * A run that can be done again is one strategy's, from its start on, that nobody reloaded, stopped
 * or traded beside. Reads orders.ndjson and host.plugins.ndjson, changes nothing. */
#ifndef NJ_BACKTEST_LIVE_SCAN_H
#define NJ_BACKTEST_LIVE_SCAN_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_live_scan {
    uint64_t epoch_s; /* in the ids of its intents: 0 with clock: events */
};

/* NJ_ERR_NOT_FOUND: no journal of orders, or no intent of the strategy in it; NJ_ERR_INPUT: a line
 * that no backtest would write, with its file and number and what it is. */
int nj_live_scan(const char *dir, const char *strategy, const char *broker, bool skip_bad,
                 struct nj_live_scan *out, struct nj_error *err);

#endif
