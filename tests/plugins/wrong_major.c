/* wrong_major.c - built for ABI 2. */
#include "plain.h"

static const njord_plugin plugin =
    PLAIN_PLUGIN("wrong_major", sizeof(njord_plugin), plain_iface, NULL);

const njord_plugin_entry njord_entry = {{NJORD_ABI_MAGIC, 2, 0, sizeof(njord_plugin_entry),
                                         8u * sizeof(void *), sizeof(njord_event), 0},
                                        &plugin};
