/* result_text.h - a result's file as one text. Owned by the tests. */
#ifndef NJ_TESTS_RESULT_TEXT_H
#define NJ_TESTS_RESULT_TEXT_H

#include "backtest/result.h"

static inline int result_text_take(void *buf, const char *data, size_t len, struct nj_error *err)
{
    return nj_buf_add(buf, data, len) ? 0 : nj_error_set(err, NJ_ERR_NOMEM, "out of memory");
}

/* Adds it to out. */
static inline int result_text(const struct nj_result *result, struct nj_buf *out,
                              struct nj_error *err)
{
    struct nj_result_sink sink = {result_text_take, out};
    return nj_result_pour(result, &sink, NULL, err);
}

#endif
