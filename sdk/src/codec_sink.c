/* codec_sink.c - the event being decoded: keys, values, tails, and what is wrong with them. See
 * codec_impl.h. */
#include "codec_impl.h"
#include "text_impl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int njord_hash_among(const uint64_t *hashes, uint32_t count, uint64_t hash)
{
    uint64_t hit = 0;
    uint32_t i = 0;
    for (; i + 64 <= count; i += 64) {
        for (uint32_t j = 0; j < 64; j++)
            hit |= (uint64_t)(hashes[i + j] == hash);
        if (hit != 0)
            return 1;
    }
    for (; i < count; i++)
        hit |= (uint64_t)(hashes[i] == hash);
    return hit != 0;
}

#undef njord_sink_fail
int njord_sink_fail(njord_sink *sink, const void *at, const char *format, ...)
{
    sink->status = NJORD_E_ARG;
    if (sink->err == NULL)
        return sink->status;
    njord_decode_error *err = sink->err;
    err->offset = (uint64_t)((const unsigned char *)at - sink->input);
    int n =
        snprintf(err->text, sizeof err->text,
                 "%s%s%s at byte %llu: ", sink->contract == NULL ? "event" : sink->contract->name,
                 sink->name[0] == '\0' ? "" : ".", sink->name, (unsigned long long)err->offset);
    if (n > 0 && (size_t)n < sizeof err->text) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(err->text + n, sizeof err->text - (size_t)n, format, args);
        va_end(args);
    }
    return sink->status;
}

static int too_small(njord_sink *sink, const void *at)
{
    (void)njord_sink_fail(sink, at, "the event needs more than the %zu bytes given", sink->cap);
    return sink->status = NJORD_E_LIMIT;
}

int njord_sink_open(njord_sink *sink, uint32_t type, void *out, size_t cap, njord_envelope *env,
                    const void *input, njord_decode_error *err)
{
    sink->contract = njord_contract_of(type);
    sink->event = out;
    sink->cap = cap > UINT32_MAX - 7u ? UINT32_MAX - 7u : cap;
    sink->env = env;
    sink->input = input;
    sink->err = err;
    sink->status = 0;
    sink->next = 0;
    sink->seen = 0;
    sink->name = "";
    sink->n_unknown = 0;
    if (sink->contract == NULL)
        return type == 0 ? njord_sink_fail(sink, input, "it names no contract that there is")
                         : njord_sink_fail(sink, input, "unknown contract number %u", type);
    if (cap < sink->contract->head)
        return too_small(sink, input);
    njord_event_init(out, type);
    return 0;
}

int njord_sink_open_inner(njord_sink *inner, njord_sink *outer, uint32_t type)
{
    size_t used = outer->event->size;
    return njord_sink_open(inner, type, (char *)outer->event + used, outer->cap - used, NULL,
                           outer->input, outer->err);
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* Do `len` bytes agree? A call to memcmp costs more than the few bytes of a name. */
static inline int same_name(const char *a, const char *b, size_t len)
{
    uint64_t a8, b8, a_end, b_end;
    uint32_t a4, b4, a4_end, b4_end;
    if (len > 16)
        return memcmp(a, b, len) == 0;
    if (len >= 8) { /* the first and the last eight, which overlap */
        memcpy(&a8, a, 8);
        memcpy(&b8, b, 8);
        memcpy(&a_end, a + len - 8, 8);
        memcpy(&b_end, b + len - 8, 8);
        return ((a8 ^ b8) | (a_end ^ b_end)) == 0;
    }
    if (len >= 4) {
        memcpy(&a4, a, 4);
        memcpy(&b4, b, 4);
        memcpy(&a4_end, a + len - 4, 4);
        memcpy(&b4_end, b + len - 4, 4);
        return ((a4 ^ b4) | (a4_end ^ b4_end)) == 0;
    }
    for (size_t i = 0; i < len; i++)
        if (a[i] != b[i])
            return 0;
    return 1;
}

static uint32_t envelope_key(const char *key, size_t len)
{
    static const struct {
        const char *name;
        size_t len;
    } names[] = {{"seq", 3}, {"ts_recv_ns", 10}, {"contract", 8}, {"_src", 4}, {"_seq", 4}};
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].len == len && same_name(names[i].name, key, len))
            return KEY_SEQ + i;
    return KEY_UNKNOWN;
}

