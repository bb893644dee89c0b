/* commit.h - many new files put in place of old ones, as one step that survives a crash.
 *
 * The new files lie finished in a folder of the same file system. They are synced, then what is to
 * be done is written there as a list, and synced; from then on it will be done: here, or by the
 * next one who opens the folder, whatever ended this process in between. Each file's replacement is
 * one rename, so that whoever reads in between sees each day old or new, never half. Under the
 * folder's lock.
 */
#ifndef NJ_RESEARCH_COMMIT_H
#define NJ_RESEARCH_COMMIT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/platform.h"

#include <stdbool.h>

struct nj_commit {
    const struct nj_platform *platform;
    const char *dir;    /* where the files shall stand */
    const char *staged; /* where they lie; a folder in it */
    struct nj_buf list; /* "put NAME" and "drop NAME INODE SIZE", a line each */
};

/* STAGED/name is to become DIR/name, in place of one that may be there. */
int nj_commit_put(struct nj_commit *commit, const char *name, struct nj_error *err);
/* DIR/name is to go, once all are in place; not there is fine. One that has become another file or
 * has grown until then stays. */
int nj_commit_drop(struct nj_commit *commit, const char *name, struct nj_error *err);
/* Writes the list and does it. */
int nj_commit_run(struct nj_commit *commit, struct nj_error *err);
void nj_commit_free(struct nj_commit *commit);

/* Is a list there that was not done to its end? And does it. *done: there was one. */
bool nj_commit_is_left(const char *staged);
int nj_commit_finish(const struct nj_platform *platform, const char *dir, const char *staged,
                     bool *done, struct nj_error *err);

#endif
