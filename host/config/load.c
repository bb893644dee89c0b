/* Reads the files of a folder and puts a configuration together. */
#include "base/fs.h"
#include "config/loader.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifndef NJORD_PLUGINDIR
#define NJORD_PLUGINDIR "/usr/local/lib/njord/plugins"
#endif
#ifndef NJORD_CONFDIR
#define NJORD_CONFDIR "/usr/local/etc/njord"
#endif

/* ---- files ----------------------------------------------------------------------------------- */

static void yaml_problem(void *ctx, uint32_t line, uint32_t column, const char *text)
{
    struct nj_loader *l = ctx;
    struct nj_place place = {l->file->shown, line, column};
    nj_loader_problem_at(l, false, place, "%s", text);
}

static void parse(struct nj_loader *l, struct nj_config_file *file, const char *data, size_t len)
{
    l->file = file;
    file->broken = nj_yaml_parse(&file->yaml, data, len, yaml_problem, l) != 0;
    if (file->yaml && !file->yaml->root)
        nj_loader_warning(l, NULL, "holds no key; all defaults are used");
}

/* Reads a file of the folder. Missing is an error where it is required. */
static void read_file(struct nj_loader *l, struct nj_config_file *file, bool required)
{
    struct nj_buf bytes = {0};
    struct nj_error err = {0};
    l->file = file;
    file->broken = true;
    int rc = nj_read_file(file->shown, NJ_YAML_MAX_BYTES, &bytes, &err);
    if (rc == 0)
        parse(l, file, bytes.data ? bytes.data : "", bytes.len);
    else if (rc == NJ_ERR_NOT_FOUND && required)
        nj_loader_problem(l, NULL, "not found; a configuration folder holds a base.yaml");
    else if (rc != NJ_ERR_NOT_FOUND)
        nj_loader_problem_at(l, false, (struct nj_place){0}, "%s", err.text);
    else
        file->broken = false;
    nj_buf_free(&bytes);
}

static const char *in_folder(struct nj_loader *l, const char *dir, const char *name)
{
    char path[NJ_PATH_MAX];
    struct nj_error err;
    if (nj_path_join(path, sizeof path, dir, name, &err) != 0) {
        nj_loader_problem_at(l, false, (struct nj_place){0}, "%s", err.text);
        return NULL;
    }
    const char *copy = nj_arena_text(l->arena, path, strlen(path));
    if (!copy)
        l->no_memory = true;
    return copy;
}

/* Files of the folder that this version cannot use must not be passed over in silence. */
static void look_for_others(struct nj_loader *l, const char *dir)
{
    static const struct {
        const char *name, *why;
    } refused[] = {
        {"secrets.enc.yaml", "encrypted secrets are not supported by this version; move it away"},
        {"portfolio.yaml", "portfolios are not part of this version; move it away"},
        {"alerts.yaml", "alerts are not part of this version; move it away"}};
    DIR *folder = opendir(dir);
    if (!folder) {
        nj_loader_problem_at(l, false, (struct nj_place){dir, 0, 0}, "cannot be listed: %s",
                             strerror(errno));
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *name = entry->d_name, *dot = strrchr(name, '.'), *why = NULL;
        if (!dot || (strcmp(dot, ".yaml") != 0 && strcmp(dot, ".yml") != 0) || name[0] == '.' ||
            strcmp(name, "base.yaml") == 0 || strcmp(name, "strategies.yaml") == 0)
            continue;
        for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
            if (strcmp(name, refused[i].name) == 0)
                why = refused[i].why;
        struct nj_place place = {in_folder(l, dir, name), 0, 0};
        if (why)
            nj_loader_problem_at(l, false, place, "%s", why);
        else
            nj_loader_problem_at(l, true, place,
                                 "not read; expected base.yaml and strategies.yaml");
    }
    closedir(folder);
}

/* The folder of `path`, which is one itself or its base.yaml. */
static bool find_folder(struct nj_loader *l, const char *path)
{
    char *dir = l->config->dir;
    struct nj_place place = {path, 0, 0};
    struct stat st;
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof l->config->dir - 32) {
        nj_loader_problem_at(l, false, (struct nj_place){0},
                             "--config: expected a path of 1 to %zu bytes",
                             sizeof l->config->dir - 33);
        return false;
    }
    if (stat(path, &st) != 0) {
        nj_loader_problem_at(l, false, place, "%s; expected a folder that holds a base.yaml",
                             strerror(errno));
        return false;
    }
    memcpy(dir, path, len + 1);
    if (!S_ISDIR(st.st_mode)) {
        char *slash = strrchr(dir, '/');
        if (strcmp(slash ? slash + 1 : dir, "base.yaml") != 0) {
            nj_loader_problem_at(l, false, place, "expected a folder, or its base.yaml");
            return false;
        }
        if (slash)
            slash[slash == dir] = '\0';
        else
            memcpy(dir, ".", 2);
        return true;
    }
    while (len > 1 && dir[len - 1] == '/')
        dir[--len] = '\0';
    return true;
}

static void read_folder(struct nj_loader *l, const char *path)
{
    if (!find_folder(l, path))
        return;
    const char *dir = l->config->dir;
    look_for_others(l, dir);
    for (int i = 0; i < NJ_FILES; i++) {
        l->files[i].shown = in_folder(l, dir, l->files[i].name);
        if (l->files[i].shown)
            read_file(l, &l->files[i], i == NJ_FILE_BASE);
    }
}

