#include "journal/rotate.h"

#include "journal/compress.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <njord/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE_MAX  ((size_t)1 << 20) /* what readers take */
#define FIRST_LINE_SOON 4096u             /* what is read of it at first */
#define INTERRUPTED_MAX 100

/* ---- times of lines -------------------------------------------------------------------------- */

int64_t nj_event_time(const njord_event *event)
{
    const njord_contract *contract = njord_contract_of(event->type);
    int64_t ts = event->ts_ns;
    if (event->type == NJORD_EV_BAR && event->head >= sizeof(njord_bar))
        return ((const njord_bar *)event)->ts_open; /* its time on the bus is ts_close */
    if (contract && contract->time_at > 0 && contract->time_at + sizeof ts <= event->head)
        memcpy(&ts, (const char *)event + contract->time_at, sizeof ts);
    return ts != 0 ? ts : NJORD_NONE_I64;
}

bool nj_line_time(const struct nj_platform *pf, const char *stem, const char *line, size_t len,
                  int64_t *ts_ns)
{
    struct nj_stem meaning;
    if (!nj_stem_parse(stem, &meaning))
        return false;
    size_t cap = njord_decode_bound(len);
    njord_event *event = pf->alloc(pf->ctx, cap);
    if (!event)
        return false;
    njord_envelope env;
    njord_envelope_init(&env);
    bool good = njord_decode_json(meaning.topic ? meaning.topic->type : 0, line, len, event, cap,
                                  &env, NULL) == 0;
    if (good)
        *ts_ns = nj_event_time(event);
    pf->release(pf->ctx, event);
    return good && *ts_ns != NJORD_NONE_I64;
}

/* The stem of DIR/STEM.ndjson. False: it is none. */
static bool stem_of_path(const char *path, char out[NJ_STEM_SIZE])
{
    struct nj_journal_file file;
    const char *slash = strrchr(path, '/');
    if (!nj_journal_name_parse(slash ? slash + 1 : path, &file) || file.day != NJ_DAY_LIVE)
        return false;
    memcpy(out, file.stem, NJ_STEM_SIZE);
    return true;
}

bool nj_rotate_in_order(const char *stem)
{
    struct nj_stem meaning;
    return !nj_stem_parse(stem, &meaning) || !meaning.topic ||
           strncmp(meaning.topic->pattern, "md.", 3) != 0;
}

int32_t nj_rotate_day(const struct nj_jfile *f, int32_t day)
{
    int32_t floor = f->in_order && f->last_day > f->floor_day ? f->last_day : f->floor_day;
    return day == NJ_DAY_NONE || day > floor ? day : floor;
}

void nj_rotate_learn(const struct nj_jfile_env *env, struct nj_jfile *f)
{
    const struct nj_platform *pf = env->platform;
    char stem[NJ_STEM_SIZE];
    if (f->known && f->day_ino == f->ino)
        return;
    f->known = true;
    f->day_ino = f->ino;
    if (f->size == 0) {
        if (f->len == 0)
            f->day = NJ_DAY_NONE;
        return;
    }
    f->day = NJ_DAY_NONE;
    if (!stem_of_path(f->path, stem))
        return;
    const char *end = NULL;
    for (int i = 0; i < 2 && !end; i++) {
        size_t want = i == 0 ? FIRST_LINE_SOON : FIRST_LINE_MAX + 1;
        char *head = pf->alloc(pf->ctx, want);
        ssize_t n = head ? nj_read_at(pf, f->fd, head, want, 0) : -1;
        int64_t ts;
        end = n > 0 ? memchr(head, '\n', (size_t)n) : NULL;
        if (end && nj_line_time(pf, stem, head, (size_t)(end - head), &ts))
            f->day = nj_rotate_day(f, nj_day_of(ts));
        pf->release(pf->ctx, head);
    }
}

/* ---- rotation -------------------------------------------------------------------------------- */

static int path_of(const char *dir, const struct nj_journal_file *file, char *out,
                   struct nj_error *err)
{
    char name[NJ_STEM_SIZE + 32];
    int rc = nj_journal_name_make(file, name, sizeof name, err);
    return rc == 0 ? nj_path_join(out, NJ_PATH_MAX, dir, name, err) : rc;
}

