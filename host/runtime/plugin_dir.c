/* plugin_dir.c - plugins by name: where their files are. */
#include "runtime/module.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *text, *folder;
} kinds[] = {{"", ""},
             {"feed", "feeds"},
             {"strategy", "strategies"},
             {"broker", "brokers"},
             {"allocator", "allocators"}};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

const char *nj_kind_text(uint32_t kind)
{
    return kind > 0 && kind < N_KINDS ? kinds[kind].text : "unknown";
}

const char *nj_kind_folder(uint32_t kind)
{
    return kind > 0 && kind < N_KINDS ? kinds[kind].folder : "";
}

uint32_t nj_kind_of(const char *text)
{
    for (uint32_t k = 1; k < N_KINDS; k++)
        if (strcmp(kinds[k].text, text) == 0)
            return k;
    return 0;
}

static int try_path(char out[NJ_PATH_MAX], const char *dir, const char *folder, const char *name)
{
    int n = snprintf(out, NJ_PATH_MAX, "%s%s%s/%s.so", dir, folder[0] ? "/" : "", folder, name);
    return n > 0 && n < NJ_PATH_MAX && access(out, F_OK) == 0;
}

struct names {
    char *names[1024]; /* paths within dir, sorted */
    size_t n;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Collects *.so of one folder; a folder that is not there holds none. */
static int collect(struct names *out, const char *dir, struct nj_error *err)
{
    DIR *d = opendir(dir);
    if (!d)
        return errno == ENOENT || errno == ENOTDIR
                   ? NJ_ERR_NOT_FOUND
                   : nj_error_errno(err, errno, "plugin folder '%s'", dir);
    struct dirent *e;
    while ((e = readdir(d))) {
        size_t len = strlen(e->d_name);
        if (len <= 3 || strcmp(e->d_name + len - 3, ".so") != 0 || e->d_name[0] == '.')
            continue;
        if (out->n == sizeof out->names / sizeof out->names[0])
            break;
        char *copy = strdup(e->d_name);
        if (!copy)
            break;
        out->names[out->n++] = copy;
    }
    closedir(d);
    qsort(out->names, out->n, sizeof out->names[0], by_text);
    return 0;
}

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->names[i]);
    names->n = 0;
}

int nj_plugin_find(const char *dir, uint32_t kind, const char *name, char out[NJ_PATH_MAX],
                   struct nj_error *err)
{
    if (try_path(out, dir, "", name) || try_path(out, dir, nj_kind_folder(kind), name))
        return 0;
    if (access(dir, R_OK | X_OK) != 0)
        return nj_error_errno(err, errno, "plugin folder '%s'; set plugins.dir or --plugins", dir);
    return nj_error_set(
        err, NJ_ERR_NOT_FOUND,
        "plugin '%s': no '%s.so' in '%s' or its folder '%s'; njord plugin list shows what is there",
        name, name, dir, nj_kind_folder(kind));
}

int nj_plugin_scan(const char *dir,
                   void (*each)(void *ctx, const char *path, const char *name, uint32_t kind),
                   void *ctx, struct nj_error *err)
{
    if (access(dir, R_OK | X_OK) != 0)
        return nj_error_errno(err, errno, "plugin folder '%s'; set plugins.dir or --plugins", dir);
    struct names *names = calloc(1, sizeof *names);
    if (!names)
        return nj_error_set(err, NJ_ERR_NOMEM, "plugin folder '%s': out of memory", dir);
    int rc = 0;
    for (uint32_t kind = 0; kind < N_KINDS && rc == 0; kind++) {
        char folder[NJ_PATH_MAX], path[NJ_PATH_MAX], name[NJ_PATH_MAX];
        if ((rc = nj_path_join(folder, sizeof folder, dir, kinds[kind].folder, err)) != 0)
            break;
        rc = collect(names, kind == 0 ? dir : folder, err);
        if (rc == NJ_ERR_NOT_FOUND)
            rc = 0;
        for (size_t i = 0; i < names->n && rc == 0; i++) {
            rc = nj_path_join(path, sizeof path, kind == 0 ? dir : folder, names->names[i], err);
            snprintf(name, sizeof name, "%.*s", (int)strlen(names->names[i]) - 3, names->names[i]);
            if (rc == 0)
                each(ctx, path, name, kind);
        }
        names_free(names);
    }
    free(names);
    return rc;
}
