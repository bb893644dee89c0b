/* larger_struct.c - as built by a later minor version: every struct is longer than this host knows,
 * the minor number higher. It has two parameters, "qty" and "slow", and trades work. */
#include "plain.h"

struct larger_iface {
    njord_strategy_iface known;
    void (*future[4])(void);
};

struct larger_param {
    njord_param known;
    uint64_t future[3];
};

struct larger_plugin {
    njord_plugin known;
    void (*future[4])(void);
};

static void must_not_be_called(void)
{
    abort();
}

static uint32_t larger_iface(void *out, uint32_t size)
{
    struct larger_iface iface;
    memset(&iface, 0, sizeof iface);
    iface.known.size = (uint32_t)sizeof iface;
    iface.known.on_trade = plain_on_trade;
    for (int i = 0; i < 4; i++)
        iface.future[i] = must_not_be_called;
    memcpy(out, &iface, size < sizeof iface ? size : sizeof iface);
    return (uint32_t)sizeof iface;
}

static const struct larger_param params[] = {
    {{sizeof(struct larger_param), NJORD_PARAM_REAL, 0, 0, "qty", "units", NULL, NULL, 0, 0, 0, 1.0,
      0.0, 10.0},
     {1, 2, 3}},
    {{sizeof(struct larger_param), NJORD_PARAM_INT, 0, 0, "slow", "bars", NULL, NULL, 30, 2, 100,
      0.0, 0.0, 0.0},
     {1, 2, 3}},
    {{sizeof(struct larger_param), 0, 0, 0, NULL, NULL, NULL, NULL, 0, 0, 0, 0.0, 0.0, 0.0},
     {1, 2, 3}},
};

static const struct larger_plugin plugin = {
    PLAIN_PLUGIN("larger_struct", sizeof(struct larger_plugin), larger_iface, &params[0].known),
    {must_not_be_called, must_not_be_called, must_not_be_called, must_not_be_called},
};

struct larger_entry {
    njord_plugin_entry known;
    uint64_t future[2];
};

/* The symbol is what the loader looks for; its type is this side's own. */
extern NJORD_EXPORT const struct larger_entry larger_entry __asm__("njord_entry");
const struct larger_entry larger_entry = {
    {{NJORD_ABI_MAGIC, NJORD_ABI_MAJOR, NJORD_ABI_MINOR + 7, sizeof(struct larger_entry),
      8u * sizeof(void *), sizeof(njord_event), 0},
     &plugin.known},
    {1, 2},
};
