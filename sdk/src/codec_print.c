/* codec_print.c - events to JSON; the other way is codec_json.c. See njord/codec.h. One pass into
 * the caller's buffer, never past its end. Pure [any]. */
#include "codec_impl.h"

#include <string.h>

/* Where text goes; `at` stands still once something did not fit. */
typedef struct printer {
    char *at;
    char *end;
    int full;
} printer;

static int has_room(printer *out, size_t n)
{
    if ((size_t)(out->end - out->at) < n)
        out->full = 1;
    return !out->full;
}

static void print_raw(printer *out, const char *text, size_t n)
{
    if (has_room(out, n)) {
        memcpy(out->at, text, n);
        out->at += n;
    }
}

static void print_char(printer *out, char c)
{
    if (has_room(out, 1))
        *out->at++ = c;
}

static void print_text(printer *out, const char *text, size_t len)
{
    if (out->full)
        return;
    size_t n = njord_format_text(text, len, out->at, (size_t)(out->end - out->at));
    out->full = n == 0;
    out->at += n;
}

static void print_f64(printer *out, double v)
{
    if (!out->full && (size_t)(out->end - out->at) >= NJORD_NUMBER_SIZE) {
        out->at += njord_format_f64(v, out->at);
        return;
    }
    char text[NJORD_NUMBER_SIZE];
    print_raw(out, text, njord_format_f64(v, text));
}

static void print_i64(printer *out, int64_t v)
{
    if (!out->full && (size_t)(out->end - out->at) >= NJORD_NUMBER_SIZE) {
        out->at += njord_format_i64(v, out->at);
        return;
    }
    char text[NJORD_NUMBER_SIZE];
    print_raw(out, text, njord_format_i64(v, text));
}

/* A key of ours, which needs no escape, with its comma and colon. */
static void print_key(printer *out, const char *name, size_t len, int *first)
{
    if (!has_room(out, len + 4))
        return;
    char *p = out->at;
    if (!*first)
        *p++ = ',';
    *first = 0;
    *p++ = '"';
    memcpy(p, name, len);
    p += len;
    *p++ = '"';
    *p++ = ':';
    out->at = p;
}

static void print_event(printer *out, const njord_event *event, const njord_envelope *env);

static void print_tail(printer *out, const njord_event *event, const njord_field *field)
{
    const njord_tail tail = *(const njord_tail *)njord_field_at(event, field);
    const void *items = njord_tail_items(event, tail);
    if (field->kind == NJORD_FIELD_TEXT) {
        print_text(out, items == NULL ? "" : items, tail.count);
        return;
    }
    if (field->kind == NJORD_FIELD_ANY) {
        njord_span span = {(unsigned char *)out->at, (unsigned char *)out->end};
        if (items == NULL)
            print_raw(out, "{}", 2);
        else if (out->full || njord_any_to_json(items, tail.count, &span) != 0)
            out->full = 1;
        else
            out->at = (char *)span.at;
        return;
    }
    int map = field->kind == NJORD_FIELD_STRMAP || field->kind == NJORD_FIELD_REALMAP;
    const char *at = items;
    print_char(out, map ? '{' : '[');
    for (uint32_t i = 0; i < tail.count && !out->full; i++) {
        if (i > 0)
            print_char(out, ',');
        switch (field->kind) {
        case NJORD_FIELD_LEVELS: {
            const njord_level *level = (const njord_level *)items + i;
            print_char(out, '[');
            print_f64(out, level->price);
            print_char(out, ',');
            print_f64(out, level->qty);
            print_char(out, ']');
            break;
        }
        case NJORD_FIELD_CURVE: {
            const njord_point *point = (const njord_point *)items + i;
            print_char(out, '[');
            print_i64(out, point->ts_ns);
            print_char(out, ',');
            print_f64(out, point->value);
            print_char(out, ']');
            break;
        }
        case NJORD_FIELD_STRMAP: {
            const njord_text_pair *pair = (const njord_text_pair *)items + i;
            print_text(out, pair->key, strnlen(pair->key, sizeof pair->key));
            print_char(out, ':');
            print_text(out, pair->value, strnlen(pair->value, sizeof pair->value));
            break;
        }
        case NJORD_FIELD_REALMAP: {
            const njord_real_pair *pair = (const njord_real_pair *)items + i;
            print_text(out, pair->key, strnlen(pair->key, sizeof pair->key));
            print_char(out, ':');
            print_f64(out, pair->value);
            break;
        }
        default: {
            const njord_event *intent = (const njord_event *)(const void *)at;
            print_event(out, intent, NULL);
            at += intent->size;
            break;
        }
        }
    }
    print_char(out, map ? '}' : ']');
}

