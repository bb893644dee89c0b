#include "cli/replay_outlet.h"

#include "base/buf.h"
#include "base/json_out.h"
#include "base/map.h"
#include "bus/bus.h"
#include "cli/client.h"
#include "cli/redis_direct.h"

#include <inttypes.h>
#include <jansson.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BATCH_BYTES ((size_t)192 << 10) /* of one request */
#define UNDER_WAY   6                   /* requests that are not answered yet */
#define ANSWER_S    60

struct nj_outlet {
    struct nj_client client; /* fd -1: Redis */
    struct nj_redis_publisher *redis;
    char journal[48];          /* "dev:ino" of the folder that is read */
    struct nj_buf head, batch; /* a request, the lines that follow it */
    uint64_t in_batch, heard, sent;
    unsigned unanswered;
    struct nj_map numbers; /* a topic's last, on Redis */
};

/* ---- a host ---------------------------------------------------------------------------------- */

/* Reads an answer; NULL: it says no, or there is none. */
static json_t *read_answer(struct nj_client *client, int timeout_s, struct nj_error *err)
{
    json_error_t bad;
    const char *line;
    size_t len;
    if (nj_client_read(client, timeout_s, &line, &len, err) != 0)
        return NULL;
    json_t *answer = json_loadb(line, len, JSON_REJECT_DUPLICATES, &bad);
    if (json_is_true(json_object_get(answer, "ok")))
        return answer;
    const char *text = json_string_value(json_object_get(answer, "error"));
    nj_error_set(err, NJ_ERR_REFUSED, "%s", text ? text : "the host's answer cannot be read");
    json_decref(answer);
    return NULL;
}

static int take_answer(struct nj_outlet *s, int timeout_s, struct nj_error *err)
{
    json_t *answer = read_answer(&s->client, timeout_s, err);
    if (!answer)
        return err->code;
    s->unanswered--;
    json_decref(answer);
    return 0;
}

/* A request and the lines that it announces, `in_batch` of them. */
static int send_batch(struct nj_outlet *s, bool first, struct nj_error *err)
{
    struct nj_json_out json = {&s->head, false};
    nj_buf_clear(&s->head);
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "cmd", "replay");
    nj_put_uint(&json, "lines", s->in_batch);
    nj_put_text(&json, "journal", s->journal);
    if (first)
        nj_put_bool(&json, "begin", true);
    nj_put_close(&json, '}');
    if (s->head.failed)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    int rc = nj_client_send(&s->client, s->head.data, s->head.len, err);
    if (rc == 0 && s->in_batch > 0) /* which ends its last line */
        rc = nj_client_send(&s->client, s->batch.data, s->batch.len - 1, err);
    s->unanswered += rc == 0;
    s->in_batch = 0;
    nj_buf_clear(&s->batch);
    while (rc == 0 && s->unanswered >= UNDER_WAY)
        rc = take_answer(s, ANSWER_S, err);
    return rc;
}

static int put_to_host(struct nj_outlet *s, const njord_event *event, struct nj_error *err)
{
    size_t len;
    if (!nj_buf_reserve(&s->batch, njord_encode_bound(event) + 1) ||
        njord_encode_json(event, NULL, s->batch.data + s->batch.len, s->batch.cap - s->batch.len,
                          &len) != 0)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    s->batch.len += len;
    s->batch.data[s->batch.len++] = '\n';
    s->in_batch++;
    return s->batch.len < BATCH_BYTES ? 0 : send_batch(s, false, err);
}

/* ---- may it? --------------------------------------------------------------------------------- */

/* The status of a host: refused where what is replayed would be written into the folder that it
 * comes from, or orders could be real. */
static int check_host(struct nj_client *client, const struct stat *folder,
                      const char *const *topics, size_t n, struct nj_error *err)
{
    static const char ask[] = "{\"cmd\":\"status\"}";
    if (nj_client_send(client, ask, sizeof ask - 1, err) != 0)
        return err->code;
    json_t *status = read_answer(client, ANSWER_S, err);
    if (!status)
        return err->code;
    const json_t *journal = json_object_get(status, "journal");
    const json_t *globs = json_object_get(journal, "topics");
    const char *env = json_string_value(json_object_get(status, "env"));
    const char *dir = json_string_value(json_object_get(journal, "dir"));
    bool same = (uint64_t)json_integer_value(json_object_get(journal, "dev")) == folder->st_dev &&
                (uint64_t)json_integer_value(json_object_get(journal, "ino")) == folder->st_ino;
    int rc = 0;
    if (env && strcmp(env, "live") == 0)
        rc = nj_error_set(err, NJ_ERR_REFUSED, "the host at '%s': refused while app.env is live",
                          client->path);
    for (size_t g = 0; g < json_array_size(globs) && same && rc == 0; g++) {
        const char *glob = json_string_value(json_array_get(globs, g));
        for (size_t i = 0; i < n && glob && rc == 0; i++)
            if (njord_glob_match(glob, topics[i]))
                rc = nj_error_set(err, NJ_ERR_REFUSED,
                                  "the host at '%s' would write %.64s into '%.128s', the journals "
                                  "that are replayed; give it another logging.journal_dir or "
                                  "other journal.topics",
                                  client->path, topics[i], dir ? dir : "");
    }
    json_decref(status);
    return rc;
}

