/* scan_csv.h - rows of a CSV file into columns, at the pace of memory.
 *
 * A row of bars or trades whose fields are plain (no quotes, no blanks beside them, times as whole
 * numbers or YYYY-MM-DD HH:MM:SS) is taken apart by a scanner of our own, which looks at every
 * byte. A row that it does not know how to read goes through njord_recorded_read(), the reader of
 * all layouts; both accept and refuse the same rows and give the same values: a fuzzer and tests
 * hold them together. So do files that are no CSV: all their lines take that way. Memory in, rows
 * out; nj_scan_csv_file reads the file. [any]. */
#ifndef NJ_JOURNAL_SCAN_CSV_H
#define NJ_JOURNAL_SCAN_CSV_H

#include "journal/columns.h"

#include <njord/recorded.h>

struct nj_scan_csv {
    const njord_recorded *recorded; /* what the file's first lines told */
    struct nj_columns_builder *into;
    bool skip_bad; /* count a bad line and go on */
    bool slowly;   /* every line takes the long way (tests) */
    /* out */
    uint64_t lines, bad, slow; /* of data: read; refused; that took the long way */
    uint64_t bytes;            /* unpacked, up to the end of the last line read */
};

/* Reads all rows of a file, plain or gzip. A bad line is NJ_ERR_INPUT "FILE:LINE: why" unless
 * skip_bad; NJ_ERR_NOT_FOUND: no such file; NJ_ERR_IO: damaged or unreadable. */
int nj_scan_csv_file(struct nj_scan_csv *scan, const char *path, struct nj_error *err);
/* The same of whole lines text[0..len) of it ('\n' ended; the last may lack it), the first being
 * line `number`; path: for errors. */
int nj_scan_csv_lines(struct nj_scan_csv *scan, const char *path, const char *text, size_t len,
                      uint64_t number, struct nj_error *err);

#endif
