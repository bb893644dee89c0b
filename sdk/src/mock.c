/* mock.c - the mock host: an instance's life from its entry to its end, and what was recorded of
 * it. */
#include "mock_impl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int(mock_fail)(struct njord_mock *mock, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (vsnprintf(mock->error, sizeof mock->error, format, args) < 0)
        mock->error[0] = '\0';
    va_end(args);
    return code;
}

int mock_grow(void *array, size_t *cap, size_t count, size_t item)
{
    void *grown;
    if (count < *cap)
        return NJORD_OK;
    memcpy(&grown, array, sizeof grown);
    grown = realloc(grown, (count * 2 + 8) * item);
    if (!grown)
        return NJORD_E_NOMEM;
    memcpy(array, &grown, sizeof grown);
    *cap = count * 2 + 8;
    return NJORD_OK;
}

struct mock_symbol *mock_find(const struct njord_mock *mock, const char *symbol)
{
    for (uint32_t i = 0; symbol && i < mock->n_symbols; i++)
        if (strcmp(mock->symbols[i]->name, symbol) == 0)
            return mock->symbols[i];
    return NULL;
}

struct mock_order *mock_order(const struct njord_mock *mock, const char *intent_id)
{
    for (uint32_t i = 0; intent_id && i < mock->n_orders; i++)
        if (strcmp(mock->orders[i].open.intent_id, intent_id) == 0)
            return &mock->orders[i];
    return NULL;
}

void mock_drop_order(struct njord_mock *mock, struct mock_order *order)
{
    size_t after = (size_t)(mock->orders + mock->n_orders - order) - 1;
    memmove(order, order + 1, after * sizeof *order);
    mock->n_orders--;
}

/* ---- Making and ending the mock
 * ------------------------------------------------------------------------------------- */

njord_mock *njord_mock_new(const char *id)
{
    njord_mock *mock = calloc(1, sizeof *mock);
    if (!mock || strlen(id) >= sizeof mock->id) {
        free(mock);
        return NULL;
    }
    memcpy(mock->id, id, strlen(id) + 1);
    mock->capital = mock->cash = 10000.0;
    mock->random = 1;
    return mock;
}

void njord_mock_clear(njord_mock *mock)
{
    for (size_t i = 0; i < mock->n_outputs; i++)
        free(mock->outputs[i].event);
    for (size_t i = 0; i < mock->n_lines; i++)
        free(mock->lines[i].text);
    for (size_t i = 0; i < NJORD_EV_COUNT; i++)
        mock->by_type[i].count = 0;
    mock->n_outputs = mock->n_lines = mock->n_errors = mock->settled = 0;
}

void njord_mock_free(njord_mock *mock)
{
    if (!mock)
        return;
    njord_mock_destroy(mock);
    njord_mock_clear(mock);
    for (size_t i = 0; i < NJORD_EV_COUNT; i++)
        free(mock->by_type[i].at);
    for (uint32_t i = 0; i < mock->n_symbols; i++) {
        free(mock->symbols[i]->book);
        free(mock->symbols[i]);
    }
    for (size_t i = 0; i < mock->n_settings; i++)
        free(mock->settings[i].text);
    free(mock->symbols);
    free(mock->symbol_names);
    free(mock->settings);
    free(mock->orders);
    free(mock->timers);
    free(mock->outputs);
    free(mock->errors);
    free(mock->lines);
    free(mock);
}

const char *njord_mock_error(const njord_mock *mock)
{
    return mock->error;
}

