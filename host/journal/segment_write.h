/* segment_write.h - makes a segment of the column cache out of rows that come in pieces.
 *
 * Rows of a large source do not stay in memory: each piece but the last is put into a scratch file
 * (a name that is gone as soon as it is open), column by column; at the end each column is gathered
 * from the pieces into the segment. That writes a large source's columns twice, in order, with a
 * buffer of 256 KiB; a temporary file a column would need twenty descriptors for the same, and a
 * first pass to count the rows would unpack a gzip source twice. A source of one piece is written
 * once. The header comes last, so that a file cut short is no segment. Owned by whoever builds;
 * never renames, syncs or removes the segment itself. [any]. */
#ifndef NJ_JOURNAL_SEGMENT_WRITE_H
#define NJ_JOURNAL_SEGMENT_WRITE_H

#include "journal/segment.h"

struct nj_segment_writer;

/* scratch_dir: where the scratch file may be made. NJ_ERR_NOMEM. */
int nj_segment_writer_new(struct nj_segment_writer **out, const struct nj_platform *pf,
                          const char *scratch_dir, enum nj_columns_kind kind, struct nj_error *err);
void nj_segment_writer_free(struct nj_segment_writer *writer);
/* The segment will have zeros for data_hash: one that is never compared with it. */
void nj_segment_writer_unhashed(struct nj_segment_writer *writer);
/* Puts a piece aside; the view may go afterwards. NJ_ERR_INPUT: of another symbol or timeframe, or
 * more venues than a journal may have; else the disk's or memory's refusal. */
int nj_segment_spill(struct nj_segment_writer *writer, const struct nj_columns *piece,
                     struct nj_error *err);
/* Writes everything put aside and then `last` (may be empty) to fd, an empty file open for reading
 * and writing. head has the members of the source (lines_before to previous); the others are set
 * here. */
int nj_segment_write(struct nj_segment_writer *writer, const struct nj_columns *last,
                     struct nj_segment_head *head, int fd, struct nj_error *err);

#endif
