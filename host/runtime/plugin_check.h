/* plugin_check.h - tries a built plugin: stamp, parameters, events, state, outputs, what it leaves
 * behind.
 *
 * Each part runs in a child process of its own with a time limit, so that a crash or a hang is one
 * failed line and the others still come. Used by `njord plugin check`; changes nothing but a
 * private folder that it removes. */
#ifndef NJ_RUNTIME_PLUGIN_CHECK_H
#define NJ_RUNTIME_PLUGIN_CHECK_H

#include "base/err.h"
#include "base/platform.h"
#include "config/config.h"

enum nj_verdict { NJ_CHECK_OK, NJ_CHECK_NOTE, NJ_CHECK_FAILED };

struct nj_check_options {
    const struct nj_platform *platform;
    const char *path;
    enum nj_trust trust;
    const struct nj_param_text *params; /* values instead of the defaults */
    uint32_t n_params;
    int64_t limit_ns; /* of each part; 0: 10 s */
    void *ctx;
    /* told of each check as it ends, in a fixed order; detail is one line or "" */
    void (*told)(void *ctx, const char *check, enum nj_verdict verdict, const char *detail);
};

/* Returns how many checks failed; a negative NJ_ERR_* when they could not be run. */
int nj_plugin_check(const struct nj_check_options *options, struct nj_error *err);

#endif
