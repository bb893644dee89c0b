/* reader_chain.h - one journal's chain of files read as one: the inside of reader.c.
 *
 * A shelf is the folder as it was last listed, shared by the chains of a reader; it is listed again
 * when the folder has changed since. A chain knows its files by place (day, part), never by index:
 * rotation and compression under it neither hide a file nor show one twice. Owned by its reader;
 * reads only. */
#ifndef NJ_JOURNAL_READER_CHAIN_H
#define NJ_JOURNAL_READER_CHAIN_H

#include "journal/names.h"
#include "journal/reader.h"

#include <njord/lines.h>

/* ---- the folder (reader_shelf.c) ------------------------------------------------------------- */

struct nj_shelf {
    const char *dir;
    const char *glob; /* of the stems that are listed, NULL: all */
    struct nj_journal_files files;
    int64_t changed_ns; /* of the folder, when it was listed; 0: unknown */
};

/* Lists the folder anew; the other only when it may have changed since the last time. */
int nj_shelf_list(struct nj_shelf *shelf, struct nj_error *err);
int nj_shelf_refresh(struct nj_shelf *shelf, struct nj_error *err);
void nj_shelf_clear(struct nj_shelf *shelf);
/* The files of a stem, *n of them, by place; the live one last. Valid until it is listed anew. */
const struct nj_journal_file *nj_shelf_of(const struct nj_shelf *shelf, const char *stem,
                                          size_t *n);
/* The file at a place, NULL: there is none. */
const struct nj_journal_file *nj_shelf_at(const struct nj_shelf *shelf, const char *stem,
                                          int32_t day, uint32_t part);

/* ---- a chain --------------------------------------------------------------------------------- */

/* A dated file that the chain knows of. */
struct nj_place {
    int32_t day;
    uint32_t part;
    uint64_t first_seq; /* of its first event, 0: not looked up, or it has none */
    bool done;          /* read, or not to be read */
};

struct nj_chain {
    const struct nj_reader_options *options;
    struct nj_shelf *shelf;
    const char *stem;
    uint32_t type;    /* of its events, 0: each line names its own */
    bool may_be_late; /* market data: a file may hold what is older than the file before it */
    /* its dated files in the order of reading; the live one comes behind them */
    struct nj_place *places;
    size_t n_places, cap_places, at;
    bool ended;
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

/* Finds what is to be read. options, shelf and stem are kept. */
int nj_chain_open(struct nj_chain *chain, const struct nj_reader_options *options,
                  struct nj_shelf *shelf, const char *stem, struct nj_error *err);
void nj_chain_close(struct nj_chain *chain);
/* 1: event, line, time, seq are those of the next event in range; 0: no more; or the error. */
int nj_chain_next(struct nj_chain *chain, struct nj_reader_stats *stats, struct nj_error *err);

/* Of reader_files.c: opens the next file, 1, 0: no more, or the error; closes the one being read.
 */
int nj_chain_next_file(struct nj_chain *chain, struct nj_error *err);
void nj_chain_close_file(struct nj_chain *chain);
/* The file at a place, also when it has been compressed since the folder was listed.
 * NJ_ERR_NOT_FOUND: it is gone. */
int nj_chain_open_place(struct nj_chain *chain, const struct nj_place *place, struct nj_error *err);
/* Learns all dated files of the listing that it does not know yet; *added: how many are to be read.
 */
int nj_chain_learn(struct nj_chain *chain, size_t *added, struct nj_error *err);

#endif
