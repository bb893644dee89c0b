/* merge.h - the rows that a journal holds of a day and those that come, as one day's file.
 *
 * Bars are known by ts_open, trades by venue and trade_id, trades without an id by all they say
 * (three equal ones that come and two that are stored: one is added). What is stored already is not
 * written twice. A row that is known but says something else (a member that the stored row lacks
 * counts) is refused, or with `replace` takes the stored one's place; the same holds for two rows
 * that come. Stored lines stay as they are, byte for byte. Bars are written in the order of time;
 * trades as they came, unless one steps back by more than a second: then by time, equal times by
 * their ids where all have numbers, else as they came. Memory: 50 bytes a row and the day's lines
 * as mapped files. [any]. */
#ifndef NJ_RESEARCH_MERGE_H
#define NJ_RESEARCH_MERGE_H

#include "base/err.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stdint.h>

struct nj_merge {
    const struct nj_platform *platform;
    uint32_t type;           /* NJORD_EV_BAR, NJORD_EV_TRADE */
    const char *old, *fresh; /* files of whole lines; NULL: none */
    const char *out;         /* written when something changes or `always` */
    bool replace, always;
    bool whole_wins; /* of two bars of which one is partial or both, the one that knows more counts:
                        the whole one, else the one of more trades */
};

struct nj_merged {
    uint64_t rows;     /* of the day now */
    uint64_t added;    /* were not there */
    uint64_t same;     /* were there */
    uint64_t replaced; /* were there with other values */
    uint64_t twice;    /* stood twice in what comes */
    bool written;
};

/* NJ_ERR_EXISTS: a row is stored with other values (without `replace`); NJ_ERR_INPUT: a line cannot
 * be read. The file is not synced. */
int nj_merge_day(const struct nj_merge *merge, struct nj_merged *out, struct nj_error *err);

#endif
