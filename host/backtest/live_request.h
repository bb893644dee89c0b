/* live_request.h - the backtest that does what a host did: everything of it from the host's
 * configuration and its folder of journals.
 *
 * Strategy, parameters, symbols, events and capital of the entry; fees, slippage and cash of the
 * paper broker; limits of `risk`; the timeframes that it makes bars of; the trades that it
 * recorded, those of markets that the strategy is not given too. Looks the journals over first:
 * what cannot be compared is told in one line. Owned by the verb; one thread. */
#ifndef NJ_BACKTEST_LIVE_REQUEST_H
#define NJ_BACKTEST_LIVE_REQUEST_H

#include "backtest/costs.h"
#include "backtest/run.h"

struct nj_live_request {
    struct nj_bt_request request;
    struct nj_bt_costs costs;
    const char **symbols, **aside;
};

/* base: platform, config, log, plugins_dir, journal_dir, skip_bad, and the strategy's id (NULL: the
 * only enabled one). NJ_ERR_CONFIG: the configuration is not one that can be compared;
 * NJ_ERR_INPUT, NJ_ERR_NOT_FOUND: the journals are not. */
int nj_live_request_init(struct nj_live_request *out, const struct nj_bt_request *base,
                         struct nj_error *err);
void nj_live_request_free(struct nj_live_request *request);

#endif
