/* codec_pack.c - events to msgpack; the other way is codec_msgpack.c. See njord/codec.h. The bytes
 * are made in one pass into the caller's buffer, and never past its end. Pure [any]. */
#include "codec_impl.h"

#include <string.h>

/* Where bytes go; `at` stands still once something did not fit. */
typedef struct packer {
    unsigned char *at;
    unsigned char *end;
    int full;
} packer;

static int has_room(packer *out, size_t n)
{
    if ((size_t)(out->end - out->at) < n)
        out->full = 1;
    return !out->full;
}

static void pack_text(packer *out, const char *text, size_t len)
{
    size_t header = len < 32 ? 1 : len <= 0xff ? 2 : len <= 0xffff ? 3 : 5;
    if (has_room(out, header + len))
        out->at = wire_put_str(out->at, text, (uint32_t)len);
}

static void pack_bytes(packer *out, const unsigned char *bytes, const unsigned char *end)
{
    size_t n = (size_t)(end - bytes);
    if (has_room(out, n)) {
        memcpy(out->at, bytes, n);
        out->at += n;
    }
}

static void pack_i64(packer *out, int64_t v)
{
    unsigned char bytes[WIRE_NUMBER_SIZE];
    pack_bytes(out, bytes, wire_put_i64(bytes, v));
}

static void pack_f64(packer *out, double v)
{
    if (has_room(out, WIRE_NUMBER_SIZE))
        out->at = wire_put_f64(out->at, v);
}

static void pack_list(packer *out, uint32_t count)
{
    unsigned char bytes[WIRE_HEADER_SIZE];
    pack_bytes(out, bytes, wire_put_list_header(bytes, count));
}

static void pack_map(packer *out, uint32_t count)
{
    unsigned char bytes[WIRE_HEADER_SIZE];
    pack_bytes(out, bytes, wire_put_map_header(bytes, count));
}

static void pack_event(packer *out, const njord_event *event, const njord_envelope *env);

static void pack_tail(packer *out, const njord_event *event, const njord_field *field)
{
    const njord_tail tail = *(const njord_tail *)njord_field_at(event, field);
    const void *items = njord_tail_items(event, tail);
    switch (field->kind) {
    case NJORD_FIELD_TEXT:
        pack_text(out, items == NULL ? "" : items, tail.count);
        return;
    case NJORD_FIELD_LEVELS: {
        const njord_level *level = items;
        pack_list(out, tail.count);
        for (uint32_t i = 0; i < tail.count && !out->full; i++) {
            pack_list(out, 2);
            pack_f64(out, level[i].price);
            pack_f64(out, level[i].qty);
        }
        return;
    }
    case NJORD_FIELD_CURVE: {
        const njord_point *point = items;
        pack_list(out, tail.count);
        for (uint32_t i = 0; i < tail.count && !out->full; i++) {
            pack_list(out, 2);
            pack_i64(out, point[i].ts_ns);
            pack_f64(out, point[i].value);
        }
        return;
    }
    case NJORD_FIELD_STRMAP: {
        const njord_text_pair *pair = items;
        pack_map(out, tail.count);
        for (uint32_t i = 0; i < tail.count && !out->full; i++) {
            pack_text(out, pair[i].key, strnlen(pair[i].key, sizeof pair[i].key));
            pack_text(out, pair[i].value, strnlen(pair[i].value, sizeof pair[i].value));
        }
        return;
    }
    case NJORD_FIELD_REALMAP: {
        const njord_real_pair *pair = items;
        pack_map(out, tail.count);
        for (uint32_t i = 0; i < tail.count && !out->full; i++) {
            pack_text(out, pair[i].key, strnlen(pair[i].key, sizeof pair[i].key));
            pack_f64(out, pair[i].value);
        }
        return;
    }
    case NJORD_FIELD_INTENTS: {
        const char *at = items;
        pack_list(out, tail.count);
        for (uint32_t i = 0; i < tail.count && !out->full; i++) {
            const njord_event *intent = (const njord_event *)(const void *)at;
            pack_event(out, intent, NULL);
            at += intent->size;
        }
        return;
    }
    default: {
        wire_cursor in = {items, (const unsigned char *)items + tail.count};
        njord_span span = {out->at, out->end};
        njord_any_error bad;
        if (items == NULL)
            pack_map(out, 0);
        else if (njord_any_copy(&in, &span, &bad) != 0)
            out->full = 1;
        else
            out->at = span.at;
        return;
    }
    }
}