static int open_host(struct nj_outlet *s, struct nj_cli *cli, const struct stat *folder,
                     const char *const *topics, size_t n, struct nj_error *err)
{
    const char *path = nj_cli_control(cli);
    if (!path)
        return nj_error_set(err, NJ_ERR_CONFIG, "no control socket is configured");
    int rc = nj_client_open(&s->client, path, err);
    if (rc == 0)
        rc = check_host(&s->client, folder, topics, n, err);
    if (rc != 0)
        return rc;
    return send_batch(s, true, err) != 0 ? err->code : take_answer(s, ANSWER_S, err);
}

/* Redis: the hosts on it cannot be asked, but for the one of this configuration when it runs. */
static int open_redis(struct nj_outlet *s, struct nj_cli *cli, const struct nj_bus_url *url,
                      const struct stat *folder, const char *const *topics, size_t n,
                      struct nj_error *err)
{
    const struct nj_config *config = nj_cli_config(cli);
    struct nj_client client = {.fd = -1};
    struct nj_error none = {0};
    int rc = 0;
    if (!config)
        return nj_error_set(err, NJ_ERR_CONFIG, "the configuration cannot be read");
    if (config->app.env == NJ_ENV_LIVE)
        return nj_error_set(err, NJ_ERR_REFUSED, "refused while app.env is live");
    if (nj_client_open(&client, nj_cli_control(cli), &none) == 0)
        rc = check_host(&client, folder, topics, n, err);
    nj_client_close(&client);
    return rc != 0 ? rc : nj_redis_publisher_open(&s->redis, url, err);
}

/* ---- life ------------------------------------------------------------------------------------ */

int nj_outlet_open(struct nj_outlet **out, struct nj_cli *cli, const char *journal_dir,
                   const char *const *topics, size_t n, struct nj_error *err)
{
    const char *bus = nj_cli_bus(cli);
    struct nj_bus_url url;
    struct stat folder;
    *out = NULL;
    if (!bus)
        return nj_error_set(err, NJ_ERR_CONFIG, "no bus is configured");
    int rc = nj_bus_url_parse(bus, &url, err);
    if (rc != 0)
        return rc;
    if (stat(journal_dir, &folder) != 0)
        return nj_error_set(err, NJ_ERR_NOT_FOUND, "no folder '%s'", journal_dir);
    struct nj_outlet *s = calloc(1, sizeof *s);
    if (!s)
        return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
    s->client.fd = -1;
    snprintf(s->journal, sizeof s->journal, "%" PRIu64 ":%" PRIu64, (uint64_t)folder.st_dev,
             (uint64_t)folder.st_ino);
    rc = url.kind == NJ_BUS_REDIS ? open_redis(s, cli, &url, &folder, topics, n, err)
                                  : open_host(s, cli, &folder, topics, n, err);
    if (rc != 0) {
        nj_outlet_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void nj_outlet_close(struct nj_outlet *s)
{
    if (!s)
        return;
    nj_client_close(&s->client);
    nj_redis_publisher_close(s->redis);
    nj_map_free(&s->numbers, free);
    nj_buf_free(&s->batch);
    nj_buf_free(&s->head);
    free(s);
}

/* ---- Redis ----------------------------------------------------------------------------------- */

static int put_to_redis(struct nj_outlet *s, const char *topic, const njord_event *event,
                        struct nj_error *err)
{
    int64_t *number = nj_map_get(&s->numbers, topic);
    if (!number) {
        number = calloc(1, sizeof *number);
        if (!number || !nj_map_put(&s->numbers, topic, number)) {
            free(number);
            return nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
        }
    }
    return nj_redis_send(s->redis, topic, event, ++*number, &s->heard, err);
}

int nj_outlet_put(struct nj_outlet *s, const char *topic, const njord_event *event,
                  struct nj_error *err)
{
    s->sent++;
    return s->redis ? put_to_redis(s, topic, event, err) : put_to_host(s, event, err);
}

int nj_outlet_flush(struct nj_outlet *s, struct nj_error *err)
{
    if (s->redis)
        return nj_redis_settle(s->redis, &s->heard, err);
    int rc = s->in_batch > 0 ? send_batch(s, false, err) : 0;
    while (rc == 0 && s->unanswered > 0)
        rc = take_answer(s, ANSWER_S, err);
    return rc;
}

int nj_outlet_finish(struct nj_outlet *s, struct nj_error *err)
{
    int rc = nj_outlet_flush(s, err);
    if (rc != 0 || s->redis)
        return rc;
    rc = send_batch(s, false, err); /* no lines: answered when all is worked off */
    return rc != 0 ? rc : take_answer(s, 0, err);
}

bool nj_outlet_unheard(const struct nj_outlet *s)
{
    return s->redis && s->sent > 0 && s->heard == 0;
}
