/* journal_model.h - what a journal must hold: lines with numbers, each with its fate.
 *
 * A test writes lines {"id":N,"pad":"..."} and notes what it was told of each;
 * journal_model_check() then reads the files and compares: what was acknowledged stands there
 * exactly once, what was refused does not, what waited at most once; every line is whole; numbers
 * of one file rise. */
#ifndef NJ_TESTS_JOURNAL_MODEL_H
#define NJ_TESTS_JOURNAL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_LINES 100000u

enum model_fate { MODEL_UNSENT, MODEL_REFUSED, MODEL_WAITS, MODEL_ACKED };

struct journal_model {
    uint8_t fate[MODEL_LINES]; /* by id */
    uint8_t seen[MODEL_LINES];
    uint32_t next;          /* the next unused id */
    bool refused_may_stand; /* a refused line may be found, at most once: see the users */
    uint64_t torn;          /* unterminated ends found */
    char why[512];          /* what is wrong */
};

/* Writes the line of an id with `pad` bytes of filling into out; returns its length. */
size_t journal_model_line(uint32_t id, size_t pad, char *out, size_t cap);
/* Everything that waits is acknowledged now. */
void journal_model_flushed(struct journal_model *m);
/* Reads each *.ndjson of dir; false: m->why says what is wrong. */
bool journal_model_check(struct journal_model *m, const char *dir);

#endif
