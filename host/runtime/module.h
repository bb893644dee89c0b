/* module.h - a plugin's file, loaded: found, checked, copied to a file of its own, opened.
 *
 * The library that runs is never the file that was configured: it is a private copy
 * ID.GENERATION.HASH.so in the state folder's run directory, kept until the library is closed, so
 * that replacing, overwriting or truncating the original never touches running code.
 * Reference-counted: instances of one file share a module. What the plugin declares is copied into
 * current structs by its own sizes. NJORD_KEEP_PLUGINS=1 in the environment keeps libraries mapped
 * (sanitizers then find their symbols). [control] only. */
#ifndef NJ_RUNTIME_MODULE_H
#define NJ_RUNTIME_MODULE_H

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "config/config.h"

#include <njord/abi.h>

struct nj_module {
    char name[NJORD_ID_SIZE]; /* plugin name: the file's name without .so */
    uint32_t kind;
    char path[NJ_PATH_MAX];   /* the configured file */
    char copy[NJ_PATH_MAX];   /* what is mapped */
    char hash[NJ_SHA256_HEX]; /* of the file's bytes */
    uint32_t generation;
    uint32_t refs;
    void *handle;        /* dlopen's */
    njord_plugin plugin; /* as declared, zero-filled to the current size */
    njord_param *params; /* likewise, ended by one without a name */
    struct nj_log *log;
};

struct nj_module_spec {
    uint32_t kind;
    const char *path;
    const char *run_dir; /* private folder for the copy */
    uint32_t generation; /* unique within run_dir and name */
    enum nj_trust trust;
    struct nj_log *log;
};

/* A plugin's file read and judged, before any of its code runs. */
struct nj_plugin_file {
    struct nj_buf bytes;
    char hash[NJ_SHA256_HEX];
    njord_stamp stamp;
};

/* Reads the file: trust of the opened descriptor (and of every parent folder with strict), size,
 * hash, stamp. Errors are one line: "plugin 'path': …". */
int nj_plugin_file_read(struct nj_plugin_file *out, const char *path, enum nj_trust trust,
                        struct nj_error *err);
void nj_plugin_file_free(struct nj_plugin_file *file);

/* Loads a file that was read: copy, dlopen, declared tables checked. On failure nothing is left
 * behind. */
int nj_module_load(struct nj_module **out, const struct nj_plugin_file *file,
                   const struct nj_module_spec *spec, struct nj_error *err);
struct nj_module *nj_module_ref(struct nj_module *module);
/* The last one closes the library and removes the copy. A library that dlclose leaves mapped is
 * logged as pinned and its copy kept. */
void nj_module_unref(struct nj_module *module);

/* The interface of its kind into `out` (zero-filled before, size given), clamped to what both sides
 * know. */
int nj_module_iface(const struct nj_module *module, void *out, uint32_t size, struct nj_error *err);

/* dir/NAME.so or dir/{feeds,strategies,brokers,allocators}/NAME.so by kind. NJ_ERR_NOT_FOUND names
 * both and the nearest name there. */
int nj_plugin_find(const char *dir, uint32_t kind, const char *name, char out[NJ_PATH_MAX],
                   struct nj_error *err);
/* Calls `each` for every *.so in dir and its four sub-folders, sorted by folder and name; kind 0:
 * found in dir itself. */
int nj_plugin_scan(const char *dir,
                   void (*each)(void *ctx, const char *path, const char *name, uint32_t kind),
                   void *ctx, struct nj_error *err);

/* "feed", "strategy", …; and the sub-folder's name "feeds", "strategies", … */
const char *nj_kind_text(uint32_t kind);
const char *nj_kind_folder(uint32_t kind);
uint32_t nj_kind_of(const char *text); /* 0: none */

/* Mapped libraries that could not be unloaded since the start. */
uint32_t nj_modules_pinned(void);

#endif
