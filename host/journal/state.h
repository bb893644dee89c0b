/* state.h - app.state_dir: what must outlive the process besides the journals.
 *
 * Holds the lock of the folder, the epoch, the blocks of the sequence, the host's id, saved states
 * of plugins, named documents (ledger, risk), and the private folder for plugin copies. All
 * replaced as one step (temporary name, fsync, rename, fsync of the folder). Owned by the host.
 * [loop] and at start. */
#ifndef NJ_JOURNAL_STATE_H
#define NJ_JOURNAL_STATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_state;

/* Opens (makes) the folder and takes its lock. with_epoch false (clock: events): the epoch is 0. */
int nj_state_open(struct nj_state **out, const struct nj_platform *pf, const char *dir,
                  bool with_epoch, struct nj_error *err);
void nj_state_close(struct nj_state *state);

const char *nj_state_dir(const struct nj_state *state);
const struct nj_platform *nj_state_platform(const struct nj_state *state);
/* The second in which the folder was made, or 0. */
uint64_t nj_state_epoch(const struct nj_state *state);
/* This host's id on a shared bus: 12 random hex digits made once with the folder ("host" with
 * clock: events). */
const char *nj_state_host_id(const struct nj_state *state);
/* The private folder for plugin copies: dir/run, mode 0700, emptied at open of copies that no
 * living process has. */
const char *nj_state_run_dir(const struct nj_state *state);

/* The next number of the sequence, from 1; never repeats, also after kill -9: blocks of 2^20 are
 * reserved on disk before use, a restart begins at the next block. 0: the next block could not be
 * reserved (err says why): nothing may enter then. */
uint64_t nj_state_next_seq(struct nj_state *state, struct nj_error *err);

/* The next number will be greater than `seq`: the journals know of it, whatever this folder says
 * (an older copy, or a new one beside old journals). */
int nj_state_seq_behind(struct nj_state *state, uint64_t seq, struct nj_error *err);
/* The number given last, or the last of the blocks that earlier processes had. */
uint64_t nj_state_last_seq(const struct nj_state *state);
/* For a run that is done again: the next number is `first` once more. NJ_ERR_INPUT: no process ever
 * had it. */
int nj_state_rewind(struct nj_state *state, uint64_t first, struct nj_error *err);

/* Documents by name ([a-z0-9_.-], e.g. "ledger.json"). NOT_FOUND when it was never put. */
int nj_state_put(struct nj_state *state, const char *name, const void *data, size_t len,
                 struct nj_error *err);
int nj_state_get(struct nj_state *state, const char *name, struct nj_buf *out,
                 struct nj_error *err);

/* Saved plugin states: state/ID.SEQ (an id that begins with @ is the host's own); the newest two
 * are kept. `get` gives the newest, with a seq of at most at_most (0: any), and its seq. The bytes
 * carry a header of ours (magic, state version, plugin hash, length, SHA-256) that put writes and
 * get checks: a damaged newest one is set aside as ID.SEQ.damaged and the one before is given, with
 * err->code 0 and a warning in err->text (else err->text is empty). NOT_FOUND: none was saved;
 * NJ_ERR_INPUT: all are damaged. */
struct nj_saved {
    uint64_t seq;
    uint32_t version; /* the plugin's state_version */
    char hash[65];    /* of the plugin file */
};
int nj_state_put_saved(struct nj_state *state, const char *id, const struct nj_saved *head,
                       const void *data, size_t len, struct nj_error *err);
int nj_state_get_saved(struct nj_state *state, const char *id, uint64_t at_most,
                       struct nj_saved *head, struct nj_buf *out, struct nj_error *err);

#endif
