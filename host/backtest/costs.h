/* costs.h - what the paper broker of a configuration takes: fees, slippage, and the cash that its
 * account opens with.
 *
 * Read from the broker's entry through the plugin's own table of parameters, so that a backtest
 * with them pays what a host pays. Owned by the verb; one thread. */
#ifndef NJ_BACKTEST_COSTS_H
#define NJ_BACKTEST_COSTS_H

#include "config/config.h"

#define NJ_BT_ASSETS 64u

struct nj_bt_costs {
    char broker[NJORD_ID_SIZE];         /* the entry's id: the venue of its fills */
    double maker, taker;                /* of the notional */
    double slippage_bps;                /* of market orders */
    bool traded;                        /* `fills: traded`: by no more than a trade's quantity */
    njord_real_pair cash[NJ_BT_ASSETS]; /* by asset */
    uint32_t n_cash;
};

/* broker: the id of an entry with the plugin 'paper'; NULL: the one that a host with `app.env:
 * paper` takes. NJ_ERR_CONFIG, NJ_ERR_NOT_FOUND: one line. */
int nj_bt_costs_read(const struct nj_config *config, const char *plugins_dir, const char *broker,
                     struct nj_bt_costs *out, struct nj_error *err);
/* What the account opens with of an asset: 0 where it is not named. */
double nj_bt_costs_cash(const struct nj_bt_costs *costs, const char *asset);

#endif
