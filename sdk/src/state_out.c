/* state_out.c - writing saved state; reading is state_in.c. See njord/state.h. [control] */
#include "msgpack_wire.h"
#include "state_impl.h"
#include "text_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room that the outermost map's header may need at most. Inner headers always take WIRE_HEADER_SIZE
 * bytes, because their counts are known last. */
#define FIRST_CAP 256u

void njord_state_out_init(njord_state_out *out)
{
    memset(out, 0, sizeof *out);
    out->len = WIRE_HEADER_SIZE;
    out->open[0].is_map = 1;
}

void njord_state_out_free(njord_state_out *out)
{
    if (out == NULL)
        return;
    free(out->data);
    out->data = NULL;
    out->len = out->cap = 0;
}

static njord_status fail(njord_state_out *out, njord_status status, const char *key,
                         const char *what)
{
    if (out->status == NJORD_OK) {
        out->status = status;
        (void)snprintf(out->why, sizeof out->why, "state '%.60s': %s", key == NULL ? "" : key,
                       what);
    }
    return out->status;
}

/* Room for n more bytes. */
static njord_status grow(njord_state_out *out, const char *key, size_t n)
{
    if (out->status != NJORD_OK)
        return out->status;
    if (n > NJORD_STATE_MAX - out->len)
        return fail(out, NJORD_E_LIMIT, key, "the state is larger than 64 MiB");
    if (out->cap - out->len >= n && out->data != NULL)
        return NJORD_OK;
    size_t cap = out->cap < FIRST_CAP ? FIRST_CAP : out->cap;
    while (cap - out->len < n)
        cap *= 2;
    unsigned char *data = realloc(out->data, cap);
    if (data == NULL)
        return fail(out, NJORD_E_NOMEM, key, "no memory");
    out->data = data;
    out->cap = cap;
    return NJORD_OK;
}

/* Writes the key, counts the item, and makes room for a value of n bytes. */
static njord_status begin_value(njord_state_out *out, const char *key, size_t n)
{
    if (out->status != NJORD_OK)
        return out->status;
    int in_map = out->open[out->depth].is_map != 0;
    if (in_map != (key != NULL))
        return fail(out, NJORD_E_ARG, key,
                    in_map ? "a value of a map needs a key" : "an item of a list has no key");
    size_t key_len = key == NULL ? 0 : strlen(key);
    if (in_map && (key_len == 0 || key_len > NJORD_STATE_KEY || !njord_text_valid(key, key_len)))
        return fail(out, NJORD_E_ARG, key, "a key has 1 to 255 bytes of UTF-8");
    njord_status status = grow(out, key, key_len + WIRE_HEADER_SIZE + n);
    if (status != NJORD_OK)
        return status;
    if (in_map)
        out->len = (size_t)(wire_put_str(out->data + out->len, key, (uint32_t)key_len) - out->data);
    out->open[out->depth].count++;
    return NJORD_OK;
}

static void end_value(njord_state_out *out, const unsigned char *behind)
{
    out->len = (size_t)(behind - out->data);
}

njord_status njord_state_put_i64(njord_state_out *out, const char *key, int64_t v)
{
    njord_status status = begin_value(out, key, WIRE_NUMBER_SIZE);
    if (status == NJORD_OK)
        end_value(out, wire_put_i64(out->data + out->len, v));
    return status;
}

njord_status njord_state_put_f64(njord_state_out *out, const char *key, double v)
{
    njord_status status = begin_value(out, key, WIRE_NUMBER_SIZE);
    if (status == NJORD_OK)
        end_value(out, wire_put_f64(out->data + out->len, v));
    return status;
}

njord_status njord_state_put_bool(njord_state_out *out, const char *key, int v)
{
    njord_status status = begin_value(out, key, 1);
    if (status == NJORD_OK)
        end_value(out, wire_put_bool(out->data + out->len, v));
    return status;
}

njord_status njord_state_put_text(njord_state_out *out, const char *key, const char *text)
{
    size_t len = strlen(text);
    if (!njord_text_valid(text, len))
        return fail(out, NJORD_E_ARG, key, "the text is not valid UTF-8");
    if (len > NJORD_STATE_MAX)
        return fail(out, NJORD_E_LIMIT, key, "the state is larger than 64 MiB");
    njord_status status = begin_value(out, key, WIRE_HEADER_SIZE + len);
    if (status == NJORD_OK)
        end_value(out, wire_put_str(out->data + out->len, text, (uint32_t)len));
    return status;
}