/* Is there a file by that name, also a link to nothing? */
static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 || errno != ENOENT;
}

/* The first number of a day for which there is no file yet, above all that are there, so that
 * numbers tell the order. */
static int next_part(const char *dir, const struct nj_jfile *f, const char *stem, int32_t day,
                     uint32_t *part, struct nj_error *err)
{
    struct nj_journal_files all;
    *part = 0;
    if (f->last_day == NJ_DAY_NONE || day > f->last_day)
        return 0;
    if (day == f->last_day) {
        *part = f->last_part + 1;
        return 0;
    }
    int rc = nj_journal_list(dir, stem, &all, err); /* a day that came late: rare */
    for (size_t i = 0; i < all.n; i++)
        if (all.files[i].day == day && all.files[i].part >= *part)
            *part = all.files[i].part + 1;
    nj_journal_files_free(&all);
    return rc;
}

/* Gives the live file its dated name: the next free one. */
static int name_it(const struct nj_jfile_env *env, struct nj_jfile *f,
                   struct nj_journal_file *dated, char *path, bool *moved, struct nj_error *err)
{
    char gz[NJ_PATH_MAX];
    int rc = next_part(env->dir, f, dated->stem, dated->day, &dated->part, err);
    for (; rc == 0 && dated->part < UINT32_MAX; dated->part++) {
        dated->gz = true;
        rc = path_of(env->dir, dated, gz, err);
        dated->gz = false;
        if (rc == 0)
            rc = path_of(env->dir, dated, path, err);
        if (rc != 0)
            return rc;
        if (is_there(gz))
            continue;
        rc = nj_link_new(env->platform, f->path, path, moved, err);
        if (rc != NJ_ERR_EXISTS)
            return rc;
        rc = 0;
    }
    return rc ? rc : nj_error_set(err, NJ_ERR_LIMIT, "journal '%s': no number is free", f->path);
}

/* An empty file under a temporary name, open for append. */
static int prepare(const struct nj_jfile_env *env, const char *path, bool sync, int *fd,
                   struct nj_error *err)
{
    const struct nj_platform *pf = env->platform;
    int tries = 0;
    do
        *fd = pf->open(pf->ctx, path, O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_NONBLOCK, 0640);
    while (*fd < 0 && errno == EINTR && ++tries < INTERRUPTED_MAX);
    if (*fd < 0)
        return nj_error_errno(err, errno, "file '%s': cannot be made", path);
    if (!sync)
        return 0;
    if (pf->fsync(pf->ctx, *fd) != 0)
        return nj_error_errno(err, errno, "file '%s': cannot be synced", path);
    if (pf->fsync_dir(pf->ctx, env->dir) != 0)
        return nj_error_errno(err, errno, "folder '%s': cannot be synced", env->dir);
    return 0;
}

/* Has an earlier try left the live file its dated name? */
static bool has_twin(const struct nj_jfile_env *env, const struct nj_jfile *f,
                     struct nj_journal_file *dated, char *path)
{
    struct nj_journal_file twin = *dated;
    struct stat st;
    twin.day = f->last_day;
    twin.part = f->last_part;
    if (!f->twin || path_of(env->dir, &twin, path, NULL) != 0 || lstat(path, &st) != 0 ||
        st.st_dev != f->dev || st.st_ino != f->ino)
        return false;
    *dated = twin;
    return true;
}

static void set_last(struct nj_jfile *f, const struct nj_journal_file *dated)
{
    if (dated->day < f->last_day)
        return;
    f->last_day = dated->day;
    f->last_part = dated->part;
}

/* Takes the dated name back. Should that fail too, the file keeps both until the next try or start,
 * or, where it was renamed, there is no live one: then the next line makes it. */
