/* result_points.h - the points of a curve as text, for a result file and for the curve's own file:
 * `[ts_ns,value]` after `[ts_ns,value]`, `[ts_ns, value]` a line.
 *
 * Each number is made once for both: times share their seconds' and fractions' digits with their
 * neighbours, a value that stands still is not made again. The texts are njord_format_i64()'s and
 * njord_format_f64()'s. Used by result.c. Memory in, memory out; one thread. */
#ifndef NJ_BACKTEST_RESULT_POINTS_H
#define NJ_BACKTEST_RESULT_POINTS_H

#include "base/buf.h"

#include <njord/codec.h>
#include <stdint.h>

/* What the last point left. All zeros: nothing. */
struct nj_points {
    char fraction[12]; /* nine digits */
    int64_t fraction_ns;
    char value[NJORD_NUMBER_SIZE];
    size_t value_len;
    uint64_t value_bits;
    bool begun;
};

/* Adds points `from` to `to` (exclusive) to `list` (NULL: not), with commas between all that come
 * from one nj_points, and to `lines` (NULL: not). A zero in `list` has no sign. */
void nj_points_add(struct nj_points *points, const int64_t *ts_ns, const double *values,
                   size_t from, size_t to, struct nj_buf *list, struct nj_buf *lines);

#endif
