#include "runtime/plugin_info.h"

#include "base/json_out.h"
#include "runtime/child.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_NS 5000000000

struct job {
    const char *path;
    uint32_t kind;
    enum nj_trust trust;
    char run_dir[NJ_PATH_MAX];
};

const char *nj_callback_name(uint32_t kind, uint32_t at)
{
    static const char *const strategy[] = {"on_trade",  "on_book",     "on_ticker",   "on_bar",
                                           "on_fill",   "on_position", "on_decision", "on_order",
                                           "on_status", "on_sync",     "on_timer",    "on_event"};
    static const char *const broker[] = {
        "place",   "cancel",    "query",  "open_orders",   "balances", "start_stream", "on_trade",
        "on_book", "on_ticker", "on_bar", "on_instrument", "on_timer", "on_descriptor"};
    static const char *const feed[] = {"subscribe", "unsubscribe", "snapshot",
                                       "next",      "on_timer",    "on_descriptor"};
    static const char *const allocator[] = {"targets"};
    static const struct {
        const char *const *names;
        uint32_t n;
    } kinds[] = {[NJORD_KIND_STRATEGY] = {strategy, sizeof strategy / sizeof *strategy},
                 [NJORD_KIND_BROKER] = {broker, sizeof broker / sizeof *broker},
                 [NJORD_KIND_FEED] = {feed, sizeof feed / sizeof *feed},
                 [NJORD_KIND_ALLOCATOR] = {allocator, sizeof allocator / sizeof *allocator}};
    return kind < sizeof kinds / sizeof kinds[0] && at < kinds[kind].n ? kinds[kind].names[at]
                                                                       : NULL;
}

static const char *type_text(uint32_t type)
{
    static const char *const texts[] = {"",     "bool",     "int",  "real",
                                        "text", "duration", "enum", "map of real"};
    return type < sizeof texts / sizeof texts[0] ? texts[type] : "unknown";
}

int nj_plugin_scratch(char out[NJ_PATH_MAX], struct nj_error *err)
{
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(out, NJ_PATH_MAX, "%s/njord-plugin-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    if (n < 0 || n >= NJ_PATH_MAX)
        return nj_error_set(err, NJ_ERR_LIMIT, "$TMPDIR: the path is too long");
    return mkdtemp(out) ? 0 : nj_error_errno(err, errno, "a private folder '%s'", out);
}

void nj_plugin_scratch_remove(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_type == DT_REG)
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(dir);
}

/* ---- in the child ---- */

static void put_param(struct nj_json_out *json, const njord_param *p)
{
    bool whole = p->type == NJORD_PARAM_INT || p->type == NJORD_PARAM_DURATION;
    bool real = p->type == NJORD_PARAM_REAL || p->type == NJORD_PARAM_REAL_MAP;
    nj_put_open(json, NULL, '{');
    nj_put_text(json, "name", p->name);
    nj_put_text(json, "type", type_text(p->type));
    nj_put_bool(json, "required", p->flags & NJORD_PARAM_REQUIRED);
    nj_put_bool(json, "live", p->flags & NJORD_PARAM_LIVE);
    nj_put_bool(json, "secret", p->flags & NJORD_PARAM_SECRET);
    if (!(p->flags & NJORD_PARAM_REQUIRED)) {
        if (whole)
            nj_put_int(json, "default", p->default_int);
        else if (p->type == NJORD_PARAM_BOOL)
            nj_put_bool(json, "default", p->default_int != 0);
        else if (p->type == NJORD_PARAM_REAL)
            nj_put_real(json, "default", p->default_real);
        else
            nj_put_text(json, "default", p->default_text);
    }
    if (whole) {
        nj_put_int(json, "min", p->min_int);
        nj_put_int(json, "max", p->max_int);
    } else if (real) {
        nj_put_real(json, "min", p->min_real);
        nj_put_real(json, "max", p->max_real);
    }
    if (p->type == NJORD_PARAM_ENUM)
        nj_put_text(json, "choices", p->choices);
    nj_put_text(json, "help", p->help);
    nj_put_close(json, '}');
}

static void put_flags(struct nj_json_out *json, uint32_t flags)
{
    static const struct {
        uint32_t bit;
        const char *text;
    } names[] = {{NJORD_F_DETERMINISTIC, "deterministic"},
                 {NJORD_F_INPROC_OK, "inproc_ok"},
                 {NJORD_F_NEEDS_NETWORK, "needs_network"},
                 {NJORD_F_OWN_THREADS, "own_threads"}};
    nj_put_open(json, "flags", '[');
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flags & names[i].bit)
            nj_put_text(json, NULL, names[i].text);
    nj_put_close(json, ']');
}

