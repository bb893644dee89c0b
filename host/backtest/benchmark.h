/* benchmark.h - what the same capital, left alone, would have come to: buy and hold of a run's
 * symbols, and their prices, thinned for the result file.
 *
 * Pure: rows and the curve's times in, two lists out. Called by the runner after a run, in the
 * child. Costs are not in it: nothing is paid for the one purchase. */
#ifndef NJ_BACKTEST_BENCHMARK_H
#define NJ_BACKTEST_BENCHMARK_H

#include "backtest/result.h"

/* At each time of the curve a symbol's price is the close of its last bar that has closed by then
 * (with trades: its last trade before), and the benchmark the sum over symbols of capital / n x
 * price / first price; a symbol's share stays cash until it has a price. At most `most` points a
 * line. Fills result->benchmark and result->prices. NJ_ERR_NOMEM. */
int nj_bt_benchmark(struct nj_result *result, const struct nj_bt_series *series, uint32_t n_series,
                    enum nj_columns_kind kind, int64_t length_ns, size_t most,
                    struct nj_error *err);

#endif
