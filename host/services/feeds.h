/* feeds.h - the feed service: lets recorded and simulated feeds hand over their next event when its
 * time has come, drops doubles and notices gaps in ids for every feed.
 *
 * A feed with a `next` callback is asked for one event ahead; of all feeds the earliest event
 * enters first (equal times: configured order), after the timers that are due before it. A feed on
 * the network publishes when something comes. [loop] only. */
#ifndef NJ_SERVICES_FEEDS_H
#define NJ_SERVICES_FEEDS_H

#include "base/err.h"
#include "base/map.h"

#include <njord/abi.h>
#include <njord/contract.h>
#include <stdbool.h>
#include <stdint.h>

struct nj_host;
struct nj_instance;
struct nj_slot;

struct nj_feeds {
    struct nj_map seen;     /* "venue symbol" to its ids */
    struct nj_map replayed; /* likewise, of the replay under way */
    struct nj_slot *replay; /* what a caller of the control socket plays; NULL: nobody ever did */
    uint64_t duplicates, gaps, missing, out_of_order;
};

int nj_feeds_start(struct nj_host *host, struct nj_error *err);
void nj_feeds_stop(struct nj_host *host);
/* The time of the earliest event that waits ahead; false: none now. *wait_ns: ns until it may enter
 * (pacing), 0: now. */
bool nj_feeds_peek(struct nj_host *host, struct nj_slot **slot, int64_t *event_ns,
                   int64_t *wait_ns);
/* Lets that event in: dedupe, gap notice, onto the bus. */
void nj_feeds_enter(struct nj_host *host, struct nj_slot *slot);
/* A recording played from outside is a feed of its own, which forgets the ids of the one before it.
 * Its events wait here until they enter in their turn; those of other feeds at the same time come
 * first. NJ_ERR_NOMEM. */
int nj_feeds_replay_begin(struct nj_host *host, struct nj_error *err);
int nj_feeds_replay(struct nj_host *host, const char *topic, const njord_event *event,
                    struct nj_error *err);
/* Bytes that wait. */
size_t nj_feeds_replay_waiting(const struct nj_host *host);
/* What feeds gave before a restart (feeds_restore.c): their last ids are known again. */
void nj_feeds_restore(struct nj_host *host);
void nj_feeds_remember(struct nj_host *host, const njord_trade *trade);
/* Have all feeds that can end ended? */
bool nj_feeds_ended(const struct nj_host *host);

/* ops */
njord_status nj_feed_publish(struct nj_host *host, struct nj_instance *instance, const char *topic,
                             const njord_event *event);
njord_status nj_feed_speed(void *ctx, struct nj_instance *instance, double times);

#endif
