/* json.h - what the snapshots of this folder write and read: numbers that come back the same, sums,
 * ids. Read with jansson, which takes no key twice; every member's type and range is asked for. */
#ifndef NJ_TRADE_JSON_H
#define NJ_TRADE_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "trade/idset.h"
#include "trade/sum.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

void nj_json_put_i64(struct nj_buf *out, int64_t v);
/* Finite; -0 as 0. */
void nj_json_put_f64(struct nj_buf *out, double v);
void nj_json_put_sum(struct nj_buf *out, struct nj_sum v);
/* A list of ids as text of 32 hexadecimal digits, oldest first; with_time: each [id, ts_ns]. */
void nj_json_put_ids(struct nj_buf *out, const struct nj_idset *set, bool with_time);

/* An object with "version": 1, to be given back with json_decref(); NULL: err says. */
json_t *nj_json_read(const char *text, size_t len, const char *what, struct nj_error *err);
/* A member of an object: false, NULL when it is not there or of another type, not finite, empty, or
 * with its NUL longer than `size`. The text is the object's. */
bool nj_json_i64(const json_t *from, const char *key, int64_t *out);
bool nj_json_f64(const json_t *from, const char *key, double *out);
bool nj_json_sum(const json_t *from, const char *key, struct nj_sum *out);
const char *nj_json_text(const json_t *from, const char *key, size_t size);
int nj_json_ids(const json_t *from, struct nj_idset *set, bool with_time, const char *what,
                struct nj_error *err);

#endif
