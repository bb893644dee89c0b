#include "cli/redis_direct.h"

#include "base/json_out.h"
#include "base/platform.h"
#include "bus/redis.h"

#include <hiredis/hiredis.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define STREAM_LENGTH "1000000" /* as hosts bound it */

/* ---- tail ---- */

struct tail {
    const struct nj_cli *cli;
    void *room;
    size_t cap;
    struct nj_buf line;
    uint64_t shown, count;
};

/* Decodes a message into t->room and its line into t->line. False: not one of ours; `why` says how.
 */
static bool to_line(struct tail *t, const char *topic, const char *data, size_t len, char *why,
                    size_t why_cap)
{
    const njord_topic *kind = njord_topic_of(topic);
    njord_envelope envelope;
    njord_decode_error bad;
    size_t need = njord_decode_bound(len), text_len;
    if (!kind) {
        snprintf(why, why_cap, "no such topic");
        return false;
    }
    if (need > t->cap) {
        void *more = realloc(t->room, need);
        if (!more) {
            snprintf(why, why_cap, "out of memory");
            return false;
        }
        t->room = more;
        t->cap = need;
    }
    if (njord_decode_msgpack(kind->type, data, len, t->room, t->cap, &envelope, &bad) != 0) {
        snprintf(why, why_cap, "%s", bad.text);
        return false;
    }
    nj_buf_clear(&t->line);
    struct nj_json_out json = {&t->line, false};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "topic", topic);
    nj_put_raw(&json, "event", "", 0);
    envelope.contract = 0;
    if (nj_buf_reserve(&t->line, njord_encode_bound(t->room) + 8) &&
        njord_encode_json(t->room, &envelope, t->line.data + t->line.len, t->line.cap - t->line.len,
                          &text_len) == 0)
        t->line.len += text_len;
    else
        t->line.failed = true;
    nj_buf_puts(&t->line, "}\n");
    if (t->line.failed)
        snprintf(why, why_cap, "out of memory");
    return !t->line.failed;
}

/* One answer of the subscription. */
static int take_message(struct tail *t, const redisReply *reply, const struct nj_bus_url *url)
{
    char why[256];
    struct nj_error err = {0};
    if (reply->type == REDIS_REPLY_ERROR) {
        nj_redis_failed(NULL, reply, url, &err);
        return nj_cli_error(t->cli, NJ_EXIT_FAILED, "%s", err.text);
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 4 ||
        strcmp(reply->element[0]->str, "pmessage") != 0)
        return 0; /* the subscription's own answer */
    const redisReply *topic = reply->element[2], *data = reply->element[3];
    if (!to_line(t, topic->str, data->str, data->len, why, sizeof why)) {
        nj_cli_error(t->cli, 0, "message on '%.128s' left out: %s", topic->str, why);
        return 0;
    }
    t->shown++;
    if (fwrite(t->line.data, 1, t->line.len, stdout) != t->line.len || fflush(stdout) != 0)
        return nj_cli_error(t->cli, NJ_EXIT_FAILED, "standard output cannot be written");
    return 0;
}

int nj_redis_tail(const struct nj_cli *cli, const struct nj_bus_url *url, uint64_t count)
{
    struct tail t = {.cli = cli, .count = count};
    struct nj_error err = {0};
    redisReply *reply;
    redisContext *c = nj_redis_dial(url, &err);
    if (!c)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    redisSetTimeout(c, (struct timeval){0, 0}); /* events come when they come */
    if (!url->unix_socket) /* a UNIX socket has none, and hiredis would call that an error */
        redisEnableKeepAlive(c);
    int rc = redisAppendCommand(c, "PSUBSCRIBE %s", cli->args[0]) == REDIS_OK
                 ? 0
                 : nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
    while (rc == 0 && (count == 0 || t.shown < count)) {
        if (redisGetReply(c, (void **)&reply) != REDIS_OK) {
            nj_redis_failed(c, NULL, url, &err);
            rc = nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
            break;
        }
        rc = take_message(&t, reply, url);
        freeReplyObject(reply);
    }
    nj_buf_free(&t.line);
    free(t.room);
    redisFree(c);
    return rc;
}

/* ---- publish ---- */

struct nj_redis_publisher {
    redisContext *c;
    struct nj_bus_url url;
    char src[NJORD_ID_SIZE]; /* unique: a host sees no jump in our numbers */
    int64_t seq;             /* of the one topic that this process publishes on */
    void *room, *bytes;
    size_t room_cap, bytes_cap;
    unsigned unanswered; /* of nj_redis_send() */
};

int nj_redis_publisher_open(struct nj_redis_publisher **out, const struct nj_bus_url *url,
                            struct nj_error *err)
{
    const struct nj_platform *pf = nj_platform_system();
    unsigned char random[6];
    struct nj_redis_publisher *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    p->url = *url;
    int rc = pf->random_bytes(pf->ctx, random, sizeof random) == 0
                 ? 0
                 : nj_error_set(err, NJ_ERR_IO, "the system gives no random bytes");
    if (rc == 0) {
        memcpy(p->src, "cli_", 4);
        for (size_t i = 0; i < sizeof random; i++)
            snprintf(p->src + 4 + 2 * i, 3, "%02x", random[i]);
        p->c = nj_redis_dial(url, err);
        rc = p->c ? 0 : NJ_ERR_LOST;
    }
    if (rc != 0) {
        free(p);
        return rc;
    }
    *out = p;
    return 0;
}

void nj_redis_publisher_close(struct nj_redis_publisher *p)
{
    if (!p)
        return;
    redisFree(p->c);
    free(p->room);
    free(p->bytes);
    free(p);
}

