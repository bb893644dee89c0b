/* reload_plan.c - what a reload has to do: the configuration and the files against what runs. */
#include "services/reload_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct nj_group *add_group(struct nj_reload *r, const struct nj_config *config)
{
    struct nj_group *groups = realloc(r->groups, (r->n_groups + 1u) * sizeof *groups);
    if (!groups)
        return NULL;
    r->groups = groups;
    groups[r->n_groups] = (struct nj_group){.config = config};
    return &groups[r->n_groups++];
}

static struct nj_change *add_change(struct nj_group *g, enum nj_change_kind kind,
                                    struct nj_slot *slot, const struct nj_instance_config *entry)
{
    struct nj_change *changes = realloc(g->changes, (g->n_changes + 1u) * sizeof *changes);
    if (!changes)
        return NULL;
    g->changes = changes;
    changes[g->n_changes] = (struct nj_change){.kind = kind, .slot = slot, .entry = entry};
    return &changes[g->n_changes++];
}

/* The file of an entry in this group, read when it is not yet. */
static int group_file(struct nj_group *g, const struct nj_instance_config *entry,
                      struct nj_reload_file **out, struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    int rc = nj_slot_find(g->config, entry, path, err);
    if (rc != 0)
        return rc;
    for (uint32_t i = 0; i < g->n_files; i++)
        if (strcmp(g->files[i]->path, path) == 0) {
            *out = g->files[i];
            return 0;
        }
    struct nj_reload_file **files =
        realloc(g->files, (g->n_files + 1u) * sizeof(struct nj_reload_file *));
    struct nj_reload_file *file = files ? calloc(1, sizeof *file) : NULL;
    if (files)
        g->files = files;
    if (!file)
        return nj_error_set(err, NJ_ERR_NOMEM, "reload: out of memory");
    snprintf(file->path, sizeof file->path, "%s", path);
    file->kind = entry->kind;
    rc = nj_plugin_file_read(&file->file, path, g->config->plugins.trust, err);
    if (rc != 0) {
        free(file);
        return rc;
    }
    g->files[g->n_files++] = file;
    *out = file;
    return 0;
}

static const struct nj_instance_config *entry_of(const struct nj_config *config, const char *id)
{
    for (uint32_t i = 0; i < config->n_strategies; i++)
        if (strcmp(config->strategies[i].id, id) == 0)
            return config->strategies[i].enabled ? &config->strategies[i] : NULL;
    return NULL;
}

/* Is the difference between two entries in LIVE parameters alone? The new values then, else false.
 */
static bool live_only(struct nj_slot *slot, const struct nj_instance_config *entry,
                      struct nj_change *change)
{
    struct nj_instance *i = slot->instance;
    struct nj_config_report report = {0};
    struct nj_instance_config like = *entry;
    if (!i || !i->module->plugin.reconfigure)
        return false;
    like.params = slot->config->params;
    like.n_params = slot->config->n_params;
    if (!nj_instance_config_equal(&like, slot->config) ||
        nj_param_values(i->module->params, entry->params, entry->n_params, entry->place, entry->id,
                        &change->values, &change->n_values, &report) != 0) {
        nj_config_report_free(&report);
        return false;
    }
    nj_config_report_free(&report);
    for (uint32_t k = 0; k < change->n_values; k++)
        if (!nj_value_equal(&change->values[k], &i->values[k]) &&
            !(i->module->params[k].flags & NJORD_PARAM_LIVE)) {
            nj_param_values_free(change->values, change->n_values);
            change->values = NULL;
            change->n_values = 0;
            return false;
        }
    return true;
}

/* An empty strategies.yaml is a configuration, and an easy mistake: it is not followed silently. */
static void tell_if_all_go(struct nj_reload *r)
{
    const struct nj_slots *slots = &r->host->strategies;
    for (uint32_t i = 0; i < r->next->n_strategies; i++)
        if (r->next->strategies[i].enabled)
            return;
    if (slots->n == 0)
        return;
    nj_reload_say(r, "strategies.yaml names no enabled strategy: all %u are removed", slots->n);
    nj_log(r->host->log, NJ_WARN, "reload", "all_strategies_removed",
           NJ_INT("strategies", slots->n),
           NJ_TEXT("detail", "strategies.yaml names no enabled one"));
}

/* Everything that the new configuration wants of strategies: one group. */
static int plan_config(struct nj_reload *r, struct nj_error *err)
{
    struct nj_host *host = r->host;
    struct nj_group *g = add_group(r, r->next);
    if (!g)
        return nj_error_set(err, NJ_ERR_NOMEM, "reload: out of memory");
    int rc = 0;
    tell_if_all_go(r);
    for (uint32_t i = 0; i < host->strategies.n && rc == 0; i++) {
        struct nj_slot *slot = host->strategies.all[i];
        const struct nj_instance_config *entry = entry_of(r->next, slot->id);
        struct nj_change *change;
        if (!entry) {
            if (!add_change(g, NJ_CHANGE_REMOVE, slot, NULL))
                rc = NJ_ERR_NOMEM;
            continue;
        }
        if (nj_instance_config_equal(entry, slot->config) &&
            (slot->instance || slot->state == NJ_SLOT_DISABLED || slot->state == NJ_SLOT_REFUSED))
            continue; /* what an operator has disabled stays so; one that was refused is tried again
                         by itself: it must not keep the others from what they want */
        if (!(change = add_change(g, NJ_CHANGE_VERSION, slot, entry)))
            rc = NJ_ERR_NOMEM;
        else if (live_only(slot, entry, change))
            change->kind = NJ_CHANGE_PARAMETERS;
        else
            rc = group_file(g, entry, &change->file, err);
    }
    bool runs_strategies = nj_config_has_service(host->config, "strategies");
    for (uint32_t i = 0; i < r->next->n_strategies && rc == 0 && runs_strategies; i++) {
        const struct nj_instance_config *entry = &r->next->strategies[i];
        if (!entry->enabled || nj_slots_find(&host->strategies, entry->id))
            continue;
        struct nj_change *change = add_change(g, NJ_CHANGE_ADD, NULL, entry);
        rc = change ? group_file(g, entry, &change->file, err) : NJ_ERR_NOMEM;
    }
    return rc == NJ_ERR_NOMEM ? nj_error_set(err, rc, "reload: out of memory") : rc;
}

