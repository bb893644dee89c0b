/* wrong_pointer_bits.c - the stamp says that pointers have 32 bits. */
#include "plain.h"

static const njord_plugin plugin =
    PLAIN_PLUGIN("wrong_pointer_bits", sizeof(njord_plugin), plain_iface, NULL);

const njord_plugin_entry njord_entry = {{NJORD_ABI_MAGIC, NJORD_ABI_MAJOR, NJORD_ABI_MINOR,
                                         sizeof(njord_plugin_entry), 32, sizeof(njord_event), 0},
                                        &plugin};
