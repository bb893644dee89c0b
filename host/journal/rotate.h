/* rotate.h - a live journal becomes a dated file, and a new one begins.
 *
 * Prepare: an empty file under a temporary name (.STEM.ndjson.new), synced, its folder synced.
 * Commit: the live file gets its dated name beside the one it has (a hard link, which never
 * replaces anything; where there are none, a rename that does not), then the new file takes the
 * live name in one step. Roll back: the dated name goes, the live file goes on. A death between any
 * two steps leaves one of: a temporary file; one file with both names; both done.
 * nj_rotate_recover() finishes each. Without hard links there is a moment without a live file,
 * which is the same as one that is empty.
 *
 * Which file and when is the set's to say (journal.c), as is syncing what was written. Never writes
 * a line, never touches one. [loop] only. */
#ifndef NJ_JOURNAL_ROTATE_H
#define NJ_JOURNAL_ROTATE_H

#include "journal/journal_file.h"
#include "journal/names.h"

/* The own time of a journal's line: ts_open of a bar, ts_fill_ns of a fill, ts_ns. The contract is
 * the stem's, else the one that the line names. False: no such journal or no such line. `pf` gives
 * the memory. */
bool nj_line_time(const struct nj_platform *pf, const char *stem, const char *line, size_t len,
                  int64_t *ts_ns);

/* Are the dated names of a journal in the order of writing over all runs? All are but those of
 * market data: that may be history, written after what is newer. */
bool nj_rotate_in_order(const char *stem);

/* The day of a file whose first line is of `day`: not before that of the file in front of it.
 * NJ_DAY_NONE stays. */
int32_t nj_rotate_day(const struct nj_jfile *f, int32_t day);

/* Learns the day of an open file's first line into f->day (NJ_DAY_NONE: empty, or none of its
 * lines' times is known), unless it knows. */
void nj_rotate_learn(const struct nj_jfile_env *env, struct nj_jfile *f);

/* Rotates an open file for which nothing waits: f is the new one then, and *old_fd, *dated (cap
 * NJ_PATH_MAX) what it was. day: for its name. sync: each step is in the disk before the next.
 * NJ_ERR_NOT_FOUND: someone has taken the live file away. On failure f is as it was. */
int nj_rotate_file(const struct nj_jfile_env *env, struct nj_jfile *f, int32_t day, bool sync,
                   int *old_fd, char *dated, struct nj_error *err);

/* Finishes what an earlier death left of rotations, then lists the folder. Whoever calls it holds
 * the folder's lock. What cannot be tidied up and does no harm is logged. */
int nj_rotate_recover(const struct nj_platform *pf, struct nj_log *log, const char *dir,
                      struct nj_journal_files *out, struct nj_error *err);

#endif
