/* cache_impl.h - the inside of the column cache, shared by its files only.
 *
 * cache.c decides per source whether its segments hold, cache_place.c knows the folders they lie
 * in, cache_build.c makes one from its source, cache_key.c tells whether a source is still the one
 * a segment was made of, cache_aside.c works out its hash beside the scanner, cache_series.c puts
 * segments in order, cache_gather.c makes its pieces, cache_hash.c names what came out. */
#ifndef NJ_JOURNAL_CACHE_IMPL_H
#define NJ_JOURNAL_CACHE_IMPL_H

#include "base/fs.h"
#include "base/map.h"
#include "journal/cache.h"
#include "journal/names.h"
#include "journal/segment.h"

#define NJ_CACHE_FOLDER  ".cache"
#define NJ_CACHE_SUFFIX  ".njc"
#define NJ_CACHE_NEW     ".new-"     /* temporary names begin so */
#define NJ_CACHE_SCRATCH ".scratch-" /* likewise, those without a name the moment they are open */
#define NJ_CACHE_PLACES  2u
#define NJ_CACHE_CHAIN   16u /* segments of one live file */
#define NJ_CACHE_PENDING 64u /* written and not yet under their names */

/* A folder of segments. */
struct nj_cache_place {
    char dir[NJ_PATH_MAX];
    bool refused; /* nothing can be written there */
};

/* Written under a temporary name; its descriptor holds the lock that says so to others. */
struct nj_cache_pending {
    int fd;
    char from[NJ_PATH_MAX], to[NJ_PATH_MAX];
};

/* A file of the journal, as the folder's list has it. */
struct nj_cache_source {
    char name[256];
    char path[NJ_PATH_MAX];
    bool live; /* grows; its end is its last whole line */
    uint64_t dev, ino;
};

struct nj_cache {
    const struct nj_platform *pf;
    struct nj_cache_options options; /* dir and stem point to the copies below */
    char dir[NJ_PATH_MAX], stem[NJ_STEM_SIZE];
    struct nj_stem what;
    enum nj_columns_kind kind;
    int64_t low, high; /* rows with low <= ts <= high */
    bool nothing;      /* the range is empty */
    struct nj_cache_place places[NJ_CACHE_PLACES];
    size_t n_places;
    char warning[NJ_ERROR_TEXT]; /* why a segment could not be kept; "" */
    struct nj_cache_pending *pending;
    size_t n_pending;
    struct nj_map used;           /* paths of segments that this series stands on */
    struct nj_segment **segments; /* in the order of their sources */
    size_t n_segments, cap_segments;
    uint32_t built;
    /* the series */
    struct nj_columns *pieces;
    size_t n_pieces, cap_pieces;
    void **blocks; /* memory of merged pieces */
    size_t n_blocks, cap_blocks;
    uint64_t rows, bad, duplicates;
    char hash[NJ_SHA256_HEX]; /* "": not worked out yet */
    bool unkept;              /* of a CSV file: the one segment is in memory only (cache_csv.c) */
};

/* NJ_ERR_LOST, from what reads sources: the file of that name is no longer the one of the list. */

/* ---- cache_key.c ---- */
/* Writes what is known of the source's stat into a header. */
void nj_cache_key_stat(const struct stat *st, struct nj_segment_head *head);
/* The hashes of the edges of a source's first head->source_to bytes, into the header. */
int nj_cache_key_edges(const struct nj_platform *pf, int fd, const char *path,
                       struct nj_segment_head *head, struct nj_error *err);
/* SHA-256 of a source's bytes from..to. */
int nj_cache_key_hash(const struct nj_platform *pf, int fd, const char *path, uint64_t from,
                      uint64_t to, uint8_t out[NJ_SHA256_SIZE], struct nj_error *err);
/* The same beside other work, on a thread of its own, for sources where that pays. NULL: not begun,
 * and nothing is lost. nj_cache_aside_end() waits, releases it and says whether out was set; it is
 * for from..to only. */