njord_status njord_state_put_bytes(njord_state_out *out, const char *key, const void *data,
                                   size_t len)
{
    if (len > NJORD_STATE_MAX)
        return fail(out, NJORD_E_LIMIT, key, "the state is larger than 64 MiB");
    njord_status status = begin_value(out, key, WIRE_HEADER_SIZE + len);
    if (status != NJORD_OK)
        return status;
    unsigned char *p = wire_put_bin_header(out->data + out->len, (uint32_t)len);
    if (len > 0)
        memcpy(p, data, len);
    end_value(out, p + len);
    return NJORD_OK;
}

/* The header of an array of n numbers, with room for them. */
static njord_status begin_array(njord_state_out *out, const char *key, size_t n)
{
    if (n > NJORD_STATE_MAX / WIRE_NUMBER_SIZE)
        return fail(out, NJORD_E_LIMIT, key, "the state is larger than 64 MiB");
    njord_status status = begin_value(out, key, WIRE_HEADER_SIZE + n * WIRE_NUMBER_SIZE);
    if (status == NJORD_OK)
        end_value(out, wire_put_list_header(out->data + out->len, (uint32_t)n));
    return status;
}

njord_status njord_state_put_f64_array(njord_state_out *out, const char *key, const double *v,
                                       size_t n)
{
    njord_status status = begin_array(out, key, n);
    for (size_t i = 0; i < n && status == NJORD_OK; i++)
        end_value(out, wire_put_f64(out->data + out->len, v[i]));
    return status;
}

njord_status njord_state_put_i64_array(njord_state_out *out, const char *key, const int64_t *v,
                                       size_t n)
{
    njord_status status = begin_array(out, key, n);
    for (size_t i = 0; i < n && status == NJORD_OK; i++)
        end_value(out, wire_put_i64(out->data + out->len, v[i]));
    return status;
}

/* ---- maps and lists -------------------------------------------------------------------------- */

static njord_status begin(njord_state_out *out, const char *key, uint32_t is_map)
{
    /* one level fewer than open[] has: the outermost map is one, too */
    if (out->status == NJORD_OK && out->depth + 1u >= NJORD_STATE_DEPTH)
        return fail(out, NJORD_E_LIMIT, key, "maps and lists more than 8 deep");
    njord_status status = begin_value(out, key, WIRE_HEADER_SIZE);
    if (status != NJORD_OK)
        return status;
    out->depth++;
    out->open[out->depth].start = out->len;
    out->open[out->depth].count = 0;
    out->open[out->depth].is_map = is_map;
    out->len += WIRE_HEADER_SIZE;
    return NJORD_OK;
}

njord_status njord_state_begin_map(njord_state_out *out, const char *key)
{
    return begin(out, key, 1);
}

njord_status njord_state_begin_list(njord_state_out *out, const char *key)
{
    return begin(out, key, 0);
}

njord_status njord_state_end(njord_state_out *out)
{
    if (out->status != NJORD_OK)
        return out->status;
    if (out->depth == 0)
        return fail(out, NJORD_E_ARG, NULL, "an end without a begin");
    unsigned char header[WIRE_HEADER_SIZE];
    unsigned char *start = out->data + out->open[out->depth].start;
    uint32_t count = out->open[out->depth].count;
    size_t n = (size_t)((out->open[out->depth].is_map ? wire_put_map_header(header, count)
                                                      : wire_put_list_header(header, count)) -
                        header);
    /* the header takes the bytes it needs; the items move up to it */
    size_t items = out->len - out->open[out->depth].start - WIRE_HEADER_SIZE;
    memcpy(start, header, n);
    memmove(start + n, start + WIRE_HEADER_SIZE, items);
    out->len -= WIRE_HEADER_SIZE - n;
    out->depth--;
    return NJORD_OK;
}

njord_status njord_state_out_finish(njord_state_out *out, const njord_writer *writer)
{
    unsigned char header[WIRE_HEADER_SIZE];
    (void)grow(out, NULL, 0);
    if (out->status == NJORD_OK && out->depth > 0)
        (void)fail(out, NJORD_E_ARG, NULL, "a map or list was not ended");
    if (out->status == NJORD_OK) {
        size_t n = (size_t)(wire_put_map_header(header, out->open[0].count) - header);
        unsigned char *first = out->data + WIRE_HEADER_SIZE - n;
        size_t len = out->len - WIRE_HEADER_SIZE + n;
        memcpy(first, header, n);
        out->status = njord_state_check(first, len, out->why);
        if (out->status == NJORD_E_STATE)
            out->status = NJORD_E_ARG; /* what was put is at fault, not what was read */
        if (out->status == NJORD_OK && writer != NULL) {
            out->status = writer->write(writer->ctx, first, len);
            if (out->status != NJORD_OK)
                (void)snprintf(out->why, sizeof out->why, "state: the host's writer failed (%d)",
                               (int)out->status);
        }
    }
    njord_state_out_free(out);
    return out->status;
}
