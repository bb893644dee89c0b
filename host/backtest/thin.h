/* thin.h - fewer points of a curve that draw the same picture: of each stretch the lowest and the
 * highest.
 *
 * Pure. Extremes of the whole are kept exactly, as are the first and the last point; no value is
 * invented or averaged. Used for what a result file keeps of prices and for every curve of a
 * report. */
#ifndef NJ_BACKTEST_THIN_H
#define NJ_BACKTEST_THIN_H

#include <stddef.h>

/* Fewest points that may be asked for. */
#define NJ_THIN_LEAST 4u

/* The places to keep of n finite values, rising, into kept (room for n, or for `most` if that is
 * less). All of them when n <= most; else at most `most`. Returns how many. */
size_t nj_thin(const double *values, size_t n, size_t most, size_t *kept);

#endif
