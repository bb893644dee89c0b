/* older_struct.c - as built by an older minor version: its structs end earlier, and what a host
 * would read behind their ends is poison. It has one parameter, "qty", and trades work. */
#include "plain.h"

static const void *poison_extension(const char *name)
{
    (void)name;
    abort();
}

static njord_status poison_on_timer(void *self, uint32_t timer, int64_t due_ns)
{
    (void)self;
    (void)timer;
    (void)due_ns;
    abort();
}

/* Knows the callbacks up to on_sync; what it writes behind that is not its to say. */
static uint32_t older_iface(void *out, uint32_t size)
{
    njord_strategy_iface iface;
    const uint32_t knows = offsetof(njord_strategy_iface, on_timer);
    memset(&iface, 0, sizeof iface);
    iface.size = knows;
    iface.on_trade = plain_on_trade;
    iface.on_timer = poison_on_timer;
    memcpy(out, &iface, size < knows ? size : knows);
    return knows;
}

/* Parameters end before the range of reals. */
struct older_param {
    uint32_t size, type, flags, reserved;
    const char *name, *help, *default_text, *choices;
    int64_t default_int, min_int, max_int;
};

static const struct older_param params[] = {
    {sizeof(struct older_param), NJORD_PARAM_INT, 0, 0, "qty", "units", NULL, NULL, 1, 0, 10},
    {sizeof(struct older_param), 0, 0, 0, NULL, NULL, NULL, NULL, 0, 0, 0},
};

static const njord_plugin plugin = {
    .size = (uint32_t)offsetof(njord_plugin, extension),
    .kind = NJORD_KIND_STRATEGY,
    .flags = NJORD_F_DETERMINISTIC | NJORD_F_INPROC_OK,
    .name = "older_struct",
    .version = "1.0.0",
    .summary = "counts trades",
    .params = (const njord_param *)(const void *)params,
    .iface = older_iface,
    .create = plain_create,
    .destroy = plain_destroy,
    .extension = poison_extension,
};

const njord_plugin_entry njord_entry = {NJORD_STAMP, &plugin};
