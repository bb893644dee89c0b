/* segment.h - one file of the column cache: the rows of one source as typed columns, mapped.
 *
 * The format is on doc/column-cache.md, byte for byte; struct nj_segment_head is its first KiB. A
 * segment is written once, under a temporary name, header last, and never changed again. Reading
 * one trusts nothing: size, header hash, kind and every offset and length are checked before a
 * column is given out, so that no segment, however made, leads to a read outside the map. The bytes
 * of the columns are compared with their hash on demand only (nj_segment_verify).
 * A segment may also live in memory, when no folder takes it. [any]. */
#ifndef NJ_JOURNAL_SEGMENT_H
#define NJ_JOURNAL_SEGMENT_H

#include "base/hash.h"
#include "base/platform.h"
#include "journal/columns.h"

#define NJ_SEGMENT_MAGIC   "NJCOLS\r\n"
#define NJ_SEGMENT_VERSION 1u
#define NJ_SEGMENT_ENDIAN  0x01020304u
#define NJ_SEGMENT_HEAD    1024u  /* bytes of the header */
#define NJ_SEGMENT_ALIGN   64u    /* of each column in the file */
#define NJ_SEGMENT_EDGE    65536u /* bytes of source_head and source_tail at most */

/* The sections of a file, in the order in which they stand in it. */
enum nj_segment_section {
    NJ_SECTION_TS,
    NJ_SECTION_SEQ,
    NJ_SECTION_TS_RECV,
    NJ_SECTION_OPEN,
    NJ_SECTION_HIGH,
    NJ_SECTION_LOW,
    NJ_SECTION_CLOSE,
    NJ_SECTION_VOLUME,
    NJ_SECTION_QUOTE_VOLUME,
    NJ_SECTION_TAKER_VOLUME,
    NJ_SECTION_TRADES,
    NJ_SECTION_PARTIAL,
    NJ_SECTION_PRICE,
    NJ_SECTION_QTY,
    NJ_SECTION_SIDE,
    NJ_SECTION_VENUE,
    NJ_SECTION_ID,
    NJ_SECTION_ID_TEXT, /* bytes, not rows */
    NJ_SECTION_VENUES,  /* NJORD_ASSET_SIZE bytes a venue */
    NJ_SECTIONS
};

/* flags */
#define NJ_SEGMENT_TS_STRICT 1u /* each ts greater than the one before */
#define NJ_SEGMENT_TS_SORTED 2u /* none smaller */
#define NJ_SEGMENT_SEQ_WHOLE 4u /* every row has a seq */
#define NJ_SEGMENT_SEQ_RISES 8u /* and each is greater than the one before */

struct nj_segment_extent {
    uint64_t offset, bytes; /* both 0: not there */
};

struct nj_segment_head {
    char magic[8];
    uint32_t version, endian, head_size;
    uint32_t kind; /* enum nj_columns_kind */
    uint64_t file_size, rows;
    int64_t min_ts, max_ts; /* 0 without rows */
    uint32_t flags, n_venues;
    char symbol[NJORD_SYMBOL_SIZE];
    char timeframe[8];
    uint64_t lines_before, lines, bad; /* of the source: before this segment, in it, refused */
    uint64_t source_dev, source_ino, source_size;
    int64_t source_mtime_ns, source_ctime_ns;
    uint64_t source_from, source_to;     /* the bytes of the source that this segment is made of */
    int64_t built_ns;                    /* wall clock when the source had been read */
    uint8_t source_head[NJ_SHA256_SIZE]; /* of the first EDGE bytes before source_to */
    uint8_t source_tail[NJ_SHA256_SIZE]; /* of the last EDGE bytes before source_to */
    uint8_t source_hash[NJ_SHA256_SIZE]; /* of all bytes from source_from to source_to */
    uint8_t previous[NJ_SHA256_SIZE];    /* head_hash of the segment that ends at source_from */
    uint8_t data_hash[NJ_SHA256_SIZE];   /* of the file behind the header */
    uint64_t mess_from, mess_to; /* rows outside [mess_from, mess_to) rise strictly in ts, and no
                                    row within lies before or behind them in time */
    int64_t first_seq, last_seq; /* with SEQ_RISES */
    struct nj_segment_extent sections[NJ_SECTIONS];
    uint8_t reserved[304];             /* zeros */
    uint8_t head_hash[NJ_SHA256_SIZE]; /* of the header before it */
};

/* Bytes a row takes in a section; 0: it is not counted in rows. */
size_t nj_section_width(enum nj_segment_section section);
/* Has a series of this kind such a section? */
bool nj_section_of(enum nj_segment_section section, enum nj_columns_kind kind);
/* The column of a view that a section holds; NULL: not there. Not of NJ_SECTION_VENUES. */
const void *nj_section_data(const struct nj_columns *columns, enum nj_segment_section section);
/* Points the view's column at data. */
void nj_section_point(struct nj_columns *columns, enum nj_segment_section section,
                      const void *data);

struct nj_segment {
    struct nj_segment_head head;
    struct nj_columns columns;
    const void *map; /* NULL: in memory */
    size_t map_size;
    struct nj_columns_builder *rows; /* in memory */
};

/* Is this a whole segment? head and columns (a view into data) are set when it is; data is aligned
 * to 8 bytes. NJ_ERR_INPUT: why not. */
int nj_segment_check(const void *data, size_t len, struct nj_segment_head *head,
                     struct nj_columns *columns, struct nj_error *err);
/* Maps a segment. NJ_ERR_NOT_FOUND; NJ_ERR_INPUT: damaged or of another version or machine. */
int nj_segment_open(struct nj_segment **out, const struct nj_platform *pf, const char *path,
                    struct nj_error *err);
/* The same of a file that is open. The descriptor stays the caller's. */
int nj_segment_map(struct nj_segment **out, const struct nj_platform *pf, int fd, const char *path,
                   struct nj_error *err);
void nj_segment_close(struct nj_segment *segment, const struct nj_platform *pf);
/* Compares the columns with their hash. NJ_ERR_INPUT: damaged. */
int nj_segment_verify(const struct nj_segment *segment, struct nj_error *err);

/* What a pass over the rows tells: min_ts, max_ts, flags, mess, first_seq and last_seq of head. */
void nj_segment_survey(const struct nj_columns *columns, struct nj_segment_head *head);
/* The first of ts[0..n), which do not fall, that is at or after `at`; n: none. */
size_t nj_rows_from(const int64_t *ts, size_t n, int64_t at);

#endif
