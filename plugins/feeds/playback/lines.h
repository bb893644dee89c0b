/* playback/lines.h - the lines of a text file, plain or gzip, one after the other in bounded
 * memory.
 *
 * gzip is recognised by its first bytes and read through libarchive, which does not look at the
 * checksums: CRC-32 and length of every member are computed here and compared with its trailer. A
 * file that fails has given its lines up to there. Owned by one reader, one role at a time. Never
 * writes, never keeps more than PLAY_LINE_MAX bytes and a block. */
#ifndef PLAYBACK_LINES_H
#define PLAYBACK_LINES_H

#include <stddef.h>
#include <stdint.h>

#define PLAY_LINE_MAX (1u << 20) /* bytes of the longest line that is taken */

struct play_line {
    const char
        *text; /* without its line end (\n or \r\n); not NUL-ended; valid until the next call */
    size_t len;
    uint64_t number; /* from 1 */
    uint64_t end;    /* bytes (unpacked) from the start of the file to the start of the next line */
    int too_long;    /* longer than PLAY_LINE_MAX: text is empty */
    int torn;        /* the last line, without a line end */
};

struct play_lines;

/* Opens `path`, a regular file. NULL: `why` says why not, starting with "file 'PATH'". */
struct play_lines *play_lines_open(const char *path, char *why, size_t why_cap);
void play_lines_close(struct play_lines *lines);

/* 1: *out is the next line; 0: no more; -1: the file cannot be read on, see play_lines_error(). */
int play_lines_next(struct play_lines *lines, struct play_line *out);

/* Goes on at `offset` (play_line.end of an earlier reading) as line `number`, from a freshly opened
 * file. 0, or -1: the file is shorter than that, has no line end there, or cannot be read. */
int play_lines_seek(struct play_lines *lines, uint64_t offset, uint64_t number);

/* Why the last call failed, starting with "file 'PATH'"; "" when none did. */
const char *play_lines_error(const struct play_lines *lines);

#endif