struct nj_cache_aside;
struct nj_cache_aside *nj_cache_aside_begin(const struct nj_platform *pf, int fd, const char *path,
                                            uint64_t from, uint64_t to);
bool nj_cache_aside_end(struct nj_cache_aside *aside, uint64_t from, uint64_t to,
                        uint8_t out[NJ_SHA256_SIZE]);
enum nj_cache_verdict {
    NJ_CACHE_CURRENT, /* the source has nothing else */
    NJ_CACHE_GREW,    /* a live one has more behind source_to */
    NJ_CACHE_CHANGED
};
/* What became of the source that the chain ending with this header was made of. */
int nj_cache_key_judge(const struct nj_platform *pf, const struct nj_cache_source *source,
                       const struct nj_segment_head *head, enum nj_cache_verdict *out,
                       struct nj_error *err);
/* Compares the bytes that a segment was made of with its full hash: *same. */
int nj_cache_key_verify(const struct nj_platform *pf, const struct nj_cache_source *source,
                        const struct nj_segment_head *head, bool *same, struct nj_error *err);

/* ---- cache_place.c ---- */
/* The folders for a journal folder, best first. */
int nj_cache_places(struct nj_cache *cache, struct nj_error *err);
/* The path of a segment in a place. */
int nj_cache_path(const struct nj_cache_place *place, const char *source, uint64_t from, char *out,
                  size_t cap, struct nj_error *err);
/* Opens a new file in the first place that takes one, made with the source's permissions. The
 * place's index; -1: none, cache->warning says why. */
int nj_cache_create(struct nj_cache *cache, mode_t mode, struct nj_cache_pending *out);
/* Closes and removes one that is not to be kept. */
void nj_cache_discard(struct nj_cache *cache, struct nj_cache_pending *pending);
/* Remembers one to be synced and renamed, soon or by nj_cache_publish(). */
void nj_cache_keep(struct nj_cache *cache, const struct nj_cache_pending *pending);
void nj_cache_publish(struct nj_cache *cache);
/* Notes the first reason why something is not kept. */
void nj_cache_warn(struct nj_cache *cache, const struct nj_error *why);
/* Removes segments of this journal that the series does not stand on; when something was built
 * also those of other journals whose source is gone, and what died half written. */
void nj_cache_sweep(struct nj_cache *cache);

/* ---- cache_build.c ---- */
/* Reads a source from byte `from` (behind lines_before lines) into a segment, kept where a place
 * takes it and otherwise in memory. previous: head_hash of the segment before (NULL: none).
 * *out NULL: it has no whole line more. */
int nj_cache_build(struct nj_cache *cache, const struct nj_cache_source *source, uint64_t from,
                   uint64_t lines_before, const uint8_t *previous, struct nj_segment **out,
                   struct nj_error *err);

/* ---- cache_series.c ---- */
/* Makes the pieces of the segments. */
int nj_cache_series(struct nj_cache *cache, struct nj_error *err);

/* ---- cache_gather.c ---- */
/* A row of a segment, and what decides its place. */
struct nj_row_ref {
    int64_t ts, seq;
    uint64_t row;
    uint32_t segment;
};
/* Adds a piece of rows from anywhere, copied in the order of refs. */
int nj_cache_gather(struct nj_cache *cache, const struct nj_row_ref *refs, size_t n,
                    struct nj_error *err);
/* Adds a piece that is a view: rows from..to of a segment. Joined to none. */
int nj_cache_view(struct nj_cache *cache, const struct nj_segment *segment, size_t from, size_t to,
                  struct nj_error *err);

/* ---- cache_hash.c ---- */
int nj_cache_hash(struct nj_cache *cache, char out[NJ_SHA256_HEX], struct nj_error *err);

/* Doubles an array of `size` byte elements when it is full; pf's memory. */
int nj_cache_grow(const struct nj_platform *pf, void **array, size_t n, size_t *cap, size_t size,
                  struct nj_error *err);

#endif
