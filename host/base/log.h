/* log.h - the structured log: one JSON object a line in app.ndjson, readable lines on a terminal.
 *
 * A line is `ts` (ISO 8601, UTC, microseconds), `level`, `event` (a short stable name),
 * `component`, then fields. Created by main, handed down; never a global. Writing a line never
 * fails the caller: what cannot be written is counted. A line that repeats (same component and
 * event) more than NJ_LOG_BURST times a second is held back, and one line `held_back` says how many
 * were. One thread; whoever opens the file holds the lock of its folder. */
#ifndef NJ_BASE_LOG_H
#define NJ_BASE_LOG_H

#include "base/err.h"
#include "base/platform.h"

#include <stdbool.h>
#include <stdint.h>

#define NJ_LOG_BURST 100u /* lines a second of one component and event */

enum nj_level { NJ_DEBUG, NJ_INFO, NJ_WARN, NJ_ERROR };

struct nj_log;

struct nj_log_options {
    const struct nj_platform *platform;
    const char *path;   /* of app.ndjson, or NULL: no file */
    int terminal_fd;    /* readable lines go there, -1: nowhere */
    bool terminal_json; /* NDJSON there too (not a terminal and wanted so) */
    bool colour;
    enum nj_level level;
};

int nj_log_open(struct nj_log **out, const struct nj_log_options *options, struct nj_error *err);
void nj_log_close(struct nj_log *log);
/* Opens the file anew (SIGUSR1, after an outside rename). */
int nj_log_reopen(struct nj_log *log, struct nj_error *err);
void nj_log_set_level(struct nj_log *log, enum nj_level level);
/* Time of the lines: NULL is the platform's wall clock. */
void nj_log_set_clock(struct nj_log *log, int64_t (*now_ns)(void *ctx), void *ctx);
/* Lines that could not be written or were held back. */
uint64_t nj_log_lost(const struct nj_log *log);

/* A field of a line. */
struct nj_log_field {
    const char *key;
    enum { NJ_LOG_TEXT, NJ_LOG_INT, NJ_LOG_REAL, NJ_LOG_BOOL } kind;
    const char *text;
    int64_t i;
    double r;
};
#define NJ_TEXT(k, v) ((struct nj_log_field){(k), NJ_LOG_TEXT, (v), 0, 0})
#define NJ_INT(k, v)  ((struct nj_log_field){(k), NJ_LOG_INT, NULL, (int64_t)(v), 0})
#define NJ_REAL(k, v) ((struct nj_log_field){(k), NJ_LOG_REAL, NULL, 0, (v)})
#define NJ_BOOL(k, v) ((struct nj_log_field){(k), NJ_LOG_BOOL, NULL, (v), 0})

void nj_log_line(struct nj_log *log, enum nj_level level, const char *component, const char *event,
                 const struct nj_log_field *fields, size_t n_fields);

/* nj_log(log, NJ_INFO, "journal", "opened", NJ_TEXT("path", p), NJ_INT("bytes", n)); a NULL log
 * says nothing. */
#define nj_log(log, level, component, event, ...)                                                  \
    nj_log_line((log), (level), (component), (event), (struct nj_log_field[]){__VA_ARGS__},        \
                sizeof((struct nj_log_field[]){__VA_ARGS__}) / sizeof(struct nj_log_field))

/* "debug", "info", "warn", "error". */
const char *nj_level_text(enum nj_level level);

#endif