static bool grow(void **data, size_t *cap, size_t need)
{
    void *more = need > *cap ? realloc(*data, need) : *data;
    if (!more)
        return false;
    *data = more;
    *cap = need > *cap ? need : *cap;
    return true;
}

/* Order flow goes into its stream in the same step, so that a host that is away reads it later. */
static int send_order_flow(struct nj_redis_publisher *p, const char *topic, size_t len,
                           struct nj_error *err)
{
    redisReply *reply = NULL;
    int rc = 0;
    redisAppendCommand(p->c, "MULTI");
    redisAppendCommand(p->c, "XADD njord:s:%s MAXLEN ~ " STREAM_LENGTH " * e %b", topic, p->bytes,
                       len);
    redisAppendCommand(p->c, "PUBLISH %s %b", topic, p->bytes, len);
    redisAppendCommand(p->c, "EXEC");
    for (int i = 0; i < 4; i++) {
        if (redisGetReply(p->c, (void **)&reply) != REDIS_OK)
            return nj_redis_failed(p->c, NULL, &p->url, err);
        bool good = i < 3 ? reply->type == REDIS_REPLY_STATUS
                          : reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                                reply->element[0]->type != REDIS_REPLY_ERROR &&
                                reply->element[1]->type != REDIS_REPLY_ERROR;
        if (!good && rc == 0)
            rc = nj_redis_failed(p->c, reply, &p->url, err);
        freeReplyObject(reply);
    }
    return rc;
}

static int send_plain(struct nj_redis_publisher *p, const char *topic, size_t len,
                      struct nj_error *err)
{
    redisReply *reply = redisCommand(p->c, "PUBLISH %s %b", topic, p->bytes, len);
    int rc = reply && reply->type == REDIS_REPLY_INTEGER
                 ? 0
                 : nj_redis_failed(p->c, reply, &p->url, err);
    freeReplyObject(reply);
    return rc;
}

int nj_redis_publish(struct nj_redis_publisher *p, const char *topic, const char *line, size_t len,
                     char *why, size_t why_cap, struct nj_error *err)
{
    const njord_topic *kind = njord_topic_of(topic);
    njord_decode_error bad;
    njord_envelope envelope;
    char name[256];
    size_t n;
    if (!kind)
        return nj_error_set(err, NJ_ERR_INTERNAL, "'%s': no such topic", topic);
    if (!grow(&p->room, &p->room_cap, njord_decode_bound(len)))
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    if (njord_decode_json(kind->type, line, len, p->room, p->room_cap, NULL, &bad) != 0) {
        snprintf(why, why_cap, "%s", bad.text);
        return NJ_ERR_INPUT;
    }
    if (njord_topic_name(kind, p->room, name, sizeof name) != 0 || strcmp(name, topic) != 0) {
        snprintf(why, why_cap,
                 "the event does not belong to this topic: another symbol or timeframe");
        return NJ_ERR_INPUT;
    }
    njord_envelope_init(&envelope);
    envelope.src_seq = ++p->seq;
    memcpy(envelope.src, p->src, sizeof envelope.src);
    if (!grow(&p->bytes, &p->bytes_cap, njord_encode_bound(p->room)))
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    if (njord_encode_msgpack(p->room, &envelope, p->bytes, p->bytes_cap, &n) != 0)
        return nj_error_set(err, NJ_ERR_INTERNAL, "'%s': the event cannot be encoded", topic);
    return strncmp(topic, "strat.", 6) == 0 ? send_order_flow(p, topic, n, err)
                                            : send_plain(p, topic, n, err);
}

/* ---- many events ---- */

#define MAX_UNANSWERED 1024u

static int take_answer(struct nj_redis_publisher *p, uint64_t *heard, struct nj_error *err)
{
    redisReply *reply = NULL;
    int rc = 0;
    if (redisGetReply(p->c, (void **)&reply) != REDIS_OK)
        return nj_redis_failed(p->c, NULL, &p->url, err);
    p->unanswered--;
    if (reply->type != REDIS_REPLY_INTEGER)
        rc = nj_redis_failed(p->c, reply, &p->url, err);
    else if (heard)
        *heard += (uint64_t)reply->integer;
    freeReplyObject(reply);
    return rc;
}

int nj_redis_settle(struct nj_redis_publisher *p, uint64_t *heard, struct nj_error *err)
{
    int rc = 0;
    while (rc == 0 && p->unanswered > 0)
        rc = take_answer(p, heard, err);
    return rc;
}

int nj_redis_send(struct nj_redis_publisher *p, const char *topic, const njord_event *event,
                  int64_t src_seq, uint64_t *heard, struct nj_error *err)
{
    njord_envelope envelope;
    size_t n;
    njord_envelope_init(&envelope);
    envelope.src_seq = src_seq;
    memcpy(envelope.src, p->src, sizeof envelope.src);
    if (!grow(&p->bytes, &p->bytes_cap, njord_encode_bound(event)))
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    if (njord_encode_msgpack(event, &envelope, p->bytes, p->bytes_cap, &n) != 0)
        return nj_error_set(err, NJ_ERR_INTERNAL, "'%s': the event cannot be encoded", topic);
    const char *words[] = {"PUBLISH", topic, p->bytes};
    const size_t lengths[] = {7, strlen(topic), n};
    if (redisAppendCommandArgv(p->c, 3, words, lengths) != REDIS_OK)
        return nj_redis_failed(p->c, NULL, &p->url, err);
    p->unanswered++;
    int rc = 0;
    while (rc == 0 && p->unanswered >= MAX_UNANSWERED)
        rc = take_answer(p, heard, err);
    return rc;
}
