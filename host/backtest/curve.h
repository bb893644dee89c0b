/* curve.h - an equity curve from a file that anyone may have written: one point a line, CSV, or a
 * result of njord backtest.
 *
 * Which of the three is told by the first character that is no space: '[' is [ts_ns, equity] a
 * line, '{' a result, anything else CSV with the header ts_ns,equity (or ts). Strict: what does not
 * fit is refused with file and line, nothing is passed over. Owned by the verbs; one thread; opens
 * nothing but the file it is given. */
#ifndef NJ_BACKTEST_CURVE_H
#define NJ_BACKTEST_CURVE_H

#include "backtest/metrics.h"

struct nj_curve_file {
    int64_t *ts_ns;
    double *equity;
    size_t n;
    double initial;   /* capital before the first point: of a result; NaN: the file does not say */
    const char *unit; /* of times found out by their size: "s", "ms", "us", "ns"; else NULL */
};

/* Text of `len` bytes; name: for errors. NJ_ERR_INPUT: a line that is no point, times that do not
 * rise, a value that is not finite, no point at all; NJ_ERR_LIMIT; NJ_ERR_NOMEM. */
int nj_curve_read(struct nj_curve_file *out, const char *name, const char *text, size_t len,
                  struct nj_error *err);
/* The same of a file, at most 2 GiB; "-" is standard input. */
int nj_curve_load(struct nj_curve_file *out, const char *path, struct nj_error *err);
void nj_curve_free(struct nj_curve_file *curve);
struct nj_curve nj_curve_of(const struct nj_curve_file *curve);

#endif
