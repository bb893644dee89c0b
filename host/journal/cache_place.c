/* cache_place.c - the folders that segments lie in: which, under which names, and what goes. */
#include "journal/cache_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- which ---- */

/* $XDG_CACHE_HOME/njord/HASH, else ~/.cache/njord/HASH: HASH tells journal folders apart. False:
 * the environment names neither, or the path is too long. */
static bool home_place(const char *dir, char *out, size_t cap)
{
    const char *base = getenv("XDG_CACHE_HOME"), *below = "";
    uint8_t hash[NJ_SHA256_SIZE];
    char hex[NJ_SHA256_HEX], real[PATH_MAX];

    if (!base || base[0] != '/') { /* a relative one is to be passed over (XDG base directories) */
        base = getenv("HOME");
        below = "/.cache";
    }
    if (!base || base[0] != '/' || !realpath(dir, real) || nj_sha256(real, strlen(real), hash) != 0)
        return false;
    nj_hex(hash, 16, hex);
    int n = snprintf(out, cap, "%s%s/njord/%s", base, below, hex);
    return n > 0 && (size_t)n < cap;
}

int nj_cache_places(struct nj_cache *cache, struct nj_error *err)
{
    int rc = nj_path_join(cache->places[0].dir, sizeof cache->places[0].dir, cache->dir,
                          NJ_CACHE_FOLDER, err);
    if (rc != 0)
        return rc;
    cache->n_places = 1;
    if (home_place(cache->dir, cache->places[1].dir, sizeof cache->places[1].dir))
        cache->n_places = 2;
    return 0;
}

int nj_cache_path(const struct nj_cache_place *place, const char *source, uint64_t from, char *out,
                  size_t cap, struct nj_error *err)
{
    int n = snprintf(out, cap, "%s/%s.%" PRIu64 NJ_CACHE_SUFFIX, place->dir, source, from);
    return n > 0 && (size_t)n < cap
               ? 0
               : nj_error_set(err, NJ_ERR_LIMIT, "path '%s/%s': too long", place->dir, source);
}

void nj_cache_warn(struct nj_cache *cache, const struct nj_error *why)
{
    if (cache->warning[0] == '\0')
        snprintf(cache->warning, sizeof cache->warning, "column cache: %.480s", why->text);
}

/* ---- writing ---- */

/* A file that nobody else has, its lock taken before anyone could think it left behind. */
static int create_in(struct nj_cache *cache, const struct nj_cache_place *place, mode_t mode,
                     struct nj_cache_pending *out, struct nj_error *err)
{
    const struct nj_platform *pf = cache->pf;

    for (int tries = 0; tries < 4; tries++) {
        uint64_t number;
        struct stat st;
        if (pf->random_bytes(pf->ctx, &number, sizeof number) != 0)
            return nj_error_errno(err, errno, "random bytes");
        int n = snprintf(out->from, sizeof out->from, "%s/" NJ_CACHE_NEW "%016" PRIx64, place->dir,
                         number);
        if (n < 0 || (size_t)n >= sizeof out->from)
            return nj_error_set(err, NJ_ERR_LIMIT, "path '%s': too long", place->dir);
        out->fd = pf->open(pf->ctx, out->from, O_RDWR | O_CREAT | O_EXCL, mode);
        if (out->fd < 0 && errno == EEXIST)
            continue;
        if (out->fd < 0)
            return nj_error_errno(err, errno, "segment '%s': cannot be made", out->from);
        /* Between the two calls another process may have swept it away: then it has no name. */
        if (flock(out->fd, LOCK_EX | LOCK_NB) == 0 && pf->fstat(pf->ctx, out->fd, &st) == 0 &&
            st.st_nlink > 0)
            return 0;
        nj_cache_discard(cache, out);
    }
    return nj_error_set(err, NJ_ERR_BUSY, "segment in '%s': cannot be locked", place->dir);
}

int nj_cache_create(struct nj_cache *cache, mode_t mode, struct nj_cache_pending *out)
{
    for (size_t i = 0; i < cache->n_places && !cache->options.no_write; i++) {
        struct nj_cache_place *place = &cache->places[i];
        struct nj_error err = {0};
        struct stat st;
        if (place->refused)
            continue;
        mode_t folder = i == 0 && stat(cache->dir, &st) == 0 ? st.st_mode & 0777 : 0700;
        int rc = nj_mkdirs(place->dir, folder, &err);
        if (rc == 0)
            rc = create_in(cache, place, mode & 0666, out, &err);
        if (rc == 0)
            return (int)i;
        place->refused = true;
        if (i + 1 == cache->n_places)
            nj_cache_warn(cache, &err);
    }
    return -1;
}

