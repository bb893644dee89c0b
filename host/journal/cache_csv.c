#include "journal/cache_csv.h"

#include "journal/cache_impl.h"
#include "journal/scan_csv.h"
#include "journal/segment_write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Raised when the same file would give other rows: what an older one wrote is not used. */
#define READER 1u

#define LEAST      (4u << 20)          /* bytes of a file that is worth a segment */
#define SETTLED_NS INT64_C(2000000000) /* file systems stamp in steps of up to 2 s */
#define DAY_S      INT64_C(86400)
#define UNUSED_S   (30 * DAY_S)
#define TRIES      3 /* of a file that changes under the reader */

struct reading {
    struct nj_cache *cache;
    const struct nj_cache_csv_options *options;
    struct nj_cache_source source;
    struct nj_segment_head head; /* the file's part of it */
    int fd;
};

/* ---- where ----------------------------------------------------------------------------------- */

/* The folder and the name of the file's segment. None: the rows stay in memory. */
static void find_place(struct reading *r)
{
    const char *base = getenv("XDG_CACHE_HOME"), *below = "";
    const struct nj_cache_csv_options *o = r->options;
    uint8_t hash[NJ_SHA256_SIZE];
    char hex[NJ_SHA256_HEX], real[PATH_MAX], sym[NJORD_SYMBOL_SIZE];
    size_t n = 0;

    if (!base || base[0] != '/') { /* a relative one is to be passed over (XDG base directories) */
        base = getenv("HOME");
        below = "/.cache";
    }
    if (!base || base[0] != '/' || !realpath(o->path, real) ||
        nj_sha256(real, strlen(real), hash) != 0)
        return;
    for (const char *c = o->symbol; *c && n + 1 < sizeof sym; c++)
        if (*c != '/')
            sym[n++] = *c;
    sym[n] = '\0';
    nj_hex(hash, 16, hex);
    struct nj_cache_place *place = &r->cache->places[0];
    int dir = snprintf(place->dir, sizeof place->dir, "%s%s/njord/csv", base, below);
    int name = snprintf(r->source.name, sizeof r->source.name, "%s.%s.%s.r%u", hex, sym,
                        o->kind == NJ_COLUMNS_BARS ? o->timeframe : "trades", READER);
    r->cache->n_places = dir > 0 && (size_t)dir < sizeof place->dir && name > 0 &&
                         (size_t)name < sizeof r->source.name;
}

/* ---- a segment that is there ----------------------------------------------------------------- */

/* Is this what reading the file now would give? */
static bool holds(const struct reading *r, const struct nj_segment *s)
{
    static const uint8_t none[NJ_SHA256_SIZE];
    const struct nj_cache_csv_options *o = r->options;
    const struct nj_segment_head *h = &s->head, *now = &r->head;
    bool bars = o->kind == NJ_COLUMNS_BARS;

    return h->kind == (uint32_t)o->kind && h->rows > 0 && strcmp(h->symbol, o->symbol) == 0 &&
           strcmp(h->timeframe, bars ? o->timeframe : "") == 0 &&
           (h->flags & (bars ? NJ_SEGMENT_TS_STRICT : NJ_SEGMENT_TS_SORTED)) != 0 &&
           h->source_from == 0 && h->source_to == h->source_size &&
           memcmp(h->previous, none, sizeof none) == 0 && (o->skip_bad || h->bad == 0) &&
           h->source_dev == now->source_dev && h->source_ino == now->source_ino &&
           h->source_size == now->source_size && h->source_mtime_ns == now->source_mtime_ns &&
           h->source_ctime_ns == now->source_ctime_ns &&
           h->built_ns - SETTLED_NS > h->source_ctime_ns;
}

static int64_t now_s(const struct nj_platform *pf)
{
    return pf->realtime_ns(pf->ctx) / 1000000000;
}

/* So that it counts as used. */
static void touch(const struct nj_platform *pf, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && now_s(pf) - st.st_mtime > DAY_S)
        (void)utimensat(AT_FDCWD, path, NULL, 0);
}

