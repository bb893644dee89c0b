/* What this host sends: market data at once and without a promise, order flow in transactions that
 * are answered for. */
#include "bus/redis_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_COUNT   256                /* messages of one transaction */
#define BATCH_BYTES   ((size_t)1 << 20)  /* likewise */
#define LOOSE_BYTES   ((size_t)16 << 20) /* market data under way; more is dropped and counted */
#define KEPT_NS       30000000000        /* answered messages are kept so long for a new server, */
#define KEPT_BYTES    ((size_t)64 << 20) /* and so many of them */
#define STREAM_LENGTH "1000000"

bool nj_redis_is_order_flow(const char *topic)
{
    static const char *const prefixes[] = {"strat.", "orders.", "risk.", "fills.", "broker."};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(topic, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static struct nj_redis_out *out_new(const char *topic, const void *payload, size_t len)
{
    size_t topic_len = strlen(topic), bytes = sizeof(struct nj_redis_out) + topic_len + 1 + len;
    struct nj_redis_out *m = malloc(bytes);
    if (!m)
        return NULL;
    *m = (struct nj_redis_out){.topic = (char *)(m + 1), .len = len, .bytes = bytes};
    m->payload = m->topic + topic_len + 1;
    memcpy(m->topic, topic, topic_len + 1);
    memcpy(m->payload, payload, len);
    return m;
}

static void push(struct nj_redis_queue *q, struct nj_redis_out *m)
{
    m->next = NULL;
    *(q->tail ? &q->tail->next : &q->head) = m;
    q->tail = m;
    q->count++;
    q->bytes += m->bytes;
}

static struct nj_redis_out *pop(struct nj_redis_queue *q)
{
    struct nj_redis_out *m = q->head;
    q->head = m->next;
    if (!q->head)
        q->tail = NULL;
    q->count--;
    q->bytes -= m->bytes;
    return m;
}

static void queue_free(struct nj_redis_queue *q)
{
    while (q->head)
        free(pop(q));
}

/* Tells the host when the bound is passed, and when half of it is free again. */
static void check_full(struct nj_redis *r)
{
    bool full =
        r->full ? r->out.bytes > r->o.max_unanswered / 2 : r->out.bytes > r->o.max_unanswered;
    if (full == r->full)
        return;
    r->full = full;
    if (r->o.full)
        r->o.full(r->o.ctx, full);
}

/* ---- transactions ---------------------------------------------------------------------------- */

static void note_refusal(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    (void)context;
    if (r && reply && reply->type == REDIS_REPLY_ERROR && !r->exec_error[0])
        snprintf(r->exec_error, sizeof r->exec_error, "%s", reply->str);
}

void nj_redis_out_forget(struct nj_redis *r)
{
    int64_t oldest = nj_redis_now(r) - KEPT_NS;
    while (r->kept.head && (r->kept.head->answered_ns < oldest || r->kept.bytes > KEPT_BYTES))
        free(pop(&r->kept));
}

static void on_exec(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    (void)context;
    if (!r || !reply || r->session == NJ_SESSION_DOWN)
        return; /* they stay in the queue */
    note_refusal(ac, data, NULL);
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
        note_refusal(ac, reply->element[i], NULL);
    if (reply->type != REDIS_REPLY_ARRAY || r->exec_error[0]) {
        /* what went through comes again; who has seen it drops it */
        r->wary = true;
        nj_redis_lost(r, "order flow is refused: %s",
                      r->exec_error[0] ? r->exec_error : "no answer to EXEC");
        return;
    }
    r->stats.sent += r->inflight;
    for (; r->inflight > 0 && r->out.head; r->inflight--) {
        struct nj_redis_out *m = pop(&r->out);
        if (m->answered_ns == 0) /* sent again, it keeps its age */
            m->answered_ns = nj_redis_now(r);
        push(&r->kept, m);
    }
    nj_redis_out_forget(r);
    r->wary = false;
    r->backoff = NJ_REDIS_BACKOFF;
    check_full(r);
    nj_redis_out_send(r);
}

static bool command(struct nj_redis *r, redisCallbackFn *fn, int argc, const char **argv,
                    const size_t *lens)
{
    if (redisAsyncCommandArgv(r->cmd.ac, fn, NULL, argc, argv, lens) == REDIS_OK)
        return true;
    nj_redis_lost(r, "a command cannot be queued: %s", r->cmd.ac->errstr);
    return false;
}

void nj_redis_out_send(struct nj_redis *r)
{
    if (r->session != NJ_SESSION_READY || r->inflight > 0 || !r->out.head)
        return;
    const char *multi[] = {"MULTI"}, *exec[] = {"EXEC"};
    size_t bytes = 0, n = 0;
    r->exec_error[0] = '\0';
    if (!command(r, note_refusal, 1, multi, (size_t[]){5}))
        return;
    for (struct nj_redis_out *m = r->out.head; m && n < BATCH_COUNT && bytes < BATCH_BYTES;
         m = m->next) {
        char key[160];
        size_t topic_len = strlen(m->topic);
        int key_len = snprintf(key, sizeof key, NJ_REDIS_STREAM "%s", m->topic);
        const char *add[] = {"XADD", key, "MAXLEN", "~", STREAM_LENGTH, "*", "e", m->payload};
        size_t add_lens[] = {4, (size_t)key_len, 6, 1, sizeof STREAM_LENGTH - 1, 1, 1, m->len};
        const char *publish[] = {"PUBLISH", m->topic, m->payload};
        size_t publish_lens[] = {7, topic_len, m->len};
        if (!command(r, note_refusal, 8, add, add_lens) ||
            !command(r, note_refusal, 3, publish, publish_lens))
            return;
        bytes += m->bytes;
        n++;
    }
    r->inflight = n;
    command(r, on_exec, 1, exec, (size_t[]){4});
}

void nj_redis_out_restart(struct nj_redis *r, const char *server)
{
    bool other = !server[0] || strcmp(r->server, server) != 0;
    nj_redis_out_forget(r);
    if (r->server[0] && other && r->kept.head) {
        /* answered messages first: they are the older ones */
        struct nj_redis_queue all = r->kept;
        size_t n = all.count;
        if (r->out.head) {
            all.tail->next = r->out.head;
            all.tail = r->out.tail;
            all.count += r->out.count;
            all.bytes += r->out.bytes;
        }
        r->out = all;
        r->kept = (struct nj_redis_queue){0};
        nj_log(r->o.log, NJ_INFO, "bus", "sent_again",
               NJ_TEXT("detail", "another Redis answers: it may not have what the last one had"),
               NJ_INT("messages", n));
    }
    snprintf(r->server, sizeof r->server, "%s", server[0] ? server : "unknown");
    r->inflight = 0;
    check_full(r);
}

/* ---- from the bus ---------------------------------------------------------------------------- */

static void on_published(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    if (!r)
        return;
    size_t len = (size_t)(uintptr_t)context;
    r->loose_bytes -= len < r->loose_bytes ? len : r->loose_bytes;
    if (reply && reply->type == REDIS_REPLY_ERROR)
        nj_log(r->o.log, NJ_WARN, "bus", "publish_refused", NJ_TEXT("reason", reply->str));
}

/* The next _seq of a topic; 0: out of memory. */
static int64_t next_seq(struct nj_redis *r, const char *topic)
{
    int64_t *n = nj_map_get(&r->topics, topic);
    if (!n) {
        n = calloc(1, sizeof *n);
        if (!n || !nj_map_put(&r->topics, topic, n)) {
            free(n);
            return 0;
        }
    }
    return (int64_t)(r->run << NJ_REDIS_RUN_SHIFT) + ++*n;
}

/* The event with its envelope as msgpack in r->encoded; 0: it cannot be made. */
static size_t encode(struct nj_redis *r, const struct nj_message *message)
{
    njord_envelope envelope = {.src_seq = next_seq(r, message->topic)};
    size_t need = njord_encode_bound(message->event) + sizeof envelope, len = 0;
    snprintf(envelope.src, sizeof envelope.src, "%s", r->o.host_id);
    if (envelope.src_seq == 0)
        return 0;
    if (need > r->encoded_cap) {
        void *more = realloc(r->encoded, 2 * need);
        if (!more)
            return 0;
        r->encoded = more;
        r->encoded_cap = 2 * need;
    }
    return njord_encode_msgpack(message->event, &envelope, r->encoded, r->encoded_cap, &len) == 0
               ? len
               : 0;
}

static void on_event(void *ctx, const struct nj_message *message)
{
    struct nj_redis *r = ctx;
    if (message->envelope) /* it came from Redis */
        return;
    size_t len = encode(r, message);
    if (nj_redis_is_order_flow(message->topic)) {
        struct nj_redis_out *m = len > 0 ? out_new(message->topic, r->encoded, len) : NULL;
        if (!m) { /* its _seq is spent: the others will see the gap */
            nj_log(r->o.log, NJ_ERROR, "bus", "order_flow_not_sent",
                   NJ_TEXT("topic", message->topic), NJ_TEXT("reason", "out of memory"));
            if (r->o.full && !r->full)
                r->o.full(r->o.ctx, r->full = true);
            return;
        }
        push(&r->out, m);
        check_full(r);
        return; /* sent before the loop polls, with all of this turn */
    }
    if (len == 0 || r->session != NJ_SESSION_READY || r->loose_bytes + len > LOOSE_BYTES) {
        r->stats.not_sent++;
        return;
    }
    const char *argv[] = {"PUBLISH", message->topic, r->encoded};
    size_t lens[] = {7, strlen(message->topic), len};
    if (redisAsyncCommandArgv(r->cmd.ac, on_published, (void *)(uintptr_t)len, 3, argv, lens) !=
        REDIS_OK) {
        nj_redis_lost(r, "a command cannot be queued");
        return;
    }
    r->loose_bytes += len;
    r->stats.sent++;
}

int nj_redis_out_open(struct nj_redis *r, struct nj_error *err)
{
    r->subscription = nj_bus_subscribe(r->o.bus, "*", NJ_STAGE_LINK, on_event, r);
    return r->subscription ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "redis link: out of memory");
}

void nj_redis_out_free(struct nj_redis *r)
{
    nj_bus_unsubscribe(r->o.bus, r->subscription);
    queue_free(&r->out);
    queue_free(&r->kept);
    nj_map_free(&r->topics, free);
    free(r->encoded);
}
