/* The parts of a plugin's check that try it: among ordinary events, hostile ones, with its state
 * saved and loaded, and twice for the same outputs. */
#include "base/hash.h"
#include "runtime/plugin_parts_impl.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 2000u

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

static void judge_events(struct nj_part_run *p, const struct nj_trial *t, uint64_t called)
{
    if (t->flooded)
        NJ_PART_BAD(p, "more than %u orders were open at once: it floods", NJ_TRIAL_ORDERS);
    else if (t->errors > 0)
        NJ_PART_BAD(p, "%" PRIu64 " errors of %" PRIu64 " calls, the first: %s", t->errors, called,
                    t->first_error);
    else if (called == 0)
        NJ_PART_NOTE(p, "none of the ordinary events has a callback here");
    else if (t->rejected > 0)
        NJ_PART_OK(p, "%" PRIu64 " calls, %" PRIu64 " outputs, %" PRIu64 " requests rejected",
                   called, t->n_outputs, t->rejected);
    else
        NJ_PART_OK(p, "%" PRIu64 " calls, %" PRIu64 " outputs", called, t->n_outputs);
}

static void check_rest(struct nj_part_run *p, struct nj_trial *t)
{
    const njord_plugin *d = &p->module->plugin;
    struct nj_error err = {0};
    if (t->instance->kind == NJORD_KIND_STRATEGY && t->instance->iface.strategy.on_sync) {
        nj_part_begin(p, "sync");
        njord_status with = nj_trial_sync(t, false), without = nj_trial_sync(t, true);
        if (with < 0 || without < 0)
            NJ_PART_BAD(p, "%s", t->first_error);
        else
            NJ_PART_OK(p, "with positions and orders, and with none");
    }
    nj_part_begin(p, "quiesce");
    if (nj_instance_quiesce(t->instance, &err) != 0 || nj_instance_resume(t->instance, &err) != 0)
        NJ_PART_BAD(p, "%s", err.text);
    else if (d->quiesce && !d->resume)
        NJ_PART_BAD(p, "it has quiesce and no resume: a reload that fails could not go on with it");
    else {
        nj_trial_run(t, 100);
        if (t->errors > 0)
            NJ_PART_BAD(p, "after resume: %s", t->first_error);
        else
            NJ_PART_OK(p, "goes on after resume");
    }
}

static void check_left_behind(struct nj_part_run *p, int descriptors, int threads,
                              int while_running)
{
    int more_fds = count_entries("/proc/self/fd") - descriptors;
    int more_threads = count_entries("/proc/self/task") - threads;
    nj_part_begin(p, "descriptors");
    if (more_fds > 0)
        NJ_PART_BAD(p, "%d left open after destroy", more_fds);
    else
        NJ_PART_OK(p, "none left open");
    nj_part_begin(p, "threads");
    if (more_threads > 0)
        NJ_PART_BAD(p, "%d still run after destroy: unloading the library would crash the host",
                    more_threads);
    else if (while_running > 0 && !(p->module->plugin.flags & NJORD_F_OWN_THREADS))
        NJ_PART_BAD(p, "it started %d and does not say so (NJORD_F_OWN_THREADS)", while_running);
    else
        NJ_PART_OK(p, "%s", while_running > 0 ? "its own have ended" : "none");
}

static void check_unload(struct nj_part_run *p)
{
    uint32_t before = nj_modules_pinned();
    nj_part_begin(p, "unload");
    nj_module_unref(p->module);
    p->module = NULL;
    if (nj_modules_pinned() > before)
        NJ_PART_NOTE(
            p, "the library stays mapped after dlclose (thread-local destructors, nodelete or "
               "unique symbols): each reload leaves one more");
    else
        NJ_PART_OK(p, "%s", "");
}

