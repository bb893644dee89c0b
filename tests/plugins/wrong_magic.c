/* wrong_magic.c - the stamp's magic is not that of a plugin. */
#include "plain.h"

static const njord_plugin plugin =
    PLAIN_PLUGIN("wrong_magic", sizeof(njord_plugin), plain_iface, NULL);

const njord_plugin_entry njord_entry = {{0x21524a4eu, NJORD_ABI_MAJOR, NJORD_ABI_MINOR,
                                         sizeof(njord_plugin_entry), 8u * sizeof(void *),
                                         sizeof(njord_event), 0},
                                        &plugin};
