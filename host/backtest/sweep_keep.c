#include "backtest/sweep_keep.h"

#include "backtest/space.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct place {
    uint64_t set;
    double key;
};

struct nj_sweep_keep {
    double *map; /* a row of `room` a place */
    size_t size, room, days;
    bool all;                         /* every set has its place */
    struct place best[NJ_SWEEP_KEPT]; /* those kept by their key; of all: any */
    size_t n_best, worst;
    uint64_t drawn[NJ_SWEEP_BEST]; /* rising */
    bool has[NJ_SWEEP_BEST];       /* of those drawn */
    size_t n_drawn;
};

static int by_set(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* R. W. Floyd's sample without repetition. */
static void draw(struct nj_sweep_keep *keep, uint64_t n_sets, uint64_t seed)
{
    for (uint64_t i = n_sets - NJ_SWEEP_BEST; i < n_sets; i++) {
        uint64_t set = nj_space_below(&seed, i + 1);
        for (size_t k = 0; k < keep->n_drawn; k++)
            if (keep->drawn[k] == set) {
                set = i;
                break;
            }
        keep->drawn[keep->n_drawn++] = set;
    }
    qsort(keep->drawn, keep->n_drawn, sizeof *keep->drawn, by_set);
}

static int map_scratch(struct nj_sweep_keep *keep, const char *path, struct nj_error *err)
{
    char name[NJ_PATH_MAX];
    int n = snprintf(name, sizeof name, "%s.XXXXXX", path);
    int fd = n > 0 && (size_t)n < sizeof name ? mkostemp(name, O_CLOEXEC) : -1, rc = 0;
    if (fd < 0)
        return nj_error_errno(err, errno, "a scratch file beside '%s'", path);
    unlink(name);
    if (ftruncate(fd, (off_t)keep->size) != 0)
        rc = nj_error_errno(err, errno, "a scratch file beside '%s'", path);
    if (rc == 0) {
        keep->map = mmap(NULL, keep->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (keep->map == MAP_FAILED) {
            keep->map = NULL;
            rc = nj_error_errno(err, errno, "a scratch file beside '%s'", path);
        }
    }
    close(fd);
    return rc;
}

int nj_sweep_keep_new(struct nj_sweep_keep **out, const char *path, uint64_t n_sets, size_t room,
                      uint64_t seed, struct nj_error *err)
{
    struct nj_sweep_keep *keep = calloc(1, sizeof *keep);
    *out = NULL;
    if (!keep)
        return nj_error_set(err, NJ_ERR_NOMEM, "sweep: out of memory");
    keep->all = n_sets <= NJ_SWEEP_KEPT;
    keep->room = room;
    keep->size = (keep->all ? n_sets : NJ_SWEEP_KEPT) * room * sizeof *keep->map;
    if (!keep->all)
        draw(keep, n_sets, seed);
    int rc = keep->size > 0 ? map_scratch(keep, path, err) : 0;
    if (rc != 0) {
        nj_sweep_keep_free(keep);
        return rc;
    }
    *out = keep;
    return 0;
}

void nj_sweep_keep_free(struct nj_sweep_keep *keep)
{
    if (!keep)
        return;
    if (keep->map)
        munmap(keep->map, keep->size);
    free(keep);
}

static size_t drawn_at(const struct nj_sweep_keep *keep, uint64_t set)
{
    const uint64_t *at = bsearch(&set, keep->drawn, keep->n_drawn, sizeof *keep->drawn, by_set);
    return at ? (size_t)(at - keep->drawn) : SIZE_MAX;
}

bool nj_sweep_keep_wants(const struct nj_sweep_keep *keep, uint64_t set)
{
    return keep->all || drawn_at(keep, set) != SIZE_MAX;
}

/* Is a behind b? Ties: the later set is behind. */
static bool behind(const struct place *a, const struct place *b)
{
    bool no_a = isnan(a->key), no_b = isnan(b->key);
    if (no_a != no_b)
        return no_a;
    if (!no_a && a->key != b->key)
        return a->key < b->key;
    return a->set > b->set;
}

static void find_worst(struct nj_sweep_keep *keep)
{
    keep->worst = 0;
    for (size_t i = 1; i < keep->n_best; i++)
        if (behind(&keep->best[i], &keep->best[keep->worst]))
            keep->worst = i;
}

void nj_sweep_keep_add(struct nj_sweep_keep *keep, uint64_t set, double key, const double *returns,
                       size_t n)
{
    struct place place = {set, key};
    size_t row, drawn = drawn_at(keep, set);
    if (n == 0 || n > keep->room || (keep->days > 0 && n != keep->days) ||
        nj_sweep_keep_of(keep, set))
        return;
    if (drawn != SIZE_MAX) {
        keep->has[drawn] = true;
        row = NJ_SWEEP_BEST + drawn;
    } else if (keep->n_best < (keep->all ? NJ_SWEEP_KEPT : NJ_SWEEP_BEST)) {
        row = keep->n_best++;
        keep->best[row] = place;
        if (keep->n_best == NJ_SWEEP_BEST)
            find_worst(keep);
    } else if (behind(&keep->best[keep->worst], &place)) {
        row = keep->worst;
        keep->best[row] = place;
        find_worst(keep);
    } else {
        return;
    }
    keep->days = n;
    if (keep->map)
        memcpy(keep->map + row * keep->room, returns, n * sizeof *returns);
}

const double *nj_sweep_keep_of(const struct nj_sweep_keep *keep, uint64_t set)
{
    size_t drawn = drawn_at(keep, set);
    if (drawn != SIZE_MAX)
        return keep->has[drawn] ? keep->map + (NJ_SWEEP_BEST + drawn) * keep->room : NULL;
    for (size_t i = 0; i < keep->n_best; i++)
        if (keep->best[i].set == set)
            return keep->map + i * keep->room;
    return NULL;
}

size_t nj_sweep_keep_days(const struct nj_sweep_keep *keep)
{
    return keep->days;
}