static void find_segment(struct reading *r, struct nj_segment **out)
{
    const struct nj_platform *pf = r->cache->pf;
    char path[NJ_PATH_MAX];

    *out = NULL;
    if (r->options->verify || r->cache->n_places == 0 ||
        nj_cache_path(&r->cache->places[0], r->source.name, 0, path, sizeof path, NULL) != 0 ||
        nj_segment_open(out, pf, path, NULL) != 0)
        return;
    if (holds(r, *out)) {
        touch(pf, path);
        return;
    }
    nj_segment_close(*out, pf);
    *out = NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The file as it is now, by its open descriptor and by its name. */
static int look(const struct reading *r, struct nj_segment_head *now, struct nj_error *err)
{
    const struct nj_platform *pf = r->cache->pf;
    struct stat st, named;

    if (pf->fstat(pf->ctx, r->fd, &st) != 0)
        return nj_error_errno(err, errno, "file '%s'", r->source.path);
    if (stat(r->source.path, &named) != 0 || named.st_ino != st.st_ino || named.st_dev != st.st_dev)
        return nj_error_set(err, NJ_ERR_BUSY, "file '%s': changes while it is read",
                            r->source.path);
    nj_cache_key_stat(&st, now);
    return 0;
}

static bool same_file(const struct nj_segment_head *a, const struct nj_segment_head *b)
{
    return a->source_dev == b->source_dev && a->source_ino == b->source_ino &&
           a->source_size == b->source_size && a->source_mtime_ns == b->source_mtime_ns &&
           a->source_ctime_ns == b->source_ctime_ns;
}

/* Rows must come in the order of time: a sort would hide what is wrong with the file. */
static int in_order(const struct reading *r, const struct nj_columns *c, uint32_t flags,
                    struct nj_error *err)
{
    bool bars = r->options->kind == NJ_COLUMNS_BARS;

    if (flags & (bars ? NJ_SEGMENT_TS_STRICT : NJ_SEGMENT_TS_SORTED))
        return 0;
    for (size_t i = 1; i < c->n; i++)
        if (c->ts[i] < c->ts[i - 1] || (bars && c->ts[i] == c->ts[i - 1]))
            return nj_error_set(err, NJ_ERR_INPUT,
                                "file '%s': row %zu is not after the one before: sort it, or njord "
                                "data import it",
                                r->source.path, i + 1);
    return 0;
}

/* What its first lines tell, or why it cannot be read at all. */
static int recognise(const struct reading *r, njord_recorded *out, struct nj_error *err)
{
    bool bars = r->options->kind == NJ_COLUMNS_BARS;
    njord_recorded_options options = {.kind = bars ? NJORD_EV_BAR : NJORD_EV_TRADE,
                                      .symbol = r->options->symbol,
                                      .venue = "csv",
                                      .timeframe = bars ? r->options->timeframe : NULL};
    char why[NJ_ERROR_TEXT];

    if (njord_recorded_recognise(out, &options, r->source.path, why, sizeof why) != 0)
        return nj_error_set(err, NJ_ERR_INPUT, "%s", why);
    return 0;
}

static int scan(const struct reading *r, struct nj_columns_builder *rows,
                struct nj_segment_head *head, struct nj_error *err)
{
    njord_recorded recorded;
    struct nj_scan_csv s = {.recorded = &recorded, .into = rows, .skip_bad = r->options->skip_bad};
    int rc = recognise(r, &recorded, err);

    if (rc == 0)
        rc = nj_scan_csv_file(&s, r->source.path, err);
    if (rc == 0) {
        head->lines = s.lines + recorded.header_lines;
        head->bad = s.bad;
    }
    return rc;
}

/* The rows of the file as a segment in memory. NJ_ERR_BUSY: it changed meanwhile. */
static int read_file(struct reading *r, struct nj_segment **out, struct nj_error *err)
{
    const struct nj_platform *pf = r->cache->pf;
    struct nj_segment_head *h = &r->head, now;
    struct nj_segment *s = pf->alloc(pf->ctx, sizeof *s);
    bool worth = r->cache->n_places > 0 && h->source_size >= LEAST;
    int rc = 0;

    if (!s)
        return nj_error_set(err, NJ_ERR_NOMEM, "file '%s': out of memory", r->source.path);
    memset(s, 0, sizeof *s);
    memset(&now, 0, sizeof now);
    h->kind = (uint32_t)r->options->kind;
    h->source_to = h->source_size;
    rc = nj_columns_builder_new(&s->rows, r->options->kind, err);
    if (rc == 0)
        rc = scan(r, s->rows, h, err);
    h->built_ns = pf->realtime_ns(pf->ctx);
    if (rc == 0)
        rc = look(r, &now, err);
    if (rc == 0 && !same_file(h, &now))
        rc = nj_error_set(err, NJ_ERR_BUSY, "file '%s': changes while it is read", r->source.path);
    if (rc == 0)
        nj_columns_view(s->rows, &s->columns);
    if (rc == 0 && s->columns.n == 0)
        rc = nj_error_set(err, NJ_ERR_INPUT, "file '%s': holds no rows", r->source.path);
    if (rc == 0) {
        h->rows = s->columns.n;
        memcpy(h->symbol, s->columns.symbol, sizeof h->symbol);
        memcpy(h->timeframe, s->columns.timeframe, sizeof h->timeframe);
        nj_segment_survey(&s->columns, h);
        s->head = *h;
        rc = in_order(r, &s->columns, h->flags, err);
    }
    if (rc != 0) {
        nj_segment_close(s, pf);
        return rc;
    }
    r->cache->unkept = worth;
    r->cache->built = 1;
    *out = s;
    return 0;
}

/* One look at the file: its segment, or its rows. */
static int try_once(struct reading *r, struct nj_segment **out, struct nj_error *err)
{
    const struct nj_platform *pf = r->cache->pf;
    int rc = 0;

    memset(&r->head, 0, sizeof r->head);
    r->fd = pf->open(pf->ctx, r->source.path, O_RDONLY | O_NONBLOCK, 0);
    if (r->fd < 0) {
        njord_recorded unused;
        rc = recognise(r, &unused, err); /* which says why not, as of any file */
        return rc != 0 ? rc
                       : nj_error_set(err, NJ_ERR_BUSY, "file '%s': changes while it is read",
                                      r->source.path);
    }
    rc = look(r, &r->head, err);
    if (rc == 0)
        find_segment(r, out);
    if (rc == 0 && !*out)
        rc = read_file(r, out, err);
    pf->close(pf->ctx, r->fd);
    return rc;
}

/* ---- the series ------------------------------------------------------------------------------ */

static int take(struct reading *r, struct nj_segment *segment, struct nj_error *err)
{
    struct nj_cache *cache = r->cache;
    int rc = nj_cache_grow(cache->pf, (void **)&cache->segments, cache->n_segments,
                           &cache->cap_segments, sizeof(struct nj_segment *), err);
    if (rc != 0) {
        nj_segment_close(segment, cache->pf);
        return rc;
    }
    cache->segments[cache->n_segments++] = segment;
    cache->bad = segment->head.bad;
    snprintf(cache->stem, sizeof cache->stem, "%.200s", r->source.name);
    return nj_cache_series(cache, err);
}

int nj_cache_open_csv(struct nj_cache **out, const struct nj_cache_csv_options *o,
                      struct nj_error *err)
{
    const struct nj_platform *pf = o->platform ? o->platform : nj_platform_system();
    struct nj_cache *cache = pf->alloc(pf->ctx, sizeof *cache);
    struct reading r = {.cache = cache, .options = o, .fd = -1};
    struct nj_segment *segment = NULL;
    int rc = NJ_ERR_BUSY;

    *out = NULL;
    if (!cache)
        return nj_error_set(err, NJ_ERR_NOMEM, "column cache: out of memory");
    memset(cache, 0, sizeof *cache);
    cache->pf = pf;
    cache->kind = o->kind;
    cache->low = o->from_ns;
    cache->high = o->to_ns == INT64_MAX ? INT64_MAX : o->to_ns - (o->to_ns > INT64_MIN);
    cache->nothing = o->to_ns == INT64_MIN || cache->low > cache->high;
    if (snprintf(r.source.path, sizeof r.source.path, "%s", o->path) >= (int)sizeof r.source.path) {
        rc = nj_error_set(err, NJ_ERR_LIMIT, "file '%s': its path is too long", o->path);
    } else {
        find_place(&r);
        for (int i = 0; i < TRIES && rc == NJ_ERR_BUSY; i++)
            rc = try_once(&r, &segment, err);
    }
    if (rc == 0)
        rc = take(&r, segment, err);
    if (rc != 0) {
        nj_cache_close(cache);
        return rc;
    }
    *out = cache;
    return 0;
}

/* ---- keeping --------------------------------------------------------------------------------- */

/* Segments that nobody used for long, whatever became of their files. */
static void sweep(const struct nj_cache *cache)
{
    const char *dir = cache->places[0].dir;
    DIR *folder = opendir(dir);
    struct dirent *entry;
    int64_t now = now_s(cache->pf);

    while (folder && (entry = readdir(folder))) {
        char path[NJ_PATH_MAX];
        struct stat st;
        size_t len = strlen(entry->d_name), suffix = strlen(NJ_CACHE_SUFFIX);
        int n = snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        if (n > 0 && (size_t)n < sizeof path && len > suffix &&
            strcmp(entry->d_name + len - suffix, NJ_CACHE_SUFFIX) == 0 && lstat(path, &st) == 0 &&
            S_ISREG(st.st_mode) && now - st.st_mtime > UNUSED_S)
            cache->pf->unlink(cache->pf->ctx, path);
    }
    if (folder)
        closedir(folder);
}

static int write_segment(struct nj_cache *cache, struct nj_cache_pending *pending,
                         struct nj_error *err)
{
    struct nj_segment *s = cache->segments[0];
    struct nj_segment_head head = s->head;
    struct nj_segment_writer *writer = NULL;
    int rc = nj_segment_writer_new(&writer, cache->pf, cache->places[0].dir, cache->kind, err);
    if (rc == 0) {
        nj_segment_writer_unhashed(writer); /* who wants to be sure reads the file */
        rc = nj_segment_write(writer, &s->columns, &head, pending->fd, err);
    }
    nj_segment_writer_free(writer);
    return rc;
}

void nj_cache_keep_csv(struct nj_cache *cache)
{
    struct nj_cache_pending pending;
    struct nj_error err = {0};

    if (!cache || !cache->unkept)
        return;
    cache->unkept = false;
    cache->pending = cache->pf->alloc(cache->pf->ctx, NJ_CACHE_PENDING * sizeof *cache->pending);
    if (!cache->pending || nj_cache_create(cache, 0600, &pending) < 0)
        return;
    if (nj_cache_path(&cache->places[0], cache->stem, 0, pending.to, sizeof pending.to, &err) !=
            0 ||
        write_segment(cache, &pending, &err) != 0) {
        nj_cache_discard(cache, &pending);
        return;
    }
    nj_cache_keep(cache, &pending);
    nj_cache_publish(cache);
    nj_cache_sweep(cache); /* what died half written */
    sweep(cache);
}
