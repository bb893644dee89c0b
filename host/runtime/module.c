#include "runtime/module.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PARAMS 256u

/* How many libraries stayed mapped after dlclose: a count of the process, as the mappings are. */
static atomic_uint pinned_modules; /* NOLINT(cppcoreguidelines-avoid-non-const-global-variables) */

uint32_t nj_modules_pinned(void)
{
    return atomic_load(&pinned_modules);
}

/* ---- what the plugin declares ---- */

static bool name_ok(const char *text, size_t max)
{
    size_t n = 0;
    for (; text[n]; n++)
        if (n >= max ||
            !(islower((unsigned char)text[n]) || isdigit((unsigned char)text[n]) || text[n] == '_'))
            return false;
    return n > 0;
}

static int check_param(const njord_param *p, uint32_t at, const char *path, struct nj_error *err)
{
    if (!name_ok(p->name, 63))
        return nj_error_set(err, NJ_ERR_PLUGIN,
                            "plugin '%s': parameter %u: the name '%.40s' is not [a-z][a-z0-9_]*",
                            path, at, p->name);
    if (p->type < NJORD_PARAM_BOOL || p->type > NJORD_PARAM_REAL_MAP)
        return nj_error_set(err, NJ_ERR_PLUGIN,
                            "plugin '%s': parameter '%s': type %u is unknown to this host", path,
                            p->name, p->type);
    if (p->type == NJORD_PARAM_ENUM && !p->choices)
        return nj_error_set(err, NJ_ERR_PLUGIN,
                            "plugin '%s': parameter '%s': an enum without choices", path, p->name);
    if (p->min_int > p->max_int || p->min_real > p->max_real)
        return nj_error_set(err, NJ_ERR_PLUGIN,
                            "plugin '%s': parameter '%s': its smallest value is above its largest",
                            path, p->name);
    return 0;
}

/* Copies the parameter table into current structs, stepping by the plugin's own size. */
static int copy_params(struct nj_module *m, struct nj_error *err)
{
    const unsigned char *at = (const unsigned char *)m->plugin.params;
    uint32_t n = 0, step = 0;
    m->params = calloc(MAX_PARAMS + 1, sizeof *m->params);
    if (!m->params)
        return nj_error_set(err, NJ_ERR_NOMEM, "plugin '%s': out of memory", m->path);
    if (!at)
        return 0;
    for (;; n++, at += step) {
        memcpy(&step, at, sizeof step);
        if (step < offsetof(njord_param, default_text) || step > 4096 || step % 8 != 0)
            return nj_error_set(err, NJ_ERR_PLUGIN,
                                "plugin '%s': parameter %u has a size of %u bytes", m->path, n + 1,
                                step);
        memcpy(&m->params[n], at, step < sizeof *m->params ? step : sizeof *m->params);
        m->params[n].size = sizeof *m->params;
        if (!m->params[n].name)
            break;
        int rc = check_param(&m->params[n], n + 1, m->path, err);
        if (rc != 0)
            return rc;
        if (n + 1 == MAX_PARAMS)
            return nj_error_set(err, NJ_ERR_LIMIT, "plugin '%s': more than %u parameters", m->path,
                                MAX_PARAMS);
    }
    return 0;
}

static int copy_plugin(struct nj_module *m, uint32_t kind, struct nj_error *err)
{
    const njord_plugin_entry *entry = dlsym(m->handle, "njord_entry");
    if (!entry || !entry->plugin)
        return nj_error_set(err, NJ_ERR_PLUGIN, "plugin '%s': its entry names no plugin", m->path);
    uint32_t size = entry->plugin->size;
    if (size < offsetof(njord_plugin, iface) + sizeof entry->plugin->iface)
        return nj_error_set(
            err, NJ_ERR_PLUGIN, "plugin '%s': declares a plugin of %u bytes, expected at least %zu",
            m->path, size, offsetof(njord_plugin, iface) + sizeof entry->plugin->iface);
    memcpy(&m->plugin, entry->plugin, size < sizeof m->plugin ? size : sizeof m->plugin);
    m->plugin.size = sizeof m->plugin;
    const njord_plugin *p = &m->plugin;
    if (kind != 0 && p->kind != kind)
        return nj_error_set(err, NJ_ERR_REFUSED, "plugin '%s': is a %s, expected a %s", m->path,
                            nj_kind_text(p->kind), nj_kind_text(kind));
    if (nj_kind_folder(p->kind)[0] == '\0')
        return nj_error_set(err, NJ_ERR_PLUGIN, "plugin '%s': kind %u is unknown to this host",
                            m->path, p->kind);
    if (!p->name || !name_ok(p->name, NJORD_ID_SIZE - 1) || !p->version ||
        strlen(p->version) > 31 || !p->summary)
        return nj_error_set(err, NJ_ERR_PLUGIN,
                            "plugin '%s': its name, version or summary is missing or too long",
                            m->path);
    if (!p->iface || !p->create || !p->destroy)
        return nj_error_set(err, NJ_ERR_PLUGIN,
                            "plugin '%s': iface, create and destroy must be there", m->path);
    if (p->state_oldest > p->state_version)
        return nj_error_set(err, NJ_ERR_PLUGIN,
                            "plugin '%s': oldest state %u is newer than its state version %u",
                            m->path, p->state_oldest, p->state_version);
    return copy_params(m, err);
}

