#include "runtime/plugin_parts.h"

#include "base/fs.h"
#include "runtime/plugin_info.h"
#include "runtime/trial.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STEPS    2000u
#define MEMORY   ((rlim_t)4 << 30) /* address space of a part */
#define CHECK_ID "check_1"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* shadow memory is far larger than any limit that means something */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* A part at work. */
struct part {
    const struct nj_part_job *job;
    int fd;
    const char *now; /* the check that has begun */
    struct nj_module *module;
    uint32_t generation;
};

/* ---- what it says ---- */

static void put(struct part *p, const char *text, size_t len)
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

static void begin(struct part *p, const char *check)
{
    char line[80];
    p->now = check;
    put(p, line, (size_t)snprintf(line, sizeof line, "B %s\n", check));
}

static void say(struct part *p, char verdict, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct part *p, char verdict, const char *fmt, ...)
{
    char detail[400], line[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(detail, sizeof detail, fmt, args);
    va_end(args);
    for (char *c = detail; *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    put(p, line, (size_t)snprintf(line, sizeof line, "%c %s\t%s\n", verdict, p->now, detail));
}

#define OK(p, ...)   say((p), 'O', __VA_ARGS__)
#define NOTE(p, ...) say((p), 'N', __VA_ARGS__)
#define BAD(p, ...)  say((p), 'F', __VA_ARGS__)

/* ---- a module, an instance ---- */

static bool load(struct part *p)
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
        BAD(p, "%s", err.text);
    return rc == 0;
}

static bool values_of(struct part *p, njord_value **values, uint32_t *n)
{
    const struct nj_check_options *o = p->job->options;
    struct nj_config_report report = {0};
    struct nj_place place = {"parameters", 0, 0};
    int rc = nj_param_values(p->module->params, o->params, o->n_params, place, CHECK_ID, values, n,
                             &report);
    if (rc != 0) {
        const char *line = report.errors.data ? report.errors.data : "out of memory";
        BAD(p, "%.*s; give values as NAME=VALUE behind the file", (int)strcspn(line, "\n"), line);
    }
    nj_config_report_free(&report);
    return rc == 0;
}

/* A created instance in its trial; a check has begun, which is told bad on failure. */
static bool make(struct part *p, struct nj_trial *t)
{
    struct nj_error err = {0};
    struct nj_instance_spec spec = {.id = CHECK_ID,
                                    .module = p->module,
                                    .ops = &t->ops,
                                    .symbols = nj_trial_symbols,
                                    .n_symbols = NJ_TRIAL_SYMBOLS,
                                    .seed = 1};
    if (!nj_trial_init(t)) {
        BAD(p, "out of memory");
        return false;
    }
    if (!values_of(p, &spec.values, &spec.n_values))
        return false;
    if (nj_instance_create(&t->instance, &spec, &err) != 0) {
        BAD(p, "%s", err.text);
        return false;
    }
    return true;
}

static bool start(struct part *p, struct nj_trial *t)
{
    struct nj_error err = {0};
    if (nj_instance_start(t->instance, &err) == 0)
        return true;
    BAD(p, "%s", err.text);
    return false;
}

static void end(struct nj_trial *t)
{
    nj_instance_free(t->instance);
    t->instance = NULL;
    nj_trial_free(t);
}

static bool made_and_started(struct part *p, struct nj_trial *t)
{
    if (make(p, t) && start(p, t))
        return true;
    end(t);
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

static bool check_params(struct part *p)
{
    const njord_param *all = p->module->params;
    char why[256] = "";
    uint32_t n = 0;
    begin(p, "parameters");
    for (; all[n].name && !why[0]; n++) {
        judge_param(&all[n], why, sizeof why);
        for (uint32_t k = 0; k < n && !why[0]; k++)
            if (strcmp(all[k].name, all[n].name) == 0)
                snprintf(why, sizeof why, "'%s' is declared twice", all[n].name);
    }
    if (why[0]) {
        BAD(p, "%s", why);
        return false;
    }
    njord_value *values;
    uint32_t n_values;
    if (!values_of(p, &values, &n_values))
        return false;
    nj_param_values_free(values, n_values);
    OK(p, "%u declared, every default in its range", n);
    return true;
}

static bool check_callbacks(struct part *p)
{
    char iface[512] __attribute__((aligned(8))), names[320] = "";
    struct nj_error err = {0};
    uint32_t n = 0;
    begin(p, "callbacks");
    if (nj_module_iface(p->module, iface, sizeof iface, &err) != 0) {
        BAD(p, "%s", err.text);
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
        BAD(p, "it has no callback at all: it could never do anything");
    else
        OK(p, "%s", names);
    return n > 0;
}

static int part_load(struct part *p)
{
    struct nj_trial t;
    const njord_plugin *d = &p->module->plugin;
    OK(p, "%s %s %s: %s", nj_kind_text(d->kind), d->name, d->version, d->summary);
    if (strcmp(d->name, p->module->name) != 0) {
        begin(p, "name");
        BAD(p, "it calls itself '%s', its file '%s': hosts find it by its file's name", d->name,
            p->module->name);
    }
    if (!check_params(p) || !check_callbacks(p))
        return 0;
    begin(p, "create");
    if (!make(p, &t)) {
        end(&t);
        return 0;
    }
    OK(p, "%s", p->job->options->n_params > 0 ? "with the values given" : "with its defaults");
    begin(p, "start");
    if (d->flags & NJORD_F_NEEDS_NETWORK)
        NOTE(p, "not tried: it needs the network");
    else if (start(p, &t))
        OK(p, "%s", d->start ? "" : "has nothing to do");
    begin(p, "destroy");
    end(&t);
    OK(p, "%s", "");
    return 0;
}

/* ---- events ---- */

/* Entries of a folder of /proc/self. */
static int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;
    for (struct dirent *e; dir && (e = readdir(dir));)
        n += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

static void judge_events(struct part *p, const struct nj_trial *t, uint64_t called)
{
    if (t->flooded)
        BAD(p, "more than %u orders were open at once: it floods", NJ_TRIAL_ORDERS);
    else if (t->errors > 0)
        BAD(p, "%" PRIu64 " errors of %" PRIu64 " calls, the first: %s", t->errors, called,
            t->first_error);
    else if (called == 0)
        NOTE(p, "none of the ordinary events has a callback here");
    else if (t->rejected > 0)
        OK(p, "%" PRIu64 " calls, %" PRIu64 " outputs, %" PRIu64 " requests rejected", called,
           t->n_outputs, t->rejected);
    else
        OK(p, "%" PRIu64 " calls, %" PRIu64 " outputs", called, t->n_outputs);
}

static void check_rest(struct part *p, struct nj_trial *t)
{
    const njord_plugin *d = &p->module->plugin;
    struct nj_error err = {0};
    if (t->instance->kind == NJORD_KIND_STRATEGY && t->instance->iface.strategy.on_sync) {
        begin(p, "sync");
        njord_status with = nj_trial_sync(t, false), without = nj_trial_sync(t, true);
        if (with < 0 || without < 0)
            BAD(p, "%s", t->first_error);
        else
            OK(p, "with positions and orders, and with none");
    }
    begin(p, "quiesce");
    if (nj_instance_quiesce(t->instance, &err) != 0 || nj_instance_resume(t->instance, &err) != 0)
        BAD(p, "%s", err.text);
    else if (d->quiesce && !d->resume)
        BAD(p, "it has quiesce and no resume: a reload that fails could not go on with it");
    else {
        nj_trial_run(t, 100);
        if (t->errors > 0)
            BAD(p, "after resume: %s", t->first_error);
        else
            OK(p, "goes on after resume");
    }
}

static void check_left_behind(struct part *p, int descriptors, int threads, int while_running)
{
    int more_fds = count_entries("/proc/self/fd") - descriptors;
    int more_threads = count_entries("/proc/self/task") - threads;
    begin(p, "descriptors");
    if (more_fds > 0)
        BAD(p, "%d left open after destroy", more_fds);
    else
        OK(p, "none left open");
    begin(p, "threads");
    if (more_threads > 0)
        BAD(p, "%d still run after destroy: unloading the library would crash the host",
            more_threads);
    else if (while_running > 0 && !(p->module->plugin.flags & NJORD_F_OWN_THREADS))
        BAD(p, "it started %d and does not say so (NJORD_F_OWN_THREADS)", while_running);
    else
        OK(p, "%s", while_running > 0 ? "its own have ended" : "none");
}

static void check_unload(struct part *p)
{
    uint32_t before = nj_modules_pinned();
    begin(p, "unload");
    nj_module_unref(p->module);
    p->module = NULL;
    if (nj_modules_pinned() > before)
        NOTE(p, "the library stays mapped after dlclose (thread-local destructors, nodelete or "
                "unique symbols): each reload leaves one more");
    else
        OK(p, "%s", "");
}

static int part_events(struct part *p)
{
    struct nj_trial t;
    if (p->module->plugin.flags & NJORD_F_NEEDS_NETWORK) {
        NOTE(p, "not tried: it needs the network");
        return 0;
    }
    int descriptors = count_entries("/proc/self/fd"), threads = count_entries("/proc/self/task");
    if (!made_and_started(p, &t))
        return 0;
    uint64_t called = nj_trial_run(&t, STEPS);
    int running = count_entries("/proc/self/task") - threads;
    judge_events(p, &t, called);
    check_rest(p, &t);
    begin(p, "destroy after events");
    end(&t);
    OK(p, "%s", "");
    check_left_behind(p, descriptors, threads, running);
    check_unload(p);
    return 0;
}

/* ---- hostile ---- */

/* A state cut at several places and with bits turned over: load may refuse, no more. */
static void hostile_states(struct part *p)
{
    struct nj_trial t;
    struct nj_buf state = {0};
    struct nj_error err = {0};
    uint32_t version = p->module->plugin.state_version, refused = 0, tried = 0;
    if (version == 0 || !p->module->plugin.load || !p->module->plugin.save)
        return;
    begin(p, "hostile state");
    if (!made_and_started(p, &t))
        return;
    nj_trial_run(&t, 200);
    int rc = nj_instance_save(t.instance, &state, &err);
    end(&t);
    for (uint32_t k = 0; rc == 0 && k < 24; k++) {
        size_t len = k < 12 ? state.len * k / 12 : state.len;
        struct nj_trial fresh;
        size_t at = state.len > 0 ? (size_t)(k * 2654435761u) % state.len : 0;
        if (k >= 12 && state.len > 0)
            state.data[at] = (char)(state.data[at] ^ (1 << k % 8));
        if (!make(p, &fresh)) {
            end(&fresh);
            nj_buf_free(&state);
            return;
        }
        tried++;
        refused += nj_instance_load(fresh.instance, state.data, len, version, &err) != 0;
        end(&fresh);
        if (k >= 12 && state.len > 0)
            state.data[at] = (char)(state.data[at] ^ (1 << k % 8));
    }
    nj_buf_free(&state);
    OK(p, "%u damaged states, %u refused", tried, refused);
}

static int part_hostile(struct part *p)
{
    struct nj_trial t;
    uint32_t kind = p->module->plugin.kind;
    if (p->module->plugin.flags & NJORD_F_NEEDS_NETWORK) {
        NOTE(p, "not tried: it needs the network");
        return 0;
    }
    if (kind == NJORD_KIND_STRATEGY || kind == NJORD_KIND_BROKER) {
        if (!made_and_started(p, &t))
            return 0;
        nj_trial_run(&t, 100);
        uint64_t called = nj_trial_hostile(&t);
        nj_trial_run(&t, 100);
        if (t.flooded)
            BAD(p, "more than %u orders were open at once: it floods", NJ_TRIAL_ORDERS);
        else
            OK(p, "%" PRIu64 " calls, %" PRIu64 " answered with an error", called, t.errors);
        end(&t);
    } else {
        NOTE(p, "not tried: it is shown no events");
    }
    hostile_states(p);
    return 0;
}

/* ---- state and outputs ---- */

/* The first line in which two texts differ, of each; false: they are the same. */
static bool differ(const struct nj_buf *a, const struct nj_buf *b, size_t *line, char one[120],
                   char two[120])
{
    const char *x = a->data ? a->data : "", *y = b->data ? b->data : "";
    for (*line = 1; *x || *y; (*line)++) {
        size_t m = strcspn(x, "\n"), n = strcspn(y, "\n");
        if (m != n || memcmp(x, y, m) != 0) {
            snprintf(one, 120, "%.*s", (int)m, m ? x : "nothing");
            snprintf(two, 120, "%.*s", (int)n, n ? y : "nothing");
            if (m == 0)
                snprintf(one, 120, "nothing");
            if (n == 0)
                snprintf(two, 120, "nothing");
            return true;
        }
        x += m + (x[m] == '\n');
        y += n + (y[n] == '\n');
    }
    return false;
}

/* Goes on with the old one and with one made from its saved state, and compares. */
static void compare_after_load(struct part *p, struct nj_trial *old, const struct nj_buf *state)
{
    struct nj_trial fresh;
    struct nj_error err = {0};
    char one[120], two[120];
    size_t line;
    if (!make(p, &fresh)) {
        end(&fresh);
        return;
    }
    if (nj_instance_load(fresh.instance, state->data, state->len, p->module->plugin.state_version,
                         &err) != 0) {
        BAD(p, "%s", err.text);
        end(&fresh);
        return;
    }
    nj_buf_clear(&fresh.outputs); /* a timer set by create is set in the host already */
    fresh.market = old->market;
    memcpy(fresh.instance->random, old->instance->random, sizeof old->instance->random);
    nj_buf_clear(&old->outputs);
    if (!start(p, &fresh)) {
        end(&fresh);
        return;
    }
    nj_trial_run(old, STEPS / 2);
    nj_trial_run(&fresh, STEPS / 2);
    if (!(p->module->plugin.flags & NJORD_F_DETERMINISTIC))
        NOTE(p, "%zu bytes; outputs not compared: it does not say that it is deterministic",
             state->len);
    else if (differ(&old->outputs, &fresh.outputs, &line, one, two))
        BAD(p, "after a load its output %zu is '%s', without it '%s'", line, two, one);
    else
        OK(p, "%zu bytes; the same outputs after a load", state->len);
    end(&fresh);
}

static int part_state(struct part *p)
{
    struct nj_trial t;
    struct nj_buf state = {0}, again = {0};
    struct nj_error err = {0};
    const njord_plugin *d = &p->module->plugin;
    if (d->state_version == 0 || !d->save) {
        NOTE(p, "it saves none: after a restart or a reload it begins anew");
        return 0;
    }
    if (!d->load) {
        BAD(p, "it saves a state and loads none");
        return 0;
    }
    if (d->flags & NJORD_F_NEEDS_NETWORK) {
        NOTE(p, "not tried: it needs the network");
        return 0;
    }
    if (!made_and_started(p, &t))
        return 0;
    nj_trial_run(&t, STEPS / 2);
    if (nj_instance_save(t.instance, &state, &err) != 0 ||
        nj_instance_save(t.instance, &again, &err) != 0)
        BAD(p, "%s", err.text);
    else if (state.len != again.len || memcmp(state.data, again.data, state.len) != 0)
        BAD(p, "saving twice gave two states: save changes something, or writes what is not set");
    else
        compare_after_load(p, &t, &state);
    end(&t);
    nj_buf_free(&state);
    nj_buf_free(&again);
    return 0;
}

static void put_digest(struct part *p, const struct nj_buf *outputs)
{
    uint8_t sum[NJ_SHA256_SIZE];
    char hex[NJ_SHA256_HEX], line[NJ_SHA256_HEX + 4];
    if (nj_sha256(outputs->data ? outputs->data : "", outputs->len, sum) != 0)
        return;
    nj_hex(sum, sizeof sum, hex);
    put(p, line, (size_t)snprintf(line, sizeof line, "D %s\n", hex));
}

static int part_outputs(struct part *p, bool digest_only)
{
    struct nj_trial first, second;
    char one[120], two[120];
    size_t line;
    if (!(p->module->plugin.flags & NJORD_F_DETERMINISTIC)) {
        NOTE(p, "not compared: it does not say that it is deterministic");
        return 0;
    }
    if (p->module->plugin.flags & NJORD_F_NEEDS_NETWORK) {
        NOTE(p, "not tried: it needs the network");
        return 0;
    }
    if (!made_and_started(p, &first))
        return 0;
    nj_trial_run(&first, STEPS);
    if (digest_only) {
        put_digest(p, &first.outputs);
        end(&first);
        return 0;
    }
    if (made_and_started(p, &second)) {
        nj_trial_run(&second, STEPS);
        if (differ(&first.outputs, &second.outputs, &line, one, two))
            BAD(p,
                "says it is deterministic, but the same events gave as output %zu first '%s', then "
                "'%s'",
                line, one, two);
        else {
            say(p, first.n_outputs > 0 ? 'O' : 'N', "%" PRIu64 ", the same twice", first.n_outputs);
            put_digest(p, &first.outputs);
        }
        end(&second);
    }
    end(&first);
    return 0;
}

int nj_part_main(void *ctx, int fd)
{
    const struct nj_part_job *job = ctx;
    struct part p = {.job = job, .fd = fd};
    int rc = 0;
#ifndef SANITIZED
    struct rlimit memory = {MEMORY, MEMORY};
    setrlimit(RLIMIT_AS, &memory);
#endif
    begin(&p, job->name);
    if (!load(&p))
        return 0;
    switch (job->part) {
    case NJ_PART_LOAD:
        rc = part_load(&p);
        break;
    case NJ_PART_EVENTS:
        rc = part_events(&p);
        break;
    case NJ_PART_HOSTILE:
        rc = part_hostile(&p);
        break;
    case NJ_PART_STATE:
        rc = part_state(&p);
        break;
    case NJ_PART_OUTPUTS:
    case NJ_PART_DIGEST:
        rc = part_outputs(&p, job->part == NJ_PART_DIGEST);
        break;
    }
    nj_module_unref(p.module);
    return rc;
}
