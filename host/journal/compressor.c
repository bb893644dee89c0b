#include "journal/compressor.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define LOOK_EVERY_NS INT64_C(60000000000)
#define NICE          10

/* A file that was finished. */
struct job {
    struct job *next;
    int fd; /* -1: none */
    char path[];
};

struct nj_compressor {
    const struct nj_platform *pf;
    char dir[NJ_PATH_MAX];
    bool compress;
    int64_t after_ns;
    atomic_bool stop; /* the file in hand is given up */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool end, drain;
    struct job *first, **last;
    struct nj_compress_stats stats;
    struct nj_error failed; /* the last failure */
    bool failed_is_new;
};

static int64_t monotonic(const struct nj_compressor *c)
{
    return c->pf->monotonic_ns(c->pf->ctx);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void note_failure(struct nj_compressor *c, const struct nj_error *why)
{
    pthread_mutex_lock(&c->lock);
    c->stats.failed++;
    c->failed_is_new |= strcmp(c->failed.text, why->text) != 0;
    c->failed = *why;
    pthread_mutex_unlock(&c->lock);
}

static void compress_one(struct nj_compressor *c, const char *path, int64_t size)
{
    struct nj_error why = {0};
    char packed[NJ_PATH_MAX];
    struct stat st;
    int rc = nj_compress_file_until(c->pf, path, &c->stop, packed, &why);
    if (rc == NJ_ERR_BUSY || rc == NJ_ERR_NOT_FOUND) /* later; or another one was faster */
        return;
    if (rc != 0) {
        note_failure(c, &why);
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->stats.files++;
    c->stats.bytes_in += (uint64_t)size;
    c->stats.bytes_out += stat(packed, &st) == 0 ? (uint64_t)st.st_size : 0;
    pthread_mutex_unlock(&c->lock);
}

static void finish(struct nj_compressor *c, struct job *job, bool compress)
{
    const struct nj_platform *pf = c->pf;
    struct nj_error why = {0};
    struct stat st;
    if (job->fd >= 0) {
        if (pf->fsync(pf->ctx, job->fd) != 0 || pf->fsync_dir(pf->ctx, c->dir) != 0) {
            nj_error_errno(&why, errno, "journal '%s': cannot be synced", job->path);
            note_failure(c, &why);
        }
        pf->close(pf->ctx, job->fd);
    }
    if (compress && stat(job->path, &st) == 0)
        compress_one(c, job->path, st.st_size);
    free(job);
}

/* Compresses what is old enough, whoever left it. */
static void look(struct nj_compressor *c)
{
    struct nj_journal_files all;
    struct nj_error why = {0};
    int64_t now = c->pf->realtime_ns(c->pf->ctx);
    if (nj_journal_list(c->dir, NULL, &all, &why) != 0) {
        note_failure(c, &why);
        return;
    }
    for (size_t i = 0; i < all.n && !atomic_load_explicit(&c->stop, memory_order_relaxed); i++) {
        const struct nj_journal_file *file = &all.files[i];
        char name[NJ_STEM_SIZE + 40], path[NJ_PATH_MAX];
        if (file->gz || file->day == NJ_DAY_LIVE || now - file->mtime_ns < c->after_ns)
            continue;
        if (nj_journal_name_make(file, name, sizeof name, NULL) == 0 &&
            nj_path_join(path, sizeof path, c->dir, name, NULL) == 0)
            compress_one(c, path, file->size);
    }
    nj_journal_files_free(&all);
}

static void wait_until(struct nj_compressor *c, int64_t when_ns)
{
    struct timespec at = {.tv_sec = when_ns / 1000000000, .tv_nsec = when_ns % 1000000000};
    pthread_cond_timedwait(&c->wake, &c->lock, &at);
}

static struct job *take_job(struct nj_compressor *c)
{
    struct job *job = c->first;
    if (job && !(c->first = job->next))
        c->last = &c->first;
    return job;
}

static void *work(void *ctx)
{
    struct nj_compressor *c = ctx;
    int64_t next_look = INT64_MIN;
    (void)!setpriority(PRIO_PROCESS, 0, NICE); /* of the thread alone, on Linux */
    pthread_mutex_lock(&c->lock);
    for (;;) {
        struct job *job = take_job(c);
        bool ending = c->end, drain = c->drain, looks = c->compress && monotonic(c) >= next_look;
        if (!job && ending && !drain)
            break;
        if (!job && !ending && !looks) {
            if (c->compress)
                wait_until(c, next_look);
            else
                pthread_cond_wait(&c->wake, &c->lock);
            continue;
        }
        pthread_mutex_unlock(&c->lock);
        if (job) {
            finish(c, job, c->compress && c->after_ns == 0 && (!ending || drain));
        } else if (c->compress) {
            look(c);
            next_look = monotonic(c) + LOOK_EVERY_NS;
        }
        pthread_mutex_lock(&c->lock);
        if (!job && ending) /* drained: that was the last look */
            break;
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* ---- the loop's side ------------------------------------------------------------------------- */

int nj_compressor_start(struct nj_compressor **out, const struct nj_compressor_options *options,
                        struct nj_error *err)
{
    *out = NULL;
    struct nj_compressor *c = calloc(1, sizeof *c);
    if (!c)
        return nj_error_set(err, NJ_ERR_NOMEM, "compressor: out of memory");
    c->pf = options->platform;
    c->compress = options->compress;
    c->after_ns = options->compress_after_ns;
    c->last = &c->first;
    int rc = nj_path_join(c->dir, sizeof c->dir, "", options->dir, err);
    if (rc != 0) {
        free(c);
        return rc;
    }
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&c->lock, NULL);
    sigset_t all, before; /* signals are the loop's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int number = pthread_create(&c->thread, NULL, work, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number != 0) {
        pthread_cond_destroy(&c->wake);
        pthread_mutex_destroy(&c->lock);
        free(c);
        return nj_error_errno(err, number, "compressor: no thread can be made");
    }
    *out = c;
    return 0;
}

void nj_compressor_take(void *compressor, const char *path, int fd)
{
    struct nj_compressor *c = compressor;
    size_t len = strlen(path) + 1;
    struct job *job = malloc(sizeof *job + len);
    if (!job) { /* then here; a later look finds the file */
        if (fd >= 0) {
            c->pf->fsync(c->pf->ctx, fd);
            c->pf->close(c->pf->ctx, fd);
        }
        return;
    }
    job->next = NULL;
    job->fd = fd;
    memcpy(job->path, path, len);
    pthread_mutex_lock(&c->lock);
    *c->last = job;
    c->last = &job->next;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
}

void nj_compressor_stats(struct nj_compressor *c, struct nj_compress_stats *out)
{
    pthread_mutex_lock(&c->lock);
    *out = c->stats;
    pthread_mutex_unlock(&c->lock);
}

void nj_compressor_report(struct nj_compressor *c, struct nj_log *log)
{
    struct nj_error failed;
    pthread_mutex_lock(&c->lock);
    bool is_new = c->failed_is_new;
    failed = c->failed;
    c->failed_is_new = false;
    pthread_mutex_unlock(&c->lock);
    if (is_new)
        nj_log(log, NJ_ERROR, "journal", "not_compressed", NJ_TEXT("error", failed.text),
               NJ_TEXT("detail", "no line is lost; tried again each minute"));
}

void nj_compressor_stop(struct nj_compressor *c, bool drain, struct nj_log *log)
{
    if (!c)
        return;
    if (!drain)
        atomic_store_explicit(&c->stop, true, memory_order_relaxed);
    pthread_mutex_lock(&c->lock);
    c->end = true;
    c->drain = drain;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    nj_compressor_report(c, log);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
