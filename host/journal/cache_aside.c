/* cache_aside.c - the hash of a source on a thread of its own, while the scanner reads the same
 * bytes: a third of a build's time otherwise. */
#include "journal/cache_impl.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define LEAST (4u << 20) /* bytes: below, a thread is not worth its start */

struct nj_cache_aside {
    pthread_t thread;
    const struct nj_platform *pf;
    int fd;
    uint64_t from, to;
    int rc;
    uint8_t hash[NJ_SHA256_SIZE];
    char path[NJ_PATH_MAX];
};

static void *work(void *ctx)
{
    struct nj_cache_aside *a = ctx;
    a->rc = nj_cache_key_hash(a->pf, a->fd, a->path, a->from, a->to, a->hash, NULL);
    return NULL;
}

struct nj_cache_aside *nj_cache_aside_begin(const struct nj_platform *pf, int fd, const char *path,
                                            uint64_t from, uint64_t to)
{
    sigset_t all, old;

    if (to < from || to - from < LEAST)
        return NULL;
    struct nj_cache_aside *a = pf->alloc(pf->ctx, sizeof *a);
    if (!a)
        return NULL;
    *a = (struct nj_cache_aside){.pf = pf, .fd = fd, .from = from, .to = to};
    snprintf(a->path, sizeof a->path, "%s", path);
    sigfillset(&all); /* signals stay with the threads that are there for them */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&a->thread, NULL, work, a);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0) {
        pf->release(pf->ctx, a);
        return NULL;
    }
    return a;
}

bool nj_cache_aside_end(struct nj_cache_aside *aside, uint64_t from, uint64_t to,
                        uint8_t out[NJ_SHA256_SIZE])
{
    if (!aside)
        return false;
    pthread_join(aside->thread, NULL);
    bool good = aside->rc == 0 && aside->from == from && aside->to == to;
    if (good)
        memcpy(out, aside->hash, sizeof aside->hash);
    aside->pf->release(aside->pf->ctx, aside);
    return good;
}
