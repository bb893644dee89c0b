/* Reading the streams of order flow: several at once, taken in the order in which they were
 * written.
 *
 * An order must not be seen before the decision that let it through, and they stand in different
 * streams. So the entries of one answer are merged by the milliseconds of their ids, and within one
 * millisecond in the order of the table of topics (intents, decisions, orders, what brokers say).
 * An answer that is cut at its count sets a horizon: what is younger waits for the next. */
#include "bus/redis_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define READ_COUNT 500 /* entries of a stream asked for at once */
#define READ_TEXT  "500"

/* The entries of one stream in an answer. */
struct part {
    struct nj_redis_stream *stream;
    const redisReply *entries;
    size_t at;
    bool cut; /* there are more */
};

/* An id as Redis writes it: milliseconds, a dash, a counter. */
static void id_parse(const char *id, uint64_t *ms, uint64_t *n)
{
    *ms = *n = 0;
    (void)sscanf(id, "%20" SCNu64 "-%20" SCNu64, ms, n);
}

static bool id_before(const char *a, const char *b)
{
    uint64_t a_ms, a_n, b_ms, b_n;
    id_parse(a, &a_ms, &a_n);
    id_parse(b, &b_ms, &b_n);
    return a_ms < b_ms || (a_ms == b_ms && a_n < b_n);
}

static bool is_entry(const redisReply *entry)
{
    return entry->type == REDIS_REPLY_ARRAY && entry->elements == 2 &&
           entry->element[0]->type == REDIS_REPLY_STRING &&
           (size_t)entry->element[0]->len < NJ_REDIS_ID_SIZE;
}

static uint64_t ms_of(const redisReply *entry)
{
    uint64_t ms, n;
    id_parse(entry->element[0]->str, &ms, &n);
    return ms;
}

/* The payload of an entry's field "e"; NULL: it has none. */
static const redisReply *payload_of(const redisReply *fields)
{
    for (size_t i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements; i += 2)
        if (fields->element[i]->type == REDIS_REPLY_STRING &&
            strcmp(fields->element[i]->str, "e") == 0 &&
            fields->element[i + 1]->type == REDIS_REPLY_STRING)
            return fields->element[i + 1];
    return NULL;
}

/* Takes an answer apart, in the order of the table of topics; returns how many parts. */
static size_t parts_of(struct nj_redis *r, const redisReply *reply, struct part *parts)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_streams; i++)
        for (size_t k = 0; k < reply->elements; k++) {
            const redisReply *e = reply->element[k];
            if (e->type != REDIS_REPLY_ARRAY || e->elements != 2 ||
                e->element[0]->type != REDIS_REPLY_STRING ||
                strcmp(e->element[0]->str, r->streams[i].key) != 0 ||
                e->element[1]->type != REDIS_REPLY_ARRAY)
                continue;
            const redisReply *entries = e->element[1];
            parts[n++] = (struct part){&r->streams[i], entries, 0, entries->elements >= READ_COUNT};
            break;
        }
    return n;
}

/* The last millisecond of a part that was cut; UINT64_MAX: it was not. */
static uint64_t end_of(const struct part *p)
{
    const redisReply *last =
        p->entries->elements ? p->entries->element[p->entries->elements - 1] : NULL;
    return p->cut && last && is_entry(last) ? ms_of(last) : UINT64_MAX;
}

/* The part whose next entry is the oldest that may be taken; NULL: none may. */
static struct part *oldest(struct part *parts, size_t n, uint64_t horizon)
{
    struct part *best = NULL;
    uint64_t best_ms = 0;
    for (size_t i = 0; i < n; i++) {
        struct part *p = &parts[i];
        while (p->at < p->entries->elements && !is_entry(p->entries->element[p->at]))
            p->at++;
        if (p->at == p->entries->elements)
            continue;
        uint64_t ms = ms_of(p->entries->element[p->at]);
        /* of the horizon's own millisecond only what set it: of that all is there */
        bool due = ms < horizon || (ms == horizon && end_of(p) == horizon);
        if (due && (!best || ms < best_ms)) {
            best = p;
            best_ms = ms;
        }
    }
    return best;
}

/* Takes the entries of an answer. False: the bus has no room for one of them. */
static bool take_parts(struct nj_redis *r, struct part *parts, size_t n)
{
    uint64_t horizon = UINT64_MAX;
    for (size_t i = 0; i < n; i++)
        if (end_of(&parts[i]) < horizon)
            horizon = end_of(&parts[i]);
    for (struct part *p; (p = oldest(parts, n, horizon));) {
        const redisReply *entry = p->entries->element[p->at++];
        const redisReply *payload = payload_of(entry->element[1]);
        if (!payload)
            nj_redis_in_malformed(r, p->stream->topic, "a stream entry without the field 'e'");
        else if (!nj_redis_in_take(r, p->stream->topic, payload->str, (size_t)payload->len,
                                   NJ_FROM_STREAM))
            return false;
        snprintf(p->stream->id, sizeof p->stream->id, "%s", entry->element[0]->str);
        r->ids_changed = true;
    }
    return true;
}

static void on_read(redisAsyncContext *ac, void *data, void *context)
{
    struct nj_redis *r = nj_redis_of(ac);
    const redisReply *reply = data;
    struct part parts[NJ_REDIS_STREAMS];
    (void)context;
    if (!r || !reply || r->session != NJ_SESSION_READY)
        return;
    r->reading = false;
    if (reply->type == REDIS_REPLY_ERROR) {
        r->wary = true;
        nj_redis_lost(r, "the streams cannot be read: %s", reply->str);
        return;
    }
    if (reply->type != REDIS_REPLY_ARRAY) { /* nil: nothing is left */
        if (r->catching)
            nj_redis_in_release(r);
        return;
    }
    if (take_parts(r, parts, parts_of(r, reply, parts)))
        nj_redis_in_read(r, r->catching); /* else the tick asks again */
}

void nj_redis_in_read(struct nj_redis *r, bool catch_up)
{
    const char *argv[4 + 2 * NJ_REDIS_STREAMS] = {"XREAD", "COUNT", READ_TEXT, "STREAMS"};
    size_t lens[4 + 2 * NJ_REDIS_STREAMS], n = 4;
    if (r->session != NJ_SESSION_READY)
        return;
    if (r->n_streams == 0) {
        nj_redis_in_release(r);
        return;
    }
    r->catching = r->catching || catch_up;
    if (r->reading)
        return;
    for (size_t i = 0; i < r->n_streams; i++)
        argv[n++] = r->streams[i].key;
    for (size_t i = 0; i < r->n_streams; i++)
        argv[n++] = r->streams[i].id;
    for (size_t i = 0; i < n; i++)
        lens[i] = strlen(argv[i]);
    r->reading = redisAsyncCommandArgv(r->cmd.ac, on_read, NULL, (int)n, argv, lens) == REDIS_OK;
    if (!r->reading)
        nj_redis_lost(r, "a command cannot be queued");
}

void nj_redis_in_stream_end(struct nj_redis *r, struct nj_redis_stream *stream, const char *end)
{
    const char *last = end[0] ? end : "0-0";
    /* a first start takes nothing of the past; a stream that ends before our place is another */
    if (!stream->id[0] || id_before(last, stream->id)) {
        snprintf(stream->id, sizeof stream->id, "%s", last);
        r->ids_changed = true;
    }
}
