/* reader.h - journals read back: chains of files, plain and gzip, live and rotated, as one stream
 * of events.
 *
 * Several journals are merged, each in the order in which it was written: by time (the event's own,
 * of a bar its ts_open; equal times: the earlier named journal first) or by seq. An event without a
 * time (else its ts_recv_ns) or seq of its own stands behind the one that was written before it.
 * Memory is bounded by the number of journals, not by their size; gzip trailers (CRC-32, length)
 * are checked, damage is told at the latest at the file's end. A malformed line ends the reading
 * with FILE:LINE and why, or is counted with skip_bad; an unterminated last line of a live file is
 * the end of data. Reads only: never changes, locks or creates anything. A file that rotation
 * renames or compresses under the reader is read on: what was opened stays open, and a name that is
 * gone when its turn comes is looked up again. An open file a journal: thousands of journals need a
 * limit of open files (ulimit -n) above their number. One reader, one thread. */
#ifndef NJ_JOURNAL_READER_H
#define NJ_JOURNAL_READER_H

#include "base/err.h"

#include <njord/codec.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nj_reader_order { NJ_READ_BY_TIME, NJ_READ_BY_SEQ };

struct nj_reader_options {
    const char *dir;
    const char *const *stems; /* journals, by name; one that has no file gives nothing */
    size_t n_stems;
    int64_t from_ns, to_ns; /* own time, from <= ts < to; INT64_MIN, INT64_MAX: all. Whole files out
                               of range by their names are not opened; an event that was written
                               more than a day late is not looked for */
    uint64_t after_seq;     /* only events with a greater seq; 0: all. Files that end before it are
                               told by the first event of the next, and not read */
    enum nj_reader_order order;
    bool skip_bad;
};

struct nj_reader;

struct nj_read {
    const njord_event *event; /* valid until the next call */
    const char *stem;
    size_t stem_index; /* of options.stems */
    const char *path;  /* the file it stands in, and where */
    uint64_t line;
    const char *text; /* the line itself, without its end */
    size_t text_len;
};

struct nj_reader_stats {
    uint64_t events, lines, bad, files, bytes; /* bytes: unpacked */
};

int nj_reader_open(struct nj_reader **out, const struct nj_reader_options *options,
                   struct nj_error *err);
void nj_reader_close(struct nj_reader *reader);
/* 1: *out is the next event; 0: no more; negative: err. */
int nj_reader_next(struct nj_reader *reader, struct nj_read *out, struct nj_error *err);
void nj_reader_stats(const struct nj_reader *reader, struct nj_reader_stats *out);

#endif