int njord_mock_symbol(njord_mock *mock, const char *symbol, double tick, double step)
{
    const char *slash = strchr(symbol, '/');
    size_t len = strlen(symbol);
    if (mock->instance)
        return mock_fail(mock, NJORD_E_BUSY, "symbol '%.31s': add it before the instance", symbol);
    if (len >= NJORD_SYMBOL_SIZE || !slash || slash == symbol || slash[1] == '\0' ||
        slash - symbol >= NJORD_ASSET_SIZE || strlen(slash + 1) >= NJORD_ASSET_SIZE)
        return mock_fail(mock, NJORD_E_ARG, "symbol '%.31s': expected BASE/QUOTE", symbol);
    if (mock_find(mock, symbol))
        return mock_fail(mock, NJORD_E_ARG, "symbol '%s' is there already", symbol);
    struct mock_symbol *s = calloc(1, sizeof *s);
    struct mock_symbol **symbols = realloc(mock->symbols, (mock->n_symbols + 1) * sizeof *symbols);
    if (symbols)
        mock->symbols = symbols;
    const char **names = realloc(mock->symbol_names, (mock->n_symbols + 1) * sizeof *names);
    if (names)
        mock->symbol_names = names;
    if (!s || !symbols || !names) {
        free(s);
        return mock_fail(mock, NJORD_E_NOMEM, "no memory for symbols");
    }
    memcpy(s->name, symbol, len + 1);
    s->last = (double)NAN;
    s->known = tick > 0.0 && step > 0.0;
    njord_event_init(&s->rules, NJORD_EV_INSTRUMENT);
    memcpy(s->rules.symbol, symbol, len + 1);
    memcpy(s->rules.base, symbol, (size_t)(slash - symbol));
    memcpy(s->rules.quote, slash + 1, strlen(slash + 1) + 1);
    s->rules.tick = tick;
    s->rules.step = step;
    symbols[mock->n_symbols] = s;
    names[mock->n_symbols++] = s->name;
    return NJORD_OK;
}

void njord_mock_capital(njord_mock *mock, double capital, double cash)
{
    mock->capital = capital;
    mock->cash = cash;
}

/* ---- The instance
 * ---------------------------------------------------------------------------------------------------
 */

static void instance_free(struct mock_instance *in)
{
    if (!in)
        return;
    if (in->self && in->plugin.destroy)
        in->plugin.destroy(in->self);
    mock_params_free(in);
    free(in);
}

/* Says which call failed, with the plugin's own sentence if it gave one. */
static int instance_failed(struct mock_instance *in, const char *call, int status)
{
    return mock_fail(in->mock, status, "%s of '%s' failed (%d)%s%s", call, in->plugin.name, status,
                     in->why[0] ? ": " : "", in->why);
}

static int check_entry(struct njord_mock *mock, const njord_plugin_entry *entry)
{
    const njord_stamp *stamp = &entry->stamp;
    if (stamp->magic != NJORD_ABI_MAGIC)
        return mock_fail(mock, NJORD_E_ARG, "entry: 'magic' is 0x%08x, expected 0x%08x",
                         (unsigned)stamp->magic, (unsigned)NJORD_ABI_MAGIC);
    if (stamp->abi_major != NJORD_ABI_MAJOR)
        return mock_fail(mock, NJORD_E_ARG, "entry: 'abi_major' is %u, expected %u",
                         (unsigned)stamp->abi_major, NJORD_ABI_MAJOR);
    if (stamp->pointer_bits != 8 * sizeof(void *))
        return mock_fail(mock, NJORD_E_ARG, "entry: 'pointer_bits' is %u, expected %u",
                         (unsigned)stamp->pointer_bits, (unsigned)(8 * sizeof(void *)));
    if (!entry->plugin || entry->plugin->size < offsetof(njord_plugin, start))
        return mock_fail(mock, NJORD_E_ARG, "entry: its njord_plugin is missing or too small");
    return NJORD_OK;
}

/* The table of callbacks, and whether what its kind must have is there. */
static int read_iface(struct mock_instance *in)
{
    struct njord_mock *mock = in->mock;
    uint32_t size = 0;
    int whole = 0;
    switch (in->plugin.kind) {
    case NJORD_KIND_STRATEGY: {
        size = in->plugin.iface(&in->iface, (uint32_t)sizeof in->iface.strategy);
        const char *at =
            (const char *)&in->iface.strategy + offsetof(njord_strategy_iface, on_trade);
        for (size_t i = 0; i < sizeof in->iface.strategy - offsetof(njord_strategy_iface, on_trade);
             i++)
            whole |= at[i] != 0;
        break;
    }
    case NJORD_KIND_BROKER:
        size = in->plugin.iface(&in->iface, (uint32_t)sizeof in->iface.broker);
        whole = in->iface.broker.place && in->iface.broker.cancel;
        break;
    case NJORD_KIND_FEED:
        size = in->plugin.iface(&in->iface, (uint32_t)sizeof in->iface.feed);
        whole = 1;
        break;
    case NJORD_KIND_ALLOCATOR:
        size = in->plugin.iface(&in->iface, (uint32_t)sizeof in->iface.allocator);
        whole = in->iface.allocator.targets != NULL;
        break;
    default:
        return mock_fail(mock, NJORD_E_ARG, "plugin '%s' is of no kind that there is: %u",
                         in->plugin.name, (unsigned)in->plugin.kind);
    }
    if (size < 2 * sizeof(uint32_t) || !whole)
        return mock_fail(mock, NJORD_E_ARG,
                         "plugin '%s' has none of the callbacks its kind must have",
                         in->plugin.name);
    return NJORD_OK;
}

