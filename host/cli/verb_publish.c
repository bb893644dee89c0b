/* verb_publish.c - njord publish: JSON lines from standard input onto the bus, checked against the
 * topic's contract. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/redis_direct.h"

#include "base/json_out.h"
#include "bus/bus.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE ((size_t)65536)
#define MAX_LINE  ((size_t)500000) /* escaped once more it still fits a request */
#define MAX_BATCH ((size_t)900000)
#define ANSWER_S  60

/* Where lines go: a batch at a time. */
struct sink {
    struct nj_cli *cli;
    const char *topic;
    struct nj_client client; /* a host's socket; fd -1: Redis */
    struct nj_redis_publisher *redis;
    struct nj_buf batch; /* the request being made */
    struct nj_json_out json;
    struct nj_buf numbers; /* of the batch's lines, a uint64_t each */
    uint64_t in_batch;
    uint64_t line, published, malformed;
    bool failed;
};

static void bad(struct sink *s, uint64_t line, const char *why)
{
    s->malformed++;
    fflush(stdout);
    fprintf(stderr, "%s: line %" PRIu64 ": %s\n", s->cli->program, line, why);
}

static void fail(struct sink *s, const char *why)
{
    s->failed = true;
    nj_cli_error(s->cli, 0, "%s", why);
}

/* ---- to a host ---- */

/* The number in the input of a batch's k-th line. */
static uint64_t number_of(const struct sink *s, json_int_t k)
{
    uint64_t number = 0;
    if (k >= 1 && (size_t)k <= s->numbers.len / sizeof number)
        memcpy(&number, s->numbers.data + ((size_t)k - 1) * sizeof number, sizeof number);
    return number;
}

static void take_answer(struct sink *s, const char *line, size_t len)
{
    json_error_t why;
    json_t *answer = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (!json_is_true(json_object_get(answer, "ok"))) {
        fail(s, error ? error : "the host's answer cannot be read");
        json_decref(answer);
        return;
    }
    const json_t *errors = json_object_get(answer, "errors");
    uint64_t wrong = (uint64_t)json_integer_value(json_object_get(answer, "malformed"));
    s->published += (uint64_t)json_integer_value(json_object_get(answer, "published"));
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const json_t *e = json_array_get(errors, i);
        const char *text = json_string_value(json_object_get(e, "error"));
        bad(s, number_of(s, json_integer_value(json_object_get(e, "line"))),
            text ? text : "malformed");
    }
    if (wrong > json_array_size(errors)) {
        s->malformed += wrong - json_array_size(errors);
        nj_cli_error(s->cli, 0, "and %" PRIu64 " more malformed lines up to line %" PRIu64,
                     wrong - json_array_size(errors), s->line);
    }
    json_decref(answer);
}

static void send_batch(struct sink *s)
{
    struct nj_error err = {0};
    const char *line;
    size_t len;
    if (s->in_batch == 0 || s->failed)
        return;
    nj_put_close(&s->json, ']');
    nj_put_close(&s->json, '}');
    if (s->batch.failed || s->numbers.failed)
        fail(s, "out of memory");
    else if (nj_client_send(&s->client, s->batch.data, s->batch.len, &err) != 0 ||
             nj_client_read(&s->client, ANSWER_S, &line, &len, &err) != 0)
        fail(s, err.text);
    else
        take_answer(s, line, len);
    s->in_batch = 0;
}

/* `line` is NUL-ended. */
static void to_host(struct sink *s, const char *line)
{
    if (s->in_batch == 0) {
        nj_buf_clear(&s->batch);
        nj_buf_clear(&s->numbers);
        s->json = (struct nj_json_out){&s->batch, false};
        nj_put_open(&s->json, NULL, '{');
        nj_put_text(&s->json, "cmd", "publish");
        nj_put_text(&s->json, "topic", s->topic);
        nj_put_open(&s->json, "events", '[');
    }
    nj_put_text(&s->json, NULL, line);
    nj_buf_add(&s->numbers, &s->line, sizeof s->line);
    s->in_batch++;
    if (s->batch.len + MAX_LINE > MAX_BATCH)
        send_batch(s);
}

/* ---- lines ---- */

static void take_line(struct sink *s, const char *line, size_t len)
{
    char why[256];
    s->line++;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (strspn(line, " \t\r") >= len)
        return; /* an empty line is none */
    if (len > MAX_LINE || memchr(line, '\0', len)) {
        bad(s, s->line, len > MAX_LINE ? "longer than 500000 bytes" : "holds a NUL byte");
    } else if (s->redis) {
        struct nj_error err = {0};
        int rc = nj_redis_publish(s->redis, s->topic, line, len, why, sizeof why, &err);
        if (rc == 0)
            s->published++;
        else if (rc == NJ_ERR_INPUT)
            bad(s, s->line, why);
        else
            fail(s, err.text);
    } else {
        to_host(s, line);
    }
}

