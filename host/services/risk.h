/* risk.h - the risk service: intents in, decisions and rounded orders out. Few lines around
 * trade/risk.h. [loop] only. */
#ifndef NJ_SERVICES_RISK_H
#define NJ_SERVICES_RISK_H

#include "base/err.h"
#include "bus/bus.h"
#include "trade/risk.h"

struct nj_host;

struct nj_risk_service {
    struct nj_risk *risk;
    struct nj_subscription *intents, *cancels, *fills, *trades, *bars;
    uint64_t allowed, refused;
    double foreign_day_pnl; /* njord:pnl:day as another program put it, NaN: none */
    double day_pnl;         /* USD, as last looked at; NaN: not yet */
};

/* Before the books and the journals are read into them: fresh rules. */
int nj_risk_service_open(struct nj_host *host, struct nj_error *err);
/* An event of the journal of orders, newer than the saved books: tokens and the day's loss follow
 * it. */
void nj_risk_service_replay(void *ctx, const njord_event *event);
int nj_risk_service_start(struct nj_host *host, struct nj_error *err);
void nj_risk_service_stop(struct nj_host *host);
/* Takes over new limits of a reloaded configuration. */
int nj_risk_service_configure(struct nj_host *host, struct nj_error *err);
/* Flags of an intent that the host made itself (NJ_RISK_FLATTEN), by its id: kept until it is
 * decided. */
void nj_risk_service_mark_flatten(struct nj_host *host, const char *intent_id);

#endif