/* What a running instance saved, read back. */
struct memory {
    unsigned char *data;
    size_t len, cap, at;
};

static njord_status memory_write(void *ctx, const void *data, uint64_t len)
{
    struct memory *m = ctx;
    if (len > SIZE_MAX / 4 || m->len > SIZE_MAX / 4)
        return NJORD_E_NOMEM;
    if (m->len + len > m->cap || !m->data) {
        unsigned char *grown = realloc(m->data, (m->len + (size_t)len) * 2 + 64);
        if (!grown)
            return NJORD_E_NOMEM;
        m->data = grown;
        m->cap = (m->len + (size_t)len) * 2 + 64;
    }
    if (len > 0)
        memcpy(m->data + m->len, data, (size_t)len);
    m->len += (size_t)len;
    return NJORD_OK;
}

static int64_t memory_read(void *ctx, void *data, uint64_t cap)
{
    struct memory *m = ctx;
    size_t left = m->len - m->at, n = cap < left ? (size_t)cap : left;
    if (n > 0)
        memcpy(data, m->data + m->at, n);
    m->at += n;
    return (int64_t)n;
}

static int instance_new(struct njord_mock *mock, const njord_plugin_entry *entry,
                        const struct memory *state, uint32_t version, struct mock_instance **out)
{
    int status = check_entry(mock, entry);
    if (status != NJORD_OK)
        return status;
    struct mock_instance *in = calloc(1, sizeof *in);
    if (!in)
        return mock_fail(mock, NJORD_E_NOMEM, "no memory for an instance");
    in->mock = mock;
    const njord_plugin *plugin = entry->plugin;
    memcpy(&in->plugin, plugin,
           plugin->size < sizeof in->plugin ? plugin->size : sizeof in->plugin);
    in->params = in->plugin.params;
    mock_host_init(in);
    if (!in->plugin.name || !in->plugin.version || !in->plugin.iface || !in->plugin.create ||
        !in->plugin.destroy) {
        status = mock_fail(mock, NJORD_E_ARG,
                           "the plugin has no name, version, iface, create or destroy");
        goto fail;
    }
    if ((status = read_iface(in)) != NJORD_OK ||
        (status = mock_params_resolve(mock, in)) != NJORD_OK)
        goto fail;
    status = in->plugin.create(&in->host, &in->self);
    if (status != NJORD_OK) {
        in->self = NULL;
        status = instance_failed(in, "create", status);
        goto fail;
    }
    if (state) {
        struct memory from = *state;
        njord_reader reader = {(uint32_t)sizeof reader, 0, &from, memory_read};
        if (!in->plugin.load || version < in->plugin.state_oldest ||
            version > in->plugin.state_version) {
            status = mock_fail(mock, NJORD_E_STATE, "plugin '%s' reads no state of version %u",
                               in->plugin.name, (unsigned)version);
            goto fail;
        }
        status = in->plugin.load(in->self, &reader, version);
        if (status != NJORD_OK) {
            status = instance_failed(in, "load", status);
            goto fail;
        }
    }
    *out = in;
    return NJORD_OK;
fail:
    instance_free(in);
    return status;
}

static int instance_start(struct mock_instance *in)
{
    int status = in->plugin.start ? in->plugin.start(in->self) : NJORD_OK;
    return status == NJORD_OK ? NJORD_OK : instance_failed(in, "start", status);
}

int njord_mock_create_from(njord_mock *mock, const njord_plugin_entry *entry, const void *state,
                           size_t len, uint32_t version)
{
    struct memory from = {(unsigned char *)(uintptr_t)state, len, len, 0};
    struct mock_instance *in = NULL;
    if (mock->instance)
        return mock_fail(mock, NJORD_E_BUSY, "there is an instance already: destroy it first");
    int status = instance_new(mock, entry, state ? &from : NULL, version, &in);
    if (status != NJORD_OK)
        return status;
    mock->instance = in;
    status = instance_start(in);
    if (status != NJORD_OK)
        njord_mock_destroy(mock);
    return status;
}

int njord_mock_create(njord_mock *mock, const njord_plugin_entry *entry)
{
    return njord_mock_create_from(mock, entry, NULL, 0, 0);
}