static void pack_member(packer *out, const njord_event *event, const njord_field *field)
{
    const void *at = njord_field_at(event, field);
    pack_text(out, field->name, field->name_len);
    switch (field->kind) {
    case NJORD_FIELD_I64:
        pack_i64(out, *(const int64_t *)at);
        return;
    case NJORD_FIELD_F64:
        pack_f64(out, *(const double *)at);
        return;
    case NJORD_FIELD_BOOL:
        if (has_room(out, 1))
            out->at = wire_put_bool(out->at, *(const uint8_t *)at);
        return;
    case NJORD_FIELD_STR:
        pack_text(out, at, strnlen(at, field->size));
        return;
    case NJORD_FIELD_ENUM: {
        const char *word = njord_code_text(field->codes, *(const uint8_t *)at);
        pack_text(out, word == NULL ? "" : word, word == NULL ? 0 : strlen(word));
        return;
    }
    default:
        pack_tail(out, event, field);
        return;
    }
}

static void pack_event(packer *out, const njord_event *event, const njord_envelope *env)
{
    const njord_contract *contract = njord_contract_of(event->type);
    const njord_contract *named = env == NULL || env->contract == 0 ? NULL : contract;
    uint64_t present = 0;
    uint32_t count = 0;
    if (contract == NULL) {
        out->full = 1;
        return;
    }
    for (uint32_t i = 0; i < contract->n_fields; i++)
        if (njord_field_present(event, &contract->fields[i])) {
            present |= (uint64_t)1 << i;
            count++;
        }
    count += (event->seq != 0 ? 1u : 0u) + (event->ts_recv_ns != NJORD_NONE_I64 ? 1u : 0u);
    count += named != NULL ? 1u : 0u;
    if (env != NULL)
        count += (env->src[0] != '\0' ? 1u : 0u) + (env->src_seq != NJORD_NONE_I64 ? 1u : 0u);
    pack_map(out, count);
    for (uint32_t i = 0; i < contract->n_fields && !out->full; i++)
        if ((present >> i & 1u) != 0)
            pack_member(out, event, &contract->fields[i]);
    if (event->seq != 0) {
        pack_text(out, "seq", 3);
        pack_i64(out, (int64_t)event->seq);
    }
    if (event->ts_recv_ns != NJORD_NONE_I64) {
        pack_text(out, "ts_recv_ns", 10);
        pack_i64(out, event->ts_recv_ns);
    }
    if (named != NULL) {
        pack_text(out, "contract", 8);
        pack_text(out, named->name, strlen(named->name));
    }
    if (env != NULL && env->src[0] != '\0') {
        pack_text(out, "_src", 4);
        pack_text(out, env->src, strnlen(env->src, sizeof env->src));
    }
    if (env != NULL && env->src_seq != NJORD_NONE_I64) {
        pack_text(out, "_seq", 4);
        pack_i64(out, env->src_seq);
    }
}

int njord_encode_msgpack(const njord_event *event, const njord_envelope *env, void *out, size_t cap,
                         size_t *len)
{
    packer to = {out, (unsigned char *)out + cap, 0};
    pack_event(&to, event, env);
    if (to.full) {
        *len = njord_encode_bound(event);
        return NJORD_E_LIMIT;
    }
    *len = (size_t)(to.at - (unsigned char *)out);
    return 0;
}
