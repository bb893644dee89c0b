/* host_table.h - the njord_host that a plugin sees: checks what the plugin hands over, then asks
 * the instance's ops.
 *
 * Everything that comes through here is a plugin's word: sizes, pointers' texts, numbers and roles
 * are looked at before a service sees them. [any] as abi.h says for each member. */
#ifndef NJ_RUNTIME_HOST_TABLE_H
#define NJ_RUNTIME_HOST_TABLE_H

#include <njord/abi.h>

struct nj_instance;

/* Fills the table of an instance; host->priv is the instance. */
void nj_host_table_init(njord_host *host, struct nj_instance *instance);

#endif