/* ---- the private copy ---- */

static int write_copy(struct nj_module *m, const struct nj_plugin_file *file,
                      const struct nj_module_spec *spec, struct nj_error *err)
{
    int n = snprintf(m->copy, sizeof m->copy, "%s/%s.%u.%.16s.so", spec->run_dir, m->name,
                     spec->generation, file->hash);
    if (n < 0 || (size_t)n >= sizeof m->copy)
        return nj_error_set(err, NJ_ERR_LIMIT,
                            "plugin '%s': the path of its private copy is too long", m->path);
    unlink(
        m->copy); /* of a process that is gone: generations are never given twice by a living one */
    int fd = open(m->copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
    if (fd < 0)
        return nj_error_errno(err, errno, "plugin '%s': private copy '%s'", m->path, m->copy);
    int rc = 0;
    for (size_t at = 0; at < file->bytes.len && rc == 0;) {
        ssize_t wrote = write(fd, file->bytes.data + at, file->bytes.len - at);
        if (wrote > 0)
            at += (size_t)wrote;
        else if (wrote == 0 || errno != EINTR)
            rc = nj_error_errno(err, wrote == 0 ? ENOSPC : errno, "plugin '%s': private copy '%s'",
                                m->path, m->copy);
    }
    if (close(fd) != 0 && rc == 0)
        rc = nj_error_errno(err, errno, "plugin '%s': private copy '%s'", m->path, m->copy);
    if (rc != 0)
        unlink(m->copy);
    return rc;
}

static int open_copy(struct nj_module *m, struct nj_error *err)
{
    m->handle = dlopen(m->copy, RTLD_NOW | RTLD_LOCAL);
    if (m->handle)
        return 0;
    const char *text = dlerror();
    size_t skip = text && strncmp(text, m->copy, strlen(m->copy)) == 0 ? strlen(m->copy) + 2 : 0;
    return nj_error_set(err, NJ_ERR_PLUGIN, "plugin '%s': %s", m->path,
                        text && strlen(text) > skip ? text + skip : "cannot be opened");
}

int nj_module_load(struct nj_module **out, const struct nj_plugin_file *file,
                   const struct nj_module_spec *spec, struct nj_error *err)
{
    *out = NULL;
    struct nj_module *m = calloc(1, sizeof *m);
    if (!m)
        return nj_error_set(err, NJ_ERR_NOMEM, "plugin '%s': out of memory", spec->path);
    const char *slash = strrchr(spec->path, '/');
    snprintf(m->path, sizeof m->path, "%s", spec->path);
    snprintf(m->name, sizeof m->name, "%s", slash ? slash + 1 : spec->path);
    char *dot = strrchr(m->name, '.');
    if (dot)
        *dot = '\0';
    memcpy(m->hash, file->hash, sizeof m->hash);
    m->generation = spec->generation;
    m->kind = spec->kind;
    m->log = spec->log;
    m->refs = 1;
    int rc = write_copy(m, file, spec, err);
    if (rc != 0) {
        free(m);
        return rc;
    }
    rc = open_copy(m, err);
    if (rc == 0)
        rc = copy_plugin(m, spec->kind, err);
    if (rc != 0) {
        nj_module_unref(m);
        return rc;
    }
    m->kind = m->plugin.kind;
    *out = m;
    return 0;
}

struct nj_module *nj_module_ref(struct nj_module *module)
{
    module->refs++;
    return module;
}

static int is_mapped(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    return strcmp(info->dlpi_name, ctx) == 0;
}

void nj_module_unref(struct nj_module *module)
{
    if (!module || --module->refs > 0)
        return;
    bool gone = !module->handle;
    if (module->handle && !getenv("NJORD_KEEP_PLUGINS")) {
        dlclose(module->handle);
        gone = dl_iterate_phdr(is_mapped, module->copy) == 0;
        if (!gone) {
            atomic_fetch_add(&pinned_modules, 1);
            nj_log(module->log, NJ_WARN, "loader", "pinned", NJ_TEXT("plugin", module->path),
                   NJ_INT("generation", module->generation),
                   NJ_TEXT("detail", "dlclose left it mapped (thread-local destructors, nodelete "
                                     "or unique symbols)"));
        }
    }
    if (gone)
        unlink(module->copy);
    free(module->params);
    free(module);
}

int nj_module_iface(const struct nj_module *module, void *out, uint32_t size, struct nj_error *err)
{
    memset(out, 0, size);
    uint32_t knows = module->plugin.iface(out, size);
    if (knows < 8)
        return nj_error_set(err, NJ_ERR_PLUGIN, "plugin '%s': its interface is %u bytes long",
                            module->path, knows);
    if (knows <
        size) /* an older plugin: what it does not know stays empty, whatever it wrote there */
        memset((char *)out + knows, 0, size - knows);
    memcpy(out, &size, sizeof size);
    return 0;
}