static bool planned(const struct nj_reload *r, const struct nj_slot *slot)
{
    for (uint32_t g = 0; g < r->n_groups; g++)
        for (uint32_t c = 0; c < r->groups[g].n_changes; c++)
            if (r->groups[g].changes[c].slot == slot)
                return true;
    return false;
}

static void refuse(struct nj_reload *r, const struct nj_slot *slot, int rc, const char *why)
{
    if (r->rc == 0)
        r->rc = rc;
    nj_reload_say(r, "refused %s '%s': %s", nj_kind_text(slot->kind), slot->id, why);
    nj_host_announce(r->host, slot->id, slot->kind, NJORD_PLUGIN_EVENT_RELOAD_REFUSED,
                     slot->instance ? slot->instance->module->plugin.version : "", why);
    r->host->stats.reloads_refused++;
}

/* One changed file: all instances of it in one group. */
static int plan_file(struct nj_reload *r, struct nj_slot *slot, struct nj_error *err)
{
    struct nj_host *host = r->host;
    const struct nj_config *config = r->next ? r->next : host->config;
    struct nj_slots *const all[] = {&host->feeds, &host->brokers, &host->strategies};
    struct nj_plugin_file file;
    char path[NJ_PATH_MAX];
    int rc = nj_slot_find(config, slot->config, path, err);
    if (rc == 0)
        rc = nj_plugin_file_read(&file, path, config->plugins.trust, err);
    if (rc != 0)
        return rc;
    bool same = slot->instance && strcmp(file.hash, slot->instance->module->hash) == 0;
    const char *bad = nj_map_get(&r->bad, file.hash);
    nj_plugin_file_free(&file);
    if (same)
        return 0;
    if (bad && !r->is_forced)
        return nj_error_set(
            err, NJ_ERR_REFUSED,
            "plugin '%s': this binary failed before (%s); njord ctl reload --force tries it again",
            path, bad);
    if (slot->kind == NJORD_KIND_FEED && slot->instance &&
        slot->instance->module->plugin.state_version == 0)
        return nj_error_set(
            err, NJ_ERR_REFUSED,
            "feed '%s' saves no state: a new version would start its data again; restart the host",
            slot->id);
    struct nj_group *g = add_group(r, config);
    if (!g)
        return nj_error_set(err, NJ_ERR_NOMEM, "reload: out of memory");
    for (size_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < all[k]->n; i++) {
            struct nj_slot *other = all[k]->all[i];
            if (other->kind != slot->kind ||
                strcmp(other->config->plugin, slot->config->plugin) != 0 || planned(r, other))
                continue;
            const struct nj_instance_config *entry =
                other->kind == NJORD_KIND_STRATEGY ? entry_of(config, other->id) : other->config;
            struct nj_change *change = add_change(g, NJ_CHANGE_VERSION, other, entry);
            rc = change ? group_file(g, entry, &change->file, err)
                        : nj_error_set(err, NJ_ERR_NOMEM, "reload: out of memory");
            if (rc != 0)
                return rc;
        }
    return 0;
}

int nj_reload_plan(struct nj_reload *r, struct nj_error *err)
{
    struct nj_host *host = r->host;
    struct nj_slots *const all[] = {&host->feeds, &host->brokers, &host->strategies};
    int rc = r->next ? plan_config(r, err) : 0;
    if (rc != 0)
        return rc;
    for (size_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < all[k]->n; i++) {
            struct nj_slot *slot = all[k]->all[i];
            struct nj_error why = {0};
            if (planned(r, slot) || (slot == host->broker.slot && host->broker.dry_run) ||
                slot->state == NJ_SLOT_DISABLED)
                continue;
            rc = plan_file(r, slot, &why);
            if (rc != 0 && slot->state == NJ_SLOT_REFUSED && !slot->instance && r->next)
                nj_reload_say(r, "still refused %s '%s': %s", nj_kind_text(slot->kind), slot->id,
                              why.text);
            else if (rc != 0)
                refuse(r, slot, rc, why.text);
        }
    return 0;
}

void nj_reload_drop_plan(struct nj_reload *r)
{
    for (uint32_t k = 0; k < r->n_groups; k++) {
        struct nj_group *g = &r->groups[k];
        for (uint32_t i = 0; i < g->n_changes; i++) {
            nj_instance_free(g->changes[i].fresh);
            nj_param_values_free(g->changes[i].values, g->changes[i].n_values);
        }
        for (uint32_t i = 0; i < g->n_files; i++) {
            nj_module_unref(g->files[i]->module);
            nj_plugin_file_free(&g->files[i]->file);
            free(g->files[i]);
        }
        free(g->changes);
        free(g->files);
    }
    free(r->groups);
    r->groups = NULL;
    r->n_groups = r->at = 0;
}
