/* lives.h - a writer of journals in a child that is killed with SIGKILL at moments that nobody
 * chose, one life after another in the same folder; and the model of what was acknowledged to it.
 * For soaks. Owned by the tests. */
#ifndef TESTS_SUPPORT_LIVES_H
#define TESTS_SUPPORT_LIVES_H

#include "journal_model.h"

#include <stdbool.h>
#include <stdint.h>

#define LINES_A_LIFE 2000u

/* What a child says: that a line is kept, or all up to it. */
struct life_ack {
    uint32_t id;
    uint32_t flushed; /* 1: every line of this life before id too */
};

struct lives {
    const char *name; /* of the soak, for messages */
    /* Writes LINES_A_LIFE lines from number `first` on and says over `acks` what was kept. */
    void (*live)(const struct lives *lives, uint32_t first, uint64_t seed, int acks);
    uint32_t max_acks, max_spin; /* it dies after fewer acknowledgements, and turns of a loop */
    uint64_t seed, acks;         /* drawn from; heard so far */
    struct journal_model model;
    char dir[256];
};

/* The seed ($NJORD_SEED, else the time) is printed, the folder made on a real file system. Returns
 * whether it is to be a long one ($NJORD_SOAK). */
bool lives_begin(struct lives *lives, const char *name);
/* Ends the program with a line. */
_Noreturn void lives_die(const struct lives *lives, const char *what, const char *why);
/* A number below `below`. */
uint32_t lives_draw(uint64_t *seed, uint32_t below);
/* Empties the folder and the model. */
void lives_anew(struct lives *lives);
/* One life and death; model.fate says what was acknowledged. */
void lives_kill_one(struct lives *lives);
/* For lives->live: says an acknowledgement. */
void lives_say(int acks, uint32_t id, bool flushed);

#endif
