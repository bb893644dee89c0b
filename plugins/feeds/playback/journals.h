/* playback/journals.h - the journals of a folder: which files a journal's chain has. Reads the
 * folder's names once, opens no file. */
#ifndef PLAYBACK_JOURNALS_H
#define PLAYBACK_JOURNALS_H

#include <njord/journal.h>

struct journals_file {
    njord_journal_name name;
    char *path;
};

struct journals {
    struct journals_file *files; /* by stem, day, part; none twice */
    size_t n;
};

/* 0; -1 and a clause in `why` that names the folder. */
int journals_read(struct journals *journals, const char *dir, char *why, size_t why_cap);
void journals_free(struct journals *journals);

/* The paths of a journal's files that may hold something of [from_ns, to_ns), in order; an array to
 * be freed (its texts are the folder's), NULL: out of memory. *n: how many. */
const char **journals_chain(const struct journals *journals, const char *stem, int64_t from_ns,
                            int64_t to_ns, size_t *n);

#endif
