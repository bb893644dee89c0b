/* stage.h - rows on their way into journals: a folder of its own, in it two spools a day.
 *
 * What comes in (NEW) and what the journals hold already of the same days (OLD) is gathered by day,
 * as lines, in the order given; nothing is seen outside before commit.h puts it in place. Memory is
 * bounded whatever the number of days; what does not fit stands in files. Owned by an import, one
 * thread; closing it removes the folder with all in it. */
#ifndef NJ_RESEARCH_STAGE_H
#define NJ_RESEARCH_STAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stdint.h>

enum nj_stage_side { NJ_STAGE_OLD, NJ_STAGE_NEW, NJ_STAGE_SIDES };

struct nj_stage_day {
    int32_t day;
    uint64_t rows[NJ_STAGE_SIDES];
    /* of the NEW rows */
    int64_t last_ns, last_id;
    bool plain; /* each later than the one before (bars), each id above the one before (trades):
                   nothing twice, nothing to sort */
    /* what waits for its file */
    struct nj_buf waiting[NJ_STAGE_SIDES];
    bool on_disk[NJ_STAGE_SIDES];
};

struct nj_stage {
    const struct nj_platform *platform;
    char dir[NJ_PATH_MAX];
    struct nj_stage_day *days;     /* by day */
    size_t n_days, cap_days, last; /* last: where the last row went */
    size_t waiting;                /* bytes in all buffers */
};

/* A line's place in the order of its day. */
struct nj_stage_row {
    int64_t ts_ns;
    int64_t id; /* of a trade, when it is a number; -1 */
    bool bar;
};

/* A trade that steps back in time no more than this stands where it stood: venues do. */
#define NJ_STAGE_JITTER_NS INT64_C(1000000000)

/* Makes the folder `dir`, or empties it of the files of an earlier stage. */
int nj_stage_open(struct nj_stage *stage, const struct nj_platform *platform, const char *dir,
                  struct nj_error *err);
/* Removes the folder and what is in it, as far as that goes; `keep`: leaves it. */
void nj_stage_close(struct nj_stage *stage, bool keep);
/* Adds a line (without its end) to a day's spool. */
int nj_stage_add(struct nj_stage *stage, enum nj_stage_side side, const struct nj_stage_row *row,
                 const char *line, size_t len, struct nj_error *err);
/* Writes what waits. To be called before the files are read. */
int nj_stage_flush(struct nj_stage *stage, struct nj_error *err);
/* NULL: no row of that day. */
struct nj_stage_day *nj_stage_day_of(struct nj_stage *stage, int32_t day);
/* The path of a day's spool; there only when the day has rows on that side. */
int nj_stage_path(const struct nj_stage *stage, int32_t day, enum nj_stage_side side,
                  char out[NJ_PATH_MAX], struct nj_error *err);

#endif
