/* redis_impl.h - the inside of the Redis link, shared by redis*.c and by nobody else.
 *
 * A session is the two connections together: when one is lost both are given up and made anew.
 * What this host sends of order flow stands in a queue until EXEC has answered for it, and for a
 * while longer, because a Redis that dies may take answered messages along. What it receives is
 * judged by (source, topic, _seq), so that a message counts once whether it came by pub/sub, from
 * the stream, or by both. [loop] only. */
#ifndef NJ_BUS_REDIS_IMPL_H
#define NJ_BUS_REDIS_IMPL_H

#include "base/map.h"
#include "bus/redis.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#define NJ_REDIS_STREAMS   24 /* order-flow topics at most */
#define NJ_REDIS_ID_SIZE   48 /* of a stream: "1700000000000-0" */
#define NJ_REDIS_WHY_SIZE  256
#define NJ_REDIS_STREAM    "njord:s:"
#define NJ_REDIS_DAY_PNL   "njord:pnl:day"
#define NJ_REDIS_BACKOFF   0.1 /* s before the first try; doubles to 10 */
#define NJ_REDIS_RUN_SHIFT 32  /* _seq is (run of the host << 32) + message of the topic in it */

enum nj_redis_session {
    NJ_SESSION_DOWN,       /* waits for the next try */
    NJ_SESSION_CONNECTING, /* and whatever must be answered before it is of use */
    NJ_SESSION_READY
};

struct nj_redis_conn {
    redisAsyncContext *ac; /* hiredis's, which frees it itself when it fails; NULL: none */
    struct nj_redis *redis;
    bool usable; /* connected, authenticated, database chosen */
};

/* A message of order flow on its way out. */
struct nj_redis_out {
    struct nj_redis_out *next;
    char *topic, *payload; /* behind the struct, in one block */
    size_t len, bytes;     /* of payload; of all */
    int64_t answered_ns;   /* monotonic */
};

struct nj_redis_queue {
    struct nj_redis_out *head, *tail;
    size_t count, bytes;
};

/* A message that came while the streams are being read. */
struct nj_redis_held {
    struct nj_redis_held *next;
    char *topic, *payload;
    size_t len;
};

/* What was last seen of a topic from one source. */
struct nj_redis_mark {
    int64_t last;
};

struct nj_redis_stream {
    const char *topic;         /* of the table of topics */
    char key[96];              /* njord:s:<topic> */
    char id[NJ_REDIS_ID_SIZE]; /* the last entry taken; "": not known yet */
};

struct nj_redis {
    struct nj_redis_options o; /* texts are our copies */
    char where[160];           /* for messages: "127.0.0.1:6379" */
    enum nj_redis_session session;
    struct nj_redis_conn sub, cmd;
    ev_timer retry, tick, limit;
    ev_prepare prepare;
    bool give_up; /* both connections are to be freed outside hiredis's callbacks */
    bool refused; /* the server said no to who we are: trying again at once is no use */
    bool greeted; /* a session has been ready before */
    bool wary;    /* the server refused what a ready session sent: being ready is no success yet */
    bool closing;
    char why[NJ_REDIS_WHY_SIZE]; /* the session's end */
    double backoff;              /* s, before the next try */
    uint32_t unconfirmed;        /* subscriptions asked for and not confirmed */
    int64_t ready_ns, echo_ns;   /* monotonic: session ready; own ping heard */
    char server[64];             /* run_id of the server of the last session */

    uint64_t run;                    /* of this host: how often it was started */
    struct nj_map topics;            /* name to int64_t *: messages sent in this run */
    struct nj_redis_queue out, kept; /* not answered; answered lately */
    size_t inflight;                 /* of out: asked, waiting for EXEC */
    char exec_error[128];            /* why a command of the transaction was refused */
    size_t loose_bytes;              /* of market data not answered */
    bool full;
    void *encoded;
    size_t encoded_cap;
    struct nj_subscription *subscription;
    char day_pnl[32]; /* what is to stand in njord:pnl:day; "": nothing yet */

