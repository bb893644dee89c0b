/* compressor.h - the thread that finishes journals beside the loop: syncs and closes what a
 * rotation has handed over, compresses what is old enough.
 *
 * One thread of low priority with a queue, and a look at the folder at start and each minute, so
 * that nothing is forgotten that an earlier life left. It works through files alone (compress.h):
 * whatever it does can be cut off at any moment. Stopped it gives up the file in hand, leaving no
 * trace, and is gone within milliseconds; drained it first does all that is due. Never logs, never
 * touches a live file: what it has to say is fetched by the loop. */
#ifndef NJ_JOURNAL_COMPRESSOR_H
#define NJ_JOURNAL_COMPRESSOR_H

#include "base/log.h"
#include "journal/compress.h"

struct nj_compressor_options {
    const struct nj_platform *platform; /* called by the thread too */
    const char *dir;
    bool compress;             /* else it only syncs */
    int64_t compress_after_ns; /* age, by the time of the last write; 0: at once */
};

struct nj_compressor;

int nj_compressor_start(struct nj_compressor **out, const struct nj_compressor_options *options,
                        struct nj_error *err);
/* [loop] A file is finished; fd (-1: none) is to be synced and closed. As
 * nj_journals_options.finished, ctx: the compressor. */
void nj_compressor_take(void *compressor, const char *path, int fd);
/* [loop] What it has done so far. */
void nj_compressor_stats(struct nj_compressor *compressor, struct nj_compress_stats *out);
/* [loop] Logs what went wrong since the last call, the same failure once. */
void nj_compressor_report(struct nj_compressor *compressor, struct nj_log *log);
/* Ends it. drain: after all that is due. What was handed over is synced and closed in any case.
 * NULL is fine. */
void nj_compressor_stop(struct nj_compressor *compressor, bool drain, struct nj_log *log);

#endif
