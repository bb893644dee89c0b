#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#undef nj_error_set
#undef nj_error_errno
#undef nj_error_context

int nj_error_vset(struct nj_error *err, int code, const char *fmt, va_list args)
{
    if (err) {
        err->code = code;
        vsnprintf(err->text, sizeof err->text, fmt, args);
        for (char *c = err->text; *c; c++) /* one line, whatever the subject held */
            if ((unsigned char)*c < ' ')
                *c = '?';
    }
    return code;
}

int nj_error_set(struct nj_error *err, int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    nj_error_vset(err, code, fmt, args);
    va_end(args);
    return code;
}

static int code_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return NJ_ERR_NO_SPACE;
    case ENOMEM:
        return NJ_ERR_NOMEM;
    case ENOENT:
        return NJ_ERR_NOT_FOUND;
    default:
        return NJ_ERR_IO;
    }
}

int nj_error_errno(struct nj_error *err, int number, const char *fmt, ...)
{
    int code = code_of_errno(number);
    va_list args;
    va_start(args, fmt);
    nj_error_vset(err, code, fmt, args);
    va_end(args);
    if (err) {
        char reason[96];
        size_t at = strlen(err->text);
        snprintf(err->text + at, sizeof err->text - at, ": %s",
                 strerror_r(number, reason, sizeof reason));
    }
    return code;
}

int nj_error_context(struct nj_error *err, const char *fmt, ...)
{
    char before[NJ_ERROR_TEXT], after[NJ_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(before, sizeof before, fmt, args);
    va_end(args);
    memcpy(after, err->text, sizeof after);
    int code = err->code;
    return nj_error_set(err, code, "%.250s: %.250s", before, after);
}

const char *nj_err_name(int code)
{
    static const char *const names[] = {"ok",      "internal",  "no_memory", "input",   "config",
                                        "io",      "not_found", "exists",    "limit",   "busy",
                                        "refused", "plugin",    "lost",      "no_space"};
    return code <= 0 && -code < (int)(sizeof names / sizeof names[0]) ? names[-code] : "unknown";
}
