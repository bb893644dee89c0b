/* deposit.h - rows into the dated journals of one series, a file a day: all or nothing.
 *
 * Rows are staged by day beside the journals (stage.h), each day is merged with what the folder
 * holds of it (merge.h), then all days are put in place as one step (commit.h). Whatever fails
 * before that leaves the folder as it was; killed at any instant, the folder holds every day old or
 * new and whole, and the next one who takes the folder ends what was begun. Under the folder's
 * lock, so no host writes meanwhile. Memory is bounded by a day. Owned by an import, or by the
 * builder of bars (one for each timeframe). */
#ifndef NJ_RESEARCH_DEPOSIT_H
#define NJ_RESEARCH_DEPOSIT_H

#include "research/commit.h"
#include "research/existing.h"
#include "research/stage.h"

/* Folders inside the journals' where deposits work: this, or this and more. */
#define NJ_DEPOSIT_STAGE ".import"

/* Makes the folder when missing, locks it and ends what earlier deposits began. *lock: close it
 * when done; -1 on failure. NJ_ERR_BUSY: a host has the folder. *finished (may be NULL): something
 * was ended. */
int nj_deposit_lock(const struct nj_platform *platform, const char *dir, int *lock, bool *finished,
                    struct nj_error *err);
/* Was a deposit into this folder begun and not ended? */
bool nj_deposit_is_left(const char *dir);

struct nj_deposit_options {
    const struct nj_platform *platform;
    const char *dir;   /* of the journals; locked, but for a dry run */
    const char *stage; /* the working folder's name in it: NJ_DEPOSIT_STAGE and maybe more */
    uint32_t type;     /* NJORD_EV_BAR, NJORD_EV_TRADE */
    bool replace;      /* rows that are stored with other values */
    bool whole_wins;   /* of two bars of which one is partial, or both, the one that knows more */
    bool dry_run;      /* nothing is changed */
    void (*told)(void *ctx); /* after each day; may be NULL */
    void *ctx;
};

struct nj_deposit {
    struct nj_deposit_options options;
    struct nj_stage stage;
    struct nj_existing existing;
    struct nj_commit commit;
    const char *stem, *symbol; /* while it ends */
    bool keep_stage;
    uint64_t rows, added, same, replaced, twice;
    uint32_t days, days_written;
};

int nj_deposit_open(struct nj_deposit *deposit, const struct nj_deposit_options *options,
                    struct nj_error *err);
/* Takes NULL fields: a deposit that was zeroed and not opened. */
void nj_deposit_close(struct nj_deposit *deposit);
/* Stages a row, without seq and ts_recv_ns as it comes. */
int nj_deposit_add(struct nj_deposit *deposit, const njord_event *event, struct nj_error *err);
/* Merges and puts in place what was added, into the journal `stem` of a symbol. NJ_ERR_EXISTS:
 * stored with other values. */
int nj_deposit_end(struct nj_deposit *deposit, const char *stem, const char *symbol,
                   struct nj_error *err);

#endif
