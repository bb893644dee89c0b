/* The parts of a plugin's check: what they say, how a plugin is loaded and made for them, and the
 * part that judges what it declares. */
#include "runtime/plugin_parts_impl.h"

#include "base/fs.h"
#include "runtime/plugin_info.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEMORY   ((rlim_t)4 << 30) /* address space of a part */
#define CHECK_ID "check_1"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* shadow memory is far larger than any limit that means something */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* ---- what it says ---- */

void nj_part_put(struct nj_part_run *p, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(p->fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody listens */
        text += n;
        len -= (size_t)n;
    }
}

void nj_part_begin(struct nj_part_run *p, const char *check)
{
    char line[80];
    p->now = check;
    nj_part_put(p, line, (size_t)snprintf(line, sizeof line, "B %s\n", check));
}

void nj_part_say(struct nj_part_run *p, char verdict, const char *fmt, ...)
{
    char detail[400], line[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(detail, sizeof detail, fmt, args);
    va_end(args);
    for (char *c = detail; *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    nj_part_put(p, line,
                (size_t)snprintf(line, sizeof line, "%c %s\t%s\n", verdict, p->now, detail));
}

/* ---- a module, an instance ---- */

static bool load(struct nj_part_run *p)
{
    const struct nj_check_options *o = p->job->options;
    struct nj_plugin_file file = {0};
    struct nj_error err = {0};
    int rc = nj_plugin_file_read(&file, o->path, o->trust, &err);
    struct nj_module_spec spec = {0, o->path, p->job->run_dir, (uint32_t)getpid(), o->trust, NULL};
    if (rc == 0)
        rc = nj_module_load(&p->module, &file, &spec, &err);
    nj_plugin_file_free(&file);
    if (rc != 0)
        NJ_PART_BAD(p, "%s", err.text);
    return rc == 0;
}

static bool values_of(struct nj_part_run *p, njord_value **values, uint32_t *n)
{
    const struct nj_check_options *o = p->job->options;
    struct nj_config_report report = {0};
    struct nj_place place = {"parameters", 0, 0};
    int rc = nj_param_values(p->module->params, o->params, o->n_params, place, CHECK_ID, values, n,
                             &report);
    if (rc != 0) {
        const char *line = report.errors.data ? report.errors.data : "out of memory";
        NJ_PART_BAD(p, "%.*s; give values as NAME=VALUE behind the file", (int)strcspn(line, "\n"),
                    line);
    }
    nj_config_report_free(&report);
    return rc == 0;
}

bool nj_part_make(struct nj_part_run *p, struct nj_trial *t)
{
    struct nj_error err = {0};
    struct nj_instance_spec spec = {.id = CHECK_ID,
                                    .module = p->module,
                                    .ops = &t->ops,
                                    .symbols = nj_trial_symbols,
                                    .n_symbols = NJ_TRIAL_SYMBOLS,
                                    .seed = 1};
    if (!nj_trial_init(t)) {
        NJ_PART_BAD(p, "out of memory");
        return false;
    }
    if (!values_of(p, &spec.values, &spec.n_values))
        return false;
    if (nj_instance_create(&t->instance, &spec, &err) != 0) {
        NJ_PART_BAD(p, "%s", err.text);
        return false;
    }
    return true;
}

bool nj_part_start(struct nj_part_run *p, struct nj_trial *t)
{
    struct nj_error err = {0};
    if (nj_instance_start(t->instance, &err) == 0)
        return true;
    NJ_PART_BAD(p, "%s", err.text);
    return false;
}

void nj_part_end(struct nj_trial *t)
{
    nj_instance_free(t->instance);
    t->instance = NULL;
    nj_trial_free(t);
}

bool nj_part_made(struct nj_part_run *p, struct nj_trial *t)
{
    if (nj_part_make(p, t) && nj_part_start(p, t))
        return true;
    nj_part_end(t);
    return false;
}

/* ---- load ---- */

static bool has_choice(const char *choices, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    for (const char *at = choices; at && len > 0;) {
        size_t n = strcspn(at, "|");
        if (n == len && strncmp(at, text, n) == 0)
            return true;
        at = at[n] ? at + n + 1 : NULL;
    }
    return false;
}

/* A declared default must be one of the values that it allows. "" or what is wrong. */
static void judge_param(const njord_param *p, char *out, size_t cap)
{
    bool whole = p->type == NJORD_PARAM_INT || p->type == NJORD_PARAM_DURATION;
    out[0] = '\0';
    if (!p->help || !p->help[0])
        snprintf(out, cap, "'%s' has no help", p->name);
    else if (p->flags & NJORD_PARAM_REQUIRED)
        return;
    else if (whole && (p->default_int < p->min_int || p->default_int > p->max_int))
        snprintf(out, cap, "the default of '%s', %" PRId64 ", is not from %" PRId64 " to %" PRId64,
                 p->name, p->default_int, p->min_int, p->max_int);
    else if (p->type == NJORD_PARAM_REAL &&
             !(p->default_real >= p->min_real && p->default_real <= p->max_real))
        snprintf(out, cap, "the default of '%s', %g, is not from %g to %g", p->name,
                 p->default_real, p->min_real, p->max_real);
    else if (p->type == NJORD_PARAM_BOOL && p->default_int != 0 && p->default_int != 1)
        snprintf(out, cap, "the default of '%s' is neither 0 nor 1", p->name);
    else if (p->type == NJORD_PARAM_ENUM && !has_choice(p->choices, p->default_text))
        snprintf(out, cap, "the default of '%s' is none of its choices", p->name);
}

static bool check_params(struct nj_part_run *p)
{
    const njord_param *all = p->module->params;
    char why[256] = "";
    uint32_t n = 0;
    nj_part_begin(p, "parameters");
    for (; all[n].name && !why[0]; n++) {
        judge_param(&all[n], why, sizeof why);
        for (uint32_t k = 0; k < n && !why[0]; k++)
            if (strcmp(all[k].name, all[n].name) == 0)
                snprintf(why, sizeof why, "'%s' is declared twice", all[n].name);
    }
    if (why[0]) {
        NJ_PART_BAD(p, "%s", why);
        return false;
    }
    njord_value *values;
    uint32_t n_values;
    if (!values_of(p, &values, &n_values))
        return false;
    nj_param_values_free(values, n_values);
    NJ_PART_OK(p, "%u declared, every default in its range", n);
    return true;
}

static bool check_callbacks(struct nj_part_run *p)
{
    char iface[512] __attribute__((aligned(8))), names[320] = "";
    struct nj_error err = {0};
    uint32_t n = 0;
    nj_part_begin(p, "callbacks");
    if (nj_module_iface(p->module, iface, sizeof iface, &err) != 0) {
        NJ_PART_BAD(p, "%s", err.text);
        return false;
    }
    for (uint32_t i = 0; nj_callback_name(p->module->plugin.kind, i); i++) {
        void (*callback)(void);
        memcpy(&callback, iface + 8 + i * sizeof callback, sizeof callback);
        if (!callback)
            continue;
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", n++ ? " " : "",
                 nj_callback_name(p->module->plugin.kind, i));
    }
    if (n == 0)
        NJ_PART_BAD(p, "it has no callback at all: it could never do anything");
    else
        NJ_PART_OK(p, "%s", names);
    return n > 0;
}

static int part_load(struct nj_part_run *p)
{
    struct nj_trial t;
    const njord_plugin *d = &p->module->plugin;
    NJ_PART_OK(p, "%s %s %s: %s", nj_kind_text(d->kind), d->name, d->version, d->summary);
    if (strcmp(d->name, p->module->name) != 0) {
        nj_part_begin(p, "name");
        NJ_PART_BAD(p, "it calls itself '%s', its file '%s': hosts find it by its file's name",
                    d->name, p->module->name);
    }
    if (!check_params(p) || !check_callbacks(p))
        return 0;
    nj_part_begin(p, "create");
    if (!nj_part_make(p, &t)) {
        nj_part_end(&t);
        return 0;
    }
    NJ_PART_OK(p, "%s",
               p->job->options->n_params > 0 ? "with the values given" : "with its defaults");
    nj_part_begin(p, "start");
    if (d->flags & NJORD_F_NEEDS_NETWORK)
        NJ_PART_NOTE(p, "not tried: it needs the network");
    else if (nj_part_start(p, &t))
        NJ_PART_OK(p, "%s", d->start ? "" : "has nothing to do");
    nj_part_begin(p, "destroy");
    nj_part_end(&t);
    NJ_PART_OK(p, "%s", "");
    return 0;
}

int nj_part_main(void *ctx, int fd)
{
    const struct nj_part_job *job = ctx;
    struct nj_part_run p = {.job = job, .fd = fd};
    int rc = 0;
#ifndef SANITIZED
    struct rlimit memory = {MEMORY, MEMORY};
    setrlimit(RLIMIT_AS, &memory);
#endif
    nj_part_begin(&p, job->name);
    if (!load(&p))
        return 0;
    switch (job->part) {
    case NJ_PART_LOAD:
        rc = part_load(&p);
        break;
    case NJ_PART_EVENTS:
        rc = nj_part_events(&p);
        break;
    case NJ_PART_HOSTILE:
        rc = nj_part_hostile(&p);
        break;
    case NJ_PART_STATE:
        rc = nj_part_state(&p);
        break;
    case NJ_PART_OUTPUTS:
    case NJ_PART_DIGEST:
        rc = nj_part_outputs(&p, job->part == NJ_PART_DIGEST);
        break;
    }
    nj_module_unref(p.module);
    return rc;
}
