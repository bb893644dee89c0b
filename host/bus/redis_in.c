/* What this host receives: judged by source, topic and _seq, taken once, from pub/sub or from the
 * streams. */
#include "bus/redis_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_MAX  ((size_t)4 << 20)
#define HELD_MAX     ((size_t)64 << 20) /* bytes held while the streams are read */
#define MARKS_MAX    1000000u           /* (source, topic) pairs that are remembered */
#define MESSAGE_MASK ((int64_t)UINT32_MAX)

#define SRC_CHARS                                                                                  \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-" /* of a host's id */

enum verdict { TAKE, SEEN, JUMP };

/* ---- judging --------------------------------------------------------------------------------- */

/* What a message is to what was seen last. Pub/sub brings nothing twice, so a number of market data
 * that goes back is a source that began anew; order flow comes from the stream as well, and again
 * after a reconnect: there a number that goes back has been seen. */
static enum verdict judge(const struct nj_redis_mark *mark, int64_t seq, bool order_flow,
                          int64_t *missed)
{
    *missed = 0;
    if (!mark)
        return TAKE;
    if (seq == mark->last)
        return SEEN;
    if (seq < mark->last)
        return order_flow ? SEEN : TAKE;
    bool same_run = seq >> NJ_REDIS_RUN_SHIFT == mark->last >> NJ_REDIS_RUN_SHIFT;
    *missed = same_run ? seq - mark->last - 1 : (seq & MESSAGE_MASK) - 1;
    return *missed > 0 ? JUMP : TAKE;
}

static void mark_key(char *out, size_t cap, const char *src, const char *topic)
{
    snprintf(out, cap, "%s %s", src, topic);
}

static void set_mark(struct nj_redis *r, const char *key, int64_t seq)
{
    struct nj_redis_mark *mark = nj_map_get(&r->marks, key);
    if (!mark) {
        mark = nj_map_count(&r->marks) < MARKS_MAX ? malloc(sizeof *mark) : NULL;
        if (!mark || !nj_map_put(&r->marks, key, mark)) {
            free(mark);
            return; /* not remembered: it is taken as a new source each time */
        }
    }
    mark->last = seq;
}

static void note_gap(struct nj_redis *r, const char *src, const char *topic, int64_t missed)
{
    r->stats.gaps++;
    r->stats.missed += (uint64_t)missed;
    if (r->gap_missed == 0)
        snprintf(r->gap_first, sizeof r->gap_first, "first %" PRId64 " on '%s' from '%s'", missed,
                 topic, src);
    r->gap_missed += (uint64_t)missed;
    nj_redis_in_announce(r);
}

void nj_redis_in_announce(struct nj_redis *r)
{
    char text[256];
    int64_t now = nj_redis_now(r);
    if (r->gap_missed == 0 || now - r->gap_ns < 1000000000)
        return;
    snprintf(text, sizeof text, "%" PRIu64 " messages of other hosts are missing, %s",
             r->gap_missed, r->gap_first);
    r->gap_ns = now;
    r->gap_missed = 0;
    nj_log(r->o.log, NJ_WARN, "bus", "gap", NJ_TEXT("detail", text));
    if (r->o.announce)
        r->o.announce(r->o.ctx, NJORD_PLUGIN_EVENT_BUS_GAP, text);
}

/* ---- decoding -------------------------------------------------------------------------------- */

void nj_redis_in_malformed(struct nj_redis *r, const char *topic, const char *why)
{
    static char yes;
    r->stats.malformed++;
    if (nj_map_get(&r->complained, topic) || nj_map_count(&r->complained) > 1000)
        return;
    (void)nj_map_put(&r->complained, topic, &yes);
    nj_log(r->o.log, NJ_WARN, "bus", "malformed", NJ_TEXT("topic", topic), NJ_TEXT("reason", why),
           NJ_TEXT("detail", "dropped; further ones of this topic are only counted"));
}

/* The event of a payload in r->decoded; NULL: malformed, and said so. */
static const njord_event *decode(struct nj_redis *r, const char *topic, const char *payload,
                                 size_t len, njord_envelope *envelope)
{
    const njord_topic *known = njord_topic_of(topic);
    njord_decode_error error = {0};
    char own_topic[160];
    if (!known || len > PAYLOAD_MAX) {
        nj_redis_in_malformed(r, topic, known ? "message too long" : "no such topic");
        return NULL;
    }
    size_t need = njord_decode_bound(len);
    if (need > r->decoded_cap) {
        void *more = realloc(r->decoded, 2 * need);
        if (!more) {
            nj_redis_in_malformed(r, topic, "out of memory");
            return NULL;
        }
        r->decoded = more;
        r->decoded_cap = 2 * need;
    }
    if (njord_decode_msgpack(known->type, payload, len, r->decoded, r->decoded_cap, envelope,
                             &error) != 0) {
        nj_redis_in_malformed(r, topic, error.text[0] ? error.text : "cannot be decoded");
        return NULL;
    }
    if (strchr(known->pattern, '{') &&
        (njord_topic_name(known, r->decoded, own_topic, sizeof own_topic) != 0 ||
         strcmp(own_topic, topic) != 0)) {
        nj_redis_in_malformed(r, topic, "its content belongs on another topic");
        return NULL;
    }
    return r->decoded;
}

/* ---- taking ---------------------------------------------------------------------------------- */

