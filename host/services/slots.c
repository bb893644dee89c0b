#include "services/slots.h"

#include "services/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nj_slot *nj_slots_find(const struct nj_slots *slots, const char *id)
{
    for (uint32_t i = 0; i < slots->n; i++)
        if (strcmp(slots->all[i]->id, id) == 0)
            return slots->all[i];
    return NULL;
}

struct nj_slot *nj_slots_add(struct nj_slots *slots, struct nj_host *host,
                             const struct nj_instance_config *config)
{
    struct nj_slot **all = realloc(slots->all, (slots->n + 1u) * sizeof(struct nj_slot *));
    if (!all)
        return NULL;
    slots->all = all;
    struct nj_slot *slot = calloc(1, sizeof *slot);
    if (!slot)
        return NULL;
    slot->host = host;
    slot->config = config;
    slot->kind = config->kind;
    slot->state = NJ_SLOT_REFUSED;
    snprintf(slot->id, sizeof slot->id, "%s", config->id);
    slots->all[slots->n++] = slot;
    return slot;
}

void nj_slot_free(struct nj_slot *slot)
{
    if (!slot)
        return;
    for (uint32_t i = 0; i < slot->n_subscriptions; i++)
        nj_bus_unsubscribe(slot->host->bus, slot->subscriptions[i]);
    nj_timers_cancel_all(&slot->host->timers, slot);
    nj_instance_free(slot->instance);
    nj_slot_retire(slot);
    nj_fifo_free(&slot->recent);
    nj_fifo_free(&slot->ahead);
    nj_warmup_free(slot);
    free(slot->subscriptions);
    free(slot->wants);
    free(slot);
}

void nj_slots_free(struct nj_slots *slots)
{
    for (uint32_t i = 0; i < slots->n; i++)
        nj_slot_free(slots->all[i]);
    free(slots->all);
    *slots = (struct nj_slots){0};
}

static void look_at(void *ctx, const char *path, const char *name, uint32_t kind)
{
    const struct nj_host *host = ctx;
    struct nj_plugin_file file = {0};
    struct nj_error err = {0};
    (void)name, (void)kind;
    if (nj_plugin_file_read(&file, path, host->config->plugins.trust, &err) != 0)
        nj_log(host->log, NJ_WARN, "plugins", "skipped", NJ_TEXT("detail", err.text));
    nj_plugin_file_free(&file);
}

void nj_slots_warn_strays(const struct nj_host *host)
{
    struct nj_error err = {0};
    if (nj_plugin_scan(host->config->plugins.dir, look_at, (void *)(uintptr_t)host, &err) != 0)
        nj_log(host->log, NJ_WARN, "plugins", "not_scanned", NJ_TEXT("error", err.text));
}

const char *nj_slot_state_text(const struct nj_slot *slot)
{
    static const char *const texts[] = {"running", "disabled", "refused"};
    return texts[slot->state];
}

bool nj_record_push(struct nj_fifo *fifo, const char *topic, const njord_event *event)
{
    size_t topic_size = (strlen(topic) + 8) & ~(size_t)7;
    char *record = nj_fifo_push(fifo, topic_size + event->size);
    if (!record)
        return false;
    memcpy(record, topic, strlen(topic) + 1);
    memcpy(record + topic_size, event, event->size);
    return true;
}

njord_event *nj_record_event(char *record)
{
    return (njord_event *)(record + ((strlen(record) + 8) & ~(size_t)7));
}

int nj_slot_find(const struct nj_config *config, const struct nj_instance_config *entry,
                 char path[NJ_PATH_MAX], struct nj_error *err)
{
    return nj_plugin_find(config->plugins.dir, entry->kind, entry->plugin, path, err);
}

int nj_slot_create(struct nj_slot *slot, const struct nj_config *config,
                   const struct nj_instance_config *entry, struct nj_module *module,
                   const struct nj_instance_ops *ops, struct nj_instance **out,
                   struct nj_error *err)
{
    struct nj_config_report report = {0};
    njord_value *values = NULL;
    uint32_t n_values = 0;
    *out = NULL;
    int rc = nj_param_values(module->params, entry->params, entry->n_params, entry->place,
                             entry->id, &values, &n_values, &report);
    if (rc != 0) {
        const char *line = report.errors.data ? report.errors.data : "";
        rc = nj_error_set(err, NJ_ERR_CONFIG, "%.*s", (int)strcspn(line, "\n"), line);
    } else {
        struct nj_instance_spec spec = {
            .id = entry->id,
            .module = module,
            .ops = ops,
            .values = values,
            .n_values = n_values,
            .symbols =
                (const char *const *)(entry->n_symbols ? entry->symbols : config->exchange.symbols),
            .n_symbols = entry->n_symbols ? entry->n_symbols : config->exchange.n_symbols,
            .seed = config->app.seed,
            .max_errors = (uint64_t)config->plugins.max_errors,
            .owner = slot};
        rc = nj_instance_create(out, &spec, err);
    }
    nj_config_report_free(&report);
    return rc;
}

int nj_slot_make(struct nj_slot *slot, struct nj_instance **out, struct nj_error *err)
{
    struct nj_host *host = slot->host;
    struct nj_plugin_file file = {0};
    struct nj_module *module = NULL;
    char path[NJ_PATH_MAX];
    *out = NULL;
    int rc = nj_slot_find(host->config, slot->config, path, err);
    if (rc == 0)
        rc = nj_plugin_file_read(&file, path, host->config->plugins.trust, err);
    if (rc != 0)
        return rc;
    struct nj_module_spec load = {slot->kind,
                                  path,
                                  nj_state_run_dir(host->state),
                                  ++host->generations,
                                  host->config->plugins.trust,
                                  host->log};
    rc = nj_module_load(&module, &file, &load, err);
    if (rc == 0)
        rc = nj_slot_create(slot, host->config, slot->config, module, &host->ops, out, err);
    nj_module_unref(module);
    nj_plugin_file_free(&file);
    return rc;
}

void nj_slot_retire(struct nj_slot *slot)
{
    nj_instance_free(slot->previous);
    slot->previous = NULL;
    slot->back_wanted = false;
    nj_fifo_free(&slot->since);
    slot->n_since = 0;
    slot->sent = slot->replayed = (struct nj_orders_told){0};
}

int nj_slot_install(struct nj_slot *slot, struct nj_instance *instance, struct nj_error *err)
{
    slot->instance = instance;
    int rc = nj_instance_start(instance, err);
    if (rc != 0) {
        nj_instance_free(instance);
        slot->instance = NULL;
        return rc;
    }
    slot->state = NJ_SLOT_RUNNING;
    slot->detail[0] = '\0';
    slot->generation++;
    return 0;
}

void nj_orders_told_add(struct nj_orders_told *told, const njord_order *order)
{
    const struct {
        double qty, limit;
        uint64_t kind;
    } figures = {order->qty, order->type == NJORD_TYPE_LIMIT ? order->limit_price : 0,
                 (uint64_t)order->side << 8 | order->type};
    const unsigned char *at = (const unsigned char *)&figures;
    told->n++;
    told->hash ^= nj_hash_text(order->symbol);
    for (size_t i = 0; i < sizeof figures; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
        told->hash = (told->hash ^ at[i]) * 1099511628211ull;
}
