/* standing.h - what stands in the journals of a folder already, read along with a run that makes it
 * again.
 *
 * A run on recorded data is done again after a crash; each line that it makes is held against the
 * next one of its journal's chain (dated files, plain or gzip, then the live one). Journals may end
 * at different places: each is told by itself where its lines end. The tails of the live files are
 * repaired at open, as opening for append does. Lines that name no seq were made by no run
 * (imported history) and are passed over. Memory and descriptors are bounded; files are never
 * written but for that repair. Owned by the restart service. [loop] only. */
#ifndef NJ_JOURNAL_STANDING_H
#define NJ_JOURNAL_STANDING_H

#include "base/err.h"
#include "base/log.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_standing;

enum nj_standing_verdict {
    NJ_STANDING_SAME, /* this very line stands there */
    NJ_STANDING_END,  /* the journal has no line any more: this one is new */
    NJ_STANDING_OTHER /* another line stands there */
};

struct nj_standing_place {
    char file[512]; /* path of the file */
    uint64_t line;  /* from 1 */
    char text[160]; /* the start of the line that stands there */
};

/* The journals of `dir`, but for those of no topic (app.ndjson, files of others). A folder that is
 * missing holds nothing. */
int nj_standing_open(struct nj_standing **out, const struct nj_platform *pf, struct nj_log *log,
                     const char *dir, struct nj_error *err);
void nj_standing_close(struct nj_standing *standing);

/* Holds `line` against the next one of the journal `stem`, which counts as read when it is the
 * same. *where is filled for NJ_STANDING_OTHER. Negative: a file cannot be read on. */
int nj_standing_compare(struct nj_standing *standing, const char *stem, const char *line,
                        size_t len, enum nj_standing_verdict *verdict,
                        struct nj_standing_place *where, struct nj_error *err);

/* Journals that still have lines which nothing was held against. */
size_t nj_standing_left(const struct nj_standing *standing);
/* The next line of one of them, with the lowest name. False: none is left. */
bool nj_standing_next_left(struct nj_standing *standing, struct nj_standing_place *where);
/* Of all journals' last lines: the highest seq (0: there is no line) and the latest ts_recv_ns
 * (INT64_MIN). */
uint64_t nj_standing_last_seq(const struct nj_standing *standing);
int64_t nj_standing_last_ns(const struct nj_standing *standing);

#endif
