/* descriptors.h - descriptors that feeds and brokers wait for, on the host's loop (extension
 * "njord.loop/1"). [loop] only. */
#ifndef NJ_SERVICES_DESCRIPTORS_H
#define NJ_SERVICES_DESCRIPTORS_H

#include <njord/abi.h>

struct nj_host;
struct nj_instance;
struct nj_slot;

/* Watches fd for NJORD_LOOP_READ, NJORD_LOOP_WRITE; 0: no longer. The descriptor stays the
 * plugin's. */
njord_status nj_descriptors_watch(struct nj_host *host, struct nj_instance *instance, int32_t fd,
                                  uint32_t events);
/* Ends all watches of a slot, or (NULL) of all. */
void nj_descriptors_forget(struct nj_host *host, const struct nj_slot *slot);

#endif
