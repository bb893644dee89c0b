/* data.h - what the commands of `njord data` share: their common options, texts, progress. */
#ifndef NJ_CLI_DATA_H
#define NJ_CLI_DATA_H

#include "base/json_out.h"
#include "cli/cli.h"

#include <stdint.h>

int nj_verb_data_list(struct nj_cli *cli);
int nj_verb_data_import(struct nj_cli *cli);
int nj_verb_data_export(struct nj_cli *cli);
int nj_verb_data_validate(struct nj_cli *cli);

/* Which series: the one --symbol, the one --timeframe ("trades" counts as one), --kind. */
struct nj_data_choice {
    const char *symbol;
    const char *timeframe; /* NULL: not given, or of what has none */
    uint32_t type;         /* NJORD_EV_BAR, _TRADE, _FILL, _POSITION_SNAPSHOT; 0: not said */
};

/* 0, or an exit code after the mistake was told. all_kinds: fills and positions too. */
int nj_data_choose(struct nj_cli *cli, bool all_kinds, struct nj_data_choice *out);

#define NJ_DATA_TEXT 48
/* "2021-04-25T04:01:00Z", with a fraction where there is one; "-" for none. Returns out. */
const char *nj_data_time(int64_t ts_ns, char out[NJ_DATA_TEXT]);
/* "1,234,567". */
const char *nj_data_count(uint64_t n, char out[NJ_DATA_TEXT]);
/* A line of a report, "  1,234 text"; none for none. */
void nj_data_note(uint64_t n, const char *text);
/* "12.3 MB". */
const char *nj_data_bytes(uint64_t bytes, char out[NJ_DATA_TEXT]);

/* Rows and rate on standard error while something long runs; nothing where that is no terminal. */
struct nj_data_progress {
    int64_t started_ns, told_ns;
    bool on, shown;
};
void nj_data_progress_start(struct nj_data_progress *progress);
/* ctx: a struct nj_data_progress. bytes UINT64_MAX: reading is over, days are being written. */
void nj_data_progress_tell(void *ctx, uint64_t rows, uint64_t bytes);
/* Takes the line away again. */
void nj_data_progress_end(struct nj_data_progress *progress);

/* Prints what was gathered and a line end; ends the buffer. Returns an exit code. */
int nj_data_print_json(struct nj_cli *cli, struct nj_buf *buf, int code);
/* A time, or null for none. */
void nj_data_put_time(struct nj_json_out *json, const char *key, int64_t ts_ns);

#endif