    struct nj_map marks; /* "source topic" to struct nj_redis_mark * */
    struct nj_redis_stream streams[NJ_REDIS_STREAMS];
    size_t n_streams;
    bool catching; /* order flow comes from the streams; what pub/sub brings is held */
    bool reading;  /* an XREAD is not answered */
    struct nj_redis_held *held_head, **held_tail;
    size_t held_bytes;
    bool ids_changed;
    int64_t stored_ns;
    void *decoded;
    size_t decoded_cap;
    struct nj_map complained; /* topics of which a malformed message was logged */
    uint64_t gap_missed;      /* not announced yet */
    int64_t gap_ns;           /* monotonic: last announcement */
    char gap_first[192];
    bool odd_pnl; /* a malformed njord:pnl:day was logged */

    struct nj_redis_stats stats;
};

int64_t nj_redis_now(const struct nj_redis *r); /* monotonic, ns */

/* redis_session.c: makes both connections and greets; ends with nj_redis_ready(). */
void nj_redis_connect(struct nj_redis *r);
/* Frees both connections. Not from inside a callback of hiredis. */
void nj_redis_disconnect(struct nj_redis *r);
/* The session is over: says so, and has the next one made after the back-off. Safe in callbacks. */
void nj_redis_lost(struct nj_redis *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The link of a reply's connection, NULL when it has been given up meanwhile. */
struct nj_redis *nj_redis_of(const redisAsyncContext *ac);

/* redis.c */
void nj_redis_ready(struct nj_redis *r);
/* Asks for the kill key and for the day's profit. */
void nj_redis_ask_keys(struct nj_redis *r);

/* redis_out.c */
int nj_redis_out_open(struct nj_redis *r, struct nj_error *err);
void nj_redis_out_free(struct nj_redis *r);
/* Sends the next transaction unless one is not answered. */
void nj_redis_out_send(struct nj_redis *r);
/* A new session: what was not answered is sent anew, and what was answered lately too when the
 * server is another one. */
void nj_redis_out_restart(struct nj_redis *r, const char *server);
/* Lets go of what was answered too long ago to be sent again. */
void nj_redis_out_forget(struct nj_redis *r);
bool nj_redis_is_order_flow(const char *topic);

/* redis_in.c */
int nj_redis_in_open(struct nj_redis *r, struct nj_error *err);
void nj_redis_in_free(struct nj_redis *r);
/* A message of pub/sub. */
void nj_redis_in_message(struct nj_redis *r, const char *pattern, const char *topic,
                         const char *payload, size_t len);
enum nj_redis_from { NJ_FROM_PUBSUB, NJ_FROM_HELD, NJ_FROM_STREAM };
/* One message. False: it could not be taken and must come again, from its stream. */
bool nj_redis_in_take(struct nj_redis *r, const char *topic, const char *payload, size_t len,
                      enum nj_redis_from from);
/* Everything the streams had is taken: now what came meanwhile, most of which they had too. */
void nj_redis_in_release(struct nj_redis *r);
/* Counts a message that is no event, and says so once a topic. */
void nj_redis_in_malformed(struct nj_redis *r, const char *topic, const char *why);
/* The session was lost: what was held comes from the streams again. */
void nj_redis_in_reset(struct nj_redis *r);
/* Says what is missing, at most once a second. */
void nj_redis_in_announce(struct nj_redis *r);

/* redis_streams.c */
/* The id that a stream ends with now ("": it is empty); asked once a session. */
void nj_redis_in_stream_end(struct nj_redis *r, struct nj_redis_stream *stream, const char *end);
/* Reads on from the last ids; `catch_up` holds pub/sub's order flow until nothing is left. */
void nj_redis_in_read(struct nj_redis *r, bool catch_up);

/* redis_ids.c: the document that makes a restart go on where it was. */
void nj_redis_ids_load(struct nj_redis *r);
int nj_redis_ids_store(struct nj_redis *r);

#endif