/* The interface is its size, a reserved word, then function pointers. */
static void put_callbacks(struct nj_json_out *json, const struct nj_module *m)
{
    struct nj_error err;
    char iface[512] __attribute__((aligned(8)));
    nj_put_open(json, "callbacks", '[');
    if (nj_module_iface(m, iface, sizeof iface, &err) == 0)
        for (uint32_t i = 0; nj_callback_name(m->plugin.kind, i); i++) {
            void (*callback)(void);
            memcpy(&callback, iface + 8 + i * sizeof callback, sizeof callback);
            if (callback)
                nj_put_text(json, NULL, nj_callback_name(m->plugin.kind, i));
        }
    nj_put_close(json, ']');
}

static void put_module(struct nj_buf *out, const struct nj_module *m,
                       const struct nj_plugin_file *file)
{
    struct nj_json_out json = {out, false};
    char abi[24];
    snprintf(abi, sizeof abi, "%u.%u", file->stamp.abi_major, file->stamp.abi_minor);
    nj_put_open(&json, NULL, '{');
    nj_put_text(&json, "file", m->name);
    nj_put_text(&json, "path", m->path);
    nj_put_text(&json, "hash", m->hash);
    nj_put_text(&json, "abi", abi);
    nj_put_text(&json, "kind", nj_kind_text(m->plugin.kind));
    nj_put_text(&json, "name", m->plugin.name);
    nj_put_text(&json, "version", m->plugin.version);
    nj_put_text(&json, "summary", m->plugin.summary);
    put_flags(&json, m->plugin.flags);
    nj_put_uint(&json, "state_version", m->plugin.state_version);
    nj_put_uint(&json, "state_oldest", m->plugin.state_oldest);
    put_callbacks(&json, m);
    nj_put_open(&json, "params", '[');
    for (const njord_param *p = m->params; p->name; p++)
        put_param(&json, p);
    nj_put_close(&json, ']');
    nj_put_close(&json, '}');
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static int child_main(void *ctx, int fd)
{
    const struct job *job = ctx;
    struct nj_plugin_file file = {0};
    struct nj_module *module = NULL;
    struct nj_error err = {0};
    struct nj_buf out = {0};
    int rc = nj_plugin_file_read(&file, job->path, job->trust, &err);
    struct nj_module_spec spec = {job->kind, job->path, job->run_dir, 1, job->trust, NULL};
    if (rc == 0)
        rc = nj_module_load(&module, &file, &spec, &err);
    if (rc == 0)
        put_module(&out, module, &file);
    else
        nj_buf_puts(&out, err.text);
    nj_module_unref(module);
    nj_plugin_file_free(&file);
    int sent = out.failed || !out.data ? -1 : write_all(fd, out.data, out.len);
    nj_buf_free(&out);
    return sent != 0 ? 2 : rc != 0;
}

/* ---- outside ---- */

static int64_t clock_of(void *ctx)
{
    const struct nj_platform *pf = ctx;
    return pf->monotonic_ns(pf->ctx);
}

int nj_plugin_describe(const struct nj_platform *pf, const char *path, uint32_t kind,
                       enum nj_trust trust, struct nj_buf *out, struct nj_error *err)
{
    struct job job = {path, kind, trust, ""};
    struct nj_child child;
    char how[128];
    int rc = nj_plugin_scratch(job.run_dir, err);
    if (rc != 0)
        return rc;
    rc = nj_child_start(&child, child_main, &job, pf->monotonic_ns(pf->ctx), LIMIT_NS, err);
    if (rc == 0) {
        nj_child_wait(&child, clock_of, (void *)(uintptr_t)pf);
        nj_child_describe(&child, how, sizeof how);
        if (how[0] == '\0')
            rc = nj_buf_add(out, child.said.data, child.said.len)
                     ? 0
                     : nj_error_set(err, NJ_ERR_NOMEM, "plugin '%s': out of memory", path);
        else if (!child.timed_out && WIFEXITED(child.status) && WEXITSTATUS(child.status) == 1 &&
                 child.said.len > 0)
            rc = nj_error_set(err, NJ_ERR_PLUGIN, "%s", child.said.data);
        else
            rc = nj_error_set(err, NJ_ERR_PLUGIN, "plugin '%s': died while it was opened: %s", path,
                              how);
        nj_child_free(&child);
    }
    nj_plugin_scratch_remove(job.run_dir);
    return rc;
}
