/* journal_set.h - the set of journals from the inside: what journal.c (life, writing) and
 * journal_rotate.c (rotation) share. Nobody else includes it. [loop] only. */
#ifndef NJ_JOURNAL_JOURNAL_SET_H
#define NJ_JOURNAL_JOURNAL_SET_H

#include "base/map.h"
#include "journal/journal_file.h"

#define NJ_JOURNAL_NAME_MAX 200 /* bytes of a journal's name */

struct nj_journals {
    const struct nj_platform *platform;
    struct nj_log *log;
    char dir[NJ_PATH_MAX];
    enum nj_journal_fsync fsync;
    bool order_fsync;
    uint32_t max_open;
    size_t max_pending;
    char first[NJ_JOURNAL_FIRST][64]; /* "": none */
    bool rotate_daily, line_clock;
    uint64_t rotate_bytes;
    void (*finished)(void *ctx, const char *path, int fd);
    void *finished_ctx;
    int64_t line_ns;       /* line_clock: the latest time of a line */
    int32_t day_limit;     /* a line's day is not believed beyond */
    int32_t idle_day;      /* files of days before it are rotated */
    size_t idle_at;        /* where nj_journals_idle() goes on */
    bool idle_failed;      /* since it began anew */
    int64_t idle_retry_ns; /* monotonic */
    int lock;
    struct nj_map files;              /* name to struct nj_jfile */
    struct nj_jfile *newest, *oldest; /* the open ones by last use */
    struct nj_jfile *dirty;           /* those with something pending */
    size_t pending;                   /* bytes of all of them */
    uint32_t n_bad;
    int64_t next_probe_ns;
    struct nj_journal_stats stats;
    struct nj_jfile_env env;
    nj_journal_filter filter;
    void *filter_ctx;
};

/* Opens a file of the set for append, at the cost of the one used longest ago. */
int nj_jset_open_file(struct nj_journals *js, struct nj_jfile *f, struct nj_error *err);
/* Writes what waits for a file. `sync`: its lines count only once synced. */
int nj_jset_write_file(struct nj_journals *js, struct nj_jfile *f, bool sync, struct nj_error *err);
/* The first journal's lines go before those of `f`, so that no crash leaves a journal that tells of
 * what the first one does not. */
int nj_jset_write_first(struct nj_journals *js, const struct nj_jfile *f, struct nj_error *err);
void nj_jset_close_file(struct nj_journals *js, struct nj_jfile *f);
/* The file of a name, made known when it is new. NULL: err. */
struct nj_jfile *nj_jset_file_of(struct nj_journals *js, const char *name, struct nj_error *err);

bool nj_jset_rotates(const struct nj_journals *js);
/* Before a line of that time is added to f: rotates it, if it ends here. */
void nj_jset_before_line(struct nj_journals *js, struct nj_jfile *f, int64_t ts_ns);
/* Makes known what the folder holds: live files that no line may come for, the last numbers.
 * Finishes the rotations of an earlier life. */
int nj_jset_take_stock(struct nj_journals *js, struct nj_error *err);

#endif