static bool hold(struct nj_redis *r, const char *topic, const char *payload, size_t len)
{
    size_t topic_len = strlen(topic);
    struct nj_redis_held *h = malloc(sizeof *h + topic_len + 1 + len);
    if (!h || r->held_bytes + len > HELD_MAX) {
        free(h);
        nj_redis_lost(r, "too much order flow comes while the streams are read");
        return false;
    }
    *h = (struct nj_redis_held){.topic = (char *)(h + 1), .len = len};
    h->payload = h->topic + topic_len + 1;
    memcpy(h->topic, topic, topic_len + 1);
    memcpy(h->payload, payload, len);
    *r->held_tail = h;
    r->held_tail = &h->next;
    r->held_bytes += len;
    return true;
}

bool nj_redis_in_take(struct nj_redis *r, const char *topic, const char *payload, size_t len,
                      enum nj_redis_from from)
{
    njord_envelope envelope = {.src_seq = NJORD_NONE_I64};
    struct nj_error err = {0};
    char key[256];
    int64_t missed = 0;
    bool order_flow = nj_redis_is_order_flow(topic);
    const njord_event *event = decode(r, topic, payload, len, &envelope);
    if (!event)
        return true;
    if (strcmp(envelope.src, r->o.host_id) == 0) {
        r->stats.own_dropped++;
        return true;
    }
    bool tracked = envelope.src[0] && envelope.src_seq != NJORD_NONE_I64;
    if (tracked && (envelope.src_seq < 0 || envelope.src[strspn(envelope.src, SRC_CHARS)])) {
        nj_redis_in_malformed(
            r, topic, "_src: expected letters, digits, '.', '_', ':', '-'; _seq: at least 0");
        return true;
    }
    if (!tracked && from == NJ_FROM_STREAM)
        return true; /* without _src and _seq it counts where it is heard live */
    if (order_flow && tracked && from == NJ_FROM_PUBSUB && r->catching) {
        hold(r, topic, payload, len);
        return true;
    }
    mark_key(key, sizeof key, envelope.src, topic);
    enum verdict verdict =
        tracked ? judge(nj_map_get(&r->marks, key), envelope.src_seq, order_flow, &missed) : TAKE;
    if (verdict == SEEN) {
        r->stats.seen_dropped++;
        return true;
    }
    if (verdict == JUMP && order_flow && from == NJ_FROM_PUBSUB) {
        if (hold(r, topic, payload, len)) /* what is missing may stand in the stream */
            nj_redis_in_read(r, true);
        return true;
    }
    if (nj_bus_inject(r->o.bus, topic, event, &envelope, &err) != 0) {
        nj_log(r->o.log, NJ_ERROR, "bus", "not_taken", NJ_TEXT("topic", topic),
               NJ_TEXT("reason", err.text));
        if (order_flow && tracked && err.code != NJ_ERR_INPUT)
            return false;
        r->stats.missed++;
        return true;
    }
    if (verdict == JUMP)
        note_gap(r, envelope.src, topic, missed);
    if (tracked) {
        set_mark(r, key, envelope.src_seq);
        r->ids_changed = r->ids_changed || order_flow;
    }
    r->stats.received++;
    r->stats.from_stream += from == NJ_FROM_STREAM;
    return true;
}

void nj_redis_in_message(struct nj_redis *r, const char *pattern, const char *topic,
                         const char *payload, size_t len)
{
    /* a topic that several globs match comes once for each: the first counts */
    for (uint32_t i = 0; i < r->o.n_globs; i++)
        if (njord_glob_match(r->o.globs[i], topic)) {
            if (strcmp(r->o.globs[i], pattern) != 0)
                return;
            break;
        }
    if (!nj_redis_in_take(r, topic, payload, len, NJ_FROM_PUBSUB))
        nj_redis_in_read(r, true); /* once more from the stream, when there is room */
}

/* ---- held ------------------------------------------------------------------------------------ */

static void drop_held(struct nj_redis *r)
{
    while (r->held_head) {
        struct nj_redis_held *h = r->held_head;
        r->held_head = h->next;
        free(h);
    }
    r->held_tail = &r->held_head;
    r->held_bytes = 0;
}

void nj_redis_in_release(struct nj_redis *r)
{
    struct nj_redis_held *h = r->held_head;
    r->catching = false;
    r->held_head = NULL;
    r->held_tail = &r->held_head;
    r->held_bytes = 0;
    while (h) {
        struct nj_redis_held *next = h->next;
        if (!nj_redis_in_take(r, h->topic, h->payload, h->len, NJ_FROM_HELD))
            r->catching = true; /* no room in the bus: the stream has it, the tick asks again */
        free(h);
        h = next;
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

int nj_redis_in_open(struct nj_redis *r, struct nj_error *err)
{
    r->held_tail = &r->held_head;
    for (const njord_topic *t = njord_topics; t->pattern; t++) {
        bool wanted = false;
        for (uint32_t i = 0; i < r->o.n_globs; i++)
            wanted = wanted || njord_glob_match(r->o.globs[i], t->pattern);
        if (!wanted || strchr(t->pattern, '{') || !nj_redis_is_order_flow(t->pattern))
            continue;
        if (r->n_streams == NJ_REDIS_STREAMS)
            return nj_error_set(err, NJ_ERR_INTERNAL, "redis link: more than %d streams",
                                NJ_REDIS_STREAMS);
        struct nj_redis_stream *s = &r->streams[r->n_streams++];
        s->topic = t->pattern;
        snprintf(s->key, sizeof s->key, NJ_REDIS_STREAM "%s", t->pattern);
    }
    return 0;
}

void nj_redis_in_reset(struct nj_redis *r)
{
    drop_held(r);
    r->catching = false;
    r->reading = false;
}

void nj_redis_in_free(struct nj_redis *r)
{
    drop_held(r);
    nj_map_free(&r->marks, free);
    nj_map_free(&r->complained, NULL);
    free(r->decoded);
}