/* ---- command line ---------------------------------------------------------------------------- */

static void override_text(struct nj_loader *l, const char *option, const char *section,
                          const char *key, const char *text)
{
    if (!text)
        return;
    struct nj_config_file file = {.name = "base.yaml", .shown = option};
    struct nj_yaml_node node = {.kind = NJ_YAML_SCALAR, .quoted = false, .text = text};
    l->file = &file;
    nj_loader_override(l, section, key, &node);
    l->file = NULL;
}

static void override_services(struct nj_loader *l, const char *list)
{
    if (!list)
        return;
    struct nj_config_file file = {.name = "base.yaml", .shown = "--services"};
    struct nj_yaml_node items[32] = {0}, node = {.kind = NJ_YAML_LIST, .first = items};
    l->file = &file;
    for (const char *at = list; node.n < 32; at++) {
        size_t len = strcspn(at, ",");
        char *text = nj_arena_text(l->arena, at, len);
        if (!text) {
            l->no_memory = true;
            break;
        }
        items[node.n] = (struct nj_yaml_node){.kind = NJ_YAML_SCALAR, .text = text};
        if (node.n > 0)
            items[node.n - 1].next = &items[node.n];
        node.n++;
        at += len;
        if (*at == '\0')
            break;
    }
    nj_loader_override(l, "services", "services", &node);
    l->file = NULL;
}

static void resolve_plugins_dir(struct nj_config *config)
{
    static const char built_in[] = NJORD_PLUGINDIR;
    _Static_assert(sizeof built_in <= sizeof config->plugins.dir, "the built-in folder fits");
    if (strcmp(config->plugins.dir, "$libdir/njord/plugins") == 0)
        memcpy(config->plugins.dir, built_in, sizeof built_in);
}

/* ---- a whole configuration ------------------------------------------------------------------- */

static bool prepare(struct nj_loader *l)
{
    *l = (struct nj_loader){0};
    for (int i = 0; i < NJ_FILES; i++)
        l->files[i].name = l->files[i].shown = i == NJ_FILE_BASE ? "base.yaml" : "strategies.yaml";
    l->config = calloc(1, sizeof *l->config);
    l->arena = calloc(1, sizeof *l->arena);
    if (l->config)
        l->config->own = l->arena;
    l->no_memory = !l->config || !l->arena;
    return !l->no_memory;
}

static int finish(struct nj_loader *l, const struct nj_config_overrides *overrides,
                  struct nj_config_report *report, struct nj_config **out)
{
    uint32_t before = report->n_errors;
    if (!l->no_memory) {
        for (int i = 0; i < NJ_FILES; i++) {
            l->file = &l->files[i];
            nj_loader_sections(l);
        }
        l->file = NULL;
        if (overrides) {
            override_text(l, "--plugins", "plugins", "dir", overrides->plugins_dir);
            override_text(l, "--bus", "bus", "url", overrides->bus_url);
            override_text(l, "--control", "app", "control", overrides->control);
            override_services(l, overrides->services);
        }
        if (!l->files[NJ_FILE_BASE].broken) /* else what it would compare with is not known */
            nj_loader_check(l);
        resolve_plugins_dir(l->config);
    }
    nj_loader_tell(l, report);
    for (int i = 0; i < NJ_FILES; i++)
        nj_yaml_free(l->files[i].yaml);
    if (l->config && report->n_errors == before) {
        *out = l->config;
        return 0;
    }
    if (l->config) {
        nj_config_free(l->config);
    } else {
        free(l->arena);
    }
    return l->no_memory ? NJ_ERR_NOMEM : NJ_ERR_CONFIG;
}

int nj_config_load(struct nj_config **out, const char *path,
                   const struct nj_config_overrides *overrides, struct nj_config_report *report)
{
    struct nj_loader l;
    *out = NULL;
    if (prepare(&l) && path)
        read_folder(&l, path);
    return finish(&l, overrides, report, out);
}

int nj_config_load_bytes(struct nj_config **out, const char *base, size_t base_len,
                         const char *strategies, size_t strategies_len,
                         const struct nj_config_overrides *overrides,
                         struct nj_config_report *report)
{
    struct nj_loader l;
    *out = NULL;
    if (prepare(&l)) {
        if (base)
            parse(&l, &l.files[NJ_FILE_BASE], base, base_len);
        if (strategies)
            parse(&l, &l.files[NJ_FILE_STRATEGIES], strategies, strategies_len);
    }
    return finish(&l, overrides, report, out);
}

void nj_config_free(struct nj_config *config)
{
    if (!config)
        return;
    if (config->own)
        nj_arena_free(config->own);
    free(config->own);
    free(config);
}

const char *nj_config_default_dir(void)
{
    static const char *const places[] = {"config", NJORD_CONFDIR};
    struct stat st;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (stat(places[i], &st) == 0 && S_ISDIR(st.st_mode))
            return places[i];
    return NULL;
}

bool nj_config_has_service(const struct nj_config *config, const char *name)
{
    for (uint32_t i = 0; i < config->n_services; i++)
        if (strcmp(config->services[i], name) == 0)
            return true;
    return false;
}