static void print_member(printer *out, const njord_event *event, const njord_field *field)
{
    const void *at = njord_field_at(event, field);
    switch (field->kind) {
    case NJORD_FIELD_I64:
        print_i64(out, *(const int64_t *)at);
        return;
    case NJORD_FIELD_F64:
        print_f64(out, *(const double *)at);
        return;
    case NJORD_FIELD_BOOL:
        print_raw(out, *(const uint8_t *)at ? "true" : "false", *(const uint8_t *)at ? 4 : 5);
        return;
    case NJORD_FIELD_STR:
        print_text(out, at, strnlen(at, field->size));
        return;
    case NJORD_FIELD_ENUM: {
        const char *word = njord_code_text(field->codes, *(const uint8_t *)at);
        print_text(out, word == NULL ? "" : word, word == NULL ? 0 : strlen(word));
        return;
    }
    default:
        print_tail(out, event, field);
        return;
    }
}

static void print_envelope(printer *out, const njord_contract *contract, const njord_envelope *env,
                           int *first)
{
    if (env->contract != 0) {
        print_key(out, "contract", 8, first);
        print_text(out, contract->name, strlen(contract->name));
    }
    if (env->src[0] != '\0') {
        print_key(out, "_src", 4, first);
        print_text(out, env->src, strnlen(env->src, sizeof env->src));
    }
    if (env->src_seq != NJORD_NONE_I64) {
        print_key(out, "_seq", 4, first);
        print_i64(out, env->src_seq);
    }
}

static void print_event(printer *out, const njord_event *event, const njord_envelope *env)
{
    const njord_contract *contract = njord_contract_of(event->type);
    int first = 1;
    if (contract == NULL) {
        out->full = 1;
        return;
    }
    print_char(out, '{');
    for (uint32_t i = 0; i < contract->n_fields && !out->full; i++) {
        const njord_field *field = &contract->fields[i];
        if (!njord_field_present(event, field))
            continue;
        print_key(out, field->name, field->name_len, &first);
        print_member(out, event, field);
    }
    if (event->seq != 0) {
        print_key(out, "seq", 3, &first);
        print_i64(out, (int64_t)event->seq);
    }
    if (event->ts_recv_ns != NJORD_NONE_I64) {
        print_key(out, "ts_recv_ns", 10, &first);
        print_i64(out, event->ts_recv_ns);
    }
    if (env != NULL)
        print_envelope(out, contract, env, &first);
    print_char(out, '}');
}

int njord_encode_json(const njord_event *event, const njord_envelope *env, char *out, size_t cap,
                      size_t *len)
{
    printer to = {out, out + cap, 0};
    print_event(&to, event, env);
    if (to.full) {
        *len = njord_encode_bound(event);
        return NJORD_E_LIMIT;
    }
    *len = (size_t)(to.at - out);
    return 0;
}

/* Bytes of one member's value at most, in either form. */
static size_t bound_of(const njord_event *event, const njord_field *field)
{
    const size_t number = NJORD_NUMBER_SIZE;
    if (field->kind == NJORD_FIELD_STR)
        return 6u * strnlen(njord_field_at(event, field), field->size) + 8u;
    if (!njord_field_is_tail(field))
        return number;
    const njord_tail tail = *(const njord_tail *)njord_field_at(event, field);
    switch (field->kind) {
    case NJORD_FIELD_LEVELS:
    case NJORD_FIELD_CURVE:
        return (2u * number + 4u) * tail.count + 8u;
    case NJORD_FIELD_STRMAP:
        return (6u * sizeof(njord_text_pair) + 8u) * tail.count + 8u;
    case NJORD_FIELD_REALMAP:
        return (6u * NJORD_ID_SIZE + number + 8u) * tail.count + 8u;
    case NJORD_FIELD_INTENTS: {
        const char *at = njord_tail_items(event, tail);
        size_t sum = 8;
        for (uint32_t i = 0; i < tail.count; i++) {
            const njord_event *intent = (const njord_event *)(const void *)at;
            sum += njord_encode_bound(intent);
            at += intent->size;
        }
        return sum;
    }
    default: /* a text, or free-form msgpack, of which no byte becomes more than 6 */
        return 6u * (size_t)tail.count + 8u;
    }
}

size_t njord_encode_bound(const njord_event *event)
{
    const njord_contract *contract = njord_contract_of(event->type);
    size_t sum = 512; /* the envelope */
    if (contract == NULL)
        return 0;
    for (const njord_field *f = contract->fields; f < contract->fields + contract->n_fields; f++)
        if (njord_field_present(event, f))
            sum += f->name_len + 8u + bound_of(event, f);
    return sum;
}
