/*
 * njord/lines.h - the lines of a text file, plain or gzip, in bounded memory: one after the other,
 * or in blocks of whole lines.
 *
 * gzip is recognised by its first bytes and read through libarchive, which does not look at the
 * checksums: CRC-32 and length of every member are computed here and compared with its trailer. A
 * file that fails has given its lines up to there. Owned by one reader, one role at a time. Never
 * writes, never keeps more than NJORD_LINE_MAX bytes and a block.
 *
 * Who uses it links libarchive (`-larchive` behind `-lnjord-sdk`); nothing else of the SDK does.
 */
#ifndef NJORD_LINES_H
#define NJORD_LINES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NJORD_LINE_MAX  (1u << 20)    /* bytes of the longest line that is taken */
#define NJORD_BLOCK_MAX (1280u << 10) /* bytes of the longest block */

typedef struct njord_line {
    const char
        *text; /* without its line end (\n or \r\n); not NUL-ended; valid until the next call */
    size_t len;
    uint64_t number; /* from 1 */
    uint64_t end;    /* bytes (unpacked) from the start of the file to the start of the next line */
    int too_long;    /* longer than NJORD_LINE_MAX: text is empty */
    int torn;        /* the last line, without a line end */
} njord_line;

/* One or more whole lines with their ends ("\n"; a "\r" before it is part of the text). A byte
 * order mark at the start of the file is not in it. */
typedef struct njord_block {
    const char *text; /* not NUL-ended; valid until the next call */
    size_t len;
    uint64_t number;  /* of the first line, from 1 */
    uint64_t n_lines; /* lines that begin in it */
    uint64_t end;     /* bytes (unpacked) from the start of the file to the end of the block */
    int too_long;     /* a single line longer than NJORD_LINE_MAX: text is empty */
    int torn;         /* a single line, the file's last, without a line end */
} njord_block;

typedef struct njord_lines njord_lines;

/* Opens `path`, a regular file; what its name says is gzip (.gz) must be. NULL: `why` says why not,
 * starting with "file 'PATH'"; errno is ENOENT when there is no such file. */
njord_lines *njord_lines_open(const char *path, char *why, size_t why_cap);
void njord_lines_close(njord_lines *lines);

/* 1: *out is the next line; 0: no more; -1: the file cannot be read on, see njord_lines_error(). */
int njord_lines_next(njord_lines *lines, njord_line *out);

/* The same for the next run of whole lines, as many as are at hand. The two may be mixed. */
int njord_lines_block(njord_lines *lines, njord_block *out);

/* Goes on at `offset` (njord_line.end of an earlier reading) as line `number`, from a freshly
 * opened file. 0, or -1: the file is shorter than that, has no line end there, or cannot be read.
 */
int njord_lines_seek(njord_lines *lines, uint64_t offset, uint64_t number);

/* Why the last call failed, starting with "file 'PATH'"; "" when none did. */
const char *njord_lines_error(const njord_lines *lines);

#ifdef __cplusplus
}
#endif

#endif
