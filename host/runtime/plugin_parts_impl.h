/* plugin_parts_impl.h - what the parts of a plugin's check share: how they say what they found, and
 * an instance in its trial.
 *
 * plugin_parts.c loads and judges what a plugin declares; plugin_parts_run.c tries it among events.
 * Runs in a child of its own: a plugin may do there whatever it does. */
#ifndef NJ_RUNTIME_PLUGIN_PARTS_IMPL_H
#define NJ_RUNTIME_PLUGIN_PARTS_IMPL_H

#include "runtime/plugin_parts.h"
#include "runtime/trial.h"

/* A part at work. */
struct nj_part_run {
    const struct nj_part_job *job;
    int fd;
    const char *now; /* the check that has begun */
    struct nj_module *module;
};

/* Bytes to whoever started the part. */
void nj_part_put(struct nj_part_run *p, const char *text, size_t len);
/* A check begins: what is said from here on is said of it. */
void nj_part_begin(struct nj_part_run *p, const char *check);
/* verdict: 'O' good, 'N' a note, 'F' bad. */
void nj_part_say(struct nj_part_run *p, char verdict, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define NJ_PART_OK(p, ...)   nj_part_say((p), 'O', __VA_ARGS__)
#define NJ_PART_NOTE(p, ...) nj_part_say((p), 'N', __VA_ARGS__)
#define NJ_PART_BAD(p, ...)  nj_part_say((p), 'F', __VA_ARGS__)

/* A created instance in its trial; a check has begun, which is told bad on failure. */
bool nj_part_make(struct nj_part_run *p, struct nj_trial *t);
bool nj_part_start(struct nj_part_run *p, struct nj_trial *t);
/* Both; nothing is left of it on failure. */
bool nj_part_made(struct nj_part_run *p, struct nj_trial *t);
void nj_part_end(struct nj_trial *t);

/* plugin_parts_run.c: the parts that try it. 0, or the exit code of the child. */
int nj_part_events(struct nj_part_run *p);
int nj_part_hostile(struct nj_part_run *p);
int nj_part_state(struct nj_part_run *p);
int nj_part_outputs(struct nj_part_run *p, bool digest_only);

#endif
