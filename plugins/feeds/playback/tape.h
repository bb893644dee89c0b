/* playback/tape.h - recorded trades and bars out of a list of files, one after the other, in file
 * order.
 *
 * All files are opened and recognised when the tape is made, so that a missing one is known
 * before anything is played. A bad line is counted and told with file, line and reason (the first
 * ten of a file, then each tenth power), or ends the tape when it was asked to stop there. Events
 * out of order stay where they are, counted, and told once a file. Never writes a file, never reads
 * ahead more than a block, has no clock. */
#ifndef PLAYBACK_TAPE_H
#define PLAYBACK_TAPE_H

#include <njord/recorded.h>

struct tape_options {
    const char *files;           /* paths, separated by commas or newlines */
    const char *const *journals; /* instead of them: a chain of journals, their layout given */
    size_t n_journals;
    int64_t from_ns, to_ns;          /* from <= ts < to: a trade's ts_ns, a bar's ts_open */
    const char *only;                /* the symbol; NULL: those of `recorded`, none there: all */
    njord_recorded_options recorded; /* its texts must outlive the tape; events of other symbols
                                        than these are left out */
    int stop_on_error;
    void (*log)(const void *ctx, int level, const char *text); /* level: NJORD_LOG_* */
    const void *log_ctx;
};

struct tape_counts {
    uint64_t events;       /* played */
    uint64_t bad;          /* lines */
    uint64_t other;        /* whole lines with nothing to play */
    uint64_t left_out;     /* of symbols that are not the instance's */
    uint64_t out_of_order; /* older than one before them */
    uint64_t out_of_range;
};

/* Where it stands: enough to go on there after a restart. */
struct tape_position {
    uint64_t file;   /* index in the list; how many there are: at the end */
    uint64_t offset; /* bytes of the unpacked file that were played */
    uint64_t line;   /* lines likewise */
    int64_t last_ts_ns;
    struct tape_counts counts;      /* of all files */
    struct tape_counts file_counts; /* of the current file */
};

struct tape;

/* NULL: `why` (why_cap bytes) has one clause that names the file. */
struct tape *tape_new(const struct tape_options *options, char *why, size_t why_cap);
void tape_free(struct tape *tape);

/* The next event. 1; 0: no more; -1: a bad line or file ends it, tape_error() says so; from then
 * on 0. */
int tape_next(struct tape *tape, njord_recorded_line *out);

const char *tape_error(const struct tape *tape);
const struct tape_counts *tape_counts(const struct tape *tape);

void tape_tell(const struct tape *tape, struct tape_position *out);
/* Where the line of the last event begins: file, offset, line. */
void tape_mark(const struct tape *tape, uint64_t mark[3]);
/* Where it stood before the event with that mark (its counts, too, when that was one of the last
 * few): for a reader that is a little ahead of what it has played. */
void tape_tell_at(const struct tape *tape, const uint64_t mark[3], struct tape_position *out);
/* The path of a file of the list, NULL: no such index. */
const char *tape_path(const struct tape *tape, uint64_t index);

/* Goes on at a position of an earlier tape, in the file `path`, which may stand elsewhere in the
 * list by now ("" for the end of the list). From a fresh tape. 0; -1 and a clause in `why`: no
 * such file in the list, or it is not as it was. */
int tape_seek(struct tape *tape, const struct tape_position *at, const char *path, char *why,
              size_t why_cap);

#endif
