/* Which plugin a backtest runs: an id of strategies.yaml, else a name, else a path. */
#include "backtest/run_impl.h"
#include "config/value.h"
#include "runtime/plugin_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct names {
    const char **all;
    size_t n;
};

static void note_name(struct names *names, const char *name)
{
    const char **more = realloc(names->all, (names->n + 1) * sizeof *more);
    if (!more)
        return;
    names->all = more;
    more[names->n] = strdup(name);
    names->n += more[names->n] != NULL;
}

static void note_plugin(void *ctx, const char *path, const char *name, uint32_t kind)
{
    (void)path;
    if (kind == NJORD_KIND_STRATEGY || kind == 0)
        note_name(ctx, name);
}

static int unknown(const struct nj_bt_request *q, struct nj_error *err)
{
    struct names names = {0};
    struct nj_error ignored = {0};
    for (uint32_t i = 0; i < q->config->n_strategies; i++)
        note_name(&names, q->config->strategies[i].id);
    nj_plugin_scan(q->plugins_dir, note_plugin, &names, &ignored);
    const char *near = nj_value_nearest(q->strategy, names.all, names.n, sizeof(const char *));
    int rc = nj_error_set(err, NJ_ERR_NOT_FOUND,
                          "no strategy '%s' in strategies.yaml or '%s'%s%s%s: njord plugin list "
                          "shows what is there",
                          q->strategy, q->plugins_dir, near ? "; did you mean '" : "",
                          near ? near : "", near ? "'" : "");
    for (size_t i = 0; i < names.n; i++)
        free((char *)names.all[i]);
    free(names.all);
    return rc;
}

static bool id_is_good(const char *id)
{
    size_t n = strlen(id);
    return n > 0 && n < NJORD_ID_SIZE && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

int nj_bt_job_find_plugin(struct nj_bt_job *job, struct nj_error *err)
{
    const struct nj_bt_request *q = &job->request;
    struct nj_error why = {0};
    job->entry = q->entry;
    for (uint32_t i = 0; i < q->config->n_strategies && !job->entry; i++)
        if (strcmp(q->config->strategies[i].id, q->strategy) == 0)
            job->entry = &q->config->strategies[i];
    const char *name = job->entry ? job->entry->plugin : q->strategy;
    if (q->entry && strchr(q->strategy, '/')) {
        snprintf(job->path, sizeof job->path, "%s", q->strategy);
        snprintf(job->strategy_id, sizeof job->strategy_id, "%s", q->entry->id);
        return 0;
    }
    const char *slash = strrchr(name, '/');
    if (slash && !job->entry) {
        char stem[NJ_PATH_MAX];
        snprintf(job->path, sizeof job->path, "%s", name);
        snprintf(stem, sizeof stem, "%s", slash + 1);
        size_t len = strlen(stem);
        if (len > 3 && strcmp(stem + len - 3, ".so") == 0)
            stem[len - 3] = '\0';
        if (!id_is_good(stem))
            return nj_error_set(err, NJ_ERR_CONFIG,
                                "strategy '%s': expected a file name of a-z, 0-9 and _, ending .so",
                                q->strategy);
        memcpy(job->strategy_id, stem, strlen(stem) + 1);
        return 0;
    }
    if (!id_is_good(name))
        return unknown(q, err);
    snprintf(job->strategy_id, sizeof job->strategy_id, "%s", job->entry ? job->entry->id : name);
    if (nj_plugin_find(q->plugins_dir, NJORD_KIND_STRATEGY, name, job->path, &why) == 0)
        return 0;
    return job->entry ? nj_error_set(err, why.code, "strategy '%s': %s", job->entry->id, why.text)
                      : unknown(q, err);
}
