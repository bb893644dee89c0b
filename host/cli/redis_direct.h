/* redis_direct.h - a shared bus without a host: tail and publish straight from and to Redis.
 *
 * Blocking connections of their own (hiredis); messages are what hosts send: msgpack with an
 * envelope, order flow also added to its stream. */
#ifndef NJ_CLI_REDIS_DIRECT_H
#define NJ_CLI_REDIS_DIRECT_H

#include "bus/bus.h"
#include "cli/cli.h"

/* Prints events that match cli->args[0] as JSON lines, `count` of them (0: until it is ended).
 * Returns an exit code. */
int nj_redis_tail(const struct nj_cli *cli, const struct nj_bus_url *url, uint64_t count);

struct nj_redis_publisher;

int nj_redis_publisher_open(struct nj_redis_publisher **out, const struct nj_bus_url *url,
                            struct nj_error *err);
void nj_redis_publisher_close(struct nj_redis_publisher *publisher);
/* Checks one JSON line and publishes it. NJ_ERR_INPUT: the line is malformed, `why` says how; any
 * other: nothing more can be published. */
int nj_redis_publish(struct nj_redis_publisher *publisher, const char *topic, const char *line,
                     size_t len, char *why, size_t why_cap, struct nj_error *err);

/* Sends an event on a topic without waiting for the answer; src_seq: its number on this topic,
 * counted from 1 by the caller. *heard (may be NULL): grows by who got the messages answered
 * meanwhile. */
int nj_redis_send(struct nj_redis_publisher *publisher, const char *topic, const njord_event *event,
                  int64_t src_seq, uint64_t *heard, struct nj_error *err);
/* Takes all answers that are due. */
int nj_redis_settle(struct nj_redis_publisher *publisher, uint64_t *heard, struct nj_error *err);

#endif
