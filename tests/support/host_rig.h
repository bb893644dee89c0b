/* host_rig.h - a host in a scratch folder, in the test's own process: configuration, plugins of the
 * build tree, its loop by hand.
 *
 * What cannot be done ends the program with one line: a test that cannot be set up has failed.
 * Owned by the tests and benchmarks. */
#ifndef TESTS_SUPPORT_HOST_RIG_H
#define TESTS_SUPPORT_HOST_RIG_H

#include "base/fs.h"
#include "services/host.h"

struct host_rig {
    char dir[64];
    struct nj_host *host;
    struct nj_log *log;
    const struct nj_platform *platform; /* NULL: the system's; set after rig_make() */
};

/* A file of the build tree ("plugins/brokers/paper.so"), by top_builddir. The text is good until
 * the next call. */
const char *rig_built(const char *name);
struct nj_buf rig_contents(const char *path);
/* Writes over a file in place, as cp does; its folders are made. */
void rig_write(const char *path, const void *data, size_t len, mode_t mode);
/* As a linker or install(1) does: a temporary name, then a rename. */
void rig_replace(const char *path, const void *data, size_t len, mode_t mode);

/* The scratch folder. */
void rig_make(struct host_rig *rig);
void rig_copy_plugin(const struct host_rig *rig, const char *name);
/* base.yaml, in which every %1$s becomes the folder, and strategies.yaml. */
void rig_configure(const struct host_rig *rig, const char *base_yaml, const char *strategies_yaml);
void rig_start(struct host_rig *rig);
/* Ends the host; the folder stays, and another one may start in it. */
void rig_stop(struct host_rig *rig);
/* One turn of the host's loop. */
void rig_turn(struct host_rig *rig);
/* Ends the host and removes the folder (NJORD_KEEP=1 keeps it). */
void rig_remove(struct host_rig *rig);

#endif
