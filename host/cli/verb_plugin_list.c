/* verb_plugin_list.c - njord plugin list: every plugin in a folder, found out in children. */
#include "cli/cli.h"
#include "cli/table.h"

#include "base/json_out.h"
#include "base/platform.h"
#include "runtime/plugin_info.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct listing {
    const struct nj_cli *cli;
    enum nj_trust trust;
    struct nj_table table;
    struct nj_buf text;
    struct nj_json_out json;
    uint32_t n, refused;
};

static void refuse(struct listing *l, const char *path, const char *name, const char *why)
{
    l->refused++;
    if (l->cli->json) {
        nj_put_open(&l->json, NULL, '{');
        nj_put_text(&l->json, "file", name);
        nj_put_text(&l->json, "path", path);
        nj_put_text(&l->json, "error", why);
        nj_put_close(&l->json, '}');
        return;
    }
    nj_table_add(&l->table, name);
    nj_table_add_shade(&l->table, "refused", NJ_BAD);
    nj_table_add(&l->table, "");
    nj_table_add(&l->table, "");
    nj_table_add(&l->table, why);
}

static void show(struct listing *l, const char *name, const struct nj_buf *described)
{
    json_error_t why;
    json_t *info = json_loadb(described->data, described->len, JSON_REJECT_DUPLICATES, &why);
    const char *const members[] = {"kind", "version", "hash", "summary"};
    nj_table_add(&l->table, name);
    for (size_t i = 0; i < 4; i++) {
        const char *text = json_string_value(json_object_get(info, members[i]));
        char part[256];
        snprintf(part, sizeof part, "%.*s", i == 2 ? 12 : 255, text ? text : "");
        nj_table_add_shade(&l->table, part, i == 2 ? NJ_FAINT : NJ_PLAIN);
    }
    json_decref(info);
}

static void each(void *ctx, const char *path, const char *name, uint32_t kind)
{
    struct listing *l = ctx;
    struct nj_buf described = {0};
    struct nj_error err = {0};
    l->n++;
    if (nj_plugin_describe(nj_platform_system(), path, kind, l->trust, &described, &err) != 0) {
        char prefix[NJ_PATH_MAX + 16];
        int len = snprintf(prefix, sizeof prefix, "plugin '%s': ", path);
        bool same = len > 0 && strncmp(err.text, prefix, (size_t)len) == 0;
        refuse(l, path, name, err.text + (same ? len : 0));
    } else if (l->cli->json) {
        nj_put_raw(&l->json, NULL, described.data, described.len);
    } else {
        show(l, name, &described);
    }
    nj_buf_free(&described);
}

int nj_verb_plugin_list(struct nj_cli *cli)
{
    static const char *const heads[] = {"plugin", "kind", "version", "hash", "summary", NULL};
    struct listing l = {.cli = cli, .trust = NJ_TRUST_OWNER};
    struct nj_error err = {0};
    const char *dir = nj_cli_plugins(cli);
    if (!dir)
        return NJ_EXIT_FAILED;
    if (cli->loaded)
        l.trust = cli->loaded->plugins.trust;
    nj_table_init(&l.table, heads);
    l.json = (struct nj_json_out){&l.text, false};
    nj_put_open(&l.json, NULL, '[');
    int rc = nj_plugin_scan(dir, each, &l, &err);
    nj_put_close(&l.json, ']');
    if (rc != 0)
        rc = nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    else if (l.text.failed || l.table.failed)
        rc = nj_cli_error(cli, NJ_EXIT_FAILED, "out of memory");
    else if (cli->json)
        puts(l.text.data);
    else if (l.n == 0)
        printf("no plugins in '%s'\n", dir);
    else
        nj_table_print(&l.table, stdout, nj_cli_colour());
    if (rc == 0 && l.refused > 0 && !cli->json)
        nj_cli_error(cli, 0, "warning: %u of %u files in '%s' are refused", l.refused, l.n, dir);
    nj_table_free(&l.table);
    nj_buf_free(&l.text);
    return rc;
}
