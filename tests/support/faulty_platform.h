/* faulty_platform.h - a platform whose n-th call fails, for tests of everything that uses
 * base/platform.h.
 *
 * Counts the calls of each kind and passes them on to the real platform, but for the one that was
 * armed (or, with `forever`, it and all after it): that one fails as told. A short count does its
 * part for real, so the file holds what a full disk would leave. Owned by the test; not for
 * threads. */
#ifndef NJ_TESTS_FAULTY_PLATFORM_H
#define NJ_TESTS_FAULTY_PLATFORM_H

#include "base/platform.h"

#include <stdbool.h>

enum faulty_op {
    FAULTY_OPEN,
    FAULTY_WRITE, /* write and writev */
    FAULTY_PREAD,
    FAULTY_FSYNC,
    FAULTY_FTRUNCATE,
    FAULTY_FSTAT,
    FAULTY_CLOSE,
    FAULTY_RENAME,
    FAULTY_RENAME_NEW,
    FAULTY_LINK,
    FAULTY_UNLINK,
    FAULTY_FSYNC_DIR,
    FAULTY_ALLOC,
    FAULTY_RANDOM,
    FAULTY_OPS
};

enum faulty_kind {
    FAULTY_EIO,
    FAULTY_ENOSPC,
    FAULTY_EINTR,
    FAULTY_SHORT,       /* of write and pread: half of the bytes (at least none); of others EIO */
    FAULTY_UNSUPPORTED, /* EOPNOTSUPP: the file system cannot */
    FAULTY_KINDS,
    FAULTY_DEATH /* SIGKILL instead of the call: for a child process */
};

/* A fault that waits for its call. */
struct faulty_arm {
    enum faulty_op op;
    enum faulty_kind kind;
    uint64_t at; /* which call of `op` fails, counted from 1; 0: none */
    bool forever;
};

struct faulty_platform {
    struct nj_platform platform; /* what the code under test gets; ctx points back here */
    uint64_t calls[FAULTY_OPS];  /* made so far */
    uint64_t failed;             /* calls that the armed fault hit */
    uint64_t failed_also;        /* likewise the second one */
    struct faulty_arm arms[2];
    int64_t clock_ns;  /* when not 0: both clocks show it */
    int64_t allocated; /* blocks taken and not released: 0 at the end */
    int open_fds;      /* descriptors opened and not closed */
};

/* A platform that fails nothing yet. */
void faulty_init(struct faulty_platform *f);
/* The n-th call (from 1, from now on) of `op` fails. Counters start again. */
void faulty_arm(struct faulty_platform *f, enum faulty_op op, enum faulty_kind kind, uint64_t n,
                bool forever);
/* The same for a second fault besides it; counters go on. */
void faulty_also(struct faulty_platform *f, enum faulty_op op, enum faulty_kind kind, uint64_t n,
                 bool forever);
/* From now on nothing fails. */
void faulty_heal(struct faulty_platform *f);
const char *faulty_op_name(enum faulty_op op);
const char *faulty_kind_name(enum faulty_kind kind);

#endif
