/* verb_plugin_check.c - njord plugin check: tries a built plugin and prints a line a check. */
#include "cli/cli.h"
#include "cli/table.h"

#include "base/json_out.h"
#include "runtime/plugin_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PARAMS 64

struct report {
    bool json, colour;
    struct nj_buf text;
    struct nj_json_out out;
};

static void told(void *ctx, const char *check, enum nj_verdict verdict, const char *detail)
{
    static const char *const words[] = {"ok", "note", "FAILED"};
    static const char *const json_words[] = {"ok", "note", "failed"};
    static const enum nj_shade shades[] = {NJ_GOOD, NJ_ODD, NJ_BAD};
    struct report *r = ctx;
    if (r->json) {
        nj_put_open(&r->out, NULL, '{');
        nj_put_text(&r->out, "check", check);
        nj_put_text(&r->out, "verdict", json_words[verdict]);
        nj_put_text(&r->out, "detail", detail);
        nj_put_close(&r->out, '}');
        return;
    }
    printf("%-22s%s%s%s%s%s\n", check, nj_shade_on(shades[verdict], r->colour), words[verdict],
           nj_shade_off(shades[verdict], r->colour), detail[0] ? "  " : "", detail);
    fflush(stdout);
}

/* NAME=VALUE arguments behind the file. An exit code. */
static int read_params(struct nj_cli *cli, struct nj_param_text *params, uint32_t *n)
{
    for (int i = 1; i < cli->n_args; i++) {
        char *equals = strchr(cli->args[i], '=');
        if (!equals || equals == cli->args[i])
            return nj_cli_error(cli, NJ_EXIT_USAGE, "'%.64s': expected NAME=VALUE", cli->args[i]);
        *equals = '\0';
        params[(*n)++] = (struct nj_param_text){
            .name = cli->args[i], .text = equals + 1, .place = {"arguments", 1, (uint32_t)i}};
    }
    return 0;
}

int nj_verb_plugin_check(struct nj_cli *cli)
{
    struct nj_param_text params[MAX_PARAMS];
    struct report r = {.json = cli->json, .colour = nj_cli_colour()};
    struct nj_error err = {0};
    struct nj_check_options o = {.platform = nj_platform_system(),
                                 .path = cli->args[0],
                                 .trust = NJ_TRUST_OWNER,
                                 .params = params,
                                 .ctx = &r,
                                 .told = told};
    int rc = read_params(cli, params, &o.n_params);
    if (rc != 0)
        return rc;
    if (cli->config && !nj_cli_config(cli))
        return NJ_EXIT_FAILED;
    if (cli->loaded)
        o.trust = cli->loaded->plugins.trust;
    r.out = (struct nj_json_out){&r.text, false};
    nj_put_open(&r.out, NULL, '{');
    nj_put_text(&r.out, "path", o.path);
    nj_put_open(&r.out, "checks", '[');
    int failed = nj_plugin_check(&o, &err);
    nj_put_close(&r.out, ']');
    nj_put_int(&r.out, "failed", failed > 0 ? failed : 0);
    nj_put_close(&r.out, '}');
    if (failed < 0)
        rc = nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    else if (r.text.failed)
        rc = nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
    else if (r.json)
        puts(r.text.data);
    if (rc == 0 && failed > 0)
        rc = nj_cli_error(cli, NJ_EXIT_FAILED, "'%s': %d check%s failed", o.path, failed,
                          failed == 1 ? "" : "s");
    nj_buf_free(&r.text);
    return rc;
}