/* Splits what was read into lines; the rest waits. With `last` the rest is a line. */
static void take_lines(struct sink *s, struct nj_buf *in, bool last)
{
    size_t at = 0;
    while (at < in->len && !s->failed) {
        char *end = memchr(in->data + at, '\n', in->len - at);
        if (!end && !last)
            break;
        size_t len = end ? (size_t)(end - in->data) - at : in->len - at;
        in->data[at + len] = '\0';
        take_line(s, in->data + at, len);
        at += len + 1;
    }
    nj_buf_drop(in, at < in->len ? at : in->len);
}

static void pump(struct sink *s)
{
    struct nj_buf in = {0};
    bool skipping = false; /* the rest of a line that is too long */
    while (!s->failed) {
        if (!nj_buf_reserve(&in, READ_SIZE)) {
            fail(s, "out of memory");
            break;
        }
        ssize_t n = read(STDIN_FILENO, in.data + in.len, READ_SIZE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail(s, "standard input cannot be read");
        if (n <= 0)
            break;
        in.len += (size_t)n;
        char *end = skipping ? memchr(in.data, '\n', in.len) : NULL;
        if (skipping) {
            nj_buf_drop(&in, end ? (size_t)(end - in.data) + 1 : in.len);
            skipping = !end;
        }
        take_lines(s, &in, false);
        if (in.len > MAX_LINE) {
            send_batch(s);
            bad(s, ++s->line, "longer than 500000 bytes");
            nj_buf_clear(&in);
            skipping = true;
        }
        send_batch(s);
    }
    take_lines(s, &in, true);
    send_batch(s);
    nj_buf_free(&in);
}

/* ---- the verb ---- */

static bool may_publish(const struct nj_cli *cli, const char *topic)
{
    if (strncmp(topic, "md.", 3) != 0 && strncmp(topic, "strat.", 6) != 0)
        nj_cli_error(cli, 0, "'%.64s': only md.* and strat.* may be published", topic);
    else if (!njord_topic_of(topic))
        nj_cli_error(cli, 0, "'%.64s': no such topic; doc/contracts.md lists them", topic);
    else
        return true;
    return false;
}

static int open_sink(struct sink *s, const char *bus)
{
    struct nj_bus_url url;
    struct nj_error err = {0};
    if (nj_bus_url_parse(bus, &url, &err) != 0)
        return nj_cli_error(s->cli, NJ_EXIT_USAGE, "%s", err.text);
    if (url.kind == NJ_BUS_REDIS) {
        const struct nj_config *config = nj_cli_config(s->cli);
        if (!config)
            return NJ_EXIT_FAILED;
        if (config->app.env == NJ_ENV_LIVE)
            return nj_cli_error(s->cli, NJ_EXIT_FAILED, "refused while app.env is live");
        if (nj_redis_publisher_open(&s->redis, &url, &err) != 0)
            return nj_cli_error(s->cli, NJ_EXIT_FAILED, "%s", err.text);
        return 0;
    }
    const char *path = nj_cli_control(s->cli);
    if (!path)
        return NJ_EXIT_FAILED;
    if (nj_client_open(&s->client, path, &err) != 0)
        return nj_cli_error(s->cli, NJ_EXIT_FAILED, "%s", err.text);
    return 0;
}

int nj_verb_publish(struct nj_cli *cli)
{
    struct sink s = {.cli = cli, .topic = cli->args[0], .client = {.fd = -1}};
    if (!may_publish(cli, s.topic))
        return NJ_EXIT_USAGE;
    const char *bus = nj_cli_bus(cli);
    int rc = bus ? open_sink(&s, bus) : NJ_EXIT_FAILED;
    if (rc == 0) {
        pump(&s);
        if (cli->json)
            printf("{\"published\":%" PRIu64 ",\"malformed\":%" PRIu64 "}\n", s.published,
                   s.malformed);
        else
            printf("%" PRIu64 " published, %" PRIu64 " malformed\n", s.published, s.malformed);
        rc = s.failed || s.malformed > 0 ? NJ_EXIT_FAILED : NJ_EXIT_DONE;
    }
    nj_client_close(&s.client);
    nj_redis_publisher_close(s.redis);
    nj_buf_free(&s.batch);
    nj_buf_free(&s.numbers);
    return rc;
}
