/* broker.h - the broker service: accepted orders out, answers in.
 *
 * The egress: an order leaves only with an allowed decision on record, its line in the journal, and
 * the kill switch looked up immediately before place. Acks, updates and fills of the plugin come
 * back as events; a BrokerFill becomes one FillEvent per (venue, symbol, trade id), a FillEvent a
 * PositionSnapshot of the strategy and of the account. app.env decides whether the venue's plugin
 * is called at all. [loop] only. */
#ifndef NJ_SERVICES_BROKER_H
#define NJ_SERVICES_BROKER_H

#include "base/err.h"
#include "base/map.h"
#include "bus/bus.h"

#include <njord/abi.h>

struct nj_host;
struct nj_instance;

struct nj_broker_service {
    struct nj_slot *slot; /* the venue's broker; NULL: none here */
    char venue[NJORD_ASSET_SIZE];
    bool dry_run; /* orders are echoed, the plugin is not called */
    struct nj_subscription *subscriptions[8];
    uint32_t n_subscriptions;
    double slippage_bps, commission; /* the plugin's, for the cash rule */
    bool halted;                     /* on_halt was carried out */
    uint64_t placed, fills, doubles, stopped_at_egress;
};

/* Which entry of brokers answers, and dry run, by app.env and NJORD_ENABLE_LIVE. Called before
 * recovery. */
int nj_broker_service_choose(struct nj_host *host, struct nj_error *err);
int nj_broker_service_start(struct nj_host *host, struct nj_error *err);
void nj_broker_service_stop(struct nj_host *host);
/* The broker account's cash in the quote asset of the first symbol: the capital of strategies that
 * were given none; NaN: not known. */
double nj_broker_service_cash(const struct nj_host *host);
/* Carries out risk.on_halt once when the switch has tripped; called each turn. */
void nj_broker_service_watch_halt(struct nj_host *host);
/* After a start: orders that the journal leaves open are settled before anything is sent. What
 * never left ends here, of what did leave the broker is asked. Within an input. */
void nj_broker_service_reconcile(struct nj_host *host);

/* ops */
njord_status nj_broker_ack(void *ctx, struct nj_instance *i, const njord_broker_order_ack *ack);
njord_status nj_broker_update(void *ctx, struct nj_instance *i,
                              const njord_broker_order_update *update);
njord_status nj_broker_fill(void *ctx, struct nj_instance *i, const njord_broker_fill *fill);
njord_status nj_broker_balance(void *ctx, struct nj_instance *i,
                               const njord_balance_snapshot *balance);
njord_status nj_broker_error(void *ctx, struct nj_instance *i, const njord_order_ref *ref,
                             uint32_t cls, int32_t code, const char *text, int64_t retry_after_ns);

#endif
