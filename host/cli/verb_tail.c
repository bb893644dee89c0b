/* verb_tail.c - njord tail: events as they happen, from a host's control socket or from Redis. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/redis_direct.h"

#include "base/json_out.h"
#include "bus/bus.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many events --count asks for; 0: no end. False: not a number. */
static bool count_of(const struct nj_cli *cli, uint64_t *count)
{
    char *end = NULL;
    *count = 0;
    if (!cli->count)
        return true;
    unsigned long long v =
        cli->count[0] >= '1' && cli->count[0] <= '9' ? strtoull(cli->count, &end, 10) : 0;
    *count = v;
    return v > 0 && end && *end == '\0' && v <= INT64_MAX;
}

/* Is this the line that ends an answer? Events begin with their topic. */
static bool is_last(const char *line)
{
    return strncmp(line, "{\"done\":", 8) == 0;
}

static int ended(const struct nj_cli *cli, const char *line, size_t len)
{
    json_error_t why;
    json_t *answer = json_loadb(line, len, 0, &why);
    const char *error = json_string_value(json_object_get(answer, "error"));
    nj_cli_error(cli, 0, "%s", error ? error : "the host ended it without a reason");
    json_decref(answer);
    return NJ_EXIT_FAILED;
}

static int tail_host(struct nj_cli *cli, uint64_t count)
{
    const char *path = nj_cli_control(cli);
    struct nj_client client;
    struct nj_error err = {0};
    struct nj_buf text = {0};
    const char *line;
    size_t len;
    int rc = NJ_EXIT_DONE;
    if (!path)
        return NJ_EXIT_FAILED;
    if (nj_client_open(&client, path, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    struct nj_json_out json = {&text, false};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "cmd", "tail");
    nj_put_text(&json, "glob", cli->args[0]);
    nj_put_close(&json, '}');
    if (text.failed || nj_client_send(&client, text.data, text.len, &err) != 0)
        rc = nj_cli_error(cli, NJ_EXIT_FAILED, "%s", text.failed ? "out of memory" : err.text);
    for (uint64_t n = 0; rc == NJ_EXIT_DONE && (count == 0 || n < count); n++) {
        if (nj_client_read(&client, 0, &line, &len, &err) != 0)
            rc = nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
        else if (is_last(line))
            rc = ended(cli, line, len);
        else if (fwrite(line, 1, len, stdout) != len || putchar('\n') == EOF ||
                 (!nj_client_has_line(&client) && fflush(stdout) != 0))
            rc = nj_cli_error(cli, NJ_EXIT_FAILED, "standard output cannot be written");
    }
    nj_buf_free(&text);
    nj_client_close(&client);
    return rc;
}

int nj_verb_tail(struct nj_cli *cli)
{
    struct nj_bus_url url;
    struct nj_error err = {0};
    uint64_t count;
    if (!count_of(cli, &count))
        return nj_cli_error(cli, NJ_EXIT_USAGE, "--count '%.32s': expected a number > 0",
                            cli->count);
    const char *bus = nj_cli_bus(cli);
    if (!bus)
        return NJ_EXIT_FAILED;
    if (nj_bus_url_parse(bus, &url, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_USAGE, "%s", err.text);
    return url.kind == NJ_BUS_INPROC ? tail_host(cli, count) : nj_redis_tail(cli, &url, count);
}
