/* journal_file.h - one journal file: what waits for it, and how that gets into the kernel.
 *
 * Owned by the set of journals (journal.c), which decides when a file is opened, written, synced
 * and closed. A write is all lines or whole lines: what a short write tore is cut off again before
 * it returns, and when even that is refused the place is remembered and nothing more is written
 * until the cut was made, also through another descriptor of the same file. [loop] only. */
#ifndef NJ_JOURNAL_JOURNAL_FILE_H
#define NJ_JOURNAL_JOURNAL_FILE_H

#include "base/fs.h"
#include "journal/journal.h"

#define NJ_JOURNAL_NO_CUT (-1)
#define NJ_DAY_NONE       INT32_MIN /* of a file whose lines' times are not known */

struct nj_jfile {
    char path[NJ_PATH_MAX];
    int fd;          /* -1: closed */
    off_t size;      /* of the lines in the kernel */
    off_t cut_to;    /* bytes beyond are to be cut first; NJ_JOURNAL_NO_CUT */
    dev_t dev;       /* of the file that size and cut_to are about */
    ino_t ino;       /* likewise */
    char *pending;   /* whole lines with their newlines */
    size_t len, cap; /* of pending */
    size_t refused;  /* bytes of the write that failed last, what a probe tries */
    bool unsynced;   /* written since the last sync */
    bool named;      /* made by us and its folder not synced since */
    bool bad;        /* the last write or open failed */
    bool dirty;      /* in the set's list of files with something pending */
    /* of rotation (rotate.h) */
    bool known;         /* day and size are those of the file by that name */
    bool in_order;      /* dated names of all runs are in the order of writing */
    bool rotate_failed; /* the last try */
    bool twin;          /* the live file has the name of last_day and last_part too */
    int32_t day;        /* of its first line */
    ino_t day_ino;      /* of the file that day is about */
    int32_t floor_day;  /* of the file finished before it in this run */
    int32_t last_day;   /* the latest dated file of this journal, NJ_DAY_NONE: there is none */
    uint32_t last_part;
    int64_t retry_ns; /* monotonic: not tried again before */
    struct nj_jfile *next_dirty;
    struct nj_jfile *newer, *older; /* by last use, while open */
};

/* What the operations need of the set. */
struct nj_jfile_env {
    const struct nj_platform *platform;
    struct nj_log *log;
    const char *dir;
    struct nj_journal_stats *stats;
};

/* Adds a line and its newline to what waits. NJ_ERR_NOMEM: nothing was added. */
int nj_jfile_add(const struct nj_jfile_env *env, struct nj_jfile *f, const char *line, size_t len,
                 struct nj_error *err);
/* Opens it for append: makes it when missing, makes a cut that is due, repairs its tail. */
int nj_jfile_open(const struct nj_jfile_env *env, struct nj_jfile *f, struct nj_error *err);
/* Hands what waits to the kernel, opening it first if need be is the caller's. With `sync` the
 * lines count only once they are synced: on failure all of them keep waiting and the file is as it
 * was; else the whole lines that went through are done. A failed fsync closes the descriptor. */
int nj_jfile_write(const struct nj_jfile_env *env, struct nj_jfile *f, bool sync,
                   struct nj_error *err);
/* Would a write as large as the one refused last go through? Tries with blanks that are cut again.
 */
int nj_jfile_probe(const struct nj_jfile_env *env, struct nj_jfile *f, bool sync,
                   struct nj_error *err);
/* Syncs what was written, and the folder when the file is new. Failure closes the descriptor. */
int nj_jfile_sync(const struct nj_jfile_env *env, struct nj_jfile *f, struct nj_error *err);
/* Closes the descriptor; what waits keeps waiting. */
void nj_jfile_close(const struct nj_jfile_env *env, struct nj_jfile *f);

/* Cuts a file back to its last line that is a whole JSON object (see nj_journal_repair). `fd` is
 * open for reading and appending, *size its size and then the new one. */
int nj_journal_repair_fd(const struct nj_platform *pf, int fd, const char *path, off_t *size,
                         uint64_t *cut, struct nj_error *err);

#endif