static const char *const envelope_names[] = {"seq", "ts_recv_ns", "contract", "_src", "_seq"};

/* Remembers a key; KEY_BAD when it came before. */
static inline uint32_t once(njord_sink *sink, const void *at, uint32_t key, const char *name)
{
    uint64_t bit = (uint64_t)1 << key;
    sink->name = name;
    if ((sink->seen & bit) != 0) {
        (void)njord_sink_fail(sink, at, "this key stands twice");
        return KEY_BAD;
    }
    sink->seen |= bit;
    return key;
}

static uint32_t unknown_key(njord_sink *sink, const void *at, const char *key, size_t len)
{
    int shown = len > 40 ? 40 : (int)len;
    if (!njord_text_valid(key, len))
        shown = 0;
    sink->name = "";
    if (sink->contract->strict) {
        (void)njord_sink_fail(sink, at, "unknown key '%.*s': extensions go into 'meta'", shown,
                              key);
        return KEY_BAD;
    }
    uint64_t hash = njord_text_hash(key, len);
    if (njord_hash_among(sink->unknown, sink->n_unknown, hash)) {
        (void)njord_sink_fail(sink, at, "key '%.*s' stands twice", shown, key);
        return KEY_BAD;
    }
    if (sink->n_unknown == NJORD_MAX_UNKNOWN) {
        (void)njord_sink_fail(sink, at, "more than %u unknown keys", NJORD_MAX_UNKNOWN);
        return KEY_BAD;
    }
    sink->unknown[sink->n_unknown++] = hash;
    return KEY_UNKNOWN;
}

