/* run_data.h - the rows of a job: one series a symbol, mapped from the column cache or read from a
 * file. Included by run.c and its tests alone. */
#ifndef NJ_BACKTEST_RUN_DATA_H
#define NJ_BACKTEST_RUN_DATA_H

#include "backtest/result.h"
#include "backtest/run.h"
#include "journal/cache.h"

struct nj_bt_data {
    struct nj_bt_series series[NJ_BT_SYMBOLS];
    struct nj_result_data info[NJ_BT_SYMBOLS];
    char symbols[NJ_BT_SYMBOLS][NJORD_SYMBOL_SIZE];
    uint32_t n;
    struct nj_cache *caches[NJ_BT_SYMBOLS];
    struct nj_columns_builder *built; /* of a CSV file */
    struct nj_columns view;           /* of it */
    uint64_t rows;
    int64_t first_ns, last_ns; /* ts of the first row, and the end of the last */
};

/* kind: what the strategy is to be shown. NJ_ERR_NOT_FOUND: nothing is stored for a symbol, or
 * nothing in the range: the line says what to do. */
int nj_bt_data_open(struct nj_bt_data *data, const struct nj_bt_request *request,
                    enum nj_columns_kind kind, const char *timeframe, struct nj_error *err);
void nj_bt_data_close(struct nj_bt_data *data);

#endif
