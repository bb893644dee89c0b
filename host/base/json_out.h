/* json_out.h - writes JSON into a buffer: objects and lists with their commas, numbers as the one
 * number writer writes them.
 *
 * Used for answers and reports that are made member by member; events have their own codec. NaN and
 * infinities become null. Nothing here fails by itself: look at buf->failed once at the end. */
#ifndef NJ_BASE_JSON_OUT_H
#define NJ_BASE_JSON_OUT_H

#include "base/buf.h"

#include <stdint.h>

struct nj_json_out {
    struct nj_buf *buf;
    bool comma; /* the next value needs one in front */
};

/* `key` is NULL in a list and at the top. bracket: '{' or '['. */
void nj_put_open(struct nj_json_out *json, const char *key, char bracket);
/* bracket: '}' or ']'. */
void nj_put_close(struct nj_json_out *json, char bracket);
void nj_put_text(struct nj_json_out *json, const char *key, const char *text);
void nj_put_int(struct nj_json_out *json, const char *key, int64_t v);
void nj_put_uint(struct nj_json_out *json, const char *key, uint64_t v);
void nj_put_real(struct nj_json_out *json, const char *key, double v);
void nj_put_bool(struct nj_json_out *json, const char *key, bool v);
void nj_put_null(struct nj_json_out *json, const char *key);
/* Text that is JSON already. */
void nj_put_raw(struct nj_json_out *json, const char *key, const char *text, size_t len);

#endif