void njord_mock_destroy(njord_mock *mock)
{
    instance_free(mock->instance);
    mock->instance = NULL;
}

int njord_mock_save(njord_mock *mock, void **state, size_t *len, uint32_t *version)
{
    struct mock_instance *in = mock->instance;
    struct memory to = {NULL, 0, 0, 0};
    njord_writer writer = {(uint32_t)sizeof writer, 0, &to, memory_write};
    *state = NULL;
    *len = 0;
    *version = 0;
    if (!in || !in->plugin.save || in->plugin.state_version == 0)
        return mock_fail(mock, NJORD_E_UNSUPPORTED, "no instance, or one that saves nothing");
    int status = in->plugin.save(in->self, &writer);
    if (status != NJORD_OK) {
        free(to.data);
        return instance_failed(in, "save", status);
    }
    if (!to.data && memory_write(&to, "", 0) != NJORD_OK)
        return mock_fail(mock, NJORD_E_NOMEM, "no memory for state");
    *state = to.data;
    *len = to.len;
    *version = in->plugin.state_version;
    return NJORD_OK;
}

int njord_mock_reload(njord_mock *mock, const njord_plugin_entry *entry)
{
    struct mock_instance *old = mock->instance, *fresh = NULL;
    void *state = NULL;
    size_t len = 0;
    uint32_t version = 0;
    char why[sizeof mock->error];
    if (!old)
        return mock_fail(mock, NJORD_E_BUSY, "there is no instance to reload");

    /* prepare: the old one at rest and saved, the new one beside it */
    int status = old->plugin.quiesce ? old->plugin.quiesce(old->self) : NJORD_OK;
    if (status != NJORD_OK)
        return instance_failed(old, "quiesce", status);
    int saves = old->plugin.save && old->plugin.state_version > 0;
    if (saves && (status = njord_mock_save(mock, &state, &len, &version)) != NJORD_OK)
        goto fail;
    struct memory from = {state, len, len, 0};
    status = instance_new(mock, entry, saves ? &from : NULL, version, &fresh);
    if (status != NJORD_OK)
        goto fail;

    /* commit */
    mock->instance = fresh;
    status = instance_start(fresh);
    if (status != NJORD_OK) {
        mock->instance = old;
        goto fail;
    }
    instance_free(old);
    free(state);
    return NJORD_OK;

    /* roll back */
fail:
    memcpy(why, mock->error, sizeof why);
    instance_free(fresh);
    free(state);
    if (old->plugin.resume && old->plugin.resume(old->self) != NJORD_OK)
        return mock_fail(mock, NJORD_E_FAIL, "%.200s; and the old version did not resume", why);
    memcpy(mock->error, why, sizeof why);
    return status;
}

/* ---- What was recorded
 * ---------------------------------------------------------------------------------------------- */

int64_t njord_mock_now(const njord_mock *mock)
{
    return mock->now;
}

static const struct mock_output *output_at(const njord_mock *mock, uint32_t type, size_t index)
{
    if (type >= NJORD_EV_COUNT || index >= njord_mock_count(mock, type))
        return NULL;
    return &mock->outputs[type ? mock->by_type[type].at[index] : index];
}

size_t njord_mock_count(const njord_mock *mock, uint32_t type)
{
    if (type >= NJORD_EV_COUNT)
        return 0;
    return type ? mock->by_type[type].count : mock->n_outputs;
}

const njord_event *njord_mock_output(const njord_mock *mock, uint32_t type, size_t index)
{
    const struct mock_output *output = output_at(mock, type, index);
    return output ? output->event : NULL;
}

const char *njord_mock_topic(const njord_mock *mock, uint32_t type, size_t index)
{
    const struct mock_output *output = output_at(mock, type, index);
    return output ? output->topic : NULL;
}

size_t njord_mock_broker_errors(const njord_mock *mock, const njord_mock_broker_error **out)
{
    *out = mock->errors;
    return mock->n_errors;
}

size_t njord_mock_log_count(const njord_mock *mock)
{
    return mock->n_lines;
}

const char *njord_mock_log(const njord_mock *mock, size_t index, int32_t *level)
{
    if (index >= mock->n_lines)
        return NULL;
    if (level)
        *level = mock->lines[index].level;
    return mock->lines[index].text;
}

size_t njord_mock_timers(const njord_mock *mock)
{
    return mock->n_timers;
}

uint64_t njord_mock_scribbles(const njord_mock *mock)
{
    return mock->scribbles;
}
