/* err.h - what a function returns when it fails, and what a person reads then.
 *
 * A function that can fail returns 0 or a negative NJ_ERR_* and fills a struct nj_error where a
 * person will read it. The text says what failed, the subject in single quotes, where, then what to
 * do; lower case, no full stop. */
#ifndef NJ_BASE_ERR_H
#define NJ_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

enum nj_err {
    NJ_OK = 0,
    NJ_ERR_INTERNAL = -1, /* an invariant of ours did not hold */
    NJ_ERR_NOMEM = -2,
    NJ_ERR_INPUT = -3,  /* what came from outside is malformed or out of range */
    NJ_ERR_CONFIG = -4, /* the configuration says something that cannot be */
    NJ_ERR_IO = -5,     /* the system refused: see the text for errno's */
    NJ_ERR_NOT_FOUND = -6,
    NJ_ERR_EXISTS = -7,
    NJ_ERR_LIMIT = -8,    /* a bound was reached */
    NJ_ERR_BUSY = -9,     /* someone else holds it */
    NJ_ERR_REFUSED = -10, /* a rule says no: trust, ABI, permission */
    NJ_ERR_PLUGIN = -11,  /* a plugin failed or misbehaved */
    NJ_ERR_LOST = -12,    /* a connection is gone */
    NJ_ERR_NO_SPACE = -13 /* the disk is full */
};

#define NJ_ERROR_TEXT 512

struct nj_error {
    int code;                 /* an NJ_ERR_*, 0 while nothing failed */
    char text[NJ_ERROR_TEXT]; /* one line, cut at its end when too long */
};

/* Fills err (may be NULL) and returns code, so that one can write return nj_error_set(err,
 * NJ_ERR_INPUT, …). */
int nj_error_set(struct nj_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int nj_error_vset(struct nj_error *err, int code, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Like nj_error_set with ": " and the text of errno `number` behind it. ENOSPC, EDQUOT and EFBIG
 * become NJ_ERR_NO_SPACE, ENOMEM NJ_ERR_NOMEM, ENOENT NJ_ERR_NOT_FOUND, else NJ_ERR_IO. */
int nj_error_errno(struct nj_error *err, int number, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "what: " in front of the text that err already holds, as a caller does who knows more.
 * Returns err->code. */
int nj_error_context(struct nj_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The static analyzer looks at one file at a time: here it learns that an error is never 0. */
#ifdef __clang_analyzer__
#define nj_error_set(err, code, ...) ((void)(nj_error_set)(err, code, __VA_ARGS__), (code))
#define nj_error_errno(err, ...)     ((void)(nj_error_errno)(err, __VA_ARGS__), NJ_ERR_IO)
#define nj_error_context(err, ...)   ((void)(nj_error_context)(err, __VA_ARGS__), NJ_ERR_INTERNAL)
#endif

/* The name of a code: "io", "config", … */
const char *nj_err_name(int code);

#endif