int nj_part_events(struct nj_part_run *p)
{
    struct nj_trial t;
    if (p->module->plugin.flags & NJORD_F_NEEDS_NETWORK) {
        NJ_PART_NOTE(p, "not tried: it needs the network");
        return 0;
    }
    int descriptors = count_entries("/proc/self/fd"), threads = count_entries("/proc/self/task");
    if (!nj_part_made(p, &t))
        return 0;
    uint64_t called = nj_trial_run(&t, STEPS);
    int running = count_entries("/proc/self/task") - threads;
    judge_events(p, &t, called);
    check_rest(p, &t);
    nj_part_begin(p, "destroy after events");
    nj_part_end(&t);
    NJ_PART_OK(p, "%s", "");
    check_left_behind(p, descriptors, threads, running);
    check_unload(p);
    return 0;
}

/* ---- hostile ---- */

/* A state cut at several places and with bits turned over: load may refuse, no more. */
static void hostile_states(struct nj_part_run *p)
{
    struct nj_trial t;
    struct nj_buf state = {0};
    struct nj_error err = {0};
    uint32_t version = p->module->plugin.state_version, refused = 0, tried = 0;
    if (version == 0 || !p->module->plugin.load || !p->module->plugin.save)
        return;
    nj_part_begin(p, "hostile state");
    if (!nj_part_made(p, &t))
        return;
    nj_trial_run(&t, 200);
    int rc = nj_instance_save(t.instance, &state, &err);
    nj_part_end(&t);
    for (uint32_t k = 0; rc == 0 && k < 24; k++) {
        size_t len = k < 12 ? state.len * k / 12 : state.len;
        struct nj_trial fresh;
        size_t at = state.len > 0 ? (size_t)(k * 2654435761u) % state.len : 0;
        if (k >= 12 && state.len > 0)
            state.data[at] = (char)(state.data[at] ^ (1 << k % 8));
        if (!nj_part_make(p, &fresh)) {
            nj_part_end(&fresh);
            nj_buf_free(&state);
            return;
        }
        tried++;
        refused += nj_instance_load(fresh.instance, state.data, len, version, &err) != 0;
        nj_part_end(&fresh);
        if (k >= 12 && state.len > 0)
            state.data[at] = (char)(state.data[at] ^ (1 << k % 8));
    }
    nj_buf_free(&state);
    NJ_PART_OK(p, "%u damaged states, %u refused", tried, refused);
}

