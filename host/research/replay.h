/* replay.h - journals of several symbols and timeframes as the one stream that a host delivered.
 *
 * Reads through journal/reader.h, merges as njord/merge.h says: the delivery time decides where it
 * was recorded, a bar comes before the trade that closed it. The same journals and range give the
 * same sequence. Reads only; memory is bounded by the number of journals. [any]. */
#ifndef NJ_RESEARCH_REPLAY_H
#define NJ_RESEARCH_REPLAY_H

#include "base/err.h"

#include <njord/merge.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nj_replay_options {
    const char *dir;
    const char *const *symbols; /* with or without the slash */
    size_t n_symbols;
    const char *const *timeframes; /* "trades", "1m", … */
    size_t n_timeframes;
    int64_t from_ns, to_ns; /* from <= ts < to: a trade's ts_ns, a bar's ts_open */
    bool skip_bad;          /* malformed lines are counted; else the first is the error */
};

struct nj_replay;

/* One stream; its name is "md.trades.ATOMUSDT", "ohlcv.1m.ATOMUSDT". */
struct nj_replay_stats {
    uint64_t trades, bars;
    uint64_t doubles, late; /* bars that a later line replaced; left out, older than their last */
    uint64_t foreign;       /* lines of another symbol than asked for */
    uint64_t bad;           /* malformed lines passed over */
};

/* NJ_ERR_INPUT: a symbol or timeframe that is none, or one twice; NJ_ERR_NOT_FOUND: no folder, or
 * none of the journals. */
int nj_replay_open(struct nj_replay **out, const struct nj_replay_options *options,
                   struct nj_error *err);
void nj_replay_close(struct nj_replay *replay);
/* 1: *event is the next (valid until the next call), *topic its own; 0: no more; negative: err
 * names file and line. */
int nj_replay_next(struct nj_replay *replay, const njord_event **event, const char **topic,
                   struct nj_error *err);
void nj_replay_stats(const struct nj_replay *replay, struct nj_replay_stats *out);

/* The journals that are read, and those asked for that have no file. */
size_t nj_replay_journals(const struct nj_replay *replay);
const char *nj_replay_journal(const struct nj_replay *replay, size_t i, bool *missing);
/* An upper bound of the last event's time, for those who show progress; INT64_MAX: not known. */
int64_t nj_replay_end(const struct nj_replay *replay);

#endif
