/* backlog.h - one journal's chain of files read from a place on, and no more of it than that takes.
 *
 * For a start that must not take longer the longer the history is: files whose lines are all known
 * are not opened (a file ends before the next one's first line), and in a plain one the first line
 * that is not known is found by halving: lines stand in the order of their seq, as the host writes
 * them. Plain and compressed files, dated ones and the live one alike (names.h). Reads only. At
 * start, and between two inputs. */
#ifndef NJ_JOURNAL_BACKLOG_H
#define NJ_JOURNAL_BACKLOG_H

#include "journal/names.h"

struct nj_backlog {
    char dir[NJ_PATH_MAX];
    struct nj_journal_files files; /* oldest first */
    uint64_t *first; /* by file: seq of its first line; 0: not looked at, or it has none */
    size_t from;     /* the files before this one are all older than what was asked for */
};

struct nj_backlog_line {
    const char *text; /* without its end; valid during the call */
    size_t len;
    uint64_t seq; /* 0: it names none */
    const char *path;
    uint64_t
        number; /* in its file, from 1; 0: the reading began within the file, see nj_backlog_at() */
    uint64_t end; /* bytes of the file up to behind it */
};

/* Returns 0 to go on; anything else ends the reading and is returned. */
typedef int (*nj_backlog_fn)(void *ctx, const struct nj_backlog_line *line, struct nj_error *err);

/* Lists the chain of `stem` and looks at the first lines of those files that may hold a seq greater
 * than after_seq, newest first. A folder that is not there has none. */
int nj_backlog_open(struct nj_backlog *chain, const char *dir, const char *stem, uint64_t after_seq,
                    struct nj_error *err);
void nj_backlog_close(struct nj_backlog *chain);
/* The lines with a greater seq than after_seq, in order, and all that name none.
 * *last_seq: the highest seq of what was looked at, the chain's last one whenever it is not 0.
 * NJ_ERR_INPUT: a line without an end in any but the live file, one longer than 1 MiB, a damaged
 * file. */
int nj_backlog_read(const struct nj_backlog *chain, uint64_t after_seq, nj_backlog_fn each,
                    void *ctx, uint64_t *last_seq, struct nj_error *err);

/* Seq of the last line of the n-th file, without reading what comes before; 0: not to be had so (a
 * compressed file, an empty one, a last line that names none). */
uint64_t nj_backlog_last(const struct nj_backlog *chain, size_t n);

/* "PATH:LINE", for messages. */
#define NJ_BACKLOG_AT (NJ_PATH_MAX + 24)
const char *nj_backlog_at(const struct nj_backlog_line *line, char out[NJ_BACKLOG_AT]);

#endif