int nj_part_hostile(struct nj_part_run *p)
{
    struct nj_trial t;
    uint32_t kind = p->module->plugin.kind;
    if (p->module->plugin.flags & NJORD_F_NEEDS_NETWORK) {
        NJ_PART_NOTE(p, "not tried: it needs the network");
        return 0;
    }
    if (kind == NJORD_KIND_STRATEGY || kind == NJORD_KIND_BROKER) {
        if (!nj_part_made(p, &t))
            return 0;
        nj_trial_run(&t, 100);
        uint64_t called = nj_trial_hostile(&t);
        nj_trial_run(&t, 100);
        if (t.flooded)
            NJ_PART_BAD(p, "more than %u orders were open at once: it floods", NJ_TRIAL_ORDERS);
        else
            NJ_PART_OK(p, "%" PRIu64 " calls, %" PRIu64 " answered with an error", called,
                       t.errors);
        nj_part_end(&t);
    } else {
        NJ_PART_NOTE(p, "not tried: it is shown no events");
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
static void compare_after_load(struct nj_part_run *p, struct nj_trial *old,
                               const struct nj_buf *state)
{
    struct nj_trial fresh;
    struct nj_error err = {0};
    char one[120], two[120];
    size_t line;
    if (!nj_part_make(p, &fresh)) {
        nj_part_end(&fresh);
        return;
    }
    if (nj_instance_load(fresh.instance, state->data, state->len, p->module->plugin.state_version,
                         &err) != 0) {
        NJ_PART_BAD(p, "%s", err.text);
        nj_part_end(&fresh);
        return;
    }
    nj_buf_clear(&fresh.outputs); /* a timer set by create is set in the host already */
    fresh.market = old->market;
    memcpy(fresh.instance->random, old->instance->random, sizeof old->instance->random);
    nj_buf_clear(&old->outputs);
    if (!nj_part_start(p, &fresh)) {
        nj_part_end(&fresh);
        return;
    }
    nj_trial_run(old, STEPS / 2);
    nj_trial_run(&fresh, STEPS / 2);
    if (!(p->module->plugin.flags & NJORD_F_DETERMINISTIC))
        NJ_PART_NOTE(p, "%zu bytes; outputs not compared: it does not say that it is deterministic",
                     state->len);
    else if (differ(&old->outputs, &fresh.outputs, &line, one, two))
        NJ_PART_BAD(p, "after a load its output %zu is '%s', without it '%s'", line, two, one);
    else
        NJ_PART_OK(p, "%zu bytes; the same outputs after a load", state->len);
    nj_part_end(&fresh);
}

int nj_part_state(struct nj_part_run *p)
{
    struct nj_trial t;
    struct nj_buf state = {0}, again = {0};
    struct nj_error err = {0};
    const njord_plugin *d = &p->module->plugin;
    if (d->state_version == 0 || !d->save) {
        NJ_PART_NOTE(p, "it saves none: after a restart or a reload it begins anew");
        return 0;
    }
    if (!d->load) {
        NJ_PART_BAD(p, "it saves a state and loads none");
        return 0;
    }
    if (d->flags & NJORD_F_NEEDS_NETWORK) {
        NJ_PART_NOTE(p, "not tried: it needs the network");
        return 0;
    }
    if (!nj_part_made(p, &t))
        return 0;
    nj_trial_run(&t, STEPS / 2);
    if (nj_instance_save(t.instance, &state, &err) != 0 ||
        nj_instance_save(t.instance, &again, &err) != 0)
        NJ_PART_BAD(p, "%s", err.text);
    else if (state.len != again.len || memcmp(state.data, again.data, state.len) != 0)
        NJ_PART_BAD(
            p, "saving twice gave two states: save changes something, or writes what is not set");
    else
        compare_after_load(p, &t, &state);
    nj_part_end(&t);
    nj_buf_free(&state);
    nj_buf_free(&again);
    return 0;
}

static void put_digest(struct nj_part_run *p, const struct nj_buf *outputs)
{
    uint8_t sum[NJ_SHA256_SIZE];
    char hex[NJ_SHA256_HEX], line[NJ_SHA256_HEX + 4];
    if (nj_sha256(outputs->data ? outputs->data : "", outputs->len, sum) != 0)
        return;
    nj_hex(sum, sizeof sum, hex);
    nj_part_put(p, line, (size_t)snprintf(line, sizeof line, "D %s\n", hex));
}

int nj_part_outputs(struct nj_part_run *p, bool digest_only)
{
    struct nj_trial first, second;
    char one[120], two[120];
    size_t line;
    if (!(p->module->plugin.flags & NJORD_F_DETERMINISTIC)) {
        NJ_PART_NOTE(p, "not compared: it does not say that it is deterministic");
        return 0;
    }
    if (p->module->plugin.flags & NJORD_F_NEEDS_NETWORK) {
        NJ_PART_NOTE(p, "not tried: it needs the network");
        return 0;
    }
    if (!nj_part_made(p, &first))
        return 0;
    nj_trial_run(&first, STEPS);
    if (digest_only) {
        put_digest(p, &first.outputs);
        nj_part_end(&first);
        return 0;
    }
    if (nj_part_made(p, &second)) {
        nj_trial_run(&second, STEPS);
        if (differ(&first.outputs, &second.outputs, &line, one, two))
            NJ_PART_BAD(
                p,
                "says it is deterministic, but the same events gave as output %zu first '%s', then "
                "'%s'",
                line, one, two);
        else {
            nj_part_say(p, first.n_outputs > 0 ? 'O' : 'N', "%" PRIu64 ", the same twice",
                        first.n_outputs);
            put_digest(p, &first.outputs);
        }
        nj_part_end(&second);
    }
    nj_part_end(&first);
    return 0;
}
