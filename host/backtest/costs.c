#include "backtest/costs.h"

#include "runtime/module.h"
#include "runtime/plugin_info.h"

#include <stdio.h>
#include <string.h>

static const char plugin_name[] = "paper";

static const struct nj_instance_config *entry_of(const struct nj_config *config, const char *id)
{
    for (uint32_t i = 0; i < config->n_brokers; i++)
        if (config->brokers[i].enabled && strcmp(config->brokers[i].id, id) == 0)
            return &config->brokers[i];
    return NULL;
}

/* The venue's entry when it is on paper, else the first that is. */
static const struct nj_instance_config *choose(const struct nj_config *config)
{
    const struct nj_instance_config *venue = entry_of(config, config->exchange.venue);
    if (venue && strcmp(venue->plugin, plugin_name) == 0)
        return venue;
    for (uint32_t i = 0; i < config->n_brokers; i++)
        if (config->brokers[i].enabled && strcmp(config->brokers[i].plugin, plugin_name) == 0)
            return &config->brokers[i];
    return NULL;
}

static int take(const struct nj_module *module, const njord_value *values, uint32_t n,
                struct nj_bt_costs *out, struct nj_error *err)
{
    uint32_t met = 0;
    for (uint32_t i = 0; i < n; i++) {
        const char *name = module->params[i].name;
        const njord_value *v = &values[i];
        if (strcmp(name, "maker") == 0 && v->type == NJORD_PARAM_REAL) {
            out->maker = v->r;
        } else if (strcmp(name, "taker") == 0 && v->type == NJORD_PARAM_REAL) {
            out->taker = v->r;
        } else if (strcmp(name, "slippage_bps") == 0 && v->type == NJORD_PARAM_REAL) {
            out->slippage_bps = v->r;
        } else if (strcmp(name, "fills") == 0 && v->text) {
            out->traded = strcmp(v->text, "traded") == 0;
        } else if (strcmp(name, "cash") == 0 && v->type == NJORD_PARAM_REAL_MAP) {
            if (v->count > NJ_BT_ASSETS)
                return nj_error_set(err, NJ_ERR_LIMIT,
                                    "broker '%s': cash in %llu assets: at most "
                                    "%u",
                                    out->broker, (unsigned long long)v->count, NJ_BT_ASSETS);
            out->n_cash = (uint32_t)v->count;
            memcpy(out->cash, v->map, v->count * sizeof *out->cash);
        } else {
            continue;
        }
        met++;
    }
    return met == 5 ? 0
                    : nj_error_set(err, NJ_ERR_CONFIG,
                                   "broker '%s': its plugin does not declare cash, maker, taker, "
                                   "slippage_bps and fills",
                                   out->broker);
}

static int read_values(const struct nj_config *config, const char *path, const char *scratch,
                       const struct nj_instance_config *entry, struct nj_bt_costs *out,
                       struct nj_error *err)
{
    struct nj_plugin_file file = {0};
    struct nj_module *module = NULL;
    struct nj_config_report report = {0};
    njord_value *values = NULL;
    uint32_t n = 0;
    struct nj_module_spec spec = {.kind = NJORD_KIND_BROKER,
                                  .path = path,
                                  .run_dir = scratch,
                                  .generation = 1,
                                  .trust = config->plugins.trust};
    int rc = nj_plugin_file_read(&file, path, config->plugins.trust, err);
    if (rc == 0)
        rc = nj_module_load(&module, &file, &spec, err);
    if (rc == 0) {
        rc = nj_param_values(module->params, entry->params, entry->n_params, entry->place,
                             entry->id, &values, &n, &report);
        if (rc != 0)
            nj_error_set(err, rc, "%.*s",
                         report.errors.data ? (int)strcspn(report.errors.data, "\n") : 0,
                         report.errors.data ? report.errors.data : "");
    }
    if (rc == 0)
        rc = take(module, values, n, out, err);
    nj_config_report_free(&report);
    nj_param_values_free(values, n);
    nj_module_unref(module);
    nj_plugin_file_free(&file);
    return rc;
}

int nj_bt_costs_read(const struct nj_config *config, const char *plugins_dir, const char *broker,
                     struct nj_bt_costs *out, struct nj_error *err)
{
    const struct nj_instance_config *entry = broker ? entry_of(config, broker) : choose(config);
    char path[NJ_PATH_MAX], scratch[NJ_PATH_MAX];
    *out = (struct nj_bt_costs){0};
    if (!entry)
        return broker ? nj_error_set(err, NJ_ERR_CONFIG,
                                     "no enabled entry of brokers has the id '%s'", broker)
                      : nj_error_set(err, NJ_ERR_CONFIG,
                                     "expected an entry of brokers with plugin 'paper'");
    if (strcmp(entry->plugin, plugin_name) != 0)
        return nj_error_set(err, NJ_ERR_CONFIG,
                            "broker '%s' has the plugin '%s': only the paper broker's costs are "
                            "known beforehand",
                            entry->id, entry->plugin);
    snprintf(out->broker, sizeof out->broker, "%s", entry->id);
    int rc = nj_plugin_find(plugins_dir, NJORD_KIND_BROKER, plugin_name, path, err);
    if (rc == 0)
        rc = nj_plugin_scratch(scratch, err);
    if (rc != 0)
        return rc;
    rc = read_values(config, path, scratch, entry, out, err);
    nj_plugin_scratch_remove(scratch);
    return rc;
}

double nj_bt_costs_cash(const struct nj_bt_costs *costs, const char *asset)
{
    for (uint32_t i = 0; i < costs->n_cash; i++)
        if (strcmp(costs->cash[i].key, asset) == 0)
            return costs->cash[i].value;
    return 0;
}
