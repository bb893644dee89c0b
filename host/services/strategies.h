/* strategies.h - the strategy service: shows strategies their events and turns their wishes into
 * intents.
 *
 * A strategy gets the events of its globs whose symbol is in its symbols, and always its own fills,
 * positions, decisions, order updates and feed status. Its outputs become OrderIntents with the
 * host's ids and stamps. [loop] only. */
#ifndef NJ_SERVICES_STRATEGIES_H
#define NJ_SERVICES_STRATEGIES_H

#include "base/err.h"

#include <njord/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct nj_host;
struct nj_slot;
struct nj_instance;

/* Makes, installs and subscribes all enabled strategies in configured order. One that fails is
 * shown as refused, the others run. */
int nj_strategies_start(struct nj_host *host, struct nj_error *err);
/* Subscribes a slot's globs and its own flow. */
int nj_strategy_subscribe(struct nj_slot *slot, struct nj_error *err);
/* Gives a strategy its capital: the entry's, else the broker account's cash. */
void nj_strategy_fund(struct nj_slot *slot);
/* Shows an event to the slot's instance, once; while it is warming in the time of its history. */
void nj_strategy_show(struct nj_slot *slot, const char *topic, const njord_event *event);
/* Would its subscriptions bring it this event? own: of the order flow, else of the market. */
bool nj_strategy_wants(const struct nj_slot *slot, const char *topic, const njord_event *event,
                       bool own);
/* Sends an intent that has its id and its time. */
njord_status nj_strategy_send(struct nj_host *host, njord_intent *intent);
/* Shows the host's record of its positions and orders (on_sync). */
void nj_strategy_sync(struct nj_slot *slot);
/* What a strategy does not get when it leaves: cancels its orders or flattens its positions by
 * on_remove or on_crash. */
void nj_strategy_leave(struct nj_slot *slot, int on_event, const char *reason);
/* An intent that brings a strategy's position in a symbol to zero, made by the host;
 * NJ_ERR_NOT_FOUND: it is flat. */
int nj_strategy_flatten(struct nj_host *host, const char *strategy_id, const char *symbol,
                        struct nj_error *err);
/* ops */
njord_status nj_strategy_submit(void *ctx, struct nj_instance *instance, const njord_order *order,
                                char *intent_id);
njord_status nj_strategy_cancel(void *ctx, struct nj_instance *instance, const char *intent_id);

#endif
