/* reload_impl.h - what the parts of the reload share: the plan, the probe, the hand-over. Included
 * by reload*.c alone. */
#ifndef NJ_SERVICES_RELOAD_IMPL_H
#define NJ_SERVICES_RELOAD_IMPL_H

#include "runtime/child.h"
#include "services/host.h"
#include "services/reload.h"

#define NJ_PROBE_NS 5000000000 /* a probe that takes longer hangs */

enum nj_change_kind {
    NJ_CHANGE_ADD,       /* a new strategy */
    NJ_CHANGE_REMOVE,    /* one that is gone, or no longer enabled */
    NJ_CHANGE_VERSION,   /* new binary or new entry: a fresh instance takes over the state */
    NJ_CHANGE_PARAMETERS /* LIVE parameters alone: the instance is told */
};

struct nj_change {
    enum nj_change_kind kind;
    struct nj_slot *slot;                   /* NULL for ADD until the hand-over */
    const struct nj_instance_config *entry; /* as it shall be */
    struct nj_reload_file *file;            /* ADD, VERSION */
    struct nj_instance *fresh;
    njord_value *values; /* PARAMETERS */
    uint32_t n_values;
    char id[NJORD_ID_SIZE]; /* of the instance */
    char what[96];          /* kind of change, generation and hash */
    bool told;              /* PARAMETERS: reconfigure was called */
    bool empty;             /* the new instance was given back no state */
};

/* A plugin file of a group: read once, loaded once. */
struct nj_reload_file {
    char path[NJ_PATH_MAX];
    uint32_t kind;
    struct nj_plugin_file file;
    struct nj_module *module;
};

/* Changes that happen together or not at all. */
struct nj_group {
    const struct nj_config *config; /* in force afterwards */
    struct nj_change *changes;
    uint32_t n_changes;
    struct nj_reload_file **files;
    uint32_t n_files;
};

struct nj_reload {
    struct nj_host *host;
    bool wanted, wants_config, forced;
    struct nj_reload_waiter waiters[16];
    uint32_t n_waiters, n_told; /* n_told: those whom the reload under way answers */

    bool under_way;
    bool is_forced;
    struct nj_config *next;  /* a changed configuration, until it is in force */
    struct nj_group *groups; /* groups[0..n) in order, the configuration's first */
    uint32_t n_groups, at;
    struct nj_child probe;
    bool probing;
    struct ev_io probe_io;
    struct ev_timer probe_timer;
    struct nj_buf text; /* what happened, a line a thing */
    int rc;
    uint32_t n_done;

    struct nj_map bad; /* hashes that crashed, hung or were rolled back */
    int inotify_fd;
    struct ev_io inotify_io;
    struct ev_timer quiet;
    uint64_t seen; /* a figure over the files' sizes, times and inodes at the last look */
};

/* reload_plan.c: what differs between what runs and what is there. */
int nj_reload_plan(struct nj_reload *r, struct nj_error *err);
void nj_reload_drop_plan(struct nj_reload *r);
/* reload_probe.c: starts a child that loads, creates and tries every fresh instance of a group. */
int nj_reload_probe(struct nj_reload *r, struct nj_group *group, struct nj_error *err);
/* reload_apply.c: prepare, hand over, commit or roll back; between two events. */
int nj_reload_apply(struct nj_reload *r, struct nj_group *group, struct nj_error *err);
/* Back to the version before, for every slot that runs this one's file. */
void nj_reload_go_back(struct nj_reload *r, struct nj_slot *slot);
/* reload_watch.c */
int nj_reload_watch_open(struct nj_reload *r, struct nj_error *err);
void nj_reload_watch_close(struct nj_reload *r);

/* One line of the outcome, also logged. */
void nj_reload_say(struct nj_reload *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same without the log: at the barrier, where every microsecond counts. */
void nj_reload_tell(struct nj_reload *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The module of a group's file, loaded on first use. */
int nj_reload_module(struct nj_host *host, struct nj_reload_file *file, const char *run_dir,
                     struct nj_error *err);

#endif
