/* existing.h - what a folder holds of one journal for the days that an import touches.
 *
 * A dated file holds rows of its day, and perhaps of others: trades that came late, or the rest of
 * a live file that was cut after several days. Where an import touches a day, all files with rows
 * of it are taken whole: their lines are staged by day and the files give way to one file a day. A
 * live file that begins before the end of what comes is among them, so that files stay in the order
 * of time. Under the folder's lock; changes nothing but the torn end of a live file (as opening it
 * for append does). */
#ifndef NJ_RESEARCH_EXISTING_H
#define NJ_RESEARCH_EXISTING_H

#include "journal/names.h"
#include "research/stage.h"

struct nj_existing_file {
    struct nj_journal_file file;
    int32_t first_day, last_day; /* of its rows */
    bool taken;                  /* gives way */
    bool several;                /* has rows of other days than its name says, or is live */
};

struct nj_existing {
    const char *dir; /* of the journals */
    uint32_t type;   /* NJORD_EV_BAR, NJORD_EV_TRADE */
    const char *symbol;
    struct nj_existing_file *files; /* of the journal, in order */
    size_t n;
};

/* Lists the journal's files and finds those that the stage's days touch. A folder that is not there
 * holds nothing; one in which the journal's name is another symbol's is refused. repair: a live
 * file's torn end may be cut. */
int nj_existing_find(struct nj_existing *existing, const char *dir, const char *stem, uint32_t type,
                     const char *symbol, const struct nj_stage *stage, bool repair,
                     struct nj_error *err);
void nj_existing_free(struct nj_existing *existing);
/* Stages the lines of the files that are taken. A line that cannot be read is NJ_ERR_INPUT with
 * file and line. */
int nj_existing_stage(const struct nj_existing *existing, struct nj_stage *stage,
                      struct nj_error *err);

#endif
