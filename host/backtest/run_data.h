/* run_data.h - the rows of a job: one series a symbol, of journals or of a CSV file, mapped from
 * the column cache or, where a CSV file was just read, in memory. Included by run.c and its tests
 * alone. */
#ifndef NJ_BACKTEST_RUN_DATA_H
#define NJ_BACKTEST_RUN_DATA_H

#include "backtest/result.h"
#include "backtest/run.h"
#include "journal/cache.h"

struct nj_bt_data {
    struct nj_bt_series series[NJ_BT_SYMBOLS];
    struct nj_result_data info[NJ_BT_SYMBOLS]; /* the hash is "" as long as nobody asked */
    char symbols[NJ_BT_SYMBOLS][NJORD_SYMBOL_SIZE];
    uint32_t n;
    struct nj_cache *caches[NJ_BT_SYMBOLS];
    uint64_t rows;
    int64_t first_ns, last_ns; /* ts of the first row, and the end of the last */
};

/* kind: what the strategy is to be shown. NJ_ERR_NOT_FOUND: nothing is stored for a symbol, or
 * nothing in the range: the line says what to do. */
int nj_bt_data_open(struct nj_bt_data *data, const struct nj_bt_request *request,
                    enum nj_columns_kind kind, const char *timeframe, struct nj_error *err);
/* What info[].hash is to be, for each series: a pass over all rows, so whoever needs none does
 * without, and others may have it done beside their work. */
int nj_bt_data_hash(const struct nj_bt_data *data, enum nj_columns_kind kind,
                    char (*out)[NJ_SHA256_HEX], struct nj_error *err);
/* Writes what was read from a CSV file into the column cache, if it is not there: beside other work
 * too, nothing that others read is touched. */
void nj_bt_data_keep(struct nj_bt_data *data);
void nj_bt_data_close(struct nj_bt_data *data);

#endif
