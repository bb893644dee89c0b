/* redis_host.h - the least of a host that a Redis link needs: a bus, a link, what they told it. */
#ifndef NJ_TESTS_REDIS_HOST_H
#define NJ_TESTS_REDIS_HOST_H

#include "bus/redis.h"

#define HOST_HEARD 50000

struct redis_host {
    struct ev_loop *loop; /* shared by the hosts of a test */
    struct nj_bus *bus;
    struct nj_redis *link;
    struct nj_redis_options options;
    const struct nj_platform *platform;
    uint64_t seq;
    /* foreign events in the order in which they came: topic, and the number of their id */
    char topics[HOST_HEARD][40];
    long ids[HOST_HEARD];
    size_t heard;
    /* what the link said */
    int lost, back, gaps, fulls;
    bool full;
    char gap[256], kill[64]; /* kill "-": absent, "": not heard yet */
    int kills;
    double pnl;
    int pnls;
    char ids_document[65536]; /* what it stores; "": nothing yet */
    size_t ids_len;
};

/* Prepares a host of a name on a server; options may be changed before redis_host_open(). */
void redis_host_init(struct redis_host *h, struct ev_loop *loop, const char *id,
                     const char *socket);
int redis_host_open(struct redis_host *h, int timeout_ms, struct nj_error *err);
/* Ends it; what it stored stays, and redis_host_open() may follow. */
void redis_host_close(struct redis_host *h);
/* One turn of the loop, and the bus worked off, of all hosts in the list (NULL-ended). */
void redis_host_turn(struct redis_host *const *hosts);
/* Turns until the condition holds or so many seconds are over; true: it holds. */
#define redis_host_until(hosts, condition, seconds)                                                \
    ({                                                                                             \
        int64_t end_ = nj_platform_system()->monotonic_ns(NULL) + (int64_t)(seconds)*1000000000;   \
        while (!(condition) && nj_platform_system()->monotonic_ns(NULL) < end_)                    \
            redis_host_turn(hosts);                                                                \
        (condition);                                                                               \
    })

/* Publishes an intent or a trade with this number. */
void redis_host_intent(struct redis_host *h, long id);
void redis_host_trade(struct redis_host *h, long id);
/* The same events as bytes with an envelope, as another program would send them; *len bytes in a
 * buffer of the function's own. src NULL: without an envelope. */
const void *redis_intent_bytes(long id, const char *src, int64_t src_seq, size_t *len);
const void *redis_decision_bytes(long id, const char *src, int64_t src_seq, size_t *len);
const void *redis_trade_bytes(long id, const char *src, int64_t src_seq, size_t *len);

#endif