uint32_t njord_sink_key(njord_sink *sink, const void *at, const char *key, size_t len)
{
    const njord_contract *contract = sink->contract;
    const njord_field *fields = contract->fields;
    uint32_t n = contract->n_fields, k = sink->next;
    /* senders keep the table's order: look at the next member first, then at those behind it, then
     * from the start */
    for (uint32_t i = 0; i < n; i++) {
        if (fields[k].name_len == len && same_name(fields[k].name, key, len)) {
            sink->next = k + 1 == n ? 0 : k + 1;
            return once(sink, at, k, fields[k].name);
        }
        k = k + 1 == n ? 0 : k + 1;
    }
    uint32_t env = envelope_key(key, len);
    if (env != KEY_UNKNOWN)
        return once(sink, at, env, envelope_names[env - KEY_SEQ]);
    return unknown_key(sink, at, key, len);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void *member(njord_sink *sink, const njord_field *field)
{
    return (char *)sink->event + field->offset;
}

int njord_sink_i64(njord_sink *sink, const njord_field *field, const void *at, int64_t v)
{
    if (v == NJORD_NONE_I64)
        return njord_sink_fail(sink, at, "the integer is out of range");
    memcpy(member(sink, field), &v, sizeof v);
    return 0;
}

int njord_sink_f64(njord_sink *sink, const njord_field *field, const void *at, double v)
{
    if (!isfinite(v))
        return njord_sink_fail(sink, at, "not a finite number");
    memcpy(member(sink, field), &v, sizeof v);
    return 0;
}

int njord_sink_bool(njord_sink *sink, const njord_field *field, int v)
{
    *(uint8_t *)member(sink, field) = v != 0;
    return 0;
}

int njord_sink_copy(njord_sink *sink, const void *at, const char *text, size_t len, char *out,
                    size_t size, int may_be_empty)
{
    if (len >= size)
        return njord_sink_fail(sink, at, "longer than %zu bytes", size - 1);
    if (len == 0 && !may_be_empty)
        return njord_sink_fail(sink, at, "empty");
    if (!njord_text_valid(text, len))
        return njord_sink_fail(sink, at, "not valid UTF-8, or with a NUL in it");
    memcpy(out, text, len);
    memset(out + len, 0, size - len);
    return 0;
}

/* A text in the event's fixed part, which is zero from njord_event_init() on. */
static int text_member(njord_sink *sink, const njord_field *field, const void *at, const char *text,
                       size_t len, int required)
{
    if (len >= field->size)
        return njord_sink_fail(sink, at, "longer than %u bytes", field->size - 1);
    if (len == 0)
        return required ? njord_sink_fail(sink, at, "empty") : 0;
    if (field->form == NJORD_FORM_FREE) {
        if (!njord_text_valid(text, len))
            return njord_sink_fail(sink, at, "not valid UTF-8, or with a NUL in it");
    } else if (!njord_text_has_form(field->form, text, len))
        return njord_sink_fail(sink, at, "not %s", njord_form_text(field->form));
    memcpy(member(sink, field), text, len);
    return 0;
}

int njord_sink_text(njord_sink *sink, const njord_field *field, const void *at, const char *text,
                    size_t len)
{
    if (field->kind == NJORD_FIELD_ENUM) {
        uint8_t code = njord_code_of(field->codes, text, len);
        if (code == NJORD_NONE_U8)
            return njord_sink_fail(sink, at, "unknown word '%.*s'",
                                   njord_text_valid(text, len) ? (int)(len > 40 ? 40 : len) : 0,
                                   text);
        *(uint8_t *)member(sink, field) = code;
        return 0;
    }
    int required = (field->flags & NJORD_FIELD_REQUIRED) != 0;
    if (field->kind == NJORD_FIELD_STR)
        return text_member(sink, field, at, text, len, required);
    uint32_t start = sink->event->size;
    if (len > NJORD_MAX_TEXT)
        return njord_sink_fail(sink, at, "longer than %u bytes", NJORD_MAX_TEXT);
    char *out = njord_sink_room(sink, at, len + 1);
    if (out == NULL)
        return sink->status;
    int rc = njord_sink_copy(sink, at, text, len, out, len + 1, !required);
    if (rc != 0)
        return rc;
    njord_sink_grown(sink, len + 1);
    return njord_sink_tail(sink, field, at, start, (uint32_t)len);
}

int njord_sink_env_i64(njord_sink *sink, uint32_t key, const void *at, int64_t v)
{
    if (v == NJORD_NONE_I64 || (key == KEY_SEQ && v < 0))
        return njord_sink_fail(sink, at, "the integer is out of range");
    if (key == KEY_SEQ)
        sink->event->seq = (uint64_t)v;
    else if (key == KEY_TS_RECV)
        sink->event->ts_recv_ns = v;
    else if (sink->env != NULL)
        sink->env->src_seq = v;
    return 0;
}

int njord_sink_env_text(njord_sink *sink, uint32_t key, const void *at, const char *text,
                        size_t len)
{
    if (key == KEY_CONTRACT) {
        const char *name = sink->contract->name;
        if (strlen(name) != len || memcmp(name, text, len) != 0)
            return njord_sink_fail(sink, at, "another contract");
        if (sink->env != NULL)
            sink->env->contract = sink->contract->type;
        return 0;
    }
    char src[NJORD_ID_SIZE];
    int rc = njord_sink_copy(sink, at, text, len, src, sizeof src, 1);
    if (rc == 0 && sink->env != NULL)
        memcpy(sink->env->src, src, sizeof src);
    return rc;
}

/* ---- tails ----------------------------------------------------------------------------------- */

void *njord_sink_room(njord_sink *sink, const void *at, size_t size)
{
    if (sink->cap - sink->event->size < size) {
        (void)too_small(sink, at);
        return NULL;
    }
    return (char *)sink->event + sink->event->size;
}

int njord_sink_tail(njord_sink *sink, const njord_field *field, const void *at, uint32_t start,
                    uint32_t count)
{
    size_t used = sink->event->size, end = njord_round8(used);
    if (end > sink->cap)
        return too_small(sink, at);
    memset((char *)sink->event + used, 0, end - used);
    sink->event->size = (uint32_t)end;
    njord_tail tail = {count == 0 ? 0 : start, count};
    if (count == 0)
        sink->event->size = start;
    memcpy(member(sink, field), &tail, sizeof tail);
    return 0;
}

int njord_sink_pair_is_new(njord_sink *sink, const void *at, const njord_text_pair *pair,
                           uint32_t start)
{
    const njord_text_pair *other =
        (const njord_text_pair *)(const void *)((char *)sink->event + start);
    for (; other < pair; other++)
        if (strcmp(other->key, pair->key) == 0)
            return njord_sink_fail(sink, at, "key '%s' stands twice", pair->key);
    return 0;
}

int njord_sink_real_is_new(njord_sink *sink, const void *at, const njord_real_pair *pair,
                           njord_keys *keys)
{
    if (!njord_is_finite(pair->value))
        return njord_sink_fail(sink, at, "the value of '%s' is not a finite number", pair->key);
    if (!njord_keys_add(keys, njord_text_hash(pair->key, strlen(pair->key))))
        return njord_sink_fail(sink, at, "key '%s' stands twice", pair->key);
    return 0;
}

int njord_sink_any(njord_sink *sink, const njord_field *field, const void *at, int rc,
                   const njord_any_error *bad, size_t len)
{
    uint32_t start = sink->event->size;
    if (rc == NJORD_E_LIMIT)
        return too_small(sink, bad->at);
    if (rc != 0)
        return njord_sink_fail(sink, bad->at, "%s", bad->why);
    njord_sink_grown(sink, len);
    return njord_sink_tail(sink, field, at, start, (uint32_t)len);
}

/* ---- the end --------------------------------------------------------------------------------- */

int njord_sink_close(njord_sink *sink, const void *at)
{
    const njord_contract *contract = sink->contract;
    njord_event *event = sink->event;
    uint64_t missing = contract->required & ~sink->seen;
    if (missing != 0) {
        sink->name = contract->fields[__builtin_ctzll(missing)].name;
        return njord_sink_fail(sink, at, "missing");
    }
    if (contract->time_at != 0)
        memcpy(&event->ts_ns, (const char *)event + contract->time_at, sizeof event->ts_ns);
    if (event->type == NJORD_EV_BAR && ((const njord_bar *)(const void *)event)->partial == 1)
        event->flags |= NJORD_EF_PARTIAL;
    if (event->type == NJORD_EV_DEPTH && ((const njord_depth *)(const void *)event)->snapshot == 1)
        event->flags |= NJORD_EF_SNAPSHOT;
    return 0;
}

void njord_envelope_init(njord_envelope *env)
{
    if (env == NULL)
        return;
    memset(env, 0, sizeof *env);
    env->src_seq = NJORD_NONE_I64;
}

uint32_t njord_contract_number(const char *name, size_t len)
{
    for (uint32_t type = 1; type < NJORD_EV_COUNT; type++) {
        const char *known = njord_contracts[type].name;
        if (known != NULL && strlen(known) == len && memcmp(known, name, len) == 0)
            return type;
    }
    return 0;
}

size_t njord_decode_bound(size_t len)
{
    /* The fixed part and padding; [p,q] of 3 bytes becomes a level of 16; pairs grow by up to 88
     * bytes for 3, but their numbers are bounded: two realmaps of 4,096 pairs, 1,024 intents with
     * 16 pairs each. */
    const size_t head = 4096, most_pairs = 2u * 1024 * 1024;
    size_t pairs = len > most_pairs / 24 ? most_pairs : 24 * len;
    if (len > (SIZE_MAX - head - pairs) / 6)
        return SIZE_MAX;
    return head + 6 * len + pairs;
}
