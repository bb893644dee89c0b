/* verb_ctl.c - njord ctl: a running host, over its control socket. The answers are printed by
 * show.c. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"

#include "base/json_out.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#define ANSWER_S 30
#define RELOAD_S 600 /* a reload tries each new version in a child before it answers */
#define SETTLE_S 10  /* beyond app.stop_timeout_ms, for a host to save and close */

/* One request and its last line. 0 and *answer (the caller's), or an exit code after the problem
 * was told. */
static int ask(const struct nj_cli *cli, struct nj_client *client, const struct nj_buf *request,
               int timeout_s, json_t **answer)
{
    struct nj_error err = {0};
    json_error_t why;
    const char *line;
    size_t len;
    if (request->failed)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
    if (nj_client_send(client, request->data, request->len, &err) != 0 ||
        nj_client_read(client, timeout_s, &line, &len, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    *answer = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
    if (!*answer)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "the host's answer is no JSON: %s", why.text);
    if (cli->json)
        printf("%.*s\n", (int)len, line);
    return 0;
}

/* Prints the error of an answer; true: there is none. */
static bool answered_ok(const struct nj_cli *cli, const json_t *answer)
{
    if (json_is_true(json_object_get(answer, "ok")))
        return true;
    const char *error = json_string_value(json_object_get(answer, "error"));
    nj_cli_error(cli, 0, "%s", error ? error : "refused without a reason");
    return false;
}

typedef int (*finisher)(struct nj_cli *cli, struct nj_client *client, const json_t *answer);

/* {"cmd":NAME} with one member more; prints with `show`, then `finish` (both may be NULL). */
static int request(struct nj_cli *cli, const char *name, const char *member, const char *value,
                   int timeout_s, void (*show)(const json_t *), finisher finish)
{
    const char *path = nj_cli_control(cli);
    struct nj_client client;
    struct nj_error err = {0};
    struct nj_buf text = {0};
    json_t *answer = NULL;
    if (!path)
        return NJ_EXIT_FAILED;
    if (nj_client_open(&client, path, &err) != 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    struct nj_json_out json = {&text, false};
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "cmd", name);
    if (member && value)
        nj_put_text(&json, member, value);
    else if (member)
        nj_put_bool(&json, member, true);
    nj_put_close(&json, '}');
    int rc = ask(cli, &client, &text, timeout_s, &answer);
    if (rc == 0 && !cli->json && show)
        show(answer);
    if (rc == 0 && !answered_ok(cli, answer))
        rc = NJ_EXIT_FAILED;
    if (rc == 0 && finish)
        rc = finish(cli, &client, answer);
    json_decref(answer);
    nj_buf_free(&text);
    nj_client_close(&client);
    return rc;
}

static int run_status(struct nj_cli *cli)
{
    return request(cli, "status", NULL, NULL, ANSWER_S, nj_show_status, NULL);
}

static int run_plugins(struct nj_cli *cli)
{
    return request(cli, "plugins", NULL, NULL, ANSWER_S, nj_show_plugins, NULL);
}

static int run_orders(struct nj_cli *cli)
{
    return request(cli, "orders", NULL, NULL, ANSWER_S, nj_show_orders, NULL);
}

static int run_positions(struct nj_cli *cli)
{
    return request(cli, "positions", NULL, NULL, ANSWER_S, nj_show_positions, NULL);
}

static int run_latency(struct nj_cli *cli)
{
    return request(cli, "latency", NULL, NULL, ANSWER_S, NULL, NULL);
}

static int run_reload(struct nj_cli *cli)
{
    return request(cli, "reload", cli->force ? "force" : NULL, NULL, RELOAD_S, nj_show_reload,
                   NULL);
}

static int run_enable(struct nj_cli *cli)
{
    return request(cli, "enable", "id", cli->args[0], ANSWER_S, nj_show_enable, NULL);
}

static int run_disable(struct nj_cli *cli)
{
    return request(cli, "disable", "id", cli->args[0], ANSWER_S, nj_show_disable, NULL);
}

static int run_cancel(struct nj_cli *cli)
{
    return request(cli, "cancel", "what", cli->args[0], ANSWER_S, nj_show_cancel, NULL);
}

static int run_flatten(struct nj_cli *cli)
{
    return request(cli, "flatten", "strategy", cli->args[0], ANSWER_S, nj_show_flatten, NULL);
}

/* Waits until the host's process has ended. */
static int wait_for_end(struct nj_cli *cli, struct nj_client *client, const json_t *answer)
{
    json_int_t settle_ms = json_integer_value(json_object_get(answer, "timeout_ms"));
    int limit_ms = (int)(settle_ms < 3600000 ? settle_ms : 3600000) + SETTLE_S * 1000;
    struct pollfd ended = {pidfd_open(client->pid, 0), POLLIN, 0};
    const char *line;
    size_t len;
    struct nj_error err = {0};
    int n = 1;
    if (ended.fd >= 0) {
        n = poll(&ended, 1, limit_ms);
        close(ended.fd);
    } else { /* ended already, or not ours to watch: its end of the connection tells */
        while (nj_client_read(client, limit_ms / 1000, &line, &len, &err) == 0)
            ;
    }
    if (n == 0)
        return nj_cli_error(cli, NJ_EXIT_FAILED, "the host (pid %d) has not ended within %d s",
                            client->pid, limit_ms / 1000);
    if (!cli->json)
        puts("stopped");
    return NJ_EXIT_DONE;
}

static int run_stop(struct nj_cli *cli)
{
    return request(cli, "stop", NULL, NULL, ANSWER_S, NULL, wait_for_end);
}

#define COMMON (NJ_OPT_CONFIG | NJ_OPT_CONTROL | NJ_OPT_JSON)

const struct nj_verb nj_ctl_verbs[] = {
    {"status", "how the host is", "", 0, 0, COMMON, "", "njord ctl status", run_status, NULL},
    {"plugins", "feeds, strategies and brokers with their state", "", 0, 0, COMMON, "",
     "njord ctl plugins", run_plugins, NULL},
    {"orders", "open orders", "", 0, 0, COMMON, "", "njord ctl orders --json", run_orders, NULL},
    {"positions", "positions, profit and cash of each strategy", "", 0, 0, COMMON, "",
     "njord ctl positions", run_positions, NULL},
    {"reload", "configuration and changed plugins, while events flow", "", 0, 0,
     COMMON | NJ_OPT_FORCE,
     "Waits for the end, prints a line for each change; exit code 1 when one was refused: what\n"
     "ran before runs on.\n",
     "njord ctl reload", run_reload, NULL},
    {"enable", "makes a disabled or refused plugin anew, from its saved state", "ID", 1, 1, COMMON,
     "", "njord ctl enable ma_cross_1", run_enable, NULL},
    {"disable", "shows it no more events; its orders and positions stay", "ID", 1, 1, COMMON,
     "Its state is saved, and njord ctl enable goes on from there. njord ctl cancel ID and\n"
     "njord ctl flatten ID end its orders and positions.\n",
     "njord ctl disable ma_cross_1", run_disable, NULL},
    {"cancel", "asks the broker to cancel an order, a strategy's, or all", "ID|STRATEGY|all", 1, 1,
     COMMON, "", "njord ctl cancel all", run_cancel, NULL},
    {"flatten", "cancels a strategy's orders and closes its positions", "STRATEGY", 1, 1, COMMON,
     "With market orders that pass all risk rules but halted and malformed. A running strategy\n"
     "may trade again at once: njord ctl disable it before.\n",
     "njord ctl flatten ma_cross_1", run_flatten, NULL},
    {"latency", "time from event to order (with isolated plugins only)", "", 0, 0, COMMON, "",
     "njord ctl latency", run_latency, NULL},
    {"stop", "stops the host and waits for its end", "", 0, 0, COMMON,
     "No further intents are taken, orders in flight settle within app.stop_timeout_ms.\n",
     "njord ctl stop", run_stop, NULL},
    {0}};
