/* space.h - the sets of parameters that a sweep runs: every combination of the values given, or so
 * many drawn at random, less those that a constraint rules out.
 *
 * An axis is a parameter and its values, texts as a configuration has them: "k=10,20,30",
 * "k=0.01..0.05:0.01" (both ends; decimal steps counted by integers, so that 0.03 is 0.03),
 * "k=1..3" (whole numbers, steps of 1), and these mixed. Sets are counted from 0 in the order of
 * the axes, the last axis running fastest; a set drawn at random keeps its place in that order.
 * Pure; owned by the verb. */
#ifndef NJ_BACKTEST_SPACE_H
#define NJ_BACKTEST_SPACE_H

#include "base/err.h"
#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

#define NJ_SPACE_AXES   32u
#define NJ_SPACE_VALUES 1000000u  /* of one axis */
#define NJ_SPACE_SETS   10000000u /* of a sweep */
#define NJ_SPACE_TEXT   128u      /* of a value, with its NUL */
#define NJ_SPACE_NAME   64u

struct nj_space;

struct nj_space *nj_space_new(void); /* NULL: out of memory */
void nj_space_free(struct nj_space *space);

/* "NAME=VALUES". NJ_ERR_INPUT: what is wrong with it; NJ_ERR_LIMIT. */
int nj_space_axis(struct nj_space *space, const char *text, struct nj_error *err);
/* A constraint over the axes so far (where.h); several hold together. */
int nj_space_where(struct nj_space *space, const char *text, struct nj_error *err);
/* Chooses the sets: all that the constraints leave, or `samples` of them (not 0) drawn by the seed,
 * none twice. NJ_ERR_LIMIT: more than NJ_SPACE_SETS; NJ_ERR_NOT_FOUND: none is left. */
int nj_space_choose(struct nj_space *space, uint64_t samples, uint64_t seed, struct nj_error *err);

uint32_t nj_space_axes(const struct nj_space *space);
const char *nj_space_name(const struct nj_space *space, uint32_t axis);
uint64_t nj_space_values(const struct nj_space *space, uint32_t axis);
/* Value number i of an axis as text. */
void nj_space_value(const struct nj_space *space, uint32_t axis, uint64_t i,
                    char out[NJ_SPACE_TEXT]);
/* All combinations, and the sets chosen. */
uint64_t nj_space_grid(const struct nj_space *space);
uint64_t nj_space_sets(const struct nj_space *space);
/* Which value each axis has in a set. */
void nj_space_places(const struct nj_space *space, uint64_t set, uint64_t out[NJ_SPACE_AXES]);

/* The parameters of one set; they point into it. */
struct nj_space_set {
    struct nj_param_text params[NJ_SPACE_AXES];
    char texts[NJ_SPACE_AXES][NJ_SPACE_TEXT];
};
void nj_space_set(const struct nj_space *space, uint64_t set, struct nj_space_set *out);

/* The next number of a seed that is below n, each as likely. */
uint64_t nj_space_below(uint64_t *state, uint64_t n);

#endif
