/* bench_scan.h - the one contestant of bench_scan that is not C. Owned by the benchmarks. */
#ifndef TESTS_BENCH_BENCH_SCAN_H
#define TESTS_BENCH_BENCH_SCAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the lines of text (65 bytes behind it may be read) into columns of doubles and integers;
 * the rows, and the sum of a column. 0, or -1 when it refuses. */
int bench_simdjson(const char *text, size_t len, int bars, uint64_t *rows, double *sum);

#ifdef __cplusplus
}
#endif

#endif
