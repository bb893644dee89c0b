/* reader_chain.h - one journal's chain of files read as one: the inside of reader.c.
 *
 * A shelf is the folder as it was last listed, shared by the chains of a reader; it is listed again
 * when the folder has changed since. A chain goes from file to file by place (day, part), never by
 * index, so that rotation and compression under it neither hide a file nor show one twice. Owned by
 * its reader; reads only. */
#ifndef NJ_JOURNAL_READER_CHAIN_H
#define NJ_JOURNAL_READER_CHAIN_H

#include "journal/names.h"
#include "journal/reader.h"

#include <njord/lines.h>

struct nj_shelf {
    const char *dir;
    const char *glob; /* of the stems that are listed, NULL: all */
    struct nj_journal_files files;
    int64_t changed_ns; /* of the folder, when it was listed; 0: list again in any case */
};

struct nj_chain {
    const struct nj_reader_options *options;
    struct nj_shelf *shelf;
    const char *stem;
    uint32_t type; /* of its events, 0: each line names its own */
    /* where it stands: behind this file */
    int32_t day;
    uint32_t part;
    bool started, ended;
    /* the file being read */
    njord_lines *lines;
    char *path;
    bool live;
    uint64_t begun; /* bytes of it that are counted */
    /* the event in hand */
    njord_event *event;
    size_t event_cap;
    njord_line line;
    int64_t time; /* its own, or what stands for it */
    uint64_t seq; /* likewise */
};

int nj_shelf_list(struct nj_shelf *shelf, struct nj_error *err);
void nj_shelf_clear(struct nj_shelf *shelf);

/* Finds where it starts. options, shelf and stem are kept. */
int nj_chain_open(struct nj_chain *chain, const struct nj_reader_options *options,
                  struct nj_shelf *shelf, const char *stem, struct nj_error *err);
void nj_chain_close(struct nj_chain *chain);
/* 1: event, line, time, seq are those of the next event in range; 0: no more; or the error. */
int nj_chain_next(struct nj_chain *chain, struct nj_reader_stats *stats, struct nj_error *err);

#endif
