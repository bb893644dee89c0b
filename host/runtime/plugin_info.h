/* plugin_info.h - what a plugin's file declares, as JSON, found out in a child process.
 *
 * Constructors run when a library is opened: a child takes the crash, the hang, the exit. For
 * `njord plugin list`, `info` and whoever else asks without wanting to run it. */
#ifndef NJ_RUNTIME_PLUGIN_INFO_H
#define NJ_RUNTIME_PLUGIN_INFO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/platform.h"
#include "runtime/module.h"

/* Appends one JSON object: file, path, hash, abi, kind, name, version, summary, flags,
 * state_version, state_oldest, callbacks, params (name, type, flags, default, min, max, choices,
 * help). kind 0: any. NJ_ERR_*: one line that names the file. */
int nj_plugin_describe(const struct nj_platform *pf, const char *path, uint32_t kind,
                       enum nj_trust trust, struct nj_buf *out, struct nj_error *err);

/* The name of a kind's callback by its place in the interface, NULL: past the last. */
const char *nj_callback_name(uint32_t kind, uint32_t at);

/* A private folder for copies of plugins, below $TMPDIR or /tmp, and its end with what a crash has
 * left in it. */
int nj_plugin_scratch(char out[NJ_PATH_MAX], struct nj_error *err);
void nj_plugin_scratch_remove(const char *dir);

#endif
