/* verb_plugin_info.c - njord plugin info: what one plugin declares. */
#include "cli/cli.h"
#include "cli/table.h"

#include "base/platform.h"
#include "config/value.h"
#include "runtime/plugin_info.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <njord/codec.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* A default, a minimum or a maximum as one would write it in a configuration. */
static void value_text(const json_t *v, bool duration, char *out, size_t cap)
{
    char number[NJORD_NUMBER_SIZE];
    struct nj_buf text = {0};
    if (json_is_integer(v) && duration) {
        nj_value_put_duration(&text, json_integer_value(v));
        snprintf(out, cap, "%s", text.data ? text.data : "");
        nj_buf_free(&text);
    } else if (json_is_integer(v)) {
        int64_t i = json_integer_value(v);
        if (i == INT64_MIN || i == INT64_MAX)
            snprintf(out, cap, "any");
        else
            snprintf(out, cap, "%" PRId64, i);
    } else if (json_is_real(v)) {
        njord_format_f64(json_real_value(v), number);
        snprintf(out, cap, "%s", number);
    } else if (json_is_boolean(v)) {
        snprintf(out, cap, "%s", json_is_true(v) ? "true" : "false");
    } else {
        snprintf(out, cap, "%s",
                 json_is_string(v) ? json_string_value(v)
                 : json_is_null(v) ? "any"
                                   : "");
    }
}

static void print_params(const json_t *params)
{
    static const char *const heads[] = {"parameter", "type", ">default", "range",
                                        "changes",   "help", NULL};
    struct nj_table table;
    nj_table_init(&table, heads);
    for (size_t i = 0; i < json_array_size(params); i++) {
        const json_t *p = json_array_get(params, i);
        bool duration = strcmp(text_of(p, "type"), "duration") == 0;
        char value[96], low[64], high[64], range[160];
        if (json_is_true(json_object_get(p, "required")))
            snprintf(value, sizeof value, "required");
        else
            value_text(json_object_get(p, "default"), duration, value, sizeof value);
        value_text(json_object_get(p, "min"), duration, low, sizeof low);
        value_text(json_object_get(p, "max"), duration, high, sizeof high);
        if (text_of(p, "choices")[0])
            snprintf(range, sizeof range, "%s", text_of(p, "choices"));
        else
            snprintf(range, sizeof range, "%s%s%s", low, low[0] || high[0] ? " .. " : "", high);
        nj_table_add(&table, text_of(p, "name"));
        nj_table_add(&table, text_of(p, "type"));
        nj_table_add(&table, value);
        nj_table_add(&table, range);
        nj_table_add(&table, json_is_true(json_object_get(p, "live")) ? "live" : "anew");
        nj_table_add(&table, text_of(p, "help"));
    }
    if (table.n_cells == 0)
        puts("no parameters");
    else
        nj_table_print(&table, stdout, nj_cli_colour());
    nj_table_free(&table);
}

static void print_list(const char *name, const json_t *list)
{
    printf("%-10s", name);
    for (size_t i = 0; i < json_array_size(list); i++)
        printf("%s%s", i > 0 ? " " : "", json_string_value(json_array_get(list, i)));
    puts(json_array_size(list) > 0 ? "" : "none");
}

static void print_info(const json_t *info)
{
    json_int_t state = json_integer_value(json_object_get(info, "state_version"));
    printf("%s %s: %s\n\n", text_of(info, "name"), text_of(info, "version"),
           text_of(info, "summary"));
    printf("%-10s%s, ABI %s\n", "kind", text_of(info, "kind"), text_of(info, "abi"));
    printf("%-10s%s\n", "file", text_of(info, "path"));
    printf("%-10s%s\n", "sha-256", text_of(info, "hash"));
    print_list("flags", json_object_get(info, "flags"));
    print_list("callbacks", json_object_get(info, "callbacks"));
    if (state == 0)
        printf("%-10snone is saved\n", "state");
    else
        printf("%-10sversion %lld, reads from %lld on\n", "state", (long long)state,
               (long long)json_integer_value(json_object_get(info, "state_oldest")));
    puts("");
    print_params(json_object_get(info, "params"));
}

/* A path when it has a slash or ends in .so, else a name in the plugins' folder. */
static int find_file(struct nj_cli *cli, const char *what, char path[NJ_PATH_MAX],
                     struct nj_error *err)
{
    static const uint32_t kinds[] = {NJORD_KIND_STRATEGY, NJORD_KIND_FEED, NJORD_KIND_BROKER,
                                     NJORD_KIND_ALLOCATOR};
    size_t len = strlen(what);
    if (strchr(what, '/') || (len > 3 && strcmp(what + len - 3, ".so") == 0)) {
        if (len >= NJ_PATH_MAX)
            return nj_error_set(err, NJ_ERR_LIMIT, "the path is too long");
        memcpy(path, what, len + 1);
        return 0;
    }
    const char *dir = nj_cli_plugins(cli);
    if (!dir)
        return nj_error_set(err, NJ_ERR_CONFIG, "the plugins' folder is not known");
    int rc = NJ_ERR_NOT_FOUND;
    for (size_t i = 0; i < 4 && rc == NJ_ERR_NOT_FOUND; i++)
        rc = nj_plugin_find(dir, kinds[i], what, path, err);
    if (rc == NJ_ERR_NOT_FOUND && strncmp(err->text, "plugin '", 8) == 0)
        nj_error_set(err, rc,
                     "plugin '%s': no '%s.so' in '%s' or its folders; njord plugin list shows "
                     "what is there",
                     what, what, dir);
    return rc;
}

int nj_verb_plugin_info(struct nj_cli *cli)
{
    char path[NJ_PATH_MAX];
    struct nj_error err = {0};
    struct nj_buf described = {0};
    json_error_t why;
    enum nj_trust trust = NJ_TRUST_OWNER;
    int rc = find_file(cli, cli->args[0], path, &err);
    if (rc == 0 && cli->loaded)
        trust = cli->loaded->plugins.trust;
    if (rc == 0)
        rc = nj_plugin_describe(nj_platform_system(), path, 0, trust, &described, &err);
    if (rc != 0) {
        nj_buf_free(&described);
        return nj_cli_error(cli, NJ_EXIT_FAILED, "%s", err.text);
    }
    if (cli->json) {
        puts(described.data);
    } else {
        json_t *info = json_loadb(described.data, described.len, JSON_REJECT_DUPLICATES, &why);
        if (info)
            print_info(info);
        else
            rc = nj_cli_error(cli, NJ_EXIT_FAILED, "'%s': what it declares is no text: %s", path,
                              why.text);
        json_decref(info);
    }
    nj_buf_free(&described);
    return rc;
}