static void take_back(const struct nj_jfile_env *env, struct nj_jfile *f,
                      const struct nj_journal_file *dated, const char *path, bool moved)
{
    const struct nj_platform *pf = env->platform;
    bool back = false;
    f->twin = false;
    if (moved && nj_link_new(pf, path, f->path, &back, NULL) != 0) {
        set_last(f, dated);
        (void)nj_jfile_sync(env, f, NULL);
        nj_jfile_close(env, f); /* no line more into what is finished */
        f->known = false;
        return;
    }
    if (!back && pf->unlink(pf->ctx, path) != 0) {
        set_last(f, dated);
        f->twin = f->last_day == dated->day && f->last_part == dated->part;
    }
}

int nj_rotate_file(const struct nj_jfile_env *env, struct nj_jfile *f, int32_t day, bool sync,
                   int *old_fd, char *dated_path, struct nj_error *err)
{
    const struct nj_platform *pf = env->platform;
    struct nj_journal_file dated = {.day = day};
    char fresh[NJ_PATH_MAX], name[NJ_STEM_SIZE + 16];
    struct stat st;
    bool moved = false, named = false;
    int fd = -1, rc;

    if (!stem_of_path(f->path, dated.stem))
        return nj_error_set(err, NJ_ERR_INTERNAL, "journal '%s': not a live file", f->path);
    if (lstat(f->path, &st) != 0)
        return nj_error_errno(err, errno, "journal '%s'", f->path);
    if (st.st_dev != f->dev || st.st_ino != f->ino)
        return nj_error_set(err, NJ_ERR_NOT_FOUND, "journal '%s': another file now", f->path);
    snprintf(name, sizeof name, ".%s.ndjson.new", dated.stem);
    rc = nj_path_join(fresh, sizeof fresh, env->dir, name, err);
    if (rc != 0)
        return rc;

    /* prepare */
    rc = prepare(env, fresh, sync, &fd, err);
    if (rc == 0 && pf->fstat(pf->ctx, fd, &st) != 0)
        rc = nj_error_errno(err, errno, "file '%s'", fresh);
    if (rc == 0 && sync)
        rc = nj_jfile_sync(env, f, err); /* what has a dated name is whole */
    if (rc != 0)
        goto fail;

    /* commit */
    if (!has_twin(env, f, &dated, dated_path))
        rc = name_it(env, f, &dated, dated_path, &moved, err);
    if (rc != 0)
        goto fail;
    named = true;
    if (pf->rename(pf->ctx, fresh, f->path) != 0) {
        rc = nj_error_errno(err, errno, "file '%s': cannot take its live name", fresh);
        goto fail;
    }
    set_last(f, &dated);
    f->floor_day = dated.day;
    f->twin = false;
    *old_fd = f->fd;
    f->fd = fd;
    f->dev = st.st_dev;
    f->ino = f->day_ino = st.st_ino;
    f->size = 0;
    f->cut_to = NJ_JOURNAL_NO_CUT;
    f->day = NJ_DAY_NONE;
    f->unsynced = false;
    f->named = true; /* the folder is synced with the first line, if not now */
    if (sync && pf->fsync_dir(pf->ctx, env->dir) == 0)
        f->named = false;
    return 0;

fail: /* roll back */
    if (named)
        take_back(env, f, &dated, dated_path, moved);
    if (fd >= 0)
        pf->close(pf->ctx, fd);
    pf->unlink(pf->ctx, fresh);
    return rc;
}

/* ---- after a death --------------------------------------------------------------------------- */

/* Is it the temporary name of a rotation (.STEM.ndjson.new)? */
static bool is_fresh_name(const char *name)
{
    static const char end[] = ".new";
    struct nj_journal_file file;
    char live[NJ_STEM_SIZE + 16];
    size_t len = strlen(name);
    if (name[0] != '.' || len < sizeof end || len - sizeof end >= sizeof live ||
        strcmp(name + len - (sizeof end - 1), end) != 0)
        return false;
    snprintf(live, sizeof live, "%.*s", (int)(len - sizeof end), name + 1);
    return nj_journal_name_parse(live, &file) && file.day == NJ_DAY_LIVE;
}

static void not_tidied(struct nj_log *log, const char *path, const char *why)
{
    nj_log(log, NJ_WARN, "journal", "leftover_stays", NJ_TEXT("path", path), NJ_TEXT("error", why));
}

