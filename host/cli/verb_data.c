/* verb_data.c - njord data: its commands in one table. */
#include "cli/data.h"

#define WHERE (NJ_OPT_CONFIG | NJ_OPT_JOURNAL_DIR)

const struct nj_verb nj_data_verbs[] = {
    {"list", "symbols, timeframes, ranges, rows, holes and sizes", "", 0, 0, WHERE | NJ_OPT_JSON,
     "Bars and trades in the journals. Holes are runs of missing bars, or of missing trade ids.\n",
     "njord data list", nj_verb_data_list, NULL},
    {"import", "history from a file into the journals, a file a day", "FILE", 1, 1,
     WHERE | NJ_OPT_JSON | NJ_OPT_SYMBOL | NJ_OPT_KIND | NJ_OPT_TIMEFRAME | NJ_OPT_LAYOUT |
         NJ_OPT_COLUMNS | NJ_OPT_TIME_UNIT | NJ_OPT_DELIMITER | NJ_OPT_VENUE | NJ_OPT_DRY_RUN |
         NJ_OPT_REPLACE | NJ_OPT_ROUND,
     "CSV under a header (or with --columns), dumps of the Binance family, raw captures, NDJSON;\n"
     "plain or gzip; - is standard input. Layout, delimiter, unit of times and timeframe are\n"
     "found out and shown. All or nothing: a bad line is told with its number and the journals\n"
     "stay as they were. Rows that are stored already are not stored twice; one that is stored\n"
     "with other values is refused, or replaced with --replace. Not while a host writes there.\n",
     "njord data import atom.csv.gz --symbol ATOM/USDT --kind bars", nj_verb_data_import, NULL},
    {"export", "what the journals hold, as CSV, NDJSON or JSON", "", 0, 0,
     WHERE | NJ_OPT_JSON | NJ_OPT_SYMBOL | NJ_OPT_KIND | NJ_OPT_TIMEFRAME | NJ_OPT_START |
         NJ_OPT_END | NJ_OPT_FORMAT | NJ_OPT_OUTPUT | NJ_OPT_FORCE | NJ_OPT_SKIP_BAD,
     "CSV opens with the contract's field names. A file that is there is kept, unless --force.\n",
     "njord data export --symbol ATOM/USDT --timeframe 1m --format csv --output atom.csv",
     nj_verb_data_export, NULL},
    {"validate", "gaps, doubles, disorder, impossible rows, spikes, flat lines", "", 0, 0,
     WHERE | NJ_OPT_JSON | NJ_OPT_SYMBOL | NJ_OPT_TIMEFRAME | NJ_OPT_START | NJ_OPT_END |
         NJ_OPT_MAX_RETURN | NJ_OPT_MAX_Z | NJ_OPT_MAX_VOLUME | NJ_OPT_WINDOW | NJ_OPT_FLAT,
     "Exit code 1 when something is found. A value equal to its limit passes.\n",
     "njord data validate --symbol ATOM/USDT --timeframe 1m", nj_verb_data_validate, NULL},
    {0}};
