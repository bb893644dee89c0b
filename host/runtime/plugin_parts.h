/* plugin_parts.h - the parts of a plugin's check, each run in a child process; it says on a pipe
 * what it has found. For plugin_check.c alone; plugin_parts_impl.h is what the parts share. */
#ifndef NJ_RUNTIME_PLUGIN_PARTS_H
#define NJ_RUNTIME_PLUGIN_PARTS_H

#include "runtime/plugin_check.h"

enum nj_part {
    NJ_PART_LOAD,    /* load, parameters, callbacks, create, start, destroy */
    NJ_PART_EVENTS,  /* ordinary events, sync, quiesce, what is left behind, unload */
    NJ_PART_HOSTILE, /* hostile events and hostile states */
    NJ_PART_STATE,   /* save, load, and the same outputs afterwards */
    NJ_PART_OUTPUTS, /* the same outputs twice, when it says that it is deterministic */
    NJ_PART_DIGEST   /* a digest of the outputs, for another process to compare */
};

struct nj_part_job {
    enum nj_part part;
    const char *name; /* of its first check */
    const struct nj_check_options *options;
    const char *run_dir;
};

/* In the child: for nj_child_start(). */
int nj_part_main(void *job, int fd);

#endif
