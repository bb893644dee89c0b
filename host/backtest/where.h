/* where.h - a constraint on a set of parameters: "fast < slow && qty * 2 <= 10".
 *
 * Numbers, names, + - * /, < <= > >= == !=, && || !, parentheses, with C's precedence; two
 * comparisons are joined by &&, never chained. Doubles throughout: a comparison is 1 or 0, anything
 * but 0 is true, a division by 0 makes every comparison with it false. Pure; parsed once, asked
 * often. */
#ifndef NJ_BACKTEST_WHERE_H
#define NJ_BACKTEST_WHERE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define NJ_WHERE_STEPS 128

struct nj_where {
    struct nj_where_step {
        char op;      /* 'n' a number, 'v' a value, else what is done with the last one or two */
        size_t value; /* its place in the values */
        double number;
    } steps[NJ_WHERE_STEPS]; /* in the order of a calculator that takes operands first */
    size_t n;
};

/* The place of a name among the values; negative: there is no such name, err says why. */
typedef int (*nj_where_name_fn)(void *ctx, const char *name, struct nj_error *err);

/* NJ_ERR_INPUT: the line names the place, counted from 1. */
int nj_where_parse(struct nj_where *out, const char *text, nj_where_name_fn place, void *ctx,
                   struct nj_error *err);
bool nj_where_holds(const struct nj_where *where, const double *values);

#endif