/* Removes the temporary names of rotations and compressions. */
static int remove_temporary(const struct nj_platform *pf, struct nj_log *log, const char *dir,
                            struct nj_error *err)
{
    char path[NJ_PATH_MAX];
    DIR *folder = opendir(dir);
    if (!folder)
        return nj_error_errno(err, errno, "journal folder '%s'", dir);
    for (const struct dirent *e; (e = readdir(folder));) { /* NOLINT(concurrency-mt-unsafe) */
        struct nj_error why = {0};
        if (is_fresh_name(e->d_name)) {
            if (nj_path_join(path, sizeof path, dir, e->d_name, NULL) == 0 &&
                pf->unlink(pf->ctx, path) != 0)
                not_tidied(log, path, strerror(errno)); /* NOLINT(concurrency-mt-unsafe) */
        } else if (nj_compress_tidy(pf, dir, e->d_name, &why) != 0) {
            not_tidied(log, e->d_name, why.text);
        }
    }
    closedir(folder);
    return 0;
}

/* A live file that has its dated name too was rotated up to the last step. files[0..n): of its
 * journal. */
static int finish_switch(const struct nj_platform *pf, struct nj_log *log, const char *dir,
                         const struct nj_journal_file *files, size_t n, struct nj_error *err)
{
    struct nj_journal_file live = files[0];
    char path[NJ_PATH_MAX];
    struct stat st;
    uint64_t cut;
    live.day = NJ_DAY_LIVE;
    live.part = 0;
    live.gz = false;
    int rc = path_of(dir, &live, path, err);
    if (rc != 0 || lstat(path, &st) != 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        if (files[i].day == NJ_DAY_LIVE || files[i].dev != st.st_dev || files[i].ino != st.st_ino)
            continue;
        rc = nj_journal_repair(pf, path, &cut, err);
        if (rc == 0 && (pf->unlink(pf->ctx, path) != 0 || pf->fsync_dir(pf->ctx, dir) != 0))
            rc = nj_error_errno(err, errno, "journal '%s': its rotation cannot be finished", path);
        if (rc == 0)
            nj_log(log, NJ_INFO, "journal", "rotation_finished", NJ_TEXT("path", path));
        return rc;
    }
    return 0;
}

/* The newest dated file may have lost its end with the power: what is torn is cut off. One without
 * a line was a name taken where there are no hard links. */
static void mend_newest(const struct nj_platform *pf, struct nj_log *log, const char *dir,
                        const struct nj_journal_file *newest)
{
    char path[NJ_PATH_MAX];
    struct nj_error why = {0};
    uint64_t cut = 0;
    if (newest->gz || path_of(dir, newest, path, NULL) != 0)
        return;
    if (newest->size == 0 ? pf->unlink(pf->ctx, path) != 0
                          : nj_journal_repair(pf, path, &cut, &why) != 0)
        not_tidied(log, path, why.text);
    else if (cut > 0)
        nj_log(log, NJ_WARN, "journal", "torn_tail", NJ_TEXT("path", path), NJ_INT("bytes", cut));
}

int nj_rotate_recover(const struct nj_platform *pf, struct nj_log *log, const char *dir,
                      struct nj_journal_files *out, struct nj_error *err)
{
    int rc = remove_temporary(pf, log, dir, err);
    *out = (struct nj_journal_files){0};
    if (rc == 0)
        rc = nj_journal_list(dir, NULL, out, err);
    for (size_t first = 0, end; rc == 0 && first < out->n; first = end) {
        const struct nj_journal_file *files = out->files + first;
        for (end = first; end < out->n && strcmp(out->files[end].stem, files->stem) == 0;)
            end++;
        size_t n = end - first, dated = files[n - 1].day == NJ_DAY_LIVE ? n - 1 : n;
        rc = finish_switch(pf, log, dir, files, n, err);
        if (rc == 0 && dated > 0)
            mend_newest(pf, log, dir, &files[dated - 1]);
    }
    if (rc != 0)
        nj_journal_files_free(out);
    return rc;
}
