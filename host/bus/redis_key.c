/* One command and its answer, blocking, for programs without a loop. */
#include "bus/redis.h"

#include <hiredis/hiredis.h>
#include <string.h>
#include <sys/time.h>

static const struct timeval limit = {2, 0};

int nj_redis_failed(const redisContext *c, const redisReply *reply, const struct nj_bus_url *url,
                    struct nj_error *err)
{
    const char *why = reply && reply->type == REDIS_REPLY_ERROR ? reply->str
                      : c && c->err                             ? c->errstr
                                                                : "unexpected answer";
    if (url->unix_socket)
        return nj_error_set(err, NJ_ERR_LOST, "redis '%s': %s", url->host, why);
    return nj_error_set(err, NJ_ERR_LOST, "redis '%s:%u': %s", url->host, url->port, why);
}

/* True: the server said OK. */
static bool ok(redisContext *c, redisReply *reply, const struct nj_bus_url *url,
               struct nj_error *err)
{
    bool good = reply && reply->type == REDIS_REPLY_STATUS;
    if (!good)
        nj_redis_failed(c, reply, url, err);
    freeReplyObject(reply);
    return good;
}

redisContext *nj_redis_dial(const struct nj_bus_url *url, struct nj_error *err)
{
    redisContext *c = url->unix_socket ? redisConnectUnixWithTimeout(url->host, limit)
                                       : redisConnectWithTimeout(url->host, url->port, limit);
    if (!c || c->err || redisSetTimeout(c, limit) != REDIS_OK) {
        nj_redis_failed(c, NULL, url, err);
        goto fail;
    }
    if (url->password[0] &&
        !ok(c,
            url->user[0] ? redisCommand(c, "AUTH %s %s", url->user, url->password)
                         : redisCommand(c, "AUTH %s", url->password),
            url, err))
        goto fail;
    if (url->db != 0 && !ok(c, redisCommand(c, "SELECT %d", url->db), url, err))
        goto fail;
    return c;
fail:
    if (c)
        redisFree(c);
    return NULL;
}

int nj_redis_key_get(const struct nj_bus_url *url, const char *key, struct nj_buf *out,
                     bool *absent, struct nj_error *err)
{
    *absent = false;
    redisContext *c = nj_redis_dial(url, err);
    if (!c)
        return NJ_ERR_LOST;
    int rc = 0;
    redisReply *reply = redisCommand(c, "GET %s", key);
    if (reply && reply->type == REDIS_REPLY_NIL)
        *absent = true;
    else if (!reply || reply->type != REDIS_REPLY_STRING)
        rc = nj_redis_failed(c, reply, url, err);
    else if (!nj_buf_add(out, reply->str, (size_t)reply->len))
        rc = nj_error_set(err, NJ_ERR_NOMEM, "redis key '%s': out of memory", key);
    freeReplyObject(reply);
    redisFree(c);
    return rc;
}

int nj_redis_key_set(const struct nj_bus_url *url, const char *key, const char *value,
                     struct nj_error *err)
{
    redisContext *c = nj_redis_dial(url, err);
    if (!c)
        return NJ_ERR_LOST;
    redisReply *reply =
        value ? redisCommand(c, "SET %s %s", key, value) : redisCommand(c, "DEL %s", key);
    int wanted = value ? REDIS_REPLY_STATUS : REDIS_REPLY_INTEGER;
    int rc = reply && reply->type == wanted ? 0 : nj_redis_failed(c, reply, url, err);
    freeReplyObject(reply);
    redisFree(c);
    return rc;
}