void nj_cache_discard(struct nj_cache *cache, struct nj_cache_pending *pending)
{
    const struct nj_platform *pf = cache->pf;
    pf->unlink(pf->ctx, pending->from);
    pf->close(pf->ctx, pending->fd);
}

/* The pages of all that is pending onto the disk. One commit of the file system for many files: a
 * sync of each would cost as many (3 ms a file (m), 0.1 ms so). */
static int sync_pending(struct nj_cache *cache, struct nj_error *err)
{
    const struct nj_platform *pf = cache->pf;
    size_t first = 0;

    if (cache->n_pending > 2 && syncfs(cache->pending[0].fd) == 0)
        first = cache->n_pending - 1; /* asks once more whether all went well */
    for (size_t i = first; i < cache->n_pending; i++)
        if (pf->fsync(pf->ctx, cache->pending[i].fd) != 0)
            return nj_error_errno(err, errno, "segment '%s': cannot be synced",
                                  cache->pending[i].to);
    return 0;
}

/* What is mapped stays right whatever becomes of the names; a failure costs the next one a build.
 */
void nj_cache_publish(struct nj_cache *cache)
{
    const struct nj_platform *pf = cache->pf;
    struct nj_error err = {0};
    int synced = sync_pending(cache, &err);

    for (size_t i = 0; i < cache->n_pending; i++) {
        struct nj_cache_pending *p = &cache->pending[i];
        if (synced == 0 && pf->rename(pf->ctx, p->from, p->to) == 0) {
            pf->close(pf->ctx, p->fd);
            continue;
        }
        if (synced == 0)
            nj_error_errno(&err, errno, "segment '%s': cannot be made", p->to);
        nj_cache_warn(cache, &err);
        nj_cache_discard(cache, p);
    }
    cache->n_pending = 0;
}

void nj_cache_keep(struct nj_cache *cache, const struct nj_cache_pending *pending)
{
    cache->pending[cache->n_pending++] = *pending;
    (void)nj_map_put(&cache->used, pending->to, cache);
    if (cache->n_pending == NJ_CACHE_PENDING)
        nj_cache_publish(cache);
}

/* ---- sweeping ---- */

/* A temporary name whose writer is dead: nobody holds its lock. */
static void sweep_new(struct nj_cache *cache, const char *path)
{
    const struct nj_platform *pf = cache->pf;
    int fd = pf->open(pf->ctx, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        pf->unlink(pf->ctx, path);
    pf->close(pf->ctx, fd);
}

/* The name of a segment's source; false: not the name of a segment. */
static bool source_of(const char *name, char *out, size_t cap)
{
    size_t len = strlen(name), suffix = strlen(NJ_CACHE_SUFFIX);
    if (len <= suffix || strcmp(name + len - suffix, NJ_CACHE_SUFFIX) != 0)
        return false;
    len -= suffix;
    size_t digits = 0;
    while (digits < len && name[len - 1 - digits] >= '0' && name[len - 1 - digits] <= '9')
        digits++;
    if (digits == 0 || digits + 1 >= len || name[len - 1 - digits] != '.' || len >= cap)
        return false;
    memcpy(out, name, len - 1 - digits);
    out[len - 1 - digits] = '\0';
    return true;
}

static bool is_stale(struct nj_cache *cache, const char *name, const char *path)
{
    struct nj_journal_file file;
    char source[256], at[NJ_PATH_MAX];
    struct stat st;

    if (!source_of(name, source, sizeof source) || !nj_journal_name_parse(source, &file))
        return false;
    if (strcmp(file.stem, cache->stem) == 0)
        return nj_map_get(&cache->used, path) == NULL;
    return cache->built > 0 && nj_path_join(at, sizeof at, cache->dir, source, NULL) == 0 &&
           stat(at, &st) != 0 && errno == ENOENT;
}

void nj_cache_sweep(struct nj_cache *cache)
{
    for (size_t i = 0; i < cache->n_places && !cache->options.no_write; i++) {
        const char *dir = cache->places[i].dir;
        DIR *folder = opendir(dir);
        struct dirent *entry;
        while (folder && (entry = readdir(folder))) {
            char path[NJ_PATH_MAX];
            int n = snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
            if (n < 0 || (size_t)n >= sizeof path)
                continue;
            if (strncmp(entry->d_name, NJ_CACHE_NEW, strlen(NJ_CACHE_NEW)) == 0 ||
                strncmp(entry->d_name, NJ_CACHE_SCRATCH, strlen(NJ_CACHE_SCRATCH)) == 0)
                sweep_new(cache, path);
            else if (is_stale(cache, entry->d_name, path))
                cache->pf->unlink(cache->pf->ctx, path);
        }
        if (folder)
            closedir(folder);
    }
}
